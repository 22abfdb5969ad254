#include "scaffold/name.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

/* Programs and build targets of the project itself, and those that every build has. */
static const char *const taken[] = {"partie",  "partie-cli", "partie-gateway", "protoc-gen-partie", "all", "clean", "help",
                                    "install", "test"};

static pt_code refuse(const char *name, const char *why, pt_status *st) {
    return pt_status_set(st, PT_INVALID_ARGUMENT, "%.80s: %s", name, why);
}

static bool is_well_formed(const char *name) {
    size_t len = strlen(name);
    return name[0] >= 'a' && name[0] <= 'z' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
           name[len - 1] != '-' && !strstr(name, "--");
}

/* services/NAME/ID.h must not hide a header of the system. */
static bool hides_header(const char *id) {
    char path[PT_NAME_BYTES + 32];
    snprintf(path, sizeof path, "/usr/include/%s.h", id);
    return access(path, F_OK) == 0;
}

static void to_camel(const char *name, char *ret_camel) {
    bool upper = true;
    for (; *name; name++) {
        if (*name == '-') {
            upper = true;
            continue;
        }
        *ret_camel++ = upper ? (char)toupper((unsigned char)*name) : *name;
        upper = false;
    }
    *ret_camel = '\0';
}

pt_code pt_service_name_init(const char *name, pt_service_name *ret_name, pt_status *st) {
    pt_service_name n = {.name = ""};
    if (!is_well_formed(name))
        return refuse(
            name, "not a name for a service; take lower-case letters and digits, with single dashes between, such as order-log",
            st);
    if (strlen(name) > 40) return refuse(name, "longer than 40 characters", st);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        if (strcmp(name, taken[i]) == 0) return refuse(name, "the build has a target of this name; choose another", st);
    }
    snprintf(n.name, sizeof n.name, "%s", name);
    snprintf(n.id, sizeof n.id, "%s", name);
    for (char *c = n.id; *c; c++)
        *c = *c == '-' ? '_' : *c;
    if (hides_header(n.id)) return refuse(name, "a header of the system is called so; choose another name", st);
    to_camel(name, n.camel);
    snprintf(n.package, sizeof n.package, "%s.v1", n.id);
    snprintf(n.contract, sizeof n.contract, "%s/v1/%s.proto", n.id, n.id);
    *ret_name = n;
    return PT_OK;
}

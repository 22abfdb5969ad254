#include "service_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Cuts `text` at blanks. -1: more words than fit. */
static int split(char *text, char **words, size_t *ret_n) {
    *ret_n = 0;
    for (char *word = strsep(&text, " \t"); word; word = strsep(&text, " \t")) {
        if (!*word) continue;
        if (*ret_n == PT_SERVICE_CONF_WORDS) return -1;
        words[(*ret_n)++] = word;
    }
    return 0;
}

static char *trim(char *text) {
    text += strspn(text, " \t\r\n");
    size_t len = strlen(text);
    while (len && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
    return text;
}

static const char *take_line(char *line, pt_service_conf *conf) {
    char *start = trim(line), *equals = strchr(start, '=');
    if (!*start || *start == '#') return NULL;
    if (!equals) return "expected `needs = ...` or `args = ...`";
    *equals = '\0';
    const char *key = trim(start);
    char *value = trim(equals + 1);
    bool needs = strcmp(key, "needs") == 0;
    if (!needs && strcmp(key, "args") != 0) return "there are only the keys `needs` and `args`";
    char *text = conf->text[needs];
    if (*text) return "this key stands here twice";
    snprintf(text, sizeof conf->text[0], "%s", value);
    int rv = needs ? split(text, conf->needs, &conf->n_needs) : split(text, conf->args, &conf->n_args);
    return rv ? "too many words" : NULL;
}

int pt_service_conf_read(const char *path, pt_service_conf *ret_conf, char *ret_error, size_t cap) {
    char line[sizeof ret_conf->text[0]];
    const char *wrong = NULL;
    *ret_conf = (pt_service_conf){.n_needs = 0};
    FILE *file = fopen(path, "re");
    if (!file) {
        snprintf(ret_error, cap, "%s: %s; every service has one, see docs/new-service.md", path, strerror(errno));
        return -1;
    }
    for (unsigned number = 1; !wrong && fgets(line, sizeof line, file); number++) {
        wrong = strlen(line) == sizeof line - 1 ? "line too long" : take_line(line, ret_conf);
        if (wrong) snprintf(ret_error, cap, "%s:%u: %s", path, number, wrong);
    }
    fclose(file);
    return wrong ? -1 : 0;
}

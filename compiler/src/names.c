#include "names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Sorted, as bsearch needs it. Keywords of C and C++, then what <assert.h>, <complex.h>, <errno.h>, <iso646.h>, <signal.h>,
 * <stdio.h>, <netinet/in.h>, <netdb.h>, <sys/stat.h>, <sys/sysmacros.h> and GNU C on Unix define as macros in lower case; in
 * upper case only what can stand alone, which is the name of a type in a contract without a package. */
static const char *const reserved[] = {
    "BUFSIZ",
    "DIR",
    "EOF",
    "FILE",
    "I",
    "NAN",
    "NULL",
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "assert",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "complex",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "errno",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "h_addr",
    "h_errno",
    "i386",
    "if",
    "imaginary",
    "inline",
    "int",
    "linux",
    "long",
    "major",
    "makedev",
    "minor",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "noreturn",
    "not",
    "not_eq",
    "nullptr",
    "offsetof",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "s6_addr",
    "s_addr",
    "sa_handler",
    "sa_sigaction",
    "short",
    "si_addr",
    "si_band",
    "si_fd",
    "si_int",
    "si_pid",
    "si_ptr",
    "si_status",
    "si_uid",
    "si_value",
    "signed",
    "sizeof",
    "st_atime",
    "st_ctime",
    "st_mtime",
    "static",
    "static_assert",
    "static_cast",
    "stderr",
    "stdin",
    "stdout",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "typeof_unqual",
    "union",
    "unix",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
};

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool pt_name_is_reserved(const char *name) {
    return bsearch(&name, reserved, sizeof reserved / sizeof *reserved, sizeof *reserved, compare_names) != NULL;
}

const char *pt_name_type(pt_pool *pool, const char *full_name) {
    char *name = pt_pool_alloc(pool, 2 * strlen(full_name) + 2, 1), *out = name;
    bool capital = true;
    for (const char *in = full_name; *in; in++) {
        if (*in == '.') {
            *out++ = '_';
            *out++ = '_';
            capital = true;
        } else if (*in == '_') {
            capital = true;
        } else {
            *out++ = (char)(capital ? toupper((unsigned char)*in) : *in);
            capital = false;
        }
    }
    if (pt_name_is_reserved(name)) *out = '_';
    return name;
}

/* Words apart: an underscore before each capital that follows no capital, two for each dot. */
static const char *words(pt_pool *pool, const char *full_name, int (*change)(int)) {
    char *name = pt_pool_alloc(pool, 2 * strlen(full_name) + 1, 1), *out = name;
    bool was_upper = true;
    for (const char *in = full_name; *in; in++) {
        if (*in == '.') {
            *out++ = '_';
            *out++ = '_';
            was_upper = true;
            continue;
        }
        bool upper = isupper((unsigned char)*in);
        if (upper && !was_upper) *out++ = '_';
        *out++ = (char)change((unsigned char)*in);
        was_upper = upper;
    }
    return name;
}

const char *pt_name_lower(pt_pool *pool, const char *full_name) {
    return words(pool, full_name, tolower);
}

const char *pt_name_upper(pt_pool *pool, const char *full_name) {
    return words(pool, full_name, toupper);
}

const char *pt_name_member(pt_pool *pool, const char *name) {
    size_t len = strlen(name);
    char *member = pt_pool_alloc(pool, len + 2, 1);
    for (size_t i = 0; i < len; i++)
        member[i] = (char)tolower((unsigned char)name[i]);
    if (pt_name_is_reserved(member)) member[len] = '_';
    return member;
}

const char *pt_name_stem(pt_pool *pool, const char *path) {
    size_t len = strlen(path), suffix = strlen(".proto");
    if (len > suffix && strcmp(path + len - suffix, ".proto") == 0) len -= suffix;
    return pt_pool_strndup(pool, path, len);
}

const char *pt_name_file(pt_pool *pool, const char *path) {
    const char *stem = pt_name_stem(pool, path);
    char *name = pt_pool_alloc(pool, 2 * strlen(stem) + 2, 1), *out = name;
    if (isdigit((unsigned char)*stem)) *out++ = 'f';
    for (const char *in = stem; *in; in++) {
        *out++ = (char)(isalnum((unsigned char)*in) ? tolower((unsigned char)*in) : '_');
        if (*in == '/') *out++ = '_';
    }
    return name;
}

const char *pt_name_guard(pt_pool *pool, const char *path) {
    static const char hex[] = "0123456789ABCDEF";
    char *name = pt_pool_alloc(pool, 3 * strlen(path) + 1, 1), *out = name;
    for (const char *in = path; *in; in++) {
        unsigned char c = (unsigned char)*in;
        if (isalnum(c)) {
            *out++ = (char)c;
        } else {
            *out++ = '_';
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15];
        }
    }
    return name;
}

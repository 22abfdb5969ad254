#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static pt_code system_failure(const char *path, const char *suffix, int error, pt_status *st) {
    char text[128];
    const char *reason = strerror_r(error, text, sizeof text);
    if (error == ENOENT) return pt_status_set(st, PT_UNAVAILABLE, "%s: its folder does not exist; make it first", path);
    pt_code code = error == ENOSPC || error == EDQUOT ? PT_RESOURCE_EXHAUSTED : PT_UNAVAILABLE;
    return pt_status_set(st, code, "%s%s: %s", path, suffix, reason);
}

/* An empty file is a valid, empty database. Made here because SQLite would make it with the mode of the umask. */
static pt_code make_file(const char *path, pt_status *st) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return system_failure(path, "", errno, st);
    close(fd);
    return PT_OK;
}

pt_code pt_store_file_lock(const char *path, int *ret_lock, pt_status *st) {
    char lock_path[4096];
    if ((size_t)snprintf(lock_path, sizeof lock_path, "%s.lock", path) >= sizeof lock_path) {
        return pt_status_set(st, PT_INVALID_ARGUMENT, "%s: the path is too long", path);
    }
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return system_failure(path, ".lock", errno, st);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        pt_code code = errno == EWOULDBLOCK
                           ? pt_status_set(st, PT_FAILED_PRECONDITION, "%s: in use by another process; stop it first", path)
                           : system_failure(path, ".lock", errno, st);
        close(fd);
        return code;
    }
    pt_code code = make_file(path, st);
    if (code) {
        close(fd);
        return code;
    }
    *ret_lock = fd;
    return PT_OK;
}

/* What stands in the header of the file, so that no program works on the file of another: FNV-1a of the owner's name. */
static int64_t owner_id(const char *owner) {
    uint32_t hash = 2166136261u;
    for (const char *c = owner; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    return hash & 0x7fffffff; /* the header's field is signed */
}

static pt_code check_owner(pt_store_conn *conn, const pt_store_options *options, int64_t version, pt_status *st) {
    int64_t id = 0, tables = 0, expected = owner_id(options->owner);
    pt_code code = pt_store_query_number(conn, "PRAGMA application_id", &id, st);
    if (!code) code = pt_store_query_number(conn, "SELECT count(*) FROM sqlite_master", &tables, st);
    if (code) return code;
    if (id == 0 && version == 0 && tables == 0) {
        char sql[64];
        snprintf(sql, sizeof sql, "PRAGMA application_id=%" PRId64, expected);
        return pt_store_exec(conn, sql, st);
    }
    if (id == expected) return PT_OK;
    return pt_status_set(st, PT_FAILED_PRECONDITION, "not a database of %s; give it a file of its own", options->owner);
}

static pt_code check_damage(pt_store_conn *conn, const pt_store_options *options, pt_status *st) {
    struct stat file;
    char result[256];
    if (stat(options->path, &file) == 0 && (uint64_t)file.st_size > options->check_bytes) return PT_OK;
    pt_code code = pt_store_query_text(conn, "PRAGMA quick_check(1)", result, sizeof result, st);
    if (code || !strcmp(result, "ok")) return code;
    return pt_status_set(st, PT_DATA_LOSS, "the file is damaged: %s; restore it from a copy", result);
}

static pt_code migrate_step(pt_store_conn *conn, const char *sql, uint32_t version, pt_status *st) {
    char set_version[64];
    snprintf(set_version, sizeof set_version, "PRAGMA user_version=%" PRIu32, version);
    pt_code code = pt_store_exec(conn, "BEGIN IMMEDIATE", st);
    if (!code) code = pt_store_exec(conn, sql, st);
    if (!code) code = pt_store_exec(conn, set_version, st);
    if (!code) code = pt_store_exec(conn, "COMMIT", st);
    if (!code) return PT_OK;
    if (!sqlite3_get_autocommit(conn->db)) sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    return pt_status_prefix(st, "migration %" PRIu32, version);
}

static pt_code migrate(pt_store_conn *conn, const pt_store_options *options, int64_t version, pt_status *st) {
    if (version > options->n_migrations) {
        return pt_status_set(st, PT_FAILED_PRECONDITION,
                             "its schema has version %" PRId64 ", this program knows versions up to %" PRIu32
                             "; run the program that wrote it",
                             version, options->n_migrations);
    }
    for (uint32_t next = (uint32_t)version; next < options->n_migrations; next++) {
        pt_code code = migrate_step(conn, options->migrations[next], next + 1, st);
        if (code) return code;
    }
    return PT_OK;
}

static pt_code use_wal(pt_store_conn *conn, pt_status *st) {
    char mode[16];
    pt_code code = pt_store_query_text(conn, "PRAGMA journal_mode=WAL", mode, sizeof mode, st);
    if (code || !strcmp(mode, "wal")) return code;
    return pt_status_set(st, PT_UNAVAILABLE, "the file system does not carry a write-ahead log (mode '%s')", mode);
}

pt_code pt_store_file_prepare(pt_store_conn *conn, const pt_store_options *options, pt_status *st) {
    int64_t version = 0;
    pt_code code = pt_store_query_number(conn, "PRAGMA user_version", &version, st);
    if (!code) code = check_damage(conn, options, st);
    if (!code) code = check_owner(conn, options, version, st);
    if (!code) code = use_wal(conn, st);
    if (!code) code = migrate(conn, options, version, st);
    return code ? pt_status_prefix(st, "%s", options->path) : PT_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "model/account_json.h"
#include "store/kept.h"

enum { BUSY_MS = 5000 }; /* for whoever copies the file just now */

/* ---- what fails ------------------------------------------------------------ */

static const char *remedy_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "the file is damaged, or none of SQLite's: put a copy back, or "
               "move it away to begin anew";
    case SQLITE_FULL:
        return "make room on its disk";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return "the file and its folder must be ours to write, or name "
               "another one with --state FILE.sqlite";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program has it open and writes to it";
    default:
        return "look at its disk and folder";
    }
}

bool sqlite_file_failed(struct sqlite_file *file, const char *what,
                        struct error *error)
{
    int code = file->db ? sqlite3_extended_errcode(file->db) : SQLITE_NOMEM;
    const char *text = file->db ? sqlite3_errmsg(file->db) : "out of memory";

    return error_set(error, "cannot %s %s: %s; %s", what, file->path, text,
                     remedy_of(code));
}

/* ---- opening ---------------------------------------------------------------- */

/* SQLite would make it readable for all; its other files get the mode of this
 * one.  The descriptor stays open as long as SQLite's: to close it would end
 * SQLite's locks. */
static bool open_private(struct sqlite_file *file, struct error *error)
{
    int fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    struct stat status;
    bool ok = fd >= 0 && fstat(fd, &status) == 0;

    file->fd = fd;
    if (ok && !S_ISREG(status.st_mode))
        return error_set(error,
                         "%s is no file: name one with --state FILE.sqlite",
                         file->path);
    if (ok && (status.st_mode & 077) && fchmod(fd, 0600))
        ok = false;
    if (!ok)
        error_set(error,
                  "cannot write %s: %s; name another file with --state "
                  "FILE.sqlite",
                  file->path, strerror(errno));
    return ok;
}

static bool connect_to(struct sqlite_file *file, int flags, struct error *error)
{
    if (sqlite3_open_v2(file->path, &file->db, flags | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return sqlite_file_failed(file, "open", error);
    sqlite3_extended_result_codes(file->db, 1);
    sqlite3_busy_timeout(file->db, BUSY_MS);
    sqlite3_limit(file->db, SQLITE_LIMIT_LENGTH, ACCOUNT_JSON_MAX);
    return true;
}

/* Damage is found now and not in the middle of a change. */
static bool check_pages(struct sqlite_file *file, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(file->db, "PRAGMA quick_check(1)", -1,
                                 &statement, NULL) == SQLITE_OK &&
              sqlite3_step(statement) == SQLITE_ROW;

    if (!ok)
        sqlite_file_failed(file, "read", error);
    else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
        ok = error_set(error, "%s is damaged (%.200s): %s", file->path,
                       (const char *)sqlite3_column_text(statement, 0),
                       remedy_of(SQLITE_CORRUPT));
    sqlite3_finalize(statement);
    return ok;
}

bool sqlite_file_open(struct sqlite_file *file, const char *path,
                      struct error *error)
{
    *file = (struct sqlite_file){.path = path, .fd = -1};
    if (open_private(file, error) &&
        connect_to(file, SQLITE_OPEN_READWRITE, error) &&
        sqlite_file_run(file,
                        "PRAGMA trusted_schema = OFF;"
                        "PRAGMA journal_mode = WAL;"
                        "PRAGMA synchronous = FULL",
                        error) &&
        check_pages(file, error))
        return true;
    sqlite_file_close(file);
    return false;
}

bool sqlite_file_update(struct sqlite_file *file, struct error *error)
{
    return sqlite_schema_update(file, error);
}

bool sqlite_file_in_place(const struct sqlite_file *file, struct error *error)
{
    struct stat status;

    if (fstat(file->fd, &status) == 0 && status.st_nlink)
        return true;
    return error_set(error,
                     "%s was deleted or replaced while it was in use: nothing "
                     "is saved until Sluice is started again",
                     file->path);
}

static bool copy_pages(struct sqlite_file *copy, struct sqlite_file *from,
                       struct error *error)
{
    sqlite3_backup *backup =
        sqlite3_backup_init(copy->db, "main", from->db, "main");
    int result;

    if (backup == NULL)
        return sqlite_file_failed(copy, "read", error);
    do
        result = sqlite3_backup_step(backup, -1);
    while (result == SQLITE_BUSY || result == SQLITE_LOCKED);
    sqlite3_backup_finish(backup);
    return result == SQLITE_DONE || sqlite_file_failed(from, "read", error);
}

bool sqlite_file_copy(struct sqlite_file *copy, const char *path,
                      struct error *error)
{
    struct sqlite_file from = {.path = path, .fd = -1};
    bool ok;

    *copy = (struct sqlite_file){.path = path, .fd = -1};
    if (access(path, R_OK))
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    ok = connect_to(&from, SQLITE_OPEN_READONLY, error);
    if (ok && sqlite3_open(":memory:", &copy->db) != SQLITE_OK)
        ok = sqlite_file_failed(copy, "copy", error);
    ok = ok && check_pages(&from, error) && copy_pages(copy, &from, error) &&
         sqlite_schema_update(copy, error);
    sqlite_file_close(&from);
    if (!ok)
        sqlite_file_close(copy);
    return ok;
}

void sqlite_file_close(struct sqlite_file *file)
{
    sqlite3_close(file->db);
    if (file->fd >= 0)
        close(file->fd);
    file->db = NULL;
    file->fd = -1;
}

/* ---- reading ---------------------------------------------------------------- */

static struct str column(sqlite3_stmt *statement, int i)
{
    const char *p = (const char *)sqlite3_column_text(statement, i);

    return str_make(p ? p : "",
                    p ? (size_t)sqlite3_column_bytes(statement, i) : 0);
}

static bool prepare(struct sqlite_file *file, const char *sql,
                    sqlite3_stmt **statement, struct error *error)
{
    return sqlite3_prepare_v2(file->db, sql, -1, statement, NULL) ==
               SQLITE_OK ||
           sqlite_file_failed(file, "use", error);
}

/* A row {id, value} becomes an entry of the map. */
static bool read_row(struct sqlite_file *file, sqlite3_stmt *statement,
                     struct region *region, struct value *map,
                     struct error *error)
{
    struct error why = {""};
    struct str id = column(statement, 0);
    struct value *value = account_json_read(region, column(statement, 1), &why);

    if (value == NULL || !account_json_is_resource(id, value, &why))
        return error_set(error, "%s is damaged: resource \"%.60s\": %.200s; %s",
                         file->path, id.p, why.text, remedy_of(SQLITE_CORRUPT));
    value_put(region, map, id, value);
    return true;
}

static struct account *read_resources(struct sqlite_file *file, const char *sql,
                                      uint64_t revision, struct error *error)
{
    struct region region = {NULL};
    struct value *map = value_new(&region, VALUE_MAP, NULL);
    struct account *account = NULL;
    sqlite3_stmt *statement = NULL;
    bool ok = prepare(file, sql, &statement, error);
    int result = SQLITE_DONE;

    while (ok && (result = sqlite3_step(statement)) == SQLITE_ROW)
        ok = read_row(file, statement, &region, map, error);
    if (ok && result != SQLITE_DONE)
        ok = sqlite_file_failed(file, "read", error);
    sqlite3_finalize(statement);
    if (ok)
        account = account_new(map, revision);
    region_end(&region);
    return account;
}

static bool read_accounts(struct sqlite_file *file, sqlite3_stmt *row,
                          struct document *found, struct error *error)
{
    found->account =
        read_resources(file, "SELECT id, value FROM resource ORDER BY position",
                       (uint64_t)sqlite3_column_int64(row, 0), error);
    if (found->account && sqlite3_column_int(row, 3))
        found->base = read_resources(
            file, "SELECT id, value FROM base ORDER BY position", 0, error);
    return found->account && (found->base || !sqlite3_column_int(row, 3));
}

static bool read_document(struct sqlite_file *file, struct document **found,
                          struct error *error)
{
    sqlite3_stmt *row = NULL;
    bool ok =
        prepare(file, "SELECT revision, scope, digest, has_base FROM account",
                &row, error);
    int result = ok ? sqlite3_step(row) : SQLITE_ERROR;

    if (ok && result == SQLITE_ROW) {
        struct document there = {
            .scope = column(row, 1),
            .digest = column(row, 2),
        };

        ok = read_accounts(file, row, &there, error);
        if (ok)
            *found = kept_copy(&there);
        account_release(there.account);
        account_release(there.base);
    } else if (ok && result != SQLITE_DONE) {
        ok = sqlite_file_failed(file, "read", error);
    }
    sqlite3_finalize(row);
    return ok;
}

/* In one transaction, whoever writes meanwhile. */
bool sqlite_file_read(struct sqlite_file *file, struct document **found,
                      struct error *error)
{
    bool began = sqlite3_get_autocommit(file->db);
    bool ok = !began || sqlite_file_run(file, "BEGIN", error);

    *found = NULL;
    ok = ok && read_document(file, found, error);
    if (began)
        sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}

/* ---- writing ---------------------------------------------------------------- */

struct statements {
    const char *put; /* id, value */
    const char *remove;
    const char *remove_all;
};

#define STATEMENTS(table)                                                      \
    {                                                                          \
        "INSERT INTO " table " (id, position, value) VALUES (?1, (SELECT "     \
        "coalesce(max(position), 0) + 1 FROM " table "), ?2) "                 \
        "ON CONFLICT (id) DO UPDATE SET value = excluded.value",               \
            "DELETE FROM " table " WHERE id = ?1", "DELETE FROM " table        \
    }

static const struct statements of_resources = STATEMENTS("resource");
static const struct statements of_base = STATEMENTS("base");

/* Runs a statement with an id, and with the value as JSON. */
static bool write_step(struct sqlite_file *file, const char *sql, struct str id,
                       const struct value *value, struct error *error)
{
    struct str text = value ? account_json_of_value(value) : STR("");
    sqlite3_stmt *statement = NULL;
    bool ok = text.p ||
              error_set(error, "cannot save \"" STR_FMT "\": it is too large",
                        STR_ARG(id));

    ok = ok && prepare(file, sql, &statement, error);
    if (ok)
        sqlite3_bind_text64(statement, 1, id.p, id.n, SQLITE_STATIC,
                            SQLITE_UTF8);
    if (ok && value)
        sqlite3_bind_text64(statement, 2, text.p, text.n, SQLITE_STATIC,
                            SQLITE_UTF8);
    if (ok && sqlite3_step(statement) != SQLITE_DONE)
        ok = sqlite_file_failed(file, "write", error);
    sqlite3_finalize(statement);
    if (value)
        free((char *)(uintptr_t)text.p);
    return ok;
}

static bool write_edit(struct sqlite_file *file, const struct statements *s,
                       const struct edit *edit, struct error *error)
{
    for (const struct edit_step *step = edit->first; step; step = step->next) {
        if (!write_step(file, step->value ? s->put : s->remove, step->id,
                        step->value, error))
            return false;
    }
    return true;
}

/* What differs; all of it when there was nothing, or in another order. */
static bool write_account(struct sqlite_file *file, const struct statements *s,
                          const struct account *before,
                          const struct account *after, struct error *error)
{
    struct account *nothing = account_new(NULL, 0);
    struct region region = {NULL};
    struct edit edit = {NULL, NULL};
    bool ok = true;

    if (before == NULL || !kept_changes(before, after, &region, &edit)) {
        edit = (struct edit){NULL, NULL};
        ok = sqlite_file_run(file, s->remove_all, error) &&
             kept_changes(nothing, after, &region, &edit);
    }
    ok = ok && write_edit(file, s, &edit, error);
    account_release(nothing);
    region_end(&region);
    return ok;
}

static bool write_head(struct sqlite_file *file, const struct document *after,
                       struct error *error)
{
    sqlite3_stmt *s = NULL;
    bool ok = prepare(file,
                      "INSERT OR REPLACE INTO account (one, revision, scope, "
                      "digest, has_base) VALUES (1, ?1, ?2, ?3, ?4)",
                      &s, error);

    if (!ok)
        return false;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)after->account->revision);
    sqlite3_bind_text64(s, 2, after->scope.n ? after->scope.p : "",
                        after->scope.n, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(s, 3, after->digest.n ? after->digest.p : "",
                        after->digest.n, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int(s, 4, after->base != NULL);
    if (sqlite3_step(s) != SQLITE_DONE)
        ok = sqlite_file_failed(file, "write", error);
    sqlite3_finalize(s);
    return ok;
}

static bool write_base(struct sqlite_file *file, const struct document *before,
                       const struct document *after, struct error *error)
{
    if (before && kept_same_origin(before, after))
        return true;
    if (after->base == NULL)
        return sqlite_file_run(file, of_base.remove_all, error);
    return write_account(file, &of_base, before ? before->base : NULL,
                         after->base, error);
}

/* `before` is what is there: nobody was faster.  NULL: nothing is. */
static bool is_there(struct sqlite_file *file, const struct document *before,
                     bool *there, struct error *error)
{
    int64_t revision;
    int64_t expected =
        before ? (int64_t)before->account->revision : INT64_C(-1);

    if (!sqlite_file_number(file,
                            "SELECT coalesce((SELECT revision FROM account), "
                            "-1)",
                            &revision, error))
        return false;
    *there = revision == expected;
    return true;
}

static enum store_result put(struct sqlite_file *file,
                             const struct document *before,
                             const struct document *after,
                             struct document **theirs, struct error *error)
{
    bool there;

    if (!is_there(file, before, &there, error))
        return STORE_FAILED;
    if (!there)
        return sqlite_file_read(file, theirs, error) ? STORE_CONFLICT
                                                     : STORE_FAILED;
    return write_account(file, &of_resources, before ? before->account : NULL,
                         after->account, error) &&
                   write_base(file, before, after, error) &&
                   write_head(file, after, error) &&
                   sqlite_file_run(file, "COMMIT", error)
               ? STORE_SAVED
               : STORE_FAILED;
}

enum store_result sqlite_file_put(struct sqlite_file *file,
                                  const struct document *before,
                                  const struct document *after,
                                  struct document **theirs, struct error *error)
{
    enum store_result result = STORE_FAILED;

    *theirs = NULL;
    if (sqlite_file_run(file, "BEGIN IMMEDIATE", error))
        result = put(file, before, after, theirs, error);
    if (!sqlite3_get_autocommit(file->db))
        sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

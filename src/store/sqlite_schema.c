/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables, version after version: a new file goes through all of them, so
 * that each step is taken all the time.  A step that was released is never
 * changed.
 */
#include <stdlib.h>

#include <sqlite3.h>

#include "store/sqlite.h"
#include "store/sqlite_file.h"

/* PRAGMA application_id: "Slce". */
#define APPLICATION_ID "1399612261"

static const char *const steps[SQLITE_STORE_VERSION] = {
    /* 1: the account, and the template that it began with as one text. */
    "CREATE TABLE account ("
    "    one INTEGER PRIMARY KEY CHECK (one = 1),"
    "    revision INTEGER NOT NULL,"
    "    scope TEXT NOT NULL,"
    "    digest TEXT NOT NULL,"
    "    base TEXT"
    ");"
    "CREATE TABLE resource ("
    "    id TEXT PRIMARY KEY,"
    "    position INTEGER NOT NULL UNIQUE,"
    "    value TEXT NOT NULL"
    ") WITHOUT ROWID;",
    /* 2: the template's resources are rows as well, so that HUP writes only
     * what it changed. */
    "CREATE TABLE base ("
    "    id TEXT PRIMARY KEY,"
    "    position INTEGER NOT NULL UNIQUE,"
    "    value TEXT NOT NULL"
    ") WITHOUT ROWID;"
    "INSERT INTO base (id, position, value)"
    "    SELECT each.key, each.id, each.value"
    "    FROM account, json_each(account.base) AS each"
    "    WHERE account.base IS NOT NULL;"
    "ALTER TABLE account ADD COLUMN has_base INTEGER NOT NULL DEFAULT 0;"
    "UPDATE account SET has_base = base IS NOT NULL;"
    "ALTER TABLE account DROP COLUMN base;",
};

bool sqlite_file_run(struct sqlite_file *file, const char *sql,
                     struct error *error)
{
    return sqlite3_exec(file->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           sqlite_file_failed(file, "use", error);
}

bool sqlite_file_number(struct sqlite_file *file, const char *sql,
                        int64_t *number, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    bool ok =
        sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW;

    if (ok)
        *number = sqlite3_column_int64(statement, 0);
    else
        sqlite_file_failed(file, "read", error);
    sqlite3_finalize(statement);
    return ok;
}

static bool set_version(struct sqlite_file *file, unsigned version,
                        struct error *error)
{
    char sql[64];

    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA user_version = %u", version);
    return sqlite_file_run(file, sql, error);
}

/* Another program's file is left alone; an empty one is nobody's. */
static bool is_ours(struct sqlite_file *file, struct error *error)
{
    int64_t id;
    int64_t tables;

    if (!sqlite_file_number(file, "PRAGMA application_id", &id, error) ||
        !sqlite_file_number(file, "SELECT count(*) FROM sqlite_schema", &tables,
                            error))
        return false;
    if (id == strtoll(APPLICATION_ID, NULL, 10) || (id == 0 && tables == 0))
        return true;
    return error_set(error,
                     "%s is a SQLite file of another program: name another "
                     "one with --state FILE.sqlite",
                     file->path);
}

static bool take_steps(struct sqlite_file *file, int64_t from,
                       struct error *error)
{
    if (!sqlite_file_run(file, "PRAGMA application_id = " APPLICATION_ID,
                         error))
        return false;
    for (int64_t i = from; i < SQLITE_STORE_VERSION; i++) {
        if (!sqlite_file_run(file, steps[i], error))
            return false;
    }
    return set_version(file, SQLITE_STORE_VERSION, error);
}

bool sqlite_schema_update(struct sqlite_file *file, struct error *error)
{
    int64_t version;

    if (!is_ours(file, error) ||
        !sqlite_file_number(file, "PRAGMA user_version", &version, error))
        return false;
    if (version == SQLITE_STORE_VERSION)
        return true;
    if (version < 0 || version > SQLITE_STORE_VERSION)
        return error_set(error,
                         "%s has tables of version %lld, which a newer Sluice "
                         "made; this one knows versions up to %d: run the "
                         "newer one, or name another file with --state "
                         "FILE.sqlite",
                         file->path, (long long)version, SQLITE_STORE_VERSION);
    if (!sqlite_file_run(file, "BEGIN IMMEDIATE", error))
        return false;
    if (take_steps(file, version, error) &&
        sqlite_file_run(file, "COMMIT", error))
        return true;
    sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQLite file of an account as such: opened, of the right version, read and
 * written.  Everything blocks.
 */
#ifndef SLUICE_STORE_SQLITE_FILE_H
#define SLUICE_STORE_SQLITE_FILE_H

#include "store/store.h"

struct sqlite3;

struct sqlite_file {
    const char *path; /* the caller's */
    struct sqlite3 *db;
    int fd; /* the file itself; -1: none is open */
};

/* Opens it for writing; it is made when it is not there.  From here on nothing
 * is opened any more: privileges may be dropped.  False with an error, and
 * nothing open. */
bool sqlite_file_open(struct sqlite_file *file, const char *path,
                      struct error *error);

/* Has tables of this version made in it, or those of an older version changed.
 * For whoever has the hold.  False with an error, and nothing changed. */
bool sqlite_file_update(struct sqlite_file *file, struct error *error);

/* Whether it still is where it was opened; what is saved in one that was
 * deleted or replaced would go with it.  False with an error. */
bool sqlite_file_in_place(const struct sqlite_file *file, struct error *error);

/* A copy of it in memory, with tables of this version, while somebody else may
 * write it. */
bool sqlite_file_copy(struct sqlite_file *copy, const char *path,
                      struct error *error);

void sqlite_file_close(struct sqlite_file *file);

/* What is kept; NULL: nothing yet.  False with an error. */
bool sqlite_file_read(struct sqlite_file *file, struct document **found,
                      struct error *error);

/* As store_ops.put(). */
enum store_result sqlite_file_put(struct sqlite_file *file,
                                  const struct document *before,
                                  const struct document *after,
                                  struct document **theirs,
                                  struct error *error);

/* Says what SQLite failed with, and what to do; returns false. */
bool sqlite_file_failed(struct sqlite_file *file, const char *what,
                        struct error *error);

/* ---- sqlite_schema.c --------------------------------------------------------- */

/* Makes or changes the tables, in one transaction. */
bool sqlite_schema_update(struct sqlite_file *file, struct error *error);

/* Runs statements that give no rows. */
bool sqlite_file_run(struct sqlite_file *file, const char *sql,
                     struct error *error);

/* The number that a statement gives; false with an error. */
bool sqlite_file_number(struct sqlite_file *file, const char *sql,
                        int64_t *number, struct error *error);

#endif

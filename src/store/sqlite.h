/* SPDX-License-Identifier: Apache-2.0
 *
 * An account in a SQLite file: each resource a row, each change one
 * transaction that writes only what differs.
 *
 * WAL with synchronous=FULL: a change that was saved is there after kill -9 and
 * after the power went, and a change costs one write and one fsync().  Beside
 * FILE stand FILE-wal and FILE-shm while it is open, and FILE-lock, which says
 * by a lock whose it is.  All are 0600: they hold secrets.
 */
#ifndef SLUICE_STORE_SQLITE_H
#define SLUICE_STORE_SQLITE_H

#include "store/open.h"

enum { SQLITE_STORE_VERSION = 2 }; /* of the tables (sqlite_schema.c) */

/* As store_open(), of a file. */
struct store *sqlite_store_open(const struct store_open_options *options,
                                struct document **found, struct error *error);

/* As store_read(). */
bool sqlite_store_read(const char *path, struct document **found,
                       struct error *error);

#endif

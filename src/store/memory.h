/* SPDX-License-Identifier: Apache-2.0
 *
 * An account in memory that outlives the process: a file without a name, which
 * the parent process keeps open for whoever serves next.
 *
 *     "SluiceM1" · where the first record begins · where the last one ends ·
 *     records: their length, JSON
 *
 * (numbers of eight bytes).  The first record is a whole document (store/kept),
 * those behind it are changes: {"Revision": N, "Put": {ID: {...}, ...},
 * "Remove": [ID, ...]}.  A record counts once the end stands behind it, so
 * that a process that is killed leaves none by halves; and a change costs what
 * it is large.  When changes are many, a whole document is written behind them
 * and what was before is given back to the system.
 */
#ifndef SLUICE_STORE_MEMORY_H
#define SLUICE_STORE_MEMORY_H

#include "store/open.h"

/* A file for it, close-on-exec; -1 with an error. */
int memory_store_file(struct error *error);

/* As store_open(); without options->memory nothing is kept. */
struct store *memory_store_open(const struct store_open_options *options,
                                struct document **found, struct error *error);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests of stores share: documents written short, a folder, and a host
 * that runs work at once.
 */
#ifndef TESTS_STORE_STORES_H
#define TESTS_STORE_STORES_H

#include "store/kept.h"
#include "store/open.h"

/* An account of a text as of ../model/values.h. */
struct account *stores_account(const char *text, uint64_t revision);

/* A document of those texts (`base` NULL: none), to be freed with
 * kept_free(). */
struct document *stores_document(const char *text, const char *base,
                                 uint64_t revision);

/* The test fails when they are not the same in everything. */
void stores_check_same(const struct document *a, const struct document *b);

/* A new folder; its path lives to the end of the test program.  What is in it
 * is removed by stores_end(). */
const char *stores_folder(void);
void stores_end(void);

/* FOLDER/NAME; lives as stores_folder(). */
const char *stores_path(const char *name);

/* ---- a host ------------------------------------------------------------------ */

struct stores_host {
    struct store_host host;
    unsigned changes;  /* calls of changed() */
    uint64_t revision; /* of the last one */
};

/* Runs work within the call, and done() after it. */
void stores_begin(struct store *store, struct stores_host *host);

/* What save() came to; the error is the test's to look at. */
enum store_result stores_save(struct store *store,
                              const struct document *before,
                              const struct document *after,
                              struct error *error);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents that are kept: whole as one JSON text, compared, and copied.
 *
 *     {"Format": 1, "Scope": "us-east-1 000000000000 web", "Digest": "9f...",
 *      "Revision": 7, "Resources": {...}, "Base": {...} or null}
 */
#ifndef SLUICE_STORE_KEPT_H
#define SLUICE_STORE_KEPT_H

#include "store/store.h"

enum { KEPT_FORMAT = 1 };

/* A copy that holds the same accounts; its texts are its own. */
struct document *kept_copy(const struct document *document);

/* Ends one that kept_copy() or kept_read() made; NULL: nothing. */
void kept_free(struct document *document);

/* From malloc(), with a NUL behind it; the same document always gives the same
 * bytes.  p == NULL: no memory, or longer than ACCOUNT_JSON_MAX. */
struct str kept_json(const struct document *document);

/* NULL with an error, a clause that says what is wrong with the text; of a
 * newer format too. */
struct document *kept_read(struct str text, struct error *error);

/* ---- what differs ------------------------------------------------------------ */

/* What makes `after` of `before`: account_edit() with it gives the same
 * resources in the same order.  False: no edit does (their order is another
 * one), the edit is of no use.  `region`: of the steps; the values are
 * `after`'s. */
bool kept_changes(const struct account *before, const struct account *after,
                  struct region *region, struct edit *edit);

/* Whether both have the same base, digest and scope. */
bool kept_same_origin(const struct document *a, const struct document *b);

#endif

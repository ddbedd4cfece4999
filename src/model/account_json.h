/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts as JSON texts, for whatever keeps them.
 *
 * The same account always gives the same bytes: entries keep their order, no
 * blanks.  What JSON has no word for is an object whose one key begins with
 * "Sluice::":
 *
 *     {"Sluice::Unknown": "why"}   what only AWS knows
 *     {"Sluice::Number": "0x1F"}   a number as it was written, where that is
 *                                  not how JSON writes a small integer
 *     {"Sluice::Sluice::X": ...}   a key that is really called Sluice::X
 *
 * Bytes that are no UTF-8 become characters of that code.  Texts that are read
 * may come from anywhere: size, depth and kinds are checked.
 */
#ifndef SLUICE_MODEL_ACCOUNT_JSON_H
#define SLUICE_MODEL_ACCOUNT_JSON_H

#include "base/error.h"
#include "base/text.h"
#include "model/account.h"

enum { ACCOUNT_JSON_MAX = 256 * 1024 * 1024 };

/* One value, at the end of the text. */
void account_json_put(struct text *t, const struct value *value);

/* An entry of an object: its key and the value. */
void account_json_put_entry(struct text *t, struct str key,
                            const struct value *value);

/* The resources as an object {ID: {Type, Properties, Metadata}, ...}. */
void account_json_put_resources(struct text *t, const struct account *account);

/* A text of one of those, made by `put` with as much room as it takes; from
 * malloc(), with a NUL behind it.  p == NULL: no memory, or longer than
 * ACCOUNT_JSON_MAX. */
struct str account_json_text(void (*put)(struct text *t, const void *what),
                             const void *what);

/* Whether a number is written as JSON writes a small integer, so that it is the
 * same text again. */
bool account_json_is_plain(struct str number);

/* Both as texts of their own, from malloc(); p == NULL as above. */
struct str account_json_of_value(const struct value *value);
struct str account_json_of_resources(const struct account *account);

/* Hex digits of the SHA-256 of the second, in the region: a template whose
 * resources are the same has the same. */
struct str account_json_digest(const struct account *account,
                               struct region *region);

/* Reads one value into the region.  NULL with an error that says where in the
 * text. */
struct value *account_json_read(struct region *region, struct str text,
                                struct error *error);

/* The same of what a client sent: keys that begin with "Sluice::" mean nothing,
 * and numbers may have a fraction or an exponent. */
struct value *account_json_read_client(struct region *region, struct str text,
                                       struct error *error);

/* Whether the value is a resource {Type, Properties, Metadata}; false with an
 * error that names it. */
bool account_json_is_resource(struct str id, const struct value *value,
                              struct error *error);

/* Reads what account_json_put_resources() wrote. */
struct account *account_json_read_resources(struct str text, uint64_t revision,
                                            struct error *error);

/* The same of a value that was read; every entry is checked. */
struct account *account_json_account(const struct value *resources,
                                     uint64_t revision, struct error *error);

#endif

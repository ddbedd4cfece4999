/* SPDX-License-Identifier: Apache-2.0
 *
 * CBOR (RFC 8949) as Smithy's RPC v2 has it: the inputs and results of calls as
 * trees of values.
 *
 *     integer, half, float, double     NUMBER (a real has a fraction or an
 *                                      exponent: "5.0")
 *     tag 1 and a number               TIME; of other tags what they stand
 *                                      before
 *     text                             STRING
 *     array, map                       LIST, MAP; of known length or not
 *     false, true; null, undefined     BOOL; NULL
 *
 * Bytes are refused: no call that is served has any.
 *
 * Attackers write these: size, depth, values and entries have caps; keys are
 * texts, each once; texts are UTF-8.
 */
#ifndef SLUICE_API_CBOR_H
#define SLUICE_API_CBOR_H

#include "base/error.h"
#include "base/text.h"
#include "model/value.h"

enum {
    CBOR_NESTED_MAX = 64,
    CBOR_VALUES_MAX = 512 * 1024, /* of a text */
    CBOR_ENTRIES_MAX = 256,       /* of a map */
};

/* All of the bytes as one value in the region.  NULL with an error that says
 * where: they are none, or more than one, or beyond the caps. */
struct value *cbor_read(struct region *region, struct str bytes,
                        struct error *error);

/* One value, with lengths that are known; what is UNKNOWN is null. */
void cbor_put(struct text *t, const struct value *value);

/* Heads of what is written without a tree. */
void cbor_put_map(struct text *t, uint64_t entries);
void cbor_put_text(struct text *t, struct str s);

#endif

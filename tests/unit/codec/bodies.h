/* SPDX-License-Identifier: Apache-2.0
 *
 * A reader of bodies as the proxy has one: pieces come in, decoded bytes and
 * trailers go out, what the decoder wants to see again is kept.
 */
#ifndef TESTS_UNIT_CODEC_BODIES_H
#define TESTS_UNIT_CODEC_BODIES_H

#include "codec/h1.h"

struct body_reader {
    struct h1_body body;
    enum h1_body_result result;
    struct h1_fault fault;
    size_t used; /* of everything that was fed */
    char *kept;
    size_t kept_n;
    char *out;
    size_t out_n;
    char *trailers;
    size_t trailers_n;
};

/* Begins; the caller frees with body_free(). */
void body_begin(struct body_reader *r, enum body_kind kind, uint64_t length);
void body_free(struct body_reader *r);

/* Feeds a piece, unless the body has ended.  Aborts when the decoder breaks
 * its contract. */
void body_feed(struct body_reader *r, const char *p, size_t n);

/* Why two readers that were fed the same bytes differ, or NULL. */
const char *body_difference(const struct body_reader *a,
                            const struct body_reader *b);

#endif

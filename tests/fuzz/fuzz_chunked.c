/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunked bodies: the first byte says in what pieces the rest arrives.
 *
 * In any pieces the result is that of the whole; nothing is decoded that did
 * not come in; what is written again decodes to the same; trailers that leave
 * are clean fields.
 */
#include <stdlib.h>

#include "../unit/codec/bodies.h"
#include "codec_check.h"
#include "fuzz.h"

/* Feeds in pieces whose sizes follow from `seed`; 0: all at once. */
static void feed(struct body_reader *r, struct str raw, unsigned seed)
{
    unsigned state = seed;

    body_begin(r, BODY_CHUNKED, 0);
    while (raw.n) {
        size_t n = raw.n;

        if (seed == 1)
            n = 1;
        else if (seed) {
            state = state * 1103515245u + 12345u;
            n = 1 + (state >> 16) % (seed < 128 ? 8 : 64);
        }
        if (n > raw.n)
            n = raw.n;
        body_feed(r, raw.p, n);
        raw.p += n;
        raw.n -= n;
    }
}

static void check_again(const struct body_reader *first, size_t piece)
{
    size_t cap = first->out_n * 24 + first->trailers_n * 2 + 64;
    char *out = malloc(cap);
    struct text t = text_in(out, cap);
    struct body_reader second;

    CHECK(out != NULL);
    for (size_t at = 0; at < first->out_n; at += piece) {
        size_t n = first->out_n - at < piece ? first->out_n - at : piece;

        h1_put_chunk_head(&t, n);
        text_put(&t, first->out + at, n);
        TEXT_LITERAL(&t, "\r\n");
    }
    TEXT_LITERAL(&t, "0\r\n");
    h1_put_trailers(&t, str_make(first->trailers, first->trailers_n));
    TEXT_LITERAL(&t, "\r\n");
    CHECK(text_ok(&t));
    feed(&second, text_str(&t), 0);
    /* Trailers gain a space each: only that can put them over the limit. */
    if (first->trailers_n < 8192) {
        CHECK(second.result == H1_BODY_DONE && second.used == t.n);
        CHECK(second.out_n == first->out_n);
        CHECK(first->out_n == 0 ||
              memcmp(first->out, second.out, first->out_n) == 0);
        CHECK(second.trailers_n <= 2 * first->trailers_n);
    }
    body_free(&second);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str raw = str_make((const char *)data + !!size, size ? size - 1 : 0);
    struct body_reader whole, parts;

    feed(&whole, raw, 0);
    feed(&parts, raw, 1);
    CHECK(body_difference(&whole, &parts) == NULL);
    body_free(&parts);
    if (size) {
        feed(&parts, raw, data[0]);
        CHECK(body_difference(&whole, &parts) == NULL);
        body_free(&parts);
    }
    CHECK(whole.used <= raw.n && whole.out_n + whole.trailers_n <= whole.used);
    CHECK(whole.trailers_n < 16384);
    if (whole.result == H1_BODY_DONE)
        check_again(&whole, size && data[0] ? data[0] : 4096);
    body_free(&whole);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A reader of bodies as the proxy has one: pieces come in, decoded bytes and
 * trailers go out, what the decoder wants to see again is kept.
 */
#ifndef TESTS_UNIT_CODEC_BODIES_H
#define TESTS_UNIT_CODEC_BODIES_H

#include <stdio.h>
#include <stdlib.h>

#include "codec/h1.h"

#define BODY_CHECK(condition)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

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

static inline void body_append(char **to, size_t *to_n, const char *p, size_t n)
{
    if (n == 0)
        return;
    *to = realloc(*to, *to_n + n);
    BODY_CHECK(*to != NULL);
    memcpy(*to + *to_n, p, n);
    *to_n += n;
}

/* Begins; the caller frees with body_free(). */
static inline void body_begin(struct body_reader *r, enum body_kind kind,
                              uint64_t length)
{
    memset(r, 0, sizeof(*r));
    h1_body_begin(&r->body, kind, length);
    r->result = H1_BODY_MORE;
}

static inline void body_free(struct body_reader *r)
{
    free(r->kept);
    free(r->out);
    free(r->trailers);
}

static inline bool body_inside(struct str s, const char *data, size_t n)
{
    return s.n == 0 || (s.p >= data && s.p + s.n <= data + n);
}

/* Feeds a piece, unless the body has ended.  Aborts when the decoder breaks
 * its contract. */
static inline void body_feed(struct body_reader *r, const char *p, size_t n)
{
    struct str out, trailers;
    size_t used;
    char *data = r->kept;

    if (r->result == H1_BODY_DONE || r->result == H1_BODY_BAD)
        return;
    body_append(&data, &r->kept_n, p, n);
    n = r->kept_n;
    r->kept = NULL;
    r->kept_n = 0;
    r->result =
        h1_body_decode(&r->body, data, n, &used, &out, &trailers, &r->fault);

    BODY_CHECK(used <= n && out.n <= used);
    BODY_CHECK(body_inside(out, data, used) &&
               body_inside(trailers, data, used));
    BODY_CHECK(r->result != H1_BODY_MORE || used == n);
    BODY_CHECK(r->result != H1_BODY_KEEP || used < n);
    BODY_CHECK(trailers.n == 0 || r->result == H1_BODY_DONE);
    BODY_CHECK(trailers.n == 0 || out.n == 0 || out.p + out.n <= trailers.p);
    BODY_CHECK(r->result != H1_BODY_BAD || r->fault.status == 400);
    r->used += used;
    body_append(&r->out, &r->out_n, out.p, out.n);
    body_append(&r->trailers, &r->trailers_n, trailers.p, trailers.n);
    if (r->result == H1_BODY_KEEP)
        body_append(&r->kept, &r->kept_n, data + used, n - used);
    free(data);
}

/* Why two readers that were fed the same bytes differ, or NULL. */
static inline const char *body_difference(const struct body_reader *a,
                                          const struct body_reader *b)
{
    bool same_wait = (a->result == H1_BODY_MORE || a->result == H1_BODY_KEEP) &&
                     (b->result == H1_BODY_MORE || b->result == H1_BODY_KEEP);

    if (a->result != b->result && !same_wait)
        return "result";
    if (a->out_n != b->out_n ||
        (a->out_n && memcmp(a->out, b->out, a->out_n) != 0))
        return "decoded bytes";
    if (a->result == H1_BODY_BAD)
        return a->fault.why != b->fault.why ? "fault" : NULL;
    if (a->used != b->used || a->kept_n != b->kept_n)
        return "bytes used";
    if (a->trailers_n != b->trailers_n ||
        (a->trailers_n && memcmp(a->trailers, b->trailers, a->trailers_n) != 0))
        return "trailers";
    return NULL;
}

#endif

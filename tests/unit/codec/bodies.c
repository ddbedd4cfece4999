/* SPDX-License-Identifier: Apache-2.0 */
#include "bodies.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void append(char **to, size_t *to_n, const char *p, size_t n)
{
    if (n == 0)
        return;
    *to = realloc(*to, *to_n + n);
    CHECK(*to != NULL);
    memcpy(*to + *to_n, p, n);
    *to_n += n;
}

void body_begin(struct body_reader *r, enum body_kind kind, uint64_t length)
{
    memset(r, 0, sizeof(*r));
    h1_body_begin(&r->body, kind, length);
    r->result = H1_BODY_MORE;
}

void body_free(struct body_reader *r)
{
    free(r->kept);
    free(r->out);
    free(r->trailers);
}

static bool inside(struct str s, const char *data, size_t n)
{
    return s.n == 0 || (s.p >= data && s.p + s.n <= data + n);
}

void body_feed(struct body_reader *r, const char *p, size_t n)
{
    struct str out, trailers;
    size_t used;
    char *data = r->kept;

    if (r->result == H1_BODY_DONE || r->result == H1_BODY_BAD)
        return;
    append(&data, &r->kept_n, p, n);
    n = r->kept_n;
    r->kept = NULL;
    r->kept_n = 0;
    r->result =
        h1_body_decode(&r->body, data, n, &used, &out, &trailers, &r->fault);

    CHECK(used <= n && out.n <= used);
    CHECK(inside(out, data, used) && inside(trailers, data, used));
    CHECK(r->result != H1_BODY_MORE || used == n);
    CHECK(r->result != H1_BODY_KEEP || used < n);
    CHECK(trailers.n == 0 || r->result == H1_BODY_DONE);
    CHECK(trailers.n == 0 || out.n == 0 || out.p + out.n <= trailers.p);
    CHECK(r->result != H1_BODY_BAD || r->fault.status == 400);
    r->used += used;
    append(&r->out, &r->out_n, out.p, out.n);
    append(&r->trailers, &r->trailers_n, trailers.p, trailers.n);
    if (r->result == H1_BODY_KEEP)
        append(&r->kept, &r->kept_n, data + used, n - used);
    free(data);
}

const char *body_difference(const struct body_reader *a,
                            const struct body_reader *b)
{
    bool same_wait = (a->result == H1_BODY_MORE || a->result == H1_BODY_KEEP) &&
                     (b->result == H1_BODY_MORE || b->result == H1_BODY_KEEP);

    if (a->result != b->result && !same_wait)
        return "result";
    if (a->out_n != b->out_n || (a->out_n && memcmp(a->out, b->out, a->out_n)))
        return "decoded bytes";
    if (a->result == H1_BODY_BAD)
        return a->fault.why != b->fault.why ? "fault" : NULL;
    if (a->used != b->used || a->kept_n != b->kept_n)
        return "bytes used";
    if (a->trailers_n != b->trailers_n ||
        (a->trailers_n && memcmp(a->trailers, b->trailers, a->trailers_n)))
        return "trailers";
    return NULL;
}

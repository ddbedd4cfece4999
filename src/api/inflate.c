/* SPDX-License-Identifier: Apache-2.0 */
#include "api/inflate.h"

#include <stdlib.h>

#include <zlib.h>

enum { GZIP_ONLY = 16 + MAX_WBITS, FIRST_ROOM = 16 * 1024 };

struct inflating {
    z_stream z;
    char *p; /* from malloc() */
    size_t n;
    size_t cap;
};

static bool grow(struct inflating *in, size_t max)
{
    size_t cap = in->cap ? in->cap * 2 : FIRST_ROOM;
    char *grown;

    /* One byte more than there may be, to see that there are too many. */
    cap = cap > max + 1 ? max + 1 : cap;
    grown = cap > in->cap ? realloc(in->p, cap) : NULL;
    if (grown == NULL)
        return false;
    in->p = grown;
    in->cap = cap;
    return true;
}

/* As much as there is room for.  Z_OK: more is to come. */
static int step(struct inflating *in)
{
    int result;

    in->z.next_out = (Bytef *)in->p + in->n;
    in->z.avail_out = (uInt)(in->cap - in->n);
    result = inflate(&in->z, Z_NO_FLUSH);
    in->n = in->cap - in->z.avail_out;
    if (result == Z_STREAM_END && in->z.avail_in)
        result = inflateReset(&in->z);
    /* Input is all there: no progress is its end. */
    if (result == Z_OK && in->z.avail_in == 0 && in->n < in->cap)
        result = Z_BUF_ERROR;
    return result;
}

static enum inflated run(struct inflating *in, size_t max)
{
    int result = Z_OK;

    while (result == Z_OK) {
        if (in->n == in->cap && !grow(in, max))
            return INFLATE_TOO_LONG;
        result = step(in);
        if (in->n > max)
            return INFLATE_TOO_LONG;
    }
    return result == Z_STREAM_END ? INFLATED : INFLATE_BROKEN;
}

enum inflated inflate_gzip(struct region *region, struct str gzip, size_t max,
                           struct str *plain)
{
    struct inflating in = {.p = NULL};
    enum inflated result;

    if (gzip.n > max)
        return INFLATE_TOO_LONG;
    in.z.next_in = (Bytef *)(uintptr_t)gzip.p;
    in.z.avail_in = (uInt)gzip.n;
    if (inflateInit2(&in.z, GZIP_ONLY) != Z_OK)
        return INFLATE_BROKEN;
    result = run(&in, max);
    inflateEnd(&in.z);
    if (result == INFLATED)
        *plain = region_copy(region, str_make(in.p, in.n));
    free(in.p);
    return result;
}

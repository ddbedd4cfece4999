/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/gzip.h"

#include <zlib.h>

enum { WINDOW_GZIP = 15 + 16, LEVEL = 5, MEMORY = 8 };

bool aws_gzip(struct region *region, struct str in, struct str *out)
{
    z_stream z = {.next_in = NULL};
    unsigned char *p;
    int result;

    if (in.n > UINT32_MAX / 2 ||
        deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    p = region_take(region, in.n);
    z.next_in = (unsigned char *)(uintptr_t)in.p;
    z.avail_in = (unsigned)in.n;
    z.next_out = p;
    z.avail_out = (unsigned)in.n;
    result = deflate(&z, Z_FINISH);
    if (result == Z_STREAM_END)
        *out = str_make((const char *)p, z.total_out);
    deflateEnd(&z);
    return result == Z_STREAM_END;
}

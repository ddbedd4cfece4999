/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/bucket_regions.h"

static unsigned find(const struct bucket_regions *regions, struct str bucket)
{
    unsigned i = 0;

    while (i < regions->n && !str_eq(str_make(regions->known[i].bucket,
                                              regions->known[i].bucket_n),
                                     bucket))
        i++;
    return i;
}

static void take_out(struct bucket_regions *regions, unsigned at)
{
    regions->n--;
    memmove(regions->known + at, regions->known + at + 1,
            (regions->n - at) * sizeof(regions->known[0]));
}

struct str bucket_regions_get(const struct bucket_regions *regions,
                              struct str bucket)
{
    unsigned at = find(regions, bucket);

    if (at == regions->n)
        return STR("");
    return str_make(regions->known[at].region, regions->known[at].region_n);
}

void bucket_regions_forget(struct bucket_regions *regions, struct str bucket)
{
    unsigned at = find(regions, bucket);

    if (at < regions->n)
        take_out(regions, at);
}

void bucket_regions_set(struct bucket_regions *regions, struct str bucket,
                        struct str region)
{
    struct bucket_region *made;

    if (bucket.n == 0 || bucket.n > BUCKET_MAX || region.n == 0 ||
        region.n > REGION_MAX)
        return;
    bucket_regions_forget(regions, bucket);
    if (regions->n == BUCKET_REGIONS_MAX)
        take_out(regions, 0);
    made = &regions->known[regions->n++];
    made->bucket_n = (unsigned char)bucket.n;
    made->region_n = (unsigned char)region.n;
    memcpy(made->bucket, bucket.p, bucket.n);
    memcpy(made->region, region.p, region.n);
}

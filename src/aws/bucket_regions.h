/* SPDX-License-Identifier: Apache-2.0
 *
 * In which regions buckets are that S3 said to be elsewhere than asked
 * (aws-integrations.md 7.1, "Errors"), so that it is not asked in vain before
 * each call.  Pure.
 */
#ifndef SLUICE_AWS_BUCKET_REGIONS_H
#define SLUICE_AWS_BUCKET_REGIONS_H

#include "base/str.h"

enum {
    BUCKET_REGIONS_MAX = 64, /* one more replaces the oldest */
    BUCKET_MAX = 63,         /* bytes of its name */
    REGION_MAX = 63,
};

/* All zero: none is known. */
struct bucket_regions {
    unsigned n;
    struct bucket_region {
        unsigned char bucket_n;
        unsigned char region_n;
        char bucket[BUCKET_MAX];
        char region[REGION_MAX];
    } known[BUCKET_REGIONS_MAX]; /* the oldest first */
};

/* Good until something changes; n == 0: it is not known. */
struct str bucket_regions_get(const struct bucket_regions *regions,
                              struct str bucket);

/* The bucket is there; names that are longer than the caps change nothing. */
void bucket_regions_set(struct bucket_regions *regions, struct str bucket,
                        struct str region);

/* It may be elsewhere by now. */
void bucket_regions_forget(struct bucket_regions *regions, struct str bucket);

#endif

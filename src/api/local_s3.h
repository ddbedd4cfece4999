/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs on their way to S3, for GET /metrics.
 */
#ifndef SLUICE_API_LOCAL_S3_H
#define SLUICE_API_LOCAL_S3_H

#include "base/text.h"

struct local_s3 {
    uint64_t objects; /* delivered */
    uint64_t bytes;
    uint64_t failed;
    uint64_t dropped; /* files, and lines in them */
    uint64_t dropped_lines;
    uint64_t waiting;
    uint64_t waiting_bytes;
};

void local_put_s3(struct text *t, const struct local_s3 *s3);

#endif

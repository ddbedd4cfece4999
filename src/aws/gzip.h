/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of requests, compressed (RFC 1952).
 */
#ifndef SLUICE_AWS_GZIP_H
#define SLUICE_AWS_GZIP_H

#include "base/region.h"

/* In the region.  False: it does not get smaller, or there is no memory; *out
 * is as it was. */
bool aws_gzip(struct region *region, struct str in, struct str *out);

#endif

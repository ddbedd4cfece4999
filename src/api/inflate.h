/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of calls that came compressed (Content-Encoding: gzip), as SDKs send
 * long ones.
 */
#ifndef SLUICE_API_INFLATE_H
#define SLUICE_API_INFLATE_H

#include "base/region.h"

enum inflated {
    INFLATED,
    INFLATE_BROKEN,   /* it is no gzip, or ends too early */
    INFLATE_TOO_LONG, /* it has more than `max` bytes */
};

/* All of it (one member or some in a row), in the region. */
enum inflated inflate_gzip(struct region *region, struct str gzip, size_t max,
                           struct str *plain);

#endif

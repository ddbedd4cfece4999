/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of what Describe* actions list: Marker and PageSize of the input,
 * NextMarker of the result (alb.md 1.4).
 */
#ifndef SLUICE_API_PAGING_H
#define SLUICE_API_PAGING_H

#include "api/call.h"

enum { PAGING_MAX = 400 };

/* Of `n` things in a row these are shown: from `from` up to, but not with,
 * `to`. */
struct paging {
    unsigned from;
    unsigned to;
};

/* What Marker and PageSize ask for.  False: refused, the Marker is none that
 * paging_end() gave. */
bool paging_of(struct call *call, unsigned n, struct paging *page);

/* Puts NextMarker into the result when there is more behind the page. */
void paging_end(const struct call *call, unsigned n, const struct paging *page,
                struct value *result);

#endif

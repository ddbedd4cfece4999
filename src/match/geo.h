/* SPDX-License-Identifier: Apache-2.0
 *
 * Where addresses are, by databases in MaxMind's format: country and region
 * (GeoLite2-Country, -City), autonomous system (GeoLite2-ASN).
 */
#ifndef SLUICE_MATCH_GEO_H
#define SLUICE_MATCH_GEO_H

#include "base/address.h"
#include "base/error.h"

struct geo; /* never changes; counted; any thread */

/* Databases of files; one may have all.  NULL with an error. */
struct geo *geo_open(const char *const *files, unsigned n, struct error *error);
struct geo *geo_hold(struct geo *geo);
void geo_release(struct geo *geo); /* NULL: nothing */

struct geo_place {
    char country[4]; /* "DE"; "XX": not known */
    char region[8];  /* "BE": the part of ISO 3166-2 behind the "-"; "XX" */
    uint32_t asn;    /* 0: not known */
};

/* `geo` may be NULL: nothing is known. */
void geo_find(const struct geo *geo, const struct address *address,
              struct geo_place *place);

#endif

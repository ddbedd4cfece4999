/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes small databases in MaxMind's format, version 2.0.
 */
#ifndef TESTS_UNIT_MATCH_MMDB_H
#define TESTS_UNIT_MATCH_MMDB_H

#include <stdint.h>

enum mmdb_shape {
    MMDB_SHAPE_MAXMIND, /* {"country": {"iso_code": ...}, "subdivisions": ...} */
    MMDB_SHAPE_FLAT,    /* {"country_code": ...} */
    MMDB_SHAPE_PLAIN,   /* {"country": ...} */
};

struct mmdb_entry {
    const char *range;   /* "192.0.2.0/24"; none lies in another */
    const char *country; /* NULL: no such member; so the others */
    const char *region;
    uint32_t asn; /* 0: none */
};

/* For IPv6 with IPv4 in ::/96, as MaxMind's; without a range of IPv6 for IPv4
 * alone.  Fails the test that calls it. */
void mmdb_write(const char *path, enum mmdb_shape shape,
                const struct mmdb_entry *entries, unsigned n);

#endif

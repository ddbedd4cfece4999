/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of addresses, "10.0.0.0/8" or "2001:db8::/32" (RFC 4632, RFC 4291
 * 2.3).
 */
#ifndef SLUICE_BASE_CIDR_H
#define SLUICE_BASE_CIDR_H

#include "base/address.h"

struct cidr {
    struct address base; /* the first address; port 0 */
    unsigned bits;       /* 0 to 32, of IPv6 to 128 */
};

/* Most characters of cidr_put(). */
enum { CIDR_TEXT_MAX = ADDRESS_TEXT_MAX + 4 };

/* Reads ADDRESS/BITS: no brackets, no zone, BITS without sign or leading
 * zeros.  Bits of the address behind the first BITS are cleared.  A block of
 * IPv4-mapped addresses becomes the IPv4 block, as struct address has it. */
bool cidr_parse(struct str s, struct cidr *cidr);

/* Whether the address lies in the block.  Port and zone do not matter; IPv4
 * addresses lie in no IPv6 block, not even ::/0. */
bool cidr_has(const struct cidr *cidr, const struct address *address);

/* Whether all of `narrow` lies in `wide`. */
bool cidr_covers(const struct cidr *wide, const struct cidr *narrow);

/* "10.0.0.0/8". */
void cidr_put(struct text *t, const struct cidr *cidr);

#endif

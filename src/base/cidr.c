/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cidr.h"

/* The bits in front of the IPv4 address in an IPv4-mapped one. */
enum { MAPPED_BITS = 96 };

/* The bits of byte `i` that belong to the first `bits` of an address. */
static uint8_t mask_of(unsigned i, unsigned bits)
{
    if (bits >= 8 * (i + 1))
        return 0xff;
    return bits <= 8 * i ? 0 : (uint8_t)(0xff << (8 - bits % 8));
}

static bool parse_bits(struct str s, unsigned max, unsigned *bits)
{
    uint64_t n;

    if (!str_to_u64(s, max, &n) || (s.n > 1 && s.p[0] == '0'))
        return false;
    *bits = (unsigned)n;
    return true;
}

bool cidr_parse(struct str s, struct cidr *cidr)
{
    struct str ip = str_cut(&s, '/');
    bool colon = ip.n && memchr(ip.p, ':', ip.n);
    struct cidr c = {.bits = 0};

    if (ip.n == 0 || ip.p[0] == '[' || memchr(ip.p, '%', ip.n))
        return false;
    if (!address_parse_ip(ip, &c.base) ||
        !parse_bits(s, colon ? 128 : 32, &c.bits))
        return false;
    if (colon && c.base.family == 4) {
        if (c.bits < MAPPED_BITS)
            return false;
        c.bits -= MAPPED_BITS;
    }
    for (unsigned i = 0; i < sizeof(c.base.ip); i++)
        c.base.ip[i] &= mask_of(i, c.bits);
    *cidr = c;
    return true;
}

bool cidr_has(const struct cidr *cidr, const struct address *address)
{
    unsigned whole = cidr->bits / 8;

    if (address->family != cidr->base.family ||
        memcmp(address->ip, cidr->base.ip, whole) != 0)
        return false;
    return cidr->bits % 8 == 0 ||
           (address->ip[whole] & mask_of(whole, cidr->bits)) ==
               cidr->base.ip[whole];
}

bool cidr_covers(const struct cidr *wide, const struct cidr *narrow)
{
    return wide->bits <= narrow->bits && cidr_has(wide, &narrow->base);
}

void cidr_put(struct text *t, const struct cidr *cidr)
{
    address_put_ip(t, &cidr->base);
    text_char(t, '/');
    text_u64(t, cidr->bits);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "match/gate_strings.h"

enum { SET_MAX = 12 }; /* bytes of a class that become strings */

/* ---- making ----------------------------------------------------------------------- */

bool gate_strings_add(struct gate_strings *strings, struct region *region,
                      struct str string)
{
    if (strings->n == GATE_UNION_MAX)
        return false;
    if (strings->n == strings->room) {
        unsigned room = strings->room ? strings->room * 2 : 4;
        struct str *v = region_take(region, room * sizeof(*v));

        if (strings->n)
            memcpy(v, strings->v, strings->n * sizeof(*v));
        strings->v = v;
        strings->room = room;
    }
    strings->v[strings->n++] = string;
    return true;
}

void gate_strings_begin(struct gate_strings *strings, struct region *region)
{
    *strings = (struct gate_strings){.n = 0};
    gate_strings_add(strings, region, STR(""));
}

bool gate_strings_of_set(struct gate_strings *strings, struct region *region,
                         const struct byte_set *bytes)
{
    struct byte_set lower = {{0}};

    for (unsigned i = 0; i < 256; i++) {
        if (byte_set_has(bytes, (unsigned char)i))
            byte_set_add(&lower, (unsigned char)str_lower((char)i));
    }
    *strings = (struct gate_strings){.n = 0};
    if (byte_set_count(&lower) > SET_MAX)
        return false;
    for (unsigned i = 0; i < 256; i++) {
        char c = (char)i;

        if (byte_set_has(&lower, (unsigned char)i))
            gate_strings_add(strings, region,
                             region_copy(region, str_make(&c, 1)));
    }
    return strings->n > 0;
}

static struct str glue(struct region *region, struct str a, struct str b)
{
    char *p;

    if (a.n == 0 || b.n == 0)
        return a.n ? a : b;
    p = region_take(region, a.n + b.n);
    memcpy(p, a.p, a.n);
    memcpy(p + a.n, b.p, b.n);
    return str_make(p, a.n + b.n);
}

static size_t longest(const struct gate_strings *strings)
{
    size_t n = 0;

    for (unsigned i = 0; i < strings->n; i++) {
        if (strings->v[i].n > n)
            n = strings->v[i].n;
    }
    return n;
}

bool gate_strings_append(struct gate_strings *strings, struct region *region,
                         const struct gate_strings *tails)
{
    struct gate_strings product = {.n = 0};

    if ((strings->n > 1 && tails->n > 1 &&
         strings->n * tails->n > GATE_PRODUCT_MAX) ||
        longest(strings) + longest(tails) > GATE_STRING_MAX)
        return false;
    for (unsigned i = 0; i < strings->n; i++) {
        for (unsigned j = 0; j < tails->n; j++)
            gate_strings_add(&product, region,
                             glue(region, strings->v[i], tails->v[j]));
    }
    *strings = product;
    return true;
}

void gate_strings_join(struct gate_strings *strings, struct region *region,
                       const struct gate_strings *other)
{
    bool fits = strings->n > 0 && other->n > 0;

    for (unsigned i = 0; fits && i < other->n; i++)
        fits = gate_strings_add(strings, region, other->v[i]);
    if (!fits)
        strings->n = 0;
}

/* ---- what they are worth ---------------------------------------------------------- */

/* How seldom a byte (in lower case) is in texts, in quarters of a bit. */
static unsigned byte_worth(unsigned char c)
{
    static const char groups[][24] = {" eta",     "oinsr",          "hldcu",
                                      "mpfgywb0", "v123456789./-_", "k,:=&\"%",
                                      "xjqz;?+'"};
    static const unsigned char worth[] = {14, 16, 20, 24, 26, 30, 36};

    for (unsigned i = 0; i < sizeof(worth); i++) {
        if (c && strchr(groups[i], c))
            return worth[i];
    }
    return 40;
}

static unsigned string_worth(struct str string)
{
    unsigned sum = 0;

    for (size_t i = 0; i < string.n; i++)
        sum += byte_worth((unsigned char)string.p[i]);
    return sum;
}

struct str gate_strings_window(struct str string, size_t max)
{
    struct str best = string;

    if (string.n <= max)
        return string;
    best.n = max;
    for (size_t i = 1; i + max <= string.n; i++) {
        struct str window = str_make(string.p + i, max);

        if (string_worth(window) > string_worth(best))
            best = window;
    }
    return best;
}

unsigned gate_strings_worth(const struct gate_strings *strings)
{
    unsigned least = strings->n ? UINT32_MAX : 0;
    unsigned many = 0;

    for (unsigned i = 0; i < strings->n; i++) {
        unsigned worth =
            string_worth(gate_strings_window(strings->v[i], GATE_LITERAL_MAX));

        if (worth < least)
            least = worth;
    }
    for (unsigned n = strings->n; n > 1; n /= 2)
        many += 2; /* most of them are seldomer than the least */
    return least > many ? least - many : 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The named sets of bytes of RE2's syntax.  All are ASCII.
 */
#include "base/suggest.h"
#include "match/linear_internal.h"

struct named_set {
    const char *name;
    const char *ranges; /* pairs of first and last byte */
    unsigned n;         /* bytes in `ranges` */
};

#define SET(name, ranges)                                                      \
    {                                                                          \
        name, ranges, sizeof(ranges) - 1                                       \
    }

static const struct named_set posix[] = {
    SET("alnum", "09AZaz"),
    SET("alpha", "AZaz"),
    SET("ascii", "\x00\x7f"),
    SET("blank", "\t\t  "),
    SET("cntrl", "\x00\x1f\x7f\x7f"),
    SET("digit", "09"),
    SET("graph", "!~"),
    SET("lower", "az"),
    SET("print", " ~"),
    SET("punct", "!/:@[`{~"),
    SET("space", "\t\r  "),
    SET("upper", "AZ"),
    SET("word", "09AZaz__"),
    SET("xdigit", "09AFaf"),
};

/* RE2's \s has no vertical tab, unlike [[:space:]]. */
static const struct named_set perl[] = {
    SET("d", "09"),
    SET("w", "09AZaz__"),
    SET("s", "\t\n\f\r  "),
};

enum {
    NPOSIX = sizeof(posix) / sizeof(*posix),
    NPERL = sizeof(perl) / sizeof(*perl),
};

static void add_named(struct byte_set *set, const struct named_set *named)
{
    for (unsigned i = 0; i + 1 < named->n; i += 2)
        byte_set_add(set, (uint8_t)named->ranges[i],
                     (uint8_t)named->ranges[i + 1]);
}

void byte_set_fold(struct byte_set *set)
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        unsigned capital = c - 'a' + 'A';

        if (byte_set_has(set, (uint8_t)c))
            byte_set_add(set, capital, capital);
        else if (byte_set_has(set, (uint8_t)capital))
            byte_set_add(set, c, c);
    }
}

bool byte_set_perl(struct byte_set *set, char letter)
{
    for (unsigned i = 0; i < NPERL; i++) {
        struct byte_set one = {{0}};

        if (perl[i].name[0] != str_lower(letter))
            continue;
        add_named(&one, &perl[i]);
        if (letter != str_lower(letter))
            byte_set_invert(&one);
        byte_set_join(set, &one);
        return true;
    }
    return false;
}

bool byte_set_posix(struct byte_set *set, struct str name)
{
    for (unsigned i = 0; i < NPOSIX; i++) {
        if (str_eq(name, str_of(posix[i].name))) {
            add_named(set, &posix[i]);
            return true;
        }
    }
    return false;
}

const char *byte_set_posix_near(struct str name)
{
    struct suggest s = suggest_for(name);

    for (unsigned i = 0; i < NPOSIX; i++)
        suggest_offer(&s, posix[i].name);
    return suggest_best(&s);
}

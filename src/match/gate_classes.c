/* SPDX-License-Identifier: Apache-2.0 */
#include "match/gate_classes.h"

/* ---- which classes there are ------------------------------------------------------ */

#define BIT(class) (UINT32_C(1) << (class))
#define SAME(class, from, to) [from... to] = BIT(class)

/* Bytes of one class mostly come together, or seldom at all. */
const uint32_t gate_class_of[256] = {
    SAME(6, 0, 8),       SAME(5, '\t', '\r'), SAME(6, 14, 31),
    [' '] = BIT(4),      ['!'] = BIT(29),     ['"'] = BIT(17),
    ['#'] = BIT(29),     ['$'] = BIT(30),     ['%'] = BIT(15),
    ['&'] = BIT(14),     ['\''] = BIT(16),    ['('] = BIT(19),
    [')'] = BIT(20),     ['*'] = BIT(26),     ['+'] = BIT(12),
    [','] = BIT(10),     ['-'] = BIT(3),      ['.'] = BIT(2),
    ['/'] = BIT(8),      SAME(1, '0', '9'),   [':'] = BIT(9),
    [';'] = BIT(25),     ['<'] = BIT(21),     ['='] = BIT(13),
    ['>'] = BIT(22),     ['?'] = BIT(14),     ['@'] = BIT(11),
    SAME(0, 'A', 'F'),   SAME(31, 'G', 'Z'),  ['['] = BIT(23),
    ['\\'] = BIT(27),    [']'] = BIT(23),     ['^'] = BIT(30),
    ['_'] = BIT(3),      ['`'] = BIT(18),     SAME(0, 'a', 'f'),
    SAME(31, 'g', 'z'),  ['{'] = BIT(24),     ['|'] = BIT(28),
    ['}'] = BIT(24),     ['~'] = BIT(30),     [127] = BIT(6),
    SAME(7, 0x80, 0xff),
};

/* In how many of 100 values a class is, about. */
static const unsigned char percent[32] = {
    95, 60, 35, 40, 40, 5, 1, 3, 30, 20, 20, 8, 8, 15, 10, 8,
    6,  20, 1,  8,  8,  3, 3, 5, 5,  10, 5,  3, 2, 5,  4,  95,
};

uint32_t gate_classes_in(struct str value)
{
    const unsigned char *p = (const unsigned char *)value.p;
    uint32_t a = 0;
    uint32_t b = 0;
    uint32_t c = 0;
    uint32_t d = 0;
    size_t i = 0;

    for (; value.n - i >= 4; i += 4) {
        a |= gate_class_of[p[i]];
        b |= gate_class_of[p[i + 1]];
        c |= gate_class_of[p[i + 2]];
        d |= gate_class_of[p[i + 3]];
    }
    for (; i < value.n; i++)
        a |= gate_class_of[p[i]];
    return a | b | c | d;
}

/* ---- what is needed of them ------------------------------------------------------- */

static unsigned weight(uint32_t set)
{
    unsigned sum = 0;

    for (; set; set &= set - 1)
        sum += percent[__builtin_ctz(set)];
    return sum;
}

/* The one that says least. */
static unsigned weakest(const struct gate_classes *classes)
{
    unsigned worst = 0;

    for (unsigned i = 1; i < classes->n; i++) {
        if (weight(classes->sets[i]) > weight(classes->sets[worst]))
            worst = i;
    }
    return worst;
}

static void need_set(struct gate_classes *classes, uint32_t set)
{
    unsigned n = 0;

    if (set == UINT32_MAX)
        return;
    for (unsigned i = 0; i < classes->n; i++) {
        if ((classes->sets[i] & ~set) == 0)
            return; /* it is needed already */
    }
    for (unsigned i = 0; i < classes->n; i++) {
        if (set & ~classes->sets[i])
            classes->sets[n++] = classes->sets[i];
    }
    classes->n = n;
    if (n < GATE_CLASS_SETS) {
        classes->sets[classes->n++] = set;
        return;
    }
    n = weakest(classes);
    if (weight(set) < weight(classes->sets[n]))
        classes->sets[n] = set;
}

struct gate_classes gate_classes_of(const struct byte_set *bytes)
{
    struct gate_classes classes = {.n = 0};
    uint32_t set = 0;

    for (unsigned i = 0; i < 256; i++) {
        if (byte_set_has(bytes, (unsigned char)i))
            set |= gate_class_of[i];
    }
    need_set(&classes, set);
    return classes;
}

void gate_classes_and(struct gate_classes *classes,
                      const struct gate_classes *other)
{
    for (unsigned i = 0; i < other->n; i++)
        need_set(classes, other->sets[i]);
}

void gate_classes_or(struct gate_classes *classes,
                     const struct gate_classes *other)
{
    struct gate_classes both = {.n = 0};

    for (unsigned i = 0; i < classes->n; i++) {
        for (unsigned j = 0; j < other->n; j++)
            need_set(&both, classes->sets[i] | other->sets[j]);
    }
    *classes = both;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"

enum { CODES = 640, DIGITS_MAX = 3 };

static bool parse_code(struct str text, unsigned min, unsigned max,
                       unsigned *code)
{
    uint64_t number;

    if (text.n > DIGITS_MAX || !str_to_u64(text, max, &number) || number < min)
        return false;
    *code = (unsigned)number;
    return true;
}

/* "200" or "200-299". */
static bool add_item(struct code_set *set, struct str item, unsigned min,
                     unsigned max)
{
    struct str rest = item;
    unsigned low;
    unsigned high;

    if (!parse_code(str_cut(&rest, '-'), min, max, &low))
        return false;
    high = low;
    if (rest.p && (!parse_code(rest, min, max, &high) || high < low))
        return false;
    for (unsigned code = low; code <= high; code++)
        set->bits[code / 64] |= (uint64_t)1 << code % 64;
    return true;
}

bool code_set_parse(struct code_set *set, struct str text, unsigned min,
                    unsigned max)
{
    struct code_set made = {.bits = {0}};

    if (text.n == 0)
        return false;
    if (max >= CODES)
        max = CODES - 1;
    while (text.p) {
        if (!add_item(&made, str_cut(&text, ','), min, max))
            return false;
    }
    *set = made;
    return true;
}

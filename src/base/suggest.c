/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include <limits.h>

enum {
    WORD_MAX = 64,
    PART_MIN = 4,      /* shorter parts are in too many words */
    PART_DISTANCE = 1, /* as good as one slip of the finger */
};

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Row i of the table of distances between the beginnings of a and b; `one`
 * and `two` are the rows before it. */
static void fill_row(unsigned *row, const unsigned *one, const unsigned *two,
                     struct str a, struct str b, size_t i)
{
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= b.n; j++) {
        char x = str_lower(a.p[i - 1]);
        char y = str_lower(b.p[j - 1]);

        row[j] = least(least(one[j], row[j - 1]) + 1, one[j - 1] + (x != y));
        if (i > 1 && j > 1 && x == str_lower(b.p[j - 2]) &&
            y == str_lower(a.p[i - 2]))
            row[j] = least(row[j], two[j - 2] + 1);
    }
}

unsigned suggest_distance(struct str a, struct str b)
{
    unsigned rows[3][WORD_MAX + 1];

    if (a.n > WORD_MAX || b.n > WORD_MAX)
        return UINT_MAX;
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.n; i++)
        fill_row(rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3], a, b, i);
    return rows[a.n % 3][b.n];
}

static bool contains(struct str s, struct str part)
{
    for (size_t i = 0; i + part.n <= s.n; i++) {
        if (str_istarts(str_make(s.p + i, s.n - i), part))
            return true;
    }
    return false;
}

struct suggest suggest_for(struct str word)
{
    unsigned near = word.n > WORD_MAX ? 0 : (unsigned)((word.n + 2) / 3);

    return (struct suggest){.word = word, .distance = near + 1};
}

void suggest_offer(struct suggest *s, const char *name)
{
    struct str known = str_of(name);
    unsigned distance = suggest_distance(s->word, known);

    if (s->word.n >= PART_MIN && contains(known, s->word))
        distance = least(distance, PART_DISTANCE);
    if (distance < s->distance) {
        s->distance = distance;
        s->best = name;
    }
}

const char *suggest_best(const struct suggest *s)
{
    return s->best;
}

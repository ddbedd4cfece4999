/* SPDX-License-Identifier: Apache-2.0
 *
 * A pattern is a row of symbols: literals and the two wildcards.  What stands
 * before the first `*` and after the last one is compared in place; only what
 * stands between two of them is searched for, leftmost first, which is never
 * wrong since the `*` behind takes whatever is left.
 */
#include "match/pattern.h"

#include <stdlib.h>

#include "base/memory.h"

/* Symbols that are no literals: control characters are none either. */
enum { ANY = 1, ONE = 2 };

struct pattern {
    bool any_case;
    bool has_star;
    size_t prefix; /* literals in front */
    size_t head;   /* symbols in front of the first `*`, all when none */
    size_t tail;   /* where those behind the last `*` begin; n when none */
    size_t n;
    char symbols[];
};

static inline bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* ---- reading a pattern --------------------------------------------------- */

/* The symbol at the begin of `*rest`, which moves behind it; 0 for a character
 * that does not count. */
static char read_symbol(struct str *rest, bool any_case, bool escapes)
{
    char c = *rest->p++;

    rest->n--;
    if (escapes && c == '\\' && rest->n &&
        (*rest->p == '*' || *rest->p == '?')) {
        rest->n--;
        return *rest->p++;
    }
    if (c == '*')
        return ANY;
    if (c == '?')
        return ONE;
    if (is_control(c))
        return 0;
    return any_case ? str_lower(c) : c;
}

static void measure(struct pattern *p)
{
    while (p->prefix < p->n && p->symbols[p->prefix] != ANY &&
           p->symbols[p->prefix] != ONE)
        p->prefix++;
    while (p->head < p->n && p->symbols[p->head] != ANY)
        p->head++;
    p->has_star = p->head < p->n;
    p->tail = p->n;
    while (p->has_star && p->symbols[p->tail - 1] != ANY)
        p->tail--;
}

struct pattern *pattern_new(struct str text, enum pattern_case fold,
                            bool escapes)
{
    struct pattern *p = memory_zeroed(1, sizeof(*p) + text.n);

    p->any_case = fold == PATTERN_ANY_CASE;
    while (text.n) {
        char symbol = read_symbol(&text, p->any_case, escapes);

        /* "**" is "*". */
        if (symbol && !(symbol == ANY && p->n && p->symbols[p->n - 1] == ANY))
            p->symbols[p->n++] = symbol;
    }
    measure(p);
    return p;
}

void pattern_free(struct pattern *pattern)
{
    free(pattern);
}

struct str pattern_prefix(const struct pattern *pattern, bool *exact)
{
    *exact = pattern->prefix == pattern->n;
    return str_make(pattern->symbols, pattern->prefix);
}

bool pattern_is_any(const struct pattern *pattern)
{
    return pattern->n == 1 && pattern->has_star;
}

/* ---- matching ------------------------------------------------------------ */

static inline bool meets(const struct pattern *p, char symbol, char c)
{
    if (symbol == ONE)
        return !is_control(c);
    return (p->any_case ? str_lower(c) : c) == symbol;
}

/* Compares the symbols [from, to), of which none is ANY, with the text from
 * `*at` on, and moves `*at` behind what they met. */
static bool take(const struct pattern *p, size_t from, size_t to,
                 struct str text, size_t *at)
{
    size_t i = *at;

    for (; from < to; i++) {
        if (i == text.n)
            return false;
        if (meets(p, p->symbols[from], text.p[i]))
            from++;
        else if (!is_control(text.p[i]))
            return false;
    }
    *at = i;
    return true;
}

/* The same from the end of the text down to `at`; cuts off what they met. */
static bool take_back(const struct pattern *p, size_t from, size_t to,
                      struct str *text, size_t at)
{
    size_t end = text->n;

    for (; from < to; end--) {
        if (end == at)
            return false;
        if (meets(p, p->symbols[to - 1], text->p[end - 1]))
            to--;
        else if (!is_control(text->p[end - 1]))
            return false;
    }
    text->n = end;
    return true;
}

/* The first place from `*at` on where the symbols [from, to) are met.  Never
 * begins at a control character, or a long row of them would be walked from
 * each of its places. */
static bool find(const struct pattern *p, size_t from, size_t to,
                 struct str text, size_t *at)
{
    for (size_t i = *at; i < text.n; i++) {
        size_t end = i;

        if (is_control(text.p[i]) || !take(p, from, to, text, &end))
            continue;
        *at = end;
        return true;
    }
    return false;
}

static bool only_controls(struct str text, size_t at)
{
    while (at < text.n && is_control(text.p[at]))
        at++;
    return at == text.n;
}

bool pattern_matches(const struct pattern *pattern, struct str text)
{
    const struct pattern *p = pattern;
    size_t at = 0;

    if (!take(p, 0, p->head, text, &at))
        return false;
    if (!p->has_star)
        return only_controls(text, at);
    if (!take_back(p, p->tail, p->n, &text, at))
        return false;
    for (size_t from = p->head + 1; from < p->tail;) {
        size_t to = from;

        while (p->symbols[to] != ANY)
            to++;
        if (!find(p, from, to, text, &at))
            return false;
        from = to + 1;
    }
    return true;
}

/* ---- one pattern inside another ------------------------------------------ */

/* Where in `wide` one can stand after a text: a set of positions.  The text
 * runs through `narrow`; for its wildcards it takes a character that `wide`
 * does not name, since such a one is the hardest to match.  How many a `*`
 * stands for is the only choice, so all the sets that it can lead to are kept;
 * `wide` covers when its end is in every set at the end. */
enum { SET_WORDS = 4, POSITIONS_MAX = SET_WORDS * 64 - 1, SETS_MAX = 64 };

struct positions {
    uint64_t words[SET_WORDS];
};

struct sets {
    unsigned n;
    struct positions v[SETS_MAX];
};

static bool has(const struct positions *set, size_t i)
{
    return set->words[i / 64] >> i % 64 & 1;
}

/* Adds a position, and the one behind it too if that costs no character. */
static void reach(const struct pattern *wide, struct positions *set, size_t i)
{
    set->words[i / 64] |= UINT64_C(1) << i % 64;
    if (i < wide->n && wide->symbols[i] == ANY)
        set->words[(i + 1) / 64] |= UINT64_C(1) << (i + 1) % 64;
}

/* The positions after one more character; ONE: one that `wide` does not
 * name. */
static struct positions advance(const struct pattern *wide,
                                const struct positions *set, char symbol)
{
    struct positions next = {{0}};

    for (size_t i = 0; i < wide->n; i++) {
        if (!has(set, i))
            continue;
        if (wide->symbols[i] == ANY)
            reach(wide, &next, i);
        else if (wide->symbols[i] == ONE || wide->symbols[i] == symbol)
            reach(wide, &next, i + 1);
    }
    return next;
}

static bool is_empty(const struct positions *set)
{
    uint64_t any = 0;

    for (unsigned w = 0; w < SET_WORDS; w++)
        any |= set->words[w];
    return any == 0;
}

/* False when the set was known; no room left shows in sets->n. */
static bool add_set(struct sets *sets, const struct positions *set)
{
    for (unsigned i = 0; i < sets->n; i++) {
        if (memcmp(&sets->v[i], set, sizeof(*set)) == 0)
            return false;
    }
    if (sets->n < SETS_MAX)
        sets->v[sets->n] = *set;
    sets->n++;
    return sets->n <= SETS_MAX;
}

/* Moves all sets over a symbol of the narrow pattern; false when one comes to
 * be empty (a text of `narrow` is stuck in `wide`) or there are too many. */
static bool advance_all(const struct pattern *wide, struct sets *sets,
                        char symbol)
{
    unsigned n = sets->n;

    if (symbol != ANY)
        sets->n = 0;
    for (unsigned i = 0; i < n; i++) {
        struct positions set = sets->v[i];

        do {
            set = advance(wide, &set, symbol == ANY ? ONE : symbol);
            if (is_empty(&set))
                return false;
        } while (add_set(sets, &set) && symbol == ANY);
        if (sets->n > SETS_MAX)
            return false;
    }
    return true;
}

bool pattern_covers(const struct pattern *wide, const struct pattern *narrow)
{
    struct positions begin = {{0}};
    struct sets sets;

    if (wide->any_case != narrow->any_case)
        return false;
    if (str_eq(str_make(wide->symbols, wide->n),
               str_make(narrow->symbols, narrow->n)))
        return true;
    if (wide->n > POSITIONS_MAX)
        return false;
    reach(wide, &begin, 0);
    sets.n = 1;
    sets.v[0] = begin;
    for (size_t i = 0; i < narrow->n; i++) {
        if (!advance_all(wide, &sets, narrow->symbols[i]))
            return false;
    }
    for (unsigned i = 0; i < sets.n; i++) {
        if (!has(&sets.v[i], wide->n))
            return false;
    }
    return true;
}

void pattern_put_example(struct text *t, const struct pattern *pattern,
                         struct str filling)
{
    for (size_t i = 0; i < pattern->n; i++) {
        char symbol = pattern->symbols[i];

        if (symbol == ANY)
            text_str_put(t, filling);
        else
            text_char(t, symbol == ONE ? 'x' : symbol);
    }
}

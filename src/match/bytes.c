/* SPDX-License-Identifier: Apache-2.0 */
#include "match/bytes.h"

/* Whether `search` stands at value[at]. */
static bool stands_at(struct str search, struct str value, size_t at)
{
    return at <= value.n && search.n <= value.n - at &&
           (search.n == 0 || memcmp(value.p + at, search.p, search.n) == 0);
}

/* The first place from value[from] on; false: none. */
static bool find(struct str search, struct str value, size_t from, size_t *at)
{
    const char *found;

    if (search.n == 0 || value.n - from < search.n) {
        *at = from;
        return search.n == 0;
    }
    found = memmem(value.p + from, value.n - from, search.p, search.n);
    *at = found ? (size_t)(found - value.p) : value.n;
    return found != NULL;
}

static inline bool is_word(char c)
{
    return (c >= '0' && c <= '9') || c == '_' ||
           (str_lower(c) >= 'a' && str_lower(c) <= 'z');
}

static bool is_alone(struct str search, struct str value, size_t at)
{
    size_t end = at + search.n;

    return (at == 0 || !is_word(value.p[at - 1])) &&
           (end == value.n || !is_word(value.p[end]));
}

/* No place behind a word's byte can be right, so that the rest of the word in
 * which one was wrong is not looked at again. */
static bool find_word(struct str search, struct str value, size_t *at)
{
    size_t from = 0;

    while (find(search, value, from, at)) {
        if (is_alone(search, value, *at))
            return true;
        from = *at + 1;
        while (from <= value.n && is_word(value.p[from - 1]))
            from++;
        if (from > value.n)
            break;
    }
    return false;
}

bool bytes_match(enum waf_position position, struct str search,
                 struct str value, size_t *at)
{
    *at = 0;
    switch (position) {
    case WAF_EXACTLY:
        return str_eq(search, value);
    case WAF_STARTS_WITH:
        return stands_at(search, value, 0);
    case WAF_ENDS_WITH:
        *at = value.n - search.n;
        return search.n <= value.n && stands_at(search, value, *at);
    case WAF_CONTAINS:
        return find(search, value, 0, at);
    case WAF_CONTAINS_WORD:
        return search.n && find_word(search, value, at);
    }
    return false;
}

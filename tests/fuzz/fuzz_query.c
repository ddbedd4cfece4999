/* SPDX-License-Identifier: Apache-2.0
 *
 * Query conditions: key, value and query, LF between them; the first byte says
 * whether there is a key.  What is found is what a slow and simple search
 * finds, and it lies in the query.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "match/query.h"
#include "match_check.h"

/* Looks at every piece between two `&`, byte by byte. */
static bool find_slowly(struct str query, const struct str *key,
                        struct str value, struct str *found)
{
    size_t begin = 0;

    if (query.n == 0)
        return false; /* it may have no place either */
    for (size_t i = 0; i <= query.n; i++) {
        struct str piece = str_make(query.p + begin, i - begin);
        size_t equals = 0;

        if (i < query.n && query.p[i] != '&')
            continue;
        begin = i + 1;
        if (piece.n == 0)
            continue;
        while (equals < piece.n && piece.p[equals] != '=')
            equals++;
        *found = piece;
        if (key && !match_slowly(*key, str_make(piece.p, equals), true, true))
            continue;
        if (equals < piece.n)
            piece = str_make(piece.p + equals + 1, piece.n - equals - 1);
        else
            piece.n = 0;
        if (match_slowly(value, piece, true, true))
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str query = str_make((const char *)data, size);
    struct query_parameter found;
    struct pattern *key, *value;
    struct str keys, values, want = STR("");
    bool match, has_key;

    if (size == 0 || size > MATCH_TEXT_MAX)
        return 0;
    has_key = data[0] & 1;
    query = str_make(query.p + 1, query.n - 1);
    keys = str_cut(&query, '\n');
    values = str_cut(&query, '\n');
    key = has_key ? pattern_new(keys, PATTERN_ANY_CASE, true) : NULL;
    value = pattern_new(values, PATTERN_ANY_CASE, true);
    match = query_find(query, key, value, &found);
    MATCH_CHECK(match ==
                find_slowly(query, has_key ? &keys : NULL, values, &want));
    MATCH_CHECK(query_find(query, key, value, NULL) == match);
    if (match) {
        MATCH_CHECK(found.whole.p == want.p && found.whole.n == want.n);
        MATCH_CHECK(found.key.n + found.value.n <= found.whole.n);
    }
    pattern_free(key);
    pattern_free(value);
    return 0;
}

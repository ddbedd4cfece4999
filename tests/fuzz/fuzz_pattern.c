/* SPDX-License-Identifier: Apache-2.0
 *
 * Wildcard patterns of hosts, paths and queries: two patterns and a text, LF
 * between them, behind a byte that says which kind.
 *
 * - A pattern matches what a slow and simple matcher says it matches.
 * - Text in front of the first wildcard is what pattern_prefix() says.
 * - A pattern that covers another one matches all that the other one does.
 * - An example matches its pattern.
 * - A path in normal form has no dot segments, no control characters and is
 *   never longer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "match/pattern.h"
#include "match_check.h"
#include "proxy/route_view.h"

enum { FILLINGS = 3 };

static void check_prefix(const struct pattern *p, struct str text, bool fold)
{
    char room[MATCH_TEXT_MAX];
    struct str seen = match_visible(text, room);
    bool exact;
    struct str prefix = pattern_prefix(p, &exact);

    if (!pattern_matches(p, text))
        return;
    MATCH_CHECK(fold ? str_istarts(seen, prefix) : str_starts(seen, prefix));
    MATCH_CHECK(!exact || seen.n == prefix.n);
}

static void check_example(const struct pattern *p, struct str pattern,
                          bool fold, bool escapes)
{
    static const char *const fillings[FILLINGS] = {"", "x", "ab"};

    for (unsigned i = 0; i < FILLINGS; i++) {
        char room[MATCH_TEXT_MAX * 2];
        struct text t = text_in(room, sizeof(room));

        pattern_put_example(&t, p, str_of(fillings[i]));
        MATCH_CHECK(text_ok(&t));
        MATCH_CHECK(pattern_matches(p, text_str(&t)));
        MATCH_CHECK(match_slowly(pattern, text_str(&t), fold, escapes));
    }
}

static bool is_dots(struct str segment)
{
    return str_eq(segment, STR(".")) || str_eq(segment, STR(".."));
}

static void check_normal(struct str path)
{
    struct route_request request = {.path = path};
    char *room = malloc(ROUTE_ROOM);
    struct route_view view;
    struct str rest;

    MATCH_CHECK(room != NULL);
    if (!route_view_init(&view, &request))
        route_view_normalise(&view, room);
    MATCH_CHECK(view.path.n <= path.n);
    if (path.n && path.p[0] == '/') {
        MATCH_CHECK(view.path.n && view.path.p[0] == '/');
        for (rest = view.path; rest.p;)
            MATCH_CHECK(!is_dots(str_cut(&rest, '/')));
    }
    MATCH_CHECK(!route_has_control(view.path));
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct str wide, narrow;
    struct pattern *w, *n;
    bool fold, escapes, match;

    if (size == 0 || size > MATCH_TEXT_MAX)
        return 0;
    fold = data[0] & 1;
    escapes = data[0] & 2;
    text = str_make(text.p + 1, text.n - 1);
    wide = str_cut(&text, '\n');
    narrow = str_cut(&text, '\n');
    w = pattern_new(wide, fold ? PATTERN_ANY_CASE : PATTERN_EXACT_CASE,
                    escapes);
    n = pattern_new(narrow, fold ? PATTERN_ANY_CASE : PATTERN_EXACT_CASE,
                    escapes);
    match = pattern_matches(w, text);
    MATCH_CHECK(match == match_slowly(wide, text, fold, escapes));
    MATCH_CHECK(pattern_matches(n, text) ==
                match_slowly(narrow, text, fold, escapes));
    if (pattern_covers(w, n)) {
        MATCH_CHECK(match || !pattern_matches(n, text));
        MATCH_CHECK(!pattern_is_any(n) || pattern_is_any(w));
    }
    MATCH_CHECK(pattern_covers(w, w));
    check_prefix(w, text, fold);
    check_example(w, wide, fold, escapes);
    check_normal(text);
    pattern_free(w);
    pattern_free(n);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fuzz targets of patterns share: a matcher too simple to be wrong,
 * and too slow to be used.
 */
#ifndef TESTS_FUZZ_MATCH_CHECK_H
#define TESTS_FUZZ_MATCH_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

static inline _Noreturn void match_failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not true: %s\n", line, condition);
    abort();
}

#define MATCH_CHECK(condition)                                                 \
    ((condition) ? (void)0 : match_failed(__LINE__, #condition))

enum { MATCH_TEXT_MAX = 2048 };

static inline bool match_is_control(char c)
{
    return (c >= 0 && c < ' ') || c == 0x7f;
}

static inline struct str match_visible(struct str s, char *room)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (!match_is_control(s.p[i]))
            room[n++] = s.p[i];
    }
    return str_make(room, n);
}

enum match_token { MATCH_STAR = 256, MATCH_MARK = 257 };

static inline size_t match_tokens(struct str pattern, bool fold, bool escapes,
                                  int *tokens)
{
    size_t n = 0;

    for (size_t i = 0; i < pattern.n; i++) {
        char c = pattern.p[i];
        char after = i + 1 < pattern.n ? pattern.p[i + 1] : 'x';

        if (escapes && c == '\\' && (after == '*' || after == '?'))
            tokens[n++] = (unsigned char)pattern.p[++i];
        else if (c == '*')
            tokens[n++] = MATCH_STAR;
        else if (c == '?')
            tokens[n++] = MATCH_MARK;
        else if (!match_is_control(c))
            tokens[n++] = (unsigned char)(fold ? str_lower(c) : c);
    }
    return n;
}

/* One row of a table for each token: which begins of the text are matched. */
static inline bool match_slowly(struct str pattern, struct str text, bool fold,
                                bool escapes)
{
    static int tokens[MATCH_TEXT_MAX];
    static char room[2 * MATCH_TEXT_MAX];
    static bool row[2 * MATCH_TEXT_MAX + 1];
    size_t n = match_tokens(pattern, fold, escapes, tokens);

    text = match_visible(text, room);
    for (size_t i = 0; i <= text.n; i++)
        row[i] = i == 0;
    for (size_t t = 0; t < n; t++) {
        bool before = row[0]; /* of the row above, one to the left */

        row[0] = before && tokens[t] == MATCH_STAR;
        for (size_t i = 1; i <= text.n; i++) {
            unsigned char c = (unsigned char)text.p[i - 1];
            bool above = row[i];

            if (fold)
                c = (unsigned char)str_lower((char)c);
            if (tokens[t] == MATCH_STAR)
                row[i] = above || row[i - 1];
            else
                row[i] = before && (tokens[t] == MATCH_MARK || tokens[t] == c);
            before = above;
        }
    }
    return row[text.n];
}

#endif

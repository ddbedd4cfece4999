/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokens of a value, folded: what does not change what a statement is
 * goes (1 + 2 * 3 is one number, a.b.c one name, (( one parenthesis, words of
 * a phrase one word), so that the first few say what it does.
 *
 * As in a parser, tokens are pushed and what is on top is reduced: each token
 * is pushed once and goes at most once, so time is proportional to the value.
 */
#ifndef SLUICE_MATCH_SQLI_FOLD_H
#define SLUICE_MATCH_SQLI_FOLD_H

#include "match/sqli_token.h"

enum {
    SQLI_JUDGED = 5,               /* tokens that say it */
    SQLI_PUSHED = SQLI_JUDGED + 2, /* a phrase or a call may follow the last */
};

struct sqli_folded {
    struct sqli_token tokens[SQLI_PUSHED + 1];
    unsigned n; /* at most SQLI_JUDGED once folded */
    /* Whether an expression was folded, or a comment stands in the midst:
     * it is no list of words. */
    bool operated;
    /* Whether the other dialect's comments would read it otherwise. */
    bool hash;
    bool dashes;
};

/* Whether more tokens may still make it say something. */
typedef bool sqli_go_on(const struct sqli_folded *folded);

/* Folds until tokens are enough, `go_on` says no (n is 0 then) or the value is
 * over. */
void sqli_fold(struct str value, struct sqli_context context, sqli_go_on *go_on,
               struct sqli_folded *folded);

#endif

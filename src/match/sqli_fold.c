/* SPDX-License-Identifier: Apache-2.0 */
#include "match/sqli_fold.h"

#include "match/sqli_words.h"

#define IS(kind) (UINT32_C(1) << SQLI_##kind)

enum {
    ANY = -1,
    VALUE = IS(NUMBER) | IS(NAME) | IS(VARIABLE) | IS(STRING),
    NUMBER = IS(NUMBER),
    NUMBER_OR_NAME = IS(NUMBER) | IS(NAME),
    OPERATOR = IS(OPERATOR)
};

static bool in(const struct sqli_token *t, int kinds)
{
    return ((uint32_t)kinds >> t->kind & 1) != 0;
}

static bool is_unary(const struct sqli_token *t)
{
    return t->tag == SQLI_TAG_UNARY || t->tag == SQLI_TAG_NOT;
}

static bool drop(struct sqli_folded *f, unsigned at, unsigned n)
{
    f->n -= n;
    memmove(f->tokens + at, f->tokens + at + n,
            (f->n - at) * sizeof f->tokens[0]);
    return true;
}

static bool becomes(struct sqli_token *t, enum sqli_kind kind)
{
    t->kind = (uint8_t)kind;
    t->tag = SQLI_TAG_NONE;
    return true;
}

/* ---- two tokens ----------------------------------------------------------------- */

static bool phrase(struct sqli_folded *f, struct sqli_token *a,
                   const struct sqli_token *b)
{
    struct sqli_word says = sqli_phrase(a, b);
    if (says.kind == SQLI_NONE)
        return false;
    a->kind = says.kind;
    a->tag = says.tag;
    a->to = b->to;
    return drop(f, f->n - 1, 1);
}

/* The first is something else before the second. */
static bool turns(struct sqli_token *a, const struct sqli_token *b)
{
    bool open = b->kind == SQLI_OPEN;
    switch (a->tag) {
    case SQLI_TAG_INFO:
        return open && becomes(a, SQLI_FUNCTION);
    case SQLI_TAG_IN:
        return becomes(a, open ? SQLI_OPERATOR : SQLI_NAME);
    case SQLI_TAG_LIKE:
        return open && becomes(a, SQLI_FUNCTION);
    default:
        return false;
    }
}

static bool braces(struct sqli_folded *f, unsigned at)
{
    const struct sqli_token *a = &f->tokens[at], *b = a + 1;
    if (b->kind == SQLI_RIGHT_BRACE)
        return drop(f, at + 1, 1);
    if (a->kind != SQLI_LEFT_BRACE || b->kind != SQLI_NAME)
        return false;
    if (b->from == b->to) /* {``.x}: nobody writes that but to hide */
        return drop(f, at, 1) && becomes(&f->tokens[at], SQLI_HIDDEN);
    return drop(f, at, 2); /* ODBC: {d '2020-01-01'} */
}

static const struct {
    int first;
    int second;
} said_twice[] = {
    {IS(STRING), IS(STRING)}, /* they are one */
    {IS(SEMICOLON), IS(SEMICOLON)},
    {IS(OPEN), IS(OPEN)},
    {IS(CLOSE), IS(CLOSE)},
};

static bool reduce_two(struct sqli_folded *f)
{
    unsigned at = f->n - 2;
    struct sqli_token *a = &f->tokens[at], *b = a + 1;
    for (size_t i = 0; i < sizeof said_twice / sizeof said_twice[0]; i++)
        if (in(a, said_twice[i].first) && in(b, said_twice[i].second))
            return drop(f, at + 1, 1);
    if (phrase(f, a, b) || turns(a, b))
        return true;
    if (is_unary(b) && in(a, OPERATOR | IS(LOGIC) | IS(OPEN)))
        return drop(f, at + 1, 1);
    if (a->kind == SQLI_SEMICOLON && b->tag == SQLI_TAG_IF)
        return becomes(b, SQLI_STATEMENT);
    if (a->kind == SQLI_TYPE &&
        in(b, VALUE | IS(TYPE) | IS(OPEN) | IS(FUNCTION)))
        return drop(f, at, 1);
    if (a->kind == SQLI_BACKSLASH)
        return b->kind == SQLI_OPERATOR ? becomes(a, SQLI_NUMBER)
                                        : drop(f, at, 1);
    return braces(f, at);
}

/* ---- three ---------------------------------------------------------------------- */

/* What stands left of it is still all that it is. */
static const struct {
    int kinds[3];
} same_as_first[] = {
    {{NUMBER_OR_NAME, OPERATOR, NUMBER_OR_NAME}},
    {{IS(VARIABLE), OPERATOR, IS(VARIABLE) | NUMBER_OR_NAME}},
    {{OPERATOR, ~IS(OPEN), OPERATOR}},
    {{IS(LOGIC), ~IS(OPEN), IS(LOGIC)}},
    {{VALUE, IS(COMMA), VALUE}},
    {{IS(NAME), IS(DOT), IS(NAME)}},
    {{VALUE, IS(COLLATE), IS(NAME) | IS(STRING) | IS(TYPE)}},
};

/* Signs before what may stand alone there. */
static bool signs(struct sqli_folded *f, unsigned at)
{
    const struct sqli_token *a = &f->tokens[at];
    return is_unary(a + 1) &&
           ((in(a, IS(EXPRESSION) | IS(CLAUSE) | IS(COMMA) | IS(KEYWORD)) &&
             in(a + 2, VALUE | IS(FUNCTION))) ||
            (in(a, IS(EXPRESSION) | IS(CLAUSE) | IS(COMMA)) &&
             a[2].kind == SQLI_OPEN)) &&
           drop(f, at + 1, 1);
}

static bool reduce_three(struct sqli_folded *f)
{
    unsigned at = f->n - 3;
    const struct sqli_token *t = &f->tokens[at];
    for (size_t i = 0; i < sizeof same_as_first / sizeof same_as_first[0];
         i++) {
        const int *kinds = same_as_first[i].kinds;
        if (in(t, kinds[0]) && in(t + 1, kinds[1]) && in(t + 2, kinds[2])) {
            f->operated |= t[1].kind == SQLI_OPERATOR;
            return drop(f, at + 1, 2);
        }
    }
    if (in(t, VALUE) && t[1].tag == SQLI_TAG_CAST && t[2].kind == SQLI_TYPE)
        return drop(f, at + 1, 2);
    if (in(t, IS(NAME) | IS(EXPRESSION)) && t[1].kind == SQLI_DOT &&
        t[2].kind == SQLI_NAME)
        return drop(f, at + 1, 1);
    return signs(f, at);
}

/* ---- five ---------------------------------------------------------------------- */

/* A number with another in parentheses, at the beginning: still a number. */
static const int numbers[][SQLI_JUDGED] = {
    {NUMBER, OPERATOR | IS(COMMA), IS(OPEN), NUMBER, IS(CLOSE)},
    {IS(NAME), OPERATOR, IS(OPEN), NUMBER_OR_NAME, IS(CLOSE)},
    {NUMBER, IS(CLOSE), IS(COMMA), IS(OPEN), NUMBER},
    {IS(NAME), IS(CLOSE), OPERATOR, IS(OPEN), IS(NAME)},
};

static bool reduce_five(struct sqli_folded *f)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        unsigned same = 0;
        while (same < SQLI_JUDGED && in(&f->tokens[same], numbers[i][same]))
            same++;
        if (same == SQLI_JUDGED)
            return drop(f, 1, SQLI_JUDGED - 1);
    }
    return false;
}

/* ---- */

static void reduce(struct sqli_folded *f)
{
    while ((f->n >= 2 && reduce_two(f)) || (f->n >= 3 && reduce_three(f)) ||
           (f->n == SQLI_JUDGED && reduce_five(f)))
        continue;
}

/* Changes nothing where a value begins. */
static bool leads(const struct sqli_token *t)
{
    return in(t, IS(OPEN) | IS(TYPE)) || is_unary(t);
}

/* Whether there is a comment that could hide something.  Stars are rarer than
 * slashes. */
static bool has_comments(struct str value)
{
    const char *end = value.p + value.n;
    for (const char *p = value.p; p < end; p++) {
        p = memchr(p, '*', (size_t)(end - p));
        if (p == NULL)
            return false;
        if (p > value.p && p[-1] == '/')
            return true;
    }
    return false;
}

struct folding {
    struct sqli_folded *folded;
    struct sqli_token comment; /* after the last token; SQLI_NONE: none */
};

/* False: nothing more needs to be read. */
static bool take(struct folding *f, const struct sqli_token *token)
{
    struct sqli_folded *folded = f->folded;
    if (token->kind == SQLI_HIDDEN) { /* whatever is around it */
        folded->tokens[0] = *token;
        folded->n = 1;
        f->comment.kind = SQLI_NONE;
        return false;
    }
    if (token->kind == SQLI_COMMENT) {
        f->comment = *token;
        return true;
    }
    if (folded->n == 0 && leads(token))
        return true;
    folded->operated |= folded->n > 0 && f->comment.kind != SQLI_NONE;
    f->comment.kind = SQLI_NONE;
    folded->tokens[folded->n++] = *token;
    reduce(folded);
    return folded->n < SQLI_PUSHED;
}

void sqli_fold(struct str value, struct sqli_context context, sqli_go_on *go_on,
               struct sqli_folded *folded)
{
    struct sqli_reader reader;
    struct sqli_token token;
    struct folding f = {.folded = folded, .comment = {.kind = SQLI_NONE}};
    bool given_up = false; /* but for comments */
    sqli_read_start(&reader, value, context);
    folded->n = 0;
    folded->operated = false;
    while (sqli_read(&reader, &token) && take(&f, &token)) {
        if (given_up || go_on(folded))
            continue;
        given_up = true;
        if (!has_comments(value)) {
            folded->n = 0;
            f.comment.kind = SQLI_NONE;
            break;
        }
    }
    folded->hash = reader.hash;
    folded->dashes = reader.dashes;
    if (folded->n < SQLI_JUDGED && f.comment.kind != SQLI_NONE && folded->n > 0)
        folded->tokens[folded->n++] = f.comment;
    if (folded->n > SQLI_JUDGED)
        folded->n = SQLI_JUDGED;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "match/sqli_loose.h"

#include "match/sqli_words.h"

#define KIND(kind) (UINT32_C(1) << SQLI_##kind)

enum {
    WINDOW = 5,       /* tokens that a sign may have */
    HEX_LONG = 2 + 16 /* a number of 64 bits is none yet */
};

static const uint32_t values =
    KIND(NUMBER) | KIND(NAME) | KIND(VARIABLE) | KIND(STRING);

static bool is(const struct sqli_token *t, uint32_t kinds)
{
    return (kinds >> t->kind & 1) != 0;
}

static struct str text_of(struct str value, const struct sqli_token *t)
{
    return str_make(value.p + t->from, t->to - t->from);
}

/* Each looks at the last tokens, and says how many make the sign. */

static unsigned another_statement(const struct sqli_token *last, unsigned n)
{
    return n >= 3 && last[-2].kind == SQLI_SEMICOLON &&
                   (is(&last[-1], KIND(STATEMENT) | KIND(EXPRESSION)) ||
                    last[-1].tag == SQLI_TAG_RUNS) &&
                   is(last, values | KIND(OPEN) | KIND(FUNCTION) |
                                KIND(KEYWORD) | KIND(COMMENT))
               ? 3
               : 0;
}

static unsigned more_rows(const struct sqli_token *last, unsigned n)
{
    if (n >= 2 && last[-1].kind == SQLI_UNION && last->kind == SQLI_EXPRESSION)
        return 2;
    return n >= 3 && last[-2].kind == SQLI_UNION &&
                   last[-1].kind == SQLI_OPEN && last->kind == SQLI_EXPRESSION
               ? 3
               : 0;
}

static unsigned danger(const struct sqli_token *last, unsigned n)
{
    if (last->tag == SQLI_TAG_TO_FILE || last->tag == SQLI_TAG_RUNS)
        return 1;
    if (n >= 2 && last[-1].tag == SQLI_TAG_FROM && last->tag == SQLI_TAG_SYSTEM)
        return 2;
    return n >= 2 && last[-1].tag == SQLI_TAG_DANGER && last->kind == SQLI_OPEN
               ? 2
               : 0;
}

/* AND a = a; OR a > b and a comment. */
static unsigned condition(struct str value, const struct sqli_token *last,
                          unsigned n)
{
    if (n >= 4 && last[-3].kind == SQLI_LOGIC && is(&last[-2], values) &&
        last[-1].kind == SQLI_OPERATOR && is(last, values) &&
        str_ieq(text_of(value, &last[-2]), text_of(value, last)))
        return 4;
    return n >= 5 && last->kind == SQLI_COMMENT &&
                   last[-4].kind == SQLI_LOGIC && is(&last[-3], values) &&
                   last[-2].kind == SQLI_OPERATOR && is(&last[-1], values)
               ? 5
               : 0;
}

static unsigned cut_off(const struct sqli_token *last, unsigned n)
{
    unsigned quote =
        n >= 3 && is(&last[-1], KIND(CLOSE) | KIND(SEMICOLON)) ? 3 : 2;
    if (n < quote || last->kind != SQLI_COMMENT)
        return 0;
    const struct sqli_token *string = last + 1 - quote;
    return string->kind == SQLI_STRING && string->opened == 0 ? quote : 0;
}

static unsigned blob(struct str value, const struct sqli_token *last,
                     unsigned n)
{
    struct str text = text_of(value, last);
    return n >= 2 && last->kind == SQLI_NUMBER && text.n >= HEX_LONG &&
                   str_istarts(text, STR("0x")) &&
                   is(&last[-1], KIND(COMMA) | KIND(OPEN) | KIND(OPERATOR) |
                                     KIND(EXPRESSION) | KIND(LOGIC))
               ? 2
               : 0;
}

static unsigned sign(struct str value, const struct sqli_token *last,
                     unsigned n)
{
    unsigned signs[] = {
        another_statement(last, n), more_rows(last, n), danger(last, n),
        condition(value, last, n),  cut_off(last, n),   blob(value, last, n)};
    unsigned most = 0;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        most = signs[i] > most ? signs[i] : most;
    return most;
}

/* "master..xp_cmdshell" is what its last name is. */
static void take_last_name(struct str value, struct sqli_token *t)
{
    struct str text = text_of(value, t);
    size_t from = text.n;
    if (t->kind != SQLI_NAME || t->tag != SQLI_TAG_NONE)
        return;
    while (from > 0 && text.p[from - 1] != '.')
        from--;
    if (from > 0)
        t->tag = sqli_word(text.p + from, text.n - from).tag;
    if (t->tag != SQLI_TAG_RUNS)
        t->tag = SQLI_TAG_NONE;
}

/* Joins a phrase with the one before, else stands after it. */
static void push(struct sqli_folded *f, const struct sqli_token *token)
{
    struct sqli_token *last = f->n > 0 ? &f->tokens[f->n - 1] : NULL;
    struct sqli_word says = {SQLI_NONE, SQLI_TAG_NONE};
    if (last != NULL)
        says = sqli_phrase(last, token);
    if (says.kind != SQLI_NONE) {
        last->kind = says.kind;
        last->tag = says.tag;
        last->to = token->to;
        return;
    }
    if (f->n == WINDOW)
        memmove(f->tokens, f->tokens + 1, --f->n * sizeof f->tokens[0]);
    f->tokens[f->n++] = *token;
}

bool sqli_loosely_injects(struct str value, struct sqli_context context,
                          struct sqli_folded *seen)
{
    struct sqli_reader reader;
    struct sqli_token token;
    sqli_read_start(&reader, value, context);
    seen->n = 0;
    while (sqli_read(&reader, &token)) {
        take_last_name(value, &token);
        push(seen, &token);
        unsigned n = sign(value, &seen->tokens[seen->n - 1], seen->n);
        if (n > 0) {
            seen->n -= n;
            memmove(seen->tokens, seen->tokens + seen->n,
                    n * sizeof seen->tokens[0]);
            seen->n = n;
            return true;
        }
    }
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "match/sqli_grammar.h"

#include "match/sqli_grammar.def"

#define KIND(kind) (UINT32_C(1) << SQLI_##kind)

/* Sets of kinds, as sqli_grammar.def names them. */
#define END KIND(NONE)
#define TEXT KIND(STRING)
#define NUM KIND(NUMBER)
#define NAME KIND(NAME)
#define VAR KIND(VARIABLE)
#define VALUE (TEXT | NUM | VAR)
#define KEY KIND(KEYWORD)
#define OP KIND(OPERATOR)
#define LOGIC KIND(LOGIC)
#define UNION KIND(UNION)
#define EXPR KIND(EXPRESSION)
#define CALL KIND(FUNCTION)
#define STMT KIND(STATEMENT)
#define CLAUSE KIND(CLAUSE)
#define COMMENT KIND(COMMENT)
#define TYPE KIND(TYPE)
#define OPEN KIND(OPEN)
#define CLOSE KIND(CLOSE)
#define COMMA KIND(COMMA)
#define SEMI KIND(SEMICOLON)
#define HIDDEN KIND(HIDDEN)
#define ANY UINT32_MAX

#define ROW(x, a, b, c, d, e) {a, b, c, d, e},
#define SECOND(x, a, b, c, d, e) | (((a) & (x)) != 0 ? (b) : 0)
#define SECONDS(kind)                                                          \
    [SQLI_##kind] = 0 SQLI_PRODUCTIONS(SECOND, (UINT32_C(1) << SQLI_##kind))

static const uint32_t productions[][SQLI_JUDGED] = {SQLI_PRODUCTIONS(ROW, )};

/* What may stand second after what stands first; other kinds begin none. */
static const uint32_t seconds[SQLI_KINDS] = {
    SECONDS(STRING),    SECONDS(NUMBER), SECONDS(NAME),       SECONDS(VARIABLE),
    SECONDS(LOGIC),     SECONDS(UNION),  SECONDS(EXPRESSION), SECONDS(FUNCTION),
    SECONDS(STATEMENT), SECONDS(HIDDEN), SECONDS(CLOSE),      SECONDS(KEYWORD),
};

static bool produced(const struct sqli_folded *f)
{
    uint32_t kinds[SQLI_JUDGED];
    for (unsigned i = 0; i < SQLI_JUDGED; i++)
        kinds[i] = i < f->n ? UINT32_C(1) << f->tokens[i].kind : END;
    if ((seconds[f->tokens[0].kind] & kinds[1]) == 0)
        return false;
    for (size_t i = 0; i < sizeof productions / sizeof productions[0]; i++) {
        const uint32_t *p = productions[i];
        if ((kinds[0] & p[0]) && (kinds[1] & p[1]) && (kinds[2] & p[2]) &&
            (kinds[3] & p[3]) && (kinds[4] & p[4]))
            return true;
    }
    return false;
}

static bool is(const struct sqli_token *t, uint32_t kinds)
{
    return (kinds >> t->kind & 1) != 0;
}

/* Two dashes or an open comment after a value cut off the rest of the
 * statement.  "#" alone is a place in a page, and dashes after a word are a
 * dash. */
static bool cut_off(const struct sqli_folded *f, struct str value)
{
    const struct sqli_token *t = f->tokens;
    if (f->n != 2 || t[1].kind != SQLI_COMMENT || value.p[t[1].from] == '#')
        return false;
    if (value.p[t[1].from] == '/' || t[0].kind == SQLI_NUMBER)
        return is(t, VALUE | NAME);
    return is(t, TEXT | VAR) && t[1].to - t[1].from == 2;
}

/* x' = 'y: the quotes around the value close both ends. */
static bool spans_quotes(const struct sqli_folded *f)
{
    const struct sqli_token *t = f->tokens;
    return f->n == 3 && t[0].kind == SQLI_STRING && t[0].opened == 0 &&
           is(t + 1, OP | LOGIC) && t[2].kind == SQLI_STRING &&
           t[2].closed == 0 && t[2].opened == t[0].closed;
}

/* "1 or 2" is prose; "1 or 2=2" was folded to the same kinds. */
static bool joins(const struct sqli_folded *f)
{
    const struct sqli_token *t = f->tokens;
    if (f->n != 3 || t[1].kind != SQLI_LOGIC)
        return false;
    if (t[0].kind == SQLI_STRING && is(t + 2, NUM | VAR))
        return true;
    return f->operated && is(t, VALUE | NAME) &&
           is(t + 2, t[0].kind == SQLI_STRING   ? NAME
                     : t[0].kind == SQLI_NUMBER ? VALUE
                                                : NUM);
}

/* x' into outfile '... */
static bool writes_file(const struct sqli_folded *f)
{
    const struct sqli_token *t = f->tokens;
    return f->n > 2 && is(t, VALUE | NAME) && t[1].tag == SQLI_TAG_TO_FILE &&
           t[2].kind == SQLI_STRING;
}

/* What the kinds alone do not say. */
static bool by_its_text(const struct sqli_folded *f, struct str value)
{
    return cut_off(f, value) || spans_quotes(f) || joins(f) || writes_file(f);
}

/* Whether what follows may make something else of it. */
static bool unsettled(const struct sqli_token *t)
{
    return is(t, TYPE | KIND(BACKSLASH) | KIND(LEFT_BRACE) | KIND(DOT) |
                     KIND(COLLATE)) ||
           t->tag > SQLI_TAG_UNARY;
}

bool sqli_may_inject(const struct sqli_folded *folded)
{
    const struct sqli_token *t = folded->tokens;
    if (folded->n < 2 || unsettled(t))
        return true;
    if (seconds[t->kind] == 0)
        return false;
    return folded->n < 3 || unsettled(t + 1) ||
           (seconds[t->kind] >> t[1].kind & 1) != 0;
}

bool sqli_injects(const struct sqli_folded *folded, struct str value)
{
    return by_its_text(folded, value) || produced(folded);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "stats/math_internal.h"

struct parser {
    struct region *region;
    struct error *error;
    struct str text;
    size_t at;
};

static struct math_node *parse_level(struct parser *p, unsigned level,
                                     unsigned depth);

/* ---- characters -------------------------------------------------------------- */

static struct math_node *fail(struct parser *p, const char *why)
{
    error_set(p->error, "%s at character %zu", why, p->at + 1);
    return NULL;
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->text.n && strchr(" \t\r\n", p->text.p[p->at]) &&
           p->text.p[p->at])
        p->at++;
}

/* The next character that is no blank; '\0': the end. */
static char peek(struct parser *p)
{
    skip_blanks(p);
    return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

static bool is_letter(char c)
{
    return (str_lower(c) >= 'a' && str_lower(c) <= 'z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The name that stands here; n == 0: none. */
static struct str name_at(struct parser *p)
{
    struct str name;

    skip_blanks(p);
    name = str_make(p->text.p + p->at, 0);
    while (p->at + name.n < p->text.n &&
           (is_letter(name.p[name.n]) || (name.n && is_digit(name.p[name.n]))))
        name.n++;
    return name;
}

static bool accept(struct parser *p, char c)
{
    if (peek(p) != c)
        return false;
    p->at++;
    return true;
}

static struct math_node *make(struct parser *p, enum math_node_kind kind,
                              struct str text)
{
    struct math_node *node = region_take(p->region, sizeof(*node));

    node->kind = kind;
    node->text = region_copy(p->region, text);
    return node;
}

/* ---- operators ------------------------------------------------------------------ */

/* By level, the weakest first; the longer of two that begin alike first. */
static const struct {
    const char *text;
    enum math_operator operator;
    unsigned level;
} operators[] = {
    {"||", MATH_OR, 0},
    {"OR", MATH_OR, 0},
    {"&&", MATH_AND, 1},
    {"AND", MATH_AND, 1},
    {"==", MATH_EQUAL, 2},
    {"!=", MATH_UNEQUAL, 2},
    {"<=", MATH_LESS_OR_EQUAL, 2},
    {">=", MATH_GREATER_OR_EQUAL, 2},
    {"<", MATH_LESS, 2},
    {">", MATH_GREATER, 2},
    {"+", MATH_ADD, 3},
    {"-", MATH_SUBTRACT, 3},
    {"*", MATH_MULTIPLY, 4},
    {"/", MATH_DIVIDE, 4},
};

enum { LEVELS = 5 };

static bool is_here(struct parser *p, struct str text)
{
    struct str rest;

    skip_blanks(p);
    rest = str_make(p->text.p + p->at, p->text.n - p->at);
    if (is_letter(text.p[0]))
        return str_ieq(name_at(p), text);
    return str_starts(rest, text);
}

static bool accept_operator(struct parser *p, unsigned level,
                            enum math_operator *operator)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        struct str text = str_of(operators[i].text);

        if (operators[i].level != level || !is_here(p, text))
            continue;
        p->at += text.n;
        *operator= operators[i].operator;
        return true;
    }
    return false;
}

static struct math_node *combine(struct parser *p, enum math_operator operator,
                                 struct math_node * left,
                                 struct math_node *right)
{
    struct math_node *node = make(p, NODE_OPERATOR, STR(""));

    node->operator= operator;
    node->first = left;
    left->next = right;
    node->n = right ? 2 : 1;
    return node;
}

/* ---- what operators stand between ------------------------------------------------- */

static struct math_node *parse_number(struct parser *p)
{
    size_t n = 0;
    size_t begin = p->at;
    struct math_node *node;
    const char *s = p->text.p + begin;
    size_t left = p->text.n - begin;
    char *end;

    while (n < left && (is_digit(s[n]) || s[n] == '.'))
        n++;
    if (n < left && str_lower(s[n]) == 'e') {
        size_t more =
            1 + (n + 1 < left && (s[n + 1] == '+' || s[n + 1] == '-'));

        if (n + more < left && is_digit(s[n + more])) {
            for (n += more; n < left && is_digit(s[n]);)
                n++;
        }
    }
    node = make(p, NODE_NUMBER, str_make(s, n));
    node->number = strtod(node->text.p, &end);
    if (*end)
        return fail(p, "there is no such number");
    p->at += n;
    return node;
}

static struct math_node *parse_text(struct parser *p)
{
    char quote = p->text.p[p->at++];
    const char *begin = p->text.p + p->at;
    const char *end = memchr(begin, quote, p->text.n - p->at);

    if (end == NULL)
        return fail(p, "a text does not end");
    p->at += (size_t)(end - begin) + 1;
    return make(p, NODE_TEXT, str_make(begin, (size_t)(end - begin)));
}

/* Elements up to `close`, into `node`. */
static struct math_node *parse_list(struct parser *p, struct math_node *node,
                                    char close, unsigned depth)
{
    struct math_node **last = &node->first;

    if (accept(p, close))
        return node;
    do {
        *last = parse_level(p, 0, depth);
        if (*last == NULL)
            return NULL;
        last = &(*last)->next;
        node->n++;
    } while (accept(p, ','));
    return accept(p, close) ? node
                            : fail(p, close == ']' ? "']' or ',' is missing"
                                                   : "')' or ',' is missing");
}

/* Ids begin with a small letter. */
static struct math_node *parse_name(struct parser *p, unsigned depth)
{
    struct str name = name_at(p);
    bool small = name.p[0] == str_lower(name.p[0]);

    p->at += name.n;
    if (accept(p, '('))
        return parse_list(p, make(p, NODE_CALL, name), ')', depth);
    return make(p, small ? NODE_ID : NODE_WORD, name);
}

static struct math_node *parse_primary(struct parser *p, unsigned depth)
{
    struct math_node *node;
    char c = peek(p);

    if (is_digit(c) || c == '.')
        return parse_number(p);
    if (c == '\'' || c == '"')
        return parse_text(p);
    if (is_letter(c))
        return parse_name(p, depth);
    if (accept(p, '['))
        return parse_list(p, make(p, NODE_LIST, STR("")), ']', depth);
    if (!accept(p, '('))
        return fail(p, c ? "something else is expected" : "it ends too early");
    node = parse_level(p, 0, depth);
    if (node && !accept(p, ')'))
        return fail(p, "')' is missing");
    return node;
}

/* -a, a^b (from the right). */
static struct math_node *parse_unary(struct parser *p, unsigned depth)
{
    struct math_node *node;
    struct math_node *right;
    bool negative;

    if (depth == 0)
        return fail(p, "it is nested too deep");
    negative = accept(p, '-');
    node = negative ? parse_unary(p, depth - 1) : parse_primary(p, depth - 1);
    if (node == NULL || negative)
        return node ? combine(p, MATH_NEGATE, node, NULL) : NULL;
    if (!accept(p, '^'))
        return node;
    right = parse_unary(p, depth - 1);
    return right ? combine(p, MATH_POWER, node, right) : NULL;
}

/* As deep as MATH_NESTED_MAX times the levels. */
static struct math_node *parse_level(struct parser *p, unsigned level,
                                     unsigned depth)
{
    enum math_operator operator;
    struct math_node *node;

    if (level == LEVELS)
        return parse_unary(p, depth);
    node = parse_level(p, level + 1, depth);
    while (node && accept_operator(p, level, &operator)) {
        struct math_node *right = parse_level(p, level + 1, depth);

        node = right ? combine(p, operator, node, right) : NULL;
    }
    return node;
}

const struct math_node *math_parse(struct str expression, struct region *region,
                                   struct error *error)
{
    struct parser p = {.region = region, .error = error, .text = expression};
    struct math_node *node;

    if (expression.n > MATH_LENGTH_MAX)
        return fail(&p, "it is too long");
    node = parse_level(&p, 0, MATH_NESTED_MAX);
    if (node && peek(&p))
        return fail(&p, "an operator is missing");
    return node;
}

/* As deep as a chain of operators is long. */
void math_ids(const struct math_node *node,
              void (*visit)(void *to, struct str id), void *to)
{
    if (node->kind == NODE_ID)
        visit(to, node->text);
    for (const struct math_node *c = node->first; c; c = c->next)
        math_ids(c, visit, to);
}

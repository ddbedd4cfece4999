/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantifiers of a pattern: `*`, `+`, `?` and `{n,m}`, greedy and lazy.
 */
#include "match/linear_parse.h"

/* A number of a `{n,m}`, capped; the bytes it has. */
static size_t read_number(struct str s, int *value)
{
    size_t n = 0;

    for (*value = 0; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++) {
        if (*value <= LINEAR_REPEAT_MAX)
            *value = *value * 10 + s.p[n] - '0';
    }
    return n;
}

/* `{n}`, `{n,}` or `{n,m}`; false: a "{" that is a character. */
static bool read_braces(const struct parse *p, struct quantifier *q)
{
    struct str rest = parse_rest(p);
    size_t digits;
    size_t at;

    digits = read_number(str_make(rest.p + 1, rest.n - 1), &q->min);
    if (digits == 0)
        return false;
    at = 1 + digits;
    q->max = q->min;
    if (at < rest.n && rest.p[at] == ',') {
        at++;
        digits = read_number(str_make(rest.p + at, rest.n - at), &q->max);
        at += digits;
        if (digits == 0)
            q->max = REPEAT_FOREVER;
    }
    if (at >= rest.n || rest.p[at] != '}')
        return false;
    q->n = at + 1;
    return true;
}

bool parse_quantifier(const struct parse *p, struct quantifier *q)
{
    int c = parse_peek(p, 0);

    *q = (struct quantifier){.at = p->at, .n = 1, .max = REPEAT_FOREVER};
    if (c == '{')
        return read_braces(p, q);
    if (c == '+')
        q->min = 1;
    if (c == '?')
        q->max = 1;
    return c == '*' || c == '+' || c == '?';
}

static bool check_quantifier(struct parse *p, const struct quantifier *q)
{
    int n = (int)(q->n > 20 ? 20 : q->n);
    const char *text = p->pattern.p + q->at;

    if (p->before == BEFORE_NOTHING)
        return parse_fail(p, q->at,
                          "\"%.*s\" has nothing to repeat; write %s\"\\%.*s\" "
                          "for the character itself",
                          n, text, *text == '*' ? "\".*\" for any text, " : "",
                          n, text);
    if (p->before == BEFORE_QUANTIFIER)
        return parse_fail(p, q->at,
                          "\"%.*s\" follows another quantifier; put what it "
                          "repeats between \"(?:\" and \")\"",
                          n, text);
    if (q->min > LINEAR_REPEAT_MAX || q->max > LINEAR_REPEAT_MAX)
        return parse_fail(p, q->at, "\"%.*s\" repeats more than %d times", n,
                          text, LINEAR_REPEAT_MAX);
    if (q->max != REPEAT_FOREVER && q->max < q->min)
        return parse_fail(p, q->at,
                          "\"%.*s\" has a maximum below its minimum; turn them "
                          "round",
                          n, text);
    return true;
}

/* As emit_repeat() of linear_program.c makes them. */
static unsigned repeat_size(const struct node *repeat)
{
    const struct node *child = repeat->last;
    uint64_t size = child->size;
    uint64_t min = (uint64_t)repeat->min;

    if (size == 0)
        return 0;
    if (repeat->max != REPEAT_FOREVER)
        return node_size(size * (uint64_t)repeat->max +
                         ((uint64_t)repeat->max - min));
    if (min)
        return node_size(size * min + 1);
    return node_size(size + 1 + child->nullable);
}

static void note_size(struct parse *p, const struct quantifier *q,
                      unsigned size)
{
    if (size > p->largest) {
        p->largest = size;
        p->largest_at = q->at;
        p->largest_n = q->n;
    }
}

/* Makes the last item what the quantifier repeats. */
static void repeat_item(struct parse *p, const struct quantifier *q, bool lazy)
{
    struct node *concat = p->frames[p->depth].concat;
    struct node *repeat = parse_node(p, NODE_REPEAT);
    struct node *item = concat->last;

    concat->last = item->before;
    item->before = NULL;
    repeat->last = item;
    repeat->min = q->min;
    repeat->max = q->max;
    repeat->lazy = lazy;
    repeat->nullable = item->nullable || q->min == 0;
    repeat->size = repeat_size(repeat);
    note_size(p, q, repeat->size);
    parse_item(p, repeat);
    p->before = BEFORE_QUANTIFIER;
}

bool parse_repeat(struct parse *p, const struct quantifier *q)
{
    bool lazy = (p->flags & FLAG_LAZY) != 0;
    int n = (int)(q->n > 20 ? 20 : q->n);

    if (!check_quantifier(p, q))
        return false;
    p->at += q->n;
    if (parse_peek(p, 0) == '+')
        return parse_fail(p, q->at,
                          "\"%.*s+\" is a possessive quantifier, which ALB's "
                          "regular expressions do not have",
                          n, p->pattern.p + q->at);
    if (parse_peek(p, 0) == '?') {
        lazy = !lazy;
        p->at++;
    }
    repeat_item(p, q, lazy);
    return true;
}

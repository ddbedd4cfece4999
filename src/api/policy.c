/* SPDX-License-Identifier: Apache-2.0 */
#include "api/policy.h"

#include "api/policy_internal.h"

/* A pattern: bytes, and what stands for others.  What variables bring is bytes
 * whatever it holds. */
enum { ANY_TEXT = 256, ANY_BYTE = 257, ARN_PARTS = 6 };

struct pattern {
    const uint16_t *v;
    size_t n;
};

/* ---- matching --------------------------------------------------------------------- */

static bool byte_fits(uint16_t want, char c, bool any_case)
{
    if (want == ANY_BYTE)
        return true;
    if (want > 255)
        return false;
    return any_case ? str_lower((char)want) == str_lower(c)
                    : (unsigned char)c == want;
}

/* Each `*` takes as little as it can; only the last one is ever widened. */
static bool fits(struct pattern p, struct str s, bool any_case)
{
    size_t at = 0, i = 0;
    size_t star = SIZE_MAX, from = 0;

    while (i < s.n) {
        if (at < p.n && p.v[at] == ANY_TEXT) {
            star = at++;
            from = i;
        } else if (at < p.n && byte_fits(p.v[at], s.p[i], any_case)) {
            at++;
            i++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            i = ++from;
        } else {
            return false;
        }
    }
    while (at < p.n && p.v[at] == ANY_TEXT)
        at++;
    return at == p.n;
}

/* What stands before the next colon; the pattern goes on behind it.  Behind
 * the end of a pattern stands `*`. */
static struct pattern cut_pattern(struct pattern *rest, bool last)
{
    static const uint16_t any[] = {ANY_TEXT};
    struct pattern part = *rest;

    if (rest->v == NULL)
        return (struct pattern){any, 1};
    for (size_t i = 0; i < rest->n && !last; i++) {
        if (rest->v[i] != ':')
            continue;
        part.n = i;
        *rest = (struct pattern){rest->v + i + 1, rest->n - i - 1};
        return part;
    }
    rest->v = NULL;
    return part;
}

static bool arn_fits(struct pattern p, struct str arn)
{
    if (p.n == 1 && p.v[0] == ANY_TEXT)
        return true;
    for (unsigned i = 0; i < ARN_PARTS; i++) {
        bool last = i == ARN_PARTS - 1;
        struct str part = arn;

        if (arn.p == NULL)
            return false;
        if (!last)
            part = str_cut(&arn, ':');
        if (!fits(cut_pattern(&p, last), part, false))
            return false;
    }
    return true;
}

/* ---- patterns ---------------------------------------------------------------------- */

struct maker {
    const struct policy_question *q;
    uint16_t *v;
    size_t n;
    size_t cap;
};

static void put(struct maker *m, uint16_t c)
{
    if (m->n == m->cap) {
        uint16_t *more = region_take(m->q->region, 2 * m->cap * sizeof(*more));

        memcpy(more, m->v, m->n * sizeof(*more));
        m->v = more;
        m->cap *= 2;
    }
    m->v[m->n++] = c;
}

static void put_bytes(struct maker *m, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        put(m, (unsigned char)s.p[i]);
}

/* What stands between ${ and }: a key, maybe with ", 'DEFAULT'"; or one of the
 * characters that mean something.  False: a key without one value. */
static bool put_variable(struct maker *m, struct str name)
{
    struct policy_values values;
    struct str rest = name;

    if (name.n == 1 && memchr("*?$", name.p[0], 3)) {
        put_bytes(m, name);
        return true;
    }
    name = str_trim(str_cut(&rest, ','));
    values = m->q->values(m->q->owner, name, m->q->region);
    if (values.v && values.n == 1) {
        put_bytes(m, values.v[0]);
        return true;
    }
    rest = rest.p ? str_trim(rest) : STR("");
    if (rest.n < 2 || rest.p[0] != '\'' || rest.p[rest.n - 1] != '\'')
        return false;
    put_bytes(m, str_make(rest.p + 1, rest.n - 2));
    return true;
}

static size_t variable_end(struct str s, size_t at)
{
    for (at += 2; at < s.n; at++) {
        if (s.p[at] == '}')
            return at;
    }
    return 0;
}

/* The pattern that `s` is; false: it has a variable that has no value, and so
 * fits nothing. */
static bool make_pattern(const struct policy_question *q, struct str s,
                         bool wild, bool variables, struct pattern *p)
{
    struct maker m = {.q = q, .cap = s.n + 16};

    m.v = region_take(q->region, m.cap * sizeof(*m.v));
    for (size_t i = 0; i < s.n; i++) {
        size_t end = 0;

        if (variables && s.p[i] == '$' && i + 1 < s.n && s.p[i + 1] == '{')
            end = variable_end(s, i);
        if (end) {
            if (!put_variable(&m, str_make(s.p + i + 2, end - i - 2)))
                return false;
            i = end;
        } else if (wild && (s.p[i] == '*' || s.p[i] == '?')) {
            put(&m, s.p[i] == '*' ? ANY_TEXT : ANY_BYTE);
        } else {
            put(&m, (unsigned char)s.p[i]);
        }
    }
    *p = (struct pattern){m.v, m.n};
    return true;
}

/* ---- conditions ------------------------------------------------------------------- */

static bool in_order(enum policy_order order, double a, double b)
{
    switch (order) {
    case ORDER_LESS:
        return a < b;
    case ORDER_LESS_EQUAL:
        return a <= b;
    case ORDER_GREATER:
        return a > b;
    case ORDER_GREATER_EQUAL:
        return a >= b;
    default:
        return a >= b && a <= b;
    }
}

static bool text_is(const struct policy_question *q, bool variables,
                    const struct policy_condition *c, unsigned i,
                    struct str value)
{
    bool arn = c->operator== OPERATOR_ARN;
    bool wild = arn || c->operator== OPERATOR_STRING_LIKE;
    struct pattern p;

    if (!make_pattern(q, c->values.v[i], wild, variables, &p))
        return false;
    return arn ? arn_fits(p, value)
               : fits(p, value, c->operator== OPERATOR_STRING_ANY_CASE);
}

/* Whether a value of the request is what value i of the condition says. */
static bool value_is(const struct policy_question *q, bool variables,
                     const struct policy_condition *c, unsigned i,
                     struct str value)
{
    struct address address;
    double number;

    switch (c->operator) {
    case OPERATOR_NUMBER:
        return policy_number(value, &number) &&
               in_order(c->order, number, c->numbers[i]);
    case OPERATOR_DATE:
        return policy_date(value, &number) &&
               in_order(c->order, number, c->numbers[i]);
    case OPERATOR_BOOL:
        return str_ieq(value, c->values.v[i]);
    case OPERATOR_ADDRESS:
        return address_parse_ip(value, &address) &&
               cidr_has(&c->blocks[i], &address);
    default:
        return text_is(q, variables, c, i, value);
    }
}

/* One of the condition's values fits; of a negated one, none does. */
static bool value_fits(const struct policy_question *q, bool variables,
                       const struct policy_condition *c, struct str value)
{
    for (unsigned i = 0; i < c->values.n; i++) {
        if (value_is(q, variables, c, i, value))
            return !c->negated;
    }
    return c->negated;
}

static bool is_null(const struct policy_condition *c, bool there)
{
    for (unsigned i = 0; i < c->values.n; i++) {
        if (str_ieq(c->values.v[i], there ? STR("false") : STR("true")))
            return true;
    }
    return false;
}

/* A negated operator without a quantifier wants all values not to fit. */
static bool values_fit(const struct policy_question *q, bool variables,
                       const struct policy_condition *c,
                       struct policy_values values)
{
    bool all = c->quantifier == FOR_ALL_VALUES ||
               (c->quantifier == QUANTIFIER_NONE && c->negated);

    for (unsigned i = 0; i < values.n; i++) {
        if (value_fits(q, variables, c, values.v[i]) != all)
            return !all;
    }
    return all;
}

static bool condition_holds(const struct policy_question *q, bool variables,
                            const struct policy_condition *c)
{
    struct policy_values values = q->values(q->owner, c->key, q->region);
    bool there = values.v && values.n;

    if (c->operator== OPERATOR_NULL)
        return is_null(c, there);
    if (there)
        return values_fit(q, variables, c, values);
    if (c->if_exists || c->quantifier == FOR_ALL_VALUES)
        return true;
    return c->negated && c->quantifier == QUANTIFIER_NONE;
}

/* ---- statements ------------------------------------------------------------------- */

static bool is_action(const struct policy_question *q,
                      const struct policy_statement *s)
{
    struct pattern p;

    for (unsigned i = 0; i < s->actions.n; i++) {
        if (make_pattern(q, s->actions.v[i], true, false, &p) &&
            fits(p, q->action, true))
            return true;
    }
    return false;
}

static bool is_resource(const struct policy_question *q,
                        const struct policy_statement *s)
{
    struct pattern p;

    for (unsigned i = 0; i < s->resources.n; i++) {
        if (make_pattern(q, s->resources.v[i], true, s->variables, &p) &&
            arn_fits(p, q->resource))
            return true;
    }
    return false;
}

static bool applies(const struct policy_question *q,
                    const struct policy_statement *s)
{
    if (is_action(q, s) == s->not_action ||
        is_resource(q, s) == s->not_resource)
        return false;
    for (const struct policy_condition *c = s->conditions; c; c = c->next) {
        if (!condition_holds(q, s->variables, c))
            return false;
    }
    return true;
}

enum policy_effect policy_decide(const struct policy *policies,
                                 const struct policy_question *question)
{
    enum policy_effect effect = POLICY_NONE;

    for (const struct policy *p = policies; p; p = p->next) {
        for (const struct policy_statement *s = p->statements; s; s = s->next) {
            if (!applies(question, s))
                continue;
            if (s->deny)
                return POLICY_DENY;
            effect = POLICY_ALLOW;
        }
    }
    return effect;
}

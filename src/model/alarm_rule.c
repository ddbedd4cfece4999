/* SPDX-License-Identifier: Apache-2.0 */
#include "model/alarm_rule.h"

enum { SHOWN_MAX = 40 };

struct parser {
    struct region *region;
    struct str rest;
    struct error *error;
    unsigned depth;
    unsigned nsteps;
    struct alarm_rule_step *steps; /* room for ALARM_RULE_STEPS_MAX */
    unsigned nchildren;
    struct str *children; /* room for ALARM_RULE_CHILDREN_MAX */
};

/* ---- what is next ----------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip(struct parser *p, size_t n)
{
    p->rest = str_make(p->rest.p + n, p->rest.n - n);
}

static void skip_space(struct parser *p)
{
    while (p->rest.n && is_space(p->rest.p[0]))
        skip(p, 1);
}

static bool ends_word(char c)
{
    return is_space(c) || c == '(' || c == ')' || c == ',' || c == '"';
}

/* The word that stands there; n == 0: none does. */
static struct str peek(struct parser *p)
{
    size_t n = 0;

    skip_space(p);
    while (n < p->rest.n && !ends_word(p->rest.p[n]))
        n++;
    return str_make(p->rest.p, n);
}

static bool fail(struct parser *p, const char *wanted)
{
    struct str at;

    skip_space(p);
    at = str_make(p->rest.p, p->rest.n < SHOWN_MAX ? p->rest.n : SHOWN_MAX);
    if (at.n == 0)
        error_set(p->error, "it ends where %s", wanted);
    else
        error_set(p->error, "it has \"" STR_FMT "\" where %s", STR_ARG(at),
                  wanted);
    return false;
}

static bool take_word(struct parser *p, struct str word)
{
    if (!str_eq(peek(p), word))
        return false;
    skip(p, word.n);
    return true;
}

static bool take(struct parser *p, char c)
{
    skip_space(p);
    if (p->rest.n == 0 || p->rest.p[0] != c)
        return false;
    skip(p, 1);
    return true;
}

static bool expect(struct parser *p, char c, const char *wanted)
{
    return take(p, c) || fail(p, wanted);
}

/* ---- what is made ------------------------------------------------------------------ */

static bool add(struct parser *p, struct alarm_rule_step step)
{
    if (p->nsteps == ALARM_RULE_STEPS_MAX) {
        error_set(p->error, "it has more than %d parts", ALARM_RULE_STEPS_MAX);
        return false;
    }
    p->steps[p->nsteps++] = step;
    return true;
}

static bool add_kind(struct parser *p, enum alarm_rule_kind kind)
{
    return add(p, (struct alarm_rule_step){.kind = kind});
}

static bool add_child(struct parser *p, struct str name, unsigned *child)
{
    for (*child = 0; *child < p->nchildren; ++*child) {
        if (str_eq(p->children[*child], name))
            return true;
    }
    if (p->nchildren == ALARM_RULE_CHILDREN_MAX) {
        error_set(p->error, "it names more than %d alarms",
                  ALARM_RULE_CHILDREN_MAX);
        return false;
    }
    p->children[p->nchildren++] = name;
    return true;
}

/* ---- alarms ------------------------------------------------------------------------- */

/* What stands behind the first quote. */
static bool quoted(struct parser *p, struct str *name)
{
    char made[ALARM_RULE_MAX];
    size_t n = 0;

    while (p->rest.n && p->rest.p[0] != '"') {
        if (p->rest.p[0] == '\\' && p->rest.n > 1 &&
            (p->rest.p[1] == '"' || p->rest.p[1] == '\\'))
            skip(p, 1);
        made[n++] = p->rest.p[0];
        skip(p, 1);
    }
    *name = region_copy(p->region, str_make(made, n));
    return expect(p, '"', "the name of an alarm ends with \"");
}

static bool alarm(struct parser *p, enum alarm_state state)
{
    struct alarm_rule_step step = {.kind = ALARM_RULE_STATE, .state = state};
    struct str name;

    if (take(p, '"')) {
        if (!quoted(p, &name))
            return false;
    } else {
        name = peek(p);
        skip(p, name.n);
    }
    if (name.n == 0)
        return fail(p, "the name or ARN of an alarm must be");
    return add_child(p, name, &step.child) && add(p, step);
}

static bool state_word(struct parser *p, enum alarm_state *state)
{
    for (unsigned i = 0; alarm_state_words[i]; i++) {
        if (take_word(p, str_of(alarm_state_words[i]))) {
            *state = (enum alarm_state)i;
            return true;
        }
    }
    return false;
}

/* ---- AT_LEAST(M, STATE, (a, b)) --------------------------------------------------------- */

struct at_least {
    unsigned n;
    bool percent;
    bool negative;
    enum alarm_state state;
};

static bool amount(struct parser *p, struct at_least *it)
{
    bool in_quotes = take(p, '"');
    struct str word = peek(p);
    struct str digits = word;
    uint64_t n;

    it->percent = word.n && word.p[word.n - 1] == '%';
    digits.n -= it->percent;
    if (!str_to_u64(digits, ALARM_RULE_CHILDREN_MAX, &n) || n == 0)
        return fail(p, "a number of alarms, or a percentage, must be");
    it->n = (unsigned)n;
    skip(p, word.n);
    return !in_quotes || expect(p, '"', "the percentage ends with \"");
}

static bool members(struct parser *p, const struct at_least *it, unsigned *n)
{
    if (!expect(p, '(', "( and the alarms must be"))
        return false;
    do {
        if (!alarm(p, it->state) ||
            (it->negative && !add_kind(p, ALARM_RULE_NOT)))
            return false;
        ++*n;
    } while (take(p, ','));
    return expect(p, ')', ", or ) must be");
}

static bool at_least(struct parser *p)
{
    struct at_least it = {.n = 0};
    unsigned of = 0;

    if (!expect(p, '(', "( must be") || !amount(p, &it) ||
        !expect(p, ',', ", and a state must be"))
        return false;
    it.negative = take_word(p, STR("NOT"));
    if (!state_word(p, &it.state))
        return fail(p, "OK, ALARM or INSUFFICIENT_DATA must be");
    if (!expect(p, ',', ", and the alarms must be") || !members(p, &it, &of) ||
        !expect(p, ')', ") must be"))
        return false;
    return add(p, (struct alarm_rule_step){
                      .kind = ALARM_RULE_AT_LEAST,
                      .of = of,
                      .least = it.percent ? (it.n * of + 99) / 100 : it.n});
}

/* ---- expressions ------------------------------------------------------------------------ */

static bool either(struct parser *p);

static bool in_state(struct parser *p, enum alarm_state state)
{
    return expect(p, '(', "( and an alarm must be") && alarm(p, state) &&
           expect(p, ')', ") must be");
}

static bool one(struct parser *p)
{
    enum alarm_state state;

    if (take(p, '('))
        return either(p) && expect(p, ')', "AND, OR or ) must be");
    if (take_word(p, STR("TRUE")))
        return add_kind(p, ALARM_RULE_TRUE);
    if (take_word(p, STR("FALSE")))
        return add_kind(p, ALARM_RULE_FALSE);
    if (take_word(p, STR("AT_LEAST")))
        return at_least(p);
    if (state_word(p, &state))
        return in_state(p, state);
    return fail(p, "ALARM, OK, INSUFFICIENT_DATA, AT_LEAST, TRUE, FALSE, NOT "
                   "or ( must be");
}

static bool negated(struct parser *p)
{
    unsigned n = 0;

    while (take_word(p, STR("NOT"))) {
        if (++n > ALARM_RULE_DEPTH_MAX)
            return fail(p, "there are too many NOTs");
    }
    if (!one(p))
        return false;
    return n % 2 == 0 || add_kind(p, ALARM_RULE_NOT);
}

static bool both(struct parser *p)
{
    if (!negated(p))
        return false;
    while (take_word(p, STR("AND"))) {
        if (!negated(p) || !add_kind(p, ALARM_RULE_AND))
            return false;
    }
    return true;
}

static bool either(struct parser *p)
{
    bool ok;

    if (++p->depth > ALARM_RULE_DEPTH_MAX)
        return fail(p, "there are too many parentheses in each other");
    ok = both(p);
    while (ok && take_word(p, STR("OR")))
        ok = both(p) && add_kind(p, ALARM_RULE_OR);
    p->depth--;
    return ok;
}

static bool parse(struct parser *p)
{
    if (!either(p))
        return false;
    if (peek(p).n || p->rest.n)
        return fail(p, "AND, OR or its end must be");
    return true;
}

/* What was made, without the room that it did not need. */
static void keep(struct region *region, const struct parser *p,
                 struct alarm_rule *rule)
{
    struct str *children =
        region_take(region, (p->nchildren + 1) * sizeof(*children));
    struct alarm_rule_step *steps =
        region_take(region, p->nsteps * sizeof(*steps));

    for (unsigned i = 0; i < p->nchildren; i++)
        children[i] = region_copy(region, p->children[i]);
    memcpy(steps, p->steps, p->nsteps * sizeof(*steps));
    *rule = (struct alarm_rule){p->nchildren, children, p->nsteps, steps};
}

bool alarm_rule_parse(struct region *region, struct str text,
                      struct alarm_rule *rule, struct error *error)
{
    struct region scratch = {NULL};
    struct parser p = {.region = &scratch, .rest = text, .error = error};
    bool ok;

    if (text.n > ALARM_RULE_MAX) {
        error_set(error, "it is longer than %d characters", ALARM_RULE_MAX);
        return false;
    }
    p.steps = region_take(&scratch, ALARM_RULE_STEPS_MAX * sizeof(*p.steps));
    p.children =
        region_take(&scratch, ALARM_RULE_CHILDREN_MAX * sizeof(*p.children));
    ok = parse(&p);
    if (ok)
        keep(region, &p, rule);
    region_end(&scratch);
    return ok;
}

/* ---- evaluation -------------------------------------------------------------------------- */

static bool at_least_hold(const bool *held, const struct alarm_rule_step *step)
{
    unsigned n = 0;

    for (unsigned i = 0; i < step->of; i++)
        n += held[i];
    return n >= step->least;
}

bool alarm_rule_holds(const struct alarm_rule *rule,
                      const enum alarm_state *states)
{
    bool stack[ALARM_RULE_STEPS_MAX] = {false};
    unsigned n = 0;

    for (unsigned i = 0; i < rule->nsteps; i++) {
        const struct alarm_rule_step *step = &rule->steps[i];

        switch (step->kind) {
        case ALARM_RULE_TRUE:
        case ALARM_RULE_FALSE:
            stack[n++] = step->kind == ALARM_RULE_TRUE;
            break;
        case ALARM_RULE_STATE:
            stack[n++] = states[step->child] == step->state;
            break;
        case ALARM_RULE_NOT:
            stack[n - 1] = !stack[n - 1];
            break;
        case ALARM_RULE_AND:
            n--;
            stack[n - 1] = stack[n - 1] && stack[n];
            break;
        case ALARM_RULE_OR:
            n--;
            stack[n - 1] = stack[n - 1] || stack[n];
            break;
        case ALARM_RULE_AT_LEAST:
            n -= step->of;
            stack[n] = at_least_hold(stack + n, step);
            n++;
            break;
        }
    }
    return n && stack[0];
}

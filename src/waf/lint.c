/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "waf/describe.h"
#include "waf/lint_internal.h"

enum { ARENA_MAX = 64 * 1024 * 1024 };

/* ---- saying -------------------------------------------------------------------------- */

void lint_say(struct lint *lint, enum severity severity,
              const struct lint_at *at, const struct waf_statement *s,
              const char *format, ...)
{
    const struct place *place =
        s && s->place.line ? &s->place : &at->rule->place;
    struct str remedy;
    struct str what;
    va_list args;

    va_start(args, format);
    remedy = region_vprintf(&lint->region, format, args);
    va_end(args);
    what = str_cut(&remedy, '\n');
    report_add(lint->report, severity, place, remedy.p ? remedy.p : "",
               "%s" STR_FMT "%srule " STR_FMT "%s" STR_FMT ": " STR_FMT,
               at->group ? "group " : "",
               STR_ARG(at->group ? at->group->entity.name : STR("")),
               at->group ? ", " : "", STR_ARG(at->rule->name), s ? ", " : "",
               STR_ARG(s ? s->path : STR("")), STR_ARG(what));
}

/* ---- statements ------------------------------------------------------------------------- */

static bool is_nested(const struct waf_statement *s)
{
    return s->type == WAF_AND || s->type == WAF_OR || s->type == WAF_NOT;
}

static enum lint_truth leaf_truth(struct lint *lint, const struct lint_at *at,
                                  const struct waf_statement *s,
                                  struct lint_reason *reason)
{
    arena_reset(&lint->arena);
    return s->type == WAF_LABEL ? lint_label(lint, at, s, reason)
                                : lint_leaf(lint, s, reason);
}

/* Two that exclude each other; NULL: there are none.  NOTs count, ANDs within
 * do not. */
static const struct waf_statement *excluding(struct lint *lint,
                                             const struct waf_statement *s,
                                             const struct waf_statement **other)
{
    for (unsigned i = 0; i < s->u.nested.n; i++) {
        for (unsigned k = 0; k < i; k++) {
            *other = s->u.nested.statements[k];
            arena_reset(&lint->arena);
            if (lint_excludes(lint, s->u.nested.statements[i], *other))
                return s->u.nested.statements[i];
        }
    }
    return NULL;
}

/* One that is true where another one is not. */
static bool is_tautology(struct lint *lint, const struct waf_statement *s)
{
    for (unsigned i = 0; i < s->u.nested.n; i++) {
        const struct waf_statement *a = s->u.nested.statements[i];

        if (a->type != WAF_NOT || !lint_applies_with(a, NULL))
            continue;
        for (unsigned k = 0; k < s->u.nested.n; k++) {
            if (k != i && lint_implies(lint, a->u.nested.statements[0],
                                       s->u.nested.statements[k]))
                return true;
        }
    }
    return false;
}

/* Says what is wrong with the leaves; of a whole statement what follows. */
static enum lint_truth check_statement(struct lint *lint,
                                       const struct lint_at *at,
                                       const struct waf_statement *s);

static enum lint_truth negated(enum lint_truth truth)
{
    if (truth == LINT_DEPENDS)
        return truth;
    return truth == LINT_ALWAYS ? LINT_NEVER : LINT_ALWAYS;
}

static enum lint_truth check_together(struct lint *lint,
                                      const struct lint_at *at,
                                      const struct waf_statement *s)
{
    char room[600];
    struct text t = text_in(room, sizeof(room));
    const struct waf_statement *other;
    const struct waf_statement *one;

    if (s->type == WAF_OR) {
        if (!is_tautology(lint, s))
            return LINT_DEPENDS;
        lint_say(lint, PROBLEM_WARNING, at, s,
                 "it is true of every request: one of its statements is true "
                 "wherever the NOT of another is not\nleave one of them out");
        return LINT_ALWAYS;
    }
    one = excluding(lint, s, &other);
    if (one == NULL)
        return LINT_DEPENDS;
    describe_put_statement(&t, other);
    lint_say(lint, PROBLEM_WARNING, at, one,
             "it is never true together with " STR_FMT "\nwrite an OR, if one "
             "of them is enough",
             STR_ARG(text_str(&t)));
    return LINT_NEVER;
}

static enum lint_truth check_nested(struct lint *lint, const struct lint_at *at,
                                    const struct waf_statement *s)
{
    enum lint_truth decides = s->type == WAF_AND ? LINT_NEVER : LINT_ALWAYS;
    enum lint_truth truth = negated(decides);

    for (unsigned i = 0; i < s->u.nested.n; i++) {
        enum lint_truth one =
            check_statement(lint, at, s->u.nested.statements[i]);

        if (one == decides)
            truth = one;
        else if (one == LINT_DEPENDS && truth != decides)
            truth = LINT_DEPENDS;
    }
    return truth == LINT_DEPENDS ? check_together(lint, at, s) : truth;
}

static enum lint_truth check_statement(struct lint *lint,
                                       const struct lint_at *at,
                                       const struct waf_statement *s)
{
    struct lint_reason reason = {.why = STR("")};
    enum lint_truth truth;

    if (s->type == WAF_NOT)
        return negated(check_statement(lint, at, s->u.nested.statements[0]));
    if (is_nested(s))
        return check_nested(lint, at, s);
    truth = leaf_truth(lint, at, s, &reason);
    if (truth != LINT_DEPENDS && reason.why.n)
        lint_say(lint, PROBLEM_WARNING, at, s, "%s: " STR_FMT "\n" STR_FMT,
                 truth == LINT_NEVER ? "it never matches"
                                     : "it matches every request",
                 STR_ARG(reason.why), STR_ARG(reason.remedy));
    return truth;
}

/* ---- rules --------------------------------------------------------------------------------- */

/* What a rule asks for; NULL: everything. */
static const struct waf_statement *asked(const struct waf_rule *rule)
{
    const struct waf_statement *s = rule->statement;

    if (s->type == WAF_RATE)
        return s->u.rate.scope_down;
    if (s->type == WAF_MANAGED_GROUP)
        return s->u.group.scope_down;
    return s->type == WAF_GROUP ? NULL : s;
}

/* Whether it ends each request that its statement is true of. */
static bool ends_all(const struct waf_rule *rule)
{
    enum waf_action_type action = rule->action.type;

    return !rule->of_group && rule->statement->type != WAF_RATE &&
           (action == WAF_ALLOW || action == WAF_BLOCK);
}

/* A list of rules that run after each other. */
struct rules {
    const struct waf_rule *v;
    unsigned n;
    const struct config_rule_group *group;
    unsigned position; /* of a group: of what refers to it */
    enum lint_truth *truths;
};

static struct lint_at at_rule(const struct rules *rules, unsigned i)
{
    return (struct lint_at){.rule = &rules->v[i],
                            .group = rules->group,
                            .position = rules->group ? rules->position : i};
}

static bool is_ended_by(struct lint *lint, const struct waf_statement *s,
                        const struct waf_rule *before)
{
    const struct waf_statement *ends = asked(before);
    bool is;

    lint->later = 1;
    is = lint_applies_with(ends, s) && lint_implies(lint, s, ends);
    lint->later = 0;
    return is;
}

/* The earlier rule that ends all that one asks for; all parts of an OR may have
 * others: the first's. */
static const struct waf_rule *find_ending(struct lint *lint,
                                          const struct rules *rules, unsigned i,
                                          const struct waf_statement *s)
{
    const struct waf_rule *first = NULL;

    arena_reset(&lint->arena);
    for (unsigned k = 0; s && k < i; k++) {
        if (ends_all(&rules->v[k]) && is_ended_by(lint, s, &rules->v[k]))
            return &rules->v[k];
    }
    if (s == NULL || s->type != WAF_OR)
        return NULL;
    for (unsigned k = 0; k < s->u.nested.n; k++) {
        const struct waf_rule *one =
            find_ending(lint, rules, i, s->u.nested.statements[k]);

        if (one == NULL)
            return NULL;
        first = first ? first : one;
    }
    return first;
}

/* Whether it was tried and is not so. */
static bool is_refuted(struct lint *lint, const struct rules *rules, unsigned i,
                       struct lint_witness *witness)
{
    witness->text[0] = '\0';
    if (rules->group ||
        !lint_try_witness(lint, &rules->v[i], asked(&rules->v[i]), witness))
        return false;
    if (witness->by == NULL)
        witness->text[0] = '\0';
    return witness->matched;
}

static void check_ended(struct lint *lint, const struct rules *rules,
                        unsigned i)
{
    const struct waf_rule *rule = &rules->v[i];
    const struct waf_rule *by = find_ending(lint, rules, i, asked(rule));
    struct lint_at at = at_rule(rules, i);
    struct lint_witness witness;

    if (by == NULL || is_refuted(lint, rules, i, &witness))
        return;
    lint_say(
        lint, PROBLEM_WARNING, &at, NULL,
        "it never matches: rule " STR_FMT " before it %s all requests that "
        "it asks for%s%s%s" STR_FMT "\ngive it a Priority below %u, or "
        "leave it out",
        STR_ARG(by->name), by->action.type == WAF_ALLOW ? "allows" : "blocks",
        witness.text[0] ? " (tried: " : "", witness.text,
        witness.text[0] ? " is ended by " : "",
        STR_ARG(witness.text[0] ? region_printf(&lint->region, STR_FMT ")",
                                                STR_ARG(witness.by->name))
                                : STR("")),
        by->priority);
}

/* The rule that ends every request; n: there is none. */
static unsigned check_rules(struct lint *lint, const struct rules *rules)
{
    unsigned end = rules->n;

    for (unsigned i = 0; i < rules->n; i++) {
        struct lint_at at = at_rule(rules, i);
        const struct waf_statement *s = asked(&rules->v[i]);

        lint_habits(lint, &at);
        rules->truths[i] = s ? check_statement(lint, &at, s) : LINT_ALWAYS;
        if (s && is_nested(s) && rules->truths[i] != LINT_DEPENDS)
            lint_say(lint, PROBLEM_WARNING, &at, NULL,
                     "so the rule %s\nsee what is said of its statements",
                     rules->truths[i] == LINT_NEVER ? "never matches"
                                                    : "matches every request");
        if (end == rules->n && rules->truths[i] == LINT_ALWAYS &&
            ends_all(&rules->v[i]) && lint_applies_with(s, NULL))
            end = i;
    }
    return end;
}

static void check_order(struct lint *lint, const struct rules *rules,
                        unsigned end)
{
    for (unsigned i = 1; i < rules->n; i++) {
        struct lint_at at = at_rule(rules, i);

        if (i > end)
            lint_say(lint, PROBLEM_WARNING, &at, NULL,
                     "it never runs: rule " STR_FMT " before it %s every "
                     "request\ngive it a Priority below %u, or leave it out",
                     STR_ARG(rules->v[end].name),
                     rules->v[end].action.type == WAF_ALLOW ? "allows"
                                                            : "blocks",
                     rules->v[end].priority);
        else if (rules->truths[i] != LINT_NEVER)
            check_ended(lint, rules, i);
    }
}

static void check_list(struct lint *lint, struct rules *rules)
{
    struct lint_at at;

    if (rules->n == 0)
        return;
    lint->work = 0;
    rules->truths =
        region_take(&lint->region, rules->n * sizeof(*rules->truths));
    check_order(lint, rules, check_rules(lint, rules));
    at = at_rule(rules, rules->n - 1);
    if (lint->work > LINT_WORK_MAX)
        lint_say(lint, PROBLEM_WARNING, &at, NULL,
                 "there are too many statements to compare all with each "
                 "other: not every rule that never matches was found\ncheck "
                 "parts of them alone");
}

/* ---- the ACL ---------------------------------------------------------------------------------- */

static bool is_first_reference(const struct config_web_acl *acl, unsigned i)
{
    const struct config_rule_group *group =
        acl->rules[i].statement->u.group.group;

    for (unsigned k = 0; k < i; k++) {
        if (acl->rules[k].of_group &&
            acl->rules[k].statement->u.group.group == group)
            return false;
    }
    return true;
}

static void check_groups(struct lint *lint)
{
    const struct config_web_acl *acl = lint->acl;

    for (unsigned i = 0; i < acl->nrules; i++) {
        const struct waf_statement *s = acl->rules[i].statement;
        struct rules rules = {.position = i};

        if (s->type != WAF_GROUP || s->u.group.group == NULL ||
            !is_first_reference(acl, i))
            continue;
        rules.group = s->u.group.group;
        rules.v = rules.group->rules;
        rules.n = rules.group->nrules;
        check_list(lint, &rules);
    }
}

void lint_acl(struct waf_program *program, struct report *report)
{
    struct lint lint = {
        .program = program, .acl = waf_program_acl(program), .report = report};
    struct rules rules = {.v = lint.acl->rules, .n = lint.acl->nrules};

    arena_init(&lint.arena, &lint.pool, ARENA_MAX);
    check_list(&lint, &rules);
    check_groups(&lint);
    arena_reset(&lint.arena);
    chunk_pool_end(&lint.pool);
    region_end(&lint.region);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/trail.h"

/* ---- recording -------------------------------------------------------------------- */

static void *take(struct trail *trail, size_t n)
{
    void *p = arena_take(trail->arena, n);

    if (p)
        memset(p, 0, n);
    else
        trail->full = true;
    return p;
}

static struct trail_rule *open_rule(struct trail *trail,
                                    const struct waf_rule *rule)
{
    struct trail_rule *to = take(trail, sizeof(*to));

    if (to == NULL)
        return NULL;
    *to = (struct trail_rule){.rule = rule, .action = rule->action.type};
    to->end = &to->leaves;
    if (trail->last)
        trail->last->next = to;
    else
        trail->rules = to;
    trail->last = to;
    return to;
}

static bool is_of_group(const struct waf_rule *rule,
                        const struct config_rule_group *group)
{
    return rule->of_group && rule->statement->u.group.group == group;
}

/* The rule of the ACL that a rule of a group is of: groups run in the order of
 * the rules that refer to them. */
static const struct waf_rule *
find_referring(struct trail *trail, const struct config_rule_group *group,
               const struct waf_rule *rule)
{
    const struct config_web_acl *acl = trail->acl;
    const struct trail_rule *last = trail->last;
    unsigned i = trail->referring;

    if (last && last->group == group && last->rule < rule)
        return last->referring;
    if (last && last->group == group)
        i++;
    while (i < acl->nrules && !is_of_group(&acl->rules[i], group))
        i++;
    trail->referring = i;
    return i < acl->nrules ? &acl->rules[i] : NULL;
}

static void on_rule_begin(void *owner, const struct waf_rule *rule,
                          const struct config_rule_group *group)
{
    struct trail *trail = owner;
    const struct waf_rule *referring =
        group ? find_referring(trail, group, rule) : NULL;
    struct trail_rule *to = open_rule(trail, rule);

    if (to == NULL)
        return;
    to->group = group;
    to->referring = referring;
    to->truth = WAF_NOT_APPLICABLE;
}

static bool stands_in(const struct waf_statement *whole,
                      const struct waf_statement *part)
{
    bool nested = whole->type == WAF_AND || whole->type == WAF_OR ||
                  whole->type == WAF_NOT;

    if (whole == part)
        return true;
    for (unsigned i = 0; nested && i < whole->u.nested.n; i++) {
        if (stands_in(whole->u.nested.statements[i], part))
            return true;
    }
    return false;
}

/* Scope-downs are tried before any rule of their group begins. */
static bool is_of_scope(const struct waf_rule *rule,
                        const struct waf_statement *statement)
{
    return rule->of_group && rule->statement->u.group.scope_down &&
           stands_in(rule->statement->u.group.scope_down, statement);
}

static void open_scope(struct trail *trail,
                       const struct waf_statement *statement)
{
    const struct config_web_acl *acl = trail->acl;
    const struct trail_rule *last = trail->last;
    struct trail_rule *to;

    if (last && last->scope && is_of_scope(last->rule, statement))
        return;
    for (unsigned i = 0; i < acl->nrules; i++) {
        if (!is_of_scope(&acl->rules[i], statement))
            continue;
        to = open_rule(trail, &acl->rules[i]);
        if (to)
            to->scope = true;
        trail->referring = i;
        return;
    }
}

static void on_leaf(void *owner, const struct waf_trace_leaf *leaf)
{
    struct trail *trail = owner;
    struct trail_leaf *to;

    open_scope(trail, leaf->statement);
    to = trail->last ? take(trail, sizeof(*to)) : NULL;
    if (to == NULL)
        return;
    to->seen = *leaf;
    *trail->last->end = to;
    trail->last->end = &to->next;
}

static void on_rule_end(void *owner, const struct waf_rule *rule,
                        enum waf_truth truth, enum waf_action_type action)
{
    struct trail *trail = owner;

    if (trail->last == NULL || trail->last->rule != rule)
        return;
    trail->last->truth = truth;
    trail->last->action = action;
}

void trail_begin(struct trail *trail, const struct waf_program *program,
                 struct arena *arena)
{
    *trail = (struct trail){
        .acl = waf_program_acl(program),
        .arena = arena,
        .trace = {.rule_begin = on_rule_begin,
                  .leaf = on_leaf,
                  .rule_end = on_rule_end},
    };
    trail->trace.owner = trail;
}

/* ---- what was seen -------------------------------------------------------------------- */

static enum waf_truth leaf_truth(const struct trail_rule *rule,
                                 const struct waf_statement *statement,
                                 enum waf_truth unseen)
{
    enum waf_truth truth = unseen;

    /* One for each pattern of a set: any of them is enough. */
    for (const struct trail_leaf *l = rule->leaves; l; l = l->next) {
        if (l->seen.statement != statement)
            continue;
        truth = l->seen.truth;
        if (truth == WAF_TRUE)
            return truth;
    }
    return truth;
}

static enum waf_truth negated(enum waf_truth truth)
{
    return truth == WAF_TRUE ? WAF_FALSE : WAF_TRUE;
}

enum waf_truth trail_truth(const struct trail_rule *rule,
                           const struct waf_statement *statement,
                           enum waf_truth unseen)
{
    bool and = statement->type == WAF_AND;

    if (statement->type == WAF_NOT)
        return negated(
            trail_truth(rule, statement->u.nested.statements[0], unseen));
    if (!and&&statement->type != WAF_OR)
        return leaf_truth(rule, statement, unseen);
    for (unsigned i = 0; i < statement->u.nested.n; i++) {
        enum waf_truth truth =
            trail_truth(rule, statement->u.nested.statements[i], unseen);

        if ((truth == WAF_TRUE) != and)
            return and? WAF_FALSE : WAF_TRUE;
    }
    return and? WAF_TRUE : WAF_FALSE;
}

const struct waf_statement *trail_statement(const struct trail_rule *rule)
{
    const struct waf_statement *statement = rule->rule->statement;

    if (rule->scope)
        return statement->u.group.scope_down;
    if (statement->type == WAF_RATE)
        return statement->u.rate.scope_down;
    return statement;
}

/* ---- verdicts --------------------------------------------------------------------------- */

struct str trail_terminating(const struct waf_result *result)
{
    const struct waf_match *by = result->terminating;

    if (by == NULL)
        return STR("Default_Action");
    return by->referring ? by->referring->name : by->rule->name;
}

struct str trail_terminating_in_group(const struct waf_result *result)
{
    const struct waf_match *by = result->terminating;

    return by && by->referring ? by->rule->name : STR("");
}

unsigned trail_status(const struct waf_result *result)
{
    switch (result->action) {
    case WAF_CAPTCHA:
        return 405;
    case WAF_CHALLENGE:
        return 202;
    case WAF_BLOCK:
        break;
    case WAF_ALLOW:
    case WAF_COUNT:
        return 0;
    }
    return result->details && result->details->status ? result->details->status
                                                      : 403;
}

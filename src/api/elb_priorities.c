/* SPDX-License-Identifier: Apache-2.0
 *
 * SetRulePriorities: rules of one or more listeners get other places, all at
 * once.
 */
#include <stdlib.h>

#include "api/elb_rules.h"
#include "api/resource.h"

static const struct member pair_members[] = {
    {.name = "RuleArn", .kind = MEMBER_TEXT},
    {.name = "Priority",
     .kind = MEMBER_NUMBER,
     .min = 1,
     .max = CONFIG_PRIORITY_MAX},
};
static const struct shape pair_shape = SHAPE_OF(pair_members);

static const struct member members[] = {
    {.name = "RulePriorities",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &pair_shape},
};
const struct shape elb_priorities_shape = SHAPE_OF(members);

/* What a listener's rules get, by their index; 0: what they have. */
struct places {
    const struct config_listener *listener; /* NULL: nothing was asked of it */
    unsigned *wanted;
};

/* ---- what was asked ----------------------------------------------------------------- */

static struct places *places_of(struct region *region, struct places *all,
                                const struct config_listener *listener)
{
    struct places *p = &all[listener->index];

    if (p->listener == NULL) {
        p->listener = listener;
        p->wanted = region_take(region, listener->nrules * sizeof(*p->wanted));
    }
    return p;
}

static bool take(struct call *call, const struct elb_rule *found,
                 unsigned priority, struct places *all)
{
    struct places *p = places_of(call->region, all, found->listener);
    size_t index = (size_t)(found->rule - found->listener->rules);

    if (found->rule->priority == 0)
        return call_refuse(call, "OperationNotPermitted",
                           "The priority of default rule '" STR_FMT
                           "' cannot be set",
                           STR_ARG(found->rule->arn));
    if (p->wanted[index])
        return call_refuse(call, "ValidationError",
                           "Rule '" STR_FMT "' was provided multiple times",
                           STR_ARG(found->rule->arn));
    p->wanted[index] = priority;
    return true;
}

static bool take_all(struct call *call, const struct account_view *view,
                     const struct value *pairs, struct places *all)
{
    for (const struct value *v = pairs->first; v; v = v->next) {
        unsigned priority = member_number(v, "Priority", 0);
        struct elb_rule found;

        if (priority == 0)
            return call_refuse(call, "ValidationError",
                               "A rule priority must be specified");
        if (!elb_rule_must(call, view, member_text(v, "RuleArn"), &found) ||
            !take(call, &found, priority, all))
            return false;
    }
    return true;
}

/* ---- whether all have their own -------------------------------------------------------- */

struct place_taken {
    unsigned priority;
    bool wanted;
};

static int compare(const void *a, const void *b)
{
    const struct place_taken *x = a;
    const struct place_taken *y = b;

    return (x->priority > y->priority) - (x->priority < y->priority);
}

static bool check_listener(struct call *call, const struct places *p)
{
    unsigned n = p->listener->nrules - 1; /* the default rule is the last */
    struct place_taken *taken = region_take(call->region, n * sizeof(*taken));

    for (unsigned i = 0; i < n; i++)
        taken[i] = (struct place_taken){
            p->wanted[i] ? p->wanted[i] : p->listener->rules[i].priority,
            p->wanted[i] != 0};
    qsort(taken, n, sizeof(*taken), compare);
    for (unsigned i = 1; i < n; i++) {
        if (taken[i].priority != taken[i - 1].priority)
            continue;
        if (taken[i].wanted && taken[i - 1].wanted)
            return call_refuse(call, "ValidationError",
                               "Priority '%u' was provided multiple times",
                               taken[i].priority);
        return call_refuse(call, "PriorityInUse",
                           "Priority '%u' is currently in use",
                           taken[i].priority);
    }
    return true;
}

/* ---- the change ---------------------------------------------------------------------------- */

static void change(struct call *call, const struct account_view *view,
                   const struct config_rule *rule, unsigned priority)
{
    const struct account_resource *resource =
        account_find(view->account, rule->id);
    struct region *region = call->region;
    struct value *number = value_new(region, VALUE_NUMBER, NULL);

    number->text = region_printf(region, "%u", priority);
    resource_change(
        call, resource,
        with_entry(region, account_properties(resource), "Priority", number),
        NULL);
}

static void change_all(struct call *call, const struct account_view *view,
                       const struct places *p)
{
    for (unsigned i = 0; i < p->listener->nrules; i++) {
        const struct config_rule *rule = &p->listener->rules[i];

        if (p->wanted[i] && p->wanted[i] != rule->priority)
            change(call, view, rule, p->wanted[i]);
    }
}

bool elb_priorities_edit(struct call *call, const struct account_view *before)
{
    const struct config *config = before->config;
    const struct value *pairs = call_get(call, "RulePriorities");
    struct places *all =
        region_take(call->region, (config->nlisteners + 1) * sizeof(*all));

    if (value_count(pairs) == 0)
        return call_refuse(call, "ValidationError",
                           "At least one rule priority must be specified");
    if (!take_all(call, before, pairs, all))
        return false;
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (all[i].listener && !check_listener(call, &all[i]))
            return false;
    }
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (all[i].listener)
            change_all(call, before, &all[i]);
    }
    return true;
}

bool elb_priorities_answer(struct call *call, const struct account_view *after)
{
    const struct value *pairs = call_get(call, "RulePriorities");
    struct value *arns = make_list(call->region);

    for (const struct value *v = pairs->first; v; v = v->next)
        add_text(call->region, arns, member_text(v, "RuleArn"));
    return elb_rules_answer(call, after, arns);
}

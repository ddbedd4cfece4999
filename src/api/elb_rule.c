/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rule an ARN names, and what one looks like.
 */
#include "api/elb_actions.h"
#include "api/elb_conditions.h"
#include "api/elb_rules.h"
#include "api/find.h"

static const char rule_word[] = ":listener-rule/";
static const char listener_word[] = ":listener/";

/* What stands in front of the word and behind it; false when it is not
 * there. */
static bool split(struct str arn, const char *word, struct str *before,
                  struct str *behind)
{
    size_t n = strlen(word);
    const char *at = arn.n ? memmem(arn.p, arn.n, word, n) : NULL;

    if (at == NULL)
        return false;
    *before = str_make(arn.p, (size_t)(at - arn.p));
    *behind = str_make(at + n, arn.n - before->n - n);
    return true;
}

/* The ARN of its listener; n == 0: it is no ARN of a rule. */
static struct str listener_of(struct region *region, struct str arn)
{
    struct str before, path;
    const char *slash;

    if (!str_starts(arn, STR("arn:")) || !split(arn, rule_word, &before, &path))
        return STR("");
    slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
    if (slash == NULL)
        return STR("");
    path.n = (size_t)(slash - path.p);
    return region_printf(region, STR_FMT "%s" STR_FMT, STR_ARG(before),
                         listener_word, STR_ARG(path));
}

struct elb_rule elb_rule_find(struct region *region,
                              const struct config *config, struct str arn)
{
    const struct config_listener *l =
        find_listener(config, listener_of(region, arn));

    for (unsigned i = 0; l && i < l->nrules; i++) {
        if (str_eq(l->rules[i].arn, arn))
            return (struct elb_rule){l, &l->rules[i]};
    }
    return (struct elb_rule){NULL, NULL};
}

bool elb_rule_must(struct call *call, const struct account_view *view,
                   struct str arn, struct elb_rule *found)
{
    *found = elb_rule_find(call->region, view->config, arn);
    if (found->listener && found->rule)
        return true;
    if (listener_of(call->region, arn).n)
        return call_refuse(call, "RuleNotFound", "One or more rules not found");
    return call_refuse(call, "ValidationError",
                       "'" STR_FMT "' is not a valid listener rule ARN",
                       STR_ARG(arn));
}

const struct config_listener *elb_rule_listener(struct call *call,
                                                const struct account_view *view,
                                                struct str arn)
{
    const struct config_listener *found = find_listener(view->config, arn);
    struct str before, behind;

    if (found)
        return found;
    if (str_starts(arn, STR("arn:")) &&
        split(arn, listener_word, &before, &behind))
        call_refuse(call, "ListenerNotFound",
                    "One or more listeners not found");
    else
        call_refuse(call, "ValidationError",
                    "'" STR_FMT "' is not a valid listener ARN", STR_ARG(arn));
    return NULL;
}

void elb_rule_show(struct region *region, const struct config_rule *rule,
                   struct value *list)
{
    struct value *shown = add_map(region, list);

    put_text(region, shown, "RuleArn", rule->arn);
    put_text(region, shown, "Priority",
             rule->priority ? region_printf(region, "%u", rule->priority)
                            : STR("default"));
    put_value(region, shown, "Conditions", elb_conditions_shown(region, rule));
    put_value(region, shown, "Actions", elb_actions_shown(region, rule));
    put_bool(region, shown, "IsDefault", rule->priority == 0);
    put_value(region, shown, "Transforms", elb_transforms_shown(region, rule));
}

bool elb_rules_answer(struct call *call, const struct account_view *view,
                      const struct value *arns)
{
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "Rules");

    for (const struct value *v = arns->first; v; v = v->next) {
        struct elb_rule found;

        if (!elb_rule_must(call, view, v->text, &found) || found.rule == NULL)
            return false;
        elb_rule_show(call->region, found.rule, list);
    }
    call->result = result;
    return true;
}

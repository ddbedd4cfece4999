/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_quota.h"

#include <stdlib.h>

#include "api/find.h"

bool elb_quota_fits(struct call *call, const struct account_view *view,
                    enum quota quota, unsigned n, const char *code,
                    const char *text)
{
    unsigned max = quota_value(&view->config->quotas, quota);

    return n <= max || call_refuse(call, code, "%s: '%u'", text, max);
}

/* What the groups of one load balancer have registered. */
struct registered {
    unsigned n;
    unsigned room;
    struct str *ids;
};

static void add(struct registered *all, struct str id)
{
    if (all->n < all->room)
        all->ids[all->n++] = id;
}

static const struct value *targets_of(const struct account_view *view,
                                      const struct config_group *group)
{
    const struct account_resource *r = account_find(view->account, group->id);

    return r ? value_get(account_properties(r), STR("Targets")) : NULL;
}

static int compare_ids(const void *a, const void *b)
{
    const struct str *x = a;
    const struct str *y = b;

    return str_compare(*x, *y);
}

/* How often the one that is there most often is there; they are sorted. */
static unsigned most_of_one(const struct registered *all, struct str *which)
{
    unsigned most = 0;
    unsigned run = 0;

    for (unsigned i = 0; i < all->n; i++) {
        run = i && str_eq(all->ids[i], all->ids[i - 1]) ? run + 1 : 1;
        if (run > most) {
            most = run;
            *which = all->ids[i];
        }
    }
    return most;
}

static bool check_registered(struct call *call, const struct account_view *view,
                             struct str balancer, struct registered *all)
{
    const struct quotas *quotas = &view->config->quotas;
    unsigned max = quota_value(quotas, QUOTA_TARGETS_OF_BALANCER);
    unsigned max_one = quota_value(quotas, QUOTA_REGISTRATIONS);
    struct str which = STR("");

    if (all->n > max)
        return call_refuse(call, "TooManyTargets",
                           "The maximum number of targets per load balancer "
                           "'%u' has been reached on load balancer '" STR_FMT
                           "'",
                           max, STR_ARG(balancer));
    if (all->n)
        qsort(all->ids, all->n, sizeof(*all->ids), compare_ids);
    if (most_of_one(all, &which) > max_one)
        return call_refuse(call, "TooManyRegistrationsForTargetId",
                           "The target '" STR_FMT
                           "' cannot be registered more than '%u' times with "
                           "load balancer '" STR_FMT "'",
                           STR_ARG(which), max_one, STR_ARG(balancer));
    return true;
}

/* ---- the groups of a load balancer ------------------------------------------- */

bool elb_quota_groups(struct call *call, const struct account_view *view,
                      struct str balancer, unsigned n,
                      const struct config_group *const *groups,
                      const struct config_group *changed,
                      const struct value *targets)
{
    unsigned max = quota_value(&view->config->quotas, QUOTA_GROUPS_OF_BALANCER);
    struct registered all = {.n = 0};

    if (n > max)
        return call_refuse(call, "TooManyUniqueTargetGroupsPerLoadBalancer",
                           "You have reached the maximum number of unique "
                           "target groups that you can associate with a load "
                           "balancer of type 'application': [%u]",
                           max);
    for (unsigned i = 0; i < n; i++)
        all.room += value_count(
            groups[i] == changed ? targets : targets_of(view, groups[i]));
    all.ids = region_take(call->region, (all.room + 1) * sizeof(*all.ids));
    for (unsigned i = 0; i < n; i++) {
        const struct value *list =
            groups[i] == changed ? targets : targets_of(view, groups[i]);

        for (const struct value *v = list ? list->first : NULL; v; v = v->next)
            add(&all, member_text(v, "Id"));
    }
    return check_registered(call, view, balancer, &all);
}

bool elb_quota_targets(struct call *call, const struct account_view *view,
                       const struct config_group *group,
                       const struct value *targets)
{
    const struct config *config = view->config;
    unsigned max = group->type == TARGET_TYPE_LAMBDA
                       ? 1
                       : quota_value(&config->quotas, QUOTA_TARGETS);
    const struct config_group **groups;
    unsigned n = 0;

    if (value_count(targets) > max)
        return call_refuse(call, "TooManyTargets",
                           "The maximum number of targets per target group "
                           "'%u' has been reached on target group '" STR_FMT
                           "'",
                           max, STR_ARG(group->arn));
    if (group->load_balancer == NULL)
        return true;
    groups = region_take(call->region, (config->ngroups + 1) * sizeof(void *));
    for (unsigned i = 0; i < config->ngroups; i++) {
        if (config_same_balancer(config->groups[i]->load_balancer,
                                 group->load_balancer))
            groups[n++] = config->groups[i];
    }
    return elb_quota_groups(call, view, group->load_balancer->arn, n, groups,
                            group, targets);
}

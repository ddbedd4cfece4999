/* SPDX-License-Identifier: Apache-2.0 */
#include "control/traits.h"

#include "base/memory.h"

void traits_add_group(struct traits *traits, const struct config_group *group)
{
    const struct group_attributes *a = &group->attributes;

    traits->grpc |= group->version == VERSION_GRPC;
    traits->target_tls |= group->protocol == PROTOCOL_HTTPS;
    traits->sticky |= a->sticky;
    traits->app_cookie |=
        a->sticky && a->stickiness_type == STICKINESS_APP_COOKIE;
}

static void add_listener(struct traits *traits,
                         const struct config_listener *listener)
{
    traits->tls |= listener->tls != NULL;
    traits->mutual |= listener->tls && listener->tls->mutual != MUTUAL_OFF;
    traits->ipv6 |= listener->bind.family == 6 || listener->own.family == 6;
    for (unsigned i = 0; i < listener->nrules; i++) {
        enum action_type type = config_rule_action(&listener->rules[i])->type;

        traits->fixed |= type == ACTION_FIXED_RESPONSE;
        traits->redirect |= type == ACTION_REDIRECT;
    }
}

struct traits *traits_new(const struct config *config)
{
    struct traits *all =
        memory_zeroed(config->nload_balancers + 1, sizeof(*all));

    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *listener = config->listeners[i];

        add_listener(&all[listener->load_balancer->index], listener);
    }
    for (unsigned i = 0; i < config->ngroups; i++) {
        const struct config_group *group = config->groups[i];

        if (group->load_balancer)
            traits_add_group(&all[group->load_balancer->index], group);
    }
    return all;
}

static bool is_new_zone(const struct config_group *group, unsigned target)
{
    const struct str zone = group->targets[target].zone;

    for (unsigned i = 0; i < target; i++)
        if (str_eq(group->targets[i].zone, zone))
            return false;
    return zone.n > 0 && !str_eq(zone, STR("all"));
}

unsigned traits_zones(const struct config_group *group)
{
    unsigned n = 0;

    for (unsigned i = 0; i < group->ntargets; i++)
        n += is_new_zone(group, i);
    return n;
}

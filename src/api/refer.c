/* SPDX-License-Identifier: Apache-2.0 */
#include "api/refer.h"

#include "api/find.h"
#include "model/arn.h"

bool is_arn_of(struct str arn, const char *kind)
{
    struct str rest = arn;
    struct str name = str_of(kind);

    if (!str_starts(arn, STR("arn:")))
        return false;
    for (unsigned colons = 0; colons < 5; colons++)
        str_cut(&rest, ':');
    return rest.p && str_starts(rest, name) && rest.n > name.n + 1 &&
           rest.p[name.n] == '/';
}

static void no_arn(struct call *call, struct str arn, const char *what)
{
    call_refuse(call, "ValidationError", "'" STR_FMT "' is not a valid %s ARN",
                STR_ARG(arn), what);
}

const struct config_load_balancer *
refer_load_balancer(struct call *call, const struct account_view *view,
                    struct str arn)
{
    const struct config_load_balancer *lb =
        find_load_balancer(view->config, arn);

    if (lb)
        return lb;
    if (!is_arn_of(arn, "loadbalancer"))
        no_arn(call, arn, "load balancer");
    else
        call_refuse(call, "LoadBalancerNotFound",
                    "Load balancer '" STR_FMT "' not found", STR_ARG(arn));
    return NULL;
}

const struct config_listener *refer_listener(struct call *call,
                                             const struct account_view *view,
                                             struct str arn)
{
    const struct config_listener *listener = find_listener(view->config, arn);

    if (listener)
        return listener;
    if (!is_arn_of(arn, "listener"))
        no_arn(call, arn, "listener");
    else
        call_refuse(call, "ListenerNotFound",
                    "Listener '" STR_FMT "' not found", STR_ARG(arn));
    return NULL;
}

const struct config_rule *find_rule(const struct config *config, struct str arn,
                                    const struct config_listener **listener)
{
    struct str id = arn_last(arn);
    struct str parent =
        arn.n > id.n ? arn_last(str_make(arn.p, arn.n - id.n - 1)) : STR("");

    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *l = config->listeners[i];

        if (!str_eq(arn_last(l->arn), parent))
            continue;
        for (unsigned k = 0; k < l->nrules; k++) {
            if (!str_eq(l->rules[k].arn, arn))
                continue;
            if (listener)
                *listener = l;
            return &l->rules[k];
        }
    }
    return NULL;
}

static struct any find_any_rule(const struct config *config, struct str arn)
{
    const struct config_listener *listener;
    const struct config_rule *rule = find_rule(config, arn, &listener);

    if (rule == NULL)
        return (struct any){.id = {"", 0}};
    return (struct any){rule->priority ? rule->id : listener->id,
                        rule->priority == 0};
}

struct any find_any(const struct config *config, struct str arn)
{
    const struct config_load_balancer *lb = find_load_balancer(config, arn);
    const struct config_listener *listener = find_listener(config, arn);
    const struct config_group *group = find_group(config, arn);
    const struct config_trust_store *store = find_trust_store(config, arn);

    if (lb)
        return (struct any){.id = lb->id};
    if (listener)
        return (struct any){.id = listener->id};
    if (group)
        return (struct any){.id = group->id};
    if (store)
        return (struct any){.id = store->id};
    return find_any_rule(config, arn);
}

const struct value *resource_of(const struct account_view *view, struct str id)
{
    const struct account_resource *r = account_find(view->account, id);

    return r ? r->value : NULL;
}

const struct value *sluice_of(const struct account_view *view, struct str id,
                              const char *name)
{
    const struct account_resource *r = account_find(view->account, id);

    return r ? value_get(account_sluice(r), str_of(name)) : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "api/find.h"

struct config_load_balancer *find_load_balancer(const struct config *config,
                                                struct str arn)
{
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        if (str_eq(config->load_balancers[i]->arn, arn))
            return config->load_balancers[i];
    }
    return NULL;
}

struct config_listener *find_listener(const struct config *config,
                                      struct str arn)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        if (str_eq(config->listeners[i]->arn, arn))
            return config->listeners[i];
    }
    return NULL;
}

struct config_group *find_group(const struct config *config, struct str arn)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        if (str_eq(config->groups[i]->arn, arn))
            return config->groups[i];
    }
    return NULL;
}

struct config_group *find_group_named(const struct config *config,
                                      struct str name)
{
    for (unsigned i = 0; i < config->ngroups; i++) {
        if (str_eq(config->groups[i]->name, name))
            return config->groups[i];
    }
    return NULL;
}

struct config_trust_store *find_trust_store(const struct config *config,
                                            struct str arn)
{
    for (unsigned i = 0; i < config->ntrust_stores; i++) {
        if (config->trust_stores[i]->id.n &&
            str_eq(config->trust_stores[i]->arn, arn))
            return config->trust_stores[i];
    }
    return NULL;
}

bool list_has(const struct value *list, struct str text)
{
    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        if (str_eq(v->text, text))
            return true;
    }
    return false;
}

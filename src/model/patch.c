/* SPDX-License-Identifier: Apache-2.0 */
#include "model/patch.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/diff.h"
#include "model/read.h"

/* One resource, before and after. */
struct pair {
    const struct account_resource *was;
    const struct account_resource *now;
    const char *actions; /* the property */
};

/* ---- what differs -------------------------------------------------------------- */

/* The first resource from `i` on that is another object. */
static unsigned next_other(const struct account *was, const struct account *now,
                           unsigned i)
{
    while (i < now->n && was->resources[i] == now->resources[i])
        i++;
    return i;
}

/* The only one. */
static bool find_pair(const struct account *was, const struct account *now,
                      struct pair *pair)
{
    unsigned i = was->n == now->n ? next_other(was, now, 0) : now->n;

    if (i == now->n || next_other(was, now, i + 1) != now->n)
        return false;
    pair->was = was->resources[i];
    pair->now = now->resources[i];
    return str_eq(pair->was->id, pair->now->id);
}

/* Whether all entries of `a` are in `b` as they are, but for the one of that
 * name. */
static bool has_all(const struct value *a, const struct value *b,
                    struct str but)
{
    for (const struct value *v = a ? a->first : NULL; v; v = v->next) {
        const struct value *other = value_get(b, v->key);

        if (!str_eq(v->key, but) && (other == NULL || !diff_equal(v, other)))
            return false;
    }
    return true;
}

static bool differ_in(const struct value *a, const struct value *b,
                      struct str name)
{
    return value_count(a) == value_count(b) && has_all(a, b, name) &&
           value_get(a, name) && value_get(b, name);
}

static const char *actions_of(struct str type)
{
    if (str_eq(type, STR("AWS::ElasticLoadBalancingV2::ListenerRule")))
        return "Actions";
    if (str_eq(type, STR("AWS::ElasticLoadBalancingV2::Listener")))
        return "DefaultActions";
    return NULL;
}

static bool fits(struct pair *pair)
{
    pair->actions = actions_of(account_type(pair->was));
    return pair->actions &&
           differ_in(pair->was->value, pair->now->value, STR("Properties")) &&
           differ_in(account_properties(pair->was),
                     account_properties(pair->now), str_of(pair->actions));
}

/* ---- where it stands -------------------------------------------------------------- */

static bool find_listener(const struct config *config, const struct pair *pair,
                          unsigned *found)
{
    const struct value *arn =
        value_get(account_properties(pair->was), STR("ListenerArn"));

    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *l = config->listeners[i];

        if (arn ? str_eq(l->arn, arn->text) : str_eq(l->id, pair->was->id)) {
            *found = i;
            return true;
        }
    }
    return false;
}

/* Rules ascend by priority, the default rule is the last one. */
static bool find_rule(const struct config_listener *listener,
                      const struct pair *pair, unsigned *found)
{
    const struct value *priority =
        value_get(account_properties(pair->was), STR("Priority"));
    unsigned low = 0;
    unsigned high = listener->nrules - 1;
    uint64_t wanted;

    *found = high;
    if (priority == NULL)
        return true;
    if (!str_to_u64(priority->text, CONFIG_PRIORITY_MAX, &wanted))
        return false;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (listener->rules[middle].priority < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low;
    return str_eq(listener->rules[low].id, pair->was->id);
}

static bool find_place(const struct config *config, const struct pair *pair,
                       struct patched *place)
{
    return find_listener(config, pair, &place->listener) &&
           find_rule(config->listeners[place->listener], pair, &place->rule);
}

/* ---- the actions -------------------------------------------------------------------- */

static const struct config_forward *forward_of(const struct config_rule *rule)
{
    const struct config_action *action = config_rule_action(rule);

    return action->type == ACTION_FORWARD ? &action->u.forward : NULL;
}

static bool has_group(const struct config_forward *forward,
                      const struct config_group *group)
{
    for (unsigned i = 0; i < forward->n; i++) {
        if (forward->groups[i].group == group)
            return true;
    }
    return false;
}

/* No group is in use now that was not, or the other way round. */
static bool same_groups(const struct config_forward *a,
                        const struct config_forward *b)
{
    if (a == NULL || b == NULL || a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++) {
        if (!has_group(b, a->groups[i].group))
            return false;
    }
    return true;
}

/* The resource with nothing but its actions. */
static struct resource resource_of(struct build *build, const struct pair *pair)
{
    const struct value *actions =
        value_get(account_properties(pair->now), str_of(pair->actions));
    struct value *map = value_new(&build->region, VALUE_MAP, NULL);
    struct value *entry = region_take(&build->region, sizeof(*entry));

    *entry = *actions;
    value_put(&build->region, map, actions->key, entry);
    return (struct resource){
        .name = "",
        .id = pair->now->id,
        .value = pair->now->value,
        .properties = map,
        .region = &build->region,
        .report = build->report,
    };
}

struct input {
    const struct value *value;
    struct field actions;
};

static void read_them(struct build *build, const struct pair *pair,
                      struct config_listener *listener,
                      struct config_rule *rule)
{
    const struct property properties[] = {
        {.name = pair->actions,
         .kind = PROPERTY_STRUCTS,
         .offset = offsetof(struct input, actions),
         .flags = PROPERTY_REQUIRED,
         .schema = &action_schema},
    };
    const struct schema schema = SCHEMA(properties, struct input);
    struct resource resource = resource_of(build, pair);
    struct input input = {.value = NULL};

    schema_read(&resource, &schema, NULL, resource.properties, &input);
    read_actions(build, &resource, listener, &input.actions, pair->actions,
                 rule);
}

/* Reads the actions that `rule` has now into `to`, as the readers of a whole
 * config would: they know the groups that it had.  False when there is more to
 * it than that. */
static bool read_rule_actions(struct config *config, const struct pair *pair,
                              const struct config_listener *of,
                              const struct config_rule *rule,
                              struct config_rule *to)
{
    const struct config_forward *forward = forward_of(rule);
    struct known known[CONFIG_GROUPS_MAX];
    struct report report = {.strict = false};
    struct config_listener listener = *of;
    struct build build = {.config = config, .report = &report, .known = known};
    bool ok;

    if (forward == NULL)
        return false;
    for (unsigned i = 0; i < forward->n; i++) {
        const struct config_group *group = forward->groups[i].group;

        listener.load_balancer = group->load_balancer;
        known_add(&build, KNOWN_TARGET_GROUP, group->arn, group->id,
                  (void *)(uintptr_t)group);
    }
    read_them(&build, pair, &listener, to);
    ok = report.errors == 0 && same_groups(forward, forward_of(to));
    region_end(&build.region);
    report_end(&report);
    return ok;
}

/* ---- the config ----------------------------------------------------------------------- */

static void *copy_array(struct config *config, void *from, unsigned n)
{
    void *to = region_take(&config->region, (n + 1) * sizeof(void *));

    memcpy(to, from, n * sizeof(void *));
    return to;
}

/* The load balancer and its listeners, as new objects. */
static void copy_balancer(struct config *config, unsigned index)
{
    const struct config_load_balancer *from = config->load_balancers[index];
    struct config_load_balancer *to = region_take(&config->region, sizeof(*to));

    *to = *from;
    to->listeners = copy_array(config, from->listeners, from->nlisteners);
    for (unsigned i = 0; i < to->nlisteners; i++) {
        struct config_listener *listener =
            region_take(&config->region, sizeof(*listener));

        *listener = *from->listeners[i];
        listener->load_balancer = to;
        to->listeners[i] = listener;
        config->listeners[listener->index] = listener;
    }
    config->load_balancers[index] = to;
}

static void put_rule(struct config *config, const struct patched *place,
                     const struct config_rule *rule)
{
    struct config_listener *listener = config->listeners[place->listener];
    size_t size = listener->nrules * sizeof(*listener->rules);
    struct config_rule *rules = region_take(&config->region, size);

    memcpy(rules, listener->rules, size);
    rules[place->rule].nactions = rule->nactions;
    rules[place->rule].actions = rule->actions;
    listener->rules = rules;
    config->patched_bytes += size;
}

static struct config *begin(struct config *before)
{
    struct config *config = memory_zeroed(1, sizeof(*config));

    *config = *before;
    config->region = (struct region){NULL};
    atomic_init(&config->refs, 1);
    config->base = config_hold(before);
    if (config->waf)
        config_waf_hold(config->waf);
    config->patches = before->patches + 1;
    config->load_balancers =
        copy_array(config, before->load_balancers, before->nload_balancers);
    config->listeners =
        copy_array(config, before->listeners, before->nlisteners);
    return config;
}

struct config *config_patch(struct config *before, const struct account *was,
                            const struct account *now, struct patched *patched)
{
    struct pair pair;
    struct config_rule rule = {.nactions = 0};
    const struct config_listener *listener;
    struct config *config;

    if (before->patches >= CONFIG_PATCHES_MAX ||
        before->patched_bytes > CONFIG_PATCHED_MAX ||
        !find_pair(was, now, &pair) || !fits(&pair) ||
        !find_place(before, &pair, patched))
        return NULL;
    listener = before->listeners[patched->listener];
    config = begin(before);
    if (!read_rule_actions(config, &pair, listener,
                           &listener->rules[patched->rule], &rule)) {
        config_release(config);
        return NULL;
    }
    copy_balancer(config, listener->load_balancer->index);
    put_rule(config, patched, &rule);
    return config;
}

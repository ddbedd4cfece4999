/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::ElasticLoadBalancingV2::ListenerRule, and the order of a listener's
 * rules (alb.md 2.2).
 */
#include <stdlib.h>

#include "model/read.h"

struct input {
    const struct value *value;
    struct field listener;
    struct field priority;
    struct field conditions;
    struct field actions;
    struct field transforms;
};

struct rule_entry {
    struct rule_entry *next;
    const struct resource *resource;
    struct input input;
    struct str id; /* of its ARN */
    uint64_t created_ms;
};

#define AT(member) offsetof(struct input, member)

static const struct property properties[] = {
    {.name = "ListenerArn",
     .kind = PROPERTY_STRING,
     .offset = AT(listener),
     .flags = NEEDED,
     .example = "!Ref Listener"},
    {.name = "Priority",
     .kind = PROPERTY_INTEGER,
     .offset = AT(priority),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = CONFIG_PRIORITY_MAX,
     .example = "10"},
    {.name = "Conditions",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(conditions),
     .flags = PROPERTY_REQUIRED,
     .schema = &condition_schema,
     .example = "[{Field: path-pattern, Values: [\"/api/*\"]}]"},
    {.name = "Actions",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(actions),
     .flags = PROPERTY_REQUIRED,
     .schema = &action_schema,
     .example = "[{Type: forward, TargetGroupArn: !Ref TargetGroup}]"},
    {.name = "Transforms",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(transforms),
     .schema = &transform_schema},
    {.name = "Tags", .kind = PROPERTY_IGNORED},
};

static const struct schema schema = SCHEMA(properties, struct input);

void read_rule(struct build *build, const struct resource *resource)
{
    struct rule_entry *entry = region_take(&build->region, sizeof(*entry));
    const struct config_listener *listener;
    struct identity_input identity;
    struct rule_list *list;

    schema_read(resource, &schema, NULL, resource->properties, &entry->input);
    read_identity_alone(resource, &identity);
    entry->id = read_identity(build, resource, &identity, &entry->created_ms);
    entry->resource = resource;
    /* Of a listener that cannot be known either: that was said of it. */
    if (entry->input.listener.value && !build->lost &&
        entry->input.listener.value->kind == VALUE_UNKNOWN)
        resource_unknown(resource, entry->input.listener.value, "ListenerArn");
    listener = known_find(build, resource, KNOWN_LISTENER,
                          &entry->input.listener, "ListenerArn");
    if (listener == NULL)
        return;
    list = &build->rules[listener->index];
    *list->end = entry;
    list->end = &entry->next;
    list->n++;
}

/* ---- the rules of a listener ------------------------------------------------- */

static void make_rule(struct build *build, struct config_listener *listener,
                      const struct rule_entry *entry, struct config_rule *rule)
{
    const struct resource *resource = entry->resource;
    const struct input *input = &entry->input;

    rule->id = keep(build, resource->id);
    rule->place = keep_place(build, resource_place(resource));
    rule->arn = arn_rule(&build->config->region, listener->arn, entry->id);
    rule->created_ms = entry->created_ms;
    rule->priority = input->priority.number;
    read_conditions(build, resource, &input->conditions, rule);
    read_actions(build, resource, listener, &input->actions, "Actions", rule);
    read_transforms(build, resource, &input->transforms, rule);
}

static int compare_priorities(const void *a, const void *b)
{
    const struct rule_entry *x = *(const struct rule_entry *const *)a;
    const struct rule_entry *y = *(const struct rule_entry *const *)b;
    unsigned p = x->input.priority.number;
    unsigned q = y->input.priority.number;
    const struct place *at = resource_place(x->resource);
    const struct place *bt = resource_place(y->resource);

    if (p != q)
        return p < q ? -1 : 1;
    return (at->line > bt->line) - (at->line < bt->line);
}

static void check_priorities(const struct config_listener *listener,
                             struct rule_entry *const *entries, unsigned n)
{
    for (unsigned i = 1; i < n; i++) {
        const struct field *a = &entries[i - 1]->input.priority;
        const struct field *b = &entries[i]->input.priority;
        const struct resource *resource = entries[i]->resource;

        if (!a->ok || !b->ok || a->number != b->number)
            continue;
        resource_refuse(resource, field_place(b), "PriorityInUse",
                        "Priority %u of listener " STR_FMT
                        " is taken by %s%s\ngive each rule its own; the lowest "
                        "number is tried first",
                        b->number, STR_ARG(listener->id),
                        entries[i - 1]->resource->name,
                        resource_see(resource, field_place(b), field_place(a)));
    }
}

/* AWS counts the rules of a load balancer, default rules left out. */
static void check_number(struct build *build, const struct resource *resource,
                         const struct config_listener *listener, unsigned n)
{
    const struct config_load_balancer *lb = listener->load_balancer;
    unsigned quota = quota_value(&build->config->quotas, QUOTA_RULES);
    unsigned before = build->balancers[lb->index].nrules;

    build->balancers[lb->index].nrules += n;
    if (n > CONFIG_RULES_MAX)
        resource_refuse(resource, resource_place(resource), "TooManyRules",
                        "listener " STR_FMT " has %u rules: Sluice takes %d\n"
                        "use more listeners",
                        STR_ARG(listener->id), n, CONFIG_RULES_MAX);
    else if (before <= quota && before + n > quota)
        resource_doubt(resource, resource_place(resource),
                       "load balancer " STR_FMT
                       " has more than %u rules, AWS's quota\nask AWS for a "
                       "larger one (rules-per-application-load-balancer)",
                       STR_ARG(lb->id), quota);
}

static void check_groups(struct build *build, const struct resource *resource,
                         const struct config_load_balancer *lb, unsigned before)
{
    unsigned quota =
        quota_value(&build->config->quotas, QUOTA_GROUPS_OF_BALANCER);

    if (before <= quota && build->balancers[lb->index].ngroups > quota)
        resource_doubt(resource, resource_place(resource),
                       "load balancer " STR_FMT
                       " has more than %u target groups, AWS's quota\nuse "
                       "another load balancer for some of them",
                       STR_ARG(lb->id), quota);
}

static struct rule_entry **sort_entries(struct build *build,
                                        const struct rule_list *list)
{
    struct rule_entry **entries =
        region_take(&build->region, (list->n + 1) * sizeof(void *));
    unsigned n = 0;

    for (struct rule_entry *e = list->first; e; e = e->next)
        entries[n++] = e;
    qsort(entries, n, sizeof(void *), compare_priorities);
    return entries;
}

void read_rules(struct build *build, struct config_listener *listener)
{
    const struct rule_list *list = &build->rules[listener->index];
    struct rule_entry **entries = sort_entries(build, list);
    struct config_rule *rules =
        region_take(&build->config->region, (list->n + 1) * sizeof(*rules));
    unsigned ngroups = build->balancers[listener->load_balancer->index].ngroups;

    check_priorities(listener, entries, list->n);
    for (unsigned i = 0; i < list->n; i++)
        make_rule(build, listener, entries[i], &rules[i]);
    if (list->n) {
        const struct resource *last = entries[list->n - 1]->resource;

        check_number(build, last, listener, list->n);
        check_groups(build, last, listener->load_balancer, ngroups);
    }
    rules[list->n] = listener->rules[0]; /* the default rule */
    listener->rules = rules;
    listener->nrules = list->n + 1;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS::CloudWatch::CompositeAlarm, and what is checked of all alarms together:
 * names, whom they name, circles.
 */
#include <stdlib.h>

#include "model/read_alarm.h"

enum { SUPPRESSOR_MAX_S = 24 * 3600 };

struct input {
    const struct value *value;
    struct alarm_input alarm;
    struct field rule;
    struct field suppressor;
    struct field wait;
    struct field extension;
};

#define AT(member) offsetof(struct input, member)

static const struct property properties[] = {
    ALARM_PROPERTIES(struct input, alarm),
    {.name = "AlarmRule",
     .kind = PROPERTY_STRING,
     .offset = AT(rule),
     .flags = NEEDED,
     .min = 1,
     .max = ALARM_RULE_MAX,
     .example = "ALARM(\"too-many-errors\")"},
    {.name = "ActionsSuppressor",
     .kind = PROPERTY_STRING,
     .offset = AT(suppressor),
     .flags = PROPERTY_UNKNOWABLE,
     .min = 1,
     .max = 1600,
     .example = "!Ref Deploying"},
    {.name = "ActionsSuppressorWaitPeriod",
     .kind = PROPERTY_INTEGER,
     .offset = AT(wait),
     .max = SUPPRESSOR_MAX_S,
     .example = "120"},
    {.name = "ActionsSuppressorExtensionPeriod",
     .kind = PROPERTY_INTEGER,
     .offset = AT(extension),
     .max = SUPPRESSOR_MAX_S,
     .example = "180"},
};

static const struct schema schema = SCHEMA(properties, struct input);

static void read_rule_text(struct build *build, const struct resource *resource,
                           struct config_alarm *alarm,
                           const struct field *field)
{
    struct error error = {""};

    alarm->rule_text = keep_text(build, field);
    if (alarm_is_elsewhere(alarm, field) || !field->ok ||
        alarm_rule_parse(&build->config->region, alarm->rule_text, &alarm->rule,
                         &error))
        return;
    resource_error(resource, field_place(field),
                   "AlarmRule is wrong: %s\n"
                   "write one such as ALARM(\"a\") AND NOT OK(\"b\")",
                   error.text);
}

static void need(const struct resource *resource, const struct field *field,
                 const struct field *suppressor, const char *name)
{
    if (field->value == NULL)
        resource_error(resource, field_place(suppressor),
                       "ActionsSuppressor is there without %s\n"
                       "write %s: 120",
                       name, name);
}

void read_composite(struct build *build, const struct resource *resource)
{
    struct input input = {.value = NULL};
    struct config_alarm *alarm;

    schema_read(resource, &schema, NULL, resource->properties, &input);
    alarm = read_alarm_begin(build, resource, &input.alarm);
    alarm->composite = true;
    read_rule_text(build, resource, alarm, &input.rule);
    alarm->wait_s = input.wait.number;
    alarm->extension_s = input.extension.number;
    if (input.suppressor.value == NULL)
        return;
    need(resource, &input.wait, &input.suppressor,
         "ActionsSuppressorWaitPeriod");
    need(resource, &input.extension, &input.suppressor,
         "ActionsSuppressorExtensionPeriod");
    alarm_is_elsewhere(alarm, &input.suppressor);
    build->suppressors[alarm->index] = input.suppressor;
}

/* ---- by name --------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct config_alarm *const *x = a;
    const struct config_alarm *const *y = b;
    int order = strcmp((*x)->name.p, (*y)->name.p);

    return order ? order : ((*x)->index > (*y)->index) - 1;
}

static void sort(struct build *build)
{
    struct config_alarms *alarms = &build->config->alarms;

    alarms->by_name =
        region_take(&build->config->region, (alarms->n + 1) * sizeof(void *));
    for (unsigned i = 0; i < alarms->n; i++)
        alarms->by_name[i] = alarms->all[i];
    if (alarms->n)
        qsort(alarms->by_name, alarms->n, sizeof(void *), compare);
}

static void check_unique(struct build *build)
{
    const struct config_alarms *alarms = &build->config->alarms;

    for (unsigned i = 1; i < alarms->n; i++) {
        const struct config_alarm *a = alarms->by_name[i - 1];
        const struct config_alarm *b = alarms->by_name[i];
        const struct resource *resource = build->alarm_resources[b->index];
        const struct resource *other = build->alarm_resources[a->index];

        if (str_eq(a->name, b->name))
            resource_error(resource, resource_place(resource),
                           "AlarmName \"" STR_FMT "\" is that of %s%s as well\n"
                           "names of alarms are unique: give it another one",
                           STR_ARG(shown(b->name)), other->name,
                           resource_see(resource, resource_place(resource),
                                        resource_place(other)));
    }
}

/* ---- whom they name ----------------------------------------------------------------------- */

static const struct config_alarm *find(const struct config *config,
                                       struct str text)
{
    const struct config_alarm *alarm = config_find_alarm_named(config, text);

    return alarm ? alarm : config_find_alarm(config, text);
}

static const char *near(const struct build *build,
                        const struct resource *resource, struct str text)
{
    struct suggest s = suggest_for(text);

    for (unsigned i = 0; i < build->config->alarms.n; i++)
        suggest_offer(&s, build->config->alarms.all[i]->name.p);
    if (suggest_best(&s) == NULL)
        return "declare it as well";
    return region_printf(resource->region, "did you mean \"%s\"?",
                         suggest_best(&s))
        .p;
}

static void link_children(struct build *build, struct config_alarm *alarm)
{
    const struct resource *resource = build->alarm_resources[alarm->index];
    const struct alarm_rule *rule = &alarm->rule;
    unsigned *children = region_take(&build->config->region,
                                     (rule->nchildren + 1) * sizeof(*children));

    for (unsigned i = 0; i < rule->nchildren; i++) {
        const struct config_alarm *child =
            find(build->config, rule->children[i]);

        if (child) {
            children[i] = child->index;
            continue;
        }
        resource_error(resource, resource_place(resource),
                       "AlarmRule names the alarm \"" STR_FMT
                       "\", which does not exist\n%s",
                       STR_ARG(shown(rule->children[i])),
                       near(build, resource, rule->children[i]));
    }
    alarm->children = children;
}

static void link_suppressor(struct build *build, struct config_alarm *alarm)
{
    const struct resource *resource = build->alarm_resources[alarm->index];
    const struct field *field = &build->suppressors[alarm->index];
    const struct config_alarm *found;

    if (!field->ok)
        return;
    found = find(build->config, field->text);
    alarm->suppressor_text = keep_text(build, field);
    if (found)
        alarm->suppressor = (int)found->index;
    else
        resource_error(resource, field_place(field),
                       "ActionsSuppressor is \"" STR_FMT
                       "\", and there is no such alarm\n%s",
                       STR_ARG(shown(field->text)),
                       near(build, resource, field->text));
}

/* ---- their order ---------------------------------------------------------------------------- */

/* How many that an alarm names come before it, and who names it: as arrays of
 * edges, since anybody may name anybody. */
struct ordering {
    const struct config_alarms *alarms;
    unsigned *waits; /* by alarm: whom it names that has no place yet */
    unsigned *first; /* by alarm: its first edge, 1 up; 0: none */
    unsigned *next;  /* by edge */
    unsigned *namer; /* by edge */
    unsigned nedges;
};

static unsigned count_edges(const struct config_alarms *alarms)
{
    unsigned n = 1;

    for (unsigned i = 0; i < alarms->n; i++)
        n += alarms->all[i]->rule.nchildren + 1;
    return n;
}

static void edge(struct ordering *o, unsigned named, unsigned namer)
{
    unsigned e = ++o->nedges;

    o->namer[e] = namer;
    o->next[e] = o->first[named];
    o->first[named] = e;
    o->waits[namer]++;
}

static void add_edges(struct ordering *o)
{
    for (unsigned i = 0; i < o->alarms->n; i++) {
        const struct config_alarm *alarm = o->alarms->all[i];

        for (unsigned c = 0; c < alarm->rule.nchildren; c++)
            edge(o, alarm->children[c], i);
        if (alarm->suppressor >= 0)
            edge(o, (unsigned)alarm->suppressor, i);
    }
}

/* Who waits for nobody has the next place; as many as get one. */
static unsigned place_all(struct ordering *o, unsigned *order)
{
    unsigned n = 0;

    for (unsigned i = 0; i < o->alarms->n; i++) {
        if (o->waits[i] == 0)
            order[n++] = i;
    }
    for (unsigned done = 0; done < n; done++) {
        for (unsigned e = o->first[order[done]]; e; e = o->next[e]) {
            if (--o->waits[o->namer[e]] == 0)
                order[n++] = o->namer[e];
        }
    }
    return n;
}

static void tell_circle(struct build *build, const struct ordering *o)
{
    for (unsigned i = 0; i < o->alarms->n; i++) {
        const struct resource *resource = build->alarm_resources[i];

        if (o->waits[i] == 0)
            continue;
        resource_error(resource, resource_place(resource),
                       "its state depends on itself, by the alarms that its "
                       "AlarmRule and ActionsSuppressor name\n"
                       "take one of them out");
        return;
    }
}

static void order(struct build *build)
{
    struct config_alarms *alarms = &build->config->alarms;
    struct region *region = &build->region;
    unsigned nedges = count_edges(alarms) + 1;
    struct ordering o = {
        .alarms = alarms,
        .waits = region_take(region, (alarms->n + 1) * sizeof(unsigned)),
        .first = region_take(region, (alarms->n + 1) * sizeof(unsigned)),
        .next = region_take(region, nedges * sizeof(unsigned)),
        .namer = region_take(region, nedges * sizeof(unsigned)),
    };

    alarms->order =
        region_take(&build->config->region, (alarms->n + 1) * sizeof(unsigned));
    add_edges(&o);
    if (place_all(&o, alarms->order) < alarms->n)
        tell_circle(build, &o);
}

void read_alarms_end(struct build *build)
{
    struct config_alarms *alarms = &build->config->alarms;
    unsigned errors = build->report->errors;

    if (alarms->n > CONFIG_ALARMS_MAX)
        resource_error(
            build->alarm_resources[CONFIG_ALARMS_MAX],
            resource_place(build->alarm_resources[CONFIG_ALARMS_MAX]),
            "there are more than %d alarms, AWS's quota", CONFIG_ALARMS_MAX);
    sort(build);
    check_unique(build);
    for (unsigned i = 0; i < alarms->n; i++) {
        link_children(build, alarms->all[i]);
        link_suppressor(build, alarms->all[i]);
    }
    if (build->report->errors == errors)
        order(build);
}

/* ---- finding ------------------------------------------------------------------------------------ */

static int compare_name(const void *key, const void *b)
{
    const struct str *name = key;
    const struct config_alarm *alarm = *(const struct config_alarm *const *)b;

    return str_compare(*name, alarm->name);
}

const struct config_alarm *config_find_alarm_named(const struct config *config,
                                                   struct str name)
{
    struct config_alarm *const *found = NULL;

    if (config->alarms.n)
        found = bsearch(&name, config->alarms.by_name, config->alarms.n,
                        sizeof(void *), compare_name);
    return found ? *found : NULL;
}

const struct config_alarm *config_find_alarm(const struct config *config,
                                             struct str arn)
{
    struct str mark = STR(":alarm:");
    const char *at = arn.n ? memmem(arn.p, arn.n, mark.p, mark.n) : NULL;
    const struct config_alarm *alarm;

    if (at == NULL)
        return NULL;
    at += mark.n;
    alarm = config_find_alarm_named(config,
                                    str_make(at, (size_t)(arn.p + arn.n - at)));
    return alarm && str_eq(alarm->arn, arn) ? alarm : NULL;
}

const struct config_alarm_metric *
config_alarm_metric(const struct config_alarm *alarm)
{
    if (alarm->nqueries == 0)
        return alarm->composite ? NULL : &alarm->metric;
    for (unsigned i = 0; i < alarm->nqueries; i++) {
        const struct config_alarm_query *query = &alarm->queries[i];

        if (query->returns)
            return query->expression.n ? NULL : &query->metric;
    }
    return NULL;
}

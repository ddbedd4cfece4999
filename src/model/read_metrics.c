/* SPDX-License-Identifier: Apache-2.0 */
#include "model/read.h"

/* Metadata.Sluice.Metrics. */
struct input {
    const struct value *value;
    struct field space;
    struct field zones;
    struct field include;
    struct field exclude;
};

#define AT(member) offsetof(struct input, member)

static const struct property properties[] = {
    {.name = "Namespace",
     .kind = PROPERTY_STRING,
     .offset = AT(space),
     .min = 1,
     .max = 255,
     .example = "Sluice/ApplicationELB"},
    {.name = "AvailabilityZones",
     .kind = PROPERTY_BOOL,
     .offset = AT(zones),
     .example = "true"},
    {.name = "Include",
     .kind = PROPERTY_STRINGS,
     .offset = AT(include),
     .example = "[RequestCount]"},
    {.name = "Exclude",
     .kind = PROPERTY_STRINGS,
     .offset = AT(exclude),
     .example = "[RuleEvaluations]"},
};

const struct schema metrics_schema = {
    .properties = properties,
    .n = sizeof(properties) / sizeof(*properties),
    .size = sizeof(struct input),
    .own = true,
};

#define COUNT(name) NULL
#define AMOUNT(name) NULL
#define OF_GROUP(name) NULL
#define MOST(name) NULL
#define GAUGE(name) NULL
#define TIMES NULL
#define PER_TARGET NULL
#define LCUS NULL
#define NOT_YET(why) why

static const struct listed {
    const char *name;
    const char *missing; /* what it needs and is not here; NULL: nothing */
} listed[] = {
#define METRIC(name, unit, dimensions, when, source) {name, source},
#include "stats/metrics.def"
#undef METRIC
};

enum { LISTED = sizeof(listed) / sizeof(listed[0]) };

static const struct listed *find(struct str name)
{
    for (unsigned i = 0; i < LISTED; i++)
        if (str_eq(name, str_of(listed[i].name)))
            return &listed[i];
    return NULL;
}

static void check_name(const struct resource *resource,
                       const struct field *field, bool wanted)
{
    struct suggest s = suggest_for(field->text);
    const struct listed *metric = find(field->text);

    if (metric && metric->missing && wanted)
        resource_warning(resource, field_place(field),
                         "metric %s is never published: Sluice has no %s\n"
                         "leave it out of Metadata.Sluice.Metrics.Include",
                         metric->name, metric->missing);
    if (metric)
        return;
    for (unsigned i = 0; i < LISTED; i++)
        suggest_offer(&s, listed[i].name);
    resource_error(resource, field_place(field),
                   "load balancers have no metric \"" STR_FMT "\"\n%s%s%s",
                   STR_ARG(shown(field->text)),
                   suggest_best(&s) ? "did you mean " : "",
                   suggest_best(&s) ? suggest_best(&s)
                                    : "write names of AWS/ApplicationELB, such "
                                      "as RequestCount",
                   suggest_best(&s) ? "?" : "");
}

static const struct str *read_names(struct build *build,
                                    const struct resource *resource,
                                    const struct field *list, bool wanted,
                                    unsigned *n)
{
    const struct field *items = list->items;
    struct str *read;

    *n = 0;
    if (!list->ok || list->n == 0)
        return NULL;
    read = region_take(&build->config->region, list->n * sizeof(*read));
    for (unsigned i = 0; i < list->n; i++) {
        if (!items[i].ok)
            continue;
        check_name(resource, &items[i], wanted);
        read[(*n)++] = keep_text(build, &items[i]);
    }
    return read;
}

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return true;
}

static void check_space(const struct resource *resource,
                        const struct field *space)
{
    if (!space->ok)
        return;
    if (str_istarts(space->text, STR("AWS/")))
        resource_error(
            resource, field_place(space),
            "Metadata.Sluice.Metrics.Namespace begins with AWS/: "
            "CloudWatch keeps those names for AWS's own "
            "services\nwrite another one, such as Sluice/" STR_FMT,
            STR_ARG(shown(str_make(space->text.p + 4, space->text.n - 4))));
    else if (space->text.p[0] == ':' || !is_printable(space->text))
        resource_error(resource, field_place(space),
                       "Metadata.Sluice.Metrics.Namespace is none of "
                       "CloudWatch's\nwrite printable ASCII characters, the "
                       "first no colon");
}

void read_metrics(struct build *build, const struct resource *resource,
                  const struct field *field, struct config_metrics *metrics)
{
    const struct input *input = field->items;

    if (!field->ok || input == NULL)
        return;
    check_space(resource, &input->space);
    metrics->space = keep_text(build, &input->space);
    metrics->zones = input->zones.ok && input->zones.number;
    metrics->include =
        read_names(build, resource, &input->include, true, &metrics->ninclude);
    metrics->exclude =
        read_names(build, resource, &input->exclude, false, &metrics->nexclude);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What an alarm is of: a metric, or Metrics, some of them expressions of the
 * others.
 */
#include "model/read_alarm.h"
#include "stats/math.h"

enum { PERIOD_MAX_S = 7 * 24 * 3600, EXPRESSION_MAX = 2048 };

/* ---- tables ------------------------------------------------------------------------ */

struct dimension_input {
    const struct value *value;
    struct field name;
    struct field text;
};

static const struct property dimension_properties[] = {
    {.name = "Name",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct dimension_input, name),
     .flags = NEEDED,
     .min = 1,
     .max = 255,
     .example = "LoadBalancer"},
    {.name = "Value",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct dimension_input, text),
     .flags = NEEDED,
     .min = 1,
     .max = 1024,
     .example = "!GetAtt LoadBalancer.LoadBalancerFullName"},
};

const struct schema dimension_schema =
    SCHEMA(dimension_properties, struct dimension_input);

struct metric_of_stat_input {
    const struct value *value;
    struct metric_input metric;
};

static const struct property metric_properties[] = {
    METRIC_PROPERTIES(struct metric_of_stat_input, metric),
};

static const struct schema metric_schema =
    SCHEMA(metric_properties, struct metric_of_stat_input);

struct stat_input {
    const struct value *value;
    struct field metric;
    struct field period;
    struct field stat;
    struct field unit;
};

static const struct property stat_properties[] = {
    {.name = "Metric",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct stat_input, metric),
     .flags = PROPERTY_REQUIRED,
     .schema = &metric_schema},
    {.name = "Period",
     .kind = PROPERTY_INTEGER,
     .offset = offsetof(struct stat_input, period),
     .flags = NEEDED,
     .min = 1,
     .max = PERIOD_MAX_S,
     .example = "60"},
    {.name = "Stat",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct stat_input, stat),
     .flags = NEEDED,
     .min = 1,
     .example = "Sum"},
    {.name = "Unit",
     .kind = PROPERTY_WORD,
     .offset = offsetof(struct stat_input, unit),
     .words = metric_units},
};

static const struct schema stat_schema =
    SCHEMA(stat_properties, struct stat_input);

struct query_input {
    const struct value *value;
    struct field id;
    struct field expression;
    struct field label;
    struct field stat;
    struct field period;
    struct field returns;
    struct field account;
};

#define QUERY(member) offsetof(struct query_input, member)

static const struct property query_properties[] = {
    {.name = "Id",
     .kind = PROPERTY_STRING,
     .offset = QUERY(id),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = 255,
     .example = "m1"},
    {.name = "Expression",
     .kind = PROPERTY_STRING,
     .offset = QUERY(expression),
     .flags = PROPERTY_UNKNOWABLE,
     .min = 1,
     .max = EXPRESSION_MAX,
     .example = "\"100 * m1 / m2\""},
    {.name = "Label",
     .kind = PROPERTY_STRING,
     .offset = QUERY(label),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "MetricStat",
     .kind = PROPERTY_STRUCT,
     .offset = QUERY(stat),
     .schema = &stat_schema},
    {.name = "Period",
     .kind = PROPERTY_INTEGER,
     .offset = QUERY(period),
     .min = 1,
     .max = PERIOD_MAX_S,
     .example = "60"},
    {.name = "ReturnData", .kind = PROPERTY_BOOL, .offset = QUERY(returns)},
    {.name = "AccountId",
     .kind = PROPERTY_STRING,
     .offset = QUERY(account),
     .flags = PROPERTY_UNKNOWABLE},
};

const struct schema query_schema = SCHEMA(query_properties, struct query_input);

/* ---- a metric ------------------------------------------------------------------------ */

static void read_dimensions(struct build *build,
                            const struct resource *resource,
                            struct config_alarm *alarm,
                            const struct field *list, struct series_name *name)
{
    const struct dimension_input *inputs = list->items;
    struct dimension *made =
        region_take(&build->config->region, (list->n + 1) * sizeof(*made));

    if (list->n > SERIES_DIMENSIONS_MAX) {
        resource_error(resource, field_place(list),
                       "Dimensions has %u entries: a metric has at most %d\n"
                       "leave some out",
                       list->n, SERIES_DIMENSIONS_MAX);
        return;
    }
    for (unsigned i = 0; i < list->n; i++) {
        if (alarm_is_elsewhere(alarm, &inputs[i].name) ||
            alarm_is_elsewhere(alarm, &inputs[i].text))
            continue;
        made[name->ndimensions++] =
            (struct dimension){keep_text(build, &inputs[i].name),
                               keep_text(build, &inputs[i].text)};
    }
    name->dimensions = made;
}

void read_metric(struct build *build, const struct resource *resource,
                 struct config_alarm *alarm, const struct metric_input *input,
                 struct series_name *name)
{
    alarm_is_elsewhere(alarm, &input->space);
    alarm_is_elsewhere(alarm, &input->name);
    alarm_is_elsewhere(alarm, &input->dimensions);
    name->space = keep_text(build, &input->space);
    name->metric = keep_text(build, &input->name);
    read_dimensions(build, resource, alarm, &input->dimensions, name);
}

unsigned read_period(const struct resource *resource, const struct field *field,
                     const char *name)
{
    unsigned period = field->number;

    if (!field->ok)
        return 0;
    if (period == 10 || period == 20 || period == 30 ||
        (period && period % 60 == 0))
        return period;
    resource_error(resource, field_place(field),
                   "%s is %u: AWS takes 10, 20, 30 and multiples of 60\n"
                   "write %s: 60",
                   name, period, name);
    return 0;
}

struct str read_statistic(struct build *build, const struct resource *resource,
                          const struct field *field, const char *name)
{
    struct str text = shown(field->text);

    if (!field->ok || statistic_is_one(field->text))
        return keep_text(build, field);
    resource_error(resource, field_place(field),
                   "%s cannot be \"" STR_FMT "\"\n"
                   "write Sum, Average, Minimum, Maximum, SampleCount, or one "
                   "such as p99, tm95, TM(5%%:95%%), PR(:0.5), IQM",
                   name, STR_ARG(text));
    return STR("");
}

/* ---- Metrics ---------------------------------------------------------------------------- */

/* A letter, then letters, digits and _. */
static bool is_query_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        if (!is_alnum(id.p[i]) && id.p[i] != '_')
            return false;
    }
    return id.n && id.p[0] >= 'a' && id.p[0] <= 'z';
}

static void check_query_id(const struct resource *resource,
                           const struct query_input *inputs, unsigned i)
{
    const struct field *id = &inputs[i].id;
    struct str text = shown(id->text);

    if (!id->ok)
        return;
    if (!is_query_id(id->text))
        resource_error(resource, field_place(id),
                       "Id of Metrics cannot be \"" STR_FMT
                       "\": it is a small letter, then letters, digits and _\n"
                       "write one such as m1",
                       STR_ARG(text));
    for (unsigned j = 0; j < i; j++) {
        if (inputs[j].id.ok && str_eq(inputs[j].id.text, id->text)) {
            resource_error(resource, field_place(id),
                           "Id \"" STR_FMT "\" is there twice in Metrics\n"
                           "give each its own",
                           STR_ARG(text));
            return;
        }
    }
}

static void read_stat(struct build *build, const struct resource *resource,
                      struct config_alarm *alarm,
                      const struct stat_input *input,
                      struct config_alarm_metric *metric)
{
    const struct metric_of_stat_input *of = input->metric.items;

    alarm_is_elsewhere(alarm, &input->period);
    alarm_is_elsewhere(alarm, &input->stat);
    if (of)
        read_metric(build, resource, alarm, &of->metric, &metric->name);
    metric->statistic =
        read_statistic(build, resource, &input->stat, "Stat of Metrics");
    metric->unit = keep_text(build, &input->unit);
    metric->period_s = read_period(resource, &input->period, "Period");
}

/* What an alarm of expressions cannot have here. */
static bool check_expression(const struct resource *resource,
                             struct config_alarm *alarm,
                             const struct field *expression)
{
    static const char *const strange[] = {"ANOMALY_DETECTION_BAND", "SEARCH(",
                                          "INSIGHT_RULE_METRIC",
                                          "DB_PERF_INSIGHTS", "SELECT "};

    for (size_t i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
        const char *word = strange[i];

        if (!expression->ok ||
            !memmem(expression->text.p, expression->text.n, word, strlen(word)))
            continue;
        alarm->elsewhere = true;
        resource_doubt(resource, field_place(expression),
                       "Expression has %.*s, which Sluice does not evaluate: "
                       "the alarm stays INSUFFICIENT_DATA here\n"
                       "compare with a Threshold of your own",
                       (int)strcspn(word, "( "), word);
        return false;
    }
    return true;
}

struct ids {
    const struct query_input *inputs;
    unsigned n;
    struct str unknown; /* n == 0: each is there */
};

static void look_for(void *to, struct str id)
{
    struct ids *ids = to;

    for (unsigned i = 0; i < ids->n; i++) {
        if (ids->inputs[i].id.ok && str_eq(ids->inputs[i].id.text, id))
            return;
    }
    ids->unknown = id;
}

/* That it can be evaluated, and names what there is. */
static void parse_expression(const struct resource *resource,
                             const struct field *list,
                             const struct field *expression)
{
    struct ids ids = {.inputs = list->items, .n = list->n};
    struct error error = {""};
    const struct math_node *node;

    if (!expression->ok)
        return;
    node = math_parse(expression->text, resource->region, &error);
    if (node == NULL)
        resource_error(resource, field_place(expression),
                       "Expression of Metrics is wrong: %s\n"
                       "write one such as 100 * m1 / m2",
                       error.text);
    else
        math_ids(node, look_for, &ids);
    if (ids.unknown.n)
        resource_error(resource, field_place(expression),
                       "Expression names \"" STR_FMT
                       "\", and no entry of Metrics has this Id\n"
                       "add one, or write the Id of another",
                       STR_ARG(shown(ids.unknown)));
}

static void read_query(struct build *build, const struct resource *resource,
                       struct config_alarm *alarm, const struct field *list,
                       const struct query_input *input,
                       struct config_alarm_query *query)
{
    bool both = input->expression.value && input->stat.value;

    query->id = keep_text(build, &input->id);
    query->label = keep_text(build, &input->label);
    query->expression = keep_text(build, &input->expression);
    query->returns = !input->returns.ok || input->returns.number;
    alarm_is_elsewhere(alarm, &input->expression);
    if (check_expression(resource, alarm, &input->expression))
        parse_expression(resource, list, &input->expression);
    if (both || (!input->expression.value && !input->stat.value))
        resource_error(resource, &input->value->place,
                       "an entry of Metrics has %s Expression and MetricStat\n"
                       "give it one of them",
                       both ? "both" : "neither");
    if (input->stat.items)
        read_stat(build, resource, alarm, input->stat.items, &query->metric);
    query->period_s = read_period(resource, &input->period, "Period");
}

/* The period that all of them have. */
static void take_period(const struct resource *resource,
                        struct config_alarm *alarm, const struct field *list,
                        unsigned period_s)
{
    if (period_s == 0)
        return;
    if (alarm->period_s && alarm->period_s != period_s)
        resource_error(resource, field_place(list),
                       "Metrics have periods of %u and of %u seconds: AWS "
                       "wants the same one of all\nwrite it everywhere",
                       alarm->period_s, period_s);
    alarm->period_s = period_s;
}

static void check_queries(const struct resource *resource,
                          struct config_alarm *alarm, const struct field *list)
{
    unsigned returned = 0;
    unsigned metrics = 0;

    for (unsigned i = 0; i < alarm->nqueries; i++) {
        const struct config_alarm_query *query = &alarm->queries[i];

        returned += query->returns;
        metrics += query->metric.name.metric.n > 0;
        take_period(resource, alarm, list, query->metric.period_s);
        take_period(resource, alarm, list, query->period_s);
    }
    if (returned != 1)
        resource_error(resource, field_place(list),
                       "%u entries of Metrics have ReturnData: the alarm is of "
                       "exactly one\nwrite ReturnData: false at the others",
                       returned);
    if (metrics > CONFIG_ALARM_METRICS_MAX)
        resource_error(resource, field_place(list),
                       "Metrics has %u metrics: AWS takes at most %d\n"
                       "leave some out",
                       metrics, CONFIG_ALARM_METRICS_MAX);
}

void read_queries(struct build *build, const struct resource *resource,
                  struct config_alarm *alarm, const struct field *list)
{
    const struct query_input *inputs = list->items;
    struct config_alarm_query *queries;

    if (!list->ok)
        return;
    if (list->n == 0 || list->n > CONFIG_ALARM_QUERIES_MAX) {
        resource_error(resource, field_place(list),
                       "Metrics has %u entries: AWS takes 1 to %d", list->n,
                       CONFIG_ALARM_QUERIES_MAX);
        return;
    }
    queries = region_take(&build->config->region, list->n * sizeof(*queries));
    for (unsigned i = 0; i < list->n; i++) {
        check_query_id(resource, inputs, i);
        read_query(build, resource, alarm, list, &inputs[i], &queries[i]);
    }
    alarm->nqueries = list->n;
    alarm->queries = queries;
    check_queries(resource, alarm, list);
}

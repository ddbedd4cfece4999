/* SPDX-License-Identifier: Apache-2.0
 *
 * What the readers of alarms and topics share.  Private to the model.
 */
#ifndef SLUICE_MODEL_READ_ALARM_H
#define SLUICE_MODEL_READ_ALARM_H

#include "model/alarm.h"
#include "model/read.h"

/* Of both kinds of alarms. */
struct alarm_input {
    struct field name;
    struct field description;
    struct field enabled;
    struct field actions[ALARM_STATES];
};

#define ALARM_PROPERTIES(type, member)                                         \
    {.name = "AlarmName",                                                      \
     .kind = PROPERTY_STRING,                                                  \
     .offset = offsetof(type, member.name),                                    \
     .flags = PROPERTY_UNKNOWABLE,                                             \
     .min = 1,                                                                 \
     .max = CONFIG_ALARM_NAME_MAX,                                             \
     .example = "too-many-errors"},                                            \
        {.name = "AlarmDescription",                                           \
         .kind = PROPERTY_STRING,                                              \
         .offset = offsetof(type, member.description),                         \
         .flags = PROPERTY_UNKNOWABLE,                                         \
         .max = 1024},                                                         \
        {.name = "ActionsEnabled",                                             \
         .kind = PROPERTY_BOOL,                                                \
         .offset = offsetof(type, member.enabled)},                            \
        {.name = "OKActions",                                                  \
         .kind = PROPERTY_STRINGS,                                             \
         .offset = offsetof(type, member.actions[ALARM_STATE_OK]),             \
         .flags = PROPERTY_UNKNOWABLE,                                         \
         .min = 1,                                                             \
         .max = 1024,                                                          \
         .example = "[!Ref Topic]"},                                           \
        {.name = "AlarmActions",                                               \
         .kind = PROPERTY_STRINGS,                                             \
         .offset = offsetof(type, member.actions[ALARM_STATE_ALARM]),          \
         .flags = PROPERTY_UNKNOWABLE,                                         \
         .min = 1,                                                             \
         .max = 1024,                                                          \
         .example = "[!Ref Topic]"},                                           \
        {.name = "InsufficientDataActions",                                    \
         .kind = PROPERTY_STRINGS,                                             \
         .offset =                                                             \
             offsetof(type, member.actions[ALARM_STATE_INSUFFICIENT_DATA]),    \
         .flags = PROPERTY_UNKNOWABLE,                                         \
         .min = 1,                                                             \
         .max = 1024,                                                          \
         .example = "[!Ref Topic]"},                                           \
    {                                                                          \
        .name = "Tags", .kind = PROPERTY_IGNORED                               \
    }

/* A new one in the config, with what both kinds have; it is also known by its
 * ARN. */
struct config_alarm *read_alarm_begin(struct build *build,
                                      const struct resource *resource,
                                      const struct alarm_input *input);

/* It is a value that only AWS knows: the alarm has nothing to look at. */
bool alarm_is_elsewhere(struct config_alarm *alarm, const struct field *field);

/* ---- read_alarm_metric.c: a metric, and Metrics ------------------------------ */

/* With METRIC_PROPERTIES in the table. */
struct metric_input {
    struct field space;
    struct field name;
    struct field dimensions;
};

extern const struct schema dimension_schema;
extern const struct schema query_schema;

#define METRIC_PROPERTIES(type, member)                                        \
    {.name = "Namespace",                                                      \
     .kind = PROPERTY_STRING,                                                  \
     .offset = offsetof(type, member.space),                                   \
     .flags = PROPERTY_UNKNOWABLE,                                             \
     .min = 1,                                                                 \
     .max = 255,                                                               \
     .example = "AWS/ApplicationELB"},                                         \
        {.name = "MetricName",                                                 \
         .kind = PROPERTY_STRING,                                              \
         .offset = offsetof(type, member.name),                                \
         .flags = PROPERTY_UNKNOWABLE,                                         \
         .min = 1,                                                             \
         .max = 255,                                                           \
         .example = "HTTPCode_Target_5XX_Count"},                              \
    {                                                                          \
        .name = "Dimensions", .kind = PROPERTY_STRUCTS,                        \
        .offset = offsetof(type, member.dimensions),                           \
        .flags = PROPERTY_UNKNOWABLE, .schema = &dimension_schema,             \
        .example = "[{Name: LoadBalancer, Value: !GetAtt "                     \
                   "LoadBalancer.LoadBalancerFullName}]"                       \
    }

/* Name and dimensions. */
void read_metric(struct build *build, const struct resource *resource,
                 struct config_alarm *alarm, const struct metric_input *input,
                 struct series_name *name);

/* 10, 20, 30 or a multiple of 60; else an error. */
unsigned read_period(const struct resource *resource, const struct field *field,
                     const char *name);

/* Checks that it is a statistic. */
struct str read_statistic(struct build *build, const struct resource *resource,
                          const struct field *field, const char *name);

/* alarm->queries, and its period. */
void read_queries(struct build *build, const struct resource *resource,
                  struct config_alarm *alarm, const struct field *list);

#endif

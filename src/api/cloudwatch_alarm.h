/* SPDX-License-Identifier: Apache-2.0
 *
 * What CloudWatch's actions on alarms share.
 */
#ifndef SLUICE_API_CLOUDWATCH_ALARM_H
#define SLUICE_API_CLOUDWATCH_ALARM_H

#include "api/cloudwatch.h"

#define ALARM_TYPE "AWS::CloudWatch::Alarm"
#define COMPOSITE_TYPE "AWS::CloudWatch::CompositeAlarm"

enum { ALARM_PAGE = 50, ALARM_PAGE_MAX = 100, ALARM_NAMES_MAX = 100 };

/* ---- members of shapes ------------------------------------------------------------- */

#define ALARM_MEMBER_NAME                                                      \
    .name = "AlarmName", .min = 1, .max = CONFIG_ALARM_NAME_MAX
#define ALARM_MEMBER_NAMES                                                     \
    .name = "AlarmNames", .kind = MEMBER_TEXTS, .most = ALARM_NAMES_MAX,       \
    .min = 1, .max = CONFIG_ALARM_NAME_MAX
#define ALARM_MEMBER_TYPES                                                     \
    .name = "AlarmTypes", .kind = MEMBER_WORDS, .words = alarm_type_words
#define ALARM_MEMBERS_OF_PAGE                                                  \
    {.name = "MaxRecords",                                                     \
     .kind = MEMBER_NUMBER,                                                    \
     .min = 1,                                                                 \
     .max = ALARM_PAGE_MAX},                                                   \
    {                                                                          \
        .name = "NextToken"                                                    \
    }

extern const char *const alarm_type_words[]; /* CompositeAlarm, MetricAlarm */

/* ---- finding ------------------------------------------------------------------------- */

/* The alarm that AlarmName names; NULL: refused (ResourceNotFound). */
const struct config_alarm *alarm_of_call(struct call *call,
                                         const struct account_view *view);

/* Its resource. */
const struct account_resource *alarm_resource(const struct account_view *view,
                                              const struct config_alarm *alarm);

/* Whom a policy has to allow what is asked of AlarmName: its ARN. */
struct str alarm_concerned(const struct call *call,
                           const struct account_view *view);

/* Whether AlarmTypes asks for that kind: metric alarms where it is left
 * out. */
bool alarm_type_is_wanted(const struct call *call, bool composite);

/* ---- telling ---------------------------------------------------------------------------- */

/* The state that it is in; INSUFFICIENT_DATA where nobody evaluates it. */
struct alarm_seen alarm_state_of(const struct account_view *view,
                                 const struct config_alarm *alarm);

/* MetricAlarm or CompositeAlarm. */
void alarm_tell(struct call *call, const struct account_view *view,
                const struct config_alarm *alarm, struct value *map);

/* A timestamp with milliseconds. */
void put_moment(struct region *region, struct value *map, const char *name,
                uint64_t ms);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What account_view tells of alarms beside what they are: the states that they
 * are in, and what became of them so far.
 */
#ifndef SLUICE_API_ALARM_VIEW_H
#define SLUICE_API_ALARM_VIEW_H

#include "model/alarm.h"

/* Why a composite alarm did not run its actions. */
enum alarm_suppressed {
    ALARM_NOT_SUPPRESSED,
    ALARM_SUPPRESSED_BY_ALARM,
    ALARM_SUPPRESSED_BY_WAIT,
    ALARM_SUPPRESSED_BY_EXTENSION,
};

/* Times in milliseconds since 1970. */
struct alarm_seen {
    enum alarm_state state;
    struct str reason;
    struct str reason_data;   /* JSON; n == 0: none */
    uint64_t configured_ms;   /* made, or changed last */
    uint64_t updated_ms;      /* the state was told */
    uint64_t transitioned_ms; /* ... and was another one */
    enum alarm_suppressed suppressed;
};

enum alarm_history_kind {
    ALARM_HISTORY_CONFIGURATION,
    ALARM_HISTORY_STATE,
    ALARM_HISTORY_ACTION,
};

struct alarm_history_item {
    struct str name; /* of the alarm */
    bool composite;
    uint64_t time_ms;
    enum alarm_history_kind kind;
    struct str summary; /* "Alarm updated from OK to ALARM" */
    struct str data;    /* JSON */
};

/* False: there is no alarm of that ARN.  Texts are good until the next state. */
typedef bool alarm_function(void *owner, struct str arn,
                            struct alarm_seen *seen);

/* Calls `visit` for each item, the oldest first. */
typedef void alarm_history_function(
    void *owner, void (*visit)(void *to, const struct alarm_history_item *item),
    void *to);

/* What SetAlarmState asks for, in the region of its call. */
struct alarm_setting {
    struct str arn; /* of an alarm that there is */
    enum alarm_state state;
    struct str reason;
    struct str reason_data; /* n == 0: none */
};

#endif

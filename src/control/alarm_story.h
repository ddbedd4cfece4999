/* SPDX-License-Identifier: Apache-2.0
 *
 * How the history of alarms is told, in CloudWatch's words; and why a composite
 * alarm is in its state.
 */
#ifndef SLUICE_CONTROL_ALARM_STORY_H
#define SLUICE_CONTROL_ALARM_STORY_H

#include "control/alarms.h"

enum alarm_configured { ALARM_MADE, ALARM_CHANGED, ALARM_REMOVED };

/* `Alarm "NAME" created`, updated, deleted. */
void alarm_story_configured(struct alarm_history *history,
                            const struct config_alarm *alarm,
                            enum alarm_configured what, uint64_t now_ms);

/* `Alarm updated from OK to ALARM`; the reason that it had before. */
void alarm_story_changed(struct alarm_history *history,
                         const struct alarm_change *change, struct str reason,
                         struct str reason_data);

/* `Actions suppressed by WaitPeriod`. */
void alarm_story_suppressed(struct alarm_history *history,
                            const struct config_alarm *alarm,
                            enum alarm_suppressed by, uint64_t now_ms);

/* WaitPeriod, ExtensionPeriod, Alarm. */
const char *alarm_suppressed_word(enum alarm_suppressed by);

/* What became of an action of the alarm. */
struct alarm_acted {
    struct str name; /* of the alarm */
    bool composite;
    struct str action;   /* ARN */
    uint64_t changed_ms; /* of the state that it is for */
    struct str message;  /* that was published; n == 0: none */
    struct str error;    /* n == 0: it was run */
    bool skipped;        /* nobody tried: `error` says why */
};

/* `Successfully executed action ARN`, `Failed to execute action ARN`, `Action
 * ARN not executed: WHY`. */
void alarm_story_acted(struct alarm_history *history,
                       const struct alarm_acted *acted, uint64_t now_ms);

/* "ARN was created and its alarm rule evaluates to OK". */
void alarm_story_put_evaluated(struct text *t, const struct config_alarm *alarm,
                               bool made, enum alarm_state state);

/* "ARN transitioned to ALARM at Friday 22 July, 2022 15:57:45 UTC". */
void alarm_story_put_cause(struct text *t, const struct config_alarm *child,
                           enum alarm_state state, uint64_t time_ms);

/* {"triggeringAlarms":[{"arn", "state": {"value", "timestamp"}}]}. */
void alarm_story_put_trigger(struct text *t, const struct config_alarm *child,
                             enum alarm_state state, uint64_t time_ms);

#endif

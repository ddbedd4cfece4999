/* SPDX-License-Identifier: Apache-2.0
 *
 * What CloudWatch tells a topic of SNS of an alarm: a JSON object with
 * AlarmName, NewStateValue, NewStateReason, StateChangeTime, Region, OldState-
 * Value, Trigger and so on.
 */
#ifndef SLUICE_CONTROL_ALARM_MESSAGE_H
#define SLUICE_CONTROL_ALARM_MESSAGE_H

#include "control/alarms.h"

enum { ALARM_MESSAGE_MAX = 256 * 1024 }; /* SNS's */

/* The object; overflow: it is longer than the text's room. */
void alarm_message_put(struct text *t, const struct config *config,
                       const struct alarm_change *change);

/* `ALARM: "NAME" in EU (Ireland)`. */
void alarm_message_put_subject(struct text *t, const struct config *config,
                               const struct alarm_change *change);

#endif

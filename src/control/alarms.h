/* SPDX-License-Identifier: Apache-2.0
 *
 * The states that alarms are in.
 *
 * They belong to alarms by their names: a change of anything else, HUP too,
 * leaves them as they are.  A new alarm is INSUFFICIENT_DATA ("Unchecked:
 * Initial alarm creation") and evaluated at once, as one whose configuration
 * changed; the others each minute.  Composite alarms follow when one of those
 * that they name changed.
 *
 * Pure but for what `act` does: time and metrics are given.  Of one thread
 * (control).
 */
#ifndef SLUICE_CONTROL_ALARMS_H
#define SLUICE_CONTROL_ALARMS_H

#include "control/alarm_history.h"
#include "model/config.h"

/* An alarm is in another state. */
struct alarm_change {
    const struct config_alarm *alarm;
    enum alarm_state from;
    enum alarm_state to;
    struct str reason;
    struct str reason_data;
    uint64_t time_ms;
    uint64_t configured_ms; /* when the alarm was made or changed */
};

struct alarms_ops {
    /* Run this action of the alarm, one of those for `to`; once.  May say in
     * the history what became of it, then or later. */
    void (*act)(void *owner, const struct alarm_change *change,
                struct str action);
    void *owner;
};

struct alarms;

/* `born_ms`: since when there are metrics.  What was before nobody knows: it is
 * not missing, and breaches nothing. */
struct alarms *alarms_new(const struct alarms_ops *ops, uint64_t born_ms);
void alarms_free(struct alarms *alarms); /* NULL: nothing */

/* That is the config from now on (held).  Alarms that are new in it, or say
 * something else, are evaluated; `series` may be NULL: there are no metrics. */
void alarms_know(struct alarms *alarms, struct config *config,
                 const struct series_store *series, uint64_t now_ms);

/* Evaluates all of them by the minutes before `now_ms`.  False: there are so
 * many that it goes on with alarms_go_on(), which returns the same. */
bool alarms_evaluate(struct alarms *alarms, const struct series_store *series,
                     uint64_t now_ms);
bool alarms_go_on(struct alarms *alarms, const struct series_store *series);

/* SetAlarmState.  False: there is no such alarm. */
bool alarms_set(struct alarms *alarms, struct str arn, enum alarm_state state,
                struct str reason, struct str reason_data, uint64_t now_ms);

/* Actions that were held back run when it is time: call alarms_tick() at
 * alarms_due_ms() (UINT64_MAX: nothing waits). */
uint64_t alarms_due_ms(const struct alarms *alarms);
void alarms_tick(struct alarms *alarms, uint64_t now_ms);

/* False: there is no such alarm. */
bool alarms_see(const struct alarms *alarms, struct str arn,
                struct alarm_seen *seen);

struct alarm_history *alarms_history(struct alarms *alarms);

/* How many are in that state. */
unsigned alarms_count(const struct alarms *alarms, enum alarm_state state);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Who tells others of alarms: SNS's Publish (`--publish sns`), and POSTs to the
 * http and https subscriptions of topics that the template declares, without AWS
 * (`--publish sns-http`).
 *
 * On control's loop.  A notice goes out once for a state that an alarm comes
 * into, those of one alarm to one place in their order, ALARM_NOTICES_AT_ONCE at
 * a time.  AWS's client tries again by itself; an endpoint is tried
 * ALARM_NOTICE_TRIES times.  What became of each is in the history.
 */
#ifndef SLUICE_CONTROL_ALARM_NOTIFY_H
#define SLUICE_CONTROL_ALARM_NOTIFY_H

#include "control/alarm_story.h"

struct aws_client;
struct loop;

enum {
    ALARM_NOTICES_MAX = 1000, /* that wait; one more is told as failed */
    ALARM_NOTICES_AT_ONCE = 8,
    ALARM_NOTICE_TRIES = 3,
    ALARM_NOTICE_AGAIN_MS = 2000,
};

struct alarm_notify_options {
    struct loop *loop;
    /* NULL: SNS is not called.  May return NULL, without memory. */
    struct aws_client *(*client)(void *owner);
    bool http; /* subscriptions are delivered to */
    /* A notice is over. */
    void (*acted)(void *owner, const struct alarm_acted *acted);
    void *owner;
};

struct alarm_notify;

struct alarm_notify *
alarm_notify_new(const struct alarm_notify_options *options);
void alarm_notify_free(struct alarm_notify *notify); /* NULL: nothing */

/* Runs an action of an alarm.  NULL, or why it is not run: a clause. */
const char *alarm_notify_act(struct alarm_notify *notify,
                             const struct config *config,
                             const struct alarm_change *change,
                             struct str action);

#endif

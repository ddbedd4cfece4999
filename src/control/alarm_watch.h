/* SPDX-License-Identifier: Apache-2.0
 *
 * The alarms of the running server: their states (control/alarms.h) from its
 * metrics, and who runs their actions.
 */
#ifndef SLUICE_CONTROL_ALARM_WATCH_H
#define SLUICE_CONTROL_ALARM_WATCH_H

#include "api/alarm_view.h"

struct server;
struct alarm_watch;

/* Before the first config runs. */
void alarm_watch_begin(struct server *server);
void alarm_watch_end(struct server *server);

/* server->newest is another one. */
void alarm_watch_config(struct server *server);

/* The metrics of a minute are kept: every alarm is evaluated. */
void alarm_watch_minute(struct server *server);

/* A call set an alarm's state. */
void alarm_watch_set(struct server *server,
                     const struct alarm_setting *setting);

/* For account_view; `owner` is the server. */
alarm_function alarm_watch_see;
alarm_history_function alarm_watch_history;

/* The state that the alarm of that ARN is in; false: there is none. */
bool alarm_watch_state(const struct server *server, struct str arn,
                       enum alarm_state *state);

#endif

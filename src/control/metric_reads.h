/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls that read metrics for long (action->reads): 500 of them over two weeks
 * take seconds.  What they read is frozen (stats/series.h) in steps between
 * which the loop goes on, and they are answered and written by a thread of their
 * own, which runs from the first of them on; one at a time.
 */
#ifndef SLUICE_CONTROL_METRIC_READS_H
#define SLUICE_CONTROL_METRIC_READS_H

#include "control/calls.h"

enum { METRIC_READS_MAX = 256 }; /* that wait */

/* server->reads begins. */
void metric_reads_begin(struct server *server);

/* Answers the call, or refuses it (Throttling): job->done() comes. */
void metric_reads_add(struct server *server, struct call_job *job);

/* CONTROL_READ came. */
void metric_reads_back(struct message *message);

/* Ends the thread; false when it hangs, and what it uses must stay. */
bool metric_reads_stop(struct server *server);

/* After that, and after the mailbox: calls that wait are refused. */
void metric_reads_end(struct server *server);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the workers' meters and web ACLs counted and what the health monitor
 * knows become metrics: sampled each second, made data of when a minute of the
 * wall clock is over (control/metrics.h), kept in server->series, and handed to
 * who publishes them.
 *
 * Everything a request did counts in the minute in which it ended, give or take
 * the few milliseconds until control reads the meters.  The clock may jump:
 * what was counted since the last minute's end is of the minute that it was.
 */
#ifndef SLUICE_CONTROL_EXPORTING_H
#define SLUICE_CONTROL_EXPORTING_H

#include "api/local.h"
#include "control/publishing.h"

struct server;

/* Begins, when somebody may want metrics: calls of the API, or --publish.
 * False with an error. */
bool exporting_begin(struct server *server, struct error *error);

/* SIGUSR1: files are opened anew. */
void exporting_reopen(struct server *server);

/* At the end, when the workers are done and there is still a snapshot: what
 * there is of the minute is published, which may take 5 s. */
void exporting_flush(struct server *server);

void exporting_end(struct server *server);

/* For /metrics. */
struct local_published exporting_published(const struct server *server);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of the APIs as they are run: what only reads is answered at once, but
 * for metrics, of which there may be many (control/metric_reads.h); what
 * changes something waits for its turn, one after the other, and is answered
 * when the change is stored and every worker runs it:
 *
 *     edit · account_edit · build and compile (chore thread) · open sockets ·
 *     store · hand out · all workers have it · answer
 *
 * Whatever fails leaves everything as it was, and is the call's fault.
 */
#ifndef SLUICE_CONTROL_CALLS_H
#define SLUICE_CONTROL_CALLS_H

#include "api/action.h"
#include "control/changes.h"
#include "control/chore.h"
#include "net/mailbox.h"

struct server;

/* Embedded in what waits for the answer.  The caller has filled in call.action,
 * call.input (checked), call.caller, call.request_id and call.region. */
struct call_job {
    struct call call;
    /* On the control thread, maybe within calls_run(): call.result or
     * call.fault is set.  The job is the caller's again. */
    void (*done)(struct call_job *job);
    /* Before that, on another thread, where the result is long: what can be made
     * of it and of the call alone.  NULL: nothing. */
    void (*write)(struct call_job *job);
    /* calls.c's: */
    struct server *server;
    struct change_job change;
    struct chore chore; /* fetches what it wants first */
    struct message message;
    struct {
        unsigned nmade;
        const struct value *more;
    } fetched; /* what the call had of it */
};

/* On the control thread. */
void calls_run(struct server *server, struct call_job *job);

/* The account as it is at this moment, for what only looks. */
void calls_view(struct server *server, struct account_view *view);

/* CONTROL_CALL came. */
void calls_fetched(struct message *message);

#endif

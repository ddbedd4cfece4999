/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes of what runs, one after the other, whoever wants them: a call of the
 * API, SIGHUP, another node, certificates that were renewed.
 *
 *     make · build and compile (chore thread) · prepare · store · commit ·
 *     every worker has it · done
 *
 * Whatever fails leaves the account, the config and the sockets as they were.
 * A change begins when the one before it is done, so none is lost: make() sees
 * what that one left.
 *
 * All of it on the control thread.
 */
#ifndef SLUICE_CONTROL_CHANGES_H
#define SLUICE_CONTROL_CHANGES_H

#include "api/call.h"
#include "base/list.h"
#include "store/store.h"

struct certificates;
struct server;

/* Embedded in what waits for its end.  All zero but make and done: a change of
 * the account that is built and stored. */
struct change_job {
    struct list node; /* changes.c's */
    /* What the account is to be (one reference, which the queue takes over),
     * from the document that there is now.  NULL: nothing changes, or
     * job->fault says why not; done() follows.  Called again when another node
     * was faster, with what that one made. */
    struct account *(*make)(struct change_job *job, const struct document *now);
    /* It runs on all workers, or job->fault says why not.  The job is the
     * caller's again; more may be added. */
    void (*done)(struct change_job *job);

    /* By make(), or before it: */
    struct account *base; /* of the document afterwards, and its digest (held by
                             the job); NULL: they stay */
    struct str digest;
    struct config *config; /* built from the account already (held by the job);
                              NULL: it is built */
    struct certificates *certificates; /* loaded for that config already; or for
                                          the one that runs when make() gave the
                                          account that there is: then only they
                                          change.  Held by the job */
    bool stored; /* it comes from the store: not saved again */

    struct region region; /* of texts of the fault; done() ends it */
    struct fault fault;   /* code NULL: none */
    bool changed;         /* something else runs than before */
    unsigned tries;       /* changes.c's: another node was faster */
};

/* Changes that may wait; one more is refused (Throttling). */
enum { CHANGES_MAX = 256 };

/* Its turn comes, maybe at once; done() may be called within. */
void changes_add(struct server *server, struct change_job *job);

/* As call_refuse(), for make(). */
void change_refuse(struct change_job *job, const char *code, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker: one thread with its own loop, listeners, sessions, pools, arenas
 * and counters.  It shares nothing with another; control talks to it through
 * its mailbox.
 */
#ifndef SLUICE_PROXY_WORKER_H
#define SLUICE_PROXY_WORKER_H

#include <pthread.h>

#include "base/arena.h"
#include "crypto/seal.h"
#include "http/client.h"
#include "http/server.h"
#include "net/conn_tls.h"
#include "net/listener.h"
#include "net/mailbox.h"
#include "proxy/log_ring.h"
#include "proxy/snapshot.h"
#include "proxy/waf_notes.h"

enum { WORKER_TEXT = 128 * 1024 };

/* What control tells a worker. */
enum worker_message {
    WORKER_SNAPSHOT,       /* struct lease: the newest snapshot */
    WORKER_LISTEN,         /* struct worker_listen: one listener more */
    WORKER_CLOSE,          /* struct worker_close: one listener less */
    WORKER_FORGET,         /* struct worker_target: nothing uses it any more */
    WORKER_TARGET_DRAINS,  /* struct worker_target: it is deregistered */
    WORKER_TARGET_CUT,     /* struct worker_target: its delay is over */
    WORKER_TARGET_RETURNS, /* struct worker_target: it is registered again */
    WORKER_SEAL,           /* struct worker_seal: other keys */
    WORKER_ECHO,           /* struct message: goes back as CONTROL_ECHO */
    WORKER_RATES,          /* struct worker_rates: goes back as CONTROL_RATES
                              with what was counted */
    WORKER_RATES_END,      /* the same one: the sums were told */
    WORKER_SAMPLES,        /* struct worker_samples: goes back as
                              CONTROL_SAMPLES with the other box */
    WORKER_DRAIN,          /* struct message: accept no more, finish, report */
    WORKER_RETIRE,         /* struct message: the same, for another process has
                              the listening sockets too: nothing is hurried */
    WORKER_STOP,           /* struct message: end now */
};

/* What a worker tells control. */
enum control_message {
    CONTROL_LEASE,   /* struct lease: not needed any more */
    CONTROL_DRAINED, /* struct message: no connection is left */
    CONTROL_RATES,   /* struct worker_rates: what rate-based rules counted */
    CONTROL_SAMPLES, /* struct worker_samples: what web ACLs saw */
    CONTROL_ECHO,    /* struct message: whatever was sent before WORKER_ECHO has
                        taken effect */
};

struct worker_listen {
    struct message message;
    unsigned slot;          /* of the listener in snapshot->slots */
    int fd;                 /* a listening socket, the worker's from now on */
    bool lent;              /* others go on listening on it when we do not */
    struct address address; /* that it is bound to */
    _Atomic uint64_t *open; /* gets the number of connections; lives as long
                               as the worker */
};

struct worker_close {
    struct message message;
    unsigned slot;
};

struct worker_target {
    struct message message;
    struct target *target; /* with a reference that the worker gives back */
};

struct worker_seal {
    struct message message;
    struct seal *seal; /* the worker's from now on; NULL: it keeps its own */
    struct tls_tickets *tickets; /* the same */
};

/* A round of rate-based rules (waf/rate.h). */
struct worker_rates {
    struct message message;
    struct worker *worker;
    struct rate_part *parts; /* good until the round ends */
};

/* An empty box for samples, or on the way back a full one. */
struct worker_samples {
    struct message message;
    unsigned worker; /* its index */
    struct waf_sample_box *box;
};

/* One listener's socket and sessions in one worker.  When the listener goes
 * it accepts no more, its connections end after the request they are at, and
 * those are still served by the last snapshot that knew it. */
struct worker_port {
    struct listener listener;
    struct server_port port;
    struct worker *worker;
    struct list node; /* in worker->ports */
    unsigned slot;
    struct tls_chooser chooser;
    struct lease *last; /* held when the listener is gone; else NULL */
    bool lent;          /* the socket, by somebody who serves its queue */
    bool closing;       /* WORKER_CLOSE came */
    bool stopped;       /* it accepts no more */
    struct loop_task gone;
};

/* Hosts that were told to be nobody's (exchange_port.c). */
enum { TOLD_HOSTS_MAX = 32 };

struct told_hosts {
    uint64_t since_s;
    unsigned n;
    uint32_t hashes[TOLD_HOSTS_MAX];
};

struct worker {
    pthread_t thread;
    unsigned index; /* among the workers; of its counts in targets */
    struct loop loop;
    struct counters counters;
    struct mailbox mailbox;
    struct mailbox *control; /* where reports go */
    struct message drained;  /* the report */
    struct lease *lease;     /* on the newest snapshot */
    struct list ports;       /* worker_port */
    bool draining;
    bool retiring; /* draining, but nothing is hurried */
    bool reported; /* that it is drained */
    struct client_port targets;
    struct client_pool **pools; /* by target->slot; NULL: none yet */
    unsigned npools;
    struct slab exchanges;
    char *text; /* WORKER_TEXT bytes: field values that are being made */
    struct linear_scratch *scratch; /* fits every regex of the snapshots */
    struct log_ring *ring;          /* NULL: nothing is logged */
    uint64_t log_seeds[2];          /* of connection ids */
    void (*wake_log)(void *owner);  /* the ring fills up */
    void *log_owner;
    struct told_hosts told;
    struct str explain_key;  /* n == 0: no request is explained */
    struct waf_scratch *waf; /* of all programs */
    struct arena waf_arena;  /* of the evaluation that runs; else empty */
    struct rate_worker *rates;
    struct waf_notes *notes; /* of what web ACLs saw */
    struct seal *seal;       /* of cookies; NULL: none is set or followed */
    int64_t week_ahead;      /* what `expires` says, in seconds */
    char expires[CLOCK_HTTP_DATE_LEN];
};

/* Prepares a worker; a WORKER_SNAPSHOT must be the first that it is told.
 * NULL without memory or descriptors. */
struct worker *worker_new(struct mailbox *control);

/* Starts the thread; false when there is none to be had. */
bool worker_start(struct worker *worker);

/* After the thread ended (pthread_join()): takes the messages that it did not
 * come to.  The lease on what is then the newest snapshot is the caller's. */
struct lease *worker_settle(struct worker *worker);

/* After worker_settle(), or when the thread never started. */
void worker_free(struct worker *worker);

/* ---- for the exchanges of this worker ---------------------------------- */

/* The snapshot for a request on this port, with one more hold. */
struct lease *worker_hold(struct worker_port *port);
void worker_drop(struct worker *worker, struct lease *lease);

/* What is behind the port now. */
const struct port_table *worker_listeners(const struct worker_port *port);

/* Puts a record of that kind into the ring (w->ring is not NULL). */
void worker_log(struct worker *worker, enum log_kind kind, const void *record);

/* The pool of connections to a target of this group of a held snapshot. */
struct client_pool *worker_pool(struct worker *worker,
                                const struct target *target,
                                const struct group *group,
                                const struct config_attributes *attributes);

static inline struct worker_port *worker_port_of(struct server_port *port)
{
    return LIST_ENTRY_OF(port, struct worker_port, port);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The running server: its workers, the snapshots they run, the API port, and
 * the thread that controls them.
 */
#ifndef SLUICE_CONTROL_SERVER_H
#define SLUICE_CONTROL_SERVER_H

#include "control/certificates.h"
#include "crypto/seal.h"
#include "model/config.h"
#include "proxy/snapshot.h"
#include "store/store.h"

/* Listening sockets of one address. */
struct sockets {
    int *fds; /* from malloc() */
    unsigned n;
    bool lent;   /* somebody goes on listening on them when we do not */
    bool shared; /* opened so that other processes may join them */
    bool silent; /* bound, and nobody listens on them yet */
};

/* Who keeps listening sockets beyond this process, by name.  Called on the
 * control thread. */
struct server_sockets {
    /* The sockets that are kept for the name, or that a service manager bound
     * where they are wanted; `address` gets where they are.  What it fills in
     * is the caller's.  False: there are none. */
    bool (*take)(void *owner, struct str name, struct address *address,
                 struct sockets *sockets);
    /* Whether sockets that nobody took so far are in the way of that
     * address. */
    bool (*holds)(void *owner, const struct address *address);
    /* These were opened for the name: copies of them are kept. */
    void (*keep)(void *owner, struct str name, const struct sockets *sockets);
    /* The name's sockets are not needed any more.  The copies are closed
     * before the caller closes its own (listener_stop() takes 200 ms). */
    void (*drop)(void *owner, struct str name);
    void *owner;
};

struct object_source;
struct access_keys;
struct server;

/* What clients keep for us, sealed. */
enum key_use {
    KEY_COOKIES, /* of stickiness */
    KEY_TICKETS, /* of TLS sessions */
    KEY_USES,
};

/* What --publish names. */
enum {
    PUBLISH_CLOUDWATCH = 1, /* metrics, by PutMetricData */
    PUBLISH_S3 = 2,         /* logs */
    PUBLISH_EMF = 4,        /* metrics, in the embedded metric format */
    PUBLISH_SNS = 8,        /* actions of alarms, by Publish */
    PUBLISH_SNS_HTTP = 16,  /* the same to subscriptions of the template */
};

/* Reads "cloudwatch,emf"; false with an error that suggests. */
bool publish_read(struct str list, unsigned *publish, struct error *error);

extern const char *const key_use_words[KEY_USES]; /* "cookie", "ticket" */

struct server_options {
    unsigned workers;
    bool api;
    struct address api_bind;
    /* Who may call the API, held; NULL: all that sign. */
    struct access_keys *access_keys;
    /* SIGHUP: those from now on, which become the server's; NULL: the old ones
     * go on (the callee said why).  Called as reload().  NULL: they never
     * change. */
    struct access_keys *(*access_keys_again)(void *owner);
    /* SIGHUP: databases that are others than before, which become the
     * server's; NULL: the old ones go on.  Called as reload().  NULL: they
     * never change. */
    struct geo *(*geo_again)(void *owner);
    const char *passthrough; /* URL of another emulator (passthrough_read()
                                took it); NULL: none */
    uint32_t drain_timeout_ms;
    struct snapshot_means means; /* the inspector lives as long; the rest is
                                    held */
    struct str logs[LOG_KINDS]; /* of every load balancer, "-": standard output;
                                   p == NULL: what each says in its metadata;
                                   "": none */
    const char *log_spool;  /* --publish s3: the folder where logs wait until S3
                              has them; NULL: they do not go there */
    uint64_t log_spool_max; /* bytes in it; the oldest go first */
    struct str explain_key; /* n == 0: no live request is explained */
    /* What is sealed with; n == 0: server_start() draws a key.  A process
     * that goes on for another must be given that one's keys. */
    struct seal_keys keys[KEY_USES];
    /* SIGHUP: the keys to use from now on; false: the old ones go on (the
     * callee said why).  Called as reload(), for each use.  NULL: they never
     * change. */
    bool (*keys_again)(void *owner, enum key_use use, struct seal_keys *keys);
    /* Where certificates of HTTPS listeners come from, and those of the config
     * at the start, which are held (NULL: server_start() loads them).  NULL:
     * HTTPS listeners cannot be served. */
    struct certificate_source *certificate_source;
    struct certificates *certificates;
    /* These run now, other ones than before: on the control thread.  May be
     * NULL. */
    void (*certified)(void *owner, struct certificates *certificates);
    /* What the config at the start was built from (what it has is held);
     * without an account calls of the API find nothing. */
    struct document document;
    struct store *store;  /* where changes are kept; NULL: nowhere.  It is the
                            server's, also when that cannot start, and ends
                            while there is the loop that it waits on */
    unsigned publish;     /* PUBLISH_*; 0: nothing leaves */
    unsigned max_series;  /* that are published, at the most */
    struct str emf_log;   /* lines of EMF: a file, "-": standard output; n ==
                               0: none */
    struct str emf_group; /* of CloudWatch Logs; n == 0: none */
    const char *redis; /* redis://..., where nodes share what rate-based rules
                          counted; NULL: this is the only one */
    bool takes_over;   /* another process has the store, and lets go of it once
                            we serve: the API waits for that, so that whoever
                            changed something there sees it here */
    bool unsaved;      /* another process has the store: the document is not
                            in it, but one of another template that is merged
                            with this one's when it is our turn */
    /* Where calls fetch objects from; NULL: no action of theirs does. */
    const struct object_source *objects;
    /* The config of resources that a call changed, with what is local of the
     * start; NULL with errors in the report.  `stack`: as config_build().
     * Called on the chore thread; NULL: calls change nothing. */
    struct config *(*build)(void *owner, const struct value *resources,
                            struct str stack, struct report *report);
    /* SIGHUP: the template's config, and the account that it was built from (the
     * caller's), or NULL when there is none (the callee said why).  What of it
     * is new is merged with the account that runs (model/merge.h).  Called on
     * the chore thread, never twice at a time; NULL: HUP does nothing. */
    struct config *(*reload)(void *owner, struct account **account);
    void *owner; /* of these callbacks */
    /* What reload() brought runs now (true) or could not: on the control
     * thread.  May be NULL. */
    void (*reloaded)(void *owner, bool runs);
    /* The sockets are bound, and nothing is served or opened for writing yet:
     * the moment to drop privileges.  False with an error: the start failed.
     * May be NULL. */
    bool (*bound)(void *owner, struct error *error);
    /* The end begins: requests in progress finish.  May be NULL. */
    void (*draining)(void *owner);
    /* A HUP was dealt with, whatever came of it.  May be NULL. */
    void (*settled)(void *owner);
    const struct server_sockets *sockets; /* NULL: nobody keeps any */
    /* A parent decides about our life: TERM and INT are its business.  What it
     * says is read by on_parent() whenever the descriptor is readable.  NULL:
     * there is no parent. */
    void (*on_parent)(void *owner, struct server *server);
    int parent;
    /* Requests are served only once each target that is probed was probed, or
     * this time is over.  For a process that begins beside one that serves. */
    uint32_t probe_first_ms;
    /* Nobody listens before the sources of groups of which no target is known
     * have answered or failed once, or this time is over.  For a process that
     * begins alone.  0: at once. */
    uint32_t discover_first_ms;
    unsigned restarts; /* of this kind of process, so far: for /metrics */
    unsigned upgrades;
};

/* Binds the listeners of the config (which is held as long as it runs) and
 * starts the workers.  NULL with an error. */
struct server *server_start(struct config *config,
                            const struct server_options *options,
                            struct error *error);

/* Where listener i of config->listeners is bound; false when it is not served
 * or there is none. */
bool server_listener_address(const struct server *server, unsigned i,
                             struct address *address);

/* Where it is bound at its load balancer's own address besides; false: it is
 * not. */
bool server_own_address(const struct server *server, unsigned i,
                        struct address *address);

bool server_api_address(const struct server *server, struct address *address);

/* Runs the control thread's loop in the caller until TERM or INT (or
 * server_drain()) and all connections are gone, or the drain timeout is over.
 * A second signal ends it at once. */
void server_wait(struct server *server);

/* From any thread: what TERM does. */
void server_drain(struct server *server);

/* On the control thread: another process serves the listening sockets.  They
 * are let go of as they are, answers say `Connection: close`, and idle
 * connections wait for their next request: until all are gone, or the drain
 * timeout is over. */
void server_retire(struct server *server);

/* On the control thread: whoever takes over has no sockets of this name.  They
 * close as when a change removes the listener. */
void server_close_sockets(struct server *server, struct str name);

/* It was told to end, and nothing was served: server_wait() returns at once. */
bool server_never_served(const struct server *server);

/* On the control thread: requests are wanted now, probed or not. */
void server_hurry(struct server *server);

/* On the control thread: the parent is gone.  Drains; TERM and INT count
 * again. */
void server_orphaned(struct server *server);

/* From any thread: has the workers run this config instead (it is held).
 * Takes effect between two requests; what is in progress ends with what it
 * began with; listeners appear and disappear; when one cannot be opened the
 * whole change is refused and logged. */
void server_publish(struct server *server, struct config *config);

/* Snapshots that exist, and configs that wait for their turn to be one: 1 when
 * nothing old is in use any more, and nothing is to come. */
unsigned server_snapshots_alive(const struct server *server);

void server_free(struct server *server);

#endif

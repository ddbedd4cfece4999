/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the server, shared by the file that runs it (server.c), the
 * one that has workers run something new (publish.c) and the one that reads
 * the template again (reload.c).  All of it belongs to the control thread.
 */
#ifndef SLUICE_CONTROL_SERVER_STATE_H
#define SLUICE_CONTROL_SERVER_STATE_H

#include "control/alarm_watch.h"
#include "control/api_port.h"
#include "control/changes.h"
#include "control/chore.h"
#include "control/deregistration.h"
#include "control/discovery.h"
#include "control/health_monitor.h"
#include "control/rates.h"
#include "control/samples.h"
#include "control/server.h"
#include "log/ship.h"
#include "log/writer.h"
#include "model/patch.h"
#include "proxy/meter.h"
#include "proxy/worker.h"

/* What other threads send to the control thread. */
enum {
    CONTROL_PUBLISH = 100, /* struct publish */
    CONTROL_DRAIN,         /* struct message */
    CONTROL_RELOADED,      /* struct publish; config NULL: refused */
    CONTROL_CERTIFICATES,  /* struct publish: those of the config, read again;
                              NULL: they are as they were */
    CONTROL_BUILT,         /* struct message: the change of now is built */
    CONTROL_STORE,         /* struct message: the store's work is done */
    CONTROL_CALL,          /* struct message: a call has what it wanted to
                              fetch */
    CONTROL_READ,          /* struct message: a call has read metrics */
};

struct publish {
    struct message message;
    struct change_job job; /* that it becomes */
    struct server *server;
    const struct running *before; /* what ran when its certificates were read */
    struct config *config;
    struct account *account; /* that the config was built from; NULL: it is as
                                it was */
    struct certificates *certificates; /* of the config; NULL: not loaded */
    bool refused; /* its certificates are not to be had, which was logged */
    bool has_keys[KEY_USES];
    struct seal_keys keys[KEY_USES];
    struct access_keys *access_keys; /* held; NULL: those that there are */
    bool located; /* other databases say where addresses are */
};

/* A listening address and the sockets on it, one for each worker.  A listener
 * of the next config that wants the same address keeps them; an address keeps
 * its slot for ever. */
struct slot {
    bool used;            /* the newest snapshot has it */
    struct address asked; /* as the config says; port 0: any */
    struct address local; /* where it is */
    uint64_t closed_us;   /* when it was used last */
    bool told;            /* that it cannot be opened */
    struct str arn;       /* of its first listener: where asked.port is 0 it
                             is that one's alone */
    struct slot_open {    /* connections, by worker, who writes it */
        _Atomic uint64_t n;
        char apart[56];    /* no two workers write one cache line */
    } * open;              /* until the end */
    struct sockets silent; /* that are bound only: n == 0 from
                              publish_listen() on */
};

/* What ran when a chore began; held. */
struct running {
    struct config *config;
    struct certificates *certificates;
    const struct snapshot *snapshot; /* not held: a change knows that it stays
                                        the newest one meanwhile */
};

/* The queue of changes, and the one whose turn it is. */
struct changes {
    struct list waiting; /* struct change_job */
    unsigned nwaiting;
    bool stepping; /* its turn is being given */
    struct change_job *job;
    struct account *running; /* what the newest config was built from; held.
                                NULL: not known */
    struct account *account; /* that it makes; held, as what follows */
    struct config *config;   /* of that account */
    struct certificates *certificates; /* of the config; NULL: none */
    struct snapshot *snapshot;         /* built, not prepared */
    struct running from;               /* what ran when it was built */
    struct change *prepared;
    struct chore chore;     /* builds the config */
    struct message built;   /* ... which is over */
    struct document before; /* while it is stored */
    struct document after;
    struct store_save save;
    unsigned echoes; /* workers that have not told that they run it */
};

#define SOCKETS_NAME_MAX 1024

struct server {
    struct region region; /* what is kept to the end */
    struct store_host host;
    struct document *start;  /* what it started with, where that was not
                               stored; NULL: it was */
    struct store_work turn;  /* ours with the store has come */
    struct change_job first; /* ... and what was missed is made up for */
    struct loop loop;
    struct counters counters; /* the control thread's own */
    struct mailbox mailbox;
    struct server_options options;
    struct target_registry targets;
    struct snapshot *newest;
    struct document document; /* what newest->config was built from; held */
    char *digest;             /* the text of the document's */
    struct changes changes;
    uint64_t started_us; /* monotonic */
    uint64_t snapshot_id;
    _Atomic unsigned snapshots;
    unsigned nslots;
    struct slot *slots;
    unsigned nworkers;
    unsigned started;
    struct worker **workers;
    unsigned drained; /* workers that reported */
    int api_fd;       /* until the API starts; else -1 */
    bool silent;      /* sockets that are opened do not listen yet */
    bool draining;
    bool hurried;  /* told twice to end */
    bool retiring; /* draining, but nothing is hurried */
    bool stopping; /* the end has come: nothing changes any more */
    bool storing;  /* it is the store's host */
    bool settled;  /* start is stored by now */
    bool reloading;
    bool reload_again;
    bool certificates_watched; /* a look is due, or goes on */
    struct timer drain_limit;
    struct event on_term;
    struct event on_int;
    struct event on_hup;
    struct event on_usr1;
    struct event on_usr2;
    struct event on_parent;
    struct timer look; /* whether what is waited for is there */
    uint64_t look_until_us;
    struct address api_local;
    char api_url[ADDRESS_TEXT_MAX + sizeof("http://")];
    uint8_t link_key[32]; /* what links to the API are signed with */
    struct health_monitor *health;
    struct deregistrations leaving;
    struct discoveries *discoveries; /* NULL: not begun */
    struct rate_rounds rates;
    struct sample_rounds samples;
    struct log_writer *log;  /* NULL: nothing is logged */
    struct log_ship *ship;   /* sends them to S3; NULL: they do not go there */
    struct address machine;  /* its own, towards others; family 0: not known */
    struct log_ring **rings; /* of every worker, then control's own */
    struct log_ring *ring;   /* that one; NULL: nothing is logged */
    unsigned nsinks;
    struct sink {
        struct str arn; /* of a load balancer */
        struct log_sink to;
    } * sinks; /* a number is given once, and a load balancer that is gone keeps
                 its file: requests of older snapshots end in it */
    struct chores chores;
    struct chore reload;
    struct certificates *certificates; /* of the newest snapshot; NULL: none */
    struct timer certificate_look;
    struct chore certificate_chore;
    struct running reload_from;
    struct running look_from;
    struct api_port *api;
    struct counters **all; /* of every worker; not control's: calls of the API
                              are no requests of clients */
    struct waf_meter **meters;   /* of every worker */
    struct meters *traffic;      /* of load balancers and groups */
    struct aws_client *aws;      /* server_aws(); NULL: nobody needs it yet */
    struct exporting *exporting; /* what of it becomes metrics; NULL: none */
    struct series_store *series; /* NULL: no metrics are kept */
    struct metric_reads *reads;  /* calls that read them */
    struct alarm_watch *alarms;
};

/* ---- publish.c ----------------------------------------------------------- */

/* Compiles a config (held by what it becomes), with what is as it was taken
 * from what ran.  `certificates`: of the config, or NULL: they are loaded, for
 * the caller to release.  On any thread that may block; NULL with errors in the
 * report. */
struct snapshot *publish_build(struct server *server, struct config *config,
                               const struct running *from,
                               struct certificates **certificates,
                               struct report *report);

/* What was built is not to run. */
void publish_drop(struct server *server, struct snapshot *snapshot);

/* Makes what was built (from what runs now) ready to run: its targets, its new
 * sockets and log files.  The snapshot is taken over, the certificates are
 * held.  One at a time.  NULL with an error, and the code of AWS's that fits it
 * if it is not ValidationError, and nothing changed. */
struct change;
struct change *publish_prepare(struct server *server, struct snapshot *snapshot,
                               struct certificates *certificates,
                               const char **code, struct error *error);

/* The same for what config_patch() made of the config that runs: nothing that
 * can fail. */
struct change *publish_patch(struct server *server, struct config *config,
                             const struct patched *patched);

/* Has the workers run it; or leaves everything as it was. */
void publish_commit(struct change *change);
void publish_abandon(struct change *change);

/* All at once, for the first one: with these certificates (held; NULL: they
 * are loaded).  False with an error. */
bool publish(struct server *server, struct config *config,
             struct certificates *certificates, struct error *error);

/* Listens where silent sockets are, before workers start.  False with an
 * error. */
bool publish_listen(struct server *server, struct error *error);

/* A worker's hold on the newest snapshot. */
struct lease *publish_lease(struct server *server);

/* A worker gave its lease back. */
void publish_lease_back(struct server *server, struct lease *lease);

/* Lets go of the newest snapshot, when no worker runs. */
void publish_end(struct server *server);

/* ---- sinks.c ------------------------------------------------------------- */

/* The number of that log of a load balancer, LOG_SINK_NONE when there is
 * none. */
int publish_sink(struct server *server,
                 const struct config_load_balancer *balancer,
                 enum log_kind kind);

/* Whether any load balancer of the config has a log. */
bool publish_logs(const struct server *server, const struct config *config);

/* Where the records of each sink go, with this config: nsinks of them, that
 * the caller frees. */
struct log_sink *publish_log_sinks(struct server *server,
                                   const struct config *config);

/* Looks which address this machine has, before anything is logged. */
void sinks_begin(struct server *server);

/* Has the writer of logs go where they do with this config.  False with an
 * error, and nothing changed. */
bool sinks_set(struct server *server, const struct config *config,
               struct error *error);

/* Tells who sends logs to S3 where they go with the config that runs. */
void sinks_tell(struct server *server);

/* ---- publish.c again ------------------------------------------------------ */

/* Has the workers use these keys from now on. */
void publish_keys(struct server *server, enum key_use use,
                  const struct seal_keys *keys);

/* Tells what the end of a target's time needs. */
extern const struct deregistration_ops publish_deregistration_ops;

/* Sends a message without more to a worker. */
void publish_tell(struct worker *worker, enum worker_message kind);

/* ---- server.c ------------------------------------------------------------ */

/* Serves the API from now on; false with an error. */
bool server_start_api(struct server *server, struct error *error);

/* ---- storing.c ----------------------------------------------------------- */

/* From now on changes may be stored; before there are any. */
void storing_begin(struct server *server);

/* Another process goes on with the store. */
void storing_let_go(struct server *server);

/* Has the API served once this process is the one that the store belongs to,
 * and runs what is in it. */
void storing_await(struct server *server);

/* CONTROL_STORE came. */
void storing_done(struct message *message);

/* ---- health_log.c -------------------------------------------------------- */

/* A probe ended: its record for the health check log.  `owner` is the
 * server. */
void health_log_put(void *owner, const struct probe_end *end);

/* Has every worker close the sockets of this name, as when its listener was
 * removed. */
void publish_close_sockets(struct server *server, struct str name);

/* ---- sockets.c ----------------------------------------------------------- */

/* By what name the sockets of an address are kept; a port that the system
 * chooses belongs to one listener. */
struct str sockets_name(struct text *t, const char *kind,
                        const struct address *asked, struct str arn);

/* Those that are kept for the name, else `n` new ones; at least `n` in the
 * end.  `address` gets where they are; the caller has set `shared` and `silent`,
 * which those that are kept are not.  False with an error, and nothing open. */
bool sockets_open(const struct server *server, struct str name,
                  struct address *address, unsigned n, struct sockets *s,
                  struct error *error);

/* Whether sockets that are kept for this process are in the way of the
 * address. */
bool sockets_held(const struct server *server, const struct address *address);

/* Gives silent ones, that were opened for the name, into keeping, as they
 * listen now. */
void sockets_keep(const struct server *server, struct str name,
                  const struct sockets *s);

void sockets_close(struct sockets *s);

void sockets_drop(const struct server *server, struct str name);

/* ---- certificate_watch.c --------------------------------------------------- */

/* Before the first snapshot: while there are HTTPS listeners, the files of
 * their certificates are looked at. */
void certificate_watch_init(struct server *server);

/* CONTROL_CERTIFICATES came. */
void certificate_watch_end(struct server *server, struct publish *publish);

/* make() of the job in a struct publish: its certificates run when they are
 * other ones than those that ran before, and the config is still the same. */
struct account *certificate_watch_make(struct change_job *job,
                                       const struct document *now);

/* Logs why they do not. */
void certificate_watch_told(const struct change_job *job);

void publish_free(struct publish *publish);

/* These are the ones of the newest snapshot now (they are held; may be
 * NULL). */
void certificate_watch_set(struct server *server,
                           struct certificates *certificates);

/* What runs now, held for a chore; and let go of. */
void running_hold(struct server *server, struct running *running);
void running_release(struct running *running);

/* On the chore thread: the certificates of the config, what is current from
 * those that ran.  NULL when the config has no HTTPS listener, and when they
 * are not to be had (`*ok` false, which was logged). */
struct certificates *certificate_watch_load(struct server *server,
                                            const struct config *config,
                                            const struct running *before,
                                            bool *ok);

/* ---- changes.c ----------------------------------------------------------- */

/* When server->document is there. */
void changes_init(struct server *server);

/* That is the account from now on; and its base, with that digest (NULL: it
 * stays). */
void changes_know(struct server *server, struct account *account,
                  struct account *base, struct str digest);

/* CONTROL_BUILT came. */
void changes_built(struct server *server);

/* A worker runs what was handed out: CONTROL_ECHO came. */
void changes_echo(struct server *server);

/* Nothing runs any more: what waits is dropped, its done() is not called. */
void changes_end(struct server *server);

/* ---- reload.c ------------------------------------------------------------ */

/* SIGHUP. */
void reload_begin(struct server *server);

/* CONTROL_RELOADED came. */
void reload_end(struct server *server, struct publish *publish);

#endif

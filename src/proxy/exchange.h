/* SPDX-License-Identifier: Apache-2.0
 *
 * An exchange: one request of a client, and how it gets its response.
 *
 * A constant table of steps is walked (exchange_steps.c); a step goes on,
 * waits for something, is done, or fails with a reason.  Heads and bodies are
 * spans of the thread's shared buffer while a callback runs; an exchange that
 * has to wait before it could pass them on copies them into its arena first
 * (it is *pinned*), so the usual one copies nothing.
 */
#ifndef SLUICE_PROXY_EXCHANGE_H
#define SLUICE_PROXY_EXCHANGE_H

#include "base/arena.h"
#include "proxy/meter_cell.h"
#include "proxy/worker.h"

enum reason {
#define X(name, status, word, explanation) REASON_##name,
#include "proxy/reasons.def"
#undef X
};

enum {
    TARGETS_TRIED_MAX = 3,  /* before a request fails */
    REPLAY_MAX = 64 * 1024, /* of a body that may have to be sent again */
};

/* What the web ACL did, for the access log. */
enum waf_word {
    WAF_WORD_NONE,   /* there is none */
    WAF_WORD_PASSED, /* it was evaluated, and the request went on */
    WAF_WORD_ENDED,  /* it answered */
    WAF_WORD_FAILED,
};

enum step_result {
    STEP_NEXT,
    STEP_WAIT, /* something will call exchange_run() */
    STEP_DONE, /* the exchange is over, and may be freed already */
    STEP_FAIL, /* exchange->reason says why */
};

/* Part of a body that waits for the next step. */
struct hold {
    struct chunk *chunk;
    bool end;            /* the body is whole */
    struct str trailers; /* raw, in the arena */
};

struct exchange {
    struct worker *worker;
    struct server_stream *client;
    struct client_stream *target_stream; /* NULL: none (yet, any more) */
    struct lease *lease;                 /* NULL: let go of (tunnel) */
    const struct route_table *table;     /* of the lease: the listener's */
    struct rule_action *action;          /* of the rule that took it */
    struct group *group;
    struct group_zone *zone; /* of the group: where the client is */
    struct target *target;   /* of the lease; a tunnel holds a reference */
    struct target *tried[TARGETS_TRIED_MAX];
    struct request *request;   /* until it was sent */
    struct response *response; /* while its head is worked on */
    struct piece piece;        /* body that came with the head */
    struct hold request_hold;
    struct hold replay; /* HTTP/2: the body so far, in case of a refusal */
    struct hold response_hold;
    struct arena arena;
    struct str encoded;  /* the head as it was sent, if it may be sent again */
    struct str new_host; /* what transforms made; n == 0: nothing */
    struct str new_url;
    struct added_field *inserted; /* by the web ACL; in the arena */
    struct str trace; /* "1-...", in the arena; n == 0: nobody was told it */
    struct str trail; /* what X-Sluice-Explain says; n == 0: nothing */
    struct access_record *record; /* in the arena; NULL: nothing is logged */
    struct balancer_cell *balancer_cell; /* where it is counted; NULL: it is
                                            not.  A tunnel pins both */
    struct group_cell *group_cell;       /* NULL: no target was chosen */
    struct exchange_sticky *sticky;      /* in the arena; NULL: no cookies */
    uint64_t began_us;
    uint64_t sent_us;       /* the request's head left */
    uint64_t responded_us;  /* the response's head came */
    uint64_t bytes_in;      /* from the client, heads too */
    uint64_t bytes_out;     /* to the client */
    uint64_t bytes_metered; /* of both: they are counted */
    unsigned node;          /* the zone of the node (meters_zone()) */
    uint16_t status;        /* elb_status_code; 0: none yet */
    uint16_t target_status; /* 0: no target answered */
    uint16_t ninserted;
    uint8_t waf; /* enum waf_word */
    uint8_t step;
    uint8_t reason; /* enum reason */
    uint8_t method; /* enum method */
    uint8_t ntried; /* targets that could not be connected to */
    bool pinned : 1;
    bool retry : 1;       /* may be sent once more */
    bool counted : 1;     /* in target->outstanding */
    bool active : 1;      /* in the worker's counts of the target */
    bool erred : 1;       /* among its errors there */
    bool sent : 1;        /* the request head left */
    bool responded : 1;   /* the response head left */
    bool request_end : 1; /* the request body is all here */
    bool tunnel : 1;
    bool tunnel_client_end : 1; /* the client ended its direction */
    bool tunnel_target_end : 1;
    bool ambiguous : 1; /* both connections close afterwards */
    bool websocket : 1;
    bool grpc : 1;
    bool again : 1; /* it was refused, and is sent once more */
    bool ipv6 : 1;  /* the client came by it */
};

extern const struct server_handler exchange_server_handler;
extern const struct client_handler exchange_client_handler;

void exchange_slab_init(struct slab *slab);

/* Walks the steps from where the exchange stands. */
void exchange_run(struct exchange *ex);

/* Ends it without the target's answer: a page if nothing was sent yet, else
 * the client sees its response cut.  Frees it. */
void exchange_fail(struct exchange *ex, enum reason reason);

/* Lets go of the client's stream, the target's and all else. */
void exchange_end(struct exchange *ex);

/* Ends it with a response of our own. */
struct page;
void exchange_answer(struct exchange *ex, struct page *page);

/* The body so far: what is held, or what came with the head. */
struct piece exchange_seen(const struct exchange *ex, const struct hold *hold);

/* Adds a piece to what is held.  False without memory. */
bool exchange_hold(struct exchange *ex, struct hold *hold,
                   const struct piece *piece);

/* What is held, as one piece. */
struct piece exchange_held(const struct hold *hold);

/* Has the request go to this target. */
void exchange_take_target(struct exchange *ex, struct target *target);

/* The connections to it. */
struct client_pool *exchange_pool(const struct exchange *ex);

/* The request that the target got was an error of the target. */
void exchange_count_error(struct exchange *ex);

/* Has it go to another one when its target could not be connected to, which
 * lost nothing of it.  False when there is none left to try. */
bool exchange_next_target(struct exchange *ex);

/* Gives back what was held. */
void exchange_unhold(struct exchange *ex, struct hold *hold);

static inline const struct config_attributes *
exchange_attributes(const struct exchange *ex)
{
    return &ex->table->config->load_balancer->attributes;
}

/* What rules look at, as slices of the request. */
void exchange_route_request(const struct exchange *ex,
                            struct route_request *request);

/* ex->trail becomes what `sluice explain` says of this request, when it asks
 * for it with the worker's key (exchange_explain.c). */
void exchange_explain(struct exchange *ex, const struct route_request *request);

/* Adds ";KEY=WORD" to ex->trail, if there is one. */
void exchange_explain_more(struct exchange *ex, const char *key,
                           const char *word);

/* And why the target that was chosen gets the share that it gets. */
void exchange_explain_target(struct exchange *ex);

/* ---- the steps (exchange_steps.c) --------------------------------------- */

enum {
    STEP_FIRST = 0,
    STEP_CONNECT = 6, /* another target is tried from here */
    STEP_SEND = 7,    /* on_connected goes on here */
    STEP_RECEIVE = 8, /* on_response goes on after it */
};

typedef enum step_result exchange_step(struct exchange *ex);

extern exchange_step *const exchange_steps[];

/* Applies the rule's transforms; writes the request to its target
 * (exchange_send.c). */
exchange_step exchange_transform;
exchange_step exchange_send_request;

/* ---- the web ACL (exchange_waf.c) ------------------------------------------- */

/* Has the program of the listener look at the request, once what it wants of
 * the body is here. */
exchange_step exchange_inspect;

/* What became of it is counted, logged and sampled (exchange_waf_log.c). */
void exchange_waf_seen(struct exchange *ex, const struct inspected *request,
                       const struct waf_result *result);

/* "waf", "waf,forward": what the access log says was done. */
struct str exchange_waf_actions(struct exchange *ex, struct str action);

/* ---- once more (exchange_again.c) ----------------------------------------- */

/* Keeps the head of a request that may have to be sent again. */
void exchange_keep_head(struct exchange *ex, struct str encoded);

/* Keeps a piece of its body, as far as REPLAY_MAX goes. */
void exchange_keep_replay(struct exchange *ex, const struct piece *piece);

/* The target failed: has the request sent once more where nothing can have
 * come of it, and says why connections die.  False when it cannot be. */
bool exchange_again(struct exchange *ex, enum client_failure why,
                    const char *cause);

/* ---- stickiness (exchange_sticky.c) --------------------------------------- */

/* The group of a forward with TargetGroupStickinessConfig: the one that the
 * client's cookie names, else one by weight; NULL when all weights are 0. */
struct group *exchange_sticky_group(struct exchange *ex);

/* The target of a group with stickiness: the one that the client's cookie
 * names, else any; NULL when there is none. */
struct target *exchange_sticky_target(struct exchange *ex);

/* ex->sticky is there, and another target was taken because the one chosen
 * first could not be connected to. */
void exchange_sticky_moved(struct exchange *ex);

/* ex->sticky is there: adds the cookies that the target's response sets; at
 * most EXCHANGE_COOKIES_MAX fields, whose texts stand in the worker's. */
enum { EXCHANGE_COOKIES_MAX = 6 };
void exchange_sticky_cookies(struct exchange *ex, struct response_out *out);

/* ---- shared ports (exchange_port.c) -------------------------------------- */

/* Where there are several, or TLS has a say; ex->table is the first. */
void exchange_choose_with_care(struct exchange *ex,
                               const struct port_table *port);

/* Which listener takes the request; where it may not, ex->reason says why. */
static inline void exchange_choose_listener(struct exchange *ex,
                                            const struct port_table *port)
{
    ex->table = port->first;
    if (port->names || ex->table->tls)
        exchange_choose_with_care(ex, port);
}

/* ---- what is counted (exchange_meter.c) ----------------------------------- */

enum { METER_BYTES_LATE = 64 * 1024 }; /* that may not be counted yet */

/* Where it is counted; and what is known when it comes. */
void exchange_meter_begin(struct exchange *ex);

/* So many rules were tried. */
void exchange_meter_rules(struct exchange *ex, unsigned evaluated);

/* A target is chosen. */
void exchange_meter_target(struct exchange *ex);

/* The bytes so far. */
void exchange_meter_bytes(struct exchange *ex);

/* A tunnel begins, which may outlive the snapshot. */
void exchange_meter_keep(struct exchange *ex);

/* The exchange is over: it is counted, by what the log says. */
void exchange_meter_end(struct exchange *ex);

/* A head that is none was answered. */
void exchange_meter_refused(struct server_stream *stream,
                            const struct h1_fault *fault, size_t received,
                            size_t sent);

static inline void exchange_meter(struct exchange *ex, enum balancer_count what)
{
    balancer_cell_add(ex->balancer_cell, what, 1);
}

static inline void exchange_late_bytes(struct exchange *ex)
{
    if (ex->bytes_in + ex->bytes_out - ex->bytes_metered >= METER_BYTES_LATE)
        exchange_meter_bytes(ex);
}

/* More bytes that the client sent or got. */
static inline void exchange_received(struct exchange *ex, size_t n)
{
    ex->bytes_in += n;
    exchange_late_bytes(ex);
}

static inline void exchange_sent(struct exchange *ex, size_t n)
{
    ex->bytes_out += n;
    exchange_late_bytes(ex);
}

/* ---- the access log (exchange_log.c) ------------------------------------ */

/* Begins the record of a request, if its load balancer logs. */
void exchange_log_begin(struct exchange *ex);

/* What was sent, with the texts that the log wants copied. */
void exchange_log_request(struct exchange *ex, const struct request_out *out);

/* A redirect's Location; that transforms were applied, or failed. */
void exchange_log_redirect(struct exchange *ex, struct str location);
void exchange_log_transforms(struct exchange *ex, bool ok);

/* Texts of the snapshot that the record points at become its own: before the
 * lease is let go of. */
void exchange_log_keep(struct exchange *ex);

/* The exchange is over: hands the record to the writer. */
void exchange_log_end(struct exchange *ex);

/* A head that is none was answered. */
void exchange_log_refused(struct server_stream *stream,
                          const struct h1_fault *fault, size_t received,
                          size_t sent);

/* ---- tunnels (tunnel.c) ------------------------------------------------- */

/* The target switched to WebSocket: bytes pass both ways from now on, and the
 * snapshot is let go of. */
void tunnel_begin(struct exchange *ex);

void tunnel_from_client(struct exchange *ex, const struct piece *piece);
void tunnel_from_target(struct exchange *ex, const struct piece *piece);

/* One side's queue is empty. */
void tunnel_drained(struct exchange *ex);

#endif

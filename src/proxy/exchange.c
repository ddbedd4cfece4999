/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/exchange.h"

#include "base/log.h"
#include "http/page.h"
#include "proxy/connection.h"
#include "proxy/protocol.h"

enum {
    /* Heads, held trailers and a copy of what may be sent again. */
    ARENA_MAX = 1024 * 1024,
};

static const struct {
    unsigned status;
    const char *word;
    const char *explanation;
} reasons[] = {
#define X(name, status, word, explanation) {status, word, explanation},
#include "proxy/reasons.def"
#undef X
};

void exchange_slab_init(struct slab *slab)
{
    slab_init(slab, sizeof(struct exchange));
}

/* ---- the target --------------------------------------------------------- */

static struct target_counts *counts_of(const struct exchange *ex)
{
    return &ex->target->counts[ex->worker->index];
}

void exchange_take_target(struct exchange *ex, struct target *target)
{
    ex->target = target;
    ex->active = true;
    ex->erred = false;
    COUNTER_ADD(counts_of(ex), requests, 1);
    COUNTER_ADD(counts_of(ex), active, 1);
    ex->counted = ex->group->balancer->counts_outstanding;
    if (ex->counted)
        atomic_fetch_add_explicit(&target->outstanding, 1,
                                  memory_order_relaxed);
    exchange_meter_target(ex);
}

struct client_pool *exchange_pool(const struct exchange *ex)
{
    struct client_pool *pool =
        worker_pool(ex->worker, ex->target, ex->group, exchange_attributes(ex));

    pool->meter = ex->group_cell ? &ex->group_cell->cell.connections : NULL;
    return pool;
}

void exchange_count_error(struct exchange *ex)
{
    if (ex->active && !ex->erred && !ex->tunnel)
        COUNTER_ADD(counts_of(ex), errors, 1);
    ex->erred = true;
}

static void stop_counting(struct exchange *ex)
{
    if (ex->active)
        COUNTER_ADD(counts_of(ex), active, -1);
    ex->active = false;
    if (ex->counted)
        atomic_fetch_sub_explicit(&ex->target->outstanding, 1,
                                  memory_order_relaxed);
    ex->counted = false;
}

bool exchange_next_target(struct exchange *ex)
{
    struct target *next;

    exchange_count_error(ex);
    stop_counting(ex);
    ex->tried[ex->ntried++] = ex->target;
    if (ex->ntried == TARGETS_TRIED_MAX)
        return false;
    next = group_choose_other(ex->zone, ex->tried, ex->ntried);
    if (next == NULL)
        return false;
    exchange_take_target(ex, next);
    if (ex->sticky)
        exchange_sticky_moved(ex);
    if (ex->trail.n)
        exchange_explain_target(ex);
    COUNTER_ADD(&ex->worker->counters, target_failovers, 1);
    return true;
}

/* ---- the end ------------------------------------------------------------ */

static void let_go_of_target(struct exchange *ex)
{
    if (ex->target_stream) {
        ex->target_stream->ops->drop(ex->target_stream);
        ex->target_stream = NULL;
    }
    stop_counting(ex);
    if (ex->tunnel)
        target_release(ex->target);
    ex->target = NULL;
}

void exchange_end(struct exchange *ex)
{
    struct worker *w = ex->worker;

    if (ex->client)
        ex->client->exchange = NULL;
    exchange_meter_end(ex);
    exchange_log_end(ex);
    let_go_of_target(ex);
    if (ex->tunnel)
        COUNTER_ADD(&w->counters, tunnels_active, -1);
    if (ex->lease)
        worker_drop(w, ex->lease);
    exchange_unhold(ex, &ex->request_hold);
    exchange_unhold(ex, &ex->response_hold);
    exchange_unhold(ex, &ex->replay);
    arena_reset(&ex->arena);
    COUNTER_ADD(&w->counters, requests_active, -1);
    slab_give(&w->exchanges, ex);
}

void exchange_answer(struct exchange *ex, struct page *page)
{
    static const struct listener_fields nothing_set;
    struct server_stream *client = ex->client;

    page->close |= ex->ambiguous;
    page->fields_set = listener_headers_set(&ex->table->headers);
    if (page->fields_set == NULL)
        page->fields_set = &nothing_set;
    if (ex->trail.n)
        page->more = (struct added_field){STR("X-Sluice-Explain"), ex->trail};
    ex->status = (uint16_t)page->status;
    client->exchange = NULL;
    exchange_sent(ex, page_send(client, &ex->worker->loop, page));
    ex->client = NULL;
    exchange_end(ex);
}

/* What was begun cannot be completed, and the client must see that. */
static void cut_off(struct exchange *ex)
{
    struct server_stream *client = ex->client;

    exchange_end(ex);
    client->ops->cut(client);
}

static bool is_of_target(enum reason reason)
{
    switch (reason) {
    case REASON_CONNECT:
    case REASON_CONNECT_TIMEOUT:
    case REASON_HANDSHAKE:
    case REASON_REFUSED:
    case REASON_STALE:
    case REASON_CLOSED:
    case REASON_MALFORMED:
    case REASON_TRUNCATED:
    case REASON_TARGET_TIMEOUT:
        return true;
    default:
        return false;
    }
}

static void explain_failure(const struct exchange *ex, enum reason reason)
{
    log_write(LOG_DEBUG, "proxy", "request ended: %s (%s), target %s",
              reasons[reason].word, reasons[reason].explanation,
              ex->target ? ex->target->text : "-");
}

void exchange_fail(struct exchange *ex, enum reason reason)
{
    unsigned status = reasons[reason].status;
    struct page page = page_of(status);

    if (ex->grpc) /* the status says it all to a library of gRPC */
        page = (struct page){.status = status, .body = STR("")};
    page.close = status == 400 || status == 408 || status == 417;
    if (log_wants(LOG_DEBUG))
        explain_failure(ex, reason);
    if (is_of_target(reason))
        exchange_count_error(ex);
    if (reason == REASON_CLIENT_GONE) {
        COUNTER_ADD(&ex->worker->counters, client_aborts, 1);
        if (!ex->responded)
            ex->status = 460;
        exchange_end(ex);
    } else if (ex->responded || status == 0) {
        cut_off(ex);
    } else {
        exchange_answer(ex, &page);
    }
}

/* ---- held bodies -------------------------------------------------------- */

bool exchange_hold(struct exchange *ex, struct hold *hold,
                   const struct piece *piece)
{
    struct chunk_pool *pool = &ex->worker->loop.chunks;
    struct chunk *c = hold->chunk;
    size_t have = c ? chunk_len(c) : 0;

    if (piece->data.n && (c == NULL || c->cap - c->end < piece->data.n)) {
        struct chunk *larger = chunk_take(pool, (have + piece->data.n) * 2);

        if (larger == NULL)
            return false;
        if (c) {
            memcpy(larger->data, chunk_begin(c), have);
            larger->end = (uint32_t)have;
            chunk_give(pool, c);
        }
        hold->chunk = c = larger;
    }
    if (piece->data.n) {
        memcpy(c->data + c->end, piece->data.p, piece->data.n);
        c->end += (uint32_t)piece->data.n;
    }
    hold->end = piece->end;
    if (piece->trailers.n) {
        const char *copy =
            arena_copy(&ex->arena, piece->trailers.p, piece->trailers.n);

        if (copy == NULL)
            return false;
        hold->trailers = str_make(copy, piece->trailers.n);
    }
    return true;
}

struct piece exchange_seen(const struct exchange *ex, const struct hold *hold)
{
    return ex->pinned ? exchange_held(hold) : ex->piece;
}

struct piece exchange_held(const struct hold *hold)
{
    struct piece piece = {.end = hold->end, .trailers = hold->trailers};

    if (hold->chunk)
        piece.data = (struct span){chunk_begin(hold->chunk),
                                   chunk_len(hold->chunk), false};
    return piece;
}

void exchange_unhold(struct exchange *ex, struct hold *hold)
{
    if (hold->chunk)
        chunk_give(&ex->worker->loop.chunks, hold->chunk);
    *hold = (struct hold){0};
}

/* ---- pinning ------------------------------------------------------------ */

/* Copies the fields and the bytes they stand in: `from` .. `to` offsets of
 * base are what the head used. */
static bool move_fields(struct exchange *ex, struct fields *fs, size_t len)
{
    char *base = arena_copy(&ex->arena, fs->base, len);
    struct field *v = arena_take(&ex->arena, sizeof(*v) * (fs->n ? fs->n : 1));

    if (base == NULL || v == NULL)
        return false;
    fields_move(fs, base, v);
    return true;
}

static bool pin_request(struct exchange *ex)
{
    struct request *copy = arena_take(&ex->arena, sizeof(*copy));

    if (copy == NULL)
        return false;
    *copy = *ex->request;
    if (!move_fields(ex, &copy->fields, request_extent(copy)))
        return false;
    ex->request = copy;
    return true;
}

static bool pin_response(struct exchange *ex)
{
    struct response *copy = arena_take(&ex->arena, sizeof(*copy));

    if (copy == NULL)
        return false;
    *copy = *ex->response;
    if (!move_fields(ex, &copy->fields,
                     fields_extent(&copy->fields,
                                   copy->reason.at + (size_t)copy->reason.n)))
        return false;
    ex->response = copy;
    return true;
}

/* Before the callback that brought the head returns and the exchange still
 * needs it. */
static bool pin(struct exchange *ex)
{
    bool ok = true;

    if (ex->pinned)
        return true;
    ex->pinned = true;
    if (ex->request && !ex->sent)
        ok =
            pin_request(ex) && exchange_hold(ex, &ex->request_hold, &ex->piece);
    else if (ex->response && !ex->responded)
        ok = pin_response(ex) &&
             exchange_hold(ex, &ex->response_hold, &ex->piece);
    ex->piece = (struct piece){.end = false};
    return ok;
}

/* ---- the walk ----------------------------------------------------------- */

void exchange_run(struct exchange *ex)
{
    for (;;) {
        switch (exchange_steps[ex->step](ex)) {
        case STEP_NEXT:
            ex->step++;
            continue;
        case STEP_WAIT:
            if (!pin(ex))
                exchange_fail(ex, REASON_OUT_OF_MEMORY);
            return;
        case STEP_DONE:
            return;
        case STEP_FAIL:
            exchange_fail(ex, (enum reason)ex->reason);
            return;
        }
    }
}

/* ---- the client's side -------------------------------------------------- */

static void count_desync(struct exchange *ex, const struct request *req)
{
    struct counters *counters = &ex->worker->counters;

    if (req->desync_class != DESYNC_COMPLIANT) {
        COUNTER_ADD(counters, desync_non_compliant, 1);
        exchange_meter(ex, BALANCER_desync_non_compliant);
    }
    if (req->close_both)
        COUNTER_ADD(counters, desync_ambiguous, 1);
}

static void begin(struct exchange *ex, struct worker_port *p,
                  struct request *request, const struct piece *body)
{
    struct worker *w = p->worker;

    ex->worker = w;
    ex->lease = worker_hold(p);
    ex->request = request;
    ex->piece = *body;
    ex->request_end = body->end;
    ex->method = request->method;
    ex->websocket = request->wants_websocket;
    ex->grpc = protocol_is_grpc(request);
    ex->ambiguous = request->close_both;
    ex->began_us = w->loop.now_us;
    exchange_choose_listener(ex, &ex->lease->snapshot->slots[p->slot]);
    arena_init(&ex->arena, &w->loop.chunks, ARENA_MAX);
    COUNTER_ADD(&w->counters, requests_active, 1);
    if (ex->grpc)
        COUNTER_ADD(&w->counters, grpc_requests, 1);
    exchange_meter_begin(ex);
    count_desync(ex, request);
}

static void on_request(struct server_stream *stream, struct request *request,
                       const struct piece *body)
{
    struct worker_port *p = worker_port_of(server_stream_port(stream));
    struct worker *w = p->worker;
    struct exchange *ex = slab_take(&w->exchanges);

    if (ex == NULL) {
        page_respond(stream, &w->loop, 500, true);
        return;
    }
    memset(ex, 0, sizeof(*ex));
    ex->client = stream;
    stream->exchange = ex;
    begin(ex, p, request, body);
    exchange_log_begin(ex);
    exchange_received(ex, body->wire);
    exchange_run(ex);
}

static void pause_if_blocked(struct exchange *ex)
{
    if (ex->target_stream && ex->target_stream->ops->blocked(ex->target_stream))
        ex->client->ops->pause(ex->client, CONN_PAUSE_PEER);
}

static void on_request_body(struct server_stream *stream,
                            const struct piece *piece)
{
    struct exchange *ex = stream->exchange;

    exchange_received(ex, piece->wire);
    if (ex->tunnel) {
        tunnel_from_client(ex, piece);
        return;
    }
    ex->request_end = piece->end;
    if (!ex->sent) {
        if (!exchange_hold(ex, &ex->request_hold, piece))
            exchange_fail(ex, REASON_OUT_OF_MEMORY);
        else if (ex->target_stream == NULL) /* else it still connects */
            exchange_run(ex);
        return;
    }
    if (ex->target_stream == NULL)
        return;
    if (ex->encoded.n)
        exchange_keep_replay(ex, piece);
    if (ex->step == STEP_CONNECT) /* to be sent again, with this */
        return;
    ex->target_stream->ops->send_body(ex->target_stream, piece);
    pause_if_blocked(ex);
}

static void on_interim(struct server_stream *stream, size_t sent)
{
    exchange_sent(stream->exchange, sent);
}

static void on_client_drained(struct server_stream *stream)
{
    struct exchange *ex = stream->exchange;

    if (ex->target_stream)
        ex->target_stream->ops->resume(ex->target_stream, CONN_PAUSE_PEER);
    stream->ops->touch(stream);
    if (ex->tunnel)
        tunnel_drained(ex);
}

/* Nothing moved on either side: whose turn was it? */
static enum reason who_stalled(const struct exchange *ex)
{
    if (ex->tunnel || ex->responded)
        return REASON_RESPONSE_STALLED;
    if (!ex->request_end &&
        !(ex->target_stream &&
          ex->target_stream->ops->blocked(ex->target_stream)))
        return REASON_BODY_TIMEOUT;
    return REASON_TARGET_TIMEOUT;
}

static void on_client_gone(struct server_stream *stream, enum stream_gone why,
                           const char *cause)
{
    struct exchange *ex = stream->exchange;

    if (log_wants(LOG_DEBUG))
        log_write(LOG_DEBUG, "proxy", "client side: %s", cause);
    switch (why) {
    case GONE_CLIENT:
        exchange_fail(ex, REASON_CLIENT_GONE);
        break;
    case GONE_BAD_BODY:
        exchange_fail(ex, REASON_BODY_MALFORMED);
        break;
    case GONE_TIMEOUT:
        if (ex->target_stream &&
            ex->target_stream->ops->moves(ex->target_stream))
            stream->ops->touch(stream); /* slow, not silent */
        else
            exchange_fail(ex, who_stalled(ex));
        break;
    }
}

static void on_refused(struct server_stream *stream,
                       const struct h1_fault *fault, size_t received,
                       size_t sent)
{
    struct worker *w = worker_port_of(server_stream_port(stream))->worker;

    exchange_log_refused(stream, fault, received, sent);
    exchange_meter_refused(stream, fault, received, sent);
    if (fault->class != DESYNC_COMPLIANT)
        COUNTER_ADD(&w->counters, desync_non_compliant, 1);
    if (log_wants(LOG_DEBUG))
        log_write(LOG_DEBUG, "proxy", "refused with %u: %s (%s, %s)",
                  (unsigned)fault->status, fault->why ? fault->why : "-",
                  desync_class_word((enum desync_class)fault->class),
                  desync_reason_word((enum desync_reason)fault->reason));
}

const struct server_handler exchange_server_handler = {
    .on_request = on_request,
    .on_body = on_request_body,
    .on_drained = on_client_drained,
    .on_interim = on_interim,
    .on_gone = on_client_gone,
    .on_refused = on_refused,
    .on_handshake = connection_handshake,
};

/* ---- the target's side -------------------------------------------------- */

static void on_connected(struct client_stream *stream)
{
    struct exchange *ex = stream->exchange;

    ex->client->ops->touch(ex->client);
    ex->step = STEP_SEND;
    exchange_run(ex);
}

static void on_response(struct client_stream *stream, struct response *response,
                        const struct piece *body)
{
    struct exchange *ex = stream->exchange;

    ex->client->ops->touch(ex->client);
    ex->responded_us = ex->worker->loop.now_us;
    exchange_unhold(ex, &ex->replay);
    ex->encoded.n = 0;
    ex->response = response;
    ex->piece = *body;
    ex->pinned = false;
    ex->step = STEP_RECEIVE + 1;
    exchange_run(ex);
}

/* The response is complete: the target's connection finds its own way. */
static void finish(struct exchange *ex, const struct piece *piece)
{
    struct server_stream *client = ex->client;

    ex->target_stream->exchange = NULL;
    ex->target_stream = NULL;
    client->exchange = NULL;
    exchange_sent(ex, client->ops->send_body(client, piece));
    ex->client = NULL;
    exchange_end(ex);
}

static void on_response_body(struct client_stream *stream,
                             const struct piece *piece)
{
    struct exchange *ex = stream->exchange;

    ex->client->ops->touch(ex->client);
    if (ex->tunnel) {
        tunnel_from_target(ex, piece);
        return;
    }
    if (!ex->responded) {
        if (!exchange_hold(ex, &ex->response_hold, piece))
            exchange_fail(ex, REASON_OUT_OF_MEMORY);
        else
            exchange_run(ex);
        return;
    }
    if (piece->end) {
        finish(ex, piece);
        return;
    }
    exchange_sent(ex, ex->client->ops->send_body(ex->client, piece));
    if (ex->client->ops->blocked(ex->client))
        stream->ops->pause(stream, CONN_PAUSE_PEER);
}

static void on_target_drained(struct client_stream *stream)
{
    struct exchange *ex = stream->exchange;

    ex->client->ops->resume(ex->client, CONN_PAUSE_PEER);
    ex->client->ops->touch(ex->client);
    if (ex->tunnel)
        tunnel_drained(ex);
}

static void on_target_progress(struct client_stream *stream)
{
    struct exchange *ex = stream->exchange;

    ex->client->ops->touch(ex->client);
}

/* Failures that cost a request nothing when it was not sent yet.  One that
 * waited for its connection in vain is ALB's 504. */
static bool is_before_it(enum client_failure why)
{
    return why == FAILURE_CONNECT || why == FAILURE_HANDSHAKE ||
           why == FAILURE_REFUSED || why == FAILURE_DEREGISTERED;
}

static void on_failed(struct client_stream *stream, enum client_failure why,
                      const char *cause)
{
    static const enum reason reason_of[] = {
        [FAILURE_CONNECT] = REASON_CONNECT,
        [FAILURE_CONNECT_TIMEOUT] = REASON_CONNECT_TIMEOUT,
        [FAILURE_HANDSHAKE] = REASON_HANDSHAKE,
        [FAILURE_REFUSED] = REASON_REFUSED,
        [FAILURE_STALE] = REASON_STALE,
        [FAILURE_CLOSED] = REASON_CLOSED,
        [FAILURE_MALFORMED] = REASON_MALFORMED,
        [FAILURE_TRUNCATED] = REASON_TRUNCATED,
        [FAILURE_DEREGISTERED] = REASON_DEREGISTERED,
    };
    struct exchange *ex = stream->exchange;

    stream->exchange = NULL;
    ex->target_stream = NULL;
    if (exchange_again(ex, why, cause))
        return;
    if (!ex->sent && is_before_it(why) && exchange_next_target(ex)) {
        ex->step = STEP_CONNECT;
        exchange_run(ex);
        return;
    }
    if (why == FAILURE_DEREGISTERED)
        COUNTER_ADD(&ex->worker->counters, deregistration_cuts, 1);
    if (log_wants(LOG_DEBUG))
        log_write(LOG_DEBUG, "proxy", "target %s: %s", ex->target->text, cause);
    exchange_fail(ex, reason_of[why]);
}

const struct client_handler exchange_client_handler = {
    .on_connected = on_connected,
    .on_response = on_response,
    .on_body = on_response_body,
    .on_drained = on_target_drained,
    .on_progress = on_target_progress,
    .on_failed = on_failed,
};

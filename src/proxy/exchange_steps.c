/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a request, step by step.
 */
#include "proxy/exchange.h"
#include "proxy/forwarded.h"

static enum step_result fail(struct exchange *ex, enum reason reason)
{
    ex->reason = (uint8_t)reason;
    return STEP_FAIL;
}

/* What no target gets to see. */
static enum step_result normalise(struct exchange *ex)
{
    const struct request *req = ex->request;

    if (req->method == METHOD_TRACE || req->method == METHOD_CONNECT)
        return fail(ex, REASON_TRACE);
    if (req->expect_unknown)
        return fail(ex, REASON_EXPECTATION);
    if (req->fields.present >> FIELD_X_FORWARDED_FOR & 1 &&
        forwarded_count(&req->fields) > FORWARDED_ADDRESSES_MAX)
        return fail(ex, REASON_TOO_MANY_HOPS);
    return STEP_NEXT;
}

/* Which target group: there is one action, a weighted forward. */
static enum step_result route(struct exchange *ex)
{
    struct snapshot *s = ex->lease->snapshot;
    int i = group_weighted(s->weights, s->ngroups, &s->cursor);

    if (i < 0)
        return fail(ex, REASON_NO_TARGETS);
    ex->group = &s->groups[i];
    return STEP_NEXT;
}

/* The body so far: what is held, or what came with the head. */
static struct piece seen(const struct exchange *ex, const struct hold *hold)
{
    return ex->pinned ? exchange_held(hold) : ex->piece;
}

/* Whether an inspector that wants `limit` bytes has to wait for more. */
static bool wants_more(const struct piece *piece, uint32_t limit)
{
    return limit && !piece->end && piece->data.n < limit;
}

static enum step_result inspect_request(struct exchange *ex)
{
    const struct inspector *inspector = ex->lease->snapshot->inspector;
    struct piece piece = seen(ex, &ex->request_hold);
    size_t n;

    if (inspector == NULL || inspector->request == NULL)
        return STEP_NEXT;
    if (wants_more(&piece, inspector->request_hold))
        return STEP_WAIT;
    n = piece.data.n < INSPECT_MAX ? piece.data.n : INSPECT_MAX;
    if (inspector->request(inspector->owner, ex->request,
                           str_make(piece.data.p, n),
                           piece.end && n == piece.data.n) == VERDICT_PASS)
        return STEP_NEXT;
    return fail(ex, REASON_BLOCKED);
}

static enum step_result select_target(struct exchange *ex)
{
    ex->target = group_choose(ex->group);
    if (ex->target == NULL)
        return fail(ex, REASON_NO_TARGETS);
    if (ex->group->balancer->counts_outstanding) {
        ex->counted = true;
        atomic_fetch_add_explicit(&ex->target->outstanding, 1,
                                  memory_order_relaxed);
    }
    return STEP_NEXT;
}

static enum step_result connect_target(struct exchange *ex)
{
    struct client_pool *pool = worker_pool(ex->worker, ex->target);

    ex->target_stream = client_pool_take(pool, ex);
    if (ex->target_stream)
        return STEP_NEXT;
    ex->target_stream = client_connect(pool, ex);
    if (ex->target_stream == NULL)
        return fail(ex, REASON_CONNECT);
    ex->client->ops->pause(ex->client, CONN_PAUSE_HOLD);
    return STEP_WAIT;
}

/* RFC 9110 §9.2.2: idempotent, and nothing of the request is lost. */
static bool may_repeat(const struct exchange *ex)
{
    bool idempotent = ex->method == METHOD_GET || ex->method == METHOD_HEAD ||
                      ex->method == METHOD_PUT || ex->method == METHOD_DELETE ||
                      ex->method == METHOD_OPTIONS;

    return ex->group->retry == RETRY_SAFE && idempotent && !ex->ambiguous &&
           !ex->websocket && ex->request->body == BODY_NONE &&
           client_stream_reused(ex->target_stream);
}

static void keep_for_retry(struct exchange *ex, struct str encoded)
{
    const char *copy = arena_copy(&ex->arena, encoded.p, encoded.n);

    ex->retry = copy != NULL;
    ex->encoded = str_make(copy, copy ? encoded.n : 0);
}

static enum step_result send_again(struct exchange *ex)
{
    client_request_again(ex->target_stream, ex->encoded,
                         (enum method)ex->method, false);
    return STEP_NEXT;
}

/* The longest head that the codec lets in, in its most expanding spelling:
 * every byte of the request line as %XX, every field line of three bytes
 * ("a:" and LF) as five, and the values that we make. */
_Static_assert(LOOP_HEAD >= 3 * 16384 + 65536 / 3 * 5 + WORKER_TEXT + 1024,
               "every head that comes in can go out");
_Static_assert(LOOP_HEADROOM >= LOOP_HEAD + H1_CHUNK_HEAD_MAX,
               "every head fits in front of what was read");

static enum step_result send_request(struct exchange *ex)
{
    struct worker *w = ex->worker;
    struct text t = text_in(w->text, WORKER_TEXT);
    struct server_port *port = server_stream_port(ex->client);
    struct forwarded_from from = {
        .attributes = &ex->lease->snapshot->attributes,
        .client = server_stream_client(ex->client),
        .port = port->local.port,
        .now = clock_wall_seconds(),
        .random = &w->loop.random,
    };
    struct request_out out = {.request = ex->request,
                              .close = ex->ambiguous,
                              .websocket = ex->websocket};
    struct piece piece = seen(ex, &ex->request_hold);
    bool repeat;
    struct str encoded;

    if (ex->sent)
        return send_again(ex);
    repeat = may_repeat(ex);
    if (!forwarded_apply(ex->request, &from, &t, &out))
        return fail(ex, REASON_HEAD_TOO_LONG);
    if (!client_request(ex->target_stream, &out, &piece, &encoded))
        return fail(ex, REASON_HEAD_TOO_LONG);
    if (repeat)
        keep_for_retry(ex, encoded);
    ex->sent = true;
    ex->request = NULL;
    exchange_unhold(ex, &ex->request_hold);
    if (ex->target_stream->ops->blocked(ex->target_stream))
        ex->client->ops->pause(ex->client, CONN_PAUSE_PEER);
    ex->client->ops->resume(ex->client, CONN_PAUSE_HOLD);
    return STEP_NEXT;
}

/* on_response goes on behind this step. */
static enum step_result receive(struct exchange *ex)
{
    ex->pinned = true; /* nothing left to copy */
    return STEP_WAIT;
}

static enum step_result inspect_response(struct exchange *ex)
{
    const struct inspector *inspector = ex->lease->snapshot->inspector;
    struct piece piece = seen(ex, &ex->response_hold);
    size_t n;

    if (inspector == NULL || inspector->response == NULL ||
        ex->response->status == 101)
        return STEP_NEXT;
    if (wants_more(&piece, inspector->response_hold))
        return STEP_WAIT;
    n = piece.data.n < INSPECT_MAX ? piece.data.n : INSPECT_MAX;
    if (inspector->response(inspector->owner, ex->response,
                            str_make(piece.data.p, n),
                            piece.end && n == piece.data.n) == VERDICT_PASS)
        return STEP_NEXT;
    return fail(ex, REASON_RESPONSE_BLOCKED);
}

/* What the response head is on its way to the client. */
static void describe(const struct exchange *ex, struct response_out *out)
{
    struct response *res = ex->response;
    bool length = res->fields.present >> FIELD_CONTENT_LENGTH & 1;

    out->status = res->status;
    out->reason = slice_of(&res->fields, res->reason);
    out->fields = &res->fields;
    out->body = (enum body_kind)res->body;
    out->length = res->content_length;
    out->close = ex->ambiguous;
    /* HEAD and 304 tell of a body that does not follow. */
    if (res->body == BODY_NONE && length)
        out->body = BODY_LENGTH;
    else if (ex->method == METHOD_HEAD &&
             res->fields.present >> FIELD_TRANSFER_ENCODING & 1)
        out->body = BODY_CHUNKED;
    if (!(res->fields.present >> FIELD_DATE & 1))
        out->added[out->nadded++] = (struct added_field){
            STR("Date"), loop_http_date(&ex->worker->loop)};
}

static enum step_result relay(struct exchange *ex)
{
    struct server_stream *client = ex->client;
    struct response_out out = {0};
    struct piece piece = seen(ex, &ex->response_hold);

    describe(ex, &out);
    h1_mark_hop_by_hop(&ex->response->fields);
    ex->responded = true;
    if (ex->response->status == 101) {
        client->ops->upgrade(client, &out);
        tunnel_begin(ex);
        return STEP_DONE;
    }
    if (piece.end) {
        client->exchange = NULL;
        client->ops->respond(client, &out, &piece);
        return STEP_NEXT;
    }
    client->ops->respond(client, &out, &piece);
    exchange_unhold(ex, &ex->response_hold);
    ex->response = NULL;
    if (client->ops->blocked(client))
        ex->target_stream->ops->pause(ex->target_stream, CONN_PAUSE_PEER);
    return STEP_DONE;
}

/* The answer was whole at once: the target's connection goes its own way. */
static enum step_result finish(struct exchange *ex)
{
    ex->target_stream->exchange = NULL;
    ex->target_stream = NULL;
    ex->client = NULL;
    exchange_end(ex);
    return STEP_DONE;
}

exchange_step *const exchange_steps[] = {
    normalise,    route,   inspect_request,  select_target, connect_target,
    send_request, receive, inspect_response, relay,         finish,
};

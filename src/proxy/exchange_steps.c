/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a request, step by step.
 */
#include "http/page.h"
#include "proxy/exchange.h"
#include "proxy/forwarded.h"
#include "proxy/protocol.h"

static enum step_result fail(struct exchange *ex, enum reason reason)
{
    ex->reason = (uint8_t)reason;
    return STEP_FAIL;
}

/* What no target gets to see. */
static enum step_result normalise(struct exchange *ex)
{
    const struct request *req = ex->request;

    if (ex->reason != REASON_NONE) /* exchange_choose_listener() */
        return STEP_FAIL;
    if (req->method == METHOD_TRACE || req->method == METHOD_CONNECT)
        return fail(ex, REASON_TRACE);
    if (req->expect_unknown)
        return fail(ex, REASON_EXPECTATION);
    if (req->fields.present >> FIELD_X_FORWARDED_FOR & 1 &&
        forwarded_count(&req->fields) > FORWARDED_ADDRESSES_MAX)
        return fail(ex, REASON_TOO_MANY_HOPS);
    if (req->invalid_names &&
        exchange_attributes(ex)->drop_invalid_header_fields) {
        forwarded_drop_invalid(ex->request);
        COUNTER_ADD(&ex->worker->counters, dropped_invalid_header, 1);
        exchange_meter(ex, BALANCER_dropped_invalid_header);
    }
    return STEP_NEXT;
}

void exchange_route_request(const struct exchange *ex,
                            struct route_request *request)
{
    const struct request *req = ex->request;
    struct str query = slice_of(&req->fields, req->path);
    struct str path = str_cut(&query, '?');

    *request = (struct route_request){
        .method = slice_of(&req->fields, req->method_name),
        .host = slice_of(&req->fields, req->authority),
        .path = path.n ? path : STR("/"),
        .query = query.p ? query : STR(""),
        .fields = &req->fields,
        .client = server_stream_client(ex->client),
    };
}

/* Which rule takes it. */
static enum step_result route(struct exchange *ex)
{
    struct worker *w = ex->worker;
    struct route_request request;
    unsigned evaluated = 0;
    unsigned i;

    exchange_route_request(ex, &request);
    i = router_match(ex->table->router, &request, w->scratch, &evaluated);
    ex->action = ex->table->actions[i];
    COUNTER_ADD(&w->counters, rule_evaluations, evaluated);
    exchange_meter_rules(ex, evaluated);
    if (w->explain_key.n)
        exchange_explain(ex, &request);
    return STEP_NEXT;
}

/* Whether an inspector that wants `limit` bytes has to wait for more. */
static bool wants_more(const struct piece *piece, uint32_t limit)
{
    return limit && !piece->end && piece->data.n < limit;
}

static enum step_result redirect(struct exchange *ex)
{
    struct worker *w = ex->worker;
    struct text location = text_in(w->text, WORKER_TEXT);
    struct route_request request;
    struct page page = {
        .status = ex->action->config->u.redirect.status,
        .content_type = STR("text/html"),
    };

    exchange_route_request(ex, &request);
    if (!action_location(&location, ex->action, &request,
                         server_stream_port(ex->client)->local.port)) {
        COUNTER_ADD(&w->counters, redirect_url_limit_exceeded, 1);
        exchange_meter(ex, BALANCER_redirect_url_limit);
        return fail(ex, REASON_LOCATION_TOO_LONG);
    }
    page.extra = (struct added_field){STR("Location"), text_str(&location)};
    COUNTER_ADD(&w->counters, redirects, 1);
    exchange_meter(ex, BALANCER_redirects);
    exchange_log_redirect(ex, text_str(&location));
    exchange_answer(ex, &page);
    return STEP_DONE;
}

static enum step_result fixed_response(struct exchange *ex)
{
    const struct config_fixed *fixed = &ex->action->config->u.fixed;
    char buffer[64];
    struct text type = text_in(buffer, sizeof(buffer));
    struct page page = {.status = fixed->status, .body = fixed->body};

    if (fixed->content_type.n) {
        text_str_put(&type, fixed->content_type);
        TEXT_LITERAL(&type, "; charset=utf-8");
        page.content_type = text_str(&type);
    }
    if (page.body.p == NULL)
        page.body = STR("");
    COUNTER_ADD(&ex->worker->counters, fixed_responses, 1);
    exchange_meter(ex, BALANCER_fixed_responses);
    exchange_answer(ex, &page);
    return STEP_DONE;
}

/* What the rule says: answer, or go on to a target group. */
static enum step_result act(struct exchange *ex)
{
    switch (ex->action->type) {
    case ACTION_REDIRECT:
        return redirect(ex);
    case ACTION_FIXED_RESPONSE:
        return fixed_response(ex);
    default:
        break;
    }
    ex->group = ex->action->config->u.forward.sticky ? exchange_sticky_group(ex)
                                                     : action_group(ex->action);
    if (ex->group == NULL)
        return fail(ex, REASON_NO_WEIGHT);
    if (!protocol_fits(ex->request, ex->group->config->version))
        return fail(ex, REASON_PROTOCOL);
    return STEP_NEXT;
}

/* A snapshot that is not the newest may choose a target that drains meanwhile:
 * another one then, if it has any. */
static struct target *choose(struct exchange *ex)
{
    struct target *target = group_choose(ex->zone, &ex->worker->loop.random);
    struct target *other;

    if (target == NULL || !target_drains(target))
        return target;
    other = group_choose_other(ex->zone, &target, 1);
    return other ? other : target;
}

/* Where the client would be connected to; for most groups there is but one. */
static struct group_zone *zone_of(const struct exchange *ex)
{
    struct group *group = ex->group;

    return group->nzones == 1
               ? group->zones
               : group_zone_of(group, server_stream_number(ex->client));
}

static enum step_result select_target(struct exchange *ex)
{
    struct target *target;

    ex->zone = zone_of(ex);
    target = ex->group->config->attributes.sticky ? exchange_sticky_target(ex)
                                                  : choose(ex);
    if (target == NULL)
        return fail(ex, REASON_NO_TARGETS);
    exchange_take_target(ex, target);
    if (atomic_load_explicit(&ex->zone->fail_open, memory_order_relaxed)) {
        COUNTER_ADD(&ex->worker->counters, unhealthy_routing_requests, 1);
        group_cell_add(ex->group_cell, GROUP_unhealthy_routing, 1);
    }
    if (ex->trail.n)
        exchange_explain_target(ex);
    return STEP_NEXT;
}

static enum step_result connect_target(struct exchange *ex)
{
    do {
        struct client_pool *pool = exchange_pool(ex);

        ex->target_stream = client_pool_take(pool, ex);
        if (ex->target_stream)
            return STEP_NEXT;
        ex->target_stream = client_connect(pool, ex);
    } while (ex->target_stream == NULL && exchange_next_target(ex));
    if (ex->target_stream == NULL)
        return fail(ex, REASON_CONNECT);
    ex->client->ops->pause(ex->client, CONN_PAUSE_HOLD);
    return STEP_WAIT;
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
    struct piece piece = exchange_seen(ex, &ex->response_hold);
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
    out->listener = listener_headers_set(&ex->table->headers);
    if (out->listener)
        listener_headers_drop(out->listener, &res->fields);
    /* HEAD and 304 tell of a body that does not follow. */
    if (res->body == BODY_NONE && length)
        out->body = BODY_LENGTH;
    else if (ex->method == METHOD_HEAD &&
             res->fields.present >> FIELD_TRANSFER_ENCODING & 1)
        out->body = BODY_CHUNKED;
    if (!(res->fields.present >> FIELD_DATE & 1))
        out->added[out->nadded++] = (struct added_field){
            STR("Date"), loop_http_date(&ex->worker->loop)};
    if (ex->trail.n)
        out->added[out->nadded++] =
            (struct added_field){STR("X-Sluice-Explain"), ex->trail};
}

static enum step_result relay(struct exchange *ex)
{
    struct server_stream *client = ex->client;
    struct response_out out = {0};
    struct piece piece = exchange_seen(ex, &ex->response_hold);

    if (ex->response->status >= 500)
        exchange_count_error(ex);
    describe(ex, &out);
    if (ex->sticky)
        exchange_sticky_cookies(ex, &out);
    h1_mark_hop_by_hop(&ex->response->fields);
    ex->responded = true;
    ex->status = ex->target_status = (uint16_t)out.status;
    if (ex->response->status == 101) {
        exchange_sent(ex, client->ops->upgrade(client, &out));
        tunnel_begin(ex);
        return STEP_DONE;
    }
    if (piece.end) {
        client->exchange = NULL;
        exchange_sent(ex, client->ops->respond(client, &out, &piece));
        return STEP_NEXT;
    }
    exchange_sent(ex, client->ops->respond(client, &out, &piece));
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
    normalise,
    route,
    exchange_inspect,
    act,
    exchange_transform,
    select_target,
    connect_target,
    exchange_send_request,
    receive,
    inspect_response,
    relay,
    finish,
};

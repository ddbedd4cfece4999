/* SPDX-License-Identifier: Apache-2.0
 *
 * How a request leaves for its target.
 */
#include "net/conn_tls.h"
#include "proxy/exchange.h"
#include "proxy/forwarded.h"

static enum step_result fail(struct exchange *ex, enum reason reason)
{
    ex->reason = (uint8_t)reason;
    return STEP_FAIL;
}

/* RFC 9110 §9.2.2: idempotent, and nothing of the request is lost. */
static bool may_repeat(const struct exchange *ex)
{
    bool idempotent = ex->method == METHOD_GET || ex->method == METHOD_HEAD ||
                      ex->method == METHOD_PUT || ex->method == METHOD_DELETE ||
                      ex->method == METHOD_OPTIONS;

    return ex->group->config->retry == RETRY_SAFE && idempotent &&
           !ex->ambiguous && !ex->websocket && ex->request->body == BODY_NONE &&
           client_stream_reused(ex->target_stream);
}

/* A target of HTTP/2 may refuse a stream without having looked at it. */
static bool may_be_refused(const struct exchange *ex)
{
    return ex->group->config->version != VERSION_HTTP1;
}

static enum step_result send_again(struct exchange *ex)
{
    struct piece piece = {.end = true};

    if (may_be_refused(ex))
        piece = exchange_held(&ex->replay);
    client_request_again(ex->target_stream, ex->encoded,
                         (enum method)ex->method, &piece);
    if (ex->target_stream->ops->blocked(ex->target_stream))
        ex->client->ops->pause(ex->client, CONN_PAUSE_PEER);
    ex->client->ops->resume(ex->client, CONN_PAUSE_HOLD);
    return STEP_NEXT;
}

/* The longest head that the codec lets in, in its most expanding spelling:
 * every byte of the request line as %XX, every field line of three bytes
 * ("a:" and LF) as five, the values that we make, what the client showed of
 * itself, and AWS's hundred fields that a web ACL inserts. */
_Static_assert(LOOP_HEAD >= 3 * 16384 + 65536 / 3 * 5 + WORKER_TEXT +
                                CLIENT_CERTIFICATE_MAX + 100 * 336 + 1024,
               "every head that comes in can go out");
_Static_assert(LOOP_HEADROOM >= LOOP_HEAD + H1_CHUNK_HEAD_MAX,
               "every head fits in front of what was read");

/* ---- transforms ---------------------------------------------------------- */

static struct str path_and_query(const struct exchange *ex)
{
    struct str path = slice_of(&ex->request->fields, ex->request->path);

    return path.n ? path : STR("/");
}

/* Applies one transform; `*result` gets what the text became, n == 0 when it
 * stays.  False when it failed. */
static bool transform(struct exchange *ex, const struct action_transform *how,
                      struct str from, struct str *result)
{
    struct text t = text_in(ex->worker->text, WORKER_TEXT);
    const char *copy;

    if (how->regex == NULL)
        return true;
    switch (action_transform(&t, how, from, ex->worker->scratch)) {
    case TRANSFORM_FAILED:
        return false;
    case TRANSFORM_DONE:
        copy = arena_copy(&ex->arena, t.p, t.n);
        *result = str_make(copy, copy ? t.n : 0);
        return copy != NULL;
    case TRANSFORM_UNCHANGED:
        break;
    }
    return true;
}

/* Before any target is bothered: a client can make transforms fail. */
enum step_result exchange_transform(struct exchange *ex)
{
    const struct rule_action *action = ex->action;
    struct str host = authority_split(
        slice_of(&ex->request->fields, ex->request->authority), NULL);
    bool ok;

    if (action->host.regex == NULL && action->url.regex == NULL)
        return STEP_NEXT;
    ok = transform(ex, &action->host, host, &ex->new_host) &&
         transform(ex, &action->url, path_and_query(ex), &ex->new_url);
    exchange_log_transforms(ex, ok);
    return ok ? STEP_NEXT : fail(ex, REASON_TRANSFORM);
}

/* ---- sending ------------------------------------------------------------- */

/* How the client came by TLS; NULL: it did not. */
static const struct forwarded_tls *tls_of(const struct exchange *ex,
                                          struct forwarded_tls *to)
{
    const struct conn_tls *tls = conn_tls(server_stream_conn(ex->client));

    if (tls == NULL)
        return NULL;
    to->certificate = conn_tls_client_certificate(tls);
    to->verified = conn_tls_client_auth(tls) == TLS_AUTH_VERIFY;
    if (exchange_attributes(ex)->tls_headers) {
        to->version = conn_tls_version(tls);
        to->cipher_suite = conn_tls_cipher(tls);
    }
    return to;
}

/* What the request becomes on its way. */
static bool describe(struct exchange *ex, struct text *t,
                     struct request_out *out)
{
    struct worker *w = ex->worker;
    struct forwarded_tls tls;
    struct forwarded_from from = {
        .attributes = exchange_attributes(ex),
        .names = &ex->table->headers.request,
        .tls = tls_of(ex, &tls),
        .client = server_stream_client(ex->client),
        .host = ex->new_host,
        .fallback = ex->table->config->load_balancer->dns_name,
        .port = server_stream_port(ex->client)->local.port,
        .now = clock_wall_seconds(),
        .random = &w->loop.random,
        .trace = ex->trace,
    };

    out->target = ex->new_url;
    out->inserted = ex->inserted;
    out->ninserted = ex->ninserted;
    return forwarded_apply(ex->request, &from, t, out);
}

static void sent(struct exchange *ex)
{
    ex->sent = true;
    ex->sent_us = ex->worker->loop.now_us;
    ex->request = NULL;
    exchange_unhold(ex, &ex->request_hold);
    if (ex->target_stream->ops->blocked(ex->target_stream))
        ex->client->ops->pause(ex->client, CONN_PAUSE_PEER);
    ex->client->ops->resume(ex->client, CONN_PAUSE_HOLD);
}

enum step_result exchange_send_request(struct exchange *ex)
{
    struct text t = text_in(ex->worker->text, WORKER_TEXT);
    struct request_out out = {.request = ex->request,
                              .close = ex->ambiguous,
                              .websocket = ex->websocket};
    struct piece piece = exchange_seen(ex, &ex->request_hold);
    bool repeat;
    struct str encoded;

    if (ex->sent)
        return send_again(ex);
    repeat = may_repeat(ex);
    if (!describe(ex, &t, &out))
        return fail(ex, REASON_HEAD_TOO_LONG);
    if (forwarded_has_invalid(ex->request)) {
        COUNTER_ADD(&ex->worker->counters, forwarded_invalid_header, 1);
        exchange_meter(ex, BALANCER_forwarded_invalid_header);
    }
    exchange_log_request(ex, &out);
    if (!client_request(ex->target_stream, &out, &piece, &encoded))
        return fail(ex, REASON_HEAD_TOO_LONG);
    if (repeat || may_be_refused(ex))
        exchange_keep_head(ex, encoded);
    ex->retry = repeat && ex->encoded.n;
    if (may_be_refused(ex))
        exchange_keep_replay(ex, &piece);
    sent(ex);
    return STEP_NEXT;
}

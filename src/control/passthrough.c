/* SPDX-License-Identifier: Apache-2.0 */
#include "control/passthrough.h"

#include <stdlib.h>

#include "base/memory.h"
#include "net/resolve.h"

enum {
    PIECE = 64 * 1024, /* of a body, sent at once */
    FRESH_US = 30 * 1000 * 1000,
};

struct passthrough {
    struct loop *loop;
    struct passthrough_url url;
    bool named; /* the host is a name */
    struct client_port port;
    struct client_pool pool; /* its address has family 0 until it is known */
    struct resolver resolver;
    uint64_t asked_us;
    struct list waiting; /* for the address */
};

/* ---- the URL -------------------------------------------------------------------- */

static bool fail_url(const char *url, const char *why, struct error *error)
{
    return error_set(error,
                     "--passthrough \"%.200s\" %s; write "
                     "http://HOST:PORT, such as http://127.0.0.1:5000",
                     url, why);
}

/* "host", "1.2.3.4" or "[::1]" in front of an optional ":port". */
static struct str cut_host(struct str *rest)
{
    const char *end =
        rest->n && rest->p[0] == '[' ? memchr(rest->p, ']', rest->n) : NULL;
    struct str host;

    if (end == NULL)
        return str_cut(rest, ':');
    host = str_make(rest->p + 1, (size_t)(end - rest->p) - 1);
    rest->n -= (size_t)(end - rest->p) + 1;
    rest->p = end + 1;
    if (rest->n && rest->p[0] != ':')
        return STR("");
    str_cut(rest, ':'); /* nothing stands before it */
    return host;
}

bool passthrough_read(const char *url, struct passthrough_url *read,
                      struct error *error)
{
    struct str rest = str_of(url);
    struct str http = STR("http://");
    struct str host;
    uint64_t port = 80;

    if (str_istarts(rest, STR("https://")))
        return fail_url(url, "is https, which is not supported here", error);
    if (!str_istarts(rest, http))
        return fail_url(url, "is no URL of HTTP", error);
    rest = str_make(rest.p + http.n, rest.n - http.n);
    if (rest.n && rest.p[rest.n - 1] == '/')
        rest.n--;
    if (rest.n && memchr(rest.p, '/', rest.n))
        return fail_url(url, "has a path", error);
    host = cut_host(&rest);
    if (host.n == 0 || host.n >= sizeof(read->host))
        return fail_url(url, "has no host", error);
    if (rest.p && (!str_to_u64(rest, UINT16_MAX, &port) || port == 0))
        return fail_url(url, "has a port that is none", error);
    memcpy(read->host, host.p, host.n);
    read->host[host.n] = '\0';
    read->port = (uint16_t)port;
    return true;
}

/* ---- the end of a pass ------------------------------------------------------------ */

static void let_go(struct pass *pass)
{
    struct client_stream *target = pass->target;

    timer_end(&pass->silent);
    list_remove(&pass->node);
    pass->target = NULL;
    if (target == NULL)
        return;
    target->exchange = NULL;
    target->ops->drop(target);
}

/* Whether nothing was answered: then the caller does. */
static void end(struct pass *pass, const char *why)
{
    struct server_stream *client = pass->client;

    let_go(pass);
    if (pass->responded && why) {
        client->exchange = NULL;
        client->ops->cut(client);
    }
    pass->done(pass, pass->responded ? NULL : why);
}

static void on_silent(struct timer *timer)
{
    end(LIST_ENTRY_OF(timer, struct pass, silent),
        "it said nothing for a minute");
}

static void touch(struct pass *pass)
{
    struct passthrough *p = pass->passthrough;

    loop_timer_set(p->loop, &pass->silent, PASSTHROUGH_SILENT_MS);
    pass->client->ops->touch(pass->client);
}

/* ---- the request ------------------------------------------------------------------- */

/* The next piece of the body, and whether it is the last one. */
static struct piece next_piece(struct pass *pass)
{
    size_t left = pass->body.n - pass->sent;
    size_t n = left < PIECE ? left : PIECE;
    struct piece piece = {
        .data = {(char *)(uintptr_t)pass->body.p + pass->sent, n, false},
        .end = n == left,
    };

    pass->sent += n;
    return piece;
}

static void send_rest(struct pass *pass)
{
    struct client_stream *target = pass->target;

    while (pass->sent < pass->body.n && !target->ops->blocked(target)) {
        struct piece piece = next_piece(pass);

        target->ops->send_body(target, &piece);
    }
}

static void on_connected(struct client_stream *stream)
{
    struct pass *pass = stream->exchange;
    struct request_out out = {
        .request = pass->request,
        .added = {{STR(PASSTHROUGH_MARK), STR("1")}},
        .nadded = 1,
        .close = true,
    };
    struct piece piece = next_piece(pass);

    touch(pass);
    if (client_request(stream, &out, &piece, NULL))
        send_rest(pass);
    else
        end(pass, "the head of the request is too long");
}

static void on_target_drained(struct client_stream *stream)
{
    touch(stream->exchange);
    send_rest(stream->exchange);
}

static void on_progress(struct client_stream *stream)
{
    touch(stream->exchange);
}

/* ---- the response ------------------------------------------------------------------ */

static void describe(const struct pass *pass, struct response *res,
                     struct response_out *out)
{
    bool length = res->fields.present >> FIELD_CONTENT_LENGTH & 1;

    out->status = res->status;
    out->reason = slice_of(&res->fields, res->reason);
    out->fields = &res->fields;
    out->body = (enum body_kind)res->body;
    out->length = res->content_length;
    /* HEAD and 304 tell of a body that does not follow. */
    if (res->body == BODY_NONE && length)
        out->body = BODY_LENGTH;
    if (!(res->fields.present >> FIELD_DATE & 1))
        out->added[out->nadded++] = (struct added_field){
            STR("Date"), loop_http_date(pass->passthrough->loop)};
}

static void on_body(struct client_stream *stream, const struct piece *piece)
{
    struct pass *pass = stream->exchange;
    struct server_stream *client = pass->client;

    touch(pass);
    if (piece->end)
        client->exchange = NULL;
    client->ops->send_body(client, piece);
    if (piece->end)
        end(pass, NULL);
    else if (client->ops->blocked(client))
        stream->ops->pause(stream, CONN_PAUSE_PEER);
}

static void on_response(struct client_stream *stream, struct response *response,
                        const struct piece *body)
{
    struct pass *pass = stream->exchange;
    struct server_stream *client = pass->client;
    struct response_out out = {.status = 0};

    if (response->status == 101) {
        end(pass, "it wants to speak another protocol");
        return;
    }
    describe(pass, response, &out);
    h1_mark_hop_by_hop(&response->fields);
    touch(pass);
    pass->responded = true;
    if (body->end)
        client->exchange = NULL;
    client->ops->respond(client, &out, body);
    if (body->end)
        end(pass, NULL);
    else if (client->ops->blocked(client))
        stream->ops->pause(stream, CONN_PAUSE_PEER);
}

void pass_drained(struct pass *pass)
{
    if (pass->target)
        pass->target->ops->resume(pass->target, CONN_PAUSE_PEER);
}

/* ---- connecting -------------------------------------------------------------------- */

static void connect_pass(struct pass *pass)
{
    struct passthrough *p = pass->passthrough;

    list_remove(&pass->node);
    loop_timer_set(p->loop, &pass->silent, PASSTHROUGH_SILENT_MS);
    pass->target = client_connect(&p->pool, pass);
    if (pass->target == NULL)
        end(pass, "no connection can be made");
}

static void ask(struct passthrough *p)
{
    if (resolver_is_asking(&p->resolver))
        return;
    p->asked_us = p->loop->now_us;
    resolver_ask(&p->resolver, str_of(p->url.host), p->url.port);
}

/* Waits for the answer that is on its way; false: there is none. */
static bool wait_for_address(struct pass *pass)
{
    struct passthrough *p = pass->passthrough;

    if (!resolver_is_asking(&p->resolver))
        return false;
    list_push_back(&p->waiting, &pass->node);
    loop_timer_set(p->loop, &pass->silent, PASSTHROUGH_SILENT_MS);
    return true;
}

static void on_address(struct resolver *resolver, const struct address *address,
                       const char *why)
{
    struct passthrough *p =
        LIST_ENTRY_OF(resolver, struct passthrough, resolver);
    struct list now;

    if (address)
        p->pool.address = *address;
    list_init(&now);
    while (!list_empty(&p->waiting)) {
        struct list *node = p->waiting.next;

        list_remove(node);
        list_push_back(&now, node);
    }
    while (!list_empty(&now)) {
        struct pass *pass = LIST_ENTRY_OF(now.next, struct pass, node);

        if (p->pool.address.family)
            connect_pass(pass);
        else
            end(pass, why ? why : "its name is not known");
    }
}

static void on_failed(struct client_stream *stream, enum client_failure why,
                      const char *cause)
{
    struct pass *pass = stream->exchange;
    struct passthrough *p = pass->passthrough;

    stream->exchange = NULL;
    pass->target = NULL;
    if (why <= FAILURE_CONNECT_TIMEOUT && p->named && !pass->again) {
        pass->again = true; /* it may be elsewhere by now */
        ask(p);
        if (wait_for_address(pass))
            return;
    }
    end(pass, why == FAILURE_CONNECT_TIMEOUT
                  ? "it does not take a connection within 5 seconds"
              : cause ? cause
                      : "the connection ended");
}

static const struct client_handler handler = {
    .on_connected = on_connected,
    .on_response = on_response,
    .on_body = on_body,
    .on_drained = on_target_drained,
    .on_progress = on_progress,
    .on_failed = on_failed,
};

void pass_begin(struct passthrough *passthrough, struct pass *pass)
{
    struct passthrough *p = passthrough;

    pass->passthrough = p;
    list_init(&pass->node);
    timer_init(&pass->silent, on_silent);
    if (p->named && (p->pool.address.family == 0 ||
                     p->loop->now_us - p->asked_us > FRESH_US))
        ask(p);
    if (p->pool.address.family)
        connect_pass(pass);
    else if (!wait_for_address(pass))
        end(pass, "its name cannot be looked up");
}

void pass_cancel(struct pass *pass)
{
    let_go(pass);
}

/* ---- the whole ---------------------------------------------------------------------- */

/* The address of a host that is one, or of localhost. */
static bool known_address(const struct passthrough_url *url,
                          struct address *address)
{
    struct str host = str_of(url->host);

    if (str_ieq(host, STR("localhost")))
        host = STR("127.0.0.1");
    if (!address_parse_ip(host, address))
        return false;
    address->port = url->port;
    return true;
}

struct passthrough *passthrough_start(struct loop *loop,
                                      const struct passthrough_url *url)
{
    struct passthrough *p = memory_zeroed(1, sizeof(*p));
    struct address address = {.family = 0};
    struct client_way way = {.secure = false};

    p->loop = loop;
    p->url = *url;
    list_init(&p->waiting);
    p->named = !known_address(url, &address);
    p->port.handler = &handler;
    if (!resolver_init(&p->resolver, loop, on_address)) {
        free(p);
        return NULL;
    }
    if (!client_port_init(&p->port, loop)) {
        resolver_end(&p->resolver);
        free(p);
        return NULL;
    }
    client_pool_init(&p->pool, &p->port, &address);
    client_pool_go(&p->pool, &way);
    p->pool.connect_ms = PASSTHROUGH_CONNECT_MS;
    p->pool.idle_ms = PASSTHROUGH_SILENT_MS;
    if (p->named)
        ask(p);
    return p;
}

void passthrough_end(struct passthrough *p)
{
    if (p == NULL)
        return;
    resolver_end(&p->resolver);
    client_pool_end(&p->pool);
    client_port_close(&p->port);
    loop_settle(p->loop);
    client_port_end(&p->port);
    free(p);
}

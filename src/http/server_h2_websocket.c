/* SPDX-License-Identifier: Apache-2.0
 *
 * WebSocket over HTTP/2 (RFC 8441): an extended CONNECT of the client is an
 * upgrade of HTTP/1.1 to the target.  The handshake of RFC 6455 that HTTP/2
 * does without is ours: we make the key, and check what is answered to it.
 */
#include "base/base64.h"
#include "http/server_h2_internal.h"

static bool is_key(struct str name)
{
    return str_ieq(name, STR("sec-websocket-key"));
}

static bool is_accept(struct str name)
{
    return str_ieq(name, STR("sec-websocket-accept"));
}

static void make_key(struct h2_exchange *e)
{
    struct random *random = &e->stream.session->conn.loop->random;
    uint64_t bytes[2] = {random_u64(random), random_u64(random)};
    struct text t = text_in(e->key, sizeof(e->key));

    base64_put(&t, (const uint8_t *)bytes, sizeof(bytes));
}

void server_h2_ask_websocket(struct h2_exchange *e, struct request *request)
{
    struct fields *fs = &request->fields;

    e->websocket = true;
    make_key(e);
    for (unsigned i = 0; i < fs->n; i++) {
        if (is_key(field_name(fs, &fs->v[i])))
            fs->v[i].flags |= FIELD_DROPPED;
    }
    h2_add_field(&e->stream.session->h2->h2, request, STR("sec-websocket-key"),
                 str_make(e->key, sizeof(e->key)));
    /* What follows the head is for who it is passed on to. */
    e->pauses |= CONN_PAUSE_EXCHANGE;
    h2_pause(&e->h2);
}

static bool accepted(const struct h2_exchange *e, const struct fields *fs)
{
    const struct field *f = fields_find_name(fs, STR("sec-websocket-accept"));
    char accept[WEBSOCKET_ACCEPT_LEN];

    return f && websocket_accept(e->key, accept) &&
           str_eq(field_value(fs, f), str_make(accept, sizeof(accept)));
}

static void drop_accept(struct fields *fs)
{
    for (unsigned i = 0; i < fs->n; i++) {
        if (is_accept(field_name(fs, &fs->v[i])))
            fs->v[i].flags |= FIELD_DROPPED;
    }
}

size_t server_h2_upgrade(struct server_stream *stream, struct response_out *out)
{
    struct h2_exchange *e = LIST_ENTRY_OF(stream, struct h2_exchange, stream);
    struct server_session *s = stream->session;
    struct h2_piece nothing = {.end = false};
    struct response_out ok = *out;
    struct fields fields;
    size_t n;

    if (!h2_stream_open(&e->h2))
        return 0;
    if (out->fields == NULL || !accepted(e, out->fields)) {
        server_h2_reject(e); /* it is no WebSocket that answered */
        return 0;
    }
    fields = *out->fields;
    drop_accept(&fields);
    ok.fields = &fields;
    ok.status = 200;
    e->started = e->tunnel = true;
    server_count_status(s->conn.loop->counters, out);
    server_h2_put_head(e, &ok);
    n = h2_respond(&e->h2, &nothing);
    if (n == 0)
        server_h2_reject(e);
    stream->ops->resume(stream, CONN_PAUSE_EXCHANGE);
    return n;
}

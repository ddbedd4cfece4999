/* SPDX-License-Identifier: Apache-2.0
 *
 * A health check over HTTP/2: a GET, or a POST of gRPC with an empty message.
 *
 * The session's callbacks only note what came; what is made of it follows when
 * the library has returned, since that may end the session.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/h2.h"
#include "control/health_probe_internal.h"

struct probe_h2 {
    struct h2 session;
    struct h2_stream stream;
    struct probe_answer answer;
    enum probe_stream state;
    bool garbled; /* the answer is no message */
    bool leaving; /* all was said: waits for the target to close */
};

static struct probe_h2 *of_stream(struct h2_stream *stream)
{
    return LIST_ENTRY_OF(stream, struct probe_h2, stream);
}

/* ---- what the session tells ---------------------------------------------- */

static void write_bytes(struct h2 *h2, const char *p, size_t n)
{
    struct health_probe *probe = h2->owner;

    conn_send(&probe->conn, p, n);
}

static bool has_room(struct h2 *h2)
{
    struct health_probe *probe = h2->owner;

    return !conn_queued(&probe->conn);
}

static void on_body(struct h2_stream *stream, const struct h2_piece *piece)
{
    struct probe_h2 *h2 = of_stream(stream);

    if (!piece->end)
        return;
    h2->state = PROBE_STREAM_WHOLE;
    probe_take_trailers(&h2->answer, piece->trailers);
}

static void on_response(struct h2_stream *stream, struct response *response,
                        const struct h2_piece *piece)
{
    struct probe_h2 *h2 = of_stream(stream);
    const struct field *status =
        fields_find_name(&response->fields, STR("grpc-status"));

    h2->answer.status = response->status;
    if (status)
        probe_take_grpc_status(&h2->answer,
                               field_value(&response->fields, status));
    on_body(stream, piece);
}

static void on_drained_stream(struct h2_stream *stream)
{
    (void)stream;
}

static void on_refused(struct h2_stream *stream, const struct h1_fault *fault,
                       size_t received)
{
    (void)fault;
    (void)received;
    of_stream(stream)->garbled = true;
}

static void on_closed(struct h2_stream *stream, enum h2_error error)
{
    struct probe_h2 *h2 = of_stream(stream);

    (void)error;
    if (h2->state == PROBE_STREAM_OPEN)
        h2->state = PROBE_STREAM_CUT;
}

static const struct h2_ops ops = {
    .write = write_bytes,
    .room = has_room,
    .on_response = on_response,
    .on_body = on_body,
    .on_drained = on_drained_stream,
    .on_closed = on_closed,
    .on_refused = on_refused,
};

/* ---- what is made of it -------------------------------------------------- */

/* Says goodbye, and waits a moment for the target to do so as well: closing
 * while it still writes would reset the connection. */
static void leave(struct health_probe *probe)
{
    struct probe_h2 *h2 = probe->h2;

    h2->leaving = true;
    h2_abort(&h2->session, H2_NO_ERROR);
    conn_shutdown(&probe->conn);
    conn_timer(&probe->conn, PROBE_REST_MS);
    conn_again(&probe->conn);
}

/* The result, if what came is enough for one. */
static void judge(struct health_probe *probe)
{
    struct probe_h2 *h2 = probe->h2;
    enum probe_result result = PROBE_GARBLED;
    unsigned code = 0;

    if (h2->garbled ||
        probe_judge_answer(&probe->health, probe->type, &h2->answer, h2->state,
                           &result, &code)) {
        probe_tell(probe, result, code, NULL);
        conn_timer(&probe->conn, PROBE_REST_MS);
    }
}

/* After bytes came; `alive`: the session is not over. */
static void go_on(struct health_probe *probe, bool alive)
{
    struct probe_h2 *h2 = probe->h2;

    if (probe->owner)
        judge(probe);
    if (!alive || probe->read >= PROBE_REST_BYTES)
        probe_fail(probe, PROBE_GARBLED, NULL);
    else if (probe->owner == NULL)
        h2->state == PROBE_STREAM_OPEN ? h2_discard(&h2->stream) : leave(probe);
}

/* The connection ended. */
static void end(struct health_probe *probe)
{
    if (probe->h2->state == PROBE_STREAM_OPEN)
        probe->h2->state = PROBE_STREAM_CUT;
    if (probe->owner)
        judge(probe);
    probe_close(probe);
}

/* Bytes from the target.  False when there is nothing to be read now. */
static bool read_some(struct health_probe *probe)
{
    struct probe_h2 *h2 = probe->h2;
    struct window w;
    bool alive;

    switch (conn_read(&probe->conn, PROBE_READ, &w)) {
    case CONN_AGAIN:
        return false;
    case CONN_EOF:
    case CONN_BROKEN:
        end(probe);
        return true;
    case CONN_DATA:
        probe->read += w.n;
    }
    alive = h2_receive(&h2->session, w.p, w.n,
                       probe->probes->loop->now_us / 1000000);
    go_on(probe, alive && h2_flush(&h2->session));
    return true;
}

void probe_h2_read(struct health_probe *probe)
{
    struct conn *conn = &probe->conn;
    bool came = false;

    while (!conn->closed) {
        if (probe->h2->leaving) {
            probe_read_rest(probe);
            return;
        }
        if (conn_queued(conn)) { /* it does not take our answers */
            conn_pause(conn, CONN_PAUSE_PEER);
            return;
        }
        if (!read_some(probe)) {
            /* A reset that came with the last bytes makes no event. */
            if (came)
                conn_expect_more(conn);
            return;
        }
        came = true;
    }
}

/* ---- the request --------------------------------------------------------- */

/* One message of no bytes: not compressed, length 0. */
static const char empty_message[5];

static void put_head(struct health_probe *probe, struct h2_port *port)
{
    bool grpc = probe->type == PROBE_GRPC;

    h2_head_request(port, grpc ? STR("POST") : STR("GET"),
                    probe->health.protocol == PROTOCOL_HTTPS ? STR("https")
                                                             : STR("http"),
                    probe->authority, probe->request, STR(""));
    h2_head_field(port, STR("user-agent"), STR("ELB-HealthChecker/2.0"));
    if (grpc) {
        h2_head_field(port, STR("content-type"), STR("application/grpc"));
        h2_head_field(port, STR("te"), STR("trailers"));
    } else {
        h2_head_field(port, STR("accept-encoding"), STR("gzip, compressed"));
    }
}

static bool send_request(struct health_probe *probe, struct h2_port *port)
{
    bool grpc = probe->type == PROBE_GRPC;
    struct h2_piece piece = {
        .p = grpc ? empty_message : NULL,
        .n = grpc ? sizeof(empty_message) : 0,
        .end = true,
    };
    struct probe_h2 *h2 = probe->h2;

    put_head(probe, port);
    return h2_request(&h2->session, &h2->stream,
                      grpc ? METHOD_POST : METHOD_GET, &piece) &&
           h2_flush(&h2->session);
}

static bool speaks_http2(const struct health_probe *probe)
{
    const struct conn_tls *tls = conn_tls(&probe->conn);

    return tls == NULL || conn_tls_alpn(tls) == TLS_ALPN_HTTP_2;
}

void probe_h2_begin(struct health_probe *probe)
{
    struct health_probes *probes = probe->probes;
    struct h2_settings settings = {.client = true};

    if (!speaks_http2(probe)) {
        probe_fail(probe, PROBE_FAILED,
                   "it does not choose h2 by ALPN when TLS begins");
        return;
    }
    if (probes->port == NULL)
        probes->port = h2_port_new(&probes->loop->chunks);
    probe->h2 = memory_zeroed(1, sizeof(*probe->h2));
    probe->h2->session.owner = probe;
    if (probes->port == NULL ||
        !h2_begin(&probe->h2->session, probes->port, &ops, &settings) ||
        !send_request(probe, probes->port)) {
        probe_fail(probe, PROBE_INTERNAL, NULL);
        return;
    }
    conn_again(&probe->conn); /* the answer may be there: no other event */
}

bool probe_h2_end(struct health_probe *probe)
{
    bool left;

    if (probe->h2 == NULL)
        return true;
    left = probe->h2->leaving;
    h2_end(&probe->h2->session);
    h2_forget(&probe->h2->stream);
    free(probe->h2);
    probe->h2 = NULL;
    return left;
}

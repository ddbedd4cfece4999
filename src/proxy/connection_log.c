/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of the connection log (alb.md 7.4), and the record that it is made
 * of when a client comes.
 */
#include "proxy/connection_log.h"

#include "base/clock.h"
#include "crypto/client_certificate.h"
#include "net/conn_tls.h"
#include "proxy/log_line.h"
#include "proxy/worker.h"

/* ---- the record ---------------------------------------------------------- */

/* splitmix64's finaliser: every bit of the result depends on all of x. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void connection_id(uint8_t id[16], const struct worker *w,
                   const struct server_stream *stream)
{
    uint64_t number = server_stream_number(stream);
    uint64_t words[2] = {mix(number ^ w->log_seeds[0]),
                         mix(number + w->log_seeds[1])};

    memcpy(id, words, sizeof(words));
}

/* False: the log is not wanted. */
static bool begin(struct connection_record *record, const struct worker_port *p,
                  const struct server_stream *stream)
{
    const struct worker *w = p->worker;
    const struct route_table *table;

    if (w->ring == NULL)
        return false;
    table = port_table_of(worker_listeners(p), stream);
    if (table->sinks[CONNECTION_LOG] == LOG_SINK_NONE)
        return false;
    *record = (struct connection_record){
        .sink = (uint32_t)table->sinks[CONNECTION_LOG],
        .port = p->port.local.port,
        .time = clock_wall_us(),
        .handshake_us = -1,
        .client = *server_stream_client(stream),
        .local = p->port.local,
    };
    connection_id(record->conn_id, w, stream);
    record->texts[CONNECTION_LOAD_BALANCER] =
        table->config->load_balancer->full_name;
    return true;
}

void connection_log_accepted(struct worker_port *p,
                             const struct server_stream *stream)
{
    struct connection_record record;

    if (begin(&record, p, stream))
        worker_log(p->worker, CONNECTION_LOG, &record);
}

/* What the client showed of itself, whatever came of it. */
static void put_certificate(struct connection_record *record,
                            const struct client_certificate *c)
{
    if (c == NULL)
        return;
    record->texts[CONNECTION_CERT_SUBJECT] = c->subject;
    record->texts[CONNECTION_CERT_VALIDITY] = c->validity;
    record->texts[CONNECTION_CERT_SERIAL] = c->serial_number;
}

/* What the handshake came to; a code of a failure stands in `status`. */
static void put_handshake_result(struct connection_record *record,
                                 const struct conn_tls *tls,
                                 struct text *status)
{
    record->texts[CONNECTION_TLS_PROTOCOL] = conn_tls_version(tls);
    record->texts[CONNECTION_TLS_CIPHER] = conn_tls_cipher(tls);
    record->texts[CONNECTION_KEY_EXCHANGE] = conn_tls_key_exchange(tls);
    put_certificate(record, conn_tls_client_certificate(tls));
    if (conn_tls_done(tls)) {
        record->handshake_us = conn_tls_handshake_us(tls);
        record->texts[CONNECTION_VERIFY_STATUS] = STR("Success");
    } else {
        text_printf(status, "Failed:%s", conn_tls_code(tls));
        record->texts[CONNECTION_VERIFY_STATUS] = text_str(status);
    }
}

void connection_log_handshake(struct server_stream *stream)
{
    struct worker_port *p = worker_port_of(server_stream_port(stream));
    const struct conn_tls *tls = conn_tls(server_stream_conn(stream));
    struct connection_record record;
    char code[64];
    struct text status = text_in(code, sizeof(code));

    if (tls == NULL || !begin(&record, p, stream))
        return;
    put_handshake_result(&record, tls, &status);
    worker_log(p->worker, CONNECTION_LOG, &record);
}

/* ---- the line ------------------------------------------------------------ */

static char *put_handshake(char *out, int64_t us)
{
    return us < 0 ? LINE_LITERAL(out, " -") : line_span(out, us);
}

void connection_put_line(struct text *t, const struct connection_record *r)
{
    char *out = line_begin(t, r->texts, CONNECTION_TEXTS);

    if (out == NULL)
        return;
    out = line_time(out, r->time);
    *out++ = ' ';
    out = line_ip(out, &r->client);
    *out++ = ' ';
    out = line_number(out, r->client.port);
    *out++ = ' ';
    out = line_number(out, r->port);
    out = line_bare(out, r->texts[CONNECTION_TLS_PROTOCOL]);
    out = line_bare(out, r->texts[CONNECTION_TLS_CIPHER]);
    out = put_handshake(out, r->handshake_us);
    out = line_quoted(out, r->texts[CONNECTION_CERT_SUBJECT]);
    out = line_bare(out, r->texts[CONNECTION_CERT_VALIDITY]);
    out = line_bare(out, r->texts[CONNECTION_CERT_SERIAL]);
    out = line_bare(out, r->texts[CONNECTION_VERIFY_STATUS]);
    out = line_conn_id(out, r->conn_id);
    out = line_bare(out, r->texts[CONNECTION_KEY_EXCHANGE]);
    out = line_bare(out, r->texts[CONNECTION_LOAD_BALANCER]);
    *out++ = ' ';
    line_end(t, line_ip(out, &r->local));
}

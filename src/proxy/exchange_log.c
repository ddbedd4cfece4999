/* SPDX-License-Identifier: Apache-2.0
 *
 * What the access log says of an exchange.  The texts of a request are good
 * only while its head is in the buffer: those that the log wants are copied to
 * the arena when it comes.
 */
#include "base/clock.h"
#include "net/conn_tls.h"
#include "proxy/exchange.h"
#include "proxy/forwarded.h"

static struct str copy(struct exchange *ex, struct str s)
{
    const char *p = s.n ? arena_copy(&ex->arena, s.p, s.n) : NULL;

    return str_make(p, p ? s.n : 0);
}

/* What was agreed on with TLS; good as long as the connection. */
static void put_tls(struct access_record *record, const struct conn_tls *tls)
{
    record->type = ACCESS_HTTPS;
    record->texts[ACCESS_SSL_CIPHER] = conn_tls_cipher(tls);
    record->texts[ACCESS_SSL_PROTOCOL] = conn_tls_version(tls);
    if (conn_tls_name_matched(tls))
        record->texts[ACCESS_DOMAIN_NAME] = conn_tls_server_name(tls);
    record->texts[ACCESS_CERTIFICATE] = conn_tls_resumed(tls)
                                            ? STR("session-reused")
                                            : conn_tls_certificate(tls);
}

/* What every record of a connection has. */
static void begin(struct access_record *record,
                  const struct server_stream *stream,
                  const struct worker_port *p, const struct route_table *table)
{
    const struct conn_tls *tls = conn_tls(server_stream_conn(stream));

    record->type = ACCESS_HTTP;
    if (tls)
        put_tls(record, tls);
    record->sink = (uint32_t)table->sinks[ACCESS_LOG];
    record->local = p->port.local;
    record->port = p->port.local.port;
    record->request_us = record->target_us = record->response_us = -1;
    record->priority = ACCESS_PRIORITY_NONE;
    record->texts[ACCESS_LOAD_BALANCER] =
        table->config->load_balancer->full_name;
}

static void put_class(struct access_record *record, unsigned class,
                      unsigned reason)
{
    if (class == DESYNC_COMPLIANT)
        return;
    record->texts[ACCESS_CLASSIFICATION] =
        str_of(desync_class_word((enum desync_class) class));
    record->texts[ACCESS_CLASSIFICATION_REASON] =
        str_of(desync_reason_word((enum desync_reason)reason));
}

void exchange_log_begin(struct exchange *ex)
{
    const struct request *req = ex->request;
    const struct fields *fs = &req->fields;
    const struct field *agent = NULL;
    struct access_record *record;

    if (ex->worker->ring == NULL ||
        ex->table->sinks[ACCESS_LOG] == LOG_SINK_NONE)
        return;
    record = arena_take(&ex->arena, sizeof(*record));
    if (record == NULL)
        return;
    memset(record, 0, sizeof(*record));
    begin(record, ex->client, worker_port_of(server_stream_port(ex->client)),
          ex->table);
    if (req->version >= REQUEST_HTTP_2)
        record->type = ex->grpc ? ACCESS_GRPCS : ACCESS_H2;
    record->texts[ACCESS_DOMAIN_NAME] =
        copy(ex, record->texts[ACCESS_DOMAIN_NAME]);
    record->texts[ACCESS_CERTIFICATE] =
        copy(ex, record->texts[ACCESS_CERTIFICATE]);
    record->client = *server_stream_client(ex->client);
    connection_id(record->conn_id, ex->worker, ex->client);
    record->version = req->version;
    record->texts[ACCESS_METHOD] = copy(ex, slice_of(fs, req->method_name));
    record->texts[ACCESS_HOST] =
        req->authority.n ? copy(ex, slice_of(fs, req->authority))
                         : copy(ex, ex->table->config->load_balancer->dns_name);
    record->texts[ACCESS_TARGET] = copy(ex, slice_of(fs, req->target));
    if (fs->present >> FIELD_USER_AGENT & 1)
        agent = fields_find(fs, FIELD_USER_AGENT);
    if (agent)
        record->texts[ACCESS_USER_AGENT] = copy(ex, field_value(fs, agent));
    put_class(record, req->desync_class, req->desync_reason);
    ex->record = record;
}

static struct str added(const struct request_out *out, struct str name)
{
    for (unsigned i = 0; i < out->nadded; i++) {
        if (str_eq(out->added[i].name, name))
            return out->added[i].value;
    }
    return STR("");
}

void exchange_log_request(struct exchange *ex, const struct request_out *out)
{
    struct access_record *record = ex->record;

    if (record == NULL)
        return;
    record->texts[ACCESS_TRACE_ID] =
        copy(ex, added(out, STR("X-Amzn-Trace-Id")));
    if (ex->websocket)
        record->type = record->type == ACCESS_HTTP ? ACCESS_WS : ACCESS_WSS;
}

void exchange_log_redirect(struct exchange *ex, struct str location)
{
    if (ex->record)
        ex->record->texts[ACCESS_REDIRECT_URL] = copy(ex, location);
}

void exchange_log_transforms(struct exchange *ex, bool ok)
{
    struct access_record *record = ex->record;

    if (record == NULL)
        return;
    record->texts[ACCESS_TRANSFORMED_HOST] = ex->new_host;
    record->texts[ACCESS_TRANSFORMED_URI] = ex->new_url;
    record->texts[ACCESS_TRANSFORM_STATUS] =
        ok ? STR("TransformSuccess") : STR("TransformReplaceError");
}

void exchange_log_keep(struct exchange *ex)
{
    struct access_record *record = ex->record;

    if (record == NULL)
        return;
    record->target = ex->target->address;
    record->priority = (int32_t)ex->action->rule->priority;
    record->texts[ACCESS_ACTIONS] = exchange_waf_actions(ex, STR("forward"));
    record->texts[ACCESS_LOAD_BALANCER] =
        copy(ex, record->texts[ACCESS_LOAD_BALANCER]);
    record->texts[ACCESS_TARGET_GROUP] = copy(ex, ex->group->config->arn);
}

static struct str action_word(const struct exchange *ex)
{
    static const char *const words[] = {
        [ACTION_FORWARD] = "forward",
        [ACTION_REDIRECT] = "redirect",
        [ACTION_FIXED_RESPONSE] = "fixed-response",
    };

    return str_of(words[ex->action->type]);
}

/* A WebSocket may have been asked for and not been granted; gRPC is what its
 * content type or its group says it is. */
static void put_type(const struct exchange *ex, struct access_record *record)
{
    if (record->type == ACCESS_WS && record->status != 101)
        record->type = ACCESS_HTTP;
    else if (record->type == ACCESS_WSS && record->status != 101)
        record->type =
            record->version >= REQUEST_HTTP_2 ? ACCESS_H2 : ACCESS_HTTPS;
    else if (record->type == ACCESS_H2 && ex->group &&
             ex->group->config->version == VERSION_GRPC)
        record->type = ACCESS_GRPCS;
}

/* The three spans; all -1 unless a target answered (alb.md 7.1). */
static void put_times(struct exchange *ex, struct access_record *record)
{
    uint64_t now = ex->worker->loop.now_us;

    record->time = clock_wall_us();
    record->created = record->time - (int64_t)(now - ex->began_us);
    if (!ex->responded_us)
        return;
    record->request_us = (int64_t)(ex->sent_us - ex->began_us);
    record->target_us = (int64_t)(ex->responded_us - ex->sent_us);
    record->response_us = (int64_t)(now - ex->responded_us);
}

/* Nothing was sent that has one; the web ACL's log may have it all the same. */
static void put_root(const struct exchange *ex, struct text *t)
{
    if (ex->trace.n == 0) {
        forwarded_put_root(t, clock_wall_seconds(), &ex->worker->loop.random);
        return;
    }
    TEXT_LITERAL(t, "Root=");
    text_str_put(t, ex->trace);
}

void exchange_log_end(struct exchange *ex)
{
    struct access_record *record = ex->record;
    char room[64];
    struct text trace = text_in(room, sizeof(room));

    if (record == NULL)
        return;
    ex->record = NULL;
    record->status = ex->status;
    record->target_status = ex->target_status;
    record->received = ex->bytes_in;
    record->sent = ex->bytes_out;
    put_times(ex, record);
    if (record->texts[ACCESS_TRACE_ID].n == 0) {
        put_root(ex, &trace);
        record->texts[ACCESS_TRACE_ID] = text_str(&trace);
    }
    put_type(ex, record);
    if (ex->action && !ex->tunnel) {
        record->priority = (int32_t)ex->action->rule->priority;
        record->texts[ACCESS_ACTIONS] =
            exchange_waf_actions(ex, action_word(ex));
    }
    if (ex->group && !ex->tunnel)
        record->texts[ACCESS_TARGET_GROUP] = ex->group->config->arn;
    if (ex->target && !ex->tunnel)
        record->target = ex->target->address;
    worker_log(ex->worker, ACCESS_LOG, record);
}

void exchange_log_refused(struct server_stream *stream,
                          const struct h1_fault *fault, size_t received,
                          size_t sent)
{
    struct worker_port *p = worker_port_of(server_stream_port(stream));
    struct worker *w = p->worker;
    const struct route_table *table;
    struct access_record record = {.malformed = true};

    if (w->ring == NULL)
        return;
    table = port_table_of(worker_listeners(p), stream);
    if (table->sinks[ACCESS_LOG] == LOG_SINK_NONE)
        return;
    begin(&record, stream, p, table);
    record.client = *server_stream_client(stream);
    connection_id(record.conn_id, w, stream);
    record.status = fault->status;
    record.received = received;
    record.sent = sent;
    record.time = record.created = clock_wall_us();
    put_class(&record, fault->class, fault->reason);
    worker_log(w, ACCESS_LOG, &record);
}

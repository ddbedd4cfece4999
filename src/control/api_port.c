/* SPDX-License-Identifier: Apache-2.0 */
#include "control/api_port.h"

#include <stdlib.h>
#include <unistd.h>

#include "api/authorize.h"
#include "api/guard.h"
#include "api/kept.h"
#include "api/local.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "config.h"
#include "control/api_call.h"
#include "control/balance_monitor.h"
#include "control/calls.h"
#include "control/exporting.h"
#include "control/passthrough.h"
#include "control/server_aws.h"
#include "control/status_view.h"
#include "http/page.h"
#include "log/ship.h"
#include "model/export.h"
#include "net/listener.h"

enum {
    API_IDLE_MS = 60 * 1000,
    API_KEEP_ALIVE_MS = 3600 * 1000,
};

struct api_port {
    struct listener listener;
    struct server_port port;
    struct api_port_view view;
    struct api_desk desk;
    size_t held; /* desk.held */
};

/* The targets as they are shown, while a call is answered. */
struct targets {
    struct region region;
    struct local_target *v;
    unsigned n;
    unsigned cap;
};

static void count_target(void *owner, struct str group,
                         const struct target *target,
                         const struct health *health)
{
    struct targets *targets = owner;

    (void)group;
    (void)target;
    (void)health;
    targets->cap++;
}

static void add_target(void *owner, struct str group,
                       const struct target *target, const struct health *health)
{
    struct targets *targets = owner;
    char buffer[256];
    struct text description = text_in(buffer, sizeof(buffer));

    if (targets->n == targets->cap)
        return;
    health_put_description(&description, health);
    targets->v[targets->n++] = (struct local_target){
        .group = group,
        .address = str_of(target->text),
        .state = str_of(target_state_word(health->state)),
        .reason = str_of(health_reason_word(health->reason)),
        .description = region_copy(&targets->region, text_str(&description)),
        .anomaly = str_of(balance_anomaly_word(target)),
        .mitigation = balance_is_mitigated(target),
        .slow_start = target->balance.slow_start.on,
        .weight = target->balance.weight,
    };
}

static void gather(struct targets *targets, const struct health_monitor *health)
{
    health_monitor_each(health, count_target, targets);
    targets->v =
        region_take(&targets->region, (targets->cap + 1) * sizeof(*targets->v));
    health_monitor_each(health, add_target, targets);
}

static void respond(struct api_port *api, struct server_stream *stream,
                    const struct local_reply *reply, struct str body)
{
    struct response_out out = {
        .status = reply->status,
        .reason = reply->status == 200 ? STR("OK") : page_reason(reply->status),
        .added = {{STR("Date"), loop_http_date(api->port.loop)},
                  {STR("Content-Type"), reply->content_type}},
        .nadded = 2,
        .body = BODY_LENGTH,
        .length = body.n,
        .own = true,
    };
    char digits[16];
    struct text number = text_in(digits, sizeof(digits));
    struct piece piece = {
        .data = {(char *)(uintptr_t)body.p, body.n, false},
        .end = true,
    };

    if (reply->allow.n)
        out.added[out.nadded++] =
            (struct added_field){STR("Allow"), reply->allow};
    if (reply->left_out) {
        text_u64(&number, reply->left_out);
        out.added[out.nadded++] =
            (struct added_field){STR(LOCAL_LEFT_OUT), text_str(&number)};
    }
    stream->ops->respond(stream, &out, &piece);
}

/* Secrets do not leave this way. */
static struct str config_text(struct api_port *api, struct region *region,
                              unsigned *left_out)
{
    struct account_view view;
    struct exported exported;
    struct arn_scope scope;
    struct str text;
    struct str copy;

    calls_view(api->view.server, &view);
    scope = (struct arn_scope){view.region_name, view.account_id,
                               view.config->stack};
    exported = account_export(view.account, &scope, true, region);
    *left_out = exported.unknown;
    text = export_text(&exported);
    copy = region_copy(region, text);
    free((char *)(uintptr_t)text.p);
    return copy;
}

static struct local_s3 s3_of(const struct api_port *api)
{
    struct log_ship_counts counts = log_ship_counts(api->view.ship);

    return (struct local_s3){
        .objects = counts.objects,
        .bytes = counts.bytes,
        .failed = counts.failed,
        .dropped = counts.dropped,
        .dropped_lines = counts.dropped_lines,
        .waiting = counts.waiting,
        .waiting_bytes = counts.waiting_bytes,
    };
}

static void answer(struct api_port *api, struct server_stream *stream,
                   const struct request *req)
{
    struct targets targets = {.n = 0};
    struct local_view view = {
        .version = PACKAGE_VERSION,
        .workers = api->view.counters,
        .nworkers = api->view.ncounters,
        .snapshots_alive = atomic_load(api->view.snapshots),
        .log_dropped = log_dropped(),
        .pid = (unsigned)getpid(),
        .restarts = api->view.restarts,
        .upgrades = api->view.upgrades,
        .access_log_dropped =
            *api->view.log ? log_writer_dropped(*api->view.log) : 0,
        .published = exporting_published(api->view.server),
    };
    struct aws_counts aws = server_aws_counts(api->view.server);
    struct str method = slice_of(&req->fields, req->method_name);
    struct str path = slice_of(&req->fields, req->path);
    struct status_view status;
    struct local_s3 s3;
    struct text body;
    struct local_reply reply;
    size_t room;

    if (local_wants_config(path)) {
        view.config = config_text(api, &targets.region, &view.left_out);
    } else if (local_wants_status(path)) {
        status_view_fill(&status, api->view.server, &targets.region);
        view.status = &status;
    } else {
        if (local_wants_metrics(path)) {
            if (api->view.ship) {
                s3 = s3_of(api);
                view.s3 = &s3;
            }
            view.waf = waf_meters_sum(api->view.meters, api->view.ncounters,
                                      &targets.region, &view.nwaf);
            view.aws = aws.calls ? &aws : NULL;
            view.meters = meters_look(api->view.traffic, &targets.region);
            view.sources = status_view_sources(api->view.server, STR(""),
                                               &targets.region, &view.nsources);
        }
        gather(&targets, api->view.health);
        view.targets = targets.v;
        view.ntargets = targets.n;
    }
    room = local_room(&view);
    do {
        body = text_in(region_take(&targets.region, room), room);
        reply = local_handle(method, path, &view, &body);
        room *= 2;
    } while (!text_ok(&body));
    respond(api, stream, &reply, text_str(&body));
    region_end(&targets.region);
}

static void respond_text(struct api_port *api, struct server_stream *stream,
                         unsigned status, const struct text *body)
{
    struct local_reply reply = {
        .status = status,
        .content_type = STR("text/plain; charset=utf-8"),
        .allow = status == 405 ? STR("GET, HEAD, POST") : STR(""),
    };

    respond(api, stream, &reply, text_str(body));
}

static struct str field_of(const struct request *req, const char *name)
{
    const struct field *f = fields_find_name(&req->fields, str_of(name));

    return f ? field_value(&req->fields, f) : (struct str){NULL, 0};
}

/* Whether a web page may have sent it; then it is answered. */
static bool is_barred(struct api_port *api, struct server_stream *stream,
                      const struct request *req)
{
    const struct fields *fields = &req->fields;
    struct guard_request seen = {
        .method = slice_of(fields, req->method_name),
        .path = slice_of(fields, req->path),
        .host = slice_of(fields, req->authority),
        .origin = field_of(req, "Origin"),
        .fetch_site = field_of(req, "Sec-Fetch-Site"),
    };
    char buffer[1024];
    struct text why = text_in(buffer, sizeof(buffer));

    if (guard_passes(&api->port.local, &seen, &why))
        return false;
    text_char(&why, '\n');
    respond_text(api, stream, 403, &why);
    return true;
}

/* Whether somebody asks for a page who may not; then that is answered. */
static bool is_forbidden(struct api_port *api, struct server_stream *stream,
                         const struct request *req)
{
    struct str path = slice_of(&req->fields, req->path);
    struct signed_request request = {
        .method = slice_of(&req->fields, req->method_name),
        .target = path.n ? path : STR("/"),
        .fields = &req->fields,
        .body = STR(""),
        .client = *server_stream_client(stream),
    };
    struct region region = {NULL};
    struct account_view view;
    struct fault fault = {.code = NULL};
    char buffer[1024];
    struct text why = text_in(buffer, sizeof(buffer));
    bool ok;

    calls_view(api->view.server, &view);
    ok = authorize_get(api->view.keys, &request, &view, &region, &fault);
    if (!ok) {
        text_str_put(&why, utf8_cut(fault.message, sizeof(buffer) - 1));
        text_char(&why, '\n');
        respond_text(api, stream, fault.status, &why);
    }
    region_end(&region);
    return !ok;
}

/* Whoever has such a link may follow it. */
static void follow(struct api_port *api, struct server_stream *stream,
                   struct str target)
{
    struct local_reply reply = {.content_type = STR("application/x-pem-file")};
    struct account_view view;
    struct str text;

    calls_view(api->view.server, &view);
    reply.status = kept_follow(&view, target, &text);
    respond(api, stream, &reply, text);
}

static void on_request(struct server_stream *stream, struct request *req,
                       const struct piece *body)
{
    struct api_port *api = server_stream_port(stream)->owner;
    char buffer[64];
    struct text why = text_in(buffer, sizeof(buffer));

    if (is_barred(api, stream, req))
        return;
    if (api_call_is_one(req)) {
        api_call_begin(&api->desk, stream, req, body);
    } else if (req->method != METHOD_GET && req->method != METHOD_HEAD &&
               req->method != METHOD_POST) {
        TEXT_LITERAL(&why, "use GET\n");
        respond_text(api, stream, 405, &why);
    } else if (kept_is(slice_of(&req->fields, req->path))) {
        follow(api, stream, slice_of(&req->fields, req->path));
    } else if (!is_forbidden(api, stream, req)) {
        answer(api, stream, req); /* a body is thrown away */
    }
}

/* Only calls have an exchange: all else was answered at once. */
static void on_body(struct server_stream *stream, const struct piece *piece)
{
    if (stream->exchange)
        api_call_body(stream, piece);
}

static void on_drained(struct server_stream *stream)
{
    if (stream->exchange)
        api_call_drained(stream);
}

static void on_gone(struct server_stream *stream, enum stream_gone why,
                    const char *cause)
{
    (void)cause;
    if (stream->exchange)
        api_call_gone(stream, why);
}

static void on_refused(struct server_stream *stream,
                       const struct h1_fault *fault, size_t received,
                       size_t sent)
{
    (void)stream;
    (void)fault;
    (void)received;
    (void)sent;
}

static const struct server_handler api_handler = {
    .on_request = on_request,
    .on_body = on_body,
    .on_drained = on_drained,
    .on_gone = on_gone,
    .on_refused = on_refused,
};

static bool on_accept(struct listener *listener, int fd,
                      const struct address *client)
{
    struct api_port *api = listener->owner;

    return server_accept(&api->port, fd, client) != NULL;
}

/* The URL was checked; false without memory or descriptors. */
static bool start_passthrough(struct api_port *api, struct loop *loop)
{
    struct passthrough_url url;
    struct error error = {""};

    if (api->view.passthrough_url == NULL)
        return true;
    if (passthrough_read(api->view.passthrough_url, &url, &error))
        api->desk.passthrough = passthrough_start(loop, &url);
    return api->desk.passthrough != NULL;
}

static bool start(struct api_port *api, struct loop *loop, int fd)
{
    api->port.handler = &api_handler;
    api->port.owner = api;
    api->port.idle_ms = API_IDLE_MS;
    api->port.keep_alive_ms = API_KEEP_ALIVE_MS;
    api->listener.owner = api;
    api->listener.on_accept = on_accept;
    return start_passthrough(api, loop) && server_port_init(&api->port, loop) &&
           listener_start(&api->listener, loop, fd);
}

struct api_port *api_port_start(struct loop *loop, const struct address *local,
                                int fd, const struct api_port_view *view,
                                struct error *error)
{
    struct api_port *api = memory_zeroed(1, sizeof(*api));

    api->view = *view;
    api->desk = (struct api_desk){.server = view->server,
                                  .loop = loop,
                                  .keys = view->keys,
                                  .passthrough_url = view->passthrough_url,
                                  .held = &api->held};
    api->port.local = *local;
    if (start(api, loop, fd))
        return api;
    error_set(error, "cannot start the API: out of memory or descriptors");
    close(fd);
    free(api->port.fields);
    passthrough_end(api->desk.passthrough);
    free(api);
    return NULL;
}

void api_port_let_in(struct api_port *api, const struct access_keys *keys)
{
    api->view.keys = keys;
    api->desk.keys = keys;
}

void api_port_retire(struct api_port *api)
{
    listener_end(&api->listener);
    server_port_retire(&api->port);
}

const struct address *api_port_address(const struct api_port *api)
{
    return &api->port.local;
}

void api_port_end(struct api_port *api)
{
    listener_end(&api->listener);
    server_port_close(&api->port);
    passthrough_end(api->desk.passthrough);
    loop_settle(api->port.loop);
    server_port_end(&api->port);
    free(api);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "control/api_port.h"

#include <stdlib.h>
#include <unistd.h>

#include "api/local.h"
#include "base/log.h"
#include "base/memory.h"
#include "config.h"
#include "net/listener.h"

enum {
    API_IDLE_MS = 60 * 1000,
    API_KEEP_ALIVE_MS = 3600 * 1000,
};

struct api_port {
    struct listener listener;
    struct server_port port;
    struct api_port_view view;
    char body[LOCAL_BODY_MAX];
};

static void answer(struct api_port *api, struct server_stream *stream,
                   const struct request *req)
{
    struct local_view view = {
        .version = PACKAGE_VERSION,
        .workers = api->view.counters,
        .nworkers = api->view.ncounters,
        .snapshots_alive = atomic_load(api->view.snapshots),
        .log_dropped = log_dropped(),
    };
    struct text body = text_in(api->body, sizeof(api->body));
    struct local_reply reply =
        local_handle(slice_of(&req->fields, req->method_name),
                     slice_of(&req->fields, req->path), &view, &body);
    struct response_out out = {
        .status = reply.status,
        .reason = reply.status == 200 ? STR("OK") : STR(""),
        .added = {{STR("Date"), loop_http_date(api->port.loop)},
                  {STR("Content-Type"), reply.content_type}},
        .nadded = 2,
        .body = BODY_LENGTH,
        .length = body.n,
        .own = true,
    };
    struct piece piece = {.data = {body.p, body.n, false}, .end = true};

    if (reply.allow.n)
        out.added[out.nadded++] =
            (struct added_field){STR("Allow"), reply.allow};
    stream->ops->respond(stream, &out, &piece);
}

static void on_request(struct server_stream *stream, struct request *req,
                       const struct piece *body)
{
    (void)body; /* none of the requests has one; the session throws it away */
    answer(server_stream_port(stream)->owner, stream, req);
}

/* Answered at once: no stream is ever waiting. */
static void on_body(struct server_stream *stream, const struct piece *piece)
{
    (void)stream;
    (void)piece;
}

static void on_drained(struct server_stream *stream)
{
    (void)stream;
}

static void on_gone(struct server_stream *stream, enum stream_gone why,
                    const char *cause)
{
    (void)stream;
    (void)why;
    (void)cause;
}

static void on_refused(struct server_stream *stream,
                       const struct h1_fault *fault)
{
    (void)stream;
    (void)fault;
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

    return server_accept(&api->port, fd, client);
}

static bool start(struct api_port *api, struct loop *loop, int fd)
{
    api->port.handler = &api_handler;
    api->port.owner = api;
    api->port.idle_ms = API_IDLE_MS;
    api->port.keep_alive_ms = API_KEEP_ALIVE_MS;
    api->listener.owner = api;
    api->listener.on_accept = on_accept;
    return server_port_init(&api->port, loop) &&
           listener_start(&api->listener, loop, fd);
}

struct api_port *api_port_start(struct loop *loop, const struct address *bind,
                                const struct api_port_view *view,
                                struct error *error)
{
    struct api_port *api = memory_zeroed(1, sizeof(*api));
    int fd;

    api->view = *view;
    api->port.local = *bind;
    fd = listener_open(&api->port.local, false, error);
    if (fd < 0) {
        free(api);
        return NULL;
    }
    if (start(api, loop, fd))
        return api;
    error_set(error, "cannot start the API: out of memory or descriptors");
    close(fd);
    free(api->port.fields);
    free(api);
    return NULL;
}

const struct address *api_port_address(const struct api_port *api)
{
    return &api->port.local;
}

void api_port_end(struct api_port *api)
{
    listener_end(&api->listener);
    server_port_close(&api->port);
    loop_settle(api->port.loop);
    server_port_end(&api->port);
    free(api);
}

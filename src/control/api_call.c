/* SPDX-License-Identifier: Apache-2.0 */
#include "control/api_call.h"

#include <stdlib.h>

#include "api/authorize.h"
#include "api/services.h"
#include "api/wire.h"
#include "base/memory.h"
#include "control/calls.h"
#include "control/server_state.h"
#include "http/page.h"

enum { FIRST_ROOM = 16 * 1024 };

/* Owned by its stream until it runs, then by whoever is to call done(). */
struct api_call {
    struct call_job job;
    const struct api_desk *desk;
    struct server_stream
        *stream; /* NULL: the client is gone, or was answered */
    struct region region;
    struct request request; /* a copy in the region */
    struct wire_request in;
    struct wire_call wire;
    struct authorized who;
    char *body; /* from malloc() */
    size_t n;
    size_t cap;
    bool whole;   /* all of the body is here */
    bool running; /* done() will be called */
};

/* ---- the request -------------------------------------------------------------- */

static struct str field_of(const struct request *request, const char *name)
{
    const struct field *f = fields_find_name(&request->fields, str_of(name));

    return f ? field_value(&request->fields, f) : STR("");
}

static void copy_request(struct api_call *c, const struct request *request)
{
    const struct fields *from = &request->fields;
    size_t n = request_extent(request);
    char *base = region_take(&c->region, n + 1);
    struct field *v =
        region_take(&c->region, (from->n + 1) * sizeof(struct field));

    c->request = *request;
    memcpy(base, from->base, n);
    fields_move(&c->request.fields, base, v);
}

static struct str path_of(const struct request *request)
{
    struct str path = slice_of(&request->fields, request->path);

    return path.n ? path : STR("/");
}

/* The service in "Credential=ID/DATE/REGION/SERVICE/aws4_request, ..." of an
 * Authorization, or of X-Amz-Credential of a query; n == 0: there is none. */
static struct str scope_service(struct str credential, const char *separator)
{
    size_t n = strlen(separator);

    for (unsigned i = 0; i < 3; i++) {
        const char *at = memmem(credential.p, credential.n, separator, n);

        if (at == NULL)
            return STR("");
        credential.n -= (size_t)(at - credential.p) + n;
        credential.p = at + n;
    }
    for (n = 0; n < credential.n && credential.p[n] != '/' &&
                credential.p[n] != '%' && credential.p[n] != '&';)
        n++;
    return str_make(credential.p, n);
}

static struct str claimed_service(const struct request *request,
                                  struct str path)
{
    struct str authorization = field_of(request, "Authorization");
    struct str query = path;

    str_cut(&query, '?');
    while (query.p) {
        struct str value = str_cut(&query, '&');

        if (str_eq(str_cut(&value, '='), STR("X-Amz-Credential")))
            return scope_service(value,
                                 memchr(value.p, '/', value.n) ? "/" : "%2F");
    }
    return str_starts(authorization, STR("AWS4-"))
               ? scope_service(authorization, "/")
               : STR("");
}

/* All but the body; the service is what the signature says, right or wrong. */
static struct wire_request wire_request_of(const struct request *request)
{
    struct str path = path_of(request);

    return (struct wire_request){
        .method = slice_of(&request->fields, request->method_name),
        .path = path,
        .content_type = field_of(request, "Content-Type"),
        .target = field_of(request, "X-Amz-Target"),
        .service = claimed_service(request, path),
        .body = STR(""),
    };
}

bool api_call_is_one(const struct request *request)
{
    struct wire_request in = wire_request_of(request);

    /* Pages of Sluice's own are read with signatures for "sluice". */
    return !str_eq(in.service, STR("sluice")) && wire_is_call(&in);
}

/* ---- the end -------------------------------------------------------------------- */

static void end(struct api_call *c)
{
    if (c->stream)
        c->stream->exchange = NULL;
    free(c->body);
    region_end(&c->region);
    free(c);
}

static void send_answer(struct api_call *c, struct str body)
{
    const struct call *call = &c->job.call;
    unsigned status = call->fault.code ? call->fault.status : 200;
    struct response_out out = {
        .status = status,
        .reason = page_reason(status),
        .added = {{STR("Date"), loop_http_date(c->desk->loop)},
                  {STR("Content-Type"), wire_content_type(&c->wire)},
                  {STR("x-amzn-RequestId"), call->request_id}},
        .nadded = 3,
        .body = BODY_LENGTH,
        .length = body.n,
        .close = !c->whole,
        .own = true,
    };
    struct piece piece = {
        .data = {(char *)(uintptr_t)body.p, body.n, false},
        .end = true,
    };

    if (status == 200)
        out.reason = STR("OK");
    if (call->fault.code && c->wire.reader == READER_JSON)
        out.added[out.nadded++] = (struct added_field){
            STR("x-amzn-ErrorType"), str_of(call->fault.code)};
    if (status == 405)
        out.added[out.nadded++] =
            (struct added_field){STR("Allow"), STR("GET, POST")};
    c->stream->exchange = NULL;
    c->stream->ops->respond(c->stream, &out, &piece);
    c->stream = NULL;
}

/* Result or fault of the call is there. */
static void answer(struct api_call *c)
{
    if (c->stream)
        send_answer(c, wire_answer(&c->wire, &c->job.call));
    end(c);
}

/* ---- running -------------------------------------------------------------------- */

static void on_done(struct call_job *job)
{
    answer(LIST_ENTRY_OF(job, struct api_call, job));
}

static bool authorize(struct api_call *c, const struct account_view *view)
{
    struct call *call = &c->job.call;
    struct signed_request request = {
        .method = c->in.method,
        .target = c->in.path,
        .fields = &c->request.fields,
        .body = c->in.body,
        .client = *server_stream_client(c->stream),
    };

    if (!authorize_caller(c->desk->keys, &request, view, &c->region, &c->who,
                          &call->fault))
        return false;
    call->caller = c->who.caller;
    c->in.service = c->who.service;
    return true;
}

/* Finds out which call it is, and that it may be run; false with the fault. */
static bool prepare(struct api_call *c)
{
    struct call *call = &c->job.call;
    struct account_view view;

    calls_view(c->desk->server, &view);
    c->wire.reader = wire_reader(services, &c->in);
    if (!authorize(c, &view) ||
        wire_read(services, &c->in, &c->wire, call) != WIRE_OURS)
        return false;
    if (c->n > WIRE_BODY_MAX)
        return call_refuse(call, "RequestEntityTooLarge",
                           "The body has more than %u bytes", WIRE_BODY_MAX);
    call->action = c->wire.action;
    call->input = call->action->input
                      ? shape_check(call->action->input, c->wire.input, call)
                      : make_map(&c->region);
    return call->input &&
           authorize_call(&c->who, c->wire.service->name, &view, call);
}

static void run(struct api_call *c)
{
    c->whole = true;
    c->in.body = str_make(c->body, c->n);
    if (!prepare(c)) {
        answer(c);
        return;
    }
    c->running = true;
    c->job.done = on_done;
    calls_run(c->desk->server, &c->job);
}

/* ---- the body -------------------------------------------------------------------- */

static bool refuse(struct api_call *c, const char *code, const char *why)
{
    c->wire.reader = wire_reader(services, &c->in);
    call_refuse(&c->job.call, code, "%s", why);
    answer(c);
    return false;
}

static size_t body_max(const struct api_call *c)
{
    (void)c;
    return WIRE_BODY_MAX;
}

static bool make_room(struct api_call *c, size_t n)
{
    size_t cap = c->cap ? c->cap : FIRST_ROOM;
    char *grown;

    while (cap - c->n < n)
        cap *= 2;
    if (cap == c->cap)
        return true;
    grown = realloc(c->body, cap);
    if (grown == NULL)
        return false;
    c->body = grown;
    c->cap = cap;
    return true;
}

/* False: the call was refused and is no more. */
static bool collect(struct api_call *c, const struct piece *piece)
{
    size_t n = piece->data.n;

    if (n > body_max(c) - c->n)
        return refuse(c, "RequestEntityTooLarge",
                      "The body of a call has 4 MiB at most");
    if (n && !make_room(c, n))
        return refuse(c, "ServiceUnavailable",
                      "There is no memory for the body of this call");
    if (n)
        memcpy(c->body + c->n, piece->data.p, n);
    c->n += n;
    return true;
}

void api_call_body(struct server_stream *stream, const struct piece *piece)
{
    struct api_call *c = stream->exchange;

    if (!c->running && collect(c, piece) && piece->end)
        run(c);
}

void api_call_begin(const struct api_desk *desk, struct server_stream *stream,
                    const struct request *request, const struct piece *body)
{
    struct api_call *c = memory_zeroed(1, sizeof(*c));

    c->desk = desk;
    c->stream = stream;
    stream->exchange = c;
    copy_request(c, request);
    c->in = wire_request_of(&c->request);
    c->job.call.region = &c->region;
    random_seed(&c->job.call.random);
    c->job.call.request_id = call_new_uuid(&c->job.call);
    if (request->body == BODY_LENGTH && request->content_length > body_max(c))
        refuse(c, "RequestEntityTooLarge",
               "The body of a call has 4 MiB at most");
    else if (collect(c, body) && body->end)
        run(c);
}

void api_call_drained(struct server_stream *stream)
{
    (void)stream;
}

void api_call_gone(struct server_stream *stream, enum stream_gone why)
{
    struct api_call *c = stream->exchange;

    switch (why) {
    case GONE_CLIENT:
        stream->exchange = NULL;
        c->stream = NULL;
        if (!c->running)
            end(c);
        break;
    case GONE_BAD_BODY:
        if (!c->running)
            refuse(c, "MalformedQueryString", "The body is broken");
        break;
    case GONE_TIMEOUT:
        if (c->running) /* that ends by itself */
            stream->ops->touch(stream);
        else
            refuse(c, "RequestTimeout", "The body did not come in time");
        break;
    }
}

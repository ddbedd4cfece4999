/* SPDX-License-Identifier: Apache-2.0 */
#include "control/api_call.h"

#include <stdlib.h>

#include "api/authorize.h"
#include "api/services.h"
#include "api/wire.h"
#include "base/memory.h"
#include "control/calls.h"
#include "control/passthrough.h"
#include "control/server_state.h"
#include "http/page.h"

enum {
    FIRST_ROOM = 16 * 1024,
    PASSED_BODY_MAX = 64 * 1024 * 1024,
    /* Of all long ones together: who may not call can send them too. */
    BODIES_MAX = 256 * 1024 * 1024,
};

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
    size_t held;  /* bytes of that in desk->held */
    bool whole;   /* all of the body is here */
    bool written; /* the answer is: */
    struct str answer;
    bool running; /* done() will be called */
    bool passing;
    struct pass pass;
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
        .protocol = field_of(request, "Smithy-Protocol"),
        .encoding = field_of(request, "Content-Encoding"),
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

/* Calls that run are bounded by the queue, and may outlive the port. */
static void let_go(struct api_call *c)
{
    *c->desk->held -= c->held;
    c->held = 0;
}

static void end(struct api_call *c)
{
    if (c->held)
        let_go(c);
    if (c->stream)
        c->stream->exchange = NULL;
    free(c->body);
    region_end(&c->region);
    free(c);
}

static void add_field(struct response_out *out, const char *name,
                      struct str value)
{
    out->added[out->nadded++] = (struct added_field){str_of(name), value};
}

/* Those that not every answer has. */
static void add_fields(struct api_call *c, struct response_out *out)
{
    const struct fault *fault = &c->job.call.fault;
    struct str type = wire_content_type(&c->wire, &c->job.call);

    if (type.n)
        add_field(out, "Content-Type", type);
    if (c->wire.reader == READER_CBOR)
        add_field(out, "Smithy-Protocol", STR("rpc-v2-cbor"));
    if (fault->code && c->wire.reader == READER_JSON)
        add_field(out, "x-amzn-ErrorType", str_of(fault->code));
    if (fault->query &&
        str_ieq(field_of(&c->request, "x-amzn-query-mode"), STR("true")))
        add_field(out, "x-amzn-query-error",
                  region_printf(&c->region, "%s;%s", fault->query,
                                fault->status < 500 ? "Sender" : "Receiver"));
    if (out->status == 405)
        add_field(out, "Allow", STR("GET, POST"));
}

/* Result or fault, once. */
static void write_answer(struct api_call *c)
{
    if (!c->written)
        c->answer = wire_answer(&c->wire, &c->job.call);
    c->written = true;
}

static void send_answer(struct api_call *c)
{
    struct str body = c->answer;
    const struct call *call = &c->job.call;
    unsigned status = call->fault.code ? call->fault.status : 200;
    struct response_out out = {
        .status = status,
        .reason = page_reason(status),
        .added = {{STR("Date"), loop_http_date(c->desk->loop)},
                  {STR("x-amzn-RequestId"), call->request_id}},
        .nadded = 2,
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
    add_fields(c, &out);
    c->stream->exchange = NULL;
    c->stream->ops->respond(c->stream, &out, &piece);
    c->stream = NULL;
}

/* Result or fault of the call is there. */
static void answer(struct api_call *c)
{
    if (c->stream) {
        write_answer(c);
        send_answer(c);
    }
    end(c);
}

/* ---- running -------------------------------------------------------------------- */

static void on_write(struct call_job *job)
{
    write_answer(LIST_ENTRY_OF(job, struct api_call, job));
}

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

/* Whether somebody else is asked. */
static bool is_for_others(const struct api_call *c, enum wire_verdict verdict)
{
    if (c->desk->passthrough == NULL ||
        fields_find_name(&c->request.fields, STR(PASSTHROUGH_MARK)))
        return false;
    return verdict == WIRE_FOREIGN ||
           (verdict == WIRE_OURS && c->wire.service->stands_in);
}

static void on_passed(struct pass *pass, const char *why)
{
    struct api_call *c = LIST_ENTRY_OF(pass, struct api_call, pass);

    c->passing = false;
    if (why == NULL) {
        c->stream = NULL;
        end(c);
        return;
    }
    c->wire.service = NULL;
    call_refuse(&c->job.call, "ServiceUnavailable",
                "Sluice does not serve the service '" STR_FMT
                "', and what it is passed on to (--passthrough %s) does not "
                "answer: %s",
                STR_ARG(c->in.service), c->desk->passthrough_url, why);
    answer(c);
}

static void pass_on(struct api_call *c)
{
    c->job.call.fault = (struct fault){.code = NULL};
    h1_mark_hop_by_hop(&c->request.fields);
    if (c->request.body != BODY_NONE) {
        c->request.body = BODY_LENGTH;
        c->request.content_length = c->n;
    }
    c->passing = true;
    c->pass.request = &c->request;
    c->pass.body = c->in.body;
    c->pass.client = c->stream;
    c->pass.done = on_passed;
    pass_begin(c->desk->passthrough, &c->pass);
}

/* The call may be run as it is; false with the fault. */
static bool check(struct api_call *c, const struct account_view *view)
{
    struct call *call = &c->job.call;

    call->action = c->wire.action;
    call->input = call->action->input
                      ? shape_check(call->action->input, c->wire.input, call)
                      : make_map(&c->region);
    return call->input &&
           authorize_call(&c->who, service_policy(c->wire.service), view, call);
}

/* As policies name the service of a call that others are to answer. */
static struct str foreign_policy(const struct api_call *c)
{
    const struct service *service = c->wire.service;

    return service && str_eq(c->in.service, str_of(service->name))
               ? str_of(service_policy(service))
               : c->in.service;
}

/* The body is whole. */
static void run(struct api_call *c)
{
    enum wire_verdict verdict;
    struct account_view view;

    c->whole = true;
    c->in.body = str_make(c->body, c->n);
    c->wire.reader = wire_reader(services, &c->in);
    calls_view(c->desk->server, &view);
    if (!authorize(c, &view)) {
        answer(c);
        return;
    }
    verdict = wire_read(services, &c->in, &c->wire, &c->job.call);
    if (is_for_others(c, verdict)) {
        if (authorize_foreign(&c->who, foreign_policy(c), c->wire.name, &view,
                              &c->job.call))
            pass_on(c);
        else
            answer(c);
    } else if (verdict != WIRE_OURS || !check(c, &view)) {
        answer(c);
    } else {
        let_go(c);
        c->running = true;
        c->job.done = on_done;
        c->job.write = on_write;
        calls_run(c->desk->server, &c->job);
    }
}

/* ---- the body -------------------------------------------------------------------- */

static bool refuse(struct api_call *c, const char *code, const char *why)
{
    c->wire.reader = wire_reader(services, &c->in);
    call_refuse(&c->job.call, code, "%s", why);
    answer(c);
    return false;
}

/* Calls of ours are short; what is passed on may be an object of S3. */
static size_t body_max(const struct api_call *c)
{
    return c->desk->passthrough ? PASSED_BODY_MAX : WIRE_BODY_MAX;
}

static bool refuse_length(struct api_call *c)
{
    c->wire.reader = wire_reader(services, &c->in);
    call_refuse(&c->job.call, "RequestEntityTooLarge",
                "The body of a request has %zu bytes at most here",
                body_max(c));
    answer(c);
    return false;
}

/* Short bodies, as nearly all are, come in whatever the others do. */
static bool hold(struct api_call *c, size_t cap)
{
    if (cap - c->held > BODIES_MAX - *c->desk->held)
        return false;
    *c->desk->held += cap - c->held;
    c->held = cap;
    return true;
}

static bool make_room(struct api_call *c, size_t n)
{
    size_t cap = c->cap ? c->cap : FIRST_ROOM;
    char *grown;

    while (cap - c->n < n)
        cap *= 2;
    if (cap == c->cap)
        return true;
    if (cap > FIRST_ROOM && !hold(c, cap))
        return false;
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
        return refuse_length(c);
    if (n && !make_room(c, n))
        return refuse(c, "ServiceUnavailable",
                      "There is no room for the body of this call, since the "
                      "bodies of others take it: send the request again");
    if (n)
        memcpy(c->body + c->n, piece->data.p, n);
    c->n += n;
    return true;
}

void api_call_body(struct server_stream *stream, const struct piece *piece)
{
    struct api_call *c = stream->exchange;

    if (!c->whole && collect(c, piece) && piece->end)
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
        refuse_length(c);
    else if (collect(c, body) && body->end)
        run(c);
}

void api_call_drained(struct server_stream *stream)
{
    struct api_call *c = stream->exchange;

    if (c->passing)
        pass_drained(&c->pass);
}

/* The client is gone; what runs goes on. */
static void abandon(struct api_call *c)
{
    c->stream->exchange = NULL;
    c->stream = NULL;
    if (c->passing)
        pass_cancel(&c->pass);
    if (!c->running)
        end(c);
}

void api_call_gone(struct server_stream *stream, enum stream_gone why)
{
    struct api_call *c = stream->exchange;

    if (why == GONE_CLIENT)
        abandon(c);
    else if (why == GONE_BAD_BODY)
        refuse(c, "MalformedQueryString", "The body is broken");
    else if (c->whole) /* what it waits for ends by itself */
        stream->ops->touch(stream);
    else
        refuse(c, "RequestTimeout", "The body did not come in time");
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A request that is all there is answered on the spot and leaves no trace.
 * Any other one (its body still comes, its answer waits or is large) is a
 * visit:
 *
 *     RECEIVING ──end of body──> WAITING ──delay──> SENDING ──> idle
 */
#include "app/origin_answer.h"

#include <stdlib.h>

enum {
    /* A head of 64 KiB in which every byte becomes \u00XX, and then some. */
    JSON_MAX = 512 * 1024,
    JSON_END_MAX = 128,         /* what follows when the body is known */
    SEND_AT_ONCE = 1024 * 1024, /* then other connections get their turn */
    FILLER_LINE = 64,
};

enum visit_state { VISIT_RECEIVING, VISIT_WAITING, VISIT_SENDING };

struct visit {
    struct list node; /* in desk->idle, or alone */
    struct origin_desk *desk;
    struct server_stream *stream;
    struct timer delay;
    struct loop_task more; /* sends on in the next turn */
    struct chunk *json;    /* the answer up to where the body is needed */
    struct sha256 sha;
    uint64_t body_bytes;
    uint64_t left; /* of a sized answer */
    uint8_t state; /* enum visit_state */
    bool head;     /* a HEAD request */
};

static const char sha256_of_nothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/* ---- JSON --------------------------------------------------------------- */

static struct str version_name(unsigned version)
{
    return version == REQUEST_HTTP_2 ? STR("HTTP/2.0")
           : version == 11           ? STR("HTTP/1.1")
           : version == 10           ? STR("HTTP/1.0")
                                     : STR("HTTP/0.9");
}

/* All fields that came, also those that a proxy would not pass on. */
static void put_fields(struct text *t, const struct fields *fields)
{
    for (unsigned i = 0; i < fields->n; i++) {
        const struct field *field = &fields->v[i];

        text_str_put(t, i ? STR(",[") : STR("["));
        text_json(t, field_name(fields, field));
        text_char(t, ',');
        text_json(t, field_value(fields, field));
        text_char(t, ']');
    }
}

static void put_json_begin(struct text *t, struct str name,
                           const struct request *request)
{
    const struct fields *fields = &request->fields;

    TEXT_LITERAL(t, "{\"name\":");
    text_json(t, name);
    TEXT_LITERAL(t, ",\"method\":");
    text_json(t, slice_of(fields, request->method_name));
    TEXT_LITERAL(t, ",\"path\":");
    text_json(t, slice_of(fields, request->target));
    TEXT_LITERAL(t, ",\"version\":");
    text_json(t, version_name(request->version));
    TEXT_LITERAL(t, ",\"headers\":[");
    put_fields(t, fields);
    TEXT_LITERAL(t, "]");
}

static void put_json_end(struct text *t, uint64_t bytes, const char *sha256)
{
    TEXT_LITERAL(t, ",\"body_bytes\":");
    text_u64(t, bytes);
    TEXT_LITERAL(t, ",\"body_sha256\":\"");
    text_put(t, sha256, SHA256_HEX_LEN);
    TEXT_LITERAL(t, "\"}\n");
}

/* ---- answers ------------------------------------------------------------ */

static void respond(struct origin_desk *desk, struct server_stream *stream,
                    uint64_t length, struct str data, bool end)
{
    const struct origin_answer *answer = desk->answer;
    struct response_out out = {
        .status = answer->options->status,
        .reason = answer->reason,
        .added = {{STR("Date"), loop_http_date(desk->loop)},
                  {STR("Content-Type"), answer->options->sized
                                            ? STR("application/octet-stream")
                                            : STR("application/json")},
                  {STR("X-Origin-Name"), answer->name}},
        .nadded = 3,
        .body = BODY_LENGTH,
        .length = length,
    };
    struct piece piece = {
        .data = {(char *)(uintptr_t)data.p, data.n, false},
        .end = end,
    };

    stream->ops->respond(stream, &out, &piece);
}

static void respond_bad(struct origin_desk *desk, struct server_stream *stream)
{
    static const char text[] = "the request body is malformed\n";
    struct response_out out = {
        .status = 400,
        .reason = STR("Bad Request"),
        .added = {{STR("Date"), loop_http_date(desk->loop)},
                  {STR("Content-Type"), STR("text/plain")},
                  {STR("X-Origin-Name"), desk->answer->name}},
        .nadded = 3,
        .body = BODY_LENGTH,
        .length = sizeof(text) - 1,
        .close = true,
    };
    struct piece piece = {
        .data = {(char *)(uintptr_t)text, sizeof(text) - 1, false},
        .end = true,
    };

    stream->ops->respond(stream, &out, &piece);
}

/* The beginning of a sized body that is sent with the head. */
static struct str first_filler(const struct origin_desk *desk, bool head)
{
    const struct origin_answer *answer = desk->answer;
    uint64_t size = head ? 0 : answer->options->size;

    return str_make(answer->filler,
                    size < ORIGIN_FILLER ? (size_t)size : ORIGIN_FILLER);
}

/* Whether a sized answer is head and one piece. */
static bool is_small(const struct origin_desk *desk, bool head)
{
    unsigned status = desk->answer->options->status;

    return head || status == 204 || status == 304 ||
           desk->answer->options->size <= ORIGIN_FILLER;
}

static void answer_on_the_spot(struct origin_desk *desk,
                               struct server_stream *stream,
                               const struct request *request,
                               const struct piece *body)
{
    struct text t = text_in(desk->json, JSON_MAX);
    char hex[SHA256_HEX_LEN];
    const char *sha256 = sha256_of_nothing;

    if (desk->answer->options->sized) {
        respond(desk, stream, desk->answer->options->size,
                first_filler(desk, request->method == METHOD_HEAD), true);
        return;
    }
    put_json_begin(&t, desk->answer->name, request);
    if (body->data.n) {
        sha256_begin(&desk->sha);
        sha256_add(&desk->sha, body->data.p, body->data.n);
        sha256_hex(&desk->sha, hex);
        sha256 = hex;
    }
    put_json_end(&t, body->data.n, sha256);
    respond(desk, stream, t.n, text_str(&t), true);
}

/* ---- visits ------------------------------------------------------------- */

static void on_delay_over(struct timer *timer);
static void on_turn(struct loop_task *task);

/* NULL without memory. */
static struct visit *visit_new(struct origin_desk *desk)
{
    struct visit *v = slab_take(&desk->visits);

    if (v == NULL)
        return NULL;
    if (!sha256_init(&v->sha)) {
        slab_give(&desk->visits, v);
        return NULL;
    }
    list_init(&v->node);
    v->desk = desk;
    v->json = NULL;
    timer_init(&v->delay, on_delay_over);
    loop_task_init(&v->more, on_turn);
    return v;
}

static struct visit *visit_begin(struct origin_desk *desk,
                                 struct server_stream *stream,
                                 const struct request *request)
{
    struct visit *v = list_empty(&desk->idle)
                          ? visit_new(desk)
                          : LIST_ENTRY_OF(desk->idle.next, struct visit, node);

    if (v == NULL)
        return NULL;
    list_remove(&v->node);
    v->stream = stream;
    v->state = VISIT_RECEIVING;
    v->head = request->method == METHOD_HEAD;
    v->body_bytes = 0;
    stream->exchange = v;
    return v;
}

/* No callback of the stream reaches the visit any more. */
static void visit_end(struct visit *v)
{
    v->stream->exchange = NULL;
    v->stream = NULL;
    timer_cancel(&v->delay);
    list_remove(&v->more.node);
    chunk_give_all(&v->desk->loop->chunks, &v->json);
    list_push_front(&v->desk->idle, &v->node);
}

static void fail(struct visit *v)
{
    struct server_stream *stream = v->stream;

    visit_end(v);
    stream->ops->cut(stream);
}

/* Keeps what can be said of the request before its body is known. */
static bool keep_json(struct visit *v, const struct request *request)
{
    struct origin_desk *desk = v->desk;
    struct text t = text_in(desk->json, JSON_MAX);

    put_json_begin(&t, desk->answer->name, request);
    v->json = chunk_take(&desk->loop->chunks, t.n + JSON_END_MAX);
    if (v->json == NULL)
        return false;
    memcpy(v->json->data, t.p, t.n);
    v->json->end = (uint32_t)t.n;
    sha256_begin(&v->sha);
    return true;
}

static void answer_json(struct visit *v)
{
    struct server_stream *stream = v->stream;
    struct chunk *json = v->json;
    struct text t = text_in(json->data, json->cap);
    char hex[SHA256_HEX_LEN];

    t.n = json->end;
    sha256_hex(&v->sha, hex);
    put_json_end(&t, v->body_bytes, hex);
    v->json = NULL;
    visit_end(v);
    respond(v->desk, stream, t.n, text_str(&t), true);
    chunk_give(&v->desk->loop->chunks, json);
}

static void send_more(struct visit *v)
{
    struct server_stream *stream = v->stream;
    const struct origin_answer *answer = v->desk->answer;
    uint64_t room = SEND_AT_ONCE;

    stream->ops->touch(stream);
    while (room && !stream->ops->blocked(stream)) {
        size_t n = v->left < ORIGIN_FILLER ? (size_t)v->left : ORIGIN_FILLER;
        struct piece piece = {
            .data = {answer->filler, n, false},
            .end = n == v->left,
        };

        if (piece.end)
            visit_end(v);
        stream->ops->send_body(stream, &piece);
        if (piece.end)
            return;
        v->left -= n;
        room -= n;
    }
    if (room == 0)
        loop_ready(v->desk->loop, &v->more);
}

static void answer_sized(struct visit *v)
{
    struct server_stream *stream = v->stream;
    struct origin_desk *desk = v->desk;
    struct str first = first_filler(desk, v->head);
    uint64_t size = desk->answer->options->size;
    bool end = is_small(desk, v->head);

    if (end)
        visit_end(v);
    respond(desk, stream, size, first, end);
    if (end)
        return;
    v->left = size - first.n;
    send_more(v);
}

static void visit_answer(struct visit *v)
{
    v->state = VISIT_SENDING;
    if (v->desk->answer->options->sized)
        answer_sized(v);
    else
        answer_json(v);
}

static void take_body(struct visit *v, const struct piece *piece)
{
    const struct origin_options *options = v->desk->answer->options;

    v->body_bytes += piece->data.n;
    if (!options->sized)
        sha256_add(&v->sha, piece->data.p, piece->data.n);
    if (!piece->end)
        return;
    v->state = VISIT_WAITING;
    if (options->delay_ms)
        loop_timer_set(v->desk->loop, &v->delay, options->delay_ms);
    else
        visit_answer(v);
}

static void on_delay_over(struct timer *timer)
{
    visit_answer(LIST_ENTRY_OF(timer, struct visit, delay));
}

static void on_turn(struct loop_task *task)
{
    send_more(LIST_ENTRY_OF(task, struct visit, more));
}

/* ---- what the session tells --------------------------------------------- */

static void on_request(struct server_stream *stream, struct request *request,
                       const struct piece *body)
{
    struct origin_desk *desk = server_stream_port(stream)->owner;
    const struct origin_options *options = desk->answer->options;
    bool head = request->method == METHOD_HEAD;
    struct visit *v;

    if (body->end && !options->delay_ms &&
        (!options->sized || is_small(desk, head))) {
        answer_on_the_spot(desk, stream, request, body);
        return;
    }
    v = visit_begin(desk, stream, request);
    if (v == NULL)
        stream->ops->cut(stream);
    else if (!options->sized && !keep_json(v, request))
        fail(v);
    else
        take_body(v, body);
}

static void on_body(struct server_stream *stream, const struct piece *piece)
{
    struct visit *v = stream->exchange;

    if (v->state == VISIT_RECEIVING)
        take_body(v, piece);
}

static void on_drained(struct server_stream *stream)
{
    struct visit *v = stream->exchange;

    if (v->state == VISIT_SENDING)
        send_more(v);
}

static void on_gone(struct server_stream *stream, enum stream_gone why,
                    const char *cause)
{
    struct visit *v = stream->exchange;
    bool answered = v->state == VISIT_SENDING;

    (void)cause;
    if (why == GONE_CLIENT) {
        visit_end(v);
    } else if (why == GONE_BAD_BODY && !answered) {
        visit_end(v);
        respond_bad(v->desk, stream);
    } else {
        fail(v);
    }
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

const struct server_handler origin_handler = {
    .on_request = on_request,
    .on_body = on_body,
    .on_drained = on_drained,
    .on_gone = on_gone,
    .on_refused = on_refused,
};

/* ---- beginning and end -------------------------------------------------- */

static struct str reason_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {409, "Conflict"},
        {418, "I'm a teapot"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return str_of(reasons[i].reason);
    }
    return STR("Status");
}

/* Lines of printable characters, so that a body can be looked at and every
 * byte is known by its place. */
static void fill(char *filler)
{
    for (size_t i = 0; i < ORIGIN_FILLER; i++) {
        size_t column = i % FILLER_LINE;

        filler[i] = column == FILLER_LINE - 1 ? '\n' : (char)('0' + column);
    }
}

bool origin_answer_init(struct origin_answer *answer,
                        const struct origin_options *options)
{
    answer->options = options;
    answer->name = str_of(options->name);
    answer->reason = reason_of(options->status);
    answer->filler = malloc(ORIGIN_FILLER);
    if (answer->filler == NULL)
        return false;
    fill(answer->filler);
    return true;
}

void origin_answer_end(struct origin_answer *answer)
{
    free(answer->filler);
    answer->filler = NULL;
}

bool origin_desk_init(struct origin_desk *desk,
                      const struct origin_answer *answer, struct loop *loop)
{
    desk->answer = answer;
    desk->loop = loop;
    list_init(&desk->idle);
    slab_init(&desk->visits, sizeof(struct visit));
    desk->json = malloc(JSON_MAX);
    if (desk->json && sha256_init(&desk->sha))
        return true;
    free(desk->json);
    return false;
}

void origin_desk_end(struct origin_desk *desk)
{
    while (!list_empty(&desk->idle)) {
        struct visit *v = LIST_ENTRY_OF(desk->idle.next, struct visit, node);

        list_remove(&v->node);
        timer_end(&v->delay);
        sha256_end(&v->sha);
    }
    slab_end(&desk->visits);
    sha256_end(&desk->sha);
    free(desk->json);
    desk->json = NULL;
}

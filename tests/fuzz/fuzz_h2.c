/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/2 sessions: the first byte says which role is attacked and how, the
 * second in what pieces the rest comes.
 *
 * - Whatever comes, nothing breaks, and streams are told of their end once.
 * - A request that is let in leaves as a head of HTTP/1.1 in which the
 *   strictest reader finds nothing, and which says the same.
 * - A body is never longer than it said, nor does anything follow its end.
 * - A session that is over takes nothing more.
 */
#include "codec/h2.h"
#include "codec_check.h"
#include "fuzz.h"

enum { STREAMS = 2 * H2_STREAMS_MAX, OUT = 4 * 65536 };

enum how {
    HOW_CLIENT = 1,
    HOW_RAW = 2, /* the first bytes are not written for it */
    HOW_PAUSES = 4,
    HOW_SILENT = 8,
    HOW_EARLY = 16,
    HOW_FULL = 32,
    HOW_RESETS = 64,
    HOW_WEBSOCKET = 128,
};

struct stream {
    struct h2_stream h2;
    bool used;
    bool told; /* of a head */
    bool end;
    bool answered;
    uint64_t length; /* UINT64_MAX: it did not say */
    uint64_t n;
};

static struct {
    struct h2 h2;
    unsigned how;
    unsigned open;
    struct stream streams[STREAMS];
} s;

static struct stream *of(struct h2_stream *stream)
{
    return LIST_ENTRY_OF(stream, struct stream, h2);
}

/* ---- what leaves ---------------------------------------------------------- */

static void check_forwarded(const struct request *req)
{
    static char out[OUT];
    struct text t = text_in(out, sizeof(out));
    struct request copy = *req;
    struct check *c;

    if (req->method == METHOD_CONNECT)
        return;
    CHECK(!(copy.fields.present >> FIELD_TRANSFER_ENCODING & 1));
    CHECK(!(copy.fields.present >> FIELD_CONNECTION & 1));
    h1_mark_hop_by_hop(&copy.fields);
    h1_put_request_line(&t, &copy, STR(""));
    h1_put_fields_recased(&t, &copy.fields);
    TEXT_LITERAL(&t, "\r\n");
    CHECK(text_ok(&t));
    if (t.n > h1_request_limits.head)
        return;
    c = check_request(DESYNC_MODE_DEFENSIVE, text_str(&t));
    if (c->result != H1_OK)
        fprintf(stderr, "%s\n%.*s", c->fault.why, (int)t.n, t.p);
    CHECK(c->result == H1_OK && c->len == t.n);
    CHECK(c->req.desync_class <= DESYNC_AMBIGUOUS);
    CHECK(str_eq(slice_of(&c->req.fields, c->req.method_name),
                 slice_of(&copy.fields, copy.method_name)));
    CHECK(str_eq(slice_of(&c->req.fields, c->req.path),
                 slice_of(&copy.fields, copy.path)));
    CHECK(str_eq(slice_of(&c->req.fields, c->req.authority),
                 slice_of(&copy.fields, copy.authority)));
    CHECK(c->req.body == BODY_NONE);
    check_free(c);
}

static void check_laid_out(const struct fields *fs)
{
    for (unsigned i = 0; i < fs->n; i++) {
        const struct field *f = &fs->v[i];
        struct str name = field_name(fs, f), value = field_value(fs, f);

        CHECK(f->flags & FIELD_CANONICAL && name.n);
        CHECK(memcmp(name.p + name.n, ": ", 2) == 0);
        CHECK(value.p == name.p + name.n + 2);
        CHECK(memcmp(value.p + value.n, "\r\n", 2) == 0);
        CHECK(!memchr(value.p, '\n', value.n) && !memchr(value.p, 0, value.n));
        CHECK(!memchr(value.p, '\r', value.n));
    }
}

/* ---- what is told ----------------------------------------------------------- */

static void write_out(struct h2 *h2, const char *p, size_t n)
{
    volatile char byte;

    (void)h2;
    for (size_t i = 0; i < n; i += 64)
        byte = p[i];
    if (n)
        byte = p[n - 1];
    (void)byte;
}

static bool has_room(struct h2 *h2)
{
    (void)h2;
    return !(s.how & HOW_FULL);
}

static struct stream *take(void)
{
    for (unsigned i = 0; i < STREAMS; i++) {
        if (s.streams[i].used)
            continue;
        s.streams[i] = (struct stream){.used = true, .length = UINT64_MAX};
        s.open++;
        return &s.streams[i];
    }
    return NULL;
}

static struct h2_stream *open_stream(struct h2 *h2)
{
    struct stream *stream = take();

    (void)h2;
    CHECK(s.open <= H2_STREAMS_MAX);
    return stream ? &stream->h2 : NULL;
}

static void give_up(struct stream *stream)
{
    h2_reset(&stream->h2, H2_CANCEL);
    stream->used = false;
    s.open--;
}

static void respond(struct stream *stream, const struct h2_piece *piece)
{
    stream->answered = true;
    h2_head_status(s.h2.port, 200);
    h2_head_number(s.h2.port, STR("Content-Length"), 5);
    h2_respond(&stream->h2, piece);
}

static void answer(struct stream *stream, const struct h2_piece *piece)
{
    struct h2_piece early = {"early", 5, .end = true};

    if (s.how & HOW_RESETS) {
        give_up(stream);
    } else if (s.how & HOW_EARLY) {
        if (!stream->answered) {
            h2_discard(&stream->h2);
            respond(stream, &early);
        }
    } else if (!(s.how & HOW_SILENT)) {
        if (stream->answered)
            h2_send(&stream->h2, piece);
        else
            respond(stream, piece);
    }
}

static void arrived(struct stream *stream, const struct h2_piece *piece)
{
    CHECK(!stream->end);
    stream->n += piece->n;
    stream->end = piece->end;
    CHECK(stream->n <= stream->length);
    CHECK(!piece->end || stream->length == UINT64_MAX ||
          stream->n == stream->length);
    if (s.how & HOW_PAUSES)
        h2_pause(&stream->h2);
}

static void on_request(struct h2_stream *h2, struct request *req,
                       const struct h2_piece *piece)
{
    struct stream *stream = of(h2);

    CHECK(!stream->told && req->version == REQUEST_HTTP_2);
    stream->told = true;
    if (req->body == BODY_LENGTH)
        stream->length = req->content_length;
    check_laid_out(&req->fields);
    check_forwarded(req);
    arrived(stream, piece);
    answer(stream, piece);
}

static void on_response(struct h2_stream *h2, struct response *res,
                        const struct h2_piece *piece)
{
    struct stream *stream = of(h2);

    CHECK(!stream->told && res->status >= 200 && res->status <= 999);
    stream->told = true;
    if (res->body == BODY_LENGTH)
        stream->length = res->content_length;
    check_laid_out(&res->fields);
    arrived(stream, piece);
    if (s.how & HOW_RESETS)
        give_up(stream);
}

static void on_body(struct h2_stream *h2, const struct h2_piece *piece)
{
    struct stream *stream = of(h2);

    CHECK(stream->told && stream->used);
    arrived(stream, piece);
    if (!s.h2.client)
        answer(stream, piece);
}

static void on_drained(struct h2_stream *h2)
{
    CHECK(of(h2)->used && !h2_blocked(h2));
}

static void on_closed(struct h2_stream *h2, enum h2_error error)
{
    (void)error;
    CHECK(of(h2)->used);
    of(h2)->used = false;
    s.open--;
}

static void on_refused(struct h2_stream *h2, const struct h1_fault *fault,
                       size_t received)
{
    (void)received;
    CHECK(of(h2)->used && fault->why && fault->status >= 400);
    if (!h2_stream_open(h2))
        return;
    h2_head_status(s.h2.port, fault->status);
    h2_respond(h2, &(struct h2_piece){.end = true});
}

static const struct h2_ops ops = {
    .write = write_out,
    .room = has_room,
    .open = open_stream,
    .on_request = on_request,
    .on_response = on_response,
    .on_body = on_body,
    .on_drained = on_drained,
    .on_closed = on_closed,
    .on_refused = on_refused,
};

/* ---- the attack ------------------------------------------------------------- */

static bool give(const char *p, size_t n, size_t step)
{
    bool alive = true;

    for (size_t at = 0; at < n && alive; at += step) {
        size_t k = n - at < step ? n - at : step;
        char *copy = malloc(k);

        CHECK(copy != NULL);
        memcpy(copy, p + at, k);
        alive = h2_receive(&s.h2, copy, k, at / 1000);
        free(copy);
    }
    return alive;
}

static void ask(void)
{
    struct h2_piece pieces[] = {{.end = true}, {"hello", 5, .end = false}};

    for (unsigned i = 0; i < 4; i++) {
        struct stream *stream = take();

        h2_head_request(s.h2.port, STR("POST"), STR("http"), STR("h"), STR("/"),
                        STR(""));
        if (!h2_request(&s.h2, &stream->h2, i == 2 ? METHOD_HEAD : METHOD_POST,
                        &pieces[i & 1])) {
            stream->used = false;
            s.open--;
        }
    }
}

static void resume_all(void)
{
    s.how &= ~(unsigned)(HOW_PAUSES | HOW_FULL);
    for (unsigned i = 0; i < STREAMS; i++) {
        if (s.streams[i].used)
            h2_resume(&s.streams[i].h2);
    }
    h2_flush(&s.h2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char begin[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                "\0\0\0\4\0\0\0\0\0"
                                "\0\0\0\4\1\0\0\0\0";
    struct chunk_pool chunks = {{NULL}, {0}};
    struct h2_settings settings;
    bool alive = true;

    if (size < 2)
        return 0;
    memset(&s, 0, sizeof(s));
    s.how = data[0];
    settings = (struct h2_settings){.client = s.how & HOW_CLIENT,
                                    .connect_protocol = s.how & HOW_WEBSOCKET};
    CHECK(h2_begin(&s.h2, h2_port_new(&chunks), &ops, &settings));
    if (settings.client)
        ask();
    if (!(s.how & HOW_RAW))
        alive = give(begin + (settings.client ? 24 : 0),
                     sizeof(begin) - 1 - (settings.client ? 24 : 0), 9999);
    if (alive)
        alive = give((const char *)data + 2, size - 2, data[1] + 1u);
    if (alive)
        resume_all();
    CHECK(s.h2.streams == s.open);
    h2_end(&s.h2);
    for (unsigned i = 0; i < STREAMS; i++)
        h2_forget(&s.streams[i].h2);
    h2_port_free(s.h2.port);
    chunk_pool_end(&chunks);
    return 0;
}

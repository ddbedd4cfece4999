/* SPDX-License-Identifier: Apache-2.0 */
#include "h2_side.h"

#include <stdarg.h>
#include <stdlib.h>

static struct side *of_h2(struct h2 *h2)
{
    return h2->owner;
}

static struct side_stream *of_stream(struct h2_stream *stream)
{
    return LIST_ENTRY_OF(stream, struct side_stream, h2);
}

static void note_piece(struct side *s, const struct h2_piece *piece)
{
    if (piece->n <= 64)
        text_put(&s->log, piece->p, piece->n);
    else
        text_printf(&s->log, "%zu bytes", piece->n);
    if (piece->trailers.n)
        text_printf(&s->log, " trailers [" STR_FMT "]",
                    STR_ARG(piece->trailers));
    text_printf(&s->log, piece->end ? " end\n" : "\n");
}

static void note_fields(struct side *s, const struct fields *fs)
{
    for (unsigned i = 0; i < fs->n; i++) {
        const struct field *f = &fs->v[i];

        if (f->flags & FIELD_CANONICAL &&
            memcmp(fs->base + f->value + f->value_len, "\r\n", 2) != 0)
            abort(); /* it does not stand as it says */
        text_printf(&s->log, "%s" STR_FMT "=" STR_FMT ";",
                    f->flags & FIELD_DROPPED ? "-" : "",
                    STR_ARG(field_name(fs, f)), STR_ARG(field_value(fs, f)));
    }
    TEXT_LITERAL(&s->log, " ");
}

/* ---- what the codec tells ------------------------------------------------ */

static void write_out(struct h2 *h2, const char *p, size_t n)
{
    struct side *s = of_h2(h2);

    if (n > SIDE_OUT - s->n)
        abort();
    memcpy(s->out + s->n, p, n);
    s->n += n;
}

static bool has_room(struct h2 *h2)
{
    return !of_h2(h2)->full;
}

struct side_stream *side_stream(struct side *s)
{
    for (unsigned i = 0; i < SIDE_STREAMS; i++) {
        if (!s->streams[i].used) {
            memset(&s->streams[i], 0, sizeof(s->streams[i]));
            s->streams[i].used = true;
            return &s->streams[i];
        }
    }
    return NULL;
}

static struct h2_stream *open_stream(struct h2 *h2)
{
    struct side_stream *stream = side_stream(of_h2(h2));

    return stream ? &stream->h2 : NULL;
}

static void respond(struct side *s, struct side_stream *stream,
                    struct h2_piece piece)
{
    stream->answered = true;
    h2_head_status(s->port, 200);
    h2_head_field(s->port, STR("Server"), STR("side"));
    if (h2_respond(&stream->h2, &piece) == 0)
        abort();
}

static void answer(struct side *s, struct side_stream *stream,
                   const struct h2_piece *piece)
{
    struct h2_piece out = *piece;

    if (s->answer == SIDE_SILENT || stream->h2.h2 == NULL)
        return;
    if (s->answer == SIDE_EARLY) {
        if (!stream->answered) {
            h2_discard(&stream->h2);
            respond(s, stream, (struct h2_piece){"early", 5, .end = true});
        }
        return;
    }
    if (stream->answered)
        h2_send(&stream->h2, &out);
    else
        respond(s, stream, out);
}

static void arrived(struct side *s, struct side_stream *stream,
                    const struct h2_piece *piece)
{
    stream->received += piece->n;
    note_piece(s, piece);
    if (s->pauses)
        h2_pause(&stream->h2);
}

static void on_request(struct h2_stream *h2, struct request *req,
                       const struct h2_piece *piece)
{
    struct side_stream *stream = of_stream(h2);
    struct side *s = of_h2(h2->h2);
    const struct fields *fs = &req->fields;

    s->requests++;
    text_printf(&s->log, "request %d " STR_FMT " " STR_FMT " " STR_FMT " ",
                h2->id, STR_ARG(slice_of(fs, req->method_name)),
                STR_ARG(slice_of(fs, req->path)),
                STR_ARG(slice_of(fs, req->authority)));
    note_fields(s, fs);
    arrived(s, stream, piece);
    answer(s, stream, piece);
}

static void on_response(struct h2_stream *h2, struct response *res,
                        const struct h2_piece *piece)
{
    struct side *s = of_h2(h2->h2);

    text_printf(&s->log, "response %d %u ", h2->id, (unsigned)res->status);
    note_fields(s, &res->fields);
    arrived(s, of_stream(h2), piece);
}

static void on_body(struct h2_stream *h2, const struct h2_piece *piece)
{
    struct side *s = of_h2(h2->h2);

    text_printf(&s->log, "body %d ", h2->id);
    arrived(s, of_stream(h2), piece);
    if (!s->h2.client)
        answer(s, of_stream(h2), piece);
}

static void on_drained(struct h2_stream *h2)
{
    text_printf(&of_h2(h2->h2)->log, "drained %d\n", h2->id);
}

/* The stream is not the session's any more, so it cannot say whose it is. */
static struct side *closing;

static void on_closed(struct h2_stream *h2, enum h2_error error)
{
    struct side_stream *stream = of_stream(h2);

    text_printf(&closing->log, "closed %d %d\n", h2->id, (int)error);
    closing->closed++;
    stream->used = false;
}

static void on_refused(struct h2_stream *h2, const struct h1_fault *fault,
                       size_t received)
{
    struct side *s = of_h2(h2->h2);

    (void)received;
    text_printf(&s->log, "refused %d %u %s\n", h2->id, (unsigned)fault->status,
                fault->why);
    if (!h2_stream_open(h2))
        return;
    h2_head_status(s->port, fault->status);
    h2_respond(h2, &(struct h2_piece){.end = true});
}

static void on_goaway(struct h2 *h2, uint32_t last, enum h2_error error)
{
    text_printf(&of_h2(h2)->log, "goaway %u %d\n", last, (int)error);
}

static void on_pong(struct h2 *h2)
{
    of_h2(h2)->pongs++;
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
    .on_goaway = on_goaway,
    .on_pong = on_pong,
};

/* ---- sides ---------------------------------------------------------------- */

static struct side *side_begin(const struct h2_settings *settings)
{
    struct side *s = calloc(1, sizeof(*s));

    s->out = malloc(SIDE_OUT);
    s->log = text_in(malloc(SIDE_LOG), SIDE_LOG);
    s->port = h2_port_new(&s->chunks);
    s->h2.owner = s;
    s->alive = true;
    if (!h2_begin(&s->h2, s->port, &ops, settings))
        abort();
    return s;
}

struct side *side_new(bool client)
{
    return side_begin(&(struct h2_settings){.client = client});
}

struct side *side_new_websocket(void)
{
    return side_begin(&(struct h2_settings){.connect_protocol = true});
}

void side_free(struct side *s)
{
    h2_end(&s->h2);
    for (unsigned i = 0; i < SIDE_STREAMS; i++)
        h2_forget(&s->streams[i].h2);
    h2_port_free(s->port);
    chunk_pool_end(&s->chunks);
    free(s->log.p);
    free(s->out);
    free(s);
}

bool side_give_in_steps(struct side *s, struct str bytes, size_t step)
{
    for (size_t at = 0; at < bytes.n && s->alive; at += step) {
        size_t n = bytes.n - at < step ? bytes.n - at : step;
        char *copy = malloc(n); /* a read of one byte too many is seen */

        memcpy(copy, bytes.p + at, n);
        closing = s;
        s->alive = h2_receive(&s->h2, copy, n, s->now_s);
        free(copy);
    }
    return s->alive;
}

bool side_give(struct side *s, struct str bytes)
{
    return side_give_in_steps(s, bytes, bytes.n ? bytes.n : 1);
}

struct str side_take(struct side *s)
{
    static char *taken;
    size_t n = s->n;

    free(taken);
    taken = malloc(n + 1);
    memcpy(taken, s->out, n);
    s->n = 0;
    return str_make(taken, n);
}

void side_settle_in_steps(struct side *a, struct side *b, size_t step)
{
    while (a->n || b->n) {
        if (a->n)
            side_give_in_steps(b, side_take(a), step);
        if (b->n)
            side_give_in_steps(a, side_take(b), step);
        closing = a;
        h2_flush(&a->h2);
        closing = b;
        h2_flush(&b->h2);
    }
}

void side_settle(struct side *a, struct side *b)
{
    side_settle_in_steps(a, b, SIDE_OUT);
}

struct side_stream *side_ask(struct side *s, const char *method,
                             const char *path, const char *lines,
                             struct h2_piece piece)
{
    struct side_stream *stream = side_stream(s);
    struct str rest = str_of(lines), name, value;
    enum method number = strcmp(method, "HEAD") == 0 ? METHOD_HEAD : METHOD_GET;

    closing = s;
    h2_head_request(s->port, str_of(method), STR("http"), STR("example.com"),
                    str_of(path), STR(""));
    while (rest.n) {
        value = str_cut(&rest, '\n');
        value.n--; /* CR */
        name = str_cut(&value, ':');
        h2_head_field(s->port, name, str_trim(value));
    }
    if (h2_request(&s->h2, &stream->h2, number, &piece))
        return stream;
    stream->used = false;
    return NULL;
}

bool side_was_told(const struct side *s, const char *what)
{
    return memmem(s->log.p, s->log.n, what, strlen(what)) != NULL;
}

/* ---- frames --------------------------------------------------------------- */

void frames_raw(struct frames *f, struct str bytes)
{
    if (f->n + bytes.n > f->cap) {
        f->cap = (f->n + bytes.n) * 2;
        f->p = realloc(f->p, f->cap);
    }
    if (bytes.n)
        memcpy(f->p + f->n, bytes.p, bytes.n);
    f->n += bytes.n;
}

void frames_add(struct frames *f, unsigned type, unsigned flags, uint32_t id,
                struct str payload)
{
    char head[9] = {(char)(payload.n >> 16),
                    (char)(payload.n >> 8),
                    (char)payload.n,
                    (char)type,
                    (char)flags,
                    (char)(id >> 24),
                    (char)(id >> 16),
                    (char)(id >> 8),
                    (char)id};

    frames_raw(f, str_make(head, 9));
    frames_raw(f, payload);
}

struct frames frames_begin(void)
{
    struct frames f = {NULL, 0, 0};

    frames_raw(&f, STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    frames_add(&f, 4, 0, 0, STR(""));
    return f;
}

void frames_end(struct frames *f)
{
    free(f->p);
    *f = (struct frames){NULL, 0, 0};
}

/* A string literal of RFC 7541 §5.2, without Huffman coding. */
static void put_string(struct text *t, struct str s)
{
    size_t n = s.n;

    if (n < 127) {
        text_char(t, (char)n);
    } else {
        text_char(t, 127);
        for (n -= 127; n >= 128; n /= 128)
            text_char(t, (char)(n % 128 + 128));
        text_char(t, (char)n);
    }
    text_str_put(t, s);
}

struct str frames_block(const char *lines)
{
    static char block[256 * 1024];
    struct text t = text_in(block, sizeof(block));
    struct str rest = str_of(lines);

    while (rest.p && rest.n) {
        struct str line = str_cut(&rest, '\n');
        size_t colon = 1;

        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        while (colon < line.n && line.p[colon] != ':')
            colon++;
        text_char(&t, 0); /* a literal that is not indexed */
        put_string(&t, str_make(line.p, colon));
        colon += 2;
        put_string(&t, colon < line.n ? str_make(line.p + colon, line.n - colon)
                                      : STR(""));
    }
    if (!text_ok(&t))
        abort();
    return text_str(&t);
}

void frames_headers(struct frames *f, unsigned flags, uint32_t id,
                    const char *lines)
{
    frames_add(f, 1, flags | 4, id, frames_block(lines));
}

void frames_get(struct frames *f, uint32_t id)
{
    frames_headers(f, 1, id,
                   ":method: GET\r\n:scheme: https\r\n:path: /\r\n"
                   ":authority: example.com\r\n");
}

static uint32_t number(const char *p, size_t n)
{
    uint32_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

/* Cuts a frame off.  False: there is no whole one. */
static bool next_frame(struct str *bytes, unsigned *type, uint32_t *id,
                       struct str *payload)
{
    size_t n;

    if (bytes->n < 9)
        return false;
    n = number(bytes->p, 3);
    if (bytes->n < 9 + n)
        return false;
    *type = (uint8_t)bytes->p[3];
    *id = number(bytes->p + 5, 4);
    *payload = str_make(bytes->p + 9, n);
    *bytes = str_make(bytes->p + 9 + n, bytes->n - 9 - n);
    return true;
}

struct str frames_find(struct str bytes, unsigned type, uint32_t *id)
{
    struct str payload;
    unsigned t;
    uint32_t stream;

    while (next_frame(&bytes, &t, &stream, &payload)) {
        if (t == type) {
            if (id)
                *id = stream;
            return payload;
        }
    }
    return str_make(NULL, 0);
}

unsigned frames_count(struct str bytes, unsigned type)
{
    struct str payload;
    unsigned t, n = 0;
    uint32_t stream;

    while (next_frame(&bytes, &t, &stream, &payload))
        n += t == type;
    return n;
}

int frames_goaway(struct str bytes)
{
    struct str payload = frames_find(bytes, 7, NULL);

    return payload.n >= 8 ? (int)number(payload.p + 4, 4) : -1;
}

int frames_reset(struct str bytes, uint32_t id)
{
    struct str payload;
    unsigned t;
    uint32_t stream;

    while (next_frame(&bytes, &t, &stream, &payload)) {
        if (t == 3 && stream == id && payload.n == 4)
            return (int)number(payload.p, 4);
    }
    return -1;
}

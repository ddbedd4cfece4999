/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads that leave.  Names are written in lower case beside the slices that
 * they came in; nothing is copied by the library, which has encoded a head
 * before the call that submits it returns.
 */
#include "codec/h2_internal.h"

#define NO_COPY (NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE)

static void add(struct h2_head *h, const char *name, size_t name_n,
                struct str value)
{
    if (h->n == H2_NV_MAX) {
        h->overflow = true;
        return;
    }
    h->nv[h->n++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name,
        .value = (uint8_t *)(uintptr_t)(value.p ? value.p : ""),
        .namelen = name_n,
        .valuelen = value.n,
        .flags = NO_COPY,
    };
}

#define ADD(h, name, value) add((h), (name), sizeof(name) - 1, (value))

/* Room for n bytes that stay until the head was taken; NULL: there is none. */
static char *room(struct h2_head *h, size_t n)
{
    char *p = h->names + h->names_n;

    if (n > H2_NAMES_MAX - h->names_n) {
        h->overflow = true;
        return NULL;
    }
    h->names_n += n;
    return p;
}

void h2_head_begin(struct h2_port *port)
{
    port->head.n = port->head.names_n = 0;
    port->head.overflow = false;
}

void h2_head_status(struct h2_port *port, unsigned status)
{
    struct h2_head *h = &port->head;
    char *p;

    h2_head_begin(port);
    p = room(h, 3);
    p[0] = (char)('0' + status / 100 % 10);
    p[1] = (char)('0' + status / 10 % 10);
    p[2] = (char)('0' + status % 10);
    ADD(h, ":status", str_make(p, 3));
}

void h2_head_request(struct h2_port *port, struct str method, struct str scheme,
                     struct str authority, struct str path, struct str protocol)
{
    struct h2_head *h = &port->head;

    h2_head_begin(port);
    ADD(h, ":method", method);
    if (protocol.n)
        ADD(h, ":protocol", protocol);
    ADD(h, ":scheme", scheme);
    if (authority.n)
        ADD(h, ":authority", authority);
    ADD(h, ":path", path);
}

static const char *lower(struct h2_head *h, struct str name)
{
    char *p = room(h, name.n);

    for (size_t i = 0; p && i < name.n; i++)
        p[i] = str_lower(name.p[i]);
    return p;
}

void h2_head_field(struct h2_port *port, struct str name, struct str value)
{
    const char *p = lower(&port->head, name);

    if (p)
        add(&port->head, p, name.n, value);
}

void h2_head_number(struct h2_port *port, struct str name, uint64_t value)
{
    enum { DIGITS = 20 };
    char *p = room(&port->head, DIGITS);
    struct text t = text_in(p, DIGITS);

    if (p == NULL)
        return;
    text_u64(&t, value);
    h2_head_field(port, name, text_str(&t));
}

void h2_head_fields(struct h2_port *port, const struct fields *fs)
{
    for (unsigned i = 0; i < fs->n; i++) {
        const struct field *f = &fs->v[i];

        if (!(f->flags & FIELD_DROPPED))
            h2_head_field(port, field_name(fs, f), field_value(fs, f));
    }
}

/* What a callback of the library submits is encoded after it. */
static const nghttp2_nv *fields_of(struct h2_head *h, bool busy)
{
    for (size_t i = 0; busy && i < h->n; i++)
        h->nv[i].flags = NGHTTP2_NV_FLAG_NONE;
    return h->nv;
}

/* A rough guess at what it takes on the wire. */
static size_t weight(const struct h2_head *h)
{
    size_t n = 9;

    for (size_t i = 0; i < h->n; i++)
        n += 2 + h->nv[i].valuelen;
    return n;
}

size_t h2_respond(struct h2_stream *stream, const struct h2_piece *piece)
{
    struct h2 *h2 = stream->h2;
    struct h2_head *h;
    nghttp2_data_provider provider = h2_provider(stream);
    bool body = piece->n || !piece->end || piece->trailers.n;
    size_t bytes;

    if (h2 == NULL || stream->begun_out)
        return 0;
    h = &h2->port->head;
    if (h->overflow || !h2_take_piece(stream, piece, h2->busy))
        return 0;
    if (nghttp2_submit_response(h2->session, stream->id, fields_of(h, h2->busy),
                                h->n, body ? &provider : NULL))
        return 0;
    stream->begun_out = true;
    bytes = weight(h);
    h2_write(h2);
    return h2_settle_piece(stream) ? bytes : 0;
}

bool h2_request(struct h2 *h2, struct h2_stream *stream, enum method method,
                const struct h2_piece *piece)
{
    struct h2_head *h = &h2->port->head;
    nghttp2_data_provider provider = h2_provider(stream);
    bool body = piece->n || !piece->end || piece->trailers.n;
    int32_t id;

    if (h->overflow || h2_requests_left(h2) == 0)
        return false;
    *stream = (struct h2_stream){.h2 = h2, .method = (uint8_t)method};
    list_init(&stream->node);
    list_init(&stream->ready);
    list_init(&stream->drained);
    if (!h2_take_piece(stream, piece, h2->busy)) {
        stream->h2 = NULL;
        return false;
    }
    id = nghttp2_submit_request(h2->session, NULL, fields_of(h, h2->busy), h->n,
                                body ? &provider : NULL, stream);
    if (id < 0) {
        h2_forget(stream);
        return false;
    }
    stream->id = id;
    stream->begun_out = true;
    list_push_back(&h2->open, &stream->node);
    h2->streams++;
    h2->requests++;
    h2_write(h2);
    h2_settle_piece(stream);
    if (stream->mark == 0)
        stream->mark = h2->written;
    return true;
}

int h2_submit_trailers(struct h2_stream *stream)
{
    struct h2 *h2 = stream->h2;
    struct h2_head *h = &h2->port->head;
    struct str raw = str_make(chunk_begin(stream->trailers_out),
                              chunk_len(stream->trailers_out));
    struct str name, value;

    h2_head_begin(h2->port);
    while (h1_next_trailer(&raw, &name, &value))
        h2_head_field(h2->port, name, value);
    if (h->overflow || h->n == 0)
        return -1;
    return nghttp2_submit_trailer(h2->session, stream->id, fields_of(h, true),
                                  h->n);
}

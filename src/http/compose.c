/* SPDX-License-Identifier: Apache-2.0 */
#include "http/compose.h"

enum {
    TRAILERS_IN_MAX = 16 * 1024, /* what the codec lets through */
    TRAILERS_OUT_MAX = 24 * 1024,
};

/* A trailer line grows by the space behind its colon: "a:" to "a: ". */
_Static_assert(TRAILERS_OUT_MAX >= TRAILERS_IN_MAX / 4 * 5 + 16,
               "trailers fit however they were written");

/* What follows the data of a piece that is sent as a chunk. */
static void put_chunk_tail(struct text *t, const struct piece *piece)
{
    if (piece->data.n)
        TEXT_LITERAL(t, "\r\n");
    if (!piece->end)
        return;
    TEXT_LITERAL(t, "0\r\n");
    if (piece->trailers.n)
        h1_put_trailers(t, piece->trailers);
    TEXT_LITERAL(t, "\r\n");
}

/* Writes `head` in front of the data and `tail` behind it. */
static size_t send_around(struct conn *conn, struct str head,
                          const struct span *data, struct str tail)
{
    char *begin = data->p - head.n;

    memcpy(begin, head.p, head.n);
    memcpy(data->p + data->n, tail.p, tail.n);
    conn_send(conn, begin, head.n + data->n + tail.n);
    return head.n + data->n + tail.n;
}

static bool fits_around(const struct conn *conn, struct str head,
                        const struct span *data, struct str tail)
{
    const char *scratch = conn->loop->scratch;

    return data->roomy && (size_t)(data->p - scratch) >= head.n &&
           tail.n <= LOOP_TAILROOM;
}

size_t compose_send(struct conn *conn, struct str head,
                    const struct piece *piece,
                    const struct compose_options *how)
{
    char line[H1_CHUNK_HEAD_MAX];
    char after[TRAILERS_OUT_MAX];
    struct text front = text_in(conn->loop->head, LOOP_HEAD);
    struct text tail = text_in(after, sizeof(after));
    struct text size = text_in(line, sizeof(line));

    front.n = head.n; /* a head stands at loop->head already */
    if (head.n && head.p != front.p)
        memmove(front.p, head.p, head.n);
    if (how->chunked) {
        if (piece->data.n)
            h1_put_chunk_head(&size, piece->data.n);
        text_put(&front, size.p, size.n);
        put_chunk_tail(&tail, piece);
    }
    if (piece->data.n == 0)
        text_put(&front, tail.p, tail.n);
    if (!text_ok(&front) || !text_ok(&tail) || !text_ok(&size)) {
        conn_break(conn); /* rather than a message with a hole */
        return 0;
    }
    if (piece->data.n == 0) {
        conn_send(conn, front.p, front.n);
        return front.n;
    }
    if (front.n == 0 && tail.n == 0) {
        conn_send(conn, piece->data.p, piece->data.n);
        return piece->data.n;
    }
    if (fits_around(conn, text_str(&front), &piece->data, text_str(&tail)))
        return send_around(conn, text_str(&front), &piece->data,
                           text_str(&tail));
    conn_send2(conn, front.p, front.n, piece->data.p, piece->data.n);
    conn_send(conn, tail.p, tail.n);
    return front.n + piece->data.n + tail.n;
}

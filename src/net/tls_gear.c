/* SPDX-License-Identifier: Apache-2.0
 *
 * What the TLS connections of a loop share: the buffers of ciphertext, and the
 * BIO that OpenSSL has in place of a socket.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/tls_internal.h"

enum {
    RECORD_HEADER = 5,
    RECORD_MAX = TLS_RECORD_DATA + 2048, /* ciphertext: TLS 1.2 */
    RECORD_ROOM = 64,                    /* header and tag, and to spare */
    IN_MAX =
        LOOP_READ + 4 * RECORD_MAX, /* what is read, behind what was kept */
    OUT_MAX = LOOP_READ + 2 * RECORD_MAX,
};

/* ---- the BIO ------------------------------------------------------------- */

static int bio_read(BIO *bio, char *p, int n)
{
    struct tls_gear *g = BIO_get_data(bio);
    size_t have = g->visible - g->begin;

    BIO_clear_retry_flags(bio);
    if (have == 0 || n <= 0 || g->now->dead) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (have > (size_t)n)
        have = (size_t)n;
    memcpy(p, g->in + g->begin, have);
    g->begin += have;
    return (int)have;
}

void tls_gear_flush(struct tls_gear *g)
{
    size_t n = g->out_n;

    g->out_n = 0;
    if (n)
        conn_send_raw(g->now->conn, g->out, n);
}

/* Never refuses: a connection that is broken says so elsewhere. */
static int bio_write(BIO *bio, const char *p, int n)
{
    struct tls_gear *g = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (n <= 0)
        return 0;
    if ((size_t)n > OUT_MAX - g->out_n)
        tls_gear_flush(g);
    if ((size_t)n > OUT_MAX) {
        conn_send_raw(g->now->conn, p, (size_t)n);
        return n;
    }
    memcpy(g->out + g->out_n, p, (size_t)n);
    g->out_n += (size_t)n;
    return n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method;

static void make_bio_method(void)
{
    bio_method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
    if (bio_method) {
        BIO_meth_set_read(bio_method, bio_read);
        BIO_meth_set_write(bio_method, bio_write);
        BIO_meth_set_ctrl(bio_method, bio_ctrl);
    }
}

static BIO *new_bio(struct tls_gear *g)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    BIO *bio;

    pthread_once(&once, make_bio_method);
    bio = bio_method ? BIO_new(bio_method) : NULL;
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, g);
    BIO_set_init(bio, 1);
    return bio;
}

/* ---- the loop's share ---------------------------------------------------- */

void tls_gear_free(struct tls_gear *g)
{
    if (g == NULL)
        return;
    BIO_free(g->bio);
    slab_end(&g->slab);
    free(g->in);
    free(g->out);
    free(g);
}

struct tls_gear *tls_gear_of(struct loop *loop)
{
    struct tls_gear *g;

    if (loop->tls)
        return loop->tls;
    g = calloc(1, sizeof(*g));
    if (g == NULL)
        return NULL;
    slab_init(&g->slab, sizeof(struct conn_tls));
    g->in = malloc(IN_MAX);
    g->out = malloc(OUT_MAX);
    g->bio = new_bio(g);
    if (g->in == NULL || g->out == NULL || g->bio == NULL) {
        tls_gear_free(g);
        return NULL;
    }
    loop->tls = g;
    return g;
}

/* ---- ciphertext ---------------------------------------------------------- */

/* Says how far whole records go.  What is no record is for OpenSSL to say. */
static void find_records(struct tls_gear *g)
{
    while (g->end - g->visible >= RECORD_HEADER) {
        const uint8_t *p = (const uint8_t *)g->in + g->visible;
        size_t n = (size_t)p[3] << 8 | p[4];

        if (p[0] < SSL3_RT_CHANGE_CIPHER_SPEC ||
            p[0] > SSL3_RT_APPLICATION_DATA || n > RECORD_MAX) {
            g->visible = g->end;
            return;
        }
        if (g->end - g->visible < RECORD_HEADER + n)
            return;
        g->visible += RECORD_HEADER + n;
    }
}

struct tls_gear *tls_gear_enter(struct conn_tls *t)
{
    struct loop *loop = t->conn->loop;
    struct tls_gear *g = loop->tls;

    g->now = t;
    g->begin = g->visible = g->end = 0;
    if (t->in) {
        g->end = chunk_len(t->in);
        memcpy(g->in, chunk_begin(t->in), g->end);
        chunk_give(&loop->chunks, t->in);
        t->in = NULL;
        find_records(g);
    }
    return g;
}

void tls_gear_leave(struct tls_gear *g)
{
    struct conn_tls *t = g->now;
    size_t n = g->end - g->begin;

    if (n && !t->dead) {
        t->in = chunk_take(&t->conn->loop->chunks, n);
        if (t->in) {
            memcpy(t->in->data, g->in + g->begin, n);
            t->in->end = (uint32_t)n;
        } else {
            t->dead = true;
        }
    }
    tls_gear_flush(g);
    g->begin = g->visible = g->end = 0;
    g->now = NULL;
}

enum conn_read tls_gear_fill(struct tls_gear *g, size_t want, bool *drained)
{
    struct conn *conn = g->now->conn;
    size_t room;
    ssize_t n;

    if (g->begin == g->end)
        g->begin = g->visible = g->end = 0;
    room = IN_MAX - g->end;
    if (want < TLS_RECORD_DATA)
        want = TLS_RECORD_DATA;
    want += (want / TLS_RECORD_DATA + 1) * RECORD_ROOM;
    if (want > room)
        want = room;
    do {
        n = recv(conn->fd, g->in + g->end, want, 0);
    } while (n < 0 && errno == EINTR);
    *drained = n <= 0 || ((size_t)n < want && !conn->hangup);
    if (n == 0)
        return CONN_EOF;
    if (n < 0)
        return errno == EAGAIN ? CONN_AGAIN : CONN_BROKEN;
    g->end += (size_t)n;
    find_records(g);
    return CONN_DATA;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Frame headers, read in front of the library: what it answers at once would
 * cost before anybody could count, and it forgets streams that are over.
 */
#include "codec/h2_internal.h"

enum {
    FRAME_HEAD = 9,
    CLOSED_KNOWN = 512, /* streams that `seen` and `cut` tell about */
    PADDING_MAX = 256,  /* with the byte that says how much */
};

struct frame {
    uint32_t n;
    uint8_t type;
    uint8_t flags;
    int32_t id;
};

static struct frame frame_of(const uint8_t *p)
{
    return (struct frame){
        .n = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2],
        .type = p[3],
        .flags = p[4],
        .id = (int32_t)(((uint32_t)p[5] << 24 | (uint32_t)p[6] << 16 |
                         (uint32_t)p[7] << 8 | p[8]) &
                        0x7fffffff),
    };
}

/* ---- streams that are over ---------------------------------------------- */

static unsigned bit_of(uint32_t id)
{
    return id / 2 % CLOSED_KNOWN;
}

static bool bit_get(const uint64_t *bits, uint32_t id)
{
    return bits[bit_of(id) / 64] >> bit_of(id) % 64 & 1;
}

static void bit_set(uint64_t *bits, uint32_t id)
{
    bits[bit_of(id) / 64] |= (uint64_t)1 << bit_of(id) % 64;
}

static void bit_clear(uint64_t *bits, uint32_t id)
{
    bits[bit_of(id) / 64] &= ~((uint64_t)1 << bit_of(id) % 64);
}

static bool is_remembered(const struct h2 *h2, uint32_t id)
{
    return id <= h2->last && h2->last - id < 2 * CLOSED_KNOWN;
}

void h2_mark_cut(struct h2 *h2, int32_t id)
{
    if (!h2->client && is_remembered(h2, (uint32_t)id))
        bit_set(h2->cut, (uint32_t)id);
}

/* A client opened a stream; those that it skipped were never there. */
static void note_opened(struct h2 *h2, uint32_t id)
{
    if (id - h2->last >= 2 * CLOSED_KNOWN) {
        memset(h2->seen, 0, sizeof(h2->seen));
        memset(h2->cut, 0, sizeof(h2->cut));
    } else {
        for (uint32_t i = h2->last + 2; i < id; i += 2) {
            bit_clear(h2->seen, i);
            bit_clear(h2->cut, i);
        }
        bit_clear(h2->cut, id);
    }
    h2->last = id;
    if (h2->fresh > id)
        h2->fresh = id;
    bit_set(h2->seen, id);
    if (h2->left)
        bit_set(h2->cut, id); /* it could not know */
}

/* What comes on a stream that is over: RFC 9113 §5.1 "closed". */
static enum h2_error judge_late(const struct h2 *h2, uint32_t id)
{
    if (!is_remembered(h2, id))
        return H2_STREAM_CLOSED;
    if (!bit_get(h2->seen, id))
        return H2_PROTOCOL_ERROR;
    return bit_get(h2->cut, id) ? H2_NO_ERROR : H2_STREAM_CLOSED;
}

static bool is_late(const struct h2 *h2, const struct frame *f)
{
    return !h2->client && f->id & 1 && (uint32_t)f->id <= h2->last &&
           (uint32_t)f->id < h2->fresh &&
           nghttp2_session_find_stream(h2->session, f->id) == NULL;
}

/* ---- budgets ------------------------------------------------------------ */

static uint16_t leaked(uint16_t level, uint64_t seconds, unsigned each)
{
    uint64_t out = seconds * each;

    return out >= level ? 0 : (uint16_t)(level - out);
}

void h2_budget_tick(struct h2 *h2, uint64_t now_s)
{
    uint64_t seconds = (uint32_t)now_s - h2->budget_s;

    if (seconds == 0)
        return;
    h2->budget_s = (uint32_t)now_s;
    h2->refusals = leaked(h2->refusals, seconds, H2_REFUSALS_LEAK);
    h2->chatter = leaked(h2->chatter, seconds,
                         h2->client ? H2_TARGET_CHATTER : H2_CHATTER_LEAK);
}

bool h2_spend(struct h2 *h2, bool wasted)
{
    if (wasted)
        return ++h2->refusals <= H2_REFUSALS_MAX;
    if (h2->refusals)
        h2->refusals--;
    return true;
}

static enum h2_error chatter(struct h2 *h2)
{
    unsigned max = h2->client ? H2_TARGET_CHATTER : H2_CHATTER_MAX;

    return ++h2->chatter > max ? H2_ENHANCE_YOUR_CALM : H2_NO_ERROR;
}

/* ---- settings ----------------------------------------------------------- */

/* RFC 9113 §6.9.2: windows that overflow by a new initial size end the
 * session; the library would only reset their streams. */
static bool overflows(const struct h2 *h2, uint32_t window)
{
    int64_t more = (int64_t)window -
                   nghttp2_session_get_remote_settings(
                       h2->session, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE);

    if (more <= 0)
        return false;
    for (const struct list *l = h2->open.next; l != &h2->open; l = l->next) {
        const struct h2_stream *stream =
            LIST_ENTRY_OF((uintptr_t)l, struct h2_stream, node);

        if (nghttp2_session_get_stream_remote_window_size(
                h2->session, stream->id) > NGHTTP2_MAX_WINDOW_SIZE - more)
            return true;
    }
    return false;
}

static enum h2_error read_settings(struct h2 *h2, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *s = h2->setting;

        h2->setting[h2->setting_n++] = (uint8_t)p[i];
        if (h2->setting_n < sizeof(h2->setting))
            continue;
        h2->setting_n = 0;
        if ((s[0] << 8 | s[1]) == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE &&
            overflows(h2, (uint32_t)s[2] << 24 | (uint32_t)s[3] << 16 |
                              (uint32_t)s[4] << 8 | s[5]))
            return H2_FLOW_CONTROL_ERROR;
    }
    return H2_NO_ERROR;
}

/* ---- frames ------------------------------------------------------------- */

static enum h2_error look_at_data(struct h2 *h2, const struct frame *f)
{
    bool padded = f->flags & NGHTTP2_FLAG_PADDED;

    if (f->n > (padded ? PADDING_MAX : 0u) ||
        f->flags & NGHTTP2_FLAG_END_STREAM) {
        h2->useful = true;
        return H2_NO_ERROR;
    }
    return chatter(h2);
}

static enum h2_error look_at_headers(struct h2 *h2, const struct frame *f)
{
    h2->useful = true;
    h2->block = f->n;
    h2->continuations = 0;
    if (!h2->client && f->id & 1 && (uint32_t)f->id > h2->last)
        note_opened(h2, (uint32_t)f->id);
    return H2_NO_ERROR;
}

static enum h2_error look_at_continuation(struct h2 *h2, const struct frame *f)
{
    h2->block += f->n;
    if (++h2->continuations > H2_CONTINUATIONS_MAX || h2->block > H2_BLOCK_MAX)
        return H2_ENHANCE_YOUR_CALM;
    return H2_NO_ERROR;
}

static enum h2_error look_at(struct h2 *h2, const struct frame *f)
{
    switch (f->type) {
    case NGHTTP2_DATA:
        return look_at_data(h2, f);
    case NGHTTP2_HEADERS:
        return look_at_headers(h2, f);
    case NGHTTP2_CONTINUATION:
        return look_at_continuation(h2, f);
    case NGHTTP2_PRIORITY:
        if (f->id == 0)
            return H2_PROTOCOL_ERROR;
        return chatter(h2);
    case NGHTTP2_RST_STREAM:
        h2->fresh = UINT32_MAX; /* it may be over already */
        return chatter(h2);
    default:
        return chatter(h2);
    }
}

/* Reads on in the header of a frame.  False: it is not complete. */
static bool read_head(struct h2 *h2, const char *p, size_t n, size_t *at)
{
    size_t room = FRAME_HEAD - h2->frame_head_n;
    size_t take = n - *at < room ? n - *at : room;

    memcpy(h2->frame_head + h2->frame_head_n, p + *at, take);
    h2->frame_head_n = (uint8_t)(h2->frame_head_n + take);
    *at += take;
    return h2->frame_head_n == FRAME_HEAD;
}

/* The frame whose header is complete.  True: go on behind it. */
static bool judge(struct h2 *h2, size_t begin, enum h2_error *error)
{
    struct frame f = frame_of(h2->frame_head);

    h2->frame_head_n = 0;
    h2->in_settings = f.type == NGHTTP2_SETTINGS;
    h2->setting_n = 0;
    if (h2->in_settings && begin)
        return false; /* windows must be what they are when it comes */
    if ((f.type == NGHTTP2_DATA || f.type == NGHTTP2_HEADERS) &&
        is_late(h2, &f)) {
        if (begin) /* what came before it may open or end the stream */
            return false;
        *error = judge_late(h2, (uint32_t)f.id);
        if (*error == H2_NO_ERROR)
            *error = chatter(h2);
    }
    if (*error == H2_NO_ERROR)
        *error = look_at(h2, &f);
    h2->frame_left = f.n;
    return *error == H2_NO_ERROR;
}

static size_t skip(uint32_t left, size_t n, size_t at)
{
    return n - at < left ? n - at : left;
}

size_t h2_scan(struct h2 *h2, const char *p, size_t n, enum h2_error *error)
{
    size_t at = skip(h2->magic_left, n, 0), begin = at;

    *error = H2_NO_ERROR;
    h2->fresh = UINT32_MAX;
    h2->magic_left = (uint8_t)(h2->magic_left - at);
    while (at < n) {
        if (h2->frame_left) {
            size_t step = skip(h2->frame_left, n, at);

            if (h2->in_settings)
                *error = read_settings(h2, p + at, step);
            if (*error != H2_NO_ERROR)
                return begin;
            h2->frame_left -= (uint32_t)step;
            at += step;
            continue;
        }
        if (h2->frame_head_n == 0)
            begin = at;
        else
            begin = 0;
        if (!read_head(h2, p, n, &at))
            return n;
        if (!judge(h2, begin, error))
            return begin;
    }
    return n;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring between a thread and the writer of logs.
 *
 * Records lie one after another in the bytes of the ring, each in one piece:
 * one that does not fit before the end of the bytes is preceded by a mark that
 * says so, and begins at their start.  Positions only grow and are taken
 * modulo the size.  Each side has a cache line of its own, where it remembers
 * how far the other one was, and looks again only when that is not enough.
 */
#include "proxy/log_ring.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    CACHE_LINE = 64,
    ALIGN = 8,
    MASK = LOG_RING_SIZE - 1,
    HALF = LOG_RING_SIZE / 2,
    SKIP = 0, /* instead of a record's size: go on at the start */
};

/* Before each record: its size with all that belongs to it, its kind, and the
 * lengths of its texts, as many as that kind has. */
struct head {
    alignas(ALIGN) uint32_t size;
    uint16_t kind;
    uint16_t lengths[ACCESS_TEXTS];
};

static_assert((int)CONNECTION_TEXTS <= (int)ACCESS_TEXTS &&
                  (int)HEALTH_CHECK_TEXTS <= (int)ACCESS_TEXTS &&
                  (int)WAF_LOG_TEXTS <= (int)ACCESS_TEXTS,
              "a head has room for the lengths of any record");

struct log_ring {
    /* The producer's. */
    alignas(CACHE_LINE) _Atomic uint64_t end;
    _Atomic uint64_t dropped;
    uint64_t seen_at;
    uint64_t look_at; /* at this position: is the ring half full? */
    /* The writer's.  [at, next) is the record that it has on loan. */
    alignas(CACHE_LINE) _Atomic uint64_t at;
    uint64_t next;
    uint64_t seen_end;
    alignas(CACHE_LINE) char bytes[LOG_RING_SIZE];
};

/* The longest texts that are kept.  What comes from clients has room for all
 * that the codec lets through, but for a header line that is nearly all Host
 * or trace id. */
#define ACCESS_CAPS(X)                                                         \
    X(ACCESS_LOAD_BALANCER, 256)                                               \
    X(ACCESS_METHOD, 256)                                                      \
    X(ACCESS_HOST, 1024)                                                       \
    X(ACCESS_TARGET, 16384)                                                    \
    X(ACCESS_USER_AGENT, ACCESS_USER_AGENT_MAX)                                \
    X(ACCESS_SSL_CIPHER, 128)                                                  \
    X(ACCESS_SSL_PROTOCOL, 64)                                                 \
    X(ACCESS_TARGET_GROUP, 1024)                                               \
    X(ACCESS_TRACE_ID, 4096)                                                   \
    X(ACCESS_DOMAIN_NAME, 512)                                                 \
    X(ACCESS_CERTIFICATE, 2048)                                                \
    X(ACCESS_ACTIONS, 256)                                                     \
    X(ACCESS_REDIRECT_URL, 8192)                                               \
    X(ACCESS_ERROR_REASON, 128)                                                \
    X(ACCESS_CLASSIFICATION, 64)                                               \
    X(ACCESS_CLASSIFICATION_REASON, 64)                                        \
    X(ACCESS_TRANSFORMED_HOST, 1024)                                           \
    X(ACCESS_TRANSFORMED_URI, 16384)                                           \
    X(ACCESS_TRANSFORM_STATUS, 128)

#define CONNECTION_CAPS(X)                                                     \
    X(CONNECTION_LOAD_BALANCER, 256)                                           \
    X(CONNECTION_TLS_PROTOCOL, 64)                                             \
    X(CONNECTION_TLS_CIPHER, 128)                                              \
    X(CONNECTION_CERT_SUBJECT, 4096)                                           \
    X(CONNECTION_CERT_VALIDITY, 128)                                           \
    X(CONNECTION_CERT_SERIAL, 128)                                             \
    X(CONNECTION_VERIFY_STATUS, 128)                                           \
    X(CONNECTION_KEY_EXCHANGE, 128)

#define HEALTH_CHECK_CAPS(X)                                                   \
    X(HEALTH_CHECK_LOAD_BALANCER, 256)                                         \
    X(HEALTH_CHECK_TARGET_GROUP, 256)

#define WAF_LOG_CAPS(X)                                                        \
    X(0, WAF_LOG_TEXT_MAX)                                                     \
    X(1, WAF_LOG_TEXT_MAX)                                                     \
    X(2, WAF_LOG_TEXT_MAX)                                                     \
    X(3, WAF_LOG_TEXT_MAX)                                                     \
    X(4, WAF_LOG_TEXT_MAX)                                                     \
    X(5, WAF_LOG_TEXT_MAX)                                                     \
    X(6, WAF_LOG_TEXT_MAX)                                                     \
    X(7, WAF_LOG_TEXT_MAX)

#define CAP(text, cap) [text] = (cap),
#define PLUS_CAP(text, cap) +(cap)

static const uint16_t access_caps[ACCESS_TEXTS] = {ACCESS_CAPS(CAP)};
static const uint16_t connection_caps[CONNECTION_TEXTS] = {
    CONNECTION_CAPS(CAP)};
static const uint16_t health_check_caps[HEALTH_CHECK_TEXTS] = {
    HEALTH_CHECK_CAPS(CAP)};
static const uint16_t waf_log_caps[WAF_LOG_TEXTS] = {WAF_LOG_CAPS(CAP)};

/* The bytes before the texts of a record are copied as they are. */
#define FIXED(record) offsetof(struct record, texts)

static const struct layout {
    uint16_t fixed;
    uint16_t head; /* with as many lengths as there are texts */
    uint16_t ntexts;
    const uint16_t *caps;
} layouts[LOG_KINDS] = {
#define LAYOUT(record, n, caps)                                                \
    {                                                                          \
        FIXED(record),                                                         \
            (offsetof(struct head, lengths) + (n) * sizeof(uint16_t) + ALIGN - \
             1) /                                                              \
                ALIGN *ALIGN,                                                  \
            (n), (caps)                                                        \
    }
    [ACCESS_LOG] = LAYOUT(access_record, ACCESS_TEXTS, access_caps),
    [CONNECTION_LOG] =
        LAYOUT(connection_record, CONNECTION_TEXTS, connection_caps),
    [HEALTH_CHECK_LOG] =
        LAYOUT(health_check_record, HEALTH_CHECK_TEXTS, health_check_caps),
    [WAF_LOG] = LAYOUT(waf_log_record, WAF_LOG_TEXTS, waf_log_caps),
};

#define FITS(record, CAPS, max)                                                \
    (sizeof(struct head) + FIXED(record) + 2 * ALIGN CAPS(PLUS_CAP) <= (max))

static_assert(FITS(access_record, ACCESS_CAPS, LOG_RECORD_MAX) &&
                  FITS(connection_record, CONNECTION_CAPS, LOG_RECORD_MAX) &&
                  FITS(health_check_record, HEALTH_CHECK_CAPS,
                       LOG_RECORD_MAX) &&
                  FITS(waf_log_record, WAF_LOG_CAPS, WAF_LOG_RECORD_MAX),
              "the longest texts together are no record");
static_assert(FIXED(access_record) >= sizeof(struct head) &&
                  FIXED(connection_record) >= sizeof(struct head) &&
                  FIXED(health_check_record) >= sizeof(struct head) &&
                  FIXED(waf_log_record) >= sizeof(struct head),
              "a whole head is never more than a record");
static_assert((LOG_RING_SIZE & MASK) == 0 && LOG_RING_SIZE % ALIGN == 0,
              "positions are taken modulo a power of two");
static_assert(LOG_RECORD_MAX * 2 <= LOG_RING_SIZE &&
                  WAF_LOG_RECORD_MAX * 2 <= LOG_RING_SIZE,
              "an empty ring takes any record, wherever it begins");

struct log_ring *log_ring_new(void)
{
    struct log_ring *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));

    if (ring == NULL)
        return NULL;
    atomic_init(&ring->end, 0);
    atomic_init(&ring->dropped, 0);
    ring->seen_at = 0;
    ring->look_at = HALF;
    atomic_init(&ring->at, 0);
    ring->next = 0;
    ring->seen_end = 0;
    return ring;
}

void log_ring_free(struct log_ring *ring)
{
    free(ring);
}

static const struct str *texts_of(const struct layout *layout,
                                  const void *record)
{
    return (const void *)((const char *)record + layout->fixed);
}

/* The lengths of the texts as they are kept, and the size of it all. */
static void measure(struct head *head, const struct layout *layout,
                    const struct str *texts)
{
    uint32_t size = layout->head + layout->fixed;

    for (unsigned i = 0; i < layout->ntexts; i++) {
        size_t n = texts[i].n;

        head->lengths[i] = n < layout->caps[i] ? (uint16_t)n : layout->caps[i];
        size += head->lengths[i];
    }
    head->size = (size + ALIGN - 1) & ~(uint32_t)(ALIGN - 1);
}

static bool has_room(struct log_ring *ring, uint64_t end)
{
    if (end - ring->seen_at <= LOG_RING_SIZE)
        return true;
    ring->seen_at = atomic_load_explicit(&ring->at, memory_order_acquire);
    return end - ring->seen_at <= LOG_RING_SIZE;
}

/* Where `size` bytes can be written in one piece. */
static bool find_room(struct log_ring *ring, uint32_t size, uint64_t *to)
{
    static const uint32_t skip = SKIP;
    uint64_t end = atomic_load_explicit(&ring->end, memory_order_relaxed);
    size_t left = LOG_RING_SIZE - (size_t)(end & MASK);

    *to = size > left ? end + left : end;
    if (!has_room(ring, *to + size))
        return false;
    if (*to != end)
        memcpy(ring->bytes + (end & MASK), &skip, sizeof(skip));
    return true;
}

static void store(char *p, const struct head *head, const struct layout *layout,
                  const void *record)
{
    const struct str *texts = texts_of(layout, record);

    memcpy(p, head, sizeof(*head)); /* what is too much is written over */
    p += layout->head;
    memcpy(p, record, layout->fixed);
    p += layout->fixed;
    for (unsigned i = 0; i < layout->ntexts; i++) {
        if (head->lengths[i]) {
            memcpy(p, texts[i].p, head->lengths[i]);
            p += head->lengths[i];
        }
    }
}

/* Whether the reader should come.  The worker looks where the reader is when
 * the ring can have become half full, and then, if it did, each time that it
 * filled a quarter of the rest. */
static bool is_half_full(struct log_ring *ring, uint64_t end)
{
    if (end < ring->look_at)
        return false;
    ring->seen_at = atomic_load_explicit(&ring->at, memory_order_acquire);
    if (end - ring->seen_at < HALF) {
        ring->look_at = ring->seen_at + HALF;
        return false;
    }
    ring->look_at = end + HALF / 4;
    return true;
}

void log_ring_lose(struct log_ring *ring)
{
    atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
}

bool log_ring_put(struct log_ring *ring, enum log_kind kind, const void *record,
                  bool *wake)
{
    const struct layout *layout = &layouts[kind];
    struct head head = {.kind = (uint16_t)kind};
    uint64_t to;

    *wake = false;
    measure(&head, layout, texts_of(layout, record));
    if (!find_room(ring, head.size, &to)) {
        log_ring_lose(ring);
        return false;
    }
    store(ring->bytes + (to & MASK), &head, layout, record);
    to += head.size;
    atomic_store_explicit(&ring->end, to, memory_order_release);
    *wake = is_half_full(ring, to);
    return true;
}

static void load(const char *p, struct log_record *record)
{
    struct head head;
    const struct layout *layout;
    struct str *texts;

    memcpy(&head, p, sizeof(head));
    layout = &layouts[head.kind];
    p += layout->head;
    record->kind = (enum log_kind)head.kind;
    memcpy(&record->of, p, layout->fixed);
    p += layout->fixed;
    texts = (void *)((char *)&record->of + layout->fixed);
    for (unsigned i = 0; i < layout->ntexts; i++) {
        texts[i] = str_make(p, head.lengths[i]);
        p += head.lengths[i];
    }
}

bool log_ring_take(struct log_ring *ring, struct log_record *record)
{
    uint32_t size;

    atomic_store_explicit(&ring->at, ring->next, memory_order_release);
    if (ring->next == ring->seen_end) {
        ring->seen_end = log_ring_end(ring);
        if (ring->next == ring->seen_end)
            return false;
    }
    memcpy(&size, ring->bytes + (ring->next & MASK), sizeof(size));
    if (size == SKIP) {
        ring->next += LOG_RING_SIZE - (ring->next & MASK);
        memcpy(&size, ring->bytes, sizeof(size));
    }
    load(ring->bytes + (ring->next & MASK), record);
    ring->next += size;
    return true;
}

uint64_t log_ring_dropped(const struct log_ring *ring)
{
    return atomic_load_explicit(&ring->dropped, memory_order_relaxed);
}

uint64_t log_ring_end(const struct log_ring *ring)
{
    return atomic_load_explicit(&ring->end, memory_order_acquire);
}

uint64_t log_ring_at(const struct log_ring *ring)
{
    return ring->next;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring between a worker and the writer of access logs.
 *
 * Records lie one after another in the bytes of the ring, each in one piece:
 * one that does not fit before the end of the bytes is preceded by a mark that
 * says so, and begins at their start.  Positions only grow and are taken
 * modulo the size.  Each side has a cache line of its own, where it remembers
 * how far the other one was, and looks again only when that is not enough.
 */
#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "proxy/access_log.h"

enum {
    CACHE_LINE = 64,
    ALIGN = 8,
    MASK = ACCESS_RING_SIZE - 1,
    HALF = ACCESS_RING_SIZE / 2,
    SKIP = 0, /* instead of a record's size: go on at the start */
};

/* Before each record: its size with all that belongs to it, and the lengths of
 * its texts. */
struct head {
    uint32_t size;
    uint16_t lengths[ACCESS_TEXTS];
};

enum {
    HEAD = (sizeof(struct head) + ALIGN - 1) / ALIGN * ALIGN,
    FIXED = offsetof(struct access_record, texts), /* copied as it is */
};

struct access_ring {
    /* The worker's. */
    alignas(CACHE_LINE) _Atomic uint64_t end;
    _Atomic uint64_t dropped;
    uint64_t seen_at;
    uint64_t look_at; /* at this position: is the ring half full? */
    /* The writer's.  [at, next) is the record that it has on loan. */
    alignas(CACHE_LINE) _Atomic uint64_t at;
    uint64_t next;
    uint64_t seen_end;
    alignas(CACHE_LINE) char bytes[ACCESS_RING_SIZE];
};

/* The longest texts that are kept.  What comes from clients has room for all
 * that the codec lets through, but for a header line that is nearly all Host
 * or trace id. */
#define CAPS(X)                                                                \
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

#define CAP(text, cap) [text] = (cap),
#define PLUS_CAP(text, cap) +(cap)

static const uint16_t caps[ACCESS_TEXTS] = {CAPS(CAP)};

static_assert(HEAD + FIXED + ALIGN CAPS(PLUS_CAP) <= ACCESS_RECORD_MAX,
              "the longest texts together are no record");
static_assert((ACCESS_RING_SIZE & MASK) == 0 && ACCESS_RING_SIZE % ALIGN == 0,
              "positions are taken modulo a power of two");
static_assert(ACCESS_RECORD_MAX * 2 <= ACCESS_RING_SIZE,
              "an empty ring takes any record, wherever it begins");

struct access_ring *access_ring_new(void)
{
    struct access_ring *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));

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

void access_ring_free(struct access_ring *ring)
{
    free(ring);
}

/* The lengths of the texts as they are kept, and the size of it all. */
static void measure(struct head *head, const struct access_record *record)
{
    uint32_t size = HEAD + FIXED;

    for (unsigned i = 0; i < ACCESS_TEXTS; i++) {
        size_t n = record->texts[i].n;

        head->lengths[i] = n < caps[i] ? (uint16_t)n : caps[i];
        size += head->lengths[i];
    }
    head->size = (size + ALIGN - 1) & ~(uint32_t)(ALIGN - 1);
}

static bool has_room(struct access_ring *ring, uint64_t end)
{
    if (end - ring->seen_at <= ACCESS_RING_SIZE)
        return true;
    ring->seen_at = atomic_load_explicit(&ring->at, memory_order_acquire);
    return end - ring->seen_at <= ACCESS_RING_SIZE;
}

/* Where `size` bytes can be written in one piece. */
static bool find_room(struct access_ring *ring, uint32_t size, uint64_t *to)
{
    static const uint32_t skip = SKIP;
    uint64_t end = atomic_load_explicit(&ring->end, memory_order_relaxed);
    size_t left = ACCESS_RING_SIZE - (size_t)(end & MASK);

    *to = size > left ? end + left : end;
    if (!has_room(ring, *to + size))
        return false;
    if (*to != end)
        memcpy(ring->bytes + (end & MASK), &skip, sizeof(skip));
    return true;
}

static void store(char *p, const struct head *head,
                  const struct access_record *record)
{
    memcpy(p, head, sizeof(*head));
    memcpy(p + HEAD, record, FIXED);
    p += HEAD + FIXED;
    for (unsigned i = 0; i < ACCESS_TEXTS; i++) {
        if (head->lengths[i]) {
            memcpy(p, record->texts[i].p, head->lengths[i]);
            p += head->lengths[i];
        }
    }
}

/* Whether the reader should come.  The worker looks where the reader is when
 * the ring can have become half full, and then, if it did, each time that it
 * filled a quarter of the rest. */
static bool is_half_full(struct access_ring *ring, uint64_t end)
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

bool access_ring_put(struct access_ring *ring,
                     const struct access_record *record, bool *wake)
{
    struct head head;
    uint64_t to;

    *wake = false;
    measure(&head, record);
    if (!find_room(ring, head.size, &to)) {
        atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
        return false;
    }
    store(ring->bytes + (to & MASK), &head, record);
    to += head.size;
    atomic_store_explicit(&ring->end, to, memory_order_release);
    *wake = is_half_full(ring, to);
    return true;
}

static void load(const char *p, const struct head *head,
                 struct access_record *record)
{
    memcpy(record, p + HEAD, FIXED);
    p += HEAD + FIXED;
    for (unsigned i = 0; i < ACCESS_TEXTS; i++) {
        record->texts[i] = str_make(p, head->lengths[i]);
        p += head->lengths[i];
    }
}

bool access_ring_take(struct access_ring *ring, struct access_record *record)
{
    struct head head;

    atomic_store_explicit(&ring->at, ring->next, memory_order_release);
    if (ring->next == ring->seen_end) {
        ring->seen_end = access_ring_end(ring);
        if (ring->next == ring->seen_end)
            return false;
    }
    memcpy(&head.size, ring->bytes + (ring->next & MASK), sizeof(head.size));
    if (head.size == SKIP)
        ring->next += ACCESS_RING_SIZE - (ring->next & MASK);
    memcpy(&head, ring->bytes + (ring->next & MASK), sizeof(head));
    load(ring->bytes + (ring->next & MASK), &head, record);
    ring->next += head.size;
    return true;
}

uint64_t access_ring_dropped(const struct access_ring *ring)
{
    return atomic_load_explicit(&ring->dropped, memory_order_relaxed);
}

uint64_t access_ring_end(const struct access_ring *ring)
{
    return atomic_load_explicit(&ring->end, memory_order_acquire);
}

uint64_t access_ring_at(const struct access_ring *ring)
{
    return ring->next;
}

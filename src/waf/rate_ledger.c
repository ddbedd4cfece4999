/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/rate_ledger.h"

#include <stdlib.h>

#include "base/memory.h"

enum {
    /* The window is divided so: what was counted leaves it late by one part of
     * it at most, and never early. */
    PARTS = 60,
    BUCKETS = PARTS + 1,
    /* Keys that stand in a ledger until the next turn. */
    KEYS_BETWEEN = 4 * RATE_KEYS_MAX,
    PACKED = 16 + 1 + 4, /* id, its length, number */
};

/* The counts of one key by bucket; table->number is the place of it. */
struct history {
    uint64_t sum;
    uint32_t buckets[BUCKETS];
};

struct book {
    struct rate_instance instance;
    struct rate_table *keys; /* number: 1 + the index in `histories` */
    struct history *histories;
    unsigned nhistories;
    unsigned cap;
    uint64_t bucket;           /* the newest one, since the clock's begin */
    struct rate_table *others; /* sums of other nodes; NULL: none */
    struct rate_sums *sums;    /* of the last turn; held; NULL: none */
};

struct rate_ledger {
    unsigned n;
    struct book *books;
};

struct rate_ledger *rate_ledger_new(void)
{
    return memory_zeroed(1, sizeof(struct rate_ledger));
}

static void end_book(struct book *b)
{
    rate_table_free(b->keys);
    rate_table_free(b->others);
    rate_sums_release(b->sums);
    free(b->histories);
}

void rate_ledger_free(struct rate_ledger *ledger)
{
    if (ledger == NULL)
        return;
    for (unsigned i = 0; i < ledger->n; i++)
        end_book(&ledger->books[i]);
    free(ledger->books);
    free(ledger);
}

static struct book *find(const struct rate_ledger *ledger, uint64_t number)
{
    for (unsigned i = 0; i < ledger->n; i++) {
        if (ledger->books[i].instance.number == number)
            return &ledger->books[i];
    }
    return NULL;
}

static struct book *open_book(struct rate_ledger *ledger,
                              const struct rate_instance *instance,
                              uint64_t now_ms)
{
    struct book *b = find(ledger, instance->number);
    struct book *grown;

    if (b)
        return b;
    grown = memory_zeroed(ledger->n + 1, sizeof(*grown));
    if (ledger->n)
        memcpy(grown, ledger->books, ledger->n * sizeof(*grown));
    free(ledger->books);
    ledger->books = grown;
    b = &grown[ledger->n++];
    b->instance = *instance;
    b->keys = rate_table_new();
    b->bucket = now_ms / (instance->window_ms / PARTS);
    return b;
}

/* ---- time ------------------------------------------------------------------------ */

static void shift_history(struct history *h, uint64_t from, uint64_t to)
{
    if (to - from >= BUCKETS) {
        *h = (struct history){.sum = 0};
        return;
    }
    while (from++ < to) {
        uint32_t *left = &h->buckets[from % BUCKETS];

        h->sum -= *left;
        *left = 0;
    }
}

static void move_to(struct book *b, uint64_t now_ms)
{
    uint64_t bucket = now_ms / (b->instance.window_ms / PARTS);

    if (bucket <= b->bucket)
        return;
    for (unsigned i = 0; i < b->nhistories; i++)
        shift_history(&b->histories[i], b->bucket, bucket);
    b->bucket = bucket;
}

/* ---- counts ---------------------------------------------------------------------- */

static void grow(struct book *b)
{
    unsigned cap = b->cap ? b->cap * 2 : 64;
    struct history *grown = memory_zeroed(cap, sizeof(*grown));

    if (b->nhistories)
        memcpy(grown, b->histories, b->nhistories * sizeof(*grown));
    free(b->histories);
    b->histories = grown;
    b->cap = cap;
}

static struct history *history_of(struct book *b, const struct rate_entry *from)
{
    struct rate_entry *e;

    if (b->nhistories == KEYS_BETWEEN &&
        rate_table_get(b->keys, &from->id) == 0)
        return NULL; /* until the turn */
    e = rate_table_put(b->keys, &from->id, str_make(from->text, from->text_n),
                       KEYS_BETWEEN);
    if (e == NULL)
        return NULL;
    if (e->number)
        return &b->histories[e->number - 1];
    if (b->nhistories == b->cap)
        grow(b);
    b->histories[b->nhistories] = (struct history){.sum = 0};
    e->number = ++b->nhistories;
    return &b->histories[b->nhistories - 1];
}

void rate_ledger_add(struct rate_ledger *ledger, const struct rate_part *part,
                     uint64_t now_ms)
{
    struct book *b;

    if (part->counts == NULL || part->counts->n == 0)
        return;
    b = open_book(ledger, &part->instance, now_ms);
    move_to(b, now_ms);
    for (unsigned i = 0; i < part->counts->cap; i++) {
        const struct rate_entry *from = &part->counts->entries[i];
        struct history *h = from->used ? history_of(b, from) : NULL;

        if (h == NULL)
            continue;
        h->sum += from->number;
        h->buckets[b->bucket % BUCKETS] += (uint32_t)from->number;
    }
}

/* ---- the highest senders ------------------------------------------------------------ */

static int compare_sums(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x < y) - (x > y);
}

/* Sums above this one stay, and as many equal ones as there is room for. */
static uint64_t least_kept(const struct book *b, unsigned *equal)
{
    uint64_t *sums = memory_zeroed((size_t)b->nhistories + 1, sizeof(*sums));
    unsigned n = 0;
    uint64_t least = 0;

    *equal = 0;
    for (unsigned i = 0; i < b->nhistories; i++) {
        if (b->histories[i].sum)
            sums[n++] = b->histories[i].sum;
    }
    if (n > RATE_KEYS_MAX) {
        qsort(sums, n, sizeof(*sums), compare_sums);
        least = sums[RATE_KEYS_MAX - 1];
        for (unsigned i = RATE_KEYS_MAX; i-- && sums[i] == least;)
            ++*equal;
    }
    free(sums);
    return least;
}

/* Whether it stays; `*equal` more may that have just `least`. */
static bool stays(const struct history *h, uint64_t least, unsigned *equal)
{
    if (h->sum == 0 || h->sum < least)
        return false;
    if (h->sum > least)
        return true;
    return *equal && (*equal)--;
}

/* What counts nothing any more leaves, and who is not among the highest. */
static void prune(struct book *b)
{
    struct rate_table *keys = rate_table_new();
    struct history *kept =
        memory_zeroed((size_t)b->nhistories + 1, sizeof(*kept));
    unsigned equal;
    uint64_t least = least_kept(b, &equal);
    unsigned n = 0;

    for (unsigned i = 0; i < b->keys->cap; i++) {
        const struct rate_entry *from = &b->keys->entries[i];
        const struct history *h =
            from->used ? &b->histories[from->number - 1] : NULL;
        struct rate_entry *to;

        if (h == NULL || !stays(h, least, &equal))
            continue;
        to = rate_table_put(keys, &from->id, str_make(from->text, from->text_n),
                            RATE_KEYS_MAX);
        if (to == NULL)
            continue;
        kept[n] = *h;
        to->number = ++n;
    }
    rate_table_free(b->keys);
    free(b->histories);
    b->keys = keys;
    b->histories = kept;
    b->cap = b->nhistories + 1;
    b->nhistories = n;
}

static bool is_prunable(const struct book *b)
{
    if (b->nhistories > RATE_KEYS_MAX)
        return true;
    for (unsigned i = 0; i < b->nhistories; i++) {
        if (b->histories[i].sum == 0)
            return true;
    }
    return false;
}

/* ---- sums -------------------------------------------------------------------------- */

static void add_sum(struct rate_table *to, const struct rate_entry *from,
                    uint64_t sum)
{
    struct rate_entry *e = rate_table_put(
        to, &from->id, str_make(from->text, from->text_n), 2 * RATE_KEYS_MAX);

    if (e)
        e->number += sum;
}

static void make_sums(struct book *b)
{
    struct rate_table *table = rate_table_new();

    for (unsigned i = 0; i < b->keys->cap; i++) {
        const struct rate_entry *from = &b->keys->entries[i];

        if (from->used)
            add_sum(table, from, b->histories[from->number - 1].sum);
    }
    for (unsigned i = 0; b->others && i < b->others->cap; i++) {
        const struct rate_entry *from = &b->others->entries[i];

        if (from->used)
            add_sum(table, from, from->number);
    }
    rate_sums_release(b->sums);
    b->sums = rate_sums_new(table);
}

static bool is_empty(const struct book *b)
{
    return b->nhistories == 0 && (b->others == NULL || b->others->n == 0);
}

void rate_ledger_turn(struct rate_ledger *ledger, uint64_t now_ms)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ledger->n; i++) {
        struct book *b = &ledger->books[i];

        move_to(b, now_ms);
        if (is_prunable(b))
            prune(b);
        if (is_empty(b)) {
            end_book(b);
            continue;
        }
        make_sums(b);
        ledger->books[n++] = *b;
    }
    ledger->n = n;
}

void rate_ledger_tell(const struct rate_ledger *ledger,
                      struct rate_worker *worker)
{
    for (unsigned i = 0; i < ledger->n; i++)
        rate_worker_tell(worker, &ledger->books[i].instance,
                         ledger->books[i].sums);
}

/* ---- nodes -------------------------------------------------------------------------- */

unsigned rate_ledger_n(const struct rate_ledger *ledger)
{
    return ledger->n;
}

const struct rate_instance *
rate_ledger_instance(const struct rate_ledger *ledger, unsigned i)
{
    return &ledger->books[i].instance;
}

struct str rate_ledger_pack(const struct rate_ledger *ledger, uint64_t number)
{
    const struct book *b = find(ledger, number);
    size_t size = b ? (size_t)b->keys->n * PACKED : 0;
    char *packed = memory_zeroed(1, size + 1);
    char *p = packed;

    for (unsigned i = 0; b && i < b->keys->cap; i++) {
        const struct rate_entry *e = &b->keys->entries[i];
        uint64_t sum = e->used ? b->histories[e->number - 1].sum : 0;

        if (!e->used)
            continue;
        memcpy(p, e->id.bytes, 16);
        p[16] = (char)e->id.n;
        for (int k = 0; k < 4; k++)
            p[17 + k] = (char)(sum >> 8 * k);
        p += PACKED;
    }
    return str_make(packed, size);
}

void rate_ledger_forget_others(struct rate_ledger *ledger, uint64_t number)
{
    struct book *b = find(ledger, number);

    if (b) {
        rate_table_free(b->others);
        b->others = NULL;
    }
}

/* A short key is its own text. */
static struct str text_of(const struct rate_id *id)
{
    return str_make((const char *)id->bytes,
                    id->n <= sizeof(id->bytes) ? id->n : 0);
}

bool rate_ledger_add_other(struct rate_ledger *ledger, uint64_t number,
                           struct str packed)
{
    struct book *b = find(ledger, number);

    if (packed.n % PACKED || packed.n > (size_t)PACKED * RATE_KEYS_MAX)
        return false;
    if (b && b->others == NULL)
        b->others = rate_table_new();
    for (size_t at = 0; b && at < packed.n; at += PACKED) {
        const uint8_t *p = (const uint8_t *)packed.p + at;
        struct rate_id id = {.n = p[16]};
        struct rate_entry *e;

        memcpy(id.bytes, p, sizeof(id.bytes));
        e = rate_table_put(b->others, &id, text_of(&id), RATE_KEYS_MAX);
        if (e)
            e->number += (uint32_t)p[17] | (uint32_t)p[18] << 8 |
                         (uint32_t)p[19] << 16 | (uint32_t)p[20] << 24;
    }
    return true;
}

/* ---- who is limited ------------------------------------------------------------------ */

void rate_ledger_limited(const struct rate_ledger *ledger, uint64_t number,
                         void (*visit)(void *owner, struct str key),
                         void *owner)
{
    const struct book *b = find(ledger, number);

    for (unsigned i = 0; b && b->sums && i < b->sums->table->cap; i++) {
        const struct rate_entry *e = &b->sums->table->entries[i];

        if (e->used && e->number > b->instance.limit && e->text_n)
            visit(owner, str_make(e->text, e->text_n));
    }
}

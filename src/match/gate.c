/* SPDX-License-Identifier: Apache-2.0 */
#include "match/gate.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "match/gate_automaton.h"
#include "match/gate_needs.h"

enum {
    LENGTHS = 64,    /* values this long and longer are not told apart */
    MEMO_ROWS = 512, /* power of two */
    KNOWN = 256,     /* values of which it is known what is in them */
    KNOWN_BYTES = 120,
};

/* Classes of which one must be there, for some tests. */
struct class_set {
    uint32_t classes;
    uint64_t *tests;
};

/* Bitmaps are of `nwords` words. */
struct gate {
    uint32_t id; /* of all gates there ever were, but for wrapping */
    unsigned nwords;
    uint64_t *lengths;  /* tests that a value of 0, 1 ... bytes can match */
    uint64_t *literate; /* tests that need a literal */
    unsigned nsets;
    struct class_set *sets;
    struct gate_automaton *automaton; /* NULL: no test needs one */
    struct region region;
};

/* ---- adding ----------------------------------------------------------------------- */

struct gate_builder {
    struct region region; /* of the literals */
    unsigned ntests;
    unsigned room;
    struct gate_needs *needs; /* of each test */
};

struct gate_builder *gate_builder_new(void)
{
    return memory_zeroed(1, sizeof(struct gate_builder));
}

static unsigned add(struct gate_builder *builder,
                    const struct gate_needs *needs)
{
    if (builder->ntests == builder->room) {
        unsigned room = builder->room ? builder->room * 2 : 16;
        struct gate_needs *all = memory_zeroed(room, sizeof(*all));

        if (builder->ntests)
            memcpy(all, builder->needs, builder->ntests * sizeof(*all));
        free(builder->needs);
        builder->needs = all;
        builder->room = room;
    }
    builder->needs[builder->ntests] = *needs;
    return builder->ntests++;
}

unsigned gate_add_always(struct gate_builder *builder)
{
    struct gate_needs needs = gate_needs_nothing();

    return add(builder, &needs);
}

unsigned gate_add_regex(struct gate_builder *builder, struct str pattern)
{
    struct gate_needs needs = gate_needs_of_regex(pattern, &builder->region);

    return add(builder, &needs);
}

unsigned gate_add_bytes(struct gate_builder *builder, struct str bytes,
                        enum gate_place place)
{
    struct gate_needs needs = gate_needs_of_bytes(bytes, &builder->region);

    if (place == GATE_WHOLE)
        needs.max = bytes.n;
    return add(builder, &needs);
}

unsigned gate_add_class(struct gate_builder *builder, size_t length,
                        const uint64_t bytes[4])
{
    struct gate_needs needs = gate_needs_nothing();
    struct byte_set set;

    needs.min = length;
    if (bytes) {
        memcpy(set.bits, bytes, sizeof(set.bits));
        needs.classes = gate_classes_of(&set);
        if (needs.min == 0)
            needs.min = 1;
    }
    return add(builder, &needs);
}

/* ---- building --------------------------------------------------------------------- */

static void set_bit(uint64_t *bits, unsigned i)
{
    bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static uint64_t *new_bits(struct gate *gate, size_t n)
{
    return region_take(&gate->region,
                       (n * gate->nwords + 1) * sizeof(uint64_t));
}

static void place_lengths(struct gate *gate, const struct gate_builder *builder)
{
    gate->lengths = new_bits(gate, LENGTHS + 1);
    for (unsigned t = 0; t < builder->ntests; t++) {
        const struct gate_needs *needs = &builder->needs[t];

        for (size_t n = needs->min; n < LENGTHS && n <= needs->max; n++)
            set_bit(gate->lengths + n * gate->nwords, t);
        if (needs->max >= LENGTHS)
            set_bit(gate->lengths + (size_t)LENGTHS * gate->nwords, t);
    }
}

static struct class_set *find_set(struct gate *gate, uint32_t classes)
{
    for (unsigned i = 0; i < gate->nsets; i++) {
        if (gate->sets[i].classes == classes)
            return &gate->sets[i];
    }
    gate->sets[gate->nsets] =
        (struct class_set){.classes = classes, .tests = new_bits(gate, 1)};
    return &gate->sets[gate->nsets++];
}

static void place_classes(struct gate *gate, const struct gate_builder *builder)
{
    size_t room = 1;

    for (unsigned t = 0; t < builder->ntests; t++)
        room += builder->needs[t].classes.n;
    gate->sets = region_take(&gate->region, room * sizeof(*gate->sets));
    for (unsigned t = 0; t < builder->ntests; t++) {
        const struct gate_classes *classes = &builder->needs[t].classes;

        for (unsigned i = 0; i < classes->n; i++)
            set_bit(find_set(gate, classes->sets[i])->tests, t);
    }
}

static void place_literals(struct gate *gate,
                           const struct gate_builder *builder)
{
    struct gate_literal *literals;
    size_t n = 0;

    gate->literate = new_bits(gate, 1);
    for (unsigned t = 0; t < builder->ntests; t++)
        n += builder->needs[t].literals.n;
    literals = memory_zeroed(n + 1, sizeof(*literals));
    n = 0;
    for (unsigned t = 0; t < builder->ntests; t++) {
        const struct gate_strings *strings = &builder->needs[t].literals;

        for (unsigned i = 0; i < strings->n; i++)
            literals[n++] =
                (struct gate_literal){.bytes = strings->v[i], .test = t};
        if (strings->n)
            set_bit(gate->literate, t);
    }
    gate->automaton = gate_automaton_new(literals, n);
    free(literals);
}

struct gate *gate_build(struct gate_builder *builder)
{
    static atomic_uint_least32_t ids;
    struct gate *gate = memory_zeroed(1, sizeof(*gate));

    gate->id = 1 + atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed);
    gate->nwords = gate_words(builder->ntests);
    place_lengths(gate, builder);
    place_classes(gate, builder);
    place_literals(gate, builder);
    region_end(&builder->region);
    free(builder->needs);
    free(builder);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    gate_automaton_free(gate->automaton);
    region_end(&gate->region);
    free(gate);
}

/* ---- scratch ---------------------------------------------------------------------- */

/* Which tests classes suffice for is asked once for each gate and mask of
 * classes, and kept in the one row that the two may stand in. */
struct gate_scratch {
    unsigned nwords; /* of each bitmap: of the largest gate so far */
    struct memo_key {
        uint32_t gate; /* 0: the row is empty */
        uint32_t classes;
    } keys[MEMO_ROWS];
    uint64_t *rows;
    /* Requests resemble each other: names of headers, what browsers are and
     * take, hosts.  Which tests' literals a value has is kept, the value with
     * it, in the one place where it may stand. */
    struct known {
        uint32_t gate; /* 0: the place is empty */
        uint32_t n;
        char bytes[KNOWN_BYTES];
    } known[KNOWN];
    uint64_t *known_found;
    uint64_t *found; /* tests of which a literal was found, for longer ones */
    size_t nseen;
    uint32_t *seen; /* gate_automaton_scan() */
    uint32_t now;
};

struct gate_scratch *gate_scratch_new(void)
{
    return memory_zeroed(1, sizeof(struct gate_scratch));
}

void gate_scratch_free(struct gate_scratch *scratch)
{
    if (scratch == NULL)
        return;
    free(scratch->rows);
    free(scratch->known_found);
    free(scratch->found);
    free(scratch->seen);
    free(scratch);
}

/* With the first value for a gate larger than those before. */
static void fit(struct gate_scratch *scratch, const struct gate *gate)
{
    size_t nseen =
        gate->automaton ? gate_automaton_endings(gate->automaton) : 0;

    if (gate->nwords > scratch->nwords) {
        free(scratch->rows);
        free(scratch->known_found);
        free(scratch->found);
        scratch->nwords = gate->nwords;
        scratch->rows = memory_zeroed((size_t)MEMO_ROWS * gate->nwords,
                                      sizeof(*scratch->rows));
        scratch->known_found = memory_zeroed((size_t)KNOWN * gate->nwords,
                                             sizeof(*scratch->known_found));
        scratch->found = memory_zeroed(gate->nwords, sizeof(*scratch->found));
        memset(scratch->keys, 0, sizeof(scratch->keys));
        memset(scratch->known, 0, sizeof(scratch->known));
    }
    if (nseen > scratch->nseen) {
        free(scratch->seen);
        scratch->nseen = nseen;
        scratch->seen = memory_zeroed(nseen, sizeof(*scratch->seen));
        scratch->now = 0;
    }
}

/* ---- asking ----------------------------------------------------------------------- */

static void find_alive(const struct gate *gate, uint32_t classes,
                       uint64_t *alive)
{
    memset(alive, 0xff, gate->nwords * sizeof(*alive));
    for (unsigned i = 0; i < gate->nsets; i++) {
        if (gate->sets[i].classes & classes)
            continue;
        for (unsigned w = 0; w < gate->nwords; w++)
            alive[w] &= ~gate->sets[i].tests[w];
    }
}

/* Tests that a value with just these classes can match. */
static const uint64_t *alive_with(const struct gate *gate,
                                  struct gate_scratch *scratch,
                                  uint32_t classes)
{
    uint32_t hash = (classes ^ gate->id * 0x85ebca6b) * 0x9e3779b1;
    size_t row = (hash >> 16) % MEMO_ROWS;
    struct memo_key *key = &scratch->keys[row];
    uint64_t *alive = scratch->rows + row * scratch->nwords;

    if (key->gate != gate->id || key->classes != classes) {
        find_alive(gate, classes, alive);
        key->gate = gate->id;
        key->classes = classes;
    }
    return alive;
}

static void scan(const struct gate *gate, struct gate_scratch *scratch,
                 struct str value, uint64_t *found)
{
    if (++scratch->now == 0) {
        memset(scratch->seen, 0, scratch->nseen * sizeof(*scratch->seen));
        scratch->now = 1;
    }
    memset(found, 0, gate->nwords * sizeof(*found));
    gate_automaton_scan(gate->automaton, value, scratch->seen, scratch->now,
                        found);
}

/* Where a value may stand.  Who makes many for one place makes each of them be
 * scanned, as if nothing was kept. */
static size_t place_of(struct str value)
{
    uint64_t first = 0;
    uint64_t last = 0;

    if (value.n >= sizeof(first)) {
        memcpy(&first, value.p, sizeof(first));
        memcpy(&last, value.p + value.n - sizeof(last), sizeof(last));
    } else {
        for (size_t i = 0; i < value.n; i++)
            first = first << 8 | (unsigned char)value.p[i];
    }
    first = (first ^ value.n) * UINT64_C(0x9e3779b97f4a7c15);
    first = ((first ^ first >> 32) + last) * UINT64_C(0xd6e8feb86659fd93);
    return (size_t)(first >> 56) % KNOWN;
}

static const uint64_t *find_literals(const struct gate *gate,
                                     struct gate_scratch *scratch,
                                     struct str value)
{
    size_t place;
    struct known *known;
    uint64_t *found;

    if (value.n == 0 || value.n > KNOWN_BYTES) {
        scan(gate, scratch, value, scratch->found);
        return scratch->found;
    }
    place = place_of(value);
    known = &scratch->known[place];
    found = scratch->known_found + place * scratch->nwords;
    if (known->gate == gate->id && known->n == value.n &&
        memcmp(known->bytes, value.p, value.n) == 0)
        return found;
    scan(gate, scratch, value, found);
    known->gate = gate->id;
    known->n = (uint32_t)value.n;
    memcpy(known->bytes, value.p, value.n);
    return found;
}

static bool any_of(const uint64_t *a, const uint64_t *b, unsigned nwords)
{
    uint64_t any = 0;

    for (unsigned i = 0; i < nwords; i++)
        any |= a[i] & b[i];
    return any != 0;
}

bool gate_candidates_of(const struct gate *gate, struct gate_scratch *scratch,
                        struct str value, uint32_t classes,
                        const uint64_t *wanted, uint64_t *candidates)
{
    const uint64_t *lengths =
        gate->lengths + (value.n < LENGTHS ? value.n : LENGTHS) * gate->nwords;
    const uint64_t *alive;
    const uint64_t *found;
    uint64_t any = 0;
    uint64_t unsure = 0;

    if (!any_of(wanted, lengths, gate->nwords))
        return false;
    fit(scratch, gate);
    alive = alive_with(gate, scratch, classes);
    for (unsigned i = 0; i < gate->nwords; i++) {
        uint64_t can = wanted[i] & lengths[i] & alive[i];

        any |= can & ~gate->literate[i];
        candidates[i] |= can & ~gate->literate[i];
        unsure |= can & gate->literate[i];
    }
    if (unsure == 0)
        return any != 0;
    found = find_literals(gate, scratch, value);
    for (unsigned i = 0; i < gate->nwords; i++) {
        uint64_t can = wanted[i] & lengths[i] & alive[i] & found[i];

        any |= can;
        candidates[i] |= can;
    }
    return any != 0;
}

void gate_candidates(const struct gate *gate, struct gate_scratch *scratch,
                     struct str value, const uint64_t *wanted,
                     uint64_t *candidates)
{
    gate_candidates_of(gate, scratch, value, gate_classes_in(value), wanted,
                       candidates);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "match/gate_automaton.h"

#include <stdlib.h>

#include "base/memory.h"
#include "match/gate_strings.h"

enum {
    SHIFT = 6,
    COLUMNS = 1 << SHIFT,
    OTHER = 0,              /* column of bytes that are in no literal */
    SHARED = COLUMNS - 1,   /* of those that are in few */
    STATES_MAX = 12 * 1024, /* 1.5 MB of table */
};

/* A test whose literal ends at a state. */
struct mark {
    uint32_t next; /* plus 1; 0: none */
    uint32_t test;
};

struct gate_automaton {
    unsigned char column[256];
    uint32_t nstates;
    uint32_t first_ending; /* states from here on end a literal, or more */
    uint16_t *next;        /* of nstates times COLUMNS */
    /* of each ending state: its first mark (plus 1), and the next shorter
     * ending that is the end of it, too (a state; 0: none) */
    uint32_t *marks;
    uint16_t *shorter;
    struct mark *all_marks;
};

/* ---- columns ---------------------------------------------------------------------- */

static void count_bytes(const struct gate_literal *literals, size_t n,
                        size_t uses[256])
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < literals[i].bytes.n; k++)
            uses[(unsigned char)literals[i].bytes.p[k]]++;
    }
}

static void choose_columns(struct gate_automaton *automaton,
                           const struct gate_literal *literals, size_t n)
{
    size_t uses[256] = {0};

    count_bytes(literals, n, uses);
    for (unsigned i = 0; i < 256; i++)
        automaton->column[i] = uses[i] ? SHARED : OTHER;
    for (unsigned column = OTHER + 1; column < SHARED; column++) {
        unsigned most = 0;

        for (unsigned i = 1; i < 256; i++) {
            if (uses[i] > uses[most])
                most = i;
        }
        if (uses[most] == 0)
            break;
        automaton->column[most] = (unsigned char)column;
        uses[most] = 0;
    }
    for (unsigned c = 'A'; c <= 'Z'; c++)
        automaton->column[c] = automaton->column[c + 32];
}

/* ---- building --------------------------------------------------------------------- */

struct building {
    struct gate_automaton *automaton;
    uint16_t (*next)[COLUMNS]; /* 0: no such state yet */
    uint32_t nstates;
    uint32_t room;     /* for states */
    uint32_t *marks;   /* of each state, plus 1 */
    uint16_t *fail;    /* longest other state that is the end of it */
    uint16_t *shorter; /* the next of them with a mark */
    uint16_t *order;   /* states, shorter before longer */
};

static bool grow(struct building *b, struct str literal, uint32_t *state)
{
    *state = 0;
    for (size_t i = 0; i < literal.n; i++) {
        unsigned char c = b->automaton->column[(unsigned char)literal.p[i]];

        if (b->next[*state][c] == 0) {
            if (b->nstates == b->room)
                return false;
            b->next[*state][c] = (uint16_t)b->nstates++;
        }
        *state = b->next[*state][c];
    }
    return true;
}

/* False: there would be too many states. */
static bool grow_all(struct building *b, const struct gate_literal *literals,
                     size_t n, size_t longest)
{
    memset(b->next, 0, b->room * sizeof(*b->next));
    memset(b->marks, 0, b->room * sizeof(*b->marks));
    b->nstates = 1;
    for (size_t i = 0; i < n; i++) {
        uint32_t state;

        if (!grow(b, gate_strings_window(literals[i].bytes, longest), &state))
            return false;
        b->automaton->all_marks[i] =
            (struct mark){.next = b->marks[state], .test = literals[i].test};
        b->marks[state] = (uint32_t)i + 1;
    }
    return true;
}

/* Fills what is missing in the table from the ends of each state. */
static void link_states(struct building *b)
{
    uint32_t done = 0;
    uint32_t n = 1;

    b->order[0] = 0;
    for (; done < n; done++) {
        uint16_t state = b->order[done];
        uint16_t fail = b->fail[state];

        b->shorter[state] = b->marks[fail] ? fail : b->shorter[fail];
        for (unsigned c = 0; c < COLUMNS; c++) {
            uint16_t to = b->next[state][c];

            if (to) {
                b->order[n++] = to;
                b->fail[to] = state ? b->next[fail][c] : 0;
            } else {
                b->next[state][c] = state ? b->next[fail][c] : 0;
            }
        }
    }
}

/* Endings get the highest numbers. */
static void number_states(const struct building *b, uint16_t *number)
{
    struct gate_automaton *automaton = b->automaton;
    uint16_t n = 0;

    for (uint32_t i = 0; i < b->nstates; i++) {
        uint16_t state = b->order[i];

        if (!b->marks[state] && !b->shorter[state])
            number[state] = n++;
    }
    automaton->first_ending = n;
    for (uint32_t i = 0; i < b->nstates; i++) {
        uint16_t state = b->order[i];

        if (b->marks[state] || b->shorter[state])
            number[state] = n++;
    }
}

static void copy_states(const struct building *b)
{
    struct gate_automaton *automaton = b->automaton;
    uint16_t *number = memory_zeroed(b->nstates, sizeof(*number));

    number_states(b, number);
    automaton->nstates = b->nstates;
    automaton->next = memory_zeroed_lines((size_t)b->nstates * COLUMNS,
                                          sizeof(*automaton->next));
    automaton->marks = memory_zeroed(gate_automaton_endings(automaton),
                                     sizeof(*automaton->marks));
    automaton->shorter = memory_zeroed(gate_automaton_endings(automaton),
                                       sizeof(*automaton->shorter));
    for (uint32_t state = 0; state < b->nstates; state++) {
        uint32_t to = number[state];

        for (unsigned c = 0; c < COLUMNS; c++)
            automaton->next[(to << SHIFT) + c] = number[b->next[state][c]];
        if (to < automaton->first_ending)
            continue;
        automaton->marks[to - automaton->first_ending] = b->marks[state];
        if (b->shorter[state])
            automaton->shorter[to - automaton->first_ending] =
                number[b->shorter[state]];
    }
    free(number);
}

/* How many there may be. */
static uint32_t count_states(const struct gate_literal *literals, size_t n)
{
    uint32_t count = 1;

    for (size_t i = 0; i < n && count < STATES_MAX; i++)
        count += (uint32_t)literals[i].bytes.n;
    return count < STATES_MAX ? count : STATES_MAX;
}

static void build(struct gate_automaton *automaton,
                  const struct gate_literal *literals, size_t n)
{
    uint32_t room = count_states(literals, n);
    struct building b = {
        .automaton = automaton,
        .room = room,
        .next = memory_zeroed(room, sizeof(*b.next)),
        .marks = memory_zeroed(room, sizeof(*b.marks)),
        .fail = memory_zeroed(room, sizeof(*b.fail)),
        .shorter = memory_zeroed(room, sizeof(*b.shorter)),
        .order = memory_zeroed(room, sizeof(*b.order)),
    };
    size_t longest = GATE_LITERAL_MAX;

    /* Of two columns' bytes there are fewer than STATES_MAX. */
    while (!grow_all(&b, literals, n, longest))
        longest--;
    link_states(&b);
    copy_states(&b);
    free(b.next);
    free(b.marks);
    free(b.fail);
    free(b.shorter);
    free(b.order);
}

struct gate_automaton *gate_automaton_new(const struct gate_literal *literals,
                                          size_t n)
{
    struct gate_automaton *automaton;

    if (n == 0)
        return NULL;
    automaton = memory_zeroed(1, sizeof(*automaton));
    automaton->all_marks = memory_zeroed(n, sizeof(*automaton->all_marks));
    choose_columns(automaton, literals, n);
    build(automaton, literals, n);
    return automaton;
}

void gate_automaton_free(struct gate_automaton *automaton)
{
    if (automaton == NULL)
        return;
    free(automaton->next);
    free(automaton->marks);
    free(automaton->shorter);
    free(automaton->all_marks);
    free(automaton);
}

size_t gate_automaton_endings(const struct gate_automaton *automaton)
{
    return automaton->nstates - automaton->first_ending;
}

/* ---- looking ---------------------------------------------------------------------- */

/* Where a scan is and what it found. */
struct scan {
    const struct gate_automaton *automaton;
    uint32_t *seen;
    uint32_t now;
    uint64_t *tests;
};

/* What ends at the state.  When it was seen before so were the shorter ones. */
static void take_marks(const struct scan *scan, uint32_t state)
{
    const struct gate_automaton *automaton = scan->automaton;

    while (state >= automaton->first_ending) {
        uint32_t ending = state - automaton->first_ending;

        if (scan->seen[ending] == scan->now)
            return;
        scan->seen[ending] = scan->now;
        for (uint32_t m = automaton->marks[ending]; m;) {
            const struct mark *mark = &automaton->all_marks[m - 1];

            scan->tests[mark->test / 64] |= UINT64_C(1) << (mark->test % 64);
            m = mark->next;
        }
        state = automaton->shorter[ending];
    }
}

static inline uint32_t step(const struct gate_automaton *automaton,
                            uint32_t state, unsigned char c)
{
    return automaton->next[(state << SHIFT) + automaton->column[c]];
}

static uint32_t scan_on(const struct scan *scan, uint32_t state,
                        const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        state = step(scan->automaton, state, p[i]);
        if (state >= scan->automaton->first_ending)
            take_marks(scan, state);
    }
    return state;
}

/* A step waits for the one before, so four places of the text are scanned at
 * once; each goes on over the begin of the next, for literals that lie across. */
enum { LANES = 4, ACROSS = GATE_LITERAL_MAX - 1, LANES_FROM = 48 };

static void scan_lanes(const struct scan *scan, const unsigned char *p,
                       size_t n)
{
    const struct gate_automaton *automaton = scan->automaton;
    uint32_t first = automaton->first_ending;
    size_t part = (n - ACROSS) / LANES;
    uint32_t a = 0;
    uint32_t b = 0;
    uint32_t c = 0;
    uint32_t d = 0;

    for (size_t i = 0; i < part + ACROSS; i++) {
        a = step(automaton, a, p[i]);
        b = step(automaton, b, p[part + i]);
        c = step(automaton, c, p[2 * part + i]);
        d = step(automaton, d, p[3 * part + i]);
        if ((a < first) & (b < first) & (c < first) & (d < first))
            continue;
        take_marks(scan, a);
        take_marks(scan, b);
        take_marks(scan, c);
        take_marks(scan, d);
    }
    scan_on(scan, d, p + LANES * part + ACROSS, n - LANES * part - ACROSS);
}

void gate_automaton_scan(const struct gate_automaton *automaton,
                         struct str text, uint32_t *seen, uint32_t now,
                         uint64_t *tests)
{
    const unsigned char *p = (const unsigned char *)text.p;
    const struct scan scan = {
        .automaton = automaton, .seen = seen, .now = now, .tests = tests};

    if (text.n < LANES_FROM)
        scan_on(&scan, 0, p, text.n);
    else
        scan_lanes(&scan, p, text.n);
}

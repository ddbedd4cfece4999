/* SPDX-License-Identifier: Apache-2.0
 *
 * All ways through the program at once, one byte of the text after the other.
 *
 * A list holds the instructions that wait for the next byte, the preferred way
 * first.  Each instruction is looked at once at each place of the text, so the
 * time is at most the text's length times the program's.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "match/linear_internal.h"

enum { NO_SLOT = UINT16_MAX };

/* A way that is still to be followed, or a slot to be set back. */
struct pending {
    uint16_t at;
    uint16_t slot; /* NO_SLOT: a way */
    uint32_t value;
};

struct list {
    unsigned n;
    uint16_t *at;
    uint32_t *slots; /* regex->nslots of each */
};

struct linear_scratch {
    unsigned size; /* instructions that fit */
    size_t nslots; /* slots that fit into a list */
    uint32_t turn;
    uint32_t *seen; /* the turn in which an instruction was looked at */
    struct pending *pending;
    struct list lists[2];
    uint64_t steps;
};

struct linear_scratch *linear_scratch_new(void)
{
    return memory_zeroed(1, sizeof(struct linear_scratch));
}

static void free_arrays(struct linear_scratch *scratch)
{
    free(scratch->seen);
    free(scratch->pending);
    for (int i = 0; i < 2; i++) {
        free(scratch->lists[i].at);
        free(scratch->lists[i].slots);
    }
}

void linear_scratch_free(struct linear_scratch *scratch)
{
    if (scratch)
        free_arrays(scratch);
    free(scratch);
}

void linear_need_join(struct linear_need *need, const struct linear_need *other)
{
    if (other->size > need->size)
        need->size = other->size;
    if (other->nslots > need->nslots)
        need->nslots = other->nslots;
}

static struct linear_need need_of(const struct linear *regex)
{
    return (struct linear_need){
        .size = regex->n,
        .nslots = (size_t)regex->n * regex->nslots,
    };
}

void linear_need_add(struct linear_need *need, const struct linear *regex)
{
    struct linear_need one = need_of(regex);

    linear_need_join(need, &one);
}

void linear_scratch_reserve(struct linear_scratch *scratch,
                            const struct linear_need *need)
{
    struct linear_scratch s = {.steps = scratch->steps};
    struct linear_need all = {scratch->size, scratch->nslots};

    linear_need_join(&all, need);
    if (all.size == scratch->size && all.nslots == scratch->nslots)
        return;
    s.size = all.size;
    s.nslots = all.nslots;
    s.seen = memory_zeroed(s.size, sizeof(*s.seen));
    s.pending = memory_zeroed(s.size + 1, sizeof(*s.pending));
    for (int i = 0; i < 2; i++) {
        s.lists[i].at = memory_zeroed(s.size, sizeof(*s.lists[i].at));
        s.lists[i].slots = memory_zeroed(s.nslots, sizeof(*s.lists[i].slots));
    }
    free_arrays(scratch);
    *scratch = s;
}

void linear_scratch_fit(struct linear_scratch *scratch,
                        const struct linear *regex)
{
    struct linear_need need = need_of(regex);

    linear_scratch_reserve(scratch, &need);
}

uint64_t linear_steps(const struct linear_scratch *scratch)
{
    return scratch->steps;
}

/* ---- one place of the text ----------------------------------------------- */

struct run {
    const struct linear *regex;
    struct linear_scratch *scratch;
    struct str text;
    size_t at;
    struct list *now;  /* what waits for the byte at `at` */
    struct list *then; /* and for the one after it */
};

static bool is_word(struct str text, size_t at)
{
    char c;

    if (at >= text.n)
        return false;
    c = text.p[at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_';
}

static bool word_edge(struct str text, size_t at)
{
    return (at > 0 && is_word(text, at - 1)) != is_word(text, at);
}

static bool holds(unsigned assertion, struct str text, size_t at)
{
    switch (assertion) {
    case ASSERT_TEXT_BEGIN:
        return at == 0;
    case ASSERT_TEXT_END:
        return at == text.n;
    case ASSERT_LINE_BEGIN:
        return at == 0 || text.p[at - 1] == '\n';
    case ASSERT_LINE_END:
        return at == text.n || text.p[at] == '\n';
    case ASSERT_WORD_EDGE:
        return word_edge(text, at);
    default:
        return !word_edge(text, at);
    }
}

static bool takes(const struct linear *regex, const struct instruction *i,
                  uint8_t byte)
{
    if (i->op == OP_RANGE)
        return byte >= i->low && byte <= i->high;
    return i->op == OP_SET && byte_set_has(&regex->sets[i->other], byte);
}

/* A new place of the text: no instruction was looked at. */
static void new_turn(struct linear_scratch *scratch)
{
    if (++scratch->turn == 0) {
        memset(scratch->seen, 0, scratch->size * sizeof(*scratch->seen));
        scratch->turn = 1;
    }
}

static bool look_at(struct linear_scratch *scratch, unsigned at)
{
    if (scratch->seen[at] == scratch->turn)
        return false;
    scratch->seen[at] = scratch->turn;
    scratch->steps++;
    return true;
}

/* The first place from `at` on where a match can begin, past the end when
 * there is none. */
static size_t next_begin(const struct linear *regex, struct str text, size_t at)
{
    if (regex->nullable)
        return at;
    if (regex->only >= 0) {
        const char *p =
            at < text.n ? memchr(text.p + at, regex->only, text.n - at) : NULL;

        return p ? (size_t)(p - text.p) : text.n + 1;
    }
    while (at < text.n && !byte_set_has(&regex->first, (uint8_t)text.p[at]))
        at++;
    return at < text.n ? at : text.n + 1;
}

static bool begins_here(const struct run *r)
{
    const struct linear *regex = r->regex;

    if (regex->anchored && r->at)
        return false;
    return regex->nullable ||
           (r->at < r->text.n &&
            byte_set_has(&regex->first, (uint8_t)r->text.p[r->at]));
}

/* With nobody waiting: goes to the next place where a match can begin; false
 * when there is none. */
static bool skip_ahead(struct run *r)
{
    new_turn(r->scratch);
    if (r->regex->anchored)
        return r->at == 0;
    r->at = next_begin(r->regex, r->text, r->at);
    return r->at <= r->text.n;
}

static void next_place(struct run *r)
{
    struct list *now = r->now;

    r->now = r->then;
    r->then = now;
    r->then->n = 0;
    r->at++;
}

/* ---- whether there is a match -------------------------------------------- */

/* Puts on the list what is reached from `at` without a byte; true when that is
 * the end of the program. */
static bool reach(struct run *r, struct list *list, unsigned at, size_t place)
{
    struct linear_scratch *s = r->scratch;
    unsigned n = 0;

    s->pending[n++].at = (uint16_t)at;
    while (n) {
        at = s->pending[--n].at;
        while (look_at(s, at)) {
            const struct instruction *i = &r->regex->code[at];

            if (i->op == OP_MATCH)
                return true;
            if (i->op == OP_RANGE || i->op == OP_SET) {
                list->at[list->n++] = (uint16_t)at;
                break;
            }
            if (i->op == OP_ASSERT && !holds(i->low, r->text, place))
                break;
            if (i->op == OP_SPLIT)
                s->pending[n++].at = i->other;
            at = i->next;
        }
    }
    return false;
}

static bool step(struct run *r)
{
    uint8_t byte = (uint8_t)r->text.p[r->at];

    new_turn(r->scratch);
    r->scratch->steps += r->now->n;
    for (unsigned k = 0; k < r->now->n; k++) {
        const struct instruction *i = &r->regex->code[r->now->at[k]];

        if (takes(r->regex, i, byte) && reach(r, r->then, i->next, r->at + 1))
            return true;
    }
    return false;
}

static bool search_any(struct run *r)
{
    for (;;) {
        if (r->now->n == 0 && !skip_ahead(r))
            return false;
        if (begins_here(r) && reach(r, r->now, r->regex->start, r->at))
            return true;
        if (r->at == r->text.n)
            return false;
        if (step(r))
            return true;
        next_place(r);
    }
}

/* ---- where it is --------------------------------------------------------- */

enum { NO_PLACE = UINT32_MAX };

struct match {
    bool found;
    uint32_t slots[2 * LINEAR_GROUPS_MAX];
};

static void wait_here(struct list *list, unsigned at, const uint32_t *slots,
                      unsigned nslots)
{
    list->at[list->n] = (uint16_t)at;
    memcpy(list->slots + (size_t)list->n * nslots, slots,
           nslots * sizeof(*slots));
    list->n++;
}

/* As reach(), with the slots of the way there; the end of the program goes on
 * the list too, since ways before it are preferred.  `slots` are the same
 * afterwards. */
static void reach_with(struct run *r, struct list *list, unsigned at,
                       size_t place, uint32_t *slots)
{
    struct linear_scratch *s = r->scratch;
    unsigned n = 0;

    s->pending[n++] = (struct pending){(uint16_t)at, NO_SLOT, 0};
    while (n) {
        struct pending p = s->pending[--n];

        if (p.slot != NO_SLOT) {
            slots[p.slot] = p.value;
            continue;
        }
        for (at = p.at; look_at(s, at);) {
            const struct instruction *i = &r->regex->code[at];

            if (i->op == OP_RANGE || i->op == OP_SET || i->op == OP_MATCH) {
                wait_here(list, at, slots, r->regex->nslots);
                break;
            }
            if (i->op == OP_ASSERT && !holds(i->low, r->text, place))
                break;
            if (i->op == OP_SPLIT)
                s->pending[n++] = (struct pending){i->other, NO_SLOT, 0};
            if (i->op == OP_SAVE) {
                s->pending[n++] =
                    (struct pending){0, i->other, slots[i->other]};
                slots[i->other] = (uint32_t)place;
            }
            at = i->next;
        }
    }
}

static void step_with(struct run *r, struct match *match)
{
    const unsigned nslots = r->regex->nslots;

    new_turn(r->scratch);
    r->scratch->steps += r->now->n;
    for (unsigned k = 0; k < r->now->n; k++) {
        const struct instruction *i = &r->regex->code[r->now->at[k]];
        uint32_t *slots = r->now->slots + (size_t)k * nslots;

        if (i->op == OP_MATCH) {
            memcpy(match->slots, slots, nslots * sizeof(*slots));
            match->slots[1] = (uint32_t)r->at;
            match->found = true;
            return; /* the ways behind it are less preferred */
        }
        if (r->at < r->text.n && takes(r->regex, i, (uint8_t)r->text.p[r->at]))
            reach_with(r, r->then, i->next, r->at + 1, slots);
    }
}

static void begin_with(struct run *r)
{
    uint32_t slots[2 * LINEAR_GROUPS_MAX];

    memset(slots, 0xff, sizeof(slots)); /* NO_PLACE */
    slots[0] = (uint32_t)r->at;
    reach_with(r, r->now, r->regex->start, r->at, slots);
}

static bool search_with(struct run *r, struct match *match)
{
    for (;;) {
        if (r->now->n == 0 && (match->found || !skip_ahead(r)))
            return match->found;
        if (!match->found && begins_here(r))
            begin_with(r);
        step_with(r, match);
        if (r->at == r->text.n)
            return match->found;
        next_place(r);
    }
}

static void give(const struct linear *regex, struct str text,
                 const struct match *match, struct str *groups)
{
    for (unsigned g = 0; g < LINEAR_GROUPS_MAX; g++) {
        const uint32_t *slots = match->slots + (size_t)2 * g;

        groups[g] = (struct str){NULL, 0};
        if (2 * g < regex->nslots && slots[0] != NO_PLACE &&
            slots[1] != NO_PLACE)
            groups[g] = str_make(text.p + slots[0], slots[1] - slots[0]);
    }
}

bool linear_search(const struct linear *regex, struct linear_scratch *scratch,
                   struct str text, struct str *groups)
{
    struct run r = {.regex = regex,
                    .scratch = scratch,
                    .text = text,
                    .now = &scratch->lists[0],
                    .then = &scratch->lists[1]};
    struct match match = {.found = false};

    assert(regex->n <= scratch->size); /* linear_scratch_fit() */
    if (text.n >= NO_PLACE)
        return false;
    if (text.p == NULL)
        r.text = STR("");
    r.now->n = r.then->n = 0;
    if (groups == NULL)
        return search_any(&r);
    if (!search_with(&r, &match))
        return false;
    give(regex, r.text, &match, groups);
    return true;
}

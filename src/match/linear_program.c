/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions made of a tree, from its end to its begin: what a piece goes on
 * to exists before the piece does, so nothing is patched but loops.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "match/linear_internal.h"

struct compiler {
    struct linear *regex;
    unsigned size; /* of regex->code */
    unsigned nsets;
    unsigned sets_size;
};

static unsigned emit(struct compiler *c, const struct node *node,
                     unsigned next);

static unsigned put(struct compiler *c, enum opcode op, unsigned next,
                    unsigned other)
{
    assert(c->regex->n < c->size); /* node->size is exact */
    c->regex->code[c->regex->n] = (struct instruction){
        .op = (uint8_t)op, .next = (uint16_t)next, .other = (uint16_t)other};
    return c->regex->n++;
}

static unsigned set_index(struct compiler *c, const struct byte_set *set)
{
    struct linear *regex = c->regex;

    for (unsigned i = 0; i < c->nsets; i++) {
        if (memcmp(&regex->sets[i], set, sizeof(*set)) == 0)
            return i;
    }
    if (c->nsets == c->sets_size) {
        unsigned size = c->sets_size ? 2 * c->sets_size : 4;
        struct byte_set *sets = memory_zeroed(size, sizeof(*sets));

        if (c->nsets)
            memcpy(sets, regex->sets, c->nsets * sizeof(*sets));
        free(regex->sets);
        regex->sets = sets;
        c->sets_size = size;
    }
    regex->sets[c->nsets] = *set;
    return c->nsets++;
}

/* Whether the set is all bytes from *low to *high; false when it is empty. */
static bool is_range(const struct byte_set *set, unsigned *low, unsigned *high)
{
    unsigned n = 0;

    for (unsigned b = 0; b < 256; b++) {
        if (!byte_set_has(set, (uint8_t)b))
            continue;
        if (n++ == 0)
            *low = b;
        *high = b;
    }
    return n && *high - *low + 1 == n;
}

static unsigned emit_bytes(struct compiler *c, const struct byte_set *set,
                           unsigned next)
{
    unsigned low = 0;
    unsigned high = 0;
    unsigned at;

    if (!is_range(set, &low, &high))
        return put(c, OP_SET, next, set_index(c, set));
    at = put(c, OP_RANGE, next, 0);
    c->regex->code[at].low = (uint8_t)low;
    c->regex->code[at].high = (uint8_t)high;
    return at;
}

/* A choice between going into `inner` and going on; lazy prefers to go on. */
static void set_split(struct compiler *c, unsigned at, unsigned inner,
                      unsigned next, bool lazy)
{
    c->regex->code[at].next = (uint16_t)(lazy ? next : inner);
    c->regex->code[at].other = (uint16_t)(lazy ? inner : next);
}

static unsigned emit_optional(struct compiler *c, unsigned inner, unsigned next,
                              bool lazy)
{
    unsigned at = put(c, OP_SPLIT, 0, 0);

    set_split(c, at, inner, next, lazy);
    return at;
}

/* x+: x, then the choice to do it again. */
static unsigned emit_plus(struct compiler *c, const struct node *x,
                          unsigned next, bool lazy)
{
    unsigned at = put(c, OP_SPLIT, 0, 0);
    unsigned inner = emit(c, x, at);

    set_split(c, at, inner, next, lazy);
    return inner;
}

/* x*: the same, entered at the choice.  Where x can be empty it must be
 * entered at x, as (x+)?: the choice is looked at once at each place of the
 * text, and an empty x has to come out of it to the end. */
static unsigned emit_star(struct compiler *c, const struct node *x,
                          unsigned next, bool lazy)
{
    unsigned at;

    if (x->nullable)
        return emit_optional(c, emit_plus(c, x, next, lazy), next, lazy);
    at = put(c, OP_SPLIT, 0, 0);
    set_split(c, at, emit(c, x, at), next, lazy);
    return at;
}

/* x{2,4} becomes xx(x(x)?)?, x{2,} becomes xx+. */
static unsigned emit_repeat(struct compiler *c, const struct node *repeat,
                            unsigned next)
{
    const struct node *x = repeat->last;
    unsigned at = next;
    int copies = repeat->min;

    if (repeat->size == 0)
        return next; /* {0}, or of nothing */
    if (repeat->max == REPEAT_FOREVER) {
        if (copies == 0)
            return emit_star(c, x, next, repeat->lazy);
        at = emit_plus(c, x, next, repeat->lazy);
        copies--;
    } else {
        for (int i = repeat->min; i < repeat->max; i++)
            at = emit_optional(c, emit(c, x, at), next, repeat->lazy);
    }
    for (int i = 0; i < copies; i++)
        at = emit(c, x, at);
    return at;
}

static unsigned emit_group(struct compiler *c, const struct node *group,
                           unsigned next)
{
    if (group->group >= LINEAR_GROUPS_MAX)
        return emit(c, group->last, next);
    next = put(c, OP_SAVE, next, 2 * group->group + 1);
    next = emit(c, group->last, next);
    return put(c, OP_SAVE, next, 2 * group->group);
}

static unsigned emit_alternate(struct compiler *c, const struct node *alternate,
                               unsigned next)
{
    const struct node *branch = alternate->last;
    unsigned at = emit(c, branch, next);

    while ((branch = branch->before))
        at = emit_optional(c, emit(c, branch, next), at, false);
    return at;
}

/* Where the node begins when `next` follows it.  As deep as groups are nested
 * in the tree, of which the parser allows LINEAR_DEPTH_MAX. */
static unsigned emit(struct compiler *c, const struct node *node, unsigned next)
{
    unsigned at;

    switch (node->type) {
    case NODE_BYTES:
        return emit_bytes(c, node->bytes, next);
    case NODE_ASSERT:
        at = put(c, OP_ASSERT, next, 0);
        c->regex->code[at].low = (uint8_t)node->group;
        return at;
    case NODE_GROUP:
        return emit_group(c, node, next);
    case NODE_REPEAT:
        return emit_repeat(c, node, next);
    case NODE_CONCAT:
        for (const struct node *n = node->last; n; n = n->before)
            next = emit(c, n, next);
        return next;
    case NODE_ALTERNATE:
        return emit_alternate(c, node, next);
    }
    return next;
}

/* ---- where a match can begin --------------------------------------------- */

struct survey {
    const struct linear *regex;
    bool *seen;
    uint16_t *stack;
    unsigned n;
};

static void visit(struct survey *s, unsigned at)
{
    if (!s->seen[at]) {
        s->seen[at] = true;
        s->stack[s->n++] = (uint16_t)at;
    }
}

static void add_first(struct linear *regex, const struct instruction *i)
{
    if (i->op == OP_RANGE)
        byte_set_add(&regex->first, i->low, i->high);
    else
        byte_set_join(&regex->first, &regex->sets[i->other]);
}

/* Follows everything up to the first bytes.  With `stop` not beyond the text's
 * begin: returns whether anything is reached then. */
static bool survey(struct linear *regex, struct survey *s, bool stop)
{
    bool reached = false;

    memset(s->seen, 0, regex->n * sizeof(*s->seen));
    visit(s, regex->start);
    while (s->n) {
        const struct instruction *i = &regex->code[s->stack[--s->n]];

        if (i->op == OP_MATCH) {
            reached = true;
            if (!stop)
                regex->nullable = true;
        } else if (i->op == OP_RANGE || i->op == OP_SET) {
            reached = true;
            if (!stop)
                add_first(regex, i);
        } else if (!stop || i->op != OP_ASSERT || i->low != ASSERT_TEXT_BEGIN) {
            visit(s, i->next);
            if (i->op == OP_SPLIT)
                visit(s, i->other);
        }
    }
    return reached;
}

static void find_begin(struct linear *regex)
{
    struct survey s = {.regex = regex,
                       .seen = memory_zeroed(regex->n, sizeof(*s.seen)),
                       .stack = memory_zeroed(regex->n, sizeof(*s.stack))};
    unsigned low;
    unsigned high;

    survey(regex, &s, false);
    regex->anchored = !survey(regex, &s, true);
    regex->only = -1;
    if (is_range(&regex->first, &low, &high) && low == high)
        regex->only = (int)low;
    free(s.seen);
    free(s.stack);
}

struct linear *linear_compile(const struct node *tree, unsigned groups)
{
    struct linear *regex = memory_zeroed(1, sizeof(*regex));
    struct compiler c = {.regex = regex, .size = tree->size + 1};

    regex->code = memory_zeroed(c.size, sizeof(*regex->code));
    regex->groups = groups;
    regex->nslots =
        2 * (groups < LINEAR_GROUPS_MAX ? groups + 1 : LINEAR_GROUPS_MAX);
    regex->start = emit(&c, tree, put(&c, OP_MATCH, 0, 0));
    find_begin(regex);
    return regex;
}

/* ---- the contract -------------------------------------------------------- */

struct linear *linear_new(struct str pattern, bool any_case,
                          struct error *error)
{
    struct region region = {NULL};
    struct linear *regex = NULL;
    const struct node *tree;
    unsigned groups = 0;

    if (pattern.p == NULL)
        pattern = STR("");
    tree = linear_parse(&region, pattern, any_case, &groups, error);
    if (tree)
        regex = linear_compile(tree, groups);
    region_end(&region);
    return regex;
}

struct linear *linear_hold(struct linear *regex)
{
    if (regex)
        atomic_fetch_add_explicit(&regex->more, 1, memory_order_relaxed);
    return regex;
}

void linear_free(struct linear *regex)
{
    if (regex == NULL ||
        atomic_fetch_sub_explicit(&regex->more, 1, memory_order_acq_rel) != 0)
        return;
    free(regex->code);
    free(regex->sets);
    free(regex);
}

unsigned linear_groups(const struct linear *regex)
{
    return regex->groups;
}

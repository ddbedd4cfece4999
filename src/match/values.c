/* SPDX-License-Identifier: Apache-2.0 */
#include "match/values.h"

#include <stdlib.h>

#include "base/memory.h"
#include "match/marks.h"

/* ---- the plan ------------------------------------------------------------ */

struct source {
    const struct waf_field *part;
    unsigned parent; /* itself: it is the part's */
    uint8_t transformation;
};

struct value_plan {
    struct part_limits limits;
    unsigned n;
    unsigned cap;
    struct source *sources;
    bool body;
    bool fingerprint;
};

struct value_plan *value_plan_new(const struct part_limits *limits)
{
    struct value_plan *plan = memory_zeroed(1, sizeof(*plan));

    plan->limits = *limits;
    return plan;
}

void value_plan_free(struct value_plan *plan)
{
    if (plan == NULL)
        return;
    free(plan->sources);
    free(plan);
}

/* Whether names are the same: those of cookies and of JSON have a case. */
static bool same_name(const struct waf_field *part, struct str a, struct str b)
{
    if (part->type == WAF_FIELD_COOKIES || part->type == WAF_FIELD_JSON_BODY)
        return str_eq(a, b);
    return str_ieq(a, b);
}

static bool same_part(const struct waf_field *a, const struct waf_field *b)
{
    if (a->type != b->type || a->pattern != b->pattern ||
        a->scope != b->scope || a->oversize != b->oversize ||
        a->fallback != b->fallback || a->nnames != b->nnames ||
        a->npre_parse != b->npre_parse || !same_name(a, a->name, b->name))
        return false;
    for (unsigned i = 0; i < a->nnames; i++) {
        if (!same_name(a, a->names[i], b->names[i]))
            return false;
    }
    return a->npre_parse == 0 ||
           memcmp(a->pre_parse, b->pre_parse, a->npre_parse) == 0;
}

static unsigned append(struct value_plan *plan, const struct source *source)
{
    if (plan->n == plan->cap) {
        struct source *old = plan->sources;

        plan->cap = plan->cap ? 2 * plan->cap : 32;
        plan->sources = memory_zeroed(plan->cap, sizeof(*plan->sources));
        if (old)
            memcpy(plan->sources, old, plan->n * sizeof(*old));
        free(old);
    }
    plan->sources[plan->n] = *source;
    return plan->n++;
}

static void note(struct value_plan *plan, enum waf_field_type type)
{
    plan->body |= type == WAF_FIELD_BODY || type == WAF_FIELD_JSON_BODY;
    plan->fingerprint |= type == WAF_FIELD_JA3 || type == WAF_FIELD_JA4;
}

static unsigned root_of(struct value_plan *plan, const struct waf_field *part)
{
    for (unsigned i = 0; i < plan->n; i++) {
        const struct source *s = &plan->sources[i];

        if (s->parent == i && same_part(s->part, part))
            return i;
    }
    note(plan, part->type);
    return append(plan, &(struct source){.part = part, .parent = plan->n});
}

static unsigned child_of(struct value_plan *plan, unsigned parent,
                         uint8_t transformation)
{
    /* Children stand behind their parent. */
    for (unsigned i = parent + 1; i < plan->n; i++) {
        const struct source *s = &plan->sources[i];

        if (s->parent == parent && s->transformation == transformation)
            return i;
    }
    return append(plan, &(struct source){.part = plan->sources[parent].part,
                                         .parent = parent,
                                         .transformation = transformation});
}

unsigned value_plan_add(struct value_plan *plan, const struct waf_field *part,
                        const struct waf_chain *chain)
{
    unsigned source = root_of(plan, part);

    for (unsigned i = 0; i < chain->n; i++) {
        if (chain->transformations[i] != WAF_NONE)
            source = child_of(plan, source, chain->transformations[i]);
    }
    return source;
}

unsigned value_plan_n(const struct value_plan *plan)
{
    return plan->n;
}

unsigned value_plan_parent(const struct value_plan *plan, unsigned source)
{
    return plan->sources[source].parent;
}

enum transform value_plan_last(const struct value_plan *plan, unsigned source)
{
    return (enum transform)plan->sources[source].transformation;
}

/* One byte more than is looked at tells what is longer from what just fits. */
uint32_t value_plan_body(const struct value_plan *plan)
{
    return plan->body ? plan->limits.body + 1 : 0;
}

bool value_plan_fingerprint(const struct value_plan *plan)
{
    return plan->fingerprint;
}

/* ---- of one request ------------------------------------------------------ */

enum {
    SEEN = 256, /* values that are remembered for that */
    MANY = 32,  /* values: it pays to look for those that repeat */
};

struct values {
    const struct value_plan *plan;
    struct part_request request;
    uint8_t oversized;
    bool *made; /* by source */
    struct source_values v[];
};

struct values *values_new(const struct value_plan *plan,
                          const struct inspected *request, struct arena *arena)
{
    struct values *values =
        arena_take(arena, sizeof(*values) + plan->n * sizeof(*values->v));
    bool *made = arena_take(arena, plan->n + 1);

    if (values == NULL || made == NULL)
        return NULL;
    memset(made, 0, plan->n);
    values->plan = plan;
    values->request = (struct part_request){
        .request = request, .limits = &plan->limits, .arena = arena};
    values->oversized = 0;
    values->made = made;
    return values;
}

/* ---- values that are there twice ------------------------------------------ */

/* Where a value is looked for; which one is there only decides what is found,
 * so that nobody can make it slow. */
static unsigned slot_of(struct str text)
{
    uint64_t first = text.n;
    uint64_t last = 0;

    if (text.n >= sizeof(first)) {
        memcpy(&first, text.p, sizeof(first));
        memcpy(&last, text.p + text.n - sizeof(last), sizeof(last));
    } else {
        for (size_t i = 0; i < text.n; i++)
            first = first << 8 | (unsigned char)text.p[i];
    }
    first = (first ^ last << 1 ^ text.n << 40) * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned)(first >> 56) % SEEN; /* all bits went into these */
}

/* A statement that is true of one value of a part is true: who sends the same
 * one again need not be looked at again.  JSON's lists repeat all names.  The
 * array stays as it is, it may be another part's too.  False: the arena is at
 * its limit. */
static bool drop_repeated(struct part_values *values, struct arena *arena)
{
    uint32_t seen[SEEN] = {0}; /* of those that stay, from 1 */
    struct part_value *kept = arena_take(arena, values->n * sizeof(*kept));
    unsigned n = 0;

    if (kept == NULL)
        return false;
    for (unsigned i = 0; i < values->n; i++) {
        uint32_t *slot = &seen[slot_of(values->values[i].text)];

        if (*slot && str_eq(kept[*slot - 1].text, values->values[i].text))
            continue;
        kept[n++] = values->values[i];
        *slot = n;
    }
    values->values = kept;
    values->n = n;
    return true;
}

static bool mark(struct source_values *of, struct arena *arena)
{
    unsigned n = of->values.n;
    uint64_t *marks = arena_take(arena, (n + 1) * sizeof(*marks));

    of->marks = marks;
    of->all_marks = 0;
    if (marks == NULL)
        return false;
    for (unsigned i = 0; i < n; i++)
        of->all_marks |= marks[i] = marks_of(of->values.values[i].text);
    return true;
}

static void read_part(struct values *values, unsigned source)
{
    struct part_values *to = &values->v[source].values;

    part_read(&values->request, values->plan->sources[source].part, to);
    values->v[source].as_parent = false;
    values->oversized |= to->oversized;
    if (to->state != PART_VALUES)
        to->n = 0;
    if ((to->n < MANY || drop_repeated(to, values->request.arena)) &&
        mark(&values->v[source], values->request.arena))
        return;
    to->state = PART_FAILED;
    to->n = 0;
}

/* ---- transformed values ---------------------------------------------------- */

/* The values of the parent are shared until the first one that differs. */
static bool own(struct source_values *of, struct arena *arena)
{
    struct part_values *to = &of->values;
    struct part_value *values = arena_take(arena, to->n * sizeof(*values));
    uint64_t *marks = arena_take(arena, to->n * sizeof(*marks));

    if (values == NULL || marks == NULL)
        return false;
    memcpy(values, to->values, to->n * sizeof(*values));
    memcpy(marks, of->marks, to->n * sizeof(*marks));
    to->values = values;
    of->marks = marks;
    of->as_parent = false;
    return true;
}

static bool change(struct source_values *of, unsigned i, struct str text,
                   struct arena *arena)
{
    uint64_t marks = marks_of(text);

    if (of->as_parent && !own(of, arena))
        return false;
    of->values.values[i].text = text;
    of->marks[i] = marks;
    of->all_marks |= marks;
    return true;
}

static void transform(struct values *values, unsigned source, unsigned parent,
                      enum transform transformation)
{
    struct arena *arena = values->request.arena;
    const struct source_values *from = &values->v[parent];
    uint64_t touched = marks_touched_by(transformation);
    struct source_values *to = &values->v[source];

    *to = *from;
    to->as_parent = true;
    if ((from->all_marks & touched) == 0)
        return;
    for (unsigned i = 0; i < from->values.n; i++) {
        struct str in = from->values.values[i].text;
        struct str out;

        if ((from->marks[i] & touched) == 0)
            continue;
        out = transform_apply(transformation, in, arena);
        if (out.p == in.p && out.n == in.n)
            continue;
        if (out.p == NULL || !change(to, i, out, arena)) {
            to->values.state = PART_FAILED;
            to->values.n = 0;
            to->as_parent = false;
            return;
        }
    }
}

static void make(struct values *values, unsigned source)
{
    const struct source *s = &values->plan->sources[source];

    if (s->parent == source)
        read_part(values, source);
    else
        transform(values, source, s->parent, (enum transform)s->transformation);
    values->made[source] = true;
}

const struct source_values *values_of(struct values *values, unsigned source)
{
    unsigned todo[WAF_TRANSFORMATIONS_MAX + 1];
    unsigned n = 0;

    for (unsigned s = source; !values->made[s];) {
        todo[n++] = s;
        s = values->plan->sources[s].parent;
        if (s == todo[n - 1])
            break;
    }
    while (n)
        make(values, todo[--n]);
    return &values->v[source];
}

uint8_t values_oversized(const struct values *values)
{
    return values->oversized;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What every statement of a rule sees, for people.
 */
#include "waf/evaluate.h"

/* ---- where a match stands in what came --------------------------------------------------- */

enum { SEARCHED_MAX = 4096 }; /* bytes of a value: the search is quadratic */

/* A step back: `to` was made of `from`. */
struct step_back {
    enum transform transform;
    struct str from;
    struct str to;
};

static bool becomes(const struct step_back *step, size_t n, size_t made,
                    struct arena *arena)
{
    struct str out;

    arena_reset(arena);
    out = transform_apply(step->transform, str_make(step->from.p, n), arena);
    return out.p && out.n == made && memcmp(out.p, step->to.p, made) == 0;
}

/* The shortest begin of `from` that becomes the begin of `to` up to the end of
 * the match, and the longest that becomes what stands before it: what lies
 * between became the match. */
static bool search_back(const struct step_back *step, struct span *span)
{
    struct chunk_pool pool = {.free = {NULL}};
    struct arena arena;
    size_t from = 0;
    size_t to = 0;
    bool found;

    if (step->from.n > SEARCHED_MAX)
        return false;
    arena_init(&arena, &pool, 16 * SEARCHED_MAX);
    while (to < step->from.n && !becomes(step, to, span->to, &arena))
        to++;
    found = becomes(step, to, span->to, &arena);
    from = to;
    while (from > 0 && !becomes(step, from, span->from, &arena))
        from--;
    found = found && becomes(step, from, span->from, &arena);
    arena_reset(&arena);
    chunk_pool_end(&pool);
    *span = (struct span){from, to};
    return found;
}

static bool map_back(const struct step_back *step, struct span *span)
{
    struct str to = step->to;
    struct str from = step->from;

    if (to.n == from.n && str_ieq(to, from))
        return true;
    if (to.p >= from.p && to.p + to.n <= from.p + from.n) {
        span->from += (size_t)(to.p - from.p);
        span->to += (size_t)(to.p - from.p);
        return true;
    }
    return search_back(step, span);
}

static struct str text_of(struct run *run, uint32_t source, uint32_t value)
{
    return values_of(run->values, source)->values.values[value].text;
}

static void map(struct run *run, uint32_t at, uint32_t value,
                struct waf_trace_leaf *leaf)
{
    const struct source *sources = run->program->sources;
    struct span span = {leaf->from, leaf->to};

    for (; sources[at].parent != at; at = sources[at].parent) {
        struct step_back step = {
            .transform = (enum transform)sources[at].last,
            .from = text_of(run, sources[at].parent, value),
            .to = text_of(run, at, value),
        };

        if (!map_back(&step, &span))
            return;
    }
    leaf->mapped = true;
    leaf->raw_from = span.from;
    leaf->raw_to = span.to;
}

static uint32_t root_of(const struct run *run, uint32_t source)
{
    while (run->program->sources[source].parent != source)
        source = run->program->sources[source].parent;
    return source;
}

/* ---- leaves ------------------------------------------------------------------------------- */

static const char *note_of(enum part_state state)
{
    switch (state) {
    case PART_MISSING:
        return "the request has no such part";
    case PART_TRUE:
        return "what is said of oversized or unreadable parts makes it true";
    case PART_FALSE:
        return "what is said of oversized or unreadable parts makes it false";
    case PART_FAILED:
        return "the values of the part need more memory than a request may "
               "have";
    case PART_VALUES:
        break;
    }
    return NULL;
}

/* The value that was true; else the first. */
static void show_value(struct run *run, const struct leaf *leaf,
                       const struct leaf_state *state,
                       const struct part_values *values,
                       struct waf_trace_leaf *out)
{
    bool is = out->truth == WAF_TRUE;
    uint32_t value = is ? state->value : 0;
    const struct part_values *raw =
        &values_of(run->values, root_of(run, leaf->source))->values;
    struct span span = {.from = 0};

    out->raw = raw->values[value];
    out->text = values->values[value].text;
    if (!is)
        return;
    run_test(run, &run->program->tests[leaf->test], out->text, &span);
    out->from = span.from;
    out->to = span.to;
    map(run, leaf->source, value, out);
}

static void show_leaf(struct run *run, uint32_t at, struct waf_trace_leaf *out)
{
    const struct leaf *leaf = &run->program->leaves[at];
    const struct leaf_state *state = &run->scratch->leaves[at];
    const struct part_values *values;

    out->truth = run_leaf(run, at);
    values = &values_of(run->values, leaf->source)->values;
    out->state = values->state;
    out->note = note_of(values->state);
    if (values->state == PART_MISSING)
        out->truth = WAF_NOT_APPLICABLE;
    if (out->truth == WAF_GAVE_UP)
        out->note = "it took too long: it counts as false";
    if (values->state == PART_VALUES && values->n)
        show_value(run, leaf, state, values, out);
}

static void show_origin(struct run *run, uint32_t at,
                        struct waf_trace_leaf *out)
{
    const struct waf_forwarded *forwarded = run->program->origins[at].forwarded;
    struct origin_addresses addresses;
    char buffer[ADDRESS_TEXT_MAX * ADDRESSES_MAX];
    struct text t = text_in(buffer, sizeof(buffer));
    char *p;

    out->truth = run_origin(run, at);
    run_addresses(run, forwarded, &addresses);
    if (addresses.absent)
        out->note = "the header is absent: the rule is not applied";
    else if (addresses.malformed)
        out->note = "what stands in the header is no address";
    for (unsigned i = 0; i < addresses.n; i++) {
        if (i)
            TEXT_LITERAL(&t, ", ");
        address_put_ip(&t, &addresses.v[i]);
    }
    p = run_take(run, t.n + 1);
    if (!p)
        return;
    memcpy(p, t.p, t.n);
    out->text = str_make(p, t.n);
    out->raw.name = forwarded->header;
    out->raw.text = out->text;
}

static void show(struct run *run, const struct branch *branch,
                 struct waf_trace_leaf *out)
{
    switch ((enum branch_kind)branch->kind) {
    case BRANCH_VALUE:
        show_leaf(run, branch->leaf, out);
        break;
    case BRANCH_ORIGIN:
        show_origin(run, branch->leaf, out);
        break;
    case BRANCH_LABEL:
        out->truth =
            run->scratch->label_leaves[branch->leaf] ? WAF_TRUE : WAF_FALSE;
        break;
    case BRANCH_NEVER:
        out->note = "what it refers to is not known here: it never matches";
        break;
    }
}

void run_trace_condition(struct run *run, const struct condition *condition)
{
    const struct waf_trace *trace = run->evaluation->trace;

    if (!trace->leaf)
        return;
    /* Branches stand backwards. */
    for (uint32_t i = condition->n; i-- > 0;) {
        const struct branch *branch =
            &run->program->branches[condition->first + i];
        struct waf_trace_leaf leaf = {.statement = branch->statement};

        show(run, branch, &leaf);
        trace->leaf(trace->owner, &leaf);
    }
}

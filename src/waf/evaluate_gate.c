/* SPDX-License-Identifier: Apache-2.0
 *
 * Which leaves of a family can be true.  A value that transformations leave as
 * it is, is looked at once for all sources that have it; those that change the
 * case of letters alone do not even make it before a leaf can be true.
 */
#include "match/marks.h"
#include "waf/evaluate.h"

/* ---- what can be true -------------------------------------------------------------- */

void run_pend(struct run *run, uint32_t first_step, uint32_t nsteps)
{
    const uint32_t *steps = run->program->leaf_steps + first_step;

    for (uint32_t i = 0; i < nsteps; i++)
        run->scratch->pending[steps[i] / 64] |= UINT64_C(1) << (steps[i] % 64);
}

static void open_leaf(struct run *run, uint32_t at, enum verdict verdict)
{
    const struct leaf *leaf = &run->program->leaves[at];

    run->scratch->leaves[at].verdict = (uint8_t)verdict;
    run_pend(run, leaf->first_step, leaf->nsteps);
}

/* A leaf can be true of a value. */
static void add_pair(struct run *run, uint32_t at, uint32_t value)
{
    struct leaf_state *state = &run->scratch->leaves[at];

    if (state->verdict == VERDICT_FALSE)
        open_leaf(run, at, VERDICT_OPEN);
    if (state->pairs == PAIR_ALL)
        return;
    if (run->npairs == PAIRS_MAX) {
        state->pairs = PAIR_ALL;
        return;
    }
    run->scratch->pairs[run->npairs] =
        (struct pair){.value = value, .next = state->pairs};
    state->pairs = run->npairs++;
}

static uint32_t leaf_of(const struct waf_program *program,
                        const struct source *source, uint32_t gate)
{
    uint32_t low = source->first_leaf;
    uint32_t n = source->ngated;

    while (n > 1) {
        uint32_t half = n / 2;

        if (program->tests[program->leaves[low + half].test].gate <= gate) {
            low += half;
            n -= half;
        } else {
            n = half;
        }
    }
    return low;
}

/* ---- one value --------------------------------------------------------------------- */

static const struct source *source_at(const struct run *run,
                                      const struct family *family, uint32_t k)
{
    const struct waf_program *program = run->program;

    return &program->sources[program->family_sources[family->first_source + k]];
}

/* A test can be true of the value of those sources that have it from `now`. */
static void add_candidate(struct run *run, const struct family *family,
                          uint32_t now, uint32_t gate, uint32_t value)
{
    const struct gated_source *gated = run->scratch->gated;

    for (uint32_t k = now; k < family->nsources; k++) {
        const struct source *source = source_at(run, family, k);

        if (gated[k].values->values.state == PART_VALUES &&
            gated[gated[k].group].now == now &&
            source->tests[gate / 64] >> (gate % 64) & 1)
            add_pair(run, leaf_of(run->program, source, gate), value);
    }
}

static void ask(struct run *run, const struct family *family, uint32_t now,
                const uint64_t *asked, uint32_t value)
{
    struct waf_scratch *scratch = run->scratch;
    const struct source_values *values = scratch->gated[now].values;

    if (!gate_candidates_of(run->program->gate, scratch->gate,
                            values->values.values[value].text,
                            marks_classes(values->marks[value]), asked,
                            scratch->candidates))
        return;
    for (uint32_t w = 0; w < run->program->words; w++) {
        uint64_t word = scratch->candidates[w] & asked[w];

        scratch->candidates[w] = 0;
        for (; word; word &= word - 1)
            add_candidate(run, family, now,
                          w * 64 + (uint32_t)__builtin_ctzll(word), value);
    }
}

/* All sources have the same values. */
static void ask_once(struct run *run, const struct family *family)
{
    struct gated_source *gated = run->scratch->gated;

    for (uint32_t value = gated[0].values->values.n; value-- > 0;)
        ask(run, family, 0, family->tests, value);
}

static bool same_value(const struct gated_source *a,
                       const struct gated_source *b, uint32_t value)
{
    const struct str *x = &a->values->values.values[value].text;
    const struct str *y = &b->values->values.values[value].text;

    return x->p == y->p && x->n == y->n;
}

/* Of the groups those whose value is the same look at it together. */
static void ask_groups(struct run *run, const struct family *family,
                       uint32_t nheads, uint32_t value)
{
    struct gated_source *gated = run->scratch->gated;
    const uint32_t *heads = run->scratch->heads;
    const uint32_t *parents =
        run->program->family_parents + family->first_source;
    uint32_t words = run->program->words;

    for (uint32_t h = 0; h < nheads; h++) {
        uint32_t k = heads[h];
        uint32_t parent = gated[parents[k]].group;

        gated[k].now =
            k != parent && same_value(&gated[k], &gated[parent], value)
                ? gated[parent].now
                : k;
    }
    for (uint32_t h = 0; h < nheads; h++) {
        uint64_t *asked = run->scratch->asked;

        if (gated[heads[h]].now != heads[h])
            continue;
        memcpy(asked, gated[heads[h]].wanted, words * sizeof(*asked));
        for (uint32_t m = h + 1; m < nheads; m++)
            if (gated[heads[m]].now == heads[h])
                for (uint32_t w = 0; w < words; w++)
                    asked[w] |= gated[heads[m]].wanted[w];
        ask(run, family, heads[h], asked, value);
    }
}

/* ---- a family ---------------------------------------------------------------------- */

/* Puts sources whose values are all the same together; how many groups that
 * makes. */
static uint32_t group(struct run *run, const struct family *family)
{
    struct gated_source *gated = run->scratch->gated;
    const uint32_t *parents =
        run->program->family_parents + family->first_source;
    uint32_t n = 0;

    for (uint32_t k = 0; k < family->nsources; k++) {
        gated[k].group =
            source_at(run, family, k)->folds || gated[k].values->as_parent
                ? gated[parents[k]].group
                : k;
        if (gated[k].group == k && gated[k].values->values.state == PART_VALUES)
            run->scratch->heads[n++] = k;
    }
    return n;
}

/* What each group asks. */
static void join_wanted(struct run *run, const struct family *family)
{
    struct gated_source *gated = run->scratch->gated;
    uint32_t words = run->program->words;

    for (uint32_t k = 0; k < family->nsources; k++) {
        const uint64_t *tests = source_at(run, family, k)->tests;

        if (gated[k].group == k) {
            gated[k].wanted = run->scratch->wanted + k * words;
            memcpy(gated[k].wanted, tests, words * sizeof(*tests));
            continue;
        }
        for (uint32_t w = 0; w < words; w++)
            gated[gated[k].group].wanted[w] |= tests[w];
    }
}

static void gate(struct run *run, const struct family *family, bool same)
{
    struct gated_source *gated = run->scratch->gated;
    const struct source_values *root = gated[0].values;
    uint32_t nheads;

    if (family->ngated == 0 || root->values.n == 0)
        return;
    nheads = same ? 0 : group(run, family);
    gated[0].now = 0;
    if (nheads < 2) {
        ask_once(run, family);
        return;
    }
    join_wanted(run, family);
    for (uint32_t value = root->values.n; value-- > 0;) {
        if (root->marks[value] & family->touched) {
            ask_groups(run, family, nheads, value);
            continue;
        }
        for (uint32_t h = 0; h < nheads; h++)
            gated[run->scratch->heads[h]].now = 0;
        ask(run, family, 0, family->tests, value);
    }
}

/* Sizes cost less than to ask whether they can be true. */
static void compare_sizes(struct run *run, const struct source *source)
{
    for (uint32_t i = source->ngated; i < source->nleaves; i++) {
        uint32_t at = source->first_leaf + i;

        run->scratch->leaves[at].verdict = VERDICT_OPEN;
        run->scratch->leaves[at].pairs = PAIR_ALL;
        if (run_leaf(run, at) == WAF_TRUE)
            open_leaf(run, at, VERDICT_TRUE);
    }
}

static void settle(struct run *run, const struct source *source,
                   enum part_state state)
{
    if (state == PART_VALUES && !run->whole) {
        compare_sizes(run, source);
        return;
    }
    if (state == PART_FAILED)
        run->result->failed = true;
    for (uint32_t i = 0; i < source->nleaves; i++) {
        uint32_t at = source->first_leaf + i;

        if (state == PART_TRUE) {
            run->scratch->leaves[at].value = NO_INDEX;
            open_leaf(run, at, VERDICT_TRUE);
        } else if (state == PART_VALUES) {
            run->scratch->leaves[at].pairs = PAIR_ALL;
            open_leaf(run, at, VERDICT_OPEN);
        }
    }
}

/* The values of a source of the family as they are for the gate. */
static const struct source_values *values_for_gate(struct run *run,
                                                   const struct family *family,
                                                   uint32_t k, bool same)
{
    const struct waf_program *program = run->program;
    const struct gated_source *gated = run->scratch->gated;
    uint32_t source = program->family_sources[family->first_source + k];

    if (same)
        return gated[0].values;
    if (program->sources[source].folds)
        return gated[program->family_parents[family->first_source + k]].values;
    return values_of(run->values, source);
}

/* Makes the values of all sources; whether they are the same in all. */
static bool make_values(struct run *run, const struct family *family)
{
    struct gated_source *gated = run->scratch->gated;
    bool same = false;

    for (uint32_t k = 0; k < family->nsources; k++) {
        gated[k].values = values_for_gate(run, family, k, same);
        gated[k].group = 0;
        if (k == 0)
            same = (gated[0].values->all_marks & family->touched) == 0;
    }
    return same;
}

void run_make_family(struct run *run, uint32_t at)
{
    const struct family *family = &run->program->families[at];
    bool same;

    run->scratch->families[at] = 1;
    for (uint32_t i = 0; i < family->nleaves; i++)
        run->scratch->leaves[family->first_leaf + i] =
            (struct leaf_state){.verdict = VERDICT_FALSE, .pairs = PAIR_NONE};
    same = make_values(run, family);
    for (uint32_t k = 0; k < family->nsources; k++)
        settle(run, source_at(run, family, k),
               run->scratch->gated[k].values->values.state);
    if (!run->whole &&
        run->scratch->gated[0].values->values.state == PART_VALUES)
        gate(run, family, same);
}

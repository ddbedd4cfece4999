/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of a web ACL in their order (aws-waf.md 1.3).
 */
#include "waf/evaluate.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- scratch --------------------------------------------------------------------------- */

struct waf_scratch *waf_scratch_new(void)
{
    struct waf_scratch *scratch = memory_zeroed(1, sizeof(*scratch));

    scratch->regex = regex_scratch_new();
    scratch->gate = gate_scratch_new();
    return scratch;
}

void waf_scratch_free(struct waf_scratch *scratch)
{
    if (!scratch)
        return;
    regex_scratch_free(scratch->regex);
    gate_scratch_free(scratch->gate);
    free(scratch->memory);
    free(scratch);
}

static uint32_t words(uint32_t bits)
{
    return (bits + 63) / 64;
}

/* Hands out memory of the scratch object; counts alone when there is none. */
static void *place(char *memory, size_t *at, size_t n, size_t size)
{
    void *p = memory ? memory + *at : NULL;

    *at += (n * size + 15) & ~(size_t)15;
    return p;
}

/* Where what a program needs stands; returns how much that is, and from where
 * on it is zero when an evaluation begins. */
static size_t lay_out(struct waf_scratch *s, const struct waf_program *program,
                      char *memory, size_t *zeroed)
{
    size_t at = 0;

    s->leaves = place(memory, &at, program->nleaves, sizeof(*s->leaves));
    s->gated = place(memory, &at, program->most_sources, sizeof(*s->gated));
    s->heads = place(memory, &at, program->most_sources, sizeof(*s->heads));
    s->wanted =
        place(memory, &at, (size_t)program->most_sources * program->words, 8);
    s->asked = place(memory, &at, program->words, 8);
    *zeroed = at;
    s->candidates = place(memory, &at, program->words, 8);
    s->pending = place(memory, &at, words(program->nsteps), 8);
    s->present = place(memory, &at, words(program->nlabels), 8);
    s->families = place(memory, &at, program->nfamilies, 1);
    s->origins = place(memory, &at, program->norigins, 1);
    s->label_leaves = place(memory, &at, program->nlabel_leaves, 1);
    return at;
}

static void prepare(struct waf_scratch *scratch,
                    const struct waf_program *program)
{
    size_t zeroed;
    size_t size = lay_out(scratch, program, NULL, &zeroed);

    if (size > scratch->size) {
        free(scratch->memory);
        scratch->memory = memory_zeroed(1, size);
        scratch->size = size;
    }
    lay_out(scratch, program, scratch->memory, &zeroed);
    memset((char *)scratch->memory + zeroed, 0, size - zeroed);
}

void *run_take(struct run *run, size_t n)
{
    void *p = arena_take(run->evaluation->arena, n);

    if (p)
        memset(p, 0, n);
    else
        run->result->failed = true;
    return p;
}

/* ---- conditions ------------------------------------------------------------------------ */

enum waf_truth run_ask(struct run *run, const struct branch *branch)
{
    switch ((enum branch_kind)branch->kind) {
    case BRANCH_VALUE:
        return run_leaf(run, branch->leaf);
    case BRANCH_ORIGIN:
        return run_origin(run, branch->leaf);
    case BRANCH_LABEL:
        return run->scratch->label_leaves[branch->leaf] ? WAF_TRUE : WAF_FALSE;
    case BRANCH_NEVER:
        break;
    }
    return WAF_FALSE;
}

static enum waf_truth follow(struct run *run, const struct condition *condition)
{
    const struct waf_program *program = run->program;
    uint32_t at = condition->entry;

    for (uint32_t i = 0; i < condition->neager; i++) {
        uint32_t eager = program->eager[condition->first_eager + i];

        if (run_ask(run, &program->branches[eager]) == WAF_NOT_APPLICABLE)
            return WAF_NOT_APPLICABLE;
    }
    while (at < GO_TRUE) {
        const struct branch *branch = &program->branches[at];

        at = run_ask(run, branch) == WAF_TRUE ? branch->yes : branch->no;
    }
    return at == GO_TRUE ? WAF_TRUE : WAF_FALSE;
}

static enum waf_truth is_true(struct run *run,
                              const struct condition *condition)
{
    if (run->evaluation->trace)
        run_trace_condition(run, condition);
    return follow(run, condition);
}

/* ---- matches --------------------------------------------------------------------------- */

static bool terminates(enum waf_action_type action)
{
    return action != WAF_COUNT;
}

static struct waf_match *add_match(struct run *run)
{
    struct waf_match *match = run_take(run, sizeof(*match));

    if (!match)
        return NULL;
    *run->next_match = match;
    run->next_match = &match->next;
    return match;
}

static struct waf_match *add_step_match(struct run *run,
                                        const struct step *step)
{
    struct waf_match *match = add_match(run);

    if (!match)
        return NULL;
    match->rule = step->rule;
    match->referring = run->item->referring;
    match->group = run->item->group;
    match->action = step->action->type;
    match->configured = step->rule->action.type;
    match->overridden = step->overridden;
    match->excluded = step->excluded;
    match->terminating = terminates(match->action);
    match->details = step->action;
    match->evidence = run_evidence(run, &step->condition);
    for (uint32_t i = 0; i < step->nlabels; i++)
        run_queue_label(run, run->program->step_labels[step->first_label + i]);
    return match;
}

/* ---- steps ------------------------------------------------------------------------------ */

static void trace_begin(struct run *run, const struct step *step)
{
    const struct waf_trace *trace = run->evaluation->trace;

    if (trace && trace->rule_begin)
        trace->rule_begin(trace->owner, step->rule, run->item->group);
}

static void trace_end(struct run *run, const struct step *step,
                      enum waf_truth truth)
{
    const struct waf_trace *trace = run->evaluation->trace;

    if (trace && trace->rule_end)
        trace->rule_end(trace->owner, step->rule, truth, step->action->type);
}

/* The match that ends the ACL or the group; NULL: it goes on. */
static struct waf_match *run_step(struct run *run, const struct step *step)
{
    struct waf_match *match = NULL;
    enum waf_truth truth;

    trace_begin(run, step);
    truth = is_true(run, &step->condition);
    if (truth == WAF_TRUE && step->rate != NO_INDEX && !run_rate(run, step))
        truth = WAF_FALSE;
    if (truth == WAF_TRUE)
        match = add_step_match(run, step);
    run_show_labels(run);
    trace_end(run, step, truth);
    return match && match->terminating ? match : NULL;
}

/* The first step from `at` on that may run; `end`: there is none. */
static uint32_t next_pending(const uint64_t *pending, uint32_t at, uint32_t end)
{
    while (at < end) {
        uint64_t word = pending[at / 64] >> (at % 64);

        if (word) {
            at += (uint32_t)__builtin_ctzll(word);
            return at < end ? at : end;
        }
        at = (at | 63) + 1;
    }
    return end;
}

static struct waf_match *run_block(struct run *run, const struct block *block)
{
    const struct waf_program *program = run->program;
    const uint64_t *pending = run->scratch->pending;
    uint32_t end = block->first + block->n;
    bool all = block->always || run->whole;
    struct waf_match *match;

    for (uint32_t i = 0; !all && i < block->nfamilies; i++)
        run_family(run, program->block_families[block->first_family + i]);
    for (uint32_t at = block->first;; at++) {
        if (!all)
            at = next_pending(pending, at, end);
        if (at >= end)
            return NULL;
        match = run_step(run, &program->steps[at]);
        if (match)
            return match;
    }
}

/* ---- items ------------------------------------------------------------------------------ */

static void add_group(struct run *run, const struct waf_match *match)
{
    struct waf_group_result *group = run_take(run, sizeof(*group));

    if (!group)
        return;
    group->referring = run->item->referring;
    group->terminating = match;
    *run->next_group = group;
    run->next_group = &group->next;
}

/* OverrideAction Count: what the group says is counted for the rule that
 * refers to it. */
static void count_group(struct run *run, const struct waf_match *ended)
{
    struct waf_match *match = add_match(run);

    if (!match)
        return;
    match->rule = run->item->referring;
    match->action = WAF_COUNT;
    match->configured = ended->action;
    match->overridden = true;
}

static bool in_scope(struct run *run)
{
    bool in = !run->item->scoped || is_true(run, &run->item->scope) == WAF_TRUE;

    run_show_labels(run);
    return in;
}

/* The match that ends the ACL. */
static struct waf_match *run_item(struct run *run, const struct item *item)
{
    struct waf_match *match = NULL;

    run->item = item;
    if (!in_scope(run))
        return NULL;
    for (uint32_t i = 0; !match && i < item->nblocks; i++)
        match = run_block(run, &run->program->blocks[item->first_block + i]);
    if (!item->referring)
        return match;
    add_group(run, match);
    if (!match || !item->referring->count)
        return match;
    count_group(run, match);
    return NULL;
}

/* ---- inserted headers ------------------------------------------------------------------ */

static bool names(const struct waf_header *const *headers, unsigned n,
                  struct str name)
{
    for (unsigned i = 0; i < n; i++)
        if (str_ieq(headers[i]->name, name))
            return true;
    return false;
}

/* Backwards: the last of a name stays. */
static void insert(const struct waf_header **headers, unsigned *n,
                   const struct waf_action *action)
{
    for (unsigned i = action->ninserted; i-- > 0;)
        if (!names(headers, *n, action->inserted[i].name))
            headers[(*n)++] = &action->inserted[i];
}

/* A group whose result is counted ended by a rule that does nothing. */
static const struct waf_action *inserting(const struct waf_result *result,
                                          const struct waf_match *match)
{
    if (!match->details)
        return NULL;
    if (match->terminating && match != result->terminating)
        return NULL;
    return match->details->ninserted ? match->details : NULL;
}

static void insert_matches(struct waf_result *result,
                           const struct waf_header **headers,
                           const struct waf_action **actions, unsigned n)
{
    for (unsigned i = n; i-- > 0;)
        insert(headers, &result->ninserted, actions[i]);
    for (unsigned i = 0; i < result->ninserted / 2; i++) {
        const struct waf_header *other = headers[result->ninserted - 1 - i];

        headers[result->ninserted - 1 - i] = headers[i];
        headers[i] = other;
    }
    result->inserted = headers;
}

static void collect_inserted(struct run *run)
{
    struct waf_result *result = run->result;
    const struct waf_action **actions;
    const struct waf_header **headers;
    unsigned nactions = 0;
    unsigned nheaders = 0;

    for (struct waf_match *m = result->matches; m; m = m->next)
        if (inserting(result, m)) {
            nactions++;
            nheaders += m->details->ninserted;
        }
    if (!result->terminating && result->details->ninserted)
        nheaders += result->details->ninserted;
    if (nheaders == 0)
        return;
    actions = run_take(run, (nactions + 1) * sizeof(struct waf_action *));
    headers = run_take(run, nheaders * sizeof(struct waf_header *));
    if (!actions || !headers)
        return;
    nactions = 0;
    for (struct waf_match *m = result->matches; m; m = m->next)
        if (inserting(result, m))
            actions[nactions++] = m->details;
    if (!result->terminating)
        actions[nactions++] = result->details;
    insert_matches(result, headers, actions, nactions);
}

/* ---- an evaluation ----------------------------------------------------------------------- */

static void begin(struct run *run)
{
    struct waf_result *result = run->result;
    const struct waf_evaluation *evaluation = run->evaluation;

    *result = (struct waf_result){.action = WAF_ALLOW};
    run->next_match = &result->matches;
    run->next_label = &result->labels;
    run->next_rated = &result->rates;
    run->next_group = &result->groups;
    run->whole = evaluation->plain || evaluation->trace;
    prepare(run->scratch, run->program);
    run->values =
        values_new(run->program->plan, evaluation->request, evaluation->arena);
    if (!run->values)
        result->failed = true;
}

static void finish(struct run *run, struct waf_match *match)
{
    struct waf_result *result = run->result;

    result->terminating = match;
    result->details =
        match ? match->details : &run->program->acl->default_action;
    result->action = match ? match->action : result->details->type;
    result->oversized = values_oversized(run->values);
    if (result->action == WAF_ALLOW)
        collect_inserted(run);
}

void waf_evaluate(const struct waf_program *program,
                  struct waf_scratch *scratch,
                  const struct waf_evaluation *evaluation,
                  struct waf_result *result)
{
    struct run run = {.program = program,
                      .scratch = scratch,
                      .evaluation = evaluation,
                      .result = result};
    struct waf_match *match = NULL;

    begin(&run);
    if (result->failed)
        return;
    for (uint32_t i = 0; !match && i < program->nitems; i++)
        match = run_item(&run, &program->items[i]);
    finish(&run, match);
}

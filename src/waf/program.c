/* SPDX-License-Identifier: Apache-2.0 */
#include "waf/program.h"

#include <stdlib.h>

#include "base/memory.h"
#include "waf/builder.h"

void *builder_grow(struct builder *b, void *array, uint32_t n, uint32_t *cap,
                   size_t size)
{
    void *larger;

    if (n < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 16;
    larger = region_take(&b->program->region, *cap * size);
    if (n)
        memcpy(larger, array, n * size);
    return larger;
}

/* ---- making one ------------------------------------------------------------------ */

static void builder_begin(struct builder *b, struct waf_program *program,
                          struct report *report)
{
    const struct config_waf *waf = program->acl->waf;

    *b = (struct builder){.program = program, .report = report};
    b->gate = gate_builder_new();
    b->ntrees = waf ? waf->nip_sets : 0;
    b->trees = memory_zeroed(b->ntrees + 1, sizeof(struct ip_tree *));
}

static void builder_end(struct builder *b)
{
    intern_end(&b->test_index);
    intern_end(&b->leaf_index);
    intern_end(&b->label_index);
    intern_end(&b->label_leaf_index);
    free(b->trees);
}

static const struct part_limits limits = {.body = WAF_BODY_LIMIT,
                                          .fields = WAF_PARTS_LIMIT,
                                          .number = WAF_PARTS_NUMBER};

static void build(struct waf_program *program, struct report *report)
{
    struct builder b;

    builder_begin(&b, program, report);
    program->plan = value_plan_new(&limits);
    program->limit_label = builder_label(&b, STR(WAF_LIMIT_LABEL));
    builder_steps(&b);
    builder_link_labels(&b);
    builder_families(&b);
    builder_blocks(&b);
    builder_end(&b);
}

struct waf_program *waf_program_new(const struct config_web_acl *acl,
                                    struct geo *geo, struct report *report)
{
    struct waf_program *program = memory_zeroed(1, sizeof(*program));
    unsigned errors = report->errors;

    program->refs = 1;
    program->acl = acl;
    if (acl->waf)
        config_waf_hold(acl->waf);
    if (geo)
        program->geo = geo_hold(geo);
    build(program, report);
    if (report->errors == errors)
        return program;
    waf_program_release(program);
    return NULL;
}

/* ---- having one ------------------------------------------------------------------- */

struct waf_program *waf_program_hold(struct waf_program *program)
{
    atomic_fetch_add_explicit(&program->refs, 1, memory_order_relaxed);
    return program;
}

static void free_trees(struct waf_program *program)
{
    for (uint32_t i = 0; i < program->norigins; i++) {
        struct ip_tree *tree = program->origins[i].tree;

        if (!tree)
            continue;
        ip_tree_free(tree);
        /* Others ask the same set about other addresses. */
        for (uint32_t k = i + 1; k < program->norigins; k++)
            if (program->origins[k].tree == tree)
                program->origins[k].tree = NULL;
    }
}

void waf_program_release(struct waf_program *program)
{
    if (!program ||
        atomic_fetch_sub_explicit(&program->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < program->ntests; i++)
        regex_release(program->tests[i].regex);
    free_trees(program);
    gate_free(program->gate);
    value_plan_free(program->plan);
    geo_release(program->geo);
    config_waf_release(program->acl->waf);
    region_end(&program->region);
    free(program);
}

const struct config_web_acl *waf_program_acl(const struct waf_program *program)
{
    return program->acl;
}

uint32_t waf_program_body(const struct waf_program *program)
{
    return value_plan_body(program->plan);
}

bool waf_program_fingerprint(const struct waf_program *program)
{
    return value_plan_fingerprint(program->plan);
}

/* The rule among the steps of the item. */
static const struct step *find_rated(const struct waf_program *program,
                                     const struct item *item, struct str name)
{
    for (uint32_t i = 0; i < item->nblocks; i++) {
        const struct block *block = &program->blocks[item->first_block + i];

        for (uint32_t k = 0; k < block->n; k++) {
            const struct step *step = &program->steps[block->first + k];

            if (step->rate != NO_INDEX && str_eq(step->rule->name, name))
                return step;
        }
    }
    return NULL;
}

const struct rate_instance *waf_program_rate(const struct waf_program *program,
                                             struct str rule,
                                             struct str in_group)
{
    for (uint32_t i = 0; i < program->nitems; i++) {
        const struct item *item = &program->items[i];
        const struct step *step;

        if ((in_group.n != 0) != (item->referring != NULL) ||
            (item->referring && !str_eq(item->referring->name, rule)))
            continue;
        step = find_rated(program, item, in_group.n ? in_group : rule);
        if (step)
            return &program->rates[step->rate].instance;
    }
    return NULL;
}

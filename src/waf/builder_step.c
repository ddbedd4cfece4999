/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules become steps, in the order they run, and steps blocks.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "waf/builder.h"

enum { BLOCK_STEPS = 64 };

/* ---- steps ---------------------------------------------------------------- */

static const struct waf_override *find_override(const struct item *item,
                                                const struct waf_rule *rule)
{
    const struct waf_statement *statement;

    if (!item->referring)
        return NULL;
    statement = item->referring->statement;
    for (unsigned i = 0; i < statement->u.group.noverrides; i++)
        if (str_eq(statement->u.group.overrides[i].rule, rule->name))
            return &statement->u.group.overrides[i];
    return NULL;
}

static void add_labels(struct builder *b, struct step *step)
{
    struct waf_program *program = b->program;
    const struct waf_rule *rule = step->rule;

    step->first_label = b->nstep_labels;
    step->nlabels = rule->nlabels;
    for (unsigned i = 0; i < rule->nlabels; i++) {
        struct str name =
            region_printf(&program->region, STR_FMT STR_FMT, STR_ARG(b->prefix),
                          STR_ARG(rule->labels[i]));

        program->step_labels =
            builder_grow(b, program->step_labels, b->nstep_labels,
                         &b->cap_step_labels, sizeof(uint32_t));
        program->step_labels[b->nstep_labels++] = builder_label(b, name);
    }
}

static void add_step(struct builder *b, const struct item *item,
                     const struct waf_rule *rule)
{
    struct waf_program *program = b->program;
    const struct waf_override *override = find_override(item, rule);
    const struct waf_statement *statement = rule->statement;
    struct step step = {.rule = rule, .action = &rule->action};
    struct needs needs;

    if (override) {
        step.action = &override->action;
        step.overridden = true;
        step.excluded = override->excluded;
    }
    step.rate = NO_INDEX;
    if (statement->type == WAF_RATE) {
        step.rate = builder_rate(b, rule, item);
        statement = statement->u.rate.scope_down;
    }
    builder_condition(b, statement, &step.condition, &needs);
    add_labels(b, &step);
    b->step_needs = builder_grow(b, b->step_needs, program->nsteps,
                                 &b->cap_step_needs, sizeof(*b->step_needs));
    program->steps = builder_grow(b, program->steps, program->nsteps,
                                  &b->cap_steps, sizeof(*program->steps));
    b->step_needs[program->nsteps] = needs;
    program->steps[program->nsteps++] = step;
}

/* ---- items ------------------------------------------------------------------ */

static struct item *add_item(struct builder *b)
{
    struct waf_program *program = b->program;

    program->items = builder_grow(b, program->items, program->nitems,
                                  &b->cap_items, sizeof(*program->items));
    /* Until there are blocks: the first step. */
    program->items[program->nitems] =
        (struct item){.first_block = program->nsteps};
    return &program->items[program->nitems++];
}

static void add_group(struct builder *b, const struct waf_rule *rule)
{
    const struct waf_statement *statement = rule->statement;
    const struct config_rule_group *group = statement->u.group.group;
    struct item *item;
    struct needs needs;

    if (!group)
        return;
    item = add_item(b);
    item->referring = rule;
    item->group = group;
    if (statement->u.group.scope_down) {
        item->scoped = true;
        builder_condition(b, statement->u.group.scope_down, &item->scope,
                          &needs);
    }
    b->prefix = group->label_prefix;
    b->managed = group->managed;
    for (unsigned i = 0; i < group->nrules; i++)
        add_step(b, item, &group->rules[i]);
    b->prefix = b->program->acl->label_prefix;
    b->managed = false;
}

void builder_steps(struct builder *b)
{
    const struct config_web_acl *acl = b->program->acl;
    struct item *own = NULL;

    b->prefix = acl->label_prefix;
    for (unsigned i = 0; i < acl->nrules; i++) {
        if (acl->rules[i].of_group) {
            add_group(b, &acl->rules[i]);
            own = NULL;
            continue;
        }
        if (!own)
            own = add_item(b);
        add_step(b, own, &acl->rules[i]);
    }
}

/* ---- who lets whom run ---------------------------------------------------------- */

/* The steps that a leaf lets run. */
static void place_of(struct waf_program *program, const struct need *need,
                     uint32_t *first, uint32_t **n)
{
    if (need->kind == BRANCH_VALUE) {
        *first = program->leaves[need->leaf].first_step;
        *n = &program->leaves[need->leaf].nsteps;
    } else {
        *first = program->label_leaves_all[need->leaf].first_step;
        *n = &program->label_leaves_all[need->leaf].nsteps;
    }
}

/* Counts, or writes, the steps that need each leaf. */
static void link_steps(struct builder *b, bool write)
{
    struct waf_program *program = b->program;

    for (uint32_t i = 0; i < program->nsteps; i++)
        for (uint32_t k = 0; k < b->step_needs[i].n; k++) {
            uint32_t first;
            uint32_t *n;

            place_of(program, &b->needs[b->step_needs[i].first + k], &first,
                     &n);
            if (write)
                program->leaf_steps[first + *n] = i;
            (*n)++;
        }
}

static void index_steps(struct builder *b)
{
    struct waf_program *program = b->program;
    uint32_t n = 0;

    link_steps(b, false);
    for (uint32_t i = 0; i < program->nleaves; i++) {
        program->leaves[i].first_step = n;
        n += program->leaves[i].nsteps;
        program->leaves[i].nsteps = 0;
    }
    for (uint32_t i = 0; i < program->nlabel_leaves; i++) {
        program->label_leaves_all[i].first_step = n;
        n += program->label_leaves_all[i].nsteps;
        program->label_leaves_all[i].nsteps = 0;
    }
    program->leaf_steps =
        region_take(&program->region, (n + 1) * sizeof(uint32_t));
    link_steps(b, true);
}

/* ---- blocks --------------------------------------------------------------------- */

static void add_family(struct builder *b, struct block *block, uint32_t family,
                       uint32_t *n, uint32_t *cap)
{
    struct waf_program *program = b->program;

    for (uint32_t i = 0; i < block->nfamilies; i++)
        if (program->block_families[block->first_family + i] == family)
            return;
    program->block_families =
        builder_grow(b, program->block_families, *n, cap, sizeof(uint32_t));
    program->block_families[(*n)++] = family;
    block->nfamilies++;
}

static void find_block_families(struct builder *b)
{
    struct waf_program *program = b->program;
    uint32_t n = 0;
    uint32_t cap = 0;

    for (uint32_t i = 0; i < program->nblocks; i++) {
        struct block *block = &program->blocks[i];

        block->first_family = n;
        for (uint32_t s = block->first;
             !block->always && s < block->first + block->n; s++)
            for (uint32_t k = 0; k < b->step_needs[s].n; k++) {
                const struct need *need = &b->needs[b->step_needs[s].first + k];

                if (need->kind == BRANCH_VALUE)
                    add_family(
                        b, block,
                        program->sources[program->leaves[need->leaf].source]
                            .family,
                        &n, &cap);
            }
    }
}

static void add_block(struct builder *b, uint32_t first, uint32_t end)
{
    struct waf_program *program = b->program;
    struct block block = {.first = first,
                          .always = !b->step_needs[first].known};

    while (first + block.n < end && block.n < BLOCK_STEPS &&
           b->step_needs[first + block.n].known == !block.always)
        block.n++;
    program->blocks = builder_grow(b, program->blocks, program->nblocks,
                                   &b->cap_blocks, sizeof(block));
    program->blocks[program->nblocks++] = block;
}

void builder_blocks(struct builder *b)
{
    struct waf_program *program = b->program;

    index_steps(b);
    for (uint32_t i = 0; i < program->nitems; i++) {
        struct item *item = &program->items[i];
        uint32_t at = item->first_block;
        uint32_t end = i + 1 < program->nitems
                           ? program->items[i + 1].first_block
                           : program->nsteps;

        item->first_block = program->nblocks;
        while (at < end) {
            add_block(b, at, end);
            at += program->blocks[program->nblocks - 1].n;
        }
        item->nblocks = program->nblocks - item->first_block;
    }
    find_block_families(b);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands only while a web ACL is compiled (waf/program_internal.h): arrays
 * that grow, and what is known by its contents.
 */
#ifndef SLUICE_WAF_BUILDER_H
#define SLUICE_WAF_BUILDER_H

#include "waf/intern.h"
#include "waf/program_internal.h"

/* Which leaves must be true (at least one of them) for a condition to be. */
struct needs {
    bool known;     /* else: it can be true whatever they are */
    uint32_t first; /* in builder->needs */
    uint32_t n;
};
struct need {
    uint8_t kind; /* BRANCH_VALUE or BRANCH_LABEL */
    uint32_t leaf;
};

struct builder {
    struct waf_program *program;
    struct report *report;
    struct gate_builder *gate;
    uint32_t ngated;

    struct intern test_index;
    struct intern leaf_index;
    struct intern label_index;
    struct intern label_leaf_index;

    uint32_t cap_tests, cap_leaves, cap_origins, cap_labels, cap_label_leaves;
    uint32_t cap_branches, cap_steps, cap_rates, cap_blocks, cap_items;
    uint32_t cap_eager, cap_step_labels, cap_gate_tests, cap_needs;
    uint32_t cap_step_needs;
    uint32_t neager, nstep_labels, nneeds;
    struct need *needs;       /* a stack while a condition is compiled */
    struct needs *step_needs; /* by step */
    struct ip_tree **trees;   /* by index of the set */
    uint32_t ntrees;

    /* Of the rule that is compiled. */
    struct str prefix; /* of its labels */
    bool managed;      /* it is ours: any pattern */
};

/* Room for one more element: the array, which stands in the region. */
void *builder_grow(struct builder *b, void *array, uint32_t n, uint32_t *cap,
                   size_t size);

/* builder_leaf.c: the leaf of a statement over a part; of a regex set, of its
 * pattern `nth`.  NO_INDEX: an error was reported. */
uint32_t builder_leaf(struct builder *b, const struct waf_statement *statement,
                      unsigned nth);
/* Puts leaves where they belong and makes the gate. */
void builder_families(struct builder *b);

/* builder_label.c */
uint32_t builder_label(struct builder *b, struct str name);
uint32_t builder_label_leaf(struct builder *b,
                            const struct waf_statement *statement);
void builder_link_labels(struct builder *b);

/* builder_origin.c */
uint32_t builder_origin(struct builder *b,
                        const struct waf_statement *statement);

/* builder_condition.c: `needs` gets what must be true. */
void builder_condition(struct builder *b, const struct waf_statement *statement,
                       struct condition *condition, struct needs *needs);

/* builder_rate.c */
uint32_t builder_rate(struct builder *b, const struct waf_rule *rule,
                      const struct item *item);

/* builder_step.c: all rules of the ACL. */
void builder_steps(struct builder *b);
/* Which leaf lets which step run; blocks. */
void builder_blocks(struct builder *b);

#endif

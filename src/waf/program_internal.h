/* SPDX-License-Identifier: Apache-2.0
 *
 * How a compiled web ACL stands in memory: flat arrays that refer to each
 * other by index.
 *
 * A *test* is a question about bytes, a *leaf* a test of the values of one
 * source; equal ones are one, so that a verdict is good for all statements that
 * ask for it.  A *family* is all sources over one part of the request: their
 * values are made and gated together, when the first of them is wanted.
 * Statements are *branches*: each asks for one leaf and says where to go on.
 * A *step* is a rule of the ACL, or a rule of a group as one rule of the ACL
 * refers to it; steps are numbered in the order they run.
 */
#ifndef SLUICE_WAF_PROGRAM_INTERNAL_H
#define SLUICE_WAF_PROGRAM_INTERNAL_H

#include <stdatomic.h>

#include "match/gate.h"
#include "match/ip_tree.h"
#include "match/regex.h"
#include "match/values.h"
#include "waf/program.h"

enum { NO_INDEX = UINT32_MAX };

/* The label of requests for which a pattern or a detector took too long. */
#define WAF_LIMIT_LABEL "awswaf:managed:sluice:limits:regex"

enum test_kind {
    TEST_BYTES,
    TEST_REGEX,
    TEST_SIZE,
    TEST_SQLI,
    TEST_XSS,
};

struct test {
    uint8_t kind;
    uint8_t detail;      /* enum waf_position, enum waf_comparison, high */
    uint32_t gate;       /* its number there, NO_INDEX: sizes */
    uint64_t size;       /* SIZE */
    struct str bytes;    /* BYTES; REGEX: the pattern */
    struct regex *regex; /* REGEX */
};

/* Ordered by family, source, number in the gate; sizes last. */
struct leaf {
    uint32_t test;
    uint32_t source;
    uint32_t first_step; /* in program->leaf_steps: what it lets run */
    uint32_t nsteps;
};

struct source {
    uint32_t family;
    uint32_t parent; /* itself: a part's */
    uint32_t first_leaf;
    uint32_t ngated;
    uint32_t nleaves; /* gated ones first */
    uint8_t last;     /* enum transform: of its parent's values */
    bool folds;       /* that changes case alone: its values have the candidates
                         of the parent's */
    uint64_t *tests;  /* bitmap by number in the gate */
};

struct family {
    uint32_t first_source; /* in program->family_sources, parents first */
    uint32_t nsources;
    uint32_t first_leaf;
    uint32_t nleaves;
    uint32_t ngated;
    uint64_t touched; /* values without these marks are the same in all its
                         sources, but for the case of letters */
    uint64_t *tests;  /* of all its sources */
};

/* A question about where a request comes from. */
struct origin_leaf {
    const struct waf_statement *statement; /* one that asks it */
    const struct waf_forwarded *forwarded;
    struct ip_tree *tree; /* IP_SET */
};

struct label_leaf {
    struct str key;
    struct str prefix; /* of who holds the rule */
    bool name_space;
    uint32_t first_step;
    uint32_t nsteps;
};

struct label {
    struct str name;
    uint32_t
        first_leaf; /* in program->label_leaves: those that it makes true */
    uint32_t nleaves;
};

enum branch_kind {
    BRANCH_VALUE,  /* a leaf */
    BRANCH_ORIGIN, /* an origin_leaf */
    BRANCH_LABEL,  /* a label_leaf */
    BRANCH_NEVER,  /* what it refers to is not known here */
};

/* Where a branch may lead but to another one, which has a smaller index. */
enum { GO_TRUE = UINT32_MAX - 1, GO_FALSE };

struct branch {
    uint8_t kind;
    uint32_t leaf; /* by kind */
    uint32_t yes;
    uint32_t no;
    const struct waf_statement *statement;
};

/* A statement: its branches stand together. */
struct condition {
    uint32_t first;
    uint32_t n;
    uint32_t entry;       /* a branch, GO_TRUE */
    uint32_t first_eager; /* in program->eager: origin branches that are asked
                             before, whatever else is true */
    uint32_t neager;
};

/* A part of a rate rule's key. */
struct rate_key {
    enum waf_key_type type;
    uint32_t source; /* of values; else NO_INDEX */
    struct str name_space;
};

struct rate_rule {
    struct rate_instance instance;
    const struct waf_statement *statement;
    struct str prefix; /* of labels: of who holds the rule */
    unsigned nkeys;
    struct rate_key *keys;
};

struct step {
    const struct waf_rule *rule;
    const struct waf_action *action; /* as applied */
    struct condition condition;      /* of rate rules: the scope-down */
    uint32_t rate;                   /* NO_INDEX: no rate rule */
    uint32_t first_label;            /* in program->step_labels */
    uint32_t nlabels;
    bool overridden;
    bool excluded;
};

/* Steps that run one after the other.  Those of a block that is not `always`
 * run when a leaf that they need can be true. */
struct block {
    uint32_t first;
    uint32_t n;
    bool always;
    uint32_t first_family; /* in program->block_families */
    uint32_t nfamilies;
};

/* Rules of the ACL that follow each other, or one that refers to a group. */
struct item {
    const struct waf_rule *referring;      /* NULL: the ACL's own */
    const struct config_rule_group *group; /* the same */
    bool scoped;
    struct condition scope;
    uint32_t first_block;
    uint32_t nblocks;
};

struct waf_program {
    _Atomic unsigned refs;
    const struct config_web_acl *acl;
    struct geo *geo;
    struct region region; /* all arrays */
    struct value_plan *plan;
    struct gate *gate;
    uint32_t words; /* of its bitmaps */

    uint32_t ntests, nleaves, nsources, nfamilies, norigins, nlabel_leaves;
    uint32_t nlabels, nbranches, nsteps, nrates, nblocks, nitems;
    struct test *tests;
    struct leaf *leaves;
    struct source *sources;
    struct family *families;
    struct origin_leaf *origins;
    struct label_leaf *label_leaves_all;
    struct label *labels;
    struct branch *branches;
    struct step *steps;
    struct rate_rule *rates;
    struct block *blocks;
    struct item *items;

    uint32_t *gate_tests;     /* by number in the gate: the test */
    uint32_t *family_sources; /* struct family */
    uint32_t *family_parents; /* of those: which of its family; itself */
    uint32_t *leaf_steps;     /* struct leaf, struct label_leaf */
    uint32_t *label_leaves;   /* struct label */
    uint32_t *eager;          /* struct condition */
    uint32_t *step_labels;    /* struct step */
    uint32_t *block_families; /* struct block */
    uint32_t *geo_leaves; /* label leaves that a label of geo may make true */
    uint32_t ngeo_leaves;
    uint32_t limit_label;  /* WAF_LIMIT_LABEL */
    uint32_t most_sources; /* of a family */
};

/* Whether a fully qualified label is meant (aws-waf.md 1.4). */
bool waf_label_matches(const struct label_leaf *leaf, struct str label);

#endif

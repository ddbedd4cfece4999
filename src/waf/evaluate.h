/* SPDX-License-Identifier: Apache-2.0
 *
 * One evaluation of a program while it runs.
 */
#ifndef SLUICE_WAF_EVALUATE_H
#define SLUICE_WAF_EVALUATE_H

#include "match/values.h"
#include "waf/program_internal.h"
#include "waf/trace.h"

enum {
    PAIRS_MAX = 4096,   /* values remembered for leaves */
    ADDRESSES_MAX = 10, /* of a header that are looked at */
};

/* What is known of a leaf. */
enum verdict {
    VERDICT_OPEN, /* values may be candidates */
    VERDICT_FALSE,
    VERDICT_TRUE,
    VERDICT_GAVE_UP,
};

/* Which values a leaf has to look at. */
enum { PAIR_NONE = UINT32_MAX, PAIR_ALL = UINT32_MAX - 1 };

struct pair {
    uint32_t value;
    uint32_t next; /* PAIR_NONE: it is the last */
};

struct leaf_state {
    uint8_t verdict;
    uint32_t pairs; /* the first; PAIR_* */
    uint32_t value; /* VERDICT_TRUE: that was true */
};

/* A source of the family that is gated. */
struct gated_source {
    const struct source_values *values;
    uint32_t group;   /* the first source whose values are all the same */
    uint32_t now;     /* of a head: whose value is the one looked at, too */
    uint64_t *wanted; /* tests of its group */
};

struct waf_scratch {
    struct regex_scratch *regex;
    struct gate_scratch *gate;
    void *memory; /* of all that follows; grows to the largest program */
    size_t size;
    struct leaf_state *leaves;
    struct gated_source *gated; /* most_sources */
    uint32_t *heads;            /* of groups of those */
    uint64_t *wanted;           /* bitmaps of tests: of each of those, */
    uint64_t *asked;            /* of all that look at one value, */
    uint64_t *candidates;       /* and what can be true of it */
    uint64_t *pending;          /* steps that may run */
    uint64_t *present;          /* labels */
    uint8_t *families;          /* made */
    uint8_t *origins;           /* enum waf_truth + 1 */
    uint8_t *label_leaves;      /* true */
    struct pair pairs[PAIRS_MAX];
};

/* A label that is seen by later rules. */
struct queued_label {
    struct queued_label *next;
    struct str name;
    uint32_t index; /* NO_INDEX: of geo */
};

/* What patterns and detectors may still cost. */
struct work {
    size_t searches;   /* since the clock was asked */
    int clock;         /* that `until_ns` is of */
    uint64_t until_ns; /* 0: not asked so far */
    bool no_patterns;  /* their time is over, */
    bool no_detectors; /* and later that of these */
};

struct run {
    const struct waf_program *program;
    struct waf_scratch *scratch;
    const struct waf_evaluation *evaluation;
    struct waf_result *result;
    struct values *values;
    const struct item *item; /* that runs */
    uint32_t npairs;
    struct work work;
    bool whole; /* all steps run, all values are candidates */
    struct queued_label *queued;
    struct waf_match **next_match;
    struct waf_label **next_label;
    struct waf_rated **next_rated;
    struct waf_group_result **next_group;
};

/* From the arena, zeroed; NULL: at its limit, and the result says so. */
void *run_take(struct run *run, size_t n);

/* What a branch asks, answered once for a request. */
enum waf_truth run_ask(struct run *run, const struct branch *branch);

/* ---- evaluate_gate.c: which leaves can be true --------------------------------- */

/* Makes the values of a family's sources and sets the states of its leaves;
 * once. */
void run_make_family(struct run *run, uint32_t at);

static inline void run_family(struct run *run, uint32_t family)
{
    if (!run->scratch->families[family])
        run_make_family(run, family);
}

/* Lets the steps run that need a leaf. */
void run_pend(struct run *run, uint32_t first_step, uint32_t nsteps);

/* ---- evaluate_leaf.c ------------------------------------------------------------ */

enum waf_truth run_leaf(struct run *run, uint32_t at);

/* Where a test is true of a value. */
struct span {
    size_t from;
    size_t to;
};
enum waf_truth run_test(struct run *run, const struct test *test,
                        struct str text, struct span *span);

/* ---- evaluate_work.c ------------------------------------------------------------ */

/* Whether a value of n bytes may still be searched for a pattern, looked at by
 * a detector. */
bool run_may_search(struct run *run, size_t n);
bool run_may_detect(struct run *run, size_t n);

/* ---- evaluate_origin.c ------------------------------------------------------------ */

enum waf_truth run_origin(struct run *run, uint32_t at);

/* The addresses of a header, or the client's. */
struct origin_addresses {
    bool absent;    /* there is no such header */
    bool malformed; /* what stands where it is looked at is no address */
    unsigned n;
    struct address v[ADDRESSES_MAX];
};
void run_addresses(struct run *run, const struct waf_forwarded *forwarded,
                   struct origin_addresses *addresses);

/* ---- evaluate_label.c -------------------------------------------------------------- */

/* Labels that come with a rule are queued, and seen when it is finished. */
void run_queue_label(struct run *run, uint32_t label);
void run_queue_geo(struct run *run, bool forwarded,
                   const struct geo_place *place);
void run_show_labels(struct run *run);

/* ---- evaluate_rate.c ---------------------------------------------------------------- */

/* Counts; whether the request is beyond the limit. */
bool run_rate(struct run *run, const struct step *step);

/* ---- evaluate_trace.c --------------------------------------------------------------- */

/* Tells of every branch of a condition. */
void run_trace_condition(struct run *run, const struct condition *condition);

/* ---- evaluate_evidence.c ------------------------------------------------------------- */

struct waf_evidence *run_evidence(struct run *run,
                                  const struct condition *condition);

#endif

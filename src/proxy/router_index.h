/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rules can match a host, which a path: sets of rules as bits, made when
 * the router is compiled.  A rule that is not in both sets cannot match; one
 * that is may.
 */
#ifndef SLUICE_PROXY_ROUTER_INDEX_H
#define SLUICE_PROXY_ROUTER_INDEX_H

#include "base/region.h"

/* ---- sets ----------------------------------------------------------------- */

/* The words of a set of n rules; bit i % 64 of word i / 64 is rule i. */
static inline unsigned rule_words(unsigned n)
{
    return (n + 63) / 64;
}

static inline void rule_add(uint64_t *set, unsigned rule)
{
    set[rule / 64] |= UINT64_C(1) << rule % 64;
}

/* ---- what a rule needs ---------------------------------------------------- */

/* A rule needs a text that is this one, or, when it is not `exact`, that
 * begins with this one.  Texts live as long as the index. */
struct rule_text {
    struct str text;
    bool exact;
    unsigned rule;
};

/* ---- hosts ---------------------------------------------------------------- */

/* A hash of whole hosts; those that no rule names share one set. */
struct host_index {
    unsigned words;
    unsigned mask;   /* slots - 1 */
    size_t longest;  /* no longer host is in the table */
    uint64_t *other; /* the rules that need no certain host */
    struct host_slot *slots;
};

/* All in the region.  `texts` (lower case) may be in any order; one that is
 * not exact counts as any host. */
void host_index_init(struct host_index *index, struct region *region,
                     unsigned nrules, const struct rule_text *texts, size_t n);

/* The set of a host, whatever its case; p == NULL: no host. */
const uint64_t *host_index_find(const struct host_index *index,
                                struct str host);

/* ---- paths ---------------------------------------------------------------- */

/* A radix tree of what paths begin with, with the set of each node complete:
 * it holds what is needed by the nodes above too. */
struct path_index {
    struct path_node *nodes; /* the first is the root */
};

/* All in the region; sorts `texts`. */
void path_index_init(struct path_index *index, struct region *region,
                     unsigned nrules, struct rule_text *texts, size_t n);

const uint64_t *path_index_find(const struct path_index *index,
                                struct str path);

#endif

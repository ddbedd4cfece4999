/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements about where a request comes from: sets of addresses, countries,
 * autonomous systems.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "waf/builder.h"

static struct ip_tree *tree_of(struct builder *b,
                               const struct config_ip_set *set)
{
    if (!b->trees[set->index])
        b->trees[set->index] = ip_tree_new(set->ranges, set->n);
    return b->trees[set->index];
}

static bool same_forwarded(const struct waf_forwarded *a,
                           const struct waf_forwarded *b)
{
    return str_ieq(a->header, b->header) && a->fallback == b->fallback &&
           a->position == b->position;
}

static bool same_numbers(const struct waf_statement *a,
                         const struct waf_statement *b)
{
    return a->u.asn.n == b->u.asn.n &&
           memcmp(a->u.asn.numbers, b->u.asn.numbers,
                  a->u.asn.n * sizeof(*a->u.asn.numbers)) == 0;
}

static bool same_countries(const struct waf_statement *a,
                           const struct waf_statement *b)
{
    if (a->u.geo.n != b->u.geo.n)
        return false;
    for (unsigned i = 0; i < a->u.geo.n; i++)
        if (!str_eq(a->u.geo.countries[i], b->u.geo.countries[i]))
            return false;
    return true;
}

static bool same_origin(const struct origin_leaf *a,
                        const struct origin_leaf *b)
{
    if (a->statement->type != b->statement->type ||
        !same_forwarded(a->forwarded, b->forwarded))
        return false;
    if (a->statement->type == WAF_IP_SET)
        return a->tree == b->tree;
    return a->statement->type == WAF_GEO
               ? same_countries(a->statement, b->statement)
               : same_numbers(a->statement, b->statement);
}

uint32_t builder_origin(struct builder *b,
                        const struct waf_statement *statement)
{
    struct waf_program *program = b->program;
    struct origin_leaf leaf = {.statement = statement};

    if (statement->type == WAF_IP_SET) {
        leaf.tree = tree_of(b, statement->u.ip_set.set);
        leaf.forwarded = &statement->u.ip_set.forwarded;
    } else if (statement->type == WAF_GEO) {
        leaf.forwarded = &statement->u.geo.forwarded;
    } else {
        leaf.forwarded = &statement->u.asn.forwarded;
    }
    for (uint32_t i = 0; i < program->norigins; i++)
        if (same_origin(&program->origins[i], &leaf))
            return i;
    program->origins = builder_grow(b, program->origins, program->norigins,
                                    &b->cap_origins, sizeof(leaf));
    program->origins[program->norigins] = leaf;
    return program->norigins++;
}

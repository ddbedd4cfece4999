/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges that touch each other are one, so that none overlap; the tree finds
 * the last that begins at or before an address.  Node i of it, from 1 on, has
 * its children at 2i and 2i + 1: no pointers, and the upper levels of all
 * searches lie in a few cache lines.
 */
#include "match/ip_tree.h"

#include <stdlib.h>

#include "base/memory.h"

/* An address as a number; that of IPv4 stands in the upper 32 bits. */
struct number {
    uint64_t high;
    uint64_t low;
};

struct range {
    struct number first;
    struct number last;
};

struct ip_tree {
    uint8_t family;
    unsigned n;
    uint64_t *high; /* of the first address of node i; the search mostly */
    struct range *ranges; /* needs no more */
};

/* ---- numbers ---------------------------------------------------------------- */

static uint64_t read_half(const uint8_t *p, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n; i++)
        value |= (uint64_t)p[i] << (56 - 8 * i);
    return value;
}

static struct number number_of(const struct address *address)
{
    if (address->family == 4)
        return (struct number){.high = read_half(address->ip, 4)};
    return (struct number){.high = read_half(address->ip, 8),
                           .low = read_half(address->ip + 8, 8)};
}

static inline int compare(struct number a, struct number b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low == b.low ? 0 : a.low < b.low ? -1 : 1;
}

/* All bits behind the first `bits` set. */
static uint64_t fill(uint64_t value, unsigned bits)
{
    return bits >= 64 ? value : value | UINT64_MAX >> bits;
}

static struct range range_of(const struct cidr *cidr)
{
    struct number first = number_of(&cidr->base);

    return (struct range){
        .first = first,
        .last = {.high = fill(first.high, cidr->bits),
                 .low = fill(first.low, cidr->bits > 64 ? cidr->bits - 64 : 0)},
    };
}

/* ---- building --------------------------------------------------------------- */

static int by_first(const void *a, const void *b)
{
    return compare(((const struct range *)a)->first,
                   ((const struct range *)b)->first);
}

/* Whether nothing lies between `a` and a range that begins at `b` or before. */
static bool touches(struct number last, struct number first)
{
    last.low++;
    if (last.low == 0)
        last.high++;
    return compare(first, last) <= 0 || (last.low == 0 && last.high == 0);
}

/* Returns how many are left. */
static unsigned merge(struct range *ranges, unsigned n)
{
    unsigned kept = 0;

    qsort(ranges, n, sizeof(*ranges), by_first);
    for (unsigned i = 0; i < n; i++) {
        struct range *before = kept ? &ranges[kept - 1] : NULL;

        if (before == NULL || !touches(before->last, ranges[i].first))
            ranges[kept++] = ranges[i];
        else if (compare(before->last, ranges[i].last) < 0)
            before->last = ranges[i].last;
    }
    return kept;
}

/* The node behind `i` in ascending order; 0 behind the last. */
static unsigned next_node(unsigned i, unsigned n)
{
    if (2 * i + 1 <= n) {
        for (i = 2 * i + 1; 2 * i <= n;)
            i *= 2;
        return i;
    }
    while (i & 1)
        i >>= 1;
    return i >> 1;
}

static void plant(struct ip_tree *tree, const struct range *ranges, unsigned n)
{
    unsigned node = 1;

    tree->n = n;
    tree->high = memory_zeroed(n + 1, sizeof(*tree->high));
    tree->ranges = memory_zeroed(n + 1, sizeof(*tree->ranges));
    while (2 * node <= n)
        node *= 2;
    for (unsigned i = 0; i < n; i++, node = next_node(node, n)) {
        tree->high[node] = ranges[i].first.high;
        tree->ranges[node] = ranges[i];
    }
}

struct ip_tree *ip_tree_new(const struct cidr *ranges, unsigned n)
{
    struct ip_tree *tree = memory_zeroed(1, sizeof(*tree));
    struct range *sorted = memory_zeroed(n + 1, sizeof(*sorted));
    unsigned taken = 0;

    tree->family = n ? ranges[0].base.family : 0;
    for (unsigned i = 0; i < n; i++) {
        if (ranges[i].base.family == tree->family)
            sorted[taken++] = range_of(&ranges[i]);
    }
    if (taken)
        plant(tree, sorted, merge(sorted, taken));
    free(sorted);
    return tree;
}

void ip_tree_free(struct ip_tree *tree)
{
    if (tree == NULL)
        return;
    free(tree->high);
    free(tree->ranges);
    free(tree);
}

/* ---- looking up ------------------------------------------------------------- */

/* The last range that begins at or before `a`; 0: none.  Which way a search
 * goes cannot be foreseen, so that the loop has no branch for it. */
static unsigned find(const struct ip_tree *tree, struct number a)
{
    unsigned node = 1;

    while (node <= tree->n) {
        uint64_t high = tree->high[node];
        unsigned right = high <= a.high;

        if (high == a.high)
            right = tree->ranges[node].first.low <= a.low;
        node = 2 * node + right;
    }
    /* back over all steps to the left, and the one to the right before */
    return node >> (__builtin_ctz(node) + 1);
}

bool ip_tree_has(const struct ip_tree *tree, const struct address *address)
{
    struct number a;
    unsigned found;

    if (address->family != tree->family || tree->n == 0)
        return false;
    a = number_of(address);
    found = find(tree, a);
    return found && compare(a, tree->ranges[found].last) <= 0;
}

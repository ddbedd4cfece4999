/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy/router_index.h"

#include <stdlib.h>

/* ---- hosts ---------------------------------------------------------------- */

struct host_slot {
    struct str host; /* p == NULL: empty */
    uint64_t *set;
};

/* FNV-1a over lower case.  Clients cannot add to the table, so that they gain
 * nothing from names that collide. */
static unsigned hash_host(struct str host)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < host.n; i++)
        h = (h ^ (unsigned char)str_lower(host.p[i])) * 16777619u;
    return h ^ h >> 15;
}

/* The slot that has the host, or the empty one where it belongs: the table is
 * never more than half full. */
static struct host_slot *slot_of(const struct host_index *index,
                                 struct str host)
{
    unsigned i = hash_host(host) & index->mask;

    while (index->slots[i].host.p && !str_ieq(index->slots[i].host, host))
        i = (i + 1) & index->mask;
    return &index->slots[i];
}

static unsigned slots_for(size_t n)
{
    unsigned slots = 8;

    while (slots < 2 * n)
        slots *= 2;
    return slots;
}

static void add_host(struct host_index *index, struct region *region,
                     const struct rule_text *text)
{
    struct host_slot *slot = slot_of(index, text->text);

    if (slot->host.p == NULL) {
        slot->host = text->text;
        slot->set = region_take(region, index->words * sizeof(*slot->set));
        memcpy(slot->set, index->other, index->words * sizeof(*slot->set));
    }
    rule_add(slot->set, text->rule);
    if (text->text.n > index->longest)
        index->longest = text->text.n;
}

void host_index_init(struct host_index *index, struct region *region,
                     unsigned nrules, const struct rule_text *texts, size_t n)
{
    unsigned slots = slots_for(n);

    *index = (struct host_index){.words = rule_words(nrules)};
    index->mask = slots - 1;
    index->slots = region_take(region, slots * sizeof(*index->slots));
    index->other = region_take(region, index->words * sizeof(*index->other));
    for (size_t i = 0; i < n; i++) {
        if (!texts[i].exact)
            rule_add(index->other, texts[i].rule);
    }
    for (size_t i = 0; i < n; i++) {
        if (texts[i].exact)
            add_host(index, region, &texts[i]);
    }
}

const uint64_t *host_index_find(const struct host_index *index, struct str host)
{
    const struct host_slot *slot;

    if (host.n == 0 || host.n > index->longest)
        return index->other;
    slot = slot_of(index, host);
    return slot->host.p ? slot->set : index->other;
}

/* ---- paths ---------------------------------------------------------------- */

struct path_node {
    struct str label;       /* what the path goes on with to get here */
    const char *letters;    /* first characters of the children's labels */
    unsigned nchildren;     /* whose nodes are next to each other */
    unsigned children;      /* index of the first */
    const uint64_t *begins; /* of paths that go on from here */
    const uint64_t *ends;   /* of the path that ends here */
};

/* A node that is being made: of the sorted texts [from, to), which have their
 * first `depth` characters in common. */
struct path_task {
    size_t from;
    size_t to;
    size_t depth;
};

struct path_tree {
    struct region *region;
    const struct rule_text *texts;
    unsigned words;
    struct path_node *nodes;
    struct path_task *tasks; /* of the nodes, by the same index */
    unsigned n;
};

static int compare_texts(const void *a, const void *b)
{
    const struct rule_text *x = a;
    const struct rule_text *y = b;

    return str_compare(x->text, y->text);
}

/* A copy of `set` with the rules of texts [from, to) that are exact, or are
 * not; the set itself when there are none. */
static const uint64_t *set_with(const struct path_tree *tree,
                                const uint64_t *set, size_t from, size_t to,
                                bool exact)
{
    uint64_t *wider = NULL;

    for (size_t i = from; i < to; i++) {
        if (tree->texts[i].exact != exact)
            continue;
        if (wider == NULL) {
            wider = region_take(tree->region, tree->words * sizeof(*wider));
            memcpy(wider, set, tree->words * sizeof(*wider));
        }
        rule_add(wider, tree->texts[i].rule);
    }
    return wider ? wider : set;
}

/* How many characters the sorted texts [from, to) have in common: as many as
 * the first and the last. */
static size_t common(const struct path_tree *tree, size_t from, size_t to)
{
    struct str a = tree->texts[from].text;
    struct str b = tree->texts[to - 1].text;
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

/* The end of those of the texts [from, to) that have the same character at
 * `depth` as the first. */
static size_t group_end(const struct path_tree *tree, size_t from, size_t to,
                        size_t depth)
{
    char letter = tree->texts[from].text.p[depth];
    size_t end = from;

    while (end < to && tree->texts[end].text.p[depth] == letter)
        end++;
    return end;
}

/* The children of a node: of its texts those that go on, by their next
 * character. */
static void add_children(struct path_tree *tree, unsigned parent, size_t from)
{
    const struct path_task task = tree->tasks[parent];
    struct path_node *node = &tree->nodes[parent];
    char letters[256];

    node->children = tree->n;
    while (from < task.to) {
        size_t end = group_end(tree, from, task.to, task.depth);
        size_t depth = common(tree, from, end);
        struct path_node *child = &tree->nodes[tree->n];

        letters[node->nchildren++] = tree->texts[from].text.p[task.depth];
        child->label =
            str_make(tree->texts[from].text.p + task.depth, depth - task.depth);
        child->begins = node->begins;
        tree->tasks[tree->n++] = (struct path_task){from, end, depth};
        from = end;
    }
    node->letters =
        region_copy(tree->region, str_make(letters, node->nchildren)).p;
}

static void finish_node(struct path_tree *tree, unsigned i)
{
    const struct path_task *task = &tree->tasks[i];
    struct path_node *node = &tree->nodes[i];
    size_t end = task->from; /* of the texts that end here */

    while (end < task->to && tree->texts[end].text.n == task->depth)
        end++;
    node->begins = set_with(tree, node->begins, task->from, end, false);
    node->ends = set_with(tree, node->begins, task->from, end, true);
    add_children(tree, i, end);
}

void path_index_init(struct path_index *index, struct region *region,
                     unsigned nrules, struct rule_text *texts, size_t n)
{
    struct path_tree tree = {.region = region, .texts = texts};
    size_t most = 2 * n + 1; /* nodes: each text ends in one or splits one */

    if (n)
        qsort(texts, n, sizeof(*texts), compare_texts);
    tree.words = rule_words(nrules);
    tree.nodes = region_take(region, most * sizeof(*tree.nodes));
    tree.tasks = region_take(region, most * sizeof(*tree.tasks));
    tree.nodes[0].begins = region_take(region, tree.words * sizeof(uint64_t));
    tree.tasks[0] = (struct path_task){0, n, 0};
    tree.n = 1;
    for (unsigned i = 0; i < tree.n; i++)
        finish_node(&tree, i);
    index->nodes = tree.nodes;
}

const uint64_t *path_index_find(const struct path_index *index, struct str path)
{
    const struct path_node *node = index->nodes;

    while (path.n) {
        const struct path_node *child;
        const char *letter =
            node->nchildren ? memchr(node->letters, *path.p, node->nchildren)
                            : NULL;

        if (letter == NULL)
            return node->begins;
        child = &index->nodes[node->children + (letter - node->letters)];
        if (!str_starts(path, child->label))
            return node->begins;
        path.p += child->label.n;
        path.n -= child->label.n;
        node = child;
    }
    return node->ends;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels (aws-waf.md 1.4).  All but those of geo are known when an ACL is
 * compiled, and so is which statement they make true.
 */
#include "waf/builder.h"

/* ---- what a key means --------------------------------------------------------- */

static bool ends_with_key(struct str rest, struct str key)
{
    return rest.n > key.n && rest.p[rest.n - key.n - 1] == ':' &&
           memcmp(rest.p + rest.n - key.n, key.p, key.n) == 0;
}

/* Whether whole namespaces of `rest` are those of the key, which ends with
 * ":". */
static bool has_namespaces(struct str rest, struct str key)
{
    while (rest.n >= key.n) {
        if (str_starts(rest, key))
            return true;
        str_cut(&rest, ':');
        if (!rest.p)
            return false;
    }
    return false;
}

bool waf_label_matches(const struct label_leaf *leaf, struct str label)
{
    struct str rest;

    if (str_starts(leaf->key, STR("awswaf:")))
        return leaf->name_space ? str_starts(label, leaf->key)
                                : str_eq(label, leaf->key);
    if (!str_starts(label, leaf->prefix))
        return false;
    rest = str_make(label.p + leaf->prefix.n, label.n - leaf->prefix.n);
    if (leaf->name_space)
        return has_namespaces(rest, leaf->key);
    return str_eq(rest, leaf->key) || ends_with_key(rest, leaf->key);
}

/* ---- each once ------------------------------------------------------------------ */

static bool same_label(const void *owner, uint32_t index, const void *key)
{
    const struct builder *b = owner;

    return str_eq(b->program->labels[index].name, *(const struct str *)key);
}

uint32_t builder_label(struct builder *b, struct str name)
{
    struct waf_program *program = b->program;
    uint32_t old =
        intern_find(&b->label_index, intern_hash_str(INTERN_HASH, name),
                    program->nlabels, same_label, b, &name);

    if (old != INTERN_NEW)
        return old;
    program->labels = builder_grow(b, program->labels, program->nlabels,
                                   &b->cap_labels, sizeof(*program->labels));
    program->labels[program->nlabels].name =
        region_copy(&program->region, name);
    return program->nlabels++;
}

static bool same_label_leaf(const void *owner, uint32_t index, const void *key)
{
    const struct builder *b = owner;
    const struct label_leaf *old = &b->program->label_leaves_all[index];
    const struct label_leaf *leaf = key;

    return old->name_space == leaf->name_space && str_eq(old->key, leaf->key) &&
           str_eq(old->prefix, leaf->prefix);
}

uint32_t builder_label_leaf(struct builder *b,
                            const struct waf_statement *statement)
{
    struct waf_program *program = b->program;
    struct label_leaf leaf = {.key = statement->u.label.key,
                              .prefix = b->prefix,
                              .name_space = statement->u.label.name_space};
    uint64_t hash = intern_hash_u64(INTERN_HASH, leaf.name_space);
    uint32_t old;

    hash = intern_hash_str(intern_hash_str(hash, leaf.key), leaf.prefix);
    old = intern_find(&b->label_leaf_index, hash, program->nlabel_leaves,
                      same_label_leaf, b, &leaf);
    if (old != INTERN_NEW)
        return old;
    program->label_leaves_all =
        builder_grow(b, program->label_leaves_all, program->nlabel_leaves,
                     &b->cap_label_leaves, sizeof(leaf));
    program->label_leaves_all[program->nlabel_leaves] = leaf;
    return program->nlabel_leaves++;
}

/* ---- who makes whom true ---------------------------------------------------------- */

static bool may_be_geo(const struct label_leaf *leaf)
{
    static const char *const prefixes[] = {"awswaf:clientip:",
                                           "awswaf:forwardedip:"};

    for (unsigned i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct str prefix = str_of(prefixes[i]);

        if (str_starts(leaf->key, prefix) ||
            (leaf->name_space && str_starts(prefix, leaf->key)))
            return true;
    }
    return false;
}

static void find_geo_leaves(struct builder *b)
{
    struct waf_program *program = b->program;

    program->geo_leaves = region_take(
        &program->region, (program->nlabel_leaves + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < program->nlabel_leaves; i++)
        if (may_be_geo(&program->label_leaves_all[i]))
            program->geo_leaves[program->ngeo_leaves++] = i;
}

static uint32_t leaves_of(const struct waf_program *program, struct str label,
                          uint32_t *leaves)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < program->nlabel_leaves; i++) {
        if (!waf_label_matches(&program->label_leaves_all[i], label))
            continue;
        if (leaves)
            leaves[n] = i;
        n++;
    }
    return n;
}

void builder_link_labels(struct builder *b)
{
    struct waf_program *program = b->program;
    uint32_t n = 0;

    for (uint32_t i = 0; i < program->nlabels; i++) {
        struct label *label = &program->labels[i];

        label->first_leaf = n;
        label->nleaves = leaves_of(program, label->name, NULL);
        n += label->nleaves;
    }
    program->label_leaves =
        region_take(&program->region, (n + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < program->nlabels; i++)
        leaves_of(program, program->labels[i].name,
                  program->label_leaves + program->labels[i].first_leaf);
    find_geo_leaves(b);
}

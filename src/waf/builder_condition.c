/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements become branches, the last first: where a statement goes on is
 * known before it is written, and every branch leads to a smaller index, so
 * that running them always ends.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "waf/builder.h"

static uint32_t add_branch(struct builder *b, const struct branch *branch)
{
    struct waf_program *program = b->program;

    program->branches =
        builder_grow(b, program->branches, program->nbranches, &b->cap_branches,
                     sizeof(*program->branches));
    program->branches[program->nbranches] = *branch;
    return program->nbranches++;
}

/* Needs of a statement lie on top of the stack when it is compiled. */
static void push_need(struct builder *b, struct needs *needs, uint8_t kind,
                      uint32_t leaf)
{
    b->needs =
        builder_grow(b, b->needs, b->nneeds, &b->cap_needs, sizeof(*b->needs));
    b->needs[b->nneeds++] = (struct need){.kind = kind, .leaf = leaf};
    needs->n++;
}

static struct needs no_needs(const struct builder *b, bool known)
{
    return (struct needs){.known = known, .first = b->nneeds};
}

static void forget_needs(struct builder *b, struct needs *needs)
{
    b->nneeds = needs->first;
    *needs = no_needs(b, false);
}

/* ---- statements that ask ---------------------------------------------------------- */

static uint32_t add_never(struct builder *b,
                          const struct waf_statement *statement, uint32_t no,
                          struct needs *needs)
{
    *needs = no_needs(b, true);
    return add_branch(b, &(struct branch){.kind = BRANCH_NEVER,
                                          .yes = no,
                                          .no = no,
                                          .statement = statement});
}

/* One of the patterns, or a test alone. */
static uint32_t add_values(struct builder *b,
                           const struct waf_statement *statement, uint32_t yes,
                           uint32_t no, struct needs *needs)
{
    unsigned n = 1;

    if (statement->type == WAF_REGEX_SET)
        n = statement->u.regex_set ? statement->u.regex_set->n : 0;
    *needs = no_needs(b, true);
    if (n == 0)
        return add_never(b, statement, no, needs);
    for (unsigned i = n; i-- > 0;) {
        uint32_t leaf = builder_leaf(b, statement, i);

        if (leaf == NO_INDEX)
            continue;
        push_need(b, needs, BRANCH_VALUE, leaf);
        no = add_branch(b, &(struct branch){.kind = BRANCH_VALUE,
                                            .leaf = leaf,
                                            .yes = yes,
                                            .no = no,
                                            .statement = statement});
    }
    return no;
}

static uint32_t add_origin(struct builder *b,
                           const struct waf_statement *statement, uint32_t yes,
                           uint32_t no, struct needs *needs)
{
    if (statement->type == WAF_IP_SET && !statement->u.ip_set.set)
        return add_never(b, statement, no, needs);
    *needs = no_needs(b, false);
    return add_branch(b, &(struct branch){.kind = BRANCH_ORIGIN,
                                          .leaf = builder_origin(b, statement),
                                          .yes = yes,
                                          .no = no,
                                          .statement = statement});
}

static uint32_t add_label(struct builder *b,
                          const struct waf_statement *statement, uint32_t yes,
                          uint32_t no, struct needs *needs)
{
    uint32_t leaf = builder_label_leaf(b, statement);

    *needs = no_needs(b, true);
    push_need(b, needs, BRANCH_LABEL, leaf);
    return add_branch(b, &(struct branch){.kind = BRANCH_LABEL,
                                          .leaf = leaf,
                                          .yes = yes,
                                          .no = no,
                                          .statement = statement});
}

/* ---- statements over statements ----------------------------------------------------- */

static uint32_t add(struct builder *b, const struct waf_statement *statement,
                    uint32_t yes, uint32_t no, struct needs *needs);

/* Of an OR: what they all need together. */
static void join_or(struct builder *b, struct needs *needs,
                    const struct needs *other)
{
    needs->known = needs->known && other->known;
    needs->n = needs->known ? needs->n + other->n : 0;
    b->nneeds = needs->first + needs->n;
}

/* Of an AND: the fewest that one of them needs. */
static void join_and(struct builder *b, struct needs *needs,
                     const struct needs *other)
{
    if (other->known && (!needs->known || other->n < needs->n)) {
        if (other->n)
            memmove(b->needs + needs->first, b->needs + other->first,
                    other->n * sizeof(*b->needs));
        needs->n = other->n;
        needs->known = true;
    }
    b->nneeds = needs->first + needs->n;
}

static uint32_t add_nested(struct builder *b,
                           const struct waf_statement *statement, uint32_t yes,
                           uint32_t no, struct needs *needs)
{
    bool and = statement->type == WAF_AND;
    uint32_t next = and? yes : no;

    *needs = no_needs(b, !and);
    for (unsigned i = statement->u.nested.n; i-- > 0;) {
        struct needs other;

        next = add(b, statement->u.nested.statements[i], and? next : yes,
                   and? no : next, &other);
        if (and)
            join_and(b, needs, &other);
        else
            join_or(b, needs, &other);
    }
    return next;
}

static uint32_t add(struct builder *b, const struct waf_statement *statement,
                    uint32_t yes, uint32_t no, struct needs *needs)
{
    uint32_t entry;

    switch (statement->type) {
    case WAF_BYTE_MATCH:
    case WAF_REGEX_MATCH:
    case WAF_REGEX_SET:
    case WAF_SIZE:
    case WAF_SQLI:
    case WAF_XSS:
        return add_values(b, statement, yes, no, needs);
    case WAF_GEO:
    case WAF_IP_SET:
    case WAF_ASN:
        return add_origin(b, statement, yes, no, needs);
    case WAF_LABEL:
        return add_label(b, statement, yes, no, needs);
    case WAF_AND:
    case WAF_OR:
        return add_nested(b, statement, yes, no, needs);
    case WAF_NOT:
        entry = add(b, statement->u.nested.statements[0], no, yes, needs);
        forget_needs(b, needs);
        return entry;
    case WAF_RATE: /* stand on top of a rule alone */
    case WAF_MANAGED_GROUP:
    case WAF_GROUP:
        break;
    }
    return add_never(b, statement, no, needs);
}

/* ---- a condition ------------------------------------------------------------------ */

/* Geo labels come whether the leaf decides or not; a header that is absent
 * means that the rule is not applied, whatever else is true of it. */
static bool is_eager(const struct branch *branch)
{
    if (branch->kind != BRANCH_ORIGIN)
        return false;
    switch (branch->statement->type) {
    case WAF_GEO:
        return true;
    case WAF_IP_SET:
        return branch->statement->u.ip_set.forwarded.header.n > 0;
    default:
        return branch->statement->u.asn.forwarded.header.n > 0;
    }
}

static void find_eager(struct builder *b, struct condition *condition)
{
    struct waf_program *program = b->program;

    condition->first_eager = b->neager;
    for (uint32_t i = condition->n; i-- > 0;) {
        uint32_t at = condition->first + i;

        if (!is_eager(&program->branches[at]))
            continue;
        program->eager = builder_grow(b, program->eager, b->neager,
                                      &b->cap_eager, sizeof(uint32_t));
        program->eager[b->neager++] = at;
    }
    condition->neager = b->neager - condition->first_eager;
}

static bool has_geo(const struct waf_program *program,
                    const struct condition *condition)
{
    for (uint32_t i = 0; i < condition->n; i++) {
        const struct branch *branch = &program->branches[condition->first + i];

        if (branch->kind == BRANCH_ORIGIN && branch->statement->type == WAF_GEO)
            return true;
    }
    return false;
}

void builder_condition(struct builder *b, const struct waf_statement *statement,
                       struct condition *condition, struct needs *needs)
{
    *condition = (struct condition){.first = b->program->nbranches,
                                    .entry = GO_TRUE,
                                    .first_eager = b->neager};
    *needs = no_needs(b, false);
    if (!statement)
        return;
    condition->entry = add(b, statement, GO_TRUE, GO_FALSE, needs);
    condition->n = b->program->nbranches - condition->first;
    find_eager(b, condition);
    if (has_geo(b->program, condition))
        forget_needs(b, needs);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests and leaves: what statements ask of values, each once; then the order
 * in which they are looked at.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "match/marks.h"
#include "match/sqli.h"
#include "match/xss.h"
#include "waf/builder.h"

/* ---- tests ---------------------------------------------------------------- */

static bool same_test(const void *owner, uint32_t index, const void *key)
{
    const struct builder *b = owner;
    const struct test *old = &b->program->tests[index];
    const struct test *test = key;

    return old->kind == test->kind && old->detail == test->detail &&
           old->size == test->size && str_eq(old->bytes, test->bytes);
}

static unsigned gate_bytes(struct builder *b, const struct test *test)
{
    static const enum gate_place places[] = {
        [WAF_EXACTLY] = GATE_WHOLE,          [WAF_STARTS_WITH] = GATE_BEGIN,
        [WAF_ENDS_WITH] = GATE_END,          [WAF_CONTAINS] = GATE_ANYWHERE,
        [WAF_CONTAINS_WORD] = GATE_ANYWHERE,
    };

    if (test->bytes.n == 0)
        return gate_add_always(b->gate);
    return gate_add_bytes(b->gate, test->bytes, places[test->detail]);
}

static void gate_test(struct builder *b, struct test *test)
{
    uint64_t bytes[4];

    switch ((enum test_kind)test->kind) {
    case TEST_BYTES:
        test->gate = gate_bytes(b, test);
        break;
    case TEST_REGEX:
        test->gate = gate_add_regex(b->gate, test->bytes);
        break;
    case TEST_SQLI:
        sqli_needs(bytes);
        test->gate = gate_add_class(b->gate, 1, bytes);
        break;
    case TEST_XSS:
        xss_needs(bytes);
        test->gate = gate_add_class(b->gate, XSS_LEAST, bytes);
        break;
    case TEST_SIZE: /* is cheaper than the gate */
        test->gate = NO_INDEX;
        return;
    }
    b->program->gate_tests =
        builder_grow(b, b->program->gate_tests, b->ngated, &b->cap_gate_tests,
                     sizeof(*b->program->gate_tests));
    b->program->gate_tests[b->ngated++] = b->program->ntests;
}

static uint32_t intern_test(struct builder *b, struct test *test)
{
    struct waf_program *program = b->program;
    uint64_t hash = intern_hash_u64(INTERN_HASH, test->kind);
    uint32_t old;

    hash = intern_hash_u64(intern_hash_u64(hash, test->detail), test->size);
    hash = intern_hash_str(hash, test->bytes);
    old =
        intern_find(&b->test_index, hash, program->ntests, same_test, b, test);
    if (old != INTERN_NEW) {
        regex_release(test->regex);
        return old;
    }
    program->tests = builder_grow(b, program->tests, program->ntests,
                                  &b->cap_tests, sizeof(*program->tests));
    gate_test(b, test);
    program->tests[program->ntests] = *test;
    return program->ntests++;
}

/* ---- patterns ---------------------------------------------------------------- */

static void report_pattern(struct builder *b,
                           const struct waf_statement *statement,
                           struct str pattern, const struct error *error)
{
    const struct config_regex_set *set = statement->u.regex_set;
    bool of_set = statement->type == WAF_REGEX_SET;
    const struct problem_detail detail = {
        .code = "WAFInvalidParameterException",
        .field = of_set ? "REGEX_PATTERN_SET" : "STATEMENT",
        .parameter = pattern};
    const char *remedy = strstr(error->text, "; ");

    report_tell(b->report, PROBLEM_ERROR, &statement->place, &detail,
                "web ACL " STR_FMT ": " STR_FMT ": pattern \"" STR_FMT
                "\"%s" STR_FMT ": %.*s\n%s",
                STR_ARG(b->program->acl->entity.id), STR_ARG(statement->path),
                STR_ARG(pattern), of_set ? " of regex pattern set " : "",
                STR_ARG(of_set ? set->entity.id : STR("")),
                remedy ? (int)(remedy - error->text) : (int)sizeof(error->text),
                error->text, remedy ? remedy + 2 : "correct it");
}

static bool pattern_test(struct builder *b,
                         const struct waf_statement *statement,
                         struct str pattern, struct test *test)
{
    struct error error = {.text = ""};

    test->kind = TEST_REGEX;
    test->bytes = pattern;
    if (b->managed || regex_aws_takes(pattern, &error))
        test->regex = regex_new(pattern, &error);
    if (!test->regex)
        report_pattern(b, statement, pattern, &error);
    return test->regex != NULL;
}

static bool statement_test(struct builder *b,
                           const struct waf_statement *statement, unsigned nth,
                           struct test *test)
{
    switch (statement->type) {
    case WAF_BYTE_MATCH:
        test->kind = TEST_BYTES;
        test->detail = (uint8_t)statement->u.byte_match.position;
        test->bytes = statement->u.byte_match.search;
        return true;
    case WAF_REGEX_MATCH:
        return pattern_test(b, statement, statement->u.regex.pattern, test);
    case WAF_REGEX_SET:
        return pattern_test(b, statement, statement->u.regex_set->patterns[nth],
                            test);
    case WAF_SIZE:
        test->kind = TEST_SIZE;
        test->detail = (uint8_t)statement->u.size.comparison;
        test->size = statement->u.size.size;
        return true;
    case WAF_SQLI:
        test->kind = TEST_SQLI;
        test->detail = statement->u.sqli.high;
        return true;
    default:
        test->kind = TEST_XSS;
        return true;
    }
}

/* ---- leaves ------------------------------------------------------------------ */

static bool same_leaf(const void *owner, uint32_t index, const void *key)
{
    const struct builder *b = owner;
    const struct leaf *old = &b->program->leaves[index];
    const struct leaf *leaf = key;

    return old->test == leaf->test && old->source == leaf->source;
}

uint32_t builder_leaf(struct builder *b, const struct waf_statement *statement,
                      unsigned nth)
{
    struct waf_program *program = b->program;
    struct test test = {.kind = TEST_XSS};
    struct leaf leaf = {.test = NO_INDEX};
    uint64_t hash;
    uint32_t old;

    if (!statement_test(b, statement, nth, &test))
        return NO_INDEX;
    leaf.test = intern_test(b, &test);
    leaf.source =
        value_plan_add(program->plan, &statement->field, &statement->chain);
    hash =
        intern_hash_u64(intern_hash_u64(INTERN_HASH, leaf.test), leaf.source);
    old = intern_find(&b->leaf_index, hash, program->nleaves, same_leaf, b,
                      &leaf);
    if (old != INTERN_NEW)
        return old;
    program->leaves = builder_grow(b, program->leaves, program->nleaves,
                                   &b->cap_leaves, sizeof(*program->leaves));
    program->leaves[program->nleaves] = leaf;
    return program->nleaves++;
}

/* ---- their order ---------------------------------------------------------------- */

/* What a leaf, or a source, is ordered by. */
struct rank {
    uint32_t family;
    uint32_t depth;
    uint32_t source;
    uint32_t gate;
    uint32_t index;
};

static int compare_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_rank(const void *pa, const void *pb)
{
    const struct rank *a = pa;
    const struct rank *b = pb;
    int order = compare_u32(a->family, b->family);

    if (order == 0)
        order = compare_u32(a->depth, b->depth);
    if (order == 0)
        order = compare_u32(a->source, b->source);
    if (order == 0)
        order = compare_u32(a->gate, b->gate);
    return order ? order : compare_u32(a->index, b->index);
}

static uint32_t depth_of(const struct waf_program *program, uint32_t source)
{
    uint32_t depth = 0;

    for (; program->sources[source].parent != source; depth++)
        source = program->sources[source].parent;
    return depth;
}

static uint32_t root_of(const struct waf_program *program, uint32_t source)
{
    while (program->sources[source].parent != source)
        source = program->sources[source].parent;
    return source;
}

/* Sources that have leaves, or lead to one that has, get the number of their
 * family; others NO_INDEX. */
static void find_families(struct builder *b)
{
    struct waf_program *program = b->program;
    uint32_t *families =
        memory_zeroed(program->nsources + 1, sizeof(*families));

    for (uint32_t i = 0; i < program->nsources; i++)
        program->sources[i].family = NO_INDEX;
    for (uint32_t i = 0; i < program->nleaves; i++) {
        uint32_t source = program->leaves[i].source;
        uint32_t root = root_of(program, source);

        if (!families[root])
            families[root] = ++program->nfamilies;
        for (;; source = program->sources[source].parent) {
            program->sources[source].family = families[root] - 1;
            if (source == root)
                break;
        }
    }
    free(families);
}

static void find_touched(struct waf_program *program)
{
    for (uint32_t i = 0; i < program->nsources; i++) {
        const struct source *source = &program->sources[i];

        if (source->family != NO_INDEX && source->parent != i && !source->folds)
            program->families[source->family].touched |=
                marks_touched_by((enum transform)source->last);
    }
}

/* The parent of each of the `n` sources of families, by its place in its
 * family. */
static void find_parents(struct waf_program *program, uint32_t n)
{
    uint32_t *places = memory_zeroed(program->nsources + 1, sizeof(*places));

    program->family_parents =
        region_take(&program->region, (n + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < n; i++) {
        const struct source *source =
            &program->sources[program->family_sources[i]];

        places[program->family_sources[i]] =
            i - program->families[source->family].first_source;
        program->family_parents[i] = places[source->parent];
    }
    free(places);
}

static void order_sources(struct builder *b)
{
    struct waf_program *program = b->program;
    struct rank *ranks = memory_zeroed(program->nsources + 1, sizeof(*ranks));
    uint32_t n = 0;

    for (uint32_t i = 0; i < program->nsources; i++)
        if (program->sources[i].family != NO_INDEX)
            ranks[n++] = (struct rank){.family = program->sources[i].family,
                                       .depth = depth_of(program, i),
                                       .source = i,
                                       .index = i};
    qsort(ranks, n, sizeof(*ranks), compare_rank);
    program->family_sources =
        region_take(&program->region, (n + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < n; i++) {
        struct family *family = &program->families[ranks[i].family];

        if (family->nsources++ == 0)
            family->first_source = i;
        program->family_sources[i] = ranks[i].source;
        if (family->nsources > program->most_sources)
            program->most_sources = family->nsources;
    }
    find_parents(program, n);
    free(ranks);
}

static void set_bit(uint64_t *bits, uint32_t at)
{
    bits[at / 64] |= UINT64_C(1) << (at % 64);
}

static void place_leaf(struct waf_program *program, uint32_t at)
{
    struct leaf *leaf = &program->leaves[at];
    struct source *source = &program->sources[leaf->source];
    struct family *family = &program->families[source->family];
    uint32_t gate = program->tests[leaf->test].gate;

    if (source->nleaves++ == 0)
        source->first_leaf = at;
    if (family->nleaves++ == 0)
        family->first_leaf = at;
    if (gate == NO_INDEX)
        return;
    source->ngated++;
    family->ngated++;
    set_bit(source->tests, gate);
    set_bit(family->tests, gate);
}

/* Branches and needs knew leaves in the order they were met. */
static void renumber(struct builder *b, const uint32_t *places)
{
    struct waf_program *program = b->program;

    for (uint32_t i = 0; i < program->nbranches; i++)
        if (program->branches[i].kind == BRANCH_VALUE)
            program->branches[i].leaf = places[program->branches[i].leaf];
    for (uint32_t i = 0; i < b->nneeds; i++)
        if (b->needs[i].kind == BRANCH_VALUE)
            b->needs[i].leaf = places[b->needs[i].leaf];
}

static void order_leaves(struct builder *b)
{
    struct waf_program *program = b->program;
    uint32_t n = program->nleaves;
    struct rank *ranks = memory_zeroed(n + 1, sizeof(*ranks));
    uint32_t *places = memory_zeroed(n + 1, sizeof(*places));
    struct leaf *leaves =
        region_take(&program->region, (n + 1) * sizeof(*leaves));

    for (uint32_t i = 0; i < n; i++) {
        const struct leaf *leaf = &program->leaves[i];

        ranks[i] = (struct rank){
            .family = program->sources[leaf->source].family,
            .depth = depth_of(program, leaf->source),
            .source = leaf->source,
            .gate = program->tests[leaf->test].gate,
            .index = i,
        };
    }
    qsort(ranks, n, sizeof(*ranks), compare_rank);
    for (uint32_t i = 0; i < n; i++) {
        leaves[i] = program->leaves[ranks[i].index];
        places[ranks[i].index] = i;
    }
    program->leaves = leaves;
    for (uint32_t i = 0; i < n; i++)
        place_leaf(program, i);
    renumber(b, places);
    free(places);
    free(ranks);
}

static void take_sources(struct builder *b)
{
    struct waf_program *program = b->program;

    program->nsources = value_plan_n(program->plan);
    program->sources = region_take(&program->region, (program->nsources + 1) *
                                                         sizeof(struct source));
    for (uint32_t i = 0; i < program->nsources; i++) {
        enum transform last = value_plan_last(program->plan, i);

        program->sources[i] = (struct source){
            .parent = value_plan_parent(program->plan, i),
            .last = (uint8_t)last,
            .folds = last == TRANSFORM_LOWERCASE || last == TRANSFORM_UPPERCASE,
            .tests = region_take(&program->region,
                                 (program->words + 1) * sizeof(uint64_t)),
        };
    }
}

void builder_families(struct builder *b)
{
    struct waf_program *program = b->program;

    program->words = gate_words(b->ngated);
    program->gate = gate_build(b->gate);
    b->gate = NULL;
    take_sources(b);
    find_families(b);
    program->families = region_take(
        &program->region, (program->nfamilies + 1) * sizeof(struct family));
    for (uint32_t i = 0; i < program->nfamilies; i++)
        program->families[i].tests = region_take(
            &program->region, (program->words + 1) * sizeof(uint64_t));
    find_touched(program);
    order_sources(b);
    order_leaves(b);
}

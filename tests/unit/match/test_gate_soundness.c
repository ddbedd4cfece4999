/* SPDX-License-Identifier: Apache-2.0
 *
 * The gate never loses a match: what PCRE2 finds is a candidate, for patterns
 * made at random and for those of the Core Rule Set.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "match/gate.h"
#include "match/regex.h"
#include "regex_maker.h"

enum {
    BATCH = 64, /* patterns of one gate */
    BATCHES = 160,
    TEXTS = 24, /* of each pattern */
    TEXT_MAX = 1024,
    PAGE = 4096,
};

static struct regex_scratch *regexes;
static struct gate_scratch *gates;
static char *page_end; /* what is behind it may not be read */

static int set_up(void **state)
{
    char *pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    if (pages == MAP_FAILED || mprotect(pages + 2 * PAGE, PAGE, PROT_NONE) < 0)
        return -1;
    page_end = pages + 2 * PAGE;
    regexes = regex_scratch_new();
    gates = gate_scratch_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    regex_scratch_free(regexes);
    gate_scratch_free(gates);
    return munmap(page_end - 2 * PAGE, 3 * PAGE);
}

static bool has(const uint64_t *bits, unsigned i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

/* ---- patterns made at random ------------------------------------------------------ */

struct batch {
    unsigned n;
    struct regex *regexes[BATCH];
    char patterns[BATCH][MAKER_PATTERN + 1];
    char texts[BATCH][TEXT_MAX];
    size_t lengths[BATCH];
    struct gate *gate;
};

static unsigned long nmatches;
static unsigned long nshut; /* texts times tests that are no candidates */

static void make_batch(struct batch *batch, struct maker *maker)
{
    struct gate_builder *builder = gate_builder_new();

    *batch = (struct batch){.n = 0};
    while (batch->n < BATCH) {
        struct error error;
        struct regex *regex;
        struct str pattern;
        unsigned i = batch->n;

        maker_next(maker);
        pattern = text_str(&maker->pattern);
        regex = regex_new(pattern, &error);
        if (regex == NULL)
            continue;
        batch->regexes[i] = regex;
        memcpy(batch->patterns[i], pattern.p, pattern.n);
        batch->lengths[i] =
            maker->sample.n < TEXT_MAX / 2 ? maker->sample.n : TEXT_MAX / 2;
        memcpy(batch->texts[i], maker->sample.p, batch->lengths[i]);
        assert_int_equal(gate_add_regex(builder, pattern), i);
        batch->n++;
    }
    batch->gate = gate_build(builder);
}

static void free_batch(struct batch *batch)
{
    for (unsigned i = 0; i < batch->n; i++)
        regex_release(batch->regexes[i]);
    gate_free(batch->gate);
}

static _Noreturn void lost(const char *pattern, struct str text)
{
    char room[4 * TEXT_MAX];
    struct text t = text_in(room, sizeof(room));

    text_json(&t, text);
    fail_msg("lost: %s on " STR_FMT, pattern, STR_ARG(text_str(&t)));
    abort();
}

/* The text's own pattern, and two others. */
static void check_text(const struct batch *batch, unsigned own, struct str text,
                       uint64_t candidates)
{
    const unsigned asked[] = {own, (own + 1) % BATCH, (own * 7 + 3) % BATCH};

    for (unsigned k = 0; k < 3; k++) {
        unsigned i = asked[k];

        if (regex_search(batch->regexes[i], regexes, text, NULL, NULL) !=
            REGEX_YES)
            continue;
        nmatches++;
        if (!(candidates >> i & 1))
            lost(batch->patterns[i], text);
    }
    nshut += (unsigned)(BATCH - __builtin_popcountll(candidates));
}

static uint64_t ask(const struct gate *gate, struct str text, uint64_t wanted)
{
    uint64_t candidates = 0;

    gate_candidates(gate, gates, text, &wanted, &candidates);
    return candidates;
}

/* The same at each place in memory, and in part. */
static void check_places(const struct batch *batch, struct str text,
                         uint64_t candidates)
{
    char *base = page_end - 2 * PAGE;

    for (unsigned i = 0; i < 64; i++) {
        memcpy(base + i, text.p, text.n);
        assert_int_equal(
            ask(batch->gate, str_make(base + i, text.n), UINT64_MAX),
            candidates);
        assert_int_equal(ask(batch->gate, text, UINT64_C(0x5555) << i),
                         candidates & UINT64_C(0x5555) << i);
    }
}

static void check_batch(const struct batch *batch, struct maker *maker)
{
    for (unsigned i = 0; i < BATCH; i++) {
        for (unsigned k = 0; k < TEXTS; k++) {
            char text[TEXT_MAX];
            size_t n = batch->lengths[i];
            uint64_t candidates;
            struct str value;

            memcpy(text, batch->texts[i], n);
            if (k)
                n = maker_mutate(maker, text, n, TEXT_MAX);
            value = str_make(page_end - n, n);
            memcpy(page_end - n, text, n);
            candidates = ask(batch->gate, value, UINT64_MAX);
            check_text(batch, i, value, candidates);
            if (k == 0)
                check_places(batch, value, candidates);
        }
    }
}

static void test_no_match_of_a_pattern_made_at_random_is_lost(void **state)
{
    static struct batch batch;
    static struct maker maker;
    const char *seed = getenv("GATE_SEED");
    const char *batches = getenv("GATE_BATCHES");

    (void)state;
    maker_begin(&maker, seed ? strtoull(seed, NULL, 10) : 1);
    for (int i = batches ? atoi(batches) : BATCHES; i > 0; i--) {
        make_batch(&batch, &maker);
        check_batch(&batch, &maker);
        free_batch(&batch);
    }
    print_message("%lu matches, %lu not asked for\n", nmatches, nshut);
    /* The gate opens for a match, and is not open always. */
    assert_true(nmatches > 50000);
    assert_true(nshut > nmatches);
}

/* ---- the Core Rule Set ------------------------------------------------------------ */

enum { RULES_MAX = 512 };

struct rules {
    unsigned n;
    struct regex *regexes[RULES_MAX];
    char *patterns[RULES_MAX];
    struct gate_builder *builder;
};

/* Up to the quote that ends it; what is quoted is a quote. */
static size_t unquote(const char *from, char *to)
{
    size_t n = 0;

    for (; *from && *from != '"'; from++) {
        if (from[0] == '\\' && from[1] == '"')
            from++;
        else if (from[0] == '\\' && from[1])
            to[n++] = *from++;
        to[n++] = *from;
    }
    to[n] = '\0';
    return n;
}

static void add_rule(struct rules *rules, const char *quoted)
{
    char *pattern = memory_zeroed(1, strlen(quoted) + 1);
    struct error error;
    struct regex *regex =
        regex_new(str_make(pattern, unquote(quoted, pattern)), &error);

    if (regex == NULL || rules->n == RULES_MAX) {
        regex_release(regex);
        free(pattern);
        return;
    }
    gate_add_regex(rules->builder, str_of(pattern));
    rules->patterns[rules->n] = pattern;
    rules->regexes[rules->n++] = regex;
}

static void read_rules(struct rules *rules, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;

    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        const char *operator= line[0] == '#' ? NULL : strstr(line, "@rx ");

        if (operator)
            add_rule(rules, operator+ 4);
    }
    free(line);
    fclose(file);
}

static bool load_rules(struct rules *rules)
{
    glob_t files;

    *rules = (struct rules){.n = 0};
    if (glob("/usr/share/modsecurity-crs/rules/*.conf", 0, NULL, &files) != 0)
        return false;
    rules->builder = gate_builder_new();
    for (size_t i = 0; i < files.gl_pathc; i++)
        read_rules(rules, files.gl_pathv[i]);
    globfree(&files);
    return true;
}

static FILE *open_vectors(void)
{
    const char *shared = getenv("SLUICE_SHARED");
    const char *top = getenv("TOP_SRCDIR");
    char path[4096];

    if (shared)
        snprintf(path, sizeof(path), "%s/data/libinjection-vectors-dev.jsonl",
                 shared);
    else
        snprintf(path, sizeof(path),
                 "%s/../shared/data/libinjection-vectors-dev.jsonl",
                 top ? top : ".");
    return fopen(path, "r");
}

/* The bytes of `"hex": "..."`, in place. */
static struct str vector_of(char *line)
{
    char *p = strstr(line, "\"hex\": \"");
    size_t n = 0;

    assert_non_null(p);
    p += 8;
    while (hex_digit(p[2 * n]) >= 0 && hex_digit(p[2 * n + 1]) >= 0) {
        line[n] = (char)(hex_digit(p[2 * n]) * 16 + hex_digit(p[2 * n + 1]));
        n++;
    }
    return str_make(line, n);
}

static void check_vector(const struct rules *rules, const struct gate *gate,
                         struct str text)
{
    uint64_t wanted[RULES_MAX / 64];
    uint64_t candidates[RULES_MAX / 64] = {0};

    memset(wanted, 0xff, sizeof(wanted));
    gate_candidates(gate, gates, text, wanted, candidates);
    for (unsigned i = 0; i < rules->n; i++) {
        if (has(candidates, i))
            continue;
        nshut++;
        if (regex_search(rules->regexes[i], regexes, text, NULL, NULL) ==
            REGEX_YES)
            lost(rules->patterns[i], text);
    }
}

static void test_no_match_of_the_core_rule_set_is_lost(void **state)
{
    static struct rules rules;
    FILE *vectors = open_vectors();
    char *line = NULL;
    size_t room = 0;
    unsigned n = 0;
    struct gate *gate;

    (void)state;
    if (vectors == NULL || !load_rules(&rules)) {
        print_message("skipped: the Core Rule Set's files or the shared "
                      "vectors are not there\n");
        skip();
    }
    gate = gate_build(rules.builder);
    nshut = 0;
    for (; getline(&line, &room, vectors) > 0; n++)
        check_vector(&rules, gate, vector_of(line));
    print_message("%u rules, %u texts, %.1f candidates each\n", rules.n, n,
                  rules.n - (double)nshut / n);
    assert_true(rules.n > 200);
    assert_true(nshut > (unsigned long)n * rules.n / 2);
    free(line);
    fclose(vectors);
    gate_free(gate);
    for (unsigned i = 0; i < rules.n; i++) {
        regex_release(rules.regexes[i]);
        free(rules.patterns[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_match_of_a_pattern_made_at_random_is_lost),
        cmocka_unit_test(test_no_match_of_the_core_rule_set_is_lost),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "match/xss.h"

enum {
    LINE_MAX_ = 512 * 1024,
    VALUE_MAX = LINE_MAX_ / 2,
    VECTORS_MAX = 2000,
    MUTATIONS = 100000,
};

/* ---- the table ---------------------------------------------------------------- */

static json_t *load_table(void)
{
    const char *top = getenv("TOP_SRCDIR");
    char path[4096];
    json_error_t error;
    json_t *table;

    snprintf(path, sizeof(path), "%s/tests/unit/match/data/xss.json",
             top ? top : ".");
    table = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (table == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return table;
}

static struct str text_of(const json_t *s)
{
    return str_make(json_string_value(s), json_string_length(s));
}

static void check_tokens(const json_t *row, const struct xss_evidence *evidence,
                         struct str value)
{
    const json_t *tokens = json_object_get(row, "tokens");

    if (json_array_size(tokens) != evidence->n)
        fail_msg("%s: %u tokens, the first is \"" STR_FMT "\"",
                 json_string_value(json_object_get(row, "why")), evidence->n,
                 STR_ARG(evidence->tokens[0]));
    for (unsigned i = 0; i < evidence->n; i++)
        assert_true(
            str_eq(evidence->tokens[i], text_of(json_array_get(tokens, i))));
    assert_ptr_equal(evidence->tokens[0].p, value.p + evidence->from);
    assert_ptr_equal(evidence->tokens[evidence->n - 1].p +
                         evidence->tokens[evidence->n - 1].n,
                     value.p + evidence->to);
}

static void test_values_are_judged_as_the_table_says(void **state)
{
    json_t *table = load_table(), *row;
    size_t i;

    (void)state;
    assert_true(json_array_size(table) > 100);
    json_array_foreach(table, i, row)
    {
        bool wanted = json_is_true(json_object_get(row, "xss"));
        struct str value = text_of(json_object_get(row, "value"));
        struct xss_evidence evidence;

        if (xss_detect(value, &evidence) != wanted)
            fail_msg("%s: " STR_FMT,
                     json_string_value(json_object_get(row, "why")),
                     STR_ARG(value));
        assert_true(xss_detect(value, NULL) == wanted);
        if (wanted)
            check_tokens(row, &evidence, value);
    }
    json_decref(table);
}

static void test_a_long_value_is_cut_in_the_evidence_only(void **state)
{
    static char text[300] = "<a href=javascript:";
    struct str value = str_make(text, sizeof(text));
    struct xss_evidence evidence;

    (void)state;
    memset(text + 19, 'x', sizeof(text) - 19);
    assert_true(xss_detect(value, &evidence));
    assert_int_equal(evidence.n, 4);
    assert_int_equal(evidence.tokens[3].n, 64);
    assert_int_equal(evidence.from, 0);
    assert_int_equal(evidence.to, sizeof(text));
}

/* Contexts are read to the end, also when there is more markup than is
 * remembered of the first one. */
static void test_what_stands_behind_much_markup_is_found(void **state)
{
    static char text[16 * 1024];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 1000; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "<b>%d</b>", i);
    assert_false(xss_detect(str_make(text, n), NULL));
    n += (size_t)snprintf(text + n, sizeof(text) - n, "<a title='\"><script>");
    assert_true(xss_detect(str_make(text, n), NULL));
    assert_false(xss_detect_in(str_make(text, n), XSS_IN_TEXT));
    assert_true(xss_detect_in(str_make(text, n), XSS_IN_DOUBLE));
}

/* ---- libinjection's answers --------------------------------------------------- */

struct vectors {
    unsigned n;
    struct str values[VECTORS_MAX]; /* those that it takes for scripts, and
                                       some others */
    unsigned all;
    unsigned positives;
    unsigned missed;
    unsigned extra;
};

static size_t from_hex(const char *hex, char *bytes)
{
    size_t n = 0;

    for (; hex[0] && hex[1] && n < VALUE_MAX; hex += 2)
        bytes[n++] = (char)(hex_digit(hex[0]) * 16 + hex_digit(hex[1]));
    return n;
}

static void add_vector(struct vectors *v, const char *line)
{
    static char bytes[VALUE_MAX];
    json_t *row = json_loads(line, JSON_ALLOW_NUL, NULL);
    struct str value;
    bool wanted, got;

    assert_non_null(row);
    wanted = json_integer_value(json_object_get(row, "xss"));
    value.p = bytes;
    value.n = from_hex(json_string_value(json_object_get(row, "hex")), bytes);
    got = xss_detect(value, NULL);
    v->all++;
    v->positives += wanted;
    v->missed += wanted && !got;
    v->extra += got && !wanted;
    if ((wanted || v->all % 50 == 0) && v->n < VECTORS_MAX && value.n < 400) {
        char *copy = malloc(value.n + 1);

        assert_non_null(copy);
        memcpy(copy, value.p, value.n);
        v->values[v->n++] = str_make(copy, value.n);
    }
    json_decref(row);
}

static struct vectors *load_vectors(void)
{
    const char *shared = getenv("SLUICE_SHARED"), *top = getenv("TOP_SRCDIR");
    static char path[4096], line[LINE_MAX_];
    struct vectors *v;
    FILE *file;

    if (shared)
        snprintf(path, sizeof(path), "%s/data/libinjection-vectors-dev.jsonl",
                 shared);
    else
        snprintf(path, sizeof(path),
                 "%s/../shared/data/libinjection-vectors-dev.jsonl",
                 top ? top : ".");
    file = fopen(path, "rb");
    if (file == NULL) {
        printf("skipped: no %s\n", path);
        return NULL;
    }
    v = calloc(1, sizeof(*v));
    assert_non_null(v);
    while (fgets(line, sizeof(line), file))
        add_vector(v, line);
    fclose(file);
    return v;
}

static void free_vectors(struct vectors *v)
{
    for (unsigned i = 0; i < v->n; i++)
        free((char *)v->values[i].p);
    free(v);
}

/* What differs: <v:vmlframe> loads a page, whatever its prefix. */
static void test_libinjection_says_the_same(void **state)
{
    struct vectors *v = load_vectors();

    (void)state;
    if (v == NULL) {
        skip();
        return;
    }
    printf("%u values, %u scripts: %u missed, %u more\n", v->all, v->positives,
           v->missed, v->extra);
    assert_true(v->all > 20000 && v->positives > 900);
    assert_true((v->missed + v->extra) * 100 <= v->all);
    assert_true(v->missed * 100 <= v->positives * 3);
    free_vectors(v);
}

static uint32_t draw(uint32_t *seed, size_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((*seed >> 8) % below);
}

/* Some bytes less, more or other. */
static size_t mutate(uint32_t *seed, struct str value, char *to)
{
    static const char bytes[] = "<>\"'`=/ !-?&#;:onxas[]\n";
    size_t n = value.n;

    memcpy(to, value.p, n);
    for (uint32_t i = 1 + draw(seed, 6); i; i--) {
        size_t at = draw(seed, n + 1);

        if (draw(seed, 2) && at < n) {
            memmove(to + at, to + at + 1, n - at - 1);
            n--;
        } else {
            memmove(to + at + 1, to + at, n - at);
            to[at] = bytes[draw(seed, sizeof(bytes))];
            n++;
        }
    }
    return n;
}

typedef int oracle_fn(const char *value, size_t n);

static unsigned count_differences(const struct vectors *v, oracle_fn *oracle)
{
    uint32_t seed = 1;
    unsigned different = 0;
    char value[512];

    for (int i = 0; i < MUTATIONS; i++) {
        size_t n = mutate(&seed, v->values[draw(&seed, v->n)], value);

        different +=
            xss_detect(str_make(value, n), NULL) != (oracle(value, n) != 0);
    }
    return different;
}

/* What differs: addresses that merely begin with "java" or "data", events with
 * other characters than letters in their names or outside of a tag that no
 * browser knows, end tags, style and the like where a form may begin. */
static void test_libinjection_says_the_same_of_mutated_values(void **state)
{
    void *library = dlopen("libmodsecurity.so.3", RTLD_NOW | RTLD_LOCAL);
    void *oracle = library ? dlsym(library, "libinjection_xss") : NULL;
    struct vectors *v = oracle ? load_vectors() : NULL;
    unsigned different;

    (void)state;
    if (oracle == NULL)
        printf("skipped: no libinjection_xss in libmodsecurity.so.3\n");
    if (v == NULL) {
        skip();
    } else {
        different = count_differences(v, *(oracle_fn **)&oracle);
        printf("%d values: %u differ\n", MUTATIONS, different);
        assert_true(different * 100 <= MUTATIONS * 3);
        free_vectors(v);
        dlclose(library);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_judged_as_the_table_says),
        cmocka_unit_test(test_a_long_value_is_cut_in_the_evidence_only),
        cmocka_unit_test(test_what_stands_behind_much_markup_is_found),
        cmocka_unit_test(test_libinjection_says_the_same),
        cmocka_unit_test(test_libinjection_says_the_same_of_mutated_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * transform/NAME.json has the cases of a transformation, a line each:
 * ["input", "result", "what it shows"], where a character is a byte (U+0000 to
 * U+00FF).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/text.h"
#include "match/transform.h"

static const char *const names[TRANSFORMS] = {
#define X(name) #name,
#include "model/waf_transformations.def"
#undef X
};

static struct chunk_pool pool;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, &pool, 1 << 24);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&arena);
    chunk_pool_end(&pool);
    return 0;
}

/* In memory of exactly its size, so that sanitizers see what reads past it. */
static struct str apply(enum transform transform, struct str in)
{
    char *exact = malloc(in.n ? in.n : 1);
    struct str out;

    assert_non_null(exact);
    if (in.n)
        memcpy(exact, in.p, in.n);
    out = transform_apply(transform, str_make(exact, in.n), &arena);
    assert_non_null(out.p);
    if (out.p >= exact && out.p <= exact + in.n)
        out.p = in.p + (out.p - exact);
    free(exact);
    return out;
}

/* ---- data ------------------------------------------------------------------- */

static void path_of(char *path, size_t size, const char *name)
{
    const char *top = getenv("TOP_SRCDIR");

    snprintf(path, size, "%s/%s", top ? top : ".", name);
}

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *data = json_load_file(path, JSON_ALLOW_NUL, &error);

    if (data == NULL)
        fail_msg("%s: %s", path, error.text);
    return data;
}

/* The bytes of a JSON string of characters up to U+00FF, from the arena. */
static struct str bytes_of(const json_t *text)
{
    const unsigned char *p = (const unsigned char *)json_string_value(text);
    size_t left = json_string_length(text), n = 0;
    char *bytes = arena_take(&arena, left + 1);

    assert_non_null(p);
    assert_non_null(bytes);
    for (size_t i = 0; i < left; i++) {
        unsigned c = p[i];

        if (c >= 0x80) {
            assert_in_range(c, 0xc2, 0xc3);
            c = (c & 3) << 6 | (p[++i] & 0x3f);
        }
        bytes[n++] = (char)(unsigned char)c;
    }
    return str_make(bytes, n);
}

static struct str bytes_of_hex(const json_t *text)
{
    const char *hex = json_string_value(text);
    size_t n = json_string_length(text) / 2;
    char *bytes = arena_take(&arena, n + 1);

    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] =
            (char)(hex_digit(hex[2 * i]) * 16 + hex_digit(hex[2 * i + 1]));
    return str_make(bytes, n);
}

static const char *show(struct str s)
{
    struct text text = text_in(arena_take(&arena, 6 * s.n + 3), 6 * s.n + 3);

    text_json(&text, s);
    text_char(&text, 0);
    return text.p;
}

/* ---- cases ------------------------------------------------------------------ */

static void check_cases(enum transform transform)
{
    char path[4096], name[64];
    json_t *cases, *one;
    bool empty = false, changed = transform == TRANSFORM_NONE;
    size_t i;

    snprintf(name, sizeof(name), "tests/unit/match/transform/%s.json",
             names[transform]);
    path_of(path, sizeof(path), name);
    cases = load(path);
    assert_true(json_array_size(cases) >= 10);
    json_array_foreach(cases, i, one)
    {
        struct str in = bytes_of(json_array_get(one, 0));
        struct str want = bytes_of(json_array_get(one, 1));
        struct str out = apply(transform, in);

        if (!str_eq(out, want))
            fail_msg("%s, %s: %s became %s, not %s", names[transform],
                     json_string_value(json_array_get(one, 2)), show(in),
                     show(out), show(want));
        if (str_eq(in, want))
            assert_ptr_equal(out.p, in.p);
        empty = empty || in.n == 0;
        changed = changed || !str_eq(in, want);
    }
    assert_true(empty && changed);
    json_decref(cases);
}

/* Checklist 63, 65 to 76 */
static void test_every_transformation_does_what_its_cases_say(void **state)
{
    (void)state;
    assert_int_equal(TRANSFORMS, 31);
    for (unsigned i = 0; i < TRANSFORMS; i++)
        check_cases((enum transform)i);
}

/* ---- properties ------------------------------------------------------------- */

static uint32_t seed = 1;

static unsigned next_random(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* What transformations look for, and any byte. */
static size_t random_bytes(char *p, size_t max)
{
    static const char tricky[] =
        "\\\\%%&&##//..**--uUxX00112233447788aAfFnbtv\"'^`,;(+= \t\r\n<>!&lt;";
    size_t n = next_random((unsigned)max + 1);

    for (size_t i = 0; i < n; i++)
        p[i] = (char)(next_random(4) ? tricky[next_random(sizeof(tricky))]
                                     : (int)next_random(256));
    return n;
}

static size_t most_bytes(enum transform transform, size_t n)
{
    if (transform == TRANSFORM_MD5)
        return 16;
    if (transform == TRANSFORM_SHA256)
        return 32;
    return transform == TRANSFORM_UTF8_TO_UNICODE ? 3 * n : n;
}

static void test_no_result_is_longer_than_promised(void **state)
{
    char bytes[300];

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct str in = str_make(bytes, random_bytes(bytes, sizeof(bytes)));
        enum transform t = (enum transform)next_random(TRANSFORMS);
        struct str out = apply(t, in);

        assert_true(out.n <= most_bytes(t, in.n));
        if (str_eq(in, out))
            assert_ptr_equal(out.p, in.p);
        arena_reset(&arena);
    }
}

static void test_what_makes_a_normal_form_changes_it_no_more(void **state)
{
    static const enum transform normal[] = {
        TRANSFORM_NONE,           TRANSFORM_COMPRESS_WHITE_SPACE,
        TRANSFORM_LOWERCASE,      TRANSFORM_UPPERCASE,
        TRANSFORM_CMD_LINE,       TRANSFORM_CMD_LINE_UNIX,
        TRANSFORM_NORMALIZE_PATH, TRANSFORM_NORMALIZE_PATH_WIN,
        TRANSFORM_REMOVE_NULLS,   TRANSFORM_REPLACE_NULLS,
        TRANSFORM_TRIM,           TRANSFORM_TRIM_LEFT,
        TRANSFORM_TRIM_RIGHT,     TRANSFORM_REMOVE_WHITESPACE,
        TRANSFORM_CMD_LINE_WIN,
    };
    char bytes[200];

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct str in = str_make(bytes, random_bytes(bytes, sizeof(bytes)));
        enum transform t =
            normal[next_random(sizeof(normal) / sizeof(normal[0]))];
        struct str once = apply(t, in);
        struct str twice = apply(t, once);

        if (once.p != twice.p || once.n != twice.n)
            fail_msg("%s: %s became %s, then %s", names[t], show(in),
                     show(once), show(twice));
        arena_reset(&arena);
    }
}

static void test_folding_needs_both_steps(void **state)
{
    /* Checklist 76: full-width "<a>" */
    struct str in = STR("\xef\xbc\x9c\xef\xbd\x81\xef\xbc\x9e");
    struct str codes = apply(TRANSFORM_UTF8_TO_UNICODE, in);

    (void)state;
    assert_true(str_eq(apply(TRANSFORM_URL_DECODE_UNI, codes), STR("<a>")));
    assert_true(str_eq(apply(TRANSFORM_URL_DECODE_UNI, in), in));
}

static void test_a_trimmed_value_is_a_part_of_it(void **state)
{
    struct str in = STR("  ab\t");
    size_t before = arena.size;

    (void)state;
    assert_ptr_equal(transform_apply(TRANSFORM_TRIM, in, &arena).p, in.p + 2);
    assert_ptr_equal(transform_apply(TRANSFORM_TRIM_RIGHT, in, &arena).p, in.p);
    assert_int_equal(arena.size, before);
}

static void test_what_no_transformation_touches_takes_no_memory(void **state)
{
    struct str in = STR("/images/logo-small.v2.png");

    (void)state;
    for (unsigned i = 0; i < TRANSFORMS; i++) {
        if (i == TRANSFORM_MD5 || i == TRANSFORM_SHA256 ||
            i == TRANSFORM_BASE64_DECODE || i == TRANSFORM_BASE64_DECODE_EXT ||
            i == TRANSFORM_UPPERCASE)
            continue;
        assert_ptr_equal(transform_apply((enum transform)i, in, &arena).p,
                         in.p);
    }
    assert_int_equal(arena.size, 0);
}

static void test_an_arena_at_its_limit_is_told(void **state)
{
    struct arena small;

    (void)state;
    arena_init(&small, &pool, 4);
    assert_null(
        transform_apply(TRANSFORM_LOWERCASE, STR("CAPITALS"), &small).p);
    assert_non_null(
        transform_apply(TRANSFORM_LOWERCASE, STR("lower"), &small).p);
    arena_reset(&small);
}

static void test_a_value_without_bytes_is_an_empty_one(void **state)
{
    struct str none = {.p = NULL};

    (void)state;
    for (unsigned i = 0; i < TRANSFORMS; i++) {
        struct str out = transform_apply((enum transform)i, none, &arena);

        assert_non_null(out.p);
        assert_int_equal(out.n, most_bytes((enum transform)i, 0));
    }
}

/* ---- what ModSecurity does -------------------------------------------------- */

static const struct {
    const char *theirs;
    enum transform ours;
} same[] = {
    {"base64Decode", TRANSFORM_BASE64_DECODE},
    {"base64DecodeExt", TRANSFORM_BASE64_DECODE_EXT},
    {"cmdLine", TRANSFORM_CMD_LINE},
    {"compressWhitespace", TRANSFORM_COMPRESS_WHITE_SPACE},
    {"cssDecode", TRANSFORM_CSS_DECODE},
    {"escapeSeqDecode", TRANSFORM_ESCAPE_SEQ_DECODE},
    {"hexDecode", TRANSFORM_HEX_DECODE},
    {"htmlEntityDecode", TRANSFORM_HTML_ENTITY_DECODE},
    {"jsDecode", TRANSFORM_JS_DECODE},
    {"lowercase", TRANSFORM_LOWERCASE},
    {"md5", TRANSFORM_MD5},
    {"none", TRANSFORM_NONE},
    {"normalisePath", TRANSFORM_NORMALIZE_PATH},
    {"normalisePathWin", TRANSFORM_NORMALIZE_PATH_WIN},
    {"removeCommentsChar", TRANSFORM_REMOVE_COMMENTS_CHAR},
    {"removeNulls", TRANSFORM_REMOVE_NULLS},
    {"removeWhitespace", TRANSFORM_REMOVE_WHITESPACE},
    {"replaceComments", TRANSFORM_REPLACE_COMMENTS},
    {"replaceNulls", TRANSFORM_REPLACE_NULLS},
    {"sqlHexDecode", TRANSFORM_SQL_HEX_DECODE},
    {"trim", TRANSFORM_TRIM},
    {"trimLeft", TRANSFORM_TRIM_LEFT},
    {"trimRight", TRANSFORM_TRIM_RIGHT},
    {"uppercase", TRANSFORM_UPPERCASE},
    {"urlDecode", TRANSFORM_URL_DECODE},
    {"urlDecodeUni", TRANSFORM_URL_DECODE_UNI},
    {"utf8toUnicode", TRANSFORM_UTF8_TO_UNICODE},
};

static json_t *load_shared(void)
{
    const char *shared = getenv("SLUICE_SHARED"), *top = getenv("TOP_SRCDIR");
    char path[4096];

    if (shared)
        snprintf(path, sizeof(path), "%s/data/transform-vectors.json", shared);
    else
        snprintf(path, sizeof(path), "%s/../shared/data/transform-vectors.json",
                 top ? top : ".");
    return json_load_file(path, 0, NULL);
}

/* Ours where AWS, or we, differ from ModSecurity on purpose: modsecurity.json
 * has [name, input, our result, why], bytes in hexadecimal. */
static const char *exception(const json_t *exceptions, const char *name,
                             const char *input)
{
    const json_t *one;
    size_t i;

    json_array_foreach(exceptions, i, one)
    {
        if (strcmp(json_string_value(json_array_get(one, 0)), name) == 0 &&
            strcmp(json_string_value(json_array_get(one, 1)), input) == 0)
            return json_string_value(json_array_get(one, 2));
    }
    return NULL;
}

/* It takes pairs of anything for digits; we let values alone that are none. */
static bool is_left_alone(enum transform ours, struct str in)
{
    for (size_t i = 0; i < in.n; i++) {
        if (ours == TRANSFORM_HEX_DECODE && hex_digit(in.p[i]) < 0)
            return true;
    }
    return false;
}

static bool is_hex_of(struct str out, const json_t *hex)
{
    return json_is_string(hex) && str_eq(out, bytes_of_hex(hex));
}

/* Whether an exception was needed. */
static bool check_vector(enum transform ours, const json_t *vector,
                         const json_t *exceptions)
{
    const json_t *input = json_object_get(vector, "input");
    struct str in = bytes_of_hex(input), out = apply(ours, in);
    const char *want =
        exception(exceptions, names[ours], json_string_value(input));
    json_t *hex;
    bool right;

    if (is_left_alone(ours, in)) {
        assert_true(str_eq(out, in));
        return false;
    }
    if (is_hex_of(out, json_object_get(vector, "v2")) ||
        is_hex_of(out, json_object_get(vector, "v3"))) {
        if (want)
            fail_msg("%s %s agrees: no exception is needed", names[ours],
                     json_string_value(input));
        return false;
    }
    hex = json_string(want ? want : "");
    right = want && is_hex_of(out, hex);
    json_decref(hex);
    if (!right)
        fail_msg("%s: %s became %s", names[ours], show(bytes_of_hex(input)),
                 show(out));
    return true;
}

static void test_modsecurity_agrees_but_for_the_known_exceptions(void **state)
{
    char path[4096];
    json_t *shared = load_shared(), *vectors, *vector, *exceptions;
    size_t i, seen = 0, excepted = 0;

    (void)state;
    if (shared == NULL) {
        printf("skipped: no ../shared/data/transform-vectors.json\n");
        skip();
    }
    path_of(path, sizeof(path), "tests/unit/match/transform/modsecurity.json");
    exceptions = load(path);
    vectors = json_object_get(shared, "vectors");
    json_array_foreach(vectors, i, vector)
    {
        const char *name = json_string_value(json_object_get(vector, "t"));

        for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++) {
            if (strcmp(same[k].theirs, name) != 0)
                continue;
            if (json_is_null(json_object_get(vector, "v2")) &&
                json_is_null(json_object_get(vector, "v3")))
                continue;
            seen++;
            excepted += check_vector(same[k].ours, vector, exceptions);
        }
    }
    assert_true(seen > 1500);
    assert_int_equal(excepted, json_array_size(exceptions));
    json_decref(exceptions);
    json_decref(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
        TEST(test_every_transformation_does_what_its_cases_say),
        TEST(test_no_result_is_longer_than_promised),
        TEST(test_what_makes_a_normal_form_changes_it_no_more),
        TEST(test_folding_needs_both_steps),
        TEST(test_a_trimmed_value_is_a_part_of_it),
        TEST(test_what_no_transformation_touches_takes_no_memory),
        TEST(test_an_arena_at_its_limit_is_told),
        TEST(test_a_value_without_bytes_is_an_empty_one),
        TEST(test_modsecurity_agrees_but_for_the_known_exceptions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What is read of a JSON body, and where reading ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "match/json_body.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ODD "a byte that cannot stand here"
#define EARLY "it ends before everything is closed"
#define ROOT "the root is neither an object nor an array"
#define TWICE "a key for the second time"
#define ESCAPE "an escape that is none"

enum { SHOWN_MAX = 512 };

static struct chunk_pool pool;

static size_t show_node(char *to, size_t room, const struct json_body *json,
                        uint32_t i)
{
    const struct json_node *node = &json->nodes[i];
    struct str text;

    if (node->kind == JSON_NODE_OBJECT || node->kind == JSON_NODE_ARRAY)
        return (size_t)snprintf(to, room, "%c%u ",
                                node->kind == JSON_NODE_OBJECT ? '{' : '[',
                                node->end - i - 1);
    text = json_plain(json, node);
    return (size_t)snprintf(to, room, STR_FMT "%s ", STR_ARG(text),
                            node->kind == JSON_NODE_KEY    ? ":"
                            : node->kind == JSON_NODE_WORD ? "#"
                                                           : "");
}

/* "{N" and "[N": an object or array with N nodes below; "key:", "text",
 * "word#". */
static const char *show(const struct json_body *json)
{
    static char shown[SHOWN_MAX];
    size_t at = 0;

    shown[0] = '\0';
    for (uint32_t i = 0; i < json->n; i++)
        at += show_node(shown + at, sizeof(shown) - at, json, i);
    assert_true(at < sizeof(shown));
    if (at)
        shown[at - 1] = '\0';
    return shown;
}

struct attempt {
    const char *text;
    const char *want;
    const char *fault;
    size_t at;
};

/* Reads from a block of exactly the size, so that one byte too many is seen. */
static void check(const struct attempt *a)
{
    struct str given = str_of(a->text);
    char *block = malloc(given.n ? given.n : 1);
    struct arena arena;
    struct json_body json;

    assert_non_null(block);
    memcpy(block, given.p, given.n);
    arena_init(&arena, &pool, 1 << 20);
    assert_true(json_body_read(&json, str_make(block, given.n), &arena));
    if (strcmp(show(&json), a->want) != 0)
        fail_msg("%s: got `%s`, want `%s`", a->text, show(&json), a->want);
    if ((json.fault == NULL) != (a->fault == NULL) ||
        (json.fault &&
         (strcmp(json.fault, a->fault) != 0 || json.fault_at != a->at)))
        fail_msg("%s: fault `%s` at %zu, want `%s` at %zu", a->text,
                 json.fault ? json.fault : "none", json.fault_at,
                 a->fault ? a->fault : "none", a->at);
    arena_reset(&arena);
    free(block);
}

static void check_all(const struct attempt *attempts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(&attempts[i]);
}

static void test_json_is_read(void **state)
{
    static const struct attempt attempts[] = {
        {"{}", "{0", NULL, 0},
        {" \t\r\n[ ] \n", "[0", NULL, 0},
        {"{\"a\":\"b\"}", "{2 a: b", NULL, 0},
        {"{\"a\":{\"b\":[1,2]},\"c\":[]}", "{8 a: {4 b: [2 1# 2# c: [0", NULL,
         0},
        {"[true,false,null,0,-1.5E+10]", "[5 true# false# null# 0# -1.5E+10#",
         NULL, 0},
        {"[[[]],[]]", "[3 [1 [0 [0", NULL, 0},
        {"{\"\":\"\"}", "{2 : ", NULL, 0},
        {"\xef\xbb\xbf[1]", "[1 1#", NULL, 0},
        {"[\"\x80\xff\x7f\"]", "[1 \x80\xff\x7f", NULL, 0},
        {"[\"0123456789abcdef0123456789abcdef\"]",
         "[1 0123456789abcdef0123456789abcdef", NULL, 0},
    };

    (void)state;
    check_all(attempts, COUNT(attempts));
}

static void test_separators_may_be_missing_or_be_several(void **state)
{
    /* Checklist 57. */
    static const struct attempt attempts[] = {
        {"{\"a\":1\"b\":2}", "{4 a: 1# b: 2#", NULL, 0},
        {"{\"a\"1,\"b\"2}", "{4 a: 1# b: 2#", NULL, 0},
        {"{\"a\"::1,,\"b\": : 2,}", "{4 a: 1# b: 2#", NULL, 0},
        {"[1 2,,3\"x\"[]{}4,]", "[7 1# 2# 3# x [0 {0 4#", NULL, 0},
        {"[,]", "[0", NULL, 0},
    };

    (void)state;
    check_all(attempts, COUNT(attempts));
}

static void test_escapes_are_read(void **state)
{
    static const struct attempt attempts[] = {
        {"[\"\\\"\\\\\\/\\n\\u0041\"]", "[1 \"\\/\nA", NULL, 0},
        {"[\"x\\u003Cy\\u003e\"]", "[1 x<y>", NULL, 0},
        {"[\"\\u00e9\\u20aC\"]", "[1 \xc3\xa9\xe2\x82\xac", NULL, 0},
        {"[\"\\ud83d\\ude00\"]", "[1 \xf0\x9f\x98\x80", NULL, 0},
        {"[\"\\ud83dx\"]", "[1 \xef\xbf\xbdx", NULL, 0},
        {"[\"\\ude00\"]", "[1 \xef\xbf\xbd", NULL, 0},
        {"[\"\\ud83d\\u0041\"]",
         "[1 \xef\xbf\xbd"
         "A",
         NULL, 0},
        {"[\"a\\tb\",\"\\b\\f\\r\",\"c\"]", "[3 a\tb \b\f\r c", NULL, 0},
    };

    (void)state;
    check_all(attempts, COUNT(attempts));
}

static void test_what_is_wrong_ends_the_reading(void **state)
{
    /* Checklist 58, 59. */
    static const struct attempt attempts[] = {
        {"", "", ROOT, 0},
        {"  ", "", ROOT, 2},
        {"\"a\"", "", ROOT, 0},
        {"1", "", ROOT, 0},
        {"a=b", "", ROOT, 0},
        {"{", "{0", EARLY, 1},
        {"[1", "[1 1#", EARLY, 2},
        {"{\"a\"", "{1 a:", EARLY, 4},
        {"{\"a\":", "{1 a:", EARLY, 5},
        {"{\"a", "{1 a:", EARLY, 3},
        {"[\"a\\", "[1 a", ESCAPE, 3},
        {"[\"a\\u00", "[1 a", ESCAPE, 3},
        {"[\"a\\x41\"]", "[1 a", ESCAPE, 3},
        {"[\"a\\'\"]", "[1 a", ESCAPE, 3},
        {"[\"a\\u00g0\"]", "[1 a", ESCAPE, 3},
        {"[\"a\nb\"]", "[1 a", ODD, 3},
        {"[\"\\ta\tb\"]", "[1 \ta", ODD, 5},
        {"[1]]", "[1 1#", ODD, 3},
        {"[1] [2]", "[1 1#", ODD, 4},
        {"[1}", "[1 1#", ODD, 2},
        {"{\"a\":1]", "{2 a: 1#", ODD, 6},
        {"{\"a\"}", "{1 a:", ODD, 4},
        {"{\"a\",\"b\"}", "{1 a:", ODD, 4},
        {"{\"a\":1:\"b\":2}", "{2 a: 1#", ODD, 6},
        {"{1:2}", "{0", ODD, 1},
        {"{a:2}", "{0", ODD, 1},
        {"[1:2]", "[1 1#", ODD, 2},
        {"['a']", "[0", ODD, 1},
        {"[truE]", "[0", ODD, 1},
        {"[NaN]", "[0", ODD, 1},
        {"[+1]", "[0", ODD, 1},
        {"[1x]", "[0", ODD, 1},
        {"[1]\x01", "[1 1#", ODD, 3},
        {"[\x0b]", "[0", ODD, 1},
        {"[/**/1]", "[0", ODD, 1},
    };

    (void)state;
    check_all(attempts, COUNT(attempts));
}

static void test_a_key_twice_in_one_object_ends_the_reading(void **state)
{
    /* Checklist 58. */
    static const struct attempt attempts[] = {
        {"{\"a\":1,\"b\":2,\"a\":3}", "{4 a: 1# b: 2#", TWICE, 13},
        {"{\"a\":1,\"\\u0061\":2}", "{2 a: 1#", TWICE, 7},
        {"{\"\":1,\"\":2}", "{2 : 1#", TWICE, 6},
        {"{\"a\":{\"a\":{\"a\":1}},\"A\":2}", "{8 a: {4 a: {2 a: 1# A: 2#",
         NULL, 0},
        {"[{\"a\":1},{\"a\":1}]", "[6 {2 a: 1# {2 a: 1#", NULL, 0},
        {"{\"a\":{\"b\":1},\"a\":1}", "{4 a: {2 b: 1#", TWICE, 13},
    };

    (void)state;
    check_all(attempts, COUNT(attempts));
}

/* An object of `n` keys whose values have keys of the same names, and a key once
 * more at its end. */
static struct str with_key_again(char *buffer, size_t room, unsigned n,
                                 unsigned again)
{
    struct text t = text_in(buffer, room);

    text_printf(&t, "{");
    for (unsigned i = 0; i < n; i++)
        text_printf(&t, "\"k%u\":%s,", i,
                    i % 3 == 0   ? "{\"k0\":[1,2],\"k1\":{}}"
                    : i % 3 == 1 ? "\"k2\""
                                 : "1");
    text_printf(&t, "\"k%u\":1}", again);
    assert_true(text_ok(&t));
    return text_str(&t);
}

static void test_among_any_number_of_keys_one_is_found_twice(void **state)
{
    char buffer[2048];

    (void)state;
    for (unsigned n = 1; n < 40; n++)
        for (unsigned again = 0; again <= n; again++) {
            struct str text = with_key_again(buffer, sizeof(buffer), n, again);
            struct json_body json;
            struct arena arena;

            arena_init(&arena, &pool, 64 * 1024);
            assert_true(json_body_read(&json, text, &arena));
            if (again == n)
                assert_null(json.fault);
            else
                assert_string_equal(json.fault, TWICE);
            arena_reset(&arena);
        }
}

static void test_values_know_their_key(void **state)
{
    struct arena arena;
    struct json_body json;
    uint32_t i;

    (void)state;
    arena_init(&arena, &pool, 1 << 20);
    /* nodes: {0 a:1 [2 1#3 {4 b:5 x6 [7 y8 c:9 z10 */
    assert_true(json_body_read(
        &json, STR("{\"a\":[1,{\"b\":\"x\"},[\"y\"]],\"c\":\"z\"}"), &arena));
    assert_int_equal(json.n, 11);
    assert_int_equal(json.nodes[0].key, JSON_NONE);
    for (i = 2; i <= 4; i++)
        assert_int_equal(json.nodes[i].key, 1);
    assert_int_equal(json.nodes[6].key, 5);
    assert_int_equal(json.nodes[8].key, 1);
    assert_int_equal(json.nodes[10].key, 9);
    assert_int_equal(json.nodes[6].parent, 4);
    arena_reset(&arena);
}

static void test_a_full_arena_is_a_failure(void **state)
{
    static const char text[] = "{\"a\":\"\\u0041\",\"b\":[1,2,3,4,5,6,7,8,9]}";

    (void)state;
    for (size_t limit = 0;; limit += 16) {
        struct arena arena;
        struct json_body json;
        bool done;

        arena_init(&arena, &pool, limit);
        done = json_body_read(&json, str_of(text), &arena);
        arena_reset(&arena);
        if (done)
            break;
        assert_true(limit < 4096);
    }
}

static int end(void **state)
{
    (void)state;
    chunk_pool_end(&pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_is_read),
        cmocka_unit_test(test_separators_may_be_missing_or_be_several),
        cmocka_unit_test(test_escapes_are_read),
        cmocka_unit_test(test_what_is_wrong_ends_the_reading),
        cmocka_unit_test(test_a_key_twice_in_one_object_ends_the_reading),
        cmocka_unit_test(test_among_any_number_of_keys_one_is_found_twice),
        cmocka_unit_test(test_values_know_their_key),
        cmocka_unit_test(test_a_full_arena_is_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void assert_text(const struct text *t, const char *want)
{
    assert_true(text_ok(t));
    assert_int_equal(t->n, strlen(want));
    assert_memory_equal(t->p, want, t->n);
}

static void test_pieces_stand_one_after_the_other(void **state)
{
    char buffer[32];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    TEXT_LITERAL(&t, "GET");
    text_char(&t, ' ');
    text_str_put(&t, STR("/path"));
    text_put(&t, NULL, 0);
    assert_text(&t, "GET /path");
    assert_true(str_eq(text_str(&t), STR("GET /path")));
}

static void test_what_does_not_fit_is_left_out_and_marked(void **state)
{
    char buffer[8] = "........";
    struct text t = text_in(buffer, 5);

    (void)state;
    TEXT_LITERAL(&t, "abcde");
    assert_text(&t, "abcde");
    text_char(&t, 'f');
    assert_false(text_ok(&t));
    assert_int_equal(t.n, 5);
    assert_memory_equal(buffer, "abcde...", 8);

    t = text_in(buffer, 5);
    TEXT_LITERAL(&t, "abcd");
    TEXT_LITERAL(&t, "ef");
    assert_false(text_ok(&t));
    assert_int_equal(t.n, 4);
    assert_memory_equal(buffer, "abcde...", 8);
}

/* Each way to write something short. */
static void put_piece(struct text *t)
{
    text_put(t, "x", 1);
}

static void put_str(struct text *t)
{
    text_str_put(t, STR("x"));
}

static void put_char(struct text *t)
{
    text_char(t, 'x');
}

static void put_number(struct text *t)
{
    text_u64(t, 7);
}

static void put_hex(struct text *t)
{
    text_hex(t, 7, 1);
}

static void put_printf(struct text *t)
{
    text_printf(t, "%c", 'x');
}

static void put_json(struct text *t)
{
    text_json(t, STR("x"));
}

static void put_nothing(struct text *t)
{
    text_put(t, "", 0);
}

static void test_after_a_piece_that_did_not_fit_nothing_is_written(void **state)
{
    static void (*const ways[])(struct text *) = {
        put_piece, put_str,    put_char, put_number,
        put_hex,   put_printf, put_json, put_nothing};

    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        for (unsigned printed = 0; printed < 2; printed++) {
            char buffer[8] = ".......";
            struct text t = text_in(buffer, 7);

            TEXT_LITERAL(&t, "abc");
            if (printed)
                text_printf(&t, "%s", "12345");
            else
                TEXT_LITERAL(&t, "12345");
            assert_false(text_ok(&t));
            buffer[3] = '.'; /* printf may have begun */
            for (unsigned more = 0; more < 3; more++)
                ways[i](&t);
            assert_false(text_ok(&t));
            assert_int_equal(t.n, 3);
            assert_int_equal(buffer[3], '.');
            assert_memory_equal(buffer, "abc", 3);
        }
    }
}

static void test_numbers_are_written_in_full(void **state)
{
    static const struct {
        uint64_t v;
        const char *decimal;
        const char *hex;
        const char *hex4;
    } rows[] = {
        {0, "0", "0", "0000"},
        {9, "9", "9", "0009"},
        {10, "10", "a", "000a"},
        {65535, "65535", "ffff", "ffff"},
        {65536, "65536", "10000", "10000"},
        {UINT64_MAX, "18446744073709551615", "ffffffffffffffff",
         "ffffffffffffffff"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[32];
        struct text t = text_in(buffer, sizeof(buffer));

        text_u64(&t, rows[i].v);
        assert_text(&t, rows[i].decimal);
        t = text_in(buffer, sizeof(buffer));
        text_hex(&t, rows[i].v, 1);
        assert_text(&t, rows[i].hex);
        t = text_in(buffer, sizeof(buffer));
        text_hex(&t, rows[i].v, 4);
        assert_text(&t, rows[i].hex4);
    }
}

static void test_printf_never_writes_past_the_end(void **state)
{
    char buffer[16] = "...............";
    struct text t = text_in(buffer, 8);

    (void)state;
    text_printf(&t, "%s=%d", "a", 5);
    assert_text(&t, "a=5");
    text_printf(&t, "%s", "123456789");
    assert_false(text_ok(&t));
    assert_int_equal(t.n, 3);
    assert_memory_equal(buffer + 8, ".......", 8);
}

static void test_json_strings_are_always_valid(void **state)
{
    static const struct {
        const char *raw;
        const char *json;
    } rows[] = {
        {"", "\"\""},
        {"plain /path?a=b", "\"plain /path?a=b\""},
        {"say \"hi\\\"", "\"say \\\"hi\\\\\\\"\""},
        {"\r\n\t\x01", "\"\\u000d\\u000a\\u0009\\u0001\""},
        {"\x7f", "\"\\u007f\""},
        {"Z\xc3\xbcrich", "\"Z\xc3\xbcrich\""},
        {"\xe2\x82\xac", "\"\xe2\x82\xac\""},
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
        /* cut short, overlong, surrogate, beyond Unicode, alone */
        {"\xe2\x82", "\"\\u00e2\\u0082\""},
        {"\xc0\xaf", "\"\\u00c0\\u00af\""},
        {"\xe0\x80\xaf", "\"\\u00e0\\u0080\\u00af\""},
        {"\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\""},
        {"\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\""},
        {"\xff"
         "a",
         "\"\\u00ffa\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[128];
        struct text t = text_in(buffer, sizeof(buffer));

        text_json(&t, str_of(rows[i].raw));
        assert_text(&t, rows[i].json);
    }
}

static void test_json_holds_nul_bytes_too(void **state)
{
    char buffer[32];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    text_json(&t, STR("a\0b"));
    assert_text(&t, "\"a\\u0000b\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_stand_one_after_the_other),
        cmocka_unit_test(test_what_does_not_fit_is_left_out_and_marked),
        cmocka_unit_test(
            test_after_a_piece_that_did_not_fit_nothing_is_written),
        cmocka_unit_test(test_numbers_are_written_in_full),
        cmocka_unit_test(test_printf_never_writes_past_the_end),
        cmocka_unit_test(test_json_strings_are_always_valid),
        cmocka_unit_test(test_json_holds_nul_bytes_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Names, fields, and the bytes that they are made of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/h1_internal.h"
#include "heads.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct {
    enum field_id id;
    const char *spelling;
} names[] = {
#define X(id, spelling) {FIELD_##id, spelling},
    FIELD_NAMES(X)
#undef X
};

static void change_case(char *to, const char *from, bool upper)
{
    for (; *from; from++) {
        char c = str_lower(*from);

        *to++ = upper && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
}

static void test_every_known_name_is_found_in_any_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct str name = str_of(names[i].spelling);
        char other[32];

        assert_true(name.n < sizeof(other));
        assert_int_equal(field_id_of(name), names[i].id);
        change_case(other, name.p, false);
        assert_int_equal(field_id_of(str_make(other, name.n)), names[i].id);
        change_case(other, name.p, true);
        assert_int_equal(field_id_of(str_make(other, name.n)), names[i].id);
    }
}

static void test_a_name_with_one_other_byte_is_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct str name = str_of(names[i].spelling);
        char other[32];

        for (size_t at = 0; at < name.n; at++) {
            memcpy(other, name.p, name.n);
            for (int c = 0; c < 256; c++) {
                if (str_lower((char)c) == str_lower(name.p[at]))
                    continue;
                other[at] = (char)c;
                if (field_id_of(str_make(other, name.n)) == names[i].id)
                    fail_msg("%s with byte %d at %zu", name.p, c, at);
            }
        }
        assert_int_not_equal(field_id_of(str_make(name.p, name.n - 1)),
                             names[i].id);
    }
    assert_int_equal(field_id_of(STR("")), FIELD_OTHER);
    assert_int_equal(field_id_of(STR("X-Other")), FIELD_OTHER);
    assert_int_equal(field_id_of(STR("A-Name-That-Is-Longer-Than-Any")),
                     FIELD_OTHER);
}

static void test_every_id_has_a_bit_of_its_own(void **state)
{
    (void)state;
    assert_true(FIELD_COUNT <= 32);
}

static void test_fields_are_found_unless_dropped(void **state)
{
    struct head *h =
        head_request(STR("GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\n"
                         "Cookie: a=b\r\nCookie: c=d\r\nX-B\x01: 3\r\n\r\n"));
    struct fields *fs = &h->req.fields;
    struct field *f;

    (void)state;
    assert_int_equal(h->result, H1_OK);
    f = fields_find(fs, FIELD_COOKIE);
    assert_true(str_eq(field_value(fs, f), STR("a=b")));
    f->flags |= FIELD_DROPPED;
    f = fields_find(fs, FIELD_COOKIE);
    assert_true(str_eq(field_value(fs, f), STR("c=d")));
    f->flags |= FIELD_DROPPED;
    assert_null(fields_find(fs, FIELD_COOKIE));
    assert_null(fields_find(fs, FIELD_DATE));

    f = fields_find_name(fs, STR("X-A"));
    assert_true(str_eq(field_value(fs, f), STR("1")));
    f->flags |= FIELD_DROPPED;
    f = fields_find_name(fs, STR("X-A"));
    assert_true(str_eq(field_value(fs, f), STR("2")));
    assert_ptr_equal(fields_find_name(fs, STR("HOST")),
                     fields_find(fs, FIELD_HOST));
    assert_null(fields_find_name(fs, STR("X-B\x01")));
    assert_null(fields_find_name(fs, STR("X-B")));
    head_free(h);
}

static void test_a_head_moves_with_its_bytes(void **state)
{
    struct head *h =
        head_request(STR("GET /p HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n"));
    struct field v[2];
    char copy[64];
    struct fields *fs = &h->req.fields;

    (void)state;
    memcpy(copy, h->data, h->len);
    fields_move(fs, copy, v);
    memset(h->data, 0, h->n);
    memset(h->fields, 0, sizeof(h->fields));
    assert_int_equal(fs->cap, 2);
    assert_true(str_eq(slice_of(fs, h->req.path), STR("/p")));
    assert_true(
        str_eq(field_value(fs, fields_find_name(fs, STR("x-a"))), STR("1")));
    head_free(h);
}

static void test_reasons_have_the_words_of_the_access_log(void **state)
{
    (void)state;
    assert_string_equal(desync_reason_word(DESYNC_NONE), "-");
    assert_string_equal(desync_reason_word(DESYNC_BOTH_TE_CL_PRESENT),
                        "BothTeClPresent");
    assert_string_equal(desync_reason_word(DESYNC_NON_CRLF_LINE_TERMINATION),
                        "NonCrLfLineTermination");
    assert_string_equal(desync_reason_word((enum desync_reason)999), "-");
}

static void test_lists_are_searched_item_by_item(void **state)
{
    (void)state;
    assert_true(h1_list_has(STR("a, B ,\tc"), STR("b")));
    assert_true(h1_list_has(STR("c"), STR("C")));
    assert_false(h1_list_has(STR("ab, b;q=1, bc"), STR("b")));
    assert_false(h1_list_has(STR(""), STR("b")));
}

static void test_an_authority_is_split_at_the_colon_of_its_port(void **state)
{
    static const struct {
        const char *authority;
        const char *host;
        const char *port;
    } rows[] = {
        {"", "", ""},
        {"example.com", "example.com", ""},
        {"example.com:", "example.com", ""},
        {"example.com:80", "example.com", "80"},
        {"[::1]", "[::1]", ""},
        {"[::1]:", "[::1]", ""},
        {"[::1]:8080", "[::1]", "8080"},
        {":80", "", "80"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str port = STR("?");
        struct str all = str_of(rows[i].authority);

        assert_true(str_eq(authority_split(all, &port), str_of(rows[i].host)));
        assert_true(str_eq(port, str_of(rows[i].port)));
        assert_true(str_eq(authority_split(all, NULL), str_of(rows[i].host)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_authority_is_split_at_the_colon_of_its_port),
        cmocka_unit_test(test_every_known_name_is_found_in_any_case),
        cmocka_unit_test(test_a_name_with_one_other_byte_is_another),
        cmocka_unit_test(test_every_id_has_a_bit_of_its_own),
        cmocka_unit_test(test_fields_are_found_unless_dropped),
        cmocka_unit_test(test_a_head_moves_with_its_bytes),
        cmocka_unit_test(test_reasons_have_the_words_of_the_access_log),
        cmocka_unit_test(test_lists_are_searched_item_by_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

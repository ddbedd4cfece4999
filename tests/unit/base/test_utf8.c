/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

static void test_text_is_characters_that_xml_can_have(void **state)
{
    (void)state;
    assert_true(utf8_is_text(STR("")));
    assert_true(utf8_is_text(STR("a\t\r\n~\x7f")));
    assert_true(utf8_is_text(STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
    assert_false(utf8_is_text(STR("a\0b")));
    assert_false(utf8_is_text(STR("\x1b")));
    assert_false(utf8_is_text(STR("\xff")));
    assert_false(utf8_is_text(STR("\xc3")));
    assert_false(utf8_is_text(STR("\xc0\x80")));
    assert_false(utf8_is_text(STR("\xed\xa0\x80")));
    assert_false(utf8_is_text(STR("\xf4\x90\x80\x80")));
    assert_false(utf8_is_text(STR("\xef\xbf\xbe")));
    assert_false(utf8_is_text(STR("\xef\xbf\xbf")));
    assert_true(utf8_is_text(STR("\xef\xbf\xbd")));
}

static void test_characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(STR("")), 0);
    assert_int_equal(utf8_count(STR("a\xc3\xa9\xf0\x9f\x98\x80")), 3);
    assert_int_equal(utf8_count(STR("\xff\xff")), 2);
}

static void test_a_cut_keeps_characters_whole(void **state)
{
    struct str s = STR("a\xc3\xa9"
                       "b");

    (void)state;
    assert_int_equal(utf8_cut(s, 0).n, 0);
    assert_int_equal(utf8_cut(s, 1).n, 1);
    assert_int_equal(utf8_cut(s, 2).n, 1);
    assert_int_equal(utf8_cut(s, 3).n, 3);
    assert_int_equal(utf8_cut(s, 99).n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_characters_that_xml_can_have),
        cmocka_unit_test(test_characters_are_counted),
        cmocka_unit_test(test_a_cut_keeps_characters_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

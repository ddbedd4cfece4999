/* SPDX-License-Identifier: Apache-2.0
 *
 * The wide scans and the plain ones find the same byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/scan.h"

enum { LONGEST = 70 };

static bool in(const char *set, int c)
{
    return c != 0 && strchr(set, c) != NULL;
}

static bool alnum(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
}

static void test_classes_hold_what_the_rfcs_say(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char b = (char)c;

        assert_int_equal(scan_is(b, SCAN_ALNUM), alnum(c));
        assert_int_equal(scan_is(b, SCAN_TCHAR),
                         alnum(c) || in("!#$%&'*+-.^_`|~", c));
        assert_int_equal(scan_is(b, SCAN_NAME), alnum(c) || c == '-');
        assert_int_equal(scan_is(b, SCAN_VALUE),
                         c == '\t' || (c >= 0x20 && c != 0x7f));
        assert_int_equal(scan_is(b, SCAN_TARGET),
                         c > 0x20 && c != 0x7f && c != '#');
        assert_int_equal(scan_is(b, SCAN_HEX), in("0123456789abcdefABCDEF", c));
        assert_int_equal(scan_is(b, SCAN_HOST),
                         alnum(c) || in("-._~!$&'()*+,;=", c));
    }
}

/* Every byte at every place of texts of every length up to LONGEST, each in a
 * block of its own size. */
static void compare(const char *(*wide)(const char *, const char *),
                    const char *(*plain)(const char *, const char *))
{
    for (size_t n = 0; n <= LONGEST; n++) {
        char *text = malloc(n + !n);

        assert_non_null(text);
        memset(text, 'a', n);
        assert_ptr_equal(wide(text, text + n), text + n);
        for (size_t at = 0; at < n; at++) {
            for (int c = 0; c < 256; c++) {
                text[at] = (char)c;
                assert_ptr_equal(wide(text, text + n), plain(text, text + n));
            }
            text[at] = 'a';
        }
        free(text);
    }
}

static void test_names_are_scanned_alike(void **state)
{
    (void)state;
    compare(scan_name, scan_name_plain);
}

static void test_values_are_scanned_alike(void **state)
{
    (void)state;
    compare(scan_value, scan_value_plain);
}

static void test_targets_are_scanned_alike(void **state)
{
    (void)state;
    compare(scan_target, scan_target_plain);
}

static void test_the_first_of_several_is_found(void **state)
{
    const char text[] = "aaaaaaaaaaaaaaaaaaaa\x01"
                        "aaa\x7f\r\naaaaaaaaaaaaaaa";
    const char *end = text + sizeof(text) - 1;

    (void)state;
    assert_ptr_equal(scan_value(text, end), text + 20);
    assert_ptr_equal(scan_target(text, end), text + 20);
    assert_ptr_equal(scan_name(text, end), text + 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_hold_what_the_rfcs_say),
        cmocka_unit_test(test_names_are_scanned_alike),
        cmocka_unit_test(test_values_are_scanned_alike),
        cmocka_unit_test(test_targets_are_scanned_alike),
        cmocka_unit_test(test_the_first_of_several_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

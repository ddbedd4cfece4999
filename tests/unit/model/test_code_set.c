/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/config.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static unsigned count(const struct code_set *set)
{
    unsigned n = 0;

    for (unsigned code = 0; code < 640; code++)
        n += code_set_has(set, code);
    return n;
}

static void test_codes_and_ranges_are_read(void **state)
{
    static const struct {
        const char *text;
        unsigned min;
        unsigned max;
        unsigned n;
        unsigned in[3];
        unsigned out;
    } rows[] = {
        {"200", 200, 499, 1, {200, 200, 200}, 201},
        {"200,202", 200, 499, 2, {200, 202, 202}, 201},
        {"200-299", 200, 499, 100, {200, 255, 299}, 300},
        {"200-299,301", 200, 499, 101, {200, 299, 301}, 300},
        {"301,200-204", 200, 499, 6, {200, 204, 301}, 205},
        {"200-210,205-220", 200, 499, 21, {200, 210, 220}, 221},
        {"200-200", 200, 499, 1, {200, 200, 200}, 201},
        {"0-99", 0, 99, 100, {0, 50, 99}, 100},
        {"12", 0, 99, 1, {12, 12, 12}, 0},
        {"0-639", 0, 9999, 640, {0, 63, 639}, 640},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct code_set set = {.bits = {~0ULL}};

        if (!code_set_parse(&set, str_of(rows[i].text), rows[i].min,
                            rows[i].max))
            fail_msg("\"%s\" was refused", rows[i].text);
        assert_int_equal(count(&set), rows[i].n);
        for (size_t j = 0; j < COUNT(rows[i].in); j++)
            assert_true(code_set_has(&set, rows[i].in[j]));
        assert_false(code_set_has(&set, rows[i].out));
    }
}

static void test_wrong_texts_are_refused_and_change_nothing(void **state)
{
    static const char *const texts[] = {
        "",         ",",        "200,",
        ",200",     "200,,201", "200-",
        "-200",     "200-199",  "199",
        "500",      "200-500",  "199-200",
        "2xx",      "300-200",  "200 ",
        "200, 201", "200-2-4",  "0200",
        "+200",     "200--201", "18446744073709551816",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct code_set set = {.bits = {1}};

        if (code_set_parse(&set, str_of(texts[i]), 200, 499))
            fail_msg("\"%s\" was accepted", texts[i]);
        assert_int_equal(count(&set), 1);
        assert_true(code_set_has(&set, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_and_ranges_are_read),
        cmocka_unit_test(test_wrong_texts_are_refused_and_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

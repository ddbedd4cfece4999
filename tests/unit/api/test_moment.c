/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/moment.h"

static void test_moments_are_read_as_clients_write_them(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } rows[] = {
        {"0", 0},
        {"1790000000", 1790000000},
        {"1790000000.5", 1790000000.5},
        {"1.79E9", 1790000000},
        {"1970-01-02", 86400},
        {"2026-01-02T03:04:05Z", 1767323045},
        {"2026-01-02T03:04:05", 1767323045},
        {"2026-01-02 03:04:05", 1767323045},
        {"2026-01-02T03:04:05.25Z", 1767323045.25},
        {"2026-01-02T03:04:05.250000", 1767323045.25},
        {"2026-01-02T04:04:05+01:00", 1767323045},
        {"2026-01-02T02:34:05-0030", 1767323045},
        {"2026-01-02T03:04:05+0000", 1767323045},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double seconds = -1;

        assert_true(moment_read(str_of(rows[i].text), &seconds));
        assert_true(seconds > rows[i].seconds - 1e-6 &&
                    seconds < rows[i].seconds + 1e-6);
    }
}

static void test_what_is_no_moment_is_none(void **state)
{
    static const char *const rows[] = {
        "",
        "soon",
        "-1",
        "1e99",
        "0x10",
        "nan",
        "inf",
        "2026-02-30",
        "2026-01-02T",
        "2026-01-02T03:04",
        "2026-01-02T25:04:05Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.1234567890Z",
        "2026-01-02T03:04:05+1",
        "2026-01-02T03:04:05+01:0",
        "2026-01-02T03:04:05+01:00:00",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05 Z",
        "1970-01-01T00:00:00+01:00",
    };
    double seconds;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(moment_read(str_of(rows[i]), &seconds));
}

static void test_moments_are_written_as_xml_has_them(void **state)
{
    char buffer[128];
    struct text t = text_in(buffer, sizeof(buffer));

    (void)state;
    moment_put(&t, 1767323045);
    text_char(&t, ' ');
    moment_put(&t, 1767323045.25);
    text_char(&t, '\0');
    assert_string_equal(buffer,
                        "2026-01-02T03:04:05Z 2026-01-02T03:04:05.250Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_are_read_as_clients_write_them),
        cmocka_unit_test(test_what_is_no_moment_is_none),
        cmocka_unit_test(test_moments_are_written_as_xml_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

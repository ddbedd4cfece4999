/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/call.h"
#include "api/cbor.h"
#include "api/wire_json.h"

static struct region region;
static struct error error;

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static struct str bytes_of(const char *hex)
{
    size_t n = strlen(hex) / 2;
    char *p = region_take(&region, n + 1);

    for (size_t i = 0; i < n; i++)
        p[i] = (char)(hex_digit(hex[2 * i]) * 16 + hex_digit(hex[2 * i + 1]));
    return str_make(p, n);
}

static const char *hex_of(struct str s)
{
    struct text t = text_in(region_take(&region, 2 * s.n + 1), 2 * s.n);

    for (size_t i = 0; i < s.n; i++)
        text_hex(&t, (unsigned char)s.p[i], 2);
    return t.p;
}

/* What is read, as JSON. */
static const char *read_hex(const char *hex)
{
    const struct value *v = cbor_read(&region, bytes_of(hex), &error);
    struct text t = text_in(region_take(&region, 4096), 4095);

    if (v == NULL)
        return error.text;
    wire_json_put(&t, v);
    assert_true(text_ok(&t));
    return t.p;
}

static const char *written(const struct value *v)
{
    struct text t = text_in(region_take(&region, 4096), 4096);

    cbor_put(&t, v);
    assert_true(text_ok(&t));
    return hex_of(text_str(&t));
}

/* RFC 8949, Appendix A. */
static void test_the_examples_of_the_standard_are_read(void **state)
{
    static const struct {
        const char *hex;
        const char *json;
    } rows[] = {
        {"00", "0"},
        {"17", "23"},
        {"1818", "24"},
        {"1903e8", "1000"},
        {"1a000f4240", "1000000"},
        {"1b000000e8d4a51000", "1000000000000"},
        {"1bffffffffffffffff", "18446744073709551615"},
        {"3bffffffffffffffff", "-18446744073709551616"},
        {"20", "-1"},
        {"3903e7", "-1000"},
        {"f90000", "0.0"},
        {"f93c00", "1.0"},
        {"f93e00", "1.5"},
        {"f97bff", "65504.0"},
        {"fa47c35000", "100000.0"},
        {"fb7e37e43c8800759c", "1.0000000000000001e+300"},
        {"f90001", "5.9604644775390625e-08"},
        {"f90400", "6.103515625e-05"},
        {"f9c400", "-4.0"},
        {"fbc010666666666666", "-4.0999999999999996"},
        {"f97c00", "\"Infinity\""},
        {"f97e00", "\"NaN\""},
        {"f9fc00", "\"-Infinity\""},
        {"fa7f800000", "\"Infinity\""},
        {"fb7ff8000000000000", "\"NaN\""},
        {"f4", "false"},
        {"f5", "true"},
        {"f6", "null"},
        {"f7", "null"},
        {"c11a514b67b0", "1363896240"},
        {"c1fb41d452d9ec200000", "1363896240.5"},
        {"60", "\"\""},
        {"6449455446", "\"IETF\""},
        {"62225c", "\"\\\"\\\\\""},
        {"62c3bc", "\"\xc3\xbc\""},
        {"64f0908591", "\"\xf0\x90\x85\x91\""},
        {"80", "[]"},
        {"8301820203820405", "[1,[2,3],[4,5]]"},
        {"a0", "{}"},
        {"a26161016162820203", "{\"a\":1,\"b\":[2,3]}"},
        {"826161a161626163", "[\"a\",{\"b\":\"c\"}]"},
        {"7f657374726561646d696e67ff", "\"streaming\""},
        {"9fff", "[]"},
        {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
        {"83018202039f0405ff", "[1,[2,3],[4,5]]"},
        {"bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(read_hex(rows[i].hex), rows[i].json);
}

static void test_what_is_none_says_where(void **state)
{
    static const struct {
        const char *hex;
        const char *why;
    } rows[] = {
        {"", "byte 0 of the CBOR: it ends too early"},
        {"19", "byte 1 of the CBOR: it ends too early"},
        {"6261", "byte 1 of the CBOR: it ends too early"},
        {"7bffffffffffffffff", "byte 9 of the CBOR: it ends too early"},
        {"9bffffffffffffffff", "byte 9 of the CBOR: it ends too early"},
        {"1c", "byte 1 of the CBOR: a value begins with a byte that none "
               "begins with"},
        {"1f", "byte 1 of the CBOR: an integer has no length"},
        {"ff", "byte 1 of the CBOR: something ends here that did not begin"},
        {"f8ff", "byte 2 of the CBOR: there is no such simple value"},
        {"0000", "byte 1 of the CBOR: something follows that does not belong "
                 "to it"},
        {"61ff", "byte 2 of the CBOR: a text is no UTF-8"},
        {"a10101", "byte 2 of the CBOR: a key of a map is no text"},
        {"a2616101616102", "byte 6 of the CBOR: a map has the same key twice"},
        {"7f4161ff", "byte 2 of the CBOR: a chunk is of another kind than the "
                     "whole"},
        {"7f7f6161ffff", "byte 2 of the CBOR: a chunk is of another kind than "
                         "the whole"},
        {"4401020304", "byte 1 of the CBOR: bytes stand where none are "
                       "expected"},
        {"d818456449455446", "byte 3 of the CBOR: bytes stand where none are "
                             "expected"},
        {"5f42010243030405ff", "byte 1 of the CBOR: bytes stand where none "
                               "are expected"},
        {"c1616f", "byte 3 of the CBOR: a time is no number"},
        {"9f01", "byte 2 of the CBOR: it ends too early"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(read_hex(rows[i].hex), rows[i].why);
}

static void test_depth_entries_and_values_have_caps(void **state)
{
    size_t n = CBOR_VALUES_MAX + 8;
    char *p = region_take(&region, n);
    size_t at = 0;

    (void)state;
    memset(p, 0x81, CBOR_NESTED_MAX);
    p[CBOR_NESTED_MAX - 1] = 0;
    assert_non_null(cbor_read(&region, str_make(p, CBOR_NESTED_MAX), &error));
    p[CBOR_NESTED_MAX - 1] = (char)0x81;
    p[CBOR_NESTED_MAX] = 0;
    assert_null(cbor_read(&region, str_make(p, CBOR_NESTED_MAX + 1), &error));
    assert_non_null(strstr(error.text, "nested too deep"));

    p[at++] = (char)0xbf;
    for (unsigned i = 0; i <= CBOR_ENTRIES_MAX; i++) {
        p[at++] = 0x62;
        p[at++] = (char)('A' + i % 26);
        p[at++] = (char)('a' + i / 26);
        p[at++] = 1;
    }
    assert_null(cbor_read(&region, str_make(p, at), &error));
    assert_non_null(strstr(error.text, "too many entries"));
    p[at - 4] = (char)0xff;
    assert_non_null(cbor_read(&region, str_make(p, at - 3), &error));

    memset(p, 1, n);
    p[0] = (char)0x9f;
    p[n - 1] = (char)0xff;
    assert_null(cbor_read(&region, str_make(p, n), &error));
    assert_non_null(strstr(error.text, "too many values"));
}

static void test_values_are_written(void **state)
{
    struct value *map = make_map(&region);
    struct value *list;

    (void)state;
    put_text(&region, map, "a", STR("\xc3\xbc"));
    put_number(&region, map, "b", 1000);
    put_real(&region, map, "c", 1000);
    put_time(&region, map, "d", 1363896240);
    put_bool(&region, map, "e", true);
    list = put_list(&region, map, "f");
    add_real(&region, list, -4.1);
    put_value(&region, map, "g", value_new(&region, VALUE_NULL, NULL));
    assert_string_equal(written(map), "a7"
                                      "616162c3bc"
                                      "61621903e8"
                                      "6163fb408f400000000000"
                                      "6164c11a514b67b0"
                                      "6165f5"
                                      "616681fbc010666666666666"
                                      "6167f6");
}

static void test_what_is_written_is_read_again(void **state)
{
    static const char *const numbers[] = {
        "0",
        "23",
        "24",
        "255",
        "256",
        "65536",
        "4294967296",
        "-1",
        "-24",
        "-25",
        "-18446744073709551615",
        "0.5",
        "1e+300",
        "-0.0",
        "5.0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct value *v = value_string(&region, str_of(numbers[i]), NULL);
        const struct value *again;

        v->kind = VALUE_NUMBER;
        again = cbor_read(&region, bytes_of(written(v)), &error);
        assert_non_null(again);
        assert_true(value_real(v) == value_real(again));
        assert_int_equal(strpbrk(again->text.p, ".e") != NULL,
                         strpbrk(numbers[i], ".e") != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_the_examples_of_the_standard_are_read,
                                  tear_down),
        cmocka_unit_test_teardown(test_what_is_none_says_where, tear_down),
        cmocka_unit_test_teardown(test_depth_entries_and_values_have_caps,
                                  tear_down),
        cmocka_unit_test_teardown(test_values_are_written, tear_down),
        cmocka_unit_test_teardown(test_what_is_written_is_read_again,
                                  tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

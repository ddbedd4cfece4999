/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/profile.h"

static struct region region;

static struct profiles read(const char *config, const char *credentials,
                            struct error *mistake)
{
    struct profiles p = {NULL};

    profiles_read(&region, &p, PROFILE_CONFIG, str_of(config), mistake);
    if (credentials)
        profiles_read(&region, &p, PROFILE_CREDENTIALS, str_of(credentials),
                      mistake);
    return p;
}

static void check(const struct profiles *p, const char *name, const char *key,
                  const char *wanted)
{
    struct str found = profile_get(p, str_of(name), key);

    if (!str_eq(found, str_of(wanted)))
        fail_msg("%s of %s: \"" STR_FMT "\"", key, name, STR_ARG(found));
}

static void test_sections_are_named_differently_in_both_files(void **state)
{
    struct error mistake;
    struct profiles p =
        read("[default]\nregion = a\n[profile  x ]\nregion=b\n"
             "[x]\nregion = no\n[profilex]\nregion=no\n",
             "[y]\nregion = c\n[profile z]\nregion = d\n", &mistake);

    (void)state;
    assert_string_equal(mistake.text, "");
    check(&p, "default", "region", "a");
    check(&p, "x", "region", "b");
    check(&p, "y", "region", "c");
    check(&p, "z", "region", "");
    check(&p, "profile z", "region", "d");
    assert_false(profile_exists(&p, STR("profilex")));
    assert_true(profile_exists(&p, STR("y")));
}

static void test_lines(void **state)
{
    struct error mistake;
    struct profiles p =
        read("\xef\xbb\xbf# a comment\r\n[default] ; more\r\n"
             "; another\r\n  # and one\r\nA_Key\t=  v = w # x \r\n"
             "empty =\r\n\r\nregion=one\r\nREGION = two\r\nlast = z",
             NULL, &mistake);

    (void)state;
    assert_string_equal(mistake.text, "");
    check(&p, "default", "a_key", "v = w # x");
    check(&p, "default", "empty", "");
    check(&p, "default", "region", "two");
    check(&p, "default", "last", "z");
}

static void test_the_credentials_file_comes_first(void **state)
{
    struct error mistake;
    struct profiles p = read("[profile x]\na = config\nb = config\n",
                             "[x]\na = credentials\n", &mistake);

    (void)state;
    check(&p, "x", "a", "credentials");
    check(&p, "x", "b", "config");
    assert_true(str_eq(profile_get_of(&p, PROFILE_CONFIG, STR("x"), "a"),
                       STR("config")));
}

static void test_profile_default_comes_before_default(void **state)
{
    struct error mistake;
    struct profiles p = read("[profile default]\na = 1\n[default]\na = 2\n"
                             "b = 2\n",
                             NULL, &mistake);

    (void)state;
    check(&p, "default", "a", "1");
    check(&p, "default", "b", "");
}

static void test_keys_below_a_key(void **state)
{
    struct error mistake;
    struct profiles p = read("[services s]\necs =\n  endpoint_url = u\n\n"
                             "  other = v\ns3 = x\n  y = z\n"
                             "[profile s]\necs = no\n",
                             NULL, &mistake);

    (void)state;
    assert_true(
        str_eq(profile_service(&p, STR("s"), "ECS", "endpoint_url"), STR("u")));
    assert_true(
        str_eq(profile_service(&p, STR("s"), "ecs", "other"), STR("v")));
    assert_int_equal(profile_service(&p, STR("s"), "s3", "y").n, 0);
    assert_int_equal(profile_service(&p, STR("t"), "ecs", "other").n, 0);
    assert_non_null(strstr(mistake.text, "line 7: goes on"));
}

static void test_the_first_mistake_is_told_and_all_are_passed_over(void **state)
{
    static const struct {
        const char *text;
        const char *mistake;
    } cases[] = {
        {"a = b\n", "line 1: stands in no section"},
        {"[x\na = b\n", "line 1: a section has no"},
        {"[default]\nwhat\n= b\n", "line 2: is no KEY = VALUE"},
        {"[default]\n a = b\n", "line 2: begins with a space"},
    };
    struct error mistake;
    struct profiles p;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        p = read(cases[i].text, NULL, &mistake);
        assert_non_null(strstr(mistake.text, cases[i].mistake));
        check(&p, "default", "a", "");
    }
}

static int end_region(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_are_named_differently_in_both_files),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_the_credentials_file_comes_first),
        cmocka_unit_test(test_profile_default_comes_before_default),
        cmocka_unit_test(test_keys_below_a_key),
        cmocka_unit_test(
            test_the_first_mistake_is_told_and_all_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, end_region);
}

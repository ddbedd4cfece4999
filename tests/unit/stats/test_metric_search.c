/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/metric_search.h"

static struct region region;
static struct error error;

static const struct dimension dimensions[] = {
    {{"LoadBalancer", 12}, {"app/web/1", 9}},
    {{"AvailabilityZone", 16}, {"eu-west-1a", 10}},
};
static const struct series_name name = {{"AWS/ApplicationELB", 18},
                                        {"HTTPCode_Target_5XX_Count", 25},
                                        2,
                                        dimensions};

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

static bool finds(const char *text)
{
    const struct metric_search *search =
        metric_search_parse(str_of(text), &region, &error);

    if (search == NULL)
        fail_msg("%s: %s", text, error.text);
    return metric_search_finds(search, &name);
}

static void test_a_schema_has_all_dimensions(void **state)
{
    (void)state;
    assert_true(finds("{AWS/ApplicationELB,LoadBalancer,AvailabilityZone}"));
    assert_true(finds("{\"AWS/ApplicationELB\", \"AvailabilityZone\", "
                      "LoadBalancer} 5xx"));
    assert_false(finds("{AWS/ApplicationELB,LoadBalancer}"));
    assert_false(finds("{AWS/ApplicationELB}"));
    assert_false(finds("{AWS/WAFV2,LoadBalancer,AvailabilityZone}"));
    assert_false(finds("{AWS/ApplicationELB,LoadBalancer,TargetGroup}"));
    assert_false(
        finds("{AWS/ApplicationELB,LoadBalancer,AvailabilityZone} 4xx"));
}

static void test_terms_are_parts_or_all_of_a_text(void **state)
{
    (void)state;
    assert_true(finds("httpcode"));
    assert_true(finds("web"));
    assert_true(finds("availabilityzone"));
    assert_true(finds("\"app/web/1\""));
    assert_false(finds("\"app/web\""));
    assert_false(finds("\"APP/WEB/1\""));
    assert_true(finds("MetricName=\"HTTPCode_Target_5XX_Count\""));
    assert_true(finds("MetricName = 5XX"));
    assert_false(finds("MetricName=web"));
    assert_true(finds("LoadBalancer=web"));
    assert_false(finds("AvailabilityZone=web"));
    assert_true(finds("Namespace=ApplicationELB"));
}

static void test_terms_are_combined(void **state)
{
    (void)state;
    assert_true(finds("web 5XX"));
    assert_true(finds("web AND 5XX"));
    assert_false(finds("web 4XX"));
    assert_true(finds("4XX OR 5XX"));
    assert_true(finds("4XX x OR 5XX web"));
    assert_false(finds("NOT 5XX"));
    assert_true(finds("web NOT 4XX"));
    assert_true(finds("(4XX OR 5XX) (web OR api)"));
    assert_true(finds("MetricName=(4XX OR 5XX)"));
    assert_false(finds("MetricName=(4XX OR web)"));
    assert_true(finds("NOT (4XX OR api)"));
}

static void test_what_is_no_search_says_why(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"", "a term is missing at character 1 of the search"},
        {"a OR", "a term is missing at character 5 of the search"},
        {"(a", "')' is missing at character 3 of the search"},
        {"a)", "something follows that is no term at character 2 of the "
               "search"},
        {"\"a", "a quote does not end at character 3 of the search"},
        {"{a", "'}' is missing at character 3 of the search"},
        {"{}", "a term is missing at character 2 of the search"},
        {"a=", "a term is missing at character 3 of the search"},
        {"((((((((((((((((((a", "it is nested too deep at character 17 of the "
                                "search"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(metric_search_parse(str_of(rows[i].text), &region, &error));
        assert_string_equal(error.text, rows[i].why);
    }
}

static void test_the_size_is_what_it_costs(void **state)
{
    unsigned one =
        metric_search_size(metric_search_parse(STR("a"), &region, &error));

    (void)state;
    assert_int_equal(metric_search_size(
                         metric_search_parse(STR("a b c d"), &region, &error)),
                     one + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_schema_has_all_dimensions),
        cmocka_unit_test(test_terms_are_parts_or_all_of_a_text),
        cmocka_unit_test(test_terms_are_combined),
        cmocka_unit_test(test_what_is_no_search_says_why),
        cmocka_unit_test(test_the_size_is_what_it_costs),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}

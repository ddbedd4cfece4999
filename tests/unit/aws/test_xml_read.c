/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/xml_read.h"

static struct region region;

static void check(const char *document, const char *path, const char *wanted)
{
    struct str found = xml_read_text(&region, str_of(document), path);

    if (!str_eq(found, str_of(wanted)))
        fail_msg("%s of %s: \"" STR_FMT "\"", path, document, STR_ARG(found));
}

static void test_elements_are_found_by_their_path(void **state)
{
    static const char doc[] =
        "<?xml version='1.0'?>\n<!DOCTYPE a [ ]>\n<a:R xmlns:a=\"u>v\">"
        "<!-- <Code>no</Code> --><Error x='1'><Code>one</Code><M/>"
        "<Error><Code>inner</Code></Error></Error><Error><Code>two</Code>"
        "</Error></a:R>";

    (void)state;
    check(doc, "R/Error/Code", "one");
    check(doc, "R/Error/Error/Code", "inner");
    check(doc, "R/Error/M", "");
    check(doc, "Error/Code", "");
    check(doc, "R/Nothing", "");
}

static void test_text_is_decoded(void **state)
{
    (void)state;
    check("<a>&lt;b&gt;&amp;&quot;&apos;</a>", "a", "<b>&\"'");
    check("<a>&#65;&#x42;&#xe9;&#x20AC;&#x1F600;</a>", "a",
          "AB\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    check("<a>&what; &#0; &#xd800; &#x110000; & &#;</a>", "a",
          "&what; &#0; &#xd800; &#x110000; & &#;");
    check("<a>x<![CDATA[<b>&amp;]]>y<!-- z --></a>", "a", "x<b>&amp;y");
}

static void test_what_is_no_xml_has_no_elements(void **state)
{
    static const char *const wrong[] = {
        "",           "<",
        "<a",         "<a>",
        "<a><b></a>", "</a>",
        "<a x='>",    "<a>x</b>",
        "plain text", "<!-- <a>1</a>",
        "<>1</>",     "{\"a\": 1}",
        "<a>1</a ",   "<?xml <a>1</a>",
    };
    struct xml_element e;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct str rest = str_of(wrong[i]);

        if (xml_read_next(&rest, &e))
            fail_msg("%s", wrong[i]);
    }
}

static void test_elements_come_one_after_the_other(void **state)
{
    struct str rest = STR("<i>1</i> <i/><j>2</j>");
    struct xml_element e;

    (void)state;
    assert_true(xml_read_next(&rest, &e));
    assert_true(str_eq(e.inside, STR("1")));
    assert_true(xml_read_next(&rest, &e));
    assert_true(str_eq(e.name, STR("i")) && e.inside.n == 0);
    assert_true(xml_read_next(&rest, &e));
    assert_true(str_eq(e.name, STR("j")));
    assert_false(xml_read_next(&rest, &e));
}

static void test_depth_costs_no_stack(void **state)
{
    enum { DEPTH = 500000 };
    char *deep = malloc(7 * DEPTH + 1);
    struct str rest = str_make(deep, 7 * DEPTH);
    struct xml_element e;

    (void)state;
    for (size_t i = 0; i < DEPTH; i++) {
        memcpy(deep + 3 * i, "<a>", 3);
        memcpy(deep + 3 * DEPTH + 4 * i, "</a>", 4);
    }
    assert_true(xml_read_next(&rest, &e));
    assert_int_equal(e.inside.n, 7 * DEPTH - 7);
    free(deep);
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
        cmocka_unit_test(test_elements_are_found_by_their_path),
        cmocka_unit_test(test_text_is_decoded),
        cmocka_unit_test(test_what_is_no_xml_has_no_elements),
        cmocka_unit_test(test_elements_come_one_after_the_other),
        cmocka_unit_test(test_depth_costs_no_stack),
    };

    return cmocka_run_group_tests(tests, NULL, end_region);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/query.h"
#include "base/text.h"

static struct region region;
static char written[4096];

static int tear_down(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

/* Scalars as they are, lists in [], maps in {}. */
static void put(struct text *t, const struct value *v)
{
    if (value_is_scalar(v)) {
        text_str_put(t, v->text);
        return;
    }
    text_char(t, v->kind == VALUE_LIST ? '[' : '{');
    for (const struct value *e = v->first; e; e = e->next) {
        if (v->kind == VALUE_MAP) {
            text_str_put(t, e->key);
            text_char(t, ':');
        }
        put(t, e);
        if (e->next)
            text_char(t, ' ');
    }
    text_char(t, v->kind == VALUE_LIST ? ']' : '}');
}

static const char *show(const struct value *v)
{
    struct text t = text_in(written, sizeof(written) - 1);

    put(&t, v);
    assert_true(text_ok(&t));
    written[t.n] = '\0';
    return written;
}

static const char *read_form(const char *text)
{
    struct str form = str_of(text);
    struct error error = {""};
    const struct value *v = query_read(&region, &form, 1, &error);

    if (v == NULL)
        assert_string_not_equal(error.text, "");
    return v ? show(v) : NULL;
}

static const char *fault_of(const char *text)
{
    static struct error error;
    struct str form = str_of(text);

    error.text[0] = '\0';
    assert_null(query_read(&region, &form, 1, &error));
    return error.text;
}

static void test_a_form_is_a_map_of_its_parameters(void **state)
{
    (void)state;
    assert_string_equal(read_form("Name=web&Action=CreateRule"),
                        "{Action:CreateRule Name:web}");
    assert_string_equal(read_form(""), "{}");
    assert_string_equal(read_form("&&a=1&"), "{a:1}");
    assert_string_equal(read_form("a"), "{a:}");
    assert_string_equal(read_form("a=b=c"), "{a:b=c}");
}

static void test_escapes_and_plus_signs_are_undone(void **state)
{
    (void)state;
    assert_string_equal(read_form("a%2Eb=1+2%2b3%26"), "{a:{b:1 2+3&}}");
    assert_string_equal(read_form("a=%C3%A9%0A"), "{a:\xc3\xa9\n}");
}

/* Checklist 5. */
static void test_members_are_lists_in_the_order_of_their_numbers(void **state)
{
    (void)state;
    assert_string_equal(read_form("N.member.2=b&N.member.10=c&N.member.1=a"),
                        "{N:[a b c]}");
    assert_string_equal(read_form("A.member.1.X.member.1.Y=1&"
                                  "A.member.1.X.member.2.Y=2&A.member.7.Z=3"),
                        "{A:[{X:[{Y:1} {Y:2}]} {Z:3}]}");
}

static void test_bare_numbers_are_lists_as_ec2_has_them(void **state)
{
    (void)state;
    assert_string_equal(
        read_form("Filter.1.Name=n&Filter.1.Value.2=w&Filter.1.Value.1=v"),
        "{Filter:[{Name:n Value:[v w]}]}");
}

static void test_entries_are_maps(void **state)
{
    (void)state;
    assert_string_equal(read_form("M.entry.1.key=k&M.entry.1.value=v&"
                                  "M.entry.2.key=l&M.entry.2.value="),
                        "{M:{k:v l:}}");
    assert_non_null(strstr(fault_of("M.entry.1.value=v"), "without a key"));
    assert_non_null(strstr(fault_of("M.entry.1.key.x=v"), "without a key"));
    assert_non_null(strstr(fault_of("M.entry.1=v"), "without a key"));
}

static void test_what_begins_alike_is_not_the_same(void **state)
{
    (void)state;
    assert_string_equal(read_form("a.b=1&a-b=2&ab=3&a.bc=4"),
                        "{a:{b:1 bc:4} a-b:2 ab:3}");
}

static void test_words_of_lists_may_be_names_of_members(void **state)
{
    (void)state;
    assert_string_equal(read_form("a.member=1"), "{a:{member:1}}");
    assert_string_equal(read_form("a.member.x=1"), "{a:{member:{x:1}}}");
    assert_string_equal(read_form("a.member.1=1&a.x=2"),
                        "{a:{member:[1] x:2}}");
    assert_string_equal(read_form("a.0=1"), "{a:{0:1}}");
    assert_string_equal(read_form("a.01=1"), "{a:{01:1}}");
    assert_string_equal(read_form("a.123456=1"), "{a:{123456:1}}");
    assert_string_equal(read_form("1=x"), "{1:x}");
}

static void test_one_thing_cannot_be_two(void **state)
{
    (void)state;
    assert_string_equal(fault_of("a=1&b=2&a=3"),
                        "The parameter 'a' was given more than once");
    assert_string_equal(fault_of("a.b=1&a=3"),
                        "The parameter 'a' is a value and has members");
    assert_string_equal(fault_of("a.member.1=1&a.member.1=1"),
                        "The parameter 'a.member.1' was given more than once");
}

static void test_broken_escapes_are_refused(void **state)
{
    (void)state;
    assert_non_null(strstr(fault_of("a=%"), "hexadecimal"));
    assert_non_null(strstr(fault_of("a=%4"), "hexadecimal"));
    assert_non_null(strstr(fault_of("a=%4g"), "hexadecimal"));
    assert_non_null(strstr(fault_of("%zz=1"), "hexadecimal"));
}

static void test_values_are_text(void **state)
{
    (void)state;
    assert_string_equal(
        fault_of("a=%00"),
        "The parameter 'a' is not UTF-8 text, or has a control character");
    assert_non_null(fault_of("a=%ff"));
    assert_non_null(fault_of("a=%1b"));
    assert_non_null(fault_of("a=%EF%BF%BF"));
    assert_string_equal(fault_of("%ff=a"),
                        "The name of a parameter is not UTF-8 text, or has a "
                        "control character");
}

static void test_names_have_a_length(void **state)
{
    char name[QUERY_NAME_MAX + 8];

    (void)state;
    memset(name, 'a', sizeof(name));
    name[QUERY_NAME_MAX + 1] = '\0';
    assert_non_null(strstr(fault_of(name), "too long"));
    name[QUERY_NAME_MAX] = '\0';
    assert_non_null(read_form(name));
    assert_non_null(read_form("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p=1"));
    assert_non_null(
        strstr(fault_of("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1"), "too long"));
}

static void test_there_are_only_so_many_parameters(void **state)
{
    size_t n = (size_t)(QUERY_PARAMETERS_MAX + 1) * 8;
    char *form = calloc(1, n + 1);
    size_t at = 0;
    struct error error = {""};
    struct str text;

    (void)state;
    for (unsigned i = 0; i < QUERY_PARAMETERS_MAX; i++)
        at += (size_t)snprintf(form + at, n - at, "a%u&", i);
    text = str_make(form, at);
    assert_int_equal(value_count(query_read(&region, &text, 1, &error)),
                     QUERY_PARAMETERS_MAX);
    at += (size_t)snprintf(form + at, n - at, "b");
    text = str_make(form, at);
    assert_null(query_read(&region, &text, 1, &error));
    assert_string_equal(error.text, "There are more than 16384 parameters");
    free(form);
}

static void test_several_forms_are_one(void **state)
{
    const struct str forms[] = {STR("a=1&b.member.1=x"), STR("b.member.2=y")};
    struct error error = {""};

    (void)state;
    assert_string_equal(show(query_read(&region, forms, 2, &error)),
                        "{a:1 b:[x y]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_form_is_a_map_of_its_parameters),
        cmocka_unit_test(test_escapes_and_plus_signs_are_undone),
        cmocka_unit_test(test_members_are_lists_in_the_order_of_their_numbers),
        cmocka_unit_test(test_bare_numbers_are_lists_as_ec2_has_them),
        cmocka_unit_test(test_entries_are_maps),
        cmocka_unit_test(test_what_begins_alike_is_not_the_same),
        cmocka_unit_test(test_words_of_lists_may_be_names_of_members),
        cmocka_unit_test(test_one_thing_cannot_be_two),
        cmocka_unit_test(test_broken_escapes_are_refused),
        cmocka_unit_test(test_values_are_text),
        cmocka_unit_test(test_names_have_a_length),
        cmocka_unit_test(test_there_are_only_so_many_parameters),
        cmocka_unit_test(test_several_forms_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}

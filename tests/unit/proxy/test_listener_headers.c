/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/attributes.h"
#include "proxy/listener_headers.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SET(name, value)                                                       \
    {                                                                          \
        STR("routing.http.response." name ".header_value"), STR(value)         \
    }

static struct listener_headers headers;

static const struct listener_fields *
compile(struct config_listener_attribute *given, unsigned n)
{
    struct config_listener listener = {.attributes = given, .nattributes = n};

    listener_headers_compile(&headers, &listener);
    return listener_headers_set(&headers);
}

static void assert_set(const struct listener_fields *set, unsigned i,
                       const char *name, const char *value)
{
    assert_true(i < set->n);
    assert_true(str_eq(set->v[i].name, str_of(name)));
    assert_true(str_eq(set->v[i].value, str_of(value)));
}

static void test_without_attributes_nothing_is_set(void **state)
{
    (void)state;
    assert_null(compile(NULL, 0));
    assert_false(headers.request.renamed);
}

/* Each row of the table is known here: nobody sets an attribute in vain. */
static void test_each_attribute_of_listeners_does_something(void **state)
{
    (void)state;
    for (unsigned i = 0; i < nattributes; i++) {
        struct config_listener_attribute one = {str_of(attributes[i].name),
                                                STR("X-New")};
        const struct listener_fields *set;

        if (attributes[i].owner != OWNER_LISTENER)
            continue;
        assert_true(attributes[i].acts);
        if (attributes[i].kind == ATTRIBUTE_BOOL)
            one.value = STR("false");
        set = compile(&one, 1);
        if (attributes[i].kind == ATTRIBUTE_BOOL)
            assert_true(set && set->hide_server);
        else
            assert_true((set && set->n == 1) || headers.request.renamed);
    }
}

static void test_names_and_values_are_those_of_the_fields(void **state)
{
    struct config_listener_attribute all[] = {
        SET("x_frame_options", "DENY"),
        SET("strict_transport_security", "max-age=1"),
        SET("access_control_allow_origin", " * "),
    };
    const struct listener_fields *set = compile(all, COUNT(all));

    (void)state;
    assert_int_equal(set->n, 3);
    assert_false(set->hide_server);
    assert_set(set, 0, "Strict-Transport-Security", "max-age=1");
    assert_set(set, 1, "Access-Control-Allow-Origin", "*");
    assert_set(set, 2, "X-Frame-Options", "DENY");
}

static void test_an_empty_value_is_none(void **state)
{
    struct config_listener_attribute all[] = {
        SET("x_frame_options", ""),
        SET("content_security_policy", "  "),
        {STR("routing.http.response.server.enabled"), STR("true")},
        {STR("routing.http.request.x_amzn_tls_version.header_name"), STR("")},
    };

    (void)state;
    assert_null(compile(all, COUNT(all)));
    assert_false(headers.request.renamed);
    assert_true(str_eq(headers.request.names[FORWARDED_TLS_VERSION],
                       STR("X-Amzn-Tls-Version")));
}

static void test_the_last_of_two_counts(void **state)
{
    struct config_listener_attribute all[] = {
        SET("x_frame_options", "DENY"),
        SET("x_frame_options", "SAMEORIGIN"),
    };

    (void)state;
    assert_set(compile(all, 2), 0, "X-Frame-Options", "SAMEORIGIN");
    all[1].value = STR("");
    assert_null(compile(all, 2));
}

static void test_fields_that_are_set_lose_those_of_the_target(void **state)
{
    static char raw[] = "HTTP/1.1 200 OK\r\nx-frame-options: a\r\n"
                        "X-Frame-Options: b\r\nX-Frame-Optionz: c\r\n"
                        "X-FRAME-OPTIONS : d\r\nServer: e\r\n"
                        "Strict-Transport-Security: f\r\n\r\n";
    static char clean[] = "HTTP/1.1 200 OK\r\nx-frame-options: a\r\n"
                          "X-Frame-Options: b\r\nX-Frame-Optionz: c\r\n"
                          "X-FRAME-OPTIONS: d\r\nServer: e\r\n"
                          "Strict-Transport-Security: f\r\n\r\n";
    struct config_listener_attribute one = SET("x_frame_options", "DENY");
    struct field fields[16];
    struct response res = {.fields = {.v = fields, .cap = 16}};
    struct h1_fault fault;
    size_t len;
    static const bool dropped[] = {true, true, false, true, false, false};

    (void)state;
    /* A blank before the colon is no response at all. */
    assert_int_equal(h1_parse_response(&res, raw, sizeof(raw) - 1,
                                       &h1_response_limits, METHOD_GET, &len,
                                       &fault),
                     H1_BAD);
    assert_int_equal(h1_parse_response(&res, clean, sizeof(clean) - 1,
                                       &h1_response_limits, METHOD_GET, &len,
                                       &fault),
                     H1_OK);
    listener_headers_drop(compile(&one, 1), &res.fields);
    assert_int_equal(res.fields.n, COUNT(dropped));
    for (unsigned i = 0; i < COUNT(dropped); i++)
        assert_int_equal((fields[i].flags & FIELD_DROPPED) != 0, dropped[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_attributes_nothing_is_set),
        cmocka_unit_test(test_each_attribute_of_listeners_does_something),
        cmocka_unit_test(test_names_and_values_are_those_of_the_fields),
        cmocka_unit_test(test_an_empty_value_is_none),
        cmocka_unit_test(test_the_last_of_two_counts),
        cmocka_unit_test(test_fields_that_are_set_lose_those_of_the_target),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

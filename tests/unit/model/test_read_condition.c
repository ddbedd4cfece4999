/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

static const struct config_condition *conditions(const struct config *config)
{
    return config->listeners[0]->rules[0].conditions;
}

static void check_values(const char *text, enum condition_field field,
                         bool regex, const char *first, const char *second)
{
    struct config *config = build_good(in_condition, text);
    const struct config_condition *c = conditions(config);

    assert_int_equal(config->listeners[0]->rules[0].nconditions, 1);
    assert_int_equal(c->field, field);
    assert_int_equal(c->regex, regex);
    assert_int_equal(c->nvalues, second ? 2 : 1);
    assert_string_equal(c->values[0].value.p, first);
    assert_int_equal(c->values[0].place.line, 8);
    if (second)
        assert_string_equal(c->values[1].value.p, second);
    config_release(config);
}

static void test_every_field_in_every_spelling(void **state)
{
    static const struct {
        const char *text;
        enum condition_field field;
        bool regex;
        const char *first;
        const char *second;
    } cases[] = {
        {"{Field: host-header, Values: [www.example.com]}", CONDITION_HOST,
         false, "www.example.com", NULL},
        {"{Field: host-header, HostHeaderConfig: {Values: ['*.example.com', "
         "'a?.*.org']}}",
         CONDITION_HOST, false, "*.example.com", "a?.*.org"},
        {"{Field: host-header, HostHeaderConfig: {RegexValues: "
         "['^[a-z]+\\.example\\.com$']}}",
         CONDITION_HOST, true, "^[a-z]+\\.example\\.com$", NULL},
        {"{Field: host-header, RegexValues: ['^a']}", CONDITION_HOST, true,
         "^a", NULL},
        {"{Field: path-pattern, Values: ['/img/*']}", CONDITION_PATH, false,
         "/img/*", NULL},
        {"{Field: path-pattern, PathPatternConfig: {Values: ['*', "
         "'/_-.$~\"@:+a&amp;b&c/?']}}",
         CONDITION_PATH, false, "*", "/_-.$~\"@:+a&b&c/?"},
        {"{Field: path-pattern, PathPatternConfig: {RegexValues: "
         "['^/%20 [0-9]+$']}}",
         CONDITION_PATH, true, "^/%20 [0-9]+$", NULL},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-Canary, "
         "Values: [1, 'a b*']}}",
         CONDITION_HEADER, false, "1", "a b*"},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-Canary, "
         "RegexValues: ['^v[0-9]']}}",
         CONDITION_HEADER, true, "^v[0-9]", NULL},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-Canary}, "
         "RegexValues: ['^v[0-9]']}",
         CONDITION_HEADER, true, "^v[0-9]", NULL},
        {"{Field: http-request-method, HttpRequestMethodConfig: {Values: "
         "[GET, MY-OWN_ONE]}}",
         CONDITION_METHOD, false, "GET", "MY-OWN_ONE"},
        {"{Field: source-ip, SourceIpConfig: {Values: [10.0.0.0/8, "
         "'2001:db8::/32']}}",
         CONDITION_SOURCE_IP, false, "10.0.0.0/8", "2001:db8::/32"},
        {"{Field: source-ip, SourceIpConfig: {Values: [0.0.0.0/0, '::/0']}}",
         CONDITION_SOURCE_IP, false, "0.0.0.0/0", "::/0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_values(cases[i].text, cases[i].field, cases[i].regex,
                     cases[i].first, cases[i].second);
}

static void test_a_header_condition_has_its_name(void **state)
{
    struct config *config =
        build_good(in_condition, "{Field: http-header, HttpHeaderConfig: "
                                 "{HttpHeaderName: X-Canary, Values: [1]}}");

    (void)state;
    assert_string_equal(conditions(config)->header.p, "X-Canary");
    config_release(config);
}

static void test_keys_of_a_query_may_be_left_out(void **state)
{
    struct config *config = build_good(
        in_condition, "{Field: query-string, QueryStringConfig: {Values: "
                      "[{Key: version, Value: 'v*'}, {Value: '\\*'}]}}");
    const struct config_condition *c = conditions(config);

    (void)state;
    assert_int_equal(c->field, CONDITION_QUERY);
    assert_true(c->values[0].has_key);
    assert_string_equal(c->values[0].key.p, "version");
    assert_string_equal(c->values[0].value.p, "v*");
    assert_false(c->values[1].has_key);
    assert_string_equal(c->values[1].value.p, "\\*");
    config_release(config);
}

static void test_headers_and_queries_may_be_there_several_times(void **state)
{
    struct config *config = build_good(
        in_condition,
        "{Field: http-header, HttpHeaderConfig: {HttpHeaderName: A, Values: "
        "['*']}}, {Field: http-header, HttpHeaderConfig: {HttpHeaderName: A, "
        "Values: [b]}}, {Field: query-string, QueryStringConfig: {Values: "
        "[{Value: a}]}}, {Field: query-string, QueryStringConfig: {Values: "
        "[{Value: '\\*\\*\\*\\*\\*\\*'}]}}");

    (void)state;
    assert_int_equal(config->listeners[0]->rules[0].nconditions, 4);
    config_release(config);
}

static void test_fields_and_their_configs(void **state)
{
    static const struct fault faults[] = {
        {"{Field: ^path-patern, Values: [/a]}",
         "rule Api: Field of a condition cannot be \"path-patern\"",
         "did you mean \"path-pattern\"?"},
        {"{Field: ^zebra, Values: [/a]}",
         "rule Api: Field of a condition cannot be \"zebra\"",
         "write host-header, path-pattern, http-header, http-request-method, "
         "query-string or source-ip"},
        {"^{Values: [/a]}", "rule Api: Conditions[0].Field is missing",
         "add Field: path-pattern"},
        {"{Field: path-pattern, ^HostHeaderConfig: {Values: [a.example.com]}}",
         "rule Api: HostHeaderConfig does not belong to a path-pattern "
         "condition",
         "write PathPatternConfig, or Field: host-header"},
        {"^{Field: path-pattern}", "rule Api: path-pattern has no values",
         "add PathPatternConfig: {Values: [\"/api/*\"]}"},
        {"^{Field: path-pattern, PathPatternConfig: {}}",
         "rule Api: path-pattern has no values",
         "add PathPatternConfig: {Values: [\"/api/*\"]}"},
        {"{Field: path-pattern, Values: ^[]}",
         "rule Api: path-pattern has an empty list of values",
         "add a value, or leave the condition out"},
        {"{Field: host-header, HostHeaderConfig: {Values: ^[]}}",
         "rule Api: host-header has an empty list of values",
         "add a value, or leave the condition out"},
        {"{Field: http-request-method, ^Values: [GET]}",
         "rule Api: http-request-method has its values in a config",
         "write HttpRequestMethodConfig: {Values: [GET]}"},
        {"{Field: source-ip, ^Values: [10.0.0.0/8]}",
         "rule Api: source-ip has its values in a config",
         "write SourceIpConfig: {Values: [10.0.0.0/8]}"},
        {"{Field: query-string, ^Values: [a]}",
         "rule Api: query-string has its values in a config",
         "write QueryStringConfig: {Values: [{Key: ..., Value: ...}]}"},
        {"{Field: http-header, ^Values: [a]}",
         "rule Api: http-header has its values in a config",
         "write HttpHeaderConfig: {HttpHeaderName: ..., Values: ...}"},
        {"{Field: source-ip, ^RegexValues: [a], SourceIpConfig: {Values: "
         "[10.0.0.0/8]}}",
         "rule Api: source-ip takes no RegexValues",
         "write SourceIpConfig: {Values: [10.0.0.0/8]}"},
        {"{Field: path-pattern, PathPatternConfig: {Values: [/a], "
         "^RegexValues: [b]}}",
         "rule Api: a condition has one list of values, Values or RegexValues",
         "leave one out; a condition of its own would have to hold as well"},
        {"{Field: path-pattern, Values: [/a], ^RegexValues: [b]}",
         "rule Api: a condition has one list of values, Values or RegexValues",
         "leave one out; a condition of its own would have to hold as well"},
        {"{Field: path-pattern, ^Values: [/a], PathPatternConfig: {Values: "
         "[/a]}}",
         "rule Api: a condition has one list of values, Values or RegexValues",
         "leave one out; a condition of its own would have to hold as well"},
        {"^{Field: http-header, RegexValues: [a]}",
         "rule Api: http-header has no HttpHeaderConfig",
         "add HttpHeaderConfig: {HttpHeaderName: ..., Values: ...}"},
        {"{Field: http-header, HttpHeaderConfig: ^{Values: [a]}}",
         "rule Api: Conditions[0].HttpHeaderConfig.HttpHeaderName is missing",
         "add HttpHeaderName: User-Agent"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void test_hosts_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Field: host-header, HostHeaderConfig: {Values: [^localhost]}}",
         "rule Api: host-header \"localhost\" has no dot, which AWS wants",
         "write a whole name, such as www.example.com or *.example.com"},
        {"{Field: host-header, HostHeaderConfig: {Values: [^a_b.example.com]}}",
         "rule Api: host-header \"a_b.example.com\" has the character \"_\", "
         "which AWS does not take",
         "AWS takes letters, digits and - . * ?"},
        {"{Field: host-header, HostHeaderConfig: {Values: "
         "[^example.com:8080]}}",
         "rule Api: host-header \"example.com:8080\" has a port",
         "leave it out: the host is compared without its port"},
        {"{Field: host-header, HostHeaderConfig: {Values: [^10.0.0.1]}}",
         "rule Api: host-header \"10.0.0.1\" has \"1\" after its last dot, "
         "where AWS takes only letters",
         "end it with a top-level domain, as in *.example.com"},
        {"{Field: host-header, HostHeaderConfig: {Values: [^www.example.*]}}",
         "rule Api: host-header \"www.example.*\" has \"*\" after its last "
         "dot, where AWS takes only letters",
         "end it with a top-level domain, as in *.example.com"},
        {"{Field: host-header, HostHeaderConfig: {Values: [^www.example.c1]}}",
         "rule Api: host-header \"www.example.c1\" has \"1\" after its last "
         "dot, where AWS takes only letters",
         "end it with a top-level domain, as in *.example.com"},
        {"{Field: host-header, HostHeaderConfig: {Values: [^'www "
         "example.com']}}",
         "rule Api: host-header \"www example.com\" has a space, or a "
         "character that is not printable ASCII",
         "AWS takes letters, digits and - . * ?"},
        {"{Field: host-header, HostHeaderConfig: {Values: [^'*']}}",
         "rule Api: host-header \"*\" has no dot, which AWS wants",
         "write a whole name, such as www.example.com or *.example.com"},
        {"{Field: host-header, HostHeaderConfig: {Values: [^" A128
         ".example.com]}}",
         "rule Api: Conditions[0].HostHeaderConfig.Values[0] has 140 "
         "characters: AWS takes at most 128",
         "make it shorter"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void test_paths_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Field: path-pattern, PathPatternConfig: {Values: [^'/a%20b']}}",
         "rule Api: path-pattern \"/a%20b\" has the character \"%\", which AWS "
         "does not take",
         "match an encoded character with *, or use RegexValues"},
        {"{Field: path-pattern, PathPatternConfig: {Values: [^'/a b']}}",
         "rule Api: path-pattern \"/a b\" has a space, or a character that is "
         "not printable ASCII",
         "AWS takes letters, digits and _ - . $ / ~ \" ' @ : + & * ?"},
        {"{Field: path-pattern, PathPatternConfig: {Values: [^'/a;b']}}",
         "rule Api: path-pattern \"/a;b\" has the character \";\", which AWS "
         "does not take",
         "AWS takes letters, digits and _ - . $ / ~ \" ' @ : + & * ?"},
        {"{Field: path-pattern, PathPatternConfig: {Values: [^'/a#b']}}",
         "rule Api: path-pattern \"/a#b\" has the character \"#\", which AWS "
         "does not take",
         "AWS takes letters, digits and _ - . $ / ~ \" ' @ : + & * ?"},
        {"{Field: path-pattern, PathPatternConfig: {Values: [^/" A128 "]}}",
         "rule Api: Conditions[0].PathPatternConfig.Values[0] has 129 "
         "characters: AWS takes at most 128",
         "make it shorter"},
        {"{Field: path-pattern, PathPatternConfig: {Values: [^'/ä']}}",
         "rule Api: path-pattern \"/ä\" has a space, or a character that is "
         "not printable ASCII",
         "AWS takes letters, digits and _ - . $ / ~ \" ' @ : + & * ?"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void test_a_path_that_can_never_match_is_warned_of(void **state)
{
    static const struct fault faults[] = {
        {"{Field: path-pattern, Values: [^api/*]}",
         "rule Api: path-pattern \"api/*\" can never match: a path begins with "
         "/",
         "write \"/api/*\""},
    };

    (void)state;
    CHECK_WARNINGS(in_condition, faults);
}

static void test_headers_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: ^Host, "
         "Values: [a]}}",
         "rule Api: an http-header condition cannot look at Host",
         "write Field: host-header"},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: ^host, "
         "Values: [a]}}",
         "rule Api: an http-header condition cannot look at Host",
         "write Field: host-header"},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: ^'X-A:', "
         "Values: [a]}}",
         "rule Api: HttpHeaderName \"X-A:\" is no name of a header",
         "write the name alone, without colon and wildcards"},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: ^X *, "
         "Values: [a]}}",
         "rule Api: HttpHeaderName \"X *\" is no name of a header",
         "write the name alone, without colon and wildcards"},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: ^" A16 "" A16
         "aaaaaaaaa, Values: [a]}}",
         "rule Api: Conditions[0].HttpHeaderConfig.HttpHeaderName has 41 "
         "characters: AWS takes at most 40",
         "make it shorter"},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-A, Values: "
         "^[]}}",
         "rule Api: http-header has an empty list of values",
         "add a value, or leave the condition out"},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-A, Values: "
         "[^" A128 "a]}}",
         "rule Api: Conditions[0].HttpHeaderConfig.Values[0] has 129 "
         "characters: AWS takes at most 128",
         "make it shorter"},
        {"{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-A, Values: "
         "[^'a\tb']}}",
         "rule Api: http-header value \"a b\" has a control character",
         "leave it out"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void test_methods_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Field: http-request-method, HttpRequestMethodConfig: {Values: "
         "[^get]}}",
         "rule Api: http-request-method \"get\" has small letters: methods are "
         "compared with their case",
         "write it in capital letters, such as GET"},
        {"{Field: http-request-method, HttpRequestMethodConfig: {Values: "
         "[^G*]}}",
         "rule Api: http-request-method cannot be \"G*\"",
         "AWS takes capital letters, - and _, without wildcards"},
        {"{Field: http-request-method, HttpRequestMethodConfig: {Values: "
         "[^'GET POST']}}",
         "rule Api: http-request-method cannot be \"GET POST\"",
         "AWS takes capital letters, - and _, without wildcards"},
        {"{Field: http-request-method, HttpRequestMethodConfig: {Values: "
         "[^AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA]}}",
         "rule Api: Conditions[0].HttpRequestMethodConfig.Values[0] has 41 "
         "characters: AWS takes at most 40",
         "make it shorter"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void test_queries_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Field: query-string, QueryStringConfig: {Values: [^{Key: a}]}}",
         "rule Api: Conditions[0].QueryStringConfig.Values[0].Value is missing",
         "add Value: v1"},
        {"{Field: query-string, QueryStringConfig: {Values: [^a=b]}}",
         "rule Api: Conditions[0].QueryStringConfig.Values[0] must be a map, "
         "this is a string",
         "write a map of Key and Value"},
        {"{Field: query-string, QueryStringConfig: {Values: [{Key: a, Value: "
         "^''}]}}",
         "rule Api: Conditions[0].QueryStringConfig.Values[0].Value is empty",
         "write Value: v1"},
        {"{Field: query-string, QueryStringConfig: {Values: [{Key: ^'', Value: "
         "b}]}}",
         "rule Api: Conditions[0].QueryStringConfig.Values[0].Key is empty",
         "write Key: version"},
        {"{Field: query-string, QueryStringConfig: {Values: [{Key: ^" A128
         "a, Value: b}]}}",
         "rule Api: Conditions[0].QueryStringConfig.Values[0].Key has 129 "
         "characters: AWS takes at most 128",
         "make it shorter"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void test_blocks_of_addresses_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Field: source-ip, SourceIpConfig: {Values: [^1.2.3.4]}}",
         "rule Api: source-ip \"1.2.3.4\" is no block of addresses",
         "write 1.2.3.4/32"},
        {"{Field: source-ip, SourceIpConfig: {Values: [^'2001:db8::1']}}",
         "rule Api: source-ip \"2001:db8::1\" is no block of addresses",
         "write 2001:db8::1/128"},
        {"{Field: source-ip, SourceIpConfig: {Values: [^10.0.0.0/33]}}",
         "rule Api: source-ip \"10.0.0.0/33\" is no block of addresses",
         "write one such as 10.0.0.0/8 or 2001:db8::/32"},
        {"{Field: source-ip, SourceIpConfig: {Values: [^10.0.0/8]}}",
         "rule Api: source-ip \"10.0.0/8\" is no block of addresses",
         "write one such as 10.0.0.0/8 or 2001:db8::/32"},
        {"{Field: source-ip, SourceIpConfig: {Values: [^255.255.255.255/32]}}",
         "rule Api: source-ip 255.255.255.255/32 is refused by AWS",
         "write the block of the clients that you mean"},
        {"{Field: source-ip, SourceIpConfig: {Values: [^office]}}",
         "rule Api: source-ip \"office\" is no block of addresses",
         "write one such as 10.0.0.0/8 or 2001:db8::/32"},
        {"{Field: source-ip, SourceIpConfig: {Values: [^'10.0.0.0/8, "
         "11.0.0.0/8']}}",
         "rule Api: source-ip \"10.0.0.0/8, 11.0.0.0/8\" is no block of "
         "addresses",
         "write one such as 10.0.0.0/8 or 2001:db8::/32"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void test_some_conditions_are_once_in_a_rule(void **state)
{
    static const struct fault faults[] = {
        {"{Field: path-pattern, Values: [/a]},\n^{Field: path-pattern, Values: "
         "[/b]}",
         "rule Api: a rule has at most one path-pattern condition, and has it "
         "already (line 8)",
         "put all its values into one condition"},
        {"{Field: host-header, Values: [a.example.com]},\n^{Field: "
         "host-header, Values: [b.example.com]}",
         "rule Api: a rule has at most one host-header condition, and has it "
         "already (line 8)",
         "put all its values into one condition"},
        {"{Field: source-ip, SourceIpConfig: {Values: "
         "[10.0.0.0/8]}},\n^{Field: source-ip, SourceIpConfig: {Values: "
         "[11.0.0.0/8]}}",
         "rule Api: a rule has at most one source-ip condition, and has it "
         "already (line 8)",
         "put all its values into one condition"},
        {"{Field: http-request-method, HttpRequestMethodConfig: {Values: "
         "[GET]}},\n^{Field: http-request-method, HttpRequestMethodConfig: "
         "{Values: [PUT]}}",
         "rule Api: a rule has at most one http-request-method condition, and "
         "has it already (line 8)",
         "put all its values into one condition"},
    };

    (void)state;
    CHECK_ERRORS(in_condition, faults);
}

static void test_quotas_of_AWS_are_doubtful(void **state)
{
    static const struct fault faults[] = {
        {"Priority: 1, Actions: [{Type: fixed-response, FixedResponseConfig: "
         "{StatusCode: 404}}], Conditions: ^[{Field: path-pattern, "
         "PathPatternConfig: {Values: [/a, /b, /c, /d, /e, /f]}}]",
         "rule Api: the conditions have 6 values: AWS takes 5 in a rule",
         "spread them over several rules with the same actions"},
        {"Priority: 1, Actions: [{Type: fixed-response, FixedResponseConfig: "
         "{StatusCode: 404}}], Conditions: ^[{Field: path-pattern, "
         "PathPatternConfig: {Values: ['/**?', '/*/*/*']}}]",
         "rule Api: the conditions have 6 wildcards: AWS takes 5 in a rule",
         "spread them over several rules with the same actions"},
        {"Priority: 1, Actions: [{Type: fixed-response, FixedResponseConfig: "
         "{StatusCode: 404}}], Conditions: [{Field: path-pattern, Values: "
         "^[/a, /b]}]",
         "rule Api: Values without PathPatternConfig has 2 values: AWS takes "
         "one there",
         "write PathPatternConfig: {Values: ...}"},
    };

    (void)state;
    CHECK_DOUBTS(in_rule, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field_in_every_spelling),
        cmocka_unit_test(test_a_header_condition_has_its_name),
        cmocka_unit_test(test_keys_of_a_query_may_be_left_out),
        cmocka_unit_test(test_headers_and_queries_may_be_there_several_times),
        cmocka_unit_test(test_fields_and_their_configs),
        cmocka_unit_test(test_hosts_are_checked),
        cmocka_unit_test(test_paths_are_checked),
        cmocka_unit_test(test_a_path_that_can_never_match_is_warned_of),
        cmocka_unit_test(test_headers_are_checked),
        cmocka_unit_test(test_methods_are_checked),
        cmocka_unit_test(test_queries_are_checked),
        cmocka_unit_test(test_blocks_of_addresses_are_checked),
        cmocka_unit_test(test_some_conditions_are_once_in_a_rule),
        cmocka_unit_test(test_quotas_of_AWS_are_doubtful),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

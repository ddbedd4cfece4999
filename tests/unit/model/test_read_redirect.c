/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"

static void check_redirect(const char *text, unsigned status,
                           const char *location)
{
    struct config *config = build_good(in_action, text);
    const struct config_action *action =
        config_rule_action(&config->listeners[0]->rules[0]);
    const struct config_redirect *r = &action->u.redirect;
    char buffer[512];
    struct text t = text_in(buffer, sizeof(buffer) - 1);

    assert_int_equal(action->type, ACTION_REDIRECT);
    assert_int_equal(r->status, status);
    text_printf(&t, "%s://%s:%s%s?%s", r->protocol.p, r->host.p, r->port.p,
                r->path.p, r->query.p);
    buffer[t.n] = '\0';
    assert_string_equal(buffer, location);
    config_release(config);
}

static void test_parts_that_are_left_out_stay_as_they_are(void **state)
{
    (void)state;
    check_redirect("{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, "
                   "Protocol: HTTPS, Port: 443}}",
                   301, "HTTPS://#{host}:443/#{path}?#{query}");
    check_redirect("{Type: redirect, RedirectConfig: {StatusCode: HTTP_302, "
                   "Host: 'www.#{host}'}}",
                   302, "#{protocol}://www.#{host}:#{port}/#{path}?#{query}");
}

static void test_every_part_may_have_its_keywords(void **state)
{
    (void)state;
    check_redirect(
        "{Type: redirect, RedirectConfig: {StatusCode: HTTP_302, Protocol: "
        "'#{protocol}', Host: 'a.#{host}', Port: '#{port}', Path: "
        "'/#{host}/#{port}/#{path}', Query: "
        "'#{protocol}&#{host}&#{port}&#{path}&#{query}'}}",
        302,
        "#{protocol}://a.#{host}:#{port}/#{host}/#{port}/#{path}?"
        "#{protocol}&#{host}&#{port}&#{path}&#{query}");
}

static void test_a_query_may_be_empty(void **state)
{
    (void)state;
    check_redirect("{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, "
                   "Path: /, Query: ''}}",
                   301, "#{protocol}://#{host}:#{port}/?");
}

static void test_another_port_or_protocol_is_no_loop(void **state)
{
    (void)state;
    check_redirect("{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, "
                   "Port: 81}}",
                   301, "#{protocol}://#{host}:81/#{path}?#{query}");
    check_redirect("{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, "
                   "Protocol: HTTPS}}",
                   301, "HTTPS://#{host}:#{port}/#{path}?#{query}");
}

static void test_redirects_are_checked(void **state)
{
    static const struct fault faults[] = {
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: ^''}}",
         "listener Web: DefaultActions[0].RedirectConfig.Host is empty",
         "write Host: \"#{host}\""},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: "
         "^'#{hst}'}}",
         "listener Web: Host of a redirect has the unknown keyword \"#{hst}\"",
         "did you mean #{host}?"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: "
         "^'#{path}.example.com'}}",
         "listener Web: Host of a redirect cannot have #{path}",
         "write #{host}"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: "
         "^'#{host'}}",
         "listener Web: Host of a redirect has a \"#{\" without \"}\"",
         "close the keyword, as in #{host}"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: "
         "^example.com:8080}}",
         "listener Web: Host of a redirect cannot have the character \":\"",
         "write a host name alone: port and path have properties of their own"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: "
         "^https://example.com}}",
         "listener Web: Host of a redirect cannot have the character \":\"",
         "write a host name alone: port and path have properties of their own"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: ^a b}}",
         "listener Web: Host of a redirect has a space, or a character that is "
         "not ASCII",
         "leave it out"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: ^'" A128
         "a'}}",
         "listener Web: DefaultActions[0].RedirectConfig.Host has 129 "
         "characters: AWS takes at most 128",
         "make it shorter"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: ^new}}",
         "listener Web: Path of a redirect is \"new\": it must begin with /",
         "write Path: \"/new\""},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: "
         "^'#{path}'}}",
         "listener Web: Path of a redirect is \"#{path}\": it must begin with "
         "/",
         "write Path: \"/#{path}\"; #{path} has no / of its own"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: "
         "^'/#{query}'}}",
         "listener Web: Path of a redirect cannot have #{query}",
         "write #{host}, #{port} or #{path}"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: ^'/a "
         "b'}}",
         "listener Web: Path of a redirect has a space, or a character that is "
         "not ASCII",
         "write it percent-encoded, as in %20"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: ^/" A128
         "}}",
         "listener Web: DefaultActions[0].RedirectConfig.Path has 129 "
         "characters: AWS takes at most 128",
         "make it shorter"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Port: ^'0'}}",
         "listener Web: Port of a redirect cannot be \"0\"",
         "write 1 to 65535, or \"#{port}\""},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Port: "
         "^'65536'}}",
         "listener Web: Port of a redirect cannot be \"65536\"",
         "write 1 to 65535, or \"#{port}\""},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Port: "
         "^https}}",
         "listener Web: Port of a redirect cannot be \"https\"",
         "write 1 to 65535, or \"#{port}\""},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Port: "
         "^'#{host}'}}",
         "listener Web: Port of a redirect cannot have #{host}",
         "write #{port}"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Port: "
         "^'8#{port}'}}",
         "listener Web: Port of a redirect cannot be \"8#{port}\"",
         "write 1 to 65535, or \"#{port}\""},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Protocol: "
         "^https}}",
         "listener Web: Protocol of a redirect cannot be \"https\"",
         "did you mean \"HTTPS\"?"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Protocol: "
         "^FTP}}",
         "listener Web: Protocol of a redirect cannot be \"FTP\"",
         "write HTTP, HTTPS or \"#{protocol}\""},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Protocol: "
         "^'#{port}'}}",
         "listener Web: Protocol of a redirect cannot have #{port}",
         "write #{protocol}"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: /a, "
         "Query: ^'?a=b'}}",
         "listener Web: Query of a redirect begins with \"?\"",
         "leave it out: it is put in front of a query that is not empty"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: /a, "
         "Query: ^'#{quer}'}}",
         "listener Web: Query of a redirect has the unknown keyword "
         "\"#{quer}\"",
         "did you mean #{query}?"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: /a, "
         "Query: ^a b}}",
         "listener Web: Query of a redirect has a space, or a character that "
         "is not ASCII",
         "write it percent-encoded, as in %20"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: /a, "
         "Query: ^'" A128 "a'}}",
         "listener Web: DefaultActions[0].RedirectConfig.Query has 129 "
         "characters: AWS takes at most 128",
         "make it shorter"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Host: "
         "^'#{zzzzzzzz}'}}",
         "listener Web: Host of a redirect has the unknown keyword "
         "\"#{zzzzzzzz}\"",
         "write #{host}"},
        {"{Type: redirect, RedirectConfig: {StatusCode: ^301, Path: /a}}",
         "listener Web: StatusCode of a redirect cannot be \"301\"",
         "write HTTP_301 or HTTP_302"},
        {"{Type: redirect, RedirectConfig: {StatusCode: ^HTTP_303, Path: /a}}",
         "listener Web: StatusCode of a redirect cannot be \"HTTP_303\"",
         "did you mean \"HTTP_301\"?"},
        {"{Type: redirect, RedirectConfig: ^{Path: /a}}",
         "listener Web: DefaultActions[0].RedirectConfig.StatusCode is missing",
         "add StatusCode: HTTP_301"},
        {"^{Type: redirect}",
         "listener Web: a redirect action has no RedirectConfig",
         "add RedirectConfig: {StatusCode: HTTP_301, Path: /new}"},
        {"{Type: redirect, RedirectConfig: ^{StatusCode: HTTP_301}}",
         "listener Web: the redirect leads to where it comes from, for ever",
         "change Protocol, Host, Port or Path, for example Protocol: HTTPS "
         "with Port: \"443\""},
        {"{Type: redirect, RedirectConfig: ^{StatusCode: HTTP_301, Protocol: "
         "HTTP, Port: '80', Host: '#{host}', Path: '/#{path}', Query: a=b}}",
         "listener Web: the redirect leads to where it comes from, for ever",
         "change Protocol, Host, Port or Path, for example Protocol: HTTPS "
         "with Port: \"443\""},
    };

    (void)state;
    CHECK_ERRORS(in_action, faults);
}

static void test_HTTPS_is_not_left(void **state)
{
    static const struct fault faults[] = {
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Protocol: "
         "^HTTP, Port: 80}}",
         "listener Web: a redirect from HTTPS to HTTP is refused by AWS",
         "write Protocol: HTTPS, or leave it out"},
        {"{Type: redirect, RedirectConfig: ^{StatusCode: HTTP_301, Protocol: "
         "HTTPS, Port: 443}}",
         "listener Web: the redirect leads to where it comes from, for ever",
         "change Protocol, Host, Port or Path"},
    };

    (void)state;
    CHECK_ERRORS(in_https, faults);
}

static void test_characters_that_AWS_refuses_are_doubtful(void **state)
{
    static const struct fault faults[] = {
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: "
         "^/a?b=c}}",
         "listener Web: Path of a redirect has a \"?\": the query follows it "
         "with another one",
         "put what follows it into Query"},
        {"{Type: redirect, RedirectConfig: {StatusCode: HTTP_301, Path: "
         "^'/a%20b'}}",
         "listener Web: Path of a redirect has the character \"%\", which AWS "
         "does not take",
         "AWS takes letters, digits and _ - . $ / ~ \" ' @ : + &"},
    };

    (void)state;
    CHECK_DOUBTS(in_action, faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_that_are_left_out_stay_as_they_are),
        cmocka_unit_test(test_every_part_may_have_its_keywords),
        cmocka_unit_test(test_a_query_may_be_empty),
        cmocka_unit_test(test_another_port_or_protocol_is_no_loop),
        cmocka_unit_test(test_redirects_are_checked),
        cmocka_unit_test(test_HTTPS_is_not_left),
        cmocka_unit_test(test_characters_that_AWS_refuses_are_doubtful),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

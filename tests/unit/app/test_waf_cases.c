/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of archives, logs, and lines of JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/waf_cases.h"

enum { TEXT = 16 * 1024 };

struct seen {
    struct text t;
    char room[TEXT];
};

static void put(struct text *t, const char *key, struct str value)
{
    if (value.n)
        text_printf(t, " %s=" STR_FMT, key, STR_ARG(value));
}

static void put_request(struct text *t, const struct offline_request *q)
{
    text_printf(t, STR_FMT " %s " STR_FMT " " STR_FMT, STR_ARG(q->method),
                q->url.https ? "https" : "http", STR_ARG(q->url.host),
                STR_ARG(q->url.target));
    for (unsigned i = 0; i < q->nheaders; i++)
        text_printf(t, " [" STR_FMT ": " STR_FMT "]",
                    STR_ARG(q->headers[i].name), STR_ARG(q->headers[i].value));
    if (q->body.p)
        text_printf(t, " body(" STR_FMT ")", STR_ARG(q->body));
    if (q->http2)
        TEXT_LITERAL(t, " h2");
    TEXT_LITERAL(t, " ");
    address_put_ip(t, &q->client);
}

static void visit(void *owner, const struct waf_case *one)
{
    struct text *t = &((struct seen *)owner)->t;

    text_printf(t, STR_FMT ": ", STR_ARG(one->place));
    if (one->why) {
        text_printf(t, "! %s\n", one->why);
        return;
    }
    put_request(t, &one->request);
    if (one->timed)
        text_printf(t, " at %llu", (unsigned long long)one->time_ms);
    if (one->body_missing)
        TEXT_LITERAL(t, " body-missing");
    put(t, "name", one->name);
    put(t, "action", one->expected.action);
    put(t, "rule", one->expected.rule);
    for (unsigned i = 0; i < one->expected.nlabels; i++)
        put(t, "label", one->expected.labels[i]);
    put(t, "logged", one->record.action);
    put(t, "by", one->record.terminating);
    put(t, "country", one->record.country);
    for (unsigned i = 0; i < one->record.nmatches; i++) {
        put(t, "match", one->record.matches[i].rule);
        put(t, "group", one->record.matches[i].group);
        put(t, "inner", one->record.matches[i].inner);
    }
    if (one->record.body_unknown)
        TEXT_LITERAL(t, " body?");
    text_char(t, '\n');
}

static const char *parse(struct seen *seen, enum waf_cases_kind kind,
                         const char *text)
{
    struct waf_cases_defaults defaults = {.client = {.family = 0}};
    struct error error = {""};

    assert_true(address_parse_ip(STR("127.0.0.1"), &defaults.client));
    seen->t = text_in(seen->room, TEXT - 1);
    if (!waf_cases_parse(kind, "f", str_of(text), &defaults, visit, seen,
                         &error))
        text_printf(&seen->t, "!! %s", error.text);
    seen->room[seen->t.n] = '\0';
    return seen->room;
}

#define ASSERT_LINES(text, expected)                                           \
    assert_string_equal(parse(&seen, WAF_CASES_LINES, text), expected)
#define ASSERT_HAR(text, expected)                                             \
    assert_string_equal(parse(&seen, WAF_CASES_HAR, text), expected)
#define ASSERT_LOG(text, expected)                                             \
    assert_string_equal(parse(&seen, WAF_CASES_LOG, text), expected)

/* ---- lines ------------------------------------------------------------------------ */

static void test_a_line_needs_only_its_url(void **state)
{
    static struct seen seen;

    (void)state;
    ASSERT_LINES("{\"url\": \"/a?b\"}\n\n  {\"url\":\"https://h/\",\"body\":"
                 "\"x\"}",
                 "f:1: GET http localhost /a?b 127.0.0.1\n"
                 "f:3: POST https h / body(x) 127.0.0.1\n");
}

static void test_a_line_says_headers_and_what_is_expected(void **state)
{
    static struct seen seen;

    (void)state;
    ASSERT_LINES("{\"name\":\"n\",\"method\":\"PUT\",\"url\":\"/\",\"headers\":"
                 "{\"A\":\"1\",\"B\":[\"2\",3]},\"clientIp\":\"192.0.2.7\","
                 "\"httpVersion\":\"HTTP/2\",\"time\":5,\"expect\":{\"action\":"
                 "\"BLOCK\",\"rule\":\"a/b\",\"labels\":[\"x\",\"y\"]}}",
                 "f:1: PUT http localhost / [A: 1] [B: 2] [B: 3] h2 192.0.2.7 "
                 "at 5 name=n action=BLOCK rule=a/b label=x label=y\n");
    ASSERT_LINES("{\"url\":\"/\",\"headers\":[[\"A\",\"1\"],[\"A\",\"2\"]],"
                 "\"bodyBase64\":\"YQ==\",\"time\":\"1970-01-01T00:00:01Z\"}",
                 "f:1: POST http localhost / [A: 1] [A: 2] body(a) 127.0.0.1 "
                 "at 1000\n");
}

static void test_a_line_that_is_none_says_why_and_the_next_is_read(void **state)
{
    static struct seen seen;

    (void)state;
    ASSERT_LINES(
        "{\"url\":\"/\",\"expct\":{}}\nx\n{\"url\":\"/\"} {}\n[]\n"
        "{\"url\":\"ftp://x\"}\n"
        "{\"url\":\"/\",\"expect\":{\"action\":\"COUNT\"}}\n"
        "{\"url\":\"/\",\"headers\":[\"A\"]}\n"
        "{\"url\":\"/\",\"bodyBase64\":\"*\"}\n"
        "{\"url\":\"/\",\"clientIp\":\"x\"}\n{\"url\":\"/\"}\n",
        "f:1: ! a request has no member \"expct\"; did you mean "
        "\"expect\"?\n"
        "f:2: ! it is no JSON: line 1, column 1: invalid token near "
        "'x'\n"
        "f:3: ! there is more than one value on the line\n"
        "f:4: ! it is no object {\"method\", \"url\", ...}\n"
        "f:5: ! \"ftp://x\" is no URL: write http://HOST[:PORT]/PATH "
        "or https://HOST[:PORT]/PATH, or /PATH alone\n"
        "f:6: ! \"action\" is ALLOW, BLOCK, CAPTCHA or CHALLENGE: that "
        "is what a request comes to\n"
        "f:7: ! \"headers\" is {NAME: VALUE, ...} or [[NAME, VALUE], "
        "...]\n"
        "f:8: ! its body is no base64\n"
        "f:9: ! clientIp \"x\" is no address\n"
        "f:10: GET http localhost / 127.0.0.1\n");
}

/* ---- archives ----------------------------------------------------------------------- */

static void test_entries_of_an_archive(void **state)
{
    static struct seen seen;

    (void)state;
    ASSERT_HAR(
        "\xef\xbb\xbf{\"log\":{\"version\":\"1.2\",\"entries\":["
        "{\"startedDateTime\":\"1970-01-01T01:00:02.1234+01:00\",\"time\":1.5,"
        "\"request\":{\"method\":\"GET\",\"url\":\"https://h/a#f\","
        "\"httpVersion\":\"h2\",\"headers\":[{\"name\":\":authority\","
        "\"value\":\"h\"},{\"name\":\"x\",\"value\":\"y\"}]}},"
        "{\"request\":{\"method\":\"POST\",\"url\":\"http://h/\",\"headers\":"
        "[],\"postData\":{\"mimeType\":\"application/x-www-form-urlencoded\","
        "\"params\":[{\"name\":\"a b\",\"value\":\"1&2\"},{\"name\":\"c\"}]}}},"
        "{\"request\":{\"method\":\"POST\",\"url\":\"http://h/\",\"headers\":"
        "[],\"postData\":{\"mimeType\":\"x\",\"text\":\"YQ==\",\"encoding\":"
        "\"base64\"}}},"
        "{\"request\":{\"method\":\"POST\",\"url\":\"http://h/\",\"headers\":"
        "[],\"bodySize\":7}},{}]}}",
        "f: entry 1: GET https h /a [:authority: h] [x: y] h2 127.0.0.1 at "
        "2123\n"
        "f: entry 2: POST http h / body(a+b=1%262&c=) 127.0.0.1\n"
        "f: entry 3: POST http h / body(a) 127.0.0.1\n"
        "f: entry 4: POST http h / 127.0.0.1 body-missing\n"
        "f: entry 5: ! the entry has no request\n");
}

static void test_what_is_no_archive_is_told(void **state)
{
    static struct seen seen;

    (void)state;
    ASSERT_HAR("{}", "!! f is no HAR: it has no log.entries");
    ASSERT_HAR("{", "!! f is no JSON: line 1, column 1: string or '}' expected "
                    "near end of file");
}

/* ---- logs ------------------------------------------------------------------------------ */

static void test_records_of_a_log_need_no_line_ends(void **state)
{
    static struct seen seen;

    (void)state;
    ASSERT_LOG(
        "{\"timestamp\":7,\"action\":\"BLOCK\",\"terminatingRuleId\":\"g\","
        "\"ruleGroupList\":[{\"ruleGroupId\":\"AWS#X\",\"terminatingRule\":"
        "{\"ruleId\":\"in\",\"action\":\"BLOCK\"},"
        "\"nonTerminatingMatchingRules\":[{\"ruleId\":\"c\",\"action\":"
        "\"COUNT\"}],\"excludedRules\":null}],\"nonTerminatingMatchingRules\":"
        "[{\"ruleId\":\"o\",\"action\":\"COUNT\"}],\"httpRequest\":{"
        "\"clientIp\":\"192.0.2.9\",\"country\":\"DE\",\"headers\":[{\"name\":"
        "\"Content-Length\",\"value\":\"3\"}],\"uri\":\"/u\",\"args\":\"a=1\","
        "\"httpMethod\":\"POST\",\"httpVersion\":\"HTTP/1.1\",\"scheme\":"
        "\"https\",\"host\":\"h\",\"fragment\":\"f\"}}"
        "{\"action\":\"ALLOW\",\"terminatingRuleId\":\"Default_Action\","
        "\"httpRequest\":{\"uri\":\"/\",\"httpMethod\":\"GET\"}},\n{\"a\":1}",
        "f:1: POST https h /u?a=1#f [Content-Length: 3] 192.0.2.9 at 7 "
        "logged=BLOCK by=g country=DE match=g match=o group=AWS#X inner=in "
        "group=AWS#X inner=c body?\n"
        "f:1: GET http  / 127.0.0.1 logged=ALLOW by=Default_Action\n"
        "f:2: ! it is no record of AWS WAF's log: httpRequest, action or "
        "terminatingRuleId is missing\n");
}

static void test_a_compressed_log_is_told(void **state)
{
    static struct seen seen;

    (void)state;
    ASSERT_LOG("\x1f\x8b", "!! f is compressed: give what `gunzip -c` makes of "
                           "it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_needs_only_its_url),
        cmocka_unit_test(test_a_line_says_headers_and_what_is_expected),
        cmocka_unit_test(
            test_a_line_that_is_none_says_why_and_the_next_is_read),
        cmocka_unit_test(test_entries_of_an_archive),
        cmocka_unit_test(test_what_is_no_archive_is_told),
        cmocka_unit_test(test_records_of_a_log_need_no_line_ends),
        cmocka_unit_test(test_a_compressed_log_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

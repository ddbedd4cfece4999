/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proxy/log_ring.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { FIELDS = 34, LINE = LOG_LINE_MAX };

#define LB "app/my-loadbalancer/50dc6c495c0c9188"
#define GROUP                                                                  \
    "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/"         \
    "my-targets/73e2d6bc24d8a067"
#define TRACE "Root=1-58337262-36d228ad5d99923122bbe354"
#define CREATED "2018-07-02T22:22:48.364000Z"
#define DONE "2018-07-02T22:23:00.186641Z"
#define CONN "TID_00112233445566778899aabbccddeeff"

/* Of 7.1: which fields are in quotes. */
static const bool quoted[FIELDS + 1] = {
    [13] = true, [14] = true, [18] = true, [19] = true, [20] = true,
    [23] = true, [24] = true, [25] = true, [26] = true, [27] = true,
    [28] = true, [29] = true, [31] = true, [32] = true, [33] = true,
};

static char line[LINE];

static struct address address_of(const char *text)
{
    struct address a;

    assert_true(address_parse(str_of(text), &a));
    return a;
}

/* The first example of 7.1, with what came later. */
static struct access_record example(void)
{
    struct access_record r = {
        .type = ACCESS_HTTP,
        .time = 1530570180186641,
        .created = 1530570168364000,
        .request_us = 0,
        .target_us = 1000,
        .response_us = 499,
        .port = 80,
        .status = 200,
        .target_status = 200,
        .version = 11,
        .received = 34,
        .sent = 366,
    };

    r.client = address_of("192.168.131.39:2817");
    r.target = address_of("10.0.0.1:80");
    r.local = address_of("10.0.0.30:80");
    for (unsigned i = 0; i < 16; i++)
        r.conn_id[i] = (uint8_t)(i * 0x11);
    r.texts[ACCESS_LOAD_BALANCER] = STR(LB);
    r.texts[ACCESS_METHOD] = STR("GET");
    r.texts[ACCESS_HOST] = STR("www.example.com");
    r.texts[ACCESS_TARGET] = STR("/");
    r.texts[ACCESS_USER_AGENT] = STR("curl/7.46.0");
    r.texts[ACCESS_TARGET_GROUP] = STR(GROUP);
    r.texts[ACCESS_TRACE_ID] = STR(TRACE);
    r.texts[ACCESS_ACTIONS] = STR("forward");
    return r;
}

/* What was not dispatched. */
static struct access_record not_dispatched(void)
{
    struct access_record r = example();

    r.request_us = r.target_us = r.response_us = -1;
    r.target = (struct address){.family = 0};
    r.target_status = 0;
    r.texts[ACCESS_TARGET_GROUP] = (struct str){NULL, 0};
    return r;
}

static struct str line_of(const struct access_record *r)
{
    struct text t = text_in(line, sizeof(line));

    access_put_line(&t, r);
    assert_true(text_ok(&t));
    return text_str(&t);
}

static void assert_line(const struct access_record *r, const char *want)
{
    struct str got = line_of(r);

    assert_int_equal(got.p[got.n - 1], '\n');
    line[got.n - 1] = '\0';
    assert_string_equal(got.p, want);
}

/* Splits as strictly as 7.1 is written: single spaces, quotes where they
 * belong and nowhere else, no bytes that would have to be escaped. */
static void split(struct str s, struct str fields[FIELDS + 1])
{
    const char *p = s.p;
    const char *end = s.p + s.n;

    for (unsigned i = 1; i <= FIELDS; i++) {
        char last = quoted[i] ? '"' : i == FIELDS ? '\n' : ' ';

        if (quoted[i])
            assert_int_equal(*p++, '"');
        fields[i].p = p;
        while (p < end && *p != last) {
            assert_in_range(*p, quoted[i] ? ' ' : '!', '~');
            assert_int_not_equal(*p, '"');
            p++;
        }
        fields[i].n = (size_t)(p - fields[i].p);
        assert_true(fields[i].n > 0);
        if (quoted[i])
            p++;
        assert_true(p < end);
        assert_int_equal(*p++, i == FIELDS ? '\n' : ' ');
    }
    assert_ptr_equal(p, end);
}

static void assert_field(const struct access_record *r, unsigned field,
                         const char *want)
{
    struct str fields[FIELDS + 1];

    split(line_of(r), fields);
    if (!str_eq(fields[field], str_of(want)))
        fail_msg("field %u is " STR_FMT ", not %s", field,
                 STR_ARG(fields[field]), want);
}

static void test_an_http_request_is_the_documented_line(void **state)
{
    struct access_record r = example();

    (void)state;
    assert_line(
        &r, "http " DONE " " LB " 192.168.131.39:2817 10.0.0.1:80 0.000 "
            "0.001 0.000 200 200 34 366 "
            "\"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.46.0\" "
            "- - " GROUP " \"" TRACE "\" \"-\" \"-\" 0 " CREATED
            " \"forward\" \"-\" \"-\" \"10.0.0.1:80\" \"200\" \"-\" \"-\" " CONN
            " \"-\" \"-\" \"-\" 10.0.0.30");
}

static void test_a_secure_websocket_is_the_documented_line(void **state)
{
    struct access_record r = example();

    (void)state;
    r.type = ACCESS_WSS;
    r.client = address_of("10.0.0.140:44244");
    r.target = address_of("10.0.0.171:8010");
    r.port = 443;
    r.status = r.target_status = 101;
    r.received = 218;
    r.sent = 786;
    r.priority = 1;
    r.texts[ACCESS_HOST] = (struct str){NULL, 0};
    r.texts[ACCESS_USER_AGENT] = (struct str){NULL, 0};
    r.texts[ACCESS_SSL_CIPHER] = STR("ECDHE-RSA-AES128-GCM-SHA256");
    r.texts[ACCESS_SSL_PROTOCOL] = STR("TLSv1.2");
    assert_line(&r,
                "wss " DONE " " LB " 10.0.0.140:44244 10.0.0.171:8010 0.000 "
                "0.001 0.000 101 101 218 786 "
                "\"GET https://10.0.0.30:443/ HTTP/1.1\" \"-\" "
                "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 " GROUP " \"" TRACE
                "\" \"-\" \"-\" 1 " CREATED
                " \"forward\" \"-\" \"-\" \"10.0.0.171:8010\" \"101\" \"-\" "
                "\"-\" " CONN " \"-\" \"-\" \"-\" 10.0.0.30");
}

static void test_a_target_without_address_is_a_dash(void **state)
{
    struct access_record r = example();

    (void)state;
    r.target = (struct address){.family = 0};
    r.status = 502;
    r.target_status = 0;
    r.texts[ACCESS_ERROR_REASON] = STR("LambdaInvalidResponse");
    assert_line(
        &r, "http " DONE " " LB " 192.168.131.39:2817 - 0.000 0.001 0.000 "
            "502 - 34 366 \"GET http://www.example.com:80/ HTTP/1.1\" "
            "\"curl/7.46.0\" - - " GROUP " \"" TRACE "\" \"-\" \"-\" 0 " CREATED
            " \"forward\" \"-\" \"LambdaInvalidResponse\" \"-\" \"-\" "
            "\"-\" \"-\" " CONN " \"-\" \"-\" \"-\" 10.0.0.30");
}

static void test_a_redirect_names_its_url(void **state)
{
    struct access_record r = not_dispatched();

    (void)state;
    r.status = 301;
    r.priority = 12;
    r.texts[ACCESS_ACTIONS] = STR("redirect");
    r.texts[ACCESS_REDIRECT_URL] = STR("https://www.example.com:443/?a=\"b\"");
    assert_line(&r,
                "http " DONE " " LB " 192.168.131.39:2817 - -1 -1 -1 301 - 34 "
                "366 \"GET http://www.example.com:80/ HTTP/1.1\" "
                "\"curl/7.46.0\" - - - \"" TRACE "\" \"-\" \"-\" 12 " CREATED
                " \"redirect\" "
                "\"https://www.example.com:443/?a=\\x22b\\x22\" \"-\" \"-\" "
                "\"-\" \"-\" \"-\" " CONN " \"-\" \"-\" \"-\" 10.0.0.30");
}

static void test_a_request_that_cannot_be_read_has_no_url(void **state)
{
    struct access_record r = not_dispatched();

    (void)state;
    r.malformed = true;
    r.version = 0;
    r.status = 400;
    r.priority = ACCESS_PRIORITY_NONE;
    for (unsigned i = ACCESS_METHOD; i < ACCESS_TEXTS; i++)
        r.texts[i] = (struct str){NULL, 0};
    r.texts[ACCESS_CLASSIFICATION] = STR("Severe");
    r.texts[ACCESS_CLASSIFICATION_REASON] = STR("BadMethod");
    memset(r.conn_id, 0, sizeof(r.conn_id));
    assert_line(&r,
                "http " DONE " " LB " 192.168.131.39:2817 - -1 -1 -1 400 - 34 "
                "366 \"- http://10.0.0.30:80- -\" \"-\" - - - \"-\" \"-\" "
                "\"-\" - " CREATED " \"-\" \"-\" \"-\" \"-\" \"-\" \"Severe\" "
                "\"BadMethod\" - \"-\" \"-\" \"-\" 10.0.0.30");
}

static void test_a_rewritten_request_names_what_it_became(void **state)
{
    struct access_record r = example();

    (void)state;
    r.texts[ACCESS_TRANSFORMED_HOST] = STR("internal.example.com");
    r.texts[ACCESS_TRANSFORMED_URI] = STR("/v2/\xc3\xa9?x=1");
    r.texts[ACCESS_TRANSFORM_STATUS] = STR("TransformSuccess");
    assert_field(&r, 31, "internal.example.com");
    assert_field(&r, 32, "/v2/\\xC3\\xA9?x=1");
    assert_field(&r, 33, "TransformSuccess");
    assert_field(&r, 34, "10.0.0.30");
}

static void test_the_type_decides_the_scheme(void **state)
{
    static const struct {
        enum access_type type;
        const char *name;
        const char *request;
    } cases[] = {
        {ACCESS_HTTP, "http", "GET http://h:80/ HTTP/1.1"},
        {ACCESS_WS, "ws", "GET http://h:80/ HTTP/1.1"},
        {ACCESS_HTTPS, "https", "GET https://h:80/ HTTP/1.1"},
        {ACCESS_WSS, "wss", "GET https://h:80/ HTTP/1.1"},
        {ACCESS_H2, "h2", "GET https://h:80/ HTTP/2.0"},
        {ACCESS_GRPCS, "grpcs", "GET https://h:80/ HTTP/2.0"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct access_record r = example();

        r.type = cases[i].type;
        r.version = r.type == ACCESS_H2 || r.type == ACCESS_GRPCS ? 20 : 11;
        r.texts[ACCESS_HOST] = STR("h");
        assert_field(&r, 1, cases[i].name);
        assert_field(&r, 13, cases[i].request);
    }
}

/* NULL: there is none. */
static struct str str_or_none(const char *s)
{
    return s ? str_of(s) : (struct str){NULL, 0};
}

static void test_the_url_is_the_clients_with_a_port(void **state)
{
    static const struct {
        const char *host;
        const char *target;
        const char *url;
    } cases[] = {
        {"h", "/", "http://h:8080/"},
        {"h:9", "/a?b=c", "http://h:9/a?b=c"},
        {"h:", "/", "http://h:8080/"},
        {"[::1]", "/", "http://[::1]:8080/"},
        {"[::1]:9", "/", "http://[::1]:9/"},
        {NULL, "/", "http://10.0.0.30:8080/"},
        {":9", "/", "http://:9/"},
        {"h", NULL, "http://h:8080-"},
        {"h", "*", "http://h:8080*"},
        {"h", "/a b", "http://h:8080/a b"},
        {"h", "/\"\\\x01\x7f\xff", "http://h:8080/\\x22\\x5C\\x01\\x7F\\xFF"},
        {"h\n", "/", "http://h\\x0A:8080/"},
        {"h", "http://other/x:1", "http://other:8080/x:1"},
        {"h", "HTTPS://other:7/x", "HTTPS://other:7/x"},
        {"h", "http://other", "http://other:8080"},
        {"h", "http://other?q:2", "http://other:8080?q:2"},
        {"h", "http://[::2]#f", "http://[::2]:8080#f"},
        {"h", "http://[::2]:5", "http://[::2]:5"},
        {"h", "http://u:p@other/", "http://u:p@other:8080/"},
        {"h", "httpx", "http://h:8080httpx"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct access_record r = example();
        char want[128];

        r.port = 8080;
        r.texts[ACCESS_HOST] = str_or_none(cases[i].host);
        r.texts[ACCESS_TARGET] = str_or_none(cases[i].target);
        snprintf(want, sizeof(want), "GET %s HTTP/1.1", cases[i].url);
        assert_field(&r, 13, want);
    }
}

static void test_without_a_host_ipv6_gets_its_brackets(void **state)
{
    struct access_record r = example();

    (void)state;
    r.local = address_of("[2001:db8::1]:80");
    r.texts[ACCESS_HOST] = (struct str){NULL, 0};
    assert_field(&r, 13, "GET http://[2001:db8::1]:80/ HTTP/1.1");
    assert_field(&r, 34, "2001:db8::1");
    r.local = (struct address){.family = 0};
    assert_field(&r, 13, "GET http://-:80/ HTTP/1.1");
    assert_field(&r, 34, "-");
}

static void test_versions_are_written_with_a_dot(void **state)
{
    static const struct {
        uint8_t version;
        const char *request;
    } cases[] = {
        {9, "GET http://h:80/ HTTP/0.9"},  {10, "GET http://h:80/ HTTP/1.0"},
        {11, "GET http://h:80/ HTTP/1.1"}, {20, "GET http://h:80/ HTTP/2.0"},
        {0, "- http://h:80- -"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct access_record r = example();

        r.version = cases[i].version;
        r.texts[ACCESS_HOST] = STR("h");
        assert_field(&r, 13, cases[i].request);
    }
}

static void test_an_ipv6_client_is_bare(void **state)
{
    struct access_record r = example();

    (void)state;
    r.client = address_of("[::1]:1234");
    r.target = address_of("[2001:db8::5]:8080");
    assert_field(&r, 4, "::1:1234");
    assert_field(&r, 5, "2001:db8::5:8080");
    assert_field(&r, 26, "2001:db8::5:8080");
}

static void test_every_ipv4_octet_has_its_digits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        struct access_record r = example();
        char want[32];

        r.client.ip[0] = (uint8_t)i;
        r.client.ip[3] = (uint8_t)(255 - i);
        snprintf(want, sizeof(want), "%u.168.131.%u:2817", i, 255 - i);
        assert_field(&r, 4, want);
    }
}

static void test_spans_are_seconds_with_three_decimals(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {-1, "-1"},           {0, "0.000"},
        {499, "0.000"},       {500, "0.001"},
        {1499, "0.001"},      {86000, "0.086"},
        {999499, "0.999"},    {999500, "1.000"},
        {12345678, "12.346"}, {INT64_MAX, "9223372036854.776"},
        {INT64_MIN, "-1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct access_record r = example();

        r.request_us = r.target_us = r.response_us = cases[i].us;
        for (unsigned field = 6; field <= 8; field++)
            assert_field(&r, field, cases[i].text);
    }
}

static void test_times_are_utc_with_microseconds(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {-5, "1970-01-01T00:00:00.000000Z"},
        {951782399999999, "2000-02-28T23:59:59.999999Z"},
        {951782400000001, "2000-02-29T00:00:00.000001Z"},
        {1767225599000100, "2025-12-31T23:59:59.000100Z"},
        {1767225600100000, "2026-01-01T00:00:00.100000Z"},
        /* four seconds later: the same place in a cache of four */
        {1767225604000000, "2026-01-01T00:00:04.000000Z"},
        {1767225600100000, "2026-01-01T00:00:00.100000Z"},
        {253402300799999999, "9999-12-31T23:59:59.999999Z"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct access_record r = example();

        r.time = cases[i].us;
        assert_field(&r, 2, cases[i].text);
        r = example();
        r.created = cases[i].us;
        assert_field(&r, 22, cases[i].text);
    }
}

static void test_priorities_have_their_three_special_values(void **state)
{
    static const struct {
        int32_t priority;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {50000, "50000"},
        {ACCESS_PRIORITY_ERROR, "-1"},
        {ACCESS_PRIORITY_NONE, "-"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct access_record r = example();

        r.priority = cases[i].priority;
        assert_field(&r, 21, cases[i].text);
    }
}

static void test_a_client_that_left_is_460(void **state)
{
    struct access_record r = example();

    (void)state;
    r.status = 460;
    r.target_status = 0;
    r.target_us = r.response_us = -1;
    r.sent = 0;
    assert_field(&r, 6, "0.000");
    assert_field(&r, 7, "-1");
    assert_field(&r, 9, "460");
    assert_field(&r, 10, "-");
    assert_field(&r, 12, "0");
    assert_field(&r, 27, "-");
    r.status = 0;
    assert_field(&r, 9, "-");
}

static void test_a_fixed_response_has_no_target(void **state)
{
    struct access_record r = not_dispatched();

    (void)state;
    r.status = 503;
    r.texts[ACCESS_ACTIONS] = STR("waf,fixed-response");
    assert_field(&r, 5, "-");
    assert_field(&r, 17, "-");
    assert_field(&r, 23, "waf,fixed-response");
    assert_field(&r, 26, "-");
    assert_field(&r, 27, "-");
}

static void test_totals_of_a_tunnel_may_be_huge(void **state)
{
    struct access_record r = example();

    (void)state;
    r.type = ACCESS_WS;
    r.received = UINT64_MAX;
    r.sent = 1000000000000;
    assert_field(&r, 11, "18446744073709551615");
    assert_field(&r, 12, "1000000000000");
}

static void test_a_user_agent_is_cut_at_8_kib(void **state)
{
    struct access_record r = example();
    struct str fields[FIELDS + 1];
    static char agent[ACCESS_USER_AGENT_MAX + 1];

    (void)state;
    memset(agent, 'a', sizeof(agent));
    r.texts[ACCESS_USER_AGENT] = str_make(agent, sizeof(agent));
    split(line_of(&r), fields);
    assert_int_equal(fields[14].n, ACCESS_USER_AGENT_MAX);
}

/* A text of each length, with one odd byte at each place. */
static void test_every_byte_at_every_place_is_escaped_or_not(void **state)
{
    static const char odd[] = {'"', '\\', '\0', '\n', 0x1f, 0x7f, (char)0x80};

    (void)state;
    for (size_t n = 1; n <= 50; n++) {
        for (size_t at = 0; at < n; at++) {
            char *agent = malloc(n); /* its end is the allocator's */
            char want[128];
            char c = odd[(n + at) % COUNT(odd)];
            struct access_record r = example();

            memset(agent, 'u', n);
            agent[at] = c;
            snprintf(want, sizeof(want), "%.*s\\x%02X%.*s", (int)at,
                     "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu",
                     (unsigned char)c, (int)(n - at - 1),
                     "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu");
            r.texts[ACCESS_USER_AGENT] = str_make(agent, n);
            assert_field(&r, 14, want);
            free(agent);
        }
    }
}

static void test_all_256_bytes_keep_the_line_one_line(void **state)
{
    struct access_record r = example();
    struct str fields[FIELDS + 1];
    char all[256];

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        all[i] = (char)i;
    for (unsigned i = 0; i < ACCESS_TEXTS; i++)
        r.texts[i] = str_make(all, sizeof(all));
    split(line_of(&r), fields);
    /* 93 plain ones with the space, 163 of four; in bare fields the space too */
    assert_int_equal(fields[14].n, 93 + 163 * 4);
    assert_int_equal(fields[17].n, 92 + 164 * 4);
}

static void test_absent_texts_are_dashes(void **state)
{
    struct access_record r = example();
    static const unsigned dashes[] = {3,  14, 15, 16, 17, 18, 19, 20,
                                      23, 24, 25, 28, 29, 31, 32, 33};

    (void)state;
    memset(r.texts, 0, sizeof(r.texts));
    for (size_t i = 0; i < COUNT(dashes); i++)
        assert_field(&r, dashes[i], "-");
    assert_field(&r, 13, "- http://10.0.0.30:80- HTTP/1.1");
}

static void test_each_text_is_in_its_field(void **state)
{
    static const struct {
        enum access_text text;
        unsigned field;
    } cases[] = {
        {ACCESS_LOAD_BALANCER, 3},
        {ACCESS_USER_AGENT, 14},
        {ACCESS_SSL_CIPHER, 15},
        {ACCESS_SSL_PROTOCOL, 16},
        {ACCESS_TARGET_GROUP, 17},
        {ACCESS_TRACE_ID, 18},
        {ACCESS_DOMAIN_NAME, 19},
        {ACCESS_CERTIFICATE, 20},
        {ACCESS_ACTIONS, 23},
        {ACCESS_REDIRECT_URL, 24},
        {ACCESS_ERROR_REASON, 25},
        {ACCESS_CLASSIFICATION, 28},
        {ACCESS_CLASSIFICATION_REASON, 29},
        {ACCESS_TRANSFORMED_HOST, 31},
        {ACCESS_TRANSFORMED_URI, 32},
        {ACCESS_TRANSFORM_STATUS, 33},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct access_record r = example();

        r.texts[cases[i].text] = STR("here-it-is");
        assert_field(&r, cases[i].field, "here-it-is");
    }
}

static void test_the_longest_record_fits_the_longest_line(void **state)
{
    struct log_ring *ring = log_ring_new();
    struct access_record r = example();
    struct log_record taken;
    struct str fields[FIELDS + 1];
    static char bytes[20000];
    bool wake;

    (void)state;
    assert_non_null(ring);
    memset(bytes, 0xff, sizeof(bytes));
    for (unsigned i = 0; i < ACCESS_TEXTS; i++)
        r.texts[i] = str_make(bytes, sizeof(bytes));
    r.client = r.target = r.local =
        address_of("[abcd:abcd:abcd:abcd:abcd:abcd:abcd:abcd]:65535");
    r.received = r.sent = UINT64_MAX;
    r.request_us = r.target_us = r.response_us = INT64_MAX;
    assert_true(log_ring_put(ring, ACCESS_LOG, &r, &wake));
    assert_true(log_ring_take(ring, &taken));
    split(line_of(&taken.of.access), fields);
    log_ring_free(ring);
}

static void test_a_line_without_room_is_not_begun(void **state)
{
    struct access_record r = example();
    size_t n = line_of(&r).n;

    (void)state;
    for (size_t cap = 0; cap < n; cap++) {
        char *small = malloc(cap + 1);
        struct text t = text_in(small, cap);

        access_put_line(&t, &r);
        assert_false(text_ok(&t));
        assert_int_equal(t.n, 0);
        free(small);
    }
}

static void test_lines_follow_one_another(void **state)
{
    struct access_record r = example();
    size_t n = line_of(&r).n;
    struct text t = text_in(line, sizeof(line));

    (void)state;
    access_put_line(&t, &r);
    access_put_line(&t, &r);
    assert_int_equal(t.n, 2 * n);
    assert_memory_equal(line, line + n, n);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_http_request_is_the_documented_line),
        cmocka_unit_test(test_a_secure_websocket_is_the_documented_line),
        cmocka_unit_test(test_a_target_without_address_is_a_dash),
        cmocka_unit_test(test_a_redirect_names_its_url),
        cmocka_unit_test(test_a_request_that_cannot_be_read_has_no_url),
        cmocka_unit_test(test_a_rewritten_request_names_what_it_became),
        cmocka_unit_test(test_the_type_decides_the_scheme),
        cmocka_unit_test(test_the_url_is_the_clients_with_a_port),
        cmocka_unit_test(test_without_a_host_ipv6_gets_its_brackets),
        cmocka_unit_test(test_versions_are_written_with_a_dot),
        cmocka_unit_test(test_an_ipv6_client_is_bare),
        cmocka_unit_test(test_every_ipv4_octet_has_its_digits),
        cmocka_unit_test(test_spans_are_seconds_with_three_decimals),
        cmocka_unit_test(test_times_are_utc_with_microseconds),
        cmocka_unit_test(test_priorities_have_their_three_special_values),
        cmocka_unit_test(test_a_client_that_left_is_460),
        cmocka_unit_test(test_a_fixed_response_has_no_target),
        cmocka_unit_test(test_totals_of_a_tunnel_may_be_huge),
        cmocka_unit_test(test_a_user_agent_is_cut_at_8_kib),
        cmocka_unit_test(test_every_byte_at_every_place_is_escaped_or_not),
        cmocka_unit_test(test_all_256_bytes_keep_the_line_one_line),
        cmocka_unit_test(test_absent_texts_are_dashes),
        cmocka_unit_test(test_each_text_is_in_its_field),
        cmocka_unit_test(test_the_longest_record_fits_the_longest_line),
        cmocka_unit_test(test_a_line_without_room_is_not_begun),
        cmocka_unit_test(test_lines_follow_one_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

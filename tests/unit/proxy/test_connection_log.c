/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proxy/log_ring.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define LB "app/my-loadbalancer/50dc6c495c0c9188"
#define TID "TID_3180a73013c8ca4bac2f731159d4b0fe"

static char line[LOG_LINE_MAX];

static struct address address_of(const char *text)
{
    struct address a;

    assert_true(address_parse(str_of(text), &a));
    return a;
}

static void assert_line(const struct connection_record *r, const char *want)
{
    struct text t = text_in(line, sizeof(line) - 1);

    connection_put_line(&t, r);
    assert_true(text_ok(&t));
    assert_int_equal(line[t.n - 1], '\n');
    line[t.n - 1] = '\0';
    assert_string_equal(line, want);
}

/* The example of 7.4, with what came later. */
static struct connection_record example(void)
{
    struct connection_record r = {
        .time = 1696439115514108,
        .port = 443,
        .handshake_us = 4036000,
        .conn_id = {0x31, 0x80, 0xa7, 0x30, 0x13, 0xc8, 0xca, 0x4b, 0xac, 0x2f,
                    0x73, 0x11, 0x59, 0xd4, 0xb0, 0xfe},
    };

    r.client = address_of("203.0.113.1:36280");
    r.local = address_of("10.0.0.30:443");
    r.texts[CONNECTION_LOAD_BALANCER] = STR(LB);
    r.texts[CONNECTION_TLS_PROTOCOL] = STR("TLSv1.2");
    r.texts[CONNECTION_TLS_CIPHER] = STR("ECDHE-RSA-AES128-GCM-SHA256");
    r.texts[CONNECTION_CERT_SUBJECT] =
        STR("CN=amazondomains.com,O=endEntity,L=Seattle,ST=Washington,C=US");
    r.texts[CONNECTION_CERT_VALIDITY] =
        STR("NotBefore=2023-09-21T22:43:21Z;NotAfter=2026-06-17T22:43:21Z");
    r.texts[CONNECTION_CERT_SERIAL] = STR("FEF257372D5C14D4");
    r.texts[CONNECTION_VERIFY_STATUS] = STR("Success");
    return r;
}

/* One without TLS. */
static struct connection_record plain(void)
{
    struct connection_record r = example();

    for (unsigned i = CONNECTION_LOAD_BALANCER + 1; i < CONNECTION_TEXTS; i++)
        r.texts[i] = STR("");
    r.handshake_us = -1;
    r.port = 80;
    return r;
}

#define EXAMPLE                                                                \
    "2023-10-04T17:05:15.514108Z 203.0.113.1 36280 443 TLSv1.2 "               \
    "ECDHE-RSA-AES128-GCM-SHA256 4.036 \"CN=amazondomains.com,O=endEntity,"    \
    "L=Seattle,ST=Washington,C=US\" NotBefore=2023-09-21T22:43:21Z;"           \
    "NotAfter=2026-06-17T22:43:21Z FEF257372D5C14D4 Success " TID

/* 116 */
static void test_mutual_tls_is_the_documented_line(void **state)
{
    struct connection_record r = example();

    (void)state;
    assert_line(&r, EXAMPLE " - " LB " 10.0.0.30");
    r.texts[CONNECTION_KEY_EXCHANGE] = STR("X25519MLKEM768");
    assert_line(&r, EXAMPLE " X25519MLKEM768 " LB " 10.0.0.30");
}

/* 116 */
static void test_what_does_not_apply_is_a_dash(void **state)
{
    struct connection_record r = plain();

    (void)state;
    assert_line(&r, "2023-10-04T17:05:15.514108Z 203.0.113.1 36280 80 - - - "
                    "\"-\" - - - " TID " - " LB " 10.0.0.30");
}

static void test_ipv6_has_no_brackets(void **state)
{
    struct connection_record r = plain();

    (void)state;
    r.client = address_of("[2001:db8::1]:36280");
    r.local = address_of("[::1]:80");
    assert_line(&r, "2023-10-04T17:05:15.514108Z 2001:db8::1 36280 80 - - - "
                    "\"-\" - - - " TID " - " LB " ::1");
}

static void test_each_text_has_its_place(void **state)
{
    static const struct {
        enum connection_text text;
        const char *line;
    } cases[] = {
        {CONNECTION_TLS_PROTOCOL, "x - - \"-\" - - - " TID " - " LB},
        {CONNECTION_TLS_CIPHER, "- x - \"-\" - - - " TID " - " LB},
        {CONNECTION_CERT_SUBJECT, "- - - \"x\" - - - " TID " - " LB},
        {CONNECTION_CERT_VALIDITY, "- - - \"-\" x - - " TID " - " LB},
        {CONNECTION_CERT_SERIAL, "- - - \"-\" - x - " TID " - " LB},
        {CONNECTION_VERIFY_STATUS, "- - - \"-\" - - x " TID " - " LB},
        {CONNECTION_KEY_EXCHANGE, "- - - \"-\" - - - " TID " x " LB},
        {CONNECTION_LOAD_BALANCER, "- - - \"-\" - - - " TID " - x"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct connection_record r = plain();
        char want[512];
        struct text t = text_in(want, sizeof(want) - 1);

        r.texts[cases[i].text] = STR("x");
        text_printf(&t,
                    "2023-10-04T17:05:15.514108Z 203.0.113.1 36280 80 %s "
                    "10.0.0.30",
                    cases[i].line);
        assert_true(text_ok(&t));
        want[t.n] = '\0';
        assert_line(&r, want);
    }
}

/* A certificate is the client's own word. */
static void test_no_text_can_end_its_field(void **state)
{
    struct connection_record r = plain();

    (void)state;
    r.texts[CONNECTION_CERT_SUBJECT] = STR("CN=a\" b\\\n\xc3\xa9");
    r.texts[CONNECTION_CERT_SERIAL] = STR("1 2");
    assert_line(&r, "2023-10-04T17:05:15.514108Z 203.0.113.1 36280 80 - - - "
                    "\"CN=a\\x22 b\\x5C\\x0A\\xC3\\xA9\" - 1\\x202 - " TID
                    " - " LB " 10.0.0.30");
}

static void test_a_handshake_is_told_in_milliseconds(void **state)
{
    static const struct {
        int64_t us;
        const char *field;
    } cases[] = {{0, "0.000"}, {1499, "0.001"}, {1500, "0.002"}, {-1, "-"}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct connection_record r = plain();
        char want[512];
        struct text t = text_in(want, sizeof(want) - 1);

        r.handshake_us = cases[i].us;
        text_printf(&t,
                    "2023-10-04T17:05:15.514108Z 203.0.113.1 36280 80 - - %s "
                    "\"-\" - - - " TID " - " LB " 10.0.0.30",
                    cases[i].field);
        want[t.n] = '\0';
        assert_line(&r, want);
    }
}

static void test_the_longest_record_fits_the_longest_line(void **state)
{
    struct log_ring *ring = log_ring_new();
    struct connection_record r = example();
    struct text t = text_in(line, sizeof(line));
    struct log_record taken;
    static char bytes[20000];
    bool wake;

    (void)state;
    assert_non_null(ring);
    memset(bytes, 0xff, sizeof(bytes));
    for (unsigned i = 0; i < CONNECTION_TEXTS; i++)
        r.texts[i] = str_make(bytes, sizeof(bytes));
    r.handshake_us = INT64_MAX;
    assert_true(log_ring_put(ring, CONNECTION_LOG, &r, &wake));
    assert_true(log_ring_take(ring, &taken));
    log_put_line(&t, &taken);
    assert_true(text_ok(&t));
    assert_in_range(t.n, 4 * 4096, LOG_LINE_MAX);
    log_ring_free(ring);
}

static void test_a_line_without_room_is_not_begun(void **state)
{
    struct connection_record r = example();
    struct text t = text_in(line, 800);

    (void)state;
    connection_put_line(&t, &r);
    assert_false(text_ok(&t));
    assert_int_equal(t.n, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutual_tls_is_the_documented_line),
        cmocka_unit_test(test_what_does_not_apply_is_a_dash),
        cmocka_unit_test(test_ipv6_has_no_brackets),
        cmocka_unit_test(test_each_text_has_its_place),
        cmocka_unit_test(test_no_text_can_end_its_field),
        cmocka_unit_test(test_a_handshake_is_told_in_milliseconds),
        cmocka_unit_test(test_the_longest_record_fits_the_longest_line),
        cmocka_unit_test(test_a_line_without_room_is_not_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

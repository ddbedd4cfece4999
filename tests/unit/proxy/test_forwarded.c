/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/attributes.h"
#include "proxy/listener_headers.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define GET "GET /p HTTP/1.1\r\nHost: example.com\r\n"

enum { FIELDS = 4096, NOW = 0x63441c4a };

/* One head, and what forwarded_apply() makes of it. */
static struct {
    char raw[70000];
    struct field fields[FIELDS];
    struct request req;
    struct config_attributes attributes;
    struct listener_headers headers;
    struct address client;
    struct random random;
    struct forwarded_from from;
    char text[70000];
    struct text t;
    struct request_out out;
    char head[140000];
} x;

static int start(void **state)
{
    static const struct config_listener plain = {.nattributes = 0};

    (void)state;
    attributes_init(OWNER_LOAD_BALANCER, &x.attributes);
    assert_true(address_parse(STR("10.9.8.7:4321"), &x.client));
    random_seed(&x.random);
    listener_headers_compile(&x.headers, &plain);
    x.from = (struct forwarded_from){
        .attributes = &x.attributes,
        .names = &x.headers.request,
        .client = &x.client,
        .fallback = STR("sluice.localhost"),
        .port = 8080,
        .now = NOW,
        .random = &x.random,
    };
    return 0;
}

static void parse(const char *raw)
{
    struct h1_fault fault;
    size_t len;

    assert_true(strlen(raw) < sizeof(x.raw));
    memcpy(x.raw, raw, strlen(raw) + 1);
    x.req.fields.v = x.fields;
    x.req.fields.cap = FIELDS;
    if (h1_parse_request(&x.req, x.raw, strlen(raw), &h1_request_limits,
                         DESYNC_MODE_DEFENSIVE, &len, &fault) != H1_OK)
        fail_msg("not a head: %.200s", raw);
}

static bool apply(size_t room)
{
    x.t = text_in(x.text, room);
    memset(&x.out, 0, sizeof(x.out));
    x.out.request = &x.req;
    return forwarded_apply(&x.req, &x.from, &x.t, &x.out);
}

/* What the target would read, less the request line. */
static const char *forward(const char *raw)
{
    struct text head = text_in(x.head, sizeof(x.head) - 1);

    parse(raw);
    assert_true(apply(sizeof(x.text)));
    TEXT_LITERAL(&head, "\r\n");
    if (x.out.host.n)
        h1_put_field(&head, STR("Host"), x.out.host);
    h1_put_fields(&head, &x.req.fields);
    for (unsigned i = 0; i < x.out.nadded; i++)
        h1_put_field(&head, x.out.added[i].name, x.out.added[i].value);
    assert_true(text_ok(&head));
    x.head[head.n] = '\0';
    return x.head;
}

static unsigned times(const char *text, const char *name)
{
    char line[64];
    unsigned n = 0;

    snprintf(line, sizeof(line), "\n%s: ", name);
    for (const char *p = text; (p = strcasestr(p, line)); p++)
        n++;
    return n;
}

/* The value of the one field of this name; "-" when there is none. */
static const char *value(const char *text, const char *name)
{
    static char found[70000];
    char line[64];
    const char *p;
    size_t n;

    snprintf(line, sizeof(line), "\n%s: ", name);
    if (times(text, name) > 1)
        fail_msg("%s is there twice", name);
    p = strcasestr(text, line);
    if (p == NULL)
        return "-";
    p += strlen(line);
    n = strcspn(p, "\r");
    memcpy(found, p, n);
    found[n] = '\0';
    return found;
}

static void check(const char *raw, const char *name, const char *want)
{
    assert_string_equal(value(forward(raw), name), want);
}

/* ---- X-Forwarded-* ------------------------------------------------------- */

#define TWO                                                                    \
    GET "X-Forwarded-For: 1.1.1.1\r\nA: b\r\nx-forwarded-for: 2.2.2.2, "       \
        "3.3.3.3\r\n\r\n"

static void test_append_puts_the_client_behind_all_earlier_hops(void **state)
{
    (void)state;
    check(GET "\r\n", "X-Forwarded-For", "10.9.8.7");
    check(GET "X-Forwarded-For: 1.1.1.1\r\n\r\n", "X-Forwarded-For",
          "1.1.1.1, 10.9.8.7");
    check(TWO, "X-Forwarded-For", "1.1.1.1, 2.2.2.2, 3.3.3.3, 10.9.8.7");
    check(GET "X-Forwarded-For:\r\nX-Forwarded-For: \r\n\r\n",
          "X-Forwarded-For", "10.9.8.7");
}

static void test_preserve_leaves_them_as_they_are(void **state)
{
    const char *head;

    (void)state;
    x.attributes.xff_mode = XFF_PRESERVE;
    x.attributes.xff_client_port = true;
    check(GET "\r\n", "X-Forwarded-For", "-");
    head = forward(TWO);
    assert_non_null(strstr(head, "\nX-Forwarded-For: 1.1.1.1\r"));
    assert_non_null(strstr(head, "\nx-forwarded-for: 2.2.2.2, 3.3.3.3\r"));
    assert_int_equal(times(head, "X-Forwarded-For"), 2);
}

static void test_remove_removes_all_of_them(void **state)
{
    (void)state;
    x.attributes.xff_mode = XFF_REMOVE;
    check(GET "\r\n", "X-Forwarded-For", "-");
    check(TWO, "X-Forwarded-For", "-");
    check(TWO, "A", "b");
}

static void test_the_client_port_is_added_when_asked_for(void **state)
{
    (void)state;
    x.attributes.xff_client_port = true;
    check(GET "\r\n", "X-Forwarded-For", "10.9.8.7:4321");
    assert_true(address_parse(STR("[2001:db8::1]:443"), &x.client));
    check(GET "X-Forwarded-For: ::1\r\n\r\n", "X-Forwarded-For",
          "::1, [2001:db8::1]:443");
    x.attributes.xff_client_port = false;
    check(GET "\r\n", "X-Forwarded-For", "2001:db8::1");
}

static void test_proto_and_port_are_ours_alone(void **state)
{
    static const char raw[] = GET "X-Forwarded-Proto: https\r\n"
                                  "X-Forwarded-Port: 1\r\n"
                                  "x-forwarded-proto: ftp\r\n"
                                  "X-FORWARDED-PORT: 2\r\n\r\n";

    (void)state;
    check(GET "\r\n", "X-Forwarded-Proto", "http");
    check(GET "\r\n", "X-Forwarded-Port", "8080");
    check(raw, "X-Forwarded-Proto", "http");
    check(raw, "X-Forwarded-Port", "8080");
    x.attributes.xff_mode = XFF_PRESERVE;
    check(raw, "X-Forwarded-Proto", "http");
    check(raw, "X-Forwarded-Port", "8080");
}

static void test_addresses_are_counted_over_all_lines(void **state)
{
    static const struct {
        const char *lines;
        unsigned n;
    } rows[] = {
        {"", 0},
        {"X-Forwarded-For:\r\n", 0},
        {"X-Forwarded-For: ,\t, ,\r\n", 0},
        {"X-Forwarded-For: 1.1.1.1\r\n", 1},
        {"X-Forwarded-For: 1.1.1.1,2.2.2.2 , 3.3.3.3,\r\n", 3},
        {"X-Forwarded-For: a\r\nx-forwarded-for: b,c\r\n", 3},
        {"X-Forwarded: a,b\r\nX-Forwarded-Forx: a,b\r\n", 0},
        {"X-Forwarded-For: a\x01,b\r\nX-Forwarded-For: c\r\n", 1},
    };
    char raw[1000] = GET "X-Forwarded-For: 0";

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char head[300];

        snprintf(head, sizeof(head), GET "%s\r\n", rows[i].lines);
        parse(head);
        assert_int_equal(forwarded_count(&x.req.fields), rows[i].n);
    }
    for (unsigned n = 1; n <= FORWARDED_ADDRESSES_MAX; n++)
        strcat(raw, ", 1.1.1.1");
    strcat(raw, "\r\n\r\n");
    parse(raw);
    assert_int_equal(forwarded_count(&x.req.fields),
                     FORWARDED_ADDRESSES_MAX + 1);
}

static void test_fields_that_only_we_may_say_are_dropped(void **state)
{
    const char *head = forward(GET "X-Amzn-Oidc-Data: a\r\n"
                                   "x-amzn-mtls-clientcert: b\r\n"
                                   "X-AMZN-TLS-VERSION: c\r\n"
                                   "X-Amzn-Other: d\r\n"
                                   "X-Amzn-Oidc: e\r\n\r\n");

    (void)state;
    assert_string_equal(value(head, "X-Amzn-Oidc-Data"), "-");
    assert_string_equal(value(head, "X-Amzn-Mtls-Clientcert"), "-");
    assert_string_equal(value(head, "X-Amzn-Tls-Version"), "-");
    assert_string_equal(value(head, "X-Amzn-Other"), "d");
    assert_string_equal(value(head, "X-Amzn-Oidc"), "e");
}

static void test_odd_names_go_only_when_they_are_to_be_dropped(void **state)
{
    (void)state;
    check(GET "X_Odd: 1\r\nX.Odd: 2\r\n\r\n", "X_Odd", "1");
    parse(GET "X_Odd: 1\r\nX-Even: 2\r\nX.Odd: 3\r\n\r\n");
    assert_true(forwarded_has_invalid(&x.req));
    forwarded_drop_invalid(&x.req);
    assert_false(forwarded_has_invalid(&x.req));
    assert_null(fields_find_name(&x.req.fields, STR("X_Odd")));
    assert_null(fields_find_name(&x.req.fields, STR("X.Odd")));
    assert_non_null(fields_find_name(&x.req.fields, STR("X-Even")));
}

/* alb.md 10: 105, 110 */
static void test_names_of_tls_fields_are_ours_alone(void **state)
{
    static const char sent[] = GET "X-Tls: a\r\nx-tls: b\r\nX-Serial: c\r\n"
                                   "X-Amzn-Tls-Version: d\r\nX-Tlsx: e\r\n"
                                   "X-Amzn-Mtls-Clientcert-Leaf: f\r\n\r\n";
    struct config_listener_attribute renamed[] = {
        {STR("routing.http.request.x_amzn_tls_version.header_name"),
         STR("X-TLS")},
        {STR("routing.http.request.x_amzn_mtls_clientcert_serial_number."
             "header_name"),
         STR("X-Serial")},
    };
    struct config_listener listener = {.attributes = renamed, .nattributes = 2};
    const char *head = forward(sent);

    (void)state;
    assert_int_equal(times(head, "X-Tls"), 2);
    assert_int_equal(times(head, "X-Serial"), 1);
    assert_int_equal(times(head, "X-Amzn-Tls-Version"), 0);
    listener_headers_compile(&x.headers, &listener);
    head = forward(sent);
    assert_int_equal(times(head, "X-Tls"), 0);
    assert_int_equal(times(head, "X-Serial"), 0);
    assert_int_equal(times(head, "X-Amzn-Tls-Version"), 0);
    assert_int_equal(times(head, "X-Amzn-Mtls-Clientcert-Leaf"), 0);
    assert_string_equal(value(head, "X-Tlsx"), "e");
}

/* alb.md 10: 105, 110 */
static void test_a_client_with_tls_is_told_of_when_asked_for(void **state)
{
    static const struct forwarded_tls tls = {.version = STR("TLSv1.3"),
                                             .cipher_suite =
                                                 STR("TLS_AES_128_GCM_SHA256")};
    static const char sent[] = GET "X-Version: 1\r\n"
                                   "X-Amzn-Tls-Cipher-Suite: 2\r\n\r\n";
    struct config_listener_attribute renamed = {
        STR("routing.http.request.x_amzn_tls_version.header_name"),
        STR("X-Version")};
    struct config_listener listener = {.attributes = &renamed,
                                       .nattributes = 1};
    const char *head;

    (void)state;
    x.attributes.tls_headers = true;
    head = forward(sent);
    assert_string_equal(value(head, "X-Forwarded-Proto"), "http");
    assert_string_equal(value(head, "X-Amzn-Tls-Version"), "-");
    x.from.tls = &tls;
    head = forward(sent);
    assert_string_equal(value(head, "X-Forwarded-Proto"), "https");
    assert_string_equal(value(head, "X-Amzn-Tls-Version"), "TLSv1.3");
    assert_string_equal(value(head, "X-Amzn-Tls-Cipher-Suite"),
                        "TLS_AES_128_GCM_SHA256");
    assert_string_equal(value(head, "X-Version"), "1");
    listener_headers_compile(&x.headers, &listener);
    head = forward(sent);
    assert_string_equal(value(head, "X-Version"), "TLSv1.3");
    assert_string_equal(value(head, "X-Amzn-Tls-Version"), "-");
    x.attributes.tls_headers = false;
    head = forward(sent);
    assert_string_equal(value(head, "X-Version"), "-");
    assert_string_equal(value(head, "X-Amzn-Tls-Cipher-Suite"), "-");
}

static const struct client_certificate shown = {
    .serial_number = {"03A5B1", 6},
    .issuer = {"CN=ca", 5},
    .subject = {"CN=a", 4},
    .validity = {"NotBefore=x;NotAfter=y", 22},
    .pem = {"-----BEGIN%20", 13},
};

/* What a client would like to be. */
#define FORGED                                                                 \
    GET "X-Amzn-Mtls-Clientcert-Subject: CN=root\r\n"                          \
        "X-Amzn-Mtls-Clientcert: forged\r\n\r\n"

static void test_a_client_that_was_verified_is_told_of(void **state)
{
    struct forwarded_tls tls = {.certificate = &shown, .verified = true};
    const char *head;

    (void)state;
    x.from.tls = &tls;
    head = forward(FORGED);
    assert_string_equal(value(head, "X-Amzn-Mtls-Clientcert-Serial-Number"),
                        "03A5B1");
    assert_string_equal(value(head, "X-Amzn-Mtls-Clientcert-Issuer"), "CN=ca");
    assert_string_equal(value(head, "X-Amzn-Mtls-Clientcert-Subject"), "CN=a");
    assert_string_equal(value(head, "X-Amzn-Mtls-Clientcert-Validity"),
                        "NotBefore=x;NotAfter=y");
    assert_string_equal(value(head, "X-Amzn-Mtls-Clientcert-Leaf"),
                        "-----BEGIN%20");
    assert_int_equal(times(head, "X-Amzn-Mtls-Clientcert"), 0);
    assert_int_equal(times(head, "X-Amzn-Tls-Version"), 0);
    x.from.tls = NULL;
}

static void test_a_chain_that_passes_through_is_one_field(void **state)
{
    struct forwarded_tls tls = {.certificate = &shown};
    const char *head;

    (void)state;
    x.from.tls = &tls;
    head = forward(FORGED);
    assert_string_equal(value(head, "X-Amzn-Mtls-Clientcert"), "-----BEGIN%20");
    assert_int_equal(times(head, "X-Amzn-Mtls-Clientcert-Subject"), 0);
    assert_int_equal(times(head, "X-Amzn-Mtls-Clientcert-Leaf"), 0);
    tls.certificate = NULL; /* it showed none */
    head = forward(FORGED);
    assert_int_equal(times(head, "X-Amzn-Mtls-Clientcert"), 0);
    assert_int_equal(times(head, "X-Amzn-Mtls-Clientcert-Subject"), 0);
    x.from.tls = NULL;
}

#define CERTIFICATE(name)                                                      \
    "routing.http.request.x_amzn_mtls_clientcert" name ".header_name"

/* 105 */
static void test_fields_of_mutual_tls_can_have_other_names(void **state)
{
    struct config_listener_attribute renamed[] = {
        {STR(CERTIFICATE("")), STR("X-Chain")},
        {STR(CERTIFICATE("_serial_number")), STR("X-Serial")},
        {STR(CERTIFICATE("_issuer")), STR("X-Issuer")},
        {STR(CERTIFICATE("_subject")), STR("X-Subject")},
        {STR(CERTIFICATE("_validity")), STR("X-Validity")},
        {STR(CERTIFICATE("_leaf")), STR("X-Leaf")},
    };
    struct config_listener listener = {.attributes = renamed,
                                       .nattributes = COUNT(renamed)};
    struct forwarded_tls tls = {.certificate = &shown, .verified = true};
    const char *head;

    (void)state;
    listener_headers_compile(&x.headers, &listener);
    x.from.tls = &tls;
    head = forward(GET "X-Subject: CN=root\r\nx-chain: forged\r\n"
                       "X-Amzn-Mtls-Clientcert-Leaf: forged\r\n\r\n");
    assert_string_equal(value(head, "X-Serial"), "03A5B1");
    assert_string_equal(value(head, "X-Issuer"), "CN=ca");
    assert_string_equal(value(head, "X-Subject"), "CN=a");
    assert_string_equal(value(head, "X-Validity"), "NotBefore=x;NotAfter=y");
    assert_string_equal(value(head, "X-Leaf"), "-----BEGIN%20");
    assert_int_equal(times(head, "X-Chain"), 0);
    assert_int_equal(times(head, "X-Amzn-Mtls-Clientcert-Leaf"), 0);
    tls.verified = false;
    assert_string_equal(value(forward(GET "\r\n"), "X-Chain"), "-----BEGIN%20");
    x.from.tls = NULL;
}

static void test_te_is_not_passed_on(void **state)
{
    (void)state;
    check(GET "TE: trailers\r\nConnection: TE\r\n\r\n", "TE", "-");
    check(GET "TE: trailers\r\nConnection: TE\r\n\r\n", "Connection", "-");
}

/* ---- Host (alb.md 5.3) --------------------------------------------------- */

static void test_host_follows_the_table(void **state)
{
    static const struct {
        uint16_t listener;
        const char *line; /* the request line's target */
        const char *host;
        const char *rewritten;
        const char *preserved;
    } rows[] = {
        {80, "/", "example.com", "example.com", "example.com"},
        {443, "/", "example.com", "example.com", "example.com"},
        {80, "/", "example.com:80", "example.com", "example.com:80"},
        {80, "/", "example.com:81", "example.com", "example.com:81"},
        {443, "/", "EXAMPLE.com:8443", "example.com", "EXAMPLE.com:8443"},
        {80, "https://Dns_Name/index.html", "example.com", "dns_name",
         "example.com"},
        {8080, "https://dns_name/index.html", "example.com", "dns_name:8080",
         "example.com"},
        {8080, "http://dns_name:99/", "example.com:1", "dns_name:99",
         "example.com:1"},
        {8080, "/", "example.com", "example.com:8080", "example.com"},
        {8080, "/", "example.com:9", "example.com:9", "example.com:9"},
        {8080, "/", "[2001:DB8::1]", "[2001:db8::1]:8080", "[2001:DB8::1]"},
        {80, "/", "[2001:DB8::1]:7", "[2001:db8::1]", "[2001:DB8::1]:7"},
        {8080, "/", "[::1]:7", "[::1]:7", "[::1]:7"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char raw[200];

        snprintf(raw, sizeof(raw), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
                 rows[i].line, rows[i].host);
        x.from.port = rows[i].listener;
        x.attributes.preserve_host_header = false;
        check(raw, "Host", rows[i].rewritten);
        x.attributes.preserve_host_header = true;
        check(raw, "Host", rows[i].preserved);
    }
}

static void test_without_a_host_one_is_made(void **state)
{
    (void)state;
    check("GET / HTTP/1.0\r\n\r\n", "Host", "sluice.localhost:8080");
    x.attributes.preserve_host_header = true;
    check("GET / HTTP/1.0\r\n\r\n", "Host", "sluice.localhost:8080");
    x.from.port = 80;
    check("GET / HTTP/1.0\r\n\r\n", "Host", "sluice.localhost");
}

/* ---- X-Amzn-Trace-Id (alb.md 5.4) ---------------------------------------- */

#define OLD "1-11111111-222222222222222222222222"

/* `pattern` is the text, with @ for each id that must be a new one. */
static void check_trace(const char *raw, const char *pattern)
{
    static const char id[] = "1-63441c4a-";
    const char *got = value(forward(raw), "X-Amzn-Trace-Id");
    const char *p = got;

    for (; *pattern; pattern++) {
        if (*pattern != '@') {
            if (*p++ != *pattern)
                fail_msg("%s", got);
            continue;
        }
        if (strncmp(p, id, strlen(id)) != 0 ||
            strspn(p + strlen(id), "0123456789abcdef") != 24)
            fail_msg("no id in %s", got);
        p += strlen(id) + 24;
    }
    assert_string_equal(p, "");
}

static void test_a_trace_id_is_made_or_completed(void **state)
{
    static const struct {
        const char *came;
        const char *goes;
    } rows[] = {
        {"Root=" OLD, "Self=@;Root=" OLD},
        {"Root=" OLD ";CalledFrom=app", "Self=@;Root=" OLD ";CalledFrom=app"},
        {"Root=" OLD ";Self=" OLD, "Root=" OLD ";Self=@"},
        {"Self=" OLD ";Root=" OLD ";A=b", "Self=@;Root=" OLD ";A=b"},
        {"CalledFrom=app", "Root=@;CalledFrom=app"},
        {"Self=" OLD, "Root=@;Self=@"},
        {"", "Root=@"},
    };

    (void)state;
    check_trace(GET "\r\n", "Root=@");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char raw[300];

        snprintf(raw, sizeof(raw), GET "x-amzn-trace-id: %s\r\n\r\n",
                 rows[i].came);
        check_trace(raw, rows[i].goes);
    }
}

static void test_every_request_gets_another_id(void **state)
{
    char first[100];

    (void)state;
    snprintf(first, sizeof(first), "%s",
             value(forward(GET "\r\n"), "X-Amzn-Trace-Id"));
    assert_string_not_equal(value(forward(GET "\r\n"), "X-Amzn-Trace-Id"),
                            first);
}

static void test_of_several_trace_ids_one_is_left(void **state)
{
    (void)state;
    check_trace(GET "X-Amzn-Trace-Id: Root=" OLD "\r\n"
                    "X-Amzn-Trace-Id: Root=evil\r\n\r\n",
                "Self=@;Root=" OLD);
}

static void test_headers_over_7_kb_get_a_fresh_root_alone(void **state)
{
    /* Host and the trace id with their ": " and line ends. */
    static const char trace[] = "X-Amzn-Trace-Id: Root=" OLD ";A=b\r\n";
    const size_t fixed =
        strlen("Host: example.com\r\n") + strlen(trace) + strlen("X: \r\n");
    static char raw[9000];

    (void)state;
    for (size_t size = 7 * 1024 - 1; size <= 7 * 1024 + 2; size++) {
        int fill = (int)(size - fixed);

        snprintf(raw, sizeof(raw), GET "%sX: %0*d\r\n\r\n", trace, fill, 0);
        check_trace(raw,
                    size > 7 * 1024 ? "Root=@" : "Self=@;Root=" OLD ";A=b");
    }
}

static void test_a_text_that_is_too_small_is_said(void **state)
{
    static const char raw[] = GET "X-Forwarded-For: 1.1.1.1\r\n"
                                  "X-Amzn-Trace-Id: Root=" OLD "\r\n\r\n";
    size_t needed;

    (void)state;
    forward(raw);
    needed = x.t.n;
    for (size_t room = 0; room < needed; room++) {
        parse(raw);
        assert_false(apply(room));
    }
    parse(raw);
    assert_true(apply(needed));
}

int main(void)
{
#define FROM_CLIENT(test) cmocka_unit_test_setup(test, start)
    const struct CMUnitTest tests[] = {
        FROM_CLIENT(test_append_puts_the_client_behind_all_earlier_hops),
        FROM_CLIENT(test_preserve_leaves_them_as_they_are),
        FROM_CLIENT(test_remove_removes_all_of_them),
        FROM_CLIENT(test_the_client_port_is_added_when_asked_for),
        FROM_CLIENT(test_proto_and_port_are_ours_alone),
        FROM_CLIENT(test_addresses_are_counted_over_all_lines),
        FROM_CLIENT(test_fields_that_only_we_may_say_are_dropped),
        FROM_CLIENT(test_odd_names_go_only_when_they_are_to_be_dropped),
        FROM_CLIENT(test_names_of_tls_fields_are_ours_alone),
        FROM_CLIENT(test_a_client_with_tls_is_told_of_when_asked_for),
        FROM_CLIENT(test_a_client_that_was_verified_is_told_of),
        FROM_CLIENT(test_a_chain_that_passes_through_is_one_field),
        FROM_CLIENT(test_fields_of_mutual_tls_can_have_other_names),
        FROM_CLIENT(test_te_is_not_passed_on),
        FROM_CLIENT(test_host_follows_the_table),
        FROM_CLIENT(test_without_a_host_one_is_made),
        FROM_CLIENT(test_a_trace_id_is_made_or_completed),
        FROM_CLIENT(test_every_request_gets_another_id),
        FROM_CLIENT(test_of_several_trace_ids_one_is_left),
        FROM_CLIENT(test_headers_over_7_kb_get_a_fresh_root_alone),
        FROM_CLIENT(test_a_text_that_is_too_small_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

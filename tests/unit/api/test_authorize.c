/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/authorize.h"
#include "crypto/sigv4.h"

#define ID "AKIAEXAMPLE0000000"
#define SECRET "ExampleSecretExampleSecretExampleSecret0"
#define OTHER_SECRET "OtherSecretOtherSecretOtherSecretOtherSe"
#define NOW 1773500966
#define DATE "20260314T150926Z"
#define SCOPE "20260314/us-east-1/elasticloadbalancing/aws4_request"
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define GOOD                                                                   \
    "AWS4-HMAC-SHA256 Credential=" ID "/" SCOPE                                \
    ", SignedHeaders=host;x-amz-date, Signature=" HEX64
#define ALLOW_ALL                                                              \
    "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\", "              \
    "\"Resource\": \"*\"}}"

static const char *const key_text =
    "{\"AccessKeys\": ["
    "{\"UserName\": \"Ann\", \"AccessKeyId\": \"" ID "\", "
    "\"SecretAccessKey\": \"" SECRET "\", \"Policies\": [" ALLOW_ALL "]},"
    "{\"UserName\": \"Tim\", \"AccessKeyId\": \"ASIAEXAMPLE0000001\", "
    "\"SecretAccessKey\": \"" SECRET "\", \"SessionToken\": \"T/1\"},"
    "{\"UserName\": \"Off\", \"AccessKeyId\": \"AKIAEXAMPLE0000002\", "
    "\"SecretAccessKey\": \"" SECRET "\", \"Status\": \"Inactive\"},"
    "{\"UserName\": \"Prom\", \"AccessKeyId\": \"AKIAEXAMPLE0000003\", "
    "\"SecretAccessKey\": \"" SECRET "\", \"Policies\": [{\"Statement\": "
    "{\"Effect\": \"Allow\", \"Action\": \"sluice:GetMetrics\", "
    "\"Resource\": \"*\"}}]}]}";

/* A request in the making. */
struct asked {
    struct region region;
    struct field v[16];
    struct fields fields;
    char base[16384];
    size_t n;
    struct signed_request request;
    struct authorized who;
    struct fault fault;
    struct access_keys *keys;
    int64_t now;
};

static void put_field(struct asked *a, const char *name, const char *value)
{
    struct field *f = &a->v[a->fields.n++];
    size_t nname = strlen(name), nvalue = strlen(value);

    assert_true(a->n + nname + nvalue < sizeof(a->base));
    *f = (struct field){.name = (uint32_t)a->n,
                        .value = (uint32_t)(a->n + nname),
                        .name_len = (uint16_t)nname,
                        .value_len = (uint16_t)nvalue,
                        .id = (uint16_t)field_id_of(str_of(name))};
    memcpy(a->base + a->n, name, nname);
    memcpy(a->base + a->n + nname, value, nvalue);
    a->n += nname + nvalue;
    a->fields.present |= 1u << f->id;
}

static struct asked *begin(bool verified)
{
    struct asked *a = calloc(1, sizeof(*a));
    struct report report = {.strict = false};

    assert_non_null(a);
    a->fields = (struct fields){.base = a->base, .v = a->v, .cap = 16};
    a->request = (struct signed_request){.method = STR("POST"),
                                         .target = STR("/"),
                                         .fields = &a->fields,
                                         .body = STR("Action=X")};
    a->now = NOW;
    if (verified)
        a->keys = access_keys_read("keys", str_of(key_text), &report);
    assert_int_equal(report.errors, 0);
    report_end(&report);
    put_field(a, "Host", "127.0.0.1:4566");
    return a;
}

static void end(struct asked *a)
{
    access_keys_release(a->keys);
    region_end(&a->region);
    free(a);
}

static const struct account_view *view_of(const struct asked *a)
{
    static struct account_view view;

    view = (struct account_view){.region_name = STR("us-east-1"),
                                 .account_id = STR("123456789012"),
                                 .now_ms = (uint64_t)a->now * 1000};
    return &view;
}

static bool ask(struct asked *a)
{
    a->fault = (struct fault){.code = NULL};
    return authorize_caller(a->keys, &a->request, view_of(a), &a->region,
                            &a->who, &a->fault);
}

static void check_fault(const struct asked *a, const char *code,
                        unsigned status, const char *message)
{
    assert_non_null(a->fault.code);
    if (strcmp(a->fault.code, code) != 0 || a->fault.status != status ||
        strstr(a->fault.message.p, message) == NULL)
        fail_msg("%s %u: " STR_FMT, a->fault.code, a->fault.status,
                 STR_ARG(a->fault.message));
}

/* Signs what is there as of `when`. */
static void sign(struct asked *a, const char *secret, const char *id,
                 const char *token, int64_t when, const char *region_name)
{
    struct sigv4_field fields[16];
    char date[SIGV4_DATE_LEN + 1];
    char hash[SIGV4_HASH_LEN + 1];
    struct sigv4_credentials credentials = {str_of(id), str_of(secret),
                                            str_of(token)};
    struct sigv4_scope scope = {{date, SIGV4_DATE_LEN},
                                str_of(region_name),
                                STR("elasticloadbalancing")};
    struct sigv4_request request = {
        .method = a->request.method, .fields = fields, .nfields = a->fields.n};
    struct str value;

    request.query = a->request.target;
    request.path = str_cut(&request.query, '?');
    if (request.query.p == NULL)
        request.query = STR("");
    for (unsigned i = 0; i < a->fields.n; i++)
        fields[i] = (struct sigv4_field){field_name(&a->fields, &a->v[i]),
                                         field_value(&a->fields, &a->v[i])};
    sigv4_date(when, date);
    assert_true(sigv4_payload_hash(a->request.body, hash));
    request.payload_hash = str_of(hash);
    value = sigv4_sign(&a->region, &credentials, &request, &scope);
    assert_int_not_equal(value.n, 0);
    put_field(a, "Authorization", value.p);
    put_field(a, "X-Amz-Date", date);
    if (*token)
        put_field(a, "X-Amz-Security-Token", token);
}

static struct str presigned(struct asked *a, const char *target,
                            unsigned expires, int64_t when)
{
    char date[SIGV4_DATE_LEN + 1];
    char hash[SIGV4_HASH_LEN + 1];
    struct sigv4_field host = {STR("Host"), STR("127.0.0.1:4566")};
    struct sigv4_credentials credentials = {STR(ID), STR(SECRET), STR("")};
    struct sigv4_scope scope = {
        {date, SIGV4_DATE_LEN}, STR("us-east-1"), STR("elasticloadbalancing")};
    struct sigv4_request request = {
        .method = STR("GET"), .fields = &host, .nfields = 1};
    struct str query = str_of(target);
    struct str path = str_cut(&query, '?');

    sigv4_date(when, date);
    assert_true(sigv4_payload_hash(STR(""), hash));
    request.path = path;
    request.query = query;
    request.payload_hash = str_of(hash);
    a->request.method = STR("GET");
    a->request.body = STR("");
    query = sigv4_presign(&a->region, &credentials, &request, &scope, expires);
    return region_printf(&a->region, STR_FMT "?" STR_FMT, STR_ARG(path),
                         STR_ARG(query));
}

/* ---- nobody is verified ---------------------------------------------------------- */

static void test_without_keys_any_well_formed_signature_will_do(void **state)
{
    struct asked *a = begin(false);

    (void)state;
    put_field(a, "X-Amz-Date", DATE);
    put_field(a, "Authorization", GOOD);
    a->now = NOW + 1000000;
    assert_true(ask(a));
    assert_true(str_eq(a->who.service, STR("elasticloadbalancing")));
    assert_true(str_eq(a->who.region_name, STR("us-east-1")));
    assert_true(str_eq(a->who.caller.access_key, STR(ID)));
    assert_int_equal(a->who.caller.user.n, 0);
    assert_true(
        str_eq(a->who.caller.arn, STR("arn:aws:iam::123456789012:root")));
    assert_null(a->who.key);
    end(a);
}

static void
test_without_keys_a_request_must_be_signed_all_the_same(void **state)
{
    struct asked *a = begin(false);

    (void)state;
    assert_false(ask(a));
    check_fault(a, "MissingAuthenticationToken", 403,
                "Request is missing Authentication Token");
    a->request.target = STR("/?Action=DescribeTags&Version=2015-12-01");
    assert_false(ask(a));
    check_fault(a, "MissingAuthenticationToken", 403, "missing");
    end(a);
}

/* ---- what is not well formed ------------------------------------------------------ */

static void refuse_header(const char *header, const char *code, unsigned status,
                          const char *message)
{
    struct asked *a = begin(false);

    put_field(a, "X-Amz-Date", DATE);
    put_field(a, "Authorization", header);
    if (ask(a))
        fail_msg("%s is taken", header);
    check_fault(a, code, status, message);
    end(a);
}

#define INCOMPLETE "IncompleteSignature", 400
#define MISMATCH "SignatureDoesNotMatch", 403

static void test_headers_that_are_no_signatures_are_refused(void **state)
{
    static const struct {
        const char *header;
        const char *code;
        unsigned status;
        const char *message;
    } cases[] = {
        {"Bearer x", INCOMPLETE, "requires 'Credential' parameter."},
        {"AWS4-HMAC-SHA256", INCOMPLETE, "requires 'Signature' parameter."},
        {"AWS4-HMAC-SHA256 ", INCOMPLETE, "requires 'SignedHeaders'"},
        {"AWS4-HMAC-SHA256 Credential", INCOMPLETE, "missing equal-sign"},
        {"AWS4-HMAC-SHA256 Credential=" ID "/" SCOPE ", Signature=x",
         INCOMPLETE, "requires 'SignedHeaders' parameter."},
        {"AWS4-ECDSA-P256-SHA256 Credential=x", INCOMPLETE,
         "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."},
        {"AWS4-HMAC-SHA256 Credential=" ID ", SignedHeaders=host, Signature=x",
         INCOMPLETE, "5 slash-delimited elements"},
        {"AWS4-HMAC-SHA256 Credential=/" SCOPE
         ", SignedHeaders=host, Signature=x",
         INCOMPLETE, "5 slash-delimited elements"},
        {"AWS4-HMAC-SHA256 Credential=" ID "/" SCOPE
         "/x, SignedHeaders=host, Signature=x",
         INCOMPLETE, "5 slash-delimited elements"},
        {"AWS4-HMAC-SHA256 Credential=" ID
         "/20260314//ec2/aws4_request, SignedHeaders=host, Signature=x",
         INCOMPLETE, "5 slash-delimited elements"},
        {"AWS4-HMAC-SHA256 Credential=" ID
         "/20260314/r/ec2/aws5, SignedHeaders=host;x-amz-date, Signature=x",
         MISMATCH, "valid terminator: 'aws4_request', not 'aws5'."},
        {"AWS4-HMAC-SHA256 Credential=" ID "/20260313/r/ec2/aws4_request, "
         "SignedHeaders=host;x-amz-date, Signature=x",
         MISMATCH, "'20260313' != '20260314', from '20260314T150926Z'."},
        {"AWS4-HMAC-SHA256 Credential=" ID "/" SCOPE
         ", SignedHeaders=x-amz-date, Signature=x",
         MISMATCH, "'Host' or ':authority' must be a 'SignedHeader'"},
        {"AWS4-HMAC-SHA256 Credential=" ID "/" SCOPE
         ", SignedHeaders=host;x-amz-date;accept, Signature=x",
         INCOMPLETE, "'accept' is named as a SignedHeader, but it does not"},
        {"AWS4-HMAC-SHA256 Credential=" ID "/" SCOPE
         ", SignedHeaders=host;;x-amz-date, Signature=x",
         INCOMPLETE, "no list of header names"},
        {"AWS4-HMAC-SHA256 Credential=" ID "/" SCOPE
         ", SignedHeaders=host, Signature=x",
         "AccessDenied", 403, "which were not signed: X-Amz-Date"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        refuse_header(cases[i].header, cases[i].code, cases[i].status,
                      cases[i].message);
}

static void test_a_signature_needs_a_date(void **state)
{
    struct asked *a = begin(false);

    (void)state;
    put_field(a, "Authorization", GOOD);
    assert_false(ask(a));
    check_fault(a, INCOMPLETE,
                "requires existence of either a 'X-Amz-Date' or a 'Date'");
    put_field(a, "X-Amz-Date", "yesterday");
    assert_false(ask(a));
    check_fault(a, INCOMPLETE, "ISO-8601 'basic format'");
    end(a);
}

static void test_thousands_of_names_are_refused(void **state)
{
    char header[16000] = "AWS4-HMAC-SHA256 Credential=" ID "/" SCOPE
                         ", Signature=x, SignedHeaders=host";
    size_t n = strlen(header);

    (void)state;
    for (; n + 6 < sizeof(header); n += 5)
        memcpy(header + n, ";host", 6);
    refuse_header(header, INCOMPLETE, "no list of header names");
}

static void test_parts_may_come_in_any_order_and_without_spaces(void **state)
{
    struct asked *a = begin(false);

    (void)state;
    put_field(a, "X-Amz-Date", DATE);
    put_field(a, "Authorization",
              "AWS4-HMAC-SHA256 Signature=" HEX64
              ",SignedHeaders=host;x-amz-date,Credential=" ID "/" SCOPE);
    assert_true(ask(a));
    end(a);
}

static void test_what_a_query_lacks_is_named(void **state)
{
    struct asked *a = begin(false);

    (void)state;
    a->request.target = STR("/?X-Amz-Date=" DATE);
    assert_false(ask(a));
    check_fault(a, INCOMPLETE, "must include 'X-Amz-Credential'.");
    a->request.target = STR("/?X-Amz-Algorithm=AWS4-X&X-Amz-Credential=a"
                            "&X-Amz-Signature=x&X-Amz-SignedHeaders=host"
                            "&X-Amz-Date=" DATE);
    assert_false(ask(a));
    check_fault(a, INCOMPLETE, "Unsupported AWS 'algorithm': 'AWS4-X'.");
    a->request.target =
        STR("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" ID
            "%2F20260314%2Fus-east-1%2Fsts%2Faws4_request"
            "&X-Amz-Signature=x&X-Amz-SignedHeaders=host&X-Amz-Date=" DATE
            "&X-Amz-Expires=604801");
    assert_false(ask(a));
    check_fault(a, INCOMPLETE, "less than a week");
    a->request.target.n -= 1; /* 60480 */
    assert_true(ask(a));
    assert_true(str_eq(a->who.service, STR("sts")));
    end(a);
}

/* ---- verified ------------------------------------------------------------------------ */

static void test_a_right_signature_says_who_calls(void **state)
{
    struct asked *a = begin(true);

    (void)state;
    put_field(a, "User-Agent", "aws-cli");
    put_field(a, "Content-Type", "application/x-www-form-urlencoded");
    sign(a, SECRET, ID, "", NOW, "us-east-1");
    assert_true(ask(a));
    assert_true(str_eq(a->who.caller.user, STR("Ann")));
    assert_true(
        str_eq(a->who.caller.arn, STR("arn:aws:iam::123456789012:user/Ann")));
    assert_true(str_eq(a->who.user_agent, STR("aws-cli")));
    assert_non_null(a->who.key);
    end(a);
}

static void test_whatever_is_signed_must_be_as_it_was(void **state)
{
    struct asked *a = begin(true);

    (void)state;
    a->request.target = STR("/?b=1&a=2");
    put_field(a, "X-Amz-Target", "A");
    sign(a, SECRET, ID, "", NOW, "us-east-1");
    assert_true(ask(a));
    a->request.body = STR("Action=Y");
    assert_false(ask(a));
    check_fault(a, MISMATCH,
                "The request signature we calculated does not match");
    check_fault(a, MISMATCH,
                "The Canonical String for this request should "
                "have been\n'POST\n/\na=2&b=1\n");
    a->request.body = STR("Action=X");
    a->request.target = STR("/?b=1&a=3");
    assert_false(ask(a));
    a->request.target = STR("/x?b=1&a=2");
    assert_false(ask(a));
    a->request.target = STR("/?a=2&b=1");
    assert_true(ask(a));
    a->request.method = STR("PUT");
    assert_false(ask(a));
    a->request.method = STR("POST");
    a->base[a->v[1].value] = 'B';
    assert_false(ask(a));
    check_fault(a, MISMATCH, "x-amz-target:B");
    end(a);
}

static void test_the_fault_of_a_long_request_is_short(void **state)
{
    static char target[9000];
    struct asked *a = begin(true);

    (void)state;
    memset(target, 'a', sizeof(target) - 1);
    target[0] = '/';
    a->request.target = str_of(target);
    sign(a, OTHER_SECRET, ID, "", NOW, "us-east-1");
    assert_false(ask(a));
    check_fault(a, MISMATCH, "Check your AWS Secret Access Key");
    assert_true(a->fault.message.n < 300);
    end(a);
}

static void refuse_key(const char *secret, const char *id, const char *token,
                       const char *code, const char *message)
{
    struct asked *a = begin(true);

    sign(a, secret, id, token, NOW, "us-east-1");
    assert_false(ask(a));
    check_fault(a, code, 403, message);
    end(a);
}

static void test_keys_must_be_known_active_and_right(void **state)
{
    static const char *const invalid =
        "The security token included in the request is invalid.";
    struct asked *a = begin(true);

    (void)state;
    refuse_key(OTHER_SECRET, ID, "", "SignatureDoesNotMatch", "Secret Access");
    refuse_key(SECRET, "AKIANOBODY00000000", "", "InvalidClientTokenId",
               invalid);
    refuse_key(SECRET, "AKIAEXAMPLE0000002", "", "InvalidClientTokenId",
               invalid);
    refuse_key(SECRET, "ASIAEXAMPLE0000001", "", "InvalidClientTokenId",
               invalid);
    refuse_key(SECRET, "ASIAEXAMPLE0000001", "T/2", "InvalidClientTokenId",
               invalid);
    refuse_key(SECRET, ID, "T/1", "InvalidClientTokenId", invalid);
    sign(a, SECRET, "ASIAEXAMPLE0000001", "T/1", NOW, "us-east-1");
    assert_true(ask(a));
    end(a);
}

static void test_signatures_are_good_for_five_minutes(void **state)
{
    struct asked *a = begin(true);

    (void)state;
    sign(a, SECRET, ID, "", NOW, "us-east-1");
    a->now = NOW + 300;
    assert_true(ask(a));
    a->now = NOW + 301;
    assert_false(ask(a));
    check_fault(a, MISMATCH,
                "Signature expired: 20260314T150926Z is now earlier than "
                "20260314T150927Z (20260314T151427Z - 5 min.)");
    a->now = NOW - 300;
    assert_true(ask(a));
    a->now = NOW - 301;
    assert_false(ask(a));
    check_fault(a, MISMATCH,
                "Signature not yet current: 20260314T150926Z is still later "
                "than 20260314T150925Z (20260314T150425Z + 5 min.)");
    end(a);
}

static void test_the_scope_names_our_region(void **state)
{
    struct asked *a = begin(true);

    (void)state;
    sign(a, SECRET, ID, "", NOW, "eu-west-1");
    assert_false(ask(a));
    check_fault(a, MISMATCH,
                "Credential should be scoped to a valid region, not "
                "'eu-west-1'");
    end(a);
}

static void test_a_presigned_url_lasts_as_long_as_it_says(void **state)
{
    struct asked *a = begin(true);

    (void)state;
    a->request.target =
        presigned(a, "/?Version=2015-12-01&Action=DescribeTags", 60, NOW);
    assert_true(ask(a));
    assert_true(str_eq(a->who.caller.user, STR("Ann")));
    a->now = NOW + 60;
    assert_true(ask(a));
    a->now = NOW + 61;
    assert_false(ask(a));
    check_fault(a, "RequestExpired", 400, "Request has expired.");
    a->now = NOW - 301;
    assert_false(ask(a));
    check_fault(a, MISMATCH, "not yet current");
    a->now = NOW;
    a->request.body = STR("x");
    assert_false(ask(a));
    check_fault(a, MISMATCH, "does not match");
    a->request.body = STR("");
    a->request.target = region_printf(&a->region, STR_FMT "&Action=DeleteRule",
                                      STR_ARG(a->request.target));
    assert_false(ask(a));
    check_fault(a, MISMATCH, "does not match");
    end(a);
}

/* The body of nobody but S3 may go unsigned. */
static void test_a_body_that_is_not_signed_is_not_taken(void **state)
{
    struct asked *a = begin(true);
    struct str body = a->request.body;

    (void)state;
    put_field(a, "X-Amz-Content-SHA256", SIGV4_UNSIGNED);
    a->request.body = STR("");
    sign(a, SECRET, ID, "", NOW, "us-east-1");
    assert_true(ask(a));
    a->request.body = body;
    assert_false(ask(a));
    check_fault(a, MISMATCH, "does not match");
    end(a);
}

/* ---- pages ------------------------------------------------------------------------- */

static bool get(struct asked *a, const char *target, const char *authorization)
{
    bool ok;

    a->request.method = STR("GET");
    a->request.target = str_of(target);
    a->request.body = STR("");
    a->fault = (struct fault){.code = NULL};
    if (authorization)
        put_field(a, "Authorization", authorization);
    ok = authorize_get(a->keys, &a->request, view_of(a), &a->region, &a->fault);
    if (authorization) {
        a->fields.n--;
        a->fields.present &= ~(1u << FIELD_AUTHORIZATION);
    }
    return ok;
}

static const char *basic(struct asked *a, const char *text);

static void test_pages_are_for_those_who_may(void **state)
{
    struct asked *a = begin(true);
    const char *ann = basic(a, ID ":" SECRET);
    const char *prometheus = basic(a, "AKIAEXAMPLE0000003:" SECRET);

    (void)state;
    assert_true(get(a, "/healthz", NULL));
    assert_false(get(a, "/metrics", NULL));
    check_fault(a, "MissingAuthenticationToken", 401, "missing");
    assert_true(get(a, "/metrics", ann));
    assert_true(get(a, "/status", ann));
    assert_true(get(a, "/metrics?x=1", prometheus));
    assert_false(get(a, "/status", prometheus));
    check_fault(a, "AccessDenied", 403,
                "User: arn:aws:iam::123456789012:user/Prom is not authorized "
                "to perform: sluice:GetStatus on resource: * because");
    assert_false(get(a, "/config", prometheus));
    assert_false(get(a, "/metrics", basic(a, ID ":" OTHER_SECRET)));
    check_fault(a, "InvalidClientTokenId", 401, "no such access key");
    assert_false(get(a, "/metrics", basic(a, ID)));
    assert_false(get(a, "/metrics", basic(a, "")));
    assert_false(get(a, "/metrics", basic(a, ":")));
    assert_false(get(a, "/metrics", "Basic !!!"));
    assert_false(get(a, "/metrics", basic(a, "AKIAEXAMPLE0000002:" SECRET)));
    /* A key with a token cannot be shown this way. */
    assert_false(get(a, "/metrics", basic(a, "ASIAEXAMPLE0000001:" SECRET)));
    end(a);
    a = begin(false);
    assert_true(get(a, "/config", NULL));
    end(a);
}

static const char *basic(struct asked *a, const char *text)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = strlen(text);
    char *out = region_take(&a->region, n * 2 + 16);
    size_t at = 6;

    memcpy(out, "Basic ", 6);
    for (size_t i = 0; i < n; i += 3) {
        unsigned bits = (unsigned)(unsigned char)text[i] << 16;

        if (i + 1 < n)
            bits |= (unsigned)(unsigned char)text[i + 1] << 8;
        if (i + 2 < n)
            bits |= (unsigned char)text[i + 2];
        out[at++] = digits[bits >> 18 & 63];
        out[at++] = digits[bits >> 12 & 63];
        out[at++] = i + 1 < n ? digits[bits >> 6 & 63] : '=';
        out[at++] = i + 2 < n ? digits[bits & 63] : '=';
    }
    out[at] = '\0';
    return out;
}

/* ---- other protocols ------------------------------------------------------------- */

static void check_as(const char *code, enum wire wire, const char *as,
                     unsigned status)
{
    struct region region = {NULL};
    struct fault fault = {.code = code, .status = 403, .message = STR("why")};

    authorize_fault_as(&fault, wire, &region);
    assert_string_equal(fault.code, as);
    assert_int_equal(fault.status, status);
    region_end(&region);
}

static void test_other_protocols_have_other_codes(void **state)
{
    (void)state;
    check_as("AccessDenied", WIRE_QUERY, "AccessDenied", 403);
    check_as("AccessDenied", WIRE_EC2, "UnauthorizedOperation", 403);
    check_as("AccessDenied", WIRE_JSON, "AccessDeniedException", 400);
    check_as("SignatureDoesNotMatch", WIRE_EC2, "AuthFailure", 401);
    check_as("SignatureDoesNotMatch", WIRE_JSON, "InvalidSignatureException",
             400);
    check_as("InvalidClientTokenId", WIRE_EC2, "AuthFailure", 401);
    check_as("InvalidClientTokenId", WIRE_JSON, "UnrecognizedClientException",
             400);
    check_as("MissingAuthenticationToken", WIRE_JSON,
             "MissingAuthenticationTokenException", 400);
    check_as("MissingAuthenticationToken", WIRE_EC2,
             "MissingAuthenticationToken", 403);
    check_as("IncompleteSignature", WIRE_JSON, "IncompleteSignatureException",
             400);
    check_as("RuleNotFound", WIRE_JSON, "RuleNotFound", 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_keys_any_well_formed_signature_will_do),
        cmocka_unit_test(
            test_without_keys_a_request_must_be_signed_all_the_same),
        cmocka_unit_test(test_headers_that_are_no_signatures_are_refused),
        cmocka_unit_test(test_a_signature_needs_a_date),
        cmocka_unit_test(test_thousands_of_names_are_refused),
        cmocka_unit_test(test_parts_may_come_in_any_order_and_without_spaces),
        cmocka_unit_test(test_what_a_query_lacks_is_named),
        cmocka_unit_test(test_a_right_signature_says_who_calls),
        cmocka_unit_test(test_whatever_is_signed_must_be_as_it_was),
        cmocka_unit_test(test_the_fault_of_a_long_request_is_short),
        cmocka_unit_test(test_keys_must_be_known_active_and_right),
        cmocka_unit_test(test_signatures_are_good_for_five_minutes),
        cmocka_unit_test(test_the_scope_names_our_region),
        cmocka_unit_test(test_a_presigned_url_lasts_as_long_as_it_says),
        cmocka_unit_test(test_a_body_that_is_not_signed_is_not_taken),
        cmocka_unit_test(test_pages_are_for_those_who_may),
        cmocka_unit_test(test_other_protocols_have_other_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

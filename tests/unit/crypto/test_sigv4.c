/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/sigv4.h"
#include "sigv4_vectors.h"

#define EMPTY_HASH                                                             \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct sigv4_scope elb = {
    {"20260314T150926Z", SIGV4_DATE_LEN},
    {"us-east-1", 9},
    {"elasticloadbalancing", 20},
};

static void check_text(struct str got, const char *want, const char *name)
{
    if (str_eq(got, str_of(want)))
        return;
    fail_msg("%s:\n got " STR_FMT "\nwant %s", name, STR_ARG(got), want);
}

/* ---- against another implementation ---------------------------------------- */

struct vector_request {
    struct sigv4_request request;
    struct sigv4_field fields[SIGV4_VECTOR_FIELDS + 2];
    struct sigv4_credentials credentials;
    struct sigv4_scope scope;
};

static void take_vector(const struct sigv4_vector *v, struct vector_request *r)
{
    *r = (struct vector_request){
        .request = {.method = str_of(v->method),
                    .path = str_of(v->path),
                    .query = str_of(v->query),
                    .nfields = v->nfields,
                    .payload_hash = str_of(v->payload_hash)},
        .credentials = {STR(SIGV4_VECTOR_KEY), STR(SIGV4_VECTOR_SECRET),
                        str_of(v->token)},
        .scope = {STR(SIGV4_VECTOR_DATE), str_of(v->region),
                  str_of(v->service)},
    };
    for (unsigned i = 0; i < v->nfields; i++)
        r->fields[i] = (struct sigv4_field){str_of(v->fields[i].name),
                                            str_of(v->fields[i].value)};
    r->request.fields = r->fields;
}

static void test_signatures_are_those_of_another_implementation(void **state)
{
    struct region region = {NULL};
    struct vector_request r;

    (void)state;
    assert_true(nsigv4_vectors >= 13);
    for (unsigned i = 0; i < nsigv4_vectors; i++) {
        const struct sigv4_vector *v = &sigv4_vectors[i];

        take_vector(v, &r);
        check_text(v->expires ? sigv4_presign(&region, &r.credentials,
                                              &r.request, &r.scope, v->expires)
                              : sigv4_sign(&region, &r.credentials, &r.request,
                                           &r.scope),
                   v->signature, v->name);
    }
    region_end(&region);
}

/* The line before the last one of a canonical request. */
static struct str names_of(const char *canonical)
{
    const char *end = strrchr(canonical, '\n');
    const char *p = end;

    while (p[-1] != '\n')
        p--;
    return str_make(p, (size_t)(end - p));
}

/* As the one who is called sees it: with the date among the fields, and the
 * whole query of a presigned URL. */
static void test_who_is_called_makes_the_same_canonical_request(void **state)
{
    struct region region = {NULL};
    struct vector_request r;

    (void)state;
    for (unsigned i = 0; i < nsigv4_vectors; i++) {
        const struct sigv4_vector *v = &sigv4_vectors[i];

        take_vector(v, &r);
        if (v->expires) {
            r.request.query = str_of(v->signature);
        } else {
            r.fields[r.request.nfields++] =
                (struct sigv4_field){STR("X-Amz-Date"), STR(SIGV4_VECTOR_DATE)};
            r.fields[r.request.nfields++] = (struct sigv4_field){
                STR("X-AMZ-SECURITY-TOKEN"), str_of(v->token)};
        }
        check_text(sigv4_canonical(&region, &r.request, &r.scope,
                                   names_of(v->canonical), v->expires != 0),
                   v->canonical, v->name);
    }
    region_end(&region);
}

/* ---- paths, queries, fields ---------------------------------------------------- */

static struct str line_of(struct str text, unsigned number)
{
    struct str line = STR("");

    for (unsigned i = 0; i <= number; i++)
        line = str_cut(&text, '\n');
    return line;
}

static struct str canonical_line(struct region *region, const char *path,
                                 const char *query, const char *service,
                                 unsigned number)
{
    struct sigv4_request request = {.method = STR("GET"),
                                    .path = str_of(path),
                                    .query = str_of(query),
                                    .payload_hash = STR(EMPTY_HASH)};
    struct sigv4_scope scope = elb;

    scope.service = str_of(service);
    return line_of(
        sigv4_canonical(region, &request, &scope, STR("host"), false), number);
}

static void test_paths_are_normalised_and_encoded_but_for_s3(void **state)
{
    static const struct {
        const char *path;
        const char *want;
        const char *s3;
    } cases[] = {
        {"", "/", "/"},
        {"/", "/", "/"},
        {"//", "/", "//"},
        {"/..", "/", "/.."},
        {"/a/..", "/", "/a/.."},
        {"/a/../", "/", "/a/../"},
        {"/a/.", "/a", "/a/."},
        {"/a/./", "/a/", "/a/./"},
        {"/../../b", "/b", "/../../b"},
        {"/a/b/../../c", "/c", "/a/b/../../c"},
        {"/a...b/.c/..d", "/a...b/.c/..d", "/a...b/.c/..d"},
        {"/a%20b", "/a%2520b", "/a%20b"},
        {"/a=b:c", "/a%3Db%3Ac", "/a%3Db%3Ac"},
        {"/%41%2f", "/%2541%252f", "/A/"},
        {"/%", "/%25", "/%25"},
        {"/%4", "/%254", "/%254"},
        {"/%zz", "/%25zz", "/%25zz"},
        {"/a+b", "/a%2Bb", "/a%2Bb"},
        {"/\xff", "/%FF", "/%FF"},
    };
    struct region region = {NULL};

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        check_text(canonical_line(&region, cases[i].path, "", "lambda", 1),
                   cases[i].want, cases[i].path);
        check_text(canonical_line(&region, cases[i].path, "", "s3", 1),
                   cases[i].s3, cases[i].path);
    }
    region_end(&region);
}

static void test_queries_are_sorted_by_pairs_and_encoded_once(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"&", ""},
        {"a", "a="},
        {"=", "="},
        {"a=b=c", "a=b%3Dc"},
        {"b&a", "a=&b="},
        {"a-b=1&a=2", "a=2&a-b=1"},
        {"a=2&a=10&a=1", "a=1&a=10&a=2"},
        {"a=/~", "a=%2F~"},
        {"a=%2f", "a=%2F"},
        {"a=%7E%41", "a=~A"},
        {"a=x+y", "a=x%20y"},
        {"a=x%2By", "a=x%2By"},
        {"a=%", "a=%25"},
        {"%61=1&a=0", "a=0&a=1"},
        {"\xe2\x82\xac=1", "%E2%82%AC=1"},
    };
    struct region region = {NULL};

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check_text(canonical_line(&region, "/", cases[i][0], "sts", 2),
                   cases[i][1], cases[i][0]);
    region_end(&region);
}

static void test_a_field_that_comes_twice_is_one_line(void **state)
{
    static const struct sigv4_field fields[] = {
        {STR("X-Amz-A"), STR(" one\t \ttwo ")},
        {STR("Host"), STR("h")},
        {STR("x-amz-a"), STR("three")},
    };
    struct region region = {NULL};
    struct sigv4_request request = {.method = STR("GET"),
                                    .fields = fields,
                                    .nfields = 3,
                                    .payload_hash = STR(EMPTY_HASH)};

    (void)state;
    check_text(
        sigv4_canonical(&region, &request, &elb, STR("host;X-AMZ-A;te"), false),
        "GET\n/\n\nhost:h\nx-amz-a:one two,three\nte:\n\n"
        "host;X-AMZ-A;te\n" EMPTY_HASH,
        "fields");
    region_end(&region);
}

static void test_what_others_may_change_is_not_signed(void **state)
{
    static const struct sigv4_field fields[] = {
        {STR("User-Agent"), STR("x")},
        {STR("Connection"), STR("close")},
        {STR("Host"), STR("h")},
        {STR("Expect"), STR("x")},
        {STR("X-Amzn-Trace-Id"), STR("x")},
        {STR("Accept-Encoding"), STR("x")},
        {STR("Content-Type"), STR("text")},
        {STR("X-Amz-Target"), STR("t")},
        {STR("Transfer-Encoding"), STR("x")}};
    struct region region = {NULL};
    struct sigv4_credentials credentials = {STR("AKID"), STR("S"), STR("")};
    struct sigv4_request request = {.method = STR("GET"),
                                    .fields = fields,
                                    .nfields = 9,
                                    .payload_hash = STR(EMPTY_HASH)};
    struct str signature = sigv4_sign(&region, &credentials, &request, &elb);

    (void)state;
    assert_non_null(
        strstr(signature.p,
               " SignedHeaders=content-type;host;x-amz-date;x-amz-target, "));
    region_end(&region);
}

/* ---- dates -------------------------------------------------------------------------- */

static void test_dates_are_written_and_read(void **state)
{
    char date[SIGV4_DATE_LEN + 1];
    int64_t seconds;

    (void)state;
    sigv4_date(1773500966, date);
    assert_string_equal(date, "20260314T150926Z");
    assert_true(sigv4_date_read(STR("20260314T150926Z"), &seconds));
    assert_int_equal(seconds, 1773500966);
    assert_true(sigv4_date_read(STR("20240229T000000Z"), &seconds));
    assert_int_equal(seconds, 1709164800);
    sigv4_date(INT64_MAX, date);
    assert_int_equal(strlen(date), SIGV4_DATE_LEN);
}

static void test_what_is_no_date_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "20260314",
        "20260314T150926",
        "20260314T150926z",
        "20260314 150926Z",
        "20260314T150926ZZ",
        "2026031 T150926Z",
        "20261314T150926Z",
        "20260014T150926Z",
        "20260300T150926Z",
        "20260332T150926Z",
        "20260229T150926Z",
        "20260314T240926Z",
        "20260314T156026Z",
        "-0260314T150926Z",
        "00000101T000000Z",
        "+2260314T150926Z",
    };
    int64_t seconds;

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (sigv4_date_read(str_of(cases[i]), &seconds))
            fail_msg("%s is a date", cases[i]);
    }
}

/* ---- caps and odd input ---------------------------------------------------------- */

static void test_more_than_the_caps_is_refused(void **state)
{
    static char long_text[SIGV4_REQUEST_MAX + 1];
    static struct sigv4_field fields[SIGV4_FIELDS_MAX + 1];
    struct region region = {NULL};
    struct sigv4_request request = {.method = STR("GET"),
                                    .payload_hash = STR(EMPTY_HASH)};
    struct sigv4_credentials credentials = {STR("AKID"), STR("S"), STR("")};

    (void)state;
    memset(long_text, 'a', sizeof(long_text));
    for (unsigned i = 0; i <= SIGV4_FIELDS_MAX; i++)
        fields[i] = (struct sigv4_field){STR("a"), STR("b")};
    request.path = str_make(long_text, sizeof(long_text));
    assert_int_equal(
        sigv4_canonical(&region, &request, &elb, STR("host"), false).n, 0);
    assert_int_equal(sigv4_sign(&region, &credentials, &request, &elb).n, 0);
    request.path = STR("/");
    request.fields = fields;
    request.nfields = SIGV4_FIELDS_MAX + 1;
    assert_int_equal(
        sigv4_canonical(&region, &request, &elb, STR("a"), false).n, 0);
    assert_int_equal(sigv4_sign(&region, &credentials, &request, &elb).n, 0);
    request.nfields = SIGV4_FIELDS_MAX - 1;
    assert_int_equal(sigv4_sign(&region, &credentials, &request, &elb).n, 0);
    request.nfields = SIGV4_FIELDS_MAX - 2;
    assert_int_not_equal(sigv4_sign(&region, &credentials, &request, &elb).n,
                         0);
    credentials.secret = str_make(long_text, 2000);
    assert_int_equal(sigv4_sign(&region, &credentials, &request, &elb).n, 0);
    region_end(&region);
}

/* Each name once more would make a long value as often again. */
static void test_names_listed_often_do_not_multiply_values(void **state)
{
    static char value[60000];
    struct sigv4_field field = {STR("a"), {value, sizeof(value)}};
    struct region region = {NULL};
    struct sigv4_request request = {.method = STR("GET"),
                                    .fields = &field,
                                    .nfields = 1,
                                    .payload_hash = STR(EMPTY_HASH)};
    char names[2 * SIGV4_FIELDS_MAX + 4];
    struct text t = text_in(names, sizeof(names));

    (void)state;
    memset(value, 'v', sizeof(value));
    for (unsigned i = 0; i < SIGV4_FIELDS_MAX; i++)
        text_put(&t, i ? ";a" : "a", i ? 2 : 1);
    assert_int_equal(
        sigv4_canonical(&region, &request, &elb, text_str(&t), false).n, 0);
    assert_int_not_equal(
        sigv4_canonical(&region, &request, &elb, STR("a"), false).n, 0);
    text_put(&t, ";b", 2);
    assert_int_equal(
        sigv4_canonical(&region, &request, &elb, text_str(&t), false).n, 0);
    region_end(&region);
}

static void test_a_query_of_ampersands_costs_little(void **state)
{
    static char query[60000];
    struct region region = {NULL};

    (void)state;
    memset(query, '&', sizeof(query) - 1);
    check_text(canonical_line(&region, "/", query, "sts", 2), "", "query");
    region_end(&region);
}

static void test_texts_are_the_same_or_not(void **state)
{
    (void)state;
    assert_true(sigv4_same(STR("abc"), STR("abc")));
    assert_true(sigv4_same(STR(""), STR("")));
    assert_false(sigv4_same(STR("abc"), STR("abd")));
    assert_false(sigv4_same(STR("abc"), STR("ab")));
    assert_false(sigv4_same(STR(""), STR("a")));
}

static void test_escapes_are_decoded(void **state)
{
    struct region region = {NULL};

    (void)state;
    check_text(sigv4_decode(&region, STR("a%2Fb+c%2bd%")), "a/b c+d%", "");
    check_text(sigv4_decode(&region, STR("%4%g1%")), "%4%g1%", "");
    check_text(sigv4_decode(&region, STR("")), "", "");
    region_end(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures_are_those_of_another_implementation),
        cmocka_unit_test(test_who_is_called_makes_the_same_canonical_request),
        cmocka_unit_test(test_paths_are_normalised_and_encoded_but_for_s3),
        cmocka_unit_test(test_queries_are_sorted_by_pairs_and_encoded_once),
        cmocka_unit_test(test_a_field_that_comes_twice_is_one_line),
        cmocka_unit_test(test_what_others_may_change_is_not_signed),
        cmocka_unit_test(test_dates_are_written_and_read),
        cmocka_unit_test(test_what_is_no_date_is_refused),
        cmocka_unit_test(test_more_than_the_caps_is_refused),
        cmocka_unit_test(test_names_listed_often_do_not_multiply_values),
        cmocka_unit_test(test_a_query_of_ampersands_costs_little),
        cmocka_unit_test(test_texts_are_the_same_or_not),
        cmocka_unit_test(test_escapes_are_decoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

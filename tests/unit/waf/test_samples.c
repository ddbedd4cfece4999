/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples, from the request that is one to those that are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "acls.h"
#include "waf/sample_store.h"

enum { ROOM = 64 * 1024, START = 1790000000 };

struct bench {
    struct acl acl;
    struct evaluator evaluator;
    struct waf_meter *meter;
    struct waf_sample_store *store;
    struct waf_sample_box box;
    struct sha256 sha;
    char room[ROOM];
    char text[ROOM];
    /* what a visit saw */
    unsigned n;
    uint64_t weight;
    uint64_t last_ms;
    struct waf_sample_request request;
    struct waf_sample_as as;
};

#define VISIBILITY(name, sampled)                                              \
    "\"VisibilityConfig\": {\"CloudWatchMetricsEnabled\": true, "              \
    "\"SampledRequestsEnabled\": " sampled ", \"MetricName\": \"" name "\"}"
#define CONTAINS(text)                                                         \
    "{\"ByteMatchStatement\": {\"FieldToMatch\": {\"UriPath\": {}}, "          \
    "\"PositionalConstraint\": \"CONTAINS\", \"SearchString\": \"" text "\"}}"

static const char plain[] = "{\"rules\": [{\"Name\": \"c\", " VISIBILITY(
    "m-c",
    "true") ", "
            "\"Action\": {\"Count\": {}}, \"RuleLabels\": [{\"Name\": \"l\"}], "
            "\"Statement\": " CONTAINS("c") "}, {\"Name\": \"q\", " VISIBILITY(
                "m-q", "false") ", \"Action\": {\"Count\": {}}, "
                                "\"Statement\": " CONTAINS("q") "}]}";

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_true(sha256_init(&b->sha));
    b->meter = waf_meter_new();
    b->store = waf_sample_store_new();
    evaluator_begin(&b->evaluator);
    acl_begin_text(&b->acl, plain);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    acl_end(&b->acl);
    evaluator_end(&b->evaluator);
    waf_sample_store_free(b->store);
    waf_meter_free(b->meter);
    sha256_end(&b->sha);
    free(b);
    return 0;
}

/* False: no sample of it was wanted. */
static bool see(struct bench *b, const struct request_made *request,
                uint64_t ms)
{
    struct waf_result result;
    struct waf_sample_wish wish;
    struct waf_seen seen = {
        .acl = waf_program_acl(b->acl.program),
        .request = &request->inspected,
        .result = &result,
        .time_ms = START * UINT64_C(1000) + ms,
    };
    struct waf_privacy privacy = {
        .acl = seen.acl, .sha = &b->sha, .room = b->room, .cap = ROOM};

    evaluator_run(&b->evaluator, b->acl.program, request, false, NULL, &result);
    waf_meter_count(b->meter, b->acl.program, &result);
    if (!waf_sample_wanted(b->meter, b->acl.program, &result, ms, &wish))
        return false;
    if (!waf_sample_put(&b->box, &wish, &seen, &privacy)) {
        waf_sample_store_add(b->store, &b->box);
        b->box.n = 0;
        assert_true(waf_sample_put(&b->box, &wish, &seen, &privacy));
    }
    return true;
}

static bool ask(struct bench *b, const char *line, uint64_t ms)
{
    struct value value = {.kind = VALUE_STRING, .text = str_of(line)};
    struct request_made *request = request_made_new(&value);
    bool wanted = see(b, request, ms);

    request_made_free(request);
    return wanted;
}

static void empty_box(struct bench *b)
{
    waf_sample_store_add(b->store, &b->box);
    b->box.n = 0;
}

static void look(void *owner, const struct waf_sample *sample,
                 const struct waf_sample_as *as, uint64_t weight)
{
    struct bench *b = owner;
    struct waf_sample_reader reader;

    waf_sample_read(sample, &reader, &b->request);
    b->as = *as;
    b->n++;
    b->weight += weight;
    assert_true(sample->time_ms >= b->last_ms);
    b->last_ms = sample->time_ms;
}

/* What there is of a metric in that time: population, and the end of it. */
static uint64_t visit(struct bench *b, const char *metric, uint64_t from,
                      uint64_t to, unsigned most, uint64_t *end)
{
    uint64_t zero = START * UINT64_C(1000);
    struct waf_sample_query query = {
        .arn = waf_program_acl(b->acl.program)->entity.arn,
        .metric = str_of(metric),
        .from_ms = zero + from,
        .to_ms = zero + to,
        .most = most,
    };
    uint64_t population = 0;

    b->n = 0;
    b->weight = b->last_ms = 0;
    *end = query.to_ms;
    waf_sample_store_visit(b->store, &query, look, b, &population, end);
    *end -= zero;
    assert_true(b->weight == population);
    return population;
}

static void
test_a_request_is_a_sample_of_each_metric_that_wants_it(void **state)
{
    struct bench *b = *state;
    uint64_t end;

    assert_true(ask(b, "GET /cq?x", 1));
    empty_box(b);
    assert_int_equal(visit(b, "m-c", 0, 10, 500, &end), 1);
    assert_true(str_eq(b->as.action, STR("COUNT")));
    assert_true(str_eq(b->request.uri, STR("/cq")));
    assert_true(str_eq(b->request.method, STR("GET")));
    assert_true(str_eq(b->request.client_ip, STR("192.0.2.1")));
    assert_int_equal(b->request.nlabels, 1);
    assert_int_equal(visit(b, "m-q", 0, 10, 500, &end), 0);
    assert_int_equal(visit(b, "Default_Action", 0, 10, 500, &end), 1);
    assert_true(str_eq(b->as.action, STR("ALLOW")));
    assert_int_equal(visit(b, "ALL", 0, 10, 500, &end), 1);
    assert_int_equal(waf_sample_store_n(b->store), 3);
}

/* 50 at once, then 5 in a second; the weight has the others. */
static void test_what_comes_too_fast_is_in_a_weight(void **state)
{
    struct bench *b = *state;
    unsigned wanted = 0;
    uint64_t end;

    for (unsigned i = 0; i < 1000; i++)
        wanted += ask(b, "GET /", 1);
    assert_int_equal(wanted, WAF_SAMPLES_BURST);
    assert_true(ask(b, "GET /", 201));
    assert_false(ask(b, "GET /", 202));
    empty_box(b);
    assert_int_equal(visit(b, "ALL", 0, 1000, 500, &end), 1001);
    assert_int_equal(b->n, WAF_SAMPLES_BURST + 1);
}

static void test_answers_are_of_their_time_and_size(void **state)
{
    struct bench *b = *state;
    uint64_t end;

    for (unsigned i = 0; i < 30; i++)
        ask(b, "GET /", i * 1000);
    empty_box(b);
    assert_int_equal(visit(b, "ALL", 10000, 19000, 500, &end), 10);
    assert_int_equal(b->n, 10);
    assert_int_equal(end, 19000);
    assert_int_equal(visit(b, "ALL", 0, 30000, 7, &end), 30);
    assert_int_equal(b->n, 7);
    assert_int_equal(visit(b, "none", 0, 30000, 7, &end), 0);
}

/* Checklist 115. */
static void test_there_are_500_of_a_metric_and_no_weight_is_lost(void **state)
{
    struct bench *b = *state;
    uint64_t end;

    for (unsigned i = 0; i < 2000; i++)
        ask(b, "GET /", i * 200);
    empty_box(b);
    assert_int_equal(visit(b, "ALL", 0, 2000 * 200, 500, &end), 2000);
    assert_int_equal(b->n, WAF_SAMPLES_KEPT);
    assert_int_equal(waf_sample_store_n(b->store), 2 * WAF_SAMPLES_KEPT);
}

/* Checklist 115. */
static void test_the_window_ends_when_there_were_5000(void **state)
{
    struct bench *b = *state;
    uint64_t population;
    uint64_t end;

    for (unsigned i = 0; i < 10000; i++)
        ask(b, "GET /", i);
    empty_box(b);
    population = visit(b, "ALL", 0, 20000, 500, &end);
    assert_in_range(population, 5000, 5500);
    assert_in_range(end, 4000, 6000);
}

static void test_three_hours_later_nothing_is_left(void **state)
{
    struct bench *b = *state;
    uint64_t zero = START * UINT64_C(1000);
    uint64_t end;

    ask(b, "GET /", 0);
    ask(b, "GET /c", 1000);
    empty_box(b);
    waf_sample_store_expire(b->store, zero + 1000);
    assert_int_equal(visit(b, "ALL", 0, 2000, 500, &end), 1);
    assert_true(waf_sample_store_bytes(b->store) > 0);
    waf_sample_store_expire(b->store, zero + 1001);
    assert_int_equal(waf_sample_store_n(b->store), 0);
    assert_int_equal(waf_sample_store_bytes(b->store), 0);
}

static void test_headers_beyond_the_room_of_a_sample_are_left_out(void **state)
{
    struct bench *b = *state;
    struct request_made *request = request_made_new(NULL);
    static char value[8000];
    uint64_t end;

    memset(value, 'v', sizeof(value));
    request->inspected.path = str_make(value, sizeof(value));
    for (unsigned i = 0; i < 4; i++)
        request_add(request, STR("x"), str_make(value, sizeof(value)));
    request_add(request, STR("y"), STR("z"));
    assert_true(see(b, request, 1));
    request_made_free(request);
    empty_box(b);
    assert_int_equal(visit(b, "ALL", 0, 2, 500, &end), 1);
    assert_int_equal(b->request.uri.n, WAF_SAMPLE_PATH_MAX);
    assert_int_equal(b->request.nheaders, 3); /* two of x, and y */
}

/* All memory of samples is bounded, whatever comes. */
static void test_large_samples_are_thinned(void **state)
{
    struct bench *b = *state;
    struct request_made *request = request_made_new(NULL);
    static char value[15000];
    char arn[64];
    struct waf_result result = {.action = WAF_ALLOW};

    memset(value, 'v', sizeof(value));
    request->inspected.path = STR("/");
    request_add(request, STR("x"), str_make(value, sizeof(value)));
    for (unsigned k = 0; k < 12; k++) {
        struct config_web_acl acl = {.nrules = 0};
        struct waf_due due = {.waiting = 1};
        struct waf_sample_wish wish = {
            .n = 1, .metrics = {{.due = &due, .metric = STR("m")}}};
        struct waf_seen seen = {.acl = &acl,
                                .request = &request->inspected,
                                .result = &result,
                                .time_ms = 1};
        struct waf_privacy privacy = {
            .acl = &acl, .sha = &b->sha, .room = b->room, .cap = ROOM};

        snprintf(arn, sizeof(arn), "arn:%u", k);
        acl.entity.arn = str_of(arn);
        for (unsigned i = 0; i < 500; i++) {
            due.waiting = 1;
            assert_true(waf_sample_put(&b->box, &wish, &seen, &privacy));
            if (b->box.n > sizeof(b->box.bytes) / 2)
                empty_box(b);
        }
        empty_box(b);
    }
    request_made_free(request);
    assert_in_range(waf_sample_store_bytes(b->store), WAF_SAMPLES_BYTES / 2,
                    WAF_SAMPLES_BYTES);
    assert_in_range(waf_sample_store_n(b->store), 1000, 12 * 500 - 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_request_is_a_sample_of_each_metric_that_wants_it),
        TEST(test_what_comes_too_fast_is_in_a_weight),
        TEST(test_answers_are_of_their_time_and_size),
        TEST(test_there_are_500_of_a_metric_and_no_weight_is_lost),
        TEST(test_the_window_ends_when_there_were_5000),
        TEST(test_three_hours_later_nothing_is_left),
        TEST(test_headers_beyond_the_room_of_a_sample_are_left_out),
        TEST(test_large_samples_are_thinned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/local.h"
#include "aws/client.h"

static struct counters counters;
static struct counters *const workers[] = {&counters};
static const struct status_view status = {.process = {.version = "1.2.3"}};
static const struct aws_counts aws = {
    .calls = 7, .attempts = 9, .failed = 3, .throttled = 2, .refreshes = 1};
static const struct local_view view = {
    .aws = &aws,
    .status = &status,
    .version = "1.2.3",
    .workers = workers,
    .nworkers = 1,
    .snapshots_alive = 2,
    .log_dropped = 9,
};
static char body[LOCAL_BODY_MAX + 1];

static struct local_reply get(const char *method, const char *path)
{
    struct text t = text_in(body, LOCAL_BODY_MAX);
    struct local_reply reply =
        local_handle(str_of(method), str_of(path), &view, &t);

    assert_true(text_ok(&t));
    body[t.n] = '\0';
    return reply;
}

static void test_healthz_says_ok(void **state)
{
    struct local_reply reply = get("GET", "/healthz");

    (void)state;
    assert_int_equal(reply.status, 200);
    assert_true(str_eq(reply.content_type, STR("text/plain; charset=utf-8")));
    assert_string_equal(body, "ok\n");
    assert_int_equal(reply.allow.n, 0);
}

static void test_metrics_show_counters_and_the_program_itself(void **state)
{
    struct local_reply reply;

    (void)state;
    COUNTER_ADD(&counters, requests, 5);
    reply = get("GET", "/metrics");
    assert_int_equal(reply.status, 200);
    assert_true(str_eq(reply.content_type,
                       STR("text/plain; version=0.0.4; charset=utf-8")));
    assert_non_null(strstr(body, "\nsluice_requests_total 5\n"));
    assert_non_null(strstr(body, "\nsluice_snapshots_alive 2\n"));
    assert_non_null(strstr(body, "\nsluice_log_dropped_lines_total 9\n"));
    assert_non_null(strstr(body, "\nsluice_build_info{version=\"1.2.3\"} 1\n"));
    assert_non_null(strstr(body, "\nsluice_aws_calls_total 7\n"));
    assert_non_null(strstr(body, "\nsluice_aws_attempts_total 9\n"));
    assert_non_null(strstr(body, "\nsluice_aws_failed_calls_total 3\n"));
    assert_non_null(strstr(body, "\nsluice_aws_throttled_attempts_total 2\n"));
    assert_non_null(
        strstr(body, "\nsluice_aws_credential_refreshes_total 1\n"));
}

static void test_largest_metrics_fit_the_body(void **state)
{
    (void)state;
#define X(name, type, help) atomic_store(&counters.name, UINT64_MAX);
#include "stats/counters.def"
#undef X
    get("GET", "/metrics");
    assert_in_range(strlen(body), 1000, LOCAL_BODY_MAX / 2);
}

static void
test_every_line_of_the_metrics_is_a_comment_or_a_sample(void **state)
{
    struct str rest;

    (void)state;
    get("GET", "/metrics");
    rest = str_of(body);
    while (rest.n) {
        struct str line = str_cut(&rest, '\n');
        uint64_t value;

        if (str_starts(line, STR("# HELP sluice_")) ||
            str_starts(line, STR("# TYPE sluice_")))
            continue;
        assert_true(str_starts(line, STR("sluice_")));
        str_cut(&line, ' ');
        assert_true(str_to_u64(line, UINT64_MAX, &value));
    }
}

static void test_the_status_is_a_text_or_JSON(void **state)
{
    struct local_reply reply = get("GET", "/status");

    (void)state;
    assert_int_equal(reply.status, 200);
    assert_true(str_eq(reply.content_type, STR("text/plain; charset=utf-8")));
    assert_true(str_starts(str_of(body), STR(STATUS_TEXT_BEGIN "1.2.3, ")));
    reply = get("GET", "/status.json?x");
    assert_int_equal(reply.status, 200);
    assert_true(str_eq(reply.content_type, STR("application/json")));
    assert_true(str_starts(str_of(body), STR(STATUS_JSON_BEGIN "{")));
    assert_int_equal(get("POST", "/status").status, 405);
}

static void test_only_the_status_wants_the_status(void **state)
{
    (void)state;
    assert_true(local_wants_status(STR("/status")));
    assert_true(local_wants_status(STR("/status.json?x=/targets")));
    assert_false(local_wants_status(STR("/targets")));
    assert_false(local_wants_status(STR("/targets?/status")));
    assert_false(local_wants_status(STR("/status/")));
    assert_false(local_wants_status(STR("")));
}

static void test_an_answer_that_has_no_room_says_so(void **state)
{
    char small[10];
    struct text t = text_in(small, sizeof(small));

    (void)state;
    local_handle(STR("GET"), STR("/status"), &view, &t);
    assert_false(text_ok(&t));
    assert_true(local_room(&view) > LOCAL_BODY_MAX);
}

static void test_query_does_not_matter(void **state)
{
    (void)state;
    assert_int_equal(get("GET", "/healthz?verbose=1").status, 200);
}

static void test_other_paths_are_not_found(void **state)
{
    static const char *const paths[] = {"/",         "",        "*",
                                        "/healthz/", "/health", "/metricsx",
                                        "//metrics", "/METRICS"};

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_int_equal(get("GET", paths[i]).status, 404);
    assert_int_equal(get("POST", "/").status, 404);
}

static void test_other_methods_are_not_allowed(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "get"};

    (void)state;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct local_reply reply = get(methods[i], "/healthz");

        assert_int_equal(reply.status, 405);
        assert_true(str_eq(reply.allow, STR("GET")));
        assert_int_equal(get(methods[i], "/metrics").status, 405);
    }
}

static void test_targets_say_what_holds_them_back(void **state)
{
    static const struct local_target target = {
        .group = STR("blue"),
        .address = STR("10.0.0.1:80"),
        .state = STR("healthy"),
        .anomaly = STR("anomalous"),
        .mitigation = true,
        .slow_start = true,
        .weight = 205,
    };
    struct local_view seen = view;
    struct text t = text_in(body, LOCAL_BODY_MAX);

    (void)state;
    seen.targets = &target;
    seen.ntargets = 1;
    local_handle(STR("GET"), STR("/targets"), &seen, &t);
    body[t.n] = '\0';
    assert_string_equal(
        body, "[{\"TargetGroup\": \"blue\", \"Target\": \"10.0.0.1:80\", "
              "\"State\": \"healthy\", \"AnomalyDetection\": {\"Result\": "
              "\"anomalous\", \"MitigationInEffect\": \"yes\"}, "
              "\"WeightPercent\": 2.05, \"SlowStartPercent\": 2.05}]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthz_says_ok),
        cmocka_unit_test(test_metrics_show_counters_and_the_program_itself),
        cmocka_unit_test(test_largest_metrics_fit_the_body),
        cmocka_unit_test(
            test_every_line_of_the_metrics_is_a_comment_or_a_sample),
        cmocka_unit_test(test_the_status_is_a_text_or_JSON),
        cmocka_unit_test(test_only_the_status_wants_the_status),
        cmocka_unit_test(test_an_answer_that_has_no_room_says_so),
        cmocka_unit_test(test_query_does_not_matter),
        cmocka_unit_test(test_other_paths_are_not_found),
        cmocka_unit_test(test_other_methods_are_not_allowed),
        cmocka_unit_test(test_targets_say_what_holds_them_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

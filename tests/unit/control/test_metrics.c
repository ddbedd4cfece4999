/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../model/builds.h"
#include "base/memory.h"
#include "control/metrics.h"

enum { GOT_MAX = 400, LINE_MAX_ = 256 };

/* What came out: "Metric [Dimension=value ...] n/sum/min/max Unit". */
struct got {
    unsigned n;
    char lines[GOT_MAX][LINE_MAX_];
    struct datum last_times; /* without its values */
    unsigned nvalues;
    double values_n; /* of their counts */
};

struct bench {
    struct config *config;
    struct cells *cells;
    struct got got;
    struct str balancer;
    struct str group;
};

static void take(void *to, const struct metric *metric)
{
    struct got *got = to;
    char *line = got->lines[got->n++];
    struct text t = text_in(line, LINE_MAX_ - 1);

    assert_true(got->n < GOT_MAX);
    text_printf(&t, STR_FMT, STR_ARG(metric->name.metric));
    for (unsigned i = 0; i < metric->name.ndimensions; i++) {
        const struct dimension *d = &metric->name.dimensions[i];

        text_printf(&t, " " STR_FMT "=" STR_FMT, STR_ARG(d->name),
                    STR_ARG(d->value));
    }
    text_printf(&t, " %g/%g/%g/%g %s", metric->datum.n, metric->datum.sum,
                metric->datum.min, metric->datum.max, metric->unit);
    assert_true(text_ok(&t));
    line[t.n] = '\0';
    if (metric->datum.nvalues) {
        got->last_times = metric->datum;
        got->nvalues = metric->datum.nvalues;
        got->values_n = 0;
        for (unsigned i = 0; i < got->nvalues; i++)
            got->values_n += metric->datum.counts[i];
    }
}

static struct bench *bench_with(const char *more)
{
    static char text[4096];
    struct bench *b = memory_zeroed(1, sizeof(*b));

    (void)snprintf(
        text, sizeof(text),
        "Lb: {Type: LB, Properties: {Type: application}},\n"
        "Tg: {Type: TG, Properties: {Port: 80, Protocol: HTTP, TargetType: ip, "
        "Targets: [{Id: 192.0.2.1, AvailabilityZone: all}], %s}},\n"
        "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, "
        "Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: "
        "@Tg}]}}",
        more);
    b->config = build_good(in_nothing, text);
    b->cells = cells_new();
    b->balancer = b->config->load_balancers[0]->full_name;
    b->group = b->config->groups[0]->full_name;
    return b;
}

static void bench_free(struct bench *b)
{
    cells_free(b->cells);
    config_release(b->config);
    free(b);
}

static void hosts(struct bench *b, const char *zone, uint64_t healthy,
                  uint64_t unhealthy)
{
    struct str z = str_of(zone);

    cells_gauge(b->cells, b->balancer, b->group, z, GAUGE_REGISTERED,
                healthy + unhealthy);
    cells_gauge(b->cells, b->balancer, b->group, z, GAUGE_HEALTHY, healthy);
    cells_gauge(b->cells, b->balancer, b->group, z, GAUGE_UNHEALTHY, unhealthy);
}

static void conclude(struct bench *b)
{
    const struct metric_sink sink = {.take = take, .to = &b->got};

    b->got.n = 0;
    metrics_of_cells(b->cells, b->config, &sink);
}

/* Lines of that metric; the only one, or NULL. */
static const char *find(const struct bench *b, const char *begin, unsigned *n)
{
    const char *found = NULL;

    *n = 0;
    for (unsigned i = 0; i < b->got.n; i++) {
        if (strncmp(b->got.lines[i], begin, strlen(begin)) == 0) {
            found = b->got.lines[i];
            ++*n;
        }
    }
    return found;
}

static void expect(const struct bench *b, const char *what)
{
    for (unsigned i = 0; i < b->got.n; i++)
        if (strcmp(b->got.lines[i], what) == 0)
            return;
    for (unsigned i = 0; i < b->got.n; i++)
        print_message("%s\n", b->got.lines[i]);
    fail_msg("no %s", what);
}

static void expect_none(const struct bench *b, const char *begin)
{
    unsigned n;
    const char *line = find(b, begin, &n);

    if (line)
        fail_msg("there is %s", line);
}

static void count(struct bench *b, const char *zone,
                  const struct balancer_reading *of_balancer,
                  const struct group_reading *of_group)
{
    static const struct meters_reading nothing;
    struct balancer_reading balancer = *of_balancer;
    struct group_reading group = *of_group;
    const struct meters_reading reading = {.nbalancers = 1,
                                           .balancers = &balancer,
                                           .ngroups = 1,
                                           .groups = &group};

    balancer.balancer = group.balancer = b->balancer;
    group.group = b->group;
    balancer.zone = group.zone = str_of(zone);
    cells_count(b->cells, &nothing, &reading);
}

/* ---- 118: names, dimensions, reporting rules ----------------------------------------- */

static void test_requests_have_all_four_combinations_of_dimensions(void **state)
{
    struct bench *b = bench_with("Name: tg");
    unsigned n;

    (void)state;
    hosts(b, "z1", 2, 0);
    cells_sampled(b->cells);
    count(b, "z1",
          &(struct balancer_reading){.counts = {[BALANCER_requests] = 7}},
          &(struct group_reading){.counts = {[GROUP_requests] = 7,
                                             [GROUP_target_2xx] = 6,
                                             [GROUP_target_5xx] = 1}});
    conclude(b);
    assert_non_null(find(b, "RequestCount LoadBalancer=", &n));
    assert_int_equal(n, 1);
    assert_non_null(
        find(b, "RequestCount AvailabilityZone=z1 LoadBalancer=", &n));
    assert_non_null(find(b, "RequestCount TargetGroup=", &n));
    assert_int_equal(n, 2); /* with the zone and without */
    (void)find(b, "RequestCount ", &n);
    assert_int_equal(n, 4);
    (void)find(b, "HTTPCode_Target_2XX_Count ", &n);
    assert_int_equal(n, 4);
    (void)find(b, "HTTPCode_Target_3XX_Count ", &n);
    assert_int_equal(n, 4); /* 0, since targets are registered */
    expect_none(b, "HTTPCode_ELB_5XX_Count");
    expect_none(b, "TargetConnectionErrorCount");
    bench_free(b);
}

/* Without names of this config, which has ids of its own. */
static void check_line(const struct bench *b, const char *begin,
                       const char *end)
{
    unsigned n;
    const char *line = find(b, begin, &n);

    if (line == NULL || strlen(line) < strlen(end) ||
        strcmp(line + strlen(line) - strlen(end), end) != 0)
        fail_msg("%s ends otherwise than %s: %s", begin, end,
                 line ? line : "(none)");
}

static void test_events_have_the_value_1_each(void **state)
{
    struct bench *b = bench_with("Name: tg");

    (void)state;
    hosts(b, "", 1, 0);
    cells_sampled(b->cells);
    count(
        b, "",
        &(struct balancer_reading){.counts = {[BALANCER_requests] = 7,
                                              [BALANCER_elb_4xx] = 3,
                                              [BALANCER_processed_bytes] = 4096,
                                              [BALANCER_new_connections] = 2}},
        &(struct group_reading){.counts = {[GROUP_requests] = 7}});
    conclude(b);
    check_line(b, "RequestCount LoadBalancer", " 7/7/1/1 Count");
    check_line(b, "HTTPCode_ELB_4XX_Count LoadBalancer", " 3/3/1/1 Count");
    check_line(b, "NewConnectionCount LoadBalancer", " 2/2/1/1 Count");
    check_line(b, "ProcessedBytes LoadBalancer", " 1/4096/4096/4096 Bytes");
    check_line(b, "HTTPCode_Target_5XX_Count LoadBalancer", " 1/0/0/0 Count");
    bench_free(b);
}

static void test_without_requests_there_are_hosts_and_lcus_alone(void **state)
{
    struct bench *b = bench_with("Name: tg");

    (void)state;
    hosts(b, "", 1, 1);
    cells_sampled(b->cells);
    conclude(b);
    check_line(b, "HealthyHostCount", " 1/1/1/1 Count");
    check_line(b, "UnHealthyHostCount", " 1/1/1/1 Count");
    check_line(b, "ConsumedLCUs LoadBalancer", " 1/0/0/0 Count");
    check_line(b, "ForwardedInvalidHeaderRequestCount LoadBalancer",
               " 1/0/0/0 Count");
    expect_none(b, "RequestCount ");
    expect_none(b, "HTTPCode_");
    expect_none(b, "ActiveConnectionCount");
    bench_free(b);
}

static void test_without_targets_requests_count_when_they_come(void **state)
{
    struct bench *b = bench_with("Name: tg");

    (void)state;
    count(b, "",
          &(struct balancer_reading){
              .counts =
                  {[BALANCER_processed_bytes] = 100, [BALANCER_elb_503] = 1}},
          &(struct group_reading){.counts = {[GROUP_requests] = 0}});
    conclude(b);
    expect_none(b, "RequestCount");
    expect_none(b, "HealthyHostCount");
    expect_none(b, "HTTPCode_Target_");
    check_line(b, "HTTPCode_ELB_503_Count", " 1/1/1/1 Count");
    bench_free(b);
}

static void test_stickiness_is_told_where_some_group_has_it(void **state)
{
    struct bench *without = bench_with("Name: tg");
    struct bench *with = bench_with(
        "TargetGroupAttributes: [{Key: stickiness.enabled, Value: true}, {Key: "
        "stickiness.type, Value: app_cookie}, {Key: "
        "stickiness.app_cookie.cookie_name, Value: c}]");
    const struct balancer_reading some = {
        .counts = {[BALANCER_requests] = 1, [BALANCER_processed_bytes] = 99}};

    (void)state;
    count(without, "", &some, &(struct group_reading){.times_us = 0});
    count(with, "", &some, &(struct group_reading){.times_us = 0});
    conclude(without);
    conclude(with);
    expect_none(without, "NonStickyRequestCount");
    expect_none(without, "AppCookieNonStickinessCount");
    check_line(with, "NonStickyRequestCount", " 1/0/0/0 Count");
    check_line(with, "AppCookieNonStickinessCount", " 1/0/0/0 Count");
    bench_free(without);
    bench_free(with);
}

static void test_zones_of_nodes_add_up_to_the_load_balancer(void **state)
{
    struct bench *b = bench_with("Name: tg");
    const struct group_reading none = {.times_us = 0};

    (void)state;
    count(b, "z1",
          &(struct balancer_reading){
              .counts = {[BALANCER_requests] = 3,
                         [BALANCER_dropped_invalid_header] = 1}},
          &none);
    count(b, "z2",
          &(struct balancer_reading){.counts = {[BALANCER_requests] = 4}},
          &none);
    conclude(b);
    check_line(b, "RequestCount LoadBalancer", " 7/7/1/1 Count");
    check_line(b, "RequestCount AvailabilityZone=z1", " 3/3/1/1 Count");
    check_line(b, "RequestCount AvailabilityZone=z2", " 4/4/1/1 Count");
    check_line(b, "DroppedInvalidHeaderRequestCount AvailabilityZone=z1",
               " 1/1/1/1 Count");
    expect_none(b, "DroppedInvalidHeaderRequestCount LoadBalancer");
    bench_free(b);
}

static void
test_where_no_zone_is_known_the_load_balancer_has_its_metrics(void **state)
{
    struct bench *b = bench_with("Name: tg");

    (void)state;
    count(b, "",
          &(struct balancer_reading){
              .counts = {[BALANCER_dropped_invalid_header] = 2}},
          &(struct group_reading){.times_us = 0});
    conclude(b);
    check_line(b, "DroppedInvalidHeaderRequestCount LoadBalancer",
               " 2/2/1/1 Count");
    bench_free(b);
}

static void test_what_was_counted_before_the_minute_is_not_of_it(void **state)
{
    struct bench *b = bench_with("Name: tg");
    struct balancer_reading was = {.balancer = b->balancer,
                                   .zone = STR(""),
                                   .counts = {[BALANCER_requests] = 100}};
    struct balancer_reading now = was;
    const struct meters_reading before = {.nbalancers = 1, .balancers = &was};
    const struct meters_reading after = {.nbalancers = 1, .balancers = &now};

    (void)state;
    now.counts[BALANCER_requests] = 105;
    cells_count(b->cells, &before, &after);
    conclude(b);
    check_line(b, "RequestCount LoadBalancer", " 5/5/1/1 Count");
    bench_free(b);
}

static void test_response_times_have_values_and_an_exact_sum(void **state)
{
    struct bench *b = bench_with("Name: tg");
    struct group_reading *g = memory_zeroed(1, sizeof(*g));

    (void)state;
    for (uint64_t us = 100; us < 3 * 1000 * 1000; us = us * 21 / 20)
        for (unsigned k = 0; k < 3; k++) {
            g->times[meter_time_bucket(us)]++;
            g->times_us += us;
            g->min_us = 100;
            g->max_us = us;
        }
    count(b, "", &(struct balancer_reading){.connections = 0}, g);
    conclude(b);
    assert_in_range(b->got.nvalues, SERIES_VALUES_MAX * 9 / 10,
                    SERIES_VALUES_MAX);
    assert_true(b->got.values_n > b->got.last_times.n - 0.5);
    assert_true(b->got.last_times.sum * 1e6 > (double)g->times_us - 1 &&
                b->got.last_times.sum * 1e6 < (double)g->times_us + 1);
    assert_true(b->got.last_times.min * 1e6 > 99.9 &&
                b->got.last_times.min * 1e6 < 100.1);
    check_line(b, "TargetResponseTime LoadBalancer", " Seconds");
    free(g);
    bench_free(b);
}

static void test_connections_are_the_most_that_were_open(void **state)
{
    struct bench *b = bench_with("Name: tg");
    static const uint64_t open[] = {3, 9, 4};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        cells_gauge(b->cells, b->balancer, STR(""), STR("z1"),
                    GAUGE_CONNECTIONS, open[i]);
        cells_gauge(b->cells, b->balancer, STR(""), STR("z2"),
                    GAUGE_CONNECTIONS, 1);
        cells_sampled(b->cells);
    }
    conclude(b);
    check_line(b, "ActiveConnectionCount LoadBalancer", " 1/10/10/10 Count");
    check_line(b, "ActiveConnectionCount AvailabilityZone=z1",
               " 1/9/9/9 Count");
    bench_free(b);
}

/* ---- 119: hosts ------------------------------------------------------------------------ */

static void test_hosts_have_average_minimum_and_maximum(void **state)
{
    struct bench *b = bench_with("Name: tg");

    (void)state;
    hosts(b, "z1", 2, 0);
    hosts(b, "z2", 1, 1);
    cells_sampled(b->cells);
    hosts(b, "z1", 1, 1);
    hosts(b, "z2", 0, 2);
    cells_sampled(b->cells);
    conclude(b);
    (void)state;
    expect_none(b, "HealthyHostCount LoadBalancer");
    expect_none(b, "HealthyHostCount AvailabilityZone");
    {
        char line[LINE_MAX_];

        (void)snprintf(line, sizeof(line),
                       "HealthyHostCount TargetGroup=%.*s LoadBalancer=%.*s "
                       "2/4/1/3 Count",
                       STR_ARG(b->group), STR_ARG(b->balancer));
        expect(b, line);
        (void)snprintf(line, sizeof(line),
                       "UnHealthyHostCount TargetGroup=%.*s "
                       "AvailabilityZone=z2 LoadBalancer=%.*s 2/3/1/2 Count",
                       STR_ARG(b->group), STR_ARG(b->balancer));
        expect(b, line);
    }
    bench_free(b);
}

static void test_requests_per_target_are_by_healthy_ones(void **state)
{
    struct bench *b = bench_with("Name: tg");
    struct bench *ill = bench_with("Name: tg");
    const struct balancer_reading some = {.counts = {[BALANCER_requests] = 12}};
    const struct group_reading twelve = {.counts = {[GROUP_requests] = 12}};
    char line[LINE_MAX_];

    (void)state;
    hosts(b, "", 3, 1);
    cells_sampled(b->cells);
    count(b, "", &some, &twelve);
    conclude(b);
    (void)snprintf(line, sizeof(line),
                   "RequestCountPerTarget TargetGroup=%.*s 1/4/4/4 Count",
                   STR_ARG(b->group));
    expect(b, line);
    (void)snprintf(
        line, sizeof(line),
        "RequestCountPerTarget TargetGroup=%.*s LoadBalancer=%.*s 1/4/4/4 "
        "Count",
        STR_ARG(b->group), STR_ARG(b->balancer));
    expect(b, line);
    hosts(ill, "", 0, 4); /* none is healthy: by all that are registered */
    cells_sampled(ill->cells);
    count(ill, "", &some, &twelve);
    conclude(ill);
    (void)snprintf(line, sizeof(line),
                   "RequestCountPerTarget TargetGroup=%.*s 1/3/3/3 Count",
                   STR_ARG(ill->group));
    expect(ill, line);
    bench_free(b);
    bench_free(ill);
}

/* ---- 120: LCUs ---------------------------------------------------------------------------- */

static void test_free_rules_are_no_part_of_lcus(void **state)
{
    struct bench *b = bench_with("Name: tg");

    (void)state;
    count(b, "",
          &(struct balancer_reading){
              .counts = {[BALANCER_rule_evaluations] = 3600 * 1000 + 500,
                         [BALANCER_evaluated_rules_free] = 500}},
          &(struct group_reading){.times_us = 0});
    conclude(b);
    check_line(b, "ConsumedLCUs LoadBalancer", " 1/1/1/1 Count");
    check_line(b, "RuleEvaluations LoadBalancer",
               " 3.6005e+06/3.6005e+06/1/1 Count");
    bench_free(b);
}

/* ---- how many there may be -------------------------------------------------------------- */

static void test_what_the_config_cannot_make_happen_costs_nothing(void **state)
{
    struct bench *b = bench_with("Name: tg");
    struct bench *sticky = bench_with(
        "TargetGroupAttributes: [{Key: stickiness.enabled, Value: true}]");
    unsigned plain[METRIC_RANKS];
    unsigned more[METRIC_RANKS];

    (void)state;
    metrics_possible(b->config, plain);
    metrics_possible(sticky->config, more);
    assert_int_equal(plain[RANK_ACL], 0);
    assert_int_equal(plain[RANK_LABEL], 0);
    assert_true(plain[RANK_BALANCER] > 15 && plain[RANK_BALANCER] < 35);
    assert_true(plain[RANK_GROUP] > 15 && plain[RANK_GROUP] < 30);
    assert_int_equal(more[RANK_BALANCER], plain[RANK_BALANCER] + 1);
    assert_int_equal(more[RANK_GROUP], plain[RANK_GROUP]);
    bench_free(b);
    bench_free(sticky);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_requests_have_all_four_combinations_of_dimensions),
        cmocka_unit_test(test_events_have_the_value_1_each),
        cmocka_unit_test(test_without_requests_there_are_hosts_and_lcus_alone),
        cmocka_unit_test(test_without_targets_requests_count_when_they_come),
        cmocka_unit_test(test_stickiness_is_told_where_some_group_has_it),
        cmocka_unit_test(test_zones_of_nodes_add_up_to_the_load_balancer),
        cmocka_unit_test(
            test_where_no_zone_is_known_the_load_balancer_has_its_metrics),
        cmocka_unit_test(test_what_was_counted_before_the_minute_is_not_of_it),
        cmocka_unit_test(test_response_times_have_values_and_an_exact_sum),
        cmocka_unit_test(test_connections_are_the_most_that_were_open),
        cmocka_unit_test(test_hosts_have_average_minimum_and_maximum),
        cmocka_unit_test(test_requests_per_target_are_by_healthy_ones),
        cmocka_unit_test(test_free_rules_are_no_part_of_lcus),
        cmocka_unit_test(test_what_the_config_cannot_make_happen_costs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/local_meters.h"

#define LB STR("app/web/50dc6c495c0c9188")
#define TG STR("targetgroup/blue/73e2d6bc24d8a067")
#define OF_LB "{load_balancer=\"app/web/50dc6c495c0c9188\",zone=\"a\"}"
#define OF_TG                                                                  \
    "target_group=\"targetgroup/blue/73e2d6bc24d8a067\",load_balancer=\"app/"  \
    "web/50dc6c495c0c9188\",zone=\"\""

static struct balancer_reading balancer;
static struct group_reading group;
static struct meters_reading reading;
static char body[64 * 1024];

static int setup(void **state)
{
    (void)state;
    balancer = (struct balancer_reading){.balancer = LB, .zone = STR("a")};
    group = (struct group_reading){.balancer = LB, .group = TG};
    reading = (struct meters_reading){1, &balancer, 1, &group};
    return 0;
}

static const char *put(void)
{
    struct text t = text_in(body, sizeof(body) - 1);

    local_put_meters(&t, &reading);
    assert_true(text_ok(&t));
    assert_in_range(t.n, 1, local_meters_room(&reading));
    body[t.n] = '\0';
    return body;
}

static void
test_a_count_has_a_line_with_its_load_balancer_and_zone(void **state)
{
    const char *text;

    (void)state;
    balancer.counts[BALANCER_elb_502] = 7;
    balancer.connections = 3;
    text = put();
    assert_non_null(strstr(text,
                           "# HELP sluice_load_balancer_elb_502_total "
                           "HTTPCode_ELB_502_Count\n"
                           "# TYPE sluice_load_balancer_elb_502_total counter\n"
                           "sluice_load_balancer_elb_502_total" OF_LB " 7\n"));
    assert_non_null(
        strstr(text, "\nsluice_load_balancer_connections" OF_LB " 3\n"));
}

static void test_a_count_of_a_group_names_both(void **state)
{
    (void)state;
    group.counts[GROUP_target_2xx] = UINT64_MAX;
    assert_non_null(strstr(put(),
                           "\nsluice_target_group_target_2xx_total{" OF_TG
                           "} 18446744073709551615\n"));
}

static void test_what_is_0_has_no_line(void **state)
{
    (void)state;
    balancer.counts[BALANCER_requests] = 1;
    assert_null(strstr(put(), "_elb_5"));
    assert_null(strstr(put(), "sluice_target_group_requests"));
    assert_non_null(strstr(put(), "sluice_load_balancer_requests_total{"));
}

static void
test_times_are_a_histogram_whose_buckets_hold_those_below(void **state)
{
    static const struct {
        uint64_t us;
        const char *first; /* the first bucket that has it */
        const char *last;  /* the last one that has not; NULL: none */
    } cases[] = {
        {0, "0.001024", NULL},
        {1023, "0.001024", NULL},
        {1024, "0.004096", "0.001024"},
        {5000000, "16.777216", "4.194304"},
        {67108863, "67.108864", "16.777216"},
        {67108864, "+Inf", "67.108864"},
        {UINT64_MAX, "+Inf", "67.108864"},
    };
    char line[256];

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text t = text_in(line, sizeof(line) - 1);

        setup(NULL);
        group.times[meter_time_bucket(cases[i].us)] = 2;
        text_printf(&t, "_bucket{" OF_TG ",le=\"%s\"} 2\n", cases[i].first);
        line[t.n] = '\0';
        assert_non_null(strstr(put(), line));
        if (cases[i].last == NULL)
            continue;
        t = text_in(line, sizeof(line) - 1);
        text_printf(&t, "_bucket{" OF_TG ",le=\"%s\"} 0\n", cases[i].last);
        line[t.n] = '\0';
        assert_non_null(strstr(put(), line));
    }
}

static void test_the_histogram_has_its_sum_and_its_count(void **state)
{
    (void)state;
    group.times[meter_time_bucket(250)] = 4;
    group.times_us = 12000345;
    assert_non_null(strstr(
        put(),
        "\nsluice_target_group_response_seconds_sum{" OF_TG "} 12.000345\n"
        "sluice_target_group_response_seconds_count{" OF_TG "} 4\n"));
}

static void test_all_that_may_be_counted_fits_the_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BALANCER_COUNTS; i++)
        balancer.counts[i] = UINT64_MAX;
    for (unsigned i = 0; i < GROUP_COUNTS; i++)
        group.counts[i] = UINT64_MAX;
    balancer.zone = group.zone = STR("us-gov-west-1-lax-1a");
    reading.ngroups = reading.nbalancers = 1;
    assert_non_null(strstr(put(), "us-gov-west-1-lax-1a"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(test_a_count_has_a_line_with_its_load_balancer_and_zone),
        TEST(test_a_count_of_a_group_names_both),
        TEST(test_what_is_0_has_no_line),
        TEST(test_times_are_a_histogram_whose_buckets_hold_those_below),
        TEST(test_the_histogram_has_its_sum_and_its_count),
        TEST(test_all_that_may_be_counted_fits_the_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

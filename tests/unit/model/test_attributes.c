/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/attributes.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct place key_place = {"web.yaml", 7, 9};
static const struct place value_place = {"web.yaml", 8, 9};

struct world {
    struct config_attributes balancer;
    struct config_group group;
    struct region region;
    struct report report;
};

static int make_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    attributes_init(OWNER_LOAD_BALANCER, &w->balancer);
    attributes_init(OWNER_TARGET_GROUP, &w->group);
    attributes_init(OWNER_LISTENER, NULL);
    w->group.id = STR("Blue");
    w->group.place = key_place;
    w->group.type = TARGET_TYPE_IP;
    *state = w;
    return 0;
}

static int free_world(void **state)
{
    struct world *w = *state;

    region_end(&w->region);
    report_end(&w->report);
    free(w);
    return 0;
}

static void *owner_of(struct world *w, enum attribute_owner kind)
{
    return kind == OWNER_LOAD_BALANCER  ? (void *)&w->balancer
           : kind == OWNER_TARGET_GROUP ? (void *)&w->group
                                        : NULL;
}

static bool read_one(struct world *w, enum attribute_owner kind,
                     const char *key, const char *value)
{
    static const char *const resources[] = {
        "load balancer Edge", "target group Blue", "listener Web"};

    return attribute_read(kind, owner_of(w, kind), str_of(key), &key_place,
                          str_of(value), &value_place, resources[kind],
                          &w->region, &w->report);
}

static void set(struct world *w, enum attribute_owner kind, const char *key,
                const char *value)
{
    if (!read_one(w, kind, key, value) || w->report.first)
        fail_msg("%s=%s: %s", key, value,
                 w->report.first ? w->report.first->what.p : "refused");
}

/* The report holds this one problem, "what\nremedy" at a line, and is emptied. */
static void check_problem(struct world *w, unsigned line, const char *expected)
{
    const struct problem *p = w->report.first;
    struct str both;

    if (p == NULL) {
        fail_msg("no problem, but not: %s", expected);
        return;
    }
    both = region_printf(&w->region, "%s\n%s", p->what.p, p->remedy.p);
    assert_string_equal(both.p, expected);
    assert_int_equal(p->place.line, line);
    assert_null(p->next);
    report_end(&w->report);
}

static void check_refused(struct world *w, enum attribute_owner kind,
                          const char *key, const char *value, unsigned line,
                          const char *expected)
{
    if (read_one(w, kind, key, value))
        fail_msg("%s=%s was accepted", key, value);
    assert_int_equal(w->report.errors, 1);
    check_problem(w, line, expected);
}

static void check_doubted(struct world *w, enum attribute_owner kind,
                          const char *key, const char *expected)
{
    assert_true(read_one(w, kind, key, "1"));
    assert_int_equal(w->report.warnings, 1);
    assert_int_equal(w->report.errors, 0);
    check_problem(w, 7, expected);
}

/* ---- defaults and values -------------------------------------------------- */

static void test_load_balancers_have_the_defaults_of_alb(void **state)
{
    const struct config_attributes *a = &((struct world *)*state)->balancer;

    assert_int_equal(a->idle_timeout_ms, 60000);
    assert_int_equal(a->client_keep_alive_ms, 3600000);
    assert_int_equal(a->connect_timeout_ms, 10000);
    assert_int_equal(a->xff_mode, XFF_APPEND);
    assert_int_equal(a->desync_mode, DESYNC_MODE_DEFENSIVE);
    assert_false(a->xff_client_port);
    assert_false(a->preserve_host_header);
    assert_false(a->drop_invalid_header_fields);
    assert_true(a->http2);
    assert_false(a->tls_headers);
    assert_false(a->waf_fail_open);
    assert_false(a->deletion_protection);
    assert_true(a->cross_zone);
    assert_false(a->zonal_shift);
    assert_false(a->deny_all_igw_traffic);
    assert_false(a->access_logs.enabled || a->connection_logs.enabled ||
                 a->health_check_logs.enabled);
    assert_int_equal(a->access_logs.bucket.n, 0);
    assert_int_equal(a->access_logs.prefix.n, 0);
}

static void test_target_groups_have_the_defaults_of_alb(void **state)
{
    const struct group_attributes *a =
        &((struct world *)*state)->group.attributes;

    assert_int_equal(a->algorithm, ALGORITHM_ROUND_ROBIN);
    assert_false(a->anomaly_mitigation);
    assert_int_equal(a->cross_zone, CROSS_ZONE_INHERIT);
    assert_int_equal(a->deregistration_delay_ms, 300000);
    assert_int_equal(a->slow_start_ms, 0);
    assert_false(a->sticky);
    assert_int_equal(a->stickiness_type, STICKINESS_LB_COOKIE);
    assert_int_equal(a->lb_cookie_ms, 86400000);
    assert_int_equal(a->app_cookie_ms, 86400000);
    assert_int_equal(a->app_cookie_name.n, 0);
    assert_int_equal(a->routing_count, 1);
    assert_int_equal(a->routing_percent, 0);
    assert_int_equal(a->dns_count, 1);
    assert_int_equal(a->dns_percent, 0);
    assert_false(a->multi_value_headers);
}

static void test_load_balancer_attributes_are_set_in_their_units(void **state)
{
    struct world *w = *state;
    static const char *const rows[][2] = {
        {"idle_timeout.timeout_seconds", "4000"},
        {"client_keep_alive.seconds", "604800"},
        {"routing.http.xff_header_processing.mode", "preserve"},
        {"routing.http.xff_client_port.enabled", "true"},
        {"routing.http.preserve_host_header.enabled", "true"},
        {"routing.http.drop_invalid_header_fields.enabled", "true"},
        {"routing.http.desync_mitigation_mode", "strictest"},
        {"routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "true"},
        {"routing.http2.enabled", "false"},
        {"waf.fail_open.enabled", "true"},
        {"deletion_protection.enabled", "true"},
        {"load_balancing.cross_zone.enabled", "true"},
        {"zonal_shift.config.enabled", "true"},
        {"ipv6.deny_all_igw_traffic", "true"},
        {"access_logs.s3.enabled", "true"},
        {"access_logs.s3.bucket", "logs"},
        {"access_logs.s3.prefix", "edge/eu"},
        {"connection_logs.s3.bucket", "conns"},
        {"health_check_logs.s3.bucket", "checks"},
    };
    const struct config_attributes *a = &w->balancer;

    for (size_t i = 0; i < COUNT(rows); i++)
        set(w, OWNER_LOAD_BALANCER, rows[i][0], rows[i][1]);
    assert_int_equal(a->idle_timeout_ms, 4000000);
    assert_int_equal(a->client_keep_alive_ms, 604800000);
    assert_int_equal(a->xff_mode, XFF_PRESERVE);
    assert_int_equal(a->desync_mode, DESYNC_MODE_STRICTEST);
    assert_true(a->xff_client_port && a->preserve_host_header &&
                a->drop_invalid_header_fields && a->tls_headers);
    assert_false(a->http2);
    assert_true(a->waf_fail_open && a->deletion_protection && a->zonal_shift &&
                a->deny_all_igw_traffic && a->cross_zone);
    assert_true(a->access_logs.enabled);
    assert_string_equal(a->access_logs.bucket.p, "logs");
    assert_string_equal(a->access_logs.prefix.p, "edge/eu");
    assert_string_equal(a->connection_logs.bucket.p, "conns");
    assert_string_equal(a->health_check_logs.bucket.p, "checks");
    set(w, OWNER_LOAD_BALANCER, "access_logs.s3.enabled", "false");
    assert_false(a->access_logs.enabled);
}

static void test_target_group_attributes_are_set_in_their_units(void **state)
{
    struct world *w = *state;
    static const char *const rows[][2] = {
        {"load_balancing.algorithm.type", "weighted_random"},
        {"load_balancing.algorithm.anomaly_mitigation", "on"},
        {"load_balancing.cross_zone.enabled", "false"},
        {"deregistration_delay.timeout_seconds", "0"},
        {"slow_start.duration_seconds", "30"},
        {"stickiness.enabled", "true"},
        {"stickiness.type", "app_cookie"},
        {"stickiness.lb_cookie.duration_seconds", "1"},
        {"stickiness.app_cookie.duration_seconds", "604800"},
        {"stickiness.app_cookie.cookie_name", "SESSION"},
        {"target_group_health.dns_failover.minimum_healthy_targets.count",
         "off"},
        {"target_group_health.dns_failover.minimum_healthy_targets.percentage",
         "100"},
        {"target_group_health.unhealthy_state_routing.minimum_healthy_targets."
         "count",
         "3"},
        {"target_group_health.unhealthy_state_routing.minimum_healthy_targets."
         "percentage",
         "1"},
    };
    const struct group_attributes *a = &w->group.attributes;

    for (size_t i = 0; i < COUNT(rows); i++)
        set(w, OWNER_TARGET_GROUP, rows[i][0], rows[i][1]);
    assert_int_equal(a->algorithm, ALGORITHM_WEIGHTED_RANDOM);
    assert_true(a->anomaly_mitigation && a->sticky);
    assert_int_equal(a->cross_zone, CROSS_ZONE_FALSE);
    assert_int_equal(a->deregistration_delay_ms, 0);
    assert_int_equal(a->slow_start_ms, 30000);
    assert_int_equal(a->stickiness_type, STICKINESS_APP_COOKIE);
    assert_int_equal(a->lb_cookie_ms, 1000);
    assert_int_equal(a->app_cookie_ms, 604800000);
    assert_string_equal(a->app_cookie_name.p, "SESSION");
    assert_int_equal(a->dns_count, 0);
    assert_int_equal(a->dns_percent, 100);
    assert_int_equal(a->routing_count, 3);
    assert_int_equal(a->routing_percent, 1);
    set(w, OWNER_TARGET_GROUP, "slow_start.duration_seconds", "0");
    assert_int_equal(a->slow_start_ms, 0);
    w->group.type = TARGET_TYPE_LAMBDA;
    set(w, OWNER_TARGET_GROUP, "lambda.multi_value_headers.enabled", "true");
    assert_true(a->multi_value_headers);
}

static void test_listener_attributes_are_only_checked(void **state)
{
    struct world *w = *state;

    set(w, OWNER_LISTENER, "routing.http.response.server.enabled", "false");
    set(w, OWNER_LISTENER,
        "routing.http.response.content_security_policy.header_value",
        "default-src 'self'; img-src *");
    set(w, OWNER_LISTENER, "routing.http.response.x_frame_options.header_value",
        "");
    set(w, OWNER_LISTENER,
        "routing.http.request.x_amzn_tls_version.header_name", "X-Tls");
}

static void test_a_header_gets_no_name_that_means_something(void **state)
{
    static const char *const taken[] = {
        "Host",
        "content-length",
        "Transfer-Encoding",
        "CONNECTION",
        "Cookie",
        "X-Forwarded-For",
        "x-amzn-trace-id",
        "Upgrade",
        "not a name",
        "X:",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
        assert_false(attribute_set(
            attribute_find(
                OWNER_LISTENER,
                STR("routing.http.request.x_amzn_tls_version.header_name")),
            NULL, str_of(taken[i]), NULL));
}

static void test_every_default_of_the_table_is_a_value_it_takes(void **state)
{
    struct world *w = *state;

    for (unsigned i = 0; i < nattributes; i++)
        set(w, attributes[i].owner, attributes[i].name, attributes[i].initial);
    for (unsigned i = 0; i < nattributes; i++)
        assert_ptr_equal(
            attribute_find(attributes[i].owner, str_of(attributes[i].name)),
            &attributes[i]);
}

static void test_each_kind_of_owner_has_as_many_as_alb_lists(void **state)
{
    unsigned n[3] = {0, 0, 0};

    (void)state;
    for (unsigned i = 0; i < nattributes; i++)
        n[attributes[i].owner]++;
    assert_int_equal(n[OWNER_LOAD_BALANCER], 23);
    assert_int_equal(n[OWNER_TARGET_GROUP], 15);
    assert_int_equal(n[OWNER_LISTENER], 19);
}

static void test_values_are_told_in_words(void **state)
{
    static const struct {
        enum attribute_owner owner;
        const char *name;
        const char *values;
    } rows[] = {
        {OWNER_LOAD_BALANCER, "idle_timeout.timeout_seconds", "1 to 4000"},
        {OWNER_LOAD_BALANCER, "routing.http2.enabled", "false or true"},
        {OWNER_LOAD_BALANCER, "load_balancing.cross_zone.enabled", "true"},
        {OWNER_LOAD_BALANCER, "routing.http.desync_mitigation_mode",
         "monitor, defensive or strictest"},
        {OWNER_LOAD_BALANCER, "access_logs.s3.bucket",
         "the name of an S3 bucket"},
        {OWNER_TARGET_GROUP, "slow_start.duration_seconds", "0 or 30 to 900"},
        {OWNER_TARGET_GROUP, "load_balancing.algorithm.anomaly_mitigation",
         "off or on"},
        {OWNER_TARGET_GROUP,
         "target_group_health.dns_failover.minimum_healthy_targets.percentage",
         "off or 1 to 100"},
        {OWNER_TARGET_GROUP, "load_balancing.cross_zone.enabled",
         "false, true or use_load_balancer_configuration"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char buffer[128] = "";
        struct text t = text_in(buffer, sizeof(buffer) - 1);

        attribute_put_values(
            &t, attribute_find(rows[i].owner, str_of(rows[i].name)));
        assert_string_equal(buffer, rows[i].values);
    }
}

/* ---- errors --------------------------------------------------------------- */

static void test_wrong_values_are_refused_with_those_of_alb(void **state)
{
    struct world *w = *state;

    check_refused(w, OWNER_LOAD_BALANCER, "idle_timeout.timeout_seconds", "0",
                  8,
                  "idle_timeout.timeout_seconds of load balancer Edge is "
                  "\"0\": ALB takes 1 to 4000\n"
                  "leave it out for the default, 60");
    check_refused(w, OWNER_LOAD_BALANCER, "routing.http2.enabled", "True", 8,
                  "routing.http2.enabled of load balancer Edge is \"True\": "
                  "ALB takes false or true\n"
                  "leave it out for the default, true");
    check_refused(w, OWNER_LOAD_BALANCER, "load_balancing.cross_zone.enabled",
                  "false", 8,
                  "load_balancing.cross_zone.enabled of load balancer Edge is "
                  "\"false\": ALB takes true\n"
                  "an Application Load Balancer always balances across zones; "
                  "turn it off in the attributes of a target group");
    check_refused(w, OWNER_LOAD_BALANCER, "access_logs.s3.prefix",
                  "a/AWSLogs/b", 8,
                  "access_logs.s3.prefix of load balancer Edge is "
                  "\"a/AWSLogs/b\": ALB takes a text of at most 1024 bytes "
                  "without \"AWSLogs\" in it\nleave it out for none");
    check_refused(w, OWNER_TARGET_GROUP, "slow_start.duration_seconds", "29", 8,
                  "slow_start.duration_seconds of target group Blue is "
                  "\"29\": ALB takes 0 or 30 to 900\n"
                  "leave it out for the default, 0");
    check_refused(w, OWNER_TARGET_GROUP, "stickiness.type", "source_ip", 8,
                  "stickiness.type of target group Blue is \"source_ip\": ALB "
                  "takes lb_cookie or app_cookie\n"
                  "leave it out for the default, lb_cookie");
    check_refused(w, OWNER_TARGET_GROUP, "stickiness.app_cookie.cookie_name",
                  "AWSALBTG", 8,
                  "stickiness.app_cookie.cookie_name of target group Blue is "
                  "\"AWSALBTG\": ALB takes the name of a cookie that does not "
                  "begin with AWSALB\nleave it out for none");
    check_refused(
        w, OWNER_LISTENER, "routing.http.response.x_frame_options.header_value",
        "\"DENY\"", 8,
        "routing.http.response.x_frame_options.header_value of listener Web "
        "is \"\"DENY\"\": ALB takes at most 1024 letters, digits, spaces and "
        "_:;.,\\/'?!(){}[]@<>=-+*#&`|~^%\nleave it out for none");
}

static void test_values_at_the_ends_of_ranges(void **state)
{
    static const struct {
        enum attribute_owner owner;
        const char *key;
        const char *good[3];
        const char *bad[4];
    } rows[] = {
        {OWNER_LOAD_BALANCER,
         "idle_timeout.timeout_seconds",
         {"1", "4000"},
         {"0", "4001", "", "60s"}},
        {OWNER_LOAD_BALANCER,
         "client_keep_alive.seconds",
         {"60", "604800"},
         {"59", "604801", "-60", "18446744073709551676"}},
        {OWNER_TARGET_GROUP,
         "deregistration_delay.timeout_seconds",
         {"0", "3600"},
         {"3601", "x", " 1", "1.5"}},
        {OWNER_TARGET_GROUP,
         "slow_start.duration_seconds",
         {"0", "30", "900"},
         {"1", "29", "901", "off"}},
        {OWNER_TARGET_GROUP,
         "stickiness.lb_cookie.duration_seconds",
         {"1", "604800"},
         {"0", "604801"}},
        {OWNER_TARGET_GROUP,
         "stickiness.app_cookie.cookie_name",
         {"a", "awsalb", "SID.1"},
         {"AWSALB", "AWSALBAPP-0", "a b", "a=b"}},
        {OWNER_TARGET_GROUP,
         "target_group_health.unhealthy_state_routing.minimum_healthy_targets."
         "count",
         {"1", "1000"},
         {"off", "0", "1001"}},
        {OWNER_TARGET_GROUP,
         "target_group_health.unhealthy_state_routing.minimum_healthy_targets."
         "percentage",
         {"off", "1", "100"},
         {"0", "101", "Off", "50%"}},
        {OWNER_TARGET_GROUP,
         "load_balancing.algorithm.anomaly_mitigation",
         {"on", "off"},
         {"true", "On"}},
        {OWNER_LISTENER,
         "routing.http.request.x_amzn_tls_version.header_name",
         {"X-Tls"},
         {"X Tls", "X:", "\xc3\xa9"}},
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < COUNT(rows[i].good) && rows[i].good[j]; j++)
            set(w, rows[i].owner, rows[i].key, rows[i].good[j]);
        for (size_t j = 0; j < COUNT(rows[i].bad) && rows[i].bad[j]; j++) {
            if (read_one(w, rows[i].owner, rows[i].key, rows[i].bad[j]))
                fail_msg("%s=%s was accepted", rows[i].key, rows[i].bad[j]);
            report_end(&w->report);
        }
    }
}

static void test_texts_are_at_most_1024_bytes(void **state)
{
    struct world *w = *state;
    char text[1026];

    memset(text, 'x', 1025);
    text[1025] = '\0';
    assert_false(
        read_one(w, OWNER_LOAD_BALANCER, "access_logs.s3.bucket", text));
    assert_int_equal(w->report.first->what.n < 300, true);
    report_end(&w->report);
    text[1024] = '\0';
    set(w, OWNER_LOAD_BALANCER, "access_logs.s3.bucket", text);
}

static void test_a_refused_value_changes_nothing(void **state)
{
    struct world *w = *state;

    set(w, OWNER_LOAD_BALANCER, "access_logs.s3.prefix", "edge");
    assert_false(
        read_one(w, OWNER_LOAD_BALANCER, "access_logs.s3.prefix", "AWSLogs"));
    assert_false(read_one(w, OWNER_LOAD_BALANCER,
                          "idle_timeout.timeout_seconds", "4001"));
    assert_string_equal(w->balancer.access_logs.prefix.p, "edge");
    assert_int_equal(w->balancer.idle_timeout_ms, 60000);
}

static void test_a_name_nearly_right_is_an_error(void **state)
{
    struct world *w = *state;

    check_refused(w, OWNER_LOAD_BALANCER, "idle_timeout.timeout_second", "60",
                  7,
                  "load balancer Edge has no attribute "
                  "\"idle_timeout.timeout_second\"\n"
                  "did you mean idle_timeout.timeout_seconds?");
    check_refused(w, OWNER_LOAD_BALANCER, "Client_Keep_Alive.seconds", "60", 7,
                  "load balancer Edge has no attribute "
                  "\"Client_Keep_Alive.seconds\"\n"
                  "did you mean client_keep_alive.seconds?");
    check_refused(w, OWNER_TARGET_GROUP, "deregistration_delay", "60", 7,
                  "target group Blue has no attribute "
                  "\"deregistration_delay\"\n"
                  "did you mean deregistration_delay.timeout_seconds?");
    check_refused(
        w, OWNER_TARGET_GROUP,
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets."
        "percent",
        "60", 7,
        "target group Blue has no attribute "
        "\"target_group_health.unhealthy_state_routing.minimum_healthy_"
        "targets.percent\"\n"
        "did you mean target_group_health.unhealthy_state_routing.minimum_"
        "healthy_targets.percentage?");
}

static void test_a_name_that_nobody_knows_is_a_doubt(void **state)
{
    struct world *w = *state;

    check_doubted(w, OWNER_LOAD_BALANCER, "routing.http3.alt_svc.seconds",
                  "ALB has no attribute \"routing.http3.alt_svc.seconds\" of "
                  "load balancers that Sluice knows; it is ignored\n"
                  "take it out, unless it is newer than this version of "
                  "Sluice");
    check_doubted(w, OWNER_TARGET_GROUP, "stickiness.duration_seconds",
                  "ALB has no attribute \"stickiness.duration_seconds\" of "
                  "target groups that Sluice knows; it is ignored\n"
                  "did you mean stickiness.lb_cookie.duration_seconds?");
    w->report.strict = true;
    assert_true(read_one(w, OWNER_LISTENER, "what.is.this", "1"));
    assert_int_equal(w->report.errors, 1);
}

static void test_a_name_of_another_owner_says_where_it_belongs(void **state)
{
    struct world *w = *state;

    check_refused(w, OWNER_LOAD_BALANCER, "stickiness.enabled", "true", 7,
                  "stickiness.enabled of load balancer Edge is an attribute of "
                  "target groups\n"
                  "move it to TargetGroupAttributes of the target group");
    check_refused(w, OWNER_TARGET_GROUP, "idle_timeout.timeout_seconds", "60",
                  7,
                  "idle_timeout.timeout_seconds of target group Blue is an "
                  "attribute of load balancers\n"
                  "move it to LoadBalancerAttributes of the load balancer");
    check_refused(w, OWNER_TARGET_GROUP, "routing.http.response.server.enabled",
                  "true", 7,
                  "routing.http.response.server.enabled of target group Blue "
                  "is an attribute of listeners\n"
                  "move it to ListenerAttributes of the listener");
}

static void test_a_name_of_other_load_balancers_is_an_error(void **state)
{
    static const struct {
        enum attribute_owner owner;
        const char *key;
        const char *of;
    } rows[] = {
        {OWNER_LOAD_BALANCER, "dns_record.client_routing_policy", "Network"},
        {OWNER_LOAD_BALANCER, "secondary_ips.auto_assigned.per_subnet",
         "Network"},
        {OWNER_TARGET_GROUP, "proxy_protocol_v2.enabled", "Network"},
        {OWNER_TARGET_GROUP, "preserve_client_ip.enabled", "Network"},
        {OWNER_TARGET_GROUP,
         "deregistration_delay.connection_termination.enabled", "Network"},
        {OWNER_TARGET_GROUP,
         "target_health_state.unhealthy.connection_termination.enabled",
         "Network"},
        {OWNER_TARGET_GROUP, "target_failover.on_unhealthy", "Gateway"},
        {OWNER_LISTENER, "tcp.idle_timeout.seconds", "Network or Gateway"},
    };
    static const char *const resources[] = {
        "load balancer Edge", "target group Blue", "listener Web"};
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str expected = region_printf(
            &w->region,
            "%s of %s is for %s Load Balancers\ntake it out: an Application "
            "Load Balancer does not have it",
            rows[i].key, resources[rows[i].owner], rows[i].of);

        check_refused(w, rows[i].owner, rows[i].key, "1", 7, expected.p);
    }
}

static void test_what_cannot_be_a_name_is_an_error(void **state)
{
    struct world *w = *state;

    check_refused(w, OWNER_LOAD_BALANCER, "", "1", 7,
                  "\"\" of load balancer Edge is no name of an attribute\n"
                  "write one such as idle_timeout.timeout_seconds: letters, "
                  "digits, dots and underscores, at most 256");
    check_refused(w, OWNER_TARGET_GROUP, "stickiness enabled", "1", 7,
                  "\"stickiness enabled\" of target group Blue is no name of "
                  "an attribute\nwrite one such as stickiness.enabled: "
                  "letters, digits, dots and underscores, at most 256");
}

static void
test_attributes_of_other_target_types_only_at_their_default(void **state)
{
    struct world *w = *state;

    check_refused(w, OWNER_TARGET_GROUP, "lambda.multi_value_headers.enabled",
                  "true", 7,
                  "lambda.multi_value_headers.enabled of target group Blue is "
                  "for target groups of type lambda\n"
                  "take it out: TargetType is ip");
    assert_false(w->group.attributes.multi_value_headers);
    w->group.type = TARGET_TYPE_LAMBDA;
    set(w, OWNER_TARGET_GROUP, "stickiness.enabled", "false");
    check_refused(w, OWNER_TARGET_GROUP, "stickiness.enabled", "true", 7,
                  "stickiness.enabled of target group Blue is for target "
                  "groups of type instance and ip\n"
                  "take it out: TargetType is lambda");
}

/* ---- together ------------------------------------------------------------- */

static void test_logs_need_a_bucket(void **state)
{
    struct world *w = *state;

    w->balancer.connection_logs.enabled = true;
    attributes_check_load_balancer(&w->balancer, &key_place,
                                   "load balancer Edge", &w->report);
    check_problem(w, 7,
                  "connection_logs.s3.enabled of load balancer Edge is true, "
                  "but there is no bucket\n"
                  "add connection_logs.s3.bucket with the name of an S3 "
                  "bucket");
    w->balancer.connection_logs.bucket = STR("logs");
    attributes_check_load_balancer(&w->balancer, &key_place,
                                   "load balancer Edge", &w->report);
    assert_null(w->report.first);
}

static void check_group(struct world *w, const char *expected)
{
    attributes_check_group(&w->group, &w->report);
    assert_int_equal(w->report.errors, 1);
    check_problem(w, 7, expected);
    w->group.attributes = (struct group_attributes){.slow_start_ms = 0};
    attributes_init(OWNER_TARGET_GROUP, &w->group);
}

static void test_the_defaults_of_groups_go_together(void **state)
{
    struct world *w = *state;

    attributes_check_group(&w->group, &w->report);
    w->group.type = TARGET_TYPE_LAMBDA;
    attributes_check_group(&w->group, &w->report);
    assert_null(w->report.first);
}

static void test_what_alb_does_not_combine_is_refused(void **state)
{
    struct world *w = *state;
    struct group_attributes *a = &w->group.attributes;

    a->slow_start_ms = 30000;
    a->algorithm = ALGORITHM_LEAST_OUTSTANDING;
    check_group(w, "target group Blue has slow_start and the algorithm "
                   "least_outstanding_requests, which ALB does not combine\n"
                   "set slow_start.duration_seconds to 0 or "
                   "load_balancing.algorithm.type to round_robin");
    a->sticky = true;
    a->algorithm = ALGORITHM_WEIGHTED_RANDOM;
    check_group(w, "target group Blue has stickiness and the algorithm "
                   "weighted_random, which ALB does not combine\n"
                   "set stickiness.enabled to false or "
                   "load_balancing.algorithm.type to another one");
    a->anomaly_mitigation = true;
    check_group(w, "target group Blue has anomaly_mitigation on with the "
                   "algorithm round_robin: ALB has it with weighted_random "
                   "only\nset load_balancing.algorithm.anomaly_mitigation to "
                   "off or load_balancing.algorithm.type to weighted_random");
    a->sticky = true;
    a->cross_zone = CROSS_ZONE_FALSE;
    check_group(w, "target group Blue has stickiness without cross-zone load "
                   "balancing, which ALB does not combine\n"
                   "set stickiness.enabled or "
                   "load_balancing.cross_zone.enabled otherwise");
    a->sticky = true;
    a->stickiness_type = STICKINESS_APP_COOKIE;
    check_group(w, "target group Blue has stickiness of type app_cookie, but "
                   "no cookie is named\n"
                   "add stickiness.app_cookie.cookie_name with the name of "
                   "the cookie that the targets set");
}

static void test_cross_zone_cannot_be_off_everywhere(void **state)
{
    struct world *w = *state;
    struct config_target targets[] = {
        {.id = STR("10.0.0.1"), .place = key_place, .zone = STR("us-east-1a")},
        {.id = STR("10.0.0.2"), .place = key_place, .zone = STR("all")},
    };

    w->group.targets = targets;
    w->group.ntargets = COUNT(targets);
    w->group.attributes.cross_zone = CROSS_ZONE_FALSE;
    check_group(w, "target 10.0.0.2 is in AvailabilityZone \"all\", but target "
                   "group Blue has cross-zone load balancing off\n"
                   "name the target's zone, or leave "
                   "load_balancing.cross_zone.enabled out");
    w->group.ntargets = 0;
    w->group.type = TARGET_TYPE_LAMBDA;
    w->group.attributes.cross_zone = CROSS_ZONE_FALSE;
    check_group(w, "target group Blue has a Lambda function as its target, "
                   "which needs cross-zone load balancing\n"
                   "leave load_balancing.cross_zone.enabled out");
}

static void test_dns_fails_over_before_unhealthy_targets_are_used(void **state)
{
    struct world *w = *state;
    struct group_attributes *a = &w->group.attributes;

    a->dns_percent = 40;
    a->routing_percent = 50;
    check_group(w, "target group Blue fails over by DNS at fewer healthy "
                   "targets (percentage 40) than at which it routes to "
                   "unhealthy ones (50)\n"
                   "set target_group_health.dns_failover.minimum_healthy_"
                   "targets.percentage to 50 or more, or to off");
    a->dns_count = 2;
    a->routing_count = 3;
    check_group(w, "target group Blue fails over by DNS at fewer healthy "
                   "targets (count 2) than at which it routes to unhealthy "
                   "ones (3)\n"
                   "set target_group_health.dns_failover.minimum_healthy_"
                   "targets.count to 3 or more, or to off");
    a->dns_count = 0;
    a->routing_count = 3;
    a->routing_percent = 50;
    attributes_check_group(&w->group, &w->report);
    assert_null(w->report.first);
    a->dns_count = 1; /* the default: perhaps nobody said it */
    attributes_check_group(&w->group, &w->report);
    assert_int_equal(w->report.errors, 0);
    assert_int_equal(w->report.warnings, 1);
}

/* ---- the command line ------------------------------------------------------ */

static void check_typed(const char *typed, const char *expected)
{
    struct error error = {""};

    if (attribute_check(str_of(typed), &error))
        fail_msg("%s was accepted", typed);
    assert_string_equal(error.text, expected);
}

static void test_typed_attributes_are_found_whoever_has_them(void **state)
{
    static const struct {
        const char *typed;
        enum attribute_owner owner;
    } rows[] = {
        {"idle_timeout.timeout_seconds=60", OWNER_LOAD_BALANCER},
        {"load_balancing.algorithm.type=round_robin", OWNER_TARGET_GROUP},
        {"load_balancing.cross_zone.enabled=false", OWNER_TARGET_GROUP},
        {"access_logs.s3.prefix=a=b", OWNER_LOAD_BALANCER},
        {"routing.http.response.server.enabled=false", OWNER_LISTENER},
    };
    struct error error = {""};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct attribute *a =
            attribute_check(str_of(rows[i].typed), &error);

        if (a == NULL) {
            fail_msg("%s: %s", rows[i].typed, error.text);
            return;
        }
        assert_int_equal(a->owner, rows[i].owner);
    }
}

static void test_wrong_typed_attributes_say_how_to_mend_them(void **state)
{
    (void)state;
    check_typed("round", "--attribute \"round\": must be KEY=VALUE");
    check_typed("idle_timeout.timeout_second=5",
                "attribute \"idle_timeout.timeout_second\" is not known; did "
                "you mean \"idle_timeout.timeout_seconds\"?");
    check_typed("client_keep_alive=60",
                "attribute \"client_keep_alive\" is not known; did you mean "
                "\"client_keep_alive.seconds\"?");
    check_typed("colour=red",
                "attribute \"colour\" is not one that Sluice knows; `sluice "
                "serve --help` lists those it does");
    check_typed("=true", "attribute \"\" is not one that Sluice knows; `sluice "
                         "serve --help` lists those it does");
    check_typed("proxy_protocol_v2.enabled=true",
                "attribute \"proxy_protocol_v2.enabled\" is for Network Load "
                "Balancers; an Application Load Balancer does not have it");
    check_typed("idle_timeout.timeout_seconds=",
                "attribute idle_timeout.timeout_seconds cannot be \"\": ALB "
                "takes 1 to 4000");
    check_typed("routing.http.xff_header_processing.mode=Append",
                "attribute routing.http.xff_header_processing.mode cannot be "
                "\"Append\": ALB takes append, preserve or remove");
    check_typed("load_balancing.algorithm.type=random",
                "attribute load_balancing.algorithm.type cannot be \"random\": "
                "ALB takes round_robin, least_outstanding_requests or "
                "weighted_random");
}

static void test_long_nonsense_is_cut_in_the_error(void **state)
{
    char nonsense[1001];
    struct error error = {""};

    (void)state;
    memset(nonsense, 'x', 1000);
    nonsense[1000] = '\0';
    nonsense[900] = '=';
    assert_null(attribute_check(str_of(nonsense), &error));
    assert_non_null(strstr(error.text, "xx\" is not one that Sluice knows"));
    assert_in_range(strlen(error.text), 100, 250);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_load_balancers_have_the_defaults_of_alb),
        TEST(test_target_groups_have_the_defaults_of_alb),
        TEST(test_load_balancer_attributes_are_set_in_their_units),
        TEST(test_target_group_attributes_are_set_in_their_units),
        TEST(test_listener_attributes_are_only_checked),
        TEST(test_a_header_gets_no_name_that_means_something),
        TEST(test_every_default_of_the_table_is_a_value_it_takes),
        TEST(test_each_kind_of_owner_has_as_many_as_alb_lists),
        TEST(test_values_are_told_in_words),
        TEST(test_wrong_values_are_refused_with_those_of_alb),
        TEST(test_values_at_the_ends_of_ranges),
        TEST(test_texts_are_at_most_1024_bytes),
        TEST(test_a_refused_value_changes_nothing),
        TEST(test_a_name_nearly_right_is_an_error),
        TEST(test_a_name_that_nobody_knows_is_a_doubt),
        TEST(test_a_name_of_another_owner_says_where_it_belongs),
        TEST(test_a_name_of_other_load_balancers_is_an_error),
        TEST(test_what_cannot_be_a_name_is_an_error),
        TEST(test_attributes_of_other_target_types_only_at_their_default),
        TEST(test_logs_need_a_bucket),
        TEST(test_the_defaults_of_groups_go_together),
        TEST(test_what_alb_does_not_combine_is_refused),
        TEST(test_cross_zone_cannot_be_off_everywhere),
        TEST(test_dns_fails_over_before_unhealthy_targets_are_used),
        TEST(test_typed_attributes_are_found_whoever_has_them),
        TEST(test_wrong_typed_attributes_say_how_to_mend_them),
        TEST(test_long_nonsense_is_cut_in_the_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

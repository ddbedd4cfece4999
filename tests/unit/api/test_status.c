/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/status.h"

#define ARN "arn:aws:elasticloadbalancing:us-east-1:000000000000:"

enum { ROOM = 4 * 1024 * 1024 };

static char buffer[ROOM];

static const struct status_forward both[] = {
    {STR("blue"), STR(ARN "targetgroup/blue/1"), 2},
    {STR("green"), STR(ARN "targetgroup/green/2"), 1},
};

static const struct status_rule rules[] = {
    {.id = STR("Api"),
     .arn = STR(ARN "listener-rule/1"),
     .priority = 10,
     .action = STR("forward"),
     .nforwards = 1,
     .forwards = &both[1]},
    {.id = STR("Old"),
     .arn = STR(ARN "listener-rule/2"),
     .priority = 20,
     .action = STR("redirect"),
     .code = 301},
    {.id = STR("Gone"),
     .arn = STR(ARN "listener-rule/3"),
     .priority = 30,
     .action = STR("fixed-response"),
     .code = 410},
    {.id = STR("Web"),
     .arn = STR(ARN "listener-rule/4"),
     .action = STR("forward"),
     .nforwards = 2,
     .forwards = both},
};

static const struct status_certificate certificates[] = {
    {.arn = STR("arn:1"),
     .names = STR("a.test, *.a.test"),
     .key = STR("ECDSA P-256"),
     .until = STR("2027-02-21T12:05:02Z"),
     .file = STR("/a.pem"),
     .stale = true},
    {.arn = STR("arn:2"),
     .names = STR("b.test"),
     .key = STR("RSA 2048"),
     .until = STR("2028-01-01T00:00:00Z")},
};

static const struct status_listener listeners[] = {
    {.id = STR("Web"),
     .arn = STR(ARN "listener/1"),
     .protocol = STR("HTTP"),
     .port = 80,
     .address = STR("127.0.0.1:8080"),
     .own_address = STR("127.9.8.7:8080"),
     .connections = 3,
     .nrules = 4,
     .rules = rules},
    {.id = STR("Tls"),
     .arn = STR(ARN "listener/2"),
     .protocol = STR("HTTPS"),
     .port = 443,
     .policy = STR("ELBSecurityPolicy-2016-08"),
     .ncertificates = 2,
     .certificates = certificates,
     .connections = STATUS_UNKNOWN},
};

static const struct status_balancer balancer = {
    .id = STR("Lb"),
    .name = STR("lb"),
    .arn = STR(ARN "loadbalancer/app/lb/1"),
    .dns_name = STR("lb-1.us-east-1.elb.localhost"),
    .nlisteners = 2,
    .listeners = listeners,
};

#define UNKNOWN                                                                \
    .since_s = STATUS_UNKNOWN, .weight = STATUS_UNKNOWN,                       \
    .share = STATUS_UNKNOWN, .slow_start = STATUS_UNKNOWN,                     \
    .draining_left_s = STATUS_UNKNOWN, .active = STATUS_UNKNOWN,               \
    .requests = STATUS_UNKNOWN, .errors = STATUS_UNKNOWN

static const struct status_target full[] = {
    {.address = STR("127.0.0.1:9001"),
     .ip = STR("127.0.0.1"),
     .port = 9001,
     .zone = STR("us-east-1a"),
     .state = STR("healthy"),
     .anomaly = STR("anomalous"),
     .mitigated = true,
     .since_s = 125,
     .weight = 2550,
     .share = 3333,
     .slow_start = 40,
     .draining_left_s = STATUS_UNKNOWN,
     .active = 7,
     .requests = 1000,
     .errors = 4},
    {.address = STR("[::1]:9002"),
     .ip = STR("::1"),
     .port = 9002,
     .state = STR("draining"),
     .reason = STR("Target.DeregistrationInProgress"),
     .description = STR("Target deregistration is in progress"),
     .anomaly = STR("normal"),
     .since_s = 30,
     .weight = 10000,
     .share = 0,
     .slow_start = STATUS_UNKNOWN,
     .draining_left_s = 270,
     .active = 1,
     .requests = 90,
     .errors = 0},
};

static const struct status_target bare[] = {
    {.address = STR("127.0.0.1:9003"),
     .ip = STR("127.0.0.1"),
     .port = 9003,
     .state = STR("unhealthy"),
     UNKNOWN},
};

static const struct status_group groups[] = {
    {.id = STR("Blue"),
     .name = STR("blue"),
     .arn = STR(ARN "targetgroup/blue/1"),
     .type = STR("ip"),
     .protocol = STR("HTTP"),
     .version = STR("HTTP1"),
     .algorithm = STR("weighted_random"),
     .stickiness = STR("lb_cookie"),
     .dns_state = STR("healthy"),
     .port = 80,
     .used = true,
     .slow_start_s = 90,
     .deregistration_s = 300,
     .ntargets = 2,
     .targets = full},
    {.id = STR("Green"),
     .name = STR("green"),
     .arn = STR(ARN "targetgroup/green/2"),
     .type = STR("instance"),
     .protocol = STR("HTTPS"),
     .version = STR("HTTP2"),
     .algorithm = STR("round_robin"),
     .port = 8443,
     .nelsewhere = 2,
     .used = true,
     .fail_open = true,
     .ntargets = 1,
     .targets = bare},
};

static const struct status_process process = {
    .version = "1.2.3",
    .pid = 4711,
    .uptime_s = 93784,
    .workers = 2,
    .generation = 3,
    .configs_alive = 1,
    .restarts = STATUS_UNKNOWN,
    .upgrades = STATUS_UNKNOWN,
    .requests = 1090,
    .requests_active = 8,
    .connections = 3,
};

static struct status_view view;

/* The only group of the view: one like this, to be changed. */
static struct status_group *alone(const struct status_group *like)
{
    static struct status_group group;

    group = *like;
    view.groups = &group;
    view.ngroups = 1;
    return &group;
}

static int fill(void **state)
{
    (void)state;
    view = (struct status_view){
        .process = process,
        .nbalancers = 1,
        .balancers = &balancer,
        .ngroups = 2,
        .groups = groups,
    };
    return 0;
}

static const char *text(void)
{
    struct text t = text_in(buffer, ROOM - 1);

    status_put_text(&t, &view);
    assert_true(text_ok(&t));
    buffer[t.n] = '\0';
    return buffer;
}

/* The JSON as it is written, without the line ends. */
static const char *json(void)
{
    struct text t = text_in(buffer, ROOM - 1);
    size_t n = 0;

    status_put_json(&t, &view);
    assert_true(text_ok(&t));
    for (size_t i = 0; i < t.n; i++) {
        if (buffer[i] != '\n')
            buffer[n++] = buffer[i];
    }
    buffer[n] = '\0';
    return buffer;
}

/* ---- text ---------------------------------------------------------------- */

static void test_the_text_begins_with_the_process(void **state)
{
    (void)state;
    assert_ptr_equal(strstr(text(), STATUS_TEXT_BEGIN
                            "1.2.3, process 4711, up 1d2h, 2 "
                            "workers\n"
                            "configuration 3, 1090 requests, 8 in progress, 3 "
                            "client connections\n\n"),
                     buffer);
}

static void test_restarts_draining_and_old_configs_are_named(void **state)
{
    (void)state;
    view.process.restarts = 1;
    view.process.upgrades = 2;
    view.process.draining = true;
    view.process.configs_alive = 3;
    view.process.requests = 1;
    assert_non_null(strstr(text(), "2 workers, 1 restart, 2 upgrades, "
                                   "draining\nconfiguration 3 (2 older in "
                                   "use), 1 request, 8"));
}

static void test_listeners_and_rules_are_tables(void **state)
{
    (void)state;
    assert_non_null(strstr(
        text(), "LOAD BALANCER  DNS NAME\n"
                "lb             lb-1.us-east-1.elb.localhost\n"
                "\n"
                "LOAD BALANCER  LISTENER  PROTOCOL  PORT  ADDRESS         "
                "OWN ADDRESS     CONNECTIONS\n"
                "lb             Web       HTTP      80    127.0.0.1:8080  "
                "127.9.8.7:8080  3\n"
                "lb             Tls       HTTPS     443   -               "
                "-               -\n"
                "\n"
                "LISTENER  PRIORITY  RULE  ACTION\n"
                "Web       10        Api   forward green\n"
                "Web       20        Old   redirect 301\n"
                "Web       30        Gone  fixed-response 410\n"
                "Web       default   -     forward blue 2 (66.7%), green 1 "
                "(33.3%)\n\n"
                "LISTENER  CERTIFICATE       KEY          UNTIL       FROM\n"
                "Tls       a.test, *.a.test  ECDSA P-256  2027-02-21  /a.pem "
                "(as it was)\n"
                "Tls       b.test            RSA 2048     2028-01-01  local "
                "authority\n\n"));
}

static void test_groups_show_counts_by_state(void **state)
{
    (void)state;
    assert_non_null(strstr(
        text(),
        "TARGET GROUP  PROTOCOL     ALGORITHM        HEALTHY  UNHEALTHY  "
        "INITIAL  DRAINING  ROUTING    DNS      STICKINESS  SLOW START  DRAIN "
        "DELAY\n"
        "blue          HTTP/HTTP1   weighted_random  1        0          0     "
        "   1         normal     healthy  lb_cookie   1m30s       5m0s\n"
        "green         HTTPS/HTTP2  round_robin      0        1          0     "
        "   0         fail-open  -        -           -           0s\n\n"));
}

static void test_targets_show_all_that_is_known(void **state)
{
    (void)state;
    text();
    assert_non_null(strstr(
        buffer,
        "\nTARGET GROUP  TARGET          ZONE        STATE      FOR   WEIGHT  "
        "SHARE  SESSIONS  REQUESTS  ERRORS  NOTES\n"
        "blue          127.0.0.1:9001  us-east-1a  healthy    2m5s  25.5%   "
        "33.3%  7         1000      4       anomalous, mitigated; slow start "
        "at 40%\n"
        "blue          [::1]:9002      -           draining   30s   100%    0%"
        "     1         90        0       Target.DeregistrationInProgress: "
        "Target deregistration is in progress; 4m30s left\n"
        "green         127.0.0.1:9003  -           unhealthy  -     -       - "
        "     -         -         -       -\n"));
    assert_non_null(strstr(buffer, "\ngreen: 2 registered targets without an "
                                   "address here (--service gives one)\n"));
}

static void test_columns_that_nothing_is_known_of_are_left_out(void **state)
{
    (void)state;
    view.groups = &groups[1];
    view.ngroups = 1;
    assert_non_null(strstr(text(), "\nTARGET GROUP  TARGET          STATE\n"
                                   "green         127.0.0.1:9003  unhealthy"
                                   "\n"));
}

static void test_an_empty_account_says_so(void **state)
{
    (void)state;
    view.nbalancers = view.ngroups = 0;
    assert_non_null(strstr(text(), "\n\nno listeners\n\nno target groups\n"));
    assert_null(strstr(buffer, "TARGET GROUP"));
}

static void test_a_group_nobody_forwards_to_is_unused(void **state)
{
    struct status_group *group = alone(&groups[0]);

    (void)state;
    group->used = false;
    group->dns_state = STR("");
    group->ntargets = 0;
    assert_non_null(strstr(text(), "  unused  "));
    group->used = true;
    assert_non_null(strstr(text(), "  no-target  "));
}

static void test_a_removed_group_shows_what_drains(void **state)
{
    (void)state;
    alone(&(const struct status_group){
        .name = STR("old"),
        .arn = STR(ARN "targetgroup/old/3"),
        .removed = true,
        .ntargets = 1,
        .targets = &full[1],
    });
    assert_non_null(
        strstr(text(), "TARGET GROUP  HEALTHY  UNHEALTHY  INITIAL  DRAINING  "
                       "ROUTING\n"
                       "old           0        0          0        1         "
                       "removed\n"));
    assert_non_null(strstr(
        json(), "{\"TargetGroupName\":\"old\",\"TargetGroupArn\":\"" ARN
                "targetgroup/old/3\",\"Removed\":true,\"HealthyCount\":0,"
                "\"UnhealthyCount\":0,\"InitialCount\":0,"
                "\"DrainingCount\":1,\"Targets\":[{"));
}

static void test_the_text_is_printable_whatever_stands_in_names(void **state)
{
    static const char hostile[] = "\033]0;x\a\n\r\xff\x9b"
                                  "31m";
    static struct status_target target;
    struct status_group *group = alone(&groups[1]);
    struct str bad = str_make(hostile, sizeof(hostile) - 1);

    (void)state;
    target = full[0];
    target.zone = target.state = target.reason = target.description =
        target.address = bad;
    group->name = group->algorithm = bad;
    group->targets = &target;
    group->ntargets = 1;
    for (const char *p = text(); *p; p++)
        assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
}

static void test_durations_have_the_two_greatest_units(void **state)
{
    static const struct {
        uint64_t seconds;
        const char *wanted;
    } table[] = {
        {0, " up 0s,"},        {59, " up 59s,"},         {60, " up 1m0s,"},
        {3599, " up 59m59s,"}, {3600, " up 1h0m,"},      {86399, " up 23h59m,"},
        {86400, " up 1d0h,"},  {8640000, " up 100d0h,"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        view.process.uptime_s = table[i].seconds;
        if (strstr(text(), table[i].wanted) == NULL)
            fail_msg("%s not in %.80s", table[i].wanted, buffer);
    }
}

/* ---- JSON ---------------------------------------------------------------- */

static void test_the_JSON_has_the_process(void **state)
{
    (void)state;
    view.nbalancers = view.ngroups = 0;
    assert_string_equal(
        json(), STATUS_JSON_BEGIN
        "{\"Version\":\"1.2.3\",\"ProcessId\":4711,\"UptimeSeconds\":93784,"
        "\"Workers\":2,\"Draining\":false,\"ConfigGeneration\":3,"
        "\"ConfigsAlive\":1,\"Requests\":1090,\"RequestsInProgress\":8,"
        "\"ClientConnections\":3},\"LoadBalancers\":[],\"WebACLs\":[],"
        "\"TargetGroups\":[]}");
    view.process.draining = true;
    view.process.restarts = 5;
    view.process.upgrades = 0;
    assert_non_null(strstr(json(), ",\"Draining\":true,"));
    assert_non_null(strstr(buffer, ",\"Restarts\":5,\"Upgrades\":0,"));
}

static void test_the_JSON_has_listeners_in_the_names_of_AWS(void **state)
{
    (void)state;
    view.ngroups = 0;
    assert_non_null(strstr(
        json(),
        ",\"LoadBalancers\":[{\"LoadBalancerName\":\"lb\",\"LoadBalancerArn\":"
        "\"" ARN "loadbalancer/app/lb/1\",\"LogicalId\":\"Lb\","
        "\"DNSName\":\"lb-1.us-east-1.elb.localhost\",\"Listeners\":["
        "{\"ListenerArn\":\"" ARN "listener/1\",\"LogicalId\":\"Web\","
        "\"Protocol\":\"HTTP\",\"Port\":80,"
        "\"LocalAddress\":\"127.0.0.1:8080\","
        "\"OwnAddress\":\"127.9.8.7:8080\",\"ClientConnections\":3,"
        "\"Rules\":[{\"RuleArn\":\"" ARN "listener-rule/1\","
        "\"LogicalId\":\"Api\",\"Priority\":\"10\",\"IsDefault\":false,"
        "\"Actions\":[{\"Type\":\"forward\",\"ForwardConfig\":"
        "{\"TargetGroups\":[{\"TargetGroupName\":\"green\","
        "\"TargetGroupArn\":\"" ARN "targetgroup/green/2\",\"Weight\":1,"
        "\"Percent\":100}]}}]},"));
    assert_non_null(strstr(buffer, "[{\"Type\":\"redirect\",\"RedirectConfig\":"
                                   "{\"StatusCode\":\"HTTP_301\"}}]"));
    assert_non_null(
        strstr(buffer, "[{\"Type\":\"fixed-response\",\"FixedResponseConfig\":"
                       "{\"StatusCode\":\"410\"}}]"));
    assert_non_null(strstr(buffer, "\"Priority\":\"default\",\"IsDefault\":"
                                   "true,"));
    assert_non_null(strstr(buffer, "\"Weight\":2,\"Percent\":66.66},"));
    assert_non_null(strstr(buffer, "\"Weight\":1,\"Percent\":33.33}]"));
    assert_non_null(strstr(
        buffer, ",{\"ListenerArn\":\"" ARN "listener/2\",\"LogicalId\":\"Tls\","
                "\"Protocol\":\"HTTPS\",\"Port\":443,"
                "\"SslPolicy\":\"ELBSecurityPolicy-2016-08\","
                "\"Certificates\":[{\"CertificateArn\":\"arn:1\","
                "\"IsDefault\":true,\"DomainNames\":\"a.test, *.a.test\","
                "\"KeyAlgorithm\":\"ECDSA P-256\","
                "\"NotAfter\":\"2027-02-21T12:05:02Z\",\"File\":\"/a.pem\","
                "\"Stale\":true},{\"CertificateArn\":\"arn:2\","
                "\"IsDefault\":false,\"DomainNames\":\"b.test\","
                "\"KeyAlgorithm\":\"RSA 2048\","
                "\"NotAfter\":\"2028-01-01T00:00:00Z\"}],"
                "\"Rules\":[]}]}],"));
}

static void test_the_JSON_has_groups_and_targets(void **state)
{
    (void)state;
    view.nbalancers = 0;
    view.ngroups = 1;
    assert_non_null(strstr(
        json(),
        "\"TargetGroups\":[{\"TargetGroupName\":\"blue\",\"TargetGroupArn\":"
        "\"" ARN
        "targetgroup/blue/1\",\"Removed\":false,\"LogicalId\":\"Blue\","
        "\"TargetType\":\"ip\",\"Protocol\":\"HTTP\","
        "\"ProtocolVersion\":\"HTTP1\",\"Port\":80,"
        "\"Algorithm\":\"weighted_random\",\"InUse\":true,"
        "\"Stickiness\":\"lb_cookie\",\"SlowStartSeconds\":90,"
        "\"DeregistrationDelaySeconds\":300,\"FailOpen\":false,"
        "\"DnsState\":\"healthy\",\"NoAddressHereCount\":0,\"HealthyCount\":1,"
        "\"UnhealthyCount\":0,\"InitialCount\":0,\"DrainingCount\":1,"
        "\"Targets\":[{\"Target\":{\"Id\":\"127.0.0.1\",\"Port\":9001,"
        "\"AvailabilityZone\":\"us-east-1a\"},"
        "\"TargetHealth\":{\"State\":\"healthy\"},\"AnomalyDetection\":"
        "{\"Result\":\"anomalous\",\"MitigationInEffect\":\"yes\"},"
        "\"StateSeconds\":125,\"WeightPercent\":25.50,\"SharePercent\":33.33,"
        "\"SlowStartPercent\":40,\"RequestsInProgress\":7,\"Requests\":1000,"
        "\"Errors\":4},{\"Target\":{\"Id\":\"::1\",\"Port\":9002},"
        "\"TargetHealth\":{\"State\":\"draining\","
        "\"Reason\":\"Target.DeregistrationInProgress\","
        "\"Description\":\"Target deregistration is in progress\"},"
        "\"AnomalyDetection\":{\"Result\":\"normal\","
        "\"MitigationInEffect\":\"no\"},\"StateSeconds\":30,"
        "\"WeightPercent\":100,\"SharePercent\":0,"
        "\"DrainingSecondsLeft\":270,\"RequestsInProgress\":1,"
        "\"Requests\":90,\"Errors\":0}]}]}"));
}

static void test_what_is_not_known_is_not_in_the_JSON(void **state)
{
    (void)state;
    view.nbalancers = 0;
    view.groups = &groups[1];
    view.ngroups = 1;
    assert_non_null(strstr(json(),
                           ",\"InUse\":true,\"SlowStartSeconds\":0,"
                           "\"DeregistrationDelaySeconds\":0,\"FailOpen\":true,"
                           "\"NoAddressHereCount\":2,\"HealthyCount\":0,"
                           "\"UnhealthyCount\":1,\"InitialCount\":0,"
                           "\"DrainingCount\":0,\"Targets\":[{\"Target\":"
                           "{\"Id\":\"127.0.0.1\",\"Port\":9003},"
                           "\"TargetHealth\":{\"State\":\"unhealthy\"}}]}]}"));
}

static void test_names_are_escaped_in_the_JSON(void **state)
{
    struct status_group *group = alone(&groups[1]);

    (void)state;
    group->name = STR("a\"b\\c\n\033\xff");
    assert_non_null(strstr(json(), "\"TargetGroupName\":\"a\\\"b\\\\c\\u000a"
                                   "\\u001b\\u00ff\","));
}

/* ---- odds and room ------------------------------------------------------- */

static void test_odds_are_parts_of_the_sum_of_weights(void **state)
{
    struct status_forward forwards[] = {
        {.weight = 999}, {.weight = 0}, {.weight = 1}};
    struct status_rule rule = {.nforwards = 3, .forwards = forwards};

    (void)state;
    assert_int_equal(status_odds(&rule, 0), 9990);
    assert_int_equal(status_odds(&rule, 1), 0);
    assert_int_equal(status_odds(&rule, 2), 10);
    forwards[0].weight = forwards[2].weight = 0;
    assert_int_equal(status_odds(&rule, 0), 0);
    assert_int_equal(status_odds(&rule, 1), 0);
}

static void test_there_is_room_for_a_large_account_at_once(void **state)
{
    static struct status_target targets[1000];
    static struct status_rule many[4096];
    struct status_group *group = alone(&groups[0]);
    static struct status_listener listener;
    static struct status_balancer large;
    struct text t;

    (void)state;
    listener = listeners[0];
    large = balancer;
    for (unsigned i = 0; i < 1000; i++)
        targets[i] = full[1];
    for (unsigned i = 0; i < 4096; i++)
        many[i] = rules[3];
    group->targets = targets;
    group->ntargets = 1000;
    listener.rules = many;
    listener.nrules = 4096;
    large.listeners = &listener;
    large.nlisteners = 1;
    view.balancers = &large;
    assert_in_range(status_room(&view), 1000 * 500, ROOM * 2);
    t = text_in(buffer, status_room(&view) < ROOM ? status_room(&view) : ROOM);
    status_put_json(&t, &view);
    assert_true(text_ok(&t));
    t.n = 0;
    status_put_text(&t, &view);
    assert_true(text_ok(&t));
}

static void test_web_acls_show_what_they_did(void **state)
{
    static const struct status_acl acl = {
        .id = STR("Acl"),
        .name = STR("shop"),
        .arn = STR("arn:acl"),
        .allowed = 10,
        .blocked = 3,
        .counted = 4,
        .captcha = 1,
        .challenge = 2,
    };

    (void)state;
    view.acls = &acl;
    view.nacls = 1;
    assert_non_null(strstr(text(),
                           "\nWEB ACL  ALLOWED  BLOCKED  COUNTED  CAPTCHA  "
                           "CHALLENGE\n"
                           "shop     10       3        4        1        2\n"));
    assert_non_null(
        strstr(json(), "\"WebACLs\":[{\"Name\":\"shop\",\"ARN\":\"arn:acl\","
                       "\"LogicalId\":\"Acl\",\"AllowedRequests\":10,"
                       "\"BlockedRequests\":3,\"CountedRequests\":4,"
                       "\"CaptchaRequests\":1,\"ChallengeRequests\":2}],"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fill)
    const struct CMUnitTest tests[] = {
        TEST(test_the_text_begins_with_the_process),
        TEST(test_restarts_draining_and_old_configs_are_named),
        TEST(test_listeners_and_rules_are_tables),
        TEST(test_groups_show_counts_by_state),
        TEST(test_targets_show_all_that_is_known),
        TEST(test_columns_that_nothing_is_known_of_are_left_out),
        TEST(test_an_empty_account_says_so),
        TEST(test_a_group_nobody_forwards_to_is_unused),
        TEST(test_a_removed_group_shows_what_drains),
        TEST(test_the_text_is_printable_whatever_stands_in_names),
        TEST(test_durations_have_the_two_greatest_units),
        TEST(test_the_JSON_has_the_process),
        TEST(test_the_JSON_has_listeners_in_the_names_of_AWS),
        TEST(test_the_JSON_has_groups_and_targets),
        TEST(test_what_is_not_known_is_not_in_the_JSON),
        TEST(test_web_acls_show_what_they_did),
        TEST(test_names_are_escaped_in_the_JSON),
        TEST(test_odds_are_parts_of_the_sum_of_weights),
        TEST(test_there_is_room_for_a_large_account_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "builds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "values.h"

#define GROUPS                                                                 \
    "Lb: {Type: LB},\n"                                                        \
    "Blue: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n"              \
    "Green: {Type: TG, Properties: {Port: 80, Protocol: HTTP}},\n"
#define WEB                                                                    \
    "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 80, "            \
    "Protocol: HTTP,\n"
#define NOT_FOUND                                                              \
    "DefaultActions: [{Type: fixed-response, FixedResponseConfig: "            \
    "{StatusCode: 404}}]"
#define API                                                                    \
    GROUPS WEB NOT_FOUND "}},\n"                                               \
                         "Api: {Type: RU, Properties: {ListenerArn: @Web,\n"
#define FORWARD "Actions: [{Type: forward, TargetGroupArn: @Blue}]"

const char in_nothing[] = "%s";
const char in_balancer[] = "Lb: {Type: LB, Properties: {\n%s}}";
const char in_group[] = "Tg: {Type: TG, Properties: {Port: 80, Protocol: "
                        "HTTP, TargetType: ip,\n%s}}";
const char in_listener[] = "Lb: {Type: LB},\n" WEB NOT_FOUND ",\n%s}}";
const char in_action[] = GROUPS WEB "DefaultActions: [\n%s]}}";
const char in_https[] =
    GROUPS "Web: {Type: LI, Properties: {LoadBalancerArn: @Lb, Port: 443, "
           "Protocol: HTTPS, Certificates: [{CertificateArn: arn:aws:acm:x}], "
           "DefaultActions: [\n%s]}}";
const char in_rule[] = API "%s}}";
const char in_condition[] =
    API "Priority: 10, " FORWARD ", Conditions: [\n%s]}}";
const char in_transform[] =
    API "Priority: 10, " FORWARD
        ", Conditions: [{Field: path-pattern, Values: [/*]}], "
        "Transforms: [\n%s]}}";

#define SEEN                                                                   \
    "VisibilityConfig: {MetricName: m, SampledRequestsEnabled: true, "         \
    "CloudWatchMetricsEnabled: true}"
#define SETS                                                                   \
    "Ips: {Type: IP, Properties: {Scope: REGIONAL, IPAddressVersion: IPV4, "   \
    "Addresses: [192.0.2.0/24]}},\n"                                           \
    "Res: {Type: RX, Properties: {Scope: REGIONAL, RegularExpressionList: "    \
    "[a, b]}},\n"
#define OWN                                                                    \
    "Own: {Type: WG, Properties: {Scope: REGIONAL, Capacity: 50, " SEEN        \
    ", Rules: [{Name: G, Priority: 1, Action: {Block: {}}, RuleLabels: "       \
    "[{Name: seen}], Statement: {GeoMatchStatement: {CountryCodes: "           \
    "[AQ]}}, " SEEN "}]}},\n"
#define ACL                                                                    \
    SETS OWN "Acl: {Type: WA, Properties: {Name: shop, Scope: REGIONAL, "      \
             "DefaultAction: {Allow: {}}, " SEEN ",\n"
#define RULE "Rules: [{Name: R, Priority: 1, " SEEN ","

const char in_acl[] = ACL "%s}}";
const char in_rules[] = ACL "Rules: [\n%s]}}";
const char in_acl_rule[] = ACL RULE "\n%s}]}}";
const char in_statement[] = ACL RULE "Action: {Block: {}}, Statement: \n%s}]}}";

enum { TEXT_MAX = 2 * 1024 * 1024 };

struct outcome {
    struct region region;
    struct report report;
    struct place mark;
    struct config *config;
};

static void build(struct outcome *o, const char *frame, const char *text,
                  bool strict)
{
    static char whole[TEXT_MAX];
    const struct local local = {.retry = RETRY_OFF};
    const struct value *resources;
    int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    n = snprintf(whole, sizeof(whole), frame, text);
#pragma GCC diagnostic pop
    assert_in_range(n, 0, sizeof(whole) - 1);
    *o = (struct outcome){.report.strict = strict};
    resources = values_parse(&o->region, whole, &o->mark);
    o->config = config_build(resources, STR("test"), &local, &o->report);
}

static void end(struct outcome *o)
{
    config_release(o->config);
    report_end(&o->report);
    region_end(&o->region);
}

static void print(const struct outcome *o)
{
    for (const struct problem *p = o->report.first; p; p = p->next)
        print_message("%u:%u: %s\n    %s\n", p->place.line, p->place.column,
                      p->what.p, p->remedy.p);
}

struct config *build_good(const char *frame, const char *text)
{
    struct outcome o;
    struct config *config;

    build(&o, frame, text, true);
    if (o.report.first)
        print(&o);
    assert_null(o.report.first);
    assert_non_null(o.config);
    config = config_hold(o.config);
    end(&o);
    return config;
}

static void check_problem(const struct outcome *o, const struct problem *p,
                          const struct fault *fault, enum severity severity)
{
    if (p == NULL) {
        fail_msg("nothing was said of: %s", fault->text);
        return;
    }
    if (p->next || strcmp(p->what.p, fault->what) != 0 ||
        strcmp(p->remedy.p, fault->remedy) != 0) {
        print(o);
        fail_msg("expected \"%s\", \"%s\" of: %s", fault->what, fault->remedy,
                 fault->text);
    }
    if (p->place.line != o->mark.line || p->place.column != o->mark.column)
        fail_msg("at %u:%u, expected at %u:%u: %s: %s", p->place.line,
                 p->place.column, o->mark.line, o->mark.column, fault->what,
                 fault->text);
    assert_int_equal(p->severity, severity);
    assert_int_equal(o->config == NULL, severity == PROBLEM_ERROR);
}

static void check(const char *frame, const struct fault *fault, bool strict,
                  enum severity severity)
{
    struct outcome o;

    build(&o, frame, fault->text, strict);
    check_problem(&o, o.report.first, fault, severity);
    end(&o);
}

void check_errors(const char *frame, const struct fault *faults, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(frame, &faults[i], false, PROBLEM_ERROR);
}

void check_warnings(const char *frame, const struct fault *faults, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(frame, &faults[i], true, PROBLEM_WARNING);
}

void check_doubts(const char *frame, const struct fault *faults, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        check(frame, &faults[i], false, PROBLEM_WARNING);
        check(frame, &faults[i], true, PROBLEM_ERROR);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../model/builds.h"
#include "control/metrics.h"

enum { TEXT_MAX = 4096 };

struct got {
    unsigned n;
    char buffer[TEXT_MAX];
    struct text text; /* "Metric Dimension=value ... sum\n" */
};

static void take(void *to, const struct metric *metric)
{
    struct got *got = to;

    got->n++;
    text_printf(&got->text, STR_FMT, STR_ARG(metric->name.metric));
    for (unsigned i = 0; i < metric->name.ndimensions; i++) {
        const struct dimension *d = &metric->name.dimensions[i];

        text_printf(&got->text, " " STR_FMT "=" STR_FMT, STR_ARG(d->name),
                    STR_ARG(d->value));
    }
    text_printf(&got->text, " %g\n", metric->datum.sum);
    assert_true(str_eq(metric->name.space, STR("AWS/WAFV2")));
    assert_true(metric->datum.min >= 1 && metric->datum.max <= 1);
    assert_true(metric->datum.n >= metric->datum.sum);
    assert_true(text_ok(&got->text));
}

#define SEEN(metric, enabled)                                                  \
    "VisibilityConfig: {MetricName: " metric                                   \
    ", SampledRequestsEnabled: true, CloudWatchMetricsEnabled: " enabled "}"

#define IP_RULE(name, priority, metric, enabled)                               \
    "{Name: " name ", Priority: " priority ", Action: {Block: {}}, "           \
    "Statement: {GeoMatchStatement: {CountryCodes: [FR]}}, " SEEN(metric,      \
                                                                  enabled) "}"

static const char resources[] =
    "Own: {Type: WG, Properties: {Name: own, Scope: REGIONAL, Capacity: 50, "
    "Rules: [" IP_RULE("Inner", "1", "inner-metric", "true") "], " SEEN(
        "own-metric",
        "true") "}},\n"
                "Acl: {Type: WA, Properties: {Name: acl, Scope: REGIONAL, "
                "DefaultAction: "
                "{Allow: {}}, " SEEN("acl-metric", "true") ", Rules: [" IP_RULE(
                    "Loud", "1", "loud-metric",
                    "true") ", " IP_RULE("Quiet", "2", "quiet-metric",
                                         "false") ", "
                                                  "{Name: Group, Priority: 3, "
                                                  "OverrideAction: {None: {}}, "
                                                  "Statement: "
                                                  "{RuleGroupReferenceStatement"
                                                  ": {Arn: @Own}}, " SEEN(
                                                      "group-metric",
                                                      "true") "}]}},\n"
                                                              "Still: {Type: "
                                                              "WA, Properties: "
                                                              "{Name: still, "
                                                              "Scope: "
                                                              "REGIONAL, "
                                                              "DefaultAction: "
                                                              "{Allow: "
                                                              "{}}, " SEEN(
                                                                  "still-"
                                                                  "metric",
                                                                  "false") "}}";

static struct got *run(const struct config *config,
                       const struct waf_metric *before, unsigned nbefore,
                       const struct waf_metric *after, unsigned nafter)
{
    static struct got got;
    const struct metric_sink sink = {.take = take, .to = &got};

    got.n = 0;
    got.text = text_in(got.buffer, sizeof(got.buffer) - 1);
    metrics_of_wafs(before, nbefore, after, nafter, config, &sink);
    got.buffer[got.text.n] = '\0';
    return &got;
}

static struct waf_metric row(const struct config *config, unsigned acl,
                             const char *group, const char *rule, unsigned word,
                             uint64_t n)
{
    struct waf_metric m = {.arn = config->waf->acls[acl]->entity.arn,
                           .acl = config->waf->acls[acl]->entity.name,
                           .group = str_of(group),
                           .rule = str_of(rule)};

    m.counts[word] = n;
    return m;
}

static unsigned acl_of(const struct config *config, const char *name)
{
    for (unsigned i = 0; i < config->waf->nacls; i++)
        if (str_eq(config->waf->acls[i]->entity.name, str_of(name)))
            return i;
    fail_msg("no ACL %s", name);
    return 0;
}

static void test_rules_have_the_metric_names_of_their_visibility(void **state)
{
    struct config *config = build_good(in_nothing, resources);
    unsigned acl = acl_of(config, "acl");
    const struct waf_metric after[] = {
        row(config, acl, "", "ALL", WAF_ALLOW, 9),
        row(config, acl, "", "Default_Action", WAF_ALLOW, 9),
        row(config, acl, "", "loud-metric", WAF_BLOCK, 2),
        row(config, acl, "own-metric", "ALL", WAF_METER_PASSED, 4),
        row(config, acl, "own-metric", "inner-metric", WAF_COUNT, 1),
    };
    struct got *got = run(config, NULL, 0, after, 5);

    (void)state;
    assert_string_equal(
        got->buffer,
        "AllowedRequests Region=us-east-1 WebACL=acl-metric Rule=ALL 9\n"
        "AllowedRequests Region=us-east-1 WebACL=acl-metric "
        "Rule=Default_Action 9\n"
        "BlockedRequests Region=us-east-1 WebACL=acl-metric Rule=loud-metric "
        "2\n"
        "PassedRequests Region=us-east-1 RuleGroup=own-metric Rule=ALL 4\n"
        "CountedRequests Region=us-east-1 RuleGroup=own-metric "
        "Rule=inner-metric 1\n");
    config_release(config);
}

static void test_rules_without_metrics_have_none(void **state)
{
    struct config *config = build_good(in_nothing, resources);
    const struct waf_metric after[] = {
        row(config, acl_of(config, "acl"), "", "quiet-metric", WAF_BLOCK, 2),
        row(config, acl_of(config, "acl"), "", "gone-metric", WAF_BLOCK, 2),
        row(config, acl_of(config, "still"), "", "ALL", WAF_ALLOW, 2),
        row(config, acl_of(config, "still"), "", "Default_Action", WAF_ALLOW,
            2),
        {.arn = STR("arn:aws:wafv2:gone"), .rule = STR("ALL"), .counts = {1}},
    };

    (void)state;
    assert_int_equal(run(config, NULL, 0, after, 5)->n, 0);
    config_release(config);
}

static void test_only_what_came_since_the_minute_before_counts(void **state)
{
    struct config *config = build_good(in_nothing, resources);
    unsigned acl = acl_of(config, "acl");
    const struct waf_metric before[] = {
        row(config, acl, "", "ALL", WAF_ALLOW, 5),
        row(config, acl, "", "loud-metric", WAF_BLOCK, 2),
    };
    const struct waf_metric after[] = {
        row(config, acl, "", "ALL", WAF_ALLOW, 7),
        row(config, acl, "", "Default_Action", WAF_ALLOW, 1), /* is new */
        row(config, acl, "", "loud-metric", WAF_BLOCK, 2),
    };

    (void)state;
    assert_string_equal(
        run(config, before, 2, after, 3)->buffer,
        "AllowedRequests Region=us-east-1 WebACL=acl-metric Rule=ALL 2\n"
        "AllowedRequests Region=us-east-1 WebACL=acl-metric "
        "Rule=Default_Action 1\n");
    config_release(config);
}

static void test_labels_have_their_namespace(void **state)
{
    struct config *config = build_good(in_nothing, resources);
    const struct waf_metric after[] = {
        {.label = true,
         .acl = STR("awswaf:000000000000:webacl:acl:"),
         .rule = STR("seen"),
         .counts = {[WAF_BLOCK] = 3}},
    };

    (void)state;
    assert_string_equal(run(config, NULL, 0, after, 1)->buffer,
                        "BlockedRequests Region=us-east-1 Label=seen "
                        "LabelNamespace=awswaf:000000000000:webacl:acl 3\n");
    config_release(config);
}

static void test_rules_with_metrics_are_what_there_may_be(void **state)
{
    struct config *config = build_good(in_nothing, resources);
    unsigned counts[METRIC_RANKS];

    (void)state;
    metrics_possible(config, counts);
    assert_int_equal(counts[RANK_BALANCER], 0);
    /* ALL three times, Default_Action, Loud and Group: not Quiet, not Still. */
    assert_int_equal(counts[RANK_ACL], 6);
    assert_int_equal(counts[RANK_RULE_GROUP], 4);
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_have_the_metric_names_of_their_visibility),
        cmocka_unit_test(test_rules_without_metrics_have_none),
        cmocka_unit_test(test_only_what_came_since_the_minute_before_counts),
        cmocka_unit_test(test_labels_have_their_namespace),
        cmocka_unit_test(test_rules_with_metrics_are_what_there_may_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

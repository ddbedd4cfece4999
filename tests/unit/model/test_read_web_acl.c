/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "builds.h"
#include "model/config.h"
#include "model/web_acl.h"
#include "values.h"

#define SEEN                                                                   \
    "VisibilityConfig: {MetricName: m, SampledRequestsEnabled: true, "         \
    "CloudWatchMetricsEnabled: true}"
#define GEO "Statement: {GeoMatchStatement: {CountryCodes: [AQ]}}"
#define BARE(name, priority)                                                   \
    "{Name: " name ", Priority: " priority ", Action: {Block: {}}, " GEO       \
    ", " SEEN "}"
#define ACL(more)                                                              \
    "Acl: {Type: WA, Properties: {Name: shop, Scope: REGIONAL, "               \
    "DefaultAction: {Allow: {}}, " SEEN more "}}"
#define R "web ACL Acl: Rules[0]"
#define UUID "0b1d9c1e-4f64-4c39-9d1e-2f0a5c2f7a10"

static void is_text(struct str s, const char *text)
{
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.p, text, s.n);
}

static const struct config_web_acl *acl_of(const struct config *config)
{
    assert_non_null(config->waf);
    assert_int_equal(config->waf->nacls, 1);
    return config->waf->acls[0];
}

/* ---- what is kept ------------------------------------------------------------------ */

static void test_an_acl_has_its_arn_and_its_label_prefix(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Acl: {Type: WA, Properties: {Name: shop, Description: demo acl, "
        "Scope: REGIONAL, DefaultAction: {Allow: {}}, " SEEN
        "}, Metadata: {Sluice: {Id: " UUID "}}}");
    const struct config_web_acl *acl = acl_of(config);

    (void)state;
    is_text(acl->entity.name, "shop");
    is_text(acl->entity.description, "demo acl");
    is_text(acl->entity.uuid, UUID);
    is_text(acl->entity.arn, "arn:aws:wafv2:us-east-1:000000000000:regional/"
                             "webacl/shop/" UUID);
    is_text(acl->label_prefix, "awswaf:000000000000:webacl:shop:");
    assert_false(acl->entity.cloudfront);
    assert_int_equal(acl->default_action.type, WAF_ALLOW);
    is_text(acl->visibility.metric, "m");
    assert_ptr_equal(acl->waf, config->waf);
    config_release(config);
}

static void test_an_arn_that_is_said_is_the_arn(void **state)
{
    struct config *config = build_good(
        in_nothing,
        "Acl: {Type: WA, Properties: {Name: shop, Scope: REGIONAL, "
        "DefaultAction: {Block: {}}, " SEEN
        "}, Metadata: {Sluice: {Arn: 'arn:aws:wafv2:eu-west-1:123456789012:"
        "regional/webacl/shop/" UUID "', LockToken: x}}}");

    (void)state;
    is_text(acl_of(config)->entity.arn,
            "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/" UUID);
    is_text(acl_of(config)->label_prefix, "awswaf:123456789012:webacl:shop:");
    config_release(config);
}

static void test_without_a_name_it_is_called_by_its_logical_id(void **state)
{
    struct config *config = build_good(
        in_nothing, "Ips: {Type: IP, Properties: {Scope: CLOUDFRONT, "
                    "IPAddressVersion: IPV6, Addresses: ['2001:db8::/32', "
                    "'::/1']}}");
    const struct config_ip_set *set = config->waf->ip_sets[0];
    static const char arn[] =
        "arn:aws:wafv2:us-east-1:000000000000:global/ipset/Ips/";

    (void)state;
    is_text(set->entity.name, "Ips");
    assert_true(set->entity.cloudfront);
    assert_memory_equal(set->entity.arn.p, arn, sizeof(arn) - 1);
    assert_true(set->ipv6);
    assert_int_equal(set->n, 2);
    assert_int_equal(set->ranges[0].bits, 32);
    config_release(config);
}

/* Checklist 13, 26: by priority, from 0 on, with gaps. */
static void test_rules_ascend_by_priority(void **state)
{
    struct config *config = build_good(
        in_rules,
        BARE("c", "2147483647") "," BARE("a", "0") "," BARE("b", "7"));
    const struct config_web_acl *acl = acl_of(config);

    (void)state;
    assert_int_equal(acl->nrules, 3);
    is_text(acl->rules[0].name, "a");
    is_text(acl->rules[1].name, "b");
    is_text(acl->rules[2].name, "c");
    assert_int_equal(acl->rules[2].priority, 2147483647);
    config_release(config);
}

/* Checklist 14. */
static void test_groups_of_firewall_manager_stand_around_the_rules(void **state)
{
#define OUTER(name, priority)                                                  \
    "[{Name: " name ", Priority: " priority                                    \
    ", FirewallManagerStatement: {RuleGroupReferenceStatement: {Arn: "         \
    "@Own}}, OverrideAction: {Count: {}}, " SEEN "}]"
    struct config *config = build_good(
        in_acl,
        "PostProcessFirewallManagerRuleGroups: " OUTER(
            "last", "0") ", Rules: [" BARE("own",
                                           "5") "], "
                                                "PreProcessFirewallManagerRuleG"
                                                "roups: " OUTER("first", "9"));
    const struct config_web_acl *acl = acl_of(config);

    (void)state;
    assert_int_equal(acl->nrules, 3);
    is_text(acl->rules[0].name, "first");
    is_text(acl->rules[1].name, "own");
    is_text(acl->rules[2].name, "last");
    assert_true(acl->rules[0].count);
    assert_int_equal(acl->rules[2].statement->type, WAF_GROUP);
    assert_int_equal(acl->capacity, 101);
    config_release(config);
}

static void test_actions_have_headers_and_answers(void **state)
{
    struct config *config = build_good(
        in_acl,
        "CustomResponseBodies: {slow: {ContentType: APPLICATION_JSON, Content: "
        "wait}}, CaptchaConfig: {ImmunityTimeProperty: {ImmunityTime: 60}}, "
        "ChallengeConfig: {ImmunityTimeProperty: {ImmunityTime: 600}}, "
        "TokenDomains: [shop.example], Rules: [{Name: a, Priority: 0, Action: "
        "{Block: {CustomResponse: {ResponseCode: 429, CustomResponseBodyKey: "
        "slow, ResponseHeaders: [{Name: Retry-After, Value: '60'}]}}}, " GEO
        ", " SEEN ", RuleLabels: [{Name: 'a:b'}, {Name: c}]}, {Name: b, "
        "Priority: 1, Action: {Count: {CustomRequestHandling: {InsertHeaders: "
        "[{Name: geo, Value: x}]}}}, CaptchaConfig: {ImmunityTimeProperty: "
        "{ImmunityTime: 70}}, " GEO ", " SEEN "}]");
    const struct config_web_acl *acl = acl_of(config);
    const struct waf_action *block = &acl->rules[0].action;

    (void)state;
    assert_int_equal(block->type, WAF_BLOCK);
    assert_int_equal(block->status, 429);
    is_text(block->body->content_type, "application/json");
    is_text(block->body->content, "wait");
    assert_int_equal(block->nheaders, 1);
    is_text(block->headers[0].name, "Retry-After");
    assert_int_equal(acl->rules[0].nlabels, 2);
    is_text(acl->rules[0].labels[0], "a:b");
    assert_int_equal(acl->rules[1].action.type, WAF_COUNT);
    assert_int_equal(acl->rules[1].action.ninserted, 1);
    is_text(acl->rules[1].action.inserted[0].value, "x");
    assert_int_equal(acl->rules[1].captcha_immunity_s, 70);
    assert_int_equal(acl->captcha_immunity_s, 60);
    assert_int_equal(acl->challenge_immunity_s, 600);
    assert_int_equal(acl->ntoken_domains, 1);
    assert_int_equal(acl->capacity, 3); /* two labels are one unit */
    config_release(config);
}

static void test_data_protection_is_read(void **state)
{
    struct config *config = build_good(
        in_acl,
        "DataProtectionConfig: {DataProtections: [{Field: {FieldType: "
        "SINGLE_HEADER, FieldKeys: [authorization]}, Action: HASH, "
        "ExcludeRateBasedDetails: true}, {Field: {FieldType: BODY}, Action: "
        "SUBSTITUTION}]}");
    const struct config_web_acl *acl = acl_of(config);

    (void)state;
    assert_int_equal(acl->nprotections, 2);
    assert_int_equal(acl->protections[0].field, WAF_PROTECT_HEADER);
    assert_true(acl->protections[0].hash);
    assert_true(acl->protections[0].exclude_rate_details);
    is_text(acl->protections[0].keys[0], "authorization");
    assert_int_equal(acl->protections[1].field, WAF_PROTECT_BODY);
    assert_false(acl->protections[1].hash);
    config_release(config);
}

#define LOGGING(acl)                                                           \
    "Log: {Type: LO, Properties: {ResourceArn: " acl                           \
    ", LogDestinationConfigs: ['arn:aws:s3:::aws-waf-logs-shop'], "            \
    "RedactedFields: [{SingleHeader: {Name: cookie}}, {Method: {}}], "         \
    "LoggingFilter: {DefaultBehavior: DROP, Filters: [{Behavior: KEEP, "       \
    "Requirement: MEETS_ANY, Conditions: [{ActionCondition: {Action: "         \
    "BLOCK}}, {LabelNameCondition: {LabelName: 'a:b'}}]}]}}}"

static void test_logging_is_the_acls(void **state)
{
    struct config *config = build_good(in_nothing, ACL() "," LOGGING("@Acl"));
    const struct waf_logging *logging = acl_of(config)->logging;

    (void)state;
    assert_non_null(logging);
    assert_int_equal(logging->ndestinations, 1);
    assert_int_equal(logging->nredacted, 2);
    assert_int_equal(logging->redacted[0].type, WAF_FIELD_SINGLE_HEADER);
    is_text(logging->redacted[0].name, "cookie");
    assert_true(logging->drop);
    assert_int_equal(logging->nfilters, 1);
    assert_true(logging->filters[0].keep);
    assert_false(logging->filters[0].all);
    assert_int_equal(logging->filters[0].n, 2);
    assert_true(logging->filters[0].conditions[1].label);
    is_text(logging->filters[0].conditions[0].word, "BLOCK");
    config_release(config);
}

#define BALANCER "Lb: {Type: LB},\n"
#define ASSOCIATION(id)                                                        \
    id ": {Type: AS, Properties: {WebACLArn: @Acl, ResourceArn: @Lb}}"

static void test_an_association_gives_the_load_balancer_its_acl(void **state)
{
    struct config *config =
        build_good(in_nothing, BALANCER ACL() "," ASSOCIATION("As"));
    struct config_waf *waf = config->waf;

    (void)state;
    assert_ptr_equal(config->load_balancers[0]->web_acl, acl_of(config));
    /* A program may outlive the config. */
    config_waf_hold(waf);
    config_release(config);
    is_text(waf->acls[0]->entity.name, "shop");
    config_waf_release(waf);
}

static void test_an_association_with_what_is_elsewhere_is_none(void **state)
{
    struct config *config = build_good(
        in_nothing,
        BALANCER ACL() ",As: {Type: AS, Properties: {WebACLArn: @Acl, "
                       "ResourceArn: 'arn:aws:apigateway:us-east-1::/restapis/"
                       "a/stages/b'}}");

    (void)state;
    assert_null(config->load_balancers[0]->web_acl);
    config_release(config);
}

/* ---- digests ------------------------------------------------------------------------ */

static void digest_of(const char *text, uint8_t digest[32])
{
    struct config *config = build_good(in_nothing, text);

    memcpy(digest, acl_of(config)->digest, 32);
    config_release(config);
}

#define WITH(address, name, log)                                               \
    "Ips: {Type: IP, Properties: {Scope: REGIONAL, IPAddressVersion: IPV4, "   \
    "Addresses: [" address "]}},\n" ACL(                                       \
        ", Rules: [{Name: " name                                               \
        ", Priority: 0, Action: {Block: {}}, Statement: {NotStatement: "       \
        "{Statement: {IPSetReferenceStatement: {Arn: @Ips}}}}, " SEEN "}]")    \
        log

static void test_digests_tell_acls_apart_and_those_they_refer_to(void **state)
{
    static const char *const other[] = {
        WITH("192.0.2.1/32", "a", ""), WITH("192.0.2.0/32", "b", ""),
        WITH("192.0.2.0/32", "a", ",\n" LOGGING("@Acl"))};
    uint8_t first[32];
    uint8_t again[32];

    (void)state;
    digest_of(WITH("192.0.2.0/32", "a", ""), first);
    digest_of("\n\n" WITH("192.0.2.0/32", "a", ""), again);
    assert_memory_equal(first, again, 32);
    for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
        digest_of(other[i], again);
        assert_memory_not_equal(first, again, 32);
    }
}

/* ---- rules, checklist 9, 10, 11, 32 -------------------------------------------------- */

static const struct fault rules[] = {
    {"^{Name: R, Priority: 1, " GEO ", " SEEN "}", R " has no Action",
     "add Action: {Block: {}}"},
    {"^{Name: R, Priority: 1, OverrideAction: {None: {}}, " GEO ", " SEEN "}",
     R " has no Action",
     "add Action: {Block: {}} in the place of OverrideAction, which is of rule "
     "groups"},
    {"^{Name: R, Priority: 1, Action: {Block: {}}, OverrideAction: {None: "
     "{}}, " GEO ", " SEEN "}",
     R " has Action and OverrideAction",
     "leave out OverrideAction: that is of rule groups"},
    {"^{Name: R, Priority: 1, Action: {Block: {}}, Statement: "
     "{RuleGroupReferenceStatement: {Arn: @Own}}, " SEEN "}",
     R " has no OverrideAction",
     "add OverrideAction: {None: {}} in the place of Action: its statement is "
     "a rule group"},
    {"{Name: R, Priority: 1, OverrideAction: {None: {}}, RuleLabels: ^[{Name: "
     "x}], Statement: {RuleGroupReferenceStatement: {Arn: @Own}}, " SEEN "}",
     R ".RuleLabels stands at a rule whose statement is a rule group",
     "leave it out: the rules of the group have labels"},
    {"{Name: R, Priority: 1, Action: {Block: {}}, RuleLabels: [{Name: "
     "^'x:aws:y'}], " GEO ", " SEEN "}",
     R ".RuleLabels[0].Name cannot be \"x:aws:y\": awswaf, aws, waf, "
       "rulegroup, webacl, regexpatternset, ipset and managed are AWS's own "
       "words",
     "write another one"},
    {"{Name: R, Priority: 1, Action: {Block: {}}, RuleLabels: [{Name: "
     "^'a:b:c:d:e:f:g'}], " GEO ", " SEEN "}",
     R ".RuleLabels[0].Name cannot be \"a:b:c:d:e:f:g\": it has more than 5 "
       "namespaces",
     "leave some out"},
    {"{Name: R, Priority: 1, Action: {Block: {}}, RuleLabels: [{Name: "
     "^'a::b'}], " GEO ", " SEEN "}",
     R ".RuleLabels[0].Name cannot be \"a::b\": a part between colons is empty",
     "write NAMESPACE:NAME"},
    {BARE("a", "1") ",\n^" BARE("b", "1"),
     "web ACL Acl: rule b has priority 1, which is that of rule a (line 6) as "
     "well",
     "give it another one"},
    {BARE("a", "1") ",\n^" BARE("a", "2"),
     "web ACL Acl: two rules are called a (line 6)",
     "give this one another name"},
    {"{Name: ^'a b', Priority: 1, Action: {Block: {}}, " GEO ", " SEEN "}",
     R ".Name cannot be \"a b\"", "write letters, digits, \"-\" and \"_\""},
    {"{Name: R, Priority: ^-1, Action: {Block: {}}, " GEO ", " SEEN "}",
     R ".Priority is -1: it must be a whole number from 0 to 2147483647",
     "write Priority: 10"},
    {"{Name: R, Priority: 1, Action: ^{Allow: {}}, Statement: "
     "{RateBasedStatement: {Limit: 10, AggregateKeyType: IP}}, " SEEN "}",
     R ".Action is Allow: a rate-based rule has any other one",
     "write Action: {Block: {}}, or Count, Captcha, Challenge"},
    {"^{Name: R, Priority: 1, Action: {Block: {}}, " GEO "}",
     R ".VisibilityConfig is missing",
     "add VisibilityConfig: {MetricName: NAME, SampledRequestsEnabled: true, "
     "CloudWatchMetricsEnabled: true}"},
};

static void test_rules_are_checked(void **state)
{
    (void)state;
    CHECK_ERRORS(in_rules, rules);
}

/* ---- actions, checklist 94 -------------------------------------------------------------- */

#define ACTION(action) "Action: " action ", " GEO

static const struct fault actions[] = {
    {ACTION("^{}"), R ".Action is empty",
     "write Allow, Block, Count, Captcha, Challenge or Monetize"},
    {ACTION("{Allow: {}, ^Count: {}}"),
     R ".Action has Allow and Count: it has exactly one of them",
     "leave one out"},
    {ACTION("{Block: {CustomResponse: {ResponseCode: ^418}}}"),
     R ".Action.Block.CustomResponse.ResponseCode cannot be 418",
     "write one that AWS takes, such as 403, 404, 429 or 503"},
    {ACTION("{Block: {CustomResponse: {ResponseCode: 403, "
            "CustomResponseBodyKey: ^x}}}"),
     R ".Action.Block.CustomResponse.CustomResponseBodyKey is \"x\", which "
       "CustomResponseBodies does not have",
     "add it there"},
    {ACTION("{Block: {CustomResponse: {ResponseCode: 403, ResponseHeaders: "
            "[{Name: ^Content-Type, Value: a}]}}}"),
     R ".Action.Block.CustomResponse.ResponseHeaders cannot have content-type",
     "it is the ContentType of the body"},
    {ACTION("{Block: {CustomResponse: {ResponseCode: 403, ResponseHeaders: "
            "[{Name: a, Value: b}, {Name: ^A, Value: c}]}}}"),
     R ".Action.Block.CustomResponse.ResponseHeaders: header A is given twice",
     "leave one out"},
    {ACTION("{Count: {CustomRequestHandling: {InsertHeaders: [{Name: ^'a b', "
            "Value: c}]}}}"),
     R ".Action.Count.CustomRequestHandling.InsertHeaders: no header is "
       "called \"a b\"",
     "write letters, digits and any of ._$-"},
    {ACTION("{Allow: {CustomRequestHandling: {InsertHeaders: [{Name: a, Value: "
            "^''}]}}}"),
     R ".Action.Allow.CustomRequestHandling.InsertHeaders[0].Value is empty",
     "write Value: \"60\""},
};

static void test_actions_are_checked(void **state)
{
    (void)state;
    CHECK_ERRORS(in_acl_rule, actions);
}

static const struct fault monetized[] = {
    {ACTION("{^Monetize: {PriceMultiplier: '2'}}"),
     R ".Action.Monetize is CloudFront's alone: it counts here",
     "write another action"},
};

static void test_what_is_cloudfronts_counts_and_is_doubted(void **state)
{
    (void)state;
    CHECK_DOUBTS(in_acl_rule, monetized);
}

/* ---- ACLs ------------------------------------------------------------------------------- */

#define OF_ACL "web ACL Acl: "

static const struct fault acls[] = {
    {"ChallengeConfig: {ImmunityTimeProperty: {ImmunityTime: ^299}}",
     OF_ACL "ChallengeConfig.ImmunityTimeProperty.ImmunityTime is 299: it is "
            "300 to 259200 seconds",
     "write ImmunityTime: 300"},
    {"CaptchaConfig: {ImmunityTimeProperty: {ImmunityTime: ^59}}",
     OF_ACL "CaptchaConfig.ImmunityTimeProperty.ImmunityTime is 59: it must be "
            "a whole number from 60 to 259200",
     "write ImmunityTime: 300"},
    {"TokenDomains: ^['a b']", OF_ACL "TokenDomains cannot have \"a b\"",
     "write domains such as shop.example"},
    {"CustomResponseBodies: {^'a b': {ContentType: TEXT_PLAIN, Content: x}}",
     OF_ACL "CustomResponseBodies cannot have the key \"a b\"",
     "write 1 to 128 letters, digits, \"-\" and \"_\""},
    {"CustomResponseBodies: {a: {ContentType: ^TEXT, Content: x}}",
     OF_ACL "CustomResponseBodies.a.ContentType cannot be \"TEXT\"",
     "did you mean \"TEXT_PLAIN\"?"},
    {"Rules: ^{}", OF_ACL "Rules must be a list of rules, this is a map",
     "write it as a list, even of one"},
    {"DataProtectionConfig: {DataProtections: [{Field: {FieldType: "
     "^SINGLE_COOKIE}, Action: HASH}]}",
     OF_ACL "DataProtectionConfig.DataProtections[0] has no FieldKeys",
     "add FieldKeys: [NAME]"},
    {"DataProtectionConfig: {DataProtections: [{Field: {FieldType: BODY, "
     "FieldKeys: ^[a]}, Action: HASH}]}",
     OF_ACL "DataProtectionConfig.DataProtections[0] has FieldKeys, which its "
            "FieldType does not have",
     "leave them out"},
};

static void test_acls_are_checked(void **state)
{
    (void)state;
    CHECK_ERRORS(in_acl, acls);
}

/* Checklist 7. */
static void test_an_unknown_member_is_ignored_with_one_warning(void **state)
{
    struct region region = {NULL};
    struct report report = {.strict = false};
    const struct local local = {.retry = RETRY_OFF};
    struct place mark;
    const struct value *resources = values_parse(
        &region,
        ACL(", NewThing: {A: 1}, Rules: [{Name: R, Priority: 1, NewThing: 1, "
            "Action: {Block: {}}, " GEO ", " SEEN "}]"),
        &mark);
    struct config *config =
        config_build(resources, STR("test"), &local, &report);

    (void)state;
    assert_non_null(config);
    assert_int_equal(report.warnings, 1);
    assert_non_null(strstr(report.first->what.p,
                           "has no property \"NewThing\" that Sluice knows"));
    config_release(config);
    report_end(&report);
    region_end(&region);
}

static const struct fault several[] = {
    {"A: {Type: IP, Properties: {Name: x, Scope: REGIONAL, IPAddressVersion: "
     "IPV4, Addresses: []}},\nB: {Type: IP, Properties: {Name: ^x, Scope: "
     "REGIONAL, IPAddressVersion: IPV4, Addresses: []}}",
     "IP set B: Name \"x\" is that of IP set A (line 1) as well",
     "names of a kind are unique: give it another one"},
    {"A: {Type: IP, Properties: {Name: ^'x y', Scope: REGIONAL, "
     "IPAddressVersion: IPV4, Addresses: []}}",
     "IP set A: Name cannot be \"x y\"",
     "write 1 to 128 letters, digits, \"-\" and \"_\""},
    {"A: {Type: IP, Properties: {Description: ^xy, Scope: REGIONAL, "
     "IPAddressVersion: IPV4, Addresses: []}}",
     "IP set A: Description cannot be \"xy\"",
     "write 3 to 256 letters, digits, spaces and any of _+=:#@/-,."},
    {"A: {Type: RX, Properties: {Scope: ^GLOBAL, RegularExpressionList: []}}",
     "regex pattern set A: Scope cannot be \"GLOBAL\"",
     "write REGIONAL or CLOUDFRONT"},
    {"A: {Type: WG, Properties: {Scope: REGIONAL, Capacity: ^1, " SEEN
     ", Rules: [{Name: a, Priority: 1, Action: {Block: {}}, Statement: "
     "{XssMatchStatement: {FieldToMatch: {Method: {}}, TextTransformations: "
     "[{Priority: 0, Type: NONE}]}}, " SEEN "}]}}",
     "rule group A: Capacity is 1, and the rules need 40",
     "write Capacity: 40"},
    {"A: {Type: WG, Properties: {Scope: REGIONAL, Capacity: 50, " SEEN
     ", Rules: [{Name: a, Priority: 1, OverrideAction: {None: {}}, Statement: "
     "{^ManagedRuleGroupStatement: {VendorName: AWS, Name: "
     "AWSManagedRulesSQLiRuleSet}}, " SEEN "}]}}",
     "rule group A: Rules[0].Statement: a ManagedRuleGroupStatement stands in "
     "no rule group",
     "move the rule to the web ACL"},
    {BALANCER ACL() ",\n" ASSOCIATION(
         "A") ",\nAcm: {Type: WA, Properties: "
              "{Scope: REGIONAL, DefaultAction: {Allow: {}}, " SEEN
              "}},\nB: {Type: AS, Properties: {WebACLArn: @Acm, "
              "ResourceArn: ^@Lb}}",
     "web ACL association B: load balancer Lb has web ACL Acl already",
     "it has one at most: leave one association out"},
    {BALANCER "Acf: {Type: WA, Properties: {Scope: CLOUDFRONT, DefaultAction: "
              "{Allow: {}}, " SEEN
              "}, Metadata: {Sluice: {Arn: 'arn:aws:wafv2:us-east-1:0:global/"
              "webacl/Acf/1'}}},\nA: {Type: AS, Properties: {ResourceArn: @Lb, "
              "WebACLArn: ^'arn:aws:wafv2:us-east-1:0:global/webacl/Acf/1'}}",
     "web ACL association A: web ACL Acf has Scope CLOUDFRONT: it checks no "
     "load balancer",
     "write Scope: REGIONAL there"},
    {"Ips: {Type: IP, Properties: {Scope: CLOUDFRONT, IPAddressVersion: IPV4, "
     "Addresses: []}, Metadata: {Sluice: {Arn: 'arn:aws:wafv2:us-east-1:0:"
     "global/ipset/Ips/1'}}},\nA: {Type: WA, Properties: {Scope: REGIONAL, "
     "DefaultAction: {Allow: {}}, " SEEN
     ", Rules: [{Name: a, Priority: 1, Action: {Block: {}}, Statement: "
     "{IPSetReferenceStatement: {Arn: ^'arn:aws:wafv2:us-east-1:0:global/ipset/"
     "Ips/1'}}, " SEEN "}]}}",
     "web ACL A: Rules[0].Statement.IPSetReferenceStatement.Arn is Ips of "
     "Scope CLOUDFRONT",
     "name one of Scope REGIONAL"},
    {ACL() ",\nLog: {Type: LO, Properties: {ResourceArn: @Acl, "
           "LogDestinationConfigs: [^'arn:aws:s3:::logs']}}",
     "logging configuration Log: LogDestinationConfigs[0] is "
     "\"arn:aws:s3:::logs\": the name of a destination begins with "
     "aws-waf-logs-",
     "rename it"},
    {ACL() ",\n" LOGGING("@Acl") ",\nMore: {Type: LO, Properties: "
                                 "{ResourceArn: ^@Acl, LogDestinationConfigs: "
                                 "['arn:aws:s3:::aws-waf-logs-x']}}",
     "logging configuration More: web ACL Acl has a logging configuration "
     "already (line 2)",
     "leave one of them out"},
};

static void test_resources_are_checked_among_each_other(void **state)
{
    (void)state;
    CHECK_ERRORS(in_nothing, several);
}

/* Checklist 77. */
static const struct fault addresses[] = {
    {"[^0.0.0.0/0]", "IP set A: Addresses cannot have \"0.0.0.0/0\"",
     "write blocks of IPv4 with /1 to /32, such as 192.0.2.44/32"},
    {"[192.0.2.0/24, ^192.0.2.1]",
     "IP set A: Addresses cannot have \"192.0.2.1\"",
     "write blocks of IPv4 with /1 to /32, such as 192.0.2.44/32"},
    {"[^'2001:db8::/32']", "IP set A: Addresses cannot have \"2001:db8::/32\"",
     "write blocks of IPv4 with /1 to /32, such as 192.0.2.44/32"},
    {"^192.0.2.1/32", "IP set A: Addresses must be a list of strings",
     "write Addresses: [192.0.2.0/24]"},
};

static void test_addresses_of_ip_sets_are_checked(void **state)
{
    static const char frame[] = "A: {Type: IP, Properties: {Scope: REGIONAL, "
                                "IPAddressVersion: IPV4, Addresses: %s}}";

    (void)state;
    CHECK_ERRORS(frame, addresses);
}

/* ---- quotas, aws-waf.md 6.2 ------------------------------------------------------------ */

static const struct quota_case {
    const char *before;
    const char *each; /* %u: its number */
    const char *after;
    unsigned most;
    const char *what;
} quotas[] = {
    {"Rules: [",
     "{Name: r%u, Priority: %u, Action: {Block: {}}, " SEEN
     ", Statement: {RateBasedStatement: {Limit: 10, "
     "AggregateKeyType: IP}}},",
     "]", 10, "there are more than 10 rate-based rules"},
    {"Rules: [",
     "{Name: r%u, Priority: %u, Action: {Block: {}}, " SEEN
     ", Statement: {IPSetReferenceStatement: {Arn: @Ips}}},",
     "]", 50, "it refers to rule groups and sets 51 times: AWS takes 50"},
    {"Rules: [",
     "{Name: r%u, Priority: %u, Action: {Block: {}}, " SEEN
     ", Statement: {XssMatchStatement: {FieldToMatch: {Method: "
     "{}}, TextTransformations: [{Priority: 0, Type: NONE}]}}},",
     "]", 125, "its rules need 5040 capacity units: AWS takes 5000"},
    {"TokenDomains: [", "d%u.example,", "]", 10,
     "TokenDomains has 11 domains: AWS takes 10"},
    {"CustomResponseBodies: {", "b%u: {ContentType: TEXT_HTML, Content: x},",
     "}", 50, "CustomResponseBodies has 51 bodies: AWS takes 50"},
    {"CustomResponseBodies: {b: {ContentType: TEXT_HTML, Content: '", "1234",
     "'}}", 1024,
     "CustomResponseBodies.b.Content has 4100 bytes: AWS takes 4096"},
};

static void put_quota(char *text, size_t cap, const struct quota_case *c,
                      unsigned n)
{
    size_t at = (size_t)snprintf(text, cap, "%s", c->before);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    for (unsigned i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, cap - at, c->each, i, i);
#pragma GCC diagnostic pop
    snprintf(text + at, cap - at, "%s", c->after);
}

static void test_more_than_quotas_allow_is_doubted(void **state)
{
    static char text[128 * 1024];
    static char whole[160 * 1024];

    (void)state;
    for (size_t i = 0; i < sizeof(quotas) / sizeof(*quotas); i++) {
        for (unsigned more = 0; more < 2; more++) {
            struct region region = {NULL};
            struct report report = {.strict = false};
            const struct local local = {.retry = RETRY_OFF};
            struct place mark;
            struct config *config;

            put_quota(text, sizeof(text), &quotas[i], quotas[i].most + more);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(whole, sizeof(whole), in_acl, text);
#pragma GCC diagnostic pop
            config = config_build(values_parse(&region, whole, &mark),
                                  STR("test"), &local, &report);
            assert_non_null(config);
            assert_int_equal(report.warnings, more);
            if (more) {
                assert_non_null(strstr(report.first->what.p, quotas[i].what));
                assert_string_equal(report.first->code,
                                    "WAFLimitsExceededException");
            }
            config_release(config);
            report_end(&report);
            region_end(&region);
        }
    }
}

/* ---- what the API says of it --------------------------------------------------------- */

static const struct detail_case {
    const char *text;
    const char *code;
    const char *field;
    const char *parameter;
    const char *reason;
} details[] = {
    {"Rules: [{Name: R, Priority: 1, " GEO ", " SEEN "}]",
     "WAFInvalidParameterException", "RULE", "Rule",
     "Your statement has multiple values set for a field that requires exactly "
     "one value."},
    {"Rules: [{Name: R, Priority: 1, Action: {Block: {}}, Statement: {}, " SEEN
     "}]",
     "WAFInvalidParameterException", "STATEMENT", "Statement",
     "You have used none or multiple values for a field that requires exactly "
     "one value."},
    {"Rules: [{Name: R, Priority: x, Action: {Block: {}}, " GEO ", " SEEN "}]",
     "WAFInvalidParameterException", "RULE", "", NULL},
};

static void test_problems_have_what_the_api_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(details) / sizeof(*details); i++) {
        struct region region = {NULL};
        struct report report = {.strict = false};
        const struct local local = {.retry = RETRY_OFF};
        struct place mark;
        char text[2048];
        const struct problem *p;

        snprintf(text, sizeof(text), ACL(", %s"), details[i].text);
        assert_null(config_build(values_parse(&region, text, &mark),
                                 STR("test"), &local, &report));
        p = report_first_error(&report);
        assert_string_equal(p->code, details[i].code);
        assert_string_equal(p->field, details[i].field);
        is_text(p->parameter, details[i].parameter);
        assert_int_equal(p->reason == NULL, details[i].reason == NULL);
        if (p->reason)
            assert_string_equal(p->reason, details[i].reason);
        report_end(&report);
        region_end(&region);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_acl_has_its_arn_and_its_label_prefix),
        cmocka_unit_test(test_an_arn_that_is_said_is_the_arn),
        cmocka_unit_test(test_without_a_name_it_is_called_by_its_logical_id),
        cmocka_unit_test(test_rules_ascend_by_priority),
        cmocka_unit_test(
            test_groups_of_firewall_manager_stand_around_the_rules),
        cmocka_unit_test(test_actions_have_headers_and_answers),
        cmocka_unit_test(test_data_protection_is_read),
        cmocka_unit_test(test_logging_is_the_acls),
        cmocka_unit_test(test_an_association_gives_the_load_balancer_its_acl),
        cmocka_unit_test(test_an_association_with_what_is_elsewhere_is_none),
        cmocka_unit_test(test_digests_tell_acls_apart_and_those_they_refer_to),
        cmocka_unit_test(test_rules_are_checked),
        cmocka_unit_test(test_actions_are_checked),
        cmocka_unit_test(test_what_is_cloudfronts_counts_and_is_doubted),
        cmocka_unit_test(test_acls_are_checked),
        cmocka_unit_test(test_an_unknown_member_is_ignored_with_one_warning),
        cmocka_unit_test(test_resources_are_checked_among_each_other),
        cmocka_unit_test(test_addresses_of_ip_sets_are_checked),
        cmocka_unit_test(test_more_than_quotas_allow_is_doubted),
        cmocka_unit_test(test_problems_have_what_the_api_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

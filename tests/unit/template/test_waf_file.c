/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "loading.h"
#include "model/config.h"
#include "template/waf_file.h"

#define SEEN                                                                   \
    "\"VisibilityConfig\":{\"SampledRequestsEnabled\":true,"                   \
    "\"CloudWatchMetricsEnabled\":true,\"MetricName\":\"m\"}"
#define UUID "0b1d9c1e-4f64-4c39-9d1e-2f0a5c2f7a10"
#define ARN(kind, name)                                                        \
    "arn:aws:wafv2:eu-west-1:123456789012:regional/" kind "/" name "/" UUID
#define RULE(statement)                                                        \
    "{\"Name\":\"r\",\"Priority\":0,\"Action\":{\"Block\":{}}," SEEN           \
    ",\"Statement\":" statement "}"

struct read {
    struct region region;
    struct report report;
    const struct value *resources;
    struct config *config; /* NULL: it is wrong */
};

static const struct template_options options = {.stack = {"test", 4}};

static void build(struct read *r)
{
    const struct local local = {.retry = RETRY_OFF};

    if (r->resources)
        r->config = config_build(r->resources, STR("test"), &local, &r->report);
}

static void read_texts(struct read *r, const char *const *texts, unsigned n)
{
    static const char *const names[] = {"a.json", "b.json", "c.json"};
    struct template_source sources[3];

    *r = (struct read){.config = NULL};
    for (unsigned i = 0; i < n; i++)
        sources[i] = (struct template_source){names[i], str_of(texts[i])};
    r->resources = waf_file_parse(sources, n, &options, &r->region, &r->report);
    build(r);
}

static void end(struct read *r)
{
    config_release(r->config);
    report_end(&r->report);
    region_end(&r->region);
}

static void print(const struct report *report)
{
    for (const struct problem *p = report->first; p; p = p->next)
        print_message("%u:%u: %s\n    %s\n", p->place.line, p->place.column,
                      p->what.p, p->remedy.p);
}

static const struct config_web_acl *only_acl(const struct read *r)
{
    print(&r->report);
    assert_non_null(r->config);
    assert_non_null(r->config->waf);
    assert_int_equal(r->config->waf->nacls, 1);
    return r->config->waf->acls[0];
}

static void is_text(struct str s, const char *text)
{
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.p, text, s.n);
}

/* ---- what the API prints --------------------------------------------------------- */

#define BODY                                                                   \
    "\"Name\":\"shop\",\"DefaultAction\":{\"Allow\":{}}," SEEN                 \
    ",\"Rules\":[" RULE("{\"ByteMatchStatement\":{\"SearchString\":\"L2E=\","  \
                        "\"PositionalConstraint\":\"EXACTLY\","                \
                        "\"FieldToMatch\":{\"UriPath\":"                       \
                        "{}},\"TextTransformations\":[{\"Priority\":0,"        \
                        "\"Type\":\"NONE\"}]}}") "]"

static void check_shop(const char *text)
{
    struct read r;
    const struct config_web_acl *acl;

    read_texts(&r, &text, 1);
    acl = only_acl(&r);
    assert_null(r.report.first);
    is_text(acl->entity.id, "shop");
    assert_int_equal(acl->nrules, 1);
    is_text(acl->rules[0].statement->u.byte_match.search, "/a");
    end(&r);
}

/* Checklist 1 and 2: with the wrapper and without, and what Create takes. */
static void test_a_web_acl_is_read_in_each_wrapping(void **state)
{
    (void)state;
    check_shop("{\"WebACL\":{\"Id\":\"" UUID "\",\"ARN\":\"" ARN(
        "webacl", "shop") "\",\"Capacity\":2,\"LabelNamespace\":\"x\"," BODY
                          "},\"LockToken\":\"x\"}");
    check_shop("{\"Id\":\"" UUID "\"," BODY "}");
    check_shop("{\"Scope\":\"REGIONAL\"," BODY "}");
}

/* The ACL of aws-waf.md 1.7 as it stands there. */
static void test_a_whole_acl_keeps_its_arn_and_account(void **state)
{
    const char *top = getenv("TOP_SRCDIR");
    char path[512];
    const char *file = path;
    struct read r = {.config = NULL};
    const struct config_web_acl *acl;

    (void)state;
    snprintf(path, sizeof(path), "%s/tests/unit/model/data/web-acl-shop.json",
             top ? top : ".");
    r.resources = waf_file_read(&file, 1, &options, &r.region, &r.report);
    build(&r);
    acl = only_acl(&r);
    is_text(acl->entity.arn, ARN("webacl", "shop"));
    is_text(acl->label_prefix, "awswaf:123456789012:webacl:shop:");
    assert_int_equal(acl->capacity, 802);
    assert_int_equal(acl->nrules, 5);
    assert_int_equal(acl->rules[2].place.line, 17);
    end(&r);
}

/* Checklist 6: side files. */
static void test_files_refer_to_each_other_by_arn(void **state)
{
    static const char *const texts[] = {
        "{\"DefaultAction\":{\"Allow\":{}}," SEEN
        ",\"Name\":\"shop\",\"Rules\":[" RULE(
            "{\"AndStatement\":{\"Statements\":[{\"IPSetReferenceStatement\":"
            "{\"ARN\":\"" ARN(
                "ipset",
                "deny") "\"}},"
                        "{\"RegexPatternSetReferenceStatement\":{\"ARN\":"
                        "\"" ARN("regexpatternset",
                                 "deny") "\",\"FieldToMatch\":{\"Method\":{}},"
                                         "\"TextTransformations\":[{"
                                         "\"Priority\":0,\"Type\":"
                                         "\"NONE\"}]}}]}}") "]}",
        "{\"IPSet\":{\"Name\":\"deny\",\"Id\":\"" UUID "\",\"ARN\":\"" ARN(
            "ipset", "deny") "\",\"Description\":\"\",\"IPAddressVersion\":"
                             "\"IPV4\",\"Addresses\":[\"192.0.2.0/24\"]},"
                             "\"LockToken\":\"x\"}",
        "{\"RegexPatternSet\":{\"Name\":\"deny\",\"ARN\":\"" ARN(
            "regexpatternset",
            "deny") "\",\"RegularExpressionList\":[{\"RegexString\":\"^a\"}]},"
                    "\"LockToken\":\"x\"}"};
    struct read r;
    const struct waf_statement *s;

    (void)state;
    read_texts(&r, texts, 3);
    s = only_acl(&r)->rules[0].statement;
    assert_ptr_equal(s->u.nested.statements[0]->u.ip_set.set,
                     r.config->waf->ip_sets[0]);
    is_text(s->u.nested.statements[1]->u.regex_set->patterns[0], "^a");
    assert_null(r.report.first);
    end(&r);
}

/* Checklist 3: a template, of which nothing else matters. */
static void test_a_template_is_read_for_its_web_acls(void **state)
{
    static const char *const texts[] = {
        "Resources:\n"
        "  Deny:\n"
        "    Type: AWS::WAFv2::IPSet\n"
        "    Properties: {Scope: REGIONAL, IPAddressVersion: IPV4,\n"
        "      Addresses: [192.0.2.0/24]}\n"
        "  Acl:\n"
        "    Type: AWS::WAFv2::WebACL\n"
        "    Properties:\n"
        "      Scope: REGIONAL\n"
        "      DefaultAction: {Allow: {}}\n"
        "      VisibilityConfig: {MetricName: m,\n"
        "        SampledRequestsEnabled: true, CloudWatchMetricsEnabled: "
        "true}\n"
        "      Rules:\n"
        "        - {Name: r, Priority: 0, Action: {Block: {}},\n"
        "           Statement: {IPSetReferenceStatement: {Arn: !GetAtt "
        "Deny.Arn}},\n"
        "           VisibilityConfig: {MetricName: m,\n"
        "             SampledRequestsEnabled: true, "
        "CloudWatchMetricsEnabled: true}}\n"
        "  As:\n"
        "    Type: AWS::WAFv2::WebACLAssociation\n"
        "    Properties: {WebACLArn: !GetAtt Acl.Arn, ResourceArn: !Ref Lb}\n"
        "  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}\n"};
    struct read r;
    const struct config_web_acl *acl;

    (void)state;
    read_texts(&r, texts, 1);
    acl = only_acl(&r);
    is_text(acl->entity.name, "Acl");
    assert_non_null(acl->rules[0].statement->u.ip_set.set);
    assert_int_equal(r.config->nload_balancers, 0);
    assert_null(r.report.first);
    end(&r);
}

/* ---- what is wrong ------------------------------------------------------------------ */

static const struct {
    const char *text;
    unsigned line;
    unsigned column;
    const char *what;
} faults[] = {
    /* Checklist 5. */
    {"{\"DefaultAction\":{\"Allow\":{}},\"Rules\":[\n"
     " {\"Name\":\"login\",\"Statement\":{\"NotStatement\":{\"Statement\":\n"
     "  {\"ByteMatchStatement\":{\"SearchString\":\"/login\"}}}}}]}",
     3, 41,
     "Rules[0].Statement.NotStatement.Statement.ByteMatchStatement."
     "SearchString of rule login is no base64: the API has it so"},
    {"{\"Listeners\":[]}", 1, 1, "there is no web ACL in this file"},
    {"[]", 1, 1, "there is no web ACL in this file"},
};

static void test_what_is_wrong_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        struct read r;

        read_texts(&r, &faults[i].text, 1);
        assert_null(r.resources);
        assert_int_equal(r.report.errors, 1);
        assert_string_equal(r.report.first->what.p, faults[i].what);
        assert_int_equal(r.report.first->place.line, faults[i].line);
        assert_int_equal(r.report.first->place.column, faults[i].column);
        assert_true(r.report.first->remedy.n > 0);
        end(&r);
    }
}

/* ---- Terraform, checklist 4 ----------------------------------------------------------- */

#define TF_SEEN                                                                \
    "\"visibility_config\":[{\"cloudwatch_metrics_enabled\":true,"             \
    "\"metric_name\":\"m\",\"sampled_requests_enabled\":true}]"
#define TF_SET(address, name) TF_SET_OF("[\"192.0.2.0/24\"]", address, name)
#define TF_SET_OF(addresses, address, name)                                    \
    "{\"address\":\"" address "\",\"mode\":\"managed\",\"type\":"              \
    "\"aws_wafv2_ip_set\",\"values\":{\"addresses\":" addresses ","            \
    "\"description\":null,\"ip_address_version\":\"IPV4\",\"name\":\"" name    \
    "\",\"scope\":\"REGIONAL\",\"tags\":null}}"
#define TF_RULE(name, priority, statement)                                     \
    "{\"action\":[{\"allow\":[],\"block\":[{\"custom_response\":["             \
    "{\"custom_response_body_key\":\"no\",\"response_code\":403,"              \
    "\"response_header\":[{\"name\":\"a\",\"value\":\"b\"}]}]}],"              \
    "\"count\":[]}],\"captcha_config\":[],\"name\":\"" name                    \
    "\",\"override_action\":[],\"priority\":" priority                         \
    ",\"rule_label\":[{\"name\":\"seen\"}],\"statement\":[" statement          \
    "]," TF_SEEN "}"
#define TF_ACL(rules)                                                          \
    "{\"address\":\"aws_wafv2_web_acl.acl\",\"mode\":\"managed\",\"type\":"    \
    "\"aws_wafv2_web_acl\",\"values\":{\"custom_response_body\":[{\"key\":"    \
    "\"no\",\"content\":\"x\",\"content_type\":\"TEXT_PLAIN\"}],"              \
    "\"default_action\":[{\"allow\":[{\"custom_request_handling\":[]}],"       \
    "\"block\":[]}],\"name\":\"edge\",\"scope\":\"REGIONAL\","                 \
    "\"token_domains\":null," TF_SEEN "," rules "}}"
#define TF_CONFIG(expressions)                                                 \
    "{\"address\":\"aws_wafv2_web_acl.acl\",\"expressions\":{" expressions "}" \
    "}"
#define TF_PLAN(resources, modules, configuration)                             \
    "{\"format_version\":\"1.2\",\"planned_values\":{\"root_module\":{"        \
    "\"resources\":[" resources "]" modules                                    \
    "}},\"configuration\":{\"root_module\":" configuration "}}"
#define TF_REFERENCE(to)                                                       \
    "\"rule\":[{\"statement\":[{\"or_statement\":[{\"statement\":["            \
    "{\"geo_match_statement\":[{}]},{\"ip_set_reference_statement\":["         \
    "{\"arn\":{\"references\":[" to "]}}]}]}]}]}]"
#define TF_OR                                                                  \
    TF_RULE("r", "0",                                                          \
            "{\"and_statement\":[],\"or_statement\":[{\"statement\":["         \
            "{\"geo_match_statement\":[{\"country_codes\":[\"AQ\"],"           \
            "\"forwarded_ip_config\":[]}]},{\"ip_set_reference_statement\":["  \
            "{\"ip_set_forwarded_ip_config\":[]}]}]}]}")

static void check_reference(const char *plan)
{
    struct read r;
    const struct waf_rule *rule;
    const struct waf_statement *s;

    read_texts(&r, &plan, 1);
    rule = &only_acl(&r)->rules[0];
    assert_null(r.report.first);
    is_text(only_acl(&r)->entity.id, "aws_wafv2_web_acl.acl");
    assert_int_equal(rule->action.type, WAF_BLOCK);
    assert_int_equal(rule->action.status, 403);
    is_text(rule->action.body->content, "x");
    assert_int_equal(rule->action.nheaders, 1);
    assert_int_equal(rule->nlabels, 1);
    s = rule->statement;
    assert_int_equal(s->type, WAF_OR);
    assert_int_equal(s->u.nested.n, 2);
    assert_int_equal(s->u.nested.statements[0]->type, WAF_GEO);
    assert_non_null(s->u.nested.statements[1]->u.ip_set.set);
    is_text(s->u.nested.statements[1]->u.ip_set.set->entity.name, "deny");
    end(&r);
}

static void test_plans_are_read_with_what_they_refer_to(void **state)
{
    (void)state;
    check_reference(TF_PLAN(
        TF_ACL("\"rule\":[" TF_OR "]") "," TF_SET("aws_wafv2_ip_set.deny",
                                                  "deny"),
        "",
        "{\"resources\":[" TF_CONFIG(TF_REFERENCE(
            "\"aws_wafv2_ip_set.deny.arn\",\"aws_wafv2_ip_set.deny\"")) "]}"));
}

static void test_references_lead_through_outputs_of_modules(void **state)
{
    (void)state;
    check_reference(TF_PLAN(
        TF_ACL("\"rule\":[" TF_OR "]"),
        ",\"child_modules\":[{\"address\":\"module.sets[0]\",\"resources\":"
        "[" TF_SET("module.sets[0].aws_wafv2_ip_set.this[\\\"a\\\"]",
                   "deny") "]}]",
        "{\"resources\":[" TF_CONFIG(TF_REFERENCE(
            "\"module.sets[0].arn\"")) "],\"module_calls\":{"
                                       "\"sets\":{\"module\":{\"outputs\":{"
                                       "\"arn\":{\"expression\":"
                                       "{\"references\":[\"aws_wafv2_ip_set."
                                       "this\"]}}}}}}}"));
}

/* The configuration does not have their blocks one by one. */
static void test_dynamic_blocks_have_the_only_set_that_is_named(void **state)
{
    (void)state;
    check_reference(
        TF_PLAN(TF_ACL("\"rule\":[" TF_OR "," TF_RULE(
                    "other", "1",
                    "{\"geo_match_statement\":[{\"country_codes\":[\"AQ\"]}"
                    "]}") "]") "," TF_SET("aws_wafv2_ip_set.deny", "deny"),
                "",
                "{\"resources\":[" TF_CONFIG(
                    TF_REFERENCE("\"aws_wafv2_ip_set.deny.arn\"")) "]}"));
}

static void test_what_a_plan_does_not_say_never_matches(void **state)
{
    static const char *const plan = TF_PLAN(
        TF_ACL("\"rule\":[" TF_OR "]"), "",
        "{\"resources\":[" TF_CONFIG(TF_REFERENCE("\"local.sets\"")) "]}");
    struct read r;

    (void)state;
    read_texts(&r, &plan, 1);
    assert_non_null(r.config);
    assert_int_equal(r.report.warnings, 1);
    assert_non_null(
        strstr(r.report.first->what.p, "known after the plan is applied"));
    end(&r);
}

static void
test_rules_in_json_are_in_the_words_of_the_api_but_for_bytes(void **state)
{
    static const char *const plan = TF_PLAN(
        TF_ACL("\"rule\":[],\"rule_json\":\"[{\\\"Name\\\":\\\"j\\\","
               "\\\"Priority\\\":3,\\\"Action\\\":{\\\"Count\\\":{}},"
               "\\\"VisibilityConfig\\\":{\\\"SampledRequestsEnabled\\\":true,"
               "\\\"CloudWatchMetricsEnabled\\\":true,\\\"MetricName\\\":"
               "\\\"m\\\"},\\\"Statement\\\":{\\\"ByteMatchStatement\\\":"
               "{\\\"SearchString\\\":\\\"L2E=\\\",\\\"FieldToMatch\\\":"
               "{\\\"UriPath\\\":{}},\\\"PositionalConstraint\\\":"
               "\\\"EXACTLY\\\",\\\"TextTransformations\\\":[{\\\"Priority\\\":"
               "0,\\\"Type\\\":\\\"NONE\\\"}]}}}]\""),
        "", "{}");
    struct read r;
    const struct waf_rule *rule;

    (void)state;
    read_texts(&r, &plan, 1);
    rule = &only_acl(&r)->rules[0];
    is_text(rule->name, "j");
    is_text(rule->statement->u.byte_match.search, "L2E=");
    end(&r);
}

static void test_what_a_state_adds_is_no_mistake(void **state)
{
    static const char *const text =
        "{\"format_version\":\"1.0\",\"values\":{\"root_module\":{"
        "\"resources\":[" TF_ACL(
            "\"rule\":[],\"capacity\":2,\"id\":\"u\",\"lock_token\":\"t\","
            "\"arn\":\"arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/"
            "edge/00000000-0000-4000-8000-000000000001\"") "]}}}";
    struct read r;

    (void)state;
    read_texts(&r, &text, 1);
    assert_non_null(only_acl(&r));
    assert_int_equal(r.report.warnings, 0);
    end(&r);
}

/* A plan that Terraform made. */
/* As `terraform show -json` says it of one that was made and not read again. */
static void test_an_ip_set_of_a_state_may_have_no_addresses(void **state)
{
    static const char *const none[] = {
        TF_PLAN(TF_SET_OF("[]", "aws_wafv2_ip_set.none",
                          "none") "," TF_ACL("\"rule\":[]"),
                "", "{}"),
        TF_PLAN(TF_SET_OF("null", "aws_wafv2_ip_set.none",
                          "none") "," TF_ACL("\"rule\":[]"),
                "", "{}"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
        struct read r;

        read_texts(&r, &none[i], 1);
        assert_non_null(only_acl(&r));
        assert_null(r.report.first);
        end(&r);
    }
}

static void test_a_real_plan_is_read(void **state)
{
    char path[512];
    const char *file = loading_shared(
        "data/templates/terraform-alb-wafv2.plan.json", path, sizeof(path));
    struct read r = {.config = NULL};
    const struct config_web_acl *acl;

    (void)state;
    if (file == NULL) {
        print_message("no shared folder: %s\n", path);
        skip();
    }
    r.resources = waf_file_read(&file, 1, &options, &r.region, &r.report);
    build(&r);
    acl = only_acl(&r);
    assert_null(r.report.first);
    assert_int_equal(acl->nrules, 3);
    assert_int_equal(acl->rules[0].statement->type, WAF_IP_SET);
    assert_ptr_equal(acl->rules[0].statement->u.ip_set.set,
                     r.config->waf->ip_sets[0]);
    is_text(acl->rules[1].statement->u.rate.scope_down->u.byte_match.search,
            "/login");
    assert_int_equal(acl->rules[2].statement->u.group.noverrides, 1);
    assert_int_equal(acl->rules[2].statement->u.group.version.n, 0);
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_web_acl_is_read_in_each_wrapping),
        cmocka_unit_test(test_a_whole_acl_keeps_its_arn_and_account),
        cmocka_unit_test(test_files_refer_to_each_other_by_arn),
        cmocka_unit_test(test_a_template_is_read_for_its_web_acls),
        cmocka_unit_test(test_what_is_wrong_has_its_place),
        cmocka_unit_test(test_plans_are_read_with_what_they_refer_to),
        cmocka_unit_test(test_references_lead_through_outputs_of_modules),
        cmocka_unit_test(test_dynamic_blocks_have_the_only_set_that_is_named),
        cmocka_unit_test(test_what_a_plan_does_not_say_never_matches),
        cmocka_unit_test(
            test_rules_in_json_are_in_the_words_of_the_api_but_for_bytes),
        cmocka_unit_test(test_what_a_state_adds_is_no_mistake),
        cmocka_unit_test(test_an_ip_set_of_a_state_may_have_no_addresses),
        cmocka_unit_test(test_a_real_plan_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

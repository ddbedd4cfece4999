/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "loading.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* A stack that has some of everything; the value under test is appended. */
static const char base[] =
    "Parameters:\n"
    "  Stage: {Type: String, Default: prod}\n"
    "  Port: {Type: Number, Default: 8080}\n"
    "  Hosts: {Type: CommaDelimitedList, Default: 'a.example, b.example'}\n"
    "  Empty: {Type: CommaDelimitedList, Default: ''}\n"
    "  Ami: {Type: AWS::SSM::Parameter::Value<String>, Default: /x/ami}\n"
    "  Given: {Type: String}\n"
    "Mappings:\n"
    "  Regions:\n"
    "    us-east-1: {Zone: Z1, List: [a, b]}\n"
    "    eu-west-1: {Zone: Z2}\n"
    "  OtherRegions: {eu-west-1: {Zone: Z2}}\n"
    "Conditions:\n"
    "  IsProd: !Equals [!Ref Stage, prod]\n"
    "  NotProd: !Not [!Condition IsProd]\n"
    "  Maybe: !Equals [!Ref Ami, x]\n"
    "Resources:\n"
    "  Lb:\n"
    "    Type: AWS::ElasticLoadBalancingV2::LoadBalancer\n"
    "    Properties: {Name: edge, Scheme: internal, SecurityGroups: [sg-1]}\n"
    "  Http:\n"
    "    Type: AWS::ElasticLoadBalancingV2::Listener\n"
    "    Properties:\n"
    "      LoadBalancerArn: !Ref Lb\n"
    "      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Blue}]\n"
    "  Rule:\n"
    "    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n"
    "    Properties: {ListenerArn: !GetAtt Http.ListenerArn}\n"
    "  Blue:\n"
    "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
    "  Green:\n"
    "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
    "    Condition: NotProd\n"
    "  Acl:\n"
    "    Type: AWS::WAFv2::WebACL\n"
    "    Properties: {Name: shop, Scope: REGIONAL}\n"
    "  Ips:\n"
    "    Type: AWS::WAFv2::IPSet\n"
    "    Properties: {Scope: CLOUDFRONT}\n"
    "  Vpc:\n"
    "    Type: AWS::EC2::VPC\n"
    "  Errors:\n"
    "    Type: AWS::CloudWatch::Alarm\n"
    "    Properties: {AlarmName: too-many}\n"
    "  Bad:\n"
    "    Type: AWS::CloudWatch::CompositeAlarm\n"
    "  Pager:\n"
    "    Type: AWS::SNS::Topic\n"
    "  Test:\n"
    "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
    "    Properties:\n";

enum { BASE_LINES = 51 }; /* the next line's number is one more */

#define ARN "arn:aws:elasticloadbalancing:us-east-1:000000000000:"

static struct loading *load(const char *value)
{
    struct loading *l = loading_new();
    char text[8192];

    assert_true((size_t)snprintf(text, sizeof(text), "%s      X: %s\n", base,
                                 value) < sizeof(text));
    loading_text(l, text);
    return l;
}

static void check(const char *value, const char *shown)
{
    struct loading *l = load(value);

    if (l->report.first)
        fail_msg("%s: %s", value, loading_problems(l));
    if (strcmp(loading_property(l, "Test", "X"), shown) != 0)
        fail_msg("%s is\n%s, wanted\n%s", value, l->values, shown);
    loading_free(l);
}

static void check_all(const char *const cases[][2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(cases[i][0], cases[i][1]);
}

/* `problem` without "error LINE:", from the column on. */
static void check_refused(const char *value, const char *problem)
{
    struct loading *l = load(value);
    char wanted[1024];

    snprintf(wanted, sizeof(wanted), "error %d:%s", BASE_LINES + 1, problem);
    if (strcmp(loading_problems(l), wanted) != 0)
        fail_msg("%s:\n%s\nwanted\n%s", value, l->problems, wanted);
    loading_free(l);
}

static void check_all_refused(const char *const cases[][2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_refused(cases[i][0], cases[i][1]);
}

/* The ids in ARNs are the first 16 hex digits of SHA-256 over "t/LOGICALID". */

/* ---- Ref ----------------------------------------------------------------- */

static void test_ref_gives_pseudo_parameters(void **state)
{
    static const char *const cases[][2] = {
        {"!Ref AWS::Region", "'us-east-1'"},
        {"!Ref AWS::AccountId", "'000000000000'"},
        {"!Ref AWS::Partition", "'aws'"},
        {"!Ref AWS::URLSuffix", "'amazonaws.com'"},
        {"!Ref AWS::StackName", "'t'"},
        {"!Ref AWS::NotificationARNs", "[]"},
        {"!Ref AWS::NoValue", "-"},
        {"[a, !Ref AWS::NoValue, b]", "['a', 'b']"},
        {"{a: 1, b: !Ref AWS::NoValue}", "{a: 1}"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_the_stack_id_is_the_same_at_every_start(void **state)
{
    struct loading *a = load("!Ref AWS::StackId"), *b = load("!Ref "
                                                             "AWS::StackId");
    const char *id = loading_property(a, "Test", "X");

    (void)state;
    assert_string_equal(id, loading_property(b, "Test", "X"));
    assert_non_null(strstr(id, "'arn:aws:cloudformation:us-east-1:"
                               "000000000000:stack/t/"));
    assert_int_equal(strlen(strrchr(id, '/')), 1 + 36 + 1);
    loading_free(a);
    loading_free(b);
}

static void test_options_say_region_account_and_stack(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    l->options.region_name = STR("cn-north-1");
    l->options.account = STR("123456789012");
    l->options.stack = STR("shop");
    loading_text(l, "Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {X: "
                    "!Sub '${AWS::Partition} ${AWS::Region} ${AWS::AccountId} "
                    "${AWS::StackName} ${AWS::URLSuffix}', Y: !GetAZs ''}}}");
    assert_string_equal(
        loading_property(l, "A", "X"),
        "'aws-cn cn-north-1 123456789012 shop amazonaws.com.cn'");
    assert_string_equal(loading_property(l, "A", "Y"),
                        "['cn-north-1a', 'cn-north-1b', 'cn-north-1c']");
    assert_true(str_eq(l->template->stack, STR("shop")));
    loading_free(l);
}

static void test_ref_gives_parameters(void **state)
{
    static const char *const cases[][2] = {
        {"!Ref Stage", "'prod'"},
        {"!Ref Port", "8080"},
        {"!Ref Hosts", "['a.example', 'b.example']"},
        {"!Ref Empty", "[]"},
        {"!Ref Ami", "<parameter Ami is what AWS Systems Manager holds as "
                     "/x/ami (--parameter Ami=VALUE gives it a value here)>"},
        {"!Ref Given", "<parameter Given has no value (--parameter "
                       "Given=VALUE gives it one)>"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_ref_gives_arns_of_what_sluice_is(void **state)
{
    static const char *const cases[][2] = {
        {"!Ref Lb", "'" ARN "loadbalancer/app/edge/baed922359617fa4'"},
        {"!Ref Blue", "'" ARN "targetgroup/Blue/b33d54978b8249c8'"},
        {"!Ref Http", "'" ARN "listener/app/edge/baed922359617fa4/"
                      "92cd34b1067f786c'"},
        {"!Ref Rule", "'" ARN "listener-rule/app/edge/baed922359617fa4/"
                      "92cd34b1067f786c/40c4e7369e1a09cd'"},
        {"!Ref Vpc", "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_ref_to_nothing_is_refused(void **state)
{
    static const char *const cases[][2] = {
        {"!Ref Satge", "10 Ref names Satge, which this template does not "
                       "declare | did you mean Stage?"},
        {"!Ref Qwertyuiop", "10 Ref names Qwertyuiop, which this template does "
                            "not declare | correct the name, or declare it"},
        {"!Ref AWS::Regoin", "10 Ref names AWS::Regoin, which is no pseudo "
                             "parameter | did you mean AWS::Region?"},
        {"{Ref: [a]}", "10 Ref is not written as it must be | write it as in "
                       "!Ref LogicalId"},
        {"!Ref Green", "10 Green is not in this stack: its Condition is false "
                       "| choose with !If, or give the user of it the same "
                       "Condition"},
        {"!If [IsProd, a, !Ref Blu]",
         "26 Ref names Blu, which this template does "
         "not declare | did you mean Blue?"},
    };

    (void)state;
    check_all_refused(cases, COUNT(cases));
}

static void test_alarms_are_named_and_topics_have_ARNs(void **state)
{
    static const char *const cases[][2] = {
        {"!Ref Errors", "'too-many'"},
        {"!GetAtt Errors.Arn",
         "'arn:aws:cloudwatch:us-east-1:000000000000:alarm:too-many'"},
        {"!Ref Bad", "'Bad'"},
        {"!Sub 'ALARM(${Bad.Arn})'",
         "'ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:Bad)'"},
        {"!Ref Pager", "'arn:aws:sns:us-east-1:000000000000:Pager'"},
        {"!GetAtt Pager.TopicArn",
         "'arn:aws:sns:us-east-1:000000000000:Pager'"},
        {"!GetAtt Pager.TopicName", "'Pager'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check(cases[i][0], cases[i][1]);
}

/* ---- Fn::GetAtt ---------------------------------------------------------- */

static void test_get_att_gives_what_sluice_knows(void **state)
{
    static const char *const cases[][2] = {
        {"!GetAtt Lb.LoadBalancerArn",
         "'" ARN "loadbalancer/app/edge/baed922359617fa4'"},
        {"!GetAtt Lb.LoadBalancerFullName", "'app/edge/baed922359617fa4'"},
        {"!GetAtt Lb.LoadBalancerName", "'edge'"},
        {"!GetAtt Lb.SecurityGroups", "['sg-1']"},
        {"!GetAtt Lb.CanonicalHostedZoneID",
         "<the hosted zone of Lb exists only in AWS>"},
        {"!GetAtt Blue.TargetGroupFullName",
         "'targetgroup/Blue/b33d54978b8249c8'"},
        {"!GetAtt Blue.TargetGroupName", "'Blue'"},
        {"!GetAtt [Blue, TargetGroupArn]",
         "'" ARN "targetgroup/Blue/b33d54978b8249c8'"},
        {"!GetAtt Blue.LoadBalancerArns",
         "['" ARN "loadbalancer/app/edge/baed922359617fa4']"},
        {"!GetAtt Http.ListenerArn", "'" ARN "listener/app/edge/"
                                     "baed922359617fa4/92cd34b1067f786c'"},
        {"!GetAtt Rule.RuleArn", "'" ARN "listener-rule/app/edge/"
                                 "baed922359617fa4/92cd34b1067f786c/"
                                 "40c4e7369e1a09cd'"},
        {"!GetAtt Rule.IsDefault", "'false'"},
        {"!GetAtt Vpc.CidrBlock", "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
        {"{'Fn::GetAtt': Lb.LoadBalancerName}", "'edge'"},
        {"{'Fn::GetAtt': [Lb, {'Fn::Join': ['', [LoadBalancer, Name]]}]}",
         "'edge'"},
    };
    struct loading *l = load("!GetAtt Lb.DNSName");
    const char *dns = loading_property(l, "Test", "X");

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i][1])
            check(cases[i][0], cases[i][1]);
    }
    assert_ptr_equal(strstr(dns, "'internal-edge-"), dns);
    assert_non_null(strstr(dns, ".us-east-1.elb.localhost'"));
    loading_free(l);
}

/* Ref of these is no ARN. */
static void test_web_acls_have_arns_by_their_attribute_alone(void **state)
{
    static const char *const cases[][2] = {
        {"!Ref Acl", "'shop|@|REGIONAL'"},
        {"!Ref Ips", "'Ips|@|CLOUDFRONT'"},
        {"!GetAtt Acl.Arn",
         "'arn:aws:wafv2:us-east-1:000000000000:regional/webacl/shop/@'"},
        {"!GetAtt Ips.Arn",
         "'arn:aws:wafv2:us-east-1:000000000000:global/ipset/Ips/@'"},
        {"!GetAtt Acl.Id", "'@'"},
        {"!GetAtt Acl.LabelNamespace", "'awswaf:000000000000:webacl:shop:'"},
        {"!GetAtt Acl.Capacity", "<what Acl needs is not known yet>"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loading *l = load(cases[i][0]);
        const char *is = loading_property(l, "Test", "X");
        const char *at = strchr(cases[i][1], '@');
        size_t n = at ? (size_t)(at - cases[i][1]) : 0;
        size_t end = at ? strlen(at + 1) : strlen(cases[i][1]);

        assert_null(l->report.first);
        assert_int_equal(strlen(is), n + end + (at ? 36 : 0));
        assert_memory_equal(is, cases[i][1], n);
        assert_string_equal(is + strlen(is) - end,
                            cases[i][1] + strlen(cases[i][1]) - end);
        loading_free(l);
    }
}

/* What is said in Metadata.Sluice.Id stands in the ARN, and in those of the
 * resources below it; what refers to itself there is no id. */
static void test_ids_of_metadata_stand_in_arns(void **state)
{
    static const char text[] =
        "Parameters: {Id: {Type: String, Default: 00000000000000a4}}\n"
        "Resources:\n"
        "  Lb:\n"
        "    Type: AWS::ElasticLoadBalancingV2::LoadBalancer\n"
        "    Properties: {Name: edge}\n"
        "    Metadata: {Sluice: {Id: '00000000000000a1'}, Note: !Ref Rule}\n"
        "  Web:\n"
        "    Type: AWS::ElasticLoadBalancingV2::Listener\n"
        "    Properties: {LoadBalancerArn: !Ref Lb}\n"
        "    Metadata: {Sluice: {Id: !Ref Id}}\n"
        "  Rule:\n"
        "    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n"
        "    Properties: {ListenerArn: !Ref Web}\n"
        "    Metadata: {Sluice: {Id: 00000000000000a5}}\n"
        "  Own:\n"
        "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
        "    Metadata: {Sluice: {Id: !Sub '${Own}${Own}'}}\n"
        "  Blue:\n"
        "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
        "    Properties: {A: !Ref Rule, B: !Ref Own}\n";
    struct loading *l = loading_new();

    (void)state;
    loading_text(l, text);
    assert_string_equal(loading_problems(l), "");
    assert_string_equal(loading_property(l, "Blue", "A"),
                        "'" ARN "listener-rule/app/edge/00000000000000a1/"
                        "00000000000000a4/00000000000000a5'");
    assert_null(strstr(loading_property(l, "Blue", "B"), "arn:aws:elastic"
                                                         "loadbalancing:arn"));
    assert_int_equal(strlen(loading_property(l, "Blue", "B")),
                     strlen("'" ARN "targetgroup/Own/0123456789abcdef'"));
    loading_free(l);
}

static void test_get_att_of_nothing_is_refused(void **state)
{
    static const char *const cases[][2] = {
        {"!GetAtt Lb.DnsNme",
         "10 Lb (AWS::ElasticLoadBalancingV2::LoadBalancer) has no attribute "
         "DnsNme | did you mean DNSName?"},
        {"!GetAtt Http.Qqqqqqqq",
         "10 Http (AWS::ElasticLoadBalancingV2::Listener) has no attribute "
         "Qqqqqqqq | !Ref gives its ARN; an attribute is ListenerArn"},
        {"!GetAtt Lbb.DNSName", "10 Fn::GetAtt names Lbb, which this template "
                                "does not declare | did you mean Lb?"},
        {"!GetAtt Stage.Value", "10 Stage is a parameter and has no attributes "
                                "| write !Ref Stage"},
        {"!GetAtt AWS::Region.x",
         "10 AWS::Region is a parameter and has no attributes | write !Ref "
         "AWS::Region"},
        {"{'Fn::GetAtt': Lb}", "10 Fn::GetAtt is not written as it must be | "
                               "write it as in !GetAtt LoadBalancer.DNSName"},
    };

    (void)state;
    check_all_refused(cases, COUNT(cases));
}

/* ---- text ---------------------------------------------------------------- */

static void test_sub_puts_values_into_text(void **state)
{
    static const char *const cases[][2] = {
        {"!Sub ''", "''"},
        {"!Sub plain", "'plain'"},
        {"!Sub '${Stage}-${Port}'", "'prod-8080'"},
        {"!Sub '${AWS::Region}'", "'us-east-1'"},
        {"!Sub 'x${Lb.LoadBalancerName}y'", "'xedgey'"},
        {"!Sub '${!Literal} ${Stage}'", "'${Literal} prod'"},
        {"!Sub '$Stage $ { ${'", "'$Stage $ { ${'"},
        {"!Sub '${Stage'", "'${Stage'"},
        {"!Sub '$${Stage}'", "'$prod'"},
        {"!Sub ['${A}${Stage}${B}', {A: 1, B: !Ref Port}]", "'1prod8080'"},
        {"!Sub ['${Stage}', {Stage: mine}]", "'mine'"},
        {"!Sub '${Given} ${Ami}'", "<parameter Given has no value (--parameter "
                                   "Given=VALUE gives it one)>"},
        {"!Sub '${Vpc}'", "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
        {"!Sub '{{resolve:ssm:/${Stage}}}'",
         "<only AWS knows {{resolve:ssm:/prod}}>"},
    };
    static const char *const refused[][2] = {
        {"!Sub '${Satge}'", "10 Fn::Sub names Satge, which this template does "
                            "not declare | did you mean Stage?"},
        {"!Sub '${Lb.Name}'",
         "10 Lb (AWS::ElasticLoadBalancingV2::LoadBalancer) has no attribute "
         "Name | did you mean DNSName?"},
        {"!Sub '${a b}'", "10 ${a b} in Fn::Sub is no name | write ${!a b} for "
                          "text that stays as it is"},
        {"!Sub '${}'", "10 ${} in Fn::Sub is no name | write ${!} for text "
                       "that stays as it is"},
        {"!Sub '${Hosts}'", "10 ${Hosts} in Fn::Sub is a list | substitute "
                            "strings and numbers only; make a list one string "
                            "with Fn::Join"},
        {"!Sub '${AWS::NoValue}'",
         "10 ${AWS::NoValue} in Fn::Sub is AWS::NoValue | substitute strings "
         "and numbers only; make a list one string with Fn::Join"},
        {"!Sub [a]", "10 Fn::Sub is not written as it must be | write it as in "
                     "!Sub '${Name}-web', or with a map: !Sub ['${A}', {A: "
                     "value}]"},
        {"!Sub [a, b]", "10 Fn::Sub is not written as it must be | write it as "
                        "in !Sub '${Name}-web', or with a map: !Sub ['${A}', "
                        "{A: value}]"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    check_all_refused(refused, COUNT(refused));
}

static void test_join_puts_a_delimiter_between_elements(void **state)
{
    static const char *const cases[][2] = {
        {"!Join ['-', [a, b, 1, true]]", "'a-b-1-true'"},
        {"!Join ['', []]", "''"},
        {"!Join [', ', [a]]", "'a'"},
        {"!Join ['', ['', '']]", "''"},
        {"!Join ['.', !Ref Hosts]", "'a.example.b.example'"},
        {"!Join [!Ref Stage, [1, 2]]", "'1prod2'"},
        {"!Join ['-', [a, !Ref AWS::NoValue, b]]", "'a-b'"},
        {"!Join ['-', [a, !Ref Vpc]]",
         "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
        {"!Join ['', ['{{resolve:', 'ssm:x}}']]",
         "<only AWS knows {{resolve:ssm:x}}>"},
    };
    static const char *const refused[][2] = {
        {"!Join [a]", "10 Fn::Join is not written as it must be | write it as "
                      "in !Join ['-', [a, b]]"},
        {"!Join [a, b]", "10 Fn::Join is not written as it must be | write it "
                         "as in !Join ['-', [a, b]]"},
        {"!Join ['', [[a]]]", "10 an element of Fn::Join is a list | join "
                              "strings and numbers only"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    check_all_refused(refused, COUNT(refused));
}

static void test_split_and_select_take_texts_apart(void **state)
{
    static const char *const cases[][2] = {
        {"!Split [',', 'a,b,,c']", "['a', 'b', '', 'c']"},
        {"!Split ['--', 'a--b-c--']", "['a', 'b-c', '']"},
        {"!Split [',', '']", "['']"},
        {"!Split [',', !Ref Vpc]", "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
        {"!Select [0, [a, b]]", "'a'"},
        {"!Select ['1', [a, b]]", "'b'"},
        {"!Select [1, !Ref Hosts]", "'b.example'"},
        {"!Select [0, [a, !Ref Vpc]]", "'a'"},
        {"!Select [1, [a, !Ref Vpc]]",
         "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
        {"!Select [0, !GetAZs '']", "'us-east-1a'"},
        {"!Join ['/', [!Select [1, !Split ['/', !Ref Http]], !Select [2, "
         "!Split ['/', !Ref Http]]]]",
         "'app/edge'"},
    };
    static const char *const refused[][2] = {
        {"!Split ['', a]", "10 Fn::Split is not written as it must be | write "
                           "it as in !Split [',', 'a,b']"},
        {"!Split [',', [a]]", "10 Fn::Split is not written as it must be | "
                              "write it as in !Split [',', 'a,b']"},
        {"!Select [2, [a, b]]", "10 Fn::Select takes element 2 of a list of 2 "
                                "| the first element has index 0"},
        {"!Select [0, []]", "10 Fn::Select takes element 0 of a list of 0 | "
                            "the first element has index 0"},
        {"!Select [-1, [a]]", "10 Fn::Select is not written as it must be | "
                              "write it as in !Select [0, [a, b]]"},
        {"!Select [0, a]", "10 Fn::Select is not written as it must be | write "
                           "it as in !Select [0, [a, b]]"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    check_all_refused(refused, COUNT(refused));
}

static void test_base64_encodes_every_length(void **state)
{
    static const char *const cases[][2] = {
        {"!Base64 ''", "''"},
        {"!Base64 f", "'Zg=='"},
        {"!Base64 fo", "'Zm8='"},
        {"!Base64 foo", "'Zm9v'"},
        {"!Base64 foobar", "'Zm9vYmFy'"},
        {"!Base64 \"\\xff\\xfe\"", "'w7/Dvg=='"},
        {"{'Fn::Base64': !Sub '${Stage}'}", "'cHJvZA=='"},
        {"{'Fn::Base64': !Ref Vpc}",
         "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    check_refused("{'Fn::Base64': [a]}",
                  "10 Fn::Base64 is not written as it must be | write it as in "
                  "!Base64 text");
}

static void test_json_strings_hold_any_value(void **state)
{
    static const char *const cases[][2] = {
        {"!ToJsonString {a: [1, true, ~, \"q\\\"\"], b: {}}",
         "'{\"a\":[1,true,null,\"q\\\"\"],\"b\":{}}'"},
        {"!ToJsonString [!Ref Stage]", "'[\"prod\"]'"},
        {"!ToJsonString {a: !Ref Vpc}",
         "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
        {"!Length [a, b, c]", "3"},
        {"!Length {Ref: Hosts}", "2"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    check_refused("{'Fn::Length': a}",
                  "10 Fn::Length is not written as it must be | write it as in "
                  "!Length [a, b]");
}

/* ---- maps, zones, blocks ------------------------------------------------- */

static void test_find_in_map_finds(void **state)
{
    static const char *const cases[][2] = {
        {"!FindInMap [Regions, us-east-1, Zone]", "'Z1'"},
        {"!FindInMap [Regions, !Ref AWS::Region, List]", "['a', 'b']"},
        {"!FindInMap [Regions, mars-1, Zone, {DefaultValue: none}]", "'none'"},
        {"!FindInMap [Planets, mars-1, Zone, {DefaultValue: !Ref Stage}]",
         "'prod'"},
        {"!FindInMap [OtherRegions, !Ref AWS::Region, Zone]",
         "<the mapping OtherRegions has nothing for the region us-east-1>"},
        {"!FindInMap [Regions, !Ref Given, Zone]",
         "<parameter Given has no value (--parameter Given=VALUE gives it "
         "one)>"},
    };
    static const char *const refused[][2] = {
        {"!FindInMap [Region, a, b]",
         "22 there is no mapping Region | did you mean Regions?"},
        {"!FindInMap [Regions, us-west-1, Zone]",
         "10 Fn::FindInMap: Regions has no key us-west-1 | did you mean "
         "us-east-1?"},
        {"!FindInMap [Regions, us-east-1, Qqq]",
         "10 Fn::FindInMap: us-east-1 has no key Qqq | add it to the mapping"},
        {"!FindInMap [Regions, us-east-1]",
         "10 Fn::FindInMap is not written as it must be | write it as in "
         "!FindInMap [Map, !Ref AWS::Region, Key]"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    check_all_refused(refused, COUNT(refused));
}

static void test_zones_are_three_of_a_region(void **state)
{
    static const char *const cases[][2] = {
        {"!GetAZs ''", "['us-east-1a', 'us-east-1b', 'us-east-1c']"},
        {"!GetAZs eu-west-1", "['eu-west-1a', 'eu-west-1b', 'eu-west-1c']"},
        {"!GetAZs {Ref: AWS::Region}",
         "['us-east-1a', 'us-east-1b', 'us-east-1c']"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_cidr_cuts_blocks(void **state)
{
    static const char *const cases[][2] = {
        {"!Cidr [10.0.0.0/16, 3, 8]",
         "['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']"},
        {"!Cidr [10.0.0.0/24, 2, 4]", "['10.0.0.0/28', '10.0.0.16/28']"},
        {"!Cidr [10.0.0.77/24, 1, 4]", "['10.0.0.0/28']"},
        {"!Select [255, !Cidr [10.0.0.0/16, 256, 8]]", "'10.0.255.0/24'"},
        {"!Cidr ['fd00::/48', 2, 64]",
         "<Fn::Cidr of IPv6 blocks is not computed>"},
        {"!Cidr [!Ref Vpc, 1]", "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
    };
    static const char *const refused[][2] = {
        {"!Cidr [10.0.0.0/24, 2, 8]",
         "10 Fn::Cidr: 10.0.0.0/24 has no room for 2 blocks of 8 bits | ask "
         "for fewer or smaller ones"},
        {"!Cidr [10.0.0.0, 2, 8]",
         "10 Fn::Cidr is not written as it must be | write it as in !Cidr "
         "[10.0.0.0/16, 4, 8]: the block, how many (1 to 256), bits of each (1 "
         "to 32)"},
        {"!Cidr [10.0.0.0/8, 257, 8]",
         "10 Fn::Cidr is not written as it must be | write it as in !Cidr "
         "[10.0.0.0/16, 4, 8]: the block, how many (1 to 256), bits of each (1 "
         "to 32)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i][1])
            check(cases[i][0], cases[i][1]);
    }
    check_all_refused(refused, COUNT(refused));
}

/* ---- conditions ---------------------------------------------------------- */

static void test_if_takes_one_branch_only(void **state)
{
    static const char *const cases[][2] = {
        {"!If [IsProd, a, b]", "'a'"},
        {"!If [NotProd, a, b]", "'b'"},
        {"!If [NotProd, a, !Ref AWS::NoValue]", "-"},
        {"!If [NotProd, !Ref Green, blue]", "'blue'"},
        {"!If [IsProd, {a: !Ref Port}, b]", "{a: 8080}"},
        {"!If [Maybe, a, b]",
         "<the condition Maybe cannot be judged: parameter Ami is what AWS "
         "Systems Manager holds as /x/ami (--parameter Ami=VALUE gives it a "
         "value here)>"},
    };
    static const char *const refused[][2] = {
        {"!If [IsPord, a, b]", "15 there is no condition IsPord | did you mean "
                               "IsProd?"},
        {"!If [IsProd, a]",
         "10 Fn::If is not written as it must be | write it as "
         "in !If [CONDITION, value, other value]"},
        {"!If [[IsProd], a, b]",
         "10 Fn::If is not written as it must be | write "
         "it as in !If [CONDITION, value, other value]"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
    check_all_refused(refused, COUNT(refused));
}

/* ---- what only AWS knows ------------------------------------------------- */

static void test_what_only_aws_knows_is_unknown(void **state)
{
    static const char *const cases[][2] = {
        {"!ImportValue shared-vpc", "<another stack exports shared-vpc>"},
        {"!ImportValue {Ref: Vpc}", "<Vpc (AWS::EC2::VPC) exists only in AWS>"},
        {"!Transform {Name: AWS::Include}",
         "<the macro AWS::Include runs in AWS only>"},
        {"'{{resolve:secretsmanager:db}}'",
         "<only AWS knows {{resolve:secretsmanager:db}}>"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_unknown_functions_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"{'Fn::Jion': [a]}",
         "11 there is no function Fn::Jion | did you mean Fn::Join?"},
        {"{'Fn::Sub': a, b: 1}", "11 Fn::Sub stands beside other keys | a "
                                 "function is the only key of its map"},
        {"{'Fn::ForEach::X': [a]}", "11 Fn::ForEach is not supported | write "
                                    "out what the loop would make"},
        {"!Equals [a, b]", "10 Fn::Equals stands outside of Conditions | "
                           "declare a condition and choose by its name: !If "
                           "[NAME, value, other value]"},
    };

    (void)state;
    check_all_refused(cases, COUNT(cases));
}

static void test_places_are_those_of_the_functions(void **state)
{
    struct loading *l = load("[!Ref Hosts, !Sub '${Stage}', plain]");
    const struct value *v;

    (void)state;
    v = value_get(l->template->resources, STR("Test"));
    assert_int_equal(v->key_place.line, BASE_LINES - 2);
    v = value_get(value_get(v, STR("Properties")), STR("X"));
    assert_int_equal(v->key_place.column, 7);
    assert_int_equal(v->place.column, 10);
    assert_int_equal(v->first->place.column, 11);
    assert_int_equal(v->first->next->place.column, 23);
    assert_int_equal(v->last->place.line, BASE_LINES + 1);
    assert_int_equal(v->last->place.column, 40);
    assert_string_equal(v->place.file, "t.yaml");
    loading_free(l);
}

/* ---- caps ---------------------------------------------------------------- */

/* A text of 2^n pieces from n lines of mappings' worth of Join. */
static void test_what_functions_make_is_capped(void **state)
{
    struct loading *l = loading_new();
    size_t cap = 1 << 20, n = 300000;
    char *text = malloc(cap);
    struct text t = text_in(text, cap - 1);

    (void)state;
    assert_non_null(text);
    TEXT_LITERAL(&t, "Mappings: {M: {a: {b: '");
    for (size_t i = 0; i < n; i++)
        text_char(&t, 'x');
    TEXT_LITERAL(&t, "'}}}\nResources:\n  A:\n    Type: AWS::EC2::VPC\n"
                     "    Properties:\n      X: !Join ['', [");
    for (size_t i = 0; i < 64; i++)
        text_printf(&t, "%s!FindInMap [M, a, b]", i ? ", " : "");
    TEXT_LITERAL(&t, "]]\n");
    assert_true(text_ok(&t));
    text[t.n] = '\0';
    loading_text(l, text);
    assert_string_equal(loading_problems(l),
                        "error 6:10 the functions of this template make more "
                        "than 8 MiB | shorten the texts and lists that they "
                        "repeat");
    free(text);
    loading_free(l);
}

static void test_chains_of_conditions_are_capped(void **state)
{
    struct loading *l = loading_new();
    static char text[64 * 1024];
    struct text t = text_in(text, sizeof(text) - 1);

    (void)state;
    TEXT_LITERAL(&t, "Conditions:\n");
    for (int i = 0; i < 400; i++)
        text_printf(&t, "  C%d: !Not [!Condition C%d]\n", i, i + 1);
    TEXT_LITERAL(&t, "  C400: !Equals [a, a]\nResources:\n  A: {Type: "
                     "AWS::EC2::VPC}\n");
    text[t.n] = '\0';
    loading_text(l, text);
    assert_non_null(strstr(loading_problems(l),
                           "conditions are nested more than 256 deep | use "
                           "fewer levels"));
    loading_free(l);
}

static void test_circles_of_resources_are_refused(void **state)
{
    (void)state;
    assert_problems("Resources:\n"
                    "  A:\n"
                    "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
                    "    Properties: {Name: !GetAtt B.TargetGroupName}\n"
                    "  B:\n"
                    "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
                    "    Properties: {Name: !Sub '${A.TargetGroupName}'}\n",
                    "error 7:24 these resources need one another: A is needed "
                    "by B, is needed by A | break the circle: a name written "
                    "out needs nobody");
    assert_problems("Resources:\n"
                    "  A:\n"
                    "    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n"
                    "    Properties: {Tags: [!Ref A]}\n",
                    "error 4:25 these resources need one another: A is needed "
                    "by A | break the circle: a name written out needs nobody");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ref_gives_pseudo_parameters),
        cmocka_unit_test(test_the_stack_id_is_the_same_at_every_start),
        cmocka_unit_test(test_options_say_region_account_and_stack),
        cmocka_unit_test(test_ref_gives_parameters),
        cmocka_unit_test(test_ref_gives_arns_of_what_sluice_is),
        cmocka_unit_test(test_ref_to_nothing_is_refused),
        cmocka_unit_test(test_alarms_are_named_and_topics_have_ARNs),
        cmocka_unit_test(test_get_att_gives_what_sluice_knows),
        cmocka_unit_test(test_web_acls_have_arns_by_their_attribute_alone),
        cmocka_unit_test(test_ids_of_metadata_stand_in_arns),
        cmocka_unit_test(test_get_att_of_nothing_is_refused),
        cmocka_unit_test(test_sub_puts_values_into_text),
        cmocka_unit_test(test_join_puts_a_delimiter_between_elements),
        cmocka_unit_test(test_split_and_select_take_texts_apart),
        cmocka_unit_test(test_base64_encodes_every_length),
        cmocka_unit_test(test_json_strings_hold_any_value),
        cmocka_unit_test(test_find_in_map_finds),
        cmocka_unit_test(test_zones_are_three_of_a_region),
        cmocka_unit_test(test_cidr_cuts_blocks),
        cmocka_unit_test(test_if_takes_one_branch_only),
        cmocka_unit_test(test_what_only_aws_knows_is_unknown),
        cmocka_unit_test(test_unknown_functions_are_refused),
        cmocka_unit_test(test_places_are_those_of_the_functions),
        cmocka_unit_test(test_what_functions_make_is_capped),
        cmocka_unit_test(test_chains_of_conditions_are_capped),
        cmocka_unit_test(test_circles_of_resources_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "loading.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define VPC "Resources: {A: {Type: 'AWS::EC2::VPC'}}\n"
#define GROUP "AWS::ElasticLoadBalancingV2::TargetGroup"

static void check_all(const char *const cases[][2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_problems(cases[i][0], cases[i][1]);
}

/* ---- sections ------------------------------------------------------------ */

static void test_sections_are_known(void **state)
{
    static const char *const cases[][2] = {
        {"AWSTemplateFormatVersion: 2010-09-09\nDescription: x\nMetadata: "
         "{a: 1}\nRules: {R: {Assertions: [{Assert: {'Fn::Contains': [[a], "
         "!Ref Nothing]}}]}}\nParameters:\nConditions:\n" VPC,
         ""},
        {"Resource: {A: {Type: 'AWS::EC2::VPC'}}\n",
         "error 1:1 Resource is no section of a template | did you mean "
         "Resources?"},
        {"parameters: {}\n" VPC, "error 1:1 parameters is no section of a "
                                 "template | did you mean Parameters?"},
        {"Qwertz: 1\n" VPC, "warning 1:1 Qwertz is no section of a template | "
                            "CloudFormation refuses it: remove it"},
        {"Parameters: {}\n",
         "error 1:1 the template has no Resources | declare at least a load "
         "balancer, a listener and a target group; conf/quickstart.yaml shows "
         "how"},
        {"Resources:\n",
         "error 1:1 Resources is empty | declare at least a load balancer, a "
         "listener and a target group; conf/quickstart.yaml shows how"},
        {"Resources: {}\n",
         "error 1:1 Resources is empty | declare at least a load balancer, a "
         "listener and a target group; conf/quickstart.yaml shows how"},
        {"Resources: [a]\n", "error 1:12 Resources must be a map, this is a "
                             "list | write NAME: and what it is, indented "
                             "below Resources:"},
        {"AWSTemplateFormatVersion: 2010-09-10\n" VPC,
         "error 1:27 AWSTemplateFormatVersion is not 2010-09-09 | write "
         "\"2010-09-09\", the only version there is, or leave it out"},
        {"- a\n", "error 1:1 the document is a list | a template is a map with "
                  "the key Resources"},
        {"just text\n", "error 1:1 the document is a string | a template is a "
                        "map with the key Resources"},
    };

    (void)state;
    check_all(cases, COUNT(cases));
}

static void test_strict_makes_unknown_sections_errors(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    l->report.strict = true;
    loading_text(l, "Qwertz: 1\n" VPC);
    assert_string_equal(loading_problems(l),
                        "error 1:1 Qwertz is no section of a template | "
                        "CloudFormation refuses it: remove it");
    loading_free(l);
}

static void test_other_files_are_recognised(void **state)
{
    static const char *const cases[][2] = {
        {"{\"format_version\": \"1.2\", \"planned_values\": {}}",
         "error 1:1 this is a Terraform plan | Sluice reads CloudFormation: "
         "describe the load balancer in a template"},
        {"{\"format_version\": \"1.0\", \"values\": {}}",
         "error 1:1 this is a Terraform state (terraform show -json) | Sluice "
         "reads CloudFormation: describe the load balancer in a template"},
        {"{\"terraform_version\": \"1.0\", \"lineage\": \"x\"}",
         "error 1:1 this is Terraform's state file | Sluice reads "
         "CloudFormation: describe the load balancer in a template"},
        {"services: {web: {image: x}}\n",
         "error 1:1 this is a Compose file | Sluice reads CloudFormation: "
         "describe the load balancer in a template, and give the services' "
         "published ports with --service"},
        {"apiVersion: v1\nkind: Service\n",
         "error 1:1 this is a Kubernetes object | Sluice reads CloudFormation: "
         "describe the load balancer in a template"},
        {"{\"version\": \"36\", \"artifacts\": {}}",
         "error 1:1 this is the manifest of a CDK app, not a template | give "
         "the file beside it whose name ends in .template.json"},
    };
    struct template_source tf = {"main.tf", STR("resource \"aws_lb\" {}")};
    struct loading *l = loading_new();

    (void)state;
    check_all(cases, COUNT(cases));
    assert_null(template_parse(&tf, 1, &l->options, &l->report));
    assert_string_equal(loading_problems(l),
                        "error 0:0 this is Terraform's language | Sluice reads "
                        "CloudFormation: describe the load balancer in a "
                        "template");
    loading_free(l);
}

/* ---- parameters ---------------------------------------------------------- */

/* A stack with one parameter P of these attributes. */
static struct loading *with_parameter(const char *attributes, const char *given)
{
    struct loading *l = loading_new();
    static char text[8192];

    snprintf(text, sizeof(text),
             "Parameters:\n  P: {%s}\nResources:\n  A: {Type: "
             "'AWS::EC2::VPC', Properties: {X: !Ref P}}\n",
             attributes);
    if (given)
        loading_parameter(l, "P", given);
    loading_text(l, text);
    return l;
}

static void test_parameters_have_their_types_values(void **state)
{
    static const struct {
        const char *attributes;
        const char *given;
        const char *shown;
    } cases[] = {
        {"Type: String, Default: a", NULL, "'a'"},
        {"Type: String, Default: a", "b", "'b'"},
        {"Type: String, Default: a", "", "''"},
        {"Type: String, Default: 5", NULL, "'5'"},
        {"Type: Number, Default: 5", NULL, "5"},
        {"Type: Number, Default: '5'", NULL, "5"},
        {"Type: Number", "-1.5", "-1.5"},
        {"Type: CommaDelimitedList", "a, b ,c", "['a', 'b', 'c']"},
        {"Type: CommaDelimitedList", "a,", "['a', '']"},
        {"Type: CommaDelimitedList, Default: ''", NULL, "[]"},
        {"Type: List<Number>, Default: '1,2'", NULL, "[1, 2]"},
        {"Type: 'List<AWS::EC2::Subnet::Id>'", "subnet-1,subnet-2",
         "['subnet-1', 'subnet-2']"},
        {"Type: 'AWS::EC2::VPC::Id'", "vpc-1", "'vpc-1'"},
        {"Type: 'AWS::SSM::Parameter::Value<String>', Default: /a", "v", "'v'"},
        {"Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /a", "v,w",
         "['v', 'w']"},
        {"Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /a",
         NULL,
         "<parameter P is what AWS Systems Manager holds as /a (--parameter "
         "P=VALUE gives it a value here)>"},
        {"Type: String", NULL,
         "<parameter P has no value (--parameter P=VALUE gives it one)>"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loading *l = with_parameter(cases[i].attributes, cases[i].given);

        if (l->report.first)
            fail_msg("%s: %s", cases[i].attributes, loading_problems(l));
        assert_string_equal(loading_property(l, "A", "X"), cases[i].shown);
        loading_free(l);
    }
}

static void test_values_keep_to_their_limits(void **state)
{
    static const struct {
        const char *attributes;
        const char *given;
        const char *problems;
    } cases[] = {
        {"Type: Number, Default: x", NULL,
         "error 2:30 the Default of parameter P \"x\" is no number | give "
         "digits only"},
        {"Type: Number", "8o",
         "error 2:3 the value for --parameter P \"8o\" "
         "is no number | give digits only"},
        {"Type: Number, MinValue: 1, MaxValue: 10", "0",
         "error 2:3 the value for --parameter P \"0\" is less than MinValue 1 "
         "| give a greater value"},
        {"Type: Number, MinValue: 1, MaxValue: 10", "10.5",
         "error 2:3 the value for --parameter P \"10.5\" is more than MaxValue "
         "10 | give a smaller value"},
        {"Type: Number, MinValue: 1, MaxValue: 10", "10", ""},
        {"Type: Number, MinValue: x, Default: 1", NULL,
         "error 2:31 MinValue of parameter P is no number | write a number"},
        {"Type: List<Number>", "1,x",
         "error 2:3 the value for --parameter P \"x\" is no number | give "
         "digits only"},
        {"Type: String, MinLength: 2, MaxLength: 3", "a",
         "error 2:3 the value for --parameter P \"a\" is shorter than "
         "MinLength 2 | give a longer value"},
        {"Type: String, MinLength: 2, MaxLength: 3", "\xc3\xa9\xc3\xa9\xc3\xa9",
         ""},
        {"Type: String, MinLength: 2, MaxLength: 3", "abcd",
         "error 2:3 the value for --parameter P \"abcd\" is longer than "
         "MaxLength 3 | give a shorter value"},
        {"Type: String, AllowedValues: [a, b, 1]", "1", ""},
        {"Type: String, AllowedValues: [a, b]", "c",
         "error 2:3 the value for --parameter P \"c\" is none of AllowedValues "
         "| give one of a, b"},
        {"Type: CommaDelimitedList, AllowedValues: [a, b]", "a,c",
         "error 2:3 the value for --parameter P \"c\" is none of AllowedValues "
         "| give one of a, b"},
        {"Type: String, AllowedValues: a, Default: a", NULL,
         "error 2:36 AllowedValues of parameter P is no list | write [a, b]"},
        {"Type: String, AllowedValues: [a], ConstraintDescription: only a", "c",
         "error 2:3 the value for --parameter P \"c\" is none of AllowedValues "
         "| only a"},
        {"Type: String, AllowedPattern: '[a-z]+'", "ab", ""},
        {"Type: String, AllowedPattern: '[a-z]+'", "ab1",
         "error 2:3 the value for --parameter P \"ab1\" does not match "
         "AllowedPattern [a-z]+ | the whole value must match"},
        {"Type: String, AllowedPattern: '(?=x)x'", "x",
         "warning 2:37 AllowedPattern of parameter P is not checked: it uses "
         "what POSIX regular expressions have not | CloudFormation will check "
         "it"},
        {"Type: String, Default: [a]", NULL,
         "error 2:30 the Default of parameter P is a list | write a string or "
         "a number; a list as one string with commas"},
        {"Default: a", NULL,
         "error 2:3 parameter P has no Type | write Type: String, Number or "
         "CommaDelimitedList"},
        {"Type: string, Default: a", NULL,
         "error 2:13 string is no type of parameter | did you mean String?"},
        {"Type: Qwertz, Default: a", NULL,
         "error 2:13 Qwertz is no type of parameter | write String, Number or "
         "CommaDelimitedList"},
        {"Type: String, Defualt: a", NULL,
         "error 2:21 Defualt is no attribute of a parameter | did you mean "
         "Default?"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loading *l = with_parameter(cases[i].attributes, cases[i].given);

        if (strcmp(loading_problems(l), cases[i].problems) != 0)
            fail_msg("%s:\n%s\nwanted\n%s", cases[i].attributes, l->problems,
                     cases[i].problems);
        loading_free(l);
    }
    assert_problems("Parameters: {P: String}\n" VPC,
                    "error 1:17 parameter P is a string | write Type: and what "
                    "else describes it, indented");
}

static void test_a_secret_is_in_no_message(void **state)
{
    static const char *const cases[] = {
        "Type: String, NoEcho: true, MaxLength: 1, Default: s3cret",
        "Type: Number, NoEcho: 'true', Default: s3cret",
        "Type: String, NoEcho: true, AllowedValues: [a], Default: s3cret",
        "Type: String, NoEcho: true, AllowedPattern: a, Default: s3cret",
    };
    char buffer[4096];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loading *l = with_parameter(cases[i], NULL);
        struct text t = text_in(buffer, sizeof(buffer));

        assert_non_null(l->report.first);
        assert_null(strstr(loading_problems(l), "s3cret"));
        assert_ptr_equal(
            strstr(l->problems, "error 2:3 the value of parameter P "),
            l->problems);
        /* The line shown is the template's: a Default is no secret to those
         * who read it, but one that an option gave is. */
        loading_free(l);
        l = with_parameter("Type: Number, NoEcho: true", "s3cret");
        report_put(&t, &l->report, l->report.first);
        assert_null(memmem(t.p, t.n, "s3cret", 6));
        loading_free(l);
    }
}

static void test_a_secret_is_in_no_output(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_parameter(l, "P", "s3cret");
    loading_text(l, "Parameters: {P: {Type: String, NoEcho: true}}\n"
                    "Mappings: {M: {a: {b: c}}}\n"
                    "Outputs:\n"
                    "  A: {Value: !Sub 'x${P}'}\n"
                    "  B: {Value: plain}\n" VPC);
    assert_string_equal(loading_output(l, "A"), "****");
    assert_string_equal(loading_output(l, "B"), "plain");
    loading_free(l);
    l = loading_new();
    loading_parameter(l, "P", "s3cret");
    loading_text(l, "Parameters: {P: {Type: String, NoEcho: true}}\n"
                    "Mappings: {M: {a: {b: c}}}\n"
                    "Resources: {A: {Type: '" GROUP "', Properties: "
                    "{Name: !FindInMap [M, !Ref P, b]}}}\n");
    assert_string_equal(loading_problems(l),
                        "error 3:86 Fn::FindInMap: M has no key of this value "
                        "| add it to the mapping");
    loading_free(l);
}

static void test_options_for_no_parameter_are_refused(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_parameter(l, "Stgae", "x");
    loading_parameter(l, "Qwertz", "x");
    loading_text(l, "Parameters: {Stage: {Type: String, Default: a}}\n" VPC);
    assert_string_equal(
        loading_problems(l),
        "error 0:0 --parameter Stgae: the template declares no such parameter "
        "| did you mean Stage?\n"
        "error 0:0 --parameter Qwertz: the template declares no such parameter "
        "| leave it out, or declare it under Parameters");
    loading_free(l);
}

static void test_the_last_option_for_a_parameter_wins(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_parameter(l, "P", "a");
    loading_parameter(l, "P", "b");
    loading_text(l, "Parameters: {P: {Type: String}}\nResources: {A: {Type: "
                    "'AWS::EC2::VPC', Properties: {X: !Ref P}}}\n");
    assert_string_equal(loading_property(l, "A", "X"), "'b'");
    loading_free(l);
}

/* ---- conditions ---------------------------------------------------------- */

static void test_conditions_are_judged(void **state)
{
    static const struct {
        const char *condition;
        const char *shown;
    } cases[] = {
        {"!Equals [a, a]", "'yes'"},
        {"!Equals [a, A]", "'no'"},
        {"!Equals [1, '1']", "'yes'"},
        {"!Equals [true, 'true']", "'yes'"},
        {"!Equals [[a, b], [a, b]]", "'yes'"},
        {"!Equals [[a, b], [a]]", "'no'"},
        {"!Equals [!Ref AWS::Region, us-east-1]", "'yes'"},
        {"!Not [!Equals [a, a]]", "'no'"},
        {"!And [!Condition T, !Condition T]", "'yes'"},
        {"!And [!Condition T, !Condition F]", "'no'"},
        {"!Or [!Condition F, !Condition F]", "'no'"},
        {"!Or [!Condition F, !Condition T]", "'yes'"},
        {"!And [!Condition U, !Condition F]", "'no'"},
        {"!Or [!Condition U, !Condition T]", "'yes'"},
        {"{'Fn::Not': [{Condition: F}]}", "'yes'"},
        {"!Condition T", "'yes'"},
        {"!Or [!Condition U, !Condition F]",
         "<the condition C cannot be judged: parameter P has no value "
         "(--parameter P=VALUE gives it one)>"},
        {"!Not [!Condition U]",
         "<the condition C cannot be judged: parameter P has no value "
         "(--parameter P=VALUE gives it one)>"},
        {"!Equals [[a, !Ref P], a]",
         "<the condition C cannot be judged: parameter P has no value "
         "(--parameter P=VALUE gives it one)>"},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loading *l = loading_new();

        snprintf(text, sizeof(text),
                 "Parameters: {P: {Type: String}}\n"
                 "Conditions:\n  C: %s\n  T: !Equals [a, a]\n"
                 "  F: !Equals [a, b]\n  U: !Equals [!Ref P, a]\n"
                 "Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {X: !If "
                 "[C, yes!, 'no']}}}\n",
                 cases[i].condition);
        loading_text(l, text);
        if (l->report.first)
            fail_msg("%s: %s", cases[i].condition, loading_problems(l));
        if (strncmp(cases[i].shown, "'yes", 4) == 0)
            assert_string_equal(loading_property(l, "A", "X"), "'yes!'");
        else
            assert_string_equal(loading_property(l, "A", "X"), cases[i].shown);
        loading_free(l);
    }
}

static void test_broken_conditions_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"!Condition C", "17 the condition C depends on itself | break the "
                         "circle"},
        {"!Condition Cc", "17 there is no condition Cc | did you mean C?"},
        {"!Equals [a]", "6 Fn::Equals is not written as it must be | write it "
                        "as in !Equals [!Ref Stage, prod]"},
        {"!Not [a]", "12 a string is no condition | a condition is one of "
                     "Fn::Equals, Fn::And, Fn::Or, Fn::Not, or {Condition: "
                     "NAME}"},
        {"!Not []", "6 Fn::Not is not written as it must be | write it as in "
                    "!Not [!Condition A]"},
        {"!And [!Equals [a, a]]",
         "6 Fn::And takes a list of 2 to 10 conditions | write it as in "
         "[!Condition A, !Condition B]; nest it for more"},
        {"!Sub a", "6 Fn::Sub is no condition | a condition is one of "
                   "Fn::Equals, Fn::And, Fn::Or, Fn::Not, or {Condition: "
                   "NAME}"},
        {"'true'", "6 a string is no condition | a condition is one of "
                   "Fn::Equals, Fn::And, Fn::Or, Fn::Not, or {Condition: "
                   "NAME}"},
        {"!Equals [!Ref A, b]", "15 a condition refers to the resource A | "
                                "conditions know parameters and mappings only"},
        {"!Equals [!GetAtt A.B, b]",
         "15 a condition refers to the resource A | conditions know parameters "
         "and mappings only"},
        {"!Equals [!Ref Nope, b]", "15 Ref names Nope, which this template "
                                   "does not declare | correct the name, or "
                                   "declare it"},
    };
    char text[1024], wanted[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(text, sizeof(text), "Conditions:\n  C: %s\n%s", cases[i][0],
                 VPC);
        snprintf(wanted, sizeof(wanted), "error 2:%s", cases[i][1]);
        assert_problems(text, wanted);
    }
    assert_problems("Conditions:\n  C: !Not [!Condition D]\n"
                    "  D: !Not [!Condition C]\n" VPC,
                    "error 3:23 the condition C depends on itself | break the "
                    "circle");
}

static void test_a_false_condition_drops_its_resource(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_text(l, "Conditions: {F: !Equals [a, b], T: !Equals [a, a]}\n"
                    "Resources:\n"
                    "  A: {Type: 'AWS::EC2::VPC', Condition: F}\n"
                    "  B: {Type: 'AWS::EC2::VPC', Condition: T}\n"
                    "Outputs:\n"
                    "  X: {Value: x, Condition: F}\n"
                    "  Y: {Value: y, Condition: T}\n");
    assert_string_equal(loading_problems(l), "");
    assert_string_equal(loading_show(l, l->template->resources),
                        "{B: {Type: 'AWS::EC2::VPC'}}");
    assert_string_equal(loading_output(l, "X"), "-");
    assert_string_equal(loading_output(l, "Y"), "y");
    loading_free(l);
}

static void test_an_unknown_condition_is_an_error_where_it_counts(void **state)
{
    (void)state;
    assert_problems("Parameters: {P: {Type: String}}\n"
                    "Conditions: {U: !Equals [!Ref P, a]}\n"
                    "Resources:\n"
                    "  A: {Type: 'AWS::EC2::VPC', Condition: U}\n"
                    "  B: {Type: '" GROUP "', Condition: U}\n",
                    "error 5:68 whether B exists cannot be known here: "
                    "parameter P has no value (--parameter P=VALUE gives it "
                    "one) | let the condition depend on parameters that have "
                    "values");
}

/* ---- resources ----------------------------------------------------------- */

static void test_resources_keep_what_is_read(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_text(l, "Resources:\n"
                    "  A:\n"
                    "    Type: " GROUP "\n"
                    "    DependsOn: [B]\n"
                    "    DeletionPolicy: Retain\n"
                    "    Properties: {Port: 80, Name: !Sub 'n${AWS::Region}'}\n"
                    "    Metadata: {Sluice: {x: !Ref AWS::Region}}\n"
                    "  B:\n"
                    "    Type: AWS::EC2::VPC\n"
                    "    DependsOn: A\n");
    assert_string_equal(loading_problems(l), "");
    assert_string_equal(loading_show(l, l->template->resources),
                        "{A: {Type: '" GROUP "', Properties: {Port: 80, Name: "
                        "'nus-east-1'}, Metadata: {Sluice: {x: 'us-east-1'}}}, "
                        "B: {Type: 'AWS::EC2::VPC'}}");
    loading_free(l);
}

static void test_broken_resources_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"A: {Properties: {}}",
         "error 2:3 A has no Type | write Type: "
         "AWS::ElasticLoadBalancingV2::Listener, or what it is"},
        {"A: x", "error 2:6 A is a string, not a resource | write Type: and "
                 "Properties:, indented below it"},
        {"A: {Type: 'AWS::ElasticLoadBalancingV2::Listner'}",
         "error 2:13 AWS::ElasticLoadBalancingV2::Listner is no type of "
         "resource | did you mean AWS::ElasticLoadBalancingV2::Listener?"},
        {"A: {Type: 'AWS::ElasticLoadBalancingV2:Listener'}",
         "error 2:13 AWS::ElasticLoadBalancingV2:Listener is no type of "
         "resource | did you mean AWS::ElasticLoadBalancingV2::Listener?"},
        {"A: {Type: 'AWS::ElasticLoadbalancingV2::targetgroup'}",
         "error 2:13 AWS::ElasticLoadbalancingV2::targetgroup is no type of "
         "resource | did you mean AWS::ElasticLoadBalancingV2::TargetGroup?"},
        {"A: {Type: 'AWS::ECS::Servce'}",
         "error 2:13 AWS::ECS::Servce is no type of resource | did you mean "
         "AWS::ECS::Service?"},
        {"A: {Type: Thing}", "warning 2:13 Thing is a type that Sluice does "
                             "not know: it is ignored | check the spelling"},
        {"A: {Type: 'AWS::ElasticLoadBalancing::LoadBalancer'}",
         "warning 2:13 A is a Classic Load Balancer: it is ignored | an "
         "Application Load Balancer is "
         "AWS::ElasticLoadBalancingV2::LoadBalancer"},
        {"A: {Type: 'AWS::EC2::VPC', Propertis: {}}",
         "error 2:30 Propertis of A is no attribute of a resource | did you "
         "mean Properties?"},
        {"A: {Type: 'AWS::EC2::VPC', Port: 80}",
         "error 2:30 Port of A stands beside Type, where no property does | "
         "indent it below Properties:"},
        {"A: {Type: '" GROUP "', Properties: [a]}",
         "error 2:69 Properties of A is a list | write NAME: VALUE lines, "
         "indented below it"},
        {"A-B: {Type: 'AWS::EC2::VPC'}",
         "error 2:3 A-B is no logical id | use letters and digits only"},
        {"A: {Type: 'AWS::EC2::VPC', DependsOn: B}",
         "error 2:41 DependsOn names B, which this template does not declare | "
         "did you mean A?"},
        {"A: {Type: 'AWS::EC2::VPC', Condition: C}",
         "error 2:41 there is no condition C | declare it under Conditions"},
        {"A: {Type: 'AWS::EC2::VPC', Condition: No}",
         "error 2:41 this name of a condition means false in YAML | quote it, "
         "or rename the condition"},
        {"A: {Type: 'AWS::EC2::VPC', Condition: [C]}",
         "error 2:41 Condition of A is a list | write the name of one that "
         "Conditions declares"},
        {"'Fn::ForEach::A': [a]",
         "error 2:3 Fn::ForEach is not supported | write out the resources "
         "that the loop would make"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(text, sizeof(text), "Resources:\n  %s\n", cases[i][0]);
        assert_problems(text, cases[i][1]);
    }
    assert_problems("Parameters: {A: {Type: String}}\n" VPC,
                    "error 2:13 A is the name of a parameter, too | rename one "
                    "of them");
}

static void test_other_types_have_no_faults_but_names(void **state)
{
    static const char *const cases[][2] = {
        {"{X: !Select [9, [a]]}", ""},
        {"{X: !FindInMap [M, a, b]}", ""},
        {"{X: !Join ['', [[a]]]}", ""},
        {"{X: {Ref: [a]}}", ""},
        {"{Condition: {StringEquals: {a: '${aws:x}'}}}", ""},
        {"{X: !Ref B}", "error 3:48 Ref names B, which this template does not "
                        "declare | did you mean A?"},
        {"{X: !FindInMap [N, a, b]}",
         "error 3:60 there is no mapping N | did you mean M?"},
    };
    char text[512];

    (void)state;
    assert_problems("Resources: {A: {Type: 'AWS::ECS::Service', Properties: "
                    "{X: !Select [9, [a]]}}}\n",
                    "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(text, sizeof(text),
                 "Mappings: {M: {x: {y: z}}}\nResources:\n  A: {Type: "
                 "'AWS::S3::Bucket', Properties: %s}\n",
                 cases[i][0]);
        assert_problems(text, cases[i][1]);
    }
}

static void test_macros_may_declare_what_is_missing(void **state)
{
    (void)state;
    assert_problems("Transform: AWS::Serverless-2016-10-31\n"
                    "Resources: {A: {Type: 'AWS::Serverless::Function', "
                    "Properties: {X: !Ref ServerlessRestApi}}}\n",
                    "warning 1:12 the macro AWS::Serverless-2016-10-31 runs in "
                    "AWS only: what it adds is not here | give Sluice the "
                    "template that the macro made, if it makes load balancers");
    assert_problems("Transform: [AWS::LanguageExtensions]\n" VPC, "");
}

static void test_ignored_types_are_listed_when_asked(void **state)
{
    const char *text = "Resources:\n"
                       "  A: {Type: 'AWS::EC2::VPC'}\n"
                       "  B: {Type: 'AWS::EC2::RouteTable'}\n"
                       "  C: {Type: '" GROUP "'}\n"
                       "  D: {Type: 'AWS::EC2::RouteTable'}\n"
                       "  E: {Type: 'AWS::ECS::Service'}\n";
    struct loading *l = loading_new();

    (void)state;
    assert_problems(text, "");
    l->report.verbose = true;
    loading_text(l, text);
    assert_string_equal(
        loading_problems(l),
        "note 2:3 AWS::EC2::VPC is ignored (1 resource)\n"
        "note 3:3 AWS::EC2::RouteTable is ignored (2 resources)");
    loading_free(l);
}

/* ---- outputs ------------------------------------------------------------- */

static void test_outputs_that_are_known_are_kept(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_text(l, "Resources:\n"
                    "  A: {Type: 'AWS::EC2::VPC'}\n"
                    "  B: {Type: '" GROUP "', Properties: {Name: b}}\n"
                    "Outputs:\n"
                    "  Name: {Value: !GetAtt B.TargetGroupName}\n"
                    "  Vpc: {Value: !Ref A}\n"
                    "  List: {Value: [a, b]}\n"
                    "  Number: {Value: 5}\n"
                    "  Broken: {Value: !Select [5, []]}\n"
                    "  None: {Description: x}\n");
    assert_string_equal(loading_problems(l), "");
    assert_int_equal(l->template->noutputs, 3);
    assert_string_equal(loading_output(l, "Name"), "b");
    assert_string_equal(loading_output(l, "List"), "a,b");
    assert_string_equal(loading_output(l, "Number"), "5");
    loading_free(l);
    assert_problems(VPC "Outputs: {X: {Value: !Ref B}}\n",
                    "error 2:22 Ref names B, which this template does not "
                    "declare | did you mean A?");
}

/* ---- several files ------------------------------------------------------- */

static void test_files_are_merged(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_two(l,
                "Parameters: {P: {Type: String, Default: p}}\n"
                "Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {X: !Ref "
                "B}}}\n"
                "Outputs: {O: {Value: !Sub 'o${P}', Export: {Name: !Sub "
                "'${AWS::StackName}-o'}}}\n",
                "Parameters: {P: {Type: String, Default: p}}\n"
                "Resources: {B: {Type: '" GROUP "', Properties: {Name: "
                "!ImportValue a-o}}}\n");
    assert_string_equal(loading_problems(l), "");
    assert_true(str_eq(l->template->stack, STR("a")));
    assert_string_equal(loading_property(l, "B", "Name"), "'op'");
    assert_non_null(strstr(loading_property(l, "A", "X"), ":targetgroup/op/"));
    loading_free(l);
}

static void test_one_name_in_two_files_is_refused(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_two(l, VPC, "\n" VPC);
    assert_string_equal(l->report.first->place.file, "b.yaml");
    assert_string_equal(loading_problems(l),
                        "error 2:13 the logical id A is declared in "
                        "a.yaml:1:13, too | rename one of them: several files "
                        "make one stack");
    loading_free(l);
    l = loading_new();
    loading_two(l, "Conditions: {C: !Equals [a, a]}\n" VPC,
                "Conditions: {C: !Equals [a, b]}\nResources: {B: {Type: "
                "'AWS::EC2::VPC'}}\n");
    assert_string_equal(loading_problems(l),
                        "error 1:14 the condition C is declared in "
                        "a.yaml:1:14, too | rename one of them: several files "
                        "make one stack");
    loading_free(l);
}

static void test_an_export_that_needs_itself_is_unknown(void **state)
{
    struct loading *l = loading_new();

    (void)state;
    loading_text(l, "Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {X: "
                    "!ImportValue e}}}\n"
                    "Outputs: {O: {Value: !ImportValue e, Export: {Name: "
                    "e}}}\n");
    assert_string_equal(loading_property(l, "A", "X"),
                        "<the output O needs itself>");
    loading_free(l);
}

/* ---- files --------------------------------------------------------------- */

static void test_stacks_are_called_as_their_first_file(void **state)
{
    static const char *const cases[][2] = {
        {"web.yaml", "web"},
        {"/a/b.c/Shop.template.json", "Shop"},
        {"-", "stack"},
        {".hidden", "stack"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loading *l = loading_new();
        struct template_source source = {cases[i][0], STR(VPC)};

        l->template = template_parse(&source, 1, &l->options, &l->report);
        assert_non_null(l->template);
        assert_true(str_eq(l->template->stack, str_of(cases[i][1])));
        loading_free(l);
    }
}

static void test_every_missing_file_is_reported(void **state)
{
    static const char *const files[] = {"/nowhere/a.yaml", "/nowhere/b.yaml"};
    struct loading *l = loading_new();

    (void)state;
    assert_null(template_load(files, 2, &l->options, &l->report));
    assert_int_equal(l->report.errors, 2);
    assert_string_equal(l->report.first->place.file, "/nowhere/a.yaml");
    loading_free(l);
}

static void test_what_cdk_makes_loads_as_it_is(void **state)
{
    static const char *const names[] = {
        "data/templates/alb-ecs-bluegreen.template.json",
        "data/templates/alb-ecs-codedeploy.template.json",
        "data/templates/wafv2-webacl.template.json",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct loading *l;
        char path[4096];
        const char *file = loading_shared(names[i], path, sizeof(path));

        if (file == NULL)
            skip();
        l = loading_new();
        l->template = template_load(&file, 1, &l->options, &l->report);
        if (l->template == NULL || l->report.first)
            fail_msg("%s: %s", file, loading_problems(l));
        if (i == 0)
            assert_non_null(strstr(
                loading_property(l, "SvcTaskCountTargetReq37AF00EE",
                                 "TargetTrackingScalingPolicyConfiguration"),
                "ResourceLabel: 'app/Lb1928D9D6/"));
        loading_free(l);
    }
}

static void test_what_terraform_makes_is_recognised(void **state)
{
    struct loading *l = loading_new();
    char path[4096];
    const char *file = loading_shared(
        "data/templates/terraform-alb-wafv2.plan.json", path, sizeof(path));

    (void)state;
    if (file) {
        assert_null(template_load(&file, 1, &l->options, &l->report));
        assert_string_equal(loading_problems(l),
                            "error 1:1 this is a Terraform plan | Sluice reads "
                            "CloudFormation: describe the load balancer in a "
                            "template");
    }
    loading_free(l);
    if (file == NULL)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_are_known),
        cmocka_unit_test(test_strict_makes_unknown_sections_errors),
        cmocka_unit_test(test_other_files_are_recognised),
        cmocka_unit_test(test_parameters_have_their_types_values),
        cmocka_unit_test(test_values_keep_to_their_limits),
        cmocka_unit_test(test_a_secret_is_in_no_message),
        cmocka_unit_test(test_a_secret_is_in_no_output),
        cmocka_unit_test(test_options_for_no_parameter_are_refused),
        cmocka_unit_test(test_the_last_option_for_a_parameter_wins),
        cmocka_unit_test(test_conditions_are_judged),
        cmocka_unit_test(test_broken_conditions_are_refused),
        cmocka_unit_test(test_a_false_condition_drops_its_resource),
        cmocka_unit_test(test_an_unknown_condition_is_an_error_where_it_counts),
        cmocka_unit_test(test_resources_keep_what_is_read),
        cmocka_unit_test(test_broken_resources_are_refused),
        cmocka_unit_test(test_other_types_have_no_faults_but_names),
        cmocka_unit_test(test_macros_may_declare_what_is_missing),
        cmocka_unit_test(test_ignored_types_are_listed_when_asked),
        cmocka_unit_test(test_outputs_that_are_known_are_kept),
        cmocka_unit_test(test_files_are_merged),
        cmocka_unit_test(test_one_name_in_two_files_is_refused),
        cmocka_unit_test(test_an_export_that_needs_itself_is_unknown),
        cmocka_unit_test(test_stacks_are_called_as_their_first_file),
        cmocka_unit_test(test_every_missing_file_is_reported),
        cmocka_unit_test(test_what_cdk_makes_loads_as_it_is),
        cmocka_unit_test(test_what_terraform_makes_is_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

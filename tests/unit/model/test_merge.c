/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/account_json.h"
#include "model/merge.h"
#include "values.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Each is resources as values.h spells them.  `old` NULL: there was no
 * template. */
struct meeting {
    const char *old;
    const char *now;
    const char *new;
    const char *result; /* NULL: refused */
    const char *why;    /* in the error */
};

static struct account *account_of(const char *text, uint64_t revision)
{
    struct region region = {NULL};
    struct place mark = {NULL, 0, 0};
    struct account *account;

    if (text == NULL)
        return NULL;
    account = account_new(values_parse(&region, text, &mark), revision);
    region_end(&region);
    return account;
}

static void check_result(const struct meeting *m, const struct account *made)
{
    struct account *expected = account_of(m->result, 0);
    struct str is = account_json_of_resources(made);
    struct str wanted = account_json_of_resources(expected);

    if (!str_eq(is, wanted))
        fail_msg("old %s\nnow %s\nnew %s\n  is     %s\n  wanted %s", m->old,
                 m->now, m->new, is.p, wanted.p);
    assert_int_equal(made->revision, 8);
    free((char *)(uintptr_t)is.p);
    free((char *)(uintptr_t)wanted.p);
    account_release(expected);
}

static void check(const struct meeting *m)
{
    struct account *now = account_of(m->now, 7);
    struct account *old = account_of(m->old, 0);
    struct account *new = account_of(m->new, 0);
    struct error error = {""};
    struct account *made = account_merge(now, old, new, STR("test"), &error);

    if (m->result && made == NULL)
        fail_msg("old %s\nnow %s\nnew %s\n  %s", m->old, m->now, m->new,
                 error.text);
    if (m->result && made) {
        check_result(m, made);
    } else {
        assert_null(m->result);
        assert_null(made);
        if (m->why && strstr(error.text, m->why) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", error.text, m->why);
    }
    account_release(made);
    account_release(now);
    account_release(old);
    account_release(new);
}

static void check_all(const struct meeting *meetings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(&meetings[i]);
}

/* ---- resources -------------------------------------------------------------------- */

#define A "A: {Type: T, Properties: {P: 1}}"
#define A2 "A: {Type: T, Properties: {P: 2}}"
#define B "B: {Type: T, Properties: {P: 1}}"
#define API "Made: {Type: T, Properties: {Q: 5}}"

static void test_what_only_the_template_changes_is_applied(void **state)
{
    static const struct meeting meetings[] = {
        {A, A, A, A, NULL},
        {A, A, A2, A2, NULL},
        {A, A, A "," B, A "," B, NULL},
        {A "," B, A "," B, B, B, NULL},
        {A, A "," API, A2 "," B, A2 "," API "," B, NULL},
        {NULL, API, A, API "," A, NULL},
        {A, A "," API, "", API, NULL},
        {A, A, "A: {Type: U}", "A: {Type: U}", NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

static void test_what_only_the_api_changes_stays(void **state)
{
    static const struct meeting meetings[] = {
        {A, A2, A, A2, NULL},
        {A "," B, B "," API, A "," B, B "," API, NULL}, /* A was deleted */
        {A "," B, API, A "," B, API, NULL},
        {A "," B, B, B, B, NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

static void
test_a_deleted_resource_that_the_template_changes_is_made_again(void **state)
{
    static const struct meeting meetings[] = {
        {A "," B, B, A2 "," B, B "," A2, NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

static void test_what_the_api_uses_does_not_go(void **state)
{
    static const struct meeting meetings[] = {
        {"Tg: {Type: TG}",
         "Tg: {Type: TG}, R: {Type: RU, Properties: {Actions: [{Type: forward, "
         "TargetGroupArn: @Tg}]}}",
         "", NULL,
         "the template has no \"Tg\" any more, but "
         "AWS::ElasticLoadBalancingV2::ListenerRule \"R\", which the API made, "
         "uses it"},
        /* By the id that it was given, too. */
        {"Tg: {Type: TG, Metadata: {Sluice: {Id: 0123456789abcdef}}}",
         "Tg: {Type: TG, Metadata: {Sluice: {Id: 0123456789abcdef}}}, R: "
         "{Type: RU, Properties: {X: [[arn:x/0123456789abcdef]]}}",
         "", NULL, "uses it"},
        {"Ips: {Type: IP}",
         "Ips: {Type: IP}, Acl: {Type: WA, Properties: {Rules: [{Statement: "
         "{IPSetReferenceStatement: {Arn: @Ips}}}]}}",
         "", NULL, "uses it"},
        /* Template resources that use it are the template's business. */
        {"Tg: {Type: TG}, R: {Type: RU, Properties: {X: @Tg}}",
         "Tg: {Type: TG}, R: {Type: RU, Properties: {X: @Tg}}",
         "R: {Type: RU, Properties: {X: 1}}",
         "R: {Type: RU, Properties: {X: 1}}", NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

static void test_what_the_api_uses_keeps_its_name(void **state)
{
    static const struct meeting meetings[] = {
        {"Acl: {Type: WA, Properties: {Name: a}}",
         "Acl: {Type: WA, Properties: {Name: a}}, X: {Type: T, Properties: "
         "{WebACLArn: @Acl}}",
         "Acl: {Type: WA, Properties: {Name: b}}", NULL,
         "the template has not the name of \"Acl\" any more, but T \"X\", "
         "which "
         "the API made, uses it: delete that first, or leave it in the "
         "template"},
        {"Acl: {Type: WA, Properties: {Name: a, P: 1}}",
         "Acl: {Type: WA, Properties: {Name: a, P: 1}}, X: {Type: T, "
         "Properties: {WebACLArn: @Acl}}",
         "Acl: {Type: WA, Properties: {Name: a, P: 2}}",
         "Acl: {Type: WA, Properties: {Name: a, P: 2}}, X: {Type: T, "
         "Properties: {WebACLArn: @Acl}}",
         NULL},
        {"Acl: {Type: WA, Properties: {Name: a}}",
         "Acl: {Type: WA, Properties: {Name: a}}, " API,
         "Acl: {Type: WA, Properties: {Name: b}}",
         "Acl: {Type: WA, Properties: {Name: b}}, " API, NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

static void test_a_new_resource_does_not_replace_one_of_the_api(void **state)
{
    static const struct meeting meetings[] = {
        {NULL, A, A2, NULL, "give it another one in the template"},
        {B, B "," A, B "," A2, NULL, "new resource \"A\""},
        {B, B "," A, B "," A, B "," A, NULL}, /* it is the same */
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

/* ---- properties ---------------------------------------------------------------------- */

/* A resource with those properties. */
#define R(properties) "R: {Type: T, Properties: {" properties "}}"

static void
test_a_resource_that_both_changed_goes_property_by_property(void **state)
{
    static const struct meeting meetings[] = {
        {R("P: 1, Q: 1"), R("P: 1, Q: 2"), R("P: 5, Q: 1"), R("P: 5, Q: 2"),
         NULL},
        {R("P: 1"), R("P: 2"), R("P: 3"), R("P: 3"), NULL},
        {R("P: 1"), R("P: 1, Z: 2"), R("P: 3, Y: 1"), R("P: 3, Z: 2, Y: 1"),
         NULL},
        {R("P: 1, Q: 1"), R("P: 1, Q: 2"), R("P: 1"), R("P: 1"), NULL},
        {R("P: 1, Q: 1"), R("Q: 1"), R("P: 1, Q: 2"), R("Q: 2"), NULL},
        {R("M: {A: 1, B: 1}"), R("M: {A: 2, B: 1}"), R("M: {A: 1, B: 3}"),
         R("M: {A: 2, B: 3}"), NULL},
        {R("L: [1, 2]"), R("L: [1, 2, 3]"), R("L: [4]"), R("L: [4]"), NULL},
        {R("L: [1]"), R("L: {A: 1}"), R("L: [2]"), R("L: [2]"), NULL},
        {R("P: ?why?"), R("P: ?why?"), R("P: 7"), R("P: 7"), NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

#define ATTRIBUTE(key, value) "{Key: " key ", Value: " value "}"

static void test_attributes_tags_and_targets_go_by_their_keys(void **state)
{
    static const struct meeting meetings[] = {
        {R("TargetGroupAttributes: [" ATTRIBUTE("a", "1") "," ATTRIBUTE(
             "b", "1") "]"),
         R("TargetGroupAttributes: [" ATTRIBUTE("a", "1") "," ATTRIBUTE(
             "b", "2") "," ATTRIBUTE("api", "1") "]"),
         R("TargetGroupAttributes: [" ATTRIBUTE("a", "9") "," ATTRIBUTE(
             "b", "1") "," ATTRIBUTE("n", "1") "]"),
         R("TargetGroupAttributes: [" ATTRIBUTE("a", "9") "," ATTRIBUTE(
             "b", "2") "," ATTRIBUTE("api", "1") "," ATTRIBUTE("n", "1") "]"),
         NULL},
        {R("Tags: [" ATTRIBUTE("a", "1") "]"), R("Tags: []"),
         R("Tags: [" ATTRIBUTE("a", "1") "," ATTRIBUTE("b", "1") "]"),
         R("Tags: [" ATTRIBUTE("b", "1") "]"), NULL},
        {R("X: 1"),
         R("X: 1, LoadBalancerAttributes: [" ATTRIBUTE("api", "1") "]"),
         R("X: 1, LoadBalancerAttributes: [" ATTRIBUTE("n", "1") "]"),
         R("X: 1, LoadBalancerAttributes: [" ATTRIBUTE(
             "api", "1") "," ATTRIBUTE("n", "1") "]"),
         NULL},
        /* One target was deregistered, one registered; the template moves the
         * third. */
        {R("Targets: [{Id: 10.0.0.1}, {Id: 10.0.0.2}, {Id: 10.0.0.3}]"),
         R("Targets: [{Id: 10.0.0.2}, {Id: 10.0.0.3}, {Id: 10.0.0.9}]"),
         R("Targets: [{Id: 10.0.0.1}, {Id: 10.0.0.2}, {Id: 10.0.0.3, Port: "
           "81}]"),
         R("Targets: [{Id: 10.0.0.2}, {Id: 10.0.0.9}, {Id: 10.0.0.3, Port: "
           "81}]"),
         NULL},
        {R("Targets: [{Id: i, Port: 1}]"), R("Targets: [{Id: i, Port: 1}]"),
         R("Targets: [{Id: i, Port: 1}, {Id: i, Port: 2}]"),
         R("Targets: [{Id: i, Port: 1}, {Id: i, Port: 2}]"), NULL},
        /* What has no keys is a list like any. */
        {R("Tags: [a]"), R("Tags: [b]"), R("Tags: [c]"), R("Tags: [c]"), NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

/* ---- weights -------------------------------------------------------------------------- */

#define GROUP(arn, weight) "{TargetGroupArn: " arn ", Weight: " weight "}"
#define FORWARD(groups, more)                                                  \
    "{Type: forward, ForwardConfig: {TargetGroups: [" groups "]" more "}}"
#define RULE(actions) R("Actions: [" actions "]")
#define STICKY ", TargetGroupStickinessConfig: {Enabled: true}"
#define SPLIT(blue, green) GROUP("blue", blue) "," GROUP("green", green)
#define OIDC "{Type: authenticate-oidc, X: 1}"

static void test_weights_that_were_moved_stay(void **state)
{
    static const struct meeting meetings[] = {
        /* Nothing changed but what a shift moved. */
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")),
         RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")), NULL},
        /* The template says other ones as well. */
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")),
         RULE(FORWARD(SPLIT("90", "10"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")), NULL},
        /* Only one of them was moved. */
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("100", "60"), "")),
         RULE(FORWARD(SPLIT("90", "10"), "")),
         RULE(FORWARD(SPLIT("90", "60"), "")), NULL},
        /* Nobody moved any. */
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("90", "10"), "")),
         RULE(FORWARD(SPLIT("90", "10"), "")), NULL},
        /* One that is not given is 1. */
        {RULE(FORWARD("{TargetGroupArn: blue}", "")),
         RULE(FORWARD(GROUP("blue", "1"), "")),
         RULE(FORWARD(GROUP("blue", "7"), "")),
         RULE(FORWARD(GROUP("blue", "7"), "")), NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

static void
test_moved_weights_stay_when_the_rest_of_their_action_changes(void **state)
{
    static const struct meeting meetings[] = {
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")),
         RULE(FORWARD(SPLIT("100", "0"), STICKY)),
         RULE(FORWARD(SPLIT("40", "60"), STICKY)), NULL},
        /* A group more, one less. */
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")),
         RULE(FORWARD(SPLIT("100", "0") "," GROUP("red", "5"), "")),
         RULE(FORWARD(SPLIT("40", "60") "," GROUP("red", "5"), "")), NULL},
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")),
         RULE(FORWARD(GROUP("green", "0"), "")),
         RULE(FORWARD(GROUP("green", "60"), "")), NULL},
        /* A group that a shift brought. */
        {RULE(FORWARD(GROUP("blue", "100"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")),
         RULE(FORWARD(GROUP("blue", "100"), STICKY)),
         RULE(FORWARD(SPLIT("40", "60"), STICKY)), NULL},
        /* An action before it. */
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")),
         RULE(OIDC "," FORWARD(SPLIT("100", "0"), "")),
         RULE(OIDC "," FORWARD(SPLIT("40", "60"), "")), NULL},
        {RULE(OIDC "," FORWARD(SPLIT("100", "0"), "")),
         RULE(OIDC "," FORWARD(SPLIT("40", "60"), "")),
         RULE(FORWARD(SPLIT("100", "0"), STICKY)),
         RULE(FORWARD(SPLIT("40", "60"), STICKY)), NULL},
        /* In a listener. */
        {R("DefaultActions: [" FORWARD(SPLIT("1", "0"), "") "]"),
         R("DefaultActions: [" FORWARD(SPLIT("0", "1"), "") "]"),
         R("DefaultActions: [" FORWARD(SPLIT("1", "0"), STICKY) "], Port: 81"),
         R("DefaultActions: [" FORWARD(SPLIT("0", "1"), STICKY) "], Port: 81"),
         NULL},
        /* Something else instead. */
        {RULE(FORWARD(SPLIT("100", "0"), "")),
         RULE(FORWARD(SPLIT("40", "60"), "")), RULE("{Type: fixed-response}"),
         RULE("{Type: fixed-response}"), NULL},
    };

    (void)state;
    check_all(meetings, COUNT(meetings));
}

/* ---- as the template says ---------------------------------------------------------- */

static void
test_an_account_is_its_template_until_something_differs(void **state)
{
    static const struct {
        const char *account;
        const char *base;
        bool same;
    } cases[] = {
        {A "," B, A "," B, true},          {A, A "," B, false},
        {A "," B "," API, A "," B, false}, {A2 "," B, A "," B, false},
        {B "," A, A "," B, false},         {A, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct account *account = account_of(cases[i].account, 1);
        struct account *base = account_of(cases[i].base, 0);

        assert_int_equal(account_is_template(account, base), cases[i].same);
        account_release(account);
        account_release(base);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_only_the_template_changes_is_applied),
        cmocka_unit_test(test_what_only_the_api_changes_stays),
        cmocka_unit_test(
            test_a_deleted_resource_that_the_template_changes_is_made_again),
        cmocka_unit_test(test_what_the_api_uses_does_not_go),
        cmocka_unit_test(test_what_the_api_uses_keeps_its_name),
        cmocka_unit_test(test_a_new_resource_does_not_replace_one_of_the_api),
        cmocka_unit_test(
            test_a_resource_that_both_changed_goes_property_by_property),
        cmocka_unit_test(test_attributes_tags_and_targets_go_by_their_keys),
        cmocka_unit_test(test_weights_that_were_moved_stay),
        cmocka_unit_test(
            test_moved_weights_stay_when_the_rest_of_their_action_changes),
        cmocka_unit_test(
            test_an_account_is_its_template_until_something_differs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

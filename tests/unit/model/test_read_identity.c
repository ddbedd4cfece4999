/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builds.h"
#include "model/instant.h"

/* One of each kind, with ids and the moments when they were made. */
#define ALL_KINDS                                                              \
    "Lb: {Type: LB, Metadata: {Sluice: {Id: '00000000000000a1', Created: "     \
    "'2026-01-02T03:04:05.678Z'}}, Properties: {Name: edge}},\n"               \
    "Tg: {Type: TG, Metadata: {Sluice: {Id: '00000000000000a2', Created: "     \
    "'2026-01-02T03:04:05.679Z'}}, Properties: {Port: 80, Protocol: HTTP}},\n" \
    "Ce: {Type: CE, Metadata: {Sluice: {Id: "                                  \
    "'00000000-1111-2222-3333-444444444444', Created: "                        \
    "'2026-01-02T03:04:05.680Z'}}, Properties: {DomainName: a.test}},\n"       \
    "Ts: {Type: TS, Metadata: {Sluice: {Id: '00000000000000a3', Created: "     \
    "'2026-01-02T03:04:05.681Z', CaCertificates: ca.pem}}, Properties: "       \
    "{Name: ours}},\n"                                                         \
    "Web: {Type: LI, Metadata: {Sluice: {Id: '00000000000000a4', Created: "    \
    "'2026-01-02T03:04:05.682Z'}}, Properties: {LoadBalancerArn: @Lb, Port: "  \
    "443, Protocol: HTTPS, Certificates: [{CertificateArn: @Ce}], "            \
    "MutualAuthentication: {Mode: verify, TrustStoreArn: @Ts}, "               \
    "DefaultActions: [{Type: forward, TargetGroupArn: @Tg}]}},\n"              \
    "Api: {Type: RU, Metadata: {Sluice: {Id: '00000000000000a5', Created: "    \
    "'2026-01-02T03:04:05.683Z'}}, Properties: {ListenerArn: @Web, Priority: " \
    "1, Conditions: [{Field: path-pattern, Values: [/*]}], Actions: [{Type: "  \
    "forward, TargetGroupArn: @Tg}]}},\n"                                      \
    "More: {Type: LC, Metadata: {Sluice: {Id: '00000000000000a6', Created: "   \
    "'2026-01-02T03:04:05.684Z'}}, Properties: {ListenerArn: @Web, "           \
    "Certificates: [{CertificateArn: @Ce}]}}"

#define ELB "arn:aws:elasticloadbalancing:us-east-1:000000000000:"
#define LISTENER "app/edge/00000000000000a1/00000000000000a4"

static void test_arns_are_made_of_the_ids_that_were_given(void **state)
{
    struct config *config = build_good(in_nothing, ALL_KINDS);
    const struct config_listener *web = config->listeners[0];

    (void)state;
    assert_string_equal(config->load_balancers[0]->arn.p,
                        ELB "loadbalancer/app/edge/00000000000000a1");
    assert_string_equal(config->load_balancers[0]->full_name.p,
                        "app/edge/00000000000000a1");
    assert_string_equal(config->groups[0]->arn.p,
                        ELB "targetgroup/Tg/00000000000000a2");
    assert_string_equal(config->trust_stores[0]->arn.p,
                        ELB "truststore/ours/00000000000000a3");
    assert_string_equal(web->arn.p, ELB "listener/" LISTENER);
    assert_string_equal(web->rules[0].arn.p,
                        ELB "listener-rule/" LISTENER "/00000000000000a5");
    assert_int_equal(web->rules[1].arn.n, web->rules[0].arn.n);
    assert_string_not_equal(web->rules[1].arn.p, web->rules[0].arn.p);
    assert_string_equal(web->tls->certificates[0].arn.p,
                        "arn:aws:acm:us-east-1:000000000000:certificate/"
                        "00000000-1111-2222-3333-444444444444");
    config_release(config);
}

static void test_a_config_knows_when_things_were_made(void **state)
{
    struct config *config = build_good(in_nothing, ALL_KINDS);
    const struct config_listener *web = config->listeners[0];
    uint64_t first = 1767323045678;

    (void)state;
    assert_int_equal(config->load_balancers[0]->created_ms, first);
    assert_int_equal(config->groups[0]->created_ms, first + 1);
    assert_int_equal(config->trust_stores[0]->created_ms, first + 3);
    assert_int_equal(web->created_ms, first + 4);
    assert_int_equal(web->rules[0].created_ms, first + 5);
    assert_int_equal(web->rules[1].created_ms, first + 4); /* the default one */
    config_release(config);
}

static void test_ids_do_not_depend_on_names(void **state)
{
    struct config *a = build_good(
        in_nothing, "Lb: {Type: LB, Metadata: {Sluice: {Id: "
                    "'00000000000000a1'}}, Properties: {Name: edge}}");
    struct config *b = build_good(
        in_nothing, "Rim: {Type: LB, Metadata: {Sluice: {Id: "
                    "'00000000000000a1'}}, Properties: {Name: edge}}");

    (void)state;
    assert_string_equal(a->load_balancers[0]->arn.p,
                        b->load_balancers[0]->arn.p);
    assert_string_equal(a->load_balancers[0]->dns_name.p,
                        b->load_balancers[0]->dns_name.p);
    config_release(a);
    config_release(b);
}

static void test_what_is_no_id_is_refused(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB, Metadata: {Sluice: {Id: ^'00000000000000A1'}}}",
         "load balancer Lb: Metadata.Sluice.Id cannot be "
         "\"00000000000000A1\": an id is 16 lower-case hex digits",
         "write one such as 0123456789abcdef, or leave it out"},
        {"Tg: {Type: TG, Metadata: {Sluice: {Id: ^'a1'}}, Properties: {Port: "
         "80, Protocol: HTTP}}",
         "target group Tg: Metadata.Sluice.Id cannot be \"a1\": an id is 16 "
         "lower-case hex digits",
         "write one such as 0123456789abcdef, or leave it out"},
        {"Ce: {Type: CE, Metadata: {Sluice: {Id: ^'00000000000000a1'}}, "
         "Properties: {DomainName: a.test}}",
         "certificate Ce: Metadata.Sluice.Id cannot be "
         "\"00000000000000a1\": the id of a certificate is a UUID",
         "write one such as 01234567-89ab-cdef-0123-456789abcdef, or leave it "
         "out"},
        {"Lb: {Type: LB, Metadata: {Sluice: {Created: ^'2026-02-30T00:00:00Z"
         "'}}}",
         "load balancer Lb: Metadata.Sluice.Created cannot be "
         "\"2026-02-30T00:00:00Z\": it is a moment of UTC",
         "write one such as 2026-01-02T03:04:05.678Z"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_what_the_API_made_is_called_as_its_maker_knows_it(void **state)
{
    static const struct fault faults[] = {
        {"LoadBalancer00000000000000a1: {Type: LB, Metadata: {Sluice: {Id: "
         "'00000000000000a1'}}, Properties: {Name: edge, Scheme: ^intrenal}}",
         "load balancer edge: Scheme cannot be \"intrenal\"",
         "did you mean \"internal\"?"},
        {"Lb: {Type: LB},\nListener00000000000000a2: {Type: LI, Metadata: "
         "{Sluice: {Id: '00000000000000a2'}}, Properties: {LoadBalancerArn: "
         "@Lb, Port: 81, Protocol: ^HTPP, DefaultActions: [{Type: "
         "fixed-response, FixedResponseConfig: {StatusCode: 200}}]}}",
         "listener on port 81: Protocol cannot be \"HTPP\"",
         "did you mean \"HTTP\"?"},
        {"Listener00000000000000a2: {Type: LB, Metadata: {Sluice: {Id: "
         "'00000000000000a3'}}, Properties: {Name: edge, Scheme: ^intrenal}}",
         "load balancer Listener00000000000000a2: Scheme cannot be "
         "\"intrenal\"",
         "did you mean \"internal\"?"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

static void test_an_id_belongs_to_one_resource(void **state)
{
    static const struct fault faults[] = {
        {"Lb: {Type: LB, Metadata: {Sluice: {Id: '00000000000000a1'}}},\n"
         "Tg: {Type: TG, Metadata: {Sluice: {Id: ^'00000000000000a1'}}, "
         "Properties: {Port: 80, Protocol: HTTP}}",
         "target group Tg: Metadata.Sluice.Id 00000000000000a1 is that of "
         "load balancer Lb (line 1) as well",
         "ids are unique: give it another one, or leave Id out"},
        /* printf test/Lb | sha256sum */
        {"Tg: {Type: TG, Metadata: {Sluice: {Id: ^'4db4f50cf3ef2318'}}, "
         "Properties: {Port: 80, Protocol: HTTP}},\nLb: {Type: LB}",
         "target group Tg: Metadata.Sluice.Id 4db4f50cf3ef2318 is that of "
         "load balancer Lb as well",
         "ids are unique: give it another one, or leave Id out"},
    };

    (void)state;
    CHECK_ERRORS(in_nothing, faults);
}

/* ---- instant ------------------------------------------------------------------ */

static void test_moments_are_read_and_written_as_aws_writes_them(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
        const char *again;
    } rows[] = {
        {"2016-03-25T21:26:12.920Z", 1458941172920, "2016-03-25T21:26:12.920Z"},
        {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z"},
        {"2024-02-29T23:59:59.9Z", 1709251199900, "2024-02-29T23:59:59.900Z"},
        {"9999-12-31T23:59:59.999Z", 253402300799999,
         "9999-12-31T23:59:59.999Z"},
    };
    struct region region = {.blocks = NULL};
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        assert_true(instant_parse(str_of(rows[i].text), &ms));
        assert_int_equal(ms, rows[i].ms);
        assert_string_equal(instant_text(&region, ms).p, rows[i].again);
    }
    region_end(&region);
}

static void test_what_is_no_moment_is_not_read(void **state)
{
    static const char *const wrong[] = {
        "",
        "2016-03-25",
        "2016-03-25T21:26:12",
        "2016-03-25T21:26:12.Z",
        "2016-03-25T21:26:12.9201Z",
        "2016-03-25T21:26:12.920z",
        "2016-03-25T21:26:12.920Z ",
        "2016-03-25 21:26:12.920Z",
        "2016-13-25T21:26:12.920Z",
        "2023-02-29T00:00:00.000Z",
        "2016-03-25T24:00:00.000Z",
        "2016-03-25T21:26:61.000Z",
        "1969-12-31T23:59:59.000Z",
        "20160325T212612Z",
        "-016-03-25T21:26:12.920Z",
    };
    uint64_t ms = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(instant_parse(str_of(wrong[i]), &ms));
    assert_int_equal(ms, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arns_are_made_of_the_ids_that_were_given),
        cmocka_unit_test(test_a_config_knows_when_things_were_made),
        cmocka_unit_test(test_ids_do_not_depend_on_names),
        cmocka_unit_test(test_what_is_no_id_is_refused),
        cmocka_unit_test(
            test_what_the_API_made_is_called_as_its_maker_knows_it),
        cmocka_unit_test(test_an_id_belongs_to_one_resource),
        cmocka_unit_test(test_moments_are_read_and_written_as_aws_writes_them),
        cmocka_unit_test(test_what_is_no_moment_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

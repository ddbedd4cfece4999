/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/chain.h"

static struct region region;

/* What comes of variables and a config file. */
static bool choose(char *const *environment, const char *config,
                   struct aws_chain *chain, struct error *error)
{
    struct profiles profiles = {NULL};
    struct error mistake;

    profiles_read(&region, &profiles, PROFILE_CONFIG, str_of(config), &mistake);
    return aws_chain_choose(&region, environment, &profiles, chain, error);
}

static void check(struct str found, const char *wanted)
{
    if (!str_eq(found, str_of(wanted)))
        fail_msg("\"" STR_FMT "\", not \"%s\"", STR_ARG(found), wanted);
}

static char key[] = "AWS_ACCESS_KEY_ID=AKIA";
static char secret[] = "AWS_SECRET_ACCESS_KEY=s";
static char token_file[] = "AWS_WEB_IDENTITY_TOKEN_FILE=/token";
static char arn[] = "AWS_ROLE_ARN=arn";
static char profile[] = "AWS_PROFILE=x";
static char relative[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/c?id=1";
static char full[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/c";
static char ipv6[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=ipv6";

#define KEYS_OF_X                                                              \
    "[profile x]\naws_access_key_id=AKIAX\naws_secret_access_key=s\n"

static void test_the_first_that_is_configured_counts(void **state)
{
    static char *const all[] = {key,     secret,   token_file, arn,
                                profile, relative, full,       NULL};
    static const struct {
        unsigned from;
        enum chain_kind kind;
        const char *name;
    } cases[] = {
        {0, CHAIN_STATIC, "AWS_ACCESS_KEY_ID"},
        {2, CHAIN_WEB_IDENTITY, "AWS_WEB_IDENTITY_TOKEN_FILE"},
        {4, CHAIN_STATIC, "profile \"x\""},
        {5, CHAIN_CONTAINER, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
        {6, CHAIN_CONTAINER, "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
        {7, CHAIN_IMDS, "EC2's instance metadata service"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct aws_chain chain;
        struct error error;

        if (!choose(all + cases[i].from, KEYS_OF_X, &chain, &error))
            fail_msg("%s", error.text);
        assert_int_equal(chain.kind, cases[i].kind);
        check(chain.from, cases[i].name);
        assert_int_equal(chain.fixed, i == 0);
        assert_int_equal(chain.last_resort, i == 5);
    }
}

static void test_where_metadata_services_are(void **state)
{
    static char *const container[] = {relative, full, NULL};
    static char *const six[] = {ipv6, NULL};
    static char *const none[] = {NULL};
    struct aws_chain chain;
    struct error error;

    (void)state;
    assert_true(choose(container, "", &chain, &error));
    check(chain.url, "http://169.254.170.2/v2/c?id=1");
    assert_true(choose(none, "", &chain, &error));
    check(chain.url, "http://169.254.169.254");
    assert_true(choose(six, "", &chain, &error));
    check(chain.url, "http://[fd00:ec2::254]");
    assert_true(choose(none,
                       "[default]\nec2_metadata_service_endpoint_mode=IPv6\n",
                       &chain, &error));
    check(chain.url, "http://[fd00:ec2::254]");
}

static void test_roles_are_assumed_from_the_last_to_the_first(void **state)
{
    static char *const environment[] = {profile, NULL};
    struct aws_chain chain;
    struct error error;

    (void)state;
    assert_true(choose(environment,
                       "[profile x]\nrole_arn=a\nsource_profile=y\n"
                       "[profile y]\nrole_arn=b\n"
                       "credential_source=Ec2InstanceMetadata\n"
                       "duration_seconds=3600\n",
                       &chain, &error));
    assert_int_equal(chain.kind, CHAIN_IMDS);
    assert_false(chain.last_resort);
    assert_int_equal(chain.nroles, 2);
    check(chain.roles[0].arn, "a");
    check(chain.roles[1].arn, "b");
    assert_int_equal(chain.roles[1].duration_s, 3600);
}

/* One that lends its credentials lends its keys, not its role. */
static void test_a_source_with_keys_and_a_role_lends_its_keys(void **state)
{
    static char *const environment[] = {profile, NULL};
    struct aws_chain chain;
    struct error error;

    (void)state;
    assert_true(choose(environment,
                       "[profile x]\nrole_arn=a\nsource_profile=y\n"
                       "[profile y]\nrole_arn=b\nsource_profile=x\n"
                       "aws_access_key_id=AKIAY\naws_secret_access_key=s\n",
                       &chain, &error));
    assert_int_equal(chain.nroles, 1);
    check(chain.keys.access_key, "AKIAY");
}

static void test_keys_of_the_environment_for_a_role(void **state)
{
    /* The variables alone would come first. */
    static char *const environment[] = {profile, NULL};
    struct aws_chain chain;
    struct error error;

    (void)state;
    assert_false(choose(environment,
                        "[profile x]\nrole_arn=a\n"
                        "credential_source=Environment\n",
                        &chain, &error));
    assert_non_null(strstr(error.text, "there is none here"));
}

static int end_region(void **state)
{
    (void)state;
    region_end(&region);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_is_configured_counts),
        cmocka_unit_test(test_where_metadata_services_are),
        cmocka_unit_test(test_roles_are_assumed_from_the_last_to_the_first),
        cmocka_unit_test(test_a_source_with_keys_and_a_role_lends_its_keys),
        cmocka_unit_test(test_keys_of_the_environment_for_a_role),
    };

    return cmocka_run_group_tests(tests, NULL, end_region);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/attributes.h"
#include "model/config.h"

static int make_config(void **state)
{
    *state = config_new();
    return 0;
}

static int free_config(void **state)
{
    config_free(*state);
    return 0;
}

static void add(struct config *config, const char *to)
{
    struct error error = {""};

    if (!config_add_to(config, str_of(to), &error))
        fail_msg("%s", error.text);
}

static void set(struct config *config, const char *key, const char *value)
{
    struct error error = {""};

    if (!config_set_attribute(config, str_of(key), str_of(value), &error))
        fail_msg("%s", error.text);
}

static void check_target(const struct config *config, unsigned group,
                         unsigned target, const char *expected)
{
    struct address a;

    assert_in_range(target, 0, config->groups[group].ntargets - 1);
    assert_true(address_parse(str_of(expected), &a));
    assert_true(address_equal(&a, &config->groups[group].targets[target]));
}

/* The text is refused with these words, and nothing changes. */
static void check_refused(struct config *config, const char *to,
                          const char *words)
{
    struct error error = {""};
    unsigned ngroups = config->ngroups;
    unsigned ntargets = ngroups ? config->groups[0].ntargets : 0;

    if (config_add_to(config, str_of(to), &error))
        fail_msg("--to \"%s\" was accepted", to);
    if (strstr(error.text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, error.text);
    assert_int_equal(config->ngroups, ngroups);
    if (ngroups)
        assert_int_equal(config->groups[0].ntargets, ntargets);
}

static void check_attribute_refused(struct config *config, const char *key,
                                    const char *value, const char *words)
{
    struct error error = {""};

    if (config_set_attribute(config, str_of(key), str_of(value), &error))
        fail_msg("%s=%s was accepted", key, value);
    if (strstr(error.text, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, error.text);
}

static void test_new_config_has_the_defaults_of_alb(void **state)
{
    const struct config *config = *state;

    assert_int_equal(config->attributes.idle_timeout_ms, 60000);
    assert_int_equal(config->attributes.client_keep_alive_ms, 3600000);
    assert_int_equal(config->attributes.connect_timeout_ms, 10000);
    assert_int_equal(config->attributes.xff_mode, XFF_APPEND);
    assert_false(config->attributes.xff_client_port);
    assert_false(config->attributes.preserve_host_header);
    assert_false(config->attributes.drop_invalid_header_fields);
    assert_int_equal(config->nlisteners, 0);
    assert_int_equal(config->ngroups, 0);
}

static void test_address_alone_is_a_target_of_group_default(void **state)
{
    struct config *config = *state;

    add(config, "127.0.0.1:3000,:3001,[::1]:3002");
    assert_int_equal(config->ngroups, 1);
    assert_string_equal(config->groups[0].name, "default");
    assert_int_equal(config->groups[0].weight, 1);
    assert_int_equal(config->groups[0].ntargets, 3);
    assert_int_equal(config->groups[0].algorithm, ALGORITHM_ROUND_ROBIN);
    assert_int_equal(config->groups[0].retry, RETRY_OFF);
    check_target(config, 0, 1, "127.0.0.1:3001");
    check_target(config, 0, 2, "[::1]:3002");
}

static void test_entries_of_one_name_are_one_group(void **state)
{
    struct config *config = *state;

    add(config, "blue=127.0.0.1:9001@90,blue=127.0.0.1:9003,"
                "green=127.0.0.1:9002@10");
    assert_int_equal(config->ngroups, 2);
    assert_string_equal(config->groups[0].name, "blue");
    assert_int_equal(config->groups[0].weight, 90);
    assert_int_equal(config->groups[0].ntargets, 2);
    check_target(config, 0, 1, "127.0.0.1:9003");
    assert_string_equal(config->groups[1].name, "green");
    assert_int_equal(config->groups[1].weight, 10);
}

static void test_weight_may_stand_at_any_entry_of_its_group(void **state)
{
    struct config *config = *state;

    add(config, "blue=:1,blue=:2@0");
    assert_int_equal(config->groups[0].weight, 0);
}

static void test_later_texts_add_to_earlier_ones(void **state)
{
    struct config *config = *state;

    add(config, "blue=:1@999");
    add(config, "blue=:2,:3");
    assert_int_equal(config->ngroups, 2);
    assert_int_equal(config->groups[0].weight, 999);
    assert_int_equal(config->groups[0].ntargets, 2);
}

static void test_spaces_around_entries_do_not_matter(void **state)
{
    struct config *config = *state;

    add(config, "blue=:1, green=:2");
    assert_string_equal(config->groups[1].name, "green");
}

static void test_wrong_addresses_are_refused_with_their_cause(void **state)
{
    struct config *config = *state;

    add(config, ":1");
    check_refused(config, "", "--to \"\": there is no address");
    check_refused(config, "blue=", "--to \"blue=\": there is no address");
    check_refused(config, ":2,", "--to \":2,\": there is no address");
    check_refused(config, "x", "the form is [NAME=]HOST:PORT[@WEIGHT]");
    check_refused(config, "3000", "needs a colon before it, such as :3000");
    check_refused(config, "::1:3000", "needs brackets");
    check_refused(config, "127.0.0.1", "the port is missing");
    check_refused(config, "[::1]", "the port is missing");
    check_refused(config, "example", "the port is missing");
    check_refused(config, "127.0.0.1:http", "the port is no number");
    check_refused(config, "127.0.0.1:65536", "the port is no number");
    check_refused(config, "127.0.0.1:0", "the port is no number");
    check_refused(config, "example.com:80", "names are not looked up");
    check_refused(config, "[example]:80", "names are not looked up");
}

static void test_wrong_entry_is_named_and_undoes_the_whole_text(void **state)
{
    struct config *config = *state;

    check_refused(config, ":1,blue=:2,green=:x@3", "--to \"green=:x@3\": ");
}

static void test_wrong_names_are_refused(void **state)
{
    struct config *config = *state;
    static const char rule[] = "1 to 32 letters, digits and hyphens";

    check_refused(config, "=:1", rule);
    check_refused(config, "-blue=:1", rule);
    check_refused(config, "blue-=:1", rule);
    check_refused(config, "bl ue=:1", rule);
    check_refused(config, "bl_ue=:1", rule);
    check_refused(config, "a23456789012345678901234567890123=:1", rule);
    add(config, "a2345678901234567890123456789012=:1");
}

static void test_wrong_weights_are_refused(void **state)
{
    struct config *config = *state;
    static const char rule[] = "a number from 0 to 999";

    check_refused(config, "blue=:1@1000", rule);
    check_refused(config, "blue=:1@-1", rule);
    check_refused(config, "blue=:1@", rule);
    check_refused(config, "blue=:1@5@5", rule);
    check_refused(config, "blue=:1@90%", rule);
    check_refused(config, "blue=:1@5,blue=:2@5", "was given already");
}

static void test_same_target_twice_in_a_group_is_refused(void **state)
{
    struct config *config = *state;

    check_refused(config, "blue=:1,blue=127.0.0.1:1", "in its group already");
    add(config, "blue=:1,green=:1");
    check_refused(config, "blue=:1", "in its group already");
}

static void test_sixth_group_is_refused(void **state)
{
    struct config *config = *state;

    add(config, "a=:1,b=:1,c=:1,d=:1,e=:1");
    check_refused(config, "f=:1", "sixth target group");
    add(config, "e=:2");
}

static void test_group_holds_a_thousand_targets_and_no_more(void **state)
{
    struct config *config = *state;
    char entry[32];

    for (unsigned i = 1; i <= CONFIG_TARGETS_MAX; i++) {
        snprintf(entry, sizeof(entry), "blue=:%u", i);
        add(config, entry);
    }
    check_refused(config, "blue=:1001", "at most 1000 targets");
}

static void test_long_nonsense_is_cut_in_the_error(void **state)
{
    struct config *config = *state;
    char nonsense[1001];

    memset(nonsense, 'x', 1000);
    nonsense[1000] = '\0';
    check_refused(config, nonsense, "xxxx\": the port is missing");
    check_attribute_refused(config, nonsense, "1", "--help");
}

static void test_copy_shares_nothing(void **state)
{
    struct config *config = *state;
    struct config *copy;

    config->listeners[0].bind.port = 80;
    config->nlisteners = 1;
    add(config, "blue=:1@5,green=:2");
    copy = config_copy(config);
    config->groups[0].targets[0].port = 99;
    config->groups[0].weight = 0;
    add(config, "blue=:3");
    assert_int_equal(copy->nlisteners, 1);
    assert_int_equal(copy->ngroups, 2);
    assert_int_equal(copy->groups[0].weight, 5);
    assert_int_equal(copy->groups[0].ntargets, 1);
    check_target(copy, 0, 0, "127.0.0.1:1");
    config_free(copy);
}

static void test_no_config_can_be_freed(void **state)
{
    (void)state;
    config_free(NULL);
}

static void test_attributes_are_set_in_their_units(void **state)
{
    struct config *config = *state;

    set(config, "idle_timeout.timeout_seconds", "4000");
    set(config, "client_keep_alive.seconds", "604800");
    set(config, "routing.http.xff_header_processing.mode", "preserve");
    set(config, "routing.http.xff_client_port.enabled", "true");
    set(config, "routing.http.preserve_host_header.enabled", "true");
    set(config, "routing.http.drop_invalid_header_fields.enabled", "true");
    assert_int_equal(config->attributes.idle_timeout_ms, 4000000);
    assert_int_equal(config->attributes.client_keep_alive_ms, 604800000);
    assert_int_equal(config->attributes.xff_mode, XFF_PRESERVE);
    assert_true(config->attributes.xff_client_port);
    assert_true(config->attributes.preserve_host_header);
    assert_true(config->attributes.drop_invalid_header_fields);
    set(config, "routing.http.xff_header_processing.mode", "remove");
    set(config, "routing.http.xff_client_port.enabled", "false");
    assert_int_equal(config->attributes.xff_mode, XFF_REMOVE);
    assert_false(config->attributes.xff_client_port);
}

static void test_target_group_attribute_goes_to_every_group(void **state)
{
    struct config *config = *state;

    add(config, "blue=:1,green=:2");
    set(config, "load_balancing.algorithm.type", "least_outstanding_requests");
    assert_int_equal(config->groups[0].algorithm, ALGORITHM_LEAST_OUTSTANDING);
    assert_int_equal(config->groups[1].algorithm, ALGORITHM_LEAST_OUTSTANDING);
}

static void test_wrong_values_are_refused_with_the_range(void **state)
{
    struct config *config = *state;
    static const char idle[] = "idle_timeout.timeout_seconds";
    static const char mode[] = "routing.http.xff_header_processing.mode";
    static const char port[] = "routing.http.xff_client_port.enabled";

    check_attribute_refused(config, idle, "0", "ALB takes 1 to 4000");
    check_attribute_refused(config, idle, "4001", "ALB takes 1 to 4000");
    check_attribute_refused(config, idle, "60s", "cannot be \"60s\"");
    check_attribute_refused(config, idle, "", "cannot be \"\"");
    check_attribute_refused(config, "client_keep_alive.seconds", "59",
                            "ALB takes 60 to 604800");
    check_attribute_refused(config, mode, "Append",
                            "ALB takes append, preserve or remove");
    check_attribute_refused(config, port, "yes", "ALB takes false or true");
    check_attribute_refused(config, port, "True", "ALB takes false or true");
    check_attribute_refused(config, "load_balancing.algorithm.type", "random",
                            "round_robin or least_outstanding_requests");
    assert_int_equal(config->attributes.idle_timeout_ms, 60000);
    assert_int_equal(config->attributes.xff_mode, XFF_APPEND);
}

static void test_unknown_attribute_is_refused_with_a_suggestion(void **state)
{
    struct config *config = *state;

    check_attribute_refused(config, "idle_timeout.timeout_second", "60",
                            "did you mean \"idle_timeout.timeout_seconds\"?");
    check_attribute_refused(config, "client_keep_alive", "60",
                            "did you mean \"client_keep_alive.seconds\"?");
    check_attribute_refused(config, "deletion_protection", "true",
                            "is not one that Sluice acts on");
    check_attribute_refused(config, "", "true", "attribute \"\"");
}

static void test_every_default_of_the_table_is_a_value_it_takes(void **state)
{
    struct config *config = *state;

    for (unsigned i = 0; i < nattributes; i++)
        set(config, attributes[i].name, attributes[i].initial);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_config, free_config)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_config_has_the_defaults_of_alb),
        TEST(test_address_alone_is_a_target_of_group_default),
        TEST(test_entries_of_one_name_are_one_group),
        TEST(test_weight_may_stand_at_any_entry_of_its_group),
        TEST(test_later_texts_add_to_earlier_ones),
        TEST(test_spaces_around_entries_do_not_matter),
        TEST(test_wrong_addresses_are_refused_with_their_cause),
        TEST(test_wrong_entry_is_named_and_undoes_the_whole_text),
        TEST(test_wrong_names_are_refused),
        TEST(test_wrong_weights_are_refused),
        TEST(test_same_target_twice_in_a_group_is_refused),
        TEST(test_sixth_group_is_refused),
        TEST(test_group_holds_a_thousand_targets_and_no_more),
        TEST(test_long_nonsense_is_cut_in_the_error),
        TEST(test_copy_shares_nothing),
        TEST(test_no_config_can_be_freed),
        TEST(test_attributes_are_set_in_their_units),
        TEST(test_target_group_attribute_goes_to_every_group),
        TEST(test_wrong_values_are_refused_with_the_range),
        TEST(test_unknown_attribute_is_refused_with_a_suggestion),
        TEST(test_every_default_of_the_table_is_a_value_it_takes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * ACLs and what they say of requests, as tables (data/ *.json): a list of cases,
 * each an ACL (acls.h) with
 *
 *     what        a sentence
 *     checklist   numbers of aws-waf.md 11
 *     true/false  requests for which the only rule matches, or does not
 *     requests    [REQUEST, EXPECTED]: lines of the result (acls.h), the first
 *                 alone when EXPECTED is a text
 *     error       what the ACL is refused with (a part of the message)
 *
 * Each is evaluated with the gate, without it, and traced; all must say the
 * same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../match/mmdb.h"
#include "acls.h"

enum { TEXT = 64 * 1024 };

struct trial {
    const char *file;
    const struct value *entry;
    struct acl acl;
    struct evaluator gated;
    struct evaluator plain;
    struct evaluator traced;
    char got[TEXT];
    char other[TEXT];
    char wanted[TEXT];
};

static struct str what(const struct trial *trial)
{
    const struct value *name = value_get(trial->entry, STR("what"));

    return name ? name->text : STR("?");
}

static struct str run(struct trial *trial, const struct request_made *request)
{
    struct waf_trace trace = {.owner = NULL};
    struct waf_result result;
    struct str got;
    struct str other;

    evaluator_run(&trial->gated, trial->acl.program, request, false, NULL,
                  &result);
    got = result_text(&result, trial->got, TEXT);
    evaluator_run(&trial->plain, trial->acl.program, request, true, NULL,
                  &result);
    other = result_text(&result, trial->other, TEXT);
    if (!str_eq(got, other))
        fail_msg("%s: " STR_FMT ": gated\n" STR_FMT "plain\n" STR_FMT,
                 trial->file, STR_ARG(what(trial)), STR_ARG(got),
                 STR_ARG(other));
    evaluator_run(&trial->traced, trial->acl.program, request, false, &trace,
                  &result);
    other = result_text(&result, trial->other, TEXT);
    if (!str_eq(got, other))
        fail_msg("%s: " STR_FMT ": gated\n" STR_FMT "traced\n" STR_FMT,
                 trial->file, STR_ARG(what(trial)), STR_ARG(got),
                 STR_ARG(other));
    return got;
}

static void check(struct trial *trial, const struct value *request,
                  const struct value *expected)
{
    struct request_made *made = request_made_new(request);
    struct str got = run(trial, made);
    struct text t = text_in(trial->wanted, TEXT);

    if (expected->kind == VALUE_LIST) {
        for (const struct value *v = expected->first; v; v = v->next)
            text_printf(&t, STR_FMT "\n", STR_ARG(v->text));
    } else {
        struct str rest = got;

        got = str_cut(&rest, '\n');
        text_str_put(&t, expected->text);
    }
    if (!str_eq(got, text_str(&t)))
        fail_msg("%s: " STR_FMT ": " STR_FMT ": got\n" STR_FMT
                 "\nexpected\n" STR_FMT,
                 trial->file, STR_ARG(what(trial)), STR_ARG(request->text),
                 STR_ARG(got), STR_ARG(text_str(&t)));
    request_made_free(made);
}

static void check_all(struct trial *trial, const char *key,
                      const char *expected)
{
    const struct value *list = value_get(trial->entry, str_of(key));
    struct value result = {.kind = VALUE_STRING, .text = str_of(expected)};

    for (const struct value *v = list ? list->first : NULL; v; v = v->next)
        check(trial, v, &result);
}

static void check_refused(struct trial *trial, struct str error)
{
    acl_errors(&trial->acl, trial->got, TEXT);
    if (trial->acl.program ||
        !memmem(trial->got, strlen(trial->got), error.p, error.n))
        fail_msg("%s: " STR_FMT ": expected the error " STR_FMT ", got %s",
                 trial->file, STR_ARG(what(trial)), STR_ARG(error), trial->got);
}

static void check_requests(struct trial *trial)
{
    const struct value *list = value_get(trial->entry, STR("requests"));

    evaluator_begin(&trial->gated);
    evaluator_begin(&trial->plain);
    evaluator_begin(&trial->traced);
    check_all(trial, "true", "BLOCK by r");
    check_all(trial, "false", "ALLOW");
    for (const struct value *v = list ? list->first : NULL; v; v = v->next)
        check(trial, v->first, v->last);
    evaluator_end(&trial->gated);
    evaluator_end(&trial->plain);
    evaluator_end(&trial->traced);
}

static struct geo *places; /* of addresses for documents */

static void check_file_with(const char *file, struct geo *geo)
{
    struct region region = {NULL};
    struct trial *trial = calloc(1, sizeof(*trial));

    assert_non_null(trial);
    trial->file = file;
    for (const struct value *v = data_read(&region, file)->first; v;
         v = v->next) {
        const struct value *error = value_get(v, STR("error"));

        trial->entry = v;
        acl_begin(&trial->acl, v, geo);
        if (error)
            check_refused(trial, error->text);
        else if (!trial->acl.program)
            fail_msg("%s: " STR_FMT ": %s", file, STR_ARG(what(trial)),
                     acl_errors(&trial->acl, trial->got, TEXT));
        else
            check_requests(trial);
        acl_end(&trial->acl);
    }
    free(trial);
    region_end(&region);
}

static void check_file(const char *file)
{
    check_file_with(file, NULL);
}

static int open_places(void **state)
{
    static const struct mmdb_entry entries[] = {
        {"192.0.2.0/24", "DE", "BE", 64500},
        {"198.51.100.0/24", "US", NULL, 0},
        {"2001:db8::/32", "FR", "IDF", 0},
    };
    char path[] = "/tmp/sluice-places-XXXXXX";
    const char *const files[] = {path};
    struct error error;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    mmdb_write(path, MMDB_SHAPE_MAXMIND, entries, 3);
    places = geo_open(files, 1, &error);
    unlink(path);
    if (!places)
        fail_msg("%s", error.text);
    return 0;
}

static int close_places(void **state)
{
    (void)state;
    geo_release(places);
    return 0;
}

static void test_byte_matches_are_those_of_aws(void **state)
{
    (void)state;
    check_file("bytes.json");
}

static void
test_patterns_are_searched_and_those_aws_refuses_refused(void **state)
{
    (void)state;
    check_file("regexes.json");
}

static void test_sizes_are_compared_after_transformations(void **state)
{
    (void)state;
    check_file("sizes.json");
}

static void test_nested_statements_know_what_is_missing(void **state)
{
    (void)state;
    check_file("nested.json");
}

static void test_parts_are_what_came(void **state)
{
    (void)state;
    check_file("parts.json");
}

static void test_addresses_are_the_clients_or_a_headers(void **state)
{
    (void)state;
    check_file("addresses.json");
}

static void test_places_are_those_of_databases(void **state)
{
    (void)state;
    check_file_with("places.json", places);
}

static void test_actions_end_or_count(void **state)
{
    (void)state;
    check_file("actions.json");
}

static void test_labels_are_seen_by_later_rules(void **state)
{
    (void)state;
    check_file("labels.json");
}

static void test_groups_are_overridden_rule_by_rule_and_whole(void **state)
{
    (void)state;
    check_file("groups.json");
}

static void test_rate_rules_act_beyond_their_limits(void **state)
{
    (void)state;
    check_file("rates.json");
}

static void test_managed_groups_have_a_scope_and_overrides(void **state)
{
    (void)state;
    check_file("managed.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_byte_matches_are_those_of_aws),
        cmocka_unit_test(
            test_patterns_are_searched_and_those_aws_refuses_refused),
        cmocka_unit_test(test_sizes_are_compared_after_transformations),
        cmocka_unit_test(test_nested_statements_know_what_is_missing),
        cmocka_unit_test(test_parts_are_what_came),
        cmocka_unit_test(test_addresses_are_the_clients_or_a_headers),
        cmocka_unit_test(test_places_are_those_of_databases),
        cmocka_unit_test(test_actions_end_or_count),
        cmocka_unit_test(test_labels_are_seen_by_later_rules),
        cmocka_unit_test(test_groups_are_overridden_rule_by_rule_and_whole),
        cmocka_unit_test(test_rate_rules_act_beyond_their_limits),
        cmocka_unit_test(test_managed_groups_have_a_scope_and_overrides),
    };

    return cmocka_run_group_tests(tests, open_places, close_places);
}

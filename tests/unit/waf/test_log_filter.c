/* SPDX-License-Identifier: Apache-2.0
 *
 * LoggingFilter, as a table (data/log-filters.json): a filter, and requests
 * that are kept or dropped by it: "ACTION" with "counted", "excluded",
 * "overridden" (to count), and labels "l:...".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "acls.h"
#include "waf/log_filter.h"

enum { MOST = 4 };

struct made {
    struct waf_result result;
    struct waf_match matches[MOST];
    struct waf_label labels[MOST];
};

static enum waf_action_type action_of(struct str word)
{
    unsigned i = 0;

    while (!str_eq(word, str_of(waf_action_words[i])))
        i++;
    return (enum waf_action_type)i;
}

static void add_match(struct made *made, unsigned n, struct str word)
{
    struct waf_match *match = &made->matches[n];

    *match = (struct waf_match){
        .next = made->result.matches,
        .action = WAF_COUNT,
        .configured = WAF_BLOCK,
        .excluded = str_eq(word, STR("excluded")),
        .overridden = str_eq(word, STR("overridden")),
    };
    made->result.matches = match;
}

static void read_result(struct made *made, struct str words)
{
    unsigned n = 0;

    *made =
        (struct made){.result = {.action = action_of(str_cut(&words, ' '))}};
    for (; words.p; n++) {
        struct str word = str_cut(&words, ' ');

        assert_in_range(n, 0, MOST - 1);
        if (str_starts(word, STR("l:"))) {
            made->labels[n] =
                (struct waf_label){.next = made->result.labels, .name = word};
            made->result.labels = &made->labels[n];
        } else {
            add_match(made, n, word);
        }
    }
}

/* The entry as an ACL with a logging configuration. */
static void put(struct text *t, const struct value *value)
{
    const char *ends = value->kind == VALUE_MAP ? "{}" : "[]";

    if (value->kind != VALUE_MAP && value->kind != VALUE_LIST) {
        text_json(t, value->text);
        return;
    }
    text_char(t, ends[0]);
    for (const struct value *v = value->first; v; v = v->next) {
        if (v != value->first)
            text_char(t, ',');
        if (value->kind == VALUE_MAP) {
            text_json(t, v->key);
            text_char(t, ':');
        }
        put(t, v);
    }
    text_char(t, ends[1]);
}

static void begin(struct acl *acl, const struct value *filter)
{
    char buffer[4096];
    struct text t = text_in(buffer, sizeof(buffer) - 1);

    TEXT_LITERAL(&t, "{\"rules\": [], \"resources\": {\"Log\": {\"Type\": "
                     "\"AWS::WAFv2::LoggingConfiguration\", \"Properties\": "
                     "{\"ResourceArn\": {\"Fn::GetAtt\": [\"Acl\", \"Arn\"]}, "
                     "\"LogDestinationConfigs\": "
                     "[\"arn:aws:s3:::aws-waf-logs-x\"]");
    if (filter->kind == VALUE_MAP) {
        TEXT_LITERAL(&t, ", \"LoggingFilter\": ");
        put(&t, filter);
    }
    TEXT_LITERAL(&t, "}}}}");
    assert_true(text_ok(&t));
    buffer[t.n] = '\0';
    acl_begin_text(acl, buffer);
    if (acl->program == NULL)
        fail_msg("%s: %s", buffer, acl_errors(acl, buffer, sizeof(buffer)));
}

static void check(const struct acl *acl, const struct value *entry,
                  const char *key, bool kept)
{
    const struct waf_logging *logging = waf_program_acl(acl->program)->logging;
    const struct value *list = value_get(entry, str_of(key));
    struct made made;

    assert_non_null(logging);
    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        read_result(&made, v->text);
        if (waf_log_wants(logging, &made.result) != kept)
            fail_msg(STR_FMT ": " STR_FMT " is not %s",
                     STR_ARG(value_get(entry, STR("what"))->text),
                     STR_ARG(v->text), key);
    }
}

/* Checklist 114. */
static void test_filters_keep_and_drop_by_labels_and_actions(void **state)
{
    struct region region = {NULL};
    struct acl acl;

    (void)state;
    for (const struct value *v = data_read(&region, "log-filters.json")->first;
         v; v = v->next) {
        begin(&acl, value_get(v, STR("filter")));
        check(&acl, v, "kept", true);
        check(&acl, v, "dropped", false);
        acl_end(&acl);
    }
    region_end(&region);
}

static void test_without_a_configuration_all_are_logged(void **state)
{
    struct made made;

    (void)state;
    read_result(&made, STR("ALLOW"));
    assert_true(waf_log_wants(NULL, &made.result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters_keep_and_drop_by_labels_and_actions),
        cmocka_unit_test(test_without_a_configuration_all_are_logged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

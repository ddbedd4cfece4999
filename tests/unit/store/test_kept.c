/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../model/values.h"
#include "model/diff.h"
#include "store/kept.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct account *account_of(const char *text, uint64_t revision)
{
    struct region region = {NULL};
    struct place mark = {NULL, 0, 0};
    struct account *account =
        account_new(values_parse(&region, text, &mark), revision);

    region_end(&region);
    return account;
}

static void check_same(const struct account *a, const struct account *b)
{
    assert_int_equal(a->n, b->n);
    for (unsigned i = 0; i < a->n; i++) {
        assert_true(str_eq(a->resources[i]->id, b->resources[i]->id));
        assert_true(diff_equal(a->resources[i]->value, b->resources[i]->value));
    }
}

static void test_a_document_comes_back_as_it_was(void **state)
{
    struct document kept = {
        .account = account_of("A: {Type: T}, B: {Type: U}", 7),
        .base = account_of("A: {Type: T}", 0),
        .digest = STR("9f"),
        .scope = STR("us-east-1 000000000000 web"),
    };
    struct error error = {""};
    struct str text = kept_json(&kept);
    struct document *again = kept_read(text, &error);

    (void)state;
    assert_string_equal(
        text.p, "{\"Format\":1,\"Scope\":\"us-east-1 000000000000 web\","
                "\"Digest\":\"9f\",\"Revision\":7,\"Resources\":{\"A\":"
                "{\"Type\":\"T\"},\"B\":{\"Type\":\"U\"}},\"Base\":{\"A\":"
                "{\"Type\":\"T\"}}}");
    assert_non_null(again);
    assert_int_equal(again->account->revision, 7);
    check_same(again->account, kept.account);
    check_same(again->base, kept.base);
    assert_true(str_eq(again->digest, kept.digest));
    assert_true(str_eq(again->scope, kept.scope));
    free((char *)(uintptr_t)text.p);
    kept_free(again);
    account_release(kept.account);
    account_release(kept.base);
}

static void test_a_document_without_a_template_has_no_base(void **state)
{
    struct error error = {""};
    struct document *document =
        kept_read(STR("{\"Format\": 1, \"Scope\": \"a b c\", \"Digest\": \"\", "
                      "\"Revision\": 1, \"Resources\": {}, \"Base\": null}"),
                  &error);

    (void)state;
    assert_non_null(document);
    assert_null(document->base);
    assert_int_equal(document->account->n, 0);
    kept_free(document);
}

static void test_what_is_no_document_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"", "end of file"},
        {"{}", "no document"},
        {"[]", "no document"},
        {"{\"Format\": 2}", "newer Sluice"},
        {"{\"Format\": 1}", "missing"},
        {"{\"Format\": 1, \"Scope\": \"\", \"Digest\": \"\", "
         "\"Revision\": -1, \"Resources\": {}}",
         "missing"},
        {"{\"Format\": 1, \"Scope\": \"\", \"Digest\": \"\", "
         "\"Revision\": 1}",
         "no resources"},
        {"{\"Format\": 1, \"Scope\": \"\", \"Digest\": \"\", "
         "\"Revision\": 1, \"Resources\": {}, \"Base\": []}",
         "no resources"},
        {"{\"Format\": 1, \"Scope\": \"\", \"Digest\": \"\", "
         "\"Revision\": 1, \"Resources\": {}, \"Base\": {\"A\": 1}}",
         "\"A\" is no resource"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error error = {""};

        assert_null(kept_read(str_of(cases[i].text), &error));
        if (strstr(error.text, cases[i].why) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text,
                     error.text, cases[i].why);
    }
}

/* ---- what differs ------------------------------------------------------------ */

#define A "A: {Type: T}"
#define B "B: {Type: T}"
#define C "C: {Type: T}"
#define B2 "B: {Type: U}"

static void test_changes_make_the_one_of_the_other(void **state)
{
    static const struct {
        const char *before;
        const char *after;
        unsigned steps;
    } cases[] = {
        {A "," B, A "," B, 2}, /* equal, but not the same objects */
        {A "," B "," C, A "," C, 3},
        {A "," B, A "," B "," C, 3},
        {A "," B "," C, B2, 3},
        {A "," B "," C, A "," B2 "," C, 3},
        {A, B, 2},
        {A "," B,
         C ","
           "D: {Type: T}",
         4},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct account *before = account_of(cases[i].before, 1);
        struct account *after = account_of(cases[i].after, 2);
        struct region region = {NULL};
        struct edit edit = {.first = NULL};
        struct account *made;
        unsigned steps = 0;

        assert_true(kept_changes(before, after, &region, &edit));
        for (const struct edit_step *s = edit.first; s; s = s->next)
            steps++;
        assert_int_equal(steps, cases[i].steps);
        made = account_edit(before, &edit);
        check_same(made, after);
        account_release(made);
        account_release(before);
        account_release(after);
        region_end(&region);
    }
}

static void test_resources_that_two_accounts_share_are_no_change(void **state)
{
    struct account *before = account_of(A "," B "," C, 1);
    struct region region = {NULL};
    struct edit remove = {.first = NULL};
    struct edit found = {.first = NULL};
    struct account *after;

    (void)state;
    edit_remove(&region, &remove, STR("B"));
    after = account_edit(before, &remove);
    assert_true(kept_changes(before, after, &region, &found));
    assert_non_null(found.first);
    assert_ptr_equal(found.first, found.last);
    assert_true(str_eq(found.first->id, STR("B")));
    assert_null(found.first->value);
    account_release(before);
    account_release(after);
    region_end(&region);
}

static void test_no_edit_makes_another_order(void **state)
{
    static const struct {
        const char *before;
        const char *after;
    } cases[] = {
        {A "," B, B "," A},
        {A "," B, A "," C "," B},
        {A, B "," A},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct account *before = account_of(cases[i].before, 1);
        struct account *after = account_of(cases[i].after, 2);
        struct region region = {NULL};
        struct edit edit = {.first = NULL};

        assert_false(kept_changes(before, after, &region, &edit));
        account_release(before);
        account_release(after);
        region_end(&region);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_document_comes_back_as_it_was),
        cmocka_unit_test(test_a_document_without_a_template_has_no_base),
        cmocka_unit_test(test_what_is_no_document_is_refused),
        cmocka_unit_test(test_changes_make_the_one_of_the_other),
        cmocka_unit_test(test_resources_that_two_accounts_share_are_no_change),
        cmocka_unit_test(test_no_edit_makes_another_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * With the gate, without it, and traced the same rules match: of ACLs and
 * requests at random.  WAF_REQUESTS says how many (the full run: 1000000),
 * WAF_SEED where to begin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random_acl.h"

enum {
    REQUESTS = 10000,
    REQUESTS_OF_ACL = 200,
    TEXT = 256 * 1024,
};

struct trial {
    struct acl_maker maker;
    struct acl acl;
    struct evaluator gated;
    struct evaluator other;
    struct request_made *request;
    uint64_t seed;
    unsigned n;       /* requests */
    unsigned matches; /* of rules */
    char json[TEXT];
    char got[TEXT];
    char wanted[TEXT];
};

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t value;

    return text && str_to_u64(str_of(text), UINT64_MAX, &value) ? value
                                                                : otherwise;
}

static void compare(struct trial *trial, bool plain, struct waf_trace *trace,
                    struct str got)
{
    struct waf_result result;
    struct str wanted;

    evaluator_run(&trial->other, trial->acl.program, trial->request, plain,
                  trace, &result);
    /* Who gives up depends on what was looked at before. */
    if (result.regex_limits)
        return;
    wanted = result_text(&result, trial->wanted, TEXT);
    if (!str_eq(got, wanted))
        fail_msg("WAF_SEED=%llu, request %u, %s:\ngated\n" STR_FMT
                 "else\n" STR_FMT "\n%s",
                 (unsigned long long)trial->seed, trial->n,
                 plain ? "plain" : "traced", STR_ARG(got), STR_ARG(wanted),
                 trial->json);
}

static void check_request(struct trial *trial)
{
    struct waf_trace trace = {.owner = NULL};
    struct waf_result result;

    acl_maker_request(&trial->maker, trial->request);
    evaluator_run(&trial->gated, trial->acl.program, trial->request, false,
                  NULL, &result);
    for (const struct waf_match *m = result.matches; m; m = m->next)
        trial->matches++;
    if (!result.regex_limits) {
        struct str got = result_text(&result, trial->got, TEXT);

        if (trial->n % 8)
            compare(trial, true, NULL, got);
        else
            compare(trial, false, &trace, got);
    }
    trial->n++;
}

static void check_acl(struct trial *trial, unsigned n)
{
    struct text t = text_in(trial->json, TEXT - 1);

    acl_maker_begin(&trial->maker, trial->seed);
    acl_maker_acl(&trial->maker, &t);
    trial->json[t.n] = '\0';
    acl_begin_text(&trial->acl, trial->json);
    if (!trial->acl.program)
        fail_msg("WAF_SEED=%llu: %s\n%s", (unsigned long long)trial->seed,
                 acl_errors(&trial->acl, trial->got, TEXT), trial->json);
    evaluator_begin(&trial->gated);
    evaluator_begin(&trial->other);
    for (unsigned i = 0; i < n; i++)
        check_request(trial);
    evaluator_end(&trial->other);
    evaluator_end(&trial->gated);
    acl_end(&trial->acl);
}

static void test_gated_and_plain_evaluation_agree(void **state)
{
    uint64_t n = setting("WAF_REQUESTS", REQUESTS);
    struct trial *trial = calloc(1, sizeof(*trial));

    (void)state;
    assert_non_null(trial);
    trial->request = request_made_new(NULL);
    trial->seed = setting("WAF_SEED", 1);
    for (; trial->n < n; trial->seed++)
        check_acl(trial, REQUESTS_OF_ACL);
    /* Near misses are of no use when nothing ever hits. */
    assert_true(trial->matches > n / 4);
    request_made_free(trial->request);
    free(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gated_and_plain_evaluation_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

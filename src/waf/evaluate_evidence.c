/* SPDX-License-Identifier: Apache-2.0
 *
 * What SQLi and XSS statements of a rule that matched saw (aws-waf.md 7.1).
 */
#include "match/sqli.h"
#include "match/xss.h"
#include "waf/evaluate.h"

enum { TOKENS_MAX = 8 };

static void put_tokens(struct waf_evidence *to, const struct str *tokens,
                       unsigned n)
{
    to->n = n < TOKENS_MAX ? n : TOKENS_MAX;
    memcpy(to->tokens, tokens, to->n * sizeof(*tokens));
}

static bool look_again(const struct test *test, struct str text,
                       struct waf_evidence *to)
{
    struct sqli_evidence sqli = {.n = 0};
    struct xss_evidence xss = {.n = 0};

    if (test->kind == TEST_SQLI) {
        if (!sqli_detect(text, test->detail ? SQLI_HIGH : SQLI_LOW, &sqli))
            return false;
        put_tokens(to, sqli.tokens, sqli.n);
        return true;
    }
    if (!xss_detect(text, &xss))
        return false;
    put_tokens(to, xss.tokens, xss.n);
    return true;
}

static struct waf_evidence *evidence_of(struct run *run,
                                        const struct branch *branch)
{
    const struct leaf *leaf = &run->program->leaves[branch->leaf];
    const struct test *test = &run->program->tests[leaf->test];
    const struct leaf_state *state = &run->scratch->leaves[branch->leaf];
    const struct part_value *value;
    struct waf_evidence *evidence;

    if (test->kind != TEST_SQLI && test->kind != TEST_XSS)
        return NULL;
    if (state->verdict != VERDICT_TRUE || state->value == NO_INDEX)
        return NULL;
    evidence = run_take(run, sizeof(*evidence));
    if (!evidence)
        return NULL;
    value = &values_of(run->values, leaf->source)->values.values[state->value];
    evidence->statement = branch->statement;
    evidence->name = value->name;
    return look_again(test, value->text, evidence) ? evidence : NULL;
}

/* Along the way that the answers make: what lies aside did not matter, also
 * where another rule had it looked at. */
struct waf_evidence *run_evidence(struct run *run,
                                  const struct condition *condition)
{
    struct waf_evidence *first = NULL;
    struct waf_evidence **end = &first;
    uint32_t at = condition->entry;

    while (at < GO_TRUE) {
        const struct branch *branch = &run->program->branches[at];
        bool yes = run_ask(run, branch) == WAF_TRUE;

        at = yes ? branch->yes : branch->no;
        if (!yes || branch->kind != BRANCH_VALUE)
            continue;
        *end = evidence_of(run, branch);
        if (*end)
            end = &(*end)->next;
    }
    return first;
}

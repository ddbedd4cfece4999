/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of values, and what leaves make of them (aws-waf.md 2.1 to 2.6).
 */
#include "match/bytes.h"
#include "match/sqli.h"
#include "match/xss.h"
#include "waf/evaluate.h"

/* ---- bytes --------------------------------------------------------------------------- */

static bool found(struct span *span, size_t from, size_t n)
{
    *span = (struct span){from, from + n};
    return true;
}

static bool test_bytes(const struct test *test, struct str text,
                       struct span *span)
{
    size_t at;

    return bytes_match((enum waf_position)test->detail, test->bytes, text,
                       &at) &&
           found(span, at, test->bytes.n);
}

/* ---- the others -------------------------------------------------------------------- */

static bool compare_size(const struct test *test, uint64_t n)
{
    switch ((enum waf_comparison)test->detail) {
    case WAF_EQ:
        return n == test->size;
    case WAF_NE:
        return n != test->size;
    case WAF_LE:
        return n <= test->size;
    case WAF_LT:
        return n < test->size;
    case WAF_GE:
        return n >= test->size;
    case WAF_GT:
        return n > test->size;
    }
    return false;
}

static enum waf_truth test_regex(struct run *run, const struct test *test,
                                 struct str text, struct span *span)
{
    if (!run_may_search(run, text.n))
        return WAF_GAVE_UP;
    switch (regex_search(test->regex, run->scratch->regex, text, &span->from,
                         &span->to)) {
    case REGEX_YES:
        return WAF_TRUE;
    case REGEX_NO:
        return WAF_FALSE;
    case REGEX_LIMIT:
        break;
    }
    return WAF_GAVE_UP;
}

static enum waf_truth test_sqli(struct run *run, const struct test *test,
                                struct str text, struct span *span)
{
    struct sqli_evidence evidence;

    if (!run_may_detect(run, text.n))
        return WAF_GAVE_UP;
    if (!sqli_detect(text, test->detail ? SQLI_HIGH : SQLI_LOW, &evidence))
        return WAF_FALSE;
    *span = (struct span){evidence.from, evidence.to};
    return WAF_TRUE;
}

static enum waf_truth test_xss(struct run *run, struct str text,
                               struct span *span)
{
    struct xss_evidence evidence;

    if (!run_may_detect(run, text.n))
        return WAF_GAVE_UP;
    if (!xss_detect(text, &evidence))
        return WAF_FALSE;
    *span = (struct span){evidence.from, evidence.to};
    return WAF_TRUE;
}

enum waf_truth run_test(struct run *run, const struct test *test,
                        struct str text, struct span *span)
{
    bool is = false;

    switch ((enum test_kind)test->kind) {
    case TEST_BYTES:
        is = test_bytes(test, text, span);
        break;
    case TEST_REGEX:
        return test_regex(run, test, text, span);
    case TEST_SIZE:
        is = compare_size(test, text.n) && found(span, 0, text.n);
        break;
    case TEST_SQLI:
        return test_sqli(run, test, text, span);
    case TEST_XSS:
        return test_xss(run, text, span);
    }
    return is ? WAF_TRUE : WAF_FALSE;
}

/* ---- a leaf --------------------------------------------------------------------------- */

/* The candidate after `value`: of a list, or simply the next; NO_INDEX: there
 * is none. */
static uint32_t next_value(const struct run *run, struct leaf_state *state,
                           uint32_t value, uint32_t n)
{
    const struct pair *pair;

    if (state->pairs == PAIR_ALL)
        return value + 1 < n ? value + 1 : NO_INDEX;
    if (state->pairs == PAIR_NONE)
        return NO_INDEX;
    pair = &run->scratch->pairs[state->pairs];
    state->pairs = pair->next;
    return pair->value;
}

static void confirm(struct run *run, const struct leaf *leaf,
                    struct leaf_state *state)
{
    const struct test *test = &run->program->tests[leaf->test];
    const struct part_values *values =
        &values_of(run->values, leaf->source)->values;
    uint32_t value = NO_INDEX; /* the one after it is 0 */
    bool gave_up = false;

    if (values->state == PART_FAILED) {
        run->result->failed = true;
        state->verdict = VERDICT_FALSE;
        return;
    }
    while ((value = next_value(run, state, value, values->n)) != NO_INDEX) {
        struct span span;
        enum waf_truth truth =
            run_test(run, test, values->values[value].text, &span);

        if (truth == WAF_TRUE) {
            state->verdict = VERDICT_TRUE;
            state->value = value;
            return;
        }
        gave_up |= truth == WAF_GAVE_UP;
    }
    state->verdict = gave_up ? VERDICT_GAVE_UP : VERDICT_FALSE;
    if (gave_up) {
        run->result->regex_limits++;
        run_queue_label(run, run->program->limit_label);
    }
}

enum waf_truth run_leaf(struct run *run, uint32_t at)
{
    const struct leaf *leaf = &run->program->leaves[at];
    struct leaf_state *state = &run->scratch->leaves[at];

    run_family(run, run->program->sources[leaf->source].family);
    if (state->verdict == VERDICT_OPEN)
        confirm(run, leaf, state);
    if (state->verdict == VERDICT_TRUE)
        return WAF_TRUE;
    return state->verdict == VERDICT_FALSE ? WAF_FALSE : WAF_GAVE_UP;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of values, and what leaves make of them (aws-waf.md 2.1 to 2.6).
 */
#include "match/sqli.h"
#include "match/xss.h"
#include "waf/evaluate.h"

/* ---- bytes --------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

static bool found(struct span *span, size_t from, size_t n)
{
    *span = (struct span){from, from + n};
    return true;
}

static bool find_word(struct str text, struct str word, struct span *span)
{
    for (size_t from = 0; word.n <= text.n - from;) {
        const char *p = memmem(text.p + from, text.n - from, word.p, word.n);
        size_t at;

        if (!p)
            return false;
        at = (size_t)(p - text.p);
        if ((at == 0 || !is_word(text.p[at - 1])) &&
            (at + word.n == text.n || !is_word(text.p[at + word.n])))
            return found(span, at, word.n);
        from = at + 1;
    }
    return false;
}

static bool test_bytes(const struct test *test, struct str text,
                       struct span *span)
{
    struct str bytes = test->bytes;
    const char *p;

    switch ((enum waf_position)test->detail) {
    case WAF_EXACTLY:
        return str_eq(text, bytes) && found(span, 0, text.n);
    case WAF_STARTS_WITH:
        return str_starts(text, bytes) && found(span, 0, bytes.n);
    case WAF_ENDS_WITH:
        return text.n >= bytes.n &&
               memcmp(text.p + text.n - bytes.n, bytes.p, bytes.n) == 0 &&
               found(span, text.n - bytes.n, bytes.n);
    case WAF_CONTAINS:
        if (bytes.n == 0)
            return found(span, 0, 0);
        p = text.n ? memmem(text.p, text.n, bytes.p, bytes.n) : NULL;
        return p && found(span, (size_t)(p - text.p), bytes.n);
    case WAF_CONTAINS_WORD:
        return bytes.n && text.n && find_word(text, bytes, span);
    }
    return false;
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
    if (run->work <= 0)
        return WAF_GAVE_UP;
    run->work -= WORK_SEARCH + (int64_t)text.n * WORK_BYTE;
    switch (regex_search(test->regex, run->scratch->regex, text, &span->from,
                         &span->to)) {
    case REGEX_YES:
        return WAF_TRUE;
    case REGEX_NO:
        return WAF_FALSE;
    case REGEX_LIMIT:
        break;
    }
    run->work -= WORK_LIMIT;
    return WAF_GAVE_UP;
}

static bool test_sqli(const struct test *test, struct str text,
                      struct span *span)
{
    struct sqli_evidence evidence;

    if (!sqli_detect(text, test->detail ? SQLI_HIGH : SQLI_LOW, &evidence))
        return false;
    return found(span, evidence.from, evidence.to - evidence.from);
}

static bool test_xss(struct str text, struct span *span)
{
    struct xss_evidence evidence;

    return xss_detect(text, &evidence) &&
           found(span, evidence.from, evidence.to - evidence.from);
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
        is = test_sqli(test, text, span);
        break;
    case TEST_XSS:
        is = test_xss(text, span);
        break;
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

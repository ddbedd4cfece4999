/* SPDX-License-Identifier: Apache-2.0
 *
 * Values that may inject SQL: evidence lies in the value and in order, HIGH
 * finds what LOW does, plain values have none however they are read, every
 * token moves on, and what is left early would not have been found.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "match/sqli.h"
#include "match/sqli_grammar.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

static _Noreturn void failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not true: %s\n", line, condition);
    abort();
}

static bool always(const struct sqli_folded *folded)
{
    (void)folded;
    return true;
}

static void check_evidence(struct str value, enum sqli_sensitivity sensitivity)
{
    struct sqli_evidence e = {.n = 0};
    bool found = sqli_detect(value, sensitivity, &e);
    const char *end = value.p + value.n;

    CHECK(sqli_detect(value, sensitivity, NULL) == found);
    CHECK(found == (e.n > 0));
    CHECK(e.n <= SQLI_TOKENS_MAX && e.from <= e.to && e.to <= value.n);
    for (unsigned i = 0; i < e.n; i++) {
        const char *p = e.tokens[i].p;
        CHECK(p >= value.p + e.from && p + e.tokens[i].n <= end);
        CHECK(i == 0 || p >= e.tokens[i - 1].p + e.tokens[i - 1].n);
    }
}

static void check_tokens(struct str value, struct sqli_context context)
{
    struct sqli_reader reader;
    struct sqli_token token;
    size_t at = 0;
    sqli_read_start(&reader, value, context);
    while (sqli_read(&reader, &token)) {
        CHECK(token.kind != SQLI_NONE && token.kind < SQLI_KINDS);
        CHECK(token.from >= at && token.from <= token.to);
        CHECK(token.to <= reader.at && reader.at <= value.n);
        CHECK(reader.at > at || (at == 0 && context.quote != 0));
        at = reader.at;
    }
    CHECK(reader.at == value.n);
}

static void check_folds(struct str value, struct sqli_context context)
{
    struct sqli_folded whole, left;
    sqli_fold(value, context, always, &whole);
    sqli_fold(value, context, sqli_may_inject, &left);
    CHECK(whole.n <= SQLI_JUDGED && left.n <= whole.n);
    if (left.n == 0 && whole.n > 0)
        CHECK(!sqli_injects(&whole, value));
    if (sqli_is_plain(value) && context.quote == 0)
        CHECK(!sqli_detect(value, SQLI_HIGH, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char quotes[] = {0, '\'', '"'};
    struct str value = str_make((const char *)data, size);
    if (sqli_detect(value, SQLI_LOW, NULL))
        CHECK(sqli_detect(value, SQLI_HIGH, NULL));
    check_evidence(value, SQLI_LOW);
    check_evidence(value, SQLI_HIGH);
    for (unsigned i = 0; i < 2 * sizeof(quotes); i++) {
        struct sqli_context context = {.quote = quotes[i / 2],
                                       .mysql = i % 2 != 0};
        check_tokens(value, context);
        check_folds(value, context);
    }
    return 0;
}

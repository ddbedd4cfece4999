/* SPDX-License-Identifier: Apache-2.0
 *
 * Script injection: each context read alone says what all together say, and
 * what gave it away stands in the value, in order.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "match/xss.h"
#include "match/xss_tokens.h"

#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))

static _Noreturn void failed(int line, const char *condition)
{
    fprintf(stderr, "line %d: not true: %s\n", line, condition);
    abort();
}

static void check_slice(struct str value, struct str s)
{
    CHECK(s.n == 0 || (s.p >= value.p && s.p + s.n <= value.p + value.n));
}

static void check_evidence(struct str value, const struct xss_evidence *e)
{
    CHECK(e->n >= 1 && e->n <= XSS_TOKENS_MAX);
    CHECK(e->from < e->to && e->to <= value.n);
    for (unsigned i = 0; i < e->n; i++) {
        check_slice(value, e->tokens[i]);
        CHECK(e->tokens[i].n > 0);
        CHECK(i == 0 || e->tokens[i].p >= e->tokens[i - 1].p);
    }
    CHECK(e->tokens[0].p == value.p + e->from);
}

/* All pieces in one context, by a reader that has seen nothing before. */
static void check_context(struct str value, enum xss_context context)
{
    struct xss_seen seen = {.n = 0};
    struct xss_reader reader = xss_reader(value, context, &seen);
    struct xss_token token;
    size_t at = 0;

    for (;;) {
        xss_read(&reader, &token);
        if (token.piece == XSS_PIECE_END)
            break;
        CHECK(reader.at > at && reader.at <= value.n);
        at = reader.at;
        check_slice(value, token.text);
        check_slice(value, token.name);
        check_slice(value, token.tag);
        check_slice(value, token.open);
    }
    CHECK(reader.at == value.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str value = str_make((const char *)data, size);
    struct xss_evidence evidence;
    bool alone = false;

    for (int context = 0; context < XSS_CONTEXTS; context++) {
        check_context(value, (enum xss_context)context);
        alone |= xss_detect_in(value, (enum xss_context)context);
    }
    CHECK(xss_detect(value, NULL) == alone);
    if (xss_detect(value, &evidence))
        check_evidence(value, &evidence);
    return 0;
}

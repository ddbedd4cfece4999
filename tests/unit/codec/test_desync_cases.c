/* SPDX-License-Identifier: Apache-2.0
 *
 * The cases of http-desync-guardian, where they are at hand: desync/cases.json
 * under $SLUICE_SHARED or beside the source tree (../shared/data).
 *
 * The cases are written for a classifier of fields that somebody else parsed,
 * and most lack a Host, which is added here.  A reader of raw bytes sees some
 * of them otherwise, and some of what the guardian allows ALB still refuses:
 * `differing` says which, and why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "heads.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct {
    const char *id;
    const char *tier; /* what it is to us */
    const char *reason;
    const char *why;
} differing[] = {
    {"more-compliant-tests/05", "501", "-", "a coding that ALB does not do"},
    {"more-compliant-tests/07", "501", "-", "a coding that ALB does not do"},
    {"more-compliant-tests/09", "Severe", "BadTransferEncoding",
     "chunked with parameters"},
    {"real-life-test-cases/17", "Severe", "BadTransferEncoding",
     "chunked with parameters"},
    {"rfc-compliant/08", "501", "-", "codings that ALB does not do"},
    {"rfc-compliant/09", "501", "-", "codings that ALB does not do"},
    {"rfc-compliant/10", "Severe", "BadTransferEncoding",
     "chunked with parameters"},
    {"severe/10", "Ambiguous", "MultilineHeader",
     "LF inside a value: raw, these are folded lines"},
    {"severe/11", "Ambiguous", "MultilineHeader",
     "LF inside a value: raw, these are folded lines"},
    {"severe/15", "Ambiguous", "MissingHeaderColon",
     "LF inside a name: raw, these are two lines"},
    {"uri-specific-test-cases/07", "Ambiguous", "AmbiguousUri",
     "CR LF inside a target: raw, the first line is HTTP/0.9 with a tab"},
};

static const char *const tiers[] = {"Compliant", "Acceptable", "Ambiguous",
                                    "Severe"};

/* ---- reading the cases ------------------------------------------------- */

static char *read_cases(void)
{
    const char *shared = getenv("SLUICE_SHARED"), *top = getenv("TOP_SRCDIR");
    char path[4096];
    char *text = NULL;
    size_t n = 0;
    FILE *file;

    if (shared)
        snprintf(path, sizeof(path), "%s/data/desync/cases.json", shared);
    else
        snprintf(path, sizeof(path), "%s/../shared/data/desync/cases.json",
                 top ? top : ".");
    file = fopen(path, "rb");
    if (file == NULL) {
        printf("skipped: no %s\n", path);
        return NULL;
    }
    text = calloc(1, 1 << 20);
    assert_non_null(text);
    n = fread(text, 1, (1 << 20) - 1, file);
    assert_true(n > 0 && n < (1 << 20) - 1);
    fclose(file);
    return text;
}

/* The string member `name` at or after `*at`, which moves behind it.  The
 * members that we want hold no escapes. */
static struct str member(char **at, const char *name)
{
    char key[32];
    char *p, *end;

    snprintf(key, sizeof(key), "\"%s\": \"", name);
    p = strstr(*at, key);
    assert_non_null(p);
    p += strlen(key);
    end = strchr(p, '"');
    assert_non_null(end);
    *at = end;
    return str_make(p, (size_t)(end - p));
}

static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                 "qrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

static struct str base64(struct str s, char *to, size_t cap)
{
    size_t n = 0;
    unsigned bits = 0, value = 0;

    for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
        int six = sextet(s.p[i]);

        assert_true(six >= 0);
        value = (value << 6 | (unsigned)six) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            assert_true(n < cap);
            bits -= 8;
            to[n++] = (char)(value >> bits);
        }
    }
    return str_make(to, n);
}

/* With a Host after the request line, if there is none. */
static struct str with_host(struct str raw, char *to, size_t cap)
{
    struct text t = text_in(to, cap);
    const char *end = memmem(raw.p, raw.n, "\r\n", 2);

    assert_non_null(end);
    if (memmem(raw.p, raw.n, "\nHost:", 6))
        return raw;
    text_put(&t, raw.p, (size_t)(end + 2 - raw.p));
    TEXT_LITERAL(&t, "Host: h\r\n");
    text_put(&t, end + 2, (size_t)(raw.p + raw.n - end - 2));
    assert_true(text_ok(&t));
    return text_str(&t);
}

/* ---- the test ---------------------------------------------------------- */

static bool check_case(struct str id, struct str raw, struct str tier,
                       struct str reason)
{
    struct head *h = head_request(raw);
    const char *got_tier, *got_reason;
    bool same;

    for (size_t i = 0; i < COUNT(differing); i++) {
        if (str_eq(id, str_of(differing[i].id))) {
            tier = str_of(differing[i].tier);
            reason = str_of(differing[i].reason);
        }
    }
    if (h->result == H1_OK) {
        got_tier = tiers[h->req.desync_class];
        got_reason = desync_reason_word(h->req.desync_reason);
    } else if (h->result == H1_BAD) {
        got_tier = h->fault.status == 501 ? "501" : "Severe";
        got_reason = desync_reason_word(h->fault.reason);
    } else {
        got_tier = got_reason = "partial";
    }
    if (str_eq(reason, STR("Compliant")))
        reason = STR("-");
    same = str_eq(tier, str_of(got_tier)) && str_eq(reason, str_of(got_reason));
    if (!same)
        printf("%.*s: %s %s, wanted %.*s %.*s\n", STR_ARG(id), got_tier,
               got_reason, STR_ARG(tier), STR_ARG(reason));
    head_free(h);
    return same;
}

static void test_requests_are_classified_as_the_guardian_does(void **state)
{
    char *cases = read_cases(), *at = cases;
    unsigned n = 0, wrong = 0;

    (void)state;
    if (cases == NULL)
        skip();
    while (at && (at = strstr(at, "\"id\": \""))) {
        char decoded[4096], hosted[4096];
        struct str id = member(&at, "id"), raw = member(&at, "raw_b64");
        struct str tier, reason;

        at = strstr(at, "\"expected\"");
        assert_non_null(at);
        tier = member(&at, "tier");
        reason = member(&at, "reason");
        raw = base64(raw, decoded, sizeof(decoded));
        raw = with_host(raw, hosted, sizeof(hosted));
        wrong += !check_case(id, raw, tier, reason);
        n++;
    }
    free(cases);
    printf("%u cases\n", n);
    assert_int_equal(wrong, 0);
    assert_true(n > 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_classified_as_the_guardian_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The cases of http-desync-guardian, where they are at hand: desync/cases.json
 * under $SLUICE_SHARED or beside the source tree (../shared/data).
 *
 * Each case is a request as somebody else parsed it, and the bytes that this
 * makes.  The parts go through the classifier; the bytes, with a Host where
 * there is none, through the parser in all three modes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/desync.h"
#include "heads.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* What a reader of raw bytes sees otherwise than one of parsed fields. */
static const struct {
    const char *id;
    const char *tier;
    const char *reason;
    const char *why;
} raw_differs[] = {
    {"severe/10", "Ambiguous", "MultilineHeader",
     "LF inside a value: these are folded lines"},
    {"severe/11", "Ambiguous", "MultilineHeader",
     "LF inside a value: these are folded lines"},
    {"severe/15", "Ambiguous", "MissingHeaderColon",
     "LF inside a name: these are two lines"},
    {"uri-specific-test-cases/07", "Ambiguous", "AmbiguousUri",
     "CR LF inside a target: the first line is HTTP/0.9 with a tab"},
};

/* 501 in every mode, whatever the class is. */
static const char *const not_implemented[] = {
    "more-compliant-tests/05", "more-compliant-tests/07", "rfc-compliant/08",
    "rfc-compliant/09",        "rfc-compliant/10",
};

/* Reasons that are refused in every mode: where the body ends, or what the
 * request line says, is open. */
static const char *const never_passed[] = {
    "BadContentLength",
    "BadTransferEncoding",
    "BadMethod",
    "BadVersion",
    "MultipleContentLength",
    "MultipleTransferEncodingChunked",
};

/* BadHeader and BadUri of which that is true as well. */
static const struct {
    const char *id;
    const char *why;
} never_passed_cases[] = {
    {"real-life-test-cases/12", "two lengths, one behind a CR"},
    {"real-life-test-cases/22", "NUL chunked is no coding"},
    {"uri-specific-test-cases/09", "NUL / is no path"},
};

static bool is_one_of(struct str s, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(s, str_of(v[i])))
            return true;
    }
    return false;
}

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

/* ---- the parts of a request -------------------------------------------- */

enum { PARTS_TEXT = 8192, HEADERS_MAX = 16 };

struct parts {
    struct str method;
    struct str target;
    struct str version;
    struct str names[HEADERS_MAX];
    struct str values[HEADERS_MAX];
    unsigned n;
    char room[PARTS_TEXT];
    struct text text;
};

static unsigned hex4(const char *p)
{
    char digits[5] = {p[0], p[1], p[2], p[3]};

    return (unsigned)strtoul(digits, NULL, 16);
}

static void put_utf8(struct text *t, unsigned c)
{
    if (c < 0x80) {
        text_char(t, (char)c);
    } else if (c < 0x800) {
        text_char(t, (char)(0xc0 | c >> 6));
        text_char(t, (char)(0x80 | (c & 0x3f)));
    } else {
        text_char(t, (char)(0xe0 | c >> 12));
        text_char(t, (char)(0x80 | (c >> 6 & 0x3f)));
        text_char(t, (char)(0x80 | (c & 0x3f)));
    }
}

static const char *put_escape(struct text *t, const char *p)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const char *at = strchr(from, *p);

    if (*p == 'u') {
        put_utf8(t, hex4(p + 1));
        return p + 5;
    }
    text_char(t, at ? to[at - from] : *p);
    return p + 1;
}

/* The string at or after `*at` with that name, which moves behind it. */
static struct str text_member(struct parts *parts, char **at, const char *name)
{
    struct text *t = &parts->text;
    size_t begin = t->n;
    char key[32];
    const char *p;

    snprintf(key, sizeof(key), "\"%s\": \"", name);
    p = strstr(*at, key);
    assert_non_null(p);
    p += strlen(key);
    while (*p != '"') {
        if (*p == '\\')
            p = put_escape(t, p + 1);
        else
            text_char(t, *p++);
    }
    *at += p - *at;
    assert_true(text_ok(t));
    return str_make(t->p + begin, t->n - begin);
}

/* `*at` moves from the case's id to the end of its headers. */
static struct parts *read_parts(char **at)
{
    struct parts *parts = calloc(1, sizeof(*parts));
    char *end = strstr(*at, "\"raw_b64\"");

    assert_non_null(parts);
    assert_non_null(end);
    parts->text = text_in(parts->room, sizeof(parts->room));
    parts->method = text_member(parts, at, "method");
    parts->target = text_member(parts, at, "uri");
    parts->version = text_member(parts, at, "version");
    for (char *next; (next = strstr(*at, "\"name\": \"")) && next < end;) {
        assert_true(parts->n < HEADERS_MAX);
        parts->names[parts->n] = text_member(parts, at, "name");
        parts->values[parts->n++] = text_member(parts, at, "value");
    }
    return parts;
}

static enum method method_of(struct str name)
{
    return str_eq(name, STR("GET"))    ? METHOD_GET
           : str_eq(name, STR("HEAD")) ? METHOD_HEAD
                                       : METHOD_OTHER;
}

/* What the classifier makes of them. */
static struct desync_finding classify(const struct parts *parts)
{
    struct desync d = {.length = 0};
    struct h1_fault fault = {0};
    enum h1_result result = H1_OK;
    unsigned version = desync_version(&d, parts->version);

    (void)desync_target(&d, parts->target);
    for (unsigned i = 0; i < parts->n && result == H1_OK; i++)
        result = desync_field(&d, parts->names[i], str_trim(parts->values[i]),
                              &fault);
    if (result == H1_OK)
        result = desync_framing(&d, method_of(parts->method), version, &fault);
    return desync_total(&d, result == H1_OK ? NULL : &fault);
}

/* ---- the tests ---------------------------------------------------------- */

struct wanted {
    struct str id;
    struct str tier;
    struct str reason;
};

static bool is_same(const struct wanted *w, const char *how, unsigned class,
                    unsigned reason)
{
    const char *tier = desync_class_word((enum desync_class) class);
    const char *word = desync_reason_word((enum desync_reason)reason);

    if (str_eq(w->tier, str_of(tier)) && str_eq(w->reason, str_of(word)))
        return true;
    printf("%.*s, %s: %s %s, wanted %.*s %.*s\n", STR_ARG(w->id), how, tier,
           word, STR_ARG(w->tier), STR_ARG(w->reason));
    return false;
}

static bool passes(const struct wanted *w, enum desync_mode mode)
{
    if (mode == DESYNC_MODE_STRICTEST)
        return str_eq(w->tier, STR("Compliant"));
    if (mode == DESYNC_MODE_DEFENSIVE)
        return !str_eq(w->tier, STR("Severe"));
    for (size_t i = 0; i < COUNT(never_passed_cases); i++) {
        if (str_eq(w->id, str_of(never_passed_cases[i].id)))
            return false;
    }
    return !is_one_of(w->reason, never_passed, COUNT(never_passed));
}

static bool check_mode(const struct wanted *w, struct str raw,
                       enum desync_mode mode)
{
    static const char *const names[] = {"monitor", "defensive", "strictest"};
    struct head *h = head_request_in(mode, raw);
    bool ok = h->result == H1_OK;
    bool close_both = ok && mode == DESYNC_MODE_DEFENSIVE &&
                      str_eq(w->tier, STR("Ambiguous"));
    bool coding = is_one_of(w->id, not_implemented, COUNT(not_implemented));
    bool same =
        is_same(w, names[mode], ok ? h->req.desync_class : h->fault.class,
                ok ? h->req.desync_reason : h->fault.reason);

    if (ok != (passes(w, mode) && !coding) ||
        (!ok && h->fault.status != (coding ? 501 : 400)) ||
        (ok && h->req.close_both != close_both)) {
        printf("%.*s, %s: %s\n", STR_ARG(w->id), names[mode],
               ok             ? "passes"
               : h->fault.why ? h->fault.why
                              : "incomplete");
        same = false;
    }
    head_free(h);
    return same;
}

static bool check_case(struct wanted *w, const struct parts *parts,
                       struct str raw)
{
    struct desync_finding found = classify(parts);
    bool same;

    if (str_eq(w->reason, STR("Compliant")))
        w->reason = STR("-");
    same = is_same(w, "parsed", found.class, found.reason);
    for (size_t i = 0; i < COUNT(raw_differs); i++) {
        if (str_eq(w->id, str_of(raw_differs[i].id))) {
            w->tier = str_of(raw_differs[i].tier);
            w->reason = str_of(raw_differs[i].reason);
        }
    }
    same &= check_mode(w, raw, DESYNC_MODE_MONITOR);
    same &= check_mode(w, raw, DESYNC_MODE_DEFENSIVE);
    return check_mode(w, raw, DESYNC_MODE_STRICTEST) && same;
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
        struct wanted w = {.id = member(&at, "id")};
        struct parts *parts = read_parts(&at);
        struct str raw = member(&at, "raw_b64");

        at = strstr(at, "\"expected\"");
        assert_non_null(at);
        w.tier = member(&at, "tier");
        w.reason = member(&at, "reason");
        raw = base64(raw, decoded, sizeof(decoded));
        raw = with_host(raw, hosted, sizeof(hosted));
        wrong += !check_case(&w, parts, raw);
        free(parts);
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

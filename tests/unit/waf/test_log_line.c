/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of logs of web ACLs: data/log-lines.json has ACLs and requests, and
 * data/log-lines.jsonl the line of each request, in that order.
 * (SLUICE_LOG_LINES=FILE has the lines written there: to be looked at.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "acls.h"
#include "base/file.h"
#include "waf/log_line.h"

enum { LINE = 512 * 1024, ROOM = 128 * 1024 };

#define GOLDEN "/tests/unit/waf/data/log-lines.jsonl"

static struct file_text read_golden(void)
{
    const char *top = getenv("TOP_SRCDIR");
    char path[1024];
    struct file_text file;
    struct error error;

    snprintf(path, sizeof(path), "%s" GOLDEN, top ? top : ".");
    if (!file_read(path, 16 * 1024 * 1024, &file, &error))
        fail_msg("%s", error.text);
    return file;
}

struct desk {
    struct acl acl;
    struct evaluator evaluator;
    struct sha256 sha;
    char room[ROOM];
    char line[LINE];
};

static struct desk *desk_new(void)
{
    struct desk *desk = calloc(1, sizeof(*desk));

    assert_non_null(desk);
    assert_true(sha256_init(&desk->sha));
    return desk;
}

static void desk_free(struct desk *desk)
{
    sha256_end(&desk->sha);
    free(desk);
}

static void evaluate(struct desk *desk, const struct request_made *request,
                     struct waf_result *result, struct waf_seen *seen)
{
    evaluator_run(&desk->evaluator, desk->acl.program, request, false, NULL,
                  result);
    *seen = (struct waf_seen){
        .acl = waf_program_acl(desk->acl.program),
        .request = &request->inspected,
        .result = result,
        .time_ms = 1790000000123,
        .resource = STR("app/shop/50dc6c495c0c9188"),
        .request_id = STR("1-67891233-abcdef012345678912345678"),
        .body_bytes = request->inspected.body.n,
    };
}

static struct str line_of(struct desk *desk, const struct waf_seen *seen,
                          size_t cap)
{
    struct waf_privacy privacy = {
        .acl = seen->acl,
        .logging = seen->acl->logging,
        .sha = &desk->sha,
        .room = desk->room,
        .cap = ROOM,
    };
    struct text t = text_in(desk->line, cap);

    waf_log_put(&t, seen, &privacy);
    return text_ok(&t) ? text_str(&t) : STR("");
}

static void check_lines(struct desk *desk, const struct value *entry,
                        struct str *golden, FILE *copy)
{
    const struct value *list = value_get(entry, STR("requests"));

    acl_begin(&desk->acl, entry, NULL);
    if (desk->acl.program == NULL)
        fail_msg("%s", acl_errors(&desk->acl, desk->line, LINE));
    evaluator_begin(&desk->evaluator);
    for (const struct value *v = list->first; v; v = v->next) {
        struct request_made *request = request_made_new(v);
        struct waf_result result;
        struct waf_seen seen;
        struct str got;
        struct str wanted = str_cut(golden, '\n');

        evaluate(desk, request, &result, &seen);
        got = line_of(desk, &seen, LINE);
        if (copy)
            fwrite(got.p, 1, got.n, copy);
        assert_int_equal(got.p[got.n - 1], '\n');
        got.n--;
        if (!copy && !str_eq(got, wanted))
            fail_msg(STR_FMT ": got\n" STR_FMT "\nexpected\n" STR_FMT,
                     STR_ARG(value_get(entry, STR("what"))->text), STR_ARG(got),
                     STR_ARG(wanted));
        request_made_free(request);
    }
    evaluator_end(&desk->evaluator);
    acl_end(&desk->acl);
}

/* Checklist 20, 24, 83, 87, 88, 111, 112, 113. */
static void test_lines_are_those_of_aws(void **state)
{
    const char *path = getenv("SLUICE_LOG_LINES");
    FILE *copy = path ? fopen(path, "w") : NULL;
    struct desk *desk = desk_new();
    struct region region = {NULL};
    struct file_text file = read_golden();
    struct str rest = file.text;

    (void)state;
    for (const struct value *v = data_read(&region, "log-lines.json")->first; v;
         v = v->next)
        check_lines(desk, v, &rest, copy);
    if (copy)
        assert_int_equal(fclose(copy), 0);
    else
        assert_int_equal(rest.n, 0);
    file_forget(&file);
    region_end(&region);
    desk_free(desk);
}

/* ---- bounds ----------------------------------------------------------------------- */

static const char counts[] =
    "{\"statement\": {\"ByteMatchStatement\": {\"FieldToMatch\": {\"UriPath\": "
    "{}}, \"PositionalConstraint\": \"CONTAINS\", \"SearchString\": \"x\"}}}";

static void add_headers(struct request_made *request, unsigned n)
{
    static char value[512];

    memset(value, '\x80', sizeof(value)); /* six bytes for each */
    for (unsigned i = 0; i < n; i++)
        request_add(request, STR("X"), str_make(value, sizeof(value)));
}

static void test_a_head_of_64_kb_of_what_is_escaped_has_a_line(void **state)
{
    struct desk *desk = desk_new();
    struct request_made *request = request_made_new(NULL);
    struct waf_result result;
    struct waf_seen seen;
    struct str line;

    (void)state;
    request->inspected.path = STR("/");
    add_headers(request, 128);
    acl_begin_text(&desk->acl, counts);
    evaluator_begin(&desk->evaluator);
    evaluate(desk, request, &result, &seen);
    line = line_of(desk, &seen, LINE);
    assert_in_range(line.n, 128 * 512 * 6, 128 * 512 * 6 + 128 * 32 + 1200);
    assert_null(memmem(line.p, line.n, "headersLeftOut", 14));
    evaluator_end(&desk->evaluator);
    acl_end(&desk->acl);
    request_made_free(request);
    desk_free(desk);
}

static void test_headers_without_room_are_left_out_and_counted(void **state)
{
    struct desk *desk = desk_new();
    struct request_made *request = request_made_new(NULL);
    struct waf_result result;
    struct waf_seen seen;
    struct str line;

    (void)state;
    request->inspected.path = STR("/");
    add_headers(request, 3);
    acl_begin_text(&desk->acl, counts);
    evaluator_begin(&desk->evaluator);
    evaluate(desk, request, &result, &seen);
    line = line_of(desk, &seen, 2048);
    assert_non_null(memmem(line.p, line.n, "\"headers\":[]", 12));
    assert_non_null(
        memmem(line.p, line.n, ",\"sluice\":{\"headersLeftOut\":3}}\n", 32));
    assert_int_equal(line_of(desk, &seen, 100).n, 0);
    evaluator_end(&desk->evaluator);
    acl_end(&desk->acl);
    request_made_free(request);
    desk_free(desk);
}

static const char labels[] =
    "{\"statement\": {\"ByteMatchStatement\": {\"FieldToMatch\": {\"UriPath\": "
    "{}}, \"PositionalConstraint\": \"CONTAINS\", \"SearchString\": \"x\"}}}";

/* Checklist 33. */
static void test_the_first_100_labels_are_logged(void **state)
{
    struct desk *desk = desk_new();
    struct request_made *request = request_made_new(NULL);
    struct waf_label made[101];
    char names[101][8];
    struct waf_result result;
    struct waf_seen seen;
    struct str line;

    (void)state;
    request->inspected.path = STR("/");
    acl_begin_text(&desk->acl, labels);
    evaluator_begin(&desk->evaluator);
    evaluate(desk, request, &result, &seen);
    for (unsigned i = 0; i < 101; i++) {
        snprintf(names[i], sizeof(names[i]), "l:%03u", i);
        made[i] =
            (struct waf_label){i < 100 ? &made[i + 1] : NULL, str_of(names[i])};
    }
    result.labels = made;
    line = line_of(desk, &seen, LINE);
    assert_non_null(memmem(line.p, line.n, "{\"name\":\"l:099\"}]", 17));
    assert_null(memmem(line.p, line.n, "l:100", 5));
    evaluator_end(&desk->evaluator);
    acl_end(&desk->acl);
    request_made_free(request);
    desk_free(desk);
}

/* A digest that finds no room. */
static void test_what_finds_no_room_is_redacted(void **state)
{
    static const struct waf_protection protection = {
        .field = WAF_PROTECT_COOKIE, .hash = true};
    static const struct config_web_acl acl = {
        .entity = {.arn = {"arn:aws:wafv2:r:123456789012:x", 30}},
        .nprotections = 1,
        .protections = &protection,
    };
    struct desk *desk = desk_new();
    struct waf_privacy privacy = {
        .acl = &acl, .sha = &desk->sha, .room = desk->room, .cap = 50};
    struct str shown;

    (void)state;
    shown = waf_shown_header(&privacy, STR("Cookie"), STR("a=b"));
    assert_int_equal(shown.n, 2 + 44);
    shown = waf_shown_header(&privacy, STR("Cookie"), STR("a=b;c=d"));
    assert_true(str_eq(shown, STR("REDACTED")));
    desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_those_of_aws),
        cmocka_unit_test(test_a_head_of_64_kb_of_what_is_escaped_has_a_line),
        cmocka_unit_test(test_headers_without_room_are_left_out_and_counted),
        cmocka_unit_test(test_the_first_100_labels_are_logged),
        cmocka_unit_test(test_what_finds_no_room_is_redacted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

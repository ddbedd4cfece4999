/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said of web ACLs: a table (data/lint.json), and that what is said
 * never or always to match does, of ACLs and requests at random (LINT_ACLS of
 * them, 300 when it is not set).
 *
 * The table: ACLs (acls.h) with
 *
 *     what      a sentence
 *     says      a part of each warning, in the order of their places; the
 *               warnings of the reader are not among them
 *     remedies  a part of a remedy, somewhere
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random_acl.h"
#include "waf/lint.h"
#include "waf/trail.h"

enum { TEXT = 64 * 1024, ACLS = 300, REQUESTS_OF_ACL = 100, CLAIMS_MAX = 256 };

static struct str text_at(const struct value *entry, const char *key)
{
    const struct value *v = value_get(entry, str_of(key));

    return v ? v->text : STR("");
}

static bool has(struct str text, struct str part)
{
    return memmem(text.p, text.n, part.p, part.n) != NULL;
}

/* ---- the table ------------------------------------------------------------------- */

static void put_problems(struct text *t, const struct report *report)
{
    for (const struct problem *p = report->first; p; p = p->next)
        text_printf(t, STR_FMT " | " STR_FMT "\n", STR_ARG(p->what),
                    STR_ARG(p->remedy));
}

static void fail_entry(const struct value *entry, const char *why,
                       struct str part, const struct report *said)
{
    static char room[TEXT];
    struct text t = text_in(room, sizeof(room) - 1);

    put_problems(&t, said);
    room[t.n] = '\0';
    fail_msg(STR_FMT ": %s " STR_FMT " in\n%s", STR_ARG(text_at(entry, "what")),
             why, STR_ARG(part), room);
}

static bool is_said(const struct report *said, struct str part, bool remedy)
{
    for (const struct problem *p = said->first; p; p = p->next) {
        if (has(remedy ? p->remedy : p->what, part))
            return true;
    }
    return false;
}

static void check_list(const struct value *entry, const char *key,
                       const struct report *said, bool remedy)
{
    const struct value *list = value_get(entry, str_of(key));

    for (const struct value *v = list ? list->first : NULL; v; v = v->next) {
        if (!is_said(said, v->text, remedy))
            fail_entry(entry, "there is no", v->text, said);
    }
}

static void check_entry(const struct value *entry)
{
    struct report said = {.strict = false};
    char errors[4096];
    struct acl acl;

    acl_begin(&acl, entry, NULL);
    if (!acl.program)
        fail_msg(STR_FMT ": %s", STR_ARG(text_at(entry, "what")),
                 acl_errors(&acl, errors, sizeof(errors)));
    lint_acl(acl.program, &said);
    check_list(entry, "says", &said, false);
    check_list(entry, "remedies", &said, true);
    if (said.warnings != value_count(value_get(entry, STR("says"))))
        fail_entry(entry, "another number of warnings:", STR(""), &said);
    report_end(&said);
    acl_end(&acl);
}

static void test_what_is_said_is_as_the_table_has_it(void **state)
{
    struct region region = {NULL};
    const struct value *table = data_read(&region, "lint.json");
    unsigned n = 0;

    (void)state;
    for (const struct value *v = table->first; v; v = v->next, n++)
        check_entry(v);
    assert_true(n > 60);
    region_end(&region);
}

/* ---- at random ---------------------------------------------------------------------- */

/* What is claimed of a rule, or of one of its statements. */
struct claim {
    struct str rule;
    struct str path; /* n == 0: of the rule */
    bool always;
    struct str what; /* as it is said */
};

struct claims {
    unsigned n;
    struct claim v[CLAIMS_MAX];
};

/* "rule NAME, PATH: it never matches: ..." */
static void read_claim(struct claims *claims, struct str what)
{
    bool never = has(what, STR(": it never matches")) ||
                 has(what, STR(": it never runs")) ||
                 has(what, STR(": so the rule never matches"));
    bool always = has(what, STR(": it matches every request")) ||
                  has(what, STR(": so the rule matches every request"));
    struct str rest = what;
    struct claim *to = &claims->v[claims->n];

    if ((!never && !always) || claims->n == CLAIMS_MAX ||
        !str_starts(what, STR("rule ")))
        return;
    rest = str_cut(&rest, ':');
    rest = str_make(rest.p + strlen("rule "), rest.n - strlen("rule "));
    to->rule = str_cut(&rest, ',');
    to->path = rest.p ? str_trim(rest) : STR("");
    to->always = always;
    to->what = what;
    claims->n++;
}

static void fail_claim(const struct claim *claim, struct str value,
                       const char *acl)
{
    fprintf(stderr, "%s\n", acl);
    fail_msg("it is not so: " STR_FMT ": " STR_FMT, STR_ARG(claim->what),
             STR_ARG(value));
}

static void refute(const struct claim *claim, const struct trail_rule *rule,
                   const char *acl)
{
    if (!str_eq(claim->rule, rule->rule->name) || rule->referring ||
        rule->scope)
        return;
    if (claim->path.n == 0 && rule->rule->statement->type != WAF_RATE &&
        rule->truth != WAF_NOT_APPLICABLE &&
        (rule->truth == WAF_TRUE) != claim->always)
        fail_claim(claim, STR(""), acl);
    for (const struct trail_leaf *l = rule->leaves; l; l = l->next) {
        if (str_eq(l->seen.statement->path, claim->path) &&
            (l->seen.truth == WAF_TRUE) != claim->always)
            fail_claim(claim, l->seen.raw.text, acl);
    }
}

static bool has_any(struct str text, const char *bytes)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] && strchr(bytes, text.p[i]))
            return true;
    }
    return false;
}

/* Whether HTTP's parser could have made it. */
static bool is_possible(const struct request_made *request)
{
    const struct inspected *q = &request->inspected;
    const struct fields *fields = &request->fields;

    if (q->path.n == 0 || q->path.p[0] != '/' || has_any(q->path, "?#\n") ||
        has_any(q->query, "#\n") || q->method.n == 0 ||
        has_any(q->method, " \t\n\"(),/:;<=>?@[\\]{}"))
        return false;
    for (unsigned i = 0; i < fields->n; i++) {
        if (has_any(field_value(fields, &fields->v[i]), "\n"))
            return false;
    }
    return true;
}

static void try_claims(const struct claims *claims, struct acl_maker *maker,
                       const struct acl *acl, const char *json)
{
    struct evaluator evaluator;
    struct request_made *request = request_made_new(NULL);

    evaluator_begin(&evaluator);
    for (unsigned i = 0; i < REQUESTS_OF_ACL; i++) {
        struct trail trail;

        acl_maker_request(maker, request);
        request->now_ms = 0;
        if (!is_possible(request))
            continue;
        trail_begin(&trail, acl->program, &evaluator.arena);
        evaluator_run(&evaluator, acl->program, request, false, &trail.trace,
                      &trail.result);
        for (const struct trail_rule *r = trail.rules; r; r = r->next) {
            for (unsigned k = 0; k < claims->n; k++)
                refute(&claims->v[k], r, json);
        }
    }
    evaluator_end(&evaluator);
    request_made_free(request);
}

static unsigned try_acl(struct acl_maker *maker, char *room)
{
    struct text t = text_in(room, TEXT - 1);
    struct report said = {.strict = false};
    struct claims claims = {.n = 0};
    struct acl acl;

    acl_maker_acl(maker, &t);
    assert_true(text_ok(&t));
    room[t.n] = '\0';
    acl_begin_text(&acl, room);
    assert_non_null(acl.program);
    lint_acl(acl.program, &said);
    for (const struct problem *p = said.first; p; p = p->next)
        read_claim(&claims, p->what);
    if (claims.n)
        try_claims(&claims, maker, &acl, room);
    report_end(&said);
    acl_end(&acl);
    return claims.n;
}

static void test_what_is_claimed_is_so(void **state)
{
    static char room[TEXT];
    struct acl_maker *maker = calloc(1, sizeof(*maker));
    const char *setting = getenv("LINT_ACLS");
    unsigned acls = setting ? (unsigned)atoi(setting) : ACLS;
    unsigned claims = 0;

    (void)state;
    assert_non_null(maker);
    for (unsigned i = 0; i < acls; i++) {
        acl_maker_begin(maker, 4711 + i);
        claims += try_acl(maker, room);
    }
    assert_true(claims > acls / 4);
    free(maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said_is_as_the_table_has_it),
        cmocka_unit_test(test_what_is_claimed_is_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../model/values.h"
#include "stats/series.h"

enum { TEXT_MAX = 256 * 1024 };

/* ---- the account ------------------------------------------------------------ */

static void look(struct calls *c)
{
    c->view.account = c->account;
    c->view.config = c->config;
    c->view.region_name = c->config->region_name;
    c->view.account_id = c->config->account;
}

static struct config *build(struct calls *c, const struct account *account,
                            struct report *report)
{
    struct region region = {NULL};
    struct config *config = config_build(account_values(account, &region),
                                         STR("test"), &c->local, report);

    region_end(&region);
    return config;
}

void calls_begin(struct calls *c, const char *resources)
{
    struct report report = {.strict = false};
    struct place mark;

    random_seed(&c->random);
    c->account = account_new(values_parse(&c->region, resources, &mark), 1);
    c->config = build(c, c->account, &report);
    if (c->config == NULL)
        fail_msg("%.*s", STR_ARG(report.first->what));
    report_end(&report);
    c->view.now_ms = 1700000000000;
    look(c);
}

void calls_end(struct calls *c)
{
    config_release(c->config);
    account_release(c->account);
    region_end(&c->region);
}

/* ---- names ------------------------------------------------------------------ */

static bool is_it(struct str id, struct str wanted, struct str arn,
                  struct str *found)
{
    if (!str_eq(id, wanted))
        return false;
    *found = arn;
    return true;
}

static bool find_rule(const struct config_listener *listener, struct str id,
                      struct str *arn)
{
    for (unsigned i = 0; i < listener->nrules; i++) {
        const struct config_rule *rule = &listener->rules[i];

        if (rule->priority && is_it(rule->id, id, rule->arn, arn))
            return true;
    }
    return false;
}

struct str calls_arn(const struct calls *c, struct str id)
{
    const struct config *config = c->config;
    struct str arn = {"", 0};

    for (unsigned i = 0; i < config->nload_balancers; i++)
        is_it(config->load_balancers[i]->id, id, config->load_balancers[i]->arn,
              &arn);
    for (unsigned i = 0; i < config->ngroups; i++)
        is_it(config->groups[i]->id, id, config->groups[i]->arn, &arn);
    for (unsigned i = 0; i < config->ntrust_stores; i++)
        is_it(config->trust_stores[i]->id, id, config->trust_stores[i]->arn,
              &arn);
    for (unsigned i = 0; i < config->nlisteners; i++) {
        is_it(config->listeners[i]->id, id, config->listeners[i]->arn, &arn);
        find_rule(config->listeners[i], id, &arn);
    }
    if (arn.n == 0)
        fail_msg("there is no resource %.*s", STR_ARG(id));
    return arn;
}

static void expand(const struct calls *c, struct value *value)
{
    for (struct value *v = value->first; v; v = v->next)
        expand(c, v);
    if (value->kind == VALUE_STRING && value->text.n > 1 &&
        value->text.p[0] == '$')
        value->text =
            calls_arn(c, str_make(value->text.p + 1, value->text.n - 1));
}

static const struct value *read_input(struct calls *c, const char *format,
                                      va_list args)
{
    static char text[TEXT_MAX];
    struct value *input;
    struct place mark;
    int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    n = vsnprintf(text, sizeof(text), format, args);
#pragma GCC diagnostic pop
    assert_in_range(n, 0, sizeof(text) - 1);
    input = value_copy(&c->region, values_parse(&c->region, text, &mark));
    expand(c, input);
    return input;
}

/* ---- calls ------------------------------------------------------------------ */

static const struct action *find_action(const struct action_table *table,
                                        const char *name)
{
    for (unsigned i = 0; i < table->n; i++) {
        if (str_eq(str_of(table->actions[i].name), str_of(name)))
            return &table->actions[i];
    }
    fail_msg("there is no action %s", name);
    return NULL;
}

static bool change(struct calls *c)
{
    struct account *after = account_edit(c->account, &c->call.edit);
    struct report report = {.strict = false};
    struct config *config = build(c, after, &report);

    if (config == NULL) {
        const struct problem *p = report.first;

        while (p->severity != PROBLEM_ERROR)
            p = p->next;
        call_refuse(&c->call, p->code ? p->code : "ValidationError", "%.*s",
                    STR_ARG(p->what));
        account_release(after);
    } else {
        config_release(c->config);
        account_release(c->account);
        c->account = after;
        c->config = config;
        look(c);
    }
    report_end(&report);
    return config != NULL;
}

static enum object_result no_object(void *owner, struct str bucket,
                                    struct str key, struct str version,
                                    size_t max, struct region *region,
                                    struct str *bytes, struct error *why)
{
    (void)owner;
    (void)bucket;
    (void)key;
    (void)version;
    (void)max;
    (void)region;
    *bytes = STR("");
    error_set(why, "there are no objects in this test");
    return OBJECT_NOT_FOUND;
}

/* Of no more than the action says that it reads. */
static bool read_frozen(struct calls *c)
{
    struct series_store *frozen = series_store_new();
    struct account_view view = c->view;
    struct metric_need need = {.n = 0};
    unsigned at = 0;
    bool ok;

    c->call.action->reads(&c->call, &need);
    for (unsigned i = 0; i < need.n; i++)
        series_freeze(frozen, view.series, &need.names[i], need.from_s,
                      need.to_s);
    while (need.all &&
           !series_freeze_all(frozen, view.series, &at, need.from_s, need.to_s))
        continue;
    view.series = frozen;
    ok = c->call.action->answer(&c->call, &view);
    series_store_free(frozen);
    return ok;
}

static bool run(struct calls *c)
{
    static const struct object_source none = {.read = no_object};
    const struct action *action = c->call.action;

    if (action->input) {
        c->call.input = shape_check(action->input, c->call.input, &c->call);
        if (c->call.input == NULL)
            return false;
    }
    if (action->prepare)
        action->prepare(&c->call, c->objects ? c->objects : &none);
    if (action->reads && c->view.series)
        return read_frozen(c);
    return (action->edit == NULL || action->edit(&c->call, &c->view)) &&
           (c->call.edit.first == NULL || change(c)) &&
           (action->answer == NULL || action->answer(&c->call, &c->view));
}

static bool run_with(struct calls *c, const struct action_table *table,
                     const char *name, const char *input, va_list args)
{
    c->call = (struct call){
        .action = find_action(table, name),
        .input = read_input(c, input, args),
        .request_id = STR("01234567-89ab-cdef-0123-456789abcdef"),
        .random = c->random,
        .region = &c->region,
    };
    random_u64(&c->random);
    return run(c);
}

bool calls_try(struct calls *c, const struct action_table *table,
               const char *name, const char *input, ...)
{
    va_list args;
    bool ok;

    va_start(args, input);
    ok = run_with(c, table, name, input, args);
    va_end(args);
    return ok;
}

void calls_must(struct calls *c, const struct action_table *table,
                const char *name, const char *file, int line, const char *input,
                ...)
{
    va_list args;
    bool ok;

    va_start(args, input);
    ok = run_with(c, table, name, input, args);
    va_end(args);
    if (!ok)
        fail_msg("%s:%d: %s: %s: %.*s", file, line, name, c->call.fault.code,
                 STR_ARG(c->call.fault.message));
}

void calls_refuses(struct calls *c, const char *code, const char *begin,
                   const struct action_table *table, const char *name,
                   const char *file, int line, const char *input, ...)
{
    va_list args;
    bool ok;

    va_start(args, input);
    ok = run_with(c, table, name, input, args);
    va_end(args);
    if (ok)
        fail_msg("%s:%d: %s is not refused", file, line, name);
    if (!str_eq(str_of(c->call.fault.code), str_of(code)) ||
        !str_starts(c->call.fault.message, str_of(begin)))
        fail_msg("%s:%d: %s: %s: %.*s", file, line, name, c->call.fault.code,
                 STR_ARG(c->call.fault.message));
}

/* ---- results ---------------------------------------------------------------- */

static const struct value *step(const struct value *from, struct str name)
{
    const struct value *v = from->first;
    uint64_t number;

    if (from->kind != VALUE_LIST || !str_to_u64(name, 1000000, &number))
        return value_get(from, name);
    while (v && number--)
        v = v->next;
    return v;
}

const char *calls_at(const struct calls *c, const char *path)
{
    const struct value *v = c->call.result;
    struct str rest = str_of(path);

    while (v && rest.p)
        v = step(v, str_cut(&rest, '.'));
    return v == NULL ? NULL : v->text.p ? v->text.p : "";
}

void calls_expect(const struct calls *c, const char *path, const char *text,
                  const char *file, int line)
{
    const char *is = calls_at(c, path);

    if (is == NULL ? text != NULL
                   : text == NULL || !str_eq(str_of(is), str_of(text)))
        fail_msg("%s:%d: %s is %s, not %s", file, line, path,
                 is ? is : "not there", text ? text : "left out");
}

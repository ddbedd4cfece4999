/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs by the API: the input is a body of CreateWebACL.
 *
 * - It is refused with a fault, or an account that has it can be built.
 * - What GetWebACL tells then goes into UpdateWebACL as it is, and is told the
 *   same afterwards, with another LockToken.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/change.h"
#include "api/services.h"
#include "fuzz.h"
#include "model/account_json.h"

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static const char before[] =
    "{\"Set\": {\"Type\": \"AWS::WAFv2::IPSet\", \"Properties\": {\"Name\": "
    "\"s\", \"Scope\": \"REGIONAL\", \"IPAddressVersion\": \"IPV4\", "
    "\"Addresses\": [\"192.0.2.0/24\"]}, \"Metadata\": {\"Sluice\": {\"Id\": "
    "\"11111111-2222-4333-8444-555555555555\"}}}}";

struct world {
    struct region region;
    struct account *account;
    struct config *config;
    struct account_view view;
    struct random random;
};

static void look(struct world *w)
{
    static const struct local local = {.retry = RETRY_OFF};
    struct report report = {.strict = false};

    config_release(w->config);
    w->config = config_build(account_values(w->account, &w->region),
                             STR("fuzz"), &local, &report);
    if (w->config == NULL)
        fprintf(stderr, "%.*s\n", STR_ARG(report.first->what));
    CHECK(w->config);
    report_end(&report);
    w->view = (struct account_view){
        .account = w->account,
        .config = w->config,
        .region_name = w->config->region_name,
        .account_id = w->config->account,
        .now_ms = UINT64_C(1790000000000),
    };
}

static void begin(struct world *w)
{
    struct error error = {""};

    random_seed(&w->random);
    w->account = account_json_read_resources(STR(before), 1, &error);
    CHECK(w->account);
    look(w);
}

static void end(struct world *w)
{
    config_release(w->config);
    account_release(w->account);
    region_end(&w->region);
}

/* The result; NULL: refused. */
static const struct value *run(struct world *w, const char *name,
                               const struct value *input)
{
    struct call call = {.region = &w->region, .random = w->random};
    struct account *after;

    for (unsigned i = 0; i < waf_acl_actions.n; i++) {
        if (str_eq(str_of(waf_acl_actions.actions[i].name), str_of(name)))
            call.action = &waf_acl_actions.actions[i];
    }
    CHECK(call.action);
    call.input = shape_check(call.action->input, input, &call);
    if (call.input && call.action->edit)
        call.action->edit(&call, &w->view);
    w->random = call.random;
    if (call.fault.code) {
        CHECK(call.fault.message.n);
        return NULL;
    }
    CHECK(call.input);
    if (call.edit.first) {
        after = account_edit(w->account, &call.edit);
        account_release(w->account);
        w->account = after;
        look(w);
    }
    CHECK(call.action->answer(&call, &w->view));
    return call.result;
}

static const struct value *told(struct world *w, struct str arn)
{
    struct value *input = make_map(&w->region);
    const struct value *result;

    put_text(&w->region, input, "ARN", arn);
    result = run(w, "GetWebACL", input);
    CHECK(result);
    return result;
}

static void change(struct world *w, struct str arn, const char *scope)
{
    const struct value *one = told(w, arn);
    struct value *input = value_copy(&w->region, value_get(one, STR("WebACL")));
    const struct value *again;

    put_text(&w->region, input, "Scope", str_of(scope));
    put_text(&w->region, input, "LockToken", member_text(one, "LockToken"));
    CHECK(run(w, "UpdateWebACL", input));
    again = told(w, arn);
    CHECK(values_say_same(value_get(one, STR("WebACL")),
                          value_get(again, STR("WebACL"))));
    CHECK(!str_eq(member_text(one, "LockToken"),
                  member_text(again, "LockToken")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct world w = {.account = NULL};
    struct error error = {""};
    const struct value *input;
    const struct value *made;
    struct str scope;

    begin(&w);
    input = account_json_read_client(&w.region, text, &error);
    if (input && input->kind == VALUE_MAP) {
        scope = member_text(input, "Scope");
        made = run(&w, "CreateWebACL", input);
        if (made)
            change(&w, member_text(value_get(made, STR("Summary")), "ARN"),
                   region_copy(&w.region, scope).p);
    }
    end(&w);
    return 0;
}

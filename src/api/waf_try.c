/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call wants of WAF, built on its own before it becomes a change: the
 * resource with all that it refers to.  The readers say what is wrong with it;
 * a warning of theirs that has a code is what AWS refuses in a call, which a
 * template that was written long ago may well say.
 */
#include "api/waf_acl.h"
#include "match/regex.h"

/* ---- what it refers to --------------------------------------------------------------- */

static bool is_referred_to(const struct account_resource *resource)
{
    struct str type = account_type(resource);

    return str_eq(type, str_of(wafv2_rule_groups.type)) ||
           str_eq(type, str_of(wafv2_ip_sets.type)) ||
           str_eq(type, str_of(wafv2_regex_sets.type));
}

/* Nobody looks at the addresses of a set that was right before. */
static const struct value *without_addresses(struct region *region,
                                             const struct account_resource *r)
{
    if (!str_eq(account_type(r), str_of(wafv2_ip_sets.type)))
        return r->value;
    return with_entry(region, r->value, "Properties",
                      with_entry(region, account_properties(r), "Addresses",
                                 make_list(region)));
}

/* Adds to `resources` what the Properties name, and not what the edit changes:
 * that is there. */
static void add_named(struct call *call, const struct account_view *view,
                      const struct value *properties, struct value *resources)
{
    const struct account *account = view->account;

    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];
        struct str arn;

        if (!is_referred_to(r) || value_get(resources, r->id))
            continue;
        arn = wafv2_arn_of(call->region, view, r);
        if (wafv2_names(properties, arn))
            value_put(
                call->region, resources, r->id,
                value_copy(call->region, without_addresses(call->region, r)));
    }
}

/* What is added has groups of its own: it grows while it is walked. */
void wafv2_add_named(struct call *call, const struct account_view *view,
                     struct value *resources)
{
    for (const struct value *v = resources->first; v; v = v->next)
        add_named(call, view, value_get(v, STR("Properties")), resources);
}

/* ---- regular expressions --------------------------------------------------------------- */

/* `*left`: how many more there may be. */
static bool check_regex(struct call *call, const char *field,
                        struct str pattern, unsigned *left)
{
    struct error error = {""};

    if ((*left)-- == 0)
        return wafv2_refuse_limit(
            call,
            "regular expressions cost 3 WCU each, and all rules together "
            "have %d",
            WAF_WCU_MAX);
    if (regex_aws_takes(pattern, &error) && regex_check(pattern, &error))
        return true;
    return wafv2_refuse_invalid(call, field, pattern,
                                "The regular expression isn\u2019t valid: %s",
                                error.text);
}

static bool check_all(struct call *call, const struct value *value,
                      unsigned *left, unsigned depth)
{
    if (value_is_scalar(value))
        return !str_eq(value->key, STR("RegexString")) ||
               check_regex(call, "STATEMENT", value->text, left);
    for (const struct value *v = value->first; depth && v; v = v->next) {
        bool pattern = str_eq(value->key, STR("RegularExpressionList"));

        if (pattern && value_is_scalar(v)
                ? !check_regex(call, "REGEX_PATTERN_SET", v->text, left)
                : !check_all(call, v, left, depth - 1))
            return false;
    }
    return true;
}

/* Each is looked at: no more of them than there can be in one ACL. */
static bool check_regexes(struct call *call, const struct value *value)
{
    unsigned left = WAF_WCU_MAX / 3;

    return check_all(call, value, &left, VALUE_NESTED_MAX);
}

/* ---- building ---------------------------------------------------------------------------- */

static const struct problem *refusal(const struct report *report)
{
    const struct problem *p = report_first_error(report);

    if (p)
        return p;
    for (p = report->first; p; p = p->next) {
        if (p->severity == PROBLEM_WARNING && p->code)
            return p;
    }
    return NULL;
}

struct config *wafv2_build(struct call *call, const struct account_view *view,
                           const struct value *resources)
{
    const struct local local = {
        .quotas = view->config->quotas,
        .region_name = view->config->region_name,
        .account = view->config->account,
    };
    struct report report = {.strict = false};
    struct config *config =
        config_build(resources, view->config->stack, &local, &report);
    const struct problem *p = refusal(&report);

    if (config && p) {
        config_release(config);
        config = NULL;
    }
    if (p)
        call->fault = fault_of(call->region, p);
    report_end(&report);
    return config;
}

/* The resource that the call puts, with a place in `resources`; NULL: it puts
 * none. */
static const struct value *put_step(struct call *call, struct value *resources)
{
    const struct edit_step *step = call->edit.first;

    while (step && step->value == NULL)
        step = step->next;
    if (step == NULL)
        return NULL;
    value_put(call->region, resources, step->id,
              value_copy(call->region, step->value));
    return step->value;
}

bool wafv2_try(struct call *call, const struct account_view *view)
{
    struct value *resources = make_map(call->region);
    const struct value *put = put_step(call, resources);
    struct config *config;
    bool ok;

    if (put == NULL)
        return true;
    if (!check_regexes(call, put))
        return false;
    wafv2_add_named(call, view, resources);
    config = wafv2_build(call, view, resources);
    if (config == NULL)
        return false;
    ok = wafv2_warn(call, config, value_get(put, STR("Properties")));
    config_release(config);
    return ok;
}

/* ---- CheckCapacity --------------------------------------------------------------------------- */

/* CheckCapacity says no bodies: whatever is named there will be there. */
static void put_bodies(struct call *call, const struct value *value,
                       struct value *bodies, unsigned depth)
{
    struct value *body;

    if (str_eq(value->key, STR("CustomResponseBodyKey")) &&
        value_is_scalar(value) && value->text.n &&
        value_get(bodies, value->text) == NULL) {
        body = make_map(call->region);
        put_text(call->region, body, "ContentType", STR("TEXT_PLAIN"));
        put_text(call->region, body, "Content", STR("-"));
        value_put(call->region, bodies, value->text, body);
    }
    if (value_is_scalar(value))
        return;
    for (const struct value *v = value->first; depth && v; v = v->next)
        put_bodies(call, v, bodies, depth - 1);
}

/* An ACL of nothing but the rules: a group could not have all of them. */
static struct value *acl_of(struct call *call, const struct value *rules)
{
    struct region *region = call->region;
    struct value *resource = make_map(region);
    struct value *properties;
    struct value *visibility;

    put_text(region, resource, "Type", str_of(wafv2_web_acls.type));
    properties = put_map(region, resource, "Properties");
    put_text(region, properties, "Name", STR("capacity"));
    put_text(region, properties, "Scope", call_text(call, "Scope"));
    put_map(region, put_map(region, properties, "DefaultAction"), "Allow");
    visibility = put_map(region, properties, "VisibilityConfig");
    put_bool(region, visibility, "SampledRequestsEnabled", false);
    put_bool(region, visibility, "CloudWatchMetricsEnabled", false);
    put_text(region, visibility, "MetricName", STR("capacity"));
    value_put(region, properties, STR("Rules"), value_copy(region, rules));
    put_bodies(call, rules, put_map(region, properties, "CustomResponseBodies"),
               VALUE_NESTED_MAX);
    return resource;
}

bool wafv2_capacity(struct call *call, const struct account_view *view,
                    const struct value *rules, unsigned *capacity)
{
    struct value *resources = make_map(call->region);
    struct value *acl = acl_of(call, rules);
    struct config *config;

    if (!check_regexes(call, acl))
        return false;
    value_put(call->region, resources, STR("Capacity"), acl);
    wafv2_add_named(call, view, resources);
    config = wafv2_build(call, view, resources);
    if (config == NULL)
        return false;
    *capacity = config->waf->acls[0]->capacity;
    config_release(config);
    return true;
}

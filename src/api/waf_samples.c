/* SPDX-License-Identifier: Apache-2.0
 *
 * What web ACLs saw: samples of requests, and the addresses that rate-based
 * rules limit now.  Both are the running process's, not the account's.
 */
#include <math.h>
#include <stdlib.h>

#include "api/services.h"
#include "api/waf_acl.h"
#include "api/waf_shape.h"

enum { SAMPLED_MS = 3 * 60 * 60 * 1000 };

/* ---- GetSampledRequests ------------------------------------------------------------------ */

struct telling {
    struct call *call;
    struct value *list;
    unsigned left;
};

static void put_headers(struct region *region, struct value *map,
                        const char *name, const struct sample_header *headers,
                        unsigned n)
{
    struct value *list = put_list(region, map, name);

    for (unsigned i = 0; i < n; i++) {
        struct value *header = add_map(region, list);

        put_text(region, header, "Name", headers[i].name);
        put_text(region, header, "Value", headers[i].value);
    }
}

static void put_request(struct region *region, struct value *map,
                        const struct sampled_request *it)
{
    struct value *request = put_map(region, map, "Request");

    put_text(region, request, "ClientIP", it->client_ip);
    put_text(region, request, "Country",
             it->country.n ? it->country : STR("-"));
    put_text(region, request, "URI", it->uri);
    put_text(region, request, "Method", it->method);
    put_text(region, request, "HTTPVersion", it->version);
    put_headers(region, request, "Headers", it->headers, it->nheaders);
}

static void put_token(struct region *region, struct value *map,
                      const char *name, const struct sample_token *token)
{
    struct value *made;

    if (!token->there)
        return;
    made = put_map(region, map, name);
    put_number(region, made, "ResponseCode", token->status);
    put_number(region, made, "SolveTimestamp", token->solved_s);
    if (token->why.n)
        put_text(region, made, "FailureReason", token->why);
}

static void visit(void *to, const struct sampled_request *it)
{
    struct telling *telling = to;
    struct region *region = telling->call->region;
    struct value *map;
    struct value *labels;

    if (telling->left == 0)
        return;
    telling->left--;
    map = add_map(region, telling->list);
    put_request(region, map, it);
    put_number(region, map, "Weight", it->weight);
    put_number(region, map, "Timestamp", it->time_ms / 1000);
    put_text(region, map, "Action", it->action);
    if (it->rule_in_group.n)
        put_text(region, map, "RuleNameWithinRuleGroup", it->rule_in_group);
    if (it->ninserted)
        put_headers(region, map, "RequestHeadersInserted", it->inserted,
                    it->ninserted);
    if (it->status)
        put_number(region, map, "ResponseCodeSent", it->status);
    labels = put_list(region, map, "Labels");
    for (unsigned i = 0; i < it->nlabels; i++)
        put_text(region, add_map(region, labels), "Name", it->labels[i]);
    put_token(region, map, "CaptchaResponse", &it->captcha);
    put_token(region, map, "ChallengeResponse", &it->challenge);
    if (it->overridden.n)
        put_text(region, map, "OverriddenAction", it->overridden);
}

/* The shape has looked at it. */
static uint64_t ms_of(const struct value *window, const char *name)
{
    return (uint64_t)llround(strtod(member_text(window, name).p, NULL) * 1000);
}

/* Within the last three hours.  False: refused. */
static bool read_window(struct call *call, const struct account_view *view,
                        struct sample_query *query)
{
    const struct value *window = call_get(call, "TimeWindow");
    uint64_t first = view->now_ms > SAMPLED_MS ? view->now_ms - SAMPLED_MS : 0;

    query->from_ms = ms_of(window, "StartTime");
    query->to_ms = ms_of(window, "EndTime");
    if (query->from_ms > query->to_ms)
        return call_refuse(
            call, "ValidationError",
            "TimeWindow ends before it begins: StartTime is " STR_FMT
            ", EndTime is " STR_FMT,
            STR_ARG(member_text(window, "StartTime")),
            STR_ARG(member_text(window, "EndTime")));
    if (query->from_ms < first)
        query->from_ms = first;
    if (query->to_ms > view->now_ms)
        query->to_ms = view->now_ms;
    if (query->to_ms < query->from_ms)
        query->to_ms = query->from_ms;
    return true;
}

static bool has_metric(const struct waf_rule *rules, unsigned n,
                       struct str metric)
{
    for (unsigned i = 0; i < n; i++) {
        const struct waf_statement *s = rules[i].statement;

        if (str_eq(rules[i].visibility.metric, metric))
            return true;
        if (rules[i].of_group && s->u.group.group &&
            has_metric(s->u.group.group->rules, s->u.group.group->nrules,
                       metric))
            return true;
    }
    return false;
}

static bool check_metric(struct call *call, const struct config_web_acl *acl)
{
    struct str metric = call_text(call, "RuleMetricName");

    if (acl == NULL || str_eq(metric, STR("Default_Action")) ||
        str_eq(metric, STR("ALL")) || str_eq(metric, acl->visibility.metric) ||
        has_metric(acl->rules, acl->nrules, metric))
        return true;
    return wafv2_refuse_missing(
        call, "web ACL " STR_FMT " has no rule with the metric name " STR_FMT,
        STR_ARG(acl->entity.name), STR_ARG(metric));
}

static bool get_samples(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct telling telling = {
        .call = call,
        .list = put_list(region, result, "SampledRequests"),
        .left = member_number(call->input, "MaxItems", 1),
    };
    struct sample_query query = {
        .metric = call_text(call, "RuleMetricName"),
        .most = telling.left,
    };
    struct wafv2_found found;
    struct value *window;
    struct sample_span span = {.population = 0};

    if (!wafv2_find_arn(call, view, &wafv2_web_acls, "WebAclArn", &found) ||
        !check_metric(call, wafv2_acl_of(view->config, found.arn)) ||
        !read_window(call, view, &query))
        return false;
    query.acl = found.arn;
    span.to_ms = query.to_ms;
    if (view->samples)
        view->samples(view->owner, &query, visit, &telling, &span);
    put_number(region, result, "PopulationSize", span.population);
    window = put_map(region, result, "TimeWindow");
    put_number(region, window, "StartTime", query.from_ms / 1000);
    put_number(region, window, "EndTime", span.to_ms / 1000);
    call->result = result;
    return true;
}

/* ---- GetRateBasedStatementManagedKeys --------------------------------------------------------- */

static const struct waf_rule *rule_named(const struct waf_rule *rules,
                                         unsigned n, struct str name)
{
    for (unsigned i = 0; i < n; i++) {
        if (str_eq(rules[i].name, name))
            return &rules[i];
    }
    return NULL;
}

/* RuleName; in the group that RuleGroupRuleName refers to, when that is given.
 * NULL: there is none. */
static const struct waf_rule *find_rule_of(const struct call *call,
                                           const struct config_web_acl *acl)
{
    struct str reference = call_text(call, "RuleGroupRuleName");
    struct str name = call_text(call, "RuleName");
    const struct config_rule_group *group;
    const struct waf_rule *rule;

    if (reference.n == 0)
        return rule_named(acl->rules, acl->nrules, name);
    rule = rule_named(acl->rules, acl->nrules, reference);
    if (rule == NULL || !rule->of_group)
        return NULL;
    group = rule->statement->u.group.group;
    return group ? rule_named(group->rules, group->nrules, name) : NULL;
}

static bool check_rate(struct call *call, const struct config_web_acl *acl)
{
    const struct waf_rule *rule = acl ? find_rule_of(call, acl) : NULL;
    struct str name = call_text(call, "RuleName");

    if (rule == NULL)
        return wafv2_refuse_missing(call, "there is no rule " STR_FMT,
                                    STR_ARG(name));
    if (rule->statement->type != WAF_RATE)
        return wafv2_refuse_invalid(call, "RATE_BASED_STATEMENT", name,
                                    "The rule is not rate-based");
    if (rule->statement->u.rate.aggregate == WAF_BY_IP ||
        rule->statement->u.rate.aggregate == WAF_BY_FORWARDED_IP)
        return true;
    return call_refuse(
        call, "WAFUnsupportedAggregateKeyTypeException",
        "The rule that you've named doesn\u2019t aggregate solely on the IP "
        "address or solely on the forwarded IP address. This call is only "
        "available for rate-based rules with an AggregateKeyType setting of IP "
        "or FORWARDED_IP: " STR_FMT,
        STR_ARG(name));
}

struct listing {
    struct region *region;
    struct value *lists[2]; /* IPv4, IPv6 */
};

static void add_key(void *to, struct str address, bool ipv6)
{
    struct listing *listing = to;

    add_text(listing->region, listing->lists[ipv6],
             region_printf(listing->region, STR_FMT "/%d", STR_ARG(address),
                           ipv6 ? 128 : 32));
}

static struct value *put_keys(struct region *region, struct value *result,
                              const char *name, const char *version)
{
    struct value *map = put_map(region, result, name);

    put_text(region, map, "IPAddressVersion", str_of(version));
    return put_list(region, map, "Addresses");
}

/* Like the call, with the members that name an ACL elsewhere. */
static struct call named(const struct call *call)
{
    struct region *region = call->region;
    struct value *input = make_map(region);
    struct call inner = *call;

    put_text(region, input, "Name", call_text(call, "WebACLName"));
    put_text(region, input, "Scope", call_text(call, "Scope"));
    put_text(region, input, "Id", call_text(call, "WebACLId"));
    inner.input = input;
    return inner;
}

static struct str concerned(const struct call *call,
                            const struct account_view *view)
{
    struct call inner = named(call);

    return wafv2_concerned(&inner, view, &wafv2_web_acls);
}

static bool get_keys(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct listing listing = {.region = region};
    struct str reference = call_text(call, "RuleGroupRuleName");
    struct str name = call_text(call, "RuleName");
    struct rate_keys_query query = {
        .rule = reference.n ? reference : name,
        .in_group = reference.n ? name : STR(""),
    };
    struct call inner = named(call);
    struct wafv2_found found;

    if (!wafv2_find(&inner, view, &wafv2_web_acls, &found)) {
        call->fault = inner.fault;
        return false;
    }
    if (!check_rate(call, wafv2_acl_of(view->config, found.arn)))
        return false;
    query.acl = found.arn;
    listing.lists[0] = put_keys(region, result, "ManagedKeysIPV4", "IPV4");
    listing.lists[1] = put_keys(region, result, "ManagedKeysIPV6", "IPV6");
    if (view->rate_keys)
        view->rate_keys(view->owner, &query, add_key, &listing);
    call->result = result;
    return true;
}

/* ---- the table ---------------------------------------------------------------------------------- */

static const struct member window_members[] = {
    TIME(MUST, "StartTime"),
    TIME(MUST, "EndTime"),
};
static const struct shape window_shape = SHAPE_OF(window_members);

static const struct member sample_members[] = {
    ARN(MUST, "WebAclArn"),
    METRIC(MUST, "RuleMetricName", 255),
    WAFV2_MEMBER_SCOPE,
    STRUCT(MUST, "TimeWindow", window_shape),
    NUMBER(MUST, "MaxItems", 1, 500),
};
static const struct shape sample_shape = SHAPE_OF(sample_members);

static const struct member key_members[] = {
    WAFV2_MEMBER_SCOPE,
    NAME(MUST, "WebACLName", 128),
    {.name = "WebACLId", .required = true, WAFV2_UUID},
    NAME(MAY, "RuleGroupRuleName", 128),
    NAME(MUST, "RuleName", 128),
};
static const struct shape key_shape = SHAPE_OF(key_members);

static const char *const resources[] = {"WebAclArn", NULL};

static const struct action actions[] = {
    {.name = "GetSampledRequests",
     .input = &sample_shape,
     .resources = resources,
     .answer = get_samples},
    {.name = "GetRateBasedStatementManagedKeys",
     .input = &key_shape,
     .concerns = concerned,
     .answer = get_keys},
};

const struct action_table waf_sample_actions = ACTION_TABLE(actions);

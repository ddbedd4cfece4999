/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_account.h"

#include "api/find.h"
#include "api/paging.h"
#include "api/refer.h"

/* ---- DescribeSSLPolicies ------------------------------------------------------------ */

static void tell_protocols(struct region *region, struct value *policy,
                           const struct ssl_policy *is)
{
    static const char *const names[] = {"TLSv1", "TLSv1.1", "TLSv1.2",
                                        "TLSv1.3"};
    struct value *list = put_list(region, policy, "SslProtocols");

    for (unsigned v = is->min; v <= is->max; v++)
        add_text(region, list, str_of(names[v - 10]));
}

/* Those of TLS 1.3 come first, as they are preferred. */
static void tell_ciphers(struct region *region, struct value *policy,
                         const struct ssl_policy *is)
{
    const char *const lists[] = {is->suites, is->ciphers};
    struct value *list = put_list(region, policy, "Ciphers");
    unsigned priority = 0;

    for (unsigned i = 0; i < 2; i++) {
        struct str rest = lists[i] ? str_of(lists[i]) : (struct str){NULL, 0};

        while (rest.p) {
            struct value *cipher = add_map(region, list);

            put_text(region, cipher, "Name", str_cut(&rest, ':'));
            put_number(region, cipher, "Priority", ++priority);
        }
    }
}

static void tell_policy(struct region *region, struct value *list,
                        const struct ssl_policy *is)
{
    struct value *policy = add_map(region, list);
    struct value *types;

    tell_protocols(region, policy, is);
    tell_ciphers(region, policy, is);
    put_text(region, policy, "Name", is->name);
    types = put_list(region, policy, "SupportedLoadBalancerTypes");
    add_text(region, types, STR("application"));
    add_text(region, types, STR("network"));
}

static bool policies(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct value *names = call_get(call, "Names");
    bool gateway = str_eq(call_text(call, "LoadBalancerType"), STR("gateway"));
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "SslPolicies");
    const struct ssl_policy *policy;
    struct paging page;
    unsigned n = 0;
    unsigned at = 0;

    (void)view;
    for (const struct value *v = names ? names->first : NULL; v; v = v->next) {
        if (ssl_policy_find(v->text) == NULL)
            return call_refuse(call, "SSLPolicyNotFound",
                               "SSL policy '" STR_FMT "' not found",
                               STR_ARG(v->text));
    }
    for (unsigned i = 0; !gateway && (policy = ssl_policy_at(i)); i++)
        n += value_count(names) == 0 || list_has(names, policy->name);
    if (!paging_of(call, n, &page))
        return false;
    for (unsigned i = 0; !gateway && (policy = ssl_policy_at(i)); i++) {
        if (value_count(names) && !list_has(names, policy->name))
            continue;
        if (at >= page.from && at < page.to)
            tell_policy(region, list, policy);
        at++;
    }
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- DescribeAccountLimits ----------------------------------------------------------- */

static bool limits(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "Limits");
    struct paging page;
    unsigned n = 0;
    unsigned at = 0;

    for (unsigned i = 0; i < QUOTAS; i++)
        n += quota_is_listed((enum quota)i);
    if (!paging_of(call, n, &page))
        return false;
    for (unsigned i = 0; i < QUOTAS; i++) {
        unsigned max = quota_value(&view->config->quotas, (enum quota)i);
        struct value *limit;

        if (!quota_is_listed((enum quota)i) || at++ < page.from || at > page.to)
            continue;
        limit = add_map(region, list);
        put_text(region, limit, "Name", str_of(quota_name((enum quota)i)));
        put_text(region, limit, "Max", region_printf(region, "%u", max));
    }
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- GetResourcePolicy ---------------------------------------------------------------- */

/* Only RAM, which shares resources with other accounts, could make one: there
 * are no other accounts here. */
static bool policy(struct call *call, const struct account_view *view)
{
    struct str arn = call_text(call, "ResourceArn");

    if (find_any(view->config, arn).id.n == 0)
        return call_refuse(call, "ResourceNotFound",
                           "Resource '" STR_FMT "' not found", STR_ARG(arn));
    call->result = make_map(call->region);
    return true;
}

/* ---- the table --------------------------------------------------------------------- */

static const char *const types[] = {"application", "network", "gateway", NULL};

#define PAGES                                                                  \
    {.name = "Marker", .kind = MEMBER_TEXT},                                   \
    {                                                                          \
        .name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX \
    }

static const struct member policies_members[] = {
    {.name = "Names", .kind = MEMBER_TEXTS},
    PAGES,
    {.name = "LoadBalancerType", .kind = MEMBER_WORD, .words = types},
};

static const struct member limits_members[] = {PAGES};

static const struct member policy_members[] = {
    {.name = "ResourceArn", .kind = MEMBER_TEXT, .required = true},
};

static const struct shape policies_shape = SHAPE_OF(policies_members);
static const struct shape limits_shape = SHAPE_OF(limits_members);
static const struct shape policy_shape = SHAPE_OF(policy_members);

static const char *const resources[] = {"ResourceArn", NULL};

static const struct action actions[] = {
    {.name = "DescribeSSLPolicies",
     .input = &policies_shape,
     .answer = policies},
    {.name = "DescribeAccountLimits", .input = &limits_shape, .answer = limits},
    {.name = "GetResourcePolicy",
     .input = &policy_shape,
     .resources = resources,
     .answer = policy},
};

const struct action_table elb_account_actions = ACTION_TABLE(actions);

/* SPDX-License-Identifier: Apache-2.0
 *
 * CreateLoadBalancer, DescribeLoadBalancers, DeleteLoadBalancer.
 */
#include "api/change.h"
#include "api/elb_balancer.h"
#include "api/elb_remove.h"
#include "api/elb_subnets.h"
#include "api/elb_tags.h"
#include "api/find.h"
#include "api/paging.h"
#include "api/refer.h"
#include "api/resource.h"
#include "api/tags.h"

static const char type_name[] = "AWS::ElasticLoadBalancingV2::LoadBalancer";

enum { ARNS_MAX = 20 /* that one call describes */ };

static const char *const types[] = {"application", "network", "gateway", NULL};
static const char *const schemes[] = {"internet-facing", "internal", NULL};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') ||
           (str_lower(c) >= 'a' && str_lower(c) <= 'z');
}

static bool is_customer_pool(struct str id)
{
    static const char prefix[] = "ipv4pool-coip-";
    size_t n = sizeof(prefix) - 1;

    if (!str_starts(id, str_make(prefix, n)) || id.n == n)
        return false;
    for (size_t i = n; i < id.n; i++) {
        if (!is_alnum(id.p[i]))
            return false;
    }
    return true;
}

static const struct member create_members[] = {
    {.name = "Name", .kind = MEMBER_TEXT, .required = true},
    {.name = "Subnets", .kind = MEMBER_TEXTS},
    {.name = "SubnetMappings",
     .kind = MEMBER_STRUCTS,
     .shape = &subnet_mapping_shape},
    {.name = "SecurityGroups", .kind = MEMBER_TEXTS},
    {.name = "Scheme", .kind = MEMBER_WORD, .words = schemes},
    {.name = "Tags", .kind = MEMBER_STRUCTS, .shape = &tag_shape},
    {.name = "Type", .kind = MEMBER_WORD, .words = types},
    {.name = "IpAddressType",
     .kind = MEMBER_WORD,
     .words = balancer_address_types},
    {.name = "CustomerOwnedIpv4Pool",
     .kind = MEMBER_TEXT,
     .max = 256,
     .fits = is_customer_pool,
     .pattern = "^(ipv4pool-coip-)[a-zA-Z0-9]+$"},
    {.name = "EnablePrefixForIpv6SourceNat",
     .kind = MEMBER_WORD,
     .words = balancer_switches},
    {.name = "IpamPools",
     .kind = MEMBER_STRUCT,
     .shape = &balancer_pools_shape},
};

static const struct shape create_shape = SHAPE_OF(create_members);

/* ---- checks ------------------------------------------------------------------- */

static bool has_only_name_characters(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (!is_alnum(name.p[i]) && name.p[i] != '-')
            return false;
    }
    return true;
}

static bool check_name(struct call *call, struct str name)
{
    const char *fault = NULL;

    if (name.n == 0)
        return call_refuse(call, "ValidationError",
                           "A load balancer name must be specified");
    if (name.n > CONFIG_NAME_MAX)
        fault = "cannot be longer than '32' characters";
    else if (!has_only_name_characters(name))
        fault = "can only contain characters that are alphanumeric characters "
                "and hyphens(-)";
    else if (name.p[0] == '-' || name.p[name.n - 1] == '-')
        fault = "cannot begin or end with a hyphen(-)";
    else if (str_starts(name, STR("internal-")))
        fault = "cannot begin with 'internal-'";
    return fault == NULL ||
           call_refuse(call, "ValidationError",
                       "The load balancer name '" STR_FMT "' %s", STR_ARG(name),
                       fault);
}

static bool check_type(struct call *call)
{
    struct str type = call_text(call, "Type");

    if (type.n == 0 || str_eq(type, STR("application")))
        return true;
    return call_refuse(call, "OperationNotPermitted",
                       "Load balancers with type '" STR_FMT
                       "' cannot be created: Sluice is an Application Load "
                       "Balancer",
                       STR_ARG(type));
}

/* What an internal load balancer cannot have, because it has no public
 * address. */
static bool check_scheme(struct call *call)
{
    struct str type = call_text(call, "IpAddressType");

    if (!str_eq(call_text(call, "Scheme"), STR("internal")))
        return true;
    if (str_eq(type, STR("dualstack-without-public-ipv4")))
        return call_refuse(call, "InvalidScheme",
                           "The scheme 'internal' is not supported with the IP "
                           "address type '" STR_FMT "'",
                           STR_ARG(type));
    if (member_text(call_get(call, "IpamPools"), "Ipv4IpamPoolId").n)
        return call_refuse(call, "InvalidScheme",
                           "The scheme 'internal' is not supported with IPAM "
                           "pools");
    return true;
}

static bool check_count(struct call *call, const struct account_view *view)
{
    unsigned most = quota_value(&view->config->quotas, QUOTA_BALANCERS);

    return view->config->nload_balancers < most ||
           call_refuse(call, "TooManyLoadBalancers",
                       "The maximum number of load balancers has been "
                       "reached: '%u'",
                       most);
}

static bool check_create(struct call *call, const struct account_view *view)
{
    return check_name(call, call_text(call, "Name")) && check_type(call) &&
           check_scheme(call) && subnets_check(call, view, NULL) &&
           balancer_check_prefix(call) &&
           balancer_check_security_groups(call) &&
           tags_check(call, call_get(call, "Tags"));
}

/* ---- CreateLoadBalancer ---------------------------------------------------------- */

static void put_given(struct call *call, struct value *into, const char *name)
{
    struct str text = call_text(call, name);

    if (text.n)
        put_text(call->region, into, name, text);
}

static void put_properties(struct call *call, struct value *into)
{
    struct region *region = call->region;
    const struct value *groups = call_get(call, "SecurityGroups");
    const struct value *tags = call_get(call, "Tags");
    struct str pool =
        member_text(call_get(call, "IpamPools"), "Ipv4IpamPoolId");

    put_given(call, into, "Name");
    put_text(region, into, "Type", STR("application"));
    put_given(call, into, "Scheme");
    put_given(call, into, "IpAddressType");
    subnets_put(call, into);
    if (value_count(groups))
        put_value(region, into, "SecurityGroups", value_copy(region, groups));
    if (pool.n)
        put_text(region, into, "Ipv4IpamPoolId", pool);
    if (value_count(tags))
        put_value(region, into, "Tags", value_copy(region, tags));
}

static const struct config_load_balancer *
find_named(const struct config *config, struct str name)
{
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        if (str_eq(config->load_balancers[i]->name, name))
            return config->load_balancers[i];
    }
    return NULL;
}

static bool same_set(const struct value *a, const struct value *b)
{
    for (const struct value *v = a->first; v; v = v->next) {
        if (!list_has(b, v->text))
            return false;
    }
    return value_count(a) == value_count(b);
}

static struct str or_else(struct str text, struct str initial)
{
    return text.n ? text : initial;
}

static bool is_same_text(const struct value *a, const struct value *b,
                         const char *name, const char *initial)
{
    return str_eq(or_else(member_text(a, name), str_of(initial)),
                  or_else(member_text(b, name), str_of(initial)));
}

static bool is_same(struct call *call, const struct account_view *view,
                    const struct config_load_balancer *lb,
                    const struct value *wanted)
{
    struct region *region = call->region;
    const struct value *is =
        value_get(resource_of(view, lb->id), STR("Properties"));
    const struct value *pool = sluice_of(view, lb->id, "CustomerOwnedIpv4Pool");

    return is_same_text(is, wanted, "Scheme", "internet-facing") &&
           is_same_text(is, wanted, "IpAddressType", "ipv4") &&
           is_same_text(is, wanted, "Ipv4IpamPoolId", "") &&
           str_eq(pool ? pool->text : STR(""),
                  call_text(call, "CustomerOwnedIpv4Pool")) &&
           same_set(subnets_of(region, is), subnets_of(region, wanted)) &&
           same_set(balancer_security_groups(region, view, is),
                    balancer_security_groups(region, view, wanted)) &&
           tags_are_same(value_get(is, STR("Tags")),
                         value_get(wanted, STR("Tags")));
}

static bool create_edit(struct call *call, const struct account_view *before)
{
    const struct config_load_balancer *there =
        find_named(before->config, call_text(call, "Name"));
    struct value *properties = make_map(call->region);
    struct value *sluice = make_map(call->region);

    if (!check_create(call, before))
        return false;
    put_properties(call, properties);
    put_given(call, sluice, "CustomerOwnedIpv4Pool");
    if (there && is_same(call, before, there, properties))
        return true;
    if (there)
        return call_refuse(call, "DuplicateLoadBalancerName",
                           "A load balancer with the same name '" STR_FMT
                           "' exists, but with different settings",
                           STR_ARG(there->name));
    if (!check_count(call, before))
        return false;
    resource_make(call, before, "LoadBalancer", type_name, properties, sluice);
    return true;
}

/* As AWS, whose load balancers take minutes: it is active the next time that
 * somebody looks. */
static bool create_answer(struct call *call, const struct account_view *after)
{
    struct region *region = call->region;
    const struct config_load_balancer *lb =
        find_named(after->config, call_text(call, "Name"));
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "LoadBalancers");
    struct value *told = add_map(region, list);

    balancer_tell(call, after, lb, call->edit.first ? "provisioning" : "active",
                  told);
    call->result = result;
    return true;
}

/* ---- DescribeLoadBalancers -------------------------------------------------------- */

static const struct member describe_members[] = {
    {.name = "LoadBalancerArns", .kind = MEMBER_TEXTS},
    {.name = "Names", .kind = MEMBER_TEXTS},
    {.name = "Marker", .kind = MEMBER_TEXT},
    {.name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX},
};

static const struct shape describe_shape = SHAPE_OF(describe_members);

static bool check_arns(struct call *call, const struct config *config,
                       const struct value *arns)
{
    if (value_count(arns) > ARNS_MAX)
        return call_refuse(call, "ValidationError",
                           "Up to '%d' load balancer ARNs can be specified, "
                           "but '%u' were specified",
                           ARNS_MAX, value_count(arns));
    for (const struct value *v = arns ? arns->first : NULL; v; v = v->next) {
        if (!is_arn_of(v->text, "loadbalancer"))
            return call_refuse(call, "ValidationError",
                               "'" STR_FMT "' is not a valid load balancer ARN",
                               STR_ARG(v->text));
        if (find_load_balancer(config, v->text) == NULL)
            return call_refuse(call, "LoadBalancerNotFound",
                               "One or more load balancers not found");
    }
    return true;
}

/* Room for all names, since clients say how many there are. */
static struct text room_for(struct call *call, const struct value *names)
{
    size_t room = 1;

    for (const struct value *v = names ? names->first : NULL; v; v = v->next)
        room += v->text.n + 2;
    return text_in(region_take(call->region, room), room);
}

static bool check_names(struct call *call, const struct config *config,
                        const struct value *names)
{
    struct text missing = room_for(call, names);

    for (const struct value *v = names ? names->first : NULL; v; v = v->next) {
        if (find_named(config, v->text))
            continue;
        if (missing.n)
            TEXT_LITERAL(&missing, ", ");
        text_str_put(&missing, v->text);
    }
    return missing.n == 0 ||
           call_refuse(call, "LoadBalancerNotFound",
                       "Load balancers '[" STR_FMT "]' not found",
                       STR_ARG(text_str(&missing)));
}

static bool describe(struct call *call, const struct account_view *view)
{
    const struct config *config = view->config;
    const struct value *arns = call_get(call, "LoadBalancerArns");
    const struct value *names = call_get(call, "Names");
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "LoadBalancers");
    const struct config_load_balancer **found = region_take(
        call->region, (config->nload_balancers + 1) * sizeof(void *));
    struct paging page;
    unsigned n = 0;

    if (value_count(arns) && value_count(names))
        return call_refuse(call, "ValidationError",
                           "Load balancer ARNs and names cannot be specified "
                           "at the same time");
    if (!check_arns(call, config, arns) || !check_names(call, config, names))
        return false;
    for (unsigned i = 0; i < config->nload_balancers; i++) {
        const struct config_load_balancer *lb = config->load_balancers[i];

        if ((value_count(arns) == 0 || list_has(arns, lb->arn)) &&
            (value_count(names) == 0 || list_has(names, lb->name)))
            found[n++] = lb;
    }
    if (!paging_of(call, n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++)
        balancer_tell(call, view, found[i], "active",
                      add_map(call->region, list));
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- DeleteLoadBalancer ----------------------------------------------------------- */

static const struct member delete_members[] = {
    {.name = "LoadBalancerArn", .kind = MEMBER_TEXT, .required = true},
};

static const struct shape delete_shape = SHAPE_OF(delete_members);

/* One that was here may be gone already; one of another region or account
 * never was. */
static bool may_be_gone(struct call *call, const struct account_view *view,
                        struct str arn)
{
    struct str rest = arn;
    struct str parts[5];

    if (!is_arn_of(arn, "loadbalancer"))
        return call_refuse(call, "ValidationError",
                           "'" STR_FMT "' is not a valid load balancer ARN",
                           STR_ARG(arn));
    for (unsigned i = 0; i < 5; i++)
        parts[i] = str_cut(&rest, ':');
    return (str_eq(parts[3], view->region_name) &&
            str_eq(parts[4], view->account_id)) ||
           call_refuse(call, "LoadBalancerNotFound",
                       "Load balancer '" STR_FMT "' not found", STR_ARG(arn));
}

static bool delete_edit(struct call *call, const struct account_view *before)
{
    struct str arn = call_text(call, "LoadBalancerArn");
    const struct config_load_balancer *lb =
        find_load_balancer(before->config, arn);

    if (lb == NULL)
        return may_be_gone(call, before, arn);
    if (lb->attributes.deletion_protection)
        return call_refuse(call, "OperationNotPermitted",
                           "Load balancer '" STR_FMT
                           "' cannot be deleted because deletion protection is "
                           "enabled",
                           STR_ARG(arn));
    return remove_load_balancer(call, before, lb);
}

/* ---- the table --------------------------------------------------------------------- */

static const char *const resources[] = {"LoadBalancerArn", NULL};

static const struct action actions[] = {
    {.name = "CreateLoadBalancer",
     .input = &create_shape,
     .edit = create_edit,
     .answer = create_answer},
    {.name = "DescribeLoadBalancers",
     .input = &describe_shape,
     .answer = describe},
    {.name = "DeleteLoadBalancer",
     .input = &delete_shape,
     .resources = resources,
     .edit = delete_edit},
};

const struct action_table elb_balancer_actions = ACTION_TABLE(actions);

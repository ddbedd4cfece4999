/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_balancer.h"

#include "api/elb_subnets.h"
#include "api/network.h"
#include "api/refer.h"
#include "model/instant.h"

enum { SECURITY_GROUPS_MAX = 5 };

const char *const balancer_address_types[] = {
    "ipv4", "dualstack", "dualstack-without-public-ipv4", NULL};
const char *const balancer_switches[] = {"on", "off", NULL};

static bool is_pool(struct str id)
{
    static const char prefix[] = "ipam-pool-";
    size_t n = sizeof(prefix) - 1;

    if (!str_starts(id, str_make(prefix, n)) || id.n == n)
        return false;
    for (size_t i = n; i < id.n; i++) {
        char c = str_lower(id.p[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
            return false;
    }
    return true;
}

static const struct member pool_members[] = {
    {.name = "Ipv4IpamPoolId",
     .kind = MEMBER_TEXT,
     .max = 1000,
     .fits = is_pool,
     .pattern = "^(ipam-pool-)[a-zA-Z0-9]+$"},
};

const struct shape balancer_pools_shape = SHAPE_OF(pool_members);

/* ---- checks ------------------------------------------------------------------- */

bool balancer_check_address_type(struct call *call, enum scheme scheme,
                                 struct str type)
{
    if (scheme == SCHEME_INTERNET_FACING ||
        !str_eq(type, STR("dualstack-without-public-ipv4")))
        return true;
    return call_refuse(call, "InvalidConfigurationRequest",
                       "The IP address type '" STR_FMT
                       "' is not supported on load balancers with scheme "
                       "'internal'",
                       STR_ARG(type));
}

bool balancer_check_prefix(struct call *call)
{
    if (!str_eq(call_text(call, "EnablePrefixForIpv6SourceNat"), STR("on")))
        return true;
    return call_refuse(call, "InvalidConfigurationRequest",
                       "Prefixes for IPv6 source NAT are not supported on load "
                       "balancers with type 'application'");
}

bool balancer_check_security_groups(struct call *call)
{
    const struct value *groups = call_get(call, "SecurityGroups");

    if (value_count(groups) > SECURITY_GROUPS_MAX)
        return call_refuse(call, "InvalidConfigurationRequest",
                           "A load balancer can have %d security groups at "
                           "most",
                           SECURITY_GROUPS_MAX);
    for (const struct value *v = groups ? groups->first : NULL; v;
         v = v->next) {
        if (!network_id_fits("sg", v->text))
            return call_refuse(call, "InvalidSecurityGroup",
                               "The security group '" STR_FMT
                               "' does not exist",
                               STR_ARG(v->text));
    }
    return true;
}

/* ---- what there is ---------------------------------------------------------------- */

struct str balancer_hosted_zone(struct region *region, struct str region_name)
{
    /* docs.aws.amazon.com/general/latest/gr/elb.html */
    static const struct {
        const char *region_name;
        const char *zone;
    } zones[] = {
        {"us-east-1", "Z35SXDOTRQ7X7K"},
        {"us-east-2", "Z3AADJGX6KTTL2"},
        {"us-west-1", "Z368ELLRRE2KJ0"},
        {"us-west-2", "Z1H1FL5HABSF5"},
        {"ap-northeast-1", "Z14GRHDCWA56QT"},
        {"ap-southeast-1", "Z1LMS91P8CMLE5"},
        {"ap-southeast-2", "Z1GM3OXH4ZPM65"},
        {"eu-central-1", "Z215JYRZR1TBD5"},
        {"eu-west-1", "Z32O12XQLNTSW2"},
        {"eu-west-2", "ZHURV8PSTC4K8"},
        {"eu-north-1", "Z23TAZ6LKFMNIO"},
        {"sa-east-1", "Z2P70J7HTTTPLU"},
    };
    struct network_vpc vpc = network_vpc(region_name);
    struct str digits = str_of(vpc.id + sizeof("vpc-") - 1);
    char zone[16] = "Z";
    size_t n = digits.n < sizeof(zone) - 2 ? digits.n : sizeof(zone) - 2;

    for (unsigned i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (str_eq(region_name, str_of(zones[i].region_name)))
            return str_of(zones[i].zone);
    }
    for (size_t i = 0; i < n; i++)
        zone[i + 1] = digits.p[i] >= 'a' && digits.p[i] <= 'z'
                          ? (char)(digits.p[i] & ~0x20)
                          : digits.p[i];
    return region_copy(region, str_make(zone, n + 1));
}

struct value *balancer_security_groups(struct region *region,
                                       const struct account_view *view,
                                       const struct value *properties)
{
    const struct value *given = value_get(properties, STR("SecurityGroups"));
    struct network_vpc vpc = network_vpc(view->region_name);
    struct value *list = make_list(region);

    for (const struct value *v = given ? given->first : NULL; v; v = v->next) {
        if (value_is_scalar(v))
            add_text(region, list, v->text);
    }
    if (list->first == NULL)
        add_text(region, list, str_of(vpc.security_group));
    return list;
}

/* Those that not every load balancer has. */
static void tell_more(struct call *call, const struct account_view *view,
                      const struct config_load_balancer *lb,
                      const struct value *properties, struct value *into)
{
    static const char enforce[] =
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic";
    struct region *region = call->region;
    const struct value *pool = sluice_of(view, lb->id, "CustomerOwnedIpv4Pool");
    struct str ipam = member_text(properties, "Ipv4IpamPoolId");
    struct str enforced = member_text(properties, enforce);

    if (pool)
        put_text(region, into, "CustomerOwnedIpv4Pool", pool->text);
    if (ipam.n)
        put_text(region, put_map(region, into, "IpamPools"), "Ipv4IpamPoolId",
                 ipam);
    if (enforced.n)
        put_text(region, into, enforce, enforced);
}

void balancer_tell(struct call *call, const struct account_view *view,
                   const struct config_load_balancer *lb, const char *state,
                   struct value *into)
{
    struct region *region = call->region;
    const struct value *properties =
        value_get(resource_of(view, lb->id), STR("Properties"));

    put_text(region, into, "LoadBalancerArn", lb->arn);
    put_text(region, into, "DNSName", lb->dns_name);
    put_text(region, into, "CanonicalHostedZoneId",
             balancer_hosted_zone(region, view->region_name));
    if (lb->created_ms) /* a template does not say it */
        put_text(region, into, "CreatedTime",
                 instant_text(region, lb->created_ms));
    put_text(region, into, "LoadBalancerName", lb->name);
    put_text(region, into, "Scheme",
             lb->scheme == SCHEME_INTERNAL ? STR("internal")
                                           : STR("internet-facing"));
    put_text(region, put_map(region, into, "State"), "Code", str_of(state));
    put_text(region, into, "Type", STR("application"));
    subnets_tell(call, view, lb, properties, into);
    put_value(region, into, "SecurityGroups",
              balancer_security_groups(region, view, properties));
    put_text(region, into, "IpAddressType",
             str_of(balancer_address_types[lb->ip_address_type]));
    tell_more(call, view, lb, properties, into);
}

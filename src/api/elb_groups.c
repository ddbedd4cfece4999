/* SPDX-License-Identifier: Apache-2.0
 *
 * CreateTargetGroup, DescribeTargetGroups, ModifyTargetGroup and
 * DeleteTargetGroup.
 */
#include "api/elb_group.h"
#include "api/elb_quota.h"
#include "api/find.h"
#include "api/network.h"
#include "api/paging.h"
#include "api/refer.h"
#include "api/resource.h"
#include "api/tags.h"

enum { NAME_MAX_LEN = 32 };

static const char *const protocols[] = {"HTTP",     "HTTPS",   "TCP",    "TLS",
                                        "UDP",      "TCP_UDP", "GENEVE", "QUIC",
                                        "TCP_QUIC", NULL};
static const char *const types[] = {"instance", "ip", "lambda", "alb", NULL};
static const char *const ip_address_types[] = {"ipv4", "ipv6", NULL};

static const struct member matcher_members[] = {
    {.name = "HttpCode", .kind = MEMBER_TEXT},
    {.name = "GrpcCode", .kind = MEMBER_TEXT},
};
static const struct shape matcher_shape = SHAPE_OF(matcher_members);

/* What CreateTargetGroup and ModifyTargetGroup take. */
#define HEALTH_MEMBERS                                                         \
    {.name = "HealthCheckProtocol", .kind = MEMBER_WORD, .words = protocols},  \
        {.name = "HealthCheckPort", .kind = MEMBER_TEXT},                      \
        {.name = "HealthCheckEnabled", .kind = MEMBER_BOOL},                   \
        {.name = "HealthCheckPath",                                            \
         .kind = MEMBER_TEXT,                                                  \
         .min = 1,                                                             \
         .max = 1024},                                                         \
        {.name = "HealthCheckIntervalSeconds",                                 \
         .kind = MEMBER_NUMBER,                                                \
         .min = 5,                                                             \
         .max = 300},                                                          \
        {.name = "HealthCheckTimeoutSeconds",                                  \
         .kind = MEMBER_NUMBER,                                                \
         .min = 2,                                                             \
         .max = 120},                                                          \
        {.name = "HealthyThresholdCount",                                      \
         .kind = MEMBER_NUMBER,                                                \
         .min = 2,                                                             \
         .max = 10},                                                           \
        {.name = "UnhealthyThresholdCount",                                    \
         .kind = MEMBER_NUMBER,                                                \
         .min = 2,                                                             \
         .max = 10},                                                           \
    {                                                                          \
        .name = "Matcher", .kind = MEMBER_STRUCT, .shape = &matcher_shape      \
    }

/* ---- what a group may be -------------------------------------------------------- */

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') ||
           (str_lower(c) >= 'a' && str_lower(c) <= 'z');
}

static bool check_name(struct call *call, struct str name)
{
    static const char code[] = "ValidationError";

    if (name.n == 0)
        return call_refuse(call, code, "Target group name cannot be empty");
    if (name.n > NAME_MAX_LEN)
        return call_refuse(call, code,
                           "Target group name '" STR_FMT
                           "' cannot be longer than '%d' characters",
                           STR_ARG(name), NAME_MAX_LEN);
    for (size_t i = 0; i < name.n; i++) {
        if (!is_alphanumeric(name.p[i]) && name.p[i] != '-')
            return call_refuse(call, code,
                               "Target group name '" STR_FMT
                               "' can only contain characters that are "
                               "alphanumeric characters or hyphens(-)",
                               STR_ARG(name));
    }
    if (name.p[0] == '-' || name.p[name.n - 1] == '-')
        return call_refuse(call, code,
                           "Target group name '" STR_FMT
                           "' cannot begin or end with '-'",
                           STR_ARG(name));
    return true;
}

static bool is_http(struct str protocol)
{
    return protocol.n == 0 || str_eq(protocol, STR("HTTP")) ||
           str_eq(protocol, STR("HTTPS"));
}

/* What belongs to network and gateway load balancers. */
static bool check_foreign(struct call *call)
{
    static const char *const names[] = {"Protocol", "HealthCheckProtocol"};

    for (unsigned i = 0; i < 2; i++) {
        struct str protocol = call_text(call, names[i]);

        if (!is_http(protocol))
            return call_refuse(
                call, "InvalidConfigurationRequest",
                "%s '" STR_FMT "' is for target groups of network and gateway "
                "load balancers, which Sluice does not have; use HTTP or HTTPS",
                names[i], STR_ARG(protocol));
    }
    if (str_eq(call_text(call, "TargetType"), STR("alb")))
        return call_refuse(call, "InvalidConfigurationRequest",
                           "Target type 'alb' is for target groups of network "
                           "load balancers, which Sluice does not have; use "
                           "instance, ip or lambda");
    return true;
}

/* What a group of servers has, and one of functions has not. */
static bool check_given(struct call *call)
{
    static const struct {
        const char *name;
        const char *article;
        const char *words;
    } all[] = {{"Protocol", "A", "protocol"},
               {"Port", "A", "port"},
               {"VpcId", "A", "VPC ID"}};
    bool lambda = str_eq(call_text(call, "TargetType"), STR("lambda"));

    for (unsigned i = 0; i < 3; i++) {
        bool given = call_text(call, all[i].name).n != 0;

        if (!lambda && !given)
            return call_refuse(call, "ValidationError",
                               "%s %s must be specified", all[i].article,
                               all[i].words);
        if (lambda && given)
            return call_refuse(call, "ValidationError",
                               "%s cannot be specified for target groups with "
                               "target type 'lambda'",
                               i == 2 ? "VPC ID" : all[i].name);
    }
    return true;
}

/* Any id that is well-formed is a VPC's (api/network). */
static bool check_vpc(struct call *call)
{
    struct str vpc = call_text(call, "VpcId");

    return vpc.n == 0 || network_id_fits("vpc", vpc) ||
           call_refuse(call, "ValidationError",
                       "The VPC ID '" STR_FMT "' is not found", STR_ARG(vpc));
}

/* Health checks of a group of this type with these seconds between them. */
static bool check_health(struct call *call, const char *type, bool lambda,
                         unsigned interval, unsigned timeout)
{
    const struct value *enabled = call_get(call, "HealthCheckEnabled");

    interval =
        member_number(call->input, "HealthCheckIntervalSeconds", interval);
    timeout = member_number(call->input, "HealthCheckTimeoutSeconds", timeout);
    if (!lambda && enabled && !str_eq(enabled->text, STR("true")))
        return call_refuse(call, "InvalidConfigurationRequest",
                           "Health check enabled must be true for target "
                           "groups with target type '%s'",
                           type);
    if (timeout >= interval)
        return call_refuse(call, "ValidationError",
                           "Health check timeout '%u' must be smaller than "
                           "the interval '%u'",
                           timeout, interval);
    return true;
}

/* ---- CreateTargetGroup -------------------------------------------------------- */

static const struct member create_members[] = {
    {.name = "Name", .kind = MEMBER_TEXT, .required = true},
    {.name = "Protocol", .kind = MEMBER_WORD, .words = protocols},
    {.name = "ProtocolVersion", .kind = MEMBER_TEXT, .blank_is_none = true},
    {.name = "Port", .kind = MEMBER_NUMBER, .min = 1, .max = UINT16_MAX},
    {.name = "VpcId", .kind = MEMBER_TEXT},
    HEALTH_MEMBERS,
    {.name = "TargetType", .kind = MEMBER_WORD, .words = types},
    {.name = "Tags", .kind = MEMBER_STRUCTS, .shape = &tag_shape},
    {.name = "IpAddressType", .kind = MEMBER_WORD, .words = ip_address_types},
    {.name = "TargetControlPort",
     .kind = MEMBER_NUMBER,
     .min = 1,
     .max = UINT16_MAX},
};
static const struct shape create_shape = SHAPE_OF(create_members);

static bool check_create(struct call *call)
{
    struct str type = call_text(call, "TargetType");
    bool lambda = str_eq(type, STR("lambda"));

    return check_name(call, call_text(call, "Name")) && check_foreign(call) &&
           check_given(call) && check_vpc(call) &&
           check_health(call, type.n ? type.p : "instance", lambda,
                        lambda ? 35 : 30, lambda ? 30 : 5) &&
           tags_check(call, call_get(call, "Tags"));
}

static bool is_same(const struct value *a, const struct value *b)
{
    const struct value *x = a->first;
    const struct value *y = b->first;

    if (!str_eq(a->text, b->text))
        return false;
    for (; x && y; x = x->next, y = y->next) {
        if (!str_eq(x->key, y->key) || !is_same(x, y))
            return false;
    }
    return x == NULL && y == NULL;
}

/* The config of a group with these properties and nothing else; NULL: refused,
 * they are wrong. */
static struct config *build_alone(struct call *call,
                                  const struct value *properties)
{
    static const struct local local = {.retry = RETRY_OFF};
    struct region *region = call->region;
    struct report report = {.strict = false};
    struct value *resources = make_map(region);
    struct value *group = put_map(
        region, resources, region_copy(region, call_text(call, "Name")).p);
    struct config *config;

    put_text(region, group, "Type",
             STR("AWS::ElasticLoadBalancingV2::TargetGroup"));
    put_value(region, group, "Properties", value_copy(region, properties));
    config = config_build(resources, STR("sluice"), &local, &report);
    if (config == NULL)
        call_refuse(call, "ValidationError", STR_FMT,
                    STR_ARG(problem_line(region, report_first_error(&report))));
    report_end(&report);
    return config;
}

static bool has_same_properties(const struct call *call,
                                const struct account_view *view,
                                const struct config_group *group)
{
    for (unsigned i = 0; elb_group_properties[i]; i++) {
        const char *name = elb_group_properties[i];
        const struct value *v = resource_property(view, group->id, name);

        if (!str_eq(call_text(call, name), v ? v->text : STR("")))
            return false;
    }
    return true;
}

/* One of this name is there: it is what is asked for, or in the way. */
static bool take_existing(struct call *call, const struct account_view *view,
                          const struct config_group *group,
                          const struct config *wanted)
{
    if (is_same(elb_group_settings(call->region, group),
                elb_group_settings(call->region, wanted->groups[0])) &&
        has_same_properties(call, view, group))
        return true;
    return call_refuse(call, "DuplicateTargetGroupName",
                       "A target group with the same name '" STR_FMT
                       "' exists, but with different settings",
                       STR_ARG(group->name));
}

static bool create_edit(struct call *call, const struct account_view *before)
{
    const struct config_group *group =
        find_group_named(before->config, call_text(call, "Name"));
    struct config *wanted;
    bool ok;

    if (!check_create(call))
        return false;
    wanted = build_alone(call, call->input);
    if (wanted == NULL)
        return false;
    ok = group == NULL || take_existing(call, before, group, wanted);
    config_release(wanted);
    if (!ok || group)
        return ok;
    if (!elb_quota_fits(call, before, QUOTA_GROUPS, before->config->ngroups + 1,
                        "TooManyTargetGroups",
                        "The maximum number of target groups has been reached"))
        return false;
    resource_make(call, before, "TargetGroup",
                  "AWS::ElasticLoadBalancingV2::TargetGroup", call->input,
                  NULL);
    return true;
}

static bool answer_with(struct call *call, const struct account_view *view,
                        const struct config_group *group)
{
    struct value *result = make_map(call->region);

    value_append(put_list(call->region, result, "TargetGroups"),
                 elb_group_shown(call->region, view, group));
    call->result = result;
    return true;
}

static bool create_answer(struct call *call, const struct account_view *after)
{
    return answer_with(
        call, after, find_group_named(after->config, call_text(call, "Name")));
}

/* ---- DescribeTargetGroups ------------------------------------------------------- */

static const struct member describe_members[] = {
    {.name = "LoadBalancerArn", .kind = MEMBER_TEXT},
    {.name = "TargetGroupArns", .kind = MEMBER_TEXTS},
    {.name = "Names", .kind = MEMBER_TEXTS},
    {.name = "Marker", .kind = MEMBER_TEXT},
    {.name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX},
};
static const struct shape describe_shape = SHAPE_OF(describe_members);

/* By what groups are chosen; the others are empty. */
struct filter {
    struct str balancer;
    const struct value *arns;
    const struct value *names;
};

static bool read_filter(struct call *call, const struct account_view *view,
                        struct filter *filter)
{
    *filter = (struct filter){
        .balancer = call_text(call, "LoadBalancerArn"),
        .arns = call_get(call, "TargetGroupArns"),
        .names = call_get(call, "Names"),
    };
    if ((filter->balancer.n != 0) + (value_count(filter->arns) != 0) +
            (value_count(filter->names) != 0) >
        1)
        return call_refuse(call, "ValidationError",
                           "Only one of load balancer ARN, target group ARNs "
                           "and target group names can be specified");
    if (filter->balancer.n && !is_arn_of(filter->balancer, "loadbalancer"))
        return call_refuse(call, "ValidationError",
                           "'" STR_FMT "' is not a valid load balancer ARN",
                           STR_ARG(filter->balancer));
    if (filter->balancer.n &&
        find_load_balancer(view->config, filter->balancer) == NULL)
        return call_refuse(call, "LoadBalancerNotFound",
                           "One or more load balancers not found");
    return true;
}

static bool all_found(struct call *call, const struct account_view *view,
                      const struct filter *filter)
{
    const struct value *arns = filter->arns;
    const struct value *names = filter->names;

    for (const struct value *v = arns ? arns->first : NULL; v; v = v->next) {
        if (elb_group_of(call, view, v->text) == NULL)
            return false;
    }
    for (const struct value *v = names ? names->first : NULL; v; v = v->next) {
        if (find_group_named(view->config, v->text) == NULL)
            return call_refuse(call, "TargetGroupNotFound",
                               "One or more target groups not found");
    }
    return true;
}

static bool passes(const struct filter *filter,
                   const struct config_group *group)
{
    if (filter->balancer.n)
        return group->load_balancer &&
               str_eq(group->load_balancer->arn, filter->balancer);
    if (value_count(filter->arns))
        return list_has(filter->arns, group->arn);
    return value_count(filter->names) == 0 ||
           list_has(filter->names, group->name);
}

static const struct config_group **choose(struct call *call,
                                          const struct account_view *view,
                                          const struct filter *filter,
                                          unsigned *n)
{
    const struct config *config = view->config;
    const struct config_group **chosen =
        region_take(call->region, (config->ngroups + 1) * sizeof(void *));

    *n = 0;
    for (unsigned i = 0; i < config->ngroups; i++) {
        if (passes(filter, config->groups[i]))
            chosen[(*n)++] = config->groups[i];
    }
    return chosen;
}

static bool describe_answer(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "TargetGroups");
    const struct config_group **chosen;
    struct filter filter;
    struct paging page;
    unsigned n;

    if (!read_filter(call, view, &filter) || !all_found(call, view, &filter))
        return false;
    chosen = choose(call, view, &filter, &n);
    if (!paging_of(call, n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++)
        value_append(list, elb_group_shown(call->region, view, chosen[i]));
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- ModifyTargetGroup ---------------------------------------------------------- */

static const struct member modify_members[] = {
    {.name = "TargetGroupArn", .kind = MEMBER_TEXT, .required = true},
    HEALTH_MEMBERS,
};
static const struct shape modify_shape = SHAPE_OF(modify_members);

static bool check_modify(struct call *call, const struct config_group *group)
{
    bool lambda = group->type == TARGET_TYPE_LAMBDA;

    if (lambda && (call_get(call, "HealthCheckPort") ||
                   call_get(call, "HealthCheckProtocol")))
        return call_refuse(call, "InvalidConfigurationRequest",
                           "Health check port and protocol cannot be specified "
                           "for target groups with target type 'lambda'");
    return check_foreign(call) &&
           check_health(call, group->type == TARGET_TYPE_IP ? "ip" : "instance",
                        lambda, group->health.interval_ms / 1000,
                        group->health.timeout_ms / 1000);
}

static bool modify_edit(struct call *call, const struct account_view *before)
{
    const struct config_group *group = elb_group(call, before);
    const struct account_resource *resource;
    const struct value *properties;
    bool changes = false;

    if (group == NULL || !check_modify(call, group))
        return false;
    resource = account_find(before->account, group->id);
    properties = account_properties(resource);
    for (const struct value *v = call->input->first; v; v = v->next) {
        if (str_eq(v->key, STR("TargetGroupArn")))
            continue;
        properties = with_entry(call->region, properties,
                                region_copy(call->region, v->key).p, v);
        changes = true;
    }
    if (changes)
        resource_change(call, resource, properties, NULL);
    return true;
}

static bool modify_answer(struct call *call, const struct account_view *after)
{
    const struct config_group *group = elb_group(call, after);

    return group && answer_with(call, after, group);
}

/* ---- DeleteTargetGroup ---------------------------------------------------------- */

static const struct member delete_members[] = {
    {.name = "TargetGroupArn", .kind = MEMBER_TEXT, .required = true},
};
static const struct shape delete_shape = SHAPE_OF(delete_members);

/* One that is not there is deleted already. */
static bool delete_edit(struct call *call, const struct account_view *before)
{
    const struct config_group *group = elb_group(call, before);

    if (group == NULL &&
        str_eq(str_of(call->fault.code), STR("TargetGroupNotFound"))) {
        call->fault = (struct fault){.code = NULL};
        return true;
    }
    if (group == NULL)
        return false;
    /* Terraform looks for the end of this text. */
    if (group->load_balancer)
        return call_refuse(call, "ResourceInUse",
                           "Target group '" STR_FMT "' is currently in use by "
                           "a listener or a rule",
                           STR_ARG(group->arn));
    edit_remove(call->region, &call->edit, group->id);
    return true;
}

/* ---- the table ------------------------------------------------------------------ */

static const char *const by_arn[] = {"TargetGroupArn", NULL};
static const char *const by_any[] = {"TargetGroupArns", "LoadBalancerArn",
                                     NULL};

static const struct action actions[] = {
    {.name = "CreateTargetGroup",
     .input = &create_shape,
     .edit = create_edit,
     .answer = create_answer},
    {.name = "DescribeTargetGroups",
     .input = &describe_shape,
     .resources = by_any,
     .answer = describe_answer},
    {.name = "ModifyTargetGroup",
     .input = &modify_shape,
     .resources = by_arn,
     .edit = modify_edit,
     .answer = modify_answer},
    {.name = "DeleteTargetGroup",
     .input = &delete_shape,
     .resources = by_arn,
     .edit = delete_edit},
};

const struct action_table elb_group_actions = ACTION_TABLE(actions);

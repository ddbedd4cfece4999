/* SPDX-License-Identifier: Apache-2.0
 *
 * CreateListener, ModifyListener, DeleteListener, DescribeListeners.
 */
#include "api/change.h"
#include "api/elb_actions.h"
#include "api/elb_listener.h"
#include "api/elb_remove.h"
#include "api/elb_tags.h"
#include "api/find.h"
#include "api/paging.h"
#include "api/refer.h"
#include "api/resource.h"
#include "api/tags.h"

static const char type_name[] = "AWS::ElasticLoadBalancingV2::Listener";

static const char *const protocols[] = {"HTTP",     "HTTPS",   "TCP",    "TLS",
                                        "UDP",      "TCP_UDP", "GENEVE", "QUIC",
                                        "TCP_QUIC", NULL};

/* ---- checks ------------------------------------------------------------------- */

/* HTTP or HTTPS (*https). */
static bool check_protocol(struct call *call, struct str protocol, bool *https)
{
    *https = str_eq(protocol, STR("HTTPS"));
    if (*https || str_eq(protocol, STR("HTTP")))
        return true;
    if (protocol.n == 0)
        return call_refuse(call, "ValidationError",
                           "A listener protocol must be specified");
    return call_refuse(call, "UnsupportedProtocol",
                       "Listener protocol '" STR_FMT
                       "' is not supported on load balancers with type "
                       "'application'",
                       STR_ARG(protocol));
}

static const struct config_listener *
find_port(const struct config_load_balancer *lb, unsigned port)
{
    for (unsigned i = 0; i < lb->nlisteners; i++) {
        if (lb->listeners[i]->port == port)
            return lb->listeners[i];
    }
    return NULL;
}

static bool duplicate(struct call *call, const struct config_load_balancer *lb)
{
    return call_refuse(call, "DuplicateListener",
                       "A listener already exists on this port for this load "
                       "balancer '" STR_FMT "'",
                       STR_ARG(lb->arn));
}

static bool check_count(struct call *call, const struct account_view *view,
                        const struct config_load_balancer *lb)
{
    unsigned most = quota_value(&view->config->quotas, QUOTA_LISTENERS);

    return lb->nlisteners < most ||
           call_refuse(call, "TooManyListeners",
                       "The maximum number of listeners has been reached on "
                       "load balancer '" STR_FMT "': '%u'",
                       STR_ARG(lb->arn), most);
}

static const struct config_rule *
default_rule(const struct config_listener *listener)
{
    return listener ? &listener->rules[listener->nrules - 1] : NULL;
}

static const struct value *take_actions(struct call *call,
                                        const struct account_view *view,
                                        const struct listener_wanted *wanted)
{
    struct elb_actions_of of = {
        .balancer = wanted->balancer,
        .https = wanted->https,
        .port = wanted->port,
        .before = default_rule(wanted->before),
    };
    const struct value *given = call_get(call, "DefaultActions");

    if (value_count(given) == 0) {
        call_refuse(call, "ValidationError",
                    "A default action must be specified");
        return NULL;
    }
    return elb_actions_take(call, view, &of, given);
}

/* ---- CreateListener ------------------------------------------------------------------ */

/* What was asked for, but for its actions.  False: refused. */
static bool want(struct call *call, const struct account_view *view,
                 struct listener_wanted *wanted)
{
    const struct config_load_balancer *lb =
        refer_load_balancer(call, view, call_text(call, "LoadBalancerArn"));

    *wanted = (struct listener_wanted){.balancer = lb};
    if (lb == NULL)
        return false;
    wanted->port = (uint16_t)member_number(call->input, "Port", 0);
    if (!check_protocol(call, call_text(call, "Protocol"), &wanted->https))
        return false;
    if (wanted->port == 0)
        return call_refuse(call, "ValidationError",
                           "A listener port must be specified");
    return tags_check(call, call_get(call, "Tags"));
}

static bool is_same(const struct account_view *view,
                    const struct config_listener *there,
                    const struct value *wanted)
{
    static const char *const names[] = {"Protocol", "SslPolicy", "Certificates",
                                        "DefaultActions",
                                        "MutualAuthentication"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!values_say_same(resource_property(view, there->id, names[i]),
                             value_get(wanted, str_of(names[i]))))
            return false;
    }
    return tags_are_same(resource_property(view, there->id, "Tags"),
                         value_get(wanted, STR("Tags")));
}

static bool create_edit(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct value *tags = call_get(call, "Tags");
    struct value *properties = make_map(region);
    struct listener_wanted wanted;
    const struct config_listener *there;
    const struct value *actions;

    if (!want(call, before, &wanted))
        return false;
    put_text(region, properties, "LoadBalancerArn", wanted.balancer->arn);
    put_number(region, properties, "Port", wanted.port);
    put_text(region, properties, "Protocol", call_text(call, "Protocol"));
    if (!listener_take_tls(call, before, &wanted, &properties))
        return false;
    there = find_port(wanted.balancer, wanted.port);
    wanted.before = there;
    actions = take_actions(call, before, &wanted);
    if (actions == NULL)
        return false;
    put_value(region, properties, "DefaultActions",
              value_copy(region, actions));
    if (value_count(tags))
        put_value(region, properties, "Tags", value_copy(region, tags));
    if (there)
        return is_same(before, there, properties) ||
               duplicate(call, wanted.balancer);
    if (!check_count(call, before, wanted.balancer))
        return false;
    resource_make(call, before, "Listener", type_name, properties, NULL);
    return true;
}

static bool tell_one(struct call *call, const struct config_listener *listener)
{
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "Listeners");

    listener_tell(call, listener, add_map(call->region, list));
    call->result = result;
    return true;
}

static bool create_answer(struct call *call, const struct account_view *after)
{
    const struct config_load_balancer *lb =
        refer_load_balancer(call, after, call_text(call, "LoadBalancerArn"));
    const struct config_listener *listener =
        lb ? find_port(lb, member_number(call->input, "Port", 0)) : NULL;

    return listener && tell_one(call, listener);
}

/* ---- ModifyListener ------------------------------------------------------------------ */

static bool is_for_https(const struct config_action *action)
{
    if (action->type == ACTION_AUTHENTICATE_OIDC ||
        action->type == ACTION_AUTHENTICATE_COGNITO ||
        action->type == ACTION_JWT_VALIDATION)
        return true;
    for (unsigned i = 0;
         action->type == ACTION_FORWARD && i < action->u.forward.n; i++) {
        if (action->u.forward.groups[i].group->version != VERSION_HTTP1)
            return true;
    }
    return false;
}

/* What its rules have and an HTTP listener cannot.  The default rule's actions
 * are looked at when they stay. */
static bool check_rules(struct call *call,
                        const struct config_listener *listener)
{
    unsigned n =
        listener->nrules - (value_count(call_get(call, "DefaultActions")) > 0);

    for (unsigned i = 0; i < n; i++) {
        const struct config_rule *rule = &listener->rules[i];

        for (unsigned k = 0; k < rule->nactions; k++) {
            if (is_for_https(&rule->actions[k]))
                return call_refuse(call, "IncompatibleProtocols",
                                   "Listener protocol 'HTTP' is not supported "
                                   "with the actions of rule '" STR_FMT "'",
                                   STR_ARG(rule->arn));
        }
    }
    return true;
}

static bool want_changed(struct call *call,
                         const struct config_listener *listener,
                         struct listener_wanted *wanted)
{
    struct str protocol = call_text(call, "Protocol");
    const struct config_listener *other;

    *wanted = (struct listener_wanted){
        .balancer = listener->load_balancer,
        .before = listener,
        .https = listener->tls != NULL,
        .port = (uint16_t)member_number(call->input, "Port", listener->port),
    };
    if (protocol.n && !check_protocol(call, protocol, &wanted->https))
        return false;
    other = find_port(wanted->balancer, wanted->port);
    if (other && other != listener)
        return duplicate(call, wanted->balancer);
    return wanted->https || !listener->tls || check_rules(call, listener);
}

/* Files that stood for its certificate do not stand for another one. */
static const struct value *without_files(struct call *call,
                                         const struct listener_wanted *wanted,
                                         const struct value *value)
{
    if (wanted->https && value_count(call_get(call, "Certificates")) == 0)
        return value;
    return change_sluice(call->region, value, "Certificates", NULL);
}

static bool modify_edit(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct config_listener *listener =
        refer_listener(call, before, call_text(call, "ListenerArn"));
    const struct value *value;
    struct value *properties;
    struct listener_wanted wanted;
    const struct value *actions;

    if (listener == NULL || !want_changed(call, listener, &wanted))
        return false;
    value = resource_of(before, listener->id);
    properties = value_copy(region, value_get(value, STR("Properties")));
    if (!listener_take_tls(call, before, &wanted, &properties))
        return false;
    if (value_count(call_get(call, "DefaultActions"))) {
        actions = take_actions(call, before, &wanted);
        if (actions == NULL)
            return false;
        properties = with_entry(region, properties, "DefaultActions", actions);
    }
    if (wanted.port != listener->port)
        properties =
            with_entry(region, properties, "Port", call_get(call, "Port"));
    if (wanted.https != (listener->tls != NULL))
        properties = with_entry(region, properties, "Protocol",
                                call_get(call, "Protocol"));
    value = with_entry(region, value, "Properties", properties);
    change_resource(call, before, listener->id,
                    without_files(call, &wanted, value));
    if (!wanted.https && listener->tls)
        remove_certificates(call, before, listener);
    return true;
}

static bool modify_answer(struct call *call, const struct account_view *after)
{
    const struct config_listener *listener =
        refer_listener(call, after, call_text(call, "ListenerArn"));

    return listener && tell_one(call, listener);
}

/* ---- DeleteListener ------------------------------------------------------------------ */

static bool delete_edit(struct call *call, const struct account_view *before)
{
    const struct config_listener *listener =
        refer_listener(call, before, call_text(call, "ListenerArn"));

    return listener && remove_listener(call, before, listener);
}

/* ---- DescribeListeners --------------------------------------------------------------- */

static bool check_arn(struct call *call, const struct config *config,
                      struct str arn)
{
    if (find_listener(config, arn))
        return true;
    if (is_arn_of(arn, "listener/net") || is_arn_of(arn, "listener/gwy"))
        return call_refuse(call, "UnsupportedProtocol",
                           "Listener '" STR_FMT
                           "' is not one of a load balancer with type "
                           "'application'",
                           STR_ARG(arn));
    if (!is_arn_of(arn, "listener"))
        return call_refuse(call, "ValidationError",
                           "'" STR_FMT "' is not a valid listener ARN",
                           STR_ARG(arn));
    return call_refuse(call, "ListenerNotFound",
                       "One or more listeners not found");
}

static bool describe(struct call *call, const struct account_view *view)
{
    const struct config *config = view->config;
    const struct value *arns = call_get(call, "ListenerArns");
    struct str owner = call_text(call, "LoadBalancerArn");
    const struct config_load_balancer *lb = NULL;
    const struct config_listener **found =
        region_take(call->region, (config->nlisteners + 1) * sizeof(void *));
    struct value *result = make_map(call->region);
    struct value *list = put_list(call->region, result, "Listeners");
    struct paging page;
    unsigned n = 0;

    if ((owner.n > 0) == (value_count(arns) > 0))
        return call_refuse(call, "ValidationError",
                           "You must specify either listener ARNs or a load "
                           "balancer ARN");
    if (owner.n && (lb = refer_load_balancer(call, view, owner)) == NULL)
        return false;
    for (const struct value *v = arns ? arns->first : NULL; v; v = v->next) {
        if (!check_arn(call, config, v->text))
            return false;
    }
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *l = config->listeners[i];

        if (lb ? l->load_balancer == lb : list_has(arns, l->arn))
            found[n++] = l;
    }
    if (!paging_of(call, n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++)
        listener_tell(call, found[i], add_map(call->region, list));
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- the table --------------------------------------------------------------------- */

/* What CreateListener and ModifyListener have both. */
#define SETTINGS                                                               \
    {.name = "Protocol", .kind = MEMBER_WORD, .words = protocols},             \
        {.name = "Port", .kind = MEMBER_NUMBER, .min = 1, .max = UINT16_MAX},  \
        {.name = "SslPolicy", .kind = MEMBER_TEXT},                            \
        {.name = "Certificates",                                               \
         .kind = MEMBER_STRUCTS,                                               \
         .shape = &listener_certificate_shape},                                \
        {.name = "AlpnPolicy", .kind = MEMBER_TEXTS},                          \
    {                                                                          \
        .name = "MutualAuthentication", .kind = MEMBER_STRUCT,                 \
        .shape = &listener_mutual_shape                                        \
    }

static const struct member create_members[] = {
    {.name = "LoadBalancerArn", .kind = MEMBER_TEXT, .required = true},
    SETTINGS,
    {.name = "DefaultActions",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &elb_action_shape},
    {.name = "Tags", .kind = MEMBER_STRUCTS, .shape = &tag_shape},
};

static const struct member modify_members[] = {
    {.name = "ListenerArn", .kind = MEMBER_TEXT, .required = true},
    SETTINGS,
    {.name = "DefaultActions",
     .kind = MEMBER_STRUCTS,
     .shape = &elb_action_shape},
};

static const struct member delete_members[] = {
    {.name = "ListenerArn", .kind = MEMBER_TEXT, .required = true},
};

static const struct member describe_members[] = {
    {.name = "LoadBalancerArn", .kind = MEMBER_TEXT},
    {.name = "ListenerArns", .kind = MEMBER_TEXTS},
    {.name = "Marker", .kind = MEMBER_TEXT},
    {.name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX},
};

static const struct shape create_shape = SHAPE_OF(create_members);
static const struct shape modify_shape = SHAPE_OF(modify_members);
static const struct shape delete_shape = SHAPE_OF(delete_members);
static const struct shape describe_shape = SHAPE_OF(describe_members);

static const char *const balancer_resources[] = {"LoadBalancerArn", NULL};
static const char *const listener_resources[] = {"ListenerArn", NULL};

static const struct action actions[] = {
    {.name = "CreateListener",
     .input = &create_shape,
     .resources = balancer_resources,
     .edit = create_edit,
     .answer = create_answer},
    {.name = "ModifyListener",
     .input = &modify_shape,
     .resources = listener_resources,
     .edit = modify_edit,
     .answer = modify_answer},
    {.name = "DeleteListener",
     .input = &delete_shape,
     .resources = listener_resources,
     .edit = delete_edit},
    {.name = "DescribeListeners", .input = &describe_shape, .answer = describe},
};

const struct action_table elb_listener_actions = ACTION_TABLE(actions);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Actions of rules and of listeners: which there may be, and forward and
 * fixed-response (alb.md 2.4).
 */
#include <stdlib.h>

#include "model/read.h"
#include "model/words.h"

struct input {
    const struct value *value;
    struct field type;
    struct field order;
    struct field group;
    struct field configs[6]; /* by enum action_type */
};

struct forward_input {
    const struct value *value;
    struct field groups;
    struct field stickiness;
};

struct tuple_input {
    const struct value *value;
    struct field group;
    struct field weight;
};

struct stickiness_input {
    const struct value *value;
    struct field enabled;
    struct field duration;
};

struct fixed_input {
    const struct value *value;
    struct field status;
    struct field content_type;
    struct field body;
};

enum { ACTION_TYPES = 6, ORDER_MAX = 50000, STICKY_MAX_S = 604800 };

static const char *const config_names[] = {
    [ACTION_FORWARD] = "ForwardConfig",
    [ACTION_REDIRECT] = "RedirectConfig",
    [ACTION_FIXED_RESPONSE] = "FixedResponseConfig",
    [ACTION_AUTHENTICATE_OIDC] = "AuthenticateOidcConfig",
    [ACTION_AUTHENTICATE_COGNITO] = "AuthenticateCognitoConfig",
    [ACTION_JWT_VALIDATION] = "JwtValidationConfig",
};

static const char *const config_examples[] = {
    [ACTION_FORWARD] = "{TargetGroups: [{TargetGroupArn: !Ref TargetGroup}]}",
    [ACTION_REDIRECT] = "{StatusCode: HTTP_301, Path: /new}",
    [ACTION_FIXED_RESPONSE] = "{StatusCode: \"404\"}",
    [ACTION_AUTHENTICATE_OIDC] = "{Issuer: ..., ClientId: ..., ...}",
    [ACTION_AUTHENTICATE_COGNITO] = "{UserPoolArn: ..., ...}",
    [ACTION_JWT_VALIDATION] = "{Issuer: ..., JwksEndpoint: ...}",
};

static const char *const content_types[] = {
    "text/plain",       "text/css", "text/html", "application/javascript",
    "application/json", NULL};

static const struct property tuple_properties[] = {
    {.name = "TargetGroupArn",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct tuple_input, group),
     .flags = PROPERTY_REQUIRED,
     .example = "!Ref TargetGroup"},
    {.name = "Weight",
     .kind = PROPERTY_INTEGER,
     .offset = offsetof(struct tuple_input, weight),
     .max = CONFIG_WEIGHT_MAX,
     .example = "100"},
};

static const struct schema tuple_schema =
    SCHEMA(tuple_properties, struct tuple_input);

static const struct property stickiness_properties[] = {
    {.name = "Enabled",
     .kind = PROPERTY_BOOL,
     .offset = offsetof(struct stickiness_input, enabled)},
    {.name = "DurationSeconds",
     .kind = PROPERTY_INTEGER,
     .offset = offsetof(struct stickiness_input, duration),
     .min = 1,
     .max = STICKY_MAX_S,
     .example = "300"},
};

static const struct schema stickiness_schema =
    SCHEMA(stickiness_properties, struct stickiness_input);

static const struct property forward_properties[] = {
    {.name = "TargetGroups",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct forward_input, groups),
     .schema = &tuple_schema,
     .example = "[{TargetGroupArn: !Ref TargetGroup}]"},
    {.name = "TargetGroupStickinessConfig",
     .kind = PROPERTY_STRUCT,
     .offset = offsetof(struct forward_input, stickiness),
     .schema = &stickiness_schema,
     .example = "{Enabled: true, DurationSeconds: 300}"},
};

static const struct schema forward_schema =
    SCHEMA(forward_properties, struct forward_input);

static const struct property fixed_properties[] = {
    {.name = "StatusCode",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct fixed_input, status),
     .flags = PROPERTY_REQUIRED,
     .example = "\"404\""},
    {.name = "ContentType",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct fixed_input, content_type),
     .example = "text/plain"},
    {.name = "MessageBody",
     .kind = PROPERTY_STRING,
     .offset = offsetof(struct fixed_input, body),
     .max = 1024},
};

static const struct schema fixed_schema =
    SCHEMA(fixed_properties, struct fixed_input);

#define AT(member) offsetof(struct input, member)
#define CONFIG(type) (AT(configs) + (type) * sizeof(struct field))

static const struct property properties[] = {
    {.name = "Type",
     .kind = PROPERTY_WORD,
     .offset = AT(type),
     .flags = PROPERTY_REQUIRED,
     .words = action_type_words,
     .example = "forward"},
    {.name = "Order",
     .kind = PROPERTY_INTEGER,
     .offset = AT(order),
     .min = 1,
     .max = ORDER_MAX,
     .example = "1"},
    {.name = "TargetGroupArn",
     .kind = PROPERTY_STRING,
     .offset = AT(group),
     .example = "!Ref TargetGroup"},
    {.name = "ForwardConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(ACTION_FORWARD),
     .schema = &forward_schema,
     .example = "{TargetGroups: [{TargetGroupArn: !Ref TargetGroup}]}"},
    {.name = "RedirectConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(ACTION_REDIRECT),
     .schema = &redirect_schema,
     .example = "{StatusCode: HTTP_301, Path: /new}"},
    {.name = "FixedResponseConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(ACTION_FIXED_RESPONSE),
     .schema = &fixed_schema,
     .example = "{StatusCode: \"404\"}"},
    {.name = "AuthenticateOidcConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(ACTION_AUTHENTICATE_OIDC),
     .schema = &oidc_schema},
    {.name = "AuthenticateCognitoConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(ACTION_AUTHENTICATE_COGNITO),
     .schema = &cognito_schema},
    {.name = "JwtValidationConfig",
     .kind = PROPERTY_STRUCT,
     .offset = CONFIG(ACTION_JWT_VALIDATION),
     .schema = &jwt_schema},
};

const struct schema action_schema = SCHEMA(properties, struct input);

static bool is_terminal(enum action_type type)
{
    return type <= ACTION_FIXED_RESPONSE;
}

/* ---- forward ------------------------------------------------------------------ */

static struct str called(const struct config_group *group)
{
    return config_called(group->id, group->arn, group->name);
}

static struct str balancer_called(const struct config_load_balancer *lb)
{
    return config_called(lb->id, lb->arn, lb->name);
}

/* ALB lets a target group belong to one load balancer. */
static bool check_use(struct build *build, const struct resource *resource,
                      const struct field *field,
                      const struct config_load_balancer *lb,
                      struct config_group *group)
{
    struct group_use *use;

    if (group->load_balancer == lb)
        return true;
    use = &build->uses[group->index];
    if (group->load_balancer == NULL) {
        group->load_balancer = lb;
        build->balancers[lb->index].ngroups++;
        *use = (struct group_use){resource->name, *field_place(field)};
        return true;
    }
    resource_refuse(
        resource, field_place(field), "TargetGroupAssociationLimit",
        "target group " STR_FMT " is used by load balancer " STR_FMT
        " already, in %s%s: AWS lets a target group belong to one load "
        "balancer\ndeclare another target group with the same targets",
        STR_ARG(called(group)), STR_ARG(balancer_called(group->load_balancer)),
        use->name, resource_see(resource, field_place(field), &use->place));
    return false;
}

static struct config_group *find_group(struct build *build,
                                       const struct resource *resource,
                                       const struct config_listener *listener,
                                       const struct field *field)
{
    struct config_group *group = known_find(build, resource, KNOWN_TARGET_GROUP,
                                            field, "TargetGroupArn");

    if (group == NULL ||
        !check_use(build, resource, field, listener->load_balancer, group))
        return NULL;
    if (group->ip_address_type == IP_TYPE_IPV6 &&
        listener->load_balancer->ip_address_type == IP_TYPE_IPV4)
        resource_refuse(resource, field_place(field),
                        "InvalidConfigurationRequest",
                        "target group " STR_FMT
                        " has IpAddressType ipv6, which needs a dualstack load "
                        "balancer\nwrite IpAddressType: dualstack in load "
                        "balancer " STR_FMT,
                        STR_ARG(called(group)),
                        STR_ARG(balancer_called(listener->load_balancer)));
    if (group->version != VERSION_HTTP1 && listener->protocol == PROTOCOL_HTTP)
        resource_refuse(resource, field_place(field), "IncompatibleProtocols",
                        "target group " STR_FMT
                        " has ProtocolVersion %s, which needs an HTTPS "
                        "listener; listener " STR_FMT " speaks HTTP\n"
                        "write ProtocolVersion: HTTP1 in the target group, or "
                        "Protocol: HTTPS in the listener",
                        STR_ARG(called(group)),
                        protocol_version_words[group->version],
                        STR_ARG(listener->id));
    return group;
}

static void add_group(const struct resource *resource,
                      const struct field *field, struct config_forward *forward,
                      const struct config_group *group, unsigned weight)
{
    for (unsigned i = 0; i < forward->n; i++) {
        if (forward->groups[i].group == group) {
            resource_error(resource, field_place(field),
                           "target group " STR_FMT
                           " is in this action twice\nname it once, with the "
                           "sum of the weights",
                           STR_ARG(called(group)));
            return;
        }
    }
    forward->groups[forward->n].group = group;
    forward->groups[forward->n].weight = weight;
    forward->n++;
}

static void check_weights(const struct resource *resource,
                          const struct field *list,
                          const struct config_forward *forward)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < forward->n; i++)
        sum += forward->groups[i].weight;
    if (forward->n && sum == 0)
        resource_warning(resource, field_place(list),
                         "the weights sum to 0: every request is answered "
                         "503\ngive one of the target groups a Weight of 1 to "
                         "999");
}

static void read_groups(struct build *build, const struct resource *resource,
                        const struct config_listener *listener,
                        const struct field *list,
                        struct config_forward *forward)
{
    const struct tuple_input *tuples = list->items;
    unsigned max = quota_value(&build->config->quotas, QUOTA_GROUPS_OF_ACTION);

    if (list->n == 0 || list->n > max) {
        resource_refuse(resource, field_place(list),
                        list->n ? "TooManyTargetGroups" : NULL,
                        "TargetGroups has %u target groups: a forward action "
                        "has 1 to %u\n%s",
                        list->n, max,
                        list->n ? "leave some out, or use more rules"
                                : "add {TargetGroupArn: !Ref TargetGroup}");
        return;
    }
    for (unsigned i = 0; i < list->n; i++) {
        const struct field *weight = &tuples[i].weight;
        struct config_group *group =
            find_group(build, resource, listener, &tuples[i].group);

        if (list->n > 1 && weight->value == NULL)
            resource_doubt(resource, &tuples[i].value->place,
                           "a target group among several has no Weight: it "
                           "is taken as 1, AWS wants one\nadd Weight: 1");
        if (group)
            add_group(resource, &tuples[i].group, forward, group,
                      weight->ok ? weight->number : 1);
    }
    if (forward->n == list->n)
        check_weights(resource, list, forward);
}

static bool has_sticky_targets(const struct config_forward *forward)
{
    for (unsigned i = 0; i < forward->n; i++) {
        if (forward->groups[i].group->attributes.sticky)
            return true;
    }
    return false;
}

static bool has_app_cookie(const struct config_forward *forward)
{
    for (unsigned i = 0; i < forward->n; i++) {
        const struct group_attributes *a =
            &forward->groups[i].group->attributes;

        if (a->sticky && a->stickiness_type == STICKINESS_APP_COOKIE)
            return true;
    }
    return false;
}

static void read_stickiness(const struct resource *resource,
                            const struct field *field,
                            const struct place *place,
                            struct config_forward *forward)
{
    const struct stickiness_input *input = field->items;

    if (field->ok) {
        forward->sticky = input->enabled.ok && input->enabled.number;
        forward->sticky_ms = input->duration.number * 1000;
        if (forward->sticky && input->duration.value == NULL)
            resource_error(resource, field_place(field),
                           "TargetGroupStickinessConfig is enabled without "
                           "DurationSeconds\nadd DurationSeconds: 1 to %d",
                           STICKY_MAX_S);
    }
    if (!forward->sticky && forward->n > 1 && has_sticky_targets(forward))
        resource_doubt(resource, place,
                       "a target group of this action has stickiness, the "
                       "action has none: AWS wants it in both\n"
                       "add TargetGroupStickinessConfig: {Enabled: true, "
                       "DurationSeconds: 300}");
    if (forward->n > 1 && has_app_cookie(forward))
        resource_doubt(resource, place,
                       "a target group of this action has stickiness of type "
                       "app_cookie, with which ALB does not choose among "
                       "several target groups\nset stickiness.type to "
                       "lb_cookie, or forward to that group alone");
}

/* TargetGroupArn beside ForwardConfig names the same group. */
static void check_both(const struct resource *resource,
                       const struct input *input,
                       const struct forward_input *config)
{
    const struct tuple_input *tuples = config->groups.items;

    if (!input->group.ok || !config->groups.ok)
        return;
    if (config->groups.n != 1 || !tuples[0].group.ok ||
        !str_eq(tuples[0].group.text, input->group.text))
        resource_error(resource, field_place(&input->group),
                       "TargetGroupArn and ForwardConfig name different "
                       "target groups\nleave TargetGroupArn out");
}

static void read_forward(struct build *build, const struct resource *resource,
                         const struct config_listener *listener,
                         const struct input *input,
                         struct config_forward *forward)
{
    const struct field *field = &input->configs[ACTION_FORWARD];
    const struct forward_input *config = field->items;
    struct config_group *group;

    if (field->value && !field->ok)
        return;
    if (config)
        check_both(resource, input, config);
    if (config && config->groups.ok) {
        read_groups(build, resource, listener, &config->groups, forward);
    } else if (input->group.value) {
        group = find_group(build, resource, listener, &input->group);
        if (group)
            add_group(resource, &input->group, forward, group, 1);
    } else {
        resource_error(resource, &input->value->place,
                       "a forward action names no target group\n"
                       "add TargetGroupArn: !Ref TargetGroup");
    }
    if (config)
        read_stickiness(resource, &config->stickiness, field_place(field),
                        forward);
}

/* ---- fixed-response ------------------------------------------------------------- */

static bool is_status(struct str s, unsigned *status)
{
    uint64_t number;

    if (s.n != 3 || !str_to_u64(s, 599, &number))
        return false;
    *status = (unsigned)number;
    return s.p[0] == '2' || s.p[0] == '4' || s.p[0] == '5';
}

static void read_fixed(struct build *build, const struct resource *resource,
                       const struct field *field, struct config_fixed *fixed)
{
    const struct fixed_input *input = field->items;
    struct str status = shown(input->status.text);
    struct str type = shown(input->content_type.text);
    bool known = type.n == 0;

    if (input->status.ok && !is_status(input->status.text, &fixed->status))
        resource_error(resource, field_place(&input->status),
                       "StatusCode of a fixed response cannot be \"" STR_FMT
                       "\": ALB answers 2xx, 4xx and 5xx\n%s",
                       STR_ARG(status),
                       status.n == 3 && status.p[0] == '3'
                           ? "use a redirect action for 301 and 302"
                           : "write three digits, such as \"404\"");
    for (unsigned i = 0; content_types[i]; i++)
        known |= str_eq(type, str_of(content_types[i]));
    if (!known)
        resource_error(
            resource, field_place(&input->content_type),
            "ContentType cannot be \"" STR_FMT "\"%s", STR_ARG(type),
            resource_words(resource, input->content_type.text, content_types));
    fixed->content_type = keep_text(build, &input->content_type);
    fixed->body = keep_text(build, &input->body);
}

/* ---- one action ------------------------------------------------------------------- */

static void check_configs(const struct resource *resource,
                          const struct input *input, enum action_type type)
{
    if (type != ACTION_FORWARD && input->group.value)
        resource_doubt(resource, &input->group.value->key_place,
                       "TargetGroupArn means nothing in a %s action\n"
                       "leave it out, or write Type: forward",
                       action_type_words[type]);
    for (unsigned i = 0; i < ACTION_TYPES; i++) {
        if (i != type && input->configs[i].value)
            resource_doubt(resource, &input->configs[i].value->key_place,
                           "%s means nothing in a %s action\n"
                           "leave it out, or write Type: %s",
                           config_names[i], action_type_words[type],
                           action_type_words[i]);
    }
    if (type != ACTION_FORWARD && input->configs[type].value == NULL)
        resource_error(resource, &input->value->place,
                       "a %s action has no %s\nadd %s: %s",
                       action_type_words[type], config_names[type],
                       config_names[type], config_examples[type]);
}

static void check_https(const struct resource *resource,
                        const struct input *input, enum action_type type,
                        const struct config_listener *listener)
{
    if (is_terminal(type) || listener->protocol == PROTOCOL_HTTPS)
        return;
    resource_refuse(resource, field_place(&input->type), "UnsupportedProtocol",
                    "%s is for HTTPS listeners; listener " STR_FMT
                    " speaks HTTP\nwrite Protocol: HTTPS there, or leave the "
                    "action out",
                    action_type_words[type], STR_ARG(listener->id));
}

static void read_action(struct build *build, const struct resource *resource,
                        const struct config_listener *listener,
                        const struct input *input, struct config_action *action)
{
    const struct field *config;

    action->type = (enum action_type)input->type.number;
    action->place = keep_place(build, &input->value->place);
    action->order = input->order.number;
    config = &input->configs[action->type];
    check_configs(resource, input, action->type);
    check_https(resource, input, action->type, listener);
    if (action->type == ACTION_FORWARD) {
        read_forward(build, resource, listener, input, &action->u.forward);
    } else if (config->ok) {
        if (action->type == ACTION_REDIRECT)
            read_redirect(build, resource, listener, config,
                          &action->u.redirect);
        else if (action->type == ACTION_FIXED_RESPONSE)
            read_fixed(build, resource, config, &action->u.fixed);
        else
            check_authenticate(resource, action->type, config);
        if (!is_terminal(action->type))
            action->properties = keep_value(build, config->value);
    }
}

/* ---- all of a rule ------------------------------------------------------------------ */

static int compare_orders(const void *a, const void *b)
{
    const struct config_action *x = a;
    const struct config_action *y = b;

    return (x->order > y->order) - (x->order < y->order);
}

static bool check_orders(const struct resource *resource,
                         const struct input *inputs, unsigned n)
{
    bool ok = true;

    for (unsigned i = 0; n > 1 && i < n; i++) {
        if (inputs[i].order.value)
            continue;
        resource_error(resource, &inputs[i].value->place,
                       "an action among several has no Order\nadd Order: %u; "
                       "actions are run from the lowest on",
                       i + 1);
        ok = false;
    }
    return ok;
}

/* One terminal action, and it is the last one. */
static void check_sequence(const struct resource *resource,
                           const struct field *list, const char *name,
                           const struct config_rule *rule)
{
    unsigned terminal = 0;

    for (unsigned i = 0; i < rule->nactions; i++) {
        const struct config_action *a = &rule->actions[i];

        if (i && a->order && a->order == a[-1].order)
            resource_error(resource, &a->place,
                           "two actions have Order %u\ngive each its own",
                           a->order);
        terminal += is_terminal(a->type);
    }
    if (terminal != 1)
        resource_refuse(
            resource, field_place(list), "InvalidLoadBalancerAction",
            "%s has %u of forward, redirect and fixed-response: "
            "a rule ends with exactly one of them\n%s",
            name, terminal,
            terminal ? "leave the others out; several target groups "
                       "go into one ForwardConfig"
                     : "add one, with the highest Order");
    else if (!is_terminal(config_rule_action(rule)->type))
        resource_refuse(resource, &config_rule_action(rule)->place,
                        "InvalidLoadBalancerAction",
                        "%s comes after the action that ends the rule\n"
                        "give it a lower Order",
                        action_type_words[config_rule_action(rule)->type]);
}

void read_actions(struct build *build, const struct resource *resource,
                  struct config_listener *listener, const struct field *list,
                  const char *name, struct config_rule *rule)
{
    const struct input *inputs = list->items;
    bool whole = list->ok;

    rule->actions = region_take(&build->config->region,
                                (list->n + 1) * sizeof(*rule->actions));
    for (unsigned i = 0; i < list->n; i++) {
        if (inputs[i].value && inputs[i].type.ok)
            read_action(build, resource, listener, &inputs[i],
                        &rule->actions[rule->nactions++]);
    }
    if (!whole)
        return;
    if (list->n == 0) {
        resource_error(resource, field_place(list),
                       "%s is empty\nadd {Type: forward, TargetGroupArn: !Ref "
                       "TargetGroup}",
                       name);
        return;
    }
    if (!check_orders(resource, inputs, list->n))
        return;
    qsort(rule->actions, rule->nactions, sizeof(*rule->actions),
          compare_orders);
    check_sequence(resource, list, name, rule);
}

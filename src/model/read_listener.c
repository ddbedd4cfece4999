/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attributes.h"
#include "model/read.h"

/* AWS::ElasticLoadBalancingV2::Listener. */
struct input {
    const struct value *value;
    struct field load_balancer;
    struct field actions;
    struct field port;
    struct field protocol;
    struct field ssl_policy;
    struct field certificates;
    struct field alpn_policy;
    struct field mutual;
    struct field attributes;
    struct field conditions; /* which only rules have */
    struct field transforms;
};

/* Its Metadata.Sluice. */
struct sluice_input {
    const struct value *value;
    struct identity_input identity;
    struct field local_port;
    struct field certificates;
    struct field websocket_over_h2;
};

#define AT(member) offsetof(struct input, member)

static const struct property properties[] = {
    {.name = "LoadBalancerArn",
     .kind = PROPERTY_STRING,
     .offset = AT(load_balancer),
     .flags = PROPERTY_REQUIRED,
     .example = "!Ref LoadBalancer"},
    {.name = "DefaultActions",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(actions),
     .flags = PROPERTY_REQUIRED,
     .schema = &action_schema,
     .example = "[{Type: forward, TargetGroupArn: !Ref TargetGroup}]"},
    {.name = "Port",
     .kind = PROPERTY_INTEGER,
     .offset = AT(port),
     .flags = PROPERTY_REQUIRED,
     .min = 1,
     .max = UINT16_MAX,
     .example = "80"},
    {.name = "Protocol",
     .kind = PROPERTY_STRING,
     .offset = AT(protocol),
     .flags = PROPERTY_REQUIRED,
     .example = "HTTP"},
    {.name = "SslPolicy",
     .kind = PROPERTY_STRING,
     .offset = AT(ssl_policy),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "Certificates",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(certificates),
     .flags = PROPERTY_UNKNOWABLE,
     .schema = &certificates_schema},
    {.name = "AlpnPolicy",
     .kind = PROPERTY_STRINGS,
     .offset = AT(alpn_policy),
     .flags = PROPERTY_UNKNOWABLE},
    {.name = "MutualAuthentication",
     .kind = PROPERTY_STRUCT,
     .offset = AT(mutual),
     .schema = &mutual_schema},
    {.name = "ListenerAttributes",
     .kind = PROPERTY_STRUCTS,
     .offset = AT(attributes),
     .schema = &attribute_schema},
    {.name = "Conditions",
     .kind = PROPERTY_RAW,
     .offset = AT(conditions),
     .flags = PROPERTY_MISPLACED},
    {.name = "Transforms",
     .kind = PROPERTY_RAW,
     .offset = AT(transforms),
     .flags = PROPERTY_MISPLACED},
    {.name = "Tags", .kind = PROPERTY_IGNORED},
};

static const struct schema schema = SCHEMA(properties, struct input);

static const struct property sluice_properties[] = {
    {.name = "LocalPort",
     .kind = PROPERTY_RAW,
     .offset = offsetof(struct sluice_input, local_port)},
    {.name = "Certificates",
     .kind = PROPERTY_STRUCTS,
     .offset = offsetof(struct sluice_input, certificates),
     .schema = &key_pairs_schema},
    {.name = "WebSocketOverHttp2",
     .kind = PROPERTY_BOOL,
     .offset = offsetof(struct sluice_input, websocket_over_h2)},
    /* What the API keeps: the default rule is no resource. */
    {.name = "DefaultRuleTags", .kind = PROPERTY_IGNORED},
    IDENTITY_PROPERTIES(struct sluice_input, identity),
};

static const struct schema sluice_schema = {
    .properties = sluice_properties,
    .n = sizeof(sluice_properties) / sizeof(*sluice_properties),
    .size = sizeof(struct sluice_input),
    .own = true,
};

/* ---- protocol and TLS ------------------------------------------------------ */

/* What HTTPS listeners have. */
static void check_http(const struct resource *resource,
                       const struct input *input)
{
    const struct field *fields[] = {&input->ssl_policy, &input->certificates,
                                    &input->mutual};
    static const char *const names[] = {"SslPolicy", "Certificates",
                                        "MutualAuthentication"};

    for (unsigned i = 0; i < 3; i++) {
        bool given = fields[i]->ok || (fields[i]->value &&
                                       fields[i]->value->kind == VALUE_UNKNOWN);

        if (given && (fields[i] != &input->mutual || is_mutual(&input->mutual)))
            resource_doubt(resource, field_place(fields[i]),
                           "%s is for HTTPS listeners, this one speaks HTTP\n"
                           "write Protocol: HTTPS, or leave %s out",
                           names[i], names[i]);
    }
}

static void check_tls(const struct resource *resource,
                      const struct input *input, enum protocol protocol)
{
    if (input->alpn_policy.value)
        resource_error(resource, &input->alpn_policy.value->key_place,
                       "AlpnPolicy is for TLS listeners of network load "
                       "balancers\nleave it out: HTTPS listeners offer h2 and "
                       "http/1.1");
    if (protocol == PROTOCOL_HTTP && str_eq(input->protocol.text, STR("HTTP")))
        check_http(resource, input);
}

/* ---- its load balancer -------------------------------------------------------- */

static void check_port(struct build *build, const struct resource *resource,
                       const struct field *port,
                       const struct config_listener *listener)
{
    for (unsigned i = 0; i < build->config->nlisteners; i++) {
        const struct config_listener *l = build->config->listeners[i];

        if (!port->ok || l->load_balancer != listener->load_balancer ||
            l->port != listener->port)
            continue;
        resource_refuse(
            resource, field_place(port), "DuplicateListener",
            "Port %u of load balancer " STR_FMT " is taken by listener " STR_FMT
            "%s\nchoose another port, or make one listener of both",
            listener->port, STR_ARG(l->load_balancer->id), STR_ARG(l->id),
            resource_see(resource, field_place(port), &l->place));
        return;
    }
}

static void add_to_balancer(struct build *build,
                            const struct resource *resource,
                            struct config_load_balancer *lb,
                            struct config_listener *listener)
{
    struct config *config = build->config;
    unsigned quota = quota_value(&config->quotas, QUOTA_LISTENERS);
    struct str id = shown(lb->id);

    listener->load_balancer = lb;
    listener->index = config->nlisteners;
    if (++lb->nlisteners == quota + 1)
        resource_refuse(resource, resource_place(resource), "TooManyListeners",
                        "load balancer " STR_FMT " has more than %u listeners\n"
                        "use another load balancer for some of them, or raise "
                        "the quota (--quota %s=N)",
                        STR_ARG(id), quota, quota_name(QUOTA_LISTENERS));
    config->listeners[config->nlisteners++] = listener;
    build->rules[listener->index].end = &build->rules[listener->index].first;
}

/* ---- the listener -------------------------------------------------------------- */

/* A header that only HTTPS listeners send to targets gets another name. */
static void check_rename(const struct resource *resource,
                         const struct attribute_input *input,
                         const struct config_listener *listener)
{
    const struct attribute *attribute =
        attribute_find(OWNER_LISTENER, input->key.text);

    if (listener->protocol == PROTOCOL_HTTP && attribute &&
        str_starts(input->key.text, STR("routing.http.request.")) &&
        input->text.text.n &&
        !str_ieq(input->text.text, str_of(attribute->initial)))
        resource_doubt(resource, field_place(&input->key),
                       "%s is for HTTPS listeners, this one speaks HTTP: it "
                       "only takes that header from its clients\n"
                       "write Protocol: HTTPS, or leave it out",
                       attribute->name);
}

static void read_attribute(struct build *build, const struct resource *resource,
                           const struct attribute_input *input, void *owner)
{
    struct config_listener *listener = owner;

    if (!attribute_read(OWNER_LISTENER, NULL, input->key.text,
                        field_place(&input->key), input->text.text,
                        field_place(&input->text), resource->name,
                        &build->config->region, build->report))
        return;
    check_rename(resource, input, listener);
    listener->attributes[listener->nattributes++] =
        (struct config_listener_attribute){keep(build, input->key.text),
                                           keep(build, input->text.text)};
}

static void refuse(const struct resource *resource, const struct field *field,
                   const char *name)
{
    if (field->value)
        resource_error(resource, &field->value->key_place,
                       "%s belongs to rules: the default rule of a listener "
                       "has none\nmove it to an "
                       "AWS::ElasticLoadBalancingV2::ListenerRule",
                       name);
}

/* The default rule is the first of the listener's array here; the others come
 * in front of it. */
static void read_default_rule(struct build *build,
                              const struct resource *resource,
                              const struct input *input,
                              struct config_listener *listener)
{
    struct region *region = &build->config->region;
    struct config_rule *rule = region_take(region, sizeof(*rule));

    rule->id = listener->id;
    rule->place = input->actions.value
                      ? keep_place(build, &input->actions.value->key_place)
                      : listener->place;
    rule->arn = arn_default_rule(region, listener->arn);
    rule->created_ms = listener->created_ms;
    refuse(resource, &input->conditions, "Conditions");
    refuse(resource, &input->transforms, "Transforms");
    read_actions(build, resource, listener, &input->actions, "DefaultActions",
                 rule);
    listener->nrules = 1;
    listener->rules = rule;
}

static void read_into(struct build *build, const struct resource *resource,
                      const struct input *input, struct str id,
                      struct config_load_balancer *lb,
                      struct config_listener *listener)
{
    struct region *region = &build->config->region;

    listener->arn = arn_listener(region, lb->arn, id);
    listener->port = (uint16_t)input->port.number;
    listener->load_balancer = lb;
    check_port(build, resource, &input->port, listener);
    add_to_balancer(build, resource, lb, listener);
    listener->attributes = region_take(
        region, (input->attributes.n + 1) * sizeof(*listener->attributes));
    read_attributes(build, resource, &input->attributes, "ListenerAttributes",
                    read_attribute, listener);
    read_default_rule(build, resource, input, listener);
    known_add(build, KNOWN_LISTENER, listener->arn, listener->id, listener);
}

static bool is_declared(const struct build *build, const struct field *arn)
{
    for (unsigned i = 0; i < build->nknown; i++) {
        if (arn->ok && build->known[i].kind == KNOWN_LOAD_BALANCER &&
            str_eq(build->known[i].arn, arn->text))
            return true;
    }
    return false;
}

/* Its rules cannot be looked at either. */
static void leave_out(struct build *build, const struct resource *resource,
                      struct str id, const struct field *load_balancer)
{
    if (!is_declared(build, load_balancer))
        build->lost = true;
    else
        known_add(build, KNOWN_LISTENER,
                  arn_listener(&build->region, load_balancer->text, id),
                  resource->id, NULL);
}

void read_listener(struct build *build, const struct resource *resource)
{
    struct config_listener *listener =
        region_take(&build->config->region, sizeof(*listener));
    struct input input = {.value = NULL};
    struct sluice_input sluice = {.value = NULL};
    struct config_load_balancer *lb;
    struct str id;

    schema_read(resource, &schema, NULL, resource->properties, &input);
    schema_read(resource, &sluice_schema, "Metadata.Sluice", resource->sluice,
                &sluice);
    id =
        read_identity(build, resource, &sluice.identity, &listener->created_ms);
    lb = known_find(build, resource, KNOWN_LOAD_BALANCER, &input.load_balancer,
                    "LoadBalancerArn");
    if (lb == NULL) {
        /* Of a network load balancer: that was said of it. */
        leave_out(build, resource, id, &input.load_balancer);
        return;
    }
    listener->id = keep(build, resource->id);
    listener->place = keep_place(build, resource_place(resource));
    listener->protocol = read_protocol(
        resource, &input.protocol, "Protocol", is_foreign_protocol,
        "is for network and gateway load balancers: an application load "
        "balancer speaks HTTP\nwrite Protocol: HTTP or HTTPS");
    check_tls(resource, &input, listener->protocol);
    read_into(build, resource, &input, id, lb, listener);
    if (listener->protocol == PROTOCOL_HTTPS) {
        read_tls(build, resource,
                 &(struct tls_fields){&input.protocol, &input.ssl_policy,
                                      &input.certificates, &sluice.certificates,
                                      &sluice.websocket_over_h2},
                 listener);
        read_mutual(build, resource, &input.mutual, listener);
    }
    build->listener_hints[listener->index] = (struct local_listener_hint){
        sluice.local_port.value, resource->cdk_path};
}

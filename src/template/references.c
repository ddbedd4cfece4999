/* SPDX-License-Identifier: Apache-2.0
 *
 * Ref and Fn::GetAtt: pseudo parameters, parameters, and resources of the
 * load balancer, whose ARNs and names are made here as config_build() makes
 * them.  What other resources are called only AWS knows.
 */
#include "base/suggest.h"
#include "template/resolve.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct value *string(struct resolver *r, struct str text,
                                  const struct place *place)
{
    struct value *v = value_new(r->region, VALUE_STRING, place);

    v->text = text;
    return v;
}

/* ---- pseudo parameters --------------------------------------------------- */

static const char *const pseudo[] = {
    "AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition",
    "AWS::Region",    "AWS::StackId", "AWS::StackName",        "AWS::URLSuffix",
};

bool reference_is_pseudo(struct str name)
{
    for (size_t i = 0; i < COUNT(pseudo); i++) {
        if (str_eq(name, str_of(pseudo[i])))
            return true;
    }
    return false;
}

const char *reference_suggest_pseudo(struct str name)
{
    struct suggest s = suggest_for(name);

    for (size_t i = 0; i < COUNT(pseudo); i++)
        suggest_offer(&s, pseudo[i]);
    return suggest_best(&s);
}

/* The UUID in it is the same at every start, as all ids are. */
static struct str stack_id(struct resolver *r)
{
    struct str none = STR("");
    const char *a = arn_id(r->region, &r->scope, none, STR("AWS::StackId")).p;
    const char *b = arn_id(r->region, &r->scope, none, STR("AWS::StackId/2")).p;

    return region_printf(r->region,
                         "arn:" STR_FMT ":cloudformation:" STR_FMT ":" STR_FMT
                         ":stack/" STR_FMT "/%.8s-%.4s-%.4s-%.4s-%.12s",
                         STR_ARG(arn_partition(r->scope.region_name)),
                         STR_ARG(r->scope.region_name),
                         STR_ARG(r->scope.account), STR_ARG(r->scope.stack), a,
                         a + 8, a + 12, b, b + 4);
}

static const struct value *
pseudo_value(struct resolver *r, const struct place *place, struct str name)
{
    struct str partition = arn_partition(r->scope.region_name);

    if (str_eq(name, STR("AWS::NoValue")))
        return &resolve_no_value;
    if (str_eq(name, STR("AWS::NotificationARNs")))
        return value_new(r->region, VALUE_LIST, place);
    if (str_eq(name, STR("AWS::AccountId")))
        return string(r, r->scope.account, place);
    if (str_eq(name, STR("AWS::Region")))
        return string(r, r->scope.region_name, place);
    if (str_eq(name, STR("AWS::StackName")))
        return string(r, r->scope.stack, place);
    if (str_eq(name, STR("AWS::Partition")))
        return string(r, partition, place);
    if (str_eq(name, STR("AWS::StackId")))
        return string(r, stack_id(r), place);
    return string(r,
                  str_eq(partition, STR("aws-cn")) ? STR("amazonaws.com.cn")
                                                   : STR("amazonaws.com"),
                  place);
}

/* ---- names and ARNs of resources ----------------------------------------- */

static const struct value *property(struct resolver *r, struct declared *d,
                                    const struct place *place, struct str name)
{
    return value_get(resource_properties(r, d, place), name);
}

/* A Name that is not there, or not known, is made from the logical id. */
static struct str name_of(struct resolver *r, struct declared *d,
                          const struct place *place)
{
    const struct value *name = property(r, d, place, STR("Name"));

    return arn_name(
        r->region, name && value_is_scalar(name) ? name->text : STR(""), d->id);
}

/* Only what is a function is resolved: what stands beside it may name this
 * very resource. */
static const struct value *entry_of(struct resolver *r, const struct value *map,
                                    struct str key)
{
    const struct value *v = map ? value_get(map, key) : NULL;

    return v && resolve_call(v) ? resolve(r, v) : v;
}

/* What Metadata.Sluice.Id says, where it says something that is one. */
static struct str given_id(struct resolver *r, struct declared *d)
{
    const struct value *id;

    if (d->id_progress != FRESH)
        return d->given_id; /* RUNNING: it is made of itself, and so no id */
    d->id_progress = RUNNING;
    r->quiet++;
    id = entry_of(r, d->value, STR("Metadata"));
    id = entry_of(r, entry_of(r, id, STR("Sluice")), STR("Id"));
    r->quiet--;
    if (id && value_is_scalar(id))
        d->given_id = id->text;
    d->id_progress = DONE;
    return d->given_id;
}

static bool is_of_waf(const struct declared *d)
{
    return d->kind >= KIND_WEB_ACL && d->kind <= KIND_REGEX_SET;
}

static struct str id_of(struct resolver *r, struct declared *d)
{
    struct str given = given_id(r, d);

    return d->kind == KIND_CERTIFICATE || is_of_waf(d)
               ? arn_certificate_id(r->region, &r->scope, given, d->id)
               : arn_id(r->region, &r->scope, given, d->id);
}

/* ---- web ACLs and their like ------------------------------------------------- */

static const char *waf_word(enum resource_kind kind)
{
    switch (kind) {
    case KIND_WEB_ACL:
        return "webacl";
    case KIND_RULE_GROUP:
        return "rulegroup";
    case KIND_IP_SET:
        return "ipset";
    default:
        return "regexpatternset";
    }
}

static struct str waf_name_of(struct resolver *r, struct declared *d,
                              const struct place *place)
{
    const struct value *name = property(r, d, place, STR("Name"));

    return arn_waf_name(
        r->region, name && value_is_scalar(name) ? name->text : STR(""), d->id);
}

static struct str scope_of(struct resolver *r, struct declared *d,
                           const struct place *place)
{
    const struct value *scope = property(r, d, place, STR("Scope"));

    return scope && str_eq(scope->text, STR("CLOUDFRONT")) ? STR("CLOUDFRONT")
                                                           : STR("REGIONAL");
}

static const struct value *waf_arn(struct resolver *r, struct declared *d,
                                   const struct place *place)
{
    bool global = str_eq(scope_of(r, d, place), STR("CLOUDFRONT"));

    return string(r,
                  arn_waf(r->region, &r->scope, waf_word(d->kind),
                          waf_name_of(r, d, place), id_of(r, d), global),
                  place);
}

/* "NAME|ID|SCOPE". */
static const struct value *waf_ref(struct resolver *r, struct declared *d,
                                   const struct place *place)
{
    struct str name = waf_name_of(r, d, place);
    struct str scope = scope_of(r, d, place);
    struct str id = id_of(r, d);

    return string(r,
                  region_printf(r->region, STR_FMT "|" STR_FMT "|" STR_FMT,
                                STR_ARG(name), STR_ARG(id), STR_ARG(scope)),
                  place);
}

static const struct value *waf_attribute(struct resolver *r, struct declared *d,
                                         const struct place *place,
                                         struct str name)
{
    if (str_eq(name, STR("Id")))
        return string(r, id_of(r, d), place);
    if (str_eq(name, STR("Capacity")))
        return resolve_unknown(r, "what " STR_FMT " needs is not known yet",
                               STR_ARG(d->id));
    if (!str_eq(name, STR("LabelNamespace")))
        return waf_arn(r, d, place);
    return string(r,
                  region_printf(r->region, "awswaf:" STR_FMT ":%s:" STR_FMT ":",
                                STR_ARG(r->scope.account), waf_word(d->kind),
                                STR_ARG(waf_name_of(r, d, place))),
                  place);
}

/* ---- a VPC's ------------------------------------------------------------------ */

static const struct value *elsewhere(struct resolver *r,
                                     const struct declared *d)
{
    return resolve_unknown(r, STR_FMT " (" STR_FMT ") exists only in AWS",
                           STR_ARG(d->id), STR_ARG(d->type));
}

static const struct value *vpc_attribute(struct resolver *r, struct declared *d,
                                         const struct place *place,
                                         struct str name)
{
    const struct value *v;

    if (name.n == 0 || str_eq(name, STR("GroupId")) ||
        str_eq(name, STR("Id")) || str_eq(name, STR("SubnetId")))
        return string(r,
                      arn_vpc_id(r->region, &r->scope,
                                 d->kind == KIND_SUBNET ? "subnet" : "sg",
                                 d->id),
                      place);
    v = str_eq(name, STR("AvailabilityZone")) ? property(r, d, place, name)
                                              : NULL;
    return v ? v : elsewhere(r, d);
}

/* ---- ARNs ---------------------------------------------------------------------- */

/* The ARN of a listener or rule, which holds its parent's. */
static const struct value *child_arn(struct resolver *r, struct declared *d,
                                     const struct place *place)
{
    bool rule = d->kind == KIND_RULE;
    struct str name = rule ? STR("ListenerArn") : STR("LoadBalancerArn");
    const struct value *parent = property(r, d, place, name);

    if (parent && parent->kind == VALUE_UNKNOWN)
        return parent;
    if (parent == NULL || !value_is_scalar(parent))
        return resolve_unknown(r, STR_FMT " has no " STR_FMT, STR_ARG(d->id),
                               STR_ARG(name));
    if (!resolve_charge(r, parent->text.n, place))
        return resolve_unknown(r, "the template makes too much");
    return string(r,
                  rule ? arn_rule(r->region, parent->text, id_of(r, d))
                       : arn_listener(r->region, parent->text, id_of(r, d)),
                  place);
}

static const struct value *arn_of(struct resolver *r, struct declared *d,
                                  const struct place *place)
{
    struct str name, id;

    if (d->kind == KIND_LISTENER || d->kind == KIND_RULE)
        return child_arn(r, d, place);
    id = id_of(r, d);
    if (d->kind == KIND_CERTIFICATE)
        return string(r, arn_certificate(r->region, &r->scope, id), place);
    name = name_of(r, d, place);
    if (d->kind == KIND_TRUST_STORE)
        return string(r, arn_trust_store(r->region, &r->scope, name, id),
                      place);
    return string(r,
                  d->kind == KIND_GROUP
                      ? arn_target_group(r->region, &r->scope, name, id)
                      : arn_load_balancer(r->region, &r->scope, name, id),
                  place);
}

/* Whether a value of the file names this logical id in Ref or Fn::GetAtt. */
static bool mentions(const struct value *v, struct str id)
{
    const struct value *call = resolve_call(v);

    if (call && str_eq(call->key, STR("Ref")) && str_eq(call->text, id))
        return true;
    if (call && str_eq(call->key, STR("Fn::GetAtt")) && call->first &&
        str_eq(call->first->text, id))
        return true;
    for (const struct value *child = v->first; child; child = child->next) {
        if (mentions(child, id))
            return true;
    }
    return false;
}

/* A listener's ARN, or a rule's, says which load balancer it is of. */
static struct str balancer_of(struct resolver *r, struct str arn)
{
    struct str rest = arn, parts[6], path, lb[3];

    for (unsigned i = 0; i < 5; i++)
        parts[i] = rest.p ? str_cut(&rest, ':') : STR("");
    path = rest.p ? rest : STR("");
    str_cut(&path, '/'); /* "listener" or "listener-rule" */
    for (unsigned i = 0; i < 3; i++)
        lb[i] = path.p ? str_cut(&path, '/') : STR("");
    return region_printf(
        r->region,
        STR_FMT ":" STR_FMT ":" STR_FMT ":" STR_FMT ":" STR_FMT
                ":loadbalancer/" STR_FMT "/" STR_FMT "/" STR_FMT,
        STR_ARG(parts[0]), STR_ARG(parts[1]), STR_ARG(parts[2]),
        STR_ARG(parts[3]), STR_ARG(parts[4]), STR_ARG(lb[0]), STR_ARG(lb[1]),
        STR_ARG(lb[2]));
}

static bool holds(const struct value *list, struct str text)
{
    for (const struct value *v = list->first; v; v = v->next) {
        if (str_eq(v->text, text))
            return true;
    }
    return false;
}

/* The load balancers that forward to a target group. */
static const struct value *balancers_of(struct resolver *r,
                                        const struct declared *group,
                                        const struct place *place)
{
    struct value *list = value_new(r->region, VALUE_LIST, place);

    for (unsigned i = 0; i < r->sections[SECTION_RESOURCES].n; i++) {
        struct declared *d = &r->resources[i];
        const struct value *arn;
        struct str balancer;

        if (!resolve_charge(r, 1024, place))
            break;
        if ((d->kind != KIND_LISTENER && d->kind != KIND_RULE) || d->dropped ||
            !mentions(d->value, group->id))
            continue;
        arn = child_arn(r, d, place);
        if (arn->kind == VALUE_UNKNOWN)
            return arn;
        balancer = balancer_of(r, arn->text);
        if (!holds(list, balancer))
            value_append(list, value_string(r->region, balancer, place));
    }
    return list;
}

/* ---- attributes ---------------------------------------------------------- */

static const struct value *dns_name(struct resolver *r, struct declared *d,
                                    const struct place *place)
{
    const struct value *scheme = property(r, d, place, STR("Scheme"));
    bool internal = scheme && str_eq(scheme->text, STR("internal"));

    if (scheme && scheme->kind == VALUE_UNKNOWN)
        return scheme;
    return string(r,
                  arn_dns_name(r->region, &r->scope, name_of(r, d, place),
                               id_of(r, d), internal),
                  place);
}

/* ---- alarms and topics --------------------------------------------------- */

static bool is_of_alarms(const struct declared *d)
{
    return d->kind == KIND_ALARM || d->kind == KIND_TOPIC;
}

/* Ref of an alarm is its name, that of a topic its ARN. */
static const struct value *alarm_attribute(struct resolver *r,
                                           struct declared *d,
                                           const struct place *place,
                                           struct str attribute)
{
    bool topic = d->kind == KIND_TOPIC;
    bool by_name =
        topic ? str_eq(attribute, STR("TopicName")) : attribute.n == 0;
    const struct value *given =
        property(r, d, place, topic ? STR("TopicName") : STR("AlarmName"));
    struct str name = given && value_is_scalar(given) ? given->text : d->id;

    if (by_name)
        return string(r, name, place);
    return string(r,
                  topic ? arn_topic(r->region, &r->scope, name)
                        : arn_alarm(r->region, &r->scope, name),
                  place);
}

/* The attributes that resource_attributes() lists. */
static const struct value *attribute_of(struct resolver *r, struct declared *d,
                                        const struct place *place,
                                        struct str name)
{
    const struct value *v;

    if (is_of_alarms(d))
        return alarm_attribute(r, d, place, name);
    if (resource_is_of_vpc(d->kind))
        return vpc_attribute(r, d, place, name);
    if (is_of_waf(d))
        return waf_attribute(r, d, place, name);
    if (str_eq(name, STR("DNSName")))
        return dns_name(r, d, place);
    if (str_eq(name, STR("IsDefault")))
        return string(r, STR("false"), place);
    if (str_eq(name, STR("CanonicalHostedZoneID")))
        return resolve_unknown(
            r, "the hosted zone of " STR_FMT " exists only in AWS",
            STR_ARG(d->id));
    if (str_eq(name, STR("LoadBalancerName")) ||
        str_eq(name, STR("TargetGroupName")))
        return string(r, name_of(r, d, place), place);
    if (str_eq(name, STR("LoadBalancerArns")))
        return balancers_of(r, d, place);
    if (str_eq(name, STR("SecurityGroups"))) {
        v = property(r, d, place, name);
        return v ? v : value_new(r->region, VALUE_LIST, place);
    }
    v = arn_of(r, d, place);
    if (v->kind == VALUE_STRING && (str_eq(name, STR("LoadBalancerFullName")) ||
                                    str_eq(name, STR("TargetGroupFullName"))))
        return string(r, arn_full_name(v->text), place);
    return v;
}

static const struct value *attribute(struct resolver *r,
                                     const struct place *place, struct str id,
                                     struct str name)
{
    int i = section_find(r, SECTION_RESOURCES, id);
    const char *const *known;
    struct declared *d;

    if (i < 0)
        return resolve_unknown(r, STR_FMT " is not declared", STR_ARG(id));
    d = &r->resources[i];
    if (d->dropped)
        return resolve_fault(r, place,
                             STR_FMT " is not in this stack: its Condition is "
                                     "false\nchoose with !If, or give the "
                                     "user of it the same Condition",
                             STR_ARG(id));
    known = resource_attributes(d->kind);
    if (known == NULL)
        return elsewhere(r, d);
    if (name.n == 0 && is_of_alarms(d))
        return alarm_attribute(r, d, place, name);
    if (name.n == 0 && resource_is_of_vpc(d->kind))
        return vpc_attribute(r, d, place, name);
    if (name.n == 0)
        return is_of_waf(d) ? waf_ref(r, d, place) : arn_of(r, d, place);
    while (*known && !str_eq(name, str_of(*known)))
        known++;
    if (*known == NULL) /* names.c reported it */
        return resolve_unknown(r, STR_FMT " has no attribute " STR_FMT,
                               STR_ARG(id), STR_ARG(name));
    return attribute_of(r, d, place, name);
}

/* ---- the functions ------------------------------------------------------- */

static const struct value *ref(struct resolver *r, const struct place *place,
                               struct str name)
{
    int i;

    if (reference_is_pseudo(name))
        return pseudo_value(r, place, name);
    i = section_find(r, SECTION_PARAMETERS, name);
    if (i >= 0) {
        r->secret |= r->parameters[i].secret;
        return r->parameters[i].value;
    }
    return attribute(r, place, name, STR(""));
}

const struct value *reference_name(struct resolver *r,
                                   const struct place *place, struct str name)
{
    struct str rest = name, id = str_cut(&rest, '.');

    return rest.p ? attribute(r, place, id, rest) : ref(r, place, name);
}

const struct value *reference_ref(struct resolver *r, const struct value *call,
                                  const struct value *argument)
{
    if (!value_is_scalar(argument))
        return resolve_misshapen(r, call, "!Ref LogicalId");
    return ref(r, &call->place, argument->text);
}

const struct value *reference_attribute(struct resolver *r,
                                        const struct value *call,
                                        const struct value *argument)
{
    const struct value *arguments[4], *name;

    if (argument->kind == VALUE_STRING &&
        memchr(argument->text.p, '.', argument->text.n))
        return reference_name(r, &call->place, argument->text);
    if (!resolve_arguments(argument, 2, 2, arguments) ||
        !value_is_scalar(arguments[0]))
        return resolve_misshapen(r, call, "!GetAtt LoadBalancer.DNSName");
    name = resolve(r, arguments[1]);
    if (name->kind == VALUE_UNKNOWN)
        return name;
    if (!value_is_scalar(name) || name->text.n == 0)
        return resolve_misshapen(r, call, "!GetAtt LoadBalancer.DNSName");
    return attribute(r, &call->place, arguments[0]->text, name->text);
}

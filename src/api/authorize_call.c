/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls before policies: whom they concern, and what conditions may ask.
 */
#include "api/authorize.h"
#include "api/authorize_internal.h"
#include "api/find.h"
#include "api/waf.h"
#include "base/clock.h"
#include "model/arn.h"

/* A call that is asked about, for one resource. */
struct asked {
    const struct authorized *who;
    const struct account_view *view;
    struct call *call;
    const char *service;
    const char *name;   /* of the action */
    struct str creates; /* tags with a Create*: that one; n == 0: not so */
    struct str resource;
};

/* ---- tags of resources -------------------------------------------------------------- */

static struct str rule_id(const struct config *config, struct str arn)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_listener *listener = config->listeners[i];

        for (unsigned k = 0; k < listener->nrules; k++) {
            if (listener->rules[k].priority &&
                str_eq(listener->rules[k].arn, arn))
                return listener->rules[k].id;
        }
    }
    return STR("");
}

/* Certificates are no part of the config. */
static struct str certificate_id(const struct account *account, struct str arn)
{
    struct str id = arn;

    while (memchr(id.p, '/', id.n))
        str_cut(&id, '/');
    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];
        const struct value *v = value_get(account_sluice(r), STR("Id"));

        if (v && str_eq(v->text, id) &&
            str_eq(account_type(r),
                   STR("AWS::CertificateManager::Certificate")))
            return r->id;
    }
    return STR("");
}

/* The logical id of the resource with that ARN; n == 0: none. */
static struct str logical_id(const struct account_view *view, struct str arn)
{
    const struct config_load_balancer *lb =
        find_load_balancer(view->config, arn);
    const struct config_listener *listener = find_listener(view->config, arn);
    const struct config_group *group = find_group(view->config, arn);
    const struct config_trust_store *store =
        find_trust_store(view->config, arn);
    struct str rule = rule_id(view->config, arn);

    return lb         ? lb->id
           : listener ? listener->id
           : group    ? group->id
           : store    ? store->id
           : rule.n   ? rule
                      : certificate_id(view->account, arn);
}

static const struct value *tags_of(const struct asked *a, struct str arn)
{
    const struct account_view *view = a->view;
    const struct account_resource *r =
        str_eq(str_of(a->service), STR("wafv2"))
            ? wafv2_with_arn(a->call->region, view, arn).resource
            : account_find(view->account, logical_id(view, arn));
    const struct value *properties = r ? account_properties(r) : NULL;

    return value_get(properties, STR("Tags"));
}

/* ---- values of condition keys -------------------------------------------------------- */

static struct policy_values nothing(void)
{
    return (struct policy_values){NULL, 0};
}

static struct policy_values one(struct region *region, struct str s)
{
    struct str *v = region_take(region, sizeof(*v));

    *v = s;
    return (struct policy_values){v, 1};
}

static struct policy_values one_if(struct region *region, struct str s)
{
    return s.n ? one(region, s) : nothing();
}

static struct policy_values tag_value(struct region *region,
                                      const struct value *tags, struct str key)
{
    for (const struct value *t = tags ? tags->first : NULL; t; t = t->next) {
        if (str_eq(member_text(t, "Key"), key))
            return one(region, member_text(t, "Value"));
    }
    return nothing();
}

/* Members of the maps of a list, or a list of texts. */
static struct policy_values
texts_of(struct region *region, const struct value *list, const char *member)
{
    unsigned n = list ? value_count(list) : 0;
    struct policy_values values = {NULL, 0};
    struct str *v;

    if (n == 0)
        return nothing();
    v = region_take(region, n * sizeof(*v));
    for (const struct value *e = list->first; e; e = e->next)
        v[values.n++] = value_is_scalar(e) ? e->text : member_text(e, member);
    values.v = v;
    return values;
}

static struct policy_values tag_keys(const struct asked *a,
                                     struct region *region)
{
    const struct value *keys = call_get(a->call, "TagKeys");

    return keys ? texts_of(region, keys, "Key")
                : texts_of(region, call_get(a->call, "Tags"), "Key");
}

static struct policy_values subnets(const struct asked *a,
                                    struct region *region)
{
    const struct value *list = call_get(a->call, "Subnets");

    return list ? texts_of(region, list, "SubnetId")
                : texts_of(region, call_get(a->call, "SubnetMappings"),
                           "SubnetId");
}

static struct policy_values member(const struct asked *a, struct region *region,
                                   const char *name)
{
    return one_if(region, call_text(a->call, name));
}

static struct str client_text(const struct asked *a, struct region *region)
{
    char *p = region_take(region, ADDRESS_TEXT_MAX);
    struct text t = text_in(p, ADDRESS_TEXT_MAX);

    if (a->who->client.family)
        address_put_ip(&t, &a->who->client);
    return text_str(&t);
}

static struct str time_text(const struct asked *a, struct region *region,
                            bool epoch)
{
    time_t now = (time_t)(a->who->now_ms / 1000);
    struct tm tm;
    char text[32];

    if (epoch)
        return region_printf(region, "%lld", (long long)now);
    gmtime_r(&now, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    return region_copy(region, str_of(text));
}

/* Those of the request itself. */
static struct policy_values request_value(const struct asked *a, struct str key,
                                          struct region *region)
{
    if (str_ieq(key, STR("TagKeys")))
        return tag_keys(a, region);
    if (str_ieq(key, STR("SourceIp")))
        return one_if(region, client_text(a, region));
    if (str_ieq(key, STR("CurrentTime")))
        return one(region, time_text(a, region, false));
    if (str_ieq(key, STR("EpochTime")))
        return one(region, time_text(a, region, true));
    if (str_ieq(key, STR("SecureTransport")))
        return one(region, STR("false"));
    if (str_ieq(key, STR("UserAgent")))
        return one_if(region, a->who->user_agent);
    if (str_ieq(key, STR("RequestedRegion")))
        return one_if(region, a->who->region_name);
    return nothing();
}

static struct policy_values account_value(const struct asked *a, struct str key,
                                          struct region *region)
{
    if (str_ieq(key, STR("username")))
        return one_if(region, a->who->caller.user);
    if (str_ieq(key, STR("PrincipalArn")))
        return one(region, a->who->caller.arn);
    if (str_ieq(key, STR("PrincipalType")))
        return one(region, STR("User"));
    if (str_ieq(key, STR("PrincipalAccount")) ||
        str_ieq(key, STR("ResourceAccount")))
        return one(region, a->view->account_id);
    return request_value(a, key, region);
}

static struct policy_values service_value(const struct asked *a, struct str key,
                                          struct region *region)
{
    if (str_ieq(key, STR("CreateAction")))
        return one_if(region, a->creates);
    if (str_ieq(key, STR("namespace")))
        return member(a, region, "Namespace");
    if (str_ieq(key, STR("ListenerProtocol")))
        return member(a, region, "Protocol");
    if (str_ieq(key, STR("SecurityPolicy")))
        return member(a, region, "SslPolicy");
    if (str_ieq(key, STR("Scheme")))
        return member(a, region, "Scheme");
    if (str_ieq(key, STR("SecurityGroup")))
        return texts_of(region, call_get(a->call, "SecurityGroups"), "");
    if (str_ieq(key, STR("Subnet")))
        return subnets(a, region);
    return nothing();
}

static struct policy_values value_of_key(void *owner, struct str key,
                                         struct region *region)
{
    const struct asked *a = owner;
    struct str rest = key;
    struct str space = str_cut(&rest, ':');
    struct str tag = rest;
    struct str name;
    bool aws = str_ieq(space, STR("aws"));

    if (rest.p == NULL || (!aws && !str_ieq(space, str_of(a->service))))
        return nothing();
    name = str_cut(&tag, '/');
    if (tag.p && str_ieq(name, STR("ResourceTag")))
        return tag_value(region, tags_of(a, a->resource), tag);
    if (tag.p && aws && str_ieq(name, STR("RequestTag")))
        return tag_value(region, call_get(a->call, "Tags"), tag);
    return aws ? account_value(a, rest, region)
               : service_value(a, rest, region);
}

/* ---- deciding -------------------------------------------------------------------------- */

static bool denied(const struct asked *a, struct str action,
                   enum policy_effect effect)
{
    struct str arn = a->who->caller.arn;

    if (effect == POLICY_DENY)
        return fault_set(&a->call->fault, a->call->region, "AccessDenied", 403,
                         "User: " STR_FMT
                         " is not authorized to perform: " STR_FMT
                         " on resource: " STR_FMT
                         " with an explicit deny in an identity-based policy",
                         STR_ARG(arn), STR_ARG(action), STR_ARG(a->resource));
    return fault_set(
        &a->call->fault, a->call->region, "AccessDenied", 403,
        "User: " STR_FMT " is not authorized to perform: " STR_FMT
        " on resource: " STR_FMT
        " because no identity-based policy allows the " STR_FMT " action",
        STR_ARG(arn), STR_ARG(action), STR_ARG(a->resource), STR_ARG(action));
}

static bool ask(struct asked *a, struct str resource)
{
    struct policy_question q = {
        .action = region_printf(a->call->region, "%s:%s", a->service, a->name),
        .resource = resource,
        .values = value_of_key,
        .owner = a,
        .region = a->call->region,
    };
    enum policy_effect effect;

    a->resource = resource;
    effect = policy_decide(a->who->key->policies, &q);
    return effect == POLICY_ALLOW || denied(a, q.action, effect);
}

/* ---- whom a call concerns ---------------------------------------------------------------- */

/* What a call makes has no ARN yet: as AWS, `*` stands for its id. */
static struct str made_arn(const struct asked *a)
{
    static const struct {
        const char *action;
        const char *kind;
    } makers[] = {
        {"CreateLoadBalancer", "loadbalancer/app"},
        {"CreateTargetGroup", "targetgroup"},
        {"CreateTrustStore", "truststore"},
    };

    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        if (strcmp(a->name, makers[i].action) == 0)
            return region_printf(
                a->call->region,
                "arn:" STR_FMT ":%s:" STR_FMT ":" STR_FMT ":%s/" STR_FMT "/*",
                STR_ARG(arn_partition(a->view->region_name)), a->service,
                STR_ARG(a->view->region_name), STR_ARG(a->view->account_id),
                makers[i].kind, STR_ARG(call_text(a->call, "Name")));
    }
    return STR("");
}

/* What only reads concerns nobody in AWS's policies of these services. */
static bool only_describes(const struct asked *a)
{
    return strncmp(a->name, "Describe", 8) == 0 &&
           (strcmp(a->service, "elasticloadbalancing") == 0 ||
            strcmp(a->service, "ec2") == 0);
}

/* ARNs that a value names: itself, its elements, or what stands in those at a
 * member ...Arn ({RuleArn, Priority} of SetRulePriorities). */
static bool ask_element(struct asked *a, const struct value *v, unsigned *n)
{
    bool ok = true;

    if (value_is_scalar(v)) {
        if (v->text.n == 0)
            return true;
        ++*n;
        return ask(a, v->text);
    }
    for (const struct value *m = v->first; m && ok; m = m->next) {
        if (!value_is_scalar(m) || m->key.n < 3 ||
            !str_eq(str_make(m->key.p + m->key.n - 3, 3), STR("Arn")))
            continue;
        ++*n;
        ok = ask(a, m->text);
    }
    return ok;
}

static bool ask_member(struct asked *a, const char *name, unsigned *n)
{
    const struct value *v = call_get(a->call, name);
    bool ok = true;

    if (v == NULL)
        return true;
    if (v->kind != VALUE_LIST)
        return ask_element(a, v, n);
    for (const struct value *e = v->first; e && ok; e = e->next)
        ok = ask_element(a, e, n);
    return ok;
}

static bool ask_all(struct asked *a)
{
    const struct action *action = a->call->action;
    const char *const *names = action->resources;
    struct str made = made_arn(a);
    unsigned n = 0;

    if (action->concerns)
        made = action->concerns(a->call, a->view);
    if (made.n)
        return ask(a, made);
    for (; names && *names && !only_describes(a); names++) {
        if (!ask_member(a, *names, &n))
            return false;
    }
    return n || ask(a, STR("*"));
}

bool authorize_call(const struct authorized *who, const char *service,
                    const struct account_view *view, struct call *call)
{
    struct asked a = {who,     view,    call, service, call->action->name,
                      STR(""), STR("*")};
    const struct value *tags = call_get(call, "Tags");

    if (who->key == NULL || strcmp(a.name, "GetCallerIdentity") == 0)
        return true;
    if (!ask_all(&a))
        return false;
    if (strncmp(a.name, "Create", 6) != 0 || tags == NULL ||
        tags->first == NULL)
        return true;
    a.creates = str_of(a.name);
    a.name = strcmp(service, "wafv2") == 0 ? "TagResource" : "AddTags";
    return ask_all(&a);
}

bool authorize_foreign(const struct authorized *who, struct str service,
                       struct str name, const struct account_view *view,
                       struct call *call)
{
    struct asked a = {.who = who,
                      .view = view,
                      .call = call,
                      .service = region_copy(call->region, service).p,
                      .name = name.n ? region_copy(call->region, name).p
                                     : "Unknown",
                      .creates = STR(""),
                      .resource = STR("*")};

    return who->key == NULL || ask(&a, a.resource);
}

bool authorize_page(const struct authorized *who, const char *action,
                    const struct account_view *view, struct region *region,
                    struct fault *fault)
{
    struct call call = {.region = region};
    struct asked a = {who, view, &call, "sluice", action, STR(""), STR("*")};

    if (ask(&a, STR("*")))
        return true;
    *fault = call.fault;
    return false;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What CreateListener and ModifyListener take of HTTPS listeners: a policy, a
 * default certificate, and mutual authentication.
 */
#include "api/change.h"
#include "api/elb_listener.h"
#include "api/find.h"
#include "api/resource.h"
#include "model/arn.h"

static const struct member certificate_members[] = {
    {.name = "CertificateArn", .kind = MEMBER_TEXT},
    {.name = "IsDefault", .kind = MEMBER_BOOL},
};

const struct shape listener_certificate_shape = SHAPE_OF(certificate_members);

static const char *const switches[] = {"on", "off", NULL};
static const char *const statuses[] = {"active", "removed", NULL};

static const struct member mutual_members[] = {
    {.name = "Mode", .kind = MEMBER_TEXT},
    {.name = "TrustStoreArn", .kind = MEMBER_TEXT},
    {.name = "IgnoreClientCertificateExpiry", .kind = MEMBER_BOOL},
    {.name = "TrustStoreAssociationStatus",
     .kind = MEMBER_WORD,
     .words = statuses},
    {.name = "AdvertiseTrustStoreCaNames",
     .kind = MEMBER_WORD,
     .words = switches},
};

const struct shape listener_mutual_shape = SHAPE_OF(mutual_members);

static bool is_given(const struct call *call, const char *name)
{
    const struct value *v = call_get(call, name);

    return v && (value_is_scalar(v) ? v->text.n > 0 : v->first != NULL);
}

/* ---- certificates ------------------------------------------------------------------ */

static bool is_declared(struct region *region, const struct config *config,
                        const struct account_resource *r, struct str arn)
{
    struct arn_scope scope = {config->region_name, config->account,
                              config->stack};
    struct str given = member_text(account_sluice(r), "Id");

    return str_eq(account_type(r),
                  STR("AWS::CertificateManager::Certificate")) &&
           str_eq(arn, arn_certificate(
                           region, &scope,
                           arn_certificate_id(region, &scope, given, r->id)));
}

static bool is_in_use(const struct config *config, struct str arn)
{
    for (unsigned i = 0; i < config->nlisteners; i++) {
        const struct config_tls *tls = config->listeners[i]->tls;

        for (unsigned k = 0; tls && k < tls->ncertificates; k++) {
            if (str_eq(tls->certificates[k].arn, arn))
                return true;
        }
    }
    return false;
}

bool listener_check_certificate(struct call *call,
                                const struct account_view *view, struct str arn)
{
    const struct account *account = view->account;

    if (!str_starts(arn, STR("arn:")))
        return call_refuse(call, "ValidationError",
                           "Certificate ARN '" STR_FMT "' is not valid",
                           STR_ARG(arn));
    for (unsigned i = 0; i < account->n; i++) {
        if (is_declared(call->region, view->config, account->resources[i], arn))
            return true;
    }
    return is_in_use(view->config, arn) ||
           call_refuse(call, "CertificateNotFound",
                       "Certificate '" STR_FMT "' not found", STR_ARG(arn));
}

static bool take_certificate(struct call *call, const struct account_view *view,
                             const struct listener_wanted *wanted,
                             struct value **properties)
{
    struct region *region = call->region;
    const struct value *given = call_get(call, "Certificates");
    bool had = wanted->before && wanted->before->tls;
    struct value *list = make_list(region);
    struct str arn;

    if (value_count(given) == 0)
        return had || call_refuse(call, "ValidationError",
                                  "A certificate must be specified for HTTPS "
                                  "listeners");
    if (value_count(given) > 1)
        return call_refuse(call, "TooManyCertificates",
                           "Up to '1' certificate ARNs can be specified, but "
                           "'%u' were specified",
                           value_count(given));
    arn = member_text(given->first, "CertificateArn");
    if (value_get(given->first, STR("IsDefault")))
        return call_refuse(call, "ValidationError",
                           "IsDefault cannot be specified for the default "
                           "certificate of a listener");
    if (arn.n == 0)
        return call_refuse(call, "ValidationError",
                           "A certificate ARN must be specified");
    if (!listener_check_certificate(call, view, arn))
        return false;
    put_text(region, add_map(region, list), "CertificateArn", arn);
    *properties = with_entry(region, *properties, "Certificates", list);
    return true;
}

/* ---- the policy -------------------------------------------------------------------- */

/* The listeners of a load balancer have FIPS policies all, or none has. */
static bool check_fips(struct call *call, const struct listener_wanted *wanted,
                       const struct ssl_policy *policy)
{
    const struct config_load_balancer *lb = wanted->balancer;

    for (unsigned i = 0; i < lb->nlisteners; i++) {
        const struct config_listener *l = lb->listeners[i];

        if (l != wanted->before && l->tls &&
            l->tls->policy->fips != policy->fips)
            return call_refuse(
                call, "InvalidConfigurationRequest",
                "SSL policy '" STR_FMT "' cannot be used beside '" STR_FMT
                "' of listener '" STR_FMT "': all listeners of a load balancer "
                "have FIPS policies, or none has",
                STR_ARG(policy->name), STR_ARG(l->tls->policy->name),
                STR_ARG(l->arn));
    }
    return true;
}

static bool take_policy(struct call *call, const struct listener_wanted *wanted,
                        struct value **properties)
{
    struct str name = call_text(call, "SslPolicy");
    const struct ssl_policy *policy;

    if (name.n == 0 && wanted->before && wanted->before->tls)
        return true;
    if (name.n == 0)
        name = str_of(ssl_policy_default);
    policy = ssl_policy_find(name);
    if (policy == NULL)
        return call_refuse(call, "SSLPolicyNotFound",
                           "SSL policy '" STR_FMT "' not found", STR_ARG(name));
    if (!check_fips(call, wanted, policy))
        return false;
    *properties = with_entry(call->region, *properties, "SslPolicy",
                             change_text(call->region, name));
    return true;
}

/* AWS has them for TLS listeners of network load balancers. */
static bool check_alpn(struct call *call)
{
    static const char *const names[] = {
        "HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"};
    const struct value *given = call_get(call, "AlpnPolicy");
    bool known = false;

    if (value_count(given) == 0)
        return true;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        known = known || str_eq(given->first->text, str_of(names[i]));
    if (!known)
        return call_refuse(call, "ALPNPolicyNotFound",
                           "ALPN policy '" STR_FMT "' not found",
                           STR_ARG(given->first->text));
    return call_refuse(call, "InvalidConfigurationRequest",
                       "ALPN policies are not supported on listeners of load "
                       "balancers with type 'application'");
}

/* ---- mutual authentication ----------------------------------------------------------- */

static bool is_mode(struct str mode)
{
    return str_eq(mode, STR("off")) || str_eq(mode, STR("passthrough")) ||
           str_eq(mode, STR("verify"));
}

static bool check_store(struct call *call, const struct account_view *view,
                        struct str arn)
{
    const struct config_trust_store *store =
        find_trust_store(view->config, arn);

    if (store == NULL)
        return call_refuse(call, "TrustStoreNotFound",
                           "Trust store '" STR_FMT "' not found", STR_ARG(arn));
    return store->file.n > 0 ||
           call_refuse(call, "TrustStoreNotReady",
                       "Trust store '" STR_FMT
                       "' is not active: it has no certificates here yet",
                       STR_ARG(arn));
}

static bool check_verifying(struct call *call, const struct account_view *view,
                            const struct listener_wanted *wanted)
{
    const struct config_load_balancer *lb = wanted->balancer;
    unsigned most =
        quota_value(&view->config->quotas, QUOTA_VERIFYING_LISTENERS);
    unsigned n = 1;

    for (unsigned i = 0; i < lb->nlisteners; i++)
        n += lb->listeners[i] != wanted->before && lb->listeners[i]->tls &&
             lb->listeners[i]->tls->mutual == MUTUAL_VERIFY;
    return n <= most ||
           call_refuse(call, "TooManyListeners",
                       "The maximum number of listeners with mutual "
                       "authentication mode 'verify' has been reached on load "
                       "balancer '" STR_FMT "': '%u'",
                       STR_ARG(lb->arn), most);
}

static bool check_mutual(struct call *call, const struct account_view *view,
                         const struct listener_wanted *wanted,
                         const struct value *mutual)
{
    struct str mode = member_text(mutual, "Mode");
    struct str store = member_text(mutual, "TrustStoreArn");
    bool verify = str_eq(mode, STR("verify"));

    if (!is_mode(mode))
        return call_refuse(call, "ValidationError",
                           "Mutual authentication mode '" STR_FMT
                           "' must be one of 'off', 'passthrough', 'verify'",
                           STR_ARG(mode));
    if (verify != (store.n > 0))
        return call_refuse(call, "InvalidConfigurationRequest",
                           "A trust store ARN %s be specified for mutual "
                           "authentication mode '" STR_FMT "'",
                           verify ? "must" : "cannot", STR_ARG(mode));
    return !verify || (check_store(call, view, store) &&
                       check_verifying(call, view, wanted));
}

static bool take_mutual(struct call *call, const struct account_view *view,
                        const struct listener_wanted *wanted,
                        struct value **properties)
{
    struct region *region = call->region;
    const struct value *given = call_get(call, "MutualAuthentication");

    if (!is_given(call, "MutualAuthentication"))
        return true;
    if (!check_mutual(call, view, wanted, given))
        return false;
    *properties = with_entry(
        region, *properties, "MutualAuthentication",
        with_entry(region, given, "TrustStoreAssociationStatus", NULL));
    return true;
}

/* ---- HTTP ----------------------------------------------------------------------------- */

static bool take_http(struct call *call, struct value **properties)
{
    static const char *const names[] = {"SslPolicy", "Certificates",
                                        "MutualAuthentication"};
    struct str mode =
        member_text(call_get(call, "MutualAuthentication"), "Mode");

    if (is_given(call, "Certificates"))
        return call_refuse(call, "ValidationError",
                           "A certificate cannot be specified for HTTP "
                           "listeners");
    if (is_given(call, "SslPolicy"))
        return call_refuse(call, "ValidationError",
                           "An SSL policy cannot be specified for HTTP "
                           "listeners");
    if (mode.n && !str_eq(mode, STR("off")))
        return call_refuse(call, "InvalidConfigurationRequest",
                           "Mutual authentication is not supported on HTTP "
                           "listeners");
    for (unsigned i = 0; i < 3; i++)
        *properties = with_entry(call->region, *properties, names[i], NULL);
    return true;
}

bool listener_take_tls(struct call *call, const struct account_view *view,
                       const struct listener_wanted *wanted,
                       struct value **properties)
{
    if (!check_alpn(call))
        return false;
    if (!wanted->https)
        return take_http(call, properties);
    return take_certificate(call, view, wanted, properties) &&
           take_policy(call, wanted, properties) &&
           take_mutual(call, view, wanted, properties);
}

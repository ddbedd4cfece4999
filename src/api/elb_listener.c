/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_listener.h"

#include "api/elb_actions.h"

static void tell_mutual(struct region *region, const struct config_tls *tls,
                        struct value *into)
{
    static const char *const modes[] = {"off", "passthrough", "verify"};
    struct value *mutual = put_map(region, into, "MutualAuthentication");

    put_text(region, mutual, "Mode", str_of(modes[tls->mutual]));
    if (tls->mutual != MUTUAL_VERIFY)
        return;
    put_text(region, mutual, "TrustStoreArn", tls->trust_store->arn);
    put_bool(region, mutual, "IgnoreClientCertificateExpiry",
             tls->ignore_expiry);
    put_text(region, mutual, "TrustStoreAssociationStatus", STR("active"));
    put_text(region, mutual, "AdvertiseTrustStoreCaNames",
             tls->advertise_names ? STR("on") : STR("off"));
}

static void tell_tls(struct region *region, const struct config_tls *tls,
                     struct value *into)
{
    struct value *list = put_list(region, into, "Certificates");

    put_text(region, add_map(region, list), "CertificateArn",
             tls->certificates[0].arn);
    put_text(region, into, "SslPolicy", tls->policy->name);
    tell_mutual(region, tls, into);
}

void listener_tell(struct call *call, const struct config_listener *listener,
                   struct value *into)
{
    struct region *region = call->region;

    put_text(region, into, "ListenerArn", listener->arn);
    put_text(region, into, "LoadBalancerArn", listener->load_balancer->arn);
    put_number(region, into, "Port", listener->port);
    put_text(region, into, "Protocol",
             listener->tls ? STR("HTTPS") : STR("HTTP"));
    if (listener->tls)
        tell_tls(region, listener->tls, into);
    put_value(
        region, into, "DefaultActions",
        elb_actions_shown(region, &listener->rules[listener->nrules - 1]));
}

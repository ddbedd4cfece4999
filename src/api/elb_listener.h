/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners: as Describe* shows one, and what HTTPS listeners may have.
 */
#ifndef SLUICE_API_ELB_LISTENER_H
#define SLUICE_API_ELB_LISTENER_H

#include "api/action.h"

/* CreateListener, ModifyListener, DeleteListener, DescribeListeners. */
extern const struct action_table elb_listener_actions;

/* DescribeListenerAttributes, ModifyListenerAttributes. */
extern const struct action_table elb_listener_attribute_actions;

/* AddListenerCertificates, RemoveListenerCertificates,
 * DescribeListenerCertificates. */
extern const struct action_table elb_certificate_actions;

extern const struct shape listener_certificate_shape; /* Certificates */
extern const struct shape listener_mutual_shape;      /* MutualAuthentication */

/* Fills in what DescribeListeners has of it. */
void listener_tell(struct call *call, const struct config_listener *listener,
                   struct value *into);

/* ---- elb_listener_tls.c --------------------------------------------------------- */

/* What a call makes of a listener. */
struct listener_wanted {
    const struct config_load_balancer *balancer;
    const struct config_listener *before; /* NULL: a new one */
    bool https;
    uint16_t port;
};

/* Puts SslPolicy, Certificates and MutualAuthentication of the call into
 * Properties, which have what was there before; takes out what an HTTP
 * listener does not have.  False: refused (SSLPolicyNotFound,
 * CertificateNotFound, TooManyCertificates, TrustStoreNotFound,
 * TrustStoreNotReady, TooManyListeners, ALPNPolicyNotFound,
 * InvalidConfigurationRequest, ValidationError). */
bool listener_take_tls(struct call *call, const struct account_view *view,
                       const struct listener_wanted *wanted,
                       struct value **properties);

/* Whether a certificate of this ARN is here: one that was imported, that the
 * account declares, or that a listener has already; else CertificateNotFound,
 * as in AWS.  (Only a template may name what is not here: the local authority
 * issues what that stands for.) */
bool listener_check_certificate(struct call *call,
                                const struct account_view *view,
                                struct str arn);

#endif

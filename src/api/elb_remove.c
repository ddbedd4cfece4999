/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_remove.h"

#include "api/refer.h"

enum { DEPTH_MAX = 64 };

static bool is_type(const struct account_resource *resource, const char *type)
{
    return str_eq(account_type(resource), str_of(type));
}

static bool is_named_by(const struct account_resource *resource,
                        const char *property, struct str arn)
{
    return str_eq(member_text(account_properties(resource), property), arn);
}

/* ---- what goes along -------------------------------------------------------------- */

static bool goes_with_listener(const struct account_resource *r,
                               const struct config_listener *listener)
{
    return str_eq(r->id, listener->id) ||
           ((is_type(r, "AWS::ElasticLoadBalancingV2::ListenerRule") ||
             is_type(r, "AWS::ElasticLoadBalancingV2::ListenerCertificate")) &&
            is_named_by(r, "ListenerArn", listener->arn));
}

static bool goes_with_balancer(const struct account_resource *r,
                               const struct config_load_balancer *lb)
{
    if (str_eq(r->id, lb->id) || (is_type(r, "AWS::WAFv2::WebACLAssociation") &&
                                  is_named_by(r, "ResourceArn", lb->arn)))
        return true;
    for (unsigned i = 0; i < lb->nlisteners; i++) {
        if (goes_with_listener(r, lb->listeners[i]))
            return true;
    }
    return false;
}

/* ---- who else names it -------------------------------------------------------------- */

static bool says(const struct value *value, struct str text, unsigned depth)
{
    if (value_is_scalar(value))
        return str_eq(value->text, text);
    for (const struct value *v = value->first; depth && v; v = v->next) {
        if (says(v, text, depth - 1))
            return true;
    }
    return false;
}

static bool names_listener(const struct value *properties,
                           const struct config_listener *listener)
{
    if (says(properties, listener->arn, DEPTH_MAX))
        return true;
    for (unsigned i = 0; i < listener->nrules; i++) {
        if (says(properties, listener->rules[i].arn, DEPTH_MAX))
            return true;
    }
    return false;
}

static bool names_balancer(const struct value *properties,
                           const struct config_load_balancer *lb)
{
    if (says(properties, lb->arn, DEPTH_MAX))
        return true;
    for (unsigned i = 0; i < lb->nlisteners; i++) {
        if (names_listener(properties, lb->listeners[i]))
            return true;
    }
    return false;
}

/* ---- removing -------------------------------------------------------------------- */

bool remove_listener(struct call *call, const struct account_view *view,
                     const struct config_listener *listener)
{
    for (unsigned i = 0; i < view->account->n; i++) {
        const struct account_resource *r = view->account->resources[i];
        const struct value *properties = account_properties(r);

        if (goes_with_listener(r, listener))
            edit_remove(call->region, &call->edit, r->id);
        else if (properties && names_listener(properties, listener))
            return call_refuse(call, "ResourceInUse",
                               "Listener '" STR_FMT
                               "' is currently in use by " STR_FMT " '" STR_FMT
                               "'",
                               STR_ARG(listener->arn), STR_ARG(account_type(r)),
                               STR_ARG(r->id));
    }
    return true;
}

bool remove_load_balancer(struct call *call, const struct account_view *view,
                          const struct config_load_balancer *lb)
{
    for (unsigned i = 0; i < view->account->n; i++) {
        const struct account_resource *r = view->account->resources[i];
        const struct value *properties = account_properties(r);

        if (goes_with_balancer(r, lb))
            edit_remove(call->region, &call->edit, r->id);
        else if (properties && names_balancer(properties, lb))
            return call_refuse(
                call, "ResourceInUse",
                "Load balancer '" STR_FMT
                "' cannot be deleted because it is currently "
                "associated with another service: " STR_FMT " '" STR_FMT "'",
                STR_ARG(lb->arn), STR_ARG(account_type(r)), STR_ARG(r->id));
    }
    return true;
}

void remove_certificates(struct call *call, const struct account_view *view,
                         const struct config_listener *listener)
{
    for (unsigned i = 0; i < view->account->n; i++) {
        const struct account_resource *r = view->account->resources[i];

        if (!str_eq(r->id, listener->id) &&
            is_type(r, "AWS::ElasticLoadBalancingV2::ListenerCertificate") &&
            is_named_by(r, "ListenerArn", listener->arn))
            edit_remove(call->region, &call->edit, r->id);
    }
}

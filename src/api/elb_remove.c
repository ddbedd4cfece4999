/* SPDX-License-Identifier: Apache-2.0 */
#include "api/elb_remove.h"

#include "api/refer.h"

enum { DEPTH_MAX = VALUE_NESTED_MAX };

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

/* ARNs of a load balancer, its listeners and their rules have its full name in
 * them, app/NAME/ID; those of a listener and its rules that and its id. */
static bool is_of(struct str text, struct str path)
{
    const char *at = str_starts(text, STR("arn:"))
                         ? memmem(text.p, text.n, path.p, path.n)
                         : NULL;
    const char *behind = at ? at + path.n : NULL;

    return at && at[-1] == '/' && (behind == text.p + text.n || *behind == '/');
}

static bool names(const struct value *value, struct str path, unsigned depth)
{
    if (value_is_scalar(value))
        return is_of(value->text, path);
    for (const struct value *v = value->first; depth && v; v = v->next) {
        if (names(v, path, depth - 1))
            return true;
    }
    return false;
}

static struct str path_of(const struct config_listener *listener)
{
    struct str balancer = listener->load_balancer->full_name;
    const char *at =
        memmem(listener->arn.p, listener->arn.n, balancer.p, balancer.n);

    return at ? str_make(at, (size_t)(listener->arn.p + listener->arn.n - at))
              : listener->arn;
}

/* ---- removing -------------------------------------------------------------------- */

bool remove_listener(struct call *call, const struct account_view *view,
                     const struct config_listener *listener)
{
    struct str path = path_of(listener);

    for (unsigned i = 0; i < view->account->n; i++) {
        const struct account_resource *r = view->account->resources[i];
        const struct value *properties = account_properties(r);

        if (goes_with_listener(r, listener))
            edit_remove(call->region, &call->edit, r->id);
        else if (properties && names(properties, path, DEPTH_MAX))
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
        else if (properties && names(properties, lb->full_name, DEPTH_MAX))
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

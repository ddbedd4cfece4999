/* SPDX-License-Identifier: Apache-2.0
 *
 * AddListenerCertificates, RemoveListenerCertificates,
 * DescribeListenerCertificates: the list beside the default certificate, made
 * of AWS::ElasticLoadBalancingV2::ListenerCertificate.
 */
#include "api/elb_listener.h"
#include "api/paging.h"
#include "api/refer.h"
#include "api/resource.h"

static const char type_name[] =
    "AWS::ElasticLoadBalancingV2::ListenerCertificate";

/* ---- the list ------------------------------------------------------------------------ */

static bool is_addition(const struct account_resource *r, struct str listener)
{
    return str_eq(account_type(r), str_of(type_name)) &&
           str_eq(member_text(account_properties(r), "ListenerArn"), listener);
}

static const struct value *certificates_of(const struct account_resource *r)
{
    return value_get(account_properties(r), STR("Certificates"));
}

static bool has(const struct value *list, struct str arn)
{
    const struct value *v = list->first;

    while (v && !str_eq(v->text, arn))
        v = v->next;
    return v != NULL;
}

/* ARNs of the certificates in the listener's list, each once. */
static struct value *list_of(struct region *region,
                             const struct account_view *view,
                             struct str listener)
{
    struct value *list = make_list(region);

    for (unsigned i = 0; i < view->account->n; i++) {
        const struct account_resource *r = view->account->resources[i];
        const struct value *given = certificates_of(r);

        if (!is_addition(r, listener) || given == NULL)
            continue;
        for (const struct value *v = given->first; v; v = v->next) {
            struct str arn = member_text(v, "CertificateArn");

            if (arn.n && !has(list, arn))
                add_text(region, list, arn);
        }
    }
    return list;
}

static unsigned count_of_balancer(struct region *region,
                                  const struct account_view *view,
                                  const struct config_load_balancer *lb)
{
    unsigned n = 0;

    for (unsigned i = 0; i < lb->nlisteners; i++)
        n += value_count(list_of(region, view, lb->listeners[i]->arn));
    return n;
}

/* ---- what a call names --------------------------------------------------------------- */

static const struct config_listener *
listener_of(struct call *call, const struct account_view *view)
{
    return refer_listener(call, view, call_text(call, "ListenerArn"));
}

/* The one certificate of the call; n == 0: refused. */
static struct str given_arn(struct call *call)
{
    const struct value *given = call_get(call, "Certificates");
    struct str arn = STR("");

    if (value_count(given) != 1)
        call_refuse(call, "ValidationError",
                    "You must specify '1' certificate, but '%u' were specified",
                    value_count(given));
    else if (value_get(given->first, STR("IsDefault")))
        call_refuse(call, "ValidationError",
                    "IsDefault cannot be specified for a certificate in the "
                    "list of a listener");
    else if (member_text(given->first, "CertificateArn").n == 0)
        call_refuse(call, "ValidationError",
                    "A certificate ARN must be specified");
    else
        arn = member_text(given->first, "CertificateArn");
    return arn;
}

static bool check_https(struct call *call,
                        const struct config_listener *listener)
{
    return listener->tls ||
           call_refuse(call, "ValidationError",
                       "Certificates are not supported on listener '" STR_FMT
                       "': its protocol is 'HTTP'",
                       STR_ARG(listener->arn));
}

/* ---- AddListenerCertificates ------------------------------------------------------------ */

static bool add_edit(struct call *call, const struct account_view *before)
{
    struct region *region = call->region;
    const struct config_listener *listener = listener_of(call, before);
    unsigned most = quota_value(&before->config->quotas, QUOTA_CERTIFICATES);
    struct value *properties = make_map(region);
    struct value *list;
    struct str arn;

    if (listener == NULL || !check_https(call, listener))
        return false;
    arn = given_arn(call);
    if (arn.n == 0)
        return false;
    if (has(list_of(region, before, listener->arn), arn))
        return true;
    if (!listener_check_certificate(call, before, arn))
        return false;
    if (count_of_balancer(region, before, listener->load_balancer) >= most)
        return call_refuse(call, "TooManyCertificates",
                           "The maximum number of certificates has been "
                           "reached on load balancer '" STR_FMT "': '%u'",
                           STR_ARG(listener->load_balancer->arn), most);
    put_text(region, properties, "ListenerArn", listener->arn);
    list = put_list(region, properties, "Certificates");
    put_text(region, add_map(region, list), "CertificateArn", arn);
    resource_make(call, before, "ListenerCertificate", type_name, properties,
                  NULL);
    return true;
}

static void tell(struct region *region, struct value *list, struct str arn,
                 bool is_default)
{
    struct value *told = add_map(region, list);

    put_text(region, told, "CertificateArn", arn);
    put_bool(region, told, "IsDefault", is_default);
}

static bool add_answer(struct call *call, const struct account_view *after)
{
    struct value *result = make_map(call->region);

    (void)after;
    tell(call->region, put_list(call->region, result, "Certificates"),
         given_arn(call), false);
    call->result = result;
    return true;
}

/* ---- RemoveListenerCertificates ---------------------------------------------------------- */

/* A template's resource may name several. */
static void take_out(struct call *call, const struct account_resource *r,
                     struct str arn)
{
    struct region *region = call->region;
    struct value *left = make_list(region);

    for (const struct value *v = certificates_of(r)->first; v; v = v->next) {
        if (!str_eq(member_text(v, "CertificateArn"), arn))
            value_append(left, value_copy(region, v));
    }
    if (value_count(left) == value_count(certificates_of(r)))
        return;
    if (left->first)
        resource_change(
            call, r,
            with_entry(region, account_properties(r), "Certificates", left),
            NULL);
    else
        edit_remove(region, &call->edit, r->id);
}

static bool remove_edit(struct call *call, const struct account_view *before)
{
    const struct config_listener *listener = listener_of(call, before);
    struct str arn;

    if (listener == NULL || !check_https(call, listener))
        return false;
    arn = given_arn(call);
    if (arn.n == 0)
        return false;
    if (!has(list_of(call->region, before, listener->arn), arn) &&
        str_eq(listener->tls->certificates[0].arn, arn))
        return call_refuse(call, "OperationNotPermitted",
                           "The default certificate '" STR_FMT
                           "' of listener '" STR_FMT "' cannot be removed",
                           STR_ARG(arn), STR_ARG(listener->arn));
    for (unsigned i = 0; i < before->account->n; i++) {
        const struct account_resource *r = before->account->resources[i];

        if (is_addition(r, listener->arn) && certificates_of(r))
            take_out(call, r, arn);
    }
    return true;
}

/* ---- DescribeListenerCertificates ---------------------------------------------------------- */

static bool describe(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct config_listener *listener = listener_of(call, view);
    struct value *result = make_map(region);
    struct value *told = put_list(region, result, "Certificates");
    const struct value *list;
    struct paging page;
    unsigned at = 0;
    unsigned n;

    if (listener == NULL)
        return false;
    list = list_of(region, view, listener->arn);
    n = listener->tls ? value_count(list) + 1 : 0;
    if (!paging_of(call, n, &page))
        return false;
    if (n && page.from == 0)
        tell(region, told, listener->tls->certificates[0].arn, true);
    for (const struct value *v = list->first; n && v; v = v->next) {
        if (++at >= page.from && at < page.to)
            tell(region, told, v->text, false);
    }
    paging_end(call, n, &page, result);
    call->result = result;
    return true;
}

/* ---- the table --------------------------------------------------------------------- */

static const struct member change_members[] = {
    {.name = "ListenerArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Certificates",
     .kind = MEMBER_STRUCTS,
     .required = true,
     .shape = &listener_certificate_shape},
};

static const struct member describe_members[] = {
    {.name = "ListenerArn", .kind = MEMBER_TEXT, .required = true},
    {.name = "Marker", .kind = MEMBER_TEXT},
    {.name = "PageSize", .kind = MEMBER_NUMBER, .min = 1, .max = PAGING_MAX},
};

static const struct shape change_shape = SHAPE_OF(change_members);
static const struct shape describe_shape = SHAPE_OF(describe_members);

static const char *const resources[] = {"ListenerArn", NULL};

static const struct action actions[] = {
    {.name = "AddListenerCertificates",
     .input = &change_shape,
     .resources = resources,
     .edit = add_edit,
     .answer = add_answer},
    {.name = "RemoveListenerCertificates",
     .input = &change_shape,
     .resources = resources,
     .edit = remove_edit},
    {.name = "DescribeListenerCertificates",
     .input = &describe_shape,
     .resources = resources,
     .answer = describe},
};

const struct action_table elb_certificate_actions = ACTION_TABLE(actions);

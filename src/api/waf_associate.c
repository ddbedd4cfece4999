/* SPDX-License-Identifier: Apache-2.0
 *
 * Which load balancer has which web ACL (AWS::WAFv2::WebACLAssociation): one
 * each, and an ACL as many as it wants.
 */
#include "api/find.h"
#include "api/refer.h"
#include "api/resource.h"
#include "api/services.h"
#include "api/waf_acl.h"
#include "api/waf_shape.h"

static const char association[] = "AWS::WAFv2::WebACLAssociation";

/* ---- what is protected ------------------------------------------------------------- */

/* Services whose resources AWS WAF protects beside load balancers. */
static const char *const others[] = {
    "apigateway", "appsync", "cognito-idp",       "apprunner",
    "ec2",        "amplify", "bedrock-agentcore",
};

static struct str service_of(struct str arn)
{
    str_cut(&arn, ':');
    str_cut(&arn, ':');
    return arn.p ? str_cut(&arn, ':') : STR("");
}

static bool is_of_others(struct str arn)
{
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (str_starts(arn, STR("arn:")) &&
            str_eq(service_of(arn), str_of(others[i])))
            return true;
    }
    return false;
}

/* Whether ResourceArn is a load balancer that is here.  False: refused. */
static bool check_resource(struct call *call, const struct account_view *view)
{
    struct str arn = call_text(call, "ResourceArn");

    if (find_load_balancer(view->config, arn))
        return true;
    if (is_arn_of(arn, "loadbalancer/app"))
        return wafv2_refuse_missing(call, "there is no load balancer " STR_FMT,
                                    STR_ARG(arn));
    if (is_of_others(arn))
        return wafv2_refuse_missing(
            call,
            STR_FMT " is in AWS: what Sluice protects are its own load "
                    "balancers",
            STR_ARG(arn));
    return wafv2_refuse_invalid(
        call, "RESOURCE_ARN", arn,
        "The ARN isn\u2019t valid. A web ACL is for a load balancer, "
        "arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID");
}

static bool is_association(const struct account_resource *resource,
                           const char *property, struct str arn)
{
    return str_eq(account_type(resource), STR(association)) &&
           str_eq(member_text(account_properties(resource), property), arn);
}

/* NULL: it has no web ACL.  There may be others of the same one behind it: a
 * template declares what the API made before. */
static const struct account_resource *
association_of(const struct account *account, struct str arn)
{
    for (unsigned i = 0; i < account->n; i++) {
        if (is_association(account->resources[i], "ResourceArn", arn))
            return account->resources[i];
    }
    return NULL;
}

static void remove_all(struct call *call, const struct account *account,
                       struct str arn, const struct account_resource *but)
{
    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];

        if (r != but && is_association(r, "ResourceArn", arn))
            edit_remove(call->region, &call->edit, r->id);
    }
}

/* ---- the actions ---------------------------------------------------------------------- */

static bool associate(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct str arn = call_text(call, "ResourceArn");
    const struct account_resource *before = association_of(view->account, arn);
    struct value *properties = make_map(region);
    struct wafv2_found found;

    if (!wafv2_find_arn(call, view, &wafv2_web_acls, "WebACLArn", &found) ||
        !check_resource(call, view))
        return false;
    if (found.cloudfront)
        return wafv2_refuse_invalid(
            call, "SCOPE_VALUE", STR("CLOUDFRONT"),
            "The scope is not valid. Only distributions have web ACLs of scope "
            "CLOUDFRONT, and they name them themselves");
    put_text(region, properties, "ResourceArn", arn);
    put_text(region, properties, "WebACLArn", found.arn);
    if (before == NULL) {
        resource_make(call, view, "WebACLAssociation", association, properties,
                      NULL);
    } else if (!is_association(before, "WebACLArn", found.arn)) {
        resource_change(call, before, properties, NULL);
        remove_all(call, view->account, arn, before);
    }
    return true;
}

static bool disassociate(struct call *call, const struct account_view *view)
{
    if (!check_resource(call, view))
        return false;
    remove_all(call, view->account, call_text(call, "ResourceArn"), NULL);
    return true;
}

static bool get_for_resource(struct call *call, const struct account_view *view)
{
    const struct account_resource *there =
        association_of(view->account, call_text(call, "ResourceArn"));
    struct wafv2_found found = {.resource = NULL};

    if (!check_resource(call, view))
        return false;
    if (there)
        found =
            wafv2_with_arn(call->region, view,
                           member_text(account_properties(there), "WebACLArn"));
    call->result = make_map(call->region);
    return found.resource == NULL ||
           wafv2_answer_acl(call, view, &found, false);
}

static bool list_resources(struct call *call, const struct account_view *view)
{
    const struct account *account = view->account;
    struct value *result = make_map(call->region);
    struct value *arns = put_list(call->region, result, "ResourceArns");
    struct str type = call_text(call, "ResourceType");
    struct wafv2_found found;

    if (!wafv2_find_arn(call, view, &wafv2_web_acls, "WebACLArn", &found))
        return false;
    for (unsigned i = 0; i < account->n; i++) {
        const struct account_resource *r = account->resources[i];
        struct str arn = member_text(account_properties(r), "ResourceArn");

        if ((type.n == 0 || str_eq(type, STR("APPLICATION_LOAD_BALANCER"))) &&
            is_association(r, "WebACLArn", found.arn) &&
            association_of(account, arn) == r)
            add_text(call->region, arns, arn);
    }
    call->result = result;
    return true;
}

/* ---- the table ------------------------------------------------------------------------- */

static const char *const types[] = {
    "APPLICATION_LOAD_BALANCER",
    "API_GATEWAY",
    "APPSYNC",
    "COGNITO_USER_POOL",
    "APP_RUNNER_SERVICE",
    "VERIFIED_ACCESS_INSTANCE",
    "AMPLIFY",
    "AGENTCORE_GATEWAY",
    NULL,
};

static const struct member both_members[] = {
    ARN(MUST, "WebACLArn"),
    ARN(MUST, "ResourceArn"),
};
static const struct shape both_shape = SHAPE_OF(both_members);

static const struct member resource_members[] = {ARN(MUST, "ResourceArn")};
static const struct shape resource_shape = SHAPE_OF(resource_members);

static const struct member list_members[] = {
    ARN(MUST, "WebACLArn"),
    WORD(MAY, "ResourceType", types),
};
static const struct shape list_shape = SHAPE_OF(list_members);

static const char *const of_both[] = {"WebACLArn", "ResourceArn", NULL};
static const char *const of_resource[] = {"ResourceArn", NULL};
static const char *const of_acl[] = {"WebACLArn", NULL};

static const struct action actions[] = {
    {.name = "AssociateWebACL",
     .input = &both_shape,
     .resources = of_both,
     .edit = associate},
    {.name = "DisassociateWebACL",
     .input = &resource_shape,
     .resources = of_resource,
     .edit = disassociate},
    {.name = "GetWebACLForResource",
     .input = &resource_shape,
     .resources = of_resource,
     .answer = get_for_resource},
    {.name = "ListResourcesForWebACL",
     .input = &list_shape,
     .resources = of_acl,
     .answer = list_resources},
};

const struct action_table waf_association_actions = ACTION_TABLE(actions);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs, and what rules would cost.
 */
#include "api/services.h"
#include "api/waf_acl.h"
#include "api/waf_shape.h"
#include "model/waf_words.h"

static const char *const members[] = {
    "DefaultAction",
    "Rules",
    "VisibilityConfig",
    "DataProtectionConfig",
    "PreProcessFirewallManagerRuleGroups",
    "PostProcessFirewallManagerRuleGroups",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "OnSourceDDoSProtectionConfig",
    "ApplicationConfig",
    "MonetizationConfig",
    NULL,
};

/* Only templates say them, as Firewall Manager does in AWS. */
static const char *const fixed[] = {
    "PreProcessFirewallManagerRuleGroups",
    "PostProcessFirewallManagerRuleGroups",
    NULL,
};

const struct wafv2_kind wafv2_web_acls = {
    .type = "AWS::WAFv2::WebACL",
    .path = "webacl",
    .name = "WebACL",
    .list = "WebACLs",
    .field = "WEB_ACL",
    .members = members,
    .fixed = fixed,
    .quota = QUOTA_WEB_ACLS,
    .shape = &wafv2_create_acl_shape,
};

WAFV2_HANDLERS(acl, &wafv2_web_acls)

/* ---- telling --------------------------------------------------------------------------- */

const struct config_web_acl *wafv2_acl_of(const struct config *config,
                                          struct str arn)
{
    const struct config_waf *waf = config->waf;

    for (unsigned i = 0; waf && i < waf->nacls; i++) {
        if (str_eq(waf->acls[i]->entity.arn, arn))
            return waf->acls[i];
    }
    return NULL;
}

static void put_known(struct call *call, const struct account_view *view,
                      const struct wafv2_found *found, struct value *one)
{
    const struct config_web_acl *acl = wafv2_acl_of(view->config, found->arn);
    struct region *region = call->region;

    if (value_get(one, STR("Rules")) == NULL)
        put_list(region, one, "Rules");
    put_bool(region, one, "ManagedByFirewallManager", false);
    put_bool(region, one, "RetrofittedByFirewallManager", false);
    if (acl == NULL)
        return;
    put_number(region, one, "Capacity", acl->capacity);
    put_text(region, one, "LabelNamespace", acl->label_prefix);
}

bool wafv2_answer_acl(struct call *call, const struct account_view *view,
                      const struct wafv2_found *found, bool lock)
{
    wafv2_answer_one(call, view, found, put_known);
    if (!lock)
        call->result =
            with_entry(call->region, call->result, "LockToken", NULL);
    return true;
}

bool wafv2_find_either(struct call *call, const struct account_view *view,
                       const struct wafv2_kind *kind, struct wafv2_found *found)
{
    if (call_get(call, "ARN"))
        return wafv2_find_arn(call, view, kind, "ARN", found);
    if (call_get(call, "Name") && call_get(call, "Scope") &&
        call_get(call, "Id"))
        return wafv2_find(call, view, kind, found);
    return wafv2_refuse_invalid(call, kind->field, STR("ARN"),
                                "You must provide either ARN, or Name, Scope "
                                "and Id");
}

static bool get_acl(struct call *call, const struct account_view *view)
{
    struct wafv2_found found;

    return wafv2_find_either(call, view, &wafv2_web_acls, &found) &&
           wafv2_answer_acl(call, view, &found, true);
}

/* ---- CheckCapacity ------------------------------------------------------------------------ */

static bool check_capacity(struct call *call, const struct account_view *view)
{
    struct value *result = make_map(call->region);
    struct error error = {""};
    const struct value *rules =
        waf_words_from_api(call_get(call, "Rules"), call->region, &error);
    unsigned capacity;

    if (rules == NULL)
        return call_refuse(call, "SerializationException", "%s", error.text);
    if (!wafv2_capacity(call, view, rules, &capacity))
        return false;
    put_number(call->region, result, "Capacity", capacity);
    call->result = result;
    return true;
}

static const struct member capacity_members[] = {
    WAFV2_MEMBER_SCOPE,
    STRUCTS(MUST, "Rules", wafv2_rule_shape, 0, 0),
};
static const struct shape capacity_shape = SHAPE_OF(capacity_members);

static const struct action actions[] = {
    WAFV2_ACTIONS("WebACL", "WebACLs", acl, wafv2_create_acl_shape,
                  wafv2_update_acl_shape, wafv2_either_shape),
    {.name = "CheckCapacity",
     .input = &capacity_shape,
     .answer = check_capacity},
};

const struct action_table waf_acl_actions = ACTION_TABLE(actions);

/* SPDX-License-Identifier: Apache-2.0
 *
 * What there is of managed rule groups (aws-waf.md 9; model/managed_groups.h).
 */
#include "api/services.h"
#include "api/waf_shape.h"
#include "model/managed_groups.h"

/* ---- pages ------------------------------------------------------------------------- */

/* Keys of what keeps its own order. */
static struct str *ordered(struct region *region, unsigned n)
{
    struct str *keys = region_take(region, (n + 1) * sizeof(*keys));

    for (unsigned i = 0; i < n; i++)
        keys[i] = region_printf(region, "%06u", i);
    return keys;
}

/* ---- the lists ----------------------------------------------------------------------- */

static bool list_groups(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "ManagedRuleGroups");
    struct str *keys = ordered(region, managed_groups_n);
    struct wafv2_page page;

    (void)view;
    if (!wafv2_page(call, keys, managed_groups_n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++) {
        const struct managed_group *group = &managed_groups[i];
        struct value *told = add_map(region, list);

        put_text(region, told, "VendorName", str_of(group->vendor));
        put_text(region, told, "Name", str_of(group->name));
        put_bool(region, told, "VersioningSupported", group->versions[0]);
        put_text(region, told, "Description", str_of(group->description));
    }
    wafv2_page_end(call, keys, managed_groups_n, &page, result);
    call->result = result;
    return true;
}

/* Those that AWS bills on their own. */
static bool is_advanced(const struct managed_group *group)
{
    static const char *const names[] = {
        "AWSManagedRulesBotControlRuleSet",
        "AWSManagedRulesATPRuleSet",
        "AWSManagedRulesACFPRuleSet",
        "AWSManagedRulesAntiDDoSRuleSet",
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(str_of(group->name), str_of(names[i])))
            return true;
    }
    return false;
}

static bool list_products(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "ManagedProducts");
    struct str vendor = call_text(call, "VendorName");

    (void)view;
    for (unsigned i = 0; i < managed_groups_n; i++) {
        const struct managed_group *group = &managed_groups[i];
        struct value *told;

        if (vendor.n && !str_eq(vendor, str_of(group->vendor)))
            continue;
        told = add_map(region, list);
        put_text(region, told, "VendorName", str_of(group->vendor));
        put_text(region, told, "ManagedRuleSetName", str_of(group->name));
        put_text(region, told, "ProductTitle", str_of(group->name));
        put_text(region, told, "ProductDescription",
                 str_of(group->description));
        put_bool(region, told, "IsVersioningSupported", group->versions[0]);
        put_bool(region, told, "IsAdvancedManagedRuleSet", is_advanced(group));
    }
    call->result = result;
    return true;
}

/* ---- one group ------------------------------------------------------------------------ */

static const struct managed_group *find(struct call *call)
{
    struct str vendor = call_text(call, "VendorName");
    struct str name = call_text(call, "Name");
    const struct managed_group *group = managed_group_find(vendor, name);

    if (group == NULL)
        wafv2_refuse_missing(call,
                             "there is no managed rule group " STR_FMT
                             " of the vendor " STR_FMT,
                             STR_ARG(name), STR_ARG(vendor));
    return group;
}

static bool list_versions(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct managed_group *group = find(call);
    struct value *result = make_map(region);
    struct value *list = put_list(region, result, "Versions");
    struct wafv2_page page;
    struct str *keys;
    unsigned n = 0;

    (void)view;
    if (group == NULL)
        return false;
    while (group->versions[n])
        n++;
    keys = ordered(region, n);
    if (!wafv2_page(call, keys, n, &page))
        return false;
    for (unsigned i = page.from; i < page.to; i++)
        put_text(region, add_map(region, list), "Name",
                 str_of(group->versions[i]));
    if (group->default_version)
        put_text(region, result, "CurrentDefaultVersion",
                 str_of(group->default_version));
    wafv2_page_end(call, keys, n, &page, result);
    call->result = result;
    return true;
}

/* What VersionName asks for; p == NULL: refused. */
static struct str version_of(struct call *call,
                             const struct managed_group *group)
{
    struct str wanted = call_text(call, "VersionName");

    if (wanted.n == 0)
        return str_of(group->default_version ? group->default_version : "");
    for (const char *const *v = group->versions; *v; v++) {
        if (str_eq(wanted, str_of(*v)))
            return wanted;
    }
    call_refuse(call, "WAFExpiredManagedRuleGroupVersionException",
                "The operation failed because the specified version for the "
                "managed rule group has expired: %s has no version " STR_FMT,
                group->name, STR_ARG(wanted));
    return str_make(NULL, 0);
}

static void put_labels(struct region *region, struct value *result,
                       const char *name, const char *prefix,
                       const char *const *labels)
{
    struct value *list = put_list(region, result, name);

    for (; labels && *labels; labels++)
        put_text(region, add_map(region, list), "Name",
                 region_printf(region, "%s%s", prefix, *labels));
}

static bool describe(struct call *call, const struct account_view *view)
{
    struct region *region = call->region;
    const struct managed_group *group = find(call);
    struct value *result = make_map(region);
    struct value *rules;
    struct str version;

    (void)view;
    if (group == NULL)
        return false;
    version = version_of(call, group);
    if (version.p == NULL)
        return false;
    if (version.n)
        put_text(region, result, "VersionName", version);
    put_number(region, result, "Capacity", group->capacity);
    rules = put_list(region, result, "Rules");
    for (unsigned i = 0; i < group->nrules; i++) {
        struct value *rule = add_map(region, rules);

        put_text(region, rule, "Name", str_of(group->rules[i].name));
        put_map(region, put_map(region, rule, "Action"),
                group->rules[i].action);
    }
    put_text(region, result, "LabelNamespace", str_of(group->label_prefix));
    put_labels(region, result, "AvailableLabels", group->label_prefix,
               group->labels);
    put_labels(region, result, "ConsumedLabels", "", group->consumed);
    call->result = result;
    return true;
}

/* ---- the table -------------------------------------------------------------------------- */

static const struct member versions_members[] = {
    TOLD(MUST, "VendorName", 128),
    WAFV2_MEMBER_NAME,
    WAFV2_MEMBER_SCOPE,
    WAFV2_MEMBERS_OF_PAGE,
};
static const struct shape versions_shape = SHAPE_OF(versions_members);

static const struct member describe_members[] = {
    TOLD(MUST, "VendorName", 128),
    WAFV2_MEMBER_NAME,
    WAFV2_MEMBER_SCOPE,
    METRIC(MAY, "VersionName", 64),
};
static const struct shape describe_shape = SHAPE_OF(describe_members);

static const struct member scope_members[] = {WAFV2_MEMBER_SCOPE};
static const struct shape scope_shape = SHAPE_OF(scope_members);

static const struct member vendor_members[] = {
    TOLD(MUST, "VendorName", 128),
    WAFV2_MEMBER_SCOPE,
};
static const struct shape vendor_shape = SHAPE_OF(vendor_members);

static const struct action actions[] = {
    {.name = "ListAvailableManagedRuleGroups",
     .input = &wafv2_list_shape,
     .answer = list_groups},
    {.name = "ListAvailableManagedRuleGroupVersions",
     .input = &versions_shape,
     .answer = list_versions},
    {.name = "DescribeManagedRuleGroup",
     .input = &describe_shape,
     .answer = describe},
    {.name = "DescribeAllManagedProducts",
     .input = &scope_shape,
     .answer = list_products},
    {.name = "DescribeManagedProductsByVendor",
     .input = &vendor_shape,
     .answer = list_products},
};

const struct action_table waf_managed_actions = ACTION_TABLE(actions);

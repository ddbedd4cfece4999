/* SPDX-License-Identifier: Apache-2.0
 *
 * IP sets and regex pattern sets.
 */
#include "api/services.h"
#include "api/waf.h"

/* ---- IP sets ------------------------------------------------------------------------ */

static const struct shape create_ip_shape;
static const struct shape create_regex_shape;
static const char *const ip_members[] = {"IPAddressVersion", "Addresses", NULL};
static const char *const ip_fixed[] = {"IPAddressVersion", NULL};

const struct wafv2_kind wafv2_ip_sets = {
    .type = "AWS::WAFv2::IPSet",
    .path = "ipset",
    .name = "IPSet",
    .list = "IPSets",
    .field = "IP_SET",
    .members = ip_members,
    .fixed = ip_fixed,
    .quota = QUOTA_IP_SETS,
    .shape = &create_ip_shape,
};

/* ---- regex pattern sets ---------------------------------------------------------------- */

static const char *const regex_members[] = {"RegularExpressionList", NULL};
static const char *const nothing[] = {NULL};

const struct wafv2_kind wafv2_regex_sets = {
    .type = "AWS::WAFv2::RegexPatternSet",
    .path = "regexpatternset",
    .name = "RegexPatternSet",
    .list = "RegexPatternSets",
    .field = "REGEX_PATTERN_SET",
    .members = regex_members,
    .fixed = nothing,
    .quota = QUOTA_REGEX_SETS,
    .shape = &create_regex_shape,
};

/* ---- handlers --------------------------------------------------------------------------- */

WAFV2_HANDLERS(ip_set, &wafv2_ip_sets)
WAFV2_HANDLERS(regex_set, &wafv2_regex_sets)

static bool get_ip_set(struct call *call, const struct account_view *view)
{
    struct wafv2_found found;

    return wafv2_find(call, view, &wafv2_ip_sets, &found) &&
           wafv2_answer_one(call, view, &found, NULL);
}

static bool get_regex_set(struct call *call, const struct account_view *view)
{
    struct wafv2_found found;

    return wafv2_find(call, view, &wafv2_regex_sets, &found) &&
           wafv2_answer_one(call, view, &found, NULL);
}

/* ---- shapes ----------------------------------------------------------------------------- */

static const char *const versions[] = {"IPV4", "IPV6", NULL};

#define ADDRESSES                                                              \
    {                                                                          \
        .name = "Addresses", .kind = MEMBER_TEXTS, .required = true, .min = 1, \
        .max = 50, .fits = wafv2_is_told, .pattern = ".*\\S.*"                 \
    }

static const struct member create_ip_members[] = {
    WAFV2_MEMBER_NAME,
    WAFV2_MEMBER_SCOPE,
    WAFV2_MEMBER_DESCRIPTION,
    {.name = "IPAddressVersion",
     .kind = MEMBER_WORD,
     .required = true,
     .words = versions},
    ADDRESSES,
    WAFV2_MEMBER_TAGS,
};
static const struct shape create_ip_shape = SHAPE_OF(create_ip_members);

static const struct member update_ip_members[] = {
    WAFV2_MEMBER_NAME,        WAFV2_MEMBER_SCOPE, WAFV2_MEMBER_ID,
    WAFV2_MEMBER_DESCRIPTION, ADDRESSES,          WAFV2_MEMBER_LOCK,
};
static const struct shape update_ip_shape = SHAPE_OF(update_ip_members);

#define EXPRESSIONS                                                            \
    {                                                                          \
        .name = "RegularExpressionList", .kind = MEMBER_STRUCTS,               \
        .required = true, .shape = &wafv2_regex_shape                          \
    }

static const struct member create_regex_members[] = {
    WAFV2_MEMBER_NAME, WAFV2_MEMBER_SCOPE, WAFV2_MEMBER_DESCRIPTION,
    EXPRESSIONS,       WAFV2_MEMBER_TAGS,
};
static const struct shape create_regex_shape = SHAPE_OF(create_regex_members);

static const struct member update_regex_members[] = {
    WAFV2_MEMBER_NAME,        WAFV2_MEMBER_SCOPE, WAFV2_MEMBER_ID,
    WAFV2_MEMBER_DESCRIPTION, EXPRESSIONS,        WAFV2_MEMBER_LOCK,
};
static const struct shape update_regex_shape = SHAPE_OF(update_regex_members);

/* ---- the table ---------------------------------------------------------------------------- */

static const struct action actions[] = {
    WAFV2_ACTIONS("IPSet", "IPSets", ip_set, create_ip_shape, update_ip_shape,
                  wafv2_named_shape),
    WAFV2_ACTIONS("RegexPatternSet", "RegexPatternSets", regex_set,
                  create_regex_shape, update_regex_shape, wafv2_named_shape),
};

const struct action_table waf_set_actions = ACTION_TABLE(actions);

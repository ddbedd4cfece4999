/* SPDX-License-Identifier: Apache-2.0
 *
 * Web ACLs (aws-waf.md 1.1).
 */
#include "api/waf_shape.h"

static const char *const field_to_protect_type_words[] = {
    "SINGLE_HEADER", "SINGLE_COOKIE", "SINGLE_QUERY_ARGUMENT",
    "QUERY_STRING",  "BODY",          NULL};
static const char *const data_protection_action_words[] = {"SUBSTITUTION",
                                                           "HASH", NULL};
static const char *const size_inspection_limit_words[] = {
    "KB_16", "KB_32", "KB_48", "KB_64", NULL};
static const char *const low_reputation_mode_words[] = {"ACTIVE_UNDER_DDOS",
                                                        "ALWAYS_ON", NULL};
static const char *const crypto_currency_words[] = {"USDC", NULL};
static const char *const blockchain_chain_words[] = {
    "BASE", "SOLANA", "BASE_SEPOLIA", "SOLANA_DEVNET", NULL};
static const char *const currency_mode_words[] = {"REAL", "TEST", NULL};

static const struct member field_to_protect_members[] = {
    WORD(MUST, "FieldType", field_to_protect_type_words),
    TOLDS(MAY, "FieldKeys", 0, 100, 64),
};
static const struct shape field_to_protect_shape =
    SHAPE_OF(field_to_protect_members);

static const struct member data_protection_members[] = {
    STRUCT(MUST, "Field", field_to_protect_shape),
    WORD(MUST, "Action", data_protection_action_words),
    BOOL(MAY, "ExcludeRuleMatchDetails"),
    BOOL(MAY, "ExcludeRateBasedDetails"),
};
static const struct shape data_protection_shape =
    SHAPE_OF(data_protection_members);

static const struct member data_protection_config_members[] = {
    STRUCTS(MUST, "DataProtections", data_protection_shape, 1, 26),
};
static const struct shape data_protection_config_shape =
    SHAPE_OF(data_protection_config_members);

static const struct member body_limit_members[] = {
    WORD(MUST, "DefaultSizeInspectionLimit", size_inspection_limit_words),
};
static const struct shape body_limit_shape = SHAPE_OF(body_limit_members);

static const struct member association_config_members[] = {
    MAP(MAY, "RequestBody", body_limit_shape, 0),
};
static const struct shape association_config_shape =
    SHAPE_OF(association_config_members);

static const struct member low_reputation_members[] = {
    WORD(MUST, "ALBLowReputationMode", low_reputation_mode_words),
};
static const struct shape low_reputation_shape =
    SHAPE_OF(low_reputation_members);

static const struct member application_attribute_members[] = {
    NAME(MAY, "Name", 64),
    TEXTS(MAY, "Values", 1, 50, 1, 64),
};
static const struct shape application_attribute_shape =
    SHAPE_OF(application_attribute_members);

static const struct member application_config_members[] = {
    STRUCTS(MAY, "Attributes", application_attribute_shape, 1, 10),
};
static const struct shape application_config_shape =
    SHAPE_OF(application_config_members);

static const struct member price_members[] = {
    TEXT(MUST, "Amount", 0, 0),
    WORD(MUST, "Currency", crypto_currency_words),
};
static const struct shape price_shape = SHAPE_OF(price_members);

static const struct member payment_network_members[] = {
    WORD(MUST, "Chain", blockchain_chain_words),
    TEXT(MUST, "WalletAddress", 0, 0),
    STRUCTS(MUST, "Prices", price_shape, 0, 0),
};
static const struct shape payment_network_shape =
    SHAPE_OF(payment_network_members);

static const struct member crypto_config_members[] = {
    STRUCTS(MUST, "PaymentNetworks", payment_network_shape, 1, 2),
};
static const struct shape crypto_config_shape = SHAPE_OF(crypto_config_members);

static const struct member monetization_members[] = {
    STRUCT(MAY, "CryptoConfig", crypto_config_shape),
    WORD(MAY, "CurrencyMode", currency_mode_words),
};
const struct shape wafv2_monetization_shape = SHAPE_OF(monetization_members);

/* What Create and Update take. */
#define MEMBERS_OF_ACL                                                         \
    STRUCT(MUST, "DefaultAction", wafv2_default_action_shape),                 \
        WAFV2_MEMBER_DESCRIPTION,                                              \
        STRUCTS(MAY, "Rules", wafv2_rule_shape, 0, 0),                         \
        STRUCT(MUST, "VisibilityConfig", wafv2_visibility_shape),              \
        STRUCT(MAY, "DataProtectionConfig", data_protection_config_shape),     \
        MAP(MAY, "CustomResponseBodies", wafv2_body_shape, 1),                 \
        STRUCT(MAY, "CaptchaConfig", wafv2_immunity_shape),                    \
        STRUCT(MAY, "ChallengeConfig", wafv2_immunity_shape),                  \
        DOMAINS(MAY, "TokenDomains", 0, 0, 253),                               \
        STRUCT(MAY, "AssociationConfig", association_config_shape),            \
        STRUCT(MAY, "OnSourceDDoSProtectionConfig", low_reputation_shape),     \
        STRUCT(MAY, "ApplicationConfig", application_config_shape),            \
        STRUCT(MAY, "MonetizationConfig", wafv2_monetization_shape)

static const struct member create_members[] = {
    WAFV2_MEMBER_NAME,
    WAFV2_MEMBER_SCOPE,
    MEMBERS_OF_ACL,
    WAFV2_MEMBER_TAGS,
};
const struct shape wafv2_create_acl_shape = SHAPE_OF(create_members);

static const struct member update_members[] = {
    WAFV2_MEMBER_NAME, WAFV2_MEMBER_SCOPE, WAFV2_MEMBER_ID,
    MEMBERS_OF_ACL,    WAFV2_MEMBER_LOCK,
};
const struct shape wafv2_update_acl_shape = SHAPE_OF(update_members);

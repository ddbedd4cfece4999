/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements (aws-waf.md 2).  They stand in each other: how deep, the reader of
 * shapes bounds.
 */
#include "api/waf_shape.h"

static const char *const constraint_words[] = {
    "EXACTLY", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "CONTAINS_WORD", NULL};
static const char *const sensitivity_level_words[] = {"LOW", "HIGH", NULL};
static const char *const comparison_words[] = {"EQ", "NE", "LE", "LT",
                                               "GE", "GT", NULL};
static const char *const aggregate_words[] = {"IP", "FORWARDED_IP",
                                              "CUSTOM_KEYS", "CONSTANT", NULL};
static const char *const label_match_scope_words[] = {"LABEL", "NAMESPACE",
                                                      NULL};

static const struct member byte_match_statement_members[] = {
    TEXT(MUST, "SearchString", 0, 0),
    STRUCT(MUST, "FieldToMatch", wafv2_field_shape),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
    WORD(MUST, "PositionalConstraint", constraint_words),
    STRUCTS(MAY, "PreParseTextTransformations", wafv2_pre_parse_shape, 0, 0),
};
static const struct shape byte_match_statement_shape =
    SHAPE_OF(byte_match_statement_members);

static const struct member sqli_match_statement_members[] = {
    STRUCT(MUST, "FieldToMatch", wafv2_field_shape),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
    WORD(MAY, "SensitivityLevel", sensitivity_level_words),
    STRUCTS(MAY, "PreParseTextTransformations", wafv2_pre_parse_shape, 0, 0),
};
static const struct shape sqli_match_statement_shape =
    SHAPE_OF(sqli_match_statement_members);

static const struct member xss_match_statement_members[] = {
    STRUCT(MUST, "FieldToMatch", wafv2_field_shape),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
    STRUCTS(MAY, "PreParseTextTransformations", wafv2_pre_parse_shape, 0, 0),
};
static const struct shape xss_match_statement_shape =
    SHAPE_OF(xss_match_statement_members);

static const struct member size_constraint_statement_members[] = {
    STRUCT(MUST, "FieldToMatch", wafv2_field_shape),
    WORD(MUST, "ComparisonOperator", comparison_words),
    NUMBER(MUST, "Size", 0, 21474836480),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
    STRUCTS(MAY, "PreParseTextTransformations", wafv2_pre_parse_shape, 0, 0),
};
static const struct shape size_constraint_statement_shape =
    SHAPE_OF(size_constraint_statement_members);

static const struct member geo_match_statement_members[] = {
    TEXTS(MAY, "CountryCodes", 1, 0, 2, 2),
    STRUCT(MAY, "ForwardedIPConfig", wafv2_forwarded_shape),
};
static const struct shape geo_match_statement_shape =
    SHAPE_OF(geo_match_statement_members);

static const struct member excluded_rule_members[] = {
    NAME(MUST, "Name", 128),
};
static const struct shape excluded_rule_shape = SHAPE_OF(excluded_rule_members);

static const struct member rule_action_override_members[] = {
    NAME(MUST, "Name", 128),
    STRUCT(MUST, "ActionToUse", wafv2_rule_action_shape),
};
static const struct shape rule_action_override_shape =
    SHAPE_OF(rule_action_override_members);

static const struct member rule_group_reference_statement_members[] = {
    ARN(MUST, "ARN"),
    STRUCTS(MAY, "ExcludedRules", excluded_rule_shape, 0, 100),
    STRUCTS(MAY, "RuleActionOverrides", rule_action_override_shape, 0, 100),
};
static const struct shape rule_group_reference_statement_shape =
    SHAPE_OF(rule_group_reference_statement_members);

static const struct member ip_set_reference_statement_members[] = {
    ARN(MUST, "ARN"),
    STRUCT(MAY, "IPSetForwardedIPConfig", wafv2_ip_set_forwarded_shape),
};
static const struct shape ip_set_reference_statement_shape =
    SHAPE_OF(ip_set_reference_statement_members);

static const struct member regex_pattern_set_reference_statement_members[] = {
    ARN(MUST, "ARN"),
    STRUCT(MUST, "FieldToMatch", wafv2_field_shape),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
    STRUCTS(MAY, "PreParseTextTransformations", wafv2_pre_parse_shape, 0, 0),
};
static const struct shape regex_pattern_set_reference_statement_shape =
    SHAPE_OF(regex_pattern_set_reference_statement_members);

static const struct member rate_limit_header_members[] = {
    TOLD(MUST, "Name", 64),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
};
static const struct shape rate_limit_header_shape =
    SHAPE_OF(rate_limit_header_members);

static const struct member rate_limit_cookie_members[] = {
    TOLD(MUST, "Name", 64),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
};
static const struct shape rate_limit_cookie_shape =
    SHAPE_OF(rate_limit_cookie_members);

static const struct member rate_limit_query_argument_members[] = {
    TOLD(MUST, "Name", 64),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
};
static const struct shape rate_limit_query_argument_shape =
    SHAPE_OF(rate_limit_query_argument_members);

static const struct member rate_limit_query_string_members[] = {
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
};
static const struct shape rate_limit_query_string_shape =
    SHAPE_OF(rate_limit_query_string_members);

static const struct member rate_limit_label_namespace_members[] = {
    NAMESPACE(MUST, "Namespace", 1024),
};
static const struct shape rate_limit_label_namespace_shape =
    SHAPE_OF(rate_limit_label_namespace_members);

static const struct member rate_limit_uri_path_members[] = {
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
};
static const struct shape rate_limit_uri_path_shape =
    SHAPE_OF(rate_limit_uri_path_members);

static const struct member rate_limit_ja3_fingerprint_members[] = {
    WORD(MUST, "FallbackBehavior", wafv2_fallbacks),
};
static const struct shape rate_limit_ja3_fingerprint_shape =
    SHAPE_OF(rate_limit_ja3_fingerprint_members);

static const struct member rate_limit_ja4_fingerprint_members[] = {
    WORD(MUST, "FallbackBehavior", wafv2_fallbacks),
};
static const struct shape rate_limit_ja4_fingerprint_shape =
    SHAPE_OF(rate_limit_ja4_fingerprint_members);

static const struct member custom_key_members[] = {
    STRUCT(MAY, "Header", rate_limit_header_shape),
    STRUCT(MAY, "Cookie", rate_limit_cookie_shape),
    STRUCT(MAY, "QueryArgument", rate_limit_query_argument_shape),
    STRUCT(MAY, "QueryString", rate_limit_query_string_shape),
    STRUCT(MAY, "HTTPMethod", wafv2_empty_shape),
    STRUCT(MAY, "ForwardedIP", wafv2_empty_shape),
    STRUCT(MAY, "IP", wafv2_empty_shape),
    STRUCT(MAY, "LabelNamespace", rate_limit_label_namespace_shape),
    STRUCT(MAY, "UriPath", rate_limit_uri_path_shape),
    STRUCT(MAY, "JA3Fingerprint", rate_limit_ja3_fingerprint_shape),
    STRUCT(MAY, "JA4Fingerprint", rate_limit_ja4_fingerprint_shape),
    STRUCT(MAY, "ASN", wafv2_empty_shape),
};
static const struct shape custom_key_shape = SHAPE_OF(custom_key_members);

static const struct member rate_based_statement_members[] = {
    NUMBER(MUST, "Limit", 10, 2000000000),
    NUMBER(MAY, "EvaluationWindowSec", 0, 0),
    WORD(MUST, "AggregateKeyType", aggregate_words),
    STRUCT(MAY, "ScopeDownStatement", wafv2_statement_shape),
    STRUCT(MAY, "ForwardedIPConfig", wafv2_forwarded_shape),
    STRUCTS(MAY, "CustomKeys", custom_key_shape, 0, 5),
};
static const struct shape rate_based_statement_shape =
    SHAPE_OF(rate_based_statement_members);

static const struct member and_statement_members[] = {
    STRUCTS(MUST, "Statements", wafv2_statement_shape, 0, 0),
};
static const struct shape and_statement_shape = SHAPE_OF(and_statement_members);

static const struct member or_statement_members[] = {
    STRUCTS(MUST, "Statements", wafv2_statement_shape, 0, 0),
};
static const struct shape or_statement_shape = SHAPE_OF(or_statement_members);

static const struct member not_statement_members[] = {
    STRUCT(MUST, "Statement", wafv2_statement_shape),
};
static const struct shape not_statement_shape = SHAPE_OF(not_statement_members);

static const struct member managed_rule_group_statement_members[] = {
    TOLD(MUST, "VendorName", 128),
    NAME(MUST, "Name", 128),
    METRIC(MAY, "Version", 64),
    STRUCTS(MAY, "ExcludedRules", excluded_rule_shape, 0, 100),
    STRUCT(MAY, "ScopeDownStatement", wafv2_statement_shape),
    STRUCTS(MAY, "ManagedRuleGroupConfigs", wafv2_managed_config_shape, 0, 0),
    STRUCTS(MAY, "RuleActionOverrides", rule_action_override_shape, 0, 100),
};
static const struct shape managed_rule_group_statement_shape =
    SHAPE_OF(managed_rule_group_statement_members);

static const struct member label_match_statement_members[] = {
    WORD(MUST, "Scope", label_match_scope_words),
    LABEL(MUST, "Key", 1024),
};
static const struct shape label_match_statement_shape =
    SHAPE_OF(label_match_statement_members);

static const struct member regex_match_statement_members[] = {
    LINE(MUST, "RegexString", 512),
    STRUCT(MUST, "FieldToMatch", wafv2_field_shape),
    STRUCTS(MUST, "TextTransformations", wafv2_transformation_shape, 1, 0),
    STRUCTS(MAY, "PreParseTextTransformations", wafv2_pre_parse_shape, 0, 0),
};
static const struct shape regex_match_statement_shape =
    SHAPE_OF(regex_match_statement_members);

static const struct member asn_match_statement_members[] = {
    NUMBERS(MUST, "AsnList", 1, 100, 0, 4294967295),
    STRUCT(MAY, "ForwardedIPConfig", wafv2_forwarded_shape),
};
static const struct shape asn_match_statement_shape =
    SHAPE_OF(asn_match_statement_members);

static const struct member statement_members[] = {
    STRUCT(MAY, "ByteMatchStatement", byte_match_statement_shape),
    STRUCT(MAY, "SqliMatchStatement", sqli_match_statement_shape),
    STRUCT(MAY, "XssMatchStatement", xss_match_statement_shape),
    STRUCT(MAY, "SizeConstraintStatement", size_constraint_statement_shape),
    STRUCT(MAY, "GeoMatchStatement", geo_match_statement_shape),
    STRUCT(MAY, "RuleGroupReferenceStatement",
           rule_group_reference_statement_shape),
    STRUCT(MAY, "IPSetReferenceStatement", ip_set_reference_statement_shape),
    STRUCT(MAY, "RegexPatternSetReferenceStatement",
           regex_pattern_set_reference_statement_shape),
    STRUCT(MAY, "RateBasedStatement", rate_based_statement_shape),
    STRUCT(MAY, "AndStatement", and_statement_shape),
    STRUCT(MAY, "OrStatement", or_statement_shape),
    STRUCT(MAY, "NotStatement", not_statement_shape),
    STRUCT(MAY, "ManagedRuleGroupStatement",
           managed_rule_group_statement_shape),
    STRUCT(MAY, "LabelMatchStatement", label_match_statement_shape),
    STRUCT(MAY, "RegexMatchStatement", regex_match_statement_shape),
    STRUCT(MAY, "AsnMatchStatement", asn_match_statement_shape),
};
const struct shape wafv2_statement_shape = SHAPE_OF(statement_members);

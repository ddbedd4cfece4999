/* SPDX-License-Identifier: Apache-2.0
 *
 * FieldToMatch and what is done with it before statements compare (aws-waf.md
 * 3, 4).
 */
#include "api/waf_shape.h"

const char *const wafv2_fallbacks[] = {"MATCH", "NO_MATCH", NULL};
const char *const wafv2_transformations[] = {
#define X(name) #name,
#include "model/waf_transformations.def"
#undef X
    NULL,
};
static const char *const oversize_words[] = {"CONTINUE", "MATCH", "NO_MATCH",
                                             NULL};
static const char *const scope_words[] = {"ALL", "KEY", "VALUE", NULL};
static const char *const invalid_words[] = {"MATCH", "NO_MATCH",
                                            "EVALUATE_AS_STRING", NULL};
static const char *const pre_parse_words[] = {
    "NONE",
    "URL_DECODE",
    "URL_DECODE_UNI",
    "COMBINE_DUPLICATE_QUERY_ARGS_BY_COMMA",
    "REPLACE_SEMICOLONS_WITH_AMPERSANDS",
    NULL};
static const char *const position_words[] = {"FIRST", "LAST", "ANY", NULL};

static const struct member single_header_members[] = {
    TOLD(MUST, "Name", 64),
};
static const struct shape single_header_shape = SHAPE_OF(single_header_members);

static const struct member single_query_argument_members[] = {
    TOLD(MUST, "Name", 64),
};
static const struct shape single_query_argument_shape =
    SHAPE_OF(single_query_argument_members);

static const struct member body_members[] = {
    WORD(MAY, "OversizeHandling", oversize_words),
};
static const struct shape body_shape = SHAPE_OF(body_members);

static const struct member json_match_pattern_members[] = {
    STRUCT(MAY, "All", wafv2_empty_shape),
    POINTERS(MAY, "IncludedPaths", 1, 0, 512),
};
static const struct shape json_match_pattern_shape =
    SHAPE_OF(json_match_pattern_members);

static const struct member json_body_members[] = {
    STRUCT(MUST, "MatchPattern", json_match_pattern_shape),
    WORD(MUST, "MatchScope", scope_words),
    WORD(MAY, "InvalidFallbackBehavior", invalid_words),
    WORD(MAY, "OversizeHandling", oversize_words),
};
static const struct shape json_body_shape = SHAPE_OF(json_body_members);

static const struct member header_match_pattern_members[] = {
    STRUCT(MAY, "All", wafv2_empty_shape),
    TOLDS(MAY, "IncludedHeaders", 1, 199, 64),
    TOLDS(MAY, "ExcludedHeaders", 1, 199, 64),
};
static const struct shape header_match_pattern_shape =
    SHAPE_OF(header_match_pattern_members);

static const struct member headers_members[] = {
    STRUCT(MUST, "MatchPattern", header_match_pattern_shape),
    WORD(MUST, "MatchScope", scope_words),
    WORD(MUST, "OversizeHandling", oversize_words),
};
static const struct shape headers_shape = SHAPE_OF(headers_members);

static const struct member cookie_match_pattern_members[] = {
    STRUCT(MAY, "All", wafv2_empty_shape),
    TOLDS(MAY, "IncludedCookies", 1, 199, 60),
    TOLDS(MAY, "ExcludedCookies", 1, 199, 60),
};
static const struct shape cookie_match_pattern_shape =
    SHAPE_OF(cookie_match_pattern_members);

static const struct member cookies_members[] = {
    STRUCT(MUST, "MatchPattern", cookie_match_pattern_shape),
    WORD(MUST, "MatchScope", scope_words),
    WORD(MUST, "OversizeHandling", oversize_words),
};
static const struct shape cookies_shape = SHAPE_OF(cookies_members);

static const struct member header_order_members[] = {
    WORD(MUST, "OversizeHandling", oversize_words),
};
static const struct shape header_order_shape = SHAPE_OF(header_order_members);

static const struct member ja3_fingerprint_members[] = {
    WORD(MUST, "FallbackBehavior", wafv2_fallbacks),
};
static const struct shape ja3_fingerprint_shape =
    SHAPE_OF(ja3_fingerprint_members);

static const struct member ja4_fingerprint_members[] = {
    WORD(MUST, "FallbackBehavior", wafv2_fallbacks),
};
static const struct shape ja4_fingerprint_shape =
    SHAPE_OF(ja4_fingerprint_members);

static const struct member uri_fragment_members[] = {
    WORD(MAY, "FallbackBehavior", wafv2_fallbacks),
};
static const struct shape uri_fragment_shape = SHAPE_OF(uri_fragment_members);

static const struct member field_members[] = {
    STRUCT(MAY, "SingleHeader", single_header_shape),
    STRUCT(MAY, "SingleQueryArgument", single_query_argument_shape),
    STRUCT(MAY, "AllQueryArguments", wafv2_empty_shape),
    STRUCT(MAY, "UriPath", wafv2_empty_shape),
    STRUCT(MAY, "QueryString", wafv2_empty_shape),
    STRUCT(MAY, "Body", body_shape),
    STRUCT(MAY, "Method", wafv2_empty_shape),
    STRUCT(MAY, "JsonBody", json_body_shape),
    STRUCT(MAY, "Headers", headers_shape),
    STRUCT(MAY, "Cookies", cookies_shape),
    STRUCT(MAY, "HeaderOrder", header_order_shape),
    STRUCT(MAY, "JA3Fingerprint", ja3_fingerprint_shape),
    STRUCT(MAY, "JA4Fingerprint", ja4_fingerprint_shape),
    STRUCT(MAY, "UriFragment", uri_fragment_shape),
};
const struct shape wafv2_field_shape = SHAPE_OF(field_members);

static const struct member transformation_members[] = {
    NUMBER(MUST, "Priority", 0, 2147483647),
    WORD(MUST, "Type", wafv2_transformations),
};
const struct shape wafv2_transformation_shape =
    SHAPE_OF(transformation_members);

static const struct member pre_parse_members[] = {
    NUMBER(MUST, "Priority", 0, 2147483647),
    WORD(MUST, "Type", pre_parse_words),
};
const struct shape wafv2_pre_parse_shape = SHAPE_OF(pre_parse_members);

static const struct member forwarded_members[] = {
    HEADER(MUST, "HeaderName", 255),
    WORD(MUST, "FallbackBehavior", wafv2_fallbacks),
};
const struct shape wafv2_forwarded_shape = SHAPE_OF(forwarded_members);

static const struct member ip_set_forwarded_members[] = {
    HEADER(MUST, "HeaderName", 255),
    WORD(MUST, "FallbackBehavior", wafv2_fallbacks),
    WORD(MUST, "Position", position_words),
};
const struct shape wafv2_ip_set_forwarded_shape =
    SHAPE_OF(ip_set_forwarded_members);

/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules and their actions (aws-waf.md 1.2, 5).
 */
#include "api/waf_shape.h"

static const char *const response_content_type_words[] = {
    "TEXT_PLAIN", "TEXT_HTML", "APPLICATION_JSON", NULL};

static const struct member header_members[] = {
    INSERTED(MUST, "Name", 64),
    LINE(MUST, "Value", 255),
};
static const struct shape header_shape = SHAPE_OF(header_members);

static const struct member custom_response_members[] = {
    NUMBER(MUST, "ResponseCode", 200, 599),
    NAME(MAY, "CustomResponseBodyKey", 128),
    STRUCTS(MAY, "ResponseHeaders", header_shape, 1, 0),
};
static const struct shape custom_response_shape =
    SHAPE_OF(custom_response_members);

static const struct member block_action_members[] = {
    STRUCT(MAY, "CustomResponse", custom_response_shape),
};
static const struct shape block_action_shape = SHAPE_OF(block_action_members);

static const struct member custom_request_handling_members[] = {
    STRUCTS(MUST, "InsertHeaders", header_shape, 1, 0),
};
static const struct shape custom_request_handling_shape =
    SHAPE_OF(custom_request_handling_members);

/* Allow, Count, Captcha, Challenge. */
static const struct member passing_action_members[] = {
    STRUCT(MAY, "CustomRequestHandling", custom_request_handling_shape),
};
static const struct shape passing_action_shape =
    SHAPE_OF(passing_action_members);

static const struct member monetize_action_members[] = {
    TEXT(MAY, "PriceMultiplier", 0, 0),
};
static const struct shape monetize_action_shape =
    SHAPE_OF(monetize_action_members);

static const struct member rule_action_members[] = {
    STRUCT(MAY, "Block", block_action_shape),
    STRUCT(MAY, "Allow", passing_action_shape),
    STRUCT(MAY, "Count", passing_action_shape),
    STRUCT(MAY, "Captcha", passing_action_shape),
    STRUCT(MAY, "Challenge", passing_action_shape),
    STRUCT(MAY, "Monetize", monetize_action_shape),
};
const struct shape wafv2_rule_action_shape = SHAPE_OF(rule_action_members);

static const struct member default_action_members[] = {
    STRUCT(MAY, "Block", block_action_shape),
    STRUCT(MAY, "Allow", passing_action_shape),
};
const struct shape wafv2_default_action_shape =
    SHAPE_OF(default_action_members);

static const struct member override_action_members[] = {
    STRUCT(MAY, "Count", passing_action_shape),
    STRUCT(MAY, "None", wafv2_empty_shape),
};
static const struct shape override_action_shape =
    SHAPE_OF(override_action_members);

static const struct member label_members[] = {
    LABEL(MUST, "Name", 1024),
};
static const struct shape label_shape = SHAPE_OF(label_members);

static const struct member visibility_config_members[] = {
    BOOL(MUST, "SampledRequestsEnabled"),
    BOOL(MUST, "CloudWatchMetricsEnabled"),
    METRIC(MUST, "MetricName", 255),
};
const struct shape wafv2_visibility_shape = SHAPE_OF(visibility_config_members);

static const struct member immunity_time_members[] = {
    NUMBER(MUST, "ImmunityTime", 60, 259200),
};
static const struct shape immunity_time_shape = SHAPE_OF(immunity_time_members);

/* CaptchaConfig, ChallengeConfig. */
static const struct member immunity_members[] = {
    STRUCT(MAY, "ImmunityTimeProperty", immunity_time_shape),
};
const struct shape wafv2_immunity_shape = SHAPE_OF(immunity_members);

static const struct member rule_members[] = {
    NAME(MUST, "Name", 128),
    NUMBER(MUST, "Priority", 0, 2147483647),
    STRUCT(MUST, "Statement", wafv2_statement_shape),
    STRUCT(MAY, "Action", wafv2_rule_action_shape),
    STRUCT(MAY, "OverrideAction", override_action_shape),
    STRUCTS(MAY, "RuleLabels", label_shape, 0, 0),
    STRUCT(MUST, "VisibilityConfig", wafv2_visibility_shape),
    STRUCT(MAY, "CaptchaConfig", wafv2_immunity_shape),
    STRUCT(MAY, "ChallengeConfig", wafv2_immunity_shape),
};
const struct shape wafv2_rule_shape = SHAPE_OF(rule_members);

static const struct member custom_response_body_members[] = {
    WORD(MUST, "ContentType", response_content_type_words),
    TEXT(MUST, "Content", 1, 10240),
};
const struct shape wafv2_body_shape = SHAPE_OF(custom_response_body_members);

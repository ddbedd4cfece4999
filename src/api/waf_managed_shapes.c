/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of managed rule groups (aws-waf.md 1.5).
 */
#include "api/waf_shape.h"

static const char *const inspection_level_words[] = {"COMMON", "TARGETED",
                                                     NULL};
static const char *const payload_type_words[] = {"JSON", "FORM_ENCODED", NULL};
static const char *const usage_of_action_words[] = {"ENABLED", "DISABLED",
                                                    NULL};
static const char *const sensitivity_to_act_words[] = {"LOW", "MEDIUM", "HIGH",
                                                       NULL};

static const struct member username_field_members[] = {
    TOLD(MUST, "Identifier", 512),
};
static const struct shape username_field_shape =
    SHAPE_OF(username_field_members);

static const struct member password_field_members[] = {
    TOLD(MUST, "Identifier", 512),
};
static const struct shape password_field_shape =
    SHAPE_OF(password_field_members);

static const struct member bot_control_rule_set_members[] = {
    WORD(MUST, "InspectionLevel", inspection_level_words),
    BOOL(MAY, "EnableMachineLearning"),
};
static const struct shape bot_control_rule_set_shape =
    SHAPE_OF(bot_control_rule_set_members);

static const struct member request_inspection_members[] = {
    WORD(MUST, "PayloadType", payload_type_words),
    STRUCT(MUST, "UsernameField", username_field_shape),
    STRUCT(MUST, "PasswordField", password_field_shape),
};
static const struct shape request_inspection_shape =
    SHAPE_OF(request_inspection_members);

static const struct member inspection_status_code_members[] = {
    NUMBERS(MUST, "SuccessCodes", 1, 10, 0, 999),
    NUMBERS(MUST, "FailureCodes", 1, 10, 0, 999),
};
static const struct shape inspection_status_code_shape =
    SHAPE_OF(inspection_status_code_members);

static const struct member inspection_header_members[] = {
    TOLD(MUST, "Name", 200),
    TOLDS(MUST, "SuccessValues", 1, 3, 100),
    TOLDS(MUST, "FailureValues", 1, 3, 100),
};
static const struct shape inspection_header_shape =
    SHAPE_OF(inspection_header_members);

static const struct member inspection_body_contains_members[] = {
    TOLDS(MUST, "SuccessStrings", 1, 5, 100),
    TOLDS(MUST, "FailureStrings", 1, 5, 100),
};
static const struct shape inspection_body_contains_shape =
    SHAPE_OF(inspection_body_contains_members);

static const struct member inspection_json_members[] = {
    TOLD(MUST, "Identifier", 512),
    TOLDS(MUST, "SuccessValues", 1, 5, 100),
    TOLDS(MUST, "FailureValues", 1, 5, 100),
};
static const struct shape inspection_json_shape =
    SHAPE_OF(inspection_json_members);

static const struct member inspection_members[] = {
    STRUCT(MAY, "StatusCode", inspection_status_code_shape),
    STRUCT(MAY, "Header", inspection_header_shape),
    STRUCT(MAY, "BodyContains", inspection_body_contains_shape),
    STRUCT(MAY, "Json", inspection_json_shape),
};
static const struct shape inspection_shape = SHAPE_OF(inspection_members);

static const struct member atp_rule_set_members[] = {
    TEXT(MUST, "LoginPath", 0, 0),
    STRUCT(MAY, "RequestInspection", request_inspection_shape),
    STRUCT(MAY, "ResponseInspection", inspection_shape),
    BOOL(MAY, "EnableRegexInPath"),
};
static const struct shape atp_rule_set_shape = SHAPE_OF(atp_rule_set_members);

static const struct member email_field_members[] = {
    TOLD(MUST, "Identifier", 512),
};
static const struct shape email_field_shape = SHAPE_OF(email_field_members);

static const struct member phone_number_field_members[] = {
    TOLD(MUST, "Identifier", 512),
};
static const struct shape phone_number_field_shape =
    SHAPE_OF(phone_number_field_members);

static const struct member address_field_members[] = {
    TOLD(MUST, "Identifier", 512),
};
static const struct shape address_field_shape = SHAPE_OF(address_field_members);

static const struct member request_inspection_acfp_members[] = {
    WORD(MUST, "PayloadType", payload_type_words),
    STRUCT(MAY, "UsernameField", username_field_shape),
    STRUCT(MAY, "PasswordField", password_field_shape),
    STRUCT(MAY, "EmailField", email_field_shape),
    STRUCTS(MAY, "PhoneNumberFields", phone_number_field_shape, 0, 0),
    STRUCTS(MAY, "AddressFields", address_field_shape, 0, 0),
};
static const struct shape request_inspection_acfp_shape =
    SHAPE_OF(request_inspection_acfp_members);

static const struct member acfp_rule_set_members[] = {
    TOLD(MUST, "CreationPath", 256),
    TOLD(MUST, "RegistrationPagePath", 256),
    STRUCT(MUST, "RequestInspection", request_inspection_acfp_shape),
    STRUCT(MAY, "ResponseInspection", inspection_shape),
    BOOL(MAY, "EnableRegexInPath"),
};
static const struct shape acfp_rule_set_shape = SHAPE_OF(acfp_rule_set_members);

static const struct member client_side_action_members[] = {
    WORD(MUST, "UsageOfAction", usage_of_action_words),
    WORD(MAY, "Sensitivity", sensitivity_to_act_words),
    STRUCTS(MAY, "ExemptUriRegularExpressions", wafv2_regex_shape, 0, 0),
};
static const struct shape client_side_action_shape =
    SHAPE_OF(client_side_action_members);

static const struct member client_side_action_config_members[] = {
    STRUCT(MUST, "Challenge", client_side_action_shape),
};
static const struct shape client_side_action_config_shape =
    SHAPE_OF(client_side_action_config_members);

static const struct member anti_ddos_rule_set_members[] = {
    STRUCT(MUST, "ClientSideActionConfig", client_side_action_config_shape),
    WORD(MAY, "SensitivityToBlock", sensitivity_to_act_words),
};
static const struct shape anti_ddos_rule_set_shape =
    SHAPE_OF(anti_ddos_rule_set_members);

static const struct member managed_rule_group_config_members[] = {
    TOLD(MAY, "LoginPath", 256),
    WORD(MAY, "PayloadType", payload_type_words),
    STRUCT(MAY, "UsernameField", username_field_shape),
    STRUCT(MAY, "PasswordField", password_field_shape),
    STRUCT(MAY, "AWSManagedRulesBotControlRuleSet", bot_control_rule_set_shape),
    STRUCT(MAY, "AWSManagedRulesATPRuleSet", atp_rule_set_shape),
    STRUCT(MAY, "AWSManagedRulesACFPRuleSet", acfp_rule_set_shape),
    STRUCT(MAY, "AWSManagedRulesAntiDDoSRuleSet", anti_ddos_rule_set_shape),
};
const struct shape wafv2_managed_config_shape =
    SHAPE_OF(managed_rule_group_config_members);

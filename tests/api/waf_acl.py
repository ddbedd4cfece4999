# SPDX-License-Identifier: Apache-2.0
"""The web ACL of aws-waf.md 1.7, and pieces for others."""
import copy

from waf import rule, visibility


def byte_match(text, field=None, constraint="EXACTLY", *transformations):
    """A ByteMatchStatement on the path unless a field is given."""
    return {"ByteMatchStatement": {
        "SearchString": text, "FieldToMatch": field or {"UriPath": {}},
        "PositionalConstraint": constraint,
        "TextTransformations": [
            {"Priority": i, "Type": t}
            for i, t in enumerate(transformations or ("NONE",))]}}


def size(field, more_than, **more):
    return {"SizeConstraintStatement": {
        "FieldToMatch": field, "ComparisonOperator": "GT", "Size": more_than,
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}], **more}}


SHOP = {
    "DefaultAction": {"Allow": {}}, "Description": "demo acl",
    "VisibilityConfig": visibility("shop"),
    "CustomResponseBodies": {"slow": {
        "ContentType": "APPLICATION_JSON",
        "Content": '{"error":"slow down"}'}},
    "TokenDomains": ["shop.example"],
    "ChallengeConfig": {"ImmunityTimeProperty": {"ImmunityTime": 600}},
    "Rules": [
        rule("geo", 0, {"GeoMatchStatement": {"CountryCodes": ["AQ"]}},
             Action={"Count": {}}),
        rule("common", 10, {"ManagedRuleGroupStatement": {
            "VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet",
            "Version": "Version_1.23",
            "RuleActionOverrides": [{"Name": "SizeRestrictions_BODY",
                                     "ActionToUse": {"Count": {}}}],
            "ScopeDownStatement": {"NotStatement": {
                "Statement": byte_match(b"/health")}}}},
             OverrideAction={"None": {}}),
        rule("big-body-not-upload", 20, {"AndStatement": {"Statements": [
            {"LabelMatchStatement": {
                "Scope": "LABEL",
                "Key": "awswaf:managed:aws:core-rule-set:"
                       "SizeRestrictions_Body"}},
            {"NotStatement": {"Statement": byte_match(
                b"/upload/", None, "STARTS_WITH", "URL_DECODE",
                "NORMALIZE_PATH")}}]}},
             RuleLabels=[{"Name": "size:blocked"}]),
        rule("login-rate", 30, {"RateBasedStatement": {
            "Limit": 100, "EvaluationWindowSec": 60,
            "AggregateKeyType": "CUSTOM_KEYS",
            "CustomKeys": [{"IP": {}}, {"Header": {
                "Name": "user-agent", "TextTransformations": [
                    {"Priority": 0, "Type": "LOWERCASE"}]}}],
            "ScopeDownStatement": byte_match(
                b"/login", None, "STARTS_WITH", "LOWERCASE")}},
             Action={"Block": {"CustomResponse": {
                 "ResponseCode": 429, "CustomResponseBodyKey": "slow",
                 "ResponseHeaders": [{"Name": "Retry-After",
                                      "Value": "60"}]}}}),
        rule("non-eu-challenge", 40, {"LabelMatchStatement": {
            "Scope": "LABEL", "Key": "awswaf:clientip:geo:country:XX"}},
             Action={"Challenge": {}})]}


def shop(**more):
    return {**copy.deepcopy(SHOP), **more}

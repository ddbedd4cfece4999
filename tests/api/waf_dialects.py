# SPDX-License-Identifier: Apache-2.0
"""One web ACL with every statement, field and transformation that there is, in
the three dialects of aws-waf.md 1.6.

    wide(arns)              what CreateWebACL takes, and GetWebACL answers; arns:
                            {"IPSet": ..., "RegexPatternSet": ..., "RuleGroup"}
    template(name, wide)    a CloudFormation template with the sets too
    terraform(name, wide)   what `terraform show -json` prints of them
    SETS                    what the Create calls take of the others
"""
import base64
import re

from waf import rule, visibility

FIELDS = [
    {"UriPath": {}}, {"UriFragment": {"FallbackBehavior": "NO_MATCH"}},
    {"QueryString": {}}, {"SingleQueryArgument": {"Name": "user"}},
    {"AllQueryArguments": {}}, {"SingleHeader": {"Name": "user-agent"}},
    {"Headers": {"MatchPattern": {"IncludedHeaders": ["accept", "x-a"]},
                 "MatchScope": "KEY", "OversizeHandling": "MATCH"}},
    {"Headers": {"MatchPattern": {"ExcludedHeaders": ["accept"]},
                 "MatchScope": "VALUE", "OversizeHandling": "NO_MATCH"}},
    {"HeaderOrder": {"OversizeHandling": "CONTINUE"}},
    {"Cookies": {"MatchPattern": {"All": {}}, "MatchScope": "ALL",
                 "OversizeHandling": "CONTINUE"}},
    {"Cookies": {"MatchPattern": {"IncludedCookies": ["a", "b"]},
                 "MatchScope": "VALUE", "OversizeHandling": "MATCH"}},
    {"Body": {"OversizeHandling": "MATCH"}},
    {"JsonBody": {"MatchPattern": {"IncludedPaths": ["/a/b", "/c~1d"]},
                  "MatchScope": "ALL", "OversizeHandling": "NO_MATCH",
                  "InvalidFallbackBehavior": "EVALUATE_AS_STRING"}},
    {"Method": {}}]
CHAINS = [
    ["NONE"], ["URL_DECODE", "LOWERCASE", "COMPRESS_WHITE_SPACE"],
    ["HTML_ENTITY_DECODE", "CMD_LINE", "REPLACE_COMMENTS"],
    ["BASE64_DECODE"], ["HEX_DECODE", "ESCAPE_SEQ_DECODE"], ["MD5"],
    ["SQL_HEX_DECODE", "CSS_DECODE", "JS_DECODE"],
    ["NORMALIZE_PATH", "NORMALIZE_PATH_WIN"],
    ["REMOVE_NULLS", "REPLACE_NULLS", "BASE64_DECODE_EXT"],
    ["URL_DECODE_UNI", "UTF8_TO_UNICODE"]]
PLACES = ["EXACTLY", "STARTS_WITH", "ENDS_WITH", "CONTAINS", "CONTAINS_WORD"]
FORWARDED = {"HeaderName": "X-Client", "FallbackBehavior": "MATCH"}
GROUP_RULES = [
    rule("one", 0, {"GeoMatchStatement": {"CountryCodes": ["AQ"]}}),
    rule("two", 1, {"LabelMatchStatement": {"Scope": "LABEL", "Key": "l"}})]
SETS = {
    "IPSet": {"IPAddressVersion": "IPV4", "Name": "addresses",
              "Addresses": ["192.0.2.0/24", "198.51.100.7/32"]},
    "RegexPatternSet": {"Name": "patterns", "RegularExpressionList": [
        {"RegexString": "^/a+$"}, {"RegexString": "(?i)bot"}]},
    "RuleGroup": {"Name": "group", "Capacity": 10, "Rules": GROUP_RULES,
                  "VisibilityConfig": visibility("group")}}


def text(plain):
    """A SearchString on the wire."""
    return base64.b64encode(plain.encode()).decode()


def chain(i):
    return [{"Priority": p, "Type": t}
            for p, t in enumerate(CHAINS[i % len(CHAINS)])]


def byte_match(i, field):
    return {"ByteMatchStatement": {
        "SearchString": text("word_%d" % i), "FieldToMatch": field,
        "PositionalConstraint": PLACES[i % len(PLACES)],
        "TextTransformations": chain(i)}}


def on(kind, i, field, **more):
    return {kind: {**more, "FieldToMatch": field,
                   "TextTransformations": chain(i)}}


def fields():
    """A rule that looks at every field, one that looks at fingerprints."""
    prints = [{"ByteMatchStatement": {
        "SearchString": text("0123456789abcdef" * 2),
        "FieldToMatch": {kind: {"FallbackBehavior": "NO_MATCH"}},
        "PositionalConstraint": "EXACTLY", "TextTransformations": chain(0)}}
        for kind in ("JA3Fingerprint", "JA4Fingerprint")]
    return [
        rule("fields", 0, {"OrStatement": {"Statements": [
            byte_match(i, field) for i, field in enumerate(FIELDS)]}},
             RuleLabels=[{"Name": "seen:fields"}, {"Name": "seen"}]),
        rule("fingerprints", 1, {"AndStatement": {"Statements": prints}},
             Action={"Count": {"CustomRequestHandling": {"InsertHeaders": [
                 {"Name": "a", "Value": "b"}]}}})]


def others(arns):
    """The other statements that may be nested."""
    return [
        on("RegexMatchStatement", 1, FIELDS[0], RegexString="^/[a-z]+"),
        on("RegexPatternSetReferenceStatement", 2, FIELDS[5],
           ARN=arns["RegexPatternSet"]),
        on("SizeConstraintStatement", 0, FIELDS[2], ComparisonOperator="GE",
           Size=100),
        on("SqliMatchStatement", 9, FIELDS[4], SensitivityLevel="HIGH"),
        on("XssMatchStatement", 6, FIELDS[3]),
        {"GeoMatchStatement": {"CountryCodes": ["AQ", "XK"],
                               "ForwardedIPConfig": FORWARDED}},
        {"AsnMatchStatement": {"AsnList": [0, 4294967295]}},
        {"IPSetReferenceStatement": {
            "ARN": arns["IPSet"], "IPSetForwardedIPConfig": {
                **FORWARDED, "Position": "ANY"}}},
        {"NotStatement": {"Statement": {"IPSetReferenceStatement": {
            "ARN": arns["IPSet"]}}}},
        {"LabelMatchStatement": {"Scope": "NAMESPACE", "Key": "seen:"}}]


def rates():
    keys = [{"IP": {}}, {"ForwardedIP": {}},
            {"Header": {"Name": "x-a", "TextTransformations": chain(1)}},
            {"Cookie": {"Name": "c", "TextTransformations": chain(0)}},
            {"LabelNamespace": {"Namespace": "seen:"}}]
    more = [{"QueryArgument": {"Name": "q", "TextTransformations": chain(2)}},
            {"QueryString": {"TextTransformations": chain(0)}},
            {"UriPath": {"TextTransformations": chain(7)}}, {"HTTPMethod": {}},
            {"JA4Fingerprint": {"FallbackBehavior": "MATCH"}}]

    def rate(kind, **with_):
        return {"RateBasedStatement": {
            "Limit": 1000, "EvaluationWindowSec": 120,
            "AggregateKeyType": kind, **with_}}
    return [
        rule("keys", 20, rate("CUSTOM_KEYS", CustomKeys=keys,
                              ForwardedIPConfig=FORWARDED),
             Action={"Captcha": {}}, CaptchaConfig={
                 "ImmunityTimeProperty": {"ImmunityTime": 90}}),
        rule("more-keys", 21, rate("CUSTOM_KEYS", CustomKeys=more),
             Action={"Challenge": {}}, ChallengeConfig={
                 "ImmunityTimeProperty": {"ImmunityTime": 900}}),
        rule("everybody", 22, rate("CONSTANT", ScopeDownStatement=byte_match(
            0, FIELDS[0])), Action={"Block": {"CustomResponse": {
                "ResponseCode": 429, "CustomResponseBodyKey": "slow",
                "ResponseHeaders": [{"Name": "Retry-After",
                                     "Value": "60"}]}}}),
        rule("address", 23, rate("FORWARDED_IP",
                                 ForwardedIPConfig=FORWARDED))]


def groups(arns):
    override = {"Name": "one", "ActionToUse": {"Allow": {
        "CustomRequestHandling": {"InsertHeaders": [
            {"Name": "x", "Value": "y"}]}}}}
    return [
        rule("own", 30, {"RuleGroupReferenceStatement": {
            "ARN": arns["RuleGroup"], "RuleActionOverrides": [override]}},
             OverrideAction={"Count": {}}),
        rule("sql", 31, {"ManagedRuleGroupStatement": {
            "VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet",
            "RuleActionOverrides": [{"Name": "SQLi_BODY", "ActionToUse": {
                "Captcha": {}}}],
            "ScopeDownStatement": {"NotStatement": {
                "Statement": byte_match(1, FIELDS[0])}}}},
             OverrideAction={"None": {}}),
        rule("bots", 32, {"ManagedRuleGroupStatement": {
            "VendorName": "AWS", "Name": "AWSManagedRulesBotControlRuleSet",
            "ManagedRuleGroupConfigs": [{"AWSManagedRulesBotControlRuleSet": {
                "InspectionLevel": "TARGETED",
                "EnableMachineLearning": False}}]}},
             OverrideAction={"None": {}})]


def wide(arns):
    nested = {"OrStatement": {"Statements": others(arns)}}
    return {
        "Description": "all of it",
        "DefaultAction": {"Block": {"CustomResponse": {
            "ResponseCode": 404, "CustomResponseBodyKey": "slow"}}},
        "VisibilityConfig": visibility("wide"),
        "CustomResponseBodies": {"slow": {
            "ContentType": "TEXT_PLAIN", "Content": "slow\ndown \u00e9"}},
        "CaptchaConfig": {"ImmunityTimeProperty": {"ImmunityTime": 60}},
        "ChallengeConfig": {"ImmunityTimeProperty": {"ImmunityTime": 300}},
        "TokenDomains": ["shop.example", "a.example"],
        "AssociationConfig": {"RequestBody": {"API_GATEWAY": {
            "DefaultSizeInspectionLimit": "KB_48"}}},
        "DataProtectionConfig": {"DataProtections": [
            {"Field": {"FieldType": "SINGLE_COOKIE", "FieldKeys": ["a"]},
             "Action": "SUBSTITUTION", "ExcludeRuleMatchDetails": True,
             "ExcludeRateBasedDetails": False}]},
        "Rules": fields() + [
            rule("nested", 10, {"AndStatement": {"Statements": [
                nested, on("RegexMatchStatement", 0, FIELDS[0],
                           RegexString="^/[a-z]+$"),
                {"NotStatement": {"Statement": {"OrStatement": {"Statements": [
                    byte_match(18, FIELDS[2]), byte_match(0, FIELDS[13])]}}}}
            ]}}, Action={"Allow": {}})] + rates() + groups(arns)}


# ---- CloudFormation ----------------------------------------------------------------
def resource_type(kind):
    return "AWS::WAFv2::" + kind


def in_template(value, ids):
    """Arn for ARN, what an ARN names by Fn::GetAtt, search strings as text."""
    if isinstance(value, list):
        return [in_template(v, ids) for v in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for k, v in value.items():
        if k == "ARN":
            made["Arn"] = {"Fn::GetAtt": [ids[v], "Arn"]}
        elif k == "SearchString":
            made[k] = base64.b64decode(v).decode()
        elif k == "RegularExpressionList":
            made[k] = [r["RegexString"] for r in v]
        else:
            made[k] = in_template(v, ids)
    return made


def template(name, acl, arns):
    ids = {arn: kind for kind, arn in arns.items()}
    resources = {kind: {"Type": resource_type(kind), "Properties": {
        "Scope": "REGIONAL", **in_template(given, ids)}}
        for kind, given in SETS.items()}
    resources["Acl"] = {"Type": resource_type("WebACL"), "Properties": {
        "Name": name, "Scope": "REGIONAL", **in_template(acl, ids)}}
    return {"Resources": resources}


# ---- Terraform ---------------------------------------------------------------------
PLURAL = {"Rules": "rule", "RuleLabels": "rule_label", "CustomKeys":
          "custom_key", "Statements": "statement", "TextTransformations":
          "text_transformation", "RuleActionOverrides": "rule_action_override",
          "ResponseHeaders": "response_header", "InsertHeaders":
          "insert_header", "DataProtections": "data_protection",
          "CustomResponseBodies": "custom_response_body",
          "RegularExpressionList": "regular_expression",
          "ManagedRuleGroupConfigs": "managed_rule_group_configs",
          "CloudWatchMetricsEnabled": "cloudwatch_metrics_enabled",
          "AWSManagedRulesBotControlRuleSet":
          "aws_managed_rules_bot_control_rule_set"}


def snake(word):
    if word in PLURAL:
        return PLURAL[word]
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_",
                  word)
    return word.lower().replace("__", "_")


def blocks(value):
    """Values of attributes and blocks: a block is a list, also one alone."""
    made = {}
    for k, v in value.items():
        if k == "CustomResponseBodies":
            v = [{"Key": key, **body} for key, body in v.items()]
        if k == "SearchString":
            v = base64.b64decode(v).decode()
        if isinstance(v, dict):
            v = [blocks(v)]
        elif isinstance(v, list):
            v = [blocks(e) if isinstance(e, dict) else e for e in v]
        made[snake(k)] = v
    return made


def terraform(name, acl, arns):
    kinds = {"IPSet": "ip_set", "RegexPatternSet": "regex_pattern_set",
             "RuleGroup": "rule_group"}
    resources = [("aws_wafv2_" + kinds[kind], given["Name"],
                  {"arn": arns[kind], **blocks(given)})
                 for kind, given in SETS.items()]
    resources.append(("aws_wafv2_web_acl", name, {
        "name": name, "capacity": 1, **blocks(acl), "arn":
        arns["IPSet"].replace("ipset/addresses", "webacl/" + name)}))
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": {
        "root_module": {"resources": [
            {"address": "%s.%s" % (kind, label), "mode": "managed",
             "type": kind, "name": label, "schema_version": 0,
             "values": {"scope": "REGIONAL", "lock_token": "t", **values}}
            for kind, label, values in resources]}}}

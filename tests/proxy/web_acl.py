# SPDX-License-Identifier: Apache-2.0
"""Web ACLs of templates, as Python values.

    stack.add("Acl", *acl(rule("Evil", 1, contains("evil", URI), BLOCK)))
    protect(stack, "Acl")
"""
import stack as stacks

WAF = "AWS::WAFv2::"
URI, QUERY, BODY, METHOD = ({"UriPath": {}}, {"QueryString": {}}, {"Body": {
    "OversizeHandling": "CONTINUE"}}, {"Method": {}})
ALLOW, BLOCK, COUNT, CAPTCHA, CHALLENGE = ({name: {}} for name in (
    "Allow", "Block", "Count", "Captcha", "Challenge"))


def header(name):
    return {"SingleHeader": {"Name": name}}


def chain(*names):
    return [{"Priority": i, "Type": name}
            for i, name in enumerate(names or ("NONE",))]


def match(text, field, position, *transformations):
    return {"ByteMatchStatement": {
        "SearchString": text, "FieldToMatch": field,
        "PositionalConstraint": position,
        "TextTransformations": chain(*transformations)}}


def contains(text, field, *transformations):
    return match(text, field, "CONTAINS", *transformations)


def exactly(text, field, *transformations):
    return match(text, field, "EXACTLY", *transformations)


def size(field, operator, number, *transformations):
    return {"SizeConstraintStatement": {
        "FieldToMatch": field, "ComparisonOperator": operator, "Size": number,
        "TextTransformations": chain(*transformations)}}


def both(*statements):
    return {"AndStatement": {"Statements": list(statements)}}


def no(statement):
    return {"NotStatement": {"Statement": statement}}


def label(key, scope="LABEL"):
    return {"LabelMatchStatement": {"Scope": scope, "Key": key}}


def rate(limit, window=60, scope=None, **more):
    """Requests of an address within some seconds."""
    if scope:
        more["ScopeDownStatement"] = scope
    return {"RateBasedStatement": {
        "Limit": limit, "EvaluationWindowSec": window,
        "AggregateKeyType": "IP", **more}}


def managed(name, **more):
    return {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name,
                                          **more}}


def seen(metric):
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True,
            "MetricName": metric}


def rule(name, priority, statement, action, **more):
    """`action` of a rule whose statement is a group is its OverrideAction."""
    kind = "OverrideAction" if next(iter(statement)) in (
        "ManagedRuleGroupStatement", "RuleGroupReferenceStatement") \
        else "Action"
    return {"Name": name, "Priority": priority, "Statement": statement,
            kind: action, "VisibilityConfig": seen(name), **more}


def acl(*rules, default=None, name="shop", **more):
    """(type, properties) for Stack.add()."""
    return WAF + "WebACL", {
        "Name": name, "Scope": "REGIONAL", "DefaultAction": default or ALLOW,
        "VisibilityConfig": seen(name), "Rules": list(rules), **more}


def protect(stack, name="Acl", lb="Lb"):
    """The ACL checks what comes to the load balancer."""
    return stack.add(name + "Of" + lb, WAF + "WebACLAssociation", {
        "ResourceArn": stacks.ref(lb),
        "WebACLArn": {"Fn::GetAtt": [name, "Arn"]}})


def inserting(action, *headers):
    """COUNT, ALLOW ... with headers (name, value) for the target."""
    return {next(iter(action)): {"CustomRequestHandling": {"InsertHeaders": [
        {"Name": n, "Value": v} for n, v in headers]}}}


def answering(status, body=None, *headers):
    """BLOCK with a response of one's own."""
    custom = {"ResponseCode": status}
    if body:
        custom["CustomResponseBodyKey"] = body
    if headers:
        custom["ResponseHeaders"] = [{"Name": n, "Value": v}
                                     for n, v in headers]
    return {"Block": {"CustomResponse": custom}}

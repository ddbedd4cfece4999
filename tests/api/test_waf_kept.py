#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What wafv2 made outlives the process, goes out as a template and comes in as
one."""
import json
import os
import signal
import unittest

import aws
import rig
import waf
from aws import Api
from keeping import Case
from stack import command
from waf_acl import byte_match, shop


def everything(client, elb):
    """One of everything that wafv2 makes: what is told of it."""
    made = {"Name": "kept", "Scope": "REGIONAL"}
    ip_set = client.create_ip_set(
        IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"],
        Tags=[{"Key": "a", "Value": "1"}], **made)["Summary"]
    edge = client.create_ip_set(
        IPAddressVersion="IPV6", Addresses=[], Name="kept",
        Scope="CLOUDFRONT")["Summary"]
    regexes = client.create_regex_pattern_set(
        RegularExpressionList=[{"RegexString": "^/a"}], **made)["Summary"]
    group = client.create_rule_group(
        Capacity=60, VisibilityConfig=waf.visibility("kept"), Rules=[
            waf.rule("set", 0, {"IPSetReferenceStatement": {
                "ARN": ip_set["ARN"]}}),
            waf.rule("regex", 1, {"RegexPatternSetReferenceStatement": {
                "ARN": regexes["ARN"], "FieldToMatch": {"UriPath": {}},
                "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}),
            waf.rule("bytes", 2, byte_match(b"\xff\x00"))],
        **made)["Summary"]
    acl = client.create_web_acl(**{**shop(), **made})["Summary"]
    update = {**shop(), **made}
    update["Rules"].append(waf.rule(
        "own", 50, {"RuleGroupReferenceStatement": {"ARN": group["ARN"]}},
        OverrideAction={"Count": {}}))
    client.update_web_acl(Id=acl["Id"], LockToken=acl["LockToken"], **update)
    balancer = elb.create_load_balancer(Name="kept", Subnets=aws.SUBNETS)[
        "LoadBalancers"][0]["LoadBalancerArn"]
    client.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer)
    client.put_logging_configuration(LoggingConfiguration={
        "ResourceArn": acl["ARN"], "LogDestinationConfigs": [
            "arn:aws:s3:::aws-waf-logs-kept"]})
    client.put_permission_policy(ResourceArn=group["ARN"], Policy=json.dumps({
        "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": "1"},
            "Action": "wafv2:CreateWebACL"}}))
    client.create_api_key(Scope="REGIONAL", TokenDomains=["a.example"])
    assert edge
    return balancer


def told(client, balancer):
    """All that is told, tokens too."""
    found = {}
    for kind, many in (("ip_set", "IPSets"), ("rule_group", "RuleGroups"),
                       ("regex_pattern_set", "RegexPatternSets"),
                       ("web_acl", "WebACLs")):
        for scope in ("REGIONAL", "CLOUDFRONT"):
            for one in getattr(client, "list_%ss" % kind)(Scope=scope)[many]:
                found[one["ARN"]] = one, getattr(client, "get_" + kind)(
                    Name=one["Name"], Scope=scope, Id=one["Id"]), \
                    client.list_tags_for_resource(ResourceARN=one["ARN"])
    key = client.list_api_keys(Scope="REGIONAL")["APIKeySummaries"]
    found["keys"] = key, [client.get_decrypted_api_key(
        Scope="REGIONAL", APIKey=k["APIKey"]) for k in key]
    found["logs"] = client.list_logging_configurations(Scope="REGIONAL")
    found["for"] = client.get_web_acl_for_resource(ResourceArn=balancer)
    group = next(a for a in found if ":regional/rulegroup/" in a)
    found["policy"] = client.get_permission_policy(ResourceArn=group)
    return without(found, "ResponseMetadata")


def without(value, key):
    if isinstance(value, dict):
        return {k: without(v, key) for k, v in value.items() if k != key}
    if isinstance(value, (list, tuple)):
        return [without(v, key) for v in value]
    return value


class Kept(Case):

    # 103: tokens are those of before.
    def test_nothing_changes_over_a_restart(self):
        with self.serve() as api:
            balancer = everything(api.client("wafv2"), api.client("elbv2"))
            before = told(api.client("wafv2"), balancer)
        with self.serve() as api:
            self.assertEqual(told(api.client("wafv2"), balancer), before)

    def test_an_export_is_the_same_account(self):
        with self.serve() as api:
            balancer = everything(api.client("wafv2"), api.client("elbv2"))
            before = told(api.client("wafv2"), balancer)
            _, hidden, _ = command("export", "--api", "%s:%d" % (
                api.api_host, api.api_port))
        code, text, err = command("export", "--state", self.file)
        self.assertEqual(code, 0, err)
        secrets = [r["Metadata"]["Sluice"]["Secret"] for r in
                   json.loads(text)["Resources"].values()
                   if r["Type"] == "Sluice::WAFv2::APIKey"]
        self.assertEqual(len(secrets), 1)
        self.assertNotIn(secrets[0], hidden)
        path = os.path.join(self.folder, "again.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        state = os.path.join(self.folder, "again.sqlite")
        with Api(path, "--state", state) as api:
            self.assertEqual(told(api.client("wafv2"), balancer), before)
        self.assertEqual(command("export", "--state", state)[1], text)
        self.assertIn('"Fn::GetAtt"', text)
        self.assertNotIn("arn:aws:wafv2", text)

    def test_the_deepest_statement_comes_back(self):
        statement = byte_match(b"/deep")
        for _ in range(63):
            statement = {"AndStatement": {"Statements": [
                byte_match(b"/a"), statement]}}
        given = {"Name": "deep", "Scope": "REGIONAL",
                 "DefaultAction": {"Allow": {}},
                 "VisibilityConfig": waf.visibility("deep"),
                 "Rules": [waf.rule("deep", 0, statement)]}
        with self.serve() as api:
            api.client("wafv2").create_web_acl(**given)
        code, text, err = command("export", "--state", self.file)
        self.assertEqual(code, 0, err)
        code, out, err = command("check", "-", stdin=text)
        self.assertEqual(code, 0, out + err)

    def test_a_template_may_associate_what_the_api_associated(self):
        """One call takes away what both of them said."""
        resources = {
            "Lb": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
                   "Properties": {"Subnets": aws.SUBNETS}},
            "Acl": {"Type": "AWS::WAFv2::WebACL", "Properties": {
                "Name": "acl", "Scope": "REGIONAL",
                "DefaultAction": {"Allow": {}},
                "VisibilityConfig": waf.visibility("acl")}}}
        with Api(template=json.dumps({"Resources": resources})) as api:
            client = api.client("wafv2")
            acl = client.list_web_acls(Scope="REGIONAL")["WebACLs"][0]["ARN"]
            balancer = {"ResourceArn": api.client(
                "elbv2").describe_load_balancers()["LoadBalancers"][0][
                    "LoadBalancerArn"]}
            client.associate_web_acl(WebACLArn=acl, **balancer)
            resources["Both"] = {
                "Type": "AWS::WAFv2::WebACLAssociation", "Properties": {
                    "ResourceArn": {"Ref": "Lb"},
                    "WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]}}}
            with open(api.path, "w", encoding="utf-8") as file:
                json.dump({"Resources": resources}, file)
            api.signal(signal.SIGHUP)
            rig.until(lambda: api.log_count("the new template runs"),
                      api.story)
            self.assertEqual(
                client.list_resources_for_web_acl(WebACLArn=acl)[
                    "ResourceArns"], [balancer["ResourceArn"]])
            client.disassociate_web_acl(**balancer)
            self.assertNotIn("WebACL",
                             client.get_web_acl_for_resource(**balancer))

    def test_a_template_is_edited_by_the_api(self):
        """A template that is read again changes tokens of what it changes."""
        def template(address):
            return json.dumps({"Resources": {
                "Set": {"Type": "AWS::WAFv2::IPSet", "Properties": {
                    "Name": "set", "Scope": "REGIONAL",
                    "IPAddressVersion": "IPV4", "Addresses": [address]}},
                "Acl": {"Type": "AWS::WAFv2::WebACL", "Properties": {
                    "Scope": "REGIONAL", "DefaultAction": {"Allow": {}},
                    "VisibilityConfig": waf.visibility("acl"), "Rules": [
                        waf.rule("set", 0, {"IPSetReferenceStatement": {
                            "Arn": {"Fn::GetAtt": ["Set", "Arn"]}}}),
                        waf.rule("plain", 1, {"ByteMatchStatement": {
                            "SearchString": "/a", "FieldToMatch": {
                                "UriPath": {}},
                            "PositionalConstraint": "EXACTLY",
                            "TextTransformations": [
                                {"Priority": 0, "Type": "NONE"}]}})]}}}})
        with Api(template=template("192.0.2.0/24")) as api:
            client = api.client("wafv2")
            acl = client.list_web_acls(Scope="REGIONAL")["WebACLs"][0]
            self.assertEqual(acl["Name"], "Acl")
            one = client.list_ip_sets(Scope="REGIONAL")["IPSets"][0]
            rules = client.get_web_acl(ARN=acl["ARN"])["WebACL"]["Rules"]
            self.assertEqual(
                [rules[0]["Statement"]["IPSetReferenceStatement"]["ARN"],
                 rules[1]["Statement"]["ByteMatchStatement"]["SearchString"]],
                [one["ARN"], b"/a"])
            with open(api.path, "w", encoding="utf-8") as file:
                file.write(template("198.51.100.0/24"))
            named = {"Name": "set", "Scope": "REGIONAL", "Id": one["Id"]}
            before = client.get_ip_set(**named)
            api.signal(signal.SIGHUP)
            rig.until(lambda: client.get_ip_set(**named)["IPSet"][
                "Addresses"] == ["198.51.100.0/24"], api.story)
            after = client.get_ip_set(**named)
            self.assertNotEqual(after["LockToken"], before["LockToken"])
            self.assertEqual(
                client.list_web_acls(Scope="REGIONAL")["WebACLs"], [acl])
            client.update_ip_set(Addresses=[], LockToken=after["LockToken"],
                                 **named)


class Parameters(unittest.TestCase):

    def test_what_a_template_says_in_texts_has_its_kind(self):
        rate = waf.rule("rate", "3", {"RateBasedStatement": {
            "Limit": {"Ref": "Limit"}, "AggregateKeyType": "IP"}})
        rate["VisibilityConfig"]["SampledRequestsEnabled"] = "true"
        with Api(template=json.dumps({
                "Parameters": {"Limit": {"Type": "Number", "Default": 100}},
                "Resources": {"Acl": {
                    "Type": "AWS::WAFv2::WebACL", "Properties": {
                        "Scope": "REGIONAL", "DefaultAction": {"Allow": {}},
                        "VisibilityConfig": waf.visibility("acl"),
                        "Rules": [rate]}}}})) as api:
            client = api.client("wafv2")
            arn = client.list_web_acls(Scope="REGIONAL")["WebACLs"][0]["ARN"]
            found = client.get_web_acl(ARN=arn)["WebACL"]["Rules"][0]
            self.assertEqual(
                [found["Statement"]["RateBasedStatement"]["Limit"],
                 found["Priority"],
                 found["VisibilityConfig"]["SampledRequestsEnabled"]],
                [100, 3, True])


if __name__ == "__main__":
    rig.main()

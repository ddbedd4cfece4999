#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Web ACLs and rule groups by `aws wafv2` and boto3."""
import json
import unittest

import aws
import rig
import waf
from waf import plain, printed, sendable
from waf_acl import byte_match, shop, size


class Acls(waf.Case):

    def create(self, name, rules=(), **more):
        return self.client.create_web_acl(
            Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}},
            VisibilityConfig=waf.visibility(name), Rules=list(rules),
            **more)["Summary"]

    def invalid(self, name, *rules, **more):
        """The fault of a web ACL with these rules."""
        error = self.error(
            self.client.create_web_acl, Name=name, Scope="REGIONAL",
            DefaultAction={"Allow": {}}, VisibilityConfig=waf.visibility(name),
            Rules=list(rules), **more)
        return error["Error"]["Code"], error

    # 102, 103. What get-web-acl prints goes into update-web-acl as it is.
    def test_what_is_printed_can_be_sent_again(self):
        made = self.waf("create-web-acl", "--name", "shop", "--scope",
                        "REGIONAL", "--cli-input-json",
                        json.dumps(sendable(printed(shop()))))["Summary"]
        self.assertEqual(made["ARN"], "arn:aws:wafv2:us-east-1:000000000000:"
                         "regional/webacl/shop/" + made["Id"])
        named = ["--name", "shop", "--scope", "REGIONAL", "--id", made["Id"]]
        got = self.waf("get-web-acl", *named)
        acl = got["WebACL"]
        self.assertEqual(acl["Capacity"], 802)
        self.assertEqual(acl["LabelNamespace"],
                         "awswaf:000000000000:webacl:shop:")
        for member, value in printed(shop()).items():
            self.assertEqual(acl[member], value)
        again = json.dumps(sendable(
            {k: v for k, v in acl.items() if k in shop()}))
        sent = self.waf("update-web-acl", *named, "--lock-token",
                        got["LockToken"], "--cli-input-json",
                        again)
        after = self.waf("get-web-acl", "--arn", made["ARN"])
        self.assertEqual(after["WebACL"], acl)
        self.assertEqual(after["LockToken"], sent["NextLockToken"])
        self.refused("WAFOptimisticLockException", "update-web-acl", *named,
                     "--lock-token", got["LockToken"], "--cli-input-json",
                     again)
        listed = self.waf("list-web-acls", "--scope", "REGIONAL")["WebACLs"]
        self.assertIn({"Name": "shop", "Id": made["Id"], "ARN": made["ARN"],
                       "Description": "demo acl",
                       "LockToken": sent["NextLockToken"]}, listed)
        self.waf("delete-web-acl", *named, "--lock-token",
                 sent["NextLockToken"])

    # 104.
    def test_an_update_says_all(self):
        made = self.create("all", **{
            k: v for k, v in shop().items()
            if k in ("CustomResponseBodies", "TokenDomains", "Description",
                     "ChallengeConfig")},
            Tags=[{"Key": "stays", "Value": "yes"}])
        self.client.update_web_acl(
            Name="all", Scope="REGIONAL", Id=made["Id"],
            DefaultAction={"Block": {}},
            VisibilityConfig=waf.visibility("all"),
            LockToken=made["LockToken"])
        acl = self.client.get_web_acl(ARN=made["ARN"])["WebACL"]
        self.assertEqual(acl["DefaultAction"], {"Block": {}})
        self.assertEqual(acl["Rules"], [])
        self.assertEqual(set(acl) & {"CustomResponseBodies", "TokenDomains",
                                     "Description", "ChallengeConfig"}, set())
        tags = self.client.list_tags_for_resource(ResourceARN=made["ARN"])
        self.assertEqual(tags["TagInfoForResource"]["TagList"],
                         [{"Key": "stays", "Value": "yes"}])

    # 100.
    def test_capacity_is_awss(self):
        ip_set = self.ip_set("counted", ["192.0.2.0/24"])
        body = {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "ALL",
                             "OversizeHandling": "CONTINUE"}}
        for wcu, statement in (
                (100, {"XssMatchStatement": {
                    "FieldToMatch": body, "TextTransformations": [
                        {"Priority": 0, "Type": "URL_DECODE"},
                        {"Priority": 1, "Type": "HTML_ENTITY_DECODE"}]}}),
                (5, {"IPSetReferenceStatement": {
                    "ARN": ip_set["ARN"], "IPSetForwardedIPConfig": {
                        "HeaderName": "X-Forwarded-For",
                        "FallbackBehavior": "MATCH", "Position": "ANY"}}}),
                (62, {"RateBasedStatement": {
                    "Limit": 100, "AggregateKeyType": "CUSTOM_KEYS",
                    "CustomKeys": [{"IP": {}}, {"HTTPMethod": {}}]}})):
            with self.subTest(wcu):
                got = self.client.check_capacity(
                    Scope="REGIONAL", Rules=[waf.rule("r", 0, statement)])
                self.assertEqual(got["Capacity"], wcu)

    def test_capacity_knows_no_bodies(self):
        got = self.client.check_capacity(Scope="REGIONAL", Rules=[waf.rule(
            "r", 0, byte_match(b"/a"), Action={"Block": {"CustomResponse": {
                "ResponseCode": 429, "CustomResponseBodyKey": "slow"}}})])
        self.assertEqual(got["Capacity"], 2)

    def test_a_rule_group_has_no_more_than_a_web_acl(self):
        for capacity, refused in (5000, None), (5001, "WAFLimitsExceeded"):
            given = {"Name": "most-%d" % capacity, "Scope": "REGIONAL",
                     "Capacity": capacity,
                     "VisibilityConfig": waf.visibility("most"), "Rules": []}
            if refused is None:
                self.client.create_rule_group(**given)
                continue
            error = self.error(self.client.create_rule_group, **given)
            self.assertEqual(error["Error"]["Code"], refused + "Exception")

    # 101. Checklist 8, 9, 10, 11, 12, 32, 38, 40, 60, 85, 94 by the API.
    def test_what_cannot_be_made_cannot_be_counted(self):
        path = byte_match(b"/a")
        rate = {"RateBasedStatement": {"Limit": 100,
                                       "AggregateKeyType": "CONSTANT"}}
        group = {"ManagedRuleGroupStatement": {
            "VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
        nothing = {"ARN": "arn:aws:wafv2:us-east-1:000000000000:regional/"
                   "ipset/none/11111111-2222-4333-8444-555555555555"}

        def regex(pattern):
            return {"RegexMatchStatement": {
                "RegexString": pattern, "FieldToMatch": {"UriPath": {}},
                "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}
        wrong = {
            "two members": waf.rule("r", 0, {**path, **rate}),
            "none": waf.rule("r", 0, {}),
            "both actions": waf.rule("r", 0, path, Action={"Block": {}},
                                     OverrideAction={"None": {}}),
            "an action of a group": waf.rule("r", 0, group,
                                             Action={"Block": {}}),
            "labels of a group": waf.rule(
                "r", 0, group, OverrideAction={"None": {}},
                RuleLabels=[{"Name": "a"}]),
            "a label of AWS's": waf.rule("r", 0, path,
                                         RuleLabels=[{"Name": "aws:a"}]),
            "a nested rate": waf.rule("r", 0, {"NotStatement": {
                "Statement": rate}}),
            "constant without a scope": waf.rule("r", 0, rate),
            "one statement of AND": waf.rule("r", 0, {"AndStatement": {
                "Statements": [path]}}),
            "a possessive regex": waf.rule("r", 0, regex("a++")),
            "a broken regex": waf.rule("r", 0, regex("(a")),
            "code 418": waf.rule("r", 0, path, Action={"Block": {
                "CustomResponse": {"ResponseCode": 418}}}),
            "a content-type": waf.rule("r", 0, path, Action={"Block": {
                "CustomResponse": {"ResponseCode": 403, "ResponseHeaders": [
                    {"Name": "Content-Type", "Value": "a/b"}]}}}),
            "a body that is not there": waf.rule("r", 0, path, Action={
                "Block": {"CustomResponse": {
                    "ResponseCode": 403, "CustomResponseBodyKey": "none"}}}),
            "JA3 that contains": waf.rule("r", 0, byte_match(
                b"a", {"JA3Fingerprint": {"FallbackBehavior": "MATCH"}},
                "CONTAINS")),
            "a set that is not there": waf.rule("r", 0, {
                "IPSetReferenceStatement": nothing}),
            "a country": waf.rule("r", 0, {"GeoMatchStatement": {
                "CountryCodes": ["QQ"]}}),
        }
        for what, given in wrong.items():
            with self.subTest(what):
                code, error = self.invalid("wrong", given)
                self.assertEqual(
                    code, "WAFNonexistentItemException"
                    if what == "a set that is not there"
                    else "WAFInvalidParameterException", error)
                if code == "WAFInvalidParameterException":
                    self.assertRegex(error["Field"], "^[A-Z_0-9]+$")
                    self.assertTrue(error["Reason"])
                if what == "a body that is not there":
                    continue    # CheckCapacity is told of none
                counted = self.error(self.client.check_capacity,
                                     Scope="REGIONAL", Rules=[given])
                self.assertEqual(counted["Error"]["Code"], code)
        code, _ = self.invalid("wrong", waf.rule("r", 0, path),
                               waf.rule("r", 1, path))
        self.assertEqual(code, "WAFInvalidParameterException")
        code, _ = self.invalid("wrong", waf.rule("r", 0, path),
                               waf.rule("q", 0, path))
        self.assertEqual(code, "WAFInvalidParameterException")

    def test_statements_nest_as_deep_as_they_may(self):
        def check(n):
            # as text: json.dumps() of so deep a value ends in a recursion
            rule = waf.rule("r", 0, "HERE")
            inner = json.dumps(printed(byte_match(b"/a")))
            deep = '{"NotStatement": {"Statement": ' * n + inner + "}}" * n
            body = json.dumps({"Scope": "REGIONAL", "Rules": [rule]})
            return self.api.send(
                "POST", "/", body.replace('"HERE"', deep).encode(),
                **aws.signed_head("wafv2", **{
                    "X-Amz-Target": "AWSWAF_20190729.CheckCapacity"}),
                **{"Content-Type": "application/x-amz-json-1.1"})
        self.assertEqual(check(60).json, {"Capacity": 2})
        for n, code in ((70, "WAFLimitsExceededException"),
                        (100, "ValidationException"),
                        (500, "SerializationException"),
                        (100000, "SerializationException")):
            answer = check(n)
            self.assertEqual((answer.status, answer.code), (400, code), n)

    # 109.
    def test_an_open_body_is_warned_of(self):
        given = waf.rule("open", 5, byte_match(b"x", {"Body": {}}, "CONTAINS"))
        code, error = self.invalid("open", given)
        self.assertEqual(code, "WAFConfigurationWarningException")
        self.assertIn("open", error["Error"]["Message"])
        opt_out = "WAF:OversizeFieldsHandlingConstraintOptOut"
        made = self.create("opted", [given],
                           Tags=[{"Key": opt_out, "Value": "true"}])
        self.client.update_web_acl(
            Name="opted", Scope="REGIONAL", Id=made["Id"],
            DefaultAction={"Allow": {}}, Rules=[given],
            VisibilityConfig=waf.visibility("opted"),
            LockToken=made["LockToken"])
        self.create("sized", [
            waf.rule("size", 1, size({"Body": {
                "OversizeHandling": "MATCH"}}, 8000)), given])
        self.create("said", [waf.rule("said", 0, byte_match(
            b"x", {"Body": {"OversizeHandling": "CONTINUE"}}, "CONTAINS"))])

    def test_rule_groups_have_their_capacity_for_life(self):
        rules = [waf.rule("one", 1, byte_match(b"/a", None, "CONTAINS"),
                          RuleLabels=[{"Name": "a:b"}]),
                 waf.rule("two", 2, {"LabelMatchStatement": {
                     "Scope": "LABEL", "Key": "a:b"}})]
        given = {"Name": "own", "Scope": "REGIONAL", "Rules": rules,
                 "VisibilityConfig": waf.visibility("own")}
        error = self.error(self.client.create_rule_group, Capacity=11, **given)
        self.assertEqual(error["Error"]["Code"], "WAFLimitsExceededException")
        made = self.client.create_rule_group(Capacity=50, **given)["Summary"]
        got = self.client.get_rule_group(ARN=made["ARN"])
        group = got["RuleGroup"]
        prefix = "awswaf:000000000000:rulegroup:own:"
        self.assertEqual((group["Capacity"], group["LabelNamespace"]),
                         (50, prefix))
        self.assertEqual(group["AvailableLabels"], [{"Name": prefix + "a:b"}])
        self.assertEqual(group["ConsumedLabels"], [{"Name": prefix + "a:b"}])
        self.assertEqual(group["Rules"], rules)
        acl = self.create("user", [waf.rule(
            "own", 0, {"RuleGroupReferenceStatement": {"ARN": made["ARN"]}},
            OverrideAction={"None": {}})])
        self.assertEqual(self.client.get_web_acl(
            ARN=acl["ARN"])["WebACL"]["Capacity"], 50)
        # 105
        error = self.error(self.client.delete_rule_group, Name="own",
                           Scope="REGIONAL", Id=made["Id"],
                           LockToken=made["LockToken"])
        self.assertEqual(error["Error"]["Code"], "WAFAssociatedItemException")
        self.client.delete_web_acl(Name="user", Scope="REGIONAL", Id=acl["Id"],
                                   LockToken=acl["LockToken"])
        self.client.delete_rule_group(Name="own", Scope="REGIONAL",
                                      Id=made["Id"],
                                      LockToken=made["LockToken"])

    # 105.
    def test_sets_in_use_stay(self):
        made = self.ip_set("used", ["192.0.2.0/24"])
        regexes = self.client.create_regex_pattern_set(
            Name="used", Scope="REGIONAL", RegularExpressionList=[
                {"RegexString": "^/a[0-9]+"}])["Summary"]
        self.create("uses", [
            waf.rule("ip", 0, {"IPSetReferenceStatement": {
                "ARN": made["ARN"]}}),
            waf.rule("regex", 1, {"RegexPatternSetReferenceStatement": {
                "ARN": regexes["ARN"], "FieldToMatch": {"UriPath": {}},
                "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}})])
        for call, one in ((self.client.delete_ip_set, made),
                          (self.client.delete_regex_pattern_set, regexes)):
            error = self.error(call, Name="used", Scope="REGIONAL",
                               Id=one["Id"], LockToken=one["LockToken"])
            self.assertEqual(error["Error"]["Code"],
                             "WAFAssociatedItemException")
        got = self.client.get_regex_pattern_set(
            Name="used", Scope="REGIONAL", Id=regexes["Id"])
        self.assertEqual(got["RegexPatternSet"]["RegularExpressionList"],
                         [{"RegexString": "^/a[0-9]+"}])
        # a set that is changed changes its users, not their token
        before = self.client.list_web_acls(Scope="REGIONAL")["WebACLs"]
        self.client.update_regex_pattern_set(
            Name="used", Scope="REGIONAL", Id=regexes["Id"],
            RegularExpressionList=[{"RegexString": "b"}],
            LockToken=regexes["LockToken"])
        self.assertEqual(
            self.client.list_web_acls(Scope="REGIONAL")["WebACLs"], before)
        error = self.error(
            self.client.update_regex_pattern_set, Name="used",
            Scope="REGIONAL", Id=regexes["Id"],
            RegularExpressionList=[{"RegexString": r"(a)\1"}],
            LockToken=got["LockToken"])
        self.assertEqual(error["Error"]["Code"], "WAFOptimisticLockException")

    # 5.
    def test_search_strings_are_base64(self):
        given = printed(waf.rule("r", 0, byte_match(b"/a")))
        given["Statement"]["ByteMatchStatement"]["SearchString"] = "/not!"
        answer = self.api.json_call(
            "AWSWAF_20190729.CheckCapacity",
            {"Scope": "REGIONAL", "Rules": [given]}, service="wafv2")
        self.assertEqual((answer.status, answer.code),
                         (400, "SerializationException"))
        self.assertIn("SearchString", answer.message)

    def test_bytes_of_search_strings_are_kept(self):
        made = self.create("bytes", [waf.rule("r", 0, byte_match(
            b"\x00\xff\x80", {"QueryString": {}}))])
        rules = self.client.get_web_acl(ARN=made["ARN"])["WebACL"]["Rules"]
        self.assertEqual(rules[0]["Statement"]["ByteMatchStatement"]
                         ["SearchString"], b"\x00\xff\x80")

    def test_one_of_two_ways_to_name_it_is_needed(self):
        error = self.error(self.client.get_web_acl, Name="x")
        self.assertEqual(error["Error"]["Code"],
                         "WAFInvalidParameterException")


if __name__ == "__main__":
    rig.main()

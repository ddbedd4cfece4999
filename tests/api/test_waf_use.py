#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What belongs to web ACLs: load balancers, logs, tags, policies, keys,
samples, and what there is of managed groups."""
import datetime
import json
import time
import unittest

import aws
import rig
import waf
from waf_acl import byte_match

NOWHERE = "11111111-2222-4333-8444-555555555555"


class Use(waf.Case):

    def acl(self, name, *rules, scope="REGIONAL", **more):
        """The Summary of a new one."""
        return self.client.create_web_acl(
            Name=name, Scope=scope, DefaultAction={"Allow": {}},
            VisibilityConfig=waf.visibility(name), Rules=list(rules),
            **more)["Summary"]

    def balancer(self, name):
        return self.api.client("elbv2").create_load_balancer(
            Name=name, Subnets=aws.SUBNETS)["LoadBalancers"][0][
                "LoadBalancerArn"]

    def code(self, call, **given):
        return self.error(call, **given)["Error"]["Code"]

    # ---- load balancers --------------------------------------------------------
    # 105, 107.
    def test_a_load_balancer_has_one_acl(self):
        first, second = self.acl("first"), self.acl("second")
        balancer = self.balancer("guarded")
        of = ["--resource-arn", balancer]

        def guard():
            return self.client.get_web_acl_for_resource(
                ResourceArn=balancer).get("WebACL", {}).get("ARN")
        self.assertIsNone(self.waf("get-web-acl-for-resource", *of))
        for one in (first, second):
            self.client.associate_web_acl(WebACLArn=one["ARN"],
                                          ResourceArn=balancer)
            self.assertEqual(guard(), one["ARN"])
        self.assertIsNone(self.waf("associate-web-acl", "--web-acl-arn",
                                   second["ARN"], *of))
        got = self.waf("get-web-acl-for-resource", *of)
        self.assertEqual((set(got), got["WebACL"]["ARN"]),
                         ({"WebACL"}, second["ARN"]))
        self.assertEqual([self.client.list_resources_for_web_acl(
            WebACLArn=one["ARN"])["ResourceArns"] for one in (first, second)],
                         [[], [balancer]])
        self.assertEqual(self.client.list_resources_for_web_acl(
            WebACLArn=second["ARN"], ResourceType="API_GATEWAY")[
                "ResourceArns"], [])
        # nothing of it changes the token
        named = {"Name": "second", "Scope": "REGIONAL", "Id": second["Id"]}
        self.assertEqual(self.client.get_web_acl(**named)["LockToken"],
                         second["LockToken"])
        gone = dict(named, LockToken=second["LockToken"])
        self.assertEqual(self.code(self.client.delete_web_acl, **gone),
                         "WAFAssociatedItemException")
        self.assertEqual(guard(), second["ARN"])
        self.waf("disassociate-web-acl", *of)
        self.client.disassociate_web_acl(ResourceArn=balancer)
        self.assertIsNone(guard())
        self.client.delete_web_acl(**gone)

    def test_an_association_goes_with_its_load_balancer(self):
        acl, balancer = self.acl("left"), self.balancer("leaving")
        self.client.associate_web_acl(WebACLArn=acl["ARN"],
                                      ResourceArn=balancer)
        self.api.client("elbv2").delete_load_balancer(LoadBalancerArn=balancer)
        self.assertEqual(self.client.list_resources_for_web_acl(
            WebACLArn=acl["ARN"])["ResourceArns"], [])
        self.client.delete_web_acl(Name="left", Scope="REGIONAL", Id=acl["Id"],
                                   LockToken=acl["LockToken"])

    def test_a_tag_with_an_arn_uses_nothing(self):
        one = self.ip_set("tagged-elsewhere")
        other = self.ip_set("other", Tags=[{"Key": "a", "Value": one["ARN"]}])
        for found in one, other:
            self.client.delete_ip_set(
                Name=found["Name"], Scope="REGIONAL", Id=found["Id"],
                LockToken=found["LockToken"])

    def test_what_cannot_be_associated(self):
        acl, balancer = self.acl("fussy"), self.balancer("fussy")
        edge = self.acl("edge", scope="CLOUDFRONT")
        elb = "arn:aws:elasticloadbalancing:us-east-1:000000000000:"
        for code, given in (
                ("WAFNonexistentItemException",
                 {"ResourceArn": elb + "loadbalancer/app/none/0123456789abcdef"
                  }),
                ("WAFNonexistentItemException",
                 {"ResourceArn": "arn:aws:apigateway:us-east-1::/restapis/a1/"
                                 "stages/prod"}),
                ("WAFInvalidParameterException",
                 {"ResourceArn": elb + "targetgroup/none/0123456789abcdef"}),
                ("WAFInvalidParameterException",
                 {"WebACLArn": elb + "loadbalancer/app/a/0123456789abcdef"}),
                ("WAFNonexistentItemException",
                 {"WebACLArn": acl["ARN"].replace(acl["Id"], NOWHERE)}),
                ("WAFInvalidParameterException", {"WebACLArn": edge["ARN"]})):
            with self.subTest(given):
                self.assertEqual(self.code(
                    self.client.associate_web_acl, **{
                        "WebACLArn": acl["ARN"], "ResourceArn": balancer,
                        **given}), code)

    # ---- logs --------------------------------------------------------------------
    # 110.
    def test_where_logs_may_go(self):
        acl = self.acl("logged")
        good = "arn:aws:s3:::aws-waf-logs-mine/prefix"
        for wrong in (["arn:aws:s3:::logs-mine-are-elsewhere"],
                      ["arn:aws:sqs:us-east-1:000000000000:aws-waf-logs-a"],
                      [good, "arn:aws:s3:::aws-waf-logs-other"]):
            error = self.error(
                self.client.put_logging_configuration, LoggingConfiguration={
                    "ResourceArn": acl["ARN"],
                    "LogDestinationConfigs": wrong})
            self.assertEqual(
                (error["Error"]["Code"], error["Field"]),
                ("WAFInvalidParameterException", "LOG_DESTINATION"), wrong)
        body = {"ResourceArn": acl["ARN"], "LogDestinationConfigs": [good]}
        self.assertEqual(self.code(
            self.client.put_logging_configuration, LoggingConfiguration={
                **body, "RedactedFields": [{"Body": {}}]}),
            "WAFInvalidParameterException")
        self.assertEqual(self.code(
            self.client.put_logging_configuration, LoggingConfiguration={
                **body, "LogScope": "SECURITY_LAKE"}),
            "WAFInvalidOperationException")
        self.assertEqual(self.code(
            self.client.put_logging_configuration, LoggingConfiguration={
                **body, "ResourceArn": acl["ARN"].replace(acl["Id"],
                                                          NOWHERE)}),
            "WAFNonexistentItemException")

    def test_a_logging_configuration_goes_round(self):
        acl = self.acl("round")
        of = {"ResourceArn": acl["ARN"]}
        self.assertEqual(self.code(self.client.get_logging_configuration,
                                   **of), "WAFNonexistentItemException")
        given = {
            "ResourceArn": acl["ARN"], "LogDestinationConfigs": [
                "arn:aws:logs:us-east-1:000000000000:log-group:"
                "aws-waf-logs-mine"],
            "RedactedFields": [{"SingleHeader": {"Name": "cookie"}},
                               {"UriPath": {}}],
            "LoggingFilter": {"DefaultBehavior": "DROP", "Filters": [
                {"Behavior": "KEEP", "Requirement": "MEETS_ANY",
                 "Conditions": [
                     {"ActionCondition": {"Action": "BLOCK"}},
                     {"LabelNameCondition": {
                         "LabelName": "awswaf:a:b"}}]}]}}
        for destination in ("mine", "yours"):
            given["LogDestinationConfigs"] = [
                given["LogDestinationConfigs"][0].replace("mine", destination)]
            put = self.waf("put-logging-configuration",
                           "--logging-configuration", given)
            told = {**given, "ManagedByFirewallManager": False,
                    "LogType": "WAF_LOGS", "LogScope": "CUSTOMER"}
            self.assertEqual(put, {"LoggingConfiguration": told})
            self.assertEqual(self.client.get_logging_configuration(**of)[
                "LoggingConfiguration"], told)
        self.assertEqual([c for c in self.client.list_logging_configurations(
            Scope="REGIONAL")["LoggingConfigurations"]
                          if c["ResourceArn"] == acl["ARN"]], [told])
        self.assertEqual(self.client.list_logging_configurations(
            Scope="CLOUDFRONT")["LoggingConfigurations"], [])
        self.client.delete_logging_configuration(**of)
        self.assertEqual(self.code(self.client.delete_logging_configuration,
                                   **of), "WAFNonexistentItemException")
        # it goes with its ACL
        self.client.put_logging_configuration(LoggingConfiguration=given)
        self.client.delete_web_acl(Name="round", Scope="REGIONAL",
                                   Id=acl["Id"], LockToken=acl["LockToken"])

    # ---- tags ----------------------------------------------------------------------
    def test_tags_come_and_go(self):
        one = self.ip_set("tagged", Tags=[{"Key": "a", "Value": "1"}])
        arn = {"ResourceARN": one["ARN"]}
        self.client.tag_resource(Tags=[
            {"Key": "b", "Value": ""}, {"Key": "a", "Value": "2"}], **arn)
        self.client.untag_resource(TagKeys=["c"], **arn)
        got = self.client.list_tags_for_resource(**arn)
        self.assertEqual(got["TagInfoForResource"], {
            "ResourceARN": one["ARN"], "TagList": [
                {"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]})
        first = self.client.list_tags_for_resource(Limit=1, **arn)
        rest = self.client.list_tags_for_resource(
            NextMarker=first["NextMarker"], **arn)
        self.assertEqual([t["Key"] for p in (first, rest)
                          for t in p["TagInfoForResource"]["TagList"]],
                         ["a", "b"])
        self.client.untag_resource(TagKeys=["a", "b"], **arn)
        self.assertEqual(self.client.list_tags_for_resource(**arn)[
            "TagInfoForResource"]["TagList"], [])
        self.assertEqual(self.client.get_ip_set(
            Name="tagged", Scope="REGIONAL", Id=one["Id"])["LockToken"],
                         one["LockToken"])
        for code, tags in (
                ("WAFInvalidParameterException",
                 [{"Key": "aws:a", "Value": ""}]),
                ("WAFInvalidParameterException",
                 [{"Key": "a", "Value": ""}] * 2),
                ("WAFLimitsExceededException",
                 [{"Key": "k%d" % i, "Value": ""} for i in range(51)])):
            self.assertEqual(self.code(self.client.tag_resource, Tags=tags,
                                       **arn), code)
        self.assertEqual(self.code(
            self.client.list_tags_for_resource,
            ResourceARN=one["ARN"].replace(one["Id"], NOWHERE)),
            "WAFNonexistentItemException")

    # ---- permission policies -----------------------------------------------------------
    def test_a_permission_policy_is_kept_as_it_is(self):
        group = self.client.create_rule_group(
            Name="shared", Scope="REGIONAL", Capacity=1, Rules=[],
            VisibilityConfig=waf.visibility("shared"))["Summary"]
        arn = {"ResourceArn": group["ARN"]}
        self.assertEqual(self.code(self.client.get_permission_policy, **arn),
                         "WAFNonexistentItemException")
        policy = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "111122223333"},
            "Action": ["wafv2:CreateWebACL", "wafv2:UpdateWebACL"]}]}
        text = json.dumps(policy, indent=3)
        self.client.put_permission_policy(Policy=text, **arn)
        self.assertEqual(self.client.get_permission_policy(**arn)["Policy"],
                         text)
        self.assertEqual(self.client.get_rule_group(ARN=group["ARN"])[
            "LockToken"], group["LockToken"])
        statement = policy["Statement"][0]
        for wrong in ("{", "[]", json.dumps({**policy, "Version": "1"}), *(
                json.dumps({**policy, "Statement": [{**statement, **change}]})
                for change in ({"Effect": "Deny"}, {"Action": "s3:*"},
                               {"Resource": "*"}))):
            with self.subTest(wrong):
                self.assertEqual(self.code(
                    self.client.put_permission_policy, Policy=wrong, **arn),
                    "WAFInvalidPermissionPolicyException")
        self.client.delete_permission_policy(**arn)
        self.assertEqual(self.code(self.client.delete_permission_policy,
                                   **arn), "WAFNonexistentItemException")

    # ---- API keys ---------------------------------------------------------------------------
    def test_an_api_key_says_its_domains_to_its_maker_only(self):
        domains = ["shop.example", "a.example"]
        keys = [self.client.create_api_key(
            Scope="REGIONAL", TokenDomains=domains)["APIKey"]
            for _ in range(2)]
        self.assertEqual(len(set(keys)), 2)
        got = self.client.get_decrypted_api_key(Scope="REGIONAL",
                                                APIKey=keys[0])
        self.assertEqual(got["TokenDomains"], domains)
        self.assertLess(abs(time.time() - got["CreationTimestamp"]
                            .timestamp()), 60)
        listed = self.client.list_api_keys(Scope="REGIONAL")[
            "APIKeySummaries"]
        self.assertLessEqual(set(keys), {k["APIKey"] for k in listed})
        self.assertEqual(self.client.list_api_keys(Scope="CLOUDFRONT")[
            "APIKeySummaries"], [])
        middle = len(keys[0]) // 2
        other = "A" if keys[0][middle] != "A" else "B"
        changed = keys[0][:middle] + other + keys[0][middle + 1:]
        for code, given in (
                ("WAFNonexistentItemException", {"APIKey": changed}),
                ("WAFNonexistentItemException", {"Scope": "CLOUDFRONT"}),
                ("WAFInvalidResourceException", {"APIKey": "abc"})):
            with self.subTest(given):
                self.assertEqual(self.code(
                    self.client.get_decrypted_api_key, **{
                        "Scope": "REGIONAL", "APIKey": keys[0], **given}),
                    code)
        self.client.delete_api_key(Scope="REGIONAL", APIKey=keys[0])
        self.assertEqual(self.code(self.client.get_decrypted_api_key,
                                   Scope="REGIONAL", APIKey=keys[0]),
                         "WAFNonexistentItemException")
        self.client.get_decrypted_api_key(Scope="REGIONAL", APIKey=keys[1])
        self.assertEqual(self.code(
            self.client.create_api_key, Scope="REGIONAL",
            TokenDomains=["%d.example" % i for i in range(6)]),
            "WAFLimitsExceededException")

    # ---- managed groups ------------------------------------------------------------------------
    # 116.
    def test_the_common_rules_are_described(self):
        got = self.waf("describe-managed-rule-group", "--vendor-name", "AWS",
                       "--name", "AWSManagedRulesCommonRuleSet", "--scope",
                       "REGIONAL")
        prefix = "awswaf:managed:aws:core-rule-set:"
        self.assertEqual((got["Capacity"], got["LabelNamespace"]),
                         (700, prefix))
        self.assertEqual(len(got["Rules"]), 22)
        self.assertIn({"Name": "SizeRestrictions_Cookie_HEADER",
                       "Action": {"Block": {}}}, got["Rules"])
        self.assertEqual(len(got["AvailableLabels"]), 22)
        self.assertIn({"Name": prefix + "SizeRestrictions_Body"},
                      got["AvailableLabels"])

    # 118.
    def test_versions_are_those_that_there_are(self):
        of = {"VendorName": "AWS", "Scope": "REGIONAL",
              "Name": "AWSManagedRulesCommonRuleSet"}
        got = self.client.list_available_managed_rule_group_versions(**of)
        names = [v["Name"] for v in got["Versions"]]
        self.assertIn("Version_1.23", names)
        self.assertIn(got["CurrentDefaultVersion"], names)
        first = self.client.list_available_managed_rule_group_versions(
            Limit=1, **of)
        self.assertEqual([v["Name"] for v in first["Versions"]], names[:1])
        if len(names) > 1:
            rest = self.client.list_available_managed_rule_group_versions(
                NextMarker=first["NextMarker"], **of)
            self.assertEqual([v["Name"] for v in rest["Versions"]], names[1:])
        self.assertEqual(self.client.describe_managed_rule_group(
            VersionName="Version_1.23", **of)["VersionName"], "Version_1.23")
        self.assertEqual(self.code(self.client.describe_managed_rule_group,
                                   VersionName="Version_9.9", **of),
                         "WAFExpiredManagedRuleGroupVersionException")
        self.assertEqual(self.code(self.client.describe_managed_rule_group,
                                   **{**of, "Name": "None"}),
                         "WAFNonexistentItemException")

    def test_managed_groups_are_listed(self):
        names, marker = [], {}
        while True:
            page = self.client.list_available_managed_rule_groups(
                Scope="REGIONAL", Limit=4, **marker)
            names += [g["Name"] for g in page["ManagedRuleGroups"]]
            if "NextMarker" not in page:
                break
            marker = {"NextMarker": page["NextMarker"]}
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({"AWSManagedRulesCommonRuleSet",
                              "AWSManagedRulesSQLiRuleSet",
                              "AWSManagedRulesKnownBadInputsRuleSet"},
                             set(names))
        every = self.client.describe_all_managed_products(Scope="REGIONAL")
        self.assertEqual([p["ManagedRuleSetName"]
                          for p in every["ManagedProducts"]], names)
        self.assertEqual(self.client.describe_managed_products_by_vendor(
            VendorName="AWS", Scope="REGIONAL")["ManagedProducts"],
            every["ManagedProducts"])
        self.assertEqual(self.client.describe_managed_products_by_vendor(
            VendorName="Other", Scope="REGIONAL")["ManagedProducts"], [])

    # ---- samples -----------------------------------------------------------------------------------
    # 115: what it clips; what is sampled is shown elsewhere.
    def test_samples_are_of_the_last_three_hours(self):
        acl = self.acl("sampled", waf.rule("a", 0, byte_match(b"/a")))
        now = datetime.datetime.now(datetime.timezone.utc)
        of = {"WebAclArn": acl["ARN"], "Scope": "REGIONAL", "MaxItems": 500}
        day = {"StartTime": now - datetime.timedelta(days=1),
               "EndTime": now + datetime.timedelta(days=1)}
        got = self.client.get_sampled_requests(RuleMetricName="a",
                                               TimeWindow=day, **of)
        self.assertEqual((got["SampledRequests"], got["PopulationSize"]),
                         ([], 0))
        window = got["TimeWindow"]
        self.assertAlmostEqual((window["EndTime"] - window["StartTime"])
                               .total_seconds(), 3 * 3600, delta=1)
        self.assertAlmostEqual((window["EndTime"] - now).total_seconds(), 0,
                               delta=60)
        # the SDK for JavaScript sends fractions of a second
        answer = self.api.json_call(
            "AWSWAF_20190729.GetSampledRequests", {
                **of, "RuleMetricName": "a", "TimeWindow": {
                    "StartTime": time.time() - 60.5, "EndTime": time.time()}},
            service="wafv2")
        self.assertEqual(answer.status, 200, answer.text)
        for metric in ("sampled", "Default_Action", "ALL"):
            self.client.get_sampled_requests(RuleMetricName=metric,
                                             TimeWindow=day, **of)
        self.assertEqual(self.code(
            self.client.get_sampled_requests, RuleMetricName="none",
            TimeWindow=day, **of), "WAFNonexistentItemException")
        self.assertEqual(self.code(
            self.client.get_sampled_requests, RuleMetricName="a",
            TimeWindow={"StartTime": day["EndTime"],
                        "EndTime": day["StartTime"]}, **of),
            "ValidationException")

    def test_limited_addresses_are_those_of_rules_by_address(self):
        def rate(name, priority, kind, **more):
            return waf.rule(name, priority, {"RateBasedStatement": {
                "Limit": 100, "AggregateKeyType": kind, **more}})
        group = self.client.create_rule_group(
            Name="rates", Scope="REGIONAL", Capacity=10,
            VisibilityConfig=waf.visibility("rates"),
            Rules=[rate("inside", 0, "IP")])["Summary"]
        acl = self.acl(
            "rated", rate("ip", 0, "IP"),
            rate("forwarded", 1, "FORWARDED_IP", ForwardedIPConfig={
                "HeaderName": "X-Forwarded-For",
                "FallbackBehavior": "MATCH"}),
            rate("keys", 2, "CUSTOM_KEYS", CustomKeys=[{"HTTPMethod": {}}]),
            waf.rule("none", 3, byte_match(b"/a")),
            waf.rule("group", 4, {"RuleGroupReferenceStatement": {
                "ARN": group["ARN"]}}, OverrideAction={"None": {}}))
        of = {"Scope": "REGIONAL", "WebACLName": "rated",
              "WebACLId": acl["Id"]}
        empty = {"ManagedKeysIPV4": {"IPAddressVersion": "IPV4",
                                     "Addresses": []},
                 "ManagedKeysIPV6": {"IPAddressVersion": "IPV6",
                                     "Addresses": []}}
        call = self.client.get_rate_based_statement_managed_keys
        for given in ({"RuleName": "ip"}, {"RuleName": "forwarded"},
                      {"RuleGroupRuleName": "group", "RuleName": "inside"}):
            got = call(**of, **given)
            got.pop("ResponseMetadata")
            self.assertEqual(got, empty)
        for code, given in (
                ("WAFUnsupportedAggregateKeyTypeException",
                 {"RuleName": "keys"}),
                ("WAFInvalidParameterException", {"RuleName": "none"}),
                ("WAFNonexistentItemException", {"RuleName": "nobody"}),
                ("WAFNonexistentItemException",
                 {"RuleGroupRuleName": "ip", "RuleName": "inside"}),
                ("WAFNonexistentItemException",
                 {"RuleName": "ip", "WebACLId": NOWHERE})):
            with self.subTest(given):
                self.assertEqual(self.code(call, **{**of, **given}), code)

    # ---- what is not here ---------------------------------------------------------------------------
    def test_what_only_aws_has_is_refused_with_its_reason(self):
        for name in sorted(waf.REFUSED):
            with self.subTest(name):
                answer = self.api.json_call("AWSWAF_20190729." + name, {},
                                            service="wafv2")
                self.assertEqual((answer.status, answer.code),
                                 (400, "WAFInvalidOperationException"))
                self.assertIn("isn\u2019t valid: ", answer.message)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GetSampledRequests of a web ACL that live requests come to."""
import datetime
import unittest

import waf
import rig
from waf_acl import byte_match

OFF = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True}


class Samples(waf.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.origin = rig.Origin()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.origin.close()

    def setUp(self):
        self.name = self.id().rpartition(".")[2].replace("_", "-")[:24]
        self.balancer = self.api.balancer(self.origin, name=self.name.strip(
            "-"))

    def contains(self, text):
        return byte_match(text, None, "CONTAINS")

    def protect(self, *rules, **more):
        """An ACL with these rules guards the load balancer: its ARN."""
        arn = self.client.create_web_acl(
            Name=self.name, Scope="REGIONAL", DefaultAction={"Allow": {}},
            VisibilityConfig=waf.visibility(self.name), Rules=list(rules),
            **more)["Summary"]["ARN"]
        self.client.associate_web_acl(WebACLArn=arn,
                                      ResourceArn=self.balancer.arn)
        return arn

    def ask(self, *targets, headers=()):
        with self.balancer.client() as client:
            for target in targets:
                client.ask(target, headers=headers)

    def window(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        return {"StartTime": now - datetime.timedelta(minutes=1),
                "EndTime": now + datetime.timedelta(hours=1)}

    def get(self, arn, metric, most=500):
        return self.client.get_sampled_requests(
            WebAclArn=arn, RuleMetricName=metric, Scope="REGIONAL",
            MaxItems=most, TimeWindow=self.window())

    def sampled(self, arn, metric, population, most=500):
        """The samples, once they are of so many requests."""
        got = {}

        def enough():
            got.update(self.get(arn, metric, most))
            return got["PopulationSize"] >= population
        rig.until(enough, lambda: "%d requests; %r" % (population, got))
        self.assertEqual(sum(s["Weight"] for s in got["SampledRequests"]),
                         got["PopulationSize"])
        self.assertEqual(got["PopulationSize"], population)
        return got["SampledRequests"]

    # aws-waf.md 11: 115
    def test_samples_have_all_of_a_request(self):
        arn = self.protect(
            waf.rule("tag", 0, self.contains(b"/"), RuleLabels=[
                {"Name": "seen"}], Action={"Count": {
                    "CustomRequestHandling": {"InsertHeaders": [
                        {"Name": "n", "Value": "v"}]}}}),
            waf.rule("evil", 1, self.contains(b"evil"), Action={"Block": {
                "CustomResponse": {"ResponseCode": 429}}}),
            waf.rule("ask", 2, self.contains(b"ask"),
                     Action={"Captcha": {}}))
        self.ask("/good?q=1", "/evil", "/ask", headers=["X-A: 1", "x-a: 2"])
        label = [{"Name": "awswaf:000000000000:webacl:%s:seen" % self.name}]
        good, = self.sampled(arn, "Default_Action", 1)
        self.assertEqual(good, self.sampled(arn, self.name, 1)[0])
        request = good.pop("Request")
        self.assertEqual(
            [(h["Name"], h["Value"]) for h in request.pop("Headers")],
            [("Host", "example.com"), ("X-A", "1"), ("x-a", "2")])
        self.assertEqual(request, {
            "ClientIP": "127.0.0.1", "Country": "-", "URI": "/good",
            "Method": "GET", "HTTPVersion": "HTTP/1.1"})
        self.assertIn("Timestamp", good)
        good.pop("Timestamp")
        self.assertEqual(good, {
            "Weight": 1, "Action": "ALLOW", "Labels": label,
            "RequestHeadersInserted": [
                {"Name": "x-amzn-waf-n", "Value": "v"}]})
        evil, = self.sampled(arn, "evil", 1)
        self.assertEqual((evil["Action"], evil["ResponseCodeSent"],
                          evil["Request"]["URI"]), ("BLOCK", 429, "/evil"))
        self.assertNotIn("RequestHeadersInserted", evil)
        window = self.window()
        printed = self.waf(
            "get-sampled-requests", "--web-acl-arn", arn, "--scope",
            "REGIONAL", "--rule-metric-name", "evil", "--max-items", "500",
            "--time-window", "StartTime=%d,EndTime=%d" % (
                window["StartTime"].timestamp(),
                window["EndTime"].timestamp()))
        self.assertEqual(printed["PopulationSize"], 1)
        self.assertEqual(printed["SampledRequests"][0]["Request"],
                         evil["Request"])
        asked, = self.sampled(arn, "ask", 1)
        self.assertEqual(asked["CaptchaResponse"], {
            "ResponseCode": 405, "SolveTimestamp": 0,
            "FailureReason": "TOKEN_MISSING"})
        # One request shows up under several rules.
        self.assertEqual(
            [s["Action"] for s in self.sampled(arn, "tag", 3)], ["COUNT"] * 3)
        self.assertEqual(
            sorted(s["Action"] for s in self.sampled(arn, "ALL", 3)),
            ["ALLOW", "BLOCK", "CAPTCHA"])

    def test_a_rule_of_a_group_is_named(self):
        group = self.client.create_rule_group(
            Name="shared", Scope="REGIONAL", Capacity=100,
            VisibilityConfig=waf.visibility("shared"),
            Rules=[waf.rule("odd", 0, self.contains(b"odd")),
                   waf.rule("bad", 1, self.contains(b"bad"))])["Summary"]
        arn = self.protect(waf.rule(
            "group", 0, {"RuleGroupReferenceStatement": {
                "ARN": group["ARN"], "RuleActionOverrides": [
                    {"Name": "odd", "ActionToUse": {"Count": {}}}]}},
            OverrideAction={"None": {}}))
        self.ask("/odd", "/bad")
        bad, = self.sampled(arn, "group", 1)
        self.assertEqual((bad["Action"], bad["RuleNameWithinRuleGroup"]),
                         ("BLOCK", "shared#bad"))
        self.assertNotIn("OverriddenAction", bad)
        odd, = self.sampled(arn, "odd", 1)
        self.assertEqual((odd["Action"], odd["OverriddenAction"]),
                         ("COUNT", "BLOCK"))

    def test_weights_say_how_many_there_were(self):
        arn = self.protect(waf.rule("evil", 1, self.contains(b"evil")))
        self.ask(*["/evil"] * 400)
        self.ask("/evil/last")
        # What came too fast has its weight in the next one that is kept.
        samples = []

        def more():
            self.ask("/evil/last")
            samples[:] = self.get(arn, "evil")["SampledRequests"]
            return sum(s["Weight"] for s in samples) > 400
        rig.until(more, lambda: "a weight: %r" % [
            s["Weight"] for s in samples])
        self.assertLess(len(samples), 400)
        few = self.get(arn, "evil", 3)
        self.assertEqual(len(few["SampledRequests"]), 3)
        self.assertEqual(sum(s["Weight"] for s in few["SampledRequests"]),
                         few["PopulationSize"])

    def test_rules_that_want_no_samples_have_none(self):
        quiet = waf.rule("quiet", 0, self.contains(b"quiet"))
        quiet["VisibilityConfig"] = dict(OFF, MetricName="quiet")
        arn = self.protect(quiet, waf.rule("loud", 1, self.contains(b"loud")))
        self.ask("/quiet", "/loud")
        self.sampled(arn, "loud", 1)
        self.assertEqual(self.sampled(arn, "quiet", 0), [])

    # aws-waf.md 11: 113
    def test_data_protection_holds_for_samples(self):
        arn = self.protect(DataProtectionConfig={"DataProtections": [
            {"Field": {"FieldType": "SINGLE_HEADER",
                       "FieldKeys": ["authorization"]},
             "Action": "SUBSTITUTION"}]})
        self.ask("/", headers=["Authorization: secret"])
        sample, = self.sampled(arn, "Default_Action", 1)
        self.assertEqual(sample["Request"]["Headers"][1], {
            "Name": "Authorization", "Value": "REDACTED"})


if __name__ == "__main__":
    rig.main()

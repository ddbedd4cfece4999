#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What calls of wafv2 do to live requests: when a call is answered, the next
request feels it."""
import os
import subprocess
import tempfile
import unittest

from aws import Api, boto3, rig

from rig import Origin, until

SEEN = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True}
NONE = [{"Priority": 0, "Type": "NONE"}]
BLOCK, ALLOW = {"Block": {}}, {"Allow": {}}


def seen(name):
    return {**SEEN, "MetricName": name}


def contains(text, name="evil", priority=1, action=None):
    return {"Name": name, "Priority": priority, "Action": action or BLOCK,
            "VisibilityConfig": seen(name), "Statement": {
                "ByteMatchStatement": {
                    "SearchString": text.encode(), "TextTransformations": NONE,
                    "FieldToMatch": {"UriPath": {}},
                    "PositionalConstraint": "CONTAINS"}}}


def of_set(arn):
    return {"Name": "set", "Priority": 1, "Action": BLOCK,
            "VisibilityConfig": seen("set"),
            "Statement": {"IPSetReferenceStatement": {"ARN": arn}}}


@unittest.skipUnless(boto3(), "boto3 is missing")
class Live(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        self.api = self.start()
        self.waf = self.api.client("wafv2")
        self.balancer = self.api.balancer(self.origin)

    def start(self, *options, **more):
        api = Api(*options, workers=3, **more)
        self.addCleanup(api.stop)
        return api

    def status(self, path="/", balancer=None):
        """On a connection of its own, so that it comes to any worker."""
        with (balancer or self.balancer).client() as client:
            client.send(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())
            return client.response().status

    def acl(self, *rules, name="shop", **more):
        made = self.waf.create_web_acl(
            Name=name, Scope="REGIONAL", DefaultAction=ALLOW,
            VisibilityConfig=seen(name), Rules=list(rules), **more)["Summary"]
        return {"Name": name, "Scope": "REGIONAL", "Id": made["Id"]}, \
            made["ARN"]

    def test_an_association_is_in_force_when_it_is_answered(self):
        _, arn = self.acl(contains("evil"))
        self.assertEqual(self.status("/evil"), 200)
        for _ in range(15):
            self.waf.associate_web_acl(WebACLArn=arn,
                                       ResourceArn=self.balancer.arn)
            self.assertEqual([self.status("/evil") for _ in range(4)],
                             [403] * 4)
            self.waf.disassociate_web_acl(ResourceArn=self.balancer.arn)
            self.assertEqual([self.status("/evil") for _ in range(4)],
                             [200] * 4)

    # aws-waf.md 11: 107
    def test_another_acl_takes_the_place_of_the_first(self):
        _, one = self.acl(contains("evil"), name="one")
        _, two = self.acl(contains("good"), name="two")
        for arn, blocked in ((one, "/evil"), (two, "/good"), (one, "/evil")):
            self.waf.associate_web_acl(WebACLArn=arn,
                                       ResourceArn=self.balancer.arn)
            self.assertEqual({p: self.status(p) for p in ("/evil", "/good")},
                             {p: 403 if p == blocked else 200
                              for p in ("/evil", "/good")})
            self.assertEqual(self.waf.get_web_acl_for_resource(
                ResourceArn=self.balancer.arn)["WebACL"]["ARN"], arn)

    def test_an_update_of_the_acl_is_in_force_when_it_is_answered(self):
        acl, arn = self.acl(contains("evil"))
        self.waf.associate_web_acl(WebACLArn=arn,
                                   ResourceArn=self.balancer.arn)
        for i in range(10):
            got = self.waf.get_web_acl(**acl)
            self.waf.update_web_acl(
                **acl, DefaultAction=ALLOW, VisibilityConfig=seen("shop"),
                Rules=[contains("r%d-" % i)], LockToken=got["LockToken"])
            self.assertEqual(self.status("/r%d-x" % i), 403)
            self.assertEqual(self.status("/r%d-x" % (i - 1)), 200)

    # aws-waf.md 11: 39
    def test_sets_that_change_change_what_refers_to_them(self):
        made = self.waf.create_ip_set(
            Name="bad", Scope="REGIONAL", IPAddressVersion="IPV4",
            Addresses=[])["Summary"]
        _, arn = self.acl(of_set(made["ARN"]))
        self.waf.associate_web_acl(WebACLArn=arn,
                                   ResourceArn=self.balancer.arn)
        token = made["LockToken"]
        for addresses, status in ((["127.0.0.1/32"], 403),
                                  (["10.0.0.0/8"], 200),
                                  (["0.0.0.0/1"], 200),
                                  (["64.0.0.0/2"], 403), ([], 200)):
            if addresses == ["0.0.0.0/1"]:
                addresses = ["0.0.0.0/2"]
            token = self.waf.update_ip_set(
                Name="bad", Scope="REGIONAL", Id=made["Id"],
                Addresses=addresses, LockToken=token)["NextLockToken"]
            self.assertEqual(self.status(), status, addresses)

    def test_a_pattern_that_does_not_compile_changes_nothing(self):
        acl, arn = self.acl(contains("evil"))
        self.waf.associate_web_acl(WebACLArn=arn,
                                   ResourceArn=self.balancer.arn)
        rule = contains("x")
        rule["Statement"] = {"RegexMatchStatement": {
            "RegexString": "(a)\\1", "FieldToMatch": {"UriPath": {}},
            "TextTransformations": NONE}}
        token = self.waf.get_web_acl(**acl)["LockToken"]
        with self.assertRaises(
                self.waf.exceptions.WAFInvalidParameterException):
            self.waf.update_web_acl(
                **acl, DefaultAction=ALLOW, VisibilityConfig=seen("shop"),
                Rules=[rule], LockToken=token)
        self.assertEqual(self.status("/evil"), 403)
        self.assertEqual(self.waf.get_web_acl(**acl)["LockToken"], token)

    def test_a_thousand_updates_lose_no_request(self):
        """200 of them here; clients ask all the while."""
        import threading
        acl, arn = self.acl(contains("evil"))
        self.waf.associate_web_acl(WebACLArn=arn,
                                   ResourceArn=self.balancer.arn)
        over, wrong = threading.Event(), []

        def client():
            with self.balancer.client() as one:
                while not over.is_set():
                    for path, status in ((b"/evil", 403), (b"/good", 200)):
                        one.send(b"GET " + path +
                                 b" HTTP/1.1\r\nHost: a\r\n\r\n")
                        got = one.response().status
                        if got != status:
                            wrong.append((path, got))
        threads = [threading.Thread(target=client) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            token = self.waf.get_web_acl(**acl)["LockToken"]
            for i in range(200):
                token = self.waf.update_web_acl(
                    **acl, DefaultAction=ALLOW, VisibilityConfig=seen("shop"),
                    Rules=[contains("evil"), contains(
                        "r%d-" % i, "more", 2)],
                    LockToken=token)["NextLockToken"]
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])

    def test_managed_keys_are_the_addresses_over_the_limit(self):
        acl, arn = self.acl({
            "Name": "rate", "Priority": 1, "Action": BLOCK,
            "VisibilityConfig": seen("rate"), "Statement": {
                "RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP",
                                       "EvaluationWindowSec": 60}}})
        self.waf.associate_web_acl(WebACLArn=arn,
                                   ResourceArn=self.balancer.arn)

        def keys():
            return self.waf.get_rate_based_statement_managed_keys(
                Scope="REGIONAL", WebACLName="shop", WebACLId=acl["Id"],
                RuleName="rate")["ManagedKeysIPV4"]
        self.assertEqual(keys()["Addresses"], [])
        until(lambda: self.status() == 403, "the limit")
        until(lambda: keys()["Addresses"] == ["127.0.0.1/32"], "the key")


@unittest.skipUnless(boto3(), "boto3 is missing")
class Kept(unittest.TestCase):
    """What calls made outlives a restart, and is a template on its own."""

    def test_it_is_there_after_a_restart_and_in_an_export(self):
        origin = Origin()
        self.addCleanup(origin.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        state = os.path.join(folder.name, "account.sqlite")
        api = Api("--state", state)
        balancer = api.balancer(origin)
        waf = api.client("wafv2")
        bad = waf.create_ip_set(
            Name="bad", Scope="REGIONAL", IPAddressVersion="IPV4",
            Addresses=["127.0.0.0/8"])["Summary"]
        acl = waf.create_web_acl(
            Name="shop", Scope="REGIONAL", DefaultAction=ALLOW,
            VisibilityConfig=seen("shop"), Rules=[of_set(bad["ARN"])])[
                "Summary"]
        waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer.arn)
        before = waf.get_web_acl(ARN=acl["ARN"])
        api.stop()
        exported = subprocess.run(
            [rig.SLUICE, "export", "--state", state], capture_output=True,
            check=True, timeout=60).stdout.decode()
        for options, more in ((("--state", state), {}),
                              ((), {"template": exported})):
            again = Api(*options, **more)
            self.addCleanup(again.stop)
            waf = again.client("wafv2")
            got = waf.get_web_acl_for_resource(ResourceArn=balancer.arn)
            self.assertEqual(got["WebACL"], before["WebACL"])
            self.assertEqual(waf.get_web_acl(ARN=acl["ARN"])["LockToken"],
                             before["LockToken"])
            again.stop()


if __name__ == "__main__":
    rig.main()

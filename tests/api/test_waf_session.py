#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A session with `aws wafv2` as an engineer has it: a web ACL is made of files,
put in force, looked at, edited and taken away."""
import datetime
import json
import os
import shutil
import tempfile
import unittest

import aws
import rig
import waf
from waf_acl import byte_match

REGIONAL = ["--scope", "REGIONAL"]
VISIBLE = ("SampledRequestsEnabled=true,CloudWatchMetricsEnabled=true,"
           "MetricName=")
OFFICE = "192.0.2.0/24"


class Session(waf.Case):

    @classmethod
    def setUpClass(cls):
        aws.aws_command()
        super().setUpClass()
        cls.balancer, where = waf.balancer(cls.api, "shop")
        cls.host, cls.port = where

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-session-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, value):
        """What file:// stands before."""
        path = os.path.join(self.folder, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=4)
        return "file://" + path

    def saved(self, name):
        with open(os.path.join(self.folder, name + ".json"),
                  encoding="utf-8") as file:
            return json.load(file)

    def status(self, path="/"):
        with rig.Client(self.host, self.port) as client:
            return client.ask(path).status

    def rules(self, arn):
        return waf.sendable(waf.printed([
            waf.rule("admin", 0, byte_match(b"/admin", None, "STARTS_WITH",
                                            "NORMALIZE_PATH", "LOWERCASE")),
            waf.rule("office", 1, {"IPSetReferenceStatement": {"ARN": arn}},
                     Action={"Count": {}}),
            waf.rule("flood", 2, {"RateBasedStatement": {
                "Limit": 1000, "EvaluationWindowSec": 60,
                "AggregateKeyType": "IP"}})]))

    # 102, 103, 105, 106, 107.
    def test_an_acl_from_its_first_file_to_its_end(self):
        office = self.waf("create-ip-set", "--name", "office", *REGIONAL,
                          "--ip-address-version", "IPV4", "--addresses",
                          OFFICE, "198.51.100.7/32")["Summary"]
        rules = self.file("rules", self.rules(office["ARN"]))
        capacity = self.waf("check-capacity", *REGIONAL, "--rules", rules)[
            "Capacity"]
        acl = self.waf("create-web-acl", "--name", "shop", *REGIONAL,
                       "--default-action", "Allow={}", "--rules", rules,
                       "--visibility-config", VISIBLE + "shop", "--tags",
                       "Key=team,Value=edge")["Summary"]
        named = ["--name", "shop", *REGIONAL, "--id", acl["Id"]]
        self.assertEqual(self.status("/./ADMIN"), 200)
        self.waf("associate-web-acl", "--web-acl-arn", acl["ARN"],
                 "--resource-arn", self.balancer)
        self.assertEqual([self.status(p) for p in ("/./ADMIN", "/", "/new")],
                         [403, 200, 200])
        self.edit(named, capacity)
        self.look(acl)
        self.lists(acl)
        self.leave(named, office)

    def edit(self, named, capacity):
        """get-web-acl > acl.json, an editor, update-web-acl."""
        self.file("acl", self.waf("get-web-acl", *named))
        got = self.saved("acl")
        self.assertEqual(got["WebACL"]["Capacity"], capacity)
        again = waf.sendable(got["WebACL"]["Rules"])
        again[0]["Statement"]["ByteMatchStatement"]["SearchString"] = (
            "/new" if waf.VERSION_1 else waf.plain(b"/new"))
        update = ["update-web-acl", *named, "--rules",
                  self.file("rules", again), "--default-action",
                  self.file("action", {"Block": {"CustomResponse": {
                      "ResponseCode": 404}}}), "--visibility-config",
                  VISIBLE + "shop", "--lock-token", got["LockToken"]]
        token = self.waf(*update)["NextLockToken"]
        self.assertNotEqual(token, got["LockToken"])
        error = self.refused("WAFOptimisticLockException", *update)
        self.assertIn("someone changed the resource", error.message)
        self.assertEqual([self.status(p) for p in ("/admin", "/new")],
                         [404, 403])
        self.token = token

    def look(self, acl):
        """What the rule saw, before it was edited and after."""
        now = datetime.datetime.now(datetime.timezone.utc)
        window = ",".join("%sTime=%s" % (name, (now + datetime.timedelta(
            minutes=by)).isoformat()) for name, by in (("Start", -30),
                                                       ("End", 30)))

        def samples():
            got = self.waf("get-sampled-requests", "--web-acl-arn",
                           acl["ARN"], "--rule-metric-name", "admin",
                           *REGIONAL, "--time-window", window, "--max-items",
                           "100")["SampledRequests"]
            return {(s["Request"]["URI"], s["Action"]) for s in got}
        rig.until(lambda: samples() == {("/./ADMIN", "BLOCK"),
                                        ("/new", "BLOCK")}, samples)
        keys = ["get-rate-based-statement-managed-keys", *REGIONAL,
                "--web-acl-name", "shop", "--web-acl-id", acl["Id"],
                "--rule-name"]
        self.assertEqual(self.waf(*keys, "flood")["ManagedKeysIPV4"],
                         {"IPAddressVersion": "IPV4", "Addresses": []})
        self.refused("WAFInvalidParameterException", *keys, "admin")

    def lists(self, acl):
        """Pages, and tags."""
        other = self.waf("create-web-acl", "--name", "other", *REGIONAL,
                         "--default-action", "Allow={}",
                         "--visibility-config", VISIBLE + "other")["Summary"]
        first = self.waf("list-web-acls", *REGIONAL, "--limit", "1")
        rest = self.waf("list-web-acls", *REGIONAL, "--limit", "1",
                        "--next-marker", first["NextMarker"])
        self.assertEqual({a["ARN"] for a in first["WebACLs"] +
                          rest["WebACLs"]}, {acl["ARN"], other["ARN"]})
        arn = ["--resource-arn", acl["ARN"]]
        self.waf("tag-resource", *arn, "--tags", "Key=stage,Value=live")
        self.waf("untag-resource", *arn, "--tag-keys", "team")
        self.assertEqual(self.waf("list-tags-for-resource", *arn)[
            "TagInfoForResource"]["TagList"],
                         [{"Key": "stage", "Value": "live"}])

    def leave(self, named, office):
        """In the wrong order, then in the right one."""
        ip_set = ["delete-ip-set", "--name", "office", *REGIONAL, "--id",
                  office["Id"], "--lock-token", office["LockToken"]]
        delete = ["delete-web-acl", *named, "--lock-token"]
        self.refused("WAFAssociatedItemException", *ip_set)
        self.refused("WAFAssociatedItemException", *delete, self.token)
        self.waf("disassociate-web-acl", "--resource-arn", self.balancer)
        self.assertEqual(self.status("/new"), 200)
        self.refused("WAFOptimisticLockException", *delete, office["LockToken"])
        self.waf(*delete, self.token)
        self.refused("WAFNonexistentItemException", "get-web-acl", *named)
        self.waf(*ip_set)


if __name__ == "__main__":
    rig.main()

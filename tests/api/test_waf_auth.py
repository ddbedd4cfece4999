#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Policies before wafv2: whom its calls concern."""
import os
import shutil
import tempfile
import unittest

import aws
import rig
import waf
from test_auth import client_of, statement, user, write_keys


def arn(kind, name, scope="regional"):
    return "arn:aws:wafv2:us-east-1:*:%s/%s/%s/*" % (scope, kind, name)


ADMIN = user("admin", 1, statement("*"))
OWN = user("own", 2, statement("wafv2:*", [arn("ipset", "own*"),
                                           arn("webacl", "own*")]))
EDGE = user("edge", 3, statement("wafv2:*", arn("ipset", "*", "global")))
TAGGED = user("tagged", 4, statement("wafv2:*", StringEquals={
    "aws:ResourceTag/Team": "edge"}), statement("wafv2:ListIPSets"))

MAKER = user("maker", 5, statement("wafv2:CreateIPSet"))


class Policies(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        aws.boto3()
        cls.folder = tempfile.mkdtemp(prefix="sluice-test-")
        path = os.path.join(cls.folder, "keys.json")
        write_keys(path, [ADMIN, OWN, EDGE, TAGGED, MAKER])
        cls.api = aws.Api("--access-keys", path)

    @classmethod
    def tearDownClass(cls):
        cls.api.stop()
        shutil.rmtree(cls.folder)

    def client(self, who):
        return client_of(self.api, who, "wafv2")

    def make(self, who, name, scope="REGIONAL", **more):
        return self.client(who).create_ip_set(
            Name=name, Scope=scope, IPAddressVersion="IPV4", Addresses=[],
            **more)["Summary"]

    def denied(self, call, *given, **more):
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as caught:
            call(*given, **more)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], "AccessDeniedException")
        return error["Message"]

    def test_names_and_ids_are_an_arn(self):
        own, theirs = self.make(OWN, "own-1"), self.make(ADMIN, "theirs")
        self.assertIn("regional/ipset/foreign/* because",
                      self.denied(self.make, OWN, "foreign"))
        client = self.client(OWN)
        for one, allowed in ((own, True), (theirs, False)):
            named = {"Name": one["Name"], "Scope": "REGIONAL", "Id": one["Id"]}
            locked = {**named, "LockToken": one["LockToken"]}
            if allowed:
                client.get_ip_set(**named)
                client.list_tags_for_resource(ResourceARN=one["ARN"])
                locked["LockToken"] = client.update_ip_set(
                    Addresses=[], **locked)["NextLockToken"]
                client.delete_ip_set(**locked)
            else:
                self.assertIn(one["ARN"],
                              self.denied(client.get_ip_set, **named))
                self.denied(client.update_ip_set, Addresses=[], **locked)
                self.denied(client.delete_ip_set, **locked)
                self.denied(client.list_tags_for_resource,
                            ResourceARN=one["ARN"])
        self.denied(client.list_ip_sets, Scope="REGIONAL")

    def test_scopes_are_different_arns(self):
        self.make(EDGE, "edge", "CLOUDFRONT")
        self.denied(self.make, EDGE, "edge")

    def test_an_acl_is_named_in_many_ways(self):
        admin, own = self.client(ADMIN), self.client(OWN)
        acl = admin.create_web_acl(
            Name="others", Scope="REGIONAL", DefaultAction={"Allow": {}},
            VisibilityConfig=waf.visibility("a"))["Summary"]
        self.denied(own.get_web_acl, ARN=acl["ARN"])
        self.denied(own.put_logging_configuration, LoggingConfiguration={
            "ResourceArn": acl["ARN"], "LogDestinationConfigs": [
                "arn:aws:s3:::aws-waf-logs-a"]})
        self.denied(own.get_rate_based_statement_managed_keys,
                    Scope="REGIONAL", WebACLName="others", WebACLId=acl["Id"],
                    RuleName="a")

    def test_tags_of_what_is_concerned_count(self):
        edge = self.make(ADMIN, "of-edge", Tags=[
            {"Key": "Team", "Value": "edge"}])
        core = self.make(ADMIN, "of-core", Tags=[
            {"Key": "Team", "Value": "core"}])
        client = self.client(TAGGED)
        client.get_ip_set(Name="of-edge", Scope="REGIONAL", Id=edge["Id"])
        self.denied(client.get_ip_set, Name="of-core", Scope="REGIONAL",
                    Id=core["Id"])

    def test_tags_with_what_is_made_are_tagging(self):
        self.make(MAKER, "plain")
        self.assertIn("wafv2:TagResource", self.denied(
            self.make, MAKER, "tagged", Tags=[{"Key": "a", "Value": "b"}]))


if __name__ == "__main__":
    rig.main()

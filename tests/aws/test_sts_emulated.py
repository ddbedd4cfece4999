#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Roles of an STS that somebody else made: moto, which asks its IAM."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from asking import Home  # noqa: E402
from calls import Caller  # noqa: E402
from moto import Moto  # noqa: E402  (tests/aws/moto.py)

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:*"}]})
WHO = {"service": "STS", "action": "GetCallerIdentity"}


def allow(action):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": action, "Resource": "*"}]})


class Roles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.moto = Moto()
        cls.addClassCleanup(cls.moto.stop)

    def setUp(self):
        self.moto.reset()
        self.iam = self.moto.client("iam")
        self.role = self.iam.create_role(
            RoleName="app", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        self.iam.put_role_policy(RoleName="app", PolicyName="p",
                                 PolicyDocument=allow("ecs:ListClusters"))

    def caller(self, home, **environment):
        return Caller(AWS_ENDPOINT_URL=self.moto.url, AWS_REGION="us-east-1",
                      HOME=home.folder.name, **environment)

    def test_a_role_of_a_profile_and_what_it_may(self):
        """moto makes the signatures again, those with a token too."""
        self.iam.create_user(UserName="u")
        self.iam.put_user_policy(UserName="u", PolicyName="p",
                                 PolicyDocument=allow("sts:AssumeRole"))
        key = self.iam.create_access_key(UserName="u")["AccessKey"]
        text = ("[default]\nrole_arn = %s\nsource_profile = base\n"
                "role_session_name = sluice@test\n[profile base]\n"
                "aws_access_key_id = %s\naws_secret_access_key = %%s\n" % (
                    self.role, key["AccessKeyId"]))
        self.moto.check_permissions()
        self.addCleanup(self.moto.check_permissions, None)
        with Home(text % key["SecretAccessKey"]) as home, \
                self.caller(home) as c:
            may = c.call(service="ECS", action="ListClusters")
            may_not = c.call(service="ECS", action="DescribeClusters")
        self.assertEqual(may["outcome"], "OK", may)
        self.assertEqual((may_not["outcome"], may_not["forbidden"],
                          may_not["permission"]),
                         ("REFUSED", True, "ecs:DescribeClusters"), may_not)
        with Home(text % "another") as home, self.caller(home) as c:
            said = c.call(service="ECS", action="ListClusters")
        self.assertEqual(said["outcome"], "NOT_READY")
        self.assertIn("SignatureDoesNotMatch", said["message"])

    def test_a_role_for_a_token(self):
        with Home(token="header.payload.signature") as home, self.caller(
                home, AWS_ROLE_ARN=self.role, AWS_ROLE_SESSION_NAME="pod",
                AWS_WEB_IDENTITY_TOKEN_FILE=home.path("token")) as c:
            said = c.call(**WHO)
        self.assertIn(":assumed-role/app/pod</Arn>", said["answer"])

    def test_a_role_of_an_instance(self):
        with Home() as home, self.caller(
                home, AWS_EC2_METADATA_DISABLED="false",
                AWS_EC2_METADATA_SERVICE_ENDPOINT=self.moto.url) as c:
            said = c.call(**WHO)
        self.assertEqual(said["outcome"], "OK", said)


if __name__ == "__main__":
    unittest.main()

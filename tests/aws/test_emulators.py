#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The emulators that tests of ours stand on are what they are said to be."""
import unittest

import moto
import rig


class TestMoto(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.aws = moto.Moto()

    @classmethod
    def tearDownClass(cls):
        cls.aws.stop()

    def test_it_keeps_what_it_is_told_until_it_is_reset(self):
        ecs = self.aws.client("ecs")
        ecs.create_cluster(clusterName="web")
        self.assertIn("/web", ecs.list_clusters()["clusterArns"][0])
        self.aws.reset()
        self.assertEqual(ecs.list_clusters()["clusterArns"], [])

    def test_it_asks_iam_when_it_is_told_to(self):
        moto.sdk.boto3()
        from botocore.exceptions import ClientError
        ecs = self.aws.client("ecs")
        ecs.list_clusters()
        self.aws.check_permissions()
        try:
            with self.assertRaises(ClientError) as caught:
                ecs.list_clusters()
        finally:
            self.aws.check_permissions(None)
        self.assertEqual(caught.exception.response["ResponseMetadata"][
            "HTTPStatusCode"], 403)
        ecs.list_clusters()


class TestS3rver(unittest.TestCase):
    def test_it_checks_signatures(self):
        moto.sdk.boto3()
        from botocore.exceptions import ClientError
        with moto.S3rver("logs") as aws:
            aws.client().put_object(Bucket="logs", Key="a b", Body=b"x")
            self.assertEqual(aws.client().get_object(
                Bucket="logs", Key="a b")["Body"].read(), b"x")
            with self.assertRaises(ClientError) as caught:
                moto.client("s3", aws.url, "S3RVER", "other").put_object(
                    Bucket="logs", Key="c", Body=b"x")
        self.assertEqual(caught.exception.response["Error"]["Code"],
                         "SignatureDoesNotMatch")


if __name__ == "__main__":
    rig.main()

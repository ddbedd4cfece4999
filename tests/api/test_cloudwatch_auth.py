#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Policies and signatures before CloudWatch: its actions are cloudwatch:X, its
signatures of "monitoring"."""
import os
import shutil
import tempfile
import unittest

import aws
import rig
from cloudwatch import ago, now
from test_auth import client_of, statement, user, write_keys

READER = user("reader", 1, statement("cloudwatch:GetMetricData"),
              statement("cloudwatch:ListMetrics"))
WRITER = user("writer", 2, statement("cloudwatch:PutMetricData", StringEquals={
    "cloudwatch:namespace": "Own"}))
OTHER = user("other", 3, statement("monitoring:*"))


class Policies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        aws.boto3()
        cls.folder = tempfile.mkdtemp(prefix="sluice-test-")
        path = os.path.join(cls.folder, "keys.json")
        write_keys(path, [READER, WRITER, OTHER])
        cls.api = aws.Api("--access-keys", path)

    @classmethod
    def tearDownClass(cls):
        cls.api.stop()
        shutil.rmtree(cls.folder)

    def client(self, who):
        return client_of(self.api, who, "cloudwatch")

    def put(self, who, namespace):
        self.client(who).put_metric_data(Namespace=namespace, MetricData=[
            {"MetricName": "m%d" % n, "Timestamp": ago(5), "Value": 1}
            for n in range(200)])

    def get(self, who):
        return self.client(who).get_metric_data(
            StartTime=ago(10), EndTime=now(), MetricDataQueries=[
                {"Id": "e1", "Expression": "SEARCH('{Own} m7', 'Sum', 60)"}])

    def denied(self, call, *given):
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as caught:
            call(*given)
        error = caught.exception.response["Error"]
        self.assertTrue(error["Code"].startswith("AccessDenied"), error)
        return error["Message"]

    def test_actions_are_those_of_cloudwatch(self):
        self.get(READER)
        self.client(READER).list_metrics()
        self.assertIn("cloudwatch:GetMetricData on resource: *",
                      self.denied(self.get, OTHER))
        self.assertIn("cloudwatch:PutMetricData",
                      self.denied(self.put, READER, "Own"))

    def test_a_namespace_is_a_condition(self):
        # Long enough that it is compressed, after which it is signed.
        self.put(WRITER, "Own")
        self.assertIn("cloudwatch:PutMetricData",
                      self.denied(self.put, WRITER, "Theirs"))
        self.assertEqual({v for r in self.get(READER)["MetricDataResults"]
                          for v in r["Values"]}, {1.0})


if __name__ == "__main__":
    rig.main()

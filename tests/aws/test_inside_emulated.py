#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls by AWS's names over HTTPS to moto, which tells services and buckets
from the host that they were sent to."""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import inside  # noqa: E402
import moto  # noqa: E402
from calls import Caller  # noqa: E402
from inside import OTHER, REGION, rig  # noqa: E402

setUpModule = inside.enter


class Emulated(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = inside.certificates.Folder()
        cls.addClassCleanup(cls.folder.close)
        cls.ca = cls.folder.authority("Amazon of this test")
        inside.names(*inside.HOSTS, *[
            "shop.s3.%s.amazonaws.com" % r for r in (REGION, OTHER)])
        inside.trust(cls.ca)
        cls.moto = moto.Moto(cls.ca.issue(*inside.HOSTS, *inside.BUCKETS), 443)
        cls.addClassCleanup(cls.moto.stop)

    def setUp(self):
        self.caller = Caller(AWS_ACCESS_KEY_ID="AKIA", AWS_REGION=REGION,
                             AWS_SECRET_ACCESS_KEY="secret")
        self.addCleanup(self.caller.__exit__, None)

    def good(self, service, action=None, body="", **more):
        said = self.caller.call(service=service, action=action or "",
                                body=body, **more)
        self.assertEqual(said["outcome"], "OK", said)
        return said["answer"]

    def test_services_of_json(self):
        self.good("CLOUDWATCH", "PutMetricData", {
            "Namespace": "Sluice/X", "MetricData": [
                {"MetricName": "N", "Value": 1.0, "Timestamp": time.time()}]})
        found = json.loads(self.good("CLOUDWATCH", "ListMetrics",
                                     {"Namespace": "Sluice/X"}))
        self.assertEqual([m["MetricName"] for m in found["Metrics"]], ["N"])
        self.good("LOGS", "CreateLogGroup", {"logGroupName": "g"})
        self.good("ECS", "CreateCluster", {"clusterName": "c"})
        self.good("ECS", "ListTasks", {"cluster": "c"})

    def test_services_of_query(self):
        self.assertIn("<Arn>", self.good("STS", "GetCallerIdentity"))
        topic = self.good("SNS", "CreateTopic", "Name=t").partition(
            "<TopicArn>")[2].partition("<")[0]
        self.good("SNS", "Publish",
                  "Message=m&TopicArn=" + topic.replace(":", "%3A"))
        self.assertIn("DescribeInstancesResponse",
                      self.good("EC2", "DescribeInstances"))

    def test_cloud_map(self):
        self.good("CLOUD_MAP", "CreateHttpNamespace", {"Name": "n"})
        space, = json.loads(self.good("CLOUD_MAP", "ListNamespaces", {}))[
            "Namespaces"]
        service = json.loads(self.good("CLOUD_MAP", "CreateService", {
            "Name": "s", "NamespaceId": space["Id"]}))["Service"]["Id"]
        self.good("CLOUD_MAP", "RegisterInstance", {
            "ServiceId": service, "InstanceId": "i-1", "Attributes": {
                "AWS_INSTANCE_IPV4": "10.0.0.1"}})
        found = json.loads(self.good(
            "CLOUD_MAP", "DiscoverInstances",
            {"NamespaceName": "n", "ServiceName": "s"}, host_prefix=True))
        self.assertEqual([i["InstanceId"] for i in found["Instances"]], ["i-1"])

    def test_buckets_in_hosts_and_in_paths(self):
        where = ("<CreateBucketConfiguration xmlns='http://s3.amazonaws.com/"
                 "doc/2006-03-01/'><LocationConstraint>%s</LocationConstraint>"
                 "</CreateBucketConfiguration>" % REGION)
        for bucket in ("shop", "shop.of.ours"):
            with self.subTest(bucket):
                place = {"service": "S3", "bucket": bucket}
                self.good(**place, method="PUT", body=where)
                self.good(**place, method="PUT", key="a b/c+d", body="kept")
                self.assertEqual(self.good(
                    **place, method="GET", key="a b/c+d"), "kept")
                self.assertIn("<Key>a b/c+d</Key>", self.good(
                    **place, method="GET", query="list-type=2"))


if __name__ == "__main__":
    rig.main()

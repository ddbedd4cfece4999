#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CloudWatch's API by AWS's own clients: the aws command, boto3, and the newest
SDK for JavaScript in each protocol."""
import select

import aws
import node
import rig
from cloudwatch import Wire, ago, now


class Clients(aws.ApiCase):
    def test_the_aws_command(self):
        self.api.aws("cloudwatch", "put-metric-data", "--namespace", "Cli",
                     "--metric-name", "m", "--value", "5", "--unit", "Count",
                     "--timestamp", ago(5).isoformat(),
                     "--dimensions", "Service=web,Stage=test")
        got = self.api.aws("cloudwatch", "list-metrics", "--namespace", "Cli",
                           "--dimensions", "Name=Service,Value=web")
        self.assertEqual(len(got["Metrics"][0]["Dimensions"]), 2)
        got = self.api.aws(
            "cloudwatch", "get-metric-statistics", "--namespace", "Cli",
            "--metric-name", "m", "--start-time", ago(10).isoformat(),
            "--end-time", now().isoformat(), "--period", "300", "--statistics",
            "Sum", "--dimensions", "Name=Stage,Value=test",
            "Name=Service,Value=web")
        self.assertEqual([p["Sum"] for p in got["Datapoints"]], [5.0])
        got = self.api.aws(
            "cloudwatch", "get-metric-data", "--start-time",
            ago(10).isoformat(), "--end-time", now().isoformat(),
            "--metric-data-queries", [{"Id": "e1", "Expression":
                                       "SEARCH('{Cli,Service,Stage} m', "
                                       "'Sum', 60)"}])
        self.assertEqual(got["MetricDataResults"][0]["Values"], [5.0])
        with self.assertRaises(aws.AwsError) as caught:
            self.api.aws("cloudwatch", "put-metric-data", "--namespace",
                         "AWS/X", "--metric-name", "m", "--value", "5")
        self.assertTrue(caught.exception.code.startswith(
            "InvalidParameterValue"), caught.exception.code)

    def test_boto3(self):
        client = self.api.client("cloudwatch")
        client.put_metric_data(Namespace="Boto", MetricData=[
            {"MetricName": "m%d" % n, "Timestamp": ago(5), "Value": n}
            for n in range(1000)])
        pages = list(client.get_paginator("list_metrics").paginate(
            Namespace="Boto"))
        self.assertEqual([len(p["Metrics"]) for p in pages], [500, 500])
        got = client.get_paginator("get_metric_data").paginate(
            StartTime=ago(10), EndTime=now(), MaxDatapoints=100,
            MetricDataQueries=[
                {"Id": "m%d" % n, "MetricStat": {
                    "Metric": {"Namespace": "Boto", "MetricName": "m%d" % n},
                    "Period": 60, "Stat": "Maximum"}} for n in range(250)])
        results = [r for page in got for r in page["MetricDataResults"]]
        self.assertEqual([r["Values"] for r in results],
                         [[float(n)] for n in range(250)])
        self.assertIn("datapoints", self.refused(
            "InvalidParameterCombination", client.get_metric_statistics,
            Namespace="Boto", MetricName="m1", StartTime=ago(100000),
            EndTime=now(), Period=60, Statistics=["Sum"]))

    def test_what_nobody_measured_is_empty(self):
        client = self.api.client("cloudwatch")
        got = client.get_metric_statistics(
            Namespace="AWS/ApplicationELB", MetricName="RequestCount",
            StartTime=ago(10), EndTime=now(), Period=60, Statistics=["Sum"],
            Dimensions=[{"Name": "LoadBalancer", "Value": "app/no/1"}])
        self.assertEqual(got["Datapoints"], [])

    def test_a_long_answer_delays_no_other_call(self):
        client = self.api.client("cloudwatch")
        for begin in range(1, 20000, 1000):
            client.put_metric_data(
                Namespace="Long", MetricData=[
                    {"MetricName": "m", "Timestamp": ago(begin + n), "Value": n}
                    for n in range(1000)])
        wire = Wire(self.api, "query")
        path, body, fields = wire.request("GetMetricData", {
            "StartTime": ago(20 * 1440), "EndTime": now(),
            "MetricDataQueries": [
                {"Id": "m%d" % n, "MetricStat": {
                    "Metric": {"Namespace": "Long", "MetricName": "m"},
                    "Period": 60, "Stat": "Sum"}} for n in range(500)]})
        head = {**aws.signed_head("monitoring"), **fields}
        with self.api.connect() as client:
            client.send(("POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (
                path, "".join("%s: %s\r\n" % f for f in head.items()),
                len(body))).encode() + body)
            self.api.client("sts").get_caller_identity()
            self.assertEqual(select.select([client.sock], [], [], 0)[0], [],
                             "it was answered before the others")
            self.assertEqual(client.response("POST").status, 200)

    def test_work_has_a_bound(self):
        client = self.api.client("cloudwatch")
        message = self.refused(
            "ValidationError", client.get_metric_data, StartTime=ago(20 * 1440),
            EndTime=now(), MetricDataQueries=[
                {"Id": "e%d" % n, "Expression": "TIME_SERIES(1)", "Period": 60}
                for n in range(500)])
        self.assertIn("too many datapoints", message)


@node.needs("@aws-sdk/client-cloudwatch")
class Node(aws.ApiCase):
    def check(self, protocol):
        seen = node.ask("cloudwatch.js", self.api.url, protocol)
        self.assertEqual(seen["wrong"], [])
        self.assertEqual(set(seen["calls"]), {
            "PutMetricData", "ListMetrics", "GetMetricStatistics",
            "GetMetricData"})

    def test_the_sdk_as_it_is(self):
        self.check("default")

    def test_the_sdk_with_cbor(self):
        self.check("AwsSmithyRpcV2Cbor")

    def test_the_sdk_with_forms(self):
        self.check("AwsQuery")


if __name__ == "__main__":
    rig.main()

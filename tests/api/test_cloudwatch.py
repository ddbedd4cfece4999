#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CloudWatch's API in forms, JSON 1.0 and CBOR, by botocore's serializers: what
one puts all read, and each is refused in its own way."""
import datetime

import aws
import cloudwatch
import rig
from cloudwatch import ago, now


class Protocols(aws.ApiCase):
    """What one protocol puts, all read."""

    def setUp(self):
        self.wires = cloudwatch.wires(self.api)
        self.start, self.end = ago(10), now()

    def put(self, wire, name, **datum):
        wire.call("PutMetricData", Namespace="Own", MetricData=[
            {"MetricName": name, "Timestamp": ago(5), **datum}])

    def statistics(self, wire, name, **more):
        return wire.call("GetMetricStatistics", **{
            "Namespace": "Own", "MetricName": name, "StartTime": self.start,
            "EndTime": self.end, "Period": 60, "Statistics": ["Sum"], **more})

    def test_what_one_puts_all_read(self):
        for n, wire in enumerate(self.wires):
            self.put(wire, "shared%d" % n, Values=[1.5, 2.25, 100.0],
                     Counts=[2.0, 1.0, 1.0], Unit="Milliseconds")
            for reader in self.wires:
                got = self.statistics(
                    reader, "shared%d" % n, Unit="Milliseconds",
                    Statistics=["Sum", "Average", "SampleCount", "Minimum",
                                "Maximum"], ExtendedStatistics=["p50", "p99"])
                self.assertEqual(got["Label"], "shared%d" % n)
                [point] = got["Datapoints"]
                self.assertEqual(
                    point.pop("Timestamp").astimezone(datetime.timezone.utc),
                    ago(5))
                self.assertEqual(point, {
                    "Sum": 105.25, "Average": 26.3125, "SampleCount": 4,
                    "Minimum": 1.5, "Maximum": 100, "Unit": "Milliseconds",
                    "ExtendedStatistics": {"p50": 1.5, "p99": 100}})

    def test_metrics_are_listed(self):
        self.put(self.wires[0], "listed", Value=1.0, Dimensions=[
            {"Name": "Service", "Value": "\u00fc <&> \"x\""}])
        for wire in self.wires:
            got = wire.call("ListMetrics", MetricName="listed", Dimensions=[
                {"Name": "Service"}], RecentlyActive="PT3H")
            self.assertEqual(got["Metrics"], [{
                "Namespace": "Own", "MetricName": "listed", "Dimensions": [
                    {"Name": "Service", "Value": "\u00fc <&> \"x\""}]}])
            self.assertNotIn("NextToken", got)
            self.assertNotIn("OwningAccounts", got)
            self.assertEqual(wire.call("ListMetrics", Namespace="No")[
                "Metrics"], [])

    def test_there_is_no_other_account(self):
        self.put(self.wires[0], "mine", Value=1.0)
        for wire in self.wires:
            got = wire.call("ListMetrics", MetricName="mine",
                            IncludeLinkedAccounts=True)
            self.assertEqual(got["OwningAccounts"], ["000000000000"])
            self.assertEqual(len(got["Metrics"]), 1)
            got = wire.call("ListMetrics", MetricName="mine",
                            OwningAccount="111111111111",
                            IncludeLinkedAccounts=True)
            self.assertEqual(got["Metrics"], [])
            with self.assertRaises(cloudwatch.Refused) as caught:
                wire.call("GetMetricData", StartTime=ago(10), EndTime=now(),
                          MetricDataQueries=[{
                              "Id": "a", "AccountId": "111111111111",
                              "Expression": "1"}])
            self.assertIn("MetricDataQueries.member.1.AccountId",
                          caught.exception.message)

    def test_metric_data_and_math(self):
        self.put(self.wires[0], "math", Value=3.0)
        metric = {"Metric": {"Namespace": "Own", "MetricName": "math"},
                  "Period": 60, "Stat": "Sum"}
        for wire in self.wires:
            got = wire.call(
                "GetMetricData", StartTime=ago(7), EndTime=ago(4),
                ScanBy="TimestampAscending", MetricDataQueries=[
                    {"Id": "m1", "MetricStat": metric, "ReturnData": False},
                    {"Id": "e1", "Expression": "FILL(m1 / 2, 0)",
                     "Label": "${SUM}"}])
            [result] = got["MetricDataResults"]
            times = [t.astimezone(datetime.timezone.utc)
                     for t in result.pop("Timestamps")]
            self.assertEqual(times, [ago(7), ago(6), ago(5)])
            self.assertEqual(result, {"Id": "e1", "Label": "1.5",
                                      "Values": [0.0, 0.0, 1.5],
                                      "StatusCode": "Complete"})

    def test_long_bodies_may_be_compressed(self):
        for n, wire in enumerate(self.wires):
            wire.compress = True
            self.put(wire, "gzip%d" % n, Value=2.0)
            got = self.statistics(wire, "gzip%d" % n)
            self.assertEqual(got["Datapoints"][0]["Sum"], 2.0)

    def test_codes_are_those_of_the_protocol(self):
        rows = (
            ({"Namespace": "AWS/Own", "MetricData": [
                {"MetricName": "m", "Value": 1.0}]}, "InvalidParameterValue",
             "InvalidParameterValueException", "AWS/Own"),
            ({"Namespace": "Own"}, "MissingParameter",
             "MissingRequiredParameterException",
             "The parameter MetricData is required."),
            ({"Namespace": "Own", "MetricData": [
                {"MetricName": "m", "Value": 1.0, "Values": [1.0]}]},
             "InvalidParameterCombination",
             "InvalidParameterCombinationException", "mutually exclusive"))
        for arguments, query, shape, text in rows:
            for wire in self.wires:
                with self.assertRaises(cloudwatch.Refused) as caught:
                    wire.call("PutMetricData", **arguments)
                self.assertEqual(caught.exception.status, 400)
                self.assertIn(text, caught.exception.message)
                # botocore asks for the old code, and prefers it.
                self.assertEqual(caught.exception.code, query)
                if wire.protocol != "query":
                    self.assertIn(shape.encode(),
                                  caught.exception.answer.body)

    def test_the_old_code_is_told_who_asks_for_it(self):
        for wire in self.wires[1:]:
            answer = wire.send("PutMetricData", {"Namespace": "Own"},
                               **{"x-amzn-query-mode": "true"})
            self.assertEqual(answer.get("x-amzn-query-error"),
                             "MissingParameter;Sender")
            answer = wire.send("PutMetricData", {"Namespace": "Own"},
                               **{"x-amzn-query-mode": "false"})
            self.assertIsNone(answer.get("x-amzn-query-error"))

    def test_heads_are_those_of_the_protocol(self):
        types = {"query": "text/xml", "json": "application/x-amz-json-1.0",
                 "smithy-rpc-v2-cbor": "application/cbor"}
        for wire in self.wires:
            answer = wire.send("ListMetrics", {})
            self.assertEqual(answer.get("Content-Type"), types[wire.protocol])
            self.assertEqual(answer.get("Smithy-Protocol"),
                             "rpc-v2-cbor" if "cbor" in wire.protocol else None)
        answer = self.wires[2].send("PutMetricData", {
            "Namespace": "Own", "MetricData": [
                {"MetricName": "m", "Value": 1.0}]})
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertIsNone(answer.get("Content-Type"))

    def test_bodies_that_are_none_are_refused(self):
        cbor, query = self.wires[2], self.wires[0]
        path, _, fields = cbor.request("ListMetrics", {})
        for body in (b"\xa1", b"\x01", b"\xff", b"\xa0\xa0"):
            answer = cbor.raw(path, body, **fields)
            self.assertEqual(answer.status, 400)
            self.assertIn(b"SerializationException", answer.body)
        self.assertEqual(cbor.raw(path, b"", **fields).status, 200)
        fields["Content-Encoding"] = "gzip"
        self.assertEqual(cbor.raw(path, b"\x1f\x8b\x08", **fields).status, 400)
        answer = cbor.raw(path.replace("ListMetrics", "ListMetric"), b"\xa0",
                          **fields)
        self.assertEqual(answer.status, 400)
        _, body, fields = query.request("ListMetrics", {})
        fields["Content-Encoding"] = "gzip"
        self.assertEqual(query.raw("/", body, **fields).code,
                         "MalformedQueryString")

    def test_what_is_not_served_says_so(self):
        for wire in self.wires:
            with self.assertRaises(cloudwatch.Refused) as caught:
                wire.call("GetDashboard", DashboardName="x")
            self.assertIn("--passthrough", caught.exception.message)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Starts first.
"""`serve --publish cloudwatch` and `emf`: what arrives is what the access log
says, and AWS's faults are nobody's business but the publisher's.

What there is of a minute is published at the end, so most tests end the
server; one waits for a minute to be over.
"""
import collections
import datetime
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import unittest
import unittest.mock

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("../proxy", "../api"):
    sys.path.insert(0, os.path.join(HERE, folder))

import access_lines  # noqa: E402
import double  # noqa: E402
import moto  # noqa: E402
import rig  # noqa: E402
from stack import Served, Stack, fixed, forward, path, redirect  # noqa: E402

# A client's request for one of these is answered with that status.
STATUSES = b"/200", b"/201", b"/302", b"/404", b"/500", b"/503"

PATHS = STATUSES * 20 + (b"/fixed", b"/bad", b"/moved") * 7


def answer(request):
    """The status that its path says."""
    return rig.respond(b"ok", int(request.target.strip("/") or 200))


def shop(origin, local=None, group=None):
    """One of everything that a metric counts."""
    stack = Stack(lb=False)
    stack.balancer("Lb", None, local)
    stack.group("Blue", [origin.address], group)
    stack.listener("Web", 80, forward("Blue"))
    stack.rule("Fixed", "Web", 10, [path("/fixed")], fixed(418))
    stack.rule("Bad", "Web", 20, [path("/bad")], fixed(503))
    stack.rule("Moved", "Web", 30, [path("/moved")],
               redirect("HTTP_301", Path="/x"))
    return stack


class Published(unittest.TestCase):
    def origin(self):
        origin = rig.Origin(answer=answer)
        self.addCleanup(origin.close)
        return origin

    def serve(self, aws, stack, *options, publish="cloudwatch"):
        with unittest.mock.patch.dict(os.environ, aws.environment()):
            server = Served(stack, "--publish", publish, *options)
        self.addCleanup(server.stop)
        rig.until(lambda: all(t["State"] == "healthy"
                              for t in server.targets()), server.story)
        return server

    def asked(self, server, paths):
        """Asks for all of them on one connection, which it closes."""
        client = server.client("Web")
        for one in paths:
            client.ask(one.decode())
        client.close()

    def double(self):
        aws = double.Aws()
        self.addCleanup(aws.stop)
        return aws

    def folder(self):
        made = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, made, True)
        return made

    def run_shop(self, aws, *options, local=None, publish="cloudwatch"):
        origin = self.origin()
        server = self.serve(aws, shop(origin, local), *options,
                            publish=publish)
        self.asked(server, PATHS)
        server.stop()
        return server


def logged(name):
    """{metric: number} of the load balancer and of the group, by the log."""
    of = {"lb": collections.Counter(), "group": collections.Counter()}
    with open(name, encoding="ascii") as file:
        for text in file:
            line = access_lines.Line(text.rstrip("\n"))
            if line.target_port != "-":
                kind = "HTTPCode_Target_%sXX_Count" % \
                    line.target_status_code[0]
                for to in of.values():
                    to["RequestCount"] += 1
                    to[kind] += 1
            else:
                of["lb"]["HTTPCode_ELB_%sXX_Count" %
                         line.elb_status_code[0]] += 1
            if line.elb_status_code == "503" and line.target_port == "-":
                of["lb"]["HTTPCode_ELB_503_Count"] += 1
            of["lb"]["ProcessedBytes"] += sum(line.bytes)
            if "fixed" in line.actions_executed:
                of["lb"]["HTTP_Fixed_Response_Count"] += 1
            if "redirect" in line.actions_executed:
                of["lb"]["HTTP_Redirect_Count"] += 1
    return of


def by_name(metrics, *dimensions):
    """{metric: its only datum, or the sum of some} with just these."""
    found = collections.defaultdict(lambda: collections.Counter())
    for m in metrics:
        if set(m["Dimensions"]) == set(dimensions):
            for figure in ("Sum", "SampleCount"):
                found[m["MetricName"]][figure] += m[figure]
    return found


class WhatArrives(Published):
    def test_moto_has_what_the_access_log_says(self):
        aws = moto.Moto()
        self.addCleanup(aws.stop)
        aws.client("cloudwatch").list_metrics()     # it loads the service
        log = os.path.join(self.folder(), "access.log")
        self.run_shop(aws, "--access-log", log)
        client, now = aws.client("cloudwatch"), datetime.datetime.now(
            datetime.timezone.utc)
        listed = client.list_metrics(Namespace="Sluice/ApplicationELB")
        of = logged(log)

        def total(name, dimensions):
            points = client.get_metric_statistics(
                Namespace="Sluice/ApplicationELB", MetricName=name,
                Dimensions=dimensions, Period=3600, Statistics=["Sum"],
                StartTime=now - datetime.timedelta(hours=1),
                EndTime=now + datetime.timedelta(hours=1))["Datapoints"]
            return sum(p["Sum"] for p in points)

        group = next(m["Dimensions"] for m in listed["Metrics"]
                     if len(m["Dimensions"]) == 2)
        lb = [d for d in group if d["Name"] == "LoadBalancer"]
        for name, wanted in of["group"].items():
            with self.subTest(name):
                self.assertEqual(total(name, group), wanted)
        # moto takes series with more dimensions for the same one.
        for name in set(of["lb"]) - set(of["group"]):
            with self.subTest(name):
                self.assertEqual(total(name, lb), of["lb"][name])

    # 118
    def test_a_strict_aws_takes_it_name_by_name(self):
        aws = self.double()
        log = os.path.join(self.folder(), "access.log")
        self.run_shop(aws, "--access-log", log)
        aws.check()
        of = logged(log)
        lb = by_name(aws.metrics, "LoadBalancer")
        group = by_name(aws.metrics, "LoadBalancer", "TargetGroup")
        for wanted, got in ((of["lb"], lb), (of["group"], group)):
            self.assertEqual(dict(wanted), {
                name: int(got[name]["Sum"]) for name in wanted})
        for name in ("RequestCount", "HTTPCode_ELB_5XX_Count"):
            self.assertEqual(lb[name]["SampleCount"], lb[name]["Sum"])
        self.assertEqual(group["HTTPCode_Target_5XX_Count"]["Sum"], 40)
        self.assertEqual(lb["TargetResponseTime"]["SampleCount"], 120)
        self.assertEqual({m["Namespace"] for m in aws.metrics},
                         {"Sluice/ApplicationELB"})
        self.assertEqual(
            {m["Unit"] for m in aws.metrics
             if m["MetricName"] == "TargetResponseTime"}, {"Seconds"})
        self.assertFalse([m for m in aws.metrics
                          if "AvailabilityZone" in m["Dimensions"]])

    # 119
    def test_hosts_are_counted_and_spelt_as_aws_does(self):
        aws = self.double()
        self.run_shop(aws)
        group = by_name(aws.metrics, "LoadBalancer", "TargetGroup")
        self.assertGreaterEqual(group["HealthyHostCount"]["Sum"], 1)
        self.assertIn("UnHealthyHostCount", group)
        self.assertEqual(group["UnHealthyHostCount"]["Sum"], 0)
        self.assertEqual(group["RequestCountPerTarget"]["Sum"], 120)
        self.assertEqual(
            by_name(aws.metrics, "TargetGroup")["RequestCountPerTarget"]["Sum"],
            120)

    # 120
    def test_lcus_are_always_reported(self):
        aws = self.double()
        self.run_shop(aws)
        lcus = by_name(aws.metrics, "LoadBalancer")["ConsumedLCUs"]["Sum"]
        self.assertGreater(lcus, 0)
        self.assertLess(lcus, 0.01)

    def test_a_load_balancer_says_what_of_it_is_published_and_where(self):
        aws = self.double()
        self.run_shop(aws, local={"Metrics": {
            "Namespace": "Shop", "Include": ["RequestCount", "ProcessedBytes"],
            "Exclude": ["ProcessedBytes"]}})
        self.assertEqual({(m["Namespace"], m["MetricName"])
                          for m in aws.metrics}, {("Shop", "RequestCount")})
        aws.check()

    def test_no_more_series_than_max_series_are_published(self):
        aws = self.double()
        server = self.run_shop(aws, "--max-series", "5")
        names = {(m["MetricName"], tuple(m["Dimensions"].items()))
                 for m in aws.metrics}
        self.assertEqual(len(names), 5)
        self.assertEqual({len(d) for _, d in names}, {1})   # L before TL
        server.says("there are more than 5 series", 1)
        server.says("5 are published at the most", 1)

    def test_rules_of_web_acls_are_published(self):
        aws, origin = self.double(), self.origin()
        stack = shop(origin)
        seen = {"SampledRequestsEnabled": True,
                "CloudWatchMetricsEnabled": True}
        stack.add("Acl", "AWS::WAFv2::WebACL", {
            "Name": "acl", "Scope": "REGIONAL",
            "DefaultAction": {"Allow": {}},
            "VisibilityConfig": {"MetricName": "aclmetric", **seen},
            "Rules": [{
                "Name": "no", "Priority": 1, "Action": {"Block": {}},
                "VisibilityConfig": {"MetricName": "nometric", **seen},
                "Statement": {"ByteMatchStatement": {
                    "FieldToMatch": {"UriPath": {}}, "SearchString": "/404",
                    "PositionalConstraint": "EXACTLY", "TextTransformations": [
                        {"Priority": 0, "Type": "NONE"}]}}}]})
        stack.add("Association", "AWS::WAFv2::WebACLAssociation", {
            "WebACLArn": {"Fn::GetAtt": ["Acl", "Arn"]},
            "ResourceArn": {"Ref": "Lb"}})
        server = self.serve(aws, stack)
        self.asked(server, PATHS)
        server.stop()
        aws.check()
        got = {(m["MetricName"], m["Dimensions"]["Rule"]): int(m["Sum"])
               for m in aws.metrics if m["Namespace"] == "Sluice/WAFV2"}
        self.assertEqual(got, {
            ("AllowedRequests", "ALL"): 121,
            ("AllowedRequests", "Default_Action"): 121,
            ("BlockedRequests", "ALL"): 20,
            ("BlockedRequests", "nometric"): 20})
        self.assertEqual(
            {m["Dimensions"]["WebACL"] for m in aws.metrics
             if m["Namespace"] == "Sluice/WAFV2"}, {"aclmetric"})


class Emf(Published):
    """The same, in the embedded metric format."""

    def test_lines_are_emf(self):
        aws = self.double()
        folder = self.folder()
        log, lines = folder + "/access.log", folder + "/emf.log"
        self.run_shop(aws, "--access-log", log, "--emf-log", lines,
                      publish="emf")
        aws.check()
        self.assertEqual(aws.calls(), [])      # nothing leaves
        sums = collections.Counter()
        with open(lines, encoding="utf-8") as file:
            for text in file:
                root = json.loads(text)
                (directive,) = root["_aws"]["CloudWatchMetrics"]
                self.assertEqual(root["_aws"]["Timestamp"] % 60000, 0)
                self.assertLessEqual(len(directive["Metrics"]), 100)
                (names,) = directive["Dimensions"]
                for name in names:
                    self.assertRegex(root[name], r"^(app|targetgroup)/")
                for metric in directive["Metrics"]:
                    value = root[metric["Name"]]
                    values = value if isinstance(value, list) else [value]
                    self.assertLessEqual(len(values), 100)
                    sums[metric["Name"], tuple(names)] += sum(values)
        for name, wanted in logged(log)["lb"].items():
            self.assertEqual(sums[name, ("LoadBalancer",)], wanted, name)

    def test_a_log_group_has_them_as_events(self):
        aws = self.double()
        aws.log_groups["/sluice/metrics"] = {}
        log = os.path.join(self.folder(), "access.log")
        self.run_shop(aws, "--access-log", log, "--emf-group",
                      "/sluice/metrics", publish="emf")
        self.assertEqual(aws.emf_errors, [])
        (stream,) = aws.log_groups["/sluice/metrics"]
        self.assertRegex(stream, r"^sluice/[^:*]+/[0-9]+-[0-9]+$")
        lb = by_name(aws.metrics, "LoadBalancer")
        for name, wanted in logged(log)["lb"].items():
            self.assertEqual(int(lb[name]["Sum"]), wanted, name)

    def test_without_the_group_it_says_so(self):
        aws = self.double()
        server = self.run_shop(aws, "--emf-group", "none", publish="emf")
        server.says("the group must be there")


class Faults(Published):
    def test_a_dead_endpoint_changes_nothing_for_clients(self):
        aws, origin = self.double(), self.origin()
        server = self.serve(aws, shop(origin))
        aws.stop()
        self.asked(server, STATUSES)
        began = time.monotonic()
        server.stop()
        self.assertLess(time.monotonic() - began, 15 * rig.SLOW)
        server.says("PutMetricData")

    def test_a_hanging_endpoint_does_not_hold_the_end_up(self):
        aws, origin = self.double(), self.origin()
        aws.fault(double.hang())
        server = self.serve(aws, shop(origin))
        self.asked(server, STATUSES)
        began = time.monotonic()
        server.stop()
        self.assertLess(time.monotonic() - began, 15 * rig.SLOW)
        self.assertEqual(aws.metrics, [])

    def test_a_missing_permission_is_named(self):
        aws, origin = self.double(), self.origin()
        aws.denied.add("cloudwatch:PutMetricData")
        server = self.serve(aws, shop(origin))
        self.asked(server, STATUSES)
        server.stop()
        server.says("permission cloudwatch:PutMetricData")

    def test_throttling_is_waited_out(self):
        aws, origin = self.double(), self.origin()
        aws.fault(double.throttle(), "PutMetricData", times=1)
        server = self.serve(aws, shop(origin))
        self.asked(server, STATUSES)
        server.stop()
        self.assertEqual(
            by_name(aws.metrics, "LoadBalancer")["RequestCount"]["Sum"],
            len(STATUSES))

    def test_without_publish_nothing_leaves(self):
        aws, origin = self.double(), self.origin()
        with unittest.mock.patch.dict(os.environ, aws.environment()):
            server = Served(shop(origin))
        self.asked(server, STATUSES)
        server.stop()
        self.assertEqual(aws.calls(), [])


class Minutes(Published):
    def test_a_minute_is_published_when_it_is_over(self):
        """Takes up to a minute and some seconds."""
        aws, origin = self.double(), self.origin()
        log = os.path.join(self.folder(), "a.log")
        emf = os.path.join(os.path.dirname(log), "emf.log")
        server = self.serve(aws, shop(origin), "--access-log", log,
                            "--emf-log", emf, publish="cloudwatch,emf")
        self.asked(server, STATUSES)
        end = time.monotonic() + 75 * rig.SLOW
        rig.until(lambda: aws.metrics, server.story, end - time.monotonic(),
                  0.05)
        aws.check()
        os.rename(emf, emf + ".1")
        server.signal(signal.SIGUSR1)
        rig.until(lambda: os.path.exists(emf), server.story)
        self.assertEqual(server.metric("sluice_publish_dropped_total"), 0)
        rig.until(lambda: server.metric("sluice_publish_sent_total") ==
                  len(aws.metrics), server.story)
        self.assertEqual(server.metric("sluice_publish_series"), len(
            {(m["MetricName"], *m["Dimensions"].items())
             for m in aws.metrics}))
        self.asked(server, STATUSES)
        server.stop()
        lb = by_name(aws.metrics, "LoadBalancer")
        for name, wanted in logged(log)["lb"].items():
            self.assertEqual(int(lb[name]["Sum"]), wanted, name)
        self.assertEqual({m["Timestamp"] % 60 for m in aws.metrics}, {0})
        self.assertTrue(os.path.getsize(emf) and os.path.getsize(emf + ".1"))


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboards of contrib show what there is: each metric, with just those
dimensions, is one that Sluice publishes (stats/metrics.def, waf/meter.c), or
has at /metrics; and CloudWatch takes the body (moto's, and the double)."""
import json
import os
import re
import unittest

import double
import moto
import rig
from stack import Served, Stack, forward

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SPACES = {"Sluice/ApplicationELB", "Sluice/WAFV2"}
# The letters of stats/metrics.def.
DIMENSIONS = {"L": {"LoadBalancer"}, "T": {"TargetGroup"},
              "Z": {"AvailabilityZone"}}
STATISTICS = {"Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50",
              "p90", "p99"}
SEARCH = re.compile(r"SEARCH\('\{([^,}]+),([^}]+)\} MetricName=\"(\w+)\""
                    r"( Rule=\"ALL\")?', '(\w+)', 60\)\Z")


def text(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def board(name):
    return json.loads(text("contrib", "dashboards", name))


def published():
    """{(namespace, metric, dimensions)} of all that can be published."""
    found = set()
    for name, letters in re.findall(
            r'\nMETRIC\("(\w+)",\s+"\w+",\s+([A-Z |]+),\s+\w+,\s+(?!NOT_YET)',
            text("src", "stats", "metrics.def")):
        for word in letters.split("|"):
            found.add(("Sluice/ApplicationELB", name, frozenset().union(
                *(DIMENSIONS[c] for c in word.strip()))))
    for name in re.findall(r'= "(\w+Requests)"', text("src", "waf",
                                                      "meter.c")):
        found.add(("Sluice/WAFV2", name,
                   frozenset({"Region", "WebACL", "Rule"})))
    return found


class TestTables(unittest.TestCase):
    def test_the_tables_are_read(self):
        found = published()
        self.assertIn(("Sluice/ApplicationELB", "RequestCount",
                       frozenset({"LoadBalancer"})), found)
        self.assertIn(("Sluice/WAFV2", "BlockedRequests",
                       frozenset({"Region", "WebACL", "Rule"})), found)
        self.assertGreater(len(found), 80)

    def test_cloudwatch(self):
        seen, known = set(), published()
        for widget in board("cloudwatch.json")["widgets"]:
            for [metric] in widget["properties"].get("metrics", []):
                match = SEARCH.match(metric["expression"])
                self.assertTrue(match, metric)
                space, names, name, rule, statistic = match.groups()
                seen.add((space, name, frozenset(names.split(","))))
                self.assertIn(statistic, STATISTICS)
                self.assertEqual(rule is not None, "Rule" in names)
        self.assertEqual(seen - known, set())
        self.assertEqual({space for space, _, _ in seen}, SPACES)

    def test_grafana_shows_the_same_as_cloudwatch(self):
        known, shown = published(), []
        for panel in board("grafana-cloudwatch.json")["panels"]:
            for target in panel["targets"]:
                self.assertIn((target["namespace"], target["metricName"],
                               frozenset(target["dimensions"])), known)
                self.assertTrue(target["matchExact"])
                shown.append((target["metricName"], target["statistic"]))
        want = [SEARCH.match(m["expression"]).group(3, 5)
                for w in board("cloudwatch.json")["widgets"]
                for [m] in w["properties"].get("metrics", [])]
        self.assertEqual(shown, want)

    def test_places_do_not_overlap(self):
        for name, of in (("cloudwatch.json", lambda w: w),
                         ("grafana-cloudwatch.json", lambda p: p["gridPos"]),
                         ("grafana-prometheus.json", lambda p: p["gridPos"])):
            cells, whole = set(), board(name)
            for at in map(of, whole.get("widgets") or whole["panels"]):
                size = at.get("width") or at["w"], at.get("height") or at["h"]
                mine = {(at["x"] + x, at["y"] + y) for x in range(size[0])
                        for y in range(size[1])}
                self.assertLessEqual(max(x for x, _ in mine), 23, name)
                self.assertFalse(cells & mine, name)
                cells |= mine


class TestPrometheus(unittest.TestCase):
    """/metrics has a series from its first event on: what there can be is in
    stats/meter.def."""

    def test_every_series_can_be_at_metrics(self):
        stack, origin = Stack(), rig.Origin()
        self.addCleanup(origin.close)
        stack.group("Blue", [origin.address])
        stack.listener("Web", 80, forward("Blue"))
        with Served(stack) as sluice:
            self.assertEqual(sluice.client("Web").ask("/").status, 200)
            # None stands there before its first event is counted.
            rig.until(lambda: sluice.metrics().like(
                "^sluice_load_balancer_requests_total"), "a request counted")
            known = set(re.findall(r"(?m)^# TYPE (\w+) ",
                                   sluice.api("/metrics").body.decode()))
        for of, kind in (("load_balancer", "BALANCER"),
                         ("target_group", "GROUP")):
            known |= {"sluice_%s_%s_total" % (of, name) for name in re.findall(
                r"(?m)^%s\((\w+)" % kind, text("src", "stats", "meter.def"))}
        whole = board("grafana-prometheus.json")
        seen = set(re.findall(r"sluice_\w+", json.dumps(
            [p["targets"] for p in whole["panels"]] + [whole["templating"]])))
        self.assertGreater(len(seen), 10)
        self.assertEqual({re.sub("_bucket$", "", s) for s in seen} - known,
                         set())


class TestCloudWatch(unittest.TestCase):
    body = property(lambda self: text(
        "contrib", "dashboards", "cloudwatch.json").replace(
            "REGION", "eu-west-1"))

    def test_moto_takes_the_body(self):
        with moto.Moto() as aws:
            client = aws.client("cloudwatch")
            client.put_dashboard(DashboardName="sluice",
                                 DashboardBody=self.body)
            self.assertEqual(json.loads(client.get_dashboard(
                DashboardName="sluice")["DashboardBody"]),
                json.loads(self.body))

    def test_the_double_takes_the_body(self):
        with double.Aws() as aws:
            key = aws.keys["AKIDEXAMPLE"]
            moto.client("cloudwatch", aws.url, key.name,
                        key.secret).put_dashboard(
                            DashboardName="sluice", DashboardBody=self.body)
            aws.check()
            self.assertEqual(aws.dashboards["sluice"], json.loads(self.body))


if __name__ == "__main__":
    rig.main()

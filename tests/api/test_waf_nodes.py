#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rate-based rules of several Sluices with one Redis count together, and by
themselves while it is away."""
import json
import shutil
import unittest

import test_nodes
from aws import rig
from rig import until

SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False,
        "MetricName": "rate"}


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is missing")
class Rates(unittest.TestCase):
    setUp, node, stack, fixed = (
        test_nodes.Nodes.setUp, test_nodes.Nodes.node, test_nodes.Nodes.stack,
        staticmethod(test_nodes.Nodes.fixed))

    def waf(self, node, action, body):
        answer = node.sluice.json_call("AWSWAF_20190729." + action, body,
                                       "wafv2")
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def limited(self, limit):
        """Two nodes and an ACL that limits each address."""
        a, b = self.node(), self.node()
        self.stack(a)
        arn = test_nodes.one("LoadBalancerArn",
                             a.call("DescribeLoadBalancers"))
        made = self.waf(a, "CreateWebACL", {
            "Name": "edge", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}},
            "VisibilityConfig": SEEN, "Rules": [{
                "Name": "rate", "Priority": 1, "Action": {"Block": {}},
                "VisibilityConfig": SEEN, "Statement": {
                    "RateBasedStatement": {
                        "Limit": limit, "EvaluationWindowSec": 60,
                        "AggregateKeyType": "IP"}}}]})
        self.waf(a, "AssociateWebACL", {
            "WebACLArn": made["Summary"]["ARN"], "ResourceArn": arn})
        until(lambda: b.serves("/", b"default"), "the other node")
        return a, b

    def test_nodes_count_together(self):
        """Neither of them ever gets more than the limit itself."""
        a, b = self.limited(220)
        got = {a: 0, b: 0}

        def status(node):
            got[node] += 1
            return node.get()[0]
        for node in (a, b):
            self.assertEqual({status(node) for _ in range(115)}, {200})
        for node in (a, b):
            until(lambda: status(node) == 403 or got[node] > 220, "a limit",
                  pause=0.045)
        self.assertLessEqual(max(got.values()), 220,
                             "the other's requests did not count")

    def test_without_redis_each_counts_by_itself(self):
        a, b = self.limited(20)
        self.redis.kill()
        self.assertEqual([a.get()[0] for _ in range(20)], [200] * 20)
        until(lambda: a.get()[0] == 403, "a limit")
        self.assertEqual(b.get()[0], 200)


if __name__ == "__main__":
    rig.main()

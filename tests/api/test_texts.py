#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Errors of the API that come from the readers of resources say which resource
in the words of its maker, what is wrong and how to mend it."""
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import aws  # noqa: E402
from reloading import free_port  # noqa: E402

ERROR = "ValidationError"
FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
# A kind word and 16 digits: what nobody was told of.
LOGICAL = re.compile("[A-Z][a-z]+[0-9a-f]{16}")


class Texts(aws.ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elb = cls.api.client("elbv2")
        cls.group = cls.make(Name="blue")
        cls.balancer = cls.elb.create_load_balancer(
            Name="web", Subnets=aws.SUBNETS)["LoadBalancers"][0][
                "LoadBalancerArn"]
        cls.port = free_port()
        cls.listener = cls.listen(cls.port, FIXED)

    @classmethod
    def make(cls, **more):
        return cls.elb.create_target_group(
            Protocol="HTTP", Port=80, VpcId="vpc-1", **more)["TargetGroups"][0][
                "TargetGroupArn"]

    @classmethod
    def listen(cls, port, *actions):
        return cls.elb.create_listener(
            LoadBalancerArn=cls.balancer, Protocol="HTTP", Port=port,
            DefaultActions=list(actions))["Listeners"][0]["ListenerArn"]

    def says(self, words, code, call, **parameters):
        message = self.refused(code, call, **parameters)
        self.assertIsNone(LOGICAL.search(message), message)
        for word in words:
            self.assertIn(word, message)

    def test_a_new_target_group(self):
        self.says(["target group green", "HTTP3", "did you mean \"HTTP1\""], ERROR,
                  self.make, Name="green", ProtocolVersion="HTTP3")

    def test_a_target_group_that_is_there(self):
        self.says(["target group blue", "GrpcCode"], ERROR,
                  self.elb.modify_target_group, TargetGroupArn=self.group,
                  Matcher={"GrpcCode": "1"})

    def test_attributes_that_do_not_go_together(self):
        self.says(
            ["target group blue", "slow_start.duration_seconds to 0"],
            "InvalidConfigurationRequest",
            self.elb.modify_target_group_attributes, TargetGroupArn=self.group,
            Attributes=[{"Key": "slow_start.duration_seconds", "Value": "30"},
                        {"Key": "load_balancing.algorithm.type",
                         "Value": "least_outstanding_requests"}])

    def test_a_listener(self):
        port = free_port()
        self.says(["listener on port %d" % port, "begin with /"], ERROR,
                  self.elb.create_listener, LoadBalancerArn=self.balancer,
                  Protocol="HTTP", Port=port, DefaultActions=[{
                      "Type": "redirect", "RedirectConfig": {
                          "StatusCode": "HTTP_301", "Path": "x"}}])

    def test_a_rule_and_the_groups_in_it(self):
        def rule(action=FIXED, path="/"):
            return {"ListenerArn": self.listener, "Priority": 7,
                    "Conditions": [{"Field": "path-pattern", "Values": [path]}],
                    "Actions": [action]}

        self.says(["rule of priority 7", "%"], ERROR, self.elb.create_rule,
                  **rule(path="/%"))
        self.says(["rule of priority 7", "target group blue"], ERROR,
                  self.elb.create_rule, **rule({
                      "Type": "forward", "ForwardConfig": {"TargetGroups": [
                          {"TargetGroupArn": self.group, "Weight": 1}] * 2}}))


    def test_a_name_that_is_no_ARN_is_told_as_such(self):
        for call, parameters, kind in (
                (self.elb.describe_target_groups,
                 {"TargetGroupArns": [self.group, "x"]}, "target group"),
                (self.elb.describe_target_groups, {"LoadBalancerArn": "x"},
                 "load balancer"),
                (self.elb.describe_trust_stores, {"TrustStoreArns": ["x"]},
                 "trust store"),
                (self.elb.describe_load_balancers, {"LoadBalancerArns": ["x"]},
                 "load balancer"),
                (self.elb.describe_listeners, {"ListenerArns": ["x"]},
                 "listener")):
            with self.subTest(**parameters):
                self.assertEqual(self.refused(ERROR, call, **parameters),
                                 "'x' is not a valid %s ARN" % kind)

    def test_an_id_that_is_no_VPC(self):
        self.assertEqual(
            self.refused(ERROR, self.elb.create_target_group, Name="green",
                         Protocol="HTTP", Port=80, VpcId="subnet-1"),
            "The VPC ID 'subnet-1' is not found")


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Target groups by AWS's own clients (the aws command and boto3): what they
make is what they read, and refusals are the exceptions that they know."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import aws  # noqa: E402
import rig  # noqa: E402
from rig import Origin  # noqa: E402

HTTP = {"Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1"}
NOBODY = ("arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/"
          "nobody/0123456789abcdef")


class Groups(aws.ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elb = cls.api.client("elbv2")

    def make(self, name, **more):
        return self.elb.create_target_group(
            Name=name, **{**HTTP, **more})["TargetGroups"][0]

    def attributes(self, arn):
        return {a["Key"]: a["Value"] for a in
                self.elb.describe_target_group_attributes(
                    TargetGroupArn=arn)["Attributes"]}


class Life(Groups):
    def test_the_command_walks_the_life_of_a_group(self):
        def elbv2(*words):
            return self.api.aws("elbv2", *words)
        made = elbv2("create-target-group", "--name", "walk", "--protocol",
                     "HTTP", "--port", "80", "--vpc-id", "vpc-1", "--tags",
                     "Key=a,Value=b")["TargetGroups"][0]
        arn = made["TargetGroupArn"]
        self.assertRegex(arn, "^arn:aws:elasticloadbalancing:us-east-1:[0-9]"
                              "{12}:targetgroup/walk/[0-9a-f]{16}$")
        self.assertEqual({**made, "TargetGroupArn": None}, {
            "TargetGroupArn": None, "TargetGroupName": "walk",
            "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1",
            "HealthCheckProtocol": "HTTP", "HealthCheckPort": "traffic-port",
            "HealthCheckEnabled": True, "HealthCheckIntervalSeconds": 30,
            "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 5,
            "UnhealthyThresholdCount": 2, "HealthCheckPath": "/",
            "Matcher": {"HttpCode": "200"}, "LoadBalancerArns": [],
            "TargetType": "instance", "ProtocolVersion": "HTTP1",
            "IpAddressType": "ipv4"})
        changed = elbv2("modify-target-group", "--target-group-arn", arn,
                        "--health-check-path", "/up", "--matcher",
                        "HttpCode=200-299")["TargetGroups"][0]
        self.assertEqual(changed, {**made, "HealthCheckPath": "/up",
                                   "Matcher": {"HttpCode": "200-299"}})
        self.assertEqual(
            elbv2("describe-target-groups", "--names", "walk"),
            {"TargetGroups": [changed]})
        elbv2("modify-target-group-attributes", "--target-group-arn", arn,
              "--attributes", "Key=stickiness.enabled,Value=true",
              "Key=slow_start.duration_seconds,Value=30")
        self.assertEqual(self.attributes(arn)["stickiness.enabled"], "true")
        self.assertEqual(self.attributes(arn)["slow_start.duration_seconds"],
                         "30")
        self.assertIsNone(elbv2("delete-target-group", "--target-group-arn",
                                arn))
        # Checklist 13.
        with self.assertRaises(aws.AwsError) as caught:
            elbv2("describe-target-groups", "--names", "walk")
        self.assertEqual((caught.exception.code, caught.exception.message),
                         ("TargetGroupNotFound",
                          "One or more target groups not found"))

    # Checklist 10.
    def test_a_repeat_is_the_same_group_and_another_one_is_refused(self):
        first = self.make("twice", HealthCheckPath="/up")
        self.assertEqual(self.make("twice", HealthCheckPath="/up"), first)
        with self.assertRaises(
                self.elb.exceptions.DuplicateTargetGroupNameException):
            self.make("twice", HealthCheckPath="/down")

    # Checklist 16.
    def test_a_group_in_use_is_not_deleted(self):
        with Origin() as origin:
            balancer = self.api.balancer(origin, name="busy")
            group = self.elb.describe_target_groups(
                LoadBalancerArn=balancer.arn)["TargetGroups"]
            self.assertEqual([g["TargetGroupArn"] for g in group],
                             [balancer.group])
            self.assertEqual(group[0]["LoadBalancerArns"], [balancer.arn])
            message = self.refused("ResourceInUse",
                                   self.elb.delete_target_group,
                                   TargetGroupArn=balancer.group)
            self.assertIn("is currently in use by a listener or a rule",
                          message)
            self.elb.delete_listener(ListenerArn=balancer.listener)
            self.elb.delete_target_group(TargetGroupArn=balancer.group)

    # Checklist 17, 18.
    def test_attributes_are_those_of_alb(self):
        arn = self.make("attributes")["TargetGroupArn"]
        self.assertEqual(self.attributes(arn), {
            "deregistration_delay.timeout_seconds": "300",
            "slow_start.duration_seconds": "0",
            "stickiness.enabled": "false",
            "stickiness.type": "lb_cookie",
            "stickiness.lb_cookie.duration_seconds": "86400",
            "stickiness.app_cookie.duration_seconds": "86400",
            "stickiness.app_cookie.cookie_name": "",
            "load_balancing.algorithm.type": "round_robin",
            "load_balancing.algorithm.anomaly_mitigation": "off",
            "load_balancing.cross_zone.enabled":
                "use_load_balancer_configuration",
            "target_group_health.dns_failover.minimum_healthy_targets.count":
                "1",
            "target_group_health.dns_failover.minimum_healthy_targets."
            "percentage": "off",
            "target_group_health.unhealthy_state_routing."
            "minimum_healthy_targets.count": "1",
            "target_group_health.unhealthy_state_routing."
            "minimum_healthy_targets.percentage": "off"})
        self.assertRegex(
            self.refused("ValidationError",
                         self.elb.modify_target_group_attributes,
                         TargetGroupArn=arn, Attributes=[
                             {"Key": "preserve_client_ip.enabled",
                              "Value": "true"}]),
            "attribute key '([^' ]+)' is not recognized")
        self.refused("InvalidConfigurationRequest",
                     self.elb.modify_target_group_attributes,
                     TargetGroupArn=arn, Attributes=[
                         {"Key": "load_balancing.algorithm.type",
                          "Value": "weighted_random"},
                         {"Key": "stickiness.enabled", "Value": "true"}])

    def test_exceptions_are_those_that_clients_know(self):
        found = self.elb.exceptions.TargetGroupNotFoundException
        for call, more in (
                (self.elb.describe_target_group_attributes, {}),
                (self.elb.modify_target_group, {}),
                (self.elb.modify_target_group_attributes,
                 {"Attributes": [{"Key": "stickiness.enabled",
                                  "Value": "true"}]}),
                (self.elb.register_targets, {"Targets": [{"Id": "10.0.0.1"}]}),
                (self.elb.deregister_targets,
                 {"Targets": [{"Id": "10.0.0.1"}]}),
                (self.elb.describe_target_health, {})):
            with self.assertRaises(found):
                call(TargetGroupArn=NOBODY, **more)
        with self.assertRaises(found):
            self.elb.describe_target_groups(TargetGroupArns=[NOBODY])
        self.refused("LoadBalancerNotFound", self.elb.describe_target_groups,
                     LoadBalancerArn=NOBODY.replace("targetgroup/",
                                                    "loadbalancer/app/"))


class Pages(Groups):
    options = ("--quota", "target-groups=5")

    # Checklist 6.
    def test_the_client_pages_through_all_groups(self):
        for number in range(5):
            self.make("page-%d" % number)
        pages = list(self.elb.get_paginator("describe_target_groups").paginate(
            PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(p["TargetGroups"]) for p in pages], [2, 2, 1])
        self.assertEqual([g["TargetGroupName"] for p in pages
                          for g in p["TargetGroups"]],
                         ["page-%d" % n for n in range(5)])
        self.refused("TooManyTargetGroups", self.elb.create_target_group,
                     Name="page-5", **HTTP)


if __name__ == "__main__":
    rig.main()

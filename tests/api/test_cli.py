#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A session with the `aws` command: what a person does with load balancers, one
command after the other, with the port open and traffic moved when a command
returns."""
import http.client
import json
import unittest

import aws
import rig
from aws import Api, AwsError, free_port
from rig import Origin, respond


class Session(unittest.TestCase):
    def setUp(self):
        aws.aws_command()
        self.blue = Origin(answer=lambda _: respond(b"blue"))
        self.addCleanup(self.blue.close)
        self.green = Origin(answer=lambda _: respond(b"green"))
        self.addCleanup(self.green.close)
        self.web = free_port()
        self.api = Api("--state", "memory", "--port", "80=%d" % self.web)
        self.addCleanup(self.api.stop)

    def aws(self, line, *more, service="elbv2"):
        return self.api.aws(service, *line.split(), *more) or {}

    def refused(self, code, line, *more):
        with self.assertRaises(AwsError) as caught:
            self.aws(line, *more)
        self.assertEqual(caught.exception.code, code)

    def get(self, path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.web,
                                                timeout=rig.PATIENCE)
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def group(self, name, origin):
        arn = self.aws(
            "create-target-group --protocol HTTP --port 80 --target-type ip "
            "--vpc-id vpc-0123456789abcdef0 --health-check-interval-seconds 5 "
            "--health-check-timeout-seconds 2 --name %s" % name
        )["TargetGroups"][0]["TargetGroupArn"]
        self.aws("register-targets --target-group-arn %s --targets "
                 "Id=127.0.0.1,Port=%d" % (arn, origin.port))
        return arn

    # alb.md 10: 1, 9, 11, 12, 14, 15, 16, 22, 23, 24, 30, 36
    def test_a_day_with_load_balancers(self):
        self.assertEqual(
            len(self.aws("get-caller-identity", service="sts")["Account"]), 12)
        self.refused("LoadBalancerNotFound",
                     "describe-load-balancers --names edge")
        made = ("create-load-balancer --name edge --subnets subnet-aaaa1111 "
                "subnet-bbbb2222 --tags Key=team,Value=web")
        balancer = self.aws(made)["LoadBalancers"][0]
        lb = balancer["LoadBalancerArn"]
        self.assertEqual(self.aws(made)["LoadBalancers"][0]["LoadBalancerArn"],
                         lb)
        self.refused("DuplicateLoadBalancerName", made.replace(
            "subnet-bbbb2222", "subnet-cccc3333"))
        self.aws("wait load-balancer-available --names edge")
        blue, green = (self.group("blue", self.blue),
                       self.group("green", self.green))
        self.traffic(lb, blue, green)
        self.settings(lb, blue)
        self.goodbye(lb, blue, green)

    def traffic(self, lb, blue, green):
        listener = self.aws(
            "create-listener --protocol HTTP --port 80 --load-balancer-arn %s "
            "--default-actions Type=forward,TargetGroupArn=%s" % (lb, blue)
        )["Listeners"][0]["ListenerArn"]
        self.assertEqual(self.get(), (200, b"blue"))
        self.aws("wait target-in-service --target-group-arn " + blue)
        pair = json.dumps([{"Type": "forward", "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": blue, "Weight": 0},
                             {"TargetGroupArn": green, "Weight": 100}]}}])
        rule = self.aws(
            "create-rule --listener-arn %s --priority 10 --conditions "
            "Field=path-pattern,Values=/green" % listener, "--actions",
            pair)["Rules"][0]
        self.assertEqual((rule["Priority"], rule["IsDefault"]), ("10", False))
        self.assertEqual(self.get("/green"), (200, b"green"))
        self.refused("PriorityInUse", "create-rule --listener-arn %s "
                     "--priority 10 --conditions Field=path-pattern,Values=/x "
                     "--actions Type=forward,TargetGroupArn=%s"
                     % (listener, blue))
        self.aws("modify-rule --rule-arn %s --conditions "
                 "Field=path-pattern,Values=/g*" % rule["RuleArn"])
        self.assertEqual(self.get("/gold"), (200, b"green"))
        self.aws("modify-listener --listener-arn " + listener,
                 "--default-actions", pair)
        self.assertEqual(self.get(), (200, b"green"))
        self.aws("set-rule-priorities --rule-priorities RuleArn=%s,Priority=20"
                 % rule["RuleArn"])
        rules = self.aws("describe-rules --listener-arn " + listener)["Rules"]
        self.assertEqual([r["Priority"] for r in rules], ["20", "default"])
        self.refused("OperationNotPermitted", "delete-rule --rule-arn "
                     + rules[1]["RuleArn"])
        self.aws("delete-rule --rule-arn " + rule["RuleArn"])
        self.refused("ResourceInUse", "delete-target-group "
                     "--target-group-arn " + blue)

    def settings(self, lb, blue):
        self.aws("modify-load-balancer-attributes --load-balancer-arn %s "
                 "--attributes Key=deletion_protection.enabled,Value=true" % lb)
        self.refused("OperationNotPermitted",
                     "delete-load-balancer --load-balancer-arn " + lb)
        self.aws("modify-load-balancer-attributes --load-balancer-arn %s "
                 "--attributes Key=deletion_protection.enabled,Value=false"
                 % lb)
        self.aws("add-tags --resource-arns %s --tags Key=stage,Value=test" % lb)
        self.aws("remove-tags --resource-arns %s --tag-keys team" % lb)
        tags = self.aws("describe-tags --resource-arns " + lb)
        self.assertEqual(tags["TagDescriptions"][0]["Tags"],
                         [{"Key": "stage", "Value": "test"}])
        health = self.aws("describe-target-health --target-group-arn " + blue)
        self.assertEqual(health["TargetHealthDescriptions"][0]["TargetHealth"],
                         {"State": "healthy"})
        self.aws("modify-target-group-attributes --target-group-arn %s "
                 "--attributes Key=deregistration_delay.timeout_seconds,Value=0"
                 % blue)

    def goodbye(self, lb, blue, green):
        self.aws("deregister-targets --target-group-arn %s --targets "
                 "Id=127.0.0.1,Port=%d" % (blue, self.blue.port))
        self.aws("wait target-deregistered --target-group-arn %s --targets "
                 "Id=127.0.0.1,Port=%d" % (blue, self.blue.port))
        self.aws("delete-load-balancer --load-balancer-arn " + lb)
        self.aws("delete-load-balancer --load-balancer-arn " + lb)
        self.aws("wait load-balancers-deleted --load-balancer-arns " + lb)
        with rig.socket.socket() as sock:
            rig.until(lambda: sock.connect_ex(("127.0.0.1", self.web)) != 0,
                      "the port to close")
        for arn in (blue, green):
            self.aws("delete-target-group --target-group-arn " + arn)
        self.assertEqual(self.aws("describe-target-groups")["TargetGroups"], [])


if __name__ == "__main__":
    rig.main()

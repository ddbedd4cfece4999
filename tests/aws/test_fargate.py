#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""contrib/aws/fargate.yaml, as CloudFormation makes it (moto's): the stack is
accepted, Sluice takes what it is given to run, and the task's role may do what
contrib/iam says, and no more."""
import ast
import os
import re
import tempfile
import unittest

import moto
import policies
import rig
from stack import command

FILE = os.path.join(policies.FOLDER, "..", "aws", "fargate.yaml")
GIVEN = {"Image": "sluice:1", "ClusterName": "web", "ServiceName": "api",
         "ContainerName": "app", "ContainerPort": "8081"}
TOPIC = policies.WORDS["TOPIC_ARN"]


class TestFargate(unittest.TestCase):
    """Two stacks: `edge` with what must be given, `full` with all."""

    @classmethod
    def setUpClass(cls):
        cls.aws = moto.Moto()
        try:
            ec2 = cls.aws.client("ec2")
            vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            subnets = ",".join(ec2.create_subnet(
                VpcId=vpc, CidrBlock="10.0.%d.0/24" % n,
                AvailabilityZone="us-east-1" + "ab"[n])["Subnet"]["SubnetId"]
                for n in range(2))
            cls.group = ec2.create_security_group(
                GroupName="service", Description="d", VpcId=vpc)["GroupId"]
            cls.aws.client("ecs").create_cluster(clusterName="web")
            given = {**GIVEN, "VpcId": vpc, "PublicSubnetIds": subnets,
                     "TaskSubnetIds": subnets}
            cls.edge = cls.made("edge", given)
            cls.full = cls.made("full", {
                **given, "LogBucket": "logs", "Publish": "cloudwatch,s3",
                "AlarmTopicArn": TOPIC, "ServiceSecurityGroupId": cls.group})
        except BaseException:
            cls.aws.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.aws.stop()

    @classmethod
    def made(cls, name, given):
        """{logical id: physical id} of a stack that is made."""
        with open(FILE, encoding="utf-8") as file:
            text = file.read()
        # moto's CloudFormation makes an application load balancer of any.
        text, count = re.subn("Protocol: TCP(\n +DefaultActions)",
                              r"Protocol: HTTP\1", text)
        assert count == 1
        formation = cls.aws.client("cloudformation")
        formation.create_stack(
            StackName=name, TemplateBody=text,
            Capabilities=["CAPABILITY_IAM"], Parameters=[
                {"ParameterKey": k, "ParameterValue": v}
                for k, v in given.items()])
        [stack] = formation.describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        return {r["LogicalResourceId"]: r["PhysicalResourceId"]
                for r in formation.list_stack_resources(StackName=name)[
                    "StackResourceSummaries"]}

    def container(self, made):
        task = self.aws.client("ecs").describe_task_definition(
            taskDefinition=made["TaskDefinition"])["taskDefinition"]
        [container] = task["containerDefinitions"]
        return container

    def allowed(self, made):
        """{policy name: statements} of the task's role."""
        iam = self.aws.client("iam")
        role, found = made["TaskRole"], {}
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)[
                "PolicyDocument"]
            # moto keeps one as Python shows it.
            found[name] = (ast.literal_eval(document)
                           if isinstance(document, str)
                           else document)["Statement"]
        return found

    def test_the_stack_is_made(self):
        self.assertNotIn("IntoTheService", self.edge)
        [service] = self.aws.client("ecs").describe_services(
            cluster="web", services=[self.edge["Sluice"]])["services"]
        self.assertEqual(service["desiredCount"], 2)
        [group] = self.aws.client("elbv2").describe_target_groups(
            TargetGroupArns=[self.edge["Tasks"]])["TargetGroups"]
        self.assertEqual((group["Port"], group["TargetType"]), (8080, "ip"))

    def test_sluice_takes_what_it_is_given(self):
        for made, publish in ((self.edge, "cloudwatch"),
                              (self.full, "cloudwatch,s3")):
            said = {e["name"]: e["value"]
                    for e in self.container(made)["environment"]}
            self.assertEqual(said["SLUICE_PUBLISH"], publish)
            text = said["SLUICE_TEMPLATE"]
            code, _, err = command("check", "--strict", "-", stdin=text)
            self.assertEqual(code, 0, err + text)
            self.assertIn('Cluster: "web"', text)
            self.assertIn("Port: 8081", text)

    def test_the_command_is_one_that_sluice_has(self):
        container = self.container(self.edge)
        self.assertEqual(container["entryPoint"], ["/bin/sh", "-c"])
        [script] = container["command"]
        _, usage, _ = command("serve", "--help")
        self.assertLessEqual(set(re.findall(r"--[a-z-]+", script)), set(
            re.findall(r"(?m)^  (--[a-z-]+)", usage)))
        self.assertIn("exec sluice serve", script)
        self.assertEqual(container["healthCheck"]["command"],
                         ["CMD", "sluice", "status"])

    def test_the_command_serves_what_it_is_given(self):
        container = self.container(self.edge)
        said = {e["name"]: e["value"] for e in container["environment"]}
        self.assertEqual(said["AWS_ACCOUNT_ID"], "123456789012")
        [script] = container["command"]
        with tempfile.TemporaryDirectory() as folder:
            for there, here in (("/var/lib/sluice", folder),
                                ("80=8080", "80=0"), ("0.0.0.0", "127.0.0.1"),
                                ("exec sluice", 'exec "$PROGRAM"')):
                self.assertIn(there, script)
                script = script.replace(there, here)
            task = rig.Process(
                "-c", script + " --api 127.0.0.1:0",
                program=container["entryPoint"][0], environment={
                    **self.aws.environment(), **said, "PROGRAM": rig.SLUICE,
                    "STATE_DIRECTORY": folder})
            try:
                self.assertEqual(rig.reach(*task.address_of("listener")).ask(
                    "/").status, 503)   # its service has no tasks
            finally:
                task.stop()
        self.assertIn(".us-east-1.elb.", "".join(task.lines))

    def test_it_ends_before_it_is_killed(self):
        container = self.container(self.edge)
        [drain] = re.findall(r"--drain-timeout (\d+)", container["command"][0])
        self.assertLess(int(drain), container["stopTimeout"])

    def test_the_role_has_the_policies_that_are_needed(self):
        allowed = self.allowed(self.edge)
        self.assertEqual(set(allowed), {"metrics", "ecs"})
        self.assertEqual(allowed["metrics"],
                         policies.policy("metrics")["Statement"])
        whole = policies.policy("ecs")["Statement"][0]
        self.assertEqual(allowed["ecs"], [{**whole, "Action": [
            a for a in whole["Action"]
            if a != "ecs:DescribeContainerInstances"]}])

    def test_buckets_and_topics_add_theirs(self):
        allowed = self.allowed(self.full)
        for name in ("s3-logs", "sns-alarms"):
            self.assertEqual(allowed[name],
                             policies.policy(name)["Statement"])

    def test_the_service_lets_sluice_in_where_it_is_asked_to(self):
        [found] = self.aws.client("ec2").describe_security_groups(
            GroupIds=[self.group])["SecurityGroups"]
        self.assertEqual(
            [(p["FromPort"], p["UserIdGroupPairs"][0]["GroupId"])
             for p in found["IpPermissions"]],
            [(8081, self.full["SecurityGroup"])])


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The policies of contrib/iam are enough, and no more than that: what a feature
calls passes with its policy, no call passes without one of its actions, and
what it does not need is refused. The calls are boto3's; that ours are the same
ones is a matter of the tests of each feature (double.Aws.policies)."""
import json
import re
import sys
import time
import unittest

import policies
import double
import moto     # it finds tests/api
import aws as sdk
import rig

HERE = {"NamespaceName": "local", "ServiceName": "api"}
INSTANCE = "arn:aws:ecs:us-east-1:123456789012:container-instance/web/i-1"


def metrics(client):
    client("cloudwatch").put_metric_data(
        Namespace="Sluice/ApplicationELB",
        MetricData=[{"MetricName": "RequestCount", "Value": 1.0}])


def emf(client):
    logs, names = client("logs"), {"logGroupName": "/sluice"}
    names["logStreamName"] = "i-1/1"
    logs.create_log_stream(**names)
    logs.put_log_events(**names, logEvents=[{
        "timestamp": int(time.time() * 1000), "message": "{}"}])


def s3_logs(client):
    s3, place = client("s3"), {"Bucket": "logs", "Key": "AWSLogs/1/a.log.gz"}
    s3.put_object(**place, Body=b"x")
    made = s3.create_multipart_upload(**place)
    part = {**place, "UploadId": made["UploadId"]}
    tag = s3.upload_part(**part, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(**part, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": tag}]})
    made = s3.create_multipart_upload(**place)
    s3.abort_multipart_upload(**place, UploadId=made["UploadId"])


def ecs(client):
    ecs_, cluster = client("ecs"), {"cluster": "web"}
    tasks = ecs_.list_tasks(**cluster, serviceName="api")["taskArns"]
    ecs_.describe_tasks(**cluster, tasks=tasks)
    ecs_.describe_services(**cluster, services=["api"])
    ecs_.describe_container_instances(**cluster,
                                      containerInstances=[INSTANCE])
    client("ec2").describe_instances(InstanceIds=["i-1"])


def cloud_map(client):
    client("servicediscovery").discover_instances_revision(**HERE)
    client("servicediscovery").discover_instances(**HERE)


def sns_alarms(client):
    client("sns").publish(TopicArn=policies.WORDS["TOPIC_ARN"], Message="x")


FEATURES = {"metrics": metrics, "emf": emf, "s3-logs": s3_logs, "ecs": ecs,
            "cloud-map": cloud_map, "sns-alarms": sns_alarms}
# The same permissions for another thing than the one they are for.
ELSEWHERE = {
    "metrics": lambda client: client("cloudwatch").put_metric_data(
        Namespace="Other", MetricData=[{"MetricName": "M", "Value": 1.0}]),
    "emf": lambda client: client("logs").create_log_stream(
        logGroupName="/other", logStreamName="s"),
    "s3-logs": lambda client: client("s3").put_object(
        Bucket="other", Key="k", Body=b""),
    "ecs": lambda client: client("ecs").list_tasks(cluster="other"),
    "cloud-map": lambda client: client("servicediscovery").discover_instances(
        NamespaceName="other", ServiceName="api"),
    "sns-alarms": lambda client: client("sns").publish(
        TopicArn=policies.WORDS["TOPIC_ARN"] + "2", Message="x"),
}
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError",
          "UnauthorizedOperation"}


class TestPolicies(unittest.TestCase):
    def world(self):
        """A double with everything that the features look for."""
        made = double.Aws()
        self.addCleanup(made.stop)
        made.buckets.update(logs={}, other={})
        made.log_groups.update({"/sluice": {}, "/other": {}})
        made.topics.update({policies.WORDS["TOPIC_ARN"] + m: []
                            for m in ("", "2")})
        made.ecs.run("web", "api", "127.0.0.5", port=80, host_port=32768)
        made.ecs.cluster("other")
        for space in ("local", "other"):
            made.cloud_map.register(space, "api", "1", "127.0.0.5", 80)
        return made

    @staticmethod
    def clients(world):
        key = world.keys["AKIDEXAMPLE"]
        return lambda service: moto.client(service, world.url, key.name,
                                           key.secret)

    def denied(self, run, client):
        """The message of the refusal."""
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as caught:
            run(client)
        error = caught.exception.response["Error"]
        self.assertIn(error["Code"], DENIED, error)
        return error["Message"]

    def test_there_is_one_for_each_feature(self):
        self.assertEqual(policies.NAMES, sorted(FEATURES))

    def test_with_it_the_feature_works(self):
        for name, run in FEATURES.items():
            with self.subTest(name):
                world = self.world()
                world.policies = [policies.policy(name)]
                run(self.clients(world))
                world.check()

    def test_without_any_one_of_its_actions_it_does_not(self):
        for name, run in FEATURES.items():
            whole = policies.policy(name)
            for action in policies.actions(whole):
                with self.subTest(name + " without " + action):
                    world = self.world()
                    world.policies = [policies.without(whole, action)]
                    said = self.denied(run, self.clients(world))
                    self.assertIn("perform: " + action, said)

    def test_it_is_for_nothing_else(self):
        for name, run in ELSEWHERE.items():
            with self.subTest(name):
                world = self.world()
                world.policies = [policies.policy(name)]
                self.denied(run, self.clients(world))
                world.policies = None
                run(self.clients(world))    # it is only the policy

    def test_words_in_capitals_are_those_of_the_readme(self):
        with open(policies.FOLDER + "/README.md", encoding="utf-8") as file:
            readme = file.read()
        for name in policies.NAMES:
            self.assertIn("| %s.json |" % name, readme)
            words = set(re.findall(r"\b[A-Z][A-Z_]{3,}\b",
                                   policies.text(name)))
            self.assertLessEqual(words, set(policies.WORDS))
            for word in words:
                self.assertIn("`%s`" % word, readme)


class TestMotosIam(unittest.TestCase):
    """An evaluator that is not ours, for what it knows: actions on "*"."""

    def test_the_policy_of_ecs(self):
        from botocore.exceptions import ClientError
        with moto.Moto() as aws:
            iam, keys = aws.client("iam"), {}
            for name in ("ecs", "cloud-map"):
                iam.create_user(UserName=name)
                made = iam.create_access_key(UserName=name)["AccessKey"]
                keys[name] = made["AccessKeyId"], made["SecretAccessKey"]
                iam.put_user_policy(
                    UserName=name, PolicyName=name,
                    PolicyDocument=json.dumps(policies.policy(name)))
            aws.client("ecs").create_cluster(clusterName="web")
            aws.check_permissions()
            moto.client("ecs", aws.url, *keys["ecs"]).list_tasks(cluster="web")
            with self.assertRaises(ClientError) as caught:
                moto.client("ecs", aws.url, *keys["cloud-map"]).list_tasks(
                    cluster="web")
            self.assertEqual(caught.exception.response["ResponseMetadata"][
                "HTTPStatusCode"], 403)


if __name__ == "__main__":
    try:
        double.needed()
        sdk.boto3()
    except unittest.SkipTest as why:
        print("SKIP: %s" % why)
        sys.exit(rig.SKIP)
    rig.main()

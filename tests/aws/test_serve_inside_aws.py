#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sluice serve` as a task of ECS would run it: keys and region from the
container's addresses, everything of AWS by its own names over HTTPS, nobody
says an endpoint."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("../proxy", "../api"):
    sys.path.insert(0, os.path.join(HERE, folder))

import aws as sdk  # noqa: E402
import double  # noqa: E402
import inside  # noqa: E402
import s3_logs  # noqa: E402
from asking import creds  # noqa: E402
from calls import Service  # noqa: E402
from emulated_ecs import DELAY  # noqa: E402
from inside import ECS, REGION, rig  # noqa: E402
from stack import Stack, fixed, forward, path  # noqa: E402

setUpModule = inside.enter

ACCOUNT = "123456789012"
TOPIC = "arn:aws:sns:%s:%s:alarms" % (REGION, ACCOUNT)
GROUP = "/sluice/metrics"
SERVICES = {"monitoring": {"PutMetricData"}, "logs": {"PutLogEvents"},
            "ecs": {"ListTasks", "DescribeTasks"},
            "data-servicediscovery": {"DiscoverInstances"},
            "sns": {"Publish"}, "logs-of-shop.s3": {"PutObject"}}


def discovered(stack, name, port=80, **how):
    stack.group(name, Port=port, attributes_=DELAY)
    stack.resources[name]["Metadata"] = {"Sluice": {"Discovery": {
        **how, "Interval": 1}}}


class Serve(inside.Case):
    def setUp(self):
        super().setUp()
        inside.names(*inside.HOSTS,
                     "logs-of-shop.s3.%s.amazonaws.com" % REGION)
        self.aws.buckets["logs-of-shop"] = {}
        self.aws.log_groups[GROUP] = {}
        self.aws.topics[TOPIC] = []
        self.aws.keys["ASIATASK"] = double.Key(
            "ASIATASK", "secret-of-ASIATASK", "token-of-ASIATASK")
        container = Service(lambda request: {
            "/v2/credentials/1": creds("ASIATASK"),
            "/v4/1/task": (200, {}, json.dumps({"TaskARN": (
                "arn:aws:ecs:%s:%s:task/web/1" % (REGION, ACCOUNT))}).encode())
            }.get(request.target, (404, {}, b"")), ECS, 80)
        self.addCleanup(container.__exit__)

    def origin(self, body):
        made = rig.Origin(answer=lambda _: rig.respond(body))
        self.addCleanup(made.close)
        return made

    def stack(self, port):
        stack = Stack(lb=False)
        stack.balancer("Lb", s3_logs.s3("access", "logs-of-shop"), Name="shop")
        discovered(stack, "Tasks", port, Ecs={"Cluster": "web", "Service": "api"})
        discovered(stack, "Found", CloudMap={"Namespace": "n", "Service": "s"})
        stack.listener("Web", 80, fixed(200, "ok"))
        stack.rule("A", "Web", 1, [path("/task")], forward("Tasks"))
        stack.rule("B", "Web", 2, [path("/found")], forward("Found"))
        return stack

    def serve(self, *options, port=80):
        folder = self.folder.path
        environment = self.keys(
            AWS_ACCOUNT_ID=ACCOUNT, ECS_CONTAINER_METADATA_URI_V4=
            "http://%s/v4/1" % ECS, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=
            "/v2/credentials/1", http_proxy="http://127.0.0.1:9")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment[name] = ""
        server = s3_logs.Logged(
            *options, "--access-log", os.path.join(folder, "access.log"),
            "--state-folder", os.path.join(folder, "state"),
            environment=environment, template=self.stack(port), drain=10)
        self.addCleanup(lambda: server.child.returncode is None and
                        server.stop())
        return server

    def test_all_of_it(self):
        task, found = self.origin(b"task"), self.origin(b"found")
        self.aws.ecs.service("web", "api", desiredCount=1, loadBalancers=[
            {"containerName": "api", "containerPort": task.port}])
        self.aws.ecs.run("web", "api", task.host, port=task.port)
        self.aws.cloud_map.register("n", "s", "i-1", found.host, found.port)
        server = self.serve("--publish", "cloudwatch,s3,emf,sns",
                            "--emf-group", GROUP, port=task.port)
        with server.connect_web() as client:
            for one in (b"task", b"found"):
                rig.until(lambda: self.ask_once(client, one) == one,
                          server.story)
        sdk.boto3()
        alarms = server.client("cloudwatch")
        alarms.put_metric_alarm(
            AlarmName="a", AlarmActions=[TOPIC], Namespace="Shop",
            MetricName="Errors", Statistic="Sum", Period=60, Threshold=5.0,
            EvaluationPeriods=1, TreatMissingData="ignore",
            ComparisonOperator="GreaterThanThreshold")
        alarms.set_alarm_state(AlarmName="a", StateValue="ALARM",
                               StateReason="a drill")
        rig.until(lambda: self.aws.topics[TOPIC], server.story)
        server.stop()
        self.arrived(server)

    @staticmethod
    def ask_once(client, one):
        client.send(b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % one)
        return client.response("GET").body

    def arrived(self, server):
        # A stream is made once AWS says that there is none.
        self.assertEqual([(c.action, c.refused.code)
                          for c in self.aws.refusals()],
                         [("PutLogEvents", "ResourceNotFoundException")])
        self.assertEqual(self.aws.emf_errors, [])
        for host, actions in SERVICES.items():
            made = {c.action for c in self.aws.calls()
                    if c.request.get("Host") == "%s.%s.amazonaws.com" % (
                        host, REGION)}
            self.assertLessEqual(actions, made, "%s\n%s" % (
                self.aws.journal, server.story()))
        with open(os.path.join(self.folder.path, "access.log"),
                  encoding="utf-8") as file:
            self.assertEqual(
                s3_logs.Bucket(self.aws, "logs-of-shop").lines(),
                sorted(file.read().splitlines()))
        self.assertTrue(self.aws.log_groups[GROUP])
        self.assertIn("RequestCount",
                      {m["MetricName"] for m in self.aws.metrics})
        self.assertEqual({c.key.name for c in self.aws.calls()}, {"ASIATASK"})

    def test_an_authority_that_nobody_knows_is_told_and_harms_nobody(self):
        self.aws.tls = inside.context(
            self.folder.authority("Another").issue(*inside.HOSTS))
        server = self.serve("--publish", "cloudwatch")
        rig.until(lambda: server.log_count("set AWS_CA_BUNDLE"), server.story)
        server.ask("/", "/")
        server.kill()       # an end waits for those who publish
        self.assertEqual(self.aws.journal, [])


if __name__ == "__main__":
    rig.main()

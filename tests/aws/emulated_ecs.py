# SPDX-License-Identifier: Apache-2.0
"""Moto, a third-party emulator of AWS, in this process: ECS services whose
tasks are where a test says, and Cloud Map.

Moto gives tasks addresses of its own and does not start what a service wants,
so tasks are run by hand and then moved to addresses of loopback."""
import http.server
import importlib
import json
import os
import sys
import threading
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import rig  # noqa: E402
from rig import until  # noqa: E402
from stack import Served, Stack, forward  # noqa: E402

REGION = "eu-west-1"
A, B, C = "127.0.0.2", "127.0.0.3", "127.0.0.4"
DELAY = {"deregistration_delay.timeout_seconds": "1"}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}


def package(name):
    """Imports a package that is not this folder's moto.py."""
    before = sys.path[:]
    sys.path[:] = [p for p in before if os.path.realpath(p or ".") != HERE]
    try:
        return importlib.import_module(name)
    finally:
        sys.path[:] = before


class Emulated:
    def __init__(self):
        try:
            boto3 = importlib.import_module("boto3")
            server = package("moto.server")
            api = package("moto.moto_api")
        except ImportError as error:
            raise unittest.SkipTest("needs moto[server] and boto3 (%s)" % error)
        api.state_manager.set_transition(
            "ecs::task", {"progression": "manual", "times": 10 ** 9})
        self.server = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0,
                                                verbose=False)
        self.server.start()
        self.url = "http://%s:%d" % self.server.get_host_and_port()
        self.environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": self.url}
        self.boto3 = boto3
        self.clients, self.subnet_id = {}, None
        self.client("sts").get_caller_identity()

    def client(self, name):
        if name not in self.clients:
            self.clients[name] = self.boto3.client(
                name, region_name=REGION, endpoint_url=self.url,
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="secret")
        return self.clients[name]

    def subnet(self):
        if self.subnet_id is None:
            self.subnet_id = self.client("ec2").describe_subnets()[
                "Subnets"][0]["SubnetId"]
        return self.subnet_id

    def stop(self):
        self.server.stop()


class Between:
    """Stands before the emulator, and is ill when it is told to be."""

    FAULTS = ("broken", "empty", "missing", "half", "other", "throttles",
              "dead", "hangs")
    EMPTY = {"ListTasks": {"taskArns": []},
             "DescribeTasks": {"tasks": [], "failures": []},
             "DescribeServices": {"services": []},
             "DiscoverInstances": {"Instances": []}}

    def __init__(self, url):
        between = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    between.answer(self, body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.to, self.mode, self.faults = url, None, 0
        self.end = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def answer(self, handler, body):
        action = handler.headers["X-Amz-Target"].rpartition(".")[2]
        if not self.mode:
            self.send(handler, *self.ask(handler, body))
            return
        self.faults += 1
        status, text = 200, json.dumps(self.EMPTY.get(action, {}))
        if self.mode == "dead":
            handler.close_connection = True
            return
        if self.mode == "hangs":
            self.end.wait(1)
            handler.close_connection = True
            return
        if self.mode == "throttles":
            status, text = 400, '{"__type": "ThrottlingException"}'
        elif self.mode == "pages":      # a task, nothing, a task, ...
            status, text = self.ask(handler, body)
            if action == "ListTasks":
                tasks = json.loads(text)["taskArns"]
                at = int(json.loads(body).get("nextToken", "0"))
                page = {"taskArns": tasks[at // 2:at // 2 + 1] if at % 2 == 0
                        else []}
                if at // 2 + 1 < len(tasks):
                    page["nextToken"] = str(at + 1)
                text = json.dumps(page)
        elif self.mode in ("gone", "deleted") and action == "ListTasks":
            status, text = 400, json.dumps({
                "__type": "ServiceNotFoundException",
                "message": "Service not found."})
        elif self.mode == "gone" and action == "DescribeTasks":
            text = json.dumps({"tasks": [], "failures": [
                {"arn": arn, "reason": "MISSING"}
                for arn in json.loads(body)["tasks"]]})
        elif self.mode == "deleted":
            status, text = self.ask(handler, body)
        elif self.mode == "broken":
            text = '{"taskArns": ["arn:'
        elif self.mode == "missing" and action == "DescribeTasks":
            text = json.dumps({"tasks": [], "failures": [
                {"arn": arn, "reason": "MISSING"}
                for arn in json.loads(body)["tasks"]]})
        elif self.mode in ("half", "other") and action == "ListTasks":
            status, text = self.ask(handler, body)
        elif self.mode == "half" and action == "DescribeTasks":
            status, text = self.ask(handler, body)
            text = json.dumps({"tasks": json.loads(text)["tasks"][:1],
                               "failures": []})
        elif self.mode == "other" and action == "DescribeTasks":
            status, text = self.ask(handler, body)
            text = text.replace("service:web", "service:other")
        self.send(handler, status, text)

    def ask(self, handler, body):
        request = urllib.request.Request(self.to, data=body, headers=dict(
            handler.headers.items()))
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def send(self, handler, status, text):
        handler.send_response(status)
        handler.send_header("Content-Type", "application/x-amz-json-1.1")
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    def close(self):
        self.end.set()
        self.server.shutdown()
        self.server.server_close()


class Service:
    """An ECS service in a cluster of its own; `run()` and `stop()` are what
    its scheduler does."""

    clusters = 0

    def __init__(self, emulated, name="web", port=80, mode="awsvpc",
                 container="app"):
        Service.clusters += 1
        cluster = "prod-%d" % Service.clusters
        self.emulated, self.cluster, self.name = emulated, cluster, name
        self.mode, self.port, self.container = mode, port, container
        self.ecs = ecs = emulated.client("ecs")
        ecs.create_cluster(clusterName=cluster)
        self.definition = ecs.register_task_definition(
            family=name, networkMode=mode, containerDefinitions=[{
                "name": container, "image": "x", "memory": 1, "cpu": 1,
                "portMappings": [{"containerPort": port}]}],
        )["taskDefinition"]["taskDefinitionArn"]
        ecs.create_service(cluster=cluster, serviceName=name, desiredCount=0,
                           taskDefinition=self.definition)

    def backend(self):
        from moto.ecs.models import ecs_backends
        for account in ecs_backends.values():
            if REGION in account and self.cluster in account[REGION].clusters:
                return account[REGION]
        raise AssertionError("no cluster " + self.cluster)

    def tasks(self):
        """{arn: moto's object}"""
        return self.backend().tasks.get(self.cluster, {})

    def want(self, n):
        self.ecs.update_service(cluster=self.cluster, service=self.name,
                                desiredCount=n)

    def run(self, *addresses, deployment="ecs-svc/1"):
        """Runs a task at each address; their ARNs."""
        arns = []
        network = {"awsvpcConfiguration": {
            "subnets": [self.emulated.subnet()], "securityGroups": []}}
        for first in range(0, len(addresses), 10):
            some = addresses[first:first + 10]
            made = self.ecs.run_task(
                cluster=self.cluster, taskDefinition=self.definition,
                count=len(some), launchType="FARGATE",
                networkConfiguration=network,
                group="service:" + self.name, startedBy=deployment)["tasks"]
            for task, where in zip(made, some):
                self.move(task["taskArn"], where)
                arns.append(task["taskArn"])
        return arns

    def move(self, arn, where):
        task = self.tasks()[arn]
        if self.mode == "awsvpc":
            for detail in task.attachments[0]["details"]:
                if detail["name"] == "privateIPv4Address":
                    detail["value"] = where
        task.group = "service:" + self.name

    def host(self, instance, address):
        """An instance of the cluster, which is at that address."""
        from moto.ec2.models import ec2_backends
        for account in ec2_backends.values():
            for reservation in account[REGION].reservations.values():
                for found in reservation.instances:
                    if found.id == instance:
                        found.nics[0].private_ip_address = address
        self.ecs.register_container_instance(
            cluster=self.cluster, instanceIdentityDocument=json.dumps(
                {"instanceId": instance, "region": REGION}))

    def run_at(self, instance, port):
        """A task whose port is this one of the host's."""
        arn, = (i for i, c in self.backend().container_instances[
            self.cluster].items() if c.ec2_instance_id == instance)
        task, = self.ecs.start_task(
            cluster=self.cluster, taskDefinition=self.definition,
            containerInstances=[arn], startedBy="ecs-svc/1")["tasks"]
        moved = self.tasks()[task["taskArn"]]
        moved.group = "service:" + self.name
        moved.containers[0].network_bindings = [
            {"bindIP": "0.0.0.0", "containerPort": self.port,
             "hostPort": port, "protocol": "tcp"}]
        return task["taskArn"]

    def stop(self, *arns):
        for arn in arns:
            self.ecs.stop_task(cluster=self.cluster, task=arn)

    def forget(self, *arns):
        """ECS knows stopped tasks for about an hour."""
        for arn in arns:
            del self.tasks()[arn]


class EcsCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulated = Emulated()
        cls.addClassCleanup(cls.emulated.stop)

    def origins(self, *hosts):
        return rig.same_port(self, *hosts)

    def serve(self, stack, *options, **more):
        before = dict(os.environ)
        os.environ.update(self.emulated.environment)
        try:
            served = Served(stack, *options, **more)
        finally:
            os.environ.clear()
            os.environ.update(before)
        self.addCleanup(served.stop)
        return served

    def follow(self, service, port, container=None, attributes=None, **more):
        stack = Stack()
        stack.group("Web", Port=port, attributes_=attributes or DELAY, **more)
        stack.resources["Web"]["Metadata"] = {"Sluice": {"Discovery": {
            "Ecs": {"Cluster": service.cluster, "Service": service.name,
                    **(container or {})},
            "Interval": 1}}}
        return self.serve(stack.listener("Http", 80, forward("Web")))

    def states(self, served, group="web"):
        return {t["Target"].rsplit(":", 1)[0]: t["State"]
                for t in served.targets() if t["TargetGroup"] == group}

    def registered(self, served, *hosts, group="web"):
        """Waits until just these are targets that do not drain."""
        until(lambda: {h for h, s in self.states(served, group).items()
                       if s != "draining"} == set(hosts),
              lambda: "%s; %s" % (self.states(served, group), served.story()))

    def body(self, served):
        with served.client() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return client.response("GET").body.decode()

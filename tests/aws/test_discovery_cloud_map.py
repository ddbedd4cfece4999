# SPDX-License-Identifier: Apache-2.0
"""Targets that are instances of a service of Cloud Map, told by moto."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
sys.path.insert(0, HERE)
import rig  # noqa: E402
from emulated_ecs import A, B, DELAY, Between, EcsCase  # noqa: E402
from rig import until  # noqa: E402
from stack import Stack, forward  # noqa: E402


class Instances(EcsCase):
    def setUp(self):
        self.api = self.emulated.client("servicediscovery")
        self.api.create_http_namespace(Name=self.id())
        self.namespace = self.id()
        namespace = next(n["Id"] for n in self.api.list_namespaces()[
            "Namespaces"] if n["Name"] == self.namespace)
        self.service = self.api.create_service(
            Name="web", NamespaceId=namespace)["Service"]["Id"]

    def register(self, name, address, port):
        self.api.register_instance(
            ServiceId=self.service, InstanceId=name, Attributes={
                "AWS_INSTANCE_IPV4": address, "AWS_INSTANCE_PORT": str(port)})

    def deregister(self, name):
        self.api.deregister_instance(ServiceId=self.service, InstanceId=name)

    def follow_map(self):
        stack = Stack()
        stack.group("Web", Port=81, attributes_=DELAY)
        stack.resources["Web"]["Metadata"] = {"Sluice": {"Discovery": {
            "CloudMap": {"Namespace": self.namespace, "Service": "web"},
            "Interval": 1}}}
        return self.serve(stack.listener("Http", 80, forward("Web")))

    def between(self):
        between = Between(self.emulated.url)
        self.addCleanup(between.close)
        name = "AWS_ENDPOINT_URL_SERVICEDISCOVERY"
        self.emulated.environment[name] = between.url
        self.addCleanup(self.emulated.environment.pop, name)
        return between

    def test_instances_become_targets_and_drain_when_they_go(self):
        port = self.origins(A, B)
        self.register("a", A, port)
        served = self.follow_map()
        self.registered(served, A)
        self.assertEqual(self.body(served), A)
        self.register("b", B, port)
        self.registered(served, A, B)
        self.deregister("a")
        self.registered(served, B)
        self.assertEqual(self.body(served), B)

    def test_no_answer_empties_a_group(self):
        port = self.origins(A)
        self.register("a", A, port)
        between = self.between()
        served = self.follow_map()
        self.registered(served, A)
        for mode, said in (("empty", "is not believed"),
                           ("throttles", "ThrottlingException"),
                           ("dead", "Empty reply")):
            with self.subTest(mode):
                between.mode = mode
                until(lambda: served.log_count(said), served.story)
                self.assertEqual(self.states(served), {A: "healthy"})
                self.assertEqual(self.body(served), A)
        between.mode = None
        self.register("b", B, port)
        self.registered(served, A, B)


if __name__ == "__main__":
    rig.main()

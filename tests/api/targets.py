# SPDX-License-Identifier: Apache-2.0
"""What tests of targets by the API have in common: a balancer whose group has
targets with names, and their health as [(id, port, state, reason)]."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import aws  # noqa: E402
from draining import Named  # noqa: E402
from rig import until  # noqa: E402

DELAY = "deregistration_delay.timeout_seconds"


class TargetsCase(aws.ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elb = cls.api.client("elbv2")

    def setUp(self):
        self.name = "t" + str(abs(hash(self.id())) % 10 ** 9)
        self.origins = []

    def tearDown(self):
        for origin in self.origins:
            origin.close()

    def origin(self, name):
        self.origins.append(Named(name))
        return self.origins[-1]

    def balancer(self, *origins, delay=None):
        made = self.api.balancer(*origins, name=self.name) if origins else \
            self.empty()
        if delay is not None:
            self.set(made.group, **{DELAY: delay})
        return made

    def empty(self):
        """A balancer with a group that has no targets."""
        origin = self.origin("first")
        made = self.api.balancer(origin, name=self.name)
        self.set(made.group, **{DELAY: 0})
        self.change("deregister", made.group, origin)
        until(lambda: not self.health(made.group), "the group to be empty")
        return made

    def set(self, group, **attributes):
        self.elb.modify_target_group_attributes(
            TargetGroupArn=group, Attributes=[
                {"Key": k, "Value": str(v)} for k, v in attributes.items()])

    def change(self, verb, group, *origins):
        getattr(self.elb, verb + "_targets")(
            TargetGroupArn=group,
            Targets=[{"Id": o.host, "Port": o.port} for o in origins])

    def health(self, group, *targets, **more):
        """[(id, port, state, reason)]."""
        if targets:
            more["Targets"] = list(targets)
        return [(d["Target"]["Id"], d["Target"].get("Port"),
                 d["TargetHealth"]["State"], d["TargetHealth"].get("Reason"))
                for d in self.elb.describe_target_health(
                    TargetGroupArn=group, **more)["TargetHealthDescriptions"]]

    def healthy(self, group, *origins):
        wanted = {(o.host, o.port, "healthy", None) for o in origins}
        until(lambda: set(self.health(group)) == wanted,
              lambda: "targets to be healthy: %s" % self.health(group))

    def body(self, balancer, path="/"):
        with balancer.client() as client:
            answer = client.ask(path)
            return answer.body.decode() if answer.status == 200 else \
                answer.status

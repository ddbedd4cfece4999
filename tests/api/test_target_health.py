# SPDX-License-Identifier: Apache-2.0
"""Health of targets by AWS's own clients: states have their reasons, and the
waiters of the command end."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import rig  # noqa: E402
from rig import until  # noqa: E402
from targets import TargetsCase  # noqa: E402


class Health(TargetsCase):
    def test_the_waiters_of_the_command_end(self):
        blue = self.origin("blue")
        balancer = self.balancer(blue, delay=0)
        self.healthy(balancer.group, blue)
        target = "Id=%s,Port=%d" % (blue.host, blue.port)
        self.api.aws("elbv2", "wait", "target-in-service",
                     "--target-group-arn", balancer.group, "--targets", target)
        self.change("deregister", balancer.group, blue)
        until(lambda: not self.health(balancer.group), "the drain to be over")
        self.api.aws("elbv2", "wait", "target-deregistered",
                     "--target-group-arn", balancer.group, "--targets", target)

    def test_states_have_their_reasons(self):
        blue = self.origin("blue")
        blue.fit = False
        balancer = self.balancer(blue)
        self.elb.modify_target_group(TargetGroupArn=balancer.group,
                                     HealthCheckIntervalSeconds=5,
                                     HealthCheckTimeoutSeconds=2)
        unused = self.elb.create_target_group(
            Name=self.name + "u", Protocol="HTTP", Port=80, VpcId="vpc-1",
            TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
        self.change("register", unused, blue)
        self.assertEqual(self.health(unused), [
            (blue.host, blue.port, "unused", "Target.NotInUse")])
        self.assertEqual([h[2] for h in self.health(balancer.group)],
                         ["initial"])
        until(lambda: self.health(balancer.group)[0][2:] == (
            "unhealthy", "Target.ResponseCodeMismatch"),
              lambda: "the state: %s" % self.health(balancer.group),
              seconds=rig.PATIENCE)
        told = self.elb.describe_target_health(
            TargetGroupArn=balancer.group,
            Include=["AnomalyDetection"])["TargetHealthDescriptions"][0]
        self.assertEqual(told["HealthCheckPort"], str(blue.port))
        self.assertEqual(told["TargetHealth"]["Description"],
                         "Health checks failed with these codes: [500]")
        self.assertEqual(told["AnomalyDetection"],
                         {"Result": "normal", "MitigationInEffect": "no"})
        self.assertEqual(told["AdministrativeOverride"]["State"],
                         "no_override")


if __name__ == "__main__":
    rig.main()

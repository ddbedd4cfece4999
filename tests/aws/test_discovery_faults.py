# SPDX-License-Identifier: Apache-2.0
# Starts first.
"""ECS and Cloud Map die, hang, throttle and lie: no target goes."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
sys.path.insert(0, HERE)
import rig  # noqa: E402
from emulated_ecs import A, B, Between, EcsCase, Service  # noqa: E402
from rig import until  # noqa: E402


class Faults(EcsCase):
    def asked(self, served):
        return (served.metric("sluice_discovery_failures_total") +
                served.metric("sluice_discovery_answers_total"))

    def test_no_answer_empties_a_group(self):
        port = self.origins(A, B)
        service = Service(self.emulated, port=port)
        service.want(2)
        first, second = service.run(A, B)
        between = Between(self.emulated.url)
        self.addCleanup(between.close)
        self.emulated.environment["AWS_ENDPOINT_URL_ECS"] = between.url
        self.addCleanup(self.emulated.environment.pop,
                        "AWS_ENDPOINT_URL_ECS")
        served = self.follow(service, port)
        self.registered(served, A, B)
        for mode in between.FAULTS:
            with self.subTest(mode):
                between.mode = mode
                told = between.faults
                until(lambda: between.faults > told, served.story)
                count = self.asked(served)
                if mode != "hangs":
                    until(lambda: self.asked(served) > count, served.story)
                self.assertEqual(
                    {h for h, s in self.states(served).items()
                     if s != "draining"}, {A, B})
                self.assertIn(self.body(served), (A, B))
        status = json.loads(served.api("/status.json").body)
        source, = status["TargetGroups"][0]["Sources"]
        self.assertEqual((source["Source"], source["TargetCount"]),
                         ("ecs %s/web" % service.cluster, 2))
        self.assertIn("ListTasks", source["Error"])
        self.assertIn(b"what ecs %s/web has found stays: ListTasks" %
                      service.cluster.encode(),
                      served.api("/status").body)
        between.mode = None
        service.stop(first)
        self.registered(served, B)


if __name__ == "__main__":
    rig.main()

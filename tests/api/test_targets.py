# SPDX-License-Identifier: Apache-2.0
"""Targets by AWS's own clients: traffic follows a registration when its call
returns, and what drains fails nobody."""
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import rig  # noqa: E402
from draining import Named  # noqa: E402
from rig import until  # noqa: E402
from stack import Stack, forward  # noqa: E402
from targets import DELAY, TargetsCase  # noqa: E402

INSTANCE, NOWHERE = "i-0123456789abcdef0", "i-0fedcba9876543210"


class Register(TargetsCase):
    def test_traffic_flows_to_a_target_when_its_call_returns(self):
        balancer = self.balancer()
        self.assertEqual(self.body(balancer), 503)
        blue, green = self.origin("blue"), self.origin("green")
        self.change("register", balancer.group, blue)
        self.assertEqual(self.body(balancer), "blue")
        self.change("register", balancer.group, green)
        self.healthy(balancer.group, blue, green)
        self.assertEqual({self.body(balancer) for _ in range(10)},
                         {"blue", "green"})

    def test_no_request_goes_to_a_target_when_its_call_returned(self):
        blue, green = self.origin("blue"), self.origin("green")
        balancer = self.balancer(blue, green)
        self.healthy(balancer.group, blue, green)
        self.change("deregister", balancer.group, blue)
        blue.asked.clear()
        self.assertEqual([self.body(balancer) for _ in range(10)],
                         ["green"] * 10)
        self.assertEqual(blue.asked, [])

    def test_what_cannot_be_a_target_is_refused(self):
        group = self.balancer(self.origin("blue")).group
        for target in "8.8.8.8", "1.1.1.1":
            with self.assertRaises(self.elb.exceptions.InvalidTargetException):
                self.elb.register_targets(TargetGroupArn=group,
                                          Targets=[{"Id": target}])
        self.refused("ValidationError", self.elb.register_targets,
                     TargetGroupArn=group, Targets=[{"Id": INSTANCE}])
        with self.assertRaises(self.elb.exceptions.InvalidTargetException):
            self.elb.describe_target_health(TargetGroupArn=group,
                                            Targets=[{"Id": INSTANCE}])


class Drain(TargetsCase):
    def test_draining_under_load_fails_nobody(self):
        blue, green = self.origin("blue"), self.origin("green")
        balancer = self.balancer(blue, green, delay=1)
        self.healthy(balancer.group, blue, green)
        failed, end = [], threading.Event()

        def ask():
            with balancer.client() as client:
                while not end.is_set():
                    answer = client.ask("/")
                    if answer.status != 200:
                        failed.append(answer.status)
        clients = [threading.Thread(target=ask) for _ in range(8)]
        for client in clients:
            client.start()
        try:
            for _ in range(2):
                self.change("deregister", balancer.group, blue)
                self.assertIn((blue.host, blue.port, "draining",
                               "Target.DeregistrationInProgress"),
                              self.health(balancer.group))
                until(lambda: len(self.health(balancer.group)) == 1,
                      "the delay to be over")
                self.change("register", balancer.group, blue)
                self.healthy(balancer.group, blue, green)
        finally:
            end.set()
            for client in clients:
                client.join()
        self.assertEqual(failed, [])

    def test_what_drains_may_finish_and_is_told_until_the_delay_is_over(self):
        blue, green = self.origin("blue"), self.origin("green")
        balancer = self.balancer(blue, green, delay=3600)
        self.healthy(balancer.group, blue, green)
        self.change("deregister", balancer.group, green)
        with balancer.client() as waiting:
            waiting.send(b"GET /wait HTTP/1.1\r\nHost: a.test\r\n\r\n")
            until(lambda: "/wait" in blue.asked, "the request to be there")
            self.change("deregister", balancer.group, blue)
            self.assertEqual(
                self.health(balancer.group, {"Id": blue.host,
                                             "Port": blue.port}),
                [(blue.host, blue.port, "draining",
                  "Target.DeregistrationInProgress")])
            self.assertEqual(self.body(balancer), 503)
            blue.go.set()
            self.assertEqual(waiting.response("GET").body, b"blue")
        message = self.refused(
            "InvalidTarget", self.elb.register_targets,
            TargetGroupArn=balancer.group,
            Targets=[{"Id": blue.host, "Port": blue.port}])
        self.assertRegex(message, "draining.*'%s:%d' \\(3[0-9]{3} s\\)" % (
            blue.host, blue.port))
        self.set(balancer.group, **{DELAY: 0})
        until(lambda: not self.health(balancer.group), "the drain to be over")
        self.assertEqual(
            self.health(balancer.group, {"Id": blue.host, "Port": blue.port}),
            [(blue.host, blue.port, "unused", "Target.NotRegistered")])
        self.change("register", balancer.group, blue)
        self.assertEqual(self.body(balancer), "blue")

    def test_nothing_drains_in_a_group_that_nobody_forwards_to(self):
        group = self.elb.create_target_group(
            Name=self.name, Protocol="HTTP", Port=80, VpcId="vpc-1",
            TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
        for _ in range(2):
            self.elb.register_targets(TargetGroupArn=group,
                                      Targets=[{"Id": "10.9.9.9"}])
            self.assertEqual(self.health(group),
                             [("10.9.9.9", 80, "unused", "Target.NotInUse")])
            self.elb.deregister_targets(TargetGroupArn=group,
                                        Targets=[{"Id": "10.9.9.9"}])
            self.assertEqual(self.health(group), [])
        self.elb.delete_target_group(TargetGroupArn=group)

    def test_who_was_never_there_may_be_deregistered(self):
        balancer = self.balancer(self.origin("blue"))
        self.elb.deregister_targets(TargetGroupArn=balancer.group,
                                    Targets=[{"Id": "10.9.9.9"}])
        self.assertEqual(len(self.health(balancer.group)), 1)


class Instances(TargetsCase):
    """What an id stands for is said by --target."""
    @classmethod
    def setUpClass(cls):
        cls.here = Named("here")
        cls.options = ("--target", "%s=127.0.0.1:%d" % (INSTANCE,
                                                        cls.here.port))
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.here.close()

    def test_an_instance_is_where_the_command_line_says(self):
        balancer = self.balancer(self.origin("blue"))
        group = self.elb.create_target_group(
            Name=self.name + "i", Protocol="HTTP", Port=80,
            VpcId="vpc-1")["TargetGroups"][0]["TargetGroupArn"]
        self.elb.modify_listener(ListenerArn=balancer.listener, DefaultActions=[
            {"Type": "forward", "TargetGroupArn": group}])
        self.elb.register_targets(TargetGroupArn=group,
                                  Targets=[{"Id": NOWHERE}])
        self.assertEqual(self.body(balancer), 503)
        self.elb.register_targets(TargetGroupArn=group,
                                  Targets=[{"Id": INSTANCE}])
        self.assertEqual(self.body(balancer), "here")
        until(lambda: self.health(group)[0] == (INSTANCE, 80, "healthy", None),
              "the instance to be healthy")
        self.assertEqual(self.health(group)[1], (
            NOWHERE, 80, "unused", "Target.InvalidState"))
        told = self.elb.describe_target_health(
            TargetGroupArn=group, Targets=[{"Id": NOWHERE}])
        self.assertIn("--target %s=HOST:PORT" % NOWHERE,
                      told["TargetHealthDescriptions"][0]["TargetHealth"]
                      ["Description"])
        # An instance that drains may come back at once.
        self.elb.deregister_targets(TargetGroupArn=group,
                                    Targets=[{"Id": INSTANCE}])
        self.assertEqual([h[2] for h in self.health(
            group, {"Id": INSTANCE})], ["draining"])
        self.elb.register_targets(TargetGroupArn=group,
                                  Targets=[{"Id": INSTANCE}])
        self.assertEqual(self.body(balancer), "here")


class Template(TargetsCase):
    """What a call registers counts beside what --service says."""
    @classmethod
    def setUpClass(cls):
        cls.local = Named("local")
        s = Stack()
        s.group("Blue", Targets=[{"Id": "10.255.255.1"}],
                TargetGroupAttributes=[{"Key": DELAY, "Value": "0"}])
        s.listener("Web", 80, forward("Blue"))
        cls.template = s
        cls.options = ("--port", "80=0", "--service",
                       "Blue=127.0.0.1:%d" % cls.local.port)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.local.close()

    def test_registered_and_local_targets_are_there_together(self):
        group = self.elb.describe_target_groups()["TargetGroups"][0][
            "TargetGroupArn"]
        here = (self.local.host, self.local.port)
        other = self.origin("other")
        self.assertEqual([h[:2] for h in self.health(group)][:1], [here])
        self.change("register", group, other)
        self.healthy_ones(group, here, (other.host, other.port))
        self.change("deregister", group, self.local)
        until(lambda: (other.host, other.port) in
              [h[:2] for h in self.health(group)] and
              here not in [h[:2] for h in self.health(group)],
              "the local one to be gone")
        self.change("register", group, self.local)
        self.healthy_ones(group, here, (other.host, other.port))

    def healthy_ones(self, group, *wanted):
        until(lambda: {h[:2] for h in self.health(group)
                       if h[2] == "healthy"} == set(wanted),
              lambda: "healthy: %s" % self.health(group))


if __name__ == "__main__":
    rig.main()

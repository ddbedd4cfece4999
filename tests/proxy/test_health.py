#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Health checks: what is asked, when, and what comes of the answers.

ALB's shortest interval is 5 s, so one server with a group for each question
runs from the start of this file to its end, and each test waits until what it
looks at has happened. /targets is read all the time: every answer must be one
that ALB's rules allow after the probes that were answered so far.
"""
import re
import subprocess
import tempfile
import threading
import time
import unittest

import rig
from reloading import SWITCH, Tunnel
from rig import Origin, respond, until
from stack import Served, Stack, fixed, forward, path

FAST = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2,
        "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}
SLOW = {"HealthCheckIntervalSeconds": 300, "HealthCheckTimeoutSeconds": 120}
LONG = 60 * rig.SLOW
UNHEALTHY_ROUTING = "sluice_unhealthy_routing_requests_total"


class Target(Origin):
    """Answers probe n as plan[n] says (the last one for ever): a status, or
    `silent`, `garbage`, `close`. Other requests get 200 with its name."""
    clock = []      # (target, arrival) of all probes, in their order

    def __init__(self, name, plan=(200,), host="127.0.0.1"):
        self.name, self.plan = name, list(plan)
        self.probes, self.traffic = [], 0
        super().__init__(script=Target.talk, host=host)

    def talk(self):
        conn, self = self, self.origin
        while True:
            request = conn.read_request()
            if request.get("User-Agent") != "ELB-HealthChecker/2.0":
                self.traffic += 1
                conn.send(respond(self.name.encode()))
                continue
            number = len(self.probes)
            self.probes.append(request)
            Target.clock.append(self)
            self.reply(conn, self.plan[min(number, len(self.plan) - 1)])

    def reply(self, conn, what):
        if what == "silent":
            conn.wait_close()
        elif what == "garbage":
            conn.send(b"hello\r\n\r\n")
        elif what == "close":
            raise rig.Ended
        else:
            more = [b"Location: /elsewhere"] if what // 100 == 3 else []
            conn.send(respond(b"", what, b"Said", more))


def reason_of(what):
    """Reason and description of a probe that ended like this."""
    if what == "silent":
        return "Target.Timeout", "Request timed out"
    if what in ("garbage", "close"):
        return "Target.FailedHealthChecks", "Health checks failed"
    return ("Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [%d]" % what)


INITIAL = [("initial", "Elb.RegistrationInProgress",
            "Target registration is in progress"),
           ("initial", "Elb.InitialHealthChecking",
            "Initial health checks in progress")]
HEALTHY = ("healthy", None, None)


def expected(plan, passes, healthy, unhealthy, number):
    """The state after 0 .. number probes (alb.md 4.3)."""
    state, passed, failed = INITIAL[1], 0, 0
    states = [state]
    for n in range(number):
        what = plan[min(n, len(plan) - 1)]
        if what in passes:
            passed, failed = passed + 1, 0
            if state[0] == "initial" or passed >= healthy:
                state = HEALTHY
        else:
            passed, failed = 0, failed + 1
            if state[0] == "unhealthy" or failed >= unhealthy:
                state = ("unhealthy", *reason_of(what))
        states.append(state)
    return states


class Scene:
    """The server with all groups, and everything that /targets said."""

    def __init__(self):
        self.stack, self.targets, self.samples = Stack(), {}, []
        self.elsewhere = Target("elsewhere", (500,))
        self.closed = rig.Closed()
        self.stack.listener("Web", 80, fixed(404))
        self.add("Good", [[200]], HealthCheckPath="/hc?deep=1")
        self.add("Plain", [[200]], HealthCheckPath=None)
        self.add("Code", [[503]])
        self.add("Silent", [["silent"]], HealthCheckTimeoutSeconds=4)
        self.add("Garbage", [["garbage"]])
        self.add("Cut", [["close"]])
        self.add("Flip", [[500, 200] * 20])
        self.add("Back", [[500, 404, 200, 503, 200, 200]])
        self.add("Defaults", [[500, 404, 200]], HealthyThresholdCount=None,
                 UnhealthyThresholdCount=None)
        self.add("Ranges", [[404], [204], [299], [301], [403]],
                 Matcher={"HttpCode": "200-299,404"})
        self.add("List", [[202], [204], [203], [200]],
                 Matcher={"HttpCode": "202,204"})
        self.add("Moved", [[302]])
        self.add("Port", [[200]], HealthCheckPort=str(self.elsewhere.port))
        self.add("Both", [[500], ["silent"]])
        self.add("One", [[200], [500]])
        self.add("Few", [[200], [500], [500]], {
            "target_group_health.unhealthy_state_routing."
            "minimum_healthy_targets.count": 2})
        for percent in (66, 67):
            self.add("Part%d" % percent, [[200], [200], [500]], {
                "target_group_health.unhealthy_state_routing."
                "minimum_healthy_targets.percentage": percent})
        self.add("Empty", [])
        self.add("Unused", [[200]], rule=False)
        self.stack.group("Refused", [self.closed.address], **FAST)
        self.rule("Refused")
        self.server = Served(self.stack)
        self.over = False
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def add(self, name, plans, attributes=None, rule=True, **more):
        settings = {k: v for k, v in {**FAST, **more}.items()
                    if v is not None}
        made = [Target("%s%d" % (name, n), plan)
                for n, plan in enumerate(plans)]
        self.targets[name] = made
        self.stack.group(name, [t.address for t in made], attributes,
                         **settings)
        if rule:
            self.rule(name)

    def rule(self, name):
        self.stack.rule("To" + name, "Web", len(self.stack.resources),
                        [path("/" + name)], forward(name))

    def watch(self):
        """A sample: {(group, target): (probes before, state, after)}."""
        while not self.over:
            before = self.counts()
            told = {(t["TargetGroup"], t["Target"]):
                    (t["State"], t.get("Reason"), t.get("Description"))
                    for t in self.server.targets()}
            self.samples.append((before, told, self.counts()))
            time.sleep(0.02)

    def counts(self):
        return {(name.lower(), target.address): len(target.probes)
                for name, made in self.targets.items() for target in made}

    def key(self, name, number=0):
        return name.lower(), self.targets[name][number].address

    def now(self, name, number=0):
        return self.samples[-1][1][self.key(name, number)]

    def became(self, name, state, number=0):
        until(lambda: self.samples and self.now(name, number)[0] == state,
              lambda: "%s %d is %s, not %s" % (
                  name, number, self.now(name, number), state), LONG)

    def close(self):
        self.over = True
        self.thread.join()
        try:
            self.server.stop()
        finally:
            for target in sum(self.targets.values(), [self.elsewhere]):
                target.close()
            self.closed.close()


def setUpModule():
    global scene
    scene = Scene()


def tearDownModule():
    scene.close()


class States(unittest.TestCase):

    def follows(self, name, passes=(200,), healthy=2, unhealthy=2, number=0):
        """Every sample so far says what the probes before it allow."""
        target, key = scene.targets[name][number], scene.key(name, number)
        states = expected(target.plan, passes, healthy, unhealthy,
                          len(target.probes) + 1)
        between = {}    # probes: what was said until the next one came
        for before, told, after in list(scene.samples):
            # The last answer counted may still be on its way.
            allowed = states[max(before[key] - 1, 0):after[key] + 1]
            if before[key] <= 1:
                allowed = allowed + INITIAL
            self.assertIn(told[key], allowed, "%s after %d probes" % (
                name, after[key]))
            if before[key] == after[key]:
                between.setdefault(after[key], []).append(told[key])
        if "silent" in target.plan:
            return      # an answer may be said only when the next is asked
        for probes, told in between.items():
            if probes and len(told) > 20:
                self.assertEqual(told[-1], states[probes],
                                 "%s after %d probes" % (name, probes))

    # 70
    def test_a_new_target_is_healthy_after_one_success(self):
        scene.became("Good", "healthy")
        self.assertEqual(scene.now("Good"), HEALTHY)
        self.follows("Good", healthy=2)

    # 71
    def test_a_group_without_a_listener_is_unused_and_gets_no_probes(self):
        until(lambda: len(scene.targets["Good"][0].probes) >= 3,
              "three probes elsewhere", LONG)
        self.assertEqual(scene.now("Unused"), (
            "unused", "Target.NotInUse", "Target group is not configured to "
            "receive traffic from the load balancer"))
        self.assertEqual(scene.targets["Unused"][0].conns, [])

    # 83
    def test_a_wrong_code_is_a_response_code_mismatch(self):
        scene.became("Code", "unhealthy")
        self.follows("Code")
        self.assertEqual(scene.now("Code"), (
            "unhealthy", "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [503]"))

    # 82, 83
    def test_a_timeout_counts_as_a_failure(self):
        scene.became("Silent", "unhealthy")
        self.follows("Silent")
        self.assertEqual(scene.now("Silent"), (
            "unhealthy", "Target.Timeout", "Request timed out"))

    # 83
    def test_what_is_no_answer_is_a_failed_health_check(self):
        for name in ("Garbage", "Cut"):
            with self.subTest(name):
                scene.became(name, "unhealthy")
                self.follows(name)
                self.assertEqual(scene.now(name), (
                    "unhealthy", "Target.FailedHealthChecks",
                    "Health checks failed"))

    # 83
    def test_a_refused_connection_is_a_failed_health_check(self):
        key = "refused", scene.closed.address
        until(lambda: scene.samples[-1][1][key] == (
            "unhealthy", "Target.FailedHealthChecks", "Health checks failed"),
            lambda: scene.samples[-1][1][key], LONG)
        self.assertLessEqual({told[key][0] for _, told, _ in scene.samples},
                             {"initial", "unhealthy"})
        self.assertIn("target %s is unhealthy: Health checks failed "
                      "(Connection refused)" % key[1],
                      "\n".join(scene.server.log))

    # 83
    def test_failures_count_only_when_consecutive(self):
        until(lambda: len(scene.targets["Flip"][0].probes) >= 5,
              "five probes", LONG)
        self.follows("Flip")
        self.assertEqual(scene.now("Flip"), HEALTHY)

    # 83
    def test_successes_count_only_when_consecutive(self):
        until(lambda: len(scene.targets["Back"][0].probes) >= 6,
              "six probes", LONG)
        scene.became("Back", "healthy")
        self.follows("Back")
        told = {s[scene.key("Back")] for _, s, _ in scene.samples}
        self.assertIn(("unhealthy", "Target.ResponseCodeMismatch",
                       "Health checks failed with these codes: [404]"), told)
        self.assertIn(("unhealthy", "Target.ResponseCodeMismatch",
                       "Health checks failed with these codes: [503]"), told)

    # 80
    def test_without_thresholds_two_failures_and_five_successes_count(self):
        scene.became("Defaults", "unhealthy")
        scene.became("Defaults", "healthy")
        self.follows("Defaults", healthy=5, unhealthy=2)

    # 80
    def test_a_matcher_takes_codes_and_ranges(self):
        for name, passes in (("Ranges", (404, 204, 299)),
                             ("List", (202, 204))):
            for number, target in enumerate(scene.targets[name]):
                code = target.plan[0]
                with self.subTest(group=name, code=code):
                    scene.became(name, "healthy" if code in passes
                                 else "unhealthy", number)
                    self.follows(name, passes, number=number)

    # 80
    def test_a_redirect_is_not_followed(self):
        scene.became("Moved", "unhealthy")
        self.follows("Moved")
        self.assertEqual({r.target for r in scene.targets["Moved"][0].probes},
                         {"/"})

    def test_targets_that_wait_for_their_first_probe_are_being_registered(
            self):
        # At most 256 probes are under way at once.
        with Origin(Origin.serve, host="0.0.0.0") as origin:
            origin.script = rig.OriginConn.wait_close
            many = Stack().group("Many", [
                "127.0.%d.%d:%d" % (1 + n // 200, 1 + n % 200, origin.port)
                for n in range(300)], **SLOW)
            many.listener("Web", 80, forward("Many"))
            with Served(many) as server:
                states = [(t["State"], t["Reason"], t["Description"])
                          for t in server.targets()]
        self.assertEqual(len(states), 300)
        self.assertEqual(set(states), set(INITIAL))
        self.assertEqual(states.count(INITIAL[0]), 44)

    # 83
    def test_without_health_checks_targets_are_unavailable_and_served(self):
        with Target("Off") as target:
            server = rig.Sluice([target])
            self.addCleanup(server.stop)
            self.assertEqual(Served.targets(server), [{
                "TargetGroup": "default", "Target": target.address,
                "State": "unavailable",
                "Reason": "Target.HealthCheckDisabled",
                "Description": "Health checks are disabled",
                "AnomalyDetection": {"Result": "normal",
                                     "MitigationInEffect": "no"},
                "WeightPercent": 100}])
            with server.client() as client:
                self.assertEqual(client.ask("/").body, b"Off")
            self.assertEqual(target.probes, [])


class Probes(unittest.TestCase):

    # 81
    def test_a_probe_has_exactly_these_headers(self):
        for name, line in (("Good", "GET /hc?deep=1 HTTP/1.1"),
                           ("Plain", "GET / HTTP/1.1")):
            scene.became(name, "healthy")
            target = scene.targets[name][0]
            self.assertEqual(target.probes[0].raw.decode(), (
                "%s\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n"
                "User-Agent: ELB-HealthChecker/2.0\r\n"
                "Accept-Encoding: gzip, compressed\r\n\r\n" % (
                    line, target.port)))

    # 81
    def test_each_probe_has_a_connection_of_its_own(self):
        target = scene.targets["Good"][0]
        until(lambda: len(target.probes) >= 3, "three probes", LONG)
        self.assertEqual([c.count for c in target.conns],
                         [1] * len(target.probes))
        until(lambda: all(c.done for c in target.conns[:-1]),
              "probe connections to be closed")

    def test_the_first_probe_leaves_at_once(self):
        with Target("New") as target:
            one = Stack().group("New", [target.address], **SLOW)
            one.listener("Web", 80, forward("New"))
            with Served(one):   # long before an interval is over
                until(lambda: target.probes, "the first probe")

    # 82
    def test_the_interval_does_not_depend_on_the_time_of_the_answer(self):
        # One answers at once, one takes 4 of the 5 s: were an interval to
        # begin with the answer, its third probe would come after 18 s, and
        # the fourth of the other one after 15.
        slow, fast = scene.targets["Silent"][0], scene.targets["Good"][0]
        until(lambda: Target.clock.count(slow) >= 3, "three slow ones", LONG)
        order = list(Target.clock)
        third = [n for n, t in enumerate(order) if t is slow][2]
        self.assertLess(order[:third].count(fast), 4)
        self.assertGreaterEqual(order[:third + 1].count(fast), 2)

    # 80, 81
    def test_a_health_check_port_takes_the_probes_and_not_the_requests(self):
        scene.became("Port", "unhealthy")
        target = scene.targets["Port"][0]
        self.assertEqual(target.probes, [])
        probe = scene.elsewhere.probes[0]
        self.assertEqual(probe.get("Host"), scene.elsewhere.address)
        with scene.server.client() as client:
            self.assertEqual(client.ask("/Port").body, b"Port0")
        self.assertEqual(scene.elsewhere.traffic, 0)


class Routing(unittest.TestCase):

    def ask(self, name, number=12):
        """Which targets got these requests, and how many of them counted as
        routed while the group failed open."""
        before = scene.server.metric(UNHEALTHY_ROUTING)
        with scene.server.client() as client:
            got = {client.ask("/" + name).body.decode()
                   for _ in range(number)}
        return got, scene.server.metric(UNHEALTHY_ROUTING) - before

    # 70
    def test_only_healthy_targets_get_requests(self):
        scene.became("One", "healthy", 0)
        self.assertEqual(self.ask("One"), ({"One0"}, 0))
        scene.became("One", "unhealthy", 1)
        self.assertEqual(self.ask("One"), ({"One0"}, 0))

    # 74
    def test_a_group_without_a_healthy_target_fails_open(self):
        scene.became("Both", "unhealthy", 0)
        scene.became("Both", "unhealthy", 1)
        self.assertEqual(self.ask("Both"), ({"Both0", "Both1"}, 12))

    # 74
    def test_fewer_healthy_targets_than_the_count_fail_open(self):
        scene.became("Few", "healthy", 0)
        scene.became("Few", "unhealthy", 1)
        scene.became("Few", "unhealthy", 2)
        self.assertEqual(self.ask("Few"), ({"Few0", "Few1", "Few2"}, 12))

    # 74
    def test_a_smaller_part_than_the_percentage_fails_open(self):
        for name in ("Part66", "Part67"):
            scene.became(name, "healthy", 0)
            scene.became(name, "healthy", 1)
            scene.became(name, "unhealthy", 2)
        self.assertEqual(self.ask("Part66"), ({"Part660", "Part661"}, 0))
        self.assertEqual(self.ask("Part67"),
                         ({"Part670", "Part671", "Part672"}, 12))

    # 70, 74
    def test_targets_nobody_has_checked_yet_get_requests_by_failing_open(self):
        with Target("A", ("silent",)) as a, Target("B", ("silent",)) as b:
            two = Stack().group("New", [a.address, b.address], **FAST)
            two.listener("Web", 80, forward("New"))
            with Served(two) as server, server.client() as client:
                self.assertEqual({client.ask("/").body for _ in range(4)},
                                 {b"A", b"B"})
                self.assertEqual(server.metric(UNHEALTHY_ROUTING), 4)

    def beside_a_dead_one(self, script):
        """A server whose target runs the script; requests get to it and to an
        address that refuses by turns, until health checks notice."""
        closed, target = rig.Closed(), Origin(script)
        self.addCleanup(closed.close)
        self.addCleanup(target.close)
        two = Stack().group("Two", [closed.address, target.address], **SLOW)
        two.listener("Web", 80, forward("Two"))
        server = Served(two)
        self.addCleanup(server.stop)
        return server

    def test_a_request_that_its_target_refused_goes_to_another_one(self):
        def count(conn):
            while True:
                conn.send(respond(b"%d" % len(conn.read_request().body)))
        server = self.beside_a_dead_one(count)
        with server.client() as client:
            for size in (0, 1, 10000, 300000) * 3:
                answer = client.ask("/", "POST", body=b"x" * size,
                                    headers=[] if size else
                                    ["Content-Length: 0"])
                self.assertEqual((answer.status, answer.body),
                                 (200, b"%d" % size))
            for _ in range(4):
                client.send(rig.head("Transfer-Encoding: chunked"))
                client.send(b"5\r\nhello\r\n0\r\n\r\n")
                self.assertEqual(client.response("POST").body, b"5")

    def test_a_websocket_that_its_target_refused_goes_to_another_one(self):
        def switch(conn):
            if conn.read_request().get("Upgrade"):
                conn.send(SWITCH)
                while True:
                    conn.send(conn.fill())
        server = self.beside_a_dead_one(switch)
        for _ in range(4):
            tunnel = Tunnel(server)
            self.assertTrue(tunnel.works())
            tunnel.close()

    def test_when_all_targets_refuse_it_is_a_502(self):
        closed = [rig.Closed() for _ in range(3)]
        for address in closed:
            self.addCleanup(address.close)
        dead = Stack().group("Dead", [c.address for c in closed], **SLOW)
        dead.listener("Web", 80, forward("Dead"))
        with Served(dead) as server, server.client() as client:
            for _ in range(6):
                answer = client.ask("/", "POST", body=b"x" * 1000)
                self.assertRegex(answer.raw,
                                 rig.page_pattern(502, b"keep-alive"))

    # 75
    def test_a_group_without_targets_answers_503(self):
        with scene.server.client() as client:
            answer = client.ask("/Empty")
        self.assertRegex(answer.raw, rig.page_pattern(503, b"keep-alive"))
        self.assertIn("    --service Empty=HOST:PORT", scene.server.log)

    def test_states_are_counted_for_each_group(self):
        scene.became("One", "healthy", 0)
        scene.became("One", "unhealthy", 1)
        metrics = scene.server.metrics()
        for state, number in (("healthy", 1), ("unhealthy", 1),
                              ("initial", 0), ("unused", 0)):
            self.assertEqual(metrics.sum("sluice_targets", target_group="one",
                                         state=state), number)


class Killed(unittest.TestCase):
    """Two targets under a steady load, one of them killed and started
    again."""
    CLIENTS = 6

    def setUp(self):
        self.failed, self.names, self.over = [], [], False
        self.targets = [self.target("a"), self.target("b")]
        self.addCleanup(lambda: [t.kill() for t in self.targets])
        self.addresses = [rig.address(*t.address_of("origin"))
                          for t in self.targets]
        two = Stack().group("Two", self.addresses, **FAST)
        two.listener("Web", 80, forward("Two"))
        self.server = Served(two, workers=2)
        self.addCleanup(self.server.stop)
        self.threads = [threading.Thread(target=self.load, daemon=True)
                        for _ in range(self.CLIENTS)]
        for thread in self.threads:
            thread.start()
        self.addCleanup(self.end_load)

    def target(self, name, port=0):
        return rig.Process("origin", "--name", name, "--port", port,
                           "--workers", 1, "--delay", 5)

    def load(self):
        client = None
        while not self.over:
            client = client or self.server.client()
            try:
                answer = client.ask("/")
                if answer.status != 200:
                    self.failed.append(answer.status)
                else:
                    self.names.append(answer.get("X-Origin-Name"))
            except AssertionError as error:
                self.failed.append(str(error))
                client.close()
                client = None
        if client:
            client.close()

    def end_load(self):
        self.over = True
        for thread in self.threads:
            thread.join()

    def served(self, name, number=50):
        """Wait until so many more requests went to this target."""
        start = len(self.names)
        until(lambda: self.names[start:].count(name) >= number,
              lambda: "requests at %s; failed %s" % (
                  name, self.failed[:20]), LONG)

    def state(self, number):
        return self.server.states("Two")[self.addresses[number]]

    def becomes(self, number, state):
        until(lambda: self.state(number) == state,
              "target %d to be %s" % (number, state), LONG, 0.02)

    def test_only_requests_in_flight_on_a_killed_target_fail(self):
        for number in (0, 1):
            self.becomes(number, "healthy")
        self.served("a")
        self.served("b")
        self.assertEqual(self.failed, [])
        self.targets[1].kill()
        self.served("a", 200)
        self.becomes(1, "unhealthy")
        self.served("a", 200)
        # A client has one request under way; no other may fail.
        self.assertLessEqual(len(self.failed), self.CLIENTS, self.failed[:30])
        failed = len(self.failed)
        port = int(self.addresses[1].rsplit(":", 1)[1])
        self.targets[1] = self.target("b", port)
        self.becomes(1, "healthy")
        self.served("b")
        self.served("a")
        self.assertEqual(len(self.failed), failed)


class Settings(unittest.TestCase):
    """What `sluice check` says of a health check."""

    def check(self, **settings):
        one = Stack().group("Tg", ["127.0.0.1:1"], **settings)
        one.listener("Web", 80, forward("Tg"))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(one.text())
            file.flush()
            done = subprocess.run([rig.SLUICE, "check", file.name],
                                  capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    # 80
    def test_values_in_their_ranges_are_taken(self):
        for settings in (
                {}, {"HealthCheckEnabled": True},
                {"HealthCheckProtocol": "HTTP"},
                {"HealthCheckProtocol": "HTTPS"},
                {"HealthCheckPort": "traffic-port"},
                {"HealthCheckPort": "1"}, {"HealthCheckPort": 65535},
                {"HealthCheckPath": "/" + "x" * 1023},
                {"HealthCheckPath": "/a?b=c"},
                {"HealthCheckIntervalSeconds": 5,
                 "HealthCheckTimeoutSeconds": 2},
                {"HealthCheckIntervalSeconds": 300,
                 "HealthCheckTimeoutSeconds": 120},
                {"HealthCheckIntervalSeconds": 6},
                {"HealthCheckTimeoutSeconds": 29},
                {"HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2},
                {"HealthyThresholdCount": 10, "UnhealthyThresholdCount": 10},
                {"Matcher": {"HttpCode": "200"}},
                {"Matcher": {"HttpCode": "200-499"}},
                {"Matcher": {"HttpCode": "200,202-204,499"}}):
            with self.subTest(settings):
                self.assertEqual(self.check(**settings), (0, ""))

    # 80
    def test_values_out_of_their_ranges_are_refused(self):
        for settings, wanted in (
                ({"HealthCheckEnabled": False}, "only groups of TargetType "
                 "lambda"),
                ({"HealthCheckProtocol": "TCP"}, "network load balancers"),
                ({"HealthCheckProtocol": "HTTP2"}, "cannot be"),
                ({"HealthCheckPort": "0"}, "1 to 65535"),
                ({"HealthCheckPort": "65536"}, "1 to 65535"),
                ({"HealthCheckPort": "traffic"}, "traffic-port"),
                ({"HealthCheckPath": "x"}, "begins with /"),
                ({"HealthCheckPath": ""}, "1"),
                ({"HealthCheckPath": "/" + "x" * 1024}, "1024"),
                ({"HealthCheckPath": "/a b"}, "%20"),
                ({"HealthCheckIntervalSeconds": 4}, "from 5 to 300"),
                ({"HealthCheckIntervalSeconds": 301}, "from 5 to 300"),
                ({"HealthCheckTimeoutSeconds": 1}, "from 2 to 120"),
                ({"HealthCheckIntervalSeconds": 300,
                  "HealthCheckTimeoutSeconds": 121}, "from 2 to 120"),
                ({"HealthyThresholdCount": 1}, "from 2 to 10"),
                ({"HealthyThresholdCount": 11}, "from 2 to 10"),
                ({"UnhealthyThresholdCount": 1}, "from 2 to 10"),
                ({"UnhealthyThresholdCount": 11}, "from 2 to 10"),
                ({"Matcher": {"HttpCode": "199"}}, "200 to 499"),
                ({"Matcher": {"HttpCode": "500"}}, "never 500"),
                ({"Matcher": {"HttpCode": "200-500"}}, "never 500"),
                ({"Matcher": {"HttpCode": "299-200"}}, "200 to 499"),
                ({"Matcher": {"HttpCode": "200,"}}, "200 to 499"),
                ({"Matcher": {"HttpCode": "2xx"}}, "200 to 499"),
                ({"Matcher": {}}, "no codes"),
                ({"Matcher": {"GrpcCode": "12"}}, "GRPC")):
            with self.subTest(settings):
                code, said = self.check(**settings)
                self.assertEqual(code, 65, said)
                name = next(iter(reversed(settings)))
                self.assertRegex(said, r"(?m)^[^ ]+:\d+:\d+: error: target "
                                 r"group Tg: .*%s" % name)
                self.assertIn(wanted, said)
                self.assertEqual(len(re.findall("(?m): error: ", said)), 1,
                                 said)

    # 80
    def test_the_defaults_of_interval_and_timeout_are_30_and_5(self):
        code, said = self.check(HealthCheckTimeoutSeconds=30)
        self.assertEqual(code, 65)
        self.assertIn("which is 30 (the default)", said)
        code, said = self.check(HealthCheckIntervalSeconds=5)
        self.assertEqual(code, 65)
        self.assertIn("HealthCheckTimeoutSeconds is 5 (the default)", said)

    # 80
    def test_the_timeout_must_be_less_than_the_interval(self):
        code, said = self.check(HealthCheckIntervalSeconds=10,
                                HealthCheckTimeoutSeconds=10)
        self.assertEqual(code, 65)
        self.assertIn("must be less than HealthCheckIntervalSeconds", said)
        self.assertEqual(self.check(HealthCheckIntervalSeconds=10,
                                    HealthCheckTimeoutSeconds=9), (0, ""))


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stickiness to targets: which cookies are set, when they are followed, and
what happens when they cannot be (alb.md 3.5).

The story that takes two failed health checks and two good ones runs beside the
other tests, and is asked about last.
"""
import threading
import time
import unittest

import rig
from rig import respond, until
from sticky_client import (EXPLAIN, LB, NON_STICKY, SELDOM, STICKY, Browser,
                           StickyCase, Target)
from stack import Served, Stack, fixed, forward, path

FAST = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2,
        "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}


class LoadBalancerCookie(StickyCase):

    # alb.md 10: 64
    def test_every_response_of_a_target_sets_both_cookies(self):
        sluice = self.one_group(self.targets("a", "b"))
        browser = Browser(sluice)
        values = set()
        for target, method in (("/", "GET"), ("/", "HEAD"), ("/404", "GET"),
                               ("/500", "GET"), ("/304", "GET"),
                               ("/login", "POST")):
            answer = browser.get(target, method=method)
            self.assertEqual(tuple(answer.set), LB)
            self.assertEqual(len(set(answer.set.values())), 1)
            self.assertEqual(answer.cross, {"AWSALBCORS"})
            values.add(answer.set["AWSALB"])
        self.assertEqual(len(values), 6)        # sealed anew each time
        self.assertEqual({len(v) for v in values}, {128})

    # alb.md 10: 64
    def test_a_client_stays_with_its_target(self):
        sluice = self.one_group(self.targets("a", "b", "c"), workers=2)
        for _ in range(3):
            browser = Browser(sluice)
            self.stays(browser, browser.get().target, 6)

    def test_requests_of_one_connection_follow_their_own_cookies(self):
        sluice = self.one_group(self.targets("a", "b"))
        one, two = Browser(sluice), Browser(sluice)
        homes = one.get().target, two.get().target
        self.assertNotEqual(*homes)
        with sluice.client("Web") as client:
            for _ in range(3):
                self.assertEqual(one.ask(client).target, homes[0])
                self.assertEqual(two.ask(client).target, homes[1])

    # alb.md 10: 65
    def test_AWSALBCORS_beats_AWSALB(self):
        sluice = self.one_group(self.targets("a", "b"))
        one, two = Browser(sluice), Browser(sluice)
        homes = one.get().target, two.get().target
        self.assertNotEqual(*homes)
        for jar in ({"AWSALB": one.jar["AWSALB"],
                     "AWSALBCORS": two.jar["AWSALB"]},
                    {"AWSALBCORS": two.jar["AWSALB"],
                     "AWSALB": one.jar["AWSALB"]},
                    {"AWSALBCORS": two.jar["AWSALB"]}):
            for _ in range(3):
                self.assertEqual(Browser(sluice, jar=jar).get().target,
                                 homes[1])
        for _ in range(3):
            self.assertEqual(Browser(sluice, jar={
                "AWSALB": one.jar["AWSALB"]}).get().target, homes[0])
        self.assertTrue(self.moves(sluice, {"AWSALBCORS": "rubbish", **{
            "AWSALB": one.jar["AWSALB"]}}))

    def test_a_cookie_that_is_none_is_no_error(self):
        sluice = self.one_group(self.targets("a", "b"), None, "--explain-key",
                                "secret")
        good = Browser(sluice)
        good.get()
        value = good.jar["AWSALB"]
        for bad in ("", "x", value[:-1], value + "A", value[1:] + "A",
                    value.replace(value[5], "%2B", 1), '"%s"' % value,
                    value[:64] + ("A" if value[64] != "A" else "B") +
                    value[65:], "A" * 128, "/" * 12000):
            before = sluice.metric(NON_STICKY)
            answer = Browser(sluice, jar={"AWSALB": bad}).get("/", EXPLAIN)
            self.assertEqual(answer.status, 200)
            self.assertEqual(tuple(answer.set), LB)
            self.assertIn(";sticky=unreadable;target=",
                          answer.get("X-Sluice-Explain"))
            self.assertEqual(sluice.metric(NON_STICKY), before + 1)

    # alb.md 10: 67
    def test_the_duration_is_kept_and_each_response_begins_it_anew(self):
        sluice = self.one_group(self.targets("a", "b"), {
            "stickiness.lb_cookie.duration_seconds": 1}, "--explain-key",
            "secret")
        browser = Browser(sluice)
        home = browser.get().target
        first = dict(browser.jar)
        begin = time.monotonic()
        answer = browser.get("/", EXPLAIN)
        if time.monotonic() - begin < 0.5:
            self.assertIn(";sticky=accepted", answer.get("X-Sluice-Explain"))
        # The first cookie expires; a client that goes on does not notice.
        late = 0
        while ";sticky=expired" not in Browser(sluice, jar=first).get(
                "/", EXPLAIN).get("X-Sluice-Explain"):
            at = time.monotonic()
            self.assertLess(at - begin, 1 + rig.PATIENCE)
            answer = browser.get("/", EXPLAIN)
            late += time.monotonic() - at > 0.5
            time.sleep(0.02)
        self.assertGreater(time.monotonic() - begin, 0.9)
        if not late:
            self.assertIn(";sticky=accepted", answer.get("X-Sluice-Explain"))
            self.assertEqual(answer.target, home)

    # alb.md 10: 66
    def test_a_deregistered_target_is_left_for_good(self):
        made = self.targets("a", "b", "c")
        stack = self.stack(made)
        sluice = self.serve(stack, "--explain-key", "secret")
        browser = Browser(sluice)
        home = browser.get().target
        others = [t for t in made if t.name != home]
        self.reload(sluice, self.stack(others))
        answer = browser.get("/", EXPLAIN)
        self.assertRegex(answer.get("X-Sluice-Explain"),
                         r";sticky=target-(gone|draining);target=")
        self.assertNotEqual(answer.target, home)
        self.stays(browser, answer.target)
        self.reload(sluice, stack)
        self.stays(browser, answer.target)

    def test_a_target_that_refuses_connections_moves_its_clients(self):
        made = self.targets("a", "b")
        sluice = self.one_group(made, None, "--explain-key", "secret")
        browser = Browser(sluice)
        home = browser.get().target
        gone = next(t for t in made if t.name == home)
        gone.close()
        before = sluice.metric(NON_STICKY)
        until(lambda: browser.get("/", EXPLAIN).target not in ("", home),
              "an answer of the other target")
        other = browser.get("/", EXPLAIN)
        self.assertIn(";sticky=accepted", other.get("X-Sluice-Explain"))
        self.assertEqual(sluice.metric(NON_STICKY), before + 1)

    def test_answers_of_the_load_balancer_set_none(self):
        closed = rig.Closed()
        self.addCleanup(closed.close)
        stack = self.stack(self.targets("a"))
        stack.group("Dead", [closed.address], STICKY, **SELDOM)
        stack.group("Empty", [], STICKY, **SELDOM)
        for number, (name, action) in enumerate((
                ("dead", forward("Dead")), ("empty", forward("Empty")),
                ("fixed", fixed(200)))):
            stack.rule(name.title() + "Rule", "Web", number + 1,
                       [path("/" + name)], action)
        sluice = self.serve(stack)
        browser = Browser(sluice)
        for target, status in (("/dead", 502), ("/empty", 503),
                               ("/fixed", 200)):
            answer = browser.get(target)
            self.assertEqual((answer.status, answer.set), (status, {}))
        self.assertEqual(tuple(browser.get().set), LB)

    def test_a_group_without_stickiness_sets_and_follows_none(self):
        stack = self.stack(self.targets("a", "b"))
        plain = self.targets("x", "y")
        stack.group("Plain", [t.address for t in plain], **SELDOM)
        stack.rule("Rule", "Web", 1, [path("/plain")], forward("Plain"))
        sluice = self.serve(stack)
        browser = Browser(sluice)
        browser.get()
        before = sluice.metric(NON_STICKY)
        answers = [browser.get("/plain") for _ in range(4)]
        self.assertEqual({a.target for a in answers}, {"x", "y"})
        self.assertEqual([a.set for a in answers], [{}] * 4)
        self.assertEqual(sluice.metric(NON_STICKY), before)

    def test_the_cookies_reach_the_target_as_they_came(self):
        made = self.targets("a")
        browser = Browser(self.one_group(made), jar={"mine": "1"})
        browser.get()
        sent = "; ".join("%s=%s" % pair for pair in browser.jar.items())
        browser.get()
        self.assertEqual(made[0].cookies, [["mine=1"], [sent]])

    def test_a_cookie_of_another_group_is_ignored(self):
        made = self.targets("a", "b")
        stack = self.stack(made)
        stack.group("Same", [t.address for t in made], STICKY, **SELDOM)
        stack.rule("Rule", "Web", 1, [path("/same")], forward("Same"))
        sluice = self.serve(stack, "--explain-key", "secret")
        browser = Browser(sluice)
        browser.get()
        answer = Browser(sluice, jar=browser.jar).get("/same", EXPLAIN)
        self.assertIn(";sticky=other-group", answer.get("X-Sluice-Explain"))

    def test_a_websocket_stays_too(self):
        def switch(conn):
            if b"ELB-HealthChecker" in conn.read_head():
                conn.send(respond())
                return
            conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
                      b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            conn.send(conn.origin.name.encode())
            conn.wait_close()
        made = self.targets("a", "b")
        for target in made:
            target.script = switch
        browser = Browser(self.one_group(made))
        names = set()
        for _ in range(4):
            with browser.sluice.client("Web") as client:
                answer = browser.ask(client, "/", (
                    "Connection: Upgrade", "Upgrade: websocket",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    "Sec-WebSocket-Version: 13"))
                self.assertEqual(answer.status, 101)
                self.assertEqual(tuple(answer.set), LB)
                names.add(client.take(1, time.monotonic() + rig.PATIENCE))
        self.assertEqual(len(names), 1)


class Health(unittest.TestCase):
    """The story: a sticky target becomes unhealthy, then healthy again."""

    # alb.md 10: 66
    def test_a_target_that_is_not_healthy_is_left_for_good(self):
        story.thread.join(LONG)
        if story.error:
            raise story.error
        self.assertEqual(story.words, [
            "accepted", "target-unhealthy", "accepted", "accepted"])
        home, other, after, recovered = story.names
        self.assertNotEqual(home, other)
        self.assertEqual([other] * 2, [after, recovered])


LONG = 120 * rig.SLOW


class Story:
    def __init__(self):
        self.words, self.names, self.error = [], [], None
        self.made = [Target("a"), Target("b"), Target("c")]
        stack = Stack()
        stack.group("Blue", [t.address for t in self.made], STICKY, **FAST)
        stack.listener("Web", 80, forward("Blue"))
        self.sluice = Served(stack, "--explain-key", "secret")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.tell()
        except Exception as error:      # kept: the test raises it
            self.error = error

    def ask(self, browser):
        answer = browser.get("/", EXPLAIN)
        self.words.append(answer.get("X-Sluice-Explain")
                          .rpartition("sticky=")[2].partition(";")[0])
        self.names.append(answer.target)
        return answer.target

    def is_in(self, target, state):
        until(lambda: self.sluice.states("Blue")[target.address] == state,
              lambda: "%s is not %s" % (target.name, state), LONG, 0.02)

    def tell(self):
        for target in self.made:
            self.is_in(target, "healthy")
        browser = Browser(self.sluice)
        browser.get()
        home = self.ask(browser)
        sick = next(t for t in self.made if t.name == home)
        sick.health = 500
        self.is_in(sick, "unhealthy")
        self.ask(browser)
        self.ask(browser)
        sick.health = 200
        self.is_in(sick, "healthy")
        self.ask(browser)

    def close(self):
        self.thread.join(LONG)
        try:
            self.sluice.stop()
        finally:
            for target in self.made:
                target.close()


def setUpModule():
    global story
    story = Story()


def tearDownModule():
    story.close()


def load_tests(loader, _, __):
    """The story last."""
    return unittest.TestSuite(loader.loadTestsFromTestCase(c)
                              for c in (LoadBalancerCookie, Health))


if __name__ == "__main__":
    rig.main()

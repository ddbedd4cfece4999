#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Deregistration: a target that a HUP takes away drains for its delay, then
what is left is cut."""
import threading
import time
import unittest

import rig
from reloading import SWITCH, Tunnel, free_port
from rig import Origin, head, respond, until
from stack import Served, Stack, fixed, forward, path
from test_timeouts import Blackhole

REFUSED = "the new template is refused, the old one goes on"
DELAY = "deregistration_delay.timeout_seconds"
DRAINING = ("draining", "Target.DeregistrationInProgress",
            "Target deregistration is in progress")
CUTS = "sluice_deregistration_cuts_total"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Named(Origin):
    """Answers with its name. /wait waits for `go`, /stream begins an answer
    and waits for it, /ws becomes a tunnel that echoes. With `fit` unset its
    health checks fail."""

    def __init__(self, name):
        self.name, self.go = name, threading.Event()
        self.fit, self.asked = True, []
        super().__init__(script=Named.talk)

    def talk(self):
        conn, self = self, self.origin
        while True:
            request = conn.read_request()
            if request.get("User-Agent") == "ELB-HealthChecker/2.0":
                conn.send(respond(b"", 200 if self.fit else 500))
                continue
            conn.last = request.target
            self.asked.append(request.target)
            if request.target == "/ws":
                conn.send(SWITCH)
                while True:
                    conn.send(conn.fill())
            if request.target == "/stream":
                conn.send(CHUNKED + b"5\r\nbegin\r\n")
                self.wait(conn)
                conn.send(b"3\r\nend\r\n0\r\n\r\n")
                continue
            if request.target == "/wait":
                self.wait(conn)
            conn.send(respond(self.name.encode()))

    def wait(self, conn):
        """Until `go`, or until the proxy ends the connection."""
        while not self.go.is_set():
            if conn.wake.poll(20):
                conn.fill()
        if self.closing:
            raise rig.Ended

    def close(self):
        self.closing = True
        self.go.set()
        super().close()

    def all_left(self):
        """The proxy ended every connection to it that had a request."""
        return all(c.peer_closed.is_set() for c in self.conns
                   if getattr(c, "last", None))


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.blue, self.green = Named("blue"), Named("green")
        self.addCleanup(self.blue.close)
        self.addCleanup(self.green.close)
        self.stack = Stack()
        self.stack.listener("Web", 80, forward("Web1"))

    def group(self, *origins, delay=300, name="Web1", **more):
        """Local addresses; may be registered again at any time."""
        self.stack.group(name, [o.address for o in origins], {DELAY: delay},
                         **more)

    def registered(self, *origins, delay=300):
        """Registered by the template's Targets."""
        self.stack.group("Web1", [], {DELAY: delay}, Targets=[
            {"Id": o.host, "Port": o.port} for o in origins])

    def serve(self, *options, **more):
        self.server = Served(self.stack, *options, **more)
        self.addCleanup(self.server.stop)
        return self.server

    def client(self, listener=None):
        client = self.server.client(listener)
        self.addCleanup(client.close)
        return client

    def healthy(self, *origins, group="Web1"):
        for origin in origins:
            until(lambda o=origin: self.server.states(group).get(
                o.address) == "healthy", "%s to be healthy" % origin.name)

    def reload(self):
        """This stack; it must run."""
        before = self.server.log_count("the new template runs")
        self.server.reload(self.stack)
        self.assertEqual(self.server.log_count("the new template runs"),
                         before + 1, self.server.log)

    def refuse(self):
        """This stack must be refused; says why."""
        before = len(self.server.log)
        self.server.reload(self.stack)
        new = "\n".join(self.server.log[before:])
        self.assertIn(REFUSED, new)
        return new

    def told(self, origin, group="Web1"):
        for t in self.server.targets():
            if (t["TargetGroup"], t["Target"]) == (group.lower(),
                                                   origin.address):
                return t["State"], t.get("Reason"), t.get("Description")
        return None

    def gone(self, origin, group="Web1"):
        until(lambda: self.told(origin, group) is None,
              lambda: "%s to be gone, it is %r" % (
                  origin.name, self.told(origin, group)))

    def adopted(self):
        until(lambda: self.server.metric("sluice_snapshots_alive") == 1,
              "every worker to have the new snapshot")

    def begun(self, target, origin=None):
        """A client whose request is at the target."""
        origin = origin or self.blue
        client = self.client()
        before = origin.asked.count(target)
        client.send(head(method="GET", target=target))
        until(lambda: origin.asked.count(target) > before,
              "the request " + target)
        return client


class Draining(Case):

    # 72
    def test_an_idle_target_is_shown_as_draining_for_the_whole_delay(self):
        self.group(self.blue, self.green, delay=1)
        self.serve()
        self.healthy(self.blue, self.green)
        self.group(self.green, delay=1)
        begin = time.monotonic()
        self.reload()
        seen = []
        while True:
            what = self.told(self.blue)
            after = time.monotonic()
            if what is None:
                break
            seen.append(what)
            if len(seen) == 1:
                metrics = self.server.metrics()
                for state, count in (("draining", 1), ("healthy", 1),
                                     ("unhealthy", 0)):
                    self.assertEqual(metrics.sum(
                        "sluice_targets", target_group="web1", state=state),
                        count, state)
            self.assertLess(after - begin, rig.PATIENCE)
            time.sleep(0.01)
        self.assertGreaterEqual(after - begin, 1)
        self.assertEqual(set(seen), {DRAINING})
        self.assertEqual(self.told(self.green), ("healthy", None, None))

    # 72
    def test_a_draining_target_gets_no_new_request(self):
        self.group(self.blue, self.green)
        self.serve(workers=2)
        self.healthy(self.blue, self.green)
        clients = [self.client() for _ in range(6)]
        until(lambda: [c.ask("/").status for c in clients] and
              self.blue.asked and self.green.asked, "both to be asked")
        self.group(self.green)
        self.reload()
        self.adopted()
        before = len(self.blue.asked)
        for client in clients:
            for _ in range(20):
                self.assertEqual(client.ask("/").body, b"green")
        self.assertEqual(len(self.blue.asked), before)
        self.assertEqual(self.told(self.blue), DRAINING)
        # Its idle connections are closed long before its delay is over.
        until(self.blue.all_left, "idle connections to be closed")

    # 72
    def test_what_is_in_flight_finishes_and_its_connection_closes(self):
        self.group(self.blue)
        self.serve()
        self.healthy(self.blue)
        waits, streams = self.begun("/wait"), self.begun("/stream")
        tunnel = Tunnel(self.server)
        self.addCleanup(tunnel.close)
        self.group(self.green)
        self.reload()
        until(lambda: self.client().ask("/").body == b"green", "green")
        self.assertTrue(tunnel.works())
        self.assertFalse(any(c.peer_closed.is_set() for c in self.blue.conns
                             if getattr(c, "last", None)))
        self.blue.go.set()
        self.assertEqual(waits.response().body, b"blue")
        self.assertEqual(streams.response().body, b"beginend")
        self.assertTrue(tunnel.works())
        self.assertEqual(waits.ask("/").body, b"green")
        tunnel.close()
        until(self.blue.all_left, "connections to be closed")
        self.assertEqual(self.told(self.blue), DRAINING)
        self.assertEqual(self.server.metric(CUTS), 0)

    def test_the_end_of_the_process_is_not_held_up(self):
        self.group(self.blue)
        self.serve(drain=20)
        self.healthy(self.blue)
        client = self.begun("/wait")
        self.group(self.green)
        self.reload()
        self.assertEqual(self.told(self.blue), DRAINING)
        ended = threading.Thread(target=self.server.stop)
        ended.start()
        until(lambda: self.server.log_count("draining: no new connections"),
              "the end to begin")
        self.blue.go.set()
        self.assertEqual(client.response().body, b"blue")
        ended.join()
        self.assertEqual(self.server.child.returncode, 0)


class Cut(Case):

    def unanswered(self):
        """A request, a stream and a WebSocket at blue."""
        self.serve()
        self.healthy(self.blue)
        self.waits, self.streams = self.begun("/wait"), self.begun("/stream")
        self.streamed = self.streams.head(time.monotonic() + rig.PATIENCE)
        self.tunnel = Tunnel(self.server)
        self.addCleanup(self.tunnel.close)

    def are_cut(self):
        answer = self.waits.response()
        self.assertEqual(answer.status, 502)
        self.assertRegex(answer.raw, rig.page_pattern(502, b"keep-alive"))
        self.assertEqual(self.waits.ask("/").body, b"green")
        with self.assertRaises(rig.Cut):
            self.streams.read_body(self.streamed, "GET",
                                   time.monotonic() + rig.PATIENCE)
        self.tunnel.client.eof()
        until(self.blue.all_left, "connections to be closed")
        self.gone(self.blue)
        self.assertEqual(self.server.metric(CUTS), 3)
        self.assertEqual(self.server.metric("sluice_tunnels_active"), 0)

    # 72
    def test_what_is_left_when_the_delay_is_over_is_cut(self):
        self.group(self.blue, delay=1)
        self.unanswered()
        begin = time.monotonic()
        self.group(self.green, delay=1)
        self.reload()
        self.are_cut()
        self.assertGreaterEqual(time.monotonic() - begin, 1)

    # 72
    def test_without_a_delay_everything_is_cut_at_once(self):
        self.group(self.blue, delay=0)
        self.unanswered()
        self.group(self.green, delay=0)
        self.reload()
        self.assertIsNone(self.told(self.blue))
        self.are_cut()

    def test_a_shorter_delay_counts_for_what_drains_already(self):
        self.group(self.blue)
        self.unanswered()
        self.group(self.green)
        self.reload()
        self.assertEqual(self.told(self.blue), DRAINING)
        self.assertTrue(self.tunnel.works())
        self.group(self.green, delay=0)
        self.reload()
        self.are_cut()

    def test_a_longer_delay_counts_for_what_drains_already(self):
        self.group(self.blue, self.green, delay=2)
        self.serve()
        self.healthy(self.blue, self.green)
        begin = time.monotonic()
        self.group(self.green, delay=2)
        self.reload()
        self.group(self.green, delay=300)
        self.reload()
        if time.monotonic() - begin < 2:
            while time.monotonic() - begin < 2.2:
                time.sleep(0.05)
            self.assertEqual(self.told(self.blue), DRAINING)

    def test_a_request_that_is_still_connecting_goes_elsewhere(self):
        full = Blackhole()
        full.name = "full"
        self.addCleanup(full.close)
        self.green.fit = False      # all stay initial: fail open
        slow = {"HealthCheckIntervalSeconds": 300,
                "HealthCheckTimeoutSeconds": 120}
        self.group(full, self.green, delay=0, **slow)
        self.serve()
        clients = [self.client() for _ in range(4)]
        for client in clients:
            client.send(head(method="GET", target="/"))
        until(lambda: len(self.green.asked) == 2, "green's half")
        self.group(self.green, delay=0, **slow)
        self.reload()
        for client in clients:
            self.assertEqual(client.response().body, b"green")
        self.assertEqual(self.server.metric(CUTS), 0)
        self.assertEqual(
            self.server.metric("sluice_target_failovers_total"), 2)


class Again(Case):

    # 73
    def test_an_address_that_drains_cannot_be_registered(self):
        self.registered(self.blue, self.green)
        self.serve()
        self.healthy(self.blue, self.green)
        client = self.client()
        until(lambda: client.ask("/").body == b"green", "blue's turn")
        waits = self.begun("/wait")
        self.registered(self.green)
        self.reload()
        self.assertEqual(self.told(self.blue), DRAINING)
        self.registered(self.blue, self.green)
        self.stack.rule("More", "Web", 1, [path("/more")], fixed(200, "more"))
        said = self.refuse()
        for words in ("target group Web1 registers target %s (%s:" % (
                self.blue.address, self.server.path), "which is draining for",
                "try again then", DELAY + " (now 300) of"):
            self.assertIn(words, said)
        seconds = int(said.partition("draining for ")[2].split()[0])
        self.assertIn(seconds, range(200, 301))
        # Refused whole: the old one goes on.
        self.assertEqual(client.ask("/more").body, b"green")
        self.assertEqual(self.told(self.blue), DRAINING)
        # The remedy that the error names.
        self.registered(self.blue, self.green, delay=0)
        self.reload()
        self.healthy(self.blue, self.green)
        self.assertEqual(waits.response().status, 502)
        until(lambda: client.ask("/").body == b"blue", "blue to be asked")
        self.assertEqual(client.ask("/more").body, b"more")

    # 73
    def test_an_address_may_be_registered_when_its_delay_is_over(self):
        self.registered(self.blue, self.green, delay=1)
        self.serve()
        self.healthy(self.blue, self.green)
        self.registered(self.green, delay=1)
        self.reload()
        self.gone(self.blue)
        self.registered(self.blue, self.green, delay=1)
        self.reload()
        self.healthy(self.blue)

    def comes_back(self):
        """Blue goes and comes back while it drains."""
        self.healthy(self.blue)
        tunnel = Tunnel(self.server)
        self.addCleanup(tunnel.close)
        waits = self.begun("/wait")
        before = self.stack.resources["Web1"]
        self.group(self.green, delay=2)
        begin = time.monotonic()
        self.reload()
        self.assertEqual(self.told(self.blue), DRAINING)
        self.stack.resources["Web1"] = before
        self.reload()
        back = time.monotonic()
        self.assertIn(self.told(self.blue)[0], ("initial", "healthy"))
        self.healthy(self.blue)
        while back - begin < 2 and time.monotonic() - begin < 2.2:
            time.sleep(0.05)        # its time would have come
        if back - begin < 2:
            self.assertTrue(tunnel.works())
            self.blue.go.set()
            self.assertEqual(waits.response().body, b"blue")
        # Its connections are pooled again.
        client = self.client()
        until(lambda: client.ask("/").body == b"blue", "blue")
        number = len(self.blue.conns)
        for _ in range(10):
            self.assertEqual(client.ask("/").body, b"blue")
        self.assertLessEqual(len(self.blue.conns), number + 1)  # or a probe

    # 73
    def test_a_local_address_may_come_back_at_any_time(self):
        self.group(self.blue, delay=2, HealthCheckIntervalSeconds=300,
                   HealthCheckTimeoutSeconds=120)
        self.serve()
        self.comes_back()

    # 73
    def test_an_instance_may_come_back_at_any_time(self):
        self.group(self.blue, delay=2, TargetType="instance", Targets=[
            {"Id": "i-0123456789abcdef0", "Port": 80}],
            HealthCheckIntervalSeconds=300, HealthCheckTimeoutSeconds=120)
        self.serve()
        self.comes_back()

    def test_a_target_that_was_cut_gets_connections_again(self):
        # A request of the old snapshot keeps the slot of what is gone.
        self.group(self.blue, self.green, delay=0)
        self.serve()
        self.healthy(self.blue, self.green)
        until(lambda: self.client().ask("/").body == b"blue", "blue's turn")
        holds = self.begun("/wait", self.green)
        self.group(self.green, delay=0)
        self.reload()
        self.gone(self.blue)
        self.assertEqual(self.server.metric("sluice_snapshots_alive"), 2)
        self.group(self.blue, delay=300)
        self.reload()
        self.healthy(self.blue)
        until(lambda: self.client().ask("/").body == b"blue", "blue")
        self.green.go.set()
        self.assertIn(holds.response().status, (200, 502))
        self.adopted()
        for _ in range(10):
            self.assertEqual(self.client().ask("/").body, b"blue")


class Whole(Case):

    def test_the_targets_of_a_group_that_goes_drain(self):
        self.group(self.blue, name="Old", delay=1)
        self.group(self.green)
        self.stack.rule("Rule", "Web", 1, [path("/old*", "/wait")],
                        forward("Old"))
        self.serve()
        self.healthy(self.blue, group="Old")
        self.healthy(self.green)
        client = self.begun("/wait")
        del self.stack.resources["Rule"], self.stack.resources["Old"]
        self.reload()
        self.assertEqual(self.told(self.blue, "Old"), DRAINING)
        self.assertEqual(self.told(self.green), ("healthy", None, None))
        self.server.metrics()       # each group once
        self.assertEqual(client.response().status, 502)
        self.gone(self.blue, "Old")
        self.adopted()

    def test_a_load_balancer_that_goes_lets_its_requests_finish(self):
        self.group(self.green)
        self.group(self.blue, name="Old")
        self.stack.balancer("Other")
        self.stack.listener("Second", 81, forward("Old"), lb="Other",
                            local=free_port())
        self.serve()
        self.healthy(self.blue, group="Old")
        client = self.client("Second")
        client.send(head(method="GET", target="/wait"))
        until(lambda: "/wait" in self.blue.asked, "the request")
        for name in ("Other", "Second", "Old"):
            del self.stack.resources[name]
        self.reload()
        self.assertEqual(self.told(self.blue, "Old"), DRAINING)
        self.blue.go.set()
        self.assertEqual(client.response().body, b"blue")
        client.eof()
        self.assertEqual(self.told(self.blue, "Old"), DRAINING)

    def test_a_group_that_no_listener_uses_any_more_is_unused(self):
        self.group(self.blue)
        self.group(self.green, name="Next")
        self.serve()
        self.healthy(self.blue)
        client = self.begun("/wait")
        self.stack.listener("Web", 80, forward("Next"))
        self.reload()
        self.assertEqual(self.told(self.blue)[0], "unused")
        self.blue.go.set()
        self.assertEqual(client.response().body, b"blue")
        self.assertEqual(client.ask("/").body, b"green")

    def test_a_target_that_moves_drains_in_one_and_begins_in_the_other(self):
        self.group(self.blue, self.green)
        self.group(name="Next")
        self.stack.rule("Rule", "Web", 1, [path("/next")], forward("Next"))
        self.serve()
        self.healthy(self.blue, self.green)
        self.group(self.green)
        self.group(self.blue, name="Next")
        self.reload()
        self.assertEqual(self.told(self.blue), DRAINING)
        self.healthy(self.blue, group="Next")
        self.adopted()
        client = self.client()
        for _ in range(4):
            self.assertEqual(client.ask("/").body, b"green")
            self.assertEqual(client.ask("/next").body, b"blue")


class Storm(Case):
    RELOADS, CLIENTS = 150, 4

    def load(self, statuses):
        def run():
            while not self.over:
                try:
                    with self.server.client() as client:
                        for _ in range(20):
                            answer = client.ask("/")
                            self.count += 1
                            if answer.status not in statuses:
                                self.failed.append(answer)
                except (AssertionError, OSError) as error:
                    self.failed.append(repr(error))
        self.over, self.failed, self.count = False, [], 0
        threads = [threading.Thread(target=run, daemon=True)
                   for _ in range(self.CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def end(self, threads):
        self.over = True
        for thread in threads:
            thread.join()
        self.assertEqual(self.failed[:5], [])

    def change(self, number, delay):
        """One to three of four targets, and sometimes a group less."""
        origins = self.origins[number % 4:] + self.origins[:number % 4]
        self.group(*origins[:1 + number % 3], delay=delay)
        self.group(*origins[1:2 + number % 2], name="Side", delay=delay)
        self.stack.listener("Web", 80, forward("Web1", "Side"))
        if number % 5 == 4:
            del self.stack.resources["Side"]
            self.stack.listener("Web", 80, forward("Web1"))

    def storm(self, delay, statuses):
        threads = self.load(statuses)
        until(lambda: self.count > 50 or self.failed, "load")
        for number in range(1, self.RELOADS):
            self.change(number, delay)
            self.reload()
            self.assertEqual(self.failed[:5], [])
        self.end(threads)

    def test_targets_that_come_and_go_under_load_fail_no_request(self):
        more = [Named("third"), Named("fourth")]
        for origin in more:
            self.addCleanup(origin.close)
        self.origins = [self.blue, self.green] + more
        self.change(0, 300)
        self.serve(workers=2)
        fds = self.server.fds()
        self.storm(300, (200,))
        self.assertEqual(self.server.metric(CUTS), 0)
        # Without a delay what is in flight fails, and nothing else.
        self.storm(0, (200, 502))
        self.change(0, 0)
        self.reload()
        self.stack.group("Web1")
        self.stack.group("Side")
        self.reload()
        until(lambda: self.server.targets() == [],
              lambda: "targets to be gone: %s" % self.server.targets())
        self.adopted()
        until(lambda: self.server.metric("sluice_target_connections") == 0,
              "connections to be closed")
        until(lambda: self.server.fds() <= fds,
              lambda: "%d descriptors, %d at the begin" % (
                  self.server.fds(), fds))


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Deregistration: a target that a HUP takes away drains for its delay, then
what is left is cut."""
import json
import threading
import time

import rig
from draining import CUTS, DRAINING, Case
from reloading import Tunnel, free_port
from rig import head, until
from stack import command, forward, path
from test_timeouts import Blackhole


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

    def test_the_status_says_how_long_a_target_drains_yet(self):
        self.group(self.blue, self.green)
        self.serve()
        self.healthy(self.blue, self.green)
        self.group(self.green)
        self.reload()
        code, out, _ = command("status", "--json", "--api", rig.address(
            self.server.api_host, self.server.api_port))
        self.assertEqual(code, 0)
        group, = json.loads(out)["TargetGroups"]
        self.assertEqual((group["HealthyCount"], group["DrainingCount"]),
                         (1, 1))
        target, = (t for t in group["Targets"]
                   if t["Target"]["Port"] == self.blue.port)
        self.assertEqual(target["TargetHealth"], dict(zip(
            ("State", "Reason", "Description"), DRAINING)))
        self.assertIn(target["DrainingSecondsLeft"], range(200, 301))

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

    def test_what_is_repeated_goes_to_a_target_that_stays(self):
        self.group(self.blue, self.green)
        self.serve("--retry", "safe")
        self.healthy(self.blue, self.green)
        client = self.client()
        until(lambda: client.ask("/").body == b"green" and self.blue.asked,
              "a pooled connection to blue, and its turn")
        client = self.begun("/wait")
        self.group(self.green)
        self.reload()
        self.green.go.set()
        self.blue.closes = True
        self.blue.go.set()
        self.assertEqual(client.response().body, b"green")
        self.assertEqual(self.blue.asked.count("/wait"), 1)
        self.assertEqual(self.server.metric("sluice_retries_total"), 1)

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
        self.group(self.blue, self.green, delay=1)
        self.serve()
        self.healthy(self.blue, self.green)
        begin = time.monotonic()
        self.group(self.green, delay=1)
        self.reload()
        self.group(self.green, delay=300)
        self.reload()
        if time.monotonic() - begin < 1:
            while time.monotonic() - begin < 1.1:
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


if __name__ == "__main__":
    rig.main()

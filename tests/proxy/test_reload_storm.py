#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A thousand HUPs under load: no request fails on a listener that stays, open
WebSockets live on, and what a change takes is given back."""
import os
import shutil
import signal
import tempfile
import threading
import unittest

import rig
from reloading import SWITCH, Tunnel, free_port
from rig import Origin, respond, until
from stack import Served, Stack, fixed, forward, path

RELOADS = 1000
WARM = 200
CLIENTS = 4
NOISE = 4 << 20         # loaded cores queue more; 800 leaks of 5 KiB are more


def talk(conn):
    """Fast: a head alone is a request; /ws becomes a tunnel."""
    while True:
        raw = conn.read_head()
        conn.raw.clear()
        if raw.startswith(b"GET /ws "):
            conn.send(SWITCH)
            while True:
                conn.send(conn.fill())
                conn.raw.clear()
                conn.buf.clear()
        conn.send(respond(b"ok"))


class Load:
    """Clients on the listener that stays; each connection makes some requests
    and then a new one begins."""

    def __init__(self, server):
        self.server, self.over = server, False
        self.asked, self.failed = [0] * CLIENTS, []
        self.threads = [threading.Thread(target=self.run, args=(n,),
                                         daemon=True) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        while not self.over:
            try:
                with self.server.client("Web") as client:
                    for path_ in ("/", "/rule", "/x/", "/rule") * 10:
                        answer = client.ask(path_)
                        if answer.status != 200:
                            self.failed.append((path_, answer.status))
                        self.asked[number] += 1
            except (AssertionError, OSError) as error:
                self.failed.append(repr(error))

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join()


class Storm(unittest.TestCase):

    def setUp(self):
        self.origins = [Origin(talk) for _ in range(4)]
        for origin in self.origins:
            self.addCleanup(origin.close)
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.logs = [os.path.join(self.folder, name) for name in "ab"]
        self.ports = [free_port() for _ in range(3)]
        self.server = Served(self.stack(0), workers=2)
        self.addCleanup(self.server.stop)

    def stack(self, number):
        """Template number n: weights, rules, targets, listeners differ."""
        made = Stack(lb=False)
        made.balancer("Lb", local={"AccessLog": self.logs[number // 7 % 2]})
        addresses = [o.address for o in self.origins]
        first = number % 4
        made.group("Stays", addresses[:1], {
            "load_balancing.algorithm.type": (
                "round_robin", "least_outstanding_requests")[number // 3 % 2]})
        made.group("Turns", addresses[first:] + addresses[:first])
        made.group("Comes", addresses[:1 + number % 4])
        made.listener("Web", 80, forward(
            ("Stays", number % 3), ("Turns", 1 + number % 5),
            ("Comes", number % 2)))
        made.rule("Rule", "Web", 1 + number % 7, [path("/rule")],
                  fixed(200, str(number)))
        for extra in range(number % 6):
            made.rule("X%d" % extra, "Web", 100 + extra,
                      [path("/x/%d/%d" % (extra, number))],
                      forward("Turns" if extra % 2 else "Comes"))
        if number % 8 > 4:
            made.group("Brief%d" % (number % 40), addresses)
            made.rule("Brief", "Web", 50, [path("/x/*")],
                      forward("Brief%d" % (number % 40)))
        if number % 5:
            made.listener("Other", 81, forward("Turns"),
                          local=self.ports[number // 5 % 3])
        return made

    def burst(self, number):
        """Many HUPs that nobody waits for; the last one counts."""
        for n in range(10):
            self.server.write(self.stack(number + n))
            self.server.signal(signal.SIGHUP)
        with self.server.client("Web") as client:
            until(lambda: client.ask("/rule").body == b"%d" % (number + 9),
                  "the last template of a burst")

    def storm(self, numbers):
        number = numbers.start
        while number < numbers.stop:
            if number % 100 == 90:
                self.burst(number)
                number += 10
            else:
                self.server.reload(self.stack(number))
                number += 1
            self.assertEqual(self.load.failed, [])

    def rest(self):
        """The template of the beginning, with nothing left of the others."""
        self.server.reload(self.stack(0))
        until(lambda: self.server.metric("sluice_snapshots_alive") <= 2,
              "old snapshots to go")

    def test_a_thousand_reloads_under_load_fail_no_request(self):
        tunnels = [Tunnel(self.server, "Web") for _ in range(4)]
        for tunnel in tunnels:
            self.addCleanup(tunnel.close)
        self.load = Load(self.server)
        self.addCleanup(self.load.end)
        until(lambda: min(self.load.asked) > 100, "load")
        self.storm(range(1, WARM))
        self.rest()
        warm = self.server.rss()
        self.storm(range(WARM + 1, RELOADS + 1))
        self.rest()
        self.load.end()
        self.assertEqual(self.load.failed, [])
        self.assertGreater(min(self.load.asked), 1000)
        for tunnel in tunnels:
            self.assertTrue(tunnel.works())
            tunnel.close()
        until(lambda: self.server.metric("sluice_snapshots_alive") == 1,
              "one snapshot to be left")
        self.assertEqual(self.server.log_count("refused"), 0)
        until(self.settled, lambda: "descriptors: %s" % self.descriptors())
        if not rig.sanitized():
            until(lambda: self.server.rss() < warm + NOISE,
                  lambda: "RSS %d after %d reloads, %d after %d" % (
                      self.server.rss(), RELOADS, warm, WARM))
        self.every_request_is_logged_once()

    def every_request_is_logged_once(self):
        """Though the log moved a hundred times."""
        metrics = self.server.metrics()
        self.assertEqual(
            metrics.sum("sluice_access_log_dropped_lines_total"), 0)
        self.server.stop()
        lines = 0
        for name in self.logs:
            with open(name, encoding="ascii") as file:
                lines += sum(1 for _ in file)
        self.assertEqual(lines, metrics.sum("sluice_requests_total"))

    def descriptors(self):
        folder = "/proc/%d/fd" % self.server.serving_pid
        found = []
        for name in os.listdir(folder):
            try:
                found.append(os.readlink(os.path.join(folder, name)))
            except OSError:
                pass
        return sorted(found)

    def settled(self):
        """As many descriptors as a server has that saw nothing of all this,
        and one for each pooled connection that is left."""
        idle = self.server.metric("sluice_target_connections")
        with Served(self.stack(0), workers=2) as fresh:
            until(lambda: set(sum((list(fresh.states(g).values()) for g in (
                "Stays", "Turns", "Comes")), [])) == {"healthy"}, "probes")
            base = fresh.fds()
        return self.server.fds() <= base + idle


if __name__ == "__main__":
    rig.main()

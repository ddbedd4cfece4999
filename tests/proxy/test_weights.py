#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Targets that get less than their peers: weighted_random, anomaly detection
and mitigation, slow start.

Weights change by the clock (anomalies each 5 s), so tests compare what came
with the weights that /targets shows before and after, and wait for what must
come."""
import threading
import unittest

import rig
from pool import Pool, ask_many, shares, shown
from rig import Sluice, until
from stack import Served, Stack, command, forward
from test_balancing import chi_square_p

ALGORITHM = "load_balancing.algorithm.type"
MITIGATION = "load_balancing.algorithm.anomaly_mitigation"
SLOW_START = "slow_start.duration_seconds"
RANDOM = {ALGORITHM: "weighted_random"}
LONG = 60 * rig.SLOW
CHECKS = {"HealthCheckIntervalSeconds": 300, "HealthCheckTimeoutSeconds": 120}


class Case(unittest.TestCase):

    def pool(self, *names, **more):
        pool = Pool(*names, **more)
        self.addCleanup(pool.close)
        return pool

    def refused(self, attributes, words):
        stack = Stack().group("Blue", ["127.0.0.1:1"], attributes)
        stack.listener("Web", 80, forward("Blue"))
        code, out, err = command("check", "-", stdin=stack)
        self.assertNotEqual(code, 0)
        self.assertIn(words, " ".join((out + err).split()))


class WeightedRandom(Case):

    # 61
    def test_each_request_is_a_throw_of_the_dice(self):
        pool = self.pool("a", "b", "c")
        sluice = Sluice(list(pool.values()), attributes=RANDOM)
        self.addCleanup(sluice.stop)
        for last in (False, True):      # chance may fail one
            with sluice.client(timeout=LONG) as client:
                names = ask_many(client, 3000)
            counts = [names.count(n) for n in pool]
            again = sum(x == y for x, y in zip(names, names[1:]))
            fair = min(chi_square_p(counts, [1, 1, 1]),
                       chi_square_p([again, 2999 - again], [1, 2]))
            if fair > 0.001 or last:
                self.assertGreater(fair, 0.001, (counts, again))
                return

    # 61
    def test_it_goes_with_neither_stickiness_nor_slow_start(self):
        self.refused({**RANDOM, SLOW_START: 30}, "does not combine")
        self.refused({**RANDOM, "stickiness.enabled": "true"},
                     "does not combine")
        self.refused({MITIGATION: "on"}, "has it with weighted_random only")

    # 60
    def test_least_outstanding_requests_goes_without_slow_start(self):
        self.refused({ALGORITHM: "least_outstanding_requests",
                      SLOW_START: 30}, "does not combine")


class Anomalies(Case):

    def load(self, server, listeners, over):
        """Some requests a second until `over` is set."""
        def run(listener):
            with server.client(listener, timeout=LONG) as client:
                while not over.is_set():
                    ask_many(client, 20)
                    over.wait(0.02)
        threads = [threading.Thread(target=run, args=(name,), daemon=True)
                   for name in listeners]
        for thread in threads:
            thread.start()
        return threads

    # 62
    def test_a_target_that_fails_is_found_and_relieved(self):
        groups = {"Mitigated": {**RANDOM, MITIGATION: "on"},
                  "Watched": None, "Closing": None, "Refusing": None,
                  "Pair": {**RANDOM, MITIGATION: "on"}}
        pools, stack, over = {}, Stack(), threading.Event()
        closed = rig.Closed()
        self.addCleanup(closed.close)
        for port, (name, attributes) in enumerate(groups.items(), 80):
            members = ["good1", "bad"] + ["good2"] * (name != "Pair")
            pools[name] = self.pool(*members)
            bad, addresses = pools[name]["bad"], pools[name].address
            bad.status = None if name == "Closing" else 500
            if name == "Refusing":      # others answer its health checks
                addresses[1] = closed.address
                bad.port = int(closed.address.split(":")[1])
            stack.group(name, addresses, attributes, **CHECKS,
                        HealthCheckPort=str(pools[name]["good1"].port))
            stack.listener("L" + name, port, forward(name))
        server = Served(stack)
        self.addCleanup(server.stop)

        def of(name, target="bad"):
            return shown(server, name)[pools[name][target].port]

        def result(name, target="bad"):
            return of(name, target)["AnomalyDetection"]
        self.addCleanup(over.set)
        until(lambda: all(t["State"] == "healthy" for t in server.targets()),
              "all are healthy", LONG)
        for name in groups:
            self.assertEqual(result(name), {
                "Result": "normal", "MitigationInEffect": "no"})
        threads = self.load(server, ["L" + name for name in groups], over)
        until(lambda: result("Mitigated") == {
            "Result": "anomalous", "MitigationInEffect": "yes"} and all(
                result(name) == {
                    "Result": "anomalous", "MitigationInEffect": "no"}
                for name in ("Watched", "Closing", "Refusing")),
              lambda: "anomalous: %s" % server.targets(), LONG)
        over.set()
        for thread in threads:
            thread.join(LONG)
        for name in groups:
            self.assertEqual(result(name, "good1"), {
                "Result": "normal", "MitigationInEffect": "no"})
            self.assertEqual(of(name, "good1")["WeightPercent"], 100)
        self.assertEqual(result("Pair")["Result"], "normal")
        self.assertEqual(of("Watched")["WeightPercent"], 100)
        self.assertLessEqual(of("Mitigated")["WeightPercent"], 25)
        for name, share in (("Mitigated", 25 / 225), ("Watched", 1 / 3)):
            with server.client("L" + name, timeout=LONG) as client:
                bad = ask_many(client, 900).count("bad")
            if name == "Watched":
                self.assertEqual(bad, 300)
            else:
                self.assertLess(bad, 900 * share * 1.5)


class SlowStart(Case):

    def server(self, pool, *names, **more):
        server = Served(self.stack(pool, *names, **more))
        self.addCleanup(server.stop)
        return server

    def stack(self, pool, *names, seconds=30):
        stack = Stack().group("Blue", [pool[n].address for n in names],
                              {SLOW_START: seconds}, **CHECKS)
        return stack.listener("Web", 80, forward("Blue"))

    def of(self, server, pool, name):
        return shown(server, "Blue")[pool[name].port]

    def healthy(self, server, pool, *names):
        until(lambda: all(self.of(server, pool, n)["State"] == "healthy"
                          for n in names), "healthy", LONG)

    # 63
    def test_a_target_that_comes_later_gets_a_growing_share(self):
        pool = self.pool("old", "new")
        server = self.server(pool, "old", seconds=900)
        self.healthy(server, pool, "old")
        self.assertNotIn("SlowStartPercent", self.of(server, pool, "old"))
        server.reload(self.stack(pool, "old", "new", seconds=900))
        self.healthy(server, pool, "new")
        before = self.of(server, pool, "new")
        self.assertIn("SlowStartPercent", before)
        self.assertNotIn("SlowStartPercent", self.of(server, pool, "old"))
        with server.client(timeout=LONG) as client:
            names = ask_many(client, 1000)
        after = self.of(server, pool, "new")
        low, high = (w["WeightPercent"] / (100 + w["WeightPercent"])
                     for w in (before, after))
        self.assertGreaterEqual(names.count("new"), 1000 * low - 8)
        self.assertLessEqual(names.count("new"), 1000 * high + 8)
        self.assertGreater(names.count("new"), 0)
        self.assertAlmostEqual(shares(server, "Blue")[pool["new"].port],
                               100 * high, delta=5)
        # The same target in a shorter slow start is further on.
        server.reload(self.stack(pool, "old", "new", seconds=30))
        until(lambda: self.of(server, pool, "new")["WeightPercent"] >
              after["WeightPercent"] + 1, "a greater weight", LONG)
        self.assertIn("SlowStartPercent", self.of(server, pool, "new"))
        server.reload(self.stack(pool, "old", "new", seconds=0))
        self.assertNotIn("SlowStartPercent", self.of(server, pool, "new"))
        self.assertEqual(self.of(server, pool, "new")["WeightPercent"], 100)
        with server.client(timeout=LONG) as client:
            names = ask_many(client, 100)
        self.assertEqual(names.count("new"), 50)

    # 63
    def test_the_first_targets_of_a_group_do_not_start_slowly(self):
        pool = self.pool("a", "b", "c")
        server = self.server(pool, "a", "b", "c")
        self.healthy(server, pool, *pool)
        for name in pool:
            target = self.of(server, pool, name)
            self.assertNotIn("SlowStartPercent", target)
            self.assertEqual(target["WeightPercent"], 100)
        with server.client(timeout=LONG) as client:
            names = ask_many(client, 30)
        self.assertEqual([names.count(n) for n in pool], [10, 10, 10])

    # 63
    def test_all_targets_exchanged_at_once_do_not_start_slowly(self):
        pool = self.pool("a", "b", "c", "d")
        server = self.server(pool, "a", "b")
        self.healthy(server, pool, "a", "b")
        server.reload(self.stack(pool, "c", "d"))
        self.healthy(server, pool, "c", "d")
        self.assertNotIn("SlowStartPercent", self.of(server, pool, "c"))
        self.assertNotIn("SlowStartPercent", self.of(server, pool, "d"))

    # 63
    def test_turning_it_on_does_not_slow_those_that_are_healthy(self):
        pool = self.pool("a", "b")
        server = self.server(pool, "a", "b", seconds=0)
        self.healthy(server, pool, "a", "b")
        server.reload(self.stack(pool, "a", "b", seconds=30))
        for name in pool:
            self.assertNotIn("SlowStartPercent", self.of(server, pool, name))

    # 63
    def test_nobody_starts_slowly_when_no_other_is_healthy(self):
        pool = self.pool("sick", "new")
        pool["sick"].health = None
        server = self.server(pool, "sick")
        server.reload(self.stack(pool, "sick", "new"))
        self.healthy(server, pool, "new")
        self.assertNotIn("SlowStartPercent", self.of(server, pool, "new"))


if __name__ == "__main__":
    rig.main()

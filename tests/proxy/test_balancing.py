#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which target a request goes to: weights among groups, round robin and
least outstanding requests within one."""
import math
import threading
import unittest

import rig
from rig import Origin, Sluice, head, respond, until


def upper_gamma(s, x):
    """Regularised upper incomplete gamma function Q(s, x) for s = n/2."""
    if s == 0.5:
        return math.erfc(math.sqrt(x))
    if s == 1:
        return math.exp(-x)
    return upper_gamma(s - 1, x) + math.exp(
        (s - 1) * math.log(x) - x - math.lgamma(s))


def chi_square_p(counts, weights):
    """Probability of a split at least as odd as this one by pure chance."""
    total, whole = sum(counts), sum(weights)
    x = sum((c - total * w / whole) ** 2 / (total * w / whole)
            for c, w in zip(counts, weights))
    return upper_gamma((len(counts) - 1) / 2, max(x / 2, 1e-300))


def fast(conn):
    """Answer bodyless requests as fast as Python can; count them."""
    while True:
        conn.read_head()
        conn.count += 1
        conn.raw.clear()
        conn.send(respond(conn.origin.name))


def origins(*names):
    made = []
    for name in names:
        made.append(Origin(fast))
        made[-1].name = name
    return made


def counts(made):
    return [sum(c.count for c in o.conns) for o in made]


def ask_many(sluice, number, connections=4, depth=50):
    """Send this many pipelined GETs; every answer must be a 200."""
    failures = []

    def run(share):
        with sluice.client(timeout=rig.PATIENCE) as client:
            while share:
                batch = min(depth, share)
                client.send(head(method="GET") * batch)
                for _ in range(batch):
                    answer = client.response()
                    if answer.status != 200:
                        failures.append(answer)
                share -= batch
    threads = [threading.Thread(target=run, daemon=True,
                                args=(number // connections,))
               for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


class Arithmetic(unittest.TestCase):

    def test_the_chi_square_tail_agrees_with_published_values(self):
        # Critical values at p = 0.001: 10.828 (1), 13.816 (2), 16.266 (3).
        for freedom, x in ((1, 10.828), (2, 13.816), (3, 16.266)):
            self.assertAlmostEqual(upper_gamma(freedom / 2, x / 2), 0.001, 5)

    def test_a_skewed_split_is_told_from_a_fair_one(self):
        self.assertLess(chi_square_p([8800, 1200], [90, 10]), 0.001)
        self.assertGreater(chi_square_p([9040, 960], [90, 10]), 0.001)


class Balancing(unittest.TestCase):

    def run_with(self, to, *options, **more):
        sluice = Sluice(to, *options, **more)
        self.addCleanup(sluice.stop)
        return sluice

    def made(self, *names):
        made = origins(*names)
        for origin in made:
            self.addCleanup(origin.close)
        return made

    def assertSplit(self, to, made, weights, requests, groups=None):
        """One try may fail by chance (p 0.001); two in a row do not."""
        for last in (False, True):
            before = counts(made)
            self.assertEqual(ask_many(to, requests), [])
            got = [a - b for a, b in zip(counts(made), before)]
            if groups:
                got = [sum(got[i] for i in g) for g in groups]
            self.assertEqual(sum(got), requests)
            p = chi_square_p(got, weights)
            if p > 0.001 or last:
                self.assertGreater(p, 0.001, got)
                return

    # 50
    def test_10000_requests_split_90_to_10(self):
        blue, green = self.made(b"blue", b"green")
        sluice = self.run_with("blue=%s@90,green=%s@10" % (
            blue.address, green.address), workers=2)
        self.assertSplit(sluice, [blue, green], [90, 10], 10000)

    def test_three_groups_split_by_their_weights_and_zero_gets_none(self):
        made = self.made(b"a", b"b", b"c", b"none")
        sluice = self.run_with("a=%s@500,b=%s@300,c=%s@200,none=%s@0" % tuple(
            o.address for o in made), workers=1)
        self.assertSplit(sluice, made[:3], [500, 300, 200], 3000)
        self.assertEqual(counts(made)[3], 0)

    def test_the_weight_belongs_to_the_group_and_its_targets_share_it(self):
        made = self.made(b"blue1", b"blue2", b"green")
        sluice = self.run_with("blue=%s@80,blue=%s,green=%s@20" % tuple(
            o.address for o in made), workers=1)
        self.assertSplit(sluice, made, [80, 20], 2000, ((0, 1), (2,)))
        first, second, _ = counts(made)
        self.assertLessEqual(abs(first - second), 1)

    def test_weight_is_one_unless_it_is_said(self):
        made = self.made(b"a", b"b")
        sluice = self.run_with("a=%s,b=%s@1" % tuple(
            o.address for o in made), workers=1)
        self.assertSplit(sluice, made, [1, 1], 2000)

    # 59
    def test_round_robin_takes_the_targets_of_a_group_in_turn(self):
        made = self.made(b"a", b"b", b"c")
        sluice = self.run_with(",".join(o.address for o in made), workers=1)
        got = []
        with sluice.client() as client:
            for _ in range(30):
                got.append(client.ask("/").body)
        self.assertEqual(set(got[:3]), {b"a", b"b", b"c"})
        self.assertEqual(got, got[:3] * 10)
        self.assertEqual(ask_many(sluice, 600), [])
        self.assertEqual(counts(made), [210, 210, 210])

    # 60
    def test_least_outstanding_requests_picks_the_free_target(self):
        go = threading.Event()
        self.addCleanup(go.set)

        def held(conn):
            while True:
                request = conn.read_request()
                if request.target == "/hold":
                    conn.hold(go)
                conn.send(respond(conn.origin.name))
        busy, free = Origin(held), Origin(held)
        busy.name, free.name = b"busy", b"free"
        self.addCleanup(busy.close)
        self.addCleanup(free.close)
        sluice = self.run_with(
            [busy, free], workers=1, attributes={
                "load_balancing.algorithm.type":
                "least_outstanding_requests"})
        holders = []
        for _ in range(4):
            holders.append(sluice.client())
            self.addCleanup(holders[-1].close)
            holders[-1].send(head(method="GET", target="/hold"))
            until(lambda: len(busy.requests) + len(free.requests) ==
                  len(holders), "the held request at a target")
        # Two each; let one target go free by counting who holds what.
        self.assertEqual((len(busy.requests), len(free.requests)), (2, 2))
        for number in range(2, 6):
            with sluice.client() as client:
                self.assertEqual(client.ask("/x").status, 200)
        more = sluice.client()
        self.addCleanup(more.close)
        more.send(head(method="GET", target="/hold"))
        until(lambda: sum(r.target == "/hold" for r in
                          busy.requests + free.requests) == 5, "the fifth")
        burdened = busy if sum(r.target == "/hold"
                               for r in busy.requests) == 3 else free
        other = free if burdened is busy else busy
        with sluice.client() as client:
            for _ in range(20):
                self.assertEqual(client.ask("/y").body, other.name)
        go.set()

    def test_ended_requests_no_longer_count_as_outstanding(self):
        made = self.made(b"a", b"b")
        sluice = self.run_with(made, workers=1, attributes={
            "load_balancing.algorithm.type": "least_outstanding_requests"})
        for _ in range(40):
            client = sluice.client()
            client.send(head(method="GET"))
            client.rst()
        self.assertEqual(ask_many(sluice, 400, 8, 5), [])
        for number in counts(made):
            self.assertGreater(number, 40)


if __name__ == "__main__":
    rig.main()

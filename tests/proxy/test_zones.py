#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Availability Zones of targets with cross-zone load balancing off, and the
ports that targets have."""
import unittest

import rig
from pool import Member, Pool, ask_many, shares, shown, wait_states
from stack import Served, Stack, command, forward

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"
OFF = {"load_balancing.cross_zone.enabled": "false"}
COUNT = "target_group_health.dns_failover.minimum_healthy_targets.count"
CHECKS = {"HealthCheckIntervalSeconds": 300, "HealthCheckTimeoutSeconds": 120}


class Zones(unittest.TestCase):

    def pool(self, *names, **more):
        pool = Pool(*names, **more)
        self.addCleanup(pool.close)
        return pool

    def stack(self, targets, attributes, **more):
        stack = Stack().group("Blue", (), attributes, Targets=targets,
                              **{**CHECKS, **more})
        return stack.listener("Web", 80, forward("Blue"))

    def serve(self, stack, *options):
        server = Served(stack, *options)
        self.addCleanup(server.stop)
        return server

    def healthy(self, server, pool, but=()):
        wait_states(server, "Blue", **{
            "p%d" % m.port: "healthy" for n, m in pool.items()
            if n not in but})

    def clients(self, server, number=40, each=4):
        """Who answered each of the connections."""
        seen = []
        for _ in range(number):
            with server.client() as client:
                seen.append(ask_many(client, each))
        return seen

    # 76
    def test_each_connection_stays_in_one_zone_and_both_have_some(self):
        pool = self.pool("a1", "a2", "b1", "b2")
        server = self.serve(self.stack(
            pool.targets(a1=A, a2=A, b1=B, b2=B), OFF))
        self.healthy(server, pool)
        zones = []
        for names in self.clients(server):
            self.assertEqual(len({n[0] for n in names}), 1, names)
            self.assertEqual(len(set(names)), 2, names)
            zones.append(names[0][0])
        self.assertEqual(
            [shares(server, "Blue")[m.port] for m in pool.values()], [25] * 4)
        self.assertGreater(zones.count("a"), 4)
        self.assertGreater(zones.count("b"), 4)

    # 76
    def test_with_cross_zone_on_every_connection_sees_all(self):
        pool = self.pool("a", "b")
        for attributes in (None, {
                "load_balancing.cross_zone.enabled": "true"}):
            server = self.serve(self.stack(pool.targets(a=A, b=B),
                                           attributes))
            self.healthy(server, pool)
            for names in self.clients(server, 5):
                self.assertEqual(set(names), {"a", "b"})

    # 76
    def test_a_process_of_one_zone_uses_only_its_targets(self):
        pool = self.pool("a", "b", "any")
        stack = self.stack(pool.targets(a=A, b=B), OFF)
        for zone, expected in ((A, {"a", "any"}), (B, {"b", "any"})):
            server = self.serve(stack, "--zone", zone)
            self.healthy(server, pool)  # it checks all of them
            for names in self.clients(server, 3):
                self.assertEqual(set(names), expected)

    # 76
    def test_a_zone_without_targets_answers_503(self):
        pool = self.pool("a", "b")
        server = self.serve(self.stack(pool.targets(a=A, b=B), OFF),
                            "--zone", C)
        self.healthy(server, pool)
        with server.client() as client:
            self.assertEqual(client.ask("/").status, 503)
        self.assertEqual(pool.asked, [0, 0])
        self.assertIn("target group Blue has no target in zone " + C,
                      server.story())

    # 76
    def test_clients_leave_a_zone_that_dns_leaves_out(self):
        pool = self.pool("a", "b")
        pool["b"].health = None         # it stays initial
        server = self.serve(self.stack(pool.targets(a=A, b=B), OFF))
        self.healthy(server, pool, "b")
        self.assertEqual({n for names in self.clients(server, 20)
                          for n in names}, {"a"})
        self.assertEqual(shares(server, "Blue"), {
            pool["a"].port: 100, pool["b"].port: 0})
        self.assertEqual(server.metric(
            "sluice_unhealthy_routing_requests_total"), 0)

    # 76, 74
    def test_without_dns_failover_a_zone_fails_open_on_its_own(self):
        pool = self.pool("a", "b")
        pool["b"].health = None
        server = self.serve(self.stack(pool.targets(a=A, b=B),
                                       {**OFF, COUNT: "off"}))
        self.healthy(server, pool, "b")
        seen = [n for names in self.clients(server, 30) for n in names]
        self.assertEqual(set(seen), {"a", "b"})
        self.assertEqual(server.metric(
            "sluice_unhealthy_routing_requests_total"), seen.count("b"))

    # 76
    def test_when_every_zone_fails_all_stay_in(self):
        pool = self.pool("a", "b", health=None)
        server = self.serve(self.stack(pool.targets(a=A, b=B), OFF))
        self.assertEqual({n for names in self.clients(server, 30)
                          for n in names}, {"a", "b"})

    def test_a_reload_turns_zones_on_and_off(self):
        pool = self.pool("a", "b")
        targets = pool.targets(a=A, b=B)
        server = self.serve(self.stack(targets, None))
        self.healthy(server, pool)
        for attributes, expected in ((OFF, 1), (None, 2), (OFF, 1)):
            server.reload(self.stack(targets, attributes))
            for names in self.clients(server, 4, 6):
                self.assertEqual(len(set(names)), expected)
        moved = pool.targets(a=A, b=A)
        server.reload(self.stack(moved, OFF))
        for names in self.clients(server, 4, 6):
            self.assertEqual(set(names), {"a", "b"})

    # 76
    def test_what_alb_does_not_combine_with_zones_is_refused(self):
        pool = self.pool("a")
        for stack, words in (
                (self.stack(pool.targets(a="all"), OFF),
                 'in AvailabilityZone "all"'),
                (self.stack(pool.targets(a=A),
                            {**OFF, "stickiness.enabled": "true"}),
                 "stickiness without cross-zone"),
                (Stack().group("Blue", (), OFF, TargetType="lambda",
                               Port=None, Protocol=None, VpcId=None),
                 "needs cross-zone")):
            for properties in stack.resources.values():
                values = properties["Properties"]
                for key in [k for k, v in values.items() if v is None]:
                    del values[key]
            code, out, err = command("check", "-", stdin=stack)
            self.assertNotEqual(code, 0)
            self.assertIn(words, " ".join((out + err).split()))

    def test_all_is_a_zone_where_zones_do_not_matter(self):
        pool = self.pool("a", "b")
        server = self.serve(self.stack(pool.targets(a="all", b=A), None))
        self.healthy(server, pool)
        with server.client() as client:
            self.assertEqual(set(ask_many(client, 4)), {"a", "b"})

    def test_a_zone_that_cannot_be_is_refused(self):
        for zone in ("", "all"):
            code, _, err = command("serve", "--to", ":1", "--zone", zone)
            self.assertNotEqual(code, 0)
            self.assertIn("is no Availability Zone", err)


class Ports(unittest.TestCase):

    # 77
    def test_the_port_of_a_target_overrides_that_of_its_group(self):
        pool = Pool("group", "own")
        self.addCleanup(pool.close)
        targets = pool.targets()
        del targets[0]["Port"]
        stack = Stack().group("Blue", Targets=targets,
                              Port=pool["group"].port, **CHECKS)
        stack.listener("Web", 80, forward("Blue"))
        with Served(stack) as server:
            wait_states(server, "Blue", **{
                "p%d" % m.port: "healthy" for m in pool.values()})
            with server.client() as client:
                self.assertEqual(sorted(set(ask_many(client, 4))),
                                 ["group", "own"])

    # 77
    def test_one_address_on_several_ports_is_several_targets(self):
        pool = Pool("p1", "p2", "p3")
        self.addCleanup(pool.close)
        pool["p2"].health = None
        stack = Stack().group("Blue", Targets=pool.targets(), **CHECKS)
        stack.listener("Web", 80, forward("Blue"))
        with Served(stack) as server:
            wait_states(server, "Blue", **{
                "p%d" % pool["p1"].port: "healthy",
                "p%d" % pool["p2"].port: "initial",
                "p%d" % pool["p3"].port: "healthy"})
            with server.client() as client:
                names = ask_many(client, 40)
            self.assertEqual(len(shown(server, "Blue")), 3)
        self.assertEqual([names.count(n) for n in pool], [20, 0, 20])
        self.assertEqual({m.host for m in pool.values()}, {"127.0.0.1"})

    # 77
    def test_one_target_of_a_port_is_replaced_by_another_of_its_address(self):
        pool = Pool("old", "new")
        self.addCleanup(pool.close)
        both = pool.targets()

        def stack(*targets):
            return Stack().group("Blue", Targets=list(targets), **CHECKS) \
                .listener("Web", 80, forward("Blue"))
        with Served(stack(both[0])) as server, server.client() as client:
            self.assertEqual(set(ask_many(client, 3)), {"old"})
            server.reload(stack(both[1]))
            self.assertEqual(set(ask_many(client, 3)), {"new"})


class Several(unittest.TestCase):

    def test_targets_on_other_addresses_have_zones_too(self):
        first, second = Member("a", "127.0.0.1"), Member("b", "127.0.0.2")
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        stack = Stack().group("Blue", (), OFF, Targets=[
            {"Id": m.host, "Port": m.port, "AvailabilityZone": z}
            for m, z in ((first, A), (second, B))], **CHECKS)
        stack.listener("Web", 80, forward("Blue"))
        with Served(stack, "--zone", B) as server:
            with server.client() as client:
                self.assertEqual(set(ask_many(client, 4)), {"b"})


if __name__ == "__main__":
    rig.main()

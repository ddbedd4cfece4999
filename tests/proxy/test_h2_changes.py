#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 clients with many streams in flight, while templates change, the
program is replaced, and targets die: no request fails, and every stream is
finished."""
import os
import shutil
import signal
import tempfile
import unittest

import rig
from h2 import NO_ERROR, fields
from h2_service import Case, Waiting, setUpModule   # noqa: F401
from rig import children, until
from stack import LOCAL, Stack, fixed, forward, path

RELOADS = 150


class Reload(Case):
    def template(self, number):
        made = self.stack(*self.origins[:1 + number % 3])
        made.group("Next", [o.address for o in self.origins])
        if number % 4:
            made.rule("Rule", "Web", 1 + number % 7, [path("/rule/*")],
                      forward(("Web1", number % 3), ("Next", 1)))
        return made

    # 121
    def test_no_request_fails_while_templates_change(self):
        self.origins = [Waiting() for _ in range(3)]
        for origin in self.origins:
            self.addCleanup(origin.close)
        self.serve(self.template(0), workers=2)
        crowd = self.crowd(names=("/x/%d/%d/", "/rule/%d/%d/"))
        crowd.wait(100)
        for number in range(RELOADS):
            self.server.write(self.template(number))
            self.server.signal(signal.SIGHUP)
            if number % 10 == 0:
                crowd.wait(20)
        self.server.reload(self.template(RELOADS))
        crowd.wait(100)
        crowd.stop()
        self.assertEqual(crowd.failures, [])
        # A change is no reason to end a connection.
        self.assertEqual(crowd.goaways, 0)

    def test_streams_in_flight_finish_on_what_they_began_with(self):
        self.serve(self.stack())
        client = self.client()
        streams = self.flying(client)
        self.server.reload(Stack().https("Web", 443, fixed(201, "new"),
                                         certificate=LOCAL))
        self.assertEqual(client.ask("/").body, b"new")
        self.finish(client, streams)
        self.assertIsNone(client.last_goaway)

    def test_a_listener_that_goes_finishes_its_streams(self):
        self.serve(self.stack().listener("Other", 80, fixed(200, "o")))
        client = self.client()
        streams = self.flying(client)
        self.server.reload(Stack().listener("Other", 80, fixed(200, "o")))
        self.finish(client, streams)
        client.expect_goaway(NO_ERROR)


@unittest.skipIf(rig.ALONE, "needs the supervisor")
class Upgrade(Case):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def install(self):
        program = os.path.join(self.folder, "sluice")
        shutil.copy(rig.SLUICE, program + ".new")
        os.rename(program + ".new", program)

    def begin(self, **more):
        self.install()
        old = rig.SLUICE
        rig.SLUICE = os.path.join(self.folder, "sluice")
        try:
            return self.serve(self.stack(), **more)
        finally:
            rig.SLUICE = old

    def upgrade(self, number=signal.SIGUSR2):
        said = self.server.log_count("upgraded: process")
        self.install()
        self.server.signal(number)
        until(lambda: self.server.log_count("upgraded: process") > said,
              lambda: "no upgrade: " + self.server.story())

    def test_upgrades_under_load_fail_nothing(self):
        self.begin(workers=2, drain=60)
        crowd = self.crowd()
        for number in (signal.SIGUSR2, signal.SIGHUP) * 2:
            crowd.wait(200)
            self.upgrade(number)
        crowd.wait(200)
        crowd.stop()
        self.assertEqual(crowd.failures, [])
        self.assertGreater(crowd.goaways, 0)
        until(lambda: len(children(self.server.pid)) == 1,
              "the old ones to leave")
        self.assertEqual(self.server.stop(), None)

    def test_every_stream_in_flight_is_finished_by_the_old_process(self):
        self.begin(drain=60)
        client = self.client()
        streams = self.flying(client)
        old = self.server.serving_pid
        self.upgrade()
        self.assertNotEqual(self.server.serving_pid, old)
        self.assertEqual(self.client().ask("/new").body, b"GET /new")
        self.finish(client, streams)
        client.expect_goaway(NO_ERROR)
        client.close()
        until(lambda: rig.state_of(old) in "ZX", "the old one to leave")


class Killed(Case):
    def test_a_target_that_dies_fails_its_own_streams_alone(self):
        other = Waiting()
        self.addCleanup(other.close)
        self.serve(self.stack(self.origin, other))
        client = self.client()
        streams = [client.open(fields(path="/wait/%d" % n))
                   for n in range(40)]
        until(lambda: self.origin.asked + other.asked >= 40, "the requests")
        dead = self.origin.asked
        self.origin.close()
        until(lambda: [client.next_frame() for _ in range(1)] and
              sum(client.streams[s].closed for s in streams) >= dead,
              "the streams of the dead target to end")
        other.go.set()
        found = [client.response(number) for number in streams]
        self.assertEqual(sum(a.status == 502 for a in found), dead)
        self.assertEqual(sum(a.status == 200 for a in found), 40 - dead)
        self.assertIsNone(client.last_goaway)

    def test_a_target_that_refuses_is_passed_over(self):
        dead = rig.Closed()
        self.addCleanup(dead.close)
        made = Stack()
        made.group("Web1", [self.origin.address, dead.address],
                   HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2,
                   UnhealthyThresholdCount=2)
        made.https("Web", 443, forward("Web1"), certificate=LOCAL)
        self.serve(made)
        until(lambda: self.server.states("Web1").get(self.origin.address) ==
              "healthy", "health")
        client = self.client()
        for at in range(50):
            answer = client.ask("/%d" % at)
            self.assertEqual(answer.status, 200)


if __name__ == "__main__":
    rig.main()

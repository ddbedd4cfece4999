#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The health check log: one line for each probe that ended, against what the
targets saw; and what the file it goes to does to nobody."""
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest

import rig
from access_lines import File, HealthCheck, seconds
from rig import Origin, respond, until
from stack import Served, Stack, fixed, forward, path

FAST = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2}
SLOW = {"HealthCheckIntervalSeconds": 300, "HealthCheckTimeoutSeconds": 120}
LONG = 60 * rig.SLOW
DROPPED = "sluice_access_log_dropped_lines_total"


class Target(Origin):
    """Answers every probe as `what` says: a status, or `silent`, `garbage`,
    `close`, `reset`, `part`."""

    def __init__(self, what, host="127.0.0.1"):
        self.what, self.probes = what, []
        super().__init__(script=Target.talk, host=host)

    def talk(self):
        conn, self = self, self.origin
        while True:
            request = conn.read_request()
            self.probes.append((time.time(), request))
            if self.what == "silent":
                conn.wait_close()
            elif self.what == "garbage":
                conn.send(b"hello\r\n\r\n")
            elif self.what == "close":
                raise rig.Ended
            elif self.what == "reset":
                conn.rst()
                raise rig.Ended
            elif self.what == "part":
                conn.send(b"HTTP/1.1 200 ")
                raise rig.Ended
            else:
                conn.send(respond(b"", self.what, b"Said"))


# What a target does: status, status_code and reason_code of its lines.
KINDS = {
    "Good": (200, ("PASS", "200", "-")),
    "Absent": (404, ("FAIL", "404", "ResponseCodeMismatch")),
    "Moved": (302, ("FAIL", "302", "ResponseCodeMismatch")),
    "Busy": (503, ("FAIL", "503", "TargetError")),
    "Broken": (500, ("FAIL", "500", "TargetError")),
    "Silent": ("silent", ("FAIL", "-", "TimedOut")),
    "Garbage": ("garbage", ("FAIL", "-", "TargetError")),
    "Close": ("close", ("FAIL", "-", "ConnectionReset")),
    "Reset": ("reset", ("FAIL", "-", "ConnectionReset")),
    "Part": ("part", ("FAIL", "-", "ConnectionReset")),
}


class Scene:
    """The server with a group for each kind of target, and a log of it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.log = File(os.path.join(self.folder, "health.log"), HealthCheck)
        self.stack, self.targets = Stack(), {}
        self.closed, self.elsewhere = rig.Closed(), Target(204)
        self.stack.listener("Web", 80, fixed(404))
        for name, (what, _) in KINDS.items():
            self.add(name, Target(what))
        self.add("Matched", Target(404), Matcher={"HttpCode": "200,404"})
        self.add("Port", Target(200), HealthCheckPort=str(self.elsewhere.port),
                 Matcher={"HttpCode": "204"})
        if rig.has_ipv6():
            self.add("Six", Target(200, host="::1"))
        self.stack.group("Unused", [self.targets["Good"].address], **FAST)
        self.stack.group("Refused", [self.closed.address], **FAST)
        self.rule("Refused")
        self.server = Served(self.stack, "--health-check-log", self.log.path,
                             workers=2)

    def add(self, name, target, **more):
        self.targets[name] = target
        self.stack.group(name, [target.address], **FAST, **more)
        self.rule(name)

    def rule(self, name):
        self.stack.rule("To" + name, "Web", len(self.stack.resources),
                        [path("/" + name)], forward(name))

    def lines(self, name, number=1):
        def find():
            found = [line for line in self.log.all()
                     if line.target_group_id == name.lower()]
            return found if len(found) >= number else None
        return until(find, lambda: "%d lines of %s: %s" % (
            number, name, self.log.text()), LONG, pause=0.02)

    def close(self):
        try:
            self.server.stop()
        finally:
            for target in [*self.targets.values(), self.elsewhere]:
                target.close()
            self.closed.close()
            shutil.rmtree(self.folder)


class Beat:
    """A server with one target that will be asked again in 5 s."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.logs = [File(os.path.join(self.folder, name), HealthCheck)
                     for name in "ab"]
        self.target = Target(200, host="0.0.0.0")
        self.server = Served(self.stack(0))
        until(self.logs[0].all, "the first line")

    def stack(self, log, groups=1):
        made = Stack(lb=False)
        made.balancer("Lb", local={"HealthCheckLog": self.logs[log].path})
        made.listener("Web", 80, fixed(404))
        for n in range(groups):
            made.group("G%d" % n, ["127.0.%d.1:%d" % (
                n + 1, self.target.port)], **FAST)
            made.rule("To%d" % n, "Web", n + 1, [path("/%d" % n)],
                      forward("G%d" % n))
        return made

    def close(self):
        try:
            self.server.stop()
        finally:
            self.target.close()
            shutil.rmtree(self.folder)


def setUpModule():
    global scene, moved, starved
    scene, moved, starved = Scene(), Beat(), Beat()
    moved.server.reload(moved.stack(1, groups=3))
    starved.server.limit_files(3)


def tearDownModule():
    starved.server.limit_files()
    for each in (scene, moved, starved):
        each.close()


def verdict(line):
    return line.status, line.status_code, line.reason_code


class Fields(unittest.TestCase):

    # 117
    def test_a_pass_has_each_field_in_its_place(self):
        line, target = scene.lines("Good")[0], scene.targets["Good"]
        self.assertEqual(len(line.values), 10)
        self.assertEqual((line.type, line.target_addr, line.target_group_id),
                         ("http", target.address, "good"))
        self.assertEqual(verdict(line), ("PASS", "200", "-"))
        self.assertRegex(line.elb, r"\Aapp/Lb/")
        self.assertEqual(line.ip_address, "127.0.0.1")
        # It began before it reached the target and was over soon after.
        seen = target.probes[0][0]
        self.assertLess(seconds(line.time), seen + 0.001)
        self.assertLess(seen, seconds(line.time) + float(line.latency) + 0.001)

    # 117
    def test_every_end_of_a_probe_has_its_reason(self):
        for name, (_, expected) in KINDS.items():
            with self.subTest(name):
                for line in scene.lines(name):
                    self.assertEqual(verdict(line), expected, line.text)
                    self.assertEqual(line.target_addr,
                                     scene.targets[name].address)

    # 117
    def test_a_refused_connection_is_a_connection_reset(self):
        line = scene.lines("Refused")[0]
        self.assertEqual(verdict(line), ("FAIL", "-", "ConnectionReset"))
        self.assertEqual(line.target_addr, scene.closed.address)

    # 117
    def test_a_code_of_the_matcher_passes(self):
        self.assertEqual(verdict(scene.lines("Matched")[0]),
                         ("PASS", "404", "-"))

    # 117
    def test_a_timeout_took_as_long_as_the_group_says(self):
        self.assertGreaterEqual(float(scene.lines("Silent")[0].latency), 2)

    # 117
    def test_a_target_has_its_own_address_whatever_port_is_asked(self):
        line = scene.lines("Port")[0]
        self.assertEqual(verdict(line), ("PASS", "204", "-"))
        self.assertEqual(line.target_addr, scene.targets["Port"].address)

    # 117
    def test_ipv6_addresses_stand_without_brackets(self):
        if not rig.has_ipv6():
            self.skipTest("needs IPv6")
        self.assertEqual(scene.lines("Six")[0].target_addr,
                         "::1:%d" % scene.targets["Six"].port)

    # 117
    def test_there_is_one_line_for_each_probe_and_none_for_others(self):
        for name in ("Good", "Busy", "Garbage"):
            target = scene.targets[name]
            lines = scene.lines(name, 2)
            self.assertIn(len(target.probes) - len(lines), (0, 1), name)
            times = [seconds(line.time) for line in lines]
            for before, after in zip(times, times[1:]):
                self.assertGreater(after, before)
        self.assertNotIn(" unused ", scene.log.text())


class Beats(unittest.TestCase):

    # 117
    def test_a_change_moves_it_between_two_probes(self):
        # The new groups at once, the first one with its next beat.
        old, new = moved.logs
        until(lambda: {line.target_group_id for line in new.all()} ==
              {"g0", "g1", "g2"}, new.text, LONG, 0.02)
        self.assertEqual([line.target_group_id for line in old.all()],
                         ["g0"])
        lines = until(lambda: len(old.all()) + len(new.all()) >=
                      len(moved.target.probes) and old.all() + new.all(),
                      "a line for each probe", pause=0.02)
        self.assertEqual(len({line.text for line in lines}), len(lines))

    # 117
    def test_a_lack_of_our_own_is_an_internal_error(self):
        lines = until(lambda: starved.logs[0].all()[1:],
                      starved.logs[0].text, LONG, 0.02)
        for line in lines:
            self.assertEqual(verdict(line), ("FAIL", "-", "InternalError"))
        self.assertEqual(len(starved.target.probes), 1)


class Files(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.logs = [File(os.path.join(self.folder, name), HealthCheck)
                     for name in "ab"]
        self.path = self.logs[0].path
        self.target = Target(200, host="0.0.0.0")
        self.addCleanup(self.target.close)

    def stack(self, metadata=None, groups=1, targets=1, **more):
        """All groups have targets of their own, all of them the same."""
        made = Stack(lb=False).balancer("Lb", local=metadata)
        made.listener("Web", 80, fixed(200, "ok"))
        for n in range(groups):
            made.group("G%d" % n, [
                "127.0.%d.%d:%d" % (n + 1, k + 1, self.target.port)
                for k in range(targets)], **{**SLOW, **more})
            made.rule("To%d" % n, "Web", n + 1, [path("/%d" % n)],
                      forward("G%d" % n))
        return made

    def serve(self, stack, *options, **more):
        server = Served(stack, *options, **more)
        self.addCleanup(server.stop)
        return server

    def lines(self, log, number):
        until(lambda: log.text().count("\n") >= number,
              lambda: "%d lines: %r" % (number, log.text()), LONG, pause=0.02)
        found = log.all()
        self.assertEqual(len(found), number, log.text())
        return found

    def healthy(self, server, number):
        until(lambda: sum(t["State"] == "healthy"
                          for t in server.targets()) == number,
              lambda: server.targets())

    # 117
    def test_metadata_of_a_load_balancer_name_its_log(self):
        made = self.stack({"HealthCheckLog": self.path}, targets=2)
        made.balancer("Other", local={"HealthCheckLog": self.logs[1].path})
        made.group("O", ["127.0.9.1:%d" % self.target.port], **SLOW)
        made.listener("OnOther", 81, forward("O"), lb="Other")
        server = self.serve(made)
        self.assertEqual({(line.target_group_id, line.elb.split("/")[1])
                          for line in self.lines(self.logs[0], 2)},
                         {("g0", "Lb")})
        line, = self.lines(self.logs[1], 1)
        self.assertEqual((line.target_group_id, line.elb.split("/")[1]),
                         ("o", "Other"))
        server.stop()

    # 117
    def test_the_option_overrides_the_metadata(self):
        server = self.serve(self.stack({"HealthCheckLog": self.path}),
                            "--health-check-log", "off")
        self.healthy(server, 1)
        server.stop()
        self.assertEqual(os.listdir(self.folder), [])
        server = self.serve(self.stack({"HealthCheckLog": self.path}),
                            "--health-check-log", self.logs[1].path)
        self.lines(self.logs[1], 1)
        server.stop()
        self.assertEqual(os.listdir(self.folder), ["b"])

    # 117
    def test_a_change_turns_it_on(self):
        server = self.serve(self.stack())
        self.healthy(server, 1)
        server.reload(self.stack({"HealthCheckLog": self.path}, groups=2))
        line, = self.lines(self.logs[0], 1)
        self.assertEqual(line.target_group_id, "g1")

    # 117
    def test_a_rotation_loses_and_cuts_no_line(self):
        made = self.stack({"HealthCheckLog": self.path})
        server = self.serve(made)
        self.lines(self.logs[0], 1)
        for groups in (2, 3):
            moved = "%s.%d" % (self.path, groups)
            os.rename(self.path, moved)
            server.signal(signal.SIGUSR1)
            until(lambda: os.path.exists(self.path), "the new file")
            server.reload(self.stack({"HealthCheckLog": self.path},
                                     groups=groups, targets=40))
            self.lines(self.logs[0], 79 if groups == 2 else 40)
            self.lines(File(moved, HealthCheck), 1 if groups == 2 else 79)

    # 117
    def test_all_logs_can_share_standard_output(self):
        server = self.serve(self.stack(), "--health-check-log", "-",
                            "--connection-log", "-", "--access-log", "-")
        with server.client() as client:
            client.ask("/")
        until(lambda: len(server.lines) >= 6, "lines on stdout")
        kinds = sorted(re.sub(r"^[0-9T:.-]+Z", "connection", line).split()[0]
                       for line in server.lines[3:])
        self.assertEqual(kinds, ["connection", "http", "http"])

    def test_a_log_that_cannot_be_opened_is_an_error_at_the_start(self):
        server = Served(self.stack(), "--health-check-log", self.folder,
                        wait=False)
        self.assertEqual(server.wait(), 69)
        shutil.rmtree(server.folder)
        self.assertIn("cannot open the health check log %s: Is a directory; "
                      "name a file in it" % self.folder,
                      "\n".join(server.log))

    def test_a_full_disk_costs_lines_and_no_probe(self):
        server = self.serve(self.stack(targets=100), "--health-check-log",
                            "/dev/full")
        self.healthy(server, 100)
        until(lambda: server.metric(DROPPED) == 100,
              lambda: "%d lines dropped" % server.metric(DROPPED))
        server.stop()
        lost = [line for line in server.log if "health check log" in line]
        self.assertTrue(lost, server.log)
        self.assertIn("/dev/full lost", lost[0])

    def test_a_pipe_that_nobody_reads_costs_no_probe(self):
        os.mkfifo(self.path)
        # More than a pipe holds, 64 KiB: the rest waits.
        server = self.serve(self.stack(groups=4, targets=150),
                            "--health-check-log", self.path)
        self.healthy(server, 600)
        lines = []

        def read():
            with open(self.path, encoding="ascii") as pipe:
                lines.extend(pipe)
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        until(lambda: len(lines) == 600, lambda: "%d lines" % len(lines))
        server.stop()
        reader.join()
        self.assertEqual(len({HealthCheck(line.rstrip("\n")).target_addr
                              for line in lines}), 600)


if __name__ == "__main__":
    rig.main()

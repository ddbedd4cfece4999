#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs while S3 is dead, throttles or hangs: what was written is in the bucket
once in the end, after a restart too, and nobody waits for it."""
import os
import resource

from s3_logs import Outage  # finds the others
import double
import rig
from rig import until


class Outages(Outage):
    def test_it_is_dead_and_comes_back(self):
        self.aws.stop()
        self.outlasts(None, again=self.aws.start)

    def test_it_throttles(self):
        server = self.outlasts(double.throttle())
        self.assertIn("SlowDown", "\n".join(server.log))

    def test_one_that_says_it_took_what_it_dropped_is_not_believed(self):
        server = self.outlasts(double.lying())
        self.assertIn("gave it no ETag", "\n".join(server.log))

    def test_one_that_hangs_keeps_nobody(self):
        self.aws.fault(double.hang())
        server = self.begin(drain=1)
        until(lambda: self.aws.asked(), server.story)
        server.ask(*["/%d" % n for n in range(100)])    # while it hangs
        server.stop()
        server.says("wait in " + self.spool, 1)
        self.aws.mend()
        self.again()

    def test_without_descriptors_nothing_is_given_up(self):
        self.aws.stop()
        server = self.begin()
        until(lambda: server.s3("failures_total") > 0, server.story)
        pid = server.serving_pid
        used = {int(n) for n in os.listdir("/proc/%d/fd" % pid)}
        free = min(set(range(len(used) + 1)) - used)
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, before[1]))
        until(lambda: not self.spooled(".log") or server.log_count(
            "logs for bucket logs cannot be read"), server.story)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        self.aws.start()
        self.delivered_in_the_end(server)
        self.assertEqual(len(self.local()), 3)

    def test_what_was_not_sent_is_sent_after_a_restart(self):
        self.aws.stop()
        server = self.begin()
        server.stop()
        self.assertGreaterEqual(len(self.spooled(".log")), 2)
        server.says("files of logs wait in", 1)
        self.aws.start()
        self.again(3)
        self.aws.check()


if __name__ == "__main__":
    rig.main()

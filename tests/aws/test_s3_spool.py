#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs whose files cannot be removed from the spool: they are neither sent nor
counted twice, and go once they can."""
import contextlib
import os
import shutil
import unittest

from s3_logs import Outage  # finds the others
import rig
from rig import until

ROOT = os.geteuid() == 0
RIGHTS = "-dac_override,-dac_read_search"


@unittest.skipIf(ROOT and not shutil.which("setpriv"),
                 "needs setpriv, or not to be root")
class Stuck(Outage):
    # Root that obeys the modes of folders.
    before = ["setpriv", "--bounding-set=" + RIGHTS,
              "--inh-caps=" + RIGHTS] if ROOT else []

    @contextlib.contextmanager
    def read_only(self, name):
        """The folder of this file of the spool."""
        folder = os.path.dirname(name)
        os.chmod(folder, 0o500)
        try:
            yield
        finally:
            os.chmod(folder, 0o700)

    def left_behind(self, lines, data):
        """A file as a process leaves it that is gone."""
        folder = os.path.join(self.spool, "p-gone")
        os.makedirs(folder, exist_ok=True)
        name = os.path.join(folder, "0000000000001-%06d-%d.log" % (
            lines, lines))
        for path, text in ((os.path.join(folder, "lock"), b""), (name, data)):
            with open(path, "wb") as file:
                file.write(text)
        return name

    def told(self, server, name):
        server.says(
            "is not needed any more and cannot be removed: Permission denied", 1)
        server.says(os.path.basename(name), 1)

    def test_what_s3_has_is_not_sent_again(self):
        self.aws.stop()
        server = self.begin(before=self.before)
        until(lambda: server.s3("failures_total") > 0 and
              len(self.spooled(".log")) == 1 and self.written() == 1,
              server.story)
        name = self.spooled(".log")[0]
        with self.read_only(name):
            self.aws.start()
            until(lambda: server.s3("objects_total") == 1, server.story)
            until(lambda: server.s3("waiting_objects") == 0, server.story)
            self.assertGreaterEqual(server.s3("spool_bytes"),
                                    os.path.getsize(name))
        until(lambda: not os.path.exists(name), server.story)
        self.delivered_in_the_end(server)
        self.assertEqual(len(self.local()), 3)
        keys = [c.input["Key"] for c in self.aws.calls("PutObject")
                if c.input["Key"].endswith(".gz")]
        self.assertEqual(len(keys), 2)
        self.told(server, name)

    def test_what_was_given_up_is_counted_once(self):
        self.aws.stop()
        head = b"sluice-log 1\nbucket logs\nkey k\n\n"
        names = [self.left_behind(7, head + b"x" * (2 << 20)),
                 self.left_behind(3, b"no head of ours")]
        with self.read_only(names[0]):
            server = self.serve(self.aws.environment(), "--log-spool-max", 1,
                                before=self.before)
            until(lambda: server.s3("dropped_objects_total") > 1, server.story)
        until(lambda: self.spooled() == [], server.story)
        self.assertEqual(server.s3("dropped_objects_total"), 2)
        self.assertEqual(server.s3("dropped_lines_total"), 10)
        server.says("is no file of logs", 1)
        server.says("cannot be removed", 1)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The disk of the spool is full, of a container's small volume say: what was
written before is in the bucket in the end, each line once; what is lost is
counted, and new lines go on."""
import os
import subprocess
import unittest

from s3_logs import Outage  # finds the others
import rig
from rig import until

SIZE = 512 << 10


class Small(Outage):
    def setUp(self):
        super().setUp()
        os.makedirs(self.spool)
        try:
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=%d,mode=700" % SIZE,
                 "tmpfs", self.spool], check=True, capture_output=True)
        except (FileNotFoundError, subprocess.CalledProcessError) as refused:
            raise unittest.SkipTest("needs to mount: %s" % refused) from None
        # Also while somebody still has a file there.
        self.addCleanup(subprocess.run, ["umount", "-l", self.spool],
                        check=True)

    def fill(self):
        """What others have there."""
        path = os.path.join(self.spool, "others")
        with open(path, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                return path

    def lost(self, server):
        return server.metric("sluice_access_log_dropped_lines_total")

    def all_but(self, server, lost):
        """Each line of the file is there once, but so many."""
        there, local = self.both(), self.local()
        self.assertEqual(len(there), len(set(there)))
        self.assertLessEqual(set(there), set(local))
        self.assertEqual(len(local) - len(there), lost, server.story())

    def sent(self, server):
        until(lambda: server.s3("waiting_objects") == 0, server.story)

    def test_the_oldest_go_where_the_spool_is_all_of_the_disk(self):
        self.aws.stop()
        server = self.serve(self.aws.environment())
        self.write_much(server, 600)    # 3.6 MB
        until(lambda: server.log_count("the disk of " + self.spool +
                                       " is full (make room there"),
              server.story)
        self.assertGreater(server.s3("spool_bytes"), 0)
        self.assertGreater(server.s3("dropped_objects_total"), 0)
        self.aws.start()
        self.sent(server)
        server.ask("/last")
        gone = self.lost(server) + server.s3("dropped_lines_total")
        server.stop()
        self.all_but(server, gone)
        self.assertIn("/last", "".join(self.both()))
        self.assertEqual(self.spooled(), [])

    def test_what_others_filled_is_told_and_heals(self):
        server = self.begin()
        until(lambda: server.s3("objects_total") == 1, server.story)
        others = self.fill()
        self.write_much(server, 100)
        until(lambda: self.lost(server) > 0, server.story)
        until(lambda: server.log_count("No space left on device; make room "
                                       "where --log-spool is"), server.story)
        os.remove(others)
        server.ask("/last")
        lost = self.lost(server)
        server.stop()
        self.all_but(server, lost)
        self.assertIn("/c ", "".join(self.both()))
        self.assertIn("/last", "".join(self.both()))
        self.assertEqual(self.spooled(), [])

    def test_what_was_killed_on_a_full_disk_is_sent(self):
        self.aws.stop()
        server = self.begin()
        until(lambda: self.written() == 1, server.story)
        others = self.fill()
        server.kill()
        self.aws.start()
        server = self.serve(self.aws.environment())
        self.sent(server)
        os.remove(others)
        server.stop()
        self.all_but(server, 0)
        self.assertEqual(len(self.local()), 3)
        self.assertEqual(self.spooled(), [])


if __name__ == "__main__":
    rig.main()

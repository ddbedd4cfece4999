#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that were answered are there after kill -9, whatever it interrupted;
tests/soak/kills.py does the same a thousand times."""
import os
import shutil
import tempfile
import unittest

from aws import rig
from killing import Killing


class Killed(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.path.join(self.folder, "account.sqlite")

    def run_rounds(self, n, how, *options):
        with Killing(*options) as killing:
            killing.rounds(n, getattr(killing, how))
            self.assertGreaterEqual(killing.answered, n)

    # alb.md 10: 122
    def test_a_file_survives_the_end_of_everything(self):
        self.run_rounds(25, "restart", "--state", self.file)

    @unittest.skipIf(rig.ALONE, "needs the supervisor")
    def test_a_file_survives_the_serving_process(self):
        self.run_rounds(15, "crash", "--state", self.file)

    @unittest.skipIf(rig.ALONE, "needs the supervisor")
    def test_the_parent_s_memory_survives_the_serving_process(self):
        self.run_rounds(15, "crash", "--state", "memory")


if __name__ == "__main__":
    unittest.main()

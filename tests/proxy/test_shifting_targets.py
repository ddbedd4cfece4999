#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Targets come, go, sicken, die and recover under load: what fails is only
what ALB itself would fail. The long form is tests/soak/targets.py."""
import contextlib
import io
import os
import sys
import unittest

import rig

sys.path.insert(0, os.path.join(rig.HERE, "..", "soak"))
import targets  # noqa: E402


class ShiftingTargets(unittest.TestCase):

    def test_no_request_fails_but_those_of_targets_that_died_or_were_cut(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            explained = targets.soak(4000, 9, seed=4)
        self.assertTrue(explained, said.getvalue())


if __name__ == "__main__":
    rig.main()

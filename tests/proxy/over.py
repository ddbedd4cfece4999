# SPDX-License-Identifier: Apache-2.0
"""The tests of other files, run with SLUICE_TEST_OVER (rig.py)."""
import unittest

import h2


def every(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from every(one)
        else:
            yield one


def load_tests_of(*names, without=()):
    """A load_tests() of these files; `without`: words in the names of those
    that cannot run so."""
    def load_tests(loader, *_):
        if h2.hpack is None:
            return unittest.TestSuite([Skipped("test_skipped")])
        found = [test for name in names
                 for test in every(loader.loadTestsFromName(name))]
        return unittest.TestSuite(
            test for test in found
            if not any(word in test.id() for word in without))
    return load_tests


class Skipped(unittest.TestCase):
    @unittest.skip("needs python3-hpack")
    def test_skipped(self):
        pass

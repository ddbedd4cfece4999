#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""contrib/count-tests reads cmocka's and unittest's counts, and never hides a
failure."""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("TOP_SRCDIR") or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))
COUNTER = os.path.join(ROOT, "contrib", "count-tests")

CMOCKA_GOOD = """[==========] Running 2 test(s).
[ RUN      ] test_a
[       OK ] test_a
[ RUN      ] test_b
[       OK ] test_b
[==========] 2 test(s) run.
[  PASSED  ] 2 test(s).
"""
CMOCKA_BAD = """[==========] Running 4 test(s).
[ RUN      ] test_a
[       OK ] test_a
[ RUN      ] test_b
[  ERROR   ] --- 1 != 2
[   LINE   ] --- a.c:5: error: Failure!
[  FAILED  ] test_b
[ RUN      ] test_c
[  SKIPPED ] test_c
[ RUN      ] test_d
[       OK ] test_d
[==========] 4 test(s) run.
[  PASSED  ] 2 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] test_c

 1 SKIPPED TEST(S)
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] test_b

 1 FAILED TEST(S)
"""
UNITTEST_BAD = """..F.Es
Ran 6 tests in 0.2s

FAILED (failures=1, errors=1, skipped=1)
"""


class Counts(unittest.TestCase):
    def count(self, *tests):
        with tempfile.TemporaryDirectory() as folder:
            for index, (result, log) in enumerate(tests):
                path = os.path.join(folder, "sub", "t%d" % index)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path + ".trs", "w", encoding="utf-8") as f:
                    f.write(":test-result: %s\n"
                            ":global-test-result: %s\n"
                            ":recheck: no\n"
                            ":copy-in-global-log: no\n"
                            % (result, result))
                with open(path + ".log", "w", encoding="utf-8") as f:
                    f.write(log)
            done = subprocess.run([sys.executable, COUNTER, folder],
                                  stdout=subprocess.PIPE, text=True,
                                  check=True)
            return tuple(int(n) for n in done.stdout.split())

    def test_program_without_inner_counts_is_one(self):
        self.assertEqual(self.count(("PASS", "hello\n")), (1, 0, 0))
        self.assertEqual(self.count(("FAIL", "")), (0, 1, 0))
        self.assertEqual(self.count(("SKIP", "python3 is missing\n")),
                         (0, 0, 1))
        self.assertEqual(self.count(("ERROR", "")), (0, 1, 0))

    def test_cmocka_cases_are_counted(self):
        self.assertEqual(self.count(("PASS", CMOCKA_GOOD)), (2, 0, 0))
        self.assertEqual(self.count(("FAIL", CMOCKA_BAD)), (2, 1, 1))

    def test_a_program_that_passed_has_no_failed_case(self):
        torn = CMOCKA_GOOD.replace("[       OK ] test_b",
                                   "a line cut i[       OK ] test_b")
        self.assertEqual(self.count(("PASS", torn)), (2, 0, 0))

    def test_two_cmocka_groups_in_one_program_are_summed(self):
        self.assertEqual(self.count(("FAIL", CMOCKA_GOOD + CMOCKA_BAD)),
                         (4, 1, 1))

    def test_cmocka_program_that_died_counts_a_failure(self):
        self.assertEqual(
            self.count(("FAIL", "[ RUN      ] test_a\n[       OK ] test_a\n"
                                "[ RUN      ] test_b\n")), (1, 1, 0))
        self.assertEqual(
            self.count(("FAIL", "[ RUN      ] test_a\n[       OK ] test_a\n")),
            (1, 1, 0))

    def test_unittest_cases_are_counted(self):
        self.assertEqual(
            self.count(("PASS", "....\nRan 4 tests in 1.0s\n\nOK\n")),
            (4, 0, 0))
        self.assertEqual(
            self.count(("PASS", "Ran 4 tests in 1s\n\nOK (skipped=3)\n")),
            (1, 0, 3))
        self.assertEqual(self.count(("FAIL", UNITTEST_BAD)), (3, 2, 1))

    def test_failure_in_setup_of_a_class_counts(self):
        self.assertEqual(
            self.count(("FAIL", "Ran 0 tests in 0s\n\nFAILED (errors=1)\n")),
            (0, 1, 0))

    def test_programs_are_summed(self):
        self.assertEqual(
            self.count(("PASS", CMOCKA_GOOD), ("PASS", ""), ("FAIL", ""),
                       ("FAIL", UNITTEST_BAD)), (6, 3, 1))


SUBTESTS_BAD = """.F
======================================================================
FAIL: test_a (__main__.Reading.test_a) (framing='length')
----------------------------------------------------------------------
Traceback (most recent call last):
AssertionError: 1 != 2

======================================================================
FAIL: test_a (__main__.Reading.test_a) (framing='chunked')
----------------------------------------------------------------------
AssertionError: 3 != 4

======================================================================
ERROR: setUpClass (__main__.Writing)
----------------------------------------------------------------------
OSError: in use

----------------------------------------------------------------------
Ran 1 test in 0.2s

FAILED (failures=2, errors=1)
FAIL tests/t2.py (exit status: 1)
"""


class Failures(unittest.TestCase):
    def test_names_come_first_and_then_what_each_log_says(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, log in (("t1", CMOCKA_BAD), ("t2", SUBTESTS_BAD),
                              ("t3", "[ RUN      ] test_a\n"),
                              ("t4", "no memory\n"), ("lint", "x.c: bad\n")):
                with open(os.path.join(folder, name + ".log"), "w",
                          encoding="utf-8") as f:
                    f.write(log)
                if name != "lint":
                    with open(os.path.join(folder, name + ".trs"), "w",
                              encoding="utf-8") as f:
                        f.write(":global-test-result: FAIL\n")
            done = subprocess.run(
                [sys.executable, COUNTER, "--failures", folder,
                 "lint=" + os.path.join(folder, "lint.log")],
                stdout=subprocess.PIPE, text=True, check=True)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[:7], [
            "FAILED: t1: test_b", "FAILED: t2.py: Reading.test_a",
            "FAILED: t2.py: Writing.setUpClass",
            "FAILED: t3: test_a (it did not end)",
            "FAILED: t4: the program itself", "FAILED: lint",
            "---- t1: test_b"])
        self.assertIn("[   LINE   ] --- a.c:5: error: Failure!", lines)
        self.assertIn("AssertionError: 1 != 2", lines)
        self.assertIn("OSError: in use", lines)
        self.assertNotIn("FAILED (failures=2, errors=1)", lines)
        self.assertEqual(lines[-3:], ["no memory", "---- lint", "x.c: bad"])


if __name__ == "__main__":
    unittest.main()

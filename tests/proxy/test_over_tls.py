#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests, answers and failures that were written for HTTP/1.1 over TCP, over
TLS."""
import os

os.environ["SLUICE_TEST_OVER"] = "tls"

import rig                                              # noqa: E402
from over import load_tests_of                          # noqa: E402

load_tests = load_tests_of(
    "test_basics",
    "test_early_answers",
    "test_expect",
    "test_pipelining",
    "test_resets",
    "test_target_answers",
    "test_target_failures",
    without=("http09_gets", "host_is_generated", "ipv6_listener"))

if __name__ == "__main__":
    rig.main()

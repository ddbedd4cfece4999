#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Deregistration, as HTTP/1.1 clients see it, over HTTP/2."""
import os

os.environ["SLUICE_TEST_OVER"] = "h2"

import rig                                              # noqa: E402
from over import load_tests_of                          # noqa: E402

load_tests = load_tests_of(
    "test_deregistration",
    without=())

if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Heads, framing and error pages, as written for HTTP/1.1 over TCP, over TLS."""
import os

os.environ["SLUICE_TEST_OVER"] = "tls"

import rig                                              # noqa: E402
from over import load_tests_of                          # noqa: E402

load_tests = load_tests_of(
    "test_chunked_requests", "test_desync_attacks", "test_error_pages",
    "test_framing", "test_head_syntax", "test_longest_heads")

if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""WebSockets, as written for HTTP/1.1 over TCP, over TLS."""
import os

os.environ["SLUICE_TEST_OVER"] = "tls"

import rig                                              # noqa: E402
from over import load_tests_of                          # noqa: E402

load_tests = load_tests_of("test_websocket")

if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""contrib/demo.sh: what it tries with --once works, and it ends in order."""

import os
import re
import shutil
import signal
import subprocess
import sys
import unittest
import urllib.request

ROOT = os.environ.get("TOP_SRCDIR") or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))
SLUICE = os.environ.get("SLUICE") or os.path.join(ROOT, "sluice")
DEMO = os.path.join(ROOT, "contrib", "demo.sh")
LIMIT = 120


def start(*arguments):
    return subprocess.Popen(
        ["sh", DEMO, *arguments], env=dict(os.environ, SLUICE=SLUICE),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)


class Demo(unittest.TestCase):
    def test_once_tries_everything_and_exits_0(self):
        demo = start("--once")
        output = demo.communicate(timeout=LIMIT)[0]
        self.assertEqual(demo.returncode, 0, output)
        for word in ("health", "weights", "header", "redirect", "fixed",
                     "explain", "HUP", "ended"):
            self.assertRegex(output, "(?m)^%s " % word)

    def test_it_serves_until_it_is_told_to_end_and_leaves_nothing(self):
        demo = start()
        seen = []
        for line in demo.stdout:
            seen.append(line)
            if line.startswith("Ctrl-C"):
                break
        text = "".join(seen)
        front = re.search(r"^sluice +(http://\S+)", text, re.M)
        self.assertIsNotNone(front, text)
        work = os.path.dirname(re.search(r"(/\S+/quickstart.yaml)$", text,
                                         re.M).group(1))
        with urllib.request.urlopen(front.group(1) + "/ping",
                                    timeout=LIMIT) as answer:
            self.assertEqual(answer.read(), b'{"pong": true}')
        demo.send_signal(signal.SIGTERM)
        self.assertEqual(demo.wait(LIMIT), 143)
        demo.stdout.close()
        self.assertFalse(os.path.exists(work))
        with self.assertRaises(OSError):
            urllib.request.urlopen(front.group(1) + "/ping", timeout=LIMIT)

    def test_an_unknown_argument_is_a_usage_error(self):
        demo = start("--twice")
        self.assertIn("usage:", demo.communicate(timeout=LIMIT)[0])
        self.assertEqual(demo.returncode, 64)


if __name__ == "__main__":
    if shutil.which("curl") is None:
        print("curl is missing")
        sys.exit(77)
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line: exit codes, and errors that say what, where, why, how."""
import os
import re
import socket
import subprocess
import unittest

import rig
from rig import SLUICE, Origin, Process, Sluice

TO = ("--to", "127.0.0.1:9")
QUIET = ("--listen", "0", "--api", "off")


def run(*arguments):
    """(exit code, stdout, stderr) of a command that must end by itself."""
    environ = dict(os.environ, NO_COLOR="1")
    done = subprocess.run([SLUICE] + list(arguments), capture_output=True,
                          timeout=10 * rig.SLOW, env=environ,
                          stdin=subprocess.DEVNULL, check=False)
    return (done.returncode, done.stdout.decode(), done.stderr.decode())


class CommandLine(unittest.TestCase):

    def fails(self, code, words, *arguments):
        """Ends with this code; stderr has all the words, stdout nothing."""
        got, out, err = run(*arguments)
        with self.subTest(arguments):
            codes = code if isinstance(code, tuple) else (code,)
            self.assertIn(got, codes, err)
            self.assertEqual(out, "")
            self.assertTrue(err.startswith("sluice"), err)
            for word in words:
                if word:
                    self.assertRegex(err, word)
            self.assertNotIn("\x1b", err)

    def test_the_version_names_the_program_and_its_libraries(self):
        code, out, err = run("--version")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"\Asluice [0-9]+\.[0-9]+")
        self.assertRegex(out, r"libevent [0-9]+\.[0-9]+")

    def test_help_goes_to_stdout_and_exits_0(self):
        for arguments, words in (
                (("--help",), ("serve", "origin", "--version")),
                (("serve", "--help"), (
                    "--to", "--listen", "--bind", "--workers", "--api",
                    "--attribute", "--retry", "--log-level", "--log-format",
                    "--drain-timeout", "8080")),
                (("origin", "--help"), (
                    "--port", "--bind", "--name", "--status", "--delay",
                    "--size", "--workers"))):
            with self.subTest(arguments):
                code, out, err = run(*arguments)
                self.assertEqual((code, err), (0, ""))
                for word in words:
                    self.assertIn(word, out)
                self.assertLessEqual(max(map(len, out.split("\n"))), 100)

    def test_no_command_and_an_unknown_command_are_usage_errors(self):
        code, out, err = run()
        self.assertEqual((code, out), (64, ""))
        self.assertIn("serve", err)
        self.fails(64, ("serv", "serve"), "serv")
        self.fails(64, ("orgin", "origin"), "orgin")
        self.fails(64, ("xyzzy",), "xyzzy")

    def test_an_unknown_option_is_a_usage_error_with_a_suggestion(self):
        for wrong, right in (("--lisen", "--listen"), ("--atribute",
                             "--attribute"), ("--worker", "--workers"),
                             ("--drain-time", "--drain-timeout")):
            self.fails(64, (wrong + r"\b", right + r"\b"), "serve", *TO,
                       wrong, "1")
        self.fails(64, ("--prot", "--port"), "origin", "--prot", "0")
        self.fails(64, ("--zzz",), "serve", *TO, "--zzz")

    def test_an_option_without_its_value_is_a_usage_error(self):
        for option in ("--to", "--listen", "--attribute", "--retry"):
            self.fails(64, (option,), "serve", option)

    def test_a_bad_address_says_what_is_wrong_and_what_is_right(self):
        for value, how in (
                ("nonsense", "HOST:PORT"), ("127.0.0.1", "HOST:PORT"),
                ("127.0.0.1:", "65535"), ("127.0.0.1:0", "65535"),
                ("127.0.0.1:65536", "65535"), ("127.0.0.1:x", "65535"),
                ("127.0.0.1:80x", "65535"), ("127.0.0.1:-1", "65535"),
                ("a=", "HOST:PORT"), ("a=127.0.0.1", "HOST:PORT"),
                ("=127.0.0.1:1", "NAME"), ("a=127.0.0.1:1@", "WEIGHT"),
                ("[::1:80", r"\[IPv6\]"), ("[::1]", "HOST:PORT|65535"),
                ("nowhere.invalid:1", "address")):
            self.fails((64, 65), ("--to", re.escape(value), how),
                       "serve", "--to", value, *QUIET)
        for value in ("", "127.0.0.1:1,", ",127.0.0.1:1",
                      "127.0.0.1:1,,127.0.0.1:2"):
            self.fails((64, 65), ("--to", "HOST:PORT"), "serve", "--to",
                       value, *QUIET)

    def test_a_bad_weight_names_the_range(self):
        for weight in ("1000", "-1", "x", "1.5", "99999999999999999999",
                       "0x5", "+5"):
            self.fails((64, 65), ("--to", re.escape(weight), "999"),
                       "serve", "--to", "a=127.0.0.1:1@" + weight, *QUIET)

    def test_two_weights_for_one_group_are_refused(self):
        self.fails((64, 65), ("--to", r"\ba\b|'a'", "weight"), "serve",
                   "--to", "a=127.0.0.1:1@5,a=127.0.0.1:2@6", *QUIET)

    def test_a_bad_attribute_value_says_what_is_allowed(self):
        for key, value, words in (
                ("idle_timeout.timeout_seconds", "0", ("4000",)),
                ("idle_timeout.timeout_seconds", "4001", ("4000",)),
                ("idle_timeout.timeout_seconds", "ten", ("4000",)),
                ("idle_timeout.timeout_seconds", "", ("4000",)),
                ("idle_timeout.timeout_seconds", "5s", ("4000",)),
                ("client_keep_alive.seconds", "59", ("60", "604800")),
                ("client_keep_alive.seconds", "604801", ("60", "604800")),
                ("routing.http.xff_header_processing.mode", "add",
                 ("append", "preserve", "remove")),
                ("routing.http.xff_client_port.enabled", "yes",
                 ("true", "false")),
                ("routing.http.preserve_host_header.enabled", "True",
                 ("true", "false")),
                ("routing.http.drop_invalid_header_fields.enabled", "1",
                 ("true", "false")),
                ("load_balancing.algorithm.type", "random",
                 ("round_robin", "least_outstanding_requests"))):
            self.fails(65, (re.escape(key), re.escape(value)) + words,
                       "serve", *TO, *QUIET, "--attribute",
                       "%s=%s" % (key, value))

    def test_an_unknown_attribute_comes_with_a_suggestion(self):
        self.fails((64, 65), ("idle_timeout.timeout_second",
                              "idle_timeout.timeout_seconds"),
                   "serve", *TO, *QUIET, "--attribute",
                   "idle_timeout.timeout_second=5")
        self.fails((64, 65), ("round", "KEY=VALUE"), "serve", *TO, *QUIET,
                   "--attribute", "round")

    def test_other_bad_values_say_what_is_allowed(self):
        for option, value, words in (
                ("--listen", "65536", ("65535",)), ("--listen", "x", ()),
                ("--listen", "-1", ()), ("--workers", "0", ()),
                ("--workers", "x", ()), ("--retry", "always",
                                         ("off", "safe")),
                ("--log-level", "loud", ("error", "debug")),
                ("--log-format", "xml", ("text", "json")),
                ("--drain-timeout", "x", ()), ("--drain-timeout", "-1", ()),
                ("--bind", "nowhere.invalid", ()), ("--bind", "1.2.3", ()),
                ("--api", "4566", ()), ("--api", "127.0.0.1:x", ())):
            self.fails((64, 65), (option, re.escape(value)) + words,
                       "serve", *TO, option, value,
                       *(QUIET[2:] if option == "--listen" else
                         QUIET[:2] if option == "--api" else QUIET))
        for option, value in (("--port", "x"), ("--port", "65536"),
                              ("--status", "99"), ("--status", "x"),
                              ("--size", "-1"), ("--delay", "x")):
            rest = () if option == "--port" else ("--port", "0")
            self.fails((64, 65), (option, re.escape(value)), "origin", *rest,
                       option, value)

    def test_a_port_that_is_taken_is_unavailable(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen(1)
            port = str(taken.getsockname()[1])
            self.fails(69, (port, "--listen|--bind", "in use"), "serve", *TO,
                       "--listen", port, "--api", "off")
            self.fails(69, (port, "--api", "is taken"), "serve", *TO,
                       "--listen", "0", "--api", "127.0.0.1:" + port)
            self.fails(69, (port, "in use"), "origin", "--port", port)

    def test_two_servers_never_share_a_port_silently(self):
        first = Sluice("127.0.0.1:9")
        try:
            self.fails(69, (str(first.port),), "serve", *TO, "--listen",
                       str(first.port), "--api", "off")
        finally:
            first.stop()

    def test_an_address_that_is_not_ours_is_unavailable(self):
        self.fails(69, (r"192\.0\.2\.1",), "serve", *TO, *QUIET, "--bind",
                   "192.0.2.1")


class Start(unittest.TestCase):

    def test_stdout_is_listener_api_ready_and_nothing_else(self):
        with Origin() as origin:
            sluice = Sluice([origin])
            with sluice.client() as client:
                client.ask("/")
            sluice.stop()
            self.assertEqual(sluice.lines, [
                "listener http://127.0.0.1:%d" % sluice.port,
                "api http://127.0.0.1:%d" % sluice.api_port, "ready"])

    def test_the_api_can_be_off(self):
        with Origin() as origin:
            sluice = Sluice([origin], api="off")
            with sluice.client() as client:
                self.assertEqual(client.ask("/x").body, b"GET /x")
            sluice.stop()
            self.assertEqual(len(sluice.lines), 2)

    def test_the_log_may_be_json_lines(self):
        import json
        with Origin() as origin:
            sluice = Sluice([origin], "--log-format", "json", "--log-level",
                            "debug")
            with sluice.client() as client:
                client.ask("/")
            sluice.stop()
            self.assertTrue(sluice.log)
            for line in sluice.log:
                self.assertIsInstance(json.loads(line), dict, line)

    def test_options_may_be_joined_by_an_equals_sign(self):
        child = Process("serve", "--to=127.0.0.1:9", "--listen=0",
                        "--api=off")
        child.stop()

    def test_port_shorthand_means_this_machine(self):
        with Origin() as origin:
            sluice = Sluice(":%d" % origin.port)
            with sluice.client() as client:
                self.assertEqual(client.ask("/x").body, b"GET /x")
            sluice.stop()

    def test_a_name_is_resolved(self):
        with Origin() as origin:
            sluice = Sluice("localhost:%d" % origin.port)
            with sluice.client() as client:
                self.assertEqual(client.ask("/x").body, b"GET /x")
            sluice.stop()


if __name__ == "__main__":
    rig.main()

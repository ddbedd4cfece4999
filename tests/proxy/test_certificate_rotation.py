#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates of HTTPS listeners that change while they are served."""
import os
import signal
import threading
import unittest

import certificates
import rig
from https import ANYBODY, GET, Connection, shown, simple
from stack import Served, Stack, fixed


class Rotation(unittest.TestCase):
    """Files that change while they are served."""

    def setUp(self):
        self.folder = certificates.Folder()
        self.addCleanup(self.folder.close)
        self.ca = self.folder.authority()
        self.cert = os.path.join(self.folder.path, "live.pem")
        self.key = os.path.join(self.folder.path, "live.key")
        self.first = self.ca.issue("a.test")
        self.put(self.first)
        self.served = Served(simple(), "--certificate",
                             "Web=%s,%s" % (self.cert, self.key), workers=2)
        self.addCleanup(self.served.stop)

    def put_file(self, path, source):
        certificates.write(path + ".new", certificates.read(source))
        os.rename(path + ".new", path)

    def put(self, pair):
        self.put_file(self.cert, pair.chain)
        self.put_file(self.key, pair.key)

    def await_shown(self, pair):
        rig.until(lambda: shown(self.served, "a.test") == pair.der(),
                  lambda: "the new certificate: " + self.served.story(),
                  pause=0.02)

    def test_a_new_pair_is_served_without_a_signal(self):
        pair = self.ca.issue("a.test", key="rsa")
        self.put(pair)
        self.await_shown(pair)
        self.served.says(
            "certificate %s was read again: a.test, until " % self.cert, 1)

    def test_no_request_fails_while_certificates_change(self):
        failures, asked, end = [], [0], threading.Event()
        context = certificates.client_context(self.ca)

        def ask_on():
            kept = Connection(self.served, context, "a.test")
            while not end.is_set():
                try:
                    kept.ask()
                    with Connection(self.served, context, "a.test") as fresh:
                        fresh.ask()
                    asked[0] += 1
                except Exception as error:  # pylint: disable=broad-except
                    failures.append(repr(error))
                    break
            kept.__exit__()

        threads = [threading.Thread(target=ask_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(4):
                pair = self.ca.issue("a.test")
                before = asked[0]
                self.put(pair)
                self.served.signal(signal.SIGHUP)
                self.await_shown(pair)
                rig.until(lambda: asked[0] > before + 5 or failures, "load")
        finally:
            end.set()
            for thread in threads:
                thread.join(rig.PATIENCE)
        self.assertEqual([], failures)

    def test_a_bad_pair_is_refused_and_the_old_one_stays(self):
        certificates.write(self.cert, "nothing")
        said = "%s has no certificate in PEM" % self.cert
        rig.until(lambda: self.served.log_count(said), "the refusal")
        self.served.says(
            "; what was read before "
            "goes on", 1)
        self.assertEqual(self.first.der(), shown(self.served, "a.test"))
        pair = self.ca.issue("a.test")
        self.put(pair)
        self.await_shown(pair)
        self.served.says(said, 1)

    def test_a_pair_of_which_one_half_came_is_awaited(self):
        pair = self.ca.issue("a.test")
        self.put_file(self.cert, pair.chain)
        rig.until(lambda: self.served.log_count(
            "%s is not the private key of the certificate in %s" % (
                self.key, self.cert)), "the refusal")
        self.assertEqual(self.first.der(), shown(self.served, "a.test"))
        self.put_file(self.key, pair.key)
        self.await_shown(pair)

    def test_files_that_are_gone_are_served_on(self):
        os.unlink(self.key)
        rig.until(lambda: self.served.log_count(self.key + ": cannot be "
                                                "opened"), "the complaint")
        self.assertEqual(self.first.der(), shown(self.served, "a.test"))
        self.served.signal(signal.SIGHUP)
        rig.until(lambda: self.served.log_count(
            self.key + ": cannot be opened") == 2, "HUP asks again")
        self.assertEqual(self.first.der(), shown(self.served, "a.test"))

    def test_a_connection_keeps_what_it_began_with(self):
        with Connection(self.served, ANYBODY, "a.test") as connection:
            pair = self.ca.issue("a.test")
            self.put(pair)
            self.await_shown(pair)
            self.assertEqual(b"hello", connection.ask())
            self.assertEqual(self.first.der(), connection.der())

    @unittest.skipIf(rig.ALONE, "needs the supervisor")
    def test_after_a_crash_what_ran_runs_where_the_files_are_gone(self):
        second = self.ca.issue("a.test")
        self.put(second)
        self.await_shown(second)
        os.unlink(self.cert)
        rig.until(lambda: self.served.log_count(self.cert), "the complaint")
        before = self.served.serving_pid
        os.kill(before, signal.SIGKILL)
        rig.until(lambda: self.served.serving_pid not in
                  (before, self.served.pid), "another process")
        self.assertEqual(second.der(), shown(self.served, "a.test"))
        third = self.ca.issue("a.test")
        self.put(third)
        self.await_shown(third)

    @unittest.skipIf(rig.ALONE, "needs the supervisor")
    def test_an_upgrade_serves_the_files_as_they_are(self):
        before = self.served.serving_pid
        with Connection(self.served, ANYBODY, "a.test") as connection:
            self.served.signal(signal.SIGUSR2)
            rig.until(lambda: self.served.serving_pid != before, "another")
            pair = self.ca.issue("a.test")
            self.put(pair)
            self.await_shown(pair)
            self.assertEqual(b"hello", connection.ask())

    def test_a_listener_turns_to_HTTPS_and_back(self):
        plain = Stack()
        plain.listener("Web", 443, fixed(200, "hello"))
        port = self.served.listeners["Web"]
        with Connection(self.served, ANYBODY, "a.test") as connection:
            self.served.reload(plain)
            with rig.Client(*port) as client:
                client.send(GET)
                self.assertEqual(b"hello", client.response("GET").body)
                self.served.reload(simple())
                self.assertEqual(self.first.der(), shown(self.served))
                client.send(GET)
                self.assertEqual(b"hello", client.response("GET").body)
            self.assertEqual(b"hello", connection.ask())


if __name__ == "__main__":
    rig.main()

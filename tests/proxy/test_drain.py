#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGTERM and SIGINT: nothing that connected is lost, and exit 0."""
import errno
import os
import signal
import socket
import threading
import time
import unittest

import rig
from rig import Origin, Sluice, head, until
from stack import Served, Stack, fixed

REQUEST = head(method="GET", target="/drain")


class Drain(unittest.TestCase):

    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.close)

    def run_with(self, *options, workers=2, drain=3 * int(rig.PATIENCE)):
        sluice = Sluice([self.origin], *options, workers=workers, drain=drain)
        self.addCleanup(lambda: sluice.child.stdout.closed or sluice.kill())
        return sluice

    def test_queued_connections_are_answered_after_term(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                sluice = self.run_with()
                with sluice.client() as client:
                    client.ask("/warm")
                # The process sleeps while the kernel takes connections in.
                sluice.freeze()
                clients = [sluice.client() for _ in range(60)]
                for client in clients[:40]:
                    client.send(REQUEST)
                sluice.signal(number)
                sluice.signal(signal.SIGCONT)
                for client in clients[:40]:
                    answer = client.response()
                    self.assertEqual(answer.status, 200)
                    # A worker may have answered before it heard of the end;
                    # the connection ends all the same.
                    self.assertIn(answer.get("Connection"),
                                  ("close", "keep-alive"))
                    self.assertEqual(client.eof(), "fin")
                # The others said nothing: they may be closed, not reset.
                for client in clients[40:]:
                    self.assertEqual(client.rest(), b"")
                    self.assertEqual(client.end, "fin")
                self.assertEqual(sluice.wait(), 0)

    def test_term_under_load_resets_nobody_who_connected(self):
        sluice = self.run_with()
        failures, answered, refused = [], [0], threading.Event()

        def load():
            while not refused.is_set():
                began = time.monotonic()
                try:
                    client = rig.reach(sluice.host, sluice.port, rig.OVER)
                except OSError as error:
                    if error.errno != errno.ECONNREFUSED:
                        failures.append(error)
                    refused.set()
                    return
                silent = time.monotonic() - began
                try:
                    client.send(REQUEST)
                    silent = time.monotonic() - began
                    if client.response().status != 200:
                        failures.append("status")
                    answered[0] += 1
                except (OSError, AssertionError) as error:
                    # Who says nothing for a second may be closed.
                    if silent < 0.5:
                        failures.append(error)
                finally:
                    client.close()
        threads = [threading.Thread(target=load, daemon=True) for _ in range(6)]
        for thread in threads:
            thread.start()
        until(lambda: answered[0] > 200, "load to run")
        sluice.signal(signal.SIGTERM)
        end = time.monotonic() + rig.PATIENCE
        for thread in threads:
            thread.join(max(0, end - time.monotonic()))
        still = not refused.is_set()
        refused.set()
        self.assertFalse(still, "it still accepts")
        self.assertEqual(failures, [])
        self.assertEqual(sluice.wait(), 0)

    def test_a_request_in_flight_is_finished(self):
        go = threading.Event()

        def slow(conn):
            conn.read_request()
            conn.hold(go)
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
            time.sleep(0.05)
            conn.send(b"67890")
            conn.wait_close()
        self.origin.script = slow
        sluice = self.run_with()
        with sluice.client() as client:
            client.send(REQUEST)
            until(lambda: self.origin.requests, "the request in flight")
            sluice.signal(signal.SIGTERM)
            until(lambda: self.refuses(sluice), "new ones to be refused")
            self.assertTrue(sluice.alive())
            go.set()
            answer = client.response()
            self.assertEqual(answer.body, b"1234567890")
            self.assertEqual(answer.get("Connection"), "close")
            self.assertEqual(client.eof(), "fin")
        self.assertEqual(sluice.wait(), 0)

    def refuses(self, sluice):
        """True when the port is closed. A connection that was still queued
        is left as any client would leave it."""
        with socket.socket() as sock:
            return sock.connect_ex(
                (sluice.host, sluice.port)) == errno.ECONNREFUSED

    def test_an_upload_in_flight_is_finished(self):
        sluice = self.run_with()
        with sluice.client() as client:
            client.send(head("Content-Length: 10") + b"12345")
            until(lambda: any(b"12345" in c.raw for c in self.origin.conns),
                  "half the upload")
            sluice.signal(signal.SIGTERM)
            until(lambda: self.refuses(sluice), "new ones to be refused")
            client.send(b"67890")
            answer = client.response()
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.get("Connection"), "close")
            client.eof()
        self.assertEqual(self.origin.requests[-1].body, b"1234567890")
        self.assertEqual(sluice.wait(), 0)

    def test_idle_connections_are_closed_and_hold_nothing_up(self):
        sluice = self.run_with()
        clients = [sluice.client() for _ in range(10)]
        for client in clients[:5]:
            client.ask("/")
        sluice.signal(signal.SIGTERM)
        for client in clients:
            self.assertEqual(client.eof(), "fin")
        self.assertEqual(sluice.wait(), 0)

    def test_a_second_term_ends_it_at_once(self):
        self.origin.script = lambda conn: conn.wait_close()
        sluice = self.run_with()
        with sluice.client() as client:
            client.send(REQUEST)
            until(lambda: self.origin.conns and self.origin.conns[0].raw,
                  "the request in flight")
            sluice.signal(signal.SIGTERM)
            until(lambda: self.refuses(sluice), "new ones to be refused")
            self.assertTrue(sluice.alive())
            sluice.signal(signal.SIGTERM)
            sluice.wait()

    def test_the_drain_timeout_bounds_the_wait(self):
        self.origin.script = lambda conn: conn.wait_close()
        sluice = self.run_with(drain=1)
        with sluice.client() as client:
            client.send(REQUEST)
            until(lambda: self.origin.conns and self.origin.conns[0].raw,
                  "the request in flight")
            started = time.monotonic()
            sluice.signal(signal.SIGTERM)
            sluice.wait()
            self.assertGreater(time.monotonic() - started, 0.8)

    @unittest.skipIf(rig.SLUICE and rig.sanitized(),
                     "LeakSanitizer needs a descriptor to read /proc")
    def test_a_lack_of_descriptors_does_not_hold_up_the_end(self):
        for most in (3, None):      # none at all; all of them in use
            with self.subTest(most):
                server = Served(Stack().listener("Web", 80, fixed(200, "")))
                self.addCleanup(lambda s=server: s.child.stdout.closed or
                                s.kill())
                server.limit_files(most or server.fds() + 3)
                clients = [server.client() for _ in range(12)]
                server.signal(signal.SIGTERM)
                self.assertEqual(server.wait(), 0)
                for client in clients:
                    client.close()

    def test_requests_pipelined_before_term_are_all_answered(self):
        sluice = self.run_with()
        with sluice.client() as client:
            client.ask("/warm")
            sluice.freeze()
            client.send(REQUEST * 5)
            sluice.signal(signal.SIGTERM)
            sluice.signal(signal.SIGCONT)
            # As many as are answered before the one that says close.
            answers = []
            while len(answers) < 5 and (
                    not answers or answers[-1].get("Connection") != "close"):
                answers.append(client.response())
            self.assertTrue(all(a.status == 200 for a in answers))
            client.rest()
        self.assertEqual(sluice.wait(), 0)

    def test_the_port_can_be_taken_again_at_once(self):
        # An address that no other test uses: nobody takes the port meanwhile.
        pid = os.getpid()
        mine = ("--bind", "127.%d.%d.%d" % (
            1 + (pid >> 16) % 250, pid >> 8 & 255, 1 + pid % 250))
        sluice = self.run_with(*mine)
        with sluice.client() as client:
            client.ask("/")
            sluice.signal(signal.SIGTERM)
            self.assertEqual(sluice.wait(), 0)
        again = Sluice([self.origin], *mine, listen=sluice.port)
        try:
            with again.client() as client:
                self.assertEqual(client.ask("/x").body, b"GET /x")
        finally:
            again.stop()


if __name__ == "__main__":
    rig.main()

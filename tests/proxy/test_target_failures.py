#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Targets that refuse, reset, close or lie, and --retry."""
import re
import signal
import socket
import threading

import rig
from rig import Closed, Cut, Origin, head, respond, until


def serve_once_then(end):
    """Keep-alive for one request; `end(conn)` when a second one arrives."""
    def script(conn):
        conn.send(conn.origin.answer(conn.read_request()))
        conn.read_head()
        end(conn)
    return script


class Fresh(rig.ProxyCase):
    """Failures of a fresh connection: 502, once."""

    def fails(self, script, cut=False):
        self.target_does(script)
        before = len(self.origin.conns)
        with self.client() as client:
            if cut:
                client.send(head(method="GET"))
                with self.assertRaises(Cut):
                    client.response()
            else:
                self.assertPage(client.ask("/"), 502)
        self.assertEqual(len(self.origin.conns) - before, 1,
                         "a fresh failure is not repeated")

    def test_a_reset_before_the_first_byte_is_502(self):
        def script(conn):
            conn.read_request()
            conn.rst()
        self.fails(script)

    def test_a_reset_at_accept_is_502(self):
        self.fails(lambda conn: conn.rst())

    def test_a_close_at_accept_is_502(self):
        self.fails(lambda conn: conn.fin())

    def test_a_close_before_the_first_byte_is_502(self):
        self.fails(lambda conn: conn.read_request())

    def test_a_close_inside_the_head_is_502(self):
        for part in (b"H", b"HTTP/1.1 200 OK\r\n",
                     b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"):
            with self.subTest(part):
                def script(conn, part=part):
                    conn.read_request()
                    conn.send(part)
                self.fails(script)

    def test_an_end_inside_the_body_cuts_the_client(self):
        for how in ("fin", "rst"):
            for raw in (b"Content-Length: 10\r\n\r\n12345",
                        b"Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
                        b"Transfer-Encoding: chunked\r\n\r\n5\r\n12"):
                with self.subTest((how, raw)):
                    go = threading.Event()

                    def script(conn, how=how, raw=raw, go=go):
                        conn.read_request()
                        conn.send(b"HTTP/1.1 200 OK\r\n" + raw)
                        conn.hold(go)
                        getattr(conn, how)()
                    self.target_does(script)
                    with self.client() as client:
                        client.send(head(method="GET"))
                        answer = client.head(
                            rig.time.monotonic() + rig.PATIENCE)
                        self.assertEqual(answer.status, 200)
                        go.set()
                        data = client.rest()
                        self.assertNotIn(b"0\r\n\r\n", data)
                        self.assertLess(len(data), 10 + 8)

    def test_a_malformed_answer_is_502(self):
        def script(conn):
            conn.read_request()
            conn.send(b"Hello?\r\n\r\n")
            conn.wait_close()
        self.fails(script)

    def test_failures_are_counted(self):
        before = self.sluice.metric("sluice_elb_5xx_total")
        self.test_a_close_before_the_first_byte_is_502()
        until(lambda: self.sluice.metric("sluice_elb_5xx_total") ==
              before + 1, "a 5xx of our own in the metrics")


class Refused(rig.ProxyCase):

    def test_one_dead_target_fails_alone_and_the_other_serves(self):
        dead = Closed()
        sluice = self.start("a=%s@1,b=%s@1" % (self.origin.address,
                                               dead.address))
        try:
            found = set()
            with sluice.client() as client:
                for _ in range(60):
                    answer = client.ask("/")
                    found.add(answer.status)
                    if answer.get("Connection") == "close":
                        client.eof()
                        client.__init__(sluice.host, sluice.port)
            self.assertEqual(found, {200, 502})
        finally:
            sluice.stop()
            dead.close()

    def test_a_target_that_comes_back_is_served_again(self):
        gone = Closed()
        sluice = self.start([gone])
        try:
            with sluice.client() as client:
                self.assertEqual(client.ask("/").status, 502)
            with Origin(bound=gone.sock), sluice.client() as client:
                self.assertEqual(client.ask("/x").body, b"GET /x")
        finally:
            sluice.stop()


class PooledOff(rig.ProxyCase):
    """--retry off, ALB's own way."""
    end = staticmethod(lambda conn: conn.fin())

    def pair(self, method="GET", body=b"", headers=(), end=None):
        """A request that leaves a pooled connection, then one that finds it
        closing; the second answer."""
        self.target_does(serve_once_then(end or self.end))
        with self.client() as client:
            self.assertEqual(client.ask("/first").status, 200)
        self.before = len(self.origin.conns)
        self.origin.script = Origin.serve
        with self.client() as client:
            return client.ask("/second", method, headers, body)

    def test_a_pooled_connection_that_closes_is_502_and_not_repeated(self):
        for end in (lambda c: c.fin(), lambda c: c.rst()):
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
                with self.subTest(method):
                    answer = self.pair(method, end=end)
                    self.assertPage(answer, 502, None, method)
                    self.assertEqual(len(self.origin.conns), self.before)

    def test_it_is_explained_once_for_each_target_and_counted(self):
        name = "sluice_stale_target_connections_total"
        before = self.sluice.metric(name)
        for _ in range(5):
            self.assertEqual(self.pair().status, 502)
        until(lambda: self.sluice.metric(name) == before + 5,
              "the stale connections in the metrics")
        until(lambda: self.explained(), "an explanation in the log")
        self.assertEqual(len(self.explained()), 1, self.sluice.log)

    def explained(self):
        return [line for line in self.sluice.log
                if self.origin.address in line
                and re.search(r"keep-?alive", line, re.I)]

    def test_a_pooled_connection_closed_while_idle_is_not_used(self):
        self.target_does(lambda conn: conn.send(
            Origin.echo(conn.read_request())))
        for number in range(10):
            with self.client() as client:
                self.assertEqual(client.ask("/n").body, b"GET /n")
            conn = self.origin.requests[-1].conn
            until(lambda c=conn: c.done,
                  "the target to close")
            until(lambda: not self.sluice.metric("sluice_target_connections"),
                  "the proxy to see the close")

    def test_a_reset_in_one_event_with_the_answer_is_seen(self):
        def script(conn):
            conn.read_request()
            self.sluice.freeze()
            try:
                conn.send(respond(b"fine"))
                conn.rst()
            finally:
                self.sluice.signal(signal.SIGCONT)
        self.target_does(script)
        with self.client() as client:
            self.assertEqual(client.ask("/").body, b"fine")
        until(lambda: not self.sluice.metric("sluice_target_connections"),
              "the proxy to see the reset")


class PooledSafe(PooledOff):
    """--retry safe: once more, when the request may be repeated."""
    options = ("--retry", "safe")

    def test_a_pooled_connection_that_closes_is_502_and_not_repeated(self):
        for method, body in (("POST", b""), ("POST", b"body"),
                             ("PUT", b"body"), ("PATCH", b""),
                             ("DELETE", b"body"), ("XYZ", b"")):
            with self.subTest((method, body)):
                answer = self.pair(method, body)
                self.assertPage(answer, 502)
                self.assertEqual(len(self.origin.conns), self.before)

    def test_a_safe_request_is_repeated_once_on_a_fresh_connection(self):
        for end in (lambda c: c.fin(), lambda c: c.rst()):
            for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
                with self.subTest(method):
                    answer = self.pair(method, end=end)
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(len(self.origin.conns), self.before + 1)
                    request = self.origin.requests[-1]
                    self.assertEqual((request.method, request.target),
                                     (method, "/second"))

    def test_both_tries_carry_the_same_trace_id_and_one_client_address(self):
        self.pair(headers=["X-Forwarded-For: 10.1.1.1"])
        request = self.origin.requests[-1]
        self.assertEqual(request.all("X-Forwarded-For"),
                         ["10.1.1.1, 127.0.0.1"])
        self.assertEqual(len(request.all("X-Amzn-Trace-Id")), 1)
        first = bytes(self.origin.conns[self.before - 1].raw).decode()
        self.assertIn(request.get("X-Amzn-Trace-Id"), first)

    def test_a_second_failure_is_502(self):
        def fails(conn):
            conn.read_head()
        self.target_does(serve_once_then(self.end))
        with self.client() as client:
            self.assertEqual(client.ask("/first").status, 200)
        before = len(self.origin.conns)
        self.origin.script = fails
        with self.client() as client:
            self.assertPage(client.ask("/second"), 502)
        self.assertEqual(len(self.origin.conns), before + 1)

    def test_nothing_is_repeated_after_the_first_byte_of_an_answer(self):
        def one_byte(conn):
            conn.send(b"H")
            conn.fin()
        answer = self.pair(end=one_byte)
        self.assertPage(answer, 502)
        self.assertEqual(len(self.origin.conns), self.before)

    def test_it_is_explained_once_for_each_target_and_counted(self):
        before = self.sluice.metric("sluice_retries_total")
        for _ in range(5):
            self.assertEqual(self.pair().status, 200)
        until(lambda: self.explained(), "an explanation in the log")
        self.assertEqual(len(self.explained()), 1, self.sluice.log)
        until(lambda: self.sluice.metric("sluice_retries_total") ==
              before + 5, "the repeats in the metrics")


class ClosesWithItsAnswer(rig.ProxyCase):
    """A target that closes each time without a word, as many do that have no
    keep-alive: the end comes in the packet of the answer's last byte."""

    def setUp(self):
        self.target_does(self.answer_and_close)

    @staticmethod
    def answer_and_close(conn):
        request = conn.read_request()
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        conn.send(Origin.echo(request))
        conn.half_close()

    def test_pipelined_requests_each_get_a_fresh_connection(self):
        before = len(self.origin.conns)
        for _ in range(20):
            with self.client() as client:
                client.send(b"".join(head(method="GET", target="/%d" % n)
                                     for n in range(5)))
                for n in range(5):
                    answer = client.response()
                    self.assertEqual((answer.status, answer.body),
                                     (200, b"GET /%d" % n))
        self.assertEqual(len(self.origin.conns) - before, 100)

    def test_requests_of_other_clients_each_get_a_fresh_connection(self):
        before, wrong = len(self.origin.conns), []

        def worker(number):
            with self.client() as client:
                for n in range(40):
                    target = "/%d-%d" % (number, n)
                    answer = client.ask(target)
                    if answer.body != b"GET " + target.encode():
                        wrong.append(answer)
        threads = [threading.Thread(target=worker, daemon=True, args=(n,))
                   for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(rig.PATIENCE)
            self.assertFalse(thread.is_alive())
        self.assertEqual(wrong, [])
        self.assertEqual(len(self.origin.conns) - before, 12 * 40)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Deadlines: idle_timeout on both sides, connect timeout (408, 504)."""
import socket
import threading
import time

import rig
from rig import Cut, Origin, Sluice, Steady, head, until


class Blackhole:
    """A port whose backlog is full: connects hang."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(self.listener.getsockname())
            self.fillers.append(sock)

    def close(self):
        for sock in self.fillers + [self.listener]:
            sock.close()


class ConnectTimeout(threading.Thread):
    """Takes 10 s; runs beside the other tests of this file."""

    def __init__(self):
        super().__init__(daemon=True)
        self.hole, self.answer, self.took = Blackhole(), None, None
        self.sluice = Sluice([self.hole])
        self.start()

    def run(self):
        with self.sluice.client(timeout=10 + rig.PATIENCE) as client:
            started = time.monotonic()
            try:
                self.answer = client.ask("/")
            except AssertionError as error:
                self.answer = error
            self.took = time.monotonic() - started


# alb.md 10: 97
class Deadlines(rig.ProxyCase):
    attributes = {"idle_timeout.timeout_seconds": 1}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(super().tearDownClass)
        cls.connecting = ConnectTimeout()
        cls.addClassCleanup(cls.connecting.hole.close)
        cls.addClassCleanup(cls.connecting.sluice.stop)

    @classmethod
    def tearDownClass(cls):
        """The cleanups do it, also after a skip."""

    def setUp(self):
        self.origin.script = Origin.serve
        self.started = time.monotonic()

    def assertNotEarly(self):
        """`started` must lie before whatever set the timer. That it comes at
        all is what the client waits for."""
        self.assertGreater(time.monotonic() - self.started, 0.9)

    def once(self, script):
        self.target_does(script)
        self.started = time.monotonic()

    def test_a_silent_connection_is_closed_without_a_word(self):
        with self.client() as client:
            self.assertEqual(client.rest(), b"")
            self.assertNotEarly()

    def test_an_idle_kept_connection_is_closed_without_a_word(self):
        with self.client() as client:
            client.ask("/")
            self.started = time.monotonic()
            client.ask("/")
            self.assertEqual(client.rest(), b"")
            self.assertNotEarly()

    def test_an_idle_pooled_target_connection_is_closed(self):
        with self.client() as client:
            client.ask("/")
        conn = self.origin.requests[-1].conn
        until(conn.peer_closed.is_set, "the pooled connection to be closed")
        self.assertNotEarly()

    def test_a_head_that_does_not_end_gets_408(self):
        for part in (b"G", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n"):
            with self.subTest(part), self.client() as client:
                self.started = time.monotonic()
                client.send(part)
                self.assertPage(client.response(), 408, "close")
                client.eof()
                self.assertNotEarly()

    def test_a_body_that_stalls_gets_408(self):
        with self.client() as client:
            client.send(head("Content-Length: 5") + b"12")
            self.assertPage(client.response(), 408, "close")
            client.eof()
            self.assertNotEarly()

    def test_a_silent_target_gets_the_client_504(self):
        def silent(conn):
            conn.read_request()
            conn.wait_close()
        self.once(silent)
        before = len(self.origin.conns)
        with self.client() as client:
            client.send(head(method="GET"))
            self.assertPage(client.response(), 504)
            self.assertNotEarly()
        conn = self.origin.conns[before]
        until(conn.peer_closed.is_set, "the silent target to be left")

    def test_half_a_head_of_the_target_gets_the_client_504(self):
        def silent(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nX:")
            conn.wait_close()
        self.once(silent)
        with self.client() as client:
            client.send(head(method="GET"))
            self.assertPage(client.response(), 504)
            self.assertNotEarly()

    def test_a_target_that_stops_inside_its_body_cuts_the_client(self):
        for framing, part in ((b"Content-Length: 10", b"12345"),
                              (b"Transfer-Encoding: chunked",
                               b"5\r\n12345\r\n")):
            def stops(conn, framing=framing, part=part):
                conn.read_request()
                conn.send(b"HTTP/1.1 200 OK\r\n%s\r\n\r\n%s" % (framing, part))
                conn.wait_close()
            self.once(stops)
            with self.subTest(framing), self.client() as client:
                client.send(head(method="GET"))
                with self.assertRaises(Cut):
                    client.response()
                self.assertNotEarly()

    def test_a_target_that_answers_slowly_but_steadily_is_heard(self):
        raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        for pace in Steady.runs():
            def slow(conn, pace=pace):
                conn.read_request()
                for at in range(len(raw)):
                    conn.send(raw[at:at + 1])
                    pace.pause()
                conn.wait_close()
            self.once(slow)
            with pace, self.client() as client:
                client.send(head(method="GET"))
                self.assertEqual(client.response().body, b"ok")
                self.assertGreater(time.monotonic() - self.started, 1.5)

    def test_a_connect_that_hangs_gets_504_after_10_seconds(self):
        self.connecting.join(20 + rig.PATIENCE)
        self.assertIsInstance(self.connecting.answer, rig.Response)
        self.assertPage(self.connecting.answer, 504)
        self.assertGreater(self.connecting.took, 9)


class SlowUploads(rig.ProxyCase):
    """A target that takes little at a time: the kernel reports room for more
    only when a third of its buffer is free, long after the idle timeout."""
    attributes = {"idle_timeout.timeout_seconds": 2}
    SIZE = 12 << 20

    @classmethod
    def setUpClass(cls):
        # Small, so that the kernel acknowledges what is read at once: what
        # it keeps to itself, nobody can see.
        cls.origin = Origin(rcvbuf=32 * 1024)
        cls.sluice = cls.start([cls.origin])

    def upload(self, script):
        """The answer to a large upload, and how long it took."""
        self.target_does(script)
        with self.client(timeout=2 * rig.PATIENCE) as client:
            started = time.monotonic()
            client.send(head("Content-Length: %d" % self.SIZE))
            sender = threading.Thread(target=client.push, daemon=True,
                                      args=(b"x" * self.SIZE,))
            sender.start()
            answer = client.response("POST")
            took = time.monotonic() - started
        sender.join(rig.PATIENCE)
        return answer, took

    def test_a_target_that_takes_an_upload_slowly_but_steadily_gets_it(self):
        for pace in Steady.runs():
            def slow(conn, pace=pace):
                conn.read_head()
                got = len(conn.buf)
                conn.keep_raw = False
                end = time.monotonic() + 5.5
                while got < self.SIZE:
                    if time.monotonic() < end:
                        pace.pause()
                        got += len(conn.fill(8192))
                    else:
                        got += len(conn.fill())
                conn.send(rig.respond(b"%d" % got))
                conn.wait_close()
            with pace:
                answer, took = self.upload(slow)
                self.assertEqual((answer.status, answer.body),
                                 (200, b"%d" % self.SIZE))
                self.assertGreater(took, 5.4)

    def test_a_target_that_stops_taking_an_upload_gets_the_client_504(self):
        stop = threading.Event()

        def stops(conn):
            conn.read_head()
            conn.keep_raw = False
            for _ in range(10):
                time.sleep(0.045)
                conn.fill(8192)
            conn.hold(stop)
        answer, took = self.upload(stops)
        stop.set()
        self.assertPage(answer, 504)
        self.assertGreater(took, 1.9)


# alb.md 10: 97
class ClientGone(rig.ProxyCase):

    def test_a_client_that_resets_while_waiting_is_counted_as_460(self):
        def silent(conn):
            conn.read_request()
            conn.wait_close()
        self.origin.script = silent
        before = self.sluice.metric("sluice_client_aborts_total")
        client = self.client()
        client.send(head(method="GET"))
        until(lambda: self.origin.requests, "the request at the target")
        client.rst()
        conn = self.origin.requests[-1].conn
        until(conn.peer_closed.is_set, "the target to be dropped")
        until(lambda: self.sluice.metric("sluice_client_aborts_total") ==
              before + 1, "a 460 in the metrics")

    def test_an_answer_for_a_client_that_closed_goes_nowhere_and_harms_nobody(self):
        go = rig.threading.Event()

        def late(conn):
            conn.read_request()
            conn.hold(go)
            conn.send(rig.respond(b"x" * 300000))
            Origin.serve(conn)
        self.origin.script = late
        before = len(self.origin.requests)
        client = self.client()
        client.send(head(method="GET"))
        until(lambda: len(self.origin.requests) > before,
              "the request at the target")
        client.close()
        go.set()
        self.origin.script = Origin.serve
        with self.client() as other:
            self.assertEqual(other.ask("/x").body, b"GET /x")


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Upgrades and tunnels: row 14 of the attack list, ALB checklist 100."""
import hashlib
import random
import ssl
import threading
import time

import rig
from rig import GOOD, Origin, Steady, head, until

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
WEBSOCKET = head("Connection: Upgrade", "Upgrade: websocket", KEY,
                 "Sec-WebSocket-Version: 13", method="GET", target="/ws")
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
          b"Connection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"


def echo_tunnel(conn):
    """101, then every byte back."""
    conn.read_head()
    conn.send(SWITCH)
    if conn.buf:
        conn.send(bytes(conn.buf))
    while True:
        conn.send(conn.fill())


class Handshake(rig.ProxyCase):

    def setUp(self):
        self.origin.script = Origin.serve
        self.origin.answer = Origin.echo

    def test_a_websocket_handshake_passes_and_bytes_flow_both_ways(self):
        self.target_does(echo_tunnel)
        with self.client() as client:
            client.send(WEBSOCKET)
            answer = client.response()
            self.assertEqual(answer.status, 101)
            self.assertEqual(answer.get("Upgrade").lower(), "websocket")
            self.assertEqual(answer.get("Connection").lower(), "upgrade")
            self.assertEqual(answer.get("Sec-WebSocket-Accept"),
                             "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            deadline = time.monotonic() + rig.PATIENCE
            for word in (b"\x81\x85hello", b"\0" * 10, GOOD, b"\r\n\r\n"):
                client.send(word)
                self.assertEqual(client.take(len(word), deadline), word)
        seen = bytes(self.origin.conns[-1].raw)
        self.assertIn(b"\r\nUpgrade: websocket\r\n", seen)
        self.assertIn(b"\r\nConnection: Upgrade\r\n", seen)
        self.assertIn(KEY.encode(), seen)
        self.assertIn(b"\r\nX-Forwarded-For: 127.0.0.1\r\n", seen)

    def test_case_and_other_connection_tokens_do_not_matter(self):
        self.target_does(echo_tunnel)
        for lines in (("connection: upgrade", "upgrade: WebSocket"),
                      ("Connection: keep-alive, Upgrade",
                       "Upgrade: websocket"),
                      ("Connection: keep-alive", "Connection: UPGRADE",
                       "Upgrade: WEBSOCKET")):
            with self.subTest(lines), self.client() as client:
                client.send(head(*lines, KEY, method="GET"))
                self.assertEqual(client.response().status, 101)

    def test_bytes_that_come_with_the_101_reach_the_client(self):
        def eager(conn):
            conn.read_head()
            conn.send(SWITCH + b"first words")
            conn.wait_close()
        self.target_does(eager)
        with self.client() as client:
            client.send(WEBSOCKET)
            self.assertEqual(client.response().status, 101)
            self.assertEqual(client.take(
                11, time.monotonic() + rig.PATIENCE), b"first words")

    def test_early_bytes_are_held_until_the_101(self):
        go = threading.Event()
        early = []

        def late(conn):
            conn.read_head()
            conn.hold(go)
            early.append(len(conn.buf) + rig.unread(conn.sock))
            conn.send(SWITCH)
            while len(conn.buf) < 5:
                conn.fill()
            conn.send(b"got " + bytes(conn.buf))
            conn.wait_close()
        self.target_does(late)
        before = len(self.origin.conns)
        with self.client() as client:
            client.send(WEBSOCKET + b"EA")
            until(lambda: len(self.origin.conns) > before
                  and b"\r\n\r\n" in self.origin.conns[-1].raw,
                  "the handshake at the target")
            client.send(b"RLY")
            # Ask something else meanwhile: the proxy has had its turn.
            with self.client() as other:
                self.origin.script = Origin.serve
                for _ in range(5):
                    self.assertEqual(other.ask("/x").body, b"GET /x")
            go.set()
            self.assertEqual(client.response().status, 101)
            self.assertEqual(client.take(
                9, time.monotonic() + rig.PATIENCE), b"got EARLY")
        self.assertEqual(early, [0])

    def test_after_another_answer_than_101_early_bytes_are_no_request(self):
        for early in (b"", b"EARLY", SMUGGLED):
            with self.subTest(early):
                mark = self.origin.mark()
                with self.client() as client:
                    client.push(WEBSOCKET + early)
                    answer = client.response()
                    self.assertEqual((answer.status, answer.body),
                                     (200, b"GET /ws"))
                    self.assertEqual(answer.get("Connection"), "close")
                    client.eof()
                self.origin.settle()
                data = b"".join(d for _, d in self.origin.since(mark))
                self.assertEqual(data.count(b"\r\n\r\n"), 1, data)
                self.assertTrue(data.endswith(b"\r\n\r\n"), data)

    def test_a_refusal_of_the_target_passes(self):
        self.origin.answer = lambda r: rig.respond(b"no", 403, b"Forbidden")
        with self.client() as client:
            client.send(WEBSOCKET)
            answer = client.response()
            self.assertEqual((answer.status, answer.body), (403, b"no"))
            self.assertEqual(answer.get("Connection"), "close")
            client.eof()

    def test_other_upgrades_are_not_passed_on(self):
        for lines in (
                ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
                 "HTTP2-Settings: AAMAAABkAAQAAP__"),
                ("Connection: Upgrade", "Upgrade: TLS/1.0"),
                ("Connection: Upgrade", "Upgrade: HTTP/2.0"),
                ("Connection: Upgrade", "Upgrade: h2c, HTTP/3"),
                ("Connection: Upgrade", "Upgrade: xwebsocket"),
                ("Connection: Upgrade", "Upgrade:"),
                ("Connection: Upgrade",),
                ("Upgrade: websocket",),
                ("Upgrade: h2c",),
                ("Connection: HTTP2-Settings", "HTTP2-Settings: AAMA")):
            with self.subTest(lines):
                message = self.accepted(head(*lines, method="GET"), b"",
                                        "GET")
                names = [n for n, _ in message.fields]
                for name in (b"upgrade", b"connection", b"http2-settings"):
                    self.assertNotIn(name, names)

    def test_websocket_asked_in_another_way_is_no_upgrade(self):
        for method, version in (("POST", "HTTP/1.1"), ("HEAD", "HTTP/1.1"),
                                ("GET", "HTTP/1.0")):
            with self.subTest((method, version)):
                mark = self.origin.mark()
                with self.client() as client:
                    client.send(head("Connection: Upgrade",
                                     "Upgrade: websocket", KEY,
                                     method=method, version=version))
                    self.assertEqual(client.response(method).status, 200)
                message = self.messages(mark)[0][1]
                self.assertEqual(self.value(message, "Upgrade"), [])

    def test_h2c_is_never_passed_beside_websocket(self):
        for value in ("websocket, h2c", "h2c, websocket"):
            with self.subTest(value):
                mark = self.origin.mark()
                with self.client() as client:
                    client.send(head("Connection: Upgrade", "Upgrade: " +
                                     value, KEY, method="GET"))
                    self.assertEqual(client.response().status, 200)
                message = self.messages(mark)[0][1]
                self.assertNotIn("h2c", " ".join(
                    self.value(message, "Upgrade")))


class Tunnel(rig.ProxyCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.origin.script = echo_tunnel

    def open(self):
        client = self.client()
        client.send(WEBSOCKET)
        self.assertEqual(client.response().status, 101)
        return client

    def test_a_close_of_the_client_reaches_the_target(self):
        client = self.open()
        conn = self.origin.conns[-1]
        client.close()
        until(conn.peer_closed.is_set, "the target to see the close")

    def test_a_reset_of_the_client_reaches_the_target(self):
        client = self.open()
        conn = self.origin.conns[-1]
        client.rst()
        until(conn.peer_closed.is_set, "the target to see the reset")

    def test_the_last_bytes_before_a_half_close_arrive_and_are_answered(self):
        with self.open() as client:
            client.send(b"last words").half_close()
            self.assertEqual(client.rest(), b"last words")

    def test_a_close_of_the_target_reaches_the_client_after_its_bytes(self):
        def short(conn):
            conn.read_head()
            conn.send(SWITCH + b"bye")
        self.origin.script = short
        try:
            with self.open() as client:
                self.assertEqual(client.rest(), b"bye")
        finally:
            self.origin.script = echo_tunnel

    def test_a_reset_of_the_target_reaches_the_client(self):
        def broken(conn):
            conn.read_head()
            conn.send(SWITCH)
            conn.fill()
            conn.rst()
        self.origin.script = broken
        try:
            with self.open() as client:
                client.send(b"x")
                self.assertEqual(client.rest(), b"")
        finally:
            self.origin.script = echo_tunnel

    def test_8_mib_go_through_the_tunnel_and_back(self):
        data = random.Random(14).randbytes(1 << 20) * 8
        back = hashlib.sha256()
        with self.open() as client:
            self.origin.conns[-1].keep_raw = False
            sender = threading.Thread(target=client.push, args=(data,),
                                      daemon=True)
            sender.start()
            left, deadline = len(data), time.monotonic() + 4 * rig.PATIENCE
            while left:
                if not client.buf:
                    self.assertTrue(client.fill(deadline), client.end)
                left -= len(client.buf)
                back.update(client.buf)
                client.buf.clear()
            sender.join()
        self.assertEqual(back.hexdigest(), hashlib.sha256(data).hexdigest())

    def test_tunnels_leave_nothing_behind(self):
        self.open().close()
        fds, gauges = self.sluice.base()
        clients = [self.open() for _ in range(20)]
        for number, client in enumerate(clients):
            client.rst() if number % 2 else client.close()
        self.sluice.at_rest(fds, gauges)


class IdleTunnel(rig.ProxyCase):
    attributes = {"idle_timeout.timeout_seconds": 1}

    def test_an_idle_tunnel_is_closed_on_both_sides_and_a_busy_one_is_not(self):
        for pace in Steady.runs():
            self.target_does(echo_tunnel)
            with pace, self.client() as idle, self.client() as busy:
                self.one_idle_one_busy(idle, busy, pace)

    def one_idle_one_busy(self, idle, busy, pace):
        start = time.monotonic()
        idle.send(WEBSOCKET)
        self.assertEqual(idle.response().status, 101)
        left = self.origin.conns[-1]
        busy.send(WEBSOCKET)
        self.assertEqual(busy.response().status, 101)
        idle.sock.setblocking(False)
        while time.monotonic() < start + 2.2 or not idle.end:
            busy.send(b"ping")
            self.assertEqual(busy.take(
                4, time.monotonic() + rig.PATIENCE), b"ping")
            pace.pause()
            self.assertLess(time.monotonic(), start + rig.PATIENCE)
            try:
                if idle.end is None and not idle.sock.recv(10):
                    idle.end = "fin"
            except (BlockingIOError, ssl.SSLWantReadError):
                continue
            except ConnectionResetError:
                idle.end = "rst"
            self.assertGreater(time.monotonic() - start, 0.9)
        until(left.peer_closed.is_set,
              "the idle tunnel's target side to close")


class SlowTunnel(rig.ProxyCase):
    attributes = {"idle_timeout.timeout_seconds": 1}

    def test_a_slow_reader_keeps_its_tunnel_and_one_that_stops_loses_it(self):
        size = 12 << 20

        def flood(conn):
            conn.read_head()
            conn.send(SWITCH + b"x" * size)
            conn.half_close()
            conn.wait_close()
        for pace in Steady.runs():
            self.target_does(flood)
            # Small, so that the kernel acknowledges what is read at once.
            with pace, self.client(rcvbuf=32 * 1024) as slow, \
                    self.client(rcvbuf=32 * 1024) as stopped:
                self.one_slow_one_stopped(slow, stopped, size, pace)

    def one_slow_one_stopped(self, slow, stopped, size, pace):
        for client in (slow, stopped):
            client.send(WEBSOCKET)
            deadline = time.monotonic() + rig.PATIENCE
            self.assertEqual(client.head(deadline).status, 101)
        left = self.origin.conns[-1]
        start = time.monotonic()
        got = len(slow.buf)
        while time.monotonic() < start + 3.5 or \
                not left.peer_closed.is_set():
            pace.pause()
            data = slow.sock.recv(8192)
            self.assertTrue(data, "the slow reader's tunnel was closed "
                            "after %.1f s" % (time.monotonic() - start))
            self.assertLess(time.monotonic(), start + rig.PATIENCE,
                            "the target of the one that stopped was not left")
            got += len(data)
        slow.buf.clear()
        got += len(slow.rest())
        self.assertEqual((got, slow.end), (size, "fin"))
        self.assertLess(len(stopped.rest()), size)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that hold on: row 29 of the attack list, on a small scale (10,000
connections are the bench's matter)."""
import select
import socket
import time

import rig
from rig import Steady, head, respond, until

HELD = 300


class Crowd:
    """Many raw connections that are read and fed by one poll loop."""

    def __init__(self, sluice, count, first):
        self.socks, self.got, self.ended = {}, {}, {}
        self.poll, self.start = select.poll(), time.monotonic()
        for _ in range(count):
            sock = socket.create_connection((sluice.host, sluice.port))
            sock.sendall(first)
            sock.setblocking(False)
            self.socks[sock.fileno()] = sock
            self.got[sock.fileno()] = b""
            self.poll.register(sock, select.POLLIN)
        self.opened = time.monotonic()

    def turn(self, milliseconds):
        for fd, _ in self.poll.poll(milliseconds):
            try:
                data = self.socks[fd].recv(4096)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            self.got[fd] += data
            if not data:
                self.ended[fd] = time.monotonic()
                self.poll.unregister(fd)

    def feed(self, data):
        for fd, sock in self.socks.items():
            if fd not in self.ended:
                try:
                    sock.send(data)
                except OSError:
                    pass

    def close(self):
        for sock in self.socks.values():
            sock.close()


class SlowHeads(rig.ProxyCase):
    attributes = {"idle_timeout.timeout_seconds": 2}
    workers = 2

    def hold(self, first, drip):
        """Feed a crowd slowly; serve others meanwhile; watch it being shed."""
        with self.client() as client:
            client.ask("/warm")
        fds = self.sluice.fds()
        crowd = Crowd(self.sluice, HELD, first)
        meanwhile, fed = 0, 0
        try:
            end = crowd.opened + rig.PATIENCE
            while len(crowd.ended) < HELD and time.monotonic() < end:
                crowd.turn(20)
                if drip and time.monotonic() - fed > 0.2:
                    fed = time.monotonic()
                    crowd.feed(drip)
                with self.client() as client:
                    self.assertEqual(client.ask("/good").status, 200)
                crowd.turn(0)
                meanwhile += not crowd.ended
            self.assertEqual(len(crowd.ended), HELD, "not all were shed")
            # The deadline counts from each one's first byte.
            self.assertGreater(min(crowd.ended.values()) - crowd.start, 1.9)
        finally:
            crowd.close()
        self.assertGreater(meanwhile, 0, "others had to wait")
        until(lambda: self.sluice.fds() <= fds, "the descriptors to go back")
        return crowd

    # alb.md 10: 97
    def test_slow_heads_are_shed_with_408_at_an_absolute_deadline(self):
        crowd = self.hold(b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"y")
        for got in crowd.got.values():
            self.assertRegex(got, rig.page_pattern(408, b"close"))

    # alb.md 10: 97
    def test_slow_request_lines_are_shed_with_408(self):
        crowd = self.hold(b"GET /", b"a")
        for got in crowd.got.values():
            self.assertRegex(got, rig.page_pattern(408, b"close"))

    # alb.md 10: 97
    def test_silent_connections_are_closed_without_a_word(self):
        crowd = self.hold(b"", b"")
        self.assertEqual(set(crowd.got.values()), {b""})

    # alb.md 10: 97
    def test_a_slow_head_after_a_served_request_is_shed_too(self):
        with self.client() as client:
            client.ask("/one")
            started = time.monotonic()
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
            self.assertPage(client.response(), 408, "close")
            self.assertGreater(time.monotonic() - started, 1.9)
            client.eof()

    def test_held_heads_cost_little_memory(self):
        if rig.sanitized():
            self.skipTest("memory figures need a plain build")
        crowd = Crowd(self.sluice, HELD, b"GET / HTTP/1.1\r\nX: ")
        crowd.close()
        with self.client() as client:
            client.ask("/warm")
        before = self.sluice.rss()
        crowd = Crowd(self.sluice, HELD, b"GET / HTTP/1.1\r\nX: ")
        try:
            with self.client() as client:
                client.ask("/good")
            self.assertLess((self.sluice.rss() - before) / HELD, 8192)
        finally:
            crowd.close()


class SlowBodies(rig.ProxyCase):
    attributes = {"idle_timeout.timeout_seconds": 1}

    # alb.md 10: 97
    def test_a_body_that_stalls_gets_408_and_the_target_is_cut(self):
        for framing, part in (("Content-Length: 10", b"1"),
                              ("Transfer-Encoding: chunked", b"5\r\nhe")):
            with self.subTest(framing):
                mark = self.origin.mark()
                with self.client() as client:
                    started = time.monotonic()
                    client.send(head(framing) + part)
                    self.assertPage(client.response(), 408, "close")
                    self.assertGreater(time.monotonic() - started, 0.9)
                    client.eof()
                for conn, _ in self.origin.since(mark):
                    until(conn.peer_closed.is_set, "the target to be cut")
                self.assertNeverWhole(mark)

    def test_a_body_that_comes_slowly_but_steadily_is_served(self):
        for pace in Steady.runs():
            mark = self.origin.mark()
            with pace, self.client() as client:
                client.send(head("Content-Length: 48"))
                for _ in range(48):
                    client.send(b"s")
                    pace.pause()
                self.assertEqual(client.response().status, 200)
                self.assertEqual([m.body for _, m in self.messages(mark)],
                                 [b"s" * 48])


class SlowReaders(rig.ProxyCase):
    attributes = {"idle_timeout.timeout_seconds": 2}
    SIZE = 20 << 20

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        block = b"z" * 65536

        def serve(conn):
            while True:
                request = conn.read_request()
                if request.target == "/small":
                    conn.send(respond(b"small"))
                    continue
                conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" %
                          cls.SIZE)
                for _ in range(cls.SIZE // len(block)):
                    conn.send(block)
        cls.origin.script = serve

    def test_readers_that_stop_are_shed_and_the_others_are_served(self):
        with self.client() as client:
            self.assertEqual(client.ask("/small").body, b"small")
        fds, before = self.sluice.fds(), self.sluice.rss()
        clients = [self.client(rcvbuf=4096) for _ in range(20)]
        most = 0

        def shed():
            nonlocal most
            with self.client() as good:
                self.assertEqual(good.ask("/small").body, b"small")
            most = max(most, self.sluice.rss() - before)
            return self.sluice.fds() <= fds
        try:
            for client in clients:
                client.send(head(method="GET", target="/big"))
            until(shed, "the stopped readers to be shed", pause=0.02)
        finally:
            for client in clients:
                client.close()
        if not rig.sanitized():
            self.assertLess(most / len(clients), 600 * 1024)

    def test_a_reader_that_goes_on_slowly_is_served(self):
        for pace in Steady.runs():
            with pace, self.client(rcvbuf=65536) as client:
                self.read_slowly(client, pace)

    def read_slowly(self, client, pace):
        client.send(head(method="GET", target="/big"))
        answer = client.head(time.monotonic() + rig.PATIENCE)
        self.assertEqual(answer.status, 200)
        started, total = time.monotonic(), len(client.buf)
        client.buf.clear()
        # 3 MB/s: slower ones look stalled from user space while the
        # kernel drains megabytes of its send buffer.
        while time.monotonic() < started + 4.5:
            total += len(client.sock.recv(65536))
            pace.pause(0.02)
        client.sock.settimeout(rig.PATIENCE)
        while total < self.SIZE:
            data = client.sock.recv(1 << 20)
            self.assertTrue(data, "cut after %d bytes" % total)
            total += len(data)
        self.assertEqual(total, self.SIZE)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bodies stream both ways: large ones behind slow readers in flat memory,
events one by one, chunks and trailers."""
import hashlib
import random
import socket
import threading
import time

import rig
from rig import Origin, head, respond, until

BLOCK = random.Random(64).randbytes(1 << 20)
BLOCKS = 64
SIZE = BLOCKS * len(BLOCK)


def blocks():
    for number in range(BLOCKS):
        yield number.to_bytes(8, "big") + BLOCK[8:]


def digest_of_all():
    sha = hashlib.sha256()
    for block in blocks():
        sha.update(block)
    return sha.hexdigest()


class Stalled:
    """Says when a counter has stopped moving for 0.3 s."""

    def __init__(self, counter):
        self.counter, self.last = counter, -1
        self.since = time.monotonic()

    def __call__(self):
        value = self.counter()
        if value != self.last:
            self.last, self.since = value, time.monotonic()
        return value > 0 and time.monotonic() - self.since > 0.3


class Large(rig.ProxyCase):
    workers = 1

    def grown(self):
        return 0 if rig.sanitized() else self.sluice.rss() - self.rss

    def base(self):
        self.fresh(Origin.serve)
        with self.client() as client:
            client.ask("/warm", "POST", body=b"x" * 10000)
        self.rss = self.sluice.rss()

    def test_64_mib_up_to_a_slow_target_arrive_in_flat_memory(self):
        self.base()
        go, sent, result = threading.Event(), [0], {}

        def slow(conn):
            raw = conn.read_head()
            conn.keep_raw = False
            if b" /warm " in raw:
                conn.send(respond(b""))
                return
            sha, left = hashlib.sha256(), SIZE
            sha.update(conn.buf)
            left -= len(conn.buf)
            conn.hold(go)
            while left:
                data = conn.fill()
                sha.update(data)
                left -= len(data)
            result["digest"] = sha.hexdigest()
            conn.send(respond(b"all"))
            conn.wait_close()
        self.fresh(slow)
        with self.client(timeout=rig.PATIENCE) as client:
            client.send(head("Content-Length: %d" % SIZE))

            def upload():
                for block in blocks():
                    client.push(block)
                    sent[0] += len(block)
            sender = threading.Thread(target=upload, daemon=True)
            sender.start()
            # Backpressure: the client cannot go on while the target sleeps.
            until(Stalled(lambda: sent[0]), "the upload to stall",
                  rig.PATIENCE)
            self.assertLess(sent[0], SIZE // 2)
            self.assertLess(self.grown(), 4 << 20)
            go.set()
            most = 0
            while sender.is_alive():
                most = max(most, self.grown())
                sender.join(0.02)
            self.assertEqual(client.response().body, b"all")
            self.assertLess(max(most, self.grown()), 4 << 20)
        self.assertEqual(result["digest"], digest_of_all())

    def test_64_mib_down_to_a_slow_client_arrive_in_flat_memory(self):
        for framing in ("length", "chunked", "close"):
            with self.subTest(framing):
                self.download(framing)

    def download(self, framing):
        self.base()
        sent = [0]

        def serve(conn):
            # Small kernel buffers, so that what stalls is the proxy.
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\n" + {
                "length": b"Content-Length: %d\r\n\r\n" % SIZE,
                "chunked": b"Transfer-Encoding: chunked\r\n\r\n",
                "close": b"Connection: close\r\n\r\n"}[framing])
            for block in blocks():
                if framing == "chunked":
                    block = b"100000\r\n" + block + b"\r\n"
                conn.send(block)
                sent[0] += len(block)
            if framing == "chunked":
                conn.send(b"0\r\n\r\n")
        self.fresh(serve)
        with self.client(timeout=rig.PATIENCE, rcvbuf=1 << 18) as client:
            client.send(head(method="GET"))
            answer = client.head(time.monotonic() + rig.PATIENCE)
            until(Stalled(lambda: sent[0] + 1), "the download to stall",
                  rig.PATIENCE)
            self.assertLess(sent[0], SIZE // 2)
            self.assertLess(self.grown(), 4 << 20)
            sha, most, unseen = hashlib.sha256(), 0, 0
            for piece in self.pieces(client, answer):
                sha.update(piece)
                unseen += len(piece)
                if unseen >= 1 << 18:   # records of TLS are small
                    most, unseen = max(most, self.grown()), 0
            self.assertLess(most, 4 << 20)
        self.assertEqual(sha.hexdigest(), digest_of_all())

    def pieces(self, client, answer):
        """The body as it comes, so that it need not fit in memory here."""
        def deadline():
            return time.monotonic() + rig.PATIENCE
        if answer.get("Content-Length"):
            left = int(answer.get("Content-Length"))
            while left:
                if not client.buf and not client.fill(deadline()):
                    raise rig.Cut("%d bytes missing" % left)
                piece = client.take(min(left, len(client.buf)),
                                    deadline())
                left -= len(piece)
                yield piece
            return
        self.assertEqual(answer.get("Transfer-Encoding"), "chunked")
        while True:
            size = int(client.take_until(b"\r\n", deadline()), 16)
            piece = client.take(size + 2, deadline())
            self.assertEqual(piece[size:], b"\r\n")
            if not size:
                return
            yield piece[:size]

    def fresh(self, script):
        """Run the script on the next target connection."""
        self.target_does(script)
        self.addCleanup(setattr, self.origin, "script", Origin.serve)


class Streaming(rig.ProxyCase):

    def setUp(self):
        self.origin.script = Origin.serve
        self.origin.answer = Origin.echo

    # alb.md 10: 102
    def test_server_sent_events_pass_one_by_one(self):
        for framing in (b"Transfer-Encoding: chunked\r\n",
                        b"Connection: close\r\n"):
            with self.subTest(framing):
                self.events(framing)

    def events(self, framing):
        seen = [threading.Event() for _ in range(20)]
        chunked = framing.startswith(b"T")

        def source(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
                      b"\r\n" + framing + b"\r\n")
            for number, event in enumerate(seen):
                data = b"data: %d\n\n" % number
                conn.send(b"%x\r\n%s\r\n" % (len(data), data) if chunked
                          else data)
                conn.hold(event)    # the next one only when this was seen
            if chunked:
                conn.send(b"0\r\n\r\n")
            else:
                conn.half_close()
            conn.wait_close()
        self.target_does(source)
        with self.client() as client:
            client.send(head(method="GET"))
            deadline = time.monotonic() + rig.PATIENCE
            answer = client.head(deadline)
            self.assertEqual(answer.get("Content-Type"), "text/event-stream")
            for number, event in enumerate(seen):
                client.take_until(b"data: %d\n\n" % number, deadline)
                event.set()
            client.take_until(b"0\r\n\r\n", deadline)

    # alb.md 10: 102
    def test_the_head_of_an_answer_passes_before_its_body(self):
        go = threading.Event()

        def slow(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
            conn.hold(go)
            conn.send(b"hello")
            conn.wait_close()
        self.target_does(slow)
        with self.client() as client:
            client.send(head(method="GET"))
            client.head(time.monotonic() + rig.PATIENCE)
            go.set()
            self.assertEqual(client.take(
                5, time.monotonic() + rig.PATIENCE), b"hello")

    # alb.md 10: 102
    def test_a_request_body_passes_piece_by_piece(self):
        for line, wrap in (
                ("Content-Length: 20", lambda d: d),
                ("Transfer-Encoding: chunked",
                 lambda d: b"%x\r\n%s\r\n" % (len(d), d))):
            with self.subTest(line):
                before = len(self.origin.requests)
                with self.client() as client:
                    client.send(head(line))
                    for number in range(5):
                        piece = b"<%02d>" % number
                        client.send(wrap(piece))
                        until(lambda p=piece: any(
                            p in c.raw[-40:] for c in self.origin.conns),
                            "%r at the target" % piece)
                    if "chunked" in line:
                        client.send(b"0\r\n\r\n")
                    self.assertEqual(client.response().status, 200)
                self.assertEqual(self.origin.requests[before].body,
                                 b"<00><01><02><03><04>")

    # alb.md 10: 102
    def test_chunks_of_every_size_pass_both_ways(self):
        rolls = random.Random(5)
        parts = [rolls.randbytes(rolls.choice([1, 2, 100, 4096, 16384, 70000]))
                 for _ in range(40)]
        body = b"".join(parts)
        wire = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts)
        self.origin.answer = lambda r: (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + wire +
            b"0\r\n\r\n")
        with self.client() as client:
            sender = threading.Thread(target=client.push, args=(
                head("Transfer-Encoding: chunked") + wire + b"0\r\n\r\n",))
            sender.start()
            answer = client.response()
            sender.join()
        self.assertEqual(answer.body, body)
        self.assertEqual(self.origin.requests[-1].body, body)

    def test_trailers_pass_both_ways(self):
        self.origin.answer = lambda r: (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
            b"Trailer: X-Sum, grpc-status\r\n\r\n"
            b"2\r\nok\r\n0\r\nX-Sum: 1\r\ngrpc-status: 0\r\n\r\n")
        with self.client() as client:
            client.send(head("Transfer-Encoding: chunked", "TE: trailers",
                             "Trailer: X-Up") +
                        b"2\r\nhi\r\n0\r\nX-Up: 2\r\n\r\n")
            answer = client.response()
        self.assertEqual(answer.trailers, [("X-Sum", "1"),
                                           ("grpc-status", "0")])
        self.assertEqual(self.origin.requests[-1].trailers,
                         [(b"x-up", b"2")])

    def test_16_kib_of_the_shortest_trailers_of_an_answer_arrive_whole(self):
        for line, value, count in ((b"a:\r\n", "", 4094),
                                   (b"a:\r\n", "", 4095),
                                   (b"a:b\r\n", "b", 3276)):
            for data in (b"", b"5\r\nhello\r\n"):
                with self.subTest((line, count, data)):
                    self.origin.answer = lambda r: (
                        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
                        b"\r\n\r\n" + data + b"0\r\n" + line * count +
                        b"\r\n")
                    with self.client() as client:
                        for _ in range(2):
                            answer = client.ask("/")
                            self.assertEqual(answer.body,
                                             b"hello" if data else b"")
                            self.assertEqual(answer.trailers,
                                             [("a", value)] * count)

    def test_many_bodies_at_once_are_never_mixed_up(self):
        sluice = self.start([self.origin], workers=2)

        def stream(seed, size):
            return random.Random(seed).randbytes(size)

        def answer(request):
            number = int(request.target[1:])
            ok = request.body == stream(number, 20000 + number * 731)
            return respond(stream(-number - 1, 90000 - number * 331),
                           200 if ok else 500)
        self.origin.answer = answer
        wrong = []

        def worker(base):
            with sluice.client() as client:
                for number in range(base, base + 12):
                    got = client.ask("/%d" % number, "POST", body=stream(
                        number, 20000 + number * 731))
                    if got.status != 200 or got.body != stream(
                            -number - 1, 90000 - number * 331):
                        wrong.append((number, got))
        threads = [threading.Thread(target=worker, daemon=True, args=(n * 12,))
                   for n in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(rig.PATIENCE)
            self.assertFalse(thread.is_alive())
        sluice.stop()
        self.assertEqual(wrong, [])
        self.assertEqual(len(self.origin.requests) >= 120, True)


if __name__ == "__main__":
    rig.main()

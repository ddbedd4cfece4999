#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Row 12: an answer before the body has ended. The rest of the body is never
the next request, and the answer is never lost to a reset."""
import threading
import time

import rig
from rig import GOOD, Closed, Origin, Sluice, head, respond, until

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"
TOO_MANY = "X-Forwarded-For: " + ", ".join("10.0.0.%d" % n for n in range(31))
CHUNKED = "Transfer-Encoding: chunked"


class OurOwnAnswer(rig.ProxyCase):
    """463 stands for every answer that Sluice makes itself."""

    def test_a_small_body_is_drained_and_the_connection_lives_on(self):
        for size in (1, 100, 16384, 200 * 1024):
            body = (SMUGGLED * (size // len(SMUGGLED) + 1))[:size]
            mark = self.origin.mark()
            with self.subTest(size), self.client() as client:
                client.send(head(TOO_MANY, "Content-Length: %d" % size))
                client.send(body)
                answer = client.response()
                self.assertPage(answer, 463, "keep-alive")
                client.send(GOOD)
                self.assertEqual(client.response().body, b"GET /after")
            self.assertEqual([m.target for _, m in self.messages(mark)],
                             [b"/after"])

    def test_a_small_body_that_comes_after_the_answer_is_drained(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head(TOO_MANY, "Content-Length: 100"))
            self.assertPage(client.response(), 463, "keep-alive")
            client.send((SMUGGLED * 3)[:100] + GOOD)
            self.assertEqual(client.response().body, b"GET /after")
        self.assertEqual([m.target for _, m in self.messages(mark)],
                         [b"/after"])

    def test_a_large_body_closes_the_connection_without_losing_the_answer(self):
        mark = self.origin.mark()
        size = 4 << 20
        with self.client() as client:
            client.send(head(TOO_MANY, "Content-Length: %d" % size))
            sender = threading.Thread(
                target=client.push, daemon=True,
                args=((SMUGGLED * (size // len(SMUGGLED) + 1))[:size],))
            sender.start()
            time.sleep(0.05)
            self.assertPage(client.response(), 463, "close")
            client.eof(PATIENCE_TO_LINGER)
            sender.join(PATIENCE_TO_LINGER)
        self.assertNothingSeen(mark)

    def test_a_body_of_unknown_length_closes_the_connection(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head(TOO_MANY, CHUNKED))
            self.assertPage(client.response(), 463, "close")
            client.push(b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED) +
                        SMUGGLED)
            client.half_close()
            client.eof(PATIENCE_TO_LINGER)
        self.assertNothingSeen(mark)

    def test_a_refused_request_with_a_large_body_delivers_its_page(self):
        body = b"x" * (1 << 20)
        for line in ("Content-Length: +1048576", "Transfer-Encoding: x"):
            with self.subTest(line), self.client() as client:
                client.send(head(line))
                client.push(body)
                self.assertPage(client.response(), 400, "close")
                client.eof(PATIENCE_TO_LINGER)

    def test_a_bad_first_chunk_with_more_body_behind_it_delivers_its_page(self):
        for lines in (("Connection: close",), ()):
            for later in (False, True):
                with self.subTest((lines, later)), self.client() as client:
                    mark = self.origin.mark()
                    client.send(head(CHUNKED, *lines))
                    if later:
                        self.origin.settle()
                    client.send(b"Z\r\n")
                    for _ in range(100):
                        client.push(SMUGGLED * 200)
                    self.assertPage(client.response(), 400, "close")
                    client.half_close()
                    self.assertEqual(client.eof(PATIENCE_TO_LINGER), "fin")
                    self.assertNeverWhole(mark)

    def test_a_bad_later_chunk_with_more_body_behind_it_delivers_its_page(self):
        for lines in (("Connection: close",), ()):
            with self.subTest(lines), self.client() as client:
                mark = self.origin.mark()
                client.send(head(CHUNKED, *lines) + b"3\r\nabc\r\n")
                until(lambda: any(b"abc" in d for _, d in
                                  self.origin.since(mark)),
                      "the first chunk to reach the target")
                client.send(b"Z\r\n")
                for _ in range(100):
                    client.push(SMUGGLED * 200)
                self.assertPage(client.response(), 400, "close")
                client.half_close()
                self.assertEqual(client.eof(PATIENCE_TO_LINGER), "fin")
                self.assertNeverWhole(mark)

    def test_trace_with_a_body_never_leaves_a_next_request(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.push(head("Content-Length: %d" % len(SMUGGLED),
                             method="TRACE") + SMUGGLED)
            answer = client.response()
            self.assertPage(answer, 405)
            if answer.get("Connection") == "keep-alive":
                client.send(GOOD)
                self.assertEqual(client.response().body, b"GET /after")
            else:
                client.eof()
        self.assertNotIn(b"/smuggled",
                         [m.target for _, m in self.messages(mark)])


# A lingering close may wait for the client's end, but not for long.
PATIENCE_TO_LINGER = rig.PATIENCE


class NoTarget(rig.ProxyCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(super().tearDownClass)
        cls.dead = Closed()
        cls.addClassCleanup(cls.dead.close)
        cls.refusing = Sluice([cls.dead])
        cls.addClassCleanup(cls.refusing.stop)
        cls.without = Sluice("blue=%s@0" % cls.origin.address)
        cls.addClassCleanup(cls.without.stop)

    @classmethod
    def tearDownClass(cls):
        """The cleanups do it, also when TLS leaves a server out (a skip)."""

    def test_502_and_503_with_a_body_leave_no_next_request(self):
        for status, sluice in ((502, self.refusing), (503, self.without)):
            for body in (b"", SMUGGLED, SMUGGLED * 100):
                with self.subTest((status, len(body))), \
                        sluice.client() as client:
                    client.push(head("Content-Length: %d" % len(body)) + body)
                    answer = client.response()
                    self.assertPage(answer, status)
                    if answer.get("Connection") == "close":
                        client.eof(PATIENCE_TO_LINGER)
                        continue
                    client.send(head(TOO_MANY, method="GET"))
                    self.assertPage(client.response(), 463)


class TargetAnswersEarly(rig.ProxyCase):

    @staticmethod
    def early(conn):
        """Answer at the head, and look at what else comes."""
        while True:
            conn.read_head()
            conn.send(respond(b"early"))
            conn.wait_close()

    def setUp(self):
        self.origin.script = Origin.serve

    def test_an_early_answer_of_the_target_reaches_the_client(self):
        self.target_does(self.early)
        for size in (100, 200 * 1024, 4 << 20):
            with self.subTest(size):
                before = len(self.origin.conns)
                with self.client() as client:
                    client.send(head("Content-Length: %d" % size))
                    until(lambda: len(self.origin.conns) > before,
                          "the request at the target")
                    answer = client.response()
                    self.assertEqual((answer.status, answer.body),
                                     (200, b"early"))
                    self.finish(client, answer, size)
                conn = self.origin.conns[before]
                until(conn.peer_closed.is_set, "the target to be left")

    def finish(self, client, answer, size):
        """Send the body after the answer; it is no request, ever."""
        body = (SMUGGLED * (size // len(SMUGGLED) + 1))[:size]
        self.origin.script = Origin.serve
        mark = self.origin.mark()
        if answer.get("Connection") == "close":
            self.assertGreater(size, 1000)
            client.push(body)
            client.eof(PATIENCE_TO_LINGER)
        else:
            client.send(body + GOOD)
            self.assertEqual(client.response().body, b"GET /after")
        targets = [m.target for conn, m in self.fresh(mark)]
        self.assertNotIn(b"/smuggled", targets)
        self.target_does(self.early)

    def fresh(self, mark):
        """Messages on target connections opened after the mark; the old one
        may rightly have received the rest of its body."""
        found = []
        for conn, data in self.origin.since(mark):
            if conn.number >= len(mark):
                self.assertOneReading(data)
                found += [(conn, m) for m in rig.readers.read_all(data)[
                    "strict"].messages]
        return found

    def test_an_early_answer_with_chunks_unfinished_leaves_no_reuse(self):
        self.target_does(self.early)
        before = len(self.origin.conns)
        with self.client() as client:
            client.send(head(CHUNKED) + b"5\r\nhello\r\n")
            answer = client.response()
            self.assertEqual(answer.body, b"early")
            self.assertEqual(answer.get("Connection"), "close")
            client.push(b"5\r\nworld\r\n0\r\n\r\n" + SMUGGLED).half_close()
            client.eof(PATIENCE_TO_LINGER)
        conn = self.origin.conns[before]
        until(conn.peer_closed.is_set, "the target to be left")
        self.origin.settle()
        self.assertNotIn(b"/smuggled", b"".join(
            bytes(c.raw) for c in self.origin.conns[before + 1:]))

    def test_a_target_that_answers_and_closes_early_is_heard(self):
        def rude(conn):
            conn.read_head()
            conn.send(respond(b"go away", 413, b"Too Large",
                              ["Connection: close"]))
            conn.half_close()
            conn.wait_close()
        self.target_does(rude)
        size = 8 << 20
        with self.client() as client:
            client.send(head("Content-Length: %d" % size))
            sender = threading.Thread(target=client.push, daemon=True,
                                      args=(b"x" * size,))
            sender.start()
            answer = client.response()
            self.assertEqual((answer.status, answer.body), (413, b"go away"))
            self.assertEqual(answer.get("Connection"), "close")
            client.eof(PATIENCE_TO_LINGER)
            sender.join(PATIENCE_TO_LINGER)


if __name__ == "__main__":
    rig.main()

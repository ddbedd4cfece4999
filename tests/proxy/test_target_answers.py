#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Answers of a hostile or broken target: row 30 of the attack list."""
import signal
import socket
import threading

import rig
from rig import Cut, Origin, head, respond, until

OK = b"HTTP/1.1 200 OK\r\n"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

# (name, what the target sends in one write): 502, always.
BAD = [
    ("CL and TE", OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"
     b"\r\n5\r\nhello\r\n0\r\n\r\n"),
    ("TE and CL", OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"
     b"\r\n5\r\nhello\r\n0\r\n\r\n"),
    ("two CL", OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    ("two equal CL", OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n"
     b"hello"),
    ("CL list", OK + b"Content-Length: 5, 5\r\n\r\nhello"),
    ("CL +5", OK + b"Content-Length: +5\r\n\r\nhello"),
    ("CL -5", OK + b"Content-Length: -5\r\n\r\nhello"),
    ("CL 0x5", OK + b"Content-Length: 0x5\r\n\r\nhello"),
    ("CL 5x", OK + b"Content-Length: 5x\r\n\r\nhello"),
    ("CL empty", OK + b"Content-Length:\r\n\r\nhello"),
    ("CL 2^64", OK + b"Content-Length: 18446744073709551616\r\n\r\nhello"),
    ("CL 2^63", OK + b"Content-Length: 9223372036854775808\r\n\r\nhello"),
    ("CL with a space", OK + b"Content-Length : 5\r\n\r\nhello"),
    ("TE gzip", OK + b"Transfer-Encoding: gzip\r\n\r\nhello"),
    ("TE gzip, chunked", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
     b"0\r\n\r\n"),
    ("TE chunked twice", OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n"
     b"0\r\n\r\n"),
    ("two TE", OK + b"Transfer-Encoding: chunked\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("TE xchunked", OK + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("TE identity", OK + b"Transfer-Encoding: identity\r\n\r\nhello"),
    ("TE empty", OK + b"Transfer-Encoding:\r\n\r\nhello"),
    ("TE with a space", OK + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    ("TE with a fold", OK + b"Transfer-Encoding:\r\n chunked\r\n\r\n"
     b"0\r\n\r\n"),
    ("NUL after the status", b"HTTP/1.1 200\0\r\nContent-Length: 2\r\n\r\nok"),
    ("NUL in the reason", b"HTTP/1.1 200 O\0K\r\nContent-Length: 2\r\n\r\nok"),
    ("NUL in a name", OK + b"X\0Y: 1\r\nContent-Length: 2\r\n\r\nok"),
    ("NUL in a value", OK + b"X: a\0b\r\nContent-Length: 2\r\n\r\nok"),
    ("CR in a value", OK + b"X: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\n"
     b"ok"),
    ("CR in the reason", b"HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nok"),
    ("CR CR LF", OK + b"X: a\r\r\nContent-Length: 2\r\n\r\nok"),
    ("no colon", OK + b"Nonsense\r\nContent-Length: 2\r\n\r\nok"),
    ("empty name", OK + b": x\r\nContent-Length: 2\r\n\r\nok"),
    ("space in a name", OK + b"X Y: 1\r\nContent-Length: 2\r\n\r\nok"),
    ("space before a colon", OK + b"X : 1\r\nContent-Length: 2\r\n\r\nok"),
    ("fold first", OK + b" X: 1\r\nContent-Length: 2\r\n\r\nok"),
    ("HTTP/2", b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("HTTP/2.0", b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("HTTP/1.10", b"HTTP/1.10 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("HTTP/0.9", b"HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("lower case", b"http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("ICY", b"ICY 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("no version", b"200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("a request", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a bare page", b"<html>hello</html>\r\n\r\n"),
    ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
    ("TLS alert", b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n"),
    ("status 20", b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("status 2000", b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("status 099", b"HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("status 2x0", b"HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("status -20", b"HTTP/1.1 -20 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("no status", b"HTTP/1.1\r\nContent-Length: 2\r\n\r\nok"),
    ("two spaces", b"HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("a tab", b"HTTP/1.1\t200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("101 unasked", b"HTTP/1.1 101 Switching Protocols\r\n"
     b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
    ("101 h2c", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n"
     b"Connection: Upgrade\r\n\r\n"),
    ("17 interim", b"HTTP/1.1 100 Continue\r\n\r\n" * 17 + OK +
     b"Content-Length: 2\r\n\r\nok"),
    ("1xx storm", b"HTTP/1.1 102 Processing\r\n\r\n" * 5000 + OK +
     b"Content-Length: 2\r\n\r\nok"),
    ("1xx with big heads", (b"HTTP/1.1 103 Early Hints\r\nX: " + b"y" * 30000
                            + b"\r\n\r\n") * 40),
    ("interim with NUL", b"HTTP/1.1 100 C\0\r\n\r\n" + OK +
     b"Content-Length: 2\r\n\r\nok"),
    ("33 KiB head", OK + b"X: " + b"y" * 33 * 1024 +
     b"\r\nContent-Length: 2\r\n\r\nok"),
    ("64 KiB header", OK + b"X: " + b"y" * 64 * 1024 +
     b"\r\nContent-Length: 2\r\n\r\nok"),
    ("many headers", OK + b"X: y\r\n" * 12000 + b"Content-Length: 2\r\n\r\n"
     b"ok"),
    ("a status line without end", b"HTTP/1.1 200 " + b"y" * 70000),
    ("body on 204", b"HTTP/1.1 204 No Content\r\n\r\nevil"),
    ("answer after 204", b"HTTP/1.1 204 No Content\r\n\r\n" + EVIL),
    ("204 with CL 5", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"
     b"hello"),
    ("204 with chunks", b"HTTP/1.1 204 No Content\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    ("body on 304", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
     b"hello"),
    ("answer after 304", b"HTTP/1.1 304 Not Modified\r\n\r\n" + EVIL),
    ("bytes after the length", OK + b"Content-Length: 5\r\n\r\nhelloevil"),
    ("answer after the length", OK + b"Content-Length: 5\r\n\r\nhello" + EVIL),
    ("bytes after length 0", OK + b"Content-Length: 0\r\n\r\nx"),
    ("bytes after the chunks", OK + b"Transfer-Encoding: chunked\r\n\r\n"
     b"5\r\nhello\r\n0\r\n\r\nevil"),
    ("CRLF after the length", OK + b"Content-Length: 5\r\n\r\nhello\r\n"),
]

# 502, or an answer that is visibly cut: never a whole one.
BAD_CHUNKS = [
    b"0x5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n",
    b" 5\r\nhello\r\n0\r\n\r\n", b"\r\nhello\r\n0\r\n\r\n",
    b"Z\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n",
    b"ffffffffffffffffff\r\nhello", b"5;\nx\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX: a\0b\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX: a\rb\r\n\r\n",
    b"5\r\nhello\r\n0\r\n" + b"X: " + b"y" * 70000 + b"\r\n\r\n",
    b"5;" + b"e" * 70000 + b"\r\nhello\r\n0\r\n\r\n"]


class Hostile(rig.ProxyCase):

    def setUp(self):
        self.origin.script = Origin.serve
        self.origin.answer = Origin.echo

    def says(self, raw, method="GET"):
        """Let the target say `raw` to one request; the client's answer. After
        it the target connection must be gone and the next request fine."""
        def script(conn):
            conn.read_request()
            conn.send(raw)
            conn.wait_close()
        # Only a fresh connection runs the script: let go of the pooled one.
        self.target_does(script)
        before = len(self.origin.conns)
        with self.client() as client:
            client.send(head(method=method, target="/evil"))
            try:
                answer = client.response(method)
            except Cut as cut:
                answer = cut
            self.origin.script = Origin.serve
            conn = self.origin.conns[before]
            until(conn.peer_closed.is_set, "the target connection to be "
                  "closed after %.200r" % raw)
            self.assertEqual(conn.count, 1, "it was used again")
            if isinstance(answer, Cut):
                return answer
            if answer.get("Connection") == "close":
                client.eof()
            else:
                self.assertEqual(client.ask("/next").body, b"GET /next")
        with self.client() as client:
            self.assertEqual(client.ask("/other").body, b"GET /other")
        return answer

    def test_a_broken_answer_becomes_502_and_its_connection_is_not_used_again(self):
        for name, raw in BAD:
            with self.subTest(name):
                answer = self.says(raw)
                self.assertNotIsInstance(answer, Cut)
                self.assertPage(answer, 502)

    def test_a_body_after_the_head_of_a_head_answer_becomes_502(self):
        for raw in (OK + b"Content-Length: 5\r\n\r\nhello",
                    OK + b"Content-Length: 5\r\n\r\n" + EVIL,
                    OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            with self.subTest(raw):
                answer = self.says(raw, "HEAD")
                self.assertNotIsInstance(answer, Cut)
                self.assertPage(answer, 502, None, "HEAD")

    def test_broken_chunks_never_make_a_whole_answer(self):
        for chunks in BAD_CHUNKS:
            with self.subTest(chunks[:60]):
                answer = self.says(
                    OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
                if not isinstance(answer, Cut):
                    self.assertPage(answer, 502)

    def test_questionable_answers_are_refused_or_cleaned(self):
        # rig.Client reads strictly: what it takes is clean.
        for raw in (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
                    b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
                    OK + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
                    OK + b"X: a\x01b\r\nContent-Length: 2\r\n\r\nok",
                    OK + b"X\x80: b\r\nContent-Length: 2\r\n\r\nok",
                    b"\r\n" + OK + b"Content-Length: 2\r\n\r\nok",
                    b"HTTP/1.9 200 OK\r\nContent-Length: 2\r\n\r\nok",
                    OK + b"Transfer-Encoding: CHUNKED\r\n\r\n2\r\nok\r\n"
                    b"0\r\n\r\n",
                    b"HTTP/1.1 999 What\r\nContent-Length: 2\r\n\r\nok",
                    OK + b"Content-Length: 02\r\n\r\nok"):
            with self.subTest(raw):
                def script(conn, raw=raw):
                    conn.read_request()
                    conn.send(raw + b"")
                    conn.half_close()
                    conn.wait_close()
                self.target_does(script)
                with self.client() as client:
                    answer = client.ask("/odd")
                    if answer.status != 502:
                        self.assertEqual(answer.body, b"ok")
                self.origin.script = Origin.serve

    def test_a_204_with_length_zero_loses_it_or_is_refused(self):
        self.origin.answer = lambda r: (
            b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        self.drop_pool()
        with self.client() as client:
            self.assertIn(client.ask("/").status, (204, 502))

    def test_bytes_that_come_later_close_the_connection_unused(self):
        for extra in (b"evil", EVIL, b"\r\n", b"\0"):
            with self.subTest(extra):
                go = threading.Event()

                def script(conn, extra=extra, go=go):
                    conn.read_request()
                    conn.send(respond(b"fine"))
                    conn.hold(go)
                    conn.send(extra)
                    conn.wait_close()
                self.target_does(script)
                before = len(self.origin.conns)
                with self.client() as client:
                    self.assertEqual(client.ask("/").body, b"fine")
                    self.origin.script = Origin.serve
                    go.set()
                    conn = self.origin.conns[before]
                    until(conn.peer_closed.is_set,
                          "the connection with bytes left to be closed")
                    self.assertEqual(client.ask("/next").body, b"GET /next")
                self.assertEqual(conn.count, 1)

    def test_interim_answers_are_swallowed(self):
        self.drop_pool()
        self.origin.answer = lambda r: (
            b"HTTP/1.1 100 Continue\r\n\r\n"
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            b"HTTP/1.1 102 Processing\r\n\r\n" + Origin.echo(r))
        with self.client() as client:
            for _ in range(3):
                answer = client.ask("/x")
                self.assertEqual((answer.status, answer.interim),
                                 (200, []))

    def test_sixteen_interim_answers_are_swallowed(self):
        self.drop_pool()
        self.origin.answer = lambda r: (
            b"HTTP/1.1 102 Processing\r\n\r\n" * 16 + Origin.echo(r))
        with self.client() as client:
            answer = client.ask("/x")
            self.assertEqual((answer.status, answer.body, answer.interim),
                             (200, b"GET /x", []))

    # alb.md 10: 94
    def test_a_head_of_32_kib_passes_and_one_of_a_byte_more_is_502(self):
        first, last = OK + b"X: ", b"\r\nContent-Length: 2\r\n\r\n"
        fill = b"y" * (32768 - len(first) - len(last))

        def script(conn):
            conn.read_request()
            conn.send(first + fill + last + b"ok")
            conn.wait_close()
        self.target_does(script)
        with self.client() as client:
            self.assertEqual(client.ask("/").get("X"), fill.decode())
        answer = self.says(first + fill + b"y" + last + b"ok")
        self.assertEqual(answer.status, 502)

    # alb.md 10: 94
    def test_a_head_of_30_kib_passes(self):
        self.origin.answer = lambda r: respond(
            b"x", headers=["X-%d: %s" % (n, "v" * 1000) for n in range(29)])
        with self.client() as client:
            answer = client.ask("/")
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.get("X-28"), "v" * 1000)

    def test_chunk_extensions_of_the_target_go_no_further(self):
        self.drop_pool()
        self.origin.answer = lambda r: (
            OK + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n"
            b"1 ;c=\"d e\"\r\n!\r\n0;z\r\n\r\n")
        with self.client() as client:
            self.assertEqual(client.ask("/").body, b"hello!")

    def test_a_body_until_close_is_chunked_for_the_client(self):
        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.0 200 OK\r\nX: y\r\n\r\nuntil ")
            conn.send(b"close")
        self.target_does(script)
        with self.client() as client:
            answer = client.ask("/")
            self.assertEqual((answer.body, answer.framing),
                             (b"until close", "chunked"))
            self.origin.script = Origin.serve
            self.assertEqual(client.ask("/next").body, b"GET /next")

    def test_a_target_of_http10_is_understood(self):
        self.drop_pool()
        self.origin.answer = lambda r: (
            b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
        with self.client() as client:
            self.assertEqual(client.ask("/").body, b"ok")
            conn = self.origin.requests[-1].conn
            until(conn.peer_closed.is_set,
                  "no keep-alive where HTTP/1.0 promises none")


class StrayBytes(rig.ProxyCase):
    """Bytes behind an answer that fills the reader's buffer to its end: they
    wait in the kernel when the answer is whole."""

    SIZES = [n * 65536 + more for n in (1, 2, 4, 8, 12)
             for more in (-1, 0, 1)]

    @staticmethod
    def by_length(size):
        """An answer of `size` bytes in all, and its body."""
        raw = OK + b"Content-Length: %06d\r\n\r\n"
        body = b"x" * (size - len(raw % 0))
        return raw % len(body) + body, body

    @staticmethod
    def by_chunks(size):
        first = OK + b"Transfer-Encoding: chunked\r\n\r\n"
        body = b"x" * (size - len(first) - len(b"000000\r\n\r\n0\r\n\r\n"))
        return b"%s%06x\r\n%s\r\n0\r\n\r\n" % (first, len(body), body), body

    def stray(self, answer, ask):
        """The target says `answer` and EVIL at once, while the proxy sleeps;
        `ask(client)` sends more requests. What they get."""
        def script(conn):
            self.origin.script = Origin.serve
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
            conn.read_head()
            said, sent = memoryview(answer + EVIL), 0
            self.sluice.freeze()
            try:
                # As much as this kernel's buffers take: most have room for
                # all of it.
                while sent < len(said):
                    sent += conn.sock.send(said[sent:], socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            finally:
                if ask is not None:
                    ask()
                self.sluice.signal(signal.SIGCONT)
            conn.send(said[sent:])
            conn.wait_close()
        self.target_does(script)
        return len(self.origin.conns)

    def assertLeft(self, number):
        conn = self.origin.conns[number]
        until(conn.peer_closed.is_set, "the connection with bytes behind its "
              "answer to be closed")
        self.assertEqual(conn.raw.count(b"\r\n\r\n"), 1, "it was used again")

    def first(self, client, body):
        """The first answer is whole, refused or cut; whether more come."""
        try:
            answer = client.response()
        except Cut:
            return False
        if answer.status != 502:
            self.assertEqual((answer.status, answer.body == body),
                             (200, True))
        return answer.get("Connection") != "close"

    def test_bytes_behind_an_answer_never_answer_the_next_request(self):
        for make in (self.by_length, self.by_chunks):
            for size in self.SIZES:
                with self.subTest((make.__name__, size)):
                    answer, body = make(size)
                    self.assertEqual(len(answer), size)
                    number = self.stray(answer, None)
                    with self.client() as client:
                        client.send(head(method="GET") * 2)
                        if self.first(client, body):
                            self.assertEqual(client.response().body,
                                             b"GET /case")
                    self.assertLeft(number)

    def test_bytes_behind_an_answer_never_reach_another_client(self):
        for make in (self.by_length, self.by_chunks):
            for size in self.SIZES:
                with self.subTest((make.__name__, size)):
                    answer, body = make(size)
                    others = [self.client() for _ in range(4)]

                    def ask(others=others):
                        for number, other in enumerate(others):
                            other.send(head(method="GET",
                                            target="/%d" % number))
                    number = self.stray(answer, ask)
                    with self.client() as client:
                        client.send(head(method="GET"))
                        self.first(client, body)
                    for n, other in enumerate(others):
                        with other:
                            self.assertEqual(other.response().body,
                                             b"GET /%d" % n)
                            self.assertEqual(other.ask("/more").body,
                                             b"GET /more")
                    self.assertLeft(number)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several requests on the wire at once: row 18 of the attack list."""
import random
import threading
import time

import rig
from rig import Origin, head


def get(number):
    return head(method="GET", target="/p%d" % number)


class Pipelining(rig.ProxyCase):

    def setUp(self):
        self.origin.answer = Origin.echo

    def test_answers_come_in_the_order_of_the_requests(self):
        with self.client() as client:
            client.send(b"".join(get(n) for n in range(200)))
            for number in range(200):
                self.assertEqual(client.response().body,
                                 b"GET /p%d" % number)

    def test_a_slow_first_answer_is_not_overtaken(self):
        def slow(request):
            if request.target == "/p0":
                time.sleep(0.05)
            return Origin.echo(request)
        self.origin.answer = slow
        with self.client() as client:
            client.send(get(0) + get(1) + get(2))
            for number in range(3):
                self.assertEqual(client.response().body,
                                 b"GET /p%d" % number)

    def test_requests_are_never_pipelined_to_a_target(self):
        seen = []

        def one_at_a_time(conn):
            while True:
                request = conn.read_request()
                time.sleep(0.01)
                seen.append(len(conn.buf) + rig.unread(conn.sock))
                conn.send(Origin.echo(request))
        with Origin(one_at_a_time) as origin:
            sluice = rig.Sluice([origin])
            try:
                with sluice.client() as client:
                    client.send(b"".join(get(n) for n in range(10)))
                    for _ in range(10):
                        client.response()
            finally:
                sluice.stop()
        self.assertEqual(seen, [0] * 10)

    def test_good_good_bad_is_answered_twice_and_refused_once(self):
        for bad in (b"BAD\r\n\r\n", head("Content-Length: +5"),
                    b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
                    head(host=None), head("Transfer-Encoding: x"),
                    b"\0", b"\0\r\n\r\n"):
            with self.subTest(bad):
                mark = self.origin.mark()
                with self.client() as client:
                    client.push(get(1) + get(2) + bad + get(3))
                    self.assertEqual(client.response().body, b"GET /p1")
                    self.assertEqual(client.response().body, b"GET /p2")
                    self.assertPage(client.response(), 400, "close")
                    client.eof()
                self.assertEqual([m.target for _, m in self.messages(mark)],
                                 [b"/p1", b"/p2"])

    def test_a_byte_after_the_end_of_chunks_is_the_next_request(self):
        chunked = head("Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n"
        for extra in (b"\x01", b"@", b"\0", b" ", b"\rX", b"\t"):
            with self.subTest(extra):
                mark = self.origin.mark()
                with self.client() as client:
                    client.push(chunked + extra + get(1))
                    self.assertEqual(client.response().status, 200)
                    self.assertPage(client.response(), 400, "close")
                    client.eof()
                self.assertEqual([m.body for _, m in self.messages(mark)],
                                 [b"abc"])

    def test_a_letter_after_the_end_of_chunks_joins_the_next_method(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head("Transfer-Encoding: chunked") +
                        b"3\r\nabc\r\n0\r\n\r\nX" + get(1))
            self.assertEqual(client.response().status, 200)
            self.assertEqual(client.response().body, b"XGET /p1")
        self.assertEqual([m.method for _, m in self.messages(mark)],
                         [b"POST", b"XGET"])

    def test_bodies_of_every_framing_follow_each_other(self):
        body = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        sized = head("Content-Length: %d" % len(body)) + body
        chunked = (head("Transfer-Encoding: chunked") + b"%x\r\n%s\r\n0\r\n"
                   b"\r\n" % (len(body), body))
        mark = self.origin.mark()
        with self.client() as client:
            client.send((sized + chunked + get(1)) * 10)
            for _ in range(10):
                for expected in (b"POST /case", b"POST /case", b"GET /p1"):
                    self.assertEqual(client.response().body, expected)
        self.assertEqual([m.body for _, m in self.messages(mark)],
                         [body, body, b""] * 10)

    def test_connection_close_ends_the_pipeline(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(get(1) + head("Connection: close", method="GET",
                                      target="/p2") + get(3))
            self.assertEqual(client.response().body, b"GET /p1")
            answer = client.response()
            self.assertEqual(answer.body, b"GET /p2")
            self.assertEqual(answer.get("Connection"), "close")
            client.eof()
        self.assertEqual(len(self.messages(mark)), 2)

    def test_a_pipeline_cut_anywhere_is_answered_alike(self):
        body = b"x" * 20
        raw = (get(1) + head("Content-Length: 20") + body +
               head("Transfer-Encoding: chunked") + b"14\r\n" + body +
               b"\r\n0\r\n\r\n" + get(2))
        rolls = random.Random(18)
        for _ in range(60):
            cuts = sorted(rolls.sample(range(1, len(raw)), 4))
            mark = self.origin.mark()
            with self.subTest(cuts), self.client() as client:
                for start, end in zip([0] + cuts, cuts + [len(raw)]):
                    client.send(raw[start:end])
                    time.sleep(0.0005)
                self.assertEqual(
                    [client.response().body for _ in range(4)],
                    [b"GET /p1", b"POST /case", b"POST /case", b"GET /p2"])
                self.assertEqual([m.body for _, m in self.messages(mark)],
                                 [b"", body, body, b""])

    def test_a_client_that_stops_sending_after_a_pipeline_gets_it_all(self):
        with self.client() as client:
            client.send(b"".join(get(n) for n in range(30))).half_close()
            for number in range(30):
                self.assertEqual(client.response().body,
                                 b"GET /p%d" % number)
            self.assertEqual(client.eof(), "fin")

    def test_bytes_behind_a_last_request_do_not_cost_its_answer(self):
        # The answer and the end leave together, and a close with unread
        # bytes is a reset: they come while the target makes its answer.
        for late in (b"\r\n", get(2), b"x" * 5000):
            for _ in range(20):
                came, go = threading.Event(), threading.Event()

                def wait(request):
                    came.set()
                    go.wait(rig.PATIENCE)
                    return Origin.echo(request)
                self.origin.answer = wait
                with self.subTest(late[:5]), self.client() as client:
                    client.send(head("Connection: close", method="GET",
                                     target="/last"))
                    self.assertTrue(came.wait(rig.PATIENCE))
                    client.send(late)
                    go.set()
                    self.assertEqual(client.response().body, b"GET /last")
                    self.assertEqual(client.eof(), "fin")


if __name__ == "__main__":
    rig.main()

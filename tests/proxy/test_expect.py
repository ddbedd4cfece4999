#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Expect: 100-continue, and row 13 of the attack list."""
import rig
from rig import head

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"


# alb.md 10: 96
class Expect(rig.ProxyCase):

    def test_100_continue_is_answered_at_once_and_removed(self):
        for value in ("100-continue", "100-Continue", "100-CONTINUE"):
            mark = self.origin.mark()
            with self.subTest(value), self.client() as client:
                client.send(head("Expect: " + value, "Content-Length: 5"))
                interim = client.take_until(
                    b"\r\n\r\n", rig.time.monotonic() + rig.PATIENCE)
                self.assertEqual(interim, b"HTTP/1.1 100 Continue\r\n\r\n")
                client.send(b"hello")
                answer = client.response()
                self.assertEqual((answer.status, answer.interim), (200, []))
                message = self.messages(mark)[0][1]
                self.assertEqual(self.value(message, "Expect"), [])
                self.assertEqual(message.body, b"hello")
                self.assertEqual(client.ask("/x").body, b"GET /x")

    def test_the_100_does_not_wait_for_the_target(self):
        dead = rig.Closed()
        sluice = rig.Sluice([dead])
        try:
            with sluice.client() as client:
                client.send(head("Expect: 100-continue", "Content-Length: 5"))
                interim = client.take_until(
                    b"\r\n\r\n", rig.time.monotonic() + rig.PATIENCE)
                self.assertEqual(interim, b"HTTP/1.1 100 Continue\r\n\r\n")
                client.send(b"hello")
                self.assertPage(client.response(), 502)
        finally:
            sluice.stop()
            dead.close()

    def test_a_body_that_did_not_wait_is_read_as_the_body(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head("Expect: 100-continue",
                             "Content-Length: %d" % len(SMUGGLED)) + SMUGGLED)
            answer = client.response()
            self.assertEqual(answer.status, 200)
            self.assertIn([i.status for i in answer.interim], ([100], []))
            self.goes_on(client, answer)
        self.assertEqual([m.body for _, m in self.messages(mark)][0],
                         SMUGGLED)
        self.assertNotIn(b"/smuggled",
                         [m.target for _, m in self.messages(mark)])

    def goes_on(self, client, answer):
        """The connection does what the answer's Connection says."""
        if answer.get("Connection") == "close":
            client.eof()
        else:
            self.assertEqual(client.ask("/x").body, b"GET /x")

    def test_chunks_may_follow_a_100(self):
        with self.client() as client:
            client.send(head("Expect: 100-continue",
                             "Transfer-Encoding: chunked"))
            client.take_until(b"\r\n\r\n",
                              rig.time.monotonic() + rig.PATIENCE)
            client.send(b"5\r\nhello\r\n0\r\n\r\n")
            self.assertEqual(client.response().status, 200)
        self.assertEqual(self.origin.requests[-1].body, b"hello")

    def test_another_expectation_is_refused_with_417(self):
        for value in ("y 100-continue", "200-ok", "100-continue, x",
                      "100-continue 100-continue", "100 continue", "x",
                      "100-continue;q=1", "\"100-continue\"", "100-continu",
                      "100-continuee"):
            with self.subTest(value):
                self.refused(head("Expect: " + value, "Content-Length: %d" %
                                  len(SMUGGLED)) + SMUGGLED, 417)

    def test_options_with_expect_and_a_fold_leaves_no_next_request(self):
        for lines in (("Expect:", " 100-continue"),
                      ("Expect: x", " 100-continue"),
                      ("X: a", " Expect: 100-continue")):
            for method in ("OPTIONS", "GET", "POST"):
                with self.subTest((lines, method)):
                    raw = head(*lines, "Content-Length: %d" % len(SMUGGLED),
                               method=method) + SMUGGLED
                    if lines[0].startswith("X"):
                        self.ambiguous(raw, SMUGGLED, method)
                    else:
                        self.refused(raw, (400, 417))

    def test_an_empty_or_double_expectation_leaves_no_next_request(self):
        for lines in (("Expect:",), ("Expect: 100-continue",) * 2,
                      ("Expect: 100-continue", "Expect: x"),
                      ("Expect: x", "Expect: 100-continue")):
            with self.subTest(lines):
                mark = self.origin.mark()
                with self.client() as client:
                    client.push(head(*lines, "Content-Length: %d" %
                                     len(SMUGGLED)) + SMUGGLED)
                    client.half_close()
                    answer = client.response()
                    self.assertIn(answer.status, (200, 400, 417))
                    client.rest()
                seen = [m.target for _, m in self.messages(mark)]
                self.assertEqual(seen, [b"/case"] if answer.status == 200
                                 else [])

    def test_expect_on_http10_is_removed_without_a_100(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head("Expect: 100-continue", "Content-Length: 5",
                             version="HTTP/1.0") + b"hello")
            answer = client.response()
            self.assertEqual((answer.status, answer.interim), (200, []))
        message = self.messages(mark)[0][1]
        self.assertEqual(self.value(message, "Expect"), [])

    def test_expect_on_a_request_without_a_body_does_not_hang(self):
        with self.client() as client:
            client.send(head("Expect: 100-continue", method="GET"))
            answer = client.response()
            self.assertEqual(answer.status, 200)
            self.assertLessEqual(len(answer.interim), 1)
            self.goes_on(client, answer)


if __name__ == "__main__":
    rig.main()

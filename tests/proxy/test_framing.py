#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where a body ends: rows 1-5 of the attack list, and bodies of GET."""
import rig
from rig import head

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"


class BothFields(rig.ProxyCase):
    """Row 1."""

    def test_a_request_with_both_framing_headers_is_forwarded_once_and_both_sides_close(self):
        for name, lines, body, seen in (
                ("CL.TE", ("Content-Length: 52", CHUNKED),
                 b"0\r\n\r\n" + SMUGGLED, b""),
                ("TE before CL", (CHUNKED, "Content-Length: 52"),
                 b"0\r\n\r\n" + SMUGGLED, b""),
                ("TE.CL", ("Content-Length: 4", CHUNKED),
                 b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED),
                 SMUGGLED),
                ("CL 0", ("Content-Length: 0", CHUNKED), HELLO, b"hello"),
                ("equal", ("Content-Length: 5", CHUNKED), HELLO, b"hello"),
                ("case", ("content-length: 3", "tRANSFER-eNCODING: CHUNKED"),
                 HELLO, b"hello"),
                ("far apart", ("Content-Length: 6", "A: b", "C: d", CHUNKED),
                 b"0\r\n\r\nX", b""),
                ("empty CL", ("Content-Length:", CHUNKED), HELLO, b"hello")):
            with self.subTest(name):
                message = self.ambiguous(head(*lines) + body, seen)
                if message.body != b"":
                    both = [n for n, _ in message.fields if n in (
                        b"content-length", b"transfer-encoding")]
                    self.assertEqual(len(both), 1, message.fields)

    def test_the_request_hidden_behind_the_body_is_never_answered(self):
        before = len(self.origin.requests)
        raw = head("Content-Length: 52", CHUNKED) + b"0\r\n\r\n" + SMUGGLED
        with self.client() as client:
            client.push(raw)
            self.assertEqual(client.response("POST").status, 200)
            client.eof()
        self.origin.settle()
        self.assertEqual([r.target for r in self.origin.requests[before:]],
                         ["/case"])

    def test_the_body_may_come_later_than_the_head(self):
        with self.client() as client:
            mark = self.origin.mark()
            client.send(head("Content-Length: 52", CHUNKED))
            self.origin.settle()
            client.push(b"5\r\nhe")
            self.origin.settle()
            client.push(b"llo\r\n0\r\n\r\n" + SMUGGLED)
            self.assertEqual(client.response("POST").status, 200)
            client.eof()
        self.assertEqual([m.body for _, m in self.messages(mark)], [b"hello"])

    def test_a_bad_length_beside_chunked_is_refused(self):
        for line in ("Content-Length: +5", "Content-Length: 5 5",
                     "Content-Length: x", "Content-Length: 5, 5"):
            with self.subTest(line):
                self.refused(head(line, CHUNKED) + HELLO)
                self.refused(head(CHUNKED, line) + HELLO)

    def test_two_lengths_beside_chunked_are_refused(self):
        self.refused(head("Content-Length: 5", CHUNKED, "Content-Length: 6")
                     + HELLO)


class TransferEncoding(rig.ProxyCase):
    """Row 2."""

    def test_chunked_is_known_in_any_case_and_with_blanks_around(self):
        for value in (" chunked", "chunked", "  Chunked", " CHUNKED ",
                      "\tchunked", " cHuNkEd\t "):
            with self.subTest(value):
                self.accepted(head("Transfer-Encoding:" + value) + HELLO,
                              b"hello")

    def test_chunked_with_parameters_leaves_as_plain_chunked(self):
        for value in ("chunked;q=1", "chunked ;a=b", "chunked;", "identity; ,"
                      "\tchunked;custom_param;\t\t"):
            with self.subTest(value):
                message = self.accepted(
                    head("Transfer-Encoding: " + value) + HELLO, b"hello")
                self.assertEqual(self.value(message, "Transfer-Encoding"),
                                 ["chunked"])

    def test_codings_that_hide_chunked_are_refused(self):
        for value in ("chunked, chunked", "xchunked", '"chunked"',
                      "\x0bchunked", "chunked\0", "chunked\x0b", "chunkedx",
                      "chunked,chunked", "chun ked", "chunked chunked", "",
                      "chunked,", ",chunked", "chunked;q=\x01", "x;chunked",
                      "'chunked'", "chunked\x01", "\x7fchunked", "x, chunked",
                      "chunked, x", "\xa0chunked", "chunked\xa0", "chunke",
                      "cow", "trailers", "gzip, cow", "chunked=1",
                      "[chunked]", "chunked\x0c", "*", "5", "\x00",
                      "identity, chunked, chunked", "c\u00adhunked"):
            with self.subTest(value):
                self.refused(head("Transfer-Encoding: " + value) + HELLO)

    def test_two_lines_that_both_say_chunked_are_refused(self):
        for first, second in (("chunked", "chunked"), ("chunked", "Chunked"),
                              ("chunked", "xchunked"), ("x", "chunked"),
                              ("chunked", ""), ("", "chunked"),
                              ("chunked", "cow")):
            with self.subTest((first, second)):
                self.refused(head("Transfer-Encoding: " + first, "X: y",
                                  "transfer-encoding: " + second) + HELLO)

    def test_known_codings_that_we_do_not_do_get_501(self):
        for lines in (("gzip",), ("deflate, chunked",), ("gzip", "chunked"),
                      ("compress",), ("gzip,deflate",)):
            with self.subTest(lines):
                self.refused(head(*["Transfer-Encoding: " + v
                                    for v in lines]) + HELLO, 501)

    def test_chunked_before_another_known_coding_is_refused(self):
        for value in ("chunked, gzip", "chunked, deflate"):
            with self.subTest(value):
                self.refused(head("Transfer-Encoding: " + value) + HELLO,
                             (400, 501))
        self.safe(head("Transfer-Encoding: chunked, identity") + HELLO,
                  (b"hello",))

    def test_identity_alone_frames_nothing_and_both_sides_close(self):
        for value in ("identity", "Identity", "identity, identity"):
            with self.subTest(value):
                message = self.ambiguous(
                    head("Transfer-Encoding: " + value) + SMUGGLED)
                self.assertEqual(self.value(message, "Transfer-Encoding"), [])

    def test_identity_beside_a_length_leaves_the_length(self):
        message = self.ambiguous(head("Transfer-Encoding: identity",
                                      "Content-Length: 5") + b"hello",
                                 b"hello")
        self.assertEqual(self.value(message, "Transfer-Encoding"), [])

    def test_identity_before_chunked_leaves_chunked(self):
        for lines in (("identity, chunked",), ("identity", "chunked")):
            with self.subTest(lines):
                message = self.safe(head(*["Transfer-Encoding: " + v
                                           for v in lines]) + HELLO,
                                    (b"hello",))
                if message:
                    self.assertEqual(
                        self.value(message, "Transfer-Encoding"), ["chunked"])


class Http10(rig.ProxyCase):
    """Row 3."""

    def test_chunked_in_http10_is_reframed_and_both_sides_close(self):
        for lines in ((CHUNKED,), (CHUNKED, "Connection: keep-alive"),
                      (CHUNKED, "Content-Length: 52"),
                      ("Content-Length: 3", CHUNKED),
                      ("Connection: keep-alive", "Content-Length: 0",
                       CHUNKED)):
            with self.subTest(lines):
                mark = self.origin.mark()
                with self.client() as client:
                    client.push(head(*lines, version="HTTP/1.0") + HELLO +
                                SMUGGLED)
                    answer = client.response("POST")
                    self.assertEqual(answer.status, 200)
                    self.assertIn(answer.get("Connection"), (None, "close"))
                    client.eof()
                seen = self.messages(mark)
                self.assertEqual([m.body for _, m in seen], [b"hello"])
                rig.until(seen[0][0].peer_closed.is_set,
                          "the target connection to be closed")

    def test_a_bad_coding_in_http10_is_never_taken_for_a_body(self):
        for value in ("xchunked", "chunked, chunked", "gzip"):
            with self.subTest(value):
                self.refused(head("Transfer-Encoding: " + value,
                                  version="HTTP/1.0") + HELLO, (400, 501))

    def test_chunked_in_http09_never_becomes_two_requests(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.push(head(CHUNKED, version="HTTP/0.9", method="GET") +
                        HELLO + SMUGGLED)
            client.rest()
        self.assertLessEqual(len(self.messages(mark)), 1)

    def test_a_length_in_http10_frames_the_body(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head("Content-Length: 5", version="HTTP/1.0") +
                        b"hello")
            self.assertEqual(client.response("POST").status, 200)
        self.assertEqual([m.body for _, m in self.messages(mark)], [b"hello"])


class ContentLength(rig.ProxyCase):
    """Rows 4 and 5."""

    BAD = ["+5", "-5", "0x5", "0_5", "5e0", "5.0", "5 0", "5, 0", "5\0",
           "9223372036854775808", "18446744073709551615",
           "18446744073709551616", "18446744073709551617", "1" + "0" * 40,
           "5,", ",5", "5;", "5;a=b", "5x", "x5", '"5"', "'5'", "5\x0b",
           "\x0b5", "5\x01", "0x", "+", "-", "-0", "+0", "5 5", "5,5",
           "5, 5", "\xb2", "\xd9\xa5", "5\x7f", "5\xa0", "(5)",
           "0b101", "0o5", "5_0", "1e1", "Infinity", "NaN", "5\r", "05 ,"]

    def test_lengths_that_are_no_plain_number_are_refused(self):
        for value in self.BAD:
            with self.subTest(value):
                self.refused(head("Content-Length: " + value) + b"hello")

    def test_blanks_around_a_length_are_trimmed(self):
        for value in ("5", " 5", " 5 ", "\t5\t", "    5"):
            with self.subTest(value):
                message = self.accepted(head("Content-Length:" + value)
                                        + b"hello", b"hello")
                self.assertEqual(self.value(message, "Content-Length"), ["5"])

    def test_an_empty_length_is_zero_and_leaves_as_zero(self):
        for value in ("", " ", " \t "):
            with self.subTest(value):
                message = self.accepted(head("Content-Length:" + value))
                self.assertIn(self.value(message, "Content-Length"),
                              (["0"], []))

    def test_an_empty_length_does_not_swallow_the_next_request(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head("Content-Length:") + SMUGGLED)
            self.assertEqual(client.response("POST").status, 200)
            self.assertEqual(client.response().body, b"GET /smuggled")
        self.assertEqual([m.target for _, m in self.messages(mark)],
                         [b"/case", b"/smuggled"])

    def test_leading_zeros_are_read_alike_by_everyone(self):
        for value in ("05", "0000000005", "000000000000000000000000000005"):
            with self.subTest(value):
                self.safe(head("Content-Length: " + value) + b"hello",
                          (b"hello",))
        self.safe(head("Content-Length: 010") + b"0123456789",
                  (b"0123456789",))

    def test_the_same_length_twice_leaves_once_and_both_sides_close(self):
        for lines in (("Content-Length: 5", "Content-Length: 5"),
                      ("Content-Length: 5", "content-length:5 "),
                      ("Content-Length: 5",) * 3,
                      ("Content-Length: 5", "X: y", "CONTENT-LENGTH: 5")):
            with self.subTest(lines):
                message = self.ambiguous(head(*lines) + b"hello", b"hello")
                self.assertEqual(self.value(message, "Content-Length"), ["5"])

    def test_different_lengths_are_refused(self):
        for first, second in (("5", "6"), ("6", "5"), ("5", "0"), ("0", "5"),
                              ("5", "50"), ("5", "x"), ("5", "+5"),
                              ("5", "5, 5"), ("5", "5 5")):
            with self.subTest((first, second)):
                self.refused(head("Content-Length: " + first,
                                  "Content-Length: " + second) + b"hello")

    def test_equal_numbers_in_different_spelling_are_read_alike(self):
        for first, second in (("5", "05"), ("05", "5"), ("0", ""),
                              ("", "0"), ("", "")):
            with self.subTest((first, second)):
                self.safe(head("Content-Length: " + first,
                               "Content-Length: " + second) +
                          (b"hello" if "5" in first else b""),
                          (b"hello", b""))

    def test_an_empty_and_a_real_length_never_move_the_border(self):
        for lines in (("Content-Length:", "Content-Length: 5"),
                      ("Content-Length: 5", "Content-Length:")):
            with self.subTest(lines):
                self.refused(head(*lines) + b"hello")


class BodiesOfGet(rig.ProxyCase):
    """Row 12, first half: a body where nobody expects one."""

    def test_a_get_or_head_with_a_length_is_forwarded_with_it_and_both_sides_close(self):
        for method in ("GET", "HEAD"):
            with self.subTest(method):
                self.ambiguous(head("Content-Length: 5", method=method) +
                               b"hello", b"hello", method)

    def test_a_get_body_that_is_a_request_is_never_one(self):
        for method in ("GET", "HEAD"):
            with self.subTest(method):
                self.ambiguous(
                    head("Content-Length: %d" % len(SMUGGLED), method=method)
                    + SMUGGLED + SMUGGLED, SMUGGLED, method)

    def test_a_get_or_head_with_chunks_is_forwarded_with_them_and_both_sides_close(self):
        for method in ("GET", "HEAD"):
            with self.subTest(method):
                self.ambiguous(head(CHUNKED, method=method) + HELLO +
                               SMUGGLED, b"hello", method)

    def test_a_get_or_head_with_length_zero_is_accepted(self):
        for method in ("GET", "HEAD"):
            with self.subTest(method):
                self.accepted(head("Content-Length: 0", method=method), b"",
                              method)

    def test_other_methods_may_have_a_body(self):
        for method in ("DELETE", "OPTIONS", "PUT", "PATCH", "get", "X"):
            with self.subTest(method):
                self.accepted(head("Content-Length: 5", method=method) +
                              b"hello", b"hello", method)
                self.accepted(head(CHUNKED, method=method) + HELLO, b"hello",
                              method)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Chunked request bodies: rows 9, 10 and 11 of the attack list."""
import re

import rig
from rig import head, until

CHUNKED = "Transfer-Encoding: chunked"
HEAD = head(CHUNKED)
LAST = b"0\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"

# Row 9: what may not stand where a chunk size stands.
SIZES = [
    b"0x5", b"0X5", b"+5", b"-5", b"0_5", b" 5", b"5 ", b"\t5", b"5\t", b"5Z",
    b"Z5", b"", b" ", b"10000000000000000", b"ffffffffffffffff",
    b"8000000000000000", b"00000000000000005", b"5,", b"5.0", b"5h",
    b"-0", b"+0", b"\x0b5", b"5\0", b"\x005", b"5\x0b", b"5\xa0", b"\xb2",
    b'"5"', b"5 5", b"G", b"5:", b"(5)", b"5=", b"fffffffffffffffff",
    b"1" * 40, b"5\x7f", b"_5"]

# Row 10: each is a whole first chunk and what follows it.
FUNKY = [
    ("LF after the size", b"5\nhello\r\n0\r\n\r\n"),
    ("LF after an extension", b"5;\nhello\r\n0\r\n\r\n"),
    ("LF in an extension", b"5;a=b\nx\r\nhello\r\n0\r\n\r\n"),
    ("CR in an extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    ("CR CR", b"5\r\r;a\r\nhello\r\n0\r\n\r\n"),
    ("CR CR LF", b"5\r\r\nhello\r\n0\r\n\r\n"),
    ("a bare CR", b"5\rhello\r\n0\r\n\r\n"),
    ("LF twice", b"2;\nxx\r\n0\r\n\r\n"),
    ("LF then a size", b"2;\nxx\r\n2\r\nyy\r\n0\r\n\r\n" + SMUGGLED),
    ("data ends with LF", b"5\r\nhello\n0\r\n\r\n"),
    ("data ends with XX", b"5\r\nhelloXX0\r\n\r\n"),
    ("data ends with CR X", b"5\r\nhello\rX0\r\n\r\n"),
    ("data ends with nothing", b"5\r\nhello0\r\n\r\n"),
    ("data longer than said", b"5\r\nhello world\r\n0\r\n\r\n"),
    ("data ends with CR", b"5\r\nhello\r0\r\n\r\n"),
    ("data ends with LF CR", b"5\r\nhello\n\r0\r\n\r\n"),
    ("NUL in an extension", b"5;a=\0\r\nhello\r\n0\r\n\r\n"),
    ("control byte in an extension", b"5;a=\x01\r\nhello\r\n0\r\n\r\n"),
    ("an empty extension", b"5;\r\nhello\r\n0\r\n\r\n"),
    ("an extension without a name", b"5;=b\r\nhello\r\n0\r\n\r\n"),
    ("an extension without a value", b"5;a=\r\nhello\r\n0\r\n\r\n"),
    ("an open quote", b"5;a=\"b\r\nhello\r\n0\r\n\r\n"),
    ("LF in quotes", b"5;a=\"\nb\"\r\nhello\r\n0\r\n\r\n"),
    ("CRLF in quotes", b"5;a=\"\r\nhello\r\n\"\r\n0\r\n\r\n"),
    ("CR in quotes", b"5;a=\"\r\"\r\nhello\r\n0\r\n\r\n"),
    ("escaped CR in quotes", b"5;a=\"\\\r\"\r\nhello\r\n0\r\n\r\n"),
    ("text after quotes", b"5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
    ("bad bytes in a name", b"5;a b\r\nhello\r\n0\r\n\r\n"),
    ("a comma", b"5,a\r\nhello\r\n0\r\n\r\n"),
    ("a folded size", b"5\r\n \r\nhello\r\n0\r\n\r\n"),
    ("300 bytes of extension",
     b"5;" + b"e" * 300 + b"\r\nhello\r\n0\r\n\r\n"),
    ("64 KiB of extension",
     b"5;" + b"e" * 65536 + b"\r\nhello\r\n0\r\n\r\n"),
    ("300 bytes of blanks", b"5" + b" " * 300 + b";a\r\nhello\r\n0\r\n\r\n"),
    ("an endless size line", b"5;" + b"e" * 100000),
]

# Row 11: malformed trailer sections.
BAD_TRAILERS = [
    b"bad trailer", b"bad name: x", b"no-colon", b": x", b"X : y", b"X\t: y",
    b"X\0: y", b"X: \0", b"X: a\rb", b"X: \x01", b"\xe9: y", b" X: y",
    b"X: a\r\n b", b"X: a\nY: b", b"X: a\n", b"Content-Length : 5",
    b"GET /smuggled HTTP/1.1", b"X@Y: 1", b"\r", b"\rX: 1", b"\n",
    b"X: " + b"v" * 65536, b"\r\n".join(b"X%d: " % n + b"v" * 1000
                                        for n in range(64)),
    b"N" * 20000 + b": v"]

FORBIDDEN = [
    "Transfer-Encoding: chunked", "Content-Length: 5", "Host: evil",
    "Content-Encoding: gzip", "Content-Type: text/evil",
    "Content-Range: bytes 0-1/2", "Authorization: Basic x",
    "Connection: close", "X-Forwarded-For: 6.6.6.6",
    "X-Forwarded-Proto: https", "X-Forwarded-Port: 1",
    "X-Amzn-Trace-Id: Root=evil", "Expect: 100-continue", "Cookie: a=b",
    "transfer-ENCODING: identity", "CONTENT-length: 0"]


class Sizes(rig.ProxyCase):
    """Row 9."""

    def test_a_bad_first_size_is_refused_and_the_target_sees_nothing(self):
        for size in SIZES:
            with self.subTest(size):
                self.refused(HEAD + size + b"\r\nhello\r\n" + LAST)

    def test_a_bad_later_size_is_refused_and_never_completes_the_request(self):
        for size in SIZES:
            with self.subTest(size):
                self.refused(HEAD + b"3\r\nabc\r\n" + size + b"\r\nhello\r\n"
                             + LAST, whole=True)

    def test_a_bad_size_that_comes_later_is_refused_and_cuts_the_target(self):
        for size in SIZES:
            with self.subTest(size):
                self.comes_later(size + b"\r\nhello\r\n" + LAST)

    def comes_later(self, wrong):
        """Good chunk first; once the target has it, the wrong one."""
        mark = self.origin.mark()
        with self.client() as client:
            client.send(HEAD + b"3\r\nabc\r\n")
            until(lambda: any(b"abc" in d for _, d in
                              self.origin.since(mark)),
                  "the first chunk to reach the target")
            conn = self.origin.since(mark)[0][0]
            client.push(wrong)
            self.assertPage(client.response(), 400, "close")
            client.eof()
        until(conn.peer_closed.is_set, "the target connection to be cut")
        self.assertNeverWhole(mark)

    def test_a_bad_last_chunk_is_refused(self):
        for last in (b"0x0\r\n\r\n", b"0" * 17 + b"\r\n\r\n", b"-0\r\n\r\n",
                     b"0 \r\n\r\n", b" 0\r\n\r\n", b"0\n\r\n", b"0\r\r\n\r\n"):
            with self.subTest(last):
                self.refused(HEAD + b"5\r\nhello\r\n" + last, whole=True)

    def test_sizes_of_one_to_sixteen_hex_digits_are_read(self):
        for size in (b"5", b"05", b"0005", b"0000000000000005"):
            with self.subTest(size):
                self.accepted(HEAD + size + b"\r\nhello\r\n" + LAST, b"hello")
        for size in (b"a", b"A", b"0a"):
            with self.subTest(size):
                self.accepted(HEAD + size + b"\r\n0123456789\r\n" + LAST,
                              b"0123456789")
        self.accepted(HEAD + b"000\r\n\r\n", b"")

    def test_a_chunk_split_at_every_byte_is_read_alike(self):
        raw = HEAD + b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n"
        for at in range(len(HEAD) - 2, len(raw)):
            mark = self.origin.mark()
            with self.subTest(at), self.client() as client:
                client.send(raw[:at])
                self.origin.settle()
                client.send(raw[at:])
                self.assertEqual(client.response().status, 200)
                seen = self.messages(mark)
                self.assertEqual([m.body for _, m in seen], [b"hello world"])


class Extensions(rig.ProxyCase):
    """Row 10."""

    def test_funky_chunks_are_refused_and_never_complete_a_request(self):
        for name, body in FUNKY:
            with self.subTest(name):
                self.refused(HEAD + body, whole=True)

    def test_a_funky_first_chunk_line_shows_the_target_nothing(self):
        for name, body in FUNKY:
            if name.startswith("data") or name.startswith("LF then"):
                continue
            with self.subTest(name):
                self.refused(HEAD + body)

    def test_funky_chunks_that_come_later_are_refused_and_cut_the_target(self):
        for name, body in FUNKY:
            with self.subTest(name):
                Sizes.comes_later(self, body)

    def test_many_small_extensions_over_16_kib_in_all_are_refused(self):
        chunk = b"1;" + b"e" * 30 + b"\r\nx\r\n"
        self.refused(HEAD + chunk * 3000 + LAST, whole=True)

    def test_valid_extensions_are_read_and_go_no_further(self):
        for ext in (b";a", b";a=b", b";a=\"b c;d\"", b" ;a=b", b"\t;a",
                    b";a;b=c;d=\"e\"", b";a=\"\\\"\"", b"; a = b",
                    b";" + b"e" * 240):
            with self.subTest(ext):
                mark = self.origin.mark()
                self.accepted(HEAD + b"5" + ext + b"\r\nhello\r\n0" + ext +
                              b"\r\n\r\n", b"hello")
                for _, data in self.origin.since(mark):
                    lines = re.findall(rb"(?m)^[0-9a-fA-F]+[^\r\n]*", data)
                    self.assertFalse([l for l in lines if b";" in l], data)


class Trailers(rig.ProxyCase):
    """Row 11."""

    def test_malformed_trailers_are_refused_and_never_complete_a_request(self):
        for trailer in BAD_TRAILERS:
            with self.subTest(trailer[:60]):
                self.refused(HEAD + b"5\r\nhello\r\n0\r\n" + trailer +
                             b"\r\n\r\n", whole=True)

    def test_malformed_trailers_that_come_later_are_refused(self):
        for trailer in BAD_TRAILERS:
            with self.subTest(trailer[:60]):
                Sizes.comes_later(self, b"0\r\n" + trailer + b"\r\n\r\n")

    def test_forbidden_fields_are_dropped_from_the_trailers(self):
        for line in FORBIDDEN:
            with self.subTest(line):
                self.accepted(HEAD + b"5\r\nhello\r\n0\r\nX-A: 1\r\n" +
                              line.encode() + b"\r\nX-B: 2\r\n\r\n", b"hello")
                request = self.origin.requests[-2]
                self.assertEqual(request.trailers,
                                 [(b"x-a", b"1"), (b"x-b", b"2")])

    def test_other_trailers_are_forwarded_in_order(self):
        lines = b"X-Sum: abc\r\nx-lower: d e\r\nX-Empty:\r\nX-Sum: two\r\n"
        self.accepted(HEAD + b"5\r\nhello\r\n0\r\n" + lines + b"\r\n",
                      b"hello")
        self.assertEqual(self.origin.requests[-2].trailers, [
            (b"x-sum", b"abc"), (b"x-lower", b"d e"), (b"x-empty", b""),
            (b"x-sum", b"two")])

    def test_trailers_never_become_headers_of_the_next_request(self):
        self.accepted(HEAD + LAST[:-2] + b"X-Sum: abc\r\n\r\n")
        self.assertEqual(self.origin.requests[-1].get("X-Sum"), None)

    def test_16_kib_of_the_shortest_trailers_arrive_whole(self):
        for line, value, count in ((b"a:\r\n", b"", 4094),
                                   (b"a:\r\n", b"", 4095),
                                   (b"a:b\r\n", b"b", 3276)):
            for data in (b"", b"5\r\nhello\r\n"):
                with self.subTest((line, count, data)):
                    self.accepted(HEAD + data + b"0\r\n" + line * count +
                                  b"\r\n", b"hello" if data else b"")
                    self.assertEqual(self.origin.requests[-2].trailers,
                                     [(b"a", value)] * count)

    def test_16_kib_of_the_shortest_trailers_that_come_later_arrive_whole(self):
        for count in (4094, 4095):
            with self.subTest(count), self.client() as client:
                client.send(HEAD + b"3\r\nabc\r\n")
                until(lambda: self.origin.conns[-1].raw.endswith(b"abc\r\n"),
                      "the first chunk to reach the target")
                client.send(b"5\r\nhello\r\n0\r\n" + b"a:\r\n" * count +
                            b"\r\n")
                self.assertEqual(client.response("POST").status, 200)
                request = self.origin.requests[-1]
                self.assertEqual(request.body, b"abchello")
                self.assertEqual(request.trailers, [(b"a", b"")] * count)
                self.assertEqual(client.ask("/x").body, b"GET /x")

    def test_trailers_that_come_byte_by_byte_are_counted_once(self):
        name = "sluice_bytes_from_clients_total"
        trailers = b"".join(b"X-%02d: %s\r\n" % (n, b"v" * 40)
                            for n in range(20)) + b"\r\n"
        first = HEAD + b"5\r\nhello\r\n0\r\n"
        before = self.sluice.metric(name)
        with self.client() as client:
            client.send(first)
            for at in range(0, len(trailers), 7):
                client.send(trailers[at:at + 7])
                rig.time.sleep(0.001)   # a read of its own
            self.assertEqual(client.response("POST").status, 200)
        self.assertEqual(self.sluice.metric(name) - before,
                         len(first) + len(trailers))
        self.assertEqual(len(self.origin.requests[-1].trailers), 20)


class Ends(rig.ProxyCase):

    def test_a_client_that_leaves_inside_a_chunk_completes_nothing(self):
        for body in (b"", b"5", b"5\r\nhel", b"5\r\nhello", b"5\r\nhello\r\n",
                     b"5\r\nhello\r\n0\r\n", b"5\r\nhello\r\n0\r\nX: y\r\n"):
            with self.subTest(body):
                mark = self.origin.mark()
                with self.client() as client:
                    client.send(HEAD + body).half_close()
                    answer = client.rest()
                self.assertNotIn(b" 200 ", answer)
                self.origin.settle()
                for conn, data in self.origin.since(mark):
                    until(conn.peer_closed.is_set, "the target to be cut")
                self.assertNeverWhole(mark)

    def test_a_client_that_leaves_inside_a_length_completes_nothing(self):
        for body in (b"", b"hell"):
            with self.subTest(body):
                mark = self.origin.mark()
                with self.client() as client:
                    client.send(head("Content-Length: 5") + body).half_close()
                    answer = client.rest()
                self.assertNotIn(b" 200 ", answer)
                for conn, data in self.origin.since(mark):
                    until(conn.peer_closed.is_set, "the target to be cut")
                self.assertNeverWhole(mark)


if __name__ == "__main__":
    rig.main()

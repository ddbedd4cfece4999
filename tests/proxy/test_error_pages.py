#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Sluice answers itself: ALB's pages byte for byte, ALB's limits, and
row 17 of the attack list (request line and sizes)."""
import re

import rig
from rig import GOOD, Sluice, head


class Pages(rig.ProxyCase):

    # alb.md 10: 104
    def test_a_malformed_request_line_gets_the_400_page_and_the_close(self):
        self.refused(b"GET\r\n\r\n")

    # alb.md 10: 95
    def test_trace_gets_405(self):
        for version in ("HTTP/1.1", "HTTP/1.0"):
            mark = self.origin.mark()
            with self.subTest(version), self.client() as client:
                client.send(head(method="TRACE", version=version))
                self.assertPage(client.response("TRACE"), 405)
                self.assertNothingSeen(mark)

    # alb.md 10: 95
    def test_connect_gets_405(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head(method="CONNECT", target="example.com:443"))
            self.assertPage(client.response(), 405)
        self.assertNothingSeen(mark)

    # alb.md 10: 86
    def test_more_than_30_forwarded_addresses_get_463(self):
        mark = self.origin.mark()
        many = ", ".join("10.0.0.%d" % n for n in range(31))
        with self.client() as client:
            answer = client.ask("/", headers=["X-Forwarded-For: " + many])
            self.assertPage(answer, 463)
        self.assertNothingSeen(mark)

    # alb.md 10: 86
    def test_more_than_30_forwarded_addresses_in_several_lines_get_463(self):
        mark = self.origin.mark()
        lines = ["X-Forwarded-For: 10.0.1.%d, 10.0.2.%d" % (n, n)
                 for n in range(16)]
        with self.client() as client:
            self.assertPage(client.ask("/", headers=lines), 463)
        self.assertNothingSeen(mark)

    # alb.md 10: 104
    def test_a_status_without_words_has_no_page(self):
        many = ", ".join("10.0.0.%d" % n for n in range(31))
        for method in ("GET", "HEAD"):
            with self.client() as client:
                answer = client.ask("/", method, ["X-Forwarded-For: " + many])
                self.assertRegex(answer.raw, re.compile(
                    rb"\AHTTP/1.1 463 \r\nServer: awselb/2.0\r\nDate: " +
                    rig.DATE + rb"\r\nContent-Length: 0\r\n"
                    rb"Connection: keep-alive\r\n\r\n\Z"))
                self.assertEqual(client.ask("/x").body, b"GET /x")

    # alb.md 10: 104
    def test_the_pages_have_the_lengths_of_alb(self):
        lengths = {400: 122, 403: 118, 405: 122, 408: 132, 413: 148, 414: 142,
                   500: 142, 501: 130, 502: 122, 503: 162, 504: 132, 505: 152}
        self.assertEqual(
            {s: len(rig.page_body(s)) for s in rig.REASONS if s != 417},
            lengths)

    # alb.md 10: 86
    def test_30_forwarded_addresses_pass(self):
        many = ", ".join("10.0.0.%d" % n for n in range(30))
        with self.client() as client:
            answer = client.ask("/", headers=["X-Forwarded-For: " + many])
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.origin.requests[-1].all("X-Forwarded-For"),
                         [many + ", 127.0.0.1"])

    # alb.md 10: 95
    def test_an_unsupported_transfer_coding_gets_501_and_the_close(self):
        for coding in ("gzip", "compress", "deflate", "gzip, chunked",
                       "GZIP", "identity, gzip"):
            with self.subTest(coding):
                self.refused(head("Transfer-Encoding: " + coding), 501)

    # alb.md 10: 95
    def test_http2_on_an_http1_port_gets_505(self):
        for raw in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                    head(version="HTTP/2.0", method="GET")):
            with self.subTest(raw[:20]):
                self.refused(raw, 505)

    # alb.md 10: 104
    def test_a_head_request_gets_an_error_head_without_the_page(self):
        many = ", ".join("10.0.0.%d" % n for n in range(31))
        with self.client() as client:
            client.send(head("X-Forwarded-For: " + many, method="HEAD"))
            answer = client.response("HEAD")
            self.assertEqual(answer.status, 463)
            if answer.get("Connection") == "keep-alive":
                client.send(GOOD)
                self.assertEqual(client.response().body, b"GET /after")
            else:
                client.eof()
        self.refused(head("Transfer-Encoding: gzip", method="HEAD"), 501,
                     "HEAD")

    # alb.md 10: 104
    def test_an_http10_client_gets_the_page_too(self):
        answer = self.refused(head(target="x", version="HTTP/1.0"))
        self.assertEqual(answer.status, 400)


# alb.md 10: 104
class Unreachable(rig.ProxyCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(super().tearDownClass)
        cls.dead = rig.Closed()
        cls.addClassCleanup(cls.dead.close)
        cls.alone = Sluice([cls.dead])
        cls.addClassCleanup(cls.alone.stop)
        cls.empty = Sluice("blue=%s@0" % cls.origin.address)
        cls.addClassCleanup(cls.empty.stop)

    @classmethod
    def tearDownClass(cls):
        """The cleanups do it, also when TLS leaves a server out (a skip)."""

    def test_a_refused_connection_gets_502(self):
        with self.alone.client() as client:
            answer = client.ask("/")
            self.assertPage(answer, 502)
            if answer.get("Connection") == "keep-alive":
                self.assertPage(client.ask("/"), 502)

    def test_a_refused_connection_gets_502_without_a_body_for_head(self):
        with self.alone.client() as client:
            self.assertPage(client.ask("/", "HEAD"), 502, None, "HEAD")

    def test_no_usable_target_group_gets_503(self):
        with self.empty.client() as client:
            self.assertPage(client.ask("/"), 503)
        self.assertEqual(self.origin.requests, [])


class RequestLine(rig.ProxyCase):
    """Row 17: the request line."""

    def test_bad_versions_get_400_and_the_close(self):
        for version in ("HTTP/1.10", "HTTP/1.", "HTTP/1", "HTTP/", "HTTP",
                        "HTTP/1.1x", "HTTP/01.1", "HTTP/1.1.1", "HTTP/1,1",
                        "http/1.1", "Http/1.1", "FOO", "HTTPS/1.1",
                        "HTTP/3.0", "HTTP/9.9", "HTTP/-1.1", "HTTP/1.\xb9",
                        "HTTP/1.1\t", "HTTP/1.a", "HTTP/1:1", "HTTP\\1.1",
                        "ICY/1.1"):
            with self.subTest(version):
                self.refused(head(version=version, method="GET"))

    def test_later_minor_versions_are_served_as_1_1(self):
        for digit in range(2, 10):
            with self.subTest(digit):
                self.accepted(head(version="HTTP/1.%d" % digit,
                                   method="GET"), b"", "GET")

    def test_a_space_after_the_version_is_accepted(self):
        self.accepted(head(version="HTTP/1.1 ", method="GET"), b"", "GET")

    def test_bad_methods_get_400_and_the_close(self):
        for method in ("G@T", "GE,T", "(GET)", "G\x01ET", "\"GET\"", "G\xe9T",
                       "GET\t", "\tGET", "GET:", "G/T", "G[]"):
            with self.subTest(method):
                self.refused(head(method=method))

    def test_a_method_of_8_kib_is_a_token_and_is_forwarded(self):
        self.accepted(head(method="M" * 8192), b"", "M" * 8192)

    def test_request_lines_with_missing_parts_get_400_and_the_close(self):
        for line in (b" ", b"GET", b"GET ", b" GET / HTTP/1.1", b"/",
                     b"GET HTTP/1.1", b"POST /c", b"HEAD /c", b"\t",
                     b"GET\t/\tHTTP/1.1", b"GET / HTTP/1.1 HTTP/1.1",
                     b":", b"HTTP/1.1 200 OK", b"get /c", b"GET /c ",
                     b"XGET /c"):
            with self.subTest(line):
                if line in (b"GET / HTTP/1.1 HTTP/1.1", b"GET /c "):
                    self.safe_line(line)
                else:
                    self.refused(line + b"\r\nHost: a\r\n\r\n",
                                 method="HEAD" if line == b"HEAD /c"
                                 else "GET")

    def safe_line(self, line):
        """Refused, or one request that every reader reads alike."""
        mark = self.origin.mark()
        with self.client() as client:
            client.push(line + b"\r\nHost: a\r\n\r\n").half_close()
            client.rest()
        self.assertLessEqual(len(self.messages(mark)), 1)

    def test_extra_spaces_never_move_the_borders(self):
        for line in (b"GET  / HTTP/1.1", b"GET /  HTTP/1.1",
                     b"GET  /  HTTP/1.1", b"GET / HTTP/1.1  ",
                     b"GET /\x0b HTTP/1.1", b"GET\x0b/ HTTP/1.1",
                     b"GET /\x0cx HTTP/1.1", b"GET /\x85x HTTP/1.1"):
            with self.subTest(line):
                self.safe_line(line)

    def test_a_space_in_the_url_is_forwarded_as_percent_20(self):
        self.accepted(head(method="GET", target="/a b"), b"", "GET", "/a%20b")
        self.accepted(head(method="GET", target="/a b c?d e"), b"", "GET",
                      "/a%20b%20c?d%20e")

    def test_a_space_cannot_hide_a_second_version(self):
        # BadVersion for the guardian (uri-specific-test-cases/04).
        self.refused(head(method="GET", target="/a HTTP/1.0"))

    def test_control_bytes_in_the_url_are_escaped_and_both_sides_close(self):
        for byte in [9, 0x7f] + [b for b in range(1, 32)
                                 if b not in (9, 10, 13)]:
            with self.subTest(byte):
                self.ambiguous(head(method="GET", target="/a%cb" % byte), b"",
                               "GET", "/a%%%02Xb" % byte)

    def test_a_nul_or_a_bare_cr_in_the_request_line_gets_400(self):
        for line in (b"GET /a\0b HTTP/1.1", b"GET /a\rb HTTP/1.1",
                     b"G\0ET / HTTP/1.1", b"GET / HTTP/1.1\0",
                     b"GET / HTTP/1.1\r", b"\0GET / HTTP/1.1",
                     b"GET /\r HTTP/1.1", b"GET / HTTP\r/1.1"):
            with self.subTest(line):
                self.refused(line + b"\r\nHost: a\r\n\r\n")

    def test_a_hash_in_the_url_is_forwarded_as_percent_23(self):
        mark = self.origin.mark()
        with self.client() as client:
            self.assertEqual(client.ask("/a#b").status, 200)
        self.assertEqual(self.messages(mark)[0][1].target, b"/a%23b")

    def test_other_forms_of_the_target_get_400_and_the_close(self):
        for target in ("x", "x/y", "*", "example.com/", "?a", "#",
                       "ftp://example.com/", "http:/x", "http:", "http://",
                       "http:///x", "httpx://a/", "://a/", "*x", "\\x",
                       "mailto:a@b", "a:80"):
            with self.subTest(target):
                self.refused(head(method="GET", target=target))
        self.refused(head(method="OPTIONS", target="*/x"))
        self.refused(head(method="POST", target="*"))

    def test_one_empty_line_before_a_request_is_skipped(self):
        self.accepted(b"\r\n" + head(method="GET"), b"", "GET")
        with self.client() as client:
            for _ in range(3):
                client.send(b"\r\n" + GOOD)
                self.assertEqual(client.response().status, 200)


# alb.md 10: 94
class Sizes(rig.ProxyCase):
    """Row 17: sizes; ALB: line 16 KiB, one header 16 KiB, all 64 KiB."""

    def test_a_url_of_15_kib_passes(self):
        target = "/" + "u" * (15 * 1024)
        self.accepted(head(method="GET", target=target), b"", "GET", target)

    def test_a_url_over_16_kib_gets_414(self):
        for size in (16 * 1024 + 1, 64 * 1024, 200 * 1024):
            with self.subTest(size):
                self.refused(head(method="GET", target="/" + "u" * size), 414)

    def test_a_url_without_end_gets_414_at_the_limit(self):
        self.refused(b"GET /" + b"u" * 70000, 414)

    def test_a_header_line_of_15_kib_passes(self):
        message = self.accepted(head("X-Long: " + "v" * 15 * 1024))
        self.assertEqual(self.value(message, "X-Long"), ["v" * 15 * 1024])

    def test_a_header_line_over_16_kib_gets_400(self):
        for size in (16 * 1024 + 1, 128 * 1024):
            with self.subTest(size):
                self.refused(head("X-Long: " + "v" * size))

    def test_a_header_line_without_end_gets_400(self):
        self.refused(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"v" * 100000)

    def test_a_header_name_over_16_kib_gets_400(self):
        self.refused(head("N" * (17 * 1024) + ": v"))

    def test_a_head_of_60_kib_passes(self):
        lines = ["X-%d: %s" % (n, "v" * 4000) for n in range(15)]
        message = self.accepted(head(*lines))
        self.assertEqual(self.value(message, "X-14"), ["v" * 4000])

    def test_a_head_over_64_kib_gets_400(self):
        self.refused(head(*["X-%d: %s" % (n, "v" * 4000) for n in range(17)]))

    def test_20000_headers_get_400(self):
        self.refused(head(*["a:b"] * 20000))

    def test_2000_headers_pass_in_order(self):
        lines = ["x%d: %d" % (n, n) for n in range(2000)]
        message = self.accepted(head(*lines))
        self.assertEqual([v for n, v in message.fields
                          if n[:1] == b"x" and n[1:].isdigit()],
                         [b"%d" % n for n in range(2000)])

    def test_oversized_heads_do_not_make_the_process_grow(self):
        for _ in range(4):
            self.refused(head(*["a:b"] * 20000))
        before = self.sluice.rss()
        for _ in range(30):
            self.refused(head(*["a:b"] * 20000))
            self.refused(head("X-Long: " + "v" * 128 * 1024))
        if not rig.sanitized():
            self.assertLess(self.sluice.rss() - before, 2 << 20)


if __name__ == "__main__":
    rig.main()

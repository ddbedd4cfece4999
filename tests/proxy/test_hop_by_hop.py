#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fields that concern one connection only: row 15 of the attack list."""
import rig
from rig import head

HELLO = b"5\r\nhello\r\n0\r\n\r\n"


class HopByHop(rig.ProxyCase):

    def through(self, *lines, body=b""):
        """The one message the target saw for a POST with these lines."""
        mark = self.origin.mark()
        with self.client() as client:
            client.push(head(*lines) + body)
            answer = client.response("POST")
            self.assertEqual(answer.status, 200, lines)
        seen = self.messages(mark)
        self.assertEqual(len(seen), 1)
        return seen[0][1]

    def test_named_fields_are_removed(self):
        for line in ("Connection: X-Hop", "connection: x-hop",
                     "Connection: keep-alive, X-Hop", "Connection:X-HOP,close",
                     "Connection: ,, X-Hop ,"):
            with self.subTest(line):
                message = self.through("X-Hop: 1", line, "X-Stay: 2")
                self.assertEqual(self.value(message, "X-Hop"), [])
                self.assertEqual(self.value(message, "X-Stay"), ["2"])
                self.assertEqual(self.value(message, "Connection"), [])

    def test_several_connection_lines_count_together(self):
        message = self.through("Connection: X-A", "X-A: 1", "X-B: 2",
                               "Connection: X-B", "X-C: 3")
        self.assertEqual([n for n, _ in message.fields if n in (
            b"x-a", b"x-b", b"x-c")], [b"x-c"])

    def test_every_line_of_a_named_field_is_removed(self):
        message = self.through("X-A: 1", "Connection: X-A", "x-a: 2")
        self.assertEqual(self.value(message, "X-A"), [])

    def test_framing_host_and_forwarded_fields_cannot_be_named_away(self):
        abuse = ("Connection: close, Host, X-Forwarded-For, X-Forwarded-Proto,"
                 " X-Forwarded-Port, Content-Length, Transfer-Encoding,"
                 " X-Amzn-Trace-Id, Content-Type, Authorization, Cookie,"
                 " Forwarded, Content-Encoding")
        for framing, body in (("Content-Length: 5", b"hello"),
                              ("Transfer-Encoding: chunked", HELLO)):
            for lines in ((abuse, framing), (framing, abuse)):
                with self.subTest(lines):
                    message = self.through(
                        "X-Forwarded-For: 10.1.1.1", "Content-Type: a/b",
                        "Authorization: Basic x", "Cookie: a=b",
                        "Content-Encoding: gzip", "Forwarded: for=x",
                        "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912"
                        "345678", *lines, body=body)
                    self.assertEqual(message.body, b"hello")
                    for name, value in (
                            ("X-Forwarded-For", "10.1.1.1, 127.0.0.1"),
                            ("X-Forwarded-Proto", "http"),
                            ("X-Forwarded-Port", str(self.sluice.port)),
                            ("Content-Type", "a/b"), ("Cookie", "a=b"),
                            ("Authorization", "Basic x"),
                            ("Content-Encoding", "gzip"),
                            ("Forwarded", "for=x"),
                            ("Host", "example.com:%d" % self.sluice.port)):
                        self.assertEqual(self.value(message, name), [value])
                    self.assertTrue(self.value(
                        message, "X-Amzn-Trace-Id")[0].endswith(
                            ";Root=1-67891233-abcdef012345678912345678"))

    def test_each_protected_field_named_alone_stays(self):
        for name in ("Transfer-Encoding", "Content-Length", "Host", "host",
                     "TRANSFER-ENCODING", "content-length"):
            for framing, body in (("Content-Length: 5", b"hello"),
                                  ("Transfer-Encoding: chunked", HELLO)):
                with self.subTest((name, framing)):
                    message = self.through("Connection: " + name, framing,
                                           body=body)
                    self.assertEqual(message.body, b"hello")

    def test_connection_fields_are_always_removed(self):
        message = self.through(
            "Connection: keep-alive", "Keep-Alive: timeout=5",
            "Proxy-Connection: keep-alive", "TE: gzip", "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQAAP__", "Trailer: X-T",
            "Connection: upgrade, http2-settings, te")
        names = [n for n, _ in message.fields]
        for name in (b"connection", b"keep-alive", b"proxy-connection",
                     b"te", b"upgrade", b"http2-settings"):
            self.assertNotIn(name, names)
        self.assertIn(b"trailer", names)

    def test_te_is_not_passed_on(self):
        # It would have to stand in a Connection field (RFC 9110 10.1.4), and
        # Sluice sends none.
        for value in ("trailers", "Trailers", "gzip", "trailers, gzip",
                      "gzip;q=0.5, trailers", ""):
            for more in ((), ("Connection: TE",)):
                with self.subTest((value, more)):
                    message = self.through("TE: " + value, *more,
                                           "X-Stay: 2")
                    self.assertEqual(self.value(message, "TE"), [])
                    self.assertEqual(self.value(message, "Connection"), [])
                    self.assertEqual(self.value(message, "X-Stay"), ["2"])

    def test_trailers_pass_with_and_without_te(self):
        self.addCleanup(setattr, self.origin, "answer", rig.Origin.echo)
        self.origin.answer = lambda r: (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
            b"Trailer: X-Down\r\n\r\n2\r\nok\r\n0\r\nX-Down: 1\r\n\r\n")
        for lines in ((), ("TE: trailers",),
                      ("TE: trailers", "Connection: TE")):
            with self.subTest(lines), self.client() as client:
                client.send(head("Transfer-Encoding: chunked",
                                 "Trailer: X-Up", *lines) +
                            HELLO[:-2] + b"X-Up: 2\r\n\r\n")
                self.assertEqual(client.response().trailers,
                                 [("X-Down", "1")])
                request = self.origin.requests[-1]
                self.assertEqual(request.get("Trailer"), "X-Up")
                self.assertEqual(request.trailers, [(b"x-up", b"2")])

    def test_endless_connection_lists_are_obeyed_or_refused(self):
        for line in ("Connection: " + "x," * 4000, "Connection: " + ", ".join(
                "n%d" % n for n in range(1000)) + ", X-Hop"):
            with self.subTest(line[:40]):
                mark = self.origin.mark()
                with self.client() as client:
                    client.push(head("X-Hop: 1", line))
                    status = client.response().status
                self.assertIn(status, (200, 400))
                for _, message in self.messages(mark):
                    if "X-Hop" in line:
                        self.assertEqual(self.value(message, "X-Hop"), [])

    def test_close_among_other_tokens_closes(self):
        for line in ("Connection: close, Host", "Connection: x , CLOSE",
                     "Connection: keep-alive, close"):
            with self.subTest(line), self.client() as client:
                client.send(head(line, method="GET"))
                answer = client.response()
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.get("Connection"), "close")
                client.eof()

    def test_odd_connection_values_do_no_harm(self):
        for line in ("Connection:", "Connection: ,", "Connection: \"close\"",
                     "Connection: a b", "Connection: connection",
                     "Connection: @", "Connection: " + "x, " * 20):
            with self.subTest(line[:40]):
                message = self.through(line, "X-Stay: 2")
                self.assertEqual(self.value(message, "X-Stay"), ["2"])


if __name__ == "__main__":
    rig.main()

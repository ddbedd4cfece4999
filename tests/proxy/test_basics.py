#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plain proxying: methods, statuses, keep-alive, HTTP/1.0, IPv6."""
import calendar
import re
import time
import unittest

import rig
from rig import GOOD, Origin, Sluice, head, respond, until


class Proxying(rig.ProxyCase):

    def setUp(self):
        self.origin.answer = Origin.echo

    def test_a_get_is_answered_with_what_the_target_said(self):
        with self.client() as client:
            answer = client.ask("/hello?a=b&c=%20d")
        self.assertEqual((answer.status, answer.body),
                         (200, b"GET /hello?a=b&c=%20d"))

    def test_every_method_reaches_the_target_as_it_is(self):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS",
                       "PATCH", "PROPFIND", "get", "M-SEARCH", "X!#$"):
            with self.subTest(method), self.client() as client:
                answer = client.ask("/m", method)
                self.assertEqual(answer.status, 200)
                self.assertEqual(self.origin.requests[-1].method, method)

    def test_a_post_body_reaches_the_target_byte_for_byte(self):
        body = bytes(range(256)) * 40
        with self.client() as client:
            self.assertEqual(client.ask("/p", "POST", body=body).status, 200)
        self.assertEqual(self.origin.requests[-1].body, body)

    def test_a_post_without_a_length_has_no_body(self):
        self.accepted(head(), b"")

    def test_a_head_answer_keeps_its_length_and_has_no_body(self):
        with self.client() as client:
            answer = client.ask("/h", "HEAD")
            self.assertEqual(answer.get("Content-Length"), "7")
            self.assertEqual(client.ask("/x").body, b"GET /x")

    def test_answers_without_a_body_keep_the_connection_in_step(self):
        for status in (204, 304):
            with self.subTest(status), self.client() as client:
                self.origin.answer = lambda r, s=status: respond(
                    b"", s, b"Fine") if r.target == "/n" else Origin.echo(r)
                answer = client.ask("/n")
                self.assertEqual((answer.status, answer.body), (status, b""))
                self.assertEqual(client.ask("/x").body, b"GET /x")

    def test_a_304_may_carry_a_content_length(self):
        self.origin.answer = lambda r: (
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n"
            b"ETag: \"a\"\r\n\r\n" if r.target == "/n" else Origin.echo(r))
        with self.client() as client:
            answer = client.ask("/n")
            self.assertEqual((answer.status, answer.get("ETag")),
                             (304, '"a"'))
            self.assertEqual(client.ask("/x").body, b"GET /x")

    def test_status_reason_and_headers_of_the_target_are_kept(self):
        self.origin.answer = lambda r: respond(
            b"x", 418, b"I'm a teapot", [
                "Server: Kettle/1.0", "Set-Cookie: a=1", "X-One: 1",
                "Set-Cookie: b=2", "Date: Tue, 01 Jan 2030 00:00:00 GMT"])
        with self.client() as client:
            answer = client.ask("/")
        self.assertEqual((answer.status, answer.reason),
                         (418, "I'm a teapot"))
        self.assertEqual(answer.all("Set-Cookie"), ["a=1", "b=2"])
        self.assertEqual(answer.all("Server"), ["Kettle/1.0"])
        self.assertEqual(answer.all("Date"),
                         ["Tue, 01 Jan 2030 00:00:00 GMT"])
        self.assertEqual(answer.get("Via"), None)

    def test_a_missing_date_is_added(self):
        before = int(time.time())
        with self.client() as client:
            answer = client.ask("/")
        self.assertEqual(len(answer.all("Date")), 1)
        self.assertTrue(re.match(rig.DATE + rb"\Z",
                                 answer.get("Date").encode()))
        then = calendar.timegm(time.strptime(answer.get("Date"),
                                             "%a, %d %b %Y %H:%M:%S GMT"))
        self.assertTrue(before - 1 <= then <= time.time() + 1, answer)

    def test_an_empty_reason_phrase_is_no_fault(self):
        self.origin.answer = lambda r: (b"HTTP/1.1 200 \r\n"
                                        b"Content-Length: 2\r\n\r\nok")
        with self.client() as client:
            self.assertEqual(client.ask("/").body, b"ok")

    def test_options_star_is_forwarded_as_a_star(self):
        self.accepted(head(method="OPTIONS", target="*"), b"", "OPTIONS", "*")

    def test_a_url_keeps_its_escapes_and_odd_characters(self):
        for target in ("/%2e%2E/%00?%0d%0a", "/a//b/../c", "/a;b=c,d",
                       "/{}|\\^`\"<>", "/?", "//x/y", "/caf\xe9"):
            with self.subTest(target):
                self.accepted(head(method="GET", target=target), b"", "GET",
                              target)


class KeepAlive(rig.ProxyCase):

    def test_one_client_connection_carries_many_requests(self):
        with self.client() as client:
            for number in range(50):
                answer = client.ask("/k%d" % number)
                self.assertEqual(answer.body, b"GET /k%d" % number)
                self.assertNotEqual(answer.get("Connection"), "close")

    def test_target_connections_are_shared_among_clients(self):
        before = len(self.origin.conns)
        for number in range(20):
            with self.client() as client:
                client.ask("/c%d" % number)
        self.assertLessEqual(len(self.origin.conns) - before, 1)

    def test_connection_close_of_the_client_is_honoured(self):
        with self.client() as client:
            answer = client.ask("/", headers=["Connection: close"])
            self.assertEqual(answer.get("Connection"), "close")
            self.assertEqual(client.eof(), "fin")

    def test_a_client_close_does_not_cost_the_target_connection(self):
        with self.client() as client:
            client.ask("/a", headers=["Connection: close"])
        with self.client() as client:
            client.ask("/b")
        first, second = self.origin.requests[-2:]
        self.assertIs(first.conn, second.conn)

    def test_connection_close_of_the_target_is_honoured_on_its_side(self):
        self.origin.answer = lambda r: respond(
            b"bye", headers=["Connection: close"])
        try:
            with self.client() as client:
                answer = client.ask("/bye")
                conn = self.origin.requests[-1].conn
                self.assertNotEqual(answer.get("Connection"), "close")
                until(conn.peer_closed.is_set, "the target side to close")
                self.origin.answer = Origin.echo
                self.assertEqual(client.ask("/x").body, b"GET /x")
                self.assertIsNot(self.origin.requests[-1].conn, conn)
        finally:
            self.origin.answer = Origin.echo

    def test_a_keep_alive_header_of_the_target_stays_on_its_side(self):
        self.origin.answer = lambda r: respond(b"x", headers=[
            "Connection: keep-alive, X-Hop", "Keep-Alive: timeout=5",
            "X-Hop: 1", "X-Stay: 2", "Proxy-Connection: keep-alive"])
        try:
            with self.client() as client:
                answer = client.ask("/")
            self.assertEqual(answer.get("Keep-Alive"), None)
            self.assertEqual(answer.get("X-Hop"), None)
            self.assertEqual(answer.get("X-Stay"), "2")
            self.assertEqual(answer.all("Connection"), ["keep-alive"])
        finally:
            self.origin.answer = Origin.echo

    def test_a_client_that_half_closes_still_gets_its_answer(self):
        with self.client() as client:
            client.send(GOOD).half_close()
            self.assertEqual(client.response().body, b"GET /after")
            self.assertEqual(client.eof(), "fin")


class Http10(rig.ProxyCase):

    def test_an_http10_request_is_answered_and_the_connection_closes(self):
        with self.client() as client:
            client.send(b"GET /old HTTP/1.0\r\nHost: a\r\n\r\n")
            answer = client.response()
            self.assertEqual(answer.body, b"GET /old")
            self.assertIn(answer.get("Connection"), (None, "close"))
            client.eof()

    def test_an_http10_client_may_ask_for_keep_alive(self):
        with self.client() as client:
            for number in range(3):
                client.send(b"GET /old%d HTTP/1.0\r\nHost: a\r\n"
                            b"Connection: keep-alive\r\n\r\n" % number)
                answer = client.response()
                self.assertEqual(answer.body, b"GET /old%d" % number)
                self.assertEqual(answer.get("Connection"), "keep-alive")

    def test_a_host_is_generated_when_http10_has_none(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(b"GET /old HTTP/1.0\r\n\r\n")
            self.assertEqual(client.response().status, 200)
        message = self.messages(mark)[0][1]
        self.assertTrue(message.host.startswith(b"sluice-"),
                        message.host)

    def test_a_chunked_answer_reaches_an_http10_client_without_chunks(self):
        self.origin.answer = lambda r: (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        try:
            for line in (b"", b"Connection: keep-alive\r\n"):
                with self.subTest(line), self.client() as client:
                    client.send(b"GET / HTTP/1.0\r\nHost: a\r\n" + line +
                                b"\r\n")
                    answer = client.response()
                    self.assertEqual(answer.get("Transfer-Encoding"), None)
                    self.assertEqual(answer.body, b"hello world")
                    self.assertEqual(answer.framing, "close")
        finally:
            self.origin.answer = Origin.echo

    def test_http09_gets_the_bare_body_and_the_close(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(b"GET /nine\r\n")
            self.assertEqual(client.rest(), b"GET /nine")
        message = self.messages(mark)[0][1]
        self.assertEqual(message.target, b"/nine")
        self.assertTrue(message.host.startswith(b"sluice-"))

    def test_http09_with_a_version_reads_its_headers(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(b"GET /nine HTTP/0.9\r\nX-Here: yes\r\n\r\n")
            self.assertEqual(client.rest(), b"GET /nine")
        message = self.messages(mark)[0][1]
        self.assertEqual(self.value(message, "X-Here"), ["yes"])


@unittest.skipUnless(rig.has_ipv6(), "needs IPv6 on the loopback")
class Ipv6(unittest.TestCase):

    def test_ipv6_listener_and_target_speak_and_the_client_is_bare(self):
        with Origin(host="::1") as origin:
            sluice = Sluice([origin], "--bind", "::1")
            try:
                self.assertIn("listener http://[::1]:%d" % sluice.port,
                              sluice.lines)
                with sluice.client() as client:
                    self.assertEqual(client.ask("/six").body, b"GET /six")
                self.assertEqual(
                    origin.requests[-1].all("X-Forwarded-For"), ["::1"])
            finally:
                sluice.stop()

    def test_an_ipv6_client_port_comes_with_brackets(self):
        with Origin(host="::1") as origin:
            sluice = Sluice([origin], "--bind", "::1", attributes={
                "routing.http.xff_client_port.enabled": "true"})
            try:
                with sluice.client() as client:
                    client.ask("/six")
                    port = client.local[1]
                self.assertEqual(
                    origin.requests[-1].all("X-Forwarded-For"),
                    ["[::1]:%d" % port])
            finally:
                sluice.stop()


if __name__ == "__main__":
    rig.main()

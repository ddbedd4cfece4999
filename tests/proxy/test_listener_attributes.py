#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ListenerAttributes: what a listener sets on its responses, Server of the
load balancer's own ones, and new names of TLS headers."""
import fcntl
import re
import termios
import unittest

import rig
from rig import Origin, head, respond
from stack import (Served, Stack, attributes, command, fixed, forward, path,
                   redirect)
from test_websocket import SWITCH, WEBSOCKET

SET = "routing.http.response.%s.header_value"
SERVER = "routing.http.response.server.enabled"
NAME = "routing.http.request.x_amzn_%s.header_name"
FIELDS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Access-Control-Allow-Origin": "https://example.com",
    "Access-Control-Allow-Methods": "GET, PUT",
    "Access-Control-Allow-Headers": "X-Custom",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "X-Other",
    "Access-Control-Max-Age": "600",
    "Content-Security-Policy": "default-src 'self'; img-src *",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
ALL = {SET % name.lower().replace("-", "_"): value
       for name, value in FIELDS.items()}


def given(name, value):
    return {SET % name: value}


def answer(request):
    """What the path asks for."""
    body = b"" if request.method == "HEAD" else request.target.encode()
    if request.target == "/own":
        return respond(body, headers=[
            "x-frame-options: SAMEORIGIN", "X-Frame-Options: ALLOWALL",
            "Server: mine", "X-Frame-Option: kept", "X-App: 1",
            "strict-transport-security: max-age=0"])
    return respond(body)


def tunnel(conn):
    conn.read_head()
    conn.send(SWITCH)
    conn.wait_close()


class Case(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.origin, cls.dead = Origin(answer=answer), rig.Closed()

    @classmethod
    def tearDownClass(cls):
        cls.origin.close()
        cls.dead.close()

    def stack(self, given_, **more):
        stack = Stack()
        stack.balancer("Lb", {"idle_timeout.timeout_seconds": 1})
        stack.group("Blue", [self.origin.address])
        stack.group("Dead", [self.dead.address])
        stack.group("Empty", Targets=[])
        self.listener(stack, given_, **more)
        stack.rule("Fixed", "Web", 1, [path("/fixed")], fixed(200, "body"))
        stack.rule("Away", "Web", 2, [path("/away")], redirect(Host="b.c"))
        stack.rule("Gone", "Web", 3, [path("/dead")], forward("Dead"))
        stack.rule("None", "Web", 4, [path("/empty")], forward("Empty"))
        stack.rule("Long", "Web", 5, [path("/long*")],
                   redirect(Path="/#{path}" * 9))
        return stack

    @staticmethod
    def listener(stack, given_, **more):
        stack.listener("Web", 80, forward("Blue"),
                       ListenerAttributes=attributes(given_), **more)

    def serve(self, given_, *options):
        sluice = Served(self.stack(given_), *options)
        self.addCleanup(sluice.stop)
        return sluice

    def assertSet(self, response, fields):
        """Each of them is there once, with this value."""
        for name in FIELDS:
            self.assertEqual(response.all(name),
                             [fields[name]] if name in fields else [],
                             response)

    def sent(self, sluice, raw, method="GET"):
        with sluice.client() as client:
            client.push(raw)
            return client.response(method)


class Responses(Case):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sluice = Served(cls.stack(cls, ALL))

    @classmethod
    def tearDownClass(cls):
        try:
            cls.sluice.stop()
        finally:
            super().tearDownClass()

    # alb.md 10: 105
    def test_a_response_of_the_target_has_all_of_them(self):
        with self.sluice.client() as client:
            for method in ("GET", "HEAD", "POST"):
                response = client.ask("/x", method)
                self.assertEqual(response.status, 200)
                self.assertSet(response, FIELDS)

    # alb.md 10: 105
    def test_those_of_the_target_are_overwritten_and_others_stay(self):
        with self.sluice.client() as client:
            response = client.ask("/own")
        self.assertSet(response, FIELDS)
        self.assertEqual(response.all("X-Frame-Option"), ["kept"])
        self.assertEqual(response.all("X-App"), ["1"])
        self.assertEqual(response.all("Server"), ["mine"])

    # alb.md 10: 105
    def test_what_the_load_balancer_answers_has_them(self):
        for target, status in (("/fixed", 200), ("/away", 301),
                               ("/dead", 502), ("/empty", 503),
                               ("/long" + "x" * 1000, 507)):
            with self.subTest(target[:8]), self.sluice.client() as client:
                response = client.ask(target)
                self.assertEqual(response.status, status)
                self.assertEqual(response.all("Server"), ["awselb/2.0"])
                self.assertSet(response, FIELDS)

    # alb.md 10: 105
    def test_what_is_no_request_or_not_served_is_answered_with_them(self):
        many = ", ".join(["10.0.0.1"] * 31)
        for raw, status in (
                (b"GET\r\n\r\n", 400), (head(host=None), 400),
                (head("Content-Length: 5, 5"), 400),
                (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n", 414),
                (head("Transfer-Encoding: gzip"), 501),
                (head(version="HTTP/2.0"), 505),
                (head(method="TRACE"), 405),
                (head("Expect: a miracle"), 417),
                (head("X-Forwarded-For: " + many), 463),
                (b"GET / HTTP/1.1\r\nHost: a\r\n", 408),
                (head("Content-Length: 5") + b"1", 408)):
            with self.subTest((status, raw[:30])):
                response = self.sent(self.sluice, raw)
                self.assertEqual(response.status, status)
                self.assertSet(response, FIELDS)

    # alb.md 10: 105
    def test_a_silent_target_is_answered_for_with_them(self):
        def silent(conn):
            conn.read_request()
            conn.wait_close()
        self.fresh(silent)
        response = self.sent(self.sluice, head(method="GET", target="/x"))
        self.assertEqual(response.status, 504)
        self.assertSet(response, FIELDS)

    def fresh(self, script):
        """The next target connections run this script."""
        self.addCleanup(setattr, self.origin, "script", Origin.serve)
        self.origin.script = script
        for conn in self.origin.conns:
            if not conn.done:
                conn.half_close()
                rig.until(lambda c=conn: c.done or c.peer_closed.is_set(),
                          "a pooled connection to be left")

    # alb.md 10: 105
    def test_a_101_has_them_and_the_bytes_behind_it_do_not(self):
        self.fresh(tunnel)
        with self.sluice.client() as client:
            client.send(WEBSOCKET)
            response = client.response()
            self.assertEqual(response.status, 101)
            self.assertSet(response, FIELDS)

    # alb.md 10: 105
    def test_a_100_has_none(self):
        with self.sluice.client() as client:
            client.send(head("Expect: 100-continue", "Content-Length: 1",
                             target="/x"))
            deadline = rig.time.monotonic() + rig.PATIENCE
            self.assertEqual(client.take_until(b"\r\n\r\n", deadline),
                             b"HTTP/1.1 100 Continue\r\n\r\n")
            client.send(b"x")
            self.assertSet(client.response("POST"), FIELDS)

    def test_http09_has_no_head_to_set_them_in(self):
        with self.sluice.client() as client:
            client.send(b"GET /fixed\r\n")
            self.assertEqual(client.rest(), b"body")


class ServerField(Case):

    # alb.md 10: 104
    def test_without_it_only_a_target_says_server(self):
        sluice = self.serve({SERVER: "false"})
        with sluice.client() as client:
            self.assertEqual(client.ask("/own").all("Server"), ["mine"])
            for target in ("/fixed", "/away", "/dead", "/empty"):
                self.assertEqual(client.ask(target).all("Server"), [])
        response = self.sent(sluice, b"GET\r\n\r\n")
        self.assertEqual((response.status, response.all("Server")), (400, []))
        # Nothing else of the page is missing.
        self.assertRegex(response.raw, re.compile(
            rb"\AHTTP/1.1 400 Bad Request\r\nDate: " + rig.DATE +
            rb"\r\nContent-Type: text/html\r\nContent-Length: 122\r\n"
            rb"Connection: close\r\n\r\n" + re.escape(rig.page_body(400)) +
            rb"\Z"))

    # alb.md 10: 104
    def test_with_it_pages_are_those_of_alb_byte_for_byte(self):
        sluice = self.serve({SERVER: "true"})
        for raw, status in ((b"GET\r\n\r\n", 400),
                            (head(method="GET", target="/empty"), 503)):
            response = self.sent(sluice, raw)
            self.assertRegex(response.raw, rig.page_pattern(
                status, response.get("Connection").encode()))


class Values(Case):

    # alb.md 10: 105
    def test_an_empty_value_is_off(self):
        sluice = self.serve({**given("x_frame_options", ""),
                             **given("access_control_max_age", "5")})
        with sluice.client() as client:
            self.assertEqual(client.ask("/own").all("X-Frame-Options"),
                             ["SAMEORIGIN", "ALLOWALL"])
            self.assertSet(client.ask("/fixed"),
                           {"Access-Control-Max-Age": "5"})

    # alb.md 10: 105
    def test_every_character_and_1024_of_them_arrive(self):
        value = "_ :;.,\\/'?!(){}[]@<>=-+*#&`|~^%aZ09"
        value += "x" * (1024 - len(value))
        sluice = self.serve(given("content_security_policy", value))
        for target in ("/x", "/fixed", "/empty"):
            with sluice.client() as client:
                self.assertEqual(
                    client.ask(target).all("Content-Security-Policy"), [value])

    # alb.md 10: 105
    def test_what_alb_does_not_take_is_an_error(self):
        for key, value, said in (
                (SET % "x_frame_options", "x" * 1025, "at most 1024"),
                (SET % "x_frame_options", 'say "no"', "at most 1024"),
                (SET % "x_frame_options", "a\nb", "at most 1024"),
                (SET % "x_frame_option", "DENY", "x_frame_options"),
                (SERVER, "False", "false or true"),
                (NAME % "tls_version", "two words", "letters, digits"),
                (NAME % "tls_version", "Host", "meaning already")):
            with self.subTest((key, value[:10])):
                code, out, err = command("check", "-",
                                         stdin=self.stack({key: value}))
                self.assertEqual(code, 65, out + err)
                self.assertIn(said, out + err)

    def test_no_note_says_that_nothing_acts_on_them(self):
        _, out, err = command("check", "-", "--verbose",
                              stdin=self.stack({**ALL, SERVER: "false"}))
        self.assertNotIn("nothing acts", out + err)

    def test_they_may_be_given_on_the_command_line(self):
        sluice = rig.Sluice([self.origin], attributes={
            SET % "x_frame_options": "DENY", SERVER: "false"})
        try:
            with sluice.client() as client:
                self.assertEqual(client.ask("/own").all("X-Frame-Options"),
                                 ["DENY"])
        finally:
            sluice.stop()


class Renamed(Case):

    # alb.md 10: 105
    def test_clients_cannot_send_a_tls_header_by_either_name(self):
        stack = self.stack({NAME % "tls_version": "X-Tls",
                            NAME % "mtls_clientcert_subject": "X-Subject"})
        with Served(stack) as sluice:
            rig.until(lambda: sluice.log_count("is for HTTPS listeners") == 2,
                      "both warnings")
            with sluice.client() as client:
                client.ask("/x", headers=[
                    "X-Me: 0", "X-Tls: 1", "x-tls: 2", "X-Subject: 3", "X-TLS-Not: 4",
                    "X-Amzn-Tls-Version: 5", "X-Amzn-Mtls-Clientcert: 6"])
            seen = [r for r in self.origin.requests if r.get("X-Me")][-1]
        for name in ("X-Tls", "X-Subject", "X-Amzn-Tls-Version",
                     "X-Amzn-Mtls-Clientcert"):
            self.assertEqual(seen.all(name), [])
        self.assertEqual(seen.all("X-TLS-Not"), ["4"])


class Reloaded(Case):

    # alb.md 10: 105, 121
    def test_a_change_is_seen_on_an_open_connection(self):
        sluice = self.serve({})
        with sluice.client() as client, sluice.client() as half:
            self.assertSet(client.ask("/x"), {})
            for value in ("DENY", "SAMEORIGIN", ""):
                wanted = {"X-Frame-Options": value} if value else {}
                sluice.reload(self.stack(given("x_frame_options", value)))
                rig.until(lambda w=wanted: client.ask("/x").get(
                    "X-Frame-Options") == w.get("X-Frame-Options"),
                    "the new value")
                self.assertSet(client.ask("/fixed"), wanted)
            half.send(b"GET\r\n\r\n")
            self.assertSet(half.response(), {})

    # alb.md 10: 105
    def test_a_listener_that_went_keeps_its_own_for_its_connections(self):
        sluice = self.serve(given("x_frame_options", "DENY"))
        other = Stack()
        other.listener("Other", 81, fixed(200, "other"))
        half, client = sluice.client(), sluice.client()
        self.addCleanup(half.close)
        self.addCleanup(client.close)
        client.ask("/x")
        half.send(b"GET /x HTTP/1.1\r\n")
        until_read(half)
        for change in (other, self.stack(given("x_frame_options", "OTHER")),
                       other):
            sluice.reload(change)
        half.send(b"bad\0line\r\n\r\n")
        response = half.response()
        self.assertEqual(response.status, 400)
        self.assertSet(response, {"X-Frame-Options": "DENY"})


def until_read(client):
    """What was sent is in the proxy: nothing of it waits in the kernel."""
    def queued():
        return int.from_bytes(fcntl.ioctl(client.sock, termios.TIOCOUTQ,
                                          b"\0" * 4), "little")
    rig.until(lambda: queued() == 0, "the bytes to arrive")


if __name__ == "__main__":
    rig.main()

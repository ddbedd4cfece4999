#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an HTTP/2 client gets, and what the logs say of it: error pages, long
and streamed answers, trailers, weights, cookies, access log lines."""
import os
import shutil
import tempfile
import threading

import access_lines
import rig
from h2 import *    # noqa: F401,F403
from h2_case import *   # noqa: F401,F403
from pool import Pool
from rig import page_body, respond, until
from stack import LOCAL, Served, Stack, fixed, forward, path, redirect

IDLE = "idle_timeout.timeout_seconds"


class Ours(Case):
    """A stack of its own, with an access log."""

    attributes_ = {IDLE: 1}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sluice-test-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        if PEER:
            raise unittest.SkipTest("of ours")
        super().setUpClass()
        cls.log = access_lines.File(os.path.join(cls.folder, "access.log"))

    @classmethod
    def template(cls, addresses):
        made = Stack(lb=False)
        made.balancer("Lb", cls.attributes_, local={
            "AccessLog": os.path.join(getattr(cls, "folder", "/tmp"),
                                      "access.log")})
        made.group("Web1", addresses)
        made.group("Empty")
        made.group("Dead", ["127.0.0.1:1"])
        made.https("Web", 443, forward("Web1"), certificate=LOCAL)
        made.rule("R1", "Web", 1, [path("/empty")], forward("Empty"))
        made.rule("R2", "Web", 2, [path("/dead")], forward("Dead"))
        made.rule("R3", "Web", 3, [path("/fixed")], fixed(418, "teapot"))
        made.rule("R4", "Web", 4, [path("/moved")],
                  redirect(Host="other.test"))
        return made

    def assertPage2(self, answer, status, head=False):
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.get("server"), "awselb/2.0")
        self.assertEqual(answer.get("content-type"), "text/html")
        self.assertEqual(answer.get("content-length"),
                         "%d" % len(page_body(status)))
        self.assertRegex(answer.get("date").encode(), rig.DATE)
        self.assertEqual(answer.body, b"" if head else page_body(status))

    def one(self, client, stream_=None, **wanted):
        """The log line of this client's only request."""
        line = self.log.of(client)
        self.assertEqual(line.type, "h2")
        for name, value in wanted.items():
            self.assertEqual(getattr(line, name), value, name)
        return line


class Pages(Ours):
    # 104
    def test_error_pages_are_those_of_ALB(self):
        client = self.ready()
        for where, status in (("/empty", 503), ("/dead", 502)):
            self.assertPage2(client.ask(where), status)
            self.assertPage2(client.ask(where, method="HEAD"), status, True)
        self.assertPage2(client.ask("/", method="TRACE"), 405)
        self.serves(client)

    def test_an_upload_that_is_refused_ends_the_stream_alone(self):
        client = self.ready()
        number = client.open(fields(method="POST", path="/empty"), end=False)
        client.upload(number, b"x" * 1000, end=False)
        self.assertPage2(client.response(number), 503)
        self.serves(client)

    # 97
    def test_a_silent_target_gets_504_and_a_slow_body_408(self):
        client = self.ready()
        held = client.open(fields(path="/hold"))
        slow = client.open(fields(("content-length", "9"), method="POST",
                                  path="/up"), end=False)
        self.assertPage2(client.response(held), 504)
        self.assertPage2(client.response(slow), 408)

    def test_actions_of_rules_answer(self):
        client = self.ready()
        answer = client.ask("/fixed")
        self.assertEqual((answer.status, answer.body), (418, b"teapot"))
        answer = client.ask("/moved")
        self.assertEqual((answer.status, answer.get("location")),
                         (301, "https://other.test:%d/moved" % self.where[1]))

    def test_more_than_30_forwarded_addresses_get_463(self):
        client = self.ready()
        answer = client.ask("/", more=[("x-forwarded-for", ", ".join(
            ["1.2.3.4"] * 31))])
        self.assertEqual(answer.status, 463)

    # 94
    def test_a_head_that_is_too_large_is_refused(self):
        client = self.ready()
        answer = client.ask("/" + "a" * 20000)
        self.assertIn(answer.status, (400, 414))
        self.serves(client)


class Lines(Ours):
    # 112, 114
    def test_a_request_has_a_line_of_type_h2(self):
        client = self.ready()
        answer = client.ask("/a?b=c", more=[("user-agent", "tester/1")])
        client.close()
        line = self.one(
            client, elb_status_code="200", target_status_code="200",
            target_port=self.origin.address, user_agent="tester/1",
            request="GET https://example.com:%d/a?b=c HTTP/2.0" %
            self.where[1], actions_executed="forward",
            matched_rule_priority="0", classification="-")
        self.assertRegex(line.ssl_protocol, r"TLSv1\.[23]")
        self.assertNotEqual(line.ssl_cipher, "-")
        self.assertEqual(answer.status, 200)

    def test_each_stream_has_a_line(self):
        client = self.ready()
        for at in range(20):
            client.open(fields(path="/n%d" % at))
        for number in list(client.streams):
            client.response(number)
        lines = self.log.of(client, 20)
        self.assertEqual(sorted(line.request.split()[1].rsplit("/", 1)[1]
                                for line in lines),
                         sorted("n%d" % at for at in range(20)))
        self.assertEqual(len({line.conn_trace_id for line in lines}), 1)

    # 97
    def test_a_stream_that_the_client_resets_is_a_460(self):
        client = self.ready()
        mark = self.origin.mark()
        number = client.open(fields(path="/hold"))
        until(lambda: self.origin.since(mark), "the request")
        client.cancel(number)
        self.one(client, elb_status_code="460", target_status_code="-",
                 sent_bytes="0", target_port=self.origin.address)

    def test_a_body_that_stalls_is_a_408_and_a_silent_target_a_504(self):
        client = self.ready()
        client.response(client.open(fields(("content-length", "9"),
                                           method="POST"), end=False))
        self.one(client, elb_status_code="408")
        client = self.ready()
        client.ask("/hold")
        self.one(client, elb_status_code="504", target_status_code="-")

    def test_a_malformed_request_is_logged(self):
        client = self.ready()
        client.open(fields(("Upper", "x")))
        client.alive()
        line = self.log.of(client)
        self.assertEqual(line.elb_status_code, "400")

    def test_bytes_are_those_of_the_frames(self):
        client = self.ready()
        client.ask("/x", method="POST", body=b"y" * 5000)
        line = self.one(client)
        received, sent = line.bytes
        self.assertGreater(received, 5000)
        self.assertLess(received, 5400)
        self.assertGreater(sent, len(b"POST /x"))
        self.assertLess(sent, 400)


class Bodies(Case):
    def test_an_upload_arrives_whole(self):
        client = self.ready()
        body = bytes(range(256)) * 8192
        self.assertEqual(client.ask("/up", "POST", body=body).status, 200)
        self.assertEqual(self.origin.requests[-1].body, body)

    def test_answers_of_many_streams_do_not_mix(self):
        client = self.ready()
        streams = [client.open(fields(path="/big" if n % 5 == 0 else
                                      "/%d" % n)) for n in range(100)]
        for at, number in enumerate(streams):
            body = client.response(number).body
            self.assertEqual(body, b"z" * BIG if at % 5 == 0 else
                             b"GET /%d" % at)

    # 102
    def test_a_streamed_answer_comes_as_it_is_made(self):
        go = threading.Event()

        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      b"5\r\nfirst\r\n")
            conn.hold(go)
            conn.send(b"6\r\nsecond\r\n0\r\n\r\n")
            conn.wait_close()
        self.target_does(script)
        client = self.ready()
        number = client.open(fields())
        here = client.streams[number]
        client.until(lambda: here.answer and here.answer.body == b"first")
        go.set()
        self.assertEqual(client.response(number).body, b"firstsecond")

    def test_trailers_of_the_target_reach_the_client(self):
        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                      b"Trailer: X-T\r\n\r\n5\r\nhello\r\n0\r\nX-T: v\r\n\r\n")
            conn.wait_close()
        self.target_does(script)
        answer = self.ready().ask("/")
        self.assertEqual(answer.body, b"hello")
        self.assertEqual(answer.trailers, [("x-t", "v")])

    def test_what_belongs_to_a_connection_does_not_reach_the_client(self):
        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\n"
                      b"Keep-Alive: timeout=5\r\nX-Hop: a\r\nUPPER: Yes\r\n"
                      b"Content-Length: 2\r\n\r\nok")
            conn.wait_close()
        self.target_does(script)
        answer = self.ready().ask("/")      # the client refuses most of them
        self.assertEqual(answer.get("upper"), "Yes")
        self.assertEqual(answer.body, b"ok")

    def test_an_answer_without_a_length_ends_with_the_connection(self):
        def script(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
        self.target_does(script)
        self.assertEqual(self.ready().ask("/").body, b"until the end")

    def test_answers_without_content(self):
        for status in 204, 304:
            def script(conn, status=status):
                conn.read_request()
                conn.send(respond(b"", status))
                conn.wait_close()
            self.target_does(script)
            answer = self.ready().ask("/")
            self.assertEqual((answer.status, answer.body), (status, b""))

    # A4 30
    def test_answers_that_can_be_read_in_two_ways_are_502(self):
        for raw in (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                    b"Content-Length: 6\r\n\r\nhello",
                    b"HTTP/1.1 200\0\r\n\r\n", b"Hello?\r\n\r\n",
                    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000 + b"\r\n\r\n"):
            def script(conn, raw=raw):
                conn.read_request()
                conn.send(raw)
                conn.wait_close()
            self.target_does(script)
            client = self.ready()
            self.assertEqual(client.ask("/").status, 502)
            self.target_serves()
            self.serves(client)


class Shares(unittest.TestCase):
    """One connection, many targets."""

    def setUp(self):
        need()
        self.pool = Pool("a", "b", "c")
        self.addCleanup(self.pool.close)

    def serve(self, made):
        server = Served(made)
        self.addCleanup(server.stop)
        until(lambda: {t["State"] for t in server.targets()} == {"healthy"},
              "every target to be healthy")
        client = connect(*server.listeners["Web"])
        self.addCleanup(client.close)
        return server, client

    def ask_many(self, client, number):
        streams = []
        found = []
        while len(found) < number:
            streams = [client.open(fields()) for _ in range(
                min(100, number - len(found)))]
            found += [client.response(s).body.decode() for s in streams]
        return {name: found.count(name) for name in set(found)}

    # 59
    def test_streams_of_one_connection_go_round_the_targets(self):
        made = Stack().group("Web1", [m.address for m in self.pool.values()])
        _, client = self.serve(made.https("Web", 443, forward("Web1"),
                                          certificate=LOCAL))
        self.assertEqual(self.ask_many(client, 300),
                         {"a": 100, "b": 100, "c": 100})

    # 50
    def test_streams_of_one_connection_are_shared_by_weight(self):
        made = Stack()
        for name in "ab":
            made.group("G" + name, [self.pool[name].address])
        _, client = self.serve(made.https("Web", 443, forward(
            ("Ga", 90), ("Gb", 10)), certificate=LOCAL))
        found = self.ask_many(client, 2000)
        self.assertGreater(found["a"], 1700)
        self.assertGreater(found["b"], 100)

    # 64
    def test_a_cookie_keeps_its_streams_at_one_target(self):
        made = Stack().group("Web1", [m.address for m in self.pool.values()],
                             {"stickiness.enabled": "true",
                              "stickiness.type": "lb_cookie"})
        _, client = self.serve(made.https("Web", 443, forward("Web1"),
                                          certificate=LOCAL))
        first = client.ask("/")
        cookies = [c.partition(";")[0] for c in first.all("set-cookie")]
        self.assertEqual(sorted(c.partition("=")[0] for c in cookies),
                         ["AWSALB", "AWSALBCORS"])
        for _ in range(20):     # as crumbs, too
            self.assertEqual(client.ask("/", more=[
                ("cookie", c) for c in ["x=y"] + cookies]).body, first.body)
            self.assertEqual(client.ask("/", more=[
                ("cookie", "; ".join(cookies))]).body, first.body)


if __name__ == "__main__":
    rig.main()

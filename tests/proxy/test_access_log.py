#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The access log: each field of a line against what went over the wire, and
what becomes of lines when files move, fill up, or are not read."""
import json
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest

import rig
from access_lines import File, Line
from rig import Origin, Steady, head, respond, until
from stack import Served, Stack, fixed, forward, path, redirect

DROPPED = "sluice_access_log_dropped_lines_total"
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
          b"Connection: Upgrade\r\n\r\n")
CHUNKED = b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"


def soon():
    return time.monotonic() + rig.PATIENCE


def answers(request):
    """What the target makes of /KIND..."""
    kind = request.target.lstrip("/").partition("?")[0]
    if kind == "chunked":
        return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"5\r\nhello\r\n0\r\n\r\n")
    if kind == "big":
        return respond(b"x" * 300000)
    if kind.isdigit():
        return respond(b"", int(kind), b"Said")
    if kind == "forever":
        return respond(b"x" * 50, headers=[b"Connection: close"]).replace(
            b"Content-Length: 50\r\n", b"")
    return Origin.echo(request)


def until_close(conn):
    """Serve; a response without length ends with its connection."""
    while True:
        answer = conn.origin.answer(conn.read_request())
        conn.send(answer)
        if b"Connection: close" in answer:
            raise rig.Ended


def describe(origin):
    made = Stack()
    made.balancer("Lb", {"idle_timeout.timeout_seconds": 1})
    made.group("Blue", [origin.address])
    made.group("Empty")
    made.listener("Web", 80, forward("Blue"))
    for number, (name, action) in enumerate((
            ("fixed", fixed(201, "done")),
            ("redirect", redirect(Host="to.example", Path="/#{path}")),
            ("empty", forward("Empty")),
            ("zero", forward(("Blue", 0), ("Empty", 0))),
            ("long", redirect(Path="/" + 12 * "#{path}")))):
        made.rule("To" + name, "Web", 10 * (number + 1),
                  [path("/" + name + "*")], action)
    made.rule("Rewrite", "Web", 50000, [path("/old/*")], forward("Blue"),
              Transforms=[
                  {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [
                      {"Regex": "^/old/(.*)$", "Replace": "/new/$1"}]}},
                  {"Type": "host-header-rewrite",
                   "HostHeaderRewriteConfig": {"Rewrites": [
                       {"Regex": "^example", "Replace": "sample"}]}}])
    return made


class Case(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sluice-test-")
        cls.log = File(os.path.join(cls.folder, "access.log"))
        cls.origin = Origin(until_close, answers)
        cls.server = Served(describe(cls.origin), "--access-log",
                            cls.log.path)
        cls.port = cls.server.listeners["Web"][1]

    @classmethod
    def tearDownClass(cls):
        try:
            cls.server.stop()
        finally:
            cls.origin.close()
            shutil.rmtree(cls.folder)

    def setUp(self):
        self.origin.script, self.origin.answer = until_close, answers
        for conn in self.origin.conns:
            conn.cut()

    def ask(self, raw, method="GET"):
        """One request on a connection of its own: the answer and its line."""
        with self.server.client() as client:
            client.send(raw)
            answer = client.response(method)
            return answer, self.log.of(client)

    def assertFields(self, line, **wanted):
        got = {name: getattr(line, name) for name in wanted}
        self.assertEqual(got, wanted, line.text)


class Fields(Case):

    # 112
    def test_a_forwarded_request_has_each_field_in_its_place(self):
        with self.server.client() as client:
            client.send(head("User-Agent: curl/8.1", method="GET",
                             target="/a?b=c", host="WWW.example.com"))
            answer = client.response()
            line = self.log.of(client)
        seen = self.origin.requests[-1]
        self.assertFields(
            line, type="http", client_port=rig.address(*client.local),
            target_port=self.origin.address, elb_status_code="200",
            target_status_code="200", sent_bytes=str(len(answer.raw)),
            request="GET http://WWW.example.com:%d/a?b=c HTTP/1.1" % self.port,
            user_agent="curl/8.1", ssl_cipher="-", ssl_protocol="-",
            trace_id=seen.get("X-Amzn-Trace-Id"), domain_name="-",
            chosen_cert_arn="-", matched_rule_priority="0",
            actions_executed="forward", redirect_url="-", error_reason="-",
            target_port_list=self.origin.address,
            target_status_code_list="200", classification="-",
            classification_reason="-", transformed_host="-",
            transformed_uri="-", request_transform_status="-",
            ip_address="127.0.0.1")
        self.assertRegex(line.elb, r"\Aapp/Lb/")
        self.assertRegex(line.target_group_arn, ":targetgroup/blue/")
        self.assertEqual(len(line.values), 34)

    # 112
    def test_bytes_are_those_on_the_wire(self):
        post = b"x=1&y=2"
        for name, raw, method in (
                ("plain", head(method="GET", target="/a"), "GET"),
                ("head", head(method="HEAD", target="/a"), "HEAD"),
                ("post", head("Content-Length: 7") + post, "POST"),
                ("chunked both ways", head(
                    "Transfer-Encoding: chunked", target="/chunked")
                 + CHUNKED, "POST"),
                ("no content", head(method="GET", target="/204"), "GET"),
                ("not modified", head(method="GET", target="/304"), "GET"),
                ("until close", head(method="GET", target="/forever"), "GET"),
                ("big", head(method="GET", target="/big"), "GET"),
                ("1.0", head(method="GET", version="HTTP/1.0",
                             target="/forever"), "GET"),
                ("fixed", head(method="GET", target="/fixed"), "GET"),
                ("fixed post", head("Content-Length: 7", target="/fixed")
                 + post, "POST"),
                ("redirect", head(method="GET", target="/redirect"), "GET"),
                ("503", head(method="GET", target="/empty"), "GET"),
                ("503 head", head(method="HEAD", target="/empty"), "HEAD"),
                ("bare line feeds", head(
                    "X-A: b", method="GET").replace(b"\r\n", b"\n"), "GET"),
                ("longest line", head("X-A: " + "b" * 16000, method="GET"),
                 "GET"),
                ("malformed", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", "GET"),
                ("trace", head(method="TRACE"), "TRACE")):
            with self.subTest(name):
                answer, line = self.ask(raw, method)
                self.assertEqual(line.bytes, (len(raw), len(answer.raw)),
                                 line.text)

    # 112
    def test_an_http09_answer_has_no_head_to_count(self):
        with self.server.client() as client:
            client.send(b"GET /a\r\n")
            body = client.rest()
        line = self.log.of(client)
        self.assertEqual(line.bytes, (8, len(body)))
        self.assertRegex(line.request,    # it named no host: the DNS name
                         r"^GET http://Lb-[0-9]+\.us-east-1\.elb\.localhost:"
                         r"%d/a HTTP/0\.9$" % self.port)

    # 112
    def test_an_interim_answer_of_ours_is_counted(self):
        raw = head("Expect: 100-continue", "Content-Length: 5")
        with self.server.client() as client:
            client.send(raw)
            interim = client.head(soon())
            self.assertEqual(interim.status, 100)
            client.send(b"hello")
            answer = client.response("POST")
        line = self.log.of(client)
        self.assertEqual(line.bytes, (len(raw) + 5, len(interim.raw) +
                                      len(answer.raw)))

    # 112
    def test_requests_of_one_connection_are_counted_each_for_itself(self):
        wire = []
        with self.server.client() as client:
            for number in range(4):
                raw = head("X-A: " + "b" * number, "Content-Length: %d"
                           % number) + b"c" * number
                client.send(raw)
                wire.append((len(raw), len(client.response("POST").raw)))
        self.assertEqual([line.bytes for line in self.log.of(client, 4)], wire)

    # 112
    def test_pipelined_requests_are_counted_each_for_itself(self):
        raw = [head(method="GET", target="/one"),
               head("Content-Length: 3", target="/two!") + b"abc",
               head("Transfer-Encoding: chunked", target="/chunked")
               + CHUNKED,
               head(method="GET", target="/fixed"),
               head(method="GET", target="/big")]
        with self.server.client() as client:
            client.send(b"".join(raw))
            answers_ = [client.response("GET") for _ in raw]
        lines = self.log.of(client, 5)
        self.assertEqual([line.bytes for line in lines],
                         [(len(r), len(a.raw)) for r, a in
                          zip(raw, answers_)])

    # 112
    def test_a_body_in_many_pieces_is_counted_whole(self):
        raw = head("Content-Length: 200000")
        with self.server.client() as client:
            client.send(raw)
            for _ in range(20):
                client.send(b"z" * 10000)
            answer = client.response("POST")
        self.assertEqual(self.log.of(client).bytes,
                         (len(raw) + 200000, len(answer.raw)))

    # 112
    def test_a_slow_target_shows_in_the_target_time(self):
        go = threading.Event()

        def slow(conn):
            conn.read_request()
            conn.hold(go)
            conn.send(respond(b"x" * 10)[:-10])
            conn.hold(sent)
            conn.send(b"x" * 10)
            conn.wait_close()
        sent = threading.Event()
        self.origin.script = slow
        with self.server.client() as client:
            client.send(head(method="GET"))
            until(lambda: self.origin.conns[-1].count == 1, "the request")
            threading.Timer(0.03, go.set).start()
            answer = client.head(soon())
            threading.Timer(0.03, sent.set).start()
            client.read_body(answer, "GET", soon())
        line = self.log.of(client)
        self.assertGreaterEqual(float(line.target_processing_time), 0.02)
        self.assertGreaterEqual(float(line.response_processing_time), 0.02)

    # 112
    def test_what_cannot_stand_in_a_line_is_escaped(self):
        agent = b'a "quoted" \\ b\xc3\xa4\tc'
        answer, line = self.ask(head(b"User-Agent: " + agent, method="GET",
                                     target="/q?\"\xe4"))
        self.assertEqual(answer.status, 200)
        self.assertEqual(line.user_agent, r"a \x22quoted\x22 \x5C b\xC3\xA4"
                         r"\x09c")
        self.assertEqual(line.request, "GET http://example.com:%d/q?\\x22\\xE4"
                         " HTTP/1.1" % self.port)

    # 112
    def test_a_user_agent_ends_after_8_kb(self):
        _, line = self.ask(head("User-Agent: " + "u" * 10000, method="GET"))
        self.assertEqual(line.user_agent, "u" * 8192)

    # 112
    def test_the_url_is_as_the_client_sent_it(self):
        for sent, host, logged in (
                ("/A/../b%20c", "h.example", "http://h.example:%d/A/../b%%20c"),
                ("/", "h.example:81", "http://h.example:81/"),
                ("http://ABS.example/x", "h.example",
                 "http://ABS.example:%d/x"),
                ("http://abs.example:99/x", "h", "http://abs.example:99/x"),
                ("/", "[::1]", "http://[::1]:%d/")):
            with self.subTest(sent):
                _, line = self.ask(head(method="GET", target=sent, host=host))
                if "%" in logged:
                    logged = logged % self.port
                self.assertEqual(line.request, "GET %s HTTP/1.1" % logged)

    # 114
    def test_a_websocket_has_one_line_at_its_end_with_its_totals(self):
        def echo(conn):
            conn.read_head()
            conn.send(SWITCH)
            while True:
                conn.send(conn.fill())
        self.origin.script = echo
        raw = head("Connection: Upgrade", "Upgrade: websocket",
                   "Sec-WebSocket-Key: x", method="GET", target="/ws")
        with self.server.client() as client:
            client.send(raw)
            answer = client.response()
            self.assertEqual(answer.status, 101)
            for size in (1, 1000, 100000):
                client.send(b"w" * size)
                client.take(size, soon())
            # Another request: its line comes first, the tunnel has none yet.
            with self.server.client() as other:
                other.ask("/fixed")
                self.log.of(other)
            self.assertNotIn(rig.address(*client.local),
                             [line.client_port for line in self.log.all()])
        line = self.log.of(client)
        self.assertFields(
            line, type="ws", elb_status_code="101", target_status_code="101",
            target_port=self.origin.address,
            actions_executed="forward", matched_rule_priority="0",
            request="GET http://example.com:%d/ws HTTP/1.1" % self.port)
        self.assertEqual(line.bytes, (len(raw) + 101001,
                                      len(answer.raw) + 101001))
        self.assertIn(":targetgroup/blue/", line.target_group_arn)

    # 114
    def test_a_websocket_that_is_refused_is_a_request_like_others(self):
        _, line = self.ask(head("Connection: Upgrade", "Upgrade: websocket",
                                method="GET", target="/403"))
        self.assertFields(line, type="http", elb_status_code="403",
                          target_status_code="403")

    # 115
    def test_actions_and_priorities_are_those_of_the_rule(self):
        url = "http://to.example:%d/redirect/x" % self.port
        for target, wanted in (
                ("/a", ("0", "forward", "-", "200")),
                ("/fixed", ("10", "fixed-response", "-", "201")),
                ("/redirect/x", ("20", "redirect", url, "301")),
                ("/empty", ("30", "forward", "-", "503")),
                ("/zero", ("40", "forward", "-", "503")),
                ("/old/x", ("50000", "forward", "-", "200"))):
            with self.subTest(target):
                answer, line = self.ask(head(method="GET", target=target))
                self.assertEqual(
                    (line.matched_rule_priority, line.actions_executed,
                     line.redirect_url, line.elb_status_code), wanted)
                self.assertEqual(answer.get("Location", "-"),
                                 line.redirect_url)

    # 54, 112
    def test_transforms_say_what_they_made(self):
        _, line = self.ask(head(method="GET", target="/old/x?y"))
        self.assertFields(line, transformed_host="sample.com",
                          transformed_uri="/new/x?y",
                          request_transform_status="TransformSuccess",
                          request="GET http://example.com:%d/old/x?y HTTP/1.1"
                          % self.port)

    # 115
    def test_requests_that_are_not_compliant_say_their_class(self):
        for raw, wanted in (
                (head("Content-Length: 0", method="GET"),
                 ("Acceptable", "GetHeadZeroContentLength")),
                (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
                 ("Acceptable", "SpaceInUri")),
                (head("Content-Length: 1", "Content-Length: 1") + b"x",
                 ("Ambiguous", "DuplicateContentLength")),
                (head("Content-Length: 1", "Transfer-Encoding: chunked")
                 + b"0\r\n\r\n", ("Ambiguous", "BothTeClPresent")),
                (head("Content-Length: 1", method="GET") + b"x",
                 ("Ambiguous", "UndefinedContentLengthSemantics")),
                (head("Content-Length: 1", "Content-Length: 2") + b"x",
                 ("Severe", "MultipleContentLength")),
                (head("Content-Length: +1"), ("Severe", "BadContentLength")),
                (head("Transfer-Encoding: xchunked"),
                 ("Severe", "BadTransferEncoding")),
                (b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
                 ("Severe", "BadHeader")),
                (b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
                 ("Severe", "BadMethod"))):
            with self.subTest(raw):
                answer, line = self.ask(raw)
                self.assertEqual((line.classification,
                                  line.classification_reason), wanted)
                self.assertEqual(answer.status == 400, wanted[0] == "Severe")

    # 112
    def test_requests_that_cannot_be_read_are_logged_without_a_url(self):
        for raw, status in ((b"GET\r\n\r\n", 400),
                            (b"\x16\x03\x01\x02\r\n\r\n", 400),
                            (head(version="HTTP/2.0"), 505),
                            (head("no colon here", host=None), 400),
                            (head("Transfer-Encoding: gzip"), 501),
                            (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n", 414)):
            with self.subTest(raw[:20]):
                answer, line = self.ask(raw)
                self.assertEqual(answer.status, status)
                self.assertFields(
                    line, elb_status_code=str(status), target_status_code="-",
                    request="- http://127.0.0.1:%d- -" % self.port,
                    matched_rule_priority="-", actions_executed="-",
                    target_port="-", target_group_arn="-",
                    request_processing_time="-1", trace_id="-")

    # 112
    def test_requests_that_no_rule_sees_have_no_priority(self):
        for raw, method, status in (
                (head(method="TRACE"), "TRACE", "405"),
                (head("Expect: a miracle", method="GET"), "GET", "417"),
                (head("X-Forwarded-For: " + ",".join(["10.0.0.1"] * 31),
                      method="GET"), "GET", "463")):
            with self.subTest(status):
                _, line = self.ask(raw, method)
                self.assertFields(line, elb_status_code=status,
                                  matched_rule_priority="-",
                                  actions_executed="-", target_port="-",
                                  request="%s http://example.com:%d/case "
                                  "HTTP/1.1" % (method, self.port))


class Failures(Case):

    def script(self, script):
        self.origin.script = script

    # 97
    def test_a_client_that_leaves_before_the_answer_is_a_460(self):
        gone = threading.Event()

        def wait(conn):
            conn.read_request()
            conn.hold(gone)
        self.script(wait)
        self.addCleanup(gone.set)
        for pace in Steady.runs():      # it must leave within 1 s
            with pace:
                self.leave(pace)

    def leave(self, pace):
        raw = head(method="GET")
        known = len(self.origin.conns)
        with self.server.client() as client:
            client.send(raw)
            until(lambda: len(self.origin.conns) > known and
                  self.origin.conns[-1].count == 1, "the request")
            client.rst()
        pace.beat()
        line = self.log.of(client)
        self.assertFields(line, elb_status_code="460", target_status_code="-",
                          target_port=self.origin.address, sent_bytes="0",
                          received_bytes=str(len(raw)),
                          request_processing_time="-1",
                          actions_executed="forward",
                          matched_rule_priority="0")

    # 97
    def test_a_body_that_stalls_is_a_408(self):
        raw = head("Content-Length: 10") + b"12345"
        answer, line = self.ask(raw)
        self.assertEqual(answer.status, 408)
        self.assertFields(line, elb_status_code="408", target_status_code="-",
                          request="POST http://example.com:%d/case HTTP/1.1"
                          % self.port)
        self.assertEqual(line.bytes, (len(raw), len(answer.raw)))

    # 97
    def test_a_head_that_stalls_is_a_408_without_a_url(self):
        raw = b"GET / HTTP/1.1\r\nHost: ex"
        answer, line = self.ask(raw)
        self.assertEqual(answer.status, 408)
        self.assertFields(line, elb_status_code="408",
                          request="- http://127.0.0.1:%d- -" % self.port,
                          matched_rule_priority="-")
        self.assertEqual(line.bytes, (len(raw), len(answer.raw)))

    # 97
    def test_a_silent_connection_has_no_line(self):
        with self.server.client() as client:
            self.assertEqual(client.rest(), b"")
        self.ask(head(method="GET", target="/fixed"))
        self.assertNotIn(rig.address(*client.local),
                         [line.client_port for line in self.log.all()])

    # 97
    def test_a_silent_target_is_a_504(self):
        self.script(rig.OriginConn.wait_close)
        answer, line = self.ask(head(method="GET"))
        self.assertEqual(answer.status, 504)
        self.assertFields(line, elb_status_code="504", target_status_code="-",
                          target_port=self.origin.address,
                          target_processing_time="-1",
                          actions_executed="forward")

    # 112
    def test_targets_that_close_or_talk_nonsense_are_502s(self):
        def closes(conn):
            conn.read_request()

        def resets(conn):
            conn.read_request()
            conn.rst()

        def babbles(conn):
            conn.read_request()
            conn.send(b"hello\r\n\r\n")
        for script in (closes, resets, babbles):
            with self.subTest(script.__name__):
                self.script(script)
                answer, line = self.ask(head(method="GET"))
                self.assertEqual(answer.status, 502)
                self.assertFields(
                    line, elb_status_code="502", target_status_code="-",
                    target_port=self.origin.address, trace_id=line.trace_id,
                    request_processing_time="-1", matched_rule_priority="0")
                self.assertNotEqual(line.trace_id, "-")
                self.assertEqual(line.bytes[1], len(answer.raw))

    # 112
    def test_a_target_that_refuses_is_a_502_with_its_address(self):
        closed = rig.Closed()
        self.addCleanup(closed.close)
        path_ = os.path.join(self.folder, "refused.log")
        server = rig.Sluice(closed.address, "--access-log", path_)
        self.addCleanup(server.stop)
        with server.client() as client:
            answer = client.ask("/")
            line = File(path_).of(client)
        self.assertEqual(answer.status, 502)
        self.assertFields(line, elb_status_code="502", target_status_code="-",
                          target_port=closed.address,
                          request_processing_time="-1",
                          actions_executed="forward")
        self.assertEqual(line.bytes[1], len(answer.raw))

    # 112
    def test_a_group_without_targets_is_a_503_without_a_target(self):
        answer, line = self.ask(head(method="GET", target="/empty"))
        self.assertEqual(answer.status, 503)
        self.assertFields(line, elb_status_code="503", target_status_code="-",
                          target_port="-", request_processing_time="-1")
        self.assertRegex(line.trace_id,
                         r"^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$")
        self.assertIn(":targetgroup/empty/", line.target_group_arn)

    # 52, 112
    def test_a_redirect_that_is_too_long_is_a_507(self):
        answer, line = self.ask(head(method="GET",
                                     target="/long" + "x" * 1000))
        self.assertEqual(answer.status, 507)
        self.assertFields(line, elb_status_code="507",
                          matched_rule_priority="50",
                          actions_executed="redirect")

    # 112
    def test_an_answer_that_is_cut_off_counts_what_was_sent(self):
        def half(conn):
            conn.read_request()
            conn.send(respond(b"x" * 100)[:-60])
            conn.hold(go)
        go = threading.Event()
        self.script(half)
        with self.server.client() as client:
            client.send(head(method="GET"))
            answer = client.head(soon())
            client.take(40, soon())
            go.set()
            self.assertEqual(client.rest(), b"")
        line = self.log.of(client)
        self.assertFields(line, elb_status_code="200",
                          target_status_code="200")
        self.assertEqual(line.bytes[1], len(answer.raw) + 40)

    # 112
    def test_neither_health_checks_nor_calls_of_the_api_are_logged(self):
        self.assertEqual(self.server.api("/healthz").status, 200)
        self.server.metrics()
        self.server.targets()
        until(lambda: any(r.get("User-Agent") == "ELB-HealthChecker/2.0"
                          for r in self.origin.requests), "a health check",
              30 + rig.PATIENCE)    # the first may have been cut off
        self.ask(head(method="GET", target="/fixed"))
        self.assertEqual(
            [line.text for line in self.log.all()
             if "HealthChecker" in line.user_agent
             or re.search("/(healthz|metrics|targets)", line.request)], [])


class Files(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "access.log")

    def stack(self, metadata=None):
        made = Stack(lb=False).balancer("Lb", local=metadata)
        return made.listener("Web", 80, fixed(200, "ok"))

    def serve(self, stack, *options, **more):
        server = Served(stack, *options, **more)
        self.addCleanup(server.stop)
        return server

    def ask(self, server, number=1, *headers, listener=None):
        with server.client(listener) as client:
            for n in range(number):
                self.assertEqual(client.ask("/%d" % n,
                                            headers=headers).status, 200)

    # 112
    def test_a_rotation_under_load_neither_loses_nor_cuts_a_line(self):
        server = self.serve(self.stack(), "--access-log", self.path,
                            workers=2)
        over, asked = threading.Event(), [0] * 4

        def load(number):
            with server.client() as client:
                while not over.is_set():
                    client.ask("/%d/%d" % (number, asked[number]))
                    asked[number] += 1
        threads = [threading.Thread(target=load, args=(n,), daemon=True)
                   for n in range(4)]
        for thread in threads:
            thread.start()
        files = []
        for number in range(10):
            before = sum(asked)
            until(lambda b=before: sum(asked) > b + 100, "some load")
            files.append("%s.%d" % (self.path, number))
            os.rename(self.path, files[-1])
            server.signal(signal.SIGUSR1)
            until(lambda: os.path.exists(self.path), "the new file")
        over.set()
        for thread in threads:
            thread.join()
        self.assertEqual(server.metric(DROPPED), 0)
        server.stop()
        found = []
        for name in files + [self.path]:
            text = File(name).text()
            self.assertIn(text[-1:], ("\n", ""), text[-100:])
            found += [Line(line).request.split("/")[3:5]
                      for line in text.split("\n")[:-1]]
        self.assertEqual(
            sorted((int(n), int(k.split(" ")[0])) for n, k in found),
            [(n, k) for n in range(4) for k in range(asked[n])])

    # 112
    def test_a_file_has_no_other_readers_than_owner_and_group(self):
        self.serve(self.stack(), "--access-log", self.path)
        self.assertEqual(os.stat(self.path).st_mode & 0o137, 0)

    def test_a_full_disk_costs_lines_and_no_request(self):
        server = self.serve(self.stack(), "--access-log", "/dev/full")
        self.ask(server, 500)
        until(lambda: server.metric(DROPPED) == 500,
              lambda: "%d lines dropped" % server.metric(DROPPED))
        server.stop()
        lost = [line for line in server.log if "the access log" in line]
        self.assertTrue(lost, server.log)
        self.assertIn("/dev/full lost", lost[0])
        self.assertIn("No space left on device; make room there", lost[0])

    def test_a_pipe_that_nobody_reads_costs_lines_and_no_request(self):
        os.mkfifo(self.path)
        server = self.serve(self.stack(), "--access-log", self.path)
        self.ask(server, 600, "User-Agent: " + "u" * 8000)
        until(lambda: server.metric(DROPPED) > 0, "lines to be dropped")
        # A reader comes: what it gets is whole lines.
        lines = []

        def read():
            with open(self.path, encoding="ascii") as pipe:
                lines.extend(pipe)
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        until(lambda: len(lines) + server.metric(DROPPED) == 600,
              lambda: "600 lines; %d read, %d dropped" % (
                  len(lines), server.metric(DROPPED)))
        self.ask(server)
        server.stop()
        reader.join()
        self.assertEqual(len(lines) + int(self.dropped(server)), 601)
        for line in lines:
            Line(line.rstrip("\n"))

    def dropped(self, server):
        """What the log of the program says was lost."""
        return sum(int(n) for n in re.findall(
            r"lost (\d+) line", "\n".join(server.log)))

    # 112
    def test_a_dash_is_standard_output(self):
        server = self.serve(self.stack(), "--access-log", "-")
        self.ask(server, 5)
        until(lambda: len(server.lines) >= 8, "lines on stdout")
        self.assertEqual(server.lines[2], "ready")
        self.assertEqual([Line(line).request.split(" ")[1][-2:]
                          for line in server.lines[3:]],
                         ["/%d" % n for n in range(5)])

    # 112
    def test_metadata_of_a_load_balancer_name_its_log(self):
        paths = [os.path.join(self.folder, name) for name in ("a", "b")]
        made = Stack(lb=False)
        for name, log in zip("AB", paths):
            made.balancer(name, local={"AccessLog": log})
            made.listener("On" + name, 80, fixed(200, "ok"), lb=name)
        made.balancer("C").listener("OnC", 80, fixed(200, "ok"), lb="C")
        server = self.serve(made)
        for name, number in (("OnA", 2), ("OnB", 3), ("OnC", 1)):
            self.ask(server, number, listener=name)
        server.stop()
        for log, name, number in zip(paths, "AB", (2, 3)):
            self.assertEqual([line.elb.split("/")[1]
                              for line in File(log).all()], [name] * number)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a", "b"])

    # 112
    def test_the_option_overrides_the_metadata(self):
        other = os.path.join(self.folder, "other")
        server = self.serve(self.stack({"AccessLog": other}),
                            "--access-log", self.path)
        self.ask(server)
        server.stop()
        self.assertEqual(os.listdir(self.folder), ["access.log"])
        self.assertEqual(len(File(self.path).all()), 1)

    # 112
    def test_off_means_no_log(self):
        server = self.serve(self.stack({"AccessLog": self.path}),
                            "--access-log", "off")
        self.ask(server)
        server.stop()
        self.assertEqual(os.listdir(self.folder), [])

    def test_without_a_word_about_it_there_is_no_log(self):
        server = self.serve(self.stack())
        self.ask(server)
        self.assertEqual(server.metric(DROPPED), 0)
        server.stop()
        self.assertEqual(server.lines[2:], ["ready"])

    # 112
    def test_ipv6_addresses_stand_without_brackets(self):
        if not rig.has_ipv6():
            self.skipTest("needs IPv6")
        server = self.serve(self.stack(), "--access-log", self.path,
                            "--bind", "::1")
        with server.client() as client:
            client.ask("/")
            until(lambda: File(self.path).all(), "the line")
            line, = File(self.path).all()
            self.assertEqual(line.client_port, "::1:%d" % client.local[1])
        self.assertEqual(line.ip_address, "::1")

    def test_a_log_that_cannot_be_opened_is_an_error_at_the_start(self):
        for name, advice in (
                (os.path.join(self.folder, "no", "log"), "make it, or name"),
                (self.folder, "name a file in it")):
            server = Served(self.stack(), "--access-log", name, wait=False)
            self.assertEqual(server.wait(), 69)
            shutil.rmtree(server.folder)
            said = "\n".join(server.log)
            self.assertIn("cannot open the access log " + name, said)
            self.assertIn(advice, said)

    def test_lines_wait_for_no_more_than_a_moment(self):
        server = self.serve(self.stack(), "--access-log", self.path)
        with server.client() as client:
            client.ask("/")
            File(self.path).of(client)  # without a signal, without an end


class OwnLog(unittest.TestCase):
    """The program's own log, on stderr."""

    def test_each_line_of_the_json_log_is_one_object(self):
        origin = Origin()
        self.addCleanup(origin.close)
        made = Stack().group("Blue", [origin.address])
        made.listener("Web", 80, forward("Blue"))
        # An authority is made, which is told before the server is there.
        made.certificate("Cert", "a.test")
        made.https("Secure", 443, forward("Blue"), certificate="Cert")
        server = Served(made, "--log-format", "json", "--log-level", "debug")
        self.addCleanup(server.stop)
        with server.client() as client:
            client.send(b'GET /"\\\0\xff HTTP/1.1\r\n\r\n')
            client.response()
        made.rule("More", "Web", 1, [path('/"')], fixed(200, "x"))
        server.reload(made)
        server.reload(made)
        server.signal(signal.SIGUSR2)
        until(lambda: server.log_count("USR2"), "the answer to USR2")
        server.stop()
        self.assertGreater(len(server.log), 5)
        for line in server.log:
            said = json.loads(line)
            self.assertLessEqual({"time", "level"}, set(said), line)
            self.assertRegex(said["time"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
                             r"\.\d{3}Z\Z")
            self.assertIn(said["level"], ("error", "warn", "info", "debug"))

    def test_a_template_that_is_refused_is_json_too(self):
        made = Stack().listener("Web", 80, fixed(200, "x"))
        server = Served(made, "--log-format", "json")
        self.addCleanup(server.stop)
        server.reload("{nonsense")
        server.stop()
        for line in server.log:
            json.loads(line)


if __name__ == "__main__":
    rig.main()

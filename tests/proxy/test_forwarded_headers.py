#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Sluice adds for the target: X-Forwarded-*, X-Amzn-Trace-Id, Host."""
import json
import os
import re
import time
import unittest

import rig
from rig import Origin, Sluice, head
from stack import Served, Stack, command, fixed, header

XFF = "X-Forwarded-For"
TRACE = "X-Amzn-Trace-Id"
ID = r"1-([0-9a-f]{8})-[0-9a-f]{24}"


class Asking(rig.ProxyCase):

    def seen(self, *lines, sluice=None, **more):
        """Send a GET with these header lines; the request the target saw."""
        mark = self.origin.mark()
        with (sluice or self.sluice).client() as client:
            client.send(head(*lines, method=more.pop("method", "GET"),
                             **more))
            answer = client.response()
            self.assertEqual(answer.status, 200, answer)
            self.local = client.local
        for _, data in self.origin.since(mark):
            self.assertOneReading(data)
        return self.origin.requests[-1]


# alb.md 10: 86
class ForwardedFor(Asking):

    def test_the_client_address_is_added(self):
        self.assertEqual(self.seen().all(XFF), ["127.0.0.1"])

    def test_the_client_address_is_appended(self):
        self.assertEqual(self.seen(XFF + ": 10.1.2.3").all(XFF),
                         ["10.1.2.3, 127.0.0.1"])

    def test_any_case_of_the_name_is_appended_to(self):
        self.assertEqual(self.seen("x-forwarded-FOR: 10.1.2.3").all(XFF),
                         ["10.1.2.3, 127.0.0.1"])

    def test_several_lines_end_with_the_client_address(self):
        values = self.seen(XFF + ": 10.1.1.1", "X-A: 1",
                           XFF + ": 10.2.2.2").all(XFF)
        self.assertEqual(re.split(r", *", ", ".join(values)),
                         ["10.1.1.1", "10.2.2.2", "127.0.0.1"])

    def test_an_empty_value_does_not_swallow_the_client_address(self):
        values = self.seen(XFF + ":").all(XFF)
        self.assertEqual(values, ["127.0.0.1"])

    def test_proto_and_port_are_added(self):
        request = self.seen()
        self.assertEqual(request.all("X-Forwarded-Proto"), ["http"])
        self.assertEqual(request.all("X-Forwarded-Port"),
                         [str(self.sluice.port)])

    def test_proto_and_port_of_the_client_are_overwritten(self):
        request = self.seen("X-Forwarded-Proto: https", "x-forwarded-port: 1",
                            "X-Forwarded-Proto: ftp", "X-Forwarded-Port: 2")
        self.assertEqual(request.all("X-Forwarded-Proto"), ["http"])
        self.assertEqual(request.all("X-Forwarded-Port"),
                         [str(self.sluice.port)])

    def test_header_names_order_and_values_of_the_client_are_kept(self):
        lines = ["x-LOWER: a", "Accept: */*", "X-Dup: 1", "X-UPPER: B  c",
                 "x-dup: 2", "X_Under.score: ok", "Empty:", "UTF: \xc3\xa9"]
        request = self.seen(*lines)
        names = [l.split(":")[0] for l in lines]
        self.assertEqual(
            [h for h in request.headers if h[0] in names],
            [tuple(p.strip() for p in l.split(":", 1)) for l in lines])


# alb.md 10: 86, 87
class Modes(Asking):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        mode = "routing.http.xff_header_processing.mode"
        port = "routing.http.xff_client_port.enabled"
        cls.made = {
            name: cls.start([cls.origin], attributes=attributes)
            for name, attributes in {
                "preserve": {mode: "preserve", port: "true"},
                "remove": {mode: "remove"},
                "port": {port: "true"},
                "append": {mode: "append"}}.items()}

    @classmethod
    def tearDownClass(cls):
        try:
            for sluice in cls.made.values():
                sluice.stop()
        finally:
            super().tearDownClass()

    def test_preserve_leaves_the_header_as_it_came(self):
        made = self.made["preserve"]
        self.assertEqual(self.seen(sluice=made).all(XFF), [])
        self.assertEqual(self.seen(XFF + ": 10.1.1.1,10.2.2.2",
                                   sluice=made).all(XFF),
                         ["10.1.1.1,10.2.2.2"])

    def test_remove_takes_every_line_away(self):
        made = self.made["remove"]
        self.assertEqual(self.seen(sluice=made).all(XFF), [])
        self.assertEqual(self.seen(XFF + ": 10.1.1.1", XFF.lower() + ": x",
                                   sluice=made).all(XFF), [])

    def test_the_client_port_is_appended_when_asked_for(self):
        made = self.made["port"]
        request = self.seen(sluice=made)
        self.assertEqual(request.all(XFF), ["127.0.0.1:%d" % self.local[1]])
        request = self.seen(XFF + ": 10.1.1.1", sluice=made)
        self.assertEqual(request.all(XFF), [
            "10.1.1.1, 127.0.0.1:%d" % self.local[1]])

    def test_append_may_be_asked_for_by_name(self):
        self.assertEqual(self.seen(XFF + ": 10.1.1.1",
                                   sluice=self.made["append"]).all(XFF),
                         ["10.1.1.1, 127.0.0.1"])

    def test_proto_and_port_are_added_in_every_mode(self):
        for name, made in self.made.items():
            with self.subTest(name):
                request = self.seen(sluice=made)
                self.assertEqual(request.all("X-Forwarded-Proto"), ["http"])
                self.assertEqual(request.all("X-Forwarded-Port"),
                                 [str(made.port)])


# alb.md 10: 90
class TraceId(Asking):

    def assertFresh(self, stamp):
        self.assertLess(abs(int(stamp, 16) - time.time()), 5 * rig.SLOW)

    def test_a_root_is_added_when_there_is_no_trace_id(self):
        values = self.seen().all(TRACE)
        self.assertEqual(len(values), 1)
        match = re.fullmatch("Root=" + ID, values[0])
        self.assertTrue(match, values)
        self.assertFresh(match.group(1))

    def test_every_request_gets_a_root_of_its_own(self):
        self.assertEqual(len({self.seen().get(TRACE) for _ in range(20)}), 20)

    def test_self_is_put_before_a_root(self):
        root = "Root=1-67891233-abcdef012345678912345678"
        for rest in ("", ";CalledFrom=app", ";CalledFrom=app;TotalTime=3"):
            with self.subTest(rest):
                values = self.seen(TRACE + ": " + root + rest).all(TRACE)
                self.assertEqual(len(values), 1)
                match = re.fullmatch("Self=" + ID + ";" +
                                     re.escape(root + rest), values[0])
                self.assertTrue(match, values)
                self.assertFresh(match.group(1))

    def test_a_self_of_another_hop_is_replaced(self):
        root = "Root=1-67891233-abcdef012345678912345678"
        old = "Self=1-67891234-12456789abcdef012345678"
        values = self.seen("%s: %s;%s;CalledFrom=app" % (
            TRACE, old, root)).all(TRACE)
        self.assertTrue(re.fullmatch(
            "Self=" + ID + ";" + root + ";CalledFrom=app", values[0]), values)
        values = self.seen("%s: %s;%s" % (TRACE, root, old)).all(TRACE)
        self.assertEqual(values[0].count("Self="), 1, values)
        self.assertNotIn(old, values[0])
        self.assertIn(root, values[0])

    def test_a_root_is_added_to_custom_fields_and_they_stay(self):
        values = self.seen(TRACE + ": CalledFrom=app;A=b").all(TRACE)
        self.assertEqual(len(values), 1)
        self.assertTrue(re.search(r"(^|;)Root=" + ID + "(;|$)", values[0]),
                        values)
        self.assertIn("CalledFrom=app;A=b", values[0])

    def test_any_case_of_the_name_counts_and_one_header_goes_on(self):
        root = "Root=1-67891233-abcdef012345678912345678"
        values = self.seen("x-amzn-trace-id: " + root).all(TRACE)
        self.assertEqual(len(values), 1)
        self.assertTrue(values[0].endswith(";" + root), values)

    def test_two_trace_headers_leave_as_one(self):
        root = "Root=1-67891233-abcdef012345678912345678"
        values = self.seen(TRACE + ": " + root, TRACE + ": A=b").all(TRACE)
        self.assertEqual(len(values), 1, values)

    def test_over_7_kib_of_headers_only_a_root_remains(self):
        root = "Root=1-67891233-abcdef012345678912345678"
        values = self.seen("X-Fill: " + "f" * 7500,
                           TRACE + ": Self=1-67891234-12456789abcdef01234567"
                           "8;" + root + ";CalledFrom=app").all(TRACE)
        self.assertEqual(len(values), 1)
        self.assertTrue(re.fullmatch("Root=" + ID, values[0]), values)

    def test_an_answer_carries_no_trace_id(self):
        with self.client() as client:
            self.assertEqual(client.ask("/").get(TRACE), None)


# alb.md 10: 88, 89
class Host(Asking):

    def assertHost(self, sent, expected, sluice=None, **more):
        request = self.seen(host=sent, sluice=sluice, **more)
        self.assertEqual(request.all("Host"), [expected])
        return request

    def test_the_listener_port_is_added_on_another_port(self):
        port = self.sluice.port
        for sent, seen in (("example.com", "example.com:%d" % port),
                           ("Example.COM", "example.com:%d" % port),
                           ("example.com:81", "example.com:81"),
                           ("EXAMPLE.com:80", "example.com:80"),
                           ("example.com:", "example.com:%d" % port),
                           ("10.0.0.1", "10.0.0.1:%d" % port),
                           ("[::1]", "[::1]:%d" % port),
                           ("[::1]:99", "[::1]:99"),
                           ("a_b", "a_b:%d" % port),
                           ("a", "a:%d" % port)):
            with self.subTest(sent):
                self.assertHost(sent, seen)

    def test_absolute_form_replaces_the_host_and_goes_on_in_origin_form(self):
        port = self.sluice.port
        for target, host, path in (
                ("http://evil/x", "evil:%d" % port, "/x"),
                ("http://EVIL:81/x?y", "evil:81", "/x?y"),
                ("HTTP://evil/", "evil:%d" % port, "/"),
                ("https://evil/x", "evil:%d" % port, "/x"),
                ("http://evil", "evil:%d" % port, "/"),
                ("http://evil?q", "evil:%d" % port, "/?q"),
                ("http://[::1]:8/", "[::1]:8", "/")):
            with self.subTest(target):
                request = self.assertHost("example.com", host, target=target)
                self.assertEqual(request.target, path)

    def test_preserve_leaves_the_host_alone(self):
        sluice = self.start([self.origin], attributes={
            "routing.http.preserve_host_header.enabled": "true"})
        try:
            for sent in ("Example.COM", "example.com:80", "a:1"):
                with self.subTest(sent):
                    self.assertHost(sent, sent, sluice)
            self.assertHost("Example.com", "Example.com", sluice,
                            target="http://Evil/x")
        finally:
            sluice.stop()

    def test_ports_are_removed_on_a_default_port(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to listen on port 80")
        sluice = Sluice([self.origin], "--bind", "127.0.0.80", listen=80)
        try:
            for sent, seen in (("example.com", "example.com"),
                               ("example.com:80", "example.com"),
                               ("Example.com:8080", "example.com"),
                               ("[::1]:80", "[::1]")):
                with self.subTest(sent):
                    request = self.assertHost(sent, seen, sluice)
                    self.assertEqual(request.all("X-Forwarded-Port"), ["80"])
            self.assertHost("example.com", "dns.name", sluice,
                            target="http://DNS.name:80/x")
        finally:
            sluice.stop()


# alb.md 10: 92
class InvalidNames(Asking):
    DROP = {"routing.http.drop_invalid_header_fields.enabled": "true"}

    def counted(self, *lines, sluice=None):
        """(dropped, forwarded) requests that these header lines make."""
        sluice = sluice or self.sluice
        names = ["sluice_%s_invalid_header_total" % what
                 for what in ("dropped", "forwarded")]
        before = [sluice.metric(name) for name in names]
        self.seen(*lines, sluice=sluice)
        return tuple(sluice.metric(name) - at
                     for name, at in zip(names, before))

    def test_a_request_with_such_names_is_counted_once(self):
        odd = ["X_Under: 1", "X.Dot: 2", "X-Good: 3"]
        self.assertEqual(self.counted(*odd), (0, 1))
        self.assertEqual(self.counted("X-Good: 1"), (0, 0))
        # What only resembles a field that frames never goes on.
        self.assertEqual(self.counted("Content_Length: 0"), (0, 0))
        self.assertEqual(self.counted("X@At: 1"), (0, 0))
        sluice = self.start([self.origin], attributes=self.DROP)
        try:
            self.assertEqual(self.counted(*odd, sluice=sluice), (1, 0))
            self.assertEqual(self.counted("X-Good: 1", sluice=sluice), (0, 0))
            self.assertEqual(self.counted("X@At: 1", sluice=sluice), (1, 0))
        finally:
            sluice.stop()

    def test_a_rule_cannot_match_what_is_dropped(self):
        odd = head("X_Odd: yes", method="GET")
        for drop in (True, False):
            stack = Stack()
            stack.balancer("Lb", self.DROP if drop else None)
            stack.listener("Web", 80, fixed(200, "default"))
            stack.rule("Odd", "Web", 1, [header("X_Odd", "yes")],
                       fixed(200, "odd"))
            wanted = b"default" if drop else b"odd"
            with self.subTest(drop), Served(stack) as sluice:
                with sluice.client() as client:
                    client.send(odd)
                    self.assertEqual(client.response().body, wanted)
                code, out, err = command(
                    "explain", sluice.path, "GET", "http://example.com/",
                    "--header", "X_Odd: yes", "--json")
                self.assertEqual(code, 0, out + err)
                self.assertEqual(json.loads(out)["rule"],
                                 "Web" if drop else "Odd")

    def test_names_beyond_letters_digits_and_dash_can_be_dropped(self):
        sluice = self.start([self.origin], attributes={
            "routing.http.drop_invalid_header_fields.enabled": "true"})
        try:
            request = self.seen("X_Under: 1", "X.Dot: 2", "X-Good-1: 3",
                                "X~T: 4", sluice=sluice)
            names = [n for n, _ in request.headers]
            self.assertIn("X-Good-1", names)
            for name in ("X_Under", "X.Dot", "X~T"):
                self.assertNotIn(name, names)
        finally:
            sluice.stop()

    def test_they_are_forwarded_by_default(self):
        names = [n for n, _ in self.seen("X_Under: 1", "X.Dot: 2").headers]
        self.assertIn("X_Under", names)
        self.assertIn("X.Dot", names)


if __name__ == "__main__":
    rig.main()

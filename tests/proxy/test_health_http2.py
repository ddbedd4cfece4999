#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Health checks over HTTP/2 and gRPC, of targets that node runs, and of those
that break every rule: what is asked, what passes, what is said of the rest."""
import shutil
import socket
import subprocess
import unittest

import certificates
import http2_targets
import rig
from checked import FAILED, LONG, Checked, Secure, close_all, mismatch
from h2_frames import (CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS,
                       INITIAL_WINDOW_SIZE, SETTINGS, block, frame, goaway,
                       headers, indexed, literal, ping, rst_stream, settings,
                       window_update)
from http2_targets import Node, hello
from reloading import free_port
from rig import Origin, respond, until

NGHTTPD = shutil.which("nghttpd")
GRPC = {"content-type": "application/grpc"}
OK = block([(":status", "200")])


def grpc(status):
    """A plan that ends with this grpc-status, in trailers."""
    return {"headers": GRPC, "trailers": {"grpc-status": status}}


def only(status, **more):
    """One of trailers alone."""
    return {"headers": {**GRPC, "grpc-status": status}, "body": False, **more}


# Of targets that node runs: what it does, settings of its group, verdict.
HTTP2 = {
    "Good": ({"status": 200, "body": "hello"}, {"HealthCheckPath": "/hc?a=b"},
             ("PASS", "200", "-")),
    "Head": ({"status": 200, "body": False}, {}, ("PASS", "200", "-")),
    "Long": ({"status": 200, "body": "x" * 100000}, {}, ("PASS", "200", "-")),
    "Early": ({"status": 200, "interim": [102, 103]}, {},
              ("PASS", "200", "-")),
    "Found": ({"status": 404}, {"Matcher": {"HttpCode": "200-299,404"}},
              ("PASS", "404", "-")),
    "Absent": ({"status": 404}, {}, ("FAIL", "404", "ResponseCodeMismatch")),
    "Moved": ({"status": 301, "headers": {"location": "/elsewhere"}}, {},
              ("FAIL", "301", "ResponseCodeMismatch")),
    "Busy": ({"status": 503}, {}, ("FAIL", "503", "TargetError")),
    "Trailed": ({"status": 200, "trailers": {"x-sum": "1"}}, {},
                ("PASS", "200", "-")),
    "Refused": ({"cut": True}, {}, ("FAIL", "-", "ConnectionReset")),
    "Calm": ({"goaway": True}, {}, ("FAIL", "-", "ConnectionReset")),
    "Silent": ({"silent": True}, {}, ("FAIL", "-", "TimedOut")),
}
CALLS = {
    "Unimplemented": (grpc("12"), None, ("PASS", "12", "-")),
    "Serving": (grpc("0"), "0", ("PASS", "0", "-")),
    "Default0": (grpc("0"), None, ("FAIL", "0", "GRPCUnexpectedStatus")),
    "Alone12": (only("12"), None, ("PASS", "12", "-")),
    "Alone14": (only("14"), "0-5,99", ("FAIL", "14", "GRPCUnexpectedStatus")),
    "Range99": (only("99"), "0-5,99", ("PASS", "99", "-")),
    "Message": ({**grpc("0"), "body": "\0\0\0\0\2\b\1"}, "0",
                ("PASS", "0", "-")),
    "Both": ({"headers": {**GRPC, "grpc-status": "0"},
              "trailers": {"grpc-status": "5"}}, "5", ("PASS", "5", "-")),
    "Empty": (only(""), "0-99", ("FAIL", "200", "GRPCStatusHeaderEmpty")),
    "None": ({"status": 200, "headers": GRPC}, "0-99",
             ("FAIL", "200", "GRPCStatusHeaderEmpty")),
    "Http404": ({"status": 404}, "0-99",
                ("FAIL", "404", "GRPCStatusHeaderEmpty")),
    "Http503": ({"status": 503, "body": "busy"}, "0-99",
                ("FAIL", "503", "TargetError")),
    "Word": (only("OK"), "0-99", ("FAIL", "-", "GRPCUnexpectedStatus")),
    "Big": (only("100"), "0-99", ("FAIL", "-", "GRPCUnexpectedStatus")),
}
STATES = {
    "Good": ("healthy", None, None),
    "Absent": mismatch(404),
    "Busy": mismatch(503),
    "Refused": FAILED,
    "Unimplemented": ("healthy", None, None),
    "Alone12": ("healthy", None, None),
    "Default0": mismatch(0),
    "Alone14": mismatch(14),
    "Empty": FAILED,
    "None": FAILED,
    "Http503": mismatch(503),
    "Word": FAILED,
}
SECURE = ("Good", "Unimplemented", "Alone12")   # over TLS as well


def setUpModule():
    global folder, scene
    if not http2_targets.NODE:
        raise unittest.SkipTest("needs node (nodejs)")
    folder = certificates.Folder()
    scene = NodeScene()


def tearDownModule():
    scene.close()
    folder.close()


class NodeScene(Checked):
    def __init__(self):
        super().__init__()
        pair = folder.authority("self.test")    # signed by nobody else
        plans = {name: {"plan": [row[0]]}
                 for name, row in {**HTTP2, **CALLS}.items()}
        plans.update({"Tls" + name: {**plans[name], "pair": pair}
                      for name in SECURE})
        self.node = Node(plans)
        self.hostile = {name: Origin(script)
                        for name, (script, _) in HOSTILE.items()}
        self.old, self.no_alpn = Origin(old_http), Secure(pair)
        for prefix, names in (("", [*HTTP2, *CALLS]), ("Tls", SECURE)):
            for name in names:
                self.kind(prefix + name, name, self.node.address(prefix + name),
                          "HTTPS" if prefix else "HTTP")
        for name, target in self.hostile.items():
            self.group(name, target.address, ProtocolVersion="GRPC",
                       Matcher={"GrpcCode": "0-99"})
        for name, target in (("NoTls", self.old), ("NoAlpn", self.no_alpn)):
            self.group(name, target.address, ProtocolVersion="HTTP2",
                       HealthCheckProtocol="HTTPS")
        self.group("Old", self.old.address, ProtocolVersion="HTTP2")
        self.start()

    def kind(self, name, like, address, protocol):
        if like in HTTP2:
            self.group(name, address, ProtocolVersion="HTTP2",
                       HealthCheckProtocol=protocol, **HTTP2[like][1])
        else:
            codes = CALLS[like][1]
            more = {"Matcher": {"GrpcCode": codes}} if codes else {}
            self.group(name, address, ProtocolVersion="GRPC",
                       HealthCheckProtocol=protocol, **more)

    def close(self):
        super().close()
        self.node.close()
        close_all([self.old, self.no_alpn, *self.hostile.values()])


# ---- targets that break rules -----------------------------------------------
def silent(conn):
    conn.wait_close()


def settings_alone(conn):
    hello(conn)
    conn.wait_close()


def old_http(conn):
    conn.fill()
    conn.send(respond(b"no", 400, b"Bad Request"))


def garbage(conn):
    conn.fill()
    conn.send(b"\0" * 4096)
    conn.wait_close()


def reset(conn):
    hello(conn)
    conn.send(rst_stream(1))
    conn.wait_close()


def go_away(conn):
    hello(conn)
    conn.send(goaway(0))
    conn.wait_close()


def go_away_at_once(conn):
    conn.send(settings() + goaway(0))
    conn.wait_close()


def cut_call(conn):
    """A status in the head, and then no whole answer."""
    hello(conn)
    conn.send(headers(1, OK + block([("grpc-status", "0")]), END_HEADERS)
              + frame(DATA, 0, 1, b"x") + rst_stream(1))
    conn.wait_close()


def cut_head(conn):
    hello(conn)
    conn.send(headers(1, OK, END_HEADERS)[:-1])
    conn.fin()
    raise rig.Ended


def no_trailers(conn):
    hello(conn)
    conn.send(headers(1, OK, END_HEADERS))
    conn.fin()
    raise rig.Ended


def for_ever(data):
    """`data` after the request, until we are closed."""
    def script(conn):
        hello(conn, (INITIAL_WINDOW_SIZE, 1 << 20))
        while True:
            conn.send(data)
    return script


def endless_head(conn):
    hello(conn)
    conn.send(frame(HEADERS, 0, 1, OK))
    more = frame(CONTINUATION, 0, 1, literal("x-a", "y" * 16000))
    while True:
        conn.send(more)


def endless_fields(conn):
    """A head of one small frame after the other, each of one small field."""
    hello(conn)
    conn.send(frame(HEADERS, 0, 1, OK))
    more = frame(CONTINUATION, 0, 1, literal("x-a", "y")) * 1000
    while True:
        conn.send(more)


def bomb(conn):
    """One field of 4000 bytes in the table, and a block that names it over and
    over."""
    hello(conn)
    conn.send(headers(1, OK + literal("x-a", "y" * 4000, keep=True)
                      + indexed(62) * 12000, END_HEADERS))
    conn.wait_close()


def huge_trailers(conn):
    hello(conn)
    conn.send(headers(1, OK, END_HEADERS))
    conn.send(frame(HEADERS, END_STREAM, 1, literal("grpc-status", "0")))
    more = frame(CONTINUATION, 0, 1, literal("x-a", "y" * 16000))
    while True:
        conn.send(more)


def bad_table(conn):
    hello(conn)
    conn.send(headers(1, indexed(100)))
    conn.wait_close()


def no_status(conn):
    hello(conn)
    conn.send(headers(1, block([("grpc-status", "0")])))
    conn.wait_close()


def upper_case(conn):
    hello(conn)
    conn.send(headers(1, OK + block([("Grpc-Status", "0")])))
    conn.wait_close()


def other_stream(conn):
    hello(conn)
    conn.send(headers(3, OK + block([("grpc-status", "0")])))
    conn.wait_close()


def body_first(conn):
    hello(conn)
    conn.send(frame(DATA, END_STREAM, 1, b"\0" * 5))
    conn.wait_close()


def endless_body(conn):
    """As much as the windows let out, and then more."""
    hello(conn)
    conn.send(headers(1, OK, END_HEADERS))
    more = frame(DATA, 0, 1, b"x" * 16000)
    while True:
        conn.send(more)


def deaf(conn):
    """PINGs that are to be answered, and never reads."""
    hello(conn)
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    many = ping() * 1000
    while True:
        conn.send(many)


def drip(conn):
    hello(conn)
    conn.send(frame(HEADERS, END_HEADERS, 1, OK)[:5])
    while True:
        conn.dribble(ping(), 0.01)


# What comes of each: reasons that its first line may have.
LOST, ODD, LATE = ("ConnectionReset",), ("TargetError",), ("TimedOut",)
EITHER = LOST + ODD
HOSTILE = {
    "Mute": (silent, LATE),
    "SettingsAlone": (settings_alone, LATE),
    "Drip": (drip, EITHER + LATE),
    "OldHttp": (old_http, EITHER),
    "Zeros": (garbage, ODD),
    "Reset": (reset, LOST),
    "GoAway": (go_away, LOST),
    "GoAwayAtOnce": (go_away_at_once, LOST),
    "CutCall": (cut_call, LOST),
    "CutHead": (cut_head, LOST),
    "NoTrailers": (no_trailers, LOST),
    "PingFlood": (for_ever(ping() * 500), ODD),
    "SettingsFlood": (for_ever(settings() * 500), ODD),
    "SettingsStorm": (for_ever(settings(*[(0x77, 1)] * 2000)), ODD),
    "WindowFlood": (for_ever(window_update(0, 1) * 500), ODD),
    "WindowOverflow": (for_ever(window_update(0, 0x7fffffff)), ODD),
    "InterimFlood": (for_ever(headers(1, block([(":status", "103")]),
                                      END_HEADERS) * 100), EITHER),
    "UnknownFlood": (for_ever(frame(0x77, 0, 0, b"x" * 1000) * 50), ODD),
    "HugeFrame": (for_ever(frame(HEADERS, END_HEADERS, 1, b"",
                                 length=0xffffff)), ODD),
    "EndlessHead": (endless_head, EITHER),
    "EndlessFields": (endless_fields, EITHER),
    "Bomb": (bomb, EITHER),
    "HugeTrailers": (huge_trailers, EITHER),
    "BadTable": (bad_table, ODD),
    "NoStatus": (no_status, EITHER),
    "UpperCase": (upper_case, EITHER),
    "OtherStream": (other_stream, ODD),
    "BodyFirst": (body_first, EITHER),
    "EndlessBody": (endless_body, EITHER + LATE),
    "Deaf": (deaf, EITHER + LATE),
}


class Asked(unittest.TestCase):
    """What a target gets, as node understands it."""

    def head(self, name):
        return scene.node.seen(name, "request")[0]["headers"]

    # 81
    def test_an_HTTP2_group_is_asked_by_a_GET(self):
        scene.line("Good")
        self.assertEqual(self.head("Good"), {
            ":method": "GET", ":scheme": "http", ":path": "/hc?a=b",
            ":authority": scene.node.address("Good"),
            "user-agent": "ELB-HealthChecker/2.0",
            "accept-encoding": "gzip, compressed"})
        self.assertEqual(self.head("Absent")[":path"], "/")

    # 84
    def test_a_gRPC_group_is_asked_by_an_empty_call(self):
        scene.line("Unimplemented")
        self.assertEqual(self.head("Unimplemented"), {
            ":method": "POST", ":scheme": "http",
            ":path": "/AWS.ALB/healthcheck",
            ":authority": scene.node.address("Unimplemented"),
            "user-agent": "ELB-HealthChecker/2.0",
            "content-type": "application/grpc", "te": "trailers"})
        end = scene.node.seen("Unimplemented", "end")[0]
        self.assertEqual(end["body"], "0000000000")

    # 81
    def test_each_probe_has_a_connection_of_its_own(self):
        for name in ("Good", "Unimplemented", "TlsGood"):
            scene.line(name, 1)
            requests = scene.node.seen(name, "request")
            self.assertEqual(len({r["session"] for r in requests}),
                             len(requests))
            until(lambda: len(scene.node.seen(name, "closed"))
                  >= len(requests) - 1, "sessions to be closed")

    def test_no_application_sees_an_error_for_having_been_healthy(self):
        for name in ("Good", "Head", "Long", "Early", "Trailed", "Absent",
                     "Unimplemented", "Alone12", "Message", "TlsGood",
                     "TlsUnimplemented"):
            with self.subTest(name):
                scene.line(name, 1)
                self.assertEqual(scene.node.seen(name, "error"), [])
                self.assertEqual(
                    {e["code"] for e in scene.node.seen(name, "over")}, {0})

    # 78, 81
    def test_over_TLS_it_is_h2_by_ALPN_and_no_name_is_asked_for(self):
        for name in SECURE:
            scene.line("Tls" + name)
            session = scene.node.seen("Tls" + name, "session")[0]
            self.assertEqual((session["alpn"], session["resumed"],
                              session["servername"]), ("h2", False, None))
            self.assertEqual(self.head("Tls" + name)[":scheme"], "https")


class Verdicts(unittest.TestCase):

    # 80, 117
    def test_HTTP2_passes_by_the_matcher(self):
        for name, (_, _, verdict) in HTTP2.items():
            with self.subTest(name):
                line = scene.line(name)
                self.assertEqual(line.verdict, ("h2", *verdict))
                self.assertEqual(line.target_addr, scene.node.address(name))

    # 84, 117
    def test_gRPC_passes_by_its_status(self):
        for name, (_, _, verdict) in CALLS.items():
            with self.subTest(name):
                self.assertEqual(scene.line(name).verdict,
                                 ("grpc", *verdict))

    # 78, 84, 117
    def test_TLS_changes_nothing_about_it(self):
        for name in SECURE:
            kind = "h2" if name in HTTP2 else "grpc"
            verdict = {**HTTP2, **CALLS}[name][2]
            with self.subTest(name):
                self.assertEqual(scene.line("Tls" + name).verdict,
                                 (kind, *verdict))
                scene.becomes("Tls" + name, ("healthy", None, None))

    # 83, 84
    def test_states_have_the_reasons_and_descriptions_of_ALB(self):
        for name, state in STATES.items():
            with self.subTest(name):
                scene.becomes(name, state)

    # 83
    def test_a_target_without_HTTP2_is_unhealthy(self):
        for name in ("Old", "NoTls", "NoAlpn"):
            with self.subTest(name):
                line = scene.line(name)
                self.assertEqual((line.type, line.status, line.status_code),
                                 ("h2", "FAIL", "-"))
                scene.becomes(name, FAILED)

    def test_our_log_says_why_there_was_no_answer(self):
        for name, why in (
                ("NoAlpn", "it does not choose h2 by ALPN when TLS begins"),
                ("Zeros", "its answer is no HTTP/2"),
                ("Empty", "its answer has no grpc-status"),
                ("Word", "its grpc-status is no number from 0 to 99")):
            with self.subTest(name):
                scene.becomes(name, FAILED)
                self.assertIn("is unhealthy: Health checks failed (%s)" % why,
                              "\n".join(line for line in scene.server.log
                                        if " %s:" % name.lower() in line))


class Hostile(unittest.TestCase):

    # 82, 83
    def test_a_target_that_breaks_rules_costs_a_timeout_at_most(self):
        for name, (_, reasons) in HOSTILE.items():
            with self.subTest(name):
                line = scene.line(name)
                self.assertEqual(line.verdict[:3], ("grpc", "FAIL", "-"))
                self.assertIn(line.reason_code, reasons)
                conn = scene.hostile[name].conns[0]
                until(lambda: conn.done or conn.peer_closed.is_set(),
                      "the connection to be closed", LONG)

    def test_a_flood_costs_no_memory(self):
        for name in HOSTILE:
            scene.line(name)
        if not rig.sanitized():
            self.assertLess(scene.server.rss(), 100 << 20)


@unittest.skipUnless(NGHTTPD, "needs nghttpd (nghttp2-server)")
class Nghttpd(unittest.TestCase):
    """Another implementation, with and without TLS."""

    def serve(self, pair=None):
        port = free_port()
        options = [pair.key, pair.chain] if pair else []
        process = subprocess.Popen(
            [NGHTTPD, "-a", "127.0.0.1", "-d", folder.path, str(port),
             *options, *([] if pair else ["--no-tls"])],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        until(lambda: self.listens(port), "nghttpd to listen")
        return "127.0.0.1:%d" % port

    @staticmethod
    def listens(port):
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", port)) == 0

    # 78, 80
    def test_nghttpd_is_healthy_over_TLS_and_without(self):
        folder.file("index.html", "well")
        pair = folder.authority("nghttpd.test")
        other = Checked()
        self.addCleanup(other.close)
        other.group("Clear", self.serve(), ProtocolVersion="HTTP2")
        other.group("Tls", self.serve(pair), ProtocolVersion="HTTP2",
                    HealthCheckProtocol="HTTPS")
        other.group("Lost", self.serve(pair), ProtocolVersion="HTTP2",
                    HealthCheckProtocol="HTTPS", HealthCheckPath="/lost")
        other.start()
        for name in ("Clear", "Tls"):
            self.assertEqual(other.line(name).verdict,
                             ("h2", "PASS", "200", "-"))
            other.becomes(name, ("healthy", None, None))
        self.assertEqual(other.line("Lost").verdict,
                         ("h2", "FAIL", "404", "ResponseCodeMismatch"))


if __name__ == "__main__":
    rig.main()

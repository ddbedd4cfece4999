#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is counted for each load balancer and target group is what the logs
say, name by name (alb.md 8)."""
import collections
import os
import re
import shutil
import ssl
import tempfile
import threading
import unittest

import h2
import metered
import rig
import target_h2
from access_lines import Connection, File
from rig import Client, Closed, Origin, head, respond, until
from stack import Served, Stack, fixed, forward, host, path, redirect

SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
          b"Connection: Upgrade\r\n\r\n")
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x")
LB, TG = "sluice_load_balancer_", "sluice_target_group_"


class Target(Origin):
    """Does what the path says."""

    def __init__(self, **more):
        super().__init__(Target.run_one, **more)
        self.go = threading.Event()

    @staticmethod
    def run_one(conn):
        while True:
            request = conn.read_request()
            word = request.target.rpartition("/")[2].partition("?")[0]
            if word == "close":
                raise rig.Ended
            if word == "reset":
                conn.rst()
                raise rig.Ended
            if word == "junk":
                conn.send(b"what?\r\n\r\n")
                raise rig.Ended
            if word == "half":
                conn.send(respond(b"x" * 100)[:-50])
                raise rig.Ended
            if word == "hold":
                conn.hold(conn.origin.go)
                raise rig.Ended
            if word == "ws":
                conn.send(SWITCH)
                while True:
                    conn.send(conn.fill())
            if word == "big":
                conn.send(respond(b"x" * 300000))
            elif word == "login":
                conn.send(respond(b"", headers=["Set-Cookie: SID=1"]))
            else:
                conn.send(respond(b"", int(word) if word.isdigit() else 200))


def nonsense(conn):
    """What a plain server says to a ClientHello."""
    conn.fill()
    conn.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    raise rig.Ended


class MeterCase(unittest.TestCase):
    """One server for the class; what it counted is compared after each test
    with all that its logs have by then."""
    maxDiff = None
    workers = 2
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sluice-test-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.log = File(os.path.join(cls.folder, "access.log"))
        cls.connections = File(os.path.join(cls.folder, "connections.log"),
                               Connection)
        cls.health = Origin()
        cls.addClassCleanup(cls.health.close)
        cls.also = collections.defaultdict(collections.Counter)
        cls.targets = []
        cls.server = Served(
            cls.describe(), "--access-log", cls.log.path, "--connection-log",
            cls.connections.path, *cls.options, workers=cls.workers)
        cls.addClassCleanup(cls.server.stop)
        cls.lines = 0
        until(lambda: not any(t["State"] == "initial" and
                              t["TargetGroup"] in ("blue", "green2")
                              for t in cls.server.targets()),
              "the health of targets to be known")

    @classmethod
    def target(cls, *arguments, **more):
        cls.targets.append(Target(*arguments, **more))
        cls.addClassCleanup(cls.targets[-1].close)
        return cls.targets[-1].address

    @classmethod
    def group(cls, made, name, addresses, **more):
        made.group(name, addresses, more.pop("attributes_", None),
                   HealthCheckPort=str(cls.health.port), **more)

    def setUp(self):
        for target in self.targets:
            target.go.clear()

    def name(self, kind, name):
        """app/NAME/ID, targetgroup/NAME/ID."""
        seen = set()
        for (_, labels) in self.server.metrics().samples:
            of = dict(labels).get(
                "load_balancer" if kind == "app" else "target_group", "")
            if of.startswith("%s/%s/" % (kind, name)) or \
                    kind == "app" and of.startswith("app/%s-" % name):
                seen.add(of)
        self.assertEqual(len(seen), 1, (kind, name, seen))
        return seen.pop()

    def knows(self, lb, tg="", **counts):
        """What no log says and this test did."""
        self.also[self.name("app", lb),
                  tg and self.name("targetgroup", tg)].update(counts)

    def ask(self, target, method="GET", *headers, listener="Web", host_="a.b",
            **more):
        """On a connection of its own."""
        with self.server.client(listener, **more) as client:
            client.send(head(*headers, method=method, target=target,
                             host=host_))
            answer = client.response(method)
        self.count(1)
        return answer

    def count(self, n):
        type(self).lines += n

    def opened(self):
        """Connections of targets are counted by these."""
        return sum(len(t.conns) for t in self.targets)

    def wanted(self):
        lines = self.log.all()
        made = metered.by_log(lines, self.connections.all(), self.rules)
        return metered.add(made, self.also), lines

    def agree(self, zone=""):
        """The numbers are those of the logs, once all lines are there."""
        def compare():
            wanted, lines = self.wanted()
            got = metered.by_metrics(self.server.metrics())
            # Connections to targets are in no log.
            clients = len(self.connections.all())
            opened = sum(row.get("new_connections", 0) for row in got.values())
            for row in list(wanted.values()) + list(got.values()):
                row.pop("new_connections", None)
            said = metered.difference(wanted, got)
            if len(lines) != self.lines:
                said += "\n%d lines of %d" % (len(lines), self.lines)
            if opened != clients + self.opened():
                said += "\n%d connections, of %d clients, %d to targets" % (
                    opened, clients, self.opened())
            return said

        last = [""]

        def same():
            last[0] = compare()
            return not last[0]
        until(same, lambda: last[0], pause=0.02)
        self.agree_times()

    def agree_times(self):
        metrics = self.server.metrics()
        for (lb, tg), (total, off) in metered.seconds(self.log.all()).items():
            got = metrics.sum(TG + "response_seconds_sum", load_balancer=lb,
                              target_group=tg)
            self.assertAlmostEqual(got, total, delta=off + 1e-6)


class Outcomes(MeterCase):
    rules = {"first": (10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120),
             "second": ()}

    @classmethod
    def describe(cls):
        blue, green = cls.target(), cls.target()
        cls.closed = Closed()
        cls.addClassCleanup(cls.closed.close)
        cls.plain = Origin(nonsense)
        cls.addClassCleanup(cls.plain.close)
        made = Stack(lb=False)
        made.balancer("First", {"idle_timeout.timeout_seconds": 1},
                      Name="first")
        made.balancer("Second", {
            "routing.http.drop_invalid_header_fields.enabled": "true"},
            Name="second")
        cls.group(made, "Blue", [blue])
        cls.group(made, "Green", [green])
        cls.group(made, "Empty", [])
        cls.group(made, "Refused", [cls.closed.address])
        cls.group(made, "Handshake", [cls.plain.address], Protocol="HTTPS")
        cls.group(made, "Sticky", [blue, green], attributes_={
            "stickiness.enabled": "true", "stickiness.type": "lb_cookie"})
        cls.group(made, "App", [blue, green], attributes_={
            "stickiness.enabled": "true", "stickiness.type": "app_cookie",
            "stickiness.app_cookie.cookie_name": "SID"})
        made.group("Sick", [blue], HealthCheckPort=cls.closed.address.
                   rpartition(":")[2])
        made.listener("Web", 80, forward("Blue"), lb="First")
        made.listener("Two", 80, forward("Green2"), lb="Second")
        cls.group(made, "Green2", [green])
        for number, (name, act) in enumerate((
                ("fixed", fixed(201, "done")),
                ("gone", fixed(410, "gone")),
                ("broken", fixed(503, "broken")),
                ("redirect", redirect(Host="to.example", Path="/#{path}")),
                ("long", redirect(Path="/" + 12 * "#{path}")),
                ("empty", forward("Empty")),
                ("refused", forward("Refused")),
                ("handshake", forward("Handshake")),
                ("sticky", forward("Sticky")),
                ("app", forward("App")),
                ("sick", forward("Sick")),
                ("weights", forward(("Blue", 0), ("Empty", 0))))):
            made.rule("To" + name, "Web", 10 * (number + 1),
                      [path("/" + name + "*")], act)
        return made

    def opened(self):
        return super().opened() + len(self.plain.conns)

    # 118
    def test_answers_of_targets_count_by_their_class(self):
        for status in (200, 204, 302, 304, 404, 418, 500, 503, 599):
            self.assertEqual(self.ask("/%d" % status).status, status)
        with self.server.client("Two") as client:
            for _ in range(5):
                client.send(head(method="GET", target="/403"))
                self.assertEqual(client.response().status, 403)
        self.count(5)
        self.agree()
        self.assertEqual(self.server.metric(
            TG + "target_4xx_total", load_balancer=self.name("app", "second")),
            5)

    # 118
    def test_answers_of_the_load_balancer_count_as_its_own(self):
        for target, status in (
                ("/fixed", 201), ("/gone", 410), ("/broken", 503),
                ("/redirect/x", 301), ("/empty", 503), ("/weights", 503),
                ("/long/" + 900 * "x", 507)):
            self.assertEqual(self.ask(target).status, status)
        self.agree()

    # 118
    def test_targets_that_fail_make_502s_with_a_request(self):
        for target in ("/close", "/reset", "/junk"):
            self.assertEqual(self.ask(target).status, 502)
        with self.server.client("Web") as client:
            client.send(head(method="GET", target="/half"))
            client.rest()
        self.count(1)
        self.agree()

    # 118
    def test_targets_that_refuse_are_connection_errors(self):
        for _ in range(3):
            self.assertEqual(self.ask("/refused").status, 502)
        self.knows("first", "refused", connection_errors=3)
        for _ in range(2):
            self.assertEqual(self.ask("/handshake").status, 502)
        self.knows("first", "handshake", tls_errors=2)
        self.agree()

    # 118
    def test_a_silent_target_is_a_504_with_a_request_and_no_time(self):
        self.assertEqual(self.ask("/hold").status, 504)
        self.agree()

    # 118
    def test_clients_that_leave_or_stall_are_4xx_of_the_load_balancer(self):
        def asked():
            return sum(r.target == "/hold" for t in self.targets
                       for r in t.requests)
        before = asked()
        client = self.server.client("Web")
        client.send(head(method="GET", target="/hold"))
        until(lambda: asked() > before, "the request to be there")
        client.rst()                                    # 460
        with self.server.client("Web") as client:       # 408, of the head
            client.send(b"GET / HTTP/1.1\r\nHo")
            self.assertEqual(client.response().status, 408)
        with self.server.client("Web") as client:       # 408, of the body
            client.send(head("Content-Length: 5"))
            self.assertEqual(client.response("POST").status, 408)
        self.count(3)
        self.agree()
        self.assertLessEqual({"460", "408"}, {
            line.elb_status_code for line in self.log.all()})

    # 118
    def test_what_cannot_be_read_counts_without_a_request(self):
        for raw, status in ((b"GET\r\n\r\n", 400),
                            (head(version="HTTP/2.0"), 505),
                            (head("Transfer-Encoding: gzip"), 501),
                            (head("Content-Length: 1", "Content-Length: 2"),
                             400),
                            (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n", 414),
                            (head(method="TRACE"), 405)):
            with self.server.client("Web") as client:
                client.push(raw)
                self.assertEqual(client.response("GET").status, status)
            self.count(1)
        self.agree()

    # 118
    def test_requests_that_are_not_compliant_count_if_they_pass(self):
        self.ask("/a b")
        self.ask("/", "GET", "Content-Length: 0")
        self.agree()

    # 118
    def test_invalid_header_fields_are_dropped_or_forwarded(self):
        self.ask("/", "GET", "X_y: 1")
        self.knows("first", forwarded_invalid_header=1)
        self.ask("/", "GET", "X_y: 1", listener="Two")
        self.knows("second", dropped_invalid_header=1)
        self.ask("/", "GET", "X-y: 1", listener="Two")
        self.agree()

    # 118
    def test_requests_that_no_cookie_decides_about_count_once(self):
        first = self.ask("/sticky")
        cookie = re.match("AWSALB=[^;]+", first.get("Set-Cookie"))[0]
        self.ask("/sticky", "GET", "Cookie: " + cookie)
        self.knows("first", non_sticky=1)
        self.ask("/app/login")
        self.ask("/app/x")
        self.knows("first", non_sticky=2, app_cookie_non_stickiness=2)
        self.agree()

    # 118
    def test_a_group_that_fails_open_counts_its_requests(self):
        for _ in range(4):
            self.ask("/sick")
        self.knows("first", "sick", unhealthy_routing=4)
        self.agree()

    # 114, 118
    def test_a_websocket_is_one_request_and_its_bytes_come_as_they_flow(self):
        size = 3 * 64 * 1024
        lb = {"load_balancer": None}
        with self.server.client("Web") as client:
            client.send(head(*UPGRADE, method="GET", target="/ws"))
            self.assertEqual(client.response().status, 101)
            lb["load_balancer"] = self.name("app", "first")
            before = self.server.metric(LB + "processed_bytes_total", **lb)
            client.send(b"w" * size)
            client.take(size, rig.time.monotonic() + rig.PATIENCE)
            until(lambda: self.server.metric(
                LB + "processed_bytes_total", **lb) >= before + size,
                "bytes to be counted before the end")
        self.count(1)
        self.agree()

    # 118
    def test_bodies_count_with_all_their_bytes(self):
        self.ask("/big")
        with self.server.client("Web") as client:
            client.send(head("Content-Length: 200000"))
            client.send(b"z" * 200000)
            client.response("POST")
        self.count(1)
        self.agree()

    # 118
    def test_connections_that_are_open_are_those_of_both_sides(self):
        def both():
            metrics = self.server.metrics()
            return (metrics.sum(LB + "connections"),
                    metrics.sum("sluice_client_connections") +
                    metrics.sum("sluice_target_connections"))
        with self.server.client("Web") as one, \
                self.server.client("Two") as other:
            one.ask("/")
            other.ask("/")
            counted, known = both()
            self.assertEqual(counted, known)
            self.assertGreaterEqual(counted, 3)
        self.count(2)
        until(lambda: both()[0] == both()[1] < counted, both, pause=0.02)


@unittest.skipUnless(rig.has_ipv6(), "needs IPv6")
class Ipv6(MeterCase):
    rules = {"lb": ()}
    options = ("--bind", "::1")

    @classmethod
    def describe(cls):
        made = Stack(lb=False)
        made.balancer("Lb", Name="lb")
        cls.group(made, "Blue", [cls.target()])
        made.listener("Web", 80, forward("Blue"))
        return made

    # 118
    def test_requests_by_ipv6_count_twice(self):
        for target in ("/200", "/close", "/big"):
            self.ask(target)
        with self.server.client("Web") as client:
            client.send(b"GET\r\n\r\n")
            client.response()
        self.count(1)
        self.agree()
        self.assertEqual(self.server.metric(LB + "ipv6_requests_total"), 4)


class OneZone(MeterCase):
    rules = {"lb": ()}
    options = ("--zone", "eu-west-1b")

    @classmethod
    def describe(cls):
        made = Stack(lb=False)
        made.balancer("Lb", Name="lb")
        cls.group(made, "Blue", [cls.target()])
        made.listener("Web", 80, forward("Blue"))
        return made

    def wanted(self):
        lines = self.log.all()
        return metered.by_log(lines, self.connections.all(), self.rules,
                              "eu-west-1b"), lines

    # 118
    def test_the_zone_of_the_process_is_that_of_what_it_counts(self):
        for _ in range(4):
            self.ask("/200")
        self.agree()


class Changes(MeterCase):
    rules = {"lb": ()}
    workers = 1

    @classmethod
    def describe(cls, weight=1, more=True):
        made = Stack(lb=False)
        made.balancer("Lb", Name="lb")
        if not cls.targets:
            cls.target()
            cls.target()
        blue, green = cls.targets[0].address, cls.targets[1].address
        cls.group(made, "Blue", [blue])
        if more:
            cls.group(made, "Green", [green])
        made.listener("Web", 80, forward(("Blue", weight), ("Green", 1))
                      if more else forward("Blue"))
        return made

    # 118
    def test_counts_go_on_over_changes_of_weights_and_groups(self):
        for weight in (1, 0, 5, 2):
            self.server.reload(self.describe(weight))
            for _ in range(6):
                self.ask("/200")
        self.server.reload(self.describe(more=False))
        for _ in range(3):
            self.ask("/404")
        self.server.reload(self.describe(3))
        with self.server.client("Web") as client:
            client.send(head(*UPGRADE, method="GET", target="/ws"))
            self.assertEqual(client.response().status, 101)
            self.server.reload(self.describe(more=False))
            client.send(b"w" * 1000)
            client.take(1000, rig.time.monotonic() + rig.PATIENCE)
        self.count(1)
        self.agree()


class Tls(MeterCase):
    rules = {"lb": ()}

    @classmethod
    def describe(cls):
        target_h2.need()
        cls.calls = target_h2.Target()
        cls.addClassCleanup(cls.calls.__exit__)
        made = target_h2.front(forward("Blue"))
        made.resources["Lb"]["Properties"]["Name"] = "lb"
        cls.group(made, "Blue", [cls.target()])
        target_h2.group(made, "Calls", [cls.calls.address], "GRPC")
        made.rule("ToCalls", "Front", 5, [host("calls.test")],
                  forward("Calls"))
        return made

    rules = {"lb": (5,)}

    def opened(self):
        """Connections of node's server: one is shared by all calls of a
        worker."""
        return super().opened() + self.shared

    shared = 0

    # 118
    def test_handshakes_that_fail_are_connections_too(self):
        host_, port = self.server.listeners["Front"]
        for data in (b"\x16\x03\x01\x00\x05hello", b"GET / HTTP/1.1\r\n\r\n"):
            with Client(host_, port) as client:
                client.send(data)
                client.rest()
        self.count(1)       # plain HTTP gets an answer
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("AES128-SHA")
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with Client(host_, port) as client, self.assertRaises(ssl.SSLError):
            old.wrap_socket(client.sock.dup()).close()
        self.ask("/200", listener="Front")
        self.agree()
        self.assertEqual(self.server.metric(LB + "client_tls_errors_total"), 3)

    # 118
    def test_requests_over_http2_and_calls_of_grpc(self):
        before = self.server.metric("sluice_target_connections_opened_total")
        own = len(self.targets[0].conns)
        with h2.connect(*self.server.listeners["Front"]) as link:
            for path_, more in (("/200", ()), ("/big", ()), ("/close", ())):
                stream = link.open(h2.fields(*more, method="GET", path=path_,
                                             authority="a.b"), end=True)
                link.response(stream)
            for _ in range(3):
                stream = link.open(h2.fields(
                    ("content-type", "application/grpc"), method="POST",
                    path="/pkg.Svc/Echo", authority="calls.test"),
                    end=True)
                link.response(stream)
        self.count(6)
        self.knows("lb", "calls", unhealthy_routing=3)  # not probed yet
        now = self.server.metric("sluice_target_connections_opened_total")
        type(self).shared += int(now - before) - (
            len(self.targets[0].conns) - own)
        self.agree()
        self.assertEqual(self.server.metric(TG + "grpc_requests_total"), 3)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sluice status`, and what the API port answers to it."""
import json
import os
import pty
import re
import socket
import subprocess
import threading
import unittest

import rig
from rig import Closed, Origin, until
from stack import Served, Stack, command, fixed, forward, path, redirect

FAST = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2,
        "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}
LONG = 60 * rig.SLOW


def answer(request):
    """Probes of /bad fail, the rest is well."""
    return rig.respond(b"", 500 if request.target == "/bad" else 200)


def api_of(server):
    return rig.address(server.api_host, server.api_port)


def status(server, *more):
    code, out, err = command("status", "--api", api_of(server), *more)
    if (code, err) != (0, ""):
        raise AssertionError("exit %d: %s" % (code, err))
    return out


class Account:
    """/status.json, its parts by name."""

    def __init__(self, server):
        self.all = json.loads(status(server, "--json"))
        self.process = self.all["Sluice"]
        self.listeners = {
            listener["LogicalId"]: listener
            for balancer in self.all["LoadBalancers"]
            for listener in balancer["Listeners"]}
        self.groups = {g["TargetGroupName"]: g
                       for g in self.all["TargetGroups"]}

    def targets(self, group):
        return {t["Target"]["Port"]: t
                for t in self.groups[group]["Targets"]}


class Scene:
    """A template with a healthy, an unhealthy and a dead target: it runs from
    the start of this file on, since health checks take their time."""

    def __init__(self):
        self.good, self.bad = Origin(answer=answer), Origin(answer=answer)
        self.closed = Closed()
        stack = (
            Stack().balancer("Other")
            .group("Blue", [self.good.address, self.closed.address], {
                "deregistration_delay.timeout_seconds": 30}, **FAST)
            .group("Green", [self.bad.address], {
                "load_balancing.algorithm.type": "least_outstanding_requests"},
                HealthCheckPath="/bad", **FAST)
            .group("Idle", ["127.0.0.1:1"])
            .listener("Web", 80, forward(("Blue", 3), ("Green", 1)))
            .listener("Also", 81, fixed(404), lb="Other")
            .rule("Api", "Web", 10, [path("/api/*")], forward("Green"))
            .rule("Old", "Web", 20, [path("/old")],
                  redirect("HTTP_302", Path="/new")))
        self.server = Served(stack, workers=2)

    def end(self):
        self.server.stop()
        for each in (self.good, self.bad, self.closed):
            each.close()


scene = None


def setUpModule():
    global scene
    scene = Scene()


def tearDownModule():
    scene.end()


class Running(unittest.TestCase):

    def setUp(self):
        self.server, self.good = scene.server, scene.good
        self.bad, self.closed = scene.bad, scene.closed

    def states(self, group):
        return {port: t["TargetHealth"]["State"]
                for port, t in Account(self.server).targets(group).items()}

    def settled(self):
        """Wait until every target was found to be what it is."""
        dead = int(self.closed.address.rsplit(":", 1)[1])
        until(lambda: self.states("blue") == {
            self.good.port: "healthy", dead: "unhealthy"} and
            self.states("green") == {self.bad.port: "unhealthy"},
            "health checks", LONG, 0.03)
        return dead

    def test_the_process_says_who_it_is(self):
        process = Account(self.server).process
        version = command("--version")[1].split()[1]
        self.assertEqual(process["Version"], version)
        with open("/proc/%d/cmdline" % process["ProcessId"], "rb") as file:
            self.assertIn(b"\0serve\0", file.read())
        self.assertEqual(process["Workers"], 2)
        self.assertIs(process["Draining"], False)
        self.assertEqual(process["ConfigGeneration"], 1)
        self.assertEqual(process["ConfigsAlive"], 1)
        self.assertLess(process["UptimeSeconds"], 3600)

    def test_listeners_have_their_addresses_and_rules(self):
        account = Account(self.server)
        self.assertEqual([(b["LogicalId"], len(b["Listeners"]))
                          for b in account.all["LoadBalancers"]],
                         [("Lb", 1), ("Other", 1)])
        web = account.listeners["Web"]
        self.assertEqual((web["Protocol"], web["Port"]), ("HTTP", 80))
        self.assertEqual(web["LocalAddress"],
                         rig.address(*self.server.listeners["Web"]))
        self.assertEqual(
            [(r["Priority"], r["LogicalId"], r["IsDefault"],
              r["Actions"][0]["Type"]) for r in web["Rules"]],
            [("10", "Api", False, "forward"), ("20", "Old", False, "redirect"),
             ("default", "Web", True, "forward")])
        self.assertEqual(
            web["Rules"][1]["Actions"][0]["RedirectConfig"]["StatusCode"],
            "HTTP_302")
        self.assertEqual(
            [(g["TargetGroupName"], g["Weight"], g["Percent"]) for g in
             web["Rules"][2]["Actions"][0]["ForwardConfig"]["TargetGroups"]],
            [("blue", 3, 75), ("green", 1, 25)])
        self.assertEqual(
            account.listeners["Also"]["Rules"][0]["Actions"][0],
            {"Type": "fixed-response",
             "FixedResponseConfig": {"StatusCode": "404"}})

    def test_groups_have_their_settings_and_counts(self):
        self.settled()
        groups = Account(self.server).groups
        blue, green, idle = groups["blue"], groups["green"], groups["idle"]
        self.assertEqual((blue["Algorithm"], green["Algorithm"]),
                         ("round_robin", "least_outstanding_requests"))
        self.assertEqual((blue["Protocol"], blue["ProtocolVersion"]),
                         ("HTTP", "HTTP1"))
        self.assertEqual(blue["DeregistrationDelaySeconds"], 30)
        self.assertEqual((blue["HealthyCount"], blue["UnhealthyCount"],
                          blue["FailOpen"], blue["InUse"]),
                         (1, 1, False, True))
        self.assertEqual((green["UnhealthyCount"], green["FailOpen"]),
                         (1, True))
        self.assertEqual((idle["InUse"], idle["Targets"][0]["TargetHealth"]
                          ["State"]), (False, "unused"))

    def test_targets_have_state_reason_and_share(self):
        dead = self.settled()
        account = Account(self.server)
        blue = account.targets("blue")
        self.assertEqual(blue[self.good.port]["TargetHealth"],
                         {"State": "healthy"})
        self.assertEqual(blue[self.good.port]["SharePercent"], 100)
        self.assertEqual(blue[dead]["TargetHealth"]["Reason"],
                         "Target.FailedHealthChecks")
        self.assertEqual(blue[dead]["SharePercent"], 0)
        self.assertLess(blue[dead]["StateSeconds"], 3600)
        green = account.targets("green")[self.bad.port]
        self.assertEqual(green["TargetHealth"]["Description"],
                         "Health checks failed with these codes: [500]")

    def test_the_text_is_a_table_without_colours(self):
        self.settled()
        out = status(self.server)
        self.assertRegex(out, r"\Asluice \S+, process \d+, up \S+, 2 workers")
        self.assertNotIn("\x1b", out)
        self.assertNotRegex(out, r"(?m) $")
        self.assertRegex(out, r"(?m)^Web +default +- +forward blue 3 "
                         r"\(75%\), green 1 \(25%\)$")
        self.assertRegex(out, r"(?m)^green +%s +unhealthy .*"
                         r"Target.ResponseCodeMismatch: Health checks failed "
                         r"with these codes: \[500\]$" %
                         re.escape(self.bad.address))
        self.assertRegex(out, r"(?m)^green .* fail-open ")
        host, port = self.server.listeners["Also"]
        self.assertRegex(out, r"(?m)^\S+ +Also +HTTP +81 +%s:%d +127[.0-9:]+ +0$" % (
            re.escape(host), port))

    def test_a_terminal_gets_colours_unless_NO_COLOR_is_set(self):
        self.settled()
        for more, wanted in (({}, True), ({"NO_COLOR": "1"}, False),
                             ({"NO_COLOR": ""}, True), ({"TERM": "dumb"},
                                                        False)):
            with self.subTest(more):
                environ = {k: v for k, v in os.environ.items()
                           if k != "NO_COLOR"}
                out = self.on_terminal({**environ, "TERM": "xterm", **more})
                self.assertEqual("\x1b[31munhealthy\x1b[0m" in out, wanted)
                self.assertEqual("\x1b[32mhealthy\x1b[0m" in out, wanted)
                self.assertEqual("\x1b" in out, wanted)

    def on_terminal(self, environ):
        ours, theirs = pty.openpty()
        with subprocess.Popen([rig.SLUICE, "status", "--api",
                               api_of(self.server)], stdout=theirs,
                              env=environ) as child:
            os.close(theirs)
            data = b""
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:     # how a terminal ends
                    break
                data += piece
            os.close(ours)
            self.assertEqual(child.wait(rig.PATIENCE), 0)
        return data.decode()

    def test_open_connections_are_counted_by_listener(self):
        def counts():
            listeners = Account(self.server).listeners
            return [listeners[name]["ClientConnections"]
                    for name in ("Web", "Also")]
        until(lambda: counts() == [0, 0], "no connections")
        with self.server.client("Also") as one, \
                self.server.client("Also") as two, \
                self.server.client("Web") as three:
            for client in (one, two, three):
                client.ask("/old")
            self.assertEqual(counts(), [1, 2])
            self.assertGreaterEqual(
                Account(self.server).process["ClientConnections"], 3)
        until(lambda: counts() == [0, 0], "the end of the connections")

    def test_the_API_answers_both_and_calls_that_are_not_GET_405(self):
        answer_ = self.server.api("/status")
        self.assertEqual((answer_.status, answer_.get("Content-Type")),
                         (200, "text/plain; charset=utf-8"))
        self.assertTrue(answer_.body.startswith(b"sluice "))
        answer_ = self.server.api("/status.json")
        self.assertEqual((answer_.status, answer_.get("Content-Type")),
                         (200, "application/json"))
        json.loads(answer_.body)
        for page in ("/status", "/status.json"):
            self.assertEqual(
                self.server.api(page, "POST",
                                b"Content-Length: 0\r\n").status, 405)
        for page in ("/status/", "/Status", "/status.xml"):
            answer_ = self.server.api(page)
            self.assertEqual(answer_.status, 404)
            self.assertIn(b"/status", answer_.body)


class Changes(unittest.TestCase):

    def test_a_reload_is_one_generation_more(self):
        with Origin() as origin:
            one = Stack().group("Blue", [origin.address], {
                "deregistration_delay.timeout_seconds": 0})
            one.listener("Web", 80, forward("Blue"))
            with Served(one) as server, server.client() as client:
                client.ask("/")
                port = Account(server).listeners["Web"]["LocalAddress"]
                one.group("Green", [origin.address, "127.0.0.1:1"])
                one.listener("More", 81, forward("Green"))
                server.reload(one)
                account = Account(server)
                self.assertEqual(account.process["ConfigGeneration"], 2)
                self.assertEqual(account.listeners["Web"]["LocalAddress"],
                                 port)
                self.assertEqual(
                    account.listeners["Web"]["ClientConnections"], 1)
                self.assertEqual(len(account.groups["green"]["Targets"]), 2)
                del one.resources["Web"]
                del one.resources["Blue"]
                server.reload(one)
                account = Account(server)
                self.assertEqual(list(account.listeners), ["More"])
                self.assertEqual(list(account.groups), ["green"])

    def test_an_old_config_that_a_request_uses_is_told(self):
        hold = threading.Event()

        def slow(conn):
            conn.read_request()
            conn.hold(hold)
            conn.send(rig.respond(b"late"))
        with Origin(slow) as origin:
            one = Stack().group("Blue", [origin.address])
            one.listener("Web", 80, forward("Blue"))
            with Served(one) as server, server.client() as client:
                client.send(rig.head())
                until(lambda: Account(server).process["RequestsInProgress"],
                      "a request in progress")
                one.listener("More", 81, fixed(404))
                server.reload(one)
                self.assertEqual(Account(server).process["ConfigsAlive"], 2)
                self.assertIn("configuration 2 (1 older in use), 1 request, "
                              "1 in progress", status(server))
                hold.set()
                self.assertEqual(client.response().body, b"late")
                until(lambda: Account(server).process["ConfigsAlive"] == 1,
                      "the end of the old config")

    def test_a_draining_process_says_so(self):
        hold = threading.Event()

        def slow(conn):
            conn.read_request()
            conn.hold(hold)
            conn.send(rig.respond(b"late"))
        with Origin(slow) as origin:
            one = Stack().group("Blue", [origin.address])
            one.listener("Web", 80, forward("Blue"))
            with Served(one, drain=60) as server, server.client() as client:
                client.send(rig.head())
                until(lambda: Account(server).process["RequestsInProgress"],
                      "a request in progress")
                server.signal(rig.signal.SIGTERM)
                until(lambda: Account(server).process["Draining"],
                      "the drain to be told")
                self.assertRegex(status(server), r"workers?,.* draining\n")
                hold.set()
                client.response()

    def test_an_HTTPS_listener_has_its_certificates(self):
        one = Stack().certificate("Shop", "shop.test", "*.shop.test")
        one.https("Tls", 443, fixed(404), certificate="Shop")
        with Served(one) as server:
            tls = Account(server).listeners["Tls"]
            self.assertEqual("%s:%d" % server.listeners["Tls"],
                             tls["LocalAddress"])
            self.assertEqual("ELBSecurityPolicy-2016-08", tls["SslPolicy"])
            (shown,) = tls["Certificates"]
            self.assertTrue(shown["IsDefault"])
            self.assertRegex(shown["CertificateArn"], "^arn:aws:acm:")
            self.assertRegex(shown["DomainNames"],
                             r"^shop\.test, \*\.shop\.test, ")
            self.assertEqual("ECDSA P-256", shown["KeyAlgorithm"])
            self.assertRegex(shown["NotAfter"],
                             r"^2\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertNotIn("File", shown)
            self.assertRegex(status(server), r"(?m)^Tls +shop\.test, .*"
                             r"ECDSA P-256 +%s +local authority$" %
                             shown["NotAfter"][:10])

    def test_targets_without_an_address_here_are_counted(self):
        one = Stack().group("Far", Targets=[{"Id": "i-0123456789abcdef0"}],
                            TargetType="instance")
        one.listener("Web", 80, forward("Far"))
        with Served(one) as server:
            self.assertEqual(
                Account(server).groups["far"]["NoAddressHereCount"], 1)
            self.assertIn("far: 1 registered target without an address here",
                          status(server))

    def test_a_thousand_targets_and_thousands_of_rules_are_all_told(self):
        one = Stack().group("Big", ["127.0.0.1:%d" % port
                                    for port in range(20000, 21000)])
        one.listener("Web", 80, fixed(404))
        for n in range(1, 2001):
            one.rule("R%d" % n, "Web", n, [path("/%d" % n)], forward("Big"))
        with Served(one) as server:
            account = Account(server)
            self.assertEqual(len(account.groups["big"]["Targets"]), 1000)
            self.assertEqual(len(account.listeners["Web"]["Rules"]), 2001)
            lines = status(server).split("\n")
            self.assertEqual(len([x for x in lines if x.startswith("big ")]),
                             1001)
            self.assertEqual(len([x for x in lines if x.startswith("Web ")]),
                             2001)


class Errors(unittest.TestCase):

    def fails(self, code, words, *arguments):
        got, out, err = command("status", *arguments)
        self.assertEqual((got, out), (code, ""), err)
        self.assertTrue(err.startswith("sluice status: "), err)
        for word in words:
            self.assertIn(word, err)

    def served(self, script):
        origin = Origin(script)
        self.addCleanup(origin.close)
        return origin.address

    def test_nobody_listens(self):
        closed = Closed()
        self.addCleanup(closed.close)
        self.fails(69, ("nothing listens at " + closed.address,
                        "`sluice serve`", "--api"), "--api", closed.address)

    def test_what_answers_is_no_sluice(self):
        for script, words in (
                (lambda c: c.send(rig.respond(b"hello")), ("something else",)),
                (lambda c: c.send(rig.respond(b"", 404)), ("404",)),
                (lambda c: c.send(b"SSH-2.0-OpenSSH\r\n\r\n"), ("HTTP",)),
                (lambda c: c.send(b"HTTP/1.1 200 OK\r\n\r\nx"), ("length",)),
                (lambda c: c.send(b"HTTP/1.1 200 OK\r\nContent-Length: "
                                  b"99999999999\r\n\r\nx"), ("length",)),
                (lambda c: c.send(b"x" * 70000), ("HTTP",)),
                (lambda c: c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9"
                                  b"\r\n\r\nsluice"), ("closed",)),
                (lambda c: c.fin(), ("closed",))):
            def talk(conn, script=script):
                conn.read_head()
                script(conn)
            address = self.served(talk)
            self.fails(69, ("is not the API of a `sluice serve`", address,
                            "--api") + words, "--api", address)

    def test_a_proxied_port_is_no_API(self):
        with Origin() as origin, Served(
                Stack().group("Blue", [origin.address])
                .listener("Web", 80, forward("Blue"))) as server:
            address = rig.address(*server.listeners["Web"])
            self.fails(69, ("is not the API", address), "--api", address)

    def test_who_does_not_answer_is_not_waited_for(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(8)
            address = rig.address(*silent.getsockname())
            self.fails(69, ("did not answer within 2 s", address), "--api",
                       address)

    def test_bad_options_are_usage_errors(self):
        for arguments, words in (
                (("--api", "off"), ("ADDRESS:PORT",)),
                (("--api", "127.0.0.1:0"), ("ADDRESS:PORT",)),
                (("--api", "nonsense"), ("ADDRESS:PORT",)),
                (("--jsn",), ("--json",)),
                (("extra",), ("not expected",))):
            with self.subTest(arguments):
                self.fails(64, words, *arguments)

    def test_a_full_disk_is_an_error(self):
        with Served(Stack().listener("Web", 80, fixed(404))) as server, \
                open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                [rig.SLUICE, "status", "--api", api_of(server)], stdout=full,
                stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 74)
            self.assertIn(b"standard output", done.stderr)

    def test_what_a_stranger_sends_cannot_command_the_terminal(self):
        def talk(conn):
            conn.read_head()
            conn.send(rig.respond(b"sluice \x1b[2J\x9b\r\xff x\n"))
        code, out, _ = command("status", "--api", self.served(talk))
        self.assertEqual((code, out), (0, "sluice ?[2J??? x\n"))


if __name__ == "__main__":
    rig.main()

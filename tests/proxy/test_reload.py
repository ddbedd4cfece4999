#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HUP: the template is read again, and only what differs changes."""
import errno
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
import unittest

import rig
from access_lines import File
from reloading import SWITCH, Tunnel, free_port
from rig import Origin, head, respond, until
from stack import Served, Stack, fixed, forward, host, path, ref

REFUSED = "the new template is refused, the old one goes on"
RUNS = "the new template runs"


class Named(Origin):
    """Answers with its name; /ws becomes a tunnel that echoes, /wait waits
    for `go`. Health checks are kept apart."""

    def __init__(self, name):
        self.name, self.go = name, threading.Event()
        self.checks = 0
        super().__init__(script=Named.talk)

    def talk(self):
        conn, self = self, self.origin
        while True:
            request = conn.read_request()
            if request.get("User-Agent") == "ELB-HealthChecker/2.0":
                self.checks += 1
            elif request.target == "/ws":
                conn.send(SWITCH)
                while True:
                    conn.send(conn.fill())
            elif request.target == "/wait":
                conn.hold(self.go)
            conn.send(respond(self.name.encode()))


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.blue, self.green = Named("blue"), Named("green")
        self.addCleanup(self.blue.close)
        self.addCleanup(self.green.close)
        self.stack = Stack()
        self.stack.group("Blue", [self.blue.address])
        self.stack.group("Green", [self.green.address])
        self.stack.listener("Web", 80, forward("Blue"))

    def serve(self, *options, **more):
        self.server = Served(self.stack, *options, **more)
        self.addCleanup(self.server.stop)
        return self.server

    def client(self, listener=None):
        client = self.server.client(listener)
        self.addCleanup(client.close)
        return client

    def tunnel(self, listener=None):
        tunnel = Tunnel(self.server, listener)
        self.addCleanup(tunnel.close)
        return tunnel

    def reload(self):
        """This stack; it must run."""
        before = self.server.log_count(RUNS)
        self.server.reload(self.stack)
        self.assertEqual(self.server.log_count(RUNS), before + 1,
                         self.server.log)

    def refuse(self, text, *said):
        """This text must be refused, with these words on stderr."""
        before = len(self.server.log)
        self.server.reload(text)
        new = "\n".join(self.server.log[before:])
        self.assertIn(REFUSED, new)
        self.assertNotIn(RUNS, new)
        for words in said:
            self.assertIn(words, new)

    def becomes(self, client, body, target="/"):
        """The workers take the new template up between two requests."""
        until(lambda: client.ask(target).body == body,
              lambda: "%s to be %r, it is %r" % (
                  target, body, client.ask(target)))

    def gone(self, address):
        """Nobody listens there any more."""
        def refused():
            sock = socket.socket()
            sock.settimeout(0.05)
            try:
                sock.connect(address)
            except ConnectionRefusedError:
                return True
            except OSError:
                pass    # dropped: the listener is on its way out
            finally:
                rig.reset(sock)
            return False
        until(refused, "%s:%d to refuse connections" % address)

    def connects(self, address):
        def connected():
            try:
                return rig.reach(*address, rig.OVER)
            except ConnectionRefusedError:
                return None
        client = until(connected, "%s:%d to listen" % address)
        self.addCleanup(client.close)
        return client

    def at_rest(self):
        until(lambda: self.server.metric("sluice_snapshots_alive") == 1,
              "old snapshots to go")


class Refused(Case):

    def test_an_invalid_template_is_refused_whole_with_its_errors(self):
        self.serve()
        client = self.client()
        good = self.stack.text()
        self.stack.listener("Web", 80, forward("Green"))
        bad = self.stack
        bad.rule("Api", "Web", 10, [path("/api/*")], forward("Bleu"))
        self.refuse(bad, "error: ", "Bleu", "1 error")
        for text, words in (
                ("{", "error: "), ("", "error: "), ("[]", "error: "),
                ("\0\1\2", "error: "),
                (good.replace('"Port"', '"Prot"'), "Port"),
                (good.replace('"Port": 80,', '"Port": 99999,'), "Port"),
                (good.replace('"Subnets"', '"Subnet"'), "Subnets")):
            with self.subTest(text[:30]):
                self.refuse(text, words)
                self.assertEqual(client.ask("/").body, b"blue")
        self.assertEqual(self.server.metric("sluice_snapshots_alive"), 1)
        # And it is not stuck.
        del bad.resources["Api"]
        self.reload()
        self.becomes(client, b"green")

    def test_errors_say_where_they_are_in_the_new_file(self):
        self.serve()
        self.refuse('{"Resources": {\n "Lb": {\n  "Type": 7}}}',
                    "stack.json:3:")

    def test_a_template_that_vanished_is_refused(self):
        self.serve()
        client = self.client()
        os.remove(self.server.path)
        self.server.signal(signal.SIGHUP)
        until(lambda: self.server.log_count(REFUSED), "the refusal")
        self.server.says("No such file")
        self.server.says(self.server.path)
        self.assertEqual(client.ask("/").body, b"blue")
        self.stack.listener("Web", 80, forward("Green"))
        self.reload()
        self.becomes(client, b"green")

    def test_a_template_that_is_too_large_is_refused(self):
        self.serve()
        self.stack.sections["Description"] = "x" * (4 * 1024 * 1024)
        self.refuse(self.stack, "4")
        self.assertEqual(self.client().ask("/").body, b"blue")

    def test_a_port_that_somebody_has_refuses_the_whole_change(self):
        self.serve()
        client = self.client()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            self.stack.listener("Web", 80, forward("Green"))
            self.stack.listener("Second", 81, forward("Green"),
                                local=free_port())
            self.stack.listener("Taken", 82, forward("Green"), local=port)
            self.refuse(self.stack, "listener Taken (port 82)",
                        "127.0.0.1:%d" % port, os.strerror(errno.EADDRINUSE))
            second = self.stack.resources["Second"]["Metadata"]["Sluice"]
            self.gone(("127.0.0.1", second["LocalPort"]))
            self.assertEqual(client.ask("/").body, b"blue")
            self.at_rest()
        self.reload()
        self.becomes(client, b"green")
        self.assertEqual(self.connects(("127.0.0.1", port)).ask("/").body,
                         b"green")

    def test_an_access_log_that_cannot_be_opened_refuses_the_change(self):
        self.serve()
        self.stack.balancer("Lb", local={"AccessLog": "/no/such/folder/log"})
        self.stack.listener("Web", 80, forward("Green"))
        self.refuse(self.stack, "/no/such/folder/log")
        self.assertEqual(self.client().ask("/").body, b"blue")


class Unchanged(Case):

    def test_an_unchanged_template_says_so(self):
        self.serve()
        for text in (self.stack.text(), self.stack.text().replace("\n", " "),
                     self.stack.text() + "\n\n"):
            before = len(self.server.log)
            self.server.reload(text)
            new = "\n".join(self.server.log[before:])
            self.assertIn("template: nothing changed", new)
            self.assertNotIn(RUNS, new)

    def test_what_changed_is_said(self):
        self.serve()
        self.stack.listener("Web", 80, forward("Green"))
        self.stack.rule("Api", "Web", 10, [path("/x")], forward("Blue"))
        self.stack.group("New", [self.blue.address])
        self.reload()
        del self.stack.resources["New"]
        self.reload()
        said = [line.partition("template: ")[2] for line in self.server.log
                if "template: " in line]
        kind = "AWS::ElasticLoadBalancingV2::"
        self.assertEqual(sorted(said), sorted([
            "Web (%sListener) changed" % kind,
            "Api (%sListenerRule) added" % kind,
            "New (%sTargetGroup) added" % kind,
            "New (%sTargetGroup) removed" % kind]))

    def test_outputs_are_printed_at_the_start(self):
        self.stack.sections["Outputs"] = {
            "Plain": {"Value": "x y"}, "Group": {"Value": ref("Blue")},
            "Name": {"Value": {"Fn::GetAtt": ["Blue", "TargetGroupName"]}}}
        self.serve()
        outputs = [line for line in self.server.lines
                   if line.startswith("output ")]
        self.assertEqual(len(outputs), 3, self.server.lines)
        self.assertIn("output Plain x y", outputs)
        self.assertIn("output Name blue", outputs)
        self.assertTrue(any(":targetgroup/blue/" in o for o in outputs))
        self.assertEqual(self.server.lines[-1], "ready")

    def test_parameters_of_the_command_line_hold_after_a_hup(self):
        self.stack.sections["Parameters"] = {
            "Word": {"Type": "String", "Default": "default"}}
        self.stack.rule("Say", "Web", 1, [path("/say")],
                        fixed(200, ref("Word")))
        self.serve("--parameter", "Word=given")
        client = self.client()
        self.assertEqual(client.ask("/say").body, b"given")
        self.stack.rule("More", "Web", 2, [path("/more")],
                        fixed(200, ref("Word")))
        self.reload()
        self.becomes(client, b"given", "/more")
        self.assertEqual(client.ask("/say").body, b"given")


class Rules(Case):

    def test_weights_change_on_open_connections(self):
        self.stack.listener("Web", 80, forward(("Blue", 1), ("Green", 0)))
        self.serve()
        client = self.client()
        self.assertEqual({client.ask("/").body for _ in range(10)}, {b"blue"})
        self.stack.listener("Web", 80, forward(("Blue", 0), ("Green", 1)))
        self.reload()
        self.becomes(client, b"green")
        self.assertEqual({client.ask("/").body for _ in range(10)},
                         {b"green"})

    def test_rules_appear_change_and_disappear(self):
        self.serve()
        client = self.client()
        self.stack.rule("Api", "Web", 10, [path("/api/*")], fixed(200, "one"))
        self.reload()
        self.becomes(client, b"one", "/api/x")
        self.stack.rule("Api", "Web", 10, [path("/api/*")], fixed(200, "two"))
        self.stack.rule("First", "Web", 5, [host("other.example")],
                        fixed(200, "first"))
        self.reload()
        self.becomes(client, b"two", "/api/x")
        del self.stack.resources["Api"]
        self.reload()
        self.becomes(client, b"blue", "/api/x")
        self.at_rest()

    def test_a_request_in_progress_ends_with_what_it_began_with(self):
        self.serve()
        client = self.client()
        client.send(head(method="GET", target="/wait"))
        until(lambda: any(r.target == "/wait" for r in self.blue.requests),
              "the request")
        self.stack.listener("Web", 80, forward("Green"))
        del self.stack.resources["Blue"]
        self.reload()
        self.becomes(self.client(), b"green")
        self.assertEqual(self.server.metric("sluice_snapshots_alive"), 2)
        self.blue.go.set()
        answer = client.response()
        self.assertEqual((answer.status, answer.body), (200, b"blue"))
        self.assertEqual(client.ask("/").body, b"green")
        self.at_rest()

    # 121
    def test_attributes_apply_to_open_connections(self):
        self.serve()
        client = self.client()
        for mode, seen in (("append", ["127.0.0.1"]), ("preserve", []),
                           ("append", ["127.0.0.1"])):
            self.stack.balancer("Lb", {
                "routing.http.xff_header_processing.mode": mode,
                "idle_timeout.timeout_seconds": 60 + len(mode)})
            self.reload()

            def shown():
                client.ask("/")
                return self.blue.requests[-1].all("X-Forwarded-For")
            until(lambda s=seen: shown() == s, "mode " + mode)

    def test_a_bursts_last_template_is_the_one_that_runs(self):
        self.serve()
        client = self.client()
        for number in range(30):
            self.stack.rule("N", "Web", 1, [path("/n")],
                            fixed(200, str(number)))
            self.server.write(self.stack)
            self.server.signal(signal.SIGHUP)
        self.becomes(client, b"29", "/n")
        self.at_rest()
        runs = self.server.log_count(RUNS)
        self.assertGreaterEqual(runs, 1)
        self.assertLessEqual(runs, 30)

    def test_two_files_are_both_read_again(self):
        other = tempfile.NamedTemporaryFile("w", suffix=".json")
        self.addCleanup(other.close)
        second = Stack(lb=False).rule("Say", "Web", 1, [path("/say")],
                                      fixed(200, "one"))
        other.write(second.text())
        other.flush()
        self.serve(other.name)
        client = self.client()
        self.assertEqual(client.ask("/say").body, b"one")
        second.rule("Say", "Web", 1, [path("/say")], fixed(200, "two"))
        other.seek(0)
        other.truncate()
        other.write(second.text())
        other.flush()
        self.stack.listener("Web", 80, forward("Green"))
        self.reload()
        self.becomes(client, b"two", "/say")
        self.becomes(client, b"green")

    def test_the_access_log_moves_with_its_metadata(self):
        folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, folder)
        logs = [File(os.path.join(folder, name)) for name in "ab"]
        self.stack.balancer("Lb", local={"AccessLog": logs[0].path})
        self.serve()
        client = self.client()
        client.ask("/first")
        logs[0].of(client)
        self.stack.balancer("Lb", local={"AccessLog": logs[1].path})
        self.reload()
        client.ask("/second")
        self.assertIn("/second", logs[1].of(client).request)
        self.assertEqual(len(logs[0].all()), 1)


class Targets(Case):
    FAST = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2}

    def both(self, *origins, **more):
        self.stack.group("Blue", [o.address for o in origins], **more)

    def bodies(self, client, number=8):
        return {client.ask("/").body for _ in range(number)}

    def test_targets_appear_and_disappear(self):
        self.serve()
        client = self.client()
        self.assertEqual(self.bodies(client), {b"blue"})
        self.both(self.blue, self.green)
        self.reload()
        until(lambda: self.bodies(client) == {b"blue", b"green"}, "both")
        self.both(self.green)
        self.reload()
        until(lambda: self.bodies(client) == {b"green"}, "green alone")
        self.assertEqual(self.server.states("Blue"),
                         {self.green.address: "healthy",
                          self.blue.address: "draining"})
        # Pooled connections to what is gone are closed.
        until(lambda: all(c.peer_closed.is_set() for c in self.blue.conns),
              "pooled connections to be closed")

    def test_a_group_loses_all_targets_and_gets_one_again(self):
        self.serve()
        client = self.client()
        self.stack.group("Blue")
        self.reload()
        until(lambda: client.ask("/").status == 503, "503")
        self.both(self.green)
        self.reload()
        self.becomes(client, b"green")

    # 71
    def test_a_group_that_comes_into_use_is_checked_from_then_on(self):
        self.serve()
        self.assertEqual(self.server.states("Green"),
                         {self.green.address: "unused"})
        self.assertEqual(self.green.checks, 0)
        self.stack.listener("Web", 80, forward("Green"))
        self.reload()
        until(lambda: self.server.states("Green") ==
              {self.green.address: "healthy"}, "green to be healthy")
        self.assertEqual(self.server.states("Blue"),
                         {self.blue.address: "unused"})

    def test_targets_that_stay_keep_their_state_and_their_rhythm(self):
        self.both(self.blue, **self.FAST)
        self.stack.group("Green", [self.green.address],
                         HealthCheckIntervalSeconds=300)
        self.stack.rule("Other", "Web", 1, [path("/g")], forward("Green"))
        self.serve()
        groups = ("Blue", "Green")
        for group in groups:
            until(lambda g=group: set(self.server.states(g).values()) ==
                  {"healthy"}, "%s to be healthy" % group)
        number, more = 0, []
        while self.blue.checks < 3:     # 10 s, with reloads all the time
            number += 1
            self.assertLess(number, 5000 * rig.SLOW)
            self.stack.rule("N", "Web", 2, [path("/%d" % number)],
                            fixed(200, "x"))
            # Other targets come and go beside those that stay.
            more = [] if more else ["127.0.0.1:1"]
            self.stack.group("Green", [self.green.address] + more,
                             HealthCheckIntervalSeconds=300)
            self.reload()
            self.assertEqual(self.server.states("Blue"),
                             {self.blue.address: "healthy"})
            self.assertEqual(self.server.states("Green")[self.green.address],
                             "healthy")
            time.sleep(0.04)
        self.assertEqual(self.green.checks, 1)
        self.assertGreater(number, 20)

    def test_a_target_that_moves_to_another_group_begins_anew(self):
        self.stack.group("Green", [self.blue.address])
        self.serve()
        until(lambda: self.server.states("Blue")[self.blue.address] ==
              "healthy", "blue to be healthy")
        before = self.blue.checks
        self.stack.listener("Web", 80, forward("Green"))
        self.reload()
        until(lambda: self.blue.checks > before, "a probe for the new group")
        self.becomes(self.client(), b"blue")


class Listeners(Case):

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.here = "127.0.0.1", self.port

    def second(self, *actions, local=None):
        self.stack.listener("Second", 81, *(actions or [forward("Green")]),
                            local=local or self.port)

    def test_a_listener_appears(self):
        self.serve(workers=2)
        self.second()
        self.reload()
        for _ in range(8):
            self.assertEqual(self.connects(self.here).ask("/").body,
                             b"green")
        self.assertEqual(self.client("Web").ask("/").body, b"blue")

    def test_a_listener_disappears_and_its_requests_finish(self):
        self.second()
        self.serve()
        busy, idle = self.client("Second"), self.client("Second")
        other = self.client("Web")
        idle.ask("/")
        busy.send(head(method="GET", target="/wait"))
        until(lambda: any(r.target == "/wait" for r in self.green.requests),
              "the request")
        del self.stack.resources["Second"]
        self.reload()
        self.gone(self.here)
        idle.eof()
        self.assertEqual(other.ask("/").body, b"blue")
        self.green.go.set()
        answer = busy.response()
        self.assertEqual((answer.status, answer.body), (200, b"green"))
        self.assertEqual(answer.get("Connection"), "close")
        busy.eof()
        self.at_rest()

    def test_a_listener_with_its_group_disappears(self):
        self.second()
        self.serve()
        busy = self.client("Second")
        busy.send(head(method="GET", target="/wait"))
        until(lambda: any(r.target == "/wait" for r in self.green.requests),
              "the request")
        del self.stack.resources["Second"], self.stack.resources["Green"]
        self.reload()
        self.gone(self.here)
        self.green.go.set()
        self.assertEqual(busy.response().body, b"green")
        self.at_rest()
        self.assertEqual(self.server.states("Green"),
                         {self.green.address: "draining"})

    def test_a_listener_moves_and_moves_back(self):
        self.second()
        self.serve(workers=2)
        there = "127.0.0.1", free_port()
        for here, gone in ((there, self.here), (self.here, there)) * 3:
            self.second(local=here[1])
            self.reload()
            for _ in range(4):
                self.assertEqual(self.connects(here).ask("/").body, b"green")
            self.gone(gone)
        self.at_rest()

    def test_a_listener_that_comes_back_at_once_is_served(self):
        # Its old sockets are on their way out still.
        self.second()
        self.serve(workers=2)
        for _ in range(3):
            del self.stack.resources["Second"]
            self.reload()
            self.second()
            self.reload()
            for _ in range(4):
                self.assertEqual(self.connects(self.here).ask("/").body,
                                 b"green")

    def test_two_listeners_swap_their_ports(self):
        there = free_port()
        self.stack.listener("Web", 80, forward("Blue"), local=there)
        self.second()
        self.serve()
        keep = self.client("Web")
        self.assertEqual(keep.ask("/").body, b"blue")
        self.stack.listener("Web", 80, forward("Blue"), local=self.port)
        self.second(local=there)
        self.reload()
        self.assertEqual(self.connects(self.here).ask("/").body, b"blue")
        self.becomes(keep, b"green")

    def test_a_listener_goes_over_to_another_load_balancer(self):
        self.second()
        self.serve()
        client = self.client("Second")
        self.assertEqual(client.ask("/").body, b"green")
        self.stack.balancer("Other", {
            "routing.http.xff_header_processing.mode": "remove"})
        self.stack.listener("Second", 81, forward("Green"), lb="Other",
                            local=self.port)
        self.reload()

        def removed():
            client.ask("/")
            return not self.green.requests[-1].all("X-Forwarded-For")
        until(removed, "the other load balancer's attributes")
        self.at_rest()

    def test_a_listener_goes_over_to_every_address(self):
        # Its own old socket is no stranger on the port.
        self.second()
        self.serve()
        self.stack.balancer("Lb", local={"Bind": "0.0.0.0"})
        self.reload()
        self.assertEqual(self.connects(("127.0.0.2", self.port))
                         .ask("/").body, b"green")
        self.assertEqual(self.connects(self.here).ask("/").body, b"green")

    def test_clients_that_connect_all_the_time_never_fail(self):
        """On a listener that stays, while others come and go."""
        self.serve(workers=2)
        failed, over, asked = [], threading.Event(), [0]

        def load():
            while not over.is_set():
                try:
                    with self.server.client("Web") as client:
                        if client.ask("/").body != b"blue":
                            failed.append("body")
                    asked[0] += 1
                except (AssertionError, OSError) as error:
                    failed.append(error)
        thread = threading.Thread(target=load, daemon=True)
        thread.start()
        for number in range(20):
            if number % 2:
                del self.stack.resources["Second"]
            else:
                self.second()
            self.reload()
            until(lambda n=asked[0]: asked[0] > n + 2 or failed, "load")
        over.set()
        thread.join()
        self.assertEqual(failed, [])


class Tunnels(Case):

    def test_a_websocket_survives_the_removal_of_its_target(self):
        self.serve()
        tunnel = self.tunnel()
        self.stack.group("Blue", [self.green.address])
        self.reload()
        self.becomes(self.client(), b"green")
        self.assertTrue(tunnel.works())
        self.at_rest()

    def test_a_websocket_survives_the_removal_of_its_group(self):
        self.serve()
        tunnel = self.tunnel()
        self.stack.listener("Web", 80, forward("Green"))
        del self.stack.resources["Blue"]
        self.reload()
        self.becomes(self.client(), b"green")
        self.assertTrue(tunnel.works())
        self.at_rest()

    def test_a_websocket_survives_the_removal_of_its_listener(self):
        port = free_port()
        self.stack.listener("Second", 81, forward("Green"), local=port)
        self.serve()
        tunnel = self.tunnel("Second")
        del self.stack.resources["Second"], self.stack.resources["Green"]
        self.reload()
        self.gone(("127.0.0.1", port))
        self.assertTrue(tunnel.works())
        self.assertEqual(self.server.metric("sluice_tunnels_active"), 1)
        # Its listener may even come back meanwhile.
        self.stack.listener("Second", 81, forward("Blue"), local=port)
        self.reload()
        self.assertEqual(self.connects(("127.0.0.1", port)).ask("/").body,
                         b"blue")
        self.assertTrue(tunnel.works())
        tunnel.close()
        until(lambda: self.server.metric("sluice_tunnels_active") == 0,
              "the tunnel to end")
        self.at_rest()


if __name__ == "__main__":
    rig.main()

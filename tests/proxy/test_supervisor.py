#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The parent that holds the sockets: crashes, upgrades, the end, and sockets
that a service manager opened."""
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import rig
from reloading import SWITCH, Tunnel, free_port
from rig import Origin, Process, children, head, respond, until
from stack import Served, Stack, fixed, forward
from visitors import Service, Visitors, first_answer

REQUEST = head(method="GET")

# Runs a command with descriptors as a service manager passes them: from 3 on.
ACTIVATE = """
import fcntl, os, sys
fds = [int(word) for word in sys.argv[1].split(",")]
high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in fds]
for place, fd in enumerate(high):
    os.dup2(fd, 3 + place)
    os.close(fd)
os.environ.update(LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=sys.argv[2],
                  LISTEN_PID=str(os.getpid() + int(sys.argv[3])))
os.execv(sys.argv[4], sys.argv[4:])
"""


def gone(pid):
    return rig.state_of(pid) in "ZX"


def sockets_of(pid):
    found = []
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            found.append(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        except OSError:
            pass
    return found


def listens(pid, port):
    """Whether it has a socket that listens on this port of IPv4."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        rows = [line.split() for line in file][1:]
    listening = {"socket:[%s]" % row[9] for row in rows
                 if row[3] == "0A" and row[1].endswith(":%04X" % port)}
    return not listening.isdisjoint(sockets_of(pid))


def refused(address):
    """A socket of its own: one that got through once says so for ever."""
    with socket.socket() as sock:
        return sock.connect_ex(address) == errno.ECONNREFUSED


class Case(unittest.TestCase):

    def setUp(self):
        if rig.ALONE:
            self.skipTest("needs the supervisor")
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.stack = Stack().listener("Web", 80, fixed(200, "one"))

    def serve(self, *options, **more):
        server = Served(self.stack, *options, **more)
        self.addCleanup(server.stop)
        return server

    def service(self, *options, **more):
        made = Service(self.folder, *options, **more)
        self.addCleanup(made.stop)
        return made

    def ask(self, server, path="/"):
        with server.client() as client:
            return client.ask(path).body

    def crash(self, server, number=signal.SIGKILL):
        """The pid of the process that serves then."""
        pid = server.serving_pid
        os.kill(pid, number)
        until(lambda: gone(pid), "%d to be gone" % pid)
        return until(lambda: children(server.pid), "another one")[-1]

    def upgraded(self, server, before=0):
        until(lambda: server.log_count("upgraded: process") > before,
              lambda: "no upgrade: " + server.story())


class Crash(Case):

    def test_another_process_serves_on_the_same_port(self):
        server = self.serve(workers=2)
        lines = list(server.lines)
        # Sanitizers make a report of SIGSEGV.
        for number in (signal.SIGKILL, signal.SIGTRAP if rig.sanitized()
                       else signal.SIGSEGV, signal.SIGABRT):
            self.crash(server, number)
            self.assertEqual(self.ask(server), b"one")
            server.says("killed by signal %d" % number)
        self.assertEqual(server.metric("sluice_process_restarts_total"), 3)
        self.assertEqual(server.metric("sluice_process_upgrades_total"), 0)
        self.assertEqual(server.metric("sluice_process_info",
                                       pid=server.serving_pid), 1)
        self.assertEqual(server.lines, lines)   # `ready` was said once

    def test_what_ran_runs_again_though_the_file_is_broken(self):
        server = self.serve()
        self.stack.listener("Web", 80, fixed(200, "two"))
        server.reload(self.stack)
        until(lambda: self.ask(server) == b"two", "the new template")
        server.write("{nonsense")
        self.crash(server)
        self.assertEqual(self.ask(server), b"two")
        os.unlink(server.path)
        self.crash(server)
        self.assertEqual(self.ask(server), b"two")
        # A HUP reads the file, and says what is wrong with it.
        server.write("{nonsense")
        server.signal(signal.SIGHUP)
        until(lambda: server.log_count("the new template is refused"),
              "the answer to HUP")
        self.stack.listener("Web", 80, fixed(200, "three"))
        server.reload(self.stack)
        until(lambda: self.ask(server) == b"three", "the new template")

    def test_a_template_that_was_refused_does_not_run_after_a_crash(self):
        server = self.serve()
        server.reload("{nonsense")
        self.crash(server)
        self.assertEqual(self.ask(server), b"one")

    def test_listeners_that_came_and_went_by_hup_are_as_they_were(self):
        server = self.serve()
        come, old = free_port(), server.listeners["Web"]
        self.stack.listener("More", 81, fixed(200, "more"), local=come)
        server.reload(self.stack)
        self.crash(server)
        with rig.Client("127.0.0.1", come) as client:
            self.assertEqual(client.ask("/").body, b"more")
        del self.stack.resources["Web"]
        server.reload(self.stack)
        until(lambda: refused(old), "the old port to close")
        self.crash(server)
        with rig.Client("127.0.0.1", come) as client:
            self.assertEqual(client.ask("/").body, b"more")

    def test_connections_that_come_meanwhile_are_answered(self):
        server = self.serve(workers=2)
        # Stopped, it accepts nothing: the queues fill, and outlive it.
        server.freeze()
        clients = [server.client() for _ in range(40)]
        for client in clients:
            client.send(REQUEST)
        self.crash(server)
        for client in clients:
            self.assertEqual(client.response().body, b"one")
            client.close()

    def test_a_template_of_standard_input_runs_again(self):
        server = Process("serve", "-", "--api", "off", before=[
            "sh", "-c", 'printf "%s" "$0" | "$@"', self.stack.text()])
        self.addCleanup(server.kill)
        parent = children(server.pid)
        where = server.address_of("listener")
        server.pid = next(p for p in parent if children(p))
        for _ in range(2):
            self.crash(server)
            with rig.Client(*where) as client:
                self.assertEqual(client.ask("/").body, b"one")
        os.kill(server.pid, signal.SIGUSR2)
        self.upgraded(server)
        with rig.Client(*where) as client:
            self.assertEqual(client.ask("/").body, b"one")
        os.kill(server.pid, signal.SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_a_target_takes_requests_before_its_first_probe(self):
        go = threading.Event()

        def slow(conn):
            request = conn.read_request()
            if request.target == "/health":
                conn.hold(go)
            conn.send(respond(b"here"))
        with Origin(slow) as origin:
            self.stack.group("Blue", [origin.address],
                             HealthCheckPath="/health")
            self.stack.listener("Web", 80, forward("Blue"))
            server = self.serve()
            self.assertEqual(self.ask(server), b"here")
            self.crash(server)
            self.assertEqual(self.ask(server), b"here")
            go.set()

    def test_cookies_are_good_after_a_crash_and_an_upgrade(self):
        with Origin() as one, Origin() as two:
            for origin in (one, two):
                origin.answer = lambda request, name=origin.address: respond(
                    name.encode())
            self.stack.group("Blue", [one.address, two.address], {
                "stickiness.enabled": "true", "stickiness.type": "lb_cookie"})
            self.stack.listener("Web", 80, forward("Blue"))
            server = self.serve()

            def healthy():
                until(lambda: set(server.states("Blue").values())
                      == {"healthy"}, "the targets")
            healthy()

            def ask(*lines):
                with server.client() as client:
                    client.send(head(*lines, method="GET"))
                    return client.response()
            first = ask()
            cookie = first.get("Set-Cookie").split(";")[0]

            def stays():
                self.assertEqual({ask("Cookie: " + cookie).body
                                  for _ in range(6)}, {first.body})
            stays()
            self.crash(server)
            healthy()   # who is not probed yet is not chosen
            stays()
            server.signal(signal.SIGUSR2)
            self.upgraded(server)
            healthy()
            stays()

    def test_a_cookie_key_that_is_gone_does_not_keep_it_down(self):
        key = os.path.join(self.folder, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write("0123456789abcdef" * 4 + "\n")
        os.chmod(key, 0o600)
        server = self.serve("--cookie-key", key)
        os.unlink(key)
        self.crash(server)
        self.assertEqual(self.ask(server), b"one")
        server.says("a key of our own is used")

    def test_one_that_fails_again_is_tried_later_and_for_ever(self):
        log = os.path.join(self.folder, "log")
        os.mkdir(log)
        server = self.serve("--access-log", log + "/access.log")
        os.rename(log, log + ".away")   # it cannot start without
        os.kill(server.serving_pid, signal.SIGKILL)
        until(lambda: server.log_count("another try in 100 ms") and
              server.log_count("another try in 200 ms"), server.story)
        with server.client() as client:
            client.send(REQUEST)    # waits in the queue
            os.rename(log + ".away", log)
            self.assertEqual(client.response().body, b"one")

    def test_the_end_is_heard_between_two_tries(self):
        log = os.path.join(self.folder, "log")
        os.mkdir(log)
        server = self.serve("--access-log", log + "/access.log")
        shutil.rmtree(log)
        os.kill(server.serving_pid, signal.SIGKILL)
        until(lambda: server.log_count("another try in 400 ms"), server.story)
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_kills_under_load_fail_only_what_was_in_flight(self):
        service = self.service()
        visitors = Visitors(*service.where, keep=4, once=2)
        self.addCleanup(visitors.stop)
        windows = []
        for _ in range(5):
            before = visitors.answered
            until(lambda: visitors.answered > before + 50, "some load")
            windows.append(service.kill())
        visitors.stop()
        self.assertEqual([f for f in visitors.failures if not any(
            f.began <= dead and f.ended >= alive
            for alive, dead, _ in windows)], [])
        self.assertLessEqual(len(visitors.failures), 5 * 6)
        back = sorted(answered - alive for alive, _, answered in windows)
        print("the next process answered after %s ms" %
              [round(1000 * b) for b in back])


class Upgrade(Case):

    def test_it_fails_no_request_under_load(self):
        service = self.service()
        visitors = Visitors(*service.where, keep=4, once=2)
        self.addCleanup(visitors.stop)
        for number in (signal.SIGUSR2, signal.SIGHUP) * 3:
            before = visitors.answered
            until(lambda: visitors.answered > before + 50, "some load")
            service.upgrade(number)
        visitors.stop()
        self.assertEqual(visitors.failures, [])
        self.assertEqual(visitors.silently, 0)
        self.assertGreater(visitors.closed, 0)
        until(lambda: len(children(service.server.pid)) == 1,
              "the old ones to leave")

    def test_an_idle_client_is_told_with_its_next_answer(self):
        server = self.serve(drain=300)
        with server.client() as client, server.client() as fresh:
            self.assertEqual(client.ask("/").get("Connection"), "keep-alive")
            old = server.serving_pid
            server.signal(signal.SIGUSR2)
            self.upgraded(server)
            self.assertNotEqual(server.serving_pid, old)
            time.sleep(0.05)
            self.assertFalse(gone(old))
            for late in (client, fresh):
                answer = late.ask("/")
                self.assertEqual(answer.get("Connection"), "close")
                self.assertEqual(answer.body, b"one")
                self.assertEqual(late.eof(), "fin")
        until(lambda: gone(old), "the old one to leave")
        self.assertEqual(server.metric("sluice_process_upgrades_total"), 1)

    def test_an_idle_client_cannot_hold_the_old_one_for_ever(self):
        server = self.serve(drain=1)
        with server.client() as client:
            client.ask("/")
            old = server.serving_pid
            server.signal(signal.SIGUSR2)
            self.upgraded(server)
            until(lambda: gone(old), "the drain timeout")
            self.assertEqual(self.ask(server), b"one")

    def test_a_request_and_a_tunnel_go_on_in_the_old_process(self):
        go = threading.Event()

        def script(conn):
            request = conn.read_request()
            if request.get("Upgrade"):
                conn.send(SWITCH)
                while True:
                    conn.send(conn.take(4))
            if request.target == "/case":
                conn.hold(go)
            conn.send(respond(b"late"))
        with Origin(script) as origin:
            self.stack.group("Blue", [origin.address])
            self.stack.listener("Web", 80, forward("Blue"))
            server = self.serve(drain=300)
            old = server.serving_pid
            tunnel = Tunnel(server)
            with server.client() as client:
                client.send(REQUEST)
                until(lambda: "/case" in [r.target for r in origin.requests],
                      "the request")
                server.signal(signal.SIGUSR2)
                self.upgraded(server)
                until(lambda: not listens(old, server.listeners["Web"][1]),
                      "the old one to retire")
                go.set()
                answer = client.response()
                self.assertEqual(answer.body, b"late")
                self.assertEqual(answer.get("Connection"), "close")
                client.eof()
            self.assertTrue(tunnel.works())
            self.assertFalse(gone(old))
            tunnel.close()
            until(lambda: gone(old), "the old one to leave")

    def test_it_reads_the_template_again(self):
        server = self.serve()
        port = free_port()
        old = server.listeners["Web"]
        del self.stack.resources["Web"]
        self.stack.listener("More", 81, fixed(200, "more"), local=port)
        server.write(self.stack)
        server.signal(signal.SIGUSR2)
        self.upgraded(server)
        with rig.Client("127.0.0.1", port) as client:
            self.assertEqual(client.ask("/").body, b"more")
        until(lambda: refused(old), "the old port to close")

    def test_connections_queued_at_an_upgrade_are_answered(self):
        server = self.serve(workers=2)
        server.freeze()
        old = server.serving_pid
        clients = [server.client() for _ in range(40)]
        server.signal(signal.SIGUSR2)
        self.upgraded(server)
        os.kill(old, signal.SIGCONT)
        for client in clients:
            client.send(REQUEST)
            self.assertEqual(client.response().body, b"one")
            client.close()
        until(lambda: gone(old), "the old one to leave")

    def test_targets_are_probed_before_the_new_process_serves(self):
        with Origin() as good, Origin() as bad:
            bad.answer = lambda request: respond(b"", status=500) \
                if request.target == "/health" else respond(b"bad")
            good.answer = lambda request: respond(b"good")
            self.stack.group("Blue", [good.address, bad.address],
                             HealthCheckPath="/health")
            self.stack.listener("Web", 80, forward("Blue"))
            server = self.serve(workers=2)
            until(lambda: "healthy" in server.states("Blue").values(),
                  "the first probes")
            server.signal(signal.SIGUSR2)
            self.upgraded(server)
            self.assertEqual({self.ask(server) for _ in range(20)}, {b"good"})

    def test_one_that_fails_changes_nothing(self):
        service = self.service()
        server, old = service.server, service.server.serving_pid

        def broken(text):
            with open(service.program + ".new", "w", encoding="ascii") as file:
                file.write(text)
            os.chmod(service.program + ".new", 0o755)
            os.rename(service.program + ".new", service.program)
        with rig.Client(*service.where) as client:
            for turn, make in enumerate((
                    lambda: broken("no program"),
                    lambda: broken(""),
                    lambda: os.chmod(service.program, 0o644),
                    lambda: os.unlink(service.program))):
                make()
                server.signal(signal.SIGUSR2)
                until(lambda: server.log_count("the old one goes on") > turn,
                      server.story)
                answer = client.ask("/")
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.get("Connection"), "keep-alive")
            # A crash starts what ran, which has no name any more.
            self.assertEqual(server.serving_pid, old)
            client.close()
        self.crash(server)
        first_answer(service.where)
        service.upgrade(signal.SIGUSR2)
        first_answer(service.where)

    def test_a_bad_template_changes_nothing(self):
        server = self.serve()
        with server.client() as client:
            server.write("{nonsense")
            server.signal(signal.SIGUSR2)
            until(lambda: server.log_count("the old one goes on"),
                  server.story)
            server.says("ended with status 65")
            self.assertEqual(client.ask("/").get("Connection"), "keep-alive")
        self.assertEqual(server.metric("sluice_process_upgrades_total"), 0)
        self.assertEqual(self.ask(server), b"one")

    def test_a_port_that_only_the_failed_one_opened_is_closed_again(self):
        log = os.path.join(self.folder, "log")
        os.mkdir(log)
        server = self.serve("--access-log", log + "/access.log")
        port = free_port()
        self.stack.listener("More", 81, fixed(200, "more"), local=port)
        server.write(self.stack)
        shutil.rmtree(log)      # it fails after its sockets are open
        server.signal(signal.SIGUSR2)
        until(lambda: server.log_count("the old one goes on"), server.story)
        with socket.socket() as sock:
            until(lambda: sock.connect_ex(("127.0.0.1", port)) ==
                  errno.ECONNREFUSED, "the port to close")
        self.assertEqual(self.ask(server), b"one")

    def test_one_told_during_another_follows_it(self):
        server = self.serve()
        for _ in range(5):
            server.signal(signal.SIGUSR2)
        self.upgraded(server)
        until(lambda: len(children(server.pid)) == 1, "the old ones to leave")
        self.assertEqual(self.ask(server), b"one")
        server.signal(signal.SIGTERM)

    def test_hup_is_an_upgrade_only_when_another_program_is_there(self):
        service = self.service()
        old = service.server.serving_pid
        service.server.signal(signal.SIGHUP)
        until(lambda: service.server.log_count("no template to read again"),
              service.server.story)
        self.assertEqual(service.server.serving_pid, old)
        service.upgrade(signal.SIGHUP)
        self.assertNotEqual(service.server.serving_pid, old)

    def test_a_crash_in_the_midst_of_an_upgrade_is_answered_by_the_new_one(
            self):
        server = self.serve()
        pid = server.serving_pid
        os.kill(server.pid, signal.SIGSTOP)
        os.kill(server.pid, signal.SIGUSR2)
        os.kill(pid, signal.SIGKILL)
        os.kill(server.pid, signal.SIGCONT)
        self.assertEqual(self.ask(server), b"one")
        until(lambda: len(children(server.pid)) == 1, "one process")


class End(Case):

    def hold(self, drain=300):
        """A server with a request in flight: (server, client, event)."""
        go = threading.Event()

        def wait(conn):
            conn.read_request()
            conn.hold(go)
            conn.send(respond(b"late"))
            conn.wait_close()
        origin = Origin(wait)
        self.addCleanup(origin.close)
        self.addCleanup(go.set)
        server = Process("serve", "--to", origin.address, "--listen", 0,
                         "--api", "off", "--drain-timeout", drain)
        self.addCleanup(server.kill)
        client = rig.Client(*server.address_of("listener"))
        self.addCleanup(client.close)
        client.send(REQUEST)
        until(lambda: origin.requests, "the request")
        return server, client, go

    def test_term_drains_the_new_process_and_the_old(self):
        server, client, go = self.hold()
        server.signal(signal.SIGUSR2)
        self.upgraded(server)
        self.assertEqual(len(children(server.pid)), 2)
        server.signal(signal.SIGTERM)
        until(lambda: len(children(server.pid)) == 1, "the new one to end")
        go.set()
        self.assertEqual(client.response().body, b"late")
        self.assertEqual(server.wait(), 0)

    def test_a_second_term_ends_all_at_once(self):
        server, _, _ = self.hold()
        server.signal(signal.SIGTERM)
        until(lambda: server.log_count("draining"), "the first TERM")
        time.sleep(0.05)
        self.assertTrue(server.alive())
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_signals_to_the_whole_group_count_once(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                server, client, go = self.hold()
                pids = [server.pid] + children(server.pid)
                for pid in pids:
                    os.kill(pid, number)
                until(lambda: server.log_count("draining"), "the first one")
                time.sleep(0.05)
                self.assertTrue(server.alive())
                go.set()
                self.assertEqual(client.response().body, b"late")
                self.assertEqual(server.wait(), 0)

    def test_without_its_parent_the_process_drains_and_leaves(self):
        server, client, go = self.hold()
        pid = server.serving_pid
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: server.log_count("the parent process is gone"),
              "the child to notice")
        self.assertFalse(gone(pid))
        go.set()
        self.assertEqual(client.response().body, b"late")
        until(lambda: gone(pid), "the child to leave")
        server.kill()

    def test_a_first_process_that_fails_ends_the_parent_as_well(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            for arguments, status in (
                    (("--to", "x"), 65),
                    (("--to", ":1", "--listen", other.getsockname()[1]), 69),
                    ((self.folder + "/none.yaml",), 65)):
                server = Process("serve", *arguments, "--api", "off",
                                 wait=False)
                self.assertEqual(server.wait(), status)
                self.assertEqual(server.lines, [])

    def test_a_crash_at_the_end_starts_nothing(self):
        server, _, _ = self.hold()
        server.signal(signal.SIGTERM)
        until(lambda: server.log_count("draining"), "TERM")
        os.kill(server.serving_pid, signal.SIGKILL)
        self.assertEqual(server.wait(), 128 + signal.SIGKILL)


class Manager(Case):
    """sd_notify(3) and sd_listen_fds(3)."""

    def told(self, sock, count):
        return [sock.recv(200).decode().split("\n")[0] for _ in range(count)]

    def test_reloads_and_upgrades_are_told(self):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        path = os.path.join(self.folder, "notify")
        sock.bind(path)
        sock.settimeout(rig.PATIENCE)
        made = os.path.join(self.folder, "stack.json")
        with open(made, "w", encoding="ascii") as file:
            file.write(self.stack.text())
        server = Process("serve", made, "--api", "off", "--drain-timeout", 1,
                         environment={"NOTIFY_SOCKET": path})
        self.addCleanup(server.kill)
        self.assertEqual(self.told(sock, 1), ["READY=1"])
        for number in (signal.SIGHUP, signal.SIGUSR2):
            server.signal(number)
            said = sock.recv(200).decode().split("\n")
            self.assertEqual(said[0], "RELOADING=1")
            self.assertRegex(said[1], r"\AMONOTONIC_USEC=[0-9]+\Z")
            self.assertEqual(self.told(sock, 1), ["READY=1"])
        os.kill(server.serving_pid, signal.SIGKILL)
        until(lambda: server.log_count("starting another one"), "the crash")
        with open(made, "w", encoding="ascii") as file:
            file.write("{")
        until(lambda: server.log_count("serves after"), "the next one")
        server.signal(signal.SIGUSR2)
        self.assertEqual(self.told(sock, 2), ["RELOADING=1", "READY=1"])
        server.signal(signal.SIGTERM)
        self.assertEqual(self.told(sock, 1), ["STOPPING=1"])
        self.assertEqual(server.wait(), 0)

    def listening(self, host="127.0.0.1", both=False):
        sock = socket.socket(rig.family_of(host))
        self.addCleanup(sock.close)
        if ":" in host:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
        sock.bind((host, 0))
        sock.listen(64)
        return sock

    def activated(self, socks, *options, names="web", wrong_pid=0, wait=True,
                  local=None):
        self.stack.listener("Web", 80, fixed(200, "one"),
                            local=local or socks[0].getsockname()[1])
        path = os.path.join(self.folder, "stack.json")
        with open(path, "w", encoding="ascii") as file:
            file.write(self.stack.text())
        fds = [s.fileno() for s in socks]
        server = Process(
            "serve", path, "--api", "off", "--drain-timeout", 2, *options,
            wait=wait, before=[sys.executable, "-c", ACTIVATE,
                               ",".join(map(str, fds)), names,
                               str(wrong_pid)],
            more={"pass_fds": fds})
        self.addCleanup(server.kill)
        return server

    def test_a_socket_of_the_manager_is_served(self):
        for options in ((), ("--no-supervisor",)):
            with self.subTest(options):
                sock = self.listening()
                server = self.activated([sock], *options, "--workers", 3)
                where = sock.getsockname()
                self.assertEqual(server.address_of("listener"), where)
                for _ in range(10):
                    with rig.Client(*where) as client:
                        self.assertEqual(client.ask("/").body, b"one")
                server.stop()
                # The manager's socket is still good, and its queue is kept.
                with rig.Client(*where) as client:
                    client.send(REQUEST)
                    again = self.activated([sock], *options)
                    self.assertEqual(client.response().body, b"one")
                again.stop()

    def test_it_is_served_after_a_crash_and_an_upgrade(self):
        sock = self.listening()
        server = self.activated([sock], "--workers", 2)
        where = sock.getsockname()
        self.crash(server)
        with rig.Client(*where) as client:
            self.assertEqual(client.ask("/").body, b"one")
        server.signal(signal.SIGUSR2)
        self.upgraded(server)
        with rig.Client(*where) as client:
            self.assertEqual(client.ask("/").body, b"one")
        server.stop()

    def test_several_sockets_of_one_address_are_all_served(self):
        first = socket.socket()
        self.addCleanup(first.close)
        socks = [first]
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.bind(("127.0.0.1", 0))
        for _ in range(4):
            more = socket.socket()
            self.addCleanup(more.close)
            more.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            more.bind(first.getsockname())
            socks.append(more)
        for sock in socks:
            sock.listen(64)
        server = self.activated(socks, "--workers", 2,
                                names="web:web:web:web:web")
        for _ in range(40):
            with rig.Client(*first.getsockname()) as client:
                self.assertEqual(client.ask("/").body, b"one")
        server.stop()

    def test_a_wildcard_serves_what_asks_for_one_address(self):
        if not rig.has_ipv6():
            self.skipTest("needs IPv6")
        sock = self.listening("::", both=True)
        server = self.activated([sock])
        port = sock.getsockname()[1]
        self.assertEqual(server.address_of("listener"), ("::", port))
        for host in ("127.0.0.1", "::1"):
            with rig.Client(host, port) as client:
                self.assertEqual(client.ask("/").body, b"one")
        server.stop()

    def test_a_socket_that_fits_no_listener_is_told(self):
        sock, other = self.listening(), self.listening()
        server = self.activated([sock, other], names="web:spare")
        until(lambda: server.log_count("socket spare of the service manager"),
              server.story)
        server.stop()

    def test_sockets_for_another_process_are_not_taken(self):
        sock = self.listening()
        server = self.activated([sock], wrong_pid=1, wait=False)
        self.assertEqual(server.wait(), 69)
        server.says("Address already in use")

    def test_what_is_no_listening_socket_is_left_alone(self):
        sock, wrong = self.listening(), socket.socket(type=socket.SOCK_DGRAM)
        self.addCleanup(wrong.close)
        server = self.activated([sock, wrong], names="web:odd")
        until(lambda: server.log_count("odd of the service manager is no "
                                       "listening TCP socket"), server.story)
        server.stop()


class Hygiene(Case):

    def environment_of(self, pid):
        with open("/proc/%d/environ" % pid, "rb") as file:
            return dict(word.split(b"=", 1)
                        for word in file.read().split(b"\0") if b"=" in word)

    def test_the_child_has_what_it_needs_and_no_more(self):
        keep, pipe = os.pipe()
        self.addCleanup(os.close, keep)
        self.addCleanup(os.close, pipe)
        server = Process("serve", "--to", ":1", "--listen", 0, "--api", "off",
                         "--workers", 1, environment={
                             "NOTIFY_SOCKET": "@nobody-there",
                             "LISTEN_PID": "1", "LISTEN_FDS": "3"})
        self.addCleanup(server.kill)
        pid = server.serving_pid
        found = self.environment_of(pid)
        for name in (b"NOTIFY_SOCKET", b"LISTEN_PID", b"LISTEN_FDS"):
            self.assertNotIn(name, found)
        with open("/proc/%d/comm" % pid, encoding="ascii") as file:
            self.assertEqual(file.read(), "sluice\n")
        self.assertEqual(sum("signalfd" in name for name in sockets_of(pid)),
                         0)
        with rig.Client(*server.address_of("listener")) as client:
            client.ask("/")     # the worker runs
        before = len(sockets_of(pid))
        server.signal(signal.SIGUSR2)
        self.upgraded(server)
        until(lambda: len(children(server.pid)) == 1, "the old one to leave")
        self.crash(server)
        until(lambda: server.log_count("serves after"), "the next one")
        # One more: the texts, or what keeps them, do not pile up.
        until(lambda: len(sockets_of(server.serving_pid)) <= before + 1,
              lambda: sockets_of(server.serving_pid))
        server.stop()

    def test_the_parent_keeps_nothing_of_those_that_are_gone(self):
        server = self.serve()
        until(lambda: any("memfd" in name for name in sockets_of(server.pid)),
              "the parent to have all")
        before = len(sockets_of(server.pid))
        for turn in range(3):
            self.crash(server)
            until(lambda: server.log_count("serves after") > turn, "it")
            server.signal(signal.SIGUSR2)
            self.upgraded(server, turn)
            until(lambda: len(children(server.pid)) == 1, "the old one")
        until(lambda: len(sockets_of(server.pid)) <= before,
              lambda: sockets_of(server.pid))

    def test_the_parent_is_one_thread_and_the_writer_of_its_log(self):
        server = self.serve()
        self.assertLessEqual(len(os.listdir("/proc/%d/task" % server.pid)),
                             3 if rig.sanitized() else 2)

    def test_no_supervisor_is_one_process(self):
        server = self.serve("--no-supervisor")
        self.assertEqual(children(server.pid), [])
        self.assertEqual(self.ask(server), b"one")
        server.signal(signal.SIGUSR2)
        until(lambda: server.log_count("--no-supervisor"), "the answer")
        self.assertEqual(self.ask(server), b"one")
        self.assertEqual(server.metric("sluice_process_restarts_total"), 0)

    def test_a_parent_that_makes_no_sense_is_refused(self):
        for value in ("x", "77", "0"):
            done = subprocess.run(
                [rig.SLUICE, "serve", "--to", ":1", "--api", "off"],
                env=dict(os.environ, SLUICE_CHANNEL=value),
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                check=False, timeout=rig.PATIENCE)
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn("SLUICE_CHANNEL", done.stderr)

    def test_another_version_of_the_protocol_is_refused_politely(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX,
                                         socket.SOCK_SEQPACKET)
        with ours, theirs:
            ours.send(b"\xff\xff" + b"\0" * 2000)
            done = subprocess.run(
                [rig.SLUICE, "serve", "--to", ":1", "--api", "off"],
                env=dict(os.environ, SLUICE_CHANNEL=str(theirs.fileno())),
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                check=False, timeout=rig.PATIENCE,
                pass_fds=[theirs.fileno()])
        self.assertEqual(done.returncode, 69)
        self.assertIn("restart the service", done.stderr)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sluice as a service: what it tells its manager, the user it becomes, its
limits, its ports, and signals that must not end it."""
import os
import pwd
import re
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import rig
from access_lines import File
from reloading import free_port
from rig import Origin, Process, head, respond, until
from stack import Served, Stack, fixed

ROOT = os.geteuid() == 0
UNPRIVILEGED = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
NOBODY = "nobody"


def status_of(pid):
    """{name: value} of /proc/PID/status."""
    with open("/proc/%s/status" % pid, encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


class Case(unittest.TestCase):

    def as_nobody(self):
        """The command that runs sluice as somebody without rights."""
        command = [rig.SLUICE]
        if ROOT:
            if not shutil.which("setpriv"):
                self.skipTest("needs setpriv")
            user = pwd.getpwnam(NOBODY)
            command = ["setpriv", "--reuid=%d" % user.pw_uid,
                       "--regid=%d" % user.pw_gid, "--clear-groups",
                       "--inh-caps=-all", rig.SLUICE]
        if subprocess.run(command + ["--version"], capture_output=True,
                          check=False).returncode:
            self.skipTest("%s may not run %s" % (NOBODY, rig.SLUICE))
        return command

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.stack = Stack().listener("Web", 80, fixed(200, "one"))

    def serve(self, *options, **more):
        server = Served(self.stack, *options, **more)
        self.addCleanup(server.stop)
        return server

    def ask(self, server):
        with server.client() as client:
            return client.ask("/").body


class Manager(Case):
    """The protocol of sd_notify(3)."""

    def listen(self, name):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.bind(name)
        sock.settimeout(rig.PATIENCE)
        return sock

    def start(self, where, origin=None):
        made = Process("serve", "--to", origin.address if origin else
                       "127.0.0.1:1", "--listen", 0, "--api", "off",
                       "--drain-timeout", 300,
                       environment={"NOTIFY_SOCKET": where})
        self.addCleanup(made.kill)
        return made

    def test_ready_and_stopping_are_told(self):
        path = os.path.join(self.folder, "notify")
        abstract = "sluice-test-%d" % os.getpid()
        for name, where in ((path, path), ("\0" + abstract, "@" + abstract)):
            with self.subTest(where):
                sock = self.listen(name)
                server = self.start(where)
                self.assertEqual(sock.recv(100), b"READY=1")
                server.stop()
                self.assertEqual(sock.recv(100), b"STOPPING=1")

    def test_ready_is_told_when_clients_can_connect(self):
        path = os.path.join(self.folder, "notify")
        sock = self.listen(path)
        server = self.start(path)
        sock.recv(100)
        rig.Client(*server.address_of("listener")).close()
        self.assertEqual(server.lines[-1], "ready")
        server.stop()

    def test_stopping_is_told_when_the_end_begins(self):
        path = os.path.join(self.folder, "notify")
        sock, go = self.listen(path), threading.Event()

        def wait(conn):
            conn.read_request()
            conn.hold(go)
            conn.send(respond(b"late"))
            conn.wait_close()
        with Origin(wait) as origin:
            server = self.start(path, origin)
            self.assertEqual(sock.recv(100), b"READY=1")
            with rig.Client(*server.address_of("listener")) as client:
                client.send(head(method="GET"))
                until(lambda: origin.requests, "the request")
                server.signal(signal.SIGTERM)
                self.assertEqual(sock.recv(100), b"STOPPING=1")
                go.set()
                self.assertEqual(client.response().body, b"late")
            self.assertEqual(server.wait(), 0)

    def test_a_manager_that_does_not_listen_is_no_error(self):
        for where in (os.path.join(self.folder, "nobody"), "@nobody-there",
                      "/" + "x" * 300, ""):
            with self.subTest(where[:20]):
                self.start(where).stop()


class Start(Case):

    def test_ready_is_the_last_line_of_the_start(self):
        self.stack.sections["Outputs"] = {"Said": {"Value": "x"}}
        server = self.serve()
        self.assertRegex("\n".join(server.lines), (
            r"\Alistener http://127\.0\.0\.1:([0-9]+) Web 80 "
            r"127\.\d+\.\d+\.\d+:\1 Lb-\d{10}\.us-east-1\.elb\.localhost\n"
            r"api http://127\.0\.0\.1:[0-9]+\noutput Said x\nready\Z"))

    def test_the_limit_of_descriptors_is_raised_to_the_hard_one(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(200, soft), hard))
        try:
            server = self.serve()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.assertEqual(resource.prlimit(server.serving_pid,
                                         resource.RLIMIT_NOFILE),
                         (hard, hard))

    def test_the_table_of_descriptors_need_not_grow_under_load(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        with open("/proc/%d/status" % self.serve().serving_pid,
                  encoding="ascii") as file:
            size = re.search(r"^FDSize:\s+(\d+)", file.read(), re.M)
        self.assertGreaterEqual(int(size.group(1)), min(hard, 65536))

    def test_a_port_that_is_taken_is_an_error_that_names_the_options(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            self.stack.listener("Web", 80, fixed(), local=port)
            server = Served(self.stack, wait=False)
            self.assertEqual(server.wait(), 69)
        shutil.rmtree(server.folder)
        said = "\n".join(server.log)
        for words in ("listener Web (port 80)", "127.0.0.1:%d" % port,
                      "Address already in use", "--port PORT=LOCAL",
                      "--port-offset N"):
            self.assertIn(words, said)
        self.assertNotIn("ready", server.lines)

    def test_a_port_that_only_root_may_bind_is_such_an_error_too(self):
        with open(UNPRIVILEGED, encoding="ascii") as file:
            if int(file.read()) <= 80:
                self.skipTest("everybody may bind port 80 here")
        command = self.as_nobody()
        os.chmod(self.folder, 0o755)
        path = os.path.join(self.folder, "stack.json")
        del self.stack.resources["Web"]["Metadata"]
        with open(path, "w", encoding="ascii") as file:
            file.write(self.stack.text())
        done = subprocess.run(command + ["serve", path, "--api", "off"],
                              capture_output=True, text=True, check=False,
                              timeout=rig.PATIENCE)
        self.assertEqual(done.returncode, 69, done.stderr)
        for words in ("listener Web (port 80)", "127.0.0.1:80",
                      "Permission denied", "--port PORT=LOCAL",
                      "--port-offset N"):
            self.assertIn(words, done.stderr)


class User(Case):

    def setUp(self):
        super().setUp()
        if not ROOT:
            self.skipTest("needs root")
        self.user = pwd.getpwnam(NOBODY)

    def test_every_thread_becomes_the_user_and_the_server_serves(self):
        server = self.serve("--user", NOBODY, workers=2)
        ids = "\t".join([str(self.user.pw_uid)] * 4)
        groups = "\t".join([str(self.user.pw_gid)] * 4)
        pid = server.serving_pid
        threads = os.listdir("/proc/%d/task" % pid)
        self.assertGreaterEqual(len(threads), 3)
        for thread in threads:
            status = status_of("%d/task/%s" % (pid, thread))
            self.assertEqual((status["Uid"], status["Gid"]), (ids, groups))
            self.assertEqual(int(status["CapEff"], 16), 0)
            self.assertEqual(int(status["CapPrm"], 16), 0)
            self.assertNotIn("0", status["Groups"].split())
        self.assertEqual(self.ask(server), b"one")

    def test_ports_that_only_root_may_bind_are_bound_before(self):
        for port in range(600, 1024):
            with socket.socket() as sock:
                try:
                    sock.bind(("127.0.0.1", port))
                except PermissionError:
                    self.skipTest("root may not bind port %d" % port)
                except OSError:
                    continue
                break
        self.stack.listener("Web", 80, fixed(200, "low"), local=port)
        server = self.serve("--user", NOBODY)
        self.assertEqual(server.listeners["Web"][1], port)
        self.assertEqual(self.ask(server), b"low")

    def test_a_user_that_does_not_exist_is_an_error(self):
        server = Served(self.stack, "--user", "no-such-user", wait=False)
        self.assertEqual(server.wait(), 64)
        shutil.rmtree(server.folder)
        server.says("--user no-such-user: there is no such user")
        self.assertNotIn("ready", server.lines)

    def test_the_user_reads_the_template_again(self):
        server = self.serve("--user", NOBODY)
        self.stack.listener("Web", 80, fixed(200, "two"))
        server.reload(self.stack)       # its folder is root's alone
        server.says("Permission denied")
        server.says("the new template is refused, the old one goes on")
        self.assertEqual(self.ask(server), b"one")
        os.chmod(server.folder, 0o755)
        port = free_port()
        self.stack.listener("More", 81, fixed(200, "more"), local=port)
        server.reload(self.stack)
        server.says("the new template runs")
        until(lambda: self.ask(server) == b"two", "the new template")
        with rig.Client("127.0.0.1", port) as client:
            self.assertEqual(client.ask("/").body, b"more")

    def test_a_log_that_the_user_cannot_open_is_an_error_at_the_start(self):
        path = os.path.join(self.folder, "access.log")
        server = Served(self.stack, "--user", NOBODY, "--access-log", path,
                        wait=False)
        self.assertEqual(server.wait(), 69)
        shutil.rmtree(server.folder)
        server.says("cannot open the access log")
        self.assertNotIn("ready", server.lines)

    def test_a_log_that_the_user_cannot_open_anew_goes_on_in_the_old_file(
            self):
        path = os.path.join(self.folder, "access.log")
        os.chmod(self.folder, 0o777)
        server = self.serve("--user", NOBODY, "--access-log", path)
        self.assertEqual(os.stat(path).st_uid, self.user.pw_uid)
        os.chmod(self.folder, 0o755)
        old = path + ".1"
        os.rename(path, old)
        server.signal(signal.SIGUSR1)
        until(lambda: server.log_count("cannot be reopened"), "the complaint")
        with server.client() as client:
            client.ask("/")
            File(old).of(client)
        self.assertFalse(os.path.exists(path))
        os.chmod(self.folder, 0o777)
        until(lambda: os.path.exists(path), "the new file")
        with server.client() as client:
            client.ask("/")
            File(path).of(client)
        self.assertEqual(
            server.metric("sluice_access_log_dropped_lines_total"), 0)


class NotRoot(Case):

    def test_only_root_may_become_somebody_else(self):
        command = self.as_nobody()
        os.chmod(self.folder, 0o755)
        path = os.path.join(self.folder, "stack.json")
        with open(path, "w", encoding="ascii") as file:
            file.write(self.stack.text())
        done = subprocess.run(
            command + ["serve", path, "--api", "off", "--user", "daemon"],
            capture_output=True, text=True, check=False, timeout=rig.PATIENCE)
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn("only root", done.stderr)
        self.assertNotIn("ready", done.stdout)


class Signals(Case):

    def test_hup_without_a_template_changes_nothing(self):
        with Origin() as origin:
            server = rig.Sluice([origin])
            self.addCleanup(server.stop)
            server.signal(signal.SIGHUP)
            until(lambda: any("no template to read again" in line
                              for line in server.log), "the answer to HUP")
            with server.client() as client:
                self.assertEqual(client.ask("/").status, 200)

    def test_usr1_and_usr2_end_nothing(self):
        server = self.serve()
        with server.client() as client:
            for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1):
                server.signal(number)
                self.assertEqual(client.ask("/").status, 200)
            until(lambda: server.log_count("USR2"), "the answer to USR2")
            self.assertEqual(client.ask("/").status, 200)

    def test_hup_at_the_end_is_not_answered(self):
        go = threading.Event()

        def wait(conn):
            conn.read_request()
            conn.hold(go)
            conn.send(respond(b"late"))
            conn.wait_close()
        with Origin(wait) as origin:
            server = Process("serve", "--to", origin.address, "--listen", 0,
                             "--api", "off", "--drain-timeout", 300)
            self.addCleanup(server.kill)
            with rig.Client(*server.address_of("listener")) as client:
                client.send(head(method="GET"))
                until(lambda: origin.requests, "the request")
                server.signal(signal.SIGTERM)
                until(lambda: any("draining" in l for l in server.log),
                      "draining")
                server.signal(signal.SIGHUP)
                server.signal(signal.SIGUSR1)
                go.set()
                self.assertEqual(client.response().body, b"late")
            self.assertEqual(server.wait(), 0)

    def test_term_while_a_template_is_read_ends_cleanly(self):
        for _ in range(10):
            server = Served(self.stack)
            self.stack.listener("Web", 80, fixed(200, "x"))
            server.write(self.stack)
            server.signal(signal.SIGHUP)
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0, server.log)
            shutil.rmtree(server.folder)

    def test_a_template_on_standard_input_can_be_read_but_once(self):
        text = self.stack.text().encode()
        child = subprocess.Popen(
            [rig.SLUICE, "serve", "-", "--api", "off", "--drain-timeout", "1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        try:
            child.stdin.write(text)
            child.stdin.close()
            first = child.stdout.readline().decode()
            port = int(re.match(r"listener http://127\.0\.0\.1:([0-9]+) ",
                                first).group(1))
            self.assertEqual(child.stdout.readline(), b"ready\n")
            os.kill(child.pid, signal.SIGHUP)
            while b"the old one goes on" not in child.stderr.readline():
                self.assertIsNone(child.poll())
            with rig.Client("127.0.0.1", port) as client:
                self.assertEqual(client.ask("/").body, b"one")
        finally:
            child.terminate()
            child.stdin.close()
            self.assertEqual(child.wait(rig.PATIENCE), 0)
            child.stdout.close()
            child.stderr.close()


if __name__ == "__main__":
    rig.main()

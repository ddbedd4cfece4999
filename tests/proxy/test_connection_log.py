#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The connection log: one line for each connection of a client, whose id the
lines of the access log share; and what the file it goes to does to nobody."""
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest

import rig
from access_lines import Connection, File, Line, seconds
from stack import Served, Stack, fixed
from rig import head, until

DROPPED = "sluice_access_log_dropped_lines_total"


class Case(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "connection.log")
        self.log = File(self.path, Connection)

    def stack(self, metadata=None):
        made = Stack(lb=False).balancer("Lb", local=metadata)
        return made.listener("Web", 80, fixed(200, "ok"))

    def serve(self, stack, *options, **more):
        server = Served(stack, *options, **more)
        self.addCleanup(server.stop)
        return server

    def lines(self, number, log=None):
        """The lines, once there are so many; more are an error."""
        log = log or self.log
        until(lambda: log.text().count("\n") >= number,
              lambda: "%d lines in %s: %r" % (number, log.path, log.text()),
              pause=0.02)
        found = log.all()
        self.assertEqual(len(found), number, log.text())
        return found

    def visit(self, server, number=1, listener=None):
        """So many connections, each with one request."""
        for _ in range(number):
            with server.client(listener) as client:
                self.assertEqual(client.ask("/").status, 200)


class Fields(Case):

    # 116
    def test_a_connection_without_tls_has_each_field_in_its_place(self):
        server = self.serve(self.stack(), "--connection-log", self.path)
        before = time.time()
        with server.client() as client:
            client.ask("/")
            line, = self.lines(1)
            self.assertEqual(line.client, client.local[:2])
        self.assertEqual(len(line.values), 15)
        self.assertEqual(int(line.listener_port), server.listeners["Web"][1])
        self.assertEqual(line.ip_address, "127.0.0.1")
        self.assertRegex(line.elb, r"\Aapp/Lb/")
        for name in ("tls_protocol", "tls_cipher", "tls_handshake_latency",
                     "leaf_client_cert_subject", "leaf_client_cert_validity",
                     "leaf_client_cert_serial_number", "tls_verify_status",
                     "tls_keyexchange"):
            self.assertEqual(getattr(line, name), "-", name)
        self.assertIn(' - "-" - - - TID_', line.text)
        self.assertLess(before - 1, seconds(line.timestamp))
        self.assertLess(seconds(line.timestamp), time.time() + 1)

    # 116
    def test_ipv6_addresses_stand_without_brackets(self):
        if not rig.has_ipv6():
            self.skipTest("needs IPv6")
        server = self.serve(self.stack(), "--connection-log", self.path,
                            "--bind", "::1")
        with server.client() as client:
            line, = self.lines(1)
            self.assertEqual(line.client, ("::1", client.local[1]))
        self.assertEqual(line.ip_address, "::1")

    # 116
    def test_the_line_comes_without_a_request_and_once_for_many(self):
        server = self.serve(self.stack(), "--connection-log", self.path)
        with server.client() as client:
            self.lines(1)
            for _ in range(20):
                client.ask("/")
        with server.client() as silent:
            first, second = self.lines(2)
            self.assertEqual(second.client, silent.local[:2])
        self.assertNotEqual(first.conn_trace_id, second.conn_trace_id)
        with server.client() as client:
            client.send(b"GET /\0 HTTP/1.1\r\n\r\n")
            self.assertEqual(client.response().status, 400)
        self.lines(3)

    # 30, 116
    def test_its_id_is_that_of_the_requests_in_the_access_log(self):
        access = File(os.path.join(self.folder, "access.log"))
        server = self.serve(self.stack(), "--connection-log", self.path,
                            "--access-log", access.path, workers=2)
        asked = {}
        for number in range(12):
            with server.client() as client:
                for _ in range(number % 4):
                    client.ask("/")
                if number % 3 == 0:
                    client.send(b"nonsense\r\n\r\n")
                    client.response()
                asked[client.local[:2]] = number % 4 + (number % 3 == 0)
        ids = {line.conn_trace_id: line for line in self.lines(12)}
        self.assertEqual(len(ids), 12)
        requests = self.lines(sum(asked.values()), access)
        for request in requests:
            line = ids[request.conn_trace_id]
            self.assertEqual(rig.address(*line.client), request.client_port)
            self.assertEqual((line.elb, line.ip_address),
                             (request.elb, request.ip_address))
            self.assertLess(seconds(line.timestamp) - 0.001,
                            seconds(request.request_creation_time))
            asked[line.client] -= 1
        self.assertEqual(set(asked.values()), {0})


class Files(Case):

    # 116
    def test_metadata_of_a_load_balancer_name_its_log(self):
        logs = [File(os.path.join(self.folder, name), Connection)
                for name in "ab"]
        made = Stack(lb=False)
        for name, log in zip("AB", logs):
            made.balancer(name, local={"ConnectionLog": log.path})
            made.listener("On" + name, 80, fixed(200, "ok"), lb=name)
        made.balancer("C").listener("OnC", 80, fixed(200, "ok"), lb="C")
        server = self.serve(made)
        for name, number in (("OnA", 2), ("OnB", 3), ("OnC", 1)):
            self.visit(server, number, name)
        server.stop()
        for log, name, number in zip(logs, "AB", (2, 3)):
            self.assertEqual([line.elb.split("/")[1] for line in log.all()],
                             [name] * number)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a", "b"])

    # 116
    def test_the_option_overrides_the_metadata(self):
        other = os.path.join(self.folder, "other")
        for option, files in ((self.path, ["connection.log"]), ("off", [])):
            with self.subTest(option):
                server = self.serve(self.stack({"ConnectionLog": other}),
                                    "--connection-log", option)
                self.visit(server)
                server.stop()
                self.assertEqual(os.listdir(self.folder), files)
                for name in files:
                    os.remove(os.path.join(self.folder, name))

    # 116
    def test_each_log_is_on_by_itself(self):
        access = File(os.path.join(self.folder, "access.log"))
        server = self.serve(self.stack({"ConnectionLog": self.path}),
                            "--access-log", access.path)
        self.visit(server, 3)
        self.lines(3)
        self.lines(3, access)
        server.stop()
        server = self.serve(self.stack(), "--access-log", access.path)
        self.visit(server, 2)
        server.stop()
        self.lines(5, access)
        self.lines(3)

    # 116
    def test_a_dash_is_standard_output(self):
        server = self.serve(self.stack(), "--connection-log", "-")
        self.visit(server, 3)
        until(lambda: len(server.lines) >= 6, "lines on stdout")
        self.assertEqual(server.lines[2], "ready")
        for line in server.lines[3:]:
            Connection(line)

    # 116
    def test_two_logs_can_share_a_file_and_its_rotation(self):
        for name in ("connection.log", "./connection.log"):
            with self.subTest(name):
                self.share(os.path.join(self.folder, name))
                for each in os.listdir(self.folder):
                    os.remove(os.path.join(self.folder, each))

    def share(self, name):
        server = self.serve(self.stack(), "--connection-log", self.path,
                            "--access-log", name, workers=2)
        self.visit(server, 50)
        until(lambda: self.log.text().count("\n") == 100, "100 lines")
        os.rename(self.path, self.path + ".1")
        server.signal(signal.SIGUSR1)
        until(lambda: os.path.exists(self.path), "the new file")
        self.visit(server, 30)
        self.assertEqual(server.metric(DROPPED), 0)
        server.stop()
        texts = (File(self.path + ".1").text()
                 + self.log.text()).split("\n")[:-1]
        requests = [Line(t) for t in texts if t.startswith("http ")]
        lines = [Connection(t) for t in texts if not t.startswith("http ")]
        self.assertEqual((len(requests), len(lines)), (80, 80))
        self.assertEqual({r.conn_trace_id for r in requests},
                         {c.conn_trace_id for c in lines})
        self.assertEqual(File(self.path + ".1").text().count("\n"), 100)

    # 116
    def test_a_change_moves_it_between_two_connections(self):
        logs = [File(os.path.join(self.folder, name), Connection)
                for name in "ab"]
        made = self.stack({"ConnectionLog": logs[0].path})
        server = self.serve(made, workers=2)
        ports = [[], []]
        for number in range(6):
            for _ in range(10):
                with server.client() as client:
                    client.ask("/")
                    ports[number % 2].append(client.local[1])
            made.balancer("Lb", local={
                "ConnectionLog": logs[(number + 1) % 2].path})
            server.reload(made)
            with server.client() as client:    # the workers have it by now
                client.ask("/")
                ports[(number + 1) % 2].append(client.local[1])
        made.balancer("Lb")
        server.reload(made)
        self.visit(server, 5)
        server.stop()
        for log, expected in zip(logs, ports):
            self.assertEqual(sorted(line.client[1] for line in log.all()),
                             sorted(expected))

    # 116
    def test_a_change_turns_it_on(self):
        made = self.stack()
        server = self.serve(made)
        self.visit(server)
        made.balancer("Lb", local={"ConnectionLog": self.path})
        server.reload(made)
        self.visit(server, 2)
        self.lines(2)

    def test_a_log_that_cannot_be_opened_is_an_error_at_the_start(self):
        name = os.path.join(self.folder, "no", "log")
        server = Served(self.stack(), "--connection-log", name, wait=False)
        self.assertEqual(server.wait(), 69)
        shutil.rmtree(server.folder)
        self.assertIn("cannot open the connection log %s: No such file or "
                      "directory; its directory does not exist: make it"
                      % name, "\n".join(server.log))

    def test_a_log_that_cannot_be_opened_refuses_the_change(self):
        server = self.serve(self.stack())
        server.reload(self.stack({"ConnectionLog": "/no/such/folder/log"}))
        server.says("cannot open the connection log")
        self.visit(server)

    def test_a_rotation_under_load_neither_loses_nor_cuts_a_line(self):
        server = self.serve(self.stack(), "--connection-log", self.path,
                            workers=2)
        over, visits = threading.Event(), [0] * 3

        def load(number):
            while not over.is_set():
                self.visit(server)
                visits[number] += 1
        threads = [threading.Thread(target=load, args=(n,), daemon=True)
                   for n in range(len(visits))]
        for thread in threads:
            thread.start()
        files = []
        for number in range(5):
            before = sum(visits)
            until(lambda b=before: sum(visits) > b + 20, "some load")
            files.append("%s.%d" % (self.path, number))
            os.rename(self.path, files[-1])
            server.signal(signal.SIGUSR1)
            until(lambda: os.path.exists(self.path), "the new file")
        over.set()
        for thread in threads:
            thread.join()
        server.stop()
        found = [line.client for name in files + [self.path]
                 for line in File(name, Connection).all()]
        self.assertEqual(len(found), sum(visits))

    def test_a_full_disk_costs_lines_and_no_connection(self):
        server = self.serve(self.stack(), "--connection-log", "/dev/full")
        self.visit(server, 100)
        until(lambda: server.metric(DROPPED) == 100,
              lambda: "%d lines dropped" % server.metric(DROPPED))
        server.stop()
        lost = [line for line in server.log if "the connection log" in line]
        self.assertTrue(lost, server.log)
        self.assertIn("/dev/full lost", lost[0])
        self.assertIn("No space left on device; make room there", lost[0])

    def test_a_pipe_that_nobody_reads_costs_neither_connections_nor_the_end(
            self):
        os.mkfifo(self.path)
        access = File(os.path.join(self.folder, "access.log"))
        server = self.serve(self.stack(), "--connection-log", self.path,
                            "--access-log", access.path)
        # More than a pipe holds, 64 KiB: the rest waits.
        for _ in range(60):
            for client in [server.client() for _ in range(10)]:
                client.close()
        self.visit(server, 10)
        self.lines(10, access)      # the other log goes on
        server.stop()
        lost = sum(int(n) for n in re.findall(
            r"the connection log \S+ lost (\d+) line", "\n".join(server.log)))
        self.assertGreater(lost, 0)
        self.assertEqual(len(access.all()), 10)

    # 116
    def test_a_connection_that_is_not_taken_has_no_line(self):
        server = self.serve(self.stack(), "--connection-log", self.path)
        self.visit(server)
        self.lines(1)
        server.limit_files(server.fds() + 3)
        clients = [server.client() for _ in range(12)]
        self.addCleanup(lambda: [client.close() for client in clients])
        until(lambda: self.log.text().count("\n") > 2, "the first lines")
        taken = {line.client[1] for line in self.log.all()[1:]}
        self.assertLess(len(taken), 12)
        for client in clients:
            if client.local[1] in taken:
                self.assertEqual(client.ask("/").status, 200)
        server.limit_files()
        for client in clients:
            self.assertEqual(client.ask("/").status, 200)
        self.assertEqual(
            sorted(line.client[1] for line in self.lines(13)[1:]),
            sorted(client.local[1] for client in clients))


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS of listeners: names, sessions, what logs and targets are told of it, and
what is refused."""
import os
import signal
import socket
import ssl

import rig
import stack as stacks
from access_lines import Connection, File, Line
from rig import until
from stack import Stack, fixed, forward
from tls_client import (GET, POLICY, TlsCase, V11, V12, V13, ask, context,
                        dial, receive, s_client)


class Names(TlsCase):
    # 107
    def test_ecdsa_for_who_can_verify_it_else_rsa_else_the_default(self):
        stack = Stack()
        stack.https("Web", 443, fixed(200, "hello"), certificate="arn:of:web",
                    SslPolicy=POLICY + "TLS13-1-2-2021-06")
        pairs = {"default": self.ca.issue("d.test", key="rsa:2048"),
                 "rsa": self.ca.issue("*.b.test", key="rsa:3072"),
                 "ec": self.ca.issue("www.b.test")}
        stack.resources["Web"]["Metadata"]["Sluice"]["Certificates"] = [
            {"Certificate": pair.both} for pair in pairs.values()]
        address = self.serve(stack).listeners["Web"]

        def shown(name, **more):
            with dial(address, context(**more), name) as sock:
                der = sock.getpeercert(binary_form=True)
            return [n for n, pair in pairs.items() if pair.der() == der]

        only_rsa = {"low": V12, "high": V12, "ciphers": "ECDHE-RSA-AES128"
                    "-GCM-SHA256"}
        for version in (V12, V13):
            with self.subTest(version.name):
                kept = {"low": version, "high": version}
                self.assertEqual(shown("www.b.test", **kept), ["ec"])
                self.assertEqual(shown("WWW.B.TEST", **kept), ["ec"])
                self.assertEqual(shown("x.b.test", **kept), ["rsa"])
                self.assertEqual(shown("d.test", **kept), ["default"])
                self.assertEqual(shown("b.test", **kept), ["default"])
                self.assertEqual(shown("x.y.b.test", **kept), ["default"])
                self.assertEqual(shown(None, **kept), ["default"])
        self.assertEqual(shown("www.b.test", **only_rsa), ["rsa"])
        out = s_client(address, "-servername", "www.b.test", "-tls1_3",
                       "-sigalgs", "RSA-PSS+SHA256")
        self.assertIn("Peer signature type: RSA-PSS", out)


class Sessions(TlsCase):
    VERSIONS = (V12, V13)

    def key_file(self, *keys, path=None):
        path = path or os.path.join(self.temporary(), "keys")
        with open(path, "w", encoding="ascii") as file:
            file.writelines(key * 64 + "\n" for key in keys)
        os.chmod(path, 0o600)
        return path

    def contexts(self):
        return [context(version, version) for version in self.VERSIONS]

    def ticket(self, served, with_, listener="Web"):
        with dial(served.listeners[listener], with_) as sock:
            ask(sock)
            self.assertFalse(sock.session_reused)
            return sock.session

    def resumes(self, served, with_, ticket, listener="Web"):
        with dial(served.listeners[listener], with_, session=ticket) as sock:
            self.assertTrue(ask(sock).startswith(b"HTTP/1.1 200"))
            return sock.session_reused

    POLICY = {"SslPolicy": POLICY + "TLS13-1-2-2021-06"}

    # 108
    def test_any_worker_resumes_and_no_other_listener(self):
        stack = Stack()
        for name, port in (("Web", 443), ("Other", 444)):
            stack.https(name, port, fixed(200, "hello"),
                        certificate="arn:of:web", **self.POLICY)
        served = self.serve(stack, "--certificate",
                            "arn:of:web=" + self.ec.both, workers=3)
        for with_ in self.contexts():
            ticket = self.ticket(served, with_)
            for _ in range(6):
                self.assertTrue(self.resumes(served, with_, ticket))
            self.assertFalse(self.resumes(served, with_, ticket, "Other"))

    # 108
    def test_none_is_resumed_under_mutual_tls(self):
        served = self.simple(MutualAuthentication={"Mode": "passthrough"},
                             **self.POLICY)
        for with_ in self.contexts():
            with dial(served.listeners["Web"], with_) as sock:
                ask(sock)
                ticket = sock.session
            self.assertFalse(ticket is not None and ticket.has_ticket)
            if ticket is not None:
                self.assertFalse(self.resumes(served, with_, ticket))

    def test_a_crash_costs_no_session(self):
        served = self.simple(**self.POLICY)
        contexts = self.contexts()
        tickets = [self.ticket(served, with_) for with_ in contexts]
        before = served.serving_pid
        os.kill(before, signal.SIGKILL)
        until(lambda: served.serving_pid not in (None, before),
              "the next process")
        for with_, ticket in zip(contexts, tickets):
            until(lambda with_=with_, ticket=ticket: self.alive(served),
                  "an answer")
            self.assertTrue(self.resumes(served, with_, ticket))

    @staticmethod
    def alive(served):
        try:
            with dial(served.listeners["Web"], context()) as sock:
                return ask(sock) is not None
        except (OSError, rig.Ended):
            return False

    def test_processes_with_the_same_file_resume_each_others(self):
        key = self.key_file("1")
        one = self.simple("--ticket-key", key, **self.POLICY)
        two = self.simple("--ticket-key", key, **self.POLICY)
        alone = self.simple(**self.POLICY)
        for with_ in self.contexts():
            ticket = self.ticket(one, with_)
            self.assertTrue(self.resumes(two, with_, ticket))
            self.assertFalse(self.resumes(alone, with_, ticket))

    def test_a_key_is_changed_by_a_new_first_line_and_a_HUP(self):
        key = self.key_file("1")
        served = self.simple("--ticket-key", key, **self.POLICY)
        with_ = self.contexts()[1]
        ticket = self.ticket(served, with_)
        self.key_file("2", "1", path=key)
        served.signal(signal.SIGHUP)
        until(lambda: served.log_count("the new ticket keys are in use: 2"),
              "the new keys")
        self.assertTrue(self.resumes(served, with_, ticket))
        self.key_file("2", path=key)
        served.signal(signal.SIGHUP)
        until(lambda: served.log_count("the new ticket keys are in use: 1"),
              "the old one to be taken out")
        until(lambda: not self.resumes(served, with_, ticket),
              "the old one to be forgotten")

    def test_a_bad_file_is_refused(self):
        path = self.key_file("1")
        os.chmod(path, 0o644)
        code, _, err = stacks.command("serve", "--to", "127.0.0.1:1",
                                      "--ticket-key", path)
        self.assertNotEqual(code, 0)
        self.assertIn("--ticket-key %s: every user may open it" % path, err)
        self.assertIn("take over sessions", err)

    def test_early_data_is_not_taken(self):
        served = self.simple(**self.POLICY)
        folder = self.temporary()
        session = os.path.join(folder, "session")
        request = os.path.join(folder, "request")
        with open(request, "wb") as file:
            file.write(GET)
        address = served.listeners["Web"]
        out = s_client(address, "-tls1_3", "-sess_out", session, say=GET,
                       until_=b"hello")
        self.assertIn("Max Early Data: 0", out)
        out = s_client(address, "-tls1_3", "-sess_in", session, "-early_data",
                       request)
        self.assertIn("Reused, TLSv1.3", out)
        self.assertIn("Early data was not sent", out)


class Told(TlsCase):
    """Logs, headers, counters."""

    def setUp(self):
        folder = self.temporary()
        self.access = File(os.path.join(folder, "access"), Line)
        self.connections = File(os.path.join(folder, "connections"),
                                Connection)
        self.origin = rig.Origin().__enter__()
        self.addCleanup(self.origin.__exit__)

    def lines(self, log, number):
        until(lambda: log.text().count("\n") >= number,
              lambda: "%d lines: %r" % (number, log.text()))
        return log.all()

    def proxy(self, balancer=None, listener=None, *options):
        stack = Stack(lb=False).balancer("Lb", balancer)
        stack.group("Blue", [self.origin.address])
        more = {"ListenerAttributes": stacks.attributes(listener)} if (
            listener) else {}
        stack.https("Web", 443, forward("Blue"), certificate="arn:of:web",
                    SslPolicy=POLICY + "TLS13-1-2-2021-06", **more)
        return self.serve(stack, "--certificate", "Web=" + self.ec.both,
                          "--access-log", self.access.path,
                          "--connection-log", self.connections.path, *options)

    def exchange(self, served, with_, name="a.test", session=None):
        with dial(served.listeners["Web"], with_, name, session) as sock:
            self.assertTrue(ask(sock).startswith(b"HTTP/1.1 200"))
            return sock.session

    # 112
    def test_the_access_log_has_what_was_agreed_on(self):
        served = self.proxy()
        with_ = context(V12, V12, "ECDHE-ECDSA-AES128-GCM-SHA256")
        ticket = self.exchange(served, with_)
        self.exchange(served, with_, session=ticket)
        self.exchange(served, context(V13), name="nobody.test")
        first, again, other = self.lines(self.access, 3)
        self.assertEqual(
            (first.type, first.ssl_protocol, first.ssl_cipher,
             first.domain_name, first.chosen_cert_arn),
            ("https", "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256", "a.test",
             "arn:of:web"))
        self.assertRegex(first.request,
                         "^GET https://a.test:[0-9]+/ HTTP/1.1$")
        self.assertEqual((again.domain_name, again.chosen_cert_arn),
                         ("a.test", "session-reused"))
        self.assertEqual(
            (other.ssl_protocol, other.domain_name, other.chosen_cert_arn),
            ("TLSv1.3", "-", "arn:of:web"))
        self.assertRegex(other.ssl_cipher, "^TLS_AES_")

    # 116
    def test_the_connection_log_has_handshakes_also_failed_ones(self):
        served = self.proxy()
        self.exchange(served, context(V13))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            dial(served.listeners["Web"], context(V11, V11))
        good, bad = self.lines(self.connections, 2)
        access, = self.lines(self.access, 1)
        self.assertEqual(
            (good.tls_protocol, good.tls_cipher, good.tls_verify_status,
             good.conn_trace_id),
            ("TLSv1.3", access.ssl_cipher, "Success", access.conn_trace_id))
        self.assertRegex(good.tls_handshake_latency, r"^[0-9]+\.[0-9]{3}$")
        self.assertRegex(good.tls_keyexchange, "(?i)^(x25519|secp.*|prime.*)$")
        self.assertEqual((bad.tls_protocol, bad.tls_cipher,
                          bad.tls_handshake_latency), ("-", "-", "-"))
        self.assertRegex(bad.tls_verify_status, "^Failed:[A-Za-z]+$")

    def test_handshakes_that_fail_are_counted(self):
        served = self.proxy(None, None, "--api", "127.0.0.1:0")
        name = "sluice_client_tls_negotiation_errors_total"
        host, port = served.address_of("api")

        def count():
            with rig.Client(host, port) as client:
                client.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                            b"Connection: close\r\n\r\n")
                return rig.Metrics(
                    client.response("GET").body.decode()).sum(name)

        self.assertEqual(count(), 0)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            dial(served.listeners["Web"], context(V11, V11))
        until(lambda: count() == 1, "the count")

    # 110
    def test_targets_are_told_of_the_version_and_the_cipher_where_wanted(self):
        key = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
        with_ = context(V12, V12, "ECDHE-ECDSA-AES128-GCM-SHA256")
        self.exchange(self.proxy({key: "true"}), with_)
        seen = self.origin.requests[-1]
        self.assertEqual(seen.all("X-Amzn-Tls-Version"), ["TLSv1.2"])
        self.assertEqual(seen.all("X-Amzn-Tls-Cipher-Suite"),
                         ["ECDHE-ECDSA-AES128-GCM-SHA256"])
        self.assertEqual(seen.all("X-Forwarded-Proto"), ["https"])
        self.exchange(self.proxy(), with_)
        seen = self.origin.requests[-1]
        self.assertEqual(seen.all("X-Amzn-Tls-Version") +
                         seen.all("X-Amzn-Tls-Cipher-Suite"), [])

    # 110
    def test_the_headers_may_be_called_otherwise(self):
        served = self.proxy(
            {"routing.http.x_amzn_tls_version_and_cipher_suite.enabled":
             "true"},
            {"routing.http.request.x_amzn_tls_version.header_name": "X-V",
             "routing.http.request.x_amzn_tls_cipher_suite.header_name":
             "X-C"})
        self.exchange(served, context(V13))
        seen = self.origin.requests[-1]
        self.assertEqual(seen.all("X-V"), ["TLSv1.3"])
        self.assertRegex(seen.get("X-C"), "^TLS_AES_")
        self.assertEqual(seen.all("X-Amzn-Tls-Version"), [])

    # 100, 112
    def test_a_websocket_over_tls_is_wss_in_the_log(self):
        def tunnel(conn):
            conn.read_head()
            conn.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket"
                      b"\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                      b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            while True:
                conn.send(conn.fill())
        self.origin.script = tunnel
        served = self.proxy()
        with dial(served.listeners["Web"], context()) as sock:
            sock.sendall(rig.head("Connection: Upgrade", "Upgrade: websocket",
                                  "Sec-WebSocket-Version: 13",
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"
                                  "==", method="GET", target="/ws"))
            self.assertTrue(receive(sock).startswith(b"HTTP/1.1 101"))
            big = os.urandom(300000)
            sock.sendall(big)
            got = b""
            while len(got) < len(big):
                got += receive(sock)
            self.assertEqual(got, big)
        line, = self.lines(self.access, 1)
        self.assertEqual((line.type, line.elb_status_code), ("wss", "101"))


class Refused(TlsCase):
    def test_plain_http_gets_a_400_and_the_end(self):
        served = self.simple()
        for request in (GET, b"PURGE /x HTTP/1.1\r\nHost: a.test\r\n\r\n"):
            with rig.Client(*served.listeners["Web"]) as client:
                client.send(request)
                answer = client.response("GET")
                self.assertEqual(answer.status, 400)
                self.assertEqual(answer.get("Connection"), "close")
                client.eof()

    def test_what_is_neither_is_closed(self):
        served = self.simple()
        for data in (b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"\0" * 100,
                     b"\x16\x03\x01\0\5\1\0\0\1\0", bytes(range(1, 60))):
            with self.subTest(data[:5]), \
                    socket.create_connection(served.listeners["Web"],
                                             rig.PATIENCE) as sock:
                sock.sendall(data)
                try:
                    while sock.recv(4096):
                        pass
                except ConnectionError:
                    pass
        with dial(served.listeners["Web"], context()) as sock:
            self.assertTrue(ask(sock).startswith(b"HTTP/1.1 200"))

    def test_a_request_that_ends_with_a_close_notify_is_answered(self):
        served = self.simple()
        with dial(served.listeners["Web"], context()) as sock:
            self.assertIn(b"hello", ask(sock, GET.replace(
                b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")))
            self.assertEqual(sock.recv(100), b"")
            sock.unwrap().close()  # their close_notify came


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Target groups over HTTPS: which certificates are believed, what is asked for
in the handshake, and what a target that does not manage it comes to."""
import base64
import hashlib
import os
import signal
import ssl
import unittest

import certificates
import h2
import rig
from checked import Secure
from rig import Origin, respond, until
from stack import Served, Stack, command, forward
from target_h2 import front, group, logged, serve

WS_KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class Target(Secure):
    """TLS and HTTP/1.1; answers with what came, or upgrades."""

    def talk(self):
        conn = self
        while True:
            request = conn.read_request()
            if request.get("upgrade"):
                conn.send(upgraded(request))
                while True:
                    conn.send(conn.sock.recv(4096))
            if request.target == "/close":
                conn.send(respond(b"bye", headers=["Connection: close"]))
                raise rig.Ended
            conn.send(Origin.echo(request))

    def __init__(self, pair, **more):
        super().__init__(pair, **more)
        self.script = Target.talk


def upgraded(request):
    accept = base64.b64encode(hashlib.sha1(
        (request.get("sec-websocket-key") +
         "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
            % accept)


def plain(conn):
    """Answers whatever comes in plain HTTP, 200 where it can be read."""
    conn.fill()
    ok = bytes(conn.buf).startswith(b"GET ")
    conn.send(respond(b"", 200 if ok else 400))
    conn.wait_close()


class SelfSigned:
    """As people make one for a container."""

    def __init__(self):
        self.chain, self.key = folder.file("s.pem", b""), folder.file(
            "s.key", b"")
        certificates.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-keyout", self.key, "-out",
            self.chain)


def secured(stack):
    return serve(stack, good)


def stack_of(target, local=None, stack=None, **more):
    if stack is None:
        stack = Stack()
        stack.listener("Web", 80, forward("Tg"))
    more.setdefault("HealthCheckProtocol", "HTTP")
    return group(stack, "Tg", [target.address], "HTTP1", "HTTPS",
                 local=local, **more)


def setUpModule():
    global folder, ca, good
    folder = certificates.Folder()
    ca = folder.authority("Targets' CA")
    good = ca.issue("a.test", "127.0.0.1")


def tearDownModule():
    folder.close()


class Believed(unittest.TestCase):
    def ask(self, pair, local=None, status=200, **more):
        """The target's handshakes, the log."""
        with Target(pair, **more) as target, \
                Served(stack_of(target, local), drain=0) as sluice:
            answer = sluice.client().ask("/x")
            self.assertEqual(answer.status, status)
            if status == 200:
                self.assertEqual(answer.body, b"GET /x")
            else:
                logged(sluice, "TLS handshake failed")
                self.assertEqual(
                    sluice.metrics().sum("sluice_target_tls_errors_total"), 1)
            return target, sluice.story()

    # 78
    def test_any_certificate_is_believed(self):
        for pair in (SelfSigned(),
                     ca.issue("a.test", start=-10, end=-1),
                     ca.issue("a.test", start=1, end=9),
                     ca.issue("a.test", key="rsa:2048")):
            self.ask(pair)

    def test_no_name_is_asked_for(self):
        target, _ = self.ask(good)
        self.assertEqual(target.names, [None])

    def test_a_ServerName_is_asked_for(self):
        target, _ = self.ask(good, {"ServerName": "b.test"})
        self.assertEqual(target.names, ["b.test"])

    def test_a_certificate_of_the_right_authority_and_name(self):
        target, _ = self.ask(good, {
            "ValidateCertificate": True, "CertificateAuthorities": ca.cert,
            "ServerName": "a.test"})
        self.assertEqual(target.names, ["a.test"])

    def test_without_a_name_it_must_be_for_the_address(self):
        checked = {"ValidateCertificate": True,
                   "CertificateAuthorities": ca.cert}
        target, _ = self.ask(good, checked)
        self.assertEqual(target.names, [None])
        _, story = self.ask(ca.issue("a.test"), checked, 502)
        self.assertIn("IP address mismatch", story)

    def test_others_are_502_and_the_log_says_why(self):
        checked = {"ValidateCertificate": True,
                   "CertificateAuthorities": ca.cert, "ServerName": "a.test"}
        other = folder.authority("Other CA").issue("a.test")
        expired = ca.issue("a.test", start=-10, end=-1)
        for pair, why in ((other, "certificate"), (expired, "expired"),
                          (ca.issue("b.test"), "mismatch")):
            _, story = self.ask(pair, checked, 502)
            self.assertIn(why, story)
            self.assertIn("target group Tg", story)

    def test_the_system_s_authorities_do_not_know_ours(self):
        self.ask(good, {"ValidateCertificate": True, "ServerName": "a.test"},
                 502)


class Handshakes(unittest.TestCase):
    def test_a_target_without_TLS_is_502(self):
        with Origin(plain) as origin, Served(stack_of(origin)) as sluice:
            self.assertEqual(sluice.client().ask("/x").status, 502)
            logged(sluice, "TLS handshake failed")

    def test_the_health_of_a_target_does_not_depend_on_it(self):
        with Origin(plain) as origin, \
                Served(stack_of(origin)) as sluice:
            until(lambda: "healthy" in str(sluice.states("Tg")), "the probe")
            self.assertEqual(sluice.client().ask("/x").status, 502)
            self.assertIn("healthy", str(sluice.states("Tg")))

    def test_another_target_gets_the_request(self):
        with Origin(plain) as origin, Target(good) as target:
            stack = stack_of(target, HealthCheckPort=str(origin.port))
            stack.resources["Tg"]["Metadata"]["Sluice"]["Addresses"] = [
                origin.address, target.address]
            with Served(stack, drain=0) as sluice:
                # No request goes to one that is still to be probed when
                # another one is healthy.
                until(lambda: set(sluice.states("Tg").values()) == {"healthy"},
                      sluice.story)
                for _ in range(4):
                    self.assertEqual(sluice.client().ask("/x").status, 200)

    def test_sessions_are_resumed(self):
        with Target(good) as target, \
                Served(stack_of(target), drain=0) as sluice:
            for _ in range(3):
                self.assertEqual(sluice.client().ask("/close").body, b"bye")
            until(lambda: len(target.handshakes) == 3, "three handshakes")
            self.assertEqual([resumed for _, resumed in target.handshakes],
                             [False, True, True])

    # 5.6: the listener's policy decides.
    def test_versions_are_those_of_ALB(self):
        modern = front(attributes=None)
        modern.resources["Front"]["Properties"]["SslPolicy"] = \
            "ELBSecurityPolicy-TLS13-1-2-2021-06"
        for stack, version, run in ((None, "TLSv1.2", Served),
                                    (modern, "TLSv1.3", secured)):
            with Target(good) as target, \
                    run(stack_of(target, stack=stack)) as sluice:
                where = next(iter(sluice.listeners))
                self.assertEqual(get(sluice.listeners[where],
                                     where == "Front"), b"HTTP/1.1 200 OK")
                self.assertEqual(target.handshakes[0][0], version)

    def test_connections_are_used_again_also_after_a_change(self):
        with Target(good) as target:
            stack = stack_of(target)
            with Served(stack, drain=0) as sluice:
                client = sluice.client()
                for _ in range(3):
                    self.assertEqual(client.ask("/x").status, 200)
                stack.listener("More", 81, forward("Tg"))
                sluice.reload(stack)
                self.assertEqual(client.ask("/x").status, 200)
                self.assertEqual(len(target.handshakes), 1)
                local = stack.resources["Tg"]["Metadata"]["Sluice"]
                local["ServerName"] = "b.test"
                sluice.reload(stack)
                self.assertEqual(client.ask("/x").status, 200)
                self.assertEqual(target.names, [None, "b.test"])

    def test_a_websocket_passes(self):
        with Target(good) as target, \
                Served(stack_of(target), drain=0) as sluice:
            sock = sluice.client().sock
            sock.sendall((
                "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: %s\r\n\r\n" % WS_KEY).encode())
            self.assertIn(b" 101 ", sock.recv(4096))
            sock.sendall(b"over TLS")
            self.assertEqual(sock.recv(100), b"over TLS")

    def test_a_reset_in_one_event_with_the_answer_is_seen(self):
        def script(conn):
            conn.read_request()
            sluice.freeze()
            try:
                conn.send(respond(b"fine"))
                conn.rst()
            finally:
                sluice.signal(signal.SIGCONT)

        with Target(good) as target, \
                Served(stack_of(target), drain=0) as sluice:
            target.script = script
            self.assertEqual(sluice.client().ask("/x").body, b"fine")
            until(lambda: not sluice.metrics().sum(
                "sluice_target_connections"), "the proxy to see the reset")

    def test_a_large_body_passes_both_ways(self):
        def echo(conn):
            request = conn.read_request()
            conn.send(respond(request.body))

        with Target(good) as target, \
                Served(stack_of(target), drain=0) as sluice:
            target.script = echo
            body = os.urandom(1 << 20)
            answer = sluice.client().ask("/x", "POST", body=body)
            self.assertEqual(answer.body, body)


class Records:
    """A target that chooses where what it sends is cut."""

    def __init__(self, conn):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(good.chain, good.key)
        self.sock, self.came, self.made = (conn.sock, ssl.MemoryBIO(),
                                           ssl.MemoryBIO())
        self.tls = context.wrap_bio(self.came, self.made, server_side=True)
        self.all_of(self.tls.do_handshake)
        self.sock.sendall(self.made.read())

    def all_of(self, step, *arguments):
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                self.sock.sendall(self.made.read())
                got = self.sock.recv(65536)
                if not got:
                    raise rig.Ended from None
                self.came.write(got)

    def request(self):
        return self.all_of(self.tls.read, 65536)

    def record(self, data):
        self.tls.write(data)
        return self.made.read()


class PartsOfRecords(unittest.TestCase):
    def test_a_connection_with_a_part_of_one_is_not_used_again(self):
        def script(conn):
            target = Records(conn)
            target.request()
            answer, more = (target.record(respond(b"right")),
                            target.record(respond(b"wrong")))
            conn.sock.sendall(answer + more[:10])
            if conn.sock.recv(65536):
                conn.sock.sendall(more[10:])
            conn.wait_close()

        with Origin(script) as target, \
                Served(stack_of(target, HealthCheckProtocol="HTTPS"),
                       drain=0) as sluice:
            client = sluice.client()
            for _ in range(5):
                self.assertEqual(client.ask("/x").body, b"right")


def get(where, tls):
    """The status line of an answer over HTTP/1.1."""
    sock = h2.dial(*where)
    if tls:
        sock = h2.context(alpn=()).wrap_socket(sock)
    with sock:
        sock.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        return sock.recv(4096).split(b"\r\n")[0]


class Files(unittest.TestCase):
    def test_check_says_that_authorities_are_not_there(self):
        with Target(good) as target:
            stack = stack_of(target, {
                "ValidateCertificate": True,
                "CertificateAuthorities": "/nowhere/ca.pem"})
            status, _, text = command("check", "-", stdin=stack)
        self.assertEqual(status, 65)
        self.assertIn("error: target group Tg: CertificateAuthorities "
                      "/nowhere/ca.pem cannot be read", text)

    def test_nobody_waits_for_authorities_that_a_pipe_might_bring(self):
        path = os.path.join(folder.path, "pipe.pem")
        os.mkfifo(path)
        with Target(good) as target:
            status, _, text = command("check", "-", stdin=stack_of(target, {
                "ValidateCertificate": True, "CertificateAuthorities": path}))
        self.assertEqual(status, 65)
        self.assertIn("CertificateAuthorities %s cannot be read" % path, text)

    def test_authorities_that_are_not_there_stop_the_start(self):
        with Target(good) as target:
            stack = stack_of(target, {
                "ValidateCertificate": True,
                "CertificateAuthorities": "/nowhere/ca.pem"})
            served = Served(stack, wait=False)
            self.assertNotEqual(served.wait(), 0)
            self.assertIn("target group Tg: CertificateAuthorities "
                          "/nowhere/ca.pem cannot be read", served.story())

    def test_a_change_of_the_file_counts_and_its_loss_does_not(self):
        path = folder.file("targets.pem", b"")
        other = folder.authority("Later CA")
        with Target(good) as target, open(ca.cert, "rb") as first:
            with open(path, "wb") as file:
                file.write(first.read())
            stack = stack_of(target, {"ValidateCertificate": True,
                                      "CertificateAuthorities": path})
            with Served(stack, drain=0) as sluice:
                self.assertEqual(sluice.client().ask("/x").status, 200)
                os.unlink(path)
                stack.listener("B", 81, forward("Tg"))
                sluice.reload(stack)
                logged(sluice, "cannot be read any more")
                self.assertEqual(sluice.client().ask("/x").status, 200)
                with open(other.cert, "rb") as new, open(path, "wb") as file:
                    file.write(new.read())
                stack.listener("C", 82, forward("Tg"))
                sluice.reload(stack)
                self.assertEqual(sluice.client().ask("/x").status, 502)


if __name__ == "__main__":
    rig.main()

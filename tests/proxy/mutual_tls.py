# SPDX-License-Identifier: Apache-2.0
"""For tests of mutual TLS: a listener that asks for certificates, a target
that says what it was told, and clients.

    class Mine(mutual_tls.Case):
        def test_x(self):
            server = self.verify()                  Mode: verify, self.ca
            headers, line = self.comes_in(server, self.good)
            line, said = self.is_refused(server, None, "CODE")
"""
import datetime
import json
import os
import socket
import ssl
import unittest

import rig
from access_lines import Connection, File
from certificates import Folder, client_context, openssl
from rig import until
from stack import ELB, Served, Stack, forward

ARN = "arn:aws:acm:us-east-1:000000000000:certificate/of-another-account"
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = (TLS_1_2, TLS_1_3)
MTLS = "X-Amzn-Mtls-Clientcert"
PATIENT = rig.PATIENCE


def tell(request):
    """What the target was told, as JSON."""
    return rig.respond(json.dumps(
        [h for h in request.headers if h[0].lower().startswith("x-")
         and h[0].lower() not in ("x-forwarded-for", "x-amzn-trace-id")]
    ).encode())


class Refused(Exception):
    """The handshake, or what came after it, failed."""

    def __init__(self, why, local):
        super().__init__(str(why))
        self.local = local


class Visitor:
    """A client's connection."""

    def __init__(self, address, pair=None, version=TLS_1_3, session=None,
                 context=None):
        self.context = context or client_context(pair=pair, low=version,
                                                 high=version)
        plain = socket.create_connection(address, PATIENT)
        self.local = plain.getsockname()[:2]
        try:
            self.sock = self.context.wrap_socket(
                plain, server_hostname="a.test", session=session)
        except (ssl.SSLError, ConnectionError) as error:
            plain.close()
            raise Refused(error, self.local) from error

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.sock.close()

    def ask(self, *headers):
        """Headers that the target says it got; [] of what is no target's."""
        request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n"
        request += "".join(h + "\r\n" for h in headers) + "\r\n"
        data = b""
        try:
            self.sock.sendall(request.encode())
            while True:
                more = self.sock.recv(65536)
                if not more:
                    break
                data += more
        except (ssl.SSLError, ConnectionError) as error:
            raise Refused(error, self.local) from error
        if not data:
            raise Refused("no answer", self.local)
        if not data.startswith(b"HTTP/1.1 200 "):
            raise AssertionError(data[:200])
        body = data.partition(b"\r\n\r\n")[2]
        return dict(json.loads(body)) if body.startswith(b"[") else {}


def printed(pair, *what):
    """What `openssl x509` says of a certificate."""
    return openssl("x509", "-in", pair.cert, "-noout", "-nameopt", "RFC2253",
                   *what).decode().strip().partition("=")[2]


def iso(pair, which):
    text = printed(pair, which)
    when = datetime.datetime.strptime(text, "%b %d %H:%M:%S %Y GMT")
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Case(unittest.TestCase):
    """A listener Web that asks for certificates in front of a target that
    says what it was told."""

    @classmethod
    def setUpClass(cls):
        cls.files = Folder()
        cls.addClassCleanup(cls.files.close)
        cls.ca = cls.files.authority("Test CA")
        cls.good = cls.ca.issue(client=True, serial="03A5B1",
                                subject="/C=US/ST=Washington/L=Seattle/"
                                "O=mTLS/OU=client-3/CN=client_.com")
        cls.folder = cls.files.path
        cls.log = File(os.path.join(cls.folder, "connection.log"), Connection)
        cls.common = None
        cls.origin = rig.Origin(answer=tell)
        cls.addClassCleanup(cls.origin.close)

    @classmethod
    def asked(cls):
        """How many requests reached the target that are no health checks."""
        return sum(r.target == "/" for r in list(cls.origin.requests))

    @classmethod
    def stack(cls, mutual, ca=None, lists=(), **more):
        made = Stack().group("Blue", [cls.origin.address],
                             HealthCheckPath="/health")
        if mutual.get("Mode") == "verify":
            mutual = {"TrustStoreArn": {"Fn::GetAtt": ["Ts", "TrustStoreArn"]},
                      **mutual}
            made.add("Ts", ELB + "TrustStore",
                     {"CaCertificatesBundleS3Bucket": "b",
                      "CaCertificatesBundleS3Key": "k"},
                     {"CaCertificates": ca or cls.ca.cert,
                      "RevocationLists": list(lists)})
        return cls.listen(made, "Web", 443, forward("Blue"),
                           MutualAuthentication=mutual, **more)

    @staticmethod
    def listen(stack, name, port, *actions, **more):
        return stack.listener(name, port, *actions, Protocol="HTTPS",
                              SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
                              Certificates=[{"CertificateArn": ARN}], **more)

    @classmethod
    def start(cls, stack, *options):
        return Served(stack, "--connection-log", cls.log.path,
                      "--state-folder", os.path.join(cls.folder, "state"),
                      *options, drain=0)

    def serve(self, stack, *options):
        server = self.start(stack, *options)
        self.addCleanup(server.stop)
        return server

    @classmethod
    def ordinary(cls):
        """One that verifies by self.ca, for all tests of the class."""
        if cls.common is None:
            cls.common = cls.start(cls.stack({"Mode": "verify"}))
            cls.addClassCleanup(cls.common.stop)
        return cls.common

    def verify(self, *options, ca=None, lists=(), **more):
        return self.serve(self.stack({"Mode": "verify", **more}, ca, lists),
                          *options)

    def visit(self, server, pair=None, version=TLS_1_3, **more):
        return Visitor(server.listeners["Web"], pair, version, **more)

    def line_of(self, local, known=()):
        """The log's line of a connection; ports come again, so lines that
        were there before it are `known`."""
        def find():
            return [x for x in self.log.all()
                    if x.client == local and x.text not in known]
        until(find, lambda: "no line of %r in %r" % (local, self.log.text()),
              pause=0.02)
        line, = find()
        return line

    def known(self):
        return {x.text for x in self.log.all()}

    def comes_in(self, server, pair=None, version=TLS_1_3):
        known = self.known()
        with self.visit(server, pair, version) as visitor:
            got = visitor.ask()
        line = self.line_of(visitor.local, known)
        self.assertEqual(line.tls_verify_status, "Success")
        return got, line

    def is_refused(self, server, pair, code, version=TLS_1_3):
        """Returns its line, and what the client's library said."""
        before, known = self.asked(), self.known()
        with self.assertRaises(Refused) as caught:
            with self.visit(server, pair, version) as visitor:
                visitor.ask()
        line = self.line_of(caught.exception.local, known)
        self.assertEqual(line.tls_verify_status, "Failed:" + code)
        self.assertEqual(line.tls_handshake_latency, "-")
        self.assertEqual(line.tls_protocol,
                         "TLSv1.%d" % (version.value - 0x301))
        self.assertEqual(self.asked(), before)
        return line, str(caught.exception)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutual TLS: who comes in, what targets are told of clients, and what the
connection log says of those that were refused."""
import json
import re
import shutil
import subprocess
import unittest
import urllib.parse

import rig
from certificates import client_context, read
from mutual_tls import (MTLS, PATIENT, TLS_1_3, VERSIONS, Case, Refused,
                        Visitor, iso, printed)
from stack import attributes, fixed


class Verify(Case):

    # 109
    def test_targets_are_told_what_openssl_says_of_the_certificate(self):
        server = self.ordinary()
        for version in VERSIONS:
            got, line = self.comes_in(server, self.good, version)
            subject = printed(self.good, "-subject")
            validity = "NotBefore=%s;NotAfter=%s" % (
                iso(self.good, "-startdate"), iso(self.good, "-enddate"))
            self.assertEqual(got[MTLS + "-Serial-Number"], "03A5B1")
            self.assertEqual(got[MTLS + "-Issuer"],
                             printed(self.good, "-issuer"))
            self.assertEqual(got[MTLS + "-Subject"], subject)
            self.assertEqual(subject, "CN=client_.com,OU=client-3,O=mTLS,"
                             "L=Seattle,ST=Washington,C=US")
            self.assertEqual(got[MTLS + "-Validity"], validity)
            leaf = got[MTLS + "-Leaf"]
            self.assertEqual(urllib.parse.unquote(leaf).encode(),
                             read(self.good.cert))
            self.assertEqual(leaf, urllib.parse.quote(
                read(self.good.cert), safe="+=/"))
            self.assertNotIn(MTLS, got)
            self.assertEqual(got["X-Forwarded-Proto"], "https")
            # 116
            self.assertEqual(line.leaf_client_cert_subject, subject)
            self.assertEqual(line.leaf_client_cert_validity, validity)
            self.assertEqual(line.leaf_client_cert_serial_number, "03A5B1")
            self.assertRegex(line.tls_handshake_latency, r"\A[0-9]+\.[0-9]{3}")

    # 109
    def test_names_that_mean_something_to_http_stay_in_their_header(self):
        server = self.ordinary()
        odd = self.ca.issue(client=True, subject="/O=a, b; c/CN=J\u00f6rg \"x\"")
        got, line = self.comes_in(server, odd)
        self.assertEqual(got[MTLS + "-Subject"], printed(odd, "-subject"))
        self.assertIn("\\C3\\B6", got[MTLS + "-Subject"])
        self.assertIn("J\\x5CC3\\x5CB6rg", line.leaf_client_cert_subject)

    # 109, 116
    def test_who_shows_nothing_is_refused(self):
        server = self.ordinary()
        for version in VERSIONS:
            line, _ = self.is_refused(server, None, "UnmappedConnectionError",
                                      version)
            self.assertEqual(line.leaf_client_cert_subject, "-")
            self.assertEqual(line.leaf_client_cert_validity, "-")
            self.assertEqual(line.leaf_client_cert_serial_number, "-")

    # 116
    def test_each_fault_has_its_code_and_its_alert(self):
        server = self.ordinary()
        other = self.files.authority("Other CA")
        deep = self.ca
        for i in range(4):
            deep = deep.authority("Level %d" % i)
        usage = ["basicConstraints=critical,CA:FALSE",
                 "extendedKeyUsage=serverAuth"]
        unknown = ["basicConstraints=critical,CA:FALSE",
                   "extendedKeyUsage=clientAuth", "1.2.3.4=critical,DER:0500"]
        cases = (
            (self.ca.issue(client=True, start=-9, end=-1),
             "ClientCertExpired", "certificate expired"),
            (self.ca.issue(client=True, start=1, end=9),
             "ClientCertNotYetValid", "bad certificate"),
            (other.issue(client=True), "ClientCertUntrusted", "unknown ca"),
            (other, "ClientCertUntrusted", "unknown ca"),
            (self.ca.issue(extensions=usage), "ClientCertPurposeInvalid",
             "unsupported certificate"),
            (self.ca.issue(client=True, digest="sha224"),
             "ClientCertTypeUnsupported", "certificate unknown"),
            (self.ca.issue(extensions=unknown), "ClientCertInvalid",
             "certificate unknown"),
            (deep.issue(client=True), "ClientCertMaxChainDepthExceeded",
             "unknown ca"),
        )
        for pair, code, alert in cases:
            for version in VERSIONS:
                with self.subTest(code=code, version=version):
                    line, said = self.is_refused(server, pair, code, version)
                    self.assertEqual(line.leaf_client_cert_subject,
                                     printed(pair, "-subject"))
                    self.assertIn(alert, said.replace("_", " ").lower())

    # 109
    def test_a_chain_of_four_authorities_is_taken(self):
        server = self.ordinary()
        above = self.ca
        for i in range(3):
            above = above.authority("Between %d" % i)
        got, _ = self.comes_in(server, above.issue(client=True))
        self.assertEqual(got[MTLS + "-Issuer"], "CN=Between 2")

    # 109
    def test_kinds_of_keys(self):
        server = self.ordinary()
        for kind in ("rsa:2048", "ec:P-384", "ec:P-521"):
            for version in VERSIONS:
                with self.subTest(kind=kind, version=version):
                    pair = self.ca.issue(client=True, key=kind)
                    self.comes_in(server, pair, version)

    # 109
    def test_expiry_can_be_ignored(self):
        server = self.verify(IgnoreClientCertificateExpiry=True)
        old = self.ca.issue(client=True, start=-9, end=-1, subject="/CN=old")
        got, _ = self.comes_in(server, old)
        self.assertEqual(got[MTLS + "-Subject"], "CN=old")
        young = self.ca.issue(client=True, start=1, end=9)
        self.is_refused(server, young, "ClientCertNotYetValid")

    # 109
    def test_forged_headers_never_arrive(self):
        server = self.ordinary()
        with self.visit(server, self.good) as visitor:
            got = visitor.ask(MTLS + "-Subject: CN=root",
                              MTLS.lower() + ": forged",
                              MTLS + "-Anything: forged")
        self.assertIn("CN=client_.com", got[MTLS + "-Subject"])
        self.assertNotIn("forged", json.dumps(got))

    # 105
    def test_headers_have_the_names_that_the_listener_gives_them(self):
        prefix = "routing.http.request.x_amzn_mtls_clientcert"
        server = self.serve(self.stack(
            {"Mode": "verify"}, ListenerAttributes=attributes({
                prefix + "_subject.header_name": "X-Who",
                prefix + "_leaf.header_name": "X-Leaf"})))
        with self.visit(server, self.good) as visitor:
            got = visitor.ask("X-Who: CN=root")
        self.assertIn("CN=client_.com", got["X-Who"])
        self.assertIn("BEGIN%20CERTIFICATE", got["X-Leaf"])
        self.assertNotIn(MTLS + "-Subject", got)
        self.assertNotIn(MTLS + "-Leaf", got)
        self.assertIn(MTLS + "-Issuer", got)

    # A client of TLS 1.3 may send before it knows that it is refused.
    def test_a_request_that_comes_early_is_not_served(self):
        server = self.ordinary()
        bad = self.files.authority("Bad CA").issue(client=True)
        name = "sluice_client_tls_negotiation_errors_total"
        errors = server.metric(name)
        for _ in range(20):
            self.is_refused(server, bad, "ClientCertUntrusted")
        self.assertEqual(server.metric(name), errors + 20)

    def test_many_requests_of_a_connection_have_the_same_headers(self):
        server = self.ordinary()
        with self.visit(server, self.good) as visitor:
            for _ in range(3):
                visitor.sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                data = b""
                while b"]" not in data:
                    data += visitor.sock.recv(65536)
                got = dict(json.loads(data.partition(b"\r\n\r\n")[2]))
                self.assertEqual(got[MTLS + "-Serial-Number"], "03A5B1")


class Passthrough(Case):

    # 109
    def test_the_very_chain_arrives(self):
        server = self.serve(self.stack({"Mode": "passthrough"}))
        between = self.ca.authority("Between").authority("Lower")
        pair = between.issue(client=True, subject="/CN=far")
        for version in VERSIONS:
            got, line = self.comes_in(server, pair, version)
            chain = urllib.parse.unquote(got[MTLS])
            self.assertEqual(chain.encode(), read(pair.chain))
            self.assertEqual(chain.count("BEGIN"), 3)
            self.assertEqual([n for n in got if n.startswith(MTLS)], [MTLS])
            self.assertEqual(line.leaf_client_cert_subject, "CN=far")

    # 109
    def test_nothing_is_verified(self):
        server = self.serve(self.stack({"Mode": "passthrough"}))
        other = self.files.authority("Nobody")
        for pair in (other.issue(client=True, start=-9, end=-1), other,
                     self.ca.issue("a.test")):
            got, _ = self.comes_in(server, pair)
            self.assertEqual(urllib.parse.unquote(got[MTLS]).encode(),
                             read(pair.chain))

    # 109
    def test_a_client_without_a_certificate_is_told_of_by_no_header(self):
        server = self.serve(self.stack({"Mode": "passthrough"}))
        for version in VERSIONS:
            known = self.known()
            with self.visit(server, None, version) as visitor:
                got = visitor.ask(MTLS + ": forged")
            self.assertFalse([n for n in got if n.startswith(MTLS)])
            line = self.line_of(visitor.local, known)
            self.assertEqual(line.tls_verify_status, "Success")
            self.assertEqual(line.leaf_client_cert_subject, "-")

    # 116
    def test_a_chain_that_is_too_large_is_refused(self):
        server = self.serve(self.stack({"Mode": "passthrough"}))
        pair = self.ca.issue(client=True)
        many = self.files.file("many.pem", read(pair.cert)
                               + read(self.ca.cert) * 60)
        context = client_context(low=TLS_1_3)
        context.load_cert_chain(many, pair.key)
        known = self.known()
        with self.assertRaises(Refused) as caught:
            with self.visit(server, context=context) as visitor:
                visitor.ask()
        self.assertEqual(
            self.line_of(caught.exception.local, known).tls_verify_status,
            "Failed:ClientCertMaxSizeExceeded")


class Sessions(Case):

    def resumes(self, server, listener, pair, version, first=None):
        """Whether a session of `first` is resumed at the listener."""
        context = client_context(pair=pair, low=version, high=version)
        with Visitor(server.listeners[first or listener],
                     context=context) as one:
            one.ask()
            session = one.sock.session
        with Visitor(server.listeners[listener], context=context,
                     session=session) as two:
            two.ask()
            return two.sock.session_reused

    # 108
    def test_nothing_is_resumed_under_mutual_tls(self):
        for mode in ("verify", "passthrough"):
            server = self.serve(self.listen(
                self.stack({"Mode": mode}), "Open", 444, fixed(200, "ok")))
            for version in VERSIONS:
                self.assertTrue(
                    self.resumes(server, "Open", None, version))
                self.assertFalse(
                    self.resumes(server, "Web", self.good, version))
            server.stop()

    # A session of a listener that asks nobody is no way into one that does.
    def test_listeners_do_not_share_sessions(self):
        server = self.serve(self.listen(
            self.stack({"Mode": "verify"}), "Open", 444, fixed(200, "ok")))
        for version in VERSIONS:
            with self.assertRaises(Refused):
                self.resumes(server, "Web", None, version, first="Open")
            self.assertFalse(self.resumes(server, "Web", self.good, version,
                                          first="Open"))


class Tools(Case):

    def s_client(self, server, *options):
        host, port = server.listeners["Web"]
        return subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % (host, port),
             *options], input=b"", capture_output=True, timeout=PATIENT,
            check=False).stdout.decode(errors="replace")

    # 109
    def test_names_of_authorities_are_advertised(self):
        server = self.verify(AdvertiseTrustStoreCaNames="on")
        shown = self.s_client(server)
        self.assertIn("Acceptable client certificate CA names", shown)
        self.assertIn("CN = Test CA", shown)
        shown = self.s_client(self.ordinary())
        self.assertIn("No client certificate CA names sent", shown)

    # 109
    def test_what_clients_may_sign_with(self):
        shown = self.s_client(self.ordinary())
        found = re.search("Requested Signature Algorithms: (.*)", shown)
        kinds = ("ECDSA+SHA", "RSA-PSS+SHA", "rsa_pss_pss_sha", "RSA+SHA")
        self.assertEqual(set(found.group(1).split(":")), {
            kind + size for kind in kinds for size in ("256", "384", "512")})

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_curl_comes_in_with_a_certificate(self):
        server = self.ordinary()
        url = "https://%s:%d/" % server.listeners["Web"]

        def curl(*options):
            return subprocess.run(
                ["curl", "-sk", "--max-time", "10", "-w", "%{http_version}",
                 url, *options], capture_output=True, check=False)
        for version, spoken in (((), b"2"), (("--tls-max", "1.2"), b"2"),
                                (("--http1.1",), b"1.1")):
            done = curl("--cert", self.good.chain, "--key", self.good.key,
                        *version)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"03A5B1", done.stdout)
            self.assertTrue(done.stdout.endswith(spoken), done.stdout)
            self.assertNotEqual(curl(*version).returncode, 0)


if __name__ == "__main__":
    rig.main()

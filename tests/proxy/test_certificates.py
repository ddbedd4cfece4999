#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTPS listeners: where their certificates come from."""
import os
import ssl
import unittest
import unittest.mock

import certificates
import rig
import stack as stacks
from https import ANYBODY, ARN, GET, Connection, shown, simple
from stack import Served, Stack, command, fixed, forward


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = certificates.Folder()
        cls.ca = cls.folder.authority()
        cls.pair = cls.ca.issue("a.test", "127.0.0.1")
        cls.other = cls.ca.issue("b.test")

    @classmethod
    def tearDownClass(cls):
        cls.folder.close()

    def verified(self, served, name, listener="Web"):
        context = certificates.client_context(self.ca)
        with Connection(served, context, name, listener) as connection:
            self.assertEqual(b"hello", connection.ask())
            return connection.der()

    def test_the_files_of_the_command_line_are_served(self):
        for given in ("%s,%s" % (self.pair.cert, self.pair.key),
                      self.pair.both):
            for name in ("Web", ARN):
                with Served(simple(), "--certificate",
                            "%s=%s" % (name, given)) as served:
                    self.assertRegex("\n".join(served.lines),
                                     r"(?m)^listener https://127\.0\.0\.1:"
                                     r"[0-9]+ Web 443 ")
                    self.assertEqual(self.pair.der(),
                                     self.verified(served, "a.test"))
                    self.assertEqual([], served.log)

    def test_the_files_of_the_metadata_are_served_by_name(self):
        stack = simple()
        stack.resources["Web"]["Metadata"]["Sluice"]["Certificates"] = [
            {"Certificate": self.pair.cert, "Key": self.pair.key},
            {"Certificate": self.other.both}]
        with Served(stack) as served:
            self.assertEqual(self.pair.der(), self.verified(served, "a.test"))
            self.assertEqual(self.other.der(), self.verified(served, "b.test"))
            self.assertEqual(self.pair.der(), shown(served, "c.test"))

    def test_certificates_that_are_added_to_a_listener_are_served(self):
        stack = simple()
        stack.certificate("Other", "b.test")
        stack.add("More", stacks.ELB + "ListenerCertificate", {
            "ListenerArn": stacks.ref("Web"),
            "Certificates": [{"CertificateArn": stacks.ref("Other")}]})
        with Served(stack, "--certificate", "Web=" + self.pair.both,
                    "--certificate", "Other=" + self.other.both) as served:
            self.assertEqual(self.pair.der(), self.verified(served, "a.test"))
            self.assertEqual(self.other.der(), self.verified(served, "b.test"))

    def test_a_chain_is_served_whole(self):
        lower = self.ca.authority("Lower CA")
        pair = lower.issue("a.test")
        with Served(simple(), "--certificate", "Web=%s,%s" % (
                pair.chain, pair.key)) as served:
            self.assertEqual(pair.der(), self.verified(served, "a.test"))

    def test_one_that_has_expired_is_served_and_warned_of(self):
        old = self.ca.issue("a.test", start=-10, end=-1)
        with Served(simple(), "--certificate", "Web=" + old.both) as served:
            self.assertEqual(old.der(), shown(served, "a.test"))
            self.assertRegex("\n".join(served.log),
                             "(?m)warning: certificate %s ended on" % old.both)

    def test_a_target_is_behind_it_too(self):
        with rig.Origin() as origin:
            stack = simple()
            stack.group("Blue", [origin.address])
            stack.https("Api", 8443, forward("Blue"), certificate=ARN)
            with Served(stack, "--certificate",
                        ARN + "=" + self.pair.both) as served:
                context = certificates.client_context(self.ca)
                with Connection(served, context, "a.test",
                                "Api") as connection:
                    connection.sock.sendall(GET)
                    self.assertIn(b"200", connection.sock.recv(65536))
                self.assertEqual([["https"]], [
                    r.all("X-Forwarded-Proto") for r in origin.requests
                    if "ELB-HealthChecker" not in r.get("User-Agent", "")])


class Mistakes(unittest.TestCase):
    """Checklist 20: what is wrong with a certificate is told, with its
    place."""

    @classmethod
    def setUpClass(cls):
        cls.folder = certificates.Folder()
        cls.ca = cls.folder.authority()
        cls.pair = cls.ca.issue("a.test")
        cls.other = cls.ca.issue("b.test")

    @classmethod
    def tearDownClass(cls):
        cls.folder.close()

    def refused(self, given, *said, stack=None, code=65):
        for word in (["check"], ["serve", "--api", "off", "--no-supervisor",
                                 "--port", "443=0"]):
            done, _, err = command(*word, "-", "--certificate", given,
                                   stdin=stack or simple())
            self.assertEqual(code, done, err)
            for text in said:
                self.assertIn(text, err)

    def test_a_name_that_nothing_has(self):
        self.refused("Wob=" + self.pair.both,
                     "--certificate Wob: no listener has a certificate of this "
                     "name", "did you mean Web?")

    def test_no_files(self):
        self.refused("Web", "must be NAME=CERT.pem", code=64)
        self.refused("Web=", "there is no file after", code=64)
        self.refused("Web=a.pem,", "there is no file after", code=64)

    def test_no_such_file(self):
        self.refused("Web=/nowhere/a.pem", "listener Web: /nowhere/a.pem: "
                     "cannot be opened: No such file", ARN)

    def test_a_key_of_another_one(self):
        self.refused("Web=%s,%s" % (self.pair.cert, self.other.key),
                     "%s is not the private key of the certificate in %s" % (
                         self.other.key, self.pair.cert))

    def test_no_key(self):
        self.refused("Web=" + self.pair.cert,
                     self.pair.cert + " has no private key in PEM")

    def test_a_key_with_a_password(self):
        locked = self.folder.file("locked.key", certificates.openssl(
            "pkey", "-in", self.pair.key, "-aes128", "-passout", "pass:x"))
        self.refused("Web=%s,%s" % (self.pair.cert, locked),
                     "the private key has a password", "openssl pkey")

    def test_no_PEM(self):
        der = self.folder.file("a.der", self.pair.der())
        self.refused("Web=%s,%s" % (der, self.pair.key), "is no PEM but DER")
        text = self.folder.file("a.txt", "hello")
        self.refused("Web=%s,%s" % (text, self.pair.key),
                     "has no certificate in PEM")

    def test_a_file_without_end(self):
        huge = self.folder.file("huge.pem", b" " * (1 << 20))
        self.refused("Web=" + huge, "is larger than 262144 bytes")
        self.refused("Web=/dev/zero", "is no regular file")

    def test_kinds_that_ALB_does_not_take(self):
        for kind in ("ed25519", "rsa:1024"):
            pair = self.ca.issue("a.test", key=kind)
            self.refused("Web=" + pair.both, "ALB takes no certificate")

    def test_a_chain_out_of_order(self):
        wrong = self.folder.file(
            "wrong.pem", certificates.read(self.pair.cert) +
            certificates.read(self.other.cert))
        self.refused("Web=%s,%s" % (wrong, self.pair.key),
                     "certificate 2 of it did not issue certificate 1")

    def test_all_of_them_are_told_at_once(self):
        stack = simple()
        stack.https("More", 444, fixed(), certificate=ARN + "2")
        code, _, err = command("check", "-", "--certificate", "Web=/no/1",
                               "--certificate", "More=/no/2", stdin=stack)
        self.assertEqual(65, code)
        self.assertIn("/no/1", err)
        self.assertIn("/no/2", err)

    def test_a_listener_without_a_certificate(self):
        stack = Stack()
        stack.listener("Web", 443, fixed(), Protocol="HTTPS")
        code, _, err = command("check", "-", stdin=stack)
        self.assertEqual(65, code)
        self.assertIn("Certificates is missing: an HTTPS listener has a "
                      "default certificate", err)

    def test_check_lists_what_is_used(self):
        stack = simple("shop.test", "*.shop.test",
                       SslPolicy="ELBSecurityPolicy-TLS13-1-2-PQ-2025-09")
        stack.https("Other", 444, fixed(), certificate=ARN)
        code, out, err = command(
            "check", "-v", "-", "--certificate",
            "Other=%s,%s" % (self.pair.cert, self.pair.key), stdin=stack)
        self.assertEqual(0, code, err)
        self.assertIn("    ELBSecurityPolicy-TLS13-1-2-PQ-2025-09\n", out)
        self.assertRegex(out, r"    default certificate arn:aws:acm:\S+, issued"
                         r" here for shop\.test \*\.shop\.test ")
        self.assertIn("default certificate %s, from %s and %s\n" % (
            ARN, self.pair.cert, self.pair.key), out)
        self.assertIn("ELBSecurityPolicy-2016-08\n", out)

    def test_a_bad_new_one_is_refused_with_the_whole_change(self):
        with Served(simple(), "--certificate",
                    "Web=" + self.pair.both) as served:
            stack = simple()
            stack.https("More", 8443, fixed(200, "hello"), certificate=ARN)
            stack.resources["More"]["Metadata"]["Sluice"]["Certificates"] = [
                {"Certificate": "/nowhere.pem"}]
            served.reload(stack)
            served.says("the new template is refused, the old one goes on", 1)
            served.says(
                "listener More: "
                "/nowhere.pem", 1)
            self.assertEqual(self.pair.der(), shown(served))


class Authority(unittest.TestCase):
    """Certificates that have no files."""

    def setUp(self):
        self.folder = certificates.Folder()
        self.addCleanup(self.folder.close)
        self.state = os.path.join(self.folder.path, "deep", "state")

    def serve(self, stack):
        served = Served(stack, "--state-folder", self.state)
        self.addCleanup(served.stop)
        return served

    def trusting(self):
        return certificates.client_context(os.path.join(self.state, "ca.pem"))

    def test_the_names_of_the_template_are_served(self):
        served = self.serve(simple("shop.test", "*.shop.test"))
        for name in ("shop.test", "a.shop.test", "localhost", "127.0.0.1"):
            with Connection(served, self.trusting(), name) as connection:
                self.assertEqual(b"hello", connection.ask())
        with self.assertRaises(ssl.SSLCertVerificationError):
            Connection(served, self.trusting(), "example.com")
        leaf = self.folder.file("leaf.pem", ssl.DER_cert_to_PEM_cert(
            shown(served)))
        certificates.openssl("verify", "-x509_strict", "-purpose", "sslserver",
                             "-verify_hostname", "shop.test", "-CAfile",
                             os.path.join(self.state, "ca.pem"), leaf)

    def test_hosts_of_the_rules_are_served_where_only_AWS_knows_the_names(self):
        stack = simple()
        stack.rule("Api", "Web", 1, [stacks.host("api.test", "*.api.test")],
                   fixed(200, "hello"))
        served = self.serve(stack)
        for name in ("api.test", "x.api.test", "localhost"):
            with Connection(served, self.trusting(), name) as connection:
                self.assertEqual(b"hello", connection.ask())

    def test_it_is_kept_and_told(self):
        code, out, _ = command("ca", "--state-folder", self.state)
        self.assertEqual(0, code)
        path = os.path.join(self.state, "ca.pem")
        self.assertIn(path, out)
        self.assertIn("curl --cacert " + path, out)
        pem = certificates.read(path).decode()
        digest = certificates.openssl("x509", "-in", path, "-noout",
                                      "-fingerprint", "-sha256").decode()
        self.assertIn(digest.split("=")[1].strip(), out)
        self.assertEqual((0, pem, ""), command(
            "ca", "--pem", "--state-folder", self.state))
        copy = os.path.join(self.folder.path, "copy.pem")
        self.assertEqual((0, "", ""), command(
            "ca", "--export", copy, "--state-folder", self.state))
        self.assertEqual(pem, certificates.read(copy).decode())
        self.assertEqual(0o600, os.stat(os.path.join(
            self.state, "ca.key")).st_mode & 0o777)
        self.assertEqual(0o700, os.stat(self.state).st_mode & 0o777)
        served = self.serve(simple("a.test"))
        self.assertEqual([], served.log)
        with Connection(served, self.trusting(), "a.test") as connection:
            self.assertEqual(b"hello", connection.ask())

    def test_two_processes_have_the_same_one(self):
        one, two = (self.serve(simple("a.test")) for _ in range(2))
        self.assertEqual(1, one.log_count("a local authority was made") +
                         two.log_count("a local authority was made"))
        for served in (one, two):
            with Connection(served, self.trusting(), "a.test") as connection:
                self.assertEqual(b"hello", connection.ask())

    def test_without_a_folder_it_lives_in_memory(self):
        self.state = os.path.join(self.folder.file("file", "x"), "state")
        served = self.serve(simple("a.test"))
        served.says(
            "an authority that is forgotten at the end of this process", 1)
        with Connection(served, ANYBODY, "a.test") as connection:
            self.assertEqual(b"hello", connection.ask())

    def test_check_makes_none(self):
        home = {"HOME": self.folder.path, "XDG_STATE_HOME": ""}
        with unittest.mock.patch.dict(os.environ, home):
            self.assertEqual(0, command("check", "-",
                                        stdin=simple("a.test"))[0])
        self.assertEqual([], os.listdir(self.folder.path))

    def test_without_HOME_it_must_be_said_where(self):
        if os.geteuid() == 0:
            self.skipTest("root has /var/lib/sluice")
        home = {"HOME": "", "XDG_STATE_HOME": "", "STATE_DIRECTORY": ""}
        with unittest.mock.patch.dict(os.environ, home):
            code, _, err = command("ca")
        self.assertEqual(69, code)
        self.assertIn("--state-folder", err)

    def test_the_environment_says_where(self):
        base = self.folder.path
        for key, value, at in (
                ("STATE_DIRECTORY", base + "/one:/two", base + "/one"),
                ("XDG_STATE_HOME", base + "/xdg", base + "/xdg/sluice"),
                ("HOME", base + "/home", base + "/home/.local/state/sluice")):
            environment = {"STATE_DIRECTORY": "", "XDG_STATE_HOME": "",
                           "HOME": base + "/unused", key: value}
            with unittest.mock.patch.dict(os.environ, environment):
                code, _, err = command("ca", "--pem")
            self.assertEqual(0, code, err)
            self.assertTrue(os.path.exists(at + "/ca.pem"), key)

    def test_a_name_more_is_issued_anew_with_HUP(self):
        served = self.serve(simple("a.test"))
        first = shown(served)
        served.reload(simple("a.test", "b.test"))
        with Connection(served, self.trusting(), "b.test") as connection:
            self.assertNotEqual(first, connection.der())


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whom a call of AWS trusts, and which way it goes: authorities, certificates,
TLS that fails, proxies.  Each fault says what to do about it."""
import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import inside  # noqa: E402
from asking import Home  # noqa: E402
from calls import Service, ok  # noqa: E402
from inside import REGION, rig  # noqa: E402

setUpModule = inside.enter

CALL = {"service": "ECS", "action": "ListTasks", "attempts": 1}
HOST = "ecs.%s.amazonaws.com" % REGION


class Case(inside.Case):
    def bad(self, *words, call=None, **environment):
        """No answer, no request that anybody took; the message has `words`."""
        said = self.ask({**CALL, **(call or {})}, **environment)
        self.assertEqual((said["outcome"], said["tried"]), ("UNREACHABLE", 1),
                         said)
        for word in ("ecs ListTasks at https://" + HOST,) + words:
            self.assertIn(word, said["message"])
        self.assertEqual(self.aws.journal, [])
        self.assertNotIn(self.aws.keys["AKIDEXAMPLE"].secret,
                         said["message"] + self.log)
        return said["message"]


class Authorities(Case):
    MEND = ("set AWS_CA_BUNDLE (or ca_bundle of the profile) to a file (PEM) "
            "with the authority that issued it")

    def test_those_of_the_system_are_trusted(self):
        inside.trust(self.ca)
        self.good(AWS_CA_BUNDLE=None)

    def test_one_that_nobody_knows(self):
        inside.trust(self.folder.authority("Another"))
        self.bad("unable to get local issuer certificate", self.MEND,
                 AWS_CA_BUNDLE=None)

    def test_one_of_the_profile(self):
        with Home("[default]\nca_bundle = %s\n" % self.ca.cert) as home:
            self.good(AWS_CA_BUNDLE=None, AWS_CONFIG_FILE=None,
                      HOME=home.folder.name)

    def test_the_environment_is_before_the_profile(self):
        with Home("[default]\nca_bundle = /none\n") as home:
            self.good(AWS_CONFIG_FILE=None, HOME=home.folder.name)

    def test_a_bundle_is_instead_of_the_system_s(self):
        inside.trust(self.ca)
        other = self.folder.authority("Another")
        self.bad("unable to get local issuer certificate", self.MEND,
                 AWS_CA_BUNDLE=other.cert)

    def test_an_intermediate_comes_with_the_certificate(self):
        lower = self.ca.authority("Lower")
        self.aws.tls = inside.context(lower.issue(HOST))
        self.good()

    def test_a_bundle_that_is_not_there_or_none(self):
        mend = ("AWS_CA_BUNDLE (or ca_bundle of the profile) names a file (PEM) "
                "of authorities")
        self.bad("/none", mend, AWS_CA_BUNDLE="/none")
        with Home(text="no certificate\n") as home:
            self.bad(home.path("text"), mend, AWS_CA_BUNDLE=home.path("text"))
            self.bad(home.folder.name, mend, AWS_CA_BUNDLE=home.folder.name)

    def test_a_system_without_any(self):
        self.bad("/etc/ssl/certs", "package ca-certificates",
                 AWS_CA_BUNDLE=None)


class Certificates(Case):
    def show(self, *names, **more):
        self.aws.tls = inside.context(self.ca.issue(*names, **more))

    def test_one_of_another_host(self):
        self.show("ecs.eu-west-2.amazonaws.com")
        self.bad("no alternative certificate subject name", HOST, "look at DNS and at proxies")

    def test_one_of_a_bucket_with_dots_would_be_none(self):
        """Why such buckets stand in the path."""
        inside.names("a.b.s3.%s.amazonaws.com" % REGION)
        self.show(*inside.BUCKETS)
        said = self.ask({"service": "S3", "method": "GET", "bucket": "a.b",
                         "key": "k", "attempts": 1})
        self.assertIn("https://s3.%s.amazonaws.com" % REGION, said["message"])

    def test_one_that_has_expired(self):
        self.show(HOST, start=-10, end=-1)
        self.bad("certificate has expired", "look at this machine's clock")

    def test_one_of_tomorrow(self):
        self.show(HOST, start=1, end=10)
        self.bad("certificate is not yet valid", "look at this machine's clock")

    def test_one_that_signed_itself(self):
        inside.trust(self.folder.authority("Another"))
        self.aws.tls = inside.context(self.ca)
        self.bad("self-signed certificate", Authorities.MEND,
                 AWS_CA_BUNDLE=None)


class Handshakes(Case):
    def test_one_that_hangs(self):
        inside.names(**{HOST: "127.0.0.2"})
        with inside.Silent("127.0.0.2"):
            self.bad("it took the connection and did not end TLS's handshake",
                     "firewalls", call={"timeout_ms": 300})

    def test_a_connection_that_nobody_takes(self):
        inside.names(**{HOST: "127.0.0.2"})
        with inside.Silent("127.0.0.2", full=True):
            message = self.bad("timed out", call={"timeout_ms": 300})
        self.assertNotIn("handshake", message)

    def test_one_that_is_cut(self):
        inside.names(**{HOST: "127.0.0.2"})
        with socket.create_server(("127.0.0.2", 443)) as listener:
            with self.caller() as caller:
                name = caller.begin(**CALL)
                sock = listener.accept()[0]
                sock.recv(1)
                sock.close()
                said = caller.wait(name)
        self.assertEqual(said["outcome"], "UNREACHABLE", said)
        self.assertIn("https://" + HOST, said["message"])

    def test_no_tls_at_all(self):
        inside.names(**{HOST: "127.0.0.2"})
        with Service(lambda r: ok(), "127.0.0.2", 443):
            self.bad("speaks no TLS", "http://")

    def test_nobody_listens(self):
        inside.names(**{HOST: "127.0.0.2"})
        message = self.bad("Failed to connect to " + HOST)
        self.assertNotIn("PROXY", message)

    def test_a_name_that_does_not_exist(self):
        inside.names()
        self.bad("Could not resolve host: " + HOST)


class Proxies(Case):
    """Of them a call knows what the environment says."""
    LOOK = "look at HTTPS_PROXY and NO_PROXY"

    def test_a_tunnel_shows_it_nothing_of_the_call(self):
        inside.names()      # names are the proxy's business
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            with self.subTest(name), inside.Proxy() as proxy:
                self.good(**{name: proxy.url})
                head = proxy.heads[0]
                self.assertTrue(head.startswith(
                    "CONNECT %s:443 HTTP/1.1\r\n" % HOST), head)
                self.assertNotIn("Authorization", head)
                self.assertNotIn("X-Amz", head)

    def test_names_that_go_past_it(self):
        for said in (HOST, ".amazonaws.com", "amazonaws.com", "x.test, " + HOST, "*"):
            with self.subTest(said), inside.Proxy() as proxy:
                self.good(HTTPS_PROXY=proxy.url, NO_PROXY=said)
                self.assertEqual(proxy.heads, [])

    def test_one_that_refuses(self):
        for status in (403, 407):
            with self.subTest(status), inside.Proxy(status) as proxy:
                self.bad(str(status), "the proxy does not let it pass",
                         self.LOOK, HTTPS_PROXY=proxy.url)
                self.assertEqual(len(proxy.heads), 1)

    def test_one_that_is_not_there(self):
        self.bad("Failed to connect to 127.0.0.1 port 9", self.LOOK,
                 HTTPS_PROXY="http://127.0.0.1:9")
        self.bad("Could not resolve proxy: proxy.test", self.LOOK,
                 HTTPS_PROXY="http://proxy.test:9")

    def test_a_password_of_it_is_told_to_nobody_else(self):
        with inside.Proxy(403) as proxy:
            said = self.bad("403", HTTPS_PROXY=proxy.url.replace(
                "//", "//me:hidden@"))
            self.assertNotIn("hidden", said + self.log)
            self.assertIn("Proxy-Authorization: Basic ", proxy.heads[0])

    def test_certificates_are_the_service_s_all_the_same(self):
        self.aws.tls = inside.context(self.ca.issue("proxy.test"))
        with inside.Proxy() as proxy:
            self.bad("no alternative certificate subject name", HTTPS_PROXY=proxy.url)


if __name__ == "__main__":
    rig.main()

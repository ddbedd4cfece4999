#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Security policies: versions and ciphers, in which order."""
import ssl

import rig
from checked import CERTIFICATE
from stack import Served, Stack, command, fixed
from tls_client import (POLICY, TlsCase, V10, V11, V12, V13, ask, context,
                        dial, s_client)

# alb.md 5.6, with a key of RSA and with one of ECDSA.
RSA = {"A": "ECDHE-RSA-AES128-GCM-SHA256", "B": "ECDHE-RSA-AES128-SHA256",
       "C": "ECDHE-RSA-AES128-SHA", "D": "ECDHE-RSA-AES256-GCM-SHA384",
       "E": "ECDHE-RSA-AES256-SHA384", "F": "ECDHE-RSA-AES256-SHA",
       "R128": "AES128-GCM-SHA256 AES128-SHA256", "R128S": "AES128-SHA",
       "R256": "AES256-GCM-SHA384 AES256-SHA256", "R256S": "AES256-SHA"}
ECDSA = {key: name.replace("RSA", "ECDSA") if key in "ABCDEF" else ""
         for key, name in RSA.items()}
ALL = "A B C D E F R128 R128S R256 R256S"
SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256"]
POLICIES = {
    None: ((V10, V11, V12), ALL, []),
    "2016-08": ((V10, V11, V12), ALL, []),
    "TLS-1-2-2017-01": ((V12,), "A B D E R128 R256", []),
    "TLS13-1-2-2021-06": ((V12, V13), "A B D E", SUITES),
    "TLS13-1-2-Res-2021-06": ((V12, V13), "A D", SUITES),
    "TLS13-1-3-2021-06": ((V13,), "", SUITES),
    "TLS13-1-0-2021-06": ((V10, V11, V12, V13), ALL, SUITES),
    "TLS13-1-2-Ext2-FIPS-2023-04": ((V12, V13), ALL, SUITES[:2]),
    "TLS13-1-2-Res-PQ-2025-09": ((V12, V13), "A D", SUITES),
}


class Policies(TlsCase):
    """One listener for each policy and kind of key."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stack, options, cls.names = Stack(), [], {}
        stack.balancer("Fips")
        for number, policy in enumerate(POLICIES):
            for kind, pair in (("Rsa", cls.rsa), ("Ec", cls.ec)):
                name = cls.names[policy, kind] = kind + str(number)
                more = {"SslPolicy": POLICY + policy} if policy else {}
                if policy and "FIPS" in policy:
                    more["lb"] = "Fips"
                stack.https(name, 1000 + len(cls.names), fixed(200, "hello"),
                            certificate="arn:of:" + name, **more)
                options += ["--certificate", name + "=" + pair.both]
        cls.served = Served(stack, *options)

    @classmethod
    def tearDownClass(cls):
        cls.served.stop()
        super().tearDownClass()

    def address(self, policy, kind):
        return self.served.listeners[self.names[policy, kind]]

    def chosen(self, policy, kind, offer):
        """The cipher out of those (TLS 1.2) that is taken; None: refused."""
        with_ = context(V12, V12, ":".join(offer))
        try:
            with dial(self.address(policy, kind), with_) as sock:
                return sock.cipher()[0]
        except (ssl.SSLError, ConnectionError):
            return None

    def order(self, policy, kind, offer):
        """All that are taken, the preferred one first, whatever the client
        would rather have."""
        found = []
        while offer:
            cipher = self.chosen(policy, kind, offer)
            if cipher is None:
                break
            found.append(cipher)
            offer = [c for c in offer if c != cipher]
        return found

    # 106
    def test_ciphers_are_taken_in_the_order_of_the_policy(self):
        for (policy, (versions, keys, _)) in POLICIES.items():
            if V12 not in versions:
                continue
            for kind, names in (("Rsa", RSA), ("Ec", ECDSA)):
                with self.subTest(policy=policy, kind=kind):
                    want = " ".join(names[k] for k in keys.split()).split()
                    offer = " ".join(names.values()).split()[::-1] + [
                        "ECDHE-RSA-CHACHA20-POLY1305",
                        "ECDHE-ECDSA-CHACHA20-POLY1305",
                        "DHE-RSA-AES128-GCM-SHA256"]
                    self.assertEqual(self.order(policy, kind, offer), want)

    # 106
    def test_versions_are_those_of_the_policy(self):
        for policy, (versions, _, _) in POLICIES.items():
            for version in (V10, V11, V12, V13):
                with self.subTest(policy=policy, version=version.name):
                    taken = False
                    try:
                        with dial(self.address(policy, "Rsa"),
                                  context(version, version)) as sock:
                            taken = ask(sock).startswith(b"HTTP/1.1 200")
                    except (ssl.SSLError, ConnectionError):
                        pass
                    self.assertEqual(taken, version in versions)

    # 106
    def test_suites_of_TLS_1_3_are_those_of_the_policy(self):
        for policy in ("TLS13-1-3-2021-06", "TLS13-1-2-Ext2-FIPS-2023-04",
                       "TLS13-1-2-Res-PQ-2025-09"):
            suites = POLICIES[policy][2]
            with self.subTest(policy):
                for number, suite in enumerate(SUITES):
                    out = s_client(self.address(policy, "Ec"), "-tls1_3",
                                   "-ciphersuites", suite)
                    self.assertEqual("Cipher is " + suite in out,
                                     suite in suites)
                    later = ":".join(SUITES[number:][::-1])
                    out = s_client(self.address(policy, "Ec"), "-tls1_3",
                                   "-ciphersuites", later)
                    self.assertEqual("Cipher is " + suite in out,
                                     suite in suites)

    # 106
    def test_check_says_what_is_not_served(self):
        stack = Stack()
        stack.listener("Web", 443, fixed(200), Protocol="HTTPS",
                       SslPolicy=POLICY + "TLS13-1-2-PQ-2025-09",
                       Certificates=[{"CertificateArn": CERTIFICATE}])
        code, _, err = command("check", "-", stdin=stack)
        self.assertEqual(code, 0)
        if ssl.OPENSSL_VERSION_INFO < (3, 5):
            self.assertIn("is served without X25519MLKEM768", err)
        else:
            self.assertNotIn("is served without", err)

    def test_there_is_no_way_to_renegotiate(self):
        out = s_client(self.address("2016-08", "Rsa"), "-tls1_2", say=b"R\n",
                       until_=rb"no renegotiation|RENEGOTIATING.*closed")
        self.assertIn("no renegotiation", out)


if __name__ == "__main__":
    rig.main()

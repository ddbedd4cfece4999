#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Security policies of HTTPS listeners, as clients see them."""
import socket
import ssl
import unittest

import certificates
import rig
from stack import Served, Stack, fixed

ARN = "arn:aws:acm:us-east-1:000000000000:certificate/of-another-account"


class Policies(unittest.TestCase):
    """Checklist 106: exact protocols, and ciphers in AWS's order."""

    A = "ECDHE-{0}-AES128-GCM-SHA256"
    B = "ECDHE-{0}-AES128-SHA256"
    C = "ECDHE-{0}-AES128-SHA"
    D = "ECDHE-{0}-AES256-GCM-SHA384"
    E = "ECDHE-{0}-AES256-SHA384"
    F = "ECDHE-{0}-AES256-SHA"
    RSA = ("AES128-GCM-SHA256 AES128-SHA256 AES128-SHA AES256-GCM-SHA384 "
           "AES256-SHA256 AES256-SHA").split()
    RSA_SHA2 = [name for name in RSA if not name.endswith("-SHA")]
    V10, V11, V12, V13 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1,
                          ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    # None: a listener without SslPolicy.
    TABLE = {
        None: ((V10, V11, V12), (A, B, C, D, E, F), RSA),
        "TLS13-1-2-2021-06": ((V12, V13), (A, B, D, E), []),
        "TLS13-1-2-Res-2021-06": ((V12, V13), (A, D), []),
        "TLS13-1-2-Ext1-2021-06": ((V12, V13), (A, B, D, E), RSA_SHA2),
        "TLS13-1-3-2021-06": ((V13,), (), []),
        "TLS13-1-0-2021-06": ((V10, V11, V12, V13), (A, B, C, D, E, F), RSA),
        "FS-1-1-2019-08": ((V11, V12), (A, B, C, D, E, F), []),
        "TLS-1-0-2015-04": ((V10, V11, V12), (A, B, C, D, E, F), RSA),
        "TLS13-1-2-Res-PQ-2025-09": ((V12, V13), (A, D), []),
    }
    ALL = ("ALL:!aNULL:!PSK:!SRP:!CAMELLIA:!ARIA:!CHACHA20:!DSS:!DHE:!AESCCM:"
           "!AESCCM8")

    @classmethod
    def setUpClass(cls):
        cls.folder = certificates.Folder()
        ca = cls.folder.authority()
        cls.kinds = {"RSA": ca.issue("a.test", key="rsa:2048"),
                     "ECDSA": ca.issue("a.test")}
        stack = Stack()
        arguments = []
        for i, policy in enumerate(cls.TABLE):
            for k, kind in enumerate(cls.kinds):
                name = cls.name(policy, kind)
                more = {"SslPolicy": "ELBSecurityPolicy-" + policy} \
                    if policy else {}
                stack.https(name, 443 + 2 * i + k, fixed(200, "hello"),
                            certificate=ARN, **more)
                arguments += ["--certificate", "%s=%s" % (
                    name, cls.kinds[kind].both)]
        cls.served = Served(stack, *arguments)

    @classmethod
    def tearDownClass(cls):
        cls.served.stop()
        cls.folder.close()

    @staticmethod
    def name(policy, kind):
        return kind + "".join(c for c in policy or "" if c.isalnum())

    def chosen(self, policy, kind, version, ciphers):
        """(protocol, cipher) of a handshake; None when there is none."""
        context = certificates.client_context(low=version, high=version,
                                              ciphers=ciphers)
        try:
            with socket.create_connection(
                    self.served.listeners[self.name(policy, kind)],
                    rig.PATIENCE) as plain, \
                    context.wrap_socket(plain) as connection:
                return connection.version(), connection.cipher()[0]
        except (ssl.SSLError, ConnectionError):
            return None

    def test_protocols(self):
        words = {self.V10: "TLSv1", self.V11: "TLSv1.1", self.V12: "TLSv1.2",
                 self.V13: "TLSv1.3"}
        for policy, (versions, _, _) in self.TABLE.items():
            for version, word in words.items():
                got = self.chosen(policy, "RSA", version, "ALL")
                self.assertEqual(word if version in versions else None,
                                 got and got[0], (policy, word))

    def order(self, policy, kind):
        """Ciphers in the order in which the server prefers them: each
        handshake leaves out those that were chosen before, and the client
        would rather have them the other way around."""
        found, left = [], self.ALL
        while True:
            got = self.chosen(policy, kind, self.V12, "@STRENGTH:" + left)
            if got is None:
                return found
            found.append(got[1])
            left += ":!" + got[1]

    def test_ciphers(self):
        for policy, (versions, ciphers, rsa) in self.TABLE.items():
            if self.V12 not in versions:
                continue
            for kind in self.kinds:
                self.assertEqual(
                    [c.format(kind) for c in ciphers] +
                    (rsa if kind == "RSA" else []),
                    self.order(policy, kind), (policy, kind))


if __name__ == "__main__":
    rig.main()

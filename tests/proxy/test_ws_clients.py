#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""WebSocket through the load balancer with somebody else's client and server:
`ws` on node, over TLS on either side."""
import unittest

import certificates
import node
import rig
from stack import Served, Stack, forward


class Sockets:
    tls_to_target = False

    @classmethod
    def setUpClass(cls):
        cls.folder = certificates.Folder()
        cls.addClassCleanup(cls.folder.close)
        cls.ca = cls.folder.authority()
        cls.pair = cls.ca.issue("localhost", "127.0.0.1")
        cls.server = node.Server("ws_server.js", *(
            (cls.pair.cert, cls.pair.key) if cls.tls_to_target else ()))
        cls.addClassCleanup(cls.server.stop)
        stack = Stack()
        stack.group("Chat", [cls.server.address],
                    Protocol="HTTPS" if cls.tls_to_target else "HTTP")
        stack.listener("Web", 443, forward("Chat"), Protocol="HTTPS",
                       Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1"
                                      ":000000000000:certificate/chat"}])
        stack.resources["Web"]["Metadata"]["Sluice"]["Certificates"] = [
            {"Certificate": cls.pair.cert, "Key": cls.pair.key}]
        cls.sluice = Served(stack)
        cls.addClassCleanup(cls.sluice.stop)
        cls.url = "wss://127.0.0.1:%d/chat?room=1" % \
            cls.sluice.listeners["Web"][1]

    def ask(self, case):
        return node.ask("ws_client.js", self.url, case, self.ca.cert)

    # 100
    def test_messages_and_the_close_of_the_server_arrive(self):
        self.assertEqual(self.ask("talk"), {
            "messages": ["hello https /chat?room=1", "message 1", "message 2",
                         "message 3"],
            "protocol": "echo", "code": 4001, "why": "that is all"})

    def test_mebibytes_in_many_messages_come_back_unchanged(self):
        self.assertEqual(self.ask("bulk"), {"good": 64, "code": 1000})

    def test_a_ping_gets_its_pong(self):
        self.assertEqual(self.ask("ping"), {"pong": "are you there"})


@node.needs("ws")
class ToHttp(Sockets, unittest.TestCase):
    pass


@node.needs("ws")
class ToHttps(Sockets, unittest.TestCase):
    tls_to_target = True


if __name__ == "__main__":
    rig.main()

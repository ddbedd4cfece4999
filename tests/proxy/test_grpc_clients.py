#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""gRPC through the load balancer with somebody else's client and server:
@grpc/grpc-js on node, over HTTP and HTTPS target groups."""
import unittest

import certificates
import node
import rig
from stack import Served, Stack, forward

CODE_UNAVAILABLE = 14


class Front:
    """An HTTPS listener in front of a gRPC server."""

    @classmethod
    def setUpClass(cls):
        cls.folder = certificates.Folder()
        cls.addClassCleanup(cls.folder.close)
        cls.ca = cls.folder.authority()
        cls.pair = cls.ca.issue("grpc.test", "localhost", "127.0.0.1")
        cls.server = node.Server("grpc_server.js", *cls.credentials())
        cls.addClassCleanup(cls.server.stop)
        cls.sluice = Served(cls.stack())
        cls.addClassCleanup(cls.sluice.stop)
        cls.address = "127.0.0.1:%d" % cls.sluice.listeners["Web"][1]

    @classmethod
    def stack(cls):
        stack = Stack()
        stack.group("Calls", [cls.server.address], Protocol=cls.protocol,
                    ProtocolVersion="GRPC")
        stack.listener("Web", 443, forward("Calls"), Protocol="HTTPS",
                       Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1"
                                      ":000000000000:certificate/grpc"}])
        stack.resources["Web"]["Metadata"]["Sluice"]["Certificates"] = [
            {"Certificate": cls.pair.cert, "Key": cls.pair.key}]
        return stack

    def ask(self, case):
        return node.ask("grpc_client.js", self.address, case, self.ca.cert,
                        "grpc.test")


class Calls(Front):
    # 101
    def test_a_unary_call_gets_its_head_answer_and_trailers(self):
        self.assertEqual(self.ask("unary"), {
            "head": "early", "bytes": 5, "same": True, "code": 0,
            "said": "hi"})

    def test_an_empty_message_is_a_message(self):
        seen = self.ask("empty")
        self.assertEqual((seen["code"], seen["bytes"]), (0, 0))

    def test_eight_mebibytes_go_there_and_back(self):
        seen = self.ask("large")
        self.assertEqual((seen["code"], seen["bytes"], seen["same"]),
                         (0, 8 << 20, True))

    def test_a_stream_of_requests_becomes_one_answer(self):
        self.assertEqual(self.ask("collect"), {"bytes": 640000, "code": 0})

    def test_one_request_becomes_a_stream_of_answers(self):
        self.assertEqual(self.ask("count"), {
            "messages": 500, "bytes": 500 * 20000, "code": 0, "count": "500"})

    def test_messages_pass_both_ways_while_both_streams_are_open(self):
        seen = self.ask("talk")
        self.assertEqual((seen["code"], seen["messages"]), (0, 20))

    def test_a_status_without_a_message_arrives_with_its_trailers(self):
        self.assertEqual(self.ask("fail")["fault"], {
            "code": 9, "details": "not now", "why": "asked for"})

    def test_a_deadline_of_the_client_cancels_the_call_at_the_server(self):
        self.assertEqual(self.ask("deadline")["code"], 4)
        self.server.prints("cancelled asleep")

    def test_a_cancelled_stream_is_cancelled_at_the_server(self):
        self.assertEqual(self.ask("cancel")["code"], 1)
        self.server.prints("cancelled after this")

    def test_three_hundred_calls_share_one_connection(self):
        self.assertEqual(self.ask("crowd"), {"ok": 300})


@node.needs("@grpc/grpc-js")
class OverHttp(Calls, unittest.TestCase):
    protocol = "HTTP"

    @classmethod
    def credentials(cls):
        return ()


@node.needs("@grpc/grpc-js")
class OverHttps(Calls, unittest.TestCase):
    protocol = "HTTPS"

    @classmethod
    def credentials(cls):
        return (cls.pair.cert, cls.pair.key)


@node.needs("@grpc/grpc-js")
class Failures(unittest.TestCase):
    def test_a_server_that_is_not_there_is_unavailable(self):
        closed = rig.Closed()
        self.addCleanup(closed.close)
        with certificates.Folder() as folder:
            ca = folder.authority()
            pair = ca.issue("grpc.test")
            stack = Stack()
            stack.group("Calls", [closed.address], ProtocolVersion="GRPC")
            stack.listener("Web", 443, forward("Calls"), Protocol="HTTPS",
                           Certificates=[{"CertificateArn": "arn:aws:acm:us-"
                                          "east-1:000000000000:certificate/g"}])
            stack.resources["Web"]["Metadata"]["Sluice"]["Certificates"] = [
                {"Certificate": pair.cert, "Key": pair.key}]
            with Served(stack) as sluice:
                seen = node.ask("grpc_client.js", "127.0.0.1:%d" %
                                sluice.listeners["Web"][1], "unary", ca.cert,
                                "grpc.test")
        self.assertEqual(seen["code"], CODE_UNAVAILABLE)


if __name__ == "__main__":
    rig.main()

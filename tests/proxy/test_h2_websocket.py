#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""WebSocket over HTTP/2 (RFC 8441), where Metadata.Sluice asks for it."""
import base64
import hashlib
import re
import struct

import h2
import rig
from h2 import (CANCEL, CONNECT_ERROR, DATA, END_STREAM, PROTOCOL_ERROR,
                RST_STREAM, fields, frame)
from rig import Origin
from stack import Served, Stack, fixed, forward, path
from web_acl import BLOCK, BODY, URI, acl, contains, protect, rule

ENABLE_CONNECT_PROTOCOL = 8
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def setUpModule():
    h2.need()


def asked(where="/chat", protocol="websocket"):
    return [(":method", "CONNECT"), (":protocol", protocol),
            (":scheme", "https"), (":path", where),
            (":authority", "example.com"), ("sec-websocket-version", "13"),
            ("sec-websocket-protocol", "chat"),
            ("sec-websocket-key", "the client's, which means nothing")]


def switch(head, right=True):
    key = re.search(rb"(?i)\r\nsec-websocket-key: (\S+)\r\n", head).group(1)
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Protocol: chat\r\n"
            b"Sec-WebSocket-Accept: " + (accept if right else b"wrong") +
            b"\r\n\r\n")


def echo_tunnel(conn):
    """101, then every byte back."""
    conn.send(switch(conn.read_head()))
    while True:
        conn.send(conn.fill())


class WebSockets(rig.ProxyCase):
    offered = True

    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        stack = Stack().certificate("Certificate", "example.com")
        stack.group("Web1", [cls.origin.address])
        stack.https("Web", 443, forward("Web1"))
        stack.rule("Fixed", "Web", 1, [path("/fixed")], fixed(200, "no"))
        if cls.offered:
            stack.resources["Web"]["Metadata"]["Sluice"][
                "WebSocketOverHttp2"] = True
        cls.server = cls.sluice = Served(cls.more(stack))

    @classmethod
    def more(cls, stack):
        return stack

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.origin.close()

    def client(self):
        client = h2.connect(*self.server.listeners["Web"])
        self.addCleanup(client.close)
        client.until(lambda: client.theirs is not None and client.acks)
        return client

    def open(self, client, **more):
        return client.open(asked(**more), end=False)

    def answer(self, client, number):
        here = client.streams[number]
        client.until(lambda: here.answer or here.reset is not None)
        return here.answer


class Offered(WebSockets):
    def setUp(self):
        self.origin.script = echo_tunnel

    def test_the_listener_says_so(self):
        self.assertEqual(self.client().theirs[ENABLE_CONNECT_PROTOCOL], 1)

    def test_bytes_pass_both_ways(self):
        client = self.client()
        number = self.open(client)
        answer = self.answer(client, number)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.get("sec-websocket-protocol"), "chat")
        self.assertIsNone(answer.get("sec-websocket-accept"))
        self.assertIsNone(answer.get("content-length"))
        sent = b""
        for word in (b"\x81\x85hello", b"\0" * 10, bytes(40000)):
            sent += word
            for at in range(0, len(word), 16384):
                client.send(frame(DATA, 0, number, word[at:at + 16384]))
            client.until(lambda: len(answer.body) == len(sent))
            self.assertEqual(answer.body, sent)
        head = bytes(self.origin.conns[-1].raw).partition(b"\r\n\r\n")[0]
        self.assertTrue(head.startswith(b"GET /chat HTTP/1.1\r\n"))
        self.assertIn(b"\r\nUpgrade: websocket", head)
        self.assertIn(b"\r\nConnection: Upgrade", head)
        self.assertNotIn(b"the client's", head)
        self.assertNotIn(b":protocol", head)
        self.assertNotIn(b"ontent-", head)

    def test_what_is_sent_before_the_answer_waits_for_it(self):
        client = self.client()
        number, data = client.start(asked(), False)
        client.send(data + frame(DATA, 0, number, b"early"))
        answer = self.answer(client, number)
        client.until(lambda: answer.body == b"early")

    def test_the_end_of_the_target_is_the_end_of_the_stream(self):
        def bye(conn):
            conn.send(switch(conn.read_head()) + b"bye")
        self.origin.script = bye
        client = self.client()
        number = self.open(client)
        answer = self.answer(client, number)
        client.until(lambda: client.streams[number].ended)
        self.assertEqual(answer.body, b"bye")
        client.send(frame(DATA, END_STREAM, number, b""))
        self.assertEqual(client.ask("/fixed").body, b"no")

    def test_the_end_of_the_client_reaches_the_target(self):
        def rest(conn):
            conn.send(switch(conn.read_head()))
            got = b""
            try:
                while True:
                    got += conn.fill()
            except rig.Ended:
                conn.send(b"%d" % len(got))
        self.origin.script = rest
        client = self.client()
        number = self.open(client)
        answer = self.answer(client, number)
        client.send(frame(DATA, 0, number, bytes(1000)))
        client.send(frame(DATA, END_STREAM, number, b"x"))
        client.until(lambda: client.streams[number].ended)
        self.assertEqual(answer.body, b"1001")

    def test_a_reset_closes_the_connection_to_the_target(self):
        client = self.client()
        number = self.open(client)
        self.answer(client, number)
        conn = self.origin.conns[-1]
        client.send(frame(RST_STREAM, 0, number, struct.pack("!I", CANCEL)))
        self.assertTrue(conn.peer_closed.wait(rig.PATIENCE))
        self.assertEqual(client.ask("/fixed").body, b"no")

    def test_a_target_that_closes_early_resets_the_stream(self):
        def cut(conn):
            conn.send(switch(conn.read_head()))
            conn.fill()
            rig.reset(conn.sock)
        self.origin.script = cut
        client = self.client()
        number = self.open(client)
        self.answer(client, number)
        client.send(frame(DATA, 0, number, b"x"))
        client.until(lambda: client.streams[number].reset is not None)

    def test_a_wrong_accept_is_no_websocket(self):
        def wrong(conn):
            conn.send(switch(conn.read_head(), right=False))
            conn.fill()
        self.origin.script = wrong
        client = self.client()
        number = self.open(client)
        client.until(lambda: client.streams[number].reset is not None)
        self.assertEqual(client.streams[number].reset, CONNECT_ERROR)
        self.assertTrue(
            self.origin.conns[-1].peer_closed.wait(rig.PATIENCE))
        self.assertEqual(client.ask("/fixed").body, b"no")

    def test_an_answer_without_upgrade_is_no_success(self):
        self.origin.script = Origin.serve
        for answer, status in ((b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                                b"ok", 502),
                               (b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n"
                                b"no", 403)):
            self.origin.answer = lambda request, answer=answer: answer
            client = self.client()
            self.assertEqual(
                self.answer(client, self.open(client)).status, status)
        self.origin.answer = Origin.echo

    def test_neither_is_one_of_ours(self):
        client = self.client()
        number = self.open(client, where="/fixed")
        self.assertEqual(self.answer(client, number).status, 502)

    def test_other_protocols_are_not_served(self):
        client = self.client()
        number = self.open(client, protocol="connect-udp")
        self.assertEqual(self.answer(client, number).status, 501)

    def test_a_plain_CONNECT_is_refused(self):
        client = self.client()
        number = client.open([(":method", "CONNECT"),
                              (":authority", "example.com:443")], end=False)
        self.assertEqual(self.answer(client, number).status, 405)


class NotOffered(WebSockets):
    offered = False

    def test_ALB_has_no_such_thing(self):
        client = self.client()
        self.assertNotIn(ENABLE_CONNECT_PROTOCOL, client.theirs)
        number = self.open(client)
        client.until(lambda: client.streams[number].reset is not None)
        self.assertEqual(client.streams[number].reset, PROTOCOL_ERROR)
        self.assertEqual(client.ask("/fixed").body, b"no")


class Protected(WebSockets):
    """A web ACL that looks at bodies does not wait for what the tunnel
    brings."""

    @classmethod
    def more(cls, stack):
        stack.add("Acl", *acl(rule("Path", 1, contains("evil", URI), BLOCK),
                              rule("Body", 2, contains("evil", BODY), BLOCK)))
        return protect(stack)

    def setUp(self):
        self.origin.script = echo_tunnel

    def test_bytes_pass_both_ways(self):
        client = self.client()
        number = self.open(client)
        answer = self.answer(client, number)
        self.assertEqual(answer.status, 200)
        client.send(frame(DATA, 0, number, b"an evil word"))
        client.until(lambda: len(answer.body) == 12)

    def test_rules_see_the_request(self):
        client = self.client()
        answer = self.answer(client, self.open(client, where="/evil"))
        self.assertEqual(answer.status, 403)


if __name__ == "__main__":
    rig.main()

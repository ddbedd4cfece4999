# SPDX-License-Identifier: Apache-2.0
"""What the tests of HTTP/2 have in common: a server over TLS, a target, and
tables of what is sent and what may come of it.

    @cases([("6.7: a PING with a stream", frame(PING, 0, 1, bytes(8)),
             connection(PROTOCOL_ERROR)), ...])
    class Pings(Case): pass

makes a test of each row, named by its sentence. A row is the sentence, what
is sent on a new connection, what the server may do, and perhaps a check. What
is sent is bytes (the connection must live or end), or a function of the
client that returns the stream that is answered or reset, or None.

RFC 9113 lets a server treat a stream error as a connection error (5.4.2), and
answer a malformed request before it resets it (8.1.1). Whatever it does: what
was refused never reaches the target whole, what was reset leaves the
connection in service, and after a GOAWAY with an error the connection ends.

SLUICE_TEST_H2_PEER=[tls:]HOST:PORT tries another server, which must forward
to SLUICE_TEST_H2_ORIGIN=PORT of 127.0.0.1, as a proof of these tests. It may
use other error codes, and close without a GOAWAY.
"""
import os
import re
import time
import unittest

import h2
import rig
from h2 import (COMPRESSION_ERROR, Client, END_HEADERS, PROTOCOL_ERROR, block,
                fields, headers, literal, string)
from rig import Origin, respond, until
from stack import LOCAL, Served, Stack, forward

PEER = os.environ.get("SLUICE_TEST_H2_PEER", "")
PEER_ORIGIN = int(os.environ.get("SLUICE_TEST_H2_ORIGIN", "0"))
BIG = 300000


# ---- what may come of it ----------------------------------------------------
def connection(*codes):
    """A connection error with one of these codes."""
    return {("goaway", code) for code in codes}


def stream(*codes):
    """A stream error, or the same as a connection error."""
    return connection(*codes) | {("reset", code) for code in codes}


MALFORMED = stream(PROTOCOL_ERROR) | {("answer", 400)}
COMPRESSION = connection(COMPRESSION_ERROR)
SERVED = {("answer", 200)}
ALIVE = {("alive", None)}


# ---- what is sent -----------------------------------------------------------
def request(*more, body=None, **parts):
    """A request with these fields; the reaction of its stream."""
    def provoke(client):
        number = client.open(fields(*more, **parts), end=body is None)
        if body is not None:
            client.push(h2.frame(h2.DATA, h2.END_STREAM, number, body))
        return number
    return provoke


def pairs(*listed, end=True):
    """A request of exactly these fields."""
    return lambda client: client.open(list(listed), end=end)


def on(number, *data, method="GET"):
    """These bytes, which begin stream `number`."""
    def provoke(client):
        client.expect(number, method)
        client.push(b"".join(data))
        return number
    return provoke


def aside(number, *data, method="GET"):
    """The same, when the reaction is not that of the stream's answer but of
    the connection or of the reset of any stream."""
    def provoke(client):
        on(number, *data, method=method)(client)
    return provoke


def after(number, first, *data):
    """A stream that is answered first, then these bytes."""
    def provoke(client):
        on(number, first)(client)
        client.response(number)
        client.push(b"".join(data))
    return provoke


def get(number, path="/", flags=END_HEADERS | h2.END_STREAM):
    return headers(number, block(fields(path=path)), flags)


def post(number, path="/", *more):
    """HEADERS of a request whose content is to come."""
    return headers(number, block(fields(*more, path=path, method="POST")),
                   END_HEADERS)


def hold(number):
    """A request that is not answered."""
    return get(number, "/hold")


# A request's fields by the static table: GET, https, /, and the authority.
STATIC = b"\x82\x87\x84" + literal(1, "example.com")


def coded(tail, head=STATIC):
    """A request that ends with these bytes of HPACK."""
    return on(1, headers(1, head + tail))


def huffman(data):
    """A request with a field whose value is these bytes of Huffman code."""
    return coded(b"\x00" + string(b"x") + string(data, huffman=True))


# ---- the case ---------------------------------------------------------------
def serve(conn):
    """The target: echoes, holds, sends much, or says 103 first."""
    while True:
        if conn.origin.held(conn):
            conn.wait_close()
        request_ = conn.read_request()
        if request_.target == "/big":
            conn.send(respond(b"z" * BIG))
        elif request_.target == "/interim":
            conn.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                      Origin.echo(request_))
        else:
            conn.send(Origin.echo(request_))


class Target(Origin):
    """/hold is not answered, and its content not read."""

    def __init__(self, **more):
        super().__init__(script=serve, **more)

    @staticmethod
    def held(conn):
        while b"\r\n\r\n" not in conn.buf:
            conn.fill()
        if b"ELB-HealthChecker" in conn.buf:    # nobody asks for them
            conn.raw.clear()
            conn.send(respond(b"healthy"))
            conn.wait_close()
        return re.match(rb"[A-Z]+ /hold", conn.buf) is not None


class Case(rig.ProxyCase):
    """One target and one server for all tests of the class."""

    lb_attributes = {}
    rcvbuf = None

    @classmethod
    def setUpClass(cls):
        h2.need()
        if PEER:
            cls.origin = Target(port=PEER_ORIGIN, rcvbuf=cls.rcvbuf)
            cls.server = None
            host, _, port = PEER.rpartition(":")
            cls.where = host.replace("tls:", ""), int(port)
            cls.tls = host.startswith("tls:")
            return
        cls.origin = Target(rcvbuf=cls.rcvbuf)
        cls.server = cls.sluice = Served(cls.template([cls.origin.address]))
        cls.where, cls.tls = cls.server.listeners["Web"], True

    @classmethod
    def template(cls, addresses):
        stack = Stack(lb=False)
        stack.balancer("Lb", cls.lb_attributes)
        stack.group("Web1", addresses)
        stack.https("Web", 443, forward("Web1"), certificate=LOCAL)
        return stack

    @classmethod
    def tearDownClass(cls):
        try:
            if cls.server:
                cls.server.stop()
        finally:
            cls.origin.close()

    def connect(self, **more):
        client = h2.connect(*self.where, tls=self.tls, **more)
        self.addCleanup(client.close)
        return client

    def raw(self):
        """A connection on which nothing was sent."""
        return self.connect(begin=False)

    def ready(self, **more):
        """A connection whose SETTINGS were exchanged."""
        client = self.connect(**more)
        if not client.until(lambda: client.theirs is not None and
                            client.acks):
            raise AssertionError("no SETTINGS: " + client.story())
        return client

    def verdict(self, client, number, wants):
        """The reaction, when it is one of `wants`."""
        got = client.reaction(number)
        good = got in wants
        if PEER and got[0] in ("goaway", "closed", "reset"):
            kinds = {w[0] for w in wants}
            good = got[0] in kinds or (got[0] == "closed" and
                                       "goaway" in kinds)
        if not good:
            raise AssertionError("%s instead of %s; %s" % (
                said(got), " or ".join(sorted(map(said, wants))),
                client.story()))
        if got[0] == "goaway":
            client.expect_end()
        elif got[0] == "reset" and not PEER:
            self.serves(client)
        return got

    def target_serves(self):
        super().target_serves()
        self.origin.script = serve

    def host(self, name):
        """As the target gets it from a listener on another port than ALB's
        (alb.md 5.3)."""
        return name if PEER else "%s:%d" % (name, self.where[1])

    def serves(self, client):
        """The connection goes on."""
        self.assertEqual(client.ask("/after").body, b"GET /after")

    def row(self, provoke, wants, *check):
        client = self.ready()
        mark = self.origin.mark()
        if isinstance(provoke, bytes):
            client.push(provoke)
            number = None
        else:
            number = provoke(client)
        got = self.verdict(client, number, wants)
        if got[0] != "answer" and not any(c is excess for c in check):
            self.assertNoneWhole(mark, client)
        for one in check:
            one(self, client, got)
        client.close()

    def assertNoneWhole(self, mark, client=None):
        """The target saw no whole request but those that it answered, and
        those of HTTP/2 that were whole but not answered yet (/hold)."""
        answered = sum(s.ended and s.answer.status == 200
                       for s in client.streams.values()) if client else 0
        seen = [m.target for _, m in self.messages(mark)
                if m.target != b"/hold"]
        self.assertLessEqual(len(seen), answered, seen)

    def messages(self, mark):
        """As ProxyCase's, but a request may be cut short."""
        found = []
        for conn, data in self.origin.since(mark):
            if not PEER:
                self.assertOneReading(data)
            found += [(conn, m)
                      for m in rig.readers.read_all(data)["strict"].messages]
        return found


def excess(self, _client, _got):
    """A check: the target may have seen all that content-length announces
    before more came, but nothing of that."""
    last = self.origin.requests[-1] if self.origin.requests else None
    if last is not None and last.target == "/up":
        self.assertEqual(last.all("content-length"),
                         ["%d" % len(last.body)])


def said(reaction):
    return " ".join(str(h2.code_name(word)) for word in reaction
                    if word is not None)


def sentence(text):
    """A row's name as that of a method."""
    return "test_" + re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_")


def cases(rows):
    """Decorate a Case with a test of each row."""
    def add(case):
        for name, provoke, wants, *check in rows:
            def test(self, provoke=provoke, wants=wants, check=check):
                self.row(provoke, wants, *check)
            test.__doc__ = name
            if hasattr(case, sentence(name)):
                raise ValueError("two rows are called %r" % name)
            setattr(case, sentence(name), test)
        return case
    return add


class Timed(Case):
    """What ends by an idle timeout of 1 s, not before, and leaves nothing."""

    lb_attributes = {"idle_timeout.timeout_seconds": 1}

    def setUp(self):
        if PEER:
            self.skipTest("timeouts are ours")
        self.serves(self.connect())
        self.began = time.monotonic()

    def not_early(self, seconds=0.9):
        self.assertGreater(time.monotonic() - self.began, seconds)

    def at_rest(self, fds):
        until(lambda: self.server.fds() <= fds,
              lambda: "%d descriptors, %d before" % (self.server.fds(), fds))


__all__ = ["ALIVE", "BIG", "COMPRESSION", "Case", "Client", "MALFORMED",
           "PEER", "SERVED", "STATIC", "Timed", "after", "aside", "cases",
           "coded", "connection", "excess", "get", "hold", "huffman", "on",
           "pairs", "post", "request", "stream", "unittest"]

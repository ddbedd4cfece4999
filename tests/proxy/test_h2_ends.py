#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients and targets that end in every place of an exchange over HTTP/2 (row
33 of the attack list): at every frame of a POST, at every octet of an answer.
The sanitizers have the last word."""
import rig
from h2 import *    # noqa: F401,F403
from h2_case import *   # noqa: F401,F403
from rig import until

POST = [("content-length", "12")]
PARTS = [b"abc", b"def", b"ghi", b"jkl"]


class Lifetime(Case):
    """Ends in every place; run under the sanitizers, too."""

    def setUp(self):
        if PEER:
            self.skipTest("of ours")
        self.serves(self.connect())
        self.fds = self.busy()

    def busy(self):
        """Descriptors, but for connections to the target that wait in the
        pool: how many those are depends on how many requests met."""
        idle = self.server.metric("sluice_target_connections_idle")
        return self.server.fds() - int(idle)

    def rest(self):
        """Nothing is left, everybody is served."""
        self.serves(self.connect())
        self.doCleanups()
        until(lambda: self.busy() <= self.fds + 2,
              lambda: "%d descriptors, %d before" % (self.busy(), self.fds))

    def frames(self, number, path):
        return [headers(number, block(fields(*POST, method="POST",
                                             path=path)), END_HEADERS)] + [
            frame(DATA, END_STREAM if part == PARTS[-1] else 0, number, part)
            for part in PARTS]

    def posts(self, path, end):
        """A POST that ends after each of its frames, and between them, with
        others in flight."""
        for wait in False, True:
            for cut in range(1, len(PARTS) + 2):
                client = self.ready()
                other = client.open(fields(path="/x"))
                number = client.expect()
                for data in self.frames(number, path)[:cut]:
                    client.send(data)
                    if wait:
                        self.assertTrue(client.alive())
                end(client, number)
                if not client.end:
                    client.response(other)
                    self.serves(client)
                client.close()

    def test_a_client_may_reset_a_POST_at_every_frame(self):
        for path in ("/up", "/hold"):
            self.posts(path, lambda c, n: c.cancel(n))
        self.rest()

    def test_a_client_may_close_at_every_frame_of_a_POST(self):
        def end(client, _):
            client.close()
            client.end = "closed"
        for path in ("/up", "/hold"):
            self.posts(path, end)
        self.rest()

    def test_a_client_may_abort_at_every_frame_of_a_POST(self):
        def end(client, _):
            client.rst()
            client.end = "closed"
        for path in ("/up", "/hold"):
            self.posts(path, end)
        self.rest()

    def test_a_client_may_stop_at_every_octet_of_a_request(self):
        data = PREFACE + settings() + b"".join(self.frames(1, "/up"))
        for cut in range(0, len(data), 3):
            client = self.raw()
            client.push(data[:cut])
            (client.close if cut % 2 else client.rst)()
        self.rest()

    def test_a_reset_together_with_the_last_octets_is_noticed(self):
        """One event may bring both, and no other follows."""
        head = PREFACE + settings()
        for data in (PREFACE[:5], head, head + headers(
                1, block(fields())[:9], END_STREAM), head + ping()[:9]):
            for _ in range(40):
                client = self.raw()
                client.push(data)
                client.rst()
        self.rest()

    def target_stops(self, raw, how, expect):
        """A target that ends after every octet of its answer."""
        client = self.ready()
        for cut in range(0, len(raw) + 1):
            def script(conn, cut=cut):
                conn.read_request()
                conn.send(raw[:cut])
                getattr(conn, how)()
            self.target_does(script)
            # At once: none goes on the other's connection.
            (one, first), (two, second) = (
                client.start(fields(path="/cut")) for _ in range(2))
            client.send(first + second)
            for one in one, two:
                got = client.reaction(one)
                self.assertIn(got, expect(cut), "%d octets" % cut)
            self.assertIsNone(client.last_goaway)
        self.target_serves()
        # A pooled connection may be at its end.
        until(lambda: client.ask("/after").status == 200, "service")
        self.rest()

    HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    CHUNKED = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               b"2\r\nhe\r\n3\r\nllo\r\n0\r\nx-t: 1\r\n\r\n")

    def wants(self, head, whole):
        """502 until the head is there, then a reset stream."""
        cut_ = {("reset", code) for code in (
            PROTOCOL_ERROR, INTERNAL_ERROR, CANCEL, STREAM_CLOSED)}

        def expect(cut):
            if cut < head:
                return {("answer", 502)}
            return {("answer", 200)} if cut == whole else cut_ | {
                ("answer", 502)}
        return expect

    def test_a_target_may_close_at_every_octet_of_an_answer(self):
        self.target_stops(self.HEAD + b"hello", "fin", self.wants(
            len(self.HEAD), len(self.HEAD) + 5))

    def test_a_target_may_reset_at_every_octet_of_a_chunked_answer(self):
        at = self.CHUNKED.index(b"\r\n\r\n") + 4
        wants = self.wants(at, len(self.CHUNKED))

        def expect(cut):    # what was read before a reset is not sure
            return wants(cut) | {("answer", 502)}
        self.target_stops(self.CHUNKED, "rst", expect)


if __name__ == "__main__":
    rig.main()

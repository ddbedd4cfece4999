#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many streams and requests a connection has, and who speaks HTTP/2."""
import h2
import rig
from h2 import MAX_CONCURRENT_STREAMS, NO_ERROR, fields
from h2_service import Case, setUpModule    # noqa: F401
from stack import LOCAL, Stack, fixed


class Limits(Case):
    # 99
    def test_there_are_128_streams_at_once(self):
        self.serve(self.stack())
        client = self.client()
        self.assertEqual(client.theirs[MAX_CONCURRENT_STREAMS], 128)
        streams = self.flying(client, 128)
        self.assertEqual(self.origin.asked, 128)
        self.finish(client, streams)

    # 99
    def test_after_10000_requests_comes_GOAWAY(self):
        self.serve(Stack().https("Web", 443, fixed(200, "x"),
                                 certificate=LOCAL))
        client = self.client()
        flying, answered = set(), 0
        client.told.clear()
        data = h2.block(fields())
        while True:
            batch = b""
            while len(flying) < 100 and not client.last_goaway:
                number = client.expect()
                flying.add(number)
                batch += h2.headers(number, data)
            client.push(batch)
            if client.next_frame() is None:
                break
            for number in [n for n in flying if client.streams[n].ended]:
                flying.discard(number)
                answered += client.streams.pop(number).answer.status == 200
        last = client.expect_goaway(NO_ERROR).last
        # What was on its way is served, too, or may be made again.
        self.assertIn(answered, range(10000, 10000 + 129))
        self.assertEqual(last, 2 * answered - 1)
        self.assertTrue(all(number > last for number in flying))
        self.assertEqual(self.client().ask("/").status, 200)

    # 99
    def test_without_http2_the_listener_speaks_http_1_1_only(self):
        made = Stack(lb=False)
        made.balancer("Lb", {"routing.http2.enabled": "false"})
        made.https("Web", 443, fixed(200, "x"), certificate=LOCAL)
        self.serve(made)
        where = self.server.listeners["Web"]
        for offer, chosen in ((("h2", "http/1.1"), "http/1.1"),
                              (("http/1.1",), "http/1.1"), ((), None)):
            sock = h2.context(offer).wrap_socket(
                h2.dial(*where), server_hostname="example.com")
            with sock:
                self.assertEqual(sock.selected_alpn_protocol(), chosen)
                sock.sendall(rig.head(method="GET"))
                self.assertEqual(sock.recv(12), b"HTTP/1.1 200")

    def test_ALPN_takes_h2_before_http_1_1(self):
        self.serve(self.stack())
        where = self.server.listeners["Web"]
        for offer, chosen in ((("http/1.1", "h2"), "h2"), (("h2",), "h2"),
                              (("http/1.1",), "http/1.1"), ((), None)):
            sock = h2.context(offer).wrap_socket(
                h2.dial(*where), server_hostname="example.com")
            with sock:
                self.assertEqual(sock.selected_alpn_protocol(), chosen)

    # alb.md 5.1: no h2c
    def test_there_is_no_HTTP_2_without_TLS(self):
        self.serve(self.stack().listener("Plain", 80, fixed(200, "x")))
        sock = h2.dial(*self.server.listeners["Plain"])
        with sock:
            sock.sendall(h2.PREFACE + h2.settings())
            self.assertTrue(sock.recv(12).startswith(b"HTTP/1.1 505"))


if __name__ == "__main__":
    rig.main()

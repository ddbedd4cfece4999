#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that say nothing, or heads and bodies that come slowly or stop, over
HTTP/2 (row 29 of the attack list)."""
import time

import rig
from h2 import *    # noqa: F401,F403
from h2_case import *   # noqa: F401,F403
from rig import Steady, until


class Slow(Timed):
    def ends(self, client, fds):
        client.expect_end()
        self.not_early()
        client.close()
        self.at_rest(fds)

    def test_a_client_that_says_nothing_is_left(self):
        fds = self.server.fds()
        self.ends(self.raw(), fds)

    def test_a_client_that_sends_half_a_preface_is_left(self):
        fds = self.server.fds()
        client = self.raw()
        client.push(PREFACE[:12])
        self.ends(client, fds)

    def test_an_idle_connection_is_left_with_GOAWAY(self):
        fds = self.server.fds()
        client = self.ready()
        client.ask("/x")
        self.began = time.monotonic()
        client.expect_goaway(NO_ERROR)
        self.ends(client, fds)

    # alb.md 5.1
    def test_PINGs_do_not_keep_a_connection(self):
        client = self.ready()
        client.ask("/x")
        self.began = time.monotonic()
        end = self.began + rig.PATIENCE
        while not client.end and time.monotonic() < end:
            client.push(ping())
            client.pump()
            time.sleep(0.04)
        self.assertTrue(client.end)
        self.not_early()

    # alb.md 10: 97
    def test_a_head_that_stops_ends_the_connection(self):
        fds = self.server.fds()
        client = self.ready()
        client.expect(1)
        client.push(headers(1, block(fields(path="/x"))[:20], END_STREAM))
        self.began = time.monotonic()
        self.ends(client, fds)

    def test_a_head_that_drips_ends_at_an_absolute_deadline(self):
        client = self.ready()
        client.expect(1)
        data = literal("x", "y" * 3000)
        client.push(headers(1, STATIC, END_STREAM) +
                    frame(CONTINUATION, END_HEADERS, 1, length=len(data)))
        self.began = time.monotonic()
        at, end = 0, self.began + rig.PATIENCE
        while not client.end and time.monotonic() < end:
            client.push(data[at:at + 1])
            at += 1
            client.receive()
            time.sleep(0.04)
        self.assertTrue(client.end, "%d octets were taken" % at)
        self.not_early()

    # alb.md 10: 97
    def test_a_body_that_stops_gets_408_and_the_target_is_cut(self):
        mark = self.origin.mark()
        client = self.ready()
        number = client.open(fields(("content-length", "10"), method="POST",
                                    path="/up"), end=False)
        client.push(frame(DATA, 0, number, b"1"))
        self.began = time.monotonic()
        answer = client.response(number)
        self.assertEqual(answer.status, 408)
        self.not_early()
        for conn, _ in self.origin.since(mark):
            until(conn.peer_closed.is_set, "the target to be cut")
        self.assertNoneWhole(mark)

    def test_a_body_that_comes_slowly_but_steadily_is_served(self):
        for pace in Steady.runs():
            with pace:
                client = self.ready()
                number = client.open(fields(method="POST", path="/up"),
                                     end=False)
                for _ in range(40):
                    client.send(frame(DATA, 0, number, b"s"))
                    pace.pause()
                client.send(frame(DATA, END_STREAM, number))
                self.assertEqual(client.response(number).status, 200)
                self.assertEqual(self.origin.requests[-1].body, b"s" * 40)

    # alb.md 10: 97
    def test_a_silent_target_gets_the_client_504_on_its_stream_alone(self):
        client = self.ready()
        self.began = time.monotonic()
        slow = client.open(fields(path="/hold"))
        while not client.streams[slow].closed:
            client.ask("/x")
            time.sleep(0.02)
        self.assertEqual(client.response(slow).status, 504)
        self.not_early()
        self.serves(client)


if __name__ == "__main__":
    rig.main()

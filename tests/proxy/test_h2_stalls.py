#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Windows of HTTP/2 clients that stay shut (row 28 of the attack list)."""
import rig
from h2 import *    # noqa: F401,F403
from h2_case import *   # noqa: F401,F403
from rig import Steady, until

MIB = 1 << 20


class Windows(Timed):
    """VSV14 = CVE-2024-30156: windows that nobody opens."""

    def stall(self, streams, **more):
        before, fds = self.server.rss(), self.server.fds()
        client = self.ready(credit=False, **more)
        for _ in range(streams):
            client.open(fields(path="/big"))
        most = 0

        def over():
            nonlocal most
            most = max(most, self.server.rss() - before)
            client.pump()
            return client.end or all(s.closed for s in
                                     client.streams.values())
        until(over, lambda: "the streams to end: " + client.story())
        self.not_early()
        if not rig.sanitized():
            self.assertLess(most, 16 * MIB)
        client.close()
        self.at_rest(fds)
        self.serves(self.connect())

    def test_streams_without_a_window_end_with_the_idle_timeout(self):
        self.stall(100, settings=[(INITIAL_WINDOW_SIZE, 0)])

    def test_streams_with_a_window_of_1_end_with_the_idle_timeout(self):
        self.stall(100, settings=[(INITIAL_WINDOW_SIZE, 1)])

    def test_a_connection_that_is_never_given_credit_ends(self):
        self.stall(100)

    def test_a_reader_that_stops_reading_the_socket_ends(self):
        fds = self.server.fds()
        client = self.ready(credit=False, rcvbuf=4096, reading=False,
                            settings=[(INITIAL_WINDOW_SIZE, (1 << 31) - 1)])
        client.push(window_update(0, 0x7fffffff - WINDOW))
        for _ in range(100):
            client.open(fields(path="/big"))
        self.at_rest(fds)
        self.not_early()

    def test_one_stream_that_stalls_does_not_hold_up_the_others(self):
        for pace in Steady.runs():
            client = self.ready(settings=[(INITIAL_WINDOW_SIZE, 100)])
            client.credit = False
            shut = client.open(fields(path="/big"))
            with pace:
                for _ in range(10):
                    self.assertEqual(client.ask("/x").body, b"GET /x")
                    pace.beat()
                self.assertEqual(client.streams[shut].window, 0)


if __name__ == "__main__":
    rig.main()

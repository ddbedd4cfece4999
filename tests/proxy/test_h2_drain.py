#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TERM with many streams of HTTP/2 in flight: GOAWAY comes first, and every
stream up to the one that it names is finished."""
import signal

import h2
import rig
from h2 import NO_ERROR, fields
from h2_service import Case, setUpModule    # noqa: F401
from rig import until


class Drain(Case):
    def test_every_stream_in_flight_is_finished_after_TERM(self):
        self.serve(self.stack(), drain=60, workers=2)
        clients = [self.client() for _ in range(3)]
        streams = [self.flying(client) for client in clients]
        self.server.signal(signal.SIGTERM)
        for client in clients:      # they hear of it at once
            client.until(lambda c=client: c.last_goaway is not None)
            self.assertEqual(client.last_goaway.code, NO_ERROR)
        until(self.refuses, "new ones to be refused")
        for client, mine in zip(clients, streams):
            self.finish(client, mine)
            client.expect_goaway(NO_ERROR)
            self.assertEqual(client.end, "fin")
            self.assertEqual(client.last_goaway.last, max(mine))
            client.close()
        self.assertEqual(self.server.wait(), 0)

    def test_a_stream_that_was_on_its_way_is_served_or_refused(self):
        """6.8: the first GOAWAY names no last stream, or the request may be
        made again."""
        self.serve(self.stack(), drain=60)
        client = self.client()
        streams = self.flying(client, 4)
        self.server.signal(signal.SIGTERM)
        client.until(lambda: client.last_goaway is not None)
        late = client.open(fields(path="/late"))
        self.finish(client, streams)
        client.expect_goaway(NO_ERROR)
        here = client.streams[late]
        if here.ended:
            self.assertEqual(here.answer.body, b"GET /late")
        elif here.reset is None:
            self.assertLess(client.last_goaway.last, late)
        else:
            self.assertEqual(here.reset, h2.REFUSED_STREAM)
        client.close()
        self.assertEqual(self.server.wait(), 0)

    def test_an_upload_in_flight_is_finished_after_TERM(self):
        self.serve(self.stack(), drain=60)
        client = self.client()
        number = client.open(fields(method="POST", path="/up"), end=False)
        client.upload(number, b"first", end=False)
        client.alive()
        self.server.signal(signal.SIGTERM)
        client.until(lambda: client.last_goaway is not None)
        client.upload(number, b"second")
        self.assertEqual(client.response(number).body, b"POST /up")
        self.assertEqual(self.origin.requests[-1].body, b"firstsecond")
        client.expect_goaway(NO_ERROR)
        client.close()
        self.assertEqual(self.server.wait(), 0)

    def test_idle_connections_are_told_and_hold_nothing_up(self):
        self.serve(self.stack(), drain=60)
        clients = [self.client() for _ in range(10)]
        for client in clients[:5]:
            client.ask("/")
        self.server.signal(signal.SIGTERM)
        for client in clients:
            client.expect_goaway(NO_ERROR)
            client.close()
        self.assertEqual(self.server.wait(), 0)

    def test_the_drain_timeout_bounds_the_wait(self):
        self.serve(self.stack(), drain=1)
        client = self.client()
        self.flying(client, 4)
        self.server.signal(signal.SIGTERM)
        self.server.wait()
        self.assertIsNotNone(client.expect_goaway())

    def test_TERM_under_load_fails_nothing(self):
        self.serve(self.stack(), drain=60, workers=2)
        crowd = self.crowd()
        crowd.wait(200)
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        crowd.stop()
        self.assertEqual([f for f in crowd.failures if not isinstance(
            f.error, ConnectionRefusedError)], [])
        # One that connects anew may reach a worker that has yet to hear of it.
        self.assertGreaterEqual(crowd.goaways, 3)


if __name__ == "__main__":
    rig.main()

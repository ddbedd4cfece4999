#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lifetime: row 33 of the attack list. Resets and closes at every byte, on
either side and on both; afterwards nothing is left and it still serves."""
import random
import threading
import time

import rig
from rig import Cut, Origin, head, until

BODY = b"0123456789abcdef"
POST = head("Content-Length: 16") + BODY
CHUNKED = (head("Transfer-Encoding: chunked") + b"8\r\n01234567\r\n8;x=y\r\n"
           b"89abcdef\r\n0\r\nX-T: 1\r\n\r\n")
SIZED_ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nX-A: b\r\n\r\n"
                + BODY)
CHUNKED_ANSWER = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"8\r\n01234567\r\n8\r\n89abcdef\r\n0\r\nX-T: 1\r\n\r\n")


class Resets(rig.ProxyCase):
    workers = 2

    def setUp(self):
        self.origin.script = Origin.serve
        # Warm both workers and their pools, then take the base.
        for _ in range(8):
            with self.client() as client:
                client.ask("/warm")
        self.settle()
        self.fds, self.gauges = self.sluice.base()
        self.rss = self.sluice.rss()

    def tearDown(self):
        # A pooled connection that runs the test's script would go on with it,
        # one whose end has not been noticed may cost a 502.
        self.target_serves()
        until(self.serves, "it to serve again")
        self.assertTrue(self.sluice.alive(), self.sluice.story())
        self.settle()
        self.sluice.at_rest(self.fds + 1, self.gauges)
        if not rig.sanitized():
            self.assertLess(self.sluice.rss() - self.rss, 4 << 20)

    def serves(self):
        with self.client() as client:
            return client.ask("/still").body == b"GET /still"

    def settle(self):
        """Nothing goes on, and nothing is pooled: how many connections would
        be depends on how much went on at a time."""
        for name in ("client_connections", "requests_active"):
            until(lambda n=name: not self.sluice.metric("sluice_" + n),
                  name + " to be none")
        self.origin.settle()    # every connection to it is accepted
        self.drop_pool()

    def test_a_client_may_reset_at_every_byte_of_a_post(self):
        for raw in (POST, CHUNKED):
            for at in range(len(raw) + 1):
                client = self.client()
                client.send(raw[:at])
                client.rst()
            # A pause at each place, too: the proxy has read that far.
            for at in range(0, len(raw) + 1, 3):
                client = self.client()
                client.send(raw[:at])
                time.sleep(0.002)
                client.rst()

    def test_no_part_of_a_post_is_completed_for_the_client(self):
        for raw in (POST, CHUNKED):
            for at in range(len(raw) - 1, len(raw) - 50, -1):
                mark = self.origin.mark()
                client = self.client()
                client.send(raw[:at])
                time.sleep(0.002)
                client.rst()
                for conn, _ in self.origin.since(mark):
                    until(conn.peer_closed.is_set,
                          "the target to be cut at %d" % at)
                self.assertNeverWhole(mark)

    def test_a_client_may_close_at_every_byte_of_a_post(self):
        for at in range(len(POST) + 1):
            client = self.client()
            client.send(POST[:at])
            client.close()

    def test_a_client_may_reset_at_every_byte_of_an_answer(self):
        answer = SIZED_ANSWER * 2

        def slowly(conn):
            while True:
                conn.read_request()
                conn.dribble(SIZED_ANSWER, 0.0005, 8)
        self.target_does(slowly)
        for at in range(0, len(answer) // 2, 2):
            client = self.client()
            client.send(POST)
            client.take(at, time.monotonic() + rig.PATIENCE)
            client.rst()

    def target_dies(self, how):
        """The target leaves after n bytes of its answer, for every n."""
        place = {}

        def dies(conn):
            conn.read_request()
            conn.send(place["raw"][:place["at"]])
            place["delay"] and time.sleep(0.002)
            getattr(conn, how)()
        self.target_does(dies)
        for raw in (SIZED_ANSWER, CHUNKED_ANSWER):
            end_of_head = raw.index(b"\r\n\r\n") + 4
            for delay in (False, True):
                for at in range(len(raw) + 1):
                    place.update(raw=raw, at=at, delay=delay)
                    with self.client() as client:
                        client.send(head(method="GET"))
                        try:
                            answer = client.response()
                        except Cut:
                            self.assertGreaterEqual(at, end_of_head,
                                                    "cut instead of 502")
                            continue
                        if answer.status == 502:
                            self.assertPage(answer, 502)
                            self.assertLess(
                                at, len(raw) + (how == "rst"))
                            continue
                        self.assertEqual((answer.status, answer.body, at),
                                         (200, BODY, len(raw)))

    def test_a_target_may_reset_at_every_byte_of_an_answer(self):
        self.target_dies("rst")

    def test_a_target_may_close_at_every_byte_of_an_answer(self):
        self.target_dies("fin")

    def test_a_target_may_die_at_every_byte_of_a_request(self):
        for how in ("rst", "fin"):
            place = {"at": 0}

            def dies(conn, how=how, place=place):
                while len(conn.raw) < place["at"]:
                    conn.fill(place["at"] - len(conn.raw))
                getattr(conn, how)()
            self.target_does(dies)
            body = b"b" * 3000
            for at in list(range(0, 330, 3)) + [1000, 2000, 3000]:
                place["at"] = at
                with self.client() as client:
                    client.push(head("Content-Length: 3000") + body)
                    answer = client.response()
                    self.assertEqual(answer.status, 502)

    def test_both_may_die_at_once_at_every_byte(self):
        place = {}

        def dies(conn):
            conn.read_request()
            conn.send(SIZED_ANSWER[:place["at"]])
            place["event"].set()
            conn.rst() if place["at"] % 2 else conn.fin()
        self.target_does(dies)
        for at in range(len(SIZED_ANSWER) + 1):
            for extra in (b"", POST, POST[:50]):
                place.update(at=at, event=threading.Event())
                client = self.client()
                client.send(POST + extra)
                # Or a 502, when it went to a connection that had just ended.
                until(lambda c=client: place["event"].is_set()
                      or rig.unread(c.sock), "the target to die")
                client.rst()

    def test_a_storm_of_random_deaths_leaves_nothing(self):
        rolls = random.Random(33)

        def dies(conn):
            for _ in range(rolls.randrange(1, 4)):
                if rolls.random() < 0.2:
                    conn.read_head()
                    break
                conn.read_request()
                at = rolls.choice([len(SIZED_ANSWER)] * 3 +
                                  [rolls.randrange(len(SIZED_ANSWER))])
                conn.send(SIZED_ANSWER[:at])
                if at != len(SIZED_ANSWER):
                    break
            rolls.choice([conn.rst, conn.fin])()

        def storm(seed):
            mine = random.Random(seed)
            for _ in range(150):
                client = self.client()
                try:
                    client.push(b"".join(mine.choice([POST, CHUNKED])
                                         for _ in range(3))[
                                             :mine.randrange(700)])
                    if mine.random() < 0.5:
                        client.take(mine.randrange(60),
                                    time.monotonic() + 0.05)
                except AssertionError:
                    pass
                mine.choice([client.rst, client.close, client.rst])()
        self.target_does(dies)
        threads = [threading.Thread(target=storm, daemon=True, args=(n,))
                   for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60 * rig.SLOW)
        self.origin.script = Origin.serve
        for conn in self.origin.conns:
            if not conn.done:
                conn.half_close()


if __name__ == "__main__":
    rig.main()

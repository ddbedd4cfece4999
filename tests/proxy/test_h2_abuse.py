#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that make HTTP/2 work for nothing: rows 24 to 28 of the attack list
(reliability.md A4). Each ends with a GOAWAY before it cost much, and nothing
of it grows the process."""
import rig
from h2 import *    # noqa: F401,F403
from h2_case import *   # noqa: F401,F403

CALM = ENHANCE_YOUR_CALM
STREAMS = 20000
FRAMES = 100000
ENOUGH = 1000           # streams until the end, at most
MIB = 1 << 20


class Abuse(Case):
    def setUp(self):
        if PEER:
            self.skipTest("budgets are ours")
        self.serves(self.connect())
        self.before = self.server.rss()

    def grown(self, most=MIB):
        if not rig.sanitized():
            self.assertLess(self.server.rss() - self.before, most)

    def flood(self, client, pieces):
        """Send them until the server ends the connection; how many it took
        before it said so, at most."""
        sent = 0
        for piece in pieces:
            try:
                client.send(piece)
            except OSError:
                break
            sent += 1
            if not client.pump() or client.last_goaway:
                break
        return sent

    def ends(self, client, *codes):
        """The connection ends, others are served, nothing is left."""
        last = client.expect_goaway(*(codes or (CALM,))).last
        self.serves(self.connect())
        return last

    def many(self, client, make, number=STREAMS, batch=50):
        """Streams in pieces of `batch`."""
        at = 0
        while at < number:
            data = b""
            for _ in range(batch):
                stream_ = client.expect()
                client.streams[stream_].cancelled = True
                data += make(stream_)
            at += batch
            yield data


class Resets(Abuse):
    def attack(self, make, *codes):
        client = self.ready()
        mark = len(self.origin.conns)
        self.flood(client, self.many(client, make))
        last = self.ends(client, *codes)
        self.assertLessEqual(last, 2 * ENOUGH)
        self.assertLessEqual(len(self.origin.conns) - mark, ENOUGH)
        rig.until(lambda: all(c.done for c in self.origin.conns
                              if c.buf.startswith((b"GET /hold",
                                                   b"POST /hold"))),
                  "the targets to be left")
        self.grown(4 * MIB)

    # CVE-2023-44487
    def test_rapid_reset_ends_with_GOAWAY(self):
        self.attack(lambda s: get(s, "/hold") + rst_stream(s))

    def test_rapid_reset_of_uploads_ends_with_GOAWAY(self):
        self.attack(lambda s: post(s, "/hold") + frame(DATA, 0, s, b"abc") +
                    rst_stream(s))

    def test_rapid_reset_of_answered_requests_ends_or_is_served(self):
        """What is answered before its reset is no waste of anybody's."""
        client = self.ready()
        self.flood(client, self.many(
            client, lambda s: get(s, "/x") + rst_stream(s), 4000))
        if not client.last_goaway:
            self.assertTrue(client.alive())
        self.serves(self.connect())
        self.grown(4 * MIB)

    # CVE-2025-8671: the client makes the server reset
    def test_MadeYouReset_by_a_step_of_0_ends_with_GOAWAY(self):
        self.attack(lambda s: get(s, "/hold") + window_update(s, 0),
                    CALM, PROTOCOL_ERROR)

    def test_MadeYouReset_by_a_window_too_large_ends_with_GOAWAY(self):
        self.attack(lambda s: get(s, "/hold") + window_update(s, 0x7fffffff),
                    CALM, FLOW_CONTROL_ERROR, PROTOCOL_ERROR)

    def test_MadeYouReset_by_DATA_after_the_end_ends_with_GOAWAY(self):
        self.attack(lambda s: get(s, "/hold") + frame(DATA, 1, s, b"x"),
                    CALM, STREAM_CLOSED)

    def test_MadeYouReset_by_HEADERS_after_the_end_ends_with_GOAWAY(self):
        self.attack(lambda s: get(s, "/hold") * 2, CALM, STREAM_CLOSED,
                    PROTOCOL_ERROR)

    def test_MadeYouReset_by_a_PRIORITY_of_1_octet_ends_with_GOAWAY(self):
        self.attack(lambda s: get(s, "/hold") + frame(PRIORITY, 0, s, b"x"),
                    CALM, FRAME_SIZE_ERROR)

    def test_MadeYouReset_by_malformed_requests_ends_with_GOAWAY(self):
        self.attack(lambda s: headers(s, block(fields(("Upper", "x")))),
                    CALM, PROTOCOL_ERROR)

    def test_MadeYouReset_by_wrong_lengths_ends_with_GOAWAY(self):
        self.attack(lambda s: post(s, "/hold", ("content-length", "1")) +
                    frame(DATA, 1, s, b"xyz"), CALM, PROTOCOL_ERROR)

    def test_streams_beyond_the_limit_are_not_refused_for_ever(self):
        self.attack(lambda s: get(s, "/hold"), CALM, PROTOCOL_ERROR,
                    REFUSED_STREAM)


class Blocks(Abuse):
    def attack(self, pieces, *codes):
        client = self.ready()
        client.expect(1)
        self.flood(client, pieces)
        client.expect_goaway(*(codes or (CALM, PROTOCOL_ERROR)))
        self.serves(self.connect())
        self.grown()

    # CVE-2024-28182 and its kin
    def test_CONTINUATIONs_of_8_KiB_without_end_end_with_GOAWAY(self):
        piece = frame(CONTINUATION, 0, 1, literal("x", "y" * 8180)[:8192])
        self.attack([headers(1, STATIC, END_STREAM)] + [piece] * 4000)

    def test_CONTINUATIONs_of_nothing_without_end_end_with_GOAWAY(self):
        self.attack([headers(1, STATIC, END_STREAM)] +
                    [frame(CONTINUATION, 0, 1) * 1000] * 200)

    def test_CONTINUATIONs_of_one_octet_without_end_end_with_GOAWAY(self):
        self.attack([headers(1, STATIC, END_STREAM)] +
                    [frame(CONTINUATION, 0, 1, b"\x82") * 1000] * 50)

    def test_a_trailer_block_without_end_ends_with_GOAWAY(self):
        piece = frame(CONTINUATION, 0, 1, literal("x", "y" * 8180)[:8192])
        self.attack([post(1, "/hold"), headers(1, b"", END_STREAM)] +
                    [piece] * 4000)

    def test_many_heads_of_64_KiB_do_not_make_the_process_grow(self):
        more = [("x-%d" % n, "y" * 4000) for n in range(12)]
        client = self.ready()
        for _ in range(100):
            self.assertEqual(client.ask("/x", more=more).status, 200)
        self.grown()

    def bomb(self, number):
        """A 4 kB entry named so often in one block."""
        return STATIC + literal("x-bomb", "y" * 4000, keep=True) + \
            indexed(62) * number

    def test_an_HPACK_bomb_is_refused(self):
        for _ in range(20):
            client = self.ready()
            client.expect(1)
            mark = self.origin.mark()
            client.push(headers(1, self.bomb(8000)))
            self.assertIn(client.reaction(1), {("answer", 400),
                                               ("answer", 431)} |
                          stream(CALM, PROTOCOL_ERROR, COMPRESSION_ERROR))
            client.close()
        self.assertNoneWhole(mark)
        self.grown()

    def test_HPACK_bombs_one_after_the_other_do_not_make_it_grow(self):
        client = self.ready()
        client.expect(1)
        client.push(headers(1, self.bomb(1)))
        self.assertEqual(client.response(1).status, 200)
        for _ in range(100):
            number = client.expect()
            client.push(headers(number, STATIC + indexed(62) * 4000))
            if client.reaction(number)[0] in ("goaway", "closed"):
                break
        self.serves(self.connect())
        self.grown()

    def test_a_block_that_is_a_little_too_large_gets_400(self):
        client = self.ready()
        client.expect(1)
        client.push(headers(1, self.bomb(17)))      # 17 x 4038 > 64 KiB
        self.assertEqual(client.response(1).status, 400)
        self.serves(client)

    def test_the_bomb_of_trailers_is_refused(self):
        client = self.ready()
        client.expect(1)
        client.push(post(1, "/up") + headers(1, self.bomb(4000)[len(STATIC):]))
        self.assertIn(client.reaction(1), {("answer", 400), ("answer", 431)} |
                      stream(CALM, PROTOCOL_ERROR, COMPRESSION_ERROR))
        self.serves(self.connect())
        self.grown()


class Chatter(Abuse):
    def attack(self, first, piece, number=FRAMES, reading=True, batch=100,
               codes=(CALM,)):
        client = self.ready(reading=reading)
        if first:
            client.expect(1)
            client.push(first)
        sent = 0
        while sent < number and not client.last_goaway and not client.end:
            if reading:
                client.push(piece * batch)
                client.pump()
            else:
                try:
                    client.sock.send(piece * batch)
                except OSError:     # it does not read on, or it is over
                    if rig.unread(client.sock) > 200000 or client.end:
                        break
            sent += batch
        if not reading:
            client.receive()
        self.ends(client, *codes)
        self.grown()

    def test_SETTINGS_without_end_end_with_GOAWAY(self):
        self.attack(b"", settings((INITIAL_WINDOW_SIZE, 65535)))

    def test_empty_SETTINGS_without_end_end_with_GOAWAY(self):
        self.attack(b"", settings())

    def test_ACKs_without_end_end_with_GOAWAY(self):
        self.attack(b"", settings(flags=ACK), codes=(CALM, PROTOCOL_ERROR))

    def test_PINGs_without_end_end_with_GOAWAY(self):
        self.attack(b"", ping())

    def test_PING_ACKs_without_end_end_with_GOAWAY(self):
        self.attack(b"", ping(flags=ACK))

    def test_PINGs_whose_ACKs_nobody_reads_end_with_GOAWAY(self):
        self.attack(b"", ping(), reading=False)

    def test_PRIORITYs_without_end_end_with_GOAWAY(self):
        self.attack(hold(1), priority(1))

    def test_PRIORITYs_of_idle_streams_without_end_end_with_GOAWAY(self):
        self.attack(b"", b"".join(priority(n) for n in range(1, 201, 2)),
                    batch=1, number=FRAMES // 100)

    def test_empty_DATA_without_end_ends_with_GOAWAY(self):
        self.attack(post(1, "/hold"), frame(DATA, 0, 1))

    def test_DATA_of_padding_alone_without_end_ends_with_GOAWAY(self):
        self.attack(post(1, "/hold"), frame(DATA, PADDED, 1, b"\0"))

    def test_WINDOW_UPDATEs_of_a_stream_without_end_end_with_GOAWAY(self):
        self.attack(hold(1), window_update(1, 1))

    def test_WINDOW_UPDATEs_of_all_without_end_end_with_GOAWAY(self):
        self.attack(b"", window_update(0, 1))

    def test_unknown_frames_without_end_end_with_GOAWAY(self):
        self.attack(b"", frame(0x66, 0, 0, b"x"))

    def test_RST_STREAMs_of_one_stream_without_end_end_with_GOAWAY(self):
        self.attack(hold(1), rst_stream(1))


class Good(Abuse):
    """Clients that do much, and are not stopped."""

    def test_a_client_that_reads_in_small_windows_is_served(self):
        client = self.ready(credit=False,
                            settings=[(INITIAL_WINDOW_SIZE, 1 << 20)])
        for _ in range(10):
            number = client.open(fields(path="/big"))
            here = client.streams[number]
            client.head(number)
            given = len(here.answer.body)
            while not here.ended:
                client.next_frame()
                more = len(here.answer.body) - given
                given += more
                if more:
                    client.give(0, more)
            self.assertEqual(len(here.answer.body), BIG)

    def test_a_page_that_is_left_again_and_again_is_served(self):
        client = self.ready()
        for _ in range(20):
            left = [client.open(fields(path="/hold")) for _ in range(20)]
            for number in left:
                client.cancel(number)
            for _ in range(20):
                self.assertEqual(client.ask("/x").status, 200)

    def test_a_PING_with_each_request_is_answered(self):
        client = self.ready()
        for _ in range(1500):
            number = client.open(fields(path="/x"))
            client.push(ping())
            client.response(number)
        self.assertTrue(client.alive())


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 sections 3 to 7, frame by frame: what a client may send, what it
may not, and what comes of it."""
import struct

import rig
from h2 import *    # noqa: F401,F403
from h2_case import *   # noqa: F401,F403

PIECE = END_HEADERS | END_STREAM
HALF = block(fields())


class Preface(Case):
    def begun(self, data):
        client = self.raw()
        client.push(data)
        return client

    def refused(self, data):    # 3.4: the GOAWAY may be omitted
        client = self.begun(data)
        if client.reaction() != ("closed", None):
            client.expect_goaway(PROTOCOL_ERROR)
        client.expect_end()

    def test_3_4_the_first_frame_of_the_server_is_SETTINGS(self):
        client = self.connect()
        self.assertEqual(client.next_frame().kind, SETTINGS)
        self.assertIsNotNone(client.theirs)

    def test_3_4_another_preface_ends_the_connection(self):
        self.refused(b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + settings())

    def test_3_4_a_request_of_HTTP_1_is_no_preface(self):
        self.refused(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")

    def test_3_4_the_preface_must_be_followed_by_SETTINGS(self):
        self.refused(PREFACE + ping())

    def test_3_4_a_request_before_SETTINGS_is_refused(self):
        mark = self.origin.mark()
        client = self.raw()
        client.expect(1)
        client.push(PREFACE + get(1))
        if client.reaction() != ("closed", None):
            client.expect_goaway(PROTOCOL_ERROR)
        self.assertNoneWhole(mark)

    def test_3_4_an_ACK_is_not_the_SETTINGS_of_a_preface(self):
        self.refused(PREFACE + settings(flags=ACK) + ping())

    def test_3_4_a_request_need_not_wait_for_the_servers_SETTINGS(self):
        client = self.raw()
        client.expect(1)
        client.send(PREFACE + settings() + get(1))
        self.assertEqual(client.response(1).status, 200)

    def test_3_4_a_preface_may_come_byte_by_byte(self):
        client = self.raw()
        client.expect(1)
        for byte in PREFACE + settings() + get(1):
            client.send(bytes([byte]))
        self.assertEqual(client.response(1).status, 200)

    def test_3_4_a_part_of_a_preface_and_the_end_is_no_request(self):
        mark = self.origin.mark()
        client = self.begun(PREFACE[:10])
        client.close()
        self.assertNoneWhole(mark)


@cases([
    ("4.1: a frame of an unknown type is ignored",
     frame(0x16, 0xff, 0, b"unknown"), ALIVE),
    ("4.1: a frame of an unknown type on a stream is ignored",
     on(1, post(1), frame(0xbe, 0, 1, b"x"), frame(DATA, 1, 1, b"abc")),
     SERVED),
    ("4.1: a frame of an unknown type on an idle stream is ignored or refused",
     frame(0x16, 0, 7, b""), ALIVE | connection(PROTOCOL_ERROR)),     # 5.1
    ("4.1: unknown flags are ignored", ping(flags=0x16), ALIVE),
    ("4.1: unknown flags of DATA are ignored",
     on(1, post(1), frame(DATA, 0xf1 & ~PADDED, 1, b"abc")), SERVED),
    ("4.1: unknown flags of HEADERS are ignored",
     on(1, headers(1, HALF, PIECE | 0xc2)), SERVED),
    ("4.1: the reserved bit of a PING is ignored",
     frame(PING, 0, 0x80000000, b"12345678"), ALIVE),
    ("4.1: the reserved bit of HEADERS is ignored",
     on(1, headers(0x80000001, HALF)), SERVED),
    ("4.2: a DATA frame of 2^14 octets is read",
     on(1, post(1), frame(DATA, END_STREAM, 1, bytes(16384))), SERVED),
    ("4.2: a HEADERS frame larger than SETTINGS_MAX_FRAME_SIZE ends all",
     lambda c: c.expect(1) and c.push(headers(
         1, HALF + literal("x", b"y" * largest(c)))) and None,
     connection(FRAME_SIZE_ERROR)),
    ("4.2: a DATA frame larger than SETTINGS_MAX_FRAME_SIZE is refused",
     lambda c: aside(1, post(1, "/hold"), frame(
         DATA, END_STREAM, 1, bytes(largest(c) + 1)))(c),
     stream(FRAME_SIZE_ERROR)),
    ("4.2: SETTINGS larger than SETTINGS_MAX_FRAME_SIZE end the connection",
     lambda c: c.push(settings(*[(0xff, 1)] * (largest(c) // 6 + 1))) and None,
     connection(FRAME_SIZE_ERROR)),
    ("4.2: a frame of an unknown type that is too large is refused",
     lambda c: c.push(frame(0x16, 0, 0, bytes(largest(c) + 1))) and None,
     connection(FRAME_SIZE_ERROR)),
    ("4.3: a header block that cannot be decoded ends the connection",
     aside(1, headers(1, b"\xbf")), COMPRESSION),
    ("4.3: a PRIORITY inside a header block ends the connection",
     aside(1, headers(1, HALF[:9], END_STREAM), priority(1)),
     connection(PROTOCOL_ERROR)),
    ("4.3: a PING inside a header block ends the connection",
     aside(1, headers(1, HALF[:9], END_STREAM), ping()),
     connection(PROTOCOL_ERROR)),
    ("4.3: HEADERS of another stream inside a header block end the connection",
     aside(1, headers(1, HALF[:9], END_STREAM), get(3)),
     connection(PROTOCOL_ERROR)),
    ("5.5: an unknown frame inside a header block ends the connection",
     aside(1, headers(1, HALF[:9], END_STREAM), frame(0x16, 0, 1),
           frame(CONTINUATION, END_HEADERS, 1, HALF[9:])),
     connection(PROTOCOL_ERROR)),
])
class Frames(Case):
    pass


def largest(client):
    size = client.theirs.get(MAX_FRAME_SIZE, 16384)
    if size >= 1 << 20:
        raise unittest.SkipTest("reads frames of any size")
    return size


# 5.1: a server may ignore what comes on a closed stream, or end it or all.
CLOSED = ALIVE | stream(STREAM_CLOSED)
AGAIN = ALIVE | stream(STREAM_CLOSED) | connection(PROTOCOL_ERROR)


def only(*targets):
    """The target saw these requests, and no other whole one."""
    def check(self, client, _):
        self.origin.settle()
        seen = [r.target for r in self.origin.requests if r.target != "/after"]
        self.assertEqual(seen, list(targets))
    return check


@cases([
    ("5.1: DATA on an idle stream ends the connection",
     frame(DATA, END_STREAM, 1, b"x"),
     connection(PROTOCOL_ERROR, STREAM_CLOSED)),
    ("5.1: RST STREAM on an idle stream ends the connection",
     rst_stream(1), connection(PROTOCOL_ERROR)),
    ("5.1: WINDOW UPDATE on an idle stream ends the connection",
     window_update(1, 100), connection(PROTOCOL_ERROR)),
    ("5.1: CONTINUATION on an idle stream ends the connection",
     frame(CONTINUATION, END_HEADERS, 1, HALF), connection(PROTOCOL_ERROR)),
    ("5.1: PRIORITY on an idle stream is no error", priority(1), ALIVE),
    ("5.1: DATA on a half closed stream is an error",
     aside(1, hold(1), frame(DATA, END_STREAM, 1, b"x")),
     stream(STREAM_CLOSED)),
    ("5.1: HEADERS on a half closed stream are an error",
     aside(1, hold(1), get(1)), stream(STREAM_CLOSED)),
    ("5.1: CONTINUATION on a half closed stream is an error",
     aside(1, hold(1), frame(CONTINUATION, END_HEADERS, 1, HALF)),
     connection(PROTOCOL_ERROR, STREAM_CLOSED)),
    ("5.1: WINDOW UPDATE on a half closed stream is no error",
     aside(1, hold(1), window_update(1, 100)), ALIVE),
    ("5.1: PRIORITY on a half closed stream is no error",
     aside(1, hold(1), priority(1)), ALIVE),
    ("5.1: RST STREAM on a half closed stream is no error",
     aside(1, hold(1), rst_stream(1)), ALIVE),
    ("5.1: DATA on a stream that was reset is not passed on",
     aside(1, post(1), rst_stream(1), frame(DATA, END_STREAM, 1, b"x")),
     CLOSED, only()),
    ("5.1: HEADERS on a stream that was reset are no request",
     aside(1, hold(1), rst_stream(1), get(1, "/again")), AGAIN, only()),
    ("5.1: CONTINUATION on a stream that was reset ends the connection",
     aside(1, hold(1), rst_stream(1),
           frame(CONTINUATION, END_HEADERS, 1, HALF)),
     connection(PROTOCOL_ERROR, STREAM_CLOSED)),
    ("5.1: DATA on a stream that ended is an error or ignored",
     after(1, get(1), frame(DATA, END_STREAM, 1, b"x")), CLOSED),
    ("5.1: HEADERS on a stream that ended are no request",
     after(1, get(1, "/one"), get(1, "/again")), AGAIN, only("/one")),
    ("5.1: WINDOW UPDATE on a stream that ended is no error",
     after(1, get(1), window_update(1, 100)), ALIVE),
    ("5.1: RST STREAM on a stream that ended is no error",
     after(1, get(1), rst_stream(1)), ALIVE),
    ("5.1: PRIORITY on a stream that ended is no error",
     after(1, get(1), priority(1)), ALIVE),
    ("5.1.1: an even stream is an error",
     aside(2, get(2)), connection(PROTOCOL_ERROR)),
    ("5.1.1: a smaller stream than before is an error",
     after(5, get(5), get(3)), connection(PROTOCOL_ERROR, STREAM_CLOSED)),
    ("5.1.1: numbers of streams may be left out", on(101, get(101)), SERVED),
    ("5.1.1: the largest stream is served",
     on(0x7fffffff, get(0x7fffffff)), SERVED),
    ("5.3: a priority in HEADERS is read over",
     on(1, headers(1, dependency(0, 256) + HALF, PIECE | WITH_PRIORITY)),
     SERVED),
    ("5.3: a stream may depend on one that is not there",
     on(3, headers(3, dependency(77, 1, True) + HALF,
                   PIECE | WITH_PRIORITY)), SERVED),
    ("5.3: a PRIORITY on itself harms nobody else", priority(1, on=1),
     ALIVE | stream(PROTOCOL_ERROR)),
])
class States(Case):
    def setUp(self):
        self.origin.settle()
        self.origin.requests.clear()

    def test_5_1_a_stream_that_we_cancelled_is_not_answered(self):
        client = self.ready()
        mark = self.origin.mark()
        stream_ = client.open(fields(path="/hold"))
        rig.until(lambda: self.origin.since(mark), "the request")
        client.cancel(stream_)
        conn = self.origin.since(mark)[0][0]
        rig.until(lambda: conn.done, "the target to be told")
        self.assertIsNone(client.streams[stream_].reset)
        self.serves(client)

    def test_5_4_1_the_last_stream_of_a_GOAWAY_is_one_of_ours(self):
        client = self.ready()
        for _ in range(3):
            client.ask("/x")
        client.push(ping(b"short"))
        self.assertLessEqual(client.expect_goaway().last, 5)

    def test_5_1_2_streams_beyond_the_limit_are_refused(self):
        client = self.ready()
        most = client.theirs[MAX_CONCURRENT_STREAMS]
        for _ in range(most):
            client.open(fields(path="/hold"))
        self.assertEqual(client.reaction(), ("alive", None))
        over = client.open(fields(path="/over"))
        got = client.reaction(over)
        self.assertIn(got, stream(PROTOCOL_ERROR, REFUSED_STREAM))
        self.assertEqual([r.target for r in self.origin.requests], [])

    def test_5_1_2_streams_that_ended_do_not_count(self):
        client = self.ready()
        for _ in range(2 * client.theirs[MAX_CONCURRENT_STREAMS]):
            self.assertEqual(client.ask("/x").status, 200)

    def test_5_1_2_streams_that_we_reset_do_not_count(self):
        client = self.ready()
        for _ in range(client.theirs[MAX_CONCURRENT_STREAMS] + 10):
            client.cancel(client.open(fields(path="/hold")))
        self.serves(client)


def same_content(body):
    def check(self, client, _):
        self.assertEqual(self.origin.requests[-1].body, body)
    return check


@cases([
    ("6.1: DATA on stream 0 ends the connection",
     aside(1, post(1), frame(DATA, 0, 0, b"x")), connection(PROTOCOL_ERROR)),
    ("6.1: padding is not content",
     on(1, post(1), frame(DATA, PADDED, 1, padded(b"ab", 255)),
        frame(DATA, END_STREAM | PADDED, 1, padded(b"c", 0))),
     SERVED, same_content(b"abc")),
    ("6.1: DATA may be padding alone",
     on(1, post(1), frame(DATA, PADDED, 1, padded(b"", 7)),
        frame(DATA, END_STREAM, 1, b"abc")), SERVED, same_content(b"abc")),
    ("6.1: padding as long as the frame ends the connection",
     aside(1, post(1), frame(DATA, PADDED | END_STREAM, 1, b"\x06hello")),
     connection(PROTOCOL_ERROR)),
    ("6.1: padding longer than the frame ends the connection",
     aside(1, post(1), frame(DATA, PADDED | END_STREAM, 1, b"\xffhello")),
     connection(PROTOCOL_ERROR)),
    ("6.1: a padded DATA frame without a pad length ends the connection",
     aside(1, post(1), frame(DATA, PADDED | END_STREAM, 1, b"")),
     connection(PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
    ("6.1: empty DATA may end a stream",
     on(1, post(1), frame(DATA, END_STREAM, 1)), SERVED, same_content(b"")),
    ("6.1: empty DATA may come in between",
     on(1, post(1), frame(DATA, 0, 1), frame(DATA, 0, 1, b"a"),
        frame(DATA, 0, 1), frame(DATA, END_STREAM, 1, b"b")), SERVED,
     same_content(b"ab")),
    ("6.2: HEADERS on stream 0 end the connection",
     headers(0, HALF), connection(PROTOCOL_ERROR)),
    ("6.2: HEADERS may be padded",
     on(1, headers(1, padded(HALF, 200), PIECE | PADDED)), SERVED),
    ("6.2: HEADERS may be padded and have a priority",
     on(1, headers(1, padded(dependency(0) + HALF, 9),
                   PIECE | PADDED | WITH_PRIORITY)), SERVED),
    ("6.2: padding of HEADERS that is too long ends the connection",
     aside(1, headers(1, bytes([len(HALF) + 1]) + HALF, PIECE | PADDED)),
     connection(PROTOCOL_ERROR)),
    ("6.2: padded HEADERS without a pad length end the connection",
     aside(1, headers(1, b"", PIECE | PADDED)),
     connection(PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
    ("6.2: padding that reaches into the priority ends the connection",
     aside(1, headers(1, bytes([4]) + dependency(0),
                      PIECE | PADDED | WITH_PRIORITY)),
     connection(PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
    ("6.2: HEADERS too short for their priority end the connection",
     aside(1, headers(1, b"\0\0\0", PIECE | WITH_PRIORITY)),
     connection(PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
    ("6.3: PRIORITY on stream 0 ends the connection",
     priority(0), connection(PROTOCOL_ERROR)),
    ("6.3: PRIORITY of 4 octets is an error",
     aside(1, hold(1), frame(PRIORITY, 0, 1, bytes(4))),
     stream(FRAME_SIZE_ERROR)),
    ("6.3: PRIORITY of 6 octets is an error",
     aside(1, hold(1), frame(PRIORITY, 0, 1, bytes(6))),
     stream(FRAME_SIZE_ERROR)),
    ("6.4: RST STREAM on stream 0 ends the connection",
     rst_stream(0), connection(PROTOCOL_ERROR)),
    ("6.4: RST STREAM of 3 octets ends the connection",
     aside(1, hold(1), frame(RST_STREAM, 0, 1, bytes(3))),
     connection(FRAME_SIZE_ERROR)),
    ("6.4: RST STREAM of 5 octets ends the connection",
     aside(1, hold(1), frame(RST_STREAM, 0, 1, bytes(5))),
     connection(FRAME_SIZE_ERROR)),
    ("6.6: a client must not push",
     aside(1, hold(1), frame(PUSH_PROMISE, END_HEADERS, 1,
                             struct.pack("!I", 2) + HALF)),
     connection(PROTOCOL_ERROR)),
    ("6.7: a PING with a stream ends the connection",
     frame(PING, 0, 1, bytes(8)), connection(PROTOCOL_ERROR)),
    ("6.7: a PING of 7 octets ends the connection",
     ping(bytes(7)), connection(FRAME_SIZE_ERROR)),
    ("6.7: a PING of 9 octets ends the connection",
     ping(bytes(9)), connection(FRAME_SIZE_ERROR)),
    ("6.7: an ACK that answers no PING is ignored", ping(flags=ACK), ALIVE),
    ("6.8: GOAWAY with a stream ends the connection",
     frame(GOAWAY, 0, 1, bytes(8)), connection(PROTOCOL_ERROR)),
    ("6.8: GOAWAY of 7 octets ends the connection",
     frame(GOAWAY, 0, 0, bytes(7)), connection(FRAME_SIZE_ERROR)),
    ("6.10: CONTINUATION on stream 0 ends the connection",
     aside(1, headers(1, HALF[:9], END_STREAM),
           frame(CONTINUATION, END_HEADERS, 0, HALF[9:])),
     connection(PROTOCOL_ERROR)),
    ("6.10: CONTINUATION of another stream ends the connection",
     aside(1, headers(1, HALF[:9], END_STREAM),
           frame(CONTINUATION, END_HEADERS, 3, HALF[9:])),
     connection(PROTOCOL_ERROR)),
    ("6.10: CONTINUATION after the end of a block ends the connection",
     aside(1, hold(1), frame(CONTINUATION, END_HEADERS, 1, b"")),
     connection(PROTOCOL_ERROR, STREAM_CLOSED)),
    ("6.10: CONTINUATION after the end of another CONTINUATION is an error",
     aside(1, headers(1, HALF[:9], END_STREAM),
           frame(CONTINUATION, END_HEADERS, 1, HALF[9:]),
           frame(CONTINUATION, END_HEADERS, 1, b"")),
     connection(PROTOCOL_ERROR, STREAM_CLOSED)),
    ("6.10: CONTINUATION after DATA ends the connection",
     aside(1, post(1, "/hold"), frame(DATA, 0, 1, b"x"),
           frame(CONTINUATION, END_HEADERS, 1, HALF)),
     connection(PROTOCOL_ERROR)),
    ("6.10: DATA inside a header block ends the connection",
     aside(1, headers(1, HALF[:9], 0), frame(DATA, END_STREAM, 1, b"x")),
     connection(PROTOCOL_ERROR)),
    ("6.10: a header block may have several CONTINUATIONs",
     on(1, headers(1, HALF[:3], END_STREAM), *[
         frame(CONTINUATION, 0, 1, HALF[at:at + 9])
         for at in range(3, len(HALF), 9)],
        frame(CONTINUATION, END_HEADERS, 1, b"")), SERVED),
    ("6.10: HEADERS may be empty before a CONTINUATION",
     on(1, headers(1, b"", END_STREAM),
        frame(CONTINUATION, END_HEADERS, 1, HALF)), SERVED),
    ("7: an unknown error code of RST STREAM is no error",
     aside(1, hold(1), rst_stream(1, 0xfffffffe)), ALIVE),
])
class Kinds(Case):
    def test_6_7_a_PING_is_answered_with_its_octets(self):
        client = self.ready()
        for payload in (b"01234567", bytes(8), b"\xff" * 8):
            self.assertTrue(client.alive(payload))
        self.assertEqual(client.pongs, [b"01234567", bytes(8), b"\xff" * 8])

    def test_6_8_after_our_GOAWAY_a_request_is_still_answered(self):
        client = self.ready()
        number = client.open(fields(path="/x"))
        client.push(goaway(0, 0xff00ff, b"debug data"))
        self.assertEqual(client.response(number).body, b"GET /x")

    def test_6_8_a_connection_that_we_left_with_GOAWAY_is_closed(self):
        client = self.ready()
        client.ask("/x")
        client.push(goaway())
        client.expect_end()


@cases([
    ("6.5: SETTINGS with a stream end the connection",
     settings(stream=1), connection(PROTOCOL_ERROR)),
    ("6.5: an ACK with a setting ends the connection",
     settings((INITIAL_WINDOW_SIZE, 1), flags=ACK),
     connection(FRAME_SIZE_ERROR)),
    ("6.5: SETTINGS of 5 octets end the connection",
     frame(SETTINGS, 0, 0, bytes(5)), connection(FRAME_SIZE_ERROR)),
    ("6.5: SETTINGS of 7 octets end the connection",
     frame(SETTINGS, 0, 0, bytes(7)), connection(FRAME_SIZE_ERROR)),
    ("6.5: an ACK too many is ignored or ends the connection",
     settings(flags=ACK), ALIVE | connection(PROTOCOL_ERROR)),
    ("6.5.2: ENABLE PUSH of 2 ends the connection",
     settings((ENABLE_PUSH, 2)), connection(PROTOCOL_ERROR)),
    ("6.5.2: ENABLE PUSH may be 1 or 0",
     settings((ENABLE_PUSH, 1), (ENABLE_PUSH, 0)), ALIVE),
    ("6.5.2: an initial window of 2^31 ends the connection",
     settings((INITIAL_WINDOW_SIZE, 1 << 31)),
     connection(FLOW_CONTROL_ERROR)),
    ("6.5.2: frames of 16383 octets end the connection",
     settings((MAX_FRAME_SIZE, 16383)), connection(PROTOCOL_ERROR)),
    ("6.5.2: frames of 2^24 octets end the connection",
     settings((MAX_FRAME_SIZE, 1 << 24)), connection(PROTOCOL_ERROR)),
    ("6.5.2: frames of 2^24 - 1 octets are fine",
     settings((MAX_FRAME_SIZE, (1 << 24) - 1)), ALIVE),
    ("6.5.2: no concurrent streams for the server is fine",
     settings((MAX_CONCURRENT_STREAMS, 0)), ALIVE),
    ("6.5.2: a setting that nobody knows is ignored",
     settings((0xabcd, 0xffffffff), (0, 1)), ALIVE),
    ("6.5.2: a client says nothing by ENABLE CONNECT PROTOCOL",
     settings((ENABLE_CONNECT_PROTOCOL, 1)), ALIVE),
])
class Settings(Case):
    def test_6_5_3_SETTINGS_are_acknowledged_each(self):
        client = self.ready()
        for _ in range(5):
            client.tell((INITIAL_WINDOW_SIZE, 1000))
        client.until(lambda: client.acks == 6)
        self.assertEqual(client.acks, 6)

    def test_6_5_3_the_last_of_equal_settings_counts(self):
        client = self.ready(credit=False)
        client.tell((INITIAL_WINDOW_SIZE, 100), (INITIAL_WINDOW_SIZE, 7))
        client.until(lambda: client.acks == 2)
        number = client.open(fields(path="/big"))
        client.head(number)
        client.until(lambda: client.streams[number].window == 0)
        self.assertEqual(client.streams[number].answer.body, b"z" * 7)

    def test_6_5_2_no_larger_frame_than_we_read_is_sent(self):
        client = self.ready()   # the client refuses larger ones
        self.assertEqual(len(client.ask("/big").body), BIG)

    def test_6_5_2_HEADER_TABLE_SIZE_of_0_is_kept(self):
        client = self.ready()
        client.ask("/x")
        client.tell((HEADER_TABLE_SIZE, 0))
        client.until(lambda: client.acks == 2)
        for _ in range(3):      # the client checks the update of the table
            client.ask("/x")
        self.assertEqual(client.decoder.header_table_size, 0)


def big(client, number=1):
    on(number, get(number, "/big"))(client)
    client.head(number)


def overflow(client):
    big(client)
    client.push(window_update(1, 0x7fffffff) + window_update(1, 0x7fffffff))


@cases([
    ("6.9: a step of 0 on the connection ends it",
     window_update(0, 0), connection(PROTOCOL_ERROR)),
    ("6.9: a step of 0 on a stream is an error",
     aside(1, hold(1), window_update(1, 0)), stream(PROTOCOL_ERROR)),
    ("6.9: WINDOW UPDATE of 3 octets ends the connection",
     frame(WINDOW_UPDATE, 0, 0, bytes(3)), connection(FRAME_SIZE_ERROR)),
    ("6.9: WINDOW UPDATE of 5 octets ends the connection",
     aside(1, hold(1), frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1\0")),
     connection(FRAME_SIZE_ERROR)),
    ("6.9: the reserved bit of a step is ignored",
     window_update(0, 0x80000001), ALIVE),
    ("6.9.1: a connection window beyond 2^31 - 1 ends the connection",
     window_update(0, 0x7fffffff), connection(FLOW_CONTROL_ERROR)),
    ("6.9.1: a stream window beyond 2^31 - 1 is an error",
     aside(1, hold(1), window_update(1, 0x7fffffff)),
     stream(FLOW_CONTROL_ERROR)),
    ("6.9.2: an initial window that makes one overflow ends the connection",
     aside(1, hold(1), window_update(1, 0x7fffffff - WINDOW),
           settings((INITIAL_WINDOW_SIZE, WINDOW + 1))),
     connection(FLOW_CONTROL_ERROR)),
])
class Windows(Case):
    rcvbuf = 4096

    def test_6_9_1_no_more_is_sent_than_the_connection_has_credit(self):
        client = self.ready(credit=False,
                            settings=[(INITIAL_WINDOW_SIZE, 1 << 20)])
        one = client.open(fields(path="/big"))
        two = client.open(fields(path="/big"))
        client.until(lambda: client.window == 0)
        client.alive()
        client.credit = True
        client.give(0, WINDOW)
        for number in one, two:
            self.assertEqual(len(client.response(number).body), BIG)

    def test_6_9_1_no_more_is_sent_than_the_stream_has_credit(self):
        client = self.ready(credit=False, settings=[(INITIAL_WINDOW_SIZE, 1)])
        number = client.open(fields(path="/step"))
        here = client.streams[number]
        for at, byte in enumerate(b"GET /step"):
            client.until(lambda: here.window == 0)
            self.assertEqual(here.answer.body, b"GET /step"[:at + 1])
            client.give(number, 1)
        self.assertEqual(client.response(number).body, b"GET /step")

    def test_6_9_1_an_empty_answer_needs_no_credit(self):
        client = self.ready(credit=False, settings=[(INITIAL_WINDOW_SIZE, 0)])
        self.assertEqual(client.ask("/x", method="HEAD").status, 200)

    def test_6_9_2_a_new_initial_window_counts_for_open_streams(self):
        client = self.ready(credit=False, settings=[(INITIAL_WINDOW_SIZE, 0)])
        number = client.open(fields(path="/big"))
        here = client.streams[number]
        client.head(number)
        client.tell((INITIAL_WINDOW_SIZE, 3))
        client.until(lambda: here.answer.body == b"zzz")
        client.tell((INITIAL_WINDOW_SIZE, 1))   # 2 below zero
        client.until(lambda: client.acks == 3)
        client.give(number, 2)
        client.alive()
        self.assertEqual(here.answer.body, b"zzz")
        client.give(number, 1)
        client.until(lambda: here.answer.body == b"zzzz")
        self.assertEqual(here.answer.body, b"zzzz")

    def test_6_9_1_a_client_that_ignores_the_windows_is_stopped(self):
        client = self.ready()
        number = client.open(fields(path="/hold", method="POST"), end=False)
        for _ in range(4096):
            client.push(frame(DATA, 0, number, bytes(16384)))
            if (not client.pump() or client.last_goaway or
                    client.streams[number].closed):
                break
        self.assertIn(client.reaction(number), stream(FLOW_CONTROL_ERROR) | (
            {("closed", None)} if PEER else set()))

    def test_6_9_1_padding_counts_and_is_given_back(self):
        client = self.ready()
        number = client.open(fields(method="POST"), end=False)
        for at in range(600):
            client.until(lambda: client.room(number) >= 256)
            client.spent += 256
            client.streams[number].spent += 256
            client.send(frame(DATA, PADDED, number, padded(b"x", 254)))
        client.send(frame(DATA, END_STREAM, number))
        self.assertEqual(client.response(number).status, 200)
        self.assertEqual(self.origin.requests[-1].body, b"x" * 600)


if __name__ == "__main__":
    rig.main()

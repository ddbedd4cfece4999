#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Sluice forwards is read in one way only.

Thousands of requests, made by a grammar and then damaged in the ways of the
attack list, go through Sluice. Whatever reaches the target must look the same
to the six readers of readers.py: message borders, method, target, host, body
and every field. Each answer must belong to a request that the target saw.

    SLUICE_TEST_SEED=n     another series (the default is fixed)
    SLUICE_TEST_CASES=n    how many (default 4000, bounded in time; a quarter
                           of them in each of the other desync modes)
    SLUICE_TEST_ONLY=n     request number n alone, shown
"""
import os
import random
import time
import unittest
from collections import Counter

import readers
import rig
from rig import head

SEED = int(os.environ.get("SLUICE_TEST_SEED", "9112"))
CASES = int(os.environ.get("SLUICE_TEST_CASES", "4000"))
ONLY = os.environ.get("SLUICE_TEST_ONLY")
BUDGET = 25 * rig.SLOW
ENOUGH = 600
TOGETHER = 16

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n"
BODIES = [b"", b"x", b"hello", b"0\r\n\r\n", SMUGGLED,
          b"0\r\n\r\n" + SMUGGLED, b"5\r\nhello\r\n0\r\n\r\n",
          b"\r\n" + SMUGGLED, b"a" * 300, b"\n\n", b"\0" * 7]
METHODS = [b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"X-Y",
           b"POST", b"POST"]
LENGTHS = [b"+%d", b"-%d", b"0x%d", b"%d, %d", b"%d,%d", b"%d %d", b"%d;",
           b"%d.0", b"0%d", b" %d ", b"\t%d", b"%d\x0b", b"%d\0", b"%de0", b"",
           b"%d_", b"\"%d\"", b"9223372036854775808", b"18446744073709551617",
           b"%d\r\n 0", b"\r\n %d", b"%d\n", b"1%d", b"%d\xa0", b"%d\rX: y"]
CODINGS = [b"chunked", b"Chunked", b"CHUNKED", b" chunked", b"xchunked",
           b"chunked, chunked", b"chunked,", b", chunked", b"identity",
           b"chunked, identity", b"identity, chunked", b"gzip",
           b"gzip, chunked",
           b"\"chunked\"", b"chunked;q=1", b"chunked\x0b", b"\x0bchunked",
           b"chunked\0", b"\r\n chunked", b"chunked\r\n ", b"\tchunked\t", b"",
           b"x\r\n chunked", b"chun\tked", b"chunked\xa0", b"chunked\n",
           b"chunked\rX: y", b"cow"]
NAMES = [lambda n: n.upper(), lambda n: n.lower(), lambda n: n + b" ",
         lambda n: n + b"\t", lambda n: b" " + n, lambda n: b"\t" + n,
         lambda n: n.replace(b"-", b"_"), lambda n: n.replace(b"-", b""),
         lambda n: n.replace(b"-", b"."), lambda n: b"\x01" + n,
         lambda n: n + b"\xa0", lambda n: n + b"\0", lambda n: n + b"\r",
         lambda n: b"\r" + n, lambda n: n + b"\x0b", lambda n: n + b":",
         lambda n: n.replace(b"s", b"\xc5\xbf"), lambda n: b"X-" + n,
         lambda n: n + b"\r\n ", lambda n: b"A: b\n" + n, lambda n: b"\n" + n,
         lambda n: b"A: b\r" + n]
SIZES = [b"0x%x", b"+%x", b"-%x", b" %x", b"%x ", b"%x;", b"%x;a", b"%x;a=b",
         b"%x ;a=\"b\"", b"%x;\n", b"%x;a\r", b"%x\n", b"%x\r", b"0%x", b"%X",
         b"%xZ", b"", b"%x\t", b"1000000000000000%x", b"%x;a=\"\r\n\"", b"%x,",
         b"%x\0", b"00000000000000000000%x", b"%x\r\r", b"_%x", b"%x_0"]
TARGETS = [b"http://evil/r%d", b"http://evil:80/r%d", b"//evil/r%d",
           b"/r%d?a=b#c", b"/r%d a", b"/r%d\ta", b"*", b"r%d", b"/r%d HTTP/1.0",
           b"http://a@b/r%d", b"/r%d\x7f", b"HTTP://EVIL/r%d", b"/r%d\xff",
           b"http:///r%d", b"https://evil/r%d", b"/r%d\0", b"/r%d\r", b" /r%d",
           b"http://evil?r%d", b"/r%d%%0d%%0aX:%%20y", b"/r%d/../x"]
VERSIONS = [b"HTTP/1.0", b"HTTP/1.1 ", b"HTTP/1.2", b"HTTP/1.9", b"HTTP/0.9",
            b"HTTP/2.0", b"HTTP/1.10", b"http/1.1", b"HTTP/1.", b"",
            b"HTTP/1.1\t",
            b" HTTP/1.1", b"HTTP/1.1\0", b"HTTP/1.1 x"]
HOSTS = [b"evil", b"example.com:80", b"a@b", b"a b", b"", b"a,b", b"[::1]",
         b"EXAMPLE.com", b"a:", b"a:99999", b"a/b", b"a\x01", b"example.com."]
EXTRAS = [(b"Connection", b"close"), (b"Connection", b"Content-Length"),
          (b"Connection", b"Transfer-Encoding, Host"),
          (b"Connection", b"keep-alive, X-Forwarded-For"),
          (b"Connection", b"X-Amzn-Trace-Id, X-Forwarded-Proto"),
          (b"Expect", b"100-continue"), (b"Expect", b"y 100-continue"),
          (b"Upgrade", b"h2c"), (b"Upgrade", b"websocket"),
          (b"TE", b"trailers"), (b"Trailer", b"X-T"), (b"X", b"a\x01b"),
          (b"X", b"a\r\n b"), (b"X", b"a\r\n\r\n"), (b"", b"x"), (b"X Y", b"z"),
          (b"Cookie", b"a=b"), (b"X\xe9", b"y"), (b"X", b"y" * 5000),
          (b"Content-Type", b"a/b\r\n c"), (b"Host ", b"evil"),
          (b"Keep-Alive", b"5"), (b"X-Amzn-Trace-Id", b"A=b"),
          (b"Proxy-Connection", b"keep-alive"), (b"X", b"\r\n \r\n")]
TRAILERS = [b"X-T: 1\r\n", b"Content-Length: 5\r\n", b"Host: evil\r\n",
            b"Transfer-Encoding: chunked\r\n", b"bad\r\n", b"X : y\r\n",
            b"X: a\n", b"X: a\rb\r\n", b" X: y\r\n", b"X: \0\r\n",
            b"GET /smuggled HTTP/1.1\r\nHost: evil\r\n"]


def filled(template, number):
    return template.replace(b"%d", b"%d" % number) if b"%d" in template \
        else template


def chunks(roll, body, odd):
    """The body in one to three chunks; odd: with a trick somewhere."""
    cuts = sorted(roll.randrange(len(body) + 1) for _ in range(2))
    parts = [p for p in (body[:cuts[0]], body[cuts[0]:cuts[1]],
                         body[cuts[1]:]) if p]
    trick = roll.randrange(len(parts) + 1) if odd else -1
    out = b""
    for index, part in enumerate(parts):
        size = b"%x" % len(part)
        end = b"\r\n"
        if index == trick:
            if roll.random() < 0.7:
                size = roll.choice(SIZES).replace(b"%x", b"%x" % len(part)) \
                    .replace(b"%X", b"%X" % len(part))
            else:
                end = roll.choice([b"\n", b"", b"XX", b"\r", b"\rX", b"\n\r",
                                   b"\r\n\r\n"])
        out += size + b"\r\n" + part + end
    last = b"0"
    if trick == len(parts):
        last = roll.choice([b"00", b"0;a", b"0 ", b"0x0", b"-0", b"0\n", b"",
                            b"0;\n", b"0\r"])
    out += last + b"\r\n"
    if roll.random() < (0.4 if odd else 0.1):
        out += roll.choice(TRAILERS)
    return out + roll.choice([b"\r\n"] * 12 + [b"", b"\n", b"\r", b"\rX\r\n"])


def damage(roll, raw):
    """One small accident anywhere in the bytes."""
    at = roll.randrange(len(raw))
    kind = roll.randrange(7)
    if kind == 0:
        return raw[:at] + bytes([roll.choice(
            b"\0\r\n \t:;,\x01\x0b\x7f\xa0\xff0")]) + raw[at:]
    if kind == 1:
        return raw[:at] + raw[at + 1:]
    if kind == 2:
        return raw[:at] + bytes([roll.randrange(256)]) + raw[at + 1:]
    ends = [i for i in range(len(raw) - 1) if raw[i:i + 2] == b"\r\n"]
    if not ends:
        return raw
    at = roll.choice(ends)
    if kind == 6:
        other = roll.choice(ends)
        lines = raw[min(at, other):max(at, other)]
        return raw[:at] + lines + raw[at:]
    return raw[:at] + roll.choice([b"\n", b"\r", b"\r\r\n", b"\n\r",
                                   b"\r\n ", b"\r\n\t", b"\r\n\r\n",
                                   b" \r\n"]) + raw[at + 2:]


def framing(roll, body, strange):
    """(fields, bytes on the wire): how the body is announced and sent."""
    length = (b"Content-Length", b"%d" % len(body))
    coding = (b"Transfer-Encoding", b"chunked")
    fields = roll.choice([[], [length], [coding], [length], [coding],
                          [length, coding], [coding, length]])
    wire = body
    if coding in fields:
        wire = chunks(roll, body, strange and roll.random() < 0.5)
        if length in fields:
            fields = [(n, b"%d" % roll.choice([0, 3, len(wire), len(body)]))
                      if n == length[0] else (n, v) for n, v in fields]
    elif not fields and roll.random() < 0.7:
        wire = b""
    if strange and fields and roll.random() < 0.7:
        at = roll.randrange(len(fields))
        name, value = fields[at]
        bad = filled(roll.choice(LENGTHS), len(body)) \
            if name == length[0] else roll.choice(CODINGS)
        what = roll.randrange(4)
        if what == 0:
            fields[at] = (name, bad)
        elif what == 1:
            fields[at] = (roll.choice(NAMES)(name), value)
        elif what == 2:
            fields.insert(roll.randrange(len(fields) + 1), (
                roll.choice(NAMES)(name), roll.choice([bad, value])))
        else:
            fields.insert(roll.randrange(len(fields) + 1),
                          (name, roll.choice([bad, value])))
    return fields, wire


def one_request(roll, number, strange):
    method = roll.choice(METHODS)
    target = b"/r%d" % number
    version = b"HTTP/1.1"
    hosts = [(b"Host", b"example.com")]
    fields, wire = framing(roll, roll.choice(BODIES), strange)
    if strange:
        if roll.random() < 0.15:
            target = filled(roll.choice(TARGETS), number)
        if roll.random() < 0.1:
            version = roll.choice(VERSIONS)
        if roll.random() < 0.1:
            hosts = roll.choice([
                [], [(b"Host", roll.choice(HOSTS))],
                hosts + [(b"Host", roll.choice(HOSTS))],
                [(roll.choice(NAMES)(b"Host"), b"evil")] + hosts])
        if roll.random() < 0.3:
            fields.insert(roll.randrange(len(fields) + 1),
                          roll.choice(EXTRAS))
    fields += [(b"A%d" % n, b"b") for n in range(roll.randrange(3))]
    everything = hosts + fields
    if roll.random() < 0.2:
        roll.shuffle(everything)
    raw = b"%s %s %s\r\n" % (method, target, version)
    for name, value in everything:
        raw += name + roll.choice([b": "] * 8 + [b":", b":\t", b":  "]) + \
            value + b"\r\n"
    raw += b"\r\n" + wire
    if strange and roll.random() < 0.3:
        for _ in range(roll.randrange(1, 3)):
            raw = damage(roll, raw)
    return raw


def connection(number):
    """All bytes that one client connection sends."""
    roll = random.Random("%d/%d" % (SEED, number))
    raw = b"".join(
        one_request(roll, number, roll.random() < 0.85)
        for _ in range(roll.choice([1, 1, 1, 2, 3])))
    if roll.random() < 0.05:
        raw = b"\r\n" + raw
    if roll.random() < 0.3:
        raw += SMUGGLED
    return raw


class OneReading(rig.ProxyCase):
    attributes = {"routing.http.xff_client_port.enabled": "true",
                  "idle_timeout.timeout_seconds": 3}
    share = 1       # of CASES and of the time
    passing = 5     # one in so many cases is served at least

    def send_all(self, numbers):
        """Each connection's bytes, then its end; what came back."""
        clients = {}
        for number in numbers:
            clients[number] = self.client(timeout=rig.PATIENCE + 3)
            clients[number].push(connection(number))
            try:
                clients[number].half_close()
            except OSError:
                pass
        answers = {}
        for number, client in clients.items():
            answers[number] = (client.local[1], client.rest())
            client.close()
        return answers

    def fault(self, numbers):
        """None, or what is wrong with what these connections caused."""
        mark = self.origin.mark()
        broken = len(self.origin.conns)
        try:
            answers = self.send_all(numbers)
        except AssertionError as error:
            return "%s" % error
        by_port = {}
        for _, data in self.origin.since(mark):
            why = readers.disagreement(data) or readers.untidy(data)
            if why:
                return "%s\nthe target saw %r" % (why, data[:3000])
            for message in readers.read_all(data)["strict"].messages:
                last = [v for n, v in message.fields
                        if n == b"x-forwarded-for"]
                if not last:
                    return "a request that Sluice did not mark: %r" % (
                        message,)
                port = int(last[-1].rpartition(b":")[2])
                by_port.setdefault(port, []).append(
                    message.method + b" " + message.target)
        self.seen += sum(map(len, by_port.values()))
        for number, (port, data) in answers.items():
            why = self.unanswered(number, data, by_port.pop(port, []))
            if why:
                return why
        if by_port:
            return "requests that no client sent: %r" % by_port
        for conn in self.origin.conns[broken:]:
            if conn.error:
                return "the target choked: %r" % conn.error
        return None

    def unanswered(self, number, data, messages):
        """Each 200 that a client got belongs to a message of its own."""
        raw = connection(number)
        if b"HEAD" in raw or not data.startswith(b"HTTP/1."):
            return None
        reader = rig.Client.__new__(rig.Client)
        reader.buf, reader.end, reader.timeout = bytearray(data), "fin", 1
        bodies, others = [], 0
        while reader.buf:
            try:
                answer = reader.response()
            except rig.Cut:
                others += 1
                break
            except rig.Malformed as why:
                return "a malformed answer: %s in %r" % (why, data[:2000])
            if answer.status == 200:
                bodies.append(answer.body)
            else:
                others += 1
        self.served += len(bodies)
        self.refusals += others
        spare = Counter(bodies) - Counter(messages)
        if spare:
            return "answers %r, the target saw %r" % (bodies, messages)
        if len(messages) > len(bodies) + others:
            return "%r reached the target, answered %r" % (messages, bodies)
        return None

    def explain(self, numbers, why):
        """Find the one connection of a batch that is to blame."""
        for number in numbers:
            alone = self.fault([number])
            if alone:
                return "number %d of seed %d, sent %r\n%s" % (
                    number, SEED, connection(number), alone)
        return "seed %d, one of %s..%s (only together)\n%s" % (
            SEED, numbers[0], numbers[-1], why)

    def test_what_is_forwarded_is_read_in_one_way_by_every_reader(self):
        self.seen = self.served = self.refusals = 0
        if ONLY:
            print(connection(int(ONLY)))
            self.assertIsNone(self.fault([int(ONLY)]))
            return
        end, done = time.monotonic() + BUDGET * self.share, 0
        cases = int(CASES * self.share)
        while done < cases and time.monotonic() < end:
            numbers = list(range(done, min(done + TOGETHER, cases)))
            why = self.fault(numbers)
            if why:
                self.fail(self.explain(numbers, why))
            done += len(numbers)
        # It must not pass by refusing everything, or by running out of time.
        self.assertGreaterEqual(done, min(ENOUGH * self.share, cases))
        self.assertGreater(self.seen, done // self.passing)
        self.assertGreater(self.served, done // self.passing)
        self.assertGreater(self.refusals, done // 10)


class OneReadingInMonitorMode(OneReading):
    attributes = {"routing.http.desync_mitigation_mode": "monitor",
                  **OneReading.attributes}
    share = 0.25


class OneReadingInStrictestMode(OneReading):
    attributes = {"routing.http.desync_mitigation_mode": "strictest",
                  **OneReading.attributes}
    share, passing = 0.25, 10


class TheReaders(unittest.TestCase):
    """The readers are worth having: each trick sets them at odds."""

    TRICKS = [
        head("Content-Length: 5", "Transfer-Encoding: chunked") +
        b"0\r\n\r\n" + SMUGGLED,
        head("Transfer-Encoding : chunked", "Content-Length: 5") +
        b"0\r\n\r\n" + SMUGGLED,
        head("Transfer_Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n",
        head("Content-Length: 5", "Content-Length: 6") + b"hello!",
        head("X: a", " Transfer-Encoding: chunked") + b"0\r\n\r\n",
        head("X: a\rTransfer-Encoding: chunked") + b"0\r\n\r\n",
        head("X: a\nContent-Length: 5") + b"hello",
        head("X: a\0b"), head("Host: evil"), head("X Y: 1"),
        head("Connection: Content-Length", "Content-Length: 40") + SMUGGLED,
        head("Transfer-Encoding: chunked") + b"5;\nx\r\nhello\r\n0\r\n\r\n",
        head("Transfer-Encoding: chunked") + b"0x5\r\nhello\r\n0\r\n\r\n",
        head("Transfer-Encoding: chunked") + b"5\r\nhelloXX0\r\n\r\n",
        head("Transfer-Encoding: xchunked") + b"5\r\nhello\r\n0\r\n\r\n",
        head("Transfer-Encoding: \x0bchunked") + b"5\r\nhello\r\n0\r\n\r\n",
        head("Content-Length: +5") + b"hello", head(target="/a b"),
        head(target="/a\tb"), head("Content-Length: 5, 5") + b"hello",
        head("Tran\xc5\xbffer-Encoding: chunked") + b"0\r\n\r\n"]

    CLEAN = [
        head(method="GET"), head("Content-Length: 5") + b"hello",
        head("Transfer-Encoding: chunked", "X: y") +
        b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        head("Content-Length: %d" % len(SMUGGLED)) + SMUGGLED + head(),
        head("Content-Length: 50") + b"only a part"]

    def test_every_trick_sets_two_readers_at_odds(self):
        for raw in self.TRICKS:
            with self.subTest(raw):
                self.assertIsNotNone(readers.disagreement(raw))

    def test_every_reader_is_alone_with_some_reading(self):
        for name in readers.READERS:
            alone = 0
            for raw in self.TRICKS:
                views = {n: repr(r) for n, r in
                         readers.read_all(raw).items()}
                alone += list(views.values()).count(views[name]) == 1
            self.assertGreater(alone, 0, name)

    def test_clean_messages_are_read_alike(self):
        for raw in self.CLEAN:
            with self.subTest(raw):
                self.assertIsNone(readers.disagreement(raw))


if __name__ == "__main__":
    rig.main()

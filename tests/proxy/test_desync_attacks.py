#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Request smuggling in the three desync mitigation modes: each trick, and what
the target gets to see of it. In no mode is anything read at the target that
Sluice did not route, mark and answer as a request of its own.
"""
import rig
from rig import head

MODE = "routing.http.desync_mitigation_mode"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n"
ONE, TWO, NONE = ["/case"], ["/case", "/smuggled"], []
CHUNKED = "Transfer-Encoding: chunked"
ZERO = b"0\r\n\r\n" + SMUGGLED
INNER = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
# bytes; what the target sees in monitor, defensive and strictest mode. Two
# requests in monitor mode are two for Sluice too: routed, marked, answered.
ATTACKS = [
    # 1: CL.TE, TE.CL
    (head("Content-Length: %d" % len(ZERO), CHUNKED) + ZERO, TWO, ONE, NONE),
    (head(CHUNKED, "Content-Length: %d" % len(ZERO)) + ZERO, TWO, ONE, NONE),
    (head(CHUNKED, "Content-Length: 4") + INNER, ONE, ONE, NONE),
    # 3: TE in HTTP/1.0
    (head(CHUNKED, "Content-Length: 4", version="HTTP/1.0") + INNER,
     ONE, ONE, NONE),
    (head(CHUNKED, version="HTTP/1.0") + ZERO, ONE, ONE, NONE),
    # 5: Content-Length twice
    (head("Content-Length: 5", "Content-Length: 5") + b"hello" + SMUGGLED,
     TWO, ONE, NONE),
    (head("Content-Length: 0", "Content-Length: %d" % len(SMUGGLED))
     + SMUGGLED, NONE, NONE, NONE),
    (head("Content-Length: 5, 5") + b"hello", NONE, NONE, NONE),
    # 7: folds
    (head("Transfer-Encoding:", " chunked") + ZERO, NONE, NONE, NONE),
    (head("X: a", " " + CHUNKED) + ZERO, ONE, ONE, NONE),
    (head("X: a", "\t" + CHUNKED, "Content-Length: %d" % len(ZERO)) + ZERO,
     ONE, ONE, NONE),
    (head("X: a", " ", "Content-Length: 5") + b"hello", ONE, ONE, NONE),
    (head("Content-Length: 5", " 0") + b"hello" + SMUGGLED, TWO, ONE, NONE),
    # 8: CR, NUL
    (head("X: a\r" + CHUNKED) + ZERO, ONE, NONE, NONE),
    (head("\r" + CHUNKED) + ZERO, ONE, NONE, NONE),
    (head("X: a\r\r", "Content-Length: %d" % len(ZERO)) + ZERO,
     ONE, NONE, NONE),
    (head("X: a\0", CHUNKED) + INNER, ONE, NONE, NONE),
    (head("Transfer-Encoding\0: chunked", "Content-Length: %d" % len(ZERO))
     + ZERO, ONE, NONE, NONE),
]
# 2: TE.TE
for _value in ("chunked, chunked", "xchunked", '"chunked"', "\x0bchunked",
               "chunked\0", "chunked\r", "\rchunked", "chunked, identity",
               "chunked\x01", "chunked;\x01", "chunked;\0", ""):
    ATTACKS.append((head("Transfer-Encoding: " + _value) + ZERO,
                    NONE, NONE, NONE))
ATTACKS.append((head(CHUNKED, CHUNKED) + ZERO, NONE, NONE, NONE))
# 4: Content-Length
for _value in ("+5", "-5", "0x5", "0_5", "5e0", "5.0", "5 0", "5, 0", "5\0",
               "5\r", "\r5", "9223372036854775808", "18446744073709551615",
               "18446744073709551616", "18446744073709551617", "1" + 40 * "0"):
    ATTACKS.append((head("Content-Length: " + _value) + b"hello",
                    NONE, NONE, NONE))
# 6: names
for _name in ("Transfer-Encoding ", "Transfer-Encoding\t",
              "\x01Transfer-Encoding", "Transfer_Encoding",
              "Transfer-Encoding\xa0", "Tran\xc5\xbffer-Encoding"):
    ATTACKS += [
        (head(_name + ": chunked") + ZERO, ONE, ONE, NONE),
        (head(_name + ": chunked", "Content-Length: %d" % len(ZERO)) + ZERO,
         ONE, ONE, NONE),
        (head(_name + ": chunked", CHUNKED) + ZERO, NONE, NONE, NONE),
        (head(_name + ": cow", CHUNKED) + ZERO, NONE, NONE, NONE)]
for _line in (": x", "no colon", "\xa0: x"):
    ATTACKS.append((head(_line, "Content-Length: 5") + b"hello",
                    ONE, ONE, NONE))


class Attacks:
    def attack(self, raw, wanted):
        mark = self.origin.mark()
        with self.client() as client:
            client.push(raw)
            try:
                client.half_close()
            except OSError:
                pass
            data = client.rest()
        seen = self.messages(mark)
        self.assertEqual([m.target.decode("latin-1") for _, m in seen], wanted)
        for _, message in seen:     # each is one that Sluice knows of
            self.assertEqual(len(self.value(message, "X-Forwarded-For")), 1)
        self.assertEqual(data.count(b"HTTP/1.1 200 OK\r\n"), len(wanted))

    # 93
    def test_nothing_is_smuggled_in_this_mode(self):
        for attack in ATTACKS:
            with self.subTest(attack[0][:300]):
                self.attack(attack[0], attack[self.column])


class Monitor(Attacks, rig.ProxyCase):
    attributes, column = {MODE: "monitor"}, 1


class Defensive(Attacks, rig.ProxyCase):
    attributes, column = {MODE: "defensive"}, 2


class Strictest(Attacks, rig.ProxyCase):
    attributes, column = {MODE: "strictest"}, 3


if __name__ == "__main__":
    rig.main()

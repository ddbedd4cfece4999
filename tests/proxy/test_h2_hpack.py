#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""RFC 7541: header blocks that can be decoded, and those that end the
connection with COMPRESSION_ERROR (RFC 9113 4.3)."""
import rig
from h2 import *    # noqa: F401,F403
from h2_case import *   # noqa: F401,F403

KEPT = literal("x-kept", "value", keep=True)
FIRST = 62      # of the dynamic table
DEFAULT = 4096


def then(*blocks):
    """Requests on one connection; the reaction of the last one's stream."""
    def provoke(client):
        for at, data in enumerate(blocks[:-1]):
            number = client.expect(2 * at + 1)
            client.push(headers(number, data))
            client.response(number)
        number = client.expect(2 * len(blocks) - 1)
        client.push(headers(number, blocks[-1]))
        return number
    return provoke


def got(name, *values):
    """The target got these values of this field."""
    def check(self, client, _):
        wanted = [self.host(v) if name == "host" else v for v in values]
        self.assertEqual(self.origin.requests[-1].all(name), wanted)
    return check


@cases([
    ("2.3.3: every field by the static table", coded(b""), SERVED,
     got("host", "example.com")),
    ("2.3.3: index 0 ends the connection", coded(indexed(0)), COMPRESSION),
    ("2.3.3: an index beyond an empty table ends the connection",
     coded(indexed(FIRST)), COMPRESSION),
    ("2.3.3: an index far beyond the tables ends the connection",
     coded(indexed(100000)), COMPRESSION),
    ("2.3.3: an index just beyond the table ends the connection",
     then(STATIC + KEPT, STATIC + indexed(FIRST + 2)), COMPRESSION),
    ("2.3.3: a name beyond the tables ends the connection",
     coded(literal(FIRST, "v")), COMPRESSION),
    ("2.3.3: a name beyond the tables that is to be kept ends the connection",
     coded(literal(FIRST, "v", keep=True)), COMPRESSION),
    ("2.3.3: a name beyond the tables that is never kept ends the connection",
     coded(literal(FIRST, "v", never=True)), COMPRESSION),
    ("6.1: a kept field comes by its index",
     then(STATIC + KEPT, STATIC + indexed(FIRST + 0) + indexed(FIRST)),
     SERVED, got("x-kept", "value", "value")),
    ("6.2.1: a kept field counts in its own block",
     coded(KEPT + indexed(FIRST)), SERVED, got("x-kept", "value", "value")),
    ("6.2.1: the newest entry comes first",
     coded(literal("x-a", "1", keep=True) + literal("x-b", "2", keep=True) +
           indexed(FIRST) + indexed(FIRST + 1)), SERVED,
     got("x-a", "1", "1")),
    ("6.2.1: a name by its index",
     then(STATIC + KEPT, b"\x82\x87\x84" + literal(1, "example.com") +
          literal(FIRST, "other")), SERVED, got("x-kept", "other")),
    ("6.2.2: a field that is not kept is not in the table",
     then(STATIC + literal("x-a", "1"), STATIC + indexed(FIRST)),
     COMPRESSION),
    ("6.2.3: a field that is never kept is not in the table",
     then(STATIC + literal("x-a", "1", never=True), STATIC + indexed(FIRST)),
     COMPRESSION),
    ("6.2.3: a field that is never kept arrives",
     coded(literal("x-a", "1", never=True)), SERVED, got("x-a", "1")),
    ("2.3.2: an entry may be there twice", coded(KEPT + KEPT), SERVED,
     got("x-kept", "value", "value")),
    ("4.4: an entry larger than the table empties it",
     then(STATIC + KEPT + literal("x-l", "y" * DEFAULT, keep=True),
          STATIC + indexed(FIRST)), COMPRESSION),
    ("4.4: an entry larger than the table is a field",
     coded(literal("x-l", "y" * DEFAULT, keep=True)), SERVED,
     got("x-l", "y" * DEFAULT)),
    ("4.4: the oldest entry makes room",
     then(STATIC + KEPT + literal("x-l", "y" * 4040, keep=True),
          STATIC + indexed(FIRST + 1)), COMPRESSION),
    ("4.4: an entry may be named by the one that it evicts",
     coded(literal("x-old", "y" * 4000, keep=True) +
           literal(FIRST, "z" * 3000, keep=True) + indexed(FIRST)), SERVED,
     got("x-old", "y" * 4000, "z" * 3000, "z" * 3000)),
    ("6.3: the table may be made smaller at the start of a block",
     coded(b"", table_size(100) + STATIC), SERVED),
    ("6.3: the table may be made smaller, then larger",
     coded(b"", table_size(0) + table_size(DEFAULT) + STATIC), SERVED),
    ("6.3: a table of size 0 has no entries",
     then(STATIC + KEPT, table_size(0) + table_size(DEFAULT) + STATIC +
          indexed(FIRST)), COMPRESSION),
    ("6.3: a smaller table keeps what fits",
     then(STATIC + KEPT, table_size(64) + STATIC + indexed(FIRST)), SERVED,
     got("x-kept", "value")),
    ("6.3: a table larger than SETTINGS HEADER TABLE SIZE ends the connection",
     coded(b"", table_size(DEFAULT + 1) + STATIC), COMPRESSION),
    ("6.3: a table of 2^30 ends the connection",
     coded(b"", table_size(1 << 30) + STATIC), COMPRESSION),
    ("4.2: a size update at the end of a block ends the connection",
     coded(table_size(100)), COMPRESSION),
    ("4.2: a size update after a field ends the connection",
     aside(1, headers(1, STATIC[:1] + table_size(100) + STATIC[1:])),
     COMPRESSION),
    ("4.2: a size update after a field in a CONTINUATION ends the connection",
     aside(1, headers(1, STATIC, END_STREAM),
           frame(CONTINUATION, END_HEADERS, 1, table_size(100))),
     COMPRESSION),
    ("5.1: an integer that is cut short ends the connection",
     coded(b"\xff"), COMPRESSION),
    ("5.1: an integer that never ends ends the connection",
     coded(b"\xff" + b"\x80" * 20), COMPRESSION),
    ("5.1: an integer of 2^35 ends the connection",
     coded(b"\xff\xff\xff\xff\xff\x7f"), COMPRESSION),
    ("5.1: an integer of 2^63 ends the connection",
     coded(b"\xff" + b"\xff" * 8 + b"\x7f"), COMPRESSION),
    ("5.1: a length of 2^32 ends the connection",
     coded(b"\x00\x7f\x81\xff\xff\xff\x0f"), COMPRESSION),
    ("5.1: an integer with a zero at its end is read or refused",
     coded(b"\x00\x01x\x7f\x80\x00" + b"y" * 127), SERVED | COMPRESSION,
     lambda self, client, it: it[0] == "answer" and got("x", "y" * 127)(
         self, client, it)),
    ("5.2: a name longer than the block ends the connection",
     coded(b"\x00\x05ab"), COMPRESSION),
    ("5.2: a value longer than the block ends the connection",
     coded(b"\x00\x01x\x10short"), COMPRESSION),
    ("5.2: a field without its value ends the connection",
     coded(b"\x00\x01x"), COMPRESSION),
    ("5.2: a kept field without its value ends the connection",
     coded(b"\x40\x01x"), COMPRESSION),
    ("5.2: Huffman codes are read", huffman(b"\x9d\x29\xad\x17\x18\x63\xc7"
                                            b"\x8f\x0b\x97\xc8\xe9\xae\x82"
                                            b"\xae\x43\xd3"), SERVED,
     got("x", "https://www.example.com")),
    ("5.2: an empty string of Huffman codes is read", huffman(b""), SERVED,
     got("x", "")),
    ("5.2: Huffman padding of 8 bits ends the connection",
     huffman(b"\x1c\x64\xff"), COMPRESSION),
    ("5.2: Huffman padding alone ends the connection",
     huffman(b"\xff"), COMPRESSION),
    ("5.2: Huffman padding of zeros ends the connection",
     huffman(b"\x18"), COMPRESSION),
    ("5.2: EOS in Huffman codes ends the connection",
     huffman(b"\xff\xff\xff\xff"), COMPRESSION),
    ("5.2: EOS between Huffman codes ends the connection",
     huffman(b"\x1f\xff\xff\xff\xe3"), COMPRESSION),
    ("5.2: a Huffman code that is cut short ends the connection",
     huffman(b"\xff\xff"), COMPRESSION),
    ("5.2: a name may be in Huffman codes",
     coded(b"\x00" + string(b"\xf3\xe7", True) + string(b"1")),
     SERVED, got("xx", "1")),
])
class Blocks(Case):
    def test_4_3_a_block_of_trailers_is_checked_too(self):
        client = self.ready()
        aside(1, post(1, "/hold"), headers(1, indexed(FIRST)))(client)
        client.expect_goaway(COMPRESSION_ERROR)

    def test_4_3_the_block_of_a_malformed_request_counts(self):
        client = self.ready()
        client.expect(1)
        client.push(headers(1, STATIC + KEPT + literal("Upper", "x")))
        got_ = client.reaction(1)
        self.assertIn(got_, MALFORMED)
        if got_[0] == "goaway":
            self.skipTest("the connection ends with a malformed request")
        client.expect(3)
        client.push(headers(3, STATIC + indexed(FIRST)))
        self.assertEqual(client.response(3).status, 200)
        got("x-kept", "value")(self, client, None)

    def test_4_3_the_block_of_a_refused_stream_counts(self):
        client = self.ready()
        most = client.theirs[MAX_CONCURRENT_STREAMS]
        for _ in range(most):
            client.open(fields(path="/hold"))
        over = client.expect()
        client.push(headers(over, STATIC + KEPT))
        if client.reaction(over)[0] != "reset":
            self.skipTest("the connection ends with a stream too many")
        client.cancel(1)
        number = client.expect()
        client.push(headers(number, STATIC + indexed(FIRST)))
        self.assertEqual(client.response(number).status, 200)
        got("x-kept", "value")(self, client, None)

    def test_4_3_the_block_of_a_cancelled_stream_counts(self):
        client = self.ready()
        client.expect(1)
        client.push(headers(1, STATIC + KEPT, END_HEADERS) + rst_stream(1))
        client.expect(3)
        client.push(headers(3, STATIC + indexed(FIRST)))
        self.assertEqual(client.response(3).status, 200)
        got("x-kept", "value")(self, client, None)

    def test_2_2_the_table_lives_as_long_as_the_connection(self):
        client = self.ready(compress=True)
        for turn in range(300):
            value = "%d." % (turn % 50) + "v" * (turn % 90)
            client.ask("/x", more=[("x-n", value), ("x-m", "m%d" % turn)])
            self.assertEqual(self.origin.requests[-1].all("x-n"), [value])
        self.assertGreater(client.encoder.header_table.maxsize, 0)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The longest heads that are legal, spelled so that they grow most on their
way: all of it reaches the target, the length of the body above all."""
import rig

LINE_MAX, HEAD_MAX = 16384, 65536
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"
BODY = SMUGGLED * 20
LENGTH = b"Content-Length:%d\n" % len(BODY)


def request_line(byte=b"#", method=b"POST"):
    """As long as it may be, its path all of one byte."""
    room = LINE_MAX - len(method) - len(b" / HTTP/1.1")
    return b"%s /%s HTTP/1.1\n" % (method, byte * room)


def filled(first, last, line, size=HEAD_MAX):
    """A head of `size` bytes: as many of `line` as fit between first and
    last, and one line that fills up; (head, number of lines)."""
    room = size - len(first) - len(last) - len(b"F:\n") - len(b"\n")
    count, fill = divmod(room, len(line))
    raw = first + line * count + b"F:" + b"f" * fill + b"\n" + last + b"\n"
    assert len(raw) == size
    return raw, count


# alb.md 10: 94
class LongestHeads(rig.ProxyCase):

    def arrives(self, raw, body=BODY, method="POST", keep=True):
        """The one request that the target read, by its strict reader alone:
        asking all of them takes long with so many lines."""
        before = len(self.origin.requests)
        with self.client() as client:
            client.push(raw)
            answer = client.response(method)
            self.assertEqual(answer.status, 200, answer)
            if keep:
                client.send(rig.GOOD)
                self.assertEqual(client.response().body, b"GET /after")
            else:
                self.assertEqual(answer.get("Connection"), "close")
                client.eof()
        self.origin.settle()
        seen = self.origin.requests[before:]
        self.assertEqual(len(seen), 2 if keep else 1)
        self.assertEqual((seen[0].method, seen[0].body), (method, body))
        self.assertIsNone(seen[0].conn.error)
        return seen[0]

    def whole(self, raw, count, name="a", value="", method="POST", byte="#",
              body=BODY, keep=True):
        """The head arrives with each of its lines and the whole body."""
        request = self.arrives(raw + body, body, method, keep)
        self.assertEqual(request.target, "/" + "%%%02X" % ord(byte) * (
            LINE_MAX - len(method) - len(" / HTTP/1.1")))
        self.assertEqual(request.all(name), [value] * count)
        self.assertEqual(request.all("Content-Length"),
                         [str(len(body))] if body else [])
        self.assertEqual(len(request.all("X-Amzn-Trace-Id")), 1)
        self.assertEqual(request.all("X-Forwarded-Port"),
                         [str(self.sluice.port)])

    def test_every_reader_sees_one_request_with_its_body(self):
        raw, count = filled(request_line() + b"Host:a\n", LENGTH, b"a:\n")
        target = "/" + "%23" * (LINE_MAX - len("POST / HTTP/1.1"))
        message = self.accepted(raw + BODY, BODY, "POST", target)
        self.assertEqual(self.value(message, "a"), [""] * count)

    def test_every_byte_as_an_escape_and_the_shortest_lines_arrive_whole(self):
        for line, value in ((b"a:\n", ""), (b"a:b\n", "b"),
                            (b"a:\r\n", "")):
            for method, length, body in ((b"GET", b"", b""),
                                         (b"POST", LENGTH, BODY)):
                with self.subTest((line, method)):
                    raw, count = filled(
                        request_line(method=method) + b"Host:a\n", length,
                        line)
                    self.whole(raw, count, "a", value, method.decode(),
                               body=body)

    def test_spaces_in_the_request_line_arrive_as_escapes(self):
        raw, count = filled(request_line(b" ") + b"Host:a\n", LENGTH, b"a:\n")
        self.whole(raw, count, byte=" ")

    def test_controls_in_the_request_line_arrive_as_escapes(self):
        for byte in ("\t", "\x01", "\x7f"):
            with self.subTest(byte):
                raw, count = filled(request_line(byte.encode()) + b"Host:a\n",
                                    LENGTH, b"a:\n")
                self.whole(raw, count, byte=byte, keep=False)

    def test_the_length_arrives_wherever_the_head_ends(self):
        for size in range(HEAD_MAX - 140, HEAD_MAX + 1, 20):
            for place in ("first", "last"):
                with self.subTest((size, place)):
                    first = request_line() + b"Host:a\n"
                    raw, count = filled(
                        first + LENGTH if place == "first" else first,
                        LENGTH if place == "last" else b"", b"a:\n", size)
                    self.whole(raw, count)

    def test_a_chunked_body_keeps_its_framing(self):
        raw, count = filled(request_line() + b"Host:a\n",
                            b"Transfer-Encoding:chunked\n", b"a:\n")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
        request = self.arrives(raw + body)
        self.assertEqual(request.all("a"), [""] * count)
        self.assertEqual(request.all("Transfer-Encoding"), ["chunked"])

    def test_long_forwarded_for_lines_arrive_in_one(self):
        for line, value in ((b"X-Forwarded-For:%s\n" % (b"x" * 1600),
                             "x" * 1600),
                            (b"X-Forwarded-For:%s\n" % (b" ;" * 800),
                             (" ;" * 800)[1:])):
            with self.subTest(line[:24]):
                raw, count = filled(request_line() + b"Host:a\n", LENGTH,
                                    line)
                self.assertLessEqual(count, 30)
                self.whole(raw, 1, "X-Forwarded-For", ", ".join(
                    [value] * count + ["127.0.0.1"]))

    def test_many_empty_forwarded_for_lines_leave_one_address(self):
        raw, _ = filled(request_line() + b"Host:a\n", LENGTH,
                        b"X-Forwarded-For:\n")
        self.whole(raw, 1, "X-Forwarded-For", "127.0.0.1")

    def test_commas_in_forwarded_for_arrive_as_they_are(self):
        # Nothing between two commas is no address: 30 are not exceeded.
        value = "," * 16000
        raw, count = filled(request_line() + b"Host:a\n", LENGTH,
                            b"X-Forwarded-For:%s\n" % value.encode())
        self.whole(raw, 1, "X-Forwarded-For",
                   ", ".join([value] * count + ["127.0.0.1"]))

    def test_the_longest_trace_id_is_replaced(self):
        raw, _ = filled(request_line() + b"Host:a\n", LENGTH,
                        b"X-Amzn-Trace-Id:%s\n" % (b"a=b;" * 4000))
        request = self.arrives(raw + BODY)
        self.assertRegex(request.get("X-Amzn-Trace-Id"),
                         r"\ARoot=1-[0-9a-f]{8}-[0-9a-f]{24}\Z")

    def test_a_head_of_one_byte_more_is_refused(self):
        raw, _ = filled(request_line() + b"Host:a\n", LENGTH, b"a:\n",
                        HEAD_MAX + 1)
        self.refused(raw + BODY)

    def test_a_request_line_of_one_byte_more_is_414(self):
        self.refused(request_line().replace(b"/#", b"/##") + b"Host:a\n" +
                     LENGTH + b"\n" + BODY, 414)

    def test_the_longest_head_byte_by_byte_at_its_end_arrives_whole(self):
        raw, count = filled(request_line() + b"Host:a\n", LENGTH, b"a:\n")
        before = len(self.origin.requests)
        with self.client() as client:
            client.send(raw[:-8])
            for at in range(len(raw) - 8, len(raw)):
                client.send(raw[at:at + 1])
            client.send(BODY)
            self.assertEqual(client.response("POST").status, 200)
        seen = self.origin.requests[before:]
        self.assertEqual([r.body for r in seen], [BODY])
        self.assertEqual(seen[0].all("a"), [""] * count)

    def test_the_answer_of_a_websocket_handshake_this_long_is_no_request(self):
        raw, _ = filled(request_line(method=b"GET") + b"Host:a\n",
                        b"Connection:upgrade\nUpgrade:websocket\n", b"a:\n")
        mark = self.origin.mark()
        with self.client() as client:
            client.push(raw + SMUGGLED)
            answer = client.response()
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.get("Connection"), "close")
            client.eof()
        self.origin.settle()
        data = b"".join(d for _, d in self.origin.since(mark))
        self.assertEqual(data.count(b"\r\n\r\n"), 1)
        self.assertIn(b"\r\nUpgrade: websocket\r\n", data)


if __name__ == "__main__":
    rig.main()

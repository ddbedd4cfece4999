#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fields of the head: rows 6, 7, 8 and 16 of the attack list."""
import rig
from rig import head

CHUNKED = "Transfer-Encoding: chunked"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"


class Names(rig.ProxyCase):
    """Row 6. What is in the way of a plain name is never passed on."""

    SUSPICIOUS = [
        "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked",
        "Transfer-Encoding  \t: chunked", "Transfer_Encoding: chunked",
        "TransferEncoding: chunked", "Transfer.Encoding: chunked",
        "Transfer--Encoding: chunked", "-Transfer-Encoding: chunked",
        "Transfer Encoding: chunked", "\x01Transfer-Encoding: chunked",
        "Transfer-Encoding\x01: chunked", "Transfer-Encoding\xa0: chunked",
        "\xa0Transfer-Encoding: chunked", "Transfer-\x0bEncoding: chunked",
        "Transfer-Encoding\x0b: chunked", "transfer-encoding\x7f: chunked",
        "Transfer\xadEncoding: chunked", "'Transfer-Encoding': chunked",
        "(Transfer-Encoding): chunked", "Tran\xc5\xbffer-Encoding: chunked",
        "Transfer-Encod\xc4\xb1ng: chunked", "Transfer-Encoding;: chunked"]

    def test_a_name_that_resembles_transfer_encoding_is_not_passed_on(self):
        for line in self.SUSPICIOUS:
            with self.subTest(line):
                message = self.ambiguous(head("A: 1", line, "Z: 2"))
                self.assertNotIn("encod", repr(message.fields).lower())
                self.assertEqual(self.value(message, "Z"), ["2"])

    def test_what_resembles_transfer_encoding_never_frames_a_body(self):
        for line in self.SUSPICIOUS:
            with self.subTest(line):
                self.ambiguous(head(line, "Content-Length: 5") +
                               b"0\r\n\r\n" + SMUGGLED, b"0\r\n\r\n")

    def test_what_resembles_transfer_encoding_leaves_no_next_request(self):
        for line in self.SUSPICIOUS:
            with self.subTest(line):
                self.ambiguous(head(line) + HELLO + SMUGGLED)

    def test_a_name_that_resembles_content_length_is_not_passed_on(self):
        for line in ("Content-Length : 5", "Content-Length\t: 5",
                     "Content_Length: 5", "ContentLength: 5",
                     "Content Length: 5", "\x01Content-Length: 5",
                     "Content-Length\xa0: 5", "Content-Length\x0b: 5",
                     "Content.Length: 5", '"Content-Length": 5'):
            with self.subTest(line):
                message = self.ambiguous(head("A: 1", line, "Z: 2") +
                                         b"hello" + SMUGGLED)
                self.assertEqual(self.value(message, "Z"), ["2"])
                self.assertEqual(
                    [v for n, v in message.fields if v == b"5"], [])

    def test_lookalikes_take_part_in_the_checks_of_the_real_ones(self):
        for lines in (("Content-Length: 5", "Content_Length: 6"),
                      ("Content_Length: 6", "Content-Length: 5"),
                      ("Content-Length : +5",),
                      ("Content-Length: 5", "Content-Length : x"),
                      ("Transfer-Encoding : xchunked",),
                      (CHUNKED, "Transfer_Encoding: chunked"),
                      (CHUNKED, "Transfer-Encoding : cow")):
            with self.subTest(lines):
                self.refused(head(*lines) + HELLO)

    def test_a_lookalike_with_the_same_length_leaves_one_and_both_sides_close(self):
        message = self.ambiguous(
            head("Content-Length: 5", "Content_Length: 5") + b"hello",
            b"hello")
        self.assertEqual(self.value(message, "Content-Length"), ["5"])
        self.assertEqual(self.value(message, "Content_Length"), [])

    def test_a_nul_or_cr_in_a_name_is_refused(self):
        for line in ("X\0Y: 1", "Transfer-Encoding\0: chunked", "\0X: 1",
                     "X\rY: 1", "\rX: 1", "Transfer-Encoding\r: chunked",
                     "Content-Length\0: 5"):
            with self.subTest(line):
                self.refused(head(line) + HELLO)

    def test_an_empty_name_is_not_passed_on_and_both_sides_close(self):
        for line in (": x", ":", "::", ": Transfer-Encoding: chunked",
                     ":Transfer-Encoding: chunked", ":X: y"):
            with self.subTest(line):
                message = self.ambiguous(head("A: 1", line, "Z: 2"))
                self.assertEqual(self.value(message, "Z"), ["2"])
                self.assertNotIn("encod", repr(message.fields).lower())

    def test_an_empty_name_does_not_hide_the_fields_after_it(self):
        self.ambiguous(head(": x", "Content-Length: 5") + b"hello", b"hello")
        self.ambiguous(head(": x", CHUNKED) + HELLO, b"hello")

    def test_a_line_without_a_colon_is_not_passed_on_and_both_sides_close(self):
        for line in ("Foo", "Transfer-Encoding chunked", "GET / HTTP/1.1",
                     "Transfer-Encoding", "Content-Length", "x" * 300):
            with self.subTest(line):
                message = self.ambiguous(head("A: 1", line, "Z: 2"))
                self.assertEqual(self.value(message, "Z"), ["2"])

    def test_names_with_other_illegal_bytes_are_dropped(self):
        for line in ("X-Bad : 1", "X Bad: 1", "X@Bad: 1", "X\xe9Bad: 1",
                     "X(Bad): 1", "X,Bad: 1", "X\x01Bad: 1", "X-Bad\t: 1",
                     "X[Bad]: 1", "X/Bad: 1", "X;Bad: 1", '"XBad": 1',
                     "X{Bad}: 1", "X?Bad=1: 1", "X\x7fBad: 1"):
            with self.subTest(line):
                message = self.accepted(head("A: 1", line, "Z: 2"))
                self.assertNotIn(b"bad", b" ".join(
                    n for n, _ in message.fields).lower())
                self.assertEqual(self.value(message, "A"), ["1"])
                self.assertEqual(self.value(message, "Z"), ["2"])

    def test_every_token_byte_may_stand_in_a_name(self):
        name = "!#$%&'*+-.^_`|~09azAZ"
        message = self.accepted(head(name + ": 1"))
        self.assertEqual(self.value(message, name), ["1"])

    def test_a_host_name_trick_is_no_host(self):
        for line in ("Host : evil", "Host\t: evil", " Host: evil",
                     "H\x01ost: evil"):
            with self.subTest(line):
                self.refused(head(line, host=None))
                mark = self.origin.mark()
                with self.client() as client:
                    client.send(head(line))
                    self.assertEqual(client.response("POST").status, 200)
                self.assertEqual(
                    self.messages(mark)[0][1].host.split(b":")[0],
                    b"example.com")


class Folds(rig.ProxyCase):
    """Row 7."""

    def test_a_folded_line_is_not_passed_on_and_both_sides_close(self):
        for lines in (("X: a", " b"), ("X: a", "\tb"), ("X: a", " b: c"),
                      ("X: a", " "), ("X: a", "\t"), ("X: a", "   \t "),
                      ("X: a", " ", " b"), ("X: a", " Z: evil"),
                      ("X: a", " " + CHUNKED), ("X: a", "\t" + CHUNKED),
                      ("X: a", " Content-Length: 5"),
                      ("Content-Type: text/html;", " charset=utf-8"),
                      ("X: a", " chunked")):
            with self.subTest(lines):
                message = self.ambiguous(head(*lines, "Z: 2") + SMUGGLED)
                self.assertEqual(self.value(message, "Z"), ["2"])
                if lines[0] == "X: a":
                    self.assertEqual(self.value(message, "X"), ["a"])

    def test_a_fold_as_the_first_line_is_not_passed_on(self):
        raw = head(host=None)[:-2]
        for line in (b" X: y", b"\tX: y", b" " + CHUNKED.encode(),
                     b" Host: evil"):
            with self.subTest(line):
                self.ambiguous(raw + line + b"\r\nHost: example.com\r\n\r\n")

    def test_a_folded_coding_is_refused(self):
        for lines in (("Transfer-Encoding:", " chunked"),
                      ("Transfer-Encoding:", "\tchunked"),
                      ("Transfer-Encoding: x", " , chunked"),
                      ("Transfer-Encoding: ", " chunked", "A: b")):
            with self.subTest(lines):
                self.refused(head(*lines) + HELLO)

    def test_a_fold_after_a_coding_or_a_length_changes_nothing(self):
        self.ambiguous(head(CHUNKED, " , identity") + HELLO, b"hello")
        self.ambiguous(head("Content-Length: 5", " 0") + b"hello", b"hello")
        self.ambiguous(head("Content-Length:", " 5") + b"hello" + SMUGGLED)

    def test_a_fold_after_the_host_changes_nothing(self):
        message = self.ambiguous(head(" evil", " :80"))
        self.assertEqual(message.host.split(b":")[0], b"example.com")


class LineEnds(rig.ProxyCase):
    """Row 8."""

    def test_bare_line_feeds_in_the_head_are_accepted_and_leave_as_crlf(self):
        raw = head("X: a", "Content-Length: 5", "Y: b")
        for name, sent in (
                ("all", raw.replace(b"\r\n", b"\n")),
                ("the request line", raw.replace(b"\r\n", b"\n", 1)),
                ("one field", raw.replace(b"X: a\r\n", b"X: a\n")),
                ("the end", raw[:-2] + b"\n"),
                ("the last field", raw[:-4] + b"\n\r\n"),
                ("the last field and the end", raw[:-4] + b"\n\n")):
            with self.subTest(name):
                message = self.accepted(sent + b"hello", b"hello")
                self.assertEqual(self.value(message, "X"), ["a"])
                self.assertEqual(self.value(message, "Y"), ["b"])

    def test_a_line_feed_ends_the_field_it_stands_in(self):
        message = self.accepted(head("X: a\nContent-Length: 5") + b"hello",
                                b"hello")
        self.assertEqual(self.value(message, "X"), ["a"])

    def test_a_line_feed_can_end_the_head(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(b"POST /case HTTP/1.1\r\nHost: example.com\r\n"
                        b"X: a\n\n" + SMUGGLED)
            self.assertEqual(client.response("POST").status, 200)
            self.assertEqual(client.response().body, b"GET /smuggled")
        self.assertEqual(len(self.messages(mark)), 2)

    def test_a_bare_cr_in_the_head_is_refused(self):
        raw = head("X: a", CHUNKED)
        for name, sent in (
                ("hides a field", head("X: a\rTransfer-Encoding: chunked")),
                ("ends a value", head("X: a\r")),
                ("begins a value", head("X:\ra")),
                ("CR CR LF", raw.replace(b"X: a\r\n", b"X: a\r\r\n")),
                ("CR for CRLF", raw.replace(b"X: a\r\n", b"X: a\r")),
                ("all CR", raw.replace(b"\r\n", b"\r") + b"\r\n\r\n"),
                ("before a name", head("X: a", "\rY: b")),
                ("at the end", raw[:-2] + b"\r\r\n"),
                ("in the host", head(host="a\rb")),
                ("CR before the colon", head("X\r: a")),
                ("a lone CR line", head("X: a\r\n\rX", "Y: b")),
                ("LF CR", raw.replace(b"X: a\r\n", b"X: a\n\r"))):
            with self.subTest(name):
                self.refused(sent + HELLO)

    def test_crlf_crlf_cr_ends_the_head_and_what_follows_is_no_request(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.push(head(method="GET") + b"\rX" + SMUGGLED)
            self.assertEqual(client.response().status, 200)
            self.assertPage(client.response(), 400, "close")
            client.eof()
        self.assertEqual(len(self.messages(mark)), 1)

    def test_a_nul_anywhere_in_the_head_is_refused(self):
        raw = head("X: ab", "Y: c")
        for at in range(len(raw) - 2):
            if raw[at:at + 1] in b"\r\n":
                continue
            sent = raw[:at] + b"\0" + raw[at + 1:]
            with self.subTest(sent):
                self.refused(sent)

    def test_a_field_with_a_control_byte_in_its_value_is_dropped(self):
        for byte in [b for b in range(1, 32) if b not in (9, 10, 13)] + [127]:
            for value in ("a%cb" % byte, "%ca" % byte, "a%c" % byte):
                with self.subTest(value):
                    message = self.accepted(head("X: " + value, "Z: 2"))
                    self.assertEqual(self.value(message, "X"), [])
                    self.assertEqual(self.value(message, "Z"), ["2"])

    def test_a_tab_and_high_bytes_in_a_value_pass(self):
        message = self.accepted(head("X: a\tb", "Y: \x80\xff\xc3\xa9"))
        self.assertEqual(self.value(message, "X"), ["a\tb"])
        self.assertEqual(self.value(message, "Y"), ["\x80\xff\xc3\xa9"])

    def test_a_control_byte_in_host_length_or_coding_is_refused(self):
        for byte in (1, 8, 0x0b, 0x0c, 0x1f, 0x7f):
            with self.subTest(byte):
                self.refused(head(host="a%cb" % byte))
                self.refused(head("Content-Length: 5%c" % byte) + b"hello")
                self.refused(head("Transfer-Encoding: chunked%c" % byte) +
                             HELLO)

    def test_blanks_around_a_value_are_trimmed(self):
        message = self.accepted(head("X:a", "Y: \t b \t ", "W:"))
        self.assertEqual(self.value(message, "X"), ["a"])
        self.assertEqual(self.value(message, "Y"), ["b"])
        self.assertEqual(self.value(message, "W"), [""])


class Host(rig.ProxyCase):
    """Row 16."""

    def test_http11_without_a_host_is_refused(self):
        self.refused(head(host=None))
        self.refused(head(host=None, target="http://example.com/"))

    def test_two_hosts_are_refused_even_when_equal(self):
        for lines in (("Host: b",), ("Host: example.com",), ("HOST: b",),
                      ("host:",)):
            with self.subTest(lines):
                self.refused(head(*lines))
                self.refused(head(*lines, target="http://example.com/"))

    def test_a_malformed_host_is_refused(self):
        for host in ("", " ", "a@b", "a b", "a/b", "a:99999", "a:65536",
                     "a:-1", "a:x", "a:80:80", "a:8a", ":80", ":", "a?b",
                     "a#b", "a\\b", "[::1", "::1", "[::1]x", "[::1]:x",
                     "[]", "[g::]", "user:pw@a", "http://a", "a:80/",
                     "a\tb", "<a>", "a\"b", "a:+80", "a: 80", "[::1]]",
                     "a:000000000000000000080x"):
            with self.subTest(host):
                self.refused(head(host=host))

    def test_unusual_hosts_are_read_alike_by_everyone(self):
        for host in ("a,b", "a%00b", "a..b", ".", "a.", "\xe9", "a;b", "a=b",
                     "a'b", "a^b", "a|b", "a{b}", "a%zz", "-a", "a:080",
                     "a:0", "[v1.x]", "x" * 300, "999.999.999.999",
                     "a,a", "a\x80"):
            with self.subTest(host):
                self.safe(head(host=host))

    def test_the_authority_of_an_absolute_target_is_what_the_target_sees(self):
        for target, host in (("http://evil/", "evil"),
                             ("http://EVIL/", "evil"),
                             ("http://evil:81/", "evil:81"),
                             ("https://evil/", "evil")):
            with self.subTest(target):
                message = self.accepted(head(target=target), b"", "POST", "/")
                if ":" not in host:
                    host += ":%d" % self.sluice.port
                self.assertEqual(self.value(message, "Host"), [host])

    def test_a_malformed_authority_is_refused(self):
        for target in ("http://a@b/", "http://a:99999/", "http://a:x/",
                       "http://[::1/", "http:///", "http://:80/",
                       "http://a:80:80/", "http://a\\b/", "http://u:p@a/",
                       "http://?x", "http://#x", "http://a:-1/"):
            with self.subTest(target):
                self.refused(head(target=target))

    def test_a_malformed_host_beside_an_absolute_target_is_refused(self):
        for host in ("a@b", "", "a b", "a/b", "a:99999"):
            with self.subTest(host):
                self.refused(head(target="http://example.com/", host=host))

    def test_an_absolute_target_in_http10_needs_no_host(self):
        mark = self.origin.mark()
        with self.client() as client:
            client.send(head(target="http://evil/x", version="HTTP/1.0",
                             host=None))
            self.assertEqual(client.response("POST").status, 200)
        message = self.messages(mark)[0][1]
        self.assertEqual(message.target, b"/x")
        self.assertEqual(message.host.split(b":")[0], b"evil")

    def test_two_slashes_begin_a_path_and_no_authority(self):
        self.accepted(head(target="//evil/x"), b"", "POST", "//evil/x")


if __name__ == "__main__":
    rig.main()

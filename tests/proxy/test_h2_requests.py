#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""RFC 9113 section 8: which requests over HTTP/2 are malformed, and what the
target gets of the others, in one reading only. Rows 20 to 23 of the attack
list (reliability.md A4)."""
import rig
from h2 import *    # noqa: F401,F403
from h2_case import *   # noqa: F401,F403

SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n"
P = PROTOCOL_ERROR


def body(*data, end=True):
    """DATA frames of stream 1, the last with END_STREAM."""
    last = len(data) - 1
    return b"".join(frame(DATA, END_STREAM if end and at == last else 0, 1, d)
                    for at, d in enumerate(data))


def trailers(*listed, flags=END_HEADERS | END_STREAM):
    return headers(1, block(listed), flags)


def upload(*data, more=(), method="POST"):
    """A request with content (and trailers) made of these bytes."""
    return on(1, headers(1, block(fields(*more, method=method, path="/up")),
                         END_HEADERS), *data, method=method)


def length(value):
    return [("content-length", value)]


def seen(**wanted):
    """What the target saw: method, target, body, or a field's values."""
    def check(self, client, got):
        if got[0] != "answer" or got[1] != 200:
            return
        last = self.origin.requests[-1]
        for name, value in wanted.items():
            if name == "host":
                value = [self.host(v) for v in value]
            if hasattr(last, name):
                self.assertEqual(getattr(last, name), value)
            else:
                self.assertEqual(last.all(name.replace("_", "-")), value)
    return check


@cases([
    ("8.1: a request in one frame", request(path="/a?b=c"), SERVED,
     seen(method="GET", target="/a?b=c", host=["example.com"], body=b"")),
    ("8.1: a request with content", upload(body(b"ab", b"", b"c")), SERVED,
     seen(method="POST", body=b"abc")),
    ("8.1: content of a GET", upload(body(b"abc"), method="GET"), SERVED,
     seen(method="GET", body=b"abc")),
    ("8.1: an unknown method is passed on", request(method="BREW"), SERVED,
     seen(method="BREW")),
    ("8.1: the method is case sensitive", request(method="get"), SERVED,
     seen(method="get")),
    ("8.1: trailers", upload(body(b"abc", end=False), trailers(("x-t", "1"))),
     SERVED, seen(body=b"abc")),
    ("8.1: trailers without content", upload(trailers(("x-t", "1"))), SERVED,
     seen(body=b"")),
    ("8.1: trailers that do not end the stream are malformed",
     upload(body(b"abc", end=False), trailers(("x-t", "1"),
                                              flags=END_HEADERS)),
     MALFORMED),
    ("8.1: a second request on the stream is malformed",
     aside(1, post(1), get(1)), stream(P)),
    ("8.1: DATA after trailers is an error",
     aside(1, post(1, "/hold"), trailers(("x-t", "1")), body(b"late")),
     stream(STREAM_CLOSED)),
    ("8.1: an interim answer is none", request(path="/interim"), SERVED),
    ("8.1: a HEAD has no content", request(method="HEAD"), SERVED),
    # 8.1.1, A4 20: H2.CL
    ("8.1.1: the right content-length",
     upload(body(b"ab", b"c"), more=length("3")), SERVED,
     seen(body=b"abc", content_length=["3"])),
    ("8.1.1: content-length 0 and no content",
     request(*length("0"), method="POST", body=b""), SERVED, seen(body=b"")),
    ("8.1.1: content-length 0 and content is malformed",
     upload(body(SMUGGLED.encode()), more=length("0")), MALFORMED,
     excess),
    ("8.1.1: less content than content-length is malformed",
     upload(body(b"hello"), more=length("50")), MALFORMED),
    ("8.1.1: more content than content-length is malformed",
     upload(body(b"hello", SMUGGLED.encode()), more=length("5")), MALFORMED,
     excess),
    ("8.1.1: content-length without content is malformed",
     request(*length("5"), method="POST"), MALFORMED),
    ("8.1.1: less content before trailers is malformed",
     upload(body(b"hel", end=False), trailers(("x-t", "1")),
            more=length("5")), MALFORMED),
    ("8.1.1: two equal content-lengths are malformed or one",
     upload(body(b"hello"), more=length("5") * 2), MALFORMED | SERVED,
     seen(body=b"hello", content_length=["5"])),
    ("8.1.1: a list of equal content-lengths is malformed or one",
     upload(body(b"hello"), more=length("5, 5")), MALFORMED | SERVED,
     seen(body=b"hello", content_length=["5"])),
    ("8.1.1: two content-lengths are malformed",
     upload(body(b"hello"), more=length("5") + length("6")), MALFORMED),
] + [("8.1.1: content-length %s is malformed" % name,
      upload(body(b"hello"), more=length(value)), MALFORMED)
     for name, value in [
         ("with a plus", "+5"), ("with a minus", "-5"), ("in hex", "0x5"),
         ("with an exponent", "5e0"), ("with a fraction", "5.0"),
         ("empty", ""), ("of two words", "5 0"),
         ("of 2 to the 64", "18446744073709551621"), ("with a NUL", "5\0"),
         ("with a line end", "5\r\n")]])
class Messages(Case):
    def test_8_1_the_trailers_of_a_request_reach_the_target(self):
        client = self.ready()
        upload(body(b"abc", end=False), trailers(("x-t", "1")))(client)
        self.assertEqual(client.response(1).status, 200)
        self.assertIn(self.origin.requests[-1].trailers,
                      ([(b"x-t", b"1")], []))


# 8.2: names and values that no field has. A4 22: H2 injection.
NAMES = [("in capitals", "X-Upper"), ("with one capital", "x-uppeR"),
         ("with a space", "x y"), ("with a colon", "x:y"),
         ("that begins with a space", " x"), ("that ends with a space", "x "),
         ("with a tab", "x\ty"), ("with a NUL", "x\0y"),
         ("with a carriage return", "x\ry"), ("with a line feed", "x\ny"),
         ("with a line end and a field", "x: y\r\nevil"),
         ("with DEL", "x\x7f"), ("beyond ASCII", "x\xe9"), ("empty", ""),
         ("with a slash", "x/y"), ("with a quote", 'x"')]
VALUES = [("with a NUL", "a\0b"), ("with a carriage return", "a\rb"),
          ("with a line feed", "a\nb"), ("with a line end", "a\r\nevil: b"),
          ("with a whole request", "a\r\n\r\n" + SMUGGLED)]
# A server may refuse them, or pass on what is left without blanks.
BLANK = [("that begins with a space", " a"), ("that ends with a space", "a "),
         ("that begins with a tab", "\ta"), ("that ends with a tab", "a\t")]


@cases([("8.2.1: a field name %s is malformed" % what,
         request((name, "v"), path="/x"), MALFORMED) for what, name in NAMES] +
       [("8.2.1: a field value %s is malformed" % what,
         request(("x-v", value), path="/x"), MALFORMED)
        for what, value in VALUES] +
       [("8.2.1: a field value %s is malformed or trimmed" % what,
         request(("x-v", value), path="/x"), MALFORMED | SERVED,
         seen(x_v=["a"])) for what, value in BLANK] +
       [("8.2.1: a trailer name %s is malformed" % what,
         upload(body(b"abc", end=False), trailers((name, "v"))), MALFORMED)
        for what, name in NAMES if what in (
            "in capitals", "with a line feed", "empty")] +
       [("8.2.1: a trailer value %s is malformed" % what,
         upload(body(b"abc", end=False), trailers(("x-v", value))), MALFORMED)
        for what, value in VALUES[:4]] + [
    ("8.2.1: an empty value is a value", request(("x-v", "")), SERVED,
     seen(x_v=[""])),
    ("8.2.1: blanks within a value stay", request(("x-v", "a b\tc")), SERVED,
     seen(x_v=["a b\tc"])),
    ("8.2.1: octets beyond ASCII are a value", request(("x-v", "\xe9\xff")),
     SERVED, seen(x_v=["\xe9\xff"])),
    ("8.2.1: every character of a token may be in a name",
     request(("!#$%&'*+-.^_`|~09az", "v")), MALFORMED | SERVED),
    # 8.2.2, A4 21: H2.TE and connection fields
    ("8.2.2: te trailers is fine", request(("te", "trailers")), SERVED),
    ("8.2.2: te gzip is malformed", request(("te", "gzip")), MALFORMED),
    ("8.2.2: te trailers and more is malformed",
     request(("te", "trailers, deflate")), MALFORMED),
] + [("8.2.2: %s is malformed" % name,
      upload(body(b"0\r\n\r\n" + SMUGGLED.encode()), more=[(name, value)]),
      MALFORMED) for name, value in [
          ("transfer-encoding", "chunked"), ("connection", "close"),
          ("keep-alive", "timeout=5"), ("proxy-connection", "keep-alive"),
          ("upgrade", "websocket")]] + [
    ("8.2.2: upgrade to h2c is malformed", request(("upgrade", "h2c")),
     MALFORMED),
    ("8.2.2: transfer-encoding in trailers is malformed or dropped",
     upload(body(b"abc", end=False),
            trailers(("transfer-encoding", "chunked"))), MALFORMED | SERVED,
     seen(body=b"abc")),
    ("8.2.3: cookies are joined",
     request(("cookie", "a=b"), ("cookie", "c=d"), ("x", "y"),
             ("cookie", "e=f")), SERVED, seen(cookie=["a=b; c=d; e=f"])),
    ("8.2.3: one cookie stays as it is", request(("cookie", "a=b; c=d")),
     SERVED, seen(cookie=["a=b; c=d"])),
])
class Fields(Case):
    pass


def lacking(name):
    return pairs(*[p for p in fields(path="/x") if p[0] != name])


def twice(name, value):
    listed = fields(path="/x")
    at = [n for n, _ in listed].index(name) + 1
    return pairs(*listed[:at], (name, value), *listed[at:])


M, S, A, H = ((":method", "GET"), (":scheme", "https"),
              (":authority", "example.com"), (":path", "/x"))


@cases([
    ("8.3: an unknown pseudo field is malformed",
     pairs(M, S, A, H, (":test", "x")), MALFORMED),
    ("8.3: the pseudo field of an answer is malformed",
     pairs(M, S, A, H, (":status", "200")), MALFORMED),
    ("8.3: a pseudo field after another field is malformed",
     pairs(M, S, A, ("x", "y"), H), MALFORMED),
    ("8.3: pseudo fields may come in any order", pairs(H, A, S, M), SERVED,
     seen(method="GET", target="/x", host=["example.com"])),
    ("8.3: a pseudo field in trailers is malformed",
     upload(body(b"abc", end=False), trailers((":method", "GET"))),
     MALFORMED),
    ("8.3: the path in trailers is malformed",
     upload(body(b"abc", end=False), trailers((":path", "/evil"))),
     MALFORMED),
    ("8.3.1: a request without fields is malformed", pairs(), MALFORMED),
    ("8.3.1: no method is malformed", lacking(":method"), MALFORMED),
    ("8.3.1: no scheme is malformed", lacking(":scheme"), MALFORMED),
    ("8.3.1: no path is malformed", lacking(":path"), MALFORMED),
    ("8.3.1: no authority and no host is malformed",
     lacking(":authority"), MALFORMED),
    ("8.3.1: host may stand for the authority",
     pairs(M, S, H, ("host", "other.test")), SERVED,
     seen(host=["other.test"])),
    ("8.3.1: host may repeat the authority",
     pairs(M, S, A, H, ("host", "example.com")), SERVED,
     seen(host=["example.com"])),
    ("8.3.1: a host that differs from the authority is malformed",
     pairs(M, S, A, H, ("host", "evil")), MALFORMED),
    ("8.3.1: two hosts are malformed",
     pairs(M, S, H, ("host", "a.test"), ("host", "b.test")), MALFORMED),
    ("8.3.1: two methods are malformed", twice(":method", "POST"), MALFORMED),
    ("8.3.1: two schemes are malformed", twice(":scheme", "http"), MALFORMED),
    ("8.3.1: two paths are malformed", twice(":path", "/evil"), MALFORMED),
    ("8.3.1: two authorities are malformed",
     twice(":authority", "evil"), MALFORMED),
    ("8.3.1: an empty path is malformed", request(path=""), MALFORMED),
    ("8.3.1: a path without a slash is malformed", request(path="x"),
     MALFORMED),
    ("8.3.1: a URI as the path is malformed",
     request(path="http://evil/"), MALFORMED),
    ("8.3.1: an empty method is malformed", request(method=""), MALFORMED),
    ("8.3.1: an empty authority is malformed or refused",
     request(authority=""), MALFORMED),
    ("8.3.1: a fragment is malformed or a part of the path",
     request(path="/a#b"), MALFORMED | SERVED, seen(target="/a%23b")),
    ("8.3.1: OPTIONS of everything",
     request(method="OPTIONS", path="*"), SERVED, seen(target="*")),
    ("8.3.1: a star is no path of a GET", request(path="*"), MALFORMED),
] + [("8.3.1: a method %s is malformed" % what,
      request(method=value, path="/x"), MALFORMED) for what, value in [
          ("with a space", "GE T"),
          ("with a line end", "GET / HTTP/1.1\r\nX:"),
          ("with a NUL", "GET\0"), ("with a colon", "GET:"),
          ("with a tab", "GET\t")]] +
    [("8.3.1: a path %s is malformed" % what,
      request(path=value), MALFORMED) for what, value in [
          ("with a space", "/a b"), ("with a version", "/ HTTP/1.1\r\nX: y"),
          ("with a line feed", "/a\nb"), ("with a carriage return", "/a\rb"),
          ("with a NUL", "/a\0"), ("with a tab", "/a\tb"),
          ("that begins with a space", " /a"), ("with DEL", "/a\x7f")]] +
    [("8.3.1: a path %s is malformed or passed on as it is" % what,
      request(path=value), MALFORMED | SERVED, seen(target=value))
     for what, value in [("beyond ASCII", "/\xe9"),
                         ("of two slashes", "//a")]] +
    [("8.3.1: an authority %s is malformed" % what,
      request(authority=value), MALFORMED) for what, value in [
          ("with a user", "a@b"), ("with a space", "a b"),
          ("with a slash", "a/b"), ("with a line end", "a\r\nX: y"),
          ("with a NUL", "a\0"), ("with a port too large", "a:99999"),
          ("that begins with a space", " a")]] +
    [("8.3.1: a scheme %s is malformed" % what,
      request(scheme=value), MALFORMED) for what, value in [
          ("with a space", "ht tp"), ("with a line end", "https\r\nX: y"),
          ("empty", ""), ("that begins with a colon", "://")]] +
    # 8.5: no tunnels here, as ALB
    [("8.5: CONNECT is refused",
      pairs((":method", "CONNECT"), (":authority", "example.com:443")),
      stream(P, REFUSED_STREAM, CONNECT_ERROR) |
      {("answer", code) for code in (400, 405, 501)}),
     ("8.5: CONNECT with a path is malformed", request(method="CONNECT"),
      MALFORMED | {("answer", 405)}),
     ("8.5: CONNECT without an authority is malformed",
      pairs((":method", "CONNECT")), MALFORMED),
     ("8.5: an extended CONNECT that was not offered is malformed",
      pairs((":method", "CONNECT"), (":protocol", "websocket"), S, A, H),
      MALFORMED | {("answer", code) for code in (405, 501)}),
     ("8.5: a protocol without CONNECT is malformed",
      pairs(M, (":protocol", "websocket"), S, A, H), MALFORMED)])
class Pseudo(Case):
    # alb.md 10: 91
    def test_8_2_names_that_ALB_writes_in_capitals_arrive_so(self):
        if PEER:
            self.skipTest("of ours")
        mark = self.origin.mark()
        client = self.ready()
        client.ask("/case", more=[("x-forwarded-for", "1.2.3.4"),
                                  ("x-other-name", "v"),
                                  ("x-amzn-trace-id", "Self=1-67891234-ab")])
        (_, message), = self.messages(mark)
        names = [line.split(b":")[0] for line in self.origin.requests[-1].raw
                 .partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
        self.assertEqual(message.target, b"/case")
        for name in (b"X-Forwarded-For", b"X-Forwarded-Proto",
                     b"X-Forwarded-Port", b"Host", b"X-Amzn-Trace-Id",
                     b"x-other-name"):
            self.assertIn(name, names)
        self.assertNotIn(b"X-Other-Name", names)
        for name, value in (("X-Forwarded-For", "1.2.3.4, 127.0.0.1"),
                            ("X-Forwarded-Proto", "https")):
            self.assertEqual(self.origin.requests[-1].all(name), [value])

    # alb.md 10: 96
    def test_8_1_expect_is_ignored_and_not_passed_on(self):
        client = self.ready()
        number = client.open(fields(("expect", "100-continue"),
                                    ("content-length", "3"), method="POST"),
                             end=False)
        client.alive()
        self.assertEqual(client.streams[number].interim, [])
        client.upload(number, b"abc")
        answer = client.response(number)
        self.assertEqual((answer.status, answer.interim), (200, []))
        self.assertEqual(self.origin.requests[-1].body, b"abc")
        if not PEER:
            self.assertEqual(self.origin.requests[-1].all("expect"), [])


if __name__ == "__main__":
    rig.main()

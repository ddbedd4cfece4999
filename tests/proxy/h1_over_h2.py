# SPDX-License-Identifier: Apache-2.0
"""A rig.Client that speaks HTTP/2: tests that were written for HTTP/1 run over
it as they are, when what they send is well-formed (SLUICE_TEST_OVER=h2).

What is sent is read as HTTP/1.1 and put on a stream for each request; answers
are given in the order of their requests. Connection: close is said after a
GOAWAY, and `raw` is what the answer would be in HTTP/1.1, so that error pages
are compared octet by octet.
"""
import h2
import rig
from h2 import DATA, END_STREAM, frame

HOP = ("connection", "keep-alive", "transfer-encoding", "host",
       "proxy-connection")


class Client:
    def __init__(self, host, port, timeout=rig.PATIENCE, rcvbuf=None):
        self.timeout = timeout
        self.link = h2.connect(host, port, rcvbuf=rcvbuf, timeout=timeout)
        self.sock, self.local = self.link.sock, self.link.local
        self.waiting = []       # streams whose answers were not asked for
        self.text = b""         # what was sent and is no whole message yet
        self.upload = None      # (stream, octets to come or "chunked")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def buf(self):
        return self.link.buf

    @property
    def end(self):
        return self.link.end

    # ---- requests ----
    def send(self, data):
        self.text += data
        while self.text and (self.content() if self.upload else self.head_()):
            pass
        return self

    def push(self, data):
        try:
            self.send(data)
        except OSError:
            pass
        return self

    def head_(self):
        """A request's head; False when it has not come whole."""
        head, blank, rest = self.text.partition(b"\r\n\r\n")
        if not blank:
            return False
        self.text = rest
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        fields = [line.split(":", 1) for line in lines[1:]]
        fields = [(n.lower(), v.strip(" \t")) for n, v in fields]
        known = dict(fields)
        more = [(n, v) for n, v in fields if n not in HOP]
        length = int(known.get("content-length", 0))
        chunked = known.get("transfer-encoding") == "chunked"
        whole = not length and not chunked
        stream = self.link.open(h2.fields(
            *more, method=method, path=target,
            authority=known.get("host", "")), end=whole)
        self.waiting.append(stream)
        if not whole:
            self.upload = stream, "chunked" if chunked else length
        return True

    def content(self):
        stream, left = self.upload
        if left == "chunked":
            line, end, rest = self.text.partition(b"\r\n")
            size = int(line, 16) if end else 0
            if not end or len(rest) < size + 2:
                return False
            data, self.text = rest[:size], rest[size + 2:]
            self.data(stream, data, size == 0)
            return True
        data, self.text = self.text[:left], self.text[left:]
        self.upload = stream, left - len(data)
        self.data(stream, data, left == len(data))
        return True

    def data(self, stream, data, last):
        if last:
            self.upload = None
        if data or not last:
            self.link.upload(stream, data, end=last)
        else:
            self.link.push(frame(DATA, END_STREAM, stream))

    # ---- answers ----
    def head(self, _deadline=None):
        answer = self.link.head(self.waiting[0])
        answer.stream = self.waiting.pop(0)
        return answer

    def read_body(self, answer, _method="GET", _deadline=None):
        self.link.response(answer.stream)
        return self.dressed(answer)

    def response(self, _method="GET", timeout=None):
        if not self.waiting:
            raise AssertionError("an answer without a request")
        return self.dressed(self.link.response(self.waiting.pop(0), timeout))

    def dressed(self, answer):
        """As it would look in HTTP/1.1."""
        answer.reason = rig.REASONS.get(answer.status, "")
        answer.headers.append(("connection", "close" if self.link.last_goaway
                               else "keep-alive"))
        answer.raw = ("HTTP/1.1 %d %s\r\n" % (
            answer.status, answer.reason)).encode() + b"".join(
                b"%s: %s\r\n" % (n.title().encode(), v.encode("latin-1"))
                for n, v in answer.headers) + b"\r\n" + answer.body
        return answer

    def ask(self, target="/", method="GET", headers=(), body=b""):
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: example.com"]
        lines += headers
        if body:
            lines.append("Content-Length: %d" % len(body))
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        return self.response(method)

    # ---- the end ----
    def rest(self, _timeout=None):
        """Nothing but what the protocol says may come."""
        before = {n: len(s.answer.body) if s.answer else 0
                  for n, s in self.link.streams.items()}
        self.link.expect_end()
        return b"".join(s.answer.body[before[n]:]
                        for n, s in self.link.streams.items() if s.answer)

    def eof(self, timeout=None):
        data = self.rest(timeout)
        if data:
            raise AssertionError("bytes before the close: %.300r" % data)
        if self.link.last_goaway is None:
            raise AssertionError("the end without GOAWAY")
        return self.link.end

    def half_close(self):
        return self

    def rst(self):
        self.link.rst()

    def close(self):
        self.link.close()

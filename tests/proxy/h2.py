# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 client that sends whatever frames a test wants, and reads the
server's by the letter of RFC 9113.

    with h2.connect(host, port) as client:              TLS, ALPN h2
        answer = client.ask("/x", body=b"hello")        a rig.Response
        stream = client.open(fields(path="/y"), end=False)
        client.send(frame(DATA, END_STREAM, stream, b"abc"))
        client.response(stream)
        client.send(frame(PING, 0, 1, bytes(8)))        wrong: a stream
        client.expect_goaway(PROTOCOL_ERROR)

What is sent is never checked; what comes is: frame sizes and flags, the order
of frames, our flow-control windows, header blocks, fields, content-length. A
server that breaks a rule raises Violation, in whatever test it happens.
Requests are encoded without the dynamic table, so that a test may leave out
or repeat any of them; Client(compress=True) uses it, and Huffman codes.

The bytes are made by h2_frames.py. HPACK is decoded by python3-hpack of
Debian; `need()` skips a test without it.
"""
import os
import re
import select
import socket
import ssl
import struct
import sys
import time
import unittest

import rig
from h2_frames import *     # noqa: F401,F403 (for those who import h2, too)

if os.path.isdir("/usr/lib/python3/dist-packages"):     # Debian's own modules
    sys.path.append("/usr/lib/python3/dist-packages")
try:
    import hpack
except ImportError:
    hpack = None

# RFC 9113 8.2.2
CONNECTION_FIELDS = (b"connection", b"proxy-connection", b"keep-alive",
                     b"transfer-encoding", b"upgrade", b"te")


class Violation(AssertionError):
    """The server broke a rule of RFC 9113 or RFC 7541."""


def need():
    """Skip where the decoder is missing; for setUpModule()."""
    if hpack is None:
        raise unittest.SkipTest("needs python3-hpack")


# ---- one stream -------------------------------------------------------------
class Stream:
    """What came on a stream that we opened."""

    def __init__(self, number, window, method):
        self.number, self.window, self.method = number, window, method
        self.spent = 0          # of the window they gave us
        self.interim, self.answer = [], None
        self.ended = False      # by END_STREAM
        self.reset = None       # the code of their RST_STREAM
        self.cancelled = False  # we sent RST_STREAM; what comes is on its way

    @property
    def closed(self):
        return self.ended or self.reset is not None

    def block(self, pairs, end):
        """A header block: interim answers, the answer, trailers."""
        if self.answer is not None:
            if not end:
                raise Violation("trailers without END_STREAM")
            if any(n.startswith(b":") for n, _ in pairs):
                raise Violation("trailers %r" % pairs)
            self.answer.trailers = text_of(pairs)
            return
        status = [v for n, v in pairs if n.startswith(b":")]
        if (not pairs or pairs[0][0] != b":status" or len(status) != 1 or
                not re.match(rb"[1-9][0-9][0-9]\Z", status[0])):
            raise Violation("fields of an answer: %r" % pairs)
        answer = rig.Response(int(status[0]), "", text_of(pairs[1:]), 2)
        answer.interim = self.interim
        if answer.status >= 200:
            self.answer = answer
        elif end or answer.status == 101:
            raise Violation("interim answer %r" % answer)
        else:
            self.interim.append(answer)

    def end(self):
        self.ended = True
        if self.answer is None:
            raise Violation("stream %d ended without an answer" % self.number)
        lengths = self.answer.all("content-length")
        bodiless = self.method == "HEAD" or self.answer.status in (204, 304)
        if bodiless and self.answer.body:
            raise Violation("content where none can be: %r" % self.answer)
        if lengths and not bodiless and lengths != [
                "%d" % len(self.answer.body)]:
            raise Violation("content-length %s of %d bytes" % (
                lengths, len(self.answer.body)))


def text_of(pairs):
    """Fields as text, once they are what 8.2 allows."""
    for name, value in pairs:
        if not re.match(rb"[!#$%&'*+\-.^_`|~0-9a-z]+\Z", name):
            raise Violation("field name %r" % name)
        if re.search(rb"[\0\r\n]|\A[ \t]|[ \t]\Z", value):
            raise Violation("field value %r: %r" % (name, value))
        if name in CONNECTION_FIELDS:
            raise Violation("connection field %r: %r" % (name, value))
    return [(n.decode(), v.decode("latin-1")) for n, v in pairs]


# ---- the connection ---------------------------------------------------------
def context(alpn=("h2",), certificate=None, authority=None):
    """TLS that trusts everybody, or `authority` (a file) alone."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED if authority else ssl.CERT_NONE
    if authority:
        made.load_verify_locations(authority)
    if certificate:
        made.load_cert_chain(*certificate)
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def dial(host, port, timeout=rig.PATIENCE, rcvbuf=None):
    """A TCP connection."""
    sock = socket.socket(rig.family_of(host))
    if rcvbuf:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    sock.settimeout(timeout)
    try:
        sock.connect((host, port))
    except OSError:
        sock.close()
        raise
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def connect(host, port, tls=True, name="example.com", rcvbuf=None, **more):
    """A Client over TLS, or with tls=False over TCP with prior knowledge.
    `tls` may be an ssl.SSLContext."""
    sock = dial(host, port, rcvbuf=rcvbuf)
    if tls:
        how = context() if tls is True else tls
        sock = how.wrap_socket(sock, server_hostname=name)
        if sock.selected_alpn_protocol() != "h2":
            sock.close()
            raise AssertionError("no h2 by ALPN")
    return Client(sock, **more)


class Client:
    """One connection. `settings`: pairs of our SETTINGS; `begin`: send the
    preface and them; `credit`: give back at once the window that an answer
    used; `reading`: read what comes while sending is held up."""

    def __init__(self, sock, settings=(), begin=True, credit=True,
                 compress=False, timeout=rig.PATIENCE, reading=True):
        self.sock, self.timeout = sock, timeout
        self.credit, self.reading = credit, reading
        self.acknowledge = begin        # answer their SETTINGS and PING
        self.tls = isinstance(sock, ssl.SSLSocket)
        self.local = sock.getsockname()
        sock.setblocking(False)
        self.poll = select.poll()
        self.buf, self.end = bytearray(), None
        self.decoder = hpack.Decoder()
        # The list limit is the server's business; what it sends has none.
        self.decoder.max_header_list_size = 1 << 24
        self.encoder = hpack.Encoder() if compress else None
        self.streams, self.next, self.open_block = {}, 1, None
        self.window, self.stream_window = WINDOW, WINDOW
        self.most_frame = 16384
        self.theirs = None              # their SETTINGS as a dict
        self.told, self.acks = [], 0    # our SETTINGS, and their ACKs
        self.pongs = []                 # payloads of PING ACKs
        self.credits = {0: 0}           # what they gave us, by stream
        self.spent = 0                  # of it, by upload()
        self.last_goaway, self.goaways = None, []
        if begin:
            self.begin(settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def rst(self):
        """Close with RST."""
        sock = self.sock
        if self.tls:
            sock = socket.socket(fileno=sock.detach())
        rig.reset(sock)

    def begin(self, ours=()):
        """The preface and our SETTINGS."""
        return self.tell(*ours, before=PREFACE)

    def tell(self, *ours, before=b""):
        """Our SETTINGS; they count from their ACK on."""
        self.told.append(ours)
        return self.push(before + settings(*ours))

    def applied(self, ours):
        """The server has acknowledged these."""
        for key, value in ours:
            if key == INITIAL_WINDOW_SIZE:
                for stream in self.streams.values():
                    stream.window += value - self.stream_window
                self.stream_window = value
            elif key == MAX_FRAME_SIZE:
                self.most_frame = value
            elif key == HEADER_TABLE_SIZE:
                self.decoder.max_allowed_table_size = value

    # ---- bytes ----
    def wait(self, events, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise AssertionError("no answer in time; %s" % self.story())
        self.poll.register(self.sock, events)
        return self.poll.poll(left * 1000)

    def story(self):
        return "settings %s, goaways %r, open %s, %d bytes wait: %r" % (
            self.theirs, self.goaways, sorted(
                n for n, s in self.streams.items() if not s.closed),
            len(self.buf), bytes(self.buf[:60]))

    def send(self, data, timeout=None):
        """All of it; reads meanwhile what the server sends, so that neither
        waits for the other."""
        deadline = time.monotonic() + (timeout or self.timeout)
        data = memoryview(data)
        while data:
            try:
                data = data[self.sock.send(data[:1 << 16]):]
            except (BlockingIOError, ssl.SSLWantWriteError):
                if self.reading:
                    self.receive()
                self.wait(select.POLLOUT | (
                    select.POLLIN if self.reading and not self.end else 0),
                    deadline)
            except ssl.SSLWantReadError:
                self.wait(select.POLLIN, deadline)
        return self

    def push(self, data):
        """Send; a server that has ended the connection is no error."""
        try:
            self.send(data)
        except OSError:
            pass
        return self

    def receive(self):
        """What is there, into buf; True when something was."""
        size = len(self.buf)
        try:
            while not self.end:
                data = self.sock.recv(1 << 16)
                if not data:
                    self.end = "fin"
                self.buf += data
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            self.end = "fin"
        except (ConnectionError, ssl.SSLError, OSError):
            self.end = "rst"
        return len(self.buf) > size or self.end is not None

    def read_frame(self, deadline):
        """The next frame's bytes as a Frame; None at the end."""
        while True:
            if len(self.buf) >= 9:
                size = int.from_bytes(self.buf[:3], "big")
                if size > self.most_frame:
                    raise Violation("a frame of %d bytes" % size)
                if len(self.buf) >= 9 + size:
                    kind, flags, stream = struct.unpack_from("!BBI",
                                                             self.buf, 3)
                    payload = bytes(self.buf[9:9 + size])
                    del self.buf[:9 + size]
                    return Frame(kind, flags, stream, payload)
            if self.end:
                if self.buf and self.end == "fin":
                    raise Violation("the connection ends inside a frame: %r" %
                                    bytes(self.buf[:60]))
                return None
            if not self.receive():
                self.wait(select.POLLIN, deadline)

    # ---- frames ----
    def pump(self):
        """Take note of all that is there, without waiting; False once the
        connection has ended and everything was read."""
        self.receive()
        while (len(self.buf) >= 9 and len(self.buf) >= 9 +
               int.from_bytes(self.buf[:3], "big")):
            self.next_frame()
        return not self.end

    def next_frame(self, deadline=None):
        """The next frame, checked and taken note of; None at the end."""
        got = self.read_frame(deadline or time.monotonic() + self.timeout)
        if got is None:
            return None
        if self.theirs is None and (got.kind != SETTINGS or got.flags & ACK):
            raise Violation("the first frame is %r" % (got,))
        if self.open_block and (got.kind != CONTINUATION or
                                got.stream != self.open_block[0]):
            raise Violation("%r inside a header block" % (got,))
        if got.stream & 0x80000000:
            raise Violation("the reserved bit is set: %r" % (got,))
        if got.kind < len(KINDS):
            getattr(self, "on_" + KINDS[got.kind].lower())(got)
        return got

    def idle(self, stream):
        """Whether we never opened it."""
        return stream % 2 == 0 or stream >= self.next

    def only(self, got, stream, sizes=None):
        """`stream`: whether the frame belongs to one."""
        if bool(got.stream) != stream or (
                sizes and len(got.payload) not in sizes):
            raise Violation("%r" % (got,))

    def stream_of(self, got):
        """The stream that a frame belongs to; it must be open to them."""
        self.only(got, True)
        stream = self.streams.get(got.stream)
        if stream is None:
            raise Violation("%r: no such stream" % (got,))
        if stream.closed:
            raise Violation("%r: after the stream's end" % (got,))
        return stream

    def body_of(self, got):
        """The payload without padding."""
        if not got.flags & PADDED:
            return got.payload
        if not got.payload or got.payload[0] >= len(got.payload):
            raise Violation("padding of %r" % (got,))
        return got.payload[1:len(got.payload) - got.payload[0]]

    def on_data(self, got):
        stream, size = self.stream_of(got), len(got.payload)
        self.window -= size
        stream.window -= size
        if self.window < 0 or stream.window < 0:
            raise Violation("%r: windows %d and %d" % (got, self.window,
                                                       stream.window))
        if stream.answer is None:
            if not stream.cancelled:
                raise Violation("%r before an answer" % (got,))
            return
        stream.answer.body += self.body_of(got)
        if self.credit and size:
            self.give(0, size)
            if not got.flags & END_STREAM:
                self.give(got.stream, size)
        if got.flags & END_STREAM:
            stream.end()

    def on_headers(self, got):
        self.stream_of(got)
        data = self.body_of(got)
        if got.flags & WITH_PRIORITY:
            data = data[5:]
        self.open_block = [got.stream, data, got.flags & END_STREAM]
        self.end_block(got)

    def on_continuation(self, got):
        if not self.open_block:
            raise Violation("%r without a header block" % (got,))
        self.open_block[1] += got.payload
        self.end_block(got)

    def end_block(self, got):
        if not got.flags & END_HEADERS:
            return
        number, data, end = self.open_block
        self.open_block = None
        try:
            pairs = [(bytes(n), bytes(v)) for n, v in
                     self.decoder.decode(data, raw=True)]
        except hpack.HPACKError as error:
            raise Violation("header block %r: %s" % (data, error)) from error
        stream = self.streams[number]
        stream.block(pairs, end)
        if end:
            stream.end()

    def on_priority(self, got):
        self.only(got, True, (5,))

    def on_rst_stream(self, got):
        self.only(got, True, (4,))
        if self.idle(got.stream):
            raise Violation("%r: no such stream" % (got,))
        stream = self.streams.get(got.stream)
        if stream is None:      # the test has forgotten it
            return
        if stream.reset is not None:
            raise Violation("%r: a second time" % (got,))
        stream.reset = got.code

    def on_settings(self, got):
        self.only(got, False)
        if got.flags & ACK:
            self.only(got, False, (0,))
            self.acks += 1
            if self.told:
                self.applied(self.told.pop(0))
            return
        if len(got.payload) % 6:
            raise Violation("%r" % (got,))
        if self.theirs is None:
            self.theirs = {}
        for at in range(0, len(got.payload), 6):
            key, value = struct.unpack_from("!HI", got.payload, at)
            if ((key == ENABLE_PUSH and value) or
                    (key == INITIAL_WINDOW_SIZE and value >> 31) or
                    (key == MAX_FRAME_SIZE and
                     not 16384 <= value <= 16777215)):
                raise Violation("setting %d = %d" % (key, value))
            self.theirs[key] = value
        if self.acknowledge:
            self.push(settings(flags=ACK))

    def on_push_promise(self, got):
        raise Violation("%r" % (got,))

    def on_ping(self, got):
        self.only(got, False, (8,))
        if got.flags & ACK:
            self.pongs.append(got.payload)
        elif self.acknowledge:
            self.push(ping(got.payload, ACK))

    def on_goaway(self, got):
        self.only(got, False)
        if len(got.payload) < 8:
            raise Violation("%r" % (got,))
        if self.last_goaway is not None and got.last > self.last_goaway.last:
            raise Violation("the last stream of %r grows" % (got,))
        self.last_goaway = got
        self.goaways.append((got.last, code_name(got.code)))

    def on_window_update(self, got):
        self.only(got, bool(got.stream), (4,))
        step = struct.unpack("!I", got.payload)[0]
        if not 0 < step < 1 << 31:
            raise Violation("%r: %d" % (got, step))
        if got.stream and self.idle(got.stream):
            raise Violation("%r: no such stream" % (got,))
        self.credits[got.stream] = self.credits.get(got.stream, 0) + step

    def give(self, stream, step):
        """Credit for their DATA."""
        if stream:
            self.streams[stream].window += step
        else:
            self.window += step
        return self.push(window_update(stream, step))

    # ---- requests ----
    def encode(self, pairs):
        if self.encoder:
            return self.encoder.encode([(octets(n), octets(v))
                                        for n, v in pairs])
        return block(pairs)

    def expect(self, number=None, method="GET"):
        """A stream of ours, before its HEADERS are sent; its number."""
        number = self.next if number is None else number
        self.next = max(self.next, number + 2)
        self.streams[number] = Stream(number, self.stream_window, method)
        return number

    def start(self, pairs, end=True, stream=None):
        """(number, bytes) of a new stream's HEADERS and CONTINUATIONs."""
        method = next((v for n, v in pairs if n == ":method"), "GET")
        number = self.expect(stream, method)
        data = self.encode(pairs)
        parts = [data[at:at + 16384]
                 for at in range(0, len(data), 16384)] or [b""]
        out = b""
        for at, part in enumerate(parts):
            flags = END_HEADERS if at == len(parts) - 1 else 0
            out += frame(CONTINUATION, flags, number, part) if at else \
                headers(number, part, flags | (END_STREAM if end else 0))
        return number, out

    def open(self, pairs=None, end=True, stream=None):
        """Send HEADERS on a new stream; its number."""
        number, data = self.start(fields() if pairs is None else pairs, end,
                                  stream)
        self.send(data)
        return number

    def cancel(self, stream, code=CANCEL):
        self.streams[stream].cancelled = True
        return self.send(rst_stream(stream, code))

    def give_up(self, stream):
        """Whether nothing more can come on it."""
        return stream.closed or (
            self.last_goaway is not None and
            self.last_goaway.last < stream.number)

    def room(self, stream):
        """How much DATA they let us send on it now."""
        first = (self.theirs or {}).get(INITIAL_WINDOW_SIZE, WINDOW)
        return min(WINDOW + self.credits[0] - self.spent,
                   first + self.credits.get(stream, 0) -
                   self.streams[stream].spent)

    def upload(self, stream, body, end=True, size=16384):
        """DATA as their windows let it; stops when the stream is over."""
        deadline = time.monotonic() + self.timeout
        at = 0
        self.settled()
        while at < len(body) or (end and not body):
            room = min(self.room(stream), size)
            if room <= 0 and body:
                if (self.streams[stream].closed or
                        self.next_frame(deadline) is None):
                    return at
                continue
            part = body[at:at + room]
            at += len(part)
            self.spent += len(part)
            self.streams[stream].spent += len(part)
            last = end and at == len(body)
            self.push(frame(DATA, END_STREAM if last else 0, stream, part))
            if last:
                break
        return at

    def settled(self):
        """Wait for their SETTINGS."""
        while self.theirs is None and self.next_frame():
            pass
        return self

    def ask(self, path="/", method="GET", more=(), body=None, **parts):
        """A request and its answer, a rig.Response."""
        stream = self.open(fields(*more, method=method, path=path, **parts),
                           end=body is None)
        if body is not None:
            self.upload(stream, body)
        return self.response(stream)

    # ---- waiting ----
    def until(self, true, timeout=None):
        """Read frames until it holds; False when the connection ends."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while not true():
            if self.next_frame(deadline) is None:
                return bool(true())
        return True

    def head(self, stream):
        """The answer as soon as its fields are there."""
        here = self.streams[stream]
        self.until(lambda: here.answer or here.reset is not None)
        if here.answer is None:
            raise rig.Cut("stream %d: reset %s, %s" % (
                stream, code_name(here.reset), self.story()))
        return here.answer

    def response(self, stream, timeout=None):
        """The whole answer of a stream."""
        here = self.streams[stream]
        self.until(lambda: here.closed or self.give_up(here), timeout)
        if not here.ended:
            raise rig.Cut("stream %d: reset %s, end %s, %s" % (
                stream, code_name(here.reset), self.end, self.story()))
        return here.answer

    def wait_for(self, kind, stream=None):
        """The next frame of that kind (and stream)."""
        seen = []
        while True:
            got = self.next_frame()
            if got is None:
                raise AssertionError("no %s before the end (%s); saw %r" % (
                    KINDS[kind], self.end, seen))
            seen.append(got)
            if got.kind == kind and stream in (None, got.stream):
                return got

    def alive(self, payload=b"barrier?"):
        """A PING is answered: all that was sent before was read. False when
        the connection ends instead."""
        before = len(self.pongs)
        self.push(ping(payload))
        return self.until(lambda: payload in self.pongs[before:])

    def expect_rst(self, stream, *codes):
        here = self.streams[stream]
        self.until(lambda: here.reset is not None)
        if here.reset is None or (codes and here.reset not in codes):
            raise AssertionError("stream %d: %s instead of %s; %s" % (
                stream, code_name(here.reset),
                [code_name(c) for c in codes], self.story()))
        return here.reset

    def expect_end(self):
        """Nothing more comes; says "fin" or "rst"."""
        while self.next_frame() is not None:
            pass
        return self.end

    def expect_goaway(self, *codes):
        """The connection ends after a GOAWAY with one of these codes."""
        self.expect_end()
        if self.last_goaway is None or (
                codes and self.last_goaway.code not in codes):
            raise AssertionError("%r instead of GOAWAY %s, end %s" % (
                self.goaways, [code_name(c) for c in codes], self.end))
        return self.last_goaway

    def reaction(self, stream=None):
        """What the server makes of what was sent: ("goaway", code),
        ("closed", None) without a GOAWAY, ("reset", code) or ("answer",
        status) of the stream. Without a stream: ("reset", code) of any, or
        ("alive", None)."""
        here = self.streams.get(stream)
        payload, before = b"reaction", len(self.pongs)
        heard = False
        gone = set()
        if here is None:
            gone = {s for s in self.streams.values() if s.reset is not None}
            self.push(ping(payload))
        while True:
            if self.last_goaway is not None and self.last_goaway.code:
                return "goaway", self.last_goaway.code
            for one in [here] if here else self.streams.values():
                if one.reset is not None and one not in gone:
                    return "reset", one.reset
            if here is not None and here.ended:
                return "answer", here.answer.status
            if here is None and payload in self.pongs[before:]:
                if heard:
                    return "alive", None
                heard = True    # it may have overtaken what came with it
                self.pump()
                continue
            if self.next_frame() is None:
                return "closed", None

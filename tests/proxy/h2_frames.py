# SPDX-License-Identifier: Apache-2.0
"""The bytes of HTTP/2: frames (RFC 9113) and header blocks (RFC 7541) made by
hand, so that a test can make them wrong.

    frame(PING, 0, 1, bytes(8))             a PING with a stream
    headers(1, block(fields(path="/x")))    a request
    headers(1, indexed(0))                  a block that no table has
"""
import struct
from collections import namedtuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
(DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY,
 WINDOW_UPDATE, CONTINUATION) = range(10)
KINDS = ("DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS",
         "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION")
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, WITH_PRIORITY = 0x4, 0x8, 0x20
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR,
 SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL,
 COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY,
 HTTP_1_1_REQUIRED) = range(14)
CODES = ("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR",
         "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
         "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR",
         "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED")
(HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE,
 MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE) = range(1, 7)
ENABLE_CONNECT_PROTOCOL = 8
WINDOW = 65535


# ---- frames -----------------------------------------------------------------
class Frame(namedtuple("Frame", "kind flags stream payload")):
    def __repr__(self):
        name = KINDS[self.kind] if self.kind < len(KINDS) else self.kind
        more = "%d bytes" % len(self.payload)
        if self.kind in (RST_STREAM, GOAWAY):
            more = code_name(self.code)
        return "<%s flags=0x%x stream=%d %s>" % (name, self.flags, self.stream,
                                                 more)

    @property
    def code(self):
        """The error code of an RST_STREAM or GOAWAY."""
        at = 4 if self.kind == GOAWAY else 0
        return struct.unpack_from("!I", self.payload, at)[0]

    @property
    def last(self):
        """The last stream of a GOAWAY."""
        return struct.unpack_from("!I", self.payload)[0] & 0x7fffffff


def code_name(code):
    return CODES[code] if isinstance(code, int) and code < len(CODES) else code


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """A frame's bytes; `length` is what its head says instead of the truth,
    `stream` may have the reserved bit."""
    size = len(payload) if length is None else length
    return struct.pack("!BHBBI", size >> 16, size & 0xffff, kind, flags,
                       stream) + payload


def padded(payload, length):
    """The payload of a frame with PADDED."""
    return bytes([length]) + payload + bytes(length)


def settings(*pairs, flags=0, stream=0):
    return frame(SETTINGS, flags, stream, b"".join(
        struct.pack("!HI", *pair) for pair in pairs))


def window_update(stream, step):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack("!I", step))


def rst_stream(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack("!I", code))


def goaway(last=0, code=NO_ERROR, debug=b""):
    return frame(GOAWAY, 0, 0, struct.pack("!II", last, code) + debug)


def priority(stream, on=0, weight=16, exclusive=False):
    return frame(PRIORITY, 0, stream, dependency(on, weight, exclusive))


def dependency(on, weight=16, exclusive=False):
    """The 5 bytes of a priority: PRIORITY, or HEADERS with WITH_PRIORITY."""
    return struct.pack("!IB", on | (exclusive << 31), weight - 1)


def ping(payload=b"sluice!!", flags=0):
    return frame(PING, flags, 0, payload)


def headers(stream, block, flags=END_HEADERS | END_STREAM):
    return frame(HEADERS, flags, stream, block)


# ---- HPACK by hand (RFC 7541) -----------------------------------------------
def integer(value, bits, first=0):
    """5.1; `first` is what stands before the prefix in the first byte."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes(out + [value])


def string(data, huffman=False):
    """5.2; `data` is what is sent: with huffman=True coded already."""
    return integer(len(data), 7, 0x80 if huffman else 0) + data


def indexed(index):
    """6.1"""
    return integer(index, 7, 0x80)


def literal(name, value, keep=False, never=False):
    """6.2; `name` is text or an index; keep: with incremental indexing."""
    bits, first = (6, 0x40) if keep else (4, 0x10 if never else 0)
    if isinstance(name, int):
        start = integer(name, bits, first)
    else:
        start = integer(0, bits, first) + string(octets(name))
    return start + string(octets(value))


def table_size(size):
    """6.3"""
    return integer(size, 5, 0x20)


def octets(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def block(pairs):
    """A header block that leaves the dynamic table alone."""
    return b"".join(literal(n, v) for n, v in pairs)


def fields(*more, method="GET", path="/", scheme="https",
           authority="example.com"):
    """The fields of a request; those that are None are left out."""
    pseudo = [(":method", method), (":scheme", scheme),
              (":authority", authority), (":path", path)]
    return [(n, v) for n, v in pseudo if v is not None] + list(more)

# SPDX-License-Identifier: Apache-2.0
"""Six readers of HTTP/1 requests that disagree wherever a message allows it.

Request smuggling is two programs that read the same bytes in two ways. Each
reader here copies one bad habit that real servers had: the strict one takes
RFC 9112 by the letter, the others tolerate bare line feeds, blanks around
names, folded lines, control bytes, or choose differently between two framing
fields. What Sluice sends to a target must look the same to all of them.

    read_all(raw) -> {reader name: Reading}
    disagreement(raw) -> None, or a text that says who differs in what
    untidy(raw) -> None, or why the bytes are not the clean HTTP/1.1 we owe
"""
import re
from collections import namedtuple

# start and end are offsets in the stream; host is what the reader would route
# by; fields is a list of (lower-case name, value).
Message = namedtuple("Message", "start end method target host body fields")
# rest: "" when the stream ended between two messages, "partial" when inside
# one, otherwise the complaint of a reader that gave up.
Reading = namedtuple("Reading", "messages rest")


class Partial(Exception):
    """The stream ends inside a message."""


class Refused(Exception):
    """This reader would answer 400."""


def all_messages(raw, one):
    """Apply `one(raw, position) -> Message` until the stream is used up."""
    messages, at = [], 0
    while at < len(raw):
        try:
            message = one(raw, at)
        except Partial:
            return Reading(messages, "partial")
        except Refused as why:
            return Reading(messages, "refused: %s" % why)
        if message is None:
            break
        messages.append(message)
        at = message.end
    return Reading(messages, "")


def host_of(target, hosts, which=0):
    match = re.match(rb"(?i)[a-z][a-z0-9+.-]*://([^/?#]*)", target)
    if match:
        return match.group(1).lower()
    return hosts[which].lower() if hosts else b""


# ---- strict: RFC 9112 by the letter ---------------------------------------
TCHAR = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
REQUEST_LINE = re.compile(rb"(" + TCHAR + rb"+) ([!-~\x80-\xff]+) "
                          rb"HTTP/([0-9])\.([0-9])\Z")
FIELD = re.compile(rb"(" + TCHAR + rb"+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\Z")
CHUNK = re.compile(
    rb"([0-9A-Fa-f]{1,16})((?:[ \t]*;[ \t]*" + TCHAR + rb"+(?:[ \t]*=[ \t]*(?:"
    + TCHAR + rb"+|\"(?:[^\"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e])*\"))?)*)"
    rb"\Z")


def strict_fields(block):
    fields = []
    for line in block.split(b"\r\n") if block else []:
        match = FIELD.match(line)
        if not match:
            raise Refused("field line %r" % line)
        fields.append((match.group(1).lower(), match.group(2).rstrip(b" \t")))
    return fields


def strict_body(raw, at, fields):
    """Body that RFC 9112 6.3 gives a request; returns (body, trailers, end)."""
    codings = [v for n, v in fields if n == b"transfer-encoding"]
    lengths = [v for n, v in fields if n == b"content-length"]
    if codings and lengths:
        raise Refused("both framing fields")
    if codings:
        if len(codings) > 1 or codings[0].lower() != b"chunked":
            raise Refused("transfer-encoding %r" % codings)
        return strict_chunks(raw, at)
    if not lengths:
        return b"", [], at
    if len(lengths) > 1 or not re.match(rb"[0-9]+\Z", lengths[0]):
        raise Refused("content-length %r" % lengths)
    end = at + int(lengths[0])
    if end > len(raw):
        raise Partial
    return raw[at:end], [], end


def strict_chunks(raw, at):
    body = []
    while True:
        eol = raw.find(b"\r\n", at)
        if eol < 0:
            raise Partial
        match = CHUNK.match(raw[at:eol])
        if not match:
            raise Refused("chunk line %r" % raw[at:eol][:60])
        size, at = int(match.group(1), 16), eol + 2
        if size == 0:
            break
        if at + size + 2 > len(raw):
            raise Partial
        if raw[at + size:at + size + 2] != b"\r\n":
            raise Refused("chunk data not followed by CRLF")
        body.append(raw[at:at + size])
        at += size + 2
    if raw[at:at + 2] == b"\r\n":
        return b"".join(body), [], at + 2
    end = raw.find(b"\r\n\r\n", at)
    if end < 0:
        raise Partial
    return b"".join(body), strict_fields(raw[at:end]), end + 4


def strict_one(raw, at):
    end = raw.find(b"\r\n\r\n", at)
    if end < 0:
        raise Partial
    line, _, block = raw[at:end].partition(b"\r\n")
    match = REQUEST_LINE.match(line)
    if not match or match.group(3) != b"1":
        raise Refused("request line %r" % line[:80])
    fields = strict_fields(block)
    hosts = [v for n, v in fields if n == b"host"]
    if match.group(4) != b"0" and len(hosts) != 1:
        raise Refused("%d Host fields" % len(hosts))
    body, _, stop = strict_body(raw, end + 4, fields)
    return Message(at, stop, match.group(1), match.group(2),
                   host_of(match.group(2), hosts), body, fields)


# ---- lenient: any line end, blanks anywhere, folds joined ------------------
def lenient_line(raw, at):
    eol = raw.find(b"\n", at)
    if eol < 0:
        raise Partial
    line = raw[at:eol]
    return (line[:-1] if line.endswith(b"\r") else line), eol + 1


def lenient_fields(raw, at, fold="join"):
    """Fields up to the blank line; a folded line is joined to the field
    before it, ignored ("drop"), or a field of its own ("own")."""
    fields = []
    while True:
        line, at = lenient_line(raw, at)
        if not line:
            return fields, at
        if line[:1] in b" \t" and fields and fold != "own":
            if fold == "join":
                name, value = fields[-1]
                fields[-1] = (name, value + b" " + line.strip())
            continue
        name, _, value = line.partition(b":")
        fields.append((name.strip().lower(), value.strip()))


def lenient_chunks(raw, at, base=16):
    body = []
    while True:
        line, at = lenient_line(raw, at)
        digits = re.match(rb"[ \t+]*(?:0[xX])?([0-9A-Fa-f]*)", line).group(1)
        size = int(digits or b"0", base) & 0xffffffffffffffff
        if size == 0:
            break
        if at + size > len(raw):
            raise Partial
        body.append(raw[at:at + size])
        _, at = lenient_line(raw, at + size)
    _, at = lenient_fields(raw, at)
    return b"".join(body), at


def lenient_length(raw, at, value):
    match = re.match(rb"[ \t+]*([0-9]+)", value)
    end = at + (int(match.group(1)) if match else 0)
    if end > len(raw):
        raise Partial
    return raw[at:end], end


def skip_line_ends(raw, at):
    while at < len(raw) and raw[at] in b"\r\n":
        at += 1
    return at


def lenient_one(raw, at):
    at = skip_line_ends(raw, at)
    if at >= len(raw):
        return None
    line, after = lenient_line(raw, at)
    words = line.split()
    if len(words) < 2:
        raise Refused("request line %r" % line[:80])
    fields, stop = lenient_fields(raw, after)
    body = b""
    if any(n == b"transfer-encoding" and b"chunked" in v.lower()
           for n, v in fields):
        body, stop = lenient_chunks(raw, stop)
    else:
        for name, value in fields:
            if name == b"content-length":
                body, stop = lenient_length(raw, stop, value)
                break
    return Message(at, stop, words[0], words[1],
                   host_of(words[1], [v for n, v in fields if n == b"host"]),
                   body, fields)


# ---- length first: Content-Length beats Transfer-Encoding -------------------
def squeeze(name):
    """Only letters and digits count, in any case, as some frameworks do."""
    text = name.decode("utf-8", "replace").replace("\u017f", "s")
    text = text.replace("\u0131", "i").lower()
    return "".join(c for c in text if c.isascii() and c.isalnum())


def length_first_one(raw, at):
    at = skip_line_ends(raw, at)
    if at >= len(raw):
        return None
    line, after = lenient_line(raw, at)
    method, _, rest = line.strip().partition(b" ")
    target = rest.strip().rpartition(b" ")[0] or rest.strip()
    fields, stop = lenient_fields(raw, after, "drop")
    lengths = [v for n, v in fields if squeeze(n) == "contentlength"]
    codings = [v for n, v in fields if squeeze(n) == "transferencoding"]
    body = b""
    if lengths:
        body, stop = lenient_length(raw, stop, lengths[-1])
    elif codings:
        body, stop = lenient_chunks(raw, stop)
    hosts = [v for n, v in fields if n == b"host"]
    return Message(at, stop, method, target, host_of(target, hosts, -1), body,
                   fields)


# ---- coding first: anything that smells of chunked is chunked --------------
def coding_first_one(raw, at):
    at = skip_line_ends(raw, at)
    if at >= len(raw):
        return None
    line, after = lenient_line(raw, at)
    words = re.split(rb"[ \t\x0b\x0c]+", line.strip(b" \t\x0b\x0c\x00"))
    if len(words) < 2:
        raise Refused("request line %r" % line[:80])
    fields, stop = lenient_fields(raw, after, "own")
    coding = b"".join(v for n, v in fields
                      if squeeze(n) == "transferencoding")
    lengths = [v for n, v in fields if squeeze(n) == "contentlength"]
    body = b""
    if re.sub(rb"[^a-z]", b"", coding.lower()).find(b"chunked") >= 0:
        body, stop = lenient_chunks(raw, stop)
    elif lengths:
        body, stop = lenient_length(raw, stop, lengths[0])
    hosts = [v for n, v in fields if squeeze(n) == "host"]
    return Message(at, stop, words[0], words[1], host_of(words[1], hosts, -1),
                   body, fields)


# ---- C strings: NUL ends a line's text, CR alone ends a line ----------------
def c_string_line(raw, at):
    match = re.compile(rb"\r\n|\r|\n").search(raw, at)
    if not match:
        raise Partial
    if match.group() == b"\r" and match.end() == len(raw):
        raise Partial
    return raw[at:match.start()].split(b"\0")[0], match.end()


def c_string_one(raw, at):
    line, stop = c_string_line(raw, at)
    method, _, rest = line.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    if not version.startswith(b"HTTP/"):
        raise Refused("request line %r" % line[:80])
    fields = []
    while True:
        line, stop = c_string_line(raw, stop)
        if not line:
            break
        name, _, value = line.partition(b":")
        fields.append((name.lower(), value.strip(b" \t")))
    first = {}
    for name, value in fields:
        first.setdefault(name, value)
    body = b""
    if first.get(b"transfer-encoding", b"").lower() == b"chunked":
        parts = []
        while True:
            line, stop = c_string_line(raw, stop)
            size = int(re.match(rb"[0-9A-Fa-f]*", line).group() or b"0", 16)
            if size == 0:
                break
            if stop + size > len(raw):
                raise Partial
            parts.append(raw[stop:stop + size])
            _, stop = c_string_line(raw, stop + size)
        while line:
            line, stop = c_string_line(raw, stop)
        body = b"".join(parts)
    elif b"content-length" in first:
        body, stop = lenient_length(raw, stop, first[b"content-length"])
    hosts = [first[b"host"]] if b"host" in first else []
    return Message(at, stop, method, target, host_of(target, hosts), body,
                   fields)


# ---- obedient: removes what Connection names, before it frames -------------
def obedient_one(raw, at):
    start, state, line, lines = at, "line", bytearray(), []
    while True:
        if at >= len(raw):
            raise Partial
        byte = raw[at]
        at += 1
        if byte == 10:
            text = bytes(line[:-1] if line.endswith(b"\r") else line)
            line.clear()
            if not text and state == "fields":
                break
            if text:
                lines.append(text)
                state = "fields"
            else:
                start = at
        else:
            line.append(byte)
    words = lines[0].split(b" ")
    if len(words) != 3:
        raise Refused("request line %r" % lines[0][:80])
    fields = []
    for text in lines[1:]:
        name, colon, value = text.partition(b":")
        fields.append((name.rstrip().lower(), value.strip(b" \t\x0b\x0c")))
    named = b",".join(v for n, v in fields if n == b"connection").lower()
    gone = {t.strip() for t in named.split(b",")}
    kept = [(n, v) for n, v in fields if n not in gone]
    codings = [v.lower() for n, v in kept if n == b"transfer-encoding"]
    lengths = [v for n, v in kept if n == b"content-length"]
    body = b""
    if codings and codings[-1].split(b",")[-1].strip() == b"chunked":
        body, at = lenient_chunks(raw, at)
    elif lengths:
        body, at = lenient_length(raw, at, lengths[-1].split(b",")[-1])
    hosts = [v for n, v in kept if n == b"host"]
    return Message(start, at, words[0], words[1], host_of(words[1], hosts, -1),
                   body, fields)


READERS = {
    "strict": strict_one,
    "lenient": lenient_one,
    "length first": length_first_one,
    "coding first": coding_first_one,
    "C strings": c_string_one,
    "obedient": obedient_one,
}


def read_all(raw):
    raw = bytes(raw)
    return {name: all_messages(raw, one) for name, one in READERS.items()}


def disagreement(raw):
    """None when every reader sees the same messages, else who differs."""
    readings = read_all(raw)
    strict = readings["strict"]
    if strict.rest.startswith("refused"):
        return "the strict reader %s" % strict.rest
    for name, reading in readings.items():
        if len(reading.messages) != len(strict.messages):
            return "%s sees %d messages, strict %d (%s)" % (
                name, len(reading.messages), len(strict.messages),
                reading.rest)
        for mine, theirs in zip(strict.messages, reading.messages):
            for what in Message._fields:
                if getattr(mine, what) != getattr(theirs, what):
                    return "%s reads %s as %.200r, strict as %.200r" % (
                        name, what, getattr(theirs, what),
                        getattr(mine, what))
        if reading.rest != strict.rest:
            return "%s ends %r, strict %r" % (name, reading.rest, strict.rest)
    return None


def untidy(raw):
    """None when each message is clean HTTP/1.1 as we owe it to a target."""
    for message in all_messages(bytes(raw), strict_one).messages:
        head = raw[message.start:message.end].partition(b"\r\n\r\n")[0]
        if not head.partition(b"\r\n")[0].endswith(b" HTTP/1.1"):
            return "not sent as HTTP/1.1: %r" % head[:80]
        if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", head):
            return "a control byte in %r" % head
        if not re.match(rb"(/[^#\s]*|\*)\Z", message.target):
            return "target %r" % message.target
        names = [n for n, _ in message.fields]
        for name in (b"host", b"x-amzn-trace-id"):
            if names.count(name) != 1:
                return "%d %r fields in %r" % (names.count(name), name, head)
        for name in (b"keep-alive", b"proxy-connection", b"expect"):
            if name in names:
                return "%r was passed on" % name
        said = [v for n, v in message.fields if n == b"connection"]
        if said not in ([], [b"close"]) and not (
                said == [b"Upgrade"] and b"upgrade" in names):
            return "Connection %r was passed on" % said
    return None

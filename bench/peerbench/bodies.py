# SPDX-License-Identifier: Apache-2.0
"""Large bodies through a proxy whose reader is slow: both ends.

A body is a sequence of 1 MiB blocks, each with its number in front, so that a
lost, doubled or reordered block changes the hash.  The reader stops once near
the start, goes on at a trickle, then at full speed.

Run as `python3 -m peerbench.bodies PORT STALL` it is the origin:
    GET  /BYTES/length|chunked    sends a body
    POST /                        reads one, answers JSON about it
"""
import hashlib
import json
import random
import socket
import socketserver
import struct
import sys
import time

BLOCK = 1 << 20
STALL_AT = 256 << 10
TRICKLE_SECONDS = 2
TRICKLE_PAUSE = 0.005   # per read of 64 KiB: about 10 MiB/s


def send_body(sock, size, chunked):
    """Sends size bytes; returns their sha256."""
    block = bytearray(random.Random(size).randbytes(BLOCK))
    digest = hashlib.sha256()
    for number in range((size + BLOCK - 1) // BLOCK):
        struct.pack_into("<Q", block, 0, number)
        part = memoryview(block)[:min(BLOCK, size - number * BLOCK)]
        digest.update(part)
        if chunked:
            sock.sendall(b"%x\r\n" % len(part))
        sock.sendall(part)
        if chunked:
            sock.sendall(b"\r\n")
    if chunked:
        sock.sendall(b"0\r\n\r\n")
    return digest.hexdigest()


class SlowReader:
    """Reads a body and knows when it stood still."""

    def __init__(self, stall):
        self.stall = stall
        self.stalled = None     # (from, to), time.monotonic()
        self.size = 0
        self.digest = hashlib.sha256()
        self.buffer = memoryview(bytearray(BLOCK))

    def _pace(self):
        if self.size < STALL_AT:
            return
        if not self.stalled:
            start = time.monotonic()
            time.sleep(self.stall)
            self.stalled = (start, time.monotonic())
        elif time.monotonic() < self.stalled[1] + TRICKLE_SECONDS:
            time.sleep(TRICKLE_PAUSE)

    def _exactly(self, file, count):
        while count:
            trickle = not self.stalled or \
                time.monotonic() < self.stalled[1] + TRICKLE_SECONDS
            want = min(count, 65536 if trickle else BLOCK)
            got = file.readinto(self.buffer[:want])
            if not got:
                raise OSError(f"body ended after {self.size} bytes")
            self.digest.update(self.buffer[:got])
            self.size += got
            count -= got
            self._pace()

    def read(self, file, fields):
        """One body, framed as the header fields say."""
        if "chunked" not in fields.get("transfer-encoding", ""):
            self._exactly(file, int(fields["content-length"]))
            return
        while True:
            count = int(file.readline().split(b";")[0], 16)
            self._exactly(file, count)
            if count == 0:
                while file.readline() not in (b"\r\n", b""):
                    pass
                return
            file.readline()

    def result(self):
        return {"bytes": self.size, "sha256": self.digest.hexdigest(),
                "stalled": self.stalled}


def read_head(file):
    """(first line, {name: value}), or (None, None) at the end."""
    first = file.readline().decode("latin1").rstrip()
    if not first:
        return None, None
    fields = {}
    while True:
        line = file.readline().decode("latin1").rstrip()
        if not line:
            return first, fields
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip().lower()


def _framing(chunked, size):
    return "Transfer-Encoding: chunked" if chunked \
        else f"Content-Length: {size}"


def _open(port):
    sock = socket.create_connection(("127.0.0.1", port), 60)
    return sock, sock.makefile("rb", BLOCK // 4)


def download(port, size, chunked, stall):
    """GET with a slow client; what the client read."""
    sock, file = _open(port)
    with sock, file:
        framing = "chunked" if chunked else "length"
        sock.sendall(f"GET /{size}/{framing} HTTP/1.1\r\nHost: localhost\r\n"
                     "\r\n".encode())
        first, fields = read_head(file)
        if not first or " 200 " not in first:
            raise OSError(f"answer {first}")
        reader = SlowReader(stall)
        reader.read(file, fields)
    return reader.result() | {"sent_sha256": expected(size)}


def upload(port, size, chunked, stall):
    """POST to a slow origin; what the origin says it read."""
    del stall   # the origin was started with it
    sock, file = _open(port)
    with sock, file:
        sock.sendall(f"POST / HTTP/1.1\r\nHost: localhost\r\n"
                     f"{_framing(chunked, size)}\r\n\r\n".encode())
        sent = send_body(sock, size, chunked)
        first, fields = read_head(file)
        if not first or " 200 " not in first:
            raise OSError(f"answer {first}")
        length = int(fields["content-length"])
        return json.loads(file.read(length)) | {"sent_sha256": sent}


def expected(size):
    """The hash of a body of this size."""
    class Nowhere:
        @staticmethod
        def sendall(_):
            pass
    return send_body(Nowhere, size, False)


class _Origin(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            first, fields = read_head(self.rfile)
            if not first:
                return
            method, path, _ = first.split(" ", 2)
            if method == "POST":
                reader = SlowReader(self.server.stall)
                reader.read(self.rfile, fields)
                body = json.dumps(reader.result()).encode()
                self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: "
                                     b"%d\r\n\r\n" % len(body) + body)
                continue
            size, framing = (path.strip("/").split("/") + ["length"])[:2]
            size = int(size) if size.isdigit() else 1024
            chunked = framing == "chunked"
            self.request.sendall(f"HTTP/1.1 200 OK\r\n"
                                 f"{_framing(chunked, size)}\r\n\r\n".encode())
            send_body(self.request, size, chunked)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    stall = 0

    def handle_error(self, request, client_address):
        print(f"origin: {sys.exc_info()[1]}", file=sys.stderr)


def main():
    with _Server(("127.0.0.1", int(sys.argv[1])), _Origin) as server:
        server.stall = float(sys.argv[2])
        server.serve_forever()


if __name__ == "__main__":
    main()

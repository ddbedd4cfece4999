# SPDX-License-Identifier: Apache-2.0
"""A small HTTP/1.1 client: readiness probes and checks, not load."""
import re
import socket
import time

HOST = "127.0.0.1"


def dechunk(data):
    body = b""
    while data:
        size, data = data.split(b"\r\n", 1)
        n = int(size.split(b";")[0], 16)
        if n == 0:
            break
        body += data[:n]
        data = data[n + 2:]
    return body


def _complete(data):
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = re.search(rb"\r\ncontent-length: *(\d+)", data[:end], re.I)
    return bool(length) and len(data) >= end + 4 + int(length.group(1))


def connect(port, timeout=5, context=None):
    """A connection; over TLS with a context (ssl.SSLContext)."""
    s = socket.create_connection((HOST, port), timeout)
    return context.wrap_socket(s, server_hostname="localhost") if context \
        else s


def fetch(port, path, method="GET", body=None, headers=None, timeout=5,
          context=None):
    """(status, head, body) of one request on a connection of its own."""
    fields = {"Host": f"{HOST}:{port}", "Connection": "close"}
    fields.update(headers or {})
    if body is not None:
        fields["Content-Length"] = str(len(body))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(
        f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"
    data = b""
    with connect(port, timeout, context) as s:
        s.sendall(head.encode() + (body or b""))
        while not _complete(data):
            got = s.recv(262144)
            if not got:
                break
            data += got
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.decode("latin1")
    if re.search(r"transfer-encoding: *chunked", head, re.I):
        body = dechunk(body)
    return int(head.split(" ", 2)[1]), head, body


def wait_ready(port, process, seconds=15, route=None):
    """Until the port answers; RuntimeError when it does not."""
    path = route.path + "1k" if route else "/1k"
    headers = {"Host": route.host} if route else {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"exited with {process.returncode}")
        try:
            if fetch(port, path, headers=headers)[0] == 200:
                return
        except (OSError, ValueError, IndexError):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"no answer on port {port} after {seconds} s")

# SPDX-License-Identifier: Apache-2.0
"""Does the peer do the work at all?  A proxy that drops a header or a body
would win every comparison."""
from . import httpc
from .lab import Proxy
from .scenarios import BODY_10K


def _problems(lab, peer):
    for path in ("/1k", "/16k", "/1m"):
        want = httpc.fetch(lab.origin_port, path)[2]
        status, _, body = httpc.fetch(lab.http, path)
        if status != 200 or body != want:
            yield f"{path}: status {status}, {len(body)} bytes"
    sent = BODY_10K.encode()
    status, _, echo = httpc.fetch(lab.http, "/echo", "POST", sent)
    head, _, body = echo.partition(b"\r\n\r\n")
    head = head.decode("latin1").lower()
    if "transfer-encoding: chunked" in head:
        body = httpc.dechunk(body)
    if status != 200 or body != sent:
        yield f"POST: status {status}, {len(body)} bytes arrived"
    if lab.is_relay(peer):
        return
    for name, value in (("X-Forwarded-For", httpc.HOST),
                        ("X-Forwarded-Proto", "http"),
                        ("X-Forwarded-Port", str(lab.http))):
        if name in lab.peers[peer].get("lacks", ()):
            continue
        if f"{name}: {value}\r\n".lower() not in head + "\r\n":
            yield f"no {name}: {value}"


def problems(lab, peer):
    """What is wrong with the peer, as a list of texts."""
    try:
        with Proxy(lab, peer):
            return list(_problems(lab, peer))
    except (RuntimeError, OSError, ValueError) as e:
        return [str(e)]

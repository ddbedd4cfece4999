# SPDX-License-Identifier: Apache-2.0
"""Does the peer do the work at all?  A proxy that drops a header or a body
would win every comparison."""
import subprocess
import time

from . import conf, host, httpc, tls
from .lab import Proxy
from .scenarios import BODY_10K

LOGGED = 20


def _headers(lab, peer, head, flags=()):
    """What the origin was not told."""
    scheme = "https" if "tls" in flags else "http"
    for name, value in (("X-Forwarded-For", httpc.HOST),
                        ("X-Forwarded-Proto", scheme),
                        ("X-Forwarded-Port", str(lab.port(flags)))):
        if name in lab.peers[peer].get("lacks", ()):
            continue
        if f"{name}: {value}\r\n".lower() not in head.lower() + "\r\n":
            yield f"no {name}: {value}"


def _arrived(lab, peer, status, echo, flags=()):
    """What the origin says came of a POST of BODY_10K."""
    head, _, body = echo.partition(b"\r\n\r\n")
    head = head.decode("latin1")
    if "transfer-encoding: chunked" in head.lower():
        body = httpc.dechunk(body)
    if status != 200 or body != BODY_10K.encode():
        yield f"POST: status {status}, {len(body)} bytes arrived"
    if not lab.is_relay(peer):
        yield from _headers(lab, peer, head, flags)


def _echo(lab, peer, prefix="/", headers=None):
    status, _, echo = httpc.fetch(lab.http, prefix + "echo", "POST",
                                  BODY_10K.encode(), headers)
    yield from _arrived(lab, peer, status, echo)


def _all_bodies(lab, fetch):
    """`fetch` makes (status, head, body) of a path."""
    for path in ("/1k", "/16k", "/1m"):
        want = httpc.fetch(lab.origin_port, path)[2]
        status, _, body = fetch(path)
        if status != 200 or body != want:
            yield f"{path}: status {status}, {len(body)} bytes"


def _bodies(lab, peer):
    yield from _all_bodies(lab, lambda path: httpc.fetch(lab.http, path))
    yield from _echo(lab, peer)


def _tls(lab, peer):
    def fetch(path, *more):
        return httpc.fetch(lab.https, path, *more, context=tls.context())
    yield from tls.problems(lab)
    yield from _all_bodies(lab, fetch)
    status, _, echo = fetch("/echo", "POST", BODY_10K.encode())
    yield from _arrived(lab, peer, status, echo, ("tls",))


def _nghttp(lab, path, *more):
    """(status, None, body) over HTTP/2; status 0: no HTTP/2 or no answer."""
    done = subprocess.run(
        ["taskset", "-c", host.LOAD_CPU, "nghttp", *more,
         f"https://{httpc.HOST}:{lab.https}{path}"],
        capture_output=True, check=False, timeout=20,
        env=tls.environment(lab))
    return 200 if done.returncode == 0 and done.stdout else 0, None, \
        done.stdout


def _h2(lab, peer):
    yield from _all_bodies(lab, lambda path: _nghttp(lab, path))
    body = lab.path("body")
    with open(body, "w", encoding="ascii") as f:
        f.write(BODY_10K)
    status, _, echo = _nghttp(lab, "/echo", "-d", body)
    yield from _arrived(lab, peer, status, echo, ("tls",))


def _routes(lab, peer):
    """Each rule, and nothing but the rules."""
    want = httpc.fetch(lab.origin_port, "/1k")[2]
    for route in conf.ALL_ROUTES:
        status, _, body = httpc.fetch(lab.http, route.path + "1k",
                                      headers={"Host": route.host})
        if status != 200 or body != want:
            yield f"{route.host}{route.path}: status {status}"
    first, last = conf.ALL_ROUTES[0], conf.ALL_ROUTES[-1]
    status = httpc.fetch(lab.http, last.path + "1k",
                         headers={"Host": first.host})[0]
    if status != 404:
        yield f"{first.host}{last.path}: status {status}, not 404"
    yield from _echo(lab, peer, last.path, {"Host": last.host})


def _targets(lab, peer):
    """As many requests as targets: each has one, once all are in use."""
    del peer
    for _ in range(3):
        ports = {httpc.fetch(lab.http, "/where")[2]
                 for _ in range(conf.TARGETS)}
        if len(ports) == conf.TARGETS:
            return
        time.sleep(1)
    yield f"{len(ports)} targets of {conf.TARGETS} had a request in a round"


def _logged(lab, peer):
    del peer
    for _ in range(LOGGED):
        httpc.fetch(lab.http, "/1k")
    return ()


CHECKS = {"routes": _routes, "targets": _targets, "log": _logged,
          "tls": _tls, "h2": _h2}


def problems(lab, peer, flags=()):
    """What is wrong with the peer, as a list of texts: with its ordinary
    configuration, or with that of a scenario's flags."""
    checks = [CHECKS[flag] for flag in flags if flag in CHECKS] if flags \
        else [_bodies]
    if not checks:
        return []
    try:
        with Proxy(lab, peer, flags) as proxy:
            found = [p for check in checks for p in check(lab, peer)]
        if "log" in flags and proxy.log_lines() < LOGGED:
            found.append("the access log is not whole")
        return found
    except (RuntimeError, OSError, ValueError) as e:
        return [str(e)]

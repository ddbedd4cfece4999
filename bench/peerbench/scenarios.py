# SPDX-License-Identifier: Apache-2.0
"""What the proxies are asked to do.

A new family is a scenario with its own `flags`, which the templates see, and
where wrk does not do, another `tool` of load.TOOLS.  Flag `tls`: over HTTPS,
`h2`: by HTTP/2.
"""
from dataclasses import dataclass, replace

from .conf import ROUTES, TARGETS

_ABC = "abcdefghijklmnopqrstuvwxyz0123456789"
BODY_10K = "".join(_ABC[(i * 7 + i // 64) % 36] for i in range(10240))


@dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    path: str = "/1k"
    conns: int = 64
    close: bool = False     # one connection per request
    body: str = ""          # POST this
    flags: tuple = ()       # for the templates, and what peers cannot do
    own: str = ""           # a scenario whose cost is compared with this one's
    aim: float = 0          # wanted cost to the best peer's; no gate
    warm: int = 0           # seconds of load before the measured ones
    streams: int = 0        # of HTTP/2, on each connection
    resume: bool = False    # each connection brings a ticket
    tool: str = "wrk"

    @property
    def asks(self):
        """What a peer must be able to do, see `cannot` in peers.json."""
        return set(self.flags) | {what for what in ("close", "resume")
                                  if getattr(self, what)}

    def baseline(self):
        """The scenario of `own`, measured just as this one; or None."""
        if not self.own:
            return None
        return replace(SCENARIOS[self.own], warm=self.warm)


_ALL = (
    Scenario("h1-1k-c64", "keep-alive, 1 KiB, 64 connections"),
    Scenario("h1-1k-c256", "keep-alive, 1 KiB, 256 connections", conns=256),
    Scenario("h1-16k", "keep-alive, 16 KiB, 64 connections", path="/16k"),
    # Cold buffers cost some peers a third here: warmed for all.
    Scenario("h1-1m", "keep-alive, 1 MiB, 16 connections", path="/1m",
             conns=16, flags=("big",), warm=1),
    Scenario("post-10k", "keep-alive, POST of 10 KiB, 1 KiB back, "
             "64 connections", body=BODY_10K),
    Scenario("close-1k", "one connection per request, 1 KiB, 64 at a time",
             close=True),
    Scenario("routes100", f"as h1-1k-c64, {ROUTES} rules for hosts and paths, "
             "requests to all of them", flags=("routes",), own="h1-1k-c64",
             aim=0.88),
    Scenario("log-1k", "as h1-1k-c64 with the access log on", flags=("log",),
             own="h1-1k-c64", aim=0.88),
    # Warmed, for the connections to the targets and their health checks.
    Scenario("targets899", f"as h1-1k-c64, {TARGETS} targets, round robin",
             flags=("targets",), own="h1-1k-c64", aim=0.75,
             warm=1),
    Scenario("tls13-1k", "as h1-1k-c64 over TLS 1.3", flags=("tls",)),
    Scenario("tls13-1m", "as h1-1m over TLS 1.3", path="/1m", conns=16,
             flags=("tls", "big"), warm=1),
    Scenario("tls-new", "a TLS 1.3 connection for each request, 1 KiB, "
             "8 at a time", conns=8, flags=("tls",), tool="handshakes"),
    Scenario("tls-resume", "as tls-new, with a ticket of the connection "
             "before", conns=8, resume=True, flags=("tls",),
             tool="handshakes"),
    Scenario("h2-1k", "HTTP/2 over TLS 1.3, 1 KiB, 8 connections, 32 streams "
             "on each", conns=8, streams=32, flags=("tls", "h2"),
             tool="h2load"),
    Scenario("h2-1m", "HTTP/2, 1 MiB, 4 connections, 4 streams on each",
             path="/1m", conns=4, streams=4, flags=("tls", "h2", "big"),
             warm=1, tool="h2load"),
    Scenario("h2-post-10k", "HTTP/2, POST of 10 KiB, 1 KiB back, "
             "8 connections, 32 streams on each", body=BODY_10K, conns=8,
             streams=32, flags=("tls", "h2"), tool="h2load"),
)
SCENARIOS = {s.name: s for s in _ALL}
QUICK = ("h1-1k-c64", "post-10k", "close-1k")
MEMORY = "memory"   # not a load: bytes per idle connection (memory.py)
MEMORY_TLS = "memory-tls"   # the same over TLS
START = "start"     # nor this: time to the first answer, sizes (start.py)

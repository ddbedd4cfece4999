#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests while targets come and go: which fail, and would ALB fail them too?

    tests/soak/targets.py [--requests 100000] [--seconds 180] [--seed N]
                          [--over tls|h2]

One `sluice serve` before a dozen targets. At random, several times a second,
targets are added and removed (a new template and HUP), fail their health
checks and recover, are killed with what they have in flight and come back.
Clients keep connections alive, some with their sticky cookies; every answer's
status, length and content is checked. Each request that fails is looked up in
the access log and must be one that ALB fails:

    killed      its target died while the request was there
    dead        its target, and those that were tried instead, were dead, and
                the health checks had not noticed yet
    delay over  its target was deregistered and the delay ended

Anything else is unexplained, and the program exits with 1.
"""
import argparse
import asyncio
import collections
import hashlib
import os
import random
import re
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "proxy"))
import h2_load  # noqa: E402
import rig  # noqa: E402
from h2 import fields  # noqa: E402
from stack import Served, Stack, forward  # noqa: E402

TARGETS = 12
CLIENTS = 40
LINKS = 8               # HTTP/2 connections that they share
DELAY = 4               # deregistration_delay.timeout_seconds
LONG = DELAY + 3        # seconds that few requests take: the delay cuts some
NOTICED = 14            # seconds until two health checks failed, at most
MARGIN = 0.5            # clocks of two processes, and a loaded machine


def body_of(name):
    """What the target says to request `name`: any mix-up would be seen."""
    seed = hashlib.sha256(name.encode()).hexdigest().encode()
    return seed * (1 + int(seed[:2], 16) % 40)


class Target:
    """One address: serves, fails its health checks, or is down."""

    def __init__(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        self.server, self.healthy, self.registered = None, True, False
        self.writers = set()
        self.killed, self.started, self.removed = [], [], []    # wall times

    async def start(self):
        self.server = await asyncio.start_server(
            self.serve, "127.0.0.1", self.port, reuse_address=True)
        self.healthy = True
        self.started.append(time.time())

    async def kill(self):
        """As SIGKILL does it: nothing listens, connections are reset."""
        self.killed.append(time.time())
        self.server.close()
        self.server = None
        for writer in list(self.writers):
            sock = writer.get_extra_info("socket")
            if sock is not None:
                try:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    struct.pack("ii", 1, 0))
                except OSError:
                    pass
            writer.transport.abort()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while await self.answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if length:
            await reader.readexactly(int(length.group(1)))
        where = head.split(b" ", 2)[1].decode()
        if where == "/health":
            ok = self.healthy
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n"
                         b"Connection: close\r\n\r\n" % (
                             b"200 OK" if ok else b"503 Unavailable"))
            await writer.drain()
            return False
        _, _, name, kind, wait = where.split("/")
        body = body_of(name)
        if kind == "plain":
            await asyncio.sleep(float(wait))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (
                len(body), body))
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
                         b"\r\n\r\n")
            for at in range(0, len(body), 700):
                part = body[at:at + 700]
                writer.write(b"%x\r\n%s\r\n" % (len(part), part))
                await writer.drain()
                await asyncio.sleep(float(wait) / 4)
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


class Wrong(Exception):
    """An answer that is none, or not this request's."""


class Client:
    """One client: a connection that is kept, perhaps a cookie."""

    def __init__(self, soak, number):
        self.soak, self.number = soak, number
        self.sticky = number % 2 == 0
        self.cookie, self.reader, self.writer = b"", None, None

    async def read_body(self, head):
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if length:
            return await self.reader.readexactly(int(length.group(1)))
        body = b""
        while True:
            line = await self.reader.readline()
            if not line.endswith(b"\n"):
                raise asyncio.IncompleteReadError(line, None)
            size = int(line, 16)
            part = await self.reader.readexactly(size + 2)
            if size == 0:
                return body
            body += part[:-2]

    async def ask(self, name, request):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                *self.soak.address, limit=1 << 20,
                ssl=rig.trusting() if rig.OVER else None)
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        body = await self.read_body(head)
        status = int(head[9:12])
        if status != 200:
            raise Wrong(str(status))
        if body != body_of(name):
            raise Wrong("another body")
        cookie = re.search(rb"\r\nSet-Cookie: (AWSALB=[^;]+)", head)
        if cookie and self.sticky:
            self.cookie = b"Cookie: %s\r\n" % cookie.group(1)
        if re.search(rb"(?i)\r\nconnection: close", head):
            self.close()

    def close(self):
        if self.writer:
            self.writer.close()
        self.writer = None

    def make(self, name):
        draw = self.soak.random.random()
        kind = "stream" if draw < 0.1 else "plain"
        wait = (LONG if draw > 0.9995 else
                self.soak.random.choice((0, 0, 0.002, 0.01, 0.05)))
        where = "/w/%s/%s/%s" % (name, kind, wait)
        if draw > 0.8 and draw < 0.9:
            return (b"POST %s HTTP/1.1\r\nHost: soak.test\r\n%s"
                    b"Content-Length: 3000\r\n\r\n" % (
                        where.encode(), self.cookie) + b"x" * 3000)
        return b"GET %s HTTP/1.1\r\nHost: soak.test\r\n%s\r\n" % (
            where.encode(), self.cookie)

    async def run(self):
        soak = self.soak
        while not soak.over():
            name = "%d.%d" % (self.number, soak.asked)
            soak.asked += 1
            began = time.time()
            try:
                await self.ask(name, self.make(name))
            except (OSError, asyncio.IncompleteReadError, Wrong,
                    h2_load.Wrong) as error:
                soak.failed[name] = (began, time.time(), repr(error))
                self.close()
            await asyncio.sleep(soak.pause())
        self.close()


class Client2(Client):
    """The same over HTTP/2, on a connection that it shares with others."""

    async def ask(self, name, request):
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        more = [(n.lower(), v) for n, v in (
            line.split(": ", 1) for line in lines[2:])]
        method, where, _ = lines[0].split(" ")
        link = self.soak.links[self.number % LINKS]
        answer = await asyncio.wrap_future(link.ask(fields(
            *more, method=method, path=where, authority="soak.test"),
            body or None))
        if answer.status != 200:
            raise Wrong(str(answer.status))
        if answer.body != body_of(name):
            raise Wrong("another body")
        for cookie in answer.all("set-cookie"):
            if cookie.startswith("AWSALB=") and self.sticky:
                self.cookie = b"Cookie: %s\r\n" % cookie.partition(
                    ";")[0].encode()


class Soak:
    links = ()

    def __init__(self, options):
        self.random = random.Random(options.seed)
        self.options = options
        self.targets = [Target() for _ in range(TARGETS)]
        self.asked, self.failed = 0, {}
        self.events = collections.Counter()
        self.began = time.time()
        self.folder = tempfile.mkdtemp(prefix="sluice-soak-")
        self.log = os.path.join(self.folder, "access.log")
        self.server, self.address = None, None
        self.members = set()    # (group, target) of the last template

    # ---- pace ----
    def over(self):
        return (self.asked >= self.options.requests and
                time.time() - self.began >= self.options.seconds)

    def pause(self):
        """Clients that are ahead of the plan wait."""
        share = (time.time() - self.began) / self.options.seconds
        ahead = self.asked - share * self.options.requests
        return 0.1 if ahead > 0 else 0

    # ---- the template ----
    def stack(self):
        made = Stack(lb=False)
        made.balancer("Lb", local={"AccessLog": self.log})
        loose = [t for t in self.targets if t.registered]
        half = max(1, len(loose) // 2)
        sticky = loose[:half] + loose[half + 1:]
        self.deregister({("Sticky", t) for t in sticky} |
                        {("Loose", t) for t in loose})
        health = {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 5,
                  "HealthCheckTimeoutSeconds": 2, "HealthyThresholdCount": 2,
                  "UnhealthyThresholdCount": 2, "TargetType": "instance"}
        common = {"deregistration_delay.timeout_seconds": DELAY}
        made.group("Sticky", [t.address for t in sticky], {
            "stickiness.enabled": "true", **common}, **health)
        made.group("Loose", [t.address for t in loose], {
            "load_balancing.algorithm.type": self.random.choice((
                "round_robin", "least_outstanding_requests",
                "weighted_random")), **common}, **health)
        made.listener("Web", 80, forward(
            ("Sticky", self.random.choice((1, 2, 5))),
            ("Loose", self.random.choice((1, 2))),
            TargetGroupStickinessConfig={"Enabled": True,
                                         "DurationSeconds": 3600}))
        return made

    def deregister(self, members):
        """Those that these are not among any more drain from now on."""
        for _, target in self.members - members:
            target.removed.append(time.time())
        self.members = members

    def reload(self):
        self.server.write(self.stack())
        self.server.signal(signal.SIGHUP)
        self.events["template changes"] += 1

    # ---- events ----
    def pick(self, wanted):
        found = [t for t in self.targets if wanted(t)]
        return self.random.choice(found) if found else None

    def spare(self):
        """Targets that serve and are registered."""
        return [t for t in self.targets
                if t.server and t.healthy and t.registered]

    async def add(self):
        target = self.pick(lambda t: not t.registered)
        if target:
            if target.server is None:
                await target.start()
            target.healthy = target.registered = True
            self.reload()
            self.events["added"] += 1

    async def remove(self):
        target = self.pick(lambda t: t.registered)
        if target and len(self.spare()) > 4:
            target.registered = False
            self.reload()
            self.events["removed"] += 1

    async def sicken(self):
        target = self.pick(lambda t: t.server and t.healthy and t.registered)
        if target and len(self.spare()) > 4:
            target.healthy = False
            self.events["sickened"] += 1

    async def heal(self):
        target = self.pick(lambda t: t.server and not t.healthy)
        if target:
            target.healthy = True
            self.events["healed"] += 1

    async def kill(self):
        target = self.pick(lambda t: t.server and t.registered)
        if target and len(self.spare()) > 5:
            await target.kill()
            self.events["killed"] += 1

    async def revive(self):
        target = self.pick(lambda t: t.server is None)
        if target:
            await target.start()
            self.events["revived"] += 1

    async def disturb(self):
        kinds = ([self.add, self.remove] * 3 + [self.sicken, self.heal] * 2 +
                 [self.kill, self.revive])
        while not self.over():
            await self.random.choice(kinds)()
            await asyncio.sleep(self.random.uniform(0.05, 0.8))

    # ---- the run ----
    async def run(self):
        for target in self.targets:
            await target.start()
        for target in self.targets[:8]:
            target.registered = True
        self.server = await asyncio.get_running_loop().run_in_executor(
            None, lambda: Served(self.stack(), *self.options.serve, workers=2,
                                 drain=10))
        self.address = self.server.listeners["Web"]
        self.began = time.time()
        kind = Client
        if rig.OVER == "h2":
            kind = Client2
            self.links = [h2_load.Link(*self.address) for _ in range(LINKS)]
        await asyncio.gather(self.disturb(), *(
            kind(self, n).run() for n in range(CLIENTS)))
        for link in self.links:
            link.stop()
        await asyncio.get_running_loop().run_in_executor(
            None, self.server.stop)
        for target in self.targets:
            if target.server:
                await target.kill()

    # ---- the verdict ----
    def lines(self):
        """{request name: its line of the access log} of those that failed."""
        found = {}
        with open(self.log, encoding="utf-8") as file:
            for line in file:
                match = re.search(r"/w/([0-9.]+)/", line)
                if match and match.group(1) in self.failed:
                    found[match.group(1)] = line
        return found

    def explain(self, name, line):
        began, ended, _ = self.failed[name]
        by_address = {t.address: t for t in self.targets}
        target = by_address.get(line.split(" ")[4]) if line else None
        if target is None:
            return None
        if any(began - MARGIN <= at <= ended + MARGIN for at in target.killed):
            return "killed"
        if any(began - NOTICED <= at <= began and
               not any(at < start < began for start in target.started)
               for at in target.killed):
            return "dead"
        if any(began - MARGIN <= at + DELAY <= ended + MARGIN
               for at in target.removed):
            return "delay over"
        return None

    def report(self):
        lines = self.lines()
        why = collections.Counter()
        for name, (_, _, error) in self.failed.items():
            cause = self.explain(name, lines.get(name, ""))
            why[cause or "unexplained"] += 1
            if cause is None:
                print("unexplained: %s %s\n  %s" % (
                    name, error, lines.get(name, "no line").strip()))
        print("requests %d, failed %d: %s" % (
            self.asked, len(self.failed), dict(why) or "none"))
        print("events: %s" % ", ".join(
            "%s %d" % pair for pair in sorted(self.events.items())))
        return why["unexplained"] == 0


def soak(requests, seconds, seed, serve=()):
    """Run it; True when every failure is explained."""
    options = argparse.Namespace(requests=requests, seconds=seconds, seed=seed,
                                 serve=list(serve))
    it = Soak(options)
    try:
        asyncio.run(it.run())
        return it.report()
    finally:
        if it.server and it.server.alive():
            it.server.kill()
        shutil.rmtree(it.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--requests", type=int, default=100000)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--over", choices=("tls", "h2"), default="",
                        help="instead of HTTP/1.1 over TCP")
    options = parser.parse_args()
    rig.OVER = options.over
    print("seed %d" % options.seed)
    sys.exit(0 if soak(options.requests, options.seconds,
                       options.seed) else 1)


if __name__ == "__main__":
    if not rig.SLUICE:
        sys.exit("needs the sluice binary (set SLUICE=/path/sluice)")
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""100,000 requests with errors of every kind: is each number that was counted
the one that the logs say?

    tests/soak/metrics.py [--requests 100000] [--processes 2] [--clients 24]
                          [--workers 3] [--changes 600]

One `sluice serve` with two load balancers (one over TLS) and eight target
groups. Clients ask for everything that can go well and wrong; meanwhile the API
changes the weights of a rule so many times a minute, and makes groups, puts them
into use and removes them again. In the end the lines of the access log and of
the connection log are counted by load balancer and target group, and each name
must be equal (tests/proxy/metered.py). Ends with 1 when one is not, or when a
kind of outcome never came.
"""
import argparse
import asyncio
import collections
import multiprocessing
import os
import random
import socket
import ssl
import struct
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
import aws  # noqa: E402
import metered  # noqa: E402
import rig  # noqa: E402
from access_lines import Connection, File  # noqa: E402
from reloading import free_port  # noqa: E402
from stack import LOCAL, Stack, fixed, forward, path, redirect  # noqa: E402

SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
          b"Connection: Upgrade\r\n\r\n")
LONG = "/long/" + 900 * "x"
# How often of 1000 requests, and what the client does.
KINDS = (
    ("/200", 380), ("/204", 40), ("/302", 40), ("/304", 20), ("/404", 60),
    ("/418", 20), ("/500", 40), ("/503", 20), ("/big", 10), ("POST", 60),
    ("chunked", 20), ("/fixed", 40), ("/gone", 20), ("/broken", 10),
    ("/redirect", 30), (LONG, 5), ("/empty", 20), ("/refused", 20),
    ("/handshake", 5), ("/sticky", 20), ("/app/login", 10), ("/close", 15),
    ("/reset", 10), ("/junk", 10), ("/half", 10), ("malformed", 15),
    ("ambiguous", 15), ("trace", 5), ("leave", 10), ("cut head", 5),
    ("slow head", 1), ("slow body", 1), ("/hold", 1), ("websocket", 10),
    ("invalid field", 20), ("bad hello", 2))
BROKEN = (b"GET\r\n\r\n", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
          b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
          b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
          b"Content-Length: 2\r\n\r\n",
          b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
          b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n")


# ---- targets: a process of their own ------------------------------------------
async def read_request(reader):
    """The last word of its path; its body is read."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        await reader.readuntil(b"0\r\n\r\n")
    elif b"content-length:" in lower:
        await reader.readexactly(int(
            lower.partition(b"content-length:")[2].split(b"\r\n")[0]))
    return head.split(b" ")[1].rpartition(b"/")[2].decode("latin-1")


def plain(status, body=b"", more=b""):
    length = (b"" if status in (204, 304) else
              b"Content-Length: %d\r\n" % len(body))
    return b"HTTP/1.1 %d Said\r\n%s%s\r\n%s" % (status, length, more, body)


async def answer(word, reader, writer):
    """False: the connection ends."""
    if word == "close":
        return False
    if word == "reset":
        writer.transport.abort()
        return False
    if word == "junk":
        writer.write(b"what?\r\n\r\n")
        return False
    if word == "half":
        writer.write(plain(200, b"x" * 100)[:-50])
        return False
    if word == "hold":
        await reader.read(1)        # until the other side gives up
        return False
    if word == "ws":
        writer.write(SWITCH)
        while data := await reader.read(65536):
            writer.write(data)
        return False
    if word == "big":
        writer.write(plain(200, b"x" * 200000))
    elif word == "login":
        writer.write(plain(200, more=b"Set-Cookie: SID=1\r\n"))
    else:
        writer.write(plain(int(word) if word.isdigit() else 200))
    return True


async def target(reader, writer):
    try:
        while await answer(await read_request(reader), reader, writer):
            await writer.drain()
    except (OSError, EOFError, asyncio.LimitOverrunError):
        pass
    finally:
        writer.close()


async def no_tls(reader, writer):
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


def serve_targets(pipe, n):
    async def run():
        servers = [await asyncio.start_server(target, "127.0.0.1", 0)
                   for _ in range(n)]
        servers.append(await asyncio.start_server(no_tls, "127.0.0.1", 0))
        pipe.send(["127.0.0.1:%d" % s.sockets[0].getsockname()[1]
                   for s in servers])
        await asyncio.gather(*(s.serve_forever() for s in servers))
    asyncio.run(run())


# ---- clients --------------------------------------------------------------------
class Link:
    """A connection of a client, made anew when it ended."""

    def __init__(self, host, port, context, dice):
        self.where, self.context, self.dice = (host, port), context, dice
        self.writer = None

    async def connect(self):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(
                *self.where, ssl=self.context)

    def leave(self, abruptly=False):
        if self.writer and abruptly:    # by RST: after a FIN it might read on
            self.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        elif self.writer:
            self.writer.close()
        self.writer = None

    async def read_answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        if b"content-length:" in head:
            await self.reader.readexactly(int(
                head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        if b"connection: close" in head:
            await self.reader.read()
            self.leave()
        return head

    async def ask(self, raw):
        await self.connect()
        self.writer.write(raw)
        return await self.read_answer()

    async def one(self, kind):
        """1: a line of the access log is due."""
        get = b"GET %s HTTP/1.1\r\nHost: a.example\r\n%s\r\n"
        post = b"POST /200 HTTP/1.1\r\nHost: a\r\n"
        if kind == "bad hello":
            return await self.bad_hello()
        if kind == "POST":
            body = b"b" * self.dice.choice((1, 100, 70000))
            await self.ask(post + b"Content-Length: %d\r\n\r\n" % len(body) +
                           body)
        elif kind == "chunked":
            await self.ask(post + b"Transfer-Encoding: chunked\r\n\r\n"
                           b"5\r\nhello\r\n0\r\n\r\n")
        elif kind == "malformed":
            await self.ask(self.dice.choice(BROKEN))
        elif kind == "ambiguous":
            await self.ask(get % (b"/200", b"Content-Length: 1\r\n") + b"x")
        elif kind == "trace":
            await self.ask(b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n")
        elif kind == "invalid field":
            await self.ask(get % (b"/200", b"X_y: 1\r\n"))
        elif kind in ("leave", "cut head", "slow head", "slow body"):
            await self.fail(kind, get)
        elif kind == "websocket":
            await self.tunnel(get)
        elif kind == "/half":
            await self.connect()
            self.writer.write(get % (b"/half", b""))
            await self.reader.read()
            self.leave()
        else:
            await self.ask(get % (kind.encode(), b""))
        return 1

    async def fail(self, kind, get):
        if kind == "cut head":      # 400
            self.leave()
            await self.connect()
            self.writer.write(b"GET / HTTP/1.1\r\nHo")
            if self.context is None:
                self.writer.write_eof()
                await self.reader.read()
            else:                   # TLS cannot half close: 408
                await self.read_answer()
            self.leave()
            return
        await self.connect()
        if kind == "leave":         # 460
            self.writer.write(get % (b"/hold", b""))
            await self.writer.drain()
            await asyncio.sleep(0.05)
            self.leave(abruptly=True)
        elif kind == "slow head":   # 408
            await self.ask(b"GET / HTTP/1.1\r\nHo")
        else:
            await self.ask(b"POST / HTTP/1.1\r\nHost: a\r\n"
                           b"Content-Length: 5\r\n\r\n")

    async def tunnel(self, get):
        await self.connect()
        self.writer.write(get % (
            b"/ws", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: x\r\n"))
        head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " in head:
            for size in (1, 1000, self.dice.choice((10, 100000))):
                self.writer.write(b"w" * size)
                await self.reader.readexactly(size)
        self.leave()

    async def bad_hello(self):
        if self.context is None:
            return 0
        reader, writer = await asyncio.open_connection(*self.where)
        writer.write(b"\x16\x03\x01\x00\x05hello")
        await reader.read()
        writer.close()
        return 0


async def client(left, where, context, seed, told):
    dice = random.Random(seed)
    link = Link(*where, context, dice)
    kinds, weights = zip(*KINDS)
    while left[0] > 0:
        left[0] -= 1
        kind = dice.choices(kinds, weights)[0]
        try:
            lines = await asyncio.wait_for(link.one(kind), 30)
            told["lines"] += lines
            told[kind] += 1
        except (OSError, EOFError, asyncio.TimeoutError,
                asyncio.LimitOverrunError) as error:
            told["failed %s: %r" % (kind, error)] += 1
            link.leave()
    link.leave()
    await asyncio.sleep(0.05)


def load(pipe, listeners, clients, requests, seed):
    async def run():
        told, left = collections.Counter(), [requests]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        await asyncio.gather(*(
            client(left, listeners[n % len(listeners)],
                   context if n % len(listeners) else None,
                   "%d-%d" % (seed, n), told) for n in range(clients)))
        pipe.send(told)
    asyncio.run(run())


# ---- what runs ------------------------------------------------------------------
def describe(addresses, health, ports, closed):
    blue, green, other, plain_ = addresses
    made = Stack(lb=False)
    for name, port, lb in (("Web", ports[0], "First"),
                           ("Secure", ports[1], "Second")):
        made.balancer(lb, {"idle_timeout.timeout_seconds": 1}, Name=lb.lower())
        more = {} if lb == "First" else {
            "Protocol": "HTTPS", "Certificates": [{"CertificateArn": LOCAL}]}
        n = {group: group + lb for group in (
            "Blue", "Green", "Empty", "Refused", "Handshake", "Sticky", "App")}
        for group, at, given in (
                ("Blue", [blue], {}), ("Green", [green], {}),
                ("Empty", [], {}), ("Refused", [closed], {}),
                ("Handshake", [plain_], {}),
                ("Sticky", [blue, other], {
                    "stickiness.enabled": "true",
                    "stickiness.type": "lb_cookie"}),
                ("App", [green, other], {
                    "stickiness.enabled": "true",
                    "stickiness.type": "app_cookie",
                    "stickiness.app_cookie.cookie_name": "SID"})):
            made.group(n[group], at, given, HealthCheckPort=str(health),
                       **({"Protocol": "HTTPS"} if group == "Handshake"
                          else {}))
        made.listener(name, 80 if lb == "First" else 443,
                      forward((n["Blue"], 1), (n["Green"], 1)), lb=lb,
                      local=port, **more)
        for number, (word, act) in enumerate((
                ("fixed", fixed(201, "done")), ("gone", fixed(410, "gone")),
                ("broken", fixed(503, "broken")),
                ("redirect", redirect(Host="to.example", Path="/#{path}")),
                ("long", redirect(Path="/" + 12 * "#{path}")),
                ("empty", forward(n["Empty"])),
                ("refused", forward(n["Refused"])),
                ("handshake", forward(n["Handshake"])),
                ("sticky", forward(n["Sticky"])),
                ("app", forward(n["App"])),
                ("shift", forward((n["Blue"], 1), (n["Green"], 1))))):
            made.rule("To%s%s" % (word, lb), name, 10 * (number + 1),
                      [path("/%s*" % word)], act)
    return made


class Changes:
    """Weights, and groups that come and go."""

    def __init__(self, api):
        self.api, self.n = api, 0
        root = self.must("DescribeListeners", LoadBalancerArn=self.find(
            "LoadBalancers", "LoadBalancerArn", "first"))
        self.listener = root.findtext(".//ListenerArn")
        self.groups = [self.find("TargetGroups", "TargetGroupArn", name)
                       for name in ("bluefirst", "greenfirst")]

    def must(self, action, **parameters):
        done = self.api.call(action, **parameters)
        assert done.status == 200, (action, done.text)
        return done.xml

    def find(self, kind, member, name):
        return self.must("Describe" + kind, **{"Names.member.1": name}
                         ).findtext(".//" + member)

    def weights(self, *weights, more=()):
        """Of the default actions of the first load balancer."""
        groups = list(zip(self.groups, weights)) + list(more)
        given = {"DefaultActions.member.1.Type": "forward"}
        for n, (arn, weight) in enumerate(groups):
            at = ("DefaultActions.member.1.ForwardConfig.TargetGroups.member."
                  "%d." % (n + 1))
            given[at + "TargetGroupArn"] = arn
            given[at + "Weight"] = weight
        self.must("ModifyListener", ListenerArn=self.listener, **given)

    def come_and_go(self, address):
        """A group that takes a part of the requests for a while."""
        host, port = address.split(":")
        arn = self.must("CreateTargetGroup", Name="passing-%d" % self.n,
                        Protocol="HTTP", Port=80, VpcId="vpc-1",
                        TargetType="ip").findtext(".//TargetGroupArn")
        self.must("RegisterTargets", TargetGroupArn=arn, **{
            "Targets.member.1.Id": host, "Targets.member.1.Port": port})
        self.weights(1, 1, more=[(arn, 2)])
        time.sleep(0.05)
        self.weights(1, 1)
        self.must("DeleteTargetGroup", TargetGroupArn=arn)

    def step(self, address):
        self.n += 1
        if self.n % 20 == 0:
            self.come_and_go(address)
        else:
            self.weights(self.n % 3, 1 + self.n % 2)


# ---- the comparison ----------------------------------------------------------------
def opened_by_targets(table):
    for row in table.values():
        row.pop("new_connections", None)


def show(wanted, got):
    sums = collections.defaultdict(lambda: [0, 0])
    for column, table in enumerate((wanted, got)):
        for (_, tg, _), row in table.items():
            for name, n in row.items():
                sums[("group " if tg else "") + name][column] += n
    print("%-34s %12s %12s" % ("", "log", "counted"))
    for name in sorted(sums):
        one, other = sums[name]
        print("%-34s %12s %12d" % (
            name, "-" if name.split()[-1] in metered.UNLOGGED else one, other))


def compare(api, log, connections, lines):
    """False with the differences printed."""
    rules = {lb: range(10, 120, 10) for lb in ("first", "second")}

    def settled():
        return (log.text().count("\n") == lines and not
                api.metrics().sum("sluice_client_connections"))
    try:
        rig.until(settled, "", seconds=20, pause=0.1)
    except AssertionError:
        print("%d lines in the access log of %d" % (log.text().count("\n"),
                                                    lines))
    all_lines, clients = log.all(), connections.all()
    metrics = api.metrics()
    wanted = metered.by_log(all_lines, clients, rules)
    got = metered.by_metrics(metrics)
    show(wanted, got)
    opened = sum(r.get("new_connections", 0) for r in got.values())
    print("%d connections counted, %d of clients in the log" % (
        opened, len(clients)))
    opened_by_targets(wanted)
    opened_by_targets(got)
    said = metered.difference(wanted, got, metered.UNLOGGED)
    for (lb, tg), (total, off) in metered.seconds(all_lines).items():
        found = metrics.sum("sluice_target_group_response_seconds_sum",
                            load_balancer=lb, target_group=tg)
        if abs(found - total) > off + 1e-6:
            said += "\nresponse times of %s: %.6f and %.6f" % (tg, total, found)
    dropped = metrics.sum("sluice_access_log_dropped_lines_total")
    if dropped:
        said += "\n%d lines were dropped" % dropped
    if len(all_lines) != lines:
        said += "\n%d lines of %d" % (len(all_lines), lines)
    for name in ("connection_errors", "tls_errors", "non_sticky",
                 "app_cookie_non_stickiness", "forwarded_invalid_header",
                 "client_tls_errors", "elb_504", "desync_non_compliant"):
        if not any(name in row for row in got.values()):
            said += "\nnever came: " + name
    for status in ("101", "400", "408", "414", "460", "501", "505", "507"):
        if not any(line.elb_status_code == status for line in all_lines):
            said += "\nnever came: " + status
    print(said.strip() or "every name is equal")
    return not said


def run(api, given, where, addresses):
    pipes = []
    for n in range(given.processes):
        pipe, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=load, daemon=True, args=(
            theirs, where, given.clients // given.processes,
            given.requests // given.processes, n))
        process.start()
        pipes.append(pipe)
    changes, begun = Changes(api), time.monotonic()
    while not all(pipe.poll() for pipe in pipes):
        wait = begun + changes.n * 60 / given.changes - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        changes.step(addresses[2])
    told = sum((pipe.recv() for pipe in pipes), collections.Counter())
    print("%d changes in %.0f s" % (changes.n, time.monotonic() - begun))
    return told


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=100000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--changes", type=float, default=600)
    given = parser.parse_args()
    pipe, theirs = multiprocessing.Pipe()
    multiprocessing.Process(target=serve_targets, args=(theirs, 3),
                            daemon=True).start()
    addresses = pipe.recv()
    closed, health = rig.Closed(), rig.Origin()
    ports = [free_port(), free_port()]
    with tempfile.TemporaryDirectory() as folder:
        log = File(os.path.join(folder, "access.log"))
        connections = File(os.path.join(folder, "connections.log"), Connection)
        with aws.Api("--access-log", log.path, "--connection-log",
                     connections.path, workers=given.workers,
                     template=describe(addresses, health.port, ports,
                                       closed.address)) as api:
            told = run(api, given, [("127.0.0.1", port) for port in ports],
                       addresses)
            for name in sorted(told):
                if name.startswith("failed"):
                    print(name, told[name])
            good = compare(api, log, connections, told["lines"])
    good = good and all(told[kind] for kind, _ in KINDS)
    print("good" if good else "NOT GOOD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

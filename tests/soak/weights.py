#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A thousand changes of a rule each minute under load: what do requests feel?

    tests/soak/weights.py [--minutes 2] [--rate 1000] [--clients 8]
                          [--rules 100] [--workers 2] [--slice 10]

One `sluice serve` that was set up by the API, before two targets. Slices with
changes of weights at that rate, each of them a call of ModifyRule that must
return before the next, take turns with quiet ones, so that whatever else the
machine does happens to both. Every answer's status is checked, and after each
change a request must go where the weights say. Ends with 1 when a request
failed, when the rate was not reached, or when the 99th percentile with changes
is more than twice the quiet one.
"""
import argparse
import asyncio
import itertools
import multiprocessing
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
import aws  # noqa: E402
import live  # noqa: E402

PAUSE = 0.004           # of each client, so that no queue is measured
REQUEST = b"GET /shift HTTP/1.1\r\nHost: a\r\n\r\n"


# ---- targets: a process of their own ------------------------------------------
class Target(asyncio.Protocol):
    """Answers each head that comes with a word."""

    def __init__(self, word):
        self.answer = (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" %
                       len(word) + word)
        self.heads = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.heads += data
        n = self.heads.count(b"\r\n\r\n")
        self.heads = self.heads.rpartition(b"\r\n\r\n")[2]
        self.transport.write(self.answer * n)


def serve_targets(pipe):
    async def run():
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(lambda w=w: Target(w),
                                            "127.0.0.1", 0)
                   for w in (b"blue", b"green")]
        pipe.send([s.sockets[0].getsockname()[1] for s in servers])
        await asyncio.gather(*(s.serve_forever() for s in servers))
    asyncio.run(run())


# ---- load: another one ---------------------------------------------------------
async def ask(host, port, end, requests, times, failed):
    reader, writer = await asyncio.open_connection(host, port)
    for request in itertools.cycle(requests):
        began = time.monotonic()
        if began >= end:
            break
        writer.write(request)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            length = int(head.lower().partition(b"content-length:")[2]
                         .split(b"\r\n")[0])
            await asyncio.wait_for(reader.readexactly(length), 10)
        except (OSError, EOFError, asyncio.TimeoutError, ValueError) as error:
            failed.append(repr(error))
            return
        times.append(time.monotonic() - began)
        if not head.startswith(b"HTTP/1.1 200 "):
            failed.append(head.split(b"\r\n")[0].decode())
        await asyncio.sleep(PAUSE)
    writer.close()


def load(pipe, host, port, clients, seconds, requests):
    async def run():
        times, failed = [], []
        end = time.monotonic() + seconds
        await asyncio.gather(*(ask(host, port, end, requests, times, failed)
                               for _ in range(clients)))
        pipe.send((times, failed))
    asyncio.run(run())


class Loading:
    """`clients` for some seconds, in a process; each makes these requests, one
    after the other, again and again."""

    def __init__(self, host, port, clients, seconds, requests=(REQUEST,)):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=load, daemon=True, args=(
            theirs, host, port, clients, seconds, requests))
        self.process.start()

    def over(self):
        return self.pipe.poll()

    def end(self):
        times, failed = self.pipe.recv()
        self.process.join()
        return times, failed


def quantile(times, part):
    times.sort()
    return 1000 * times[int((len(times) - 1) * part)] if times else 0


def tell(name, times, failed):
    print("%-8s %8d requests, %d failed, ms: p50 %.2f  p90 %.2f  p99 %.2f  "
          "max %.2f" % (name, len(times), len(failed), quantile(times, 0.5),
                        quantile(times, 0.9), quantile(times, 0.99),
                        quantile(times, 1)), flush=True)
    for line in failed[:5]:
        print("    ", line)


class Origin:
    """What live.Shift wants to know of a target."""

    def __init__(self, port):
        self.host, self.port = "127.0.0.1", port
        self.address = "%s:%d" % (self.host, self.port)


class Changes:
    """Calls, and what came of them."""

    def __init__(self, shift, rate):
        self.shift, self.rate = shift, rate
        self.calls, self.wrong, self.n = [], 0, 0

    def run(self, loading):
        """Until the load is over."""
        begun, first = time.monotonic(), self.n
        with self.shift.client() as client:
            while not loading.over():
                wait = (begun + (self.n - first) * 60 / self.rate -
                        time.monotonic())
                if wait > 0:
                    time.sleep(wait)
                self.one(client)

    def one(self, client):
        green = self.n % 2
        at = time.monotonic()
        self.shift.shift(1 - green, green)
        self.calls.append(time.monotonic() - at)
        self.wrong += client.ask("/shift").body != (
            b"green" if green else b"blue")
        self.n += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--slice", type=float, default=10)
    given = parser.parse_args()
    pipe, theirs = multiprocessing.Pipe()
    multiprocessing.Process(target=serve_targets, args=(theirs,),
                            daemon=True).start()
    blue, green = (Origin(port) for port in pipe.recv())
    with aws.Api("--quota", "rules-per-application-load-balancer=5000",
                 workers=given.workers) as api:
        shift = live.Shift(api, blue, green, more=given.rules - 1)
        changes = Changes(shift, given.rate)
        both = ([], []), ([], [])   # times and failures: quiet, with changes
        slices = max(1, round(given.minutes * 60 / given.slice))
        for n in range(2 * slices):
            loading = Loading(shift.api.api_host, shift.port, given.clients,
                              given.slice)
            if n % 2:
                changes.run(loading)
            for to, more in zip(both[n % 2], loading.end()):
                to += more
        shift.close()
    tell("quiet", *both[0])
    tell("changes", *both[1])
    rate = changes.n * 60 / (slices * given.slice)
    print("%d changes (%.0f a minute), %d not live at once, ms: p50 %.2f  "
          "p99 %.2f  max %.2f" % (
              changes.n, rate, changes.wrong, quantile(changes.calls, 0.5),
              quantile(changes.calls, 0.99), quantile(changes.calls, 1)))
    good = (not both[0][1] and not both[1][1] and not changes.wrong and
            rate > 0.98 * given.rate and
            quantile(both[1][0], 0.99) <= 2 * quantile(both[0][0], 0.99))
    print("good" if good else "NOT GOOD")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An ECS service scales from 1 to 200 tasks and back under load: what fails?

    tests/soak/ecs_scale.py [--tasks 200] [--cycles 2] [--clients 32]
                            [--workers 2] [--interval 2] [--delay 4]

One `sluice serve` that follows the service in moto (which the Python that runs
this must have). Each task is a listener of its own at an address of loopback;
one that stops goes on for its stopTimeout (interval, deregistration delay and
2 s) and is then cut with all that it has. Clients keep connections alive or
make new ones, and every answer's status and length is checked. Ends with 1
when a request failed.
"""
import argparse
import asyncio
import json
import multiprocessing
import os
import random
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "proxy", "aws":
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import rig  # noqa: E402
from emulated_ecs import Emulated, Service  # noqa: E402
from stack import Served, Stack, forward  # noqa: E402

BODY = b"x" * 512
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
SPAWN = multiprocessing.get_context("spawn")    # moto has threads
REQUEST = b"GET /scale HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


# ---- tasks: a process of their own ----------------------------------------------
class Task(asyncio.Protocol):
    def __init__(self, open_):
        self.open, self.heads = open_, b""

    def connection_made(self, transport):
        self.transport = transport
        self.open.add(transport)

    def connection_lost(self, _):
        self.open.discard(self.transport)

    def data_received(self, data):
        self.heads += data
        n = self.heads.count(b"\r\n\r\n")
        self.heads = self.heads.rpartition(b"\r\n\r\n")[2]
        self.transport.write(ANSWER * n)


def serve_tasks(pipe):
    """Takes ("open" or "cut", hosts); answers with the port."""
    async def run():
        loop, tasks, port = asyncio.get_running_loop(), {}, 0
        while True:
            what, hosts = await loop.run_in_executor(None, pipe.recv)
            for host in hosts:
                if what == "open":
                    open_ = set()
                    server = await loop.create_server(
                        lambda open_=open_: Task(open_), host, port,
                        backlog=1024)
                    port = server.sockets[0].getsockname()[1]
                    tasks[host] = server, open_
                else:
                    server, open_ = tasks.pop(host)
                    server.close()
                    for transport in list(open_):
                        transport.abort()
            pipe.send(port)
    asyncio.run(run())


class Tasks:
    def __init__(self):
        self.pipe, theirs = SPAWN.Pipe()
        self.lock = threading.Lock()
        self.process = SPAWN.Process(target=serve_tasks,
                                               args=(theirs,), daemon=True)
        self.process.start()

    def tell(self, what, hosts):
        with self.lock:
            self.pipe.send((what, hosts))
            return self.pipe.recv()


# ---- load: another one -----------------------------------------------------------
async def ask(host, port, end, keep, times, failed):
    streams = None
    while not end.is_set():
        began = time.monotonic()
        try:
            if streams is None:
                streams = await asyncio.open_connection(host, port)
            reader, writer = streams
            writer.write(REQUEST if keep else LAST)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
            length = int(head.lower().partition(b"content-length:")[2]
                         .split(b"\r\n")[0])
            body = await asyncio.wait_for(reader.readexactly(length), 15)
            times.append(time.monotonic() - began)
            if not head.startswith(b"HTTP/1.1 200 ") or body != BODY:
                failed.append(head.split(b"\r\n")[0].decode())
            if not keep:
                writer.close()
                streams = None
        except (OSError, EOFError, asyncio.TimeoutError, ValueError) as error:
            failed.append(repr(error))
            streams = None
        await asyncio.sleep(0.01)


def load(pipe, host, port, clients):
    async def run():
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        times, failed = [], []
        loop.run_in_executor(None, lambda: (
            pipe.recv(), loop.call_soon_threadsafe(end.set)))
        await asyncio.gather(*(ask(host, port, end, n % 4, times, failed)
                               for n in range(clients)))
        pipe.send((times, failed))
    asyncio.run(run())


# ---- the scheduler ------------------------------------------------------------------
class Scheduler:
    """Starts and stops tasks as ECS does."""

    def __init__(self, emulated, given):
        self.tasks, self.given, self.next = Tasks(), given, 0
        self.hosts = {}         # ARN -> host
        self.cuts = []
        first = self.host()
        self.port = self.tasks.tell("open", [first])
        self.service = Service(emulated, port=self.port)
        self.service.want(1)
        self.run([first])

    def host(self):
        self.next += 1
        return "127.%d.%d.%d" % (32 + self.next // 40000,
                                 self.next // 200 % 200 + 1,
                                 self.next % 200 + 1)

    def run(self, hosts):
        self.hosts.update(zip(self.service.run(*hosts), hosts))

    def scale(self, n):
        self.service.want(n)
        if n > len(self.hosts):
            hosts = [self.host() for _ in range(n - len(self.hosts))]
            self.tasks.tell("open", hosts)
            self.run(hosts)
            return
        arns = random.sample(sorted(self.hosts), len(self.hosts) - n)
        cut = [self.hosts.pop(arn) for arn in arns]
        self.service.stop(*arns)
        timer = threading.Timer(self.given.interval + self.given.delay + 2,
                                self.tasks.tell, ("cut", cut))
        timer.start()
        self.cuts.append(timer)


def status(served):
    return json.loads(served.api("/status.json").body)


def registered(served):
    group, = status(served)["TargetGroups"]
    return {t["Target"]["Id"] for t in group["Targets"]
            if t["TargetHealth"]["State"] != "draining"}


def await_tasks(served, scheduler, what):
    began = time.monotonic()
    rig.until(lambda: registered(served) == set(scheduler.hosts.values()),
              lambda: "%s: %d registered, %d run" % (
                  what, len(registered(served)), len(scheduler.hosts)),
              seconds=120, pause=0.05)
    print("%-12s %3d targets after %.1f s" % (
        what, len(scheduler.hosts), time.monotonic() - began), flush=True)


def quantile(times, part):
    return 1000 * times[int((len(times) - 1) * part)] if times else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--cycles", type=int, default=2)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--interval", type=int, default=2)
    parser.add_argument("--delay", type=int, default=4)
    given = parser.parse_args()
    emulated = Emulated()
    scheduler = Scheduler(emulated, given)
    stack = Stack()
    stack.group("Web", Port=scheduler.port, attributes_={
        "deregistration_delay.timeout_seconds": str(given.delay)},
        HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=4)
    stack.resources["Web"]["Metadata"] = {"Sluice": {"Discovery": {
        "Ecs": {"Cluster": scheduler.service.cluster, "Service": "web"},
        "Interval": given.interval}}}
    stack.listener("Http", 80, forward("Web"))
    os.environ.update(emulated.environment)
    with Served(stack, workers=given.workers) as served:
        await_tasks(served, scheduler, "start")
        pipe, theirs = SPAWN.Pipe()
        host, port = next(iter(served.listeners.values()))
        process = SPAWN.Process(target=load, daemon=True, args=(
            theirs, host, port, given.clients))
        process.start()
        before = status(served)["Sluice"]["ConfigGeneration"]
        for cycle in range(given.cycles):
            for n in given.tasks, given.tasks // 2, given.tasks // 4, 1:
                scheduler.scale(n)
                await_tasks(served, scheduler, "cycle %d" % (cycle + 1))
            for timer in scheduler.cuts:
                timer.join()
        time.sleep(1)
        after = status(served)["Sluice"]["ConfigGeneration"]
        pipe.send(None)
        times, failed = pipe.recv()
        lost = served.metric("sluice_elb_5xx_total")
        memory = served.rss()
    times.sort()
    print("%d requests, %d failed, %d answers 5xx of ours, %d changes, ms: "
          "p50 %.2f  p99 %.2f  max %.2f, %d KB" % (
              len(times), len(failed), lost, after - before,
              quantile(times, 0.5), quantile(times, 0.99),
              quantile(times, 1), memory // 1024))
    for line in failed[:10]:
        print("    ", line)
    print("good" if not failed else "NOT GOOD")
    sys.stdout.flush()
    os._exit(1 if failed else 0)


if __name__ == "__main__":
    main()

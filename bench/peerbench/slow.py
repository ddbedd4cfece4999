# SPDX-License-Identifier: Apache-2.0
"""What slow peers cost: the command line of bench/slow.

bodies: a large body each way, Content-Length and chunked, with a reader that
    stalls; the proxy's resident size must not follow.
heads: thousands of request heads that never end, while good requests go on
    and until the last was shed.
"""
import argparse
import json
import shutil
import sys
import threading
import time

from . import bodies, gate, host, httpc, report
from .holder import Holder
from .lab import BENCH, Lab, Proxy

GOOD_REQUESTS = 50
MIB = 1 << 20
DIRECTIONS = (("download", bodies.download), ("upload", bodies.upload))


class RssWatch(threading.Thread):
    """Resident size of a process tree, sampled."""

    def __init__(self, pids, interval=0.05):
        super().__init__(daemon=True)
        self.pids, self.interval = pids, interval
        self.samples = []
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(self.interval):
            self.samples.append((time.monotonic(), host.rss_kib(self.pids)))

    def finish(self):
        self.done.set()
        self.join()

    def highest(self, start, end):
        return max((kib for t, kib in self.samples if start <= t <= end),
                   default=None)


def _transfer(proxy, port, call, size, chunked, stall):
    pids = proxy.pids()
    host.reset_peak(pids)
    before = host.rss_kib(pids)
    watch = RssWatch(pids)
    watch.start()
    start = time.monotonic()
    try:
        got = call(port, size, chunked, stall)
    finally:
        watch.finish()
    stalled = watch.highest(*got["stalled"]) if got["stalled"] else None
    # Sampling may miss a peak, the kernel's peak is rough: the higher counts.
    highest = max(watch.highest(start, time.monotonic()) or 0,
                  host.peak_rss_kib(pids))
    return {
        "seconds": time.monotonic() - start, "rss_before_kib": before,
        "growth_stalled_kib": None if stalled is None else stalled - before,
        "growth_kib": highest - before,
        "bytes": got["bytes"],
        "whole": got["bytes"] == size
        and got["sha256"] == got["sent_sha256"],
    }


def measure_bodies(lab, peer, size, stall):
    origin = lab.start(
        [sys.executable, "-B", "-m", "peerbench.bodies",
         str(lab.spare_port), str(stall)], host.LOAD_CPU, "bodies.log",
        cwd=BENCH)
    results = []
    try:
        httpc.wait_ready(lab.spare_port, origin)
        for direction, call in DIRECTIONS:
            for chunked in (False, True):
                # A fresh proxy each: no growth hides in what an earlier
                # transfer left.
                with Proxy(lab, peer, ("big", "stream"),
                           origin=lab.spare_port) as proxy:
                    r = _transfer(proxy, lab.http, call, size, chunked, stall)
                r["what"] = direction + (" chunked" if chunked else "")
                results.append(r)
    finally:
        host.stop(origin)
    return results


def report_bodies(results, size):
    rows = [[r["what"], f"{r['seconds']:.1f}",
             report.number(r["rss_before_kib"]),
             report.number(r["growth_stalled_kib"]),
             report.number(r["growth_kib"]), "yes" if r["whole"] else "NO"]
            for r in results]
    return f"{size // MIB} MiB with a slow reader, resident size in KiB\n" + \
        report.table(["body", "seconds", "before", "grew, stalled",
                      "grew, whole", "sha256 equal"], rows)


def gated_bodies(results, limits):
    checks = []
    for r in results:
        checks.append(gate.verdict(f"{r['what']} damaged", int(not r["whole"]),
                                   0))
        checks.append(gate.verdict(f"{r['what']} growth, MiB",
                                   r["growth_kib"] / 1024,
                                   limits["body_growth_mib_max"]))
    return checks


def _good_requests(port, pause):
    """Latencies in ms of requests on connections of their own; None for one
    that failed."""
    latencies = []
    for _ in range(GOOD_REQUESTS):
        start = time.monotonic()
        try:
            ok = httpc.fetch(port, "/1k")[0] == 200
        except (OSError, ValueError, IndexError):
            ok = False
        latencies.append((time.monotonic() - start) * 1e3 if ok else None)
        time.sleep(pause)
    return latencies


def _quantiles(values):
    good = sorted(v for v in values if v is not None)
    if not good:
        return {"good": 0, "p50": None, "p90": None, "max": None}
    return {"good": len(good), "p50": good[len(good) // 2],
            "p90": good[len(good) * 9 // 10], "max": good[-1]}


def measure_heads(lab, peer, count, deadline):
    drip = deadline / 5
    pause = deadline / 4 / GOOD_REQUESTS
    with Proxy(lab, peer, ("many",), idle=deadline) as proxy, \
            Holder(lab.http, host.LOAD_CPU) as holder:
        pids = proxy.pids()
        alone = _good_requests(lab.http, pause)
        time.sleep(0.5)
        before, fds = host.pss_kib(pids), host.fd_count(pids)
        began = time.monotonic()
        opened = holder.ask(do="slow", count=count, drip=drip,
                            give_up=deadline * 2 + 10)
        time.sleep(deadline / 10)
        held = host.fd_count(pids) - fds
        full = host.pss_kib(pids)
        among = _good_requests(lab.http, pause)
        in_time = time.monotonic() - began < deadline
        full = max(full, host.pss_kib(pids))
        ended = holder.answer()
        time.sleep(0.5)
        lives = ended["lives"] or [None]
        return {
            "opened": opened["opened"], "refused": opened["refused"],
            "open_seconds": opened["seconds"], "held_by_proxy": held,
            "deadline": deadline,
            "bytes": (full - before) * 1024 / max(held, 1),
            "pss_before_kib": before, "pss_full_kib": full,
            "good_alone_ms": _quantiles(alone),
            "good_among_ms": _quantiles(among), "good_in_time": in_time,
            "shed": len(ended["lives"]), "left": ended["left"],
            "answers": ended["status"],
            "life_first": lives[0], "life_p50": lives[len(lives) // 2],
            "life_last": lives[-1],
            "pss_after_kib": host.pss_kib(pids),
            "fds_left": host.fd_count(pids) - fds,
            "served_after": httpc.fetch(lab.http, "/1k")[0] == 200,
        }


def report_heads(r):
    def quick(q):
        return (f"{q['good']}/{GOOD_REQUESTS} good, p50 "
                f"{report.number(q['p50'], 2)} ms, "
                f"p90 {report.number(q['p90'], 2)} ms, "
                f"max {report.number(q['max'], 2)} ms")
    rows = [
        ["opened", f"{r['opened']} in {r['open_seconds']:.1f} s, "
         f"{r['refused']} refused, {r['held_by_proxy']} held by the proxy"],
        ["bytes each (PSS)", f"{r['bytes']:.0f}  ({r['pss_before_kib']} -> "
         f"{r['pss_full_kib']} KiB, {r['pss_after_kib']} KiB after)"],
        ["others, before", quick(r["good_alone_ms"])],
        ["others, meanwhile", quick(r["good_among_ms"])
         + ("" if r["good_in_time"] else "  (took longer than the deadline)")],
        ["shed", f"{r['shed']}, {r['left']} left open; answers "
         f"{r['answers'] or 'none'}"],
        ["life, seconds", f"first {report.number(r['life_first'], 2)}, p50 "
         f"{report.number(r['life_p50'], 2)}, last "
         f"{report.number(r['life_last'], 2)} (deadline {r['deadline']})"],
        ["after", f"{r['fds_left']} descriptors more than before, next "
         f"request {'served' if r['served_after'] else 'FAILED'}"],
    ]
    return "request heads that never end\n" + \
        "\n".join(f"  {name:18} {text}" for name, text in rows)


def gated_heads(r, count, limits):
    def check(what, value, limit, below=True):
        return gate.verdict("slow heads, " + what, value, limit, below)
    last = r["life_last"]
    first = r["life_first"]
    return [
        check("held", r["held_by_proxy"], count, below=False),
        check("bytes each", r["bytes"], limits["head_bytes_max"]),
        check("good requests served", r["good_among_ms"]["good"],
              GOOD_REQUESTS, below=False),
        check("good requests p50, ms", r["good_among_ms"]["p50"],
              limits["good_p50_ms_max"]),
        check("not shed", r["left"], 0),
        check("last shed after the deadline, s",
              last and last - r["deadline"], limits["shed_late_s_max"]),
        check("first shed before the deadline, s",
              first and r["deadline"] - first, limits["shed_late_s_max"]),
        check("descriptors left", r["fds_left"], 2),
    ]


def _arguments(argv):
    p = argparse.ArgumentParser(
        prog="bench/slow", description="What slow readers and slow request "
        "heads cost a proxy.")
    p.add_argument("--peer", default="sluice")
    p.add_argument("--sluice", metavar="PROGRAM",
                   help="default: $SLUICE, ./sluice or that of the tree")
    p.add_argument("--part", choices=("bodies", "heads"))
    p.add_argument("--mib", type=int, default=1024, help="body, default 1024")
    p.add_argument("--stall", type=float, default=3,
                   help="seconds the reader stands still, default 3")
    p.add_argument("--connections", type=int, default=10000,
                   help="slow heads, default 10000")
    p.add_argument("--deadline", type=int, default=10,
                   help="seconds for a request head, default 10")
    p.add_argument("--gate", action="store_true", help="apply gates.json: "
                   "exit 1 a limit is broken, 2 not measured")
    p.add_argument("--json", metavar="FILE")
    return p.parse_args(argv)


def _work(args):
    limits = gate.limits("slow")
    checks, data = [], {"machine": host.describe(), "peer": args.peer}
    with Lab(args.sluice) as lab:
        if args.peer not in lab.peers or not lab.binary(args.peer):
            print(f"{args.peer}: not found", file=sys.stderr)
            return gate.UNMEASURED
        data["version"] = lab.version(args.peer)
        print(data["version"])
        if args.part != "heads":
            size = args.mib * MIB
            found = data["bodies"] = measure_bodies(lab, args.peer, size,
                                                    args.stall)
            checks += gated_bodies(found, limits)
            print("\n" + report_bodies(found, size), flush=True)
        if args.part != "bodies":
            found = data["heads"] = measure_heads(
                lab, args.peer, args.connections, args.deadline)
            checks += gated_heads(found, args.connections, limits)
            print("\n" + report_heads(found), flush=True)
    if args.gate:
        print("\n" + gate.text(checks))
        data["gate"] = checks
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump(data, f, indent=1)
    return gate.status(checks) if args.gate else 0


def main(argv=None):
    args = _arguments(argv)
    for tool in ("taskset", "setpriv"):
        if not shutil.which(tool):
            print(f"bench/slow: needs {tool}", file=sys.stderr)
            return gate.UNMEASURED
    status = host.prepare()
    if status is not None:
        return status
    try:
        return _work(args)
    except (RuntimeError, OSError) as e:
        print(f"bench/slow: {e}", file=sys.stderr)
        return gate.UNMEASURED

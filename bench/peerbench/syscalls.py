# SPDX-License-Identifier: Apache-2.0
"""System calls per request, counted by strace.

Throughput under strace is low, but with the connections of the scenario
always busy the counts per request are stable.
"""
import re
import signal
import subprocess
import time

from . import host, load
from .lab import Proxy
from .report import table

LINE = re.compile(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?(\w+)\s*$")


def _counts(text):
    for line in text.splitlines():
        m = LINE.match(line)
        if m and m.group(3) != "total":
            yield m.group(3), int(m.group(1)), int(m.group(2) or 0)


def measure(lab, peer, scenario, seconds):
    out = lab.path("strace.txt")
    with Proxy(lab, peer, scenario.flags) as proxy:
        load.run(lab, scenario, 1)
        argv = ["strace", "-f", "-c", "-o", out]
        for pid in proxy.pids():
            argv += ["-p", str(pid)]
        tracer = host.spawn(argv, host.PROXY_CPU, subprocess.DEVNULL)
        try:
            time.sleep(0.6)
            got = load.run(lab, scenario, seconds)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(10)
    n = max(got.requests, 1)
    calls = {name: {"calls": c / n, "failed": f / n}
             for name, c, f in _counts(host.read(out))}
    return {"scenario": scenario.name, "peer": peer,
            "requests": got.requests,
            "total": sum(c["calls"] for c in calls.values()), "calls": calls}


def report(results):
    rows = []
    for r in results:
        parts = []
        for name, c in sorted(r["calls"].items(),
                              key=lambda kv: -kv[1]["calls"]):
            if c["calls"] < 0.01:
                continue
            failed = f" ({c['failed']:.2f} failed)" \
                if c["failed"] >= 0.01 else ""
            parts.append(f"{name} {c['calls']:.2f}{failed}")
        rows.append([f"{r['scenario']} {r['peer']}", f"{r['total']:.2f}",
                     r["requests"], ", ".join(parts)])
    return "system calls per request\n" + table(
        ["scenario, peer", "calls", "requests", "which"], rows, left=(0, 3))

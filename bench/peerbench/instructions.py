# SPDX-License-Identifier: Apache-2.0
"""Instructions in user space per request, counted by callgrind.

Deterministic where times are not, so it is the figure to watch from commit to
commit.  Only the loaded phase counts: start-up, connecting and the first
requests run without instrumentation.
"""
import glob
import os
import re
import subprocess
import time

from . import load
from .lab import Proxy
from .report import table

TOP = 25
LINE = re.compile(r"\s*([\d,]+) \(\s*[\d.]+%\)\s+(.*)")


def _control(pid, *args):
    got = subprocess.run(["callgrind_control", *args, str(pid)], text=True,
                         capture_output=True, timeout=60, check=False)
    if got.returncode or "Error" in got.stdout + got.stderr:
        raise RuntimeError(f"callgrind_control {args}: "
                           f"{got.stdout}{got.stderr}")


def _functions(dump):
    """(instructions, function, object) by self cost, highest first."""
    text = subprocess.run(
        ["callgrind_annotate", "--auto=no", "--threshold=100", dump],
        capture_output=True, text=True, timeout=120, check=True).stdout
    found = []
    for line in text.splitlines():
        m = LINE.match(line)
        if not m or "PROGRAM TOTALS" in line:
            continue
        where = re.match(r"(?:.*?:)?(.*?)(?: \[(.*)\])?$", m.group(2))
        found.append((int(m.group(1).replace(",", "")), where.group(1),
                      os.path.basename(where.group(2) or "?")))
    return sorted(found, reverse=True)


def measure(lab, peer, scenario, seconds):
    wrap = ["valgrind", "--tool=callgrind", "--instr-atstart=no",
            "--trace-children=yes", "--callgrind-out-file=" +
            lab.path(f"callgrind-{peer}.%p")]
    with Proxy(lab, peer, scenario.flags, wrap=wrap, patience=60) as proxy:
        # The worker of a peer that forks is the last of the tree.
        pid = proxy.pids()[-1]
        load.run(lab, scenario, 1)
        _control(pid, "-i", "on")
        before = lab.origin_stats()["requests"]
        load.run(lab, scenario, seconds)
        requests = lab.origin_stats()["requests"] - before - 1
        _control(pid, "-i", "off")
        _control(pid, "-d", f"{scenario.name}")
        time.sleep(0.5)
    dumps = [p for p in glob.glob(lab.path(f"callgrind-{peer}.{pid}*"))
             if os.path.getsize(p)]
    found = max((_functions(d) for d in dumps), key=lambda f: sum(
        cost for cost, _, _ in f), default=[])
    if not found or requests <= 0:
        raise RuntimeError("callgrind counted nothing")
    objects = {}
    for cost, _, where in found:
        objects[where] = objects.get(where, 0) + cost / requests
    return {
        "scenario": scenario.name, "peer": peer, "requests": requests,
        "total": sum(objects.values()), "objects": objects,
        "functions": [{"self": cost / requests, "function": name,
                       "object": where} for cost, name, where in found[:60]],
    }


def report(r):
    lines = [f"instructions per request, {r['scenario']}, {r['peer']}: "
             f"{r['total']:.0f} over {r['requests']} requests"]
    lines.append("  " + ", ".join(
        f"{name} {cost:.0f}" for name, cost in
        sorted(r["objects"].items(), key=lambda kv: -kv[1]) if cost >= 1))
    rows = [[f"{f['function']} [{f['object']}]", f"{f['self']:.1f}",
             f"{100 * f['self'] / r['total']:.1f}"]
            for f in r["functions"][:TOP]]
    lines.append(table(["function (self cost)", "instr/req", "%"], rows))
    return "\n".join(lines)



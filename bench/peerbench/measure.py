# SPDX-License-Identifier: Apache-2.0
"""One measured run, and the interleaving of runs.

A run in which somebody else had a quarter of a core is repeated; what stays
disturbed is marked and left out of the medians where others exist.
"""
import sys
import time

from . import host, load
from .lab import Proxy

DISTURBED = 0.25
ATTEMPTS = 3


def one(lab, peer, scenario, seconds):
    """Starts the peer, loads it, returns the figures of the run."""
    with Proxy(lab, peer, scenario.flags) as proxy:
        pids = proxy.pids()
        if scenario.warm:
            load.run(lab, scenario, scenario.warm)
        stats = lab.origin_stats()
        activity, start = host.Activity(), time.monotonic()
        cpu, ticks = host.cpu_ns(pids), host.ticks(pids)
        origin_cpu = host.cpu_ns([lab.origin.pid])

        got = load.run(lab, scenario, seconds)

        cpu = host.cpu_ns(pids) - cpu
        origin_cpu = host.cpu_ns([lab.origin.pid]) - origin_cpu
        user, system = (b - a for a, b in zip(ticks, host.ticks(pids)))
        wall = time.monotonic() - start
        foreign = host.Activity().foreign_since(activity,
                                                (cpu + origin_cpu) / 1e9)
        opened = lab.origin_stats()["accepted"] - stats["accepted"] - 1
        n = max(got.requests, 1)
        return {
            "peer": peer, "scenario": scenario.name,
            "requests": got.requests, "errors": got.errors,
            "cpu_us": cpu / 1e3 / n, "rps": got.requests / got.seconds,
            "p50_us": got.p50, "p99_us": got.p99,
            "pss_kib": host.pss_kib(pids), "busy": cpu / 1e9 / wall,
            "user_share": user / max(user + system, 1),
            "upstream_opened": opened,
            "foreign": round(foreign / wall, 3),
        }


def undisturbed(lab, peer, scenario, seconds):
    """The first calm run, or the calmest of all attempts."""
    runs = []
    while len(runs) < ATTEMPTS:
        if runs:
            time.sleep(1)
        runs.append(one(lab, peer, scenario, seconds))
        if runs[-1]["foreign"] < DISTURBED:
            break
    return min(runs, key=lambda r: r["foreign"])


def interleaved(lab, peers, scenario, rounds, seconds):
    """A B C, B C A, C A B, ...: all peers see the same phases."""
    runs = []
    for k in range(rounds):
        shift = k % len(peers)
        for peer in peers[shift:] + peers[:shift]:
            try:
                run = undisturbed(lab, peer, scenario, seconds)
            except (RuntimeError, OSError) as e:
                print(f"{scenario.name} {peer}: {e}", file=sys.stderr)
                continue
            run["round"] = k
            runs.append(run)
            note = " disturbed" if run["foreign"] >= DISTURBED else ""
            print(f"  {scenario.name} {k + 1}/{rounds} {peer}: "
                  f"{run['cpu_us']:.2f} us, {run['rps']:.0f} req/s{note}",
                  file=sys.stderr, flush=True)
    return runs

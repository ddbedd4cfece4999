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


def _loaded(lab, proxy, scenario, seconds):
    """Loads the proxy; the figures of the run."""
    pids = proxy.pids()
    warm = load.run(lab, scenario, scenario.warm).requests \
        if scenario.warm else 0
    stats = lab.origin_stats()
    activity, start = host.Activity(), time.monotonic()
    cpu, ticks = host.cpu_ns(pids), host.ticks(pids)
    origin_cpu = host.cpu_ns([lab.origin.pid])

    got = load.run(lab, scenario, seconds)

    cpu = host.cpu_ns(pids) - cpu
    origin_cpu = host.cpu_ns([lab.origin.pid]) - origin_cpu
    user, system = (b - a for a, b in zip(ticks, host.ticks(pids)))
    wall = time.monotonic() - start
    foreign = host.Activity().foreign_since(activity, (cpu + origin_cpu) / 1e9)
    opened = lab.origin_stats()["accepted"] - stats["accepted"] - 1
    n = max(got.requests, 1)
    return {
        "peer": proxy.name, "scenario": scenario.name, "warm": warm,
        "requests": got.requests, "errors": got.errors,
        "cpu_us": cpu / 1e3 / n, "rps": got.requests / got.seconds,
        "p50_us": got.p50, "p99_us": got.p99,
        "pss_kib": host.pss_kib(pids), "busy": cpu / 1e9 / wall,
        "user_share": user / max(user + system, 1),
        "upstream_opened": opened,
        "foreign": round(foreign / wall, 3),
    }


def one(lab, peer, scenario, seconds):
    """Starts the peer, loads it, returns the figures of the run."""
    with Proxy(lab, peer, scenario.flags) as proxy:
        run = _loaded(lab, proxy, scenario, seconds)
    if "log" in scenario.flags:
        # A log that leaves requests out would be a cheap one.
        lost = run["warm"] + run["requests"] - proxy.log_lines()
        run["errors"] += max(lost, 0)
    return run


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


def _orders(entries, rounds):
    """A B C, A C B, C A B, ...: all see the same phases, and neighbours take
    turns in being first."""
    for k in range(rounds if entries else 0):
        shift = k % len(entries)
        order = entries[shift:] + entries[:shift]
        yield order if k % 2 == 0 else order[::-1]


def interleaved(lab, peers, scenario, rounds, seconds, subject=None):
    """Runs of all peers, and of the subject's baseline, where the scenario
    has one: that is another entry, next to the subject."""
    entries = []
    for peer in peers:
        entries.append((peer, scenario))
        if peer == subject and scenario.baseline():
            entries.append((peer, scenario.baseline()))
    runs = []
    for k, order in enumerate(_orders(entries, rounds)):
        for peer, what in order:
            try:
                run = undisturbed(lab, peer, what, seconds)
            except (RuntimeError, OSError) as e:
                print(f"{what.name} {peer}: {e}", file=sys.stderr)
                continue
            run["round"] = k
            runs.append(run)
            note = " disturbed" if run["foreign"] >= DISTURBED else ""
            print(f"  {what.name} {k + 1}/{rounds} {peer}: "
                  f"{run['cpu_us']:.2f} us, {run['rps']:.0f} req/s{note}",
                  file=sys.stderr, flush=True)
    return runs

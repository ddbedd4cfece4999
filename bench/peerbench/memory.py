# SPDX-License-Identifier: Apache-2.0
"""Bytes per idle connection: PSS with none and with many.

The harness's other processes exist before the first figure is taken, so that
the shares of common pages (libc) do not move between the two.
"""
import sys
import time

from . import gate, host, tls
from .holder import Holder
from .lab import Proxy
from .report import number, table

SETTLE = 1


def _growth(lab, peer, count, request, over_tls):
    """PSS (KiB) at start, after a small warm-up and with `count` open."""
    flags = ("many", "tls") if over_tls else ("many",)
    environment = tls.environment(lab) if over_tls else None
    with Proxy(lab, peer, flags) as proxy, \
            Holder(lab.port(flags), host.LOAD_CPU, environment) as holder:
        pids = proxy.pids()
        time.sleep(SETTLE)
        start = host.pss_kib(pids)
        holder.ask(do="open", count=20, request=request)
        holder.ask(do="close")
        time.sleep(SETTLE)
        warm = host.pss_kib(pids)
        opened = holder.ask(do="open", count=count, request=request)["open"]
        time.sleep(SETTLE)
        full = host.pss_kib(pids)
    return {
        "open": opened, "start_kib": start, "warm_kib": warm,
        "full_kib": full,
        "bytes": (full - start) * 1024 / max(opened, 1),
        "bytes_warm": (full - warm) * 1024 / max(opened, 1),
    }


def measure(lab, peers, count, over_tls=False):
    results = {}
    for peer in peers:
        if over_tls and "tls" in lab.peers[peer].get("cannot", ()):
            continue
        try:
            results[peer] = {
                kind: _growth(lab, peer, count, kind == "used", over_tls)
                for kind in ("used", "fresh")}
        except (RuntimeError, OSError) as e:
            print(f"memory {peer}: {e}", file=sys.stderr)
    return results


def report(results, count, over_tls=False):
    rows = []
    for peer, r in results.items():
        used, fresh = r["used"], r["fresh"]
        rows.append([
            peer, number(used["start_kib"]), number(used["full_kib"]),
            number(used["bytes"]), number(used["bytes_warm"]),
            number(fresh["bytes"]), number(fresh["bytes_warm"]),
            f"{used['open']}/{fresh['open']}"])
    return "\n".join([
        f"memory{' over TLS 1.3' if over_tls else ''}: bytes of PSS per "
        f"idle connection, {count} of them",
        table(["peer", "KiB at 0", "KiB full", "used", "used,warm", "fresh",
               "fresh,warm", "open"], rows),
        "used: after one request each; fresh: connected, nothing sent; "
        "warm: against the", "proxy after 20 connections instead of none"])


def gated(r, count, over_tls=False):
    """The limit for one peer's results (or None)."""
    what = "TLS " if over_tls else ""
    limit = gate.limits("memory")["idle_tls_bytes_max" if over_tls
                                  else "idle_bytes_max"]
    return [gate.verdict(f"memory, {kind} {what}connection, bytes",
                         r and r[kind]["bytes"], limit,
                         measured=bool(r) and r[kind]["open"] == count)
            for kind in ("used", "fresh")]

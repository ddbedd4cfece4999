# SPDX-License-Identifier: Apache-2.0
"""How soon the proxy answers, and how small it is.

The clock starts in the child, before exec; a client tries from then on, every
fifth of a millisecond, until a request was answered in full.  The program's
file is in the page cache.
"""
import ctypes
import mmap
import os
import shutil
import signal
import statistics
import struct
import subprocess
import time

from . import gate, host, httpc
from .lab import Proxy
from .report import number, table

STARTS = 20
PATIENCE = 5        # seconds for an answer
RETRY = 0.0002
SETTLE = 1
FLAGS = ("start",)
PR_SET_PDEATHSIG = 1


class _Child:
    """The proxy without the helpers that pin it and end it with us: their
    own start would count."""

    def __init__(self, proxy):
        self.libc = ctypes.CDLL(None)
        self.clock = mmap.mmap(-1, 8)
        with open(os.path.join(proxy.dir, "out.log"), "ab") as log:
            self.process = subprocess.Popen(
                proxy.argv, cwd=proxy.dir, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, process_group=0,
                preexec_fn=self._before_exec)

    def _before_exec(self):
        self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, {int(host.PROXY_CPU), int(host.LOAD_CPU)})
        struct.pack_into("<d", self.clock, 0, time.monotonic())

    def began(self):
        return struct.unpack_from("<d", self.clock, 0)[0]


def _first_answer_ms(lab, peer):
    """From exec to the first answer; None: there was none."""
    child = _Child(Proxy(lab, peer, FLAGS))
    try:
        while child.process.poll() is None and \
                time.monotonic() < child.began() + PATIENCE:
            try:
                status, _, body = httpc.fetch(lab.http, "/1k")
                if status == 200 and len(body) == 1024:
                    return (time.monotonic() - child.began()) * 1e3
            except (OSError, ValueError, IndexError):
                pass
            time.sleep(RETRY)
        return None
    finally:
        host.stop(child.process)


def _stripped_bytes(lab, program):
    """Size of the program without symbols; None: strip cannot do it."""
    path = lab.path("stripped")
    if not shutil.which("strip"):
        return None
    done = subprocess.run(["strip", "-o", path, program], check=False,
                          capture_output=True)
    return os.path.getsize(path) if done.returncode == 0 else None


def _idle(lab, peer):
    """Resident size after one request."""
    with Proxy(lab, peer, FLAGS) as proxy:
        time.sleep(SETTLE)
        return {"rss_kib": host.rss_kib(proxy.pids()),
                "pss_kib": host.pss_kib(proxy.pids())}


def measure(lab, peers):
    found = {}
    for peer in peers:
        if FLAGS[0] in lab.peers[peer].get("cannot", ()):
            continue
        times = [_first_answer_ms(lab, peer) for _ in range(STARTS)]
        program = lab.binary(peer)
        found[peer] = {
            "ms": times, "failed": times.count(None),
            "median_ms": statistics.median(t for t in times if t is not None)
            if any(times) else None,
            "bytes": os.path.getsize(program),
            "stripped_bytes": _stripped_bytes(lab, program),
        } | _idle(lab, peer)
    return found


def report(found):
    rows = []
    for peer, r in found.items():
        good = sorted(t for t in r["ms"] if t is not None)
        spread = f"{good[0]:.1f}-{good[-1]:.1f}" if good else "–"
        stripped = r["stripped_bytes"]
        rows.append([peer, number(r["median_ms"], 1), spread, r["failed"],
                     number(r["rss_kib"] / 1024, 1),
                     number(r["pss_kib"] / 1024, 1),
                     number(r["bytes"] / 1024),
                     number(stripped and stripped / 1024)])
    return "\n".join([
        f"start: from exec to the first answer, {STARTS} times; idle memory",
        table(["peer", "ms", "min-max", "failed", "RSS MiB", "PSS MiB",
               "KiB file", "stripped"], rows),
        "sluice: serve --to with 2 workers and its API; others: as measured "
        "elsewhere here"])


def gated(r):
    """The limits for one peer's results (or None)."""
    limit = gate.limits("start")
    stripped = r and r["stripped_bytes"]
    return [
        gate.verdict("start, first answer, ms", r and r["median_ms"],
                     limit["first_answer_ms_max"]),
        gate.verdict("start, without an answer", r and r["failed"], 0),
        gate.verdict("start, idle RSS, MiB", r and r["rss_kib"] / 1024,
                     limit["idle_rss_mib_max"]),
        gate.verdict("start, stripped program, MiB",
                     stripped and stripped / (1 << 20),
                     limit["stripped_mib_max"]),
    ]

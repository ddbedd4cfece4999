# SPDX-License-Identifier: Apache-2.0
"""The command line of bench/run."""
import argparse
import json
import shutil
import sys
import time

from . import (compare, gate, host, instructions, measure, memory, report,
               syscalls, verify)
from .lab import Lab
from .scenarios import MEMORY, QUICK, SCENARIOS


def _names(text):
    return [n for n in text.split(",") if n]


def _arguments(argv):
    p = argparse.ArgumentParser(
        prog="bench/run", description="Compares Sluice with Debian's nginx, "
        "haproxy and h2o: one pinned worker each, interleaved runs.")
    mode = p.add_mutually_exclusive_group()
    mode.add_argument("--memory", action="store_true",
                      help="only bytes per idle connection")
    mode.add_argument("--syscalls", action="store_true",
                      help="system calls per request (strace)")
    mode.add_argument("--instructions", action="store_true",
                      help="user instructions per request (callgrind)")
    mode.add_argument("--list", action="store_true",
                      help="peers found here and scenarios")
    p.add_argument("--sluice", metavar="PROGRAM",
                   help="default: $SLUICE, ./sluice or that of the tree")
    p.add_argument("--scenarios", type=_names, metavar="A,B")
    p.add_argument("--peers", type=_names, metavar="A,B")
    p.add_argument("--subject", default=compare.SUBJECT, metavar="PEER",
                   help="the one compared with the others, default sluice")
    p.add_argument("--rounds", type=int, help="default 7")
    p.add_argument("--secs", type=int, help="per run, default 2")
    p.add_argument("--connections", type=int, default=8000,
                   help="idle ones of the memory scenario, default 8000")
    p.add_argument("--quick", action="store_true",
                   help="3 rounds of 1 s, three scenarios")
    p.add_argument("--gate", action="store_true", help="apply gates.json: "
                   "exit 1 a limit is broken, 2 not measured")
    p.add_argument("--json", metavar="FILE")
    a = p.parse_args(argv)
    a.rounds = a.rounds or (3 if a.quick else 7)
    a.secs = a.secs or (1 if a.quick else 2)
    if a.memory:
        a.scenarios = [MEMORY]
    if not a.scenarios:
        a.scenarios = list(QUICK if a.quick else SCENARIOS)
        if a.syscalls or a.instructions:
            a.scenarios = ["h1-1k-c64"]
        elif not a.quick:
            a.scenarios.append(MEMORY)
    for name in a.scenarios:
        if name not in SCENARIOS and name != MEMORY:
            p.error(f"no scenario {name}")
    return a


def _missing_tools(args):
    wanted = ["wrk", "taskset", "setpriv"]
    if args.syscalls:
        wanted.append("strace")
    if args.instructions:
        wanted += ["valgrind", "callgrind_control", "callgrind_annotate"]
    return [t for t in wanted if not shutil.which(t)]


def _choose_peers(lab, names, check):
    """(those that exist and do the work, what is wrong with the others)"""
    chosen, faults = [], {}
    for name in names:
        if name not in lab.peers:
            raise RuntimeError(f"no peer {name}")
        if not lab.binary(name):
            print(f"{name}: not found, left out", file=sys.stderr)
            continue
        wrong = verify.problems(lab, name) if check else []
        if wrong:
            faults[name] = wrong
            print(f"{name}: left out: {'; '.join(wrong)}", file=sys.stderr)
            continue
        chosen.append(name)
    return chosen, faults


class Result:
    """What a run found: printed as it comes, kept for --json."""

    def __init__(self, lab, peers, args):
        self.checks = []
        self.data = {
            "machine": host.describe(),
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "rounds": args.rounds, "secs": args.secs,
            "versions": {p: lab.version(p) for p in peers},
        }
        m = self.data["machine"]
        print(f"{m['cpus']} CPUs, {m['cpu']}, Linux {m['kernel']}, "
              f"{m['congestion']}; {args.rounds} rounds of "
              f"{args.secs} s")
        for peer, version in self.data["versions"].items():
            print(f"{peer}: {version}")

    def add(self, part, data, text, checks=()):
        self.data.setdefault(part, []).append(data)
        self.checks += checks
        print("\n" + text, flush=True)

    def finish(self, args):
        code = 0
        if args.gate:
            print("\n" + gate.text(self.checks))
            self.data["gate"] = self.checks
            code = gate.status(self.checks)
        if args.json:
            with open(args.json, "w", encoding="utf-8") as f:
                json.dump(self.data, f, indent=1)
        return code


def _compare(lab, peers, args, result):
    relays = [p for p in peers if lab.is_relay(p)]
    for name in args.scenarios:
        if name == MEMORY:
            found = memory.measure(lab, peers, args.connections)
            result.add("memory", found,
                       memory.report(found, args.connections),
                       memory.gated(found.get(args.subject),
                                    args.connections))
            continue
        # A relay does not pool connections, so one each tells nothing.
        able = [p for p in peers
                if p not in relays or not SCENARIOS[name].close]
        runs = measure.interleaved(lab, able, SCENARIOS[name], args.rounds,
                                   args.secs)
        c = compare.Comparison(SCENARIOS[name], runs, relays, args.subject)
        if runs:
            result.add("scenarios",
                       {"scenario": name, "runs": runs} | c.summary(),
                       report.comparison(c),
                       gate.of_comparison(c, args.rounds))
        else:
            result.checks += gate.of_comparison(c, args.rounds)


def _syscalls(lab, peers, args, result):
    found = [syscalls.measure(lab, p, SCENARIOS[s], args.secs)
             for s in args.scenarios for p in peers]
    result.add("syscalls", found, syscalls.report(found))


def _instructions(lab, peers, args, result):
    for name in args.scenarios:
        for peer in peers:
            found = instructions.measure(lab, peer, SCENARIOS[name],
                                         args.secs)
            result.add("instructions", found, instructions.report(found))


def _list(lab):
    rows = [[n, lab.binary(n) or "not found"] for n in lab.peers]
    rows += [[s.name, s.about] for s in SCENARIOS.values()]
    rows.append([MEMORY, "bytes per idle connection"])
    for name, text in rows:
        print(f"{name:12} {text}")


def _work(args):
    missing = _missing_tools(args)
    if missing:
        print(f"needed here: {', '.join(missing)}", file=sys.stderr)
        return gate.UNMEASURED
    with Lab(args.sluice) as lab:
        if args.list:
            _list(lab)
            return 0
        names = args.peers or (
            [args.subject] if args.instructions else list(lab.peers))
        peers, faults = _choose_peers(lab, names, not args.instructions)
        if args.subject in faults:
            return gate.BROKEN
        if not peers:
            return gate.UNMEASURED
        result = Result(lab, peers, args)
        todo = (_syscalls if args.syscalls else
                _instructions if args.instructions else _compare)
        todo(lab, peers, args, result)
        return result.finish(args)


def main(argv=None):
    args = _arguments(argv)
    status = host.prepare()
    if status is not None:
        return status
    try:
        return _work(args)
    except (RuntimeError, OSError) as e:
        print(f"bench/run: {e}", file=sys.stderr)
        return gate.UNMEASURED

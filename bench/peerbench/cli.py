# SPDX-License-Identifier: Apache-2.0
"""The command line of bench/run."""
import argparse
import json
import shutil
import sys
import time

from . import (compare, conf, gate, host, instructions, measure, memory,
               report, start, syscalls, verify)
from .lab import Lab
from .scenarios import MEMORY, MEMORY_TLS, QUICK, SCENARIOS, START


def _names(text):
    return [n for n in text.split(",") if n]


def _arguments(argv):
    p = argparse.ArgumentParser(
        prog="bench/run", description="Compares Sluice with Debian's nginx, "
        "haproxy and h2o: one pinned worker each, interleaved runs.")
    mode = p.add_mutually_exclusive_group()
    mode.add_argument("--memory", action="store_true",
                      help="only bytes per idle connection")
    mode.add_argument("--start", action="store_true",
                      help="only time to the first answer, idle RSS, sizes")
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
        a.scenarios = [MEMORY, MEMORY_TLS]
    if a.start:
        a.scenarios = [START]
    if not a.scenarios:
        a.scenarios = list(QUICK if a.quick else SCENARIOS)
        if a.syscalls or a.instructions:
            a.scenarios = ["h1-1k-c64"]
        elif not a.quick:
            a.scenarios += [MEMORY, MEMORY_TLS, START]
    for name in a.scenarios:
        if name not in SCENARIOS and \
                name not in (MEMORY, MEMORY_TLS, START):
            p.error(f"no scenario {name}")
    return a


def _missing_tools(args):
    wanted = ["wrk", "taskset", "setpriv", "openssl"]
    tools = {SCENARIOS[s].tool for s in args.scenarios if s in SCENARIOS}
    if "h2load" in tools:
        wanted += ["h2load", "nghttp"]
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
        self.faulty = False
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

    def fault(self, what):
        """The subject does not do the work."""
        self.faulty = True
        self.checks.append(gate.verdict(what, 1, 0))

    def finish(self, args):
        code = gate.BROKEN if self.faulty else 0
        if args.gate:
            print("\n" + gate.text(self.checks))
            self.data["gate"] = self.checks
            code = gate.status(self.checks)
        if args.json:
            with open(args.json, "w", encoding="utf-8") as f:
                json.dump(self.data, f, indent=1)
        return code


def _able(lab, peers, scenario, args, result):
    """Those of the peers that can do it and do."""
    able = []
    for peer in peers:
        if not lab.can(peer, scenario):
            continue
        wrong = verify.problems(lab, peer, scenario.flags) \
            if scenario.flags else []
        if not wrong:
            able.append(peer)
            continue
        print(f"{scenario.name} {peer}: left out: {'; '.join(wrong[:5])}",
              file=sys.stderr)
        if peer == args.subject:
            result.fault(f"{scenario.name}: {wrong[0].splitlines()[0]}")
    return able


def _one_scenario(lab, peers, scenario, args, result):
    able = _able(lab, peers, scenario, args, result)
    runs = measure.interleaved(lab, able, scenario, args.rounds, args.secs,
                               args.subject)
    relays = [p for p in peers if lab.is_relay(p)]
    c = compare.Comparison(scenario, runs, relays, args.subject)
    checks = gate.of_comparison(c, args.rounds)
    if c.runs:
        result.add("scenarios",
                   {"scenario": scenario.name, "runs": runs} | c.summary(),
                   report.comparison(c), checks)
    else:
        result.checks += checks


def _compare(lab, peers, args, result):
    for name in args.scenarios:
        if name in (MEMORY, MEMORY_TLS):
            over_tls = name == MEMORY_TLS
            found = memory.measure(lab, peers, args.connections, over_tls)
            result.add(name, found,
                       memory.report(found, args.connections, over_tls),
                       memory.gated(found.get(args.subject),
                                    args.connections, over_tls))
        elif name == START:
            found = start.measure(lab, peers)
            result.add("start", found, start.report(found),
                       start.gated(found.get(args.subject)))
        else:
            _one_scenario(lab, peers, SCENARIOS[name], args, result)


def _syscalls(lab, peers, args, result):
    found = [syscalls.measure(lab, p, SCENARIOS[s], args.secs)
             for s in args.scenarios for p in peers
             if lab.can(p, SCENARIOS[s])]
    result.add("syscalls", found, syscalls.report(found))


def _instructions(lab, peers, args, result):
    for name in args.scenarios:
        for peer in (p for p in peers if lab.can(p, SCENARIOS[name])):
            found = instructions.measure(lab, peer, SCENARIOS[name],
                                         args.secs)
            result.add("instructions", found, instructions.report(found))


def _list(lab):
    rows = [[n, lab.binary(n) or "not found"] for n in lab.peers]
    rows += [[s.name, s.about] for s in SCENARIOS.values()]
    rows.append([MEMORY, "bytes per idle connection"])
    rows.append([MEMORY_TLS, "bytes per idle TLS connection"])
    rows.append([START, "time to the first answer, idle RSS, sizes"])
    for name, text in rows:
        print(f"{name:12} {text}")


def _work(args):
    missing = _missing_tools(args)
    if missing:
        print(f"needed here: {', '.join(missing)}", file=sys.stderr)
        return gate.UNMEASURED
    targets = max((conf.targets_of(SCENARIOS[s].flags)
                   for s in args.scenarios if s in SCENARIOS), default=1)
    with Lab(args.sluice, targets) as lab:
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

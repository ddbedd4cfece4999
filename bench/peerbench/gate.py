# SPDX-License-Identifier: Apache-2.0
"""Do the limits of gates.json hold?

Exit status of a gated run: 0 all hold, 1 one does not, 2 one could not be
measured (no program, no rival, too few undisturbed rounds).
"""
import json
import os

from .compare import median
from .lab import BENCH

HOLDS, BROKEN, UNMEASURED = 0, 1, 2
WORD = {HOLDS: "ok", BROKEN: "BROKEN", UNMEASURED: "not measured"}
ROUNDS_NEEDED = 3


def limits(part):
    with open(os.path.join(BENCH, "gates.json"), encoding="utf-8") as f:
        return json.load(f)[part]


def verdict(what, value, limit, below=True, measured=True):
    """One line of the gate."""
    if value is None or not measured:
        state = UNMEASURED
    else:
        state = HOLDS if (value <= limit if below else value >= limit) \
            else BROKEN
    return {"what": what, "value": value, "limit": limit, "below": below,
            "state": state}


def of_comparison(comparison, rounds):
    name = comparison.scenario.name
    limit = limits("compare").get(name, {})
    checks = []

    def check(what, key, ratios, calm, below=True):
        checks.append(verdict(
            f"{name} {what}", median(ratios), limit[key], below,
            calm and len(ratios) >= min(rounds, ROUNDS_NEEDED)))

    for metric, key, below in (("cpu_us", "cpu_ratio_max", True),
                               ("rps", "rps_ratio_min", False)):
        if key not in limit:
            continue
        if "to" in limit:
            peer, ratios, calm = comparison.against(limit["to"], metric)
            check(f"{metric} to {peer}", key, ratios, calm, below)
        else:
            peer, ratios, calm = comparison.against_best(metric)
            check(f"{metric} to the best ({peer})", key, ratios, calm, below)
    if "own_ratio_max" in limit:
        ratios, calm = comparison.against_own()
        check(f"cpu_us to {comparison.scenario.own}", "own_ratio_max", ratios,
              calm)
    if checks and comparison.subject in comparison.runs:
        checks.append(verdict(f"{name} errors",
                              comparison.errors(comparison.subject), 0))
    return checks


def text(checks):
    lines = []
    for c in checks:
        value = "–" if c["value"] is None else f"{c['value']:.3f}"
        sign = "<=" if c["below"] else ">="
        lines.append(f"gate {c['what']}: {value} {sign} {c['limit']} "
                     f"{WORD[c['state']]}")
    return "\n".join(lines)


def status(checks):
    states = {c["state"] for c in checks} or {UNMEASURED}
    return BROKEN if BROKEN in states else max(states)

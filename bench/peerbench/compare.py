# SPDX-License-Identifier: Apache-2.0
"""Sense of the runs: medians, and paired ratios within a round.

The machine has fast and slow phases longer than a run, so two medians say
less than the median of the ratios of neighbours in time.
"""
import statistics

from .measure import DISTURBED

SUBJECT = "sluice"


def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def clean(runs):
    """Undisturbed runs; the two calmest where fewer exist."""
    calm = [r for r in runs if r["foreign"] < DISTURBED]
    if len(calm) >= 2:
        return calm
    return sorted(runs, key=lambda r: r["foreign"])[:2]


def paired(ours, theirs, metric):
    """([ratio per round], all undisturbed?)"""
    def by_round(runs, limit):
        return {r["round"]: r[metric] for r in runs
                if r[metric] and r["foreign"] < limit}
    for limit in (DISTURBED, float("inf")):
        a, b = by_round(ours, limit), by_round(theirs, limit)
        ratios = [a[k] / b[k] for k in sorted(set(a) & set(b))]
        if ratios:
            return ratios, limit == DISTURBED
    return [], False


class Comparison:
    """All runs of one scenario, against one subject."""

    def __init__(self, scenario, runs, relays, subject=SUBJECT):
        self.scenario, self.subject = scenario, subject
        self.runs = {}
        self.own = []   # the subject's of the baseline
        for run in runs:
            if run["scenario"] == scenario.name:
                self.runs.setdefault(run["peer"], []).append(run)
            else:
                self.own.append(run)
        self.rivals = [p for p in self.runs
                       if p != subject and p not in relays]
        self.others = [p for p in self.runs if p != subject]

    def figure(self, peer, metric):
        return median(r[metric] for r in clean(self.runs[peer]))

    def spread(self, peer, metric):
        values = [r[metric] for r in clean(self.runs[peer])]
        return min(values), max(values)

    def errors(self, peer):
        return sum(r["errors"] for r in self.runs[peer])

    def ratios(self, peer, metric):
        return paired(self.runs.get(self.subject, []), self.runs[peer],
                      metric)

    def against_own(self):
        """(ratios, undisturbed) of the cost to that of the baseline."""
        return paired(self.runs.get(self.subject, []), self.own, "cpu_us")

    def against_best(self, metric):
        """(peer, ratios, undisturbed) of the rival that is hardest to beat:
        highest ratio for a cost, lowest for a throughput."""
        found = []
        for peer in self.rivals:
            ratios, calm = self.ratios(peer, metric)
            if ratios:
                found.append((median(ratios), peer, ratios, calm))
        if not found:
            return None, [], False
        hardest = min(found) if metric == "rps" else max(found)
        return hardest[1:]

    def against(self, peer, metric):
        """The same of one rival."""
        ratios, calm = self.ratios(peer, metric) if peer in self.runs \
            else ([], False)
        return peer, ratios, calm

    def summary(self):
        out = {"peers": {}, "ratios": {}, "best": {}}
        for peer in self.runs:
            out["peers"][peer] = {
                m: self.figure(peer, m) for m in
                ("cpu_us", "rps", "p50_us", "p99_us", "pss_kib", "busy",
                 "user_share", "upstream_opened", "foreign")}
            out["peers"][peer]["runs"] = len(clean(self.runs[peer]))
            out["peers"][peer]["errors"] = self.errors(peer)
        if self.subject not in self.runs:
            return out
        for metric in ("cpu_us", "rps"):
            out["ratios"][metric] = {p: self.ratios(p, metric)[0]
                                     for p in self.others}
            peer, ratios, calm = self.against_best(metric)
            out["best"][metric] = {"peer": peer, "median": median(ratios),
                                   "ratios": ratios, "undisturbed": calm}
        if self.own:
            ratios, calm = self.against_own()
            out["own"] = {"to": self.scenario.own, "median": median(ratios),
                          "ratios": ratios, "undisturbed": calm}
        return out

# SPDX-License-Identifier: Apache-2.0
"""Tables for people."""
from .compare import median


def table(head, rows, left=(0,)):
    """Aligned columns, those of `left` to the left, figures to the right."""
    rows = [[str(c) for c in row] for row in [head] + rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = []
    for row in rows:
        cells = [c.ljust(w) if i in left else c.rjust(w)
                 for i, (c, w) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(lines)


def number(value, digits=0):
    return "–" if value is None else f"{value:.{digits}f}"


def _rounds(ratios):
    return " ".join(f"{r:.2f}" for r in ratios)


def comparison(c):
    """The table of one scenario and its paired ratios."""
    rows = []
    for peer in sorted(c.runs, key=lambda p: c.figure(p, "cpu_us")):
        low, high = c.spread(peer, "cpu_us")
        rows.append([
            peer, number(c.figure(peer, "cpu_us"), 2), f"{low:.2f}-{high:.2f}",
            number(c.figure(peer, "rps")), number(c.figure(peer, "p50_us")),
            number(c.figure(peer, "p99_us")),
            number(c.figure(peer, "pss_kib") / 1024, 1),
            number(c.figure(peer, "busy"), 2),
            number(c.figure(peer, "user_share"), 2),
            number(c.figure(peer, "upstream_opened")), c.errors(peer)])
    lines = [f"{c.scenario.name}: {c.scenario.about}",
             table(["peer", "us/req", "min-max", "req/s", "p50 us", "p99 us",
                    "PSS MiB", "busy", "user", "up conns", "errors"], rows)]
    if c.subject not in c.runs:
        return "\n".join(lines)
    for peer in c.others:
        for metric in ("cpu_us", "rps"):
            ratios, calm = c.ratios(peer, metric)
            lines.append(f"{c.subject}/{peer} {metric}: "
                         f"{number(median(ratios), 3)}  "
                         f"({_rounds(ratios)}){'' if calm else ' disturbed'}")
    for metric in ("cpu_us", "rps"):
        peer, ratios, _ = c.against_best(metric)
        if not peer:
            continue
        aim = f" (aim: {c.scenario.aim})" \
            if c.scenario.aim and metric == "cpu_us" else ""
        lines.append(f"=> {metric} to the best, {peer}: "
                     f"{number(median(ratios), 3)}{aim}")
    if c.own:
        ratios, calm = c.against_own()
        lines.append(f"=> cpu_us to {c.subject}'s {c.scenario.own}: "
                     f"{number(median(ratios), 3)}  "
                     f"({_rounds(ratios)}){'' if calm else ' disturbed'}")
    return "\n".join(lines)

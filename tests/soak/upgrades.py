#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Binary upgrades and SIGKILLs of the serving process under load.

    tests/soak/upgrades.py [--upgrades 100] [--kills 100] [--clients 8]
                           [--over tls|h2]

SLUICE names the program. Each upgrade installs the program anew and tells the
parent by USR2 or HUP in turn; no request may fail. Each kill may fail only
requests that were in flight: begun before the process was gone, and not
answered when it was killed. Exit status 1 when anything else failed.
"""
import argparse
import os
import signal
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "proxy"))

import rig                                              # noqa: E402
from h2_load import Crowd                               # noqa: E402
from visitors import Service, Visitors                  # noqa: E402


def some_load(visitors, requests):
    """Wait until so many more requests were answered."""
    until = visitors.answered + requests
    rig.until(lambda: visitors.answered >= until,
              lambda: "no load: %s" % visitors.failures[-3:], 60 * rig.SLOW)


def load(service, clients):
    """Clients in the way of --over; h2 ones keep many streams in flight."""
    if rig.OVER == "h2":
        return Crowd(*service.where, clients=clients, depth=10)
    return Visitors(*service.where, keep=clients * 2 // 3 or 1,
                    once=clients // 3 or 1)


def report(what, visitors, failures, unexplained):
    print("%s: %d requests answered, %d failed, %d of them unexplained; "
          "%s" % (what, visitors.answered, len(failures), len(unexplained),
                  visitors.story()), flush=True)
    for failure in unexplained[:20]:
        print("    %r" % failure)
    return not unexplained


def upgrades(folder, number, clients):
    service = Service(folder)
    visitors = load(service, clients)
    took = []
    try:
        some_load(visitors, 100)
        for turn in range(number):
            began = time.monotonic()
            service.upgrade((signal.SIGUSR2, signal.SIGHUP)[turn % 2])
            took.append(time.monotonic() - began)
            some_load(visitors, 100)
    finally:
        visitors.stop()
        service.stop()
    print("upgrades: %d, %.0f ms each (median)" % (
        number, 1000 * statistics.median(took)))
    return report("upgrades", visitors, visitors.failures, visitors.failures)


def kills(folder, number, clients):
    service = Service(folder)
    visitors = load(service, clients)
    windows = []
    try:
        some_load(visitors, 100)
        for _ in range(number):
            windows.append(service.kill())
            some_load(visitors, 100)
    finally:
        visitors.stop()
        service.stop()
    back = sorted(1000 * (answered - before)
                  for before, _, answered in windows)
    unexplained = [f for f in visitors.failures if not any(
        f.began <= gone and f.ended >= before
        for before, gone, _ in windows)]
    print("kills: %d; the next process answered within %.0f ms (median), "
          "%.0f ms (95 %%), %.0f ms (most)" % (
              number, statistics.median(back),
              back[min(len(back) - 1, len(back) * 95 // 100)], back[-1]))
    ok = report("kills", visitors, visitors.failures, unexplained)
    if len(visitors.failures) > number * visitors.flying():
        print("kills: more failed than can have been in flight")
        ok = False
    return ok


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--upgrades", type=int, default=100)
    options.add_argument("--kills", type=int, default=100)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--over", choices=("tls", "h2"), default="",
                         help="instead of HTTP/1.1 over TCP")
    given = options.parse_args()
    rig.OVER = os.environ["SLUICE_TEST_OVER"] = given.over
    if not rig.SLUICE:
        sys.exit("set SLUICE=/path/to/sluice")
    ok = True
    with tempfile.TemporaryDirectory(prefix="sluice-soak-") as folder:
        if given.upgrades:
            ok &= upgrades(folder, given.upgrades, given.clients)
        if given.kills:
            ok &= kills(folder, given.kills, given.clients)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()

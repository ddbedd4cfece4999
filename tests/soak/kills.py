#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments while the API changes things: what was answered is
there afterwards, and nothing by halves (tests/api/killing.py).

    SLUICE=.../sluice python3 tests/soak/kills.py [KILLS] [SEED]

Half of the kills meet the serving process, half of them all of Sluice; a third
of the first keep the account in the parent's memory."""
import os
import random
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "api"))

from killing import Killing  # noqa: E402


def main(kills=1000, seed=None):
    seed = int(seed) if seed else random.randrange(1 << 30)
    folder = tempfile.mkdtemp(prefix="sluice-kills-")
    file = os.path.join(folder, "account.sqlite")
    parts = [("restart", file, kills // 2), ("crash", file, kills // 3),
             ("crash", "memory", kills - kills // 2 - kills // 3)]
    try:
        for number, (how, where, n) in enumerate(parts):
            with Killing("--state", where, "--reset", seed=seed + number) \
                    as killing:
                killing.options = ("--state", where)
                killing.rounds(n, getattr(killing, how))
                print("%-8s %-6s seed %d: %d kills, %d changes answered, all "
                      "there" % (how, "memory" if where == "memory" else "file",
                                 killing.seed, n, killing.answered),
                      flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*[int(word) for word in sys.argv[1:]])

# SPDX-License-Identifier: Apache-2.0
"""What tests of templates share with those of the proxy: stack.py and rig.py,
and a reader of the problems that `sluice` prints."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))


class Problem:
    """One problem as it was printed; line 0 when it has no place."""

    FIRST = re.compile(r"(?:(?P<file>[^:\n]+):)?(?:(?P<line>[0-9]+):"
                       r"(?P<column>[0-9]+):)? ?"
                       r"(?P<severity>error|warning|note): (?P<what>.+)\Z")

    def __init__(self, lines):
        """Takes the lines of one problem off the list."""
        match = self.FIRST.match(lines[0])
        if not match:
            raise AssertionError("no problem begins with %r" % lines[0])
        self.first = lines.pop(0)
        self.file, self.what = match.group("file"), match.group("what")
        self.severity = match.group("severity")
        self.line = int(match.group("line") or 0)
        self.column = int(match.group("column") or 0)
        self.source, self.caret, self.remedy = None, 0, ""
        if self.line:
            match = re.match(r" *([0-9]+) \| (.*)\Z", lines[0])
            if not match or int(match.group(1)) != self.line:
                raise AssertionError("not line %d: %r" % (self.line, lines[0]))
            self.source = match.group(2)
            lines.pop(0)
            match = re.match(r" *\| ([ \t]*)\^\Z", lines[0])
            if not match:
                raise AssertionError("no caret: %r" % lines[0])
            self.caret = len(match.group(1)) + 1
            lines.pop(0)
        while lines and re.match(r"    \S", lines[0]):
            self.remedy += lines.pop(0).strip() + "\n"

    def __repr__(self):
        return self.first


def problems(printed):
    """Every problem on stderr; other lines are left over, as a list."""
    lines, found, left = printed.split("\n")[:-1], [], []
    while lines:
        if Problem.FIRST.match(lines[0]):
            found.append(Problem(lines))
        else:
            left.append(lines.pop(0))
    return found, left

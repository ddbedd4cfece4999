# SPDX-License-Identifier: Apache-2.0
"""What the peers' configurations are made of: lines of a template.

    %if FLAG / %else / %endif      FLAG is one of the scenario's
    %for LIST / %end               once for each item, whose names then stand
    @NAME@                         a value
"""
import re
from dataclasses import dataclass

TARGETS = 899
ROUTES = 100
ROUTES_PER_HOST = 10


@dataclass(frozen=True)
class Route:
    """One rule: a host and what the path begins with."""
    number: int

    @property
    def host_number(self):
        return self.number // ROUTES_PER_HOST

    @property
    def host(self):
        return f"h{self.host_number}.example.com"

    @property
    def path(self):
        return f"/svc{self.number}/"

    def values(self):
        return {"I": self.number, "N": self.number + 1,
                "H": self.host_number, "HOST": self.host, "PATH": self.path}


ALL_ROUTES = [Route(i) for i in range(ROUTES)]


def targets_of(flags):
    return TARGETS if "targets" in flags else 1


def _items(name, flags, values):
    if name == "targets":
        return [{"I": i, "PORT": values["ORIGIN"] + i}
                for i in range(targets_of(flags))]
    if name == "hosts":
        return [r.values() for r in ALL_ROUTES[::ROUTES_PER_HOST]]
    if name == "routes":    # inside `hosts`: those of this host
        return [r.values() for r in ALL_ROUTES
                if values.get("H", r.host_number) == r.host_number]
    raise ValueError(f"no list {name}")


class _Template:
    def __init__(self, text, flags):
        self.lines = text.split("\n")
        self.flags = flags

    def block(self, at, values, out):
        """The lines up to the one that ends the block, whose place it
        returns; `out` None: only looks for that one."""
        while at < len(self.lines):
            line = self.lines[at]
            words = line.split()
            if not words or words[0][0] != "%":
                self._line(line, values, out)
            elif words[0] == "%if":
                at = self._if(at, words[1] in self.flags, values, out)
            elif words[0] == "%for":
                at = self._for(at, words[1], values, out)
            else:
                return at
            at += 1
        return at

    @staticmethod
    def _line(line, values, out):
        if out is not None:
            out.append(re.sub(r"@([A-Z]+)@",
                              lambda m: str(values[m.group(1)]), line))

    def _if(self, at, holds, values, out):
        at = self.block(at + 1, values, out if holds else None)
        if self.lines[at].strip() == "%else":
            at = self.block(at + 1, values, None if holds else out)
        return at

    def _for(self, at, name, values, out):
        end = self.block(at + 1, values, None)
        if out is not None:
            for item in _items(name, self.flags, values):
                self.block(at + 1, values | item, out)
        return end


def render(text, flags, values):
    out = []
    template = _Template(text, flags)
    if template.block(0, values, out) != len(template.lines):
        raise ValueError("a template has an end too many")
    return "\n".join(out)

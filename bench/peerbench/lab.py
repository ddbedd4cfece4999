# SPDX-License-Identifier: Apache-2.0
"""The lab: a private directory, ports, the built instruments, the origin,
and proxies started one at a time between load and origin."""
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

from . import host, httpc

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
IDLE_SECONDS = 600


def render(text, flags, values):
    """`%if FLAG` / `%else` / `%endif` lines (not nested), @NAME@ values."""
    out, on = [], True
    for line in text.split("\n"):
        word = line.strip()
        if word.startswith("%if "):
            on = word[4:] in flags
        elif word == "%else":
            on = not on
        elif word == "%endif":
            on = True
        elif on:
            out.append(re.sub(r"@([A-Z]+)@",
                              lambda m: str(values[m.group(1)]), line))
    return "\n".join(out)


def _free_ports(count, first=19000, last=20000):
    """Consecutive ports below the ephemeral range, so that no outgoing
    connection of a test can take one."""
    for base in range(first, last, count):
        held = []
        try:
            for port in range(base, base + count):
                s = socket.socket()
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                held.append(s)
                s.bind((httpc.HOST, port))
            return range(base, base + count)
        except OSError:
            continue
        finally:
            for s in held:
                s.close()
    raise RuntimeError(f"no {count} free ports in {first}-{last}")


class Lab:
    """Use as a context manager: everything is stopped and removed at exit."""

    def __init__(self, sluice=None):
        with open(os.path.join(BENCH, "peers.json"), encoding="utf-8") as f:
            self.peers = json.load(f)
        self.sluice = sluice or find_sluice()
        self.run = tempfile.mkdtemp(prefix="sluice-bench-")
        self.http, self.origin_port, self.spare_port = _free_ports(3)
        self.origin = None

    def __enter__(self):
        try:
            for tool in ("origin", "floor"):
                source = os.path.join(BENCH, "src", tool + ".c")
                subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o",
                                self.path(tool), source], check=True)
            self.origin = self.start(
                [self.path("origin"), str(self.origin_port)], host.LOAD_CPU,
                "origin.log")
            httpc.wait_ready(self.origin_port, self.origin)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        host.stop(self.origin)
        shutil.rmtree(self.run, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.run, name)

    def start(self, argv, cpu, log, **kw):
        with open(self.path(log), "ab") as f:
            return host.spawn(argv, cpu, f, **kw)

    def origin_stats(self):
        return json.loads(httpc.fetch(self.origin_port, "/stats")[2])

    def binary(self, name):
        """Path of the peer's program, or None."""
        for path in self.peers[name]["bin"]:
            path = path.format(sluice=self.sluice or "", tools=self.run)
            if path and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
        return None

    def version(self, name):
        args = self.peers[name].get("version")
        if name == "sluice":
            args = ["--version"]
        if not args:
            return self.peers[name]["about"]
        got = subprocess.run([self.binary(name)] + args, check=False,
                             capture_output=True, text=True, timeout=10)
        lines = (got.stdout + got.stderr).strip().splitlines()
        return lines[0] if lines else "?"

    def is_relay(self, name):
        return self.peers[name].get("relay", False)


def find_sluice():
    """$SLUICE, else the program of a build in the current directory, in the
    source tree or in its build/."""
    root = os.path.dirname(BENCH)
    for path in (os.environ.get("SLUICE"), "sluice",
                 os.path.join(root, "sluice"),
                 os.path.join(root, "build", "sluice")):
        if path and os.path.isfile(path) and os.access(path, os.X_OK):
            return os.path.abspath(path)
    return None


class Proxy:
    """One peer, running (context manager)."""

    def __init__(self, lab, name, flags=(), *, idle=IDLE_SECONDS, origin=None,
                 wrap=(), patience=15):
        """`wrap` goes before the command (an instrument); `origin` is
        another port than the lab's origin."""
        self.lab, self.name, self.patience = lab, name, patience
        self.dir = lab.path("proxy-" + name)
        self.process = None
        peer = lab.peers[name]
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        conf = os.path.join(self.dir, "conf")
        values = {"bin": lab.binary(name), "conf": conf, "run": self.dir,
                  "http": lab.http, "origin": origin or lab.origin_port,
                  "idle": idle}
        if "template" in peer:
            source = os.path.join(BENCH, "templates", peer["template"])
            with open(source, encoding="utf-8") as f:
                text = render(f.read(), flags,
                              {k.upper(): v for k, v in values.items()})
            with open(conf, "w", encoding="utf-8") as f:
                f.write(text)
        self.argv = list(wrap) + [a.format(**values) for a in peer["start"]]

    def __enter__(self):
        self.process = self.lab.start(
            self.argv, host.PROXY_CPU, os.path.join(self.dir, "out.log"),
            cwd=self.dir)
        try:
            httpc.wait_ready(self.lab.http, self.process, self.patience)
        except BaseException as e:
            self.__exit__()
            if isinstance(e, RuntimeError):
                raise RuntimeError(f"{self.name}: {e}\n{self._log()}") from e
            raise
        return self

    def __exit__(self, *_):
        host.stop(self.process)

    def _log(self):
        text = ""
        for name in ("out.log", "error.log"):
            path = os.path.join(self.dir, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    text += f.read()[-1000:]
        return text

    def pids(self):
        return host.tree(self.process.pid)

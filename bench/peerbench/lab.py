# SPDX-License-Identifier: Apache-2.0
"""The lab: a private directory, ports, the built instruments, the origin,
and proxies started one at a time between load and origin."""
import json
import os
import shutil
import socket
import subprocess
import tempfile

from . import conf, host, httpc, tls

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOLS = {"origin": [], "floor": [], "handshakes": ["-lssl", "-lcrypto"]}
IDLE_SECONDS = 600
IN_MEMORY = "/dev/shm"
IN_MEMORY_NEEDED = 2 << 30


def _free_ports(count, first=19000, last=21999):
    """Consecutive ports below the ephemeral range, so that no outgoing
    connection of a test can take one."""
    base = first
    while base + count - 1 <= last:
        held = []
        try:
            for port in range(base, base + count):
                s = socket.socket()
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                held.append(s)
                s.bind((httpc.HOST, port))
            return range(base, base + count)
        except OSError:
            base += len(held)   # behind the one that is taken
        finally:
            for s in held:
                s.close()
    raise RuntimeError(f"no {count} free ports in {first}-{last}")


def _log_place():
    """Where access logs go: memory where there is enough, so that no disk
    has a part in the figures; None: beside the rest."""
    try:
        found = os.statvfs(IN_MEMORY)
    except OSError:
        return None
    room = found.f_bavail * found.f_frsize
    return IN_MEMORY if room >= IN_MEMORY_NEEDED else None


class Lab:
    """Use as a context manager: everything is stopped and removed at exit."""

    def __init__(self, sluice=None, targets=1, spare=0):
        """`targets`: on how many ports the origin listens; `spare`: ports
        behind those that stay free."""
        with open(os.path.join(BENCH, "peers.json"), encoding="utf-8") as f:
            self.peers = json.load(f)
        self.sluice = sluice or find_sluice()
        self.targets = targets
        claim, self.http, self.https, self.spare_port, self.origin_port = \
            _free_ports(4 + targets + spare)[:5]
        # Another lab must not take what is free between two runs.
        self.claim = socket.create_server((httpc.HOST, claim))
        self.run = tempfile.mkdtemp(prefix="sluice-bench-")
        self.logs = tempfile.mkdtemp(prefix="sluice-bench-", dir=_log_place())
        self.origin = None

    def __enter__(self):
        try:
            for tool, libraries in TOOLS.items():
                source = os.path.join(BENCH, "src", tool + ".c")
                subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o",
                                self.path(tool), source] + libraries,
                               check=True)
            tls.prepare(self)
            self.origin = self.start(
                [self.path("origin"), str(self.origin_port),
                 str(self.targets)], host.LOAD_CPU, "origin.log")
            httpc.wait_ready(self.origin_port, self.origin)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        host.stop(self.origin)
        self.claim.close()
        for path in (self.run, self.logs):
            shutil.rmtree(path, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.run, name)

    def port(self, flags):
        """Where a proxy with these flags is asked."""
        return self.https if "tls" in flags else self.http

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

    def can(self, name, scenario):
        """Is there a configuration of the peer for it?"""
        return not set(self.peers[name].get("cannot", ())) & scenario.asks


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
        self.dir = os.path.join(lab.logs if "log" in flags else lab.run,
                                "proxy-" + name)
        self.process = None
        # A route that exists, where not all of them do.
        self.probe = conf.ALL_ROUTES[0] if "routes" in flags else None
        peer = dict(lab.peers[name])
        for flag in flags:
            peer |= lab.peers[name].get("with", {}).get(flag, {})
        self.log = os.path.join(self.dir, peer.get("log", "access.log"))
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        path = os.path.join(self.dir, "conf")
        values = {"bin": lab.binary(name), "conf": path, "run": self.dir,
                  "http": lab.http, "origin": origin or lab.origin_port,
                  "idle": idle} | tls.values(lab)
        if "template" in peer:
            source = os.path.join(BENCH, "templates", peer["template"])
            with open(source, encoding="utf-8") as f:
                text = conf.render(f.read(), flags, {
                    k.upper(): v for k, v in values.items()})
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        self.argv = list(wrap) + [a.format(**values) for a in peer["start"]]

    def __enter__(self):
        self.process = self.lab.start(
            self.argv, host.PROXY_CPU, os.path.join(self.dir, "out.log"),
            cwd=self.dir)
        try:
            httpc.wait_ready(self.lab.http, self.process, self.patience,
                             self.probe)
        except BaseException as e:
            self.__exit__()
            if isinstance(e, RuntimeError):
                raise RuntimeError(
                    f"{self.name}: {e}\n{self._messages()}") from e
            raise
        return self

    def __exit__(self, *_):
        host.stop(self.process)

    def log_lines(self):
        """Of the access log, once the proxy has ended; frees its space."""
        with open(self.log, "rb") as f:
            count = sum(part.count(b"\n")
                        for part in iter(lambda: f.read(1 << 20), b""))
        os.unlink(self.log)
        return count

    def _messages(self):
        text = ""
        for name in ("out.log", "error.log"):
            path = os.path.join(self.dir, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    text += f.read()[-1000:]
        return text

    def pids(self):
        return host.tree(self.process.pid)

# SPDX-License-Identifier: Apache-2.0
"""A real DNS server for tests: Debian's dnsmasq on a port of loopback."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import rig  # noqa: E402


def free_port():
    """One that is free for UDP and TCP."""
    for _ in range(50):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) \
                as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]
    raise AssertionError("no port is free")


class Names:
    """`hosts` is read again with every change of it; `more` are options."""

    def __init__(self, *more, ttl=1):
        self.program = shutil.which("dnsmasq", path=os.environ.get(
            "PATH", "") + ":/usr/sbin")
        if not self.program:
            raise unittest.SkipTest("needs dnsmasq (apt: dnsmasq-base)")
        self.folder = tempfile.mkdtemp(prefix="sluice-names-")
        self.hosts = os.path.join(self.folder, "hosts")
        self.port = free_port()
        self.more = more
        self.ttl = ttl
        self.process = None
        self.write({})
        self.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--keep-in-foreground", "--conf-file=/dev/null",
             "--port", str(self.port), "--listen-address=127.0.0.1",
             "--bind-interfaces", "--no-resolv", "--no-hosts", "--no-poll",
             "--user=", "--pid-file=", "--local-ttl=%d" % self.ttl,
             "--local=/test/", "--addn-hosts=" + self.hosts, *self.more],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rig.until(self.answers, "dnsmasq does not answer")

    def answers(self):
        question = (b"\x12\x34\x01\x00\0\1\0\0\0\0\0\0\4here\4test\0\0\1\0\1")
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            sock.connect(("127.0.0.1", self.port))
            try:
                sock.send(question)
                return bool(sock.recv(512))
            except OSError:
                return False

    def write(self, names):
        """{name: [address ...]}"""
        with open(self.hosts, "w", encoding="ascii") as file:
            file.write("127.0.0.9 here.test\n")
            for name, addresses in names.items():
                for address in addresses:
                    file.write("%s %s\n" % (address, name))
        os.chmod(self.folder, 0o755)

    def change(self, names):
        self.write(names)
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

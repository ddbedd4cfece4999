# SPDX-License-Identifier: Apache-2.0
"""Targets for tests of target groups over HTTPS, HTTP2 and GRPC, and what such
a test needs in front of them.

    need()                  skips where node or python3-hpack is missing
    with Target(pair) as target:        node's own HTTP/2 server (target_h2.js)
        target.address, target.resets("/hold")
    with serve(stack, pair) as sluice:  every listener "Front" is HTTPS
        h2.connect(*sluice.listeners["Front"])
"""
import os
import shutil
import subprocess
import threading
import unittest

import h2
import rig
from stack import Served, Stack, forward

CERTIFICATE = ("arn:aws:acm:us-east-1:000000000000:certificate/"
               "11111111-2222-3333-4444-555555555555")
HERE = os.path.dirname(os.path.abspath(__file__))


def need():
    h2.need()
    if shutil.which("node") is None:
        raise unittest.SkipTest("needs node")


class Target:
    """node's HTTP/2 server; with a certificates.Pair over TLS."""

    def __init__(self, pair=None):
        files = [pair.chain, pair.key] if pair else []
        self.child = subprocess.Popen(
            ["node", os.path.join(HERE, "target_h2.js"), *files],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.child.stdout.readline().split()[1])
        self.address = "127.0.0.1:%d" % self.port
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.lines.append(line.split())

    def resets(self, path):
        """The codes of the resets of streams with this path so far."""
        return [int(words[2]) for words in list(self.lines)
                if words[0] == "reset" and words[1] == path]

    def asked(self, path):
        return any(words[:2] == ["asked", path] for words in list(self.lines))

    def kill(self):
        self.child.kill()
        self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.child.stdout.close()


def front(*actions, attributes=None):
    """A stack with an HTTPS listener called Front."""
    stack = Stack(lb=False)
    stack.balancer("Lb", attributes)
    stack.listener("Front", 443, *(actions or [forward("Tg")]),
                   Protocol="HTTPS",
                   Certificates=[{"CertificateArn": CERTIFICATE}])
    return stack


def group(stack, name, addresses, version="HTTP2", protocol="HTTP",
          attributes=None, local=None, **more):
    stack.group(name, addresses, attributes, Protocol=protocol,
                ProtocolVersion=version, HealthCheckEnabled=True,
                HealthCheckIntervalSeconds=300, **more)
    stack.resources[name].setdefault("Metadata", {"Sluice": {}})
    stack.resources[name]["Metadata"]["Sluice"].update(local or {})
    return stack


def serve(stack, pair, *options, **more):
    more.setdefault("drain", 0)
    return Served(stack, "--certificate",
                  "%s=%s,%s" % (CERTIFICATE, pair.chain, pair.key), *options,
                  **more)


def logged(sluice, text):
    rig.until(lambda: sluice.log_count(text), lambda: sluice.story())
    return sluice.log_count(text)

# SPDX-License-Identifier: Apache-2.0
"""Programs of tests/clients: other people's clients and servers on node.

What they need is installed by contrib/check.sh through npm, or by hand:
`npm install` in a copy of tests/clients/package.json, and SLUICE_NODE_MODULES
is the node_modules that it made. Tests without it are skipped by name.
"""
import json
import os
import shutil
import subprocess
import threading
import unittest

import rig

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENTS = os.path.join(HERE, "..", "clients")


def modules():
    for path in (os.environ.get("SLUICE_NODE_MODULES"),
                 os.path.join(CLIENTS, "node_modules")):
        if path and os.path.isdir(path):
            return os.path.abspath(path)
    return None


def needs(*packages):
    """A decorator for a test case that needs node and packages from npm."""
    if not shutil.which("node"):
        return unittest.skip("needs node")
    for package in packages:
        if not modules() or not os.path.isdir(
                os.path.join(modules(), package)):
            return unittest.skip("needs %s from npm" % package)
    return lambda case: case


def environment():
    return dict(os.environ, NODE_PATH=modules() or "", NODE_NO_WARNINGS="1")


def ask(script, *arguments, seconds=rig.PATIENCE * 3):
    """What a client printed: one line of JSON."""
    done = subprocess.run(
        ["node", os.path.join(CLIENTS, script)] + [str(a) for a in arguments],
        capture_output=True, env=environment(), timeout=seconds, check=False)
    if done.returncode or not done.stdout:
        raise AssertionError("%s %s: exit %d\n%s" % (
            script, arguments, done.returncode, done.stderr.decode()))
    return json.loads(done.stdout)


class Server:
    """A server of tests/clients; .lines is what it printed."""

    def __init__(self, script, *arguments):
        self.child = subprocess.Popen(
            ["node", os.path.join(CLIENTS, script)] +
            [str(a) for a in arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=environment())
        self.reader = None
        word = self.child.stdout.readline().split()
        if len(word) != 2 or word[0] != b"port":
            self.stop()
            raise AssertionError("%s did not start" % script)
        self.port = int(word[1])
        self.address = "127.0.0.1:%d" % self.port
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    def prints(self, line):
        """Waits until it has printed that line."""
        rig.until(lambda: line in self.lines,
                  lambda: "%r in %s" % (line, self.lines))

    def stop(self):
        self.child.stdin.close()
        try:
            self.child.wait(rig.PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        if self.reader:
            self.reader.join(rig.PATIENCE)
        self.child.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

# SPDX-License-Identifier: Apache-2.0
"""Clients that come all the time, and know what went wrong and when.

    Visitors(host, port, keep=4, once=2)   starts threads; each request asks
        for a path of its own and checks that the answer is for it
    .stop()                                ends them
    .failures     [Failure]: when the request began, when it failed, how
    .answered      requests
    .closed        answers to keep-alive clients that said close
    .silently      connections that the server ended while nothing was asked

A keep-alive client behaves as a good one does: it looks whether the server
closed before it asks again, and goes on a new connection after an answer with
`Connection: close`. Nothing is tried a second time: a request that did not get
its answer is a failure.
"""
import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import rig
from stack import template_of


class Failure:
    def __init__(self, began, kind, error):
        self.began, self.ended = began, time.monotonic()
        self.kind, self.error = kind, error

    def __repr__(self):
        return "%s after %.3f s: %s" % (self.kind, self.ended - self.began,
                                        self.error)


class Link:
    """A connection that is read to the end of each answer."""

    def __init__(self, host, port):
        self.sock = socket.create_connection((host, port), rig.PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if rig.OVER:    # also with h2: HTTP/1.1 over TLS
            self.sock = rig.trusting().wrap_socket(
                self.sock, server_hostname="example.com")

    def close(self):
        self.sock.close()

    def is_open(self):
        """False when the server ended it while nothing was asked."""
        wake = select.poll()
        wake.register(self.sock, select.POLLIN)
        if not wake.poll(0):
            return True
        if not rig.OVER:
            return False
        # It may be a session ticket that came after the answer.
        self.sock.settimeout(0.0)
        try:
            self.sock.recv(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            pass
        finally:
            self.sock.settimeout(rig.PATIENCE)
        return False

    def read_head(self):
        data = b""
        while b"\r\n\r\n" not in data:
            got = self.sock.recv(65536)
            if not got:
                raise ConnectionError("closed with %d bytes of a head" %
                                      len(data))
            data += got
        head, _, rest = data.partition(b"\r\n\r\n")
        return head.decode("latin-1").split("\r\n"), rest

    def ask(self, path, last=False):
        """The body, and whether the connection may be used again."""
        self.sock.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (
            path.encode(), b"Connection: close\r\n" if last else b""))
        lines, body = self.read_head()
        if " 200 " not in lines[0] + " ":
            raise ValueError(lines[0])
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        length = int(fields["content-length"])
        while len(body) < length:
            got = self.sock.recv(65536)
            if not got:
                raise ConnectionError("closed inside a body")
            body += got
        if path.encode() not in body or len(body) != length:
            raise ValueError("another answer: %r" % body[:80])
        return fields.get("connection") != "close"


class Visitors:
    def __init__(self, host, port, keep=4, once=2, pause=0.0):
        self.where, self.pause = (host, port), pause
        self.failures, self.lock = [], threading.Lock()
        self.answered = self.closed = self.silently = 0
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=run, args=(number,), daemon=True)
            for number, run in enumerate([self.keep] * keep +
                                         [self.once] * once)]
        for thread in self.threads:
            thread.start()

    def count(self, again):
        with self.lock:
            self.answered += 1
            self.closed += not again

    def keep(self, number):
        link, turn = None, 0
        while not self.stopping.is_set():
            turn += 1
            began = time.monotonic()
            try:
                if link and not link.is_open():
                    self.silently += 1
                    link.close()
                    link = None
                link = link or Link(*self.where)
                again = link.ask("/keep/%d/%d/" % (number, turn))
                self.count(again)
            except (OSError, ValueError) as error:
                self.failures.append(Failure(began, "keep-alive", error))
                again = False
            if not again and link:
                link.close()
                link = None
            self.stopping.wait(self.pause)
        if link:
            link.close()

    def once(self, number):
        turn = 0
        while not self.stopping.is_set():
            turn += 1
            began, link = time.monotonic(), None
            try:
                link = Link(*self.where)
                link.ask("/once/%d/%d/" % (number, turn), True)
                self.count(True)
            except (OSError, ValueError) as error:
                self.failures.append(Failure(began, "one-shot", error))
            finally:
                if link:
                    link.close()
            self.stopping.wait(self.pause)

    def flying(self):
        """How many requests there may be at a time."""
        return len(self.threads)

    def story(self):
        return "%d answers said close, %d idle connections were closed" % (
            self.closed, self.silently)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(rig.PATIENCE)


def first_answer(where):
    """When somebody answered; a request that fails is made again at once."""
    end = time.monotonic() + rig.PATIENCE
    while True:
        link = None
        try:
            link = Link(*where)
            link.ask("/first/", True)
            return time.monotonic()
        except (OSError, ValueError):
            if time.monotonic() > end:
                raise
        finally:
            if link:
                link.close()


def probe(host, port):
    """Kill what stdin names and say when somebody answered again. A process
    of its own: other threads of a busy one would be measured as well."""
    for line in sys.stdin:
        pid = int(line)
        before = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        answered = first_answer((host, int(port)))
        rig.until(lambda pid=pid: rig.state_of(pid) in "ZX", "its end")
        print(before, time.monotonic(), answered, flush=True)


class Service:
    """A copy of the program in a folder of its own, so that it can be
    replaced, in front of the test origin; both are under test here."""

    def __init__(self, folder, *options, workers=2, drain=60):
        self.program = "%s/sluice" % folder
        self.install()
        self.origin = rig.Process("origin", "--port", 0)
        target = "127.0.0.1:%d" % self.origin.address_of("origin")[1]
        self.server = rig.Process(
            "serve", *self.template(folder, target), "--api", "127.0.0.1:0",
            "--workers", workers, "--drain-timeout", drain, *options,
            program=self.program)
        self.where = self.server.address_of("listener")
        self.prober = subprocess.Popen(
            [sys.executable, "-c", "import sys, visitors\n"
             "visitors.probe(*sys.argv[1:])", self.where[0],
             str(self.where[1])], cwd=os.path.dirname(
                 os.path.abspath(__file__)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @staticmethod
    def template(folder, target):
        if not rig.OVER:
            return "--to", target, "--listen", 0
        with open("%s/stack.json" % folder, "w", encoding="utf-8") as file:
            file.write(template_of([target], {}))
        return file.name, "--state-folder", folder + "/state"

    def install(self):
        """What an installation does: another file with the same name."""
        shutil.copy(rig.SLUICE, self.program + ".new")
        os.rename(self.program + ".new", self.program)

    def kill(self):
        """SIGKILL the serving process. (when it was there last, when it was
        surely gone, when the next one answered)"""
        self.prober.stdin.write(b"%d\n" % self.server.serving_pid)
        self.prober.stdin.flush()
        times = [float(word) for word in self.prober.stdout.readline().split()]
        if len(times) != 3:
            raise AssertionError("nobody answers: " + self.server.story())
        return times

    def upgrade(self, number):
        """Replace the program and wait until another process serves."""
        said = self.server.log_count("upgraded: process")
        self.install()
        self.server.signal(number)
        rig.until(lambda: self.server.log_count("upgraded: process") > said,
                  lambda: "no upgrade: " + self.server.story())

    def stop(self):
        self.prober.stdin.close()
        self.prober.wait(rig.PATIENCE)
        self.prober.stdout.close()
        try:
            self.server.stop()
        finally:
            self.origin.stop()

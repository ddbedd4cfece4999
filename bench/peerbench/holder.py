# SPDX-License-Identifier: Apache-2.0
"""A child process that holds many client connections, so that their file
descriptors and work are not the harness's.

Run as `python3 holder.py PORT [tls]`; one JSON command per line on stdin, one JSON
answer per line on stdout:
    {"do": "open", "count": N, "request": true}   idle connections
    {"do": "close"}
    {"do": "slow", "count": N, "drip": S, "give_up": S}
        request heads that never end: answers when all are open, and again
        when all were shed (or after give_up seconds)
"""
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import time

HOST = "127.0.0.1"
REQUEST = b"GET /1k HTTP/1.1\r\nHost: localhost\r\n"


class Holder:
    """The harness's side."""

    def __init__(self, port, cpu, environment=None):
        """With an environment (tls.environment()) over TLS."""
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", cpu,
             sys.executable, os.path.abspath(__file__), str(port)] +
            (["tls"] if environment else []), env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the holder of connections ended")
        return json.loads(line)

    def ask(self, **command):
        self.tell(**command)
        return self.answer()


def say(**answer):
    print(json.dumps(answer), flush=True)


def connect(port):
    return socket.create_connection((HOST, port), 5)


def whole_answer(s):
    data = b""
    while True:
        got = s.recv(8192)
        if not got:
            raise OSError("closed")
        data += got
        end = data.find(b"\r\n\r\n")
        if end >= 0 and len(data) >= end + 4 + 1024:
            return


def open_idle(port, count, request, context=None):
    held = []
    for _ in range(count):
        try:
            s = connect(port)
            if context:
                s = context.wrap_socket(s)
            if request:
                s.sendall(REQUEST + b"\r\n")
                whole_answer(s)
            held.append(s)
        except OSError:
            pass
    return held


class SlowHeads:
    """Heads that get one byte every `drip` seconds and no end."""

    def __init__(self, port, count):
        self.poll = select.epoll()
        self.open = {}      # fd -> (socket, moment of the first byte)
        self.status = {}    # what they were answered -> how often
        self.lives = []     # seconds from first byte to the end
        self.refused = 0
        for _ in range(count):
            try:
                s = connect(port)
                s.sendall(REQUEST + b"X-Slow: ")
            except OSError:
                self.refused += 1
                continue
            s.setblocking(False)
            self.open[s.fileno()] = (s, time.monotonic())
            self.poll.register(s, select.EPOLLIN)

    def _end(self, fd):
        s, born = self.open.pop(fd)
        self.lives.append(time.monotonic() - born)
        self.poll.unregister(fd)
        s.close()

    def _readable(self, fd):
        try:
            data = self.open[fd][0].recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data.startswith(b"HTTP/"):
            status = data.split(b" ", 2)[1].decode("latin1")
            self.status[status] = self.status.get(status, 0) + 1
        if not data:
            self._end(fd)

    def _drip(self):
        for s, _ in self.open.values():
            try:
                s.send(b"a")
            except OSError:
                pass    # the poll says how it ended

    def run(self, drip, give_up):
        start = time.monotonic()
        next_drip = start + drip
        while self.open and time.monotonic() < start + give_up:
            wait = max(0, next_drip - time.monotonic())
            for fd, _ in self.poll.poll(wait, 1024):
                self._readable(fd)
            if time.monotonic() >= next_drip:
                self._drip()
                next_drip = time.monotonic() + drip


def slow(port, count, drip, give_up):
    start = time.monotonic()
    heads = SlowHeads(port, count)
    say(opened=len(heads.open), refused=heads.refused,
        seconds=time.monotonic() - start)
    heads.run(drip, give_up)
    say(lives=sorted(heads.lives), status=heads.status, left=len(heads.open))


def unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def main():
    port = int(sys.argv[1])
    context = unverified() if sys.argv[2:] == ["tls"] else None
    held = []
    say(ready=True)
    for line in sys.stdin:
        command = json.loads(line)
        what = command.pop("do")
        if what == "open":
            held += open_idle(port, context=context, **command)
            say(open=len(held))
        elif what == "close":
            for s in held:
                s.close()
            held = []
            say(open=0)
        elif what == "slow":
            slow(port, **command)


if __name__ == "__main__":
    main()

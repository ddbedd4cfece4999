# SPDX-License-Identifier: Apache-2.0
"""Both ends of the proxy in one process: what every black-box test stands on.

    Sluice    starts `$SLUICE serve` on a port of the kernel's choice, reads
              its stdout until `ready`, keeps its stderr, ends it by its pid
    Origin    a target that does what a script says, one thread a connection,
              and keeps every byte that it was sent
    Closed    an address that refuses connections as long as it is held
    Client    a raw socket with deadlines and a strict response reader
    ProxyCase a test case with one of each, and the three verdicts that a
              hostile request can get: refused, ambiguous, accepted

Nothing sleeps longer than 50 ms: what takes time is polled against a
deadline. A deadline only ends a test that hangs: no test fails because the
machine was slow for a while. SLUICE_TEST_SLOW=factor stretches every deadline
(sanitizers).
"""
import array
import errno
import fcntl
import os
import re
import select
import signal
import socket
import struct
import ssl
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

import readers

SLOW = float(os.environ.get("SLUICE_TEST_SLOW", "1"))
HERE = os.path.dirname(os.path.abspath(__file__))
# How long is waited for what must come: long, since a machine of CI may stand
# still for seconds, and nobody waits for it when all is well.
PATIENCE = 40.0 * SLOW
# Tests run `serve` as people do, with a supervisor; SLUICE_TEST_ALONE=1 runs
# them with --no-supervisor, and skips those of the supervisor.
ALONE = os.environ.get("SLUICE_TEST_ALONE", "") not in ("", "0")
# Tests that were written for HTTP/1.1 over TCP run over "tls" or "h2" with
# SLUICE_TEST_OVER (test_over_tls.py, test_over_h2.py).
OVER = os.environ.get("SLUICE_TEST_OVER", "")
SKIP = 77


def binary():
    """The program under test: $SLUICE, or what a build left nearby."""
    for path in (os.environ.get("SLUICE"), "sluice",
                 os.path.join(HERE, "..", "..", "sluice")):
        if path and os.path.isfile(path) and os.access(path, os.X_OK):
            return os.path.abspath(path)
    return None


SLUICE = binary()


def sanitized():
    """Memory figures of an ASan or TSan build say nothing."""
    with open(SLUICE, "rb") as file:
        data = file.read()
    return b"__asan_init" in data or b"__tsan_init" in data


def main():
    """Run the test file: exit 0, 1, or 77 when a needed tool is missing."""
    if not SLUICE:
        print("SKIP: needs the sluice binary (set SLUICE=/path/sluice)")
        sys.exit(SKIP)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    program = unittest.main(exit=False, warnings="ignore")
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    # A class or a module that is skipped whole is none that ran.
    skipped = [t for t, _ in result.skipped if isinstance(t, unittest.TestCase)]
    if result.skipped and len(skipped) == result.testsRun:
        print("SKIP: " + "; ".join(sorted({w for _, w in result.skipped})))
        sys.exit(SKIP)
    sys.exit(0)


def until(true, what, seconds=PATIENCE, pause=0.005):
    """Poll `true()` until it holds; fail with `what` at the deadline."""
    end = time.monotonic() + seconds
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("not within %.1f s: %s" % (
                seconds, what() if callable(what) else what))
        time.sleep(pause)


class Steady:
    """For what must go on steadily while an idle timeout of 1 s runs: sleeps
    between two pieces, and knows whether a pause was too long because the
    machine had no time. A run that fails then says nothing, and is made again:

        for pace in Steady.runs():
            with pace: ...; pace.pause(); ...
    """

    def __init__(self, last):
        self.last, self.at, self.late, self.good = last, None, False, False

    @staticmethod
    def runs(most=10):
        for number in range(most):
            pace = Steady(number == most - 1)
            yield pace
            if pace.good:
                return

    def pause(self, seconds=0.045):
        time.sleep(seconds)
        self.beat()

    def beat(self):
        now = time.monotonic()
        if self.at is not None and now - self.at > 0.5:
            self.late = True
        self.at = now

    def __enter__(self):
        self.beat()
        return self

    def __exit__(self, kind, error, trace):
        self.good = kind is None
        self.beat()     # the next one may have been due for long
        return (kind is not None and issubclass(kind, Exception)
                and self.late and not self.last)


def reset(sock):
    """Close with RST."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
    except OSError:
        pass
    sock.close()


def unread(sock):
    """Bytes that wait in the kernel's receive queue."""
    count = array.array("i", [0])
    try:
        fcntl.ioctl(sock.fileno(), termios.FIONREAD, count)
    except (OSError, ValueError):
        return 0
    return count[0]


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


def address(host, port):
    return "[%s]:%d" % (host, port) if ":" in host else "%s:%d" % (host, port)


def children(pid):
    """Processes that it started and that are there, the oldest first."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as file:
            return [int(word) for word in file.read().split()
                    if state_of(int(word)) not in "ZX"]
    except OSError:
        return []


def state_of(pid):
    """R, S, T, Z ... of proc(5); X when there is no such process."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


# ---- a process under test ---------------------------------------------------
_state = []


def state_folder():
    """Where the programs of this test file keep their local authority."""
    if not _state:
        _state.append(tempfile.TemporaryDirectory(prefix="sluice-state-"))
    return _state[0].name


class Process:
    """A child whose stdout says where it listens and then `ready`.

    `program`: another file than $SLUICE; `before`: words of a command that
    runs it; `more`: what else subprocess.Popen() takes."""

    def __init__(self, *arguments, wait=True, environment=None, program=None,
                 before=(), more=None):
        arguments = [str(a) for a in arguments]
        if ALONE and arguments[0] == "serve":
            arguments.append("--no-supervisor")
        self.arguments = list(before) + [program or SLUICE] + arguments
        environ = dict(os.environ)
        environ.update(environment or {})
        self.lines, self.log, self.is_ready = [], [], threading.Event()
        self.child = subprocess.Popen(
            self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environ, **(more or {}))
        self.pid = self.child.pid
        self.threads = [
            threading.Thread(target=self.read_stdout, daemon=True),
            threading.Thread(target=self.read_stderr, daemon=True)]
        for thread in self.threads:
            thread.start()
        if wait:
            end = time.monotonic() + PATIENCE
            while not self.is_ready.wait(0.02):
                if self.child.poll() is not None:
                    self.finish()
                    raise AssertionError("exit %s before ready: %s" % (
                        self.child.returncode, self.story()))
                if time.monotonic() > end:
                    self.kill()
                    raise AssertionError("never ready: " + self.story())

    def read_stdout(self):
        for line in self.child.stdout:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
            if self.lines[-1] == "ready":
                self.is_ready.set()

    def read_stderr(self):
        for line in self.child.stderr:
            self.log.append(line.decode("utf-8", "replace").rstrip("\n"))

    def story(self):
        return "%s\nstdout: %s\nstderr: %s" % (
            " ".join(self.arguments), self.lines[-20:],
            "\n".join(self.log[-60:]))

    def alive(self):
        return self.child.poll() is None

    def log_count(self, text):
        return sum(text in line for line in list(self.log))

    def says(self, text, times=None):
        """Lines of the log hold the text, so many of them if it is told how
        many.  They come some time after what they tell."""
        until(lambda: self.log_count(text) >= (times or 1),
              lambda: "%r in the log\n%s" % (text, self.story()))
        if times and self.log_count(text) != times:
            raise AssertionError("%d lines of the log hold %r\n%s" % (
                self.log_count(text), text, self.story()))

    @property
    def serving_pid(self):
        """The process that serves: the newest child of a supervisor's, or
        what was started itself."""
        return (children(self.pid) or [self.pid])[-1]

    def signal(self, number):
        """To the process that was started; what it does to stand still and to
        go on, to the one that serves."""
        still = number in (signal.SIGSTOP, signal.SIGCONT)
        os.kill(self.serving_pid if still else self.pid, number)

    def freeze(self):
        """Stop it; it stands still when this returns. SIGCONT wakes it."""
        pid = self.serving_pid
        os.kill(pid, signal.SIGSTOP)
        until(lambda: state_of(pid) == "T", "process %d to stop" % pid)

    def finish(self):
        for thread in self.threads:
            thread.join(PATIENCE)
        self.child.stdout.close()
        self.child.stderr.close()

    def kill(self):
        rest = children(self.pid) if self.alive() else []
        if self.alive():
            self.child.kill()
        self.child.wait()
        for pid in rest:    # they would drain
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.finish()

    def wait(self, seconds=PATIENCE):
        """Exit code, or a failure (and a killed child) at the deadline."""
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("still running after %.1f s: %s" % (
                seconds, self.story())) from None
        self.finish()
        return self.child.returncode

    def stop(self, seconds=PATIENCE):
        """TERM; the child must end with 0 and no sanitizer report."""
        if not self.child.stdout.closed:
            if self.alive():
                self.signal(signal.SIGTERM)
            self.wait(seconds)
        code = self.child.returncode
        complaint = [line for line in self.log if re.search(
            r"Sanitizer|runtime error:|[Aa]ssertion .*failed", line)]
        if code != 0 or complaint:
            raise AssertionError("exit %s %s\n%s" % (code, complaint[:3],
                                                     self.story()))

    def address_of(self, word):
        """(host, port) of the stdout line `word http(s)://HOST:PORT...`."""
        for line in self.lines:
            match = re.match(word + r" https?://(\[[0-9a-f:.]+\]|[0-9.]+):"
                             r"([0-9]+)\b", line)
            if match:
                return match.group(1).strip("[]"), int(match.group(2))
        raise AssertionError("no %s line: %s" % (word, self.story()))

    def fds(self):
        return len(os.listdir("/proc/%d/fd" % self.serving_pid))

    def rss(self):
        """Resident bytes now."""
        with open("/proc/%d/statm" % self.serving_pid) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def peak(self):
        """The most that ever were resident."""
        with open("/proc/%d/status" % self.serving_pid) as file:
            return 1024 * int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])


def reach(host, port, over="", **more):
    """A client of a listener: HTTP/1.1 over TCP or "tls", or "h2"."""
    if over == "h2":
        import h1_over_h2   # stands on this module
        return h1_over_h2.Client(host, port, **more)
    return Client(host, port, tls=over == "tls", **more)


class Sluice(Process):
    """`sluice serve` in front of the given origins (or a --to string). Over
    TLS it is a template, as --to has no HTTPS listener."""

    def __init__(self, to, *options, attributes=None, workers=1, drain=2,
                 listen=0, api="127.0.0.1:0"):
        self.file = None
        if OVER:
            arguments = ["serve", self.template(to, attributes or {}, listen),
                         "--state-folder", state_folder()]
        else:
            if not isinstance(to, str):
                to = ",".join(o.address for o in to)
            arguments = ["serve", "--to", to, "--listen", listen]
            for key, value in (attributes or {}).items():
                arguments += ["--attribute", "%s=%s" % (key, value)]
        super().__init__(*arguments, "--api", api, "--workers", workers,
                         "--drain-timeout", drain, *options)
        self.host, self.port = self.address_of("listener")
        if api != "off":
            self.api_host, self.api_port = self.address_of("api")

    def template(self, to, given, listen):
        """The same as a file, with an HTTPS listener."""
        from stack import template_of   # stands on this module
        if isinstance(to, str):
            raise unittest.SkipTest("targets by --to have no HTTPS listener")
        self.file = tempfile.NamedTemporaryFile("w", suffix=".json")
        self.health = Origin()      # --to has no health checks
        self.file.write(template_of([o.address for o in to], given, listen,
                                    self.health.port))
        self.file.flush()
        return self.file.name

    def client(self, **more):
        try:
            return reach(self.host, self.port, OVER, **more)
        except OSError as error:
            raise AssertionError("cannot connect: %s; %s" % (
                error, self.story())) from error

    def api(self, path="/metrics", method="GET", more=b""):
        with Client(self.api_host, self.api_port) as client:
            client.send(b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s"
                        b"Connection: close\r\n\r\n" % (
                            method.encode(), path.encode(), more))
            return client.response(method)

    def metrics(self):
        answer = self.api("/metrics")
        if answer.status != 200:
            raise AssertionError("/metrics: %d" % answer.status)
        return Metrics(answer.body.decode())

    def metric(self, name, **labels):
        return self.metrics().sum(name, **labels)

    def base(self):
        """(fds, gauges) for at_rest(), once no target waits for its first
        health check: it would count as another one afterwards."""
        until(lambda: not self.metrics().like(
            r'^sluice_targets\{.*state="initial"'), "health checks")
        return self.fds(), self.metrics().gauges()

    def at_rest(self, fds, gauges, seconds=PATIENCE):
        """Wait until fds and gauges are back at (or below) the base."""
        # The API connection that reads the gauges is one of them, as it was
        # when the base was taken.
        until(lambda: self.fds() <= fds,
              lambda: "fds %d, base %d" % (self.fds(), fds), seconds)
        until(lambda: not self.metrics().above(gauges),
              lambda: "gauges above base: %s" % self.metrics().above(gauges),
              seconds)


class Metrics:
    """Prometheus text, read strictly."""

    NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
    LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
    SAMPLE = re.compile(r"(%s)(?:\{((?:%s,?)*)\})? (\S+)(?: [0-9]+)?\Z" % (
        NAME, LABEL))

    def __init__(self, text):
        if not text.endswith("\n"):
            raise AssertionError("the last line of /metrics has no end")
        self.types, self.helps, self.samples = {}, {}, {}
        for line in text.split("\n")[:-1]:
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ", 3)
                if name in self.types:
                    raise AssertionError("two TYPE lines for " + name)
                self.types[name] = kind
            elif line.startswith("# HELP "):
                _, _, name, help_text = line.split(" ", 3)
                self.helps[name] = help_text
            elif line and not line.startswith("#"):
                match = self.SAMPLE.match(line)
                if not match:
                    raise AssertionError("bad sample line %r" % line)
                labels = re.findall(self.LABEL, match.group(2) or "")
                key = (match.group(1), tuple(sorted(labels)))
                if key in self.samples:
                    raise AssertionError("sample twice: %r" % (key,))
                self.samples[key] = float(match.group(5))

    def sum(self, name, **labels):
        """Sum over the samples of `name` that carry these labels."""
        wanted = {(k, str(v)) for k, v in labels.items()}
        found = [v for (n, l), v in self.samples.items()
                 if n == name and wanted <= set(l)]
        if not found:
            raise AssertionError("no metric %s %s among %s" % (
                name, labels, sorted({n for n, _ in self.samples})))
        return sum(found)

    def like(self, pattern):
        """Sum over every sample whose `name{a="b",...}` matches."""
        total = 0
        for (name, labels), value in self.samples.items():
            text = name + "{" + ",".join('%s="%s"' % l for l in labels) + "}"
            if re.search(pattern, text):
                total += value
        return total

    def gauges(self):
        """Gauges that count live things (not bytes, times or versions)."""
        return {key: value for key, value in self.samples.items()
                if self.types.get(key[0]) == "gauge" and not re.search(
                    r"bytes|seconds|time|info|workers|generation|weight",
                    key[0])}

    def above(self, base):
        return {key: (value, base.get(key, 0))
                for key, value in self.gauges().items()
                if value > base.get(key, 0)}


# ---- the scripted target ----------------------------------------------------
class Ended(Exception):
    """The peer closed, reset, or the origin is being stopped."""


class Request:
    """What a target was asked, as the strict reader saw it."""

    def __init__(self, conn, message, trailers, raw):
        self.conn, self.raw, self.trailers = conn, raw, trailers
        self.method = message.method.decode("latin-1")
        self.target = message.target.decode("latin-1")
        self.body = message.body
        head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
        self.headers = [tuple(p.decode("latin-1").strip(" \t")
                              for p in line.split(b":", 1)) for line in head]

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def __repr__(self):
        return "<%s %s %r>" % (self.method, self.target, self.body[:40])


class OriginConn:
    """One accepted connection; the script's handle on it."""

    def __init__(self, origin, sock, number):
        self.origin, self.sock, self.number = origin, sock, number
        self.raw, self.buf = bytearray(), bytearray()
        self.keep_raw = True
        self.count = 0                  # requests read so far
        self.waiting, self.done = False, False
        self.peer_closed = threading.Event()
        self.error = None
        self.wake = select.poll()
        self.wake.register(sock, select.POLLIN)

    def fill(self, size=65536):
        """Wait for bytes; raises Ended when the peer closed."""
        self.waiting = True
        self.wake.poll()
        self.waiting = False
        try:
            data = self.sock.recv(size)
        except OSError:
            data = b""
        if not data:
            self.peer_closed.set()
            raise Ended
        if self.keep_raw:
            self.raw += data
            self.buf += data
        return data

    def take(self, size):
        while len(self.buf) < size:
            self.fill()
        data = bytes(self.buf[:size])
        del self.buf[:size]
        return data

    def take_until(self, mark):
        while True:
            at = self.buf.find(mark)
            if at >= 0:
                return self.take(at + len(mark))
            self.fill()

    def read_head(self):
        """The head's raw bytes, blank line included."""
        return self.take_until(b"\r\n\r\n")

    def read_request(self):
        """One whole request by the strict rules; also kept by the origin."""
        raw = self.read_head()
        fields = readers.strict_fields(raw[:-4].partition(b"\r\n")[2])
        codings = [v for n, v in fields if n == b"transfer-encoding"]
        lengths = [v for n, v in fields if n == b"content-length"]
        trailers = []
        if codings:
            while True:
                line = self.take_until(b"\r\n")
                raw += line
                size = int(line.split(b";")[0], 16)
                if size == 0:
                    break
                raw += self.take(size + 2)
            while not raw.endswith(b"\r\n\r\n"):
                line = self.take_until(b"\r\n")
                raw += line
                if line != b"\r\n":
                    trailers += readers.strict_fields(line[:-2])
                else:
                    break
        elif lengths:
            raw += self.take(int(lengths[0]))
        message = readers.strict_one(raw, 0)
        if message.end != len(raw):
            raise readers.Refused("bytes after the message")
        request = Request(self, message, trailers, raw)
        self.count += 1
        self.origin.requests.append(request)
        return request

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            self.peer_closed.set()
            raise Ended from error

    def dribble(self, data, pause=0.002, size=1):
        for at in range(0, len(data), size):
            self.send(data[at:at + size])
            time.sleep(pause)

    def half_close(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def cut(self):
        """End it whatever the script does."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def fin(self):
        self.sock.close()

    def rst(self):
        reset(self.sock)

    def wait_close(self):
        """Read on (and keep) until the peer closes."""
        while True:
            self.fill()

    def hold(self, event, seconds=60):
        """Do nothing until `event` is set (or the test ends)."""
        end = time.monotonic() + seconds * SLOW
        while not event.wait(0.02):
            if self.origin.closing or time.monotonic() > end:
                raise Ended


def respond(body=b"", status=200, reason=b"OK", headers=()):
    """A plain answer with Content-Length."""
    lines = [b"HTTP/1.1 %d %s" % (status, reason)]
    lines += [h if isinstance(h, bytes) else h.encode() for h in headers]
    if status not in (204, 304) and status >= 200:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Closed:
    """An address that refuses connections: bound, so that nobody else gets
    the port meanwhile, but nobody listens."""

    def __init__(self):
        self.sock = socket.socket()
        self.sock.bind(("127.0.0.1", 0))
        self.address = address(*self.sock.getsockname())

    def close(self):
        self.sock.close()


class Origin:
    """A target. `script(conn)` runs once for each connection; the default
    one answers each request with `answer(request)` and keeps alive. Both may
    be exchanged between two cases. `bound` is a socket to listen on."""

    def __init__(self, script=None, answer=None, host="127.0.0.1", port=0,
                 backlog=512, rcvbuf=None, bound=None):
        self.script = script or Origin.serve
        self.answer = answer or Origin.echo
        self.requests, self.conns, self.closing = [], [], False
        self.accepting = False
        self.listener = bound or socket.socket(family_of(host))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if rcvbuf:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                     rcvbuf)
        if not bound:
            self.listener.bind((host, port))
        self.listener.listen(backlog)
        self.host, self.port = host, self.listener.getsockname()[1]
        self.address = address(host, self.port)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def echo(request):
        """200 with the request line as the body, so that a mix-up shows."""
        body = ("%s %s" % (request.method, request.target)).encode("latin-1")
        if request.method == "HEAD":
            return respond(body)[:-len(body)]
        return respond(body)

    @staticmethod
    def serve(conn):
        while True:
            request = conn.read_request()
            conn.send(conn.origin.answer(request))

    def accept(self):
        wake = select.poll()
        wake.register(self.listener, select.POLLIN)
        while not self.closing:
            self.accepting = True
            ready = wake.poll(200)
            self.accepting = False
            if not ready or self.closing:
                continue
            try:
                sock, peer = self.listener.accept()
            except OSError:
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conn = OriginConn(self, sock, len(self.conns))
            conn.peer = peer    # (host, port ...) of who connected
            self.conns.append(conn)
            threading.Thread(target=self.run, args=(conn,),
                             daemon=True).start()

    def run(self, conn):
        try:
            self.script(conn)
        except Ended:
            pass
        except Exception as error:      # kept: the test asks for it
            conn.error = error
        finally:
            try:
                conn.sock.close()
            except OSError:
                pass
            conn.done = True

    def close(self):
        self.closing = True
        for conn in list(self.conns):
            try:
                conn.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join(2)
        self.listener.close()

    def settle(self):
        """Wait until every byte that reached the kernel was read."""
        wake = select.poll()
        wake.register(self.listener, select.POLLIN)

        def quiet():
            return (self.accepting and not wake.poll(0)
                    and all(c.done or (c.waiting and not unread(c.sock))
                            for c in list(self.conns)))
        until(lambda: quiet() and quiet(), "the origin to be quiet")

    def mark(self):
        """A place in time for since()."""
        self.settle()
        return [len(c.raw) for c in self.conns]

    def since(self, mark):
        """[(conn, bytes)] of all that arrived after the mark."""
        self.settle()
        streams = []
        for index, conn in enumerate(self.conns):
            start = mark[index] if index < len(mark) else 0
            if len(conn.raw) > start:
                streams.append((conn, bytes(conn.raw[start:])))
        return streams


def same_port(case, *hosts):
    """The port of origins at several addresses, each of which answers with its
    own; until the end of the case."""
    port = 0
    for host in hosts:
        body = respond(host.encode())
        origin = Origin(answer=lambda _, body=body: body, host=host, port=port)
        case.addCleanup(origin.close)
        port = origin.port
    return port


# ---- the raw client ---------------------------------------------------------
class Cut(AssertionError):
    """The connection ended inside an answer (or before one)."""


class Malformed(AssertionError):
    """The answer breaks RFC 9112."""


class Response:
    def __init__(self, status, reason, headers, version):
        self.status, self.reason = status, reason
        self.headers, self.version = headers, version
        self.body, self.trailers, self.interim = b"", [], []
        self.framing, self.raw, self.chunks = "none", b"", []

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    def __repr__(self):
        return "<%d %s %r %r>" % (self.status, self.reason, self.headers,
                                  self.body[:80])


def trusting(alpn=("http/1.1",)):
    """TLS that trusts everybody."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols(list(alpn))
    return made


class Client:
    """A raw connection to the proxy. Every wait has a deadline."""

    lock = None     # a client over TLS has one

    STATUS = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9]) "
                        rb"([\t\x20-\x7e\x80-\xff]*)\Z")

    def __init__(self, host, port, timeout=PATIENCE, rcvbuf=None, tls=False):
        self.timeout = timeout
        self.sock = socket.socket(family_of(host))
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(timeout)
        try:
            self.sock.connect((host, port))
        except OSError:
            self.sock.close()
            raise
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local = self.sock.getsockname()
        if tls:
            self.sock = trusting().wrap_socket(self.sock,
                                               server_hostname="example.com")
            # OpenSSL's connections are not for two threads at a time, and
            # Python before 3.13 does not see to it.
            self.lock = threading.Lock()
        self.buf, self.end = bytearray(), None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        if self.lock:
            self.send_tls(memoryview(data))
            return self
        self.sock.settimeout(self.timeout)
        self.sock.sendall(data)
        return self

    def at_once(self, method, data):
        """What recv() or send() does without waiting; None: it would wait."""
        with self.lock:
            self.sock.settimeout(0)
            try:
                return method(data)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return None
            finally:
                self.sock.settimeout(self.timeout)

    def wait(self, what, deadline):
        left = deadline - time.monotonic()
        poll = select.poll()
        poll.register(self.sock, what)
        if left <= 0 or not poll.poll(left * 1000):
            raise socket.timeout("timed out")

    def send_tls(self, data):
        deadline = time.monotonic() + self.timeout
        while data:
            sent = self.at_once(self.sock.send, data[:16384])
            if sent is None:
                self.wait(select.POLLOUT, deadline)
            else:
                data = data[sent:]

    def recv(self, deadline):
        if not self.lock:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            return self.sock.recv(65536)
        while True:
            data = self.at_once(self.sock.recv, 65536)
            if data is not None:
                return data
            self.wait(select.POLLIN, deadline)

    def push(self, data):
        """Send; a proxy that has already refused us is no error."""
        try:
            self.send(data)
        except socket.timeout:
            raise
        except OSError:
            pass
        return self

    def fill(self, deadline):
        """More bytes into buf; False at the end of the stream."""
        if self.end:
            return False
        if deadline <= time.monotonic():
            raise AssertionError("no answer in time; so far %.300r" %
                                 bytes(self.buf))
        try:
            data = self.recv(deadline)
        except socket.timeout:
            raise AssertionError("no answer in time; so far %.300r" %
                                 bytes(self.buf)) from None
        except ssl.SSLEOFError:     # no close_notify
            data = b""
        except OSError as error:
            if error.errno not in (errno.ECONNRESET, errno.EPIPE):
                raise
            self.end = "rst"
            return False
        if not data:
            self.end = "fin"
            return False
        self.buf += data
        return True

    def take(self, size, deadline):
        while len(self.buf) < size:
            if not self.fill(deadline):
                raise Cut("%s after %.300r" % (self.end, bytes(self.buf)))
        data = bytes(self.buf[:size])
        del self.buf[:size]
        return data

    def take_until(self, mark, deadline):
        while True:
            at = self.buf.find(mark)
            if at >= 0:
                return self.take(at + len(mark), deadline)
            if not self.fill(deadline):
                raise Cut("%s after %.300r" % (self.end, bytes(self.buf)))

    def fields(self, block):
        headers = []
        for line in block.split(b"\r\n") if block else []:
            match = readers.FIELD.match(line)
            if not match:
                raise Malformed("field line %r" % line)
            headers.append((match.group(1).decode(),
                            match.group(2).decode("latin-1").rstrip(" \t")))
        return headers

    def head(self, deadline):
        raw = self.take_until(b"\r\n\r\n", deadline)
        line, _, block = raw[:-4].partition(b"\r\n")
        match = self.STATUS.match(line)
        if not match:
            raise Malformed("status line %r" % line[:100])
        answer = Response(int(match.group(2)),
                          match.group(3).decode("latin-1"),
                          self.fields(block), int(match.group(1)))
        answer.raw = raw
        return answer

    def response(self, method="GET", timeout=None):
        """The next final answer, whole; interim ones are in .interim."""
        deadline = time.monotonic() + (timeout or self.timeout)
        interim = []
        while True:
            answer = self.head(deadline)
            if answer.status >= 200 or answer.status == 101:
                break
            interim.append(answer)
        answer.interim = interim
        self.read_body(answer, method, deadline)
        return answer

    def read_body(self, answer, method, deadline):
        codings = answer.all("Transfer-Encoding")
        lengths = answer.all("Content-Length")
        if codings and lengths:
            raise Malformed("both framing fields in %r" % answer)
        if len(lengths) > 1 or len(codings) > 1:
            raise Malformed("a framing field twice in %r" % answer)
        if lengths and not re.match(r"[0-9]+\Z", lengths[0]):
            raise Malformed("content-length %r" % lengths)
        if codings and codings[0].lower() != "chunked":
            raise Malformed("transfer-encoding %r" % codings)
        if answer.status in (101, 204) and (codings or lengths):
            raise Malformed("a framing field in a %d" % answer.status)
        if method == "HEAD" or answer.status in (101, 204, 304):
            return
        start = len(answer.raw)
        if codings:
            answer.framing = "chunked"
            while True:
                line = self.take_until(b"\r\n", deadline)
                if not re.match(rb"[0-9A-Fa-f]{1,16}\r\n\Z", line):
                    raise Malformed("chunk line %r" % line)
                size = int(line, 16)
                answer.raw += line
                if size == 0:
                    break
                answer.chunks.append(size)
                data = self.take(size + 2, deadline)
                if data[size:] != b"\r\n":
                    raise Malformed("chunk data not followed by CRLF")
                answer.raw += data
                answer.body += data[:size]
            while True:
                line = self.take_until(b"\r\n", deadline)
                answer.raw += line
                if line == b"\r\n":
                    break
                answer.trailers += self.fields(line[:-2])
        elif lengths:
            answer.framing = "length"
            answer.body = self.take(int(lengths[0]), deadline)
            answer.raw += answer.body
        else:
            answer.framing = "close"
            while self.fill(deadline):
                pass
            if self.end == "rst":
                raise Cut("rst inside an until-close body")
            answer.body = bytes(self.buf)
            self.buf.clear()
            answer.raw += answer.body
        return start

    def rest(self, timeout=None):
        """All bytes until the proxy closes."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while self.fill(deadline):
            pass
        data = bytes(self.buf)
        self.buf.clear()
        return data

    def eof(self, timeout=None):
        """The proxy closes without another byte; says "fin" or "rst"."""
        data = self.rest(timeout)
        if data:
            raise AssertionError("bytes before the close: %.300r" % data)
        return self.end

    def ask(self, target="/", method="GET", headers=(), body=b""):
        """Send a plain request and read its answer."""
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: example.com"]
        lines += headers
        if body:
            lines.append("Content-Length: %d" % len(body))
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        return self.response(method)

    def half_close(self):
        # Of the TCP connection; ssl's own method forgets the session.
        socket.socket.shutdown(self.sock, socket.SHUT_WR)
        return self

    def rst(self):
        reset(self.sock)

    def close(self):
        self.sock.close()


# ---- error pages ------------------------------------------------------------
REASONS = {
    400: "Bad Request", 403: "Forbidden", 405: "Not Allowed",
    408: "Request Time-out", 413: "Request Entity Too Large",
    414: "Request-URI Too Large", 417: "Expectation Failed",
    500: "Internal Server Error", 501: "Not Implemented",
    502: "Bad Gateway", 503: "Service Temporarily Unavailable",
    504: "Gateway Time-out", 505: "HTTP Version Not Supported"}
DATE = (rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3][0-9] (?:Jan|Feb|Mar|Apr|May|"
        rb"Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-2][0-9]:[0-5][0-9]:"
        rb"[0-6][0-9] GMT")


def page_body(status):
    title = b"%d %s" % (status, REASONS[status].encode())
    return (b"<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center>"
            b"<h1>%s</h1></center>\r\n</body>\r\n</html>\r\n" % (title, title))


def page_pattern(status, connection, head=False):
    body = page_body(status)
    return re.compile(
        re.escape(b"HTTP/1.1 %d %s\r\nServer: awselb/2.0\r\nDate: " % (
            status, REASONS[status].encode())) + DATE + re.escape(
                b"\r\nContent-Type: text/html\r\nContent-Length: %d\r\n"
                b"Connection: %s\r\n\r\n%s" % (
                    len(body), connection, b"" if head else body)) + rb"\Z")


# ---- the test case ----------------------------------------------------------
GOOD = b"GET /after HTTP/1.1\r\nHost: example.com\r\n\r\n"


def head(*lines, method="POST", target="/case", version="HTTP/1.1",
         host="example.com"):
    """A request head; lines are str (latin-1) or bytes, joined by CRLF."""
    first = "%s %s %s" % (method, target, version)
    out = [first.encode("latin-1")]
    if host is not None:
        out.append(b"Host: " + host.encode("latin-1"))
    out += [l if isinstance(l, bytes) else l.encode("latin-1") for l in lines]
    return b"\r\n".join(out) + b"\r\n\r\n"


class ProxyCase(unittest.TestCase):
    """One origin and one sluice for all tests of the class."""

    options = ()
    attributes = {}
    workers = 1
    longMessage = True
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.sluice = cls.start([cls.origin])

    @classmethod
    def start(cls, to, *options, **more):
        more.setdefault("attributes", cls.attributes)
        more.setdefault("workers", cls.workers)
        return Sluice(to, *cls.options, *options, **more)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.sluice.stop()
        finally:
            cls.origin.close()

    def client(self, **more):
        return self.sluice.client(**more)

    def drop_pool(self):
        """End every target connection from the target's side, so that the
        next request opens a new one."""
        for conn in self.origin.conns:
            if conn.done:
                continue
            conn.half_close()
            try:
                until(lambda c=conn: c.done or c.peer_closed.is_set(),
                      lambda: "target connection "
                      "%d to be left after its end; it saw %.300r" % (
                          conn.number, bytes(conn.raw)))
            except AssertionError:
                conn.cut()
                raise

    def target_does(self, script):
        """Run this script on the next target connections of this test."""
        self.drop_pool()
        self.origin.script = script
        self.addCleanup(self.target_serves)

    def target_serves(self):
        """No connection that runs another script is left."""
        self.origin.script = Origin.serve
        for conn in self.origin.conns:
            if not conn.done:
                conn.cut()
                until(lambda c=conn: c.done, "a script to end")

    def assertPage(self, answer, status, connection=None, method="GET"):
        """`answer` is ALB's error page, byte for byte."""
        self.assertEqual(answer.status, status, answer)
        said = answer.get("Connection")
        self.assertIn(said, (connection,) if connection else
                      ("close", "keep-alive"), answer)
        if status in REASONS:
            self.assertRegex(answer.raw, page_pattern(
                status, said.encode(), method == "HEAD"))
        else:
            self.assertEqual(answer.get("Server"), "awselb/2.0", answer)

    def assertOneReading(self, data):
        why = readers.disagreement(data) or readers.untidy(data)
        self.assertIsNone(why, "the target saw %r" % data[:2000])

    def messages(self, mark):
        """What reached the origin since the mark, read by every reader:
        [(conn, Message)]."""
        found = []
        for conn, data in self.origin.since(mark):
            self.assertOneReading(data)
            reading = readers.read_all(data)["strict"]
            self.assertEqual(reading.rest, "", data)
            found += [(conn, m) for m in reading.messages]
        return found

    def assertNothingSeen(self, mark):
        self.assertEqual([d for _, d in self.origin.since(mark)], [],
                         "the target must see nothing")

    def assertNeverWhole(self, mark):
        """The origin saw nothing, or a request that was cut short."""
        for _, data in self.origin.since(mark):
            for name, reading in readers.read_all(data).items():
                self.assertEqual((reading.messages, reading.rest),
                                 ([], "partial"),
                                 "%s reader, target saw %r" % (name, data))

    def refused(self, raw, status=400, method="GET", whole=False):
        """400c: the page, Connection: close, the end; the target saw nothing
        (whole=True: or only a part that every reader knows is a part)."""
        mark = self.origin.mark()
        with self.client() as client:
            client.push(raw)
            answer = client.response(method)
            self.assertIn(answer.status,
                          status if isinstance(status, tuple) else (status,),
                          "sent %.600r got %r" % (raw, answer))
            self.assertPage(answer, answer.status, "close", method)
            client.eof()
        if whole:
            self.assertNeverWhole(mark)
        else:
            self.assertNothingSeen(mark)
        return answer

    def ambiguous(self, raw, body=b"", method="POST", target="/case",
                  host=None, reply=200):
        """Forwarded once, in one reading, then both connections close."""
        mark = self.origin.mark()
        with self.client() as client:
            client.push(raw)
            answer = client.response(method)
            self.assertEqual(answer.status, reply,
                             "sent %.600r got %r" % (raw, answer))
            self.assertEqual(answer.get("Connection"), "close", answer)
            client.eof()
        seen = self.messages(mark)
        self.assertEqual(len(seen), 1, "sent %.600r, target saw %r" % (
            raw, seen))
        conn, message = seen[0]
        self.same(message, method, target, body, host)
        until(lambda: conn.peer_closed.is_set(),
              "the target connection to be closed after %.300r" % raw)
        return message

    def accepted(self, raw, body=b"", method="POST", target="/case",
                 host=None, keep=True):
        """Forwarded once, in one reading; both connections live on."""
        mark = self.origin.mark()
        with self.client() as client:
            client.push(raw)
            answer = client.response(method)
            self.assertEqual(answer.status, 200, "sent %.600r got %r" % (
                raw, answer))
            if keep:
                self.assertNotEqual(answer.get("Connection"), "close", answer)
                client.send(GOOD)
                after = client.response()
                self.assertEqual(after.body, b"GET /after")
            else:
                client.eof()
        seen = self.messages(mark)
        self.assertEqual(len(seen), 2 if keep else 1,
                         "sent %.600r, target saw %r" % (raw, seen))
        conn, message = seen[0]
        self.same(message, method, target, body, host)
        if keep:
            self.assertIs(seen[1][0], conn, "the target connection is reused")
            self.assertEqual(seen[1][1].target, b"/after")
        return message

    def safe(self, raw, bodies=(b"",), method="POST"):
        """Refused with the target seeing nothing, or forwarded once in one
        reading with one of these bodies."""
        mark = self.origin.mark()
        with self.client() as client:
            client.push(raw)
            client.half_close()
            answer = client.response(method)
            client.rest()
        if answer.status >= 400:
            self.assertPage(answer, answer.status, "close", method)
            self.assertNothingSeen(mark)
            return None
        seen = self.messages(mark)
        self.assertEqual(len(seen), 1, "sent %.600r, target saw %r" % (
            raw, seen))
        self.assertIn(seen[0][1].body, bodies)
        return seen[0][1]

    def same(self, message, method, target, body, host):
        self.assertEqual(
            (message.method, message.target, message.body),
            (method.encode(), target.encode("latin-1"), body))
        if host is not None:
            self.assertEqual(message.host, host.encode())

    def value(self, message, name):
        """The values of one field of a readers.Message."""
        return [v.decode("latin-1") for n, v in message.fields
                if n == name.lower().encode()]

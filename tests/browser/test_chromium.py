#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real browser behind the proxy: headless Chromium loads page.html through
`sluice serve` and runs its functions one by one.

The browser is driven through its debugging pipe, so what a page saw comes
back on a way of its own and not through the proxy under test. Where the test
says "as it comes", the origin sends the next part only when the page has told
it that the last one arrived: a proxy that holds anything back stops the show.

Not part of `make check`: run it with `make check-browser`. Exit status 77
when there is no Chromium ($CHROMIUM, or `chromium` in the PATH).
"""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))

import rig  # noqa: E402
from rig import Ended, respond, until  # noqa: E402

CHROMIUM = shutil.which(os.environ.get("CHROMIUM", "chromium"))
START = 60.0 * rig.SLOW         # a cold start on a busy machine
PATIENCE = 20.0 * rig.SLOW      # one function of the page
HOLD = 8.0 * rig.SLOW           # one step inside it, at the origin
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--disable-breakpad", "--disable-default-apps", "--disable-extensions",
    "--no-default-browser-check", "--no-proxy-server", "--password-store=basic",
    "--remote-debugging-pipe")

PIECES = (1, 70000, 3, 500)     # of a streamed body
TICKS = 4                       # events; the stream ends once, after the third
SOCKET_SIZE = 100 * 1000
MEBIBYTE = 1 << 20
WAVE = 4                        # requests at the same time; Chromium allows 6


def pattern(size):
    """The same bytes as pattern() of the page."""
    return bytes((i * 31 + (i >> 8) * 17 + (i >> 16)) & 255
                 for i in range(size))


# ---- the browser ------------------------------------------------------------
class Browser:
    """One Chromium process and its debugging pipe (JSON, ended by NUL)."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="sluice-chromium-")
        self.replies, self.events, self.number = {}, [], 0
        self.changed, self.gone = threading.Condition(), False
        environment = dict(os.environ, HOME=self.home, TMPDIR=self.home,
                           XDG_CONFIG_HOME=self.home + "/config",
                           XDG_CACHE_HOME=self.home + "/cache")
        self.log = open(os.path.join(self.home, "stderr"), "w+b")
        # Chromium reads commands from 3 and writes to 4; it ends when 3 does,
        # so that it does not outlive this process.
        self.child = subprocess.Popen(
            ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >&2', "sh",
             CHROMIUM, *FLAGS, "--user-data-dir=" + self.home + "/profile",
             "about:blank"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            env=environment)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        try:
            self.call("Browser.getVersion", seconds=START)
        except BaseException:
            self.close()
            raise

    def read(self):
        left = b""
        while True:
            data = self.child.stdout.read1(65536)
            if not data:
                break
            *messages, left = (left + data).split(b"\0")
            with self.changed:
                for message in map(json.loads, messages):
                    if "id" in message:
                        self.replies[message["id"]] = message
                    else:
                        self.events.append(message)
                self.changed.notify_all()
        with self.changed:
            self.gone = True
            self.changed.notify_all()

    def story(self):
        self.log.flush()
        with open(self.log.name, "rb") as file:
            return file.read()[-3000:].decode("utf-8", "replace")

    def wait(self, true, what, seconds):
        """Wait until true() holds; `changed` is held while it is called."""
        with self.changed:
            self.changed.wait_for(lambda: self.gone or true(), seconds)
            if not true():
                raise AssertionError("%s: %s; its stderr: %s" % (
                    what, "the browser has ended" if self.gone else
                    "no answer in %.0f s" % seconds, self.story()))

    def call(self, method, seconds=PATIENCE, session=None, **parameters):
        """One command; its result, or a failure at the deadline."""
        self.number += 1
        number = self.number
        command = {"id": number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        try:
            self.child.stdin.write(json.dumps(command).encode() + b"\0")
            self.child.stdin.flush()
        except OSError:
            pass                        # wait() says that it is gone
        self.wait(lambda: number in self.replies, method, seconds)
        reply = self.replies.pop(number)
        if "error" in reply:
            raise AssertionError("%s: %s" % (method, reply["error"]))
        return reply["result"]

    def close(self):
        """End it: politely, then by TERM, then by KILL, each by its pid."""
        try:
            self.call("Browser.close", seconds=5 * rig.SLOW)
        except AssertionError:
            pass
        for end in (lambda: None, self.child.terminate, self.child.kill):
            end()
            try:
                self.child.wait(10 * rig.SLOW)
                break
            except subprocess.TimeoutExpired:
                pass
        try:
            self.child.stdin.close()
        except OSError:
            pass
        self.thread.join(5)
        self.child.stdout.close()
        self.log.close()
        shutil.rmtree(self.home, ignore_errors=True)


class Page:
    """A tab."""

    def __init__(self, browser, url):
        self.browser = browser
        self.target = browser.call("Target.createTarget",
                                   url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", flatten=True,
                                    targetId=self.target)["sessionId"]
        self.call("Page.enable")
        shown = self.call("Page.navigate", url=url)
        if shown.get("errorText"):
            raise AssertionError("%s: %s" % (url, shown["errorText"]))
        browser.wait(
            lambda: any(e["method"] == "Page.loadEventFired" and
                        e.get("sessionId") == self.session
                        for e in browser.events), url, PATIENCE)

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def run(self, function, *arguments):
        """What `function(arguments)` of the page resolves to."""
        expression = "%s(%s)" % (function,
                                 ", ".join(map(json.dumps, arguments)))
        answer = self.call("Runtime.evaluate", expression=expression,
                           awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError("%s: %s" % (
                expression, answer["exceptionDetails"].get(
                    "exception", answer["exceptionDetails"])))
        return answer["result"].get("value")

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)


# ---- the origin -------------------------------------------------------------
class Steps:
    """What the page has told the origin so far."""

    def __init__(self):
        self.lock, self.events = threading.Lock(), {}

    def of(self, name):
        with self.lock:
            return self.events.setdefault(name, threading.Event())

    def wait(self, conn, name):
        """False (and the answer is cut short) when it never comes."""
        try:
            conn.hold(self.of(name), HOLD / rig.SLOW)
        except Ended:
            return False
        return True


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Site:
    """The pages of the origin: one method for each first part of a path."""

    def __init__(self):
        self.steps = Steps()
        self.meetings, self.lock = {}, threading.Lock()
        self.pongs, self.messages, self.unmasked = [], [], 0

    def __call__(self, conn):
        while True:
            request = conn.read_request()
            name = request.target.split("/")[1].replace(".", "_")
            getattr(self, "on_" + name, self.missing)(conn, request)

    def missing(self, conn, request):
        conn.send(respond(b"no %s here" % request.target.encode(), 404,
                          b"Not Found", ["Content-Type: text/plain",
                                         "Server: origin/1"]))

    def on_page_html(self, conn, _):
        with open(os.path.join(HERE, "page.html"), "rb") as file:
            conn.send(respond(file.read(), headers=[
                "Content-Type: text/html; charset=utf-8",
                "Set-Cookie: one=1; Path=/", "Set-Cookie: two=2; Path=/"]))

    def on_style_css(self, conn, _):
        conn.send(respond(b"body { color: rgb(1, 2, 3); }\n",
                          headers=["Content-Type: text/css"]))

    def on_script_js(self, conn, _):
        conn.send(respond(b'document.title = "loaded";\n',
                          headers=["Content-Type: text/javascript"]))

    def on_seen(self, conn, request):
        self.steps.of(request.target[len("/seen/"):]).set()
        conn.send(respond(b"", 204, b"No Content"))

    def on_meet(self, conn, request):
        """Nobody of a round is answered before all of them have come."""
        number = request.target.split("/")[2]
        with self.lock:
            meeting = self.meetings.setdefault(
                number, threading.Barrier(WAVE, timeout=HOLD))
        meeting.wait()
        conn.send(respond(request.target.encode()))

    def on_mirror(self, conn, request):
        conn.send(respond(request.body, headers=[
            "Content-Type: application/octet-stream"]))

    def on_stream(self, conn, request):
        framing = request.target.split("/")[2]
        chunked = framing == "chunked"
        conn.send(b"HTTP/1.1 200 OK\r\n"
                  b"Content-Type: application/octet-stream\r\n%s\r\n\r\n" % (
                      b"Transfer-Encoding: chunked" if chunked else
                      b"Content-Length: %d" % sum(PIECES)))
        for at, size in enumerate(PIECES):
            data = bytes([at]) * size
            conn.send(chunk(data) if chunked else data)
            # After its last byte the connection may carry the next request.
            last = at == len(PIECES) - 1 and not chunked
            if not last and not self.steps.wait(conn, "%s/%d" % (
                    framing, at)):
                raise Ended
        if chunked:
            conn.send(b"0\r\n\r\n")

    def on_events(self, conn, request):
        """Three events, the end; the rest to who comes back for it."""
        first = int(request.get("Last-Event-ID", "0")) + 1
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                  b"Cache-Control: no-cache\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n" +
                  chunk(b"retry: 50\n\n"))
        for number in range(first, TICKS if first == 1 else TICKS + 1):
            conn.send(chunk(b"id: %d\nevent: tick\ndata: tick %d\n\n" % (
                number, number)))
            if not self.steps.wait(conn, "tick/%d" % number):
                raise Ended
        if first == 1:
            conn.send(b"0\r\n\r\n")
            return
        self.until_left(conn, chunk(b": still here\n\n"), "events left")

    def on_endless(self, conn, _):
        conn.send(b"HTTP/1.1 200 OK\r\n"
                  b"Content-Type: application/octet-stream\r\n"
                  b"Content-Length: 1000000\r\n\r\nsome of it")
        self.until_left(conn, b"more", "endless left")

    def until_left(self, conn, data, name):
        """Go on for as long as somebody listens. (A browser that has had
        enough says FIN, which is no reason to drop a silent target: the next
        bytes for it are.)"""
        try:
            while True:
                conn.send(data)
                time.sleep(0.02)
        except Ended:
            self.steps.of(name).set()
            raise

    def on_broken(self, conn, request):
        """Targets that fail in three ways."""
        how = request.target.split("/")[2]
        if how == "reset":
            conn.rst()
        elif how == "garbage":
            conn.send(b"this is not HTTP\r\n\r\n")
        raise Ended

    def on_socket(self, conn, request):
        """A WebSocket that returns every message (RFC 6455)."""
        key = request.get("Sec-WebSocket-Key", "") + (
            "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest())
        conn.send(b"HTTP/1.1 101 Switching Protocols\r\n"
                  b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept +
                  self.frame(9, b"still there?"))
        kind, message = 0, b""
        while True:
            final, code, data = self.read_frame(conn)
            if code == 8:
                conn.send(self.frame(8, data))
                raise Ended
            if code == 10:
                self.pongs.append(data)
            else:
                kind = code or kind
                message += data
                if final:
                    self.messages.append((kind, len(message)))
                    conn.send(self.frame(kind, message))
                    kind, message = 0, b""

    @staticmethod
    def frame(code, data):
        size = len(data)
        if size < 126:
            length = bytes([size])
        elif size < 65536:
            length = b"\x7e" + size.to_bytes(2, "big")
        else:
            length = b"\x7f" + size.to_bytes(8, "big")
        return bytes([0x80 | code]) + length + data

    def read_frame(self, conn):
        first, second = conn.take(2)
        size = second & 127
        if size > 125:
            size = int.from_bytes(conn.take(2 if size == 126 else 8), "big")
        if not second & 128:
            self.unmasked += 1
            return first & 128, first & 15, conn.take(size)
        mask = conn.take(4) * (size // 4 + 1)
        data = int.from_bytes(conn.take(size), "big") ^ int.from_bytes(
            mask[:size], "big")
        return first & 128, first & 15, data.to_bytes(size, "big")


# ---- the cases --------------------------------------------------------------
class Chromium(rig.ProxyCase):
    workers = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        try:
            cls.browser = Browser()
        except BaseException:
            super().tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            cls.browser.close()
        finally:
            super().tearDownClass()

    def setUp(self):
        self.site = self.origin.script = Site()
        for conn in self.origin.conns:  # no other test's site answers
            conn.cut()
        until(lambda: all(c.done for c in self.origin.conns),
              "the last site to close")
        until(lambda: not self.sluice.metric("sluice_target_connections"),
              "the proxy to have noticed")
        self.origin.requests = []
        self.desync = self.sluice.metrics().like("^sluice_desync_")
        self.page = Page(self.browser, "http://127.0.0.1:%d/page.html" %
                         self.sluice.port)
        self.addCleanup(self.page.close)

    def tearDown(self):
        # Nothing that a real browser sends is anything but plain HTTP.
        self.assertEqual(self.sluice.metrics().like("^sluice_desync_"),
                         self.desync, "a request was not plain HTTP")

    def asked(self, path):
        """Requests for this path that the origin has seen in this test."""
        return [r for r in self.origin.requests if r.target.startswith(path)]

    def test_a_page_loads_with_its_style_script_and_both_cookies(self):
        self.assertEqual(self.page.run("loaded"), {
            "title": "loaded", "color": "rgb(1, 2, 3)",
            "cookies": ["one=1", "two=2"], "complete": "complete"})
        page, = self.asked("/page.html")
        self.assertEqual(page.get("Host"),
                         "127.0.0.1:%d" % self.sluice.port)
        self.assertIn("Chrome/", page.get("User-Agent"))
        self.assertEqual(page.all("X-Forwarded-For"), ["127.0.0.1"])
        self.assertEqual(page.all("Connection"), [])
        script, = self.asked("/script.js")
        self.assertEqual(sorted(script.get("Cookie", "").split("; ")),
                         ["one=1", "two=2"])

    def test_parallel_fetches_share_a_few_kept_connections(self):
        before = self.sluice.metrics()
        answers = self.page.run("parallel", 10, WAVE)
        after = self.sluice.metrics()
        self.assertEqual(answers, [
            [[200, "/meet/%d/%d" % (wave, one)] for one in range(WAVE)]
            for wave in range(10)])

        def more(name):
            return after.sum(name) - before.sum(name)

        self.assertGreaterEqual(more("sluice_requests_total"), 10 * WAVE)
        self.assertLessEqual(
            more("sluice_client_connections_accepted_total"), 6)

    def test_a_mebibyte_is_posted_and_comes_back_the_same(self):
        data = pattern(MEBIBYTE)
        self.assertEqual(self.page.run("post", MEBIBYTE), {
            "status": 200, "size": MEBIBYTE, "different": -1,
            "sha256": hashlib.sha256(data).hexdigest()})
        request, = self.asked("/mirror")
        self.assertEqual(request.method, "POST")
        self.assertTrue(request.body == data, "what the origin received")

    def test_a_chunked_body_arrives_piece_by_piece(self):
        self.streams("chunked")

    def test_a_body_with_a_length_arrives_piece_by_piece(self):
        self.streams("length")

    def streams(self, framing):
        ends = [sum(PIECES[:at + 1]) for at in range(len(PIECES))]
        self.assertEqual(self.page.run("stream", framing, PIECES), {
            "status": 200, "marks": ends, "bytes": ends[-1], "done": True})

    def test_events_pass_as_they_come_and_the_source_comes_back(self):
        seen = self.page.run("events", TICKS)
        self.assertEqual(seen["got"], [
            [str(n), "tick %d" % n] for n in range(1, TICKS + 1)])
        self.assertEqual(seen["errors"], 1, "one end, one return")
        requests = self.asked("/events")
        self.assertEqual([r.get("Last-Event-ID") for r in requests],
                         [None, str(TICKS - 1)])
        self.assertEqual(requests[0].get("Accept"), "text/event-stream")
        until(self.site.steps.of("events left").is_set,
              "the target to be left when the source is closed")

    def test_a_websocket_echoes_large_text_and_binary_messages(self):
        tunnels = self.sluice.metric("sluice_tunnels_total")
        seen = self.page.run("socket", SOCKET_SIZE)
        self.assertGreater(seen.pop("length", 0), 65536)
        self.assertEqual(seen, {
            "opened": True, "text": True, "size": SOCKET_SIZE,
            "sha256": hashlib.sha256(pattern(SOCKET_SIZE)).hexdigest(),
            "clean": True, "code": 4001, "reason": "enough"})
        self.assertEqual(self.site.pongs, [b"still there?"])
        self.assertEqual(self.site.unmasked, 0)
        self.assertEqual([kind for kind, _ in self.site.messages], [1, 2])
        self.assertEqual(self.sluice.metric("sluice_tunnels_total"),
                         tunnels + 1)
        until(lambda: not self.sluice.metric("sluice_tunnels_active"),
              "the tunnel to end")

    def test_a_404_of_the_target_is_passed_on_as_it_is(self):
        self.assertEqual(self.page.run("look", "/nothing/here"), {
            "status": 404, "reason": "Not Found", "server": "origin/1",
            "type": "text/plain", "body": "no /nothing/here here"})

    def test_a_failed_target_is_a_502_page_and_the_next_fetch_works(self):
        for how in ("reset", "close", "garbage"):
            with self.subTest(how):
                self.assertEqual(self.page.run("look", "/broken/" + how), {
                    "status": 502, "reason": "Bad Gateway",
                    "server": "awselb/2.0", "type": "text/html",
                    "body": rig.page_body(502).decode()})
                self.assertEqual(len(self.asked("/broken/" + how)), 1,
                                 "never repeated")
                self.assertEqual(
                    self.page.run("look", "/nothing")["status"], 404)

    def test_an_aborted_fetch_is_noticed_by_the_target(self):
        seen = self.page.run("abort", "/endless")
        self.assertGreaterEqual(seen.pop("bytes"), len(b"some of it"))
        self.assertEqual(seen, {"error": "AbortError"})
        until(self.site.steps.of("endless left").is_set,
              "the target to be left")


if __name__ == "__main__":
    if not CHROMIUM:
        print("chromium is missing (Debian's package: chromium)")
        sys.exit(rig.SKIP)
    rig.main()

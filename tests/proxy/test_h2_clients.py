#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 as the clients that people use speak it: curl, nghttp, h2load. A
client that is not installed is a skip with its name."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import rig
from rig import Origin, respond
from stack import Served, Stack, fixed, forward, path

BIG = bytes(range(256)) * 8192          # 2 MiB


def need(name):
    if shutil.which(name) is None:
        raise unittest.SkipTest("needs " + name)
    return name


def run(*command, stdin=b""):
    done = subprocess.run([str(c) for c in command], input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60 * rig.SLOW, check=False)
    return done.returncode, done.stdout, done.stderr.decode("latin-1")


class TestOrigin(unittest.TestCase):
    """`sluice origin --h2c`, which a listener is never like."""

    @classmethod
    def setUpClass(cls):
        cls.origin = rig.Process("origin", "--port", 0, "--h2c")
        cls.url = "http://%s:%d" % cls.origin.address_of("origin")

    @classmethod
    def tearDownClass(cls):
        cls.origin.stop()

    def curl(self, *arguments, stdin=b""):
        code, out, err = run(need("curl"), "-sS", "--max-time", 20, *arguments,
                             stdin=stdin)
        self.assertEqual((code, err), (0, ""))
        return json.loads(out)

    def test_who_begins_with_HTTP_2_gets_it(self):
        seen = self.curl("--http2-prior-knowledge", self.url + "/a?b")
        self.assertEqual((seen["version"], seen["path"]), ("HTTP/2.0", "/a?b"))

    def test_others_get_HTTP_1(self):
        self.assertEqual(self.curl(self.url)["version"], "HTTP/1.1")

    def test_nobody_is_upgraded(self):
        self.assertEqual(self.curl("--http2", self.url)["version"], "HTTP/1.1")

    def test_bodies_come_whole(self):
        seen = self.curl("--http2-prior-knowledge", "--data-binary", "@-",
                         self.url, stdin=BIG)
        self.assertEqual(seen["body_bytes"], len(BIG))
        self.assertEqual(seen["body_sha256"],
                         hashlib.sha256(BIG).hexdigest())

    def test_h2load_fails_no_request(self):
        _, out, _ = run(need("h2load"), "-n", 8000, "-c", 4, "-m", 32, self.url)
        self.assertIn(b"8000 succeeded, 0 failed, 0 errored, 0 timeout", out)


class TestListener(rig.ProxyCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin(answer=cls.answer)
        stack = Stack().certificate("Certificate", "example.com")
        stack.group("Web1", [cls.origin.address])
        stack.https("Web", 443, forward("Web1"))
        stack.rule("Fixed", "Web", 1, [path("/fixed")], fixed(200, "fixed"))
        stack.rule("Denied", "Web", 3, [path("/denied")], fixed(403, "no"))
        cls.hasty = Origin(cls.refuse)
        stack.group("Hasty", [cls.hasty.address])
        stack.rule("ToHasty", "Web", 2, [path("/hasty")], forward("Hasty"))
        cls.server = cls.sluice = Served(stack)
        cls.url = "https://%s:%d" % cls.server.listeners["Web"]
        cls.folder = tempfile.mkdtemp(prefix="sluice-test-")

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.origin.close()
        cls.hasty.close()
        shutil.rmtree(cls.folder)

    @staticmethod
    def refuse(conn):
        """Answers the head."""
        while b"\r\n\r\n" not in bytes(conn.buf):
            conn.fill()
        conn.send(respond(b"too large", 413))
        conn.wait_close()

    @staticmethod
    def answer(request):
        if request.target == "/big":
            return respond(BIG)
        if request.method == "POST":
            return respond(hashlib.sha256(request.body).hexdigest().encode())
        return Origin.echo(request)

    def curl(self, *arguments, stdin=b""):
        code, out, err = run(need("curl"), "-sSk", "--max-time", 20,
                             *arguments, stdin=stdin)
        self.assertEqual((code, err), (0, ""))
        return out

    def test_curl_speaks_HTTP_2(self):
        self.assertEqual(self.curl("-w", " %{http_version}", self.url + "/a"),
                         b"GET /a 2")

    def test_curl_hears_answers_that_come_before_its_upload_is_over(self):
        """curl 7.88 forgets one whose RST_STREAM comes in the same record. (One
        with a 2xx it hears, but waits then for the end of its upload.)"""
        for url, want in ((self.url + "/hasty", b"too large 413"),
                          (self.url + "/denied", b"no 403")):
            for more in ([], ["-H", "Expect: 100-continue"]):
                with self.subTest(url=url, more=more):
                    self.assertEqual(self.curl(
                        "--data-binary", "@-", "-w", " %{http_code}", *more,
                        url, stdin=BIG * 4), want)

    def test_curl_downloads(self):
        self.assertEqual(self.curl(self.url + "/big"), BIG)

    def test_curl_uploads(self):
        want = hashlib.sha256(BIG).hexdigest().encode()
        for more in ([], ["-H", "Content-Length:"],
                     ["-H", "Expect: 100-continue"]):
            self.assertEqual(self.curl("--data-binary", "@-", *more, self.url,
                                       stdin=BIG), want)

    def test_curl_asks_for_many_at_once(self):
        urls = [self.url + "/%d" % n for n in range(60)]
        out = self.curl("--no-progress-meter", "--parallel",
                        "--parallel-max", 30, *urls)
        self.assertEqual(sorted(re.findall(rb"GET /(\d+)", out), key=int),
                         [b"%d" % n for n in range(60)])

    def test_HTTP_1_goes_on_beside_it(self):
        self.assertEqual(self.curl("--http1.1", "-w", " %{http_version}",
                                   self.url + "/a"), b"GET /a 1.1")

    def test_nghttp_sends_trailers(self):
        code, out, _ = run(need("nghttp"), "-nv", "--no-dep", "-H",
                           ":method: POST", "--no-content-length", "--trailer", "x-end: here", "-d",
                           __file__, self.url + "/trailers")
        self.assertEqual(code, 0)
        self.assertIn(b":status: 200", out)
        self.assertEqual(self.origin.requests[-1].trailers,
                         [(b"x-end", b"here")])

    def test_nghttp_asks_with_priorities(self):
        code, out, _ = run(need("nghttp"), "-ns", "-m", 50, "-w", 30,
                           self.url + "/a")
        self.assertEqual(code, 0)
        self.assertEqual(out.count(b" 200 "), 50)

    def test_h2load_fails_no_request(self):
        for where in ("/fixed", "/a"):
            _, out, _ = run(need("h2load"), "-n", 3000, "-c", 4, "-m", 32,
                            self.url + where)
            self.assertIn(b"3000 succeeded, 0 failed, 0 errored, 0 timeout",
                          out)

    def test_h2load_with_a_small_window_gets_all_of_it(self):
        body = os.path.join(self.folder, "body")
        with open(body, "wb") as file:
            file.write(BIG[:100000])
        _, out, _ = run(need("h2load"), "-n", 30, "-c", 2, "-m", 5, "-w", 10,
                        "-W", 11, self.url + "/big")
        self.assertIn(b"30 succeeded, 0 failed", out)
        _, out, _ = run("h2load", "-n", 200, "-c", 2, "-m", 20, "-d", body,
                        self.url)
        self.assertIn(b"200 succeeded, 0 failed", out)


if __name__ == "__main__":
    rig.main()

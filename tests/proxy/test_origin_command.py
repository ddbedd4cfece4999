#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sluice origin`: a target that says what it received."""
import hashlib
import json
import time
import unittest

import rig
from rig import Client, Process, head


class OriginCommand(unittest.TestCase):

    def run_with(self, *options):
        child = Process("origin", "--port", "0", *options)
        self.addCleanup(child.stop)
        self.host, self.port = child.address_of("origin")
        return child

    def client(self):
        client = Client(self.host, self.port)
        self.addCleanup(client.close)
        return client

    def test_it_says_where_it_listens_and_what_it_is_called(self):
        child = self.run_with("--name", "blue")
        self.assertEqual(child.lines, [
            "origin http://127.0.0.1:%d name=blue" % self.port, "ready"])

    def test_it_answers_with_what_it_received(self):
        self.run_with("--name", "blue")
        body = bytes(range(256)) * 5
        answer = self.client().ask("/a/b?c=%20d", "POST", [
            "X-One: 1", "x-two: two words", "X-One: again"], body)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.get("Content-Type"), "application/json")
        self.assertEqual(answer.get("X-Origin-Name"), "blue")
        seen = json.loads(answer.body)
        self.assertEqual(seen["name"], "blue")
        self.assertEqual(seen["method"], "POST")
        self.assertEqual(seen["path"], "/a/b?c=%20d")
        self.assertEqual(seen["version"], "HTTP/1.1")
        self.assertEqual(seen["headers"], [
            ["Host", "example.com"], ["X-One", "1"], ["x-two", "two words"],
            ["X-One", "again"], ["Content-Length", str(len(body))]])
        self.assertEqual(seen["body_bytes"], len(body))
        self.assertEqual(seen["body_sha256"],
                         hashlib.sha256(body).hexdigest())

    def test_an_empty_body_has_the_hash_of_nothing(self):
        self.run_with()
        seen = json.loads(self.client().ask("/").body)
        self.assertEqual((seen["body_bytes"], seen["body_sha256"]),
                         (0, hashlib.sha256(b"").hexdigest()))

    def test_odd_bytes_in_the_request_give_valid_json(self):
        self.run_with()
        client = self.client()
        client.send(b'GET /"\\\xff HTTP/1.1\r\nHost: a\r\nX: "\\\t\xc3\xa9'
                    b'\xff\r\n\r\n')
        answer = client.response()
        seen = json.loads(answer.body.decode("utf-8"))
        self.assertTrue(seen["path"].startswith('/"\\'))

    def test_a_chunked_body_is_hashed_without_its_chunks(self):
        self.run_with()
        client = self.client()
        client.send(head("Transfer-Encoding: chunked") +
                    b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n")
        seen = json.loads(client.response().body)
        self.assertEqual((seen["body_bytes"], seen["body_sha256"]), (
            11, hashlib.sha256(b"hello world").hexdigest()))

    def test_a_large_body_is_read_to_its_end(self):
        self.run_with()
        body = b"0123456789abcdef" * (1 << 16)
        client = self.client()
        seen = json.loads(client.ask("/", "PUT", body=body).body)
        self.assertEqual(seen["body_bytes"], len(body))
        self.assertEqual(client.ask("/next").status, 200)

    def test_size_answers_with_so_many_bytes(self):
        for size in (0, 1, 1024, 3 << 20):
            with self.subTest(size):
                self.run_with("--size", size, "--name", "sized")
                client = self.client()
                for _ in range(2):
                    answer = client.ask("/")
                    self.assertEqual(len(answer.body), size)
                    self.assertEqual(answer.get("Content-Type"),
                                     "application/octet-stream")
                    self.assertEqual(answer.get("X-Origin-Name"), "sized")

    def test_status_answers_with_that_status(self):
        for status in (200, 404, 500, 503):
            with self.subTest(status):
                self.run_with("--status", status)
                self.assertEqual(self.client().ask("/").status, status)

    def test_status_204_has_no_body(self):
        self.run_with("--status", "204")
        client = self.client()
        for _ in range(2):
            answer = client.ask("/")
            self.assertEqual((answer.status, answer.body), (204, b""))

    def test_delay_answers_later_and_serves_others_meanwhile(self):
        self.run_with("--delay", "300", "--workers", "1")
        # One after the other they would take 45 s.
        clients = [self.client() for _ in range(150)]
        started = time.monotonic()
        for client in clients:
            client.send(head(method="GET"))
        for client in clients:
            answer = client.response(timeout=started + 30 - time.monotonic())
            self.assertEqual(answer.status, 200)
        self.assertGreaterEqual(time.monotonic() - started, 0.29)

    def test_head_has_no_body_and_the_connection_stays_in_step(self):
        self.run_with("--size", "100")
        client = self.client()
        answer = client.ask("/", "HEAD")
        self.assertEqual(answer.get("Content-Length"), "100")
        self.assertEqual(len(client.ask("/").body), 100)

    def test_pipelined_requests_are_answered_in_order(self):
        self.run_with()
        client = self.client()
        client.send(b"".join(head(method="GET", target="/%d" % n)
                             for n in range(50)))
        for number in range(50):
            self.assertEqual(json.loads(client.response().body)["path"],
                             "/%d" % number)

    def test_connection_close_is_honoured(self):
        self.run_with()
        client = self.client()
        client.ask("/", headers=["Connection: close"])
        self.assertEqual(client.eof(), "fin")

    def test_term_ends_it_with_0(self):
        child = self.run_with()
        self.client().ask("/")
        child.stop()
        self.assertEqual(child.child.returncode, 0)

    @unittest.skipUnless(rig.has_ipv6(), "needs IPv6 on the loopback")
    def test_it_listens_on_ipv6_when_told(self):
        self.run_with("--bind", "::1")
        self.assertEqual(self.host, "::1")
        self.assertEqual(self.client().ask("/").status, 200)

    def test_it_stands_behind_sluice_serve(self):
        self.run_with("--name", "behind")
        sluice = rig.Sluice("127.0.0.1:%d" % self.port)
        try:
            with sluice.client() as client:
                answer = client.ask("/x", "POST", body=b"hello")
            self.assertEqual(answer.get("X-Origin-Name"), "behind")
            seen = json.loads(answer.body)
            names = [n for n, _ in seen["headers"]]
            self.assertIn("X-Forwarded-For", names)
            self.assertEqual(seen["body_bytes"], 5)
        finally:
            sluice.stop()


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The API port: /healthz and /metrics."""
import re

import rig
from rig import Client, head, until


class Api(rig.ProxyCase):

    def test_healthz_says_ok(self):
        answer = self.sluice.api("/healthz")
        self.assertEqual((answer.status, answer.body), (200, b"ok\n"))

    def test_metrics_are_prometheus_text(self):
        answer = self.sluice.api("/metrics")
        self.assertEqual(answer.status, 200)
        self.assertRegex(answer.get("Content-Type"), r"\Atext/plain;.*"
                         r"version=0\.0\.4")
        metrics = rig.Metrics(answer.body.decode())
        self.assertTrue(metrics.samples)
        for (name, _), value in metrics.samples.items():
            base = re.sub(r"_(bucket|sum|count)\Z", "", name)
            self.assertTrue(name in metrics.types or base in metrics.types,
                            "no TYPE for " + name)
            self.assertTrue(name.startswith("sluice_")
                            or name.startswith("process_"), name)
            self.assertGreaterEqual(value, 0, name)
        for name, kind in metrics.types.items():
            self.assertIn(kind, ("counter", "gauge", "histogram"))
            self.assertIn(name, metrics.helps)
            if kind == "counter":
                self.assertTrue(name.endswith("_total"), name)

    def test_counters_move_with_the_requests(self):
        before = self.sluice.metrics()
        with self.client() as client:
            for _ in range(25):
                client.ask("/")
        moved = {}

        def counted():
            after = self.sluice.metrics()
            moved.update({k: v - before.samples.get(k, 0)
                          for k, v in after.samples.items()
                          if v != before.samples.get(k, 0)})
            return [k for k, v in moved.items()
                    if v == 25 and after.types.get(k[0]) == "counter"]
        until(counted, lambda: "a counter to go up by 25: %s" % moved)

    def test_counters_never_go_down(self):
        before = self.sluice.metrics()
        with self.client() as client:
            client.ask("/")
        after = self.sluice.metrics()
        for key, value in before.samples.items():
            if before.types.get(key[0]) == "counter":
                self.assertGreaterEqual(after.samples[key], value, key)

    def test_calls_of_the_api_are_no_traffic(self):
        before = self.sluice.metrics()
        for _ in range(10):
            self.sluice.api("/healthz")
        after = self.sluice.metrics()
        for name in ("sluice_requests_total", "sluice_responses_2xx_total",
                     "sluice_client_connections_accepted_total"):
            self.assertEqual(after.sum(name), before.sum(name), name)

    def test_answers_of_our_own_are_counted_by_status(self):
        before = self.sluice.metric("sluice_elb_4xx_total")
        with self.client() as client:
            client.push(b"BAD\r\n\r\n")
            client.response()
        until(lambda: self.sluice.metric("sluice_elb_4xx_total") ==
              before + 1, "a 4xx of our own in the metrics")

    def test_a_query_string_does_not_matter(self):
        self.assertEqual(self.sluice.api("/healthz?x=1").status, 200)

    def test_other_paths_get_404_and_other_methods_405(self):
        for path in ("/", "/metric", "/metrics/", "/healthz/x", "//healthz",
                     "/%68ealthz", "/../metrics"):
            with self.subTest(path):
                self.assertEqual(self.sluice.api(path).status, 404)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            for path in ("/healthz", "/metrics"):
                with self.subTest((method, path)):
                    answer = self.sluice.api(path, method,
                                             b"Content-Length: 0\r\n")
                    self.assertEqual(answer.status, 405)

    def test_head_is_answered_without_a_body(self):
        with Client(self.sluice.api_host, self.sluice.api_port) as client:
            client.send(head(method="HEAD", target="/healthz",
                             host="localhost"))
            answer = client.response("HEAD")
            self.assertIn(answer.status, (200, 405))
            if answer.get("Connection") != "close":
                client.send(head(method="GET", target="/healthz",
                                 host="localhost"))
                self.assertEqual(client.response().body, b"ok\n")

    def test_garbage_gets_400_and_the_api_lives_on(self):
        for raw in (b"\0\0\0\r\n\r\n", b"BAD\r\n\r\n",
                    head("Content-Length: +5"), b"GET / HTTP/2.0\r\n\r\n",
                    b"GET /" + b"x" * 100000):
            with self.subTest(raw[:20]):
                with Client(self.sluice.api_host,
                            self.sluice.api_port) as client:
                    client.push(raw)
                    data = client.rest()
                    self.assertRegex(data, rb"\AHTTP/1\.[01] [45]|\A\Z")
                self.assertEqual(self.sluice.api("/healthz").status, 200)

    def test_the_listener_does_not_serve_the_api(self):
        with self.client() as client:
            self.assertEqual(client.ask("/healthz").body, b"GET /healthz")


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A change is live on every worker when its call returns, fails no request,
and leaves everything as it was when it is refused."""
import os
import signal
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "proxy"))
import aws  # noqa: E402
import live  # noqa: E402
import rig  # noqa: E402
from rig import until  # noqa: E402

WORKERS = 4
CONNECTIONS = 40        # so that none of the workers has none
SECONDS = 3             # of changes under load


class LiveChanges(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.blue = rig.Origin(answer=live.says(b"blue"))
        cls.green = rig.Origin(answer=live.says(b"green"))
        cls.api = aws.Api(workers=WORKERS)
        cls.shift = live.Shift(cls.api, cls.blue, cls.green)

    @classmethod
    def tearDownClass(cls):
        cls.shift.close()
        cls.api.stop()
        cls.blue.close()
        cls.green.close()

    def test_the_next_request_on_any_worker_sees_the_change(self):
        clients = [self.shift.client() for _ in range(CONNECTIONS)]
        for client in clients:
            self.addCleanup(client.close)
        for turn in range(150):     # more than two whole builds
            green = turn % 2
            self.shift.shift(1 - green, green)
            for client in clients[turn % 4::4]:
                self.assertEqual(client.ask("/shift").body,
                                 b"green" if green else b"blue")

    def test_no_request_fails_while_weights_shift(self):
        load = live.Load(self.shift, 4)
        end = time.monotonic() + SECONDS
        changes = 0
        while time.monotonic() < end and not load.failed:
            self.shift.shift(changes % 11, 10 - changes % 11)
            changes += 1
        load.end()
        self.assertEqual(load.failed, [])
        self.assertGreater(changes, 20)
        self.assertGreater(len(load.take()), 100)

    def test_a_listener_is_open_when_its_call_returns(self):
        for _ in range(10):
            port = live.free_port()
            arn = self.shift.made(
                "CreateListener", "ListenerArn",
                LoadBalancerArn=self.shift.lb, Protocol="HTTP", Port=port,
                **self.shift.to(0, 1, "DefaultActions"))
            for _ in range(8):
                with rig.Client(self.api.api_host, port) as client:
                    self.assertEqual(client.ask("/").body, b"green")
            self.shift.must("DeleteListener", ListenerArn=arn)
            until(lambda port=port: self.is_closed(port), "it is closed")

    def is_closed(self, port):
        try:
            with socket.create_connection((self.api.api_host, port), 0.3):
                return False
        except OSError:
            return True

    def test_a_port_that_is_taken_is_told_with_its_remedy(self):
        with socket.socket() as taken:
            taken.bind(("0.0.0.0", 0))
            taken.listen()
            port = taken.getsockname()[1]
            wanted = {"LoadBalancerArn": self.shift.lb, "Protocol": "HTTP",
                      "Port": port, **self.shift.to(1, 0, "DefaultActions")}
            answer = self.shift.call("CreateListener", **wanted)
            self.assertEqual((answer.status, answer.code),
                             (400, "InvalidConfigurationRequest"))
            for part in ("port %d" % port, "--port", "--port-offset"):
                self.assertIn(part, answer.message)
            listed = self.shift.must("DescribeListeners",
                                     LoadBalancerArn=self.shift.lb)
            self.assertNotIn(str(port), [
                e.text for e in listed.iter("Port")])
        arn = self.shift.made("CreateListener", "ListenerArn", **wanted)
        with rig.Client(self.api.api_host, port) as client:
            self.assertEqual(client.ask("/").body, b"blue")
        self.shift.must("DeleteListener", ListenerArn=arn)

    def test_calls_at_the_same_time_are_all_there(self):
        failed = []

        def add(first):
            for n in range(first, first + 5):
                answer = self.api.call(
                    "CreateRule", ListenerArn=self.shift.listener, Priority=n,
                    **{"Conditions.member.1.Field": "path-pattern",
                       "Conditions.member.1.Values.member.1": "/at/%d" % n,
                       **self.shift.to(0, 1)})
                if answer.status != 200:
                    failed.append(answer.text)

        threads = [threading.Thread(target=add, args=(100 + 10 * n,))
                   for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])
        with self.shift.client() as client:
            for first in range(100, 180, 10):
                for n in range(first, first + 5):
                    self.assertEqual(client.ask("/at/%d" % n).body, b"green")

    def test_hups_lose_no_change_of_a_call(self):
        for turn in range(6):
            self.api.signal(signal.SIGHUP)
            self.shift.shift(1 - turn % 2, turn % 2)
            with self.shift.client() as client:
                self.assertEqual(client.ask("/shift").body,
                                 b"green" if turn % 2 else b"blue")


if __name__ == "__main__":
    unittest.main()

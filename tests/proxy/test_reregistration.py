#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Registration of a target that drains, and a storm of both."""
import threading
import time

import rig
from draining import CUTS, DELAY, DRAINING, Case, Named
from reloading import Tunnel
from rig import until
from stack import fixed, forward, path


class Again(Case):

    # 73
    def test_an_address_that_drains_cannot_be_registered(self):
        self.registered(self.blue, self.green)
        self.serve()
        self.healthy(self.blue, self.green)
        client = self.client()
        until(lambda: client.ask("/").body == b"green", "blue's turn")
        waits = self.begun("/wait")
        self.registered(self.green)
        self.reload()
        self.assertEqual(self.told(self.blue), DRAINING)
        self.registered(self.blue, self.green)
        self.stack.rule("More", "Web", 1, [path("/more")], fixed(200, "more"))
        said = self.refuse()
        for words in ("target group Web1 registers target %s (%s:" % (
                self.blue.address, self.server.path), "which is draining for",
                "try again then", DELAY + " (now 300) of at most"):
            self.assertIn(words, said)
        seconds = int(said.partition("draining for ")[2].split()[0])
        self.assertIn(seconds, range(200, 301))
        # Refused whole: the old one goes on.
        self.assertEqual(client.ask("/more").body, b"green")
        self.assertEqual(self.told(self.blue), DRAINING)
        # The remedy that the error names.
        self.registered(self.blue, self.green, delay=0)
        self.reload()
        self.healthy(self.blue, self.green)
        self.assertEqual(waits.response().status, 502)
        until(lambda: client.ask("/").body == b"blue", "blue to be asked")
        self.assertEqual(client.ask("/more").body, b"more")

    # 73
    def test_an_address_may_be_registered_when_its_delay_is_over(self):
        self.registered(self.blue, self.green, delay=1)
        self.serve()
        self.healthy(self.blue, self.green)
        self.registered(self.green, delay=1)
        self.reload()
        self.gone(self.blue)
        self.registered(self.blue, self.green, delay=1)
        self.reload()
        self.healthy(self.blue)

    def comes_back(self):
        """Blue goes and comes back while it drains."""
        self.healthy(self.blue)
        tunnel = Tunnel(self.server)
        self.addCleanup(tunnel.close)
        waits = self.begun("/wait")
        before = self.stack.resources["Web1"]
        self.group(self.green, delay=1)
        begin = time.monotonic()
        self.reload()
        self.assertEqual(self.told(self.blue), DRAINING)
        self.stack.resources["Web1"] = before
        self.reload()
        back = time.monotonic()
        self.assertIn(self.told(self.blue)[0], ("initial", "healthy"))
        self.healthy(self.blue)
        while back - begin < 1 and time.monotonic() - begin < 1.1:
            time.sleep(0.05)        # its time would have come
        if back - begin < 1:
            self.assertTrue(tunnel.works())
            self.blue.go.set()
            self.assertEqual(waits.response().body, b"blue")
        # Its connections are pooled again.
        client = self.client()
        until(lambda: client.ask("/").body == b"blue", "blue")
        number = len(self.blue.conns)
        for _ in range(10):
            self.assertEqual(client.ask("/").body, b"blue")
        self.assertLessEqual(len(self.blue.conns), number + 1)  # or a probe

    # 73
    def test_a_local_address_may_come_back_at_any_time(self):
        self.group(self.blue, delay=1, HealthCheckIntervalSeconds=300,
                   HealthCheckTimeoutSeconds=120)
        self.serve()
        self.comes_back()

    # 73
    def test_an_instance_may_come_back_at_any_time(self):
        self.group(self.blue, delay=1, TargetType="instance", Targets=[
            {"Id": "i-0123456789abcdef0", "Port": 80}],
            HealthCheckIntervalSeconds=300, HealthCheckTimeoutSeconds=120)
        self.serve()
        self.comes_back()

    def test_a_target_that_was_cut_gets_connections_again(self):
        # A request of the old snapshot keeps the slot of what is gone.
        self.group(self.blue, self.green, delay=0)
        self.serve()
        self.healthy(self.blue, self.green)
        until(lambda: self.client().ask("/").body == b"blue", "blue's turn")
        holds = self.begun("/wait", self.green)
        self.group(self.green, delay=0)
        self.reload()
        self.gone(self.blue)
        self.assertEqual(self.server.metric("sluice_snapshots_alive"), 2)
        self.group(self.blue, delay=300)
        self.reload()
        self.healthy(self.blue)
        until(lambda: self.client().ask("/").body == b"blue", "blue")
        self.green.go.set()
        self.assertIn(holds.response().status, (200, 502))
        self.adopted()
        for _ in range(10):
            self.assertEqual(self.client().ask("/").body, b"blue")


class Storm(Case):
    RELOADS, CLIENTS = 150, 4

    def load(self, statuses):
        def run():
            while not self.over:
                try:
                    with self.server.client() as client:
                        for _ in range(20):
                            answer = client.ask("/")
                            self.count += 1
                            if answer.status not in statuses:
                                self.failed.append(answer)
                except (AssertionError, OSError) as error:
                    self.failed.append(repr(error))
        self.over, self.failed, self.count = False, [], 0
        threads = [threading.Thread(target=run, daemon=True)
                   for _ in range(self.CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def end(self, threads):
        self.over = True
        for thread in threads:
            thread.join()
        self.assertEqual(self.failed[:5], [])

    def change(self, number, delay):
        """One to three of four targets, and sometimes a group less."""
        origins = self.origins[number % 4:] + self.origins[:number % 4]
        self.group(*origins[:1 + number % 3], delay=delay)
        self.group(*origins[1:2 + number % 2], name="Side", delay=delay)
        self.stack.listener("Web", 80, forward("Web1", "Side"))
        if number % 5 == 4:
            del self.stack.resources["Side"]
            self.stack.listener("Web", 80, forward("Web1"))

    def storm(self, delay, statuses):
        threads = self.load(statuses)
        until(lambda: self.count > 50 or self.failed, "load")
        for number in range(1, self.RELOADS):
            self.change(number, delay)
            self.reload()
            self.assertEqual(self.failed[:5], [])
        self.end(threads)

    def test_targets_that_come_and_go_under_load_fail_no_request(self):
        more = [Named("third"), Named("fourth")]
        for origin in more:
            self.addCleanup(origin.close)
        self.origins = [self.blue, self.green] + more
        self.change(0, 300)
        self.serve(workers=2)
        # Workers that did not begin to probe lack descriptors of theirs.
        self.healthy(self.blue)
        self.healthy(self.green, group="Side")
        fds = self.server.fds()
        self.storm(300, (200,))
        self.assertEqual(self.server.metric(CUTS), 0)
        # Without a delay what is in flight fails, and nothing else.
        self.storm(0, (200, 502))
        self.change(0, 0)
        self.reload()
        self.stack.group("Web1")
        self.stack.group("Side")
        self.reload()
        until(lambda: self.server.targets() == [],
              lambda: "targets to be gone: %s" % self.server.targets())
        self.adopted()
        until(lambda: self.server.metric("sluice_target_connections") == 0,
              "connections to be closed")
        until(lambda: self.server.fds() <= fds,
              lambda: "%d descriptors, %d at the begin" % (
                  self.server.fds(), fds))


if __name__ == "__main__":
    rig.main()

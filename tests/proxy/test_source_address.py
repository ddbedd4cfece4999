#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Connections to the targets of a group leave from its SourceAddress."""
import unittest

import rig
from stack import Served, Stack, command, forward


def stack_of(origin, source, **more):
    stack = Stack()
    stack.group("Blue", [origin.address], **more)
    if source:
        stack.resources["Blue"]["Metadata"]["Sluice"]["SourceAddress"] = source
    return stack.listener("Web", 80, forward("Blue"))


class TestSourceAddress(unittest.TestCase):
    def setUp(self):
        self.origin = rig.Origin()
        self.addCleanup(self.origin.close)

    def sources(self):
        """{path: address} of who asked the target for what."""
        return {bytes(conn.raw).split()[1].decode(): conn.peer[0]
                for conn in self.origin.conns if bytes(conn.raw).split()}

    def seen(self, served, *paths):
        rig.until(lambda: set(paths) <= set(self.sources()),
                  lambda: "%s in %s" % (paths, self.sources()))
        return self.sources()

    def test_requests_and_health_checks_leave_from_it(self):
        with Served(stack_of(self.origin, "127.0.0.77",
                             HealthCheckPath="/health")) as served:
            self.assertEqual(served.client("Web").ask("/x").status, 200)
            found = self.seen(served, "/x", "/health")
        self.assertEqual((found["/x"], found["/health"]),
                         ("127.0.0.77", "127.0.0.77"))

    def test_without_it_the_system_chooses(self):
        with Served(stack_of(self.origin, None)) as served:
            served.client("Web").ask("/x")
            self.assertEqual(self.seen(served, "/x")["/x"], "127.0.0.1")

    def test_a_reload_changes_it(self):
        with Served(stack_of(self.origin, "127.0.0.77")) as served:
            served.client("Web").ask("/before")
            served.reload(stack_of(self.origin, "127.0.0.78"))
            served.client("Web").ask("/after")
            found = self.seen(served, "/before", "/after")
        self.assertEqual((found["/before"], found["/after"]),
                         ("127.0.0.77", "127.0.0.78"))

    def test_an_address_of_elsewhere_is_told(self):
        with Served(stack_of(self.origin, "192.0.2.1")) as served:
            self.assertEqual(served.client("Web").ask("/x").status, 502)
            rig.until(lambda: served.log_count(
                "target group blue: no connection can leave from 192.0.2.1, "
                "its SourceAddress: Cannot assign requested address"),
                lambda: served.story())

    def test_of_another_family_it_does_not_matter(self):
        with Served(stack_of(self.origin, "::1")) as served:
            self.assertEqual(served.client("Web").ask("/x").status, 200)

    def test_what_is_no_address_is_an_error(self):
        for wrong, what in (("eth0", "is no IP address"),
                            ("0.0.0.0", "stands for every address"),
                            ("::", "stands for every address")):
            code, _, err = command("check", "-", stdin=stack_of(
                self.origin, wrong))
            self.assertEqual(code, 65)
            self.assertIn('Metadata.Sluice.SourceAddress "%s" %s' % (
                wrong, what), err)
            self.assertIn("such as 10.0.0.5", err)


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: Apache-2.0
"""What tests of deregistration have in common: targets whose answers wait, and
a server whose template takes them away."""
import threading
import unittest

import rig
from reloading import SWITCH
from rig import Origin, head, respond, until
from stack import Served, Stack, forward

REFUSED = "the new template is refused, the old one goes on"
RUNS = "the new template runs"
DELAY = "deregistration_delay.timeout_seconds"
DRAINING = ("draining", "Target.DeregistrationInProgress",
            "Target deregistration is in progress")
CUTS = "sluice_deregistration_cuts_total"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Named(Origin):
    """Answers with its name. /wait waits for `go`, /stream begins an answer
    and waits for it, /ws becomes a tunnel that echoes. With `fit` unset its
    health checks fail; with `closes` it closes where /wait is to answer."""

    def __init__(self, name):
        self.name, self.go = name, threading.Event()
        self.fit, self.closes, self.asked = True, False, []
        super().__init__(script=Named.talk)

    def talk(self):
        conn, self = self, self.origin
        while True:
            request = conn.read_request()
            if request.get("User-Agent") == "ELB-HealthChecker/2.0":
                conn.send(respond(b"", 200 if self.fit else 500))
                continue
            conn.last = request.target
            self.asked.append(request.target)
            if request.target == "/ws":
                conn.send(SWITCH)
                while True:
                    conn.send(conn.fill())
            if request.target == "/stream":
                conn.send(CHUNKED + b"5\r\nbegin\r\n")
                self.wait(conn)
                conn.send(b"3\r\nend\r\n0\r\n\r\n")
                continue
            if request.target == "/wait":
                self.wait(conn)
                if self.closes:
                    break
            conn.send(respond(self.name.encode()))

    def wait(self, conn):
        """Until `go`, or until the proxy ends the connection."""
        while not self.go.is_set():
            if conn.wake.poll(20):
                conn.fill()
        if self.closing:
            raise rig.Ended

    def close(self):
        self.closing = True
        self.go.set()
        super().close()

    def all_left(self):
        """The proxy ended every connection to it that had a request."""
        return all(c.peer_closed.is_set() for c in self.conns
                   if getattr(c, "last", None))


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.blue, self.green = Named("blue"), Named("green")
        self.addCleanup(self.blue.close)
        self.addCleanup(self.green.close)
        self.stack = Stack()
        self.stack.listener("Web", 80, forward("Web1"))

    def group(self, *origins, delay=300, name="Web1", **more):
        """Local addresses; may be registered again at any time."""
        self.stack.group(name, [o.address for o in origins], {DELAY: delay},
                         **more)

    def registered(self, *origins, delay=300):
        """Registered by the template's Targets."""
        self.stack.group("Web1", [], {DELAY: delay}, Targets=[
            {"Id": o.host, "Port": o.port} for o in origins])

    def serve(self, *options, **more):
        self.server = Served(self.stack, *options, **more)
        self.addCleanup(self.server.stop)
        return self.server

    def client(self, listener=None):
        client = self.server.client(listener)
        self.addCleanup(client.close)
        return client

    def healthy(self, *origins, group="Web1"):
        for origin in origins:
            until(lambda o=origin: self.server.states(group).get(
                o.address) == "healthy", "%s to be healthy" % origin.name)

    def reload(self):
        """This stack; it must run."""
        before = self.server.log_count(RUNS)
        self.server.reload(self.stack)
        self.assertEqual(self.server.log_count(RUNS),
                         before + 1, self.server.log)

    def refuse(self):
        """This stack must be refused; says why."""
        before = len(self.server.log)
        self.server.reload(self.stack)
        new = "\n".join(self.server.log[before:])
        self.assertIn(REFUSED, new)
        return new

    def told(self, origin, group="Web1"):
        for t in self.server.targets():
            if (t["TargetGroup"], t["Target"]) == (group.lower(),
                                                   origin.address):
                return t["State"], t.get("Reason"), t.get("Description")
        return None

    def gone(self, origin, group="Web1"):
        until(lambda: self.told(origin, group) is None,
              lambda: "%s to be gone, it is %r" % (
                  origin.name, self.told(origin, group)))

    def adopted(self):
        until(lambda: self.server.metric("sluice_snapshots_alive") == 1,
              "every worker to have the new snapshot")

    def begun(self, target, origin=None):
        """A client whose request is at the target."""
        origin = origin or self.blue
        client = self.client()
        before = origin.asked.count(target)
        client.send(head(method="GET", target=target))
        until(lambda: origin.asked.count(target) > before,
              "the request " + target)
        return client

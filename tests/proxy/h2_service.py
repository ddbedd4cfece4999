# SPDX-License-Identifier: Apache-2.0
"""What tests of changes under HTTP/2 have in common: a target whose answers
wait, and clients with many streams in flight."""
import errno
import socket
import threading
import unittest

import h2
from h2 import fields
from h2_load import Crowd
from rig import Origin, until
from stack import LOCAL, Served, Stack, forward


def setUpModule():
    h2.need()


def open_to(server, listener="Web", **more):
    return h2.connect(*server.listeners[listener], **more)


class Waiting(Origin):
    """Echoes; /wait... waits for `go`, /half... sends half before it."""

    def __init__(self):
        self.go, self.asked = threading.Event(), 0
        super().__init__(script=Waiting.talk)

    @staticmethod
    def talk(conn):
        self = conn.origin
        while True:
            request = conn.read_request()
            conn.raw.clear()
            answer = Origin.echo(request)
            if "ELB-HealthChecker" in request.get("User-Agent", ""):
                conn.send(answer)
                continue
            self.asked += 1
            if request.target.startswith("/half"):
                conn.send(answer[:-3])
                conn.hold(self.go)
                conn.send(answer[-3:])
                continue
            if request.target.startswith("/wait"):
                conn.hold(self.go)
            conn.send(answer)


class Case(unittest.TestCase):
    def setUp(self):
        self.origin = Waiting()
        self.addCleanup(self.origin.close)

    def stack(self, *origins, **more):
        made = Stack()
        made.group("Web1", [o.address for o in origins or [self.origin]],
                   **more)
        return made.https("Web", 443, forward("Web1"), certificate=LOCAL)

    def serve(self, stack, **more):
        self.server = Served(stack, **more)
        self.addCleanup(lambda: self.server.child.stdout.closed or
                        self.server.kill())
        return self.server

    def client(self, **more):
        client = open_to(self.server, **more)
        self.addCleanup(client.close)
        client.settled()
        return client

    def crowd(self, **more):
        crowd = Crowd(*self.server.listeners["Web"], **more)
        self.addCleanup(crowd.stop)
        return crowd

    def flying(self, client, number=40):
        """Streams in flight: some wait, some have half their answer."""
        before = self.origin.asked
        streams = {}
        for at in range(number):
            where = "/%s/%d" % (("wait", "half")[at % 2], at)
            streams[client.open(fields(path=where))] = where
        until(lambda: self.origin.asked >= before + number,
              "the requests at the target")
        return streams

    def finish(self, client, streams):
        self.origin.go.set()
        for number, where in streams.items():
            self.assertEqual(client.response(number).body,
                             b"GET " + where.encode())

    def refuses(self):
        with socket.socket() as sock:
            return sock.connect_ex(self.server.listeners["Web"]) == \
                errno.ECONNREFUSED

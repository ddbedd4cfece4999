# SPDX-License-Identifier: Apache-2.0
"""A start waits for the first answers of who tells targets, for a while."""
import os
import signal
import socket
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
sys.path.insert(0, HERE)
import rig  # noqa: E402
from discovered import DnsCase, found_by  # noqa: E402
from liar import Liar, SERVFAIL, address, message  # noqa: E402
from names import free_port  # noqa: E402
from rig import until  # noqa: E402

A = "127.0.0.2"
LATE = "has not answered yet: service begins without"


class Start(DnsCase):
    def setUp(self):
        self.go = threading.Event()
        self.addCleanup(self.go.set)
        self.answer = message([address(A)])
        self.origin = self.origins(A)
        self.port = free_port()

    def held(self, *_):
        self.go.wait()
        return self.answer

    def begin(self, *options):
        """Until it has asked."""
        liar = Liar(self.held)
        self.addCleanup(liar.close)
        served = self.serve(
            found_by({"Name": "web.test", "Server": liar.address},
                     self.origin),
            "--port", "80=%d" % self.port, *options, wait=False)
        until(lambda: liar.asked, served.story)
        return served

    def is_open(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except ConnectionRefusedError:
            return False

    def status(self):
        with rig.Client("127.0.0.1", self.port) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return client.response("GET").status

    def ready(self, served):
        until(served.is_ready.is_set, served.story)

    def test_nobody_is_let_in_before_the_first_answer(self):
        served = self.begin()
        self.assertFalse(self.is_open())
        self.assertFalse(served.is_ready.is_set())
        self.go.set()
        until(self.is_open, served.story)
        self.assertEqual(self.status(), 200)
        self.ready(served)
        self.assertEqual(served.log_count(LATE), 0)

    def test_who_is_late_is_told_and_not_waited_for(self):
        served = self.begin()
        self.ready(served)
        served.says("target group", 1)
        served.says(LATE, 1)
        self.assertEqual(self.status(), 503)
        self.go.set()
        until(lambda: self.status() == 200, served.story)

    def test_who_fails_is_not_waited_for(self):
        self.answer = message(code=SERVFAIL)
        served = self.begin()
        self.go.set()
        self.ready(served)
        self.assertEqual(self.status(), 503)
        served.says("what was found stays", 1)
        self.assertEqual(served.log_count(LATE), 0)

    def test_term_ends_the_wait(self):
        served = self.begin()
        served.signal(signal.SIGTERM)
        self.assertEqual(served.wait(), 0)
        self.assertEqual(served.lines, [])
        self.assertEqual(served.log_count(LATE), 0)

    def test_what_is_known_from_before_is_served_at_once(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        options = ("--state", os.path.join(folder.name, "state.sqlite"))
        self.go.set()
        served = self.begin(*options)
        until(lambda: self.is_open() and self.status() == 200, served.story)
        served.stop()
        self.go.clear()
        served = self.begin(*options)
        self.ready(served)
        self.assertEqual(self.status(), 200)
        self.assertEqual(served.log_count(LATE), 0)

    def test_a_port_is_not_shared_with_who_waits_too(self):
        both = [self.begin(), self.begin()]
        self.go.set()
        until(lambda: any(not s.alive() for s in both) and
              any(s.is_ready.is_set() for s in both),
              lambda: both[0].story() + both[1].story())
        self.assertEqual(self.status(), 200)
        lost, = (s for s in both if not s.alive())
        self.assertEqual(lost.wait(), os.EX_UNAVAILABLE, lost.story())
        lost.says("cannot listen on", 1)
        lost.child.returncode = 0       # which is what ends the test well


if __name__ == "__main__":
    rig.main()

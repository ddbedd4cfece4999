# SPDX-License-Identifier: Apache-2.0
"""A balancer whose targets DNS tells."""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import rig  # noqa: E402
from names import Names  # noqa: E402
from rig import until  # noqa: E402
from stack import Served, Stack, forward  # noqa: E402


def found_by(dns, port=80, **more):
    """A balancer before a group whose targets DNS tells."""
    six = more.get("IpAddressType") == "ipv6"
    stack = Stack(lb=False)
    stack.balancer("Lb", **({"IpAddressType": "dualstack"} if six else {}))
    stack.group("Web", Port=port,
                attributes_={"deregistration_delay.timeout_seconds": "1",
                             **more.pop("attributes", {})}, **more)
    stack.resources["Web"]["Metadata"] = {"Sluice": {"Discovery": {
        "Dns": dns, "Interval": 1}}}
    return stack.listener("Http", 80, forward("Web"))


class DnsCase(unittest.TestCase):
    def names(self, *more, **named):
        names = Names(*more, **named)
        self.addCleanup(names.close)
        return names

    def serve(self, stack, *options, **more):
        served = Served(stack, *options, **more)
        self.addCleanup(served.stop)
        return served

    def origins(self, *hosts):
        return rig.same_port(self, *hosts)

    def registered(self, served, *hosts):
        """Waits until just these are targets that do not drain."""
        def states():
            return {t["Target"].rsplit(":", 1)[0]: t["State"]
                    for t in served.targets()}
        until(lambda: {h for h, s in states().items() if s != "draining"} ==
              set(hosts), lambda: "%s; %s" % (states(), served.story()))

    def asked(self, served):
        with served.client() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return client.response("GET")

    def answers(self, served):
        try:
            return self.asked(served).status == 200
        except (OSError, AssertionError):
            return False

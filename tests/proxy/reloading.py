# SPDX-License-Identifier: Apache-2.0
"""What tests of HUP have in common: ports that are known beforehand, and
WebSockets that live through a change."""
import socket
import time

import rig

SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
          b"Connection: Upgrade\r\n\r\n")
WEBSOCKET = rig.head("Connection: Upgrade", "Upgrade: websocket",
                     "Sec-WebSocket-Key: x", method="GET", target="/ws")


def soon():
    return time.monotonic() + rig.PATIENCE


def free_port(host="127.0.0.1"):
    """A port that nobody has just now."""
    with socket.socket(rig.family_of(host)) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


class Tunnel:
    """A WebSocket through the proxy, to a target that echoes."""

    def __init__(self, server, listener=None):
        # WebSockets are not over HTTP/2, as with ALB.
        self.client = server.client(listener, over="tls") \
            if rig.OVER == "h2" else server.client(listener)
        self.client.send(WEBSOCKET)
        answer = self.client.response()
        if answer.status != 101:
            raise AssertionError("no tunnel: %r" % answer)

    def works(self):
        self.client.send(b"ping")
        return self.client.take(4, soon()) == b"ping"

    def close(self):
        self.client.close()

# SPDX-License-Identifier: Apache-2.0
"""What tests of HTTPS listeners have in common.

    simple("a.test")     a template with one HTTPS listener, Web, that says
                         hello; the local authority issues its certificate
    Connection(served, context, "a.test").ask()
    shown(served, "a.test")     the certificate that such a client is shown
"""
import socket

import certificates
import rig
from stack import Stack, fixed

ARN = "arn:aws:acm:us-east-1:000000000000:certificate/of-another-account"
GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


def simple(*names, **more):
    """An HTTPS listener that says hello; its certificate is for the names."""
    stack = Stack()
    if names:
        stack.certificate("Certificate", *names)
    stack.https("Web", 443, fixed(200, "hello"),
                certificate="Certificate" if names else ARN, **more)
    return stack


class Connection:
    """A TLS connection to a listener of a Served."""

    def __init__(self, served, context, name=None, listener="Web"):
        plain = socket.create_connection(served.listeners[listener],
                                         rig.PATIENCE)
        try:
            self.sock = context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.sock.close()

    def der(self):
        return self.sock.getpeercert(binary_form=True)

    def ask(self):
        """The body of the answer to a request."""
        self.sock.sendall(GET)
        head, data = None, b""
        while head is None or len(data) < 5:
            more = self.sock.recv(65536)
            if not more:
                raise AssertionError("the end, after %r" % data)
            data += more
            if head is None and b"\r\n\r\n" in data:
                head, data = data.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise AssertionError(head)
        return data


ANYBODY = certificates.client_context()


def shown(served, name=None, listener="Web"):
    """The certificate that a client of this name is shown (DER)."""
    with Connection(served, ANYBODY, name, listener) as connection:
        return connection.der()

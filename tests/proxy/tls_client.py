# SPDX-License-Identifier: Apache-2.0
"""Clients of HTTPS listeners.

    with dial(served.listeners["Web"], context(V12, V12)) as sock:
        ask(sock)                the whole answer to a GET
    s_client(address, "-tls1_3") what `openssl s_client` prints
    TlsCase                      a test with certificates of RSA and ECDSA
"""
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest
import warnings

import certificates
import rig
from stack import Served, Stack, fixed

POLICY = "ELBSecurityPolicy-"
GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
V10, V11, V12, V13 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1,
                      ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def context(low=None, high=None, ciphers=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = low or V12
        made.maximum_version = high or V13
    if ciphers or (low and low < V12):
        made.set_ciphers((ciphers or "ALL") + ":@SECLEVEL=0")
    return made


def dial(address, with_, name="a.test", session=None):
    plain = socket.create_connection(address, rig.PATIENCE)
    try:
        return with_.wrap_socket(plain, server_hostname=name, session=session)
    except BaseException:
        plain.close()
        raise


def ask(sock, request=GET):
    """The whole answer to a request, which has a Content-Length."""
    sock.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(sock)
    head = data.partition(b"\r\n\r\n")[0]
    size = re.search(rb"(?i)\r\ncontent-length: ([0-9]+)", head)
    while size and len(data) < len(head) + 4 + int(size.group(1)):
        data += receive(sock)
    return data


def receive(sock):
    more = sock.recv(65536)
    if not more:
        raise rig.Ended("the connection")
    return more


def s_client(address, *arguments, say=b"", until_=None):
    """What `openssl s_client` prints; its input ends at once, or when `until_`
    was printed."""
    process = subprocess.Popen(
        ["openssl", "s_client", "-connect", "%s:%d" % address] +
        list(arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    try:
        process.stdin.write(say)
        process.stdin.flush()
        if until_ is None:
            return process.communicate(timeout=rig.PATIENCE)[0].decode(
                errors="replace")
        seen = b""
        while not re.search(until_, seen):
            more = os.read(process.stdout.fileno(), 65536)
            if not more:
                break
            seen += more
        seen += process.communicate(timeout=rig.PATIENCE)[0]
        return seen.decode(errors="replace")
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


class TlsCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = certificates.Folder()
        cls.ca = cls.folder.authority()
        cls.ec = cls.ca.issue("a.test", "127.0.0.1")
        cls.rsa = cls.ca.issue("a.test", "127.0.0.1", key="rsa:2048")

    @classmethod
    def tearDownClass(cls):
        cls.folder.close()

    def temporary(self):
        path = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, path)
        return path

    def serve(self, stack, *options, **more):
        served = Served(stack, *options, **more)
        self.addCleanup(served.stop)
        return served

    def simple(self, *options, pair=None, **more):
        stack = Stack()
        stack.https("Web", 443, fixed(200, "hello"), certificate="arn:of:web",
                    **more)
        return self.serve(stack, "--certificate",
                          "Web=" + (pair or self.ec).both, *options)

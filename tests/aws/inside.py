# SPDX-License-Identifier: Apache-2.0
"""Inside AWS: its own names and addresses on the loopback of namespaces that
are this test process's alone (network, mounts; a user namespace without root).

    setUpModule = inside.enter          skips where namespaces are refused

    inside.names("ecs.eu-west-1.amazonaws.com", ...,   are 127.0.0.1 from now on
                 b="127.0.0.2")
    inside.trust(ca)                    the system's only authority; None: none
    inside.Proxy()                      that takes CONNECT
    inside.Silent("127.0.0.2")          takes connections and says nothing

Names that are not said do not exist, and nothing leaves the machine. Loopback
has the addresses of the metadata services too: IMDS, ECS, EKS.

    Case        a test case with the double of AWS behind TLS on port 443, for
                HOSTS; self.caller(...) is a client with keys that trusts it
"""
import ctypes
import fcntl
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))

import certificates  # noqa: E402
import double  # noqa: E402
import rig  # noqa: E402
from calls import Caller  # noqa: E402

REGION, OTHER = "eu-west-1", "us-west-2"

# As the certificates of AWS have them: a bucket is one label before S3's.
HOSTS = ["%s.%s.amazonaws.com" % (service, region)
         for region in (REGION, OTHER)
         for service in ("monitoring", "logs", "ecs", "servicediscovery",
                         "data-servicediscovery", "ec2", "s3", "sns", "sts")]
BUCKETS = ["*.s3.%s.amazonaws.com" % region for region in (REGION, OTHER)]

IMDS, ECS, EKS = "169.254.169.254", "169.254.170.2", "169.254.170.23"

# <sched.h>, <sys/mount.h>, <linux/sockios.h>, <linux/if.h>
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8913, 0x8914, 0x8916, 1

SYSTEM_CERTIFICATES = "/etc/ssl/certs"

_folder = []


def _call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        fault = ctypes.get_errno()
        raise OSError(fault, "%s: %s" % (name, os.strerror(fault)))


def _unshare():
    flags = CLONE_NEWNS | CLONE_NEWNET
    uid, gid = os.geteuid(), os.getegid()
    try:
        _call("unshare", flags)
        return
    except OSError:
        _call("unshare", flags | CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", "0 %d 1" % uid),
                       ("gid_map", "0 %d 1" % gid)):
        with open("/proc/self/" + name, "w", encoding="ascii") as file:
            file.write(text)


def _mount(source, target, kind=None, flags=0):
    _call("mount", source.encode(), target.encode(),
          kind.encode() if kind else None, ctypes.c_ulong(flags), None)


def _loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        def ask(what, name, data):
            fcntl.ioctl(sock, what, struct.pack("16s", name) + data)

        ask(SIOCSIFFLAGS, b"lo", struct.pack("H22x", IFF_UP))
        for n, address in enumerate((IMDS, ECS, EKS)):
            ask(SIOCSIFADDR, b"lo:%d" % n,
                struct.pack("HH4s16x", socket.AF_INET, 0,
                            socket.inet_aton(address)))


def _file(name, text=""):
    path = os.path.join(_folder[0].name, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def enter():
    """Once, before there are threads."""
    try:
        _unshare()
        _mount("none", "/", flags=MS_REC | MS_PRIVATE)
        _loopback()
    except OSError as refused:
        raise unittest.SkipTest("needs namespaces: %s" % refused) from None
    _folder.append(tempfile.TemporaryDirectory(prefix="sluice-inside-"))
    os.chmod(_folder[0].name, 0o755)
    _mount(_file("hosts"), "/etc/hosts", flags=MS_BIND)
    _mount(_file("resolv.conf"), "/etc/resolv.conf", flags=MS_BIND)
    _mount("tmpfs", SYSTEM_CERTIFICATES, "tmpfs")
    names()


def names(*here, **others):
    with open("/etc/hosts", "w", encoding="ascii") as file:
        for name in ("localhost",) + here:
            file.write("127.0.0.1 %s\n" % name)
        for name, address in others.items():
            file.write("%s %s\n" % (address, name))


def trust(ca):
    """As a file and as a folder of hashes, as Debian has both."""
    for name in os.listdir(SYSTEM_CERTIFICATES):
        os.unlink(os.path.join(SYSTEM_CERTIFICATES, name))
    if ca is None:
        return
    with open(ca.cert, "rb") as file:
        text = file.read()
    hashed = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", ca.cert], check=True,
        capture_output=True).stdout.decode().strip()
    for name in ("ca-certificates.crt", hashed + ".0"):
        with open(os.path.join(SYSTEM_CERTIFICATES, name), "wb") as file:
            file.write(text)


def context(pair):
    """TLS as AWS speaks it, with this certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(pair.chain, pair.key)
    return made


class Silent:
    """Takes connections and says nothing: the kernel does that.  `full`: takes
    none either."""

    def __init__(self, address, port=443, full=False):
        self.socks = [socket.create_server((address, port),
                                           backlog=0 if full else 16)]
        for _ in range(3 if full else 0):
            self.socks.append(socket.socket())
            self.socks[-1].setblocking(False)
            self.socks[-1].connect_ex((address, port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in self.socks:
            sock.close()


class Proxy:
    """Every name that it is asked for is this machine; .heads are the requests
    it got.  `status`: what it says to them, 200 lets them pass."""

    def __init__(self, status=200):
        self.status, self.heads = status, []
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.sock.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        head = b""
        with sock:
            while b"\r\n\r\n" not in head:
                data = sock.recv(65536)
                if not data:
                    return
                head += data
            self.heads.append(head.decode("latin-1"))
            sock.sendall(b"HTTP/1.1 %d Said\r\n\r\n" % self.status)
            if self.status != 200:
                return
            port = int(head.split()[1].rpartition(b":")[2])
            with socket.create_connection(("127.0.0.1", port)) as there:
                back = threading.Thread(target=self.pump, args=(there, sock),
                                        daemon=True)
                back.start()
                self.pump(sock, there)
                back.join()

    @staticmethod
    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        double.needed()
        cls.folder = certificates.Folder()
        cls.addClassCleanup(cls.folder.close)
        cls.ca = cls.folder.authority("Amazon of this test")
        cls.pair = cls.ca.issue(*HOSTS, *BUCKETS)

    def setUp(self):
        names(*HOSTS)
        trust(None)
        self.aws = double.Aws(REGION, port=443, tls=context(self.pair))
        self.addCleanup(self.aws.stop)
        self.aws.ecs.cluster("default")

    def keys(self, **more):
        """The environment of a process with keys; nothing says an endpoint."""
        made = self.aws.environment()
        del made["AWS_ENDPOINT_URL"]
        return {**made, "AWS_REGION": REGION, "AWS_CA_BUNDLE": self.ca.cert,
                **more}

    def caller(self, **more):
        return Caller(**self.keys(**more))

    def ask(self, call=None, **environment):
        """One call by one client; self.log is what it logged."""
        call = call or {"service": "ECS", "action": "ListTasks"}
        with self.caller(**environment) as caller:
            said = caller.call(**call)
            self.log = caller.log()
        return said

    def good(self, call=None, **environment):
        said = self.ask(call, **environment)
        self.assertEqual(said["outcome"], "OK", said["message"] + self.log)
        self.aws.check()
        return said

    def hosts(self):
        """Of what was called, in order."""
        return [c.request.get("Host") for c in self.aws.journal]

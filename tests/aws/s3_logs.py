# SPDX-License-Identifier: Apache-2.0
"""`sluice serve --publish s3` beside local logs, and what S3 has of them.

    Bucket    objects of the double, or of an emulator by boto3
    Case      a test case with a folder, an origin, and serve()

    bucket = Bucket(aws)            or Bucket(boto3 client), named "logs"
    bucket.lines("connection")      of objects of that log, unpacked

Five minutes of UTC may be over in the middle of any test: then there is an
object more than one would think.
"""
import base64
import os
import re
import shutil
import sys
import tempfile
import time
import unittest
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "api"))

import aws as sdk  # noqa: E402
import double  # noqa: E402
import rig  # noqa: E402
import stack as stacks  # noqa: E402
import web_acl  # noqa: E402
from rig import until  # noqa: E402

KINDS = {"access": "", "connection": "conn_log_",
         "health_check": "health_check_log_", "waf": None}
ALB_KEY = re.compile(
    r"(?:(?P<prefix>.+)/)?AWSLogs/(?P<account>\d{12})/elasticloadbalancing/"
    r"(?P<region>[a-z0-9-]+)/(?P<day>\d{4}/\d\d/\d\d)/"
    r"(?P<kind>conn_log_|health_check_log_|)(?P=account)_elasticloadbalancing_"
    r"(?P=region)_app\.(?P<name>[A-Za-z0-9-]+)\.(?P<id>[0-9a-f]{16})_"
    r"(?P<time>\d{8}T\d\d\d[05]Z)_(?P<ip>[0-9.]+)_(?P<random>[0-9a-z]{8})"
    r"\.log\.gz\Z")
WAF_KEY = re.compile(
    r"(?:(?P<prefix>.+)/)?AWSLogs/(?P<account>\d{12})/WAFLogs/"
    r"(?P<region>[a-z0-9-]+)/(?P<name>[^/]+)/"
    r"(?P<day>\d{4}/\d\d/\d\d)/(?P<hour>\d\d)/(?P<minute>\d[05])/"
    r"(?P=account)_waflogs_(?P=region)_(?P=name)_"
    r"(?P<time>\d{8}T\d\d\d[05]Z)_(?P<random>[0-9a-f]{8})\.log\.gz\Z")
TESTS = re.compile(r"ELB(Access|Connection|HealthCheck)LogTestFile\Z")
LOGGING = "AWS::WAFv2::LoggingConfiguration"


def unpack(data):
    """One gzip member and nothing else."""
    z = zlib.decompressobj(31)
    text = z.decompress(data) + z.flush()
    if not z.eof or z.unused_data:
        raise AssertionError("%d bytes are not one member of gzip" % len(data))
    if text and not text.endswith(b"\n"):
        raise AssertionError("a line is cut: %r" % text[-100:])
    return text.decode().splitlines()


class Bucket:
    def __init__(self, source, name="logs"):
        self.source, self.name = source, name

    def objects(self):
        """{key: bytes}"""
        if hasattr(self.source, "buckets"):
            return {k: o.body for k, o in
                    list(self.source.buckets[self.name].items())}
        found = self.source.list_objects_v2(Bucket=self.name)
        assert not found["IsTruncated"]
        return {o["Key"]: self.source.get_object(
            Bucket=self.name, Key=o["Key"])["Body"].read()
            for o in found.get("Contents", ())}

    def logs(self, kind="access"):
        """{key: lines} of a kind of log."""
        found = {}
        for key, data in self.objects().items():
            alb, waf = ALB_KEY.match(key), WAF_KEY.match(key)
            if TESTS.search(key):
                continue
            if not alb and not waf:
                raise AssertionError("no key of AWS's: %r" % key)
            if (alb.group("kind") if alb else None) == KINDS[kind]:
                found[key] = unpack(data)
        return found

    def lines(self, kind="access"):
        """Of all objects of a kind, sorted."""
        return sorted(line for lines in self.logs(kind).values()
                      for line in lines)


def s3(kind, bucket="logs", prefix=""):
    """Attributes that turn a log on."""
    return {kind + "_logs.s3.enabled": "true", kind + "_logs.s3.bucket": bucket,
            kind + "_logs.s3.prefix": prefix}


class Logged(sdk.Api):
    """With a template; .client_of(listener) is a client of it."""
    read_listeners = stacks.Served.read_listeners
    write = stacks.Served.write
    reload = stacks.Served.reload

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.listeners = self.read_listeners()
        self.asked = 0              # by ask()

    def connect_web(self):
        return rig.Client(*self.listeners["Web"])

    def ask(self, *paths, agent="test"):
        with self.connect_web() as client:
            for path in paths:
                client.send(("GET %s HTTP/1.1\r\nHost: h\r\nUser-Agent: %s\r\n"
                             "\r\n" % (path, agent)).encode())
                assert client.response("GET").status == 200
                self.asked += 1

    def s3(self, name):
        return self.metric("sluice_s3_log_" + name)


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.spool = os.path.join(self.folder, "spool")
        self.logs = {k: os.path.join(self.folder, k) for k in KINDS}
        self.servers = []

    def stack(self, attributes=None, waf=None, group=None):
        """`waf`: the ARN that the log of a web ACL goes to; `group`: the
        properties of a target group that is checked."""
        stack = stacks.Stack(lb=False)
        stack.balancer("Lb", attributes if attributes is not None
                       else s3("access"), Name="shop")
        stack.listener("Web", 80, stacks.fixed(200, "ok"))
        if group:
            stack.group("Shop", **group)
            stack.rule("R", "Web", 1, [stacks.path("/shop")],
                       stacks.forward("Shop"))
        if waf:
            kind, properties = web_acl.acl(name="shop-acl")
            stack.add("Acl", kind, properties)
            stack.add("Logging", LOGGING, {
                "ResourceArn": {"Fn::GetAtt": ["Acl", "Arn"]},
                "LogDestinationConfigs": [waf]})
            web_acl.protect(stack)
        return stack

    def serve(self, environment, *options, stack=None, files=("access",),
              drain=10, publish=("--publish", "s3"), **more):
        for kind in files:
            options += ("--%s-log" % kind.replace("_", "-"), self.logs[kind])
        spool = ("--log-spool", self.spool) if publish else ()
        server = Logged(
            *publish, *spool, "--state-folder",
            os.path.join(self.folder, "state"), *options, drain=drain,
            template=stack or self.stack(), environment={
                "AWS_ACCOUNT_ID": "123456789012", **environment}, **more)
        self.servers.append(server)
        self.addCleanup(self.end, server)
        return server

    @staticmethod
    def end(server):
        if server.child.returncode is None:
            server.stop()

    def local(self, kind="access"):
        """The lines of the file of a log, sorted."""
        try:
            with open(self.logs[kind], encoding="utf-8") as file:
                return sorted(file.read().splitlines())
        except FileNotFoundError:
            return []

    def wait_local(self, n, kind="access"):
        until(lambda: len(self.local(kind)) >= n,
              lambda: "%d lines, there are %d" % (n, len(self.local(kind))))

    def write_much(self, server, n):
        """Lines that gzip makes only a quarter smaller: 6 KB each. No faster
        than they are written: a ring has room for some milliseconds."""
        path = self.logs["access"]
        before = os.path.getsize(path) if os.path.exists(path) else 0
        with server.connect_web() as client:
            for at in range(0, n, 100):
                client.send(b"".join(
                    b"GET /%d HTTP/1.1\r\nHost: h\r\nUser-Agent: %s\r\n\r\n" % (
                        at + k, base64.b64encode(os.urandom(6000)))
                    for k in range(100)))
                for _ in range(100):
                    assert client.response("GET").status == 200
                until(lambda: os.path.getsize(path) - before > 8000 * (at + 100),
                      lambda: "lines of %s" % path)

    def spooled(self, ending=""):
        """Files of the spool."""
        found = []
        for folder, _, names in os.walk(self.spool):
            found += [os.path.join(folder, n) for n in names
                      if n != "lock" and n.endswith(ending)]
        return sorted(found)

    def spool_bytes(self):
        total = 0
        for name in self.spooled():
            try:
                total += os.path.getsize(name)
            except FileNotFoundError:
                pass
        return total

    def written(self):
        """Lines of files that are still being written."""
        n = 0
        for name in self.spooled(".part"):
            with open(name, "rb") as file:
                data = file.read()
            z = zlib.decompressobj(31)
            n += z.decompress(data.partition(b"\n\n")[2]).count(b"\n")
        return n

    def same(self, bucket, kind="access"):
        """Each line of the file is in the bucket, once, and no other."""
        self.assertEqual(bucket.lines(kind), self.local(kind))


class Outage(Case):
    """With the double as S3, and two buckets: what is in the first one's file
    is complete when the log moves to the other one."""

    def setUp(self):
        super().setUp()
        self.aws = double.Aws()
        self.addCleanup(self.aws.stop)
        self.aws.buckets.update({"logs": {}, "other": {}})
        self.bucket, self.other = Bucket(self.aws), Bucket(self.aws, "other")

    def both(self):
        return sorted(self.bucket.lines() + self.other.lines())

    def complete(self, server):
        """What was asked is in files, and these are complete after this: a
        line that was not written yet would go to the new place."""
        self.wait_local(sum(s.asked for s in self.servers))
        server.reload(self.stack(s3("access", "other", "%d" % time.time_ns())))

    def begin(self, *options, **more):
        """A server, two lines of it complete, and one not yet."""
        server = self.serve(self.aws.environment(), *options, **more)
        server.ask("/a", "/b")
        self.wait_local(2)
        self.complete(server)
        server.ask("/c")
        return server

    def delivered_in_the_end(self, server):
        until(lambda: server.s3("waiting_objects") == 0 and
              server.s3("objects_total") > 0, server.story)
        server.stop()
        self.assertEqual(self.both(), self.local())
        self.assertEqual(self.spooled(), [])

    def outlasts(self, fault, *, again=lambda: None):
        """Nobody waits, all is told once, and delivered when it is over."""
        if fault:
            self.aws.fault(fault)
        server = self.begin()
        until(lambda: server.s3("failures_total") > 0, server.story)
        self.assertGreaterEqual(server.s3("waiting_objects"), 1)
        server.ask("/d", "/e")      # nobody waits
        again()
        self.aws.mend()
        self.delivered_in_the_end(server)
        server.says("S3 does not take logs for bucket logs", 1)
        server.says("S3 takes logs for bucket logs again", 1)
        self.assertEqual(len(self.local()), 5)
        return server

    def again(self, n=103):
        """Another process sends what is there."""
        server = self.serve(self.aws.environment())
        self.delivered_in_the_end(server)
        self.assertEqual(len(self.local()), n)

# SPDX-License-Identifier: Apache-2.0
"""A strict double of AWS on a port of 127.0.0.1: what the tests of our calls
of AWS stand on, for faults and for what an emulator does not check.

It takes only what the service would: the signature is made again from the raw
bytes (double_sign.py), the parameters are held against botocore's shapes
(double_wire.py) and AWS's limits (double_state.py, double_places.py). What it
does not know, it refuses. A test skips by name where botocore is missing:

    with double.Aws() as aws:
        aws.buckets["logs"] = {}
        Api("--publish", "s3", environment=aws.environment())
        rig.until(lambda: aws.calls("PutObject"), "an object")
        aws.fault(double.throttle(), "PutObject", times=2)
        aws.check()                         nothing was refused

State that tests read and set: buckets {name: {key: Object}}, bucket_regions
{name: region} of those that are elsewhere, uploads, metrics
[{Namespace, MetricName, Dimensions, Unit, Timestamp, Values?, SampleCount, Sum,
Minimum, Maximum}], dashboards, log_groups {group: {stream: [event]}},
emf_errors, topics {arn: [parameters]}, ecs, instances, cloud_map, keys, roles
{arn: {"external_id"?, "web_identity"?}}, denied {"s3:PutObject"}, policies.
"""
import re
import socket
import sys
import threading
import time
import uuid

try:
    import double_answer
    import double_places
    import double_state
    import double_wire as wire
    from double_state import Key
    from double_wire import Refused
    import double_sign
except ImportError as missing:      # no botocore
    if "botocore" not in str(missing):
        raise
    wire = None

BODY_MAX = 64 << 20
HEAD_MAX = 64 << 10
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request"}
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


def needed():
    """A skip where the double cannot be."""
    if wire is None:
        import unittest
        raise unittest.SkipTest("needs botocore")


# ---- what came -------------------------------------------------------------------
class Request:
    """As it stood on the wire."""

    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.line, self.fields, self.body = lines[0], [], b""
        match = re.match(r"([A-Z]+) (/[!-~]*) HTTP/1\.1\Z", lines[0])
        if not match:
            raise ValueError("request line %r" % lines[0])
        self.method, self.target = match.groups()
        self.path, _, self.query = self.target.partition("?")
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not TOKEN.match(name):
                raise ValueError("field line %r" % line)
            self.fields.append((name, value.strip(" \t")))

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name):
        found = self.all(name)
        return found[0] if found else None

    def length(self):
        if self.all("Transfer-Encoding"):
            raise ValueError("Transfer-Encoding")
        found = self.all("Content-Length")
        if len(found) > 1 or found and not re.match("[0-9]{1,9}\\Z", found[0]):
            raise ValueError("Content-Length %r" % found)
        if not found and self.method in ("POST", "PUT"):
            raise ValueError("no Content-Length")
        size = int(found[0]) if found else 0
        if size > BODY_MAX or len(self.all("Host")) != 1:
            raise ValueError("Content-Length %d, Host %r" % (
                size, self.all("Host")))
        return size


class Call:
    """One line of the journal: .service, .action, .input, .key of who called,
    .request; .refused is what it was refused with, .fault what was done to it
    instead, .output what it was answered."""

    def __init__(self, request, at):
        self.request, self.at = request, at
        self.service = self.protocol = self.operation = self.key = None
        self.input, self.output, self.refused, self.fault = None, None, None, None

    @property
    def action(self):
        return self.operation.name if self.operation else None

    @property
    def good(self):
        return self.refused is None and self.fault is None

    def __repr__(self):
        return "<%s %s %s%s>" % (
            self.service, self.action or self.request.line,
            self.fault.name if self.fault else "",
            self.refused or "")


# ---- faults ------------------------------------------------------------------------
class Fault:
    """What is done instead of answering: do(aws, sock, call) returns whether
    the connection may go on; `works` says that the call takes effect first."""

    def __init__(self, name, do, works=False):
        self.name, self.do, self.works = name, do, works


def answered(status, code, message="", **fields):
    def do(aws, sock, call):
        return aws.refuse(sock, call, Refused(code, message, status, [
            (k.replace("_", "-"), str(v)) for k, v in fields.items()]))
    return Fault(code, do)


def throttle(**fields):
    """As the service throttles: throttle(Retry_After=2)."""
    def do(aws, sock, call):
        status, code = {
            "s3": (503, "SlowDown"), "ec2": (503, "RequestLimitExceeded"),
            "monitoring": (400, "Throttling"), "sns": (400, "Throttling"),
            "sts": (400, "Throttling")}.get(
                call.service, (400, "ThrottlingException"))
        return answered(status, code, "Rate exceeded", **fields).do(
            aws, sock, call)
    return Fault("throttle", do)


def broken(status=500, code="InternalFailure"):
    return answered(status, code, "We encountered an internal error")


def hang():
    """No answer, until the double stops, or release()s."""
    def do(aws, sock, call):
        aws.released.wait()
        return False
    return Fault("hang", do)


def slow(seconds, pieces=10):
    """The answer in pieces, over so many seconds."""
    def do(aws, sock, call):
        data = aws.bytes_of(call)
        step = max(1, -(-len(data) // pieces))
        for at in range(0, len(data), step):
            if aws.released.wait(seconds / pieces):
                return False
            sock.sendall(data[at:at + step])
        return True
    return Fault("slow", do, works=True)


def cut(reset=False, works=True):
    """The end in the middle of the answer; the call took effect."""
    def do(aws, sock, call):
        data = aws.bytes_of(call)
        sock.sendall(data[:max(1, len(data) * 2 // 3)])
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            b"\1\0\0\0\0\0\0\0")
        return False
    return Fault("cut", do, works)


def silent():
    """The connection ends instead."""
    return Fault("silent", lambda aws, sock, call: False)


def garbage(data=b"\x16\x03\x01\x02\x00\x01\x00 what is this\r\n\r\n"):
    """Bytes that are no HTTP."""
    def do(aws, sock, call):
        sock.sendall(data)
        return False
    return Fault("garbage", do)


def answers(body, status=200, kind="application/x-amz-json-1.1", **fields):
    """Just this, whatever was asked: lies, junk, the wrong shape."""
    def do(aws, sock, call):
        data = body if isinstance(body, bytes) else body.encode()
        sock.sendall(aws.head(status, len(data), [("Content-Type", kind)] + [
            (k.replace("_", "-"), str(v)) for k, v in fields.items()]) + data)
        return True
    return Fault("answers", do)


def lying(**output):
    """200 and an answer that says there is nothing (or just `output`)."""
    def do(aws, sock, call):
        call.output = output
        sock.sendall(aws.bytes_of(call))
        return True
    return Fault("lying", do)


def endless(most=1 << 28):
    """A body that does not end before so many bytes."""
    def do(aws, sock, call):
        sock.sendall(aws.head(200, most, []))
        for _ in range(most >> 16):
            sock.sendall(b"{\"a\":\"" + b" " * 65530)
        return False
    return Fault("endless", do)


# ---- the server --------------------------------------------------------------------
class Aws:
    def __init__(self, region="us-east-1", account="123456789012", port=0,
                 tls=None):
        needed()
        self.region, self.account = region, account
        self.tls = tls          # an ssl.SSLContext; None: plain HTTP
        self.offset = 0.0       # seconds that its clock is ahead
        self.lock = threading.RLock()
        self.journal, self.faults, self.socks = [], [], set()
        self.handshakes = []    # those of TLS that failed
        self.keys = {"AKIDEXAMPLE": Key(
            "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")}
        self.roles, self.role_seconds = {}, {}
        self.denied, self.policies = set(), None
        self.buckets, self.uploads, self.metrics = {}, {}, []
        self.bucket_regions = {}
        self.dashboards, self.log_groups, self.emf_errors = {}, {}, []
        self.topics, self.instances = {}, {}
        self.ecs = double_places.Ecs(self)
        self.cloud_map = double_places.CloudMap()
        self.port, self.listener = port, None
        self.start()

    # ---- life
    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Again on the same port, after stop()."""
        self.released = threading.Event()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,),
                         daemon=True).start()

    def stop(self):
        """Dead: the port is closed, and so is every connection."""
        listener, self.listener = self.listener, None
        if listener is None:
            return
        self.released.set()
        try:
            listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        listener.close()
        with self.lock:
            socks = list(self.socks)
        for sock in socks:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def release(self):
        """What hangs ends."""
        self.released.set()
        self.released = threading.Event()

    @property
    def url(self):
        return "http%s://127.0.0.1:%d" % ("s" if self.tls else "", self.port)

    def environment(self, key="AKIDEXAMPLE", **more):
        """What a process finds it by; key None: no credentials."""
        made = {"AWS_ENDPOINT_URL": self.url, "AWS_REGION": self.region,
                "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED":
                "true", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        if key:
            made["AWS_ACCESS_KEY_ID"] = key
            made["AWS_SECRET_ACCESS_KEY"] = self.keys[key].secret
            if self.keys[key].token:
                made["AWS_SESSION_TOKEN"] = self.keys[key].token
        return {**made, **more}

    def now(self):
        return time.time() + self.offset

    def made_id(self):
        return str(uuid.uuid4())

    # ---- what a test asks
    def calls(self, action=None):
        """What was called and took effect, oldest first."""
        with self.lock:
            return [c for c in self.journal
                    if c.good and action in (None, c.action)]

    def asked(self, action=None):
        """What was asked at all, with faults and refusals."""
        with self.lock:
            return [c for c in self.journal if action in (None, c.action)]

    def refusals(self):
        """What it refused of itself: mistakes of who called."""
        with self.lock:
            return [c for c in self.journal if c.refused and not c.fault]

    def check(self):
        """No call of ours was one that AWS would refuse."""
        if self.refusals() or self.emf_errors:
            raise AssertionError("AWS would refuse: %s %s" % (
                self.refusals()[:5], self.emf_errors[:5]))

    def fault(self, fault, action=None, times=None):
        """Done to the next `times` calls (None: to all) of the action (None:
        of any). Returns what takes it back."""
        entry = [fault, action, times]
        with self.lock:
            self.faults.append(entry)

        def back():
            with self.lock:
                if entry in self.faults:
                    self.faults.remove(entry)
        return back

    def mend(self):
        """No more faults; what hangs ends."""
        with self.lock:
            self.faults.clear()
        self.release()

    # ---- connections
    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.socks.add(sock)
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def secured(self, sock):
        """The same connection behind TLS; None: there is no such end."""
        try:
            made = self.tls.wrap_socket(sock, server_side=True)
        except OSError as error:
            with self.lock:
                self.handshakes.append(error)
            made = None
        with self.lock:
            self.socks.discard(sock)
            if made:
                self.socks.add(made)
        return made

    def serve(self, sock):
        buf = bytearray()
        if self.tls:
            sock = self.secured(sock)
            if sock is None:
                return
        try:
            while self.listener is not None and self.one(sock, buf):
                pass
        except OSError:
            pass
        finally:
            with self.lock:
                self.socks.discard(sock)
            sock.close()

    @staticmethod
    def more(sock, buf):
        data = sock.recv(1 << 16)
        buf += data
        return bool(data)

    def one(self, sock, buf):
        """One request and its answer; False: the connection ends."""
        while b"\r\n\r\n" not in buf:
            if len(buf) > HEAD_MAX or not self.more(sock, buf):
                return False
        head, _, rest = bytes(buf).partition(b"\r\n\r\n")
        try:
            request = Request(head)
            size = request.length()
        except ValueError as error:
            call = Call(None, self.now())
            call.request, call.refused = error, "no HTTP: %s" % error
            with self.lock:
                self.journal.append(call)
            sock.sendall(self.head(400, 0, [("Connection", "close")]))
            return False
        if (request.get("Expect") or "").lower() == "100-continue" and \
                len(rest) < size:
            sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        buf[:] = rest
        while len(buf) < size:
            if not self.more(sock, buf):
                return False
        request.body = bytes(buf[:size])
        del buf[:size]
        return self.answer(sock, request)

    # ---- calls
    def identify(self, call):
        """Service, signature, operation and parameters, or Refused."""
        request = call.request
        call.service = double_sign.service_of(request)
        if call.service is None and self.is_web_identity(request):
            call.service = "sts"
        elif call.service is None:
            self.verify(call, self.guess(request))
        if call.service not in wire.SERVICES:
            raise Refused("UnknownOperationException", "no service %s" %
                          call.service, 404)
        call.protocol = wire.protocol_of(call.service, request)
        if request.get("Authorization"):
            self.verify(call, call.service)
        call.operation, call.input = wire.read(call.service, request)
        if (call.service, call.action) not in double_state.ACTIONS:
            raise Refused("NotImplemented", "the double has no " +
                          call.action, 501)

    @staticmethod
    def is_web_identity(request):
        return b"Action=AssumeRoleWithWebIdentity&" in request.body + b"&" and \
            request.get("Authorization") is None

    @staticmethod
    def guess(request):
        """The service that a request without a scope is for."""
        target = (request.get("X-Amz-Target") or "").partition(".")[0]
        for name, (_, protocol, word, _) in wire.SERVICES.items():
            if word and (word == target or protocol in ("query", "ec2") and
                         ("Version=" + word).encode() in request.body):
                return name
        return "s3"

    def verify(self, call, service):
        call.service = service
        call.protocol = call.protocol or wire.protocol_of(service,
                                                          call.request)
        region = self.region
        if service == "s3":
            region = self.bucket_regions.get(
                call.request.path.split("/")[1], region)
        try:
            call.key = double_sign.verify(call.request, self.keys, region,
                                          self.now())
        except double_sign.Unsigned as error:
            if service == "s3" and error.kind == "scope":
                raise Refused("AuthorizationHeaderMalformed", error.message,
                              400, region=region) from None
            status, code = double_sign.KINDS[error.kind][
                {"json": 0, "cbor": 0, "query": 1, "ec2": 2,
                 "rest-xml": 3}[call.protocol]]
            raise Refused(code, error.message, status) from None

    def take_fault(self, call):
        for entry in self.faults:
            if entry[1] in (None, call.action):
                if entry[2] is not None:
                    entry[2] -= 1
                    if entry[2] == 0:
                        self.faults.remove(entry)
                return entry[0]
        return None

    def effect(self, call):
        double_state.authorize(self, call)
        call.output = double_state.ACTIONS[call.service, call.action](
            self, call.input, call)
        shape = call.operation.output_shape
        wrong = shape is not None and wire.valid(call.output, shape, "output")
        if wrong:
            raise AssertionError("its own answer: %s" % wrong)

    def answer(self, sock, request):
        call = Call(request, self.now())
        with self.lock:
            try:
                self.identify(call)
                call.fault = self.take_fault(call)
                if call.fault is None or call.fault.works:
                    self.effect(call)
            except Refused as error:
                call.refused = error
            except Exception as error:      # a mistake of the double's
                call.refused = Refused("InternalFailure", repr(error), 500)
                print("double: %r" % error, file=sys.stderr)
            self.journal.append(call)
        if call.refused:
            return self.refuse(sock, call, call.refused)
        if call.fault:
            return call.fault.do(self, sock, call)
        sock.sendall(self.bytes_of(call))
        return True

    # ---- answers
    def head(self, status, size, fields):
        lines = ["HTTP/1.1 %d %s" % (status, REASONS.get(status, "Error")),
                 "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                                          time.gmtime(self.now()))]
        if size is not None:
            lines.append("Content-Length: %d" % size)
        lines += ["%s: %s" % pair for pair in fields]
        return "\r\n".join(lines + ["", ""]).encode("latin-1")

    def bytes_of(self, call):
        """The whole answer of a call that took effect."""
        name = self.made_id()
        body, fields = double_answer.write(call.protocol, call.operation, call.output,
                                  name)
        status = call.operation.http.get("responseCode", 200)
        size = len(body)
        if call.request.method == "HEAD":
            size = call.output.get("ContentLength", 0)
            fields = [f for f in fields if f[0] != "Content-Length"]
            body = b""
        return self.head(status, None if status == 204 else size, fields + [
            ("x-amz-request-id" if call.protocol == "rest-xml"
             else "x-amzn-RequestId", name)]) + body

    def refuse(self, sock, call, error):
        name = self.made_id()
        body, fields = double_answer.write_error(call.protocol or "rest-xml",
                                        call.service or "s3", error, name)
        if call.request.method == "HEAD":
            body = b""
        sock.sendall(self.head(error.status, len(body), fields + error.fields +
                               [("x-amzn-RequestId", name)]) + body)
        return True

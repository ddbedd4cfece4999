# SPDX-License-Identifier: Apache-2.0
"""Calls of AWS as the server makes them, and services that answer what a test
says.

    Caller    starts tests/aws/call with an environment of its own
    Service   an HTTP server of 127.0.0.1 that keeps what came and answers with
              what answer(request) returns; None: nothing, ever

    with Service(lambda r: (200, {}, b"{}")) as s, \\
            Caller(AWS_ENDPOINT_URL=s.url, **KEYS) as caller:
        caller.call(service="ECS", action="ListTasks")["outcome"]

signed(request, ...) makes a signature again with botocore.
"""
import http.server
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))

import rig  # noqa: E402

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "sEcRet/Key+0"}


def program():
    path = os.path.join(os.environ.get("TOP_BUILDDIR") or
                        os.path.dirname(rig.SLUICE or "."), "tests/aws/call")
    if not os.path.isfile(path):
        raise unittest.SkipTest("needs %s: `make tests/aws/call`" % path)
    return path


class Caller:
    """One client. Of the machine's environment it has nothing but PATH; there
    is no home and no metadata service unless the test says so."""

    def __init__(self, *arguments, **environment):
        # An unset LD_PRELOAD and the like do no harm; sanitizers keep theirs.
        kept = {n: v for n, v in os.environ.items()
                if n == "PATH" or n.endswith("SAN_OPTIONS")}
        self.environment = {"AWS_EC2_METADATA_DISABLED": "true",
                            "AWS_REGION": "eu-west-1", **kept, **environment}
        self.environment = {n: v for n, v in self.environment.items()
                            if v is not None}
        path = program()
        self.answers = queue.Queue()
        self.others = {}
        self.number = 0
        self.errors = tempfile.TemporaryFile()
        self.child = subprocess.Popen(
            [path, *arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.errors, env=self.environment)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.child.stdout:
            self.answers.put(json.loads(line))
        self.answers.put(None)

    def begin(self, **call):
        self.number += 1
        call.setdefault("id", str(self.number))
        if isinstance(call.get("body"), dict):
            call["body"] = json.dumps(call["body"])
        self.child.stdin.write(json.dumps(call).encode() + b"\n")
        self.child.stdin.flush()
        return call["id"]

    def wait(self, name):
        """The answer to this call, in whatever order they come."""
        while name not in self.others:
            try:
                answer = self.answers.get(timeout=rig.PATIENCE)
            except queue.Empty:
                raise AssertionError("no answer: " + self.log()) from None
            if answer is None:
                raise AssertionError("it ended: " + self.log())
            self.others[answer["id"]] = answer
        return self.others.pop(name)

    def call(self, **call):
        return self.wait(self.begin(**call))

    def counts(self):
        return self.call(counts=True)

    def log(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def end(self):
        """Its status, after its input has ended."""
        if not self.child.stdin.closed:
            self.child.stdin.close()
        return self.child.wait(rig.PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            status = self.end()
        except subprocess.TimeoutExpired:
            self.child.kill()
            status = self.child.wait()
        self.reader.join()
        self.child.stdout.close()
        log = self.log()
        self.errors.close()
        if kind is None and status != 0:
            raise AssertionError("it ended with %s: %s" % (status, log))


class Request:
    def __init__(self, handler, body):
        self.method, self.target = handler.command, handler.path
        self.path, _, self.query = handler.path.partition("?")
        self.headers = handler.headers
        self.body = body
        self.operation = (self.headers.get("X-Amz-Target") or "").partition(
            ".")[2]

    @property
    def form(self):
        import urllib.parse
        return dict(urllib.parse.parse_qsl(self.body.decode(),
                                           keep_blank_values=True,
                                           strict_parsing=True))

    @property
    def key(self):
        """The access key id that it is signed with."""
        said = self.headers.get("Authorization") or ""
        return said.partition("Credential=")[2].partition("/")[0]


class Cut:
    """An answer that ends before it should."""

    def __init__(self, body, length):
        self.body, self.length = body, length


class Service:
    def __init__(self, answer, address="127.0.0.1", port=0):
        service = self
        self.answer, self.requests, self.over = answer, [], threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def parse_request(self):
                good = super().parse_request()
                if good:
                    self.handle_one()
                return False

            def handle_one(self):
                n = int(self.headers.get("Content-Length") or 0)
                request = Request(self, self.rfile.read(n))
                service.requests.append(request)
                self.say(service.answer(request))

            def say(self, answer):
                if answer is None:
                    service.over.wait(rig.PATIENCE)
                    self.close_connection = True
                elif isinstance(answer, bytes):
                    self.wfile.write(answer)
                    self.close_connection = True
                else:
                    self.say_answer(*answer)

            def say_answer(self, status, headers, body):
                length = len(body) if isinstance(body, bytes) else body.length
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                try:
                    if self.command != "HEAD":
                        self.wfile.write(body if isinstance(body, bytes)
                                         else body.body)
                except OSError:
                    self.close_connection = True
                if not isinstance(body, bytes):
                    self.close_connection = True

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.server = Server((address, port), Handler)
        self.port = self.server.server_address[1]
        self.url = "http://%s:%d" % (address, self.port)
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       args=(0.02,), daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def in_turn(*answers):
    """One after the other, the last for all that follow."""
    left = list(answers)
    lock = threading.Lock()

    def answer(request):
        with lock:
            now = left.pop(0) if len(left) > 1 else left[0]
        return now(request) if callable(now) else now
    return answer


def ok(body=b"{}"):
    return 200, {"x-amzn-RequestId": "r-1"}, body


def error(status, code, message="it is so", **headers):
    return (status, {"x-amzn-RequestId": "r-2", **headers},
            json.dumps({"__type": "com.amazonaws#" + code,
                        "message": message}).encode())


def sts(action, key, seconds, token="tok-en"):
    """Credentials as STS answers them."""
    return 200, {}, ("""<%(a)sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<%(a)sResult><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>%(k)s</AccessKeyId><SecretAccessKey>secret-of-%(k)s</SecretAccessKey>
<SessionToken>%(t)s</SessionToken><Expiration>%(e)s</Expiration></Credentials></%(a)sResult>
<ResponseMetadata><RequestId>r-3</RequestId></ResponseMetadata></%(a)sResponse>""" % {
        "a": action, "k": key, "t": token, "e": at(seconds)}).encode()


def at(seconds):
    import datetime
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(
        seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def signed(request, service, region, secret, token=None):
    """Fails unless botocore signs the request as it came in the same way."""
    try:
        import botocore.auth
        import botocore.awsrequest
        import botocore.credentials
    except ImportError:
        raise unittest.SkipTest("needs botocore") from None
    said = request.headers["Authorization"]
    scope, names, signature = [p.partition("=")[2] for p in
                               said.partition(" ")[2].split(", ")]
    keys = botocore.credentials.Credentials(scope.split("/")[0], secret, token)
    kind = (botocore.auth.S3SigV4Auth if service == "s3"
            else botocore.auth.SigV4Auth)
    auth = kind(keys, service, region)
    copy = botocore.awsrequest.AWSRequest(
        method=request.method, data=request.body,
        url="http://" + request.headers["Host"] + request.target,
        headers={n: v for n, v in request.headers.items()
                 if n.lower() in names.split(";")})
    copy.context["timestamp"] = request.headers["X-Amz-Date"]
    wanted = {"host", "x-amz-date"} | {
        n.lower() for n in request.headers if n.lower().startswith("x-amz-")}
    if request.headers.get("Content-Type"):
        wanted.add("content-type")
    missing = wanted - set(names.split(";"))
    text = auth.string_to_sign(copy, auth.canonical_request(copy))
    if missing or auth.signature(text, copy) != signature:
        raise AssertionError("signature: %s, not signed: %s\n%s" % (
            said, missing, auth.canonical_request(copy)))
    if scope.split("/")[2:] != [region, service, "aws4_request"]:
        raise AssertionError("scope " + scope)
    if token and request.headers.get("X-Amz-Security-Token") != token:
        raise AssertionError("no token")


def closed_port():
    """A port where nobody listens, as long as the socket is held."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    return s, s.getsockname()[1]

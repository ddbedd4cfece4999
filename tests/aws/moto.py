# SPDX-License-Identifier: Apache-2.0
"""Emulators of AWS that other people made.

    Moto     `moto_server` on a free port: CloudWatch, ECS, Cloud Map, S3 ...
    S3rver   npm's @20minutes/s3rver: an S3 that checks signatures

    with Moto() as aws:
        aws.client("s3").create_bucket(Bucket="logs")
        Api("--publish", "s3", environment=aws.environment())

Both end with the test; a test without them is skipped by name. moto checks
neither signatures nor limits: the double (double.py) does.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "api"))

import aws as sdk  # noqa: E402
import node  # noqa: E402
import rig  # noqa: E402


def environment(url, key, secret, region="us-east-1"):
    """What a process finds an emulator by, and nothing of this machine's."""
    return {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": region,
            "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED":
            "true", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}


def client(service, url, key, secret, region="us-east-1"):
    """A boto3 client of it, or a skip."""
    module = sdk.boto3()
    from botocore.config import Config
    return module.session.Session(
        aws_access_key_id=key, aws_secret_access_key=secret,
        region_name=region).client(service, endpoint_url=url, config=Config(
            retries={"total_max_attempts": 1}, proxies={},
            inject_host_prefix=False, read_timeout=rig.PATIENCE,
            s3={"addressing_style": "path"}))


class Moto:
    key, secret, region = "AKIAMOTO", "secret", "us-east-1"

    def __init__(self, pair=None, port=0):
        """`pair`: a certificate; it speaks TLS then."""
        if not shutil.which("moto_server"):
            raise unittest.SkipTest("needs moto_server")
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith(("AWS_", "MOTO_"))}
        tls = ["-s", "-c", pair.chain, "-k", pair.key] if pair else []
        # Port 0 is the kernel's choice; it prints which.
        self.child = subprocess.Popen(
            ["moto_server", "-H", "127.0.0.1", "-p", str(port), *tls],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=dict(clean, PYTHONUNBUFFERED="1"))
        self.said, self.port, self.scheme = [], None, None
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        try:
            rig.until(lambda: self.port or self.child.poll() is not None,
                      lambda: "moto_server to start: %s" % self.said,
                      rig.PATIENCE * 3)
            if self.port is None:
                raise AssertionError("moto_server: %s" % self.said)
        except AssertionError:
            self.stop()
            raise

    def read(self):
        for line in self.child.stderr:
            self.said.append(line.decode(errors="replace").rstrip())
            before, found, port = self.said[-1].partition(
                "://127.0.0.1:")
            if found and "Running on" in before:
                self.port, self.scheme = int(port), before.split()[-1]

    @property
    def url(self):
        return "%s://127.0.0.1:%d" % (self.scheme, self.port)

    def environment(self, **more):
        # It answers 500 to PutMetricData that is compressed, as one of 10 KiB
        # is.
        return {**environment(self.url, self.key, self.secret, self.region),
                "AWS_DISABLE_REQUEST_COMPRESSION": "true", **more}

    def client(self, service):
        return client(service, self.url, self.key, self.secret, self.region)

    def post(self, path, body=b""):
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                urllib.request.Request(self.url + path, body, {
                    "Content-Type": "text/plain"}, method="POST"),
                timeout=rig.PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def reset(self):
        """As it was at first."""
        self.post("/moto-api/reset")

    def check_permissions(self, after=0):
        """From now on, but for so many calls, it asks IAM; None: no more. It
        takes the signing name for the service: "monitoring:PutMetricData"."""
        self.post("/moto-api/reset-auth",
                  b"inf" if after is None else b"%d" % after)

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
        try:
            self.child.wait(rig.PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.reader.join(rig.PATIENCE)
        self.child.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class S3rver(node.Server):
    key = secret = "S3RVER"

    def __init__(self, *buckets):
        if not shutil.which("node") or not node.modules() or \
                not os.path.isdir(os.path.join(node.modules(), "@20minutes",
                                               "s3rver")):
            raise unittest.SkipTest("needs @20minutes/s3rver from npm")
        self.folder = tempfile.mkdtemp(prefix="sluice-s3-")
        super().__init__("s3rver.js", self.folder, *buckets)

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def environment(self, **more):
        return {**environment(self.url, self.key, self.secret), **more}

    def client(self, service="s3"):
        return client(service, self.url, self.key, self.secret)

    def stop(self):
        try:
            super().stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

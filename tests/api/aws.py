# SPDX-License-Identifier: Apache-2.0
"""AWS's own clients in front of `sluice serve`: what tests of the APIs stand on.

    Api       `sluice serve` with an API port, and an empty account unless it is
              given a template (a stack.Stack)
    ApiCase   a test case with one of them for the whole class

    with Api() as api:
        api.aws("elbv2", "describe-load-balancers")   the command, as JSON
        api.client("elbv2").describe_load_balancers() boto3
        api.call("DescribeLoadBalancers")             raw: an Answer
        balancer = api.balancer(origin)               a whole stack
        balancer.client().ask("/")

The credentials are dummies. What a client is missing for is skipped by name.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "proxy"))

import rig  # noqa: E402  (it stands beside us)
from reloading import free_port  # noqa: E402

REGION = "us-east-1"
VERSIONS = {"elasticloadbalancing": "2015-12-01", "sts": "2011-06-15",
            "ec2": "2016-11-15"}
SUBNETS = ["subnet-a", "subnet-b"]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIADUMMY", "AWS_SECRET_ACCESS_KEY": "dummy",
    "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "AWS_PAGER": "",
    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
    "AWS_CLI_AUTO_PROMPT": "off", "NO_PROXY": "*"}


def environment(**more):
    """Where nothing of this machine's AWS settings counts."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return {**clean, **ENVIRONMENT, **more}


def boto3():
    """The module, or a skip."""
    try:
        import boto3 as module
    except ImportError:
        raise unittest.SkipTest("needs boto3") from None
    return module


def aws_command():
    """Path of the aws command, or a skip."""
    found = shutil.which("aws")
    if not found:
        raise unittest.SkipTest("needs the aws command")
    return found


class AwsError(Exception):
    """What the aws command said: .code and .message."""

    def __init__(self, text):
        super().__init__(text)
        rest = text.partition("An error occurred (")[2]
        self.code, _, rest = rest.partition(")")
        self.message = rest.partition(" operation: ")[2].strip()


class Answer:
    """An HTTP answer to a raw call."""

    def __init__(self, response):
        self.status, self.body = response.status, response.body
        self.response = response
        self.get = response.get

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def xml(self):
        """The tree, with names as they are without the namespace."""
        root = xml.etree.ElementTree.fromstring(self.text)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def code(self):
        """Of an error, in whatever protocol; None: it is none."""
        if self.body.startswith(b"{"):
            return self.json.get("__type")
        return self.xml.findtext(".//Code") if self.status != 200 else None

    @property
    def message(self):
        if self.body.startswith(b"{"):
            return self.json.get("message", self.json.get("Message"))
        return self.xml.findtext(".//Message")


def authorization(service="elasticloadbalancing", region=REGION,
                  fields=("host", "x-amz-date")):
    """A well-formed signature that nobody could have made, of these fields."""
    day = time.strftime("%Y%m%d", time.gmtime())
    return ("AWS4-HMAC-SHA256 Credential=AKIADUMMY/%s/%s/%s/aws4_request, "
            "SignedHeaders=%s, Signature=%s" % (
                day, region, service, ";".join(fields), "0" * 64))


def signed_head(service="elasticloadbalancing", **more):
    """Fields of a request that is signed, as a dict."""
    fields = {"Host": "localhost",
              "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
              **more}
    names = sorted(n.lower() for n in fields
                   if n.lower() == "host" or n.lower().startswith("x-amz-"))
    return {"Authorization": authorization(service, fields=names), **fields}


class Balancer:
    """A load balancer with a listener and a target group, by the API."""

    def __init__(self, api, origins, name, port, **listener):
        elb = api.client("elbv2")
        self.api, self.name = api, name
        self.arn = elb.create_load_balancer(
            Name=name, Subnets=SUBNETS)["LoadBalancers"][0]["LoadBalancerArn"]
        self.group = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1",
            TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
        elb.register_targets(TargetGroupArn=self.group, Targets=[
            {"Id": o.host, "Port": o.port} for o in origins])
        self.port = port or free_port()
        made = elb.create_listener(
            LoadBalancerArn=self.arn, Protocol=listener.pop("Protocol", "HTTP"),
            Port=self.port, DefaultActions=listener.pop("DefaultActions", [
                {"Type": "forward", "TargetGroupArn": self.group}]),
            **listener)
        self.listener = made["Listeners"][0]["ListenerArn"]
        self.host, self.port = api.where(self.listener)

    def client(self, **more):
        """Of the listener."""
        return rig.Client(self.host, self.port, **more)


class Api(rig.Process):
    def __init__(self, *options, template=None, workers=1, drain=2, wait=True,
                 **more):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        words = ["serve"]
        if template:
            self.path = os.path.join(self.folder, "stack.json")
            with open(self.path, "w", encoding="utf-8") as file:
                file.write(template if isinstance(template, str)
                           else template.text())
            words.append(self.path)
        if "--api" not in options:
            options += ("--api", "127.0.0.1:0")
        if "--state-folder" not in options:
            options += ("--state-folder", os.path.join(self.folder, "state"))
        super().__init__(*words, "--workers", workers, "--drain-timeout", drain,
                         *options, wait=wait, **more)
        self.clients = {}
        if wait:
            self.api_host, self.api_port = self.address_of("api")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, *arguments, **more):
        try:
            return super().stop(*arguments, **more)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return "http://" + rig.address(self.api_host, self.api_port)

    # ---- clients -------------------------------------------------------------
    def aws(self, *words, **more):
        """Runs the aws command: its output as JSON, None when it has none;
        AwsError when it fails."""
        done = subprocess.run(
            [aws_command(), "--endpoint-url", self.url, "--output", "json",
             "--cli-read-timeout", str(int(rig.PATIENCE))] +
            [w if isinstance(w, str) else json.dumps(w) for w in words],
            capture_output=True, env=environment(**more), check=False,
            timeout=60 * rig.SLOW)
        out, err = done.stdout.decode(), done.stderr.decode()
        if done.returncode:
            raise AwsError(err)
        return json.loads(out) if out.strip() else None

    def client(self, service):
        """A boto3 client."""
        if service not in self.clients:
            module = boto3()
            from botocore.config import Config
            session = module.session.Session(
                aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
                region_name=REGION)
            self.clients[service] = session.client(
                service, endpoint_url=self.url, config=Config(
                    retries={"total_max_attempts": 1}, proxies={},
                    read_timeout=rig.PATIENCE))
        return self.clients[service]

    def connect(self):
        return rig.Client(self.api_host, self.api_port)

    def send(self, method, path, body=b"", **fields):
        """One request with these fields, as they are: an Answer."""
        lines = ["%s %s HTTP/1.1" % (method, path)]
        lines += ["%s: %s" % (k.replace("_", "-"), v)
                  for k, v in fields.items() if v is not None]
        if body or method == "POST":
            lines.append("Content-Length: %d" % len(body))
        with self.connect() as client:
            client.send(("\r\n".join(lines + ["Connection: close", "", ""]))
                        .encode() + body)
            return Answer(client.response(method))

    def call(self, action, service="elasticloadbalancing", version=None,
             fields=None, **parameters):
        """A call of the query protocol: call("X", **{"Names.member.1": "a"})."""
        form = urllib.parse.urlencode({
            "Action": action, "Version": version or VERSIONS[service],
            **parameters})
        return self.send("POST", "/", form.encode(), **{
            **signed_head(service),
            "Content-Type": "application/x-www-form-urlencoded",
            **(fields or {})})

    def json_call(self, target, body, service="acm", fields=None):
        """A call of a JSON service."""
        return self.send("POST", "/", json.dumps(body).encode(), **{
            **signed_head(service, **{"X-Amz-Target": target}),
            "Content-Type": "application/x-amz-json-1.1", **(fields or {})})

    # ---- what there is ---------------------------------------------------------
    def balancer(self, *origins, name="web", port=0, **listener):
        """A load balancer, a listener of that port (0: any that is free) and a
        target group of the origins."""
        return Balancer(self, origins, name, port, **listener)

    def where(self, listener):
        """(host, port) that a listener has here."""
        for balancer in json.loads(self.api("/status.json").body)[
                "LoadBalancers"]:
            for found in balancer["Listeners"]:
                if found["ListenerArn"] == listener:
                    host, _, port = found["LocalAddress"].rpartition(":")
                    return host.strip("[]"), int(port)
        raise AssertionError("no listener " + listener)

    metrics = rig.Sluice.metrics
    metric = rig.Sluice.metric
    api = rig.Sluice.api


class ApiCase(unittest.TestCase):
    """One Api for all cases of the class; `options` and `template` are its."""
    options, template = (), None

    @classmethod
    def setUpClass(cls):
        cls.api = Api(*cls.options, template=cls.template)

    @classmethod
    def tearDownClass(cls):
        cls.api.stop()

    def refused(self, code, call, **parameters):
        """boto3's call must be refused with that code: the message."""
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        return error["Message"]


class ConnectedCase(ApiCase):
    """All calls of the class go over one connection."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection = cls.api.connect()

    @classmethod
    def tearDownClass(cls):
        cls.connection.close()
        super().tearDownClass()

    def post(self, path, fields, body):
        head = "".join("%s: %s\r\n" % f for f in fields.items())
        self.connection.send(
            ("POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n"
             % (path, head, len(body))).encode() + body)
        return Answer(self.connection.response("POST"))

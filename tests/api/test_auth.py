#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may call the API: signatures, access keys, policies, a key of our own."""
import base64
import datetime
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import unittest
import unittest.mock
import urllib.parse

import aws
import rig
from reloading import free_port
from rig import until

SECRET = "ExampleSecretExampleSecretExampleSecret0"
OTHER = "OtherSecretOtherSecretOtherSecretOtherSe"
ELB = "elasticloadbalancing"
MATCH = "does not match the signature you provided"


def command(*words):
    return subprocess.run([rig.SLUICE, *words], capture_output=True,
                          check=False, timeout=rig.PATIENCE)


def statement(action, resource="*", effect="Allow", **condition):
    made = {"Effect": effect, "Action": action, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


def user(name, number, *statements, **more):
    return {"UserName": name, "AccessKeyId": "AKIA%012d" % number,
            "SecretAccessKey": SECRET, **more,
            **({"Policies": [{"Version": "2012-10-17",
                              "Statement": list(statements)}]}
               if statements else {})}


def lb_arn(name):
    return "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/%s/*" % name


ADMIN = user("admin", 1, statement("*"))
READER = user("reader", 2, statement(ELB + ":Describe*"))
WEB = user("web", 3, statement(ELB + ":*", lb_arn("${aws:username}*")),
           statement(ELB + ":DeleteLoadBalancer", effect="Deny"))
EDGE = user("edge", 4,
            statement([ELB + ":CreateTargetGroup"], StringEquals={
                "aws:RequestTag/Team": "edge"}, **{
                    "ForAllValues:StringEquals": {
                        "aws:TagKeys": ["Team", "Stage"]}}),
            statement(ELB + ":AddTags", StringEquals={
                ELB + ":CreateAction": "CreateTargetGroup"}),
            statement([ELB + ":ModifyTargetGroup", ELB + ":AddTags",
                       ELB + ":DeleteTargetGroup"],
                      StringEquals={"aws:ResourceTag/Team": "edge"}))
NOBODY = user("nobody", 5)
SCRAPER = user("scraper", 6, statement("sluice:GetMetrics"))
HERE = user("here", 7, statement("*", IpAddress={
    "aws:SourceIp": "127.0.0.0/8"}))
AWAY = user("away", 8, statement("*", IpAddress={
    "aws:SourceIp": "192.0.2.0/24"}))
LATE = user("late", 9, statement("*", DateLessThan={
    "aws:CurrentTime": "2020-01-01T00:00:00Z"}))
TEMPORARY = user("temporary", 10, statement("*"), SessionToken="To/ken+1==")
EVERYBODY = [ADMIN, READER, WEB, EDGE, NOBODY, SCRAPER, HERE, AWAY, LATE,
             TEMPORARY]


def write_keys(path, entries):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"AccessKeys": entries}, file)
    os.chmod(path, 0o600)


def credentials(who, secret=None):
    from botocore.credentials import Credentials
    return Credentials(who["AccessKeyId"], secret or who["SecretAccessKey"],
                       who.get("SessionToken"))


def client_of(api, who, service="elbv2", region=aws.REGION, secret=None):
    module = aws.boto3()
    from botocore.config import Config
    keys = credentials(who, secret)
    return module.session.Session().client(
        service, endpoint_url=api.url, region_name=region,
        aws_access_key_id=keys.access_key, aws_session_token=keys.token,
        aws_secret_access_key=keys.secret_key, config=Config(
            retries={"total_max_attempts": 1}, proxies={},
            read_timeout=rig.PATIENCE))


def sign(url, who, method="GET", body=b"", service=ELB, region=aws.REGION,
         when=None, secret=None, headers=None, presigned=0):
    """botocore's request, signed at that moment."""
    aws.boto3()
    from botocore import auth
    from botocore.awsrequest import AWSRequest
    kinds = {(False, False): auth.SigV4Auth, (True, False): auth.S3SigV4Auth,
             (False, True): auth.SigV4QueryAuth,
             (True, True): auth.S3SigV4QueryAuth}
    request = AWSRequest(method, url, headers=dict(headers or {}), data=body)
    signer = kinds[service == "s3", presigned > 0](
        credentials(who, secret), service, region,
        **({"expires": presigned} if presigned else {}))
    now = when or datetime.datetime.now(datetime.timezone.utc)
    with unittest.mock.patch.object(auth, "get_current_datetime",
                                    lambda *_, **__: now):
        signer.add_auth(request)
    return request


class Keys(unittest.TestCase):
    """One Sluice with everybody's keys."""

    @classmethod
    def setUpClass(cls):
        aws.boto3()
        cls.folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        cls.path = os.path.join(cls.folder.name, "keys.json")
        write_keys(cls.path, EVERYBODY)
        cls.api = aws.Api("--access-keys", cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.api.stop()
        cls.folder.cleanup()

    def send(self, request, body=None, **changed):
        """A request of sign(), maybe with other fields or another body."""
        url = urllib.parse.urlsplit(request.url)
        path = url.path + ("?" + url.query if url.query else "")
        fields = {"Host": url.netloc, **dict(request.headers.items()),
                  **changed}
        return self.api.send(request.method, path,
                             request.data if body is None else body, **fields)

    def form(self, action, who=ADMIN, **more):
        body = ("Action=%s&Version=2015-12-01" % action).encode()
        return sign(self.api.url + "/", who, "POST", body, headers={
            "Content-Type": "application/x-www-form-urlencoded"}, **more)

    def check(self, answer, status, code, message=""):
        self.assertEqual((answer.status, answer.code), (status, code),
                         answer.text)
        self.assertIn(message, answer.message)

    def refused(self, code, call, **parameters):
        return aws.ApiCase.refused(self, code, call, **parameters)


class Signatures(Keys):

    def test_a_right_signature_is_let_in(self):
        answer = self.send(self.form("DescribeLoadBalancers"))
        self.assertEqual(answer.status, 200, answer.text)

    def test_who_calls_is_told(self):
        told = client_of(self.api, READER, "sts").get_caller_identity()
        self.assertEqual(told["Arn"],
                         "arn:aws:iam::%s:user/reader" % told["Account"])

    def test_a_session_needs_its_token(self):
        answer = self.send(self.form("DescribeTags", TEMPORARY))
        self.assertNotEqual(answer.status, 403, answer.text)
        bare = {k: v for k, v in TEMPORARY.items() if k != "SessionToken"}
        self.check(self.send(self.form("DescribeTags", bare)), 403,
                   "InvalidClientTokenId", "security token")

    def test_a_wrong_secret_does_not_match(self):
        answer = self.send(self.form("DescribeLoadBalancers", secret=OTHER))
        self.check(answer, 403, "SignatureDoesNotMatch", MATCH)
        self.assertIn("The Canonical String for this request should have been\n"
                      "'POST\n/\n", answer.message)

    def test_an_unknown_key_is_invalid(self):
        self.check(self.send(self.form("DescribeTags", user("x", 99))), 403,
                   "InvalidClientTokenId",
                   "The security token included in the request is invalid.")

    def test_the_scope_must_be_of_this_region(self):
        self.check(self.send(self.form("DescribeTags", region="eu-west-1")),
                   403, "SignatureDoesNotMatch", "valid region")

    def test_a_scope_of_another_service_signs_nothing_else(self):
        request = self.form("DescribeLoadBalancers", service="sts")
        request.headers["Authorization"] = request.headers[
            "Authorization"].replace("/sts/", "/%s/" % ELB)
        self.check(self.send(request), 403, "SignatureDoesNotMatch", MATCH)

    def test_clocks_may_differ_by_five_minutes(self):
        def moved(minutes):
            return self.send(self.form(
                "DescribeLoadBalancers",
                when=datetime.datetime.now(datetime.timezone.utc) +
                datetime.timedelta(minutes=minutes)))

        self.assertEqual(moved(-4).status, 200)
        self.assertEqual(moved(4).status, 200)
        self.check(moved(-6), 403, "SignatureDoesNotMatch",
                   "Signature expired: ")
        self.assertRegex(moved(-6).message,
                         r" is now earlier than \d{8}T\d{6}Z "
                         r"\(\d{8}T\d{6}Z - 5 min\.\)$")
        self.check(moved(6), 403, "SignatureDoesNotMatch",
                   "Signature not yet current: ")

    def test_a_body_that_was_changed_does_not_match(self):
        request = self.form("DescribeLoadBalancers")
        body = request.data.replace(b"Describe", b"Delete__")
        self.check(self.send(request, body=body), 403, "SignatureDoesNotMatch",
                   MATCH)

    def test_a_field_that_says_what_is_asked_must_be_signed(self):
        request = sign(self.api.url + "/", ADMIN, "POST", b"{}", "acm")
        answer = self.send(request,
                           **{"X-Amz-Target": "CertificateManager.Delete"})
        self.assertEqual((answer.status, answer.code),
                         (400, "AccessDeniedException"), answer.text)

    def test_json_services_have_their_own_codes(self):
        for secret, code in ((OTHER, "InvalidSignatureException"),
                             (SECRET, "AccessDeniedException")):
            request = sign(self.api.url + "/", NOBODY, "POST", b"{}", "acm",
                           secret=secret, headers={
                               "X-Amz-Target":
                               "CertificateManager.ListCertificates",
                               "Content-Type": "application/x-amz-json-1.1"})
            answer = self.send(request)
            if (secret, answer.code) == (SECRET, "UnknownOperationException"):
                self.skipTest("ACM is not served")
            self.assertEqual((answer.status, answer.code), (400, code))

    def test_ec2_has_its_own_codes(self):
        wrong = client_of(self.api, ADMIN, "ec2", secret=OTHER)
        self.refused("AuthFailure", wrong.describe_vpcs)
        message = self.refused("UnauthorizedOperation", client_of(
            self.api, NOBODY, "ec2").describe_vpcs)
        self.assertIn("You are not authorized to perform this operation. "
                      "User: arn:aws:iam::", message)

    def test_a_presigned_url_lasts_as_long_as_it_says(self):
        def presigned(**more):
            return self.send(sign(
                self.api.url + "/?Version=2015-12-01&"
                "Action=DescribeTargetGroups", ADMIN, **more))

        self.assertEqual(presigned(presigned=60).status, 200)
        old = datetime.datetime.now(datetime.timezone.utc) - \
            datetime.timedelta(minutes=2)
        self.check(presigned(presigned=60, when=old), 400, "RequestExpired",
                   "Request has expired.")
        self.assertEqual(presigned(presigned=300, when=old).status, 200)
        self.check(presigned(presigned=60, secret=OTHER), 403,
                   "SignatureDoesNotMatch", MATCH)

    def test_without_a_signature_nothing_is_told(self):
        answer = self.api.send("POST", "/", b"Action=DescribeTags", Host="x", **{
            "Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status, 403)

    def test_the_aws_command_is_verified(self):
        keys = {"AWS_ACCESS_KEY_ID": ADMIN["AccessKeyId"]}
        made = self.api.aws("elbv2", "describe-load-balancers",
                            AWS_SECRET_ACCESS_KEY=SECRET, **keys)
        self.assertIn("LoadBalancers", made)
        with self.assertRaises(aws.AwsError) as caught:
            self.api.aws("elbv2", "describe-load-balancers",
                         AWS_SECRET_ACCESS_KEY=OTHER, **keys)
        self.assertEqual(caught.exception.code, "SignatureDoesNotMatch")


class Canonical(Keys):
    """Requests of any shape, signed by another implementation."""

    def shape(self, dice):
        def text(letters, most):
            return "".join(dice.choice(letters)
                           for _ in range(dice.randint(0, most)))

        letters = ["a", "B", "9", "-", "_", ".", "~", "%20", "%2F", "%3A",
                   "%E2%82%AC"]
        path = "/" + "/".join(
            dice.choice(["", ".", "..", text(letters + [
                "=", ":", "@", "%41", "%2f"], 5)])
            for _ in range(dice.randint(0, 5)))
        query = "&".join(
            text(letters, 3) + dice.choice(["=", "=" + text(letters, 4)])
            for _ in range(dice.randint(0, 5)))
        headers = {"X-Amz-Note": text(["a", " ", "  ", "b", ","], 8) + "z",
                   "Content-Type": "text/plain; x=" + text(["a"], 2)}
        return path, query, dict(list(headers.items())[:dice.randint(0, 2)])

    def same(self, service, presigned):
        dice = random.Random(service + str(presigned))
        for _ in range(60):
            path, query, headers = self.shape(dice)
            if service == "s3":  # on the wire as it is signed
                path = urllib.parse.quote(urllib.parse.unquote(path),
                                          safe="/~")
            if service == "s3" or presigned:
                query = ""
            url = self.api.url + path + ("?" + query if query else "")
            answer = self.send(sign(url, ADMIN, service=service,
                                    headers=headers, presigned=presigned))
            self.assertNotIn(answer.status, (401, 403),
                             (url, headers, answer.text))

    def test_requests_are_what_botocore_says_they_are(self):
        self.same("sluice", 0)

    def test_presigned_requests_are(self):
        self.same("sluice", 60)

    def test_paths_of_s3_are(self):
        self.same("s3", 0)

    def test_presigned_paths_of_s3_are(self):
        self.same("s3", 60)

    def test_queries_are_sorted_and_encoded_once(self):
        for query in ("b=2&a-b=1&a=2&a=1", "a=%2F~%20", "none=&x=y%3D",
                      "%E2%82%AC=1&Z=1&a=1"):
            answer = self.send(sign(self.api.url + "/status?" + query, ADMIN,
                                    service="sluice"))
            self.assertEqual(answer.status, 200, (query, answer.text))


class Policies(Keys):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        admin = client_of(cls.api, ADMIN)
        cls.other = admin.create_load_balancer(
            Name="other", Subnets=aws.SUBNETS)["LoadBalancers"][0][
                "LoadBalancerArn"]

    def test_what_no_policy_allows_is_denied(self):
        elb = client_of(self.api, READER)
        self.assertIn(self.other, [
            b["LoadBalancerArn"]
            for b in elb.describe_load_balancers()["LoadBalancers"]])
        message = self.refused("AccessDenied", elb.delete_load_balancer,
                               LoadBalancerArn=self.other)
        self.assertRegex(
            message,
            r"^User: arn:aws:iam::\d{12}:user/reader is not authorized to "
            r"perform: elasticloadbalancing:DeleteLoadBalancer on resource: "
            + self.other + " because no identity-based policy allows the "
            "elasticloadbalancing:DeleteLoadBalancer action$")

    def test_without_policies_only_oneself_can_be_asked_for(self):
        self.refused("AccessDenied", client_of(
            self.api, NOBODY).describe_load_balancers)
        client_of(self.api, NOBODY, "sts").get_caller_identity()

    def test_resources_are_those_that_the_call_names(self):
        elb = client_of(self.api, WEB)
        arn = elb.create_load_balancer(Name="web-1", Subnets=aws.SUBNETS)[
            "LoadBalancers"][0]["LoadBalancerArn"]
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[
                {"Key": "idle_timeout.timeout_seconds", "Value": "30"}])
        message = self.refused("AccessDenied", elb.create_load_balancer,
                               Name="api", Subnets=aws.SUBNETS)
        self.assertIn("loadbalancer/app/api/* because", message)
        self.refused("AccessDenied", elb.modify_load_balancer_attributes,
                     LoadBalancerArn=self.other, Attributes=[
                         {"Key": "idle_timeout.timeout_seconds",
                          "Value": "30"}])
        self.refused("AccessDenied", elb.describe_load_balancers)
        message = self.refused("AccessDenied", elb.delete_load_balancer,
                               LoadBalancerArn=arn)
        self.assertIn(" with an explicit deny in an identity-based policy",
                      message)

    def test_tags_of_the_request_and_of_the_resource_count(self):
        edge, admin = client_of(self.api, EDGE), client_of(self.api, ADMIN)

        def make(elb, name, *tags):
            return elb.create_target_group(
                Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1",
                Tags=[{"Key": k, "Value": v} for k, v in tags])[
                    "TargetGroups"][0]["TargetGroupArn"]

        ours = make(edge, "ours", ("Team", "edge"))
        theirs = make(admin, "theirs", ("Team", "core"))
        with self.assertRaisesRegex(Exception, "AccessDenied"):
            make(edge, "wrong", ("Team", "core"))
        with self.assertRaisesRegex(Exception, "AccessDenied"):
            make(edge, "more", ("Team", "edge"), ("Owner", "me"))
        with self.assertRaisesRegex(Exception, "AccessDenied"):
            make(edge, "none", ("Stage", "test"))
        edge.modify_target_group(TargetGroupArn=ours, HealthCheckPath="/x")
        self.refused("AccessDenied", edge.modify_target_group,
                     TargetGroupArn=theirs, HealthCheckPath="/x")
        edge.add_tags(ResourceArns=[ours], Tags=[{"Key": "A", "Value": "b"}])
        self.refused("AccessDenied", edge.add_tags,
                     ResourceArns=[ours, theirs],
                     Tags=[{"Key": "A", "Value": "b"}])
        edge.delete_target_group(TargetGroupArn=ours)

    def test_addresses_and_dates_are_conditions(self):
        client_of(self.api, HERE).describe_load_balancers()
        for who in (AWAY, LATE):
            self.refused("AccessDenied", client_of(
                self.api, who).describe_load_balancers)


class PassedOn(unittest.TestCase):

    def test_what_is_passed_on_must_be_allowed_too(self):
        folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "keys.json")
        write_keys(path, [ADMIN, READER])
        with rig.Origin() as other:
            api = aws.Api("--access-keys", path, "--passthrough",
                          "http://127.0.0.1:%d" % other.port)
            self.addCleanup(api.stop)
            for who, status in ((READER, 400), (ADMIN, 200)):
                request = sign(api.url + "/", who, "POST", b"{}", "sqs",
                               headers={"X-Amz-Target": "AmazonSQS.ListQueues",
                                        "Content-Type":
                                        "application/x-amz-json-1.0"})
                answer = api.send("POST", "/", b"{}", **{
                    "Host": api.url[7:], **dict(request.headers.items())})
                self.assertEqual(answer.status, status, answer.text)
                if status == 400:
                    self.assertIn("sqs:ListQueues on resource: * because",
                                  answer.text)
                    self.assertEqual(len(other.requests), 0)

    def test_who_is_asked_cannot_take_another_action_than_policies(self):
        folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "keys.json")
        lister = user("lister", 7, statement(["sqs:ListQueues",
                                              "ec2:DescribeVpcs"]),
                      statement(["sqs:Unknown"]),
                      statement("sqs:DeleteQueue", effect="Deny"))
        write_keys(path, [lister])
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        target = {"X-Amz-Target": "AmazonSQS.ListQueues"}
        with rig.Origin() as other:
            api = aws.Api("--access-keys", path, "--passthrough",
                          "http://127.0.0.1:%d" % other.port)
            self.addCleanup(api.stop)

            def send(query, body, service="sqs", **fields):
                request = sign(api.url + "/" + query, lister, "POST", body,
                               service, headers=fields)
                return api.send("POST", "/" + query, body, **{
                    "Host": api.url[7:], **dict(request.headers.items())})

            for query, body, service, fields, status in (
                    ("?Action=ListQueues", b"Action=DeleteQueue", "sqs", form,
                     400),
                    ("?Action=ListQueues", b"Action=DeleteQueue", "sqs", {},
                     400),
                    ("", b"Action=ListQueues&Action=DeleteQueue", "sqs", form,
                     400),
                    ("", b"Actio%6e=DeleteQueue", "sqs", form, 403),
                    ("", b"Action=Delete%51ueue", "sqs", form, 403),
                    ("", b"Action=ListQueues&Actio%6E=DeleteQueue", "sqs",
                     form, 400),
                    ("?Action=DeleteQueue", b"{}", "sqs", target, 400),
                    ("", b"Action=DeleteQueue", "sqs", {**target, **form},
                     400),
                    ("?Action=DescribeVpcs", b"Action=DeleteVpc", "ec2", form,
                     400)):
                with self.subTest(query=query, body=body, fields=fields):
                    answer = send(query, body, service, **fields)
                    self.assertEqual((answer.status, len(other.requests)),
                                     (status, 0), answer.text)
            self.assertEqual(
                send("", b"Action=ListQueues", **form).status, 200)


class Pages(Keys):

    def get(self, path, who=None, **fields):
        if who:
            pair = "%s:%s" % (who["AccessKeyId"], who["SecretAccessKey"])
            fields["Authorization"] = "Basic " + base64.b64encode(
                pair.encode()).decode()
        return self.api.send("GET", path, Host="127.0.0.1", **fields)

    def test_health_is_for_everybody_and_the_rest_is_not(self):
        self.assertEqual(self.get("/healthz").status, 200)
        for path in ("/metrics", "/status", "/status.json", "/targets", "/no"):
            self.assertEqual(self.get(path).status, 401, path)

    def test_a_scraper_sends_its_key_as_a_password(self):
        self.assertEqual(self.get("/metrics", SCRAPER).status, 200)
        self.assertEqual(self.get("/status", SCRAPER).status, 403)
        self.assertEqual(self.get(
            "/metrics", {**SCRAPER, "SecretAccessKey": OTHER}).status, 401)
        self.assertEqual(self.get("/metrics", READER).status, 403)

    def test_status_signs_with_the_first_key_of_the_file(self):
        done = command("status", "--api", self.api.url[7:], "--access-keys",
                       self.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = command("status", "--api", self.api.url[7:])
        self.assertEqual(done.returncode, 69)
        self.assertIn(b"--access-keys FILE", done.stderr)


class Files(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "keys.json")

    def start(self):
        api = aws.Api("--access-keys", self.path)
        self.addCleanup(api.stop)
        return api

    def hup(self, api, says):
        api.signal(signal.SIGHUP)
        until(lambda: api.log_count(says), says)

    def test_a_file_that_changed_is_read_with_HUP(self):
        aws.boto3()
        write_keys(self.path, [READER])
        api = self.start()
        elb = client_of(api, READER)
        elb.describe_load_balancers()
        write_keys(self.path, [{**READER, "SecretAccessKey": OTHER}, ADMIN])
        self.hup(api, "the access keys were read again: 2")
        aws.ApiCase.refused(self, "SignatureDoesNotMatch",
                            elb.describe_load_balancers)
        client_of(api, ADMIN).describe_load_balancers()

    def test_a_bad_file_changes_nothing(self):
        aws.boto3()
        write_keys(self.path, [READER])
        api = self.start()
        entry = user("x", 1, statement("*", StringEqual={"aws:username": "x"}))
        write_keys(self.path, [entry])
        self.hup(api, "the old access keys go on")
        log = "\n".join(api.log)
        self.assertIn("no condition operator StringEqual", log)
        self.assertNotIn(SECRET, log)
        client_of(api, READER).describe_load_balancers()

    def test_a_bad_file_is_no_start(self):
        write_keys(self.path, [{**READER, "Polices": []}])
        done = command("serve", "--api", "127.0.0.1:0", "--access-keys",
                       self.path)
        self.assertEqual(done.returncode, 65)
        self.assertIn(b"did you mean Policies?", done.stderr)
        self.assertNotIn(SECRET.encode(), done.stderr)

    def test_a_file_that_others_may_read_is_told(self):
        write_keys(self.path, [READER])
        os.chmod(self.path, 0o644)
        api = self.start()
        self.assertIn("other users may open it (mode 644)",
                      "\n".join(api.log))


class Open(unittest.TestCase):
    """An API that other machines can reach."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.addCleanup(folder.cleanup)
        self.folder = os.path.join(folder.name, "state")

    def start(self):
        api = aws.Api("--api", "0.0.0.0:0", "--state-folder", self.folder)
        self.addCleanup(api.stop)
        api.api_host = "127.0.0.1"
        return api

    def kept(self):
        path = os.path.join(self.folder, "access-key.json")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path, encoding="utf-8") as file:
            return json.load(file)["AccessKeys"][0]

    def test_a_key_is_made_at_the_first_start_and_shown_once(self):
        aws.boto3()
        api = self.start()
        key = self.kept()
        log = "\n".join(api.log)
        self.assertIn("export AWS_ACCESS_KEY_ID=" + key["AccessKeyId"], log)
        self.assertIn("export AWS_SECRET_ACCESS_KEY=" + key["SecretAccessKey"],
                      log)
        client_of(api, key).describe_load_balancers()
        aws.ApiCase.refused(self, "InvalidClientTokenId",
                            client_of(api, ADMIN).describe_load_balancers)
        done = command("status", "--api", api.url[7:], "--state-folder",
                       self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        api.stop()
        again = self.start()
        self.assertEqual(self.kept(), key)
        self.assertNotIn(key["SecretAccessKey"], "\n".join(again.log))
        client_of(again, key).describe_load_balancers()

    def test_without_a_folder_to_keep_it_in_there_is_no_start(self):
        done = command("serve", "--api", "0.0.0.0:0", "--state-folder",
                       "/proc/none")
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn(b"--access-keys FILE says who may call it", done.stderr)

    def test_a_taken_address_is_told_with_the_option(self):
        with socket.create_server(("127.0.0.1", free_port())) as taken:
            port = taken.getsockname()[1]
            done = command("serve", "--api", "127.0.0.1:%d" % port,
                           "--no-supervisor")
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn(b"127.0.0.1:%d: the address is taken, maybe by another "
                      b"Sluice" % port, done.stderr)
        self.assertIn(b"--api ADDRESS:PORT", done.stderr)


if __name__ == "__main__":
    rig.main()

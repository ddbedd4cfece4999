#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of AWS by its own names over HTTPS: nobody says an endpoint."""
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import double  # noqa: E402
import inside  # noqa: E402
from asking import Home, creds  # noqa: E402
from calls import Service  # noqa: E402
from inside import ECS, IMDS, OTHER, REGION, rig  # noqa: E402

setUpModule = inside.enter

ROLE = "arn:aws:iam::123456789012:role/app"
IDENTITY = {"service": "STS", "action": "GetCallerIdentity"}
PUT = {"service": "S3", "method": "PUT"}


class Services(inside.Case):
    """Each by its host, with its signature."""

    def host(self, name, call):
        self.good(call)
        self.assertEqual(self.hosts(), ["%s.%s.amazonaws.com" % (name, REGION)])
        return self.aws.calls()[0]

    def test_cloudwatch(self):
        self.host("monitoring", {
            "service": "CLOUDWATCH", "action": "PutMetricData", "gzip": True,
            "body": {"Namespace": "Sluice/X", "MetricData": [
                {"MetricName": "N", "Value": 1.0, "Timestamp": time.time()}]}})
        self.assertEqual(self.aws.metrics[0]["MetricName"], "N")

    def test_logs(self):
        self.host("logs", {"service": "LOGS", "action": "CreateLogGroup",
                           "body": {"logGroupName": "sluice"}})
        self.assertIn("sluice", self.aws.log_groups)

    def test_ecs(self):
        self.host("ecs", {"service": "ECS", "action": "ListTasks"})

    def test_sts(self):
        self.host("sts", IDENTITY)

    def test_sns(self):
        topic = "arn:aws:sns:%s:123456789012:alarms" % REGION
        self.aws.topics[topic] = []
        self.host("sns", {"service": "SNS", "action": "Publish", "body":
                          "Message=m&TopicArn=" + topic.replace(":", "%3A")})
        self.assertEqual(self.aws.topics[topic][0]["Message"], "m")

    def test_cloud_map_finds_instances_at_a_host_with_a_prefix(self):
        call = {"service": "CLOUD_MAP", "action": "DiscoverInstances",
                "body": {"NamespaceName": "n", "ServiceName": "s"}}
        self.ask(dict(call, host_prefix=True))
        self.ask(call)
        self.assertEqual(self.hosts(), [
            "%sservicediscovery.%s.amazonaws.com" % (p, REGION)
            for p in ("data-", "")])

    def test_a_region_of_a_call(self):
        self.aws.region = OTHER
        self.good(dict(IDENTITY, region=OTHER))
        self.assertEqual(self.hosts(), ["sts.%s.amazonaws.com" % OTHER])


class Buckets(inside.Case):
    def put(self, bucket, times=1, **call):
        inside.names(*inside.HOSTS, *[
            "%s.s3.%s.amazonaws.com" % (bucket, region)
            for region in (REGION, OTHER) if "." not in bucket])
        self.aws.buckets[bucket] = {}
        call = {**PUT, "bucket": bucket, "key": "a/b c+d=é",
                "body": "what is kept", **call}
        with self.caller() as caller:
            answers = [caller.call(**call) for _ in range(times)]
        for said in answers:
            self.assertEqual(said["outcome"], "OK", said)
        self.aws.check()
        self.assertEqual(self.aws.buckets[bucket]["a/b c+d=é"].body,
                         b"what is kept")

    def test_one_stands_in_the_host(self):
        self.put("logs-of-ours")
        self.assertEqual(self.hosts(), ["logs-of-ours.s3.%s.amazonaws.com" %
                                        REGION])
        self.assertEqual(self.aws.journal[0].request.path,
                         "/a/b%20c%2Bd%3D%C3%A9")

    def test_one_with_dots_stands_in_the_path(self):
        """Under a host with dots no certificate of AWS is good."""
        self.put("logs.of.ours")
        self.assertEqual(self.hosts(), ["s3.%s.amazonaws.com" % REGION])
        self.assertEqual(self.aws.journal[0].request.path,
                         "/logs.of.ours/a/b%20c%2Bd%3D%C3%A9")

    def test_one_in_another_region_is_called_there(self):
        self.aws.region = None
        self.aws.fault(double.answered(
            301, "PermanentRedirect", "The bucket is elsewhere",
            x_amz_bucket_region=OTHER), times=1)
        self.put("logs")
        self.assertEqual(self.hosts(), ["logs.s3.%s.amazonaws.com" % region
                                        for region in (REGION, OTHER)])
        self.assertIn("/%s/s3/" % OTHER,
                      self.aws.journal[1].request.get("Authorization"))

    def test_a_file_in_parts(self):
        inside.names("logs.s3.%s.amazonaws.com" % REGION)
        self.aws.buckets["logs"] = {}
        data = os.urandom(5 << 20) + b"the rest"
        place = {"service": "S3", "bucket": "logs", "key": "k"}
        with tempfile.NamedTemporaryFile() as file, self.caller() as caller:
            file.write(data)
            file.flush()
            made = caller.call(**place, method="POST", query="uploads=")
            upload = made["answer"].partition("<UploadId>")[2].partition(
                "<")[0]
            etags = [caller.call(
                **place, method="PUT", file=file.name, at=at, n=n,
                query="partNumber=%d&uploadId=%s" % (number, upload))["etag"]
                for number, at, n in ((1, 0, 5 << 20), (2, 5 << 20, 8))]
            said = caller.call(
                **place, method="POST", query="uploadId=" + upload, body=
                '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/'
                '2006-03-01/">%s</CompleteMultipartUpload>' %
                "".join("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>"
                        % (n, etag) for n, etag in enumerate(etags, 1)))
        self.assertEqual(said["outcome"], "OK", said)
        self.aws.check()
        self.assertEqual(self.aws.buckets["logs"]["k"].body, data)


class Metadata(inside.Case):
    """At the addresses where AWS has them, whatever proxies there are."""
    NOWHERE = {name: "http://127.0.0.1:9" for name in (
        "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")}
    ROLES = "/latest/meta-data/iam/security-credentials/"
    DOCUMENT = "/latest/dynamic/instance-identity/document"

    def setUp(self):
        super().setUp()
        self.aws.keys["ASIAHERE"] = double.Key(
            "ASIAHERE", "secret-of-ASIAHERE", "token-of-ASIAHERE")
        self.other = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                      "NO_PROXY": ".amazonaws.com", **self.NOWHERE}

    def at(self, address, answers):
        def answer(request):
            if request.method == "PUT":
                return 200, {}, b"T0ken=="
            found = answers.get(request.target)
            return found or (404, {}, b"")
        service = Service(answer, address, 80)
        self.addCleanup(service.__exit__)
        return service

    def test_an_instance_tells_its_role_and_its_region(self):
        host = self.at(IMDS, {
            self.ROLES: (200, {}, b"web"), self.ROLES + "web": creds("ASIAHERE"),
            self.DOCUMENT: (200, {}, b'{"region": "%s"}' % REGION.encode())})
        self.good(IDENTITY, AWS_REGION=None, AWS_EC2_METADATA_DISABLED=None,
                  **self.other)
        self.assertEqual({r.headers["x-aws-ec2-metadata-token"]
                          for r in host.requests if r.method == "GET"},
                         {"T0ken=="})

    def test_a_task_tells_them_too(self):
        self.at(ECS, {
            "/v2/credentials/1": creds("ASIAHERE"),
            "/v4/2/task": (200, {}, json.dumps({
                "TaskARN": "arn:aws:ecs:%s:123456789012:task/t/1" % REGION
            }).encode())})
        self.good(IDENTITY, AWS_REGION=None, **self.other,
                  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/credentials/1",
                  ECS_CONTAINER_METADATA_URI_V4="http://%s/v4/2" % ECS)

    def test_a_pod_shows_its_token(self):
        host = self.at(inside.EKS, {"/v1/credentials": creds("ASIAHERE")})
        with Home(token="of-the-pod\n") as home:
            self.good(IDENTITY, **self.other,
                      AWS_CONTAINER_CREDENTIALS_FULL_URI=
                      "http://%s/v1/credentials" % inside.EKS,
                      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=home.path("token"))
        self.assertEqual(host.requests[0].headers["Authorization"],
                         "of-the-pod")

    def test_where_none_answers_it_is_told(self):
        said = self.ask(IDENTITY, AWS_EC2_METADATA_DISABLED=None, **self.other)
        self.assertEqual(said["outcome"], "NOT_READY")
        self.assertIn("http://169.254.169.254/latest/api/token",
                      said["message"])


class Roles(inside.Case):
    """At the STS of the region."""

    def test_one_for_keys(self):
        self.aws.roles[ROLE] = {}
        with Home("[profile app]\nrole_arn = %s\nsource_profile = keys\n"
                  "region = %s\n" % (ROLE, REGION),
                  "[keys]\naws_access_key_id = AKIDEXAMPLE\n"
                  "aws_secret_access_key = %s\n" %
                  self.aws.keys["AKIDEXAMPLE"].secret) as home:
            said = self.good(IDENTITY, AWS_PROFILE="app", HOME=home.folder.name,
                             AWS_CONFIG_FILE=None, AWS_ACCESS_KEY_ID=None,
                             AWS_SECRET_ACCESS_KEY=None, AWS_REGION=None,
                             AWS_SHARED_CREDENTIALS_FILE=None)
        self.assertIn("assumed-role/app/sluice-", said["answer"])
        self.assertEqual([c.action for c in self.aws.calls()],
                         ["AssumeRole", "GetCallerIdentity"])
        self.assertEqual(set(self.hosts()), {"sts.%s.amazonaws.com" % REGION})

    def test_one_for_a_token(self):
        self.aws.roles[ROLE] = {"web_identity": "a.b.c"}
        with Home(token="a.b.c\n") as home:
            said = self.good(IDENTITY, AWS_ACCESS_KEY_ID=None,
                             AWS_SECRET_ACCESS_KEY=None, AWS_ROLE_ARN=ROLE,
                             AWS_WEB_IDENTITY_TOKEN_FILE=home.path("token"))
        self.assertIn("assumed-role/app/sluice-", said["answer"])
        self.assertEqual(set(self.hosts()), {"sts.%s.amazonaws.com" % REGION})


class Variants(inside.Case):
    """FIPS and dual stack, as the environment and the profile ask for them."""

    def test_hosts(self):
        for said, host in (
                ({"AWS_USE_FIPS_ENDPOINT": "true"},
                 "ecs-fips.%s.amazonaws.com"),
                ({"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "ecs.%s.api.aws"),
                ({"AWS_USE_FIPS_ENDPOINT": "true",
                  "AWS_USE_DUALSTACK_ENDPOINT": "true"},
                 "ecs-fips.%s.api.aws")):
            with self.subTest(host):
                inside.names(host % REGION)
                self.aws.tls = inside.context(self.ca.issue(host % REGION))
                self.aws.journal.clear()
                self.good(**said)
                self.assertEqual(self.hosts(), [host % REGION])


if __name__ == "__main__":
    rig.main()

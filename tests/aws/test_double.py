#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The double of AWS is what AWS is: the genuine client of AWS passes against
it, and what AWS would refuse is refused (aws-integrations.md 11.1)."""
import datetime
import gzip
import hashlib
import http.client
import json
import os
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "api"))

import aws as sdk  # noqa: E402
import double  # noqa: E402
import rig  # noqa: E402

VECTORS = os.path.join(rig.HERE, "..", "..", "..", "shared", "data", "sigv4",
                       "sigv4-vectors.json")
TARGET = "GraniteServiceVersion20100801.PutMetricData"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


class Case(unittest.TestCase):
    def setUp(self):
        self.aws = double.Aws()
        self.addCleanup(self.aws.stop)

    def client(self, service, key="AKIDEXAMPLE", region="us-east-1",
               attempts=1, **more):
        module = sdk.boto3()
        from botocore.config import Config
        held = self.aws.keys.get(key) or double.Key(key, "unknown")
        more.setdefault("read_timeout", rig.PATIENCE)
        return module.session.Session(
            aws_access_key_id=key, aws_secret_access_key=held.secret,
            aws_session_token=held.token, region_name=region).client(
                service, endpoint_url=self.aws.url, config=Config(
                    retries={"total_max_attempts": attempts}, proxies={},
                    inject_host_prefix=False, **more))

    def refused(self, code, call, **parameters):
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        return error["Message"]

    # ---- requests of our own: what a client of AWS never sends
    def request(self, body, target=TARGET, service="monitoring", **more):
        """A signed request as [method, path, fields, body], to be changed."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = self.aws.keys["AKIDEXAMPLE"]
        fields = {"Content-Type": "application/x-amz-json-1." + (
            "0" if service == "monitoring" else "1"), "X-Amz-Target": target,
            **{k.replace("_", "-"): v for k, v in more.items()}}
        made = AWSRequest("POST", self.aws.url + "/", fields, body)
        SigV4Auth(Credentials(key.name, key.secret), service,
                  "us-east-1").add_auth(made)
        return ["POST", "/", dict(made.headers.items()), body]

    def send(self, method, path, fields, body):
        """(status, body): as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.aws.port,
                                                timeout=rig.PATIENCE)
        try:
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def put(self, *data, **more):
        """PutMetricData of these, in our own words."""
        return self.send(*self.request({"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M", "Value": 1.0, **d} for d in data], **more}))

    def assertRefused(self, code, answer):
        self.assertGreaterEqual(answer[0], 400, answer)
        self.assertIn(code, json.loads(answer[1])["__type"])
        self.assertEqual(len(self.aws.refusals()), 1)


class TestGenuineClient(Case):
    """boto3, as it is, in front of it."""

    def test_cloudwatch(self):
        at = datetime.datetime.now(datetime.timezone.utc)
        self.client("cloudwatch").put_metric_data(
            Namespace="Sluice", MetricData=[{
                "MetricName": "Latency", "Timestamp": at, "Unit": "Seconds",
                "Dimensions": [{"Name": "LoadBalancer", "Value": "app/a/1"}],
                "Values": [0.5, 2.0], "Counts": [3.0, 1.0]}])
        self.aws.check()
        [held] = self.aws.metrics
        self.assertEqual(
            (held["Dimensions"], held["Sum"], held["SampleCount"],
             held["Values"]), ({"LoadBalancer": "app/a/1"}, 3.5, 4.0,
                               {0.5: 3.0, 2.0: 1.0}))
        self.assertAlmostEqual(held["Timestamp"], at.timestamp(), delta=1)

    def test_what_boto_compresses_is_read(self):
        self.client("cloudwatch").put_metric_data(
            Namespace="Sluice", MetricData=[
                {"MetricName": "M%d" % i, "Value": 1.0} for i in range(1000)])
        self.assertEqual(self.aws.calls()[0].request.get("Content-Encoding"),
                         "gzip")
        self.assertEqual(len(self.aws.metrics), 1000)

    def test_logs_and_the_metrics_in_them(self):
        logs = self.client("logs")
        logs.create_log_group(logGroupName="/sluice")
        logs.create_log_stream(logGroupName="/sluice", logStreamName="one")
        now = int(time.time() * 1000)
        line = {"_aws": {"Timestamp": now, "CloudWatchMetrics": [{
            "Namespace": "Sluice", "Dimensions": [["LoadBalancer"]],
            "Metrics": [{"Name": "RequestCount", "Unit": "Count"}]}]},
            "LoadBalancer": "app/a/1", "RequestCount": [1, 1, 3]}
        logs.put_log_events(
            logGroupName="/sluice", logStreamName="one", logEvents=[
                {"timestamp": now, "message": json.dumps(line)}])
        self.aws.check()
        self.assertEqual(self.aws.metrics[0]["Sum"], 5.0)
        self.refused("ResourceAlreadyExistsException", logs.create_log_group,
                     logGroupName="/sluice")

    def test_ecs(self):
        task = self.aws.ecs.run("c", "web", "127.0.0.5")
        for number in range(120):
            self.aws.ecs.run("c", "web", "127.0.1.%d" % number)
        self.aws.ecs.run("c", "other", "127.0.0.9", port=80, host_port=32768,
                         instance="i-0123456789abcdef0")
        ecs = self.client("ecs")
        arns = [a for page in ecs.get_paginator("list_tasks").paginate(
            cluster="c", serviceName="web") for a in page["taskArns"]]
        self.assertEqual(len(set(arns)), 121)
        [got] = ecs.describe_tasks(cluster="c", tasks=arns[:1])["tasks"]
        self.assertEqual(got["attachments"], task["attachments"])
        self.assertEqual(ecs.describe_tasks(cluster="c", tasks=["gone"])[
            "failures"][0]["reason"], "MISSING")
        self.aws.ecs.stop(task)
        self.assertEqual(ecs.list_tasks(
            cluster="c", desiredStatus="STOPPED")["taskArns"], arns[:1])
        self.assertEqual(ecs.describe_services(cluster="c", services=["web"])[
            "services"][0]["serviceName"], "web")
        [instance] = self.aws.ecs.clusters["c"]["instances"]
        found = ecs.describe_container_instances(
            cluster="c", containerInstances=[instance])
        name = found["containerInstances"][0]["ec2InstanceId"]
        there = self.client("ec2").describe_instances(InstanceIds=[name])
        self.assertEqual(there["Reservations"][0]["Instances"][0][
            "PrivateIpAddress"], "127.0.0.9")
        self.aws.check()
        self.refused("ClusterNotFoundException", ecs.list_tasks, cluster="d")

    def test_cloud_map(self):
        names = {"NamespaceName": "local", "ServiceName": "api"}
        self.aws.cloud_map.register("local", "api", "1", "127.0.0.5", 8080)
        self.aws.cloud_map.register("local", "api", "2", "127.0.0.6", 8080,
                                    "UNHEALTHY")
        client = self.client("servicediscovery")
        before = client.discover_instances_revision(**names)
        found = client.discover_instances(**names)["Instances"]
        self.assertEqual([i["Attributes"]["AWS_INSTANCE_IPV4"]
                          for i in found], ["127.0.0.5"])
        self.aws.cloud_map.deregister("local", "api", "1")
        self.assertGreater(
            client.discover_instances_revision(**names)["InstancesRevision"],
            before["InstancesRevision"])
        self.aws.check()

    def test_s3(self):
        client = self.client("s3")
        client.create_bucket(Bucket="logs")
        key = "a b/AWSLogs/+=:@,~é/x.gz"
        client.put_object(Bucket="logs", Key=key, Body=b"hello")
        self.assertEqual(client.get_object(Bucket="logs", Key=key)[
            "Body"].read(), b"hello")
        self.assertEqual(client.head_object(Bucket="logs", Key=key)[
            "ContentLength"], 5)
        self.assertEqual([o["Key"] for o in client.list_objects_v2(
            Bucket="logs", Prefix="a b/")["Contents"]], [key])
        self.aws.check()
        self.refused("NoSuchBucket", client.put_object, Bucket="none",
                     Key="k", Body=b"")

    def test_s3_in_parts(self):
        client, parts = self.client("s3"), []
        self.aws.buckets["logs"] = {}
        name = client.create_multipart_upload(Bucket="logs", Key="k")[
            "UploadId"]
        whole = [b"a" * double.double_places.PART_MIN, b"end"]
        for number, body in enumerate(whole, 1):
            parts.append({"PartNumber": number, "ETag": client.upload_part(
                Bucket="logs", Key="k", UploadId=name, PartNumber=number,
                Body=body)["ETag"]})
        client.complete_multipart_upload(
            Bucket="logs", Key="k", UploadId=name,
            MultipartUpload={"Parts": parts})
        self.assertEqual(self.aws.buckets["logs"]["k"].body, b"".join(whole))
        self.refused("NoSuchUpload", client.abort_multipart_upload,
                     Bucket="logs", Key="k", UploadId=name)
        self.assertEqual(len(self.aws.refusals()), 1)

    def test_sns(self):
        self.aws.topics[TOPIC] = []
        self.client("sns").publish(
            TopicArn=TOPIC, Subject="ALARM", Message="{}", MessageAttributes={
                "event": {"DataType": "String", "StringValue": "x"}})
        self.aws.check()
        self.assertEqual(self.aws.topics[TOPIC][0]["MessageAttributes"][
            "event"]["StringValue"], "x")

    def test_sts(self):
        sts, role = self.client("sts"), "arn:aws:iam::123456789012:role/r"
        self.assertEqual(sts.get_caller_identity()["Account"],
                         "123456789012")
        self.refused("AccessDenied", sts.assume_role, RoleArn=role,
                     RoleSessionName="s1")
        self.aws.roles[role] = {"web_identity": "token"}
        got = sts.assume_role(RoleArn=role, RoleSessionName="s1")
        name = got["Credentials"]["AccessKeyId"]
        self.assertEqual(
            self.client("sts", name).get_caller_identity()["Arn"],
            "arn:aws:sts::123456789012:assumed-role/r/s1")
        got = sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="s2", WebIdentityToken="token")
        self.assertIn(got["Credentials"]["AccessKeyId"], self.aws.keys)
        self.refused("InvalidIdentityToken", sts.assume_role_with_web_identity,
                     RoleArn=role, RoleSessionName="s2", WebIdentityToken="other")


class TestSignatures(Case):
    def test_the_known_answers(self):
        if not os.path.exists(VECTORS):
            self.skipTest("needs ../shared/data/sigv4")
        with open(VECTORS, encoding="utf-8") as file:
            vectors = json.load(file)
        for vector in vectors:
            url = urllib.parse.urlsplit(vector["url"])
            fields = {**vector["request_headers"],
                      "Host": url.netloc, "X-Amz-Date": vector["amz_date"]}
            if vector["session_token"]:
                fields["X-Amz-Security-Token"] = vector["session_token"]
            said = double.double_sign.AUTHORIZATION.match(
                vector["authorization"])
            head = "%s %s HTTP/1.1\r\n" % (vector["method"], url.path + (
                "?" + url.query if url.query else ""))
            request = double.Request((head + "\r\n".join(
                "%s: %s" % f for f in fields.items())).encode("latin-1"))
            body = (vector["body"] or "").encode()
            request.fields += [("X-Amz-Content-Sha256", hashlib.sha256(
                body).hexdigest())] if vector["service"] == "s3" else []
            made = double.double_sign.canonical_request(
                request, vector["service"], said.group(5).split(";"),
                hashlib.sha256(body).hexdigest())
            with self.subTest(vector["name"]):
                self.assertEqual(made, vector["canonical_request"])
                text = double.double_sign.string_to_sign(
                    vector["amz_date"], "/".join(said.groups()[1:4]) +
                    "/aws4_request", made)
                self.assertEqual(text, vector["string_to_sign"])
                self.assertEqual(double.double_sign.signature(
                    vector["secret_key"], "/".join(said.groups()[1:4]) +
                    "/aws4_request", text), said.group(6))

    def test_every_byte_of_the_signature_counts(self):
        request = self.request({"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M", "Value": 1}]})
        self.assertEqual(self.send(*request)[0], 200)
        good = request[2]["Authorization"]
        for at in range(1, 65):
            last = good[len(good) - at]
            request[2]["Authorization"] = good[:-at] + (
                "0" if last != "0" else "1") + good[len(good) - at + 1:]
            self.assertEqual(self.send(*request)[0], 400)
        self.assertEqual(len(self.aws.metrics), 1)

    def changed(self, code, change, **more):
        request = self.request({"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M", "Value": 1}]}, **more)
        change(request)
        self.assertRefused(code, self.send(*request))
        self.assertEqual(self.aws.metrics, [])

    def test_another_body(self):
        def change(request):
            request[3] = request[3].replace(b": 1", b": 2")
        self.changed("InvalidSignature", change)

    def test_another_target(self):
        def change(request):
            request[2]["X-Amz-Target"] = TARGET.replace("Data", "Date")
        self.changed("InvalidSignature", change)

    def test_a_field_that_is_not_signed(self):
        def change(request):
            request[2]["X-Amz-Meta-More"] = "x"
        self.changed("IncompleteSignature", change)

    def test_no_signature(self):
        def change(request):
            del request[2]["Authorization"]
        self.changed("MissingAuthenticationToken", change)

    def test_a_token_where_there_is_none(self):
        self.changed("InvalidSignature", lambda r: None,
                     X_Amz_Security_Token="stolen")

    def test_the_token_of_temporary_credentials_must_be_there(self):
        self.aws.keys["AKIDEXAMPLE"].token = "token"
        self.changed("UnrecognizedClient", lambda r: None)

    def test_an_unknown_key(self):
        self.refused("InvalidAccessKeyId", self.client(
            "s3", "AKIDNOBODY").list_objects_v2, Bucket="b")

    def test_another_secret(self):
        client = self.client("s3")
        self.aws.keys["AKIDEXAMPLE"].secret = "changed"
        self.refused("SignatureDoesNotMatch", client.list_objects_v2,
                     Bucket="b")

    def test_another_region(self):
        self.refused("SignatureDoesNotMatch", self.client(
            "sts", region="eu-west-1").get_caller_identity)

    def test_a_clock_that_is_wrong(self):
        client = self.client("s3")
        self.aws.buckets["b"] = {}
        self.aws.offset = 14 * 60
        client.list_objects_v2(Bucket="b")
        self.refused("SignatureDoesNotMatch",
                     self.client("sts").get_caller_identity)
        self.aws.offset = -16 * 60
        self.refused("RequestTimeTooSkewed", client.list_objects_v2,
                     Bucket="b")

    def test_an_expired_token(self):
        self.aws.keys["ASIAOLD"] = double.Key("ASIAOLD", "s", "t",
                                              time.time() - 1)
        self.refused("ExpiredToken", self.client(
            "sts", "ASIAOLD").get_caller_identity)
        self.refused("ExpiredTokenException", self.client(
            "ecs", "ASIAOLD").list_tasks)


class TestParameters(Case):
    def body(self, code, body, **more):
        self.assertRefused(code, self.send(*self.request(body, **more)))
        self.assertEqual(self.aws.metrics, [])

    def test_a_member_that_is_missing(self):
        self.body("Validation", {"Namespace": "Sluice", "MetricData": [
            {"Value": 1}]})

    def test_a_member_that_is_unknown(self):
        self.body("Validation", {"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M", "Value": 1, "Colour": "red"}]})

    def test_a_member_twice(self):
        self.body("Serialization", b'{"Namespace":"a","Namespace":"b",'
                  b'"MetricData":[{"MetricName":"M","Value":1}]}')

    def test_no_number(self):
        self.body("Serialization", b'{"Namespace":"a","MetricData":'
                  b'[{"MetricName":"M","Value":NaN}]}')

    def test_text_for_a_number(self):
        self.body("Validation", {"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M", "Value": "1"}]})

    def test_true_for_a_number(self):
        self.body("Validation", {"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M", "Value": True}]})

    def test_text_for_a_time(self):
        self.body("Serialization", {"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M", "Value": 1,
             "Timestamp": "2026-01-01T00:00:00Z"}]})

    def test_a_unit_that_is_none(self):
        self.body("Validation", {"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M", "Value": 1, "Unit": "seconds"}]})

    def test_a_list_of_another_protocol(self):
        self.body("UnknownOperation", {}, Content_Type="application/json")

    def test_an_operation_that_there_is_not(self):
        self.body("UnknownOperation", {}, target=TARGET + "s")

    def test_an_operation_that_the_double_does_not_have(self):
        self.body("NotImplemented", {},
                  target=TARGET.replace("PutMetricData", "DescribeAlarms"))

    def test_half_of_gzip(self):
        body = gzip.compress(b'{"Namespace":"a","MetricData":[]}')
        self.body("Serialization", body[:-4], Content_Encoding="gzip")

    def test_a_path(self):
        request = self.request({"Namespace": "Sluice", "MetricData": []})
        request[1] = "/x"
        self.assertRefused("InvalidSignature", self.send(*request))

    def test_forms(self):
        for text, code in (
                ("Action=Publish&Version=2010-03-31&Message=m&TopicArn=" +
                 TOPIC + "&Colour=red", "UnknownParameter"),
                ("Action=Publish&Version=2010-03-31&TopicArn=" + TOPIC,
                 "ValidationError"),
                ("Action=Publish&Version=2010-03-30&Message=m&TopicArn=" +
                 TOPIC, "InvalidAction"),
                ("Action=Publish&Version=2010-03-31&Message=m&Message=m",
                 "MalformedQueryString"),
                ("Action=Publish&Version=2010-03-31&Message=100%",
                 "MalformedQueryString"),
                ("Action=Publish&Version=2010-03-31&Message=m&TopicArn=" +
                 TOPIC + "&MessageAttributes.entry.2.Name=a&MessageAttributes"
                 ".entry.2.Value.DataType=String", "MalformedInput")):
            request = self.request(
                text.encode(), service="sns", Content_Type=(
                    "application/x-www-form-urlencoded"))
            with self.subTest(text):
                status, body = self.send(*request)
                self.assertGreaterEqual(status, 400)
                self.assertIn("<Code>%s</Code>" % code, body.decode())


class TestLimits(Case):
    def refusal(self, code, *data, **more):
        self.assertRefused(code, self.put(*data, **more))
        self.assertEqual(self.aws.metrics, [])

    def test_what_fits(self):
        at = time.time()
        data = [{"Timestamp": at - 13 * 86400}, {"Timestamp": at + 7000}]
        self.assertEqual(self.put(*(data * 500))[0], 200)
        self.assertEqual(self.put({
            "Value": 1.0, "StorageResolution": 1, "Dimensions": [
                {"Name": "n%d" % i, "Value": "v"} for i in range(30)]})[0],
            200)
        self.aws.check()
        self.assertEqual(len(self.aws.metrics), 1001)

    def test_a_thousand_and_one_metrics(self):
        self.refusal("InvalidParameterValue", *[{}] * 1001)

    def test_31_dimensions(self):
        self.refusal("Validation", {"Dimensions": [
            {"Name": "n%d" % i, "Value": "v"} for i in range(31)]})

    def test_a_namespace_of_amazon(self):
        self.refusal("InvalidParameterValue", {},
                     Namespace="AWS/ApplicationELB")

    def test_a_time_long_ago(self):
        self.refusal("InvalidParameterValue",
                     {"Timestamp": time.time() - 15 * 86400})

    def test_a_time_to_come(self):
        self.refusal("InvalidParameterValue",
                     {"Timestamp": time.time() + 7300})

    def test_a_resolution(self):
        self.refusal("InvalidParameterValue", {"StorageResolution": 30})

    def test_a_value_and_statistics(self):
        self.refusal("InvalidParameterCombination", {"StatisticValues": {
            "SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}})

    def values(self, code, **datum):
        self.assertRefused(code, self.send(*self.request({
            "Namespace": "Sluice", "MetricData": [
                {"MetricName": "M", **datum}]})))

    def test_151_values(self):
        self.values("InvalidParameterValue",
                    Values=[float(i) for i in range(151)])

    def test_counts_of_other_values(self):
        self.values("InvalidParameterValue", Values=[1.0, 2.0], Counts=[1.0])

    def test_no_value(self):
        self.values("MissingParameter")

    def test_statistics_that_cannot_be(self):
        self.values("InvalidParameterValue", StatisticValues={
            "SampleCount": 2.0, "Sum": 10.0, "Minimum": 1.0, "Maximum": 2.0})

    def test_a_number_too_large(self):
        self.values("InvalidParameterValue", Value=2.0 ** 361)

    def test_more_than_a_megabyte(self):
        body = json.dumps({"Namespace": "Sluice", "MetricData": [
            {"MetricName": "M" * 255, "Value": 1.0, "Dimensions": [
                {"Name": "n%d" % i, "Value": "v" * 1000}
                for i in range(10)]}] * 110}).encode()
        self.assertRefused("RequestEntityTooLarge", self.send(*self.request(
            gzip.compress(body), Content_Encoding="gzip")))

    def log(self, code, *events):
        self.aws.log_groups["g"] = {"s": []}
        request = self.request({
            "logGroupName": "g", "logStreamName": "s", "logEvents": [
                {"timestamp": int(t), "message": m} for t, m in events]},
            "Logs_20140328.PutLogEvents", "logs")
        answer = self.send(*request)
        if code is None:
            self.assertEqual(answer[0], 200, answer)
            return json.loads(answer[1])
        self.assertRefused(code, answer)
        return self.assertEqual(self.aws.log_groups["g"]["s"], [])

    def test_log_events_in_order(self):
        now = time.time() * 1000
        self.log("InvalidParameter", (now, "a"), (now - 1, "b"))

    def test_log_events_of_more_than_a_day(self):
        now = time.time() * 1000
        self.log("InvalidParameter", (now - 86401000, "a"), (now, "b"))

    def test_log_events_of_a_megabyte(self):
        now = time.time() * 1000
        self.log("InvalidParameter", *[(now, "x" * 1022)] * 1001)

    def test_log_events_of_long_ago_are_dropped_and_said(self):
        now = time.time() * 1000
        said = self.log(None, (now - 15 * 86400000, "a"))
        self.assertEqual(said["rejectedLogEventsInfo"],
                         {"tooOldLogEventEndIndex": 1})

    def test_metrics_in_a_log_that_are_none(self):
        now = int(time.time() * 1000)
        for line in ({"Metrics": [{"Name": "M"}], "Dimensions": [["D"]]},
                     {"Metrics": [{"Name": "M", "Unit": "x"}],
                      "Dimensions": [[]]},
                     {"Metrics": [{"Name": "N"}], "Dimensions": [[]]}):
            self.log(None, (now, json.dumps({"M": 1, "_aws": {
                "Timestamp": now, "CloudWatchMetrics": [
                    {"Namespace": "S", **line}]}})))
        self.assertEqual(len(self.aws.emf_errors), 3)
        self.assertRaises(AssertionError, self.aws.check)

    def test_s3_parts_that_are_small(self):
        client = self.client("s3")
        self.aws.buckets["logs"] = {}
        name = client.create_multipart_upload(Bucket="logs", Key="k")[
            "UploadId"]
        parts = [{"PartNumber": n, "ETag": client.upload_part(
            Bucket="logs", Key="k", UploadId=name, PartNumber=n,
            Body=b"small")["ETag"]} for n in (1, 2)]
        self.refused("EntityTooSmall", client.complete_multipart_upload,
                     Bucket="logs", Key="k", UploadId=name,
                     MultipartUpload={"Parts": parts})


class TestFaults(Case):
    def test_throttling_that_passes(self):
        self.aws.fault(double.throttle(), "ListTasks", times=2)
        self.aws.ecs.cluster("default")
        client = self.client("ecs", attempts=3)
        self.assertEqual(client.list_tasks()["taskArns"], [])
        self.assertEqual(len(self.aws.asked("ListTasks")), 3)
        self.aws.check()

    def test_an_error_of_the_service(self):
        back = self.aws.fault(double.broken(503, "ServiceUnavailable"))
        self.aws.buckets["b"] = {}
        client = self.client("s3")
        self.refused("ServiceUnavailable", client.list_objects_v2, Bucket="b")
        back()
        client.list_objects_v2(Bucket="b")

    def test_no_answer(self):
        from botocore.exceptions import ReadTimeoutError
        self.aws.fault(double.hang())
        client = self.client("sts", read_timeout=0.2)
        self.assertRaises(ReadTimeoutError, client.get_caller_identity)
        self.aws.mend()
        client.get_caller_identity()

    def test_the_end_in_an_answer(self):
        from botocore.exceptions import (BotoCoreError, ClientError,
                                         HTTPClientError)
        for fault in (double.cut(), double.cut(reset=True), double.silent(),
                      double.garbage()):
            self.aws.fault(fault, times=1)
            with self.subTest(fault.name):
                self.assertRaises((BotoCoreError, ClientError,
                                   HTTPClientError),
                                  self.client("sts").get_caller_identity)

    def test_lies(self):
        self.aws.ecs.run("default", "web", "127.0.0.5")
        client = self.client("ecs")
        self.aws.fault(double.lying(taskArns=[]), times=1)
        self.assertEqual(client.list_tasks()["taskArns"], [])
        self.assertEqual(len(client.list_tasks()["taskArns"]), 1)

    def test_slow_answers_are_whole(self):
        self.aws.fault(double.slow(0.1))
        self.assertIn("Arn", self.client("sts").get_caller_identity())

    def test_dead_and_alive_again(self):
        from botocore.exceptions import EndpointConnectionError
        client = self.client("sts")
        client.get_caller_identity()
        self.aws.stop()
        self.assertRaises(EndpointConnectionError, client.get_caller_identity)
        self.aws.start()
        client.get_caller_identity()

    def test_a_permission_that_is_missing(self):
        self.aws.denied = {"ecs:ListTasks", "s3:PutObject"}
        self.aws.buckets["b"] = {}
        said = self.refused("AccessDeniedException",
                            self.client("ecs").list_tasks)
        self.assertIn("not authorized to perform: ecs:ListTasks", said)
        client = self.client("s3")
        self.refused("AccessDenied", client.put_object, Bucket="b", Key="k")
        client.list_objects_v2(Bucket="b")

    def test_a_policy_with_a_condition(self):
        self.aws.policies = [{"Statement": [{
            "Effect": "Allow", "Action": "cloudwatch:PutMetricData",
            "Resource": "*", "Condition": {"StringLike": {
                "cloudwatch:namespace": "Sluice/*"}}}]}]
        data = [{"MetricName": "M", "Value": 1.0}]
        client = self.client("cloudwatch")
        client.put_metric_data(Namespace="Sluice/X", MetricData=data)
        self.refused("AccessDenied", client.put_metric_data,
                     Namespace="Other", MetricData=data)


if __name__ == "__main__":
    try:
        double.needed()
        sdk.boto3()
    except unittest.SkipTest as why:
        print("SKIP: %s" % why)
        sys.exit(rig.SKIP)
    rig.main()

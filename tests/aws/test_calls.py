#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is sent when AWS is called, what is made of its answers, and when it is
tried again."""
import email.utils
import gzip
import hashlib
import os
import resource
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import calls  # noqa: E402
from calls import (Caller, Cut, KEYS, Service, closed_port, error,  # noqa: E402
                   in_turn, ok, signed)

SECRET = KEYS["AWS_SECRET_ACCESS_KEY"]
DATUM = {"Namespace": "A", "MetricData": [{"MetricName": "m", "Value": 1}]}


def client(service, **environment):
    return Caller(AWS_ENDPOINT_URL=service.url, **{**KEYS, **environment})


def xml(code, status=400, message="it is so", **headers):
    return status, headers, (
        "<?xml version='1.0'?><Error><Code>%s</Code><Message>%s</Message>"
        "<RequestId>r-4</RequestId></Error>" % (code, message)).encode()


def http_date(off):
    return email.utils.formatdate(time.time() + off, usegmt=True)


class Sent(unittest.TestCase):
    def test_json(self):
        with Service(lambda r: ok()) as s, client(s) as c:
            c.call(service="CLOUDWATCH", action="PutMetricData", body=DATUM)
            c.call(service="ECS", action="ListTasks")
        put, tasks = s.requests
        self.assertEqual((put.method, put.target), ("POST", "/"))
        self.assertEqual(put.headers["X-Amz-Target"],
                         "GraniteServiceVersion20100801.PutMetricData")
        self.assertEqual(put.headers["Content-Type"],
                         "application/x-amz-json-1.0")
        self.assertEqual(tasks.headers["Content-Type"],
                         "application/x-amz-json-1.1")
        self.assertEqual(tasks.body, b"{}")
        self.assertIsNone(put.headers["Expect"])
        signed(put, "monitoring", "eu-west-1", SECRET)
        signed(tasks, "ecs", "eu-west-1", SECRET)

    def test_query(self):
        answer = (200, {}, b"<PublishResponse><PublishResult/></PublishResponse>")
        with Service(lambda r: answer) as s, client(s) as c:
            said = c.call(service="SNS", action="Publish",
                          body="Message=a%20b&TopicArn=x")
        self.assertEqual(said["outcome"], "OK")
        self.assertEqual(s.requests[0].form, {
            "Action": "Publish", "Version": "2010-03-31", "Message": "a b",
            "TopicArn": "x"})
        signed(s.requests[0], "sns", "eu-west-1", SECRET)

    def test_a_session_token_is_sent_and_signed(self):
        with Service(lambda r: ok()) as s, \
                client(s, AWS_SESSION_TOKEN="to/ken+=") as c:
            c.call(service="ECS", action="ListTasks")
        signed(s.requests[0], "ecs", "eu-west-1", SECRET, "to/ken+=")

    def test_s3_keys_are_sent_and_signed_as_they_are(self):
        key = "AWSLogs/1/a b+c=d:e@f,~g/é//h/../i"
        with Service(lambda r: (200, {"ETag": '"e"'}, b"")) as s, \
                client(s) as c:
            said = c.call(service="S3", method="PUT", bucket="my.bucket",
                          key=key, body="body", query="x-id=PutObject&a-b=",
                          fields={"Content-Type": "text/plain",
                                  "x-amz-acl": "private"})
        request = s.requests[0]
        self.assertEqual(request.path,
                         "/my.bucket/AWSLogs/1/a%20b%2Bc%3Dd%3Ae%40f%2C~g/"
                         "%C3%A9//h/../i")
        self.assertEqual(request.headers["X-Amz-Content-Sha256"],
                         hashlib.sha256(b"body").hexdigest())
        self.assertEqual((said["etag"], said["permission"]),
                         ('"e"', "s3:PutObject"))
        signed(request, "s3", "eu-west-1", SECRET)

    def test_a_body_of_a_file(self):
        data = os.urandom(3 * 1024 * 1024)
        with Service(lambda r: (200, {}, b"")) as s, client(s) as c, \
                tempfile.NamedTemporaryFile() as f:
            f.write(data)
            f.flush()
            c.call(service="S3", method="PUT", bucket="bucket", key="k",
                   file=f.name, at=1000, n=2 * 1024 * 1024)
            short = c.call(service="S3", method="PUT", bucket="bucket",
                           key="k", file=f.name, at=0, n=len(data) + 1)
        self.assertEqual(s.requests[0].body,
                         data[1000:1000 + 2 * 1024 * 1024])
        signed(s.requests[0], "s3", "eu-west-1", SECRET)
        self.assertEqual(short["outcome"], "NOT_READY", short)
        self.assertEqual(len(s.requests), 1)

    def test_what_is_compressed_is_signed_as_it_is_sent(self):
        large = dict(DATUM, Namespace="a" * 20000)
        with Service(lambda r: ok()) as s, client(s) as c:
            c.call(service="CLOUDWATCH", action="PutMetricData", body=large,
                   gzip=True)
            c.call(service="CLOUDWATCH", action="PutMetricData", body=DATUM,
                   gzip=True)
        large, small = s.requests
        self.assertEqual(large.headers["Content-Encoding"], "gzip")
        self.assertIn(b'"Namespace": "aaa', gzip.decompress(large.body))
        self.assertIsNone(small.headers["Content-Encoding"])
        signed(large, "monitoring", "eu-west-1", SECRET)

    def test_what_is_compressed_is_said_as_to_the_sdks(self):
        """For servers that cannot read it, as moto_server 5.2."""
        large = dict(DATUM, Namespace="a" * 20000)
        small = dict(DATUM, Namespace="a" * 500)
        for said, encodings in (
                ({"AWS_DISABLE_REQUEST_COMPRESSION": "true"}, [None, None]),
                ({"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "1"},
                 ["gzip", "gzip"]),
                ({"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "many"},
                 ["gzip", None])):
            with self.subTest(said), Service(lambda r: ok()) as s, \
                    client(s, **said) as c:
                for body in large, small:
                    c.call(service="CLOUDWATCH", action="PutMetricData",
                           body=body, gzip=True)
                self.assertEqual(
                    [r.headers["Content-Encoding"] for r in s.requests],
                    encodings)

    def test_a_path_of_the_endpoint_stands_before_that_of_the_request(self):
        with Service(lambda r: (200, {}, b"")) as s, \
                Caller(AWS_ENDPOINT_URL=s.url + "/aws%3A1/", **KEYS) as c:
            c.call(service="ECS", action="ListTasks")
            c.call(service="S3", method="GET", bucket="bucket", key="k")
        self.assertEqual([r.target for r in s.requests],
                         ["/aws%3A1/", "/aws%3A1/bucket/k"])
        signed(s.requests[0], "ecs", "eu-west-1", SECRET)
        signed(s.requests[1], "s3", "eu-west-1", SECRET)

    def test_a_proxy_of_the_environment_is_used(self):
        with Service(lambda r: ok()) as proxy, \
                Caller(AWS_ENDPOINT_URL="http://aws.invalid",
                       http_proxy=proxy.url, **KEYS) as c:
            said = c.call(service="ECS", action="ListTasks")
        self.assertEqual(said["outcome"], "OK", said)
        self.assertEqual(proxy.requests[0].target, "http://aws.invalid/")


class Answered(unittest.TestCase):
    def answer(self, answer, **call):
        call = call or {"service": "ECS", "action": "ListTasks"}
        with Service(lambda r: answer) as s, client(s) as c:
            said = c.call(attempts=1, **call)
        # Who is refused asks STS who it is.
        self.assertEqual(len([r for r in s.requests if
                              b"GetCallerIdentity" not in r.body]), 1)
        return said

    def test_an_error_of_json(self):
        said = self.answer(error(400, "ClusterNotFoundException", "no such"))
        self.assertEqual((said["outcome"], said["code"], said["status"],
                          said["request_id"]),
                         ("REFUSED", "ClusterNotFoundException", 400, "r-2"))
        self.assertIn("no such", said["message"])
        self.assertIn("ecs ListTasks", said["message"])

    def test_an_error_in_a_field(self):
        said = self.answer((400, {"x-amzn-errortype":
                                  "AccessDeniedException:http://x/"}, b"{}"))
        self.assertEqual((said["code"], said["forbidden"], said["permission"]),
                         ("AccessDeniedException", True, "ecs:ListTasks"))

    def test_errors_of_xml(self):
        said = self.answer((403, {}, b"<ErrorResponse><Error><Type>Sender"
                            b"</Type><Code>AuthorizationError</Code><Message>"
                            b"not &lt;yours&gt;</Message></Error><RequestId>"
                            b"r-9</RequestId></ErrorResponse>"),
                           service="SNS", action="Publish")
        self.assertEqual((said["code"], said["request_id"], said["forbidden"]),
                         ("AuthorizationError", "r-9", True))
        self.assertIn("not <yours>", said["message"])
        said = self.answer((400, {}, b"<Response><Errors><Error><Code>"
                            b"InvalidVpcID.NotFound</Code><Message>m</Message>"
                            b"</Error></Errors><RequestID>r-8</RequestID>"
                            b"</Response>"), service="EC2",
                           action="DescribeVpcs")
        self.assertEqual((said["code"], said["request_id"]),
                         ("InvalidVpcID.NotFound", "r-8"))

    def test_an_error_of_s3_that_comes_with_200(self):
        said = self.answer(xml("InternalError", 200), service="S3",
                           method="POST", bucket="bucket", key="k",
                           query="uploadId=1")
        self.assertEqual((said["outcome"], said["code"], said["status"]),
                         ("REFUSED", "InternalError", 200))

    def test_a_refusal_of_head_has_no_body(self):
        said = self.answer((403, {}, b""), service="S3", method="HEAD",
                           bucket="bucket", key="k")
        self.assertEqual((said["outcome"], said["forbidden"]),
                         ("REFUSED", True))

    def test_what_is_no_answer_of_the_service(self):
        page = (200, {}, b"<html><body>Sign in to the network</body></html>")
        for call in ({"service": "SNS", "action": "Publish"},
                     {"service": "ECS", "action": "ListTasks"}):
            said = self.answer(page, **call)
            self.assertEqual((said["outcome"], said["answer"]),
                             ("UNREADABLE", ""), said)

    def test_more_than_the_cap(self):
        said = self.answer((200, {}, b"{" + b" " * 10_000_000 + b"}"))
        self.assertEqual((said["outcome"], said["answer"]), ("UNREADABLE", ""))
        said = self.answer((200, {"X-%d" % i: "a" * 8000 for i in range(10)},
                            b"{}"))
        self.assertEqual(said["outcome"], "UNREADABLE", said)

    def test_no_redirect_is_followed(self):
        with Service(lambda r: ok()) as other:
            said = self.answer((302, {"Location": other.url}, b""))
        self.assertEqual((said["outcome"], said["status"]), ("REFUSED", 302))
        self.assertEqual(other.requests, [])


class Again(unittest.TestCase):
    def ask(self, answer, **call):
        call = {"service": "ECS", "action": "ListTasks", **call}
        with Service(answer) as s, client(s) as c:
            said = c.call(**call)
            self.counts = c.counts()
        self.assertEqual(len(s.requests), said["tried"])
        return said, s.requests

    def test_after_5xx(self):
        for status in (500, 502, 503, 504):
            said, sent = self.ask(in_turn((status, {}, b"oops"), ok()))
            self.assertEqual((said["outcome"], said["tried"]), ("OK", 2))
        self.assertEqual(sent[0].headers["amz-sdk-invocation-id"],
                         sent[1].headers["amz-sdk-invocation-id"])
        self.assertEqual(sent[1].headers["amz-sdk-request"],
                         "attempt=2; max=3")

    def test_as_often_as_the_call_says(self):
        said, _ = self.ask(lambda r: (500, {}, b""))
        self.assertEqual((said["outcome"], said["tried"], said["status"]),
                         ("REFUSED", 3, 500))
        said, _ = self.ask(lambda r: (500, {}, b""), attempts=1)
        self.assertEqual(said["tried"], 1)

    def test_after_throttling(self):
        said, _ = self.ask(in_turn(error(400, "ThrottlingException"), ok()))
        self.assertEqual((said["outcome"], said["tried"]), ("OK", 2))
        self.assertEqual(self.counts["throttled"], 1)

    def test_not_before_the_server_says(self):
        begin = time.monotonic()
        self.ask(in_turn((503, {"x-amz-retry-after": "700"}, b""), ok()))
        self.assertGreaterEqual(time.monotonic() - begin, 0.7)

    def test_not_after_other_errors(self):
        said, _ = self.ask(lambda r: error(400, "InvalidParameterException"))
        self.assertEqual((said["outcome"], said["tried"]), ("REFUSED", 1))

    def test_after_an_answer_that_was_cut(self):
        said, _ = self.ask(in_turn((200, {}, Cut(b'{"a": 1', 100)), ok()))
        self.assertEqual((said["outcome"], said["tried"]), ("OK", 2))
        said, _ = self.ask(in_turn(b"HTT", ok()))
        self.assertEqual((said["outcome"], said["tried"]), ("OK", 2))

    def test_after_no_answer_in_its_time(self):
        said, _ = self.ask(in_turn(None, ok()), timeout_ms=200)
        self.assertEqual((said["outcome"], said["tried"]), ("OK", 2))
        said, _ = self.ask(lambda r: None, timeout_ms=100)
        self.assertEqual((said["outcome"], said["tried"], said["status"]),
                         ("UNREACHABLE", 3, 0))

    def test_where_nobody_listens(self):
        held, port = closed_port()
        with Caller(AWS_ENDPOINT_URL="http://127.0.0.1:%d" % port, **KEYS) \
                as c:
            said = c.call(service="ECS", action="ListTasks")
        held.close()
        self.assertEqual((said["outcome"], said["tried"]), ("UNREACHABLE", 3))
        self.assertIn("127.0.0.1:%d" % port, said["message"])
        self.assertIn("Connection refused", said["message"])

    def test_without_descriptors_it_is_said_that_there_are_none(self):
        with Service(lambda r: (200, {"Connection": "close"}, b"{}")) as s, \
                client(s) as c:
            call = {"service": "ECS", "action": "ListTasks"}
            self.assertEqual(c.call(**call)["outcome"], "OK")
            before = resource.prlimit(c.child.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(c.child.pid, resource.RLIMIT_NOFILE,
                             (3, before[1]))
            said = c.call(**call)
            resource.prlimit(c.child.pid, resource.RLIMIT_NOFILE, before)
            self.assertEqual(said["outcome"], "UNREACHABLE")
            self.assertIn("Too many open files", said["message"])
            self.assertEqual(c.call(**call)["outcome"], "OK")

    def test_as_long_as_the_budget_lasts(self):
        with Service(lambda r: (500, {}, b"")) as s, client(s) as c:
            names = [c.begin(service="ECS", action="ListTasks")
                     for _ in range(60)]
            tried = [c.wait(n)["tried"] for n in names]
            counts = c.counts()
        # 500 tokens, 14 for each of them.
        self.assertEqual(sum(tried), 60 + 500 // 14)
        self.assertEqual(counts["attempts"], sum(tried))
        self.assertEqual((counts["calls"], counts["failed"]), (60, 60))

    def test_a_service_that_fails_takes_no_retries_from_others(self):
        with Service(lambda r: (500, {}, b"")) as s, client(s) as c:
            names = [c.begin(service="ECS", action="ListTasks")
                     for _ in range(60)]
            self.assertIn(1, [c.wait(n)["tried"] for n in names])
            said = c.call(service="LOGS", action="PutLogEvents")
        self.assertEqual(said["tried"], 3)

    def test_with_the_clock_of_the_service(self):
        for code, off in (("RequestTimeTooSkewed", 3600),
                          ("SignatureDoesNotMatch", -7200)):
            with Service(in_turn(xml(code, 403), (200, {}, b""))) as s, \
                    client(s) as c:
                s.server.RequestHandlerClass.date_time_string = (
                    lambda self, timestamp=None, off=off: http_date(off))
                said = c.call(service="S3", method="GET", bucket="bucket",
                              key="k")
                again = c.call(service="S3", method="GET", bucket="bucket",
                               key="k")
            self.assertEqual((said["outcome"], said["tried"], again["tried"]),
                             ("OK", 2, 1), said)
            when = calls.at(off).replace("-", "").replace(":", "")
            for request in s.requests[1:]:
                self.assertEqual(request.headers["X-Amz-Date"][:11], when[:11])
                signed(request, "s3", "eu-west-1", SECRET)

    def test_a_signature_that_is_wrong_for_another_reason_is_told(self):
        message = "It is not so.\n\nx-amz-security-token:geheim"
        said, sent = self.ask(lambda r: error(
            403, "InvalidSignatureException", message))
        self.assertEqual((said["outcome"], len(sent)), ("REFUSED", 1))
        self.assertIn("It is not so.", said["message"])
        self.assertNotIn("geheim", said["message"])

    def test_a_bucket_in_another_region(self):
        for status in (301, 400):
            answer = in_turn(
                xml("PermanentRedirect", status,
                    **{"x-amz-bucket-region": "us-west-2"}), (200, {}, b""))
            with Service(answer) as s, client(s) as c:
                said = c.call(service="S3", method="GET", bucket="bucket",
                              key="k")
            self.assertEqual(said["outcome"], "OK", said)
            signed(s.requests[1], "s3", "us-west-2", SECRET)

    def test_a_file_for_a_bucket_in_another_region(self):
        answer = in_turn(
            xml("AuthorizationHeaderMalformed", 400,
                **{"x-amz-bucket-region": "us-west-2"}), (200, {}, b""))
        with tempfile.NamedTemporaryFile() as f, Service(answer) as s, \
                client(s) as c:
            f.write(b"0123456789")
            f.flush()
            said = c.call(service="S3", method="PUT", bucket="bucket",
                          key="k", file=f.name, at=2, n=5)
        self.assertEqual(said["outcome"], "OK", said)
        for request, region in zip(s.requests, ("eu-west-1", "us-west-2")):
            self.assertEqual(request.body, b"23456")
            self.assertEqual(request.headers["X-Amz-Content-Sha256"],
                             hashlib.sha256(b"23456").hexdigest())
            signed(request, "s3", region, SECRET)

    def test_a_bucket_is_asked_for_in_vain_once(self):
        here = {"b1": "us-west-2"}

        def answer(request):
            region = request.headers["Authorization"].split("/")[2]
            bucket = request.path.split("/")[1]
            if region == here.get(bucket, "eu-west-1"):
                return 200, {}, b""
            return 400, {}, (
                "<Error><Code>AuthorizationHeaderMalformed</Code><Region>%s"
                "</Region></Error>" % here[bucket]).encode()
        with Service(answer) as s, client(s) as c:
            def ask(bucket):
                before = len(s.requests)
                said = c.call(service="S3", method="GET", bucket=bucket)
                return said["outcome"], len(s.requests) - before
            self.assertEqual([ask("b1") for _ in range(3)],
                             [("OK", 2), ("OK", 1), ("OK", 1)])
            self.assertEqual(ask("b2"), ("OK", 1))
            here["b1"] = "us-west-1"        # made anew there
            self.assertEqual([ask("b1"), ask("b1")], [("OK", 2), ("OK", 1)])
            here["b1"] = "eu-west-1"
            self.assertEqual([ask("b1"), ask("b1")], [("OK", 2), ("OK", 1)])

    # Who named it may have lied, or it is not there any more.
    def test_a_region_where_calls_fail_is_forgotten(self):
        away = xml("PermanentRedirect", 301,
                   **{"x-amz-bucket-region": "us-west-2"})
        good = (200, {}, b"")
        answer = in_turn(away, good, good, xml("AccessDenied", 403), good)
        with Service(answer) as s, client(s) as c:
            said = [c.call(service="S3", method="GET", bucket="b1")["outcome"]
                    for _ in range(4)]
        self.assertEqual(said, ["OK", "OK", "REFUSED", "OK"])
        for request, region in zip(s.requests, (
                "eu-west-1", "us-west-2", "us-west-2", "us-west-2",
                "eu-west-1")):
            signed(request, "s3", region, SECRET)

    def test_a_bucket_that_is_always_elsewhere(self):
        regions = iter("us-west-%d" % i for i in range(100))
        with Service(lambda r: xml(
                "PermanentRedirect", 301,
                **{"x-amz-bucket-region": next(regions)})) as s, \
                client(s) as c:
            said = c.call(service="S3", method="GET", bucket="bucket")
        self.assertEqual((said["outcome"], len(s.requests)), ("REFUSED", 2))


class Many(unittest.TestCase):
    def test_no_more_than_32_at_once_and_others_wait(self):
        with Service(lambda r: None) as s, client(s) as c:
            names = [c.begin(service="ECS", action="ListTasks", attempts=1,
                             timeout_ms=30000) for _ in range(32 + 1024 + 1)]
            busy = c.wait(names[-1])
            calls.rig.until(lambda: len(s.requests) >= 32, "32 calls")
            self.assertEqual((busy["outcome"], busy["tried"]), ("BUSY", 0))
            for name in names[40:-1]:
                c.begin(id=name, cancel=True)
            s.answer = lambda r: ok()
            for name in names[:32]:
                c.begin(id=name, cancel=True)
            self.assertEqual([c.wait(n)["outcome"] for n in names[32:40]],
                             ["OK"] * 8)
        self.assertEqual(len(s.requests), 40)

    def test_a_service_that_hangs_keeps_no_other_waiting(self):
        with Service(lambda r: None if r.operation == "ListTasks" else ok()) \
                as s, client(s) as c:
            names = [c.begin(service="ECS", action="ListTasks",
                             timeout_ms=30000) for _ in range(32 + 8)]
            calls.rig.until(lambda: len(s.requests) >= 32, "32 calls")
            said = c.call(service="LOGS", action="PutLogEvents")
            for name in names:
                c.begin(id=name, cancel=True)
        self.assertEqual((said["outcome"], said["tried"]), ("OK", 1))

    def test_a_client_that_ends_leaves_calls_alone(self):
        with Service(lambda r: None) as s, client(s) as c:
            name = c.begin(service="ECS", action="ListTasks")
            calls.rig.until(lambda: s.requests, "a call")
            c.begin(id=name, cancel=True)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--passthrough: what Sluice does not serve goes on to another emulator."""
import shutil
import subprocess
import unittest

import aws
import rig
from reloading import free_port
from stack import command


class Passed(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.origin = rig.Origin()
        cls.api = aws.Api("--passthrough", "http://" + cls.origin.address)

    @classmethod
    def tearDownClass(cls):
        cls.api.stop()
        cls.origin.close()

    def setUp(self):
        self.origin.answer = rig.Origin.echo
        self.origin.script = rig.Origin.serve
        del self.origin.requests[:]

    def test_a_request_arrives_as_it_was_sent(self):
        fields = aws.signed_head("s3", **{
            "Host": "bucket.s3.localhost:%d" % self.api.api_port,
            "X-Amz-Meta-Color": "blue", "Content-Type": "text/plain"})
        answer = self.api.send("PUT", "/a%20b/../c//d?tagging&x=%2F",
                               b"hello", **fields)
        self.assertEqual(answer.status, 200)
        request = self.origin.requests[0]
        self.assertEqual((request.method, request.target, request.body),
                         ("PUT", "/a%20b/../c//d?tagging&x=%2F", b"hello"))
        for name, value in fields.items():
            self.assertEqual(request.get(name), value, name)

    def test_a_response_comes_back_as_it_is(self):
        self.origin.answer = lambda request: rig.respond(
            b"<x/>", 409, b"Conflict", ["ETag: abc", "X-Amz-Request-Id: 7",
                                        "Content-Type: application/xml"])
        answer = self.api.send("GET", "/bucket/key", **aws.signed_head("s3"))
        self.assertEqual((answer.status, answer.body), (409, b"<x/>"))
        for name, value in (("ETag", "abc"), ("X-Amz-Request-Id", "7"),
                            ("Content-Type", "application/xml")):
            self.assertEqual(answer.get(name), value)

    def test_head_and_empty_answers_pass(self):
        self.assertEqual(self.api.send("HEAD", "/bucket/key",
                                       **aws.signed_head("s3")).status, 200)
        self.origin.answer = lambda request: \
            b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"
        answer = self.api.send("DELETE", "/bucket/key",
                               **aws.signed_head("s3"))
        self.assertEqual((answer.status, answer.get("X-A")), (204, "1"))

    def test_long_bodies_pass_both_ways(self):
        body = bytes(range(256)) * 20000
        self.origin.answer = lambda request: rig.respond(request.body)
        answer = self.api.send("PUT", "/bucket/key", body,
                               **aws.signed_head("s3"))
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.body == body, len(answer.body))

    def test_chunked_bodies_pass(self):
        head = "".join("%s: %s\r\n" % f for f in aws.signed_head("s3").items())
        self.origin.answer = lambda request: (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        with self.api.connect() as client:
            client.send(("PUT /b/k HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n"
                         "\r\n2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n" % head).encode())
            answer = client.response("PUT")
            self.assertEqual(answer.body, b"abcdefg")
        self.assertEqual(self.origin.requests[0].body, b"xyz")

    def test_services_of_forms_and_of_json_are_passed_on(self):
        self.api.call("ListQueues", "sqs", "2012-11-05")
        self.api.json_call("DynamoDB_20120810.ListTables", {}, "dynamodb")
        self.assertEqual([r.body for r in self.origin.requests],
                         [b"Action=ListQueues&Version=2012-11-05", b"{}"])

    def test_unknown_actions_and_the_network_are_passed_on(self):
        self.api.call("DescribeLoadBalancers", version="2012-06-01")
        self.api.call("CreateVpc", "ec2")
        self.api.call("DescribeVpcs", "ec2")
        self.assertEqual(len(self.origin.requests), 3)

    def test_what_sluice_serves_is_not_passed_on(self):
        self.assertEqual(self.api.call("GetCallerIdentity", "sts").status, 200)
        self.assertEqual(self.api.call("DescribeLoadBalancers").status, 200)
        self.assertEqual(self.api.api("/metrics").status, 200)
        self.assertEqual(self.origin.requests, [])

    def test_calls_of_ours_are_not_longer_for_it(self):
        for answer in (
                self.api.call("DescribeLoadBalancers",
                              **{"Names.member.1": "x" * (4 << 20)}),
                self.api.json_call("CertificateManager.ListCertificates",
                                   {"A": "x" * (4 << 20)})):
            self.assertEqual(answer.status, 413)
            self.assertIn("RequestEntityTooLarge", answer.code)
        self.assertEqual(self.origin.requests, [])

    def test_who_does_not_sign_is_not_passed_on(self):
        answer = self.api.call("ListQueues", "sqs", "2012-11-05",
                               fields={"Authorization": None})
        self.assertEqual(answer.code, "MissingAuthenticationToken")
        self.assertEqual(self.api.send("GET", "/bucket/key",
                                       Host="localhost").status, 404)
        self.assertEqual(self.origin.requests, [])

    def test_a_signature_in_the_query_passes_as_it_is(self):
        target = ("/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-"
                  "Credential=AKIADUMMY%2F20260101%2Fus-east-1%2Fs3%2Faws4_"
                  "request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=600&"
                  "X-Amz-SignedHeaders=host&X-Amz-Signature=" + "0" * 64)
        self.assertEqual(self.api.send("GET", target, Host="localhost").status,
                         200)
        self.assertEqual([r.target for r in self.origin.requests], [target])

    def test_no_answer_is_an_error_of_ours(self):
        self.origin.script = lambda conn: conn.rst()
        answer = self.api.send("GET", "/bucket/key", **aws.signed_head("s3"))
        self.assertEqual((answer.status, answer.code, answer.xml.tag),
                         (503, "ServiceUnavailable", "Error"))
        self.assertIn("--passthrough http://" + self.origin.address,
                      answer.message)

    def test_an_answer_that_breaks_off_is_cut(self):
        def half(conn):
            conn.read_request()
            conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            conn.fin()
        self.origin.script = half
        with self.api.connect() as client:
            head = "".join("%s: %s\r\n" % f
                           for f in aws.signed_head("s3").items())
            client.send(("GET /b/k HTTP/1.1\r\n%s\r\n" % head).encode())
            data = client.rest()
        self.assertTrue(data.endswith(b"\r\n\r\nhalf"), data)

    def test_clients_that_go_away_leave_nothing_behind(self):
        fds = self.api.fds()
        self.origin.script = lambda conn: conn.read_request()    # and no answer
        head = "".join("%s: %s\r\n" % f for f in aws.signed_head("s3").items())
        for _ in range(20):
            with self.api.connect() as client:
                client.send(("GET /b/k HTTP/1.1\r\n%s\r\n" % head).encode())
                n = len(self.origin.conns)
                rig.until(lambda: len(self.origin.conns) >= n, "a connection")
        rig.until(lambda: self.api.fds() <= fds,
                  lambda: "%d open, %d before" % (self.api.fds(), fds))


class Nobody(unittest.TestCase):

    def refused(self, url):
        with aws.Api("--passthrough", url) as api:
            for answer, code in (
                    (api.send("GET", "/b/k", **aws.signed_head("s3")),
                     "ServiceUnavailable"),
                    (api.call("ListQueues", "sqs", "2012-11-05"),
                     "ServiceUnavailable"),
                    (api.call("DescribeVpcs", "ec2"), "Unavailable"),
                    (api.json_call("DynamoDB_20120810.ListTables", {},
                                   "dynamodb"),
                     "ServiceUnavailableException")):
                self.assertEqual((answer.status, answer.code), (503, code))
                self.assertIn("--passthrough " + url, answer.message)
            self.assertEqual(api.call("DescribeLoadBalancers").status, 200)

    def test_nobody_listens(self):
        self.refused("http://127.0.0.1:%d" % free_port())

    def test_the_name_is_not_known(self):
        self.refused("http://nowhere.invalid:5000")

    def test_requests_do_not_go_in_circles(self):
        port = free_port()
        url = "http://127.0.0.1:%d" % port
        with aws.Api("--api", "127.0.0.1:%d" % port,
                     "--passthrough", url) as api:
            answer = api.call("ListQueues", "sqs", "2012-11-05")
            self.assertEqual((answer.status, answer.code),
                             (400, "InvalidAction"))

    def test_urls_that_cannot_be_are_refused_at_the_start(self):
        for url in ("https://localhost:5000", "localhost:5000", "http://",
                    "http://a:b", "http://a:0", "http://a/b", "http://[::1",
                    "http://[]:1", "ftp://a", "http://" + "a" * 300):
            with self.subTest(url):
                code, _, err = command("serve", "--passthrough", url)
                self.assertEqual(code, 64, err)
                self.assertIn("write http://HOST:PORT", err)


class Names(unittest.TestCase):

    def test_a_name_is_looked_up(self):
        with rig.Origin() as origin, aws.Api(
                "--passthrough", "http://localhost:%d/" % origin.port) as api:
            self.assertEqual(api.call("ListQueues", "sqs", "2012-11-05").body,
                             b"POST /")

    def test_the_name_of_this_machine_is_looked_up(self):
        import socket
        name = socket.gethostname()
        try:
            ip = socket.gethostbyname(name)
        except OSError:
            self.skipTest("this machine does not know its own name")
        with rig.Origin(host=ip) as origin, aws.Api(
                "--passthrough", "http://%s:%d" % (name, origin.port)) as api:
            for _ in range(2):
                self.assertEqual(api.call("ListQueues", "sqs",
                                          "2012-11-05").body, b"POST /")


class Moto(unittest.TestCase):
    """A real one."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("moto_server"):
            raise unittest.SkipTest("needs moto_server")
        aws.boto3()
        port = free_port()
        cls.moto = subprocess.Popen(
            ["moto_server", "-p", str(port)], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=aws.environment())
        cls.api = aws.Api("--passthrough", "http://127.0.0.1:%d" % port)
        rig.until(lambda: cls.api.send(
            "GET", "/", **aws.signed_head("s3")).status == 200,
            "moto_server to answer", 3 * rig.PATIENCE, pause=0.05)

    @classmethod
    def tearDownClass(cls):
        cls.api.stop()
        cls.moto.terminate()
        cls.moto.wait()

    def test_objects_of_s3_are_kept(self):
        s3 = self.api.client("s3")
        body = bytes(range(256)) * 8192
        s3.create_bucket(Bucket="things")
        s3.put_object(Bucket="things", Key="a/b c", Body=body,
                      Metadata={"color": "blue"})
        got = s3.get_object(Bucket="things", Key="a/b c")
        self.assertTrue(got["Body"].read() == body)
        self.assertEqual(got["Metadata"], {"color": "blue"})
        self.assertEqual([o["Key"] for o in s3.list_objects_v2(
            Bucket="things")["Contents"]], ["a/b c"])

    def test_queues_and_networks_of_the_other_are_used_beside_our_balancers(
            self):
        vpc = self.api.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        found = self.api.client("ec2").describe_vpcs(
            VpcIds=[vpc["Vpc"]["VpcId"]])["Vpcs"]
        self.assertEqual([v["CidrBlock"] for v in found], ["10.0.0.0/16"])
        queue = self.api.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        self.assertTrue(queue.endswith("/q"))
        self.assertEqual(self.api.client("elbv2").describe_load_balancers()[
            "LoadBalancers"], [])


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The API port speaks AWS's protocols."""
import contextlib
import re
import select
import urllib.parse

import aws
import rig
from reloading import soon

UUID = r"\A[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-" \
       r"[0-9a-f]{12}\Z"
FORM = "application/x-www-form-urlencoded"


class Query(aws.ApiCase):

    # Checklist 1
    def test_a_form_is_answered_with_xml(self):
        answer = self.api.call("GetCallerIdentity", "sts")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.get("Content-Type"), "text/xml")
        self.assertRegex(answer.get("x-amzn-RequestId"), UUID)
        self.assertTrue(answer.get("Date"))

    # Checklist 2
    def test_results_stand_in_their_envelope(self):
        answer = self.api.call("DescribeTargetGroups")
        self.assertIn(
            '<DescribeTargetGroupsResponse xmlns="http://'
            'elasticloadbalancing.amazonaws.com/doc/2015-12-01/">', answer.text)
        self.assertEqual([e.tag for e in answer.xml],
                         ["DescribeTargetGroupsResult", "ResponseMetadata"])
        self.assertEqual(answer.xml.findtext("ResponseMetadata/RequestId"),
                         answer.get("x-amzn-RequestId"))

    # Checklist 3
    def test_errors_have_type_code_message_and_request(self):
        answer = self.api.call("DescribeTargetGroups",
                               **{"Names.member.1": "nobody"})
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.xml.tag, "ErrorResponse")
        self.assertEqual([e.tag for e in answer.xml], ["Error", "RequestId"])
        self.assertEqual([e.tag for e in answer.xml[0]],
                         ["Type", "Code", "Message"])
        self.assertEqual(answer.xml.findtext("Error/Type"), "Sender")
        self.assertEqual(answer.code, "TargetGroupNotFound")
        self.assertEqual(answer.xml.findtext("RequestId"),
                         answer.get("x-amzn-RequestId"))

    # Checklist 1
    def test_a_get_with_a_query_string_is_a_call(self):
        query = urllib.parse.urlencode({"Action": "GetCallerIdentity",
                                        "Version": "2011-06-15"})
        answer = self.api.send("GET", "/?" + query, **aws.signed_head("sts"))
        self.assertEqual(answer.status, 200, answer.text)
        self.assertTrue(answer.xml.findtext(".//Account"))

    def test_a_signature_in_the_query_is_one(self):
        answer = self.api.send("GET", "/?" + urllib.parse.urlencode({
            "Action": "GetCallerIdentity", "Version": "2011-06-15",
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": "AKIADUMMY/20260101/us-east-1/sts/aws4_request",
            "X-Amz-Date": "20260101T000000Z", "X-Amz-Expires": "600",
            "X-Amz-SignedHeaders": "host", "X-Amz-Signature": "0" * 64}),
            Host="localhost")
        self.assertEqual(answer.status, 200, answer.text)

    # Checklist 1
    def test_classic_load_balancers_are_refused_with_the_way_out(self):
        answer = self.api.call("DescribeLoadBalancers", version="2012-06-01")
        self.assertEqual((answer.status, answer.code), (400, "InvalidAction"))
        self.assertIn("aws elbv2", answer.message)

    def test_unknown_versions_and_actions_are_refused(self):
        answer = self.api.call("DescribeRules", version="1999-01-01")
        self.assertEqual(answer.code, "InvalidAction")
        self.assertIn("2015-12-01", answer.message)
        answer = self.api.call("DescribeTargetGroup")
        self.assertEqual((answer.status, answer.code), (400, "InvalidAction"))
        self.assertIn("did you mean DescribeTargetGroups?", answer.message)

    def test_a_call_without_an_action_is_refused(self):
        answer = self.api.send("POST", "/", b"Version=2015-12-01",
                               **aws.signed_head(), Content_Type=FORM)
        self.assertEqual((answer.status, answer.code), (400, "MissingAction"))

    def test_a_broken_form_is_refused(self):
        for body in (b"Action=DescribeRules&Names.member.1=%zz",
                     b"Action=DescribeRules&Action=DeleteRule",
                     b"Action=DescribeRules&A=%ff",
                     b"Action=DescribeRules&" + b"&".join(
                         b"a%d=" % i for i in range(20000))):
            with self.subTest(body[:60]):
                answer = self.api.send("POST", "/", body, **aws.signed_head(),
                                       Content_Type=FORM)
                self.assertEqual((answer.status, answer.code),
                                 (400, "MalformedQueryString"))

    def test_shapes_are_checked_with_the_words_of_aws(self):
        answer = self.api.call("CreateTargetGroup", Port=0, Protocol="FTP")
        self.assertEqual((answer.status, answer.code), (400, "ValidationError"))
        self.assertRegex(answer.message, r"\A3 validation errors detected: "
                         r"Value null at 'name' failed to satisfy constraint: "
                         r"Member must not be null; Value ")

    # Checklist 5
    def test_a_blank_list_is_an_empty_one(self):
        answer = self.api.call("DescribeTargetGroups", Names="")
        self.assertEqual(answer.status, 200, answer.text)

    def test_unknown_parameters_are_ignored(self):
        answer = self.api.call("DescribeTargetGroups", **{
            "Shoe.member.1.Size": "43", "AWSAccessKeyId": "x"})
        self.assertEqual(answer.status, 200, answer.text)


class Bodies(aws.ApiCase):

    def test_a_body_may_come_in_pieces(self):
        form = b"Action=GetCallerIdentity&Version=2011-06-15"
        head = "".join("%s: %s\r\n" % f for f in aws.signed_head("sts").items())
        with self.api.connect() as client:
            client.send(("POST / HTTP/1.1\r\n%sContent-Type: %s\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n" % (
                             head, FORM)).encode())
            for byte in form:
                client.send(b"1\r\n%c\r\n" % byte)
            client.send(b"0\r\n\r\n")
            self.assertEqual(client.response("POST").status, 200)

    def test_expect_is_answered(self):
        form = b"Action=GetCallerIdentity&Version=2011-06-15"
        head = "".join("%s: %s\r\n" % f for f in aws.signed_head("sts").items())
        with self.api.connect() as client:
            client.send(("POST / HTTP/1.1\r\n%sContent-Type: %s\r\n"
                         "Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" %
                         (head, FORM, len(form))).encode())
            self.assertEqual(client.head(soon()).status, 100)
            client.send(form)
            self.assertEqual(client.response("POST").status, 200)

    def test_several_calls_share_a_connection(self):
        form = b"Action=GetCallerIdentity&Version=2011-06-15"
        head = "".join("%s: %s\r\n" % f for f in aws.signed_head("sts").items())
        ids = set()
        with self.api.connect() as client:
            for _ in range(5):
                client.send(("POST / HTTP/1.1\r\n%sContent-Type: %s\r\n"
                             "Content-Length: %d\r\n\r\n" % (
                                 head, FORM, len(form))).encode() + form)
                answer = client.response("POST")
                self.assertEqual(answer.status, 200)
                ids.add(answer.get("x-amzn-RequestId"))
        self.assertEqual(len(ids), 5)

    def test_a_body_that_is_too_long_is_refused(self):
        for more in ("Content-Length: 4194305\r\n\r\n",
                     "Transfer-Encoding: chunked\r\n\r\n500000\r\n" +
                     "x" * 0x500000):
            with self.subTest(more[:20]), self.api.connect() as client:
                head = "".join("%s: %s\r\n" % f
                               for f in aws.signed_head().items())
                client.push(("POST / HTTP/1.1\r\n" + head + more).encode())
                answer = client.response("POST")
                self.assertEqual(answer.status, 413)
                self.assertIn(b"RequestEntityTooLarge", answer.body)
        self.assertEqual(self.api.api("/healthz").status, 200)

    def test_long_bodies_together_have_a_limit_and_short_ones_none(self):
        head = "".join("%s: %s\r\n" % f for f in aws.signed_head().items())
        head = "POST / HTTP/1.1\r\n%sContent-Length: %%d\r\n\r\n" % head
        piece = b"x" * (2 << 20)
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.api.connect())
                       for _ in range(70)]
            for client in clients:      # each has room for 4 MiB then
                client.push((head % (4 << 20)).encode() + piece + b"x")
            answered = select.select([c.sock for c in clients], [], [],
                                     rig.PATIENCE)[0]
            self.assertTrue(answered, "none was refused")
            answer = next(c for c in clients if c.sock == answered[0]) \
                .response("POST")
            self.assertEqual(answer.status, 503)
            self.assertIn(b"send the request again", answer.body)
            self.assertEqual(self.api.call("DescribeTargetGroups").status, 200)
        rig.until(lambda: self.long_body(head) == 400, "room for long bodies")

    def long_body(self, head):
        form = b"Action=%s" % (b"x" * (3 << 20))
        with self.api.connect() as client:
            client.push((head % len(form)).encode() + form)
            return client.response("POST").status

    def test_clients_that_go_away_leave_nothing_behind(self):
        before = self.api.fds()
        head = "".join("%s: %s\r\n" % f for f in aws.signed_head().items())
        for _ in range(50):
            with self.api.connect() as client:
                client.send(("POST / HTTP/1.1\r\n%sContent-Length: 1000\r\n"
                             "\r\nAction=" % head).encode())
        rig.until(lambda: self.api.fds() <= before, "connections to be closed")
        self.assertEqual(self.api.call("DescribeTargetGroups").status, 200)

    def test_a_client_that_does_not_wait_changes_something_all_the_same(self):
        form = urllib.parse.urlencode({
            "Action": "CreateTargetGroup", "Version": "2015-12-01",
            "Name": "impatient", "Protocol": "HTTP", "Port": "80",
            "VpcId": "vpc-1"}).encode()
        head = "".join("%s: %s\r\n" % f for f in aws.signed_head().items())
        with self.api.connect() as client:
            client.send(("POST / HTTP/1.1\r\n%sContent-Type: %s\r\n"
                         "Content-Length: %d\r\n\r\n" % (head, FORM, len(form)))
                        .encode() + form)
            rig.reset(client.sock)
        rig.until(lambda: self.api.call(
            "DescribeTargetGroups",
            **{"Names.member.1": "impatient"}).status == 200, "the group")


class Ec2(aws.ApiCase):

    def test_ec2_has_its_own_envelope(self):
        answer = self.api.call("DescribeSubnets", "ec2")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual([e.tag for e in answer.xml],
                         ["requestId", "subnetSet"])
        self.assertEqual({e.tag for e in answer.xml[1]}, {"item"})

    def test_errors_of_ec2_are_its_own(self):
        answer = self.api.call("DescribeSubnets", "ec2",
                               **{"SubnetId.1": "banana"})
        self.assertEqual((answer.status, answer.xml.tag), (400, "Response"))
        self.assertEqual(answer.xml.findtext("Errors/Error/Code"),
                         "InvalidSubnetID.Malformed")
        self.assertEqual(answer.xml.findtext("RequestID"),
                         answer.get("x-amzn-RequestId"))


class NotServed(aws.ApiCase):

    def test_a_service_of_json_is_refused_in_json(self):
        answer = self.api.json_call("DynamoDB_20120810.ListTables", {},
                                    "dynamodb")
        self.assertEqual((answer.status, answer.code),
                         (400, "UnknownOperationException"))
        self.assertEqual(answer.get("Content-Type"),
                         "application/x-amz-json-1.1")
        self.assertIn("'dynamodb'", answer.message)
        self.assertIn("--passthrough", answer.message)

    def test_a_service_of_forms_is_refused_in_xml(self):
        answer = self.api.call("ListQueues", "sqs", "2012-11-05")
        self.assertEqual((answer.status, answer.code), (400, "InvalidAction"))
        self.assertIn("'sqs'", answer.message)

    def test_s3_is_refused_as_s3_would(self):
        answer = self.api.send("PUT", "/bucket/key", b"x",
                               **aws.signed_head("s3"))
        self.assertEqual((answer.status, answer.xml.tag), (501, "Error"))
        self.assertEqual(answer.code, "NotImplemented")
        self.assertIn("--passthrough", answer.message)

    def test_pages_of_ours_are_no_buckets(self):
        answer = self.api.send("GET", "/metrics", **aws.signed_head("s3"))
        self.assertEqual(answer.status, 501)
        self.assertEqual(self.api.api("/metrics").status, 200)

    def test_the_aws_command_says_why(self):
        with self.assertRaises(aws.AwsError) as caught:
            self.api.aws("lambda", "list-functions")
        self.assertEqual(caught.exception.code, "UnknownOperationException")
        self.assertIn("--passthrough", caught.exception.message)


class Clients(aws.ApiCase):

    def test_the_aws_command_is_served(self):
        self.assertRegex(self.api.aws("sts", "get-caller-identity")["Account"],
                         r"\A[0-9]{12}\Z")

    def test_boto3_is_served(self):
        self.assertEqual(self.api.client("elbv2").describe_target_groups()[
            "TargetGroups"], [])
        message = self.refused("TargetGroupNotFound",
                               self.api.client("elbv2").describe_target_groups,
                               Names=["nobody"])
        self.assertTrue(re.search("not found", message), message)

    def test_the_network_is_described(self):
        ec2 = self.api.client("ec2")
        subnets = ec2.describe_subnets()["Subnets"]
        self.assertEqual(len({s["AvailabilityZone"] for s in subnets}), 3)
        vpc = ec2.describe_vpcs(Filters=[
            {"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
        self.assertEqual({s["VpcId"] for s in subnets}, {vpc})
        self.assertEqual(ec2.describe_subnets(Filters=[
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "availability-zone", "Values": ["us-east-1b"]}])[
                "Subnets"], [subnets[1]])
        self.assertEqual(ec2.describe_subnets(SubnetIds=["subnet-0a1b"])[
            "Subnets"][0]["SubnetId"], "subnet-0a1b")
        self.assertEqual(ec2.describe_subnets(Filters=[
            {"Name": "tag:Tier", "Values": ["*"]}])["Subnets"], [])
        groups = ec2.describe_security_groups(Filters=[
            {"Name": "group-name", "Values": ["def*"]}])["SecurityGroups"]
        self.assertEqual([g["GroupName"] for g in groups], ["default"])
        self.assertEqual(
            len(ec2.describe_availability_zones()["AvailabilityZones"]), 3)
        self.assertEqual(ec2.describe_account_attributes(
            AttributeNames=["default-vpc"])["AccountAttributes"][0][
                "AttributeValues"][0]["AttributeValue"], vpc)
        self.assertEqual(ec2.describe_network_interfaces(Filters=[
            {"Name": "description", "Values": ["ELB app/web/1"]}])[
                "NetworkInterfaces"], [])
        self.assertIn("shoe", self.refused(
            "InvalidParameterValue", ec2.describe_vpcs,
            Filters=[{"Name": "shoe", "Values": ["43"]}]))


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A permission that is missing is named in the log, once: who was refused, what
for, what follows and which policy allows it."""
import json
import os
import re
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "proxy"))

import double  # noqa: E402
import policies  # noqa: E402
import rig  # noqa: E402

PROGRAM = os.path.join(os.path.dirname(rig.SLUICE or ""), "tests", "aws",
                       "call")
USER = "arn:aws:iam::123456789012:user/sluice"
PUT = {"service": "S3", "method": "PUT", "bucket": "logs", "key": "k",
       "body": "x"}
METRICS = {"service": "CLOUDWATCH", "action": "PutMetricData", "body":
           json.dumps({"Namespace": "Sluice", "MetricData": [
               {"MetricName": "M", "Value": 1}]})}


class TestPermissions(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(PROGRAM):
            self.skipTest("needs tests/aws/call")
        self.aws = double.Aws()
        self.addCleanup(self.aws.stop)
        self.aws.buckets.update(logs={}, other={})
        self.start()

    def start(self, **more):
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith("AWS_")}
        self.child = subprocess.Popen(
            [PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**clean, **self.aws.environment(**more)})
        self.log = []
        thread = threading.Thread(target=self.read, args=(
            self.child.stderr, self.log), daemon=True)
        thread.start()
        self.addCleanup(self.end, self.child, thread)

    @staticmethod
    def read(pipe, log):
        for line in pipe:
            log.append(line.decode().rstrip("\n"))

    @staticmethod
    def end(child, thread):
        child.stdin.close()
        if child.wait(rig.PATIENCE):
            raise AssertionError("exit %d" % child.returncode)
        thread.join(rig.PATIENCE)
        child.stdout.close()
        child.stderr.close()

    def write(self, **line):
        self.child.stdin.write(json.dumps(line).encode() + b"\n")
        self.child.stdin.flush()

    def call(self, line, **more):
        """Makes it, and waits for its answer."""
        self.write(id="1", **{**line, **more})
        return json.loads(self.child.stdout.readline())

    def said(self, text):
        """How many lines say that; it waits for the first one."""
        rig.until(lambda: any(text in line for line in self.log),
                  lambda: "%r in %s" % (text, self.log))
        return sum(text in line for line in self.log)

    def test_it_is_named_once_with_all_that_mends_it(self):
        self.aws.denied = {"s3:PutObject"}
        for _ in range(3):
            self.assertTrue(self.call(PUT)["forbidden"])
        self.assertEqual(self.said(
            USER + " may not do s3:PutObject on arn:aws:s3:::logs/*: logs are "
            "kept here until it may; attach contrib/iam/s3-logs.json"), 1)

    def test_each_permission_and_each_bucket_is_named(self):
        self.aws.denied = {"s3:PutObject", "cloudwatch:PutMetricData"}
        self.call(PUT)
        self.call(METRICS)
        self.call(PUT, bucket="other")
        self.call(METRICS)
        self.assertEqual(self.said("contrib/iam/metrics.json"), 1)
        self.assertEqual(self.said("on arn:aws:s3:::logs/*"), 1)
        self.assertEqual(self.said("on arn:aws:s3:::other/*"), 1)

    def test_it_is_said_when_a_bucket_may_be_written_again(self):
        self.aws.denied = {"s3:PutObject"}
        self.call(PUT)
        self.aws.denied = set()
        self.call(PUT, bucket="other")
        self.call(PUT)
        self.assertEqual(self.said("s3:PutObject on arn:aws:s3:::logs/* is "
                                   "allowed now"), 1)
        self.aws.denied = {"s3:PutObject"}
        self.call(PUT)
        rig.until(lambda: self.said("may not do s3:PutObject") == 2,
                  lambda: "%s" % self.log)

    def test_where_aws_does_not_say_who_it_was_sts_does(self):
        self.aws.fault(double.answered(403, "AccessDenied", "Access Denied"),
                       "PutObject")
        self.write(check=True)
        self.call(PUT)
        self.assertEqual(self.said(USER + " may not do s3:PutObject"), 1)
        self.assertEqual(len(self.aws.calls("GetCallerIdentity")), 1)

    def test_where_nobody_says_who_it_was_the_rest_is_said(self):
        self.aws.fault(double.answered(403, "AccessDenied", "Access Denied"))
        self.write(check=True)
        self.call(PUT)
        self.assertEqual(self.said("whoever Sluice runs as may not do "
                                   "s3:PutObject on arn:aws:s3:::logs/*"), 1)

    def test_nobody_is_asked_unless_at_start(self):
        self.aws.fault(double.answered(403, "AccessDenied", "Access Denied"))
        self.call(PUT)
        self.assertEqual(self.said("whoever Sluice runs as may not do"), 1)
        self.assertEqual(self.aws.asked("GetCallerIdentity"), [])

    def test_other_errors_are_no_matter_of_permissions(self):
        del self.aws.buckets["logs"]
        self.assertFalse(self.call(PUT)["forbidden"])
        self.aws.fault(double.broken(503), times=3)
        self.call(PUT, bucket="other")
        self.aws.denied = {"s3:PutObject"}
        self.call(PUT, bucket="other")
        self.said("other/*")
        self.assertEqual(self.said("may not do"), 1)

    def test_at_start_it_is_said_who_calls(self):
        self.write(check=True)
        self.assertEqual(self.said("calls of AWS are made as " + USER), 1)

    def test_at_start_it_is_said_why_nobody_can(self):
        self.aws.keys["AKIDEXAMPLE"].secret = "another"
        self.write(check=True)
        self.assertEqual(self.said("who calls AWS is not known: "), 1)

    def account_of(self, **more):
        """The lines about it, once it is known who calls."""
        self.start(**more)
        self.write(check=True)
        self.said("calls of AWS are made as ")
        self.call(PUT)
        return [line for line in self.log if "AWS_ACCOUNT_ID" in line]

    def test_at_start_it_is_said_that_another_account_calls(self):
        line, = self.account_of(AWS_ACCOUNT_ID="000000000000")
        self.assertIn("WARN", line)
        self.assertIn("are made in account 123456789012, but ARNs here say "
                      "000000000000: ", line)
        self.assertIn("set AWS_ACCOUNT_ID=123456789012", line)

    def test_the_same_account_is_nothing_to_say(self):
        self.assertEqual(self.account_of(AWS_ACCOUNT_ID="123456789012"), [])

    def test_what_is_no_account_is_nothing_to_say(self):
        for lie in ("12345678901", "1234567890123", "12345678901x", ""):
            self.aws.fault(double.answers(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a"
                "</Arn><Account>%s</Account></GetCallerIdentityResult>"
                "</GetCallerIdentityResponse>" % lie, kind="text/xml"), times=1)
            self.log.clear()
            self.assertEqual(self.account_of(AWS_ACCOUNT_ID="000000000000"),
                             [])

    def test_a_lie_about_who_calls_is_cut(self):
        self.aws.fault(double.answers(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>%s"
            "&#10;x</Arn></GetCallerIdentityResult>"
            "</GetCallerIdentityResponse>" % ("a" * 100000), kind="text/xml"))
        self.write(check=True)
        self.said("calls of AWS are made as aaa")
        self.assertLess(max(map(len, self.log)), 400)


class TestTable(unittest.TestCase):
    """Each file of contrib/iam is what the table of the source says."""

    def test_policies_and_permissions_are_the_same(self):
        with open(os.path.join(policies.FOLDER, "..", "..", "src", "aws",
                               "permission.def"), encoding="utf-8") as file:
            rows = re.findall(r'X\("([^"]+)",\s+"([^"]+)\.json"', file.read())
        self.assertEqual(sorted(rows), sorted(
            (action, name) for name in policies.NAMES
            for action in policies.actions(policies.policy(name))))


if __name__ == "__main__":
    try:
        double.needed()
    except unittest.SkipTest as why:
        print("SKIP: %s" % why)
        sys.exit(rig.SKIP)
    rig.main()

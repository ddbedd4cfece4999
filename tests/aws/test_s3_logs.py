#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs in S3: that every line of a log's file is in its bucket once, under the
keys that AWS has (checklist 113); what turns them on and off."""
import datetime
import os
import signal

import double
from s3_logs import ALB_KEY, WAF_KEY, Bucket, Case, s3  # finds the others
import rig
import stack as stacks
from rig import Origin, until

ALL = {**s3("access"), **s3("connection"), **s3("health_check")}
WAF = "aws-waf-logs-x"


def path_of(line):
    """What an access log's line says was asked for."""
    return "/" + line.split()[13].split("/", 3)[3]


class Keys(Case):
    def setUp(self):
        super().setUp()
        self.aws = double.Aws()
        self.addCleanup(self.aws.stop)
        self.aws.buckets.update({"logs": {}, "other": {}, WAF: {}})
        self.bucket = Bucket(self.aws)

    # 113
    def test_each_log_has_the_keys_and_lines_of_its_kind(self):
        with Origin() as origin:
            server = self.serve(
                self.aws.environment(),
                stack=self.stack(ALL, waf="arn:aws:s3:::%s/a/b" % WAF, group={
                    "addresses": [origin.address], "HealthCheckPath": "/h",
                    "HealthCheckIntervalSeconds": 5,
                    "HealthCheckTimeoutSeconds": 2}),
                files=("access", "connection", "health_check", "waf"))
            server.ask("/a", "/b?x=1", "/shop")
            server.ask("/c", agent='odd "\\ \xe9'.encode().decode("latin-1"))
            self.wait_local(1, "health_check")
            self.wait_local(4, "waf")
            server.stop()
        for kind, n in ("access", 4), ("connection", 2), ("health_check", 1):
            self.same(self.bucket, kind)
            self.assertGreaterEqual(len(self.local(kind)), n)
            for key in self.bucket.logs(kind):
                found = ALB_KEY.match(key)
                self.assertEqual(
                    found.group("prefix", "account", "region", "name", "ip"),
                    (None, "123456789012", "us-east-1", "shop",
                     server.lines and self.own_address(server)))
                self.check_window(found.group("time"), found.group("day"), 300)
        self.same(Bucket(self.aws, WAF), "waf")
        for key in Bucket(self.aws, WAF).logs("waf"):
            found = WAF_KEY.match(key)
            self.assertEqual(found.group("prefix", "name"),
                             ("a/b", "shop-acl"))
            self.check_window(found.group("time"), found.group("day"), 0)
            self.assertEqual(found.group("hour") + found.group("minute"),
                             found.group("time")[9:13])
        self.aws.check()
        self.assertEqual(self.spooled(), [])

    @staticmethod
    def own_address(server):
        """The load balancer's, as the line on stdout says."""
        return next(line.split()[4].rpartition(":")[0] for line in server.lines
                    if line.startswith("listener "))

    def check_window(self, time, day, ends_later):
        """It ends (of WAF: begins) within five minutes of now."""
        at = datetime.datetime.strptime(time, "%Y%m%dT%H%MZ").replace(
            tzinfo=datetime.timezone.utc)
        late = (at - datetime.datetime.now(
            datetime.timezone.utc)).total_seconds()
        self.assertLessEqual(late, ends_later)
        self.assertGreater(late, ends_later - 300 - 60 * rig.SLOW)
        self.assertEqual(day, at.strftime("%Y/%m/%d"))

    # 113
    def test_an_object_shows_that_a_log_is_on(self):
        stack = self.stack({**ALL, "connection_logs.s3.prefix": "a/b"})
        with self.serve(self.aws.environment(), stack=stack) as server:
            until(lambda: len(self.aws.buckets["logs"]) == 3, server.story)
            self.assertEqual(sorted(self.aws.buckets["logs"]), [
                "AWSLogs/123456789012/ELBAccessLogTestFile",
                "AWSLogs/123456789012/ELBHealthCheckLogTestFile",
                "a/b/AWSLogs/123456789012/ELBConnectionLogTestFile"])
            until(lambda: server.log_count(
                "the connection log of app/shop/"), server.story)
        self.aws.check()

    def test_what_is_not_published_stays_here(self):
        server = self.serve(self.aws.environment(), publish=(),
                            stack=self.stack(ALL))
        server.ask("/a")
        self.wait_local(1)
        threads = os.listdir("/proc/%d/task" % server.serving_pid)
        self.assertNotIn("sluice_s3_log", server.api().body.decode())
        server.stop()
        self.assertEqual(self.aws.asked(), [])
        self.assertFalse(os.path.exists(os.path.join(
            self.folder, "state", "log-spool")))
        other = self.serve(self.aws.environment(), stack=self.stack({}))
        other.ask("/a")
        self.assertGreater(len(os.listdir("/proc/%d/task" % other.serving_pid)),
                           len(threads))
        other.stop()
        self.assertEqual({c.service for c in self.aws.asked()}, {"sts"})

    def test_s3_needs_no_file(self):
        server = self.serve(self.aws.environment(), files=())
        server.ask("/a", "/b")
        server.stop()
        self.assertEqual(len(self.bucket.lines()), 2)

    def test_a_log_is_turned_on_moved_and_off_while_requests_come(self):
        server = self.serve(self.aws.environment(), stack=self.stack({}))
        elb = server.client("elbv2")
        arn = elb.describe_load_balancers()["LoadBalancers"][0][
            "LoadBalancerArn"]

        def modify(given):
            elb.modify_load_balancer_attributes(
                LoadBalancerArn=arn,
                Attributes=[{"Key": k, "Value": v} for k, v in given.items()])

        server.ask("/before")
        modify(s3("access", prefix="one"))
        server.ask("/one")
        modify(s3("access", "other", "two"))
        server.ask("/two")
        # Where it went before has its object once nobody writes to it.
        until(lambda: self.bucket.lines(), server.story)
        modify({"access_logs.s3.enabled": "false"})
        server.ask("/after")
        server.stop()
        self.assertEqual([path_of(line) for line in self.bucket.lines()],
                         ["/one"])
        self.assertEqual([path_of(line) for line in
                          Bucket(self.aws, "other").lines()], ["/two"])
        self.assertEqual(
            {ALB_KEY.match(k).group("prefix") for name in ("logs", "other")
             for k in Bucket(self.aws, name).logs()}, {"one", "two"})
        self.aws.check()

    def test_a_new_template_moves_a_log(self):
        server = self.serve(self.aws.environment())
        server.ask("/a", "/b")
        server.reload(self.stack(s3("access", "other", "x")))
        until(lambda: self.bucket.lines(), server.story)
        server.ask("/c")
        server.stop()
        self.assertEqual(len(self.bucket.lines()), 2)
        self.assertEqual(
            sorted(self.bucket.lines() + Bucket(self.aws, "other").lines()),
            self.local())

    def test_a_load_balancer_that_is_removed_leaves_its_lines(self):
        server = self.serve(self.aws.environment())
        server.ask("/a", "/b")
        elb = server.client("elbv2")
        elb.delete_load_balancer(LoadBalancerArn=elb.describe_load_balancers()[
            "LoadBalancers"][0]["LoadBalancerArn"])
        server.stop()
        self.same(self.bucket)
        self.assertEqual(len(self.local()), 2)

    def test_files_are_rotated_and_s3_does_not_care(self):
        server = self.serve(self.aws.environment())
        server.ask("/a")
        self.wait_local(1)
        os.rename(self.logs["access"], self.logs["access"] + ".1")
        server.signal(signal.SIGUSR1)
        until(lambda: os.path.exists(self.logs["access"]), server.story)
        server.ask("/b")
        server.stop()
        with open(self.logs["access"] + ".1", encoding="utf-8") as file:
            self.assertEqual(self.bucket.lines(),
                             sorted(file.read().splitlines() + self.local()))

    def test_a_bucket_elsewhere_is_asked_for_here_once(self):
        self.aws.bucket_regions["logs"] = "eu-central-1"
        server = self.serve(self.aws.environment())
        until(lambda: self.bucket.objects(), server.story)     # the first one
        server.ask("/a")
        server.stop()
        self.same(self.bucket)
        self.assertEqual(len(self.local()), 1)
        self.assertEqual([c.refused.code for c in self.aws.refusals()],
                         ["AuthorizationHeaderMalformed"])

    def test_a_place_that_is_none_is_told(self):
        server = self.serve(self.aws.environment(), stack=self.stack(
            s3("access", "logs", "x" * 1000)))
        server.ask("/a")
        server.stop()
        self.assertEqual([c for c in self.aws.asked() if c.service == "s3"],
                         [])
        server.says("does not go to S3", 1)

    def test_numbers_of_it_are_in_the_metrics(self):
        server = self.serve(self.aws.environment())
        server.ask("/a")
        until(lambda: server.s3("spool_bytes") > 0, server.story)
        server.reload(self.stack(s3("access", "other")))
        until(lambda: server.s3("objects_total") == 1, server.story)
        self.assertEqual(server.s3("bytes_total"), sum(
            len(o) for k, o in self.bucket.objects().items()
            if k.endswith(".gz")))
        self.assertEqual([server.s3(n) for n in (
            "failures_total", "dropped_objects_total", "dropped_lines_total",
            "waiting_objects")], [0, 0, 0, 0])


class Options(Case):
    def refused(self, *options, **environment):
        server = rig.Process("serve", "--to", "127.0.0.1:9", "--listen", 0,
                             "--api", "127.0.0.1:0", *options, wait=False,
                             environment=environment)
        self.addCleanup(lambda: server.alive() and server.kill())
        code = server.wait()
        self.assertNotEqual(code, 0)
        return "\n".join(server.log)

    def test_what_cannot_be_published_is_refused(self):
        self.assertIn('did you mean s3?', self.refused("--publish", "s3s"))
        self.assertIn('knows no ""', self.refused("--publish", "s3,"))

    def test_a_spool_is_nothing_without_publish_s3(self):
        for more in ((), ("--publish", "cloudwatch")):
            for option, value in (("--log-spool", self.folder),
                                  ("--log-spool-max", 1024)):
                self.assertIn(
                    "%s is for --publish s3, which is not there" % option,
                    self.refused(option, value, *more))

    def test_a_spool_that_cannot_be_is_named(self):
        path = os.path.join(self.folder, "file")
        with open(path, "w", encoding="ascii"):
            pass
        said = self.refused("--publish", "s3", "--log-spool", path + "/x")
        self.assertIn(path + "/x", said)
        self.assertIn("--log-spool", said)


if __name__ == "__main__":
    rig.main()

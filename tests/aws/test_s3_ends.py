#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs for S3 when processes are killed, upgraded and told to end, and what is
told of permissions, buckets and keys that are missing."""
import os
import signal
import threading

from s3_logs import Outage  # finds the others
import double
import rig
from rig import until


class Ends(Outage):
    # What is in the file of the spool when a process is killed is in the
    # bucket in the end, with what came before and after.
    def test_a_killed_process_loses_no_line_that_it_wrote(self):
        if rig.ALONE:
            self.skipTest("nobody starts another process")
        server = self.serve(self.aws.environment())
        for n in range(3):
            server.ask(*["/%d/%d" % (n, k) for k in range(100)])
            until(lambda: self.written() + len(self.bucket.lines()) ==
                  100 * (n + 1), server.story)
            pid = server.serving_pid
            os.kill(pid, signal.SIGKILL)
            until(lambda: server.serving_pid not in (pid, server.pid) and
                  len(self.bucket.lines()) == 100 * (n + 1), server.story)
        server.ask("/end")
        self.delivered_in_the_end(server)
        self.assertEqual(len(self.local()), 301)
        self.aws.check()

    def test_an_upgrade_writes_and_sends_each_line_once(self):
        if rig.ALONE:
            self.skipTest("an upgrade is the parent's work")
        server = self.serve(self.aws.environment())
        stop = threading.Event()
        asked = []

        def ask():
            while not stop.is_set():
                server.ask("/%d" % len(asked))
                asked.append(1)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            for n in range(3):
                until(lambda: len(asked) > 30 * (n + 1), server.story)
                server.signal(signal.SIGUSR2)
                until(lambda: server.log_count("upgraded: process") > n,
                      server.story)
        finally:
            stop.set()
            thread.join()
        server.stop()
        self.assertEqual(self.both(), self.local())
        self.assertEqual(len(self.local()), len(asked))
        self.assertEqual(self.spooled(), [])

    def test_told_twice_to_end_it_does_not_wait_for_s3(self):
        self.aws.fault(double.hang())
        server = self.serve(self.aws.environment(), drain=60)
        with server.connect_web() as client:
            client.send(b"GET /half HTTP/1.1\r\n")
            server.ask("/a")
            self.wait_local(1)
            server.signal(signal.SIGTERM)
            until(lambda: server.log_count("draining"), server.story)
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)
        self.assertGreaterEqual(len(self.spooled(".log")), 1)


class Refusals(Outage):
    def told(self, server, *texts):
        for text in texts:
            until(lambda: server.log_count(text), server.story)
        server.ask("/a")
        self.wait_local(1)
        self.complete(server)
        until(lambda: server.s3("failures_total") > 1, server.story)
        for text in texts:
            server.says(text, 1)

    def test_a_permission_that_is_missing_is_named_at_once(self):
        self.aws.denied.add("s3:PutObject")
        server = self.serve(self.aws.environment())
        until(lambda: server.log_count("AccessDenied"), server.story)
        line = next(x for x in server.log if "AccessDenied" in x)
        self.assertIn("allow these credentials s3:PutObject on arn:aws:s3:::"
                      "logs/AWSLogs/123456789012/*", line)
        self.aws.denied.clear()
        server.ask("/a")
        self.complete(server)
        self.delivered_in_the_end(server)
        server.says("AccessDenied", 1)

    def test_a_bucket_that_is_not_there_is_told(self):
        del self.aws.buckets["logs"]
        server = self.serve(self.aws.environment())
        until(lambda: server.log_count("NoSuchBucket"), server.story)
        server.says("make the bucket, or name another one", 1)
        server.ask("/a")
        self.wait_local(1)
        self.complete(server)       # that bucket is there
        server.ask("/b")
        until(lambda: server.s3("failures_total") > 0, server.story)
        self.complete(server)
        until(lambda: self.other.lines(), server.story)
        self.aws.buckets["logs"] = {}
        self.delivered_in_the_end(server)
        self.assertEqual(len(self.bucket.lines()), 1)

    def test_without_credentials_it_says_what_was_tried(self):
        server = self.serve(self.aws.environment(key=None))
        until(lambda: server.log_count("S3 does not take logs"), server.story)
        server.ask("/a")
        server.stop()
        self.assertEqual(self.aws.asked(), [])
        self.assertGreaterEqual(len(self.spooled(".log")), 1)
        self.again(1)

    def test_keys_that_are_wrong_are_told(self):
        server = self.serve({**self.aws.environment(),
                             "AWS_SECRET_ACCESS_KEY": "wrong"})
        until(lambda: server.log_count("SignatureDoesNotMatch"), server.story)
        self.assertNotIn("wrong", "\n".join(server.log))


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs that are too large for one call of S3, or for the spool."""
import itertools

from s3_logs import Outage  # finds the others
import double
import rig
from rig import until

MULTIPART, PART = 16 << 20, 8 << 20
SENT_AT_ONCE = 4


class Large(Outage):
    def test_a_large_object_goes_in_parts(self):
        server = self.serve(self.aws.environment())
        self.write_much(server, 3000)
        server.stop(60 * rig.SLOW)
        self.same(self.bucket)
        self.aws.check()
        large = [o for o in self.bucket.objects().values()
                 if len(o) >= MULTIPART]
        if len(self.bucket.logs()) == 1:    # else five minutes were over
            self.assertEqual(len(large), 1)
        self.assertEqual(len(self.aws.calls("CompleteMultipartUpload")),
                         len(large))
        self.assertEqual(len(self.aws.calls("UploadPart")),
                         sum(-(-len(o) // PART) for o in large))

    def test_a_large_object_that_fails_leaves_no_part(self):
        self.aws.fault(double.broken(), "CompleteMultipartUpload", times=3)
        server = self.serve(self.aws.environment())
        self.write_much(server, 3000)
        self.complete(server)
        self.delivered_in_the_end(server)
        uploads = len(self.aws.calls("CreateMultipartUpload"))
        self.assertEqual(len(self.aws.calls("CompleteMultipartUpload")) +
                         len(self.aws.calls("AbortMultipartUpload")), uploads)
        self.assertEqual(self.aws.uploads, {})
        self.aws.check()


class Full(Outage):
    MIB = 1 << 20

    def test_the_oldest_lines_go_when_the_spool_is_full(self):
        self.aws.stop()
        server = self.serve(self.aws.environment(), "--log-spool-max", 1)
        for _ in range(6):
            self.write_much(server, 100)
        until(lambda: server.s3("dropped_objects_total") > 0, server.story)
        until(lambda: self.spool_bytes() <= self.MIB, server.story)
        dropped = server.s3("dropped_lines_total")
        until(lambda: server.log_count("given up, the oldest"), server.story)
        self.aws.start()
        until(lambda: server.s3("waiting_objects") == 0 or
              server.s3("dropped_lines_total") > dropped, server.story)
        dropped = server.s3("dropped_lines_total")
        server.stop()
        there, local = self.bucket.lines(), self.local()
        self.assertEqual(len(there) + dropped, len(local))
        self.assertEqual(len(local), 600)
        # The newest are there, and older ones than some that are not only
        # where a file was just being sent.
        sent = set(there)
        with open(self.logs["access"], encoding="utf-8") as file:
            kept = [line in sent for line in file.read().splitlines()]
        runs = [here for here, _ in itertools.groupby(kept)]
        self.assertTrue(runs[-1])
        self.assertLessEqual(runs.count(True), 1 + SENT_AT_ONCE)


if __name__ == "__main__":
    rig.main()

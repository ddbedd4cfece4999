#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Objects in parts that are cut: S3 keeps no part of them in the end."""
import os
import signal
import unittest

from s3_logs import Outage  # finds the others
import double
import rig
from rig import until


class Cut(Outage):
    def large(self):
        server = self.serve(self.aws.environment())
        self.write_much(server, 3000)
        self.complete(server)
        return server

    def nothing_stays(self, server):
        self.delivered_in_the_end(server)
        self.assertEqual(self.aws.uploads, {})
        self.aws.check()

    @unittest.skipIf(rig.ALONE, "nobody starts another process")
    def test_parts_that_a_killed_process_put_are_given_back(self):
        self.aws.fault(double.hang(), "CompleteMultipartUpload")
        server = self.large()
        until(lambda: self.aws.asked("CompleteMultipartUpload"), server.story)
        self.assertEqual(len(self.aws.uploads), 1)
        os.kill(server.serving_pid, signal.SIGKILL)
        until(lambda: self.aws.calls("AbortMultipartUpload"), server.story)
        self.aws.mend()
        self.nothing_stays(server)

    # When it fails S3 does not take them back either.
    def test_parts_that_an_outage_left_are_given_back(self):
        self.aws.fault(double.broken(503), "UploadPart")
        self.aws.fault(double.broken(503), "AbortMultipartUpload")
        server = self.large()
        until(lambda: server.s3("failures_total") > 1, server.story)
        self.assertEqual(len(self.aws.calls("CreateMultipartUpload")), 1)
        self.aws.mend()
        self.nothing_stays(server)


if __name__ == "__main__":
    rig.main()

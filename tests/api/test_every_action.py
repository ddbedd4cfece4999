#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AWS's newest SDK for JavaScript calls every action of ELBv2's model: answers
are checked against its schemas (tests/clients/elbv2.js)."""
import os
import shutil
import tempfile
import unittest

from aws import Api     # and where our other tests stand

import node
import rig
from certificates import Folder
from rig import Origin, respond

ACTIONS = 51


@node.needs("@aws-sdk/client-elastic-load-balancing-v2")
class EveryAction(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.objects = tempfile.mkdtemp(prefix="sluice-objects-")
        self.addCleanup(shutil.rmtree, self.objects, ignore_errors=True)
        self.fill(os.path.join(self.objects, "trust"))
        self.origin = Origin(answer=lambda _: respond(b"ok"))
        self.addCleanup(self.origin.close)
        self.sluice = Api(
            "--state", "memory", "--port", "80=0", "--port", "443=0",
            "--s3-folder", self.objects)
        self.addCleanup(self.sluice.kill)

    def fill(self, bucket):
        os.mkdir(bucket)
        one = self.folder.authority("One")
        two = self.folder.authority("Two")
        one.revoke(one.issue(client=True))
        texts = []
        for authority in (one, two):
            with open(authority.cert, "rb") as f:
                texts.append(f.read())
        for name, text in (("one.pem", texts[0]), ("two.pem", b"".join(texts))):
            with open(os.path.join(bucket, name), "wb") as f:
                f.write(text)
        shutil.copy(one.crl(), os.path.join(bucket, "gone.crl"))

    # alb.md 10: 2, 3, 5, 36
    def test_every_action_of_the_model_is_answered_in_its_shape(self):
        ca = self.folder.authority("Servers")
        main, other = ca.issue("main.test"), ca.issue("other.test")
        seen = node.ask("elbv2.js",
                        self.sluice.url, self.origin.port, main.cert, main.key,
                        other.cert, other.key)
        self.assertEqual(seen["wrong"], [])
        self.assertEqual(seen["uncovered"], [])
        self.assertGreaterEqual(seen["actions"], ACTIONS)
        self.sluice.stop()


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs in S3s that other people made: moto, and s3rver, which checks
signatures. Small objects and large ones, under odd keys (checklist 113)."""
import moto
import rig
from rig import until
from s3_logs import ALB_KEY, Bucket, Case, s3

MULTIPART = 16 << 20


class Emulators(Case):
    def run_against(self, emulator, prefix):
        """Returns the key of the large object; None: five minutes were over in
        the middle of it."""
        client = emulator.client("s3")
        bucket = Bucket(client)
        server = self.serve(emulator.environment(),
                            stack=self.stack(s3("access", prefix=prefix)))
        server.ask(*["/%d" % n for n in range(50)])
        server.reload(self.stack(s3("access", prefix=prefix + "2")))
        until(lambda: len(bucket.lines()) == 50, server.story)
        self.write_much(server, 2900)
        server.stop(60 * rig.SLOW)
        self.same(bucket)
        self.assertEqual({ALB_KEY.match(k).group("prefix")
                          for k in bucket.logs()}, {prefix, prefix + "2"})
        sizes = {k: len(v) for k, v in bucket.objects().items()}
        large = max(sizes, key=sizes.get)
        if len(bucket.logs()) == 2:
            self.assertGreater(sizes[large], MULTIPART)
        return large if sizes[large] >= MULTIPART else None

    def test_moto(self):
        with moto.Moto() as emulator:
            emulator.client("s3").create_bucket(Bucket="logs")
            large = self.run_against(emulator, "a b/ü+%")
            if large:
                etag = emulator.client("s3").head_object(
                    Bucket="logs", Key=large)["ETag"]
                self.assertRegex(etag, r'\A"[0-9a-f]{32}-3"\Z')
                self.assertEqual(emulator.client("s3").list_multipart_uploads(
                    Bucket="logs").get("Uploads", []), [])

    def test_s3rver(self):
        with moto.S3rver("logs") as emulator:
            self.run_against(emulator, "a b/+%25")


if __name__ == "__main__":
    rig.main()

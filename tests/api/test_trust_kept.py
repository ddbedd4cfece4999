# SPDX-License-Identifier: Apache-2.0
"""Trust stores by AWS's own clients: what was read from S3 (here: --s3-folder)
is kept, and what is not to be had is told."""
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import aws  # noqa: E402
import rig  # noqa: E402
from trust import TrustCase  # noqa: E402


class WithoutS3(TrustCase):
    s3_folder = False

    # Checklist 34.
    def test_a_store_whose_certificates_are_not_here_is_not_ready(self):
        store = self.elb.describe_trust_stores(
            Names=["of-the-template"])["TrustStores"][0]
        self.assertEqual(store["Status"], "CREATING")
        self.refused("TrustStoreNotReady", self.elb.modify_listener,
                     ListenerArn=self.listener, MutualAuthentication={
                         "Mode": "verify",
                         "TrustStoreArn": store["TrustStoreArn"]})
        self.assertTrue(self.comes_in(self.stranger))

    def test_who_asks_for_s3_is_told_how_to_give_it(self):
        self.assertIn("--s3-folder", self.refused(
            "CaCertificatesBundleNotFound", self.create, name="a"))


class Kept(TrustCase):
    # Checklist 122.
    def test_what_was_read_survives_the_objects_and_a_restart(self):
        arn = self.create("kept")["TrustStoreArn"]
        self.revoke(arn, "list.crl")
        self.elb.modify_listener(ListenerArn=self.listener,
                                 MutualAuthentication={"Mode": "verify",
                                                       "TrustStoreArn": arn})
        self.api.stop()
        shutil.rmtree(self.s3)
        type(self).api = aws.Api(*self.options, template=self.template)
        self.begin()
        self.assertEqual([self.comes_in(p) for p in
                          (self.good, self.bad, self.stranger)],
                         [True, False, False])
        self.assertEqual(self.elb.describe_trust_stores(Names=["kept"])[
            "TrustStores"][0]["TrustStoreArn"], arn)
        self.assertEqual(self.revoke_again(arn), "RevocationContentNotFound")

    def revoke_again(self, arn):
        try:
            self.revoke(arn, "list.crl")
        except self.elb.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return None


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: Apache-2.0
"""Trust stores by AWS's own clients: who comes in follows each call."""
import os
import sys
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import rig  # noqa: E402
from certificates import openssl, read  # noqa: E402
from trust import BUCKET, TrustCase  # noqa: E402

NOBODY = ("arn:aws:elasticloadbalancing:us-east-1:000000000000:truststore/x/"
          "0123456789abcdef")


def get(url):
    """What a link gives: (status, bytes)."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=rig.PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Life(TrustCase):
    # Checklist 34.
    def test_who_comes_in_follows_each_call(self):
        store = self.create("clients")
        arn = store["TrustStoreArn"]
        self.assertEqual({**store, "TrustStoreArn": None}, {
            "Name": "clients", "TrustStoreArn": None, "Status": "ACTIVE",
            "NumberOfCaCertificates": 1, "TotalRevokedEntries": 0})
        self.verify_by(arn)
        who = [self.good, self.bad, self.stranger]
        self.assertEqual([self.comes_in(p) for p in who], [True, True, False])
        made = self.revoke(arn, "list.crl")
        self.assertEqual(made, [{
            "TrustStoreArn": arn, "RevocationId": 1, "RevocationType": "CRL",
            "NumberOfRevokedEntries": 1}])
        self.assertEqual([self.comes_in(p) for p in who], [True, False, False])
        self.elb.remove_trust_store_revocations(TrustStoreArn=arn,
                                                RevocationIds=[1])
        self.assertEqual([self.comes_in(p) for p in who], [True, True, False])
        self.modify(arn, "deep/other.pem")
        self.assertEqual([self.comes_in(p) for p in who], [False, False, True])
        with self.assertRaises(self.elb.exceptions.TrustStoreInUseException):
            self.elb.delete_trust_store(TrustStoreArn=arn)
        self.assertEqual(self.elb.describe_trust_store_associations(
            TrustStoreArn=arn)["TrustStoreAssociations"],
            [{"ResourceArn": self.listener}])
        self.verify_nobody()
        self.elb.delete_trust_store(TrustStoreArn=arn)
        with self.assertRaises(self.elb.exceptions.TrustStoreNotFoundException):
            self.elb.describe_trust_stores(Names=["clients"])

    def test_contents_are_to_be_had_by_a_link(self):
        arn = self.create("linked")["TrustStoreArn"]
        self.revoke(arn, "list.der")
        bundle = self.elb.get_trust_store_ca_certificates_bundle(
            TrustStoreArn=arn)["Location"]
        self.assertEqual(get(bundle), (200, read(self.ca.cert)))
        content = self.elb.get_trust_store_revocation_content(
            TrustStoreArn=arn, RevocationId=1)["Location"]
        status, text = get(content)
        self.assertEqual(status, 200)
        self.assertEqual(
            openssl("crl", "-noout", "-fingerprint", stdin=text),
            openssl("crl", "-noout", "-fingerprint", "-in",
                    self.object("list.crl")))
        self.assertEqual(get(bundle[:-1] + "g")[0], 403)
        self.assertEqual(get(bundle.partition("?")[0])[0], 403)
        self.elb.delete_trust_store(TrustStoreArn=arn)
        self.assertEqual(get(bundle)[0], 404)

    def test_the_command_walks_the_life_of_a_store(self):
        def elbv2(*words):
            return self.api.aws("elbv2", *words)
        arn = elbv2("create-trust-store", "--name", "walk",
                    "--ca-certificates-bundle-s3-bucket", BUCKET,
                    "--ca-certificates-bundle-s3-key", "ca.pem")[
                        "TrustStores"][0]["TrustStoreArn"]
        elbv2("add-trust-store-revocations", "--trust-store-arn", arn,
              "--revocation-contents",
              "S3Bucket=%s,S3Key=list.crl,RevocationType=CRL" % BUCKET)
        self.assertEqual(elbv2("describe-trust-store-revocations",
                               "--trust-store-arn", arn), {
            "TrustStoreRevocations": [{
                "TrustStoreArn": arn, "RevocationId": 1,
                "RevocationType": "CRL", "NumberOfRevokedEntries": 1}]})
        self.assertEqual(elbv2("describe-trust-stores", "--names", "walk")[
            "TrustStores"][0]["TotalRevokedEntries"], 1)
        elbv2("delete-trust-store", "--trust-store-arn", arn)


class Refusals(TrustCase):
    def test_exceptions_are_those_that_clients_know(self):
        known = self.elb.exceptions
        arn = self.create("known")["TrustStoreArn"]
        for error, call in (
                (known.DuplicateTrustStoreNameException,
                 lambda: self.create("known")),
                (known.CaCertificatesBundleNotFoundException,
                 lambda: self.create("a", "nowhere.pem")),
                (known.CaCertificatesBundleNotFoundException,
                 lambda: self.create("a", "../../state.sqlite")),
                (known.InvalidCaCertificatesBundleException,
                 lambda: self.create("a", "list.crl")),
                (known.InvalidCaCertificatesBundleException,
                 lambda: self.modify(arn, "deep")),
                (known.RevocationContentNotFoundException,
                 lambda: self.revoke(arn, "nowhere.crl")),
                (known.InvalidRevocationContentException,
                 lambda: self.revoke(arn, "ca.pem")),
                (known.InvalidRevocationContentException,
                 lambda: self.revoke(arn, "foreign.crl")),
                (known.RevocationIdNotFoundException,
                 lambda: self.elb.remove_trust_store_revocations(
                     TrustStoreArn=arn, RevocationIds=[7])),
                (known.TrustStoreNotFoundException,
                 lambda: self.modify(NOBODY, "ca.pem"))):
            with self.assertRaises(error):
                call()
        self.assertEqual(self.elb.describe_trust_store_revocations(
            TrustStoreArn=arn)["TrustStoreRevocations"], [])

    def test_associations_of_the_own_account_are_not_shared_ones(self):
        arn = self.create("shared")["TrustStoreArn"]
        self.refused("AssociationNotFound",
                     self.elb.delete_shared_trust_store_association,
                     TrustStoreArn=arn, ResourceArn=self.listener)
        self.verify_by(arn)
        self.refused("DeleteAssociationSameAccount",
                     self.elb.delete_shared_trust_store_association,
                     TrustStoreArn=arn, ResourceArn=self.listener)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Certificates that come by the API, and the listeners that show them."""
import hashlib
import json
import os
import ssl
import unittest

import aws
import certificates
import rig

NOBODY = ("arn:aws:acm:us-east-1:000000000000:certificate/"
          "00000000-0000-4000-8000-000000000000")


def blob(path):
    return certificates.read(path)


def fingerprint(balancer):
    """Of the certificate that the listener shows now."""
    pem = ssl.get_server_certificate((balancer.host, balancer.port))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


class Acm(aws.ApiCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = certificates.Folder()
        cls.root = cls.folder.authority("Root")
        cls.lower = cls.root.authority("Lower")
        cls.pair = cls.lower.issue("web.example.com", "*.example.org",
                                   key="rsa:2048")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.close()

    def setUp(self):
        self.acm = self.api.client("acm")

    def imported(self, pair=None, **more):
        pair = pair or self.pair
        chain = {"CertificateChain": blob(self.lower.cert)} \
            if pair is self.pair else {}
        return self.acm.import_certificate(
            Certificate=blob(pair.cert), PrivateKey=blob(pair.key), **chain,
            **more)["CertificateArn"]

    def told(self, arn):
        return self.acm.describe_certificate(CertificateArn=arn)["Certificate"]

    def test_what_was_imported_is_told(self):
        arn = self.imported(Tags=[{"Key": "team", "Value": "shop"}])
        self.assertRegex(arn, r"\Aarn:aws:acm:us-east-1:[0-9]{12}:certificate/"
                         r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
        told = self.told(arn)
        self.assertEqual(
            {k: told[k] for k in ("CertificateArn", "DomainName", "Status",
                                  "Type", "KeyAlgorithm", "InUseBy",
                                  "SubjectAlternativeNames")},
            {"CertificateArn": arn, "DomainName": "web.example.com",
             "Status": "ISSUED", "Type": "IMPORTED",
             "KeyAlgorithm": "RSA_2048", "InUseBy": [],
             "SubjectAlternativeNames": ["web.example.com", "*.example.org"]})
        self.assertLess(told["NotBefore"], told["ImportedAt"])
        self.assertLess(told["ImportedAt"], told["NotAfter"])
        got = self.acm.get_certificate(CertificateArn=arn)
        self.assertEqual(got["Certificate"].encode(), blob(self.pair.cert))
        self.assertEqual(got["CertificateChain"].encode(),
                         blob(self.lower.cert))
        self.assertEqual(self.acm.list_tags_for_certificate(
            CertificateArn=arn)["Tags"], [{"Key": "team", "Value": "shop"}])
        self.assertIn(arn, [s["CertificateArn"] for s in
                            self.acm.list_certificates()[
                                "CertificateSummaryList"]])
        self.acm.delete_certificate(CertificateArn=arn)
        self.refused("ResourceNotFoundException",
                     self.acm.describe_certificate, CertificateArn=arn)

    def test_a_listener_shows_what_was_imported(self):
        arn = self.imported()
        with rig.Origin() as origin:
            balancer = self.api.balancer(
                origin, name="imported", Protocol="HTTPS",
                Certificates=[{"CertificateArn": arn}])
            self.assertEqual(fingerprint(balancer), self.pair.fingerprint())
            self.assertEqual(self.told(arn)["InUseBy"], [balancer.arn])
            self.refused("ResourceInUseException", self.acm.delete_certificate,
                         CertificateArn=arn)
            # Renewed under the same ARN: shown when the call is answered.
            other = self.lower.issue("web.example.com")
            self.assertEqual(self.imported(other, CertificateArn=arn,
                                           CertificateChain=blob(
                                               self.lower.cert)), arn)
            self.assertEqual(fingerprint(balancer), other.fingerprint())
            self.assertEqual(self.told(arn)["KeyAlgorithm"], "EC_prime256v1")
            context = certificates.client_context(self.root)
            with context.wrap_socket(
                    rig.socket.create_connection((balancer.host,
                                                  balancer.port)),
                    server_hostname="web.example.com") as sock:
                sock.sendall(b"GET /x HTTP/1.1\r\nHost: web.example.com\r\n"
                             b"Connection: close\r\n\r\n")
                self.assertIn(b"200 OK", sock.recv(65536))

    def test_the_local_authority_issues_what_is_requested(self):
        arn = self.acm.request_certificate(
            DomainName="shop.example.com", ValidationMethod="DNS",
            SubjectAlternativeNames=["*.shop.example.com"],
            IdempotencyToken="a1")["CertificateArn"]
        self.assertEqual(self.acm.request_certificate(
            DomainName="shop.example.com", IdempotencyToken="a1")[
                "CertificateArn"], arn)
        told = self.told(arn)
        self.assertEqual((told["Status"], told["Type"]),
                         ("ISSUED", "AMAZON_ISSUED"))
        self.assertEqual([o["ResourceRecord"]["Type"] for o in
                          told["DomainValidationOptions"]], ["CNAME"] * 2)
        self.refused("RequestInProgressException", self.acm.get_certificate,
                     CertificateArn=arn)
        with rig.Origin() as origin:
            balancer = self.api.balancer(
                origin, name="requested", Protocol="HTTPS",
                Certificates=[{"CertificateArn": arn}])
            pem = ssl.get_server_certificate((balancer.host, balancer.port))
        names = certificates.openssl("x509", "-noout", "-ext",
                                     "subjectAltName", stdin=pem.encode())
        self.assertIn(b"DNS:shop.example.com", names)
        self.assertIn(b"DNS:*.shop.example.com", names)

    def test_tags_are_added_and_removed(self):
        arn = self.imported()
        self.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[
            {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        self.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[
            {"Key": "a", "Value": "3"}])
        self.acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[
            {"Key": "a", "Value": "1"}, {"Key": "b"}])
        self.assertEqual(self.acm.list_tags_for_certificate(
            CertificateArn=arn)["Tags"], [{"Key": "a", "Value": "3"}])
        self.refused("InvalidTagException", self.acm.add_tags_to_certificate,
                     CertificateArn=arn, Tags=[{"Key": "x"}, {"Key": "x"}])

    def test_the_list_has_pages_and_filters(self):
        for _ in range(3):
            self.imported()
        every = [s["CertificateArn"] for page in self.acm.get_paginator(
            "list_certificates").paginate(PaginationConfig={"PageSize": 2})
            for s in page["CertificateSummaryList"]]
        whole = self.acm.list_certificates()["CertificateSummaryList"]
        self.assertEqual(every, [s["CertificateArn"] for s in whole])
        self.assertGreaterEqual(len(every), 3)
        self.assertEqual(self.acm.list_certificates(
            CertificateStatuses=["REVOKED"])["CertificateSummaryList"], [])
        self.assertEqual({s["KeyAlgorithm"] for s in self.acm.list_certificates(
            Includes={"keyTypes": ["RSA_2048"]})["CertificateSummaryList"]},
            {"RSA_2048"})

    def test_pairs_that_do_not_fit_are_refused(self):
        other = self.lower.issue("other.example.com")
        for certificate, key in (
                (blob(self.pair.cert), blob(other.key)),
                (b"nonsense", blob(self.pair.key)),
                (blob(self.pair.cert), b"nonsense"),
                (blob(self.pair.key), blob(self.pair.key))):
            self.refused("ValidationException", self.acm.import_certificate,
                         Certificate=certificate, PrivateKey=key)
        self.refused("ValidationException", self.acm.import_certificate,
                     Certificate=blob(self.pair.cert),
                     PrivateKey=blob(self.pair.key),
                     CertificateChain=blob(other.cert))

    def test_what_is_not_there_is_not_found(self):
        for call in (self.acm.describe_certificate, self.acm.get_certificate,
                     self.acm.delete_certificate,
                     self.acm.list_tags_for_certificate):
            self.refused("ResourceNotFoundException", call,
                         CertificateArn=NOBODY)
        self.refused("InvalidArnException", self.acm.describe_certificate,
                     CertificateArn="web.example.com.of.mine")
        elb = self.api.client("elbv2")
        balancer = elb.create_load_balancer(
            Name="nobody", Subnets=aws.SUBNETS)["LoadBalancers"][0]
        self.refused("CertificateNotFound", elb.create_listener,
                     LoadBalancerArn=balancer["LoadBalancerArn"], Port=443,
                     Protocol="HTTPS", Certificates=[{"CertificateArn": NOBODY}],
                     DefaultActions=[{"Type": "fixed-response",
                                      "FixedResponseConfig": {
                                          "StatusCode": "200"}}])

    def test_bodies_that_are_no_json_are_refused(self):
        for body in (b"{", b"[]", b"1", b"{\"CertificateArn\": \xff}",
                     b"[" * 100000):
            answer = self.api.send("POST", "/", body, **aws.signed_head(
                "acm", **{"X-Amz-Target": "CertificateManager."
                                          "DescribeCertificate"}))
            self.assertEqual((answer.status, answer.code),
                             (400, "SerializationException"), body[:20])
        answer = self.api.json_call("CertificateManager.DescribeCertificate",
                                    {"CertificateArn": {"a": 1}})
        self.assertEqual((answer.status, answer.code),
                         (400, "SerializationException"))
        self.assertEqual(answer.get("x-amzn-ErrorType"),
                         "SerializationException")

    def test_no_key_is_logged(self):
        self.imported()
        secret = blob(self.pair.key).decode().splitlines()[2]
        self.assertNotIn(secret, "\n".join(self.api.log))
        for path in ("/status.json", "/targets", "/metrics"):
            self.assertNotIn(secret, self.api.api(path).body.decode())


class Later(unittest.TestCase):

    def test_an_imported_certificate_is_there_after_a_crash(self):
        with certificates.Folder() as folder, aws.Api() as api, \
                rig.Origin() as origin:
            pair = folder.authority("CA").issue("web.example.com")
            arn = api.client("acm").import_certificate(
                Certificate=blob(pair.cert),
                PrivateKey=blob(pair.key))["CertificateArn"]
            balancer = api.balancer(origin, Protocol="HTTPS",
                                    Certificates=[{"CertificateArn": arn}])
            self.assertEqual(fingerprint(balancer), pair.fingerprint())
            if rig.ALONE:
                self.skipTest("there is no supervisor")
            old = api.serving_pid
            os.kill(old, rig.signal.SIGKILL)
            rig.until(lambda: api.serving_pid not in (old, api.pid) and
                      api.log_count("") and self.answers(balancer),
                      "another process to serve")
            self.assertEqual(fingerprint(balancer), pair.fingerprint())
            json.dumps(api.client("elbv2").describe_load_balancers(
                Names=["web"]), default=str)

    @staticmethod
    def answers(balancer):
        try:
            return fingerprint(balancer)
        except (OSError, ssl.SSLError):
            return False


if __name__ == "__main__":
    rig.main()

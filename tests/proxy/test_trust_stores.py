#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The files of trust stores: lists of certificates that were revoked, files
that change, files that are missing or wrong."""
import os

import rig
from certificates import openssl, read, write
from mutual_tls import VERSIONS, Case, Refused
from rig import until
from stack import ELB, command, ref


class Revocation(Case):

    # 109, 116
    def test_what_a_list_has_is_refused(self):
        ca = self.files.authority("Listing CA")
        gone, kept = ca.issue(client=True), ca.issue(client=True)
        ca.revoke(gone)
        for form in ("PEM", "DER"):
            path = self.files.base("list")
            openssl("crl", "-in", ca.crl(), "-outform", form, "-out", path)
            server = self.verify(ca=ca.cert, lists=[path])
            for version in VERSIONS:
                _, said = self.is_refused(server, gone, "ClientCertCrlHit",
                                          version)
                self.assertIn("revoked", said.lower())
                self.comes_in(server, kept, version)
            server.stop()

    # 116
    def test_a_list_that_is_out_of_date_lets_nobody_in(self):
        ca = self.files.authority("Late CA")
        server = self.verify(ca=ca.cert, lists=[ca.crl(start=-9, end=-1)])
        self.assertIn("the list is out of date", server.story())
        self.is_refused(server, ca.issue(client=True),
                        "ClientCertCrlProcessingError")

    # 109
    def test_lists_of_revocations_count_as_well(self):
        ca = self.files.authority("Template CA")
        gone = ca.issue(client=True)
        ca.revoke(gone)
        stack = self.stack({"Mode": "verify"}, ca.cert)
        stack.add("Tr", ELB + "TrustStoreRevocation", {
            "TrustStoreArn": ref("Ts"), "RevocationContents": [
                {"S3Bucket": "b", "S3Key": "k", "RevocationType": "CRL"}]},
            {"RevocationLists": [ca.crl()]})
        self.is_refused(self.serve(stack), gone, "ClientCertCrlHit")

    def test_files_that_change_are_read_again(self):
        ca = self.files.authority("Moving CA")
        pair = ca.issue(client=True)
        path = self.files.file("moving.crl", read(ca.crl()))
        server = self.verify(ca=ca.cert, lists=[path])
        self.comes_in(server, pair)
        ca.revoke(pair)
        write(path + ".new", b"nonsense\n")
        os.rename(path + ".new", path)
        until(lambda: server.log_count("neither PEM nor a comment") and
              server.log_count("what was read before goes on"),
              "a complaint about the list", pause=0.05)
        self.comes_in(server, pair)     # the old list goes on
        write(path + ".new", read(ca.crl()))
        os.rename(path + ".new", path)
        until(lambda: server.log_count("was read again"),
              "the list to be read again", pause=0.05)

        def refused():
            try:
                with self.visit(server, pair) as visitor:
                    visitor.ask()
                return False
            except Refused:
                return True
        until(refused, "the list to be heeded", pause=0.05)


class Files(Case):

    def check(self, stack, *options):
        code, _, said = command("check", "-", *options, stdin=stack)
        return code, said

    def test_a_trust_store_needs_a_file_here(self):
        stack = self.stack({"Mode": "verify"})
        del stack.resources["Ts"]["Metadata"]
        code, said = self.check(stack)
        self.assertEqual(code, 65)
        self.assertIn("trust store Ts: its certificates are in S3", said)
        self.assertIn("--trust-store Ts=ca.pem", said)
        code, said = self.check(stack, "--trust-store", "Ts=" + self.ca.cert)
        self.assertEqual(code, 0, said)
        server = self.serve(stack, "--trust-store", "Ts=" + self.ca.cert)
        self.comes_in(server, self.good)

    def test_what_is_no_trust_store_is_refused_with_its_place(self):
        path = self.files.file("bad.pem", read(self.ca.cert) + b"\nhello\n")
        code, said = self.check(self.stack({"Mode": "verify"}, path))
        self.assertEqual(code, 65)
        self.assertIn(path + ":", said)
        self.assertIn("the line is empty", said)
        code, said = self.check(self.stack({"Mode": "verify"},
                                           self.files.path + "/none.pem"))
        self.assertEqual(code, 65)
        self.assertIn("none.pem", said)


if __name__ == "__main__":
    rig.main()

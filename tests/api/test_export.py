#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The account as a template: export, GET /config, and what serve makes of it."""
import json
import os
import unittest

import aws
from aws import Api
from keeping import Case, groups, make_group, make_rule, outputs, shop
from stack import command, fixed


class Export(Case):

    def exported(self, *options, code=0):
        found, out, err = command("export", *options)
        self.assertEqual(found, code, err)
        return out, err

    def again(self, text, *options):
        """What serve makes of an export, exported."""
        second = os.path.join(self.folder, "again.json")
        with open(second, "w", encoding="utf-8") as file:
            file.write(text)
        file = os.path.join(self.folder, "again.sqlite")
        with Api(second, "--port", "80=0", "--state", file, *options) as api:
            known = groups(api)
        self.addCleanup(os.unlink, file)
        return self.exported("--state", file)[0], known

    def test_an_export_is_served_and_exported_as_the_same_text(self):
        with self.serve(stack=shop()) as api:
            made = make_group(api)
            make_rule(api, outputs(api)["Web"], 20, "/made", made)
            make_rule(api, outputs(api)["Web"], 30, "/fixed")
            known = groups(api)
            by_api = self.exported("--api", "%s:%d" % (
                api.api_host, api.api_port))[0]
        by_file = self.exported("--state", self.file)[0]
        self.assertEqual(by_api, by_file)
        text, again = self.again(by_file)
        self.assertEqual(text, by_file)
        self.assertEqual(again, known)      # ARNs, too

    def test_an_empty_account_is_exported_too(self):
        with self.serve():
            pass
        text = self.exported("--state", self.file)[0]
        self.assertEqual(json.loads(text)["Resources"], {})

    def test_what_only_aws_knows_is_counted(self):
        stack = shop(more=[lambda s: s.resources["Lb"]["Properties"].update(
            SecurityGroups=[{"Fn::ImportValue": "Group"}])])
        with self.serve(stack=stack) as api:
            for options in (("--state", self.file),
                            ("--api", "%s:%d" % (api.api_host, api.api_port))):
                text, told = self.exported(*options)
                self.assertIn("1 value left out that only AWS knows", told)
                self.assertNotIn("ImportValue", text)

    def test_secrets_do_not_leave_over_http(self):
        def login(stack):
            stack.certificate("Certificate", "shop.example")
            stack.https("Tls", 443, {
                "Type": "authenticate-oidc", "Order": 1,
                "AuthenticateOidcConfig": {
                    "Issuer": "https://id.example", "ClientId": "me",
                    "AuthorizationEndpoint": "https://id.example/a",
                    "TokenEndpoint": "https://id.example/t",
                    "UserInfoEndpoint": "https://id.example/u",
                    "ClientSecret": "s3cr3t"}},
                dict(fixed(200, "in"), Order=2))
        with self.serve("--port", "443=0", stack=shop(more=[login])) as api:
            shown = api.send("GET", "/config", Host="localhost").text
        self.assertNotIn("s3cr3t", shown)
        self.assertIn('"Ref": "TlsSecret1"', shown)
        kept = self.exported("--state", self.file)[0]
        self.assertIn("s3cr3t", kept)
        text, _ = self.again(shown, "--port", "443=0", "--parameter",
                             "TlsSecret1=s3cr3t")
        self.assertEqual(text, kept)

    def test_the_page_is_for_whoever_may_see_it(self):
        with self.serve(stack=shop()) as api:
            self.assertEqual(api.send("GET", "/config", Host="localhost")
                             .status, 200)
            self.assertEqual(api.send("GET", "/config", Host="evil.example")
                             .status, 403)
            self.assertEqual(api.send("GET", "/config",
                                      Host="localhost",
                                      Origin="http://evil.example").status, 403)

    def test_what_cannot_be_exported_is_said(self):
        told = self.exported("--state", "memory", code=65)[1]
        self.assertIn("use --api ADDRESS:PORT", told)
        told = self.exported("--state", self.file, code=65)[1]
        self.assertIn("No such file", told)
        told = self.exported("--api", "127.0.0.1:%d" % aws.free_port(),
                             code=69)[1]
        self.assertIn("nothing listens", told)


if __name__ == "__main__":
    unittest.main()

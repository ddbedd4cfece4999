#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The account as a template: export, GET /config, and what serve makes of it."""
import json
import os
import unittest

import aws
import certificates
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
        with Api(second, "--state", file, *(options or ("--port", "80=0"))) \
                as api:
            known = groups(api)
        try:
            return self.exported("--state", file)[0], known
        finally:
            os.unlink(file)

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

    def test_all_that_a_template_can_say_comes_back(self):
        conf = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                            "..", "conf")
        for name in sorted(os.listdir(conf)):
            with self.subTest(name):
                offset = "--port-offset", aws.free_port() % 10000 + 20000
                file = os.path.join(self.folder, name + ".sqlite")
                with Api(os.path.join(conf, name), "--state", file, *offset) \
                        as api:
                    known = groups(api)
                text = self.exported("--state", file)[0]
                self.assertEqual(self.again(text, *offset), (text, known))
                code, out, err = command("check", "-", stdin=text)
                self.assertEqual(code, 0, out + err)

    def test_all_that_the_api_can_make_comes_back(self):
        with self.serve() as api:
            self.make_all(api)
            known = groups(api)
            by_api = self.exported("--api", "%s:%d" % (
                api.api_host, api.api_port))[0]
        kept = self.exported("--state", self.file)[0]
        text, again = self.again(kept, "--port-offset", "0")
        self.assertEqual(text, kept)
        self.assertEqual(again, known)
        self.assertIn('"NoEcho"', by_api)   # of the listener's client secret
        self.assertNotIn("s3cr3t", by_api)
        self.assertNotIn("PRIVATE KEY-----", by_api)
        self.assertIn("s3cr3t", kept)

    def make_all(self, api):
        """One of everything, by boto3."""
        elb = api.client("elbv2")
        balancer = elb.create_load_balancer(
            Name="all", Subnets=["subnet-a", "subnet-b"], IpAddressType="ipv4",
            Scheme="internal", SecurityGroups=["sg-1"],
            Tags=[{"Key": "a", "Value": "1"}])["LoadBalancers"][0]
        arn = balancer["LoadBalancerArn"]
        elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[
            {"Key": "idle_timeout.timeout_seconds", "Value": "90"}])
        group = elb.create_target_group(
            Name="all", Protocol="HTTP", Port=80, VpcId="vpc-1",
            TargetType="ip", HealthCheckPath="/up",
            Matcher={"HttpCode": "200-299"})["TargetGroups"][0]
        elb.modify_target_group_attributes(
            TargetGroupArn=group["TargetGroupArn"], Attributes=[
                {"Key": "stickiness.enabled", "Value": "true"}])
        elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[
            {"Id": "10.0.0.1", "Port": 81}, {"Id": "10.0.0.2"}])
        forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": [
            {"TargetGroupArn": group["TargetGroupArn"], "Weight": 7}],
            "TargetGroupStickinessConfig": {"Enabled": True,
                                            "DurationSeconds": 60}}}
        listener = elb.create_listener(
            LoadBalancerArn=arn, Protocol="HTTP", Port=aws.free_port(),
            DefaultActions=[forward])["Listeners"][0]["ListenerArn"]
        elb.create_rule(
            ListenerArn=listener, Priority=1, Actions=[{
                "Type": "redirect", "RedirectConfig": {
                    "StatusCode": "HTTP_302", "Host": "www.#{host}"}}],
            Conditions=[
                {"Field": "host-header",
                 "HostHeaderConfig": {"Values": ["*.example"]}},
                {"Field": "query-string", "QueryStringConfig": {
                    "Values": [{"Key": "k", "Value": "v"}]}}],
            Tags=[{"Key": "b", "Value": "\u00e4: @2="}])
        self.make_tls(api, arn)

    @staticmethod
    def make_tls(api, balancer):
        """An HTTPS listener with a login, of a certificate that is imported."""
        with certificates.Folder() as folder:
            pair = folder.authority().issue("all.example")
            arn = api.client("acm").import_certificate(
                Certificate=certificates.read(pair.cert),
                PrivateKey=certificates.read(pair.key))["CertificateArn"]
        api.client("elbv2").create_listener(
            LoadBalancerArn=balancer, Protocol="HTTPS", Port=aws.free_port(),
            Certificates=[{"CertificateArn": arn}], DefaultActions=[
                {"Type": "authenticate-oidc", "Order": 1,
                 "AuthenticateOidcConfig": {
                     "Issuer": "https://id.example", "ClientId": "me",
                     "AuthorizationEndpoint": "https://id.example/a",
                     "TokenEndpoint": "https://id.example/t",
                     "UserInfoEndpoint": "https://id.example/u",
                     "ClientSecret": "s3cr3t"}},
                {"Type": "fixed-response", "Order": 2,
                 "FixedResponseConfig": {"StatusCode": "200"}}])

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

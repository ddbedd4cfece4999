#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Listeners and their certificates by AWS's own clients."""
import hashlib
import socket
import ssl

import aws
import rig
from reloading import free_port
from stack import Stack


def fixed(text="hello"):
    return [{"Type": "fixed-response", "FixedResponseConfig": {
        "StatusCode": "200", "ContentType": "text/plain",
        "MessageBody": text}}]


def declared(name):
    """The ARN of a certificate of the template, whose stack is `stack`."""
    h = hashlib.sha256(("stack/" + name).encode()).hexdigest()
    return ("arn:aws:acm:us-east-1:000000000000:certificate/%s-%s-%s-%s-%s"
            % (h[:8], h[8:12], h[12:16], h[16:20], h[20:32]))


def template():
    stack = Stack(lb=False)
    for name, domain in (("One", "one.example.com"), ("Two", "two.example.com"),
                         ("Three", "three.example.com")):
        stack.resources[name] = {
            "Type": "AWS::CertificateManager::Certificate",
            "Properties": {"DomainName": domain}}
    return stack


class Listeners(aws.ApiCase):
    template = template()

    def setUp(self):
        self.elb = self.api.client("elbv2")
        name = self.id().rpartition(".")[2].replace("_", "-")[-31:].strip("-")
        self.lb = self.elb.create_load_balancer(
            Name=name, Subnets=aws.SUBNETS)["LoadBalancers"][0][
                "LoadBalancerArn"]
        self.addCleanup(self.elb.delete_load_balancer, LoadBalancerArn=self.lb)
        self.port = free_port()

    def make(self, protocol="HTTP", **more):
        more.setdefault("DefaultActions", fixed())
        more.setdefault("Port", self.port)
        return self.elb.create_listener(
            LoadBalancerArn=self.lb, Protocol=protocol, **more)["Listeners"][0]

    def make_tls(self, **more):
        more.setdefault("Certificates", [{"CertificateArn": declared("One")}])
        return self.make("HTTPS", **more)

    def ask(self, path="/"):
        with rig.Client(self.api.api_host, self.port) as client:
            return client.ask(path)

    def shown_for(self, name):
        """The certificate that a client gets who asks for that name."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection((self.api.api_host, self.port)) as sock:
            with context.wrap_socket(sock, server_hostname=name) as tls:
                return tls.getpeercert(True)

    def is_open(self):
        try:
            socket.create_connection((self.api.api_host, self.port)).close()
        except OSError:
            return False
        return True

    # ---- what it does ----------------------------------------------------------
    def test_the_port_is_open_when_the_call_returns(self):
        self.assertFalse(self.is_open())
        arn = self.make()["ListenerArn"]
        self.assertEqual(self.ask().body, b"hello")
        self.elb.modify_listener(ListenerArn=arn, DefaultActions=fixed("new"))
        self.assertEqual(self.ask().body, b"new")
        self.elb.delete_listener(ListenerArn=arn)
        rig.until(lambda: not self.is_open(), "the port is closed")

    def test_the_port_is_another_one_then(self):
        arn = self.make()["ListenerArn"]
        old, self.port = self.port, free_port()
        told = self.elb.modify_listener(ListenerArn=arn, Port=self.port)
        self.assertEqual(told["Listeners"][0]["Port"], self.port)
        self.assertEqual(self.ask().body, b"hello")
        self.port = old
        rig.until(lambda: not self.is_open(), "the old port is closed")

    # Checklist 10
    def test_creating_it_again_is_the_same_one(self):
        one, two = self.make(), self.make()
        self.assertEqual(one, two)
        self.assertEqual(
            self.refused("DuplicateListener", self.make,
                         DefaultActions=fixed("other")),
            "A listener already exists on this port for this load balancer "
            "'%s'" % self.lb)

    # Checklist 19
    def test_an_https_listener_has_a_policy_and_answers(self):
        made = self.make_tls()
        self.assertEqual(made["SslPolicy"], "ELBSecurityPolicy-2016-08")
        self.assertEqual(made["Certificates"],
                         [{"CertificateArn": declared("One")}])
        self.assertEqual(made["MutualAuthentication"], {"Mode": "off"})
        self.assertIn(b"one.example.com", self.shown_for("one.example.com"))
        again = self.make_tls()
        self.assertEqual(made["ListenerArn"], again["ListenerArn"])

    # Checklist 20
    def test_https_needs_a_certificate(self):
        self.refused("ValidationError", self.make, protocol="HTTPS")
        said = self.refused("CertificateNotFound", self.make_tls, Certificates=[
            {"CertificateArn": declared("Nobody")}])
        self.assertEqual(said, "Certificate '%s' not found"
                         % declared("Nobody"))
        arn = self.make()["ListenerArn"]
        self.refused("ValidationError", self.elb.modify_listener,
                     ListenerArn=arn, Protocol="HTTPS")
        self.elb.modify_listener(
            ListenerArn=arn, Protocol="HTTPS",
            Certificates=[{"CertificateArn": declared("Two")}])
        self.assertIn(b"two.example.com", self.shown_for("two.example.com"))
        told = self.elb.modify_listener(ListenerArn=arn, Protocol="HTTP")
        self.assertNotIn("SslPolicy", told["Listeners"][0])
        self.assertEqual(self.ask().body, b"hello")

    # Checklist 21
    def test_certificates_are_listed_and_shown_by_name(self):
        arn = self.make_tls()["ListenerArn"]
        for name in ("Two", "Two", "One"):
            told = self.elb.add_listener_certificates(
                ListenerArn=arn,
                Certificates=[{"CertificateArn": declared(name)}])
            self.assertEqual(told["Certificates"], [
                {"CertificateArn": declared(name), "IsDefault": False}])
        self.assertIn(b"two.example.com", self.shown_for("two.example.com"))
        pages = self.elb.get_paginator("describe_listener_certificates") \
            .paginate(ListenerArn=arn, PaginationConfig={"PageSize": 1})
        self.assertEqual(
            [(c["CertificateArn"], c["IsDefault"]) for p in pages
             for c in p["Certificates"]],
            [(declared("One"), True), (declared("Two"), False),
             (declared("One"), False)])
        self.elb.remove_listener_certificates(
            ListenerArn=arn, Certificates=[{"CertificateArn": declared("Two")}])
        self.assertIn(b"one.example.com", self.shown_for("two.example.com"))
        self.elb.remove_listener_certificates(
            ListenerArn=arn, Certificates=[{"CertificateArn": declared("One")}])
        self.refused("OperationNotPermitted",
                     self.elb.remove_listener_certificates, ListenerArn=arn,
                     Certificates=[{"CertificateArn": declared("One")}])

    # Checklist 28
    def test_a_group_belongs_to_one_load_balancer(self):
        group = self.elb.create_target_group(
            Name="once", Protocol="HTTP", Port=80, VpcId="vpc-1",
            TargetType="ip")["TargetGroups"][0]["TargetGroupArn"]
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        self.make(DefaultActions=forward)
        other = self.elb.create_load_balancer(
            Name="other", Subnets=aws.SUBNETS)["LoadBalancers"][0]
        self.addCleanup(self.elb.delete_load_balancer,
                        LoadBalancerArn=other["LoadBalancerArn"])
        self.refused("TargetGroupAssociationLimit", self.elb.create_listener,
                     LoadBalancerArn=other["LoadBalancerArn"], Protocol="HTTP",
                     Port=free_port(), DefaultActions=forward)

    # Checklist 18
    def test_attributes_apply_and_come_back(self):
        arn = self.make()["ListenerArn"]
        key = "routing.http.response.x_frame_options.header_value"
        before = self.elb.describe_listener_attributes(
            ListenerArn=arn)["Attributes"]
        self.assertEqual(len(before), 19)
        self.elb.modify_listener_attributes(
            ListenerArn=arn, Attributes=[{"Key": key, "Value": "DENY"}])
        self.assertEqual(self.ask().get("X-Frame-Options"), "DENY")
        told = {a["Key"]: a["Value"] for a in
                self.elb.describe_listener_attributes(
                    ListenerArn=arn)["Attributes"]}
        self.assertEqual(told[key], "DENY")
        self.elb.modify_listener_attributes(
            ListenerArn=arn, Attributes=[{"Key": key, "Value": ""}])
        self.assertIsNone(self.ask().get("X-Frame-Options"))
        self.assertEqual(self.elb.describe_listener_attributes(
            ListenerArn=arn)["Attributes"], before)

    # Checklist 30
    def test_a_default_rule_has_tags(self):
        listener = self.make(Tags=[{"Key": "of", "Value": "listener"}])
        rule = self.elb.describe_rules(
            ListenerArn=listener["ListenerArn"])["Rules"][0]["RuleArn"]
        self.elb.add_tags(ResourceArns=[rule], Tags=[
            {"Key": "of", "Value": "rule"}])
        told = self.elb.describe_tags(ResourceArns=[
            rule, listener["ListenerArn"]])["TagDescriptions"]
        self.assertEqual([t["Tags"][0]["Value"] for t in told],
                         ["rule", "listener"])

    # Checklist 6
    def test_listeners_come_in_pages(self):
        ports = [self.port, free_port(), free_port()]
        for port in ports:
            self.make(Port=port)
        pages = self.elb.get_paginator("describe_listeners").paginate(
            LoadBalancerArn=self.lb, PaginationConfig={"PageSize": 2})
        self.assertEqual([[x["Port"] for x in p["Listeners"]] for p in pages],
                         [ports[:2], ports[2:]])

    # Checklist 36
    def test_the_command_makes_and_changes_one(self):
        made = self.api.aws(
            "elbv2", "create-listener", "--load-balancer-arn", self.lb,
            "--protocol", "HTTP", "--port", str(self.port), "--default-actions",
            "Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,"
            "StatusCode=HTTP_301}")["Listeners"][0]
        answer = self.ask("/a?b=c")
        self.assertEqual(answer.status, 301)
        self.assertTrue(answer.get("Location").endswith(":443/a?b=c"))
        self.api.aws("elbv2", "modify-listener", "--listener-arn",
                     made["ListenerArn"], "--default-actions", fixed("cli"))
        self.assertEqual(self.ask().body, b"cli")
        self.api.aws("elbv2", "delete-listener", "--listener-arn",
                     made["ListenerArn"])
        with self.assertRaises(aws.AwsError) as caught:
            self.api.aws("elbv2", "describe-listeners", "--listener-arns",
                         made["ListenerArn"])
        self.assertEqual(caught.exception.code, "ListenerNotFound")
        self.assertEqual(caught.exception.message,
                         "One or more listeners not found")


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Security groups of the template decide who may connect, where a load balancer
asks for it (alb.md, "VPC"): others are closed before a byte, and counted."""
import os
import socket
import sys
import unittest

import rig
from stack import Served, Stack, command, fixed, ref

sys.path.insert(0, os.path.join(rig.HERE, "..", "api"))

import aws  # noqa: E402

GROUP, INGRESS = "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"


def tcp(cidr, port=80, to=None, **more):
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": to or port,
            "CidrIpv6" if ":" in cidr else "CidrIp": cidr, **more}


def stack_of(*rules, groups=None, enforce=True, ipv6=False, **more):
    """A load balancer of port 80 with the security group Sg of these rules."""
    stack = Stack(lb=False)
    local = {"EnforceSecurityGroups": enforce} if enforce is not None else {}
    if ipv6:
        local["Bind"] = "::1"
    stack.balancer("Lb", local=local, SecurityGroups=groups or [ref("Sg")],
                   **more)
    stack.add("Sg", GROUP, {"GroupDescription": "d", "VpcId": "vpc-1",
                            "SecurityGroupIngress": list(rules)})
    return stack.listener("Web", 80, fixed(200, "in"))


def connect(where, source):
    """An HTTP status; None: closed without a byte."""
    with socket.socket(rig.family_of(source)) as sock:
        sock.settimeout(rig.PATIENCE)
        sock.bind((source, 0))
        try:
            sock.connect(where)
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close"
                         b"\r\n\r\n")
            data = sock.recv(4096)
        except (ConnectionResetError, BrokenPipeError):
            return None
        return int(data.split()[1]) if data else None


class Case(unittest.TestCase):
    def serve(self, stack, *options):
        served = Served(stack, *options)
        self.addCleanup(served.stop)
        return served

    def allows(self, served, *sources, listener="Web"):
        return [connect(served.listeners[listener], s) for s in sources]


class TestEnforced(Case):
    def test_who_is_in_a_block_comes_in_and_nobody_else(self):
        served = self.serve(stack_of(tcp("127.0.0.0/30")))
        self.assertEqual(self.allows(
            served, "127.0.0.1", "127.0.0.3", "127.0.0.4", "127.1.0.1"),
            [200, 200, None, None])

    def test_who_is_not_let_in_is_counted(self):
        served = self.serve(stack_of(tcp("127.0.0.1/32")))
        self.allows(served, "127.0.0.1", "127.0.0.2", "127.0.0.2")
        rig.until(lambda: served.metric(
            "sluice_load_balancer_rejected_connections_total") == 2,
            "two that were rejected")

    def test_rules_are_of_the_port_that_the_template_says(self):
        served = self.serve(stack_of(
            tcp("127.0.0.1/32", 443), tcp("127.0.0.2/32", 0, 65535),
            tcp("127.0.0.3/32", 79, 81), tcp("127.0.0.4/32", 81, 90),
            {"IpProtocol": "-1", "CidrIp": "127.0.0.5/32"},
            {**tcp("127.0.0.6/32"), "IpProtocol": "udp"},
            {**tcp("127.0.0.7/32"), "IpProtocol": "6"}))
        self.assertEqual(self.allows(served, *[
            "127.0.0.%d" % n for n in range(1, 8)]),
            [None, 200, 200, None, 200, None, 200])

    def test_ingress_resources_count_too(self):
        stack = stack_of()
        stack.add("One", INGRESS, {"GroupId": ref("Sg"),
                                   **tcp("127.0.0.2/32")})
        stack.add("Two", INGRESS, {"GroupId": {"Fn::GetAtt": [
            "Sg", "GroupId"]}, **tcp("127.0.0.3/32")})
        stack.add("Other", INGRESS, {"GroupId": "sg-1",
                                     **tcp("127.0.0.4/32")})
        served = self.serve(stack)
        self.assertEqual(self.allows(served, "127.0.0.1", "127.0.0.2",
                                     "127.0.0.3", "127.0.0.4"),
                         [None, 200, 200, None])

    def test_all_groups_of_a_load_balancer_count(self):
        stack = stack_of(tcp("127.0.0.1/32"), groups=[
            {"Fn::GetAtt": ["Sg", "GroupId"]}, ref("More")])
        stack.add("More", GROUP, {"GroupDescription": "d",
                                  "SecurityGroupIngress": [
                                      tcp("127.0.0.2/32")]})
        stack.add("Unused", GROUP, {"GroupDescription": "d",
                                    "SecurityGroupIngress": [
                                        tcp("127.0.0.3/32")]})
        served = self.serve(stack)
        self.assertEqual(self.allows(served, "127.0.0.1", "127.0.0.2",
                                     "127.0.0.3"), [200, 200, None])

    def test_ipv6(self):
        if not rig.has_ipv6():
            self.skipTest("needs ::1")
        for block, want in (("::1/128", 200), ("2001:db8::/32", None)):
            served = self.serve(stack_of(tcp(block), tcp("127.0.0.0/8"),
                                         ipv6=True))
            self.assertEqual(self.allows(served, "::1"), [want])

    def test_members_of_other_groups_are_nobody_here(self):
        stack = stack_of(
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
             "SourceSecurityGroupId": "sg-1"},
            {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
             "SourcePrefixListId": "pl-1"})
        self.assertEqual(self.allows(self.serve(stack), "127.0.0.1"), [None])
        _, _, err = command("check", "-v", "-", stdin=stack)
        for word in ("SourceSecurityGroupId sg-1", "SourcePrefixListId pl-1"):
            self.assertIn("a rule has %s, whose addresses only AWS knows" %
                          word, err)

    def test_a_reload_changes_who_comes_in(self):
        served = self.serve(stack_of(tcp("127.0.0.1/32")))
        served.reload(stack_of(tcp("127.0.0.2/32")))
        self.assertEqual(self.allows(served, "127.0.0.1", "127.0.0.2"),
                         [None, 200])
        served.reload(stack_of(tcp("127.0.0.2/32"), enforce=False))
        self.assertEqual(self.allows(served, "127.0.0.1"), [200])

    def test_a_connection_that_is_there_stays(self):
        served = self.serve(stack_of(tcp("127.0.0.1/32")))
        with served.client("Web") as client:
            client.ask("/")
            served.reload(stack_of(tcp("127.0.0.2/32")))
            self.assertEqual(client.ask("/").status, 200)
        self.assertEqual(self.allows(served, "127.0.0.1"), [None])


class TestNotEnforced(Case):
    def test_unless_it_is_asked_for_everybody_comes_in(self):
        for enforce in (None, False):
            served = self.serve(stack_of(tcp("10.0.0.0/8"), enforce=enforce))
            self.assertEqual(self.allows(served, "127.0.0.1"), [200])

    def test_the_option_is_for_those_that_do_not_say(self):
        stack = stack_of(tcp("10.0.0.0/8"), enforce=None)
        stack.balancer("Open", local={"EnforceSecurityGroups": False},
                       SecurityGroups=[ref("Sg")])
        stack.listener("Other", 81, fixed(200, "in"), lb="Open")
        served = self.serve(stack, "--security-groups", "enforce")
        self.assertEqual(self.allows(served, "127.0.0.1"), [None])
        self.assertEqual(self.allows(served, "127.0.0.1", listener="Other"),
                         [200])

    def test_groups_that_are_wrong_are_nobodys_business(self):
        stack = stack_of({"IpProtocol": "tcp", "CidrIp": "?"}, enforce=None)
        stack.resources["Sg"]["Properties"]["SecurityGroupIngress"].append(
            {"Fn::ImportValue": "x"})
        self.assertEqual(command("check", "--strict", "-", stdin=stack)[::2],
                         (0, ""))


class TestProblems(unittest.TestCase):
    def said(self, stack, want):
        code, _, err = command("check", "-", stdin=stack)
        self.assertEqual(code, want, err)
        return err

    def test_a_block_that_is_none(self):
        err = self.said(stack_of(tcp("10.0.0.0")), 65)
        self.assertIn('security group Sg: CidrIp "10.0.0.0" is no block of '
                      "addresses", err)
        self.assertIn("write one such as 10.0.0.0/8", err)

    def test_a_rule_without_ports(self):
        err = self.said(stack_of({"IpProtocol": "tcp",
                                  "CidrIp": "10.0.0.0/8"}), 65)
        self.assertIn("a rule of TCP has no FromPort and ToPort that are some",
                      err)

    def test_a_group_of_elsewhere(self):
        err = self.said(stack_of(groups=["sg-0123"]), 0)
        self.assertIn("the rules of security group sg-0123 are not in the "
                      "template: it lets nobody in here", err)

    def test_no_group_at_all(self):
        stack = stack_of()
        del stack.resources["Lb"]["Properties"]["SecurityGroups"]
        self.assertIn("nobody may connect", self.said(stack, 0))

    def test_more_rules_than_aws_has(self):
        err = self.said(stack_of(*[tcp("10.0.%d.%d/32" % divmod(n, 256))
                                   for n in range(1001)]), 65)
        self.assertIn("its security groups have more than 1000 rules", err)
        self.said(stack_of(*[tcp("10.0.%d.%d/32" % divmod(n, 256))
                             for n in range(1000)]), 0)


class TestApi(unittest.TestCase):
    def test_set_security_groups_takes_effect_at_once(self):
        stack = stack_of(tcp("127.0.0.1/32"))
        stack.add("Other", GROUP, {"GroupDescription": "d",
                                   "SecurityGroupIngress": [
                                       tcp("127.0.0.2/32")]})
        stack.balancer("Second", SecurityGroups=[ref("Other")])
        with aws.Api(template=stack) as api:
            elb = api.client("elbv2")
            first, second = sorted(elb.describe_load_balancers()[
                "LoadBalancers"], key=lambda b: b["LoadBalancerName"])
            [listener] = elb.describe_listeners(
                LoadBalancerArn=first["LoadBalancerArn"])["Listeners"]
            where = api.where(listener["ListenerArn"])
            self.assertEqual(connect(where, "127.0.0.1"), 200)
            self.assertEqual(connect(where, "127.0.0.2"), None)
            elb.set_security_groups(
                LoadBalancerArn=first["LoadBalancerArn"],
                SecurityGroups=second["SecurityGroups"])
            self.assertEqual(connect(where, "127.0.0.1"), None)
            self.assertEqual(connect(where, "127.0.0.2"), 200)


if __name__ == "__main__":
    rig.main()

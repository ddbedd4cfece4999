#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Availability Zones of a load balancer are those of the template's subnets."""
import os
import sys
import unittest

import rig
from stack import Served, Stack, fixed, ref

sys.path.insert(0, os.path.join(rig.HERE, "..", "api"))

import aws  # noqa: E402

SUBNET = "AWS::EC2::Subnet"


def stack_of(zones, **more):
    """Subnets Net0, Net1 ... of these zones (None: it says none)."""
    stack = Stack(lb=False)
    nets = ["Net%d" % n for n in range(len(zones))]
    for name, zone in zip(nets, zones):
        stack.add(name, SUBNET, {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24",
                                 **({"AvailabilityZone": zone} if zone
                                    else {})})
    stack.balancer("Lb", **(more or {"Subnets": [ref(n) for n in nets]}))
    if more:
        del stack.resources["Lb"]["Properties"]["Subnets"]
    return stack.listener("Web", 80, fixed(200, "in"))


class TestZones(unittest.TestCase):
    def zones(self, stack, *options):
        with Served(stack, *options) as served:
            for number in range(64):
                with served.client("Web") as client:
                    client.ask("/")
            rig.until(lambda: served.metric(
                "sluice_load_balancer_fixed_responses_total") == 64,
                "64 answers")
            text = served.api("/metrics").body.decode()
        return {line.partition('zone="')[2].partition('"')[0]
                for line in text.splitlines() if line.startswith(
                    "sluice_load_balancer_fixed_responses_total{")}

    def test_clients_are_spread_over_the_zones_of_the_subnets(self):
        self.assertEqual(self.zones(stack_of(["us-east-1a", "us-east-1c"])),
                         {"us-east-1a", "us-east-1c"})

    def test_subnet_mappings_say_them_too(self):
        stack = stack_of(["us-east-1b", "us-east-1d"], SubnetMappings=[
            {"SubnetId": ref("Net0")}, {"SubnetId": {
                "Fn::GetAtt": ["Net1", "SubnetId"]}}])
        self.assertEqual(self.zones(stack), {"us-east-1b", "us-east-1d"})

    def test_a_process_that_is_the_node_of_a_zone_has_that_one(self):
        self.assertEqual(self.zones(stack_of(["us-east-1a", "us-east-1c"]),
                                    "--zone", "us-east-1c"), {"us-east-1c"})

    def test_where_one_subnet_does_not_say_its_zone_none_is_known(self):
        self.assertEqual(self.zones(stack_of(["us-east-1a", None])), {""})

    def test_functions_may_choose_the_zone(self):
        stack = stack_of([{"Fn::Select": [0, {"Fn::GetAZs": ""}]},
                          {"Fn::Select": [1, {"Fn::GetAZs": ""}]}])
        self.assertEqual(self.zones(stack), {"us-east-1a", "us-east-1b"})

    def test_the_api_shows_them(self):
        with aws.Api(template=stack_of(["us-east-1f", "us-east-1b"])) as api:
            [lb] = api.client("elbv2").describe_load_balancers()[
                "LoadBalancers"]
        self.assertEqual([z["ZoneName"] for z in lb["AvailabilityZones"]],
                         ["us-east-1f", "us-east-1b"])
        for zone in lb["AvailabilityZones"]:
            self.assertRegex(zone["SubnetId"], r"\Asubnet-0[0-9a-f]{16}\Z")


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Load balancers by boto3 and its waiters."""
import aws
import rig
from reloading import free_port

SUBNETS = aws.SUBNETS


def fixed(text="hello"):
    return [{"Type": "fixed-response", "FixedResponseConfig": {
        "StatusCode": "200", "ContentType": "text/plain",
        "MessageBody": text}}]


def pairs(attributes):
    return {a["Key"]: a["Value"] for a in attributes}


class LoadBalancers(aws.ApiCase):

    def setUp(self):
        self.elb = self.api.client("elbv2")

    def make(self, name, **more):
        return self.elb.create_load_balancer(
            Name=name, Subnets=SUBNETS, **more)["LoadBalancers"][0]

    # Checklist 11
    def test_the_waiters_come_to_their_end(self):
        made = self.make("waited")
        self.assertEqual(made["State"], {"Code": "provisioning"})
        arns = [made["LoadBalancerArn"]]
        for name in ("load_balancer_exists", "load_balancer_available"):
            self.elb.get_waiter(name).wait(
                LoadBalancerArns=arns,
                WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        self.elb.delete_load_balancer(LoadBalancerArn=arns[0])
        self.elb.get_waiter("load_balancers_deleted").wait(
            LoadBalancerArns=arns, WaiterConfig={"Delay": 1, "MaxAttempts": 2})

    # Checklist 9
    def test_creating_it_again_is_the_same_one(self):
        one = self.make("again", Tags=[{"Key": "a", "Value": "b"}])
        two = self.make("again", Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(one["LoadBalancerArn"], two["LoadBalancerArn"])
        self.assertEqual(one["CreatedTime"], two["CreatedTime"])
        said = self.refused("DuplicateLoadBalancerName",
                            self.elb.create_load_balancer, Name="again",
                            Subnets=SUBNETS, Scheme="internal")
        self.assertIn("exists, but with different settings", said)

    # Checklist 12
    def test_what_is_not_there_is_an_error(self):
        said = self.refused("LoadBalancerNotFound",
                            self.elb.describe_load_balancers, Names=["nobody"])
        self.assertEqual(said, "Load balancers '[nobody]' not found")

    def test_a_long_list_of_names_costs_what_it_is_long(self):
        before = self.api.rss()
        names = ["%0200d" % i for i in range(3000)]
        answer = self.api.call("DescribeLoadBalancers", **{
            "Names.member.%d" % (i + 1): name for i, name in enumerate(names)})
        self.assertEqual((answer.status, answer.code),
                         (400, "LoadBalancerNotFound"))
        self.assertEqual(answer.message, "Load balancers '[%s]' not found" %
                         ", ".join(names))
        # Each text with one more name than the one before would be 900 MB.
        peak = self.api.peak()
        self.assertLess(peak - before, rig.SLOW * 100e6)

    # Checklist 7
    def test_arns_have_the_form_that_clients_cut_up(self):
        made = self.make("formed")
        self.assertRegex(
            made["LoadBalancerArn"],
            r"\Aarn:aws:elasticloadbalancing:us-east-1:\d{12}:loadbalancer/"
            r"app/formed/[0-9a-f]{16}\Z")
        port = free_port()
        listener = self.elb.create_listener(
            LoadBalancerArn=made["LoadBalancerArn"], Port=port,
            Protocol="HTTP", DefaultActions=fixed())["Listeners"][0]
        self.assertRegex(listener["ListenerArn"],
                         r"\A%s/[0-9a-f]{16}\Z" % made["LoadBalancerArn"]
                         .replace(":loadbalancer/", ":listener/"))

    # Checklist 14
    def test_listeners_go_with_it_and_groups_stay(self):
        origin = rig.Origin()
        self.addCleanup(origin.close)
        balancer = self.api.balancer(origin, name="going")
        with balancer.client() as client:
            self.assertEqual(client.ask("/").status, 200)
        for _ in range(2):
            self.elb.delete_load_balancer(LoadBalancerArn=balancer.arn)
        self.refused("ListenerNotFound", self.elb.describe_listeners,
                     ListenerArns=[balancer.listener])
        groups = self.elb.describe_target_groups(
            TargetGroupArns=[balancer.group])["TargetGroups"]
        self.assertEqual(groups[0]["LoadBalancerArns"], [])
        rig.until(lambda: self.is_closed(balancer), "the port is closed")

    @staticmethod
    def is_closed(balancer):
        try:
            balancer.client().close()
        except OSError:
            return True
        return False

    # Checklist 15
    def test_deletion_protection_keeps_it(self):
        arn = self.make("kept")["LoadBalancerArn"]
        key = "deletion_protection.enabled"
        self.elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": "true"}])
        self.assertEqual(
            self.refused("OperationNotPermitted",
                         self.elb.delete_load_balancer, LoadBalancerArn=arn),
            "Load balancer '%s' cannot be deleted because deletion protection "
            "is enabled" % arn)
        self.elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": "false"}])
        self.elb.delete_load_balancer(LoadBalancerArn=arn)

    # Checklist 17, 18
    def test_attributes_come_back_all_of_them(self):
        arn = self.make("attributes")["LoadBalancerArn"]
        before = pairs(self.elb.describe_load_balancer_attributes(
            LoadBalancerArn=arn)["Attributes"])
        self.assertEqual(before["idle_timeout.timeout_seconds"], "60")
        self.assertEqual(len(before), 23)
        self.elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[
                {"Key": "idle_timeout.timeout_seconds", "Value": "4000"},
                {"Key": "access_logs.s3.enabled", "Value": "false"},
                {"Key": "access_logs.s3.bucket", "Value": ""}])
        self.assertEqual(
            pairs(self.elb.describe_load_balancer_attributes(
                LoadBalancerArn=arn)["Attributes"]),
            {**before, "idle_timeout.timeout_seconds": "4000"})
        self.assertEqual(
            self.refused("ValidationError",
                         self.elb.modify_load_balancer_attributes,
                         LoadBalancerArn=arn,
                         Attributes=[{"Key": "no.such", "Value": "1"}]),
            "Load balancer attribute key 'no.such' is not recognized")

    # Checklist 121
    def test_attributes_apply_to_connections_that_are_open(self):
        origin = rig.Origin()
        self.addCleanup(origin.close)
        balancer = self.api.balancer(origin, name="applied")
        with balancer.client() as client:
            client.ask("/")
            self.assertTrue(origin.requests[-1].get("X-Forwarded-For"))
            self.elb.modify_load_balancer_attributes(
                LoadBalancerArn=balancer.arn, Attributes=[
                    {"Key": "routing.http.xff_header_processing.mode",
                     "Value": "remove"}])
            client.ask("/")
            self.assertIsNone(origin.requests[-1].get("X-Forwarded-For"))

    # Checklist 6
    def test_pages_are_followed(self):
        for i in range(3):
            self.make("page-%d" % i)
        names = [b["LoadBalancerName"]
                 for page in self.elb.get_paginator("describe_load_balancers")
                 .paginate(PaginationConfig={"PageSize": 1})
                 for b in page["LoadBalancers"]]
        self.assertEqual(len(set(names)), len(names))
        self.assertGreaterEqual(set(names), {"page-0", "page-1", "page-2"})
        self.refused("ValidationError", self.elb.describe_load_balancers,
                     Marker="made-up")

    # Checklist 8
    def test_names_are_checked(self):
        for name in ("-a", "a-", "a_b", "internal-a", "a" * 33):
            with self.subTest(name=name):
                self.refused("ValidationError", self.elb.create_load_balancer,
                             Name=name, Subnets=SUBNETS)

    def test_the_network_is_changed(self):
        arn = self.make("moved")["LoadBalancerArn"]
        zones = self.elb.set_subnets(
            LoadBalancerArn=arn,
            Subnets=["subnet-1", "subnet-2", "subnet-3"])["AvailabilityZones"]
        self.assertEqual([z["SubnetId"] for z in zones],
                         ["subnet-1", "subnet-2", "subnet-3"])
        self.assertEqual(len({z["ZoneName"] for z in zones}), 3)
        self.assertEqual(self.elb.set_security_groups(
            LoadBalancerArn=arn,
            SecurityGroups=["sg-1"])["SecurityGroupIds"], ["sg-1"])
        self.assertEqual(self.elb.set_ip_address_type(
            LoadBalancerArn=arn,
            IpAddressType="dualstack")["IpAddressType"], "dualstack")
        pool = {"Ipv4IpamPoolId": "ipam-pool-1"}
        self.assertEqual(self.elb.modify_ip_pools(
            LoadBalancerArn=arn, IpamPools=pool)["IpamPools"], pool)
        shown = self.elb.describe_load_balancers(
            LoadBalancerArns=[arn])["LoadBalancers"][0]
        self.assertEqual(shown["AvailabilityZones"], zones)
        self.assertEqual(shown["SecurityGroups"], ["sg-1"])
        self.assertEqual(shown["IpAddressType"], "dualstack")
        self.assertEqual(shown["IpamPools"], pool)

    # Checklist 33
    def test_capacity_is_reserved_and_given_back(self):
        arn = self.make("reserved")["LoadBalancerArn"]
        nothing = self.elb.describe_capacity_reservation(LoadBalancerArn=arn)
        self.assertEqual(nothing["CapacityReservationState"], [])
        self.assertNotIn("MinimumLoadBalancerCapacity", nothing)
        made = self.elb.modify_capacity_reservation(
            LoadBalancerArn=arn,
            MinimumLoadBalancerCapacity={"CapacityUnits": 200})
        self.assertEqual(made["MinimumLoadBalancerCapacity"],
                         {"CapacityUnits": 200})
        self.assertEqual(made["DecreaseRequestsRemaining"], 2)
        self.assertEqual(
            {s["State"]["Code"] for s in made["CapacityReservationState"]},
            {"pending"})
        rig.until(lambda: self.units_of(arn) == [("provisioned", 100.0)] * 2,
                  "it is provisioned")
        self.elb.modify_capacity_reservation(LoadBalancerArn=arn,
                                             ResetCapacityReservation=True)
        nothing = self.elb.describe_capacity_reservation(LoadBalancerArn=arn)
        self.assertEqual(nothing["CapacityReservationState"], [])

    def units_of(self, arn):
        return [(s["State"]["Code"], s["EffectiveCapacityUnits"])
                for s in self.elb.describe_capacity_reservation(
                    LoadBalancerArn=arn)["CapacityReservationState"]]

    # Checklist 30
    def test_tags_are_added_overwritten_and_removed(self):
        made = self.make("tagged", Tags=[{"Key": "a", "Value": "1"}])
        arn = made["LoadBalancerArn"]
        self.elb.add_tags(ResourceArns=[arn], Tags=[
            {"Key": "a", "Value": "2"}, {"Key": "B é", "Value": ""}])
        self.elb.remove_tags(ResourceArns=[arn], TagKeys=["none"])
        told = self.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        self.assertEqual(told, [{"ResourceArn": arn, "Tags": [
            {"Key": "a", "Value": "2"}, {"Key": "B é", "Value": ""}]}])
        self.elb.remove_tags(ResourceArns=[arn], TagKeys=["a", "B é"])
        told = self.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        self.assertEqual(told, [{"ResourceArn": arn, "Tags": []}])
        self.refused("DuplicateTagKeys", self.elb.add_tags, ResourceArns=[arn],
                     Tags=[{"Key": "a"}, {"Key": "a"}])
        self.refused("ValidationError", self.elb.describe_tags,
                     ResourceArns=[arn] * 21)

    # Checklist 31
    def test_policies_are_told_with_their_ciphers(self):
        told = self.elb.describe_ssl_policies(
            LoadBalancerType="application")["SslPolicies"]
        self.assertGreaterEqual(len(told), 37)
        for policy in told:
            self.assertEqual([c["Priority"] for c in policy["Ciphers"]],
                             list(range(1, len(policy["Ciphers"]) + 1)))
        self.assertEqual(self.elb.describe_ssl_policies(
            LoadBalancerType="gateway")["SslPolicies"], [])
        named = self.elb.describe_ssl_policies(
            Names=["ELBSecurityPolicy-2016-08"])["SslPolicies"][0]
        self.assertEqual(named["SslProtocols"],
                         ["TLSv1", "TLSv1.1", "TLSv1.2"])
        self.assertEqual(named["Ciphers"][0]["Name"],
                         "ECDHE-ECDSA-AES128-GCM-SHA256")

    # Checklist 32
    def test_limits_have_the_names_of_aws(self):
        limits = {m["Name"]: m["Max"]
                  for m in self.elb.describe_account_limits()["Limits"]}
        self.assertEqual(limits["application-load-balancers"], "50")
        self.assertEqual(limits["targets-per-application-load-balancer"],
                         "1000")

    def test_nothing_has_a_policy_of_its_own(self):
        arn = self.make("policy")["LoadBalancerArn"]
        self.assertNotIn("Policy", self.elb.get_resource_policy(
            ResourceArn=arn))
        self.refused("ResourceNotFound", self.elb.get_resource_policy,
                     ResourceArn=arn[:-1])


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every error code that the model declares for the actions of load balancers,
listeners, certificates, tags and what is the same for all (alb.md 1.6), from a
running server; the table and the model of the client are compared."""
import time

import aws
import rig
from stack import Stack, fixed, forward, path, ref
from test_listeners import declared

ELB = "arn:aws:elasticloadbalancing:us-east-1:000000000000:"
ID = "0123456789abcdef"
NOWHERE = {
    "lb": ELB + "loadbalancer/app/no/" + ID,
    "listener": ELB + "listener/app/no/%s/%s" % (ID, ID),
    "rule": ELB + "listener-rule/app/no/%s/%s/%s" % (ID, ID, ID),
    "group": ELB + "targetgroup/no/" + ID,
    "store": ELB + "truststore/no/" + ID,
}
ELSEWHERE = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:" \
            "loadbalancer/app/no/" + ID
QUOTAS = {"application-load-balancers": 4,
          "listeners-per-application-load-balancer": 3,
          "certificates-per-application-load-balancer": 1,
          "target-groups-per-application-load-balancer": 2,
          "targets-per-application-load-balancer": 3,
          "target-id-registrations-per-application-load-balancer": 2,
          "verify-listeners-per-application-load-balancer": 0,
          "capacity-units-per-application-load-balancer": 200000}
SUBNETS = aws.SUBNETS
TYPE = "AWS::ElasticLoadBalancingV2::"


def group(stack, name, targets=(), **more):
    stack.resources[name] = {"Type": TYPE + "TargetGroup", "Properties": {
        "Name": name.lower(), "Port": 80, "Protocol": "HTTP", "VpcId": "vpc-1",
        "TargetType": "ip", "HealthCheckEnabled": True,
        "Targets": [{"Id": t, "Port": p} for t, p in targets], **more}}


def balancer(stack, name, sluice=None, **more):
    stack.resources[name] = {
        "Type": TYPE + "LoadBalancer",
        "Properties": {"Name": name.lower(), **more},
        "Metadata": {"Sluice": sluice or {}}}


def reserved(stack, name, n, **kept):
    """One whose capacity reservation was changed at that moment."""
    balancer(stack, name, {"CapacityReservation": kept}, Subnets=SUBNETS,
             **({"MinimumLoadBalancerCapacity": {"CapacityUnits": n}}
                if n else {}))


def listener(stack, name, lb, port, **more):
    stack.resources[name] = {"Type": TYPE + "Listener", "Properties": {
        "LoadBalancerArn": ref(lb), "Port": port, "Protocol": "HTTP",
        "DefaultActions": [fixed()], **more},
        "Metadata": {"Sluice": {"LocalPort": 0}}}


def template():
    stack = Stack(lb=False)
    balancer(stack, "Edge", Subnets=SUBNETS)
    balancer(stack, "Bare", {"CustomerOwnedIpv4Pool": "ipv4pool-coip-1"},
             MinimumLoadBalancerCapacity={"CapacityUnits": 149000})
    balancer(stack, "In", Scheme="internal", Subnets=SUBNETS)
    balancer(stack, "Protected", LoadBalancerAttributes=[
        {"Key": "deletion_protection.enabled", "Value": "true"}])
    later, today = "2999-01-01T00:00:00.000Z", time.strftime(
        "%Y-%m-%dT00:00:00.000Z", time.gmtime())
    reserved(stack, "Pending", 200, Modified=later)
    reserved(stack, "Reset", 0, Modified=later, Reset=True)
    reserved(stack, "Decreased", 1000, Modified=today, Decreases=2)
    for i in range(511):
        balancer(stack, "Crowd%d" % i, Subnets=["subnet-full", "subnet-b%d" % i])
    for name in ("One", "Two"):
        stack.resources[name] = {
            "Type": "AWS::CertificateManager::Certificate",
            "Properties": {"DomainName": name.lower() + ".example.com"}}
    listener(stack, "Web", "Edge", 80)
    listener(stack, "Tls", "Edge", 443, Protocol="HTTPS",
             Certificates=[{"CertificateArn": ref("One")}])
    listener(stack, "Used", "Bare", 81, DefaultActions=[forward("Taken")])
    stack.resources["More"] = {
        "Type": TYPE + "ListenerCertificate", "Properties": {
            "ListenerArn": ref("Tls"),
            "Certificates": [{"CertificateArn": ref("Two")}]}}
    for i in range(3):
        listener(stack, "In%d" % i, "In", 91 + i)
    group(stack, "Taken")
    group(stack, "Grpc", ProtocolVersion="GRPC")
    group(stack, "Full", [("127.0.0.1", 1000 + i) for i in range(4)])
    group(stack, "Same", [("127.0.0.1", 2000 + i) for i in range(3)])
    for name in ("A", "B", "C"):
        group(stack, "Group" + name)
    stack.resources["Rule"] = {"Type": TYPE + "ListenerRule", "Properties": {
        "ListenerArn": ref("Tls"), "Priority": 1,
        "Conditions": [path("/grpc")], "Actions": [forward("Grpc")]}}
    stack.resources["Store"] = {"Type": TYPE + "TrustStore", "Properties": {
        "Name": "store", "CaCertificatesBundleS3Bucket": "bucket",
        "CaCertificatesBundleS3Key": "nothing.pem"}}
    stack.resources["Ready"] = {"Type": TYPE + "TrustStore", "Properties": {
        "Name": "ready", "CaCertificatesBundleS3Bucket": "bucket",
        "CaCertificatesBundleS3Key": "ca.pem"},
                                "Metadata": {"Sluice": {
                                    "CaCertificates": "ca.pem"}}}
    stack.resources["Deployment"] = {
        "Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": {
            "LoadBalancerInfo": {"TargetGroupPairInfoList": [
                {"ProdTrafficRoute": {"ListenerArns": [ref("Used")]}}]}}}
    return stack


class Errors(aws.ApiCase):
    template = template()
    options = tuple(w for name, n in QUOTAS.items()
                    for w in ("--quota", "%s=%d" % (name, n))) + (
                        "--log-level", "error")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elb = cls.api.client("elbv2")
        cls.arns = {}
        for lb in cls.elb.describe_load_balancers()["LoadBalancers"]:
            cls.arns[lb["LoadBalancerName"]] = lb["LoadBalancerArn"]
        for name in ("edge", "bare"):
            for one in cls.elb.describe_listeners(
                    LoadBalancerArn=cls.arns[name])["Listeners"]:
                cls.arns[one["Port"]] = one["ListenerArn"]
        for one in cls.elb.describe_target_groups()["TargetGroups"]:
            cls.arns[one["TargetGroupName"]] = one["TargetGroupArn"]
        for one in cls.elb.describe_trust_stores()["TrustStores"]:
            cls.arns[one["Name"]] = one["TrustStoreArn"]

    # Checklist 4, 29
    def test_each_code_comes_with_its_status(self):
        for action, code, status, parameters in cases(self.arns):
            with self.subTest(action=action, code=code):
                self.check(action, code, status, parameters)

    def check(self, action, code, status, parameters):
        from botocore.exceptions import ClientError
        method = getattr(self.elb, snake(action))
        with self.assertRaises(ClientError) as caught:
            method(**parameters)
        answer = caught.exception.response
        self.assertEqual(answer["Error"]["Code"], code, answer["Error"])
        self.assertTrue(answer["Error"]["Message"])
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], status)
        declared_codes = codes_of(self.elb, action)
        self.assertIn(type(caught.exception).__name__, declared_codes[code])

    def test_no_code_that_is_declared_is_left_out(self):
        made = {(action, code) for action, code, _, _ in cases(self.arns)}
        for action in sorted({a for a, _ in made}):
            with self.subTest(action=action):
                self.assertEqual(set(codes_of(self.elb, action)),
                                 {c for a, c in made if a == action})


def snake(action):
    from botocore import xform_name
    return xform_name(action)


def codes_of(elb, action):
    """The codes that the model declares, with the names of exceptions."""
    shapes = elb.meta.service_model.operation_model(action).error_shapes
    return {s.metadata["error"]["code"]: s.name for s in shapes}


def cases(arns):
    """(action, code, HTTP status, parameters), each as it is meant."""
    for action, named in CASES(arns).items():
        for code, parameters in named.items():
            status = {"PriorRequestNotComplete": 429,
                      "InsufficientCapacity": 500}.get(code, 400)
            yield action, code, status, parameters


def forward_to(*groups):
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": g, "Weight": 1} for g in groups]}}]


def answer_with(text="x", order=None):
    made = {"Type": "fixed-response", "FixedResponseConfig": {
        "StatusCode": "200", "MessageBody": text}}
    return [dict(made, Order=order) if order else made]


OIDC = {"Issuer": "https://i.test", "AuthorizationEndpoint": "https://a.test",
        "TokenEndpoint": "https://t.test", "UserInfoEndpoint": "https://u.test",
        "ClientId": "id", "ClientSecret": "secret"}


def many_actions():
    return [{"Type": "jwt-validation", "Order": i, "JwtValidationConfig": {
        "JwksEndpoint": "https://j.test", "Issuer": "i"}}
            for i in range(1, 7)] + answer_with(order=7)


def actions(arns, **more):
    """What DefaultActions are refused for, of both actions that take them."""
    return {
        "TargetGroupNotFound": dict(
            more, DefaultActions=forward_to(NOWHERE["group"])),
        "TargetGroupAssociationLimit": dict(
            more, DefaultActions=forward_to(arns["taken"])),
        "TooManyTargets": dict(more, DefaultActions=forward_to(arns["full"])),
        "TooManyRegistrationsForTargetId": dict(
            more, DefaultActions=forward_to(arns["same"])),
        "TooManyUniqueTargetGroupsPerLoadBalancer": dict(
            more, DefaultActions=forward_to(arns["groupa"], arns["groupb"],
                                            arns["groupc"])),
        "InvalidLoadBalancerAction": dict(
            more, DefaultActions=[{"Type": "fixed-response"}]),
        "TooManyActions": dict(more, DefaultActions=many_actions()),
    }


def CASES(arns):
    edge, web, tls = arns["edge"], arns[80], arns[443]
    one, none = {"CertificateArn": declared("One")}, {
        "CertificateArn": declared("None")}
    two_tags = [{"Key": "a"}, {"Key": "a"}]
    tags = [{"Key": "k%d" % i} for i in range(51)]
    new = {"Name": "new", "Subnets": SUBNETS}
    seven = ["subnet-%d" % i for i in range(7)]
    mapped = [{"SubnetId": "subnet-a"}, {"SubnetId": "subnet-b"}]
    eip = [{"SubnetId": "subnet-a", "AllocationId": "eipalloc-1"}]
    here = {"LoadBalancerArn": edge}
    http = dict(here, Protocol="HTTP", Port=8080, DefaultActions=answer_with())
    https = dict(http, Protocol="HTTPS", Certificates=[one])
    verify = {"Mode": "verify", "TrustStoreArn": arns["store"]}
    no_store = {"Mode": "verify", "TrustStoreArn": NOWHERE["store"]}
    foreign = [{"Key": "tcp.idle_timeout.seconds", "Value": "60"}]
    unknown = {
        "LoadBalancerNotFound": NOWHERE["lb"],
        "TargetGroupNotFound": NOWHERE["group"],
        "ListenerNotFound": NOWHERE["listener"],
        "RuleNotFound": NOWHERE["rule"],
        "TrustStoreNotFound": NOWHERE["store"],
    }
    no_lb = {"LoadBalancerArn": NOWHERE["lb"]}
    no_listener = {"ListenerArn": NOWHERE["listener"]}
    return {
        "CreateLoadBalancer": {
            "DuplicateLoadBalancerName": {"Name": "edge", "Subnets": SUBNETS,
                                          "Scheme": "internal"},
            "TooManyLoadBalancers": new,
            "InvalidConfigurationRequest": dict(
                new, Subnets=["subnet-a", "subnet-a"]),
            "SubnetNotFound": dict(new, Subnets=["a", "b"]),
            "InvalidSubnet": dict(new, Subnets=["subnet-full", "subnet-b"]),
            "InvalidSecurityGroup": dict(new, SecurityGroups=["a"]),
            "InvalidScheme": dict(
                new, Scheme="internal",
                IpAddressType="dualstack-without-public-ipv4"),
            "TooManyTags": dict(new, Tags=tags),
            "DuplicateTagKeys": dict(new, Tags=two_tags),
            "ResourceInUse": {"Name": "new", "SubnetMappings": [
                dict(mapped[0], PrivateIPv4Address="127.0.0.1"), mapped[1]]},
            "AllocationIdNotFound": {"Name": "new", "SubnetMappings": eip},
            "AvailabilityZoneNotSupported": dict(new, Subnets=seven),
            "OperationNotPermitted": dict(new, Type="network"),
        },
        "DescribeLoadBalancers": {"LoadBalancerNotFound": {"Names": ["no"]}},
        "DeleteLoadBalancer": {
            "LoadBalancerNotFound": {"LoadBalancerArn": ELSEWHERE},
            "OperationNotPermitted": {"LoadBalancerArn": arns["protected"]},
            "ResourceInUse": {"LoadBalancerArn": arns["bare"]},
        },
        "DescribeLoadBalancerAttributes": {"LoadBalancerNotFound": no_lb},
        "ModifyLoadBalancerAttributes": {
            "LoadBalancerNotFound": dict(no_lb, Attributes=[]),
            "InvalidConfigurationRequest": dict(here, Attributes=foreign),
        },
        "SetSubnets": {
            "LoadBalancerNotFound": dict(no_lb, Subnets=SUBNETS),
            "InvalidConfigurationRequest": dict(
                here, Subnets=["subnet-a", "subnet-a"]),
            "SubnetNotFound": dict(here, Subnets=["a", "b"]),
            "InvalidSubnet": dict(here, Subnets=["subnet-full", "subnet-b"]),
            "AllocationIdNotFound": dict(here, SubnetMappings=eip),
            "AvailabilityZoneNotSupported": dict(here, Subnets=seven),
            "CapacityReservationPending": {
                "LoadBalancerArn": arns["pending"], "Subnets": SUBNETS},
        },
        "SetSecurityGroups": {
            "LoadBalancerNotFound": dict(no_lb, SecurityGroups=["sg-1"]),
            "InvalidConfigurationRequest": dict(here, SecurityGroups=[]),
            "InvalidSecurityGroup": dict(here, SecurityGroups=["a"]),
        },
        "SetIpAddressType": {
            "LoadBalancerNotFound": dict(no_lb, IpAddressType="ipv4"),
            "InvalidConfigurationRequest": {
                "LoadBalancerArn": arns["in"],
                "IpAddressType": "dualstack-without-public-ipv4"},
            "InvalidSubnet": {"LoadBalancerArn": arns["bare"],
                              "IpAddressType": "dualstack"},
        },
        "ModifyIpPools": {"LoadBalancerNotFound": no_lb},
        "DescribeCapacityReservation": {"LoadBalancerNotFound": no_lb},
        "ModifyCapacityReservation": {
            "LoadBalancerNotFound": dict(no_lb, **units(100)),
            "InvalidConfigurationRequest": dict(here, **units(1)),
            "CapacityUnitsLimitExceeded": dict(here, **units(200001)),
            "InsufficientCapacity": dict(here, **units(150000)),
            "OperationNotPermitted": {"LoadBalancerArn": arns["bare"],
                                      **units(100)},
            "CapacityReservationPending": {
                "LoadBalancerArn": arns["pending"], **units(300)},
            "PriorRequestNotComplete": {
                "LoadBalancerArn": arns["reset"], **units(300)},
            "CapacityDecreaseRequestLimitExceeded": {
                "LoadBalancerArn": arns["decreased"], **units(100)},
        },
        "CreateListener": {
            **actions(arns, **http),
            "DuplicateListener": dict(http, Port=80,
                                      DefaultActions=answer_with("other")),
            "TooManyListeners": dict(http, LoadBalancerArn=arns["in"]),
            "TooManyCertificates": dict(https, Certificates=[one, one]),
            "LoadBalancerNotFound": dict(http, **no_lb),
            "InvalidConfigurationRequest": dict(
                http, MutualAuthentication={"Mode": "passthrough"}),
            "IncompatibleProtocols": dict(
                http, DefaultActions=forward_to(arns["grpc"])),
            "SSLPolicyNotFound": dict(https, SslPolicy="no"),
            "CertificateNotFound": dict(https, Certificates=[none]),
            "UnsupportedProtocol": dict(http, Protocol="TCP"),
            "ALPNPolicyNotFound": dict(https, AlpnPolicy=["no"]),
            "TooManyTags": dict(http, Tags=tags),
            "TrustStoreNotFound": dict(https, MutualAuthentication=no_store),
            "TrustStoreNotReady": dict(https, MutualAuthentication=verify),
        },
        "ModifyListener": {
            **actions(arns, ListenerArn=web),
            "DuplicateListener": {"ListenerArn": web, "Port": 443},
            "TooManyListeners": {
                "ListenerArn": tls, "MutualAuthentication": {
                    "Mode": "verify", "TrustStoreArn": arns["ready"]}},
            "TooManyCertificates": {"ListenerArn": tls,
                                    "Certificates": [one, one]},
            "ListenerNotFound": no_listener,
            "IncompatibleProtocols": {"ListenerArn": tls, "Protocol": "HTTP"},
            "SSLPolicyNotFound": {"ListenerArn": tls, "SslPolicy": "no"},
            "CertificateNotFound": {"ListenerArn": tls,
                                    "Certificates": [none]},
            "InvalidConfigurationRequest": {
                "ListenerArn": tls, "MutualAuthentication": {"Mode": "verify"}},
            "UnsupportedProtocol": {"ListenerArn": web, "Protocol": "UDP"},
            "ALPNPolicyNotFound": {"ListenerArn": tls, "AlpnPolicy": ["no"]},
            "TrustStoreNotFound": {"ListenerArn": tls,
                                   "MutualAuthentication": no_store},
            "TrustStoreNotReady": {"ListenerArn": tls,
                                   "MutualAuthentication": verify},
        },
        "DeleteListener": {
            "ListenerNotFound": no_listener,
            "ResourceInUse": {"ListenerArn": arns[81]},
        },
        "DescribeListeners": {
            "ListenerNotFound": {"ListenerArns": [NOWHERE["listener"]]},
            "LoadBalancerNotFound": no_lb,
            "UnsupportedProtocol": {"ListenerArns": [
                NOWHERE["listener"].replace("/app/", "/net/")]},
        },
        "DescribeListenerAttributes": {"ListenerNotFound": no_listener},
        "ModifyListenerAttributes": {
            "ListenerNotFound": dict(no_listener, Attributes=[]),
            "InvalidConfigurationRequest": {"ListenerArn": web,
                                            "Attributes": foreign},
        },
        "AddListenerCertificates": {
            "ListenerNotFound": dict(no_listener, Certificates=[one]),
            "TooManyCertificates": {"ListenerArn": tls, "Certificates": [one]},
            "CertificateNotFound": {"ListenerArn": tls,
                                    "Certificates": [none]},
        },
        "RemoveListenerCertificates": {
            "ListenerNotFound": dict(no_listener, Certificates=[one]),
            "OperationNotPermitted": {"ListenerArn": tls,
                                      "Certificates": [one]},
        },
        "DescribeListenerCertificates": {"ListenerNotFound": no_listener},
        "AddTags": {
            **{code: {"ResourceArns": [arn], "Tags": [{"Key": "a"}]}
               for code, arn in unknown.items()},
            "DuplicateTagKeys": {"ResourceArns": [edge], "Tags": two_tags},
            "TooManyTags": {"ResourceArns": [edge], "Tags": tags},
        },
        "RemoveTags": {
            **{code: {"ResourceArns": [arn], "TagKeys": ["a"]}
               for code, arn in unknown.items()},
            "TooManyTags": {"ResourceArns": [edge],
                            "TagKeys": [t["Key"] for t in tags]},
        },
        "DescribeTags": {code: {"ResourceArns": [arn]}
                         for code, arn in unknown.items()},
        "DescribeSSLPolicies": {"SSLPolicyNotFound": {"Names": ["no"]}},
        "GetResourcePolicy": {
            "ResourceNotFound": {"ResourceArn": NOWHERE["store"]}},
    }


def units(n):
    return {"MinimumLoadBalancerCapacity": {"CapacityUnits": n}}


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: Apache-2.0
"""wafv2: what its tests stand on.

    class Some(waf.Case):
        self.waf("list-ip-sets", ...)       the aws command
        self.client.list_ip_sets(...)       boto3
        self.refused(code, "get-ip-set" ..) the command's AwsError
        self.error(self.client.x, ...)      what boto3 has of an error
"""

import base64
import json
import shutil
import subprocess

import aws

UUID = r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"
ACCOUNT = "000000000000"


def command_version():
    """Of the aws command; "" without one."""
    path = shutil.which("aws")
    if not path:
        return ""
    said = subprocess.run([path, "--version"], capture_output=True,
                          env=aws.environment(), check=True)
    return said.stdout.decode().partition("/")[2].partition(" ")[0]


VERSION_1 = command_version().startswith("1.")


def plain(text):
    """A SearchString as the command has it: in base64."""
    return base64.b64encode(text).decode()


def printed(value):
    """As the command prints it: bytes in base64."""
    return json.loads(json.dumps(value, default=plain))


def sendable(value):
    """What was printed as the command reads it: version 2 as it is, version 1
    puts what it reads into base64 itself."""
    if isinstance(value, list):
        return [sendable(v) for v in value]
    if isinstance(value, dict):
        return {k: base64.b64decode(v).decode()
                if k == "SearchString" and VERSION_1 else sendable(v)
                for k, v in value.items()}
    return value


def visibility(name):
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True,
            "MetricName": name}


def rule(name, priority, statement, **more):
    """A rule; it blocks unless `more` says what it does."""
    if not {"Action", "OverrideAction"} & set(more):
        more["Action"] = {"Block": {}}
    return {"Name": name, "Priority": priority, "Statement": statement,
            "VisibilityConfig": visibility(name), **more}


def balancer(api, name="guarded"):
    """(ARN, (host, port)) of a new load balancer that answers 200, by raw
    calls."""
    arn = api.call("CreateLoadBalancer", **{
        "Name": name, "Subnets.member.1": "subnet-a",
        "Subnets.member.2": "subnet-b"}).xml.findtext(".//LoadBalancerArn")
    made = api.call("CreateListener", **{
        "LoadBalancerArn": arn, "Protocol": "HTTP",
        "Port": str(aws.free_port()),
        "DefaultActions.member.1.Type": "fixed-response",
        "DefaultActions.member.1.FixedResponseConfig.StatusCode": "200"})
    return arn, api.where(made.xml.findtext(".//ListenerArn"))


# Actions that only AWS has.
REFUSED = {
    "ListManagedRuleSets", "GetManagedRuleSet", "PutManagedRuleSetVersions",
    "UpdateManagedRuleSetVersionExpiryDate", "GenerateMobileSdkReleaseUrl",
    "GetMobileSdkRelease", "ListMobileSdkReleases", "GetRevenueStatistics",
    "GetRevenueStatisticsSummary", "GetRevenueStatisticsTimeSeries",
    "ListSettlementRecords", "GetTopPathStatisticsByTraffic",
    "DeleteFirewallManagerRuleGroups"}


class Case(aws.ApiCase):

    def waf(self, *words):
        return self.api.aws("wafv2", *words)

    @property
    def client(self):
        return self.api.client("wafv2")

    def refused(self, code, *words):
        with self.assertRaises(aws.AwsError) as raised:
            self.waf(*words)
        self.assertEqual(raised.exception.code, code, raised.exception)
        return raised.exception

    def error(self, call, **given):
        aws.boto3()
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as raised:
            call(**given)
        return raised.exception.response

    def ip_set(self, name, addresses=(), **more):
        """The Summary of a new one."""
        return self.client.create_ip_set(
            Name=name, Scope="REGIONAL", IPAddressVersion="IPV4",
            Addresses=list(addresses), **more)["Summary"]

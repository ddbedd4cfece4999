#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AWS's newest SDK for JavaScript calls every action of wafv2's model: answers
are checked against its schemas, faults are its classes (tests/clients/waf.js)."""
import unittest

from aws import Api     # and where our other tests stand

import node
import rig

ACTIONS = 59
# What only AWS has.
REFUSED = {
    "ListManagedRuleSets", "GetManagedRuleSet", "PutManagedRuleSetVersions",
    "UpdateManagedRuleSetVersionExpiryDate", "GenerateMobileSdkReleaseUrl",
    "GetMobileSdkRelease", "ListMobileSdkReleases", "GetRevenueStatistics",
    "GetRevenueStatisticsSummary", "GetRevenueStatisticsTimeSeries",
    "ListSettlementRecords", "GetTopPathStatisticsByTraffic",
    "DeleteFirewallManagerRuleGroups"}
FAULTS = {
    "ValidationException",
    "WAFAssociatedItemException", "WAFConfigurationWarningException",
    "WAFDuplicateItemException", "WAFExpiredManagedRuleGroupVersionException",
    "WAFInvalidOperationException", "WAFInvalidParameterException",
    "WAFInvalidPermissionPolicyException", "WAFInvalidResourceException",
    "WAFLimitsExceededException", "WAFNonexistentItemException",
    "WAFOptimisticLockException", "WAFSubscriptionNotFoundException",
    "WAFUnsupportedAggregateKeyTypeException"}


@node.needs("@aws-sdk/client-wafv2")
class EveryAction(unittest.TestCase):
    def setUp(self):
        self.sluice = Api("--state", "memory", "--port", "80=0")
        self.addCleanup(self.sluice.kill)

    def balancer(self):
        """(ARN, port) of a load balancer that answers 200."""
        made = self.sluice.call("CreateLoadBalancer", **{
            "Name": "sdk", "Subnets.member.1": "subnet-a",
            "Subnets.member.2": "subnet-b"})
        arn = made.xml.findtext(".//LoadBalancerArn")
        made = self.sluice.call("CreateListener", **{
            "LoadBalancerArn": arn, "Protocol": "HTTP", "Port": "80",
            "DefaultActions.member.1.Type": "fixed-response",
            "DefaultActions.member.1.FixedResponseConfig.StatusCode": "200"})
        return arn, self.sluice.where(made.xml.findtext(".//ListenerArn"))[1]

    # 106, 107, 108.
    def test_every_action_of_the_model_is_answered_in_its_shape(self):
        seen = node.ask("waf.js", self.sluice.url, *self.balancer())
        self.assertEqual(seen["wrong"], [])
        self.assertEqual(seen["uncovered"], [])
        self.assertGreaterEqual(seen["actions"], ACTIONS)
        self.assertEqual(seen["actions"] - len(seen["calls"]), len(REFUSED))
        self.assertFalse(REFUSED & set(seen["calls"]))
        self.assertEqual({f for faults in seen["faults"].values()
                          for f in faults}, FAULTS)
        self.sluice.stop()


if __name__ == "__main__":
    rig.main()

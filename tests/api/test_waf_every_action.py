#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AWS's newest SDK for JavaScript calls every action of wafv2's model: answers
are checked against its schemas, faults are its classes (tests/clients/waf.js)."""
import unittest

from aws import Api     # and where our other tests stand

import node
import rig
import waf

ACTIONS = 59
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
        self.sluice = Api("--state", "memory")
        self.addCleanup(self.sluice.kill)

    # 106, 107, 108.
    def test_every_action_of_the_model_is_answered_in_its_shape(self):
        arn, (_, port) = waf.balancer(self.sluice)
        seen = node.ask("waf.js", self.sluice.url, arn, port)
        self.assertEqual(seen["wrong"], [])
        self.assertEqual(seen["uncovered"], [])
        self.assertGreaterEqual(seen["actions"], ACTIONS)
        self.assertEqual(seen["actions"] - len(seen["calls"]), len(waf.REFUSED))
        self.assertFalse(waf.REFUSED & set(seen["calls"]))
        self.assertEqual({f for faults in seen["faults"].values()
                          for f in faults}, FAULTS)
        self.sluice.stop()


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AWS's newest SDK for JavaScript calls CloudWatch's actions on alarms, by CBOR
(tests/clients/cloudwatch_alarms.js)."""
import unittest

from aws import Api     # and where our other tests stand

import node
import rig

ACTIONS = {"PutMetricAlarm", "PutCompositeAlarm", "DescribeAlarms",
           "DescribeAlarmsForMetric", "DescribeAlarmHistory", "SetAlarmState",
           "EnableAlarmActions", "DisableAlarmActions", "DeleteAlarms",
           "TagResource", "UntagResource", "ListTagsForResource"}


@node.needs("@aws-sdk/client-cloudwatch")
class Sdk(unittest.TestCase):
    def test_every_action_on_alarms_is_answered_in_its_shape(self):
        with Api() as sluice:
            seen = node.ask("cloudwatch_alarms.js", sluice.url)
        self.assertEqual(seen["wrong"], [])
        self.assertEqual(ACTIONS - set(seen["calls"]), set())


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Terraform makes, changes and destroys alarms of CloudWatch."""
import aws
import rig
from terraform_command import RealCase, Terraform

# Starts first.

class Alarms(RealCase):
    def setUp(self):
        self.api = aws.Api()
        self.addCleanup(self.api.stop)
        self.terraform = Terraform("alarms", "http://%s:%d" % (
            self.api.api_host, self.api.api_port), {})
        self.addCleanup(self.terraform.close)
        self.client = self.api.client("cloudwatch")

    def described(self):
        found = self.client.describe_alarms(
            AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return {a["AlarmName"]: a
                for a in found["MetricAlarms"] + found["CompositeAlarms"]}

    def test_alarms_of_the_provider(self):
        self.terraform.apply(1)
        found = self.described()
        self.assertEqual(set(found), {"errors", "slow", "share", "page"})
        self.assertEqual(found["errors"]["DatapointsToAlarm"], 3)
        self.assertEqual(found["slow"]["ExtendedStatistic"], "p99")
        self.terraform.apply(2)
        self.terraform.unchanged()
        found = self.described()
        self.assertEqual((found["errors"]["Threshold"],
                          found["errors"]["ActionsEnabled"]), (10.5, False))
        self.assertEqual(found["slow"]["ExtendedStatistic"], "p99.9")
        self.assertEqual(found["page"]["AlarmRule"],
                         "ALARM(errors) AND ALARM(share)")
        self.assertEqual(self.client.list_tags_for_resource(
            ResourceARN=found["share"]["AlarmArn"])["Tags"],
            [{"Key": "Stage", "Value": "2"}])
        self.terraform.destroy()
        self.assertEqual(self.described(), {})


if __name__ == "__main__":
    rig.main()

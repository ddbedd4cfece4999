#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Starts first.
"""An alarm of the template watches what the load balancer does: the minute in
which it answered with errors makes it an ALARM, without anybody asking. That
takes a minute of the clock."""
import time
import unittest

import aws
import rig

TEMPLATE = """
Resources:
  Lb:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Name: edge}
  Web:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Lb
      Port: %d
      Protocol: HTTP
      DefaultActions:
        - Type: fixed-response
          FixedResponseConfig: {StatusCode: 503}
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: errors
      Namespace: AWS/ApplicationELB
      MetricName: HTTP_Fixed_Response_Count
      Dimensions:
        - {Name: LoadBalancer, Value: !GetAtt Lb.LoadBalancerFullName}
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      DatapointsToAlarm: 1
      Threshold: 3
      ComparisonOperator: GreaterThanOrEqualToThreshold
  Above:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties: {AlarmName: above, AlarmRule: !Sub 'ALARM("${Errors}")'}
"""


class Minute(unittest.TestCase):
    def test_a_minute_with_errors_is_an_alarm(self):
        port = aws.free_port()
        with aws.Api(template=TEMPLATE % port) as api:
            client = api.client("cloudwatch")
            if time.time() % 60 > 55:       # all of it in one minute
                time.sleep(60 - time.time() % 60)
            for _ in range(5):
                with rig.Client("127.0.0.1", port) as browser:
                    self.assertEqual(browser.ask("/").status, 503)
            found = client.describe_alarms(
                AlarmTypes=["MetricAlarm", "CompositeAlarm"])
            self.assertEqual(found["MetricAlarms"][0]["StateValue"],
                             "INSUFFICIENT_DATA")

            def is_alarm():
                return client.describe_alarms(StateValue="ALARM")[
                    "MetricAlarms"]
            rig.until(is_alarm, lambda: "an alarm", 60 + rig.PATIENCE)
            self.assertRegex(is_alarm()[0]["StateReason"],
                             r"1 out of the last 1 datapoints \[5\.0 \(")
            self.assertEqual(client.describe_alarms(
                AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0][
                    "StateValue"], "ALARM")


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alarms by `aws cloudwatch` and boto3."""
import datetime
import json
import os
import tempfile
import time
import unittest

import aws
import rig

ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"
TERMS = {"Namespace": "Shop", "MetricName": "Errors", "Statistic": "Sum",
         "Dimensions": [{"Name": "host", "Value": "a"}], "Period": 60,
         "EvaluationPeriods": 1, "Threshold": 5.0,
         "ComparisonOperator": "GreaterThanOrEqualToThreshold"}
TEMPLATE = """
Resources:
  Pager:
    Type: AWS::SNS::Topic
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: from-template
      Namespace: AWS/ApplicationELB
      MetricName: HTTPCode_ELB_5XX_Count
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Pager]
"""


class Alarms(aws.ApiCase):
    template = TEMPLATE

    def setUp(self):
        self.client = self.api.client("cloudwatch")

    def alarm(self, name, **more):
        """Makes one, and what is told of it."""
        terms = {**TERMS, **more}
        self.client.put_metric_alarm(
            AlarmName=name, **{k: v for k, v in terms.items()
                               if v is not None})
        return self.one(name)

    def one(self, name):
        found = self.client.describe_alarms(AlarmNames=[name])
        self.assertEqual(len(found["MetricAlarms"]), 1)
        return found["MetricAlarms"][0]

    def composite(self, name):
        found = self.client.describe_alarms(
            AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
        self.assertEqual(found["MetricAlarms"], [])
        return found["CompositeAlarms"][0]

    def summaries(self, name, **more):
        found = self.client.describe_alarm_history(
            AlarmName=name, ScanBy="TimestampAscending", **more)
        return [i["HistorySummary"] for i in found["AlarmHistoryItems"]]

    def report(self, value, minutes_ago=1, **more):
        """A value of a minute that is over."""
        datum = {"MetricName": "Errors", "Value": value,
                 "Dimensions": [{"Name": "host", "Value": "a"}],
                 "Timestamp": datetime.datetime.fromtimestamp(
                     time.time() // 60 * 60 - 60 * minutes_ago,
                     datetime.timezone.utc), **more}
        self.client.put_metric_data(Namespace="Shop", MetricData=[datum])

    # ---- what there is -------------------------------------------------------
    def test_an_alarm_goes_round(self):
        told = self.alarm(
            "round", AlarmDescription="too many", DatapointsToAlarm=1,
            TreatMissingData="ignore", Unit="Count", ActionsEnabled=False,
            AlarmActions=["arn:aws:sns:us-east-1:000000000000:Pager"],
            OKActions=["arn:aws:lambda:us-east-1:1:function:x"])
        for name, value in TERMS.items():
            self.assertEqual(told[name], value, name)
        self.assertEqual(told["AlarmArn"], ARN + "round")
        self.assertEqual(told["AlarmDescription"], "too many")
        self.assertEqual(told["TreatMissingData"], "ignore")
        self.assertEqual(told["DatapointsToAlarm"], 1)
        self.assertFalse(told["ActionsEnabled"])
        self.assertEqual(told["AlarmActions"],
                         ["arn:aws:sns:us-east-1:000000000000:Pager"])
        self.assertEqual(told["StateValue"], "INSUFFICIENT_DATA")
        self.assertEqual(told["StateReason"],
                         "Unchecked: Initial alarm creation")
        self.assertLess(abs(told["StateUpdatedTimestamp"].timestamp()
                            - time.time()), 60)
        self.assertEqual(self.summaries("round"), ['Alarm "round" created'])
        self.client.delete_alarms(AlarmNames=["round"])
        self.assertEqual(
            self.client.describe_alarms(AlarmNames=["round"])["MetricAlarms"],
            [])
        self.assertEqual(self.summaries("round"),
                         ['Alarm "round" created', 'Alarm "round" deleted'])

    def test_the_command_reads_and_writes_the_same(self):
        self.api.aws("cloudwatch", "put-metric-alarm", "--alarm-name",
                     "by-command", "--namespace", "Shop", "--metric-name",
                     "Errors", "--extended-statistic", "p99", "--period", "300",
                     "--evaluation-periods", "3", "--datapoints-to-alarm", "2",
                     "--threshold", "0.25", "--comparison-operator",
                     "LessThanThreshold", "--treat-missing-data",
                     "notBreaching", "--evaluate-low-sample-count-percentile",
                     "ignore")
        told = self.api.aws("cloudwatch", "describe-alarms", "--alarm-names",
                            "by-command")["MetricAlarms"][0]
        self.assertEqual(told["ExtendedStatistic"], "p99")
        self.assertNotIn("Statistic", told)
        self.assertEqual(told["EvaluateLowSampleCountPercentile"], "ignore")
        self.assertEqual(told["Threshold"], 0.25)
        self.assertEqual(told["StateValue"], "OK")
        self.assertEqual(
            told["StateReason"], "Threshold Crossed: no datapoints were "
            "received for 3 periods and 3 missing datapoints were treated as "
            "[NonBreaching].")

    def test_a_template_has_alarms_too(self):
        told = self.one("from-template")
        self.assertEqual(told["AlarmActions"],
                         ["arn:aws:sns:us-east-1:000000000000:Pager"])
        self.assertEqual(told["StateValue"], "INSUFFICIENT_DATA")

    def test_an_alarm_of_a_math_goes_round(self):
        metrics = [
            {"Id": "e1", "Expression": "100 * m1 / 4", "Label": "rate",
             "ReturnData": True},
            {"Id": "m1", "ReturnData": False, "MetricStat": {
                "Metric": {"Namespace": "Shop", "MetricName": "Errors",
                           "Dimensions": [{"Name": "host", "Value": "a"}]},
                "Period": 60, "Stat": "Sum"}}]
        self.client.put_metric_alarm(
            AlarmName="math", EvaluationPeriods=1, Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold", Metrics=metrics)
        told = self.one("math")
        self.assertEqual(told["Metrics"], metrics)
        self.assertNotIn("MetricName", told)

    def test_the_status_shows_alarms(self):
        self.alarm("shown", TreatMissingData="ignore")
        self.client.set_alarm_state(AlarmName="shown", StateValue="ALARM",
                                    StateReason="seen by all")
        shown = {a["AlarmName"]: a for a in json.loads(
            self.api.api("/status.json").body)["Alarms"]}["shown"]
        self.assertEqual(shown["StateValue"], "ALARM")
        self.assertEqual(shown["StateReason"], "seen by all")
        self.assertRegex(shown["StateTransitionedTimestamp"],
                         r"^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$")
        self.assertRegex(self.api.api("/status").body.decode(),
                         r"shown +ALARM +\S+Z +seen by all")

    # ---- states ----------------------------------------------------------------
    def test_data_that_breach_are_an_alarm(self):
        self.report(7.0, MetricName="Breaching")
        told = self.alarm("breached", MetricName="Breaching",
                          DatapointsToAlarm=1)
        self.assertEqual(told["StateValue"], "ALARM")
        self.assertRegex(
            told["StateReason"], r"^Threshold Crossed: 1 out of the last 1 "
            r"datapoints \[7\.0 \(\d\d/\d\d/\d\d \d\d:\d\d:00\)\] was greater "
            r"than or equal to the threshold \(5\.0\) \(minimum 1 datapoint "
            r"for OK -> ALARM transition\)\.$")
        data = json.loads(told["StateReasonData"])
        self.assertEqual(data["recentDatapoints"], [7.0])
        self.assertEqual(data["statistic"], "Sum")
        history = self.client.describe_alarm_history(
            AlarmName="breached", HistoryItemType="StateUpdate")
        data = json.loads(history["AlarmHistoryItems"][0]["HistoryData"])
        self.assertEqual(data["oldState"]["stateValue"], "INSUFFICIENT_DATA")
        self.assertEqual(data["newState"]["stateReason"], told["StateReason"])

    def test_a_changed_alarm_is_looked_at_again(self):
        self.report(7.0, MetricName="Changing")
        self.assertEqual(self.alarm("changed", MetricName="Changing")
                         ["StateValue"], "ALARM")
        told = self.alarm("changed", MetricName="Changing", Threshold=8.0)
        self.assertEqual(told["StateValue"], "OK")
        self.assertGreater(told["AlarmConfigurationUpdatedTimestamp"],
                           told["StateTransitionedTimestamp"]
                           - datetime.timedelta(seconds=5))
        self.assertEqual(self.summaries("changed"), [
            'Alarm "changed" created',
            "Alarm updated from INSUFFICIENT_DATA to ALARM",
            'Alarm "changed" updated', "Alarm updated from ALARM to OK"])

    def test_a_state_can_be_set(self):
        self.alarm("set", TreatMissingData="ignore", AlarmActions=[
            "arn:aws:automate:us-east-1:ec2:reboot"])
        self.client.set_alarm_state(
            AlarmName="set", StateValue="ALARM", StateReason="a drill",
            StateReasonData='{"why": "drill"}')
        told = self.one("set")
        self.assertEqual(told["StateValue"], "ALARM")
        self.assertEqual(told["StateReason"], "a drill")
        self.assertEqual(told["StateReasonData"], '{"why": "drill"}')
        self.assertEqual(self.summaries("set"), [
            'Alarm "set" created',
            "Alarm updated from INSUFFICIENT_DATA to ALARM",
            "Action arn:aws:automate:us-east-1:ec2:reboot not executed: "
            "Sluice runs no actions of this kind"])
        self.refused("InvalidFormat", self.client.set_alarm_state,
                     AlarmName="set", StateValue="OK", StateReason="",
                     StateReasonData="{")
        self.refused("ResourceNotFound", self.client.set_alarm_state,
                     AlarmName="nobody", StateValue="OK", StateReason="x")

    def test_actions_are_switched(self):
        self.alarm("switched")
        self.client.disable_alarm_actions(AlarmNames=["switched", "nobody"])
        self.assertFalse(self.one("switched")["ActionsEnabled"])
        self.client.enable_alarm_actions(AlarmNames=["switched"])
        self.assertTrue(self.one("switched")["ActionsEnabled"])

    # ---- composite alarms --------------------------------------------------------
    def test_a_composite_alarm_follows_its_children(self):
        self.alarm("child", TreatMissingData="ignore")
        self.client.put_composite_alarm(
            AlarmName="both", AlarmRule='ALARM("child") AND TRUE',
            AlarmDescription="d")
        told = self.composite("both")
        self.assertEqual(told["StateValue"], "OK")
        self.assertEqual(told["StateReason"], ARN + "both was created and its "
                         "alarm rule evaluates to OK")
        self.assertEqual(told["AlarmRule"], 'ALARM("child") AND TRUE')
        self.client.set_alarm_state(AlarmName="child", StateValue="ALARM",
                                    StateReason="x")
        told = self.composite("both")
        self.assertEqual(told["StateValue"], "ALARM")
        self.assertRegex(told["StateReason"], "^" + ARN + "child transitioned "
                         r"to ALARM at \w+day \d\d \w+, \d{4} [\d:]+ UTC$")
        children = self.client.describe_alarms(ChildrenOfAlarmName="both")
        self.assertEqual([a["AlarmName"] for a in children["MetricAlarms"]],
                         ["child"])
        parents = self.client.describe_alarms(ParentsOfAlarmName="child")
        self.assertEqual([a["AlarmName"] for a in parents["CompositeAlarms"]],
                         ["both"])
        message = self.refused("ValidationError", self.client.delete_alarms,
                               AlarmNames=["child"])
        self.assertIn('names the alarm "child", which does not exist', message)
        self.client.delete_alarms(AlarmNames=["child", "both"])

    def test_a_suppressor_is_told_as_it_was_given(self):
        self.alarm("quiet", TreatMissingData="ignore")
        for given in ("quiet", ARN + "quiet"):
            self.client.put_composite_alarm(
                AlarmName="loud", AlarmRule="FALSE", ActionsSuppressor=given,
                ActionsSuppressorWaitPeriod=1,
                ActionsSuppressorExtensionPeriod=1)
            self.assertEqual(self.composite("loud")["ActionsSuppressor"],
                             given)
        self.client.delete_alarms(AlarmNames=["quiet", "loud"])

    def test_a_wrong_rule_is_refused(self):
        message = self.refused(
            "ValidationError", self.client.put_composite_alarm,
            AlarmName="wrong", AlarmRule="ALARM(from-template) AND")
        self.assertIn("AlarmRule is wrong", message)
        message = self.refused(
            "ValidationError", self.client.put_composite_alarm,
            AlarmName="wrong", AlarmRule="ALARM(wrong)")
        self.assertIn("depends on itself", message)

    # ---- lists ---------------------------------------------------------------------
    def test_alarms_are_listed_by_pages(self):
        names = ["page-%02d" % i for i in range(7)]
        for name in names:
            self.alarm(name)
        pages = self.client.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix="page-", PaginationConfig={"PageSize": 3})
        found = [[a["AlarmName"] for a in p["MetricAlarms"]] for p in pages]
        self.assertEqual(found, [names[:3], names[3:6], names[6:]])
        self.refused("InvalidNextToken", self.client.describe_alarms,
                     NextToken="banana")
        self.client.delete_alarms(AlarmNames=names)

    def test_alarms_are_filtered(self):
        self.alarm("filter-a", AlarmActions=["arn:aws:sns:x"])
        self.alarm("filter-b", TreatMissingData="breaching",
                   OKActions=["arn:aws:lambda:x"])
        self.client.set_alarm_state(AlarmName="filter-b", StateValue="ALARM",
                                    StateReason="x")
        for given, wanted in [
                ({"StateValue": "ALARM"}, ["filter-b"]),
                ({"StateValue": "OK"}, []),
                ({"ActionPrefix": "arn:aws:sns"}, ["filter-a"]),
                ({"ActionPrefix": "arn:"}, ["filter-a", "filter-b"]),
                ({"AlarmTypes": ["CompositeAlarm"]}, []),
                ({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
                 ["filter-a", "filter-b"])]:
            found = self.client.describe_alarms(AlarmNamePrefix="filter-",
                                                **given)
            self.assertEqual([a["AlarmName"] for a in found["MetricAlarms"]],
                             wanted, given)

    def test_alarms_of_a_metric_are_found(self):
        self.alarm("of-metric", MetricName="Found")
        found = self.client.describe_alarms_for_metric(
            Namespace="Shop", MetricName="Found",
            Dimensions=[{"Name": "host", "Value": "a"}])
        self.assertEqual([a["AlarmName"] for a in found["MetricAlarms"]],
                         ["of-metric"])
        for other in ({"Statistic": "Average"}, {"Period": 300},
                      {"Dimensions": []}):
            found = self.client.describe_alarms_for_metric(**{
                "Namespace": "Shop", "MetricName": "Found",
                "Dimensions": [{"Name": "host", "Value": "a"}], **other})
            self.assertEqual(found["MetricAlarms"], [], other)

    # ---- refusals ------------------------------------------------------------------
    def test_what_AWS_refuses_is_refused(self):
        for more, code, said in [
                ({"Period": 61}, "ValidationError", "Period is 61"),
                ({"DatapointsToAlarm": 2}, "ValidationError",
                 "DatapointsToAlarm is 2"),
                ({"Statistic": None}, "ValidationError", "neither Statistic"),
                ({"ExtendedStatistic": "p50"}, "ValidationError",
                 "both Statistic"),
                ({"Threshold": None}, "ValidationError",
                 "Threshold is missing"),
                ({"EvaluationPeriods": 1441}, "ValidationError",
                 "more than one day"),
                ({"TreatMissingData": "never"}, "ValidationError",
                 "TreatMissingData cannot be"),
                ({"ThresholdMetricId": "ad1"}, "ValidationError",
                 "Anomaly detection"),
                ({"Metrics": [{"Id": "e1", "Expression": "SEARCH('x', 'Sum')"}]},
                 "ValidationError", "SEARCH")]:
            with self.subTest(more):
                message = self.refused(code, self.alarm, name="refused",
                                       **more)
                self.assertIn(said, message)
        self.refused("ResourceNotFound", self.client.delete_alarms,
                     AlarmNames=["from-template", "nobody"])
        self.one("from-template")

    # ---- tags ----------------------------------------------------------------------
    def test_alarms_have_tags(self):
        self.alarm("tagged", Tags=[{"Key": "a", "Value": "1"},
                                   {"Key": "b", "Value": "2"}])
        arn = {"ResourceARN": ARN + "tagged"}
        self.client.tag_resource(Tags=[{"Key": "b", "Value": "3"}], **arn)
        self.client.untag_resource(TagKeys=["a"], **arn)
        self.alarm("tagged", Threshold=9.0)
        self.assertEqual(self.client.list_tags_for_resource(**arn)["Tags"],
                         [{"Key": "b", "Value": "3"}])
        self.refused("ResourceNotFoundException",
                     self.client.list_tags_for_resource,
                     ResourceARN=ARN + "nobody")


class Kept(unittest.TestCase):
    """An alarm of the API is a resource like others."""

    def test_alarms_outlive_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            state = ("--state", os.path.join(folder, "account.sqlite"))
            with aws.Api(*state) as api:
                api.client("cloudwatch").put_metric_alarm(AlarmName="kept",
                                                          **TERMS)
            with aws.Api(*state) as api:
                found = api.client("cloudwatch").describe_alarms()
        self.assertEqual([a["AlarmName"] for a in found["MetricAlarms"]],
                         ["kept"])

    def test_alarms_are_exported(self):
        with aws.Api() as api:
            client = api.client("cloudwatch")
            client.put_metric_alarm(AlarmName="kept", **TERMS)
            client.put_composite_alarm(AlarmName="above",
                                       AlarmRule="ALARM(kept)")
            exported = api.api("/config").body.decode()
        resources = json.loads(exported)["Resources"]
        self.assertEqual(sorted(r["Type"] for r in resources.values()),
                         ["AWS::CloudWatch::Alarm",
                          "AWS::CloudWatch::CompositeAlarm"])
        with aws.Api(template=exported) as api:
            found = api.client("cloudwatch").describe_alarms(
                AlarmTypes=["MetricAlarm", "CompositeAlarm"])
            self.assertEqual(found["MetricAlarms"][0]["AlarmArn"],
                             ARN + "kept")
            self.assertEqual(found["CompositeAlarms"][0]["AlarmRule"],
                             "ALARM(kept)")
            again = json.loads(api.api("/config").body)["Resources"]
            self.assertEqual(again, resources)


if __name__ == "__main__":
    rig.main()

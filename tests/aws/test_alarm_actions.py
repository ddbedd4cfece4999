#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What alarms tell others: topics of SNS (moto's, read from a queue of SQS), and
HTTP subscriptions of the template's topics, without AWS."""
import json
import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))

import aws  # noqa: E402
import calls  # noqa: E402
import moto  # noqa: E402
import rig  # noqa: E402

TERMS = {"Namespace": "Shop", "MetricName": "Errors", "Statistic": "Sum",
         "Dimensions": [{"Name": "host", "Value": "a"}], "Period": 60,
         "EvaluationPeriods": 1, "Threshold": 5.0, "TreatMissingData": "ignore",
         "ComparisonOperator": "GreaterThanOrEqualToThreshold"}
TOPIC = "arn:aws:sns:us-east-1:000000000000:"
TEMPLATE = """
Resources:
  Pager:
    Type: AWS::SNS::Topic
    Properties:
      Subscription:
        - {Protocol: http, Endpoint: '%(good)s/pager'}
        - {Protocol: sqs, Endpoint: 'arn:aws:sqs:us-east-1:1:queue'}
  Raw:
    Type: AWS::SNS::Topic
  ToRaw:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Raw
      Protocol: http
      Endpoint: '%(good)s/raw'
      RawMessageDelivery: true
  Broken:
    Type: AWS::SNS::Topic
    Properties:
      Subscription: [{Protocol: http, Endpoint: '%(good)s/broken'}]
  Nobody:
    Type: AWS::SNS::Topic
    Properties:
      Subscription: [{Protocol: http, Endpoint: 'http://127.0.0.1:1/'}]
  Mail:
    Type: AWS::SNS::Topic
    Properties:
      Subscription: [{Protocol: email, Endpoint: a@example.com}]
"""


class Case(unittest.TestCase):
    def alarm(self, name, action, **more):
        self.client.put_metric_alarm(AlarmName=name, AlarmActions=[action],
                                     **{**TERMS, **more})

    def set(self, name, state, reason="a drill"):
        self.client.set_alarm_state(AlarmName=name, StateValue=state,
                                    StateReason=reason)

    def acted(self, name):
        """Summaries of its actions."""
        found = self.client.describe_alarm_history(
            AlarmName=name, HistoryItemType="Action",
            ScanBy="TimestampAscending")
        return found["AlarmHistoryItems"]

    def until_acted(self, name, n=1):
        rig.until(lambda: len(self.acted(name)) >= n,
                  lambda: "%d actions of %s: %s" % (n, name, self.acted(name)),
                  rig.PATIENCE * 2)
        return self.acted(name)


class ByTopics(Case):
    @classmethod
    def setUpClass(cls):
        cls.moto = moto.Moto()
        cls.addClassCleanup(cls.moto.stop)
        cls.api = aws.Api("--publish", "sns",
                          environment=cls.moto.environment())
        cls.addClassCleanup(cls.api.stop)
        cls.client = cls.api.client("cloudwatch")
        sns, cls.sqs = cls.moto.client("sns"), cls.moto.client("sqs")
        cls.topic = sns.create_topic(Name="pager")["TopicArn"]
        cls.queue = cls.sqs.create_queue(QueueName="read")["QueueUrl"]
        sns.subscribe(TopicArn=cls.topic, Protocol="sqs",
                      Endpoint=cls.sqs.get_queue_attributes(
                          QueueUrl=cls.queue, AttributeNames=["QueueArn"])
                      ["Attributes"]["QueueArn"])

    def received(self):
        """Bodies that wait in the queue; they are taken out."""
        found = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self.sqs.delete_message(QueueUrl=self.queue,
                                    ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(m["Body"]) for m in found]

    def test_a_topic_is_told_once(self):
        self.alarm("told", self.topic, AlarmDescription="too many",
                   OKActions=[self.topic])
        self.set("told", "ALARM", 'too "many" errors\u2026')
        self.set("told", "ALARM", "again")
        done = self.until_acted("told")
        self.assertEqual([i["HistorySummary"] for i in done],
                         ["Successfully executed action " + self.topic])
        bodies = self.received()
        self.assertEqual(len(bodies), 1)
        self.assertEqual(bodies[0]["Subject"],
                         'ALARM: "told" in US East (N. Virginia)')
        message = json.loads(bodies[0]["Message"])
        self.assertEqual(json.loads(done[0]["HistoryData"])[
            "publishedMessage"], bodies[0]["Message"])
        for name in ("AlarmConfigurationUpdatedTimestamp", "StateChangeTime"):
            self.assertRegex(message.pop(name),
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$")
        self.assertEqual(message, {
            "AlarmName": "told", "AlarmDescription": "too many",
            "AWSAccountId": "000000000000", "NewStateValue": "ALARM",
            "NewStateReason": 'too "many" errors\u2026',
            "Region": "US East (N. Virginia)",
            "AlarmArn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:told",
            "OldStateValue": "INSUFFICIENT_DATA", "OKActions": [self.topic],
            "AlarmActions": [self.topic], "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": "Errors", "Namespace": "Shop",
                "StatisticType": "Statistic", "Statistic": "SUM", "Unit": None,
                "Dimensions": [{"value": "a", "name": "host"}], "Period": 60,
                "EvaluationPeriods": 1, "ComparisonOperator":
                "GreaterThanOrEqualToThreshold", "Threshold": 5.0,
                "TreatMissingData": "ignore",
                "EvaluateLowSampleCountPercentile": ""}})
        self.set("told", "OK")
        self.until_acted("told", 2)
        message = json.loads(self.received()[0]["Message"])
        self.assertEqual([message["OldStateValue"], message["NewStateValue"]],
                         ["ALARM", "OK"])

    def test_a_topic_that_is_not_there_is_told_in_the_history(self):
        gone = self.topic.replace("pager", "gone")
        self.alarm("lost", gone)
        self.set("lost", "ALARM")
        item = self.until_acted("lost")[0]
        self.assertEqual(item["HistorySummary"],
                         "Failed to execute action " + gone)
        data = json.loads(item["HistoryData"])
        self.assertEqual(data["actionState"], "Failed")
        self.assertIn("Error Code: NotFound", data["error"])

    def test_disabled_actions_tell_nobody(self):
        self.alarm("still", self.topic, ActionsEnabled=False)
        self.set("still", "ALARM")
        self.alarm("loud", self.topic)
        self.set("loud", "ALARM")
        self.until_acted("loud")
        self.assertEqual(self.acted("still"), [])
        self.assertEqual([json.loads(b["Message"])["AlarmName"]
                          for b in self.received()], ["loud"])


class BySubscriptions(Case):
    @classmethod
    def setUpClass(cls):
        cls.service = calls.Service(
            lambda r: (500 if r.path == "/broken" else 200, {}, b""))
        cls.addClassCleanup(cls.service.__exit__)
        cls.api = aws.Api("--publish", "sns-http",
                          template=TEMPLATE % {"good": cls.service.url})
        cls.addClassCleanup(cls.api.stop)
        cls.client = cls.api.client("cloudwatch")

    def came(self, path):
        return [r for r in self.service.requests if r.path == path]

    def test_an_endpoint_gets_a_notification(self):
        self.alarm("local", TOPIC + "Pager")
        self.set("local", "ALARM")
        done = self.until_acted("local")
        self.assertEqual(done[0]["HistorySummary"],
                         "Successfully executed action " + TOPIC + "Pager")
        request, = self.came("/pager")
        head = request.headers
        self.assertEqual(request.method, "POST")
        self.assertEqual(head["x-amz-sns-message-type"], "Notification")
        self.assertEqual(head["x-amz-sns-topic-arn"], TOPIC + "Pager")
        self.assertEqual(head["Content-Type"], "text/plain; charset=UTF-8")
        body = json.loads(request.body)
        self.assertEqual(head["x-amz-sns-message-id"], body["MessageId"])
        self.assertRegex(body["MessageId"], r"^[0-9a-f]{8}-[0-9a-f]{4}-4")
        self.assertEqual(sorted(body), ["Message", "MessageId", "Subject",
                                        "Timestamp", "TopicArn", "Type"])
        self.assertEqual(body["Type"], "Notification")
        self.assertEqual(body["Subject"],
                         'ALARM: "local" in US East (N. Virginia)')
        self.assertTrue(re.match(r"^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$",
                                 body["Timestamp"]))
        self.assertEqual(json.loads(body["Message"])["AlarmName"], "local")

    def test_a_raw_one_gets_the_message(self):
        self.client.put_composite_alarm(
            AlarmName="always", AlarmRule="TRUE",
            AlarmActions=[TOPIC + "Raw"])
        rig.until(
            lambda: self.came("/raw"), lambda: "a message", rig.PATIENCE)
        message = json.loads(self.came("/raw")[0].body)
        self.assertEqual(message["AlarmRule"], "TRUE")
        self.assertNotIn("Trigger", message)

    # Retries wait for 2 s each.
    def test_what_fails_is_tried_three_times(self):
        self.alarm("broken", TOPIC + "Broken")
        self.alarm("unheard", TOPIC + "Nobody")
        self.set("broken", "ALARM")
        self.set("unheard", "ALARM")
        data = json.loads(self.until_acted("broken")[0]["HistoryData"])
        self.assertEqual(data["error"],
                         self.service.url + "/broken answered 500")
        self.assertEqual(len(self.came("/broken")), 3)
        data = json.loads(self.until_acted("unheard")[0]["HistoryData"])
        self.assertIn("http://127.0.0.1:1/: ", data["error"])

    def test_what_only_AWS_can_deliver_is_not_run(self):
        self.alarm("mail", TOPIC + "Mail")
        self.set("mail", "ALARM")
        self.assertEqual(self.acted("mail")[0]["HistorySummary"],
                         "Action " + TOPIC + "Mail not executed: nobody said "
                         "--publish sns")


if __name__ == "__main__":
    rig.main()

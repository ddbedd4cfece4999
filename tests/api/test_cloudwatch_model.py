#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each member of the inputs of CloudWatch's actions, by botocore's model, sent
as each other kind of value in JSON and in CBOR: what is read is refused as AWS
refuses it, and so nothing that AWS reads goes unread."""
import json
import struct
import unittest

import aws
import cloudwatch
import rig
from test_model import model
from test_waf_model import Model

CLOUDWATCH = "cloudwatch/2010-08-01"
ACTIONS = ("PutMetricData", "GetMetricData", "GetMetricStatistics",
           "ListMetrics", "PutMetricAlarm", "PutCompositeAlarm",
           "DescribeAlarms", "DescribeAlarmsForMetric", "DescribeAlarmHistory",
           "DeleteAlarms", "SetAlarmState", "EnableAlarmActions",
           "DisableAlarmActions", "ListTagsForResource", "TagResource",
           "UntagResource")
# Which entity data is about is not kept: whatever it is, it is taken.
UNREAD = ("entityMetricData.1.member.entity",)
NO_LIST = "Start of list found where not expected"
NO_MAP = "Start of structure or map found where not expected."
# What a type is called, and the values (by their own names) that it takes.
TYPES = {
    "string": ("a String", "STRING"), "integer": ("an Integer", "NUMBER"),
    "double": ("a Double", "NUMBER"), "boolean": ("a Boolean", "TRUE"),
    "timestamp": ("milliseconds since epoch", "NUMBER")}
VALUES = {"STRING": "banana", "NUMBER": 1, "TRUE": True, "list": [],
          "structure": {}}


def expected(kind, value):
    """What AWS says of a value where that type is wanted; None: it fits."""
    if kind == value or kind == "map" and value == "structure":
        return None
    if value in ("list", "structure"):
        return NO_LIST if value == "list" else NO_MAP
    if kind == "list":
        return "Expected list or null"
    if kind in ("structure", "map"):
        return "Expected null"
    called, fits = TYPES[kind]
    return None if value == fits else "%s_VALUE can not be converted to %s" % (
        value, called)


def cbor(value):
    """RFC 8949, as short as it goes."""
    def head(major, n):
        if n < 24:
            return bytes([major << 5 | n])
        return bytes([major << 5 | 26]) + struct.pack(">I", n)
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(
        cbor(k) + cbor(v) for k, v in value.items())


class Kinds(aws.ConnectedCase):

    @classmethod
    def setUpClass(cls):
        cls.model = Model(model(CLOUDWATCH))
        super().setUpClass()

    def by_json(self, action, body):
        target = "%s.%s" % (cloudwatch.TARGET, action)
        answer = self.post("/", {
            **aws.signed_head("monitoring", **{"X-Amz-Target": target}),
            "Content-Type": "application/x-amz-json-1.0"},
            json.dumps(body).encode())
        return answer.status, answer.code.split("#")[1], answer.message

    def by_cbor(self, action, body):
        answer = self.post(
            "/service/%s/operation/%s" % (cloudwatch.TARGET, action), {
                **aws.signed_head("monitoring"),
                "Smithy-Protocol": "rpc-v2-cbor",
                "Content-Type": "application/cbor"}, cbor(body))
        from botocore import parsers
        error = parsers.create_parser("smithy-rpc-v2-cbor").parse(
            {"status_code": answer.status, "body": answer.body,
             "headers": {k.lower(): v for k, v in answer.response.headers}},
            None)["Error"]
        return answer.status, error["Code"], error["Message"]

    def members(self, action):
        top = self.model.operations[action]["input"]["shape"]
        for path, name, put in self.model.members(top):
            if not path.startswith(UNREAD):
                yield path, self.model.shapes[name]["type"], put

    def check(self, send):
        known = 0
        for action in ACTIONS:
            for path, kind, put in self.members(action):
                for name, value in VALUES.items():
                    says = expected(kind, name)
                    if says is None:
                        continue
                    with self.subTest(action=action, member=path, value=name):
                        self.assertEqual(
                            send(action, put(value)),
                            (400, "SerializationException", says))
                        known += 1
        self.assertGreater(known, 400)

    def test_a_member_is_of_its_kind_in_json(self):
        self.check(self.by_json)

    def test_a_member_is_of_its_kind_in_cbor(self):
        self.check(self.by_cbor)


if __name__ == "__main__":
    rig.main()

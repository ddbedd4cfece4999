#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Actions of wafv2 and the shapes of their inputs, compared with botocore's
model.

Each member of the model is sent once as another kind of thing than it is: what
is known of it says that this cannot be.  And once with each value that its
bounds do not allow, all else being right: the answer must speak of this member
and of no other.
"""
import json
import re
import unittest

import aws
import rig
from test_model import VIOLATION, lower, model
from waf import REFUSED

WAFV2 = "wafv2/2019-07-29"
TARGET = "AWSWAF_20190729."

# What the newest client has, and not the botocore that is here.
NEWEST = {
    "Monetize", "MONETIZE", "MonetizationConfig", "AGENTCORE_GATEWAY",
    "PreParseTextTransformations", "UPPERCASE", "REMOVE_WHITESPACE", "TRIM",
    "TRIM_LEFT", "TRIM_RIGHT", "CMD_LINE_UNIX", "CMD_LINE_WIN", "SHA256",
    "REMOVE_COMMENTS_CHAR", "JS_DECODE_EXT"}

# Enumerations that the readers of rules know, not the shapes.
READERS = {"CountryCode"}

FITTING = {
    "EntityId": "11111111-2222-4333-8444-555555555555",
    "LockToken": "11111111-2222-4333-8444-555555555555",
    "ResourceArn": "arn:aws:wafv2:us-east-1:000000000000:regional/a/b/c",
    "EntityDescription": "abc", "LabelNamespace": "a:",
    "JsonPointerPath": "/a", "UriPathPrefixString": "/"}


class Model:
    def __init__(self, found):
        self.shapes, self.operations = found["shapes"], found["operations"]

    def fitting(self, name):
        """The least value of a shape that is right."""
        shape = self.shapes[name]
        kind = shape["type"]
        if name in FITTING:
            return FITTING[name]
        if "enum" in shape:
            return shape["enum"][0]
        if kind == "structure":
            return {m: self.fitting(shape["members"][m]["shape"])
                    for m in shape.get("required", [])
                    if m != "Statement" or name != "Rule"} | (
                        {"Statement": {}} if name == "Rule" else {})
        if kind == "list":
            return [self.fitting(shape["member"]["shape"])] * shape.get(
                "min", 0)
        if kind == "map":
            return {}
        if kind == "blob":
            return "YQ=="
        if kind in ("integer", "long", "double", "timestamp"):
            return shape.get("min", 1)
        return False if kind == "boolean" else "a" * max(1, shape.get("min", 1))

    def members(self, name):
        """(path, shape, put) of all members below a structure, each structure
        once: put(value) is the structure with this value there."""
        seen = set()

        def walk(name, path, put):
            if name in seen:
                return
            seen.add(name)
            for m, of in self.shapes[name]["members"].items():
                base = self.fitting(name)

                def put_member(value, base=base, m=m):
                    return put({**base, m: value})
                at = path + lower(m)
                yield at, of["shape"], put_member
                yield from self.inside(of["shape"], at, put_member, walk)
        yield from walk(name, "", lambda value: value)

    def inside(self, name, path, put, walk):
        shape = self.shapes[name]
        if shape["type"] == "structure":
            yield from walk(name, path + ".", put)
        elif shape["type"] == "list":
            element = shape["member"]["shape"]
            if self.shapes[element]["type"] == "structure":
                yield from walk(element, path + ".1.member.",
                                lambda v: put([v] * max(1, shape.get(
                                    "min", 1))))
        elif shape["type"] == "map":
            key = self.fitting(shape["key"]["shape"])
            element = shape["value"]["shape"]
            if self.shapes[element]["type"] == "structure":
                yield from walk(element, "%s.%s.member." % (path, key),
                                lambda v: put({key: v}))

    def structures(self, top):
        """The same of all structures: elements of lists and maps too."""
        yield "", top, lambda value: value
        for path, name, put in self.members(top):
            shape = self.shapes[name]
            if shape["type"] == "list":
                name, path = shape["member"]["shape"], path + ".1.member"

                def put(v, put=put, n=max(1, shape.get("min", 1))):
                    return put([v] * n)
            elif shape["type"] == "map":
                key = self.fitting(shape["key"]["shape"])
                name = shape["value"]["shape"]
                path = "%s.%s.member" % (path, key)

                def put(v, put=put, key=key):
                    return put({key: v})
            if self.shapes[name]["type"] == "structure":
                yield path, name, put

    def outside(self, name):
        """Values that a shape does not allow, each with what is said."""
        shape = self.shapes[name]
        low, high = shape.get("min"), shape.get("max")
        element = shape["type"] == "list" and self.fitting(
            shape["member"]["shape"])
        if shape["type"] == "list":
            if low:
                yield [], "length greater than or equal to %d" % low
            if high:
                yield [element] * (high + 1), \
                    "length less than or equal to %d" % high
            inner = self.shapes[shape["member"]["shape"]]
            if inner["type"] == "string" and "enum" not in inner:
                for value, says in self.outside(shape["member"]["shape"]):
                    yield [value] * max(1, low or 1), says
        elif shape["type"] in ("integer", "long"):
            if low:
                yield low - 1, "greater than or equal to %d" % low
            if high:
                yield high + 1, "less than or equal to %d" % high
        elif shape["type"] == "string" and "enum" not in shape:
            if high:
                yield "a" * (high + 1), "less than or equal to %d" % high
            wrong = unfitting(shape.get("pattern"))
            if wrong is not None:
                yield wrong * max(1, low or 1), shape["pattern"]


def unfitting(pattern):
    """A text that a pattern does not take; None: it takes all."""
    if pattern is None:
        return None
    if "\\p" in pattern:
        return "!"
    for text in ("!", " ", "\n"):
        if not re.fullmatch(pattern, text):
            return text
    return None


SAYS = {"list": "Expected list or null", "map": "Expected null",
        "structure": "Expected null"}
NO_MAP = "Start of structure or map found where not expected."


class Wafv2(aws.ConnectedCase):

    @classmethod
    def setUpClass(cls):
        cls.model = Model(model(WAFV2))
        super().setUpClass()

    def call(self, action, body):
        fields = {**aws.signed_head("wafv2", **{"X-Amz-Target":
                                                TARGET + action}),
                  "Content-Type": "application/x-amz-json-1.1"}
        return self.post("/", fields, json.dumps(body).encode())

    def violations(self, action, body):
        answer = self.call(action, body)
        self.assertEqual((answer.status, answer.code),
                         (400, "ValidationException"),
                         "%s: %s" % (body, answer.text))
        return {path: says for _, path, says
                in VIOLATION.findall(answer.message)}

    def strange(self, action, body):
        """What is said of a value of another kind."""
        answer = self.call(action, body)
        self.assertEqual((answer.status, answer.code),
                         (400, "SerializationException"),
                         "%s: %s" % (body, answer.text))
        return answer.message

    def actions(self):
        """Those that are served, with their inputs."""
        for name, operation in self.model.operations.items():
            if name not in REFUSED:
                yield name, operation["input"]["shape"]

    def test_every_action_is_known(self):
        for action in self.model.operations:
            with self.subTest(action):
                self.assertNotEqual(self.call(action, {}).code,
                                    "UnknownOperationException")
        self.assertEqual(self.call("GetBanana", {}).code,
                         "UnknownOperationException")

    def test_every_member_is_known(self):
        known = 0
        for action, top in self.actions():
            for path, name, put in self.model.members(top):
                kind = self.model.shapes[name]["type"]
                wrong = "banana" if kind in SAYS else {"banana": 1}
                with self.subTest(action=action, member=path):
                    self.assertEqual(self.strange(action, put(wrong)),
                                     SAYS.get(kind, NO_MAP))
                    known += 1
        self.assertGreater(known, 1000)

    def test_required_members_are_required(self):
        known = 0
        for action, top in self.actions():
            for path, name, put in self.model.structures(top):
                shape = self.model.shapes[name]
                if not shape.get("required"):
                    continue
                dot = path + "." if path else ""
                with self.subTest(action=action, structure=path):
                    self.assertEqual(
                        self.violations(action, put({})),
                        {dot + lower(m): "Member must not be null"
                         for m in shape["required"]})
                    known += 1
        self.assertGreater(known, 150)

    def test_bounds_and_patterns_are_those_of_the_model(self):
        known = 0
        for action, top in self.actions():
            for path, name, put in self.model.members(top):
                for value, says in self.model.outside(name):
                    with self.subTest(action=action, member=path,
                                      value=str(value)[:20]):
                        found = self.violations(action, put(value))
                        self.assertEqual(set(found), {path})
                        self.assertIn(says, found[path])
                        known += 1
        self.assertGreater(known, 500)

    def test_enumerations_have_the_words_of_the_model(self):
        known = set()
        for action, top in self.actions():
            for path, name, put in self.model.members(top):
                shape = self.model.shapes[name]
                listed = shape["type"] == "list"
                if listed:
                    name = shape["member"]["shape"]
                words = self.model.shapes[name].get("enum")
                if words is None or name in READERS or name in known:
                    continue
                known.add(name)
                with self.subTest(action=action, member=path):
                    found = self.violations(
                        action, put(["banana"] if listed else "banana"))
                    told = re.search(r"enum value set: \[([^\]]*)\]",
                                     found[path])
                    told = set(told.group(1).split(", "))
                    self.assertLessEqual(set(words), told)
                    self.assertLessEqual(told - set(words), NEWEST)
        self.assertGreater(len(known), 20)

    def test_what_the_newest_client_has_is_known(self):
        visibility = {"SampledRequestsEnabled": True, "MetricName": "a",
                      "CloudWatchMetricsEnabled": True}

        def rule(statement, action):
            return {"Scope": "REGIONAL", "Rules": [{
                "Name": "a", "Priority": 0, "VisibilityConfig": visibility,
                "Statement": statement, "Action": action}]}
        at = "rules.1.member."
        for path, says, body in (
                (at + "action.monetize.priceMultiplier", NO_MAP,
                 rule({}, {"Monetize": {"PriceMultiplier": {}}})),
                *((at + "statement.%s.preParseTextTransformations"
                   % lower(kind), SAYS["list"], rule({kind: {
                       "FieldToMatch": {}, "TextTransformations": [
                           {"Priority": 0, "Type": "NONE"}],
                       "PreParseTextTransformations": "banana", **more}}, {}))
                  for kind, more in (
                      ("XssMatchStatement", {}), ("SqliMatchStatement", {}),
                      ("SizeConstraintStatement",
                       {"ComparisonOperator": "EQ", "Size": 0}),
                      ("RegexMatchStatement", {"RegexString": "a"}),
                      ("RegexPatternSetReferenceStatement",
                       {"ARN": FITTING["ResourceArn"]}),
                      ("ByteMatchStatement",
                       {"SearchString": "YQ==",
                        "PositionalConstraint": "EXACTLY"})))):
            with self.subTest(path):
                self.assertEqual(self.strange("CheckCapacity", body), says)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Actions and the shapes of their inputs, compared with botocore's model.

Each member of the model is sent as another kind of thing than it is: who knows
it refuses it, who does not leaves it out.
"""
import gzip
import json
import os
import re
import unittest

import aws
import rig

VIOLATION = re.compile(r"Value (.*?) at '([^']*)' failed to satisfy "
                       r"constraint: (.*?)(?=; Value |\Z)", re.S)
ELBV2 = "elbv2/2015-12-01"


def model(name):
    try:
        import botocore
    except ImportError:
        raise unittest.SkipTest("needs botocore") from None
    path = os.path.join(os.path.dirname(botocore.__file__), "data", name,
                        "service-2.json")
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz") as file:
            return json.load(file)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def lower(name):
    return name[:1].lower() + name[1:]


class Member:
    """One of the model: how it is sent, and how errors call it."""

    def __init__(self, shapes, shape, wire, path):
        self.shapes, self.shape = shapes, shapes[shape]
        self.wire, self.path = wire, path
        self.kind = self.shape["type"]

    def wrong(self):
        """A parameter that it cannot be."""
        if self.kind in ("list", "structure"):
            return self.wire, "banana"
        if self.kind == "map":
            return self.wire + ".member.1", "banana"
        return self.wire + ".banana", "1"

    def says(self):
        return {"list": "Member must be a list",
                "structure": "Member must be a structure",
                "map": "Member must be a map"}.get(
                    self.kind, "Member must be a single value")

    def inner(self):
        """Members of what it holds."""
        shape, wire, path = self.shape, self.wire, self.path
        if self.kind == "list":
            shape = self.shapes[shape["member"]["shape"]]
            wire, path = wire + ".member.1", path + ".1.member"
        if shape["type"] != "structure":
            return
        for name, member in shape["members"].items():
            found = Member(self.shapes, member["shape"], wire + "." + name,
                           path + "." + lower(name))
            yield found
            yield from found.inner()

    def outside(self):
        """Values that its bounds and its pattern do not allow, each with what
        is said about it.  AWS's lists of plain values are `words`' business."""
        shape, low, high = self.shape, self.shape.get("min"), \
            self.shape.get("max")
        if "enum" in shape:
            return
        if self.kind == "integer":
            if low is not None:
                yield low - 1, "greater than or equal to %d" % low
            if high is not None:
                yield high + 1, "less than or equal to %d" % high
        elif self.kind == "string":
            if high:
                yield "a" * (high + 1), "less than or equal to %d" % high
            if "pattern" in shape:
                yield "!", shape["pattern"]

    def words(self):
        """Of an enumeration; None: it is none."""
        shape = self.shape
        if self.kind == "list":
            shape = self.shapes[shape["member"]["shape"]]
        return set(shape["enum"]) if "enum" in shape else None


class Elbv2(aws.ApiCase):

    @classmethod
    def setUpClass(cls):
        cls.model = model(ELBV2)
        super().setUpClass()

    def members(self, action):
        shapes = self.model["shapes"]
        top = shapes[self.model["operations"][action]["input"]["shape"]]
        for name, member in top["members"].items():
            found = Member(shapes, member["shape"], name, lower(name))
            yield found
            yield from found.inner()

    def violations(self, action, parameters):
        answer = self.api.call(action, **parameters)
        self.assertEqual((answer.status, answer.code),
                         (400, "ValidationError"),
                         "%s: %s" % (action, answer.text))
        return {path: (value, says) for value, path, says
                in VIOLATION.findall(answer.message)}

    def test_every_action_is_known(self):
        for action in self.model["operations"]:
            with self.subTest(action):
                self.assertNotEqual(self.api.call(action).code,
                                    "InvalidAction")

    def test_every_member_is_known(self):
        known = 0
        for action in self.model["operations"]:
            for m in self.members(action):
                with self.subTest(action=action, member=m.path):
                    found = self.violations(action, dict([m.wrong()]))
                    self.assertIn(m.path, found)
                    self.assertEqual(found[m.path][1], m.says())
                    known += 1
        self.assertGreater(known, 500)

    def test_required_members_are_required(self):
        shapes = self.model["shapes"]
        for action, operation in self.model["operations"].items():
            wanted = shapes[operation["input"]["shape"]].get("required", [])
            if not wanted:
                continue
            with self.subTest(action):
                found = self.violations(action, {})
                self.assertEqual(sorted(found),
                                 sorted(lower(name) for name in wanted))
                self.assertEqual({says for _, says in found.values()},
                                 {"Member must not be null"})

    def test_bounds_and_patterns_are_those_of_the_model(self):
        known = 0
        for action in self.model["operations"]:
            for m in self.members(action):
                for value, says in m.outside():
                    with self.subTest(action=action, member=m.path,
                                      value=str(value)[:20]):
                        found = self.violations(action, {m.wire: value})
                        self.assertIn(m.path, found)
                        self.assertIn(says, found[m.path][1])
                        known += 1
        self.assertGreater(known, 100)

    def test_enumerations_have_the_words_of_the_model(self):
        for action in self.model["operations"]:
            for m in self.members(action):
                words = m.words()
                if words is None:
                    continue
                wire = m.wire + (".member.1" if m.kind == "list" else "")
                with self.subTest(action=action, member=m.path):
                    found = self.violations(action, {wire: "banana"})
                    self.assertIn(m.path, found)
                    told = re.search(r"enum value set: \[([^\]]*)\]",
                                     found[m.path][1])
                    self.assertTrue(told, found[m.path])
                    self.assertEqual(set(told.group(1).split(", ")), words)


if __name__ == "__main__":
    rig.main()

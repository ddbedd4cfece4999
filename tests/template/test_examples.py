#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The templates in conf/, and templates as other tools write them, load."""
import glob
import json
import os
import re
import unittest

import tool
import rig
from stack import command

CONF = os.path.join(tool.TOP, "conf")
SHARED = os.path.join(tool.TOP, "..", "shared", "data", "templates")


class Examples(unittest.TestCase):

    def loads(self, file, *options):
        code, out, err = command("check", file, *options)
        found, _ = tool.problems(err)
        self.assertEqual((code, found), (0, []), err)
        self.assertRegex(out, r"(?m)^ok: [1-9]")
        return out

    def test_every_example_passes_a_strict_check(self):
        files = sorted(glob.glob(os.path.join(CONF, "*.yaml")))
        self.assertTrue(files)
        for file in files:
            with self.subTest(os.path.basename(file)):
                self.loads(file, "--strict")

    def test_every_example_says_how_it_is_run(self):
        for file in glob.glob(os.path.join(CONF, "*.yaml")):
            with open(file, encoding="utf-8") as text, \
                    self.subTest(os.path.basename(file)):
                self.assertRegex(text.read(), r"(?m)^#.*sluice serve ")

    def test_every_example_is_explained(self):
        for file in glob.glob(os.path.join(CONF, "*.yaml")):
            with self.subTest(os.path.basename(file)):
                code, out, err = command("explain", file, "GET", "/",
                                         "--json")
                self.assertEqual(code, 0, err)
                self.assertIn("rule", json.loads(out))


class Others(unittest.TestCase):
    """Written by other tools; each test is skipped when its file is not
    there."""

    def check(self, name, *options):
        file = os.path.join(SHARED, name)
        if not os.path.exists(file):
            self.skipTest("needs " + name)
        code, out, err = command("check", file, *options)
        found, _ = tool.problems(err)
        self.assertEqual([p for p in found if p.severity == "error"], [], err)
        self.assertEqual(code, 0, err)
        self.file = file
        return out, err, found

    def test_a_blue_green_service_of_ECS_loads(self):
        out, err, found = self.check("alb-ecs-bluegreen.template.json")
        self.assertEqual([p.severity for p in found], ["warning"] * len(found))
        self.assertRegex(out, r"ok: 1 load balancer, [1-9]")
        self.assert_flags(err)

    def test_a_service_deployed_by_CodeDeploy_loads(self):
        out, err, _ = self.check("alb-ecs-codedeploy.template.json")
        self.assertRegex(out, r"ok: 1 load balancer, [1-9]")
        self.assert_flags(err)

    def test_a_web_ACL_loads(self):
        file = os.path.join(SHARED, "wafv2-webacl.template.json")
        if os.path.exists(file):
            with open(file, encoding="utf-8") as text:
                self.assertIn("Resources", json.load(text))
        self.check("wafv2-webacl.template.json")

    def assert_flags(self, err):
        """The flags that `check` prints give every group its address."""
        flags = re.findall(r"--service (\S+)=HOST:PORT", err)
        self.assertTrue(flags, err)
        options = [w for number, name in enumerate(flags, 9001)
                   for w in ("--service", "%s=127.0.0.1:%d" % (name, number))]
        code, _, err = command("check", self.file, *options)
        self.assertEqual(code, 0, err)
        self.assertNotIn("has no address here", err)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sluice check`: what it says of broken templates, and how.

Each file of broken/ says what its first error is printed as, without the name
of the file, in its first line or in FILE.expect:

    # expect: 12:15: error: listener Web: Port is 0: it must be ...
    # options: --strict
"""
import json
import os
import re
import shlex
import tempfile
import unittest

import tool
import rig
from stack import (Stack, attributes, command, fixed, forward, header, host,
                   method, path, query, redirect, ref, regex, source_ip)

BROKEN = os.path.join(tool.HERE, "broken")


def broken():
    """(name, expected, options) of every file."""
    for name in sorted(os.listdir(BROKEN)):
        if name.endswith(".expect"):
            continue
        file = os.path.join(BROKEN, name)
        if os.path.exists(file + ".expect"):
            with open(file + ".expect", encoding="utf-8") as side:
                yield name, side.read().rstrip("\n"), []
            continue
        with open(file, encoding="utf-8", errors="replace") as text:
            lines = text.read().split("\n")
        if not lines[0].startswith("# expect: "):
            raise AssertionError(name + " does not say what is expected")
        options = []
        if lines[1].startswith("# options: "):
            options = shlex.split(lines[1].partition(": ")[2])
        yield name, lines[0].partition(": ")[2], options


def check(*arguments, stdin=None):
    return command("check", *arguments, stdin=stdin)


class Files(unittest.TestCase):

    def test_there_are_fifty_broken_templates_and_more(self):
        self.assertGreaterEqual(len(list(broken())), 50)

    def test_every_broken_template_says_what_is_wrong_with_it(self):
        for name, expected, options in broken():
            with self.subTest(name):
                code, out, err = check(os.path.join(BROKEN, name), *options)
                self.assertEqual((code, out), (65, ""), err)
                first = next(p.first for p in tool.problems(err)[0]
                             if p.severity == "error")
                self.assertEqual(
                    first[len(os.path.join(BROKEN, name)) + 1:].lstrip(),
                    expected.lstrip())

    def test_every_message_has_its_place_its_line_and_a_remedy(self):
        for name, _, options in broken():
            with self.subTest(name):
                file = os.path.join(BROKEN, name)
                with open(file, encoding="utf-8", errors="replace") as text:
                    lines = text.read().split("\n")
                _, _, err = check(file, *options)
                found, left = tool.problems(err)
                self.assertRegex(left[-1],
                                 r"\Asluice check: [0-9]+ errors?\Z")
                self.assertEqual(len(left), 1, left)
                for problem in found:
                    self.assertEqual(problem.file, file)
                    self.assertNotEqual(problem.remedy, "", problem)
                    self.assertRegex(problem.what, r"\A\S.*[^.\s]\Z")
                    if problem.line:
                        self.shows(problem, lines)

    def shows(self, problem, lines):
        """The line of the file, and the caret below the column."""
        line = lines[problem.line - 1].replace("\t", " ")
        self.assertIn(problem.source, line)
        self.assertTrue(problem.source or not line.strip(), problem)
        # Of a long line only what is around the column is shown.
        behind = problem.source[problem.caret - 1:]
        self.assertTrue(line[problem.column - 1:].startswith(behind), problem)
        if line.startswith(problem.source):
            self.assertEqual(problem.caret, problem.column, problem)
        self.assertLessEqual(problem.column, len(line) + 1)

    def test_json_says_the_same(self):
        for name, _, options in broken():
            with self.subTest(name):
                file = os.path.join(BROKEN, name)
                _, _, err = check(file, *options)
                code, out, more = check("--json", file, *options)
                self.assertEqual(code, 65)
                self.assertRegex(more, r"\Asluice check: [0-9]+ errors?\n\Z")
                self.assertEqual(self.from_json(out), [
                    (p.severity, p.file, p.line, p.column, p.what,
                     p.remedy.strip().replace("\n", " "))
                    for p in tool.problems(err)[0]])

    def from_json(self, out):
        self.assertTrue(out.endswith("\n"))
        return [(p["severity"], p.get("file"), p.get("line", 0),
                 p.get("column", 0), p["problem"],
                 p.get("remedy", "").replace("\n", " "))
                for p in json.loads(out)]

    def test_a_broken_template_is_not_served_and_not_explained(self):
        name = os.path.join(BROKEN, "a-port-of-0.yaml")
        first = check(name)[2].split("\n")[0]
        for arguments in (("serve", name, "--api", "off"),
                          ("explain", name, "GET", "/")):
            code, out, err = command(*arguments)
            self.assertEqual((code, out), (65, ""))
            self.assertEqual(err.split("\n")[0], first)


class Words(unittest.TestCase):
    """A word near a known one is answered with that one."""

    def suggests(self, stack, wrong, right, options=()):
        code, _, err = check("-", *options, stdin=stack)
        self.assertEqual(code, 65, (wrong, err))
        found = [p for p in tool.problems(err)[0] if wrong in p.what]
        self.assertTrue(found, (wrong, err))
        self.assertRegex(found[0].remedy,
                         r"\Adid you mean .*" + re.escape(right))

    def web(self):
        return Stack().group("Blue", ["127.0.0.1:9"]).listener(
            "Web", 80, forward("Blue"))

    def test_names_of_properties_are_suggested(self):
        for name, wrong, right in (
                ("Lb", "Schema", "Scheme"), ("Lb", "Subnet", "Subnets"),
                ("Lb", "IPAddressType", "IpAddressType"),
                ("Lb", "LoadBalancerAttribute", "LoadBalancerAttributes"),
                ("Web", "SSLPolicy", "SslPolicy"),
                ("Web", "DefaultAction", "DefaultActions"),
                ("Web", "Certificate", "Certificates"),
                ("Blue", "HealthCheckPaths", "HealthCheckPath"),
                ("Blue", "HealthCheckIntervalSecond",
                 "HealthCheckIntervalSeconds"),
                ("Blue", "Targts", "Targets"), ("Blue", "VPCId", "VpcId"),
                ("Blue", "TargetGroupAtributes", "TargetGroupAttributes")):
            stack = self.web()
            stack.resources[name]["Properties"][wrong] = []
            self.suggests(stack, '"%s"' % wrong, right)

    def test_names_inside_rules_are_suggested(self):
        for change, wrong, right in (
                ({"Condition": []}, "Condition", "Conditions"),
                ({"Conditions": [{"Feild": "path-pattern"}]}, "Feild",
                 "Field"),
                ({"Conditions": [{"Field": "path-pattern",
                                  "PathPatternConfg": {}}]},
                 "PathPatternConfg", "PathPatternConfig"),
                ({"Conditions": [{"Field": "http-headers"}]}, "http-headers",
                 "http-header"),
                ({"Conditions": [{"Field": "query-strings"}]},
                 "query-strings", "query-string"),
                ({"Conditions": [{"Field": "source_ip"}]}, "source_ip",
                 "source-ip"),
                ({"Actions": [{"Type": "forwards"}]}, "forwards", "forward"),
                ({"Actions": [{"Type": "fixed-respons"}]}, "fixed-respons",
                 "fixed-response"),
                ({"Actions": [{"Type": "forward",
                               "TargetGroupARN": ref("Blue")}]},
                 "TargetGroupARN", "TargetGroupArn")):
            stack = self.web()
            stack.rule("Api", "Web", 1, [path("/a")], forward("Blue"))
            stack.resources["Api"]["Properties"].update(change)
            self.suggests(stack, wrong, right)

    def test_keys_of_attributes_are_suggested(self):
        for name, prop, wrong, right in (
                ("Lb", "LoadBalancerAttributes", "idle_timeout.timeout_second",
                 "idle_timeout.timeout_seconds"),
                ("Lb", "LoadBalancerAttributes",
                 "routing.http.preserve_host_headers.enabled",
                 "routing.http.preserve_host_header.enabled"),
                ("Blue", "TargetGroupAttributes", "stickyness.enabled",
                 "stickiness.enabled"),
                ("Blue", "TargetGroupAttributes",
                 "deregistration_delay.timeout_second",
                 "deregistration_delay.timeout_seconds"),
                ("Web", "ListenerAttributes",
                 "routing.http.response.sever.enabled",
                 "routing.http.response.server.enabled")):
            stack = self.web()
            stack.resources[name]["Properties"][prop] = attributes(
                {wrong: "true"})
            self.suggests(stack, wrong, right)

    def test_logical_ids_and_parameters_are_suggested(self):
        stack = self.web()
        stack.resources["Web"]["Properties"]["LoadBalancerArn"] = ref("LB")
        self.suggests(stack, "LB", "Lb")
        stack = self.web()
        stack.sections["Parameters"] = {"Stage": {"Type": "String"}}
        self.suggests(stack, "Stge", "Stage",
                      ["--parameter", "Stge=prod"])

    def test_local_settings_are_suggested(self):
        for name, wrong, right in (("Lb", "Bnd", "Bind"),
                                   ("Lb", "AccesLog", "AccessLog"),
                                   ("Lb", "ConnectionsLog", "ConnectionLog"),
                                   ("Lb", "HealthChecksLog",
                                    "HealthCheckLog"),
                                   ("Web", "LocalPrt", "LocalPort"),
                                   ("Blue", "Address", "Addresses")):
            stack = self.web()
            stack.resources[name]["Metadata"] = {"Sluice": {wrong: "x"}}
            self.suggests(stack, wrong, right)

    def test_what_is_near_nothing_gets_no_suggestion_but_a_remedy(self):
        stack = self.web()
        stack.resources["Web"]["Properties"]["Zebra"] = 1
        code, _, err = check("-", stdin=stack)
        self.assertEqual(code, 0)
        problem = tool.problems(err)[0][0]
        self.assertEqual(problem.severity, "warning")
        self.assertNotIn("did you mean", problem.remedy)
        self.assertIn("LoadBalancerArn", problem.remedy)


class Command(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, text):
        made = os.path.join(self.folder, name)
        with open(made, "w", encoding="utf-8") as file:
            file.write(text if isinstance(text, str) else text.text())
        return made

    def good(self):
        return Stack().listener("Web", 80, fixed(200, "x"))

    def test_a_good_template_is_0_and_one_line(self):
        code, out, err = check("-", stdin=self.good())
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, "ok: 1 load balancer, 1 listener, 0 target "
                         "groups, 0 warnings\n")

    def test_a_good_template_is_an_empty_list_of_JSON(self):
        code, out, err = check("--json", "-", stdin=self.good())
        self.assertEqual((code, json.loads(out), err), (0, [], ""))

    def test_warnings_are_0_and_errors_under_strict(self):
        stack = self.good()
        stack.resources["Web"]["Properties"]["Zebra"] = 1
        code, out, err = check("-", stdin=stack)
        self.assertEqual(code, 0)
        self.assertRegex(out, r"\Aok: .* 1 warning\n\Z")
        self.assertEqual([p.severity for p in tool.problems(err)[0]],
                         ["warning"])
        code, out, err = check("--strict", "-", stdin=stack)
        self.assertEqual((code, out), (65, ""))
        self.assertEqual([p.severity for p in tool.problems(err)[0]],
                         ["error"])
        code, out, err = check("--json", "-", stdin=stack)
        self.assertEqual((code, json.loads(out)[0]["severity"]),
                         (0, "warning"))

    def test_verbose_lists_what_is_ignored_and_what_the_rest_becomes(self):
        stack = self.good().group("Blue", ["127.0.0.1:9"],
                                  HealthCheckPath="/a")
        stack.rule("Api", "Web", 1, [path("/a")], forward("Blue"))
        for name in ("A", "B"):
            stack.add(name, "AWS::S3::Bucket", {})
        stack.add("C", "AWS::DynamoDB::Table", {})
        code, out, err = check("-v", "-", "--port", "80=8081", stdin=stack)
        self.assertEqual(code, 0, err)
        self.assertRegex(err, r"note: AWS::S3::Bucket is ignored \(2 res")
        self.assertRegex(err, r"note: AWS::DynamoDB::Table is ignored \(1 res")
        self.assertRegex(out, r"listener Web port 80 at 127\.0\.0\.1:8081 and "
                         r"127[.0-9]+:8081, 1 rule and the default\n")
        self.assertIn("target group Blue in use, 1 target here\n", out)
        self.assertEqual(check("-", stdin=stack)[2], "")

    def test_types_of_others_are_no_mistake(self):
        stack = self.good()
        for number, kind in enumerate((
                "AWS::S3::Bucket", "Custom::S3AutoDeleteObjects",
                "AWS::CloudFormation::CustomResource", "Alexa::ASK::Skill",
                "Datadog::Monitors::Monitor", "MyCo::Net::Zone::MODULE",
                "AWS::NewService::Thing")):
            stack.add("Other%d" % number, kind, {"ServiceToken": "x"})
        code, _, err = check("--strict", "-", stdin=stack)
        self.assertEqual((code, err), (0, ""))

    def test_wrong_usage_is_64(self):
        file = self.file("a.json", self.good())
        for arguments, words in (
                ((file, "--stric"), ("--stric", "did you mean --strict")),
                ((file, "--zzz"), ("--zzz", "--help")),
                ((file, "--parameter"), ("--parameter",)),
                ((file, "--bind", "here"), ("--bind", "IPv4 or IPv6")),
                ((file, "--port-offset", "x"), ("--port-offset",))):
            code, out, err = check(*arguments)
            self.assertEqual((code, out), (64, ""), (arguments, err))
            for word in words:
                self.assertIn(word, err)

    def test_malformed_values_of_options_say_how_they_are_written(self):
        file = self.file("a.json", self.good())
        for option, value, words in (
                ("--parameter", "Stage", "KEY=VALUE"),
                ("--parameter", "=x", "KEY=VALUE"),
                ("--port", "80", "80=8080"), ("--port", "0=1", "80=8080"),
                ("--port", "80=65536", "80=8080"),
                ("--service", "Blue", "NAME=HOST:PORT")):
            code, out, err = check(file, option, value)
            self.assertEqual((code, out), (64, ""), err)
            self.assertIn("%s \"%s\"" % (option, value), err)
            self.assertIn(words, err)

    def test_no_template_is_an_error_that_says_what_to_give(self):
        code, out, err = check()
        self.assertEqual((code, out), (64, ""))
        self.assertIn("TEMPLATE", err)
        self.assertIn("--help", err)

    def test_files_that_cannot_be_read_say_why(self):
        code, _, err = check(os.path.join(self.folder, "none.yaml"))
        self.assertEqual(code, 65)
        self.assertRegex(err, "none.yaml: error: .*No such file")
        code, _, err = check(self.folder)
        self.assertEqual(code, 65)
        self.assertIn("folder", err)
        code, _, err = check("-", stdin="")
        self.assertEqual(code, 65)
        self.assertIn("-: error: the file is empty", err)

    def test_a_template_may_come_from_standard_input(self):
        code, _, err = check("-", stdin="Resources:\n  A: {Type: 5, X: y}\n")
        self.assertEqual(code, 65)
        self.assertRegex(err, r"\A-:2:")
        self.assertEqual(check("-", stdin=self.good())[0], 0)

    def test_several_files_make_one_stack(self):
        one = self.file("a.yaml", "Parameters:\n  Code: {Type: Number}\n"
                        "Resources:\n  Lb: {Type: AWS::ElasticLoadBalancingV2"
                        "::LoadBalancer}\n")
        two = self.file("b.json", json.dumps({"Resources": {"Web": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
                "LoadBalancerArn": ref("Lb"), "Port": 80, "Protocol": "HTTP",
                "DefaultActions": [fixed(0)]}}}}).replace(
                    '"0"', '{"Ref": "Code"}'))
        code, out, err = check(one, two, "--parameter", "Code=404")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("1 load balancer, 1 listener", out)
        # The place is in the file that has it.
        code, _, err = check(two, one, "--parameter", "Code=301")
        self.assertEqual(code, 65)
        self.assertRegex(err, r"(?m)^" + re.escape(two) + r":1:[0-9]+: error")

    def test_a_logical_id_in_two_files_is_an_error_that_names_both(self):
        one, two = (self.file(name, Stack()) for name in ("a.json", "b.json"))
        code, _, err = check(one, two)
        self.assertEqual(code, 65)
        problem = tool.problems(err)[0][0]
        self.assertEqual(problem.file, two)
        self.assertIn(one + ":", problem.what)

    def test_parameters_are_checked_as_they_are_in_AWS(self):
        stack = Stack().listener("Web", 80, {
            "Type": "fixed-response", "FixedResponseConfig": {
                "StatusCode": ref("Code"), "MessageBody": ref("Stage")}})
        stack.sections["Parameters"] = {
            "Stage": {"Type": "String", "AllowedValues": ["dev", "prod"],
                      "Default": "dev"},
            "Short": {"Type": "String", "MinLength": 2, "MaxLength": 3,
                      "Default": "ab"},
            "Lower": {"Type": "String", "AllowedPattern": "[a-z]*",
                      "ConstraintDescription": "small letters only",
                      "Default": ""},
            "Code": {"Type": "Number", "MinValue": 200, "MaxValue": 299}}
        for given, words in (
                ((), ("Code has no value", "--parameter Code=VALUE")),
                (("Code=100",), ("Code", "MinValue 200")),
                (("Code=300",), ("Code", "MaxValue 299")),
                (("Code=x",), ("Code", "no number")),
                (("Code=200", "Stage=test"), ("Stage", "dev, prod")),
                (("Code=200", "Short=a"), ("Short", "MinLength 2")),
                (("Code=200", "Short=abcd"), ("Short", "MaxLength 3")),
                (("Code=200", "Lower=ABC"), ("Lower", "small letters only")),
                (("Code=200", "Stag=dev"), ("Stag", "did you mean Stage")),
                (("Code=200", "Quux=1"), ("Quux", "no such parameter"))):
            options = [w for g in given for w in ("--parameter", g)]
            code, _, err = check("-", *options, stdin=stack)
            self.assertEqual(code, 65, (given, err))
            for word in words:
                self.assertIn(word, err)
            self.assertNotEqual(tool.problems(err)[0][0].remedy, "")
        code, _, err = check("-", "--parameter", "Code=201", "--parameter",
                             "Stage=prod", stdin=stack)
        self.assertEqual(code, 0, err)

    def test_every_error_is_told_and_not_only_the_first(self):
        stack = Stack().group("Blue", Port=0, HealthCheckPath="x")
        stack.listener("Web", 0, forward("Blue"), forward("Blue"),
                       Protocol="TCP")
        stack.rule("Api", "Web", 0, [path("/a b"), method("get")],
                   redirect(Path="x"))
        code, _, err = check("-", stdin=stack)
        self.assertEqual(code, 65)
        found, left = tool.problems(err)
        self.assertGreaterEqual(len(found), 8, err)
        self.assertEqual(left, ["sluice check: %d errors" % len(found)])
        # No line twice for one cause.
        self.assertEqual(len({(p.line, p.column, p.what) for p in found}),
                         len(found))

    def test_a_very_broken_template_is_not_told_without_end(self):
        stack = Stack()
        for number in range(300):
            stack.add("L%d" % number,
                      "AWS::ElasticLoadBalancingV2::Listener",
                      {"Prot": 1, "Prots": 2})
        code, _, err = check("-", stdin=stack)
        self.assertEqual(code, 65)
        found, left = tool.problems(err)
        self.assertLessEqual(len(found), 200)
        self.assertRegex(left[0], r"\A\.\.\. and [0-9]+ more\Z")


class Lint(unittest.TestCase):
    """What is valid and still looks like a mistake."""

    def warnings(self, stack, *options):
        code, _, err = check("-", *options, stdin=stack)
        self.assertEqual(code, 0, err)
        found, _ = tool.problems(err)
        for problem in found:
            self.assertEqual(problem.severity, "warning")
            self.assertNotEqual(problem.remedy, "")
            self.assertGreater(problem.line, 0)
        return found

    def rules(self, *conditions):
        stack = Stack().listener("Web", 80, fixed(404, "x"))
        for number, some in enumerate(conditions, 1):
            stack.rule("R%d" % number, "Web", number * 10, some,
                       fixed(200, "r%d" % number))
        return stack

    def test_a_rule_that_an_earlier_one_hides_is_shown_with_a_witness(self):
        for early, late, witness in (
                ([path("/api/*")], [path("/api/v1/*")], "/api/v1/"),
                ([path("/a*", "/b")], [path("/b"), method("GET")], "/b"),
                ([host("*.example.com")], [host("www.example.com")],
                 "www.example.com"),
                ([header("X-A", "*")], [header("x-a", "1")], "x-a: 1"),
                ([source_ip("10.0.0.0/8")], [source_ip("10.1.0.0/16")],
                 "10.1."),
                ([method("GET", "PUT")], [method("PUT")], "PUT"),
                ([query("*")], [query(("a", "b"))], "a=b"),
                ([path("/x")], [path("/x"), host("a.example.com")],
                 "a.example.com")):
            found = self.warnings(self.rules(early, late))
            self.assertEqual(len(found), 1, (early, late, found))
            self.assertIn("rule 20 (R2) can never match", found[0].what)
            self.assertIn("rule 10 (R1", found[0].what)
            self.assertIn(witness.lower(), found[0].remedy.lower())
            self.assertIn("takes rule 10 already", found[0].remedy)

    def test_the_witness_of_a_hidden_rule_goes_where_it_says(self):
        stack = self.rules([host("*.example.com"), path("/a/*")],
                           [header("X-A", "1*"), host("www.example.com"),
                            path("/a/b?/c*"), method("PUT")])
        remedy = self.warnings(stack)[0].remedy
        asked = re.match(r"for one, (\S+) (http\S+?)(?: with (.*?))? takes "
                         "rule 10", remedy)
        self.assertIsNotNone(asked, remedy)
        lines = []
        if asked.group(3):
            lines = ["-H", asked.group(3)]
        code, out, err = command("explain", "-", asked.group(1),
                                 asked.group(2), "--json", *lines,
                                 stdin=stack)
        self.assertEqual(code, 0, err)
        self.assertEqual(json.loads(out)["rule"], "R1")

    def test_rules_that_say_the_same_are_shown(self):
        found = self.warnings(self.rules([path("/a", "/b")],
                                         [path("/b", "/a")]))
        self.assertEqual(len(found), 1)
        self.assertIn("same conditions as rule 10 (R1", found[0].what)

    def test_a_rule_that_takes_everything_is_shown_once(self):
        found = self.warnings(self.rules(
            [path("*")], [path("/a")], [host("a.example.com")], [path("/b")]))
        self.assertEqual(len(found), 1, found)
        self.assertIn("rule 10 (R1) takes every request", found[0].what)
        self.assertIn("2 more", found[0].what)

    def test_rules_that_can_match_are_not_shown(self):
        for early, late in (
                ([path("/api/v1/*")], [path("/api/*")]),
                ([path("/a*"), method("GET")], [path("/ab")]),
                ([host("*.example.com")], [host("example.com")]),
                ([header("X", "1")], [header("Y", "1")]),
                ([source_ip("10.0.0.0/8")], [source_ip("11.0.0.0/8")]),
                ([path("/A")], [path("/a")]),
                ([regex(path("^/a"))], [path("/a")])):
            self.assertEqual(self.warnings(self.rules(early, late)), [])

    def test_a_pattern_that_no_path_can_meet_is_shown(self):
        found = self.warnings(self.rules([path("/a/../b")]))
        self.assertEqual(len(found), 1)
        self.assertIn("can never match", found[0].what)
        found = self.warnings(self.rules([path("api/*")]))
        self.assertEqual(len(found), 1)
        self.assertIn('write "/api/*"', found[0].remedy)

    def test_weights_that_are_all_0_are_shown(self):
        stack = Stack().group("A", ["127.0.0.1:9"]).group("B", ["127.0.0.1:9"])
        stack.listener("Web", 80, forward(("A", 0), ("B", 0)))
        found = self.warnings(stack)
        self.assertEqual(len(found), 1)
        self.assertIn("503", found[0].what + found[0].remedy)
        stack = Stack().group("A", ["127.0.0.1:9"]).group("B", ["127.0.0.1:9"])
        stack.listener("Web", 80, forward(("A", 0), ("B", 1)))
        self.assertEqual(self.warnings(stack), [])

    def probed(self, check_path, *conditions, **more):
        if check_path:
            more["HealthCheckPath"] = check_path
        stack = Stack().group("Api", ["127.0.0.1:9"], **more)
        stack.listener("Web", 80, fixed(404, "x"))
        stack.rule("R", "Web", 1, list(conditions), forward("Api"))
        return self.warnings(stack)

    def test_a_group_that_is_probed_where_it_gets_nothing_is_shown(self):
        found = self.probed(None, path("/api/*"))
        self.assertEqual(len(found), 1)
        self.assertIn('"/api/*"', found[0].what)
        self.assertIn("HealthCheckPath", found[0].remedy)
        self.assertIn("/api/health", found[0].remedy)
        for same in (self.probed("/api/health", path("/api/*")),
                     self.probed(None, path("/*")),
                     self.probed(None, host("a.example.com")),
                     self.probed(None, path("/api/*"),
                                 Matcher={"HttpCode": "200-404"})):
            self.assertEqual(same, [])

    def test_two_listeners_of_one_balancer_on_one_port_here_are_an_error(self):
        stack = Stack(lb=False)
        stack.balancer("LbA")
        for name, port in (("A", 80), ("B", 81)):
            stack.listener("Web" + name, port, lb="LbA", local=8080)
        code, _, err = check("-", stdin=stack)
        self.assertEqual(code, 65)
        problem = tool.problems(err)[0][0]
        for word in ("WebA", "WebB", "8080"):
            self.assertIn(word, problem.what)
        self.assertRegex(problem.remedy, "--port|LocalPort|Bind")

    def test_listeners_of_two_balancers_may_share_a_port(self):
        stack = Stack(lb=False)
        for name in ("A", "B"):
            stack.balancer("Lb" + name)
            stack.listener("Web" + name, 80, lb="Lb" + name, local=8080)
        self.assertEqual(check("-", stdin=stack)[0], 0)
        # Not on two addresses, nor when the system chooses.
        stack.balancer("LbA", local={"Bind": "127.0.0.2"})
        self.assertEqual(check("-", stdin=stack)[0], 0)
        self.assertEqual(check("-", "--port", "80=0", stdin=stack)[0], 0)

    def test_a_group_without_an_address_is_told_with_its_flag(self):
        stack = Stack().group("Blue").listener("Web", 80, forward("Blue"))
        code, _, err = check("-", stdin=stack)
        self.assertEqual(code, 0)
        self.assertIn("--service Blue=HOST:PORT", err)
        code, _, err = check("-", "--service", "Blue=127.0.0.1:9",
                             stdin=stack)
        self.assertEqual((code, err), (0, ""))


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sluice waf` and what `sluice explain` says of web ACLs: files of tests/waf,
and ACLs made here."""
import json
import os
import shutil
import tempfile
import unittest

import rig
import web_acl
from stack import Stack, command, fixed
from web_acl import BLOCK, BODY, CHALLENGE, COUNT, QUERY, URI, acl, rule

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(HERE, "..", "waf")
SHOP, ADMIN, OTHER = (os.path.join(FILES, name) for name in (
    "shop.json", "good-admin.json", "good-other.json"))
ME = ("-H", "User-Agent: me")


def file(name):
    return os.path.join(FILES, name)


class Files(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def lines(self, *requests):
        return self.write("requests.jsonl",
                          "".join(json.dumps(r) + "\n" for r in requests))

    def acl(self, *rules, **more):
        stack = Stack()
        stack.add("Acl", *acl(*rules, **more))
        return self.write("acl.json", stack.text())

    def waf(self, code, *arguments, stdin=None):
        got, out, err = command("waf", *arguments, stdin=stdin)
        self.assertEqual(got, code, (arguments, out, err))
        return out, err

    def tried(self, *arguments):
        """What one request comes to, as JSON."""
        out, _ = self.waf(0, "test", *arguments, "--json")
        return json.loads(out)


class Check(Files):

    # checklist 5, 8, 9, 38
    def test_broken_files_are_refused_at_their_places(self):
        for name, place, words in (
                ("broken-base64.json", "7:57", ("SearchString of rule admin",
                                                "no base64")),
                ("broken-two-statements.json", "7:44", (
                    "Rules[0].Statement", "exactly one of them",
                    "leave one out")),
                ("broken-no-action.json", "5:3", ("Rules[0] has no Action",)),
                ("broken-word.json", "8:62", ('cannot be "STARTS"',
                                              'did you mean "STARTS_WITH"?')),
                ("broken-regex.json", "7:18", ("back references",)),
                ("broken-json.json", "2:12", ("bracket",)),
                ("set.json", None, ("there is no web ACL",))):
            with self.subTest(name):
                out, err = self.waf(65, "check", file(name))
                self.assertEqual(out, "")
                where = "%s:%s: error: " % (file(name), place)
                if place:
                    self.assertIn(where, err)
                    self.assertRegex(err, r"(?m)^ +\| +\^$")
                for word in words:
                    self.assertIn(word, err)

    # checklist 1, 2
    def test_capacity_is_told_of_each_rule(self):
        out, err = self.waf(0, "check", SHOP)
        self.assertEqual(err, "")
        self.assertEqual(out.splitlines()[0], "web ACL shop: 842 WCU, 6 rules")
        self.assertIn("     702 WCU  10 common\n", out)
        out, _ = self.waf(0, "check", SHOP, "--json")
        told = json.loads(out)
        self.assertEqual(told["problems"], [])
        self.assertEqual([(r["rule"], r["capacity"])
                          for r in told["acls"][0]["rules"]][1:3],
                         [("common", 702), ("big-body-not-upload", 24)])

    def test_rules_that_never_run_are_warnings(self):
        out, err = self.waf(0, "check", file("lint-dead.json"))
        self.assertIn(":10:3: warning: rule dead: it never runs: rule all "
                      "before it allows every request\n", err)
        self.assertIn("give it a Priority below 10, or leave it out", err)
        self.assertIn("ok: 1 web ACL, 2 warnings", out)
        out, err = self.waf(0, "check", file("lint-dead.json"), "--json")
        self.assertEqual(err, "")
        told = json.loads(out)["problems"]
        self.assertEqual([(p["severity"], p["line"]) for p in told],
                         [("warning", 7), ("warning", 10)])

    # checklist 6
    def test_a_set_comes_from_a_file_beside_the_acl(self):
        _, err = self.waf(0, "check", file("good-set.json"))
        self.assertIn("of which nothing is known here", err)
        self.waf(65, "check", "--strict", file("good-set.json"))
        _, err = self.waf(0, "check", "--strict", file("good-set.json"),
                          file("set.json"))
        self.assertEqual(err, "")
        told = self.tried(file("good-set.json"), file("set.json"), "/",
                          "--from", "192.0.2.77")
        self.assertEqual((told["verdict"], told["rule"]), ("BLOCK", "set"))


class One(Files):

    # checklist 121
    def test_the_bytes_that_matched_are_shown(self):
        out, err = self.waf(0, "test", SHOP, *ME,
                            "http://shop.example/?r=1&q=x%45ViL")
        self.assertEqual(err, "")
        self.assertTrue(out.startswith(
            "verdict: BLOCK, answered 403\nrule: evil (priority 35)\n"
            "        Rules[4].Statement: AllQueryArguments after URL_DECODE, "
            "LOWERCASE: ByteMatchStatement CONTAINS \"evil\": true\n"), out)
        self.assertIn('of "q", as it came: "x>>>%45ViL<<<"', out)
        self.assertIn('after URL_DECODE, LOWERCASE: "x>>>evil<<<" bytes 1 to '
                      "5\n", out)
        self.assertIn("label: awswaf:123456789012:webacl:shop:evil\n", out)
        self.assertNotIn("rules in the order", out)
        out, _ = self.waf(0, "test", SHOP, *ME, "-v", "/?q=evil")
        self.assertIn("rules in the order they were tried:\n    geo (priority "
                      "0): no\n", out)

    def test_the_same_as_json(self):
        told = self.tried(SHOP, *ME, "/?q=evil")
        self.assertEqual((told["acl"], told["verdict"], told["status"],
                          told["rule"], told["group_rule"], told["priority"]),
                         ("shop", "BLOCK", 403, "evil", None, 35))
        last = told["rules"][-1]
        self.assertEqual(last["rule"], "evil")
        self.assertEqual(last["statements"][0]["match"],
                         {"from": 0, "to": 4, "text": "evil"})

    def test_a_body_and_what_is_answered(self):
        rules = (rule("big", 1, web_acl.contains(" evil", BODY),
                      {"Block": {"CustomResponse": {
                          "ResponseCode": 429, "ResponseHeaders": [
                              {"Name": "Retry-After", "Value": "9"}]}}}),
                 rule("c", 2, web_acl.exactly("PUT", web_acl.METHOD),
                      CHALLENGE))
        path = self.acl(*rules)
        body = os.path.join(self.folder, "body")
        with open(body, "wb") as f:
            f.write(b"\xff\x00 evil")
        told = self.tried(path, "/", "-d", "@" + body)
        self.assertEqual((told["verdict"], told["status"]), ("BLOCK", 429))
        self.assertEqual(told["response"]["headers"],
                         [{"name": "Retry-After", "value": "9"}])
        told = self.tried(path, "/", "-d", "evil")
        self.assertEqual(told["verdict"], "ALLOW")
        told = self.tried(path, "/", "-X", "PUT")
        self.assertEqual((told["verdict"], told["status"]), ("CHALLENGE", 202))

    def test_what_no_rule_would_see_is_told(self):
        for arguments in (("/", "-H", "Host: a", "-H", "Host: b"),
                          ("/", "-X", "G T"),
                          ("/", "-H", "Content-Length: x")):
            _, err = self.waf(65, "test", ADMIN, *arguments)
            self.assertIn("before any rule is tried", err)

    def test_an_expectation_that_fails_is_exit_code_1(self):
        self.waf(0, "test", ADMIN, "/admin", "--expect", "BLOCK")
        self.waf(0, "test", ADMIN, "/admin", "--expect", "BLOCK:admin")
        self.waf(0, "test", ADMIN, "/", "--expect", "ALLOW:Default_Action")
        _, err = self.waf(1, "test", ADMIN, "/", "--expect", "BLOCK:admin")
        self.assertIn("expected BLOCK by rule admin, got ALLOW by "
                      "Default_Action", err)

    def test_mistakes_of_the_command_line_say_how_to_mend_them(self):
        for code, words, arguments in (
                (64, "did you mean check?", ("chek",)),
                (64, "ACL... is missing", ("check",)),
                (64, "the URL is missing", ("test", ADMIN)),
                (64, "is no URL", ("test", ADMIN, "ftp://x")),
                (64, "cannot go together", ("test", ADMIN, "--har", "a",
                                            "--requests", "b")),
                (64, "are of one URL", ("test", ADMIN, "--har", "a", "-X",
                                        "GET")),
                (64, "must be ALLOW", ("test", ADMIN, "/", "--expect",
                                       "COUNT")),
                (64, "did you mean --waf-log?", ("test", ADMIN, "--waf-lg")),
                (64, "say --acl NAME; there are tried, other",
                 ("test", ADMIN, OTHER, "/")),
                (64, "did you mean tried?", ("test", ADMIN, OTHER, "/",
                                             "--acl", "tied")),
                (65, "No such file", ("test", ADMIN, "--har", "nothing")),
                (65, "No such file", ("test", "nothing.json", "/"))):
            with self.subTest(arguments):
                out, err = self.waf(code, *arguments)
                self.assertEqual(out, "")
                self.assertIn(words, err)

    def test_help_is_of_each_command(self):
        out, _ = self.waf(0, "--help")
        self.assertRegex(out, r"(?m)^  check .*\n  test ")
        self.assertIn("--waf-log FILE", self.waf(0, "test", "--help")[0])


class Many(Files):

    def test_lines_are_a_regression_test(self):
        path = self.lines(
            {"url": "/admin", "expect": {"action": "BLOCK", "rule": "admin"}},
            {"url": "/x", "expect": {"action": "ALLOW"}})
        out, err = self.waf(0, "test", ADMIN, "--requests", path)
        self.assertEqual(err, "")
        self.assertTrue(out.startswith("requests: 2\n"), out)
        self.assertIn("           1         1  admin\n", out)
        self.assertIn("expectations: 2, failed: 0\n", out)
        path = self.lines(
            {"url": "http://h/admin", "name": "way in",
             "expect": {"action": "ALLOW"}},
            {"url": "/x"})
        out, _ = self.waf(1, "test", ADMIN, "--requests", path)
        self.assertIn("%s:1 (way in): failed: expected ALLOW, got BLOCK 403 by "
                      "admin: GET http://h/admin\n" % path, out)
        self.assertNotIn(":2: ", out)
        out, _ = self.waf(1, "test", ADMIN, "--requests", path, "--json")
        told = json.loads(out)
        self.assertEqual([r["place"] for r in told["results"]], [path + ":1"])
        self.assertEqual(told["expectations"], {"checked": 1, "failed": 1})

    def test_what_cannot_be_tried_fails_where_something_is_expected(self):
        path = self.lines({"url": "/", "headers": {"A": "x\ny"}},
                          {"url": "/"})
        out, _ = self.waf(0, "test", ADMIN, "--requests", path)
        self.assertIn('not tried: there is a line end or NUL in header 1, "A"',
                      out)
        self.waf(1, "test", ADMIN, "--requests", path, "--expect", "ALLOW")

    def test_rates_count_the_requests_that_are_tried(self):
        acl_file = self.acl(rule("fast", 1, web_acl.rate(10), BLOCK))
        path = self.lines(*[{"url": "/", "time": 1000 * i}
                            for i in range(12)],
                          {"url": "/", "time": 200000,
                           "expect": {"action": "ALLOW"}})
        out, _ = self.waf(0, "test", acl_file, "--requests", path)
        self.assertIn("          11  ALLOW\n           2  BLOCK\n", out)
        self.assertIn("note: rate-based rules counted these requests alone", out)

    def test_an_archive_of_a_browser(self):
        har = {"log": {"version": "1.2", "entries": [
            {"startedDateTime": "2026-01-01T00:00:00.000+01:00", "time": 1.5,
             "request": {"method": "POST", "url": "https://h/x",
                         "httpVersion": "h2", "headers": [
                             {"name": ":authority", "value": "h"},
                             {"name": "x-a", "value": "1"}],
                         "postData": {"mimeType": "x", "text": "evil"}}},
            {"request": {"method": "GET", "url": "https://h/admin",
                         "headers": []}}]}}
        path = self.write("site.har", json.dumps(har))
        acl_file = self.acl(rule("evil", 1, web_acl.contains("evil", BODY),
                                 BLOCK))
        out, _ = self.waf(0, "test", acl_file, "--har", path, "-v")
        self.assertIn("site.har: entry 1: BLOCK 403 by evil: POST https://h/x",
                      out)
        self.assertIn("site.har: entry 2: ALLOW by Default_Action", out)
        _, err = self.waf(65, "test", acl_file, "--har", SHOP)
        self.assertIn("is no HAR", err)

    # checklist 120
    def test_a_log_says_how_far_rules_agree(self):
        with open(file("aws-waf-log.txt"), encoding="utf-8") as f:
            text = f.read()
        for arguments in (("--waf-log", file("aws-waf-log.txt")),
                          ("--waf-log", "-")):
            out, _ = self.waf(0, "test", SHOP, *arguments, stdin=text)
            self.assertIn("agreement: 1 of 1 verdicts that can be told, of 2 "
                          "requests\n", out)
            self.assertRegex(out, r"\n +1 +1 +0 +0 +0  common / "
                                  r"CrossSiteScripting_QUERYARGUMENTS\n")
        record = json.JSONDecoder().raw_decode(text)[0]
        record["action"], record["terminatingRuleId"] = "ALLOW", \
            "Default_Action"
        record["ruleGroupList"] = []
        path = self.write("allowed.log", json.dumps(record) + "\n")
        out, _ = self.waf(0, "test", SHOP, "--waf-log", path, "--json")
        told = json.loads(out)
        self.assertIn("ALLOW in the log, BLOCK here",
                      told["results"][0]["differs_from_log"])
        rules = {(r["rule"], r["group_rule"]): r
                 for r in told["agreement"]["rules"]}
        self.assertEqual(
            rules["common", "CrossSiteScripting_QUERYARGUMENTS"]["here_only"],
            1)
        self.assertEqual(told["agreement"]["verdicts"], [
            {"logged": "ALLOW", "here": "BLOCK", "requests": 1}])

    def test_another_acl_and_what_changes(self):
        path = self.lines({"url": "/admin"}, {"url": "/?evil"}, {"url": "/"},
                          {"url": "/admin/"})
        out, _ = self.waf(1, "test", ADMIN, "--diff", OTHER, "--requests",
                          path)
        self.assertIn(":1: changes from BLOCK 403 by admin to ALLOW by "
                      "Default_Action: GET http://localhost/admin\n", out)
        self.assertIn(":2: changes from ALLOW by Default_Action to BLOCK 403 "
                      "by evil", out)
        self.assertIn("changed verdicts: 2; the same by another rule: 0", out)
        self.waf(0, "test", ADMIN, "--diff", ADMIN, "--requests", path)
        out, _ = self.waf(1, "test", ADMIN, "--diff", OTHER, "/admin")
        self.assertIn("changes from BLOCK 403 by admin", out)


class Explain(Files):

    def served(self):
        stack = Stack().listener("Web", 80, fixed(200, "hello"))
        stack.add("Acl", *acl(
            rule("evil", 1, web_acl.contains("evil", BODY), BLOCK),
            rule("tag", 2, web_acl.exactly("/tag", URI), COUNT),
            rule("late", 3, web_acl.contains("x", QUERY), CHALLENGE)))
        web_acl.protect(stack, "Acl")
        return stack

    # checklist 121
    def test_the_web_acl_stands_before_the_rules(self):
        code, out, err = command("explain", "-", "POST", "/", "-d", "an evil",
                                 stdin=self.served())
        self.assertEqual((code, err), (0, ""))
        self.assertIn("verdict: BLOCK, answered 403\nrule: evil (priority 1)\n",
                      out)
        self.assertIn('as it came: "an >>>evil<<<" bytes 3 to 7\n', out)
        self.assertIn("the web ACL answers 403; without it the rules would "
                      "do:\ndefault rule (Web): yes\n", out)
        code, out, err = command("explain", "-", "GET", "/tag",
                                 stdin=self.served())
        self.assertIn("verdict: ALLOW\nrule: Default_Action\nmatched: tag "
                      "(priority 2), COUNT\n", out)
        self.assertIn("the request goes on to the rules:\n", out)

    def test_the_same_as_json(self):
        code, out, err = command("explain", "-", "GET", "/?x", "--json",
                                 stdin=self.served())
        self.assertEqual((code, err), (0, ""))
        told = json.loads(out)
        self.assertEqual((told["web_acl"]["verdict"],
                          told["web_acl"]["status"], told["listener"]),
                         ("CHALLENGE", 202, "Web"))
        stack = Stack().listener("Web", 80, fixed(200))
        told = json.loads(command("explain", "-", "GET", "/", "--json",
                                  stdin=stack)[1])
        self.assertIsNone(told["web_acl"])


if __name__ == "__main__":
    rig.main()

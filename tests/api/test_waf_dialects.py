#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web ACL with everything, by the API, by a template and in Terraform's
words: get-web-acl says what was put in, and what it says is an ACL file."""
import json
import os
import shutil
import tempfile
import unittest

from aws import Api

import rig
from stack import command
from waf_dialects import SETS, template, terraform, wide

MANY = {"IPSet": "IPSets", "RegexPatternSet": "RegexPatternSets",
        "RuleGroup": "RuleGroups"}


def request(url, action, name, **more):
    return {"url": "http://a.example" + url, **more,
            "expect": {"action": action, "rule": name}}


# wide()'s rules, so far as one request has to do with one of them.
REQUESTS = [
    request("/", "BLOCK", "Default_Action"),
    request("/?user=d29yZF8z", "BLOCK", "fields"),
    request("/", "BLOCK", "fields", body="Word_11  and"),
    request("/", "BLOCK", "fields", headers={"Cookie": "b=word_10"}),
    request("/abc", "ALLOW", "nested", headers={"X-Client": "8.8.8.8"}),
    request("/abc", "BLOCK", "Default_Action"),     # no address, no rule
    request("/abc", "BLOCK", "Default_Action", method="word_0",
            headers={"X-Client": "8.8.8.8"}),
    request("/?id=1'%20or%201=1--", "BLOCK", "sql/SQLi_QUERYARGUMENTS"),
]


class Dialects(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-dialects-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.api = self.serve()

    def serve(self, **more):
        api = Api("--state", "memory", **more)
        self.addCleanup(api.kill)
        return api

    def waf(self, action, api=None, **given):
        answer = (api or self.api).json_call("AWSWAF_20190729." + action,
                                             given, "wafv2")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def sets(self):
        """Makes the others: their ARNs."""
        return {kind: self.waf("Create" + kind, Scope="REGIONAL", **given)[
            "Summary"]["ARN"] for kind, given in SETS.items()}

    def made(self, name, acl, api=None):
        """What GetWebACL answers of a new one."""
        summary = self.waf("CreateWebACL", api, Name=name, Scope="REGIONAL",
                           **acl)["Summary"]
        return self.waf("GetWebACL", api, ARN=summary["ARN"])

    def file(self, name, value):
        path = os.path.join(self.folder, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def files(self, arns):
        """What get-ip-set and the others print."""
        found = []
        for kind, given in SETS.items():
            entry = next(e for e in self.waf("List" + MANY[kind], None,
                                             Scope="REGIONAL")[MANY[kind]]
                         if e["ARN"] == arns[kind])
            found.append(self.file(kind, self.waf(
                "Get" + kind, None, Name=given["Name"], Scope="REGIONAL",
                Id=entry["Id"])))
        return found

    def checked(self, *files):
        """What `waf check` says of the only ACL."""
        code, out, err = command("waf", "check", "--json", *files)
        self.assertEqual(code, 0, out + err)
        acls = json.loads(out)["acls"]
        self.assertEqual(len(acls), 1, out)
        return acls[0]

    def assert_has(self, told, given):
        for member, value in given.items():
            self.assertEqual(told[member], value, member)

    # 1-5, 102. The API's own dialect.
    def test_what_the_api_was_told_it_tells(self):
        given = wide(self.sets())
        got = self.made("wide", given)
        self.assert_has(got["WebACL"], given)
        self.assertEqual(set(got["WebACL"]) - set(given), {
            "Name", "Id", "ARN", "Capacity", "LabelNamespace",
            "ManagedByFirewallManager", "RetrofittedByFirewallManager"})
        again = self.made("again", {k: got["WebACL"][k] for k in given})
        for one in (got, again):
            for own in ("Name", "Id", "ARN", "LabelNamespace"):
                del one["WebACL"][own]
        self.assertEqual(again["WebACL"], got["WebACL"])

    # CloudFormation's.
    def test_what_a_template_says_the_api_tells(self):
        names = {kind: kind + "'s" for kind in SETS}
        api = self.serve(template=json.dumps(
            template("wide", wide(names), names)))
        arns = {kind: self.waf("List" + many, api, Scope="REGIONAL")[many][0][
            "ARN"] for kind, many in MANY.items()}
        listed = self.waf("ListWebACLs", api, Scope="REGIONAL")["WebACLs"]
        got = self.waf("GetWebACL", api, ARN=listed[0]["ARN"])["WebACL"]
        self.assert_has(got, wide(arns))
        here = self.sets()
        same = self.made("wide", wide(here))["WebACL"]
        self.assertEqual(got["Capacity"], same["Capacity"])

    # 1-5. Files of all dialects are one ACL, and what GetWebACL answers is one.
    def test_a_file_of_any_dialect_is_the_same_acl(self):
        arns = self.sets()
        given = wide(arns)
        got = self.made("wide", given)
        printed = [self.file("acl", got), *self.files(arns)]
        found = self.checked(*printed)
        self.assertEqual(found["capacity"], got["WebACL"]["Capacity"])
        self.assertEqual([r["rule"] for r in found["rules"]],
                         [r["Name"] for r in given["Rules"]])
        for name, value, more in (
                ("input", {"Name": "wide", "Scope": "REGIONAL", **given},
                 printed[1:]),
                ("template", template("wide", given, arns), []),
                ("terraform", terraform("wide", given, arns), [])):
            with self.subTest(name):
                path = self.file(name, value)
                self.assertEqual(self.checked(path, *more)["rules"],
                                 found["rules"])
                if not more:
                    self.check_verdicts(printed, path)

    def check_verdicts(self, printed, other):
        """Two files make the same of requests, by the same rules."""
        requests = os.path.join(self.folder, "requests.jsonl")
        with open(requests, "w", encoding="utf-8") as file:
            for request in REQUESTS:
                file.write(json.dumps(request) + "\n")
        code, out, err = command("waf", "test", *printed, "--requests",
                                 requests, "--diff", other)
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("expectations: %d, failed: 0\n" % len(REQUESTS), out)
        self.assertIn("changed verdicts: 0; the same by another rule: 0\n",
                      out)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What /metrics and /status say of web ACLs."""
import json
import unittest

import rig
from stack import Served
from test_actions import ask
from test_web_acls import WebAclCase
from web_acl import BLOCK, CAPTCHA, COUNT, URI, contains, rule

REQUESTS = "sluice_waf_requests_total"
LABELS = "sluice_waf_labels_total"


class Numbers(WebAclCase):
    def rules(self, evil="evil"):
        return (rule("Odd", 1, contains("odd", URI), COUNT,
                     RuleLabels=[{"Name": "a:odd"}]),
                rule("Evil", 2, contains(evil, URI), BLOCK),
                rule("Ask", 3, contains("ask", URI), CAPTCHA))

    def ask(self, *targets):
        with self.sluice.client() as client:
            for target in targets:
                ask(client, target)

    def number(self, rule_, action, name=REQUESTS, **labels):
        return self.sluice.metrics().sum(name, acl="shop", rule=rule_,
                                         action=action + "Requests", **labels)

    def test_rules_count_by_the_names_of_cloudwatch(self):
        self.serve(*self.rules(), workers=2)
        self.ask("/", "/odd", "/odd/evil", "/ask", "/evil")
        self.assertEqual(
            [self.number(*pair) for pair in (
                ("ALL", "Allowed"), ("ALL", "Blocked"), ("ALL", "Counted"),
                ("ALL", "Captcha"), ("Default_Action", "Allowed"),
                ("Evil", "Blocked"), ("Odd", "Counted"), ("Ask", "Captcha"))],
            [2, 2, 2, 1, 2, 2, 2, 1])
        space = "awswaf:000000000000:webacl:shop:a:"
        self.assertEqual(
            [self.sluice.metrics().sum(LABELS, namespace=space, label="odd",
                                       action=action + "Requests")
             for action in ("Allowed", "Blocked")], [1, 1])

    def test_an_update_of_the_acl_counts_on(self):
        sluice = self.serve(*self.rules(), workers=2)
        self.ask("/evil", "/")
        sluice.reload(self.stack(*self.rules("bad")))
        self.ask("/bad", "/evil")
        self.assertEqual(self.number("Evil", "Blocked"), 2)
        self.assertEqual(self.number("ALL", "Allowed"), 2)

    def test_the_status_has_them_for_each_acl(self):
        sluice = self.serve(*self.rules())
        self.ask("/", "/odd", "/evil", "/ask")
        acl, = json.loads(sluice.api("/status.json").body)["WebACLs"]
        self.assertEqual(
            [acl[k] for k in ("Name", "LogicalId", "AllowedRequests",
                              "BlockedRequests", "CountedRequests",
                              "CaptchaRequests", "ChallengeRequests")],
            ["shop", "Acl", 2, 1, 1, 1, 0])
        self.assertRegex(sluice.api("/status").body.decode(),
                         r"\nWEB ACL +ALLOWED +BLOCKED +COUNTED +CAPTCHA +"
                         r"CHALLENGE\nshop +2 +1 +1 +1 +0\n")

    def test_without_web_acls_there_is_no_number(self):
        self.origin = rig.Origin()
        self.addCleanup(self.origin.close)
        stack = self.stack(*self.rules())
        del stack.resources["AclOfLb"]
        self.sluice = Served(stack)
        self.addCleanup(self.sluice.stop)
        self.ask("/evil")
        self.assertEqual(self.sluice.metrics().like(REQUESTS), 0)


if __name__ == "__main__":
    rig.main()

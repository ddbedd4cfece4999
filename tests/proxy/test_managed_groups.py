#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Web ACLs with AWS's managed groups and live requests."""
import subprocess
import unittest

import web_acl
from rig import SLUICE
from test_web_acls import LIMIT, WebAclCase, post
from web_acl import BLOCK, COUNT, contains, label, managed, rule

NONE = {"None": {}}
COMMON = "AWSManagedRulesCommonRuleSet"
BAD = "AWSManagedRulesKnownBadInputsRuleSet"
SQLI = "AWSManagedRulesSQLiRuleSet"
BROWSER = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"


def group(name, priority=1, override=NONE, **more):
    return rule(name, priority, managed(name, **more), override)


def counted(name):
    return {"Name": name, "ActionToUse": {"Count": {}}}


class ManagedGroups(WebAclCase):
    def get(self, path, *headers):
        with self.sluice.client() as client:
            lines = ["GET %s HTTP/1.1" % path, "Host: shop.example", BROWSER,
                     *headers]
            client.push(("\r\n".join(lines) + "\r\n\r\n").encode())
            return client.response("GET").status

    def post(self, body):
        with self.sluice.client() as client:
            return post(client, body, BROWSER).status

    def test_three_groups_block_attacks_and_let_others_pass(self):
        self.serve(group(COMMON, 1), group(BAD, 2), group(SQLI, 3))
        for path in ("/", "/catalog/items?page=2", "/search?q=O%27Brien",
                     "/search?q=1+%3C+2"):
            self.assertEqual(self.get(path), 200, path)
        for path in ("/?q=%3Cscript%3E", "/?f=..%2f..%2fetc/passwd",
                     "/?q=1%27+or+%271%27=%271", "/WEB-INF/web.xml",
                     "/?x=%24%7bjndi:ldap://x/%7d", "/app.log"):
            self.assertEqual(self.get(path), 403, path)
        self.assertEqual(self.get("/", "X-Id: ${jndi:ldap://x/a}"), 403)
        self.assertEqual(self.post(b'{"id": "1 union select 1,2--"}'), 403)

    # Checklist 119.
    def test_a_body_of_8193_bytes_is_too_large(self):
        self.serve(group(COMMON))
        self.assertEqual(self.post(b"x" * LIMIT), 200)
        self.assertEqual(self.post(b"x" * (LIMIT + 1)), 403)
        self.assertEqual(self.post(b"x" * (3 * LIMIT)), 403)

    # Checklist 19.
    def test_a_rule_that_counts_leaves_its_label(self):
        self.serve(
            group(COMMON, 1, RuleActionOverrides=[
                counted("SizeRestrictions_BODY")]),
            rule("Large", 2, web_acl.both(
                label("awswaf:managed:aws:core-rule-set:"
                      "SizeRestrictions_Body"),
                web_acl.no(contains("/upload", web_acl.URI))), BLOCK))
        self.assertEqual(self.post(b"x" * (LIMIT + 1)), 403)
        with self.sluice.client() as client:
            self.assertEqual(post(client, b"x" * (LIMIT + 1), BROWSER,
                                  path="/upload").status, 200)

    # Checklist 18.
    def test_a_group_that_counts_blocks_nothing(self):
        self.serve(group(COMMON, 1, COUNT))
        self.assertEqual(self.get("/?q=%3Cscript%3E"), 200)

    # Checklist 22.
    def test_a_scope_down_says_for_whom_a_group_is(self):
        self.serve(group(COMMON, 1, ScopeDownStatement=contains(
            "/shop", web_acl.URI)))
        self.assertEqual(self.get("/?q=%3Cscript%3E"), 200)
        self.assertEqual(self.get("/shop?q=%3Cscript%3E"), 403)

    def test_a_group_without_rules_of_ours_never_matches_and_check_says_so(
            self):
        name = "AWSManagedRulesLinuxRuleSet"
        self.serve(group(name, Version="Version_2.6"))
        self.assertEqual(self.get("/?f=/etc/passwd"), 200)
        said = subprocess.run([SLUICE, "check", "-"], text=True, check=False,
                              input=self.stack(group(name)).text(),
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT).stdout
        self.assertIn("there are no rules for %s here: it never matches"
                      % name, said)

    # Checklist 118.
    def test_an_old_version_that_is_pinned_loads(self):
        self.serve(group(COMMON, Version="Version_1.5"))
        self.assertEqual(self.get("/?q=%3Cscript%3E"), 403)


if __name__ == "__main__":
    unittest.main(verbosity=2)

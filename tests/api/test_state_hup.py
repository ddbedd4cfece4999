#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The API and the template both change one account."""
import unittest

from keeping import (Case, groups, make_group, make_rule, outputs, rules, shop,
                     without_green)
from stack import fixed, path


class Hup(Case):
    def setUp(self):
        super().setUp()
        self.api = self.serve(stack=shop())
        self.web = outputs(self.api)["Web"]

    def weights(self):
        answer = self.api.call("DescribeRules", ListenerArn=self.web)
        rule = next(r for r in answer.xml.iterfind(".//Rules/member")
                    if r.findtext("IsDefault") == "true")
        return [int(t.findtext("Weight")) for t in rule.iterfind(
            "Actions/member/ForwardConfig/TargetGroups/member")]

    def test_what_the_api_made_stays(self):
        group = make_group(self.api)
        rule = make_rule(self.api, self.web, 20, "/made")
        self.hup(self.api, shop(more=[
            lambda s: s.rule("New", "Web", 40, [path("/new")],
                             fixed(200, "new"))]))
        self.assertEqual(groups(self.api)["made"], group)
        self.assertIn(rule, rules(self.api, self.web))
        self.assertEqual(self.ask(self.api, "/new").body, b"new")
        self.assertEqual(self.ask(self.api, "/made").body, b"by the API")

    def test_what_the_api_changed_stays_unless_the_template_changes_it(self):
        ping = outputs(self.api)["Ping"]
        body = {"Actions.member.1.Type": "fixed-response",
                "Actions.member.1.FixedResponseConfig.StatusCode": 200,
                "Actions.member.1.FixedResponseConfig.MessageBody": "API"}
        answer = self.api.call("ModifyRule", RuleArn=ping, **body)
        self.assertEqual(answer.status, 200, answer.body)
        self.hup(self.api, shop(more=[
            lambda s: s.group("Red", ["127.0.0.1:9"])]))
        self.assertEqual(self.ask(self.api, "/ping").body, b"API")
        self.hup(self.api, shop(more=[
            lambda s: s.rule("Ping", "Web", 10, [path("/ping")],
                             fixed(200, "template"))]))
        self.assertEqual(self.ask(self.api, "/ping").body, b"template")

    def test_what_the_api_deleted_stays_deleted(self):
        ping = outputs(self.api)["Ping"]
        self.assertEqual(self.api.call("DeleteRule", RuleArn=ping).status, 200)
        self.hup(self.api, shop(more=[
            lambda s: s.group("Red", ["127.0.0.1:9"])]))
        self.assertNotIn(ping, rules(self.api, self.web))
        self.hup(self.api, shop(more=[
            lambda s: s.rule("Ping", "Web", 11, [path("/ping")],
                             fixed(200, "again"))]))
        self.assertIn(ping, rules(self.api, self.web))  # its id is the same
        self.assertEqual(self.ask(self.api, "/ping").body, b"again")

    def test_weights_that_were_moved_stay(self):
        arns = outputs(self.api)
        move = {"DefaultActions.member.1.Type": "forward"}
        for i, (name, weight) in enumerate((("Blue", 40), ("Green", 60))):
            start = ("DefaultActions.member.1.ForwardConfig.TargetGroups."
                     "member.%d." % (i + 1))
            move[start + "TargetGroupArn"] = arns[name]
            move[start + "Weight"] = weight
        answer = self.api.call("ModifyListener", ListenerArn=self.web, **move)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.weights(), [40, 60])
        self.hup(self.api, shop(weights=(90, 10), more=[
            lambda s: s.group("Red", ["127.0.0.1:9"])]))
        self.assertIn("red", groups(self.api))
        self.assertEqual(self.weights(), [40, 60])

    def test_a_resource_that_the_api_uses_does_not_go(self):
        make_rule(self.api, self.web, 20, "/made", outputs(self.api)["Green"])
        before = groups(self.api)
        told = self.hup(self.api, shop(more=[
            without_green, lambda s: s.group("Red", ["127.0.0.1:9"])]))
        self.assertIn("the new template is refused", told)
        self.assertIn("which the API made, uses it", told)
        self.assertEqual(groups(self.api), before)

    def test_what_was_merged_is_kept(self):
        make_group(self.api)
        self.hup(self.api, shop(more=[
            lambda s: s.group("Red", ["127.0.0.1:9"])]))
        known = groups(self.api)
        self.api.stop()
        with self.serve() as api:
            self.assertEqual(groups(api), known)
            api.says("go on")


if __name__ == "__main__":
    unittest.main()

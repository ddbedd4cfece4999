# SPDX-License-Identifier: Apache-2.0
"""What Terraform makes of web ACLs, and what requests then meet:
terraform/waf, as terraform_stacks.py has the others.

    class X(HowCase, WafStack): ...

HowCase.drive gives, beside what the other stacks need, .anew(address, id): the
resource is forgotten and imported."""
import json

from terraform_stacks import Stack

import rig
from rig import respond


class WafStack(Stack):
    """Web ACLs, sets, a rule group, an association, logging."""
    name, ports = "waf", (80,)

    def make(self):
        self.origin("blue", lambda request: respond(json.dumps(
            {k.lower(): v for k, v in request.headers}).encode()))

    def waf(self, action, **given):
        answer = self.sluice.json_call("AWSWAF_20190729." + action, given,
                                       "wafv2")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def listed(self, kind):
        return self.waf("List" + kind, Scope="REGIONAL")[kind]

    def main_acl(self):
        found = [a for a in self.listed("WebACLs") if a["Name"] == "main"]
        self.assertEqual(len(found), 1)
        return found[0]

    def ask(self, path="/", **headers):
        """A browser's, unless `headers` say otherwise."""
        return self.get(path, host="shop.test", **{
            "User_Agent": "Mozilla/5.0", **headers})

    def status(self, path="/", **headers):
        return self.ask(path, **headers).status

    # ---- what the ACL does -----------------------------------------------------
    def check_both(self, stage):
        passed = json.loads(self.ask().text)
        self.assertEqual(passed["x-amzn-waf-stage"], str(stage))
        self.assertNotIn("x-amzn-waf-bot", passed)
        self.assertEqual(self.status(X_Client="192.0.2.9"), 403)
        self.assertEqual(self.status(X_Client="192.0.3.9"), 200)
        self.assertEqual(self.status(X_Client="192.0.3.9, 2001:db8::9"), 403)
        self.check_nested(stage)
        self.check_groups()
        bot = {"User_Agent": "BadBot/7"}
        seen = json.loads(self.ask("/", **bot).text)
        self.assertEqual((seen["x-amzn-waf-bot"], seen["x-amzn-waf-bot-set"]),
                         ("yes", "bots"))
        self.assertEqual(self.status("/challenge", **bot), 202)
        self.assertEqual(self.status("/challenge"), 200)
        self.assertEqual(self.status("/?id=1'%20OR%201=1--", Accept="text/html"
                                     ), 405)

    def check_nested(self, stage):
        now, then = ("/first", "/second")[::1 if stage == 1 else -1]
        for path in (now, "/x/../EITHER/way"):
            no = self.ask(path)
            self.assertEqual(
                (no.status, no.text, no.headers["X-Why"], no.headers["X-Stage"],
                 no.headers["Content-Type"]),
                (421, b"<p>no %d</p>" % stage, "nested", str(stage),
                 "text/html"), path)
        for path in (then, now + "?a=pass", "/either/longer"):
            self.assertEqual(self.status(path), 200, path)
        self.assertEqual(self.status(now + "?a=surpass"), 421)

    def check_groups(self):
        found = self.ask("/?q=%3Cscript%3Ealert(1)%3C/script%3E")
        self.assertEqual((found.status, found.headers["X-Why"]),
                         (416, "common"))
        self.assertEqual(self.status("/free?q=%3Cscript%3Ealert(1)%3C/script%3E"
                                     ), 200)
        gone = self.ask("/%6ceft" if self.second else "/%67one")
        self.assertEqual((gone.status, gone.text), (404, b"gone of the group"))
        self.assertEqual(self.status("/gone" if self.second else "/left"), 200)

    second = False

    def check_first(self):
        self.check_both(1)
        self.assertEqual(self.status(X_Client="198.51.100.1"), 403)
        self.assertEqual(self.status(X_Client="203.0.113.7"), 200)
        self.check_use()

    def check_second(self):
        self.second = True
        self.check_both(2)
        self.assertEqual(self.status(X_Client="198.51.100.1"), 200)
        self.assertEqual(self.status(X_Client="203.0.113.7"), 403)
        rig.until(lambda: self.status("/login", X_Client="192.0.3.1") == 429,
                  lambda: "logins are not limited")
        slow = self.ask("/login", X_Client="192.0.3.1")
        self.assertEqual((slow.text, slow.headers["Retry-After"]),
                         (b'{"error":"slow down"}', "60"))
        self.assertEqual(self.status("/login", X_Client="192.0.3.2"), 200)

    def check_state(self):
        """Of Terraform's state there is nothing where calls are made anew."""

    def check_use(self):
        acl = self.main_acl()
        using = self.waf("ListResourcesForWebACL", WebACLArn=acl["ARN"])
        self.assertEqual(len(using["ResourceArns"]), 1)
        log = self.waf("GetLoggingConfiguration", ResourceArn=acl["ARN"])[
            "LoggingConfiguration"]
        self.assertEqual(len(log["RedactedFields"]), 2)
        self.assertEqual(len(log["LoggingFilter"]["Filters"]), 2)

    def check_nothing_is_left(self):
        super().check_nothing_is_left()
        for kind in ("WebACLs", "IPSets", "RegexPatternSets", "RuleGroups"):
            self.assertEqual(self.listed(kind), [], kind)

    def tell(self):
        """With an import behind the change; the plan that follows is of
        both."""
        self.driver.apply(1)
        self.check_first()
        self.driver.apply(2)
        self.check_second()
        self.driver.anew("aws_wafv2_web_acl.main",
                         self.main_acl()["Id"] + "/main/REGIONAL")
        self.driver.unchanged()
        self.check_state()
        self.driver.destroy()
        self.check_nothing_is_left()

    # 108.
    def test_web_acls_are_applied_imported_changed_and_destroyed(self):
        self.tell()

# SPDX-License-Identifier: Apache-2.0
"""Rules of listeners by AWS's own clients (boto3 and `aws`): what they make is
what they read, traffic follows at once, and refusals are the exceptions that
the clients know (checklist 7, 22 to 29, 37)."""
import hashlib
import json
import os
import re
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import aws  # noqa: E402
import rig  # noqa: E402
import stack as stacks  # noqa: E402
from stack import Served, Stack, fixed, forward  # noqa: E402

ARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000:"
OIDC = {"Issuer": "https://i.test", "AuthorizationEndpoint": "https://a.test",
        "TokenEndpoint": "https://t.test", "UserInfoEndpoint": "https://u.test",
        "ClientId": "id"}


def made_id(name):
    """Of a resource of the template, whose stack is called `stack`."""
    return hashlib.sha256(("stack/" + name).encode()).hexdigest()[:16]


def balancer(name):
    return "app/%s/%s" % (name, made_id(name))


def listener(name, lb="Lb"):
    return "%slistener/%s/%s" % (ARN, balancer(lb), made_id(name))


def group(name):
    return "%stargetgroup/%s/%s" % (ARN, name.lower(), made_id(name))


def to(*groups):
    """to("Blue"), to(("Blue", 90), ("Green", 10))."""
    if len(groups) == 1 and isinstance(groups[0], str):
        return [{"Type": "forward", "TargetGroupArn": group(groups[0])}]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": group(g), "Weight": w} for g, w in groups]}}]


def says(text):
    return [fixed(200, text)]


def paths(*values):
    return [{"Field": "path-pattern", "Values": list(values)}]


def template():
    s = Stack()
    s.listener("Web", 80, fixed(404, "default"))
    s.https("Safe", 443, fixed(404, "default"), certificate=stacks.LOCAL)
    s.balancer("Other")
    s.group("Theirs", ["127.0.0.1:1"])
    s.listener("OtherWeb", 81, forward("Theirs"), lb="Other")
    for name in "Blue", "Green", "Red":
        s.group(name, ["127.0.0.1:1"])
    s.group("Grpc", ["127.0.0.1:1"], ProtocolVersion="GRPC")
    for name in "Crowd", "Crowded":
        s.group(name, Targets=[{"Id": "127.0.0.1", "Port": p}
                               for p in (1, 2)])
    return s


class RulesCase(aws.ApiCase):
    template = template()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.listeners = Served.read_listeners(cls.api)
        cls.elb = cls.api.client("elbv2")

    def tearDown(self):
        for name, lb in ("Web", "Lb"), ("Safe", "Lb"):
            for rule in self.rules(name, lb):
                if not rule["IsDefault"]:
                    self.elb.delete_rule(RuleArn=rule["RuleArn"])

    def rules(self, name="Web", lb="Lb"):
        return self.elb.describe_rules(
            ListenerArn=listener(name, lb))["Rules"]

    def create(self, priority, actions, conditions=None, on="Web", **more):
        return self.elb.create_rule(
            ListenerArn=listener(on), Priority=priority, Actions=actions,
            Conditions=conditions or paths("/*"), **more)["Rules"][0]

    def refused(self, code, message, call, **named):
        """As the exception that the client has for the code, if it has one."""
        known = getattr(self.elb.exceptions, code + "Exception", Exception)
        with self.assertRaises(known):
            call(**named)
        self.assertRegex(super().refused(code, call, **named), message)

    def body(self, path="/", name="Web"):
        with rig.Client(*self.listeners[name]) as client:
            client.send(("GET %s HTTP/1.1\r\nHost: a.test\r\nConnection: close"
                         "\r\n\r\n" % path).encode())
            return client.response("GET").body.decode()


class Effect(RulesCase):
    def test_traffic_follows_a_rule_when_its_call_returns(self):
        self.assertEqual(self.body("/a"), "default")
        arn = self.create(10, says("one"), paths("/a"))["RuleArn"]
        self.assertEqual(self.body("/a"), "one")
        self.assertEqual(self.body("/b"), "default")
        self.elb.modify_rule(RuleArn=arn, Actions=says("two"))
        self.assertEqual(self.body("/a"), "two")
        self.elb.modify_rule(RuleArn=arn, Conditions=paths("/b"))
        self.assertEqual(self.body("/a"), "default")
        self.assertEqual(self.body("/b"), "two")
        self.elb.delete_rule(RuleArn=arn)
        self.assertEqual(self.body("/b"), "default")

    def test_weights_are_shifted_in_steps(self):
        """Each step changes the config that the one before made."""
        arn = self.create(1, to(("Blue", 100), ("Green", 0)))["RuleArn"]
        for green in range(0, 101, 10):
            shifted = self.elb.modify_rule(RuleArn=arn, Actions=to(
                ("Blue", 100 - green), ("Green", green)))["Rules"][0]
            groups = shifted["Actions"][0]["ForwardConfig"]["TargetGroups"]
            self.assertEqual([g["Weight"] for g in groups],
                             [100 - green, green])
        self.assertEqual(shifted, self.rules()[0])
        self.refused("TargetGroupAssociationLimit", "more than one",
                     self.elb.modify_rule, RuleArn=arn, Actions=to("Theirs"))
        self.elb.modify_rule(RuleArn=arn, Actions=to("Red"))
        self.create(2, to("Blue"))

    # Checklist 22.
    def test_two_rules_change_places_at_once(self):
        """No request between the two calls of a client sees neither rule, or
        both in one place: there is one call and one change."""
        a = self.create(1, says("a"))["RuleArn"]
        b = self.create(2, says("b"))["RuleArn"]
        seen, end = set(), threading.Event()

        def ask():
            while not end.is_set():
                seen.add(self.body())
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            for first, second in ((b, a), (a, b)) * 5:
                self.elb.set_rule_priorities(RulePriorities=[
                    {"RuleArn": second, "Priority": 2},
                    {"RuleArn": first, "Priority": 1}])
                self.assertEqual(self.body(), "a" if first == a else "b")
        finally:
            end.set()
            asking.join()
        self.assertLessEqual(seen, {"a", "b"})
        self.refused("PriorityInUse", "^Priority '2' is currently in use$",
                     self.elb.set_rule_priorities, RulePriorities=[
                         {"RuleArn": a, "Priority": 2}])
        self.refused("ValidationError",
                     "^Priority '9' was provided multiple times$",
                     self.elb.set_rule_priorities, RulePriorities=[
                         {"RuleArn": a, "Priority": 9},
                         {"RuleArn": b, "Priority": 9}])
        self.assertEqual(self.body(), "a")

    def test_every_condition_and_transform_is_in_force(self):
        self.create(1, says("all"), [
            {"Field": "host-header", "HostHeaderConfig": {
                "RegexValues": ["^a[.]t.st$"]}},
            {"Field": "query-string", "QueryStringConfig": {"Values": [
                {"Key": "k", "Value": "v*"}]}},
            {"Field": "http-request-method",
             "HttpRequestMethodConfig": {"Values": ["GET"]}},
            {"Field": "source-ip",
             "SourceIpConfig": {"Values": ["127.0.0.0/8"]}}])
        self.assertEqual(self.body("/?k=value"), "all")
        self.assertEqual(self.body("/?k=x"), "default")


class ReadBack(RulesCase):
    # Checklist 7, 23, 24.
    def test_arns_priorities_and_the_default_rule(self):
        made = self.create(40, to("Blue"))
        self.assertEqual((made["Priority"], made["IsDefault"]), ("40", False))
        match = re.match("^(arn:.+:listener)-rule(/.+)/[^/]+$",
                         made["RuleArn"])
        self.assertEqual(match[1] + match[2], listener("Web"))
        last = self.rules()[-1]
        self.assertEqual((last["Priority"], last["IsDefault"],
                          last["Conditions"]), ("default", True, []))
        self.assertRegex(last["RuleArn"], made["RuleArn"].rsplit("/", 1)[0] +
                         "/[0-9a-f]{16}$")
        for call, more in ((self.elb.delete_rule, {}),
                           (self.elb.modify_rule, {"Actions": to("Blue")})):
            self.refused("OperationNotPermitted",
                         "^Default rule '.*' cannot be (deleted|modified)$",
                         call, RuleArn=last["RuleArn"], **more)
        self.refused("OperationNotPermitted", "default rule",
                     self.elb.set_rule_priorities, RulePriorities=[
                         {"RuleArn": last["RuleArn"], "Priority": 3}])

    # Checklist 25, 26, 27.
    def test_a_rule_reads_back_in_normal_form(self):
        off = {"Enabled": False}
        one = self.create(1, to("Blue"), paths("/a", "/b"))
        self.assertEqual(one["Actions"], [{
            "Type": "forward", "Order": 1, "TargetGroupArn": group("Blue"),
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": group("Blue"),
                                  "Weight": 1}],
                "TargetGroupStickinessConfig": off}}])
        self.assertEqual(one["Conditions"], [{
            "Field": "path-pattern", "Values": ["/a", "/b"],
            "PathPatternConfig": {"Values": ["/a", "/b"]}}])
        two = self.create(2, to(("Blue", 90), ("Green", 10)), [
            {"Field": "host-header", "HostHeaderConfig": {
                "Values": ["a.test"]}}])
        self.assertNotIn("TargetGroupArn", two["Actions"][0])
        self.assertEqual(two["Conditions"][0]["Values"], ["a.test"])
        three = self.create(3, [{"Type": "redirect", "RedirectConfig": {
            "StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"}}])
        self.assertEqual(three["Actions"][0]["RedirectConfig"], {
            "Protocol": "HTTPS", "Port": "443", "Host": "#{host}",
            "Path": "/#{path}", "Query": "#{query}",
            "StatusCode": "HTTP_301"})
        rewrite = [{"Type": "url-rewrite", "UrlRewriteConfig": {
            "Rewrites": [{"Regex": "^/a(.*)$", "Replace": "/b$1"}]}}]
        four = self.create(4, says("x"), Transforms=rewrite)
        self.assertEqual(four["Transforms"], rewrite)
        self.assertEqual(self.elb.describe_rules(RuleArns=[
            r["RuleArn"] for r in (one, two, three, four)])["Rules"],
            [one, two, three, four])
        four = self.elb.modify_rule(RuleArn=four["RuleArn"],
                                    ResetTransforms=True)["Rules"][0]
        self.assertEqual(four["Transforms"], [])

    def test_what_was_read_can_be_written_again(self):
        made = self.create(1, to(("Blue", 1), ("Green", 0)), paths("/a"))
        again = self.elb.modify_rule(
            RuleArn=made["RuleArn"], Conditions=made["Conditions"],
            Actions=made["Actions"])["Rules"][0]
        self.assertEqual(again, made)

    # Checklist 37.
    def test_a_secret_is_kept_and_never_shown(self):
        def login(**more):
            return [{"Type": "authenticate-oidc", "Order": 1,
                     "AuthenticateOidcConfig": {**OIDC, **more}},
                    {**to("Blue")[0], "Order": 2}]
        made = self.create(1, login(ClientSecret="hidden"), on="Safe")
        again = self.elb.modify_rule(
            RuleArn=made["RuleArn"],
            Actions=login(UseExistingClientSecret=True))["Rules"][0]
        for rule in made, again, self.rules("Safe")[0]:
            self.assertNotIn("hidden", json.dumps(rule))
            config = rule["Actions"][0]["AuthenticateOidcConfig"]
            self.assertNotIn("ClientSecret", config)
            self.assertEqual(config["SessionTimeout"], 604800)
            self.assertEqual(config["Scope"], "openid")
        self.refused("InvalidLoadBalancerAction", "client secret",
                     self.elb.modify_rule, RuleArn=made["RuleArn"],
                     Actions=login())

    # Checklist 6.
    def test_pages_of_rules(self):
        for priority in range(1, 6):
            self.create(priority, says(str(priority)))
        pages = list(self.elb.get_paginator("describe_rules").paginate(
            ListenerArn=listener("Web"), PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(p["Rules"]) for p in pages], [2, 2, 2])
        self.assertNotIn("NextMarker", pages[-1])
        self.assertEqual([r["Priority"] for p in pages for r in p["Rules"]],
                         ["1", "2", "3", "4", "5", "default"])
        self.refused("ValidationError", "marker", self.elb.describe_rules,
                     ListenerArn=listener("Web"), Marker="x")

    def test_the_command_line_makes_reads_and_deletes_a_rule(self):
        def run(*words):
            return self.api.aws("elbv2", *words)
        rule = run("create-rule", "--listener-arn", listener("Web"),
                   "--priority", "7", "--conditions",
                   "Field=path-pattern,Values=/cli", "--actions",
                   "Type=fixed-response,FixedResponseConfig={StatusCode=200,"
                   "MessageBody=cli,ContentType=text/plain}")["Rules"][0]
        self.assertEqual(self.body("/cli"), "cli")
        self.assertEqual(run("describe-rules", "--rule-arns",
                             rule["RuleArn"])["Rules"], [rule])
        run("delete-rule", "--rule-arn", rule["RuleArn"])
        self.assertEqual(self.body("/cli"), "default")


class Refusals(RulesCase):
    options = ("--quota", "rules-per-application-load-balancer=3",
               "--quota", "target-groups-per-application-load-balancer=2",
               "--quota",
               "target-groups-per-action-on-application-load-balancer=2",
               "--quota", "targets-per-application-load-balancer=3",
               "--quota",
               "target-id-registrations-per-application-load-balancer=3")

    def rejects(self, code, message, actions=None, **named):
        """CreateRule does; and ModifyRule, unless what is wrong is of
        CreateRule alone."""
        actions = actions or says("x")
        self.refused(code, message, self.elb.create_rule, **{
            "ListenerArn": listener("Web"), "Priority": 9,
            "Conditions": paths("/*"), "Actions": actions, **named})

    # Checklist 28.
    def test_groups_that_cannot_be_forwarded_to(self):
        self.rejects("TargetGroupNotFound", "not found",
                     [{"Type": "forward", "TargetGroupArn": group("None")}])
        self.rejects("TargetGroupAssociationLimit",
                     "^The following target groups cannot be associated with "
                     "more than one load balancer: " + group("Theirs"),
                     to("Theirs"))
        self.rejects("IncompatibleProtocols", "'GRPC'", to("Grpc"))

    def test_actions_that_cannot_be(self):
        self.rejects("InvalidLoadBalancerAction", "creates a loop",
                     [{"Type": "redirect", "RedirectConfig": {
                         "StatusCode": "HTTP_301"}}])
        self.rejects("UnsupportedProtocol", "authenticate-oidc", [
            {"Type": "authenticate-oidc", "Order": 1,
             "AuthenticateOidcConfig": {**OIDC, "ClientSecret": "s"}},
            {**to("Blue")[0], "Order": 2}])
        self.rejects("TooManyActions", "'5' actions", says("x") * 6)
        self.rejects(
            "ValidationError",
            r"^1 validation error detected: Value 'go' at 'actions\.1\.member"
            r"\.type' failed to satisfy constraint: Member must satisfy enum "
            r"value set: \[", [{"Type": "go"}])

    def test_conditions_that_cannot_be(self):
        self.rejects("ValidationError",
                     r"^Condition field 'path' must be one of '\[path-pattern,"
                     r"host-header,http-header,http-request-method,"
                     r"query-string,source-ip\]'$",
                     Conditions=[{"Field": "path", "Values": ["/"]}])
        # Checklist 29.
        self.rejects("ValidationError",
                     "^A rule can only have '5' condition values$",
                     Conditions=paths(*"abcdef"))
        self.rejects("ValidationError", "'5' condition wildcards",
                     Conditions=paths("/*/*/*/*/*/*"))
        self.rejects("DuplicateTagKeys", "a", Tags=[{"Key": "a"}] * 2)
        self.rejects("TooManyTags", "50", Tags=[
            {"Key": str(i)} for i in range(51)])

    def test_what_is_not_there(self):
        arn = self.create(1, says("x"))["RuleArn"]
        gone = arn[:-16] + "0" * 16
        self.rejects("ListenerNotFound", "^One or more listeners not found$",
                     ListenerArn=listener("Nobody"))
        self.refused("ListenerNotFound", "not found", self.elb.describe_rules,
                     ListenerArn=listener("Nobody"))
        for call, more in ((self.elb.describe_rules, {"RuleArns": [gone]}),
                           (self.elb.delete_rule, {"RuleArn": gone}),
                           (self.elb.modify_rule, {"RuleArn": gone,
                                                   "Actions": says("x")}),
                           (self.elb.set_rule_priorities, {"RulePriorities": [
                               {"RuleArn": gone, "Priority": 2}]})):
            self.refused("RuleNotFound", "^One or more rules not found$",
                         call, **more)
        self.refused("ValidationError",
                     "^Either conditions or actions must be specified$",
                     self.elb.modify_rule, RuleArn=arn)
        self.refused("ValidationError", "ResetTransforms",
                     self.elb.modify_rule, RuleArn=arn, ResetTransforms=True,
                     Transforms=[{"Type": "url-rewrite", "UrlRewriteConfig": {
                         "Rewrites": [{"Regex": "a", "Replace": "b"}]}}])
        self.rejects("PriorityInUse", "^Priority '1' is currently in use$",
                     Priority=1)

    # Checklist 29.
    def test_quotas(self):
        self.rejects("TooManyTargetGroups", "'2' target groups",
                     to(("Blue", 1), ("Green", 1), ("Red", 1)))
        self.rejects("TooManyTargets",
                     "^The maximum number of targets per load balancer '3' "
                     "has been reached on load balancer 'arn:",
                     to(("Crowd", 1), ("Crowded", 1)))
        arn = self.create(1, to(("Blue", 1), ("Green", 1)))["RuleArn"]
        self.rejects("TooManyUniqueTargetGroupsPerLoadBalancer",
                     r"type 'application': \[2\]$", to("Red"))
        self.elb.modify_rule(RuleArn=arn, Actions=to(("Blue", 1), ("Red", 1)))
        self.create(2, says("x"))
        self.create(3, says("x"), on="Safe")
        self.rejects("TooManyRules",
                     "^The maximum number of rules on load balancer arn:")
        self.refused("TooManyUniqueTargetGroupsPerLoadBalancer", "maximum",
                     self.elb.modify_rule,
                     RuleArn=self.rules("Safe")[0]["RuleArn"],
                     Actions=to("Green"))


class Registrations(RulesCase):
    options = ("--quota",
               "target-id-registrations-per-application-load-balancer=3")

    def test_registrations_of_one_target(self):
        self.refused("TooManyRegistrationsForTargetId", "'127.0.0.1'",
                     self.elb.create_rule, ListenerArn=listener("Web"),
                     Priority=1, Conditions=paths("/*"),
                     Actions=to(("Crowd", 1), ("Crowded", 1)))
        self.create(1, to("Crowd"))


if __name__ == "__main__":
    rig.main()

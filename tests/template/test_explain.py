#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`sluice explain`: which rule takes a request, why the others do not, and
that it is the rule which takes it when the template is served."""
import json
import random
import unittest

import tool     # finds the modules below
import rig
import test_rules
from stack import (Served, Stack, command, fixed, forward, header, host,
                   method, path, query, redirect, regex, source_ip)

assert tool


def explain(stack, method_, url, *options):
    return command("explain", "-", method_, url, *options, stdin=stack)


def shop():
    """A stack with a rule of every kind, and every action."""
    stack = Stack().group("Blue", ["127.0.0.1:9001"])
    stack.group("Green", ["127.0.0.1:9002"]).group("Empty")
    stack.listener("Web", 80, forward(("Blue", 90), ("Green", 10)))
    stack.listener("Admin", 8080, fixed(403, "no"), local=8090)
    stack.rule("Api", "Web", 10, [path("/api/*"), host("*.example.com")],
               forward("Green"))
    stack.rule("Canary", "Web", 20, [header("X-Canary", "1", "true")],
               forward(("Blue", 1), ("Green", 2)))
    stack.rule("Moved", "Web", 30, [path("/old/*")],
               redirect(Path="/new", Query="from=#{path}"))
    stack.rule("Ping", "Web", 40, [path("/ping"), method("GET", "HEAD")],
               fixed(200, "pong"))
    stack.rule("Beta", "Web", 50, [query(("beta", "*"))], forward("Empty"))
    stack.rule("Office", "Web", 60, [source_ip("192.0.2.0/24",
                                               "2001:db8::/32")],
               fixed(200, "office"))
    stack.rule("Version", "Web", 70, [regex(path("^/v[0-9]+/"))],
               forward("Blue"), Transforms=[{
                   "Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [
                       {"Regex": "^/v[0-9]+/", "Replace": "/"}]}}])
    return stack


# method, URL, options, rule
TABLE = (
    ("GET", "http://www.example.com/api/x", (), "Api"),
    ("GET", "http://www.example.com/api", (), "Web"),
    ("GET", "http://example.com/api/x", (), "Web"),
    ("GET", "http://WWW.EXAMPLE.COM:80/api/x?y=z", (), "Api"),
    ("GET", "/api/x", ("-H", "Host: www.example.com"), "Api"),
    ("GET", "http://x.example.com/", ("-H", "x-canary: TRUE"), "Canary"),
    ("GET", "http://x.example.com/", ("-H", "X-Canary: 2"), "Web"),
    ("GET", "http://x.example.com/", ("-H", "X-Canary: 2", "-H",
                                      "X-Canary: 1"), "Canary"),
    ("POST", "http://a/old/x", (), "Moved"),
    ("GET", "http://a/ping", (), "Ping"),
    ("HEAD", "/ping", (), "Ping"),
    ("POST", "/ping", (), "Web"),
    ("get", "/ping", (), "Web"),
    ("GET", "/ping?beta", (), "Ping"),
    ("GET", "/x?beta", (), "Beta"),
    ("GET", "http://a?beta=1", (), "Beta"),
    ("GET", "/", ("--from", "192.0.2.7"), "Office"),
    ("GET", "/", ("--from", "192.0.3.7"), "Web"),
    ("GET", "/", ("--from", "2001:db8::1"), "Office"),
    ("GET", "/", ("--from", "127.0.0.1", "-H", "X-Forwarded-For: 192.0.2.7"),
     "Web"),
    ("GET", "/v12/x", (), "Version"),
    ("GET", "/x/../v1/x", (), "Version"),
    ("GET", "/%76%31/x", (), "Version"),
    ("GET", "http://a:8080/ping", (), "Admin"),
    ("GET", "http://a:8090/ping", (), "Admin"),
    ("GET", "http://[2001:db8::1]/ping", (), "Ping"),
    ("GET", "http://[2001:db8::1]:8080/ping", (), "Admin"),
    ("GET", "http://a", (), "Web"),
    ("PURGE", "/", (), "Web"),
)


class Trail(unittest.TestCase):

    def trail(self, method_, url, *options, stack=None):
        code, out, err = explain(stack or shop(), method_, url, "--json",
                                 *options)
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def text(self, method_, url, *options, stack=None):
        code, out, err = explain(stack or shop(), method_, url, *options)
        self.assertEqual(code, 0, err)
        return out

    # alb.md 10: 38
    def test_the_rule_is_the_one_of_the_table(self):
        for method_, url, options, rule in TABLE:
            with self.subTest((method_, url) + options):
                trail = self.trail(method_, url, *options)
                self.assertEqual(trail["rule"], rule)
                text = self.text(method_, url, *options)
                self.assertRegex(text, r"(?m)^(default )?rule( [0-9]+)? "
                                 r"\(%s\): yes$" % rule)
                self.assertRegex(text, r"(?m)^(default )?rule( [0-9]+)? "
                                 r"\(%s\) does: " % rule)

    def test_rules_are_told_in_their_order_up_to_the_one_that_matches(self):
        trail = self.trail("GET", "http://a/ping")
        self.assertEqual([r["rule"] for r in trail["rules"]],
                         ["Api", "Canary", "Moved", "Ping"])
        self.assertEqual([r["priority"] for r in trail["rules"]],
                         [10, 20, 30, 40])
        self.assertEqual([r["matched"] for r in trail["rules"]],
                         [False, False, False, True])
        trail = self.trail("GET", "/")
        self.assertEqual(len(trail["rules"]), 8)
        self.assertEqual(trail["rules"][-1], {
            "rule": "Web", "priority": "default", "matched": True,
            "conditions": []})
        self.assertEqual(trail["priority"], "default")

    def test_the_request_is_told_as_the_rules_see_it(self):
        trail = self.trail("PUT", "http://A.example.com:80/a/b?c=d&e",
                           "--from", "2001:DB8:0:0::1")
        self.assertEqual(trail["request"], {
            "method": "PUT", "host": "A.example.com", "path": "/a/b",
            "query": "c=d&e", "from": "2001:db8::1"})
        self.assertEqual((trail["listener"], trail["port"]), ("Web", 80))

    def test_each_condition_tells_what_it_saw_and_what_would_match(self):
        trail = self.trail("POST", "http://example.com/api/x?a=1")
        found = {rule["rule"]: rule["conditions"] for rule in trail["rules"]}
        self.assertEqual(found["Api"], [
            {"field": "path-pattern", "values": ["/api/*"], "matched": True,
             "value": 0, "saw": "/api/x"},
            {"field": "host-header", "values": ["*.example.com"],
             "matched": False, "saw": "example.com",
             "would_match": found["Api"][1]["would_match"]}])
        self.assertTrue(found["Api"][1]["would_match"]
                        .endswith(".example.com"))
        self.assertEqual(found["Canary"], [
            {"field": "http-header", "header": "X-Canary",
             "values": ["1", "true"], "matched": False, "saw": None,
             "would_match": "1"}])
        self.assertEqual(found["Ping"][1], {
            "field": "http-request-method", "values": ["GET", "HEAD"],
            "matched": False, "saw": "POST", "would_match": "GET"})
        self.assertEqual(found["Beta"][0]["values"], ["beta=*"])
        self.assertEqual(found["Office"][0]["saw"], "127.0.0.1")
        self.assertTrue(found["Version"][0]["regex"])

    def test_what_would_match_does_match(self):
        stack = shop()
        trail = self.trail("POST", "http://example.com/")
        for rule in trail["rules"][:-1]:
            parts = {"path-pattern": "/", "host-header": "example.com",
                     "http-request-method": "POST", "query-string": ""}
            options = []
            for condition in rule["conditions"]:
                if condition["matched"]:
                    continue
                wanted = condition["would_match"]
                if condition["field"] == "http-header":
                    options += ["-H", "%s: %s" % (condition["header"],
                                                  wanted)]
                elif condition["field"] == "source-ip":
                    options += ["--from", wanted]
                else:
                    parts[condition["field"]] = wanted
            url = "http://%s%s?%s" % (parts["host-header"],
                                      parts["path-pattern"],
                                      parts["query-string"])
            again = self.trail(parts["http-request-method"], url, *options,
                               stack=stack)
            self.assertEqual(again["rule"], rule["rule"], (url, options))

    # alb.md 10: 50
    def test_a_forward_tells_its_odds(self):
        trail = self.trail("GET", "/")
        self.assertEqual(trail["actions"], [{"type": "forward", "groups": [
            {"group": "Blue", "weight": 90, "percent": 90},
            {"group": "Green", "weight": 10, "percent": 10}]}])
        self.assertIn("forward to Blue (90 %) and Green (10 %)",
                      self.text("GET", "/"))
        trail = self.trail("GET", "/", "-H", "X-Canary: 1")
        self.assertEqual([g["percent"] for g in trail["actions"][0]["groups"]],
                         [33.3, 66.7])

    # alb.md 10: 75
    def test_a_group_without_an_address_is_told(self):
        self.assertIn("Empty (100 %, has no address here: answers 503)",
                      self.text("GET", "/?beta"))
        stack = shop()
        self.assertNotIn("503", self.text("GET", "/?beta", "--service",
                                          "Empty=127.0.0.1:9", stack=stack))
        stack.listener("Web", 80, forward(("Blue", 0), ("Green", 0)))
        self.assertIn("answers 503", self.text("GET", "/", stack=stack))

    # alb.md 10: 52, 53, 54
    def test_redirects_fixed_responses_and_transforms_are_told(self):
        trail = self.trail("GET", "http://a/old/x")
        self.assertEqual(trail["actions"][0]["type"], "redirect")
        self.assertEqual(trail["actions"][0]["status"], 301)
        self.assertRegex(self.text("GET", "http://a/old/x"),
                         r"\(Moved\) does: redirect 301 to .*/new\?from=")
        trail = self.trail("GET", "/ping")
        self.assertEqual(trail["actions"], [{"type": "fixed-response",
                                             "status": 200}])
        self.assertIn("(Ping) does: fixed-response 200",
                      self.text("GET", "/ping"))
        trail = self.trail("GET", "/v1/x")
        self.assertEqual(trail["transforms"], [{
            "type": "url-rewrite", "regex": "^/v[0-9]+/", "replace": "/"}])
        self.assertIn('url-rewrite: "^/v[0-9]+/" becomes "/"',
                      self.text("GET", "/v1/x"))

    def test_the_text_for_people_is_this(self):
        self.assertEqual(self.text("POST", "http://www.example.com/old/x"), (
            'rule 10 (Api): no\n'
            '    path-pattern "/api/*" does not match "/old/x"; would match: '
            '/api/x\n'
            '    host-header "*.example.com" matches "www.example.com"\n'
            'rule 20 (Canary): no\n'
            '    http-header X-Canary "1" or "true": the request has no such '
            'header; would match: X-Canary: 1\n'
            'rule 30 (Moved): yes\n'
            '    path-pattern "/old/*" matches "/old/x"\n'
            'rule 30 (Moved) does: redirect 301 to '
            '#{protocol}://#{host}:#{port}/new?from=#{path}\n'))

    def test_nothing_in_a_request_moves_the_terminal(self):
        stack = shop()
        stack.rule("X", "Web", 80, [header("X-A", "never")], fixed(200, "x"))
        for options in (("-H", "X-A: \u009b31m\u00e9"),
                        ("-H", "X-A: a\tb")):
            code, out, err = explain(stack, "GET", "/\u009b31m", *options)
            self.assertEqual(code, 0, err)
            self.assertRegex(out, r"\A[\x20-\x7e\n]*\Z")
            code, out, err = explain(stack, "GET", "/\u009b31m", "--json",
                                     *options)
            self.assertEqual(json.loads(out)["rule"], "Web")

    def test_to_is_explained_without_a_template(self):
        code, out, err = command(
            "explain", "--to", "blue=127.0.0.1:1@90,green=127.0.0.1:2@10",
            "GET", "/")
        self.assertEqual(code, 0, err)
        self.assertIn("forward to blue (90 %) and green (10 %)", out)


class Mistakes(unittest.TestCase):

    def fails(self, code, words, *arguments):
        got, out, err = command("explain", *arguments, stdin=shop())
        self.assertEqual((got, out), (code, ""), (arguments, err))
        for word in words:
            self.assertIn(word, err)

    def test_a_method_and_a_URL_are_asked_for(self):
        self.fails(64, ("TEMPLATE... METHOD URL",))
        self.fails(64, ("explain TEMPLATE GET http://HOST/PATH",), "-")
        self.fails(64, ('"GET" is no URL',), "-", "-", "GET")
        self.fails(64, ('"http://x/"', "method"), "-", "http://x/", "GET")

    def test_a_URL_that_is_none_says_what_one_is(self):
        for url in ("x", "ftp://x/", "http://", "http://x:0/",
                    "http://x:65536/", "http://x:y/", "//", "?a=b", ""):
            if url == "//":
                continue    # a path
            self.fails(64, ('"%s"' % url, "http://HOST"), "-", "GET", url)

    def test_a_URL_must_speak_what_its_listener_speaks(self):
        self.fails(65, ("no listener has port 443",), "-", "GET", "https://x/")
        self.fails(65, ("listener Web on port 80 speaks HTTP: write http://",),
                   "-", "GET", "https://x:80/")
        stack = Stack().certificate("Shop", "shop.test")
        stack.https("Secure", 443, fixed(200, "secure"), certificate="Shop")
        code, _, err = command("explain", "-", "GET", "http://x:443/",
                               stdin=stack)
        self.assertEqual(65, code)
        self.assertIn("listener Secure on port 443 speaks HTTPS: write "
                      "https://", err)
        for url in ("https://x/", "https://x:443/"):
            code, out, err = command("explain", "-", "GET", url, stdin=stack)
            self.assertEqual((0, ""), (code, err))
            self.assertIn("default rule (Secure) does: fixed-response 200",
                          out)

    def test_a_port_without_a_listener_names_those_there_are(self):
        self.fails(65, ("81", "80 (Web)", "8080 (Admin)"), "-", "GET",
                   "http://x:81/")

    def test_a_request_that_no_rule_would_see_says_why(self):
        for arguments in (("GET", "http://u@x/"), ("G T", "/"),
                          ("GET", "http://x/", "-H", "Host: y"),
                          ("GET", "/", "-H", "Content-Length: x"),
                          ("GET", "/", "-H", "Transfer-Encoding: x")):
            self.fails(65, ("before any rule is tried: ",), "-", *arguments)
        self.fails(65, ("is answered 414 before any rule",), "-", "GET",
                   "/" + "a" * 17000)

    def test_other_mistakes_are_those_of_check(self):
        self.fails(64, ("--from", "IPv4 or IPv6"), "-", "GET", "/", "--from",
                   "here")
        self.fails(64, ("--hedaer", "--header"), "-", "GET", "/", "--hedaer",
                   "X: y")
        self.fails(65, ("none.yaml", "No such file"), "none.yaml", "GET", "/")


class Served200(unittest.TestCase):
    """What is explained is what happens."""

    # alb.md 10: 38-49
    def test_a_running_listener_does_what_is_explained(self):
        made = test_rules.Many()
        chance = random.Random(7)
        stack = Stack().listener("Web", 80, fixed(200, "Web"))
        for number in range(1, 61):
            rule = made.random_rule(chance)
            priority = number + 1000 * (len(rule) == 1)
            name = "Rule%d" % priority
            stack.rule(name, "Web", priority, rule, fixed(200, name))
        rules = set()
        with Served(stack) as sluice, sluice.client() as client:
            for _ in range(200):
                asked = made.random_request(chance)
                self.compare(sluice.path, client, asked, rules)
        self.assertGreater(len(rules), 15)

    def compare(self, file, client, asked, rules):
        target = asked["path"]
        if asked["query"]:
            target += "?" + asked["query"]
        lines = ["%s: %s" % pair for pair in asked["headers"]]
        client.send("\r\n".join(
            ["%s %s HTTP/1.1" % (asked["method"], target),
             "Host: " + asked["host"]] + lines + ["", ""]).encode())
        answer = client.response(asked["method"])
        options = [word for line in lines for word in ("-H", line)]
        code, out, err = command(
            "explain", file, asked["method"],
            "http://" + asked["host"] + target, "--json", *options)
        self.assertEqual(code, 0, err)
        trail = json.loads(out)
        self.assertEqual(trail["rule"], answer.body.decode(), asked)
        # Each rule before it failed, by a condition that says so.
        self.assertTrue(trail["rules"][-1]["matched"])
        for rule in trail["rules"][:-1]:
            self.assertFalse(rule["matched"])
            self.assertFalse(all(c["matched"] for c in rule["conditions"]))
        rules.add(trail["rule"])


if __name__ == "__main__":
    rig.main()

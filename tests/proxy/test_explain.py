#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Why a live request goes where it goes: X-Sluice-Explain with the key of
--explain-key."""
import json
import random
import re
import unittest

import rig
import test_rules
from rig import Closed, Origin, respond
from stack import (Served, Stack, command, fixed, forward, header, host,
                   method, path, query, redirect, source_ip)

NAME = "X-Sluice-Explain"
KEY = "correct horse"
CHOSEN = re.compile(r";target=[0-9.]+:[0-9]+;weight=100%;slow-start=no;"
                    r"anomaly=normal")


def chosen(answer):
    """The trail, and the targets that it says were tried."""
    trail = answer.get(NAME)
    return CHOSEN.sub("", trail), len(CHOSEN.findall(trail))


class Explain(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.closed = Closed()
        stack = Stack().group("Blue", [cls.origin.address])
        stack.group("Green", [cls.origin.address]).group("Empty")
        stack.group("Dead", [cls.closed.address])
        stack.listener("Web", 80, forward(("Blue", 90), ("Green", 10)))
        stack.rule("Canary", "Web", 5, [header("X-Canary", "1")],
                   forward("Green"))
        stack.rule("Moved", "Web", 10, [path("/old/*")],
                   redirect("HTTP_302", Path="/new"))
        stack.rule("Ping", "Web", 20, [path("/ping"), method("GET", "HEAD")],
                   fixed(200, "pong"))
        stack.rule("EmptyRule", "Web", 30, [path("/empty")],
                   forward("Empty"))
        stack.rule("DeadRule", "Web", 40, [path("/dead")], forward("Dead"))
        stack.rule("Long", "Web", 50, [query(("k", "v")),
                                       host("a.example.com")],
                   redirect(Path="/#{path}/#{path}", Query="#{query}"))
        stack.rule("Rewritten", "Web", 60, [path("/fail")], forward("Blue"),
                   Transforms=[{"Type": "url-rewrite", "UrlRewriteConfig": {
                       "Rewrites": [{"Regex": "^/", "Replace": ""}]}}])
        cls.stack = stack
        cls.sluice = Served(stack, "--explain-key", KEY)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.sluice.stop()
        finally:
            cls.origin.close()
            cls.closed.close()

    def ask(self, target="/", method_="GET", key=KEY, headers=(), body=b""):
        lines = list(headers)
        if key is not None:
            lines.append("%s: %s" % (NAME, key))
        with self.sluice.client() as client:
            return client.ask(target, method_, lines, body)

    def seen(self):
        return [r for r in self.origin.requests
                if "ELB-HealthChecker" not in r.get("User-Agent", "")]

    def test_the_right_key_is_answered_with_the_trail(self):
        answer = self.ask("/", headers=["X-Canary: 1"])
        self.assertEqual(answer.status, 200)
        self.assertEqual(len(answer.all(NAME)), 1)
        self.assertEqual(chosen(answer), (
            "rule=5:yes;action=forward;groups=Green:1", 1))
        self.assertIn(";target=%s;" % self.origin.address, answer.get(NAME))
        answer = self.ask("/ping")
        self.assertEqual(answer.all(NAME), [
            "rule=5:no(http-header X-Canary absent want 1);"
            "rule=10:no(path-pattern /ping want /old/x);"
            "rule=20:yes;action=fixed-response;status=200"])

    def test_every_action_and_every_error_has_it(self):
        for target, status, tried, end in (
                ("/", 200, 1, "rule=default:yes;action=forward;"
                 "groups=Blue:90,Green:10"),
                ("/old/x", 302, 0, "rule=10:yes;action=redirect;status=302"),
                ("/ping", 200, 0, "rule=20:yes;action=fixed-response;"
                 "status=200"),
                ("/empty", 503, 0, "rule=30:yes;action=forward;groups=Empty:1"),
                ("/dead", 502, 1, "rule=40:yes;action=forward;groups=Dead:1"),
                ("/fail", 500, 0, "rule=60:yes;action=forward;groups=Blue:1")):
            answer = self.ask(target)
            self.assertEqual(answer.status, status, answer)
            self.assertEqual(len(answer.all(NAME)), 1, answer)
            trail, targets = chosen(answer)
            self.assertTrue(trail.endswith(end), answer)
            self.assertEqual(targets, tried, answer)

    def test_a_redirect_that_is_too_long_has_it(self):
        with self.sluice.client() as client:
            client.send(("GET /%s?k=v HTTP/1.1\r\nHost: a.example.com\r\n"
                         "%s: %s\r\n\r\n" % ("a" * 8000, NAME, KEY)).encode())
            answer = client.response()
        self.assertEqual(answer.status, 507)
        self.assertIn("rule=50:yes;action=redirect", answer.get(NAME))

    def test_HEAD_and_POST_have_it(self):
        for method_ in ("HEAD", "POST", "OPTIONS"):
            for target in ("/", "/old/x", "/ping"):
                answer = self.ask(target, method_)
                self.assertEqual(len(answer.all(NAME)), 1, answer)

    def test_a_body_that_streams_has_it(self):
        size = 300000
        with Origin(answer=lambda r: respond(b"z" * size)) as origin:
            stack = Stack().group("Tg", [origin.address])
            stack.listener("Web", 80, forward("Tg"))
            with Served(stack, "--explain-key", KEY) as sluice, \
                    sluice.client() as client:
                answer = client.ask("/", "POST", ["%s: %s" % (NAME, KEY)],
                                    b"x" * size)
                self.assertEqual(len(answer.body), size)
                self.assertEqual(len(answer.all(NAME)), 1)
                self.assertIn(b"x" * size, [r.body for r in origin.requests])

    def test_without_the_key_there_is_nothing(self):
        for key in (None, "", "wrong", KEY + "x", KEY[:-1], KEY.upper()):
            for target in ("/", "/old/x", "/ping", "/empty"):
                answer = self.ask(target, key=key)
                self.assertEqual(answer.all(NAME), [], (key, answer))

    def test_the_right_key_is_not_passed_to_the_target(self):
        self.ask("/secret")
        request = self.seen()[-1]
        self.assertEqual(request.target, "/secret")
        self.assertEqual(request.all(NAME), [])
        self.assertNotIn(KEY.encode(), request.raw)

    def test_a_wrong_key_is_a_header_like_any_other(self):
        self.ask("/wrong", key="another")
        request = self.seen()[-1]
        self.assertEqual(request.target, "/wrong")
        self.assertEqual(request.all(NAME), ["another"])

    def test_each_request_of_a_connection_is_asked_for_itself(self):
        with self.sluice.client() as client:
            for key in (KEY, None, "wrong", KEY, None):
                lines = ["%s: %s" % (NAME, key)] if key else []
                for target in ("/", "/ping"):
                    answer = client.ask(target, headers=lines)
                    self.assertEqual(len(answer.all(NAME)), key == KEY,
                                     answer)

    def test_the_name_of_the_header_has_no_case(self):
        with self.sluice.client() as client:
            answer = client.ask("/ping", headers=[
                "%s: %s" % (NAME.lower(), KEY)])
        self.assertEqual(len(answer.all(NAME)), 1)

    def test_a_header_of_the_target_s_does_not_stand_in_for_the_trail(self):
        forged = "%s: rule=1:yes" % NAME
        with Origin(answer=lambda r: respond(b"x", headers=[forged])) as \
                origin:
            stack = Stack().group("Tg", [origin.address])
            stack.listener("Web", 80, forward("Tg"))
            with Served(stack, "--explain-key", KEY) as sluice, \
                    sluice.client() as client:
                answer = client.ask("/", headers=["%s: %s" % (NAME, KEY)])
                self.assertIn("rule=default:yes;action=forward;groups=Tg:1",
                              [CHOSEN.sub("", v) for v in answer.all(NAME)])

    def test_nothing_in_a_request_can_end_the_header(self):
        for target in ("/a%0d%0aX-Evil:1", "/a;b,c(d)%", "/\xff\xfe",
                       "/" + "a" * 10000):
            answer = self.ask(target)
            self.assertEqual(len(answer.all(NAME)), 1)
            trail = answer.get(NAME)
            self.assertRegex(trail, r"\A[\x21-\x7e ]*\Z")
            self.assertEqual(answer.all("X-Evil"), [])
            self.assertTrue(chosen(answer)[0].endswith(
                "groups=Blue:90,Green:10"), trail)
        answer = self.ask("/;rule=1:yes")
        self.assertNotIn(";rule=1:yes", answer.get(NAME))

    def test_a_trail_of_many_rules_is_cut_in_the_middle(self):
        stack = Stack().listener("Web", 80, fixed(200, "x"))
        for number in range(1, 100):
            stack.rule("R%d" % number, "Web", number,
                       [path("/number/%d" % number)], fixed(200, "y"))
        with Served(stack, "--explain-key", KEY) as sluice, \
                sluice.client() as client:
            answer = client.ask("/", headers=["%s: %s" % (NAME, KEY)])
        trail = answer.get(NAME)
        self.assertLessEqual(len(trail), 1024)
        self.assertTrue(trail.startswith("rule=1:no("), trail)
        self.assertTrue(trail.endswith(
            ";...;rule=default:yes;action=fixed-response;status=200"), trail)

    def test_without_the_option_the_header_means_nothing(self):
        stack = Stack().group("Blue", [self.origin.address])
        stack.listener("Web", 80, forward("Blue"))
        with Served(stack) as sluice, sluice.client() as client:
            for key in ("", KEY):
                answer = client.ask("/plain", headers=["%s: %s" % (NAME, key)])
                self.assertEqual(answer.all(NAME), [])
                self.assertEqual(self.seen()[-1].all(NAME), [key])

    def test_an_empty_key_is_not_a_key(self):
        stack = Stack().listener("Web", 80, fixed(200, "x"))
        try:
            sluice = Served(stack, "--explain-key", "")
        except AssertionError as error:
            self.assertRegex(str(error), "exit 6[45]")
            return
        with sluice, sluice.client() as client:
            answer = client.ask("/", headers=[NAME + ":"])
            self.assertEqual(answer.all(NAME), [])

    def test_it_says_what_explain_says(self):
        made = test_rules.Many()
        chance = random.Random(11)
        stack = Stack().listener("Web", 80, fixed(200, "default"))
        for number in range(1, 31):
            rule = made.random_rule(chance)
            stack.rule("R%d" % number, "Web", number + 100 * (len(rule) == 1),
                       rule, fixed(200, "x"))
        stack.rule("Here", "Web", 999, [source_ip("127.0.0.1/32")],
                   fixed(200, "here"))
        with Served(stack, "--explain-key", KEY) as sluice, \
                sluice.client() as client:
            for _ in range(60):
                asked = made.random_request(chance)
                target = asked["path"]
                if asked["query"]:
                    target += "?" + asked["query"]
                lines = ["%s: %s" % pair for pair in asked["headers"]]
                client.send("\r\n".join([
                    "%s %s HTTP/1.1" % (asked["method"], target),
                    "Host: " + asked["host"], "%s: %s" % (NAME, KEY)] +
                    lines + ["", ""]).encode())
                answer = client.response(asked["method"])
                self.same(sluice.path, asked, target, lines, answer)

    def same(self, file, asked, target, lines, answer):
        options = [word for line in lines for word in ("-H", line)]
        code, out, err = command(
            "explain", file, asked["method"],
            "http://" + asked["host"] + target, "--json", *options)
        self.assertEqual(code, 0, err)
        trail = json.loads(out)
        live = re.search(r"rule=([0-9]+|default):yes", answer.get(NAME))
        self.assertEqual(live.group(1), str(trail["priority"]), asked)
        failed = re.findall(r"rule=([0-9]+):no", answer.get(NAME))
        told = [str(r["priority"]) for r in trail["rules"]
                if not r["matched"]]
        if "..." in answer.get(NAME):
            self.assertEqual(failed, told[:len(failed)])
        else:
            self.assertEqual(failed, told)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys of the cookies of stickiness; cookies explained; what templates may not
say about them.
"""
import json
import os
import signal

import rig
from rig import until
from sticky_client import (SELDOM, SESSION, Browser, StickyCase, grouped)
from stack import Stack, command, forward, path


class Keys(StickyCase):

    def test_processes_with_the_same_key_follow_each_others_cookies(self):
        made = self.targets("a", "b")
        key = self.key_file("1")
        one = self.one_group(made, None, "--cookie-key", key)
        two = self.one_group(made, None, "--cookie-key", key)
        alone = self.one_group(made)
        browser = Browser(one)
        home = browser.get().target
        for _ in range(4):
            self.assertEqual(Browser(two, jar=browser.jar).get().target, home)
        self.assertTrue(self.moves(alone, browser.jar))

    def test_a_key_is_changed_by_a_new_first_line_and_a_HUP(self):
        made = self.targets("a", "b")
        key = self.key_file("1")
        sluice = self.one_group(made, None, "--cookie-key", key, workers=2)
        old = Browser(sluice)
        home = old.get().target
        self.write_keys(key, "2", "1")
        self.hup(sluice, "the new cookie keys are in use: 2")
        until(lambda: Browser(sluice).get().set["AWSALB"][:4] !=
              old.jar["AWSALB"][:4], "cookies of the new key")
        jar = dict(old.jar)
        self.stays(Browser(sluice, jar=jar), home)
        self.write_keys(key, "2")
        self.hup(sluice, "the new cookie keys are in use: 1")
        until(lambda: self.moves(sluice, jar), "the old key to be forgotten")

    def test_a_bad_file_of_keys_changes_nothing(self):
        made = self.targets("a", "b")
        key = self.key_file("1")
        sluice = self.one_group(made, None, "--cookie-key", key)
        browser = Browser(sluice)
        home = browser.get().target
        with open(key, "w", encoding="ascii") as file:
            file.write("# nothing\nsecret\n")
        self.hup(sluice, ":2: this is no key of 64")
        self.assertIn("the old cookie keys go on", "\n".join(sluice.log))
        self.stays(browser, home)

    def hup(self, sluice, says):
        sluice.signal(signal.SIGHUP)
        until(lambda: sluice.log_count(says),
              lambda: says + ": " + sluice.story())

    def test_serve_and_explain_refuse_a_file_that_others_may_read(self):
        key = self.key_file("1")
        os.chmod(key, 0o644)
        for words in (("serve", "--to", ":1"),
                      ("explain", "--to", ":1", "GET", "/")):
            code, _, err = command(*words, "--cookie-key", key)
            self.assertEqual(code, 65, err)
            self.assertIn("every user may open it (mode 644)", err)
            self.assertIn("chmod o= ", err)
        code, _, err = command("serve", "--to", ":1", "--cookie-key", "/none")
        self.assertEqual(code, 65)
        self.assertIn("--cookie-key /none: cannot be read", err)


class Explained(StickyCase):

    def test_explain_opens_cookies_with_the_key(self):
        made = self.targets("a", "b")
        key = self.key_file("1")
        sluice = self.one_group(made, None, "--cookie-key", key)
        browser = Browser(sluice)
        home = next(t for t in made if t.name == browser.get().target)
        cookie = "Cookie: AWSALB=" + browser.jar["AWSALB"]
        words = ("explain", sluice.path, "GET", "http://x/", "-H")
        code, out, err = command(*words, cookie, "--cookie-key", key)
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"(?m)^cookie AWSALB: target %s of Blue until "
                         r"[A-Z].* GMT: accepted$" % home.address)
        _, out, _ = command(*words, cookie, "--cookie-key", key, "--json")
        self.assertEqual(json.loads(out)["cookies"][0]["verdict"], "accepted")
        _, out, _ = command(*words, cookie)
        self.assertIn("cookie AWSALB: cannot be opened without its key: add "
                      "--cookie-key FILE\n", out)
        _, out, _ = command(*words, cookie, "--cookie-key",
                            self.key_file("2"))
        self.assertIn("cookie AWSALB: not accepted: it was not sealed", out)
        _, out, _ = command(*words, "X: y", "--cookie-key", key)
        self.assertNotIn("cookie", out)
        sluice.write(self.stack([t for t in made if t is not home]))
        _, out, _ = command(*words, cookie, "--cookie-key", key)
        self.assertIn("its target is not registered any more\n", out)

    def test_explain_tells_every_kind_of_cookie(self):
        made = self.targets("a", "b")
        key = self.key_file("1")
        stack = self.stack(made, SESSION)
        stack.group("Green", [made[0].address], **SELDOM)
        stack.rule("Rule", "Web", 1, [path("/green")],
                   forward(("Green", 1), **grouped()))
        sluice = self.serve(stack, "--cookie-key", key)
        browser = Browser(sluice)
        browser.get("/login")
        browser.get("/green")

        def cookies(target, without=()):
            jar = "; ".join("%s=%s" % p for p in browser.jar.items()
                            if p[0] not in without)
            code, out, err = command(
                "explain", sluice.path, "GET", "http://x" + target, "-H",
                "Cookie: " + jar, "--cookie-key", key, "--json")
            self.assertEqual(code, 0, err)
            return {c["cookie"]: (c["group"], c["verdict"])
                    for c in json.loads(out)["cookies"]}
        self.assertEqual(cookies("/"), {
            "AWSALBTGCORS": ("Green", "not-wanted"),
            "AWSALBAPP": ("Blue", "accepted")})
        self.assertEqual(cookies("/green", ("SID", "AWSALBTGCORS")), {
            "AWSALBTG": ("Green", "accepted"),
            "AWSALBAPP": ("Blue", "no-app-cookie")})


class Refused(StickyCase):

    # alb.md 10: 69
    def test_names_of_ALBs_own_cookies_are_refused(self):
        for name in ("AWSALB", "AWSALBCORS", "AWSALBAPP", "AWSALBAPP-0",
                     "AWSALBTG", "AWSALBTGCORS", "AWSALBX", "a b", "a=b"):
            code, _, err = command("check", "-", stdin=self.stack([], {
                **SESSION, "stickiness.app_cookie.cookie_name": name}))
            self.assertEqual(code, 65, name)
            self.assertIn("that does not begin with AWSALB", err)
        code, _, err = command("check", "-", stdin=self.stack([], SESSION))
        self.assertEqual(code, 0, err)
        self.assertNotIn("nothing acts on it", err)

    # alb.md 10: 69
    def test_an_application_cookie_needs_a_name(self):
        code, _, err = command("check", "-", stdin=self.stack([], {
            "stickiness.type": "app_cookie"}))
        self.assertEqual(code, 65)
        self.assertIn("add stickiness.app_cookie.cookie_name", err)

    # alb.md 10: 61, 76
    def test_what_ALB_does_not_combine_is_refused(self):
        for key, value in (
                ("load_balancing.algorithm.type", "weighted_random"),
                ("load_balancing.cross_zone.enabled", "false")):
            code, _, err = command("check", "-",
                                   stdin=self.stack([], {key: value}))
            self.assertEqual(code, 65, key)
            self.assertIn("which ALB does not combine", err)

    def test_application_cookies_do_not_go_with_weights(self):
        stack = Stack()
        for name in ("Blue", "Green"):
            stack.group(name, [], SESSION)
        stack.listener("Web", 80, forward("Blue", "Green", **grouped()))
        _, _, err = command("check", "-", stdin=stack)
        self.assertIn("stickiness of type app_cookie, with which ALB does not "
                      "choose among several", err)


if __name__ == "__main__":
    rig.main()

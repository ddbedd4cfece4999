#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stickiness of an application's sessions, and of target groups with weights
(alb.md 2.4, 3.5).
"""
import os
import tempfile

import access_lines
import rig
from rig import until
from sticky_client import (APP, APP_NON_STICKY, EXPLAIN, LB, NON_STICKY,
                           REMOVED, SELDOM, SESSION, STICKY, TG, Browser,
                           StickyCase, grouped)
from stack import Stack, forward, path


class ApplicationCookie(StickyCase):

    def app(self, *names, **attributes):
        made = self.targets(*names)
        return made, self.one_group(made, {**SESSION, **attributes},
                                    "--explain-key", "secret")

    # alb.md 10: 68
    def test_only_a_target_that_sets_its_cookie_begins_a_session(self):
        _, sluice = self.app("a", "b", "c")
        browser = Browser(sluice)
        homes = set()
        for _ in range(6):
            answer = browser.get()
            self.assertEqual(answer.set, REMOVED)
            homes.add(answer.target)
        self.assertEqual(homes, {"a", "b", "c"})
        answer = browser.get("/login")
        self.assertEqual(tuple(answer.set), APP[:1])
        self.assertEqual(answer.cross, set())
        self.assertEqual(browser.jar["SID"], "s3cret")
        for _ in range(4):      # set again without the target's doing
            again = browser.get()
            self.assertEqual(again.target, answer.target)
            self.assertEqual(tuple(again.set), APP[:1])
            self.assertNotEqual(again.set, answer.set)

    # alb.md 10: 68
    def test_both_cookies_must_come_whatever_the_applications_value(self):
        _, sluice = self.app("a", "b")
        browser = Browser(sluice)
        home = browser.get("/login").target
        jar = dict(browser.jar)
        self.assertEqual(Browser(sluice, jar={**jar, "SID": "other"})
                         .get().target, home)
        before = sluice.metric(NON_STICKY), sluice.metric(APP_NON_STICKY)
        for missing, word in (("SID", "no-app-cookie"),
                              ("AWSALBAPP-0", "none")):
            some = {k: v for k, v in jar.items() if k != missing}
            self.assertTrue(self.moves(sluice, some))
            answer = Browser(sluice, jar=some).get("/", EXPLAIN)
            self.assertEqual(answer.set, REMOVED)
            self.assertIn(";sticky=" + word, answer.get("X-Sluice-Explain"))
        self.assertEqual(
            (sluice.metric(NON_STICKY), sluice.metric(APP_NON_STICKY)),
            (before[0] + 10, before[1] + 10))

    # alb.md 10: 67
    def test_a_session_that_expired_begins_again_with_the_targets_cookie(self):
        _, sluice = self.app("a", "b", **{
            "stickiness.app_cookie.duration_seconds": 1})
        browser = Browser(sluice)
        browser.get("/login")
        jar = dict(browser.jar)
        answer = until(
            lambda: (lambda a: ";sticky=expired" in a.get("X-Sluice-Explain")
                     and a)(Browser(sluice, jar=jar).get("/", EXPLAIN)),
            "the session to expire")
        self.assertEqual(answer.set, REMOVED)
        self.assertEqual(tuple(Browser(sluice, jar=jar).get("/login").set),
                         APP[:1])

    # alb.md 10: 66
    def test_a_session_moves_with_its_client_when_its_target_goes(self):
        made, sluice = self.app("a", "b", "c")
        browser = Browser(sluice)
        home = browser.get("/login").target
        self.reload(sluice, self.stack([t for t in made if t.name != home],
                                 SESSION))
        answer = browser.get()
        self.assertNotEqual(answer.target, home)
        self.assertEqual(tuple(answer.set), APP[:1])
        self.reload(sluice, self.stack(made, SESSION))
        self.stays(browser, answer.target)

    def test_one_client_has_sessions_with_several_groups(self):
        made = self.targets("a", "b", "x", "y")
        stack = self.stack(made[:2], SESSION)
        stack.group("Other", [t.address for t in made[2:]], SESSION,
                    **SELDOM)
        stack.rule("Rule", "Web", 1, [path("/login2", "/other")],
                   forward("Other"))
        browser = Browser(self.serve(stack))
        home = browser.get("/login").target
        # Without a session there, the one that there is stays.
        self.assertEqual(tuple(browser.get("/other").set), APP[:1])
        self.stays(browser, home)
        other = browser.get("/login2").target
        for _ in range(3):
            self.assertEqual(browser.get().target, home)
            self.assertEqual(browser.get("/other").target, other)

    # alb.md 10: 68
    def test_many_sessions_are_cut_to_what_browsers_keep(self):
        made = self.targets("a", "b")
        stack = Stack().listener("Web", 80)
        for number in range(70):
            name = "G%d" % number
            stack.group(name, [t.address for t in made], SESSION, **SELDOM)
            stack.rule("R" + name, "Web", number + 1, [path("/login%d" % number,
                                                          "/at%d" % number)],
                       forward(name))
        browser = Browser(self.serve(stack))
        homes = [browser.get("/login%d" % n).target for n in range(70)]
        self.assertEqual(len(set(browser.jar) & set(APP)), 2)
        for number in (0, 1, 34, 69):
            answer = browser.get("/at%d" % number)
            self.assertEqual(answer.target, homes[number])
            self.assertEqual(tuple(answer.set), APP[:2])
        # Half of it is nothing, and what is not needed any more is removed.
        jar = {k: v for k, v in browser.jar.items() if k != APP[0]}
        self.assertEqual(Browser(browser.sluice, jar=jar).get("/at0").set,
                         REMOVED)
        jar = {**browser.jar, APP[0]: "A" * 64}
        answer = Browser(browser.sluice, jar=jar).get("/login3")
        self.assertEqual(tuple(answer.set), APP[:2])
        self.assertEqual(answer.set[APP[1]], "_remove_")

    def test_chromium_gets_SameSite_on_requests_of_other_sites(self):
        _, sluice = self.app("a")
        agent = "User-Agent: Mozilla/5.0 (X11) AppleWebKit/537.36 %s Safari"
        origin = "Origin: https://other.example"
        for headers, cross in (
                ((agent % "Chrome/80.0.3987.87", origin), True),
                ((agent % "Chrome/141.0", origin), True),
                ((agent % "Chromium/99.0", origin), True),
                ((agent % "Chrome/79.0.1", origin), False),
                ((agent % "Firefox/99.0", origin), False),
                ((agent % "Chrome/", origin), False),
                ((agent % "Chrome/80.0.3987.87",), False),
                ((origin,), False)):
            for target in ("/", "/login"):
                answer = Browser(sluice).get(target, headers)
                self.assertEqual(answer.cross,
                                 set(answer.set) if cross else set(), headers)


class GroupCookie(StickyCase):

    def stack(self, weights=(1, 1), seconds=300, attributes=None):
        stack = Stack()
        for name, target in zip(("Blue", "Green"), self.made):
            stack.group(name, [target.address], attributes, **SELDOM)
        return stack.listener("Web", 80, forward(
            ("Blue", weights[0]), ("Green", weights[1]), **grouped(seconds)))

    def setUp(self):
        self.made = self.targets("blue", "green")

    # alb.md 10: 51
    def test_a_client_stays_with_its_group(self):
        sluice = self.serve(self.stack())
        homes = set()
        for _ in range(6):
            browser = Browser(sluice)
            answer = browser.get()
            self.assertEqual(tuple(answer.set), TG)
            self.assertEqual(len(set(answer.set.values())), 1)
            self.assertEqual(answer.cross, {"AWSALBTGCORS"})
            homes.add(answer.target)
            self.stays(browser, answer.target)
        self.assertEqual(homes, {"blue", "green"})

    # alb.md 10: 51
    def test_a_weight_of_0_keeps_its_clients_and_gets_no_others(self):
        sluice = self.serve(self.stack())
        browsers = [Browser(sluice) for _ in range(4)]
        blue = next(b for b in browsers if b.get().target == "blue")
        self.reload(sluice, self.stack((0, 1)))
        self.stays(blue, "blue")
        self.assertEqual({Browser(sluice).get().target for _ in range(6)},
                         {"green"})
        self.reload(sluice, self.stack((0, 0)))
        self.stays(blue, "blue")
        self.assertEqual(Browser(sluice).get().status, 503)

    # alb.md 10: 51
    def test_an_unreadable_cookie_is_said_in_the_access_log(self):
        folder = tempfile.mkdtemp(prefix="sluice-test-")
        name = os.path.join(folder, "access.log")
        self.addCleanup(lambda: (os.unlink(name), os.rmdir(folder)))
        sluice = self.serve(self.stack(), "--access-log", name)
        log = access_lines.File(name)
        good = Browser(sluice)
        good.get()
        for jar, reason in (
                ({}, "-"), (good.jar, "-"),
                ({"AWSALBTG": "rubbish"}, "AWSALBTGCookieInvalid"),
                ({"AWSALBTG": good.jar["AWSALBTG"],
                  "AWSALBTGCORS": "A" * 128}, "AWSALBTGCookieInvalid"),
                ({"AWSALB": good.jar["AWSALBTG"]}, "-")):
            with sluice.client("Web") as client:
                answer = Browser(sluice, jar=jar).ask(client)
                self.assertEqual(answer.status, 200)
                self.assertEqual(tuple(answer.set), TG)
            line = log.of(client)
            self.assertEqual(line.error_reason, reason)
            self.assertEqual(line.elb_status_code, "200")
        self.assertTrue(self.moves(sluice, {"AWSALBTG": "rubbish"}))

    # alb.md 10: 51
    def test_the_duration_is_kept(self):
        sluice = self.serve(self.stack(seconds=1), "--explain-key", "secret")
        browser = Browser(sluice)
        browser.get()
        until(lambda: ";group-sticky=expired" in Browser(
            sluice, jar=browser.jar).get("/", EXPLAIN).get("X-Sluice-Explain"),
            "the cookie to expire")

    def test_a_group_that_the_action_has_not_is_no_error(self):
        other = self.targets("other")[0]
        stack = self.stack()
        stack.group("Other", [other.address], **SELDOM)
        stack.rule("Rule", "Web", 1, [path("/other")],
                   forward(("Other", 1), **grouped()))
        sluice = self.serve(stack, "--explain-key", "secret")
        browser = Browser(sluice)
        browser.get()
        answer = browser.get("/other", EXPLAIN)
        self.assertEqual(answer.target, "other")
        self.assertIn(";group-sticky=other-group",
                      answer.get("X-Sluice-Explain"))

    def test_groups_and_their_targets_are_sticky_together(self):
        self.made = []
        stack = Stack()
        for name in ("Blue", "Green"):
            some = self.targets(name + "1", name + "2")
            stack.group(name, [t.address for t in some], STICKY, **SELDOM)
        stack.listener("Web", 80, forward(("Blue", 1), ("Green", 1),
                                          **grouped()))
        sluice = self.serve(stack)
        homes = set()
        for _ in range(8):
            browser = Browser(sluice)
            answer = browser.get()
            self.assertEqual(tuple(answer.set), TG + LB)
            homes.add(answer.target)
            self.stays(browser, answer.target)
        self.assertEqual(len(homes), 4)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is kept of the account, and what a start makes of it."""
import os
import subprocess
import unittest

from aws import rig
from keeping import (Case, groups, make_group, make_rule, normal, outputs, shop,
                     without_green)


class Restart(Case):

    # alb.md 10: 122
    def test_config_and_ids_are_as_they_were(self):
        with self.serve(stack=shop()) as api:
            web = outputs(api)["Web"]
            group = make_group(api)
            made = make_rule(api, web, 20, "/made")
            forwarded = make_rule(api, web, 30, "/forwarded", group)
            calls = [("DescribeRules", {"ListenerArn": web}),
                     ("DescribeTargetGroups", {}),
                     ("DescribeLoadBalancers", {}),
                     ("DescribeTargetGroupAttributes",
                      {"TargetGroupArn": group}),
                     ("DescribeTags", {"ResourceArns.member.1": group})]
            before = [normal(api.call(name, **more).body)
                      for name, more in calls]
            self.assertIn(made.encode(), before[0])
            self.assertIn(forwarded.encode(), before[0])
            self.assertIn(b"<Value>blue</Value>", before[4])
        with self.serve() as api:
            self.assertEqual([normal(api.call(name, **more).body)
                              for name, more in calls], before)
            self.assertEqual(self.ask(api, "/made").body, b"by the API")
            api.says("resources of revision 4 go on")

    def test_an_account_without_a_template_is_in_the_state_folder(self):
        state = os.path.join(self.folder, "state")
        with self.serve("--state-folder", state) as api:
            group = make_group(api)
        self.assertEqual(os.stat(state + "/account.sqlite").st_mode & 0o777,
                         0o600)
        with self.serve("--state-folder", state) as api:
            self.assertEqual(groups(api), {"made": group})

    def test_a_template_keeps_nothing_between_runs(self):
        folder = ("--state-folder", os.path.join(self.folder, "state"))
        with self.serve(*folder, stack=shop()) as api:
            make_group(api)
        with self.serve(*folder) as api:
            self.assertEqual(sorted(groups(api)), ["blue", "green"])

    def test_a_service_keeps_what_its_template_does_not_say(self):
        service = {"STATE_DIRECTORY": self.folder}
        self.write(shop())
        words = ("--state-folder", self.folder)
        for known in (["blue", "green"], ["blue", "green", "made"]):
            with self.serve(*words, environment=service) as api:
                self.assertEqual(sorted(groups(api)), known)
                if len(known) == 2:
                    make_group(api)

    def test_another_template_is_merged(self):
        with self.serve(stack=shop()) as api:
            group = make_group(api)
        with self.serve(stack=shop(more=[
                lambda s: s.group("Red", ["127.0.0.1:9"])])) as api:
            found = groups(api)
            self.assertEqual(sorted(found), ["blue", "green", "made", "red"])
            self.assertEqual(found["made"], group)
            api.says("merged with the template")
        with self.serve() as api:   # and it was kept
            self.assertEqual(groups(api), found)
            api.says("go on")

    def test_without_the_template_the_account_goes_on(self):
        with self.serve(stack=shop()) as api:
            make_group(api)
            known = groups(api)
        os.unlink(self.template)
        with self.serve("--port", "80=0") as api:
            self.assertEqual(groups(api), known)
            self.assertEqual(self.ask(api, "/ping").body, b"pong")

    def test_reset_discards_what_was_kept(self):
        with self.serve(stack=shop()) as api:
            make_group(api)
        with self.serve("--reset") as api:
            self.assertEqual(sorted(groups(api)), ["blue", "green"])
            api.says("discarded")
            known = groups(api)
        with self.serve() as api:
            self.assertEqual(groups(api), known)

    def test_a_template_that_was_renamed_keeps_its_arns(self):
        with self.serve(stack=shop()) as api:
            known = groups(api)
        renamed = os.path.join(self.folder, "renamed.json")
        os.rename(self.template, renamed)
        self.template = renamed
        with self.serve() as api:
            self.assertEqual(groups(api), known)


class Refused(Case):

    def refused(self, *options, **environment):
        words = ["serve"] + [str(o) for o in options]
        if os.path.exists(self.template):
            words.append(self.template)
        done = subprocess.run(
            [rig.SLUICE] + words + ["--state", self.file, "--api", "off",
                                    "--port", "80=0"],
            capture_output=True, timeout=rig.PATIENCE, check=False,
            env=dict(os.environ, **environment))
        self.assertGreater(done.returncode, 0)
        return done.stderr.decode()

    def test_a_second_process_is_told_who_has_the_file(self):
        with self.serve(stack=shop()) as api:
            told = self.refused()
            self.assertIn("in use by process %d" % api.serving_pid, told)
            self.assertIn(self.file, told)
            self.assertIn("--state FILE.sqlite", told)
            make_group(api)     # the first one is not bothered

    def test_another_region_account_or_stack_would_change_arns(self):
        with self.serve(stack=shop()) as api:
            known = groups(api)
        for told in (self.refused(AWS_REGION="eu-west-1"),
                     self.refused(AWS_ACCOUNT_ID="123456789012"),
                     self.refused("--stack", "other")):
            self.assertIn("its ARNs would change", told)
            self.assertIn("--reset", told)
        with self.serve() as api:
            self.assertEqual(groups(api), known)

    def test_a_damaged_file_is_named(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("no database, " * 100)
        self.write(shop())
        told = self.refused()
        self.assertIn(self.file, told)
        self.assertIn("damaged", told)

    @unittest.skipIf(os.geteuid() == 0 and not os.path.exists("/proc/self"),
                     "needs a folder that cannot be written")
    def test_a_folder_that_cannot_be_written_is_named(self):
        self.write(shop())
        self.file = "/proc/self/account.sqlite"
        self.assertIn("its folder must be there and ours", self.refused())

    def test_a_file_that_was_deleted_refuses_changes(self):
        with self.serve(stack=shop()) as api:
            known = groups(api)
            os.unlink(self.file)
            answer = api.call("CreateTargetGroup", Name="lost", Port=80,
                              Protocol="HTTP", VpcId="vpc-1")
            self.assertEqual((answer.status, answer.code),
                             (503, "ServiceUnavailable"))
            self.assertIn(self.file + " was deleted or replaced",
                          answer.message)
            self.assertEqual(groups(api), known)
            self.assertEqual(self.ask(api, "/ping").body, b"pong")

    def test_what_is_no_place_is_refused(self):
        for word, why in (("memroy", "did you mean memory?"),
                          ("mysql://x", "must be FILE.sqlite, memory or")):
            self.file = word
            self.assertIn(why, self.refused())

    def test_a_template_whose_resource_the_api_uses_is_refused_whole(self):
        with self.serve(stack=shop()) as api:
            make_rule(api, outputs(api)["Web"], 20, "/made",
                      outputs(api)["Green"])
            known = groups(api)
        self.write(shop(more=[without_green]))
        told = self.refused()
        self.assertIn('"Green" any more', told)
        self.assertIn("--reset", told)
        self.write(shop())
        with self.serve() as api:
            self.assertEqual(groups(api), known)


if __name__ == "__main__":
    unittest.main()

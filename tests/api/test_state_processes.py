#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the parent keeps, and what one process hands to the next."""
import os
import signal
import unittest

from aws import rig
from keeping import Case, groups, make_group, shop
from rig import until


@unittest.skipIf(rig.ALONE, "needs the supervisor")
class Processes(Case):
    def crash(self, api):
        pid = api.serving_pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: rig.state_of(pid) in "ZX", "%d to be gone" % pid)
        until(lambda: api.log_count("serves after"), api.story)

    def upgrade(self, api):
        before = api.log_count("upgraded: process")
        api.signal(signal.SIGUSR2)
        until(lambda: api.log_count("upgraded: process") > before, api.story)

    def each(self):
        """A server for every kind of place."""
        for where in (self.file, "memory"):
            api = self.serve("--state", where, stack=shop())
            yield api
            api.stop()

    def test_a_crash_loses_nothing(self):
        for api in self.each():
            made = make_group(api)
            self.crash(api)
            self.assertEqual(groups(api)["made"], made)
            self.assertEqual(api.call("DeleteTargetGroup",
                                      TargetGroupArn=made).status, 200)

    def test_after_a_crash_a_template_that_changed_waits_for_hup(self):
        for api in self.each():
            self.write(shop(more=[lambda s: s.group("Red", ["127.0.0.1:9"])]))
            self.crash(api)
            self.assertNotIn("red", groups(api))

    def test_an_upgrade_loses_nothing(self):
        for api in self.each():
            made = make_group(api)
            self.upgrade(api)
            self.assertEqual(groups(api)["made"], made)
            self.assertEqual(api.call("DeleteTargetGroup",
                                      TargetGroupArn=made).status, 200)
            self.assertNotIn("made", groups(api))
            self.crash(api)     # what the new one changed is kept
            self.assertNotIn("made", groups(api))

    def test_an_upgrade_merges_the_template_that_is_there(self):
        for api in self.each():
            made = make_group(api)
            self.write(shop(more=[lambda s: s.group("Red", ["127.0.0.1:9"])]))
            self.upgrade(api)
            self.assertEqual(sorted(groups(api)),
                             ["blue", "green", "made", "red"])
            make_group(api, "later")
            self.crash(api)
            self.assertEqual(sorted(groups(api)),
                             ["blue", "green", "later", "made", "red"])
            self.assertEqual(groups(api)["made"], made)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_a_file_of_root_is_kept_up_without_privileges(self):
        with self.serve("--user", "nobody", stack=shop()) as api:
            make_group(api, "one")
            self.crash(api)
            make_group(api, "two")
            self.upgrade(api)
            make_group(api, "three")
        with self.serve() as api:
            self.assertEqual(sorted(groups(api)),
                             ["blue", "green", "one", "three", "two"])

    def test_reset_is_for_the_first_process_alone(self):
        with self.serve("--reset", stack=shop()) as api:
            make_group(api)
            self.crash(api)
            self.assertIn("made", groups(api))
            self.upgrade(api)
            self.assertIn("made", groups(api))


if __name__ == "__main__":
    unittest.main()

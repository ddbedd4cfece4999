#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests that a web ACL cannot evaluate: they stay here, or pass with
waf.fail_open.enabled."""
import rig
from test_actions import ask
from test_web_acls import WebAclCase
from web_acl import BLOCK, URI, contains, exactly, rule

EVERY = {"AllQueryArguments": {}}
# All of them differ, and after each digest again.
MANY = "/?" + "&".join("=%d" % i for i in range(2500))


def greedy(n=40):
    """Rules whose chains have nothing in common: no memory is enough for what
    they make of many arguments."""
    for i in range(n):
        bits = "{:06b}1111".format(i)
        yield rule("Greedy%d" % i, 10 + i, exactly("none", EVERY, *(
            ("MD5", "SHA256")[int(bit)] for bit in bits)), BLOCK)


class CannotEvaluate(WebAclCase):
    def answers(self, fail_open):
        sluice = self.serve(
            rule("Evil", 1, contains("evil", URI), BLOCK), *greedy(),
            attributes={"waf.fail_open.enabled": fail_open})
        with sluice.client() as client:
            few = ask(client, "/?a=b").status
            forged = ["X-Amzn-Waf-Who: me"]
            many = ask(client, MANY, headers=forged).status
        return few, many

    def test_it_is_a_500_and_never_leaves(self):
        self.assertEqual(self.answers("false"), (200, 500))
        self.assertEqual([r.target for r in self.asked()], ["/?a=b"])

    def test_it_passes_where_the_load_balancer_says_so(self):
        self.assertEqual(self.answers("true"), (200, 200))
        self.assertEqual([r.target for r in self.asked()], ["/?a=b", MANY])
        self.assertIsNone(self.asked()[-1].get("X-Amzn-Waf-Who"))


if __name__ == "__main__":
    rig.main()

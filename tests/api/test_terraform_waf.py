#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Terraform drives Sluice: as test_terraform.py, with web ACLs and what
belongs to them."""
import json

from terraform_command import RealCase
from terraform_waf import WafStack

import rig
from stack import command

# Starts first.


class Waf(WafStack, RealCase):

    # 4.
    def check_state(self):
        """The state is an ACL file, of the ACLs that the API has."""
        code, out, err = command("waf", "check", "--json", "-",
                                 stdin=self.driver.state())
        self.assertEqual(code, 0, out + err)
        acls = {a["acl"].rpartition(".")[2]: a["capacity"]
                for a in json.loads(out)["acls"]}
        told = {a["Name"]: self.waf("GetWebACL", ARN=a["ARN"])["WebACL"][
            "Capacity"] for a in self.listed("WebACLs")}
        self.assertEqual(acls, told)
        self.assertNotIn("no property", out)


if __name__ == "__main__":
    rig.main()

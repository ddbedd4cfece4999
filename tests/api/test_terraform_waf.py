#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Terraform drives Sluice: as test_terraform.py, with web ACLs and what
belongs to them."""
from terraform_command import RealCase
from terraform_waf import WafStack

import rig

# Starts first.


class Waf(WafStack, RealCase):
    pass


if __name__ == "__main__":
    rig.main()

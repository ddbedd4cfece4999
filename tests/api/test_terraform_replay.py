#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The calls that real Terraform makes for the stacks of test_terraform.py,
test_terraform_balancer.py and test_terraform_waf.py, where there is no
Terraform: each is answered as it was when Terraform was content."""
from terraform_calls import ReplayCase
from terraform_stacks import EdgeStack, WideStack
from terraform_waf import WafStack

import rig


class Edge(EdgeStack, ReplayCase):
    pass


class Wide(WideStack, ReplayCase):
    pass


class Waf(WafStack, ReplayCase):
    pass


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Terraform drives Sluice: as test_terraform.py, with every argument of
aws_lb itself."""
from terraform_command import RealCase
from terraform_stacks import WideStack

import rig

# Starts first.


class Wide(WideStack, RealCase):
    pass


if __name__ == "__main__":
    rig.main()

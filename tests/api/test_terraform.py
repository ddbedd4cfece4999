#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Terraform drives Sluice: every argument of aws_lb_listener, _rule,
_target_group, _trust_store and those that attach that an Application Load
Balancer has is applied, planned without a difference, changed, planned again
and destroyed, and traffic follows."""
from terraform_command import RealCase
from terraform_stacks import EdgeStack

import rig

# Starts first.


class Edge(EdgeStack, RealCase):
    pass


if __name__ == "__main__":
    rig.main()

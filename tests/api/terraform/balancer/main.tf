# SPDX-License-Identifier: Apache-2.0
#
# Everything of aws_lb that an Application Load Balancer has.
# tests/api/terraform_stacks.py applies it, changes `stage`, and destroys it.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" { type = string }
variable "blue" { type = number }
variable "stage" {
  type    = number
  default = 1
}

locals {
  second = var.stage > 1
}

provider "aws" {
  region                  = "eu-west-1"
  access_key              = "AKIDEXAMPLE"
  secret_key              = "SECRET"
  skip_metadata_api_check = true
  skip_region_validation  = true
  max_retries             = 2
  endpoints {
    ec2   = var.endpoint
    elbv2 = var.endpoint
    sts   = var.endpoint
  }
  default_tags {
    tags = {
      Team = "edge"
    }
  }
}

data "aws_caller_identity" "me" {}

# Capacity comes with the change: it takes the provider 30 s by itself.
resource "aws_lb" "wide" {
  name                                        = "wide"
  internal                                    = false
  load_balancer_type                          = "application"
  subnets                                     = local.second ? ["subnet-aaaa1111", "subnet-bbbb2222", "subnet-cccc3333"] : ["subnet-aaaa1111", "subnet-bbbb2222"]
  security_groups                             = local.second ? ["sg-0123456789abcdef0", "sg-0123456789abcdef1"] : ["sg-0123456789abcdef0"]
  idle_timeout                                = local.second ? 90 : 120
  client_keep_alive                           = local.second ? 1800 : 7200
  desync_mitigation_mode                      = local.second ? "strictest" : "monitor"
  drop_invalid_header_fields                  = !local.second
  enable_http2                                = local.second
  enable_cross_zone_load_balancing            = true
  enable_deletion_protection                  = !local.second
  enable_tls_version_and_cipher_suite_headers = !local.second
  enable_waf_fail_open                        = !local.second
  enable_xff_client_port                      = !local.second
  enable_zonal_shift                          = !local.second
  preserve_host_header                        = !local.second
  xff_header_processing_mode                  = local.second ? "preserve" : "append"
  ip_address_type                             = local.second ? "dualstack" : "ipv4"
  access_logs {
    bucket  = "logs"
    prefix  = "wide"
    enabled = local.second
  }
  connection_logs {
    bucket  = "logs"
    prefix  = "wide-connections"
    enabled = !local.second
  }
  ipam_pools {
    ipv4_ipam_pool_id = local.second ? "ipam-pool-0123456789abcdef1" : "ipam-pool-0123456789abcdef0"
  }
  dynamic "minimum_load_balancer_capacity" {
    for_each = local.second ? [200] : []
    content {
      capacity_units = minimum_load_balancer_capacity.value
    }
  }
  tags = {
    Name  = "wide"
    Stage = tostring(var.stage)
    Empty = ""
  }
}

resource "aws_lb_target_group" "blue" {
  name        = "blue"
  port        = 8080
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = "vpc-0123456789abcdef0"
}

resource "aws_lb_target_group_attachment" "blue" {
  target_group_arn = aws_lb_target_group.blue.arn
  target_id        = "127.0.0.1"
  port             = var.blue
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.wide.arn
  port              = 80
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.blue.arn
  }
}

# SPDX-License-Identifier: Apache-2.0
#
# Alarms as people have them for an Application Load Balancer: of a metric, of a
# percentile, of metric math, and a composite one.
# tests/api/test_terraform_alarms.py applies it, changes `stage`, and destroys it.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" { type = string }
variable "stage" {
  type    = number
  default = 1
}

locals {
  second = var.stage > 1
  topic  = "arn:aws:sns:us-east-1:000000000000:pager"
  balancer = {
    LoadBalancer = "app/web/0123456789abcdef"
  }
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "AKIDEXAMPLE"
  secret_key              = "SECRET"
  skip_metadata_api_check = true
  skip_region_validation  = true
  max_retries             = 2
  endpoints {
    cloudwatch = var.endpoint
    sts        = var.endpoint
  }
  default_tags {
    tags = {
      Stage = var.stage
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name                = "errors"
  alarm_description         = local.second ? "Targets fail" : "5xx of targets"
  namespace                 = "AWS/ApplicationELB"
  metric_name               = "HTTPCode_Target_5XX_Count"
  dimensions                = local.balancer
  statistic                 = "Sum"
  unit                      = "Count"
  period                    = 60
  evaluation_periods        = 5
  datapoints_to_alarm       = local.second ? 4 : 3
  threshold                 = local.second ? 10.5 : 10
  comparison_operator       = "GreaterThanOrEqualToThreshold"
  treat_missing_data        = "notBreaching"
  actions_enabled           = !local.second
  alarm_actions             = [local.topic]
  ok_actions                = [local.topic]
  insufficient_data_actions = []
}

resource "aws_cloudwatch_metric_alarm" "slow" {
  alarm_name                            = "slow"
  namespace                             = "AWS/ApplicationELB"
  metric_name                           = "TargetResponseTime"
  dimensions                            = local.balancer
  extended_statistic                    = local.second ? "p99.9" : "p99"
  period                                = 300
  evaluation_periods                    = 2
  threshold                             = 0.75
  comparison_operator                   = "GreaterThanThreshold"
  evaluate_low_sample_count_percentiles = "ignore"
}

resource "aws_cloudwatch_metric_alarm" "share" {
  alarm_name          = "share"
  evaluation_periods  = 1
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"

  metric_query {
    id          = "share"
    expression  = local.second ? "100 * bad / FILL(all, 1)" : "100 * bad / all"
    label       = "Percent of errors"
    return_data = true
  }
  metric_query {
    id = "bad"
    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_Target_5XX_Count"
      dimensions  = local.balancer
      stat        = "Sum"
      unit        = "Count"
      period      = 60
    }
  }
  metric_query {
    id = "all"
    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "RequestCount"
      dimensions  = local.balancer
      stat        = "Sum"
      period      = 60
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "page" {
  alarm_name        = "page"
  alarm_description = "Wakes somebody"
  alarm_rule = join(local.second ? " AND " : " OR ", [
    "ALARM(${aws_cloudwatch_metric_alarm.errors.alarm_name})",
    "ALARM(${aws_cloudwatch_metric_alarm.share.alarm_name})",
  ])
  alarm_actions = [local.topic]
  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.slow.alarm_name
    wait_period      = local.second ? 20 : 10
    extension_period = 60
  }
}

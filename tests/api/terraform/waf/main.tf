# SPDX-License-Identifier: Apache-2.0
#
# Everything of web ACLs, rule groups, sets, associations and logging that the
# provider has for an Application Load Balancer.
# tests/api/terraform_waf.py applies it, changes `stage`, and destroys it.

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
    wafv2 = var.endpoint
  }
  default_tags {
    tags = {
      Team = "edge"
    }
  }
}

data "aws_caller_identity" "me" {}

# ---- the load balancer ---------------------------------------------------------

# Nothing of it changes: each change takes the provider 30 s.
resource "aws_lb" "edge" {
  name     = "edge"
  internal = true
  subnets  = ["subnet-aaaa1111", "subnet-bbbb2222"]
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
  load_balancer_arn = aws_lb.edge.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.blue.arn
  }
}

# ---- sets -----------------------------------------------------------------------

resource "aws_wafv2_ip_set" "four" {
  name               = "four"
  description        = "v4 addresses"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = local.second ? ["192.0.2.0/24", "203.0.113.7/32"] : ["192.0.2.0/24", "198.51.100.0/25"]
  tags = {
    Kind = "addresses"
  }
}

resource "aws_wafv2_ip_set" "six" {
  name_prefix        = "six-"
  scope              = "REGIONAL"
  ip_address_version = "IPV6"
  addresses          = ["2001:0db8:0000:0000:0000:0000:0000:0000/32", "2001:0db8:0000:0000:0000:0000:0000:0001/128"]
}

resource "aws_wafv2_ip_set" "none" {
  name               = "none"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = []
}

resource "aws_wafv2_regex_pattern_set" "bots" {
  name        = "bots"
  description = "user agents"
  scope       = "REGIONAL"
  regular_expression {
    regex_string = "(?i)^badbot/[0-9]+"
  }
  regular_expression {
    regex_string = local.second ? "^worse$" : "^worst$"
  }
  tags = {
    Kind = "bots"
  }
}

# ---- a rule group -----------------------------------------------------------------

resource "aws_wafv2_rule_group" "shared" {
  name        = "shared"
  description = "rules of many"
  scope       = "REGIONAL"
  capacity    = 200
  custom_response_body {
    key          = "gone"
    content      = "gone of the group"
    content_type = "TEXT_PLAIN"
  }
  rule {
    name     = "paths"
    priority = 1
    action {
      block {
        custom_response {
          response_code            = 404
          custom_response_body_key = "gone"
        }
      }
    }
    statement {
      byte_match_statement {
        search_string         = local.second ? "/left" : "/gone"
        positional_constraint = "STARTS_WITH"
        field_to_match {
          uri_path {}
        }
        text_transformation {
          priority = 1
          type     = "LOWERCASE"
        }
        text_transformation {
          priority = 0
          type     = "URL_DECODE"
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "paths"
      sampled_requests_enabled   = true
    }
  }
  rule {
    name     = "counted"
    priority = 2
    action {
      block {}
    }
    rule_label {
      name = "shared:counted"
    }
    statement {
      regex_pattern_set_reference_statement {
        arn = aws_wafv2_regex_pattern_set.bots.arn
        field_to_match {
          single_header {
            name = "user-agent"
          }
        }
        text_transformation {
          priority = 0
          type     = "NONE"
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "counted"
      sampled_requests_enabled   = false
    }
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "shared"
    sampled_requests_enabled   = true
  }
  tags = {
    Kind = "group"
  }
}

# ---- the web ACL -----------------------------------------------------------------

resource "aws_wafv2_web_acl" "main" {
  name          = "main"
  description   = "all statements"
  scope         = "REGIONAL"
  token_domains = ["example.com", "shop.example.org"]

  default_action {
    allow {
      custom_request_handling {
        insert_header {
          name  = "stage"
          value = tostring(var.stage)
        }
      }
    }
  }

  custom_response_body {
    key          = "slow"
    content      = "{\"error\":\"slow down\"}"
    content_type = "APPLICATION_JSON"
  }
  custom_response_body {
    key          = "no"
    content      = "<p>no ${var.stage}</p>"
    content_type = "TEXT_HTML"
  }

  captcha_config {
    immunity_time_property {
      immunity_time = 120
    }
  }
  challenge_config {
    immunity_time_property {
      immunity_time = 600
    }
  }
  association_config {
    request_body {
      api_gateway {
        default_size_inspection_limit = "KB_32"
      }
      cloudfront {
        default_size_inspection_limit = "KB_64"
      }
    }
  }
  data_protection_config {
    data_protection {
      action = "HASH"
      field {
        field_type = "SINGLE_HEADER"
        field_keys = ["x-secret"]
      }
      exclude_rate_based_details = true
      exclude_rule_match_details = false
    }
    data_protection {
      action = "SUBSTITUTION"
      field {
        field_type = "BODY"
      }
    }
  }

  rule {
    name     = "forwarded"
    priority = 10
    action {
      block {}
    }
    statement {
      or_statement {
        statement {
          ip_set_reference_statement {
            arn = aws_wafv2_ip_set.four.arn
            ip_set_forwarded_ip_config {
              fallback_behavior = "NO_MATCH"
              header_name       = "X-Client"
              position          = "FIRST"
            }
          }
        }
        statement {
          ip_set_reference_statement {
            arn = aws_wafv2_ip_set.six.arn
            ip_set_forwarded_ip_config {
              fallback_behavior = "NO_MATCH"
              header_name       = "X-Client"
              position          = "ANY"
            }
          }
        }
        statement {
          ip_set_reference_statement {
            arn = aws_wafv2_ip_set.none.arn
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "forwarded"
      sampled_requests_enabled   = true
    }
  }

  # Three levels.
  rule {
    name     = "nested"
    priority = local.second ? 35 : 20
    action {
      block {
        custom_response {
          response_code            = 421
          custom_response_body_key = "no"
          response_header {
            name  = "X-Why"
            value = "nested"
          }
          response_header {
            name  = "X-Stage"
            value = tostring(var.stage)
          }
        }
      }
    }
    rule_label {
      name = "nested:one"
    }
    rule_label {
      name = "nested:two"
    }
    statement {
      and_statement {
        statement {
          or_statement {
            statement {
              byte_match_statement {
                search_string         = local.second ? "/second" : "/first"
                positional_constraint = "EXACTLY"
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 0
                  type     = "NONE"
                }
              }
            }
            statement {
              regex_match_statement {
                regex_string = "^/either/[a-z]{3,5}$"
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 3
                  type     = "NORMALIZE_PATH"
                }
                text_transformation {
                  priority = 1
                  type     = "LOWERCASE"
                }
              }
            }
          }
        }
        statement {
          not_statement {
            statement {
              and_statement {
                statement {
                  size_constraint_statement {
                    comparison_operator = "GE"
                    size                = 4
                    field_to_match {
                      query_string {}
                    }
                    text_transformation {
                      priority = 0
                      type     = "NONE"
                    }
                  }
                }
                statement {
                  byte_match_statement {
                    search_string         = "pass"
                    positional_constraint = "CONTAINS_WORD"
                    field_to_match {
                      query_string {}
                    }
                    text_transformation {
                      priority = 0
                      type     = "NONE"
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = false
      metric_name                = "nested"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "pattern-set"
    priority = 40
    action {
      count {
        custom_request_handling {
          insert_header {
            name  = "Bot"
            value = "yes"
          }
          insert_header {
            name  = "Bot-Set"
            value = "bots"
          }
        }
      }
    }
    rule_label {
      name = "bot"
    }
    statement {
      regex_pattern_set_reference_statement {
        arn = aws_wafv2_regex_pattern_set.bots.arn
        field_to_match {
          headers {
            match_scope       = "VALUE"
            oversize_handling = "CONTINUE"
            match_pattern {
              included_headers = ["user-agent", "x-agent"]
            }
          }
        }
        text_transformation {
          priority = 0
          type     = "COMPRESS_WHITE_SPACE"
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "patterns"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "labelled"
    priority = 50
    action {
      challenge {
        custom_request_handling {
          insert_header {
            name  = "Challenged"
            value = "bot"
          }
        }
      }
    }
    challenge_config {
      immunity_time_property {
        immunity_time = 300
      }
    }
    statement {
      and_statement {
        statement {
          label_match_statement {
            scope = "LABEL"
            key   = "bot"
          }
        }
        statement {
          byte_match_statement {
            search_string         = "/challenge"
            positional_constraint = "STARTS_WITH"
            field_to_match {
              uri_path {}
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "labelled"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "puzzle"
    priority = 60
    action {
      captcha {}
    }
    captcha_config {
      immunity_time_property {
        immunity_time = 60
      }
    }
    statement {
      or_statement {
        statement {
          sqli_match_statement {
            sensitivity_level = "HIGH"
            field_to_match {
              single_query_argument {
                name = "id"
              }
            }
            text_transformation {
              priority = 0
              type     = "URL_DECODE"
            }
          }
        }
        statement {
          sqli_match_statement {
            field_to_match {
              body {
                oversize_handling = "MATCH"
              }
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          xss_match_statement {
            field_to_match {
              cookies {
                match_scope       = "ALL"
                oversize_handling = "NO_MATCH"
                match_pattern {
                  excluded_cookies = ["session"]
                }
              }
            }
            text_transformation {
              priority = 0
              type     = "HTML_ENTITY_DECODE"
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "puzzle"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "places"
    priority = 70
    action {
      count {}
    }
    statement {
      or_statement {
        statement {
          geo_match_statement {
            country_codes = ["AQ", "XK"]
          }
        }
        statement {
          geo_match_statement {
            country_codes = ["TV"]
            forwarded_ip_config {
              fallback_behavior = "MATCH"
              header_name       = "X-Client"
            }
          }
        }
        statement {
          asn_match_statement {
            asn_list = [64496, 4294967295]
          }
        }
        statement {
          label_match_statement {
            scope = "NAMESPACE"
            key   = "awswaf:clientip:geo:"
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "places"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "fields"
    priority = 80
    action {
      count {}
    }
    statement {
      or_statement {
        statement {
          byte_match_statement {
            search_string         = "\u00e9 \\ \" < 'x'"
            positional_constraint = "CONTAINS"
            field_to_match {
              all_query_arguments {}
            }
            text_transformation {
              priority = 0
              type     = "URL_DECODE_UNI"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "DELETE"
            positional_constraint = "EXACTLY"
            field_to_match {
              method {}
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "d41d8cd98f00b204e9800998ecf8427e"
            positional_constraint = "EXACTLY"
            field_to_match {
              ja3_fingerprint {
                fallback_behavior = "NO_MATCH"
              }
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "t13d1516h2_8daaf6152771_e5627efa2ab1"
            positional_constraint = "EXACTLY"
            field_to_match {
              ja4_fingerprint {
                fallback_behavior = "NO_MATCH"
              }
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "top"
            positional_constraint = "EXACTLY"
            field_to_match {
              uri_fragment {
                fallback_behavior = "NO_MATCH"
              }
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "accept:host"
            positional_constraint = "ENDS_WITH"
            field_to_match {
              header_order {
                oversize_handling = "NO_MATCH"
              }
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "evil"
            positional_constraint = "CONTAINS"
            field_to_match {
              json_body {
                match_scope               = "VALUE"
                invalid_fallback_behavior = "EVALUATE_AS_STRING"
                oversize_handling         = "CONTINUE"
                match_pattern {
                  included_paths = ["/a/b", "/c"]
                }
              }
            }
            text_transformation {
              priority = 0
              type     = "BASE64_DECODE_EXT"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "evil"
            positional_constraint = "CONTAINS"
            field_to_match {
              json_body {
                match_scope = "KEY"
                match_pattern {
                  all {}
                }
              }
            }
            text_transformation {
              priority = 0
              type     = "JS_DECODE"
            }
          }
        }
        statement {
          size_constraint_statement {
            comparison_operator = "GT"
            size                = 2147483647
            field_to_match {
              headers {
                match_scope       = "KEY"
                oversize_handling = "NO_MATCH"
                match_pattern {
                  all {}
                }
              }
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "fields"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "logins"
    priority = 90
    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "slow"
          response_header {
            name  = "Retry-After"
            value = "60"
          }
        }
      }
    }
    statement {
      rate_based_statement {
        limit                 = 10
        evaluation_window_sec = 60
        aggregate_key_type    = "CUSTOM_KEYS"
        forwarded_ip_config {
          fallback_behavior = "NO_MATCH"
          header_name       = "X-Client"
        }
        custom_key {
          forwarded_ip {}
        }
        custom_key {
          header {
            name = "user-agent"
            text_transformation {
              priority = 0
              type     = "LOWERCASE"
            }
          }
        }
        custom_key {
          uri_path {
            text_transformation {
              priority = 0
              type     = "NORMALIZE_PATH"
            }
          }
        }
        custom_key {
          http_method {}
        }
        scope_down_statement {
          and_statement {
            statement {
              byte_match_statement {
                search_string         = "/login"
                positional_constraint = "STARTS_WITH"
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 0
                  type     = "LOWERCASE"
                }
              }
            }
            statement {
              not_statement {
                statement {
                  ip_set_reference_statement {
                    arn = aws_wafv2_ip_set.four.arn
                  }
                }
              }
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "logins"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "more-keys"
    priority = 91
    action {
      count {}
    }
    statement {
      rate_based_statement {
        limit              = 2000
        aggregate_key_type = "CUSTOM_KEYS"
        custom_key {
          cookie {
            name = "session"
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        custom_key {
          query_argument {
            name = "user"
            text_transformation {
              priority = 0
              type     = "URL_DECODE"
            }
          }
        }
        custom_key {
          query_string {
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        custom_key {
          label_namespace {
            namespace = "awswaf:clientip:geo:"
          }
        }
        custom_key {
          ip {}
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "more-keys"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "all-together"
    priority = 92
    action {
      block {}
    }
    statement {
      rate_based_statement {
        limit                 = local.second ? 2000000000 : 1000000
        evaluation_window_sec = 600
        aggregate_key_type    = "CONSTANT"
        scope_down_statement {
          geo_match_statement {
            country_codes = ["TV"]
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "all-together"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "by-address"
    priority = 93
    action {
      block {}
    }
    statement {
      rate_based_statement {
        limit                 = 1000000
        evaluation_window_sec = 120
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "by-address"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "common"
    priority = 100
    override_action {
      none {}
    }
    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesCommonRuleSet"
        rule_action_override {
          name = "NoUserAgent_HEADER"
          action_to_use {
            count {}
          }
        }
        rule_action_override {
          name = "CrossSiteScripting_QUERYARGUMENTS"
          action_to_use {
            block {
              custom_response {
                response_code = 416
                response_header {
                  name  = "X-Why"
                  value = "common"
                }
              }
            }
          }
        }
        scope_down_statement {
          not_statement {
            statement {
              byte_match_statement {
                search_string         = "/free"
                positional_constraint = "STARTS_WITH"
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 0
                  type     = "NONE"
                }
              }
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "common"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "bots"
    priority = 110
    override_action {
      count {}
    }
    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesBotControlRuleSet"
        managed_rule_group_configs {
          aws_managed_rules_bot_control_rule_set {
            inspection_level        = "TARGETED"
            enable_machine_learning = local.second
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "bots"
      sampled_requests_enabled   = true
    }
  }

  rule {
    name     = "shared"
    priority = 120
    override_action {
      none {}
    }
    statement {
      rule_group_reference_statement {
        arn = aws_wafv2_rule_group.shared.arn
        rule_action_override {
          name = "counted"
          action_to_use {
            count {}
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "shared"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "main"
    sampled_requests_enabled   = true
  }
  tags = {
    Kind = "acl"
  }
}

# Rules as JSON of the API.
resource "aws_wafv2_web_acl" "json" {
  name  = "json"
  scope = "REGIONAL"
  default_action {
    block {
      custom_response {
        response_code = 403
      }
    }
  }
  rule_json = jsonencode([{
    Name     = "one"
    Priority = 1
    Action   = { Allow = {} }
    Statement = {
      ByteMatchStatement = {
        SearchString         = "/json/${var.stage}"
        PositionalConstraint = "STARTS_WITH"
        FieldToMatch         = { UriPath = {} }
        TextTransformations  = [{ Priority = 0, Type = "NONE" }]
      }
    }
    VisibilityConfig = {
      CloudWatchMetricsEnabled = true
      MetricName               = "one"
      SampledRequestsEnabled   = true
    }
  }])
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "json"
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "edge" {
  resource_arn = aws_lb.edge.arn
  web_acl_arn  = aws_wafv2_web_acl.main.arn
}

resource "aws_wafv2_web_acl_logging_configuration" "main" {
  resource_arn            = aws_wafv2_web_acl.main.arn
  log_destination_configs = ["arn:aws:logs:eu-west-1:123456789012:log-group:aws-waf-logs-edge"]
  redacted_fields {
    single_header {
      name = "authorization"
    }
  }
  redacted_fields {
    query_string {}
  }
  dynamic "redacted_fields" {
    for_each = local.second ? [1] : []
    content {
      uri_path {}
    }
  }
  logging_filter {
    default_behavior = "KEEP"
    filter {
      behavior    = "DROP"
      requirement = "MEETS_ALL"
      condition {
        action_condition {
          action = "COUNT"
        }
      }
      condition {
        label_name_condition {
          label_name = "awswaf:${data.aws_caller_identity.me.account_id}:webacl:main:bot"
        }
      }
    }
    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"
      condition {
        action_condition {
          action = local.second ? "BLOCK" : "CHALLENGE"
        }
      }
    }
  }
}

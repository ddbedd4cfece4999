# SPDX-License-Identifier: Apache-2.0
#
# Everything of aws_lb* that an Application Load Balancer has, as one stack;
# tests/api/test_terraform.py applies it, changes `stage`, and destroys it.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" { type = string }
variable "blue" { type = number }
variable "green" { type = number }
variable "certificates" { type = string }
variable "stage" {
  type    = number
  default = 1
}

locals {
  second = var.stage > 1
  weight = local.second ? 0 : 100
}

provider "aws" {
  region                  = "eu-west-1"
  access_key              = "AKIDEXAMPLE"
  secret_key              = "SECRET"
  skip_metadata_api_check = true
  skip_region_validation  = true
  max_retries             = 2
  endpoints {
    acm   = var.endpoint
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

# ---- certificates ------------------------------------------------------------

resource "aws_acm_certificate" "main" {
  certificate_body = file("${var.certificates}/main.pem")
  private_key      = file("${var.certificates}/main.key")
}

resource "aws_acm_certificate" "other" {
  certificate_body = file("${var.certificates}/other.pem")
  private_key      = file("${var.certificates}/other.key")
}

# ---- the load balancer ---------------------------------------------------------

resource "aws_lb" "edge" {
  name                                        = "edge"
  internal                                    = true
  load_balancer_type                          = "application"
  subnets                                     = local.second ? ["subnet-aaaa1111", "subnet-bbbb2222", "subnet-cccc3333"] : ["subnet-aaaa1111", "subnet-bbbb2222"]
  security_groups                             = local.second ? ["sg-0123456789abcdef0", "sg-0123456789abcdef1"] : ["sg-0123456789abcdef0"]
  idle_timeout                                = local.second ? 90 : 120
  client_keep_alive                           = local.second ? 1800 : 7200
  desync_mitigation_mode                      = local.second ? "strictest" : "monitor"
  drop_invalid_header_fields                  = !local.second
  enable_http2                                = local.second
  enable_cross_zone_load_balancing            = true
  enable_deletion_protection                  = false
  enable_tls_version_and_cipher_suite_headers = !local.second
  enable_waf_fail_open                        = !local.second
  enable_xff_client_port                      = !local.second
  enable_zonal_shift                          = !local.second
  preserve_host_header                        = !local.second
  xff_header_processing_mode                  = local.second ? "preserve" : "append"
  ip_address_type                             = local.second ? "dualstack" : "ipv4"
  access_logs {
    bucket  = "logs"
    prefix  = "edge"
    enabled = local.second
  }
  connection_logs {
    bucket  = "logs"
    prefix  = "edge-connections"
    enabled = !local.second
  }
  dynamic "minimum_load_balancer_capacity" {
    for_each = local.second ? [200] : [100]
    content {
      capacity_units = minimum_load_balancer_capacity.value
    }
  }
  tags = {
    Name  = "edge"
    Stage = tostring(var.stage)
  }
}

# ---- target groups ---------------------------------------------------------------

resource "aws_lb_target_group" "pair" {
  for_each                          = toset(["blue", "green"])
  name                              = each.key
  port                              = 8080
  protocol                          = "HTTP"
  protocol_version                  = "HTTP1"
  target_type                       = "ip"
  ip_address_type                   = "ipv4"
  vpc_id                            = "vpc-0123456789abcdef0"
  deregistration_delay              = local.second ? 5 : 15
  slow_start                        = local.second ? 30 : 0
  load_balancing_algorithm_type     = "round_robin"
  load_balancing_cross_zone_enabled = "use_load_balancer_configuration"
  health_check {
    enabled             = true
    path                = local.second ? "/healthy" : "/"
    matcher             = local.second ? "200" : "200-299"
    interval            = local.second ? 10 : 5
    timeout             = 3
    healthy_threshold   = 2
    unhealthy_threshold = 3
    port                = "traffic-port"
    protocol            = "HTTP"
  }
  stickiness {
    type            = "lb_cookie"
    enabled         = !local.second
    cookie_duration = 600
  }
  target_group_health {
    dns_failover {
      minimum_healthy_targets_count      = "1"
      minimum_healthy_targets_percentage = "off"
    }
    unhealthy_state_routing {
      minimum_healthy_targets_count      = 1
      minimum_healthy_targets_percentage = local.second ? "50" : "off"
    }
  }
  tags = {
    Colour = each.key
  }
}

resource "aws_lb_target_group" "random" {
  name_prefix                       = "rnd-"
  port                              = 8443
  protocol                          = "HTTPS"
  target_type                       = "instance"
  vpc_id                            = "vpc-0123456789abcdef0"
  load_balancing_algorithm_type     = "weighted_random"
  load_balancing_anomaly_mitigation = "on"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_target_group" "sticky" {
  name        = "sticky"
  port        = 80
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = "vpc-0123456789abcdef0"
  stickiness {
    type            = "app_cookie"
    cookie_name     = "session"
    cookie_duration = 300
  }
}

resource "aws_lb_target_group" "grpc" {
  name             = "grpc"
  port             = 50051
  protocol         = "HTTP"
  protocol_version = "GRPC"
  target_type      = "ip"
  vpc_id           = "vpc-0123456789abcdef0"
  health_check {
    path    = "/grpc.health.v1.Health/Check"
    matcher = "0"
  }
}

resource "aws_lb_target_group" "lambda" {
  name                               = "lambda"
  target_type                        = "lambda"
  lambda_multi_value_headers_enabled = local.second
}

resource "aws_lb_target_group_attachment" "blue" {
  target_group_arn = aws_lb_target_group.pair["blue"].arn
  target_id        = "127.0.0.1"
  port             = var.blue
}

resource "aws_lb_target_group_attachment" "green" {
  target_group_arn = aws_lb_target_group.pair["green"].arn
  target_id        = "127.0.0.1"
  port             = var.green
}

resource "aws_lb_target_group_attachment" "more" {
  count            = local.second ? 0 : 1
  target_group_arn = aws_lb_target_group.sticky.arn
  target_id        = "127.0.0.1"
  port             = var.green
}

resource "aws_lb_target_group_attachment" "instance" {
  target_group_arn = aws_lb_target_group.random.arn
  target_id        = "i-0123456789abcdef0"
}

# ---- listeners -----------------------------------------------------------------------

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type = "forward"
    forward {
      target_group {
        arn    = aws_lb_target_group.pair["blue"].arn
        weight = local.weight
      }
      target_group {
        arn    = aws_lb_target_group.pair["green"].arn
        weight = 100 - local.weight
      }
      stickiness {
        enabled  = !local.second
        duration = 60
      }
    }
  }
  routing_http_response_server_enabled                         = !local.second
  routing_http_response_strict_transport_security_header_value = local.second ? "max-age=600" : "max-age=300"
  tags = {
    Port = "80"
  }
}

resource "aws_lb_trust_store" "clients" {
  name                             = "clients"
  ca_certificates_bundle_s3_bucket = "trust"
  ca_certificates_bundle_s3_key    = local.second ? "two.pem" : "one.pem"
  tags = {
    Kind = "clients"
  }
}

resource "aws_lb_trust_store_revocation" "gone" {
  trust_store_arn       = aws_lb_trust_store.clients.arn
  revocations_s3_bucket = "trust"
  revocations_s3_key    = "gone.crl"
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = local.second ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : "ELBSecurityPolicy-2016-08"
  certificate_arn   = local.second ? aws_acm_certificate.other.arn : aws_acm_certificate.main.arn
  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "secure ${var.stage}"
      status_code  = "200"
    }
  }
}

resource "aws_lb_listener" "mutual" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 8443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate.main.arn
  mutual_authentication {
    mode                             = "verify"
    trust_store_arn                  = aws_lb_trust_store.clients.arn
    ignore_client_certificate_expiry = local.second
    advertise_trust_store_ca_names   = local.second ? "on" : "off"
  }
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.grpc.arn
  }
}

resource "aws_lb_listener_certificate" "other" {
  listener_arn    = aws_lb_listener.mutual.arn
  certificate_arn = aws_acm_certificate.other.arn
}

# ---- rules ------------------------------------------------------------------------------

resource "aws_lb_listener_rule" "all_conditions" {
  listener_arn = aws_lb_listener.http.arn
  priority     = local.second ? 15 : 10
  action {
    type = "fixed-response"
    fixed_response {
      content_type = "application/json"
      message_body = "{\"stage\": ${var.stage}}"
      status_code  = "418"
    }
  }
  condition {
    host_header {
      values = ["*.example.com"]
    }
  }
  condition {
    path_pattern {
      values = ["/tea/*"]
    }
  }
  condition {
    http_header {
      http_header_name = "X-Canary"
      values           = ["yes*"]
    }
  }
  condition {
    http_request_method {
      values = ["GET"]
    }
  }
  condition {
    source_ip {
      values = ["127.0.0.0/8"]
    }
  }
  tags = {
    Kind = "all"
  }
}

resource "aws_lb_listener_rule" "query" {
  listener_arn = aws_lb_listener.http.arn
  priority     = 20
  action {
    type = "redirect"
    redirect {
      host        = local.second ? "www.example.com" : "#{host}"
      path        = "/new/#{path}"
      port        = "8443"
      protocol    = "HTTPS"
      query       = "from=old&#{query}"
      status_code = local.second ? "HTTP_302" : "HTTP_301"
    }
  }
  condition {
    query_string {
      key   = "v"
      value = "1"
    }
    query_string {
      value = "old"
    }
  }
}

resource "aws_lb_listener_rule" "paths" {
  listener_arn = aws_lb_listener.http.arn
  action {
    type             = "forward"
    target_group_arn = local.second ? aws_lb_target_group.pair["blue"].arn : aws_lb_target_group.pair["green"].arn
  }
  condition {
    path_pattern {
      values = ["/green", "/green/*"]
    }
  }
  depends_on = [aws_lb_listener_rule.query, aws_lb_listener_rule.all_conditions]
}

resource "aws_lb_listener_rule" "oidc" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 30
  action {
    type = "authenticate-oidc"
    authenticate_oidc {
      authorization_endpoint     = "https://id.example.com/authorize"
      client_id                  = "sluice"
      client_secret              = local.second ? "changed" : "secret"
      issuer                     = "https://id.example.com"
      token_endpoint             = "https://id.example.com/token"
      user_info_endpoint         = "https://id.example.com/userinfo"
      on_unauthenticated_request = "deny"
      scope                      = "openid email"
      session_cookie_name        = "who"
      session_timeout            = 3600
      authentication_request_extra_params = {
        display = "page"
        prompt  = "login"
      }
    }
  }
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.sticky.arn
  }
  condition {
    path_pattern {
      values = ["/private/*"]
    }
  }
}

resource "aws_lb_listener_rule" "cognito" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 40
  action {
    type  = "authenticate-cognito"
    order = 1
    authenticate_cognito {
      user_pool_arn       = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Example"
      user_pool_client_id = "client"
      user_pool_domain    = "domain"
    }
  }
  action {
    type  = "forward"
    order = 2
    forward {
      target_group {
        arn    = aws_lb_target_group.sticky.arn
        weight = 1
      }
      target_group {
        arn    = aws_lb_target_group.random.arn
        weight = 2
      }
      stickiness {
        enabled  = true
        duration = 120
      }
    }
  }
  condition {
    path_pattern {
      values = ["/people/*"]
    }
  }
}

output "arn" { value = aws_lb.edge.arn }
output "dns_name" { value = aws_lb.edge.dns_name }
output "account" { value = data.aws_caller_identity.me.account_id }
output "blue" { value = aws_lb_target_group.pair["blue"].arn }
output "listener" { value = aws_lb_listener.http.arn }

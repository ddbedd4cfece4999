# SPDX-License-Identifier: Apache-2.0
#
# Everything of listeners, rules, target groups and trust stores that an
# Application Load Balancer has; ../balancer has what is aws_lb's own.
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

# Nothing of it changes: each change takes the provider 30 s.
resource "aws_lb" "edge" {
  name_prefix     = "edge-"
  internal        = true
  security_groups = ["sg-0123456789abcdef0"]
  subnet_mapping {
    subnet_id = "subnet-aaaa1111"
  }
  subnet_mapping {
    subnet_id = "subnet-bbbb2222"
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
  count             = local.second ? 0 : 1
  target_group_arn  = aws_lb_target_group.sticky.arn
  target_id         = "192.168.7.7"
  availability_zone = "all"
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
  routing_http_response_server_enabled                                = !local.second
  routing_http_response_strict_transport_security_header_value        = local.second ? "max-age=600" : "max-age=300"
  routing_http_response_access_control_allow_origin_header_value      = "https://a.example.com"
  routing_http_response_access_control_allow_methods_header_value     = "GET"
  routing_http_response_access_control_allow_headers_header_value     = local.second ? "X-One" : "X-One,X-Two"
  routing_http_response_access_control_allow_credentials_header_value = "true"
  routing_http_response_access_control_expose_headers_header_value    = "X-Three"
  routing_http_response_access_control_max_age_header_value           = "60"
  routing_http_response_content_security_policy_header_value          = "default-src 'self'"
  routing_http_response_x_content_type_options_header_value           = "nosniff"
  routing_http_response_x_frame_options_header_value                  = "DENY"
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
  routing_http_request_x_amzn_mtls_clientcert_header_name               = local.second ? "X-Client" : "X-Cert"
  routing_http_request_x_amzn_mtls_clientcert_issuer_header_name        = "X-Cert-Issuer"
  routing_http_request_x_amzn_mtls_clientcert_leaf_header_name          = "X-Cert-Leaf"
  routing_http_request_x_amzn_mtls_clientcert_serial_number_header_name = "X-Cert-Serial"
  routing_http_request_x_amzn_mtls_clientcert_subject_header_name       = "X-Cert-Subject"
  routing_http_request_x_amzn_mtls_clientcert_validity_header_name      = "X-Cert-Validity"
  routing_http_request_x_amzn_tls_cipher_suite_header_name              = "X-Cipher"
  routing_http_request_x_amzn_tls_version_header_name                   = "X-Tls"
}

resource "aws_lb_listener" "redirect" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 81
  protocol          = "HTTP"
  default_action {
    type = "redirect"
    redirect {
      host        = "www.example.com"
      path        = local.second ? "/second" : "/#{path}"
      port        = "443"
      protocol    = "HTTPS"
      query       = "#{query}"
      status_code = "HTTP_302"
    }
  }
}

resource "aws_lb_listener" "oidc" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 444
  protocol          = "HTTPS"
  certificate_arn   = aws_acm_certificate.main.arn
  default_action {
    type  = "authenticate-oidc"
    order = 1
    authenticate_oidc {
      authorization_endpoint     = "https://id.example.com/authorize"
      client_id                  = local.second ? "other" : "sluice"
      client_secret              = "secret"
      issuer                     = "https://id.example.com"
      token_endpoint             = "https://id.example.com/token"
      user_info_endpoint         = "https://id.example.com/userinfo"
      on_unauthenticated_request = "authenticate"
    }
  }
  default_action {
    type             = "forward"
    order            = 2
    target_group_arn = aws_lb_target_group.sticky.arn
  }
}

resource "aws_lb_listener" "cognito" {
  load_balancer_arn = aws_lb.edge.arn
  port              = 445
  protocol          = "HTTPS"
  certificate_arn   = aws_acm_certificate.main.arn
  default_action {
    type = "authenticate-cognito"
    authenticate_cognito {
      user_pool_arn              = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Example"
      user_pool_client_id        = "client"
      user_pool_domain           = "domain"
      on_unauthenticated_request = "allow"
      scope                      = "openid"
      session_cookie_name        = "who"
      session_timeout            = 600
      authentication_request_extra_params = {
        display = "page"
      }
    }
  }
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.sticky.arn
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

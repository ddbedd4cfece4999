# SPDX-License-Identifier: Apache-2.0
"""Strict readers of the lines of ALB's logs (alb.md 7.1, 7.4, 7.5): all
fields, one space between two of them, quotes where ALB has quotes, and what
must agree agrees.

    line = Line(text)           fails when anything is not as it must be
    line.elb_status_code        every field by its name, without its quotes

    Connection(text), HealthCheck(text)     lines of the other logs
"""
import datetime
import os
import re

import rig

TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
ADDRESS = r"[0-9a-f.:]+:[0-9]+"
SPAN = r"-1|[0-9]+\.[0-9]{3}"
STATUS = r"-|[1-9][0-9]{2}"
ANY = r".*"
ARN = (r"arn:aws:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/"
       r"[A-Za-z0-9-]+/[0-9a-f]+")

# Name, quoted, what it looks like.
FIELDS = (
    ("type", 0, r"https?|h2|grpcs|wss?"),
    ("time", 0, TIME),
    ("elb", 0, r"app/[A-Za-z0-9-]+/[0-9a-f]{16}"),
    ("client_port", 0, ADDRESS),
    ("target_port", 0, "-|" + ADDRESS),
    ("request_processing_time", 0, SPAN),
    ("target_processing_time", 0, SPAN),
    ("response_processing_time", 0, SPAN),
    ("elb_status_code", 0, STATUS),
    ("target_status_code", 0, STATUS),
    ("received_bytes", 0, r"[0-9]+"),
    ("sent_bytes", 0, r"[0-9]+"),
    ("request", 1, r"- https?://[^ ]+:[0-9]+- -|"
                   r"[^ ]+ https?://[^ /]+:[0-9]+.* HTTP/[0-9]\.[0-9]"),
    ("user_agent", 1, ANY),
    ("ssl_cipher", 0, r"-|[A-Z0-9_-]+"),
    ("ssl_protocol", 0, r"-|TLSv1\.[0-3]"),
    ("target_group_arn", 0, "-|" + ARN),
    ("trace_id", 1, r"-|.*Root=1-[0-9a-f]{8}-[0-9a-f]{24}.*"),
    ("domain_name", 1, ANY),
    ("chosen_cert_arn", 1, ANY),
    ("matched_rule_priority", 0, r"-|-1|[0-9]{1,5}"),
    ("request_creation_time", 0, TIME),
    ("actions_executed", 1, r"-|[a-z,-]+"),
    ("redirect_url", 1, ANY),
    ("error_reason", 1, r"-|[A-Za-z]+"),
    ("target_port_list", 1, "-|" + ADDRESS),
    ("target_status_code_list", 1, STATUS),
    ("classification", 1, r"-|Acceptable|Ambiguous|Severe"),
    ("classification_reason", 1, r"-|[A-Za-z]+"),
    ("conn_trace_id", 0, r"TID_[0-9a-f]{32}"),
    ("transformed_host", 1, ANY),
    ("transformed_uri", 1, ANY),
    ("request_transform_status", 1, r"-|[A-Za-z]+"),
    ("ip_address", 0, r"[0-9a-f.:]+"),
)
CONNECTION_FIELDS = (
    ("timestamp", 0, TIME),
    ("client_ip", 0, r"[0-9a-f.:]+"),
    ("client_port", 0, r"[0-9]{1,5}"),
    ("listener_port", 0, r"[0-9]{1,5}"),
    ("tls_protocol", 0, r"-|TLSv1\.[0-3]"),
    ("tls_cipher", 0, r"-|[A-Z0-9_-]+"),
    ("tls_handshake_latency", 0, r"-|[0-9]+\.[0-9]{3}"),
    ("leaf_client_cert_subject", 1, ANY),
    ("leaf_client_cert_validity", 0, r"-|NotBefore=[^;]+;NotAfter=.+"),
    ("leaf_client_cert_serial_number", 0, r"-|[0-9A-F]+"),
    ("tls_verify_status", 0, r"-|Success|Failed:[A-Za-z]+"),
    ("conn_trace_id", 0, r"TID_[0-9a-f]{32}"),
    ("tls_keyexchange", 0, r"-|[A-Za-z0-9_-]+"),
    ("elb", 0, r"app/[A-Za-z0-9-]+/[0-9a-f]{16}"),
    ("ip_address", 0, r"[0-9a-f.:]+"),
)
HEALTH_CHECK_FIELDS = (
    ("type", 0, "https?|h2|grpc"),
    ("time", 0, TIME),
    ("latency", 0, r"[0-9]+\.[0-9]{9}"),
    ("target_addr", 0, ADDRESS),
    ("target_group_id", 0, r"[A-Za-z0-9-]+"),
    ("status", 0, "PASS|FAIL"),
    ("status_code", 0, "-|[0-9]{1,3}"),
    ("reason_code", 0, "-|TimedOut|ConnectionReset|ResponseCodeMismatch|"
                       "TargetError|InternalError|GRPCStatusHeaderEmpty|"
                       "GRPCUnexpectedStatus"),
    ("elb", 0, r"app/[A-Za-z0-9-]+/[0-9a-f]{16}"),
    ("ip_address", 0, r"[0-9a-f.:]+"),
)
# Printable ASCII; what is not, `"` and `\` are written \xHH.
QUOTED = r'"((?:[ !#-\[\]-~]|\\x[0-9A-F]{2})+)"'
BARE = r'((?:[!#-\[\]-~]|\\x[0-9A-F]{2})+)'


def form_of(fields):
    return re.compile(" ".join(QUOTED if q else BARE for _, q, _ in fields)
                      + r"\Z")


def seconds(text):
    return datetime.datetime.strptime(
        text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(
            tzinfo=datetime.timezone.utc).timestamp()


class Line:
    fields = FIELDS
    form = form_of(FIELDS)

    def __init__(self, text):
        self.text = text
        match = self.form.match(text)
        if not match:
            raise AssertionError("no %s log line: %r" % (
                type(self).__name__, text[:1000]))
        self.values = match.groups()
        for (name, _, form), value in zip(self.fields, self.values):
            if not re.match("(?:%s)\\Z" % form, value):
                raise AssertionError("%s is %r in %s" % (name, value, text))
            setattr(self, name, value)
        self.agree()

    def must(self, holds, what):
        if not holds:
            raise AssertionError("%s: %s" % (what, self.text))

    def agree(self):
        must = self.must
        spans = [getattr(self, n + "_processing_time")
                 for n in ("request", "target", "response")]
        took = seconds(self.time) - seconds(self.request_creation_time)
        must(took > -0.0005, "it ended before it began")
        must(len({s == "-1" for s in spans}) == 1, "-1 only in some times")
        if spans[0] != "-1":    # each is rounded to a millisecond
            must(abs(sum(map(float, spans)) - took) < 0.0016,
                 "the times do not add up to %.6f" % took)
        must(self.target_port == self.target_port_list, "targets")
        must(self.target_status_code == self.target_status_code_list,
             "target codes")
        must(self.target_status_code == "-" or self.target_port != "-",
             "a code of no target")
        must((self.target_status_code == "-") == (spans[0] == "-1"),
             "times go with an answer of a target")
        must((self.classification == "-") ==
             (self.classification_reason == "-"), "classification")

    @property
    def bytes(self):
        return int(self.received_bytes), int(self.sent_bytes)


class Connection(Line):
    fields = CONNECTION_FIELDS
    form = form_of(CONNECTION_FIELDS)

    def agree(self):
        self.must((self.tls_protocol == "-") == (self.tls_cipher == "-"),
                  "a protocol without a cipher")

    @property
    def client(self):
        return self.client_ip, int(self.client_port)


class HealthCheck(Line):
    fields = HEALTH_CHECK_FIELDS
    form = form_of(HEALTH_CHECK_FIELDS)

    def agree(self):
        self.must((self.status == "PASS") == (self.reason_code == "-"),
                  "a reason goes with FAIL")
        self.must(self.status == "FAIL" or self.status_code != "-",
                  "a PASS without a code")
        self.must(self.status_code == "-" or
                  (int(self.status_code) // 100 == 5)
                  == (self.reason_code == "TargetError"),
                  "a TargetError is a 5xx")


class File:
    """A log of lines of that kind that grows."""

    def __init__(self, path, kind=Line):
        self.path = path
        self.kind = kind

    def text(self):
        if not os.path.exists(self.path):
            return ""
        with open(self.path, encoding="ascii") as file:
            return file.read()

    def all(self):
        """Every line that is whole by now."""
        return [self.kind(t) for t in self.text().split("\n")[:-1]]

    def of(self, client, number=1):
        """The lines of this connection, when there are so many; one is one,
        several are a list."""
        local = rig.address(*client.local)

        def find():
            lines = [line for line in self.all() if line.client_port == local]
            return lines if len(lines) >= number else None
        lines = rig.until(find, lambda: "%d lines of %s in the access log, "
                          "which ends in %r" % (number, local,
                                                self.text()[-1000:]),
                          pause=0.02)
        if len(lines) != number:
            raise AssertionError("more than %d lines of %s: %s" % (
                number, local, [line.text for line in lines]))
        return lines[0] if number == 1 else lines

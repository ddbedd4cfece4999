# SPDX-License-Identifier: Apache-2.0
"""What the double of AWS knows and does: CloudWatch, CloudWatch Logs, SNS and
STS. Limits are those of AWS's pages that shapes do not say
(aws-integrations.md 2.1 to 2.3).

A handler is ACTIONS["service", "Operation"](aws, parameters, call): it returns
the output, or raises Refused.
"""
import hashlib
import json
import math
import re

import double_wire as wire
from double_wire import Refused

ACTIONS = {}
MEGABYTE = 1024 * 1024


def action(service):
    """Decorates a handler; its name is the operation's."""
    def keep(function):
        name = "".join(w.capitalize() for w in function.__name__.split("_"))
        ACTIONS[service, name] = function
        return function
    return keep


class Key:
    """Credentials that the double knows; .expires is a time of its clock."""

    def __init__(self, name, secret, token=None, expires=None, arn=None):
        self.name, self.secret, self.token = name, secret, token
        self.expires = expires
        self.arn = arn or "arn:aws:iam::123456789012:user/sluice"


# ---- CloudWatch -----------------------------------------------------------------
def number(value, what):
    if not math.isfinite(value) or abs(value) > 2.0 ** 360:
        raise Refused("InvalidParameterValue",
                      "The value %r for parameter %s is invalid." % (
                          value, what))


def check_figures(datum, at):
    """Just one of Value, Values and StatisticValues."""
    forms = [k for k in ("Value", "Values", "StatisticValues") if k in datum]
    if len(forms) != 1:
        raise Refused("InvalidParameterCombination" if forms else
                      "MissingParameter", "At least one of the parameters %s."
                      "Value, Values or StatisticValues must be specified, "
                      "and not two: %s" % (at, forms))
    values = datum.get("Values", [datum.get("Value", 0.0)])
    counts = datum.get("Counts", [1.0] * len(values))
    if "Counts" in datum and "Values" not in datum or \
            len(counts) != len(values) or not values:
        raise Refused("InvalidParameterValue", "The parameters %s.Values and "
                      "%s.Counts must be of the same size." % (at, at))
    if len(values) > 150:
        raise Refused("InvalidParameterValue", "The collection %s.Values must "
                      "not have a size greater than 150." % at)
    if len(set(values)) != len(values):
        raise Refused("InvalidParameterValue", "%s.Values: not unique" % at)
    for value in values + counts:
        number(value, at)
    if any(c <= 0 for c in counts):
        raise Refused("InvalidParameterValue", "%s.Counts: not positive" % at)
    check_statistics(datum.get("StatisticValues"), at)


def check_statistics(given, at):
    if given is None:
        return
    for name, value in given.items():
        number(value, at + ".StatisticValues." + name)
    if given["Minimum"] > given["Maximum"] or given["SampleCount"] <= 0 or \
            not (given["Minimum"] * given["SampleCount"] <=
                 given["Sum"] + 1e-6 * abs(given["Sum"]) and
                 given["Sum"] - 1e-6 * abs(given["Sum"]) <=
                 given["Maximum"] * given["SampleCount"]):
        raise Refused("InvalidParameterValue", "%s.StatisticValues cannot be: "
                      "%r" % (at, given))


def check_datum(aws, datum, at):
    for name in ("MetricName",):
        if not re.fullmatch(r"[!-~][ -~]*", datum[name]):
            raise Refused("InvalidParameterValue", at + "." + name)
    names = [d["Name"] for d in datum.get("Dimensions", [])]
    if len(set(names)) != len(names):
        raise Refused("InvalidParameterValue", at + ": a dimension twice")
    for dimension in datum.get("Dimensions", []):
        if dimension["Name"].startswith(":") or not re.fullmatch(
                r"[ -~]*[!-~][ -~]*", dimension["Value"]):
            raise Refused("InvalidParameterValue", "%s: dimension %r" % (
                at, dimension))
    if "Timestamp" in datum:
        age = aws.now() - wire.seconds(datum["Timestamp"])
        if age > 14 * 86400 or age < -2 * 3600:
            raise Refused("InvalidParameterValue", "The value %s for parameter "
                          "%s.Timestamp is invalid." % (
                              datum["Timestamp"], at))
    if datum.get("StorageResolution", 60) not in (1, 60):
        raise Refused("InvalidParameterValue", at + ".StorageResolution")
    check_figures(datum, at)


def keep_datum(aws, namespace, datum):
    made = {"Namespace": namespace, "MetricName": datum["MetricName"],
            "Dimensions": {d["Name"]: d["Value"]
                           for d in datum.get("Dimensions", [])},
            "Unit": datum.get("Unit", "None"),
            "Timestamp": wire.seconds(datum["Timestamp"])
            if "Timestamp" in datum else aws.now()}
    stats = datum.get("StatisticValues")
    if stats is None:
        values = datum.get("Values", [datum.get("Value")])
        counts = datum.get("Counts", [1.0] * len(values))
        made["Values"] = dict(zip(values, counts))
        stats = {"SampleCount": sum(counts), "Minimum": min(values),
                 "Maximum": max(values),
                 "Sum": sum(v * c for v, c in zip(values, counts))}
    aws.metrics.append({**made, **stats})


@action("monitoring")
def put_metric_data(aws, given, call):
    namespace, data = given["Namespace"], given.get("MetricData", [])
    if namespace.startswith("AWS/"):
        raise Refused("InvalidParameterValue", "The value AWS/ for parameter "
                      "Namespace is invalid.")
    if not re.fullmatch(r"[0-9A-Za-z.\-_/#]+", namespace):
        raise Refused("InvalidParameterValue", "Namespace " + namespace)
    if len(call.request.body) > MEGABYTE or \
            len(wire.body_of(call.request, call.operation)) > MEGABYTE:
        raise Refused("RequestEntityTooLarge", "more than 1 MB", 413)
    if not data or len(data) + sum(
            len(e.get("MetricData", []))
            for e in given.get("EntityMetricData", [])) > 1000:
        raise Refused("InvalidParameterValue", "The collection MetricData must "
                      "not have a size greater than 1000, or none")
    for at, datum in enumerate(data, 1):
        check_datum(aws, datum, "MetricData.member.%d" % at)
    for datum in data:
        keep_datum(aws, namespace, datum)
    return {}


@action("monitoring")
def put_dashboard(aws, given, call):
    try:
        body = json.loads(given["DashboardBody"])
    except ValueError as error:
        raise Refused("InvalidParameterInput", str(error)) from None
    if not isinstance(body, dict) or len(body.get("widgets", [])) > 500:
        raise Refused("InvalidParameterInput", "widgets")
    aws.dashboards[given["DashboardName"]] = body
    return {"DashboardValidationMessages": []}


# ---- CloudWatch Logs ---------------------------------------------------------------
def group_of(aws, name):
    if name not in aws.log_groups:
        raise Refused("ResourceNotFoundException",
                      "The specified log group does not exist.")
    return aws.log_groups[name]


@action("logs")
def create_log_group(aws, given, call):
    name = given["logGroupName"]
    if name.startswith("aws/"):
        raise Refused("InvalidParameterException", name)
    if name in aws.log_groups:
        raise Refused("ResourceAlreadyExistsException",
                      "The specified log group already exists")
    aws.log_groups[name] = {}
    return {}


@action("logs")
def create_log_stream(aws, given, call):
    group, name = group_of(aws, given["logGroupName"]), given["logStreamName"]
    if name in group:
        raise Refused("ResourceAlreadyExistsException",
                      "The specified log stream already exists")
    group[name] = []
    return {}


def check_events(events):
    size = sum(len(e["message"].encode()) + 26 for e in events)
    if len(events) > 10000 or size > MEGABYTE:
        raise Refused("InvalidParameterException", "Upload too large: %d bytes "
                      "exceeds limit of 1048576" % size)
    times = [e["timestamp"] for e in events]
    if times != sorted(times):
        raise Refused("InvalidParameterException", "Log events in a single "
                      "PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > 86400 * 1000:
        raise Refused("InvalidParameterException", "The batch of log events in "
                      "a single PutLogEvents request cannot span more than 24 "
                      "hours.")


@action("logs")
def put_log_events(aws, given, call):
    group = group_of(aws, given["logGroupName"])
    if given["logStreamName"] not in group:
        raise Refused("ResourceNotFoundException",
                      "The specified log stream does not exist.")
    events, now = given["logEvents"], aws.now() * 1000
    check_events(events)
    old = sum(e["timestamp"] < now - 14 * 86400 * 1000 for e in events)
    new = sum(e["timestamp"] > now + 2 * 3600 * 1000 for e in events)
    kept = events[old:len(events) - new]
    group[given["logStreamName"]] += kept
    for event in kept:
        take_emf(aws, event["message"])
    rejected = {}
    if old:
        rejected["tooOldLogEventEndIndex"] = old
    if new:
        rejected["tooNewLogEventStartIndex"] = len(events) - new
    return {"nextSequenceToken": "0",
            **({"rejectedLogEventsInfo": rejected} if rejected else {})}


# ---- the embedded metric format: what is wrong goes to aws.emf_errors --------------
def emf_value(root, name, unit):
    value = root[name]
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= 100 or not all(
            isinstance(v, (int, float)) and not isinstance(v, bool)
            for v in values):
        raise ValueError("%s is no number, nor 1 to 100 of them" % name)
    counts = {}
    for one in values:
        counts[float(one)] = counts.get(float(one), 0) + 1.0
    return {"MetricName": name, "Unit": unit, "Values": list(counts),
            "Counts": list(counts.values())}


def emf_directive(aws, root, given):
    stamp, seen = root["_aws"]["Timestamp"], []
    if not isinstance(stamp, int):
        raise ValueError("Timestamp is no integer of milliseconds")
    units = wire.model("monitoring").shape_for("StandardUnit").enum
    if not 0 < len(given["Metrics"]) <= 100:
        raise ValueError("not 1 to 100 Metrics")
    for names in given["Dimensions"]:
        if len(names) > 30:
            raise ValueError("more than 30 dimensions")
        dimensions = []
        for name in names:
            if not isinstance(root[name], str) or \
                    not 1 <= len(root[name]) <= 1024:
                raise ValueError("dimension %s is no text" % name)
            dimensions.append({"Name": name, "Value": root[name]})
        for metric in given["Metrics"]:
            if set(metric) - {"Name", "Unit", "StorageResolution"} or \
                    metric.get("Unit", "None") not in units:
                raise ValueError("a metric %r" % metric)
            datum = emf_value(root, metric["Name"], metric.get("Unit", "None"))
            seen.append({**datum, "Dimensions": dimensions,
                         "Timestamp": wire.when(stamp / 1000)})
    if not given["Namespace"] or given["Namespace"].startswith("AWS/"):
        raise ValueError("Namespace")
    for datum in seen:
        keep_datum(aws, given["Namespace"], datum)


def take_emf(aws, message):
    """Metrics of a log event, as CloudWatch extracts them."""
    if '"_aws"' not in message:
        return
    try:
        root = json.loads(message)
        for directive in root["_aws"]["CloudWatchMetrics"]:
            emf_directive(aws, root, directive)
    except (ValueError, KeyError, TypeError) as error:
        aws.emf_errors.append("%r in %.200s" % (error, message))


# ---- SNS ---------------------------------------------------------------------------
@action("sns")
def publish(aws, given, call):
    topic, message = given.get("TopicArn"), given["Message"]
    if topic is None:
        raise Refused("InvalidParameter", "TopicArn")
    if not re.fullmatch(r"arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w.-]+", topic):
        raise Refused("InvalidParameter", "Invalid parameter: TopicArn")
    if topic not in aws.topics:
        raise Refused("NotFound", "Topic does not exist", 404)
    if not message or len(message.encode()) > 262144:
        raise Refused("InvalidParameter", "Invalid parameter: Message too long")
    subject = given.get("Subject", "x")
    if not re.fullmatch(r"[!-~][ -~]{0,98}", subject):
        raise Refused("InvalidParameter", "Invalid parameter: Subject")
    if topic.endswith(".fifo") != ("MessageGroupId" in given):
        raise Refused("InvalidParameter", "Invalid parameter: MessageGroupId")
    for attribute in given.get("MessageAttributes", {}).values():
        if not re.match(r"(String|Number|Binary)", attribute["DataType"]):
            raise Refused("InvalidParameterValue", "DataType")
    aws.topics[topic].append(given)
    return {"MessageId": aws.made_id()}


# ---- STS ---------------------------------------------------------------------------
@action("sts")
def get_caller_identity(aws, given, call):
    arn = call.key.arn
    return {"UserId": "AIDADOUBLE", "Account": arn.split(":")[4], "Arn": arn}


def assumed(aws, given):
    """New credentials of a role, as the answer says them."""
    session = given["RoleSessionName"]
    account, _, role = given["RoleArn"].partition(":role/")
    name = "ASIA" + hashlib.sha256(
        aws.made_id().encode()).hexdigest()[:16].upper()
    lasts = given.get("DurationSeconds", 3600)
    key = Key(name, "secret-of-" + name, "token-of-" + name + "/+=",
              aws.now() + aws.role_seconds.get(given["RoleArn"], lasts),
              "%s:assumed-role/%s/%s" % (
                  account.replace(":iam:", ":sts:"), role.split("/")[-1],
                  session))
    aws.keys[name] = key
    return {"Credentials": {
        "AccessKeyId": name, "SecretAccessKey": key.secret,
        "SessionToken": key.token, "Expiration": wire.when(key.expires)},
        "AssumedRoleUser": {"AssumedRoleId": "AROADOUBLE:" + session,
                            "Arn": key.arn}}


@action("sts")
def assume_role(aws, given, call):
    if given["RoleArn"] not in aws.roles:
        raise Refused("AccessDenied", "User: %s is not authorized to perform: "
                      "sts:AssumeRole on resource: %s" % (
                          call.key.arn, given["RoleArn"]), 403)
    wanted = aws.roles[given["RoleArn"]].get("external_id")
    if wanted and given.get("ExternalId") != wanted:
        raise Refused("AccessDenied", "the external id", 403)
    return assumed(aws, given)


@action("sts")
def assume_role_with_web_identity(aws, given, call):
    if given["RoleArn"] not in aws.roles:
        raise Refused("AccessDenied", "Not authorized to perform "
                      "sts:AssumeRoleWithWebIdentity", 403)
    token = aws.roles[given["RoleArn"]].get("web_identity")
    if token is None or given["WebIdentityToken"] != token:
        raise Refused("InvalidIdentityToken",
                      "No OpenIDConnect provider found in your account for it")
    made = assumed(aws, given)
    return {**made, "SubjectFromWebIdentityToken": "subject"}


# ---- IAM -----------------------------------------------------------------------------
# Who may call what: the action in IAM and the resource, of each operation.
S3_ACTIONS = {
    "PutObject": "s3:PutObject", "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject", "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "GetObject": "s3:GetObject", "HeadObject": "s3:GetObject",
    "DeleteObject": "s3:DeleteObject", "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket", "CreateBucket": "s3:CreateBucket",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "GetBucketLocation": "s3:GetBucketLocation"}


def full_arn(aws, name, kind, service):
    return name if name.startswith("arn:") else "arn:aws:%s:%s:%s:%s%s" % (
        service, aws.region, aws.account, kind, name)


def needs(aws, service, operation, given):
    """(action, resource, context) of a call, as IAM sees it."""
    permission = wire.SERVICES[service][3] + ":" + operation
    resource, context = "*", {}
    if service == "s3":
        permission = S3_ACTIONS[operation]
        resource = "arn:aws:s3:::" + given["Bucket"] + (
            "/" + given["Key"] if "Key" in given else "")
    elif service == "monitoring":
        context = {"cloudwatch:namespace": given.get("Namespace", "")}
    elif service == "logs":
        resource = "arn:aws:logs:%s:%s:log-group:%s:log-stream:%s" % (
            aws.region, aws.account, given.get("logGroupName", ""),
            given.get("logStreamName", ""))
    elif service == "sns":
        resource = given.get("TopicArn", "*")
    elif service == "ecs":
        cluster = full_arn(aws, given.get("cluster", "default"), "cluster/",
                           "ecs")
        context = {"ecs:cluster": cluster}
        name = cluster.rpartition("/")[2]
        resource = {"DescribeTasks": "task/%s/" % name +
                    given.get("tasks", ["x"])[0].split("/")[-1],
                    "DescribeServices": "service/%s/" % name +
                    given.get("services", ["x"])[0].split("/")[-1],
                    "DescribeContainerInstances": "container-instance/%s/x" %
                    name, "ListTasks": "container-instance/%s/*" % name,
                    }[operation]
        resource = full_arn(aws, resource, "", "ecs")
    elif service == "servicediscovery":
        context = {"servicediscovery:NamespaceName": given.get(
            "NamespaceName", ""), "servicediscovery:ServiceName": given.get(
                "ServiceName", "")}
    elif service == "sts" and "RoleArn" in given:
        resource = given["RoleArn"]
    return permission, resource, context


def like(value, patterns, ignore_case=False):
    patterns = [patterns] if isinstance(patterns, str) else patterns
    return any(re.fullmatch("".join(
        {"*": ".*", "?": "."}.get(c, re.escape(c)) for c in p), value,
        re.I | re.S if ignore_case else re.S) for p in patterns)


CONDITIONS = {
    "StringEquals": lambda value, wanted: value in (
        [wanted] if isinstance(wanted, str) else wanted),
    "StringLike": like, "ArnLike": like, "ArnEquals": like}


def statement_allows(statement, permission, resource, context):
    """One statement of a policy; what it has and this does not know of is an
    error of the test."""
    unknown = set(statement) - {"Sid", "Effect", "Action", "Resource",
                                "Condition"}
    if unknown or statement["Effect"] != "Allow":
        raise AssertionError("a statement of the double's policies: %r" %
                             statement)
    for kind, pairs in statement.get("Condition", {}).items():
        for key, wanted in pairs.items():
            if key not in context or not CONDITIONS[kind](context[key],
                                                          wanted):
                return False
    return like(permission, statement["Action"], True) and \
        like(resource, statement["Resource"])


def authorize(aws, call):
    """AccessDenied as the service says it, unless the call may be made."""
    if call.operation.name == "GetCallerIdentity" or call.key is None:
        return
    permission, resource, context = needs(
        aws, call.service, call.operation.name, call.input)
    allowed = aws.policies is None or any(
        statement_allows(s, permission, resource, context)
        for policy in aws.policies for s in policy["Statement"])
    if allowed and permission not in aws.denied:
        return
    text = "User: %s is not authorized to perform: %s%s because no identity-" \
        "based policy allows the %s action" % (
            call.key.arn, permission,
            "" if resource == "*" else " on resource: " + resource, permission)
    code, status = {
        "s3": ("AccessDenied", 403), "sts": ("AccessDenied", 403),
        "sns": ("AuthorizationError", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "monitoring": ("AccessDenied", 403),
    }.get(call.service, ("AccessDeniedException", 400))
    raise Refused(code, text, status)


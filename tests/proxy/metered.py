# SPDX-License-Identifier: Apache-2.0
"""What must have been counted when the logs say so (docs/ARCHITECTURE.md,
"What is counted"), and what was, by /metrics.

    by_log(lines, connections, rules)   of access_lines.Line and .Connection
    by_metrics(server.metrics())
    difference(wanted, got)             name by name; "" when they are equal

Both are {(load balancer, target group or "", zone): {name: number}} without
the numbers that are 0.
"""
import collections
import re

STATUSES = {"3": "elb_3xx", "4": "elb_4xx", "5": "elb_5xx"}
OF_ONE_STATUS = ("500", "502", "503", "504")
# What no log tells: the test knows it, or says that it does not.
UNLOGGED = ("dropped_invalid_header", "forwarded_invalid_header", "non_sticky",
            "app_cookie_non_stickiness", "rejected_connections",
            "connection_errors", "tls_errors", "unhealthy_routing")


def is_ipv6(line):
    return line.client_port.count(":") > 1


def own_status(line, to):
    """A status that no target sent."""
    status = line.elb_status_code
    if line.target_status_code != "-" or status == "-":
        return
    if status[0] in STATUSES:
        to[STATUSES[status[0]]] += 1
    if status in OF_ONE_STATUS:
        to["elb_" + status] += 1


def action(line, to):
    done = line.actions_executed.rpartition(",")[2]
    if done == "fixed-response":
        to["fixed_responses"] += 1
    elif done == "redirect" and line.elb_status_code == "507":
        to["redirect_url_limit"] += 1
    elif done == "redirect":
        to["redirects"] += 1


def evaluated(line, rules, to):
    """`rules`: the priorities of the listeners of each load balancer, by its
    name. Each rule up to the one that matched was tried."""
    if line.matched_rule_priority == "-":
        return
    priority = int(line.matched_rule_priority)
    tried = sum(not priority or p <= priority
                for p in rules.get(line.elb.split("/")[1], ()))
    to["rule_evaluations"] += tried
    to["evaluated_rules_free"] += min(tried, 10)


def balancer(line, rules, to):
    size = sum(line.bytes)
    to["processed_bytes"] += size
    if is_ipv6(line):
        to["ipv6_requests"] += 1
        to["ipv6_processed_bytes"] += size
    if line.target_port != "-":
        to["requests"] += 1
    if line.classification != "-":
        to["desync_non_compliant"] += 1
    own_status(line, to)
    action(line, to)
    evaluated(line, rules, to)


def group(line, to):
    to["requests"] += 1
    if line.type == "grpcs":
        to["grpc_requests"] += 1
    if line.target_status_code[0] in "2345":
        to["target_%sxx" % line.target_status_code[0]] += 1
    if line.target_processing_time != "-1":
        to["times"] += 1


def connection(line, to):
    to["new_connections"] += 1
    if line.tls_verify_status.startswith("Failed:"):
        to["client_tls_errors"] += 1


def clean(table):
    table = {key: {name: n for name, n in row.items() if n}
             for key, row in table.items()}
    return {key: row for key, row in table.items() if row}


def by_log(lines, connections=(), rules=None, zone=""):
    table = collections.defaultdict(collections.Counter)
    for line in lines:
        balancer(line, rules or {}, table[line.elb, "", zone])
        if line.target_port != "-":
            arn = line.target_group_arn.rpartition(":")[2]
            group(line, table[line.elb, arn, zone])
    for line in connections:
        connection(line, table[line.elb, "", zone])
    return clean(table)


def by_metrics(metrics):
    table = collections.defaultdict(collections.Counter)
    for (name, labels), value in metrics.samples.items():
        of = dict(labels)
        key = (of.get("load_balancer"), of.get("target_group", ""),
               of.get("zone"))
        match = re.match(r"sluice_(?:load_balancer|target_group)_(\w+)_total\Z",
                         name)
        if match:
            table[key][match[1]] += int(value)
        elif name == "sluice_target_group_response_seconds_count":
            table[key]["times"] += int(value)
    return clean(table)


def seconds(lines):
    """Sums of target_processing_time by (load balancer, group), each with how
    far rounding may be off."""
    sums = collections.defaultdict(lambda: [0.0, 0.0])
    for line in lines:
        if line.target_port != "-" and line.target_processing_time != "-1":
            to = sums[line.elb, line.target_group_arn.rpartition(":")[2]]
            to[0] += float(line.target_processing_time)
            to[1] += 0.0005
    return sums


def add(table, also, zone=""):
    """`also`: {(load balancer, group or ""): {name: number}}."""
    for (lb, tg), row in also.items():
        to = table.setdefault((lb, tg, zone), {})
        for name, n in row.items():
            to[name] = to.get(name, 0) + n
    return table


def difference(wanted, got, leave=()):
    """The names in `leave` are not looked at."""
    out = []
    for key in sorted(set(wanted) | set(got)):
        one, other = wanted.get(key, {}), got.get(key, {})
        for name in sorted((set(one) | set(other)) - set(leave)):
            if one.get(name, 0) != other.get(name, 0):
                out.append("%s of %s: the log says %d, counted were %d" % (
                    name, " ".join(k for k in key if k),
                    one.get(name, 0), other.get(name, 0)))
    return "\n".join(out)

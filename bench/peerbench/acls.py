# SPDX-License-Identifier: Apache-2.0
"""What web ACLs cost: the command line of bench/acls.

One process has a load balancer for each ACL and one without; a run without an
ACL stands on each side of each run with one, and the difference to the mean of
the two is what the ACL costs.  So both have the same process, the same memory
and nearly the same moment.
"""
import argparse
import json
import os
import statistics
import sys
import time

from . import host, httpc, load, report
from .lab import Lab, find_sluice
from .measure import DISTURBED

GROUPS = ("AWSManagedRulesCommonRuleSet",
          "AWSManagedRulesKnownBadInputsRuleSet",
          "AWSManagedRulesSQLiRuleSet")
NONE, THREE = "none", "3 groups"
SIZES = (10, 100, 500)
ACLS = (NONE, "no rules", THREE) + tuple(f"{n} rules" for n in SIZES)
LIMITS = {"GET": 6.0, "POST": 30.0}     # us, of the three groups
CONNECTIONS = 64
DRIFT = 0.1     # runs without an ACL that differ by more are no measure

HEADERS = {
    "Host": "shop.example.com",
    "sec-ch-ua": '"Chromium";v="124", "Not-A.Brand";v="99"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"',
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
                  "(KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,"
              "image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Referer": "https://shop.example.com/catalogue/shoes?page=2",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
    "Cookie": "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; "
              "cart=3f2504e0-4f89-11d3-9a0c-0305e82c3301; "
              "_ga=GA1.2.1234567890.1700000000",
}
BODY = json.dumps({
    "items": [{"id": 1000 + i, "sku": f"SKU-{i * 37:05}",
               "name": f"Running shoe, size {36 + i % 12}",
               "price": 50.95 + i, "currency": "EUR",
               "note": "please leave it at the door"} for i in range(30)],
    "total": 1234.5, "gift": False}, separators=(",", ":"))
REQUESTS = {
    "GET": "/catalogue/shoes?page=3&sort=price&q=running%20shoes&size=42",
    "POST": "/api/v2/orders",
}


# ---- the template

def _text_transformations(*types):
    return [{"Priority": i, "Type": t} for i, t in enumerate(types)]


def _visible(name):
    return {"CloudWatchMetricsEnabled": True, "SampledRequestsEnabled": True,
            "MetricName": name}


def _bytes(field, position, text, *types):
    return {"ByteMatchStatement": {
        "FieldToMatch": field, "PositionalConstraint": position,
        "SearchString": text,
        "TextTransformations": _text_transformations(*types)}}


def _regex(field, pattern, *types):
    return {"RegexMatchStatement": {
        "FieldToMatch": field, "RegexString": pattern,
        "TextTransformations": _text_transformations(*types)}}


def _statement(i):
    """Kinds of rules that people write; no two ask for the same."""
    return (
        lambda: _bytes({"UriPath": {}}, "CONTAINS", f"/internal-{i}/",
                       "URL_DECODE", "LOWERCASE"),
        lambda: _regex({"AllQueryArguments": {}},
                       rf"(?i)(?:exec|load)\s*{i}\s*\(",
                       "URL_DECODE_UNI", "HTML_ENTITY_DECODE"),
        lambda: _bytes({"SingleHeader": {"Name": "user-agent"}},
                       "CONTAINS_WORD", f"bot{i}", "LOWERCASE"),
        lambda: _regex({"Body": {"OversizeHandling": "CONTINUE"}},
                       f"jndi{i}:(?:ldap|rmi)s?://",
                       "URL_DECODE_UNI", "LOWERCASE"),
        lambda: _regex({"UriPath": {}}, rf"\.(?:bak|old|sql){i}$",
                       "LOWERCASE"),
    )[i % 5]()


def _rules(acl):
    if acl == THREE:
        return [{"Name": f"g{i}", "Priority": i,
                 "OverrideAction": {"None": {}},
                 "VisibilityConfig": _visible(f"g{i}"),
                 "Statement": {"ManagedRuleGroupStatement": {
                     "VendorName": "AWS", "Name": name}}}
                for i, name in enumerate(GROUPS)]
    n = 0 if acl == "no rules" else int(acl.split()[0])
    return [{"Name": f"r{i}", "Priority": i, "Action": {"Block": {}},
             "VisibilityConfig": _visible(f"r{i}"),
             "Statement": _statement(i)} for i in range(n)]


def _balancer(resources, i, acl, port, origin):
    resources[f"Origin{i}"] = {
        "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
        "Properties": {
            "Name": f"origin{i}", "TargetType": "ip", "Protocol": "HTTP",
            "Port": 80, "VpcId": "vpc-local",
            "HealthCheckIntervalSeconds": 300,
            "HealthCheckTimeoutSeconds": 120,
            "Targets": [{"Id": httpc.HOST, "Port": origin}]}}
    resources[f"Lb{i}"] = {
        "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "Properties": {"Name": f"bench{i}",
                       "Subnets": ["subnet-a", "subnet-b"]}}
    resources[f"Web{i}"] = {
        "Type": "AWS::ElasticLoadBalancingV2::Listener",
        "Properties": {
            "LoadBalancerArn": {"Ref": f"Lb{i}"}, "Port": port,
            "Protocol": "HTTP",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": {
                "Ref": f"Origin{i}"}}]}}
    if acl == NONE:
        return
    resources[f"Acl{i}"] = {
        "Type": "AWS::WAFv2::WebACL",
        "Properties": {"Name": f"bench{i}", "Scope": "REGIONAL",
                       "DefaultAction": {"Allow": {}},
                       "VisibilityConfig": _visible(f"bench{i}"),
                       "Rules": _rules(acl)}}
    resources[f"AclOf{i}"] = {
        "Type": "AWS::WAFv2::WebACLAssociation",
        "Properties": {"ResourceArn": {"Ref": f"Lb{i}"},
                       "WebACLArn": {"Fn::GetAtt": [f"Acl{i}", "Arn"]}}}


def _template(ports, origin):
    resources = {}
    for i, (acl, port) in enumerate(ports.items()):
        _balancer(resources, i, acl, port, origin)
    return {"Resources": resources}


# ---- what is measured

class Bench:
    """The proxy, with a port for each ACL (context manager)."""

    def __init__(self, lab, acls):
        self.lab = lab
        # The origin listens on one of the lab's ports for targets, the rest
        # of them are ours.
        first = lab.origin_port + 1
        self.ports = {acl: first + i for i, acl in enumerate(acls)}
        self.process = None

    def __enter__(self):
        conf = self.lab.path("acls.json")
        with open(conf, "w", encoding="utf-8") as f:
            json.dump(_template(self.ports, self.lab.origin_port), f)
        self.process = self.lab.start(
            [self.lab.sluice, "serve", conf, "--workers", "1", "--api",
             "off"], host.PROXY_CPU, "acls.log")
        try:
            httpc.wait_ready(self.ports[NONE], self.process)
        except RuntimeError as e:
            self.__exit__()
            raise RuntimeError(
                f"{e}\n{host.read(self.lab.path('acls.log'))}") from e
        return self

    def __exit__(self, *_):
        host.stop(self.process)

    def problems(self):
        """ACLs that let through what they are there for, or block the
        requests that are measured."""
        attacks = {THREE: ("/?q=%3Cscript%3Ealert(1)%3C/script%3E",
                           "/?q=1%27%20or%201=1--%20",
                           "/?q=${jndi:ldap://a/b}")}
        attacks |= {f"{n} rules": ("/internal-0/x", f"/a.sql{n - 1}")
                    for n in SIZES}
        for acl, port in self.ports.items():
            for path in attacks.get(acl, ()):
                status = httpc.fetch(port, path, headers=HEADERS)[0]
                if status != 403:
                    yield f"{acl}: {path}: status {status}, not 403"
            for method, path in REQUESTS.items():
                body = BODY.encode() if method == "POST" else None
                status = httpc.fetch(port, path, method, body, _headers(
                    method))[0]
                if status != 200:
                    yield f"{acl}: {method}: status {status}, not 200"

    def run(self, acl, method, seconds):
        script = self.lab.path(f"{method}.lua")
        if not os.path.exists(script):
            with open(script, "w", encoding="utf-8") as f:
                f.write(_script(method))
        pids = host.tree(self.process.pid)
        activity, start = host.Activity(), time.monotonic()
        cpu = host.cpu_ns(pids + [self.lab.origin.pid])
        proxy = host.cpu_ns(pids)
        got = load.wrk_with(self.lab, script, self.ports[acl],
                            REQUESTS[method], CONNECTIONS, seconds)
        proxy = host.cpu_ns(pids) - proxy
        cpu = host.cpu_ns(pids + [self.lab.origin.pid]) - cpu
        foreign = host.Activity().foreign_since(activity, cpu / 1e9)
        if got.errors:
            raise RuntimeError(f"{acl}, {method}: {got.errors} errors")
        return {"acl": acl, "method": method,
                "cpu_us": proxy / 1e3 / max(got.requests, 1),
                "foreign": foreign / (time.monotonic() - start)}


def _headers(method):
    if method == "GET":
        return HEADERS
    return HEADERS | {"Content-Type": "application/json"}


def _script(method):
    lines = [f"wrk.method = {json.dumps(method)}"]
    lines += [f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}"
              for k, v in _headers(method).items()]
    if method == "POST":
        lines.append(f"wrk.body = {json.dumps(BODY)}")
    return "\n".join(lines) + "\n"


def _round(bench, acls, method, seconds, runs):
    """none A none B none ...: appends what each costs more."""
    def measured(acl):
        run = bench.run(acl, method, seconds)
        runs.append(run)
        return run
    before = measured(NONE)
    for acl in acls:
        run, after = measured(acl), measured(NONE)
        base = (before["cpu_us"] + after["cpu_us"]) / 2
        run["more_us"] = run["cpu_us"] - base
        run["calm"] = (
            max(r["foreign"] for r in (before, run, after)) < DISTURBED and
            abs(before["cpu_us"] - after["cpu_us"]) < DRIFT * base)
        before = after
        print(f"  {method} {acl}: {base:.2f} + {run['more_us']:.2f} us"
              f"{'' if run['calm'] else ' disturbed'}",
              file=sys.stderr, flush=True)


def _differences(runs, method, acl):
    """(calm ones, how many there were): all, where too few are calm."""
    mine = [r for r in runs if r["method"] == method and r["acl"] == acl]
    calm = [r["more_us"] for r in mine if r["calm"]]
    return (calm if len(calm) >= 3 else [r["more_us"] for r in mine],
            len(calm), len(mine))


def _report(runs, acls):
    rows = []
    for method in REQUESTS:
        base = min(r["cpu_us"] for r in runs
                   if r["method"] == method and r["acl"] == NONE)
        rows.append([method, NONE, f"{base:.2f}", "", "", ""])
        for acl in acls:
            more, calm, n = _differences(runs, method, acl)
            rows.append([method, acl, "", f"{statistics.median(more):.2f}",
                         f"{min(more):.2f}-{max(more):.2f}", f"{calm}/{n}"])
    return report.table(["request", "web ACL", "least us", "more us", "range",
                         "calm"], rows, left=(0, 1))


def _broken(runs):
    """The limits of the three groups that do not hold."""
    for method, limit in LIMITS.items():
        more = _differences(runs, method, THREE)[0]
        if more and statistics.median(more) > limit:
            yield (f"{method}: {THREE} cost {statistics.median(more):.2f} us,"
                   f" more than {limit:.0f}")


def _arguments(argv):
    p = argparse.ArgumentParser(
        prog="bench/acls", description="What web ACLs cost a GET as browsers "
        "send it and a POST of 4 KB of JSON: runs with and without, paired.")
    p.add_argument("--sluice", metavar="PROGRAM",
                   help="default: $SLUICE, ./sluice or that of the tree")
    p.add_argument("--acls", metavar="A,B", help="default: " +
                   ", ".join(ACLS[1:]))
    p.add_argument("--rounds", type=int, default=10)
    p.add_argument("--secs", type=int, default=1, help="per run")
    p.add_argument("--gate", action="store_true",
                   help="exit 1 when the three groups cost more than " +
                   " or ".join(f"{v:.0f} us per {k}"
                               for k, v in LIMITS.items()))
    p.add_argument("--json", metavar="FILE")
    a = p.parse_args(argv)
    a.acls = a.acls.split(",") if a.acls else list(ACLS[1:])
    for acl in a.acls:
        if acl not in ACLS[1:]:
            p.error(f"no web ACL {acl}")
    return a


def _measure(args):
    runs = []
    sluice = args.sluice or find_sluice()
    if not sluice:
        raise RuntimeError("no sluice found")
    # One port of the origin's, and one for each ACL behind it.
    with Lab(sluice, spare=len(ACLS)) as lab, \
            Bench(lab, [NONE] + args.acls) as bench:
        wrong = list(bench.problems())
        if wrong:
            raise RuntimeError("; ".join(wrong))
        for acl in bench.ports:     # connections, pages, caches
            bench.run(acl, "POST", 1)
        for k in range(args.rounds):
            for method in REQUESTS:
                _round(bench, args.acls[::-1] if k % 2 else args.acls,
                       method, args.secs, runs)
    return runs


def main(argv=None):
    args = _arguments(argv)
    status = host.prepare()
    if status is not None:
        return status
    try:
        runs = _measure(args)
    except (RuntimeError, OSError) as e:
        print(f"bench/acls: {e}", file=sys.stderr)
        return 2
    print(_report(runs, args.acls))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump({"machine": host.describe(), "runs": runs}, f, indent=1)
    broken = list(_broken(runs))
    if args.gate:
        print("\n" + ("\n".join(broken) or "the limits hold"))
    return 1 if args.gate and broken else 0

# SPDX-License-Identifier: Apache-2.0
"""Templates made in a test, and `sluice serve` running one.

    Stack    a template as Python values: load balancers, listeners, rules,
             target groups; stack.text() is its JSON
    Served   `sluice serve FILE` on ports of the kernel's choice, with a client
             for each listener; .reload() writes the file anew and sends HUP

    stack = Stack()
    stack.group("Blue", [origin.address])
    stack.listener("Web", 80, forward("Blue"))
    stack.rule("Api", "Web", 10, [path("/api/*")], forward("Blue"))
    with Served(stack) as sluice:
        sluice.client("Web").ask("/api/x")

    code, out, err = command("check", "-", stdin=stack)
"""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile

import rig

# No --certificate names it: the local authority issues it.
LOCAL = ("arn:aws:acm:us-east-1:123456789012:certificate/"
         "12345678-1234-1234-1234-123456789012")
ELB = "AWS::ElasticLoadBalancingV2::"


def command(*arguments, stdin=None):
    """(exit code, stdout, stderr) of a command that ends by itself; `stdin` is
    a Stack or a text."""
    if stdin is not None and not isinstance(stdin, str):
        stdin = stdin.text()
    done = subprocess.run(
        [rig.SLUICE] + [str(a) for a in arguments], capture_output=True,
        input=(stdin or "").encode(), timeout=60 * rig.SLOW, check=False,
        env=dict(os.environ, NO_COLOR="1"))
    return (done.returncode, done.stdout.decode(),
            done.stderr.decode(errors="replace"))


def ref(name):
    return {"Ref": name}


def forward(*groups, **more):
    """forward("Blue") or forward(("Blue", 90), ("Green", 10))."""
    if len(groups) == 1 and isinstance(groups[0], str) and not more:
        return {"Type": "forward", "TargetGroupArn": ref(groups[0])}
    return {"Type": "forward", "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": ref(name), "Weight": weight}
                         for name, weight in
                         ((g, 1) if isinstance(g, str) else g
                          for g in groups)], **more}}


def fixed(status=200, body="", kind="text/plain"):
    return {"Type": "fixed-response", "FixedResponseConfig": {
        "StatusCode": str(status), "ContentType": kind, "MessageBody": body}}


def redirect(status="HTTP_301", **parts):
    return {"Type": "redirect",
            "RedirectConfig": {"StatusCode": status, **parts}}


def host(*values, **more):
    return {"Field": "host-header",
            "HostHeaderConfig": {"Values": list(values), **more}}


def path(*values, **more):
    return {"Field": "path-pattern",
            "PathPatternConfig": {"Values": list(values), **more}}


def header(name, *values, **more):
    return {"Field": "http-header", "HttpHeaderConfig": {
        "HttpHeaderName": name, "Values": list(values), **more}}


def method(*values):
    return {"Field": "http-request-method",
            "HttpRequestMethodConfig": {"Values": list(values)}}


def query(*pairs):
    """query("v") or query(("key", "v"))."""
    return {"Field": "query-string", "QueryStringConfig": {"Values": [
        {"Value": p} if isinstance(p, str) else {"Key": p[0], "Value": p[1]}
        for p in pairs]}}


def source_ip(*blocks):
    return {"Field": "source-ip", "SourceIpConfig": {"Values": list(blocks)}}


def regex(condition):
    """The same condition with its values as regexes."""
    for key, config in condition.items():
        if key != "Field":
            config["RegexValues"] = config.pop("Values")
    return condition


def attributes(given):
    return [{"Key": k, "Value": str(v)} for k, v in given.items()]


class Stack:
    def __init__(self, lb=True):
        self.resources = {}
        self.sections = {}
        if lb:
            self.balancer("Lb")

    def add(self, name, kind, properties, metadata=None):
        self.resources[name] = {"Type": kind, "Properties": properties}
        if metadata:
            self.resources[name]["Metadata"] = {"Sluice": metadata}
        return self

    def balancer(self, name, attributes_=None, local=None, **more):
        if attributes_:
            more["LoadBalancerAttributes"] = attributes(attributes_)
        return self.add(name, ELB + "LoadBalancer",
                        {"Subnets": ["subnet-a", "subnet-b"], **more}, local)

    def listener(self, name, port, *actions, lb="Lb", local=None, **more):
        """`local` is the port here; 0, the default, any that is free."""
        if rig.OVER:
            more.setdefault("Protocol", "HTTPS")
            more.setdefault("Certificates", [{"CertificateArn": LOCAL}])
        return self.add(name, ELB + "Listener", {
            "LoadBalancerArn": ref(lb), "Port": port, "Protocol": "HTTP",
            "DefaultActions": list(actions) or [fixed(404)], **more},
            {"LocalPort": local or 0})

    def https(self, name, port, *actions, certificate="Certificate", **more):
        """A listener over TLS; `certificate` is the logical id or the ARN of
        its default certificate."""
        arn = certificate if ":" in certificate else ref(certificate)
        return self.listener(name, port, *actions, Protocol="HTTPS",
                             Certificates=[{"CertificateArn": arn}], **more)

    def certificate(self, name, *names):
        """An ACM certificate."""
        return self.add(name, "AWS::CertificateManager::Certificate", {
            "DomainName": names[0],
            **({"SubjectAlternativeNames": list(names[1:])}
               if names[1:] else {})})

    def rule(self, name, listener, priority, conditions, *actions, **more):
        return self.add(name, ELB + "ListenerRule", {
            "ListenerArn": ref(listener), "Priority": priority,
            "Conditions": conditions, "Actions": list(actions), **more})

    def group(self, name, addresses=(), attributes_=None, **more):
        """Addresses become Metadata; with Targets=[...] they are registered."""
        if attributes_:
            more["TargetGroupAttributes"] = attributes(attributes_)
        return self.add(name, ELB + "TargetGroup", {
            "Name": name.lower(), "Port": 80, "Protocol": "HTTP",
            "TargetType": "ip", "VpcId": "vpc-1", **more},
            {"Addresses": list(addresses)} if addresses else None)

    def text(self):
        return json.dumps({"Resources": self.resources, **self.sections},
                          indent=1)


def template_of(addresses, given, listen=0, health=None):
    """What `serve --to` makes of targets and --attribute, as the text of a
    template; `health` is the port where health checks are answered."""
    made, mine = Stack(lb=False), {"lb": {}, "group": {}, "listener": {}}
    for key, value in given.items():
        kind = ("listener" if re.match(r"routing\.http\.(request|response)\.",
                                       key) else
                "lb" if re.match(r"(routing|idle_timeout|client_keep_alive)\.",
                                 key) else "group")
        mine[kind][key] = value
    made.balancer("Lb", mine["lb"])
    made.group("Web1", addresses, mine["group"], **(
        {"HealthCheckPort": str(health)} if health else {}))
    more = {"ListenerAttributes": attributes(mine["listener"])} \
        if mine["listener"] else {}
    return made.listener("Web", 443, forward("Web1"), local=listen,
                         **more).text()


class Served(rig.Process):
    def __init__(self, stack, *options, workers=1, drain=2, wait=True,
                 name="stack.json"):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.path = os.path.join(self.folder, name)
        self.write(stack)
        if "--state-folder" not in options:
            options += ("--state-folder", os.path.join(self.folder, "state"))
        super().__init__("serve", self.path, "--api", "127.0.0.1:0",
                         "--workers", workers, "--drain-timeout", drain,
                         *options, wait=wait)
        if wait:
            self.listeners = self.read_listeners()
            self.api_host, self.api_port = self.address_of("api")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, *arguments, **more):
        try:
            return super().stop(*arguments, **more)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, stack):
        text = stack if isinstance(stack, str) else stack.text()
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path + ".new", self.path)

    def read_listeners(self):
        """{logical id: (host, port)} of the lines on stdout; .secure has the
        names of those that speak TLS."""
        found, self.secure = {}, set()
        for line in self.lines:
            words = line.split()
            if words[:1] == ["listener"] and len(words) > 2:
                host_, port = words[1].split("//")[1].rsplit(":", 1)
                found[words[2]] = host_.strip("[]"), int(port)
                if words[1].startswith("https:"):
                    self.secure.add(words[2])
        return found

    def client(self, listener=None, **more):
        """By HTTP/1.1, over TLS when the listener speaks it; or by HTTP/2
        (SLUICE_TEST_OVER)."""
        if listener is None:
            listener = next(iter(self.listeners))
        more.setdefault("over", rig.OVER or "tls"
                        if listener in self.secure else "")
        return rig.reach(*self.listeners[listener], **more)

    def reload(self, stack):
        """HUP, and wait until the log says that it runs or is refused."""
        before = self.log_count("the new template")
        unchanged = self.log_count("template: nothing changed")
        self.write(stack)
        self.signal(signal.SIGHUP)
        rig.until(lambda: self.log_count("the new template") > before or
                  self.log_count("template: nothing changed") > unchanged,
                  lambda: "HUP was not answered: " + self.story())

    def limit_files(self, most=None):
        """How many files it may have open from now on; None: as at first."""
        first = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.prlimit(self.serving_pid, resource.RLIMIT_NOFILE,
                         (most or first, first))

    def targets(self):
        """/targets as a list of dicts."""
        with rig.Client(self.api_host, self.api_port) as client:
            client.send(b"GET /targets HTTP/1.1\r\nHost: localhost\r\n"
                        b"Connection: close\r\n\r\n")
            return json.loads(client.response("GET").body)

    def states(self, group):
        return {t["Target"]: t["State"] for t in self.targets()
                if t["TargetGroup"] == group.lower()}

    metrics = rig.Sluice.metrics
    metric = rig.Sluice.metric
    api = rig.Sluice.api

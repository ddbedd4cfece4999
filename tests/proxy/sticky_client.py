# SPDX-License-Identifier: Apache-2.0
"""A client with cookies, strict about those that a load balancer sets.

    browser = Browser(sluice, "Web")
    browser.get("/x")           the answer; .set is {name: value} of its
                                stickiness cookies, .target who answered
    browser.jar                 {name: value}: what it sends back

    Target("a")                 answers with its name; /login sets the
                                application's cookie
    StickyCase                  a test case that makes and settles all that
"""
import email.utils
import os
import re
import tempfile
import unittest

import rig
from rig import Origin, respond, until
from stack import Served, Stack, forward

LB = ("AWSALB", "AWSALBCORS")
TG = ("AWSALBTG", "AWSALBTGCORS")
APP = tuple("AWSALBAPP-%d" % i for i in range(4))
REMOVED = dict.fromkeys(APP, "_remove_")
STICKY = {"stickiness.enabled": "true"}
SESSION = {**STICKY, "stickiness.type": "app_cookie",
           "stickiness.app_cookie.cookie_name": "SID"}
NON_STICKY = "sluice_non_sticky_requests_total"
APP_NON_STICKY = "sluice_app_cookie_non_stickiness_total"
SELDOM = {"HealthCheckIntervalSeconds": 300}
EXPLAIN = ("X-Sluice-Explain: secret",)
WEEK = 7 * 24 * 3600
OWN = re.compile(r"AWSALB(|CORS|TG|TGCORS|APP-[0-3])\Z")
SET = re.compile(r"([A-Za-z0-9-]+)=([A-Za-z0-9+/_]*={0,2}); "
                 r"Expires=([A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} "
                 r"[0-9:]{8} GMT); Path=/(; SameSite=None%s)?\Z" % (
                     "; Secure" if rig.OVER else ""))
COOKIE_MAX = 4096       # bytes of name=value that a browser keeps


def stamp(text):
    return email.utils.parsedate_to_datetime(text).timestamp()


class Browser:
    def __init__(self, sluice, listener="Web", jar=None):
        self.sluice, self.listener = sluice, listener
        self.jar = dict(jar or {})

    def request(self, target, method, headers):
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: example.com"]
        lines += list(headers)
        if self.jar:
            lines.append("Cookie: " + "; ".join(
                "%s=%s" % pair for pair in self.jar.items()))
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def get(self, target="/", headers=(), method="GET"):
        with self.sluice.client(self.listener) as client:
            return self.ask(client, target, headers, method)

    def ask(self, client, target="/", headers=(), method="GET"):
        client.send(self.request(target, method, headers))
        answer = client.response(method)
        answer.target = answer.body.decode()
        answer.set, answer.cross = {}, set()
        for line in answer.all("Set-Cookie"):
            self.take(answer, line)
        return answer

    def take(self, answer, line):
        name, _, rest = line.partition("=")
        if not OWN.match(name):
            self.jar[name] = rest.partition(";")[0]
            return
        match = SET.match(line)
        if not match:
            raise AssertionError("not as ALB writes it: %r" % line)
        name, value, expires, cross = match.groups()
        if name in answer.set:
            raise AssertionError("%s is set twice" % name)
        # Date and Expires are read from two clocks, a moment apart.
        if answer.get("Date") and abs(
                stamp(expires) - stamp(answer.get("Date")) - WEEK) > 1 + \
                rig.SLOW:
            raise AssertionError("not a week ahead: %r" % line)
        if len(name) + 1 + len(value) > COOKIE_MAX:
            raise AssertionError("%s is too long to be kept" % name)
        answer.set[name] = value
        if cross:
            answer.cross.add(name)
        self.jar[name] = value


def grouped(seconds=300):
    return {"TargetGroupStickinessConfig": {"Enabled": True,
                                            "DurationSeconds": seconds}}


class Target(Origin):
    """Answers with its name. /login sets the application's cookie; /N is the
    status N; health checks get what .health says."""

    def __init__(self, name, **more):
        self.name, self.health, self.cookies = name, 200, []
        super().__init__(answer=self.says, **more)

    def says(self, request):
        if "ELB-HealthChecker" in request.get("User-Agent", ""):
            return respond(b"", self.health)
        self.cookies.append(request.all("Cookie"))
        headers, status = [], 200
        if request.target.startswith("/login"):
            headers = ["Set-Cookie: a=b", "Set-Cookie: SID=s3cret; HttpOnly"]
        elif request.target[1:].isdigit():
            status = int(request.target[1:])
        answer = respond(self.name.encode(), status, headers=headers)
        if request.method == "HEAD" or status == 304:
            return answer[:-len(self.name)]
        return answer


class StickyCase(unittest.TestCase):

    def targets(self, *names):
        made = [Target(name) for name in names]
        for target in made:
            self.addCleanup(target.close)
        self.alive = getattr(self, "alive", []) + [t.address for t in made]
        return made

    def serve(self, stack, *options, **more):
        sluice = Served(stack, *options, **more)
        self.addCleanup(sluice.stop)
        self.settle(sluice)
        return sluice

    def reload(self, sluice, stack):
        sluice.reload(stack)
        self.settle(sluice)

    def settle(self, sluice):
        """Wait until the first probe of every target that answers."""
        until(lambda: not any(t["State"] == "initial" and
                              t["Target"] in self.alive
                              for t in sluice.targets()),
              lambda: "no first probe: %s" % sluice.targets())

    def one_group(self, made, attributes=None, *options, **more):
        """One listener, one group with stickiness."""
        return self.serve(self.stack(made, attributes), *options, **more)

    @staticmethod
    def stack(made, attributes=None):
        stack = Stack()
        stack.group("Blue", [t.address for t in made],
                    {**STICKY, **(attributes or {})}, **SELDOM)
        return stack.listener("Web", 80, forward("Blue"))

    def key_file(self, *keys):
        handle, name = tempfile.mkstemp(prefix="sluice-key-")
        os.close(handle)
        self.addCleanup(os.unlink, name)
        self.write_keys(name, *keys)
        return name

    @staticmethod
    def write_keys(name, *keys):
        with open(name, "w", encoding="ascii") as file:
            file.write("# keys\n" + "".join(k * 64 + "\n" for k in keys))

    def stays(self, browser, target, requests=4):
        for _ in range(requests):
            self.assertEqual(browser.get().target, target)

    def moves(self, sluice, jar):
        """Whether such a client is sent to more than one target: its cookies
        are not followed."""
        return len({Browser(sluice, jar=jar).get().target
                    for _ in range(4)}) > 1

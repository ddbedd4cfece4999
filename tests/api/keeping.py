# SPDX-License-Identifier: Apache-2.0
"""What tests of kept accounts share: a small shop, what the API makes in it, and
servers that keep it in one file.

    class Case:  .serve(stack=shop()) runs it with --state FILE; again without
                 arguments: the next start"""
import os
import re
import shutil
import signal
import tempfile
import unittest

from aws import Api, rig
from rig import until
from stack import Stack, fixed, forward, path, ref

TAGS = {"Tags.member.1.Key": "team", "Tags.member.1.Value": "blue"}


def make_group(api, name="made"):
    """A target group that the API makes: its ARN."""
    answer = api.call("CreateTargetGroup", Name=name, Protocol="HTTP",
                      Port=80, VpcId="vpc-1", **TAGS)
    assert answer.status == 200, answer.body
    return answer.xml.findtext(".//TargetGroupArn")


def make_rule(api, listener, priority, pattern, group=None):
    action = {"Actions.member.1.Type": "forward",
              "Actions.member.1.TargetGroupArn": group} if group else {
        "Actions.member.1.Type": "fixed-response",
        "Actions.member.1.FixedResponseConfig.StatusCode": 200,
        "Actions.member.1.FixedResponseConfig.MessageBody": "by the API"}
    answer = api.call("CreateRule", ListenerArn=listener, Priority=priority, **{
        "Conditions.member.1.Field": "path-pattern",
        "Conditions.member.1.Values.member.1": pattern}, **action)
    assert answer.status == 200, answer.body
    return answer.xml.findtext(".//RuleArn")


def groups(api):
    """{name: ARN}"""
    answer = api.call("DescribeTargetGroups")
    return {g.findtext("TargetGroupName"): g.findtext("TargetGroupArn")
            for g in answer.xml.iterfind(".//TargetGroups/member")}


def rules(api, listener):
    """{ARN: (priority, text of the action)}"""
    answer = api.call("DescribeRules", ListenerArn=listener)
    return {r.findtext("RuleArn"): (
        r.findtext("Priority"),
        [x.text for x in r.find("Actions").iter() if (x.text or "").strip()])
        for r in answer.xml.iterfind(".//Rules/member")}


def outputs(api):
    return dict(line.split()[1:] for line in api.lines
                if line.startswith("output "))


def normal(text):
    """Of an answer, what does not change from call to call."""
    return re.sub(rb"<RequestId>.*?</RequestId>", b"", text)


def shop(weights=(100, 0), more=()):
    """A listener that forwards to Blue and Green."""
    stack = Stack()
    stack.group("Blue", ["127.0.0.1:9"])
    stack.group("Green", ["127.0.0.1:9"])
    stack.listener("Web", 80, forward(*zip(("Blue", "Green"), weights)))
    stack.rule("Ping", "Web", 10, [path("/ping")], fixed(200, "pong"))
    stack.sections["Outputs"] = {name: {"Value": ref(name)}
                                 for name in ("Web", "Ping", "Blue", "Green")}
    for change in more:
        change(stack)
    return stack


def without_green(stack):
    """A change of the shop."""
    del stack.resources["Green"]
    stack.sections["Outputs"] = {"Web": {"Value": ref("Web")}}
    stack.listener("Web", 80, forward("Blue"))


class Case(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.path.join(self.folder, "account.sqlite")
        self.template = os.path.join(self.folder, "shop.json")

    def write(self, stack):
        with open(self.template, "w", encoding="utf-8") as file:
            file.write(stack.text())

    def serve(self, *options, stack=None, **more):
        """`sluice serve` with the file (or the --state in `options`)."""
        words = list(options)
        if "--state" not in words and "--state-folder" not in words:
            words += ["--state", self.file]
        if stack:
            self.write(stack)
        if os.path.exists(self.template):
            words.append(self.template)
            words += ["--port", "80=0"]
        api = Api(*words, **more)
        self.addCleanup(api.stop)
        return api

    def ask(self, api, path_):
        url = next(line for line in api.lines if line.startswith("listener"))
        host, port = url.split()[1].rsplit("/", 1)[-1].rsplit(":", 1)
        with rig.Client(host, int(port)) as client:
            return client.ask(path_)

    def hup(self, api, stack):
        """Until it was dealt with; the lines that were logged."""
        self.write(stack)
        before = len(api.log)
        api.signal(signal.SIGHUP)
        until(lambda: any(word in line for line in api.log[before:]
                          for word in ("new template", "nothing changed")),
              api.story)
        return "\n".join(api.log[before:])

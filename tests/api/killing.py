# SPDX-License-Identifier: Apache-2.0
"""kill -9 while calls of the API change things.

    with Killing(state) as killing:
        killing.rounds(50, killing.crash)    the serving process
        killing.rounds(50, killing.restart)  all of it, and a new start

After each kill what was answered must be there, what was not answered there or
not, and nothing by halves."""
import os
import random
import shutil
import signal
import threading
import time

import aws
import stack
from aws import rig
from stack import fixed, path, ref

RULES = {"a": 10, "b": 20}      # two rules that swap their priorities
GROUPS = 8                      # at most at a time


class Change:
    """One call: `before` and `after` are what it may leave behind."""

    def __init__(self, key, before, after, action, **parameters):
        self.key, self.before, self.after = key, before, after
        self.action, self.parameters = action, parameters


class Killing:
    def __init__(self, *options, seed=None):
        self.seed = seed if seed is not None else random.randrange(1 << 30)
        self.random = random.Random(self.seed)
        self.options = options
        self.template = stack.Stack().listener("Web", 80, fixed(404, "no"))
        for name, priority in RULES.items():
            self.template.rule(name.upper(), "Web", priority,
                               [path("/" + name)], fixed(200, name))
        self.template.sections["Outputs"] = {
            name: {"Value": ref(name)} for name in ("Web", "A", "B")}
        self.start()
        self.made = 0
        self.answered = 0
        # What there is: ("group", NAME) -> value of its tag, ("rules",) ->
        # which of the rules is the first one.
        self.known = {}
        self.arns = {}
        self.prepare()

    def start(self):
        self.api = aws.Api("--port", "80=0", *self.options,
                           template=self.template)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.api.stop()

    # ---- what is there -----------------------------------------------------
    def must(self, action, **parameters):
        answer = self.api.call(action, **parameters)
        if answer.status != 200:
            raise AssertionError("%s: %s" % (action, answer.body))
        return answer.xml

    def prepare(self):
        outputs = dict(line.split()[1:] for line in self.api.lines
                       if line.startswith("output "))
        self.listener = outputs["Web"]
        self.arns = {name: outputs[name.upper()] for name in RULES}
        self.known[("rules",)] = "a"

    def rules(self):
        return self.must("DescribeRules", ListenerArn=self.listener) \
            .iterfind(".//Rules/member")

    def found(self):
        there = {}
        priorities = {
            rule.findtext("RuleArn"): rule.findtext("Priority")
            for rule in self.rules()}
        priorities = [priorities.get(self.arns[name]) for name in RULES]
        if priorities not in (["10", "20"], ["20", "10"]):
            raise AssertionError("rules by halves: %r" % priorities)
        there[("rules",)] = "a" if priorities[0] == "10" else "b"
        groups = {g.findtext("TargetGroupArn"): g.findtext("TargetGroupName")
                  for g in self.must("DescribeTargetGroups")
                  .iterfind(".//TargetGroups/member")}
        if groups:
            tags = self.must("DescribeTags", **{
                "ResourceArns.member.%d" % (i + 1): arn
                for i, arn in enumerate(groups)})
            for one in tags.iterfind(".//TagDescriptions/member"):
                arn = one.findtext("ResourceArn")
                name = groups[arn]
                self.arns.setdefault(name, arn)
                if self.arns[name] != arn:
                    raise AssertionError("%s has another ARN: %s" % (name, arn))
                there[("group", name)] = one.findtext(
                    "Tags/member[Key='v']/Value")
        return there

    # ---- changes -----------------------------------------------------------
    def draw(self):
        """The next change, of what is known."""
        groups = [key for key in self.known if key[0] == "group"]
        kind = self.random.choice(["make", "make", "tag", "drop", "swap"])
        self.made += 1
        value = str(self.made)
        if kind == "swap":
            first = self.known[("rules",)]
            other = "b" if first == "a" else "a"
            return Change(("rules",), first, other, "SetRulePriorities", **{
                "RulePriorities.member.1.RuleArn": self.arns[other],
                "RulePriorities.member.1.Priority": 10,
                "RulePriorities.member.2.RuleArn": self.arns[first],
                "RulePriorities.member.2.Priority": 20})
        if kind == "make" and len(groups) < GROUPS or not groups:
            name = "g" + value
            return Change(("group", name), None, value, "CreateTargetGroup", **{
                "Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1",
                "Tags.member.1.Key": "v", "Tags.member.1.Value": value})
        key = self.random.choice(groups)
        arn = self.arns[key[1]]
        if kind == "drop":
            return Change(key, self.known[key], None, "DeleteTargetGroup",
                          TargetGroupArn=arn)
        return Change(key, self.known[key], value, "AddTags", **{
            "ResourceArns.member.1": arn, "Tags.member.1.Key": "v",
            "Tags.member.1.Value": value})

    def change(self, stop):
        """Changes things until it is told to stop or nobody answers: the change
        that nobody answered, or None."""
        while not stop.is_set():
            change = self.draw()
            try:
                answer = self.api.call(change.action, **change.parameters)
            except (OSError, AssertionError, ValueError):
                return change
            if answer.status == 503:        # about to end, it says
                return change
            if answer.status != 200:
                raise AssertionError("%s: %s" % (change.action, answer.body))
            self.answered += 1
            self.learn(change)
            if change.action == "CreateTargetGroup":
                self.arns[change.key[1]] = answer.xml.findtext(
                    ".//TargetGroupArn")
        return None

    def learn(self, change):
        if change.after is None:
            self.known.pop(change.key, None)
        else:
            self.known[change.key] = change.after

    def check(self, open_change):
        there = self.found()
        if open_change:
            is_there = there.get(open_change.key)
            if is_there not in (open_change.before, open_change.after):
                raise AssertionError("by halves: %s is %r" % (
                    open_change.action, is_there))
            if is_there == open_change.after:
                self.learn(open_change)
        if there != self.known:
            raise AssertionError("seed %d: found %r, answered were %r" % (
                self.seed, there, self.known))

    # ---- ends --------------------------------------------------------------
    def crash(self):
        """The serving process is killed; its parent starts another one."""
        pid = self.api.serving_pid
        os.kill(pid, signal.SIGKILL)
        rig.until(lambda: rig.state_of(pid) in "ZX", "%d to be gone" % pid)

    def after_crash(self):
        rig.until(self.answers, self.api.story)

    def answers(self):
        try:
            return self.api.call("DescribeAccountLimits").status == 200
        except (OSError, AssertionError, ValueError):
            return False

    def restart(self):
        """All of it is killed, and started again."""
        self.api.kill()

    def after_restart(self):
        shutil.rmtree(self.api.folder, ignore_errors=True)
        self.start()

    def round(self, kill, after):
        stop, left = threading.Event(), []

        def run():
            left.append(self.change(stop))

        thread = threading.Thread(target=run)
        thread.start()
        wanted = self.answered + self.random.randrange(1, 4)
        rig.until(lambda: self.answered >= wanted or not thread.is_alive(),
                  self.api.story, pause=0.0005)
        time.sleep(self.random.random() * 0.01)     # any moment
        kill()
        stop.set()
        thread.join()
        if not left:
            raise AssertionError("a change failed")
        after()
        self.check(left[0])

    def rounds(self, n, kill):
        after = self.after_crash if kill == self.crash else self.after_restart
        for _ in range(n):
            self.round(kill, after)

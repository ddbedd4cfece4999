# SPDX-License-Identifier: Apache-2.0
"""A load balancer that weights shift on, by raw calls: what the test of live
changes and the soak of a thousand a minute stand on."""
import threading
import time

import aws
import rig
from reloading import free_port


def says(word):
    """The answer() of an origin."""
    def answer(_):
        return rig.respond(word)
    return answer


class Shift:
    """A listener with a rule for /shift that forwards to blue and green, and
    `more` other rules."""

    def __init__(self, api, blue, green, more=0):
        self.api, self.port = api, free_port()
        self.link = api.connect()
        self.lb = self.made("CreateLoadBalancer", "LoadBalancerArn",
                            Name="live", **{"Subnets.member.1": "subnet-a",
                                            "Subnets.member.2": "subnet-b"})
        self.groups = [self.group("blue", blue), self.group("green", green)]
        self.listener = self.made(
            "CreateListener", "ListenerArn", LoadBalancerArn=self.lb,
            Protocol="HTTP", Port=self.port, **self.to(1, 0, "DefaultActions"))
        self.rule = self.add_rule(1, "/shift")
        for n in range(more):
            self.add_rule(n + 2, "/more/%d/*" % n)

    def call(self, action, **parameters):
        """On one connection, which stays: an Answer."""
        form = aws.urllib.parse.urlencode({
            "Action": action, "Version": "2015-12-01", **parameters}).encode()
        fields = {**aws.signed_head(),
                  "Content-Type": "application/x-www-form-urlencoded",
                  "Content-Length": len(form)}
        head = ["POST / HTTP/1.1"] + ["%s: %s" % f for f in fields.items()]
        self.link.send(("\r\n".join(head) + "\r\n\r\n").encode() + form)
        return aws.Answer(self.link.response("POST"))

    def must(self, action, **parameters):
        answer = self.call(action, **parameters)
        assert answer.status == 200, answer.text
        return answer.xml

    def made(self, action, member, **parameters):
        return self.must(action, **parameters).findtext(".//" + member)

    def group(self, name, origin):
        arn = self.made("CreateTargetGroup", "TargetGroupArn", Name=name,
                        Protocol="HTTP", Port=80, VpcId="vpc-1",
                        TargetType="ip", HealthCheckPath="/health")
        self.must("RegisterTargets", TargetGroupArn=arn, **{
            "Targets.member.1.Id": origin.host,
            "Targets.member.1.Port": origin.port})
        return arn

    def to(self, blue, green, name="Actions"):
        """Parameters of actions with these weights."""
        found = {name + ".member.1.Type": "forward"}
        for n, weight in enumerate((blue, green)):
            at = "%s.member.1.ForwardConfig.TargetGroups.member.%d." % (
                name, n + 1)
            found[at + "TargetGroupArn"] = self.groups[n]
            found[at + "Weight"] = weight
        return found

    def add_rule(self, priority, path):
        return self.made(
            "CreateRule", "RuleArn", ListenerArn=self.listener,
            Priority=priority, **{
                "Conditions.member.1.Field": "path-pattern",
                "Conditions.member.1.Values.member.1": path,
                **self.to(1, 0)})

    def shift(self, blue, green):
        """The weights of the rule."""
        self.must("ModifyRule", RuleArn=self.rule, **self.to(blue, green))

    def close(self):
        self.link.close()

    def client(self):
        return rig.Client(self.api.api_host, self.port)


class Load:
    """Threads that ask for /shift one request after the other, each on its
    own connection."""

    def __init__(self, shift, clients, pause=0):
        self.shift, self.pause, self.over = shift, pause, False
        self.failed, self.times = [], [[] for _ in range(clients)]
        self.threads = [threading.Thread(target=self.run, args=(n,),
                                         daemon=True) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        times = self.times[number]
        with self.shift.client() as client:
            while not self.over:
                began = time.monotonic()
                try:
                    answer = client.ask("/shift")
                except (AssertionError, OSError) as error:
                    self.failed.append(repr(error))
                    return
                times.append(time.monotonic() - began)
                if answer.status != 200:
                    self.failed.append(answer.status)
                if self.pause:
                    time.sleep(self.pause)

    def take(self):
        """The times since the last call, of all clients."""
        taken = []
        for n, times in enumerate(self.times):
            taken += times[:]
            del self.times[n][:]
        return taken

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join()

# SPDX-License-Identifier: Apache-2.0
"""Targets that say who they are, and how often they were asked.

    Pool("a", "b")     an origin for each name; pool["a"].asked counts what it
                       was asked, pool["a"].status is what they get (None: it closes),
                       pool["a"].health what health checks get (None: nothing)
    ask_many(client)   who answered each of a number of requests
"""
import json

import rig
from rig import Origin, head, respond


class Member(Origin):
    def __init__(self, name, host="127.0.0.1", port=0, health=200):
        self.name, self.health, self.status = name, health, 200
        self.asked, self.probes = 0, 0
        super().__init__(script=Member.talk, host=host, port=port)

    def talk(self):
        conn, self = self, self.origin
        while True:
            request = conn.read_head()
            conn.raw.clear()
            if b"ELB-HealthChecker" in request:
                self.probes += 1
                if self.health is None:
                    conn.wait_close()
                conn.send(respond(b"", self.health, b"Said"))
            else:
                self.asked += 1
                if self.status is None:
                    return
                conn.send(respond(self.name.encode(), self.status, b"Said"))


class Pool(dict):
    def __init__(self, *names, **more):
        super().__init__((name, Member(name, **more)) for name in names)

    def __getattr__(self, name):
        return [getattr(member, name) for member in self.values()]

    def targets(self, **zones):
        """As Targets of a template, with their AvailabilityZones."""
        return [dict({"Id": m.host, "Port": m.port},
                     **({"AvailabilityZone": zones[n]} if n in zones else {}))
                for n, m in self.items()]

    def close(self):
        for member in self.values():
            member.close()


def ask_many(client, number, depth=50):
    """The names that answered, in their order."""
    names = []
    while number:
        batch = min(depth, number)
        client.send(head(method="GET") * batch)
        for _ in range(batch):
            names.append(client.response().body.decode())
        number -= batch
    return names


def shown(server, group):
    """What /targets says, by the port of the target."""
    return {int(t["Target"].rsplit(":", 1)[1]): t for t in server.targets()
            if t["TargetGroup"] == group.lower()}


def shares(server, group):
    """What `sluice status` says of each port: its percents of the group."""
    view = json.loads(server.api("/status.json").body)
    return {t["Target"]["Port"]: t["SharePercent"]
            for g in view["TargetGroups"]
            if g["TargetGroupName"] == group.lower() for t in g["Targets"]}


def wait_states(server, group, **wanted):
    """Until these ports (as p1234="healthy") have these states."""
    ports = {int(k[1:]): v for k, v in wanted.items()}
    rig.until(lambda: {p: shown(server, group)[p]["State"]
                       for p in ports} == ports,
              lambda: "%s is not %s" % (server.targets(), wanted),
              60 * rig.SLOW)

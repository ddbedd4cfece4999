#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several Sluices with one account in Redis: a change made on one is live on
all, whoever is gone for a while. A real redis-server, killed and paused."""
import concurrent.futures
import http.client
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from aws import Api, free_port

import rig
from rig import Origin, respond, until


class Redis:
    """A redis-server of the test's own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-redis-")
        self.port = free_port()
        self.start()

    def start(self):
        self.child = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--dir", self.folder, "--appendonly", "yes", "--appendfsync",
             "always", "--save", ""],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, "redis-server")

    def answers(self):
        try:
            with rig.socket.create_connection(("127.0.0.1", self.port),
                                              1) as sock:
                sock.sendall(b"PING\r\n")
                return sock.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self):
        self.child.kill()
        self.child.wait()

    def pause(self):
        os.kill(self.child.pid, signal.SIGSTOP)
        until(lambda: rig.state_of(self.child.pid) == "T", "redis to stop")

    def go_on(self):
        os.kill(self.child.pid, signal.SIGCONT)

    def close(self):
        self.child.kill()
        self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Refused(Exception):
    """(status, code, text) of an answer that is an error."""


class Node:
    """A Sluice with the account of the Redis, and a folder of its own."""

    def __init__(self, redis, *options, folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="sluice-node-")
        self.web = free_port()
        self.sluice = Api(
            "--state", "redis://127.0.0.1:%d?key=test" % redis.port,
            "--state-folder", self.folder, "--port", "80=%d" % self.web,
            *options)

    def call(self, action, **parameters):
        """The text of an answer."""
        answer = self.sluice.call(action, **{
            k.replace("_", "."): v for k, v in parameters.items()})
        if answer.status != 200:
            raise Refused(answer.status, answer.code, answer.text)
        return answer.text

    def get(self, path="/"):
        connection = http.client.HTTPConnection("127.0.0.1", self.web,
                                                timeout=rig.PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def serves(self, path, body):
        try:
            return self.get(path)[1] == body
        except OSError:
            return False

    def close(self, keep=False):
        self.sluice.kill()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def one(name, text):
    return re.search("<%s>([^<]*)</%s>" % (name, name), text).group(1)


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is missing")
class Nodes(unittest.TestCase):
    def setUp(self):
        self.redis = Redis()
        self.addCleanup(self.redis.close)
        self.origin = Origin(answer=lambda _: respond(b"origin"))
        self.addCleanup(self.origin.close)
        self.nodes = []

    def node(self, *options, folder=None):
        node = Node(self.redis, *options, folder=folder)
        self.addCleanup(node.close)
        self.nodes.append(node)
        return node

    def stack(self, node):
        """A load balancer whose listener answers "default"."""
        made = node.call("CreateLoadBalancer", Name="edge",
                         Subnets_member_1="subnet-aaaa1111",
                         Subnets_member_2="subnet-bbbb2222")
        self.listener = one("ListenerArn", node.call(
            "CreateListener", LoadBalancerArn=one("LoadBalancerArn", made),
            Protocol="HTTP", Port="80", **self.fixed("default", "Default")))

    @staticmethod
    def fixed(body, kind=""):
        action = kind + "Actions_member_1_"
        return {action + "Type": "fixed-response",
                action + "FixedResponseConfig_StatusCode": "200",
                action + "FixedResponseConfig_MessageBody": body}

    def rule(self, node, number, body):
        return one("RuleArn", node.call(
            "CreateRule", ListenerArn=self.listener, Priority=str(number),
            Conditions_member_1_Field="path-pattern",
            Conditions_member_1_Values_member_1="/%d" % number,
            **self.fixed(body)))

    def test_a_change_on_one_node_is_live_on_all(self):
        first, second, third = self.node(), self.node(), self.node()
        self.stack(first)
        for node in self.nodes:
            until(lambda n=node: n.serves("/", b"default"), "the listener")
        arn = self.rule(second, 1, "one")
        self.assertEqual(second.get("/1")[1], b"one")
        for node in (first, third):
            until(lambda n=node: n.serves("/1", b"one"), "the rule")
        third.call("ModifyRule", RuleArn=arn, **self.fixed("two"))
        for node in (first, second):
            until(lambda n=node: n.serves("/1", b"two"), "the change")
        self.assertEqual(
            [n.call("DescribeRules", ListenerArn=self.listener).split(
                "<ResponseMetadata>")[0] for n in self.nodes[1:]],
            [first.call("DescribeRules", ListenerArn=self.listener).split(
                "<ResponseMetadata>")[0]] * 2)

    def test_changes_of_two_nodes_at_once_are_all_made(self):
        first, second = self.node(), self.node()
        self.stack(first)
        until(lambda: second.serves("/", b"default"), "the listener")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = [pool.submit(self.rule, (first, second)[i % 2], i + 1, "x")
                    for i in range(30)]
            for future in made:
                future.result()
        for node in self.nodes:
            until(lambda n=node: n.call(
                "DescribeRules", ListenerArn=self.listener).count("<RuleArn>")
                == 31, "all rules")

    def test_all_serve_while_redis_is_gone_and_changes_are_refused(self):
        first, second = self.node(), self.node()
        self.stack(first)
        until(lambda: second.serves("/", b"default"), "the listener")
        self.redis.kill()
        for node in self.nodes:
            until(lambda n=node: self.is_refused(n), "a refused change")
            self.assertEqual(node.get()[1], b"default")
            self.assertIn("edge", node.call("DescribeLoadBalancers"))
        self.redis.start()
        until(lambda: self.is_made(first), "a change after Redis came back")
        until(lambda: second.serves("/7", b"seven"), "the change")

    def is_refused(self, node):
        try:
            self.rule(node, 5, "five")
        except Refused as refused:
            self.assertEqual(refused.args[:2], (503, "ServiceUnavailable"))
            return True
        return False

    def is_made(self, node):
        try:
            self.rule(node, 7, "seven")
        except Refused as refused:
            self.assertEqual(refused.args[0], 503)
            return False
        return True

    def test_requests_do_not_notice_a_redis_that_stands_still(self):
        node = self.node()
        self.stack(node)
        self.redis.pause()
        self.addCleanup(self.redis.go_on)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            refused = pool.submit(self.is_refused, node)
            served = 0
            while not refused.done():
                self.assertEqual(node.get()[1], b"default")
                served += 1
            self.assertTrue(refused.result())
        self.assertGreater(served, 10)
        self.redis.go_on()
        until(lambda: self.is_made(node), "a change after it went on")

    def test_a_node_that_starts_without_redis_serves_its_last_copy(self):
        node = self.node()
        self.stack(node)
        rule = self.rule(node, 1, "one")
        until(lambda: any(f.endswith(".sqlite") and f.startswith("redis-")
                          for f in os.listdir(node.folder)), "the copy")
        node.sluice.stop()
        self.redis.kill()
        again = self.node(folder=node.folder)
        until(lambda: again.serves("/1", b"one"), "the copy")
        self.assertIn(rule, again.call("DescribeRules",
                                       ListenerArn=self.listener))
        self.assertTrue(self.is_refused(again))
        self.redis.start()
        until(lambda: self.is_made(again), "a change after Redis came back")

    def test_a_killed_node_comes_back_with_what_the_others_did(self):
        first, second = self.node(), self.node()
        self.stack(first)
        until(lambda: second.serves("/", b"default"), "the listener")
        os.kill(first.sluice.pid, signal.SIGKILL)
        first.close(keep=True)
        self.rule(second, 1, "one")
        again = self.node(folder=first.folder)
        until(lambda: again.serves("/1", b"one"), "the rule")

    def test_another_key_is_another_account(self):
        first = self.node()
        self.stack(first)
        other = self.node("--state", "redis://127.0.0.1:%d?key=other"
                          % self.redis.port)
        self.assertNotIn("edge", other.call("DescribeLoadBalancers"))

    def test_tls_to_redis_is_refused_with_the_reason(self):
        process = rig.Process("serve", "--api", "127.0.0.1:0", "--state",
                              "rediss://127.0.0.1", wait=False)
        self.addCleanup(process.kill)
        self.assertEqual(process.wait(), 64)
        self.assertIn("without TLS", process.story())


if __name__ == "__main__":
    rig.main()

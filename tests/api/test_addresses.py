#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where load balancers are reached that the API makes."""
import json
import socket
import unittest

import aws
import rig
from reloading import free_port
from rig import until
from stack import Stack, ref


def fixed(text):
    return [{"Type": "fixed-response", "FixedResponseConfig": {
        "StatusCode": "200", "ContentType": "text/plain",
        "MessageBody": text}}]


class Case(unittest.TestCase):

    def start(self, *options, **more):
        self.api = aws.Api(*options, **more)
        self.addCleanup(self.api.stop)
        self.elb = self.api.client("elbv2")
        return self.api

    def make(self, name, port=80, protocol="HTTP", **more):
        """The load balancer, as the API describes it."""
        made = self.elb.create_load_balancer(
            Name=name, Subnets=aws.SUBNETS)["LoadBalancers"][0]
        self.listen(made, port, protocol, **more)
        return made

    def listen(self, made, port, protocol="HTTP", **more):
        return self.elb.create_listener(
            LoadBalancerArn=made["LoadBalancerArn"], Protocol=protocol,
            Port=port, DefaultActions=fixed(made["LoadBalancerName"]),
            **more)["Listeners"][0]

    def own(self, made):
        """Where the status says that it is: (host, port) by port at AWS."""
        status = json.loads(self.api.api("/status.json").body)
        for balancer in status["LoadBalancers"]:
            if balancer["LoadBalancerArn"] == made["LoadBalancerArn"]:
                self.assertEqual(balancer["DNSName"], made["DNSName"])
                return {x["Port"]: (x["OwnAddress"].split(":")[0],
                                    int(x["OwnAddress"].split(":")[1]))
                        for x in balancer["Listeners"]}
        raise AssertionError(status)

    def ask(self, where, host="x.test"):
        with rig.Client(*where) as client:
            client.send(rig.head(method="GET", target="/", host=host))
            return client.response().body.decode()


class Addresses(Case):

    def test_each_has_an_address_and_a_name_that_picks_it(self):
        port = free_port()
        self.start("--port", "80=%d" % port)
        shared = "127.0.0.1", port
        blue, green = self.make("blue"), self.make("green")
        for made in (blue, green):
            name = made["LoadBalancerName"]
            self.assertRegex(made["DNSName"],
                             r"\A%s-\d{10}\.us-east-1\.elb\.localhost\Z" % name)
            self.assertEqual(self.own(made)[80][1], port)
            self.assertEqual(self.ask(self.own(made)[80]), name)
            self.assertEqual(self.ask(shared, made["DNSName"]), name)
        self.assertEqual(self.ask(shared), "blue")
        until(lambda: self.api.log_count("such requests go to the oldest, blue "
                                         "(%s)" % blue["DNSName"]) == 1,
              self.api.story)
        # It is gone before the call returns, and so are its ports.
        self.elb.delete_load_balancer(LoadBalancerArn=blue["LoadBalancerArn"])
        self.assertEqual(self.ask(shared, blue["DNSName"]), "green")
        self.elb.delete_load_balancer(LoadBalancerArn=green["LoadBalancerArn"])
        until(lambda: self.is_closed(shared), "the end of the port")

    def is_closed(self, where):
        with socket.socket() as sock:
            sock.settimeout(rig.PATIENCE)
            return sock.connect_ex(where) != 0

    def test_an_address_stays_what_others_do(self):
        self.start("--port", "80=%d" % free_port())
        blue, green = self.make("blue"), self.make("green")
        before = self.own(green)
        self.elb.delete_load_balancer(LoadBalancerArn=blue["LoadBalancerArn"])
        self.assertEqual(self.own(green), before)
        self.assertEqual(self.ask(before[80]), "green")

    def test_ports_are_shifted_as_those_of_templates(self):
        port, other = free_port(), free_port()
        if other + 1000 > 65535:
            other -= 2000
        self.start("--port", "80=%d" % port, "--port-offset", "1000")
        made = self.make("blue")
        self.listen(made, other)
        self.assertEqual(self.own(made)[80][1], port)
        self.assertEqual(self.own(made)[other][1], other + 1000)
        for where in (("127.0.0.1", port), ("127.0.0.1", other + 1000)):
            self.assertEqual(self.ask(where), "blue")

    def test_another_protocol_on_a_port_has_its_own_address_alone(self):
        port = free_port()
        template = Stack(lb=False)
        template.certificate("Certificate", "a.test")
        template.sections["Outputs"] = {"Arn": {"Value": ref("Certificate")}}
        self.start("--port", "80=%d" % port, template=template)
        arn = [x for x in self.api.lines if x.startswith("output Arn ")][0]
        self.make("plain")
        made = self.make("secure", protocol="HTTPS", Certificates=[
            {"CertificateArn": arn.split()[2]}])
        until(lambda: self.api.log_count(":%d opened, its load balancer's own "
                                         "address alone" % port) == 1,
              self.api.story)
        self.assertEqual(self.ask(("127.0.0.1", port), made["DNSName"]),
                         "plain")
        status = json.loads(self.api.api("/status.json").body)
        host = [x["Listeners"][0]["LocalAddress"].split(":")[0]
                for x in status["LoadBalancers"]
                if x["LoadBalancerName"] == "secure"][0]
        self.assertNotEqual(host, "127.0.0.1")
        with rig.Client(host, port, tls=True) as client:
            self.assertEqual(client.ask("/").body, b"secure")


class Refusals(Case):

    def refused(self, port):
        from botocore.exceptions import ClientError
        made = self.elb.create_load_balancer(
            Name="blue", Subnets=aws.SUBNETS)["LoadBalancers"][0]
        with self.assertRaises(ClientError) as caught:
            self.listen(made, port)
        self.assertEqual(self.elb.describe_listeners(
            LoadBalancerArn=made["LoadBalancerArn"])["Listeners"], [])
        return caught.exception.response["Error"]["Message"]

    def test_a_port_that_is_taken_names_the_options(self):
        self.start()
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            said = self.refused(port)
        self.assertRegex(
            said, r"^listener blue \(port %d\): cannot listen on "
            r"127\.0\.0\.1:%d: Address already in use; start Sluice with --port "
            r"%d=\d+ or --port-offset 8000 to have it on another port here, or "
            r"choose another one$" % (port, port, port))


if __name__ == "__main__":
    rig.main()

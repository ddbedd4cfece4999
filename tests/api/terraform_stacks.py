# SPDX-License-Identifier: Apache-2.0
"""What Terraform makes of Sluice, and what clients then see: two stacks, which
real Terraform drives (test_terraform.py, test_terraform_balancer.py), or calls
that it once made (test_terraform_replay.py).

    class X(HowCase, EdgeStack): ...        EdgeStack: terraform/stack
                                            WideStack: terraform/balancer

HowCase.drive(name, sluice, files, variables) gives what has .apply(stage),
.unchanged() and .destroy(). They are two stacks because the provider sleeps
30 s after each change of an aws_lb: two files of tests sleep side by side."""
import http.client
import json
import os
import shutil
import socket
import ssl
import tempfile

from aws import Api, free_port

import rig
from certificates import Folder
from rig import Origin, respond

BUCKET = "trust"


class Stack:
    """Sluice, with a port here for each port of a listener."""
    name, ports, options = None, (), ()

    def setUp(self):
        self.files = tempfile.mkdtemp(prefix="sluice-files-")
        self.addCleanup(shutil.rmtree, self.files, ignore_errors=True)
        self.variables = {}
        self.make()
        self.port = {port: free_port() for port in self.ports}
        options = [w for port, here in self.port.items()
                   for w in ("--port", "%d=%d" % (port, here))]
        self.sluice = Api("--state", "memory", "--s3-folder", self.files,
                          *options)
        self.addCleanup(self.sluice.stop)
        self.driver = self.drive(self.name, self.sluice, self.files,
                                 self.variables)
        self.addCleanup(self.driver.close)

    def origin(self, name, answer):
        made = Origin(answer=answer)
        self.addCleanup(made.close)
        self.variables[name] = made.port

    def get(self, path="/", host="edge.test", port=80, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port[port],
                                                timeout=rig.PATIENCE)
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        connection.request("GET", path, headers={"Host": host, **headers})
        answer = connection.getresponse()
        answer.text = answer.read()
        connection.close()
        return answer

    def tls(self, port, name, client=None):
        context = ssl.create_default_context(cafile=self.ca.cert)
        if client:
            context.load_cert_chain(client.cert, client.key)
        with socket.create_connection(("127.0.0.1", self.port[port]),
                                      timeout=rig.PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname=name) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n"
                             b"Connection: close\r\n\r\n")
                text = b""
                while True:
                    more = sock.recv(4096)
                    if not more:
                        return text
                    text += more

    def closed(self, port):
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", port)) != 0

    def check_nothing_is_left(self):
        for port in self.port.values():
            rig.until(lambda p=port: self.closed(p),
                      lambda p=port: "port %d is still open" % p)
        for kind in ("LoadBalancers", "TargetGroups", "TrustStores"):
            left = self.sluice.call("Describe" + kind).xml.findall(
                ".//%s/member" % kind)
            self.assertEqual(len(left), 0, kind)
        self.assertEqual(self.sluice.json_call(
            "CertificateManager.ListCertificates", {}).json[
                "CertificateSummaryList"], [])

    def tell(self):
        """The whole story."""
        self.driver.apply(1)
        self.driver.unchanged()
        self.check_first()
        self.driver.apply(2)
        self.driver.unchanged()
        self.check_second()
        self.driver.destroy()
        self.check_nothing_is_left()


class EdgeStack(Stack):
    """Listeners, rules, target groups, certificates, a trust store."""
    name, ports = "stack", (80, 81, 443, 444, 445, 8443)

    def make(self):
        self.origin("blue", lambda _: respond(b"blue"))
        self.origin("green", lambda _: respond(b"green"))
        self.variables["certificates"] = self.files
        folder = Folder()
        self.addCleanup(folder.close)
        self.ca = folder.authority("Servers")
        for name in ("main", "other"):
            pair = self.ca.issue(name + ".example.com", "127.0.0.1")
            shutil.copy(pair.cert, os.path.join(self.files, name + ".pem"))
            shutil.copy(pair.key, os.path.join(self.files, name + ".key"))
        self.make_bucket(folder)

    def make_bucket(self, folder):
        """What S3 would hold."""
        clients = folder.authority("Clients")
        self.client = clients.issue(client=True, subject="/CN=alice")
        self.gone = clients.issue(client=True, subject="/CN=gone")
        clients.revoke(self.gone)
        more = folder.authority("More clients")
        self.stranger = more.issue(client=True, subject="/CN=bob")
        with open(clients.cert, "rb") as one, open(more.cert, "rb") as two:
            texts = {"one.pem": one.read()}
            texts["two.pem"] = texts["one.pem"] + two.read()
        os.mkdir(os.path.join(self.files, BUCKET))
        for name, text in texts.items():
            with open(os.path.join(self.files, BUCKET, name), "wb") as file:
                file.write(text)
        shutil.copy(clients.crl(),
                    os.path.join(self.files, BUCKET, "gone.crl"))

    def check_first(self):
        self.assertEqual(self.get().text, b"blue")
        self.assertEqual(self.get("/green/tea").text, b"green")
        tea = self.get("/tea/x", host="a.example.com", X_Canary="yes!")
        self.assertEqual((tea.status, tea.text), (418, b'{"stage": 1}'))
        self.assertEqual(self.get("/tea/x", host="a.example.com").status, 200)
        moved = self.get("/here?v=1&x=old")
        self.assertEqual(moved.status, 301)
        self.assertEqual(
            moved.headers["Location"],
            "https://edge.test:%d/new/here?from=old&v=1&x=old"
            % self.port[8443])
        self.assertEqual(moved.headers["Strict-Transport-Security"],
                         "max-age=300")
        self.assertEqual(moved.headers["Access-Control-Allow-Headers"],
                         "X-One,X-Two")
        self.assertEqual(self.get("/a?b", port=81).headers["Location"],
                         "https://www.example.com:%d/a?b" % self.port[443])
        self.assertIn(b"secure 1", self.tls(443, "main.example.com"))
        self.check_clients(self.client, [None, self.gone, self.stranger])

    def check_second(self):
        self.assertEqual(self.get().text, b"green")
        self.assertEqual(self.get("/green/tea").text, b"blue")
        tea = self.get("/tea/x", host="a.example.com", X_Canary="yes!")
        self.assertEqual((tea.status, tea.text), (418, b'{"stage": 2}'))
        moved = self.get("/here?v=1&x=old")
        self.assertEqual(moved.status, 302)
        self.assertEqual(
            moved.headers["Location"],
            "https://www.example.com:%d/new/here?from=old&v=1&x=old"
            % self.port[8443])
        self.assertEqual(moved.headers["Strict-Transport-Security"],
                         "max-age=600")
        self.assertEqual(moved.headers["Access-Control-Allow-Headers"], "X-One")
        self.assertEqual(self.get("/a?b", port=81).headers["Location"],
                         "https://www.example.com:%d/second?b"
                         % self.port[443])
        self.assertIn(b"secure 2", self.tls(443, "other.example.com"))
        self.check_clients(self.stranger, [None, self.gone])

    def check_clients(self, welcome, nobodies):
        """Either certificate is shown; clients must have theirs."""
        for name in ("main.example.com", "other.example.com"):
            self.assertIn(b"HTTP/1.1 ", self.tls(8443, name, welcome))
        for nobody in nobodies:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.assertNotEqual(b"", self.tls(8443, "main.example.com",
                                                  nobody))
                raise ConnectionError("closed without a word")

    # alb.md 10: 35, 7, 26, 27
    def test_a_stack_is_applied_changed_and_destroyed(self):
        self.tell()


class WideStack(Stack):
    """A load balancer with everything that it has itself."""
    name, ports = "balancer", (80,)

    def make(self):
        self.origin("blue", lambda request: respond(json.dumps(
            {k.lower(): v for k, v in request.headers}).encode()))

    def seen(self):
        """What the target gets."""
        return json.loads(self.get(host="wide.test:81",
                                   X_Forwarded_For="192.0.2.1").text)

    def described(self):
        found = self.sluice.call("DescribeLoadBalancers").xml.findall(
            ".//LoadBalancers/member")
        self.assertEqual(len(found), 1)
        return found[0]

    def check_first(self):
        seen = self.seen()
        self.assertEqual(seen["host"], "wide.test:81")
        self.assertRegex(seen["x-forwarded-for"], r"^192\.0\.2\.1, "
                         r"127\.0\.0\.1:\d+$")
        wide = self.described()
        self.assertEqual(wide.findtext("IpAddressType"), "ipv4")
        self.assertEqual(len(wide.findall("AvailabilityZones/member")), 2)
        self.assertTrue(wide.findtext("DNSName").startswith("wide-"))
        self.assertTrue(wide.findtext("DNSName").endswith(".elb.localhost"))

    def check_second(self):
        self.assertEqual(self.seen()["x-forwarded-for"], "192.0.2.1")
        wide = self.described()
        self.assertEqual(wide.findtext("IpAddressType"), "dualstack")
        self.assertEqual(len(wide.findall("AvailabilityZones/member")), 3)
        self.assertEqual(len(wide.findall("SecurityGroups/member")), 2)

    # alb.md 10: 35
    def test_a_load_balancer_is_applied_changed_and_destroyed(self):
        self.tell()

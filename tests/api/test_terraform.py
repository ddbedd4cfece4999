#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Terraform drives Sluice: every argument of aws_lb* that an Application
Load Balancer has is applied, planned without a difference, changed, planned
again and destroyed, and traffic follows (alb.md 10, 35).

Skips by name without `terraform` and the provider hashicorp/aws in a local
folder (TF_PLUGIN_DIR, or one of the usual places)."""
import glob
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

from aws import Api, free_port

import rig
from certificates import Folder
from rig import Origin, respond

HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = ["/opt/tf-plugins", "/usr/share/terraform/plugins",
          "/usr/local/share/terraform/plugins",
          os.path.expanduser("~/.terraform.d/plugins"),
          os.path.expanduser("~/.local/share/terraform/plugins")]


def plugins():
    """The folder that holds hashicorp/aws, or None."""
    for place in [os.environ.get("TF_PLUGIN_DIR")] + PLACES:
        if place and glob.glob(os.path.join(
                place, "registry.terraform.io", "hashicorp", "aws", "*")):
            return place
    return None


class Terraform:
    """The stack of terraform/main.tf in a folder of its own."""

    def __init__(self, endpoint, variables):
        self.folder = tempfile.mkdtemp(prefix="sluice-terraform-")
        shutil.copy(os.path.join(HERE, "terraform", "main.tf"), self.folder)
        self.environment = {
            k: v for k, v in os.environ.items()
            if not k.startswith(("AWS_", "TF_"))}
        self.environment.update(
            CHECKPOINT_DISABLE="1", TF_CLI_CONFIG_FILE="/dev/null",
            TF_IN_AUTOMATION="1", AWS_EC2_METADATA_DISABLED="true",
            TF_VAR_endpoint=endpoint,
            **{"TF_VAR_" + k: str(v) for k, v in variables.items()})
        self.run("init", "-plugin-dir=" + plugins(), "-input=false")

    def run(self, *arguments, ok=(0,)):
        done = subprocess.run(
            ["terraform", arguments[0], "-no-color"] + list(arguments[1:]),
            cwd=self.folder, env=self.environment, capture_output=True,
            text=True, check=False)
        if done.returncode not in ok:
            raise AssertionError("terraform %s: exit %d\n%s\n%s" % (
                " ".join(arguments), done.returncode, done.stdout[-6000:],
                done.stderr[-6000:]))
        return done

    def stage(self, number):
        self.environment["TF_VAR_stage"] = str(number)

    def apply(self):
        self.run("apply", "-auto-approve", "-input=false", "-parallelism=4")
        return {k: v["value"] for k, v in json.loads(
            self.run("output", "-json").stdout).items()}

    def plan(self):
        """What would change; "" when nothing would."""
        done = self.run("plan", "-detailed-exitcode", "-input=false",
                        "-parallelism=4", ok=(0, 2))
        return done.stdout if done.returncode else ""

    def destroy(self):
        self.run("destroy", "-auto-approve", "-input=false", "-parallelism=4")

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


@unittest.skipUnless(shutil.which("terraform"), "terraform is missing")
@unittest.skipUnless(plugins(), "terraform's provider hashicorp/aws is missing "
                     "in %s" % ", ".join(PLACES))
class Stack(unittest.TestCase):
    def setUp(self):
        self.web, self.secure, self.mutual = (free_port() for _ in range(3))
        self.certificates = Folder()
        self.addCleanup(self.certificates.close)
        self.make_files()
        self.blue = Origin(answer=lambda _: respond(b"blue"))
        self.addCleanup(self.blue.close)
        self.green = Origin(answer=lambda _: respond(b"green"))
        self.addCleanup(self.green.close)
        self.sluice = Api(
            "--state", "memory", "--s3-folder", self.files, "--port", "80=%d" % self.web,
            "--port", "443=%d" % self.secure,
            "--port", "8443=%d" % self.mutual)
        self.addCleanup(self.sluice.kill)
        self.terraform = Terraform(self.sluice.url, {
            "blue": self.blue.port, "green": self.green.port,
            "certificates": self.files, "stage": 1})
        self.addCleanup(self.terraform.close)

    def make_files(self):
        """Certificates, and what S3 would hold."""
        self.files = tempfile.mkdtemp(prefix="sluice-files-")
        self.addCleanup(shutil.rmtree, self.files, ignore_errors=True)
        self.ca = self.certificates.authority("Servers")
        clients = self.certificates.authority("Clients")
        for name in ("main", "other"):
            pair = self.ca.issue(name + ".example.com", "127.0.0.1")
            shutil.copy(pair.cert, os.path.join(self.files, name + ".pem"))
            shutil.copy(pair.key, os.path.join(self.files, name + ".key"))
        os.mkdir(os.path.join(self.files, "trust"))
        self.client = clients.issue(client=True, subject="/CN=alice")
        self.gone = clients.issue(client=True, subject="/CN=gone")
        clients.revoke(self.gone)
        more = self.certificates.authority("More clients")
        with open(clients.cert, "rb") as f:
            one = f.read()
        with open(more.cert, "rb") as f:
            two = one + f.read()
        for name, text in (("one.pem", one), ("two.pem", two)):
            with open(os.path.join(self.files, "trust", name), "wb") as f:
                f.write(text)
        shutil.copy(clients.crl(), os.path.join(self.files, "trust",
                                                "gone.crl"))

    # ---- what clients see ----------------------------------------------------

    def get(self, path="/", host="edge.test", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.web,
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
        with socket.create_connection(("127.0.0.1", port),
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

    # ---- the two stages --------------------------------------------------------

    def check_first(self):
        self.assertEqual(self.get().text, b"blue")
        self.assertEqual(self.get("/green/tea").text, b"green")
        tea = self.get("/tea/x", host="a.example.com", X_Canary="yes!")
        self.assertEqual((tea.status, tea.text), (418, b'{"stage": 1}'))
        self.assertEqual(self.get("/tea/x", host="a.example.com").status, 200)
        moved = self.get("/here?v=1&x=old")
        self.assertEqual(moved.status, 301)
        self.assertEqual(moved.headers["Location"],
                         "https://edge.test:%d/new/here?from=old&v=1&x=old"
                         % self.mutual)
        self.assertEqual(moved.headers["Strict-Transport-Security"],
                         "max-age=300")
        self.assertIn(b"secure 1", self.tls(self.secure, "main.example.com"))

    def check_mutual(self):
        self.assertIn(b"HTTP/1.1 ",
                      self.tls(self.mutual, "other.example.com", self.client))
        for nobody in (None, self.gone):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                self.assertNotEqual(b"", self.tls(
                    self.mutual, "main.example.com", nobody))
                raise ConnectionError("closed without a word")

    def check_second(self):
        self.assertEqual(self.get().text, b"green")
        self.assertEqual(self.get("/green/tea").text, b"blue")
        tea = self.get("/tea/x", host="a.example.com", X_Canary="yes!")
        self.assertEqual((tea.status, tea.text), (418, b'{"stage": 2}'))
        moved = self.get("/here?v=1&x=old")
        self.assertEqual(moved.status, 302)
        self.assertEqual(moved.headers["Location"],
                         "https://www.example.com:%d/new/here?from=old&v=1"
                         "&x=old" % self.mutual)
        self.assertEqual(moved.headers["Strict-Transport-Security"],
                         "max-age=600")
        self.assertIn(b"secure 2", self.tls(self.secure, "other.example.com"))

    # alb.md 10: 35, 7, 26, 27
    def test_a_stack_is_applied_changed_and_destroyed(self):
        outputs = self.terraform.apply()
        self.assertIn(":loadbalancer/app/edge/", outputs["arn"])
        self.assertTrue(outputs["dns_name"].endswith(".elb.localhost"))
        self.assertEqual(self.terraform.plan(), "")
        self.check_first()
        self.check_mutual()
        self.terraform.stage(2)
        self.assertNotEqual(self.terraform.plan(), "")
        self.terraform.apply()
        self.assertEqual(self.terraform.plan(), "")
        self.check_second()
        self.terraform.destroy()
        for port in (self.web, self.secure, self.mutual):
            rig.until(lambda p=port: self.closed(p),
                      lambda p=port: "port %d is still open" % p)


if __name__ == "__main__":
    rig.main()

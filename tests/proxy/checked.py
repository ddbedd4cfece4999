# SPDX-License-Identifier: Apache-2.0
"""A server that checks the health of one target for each group, and its
health check log.

ALB's shortest interval is 5 s: all groups are there from the start, what can
be told by a first probe is read from the log, and only states need a second.

    scene = Checked()
    scene.group("Good", address, HealthCheckProtocol="HTTPS")
    scene.start()
    scene.line("Good").verdict      ("https", "PASS", "200", "-")
    scene.becomes("Good", "healthy")

    Secure(pair)      a target that speaks TLS and HTTP/1.1
"""
import os
import shutil
import ssl
import tempfile

import rig
from access_lines import File, HealthCheck
from rig import Origin, respond
from stack import Served, Stack, fixed, forward, path

FAST = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2,
        "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}
LONG = 60 * rig.SLOW
CERTIFICATE = ("arn:aws:acm:us-east-1:000000000000:certificate/"
               "11111111-2222-3333-4444-555555555555")
FAILED = ("unhealthy", "Target.FailedHealthChecks", "Health checks failed")


def mismatch(code):
    return ("unhealthy", "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [%d]" % code)


class Secure(Origin):
    """A target that speaks TLS, with this certificate; it answers probes with
    this status, and keeps what each handshake said."""

    def __init__(self, pair, status=200, **more):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if "ciphers" in more:
            self.context.set_ciphers(more.pop("ciphers"))
        self.context.load_cert_chain(pair.chain, pair.key)
        self.context.sni_callback = self.on_name
        self.context.set_alpn_protocols(["http/1.1"])
        self.status, self.names, self.handshakes = status, [], []
        for name, value in more.items():
            setattr(self.context, name, value)
        super().__init__(script=Secure.talk)

    def on_name(self, sock, name, context):
        self.names.append(name)

    def run(self, conn):
        try:
            conn.sock = self.context.wrap_socket(conn.sock, server_side=True)
        except OSError as error:
            conn.error = error
            conn.done = True
            return
        self.handshakes.append((conn.sock.version(), conn.sock.session_reused))
        super().run(conn)

    def talk(self):
        conn, self = self, self.origin
        while True:
            conn.read_request()
            if self.status == "close":
                raise rig.Ended
            if self.status == "garbage":
                conn.send(b"hello\r\n\r\n")
            elif self.status == "silent":
                conn.wait_close()
            else:
                conn.send(respond(b"", self.status, b"Said"))


def close_all(targets):
    """All at once: each waits a moment for its thread."""
    for target in targets:
        target.closing = True
    for target in targets:
        target.close()


class Checked:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.log = File(os.path.join(self.folder, "health.log"), HealthCheck)
        self.stack, self.server, self.addresses = Stack(), None, {}
        self.stack.listener("Web", 80, fixed(404))
        # Groups of HTTP/2 need one of HTTPS, whatever their checks are; its
        # policy is that of TLS to targets as well.
        self.stack.listener("Secure", 443, fixed(404), Protocol="HTTPS",
                            Certificates=[{"CertificateArn": CERTIFICATE}],
                            SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")
        self.stack.balancer("Other")
        self.stack.listener("Clear", 80, fixed(404), lb="Other")

    def group(self, name, address, listener="Secure", local=None, **settings):
        """`local`: more of its Metadata.Sluice."""
        self.addresses[name] = address
        self.stack.group(name, [address], **{**FAST, **settings})
        self.stack.resources[name]["Metadata"]["Sluice"].update(local or {})
        self.stack.rule("To" + name, listener, len(self.stack.resources),
                        [path("/" + name)], forward(name))

    def start(self):
        self.server = Served(self.stack, "--health-check-log", self.log.path)

    def line(self, name, number=0):
        """Line `number` of the log that is of this group."""
        def find():
            found = [line for line in self.log.all()
                     if line.target_group_id == name.lower()]
            return found[number] if len(found) > number else None
        line = rig.until(find, lambda: "line %d of %s: %s" % (
            number, name, self.log.text()), LONG, 0.02)
        line.verdict = (line.type, line.status, line.status_code,
                        line.reason_code)
        return line

    def state(self, name):
        """State, reason and description."""
        for target in self.server.targets():
            if target["TargetGroup"] == name.lower():
                return tuple(target.get(k) for k in
                             ("State", "Reason", "Description"))
        raise AssertionError("no target of " + name)

    def becomes(self, name, state):
        """`state`: its name, or a triple as state() has it."""
        def there():
            now = self.state(name)
            return now == state or now[0] == state
        rig.until(there, lambda: "%s is %s, not %s" % (
            name, self.state(name), state), LONG, 0.02)

    def close(self):
        try:
            if self.server:
                self.server.stop()
        finally:
            shutil.rmtree(self.folder)

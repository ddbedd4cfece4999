#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Load balancers have an address of their own, and may share 127.0.0.1 and a
port: the Host of a request picks one, over TLS the server name its context."""
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

import h2
import rig
from access_lines import Connection, File
from certificates import Folder, client_context
from rig import until
from stack import (ELB, LOCAL, Served, Stack, attributes, command, fixed,
                   forward, redirect)
from test_supervisor import children, gone

ANYBODY = client_context()
NOBODY = "is the DNS name of no load balancer"


def need():
    """Skip where only 127.0.0.1 is this machine."""
    try:
        with socket.socket() as sock:
            sock.bind(("127.93.1.1", 0))
    except OSError as error:
        raise unittest.SkipTest("needs addresses of 127.0.0.0/8") from error


def setUpModule():
    need()


class Peer(rig.Client):
    """HTTP/1.1 to `where`; over TLS with a server name or a context."""

    def __init__(self, where, sni=None, context=None):
        super().__init__(*where)
        if sni or context:
            try:
                self.sock = (context or ANYBODY).wrap_socket(
                    self.sock, server_hostname=sni)
            except BaseException:
                self.sock.close()
                raise
            self.lock = threading.Lock()

    def get(self, host, target="/", *headers):
        self.send(rig.head(*headers, method="GET", target=target, host=host))
        return self.response()

    def body(self, host, target="/"):
        return self.get(host, target).body.decode()


class Case(unittest.TestCase):

    def setUp(self):
        self.names, self.own = {}, {}   # DNS names, own addresses: by listener

    def start(self, make, *options, **more):
        """A Served of make(port), which is a Stack, on a port that is free."""
        for last in [False] * 9 + [True]:
            closed = rig.Closed()
            self.port = int(closed.address.split(":")[1])
            closed.close()
            try:
                server = Served(make(self.port), *options, **more)
                break
            except AssertionError as error:
                if last or "exit 69" not in str(error):
                    raise
        self.addCleanup(server.stop)
        self.shared = "127.0.0.1", self.port
        self.learn(server)
        return server

    def learn(self, server):
        for line in server.lines:
            words = line.split()
            if words[0] == "listener":
                self.names[words[2]] = words[5]
                self.own[words[2]] = (words[4].split(":")[0],
                                      int(words[4].split(":")[1]))

    def peer(self, *arguments, **more):
        made = Peer(*arguments, **more)
        self.addCleanup(made.sock.close)
        return made

    def names_of(self, stack):
        """{logical id of a listener: DNS name} as `check` says them."""
        _, out, _ = command("check", "-v", "-", "--stack", "stack",
                            stdin=stack)
        names = dict(re.findall(r"(?m)^load balancer (\S+) is (\S+)", out))
        return {k: names[v["Properties"]["LoadBalancerArn"]["Ref"]]
                for k, v in stack.resources.items()
                if v["Type"] == ELB + "Listener"}


def two(port, *extra, **more):
    """Load balancers One and Two, which say so; `extra` are others."""
    stack = Stack(lb=False)
    for name in ("One", "Two") + extra:
        stack.balancer(name)
        stack.listener("Web" + name, 80, fixed(200, name.lower()), lb=name,
                       local=port, **more)
    return stack


def secure(port, *extra, **more):
    return two(port, *extra, Protocol="HTTPS",
               Certificates=[{"CertificateArn": LOCAL}], **more)


# ---- own addresses ------------------------------------------------------------

class OwnAddresses(Case):

    def test_each_is_reached_there_whatever_the_host(self):
        self.start(two)
        self.assertNotEqual(self.own["WebOne"][0], self.own["WebTwo"][0])
        for name in ("One", "Two"):
            where = self.own["Web" + name]
            self.assertRegex(where[0], r"\A127\.([1-9]|[1-9]\d|1\d\d|2[0-4]\d|"
                             r"25[0-4])\.\d+\.\d+\Z")
            self.assertEqual(where[1], self.port)
            peer = self.peer(where)
            for host in ("x.test", self.names["WebOne"], self.names["WebTwo"]):
                self.assertEqual(peer.body(host), name.lower())

    def test_they_do_not_hang_on_the_place_in_the_template(self):
        self.start(two)
        before = dict(self.own), dict(self.names)
        turned = Stack(lb=False)

        def make(port):
            for name in ("Two", "New", "One"):
                turned.balancer(name)
                turned.listener("Web" + name, 81, fixed(200, "x"), lb=name,
                                local=port)
            return turned
        self.start(make)
        for name in ("WebOne", "WebTwo"):
            self.assertEqual(self.own[name][0], before[0][name][0])
            self.assertEqual(self.names[name], before[1][name])

    def test_a_port_that_the_system_chooses_is_the_same_there(self):
        with Served(two(0)) as server:
            self.learn(server)
            self.assertEqual(server.log_count("own address"), 0, server.log)
            for name, where in self.own.items():
                self.assertEqual(where[1], server.listeners[name][1])
                self.assertEqual(self.peer(where).body("x"),
                                 name[3:].lower())

    def test_to_has_one_too(self):
        origin = rig.Origin()
        self.addCleanup(origin.close)
        server = rig.Sluice([origin])
        self.addCleanup(server.stop)
        status = json.loads(server.api("/status.json").body)
        own = status["LoadBalancers"][0]["Listeners"][0]["OwnAddress"]
        host, port = own.split(":")
        self.assertEqual(int(port), server.port)
        self.assertEqual(self.peer((host, int(port))).get("x").status, 200)

    def test_one_that_is_taken_is_no_error(self):
        stack = two(0)
        _, out, _ = command("check", "-v", "-", "--stack", "stack",
                            stdin=stack)
        own = re.search(r"load balancer Two is \S+ at (\S+)", out).group(1)
        with socket.socket() as other:
            other.bind((own, 0))
            other.listen()
            port = other.getsockname()[1]
            try:
                server = Served(two(port))
            except AssertionError as error:
                self.skipTest("port %d went meanwhile: %s" % (port, error))
            with server:
                lines = [x for x in server.lines if "WebTwo" in x]
                self.assertRegex(lines[0], r"\Alistener http://127\.0\.0\.1:%d "
                                 r"WebTwo 80 - Two-\d+\.us-east-1" % port)
                until(lambda: server.log_count(
                    "load balancer Two is not to be reached at its own "
                    "address: listener WebTwo (port 80): cannot listen on %s:%d"
                    % (own, port)) == 1, server.story)
                self.assertEqual(self.peer(("127.0.0.1", port)).body(
                    lines[0].split()[-1]), "two")

    def test_who_is_not_on_loopback_has_none(self):
        for bind in ("0.0.0.0", "::1") if rig.has_ipv6() else ("0.0.0.0",):
            with self.subTest(bind), Served(two(0), "--bind", bind) as server:
                for line in server.lines:
                    if line.startswith("listener"):
                        self.assertRegex(line, r" 80 - (One|Two)-")
                self.assertEqual(server.log_count("own address"), 0)

    def test_the_status_says_addresses_and_names(self):
        server = self.start(two)
        status = json.loads(server.api("/status.json").body)
        for balancer in status["LoadBalancers"]:
            listener = balancer["Listeners"][0]
            name = listener["LogicalId"]
            self.assertEqual(balancer["DNSName"], self.names[name])
            self.assertEqual(listener["LocalAddress"],
                             "127.0.0.1:%d" % self.port)
            self.assertEqual(listener["OwnAddress"], "%s:%d" % self.own[name])
            self.assertNotIn("ClientConnections", listener)
        code, out, _ = command("status", "--api", "127.0.0.1:%d" %
                               server.api_port)
        self.assertEqual(code, 0)
        for name in ("WebOne", "WebTwo"):
            self.assertIn(self.names[name], out)
            self.assertIn("%s:%d" % self.own[name], out)

    def test_no_privilege_is_an_error_that_names_the_options(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start",
                  encoding="ascii") as file:
            low = int(file.read())
        if low <= 80:
            self.skipTest("every port is everybody's here")
        if os.geteuid() == 0 and not os.path.exists("/usr/bin/setpriv"):
            self.skipTest("needs setpriv, or not to be root")
        stack = two(80)
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            path = os.path.join(folder, "stack.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(stack.text())
            said = self.without_privilege("serve", path, "--api", "off",
                                          "--no-supervisor")
        self.assertIn("listener WebOne (port 80): cannot listen on "
                      "127.0.0.1:80: Permission denied: ports below 1024 are "
                      "root's; start Sluice with --port 80=8080 or "
                      "--port-offset 8000", said)

    def without_privilege(self, *arguments):
        how = ["setpriv", "--bounding-set=-net_bind_service",
               "--inh-caps=-net_bind_service"] if os.geteuid() == 0 else []
        done = subprocess.run(how + [rig.SLUICE, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=rig.PATIENCE, check=False)
        self.assertEqual(done.returncode, 69, done.stdout)
        return done.stdout.decode()


# ---- HTTP ---------------------------------------------------------------------

class Http(Case):

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.close)

    def test_the_host_picks_also_within_one_connection(self):
        self.start(lambda port: two(port, "Three"))
        peer = self.peer(self.shared)
        for _ in range(2):
            for name in ("WebTwo", "WebOne", "WebThree"):
                host = self.names[name]
                for said in (host, host.upper(), host + ":%d" % self.port,
                             host + ".", host + ".:80"):
                    self.assertEqual(peer.body(said), name[3:].lower())

    def test_the_absolute_form_wins_over_the_field(self):
        self.start(two)
        peer = self.peer(self.shared)
        self.assertEqual(peer.body("x.test", "http://%s/" %
                                   self.names["WebTwo"]), "two")
        self.assertEqual(peer.body(self.names["WebTwo"], "http://%s:80/x" %
                                   self.names["WebOne"]), "one")

    def test_an_unknown_host_goes_to_the_oldest_and_is_told_once(self):
        server = self.start(two)
        peer = self.peer(self.shared)
        for host in ("x.test", "localhost:%d" % self.port, "127.0.0.1") * 5:
            self.assertEqual(peer.body(host), "one")
        peer.send(b"GET / HTTP/1.0\r\n\r\n")
        self.assertEqual(peer.response().body, b"one")
        until(lambda: server.log_count(NOBODY) == 4, server.story)
        self.assertEqual(server.metric("sluice_unknown_host_requests_total"),
                         16)
        server.says(
            "port %d: Host \"x.test\" %s that listens there: such requests go "
            "to the oldest, One (%s)" % (self.port, NOBODY,
            self.names["WebOne"]), 1)

    def test_a_crowd_of_hosts_does_not_fill_the_log(self):
        server = self.start(two)
        peer = self.peer(self.shared)
        for number in range(200):
            self.assertEqual(peer.body("h%d.test" % number), "one")
        self.assertEqual(server.metric("sluice_unknown_host_requests_total"),
                         200)
        until(lambda: server.log_count(NOBODY) == 32, server.story)

    def test_one_alone_asks_nobody_for_a_name(self):
        def make(port):
            return Stack().listener("Web", 80, fixed(200, "x"), local=port)
        server = self.start(make)
        self.assertEqual(self.peer(self.shared).body("x.test"), "x")
        self.assertEqual(server.metric("sluice_unknown_host_requests_total"),
                         0)

    def test_all_of_the_picked_listener_counts(self):
        """Its access log, its fields, its redirects, its attributes."""
        origin = rig.Origin()
        self.addCleanup(origin.close)
        logs = {n: os.path.join(self.folder.path, n) for n in ("one", "two")}

        def make(port):
            stack = Stack(lb=False)
            stack.balancer("One", local={"AccessLog": logs["one"]})
            stack.balancer("Two", {"routing.http.desync_mitigation_mode":
                                   "strictest"}, {"AccessLog": logs["two"]})
            stack.group("Tg", [origin.address])
            stack.listener("WebOne", 8080, fixed(200, "one"), lb="One",
                           local=port)
            stack.listener(
                "WebTwo", 80, forward("Tg"), lb="Two", local=port,
                ListenerAttributes=attributes({
                    "routing.http.response.strict_transport_security"
                    ".header_value": "max-age=7"}))
            stack.rule("Moved", "WebTwo", 1, [
                {"Field": "path-pattern", "Values": ["/old"]}],
                redirect(Port="80", Path="/new"))
            return stack
        self.start(make)
        peer = self.peer(self.shared)
        two_ = self.names["WebTwo"]
        self.assertEqual(peer.get(two_, "/x").get("Strict-Transport-Security"),
                         "max-age=7")
        seen = [r for r in origin.requests if r.target == "/x"][0]
        self.assertEqual(seen.get("X-Forwarded-Port"), str(self.port))
        moved = peer.get(two_, "/old")
        self.assertEqual(moved.get("Location"), "http://%s:%d/new" % (
            two_, self.port))
        self.assertEqual(moved.get("Strict-Transport-Security"), "max-age=7")
        self.assertIsNone(peer.get("x").get("Strict-Transport-Security"))
        odd = "Odd field"
        self.assertEqual(peer.get("x", "/", odd + ": 1").status, 200)
        self.assertEqual(peer.get(two_, "/", odd + ": 1").status, 400)
        for name, number in (("one", 2), ("two", 3)):
            lines = until(lambda: len(File(logs[name]).all()) == number and
                          File(logs[name]).all(),
                          lambda: File(logs[name]).text(), pause=0.02)
            for line in lines:
                self.assertRegex(line.elb, "(?i)^app/%s/" % name)

    def test_another_protocol_has_its_own_address_alone(self):
        def make(port):
            stack = two(port)
            return stack.balancer("Tls").listener(
                "WebTls", 443, fixed(200, "tls"), lb="Tls", local=port,
                Protocol="HTTPS", Certificates=[{"CertificateArn": LOCAL}])
        server = self.start(make)
        said = ("listener WebTls listens on %s:%d alone: on 127.0.0.1:%d "
                "listener WebOne speaks another protocol" % (
                    *self.own["WebTls"], self.port))
        self.assertIn(said, "\n".join(server.log))
        self.assertEqual(server.listeners["WebTls"], self.own["WebTls"])
        self.assertEqual(self.peer(self.own["WebTls"], sni="x.test").body("x"),
                         "tls")
        self.assertEqual(self.peer(self.shared).body(self.names["WebTwo"]),
                         "two")
        self.assertEqual(self.peer(self.shared).body(self.names["WebTls"]),
                         "one")


# ---- TLS ----------------------------------------------------------------------

class Https(Case):

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.close)
        cls.ca = cls.folder.authority("Test CA")
        cls.good = cls.ca.issue(client=True, serial="03A5B1",
                                subject="/O=mTLS/CN=client.com")

    def shown(self, sni):
        """The names of the certificate that such a client is shown."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(os.path.join(
            self.server.folder, "state", "ca.pem"))
        context.check_hostname = False
        with self.peer(self.shared, sni, context) as peer:
            return [n for _, n in peer.sock.getpeercert()["subjectAltName"]]

    def test_the_server_name_picks_the_certificate(self):
        self.server = self.start(secure)
        for sni, expected in (("WebTwo", "WebTwo"), ("WebOne", "WebOne"),
                              (None, "WebOne")):
            names = self.shown(self.names[sni] if sni else "x.test")
            self.assertIn(self.names[expected].lower(), names)
            self.assertIn(self.own[expected][0], names)

    def test_the_host_picks_else_the_server_name_else_the_oldest(self):
        server = self.start(secure)
        one, two_ = self.names["WebOne"], self.names["WebTwo"]
        for sni, host, expected in (
                (one, one, "one"), (one, two_, "two"), (two_, one, "one"),
                (two_, two_, "two"), (two_.upper(), "x.test", "two"),
                (one, "x.test", "one"), ("x.test", two_, "two"),
                ("x.test", "y.test", "one"), (None, "z.test", "one")):
            with self.subTest(sni=sni, host=host), \
                    self.peer(self.shared, sni, ANYBODY) as peer:
                self.assertEqual(peer.body(host), expected)
        self.assertEqual(server.metric("sluice_unknown_host_requests_total"),
                         3)

    def test_http2_does_the_same_by_authority(self):
        h2.need()
        self.start(secure)
        one, two_ = self.names["WebOne"], self.names["WebTwo"]
        for sni in (two_, one):
            with h2.connect(*self.shared, name=sni) as client:
                for name, expected in ((one, b"one"), (two_, b"two")) * 2:
                    for authority in (name, name + ":%d" % self.port):
                        self.assertEqual(client.ask(
                            authority=authority).body, expected)
                self.assertEqual(client.ask(
                    authority=None, more=[("host", one)]).body, b"one")
                self.assertEqual(client.ask(authority="x.test").body,
                                 b"two" if sni == two_ else b"one")

    def test_a_hello_in_pieces_is_read_to_its_end(self):
        self.server = self.start(secure)
        with self.peer(self.shared, self.names["WebTwo"], ANYBODY) as whole:
            expected = whole.sock.getpeercert(binary_form=True)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = ANYBODY.wrap_bio(incoming, outgoing,
                               server_hostname=self.names["WebTwo"])
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()
        with socket.create_connection(self.shared, rig.PATIENCE) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            size = (len(hello) - 5) // 3 + 1
            for at in range(5, len(hello), size):
                piece = hello[at:at + size]
                record = hello[:3] + len(piece).to_bytes(2, "big") + piece
                for part in (record[:7], record[7:]):
                    sock.sendall(part)
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                    incoming.write(sock.recv(65536))
            self.assertEqual(tls.getpeercert(binary_form=True), expected)

    def policies(self, port):
        """One is ordinary, Old has another policy, Strict wants
        certificates."""
        stack = secure(port)
        stack.add("Ts", ELB + "TrustStore",
                  {"CaCertificatesBundleS3Bucket": "b",
                   "CaCertificatesBundleS3Key": "k"},
                  {"CaCertificates": self.ca.cert})
        stack.balancer("Strict").listener(
            "WebStrict", 443, fixed(200, "strict"), lb="Strict", local=port,
            Protocol="HTTPS", Certificates=[{"CertificateArn": LOCAL}],
            MutualAuthentication={"Mode": "verify", "TrustStoreArn": {
                "Fn::GetAtt": ["Ts", "TrustStoreArn"]}})
        stack.balancer("Old").listener(
            "WebOld", 443, fixed(200, "old"), lb="Old", local=port,
            Protocol="HTTPS", Certificates=[{"CertificateArn": LOCAL}],
            SslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06")
        return stack

    def test_policy_and_certificates_of_clients_go_with_the_name(self):
        log = os.path.join(self.folder.path, "connection.log")
        self.start(self.policies, "--connection-log", log)
        low = client_context(high=ssl.TLSVersion.TLSv1_2)
        with self.peer(self.shared, self.names["WebOne"], low) as peer:
            self.assertEqual(peer.body("x"), "one")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.peer(self.shared, self.names["WebOld"], low)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.peer(self.shared, self.names["WebStrict"], low)
        with self.peer(self.shared, self.names["WebStrict"],
                       client_context(pair=self.good)) as peer:
            self.assertEqual(peer.body(self.names["WebStrict"]), "strict")
        found = until(lambda: len(File(log, Connection).all()) == 4 and
                      File(log, Connection).all(), lambda: File(log).text(),
                      pause=0.02)
        self.assertEqual([x.elb.split("/")[1] for x in found],
                         ["One", "Old", "Strict", "Strict"])

    def test_no_other_connection_is_a_way_around_them(self):
        server = self.start(self.policies)
        names = self.names
        for sni, host, status in (
                ("WebOne", "WebTwo", 200), ("WebOne", "WebStrict", 421),
                ("WebOne", "WebOld", 421), ("WebOld", "WebOne", 421),
                ("WebOld", "WebOld", 200)):
            with self.subTest(sni=sni, host=host), \
                    self.peer(self.shared, names[sni]) as peer:
                self.assertEqual(peer.get(names[host]).status, status)
                self.assertEqual(peer.get(names[sni]).status, 200)
        with self.peer(self.shared, names["WebStrict"],
                       client_context(pair=self.good)) as peer:
            for host, status in (("WebOne", 421), ("WebStrict", 200),
                                 ("WebOld", 421)):
                self.assertEqual(peer.get(names[host]).status, status)
        # Of this one only the strict load balancer is left.
        peer = self.peer(self.shared, names["WebOne"])
        self.assertEqual(peer.body("x"), "one")
        stack = self.policies(self.port)
        for name in ("One", "Two", "Old"):
            del stack.resources[name], stack.resources["Web" + name]
        server.reload(stack)
        for host in ("x.test", names["WebStrict"]):
            self.assertEqual(peer.get(host).status, 421)


# ---- changes ------------------------------------------------------------------

class Changes(Case):

    def test_one_comes_and_goes_under_an_open_connection(self):
        server = self.start(lambda port: Stack(lb=False).balancer("One")
                            .listener("WebOne", 80, fixed(200, "one"),
                                      lb="One", local=port))
        later = two(self.port, "Three")
        names = self.names_of(later)
        peer = self.peer(self.shared)
        own = self.peer(self.own["WebOne"])
        self.assertEqual(peer.body(names["WebTwo"]), "one")
        for stack, known in ((two(self.port), 2), (later, 3),
                             (two(self.port), 2)):
            server.reload(stack)
            for number, name in enumerate(("WebOne", "WebTwo", "WebThree")):
                self.assertEqual(peer.body(names[name]),
                                 name[3:].lower() if number < known else "one")
            self.assertEqual(own.body(names["WebTwo"]), "one")
        # The oldest goes: what was opened for it stays.
        del later.resources["One"], later.resources["WebOne"]
        server.reload(later)
        self.assertEqual(peer.body("x.test"), "two")
        self.assertEqual(peer.body(names["WebThree"]), "three")
        self.assertEqual(own.get("x").body, b"one")     # its last answer
        with self.assertRaises(OSError):
            until(lambda: socket.create_connection(self.own["WebOne"]).close(),
                  "the end of its socket")
        with Peer(self.shared) as fresh:
            self.assertEqual(fresh.body(names["WebThree"]), "three")

    def test_one_moves_between_a_shared_port_and_its_own(self):
        server = self.start(two)
        other = rig.Closed()
        port = int(other.address.split(":")[1])
        other.close()
        moved = two(self.port)
        moved.resources["WebTwo"]["Metadata"]["Sluice"]["LocalPort"] = port
        server.reload(moved)
        for where in (("127.0.0.1", port), (self.own["WebTwo"][0], port)):
            self.assertEqual(self.peer(where).body("x"), "two")
        self.assertEqual(self.peer(self.shared).body(self.names["WebTwo"]),
                         "one")
        server.reload(two(self.port))
        self.assertEqual(self.peer(self.shared).body(self.names["WebTwo"]),
                         "two")

    @unittest.skipIf(rig.ALONE, "needs the supervisor")
    def test_sockets_outlive_crashes_and_upgrades(self):
        server = self.start(two, workers=2)
        places = [(self.shared, "WebTwo", "two"), (self.shared, "x", "one"),
                  (self.own["WebOne"], "x", "one"),
                  (self.own["WebTwo"], "x", "two")]

        def check():
            for where, host, expected in places:
                with Peer(where) as peer:
                    self.assertEqual(peer.body(self.names.get(host, host)),
                                     expected)
        check()
        pid = server.serving_pid
        os.kill(pid, signal.SIGKILL)
        for where, _, _ in places:      # open all the time
            socket.create_connection(where, rig.PATIENCE).close()
        until(lambda: gone(pid), "the end of it")
        until(lambda: children(server.pid), "another one")
        check()
        server.signal(signal.SIGUSR2)
        until(lambda: server.log_count("upgraded: process"), server.story)
        check()
        self.assertEqual(server.log_count("own address"), 0, server.log)

    @unittest.skipIf(rig.ALONE, "needs the supervisor")
    def test_a_port_that_the_system_chose_outlives_a_crash_there_too(self):
        with Served(two(0)) as server:
            self.learn(server)
            pid = server.serving_pid
            os.kill(pid, signal.SIGKILL)
            until(lambda: gone(pid), "the end of it")
            until(lambda: children(server.pid), "another one")
            for name, where in self.own.items():
                with Peer(where) as peer:
                    self.assertEqual(peer.body("x"), name[3:].lower())
            self.assertEqual(server.log_count("own address"), 0, server.log)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Health checks over HTTPS: what is asked, that no certificate is looked at,
and what is said of targets that do not manage TLS."""
import ssl
import unittest

import certificates
import rig
from checked import FAILED, Checked, Secure, close_all, mismatch
from rig import Origin, respond, until

HTTPS = {"HealthCheckProtocol": "HTTPS"}


def plain(conn):
    """Does not know what TLS is."""
    conn.fill()
    conn.send(respond(b"plain HTTP was expected\n", 400, b"Bad Request"))


def stall(conn):
    """Takes the ClientHello, and never says a thing."""
    conn.wait_close()


def half(conn):
    """A ServerHello that is never whole."""
    conn.fill()
    conn.send(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
    conn.wait_close()


def drip(conn):
    """A record of 16 KiB whose bytes come one by one."""
    conn.fill()
    conn.send(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
    while not conn.origin.closing:
        conn.dribble(b"\0" * 50, 0.01)


def flood(conn):
    """Handshake records without an end."""
    conn.fill()
    while True:
        conn.send((b"\x16\x03\x03\x40\x00" + b"\0" * 0x4000) * 16)


def gone(conn):
    conn.fill()
    conn.rst()
    raise rig.Ended


def alert(conn):
    """handshake_failure"""
    conn.fill()
    conn.send(b"\x15\x03\x03\x00\x02\x02\x28")
    conn.wait_close()


# Those that never come to an HTTP answer: verdict of the log, and state (of a
# second timeout it would be known only after 7 s).
LOST = {
    "Plain": (plain, ("https", "FAIL", "-", "ConnectionReset"), FAILED),
    "Stall": (stall, ("https", "FAIL", "-", "TimedOut"), None),
    "Half": (half, ("https", "FAIL", "-", "TimedOut"), None),
    "Drip": (drip, ("https", "FAIL", "-", "TimedOut"), None),
    "Flood": (flood, ("https", "FAIL", "-", "ConnectionReset"), FAILED),
    "Gone": (gone, ("https", "FAIL", "-", "ConnectionReset"), FAILED),
    "Alert": (alert, ("https", "FAIL", "-", "ConnectionReset"), FAILED),
}


def setUpModule():
    global folder, scene, targets
    folder, targets, scene = certificates.Folder(), {}, Checked()
    ca = folder.authority("Nobody's CA")
    good = ca.issue("a.test")
    pairs = {
        "Good": good,
        "SelfSigned": folder.authority("self.test"),
        "Expired": ca.issue("a.test", start=-10, end=-1),
        "NotYet": ca.issue("a.test", start=1, end=9),
        "Rsa": ca.issue("a.test", key="rsa:2048"),
    }
    for name, pair in pairs.items():
        add(name, Secure(pair))
    add("Old", Secure(good, maximum_version=ssl.TLSVersion.TLSv1_2))
    add("Ancient", Secure(ca.issue("a.test", key="rsa:1024"),
                          ciphers="ALL:@SECLEVEL=0",
                          minimum_version=ssl.TLSVersion.TLSv1,
                          maximum_version=ssl.TLSVersion.TLSv1))
    add("Limited", Secure(good), "Clear")
    add("Modern", Secure(good, minimum_version=ssl.TLSVersion.TLSv1_3),
        "Clear")
    add("Wrong", Secure(good, 503))
    add("Found", Secure(good, 404), Matcher={"HttpCode": "200-299,404"})
    add("Garbage", Secure(good, "garbage"))
    add("Close", Secure(good, "close"))
    add("Silent", Secure(good, "silent"))
    add("Asking", Secure(good, verify_mode=ssl.CERT_REQUIRED))
    for name, (script, _, _) in LOST.items():
        add(name, Origin(script))
    targets["Elsewhere"] = Secure(good)
    targets["Plain2"] = Origin()
    scene.group("Port", targets["Plain2"].address, **HTTPS,
                HealthCheckPort=str(targets["Elsewhere"].port))
    # Requests would go over TLS, health checks do not.
    scene.group("Reverse", targets["Plain2"].address, Protocol="HTTPS",
                HealthCheckProtocol="HTTP")
    trusted = {"ValidateCertificate": True,
               "CertificateAuthorities": ca.cert}
    for name, local in {
            "Valid": {**trusted, "ServerName": "a.test"},
            "OtherName": {**trusted, "ServerName": "b.test"},
            "NoName": trusted}.items():
        add(name, Secure(good), Protocol="HTTPS", local=local)
    scene.start()


def add(name, target, listener="Secure", **settings):
    targets[name] = target
    scene.group(name, target.address, listener, **HTTPS, HealthCheckPath="/hc",
                **settings)


def tearDownModule():
    scene.close()
    close_all(targets.values())
    folder.close()


class Answers(unittest.TestCase):

    def test_certificates_count_where_the_group_validates_them(self):
        self.assertEqual(scene.line("Valid").verdict,
                         ("https", "PASS", "200", "-"))
        self.assertEqual(targets["Valid"].names[0], "a.test")
        for name in "OtherName", "NoName":
            self.assertEqual(scene.line(name).verdict,
                             ("https", "FAIL", "-", "ConnectionReset"), name)
        scene.becomes("OtherName", FAILED)

    # 81, 117
    def test_a_probe_is_HTTP_1_1_within_TLS(self):
        line, target = scene.line("Good"), targets["Good"]
        self.assertEqual(line.verdict, ("https", "PASS", "200", "-"))
        self.assertEqual(line.target_addr, target.address)
        scene.becomes("Good", "healthy")
        self.assertEqual(target.requests[0].raw.decode(), (
            "GET /hc HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
            "User-Agent: ELB-HealthChecker/2.0\r\n"
            "Accept-Encoding: gzip, compressed\r\n\r\n" % target.address))

    # 78
    def test_no_certificate_is_looked_at(self):
        for name in ("SelfSigned", "Expired", "NotYet", "Rsa", "Old",
                     "Ancient"):
            with self.subTest(name):
                self.assertEqual(scene.line(name).verdict,
                                 ("https", "PASS", "200", "-"))
                scene.becomes(name, ("healthy", None, None))

    # 81
    def test_each_probe_has_a_connection_and_a_handshake_of_its_own(self):
        for name, version in (("Good", "TLSv1.3"), ("Old", "TLSv1.2")):
            scene.line(name, 1)
            target = targets[name]
            until(lambda: all(c.done for c in target.conns[:-1]),
                  "probe connections to be closed")
            self.assertEqual([c.count for c in target.conns],
                             [1] * len(target.conns))
            self.assertEqual(set(target.handshakes), {(version, False)})
            self.assertEqual(set(target.names), {None})

    # 78
    def test_the_policy_of_the_listener_says_which_TLS_there_may_be(self):
        scene.line("Limited")
        self.assertEqual(targets["Limited"].handshakes[0][0], "TLSv1.2")
        self.assertEqual(scene.line("Modern").verdict,
                         ("https", "FAIL", "-", "ConnectionReset"))
        scene.line("Ancient")
        self.assertEqual(targets["Ancient"].handshakes[0][0], "TLSv1")

    # 80, 117
    def test_the_matcher_is_asked_as_over_HTTP(self):
        self.assertEqual(scene.line("Found").verdict,
                         ("https", "PASS", "404", "-"))
        self.assertEqual(scene.line("Wrong").verdict,
                         ("https", "FAIL", "503", "TargetError"))
        scene.becomes("Wrong", mismatch(503))

    # 83, 117
    def test_what_fails_within_TLS_fails_as_without(self):
        for name, reason, state in (
                ("Garbage", "TargetError", FAILED),
                ("Close", "ConnectionReset", FAILED),
                ("Silent", "TimedOut", None)):
            with self.subTest(name):
                self.assertEqual(scene.line(name).verdict,
                                 ("https", "FAIL", "-", reason))
                if state:
                    scene.becomes(name, state)

    # 80
    def test_the_protocol_of_checks_is_not_that_of_requests(self):
        self.assertEqual(scene.line("Reverse").verdict,
                         ("http", "PASS", "200", "-"))
        line = scene.line("Port")
        self.assertEqual(line.verdict, ("https", "PASS", "200", "-"))
        self.assertEqual(line.target_addr, targets["Plain2"].address)
        self.assertEqual(targets["Elsewhere"].requests[0].get("Host"),
                         targets["Elsewhere"].address)


class Failures(unittest.TestCase):

    # 83, 117
    def test_a_target_that_does_not_manage_TLS_is_unhealthy(self):
        for name, (_, verdict, state) in LOST.items():
            with self.subTest(name):
                self.assertEqual(scene.line(name).verdict, verdict)
                if state:
                    scene.becomes(name, state)

    def test_our_log_says_why_there_was_no_answer(self):
        for name, why in (("Plain", "it does not speak TLS, but perhaps plain "
                           "HTTP (wrong version number)"),
                          ("Alert", "sslv3 alert handshake failure"),
                          ("Gone", "the connection was reset"),
                          ("Garbage", "its answer is no HTTP/1.1"),
                          ("Close", "it closed the connection before an "
                           "answer")):
            with self.subTest(name):
                scene.becomes(name, FAILED)
                self.assertIn(
                    "target group %s: target %s is unhealthy: Health checks "
                    "failed (%s)" % (name.lower(), targets[name].address, why),
                    "\n".join(scene.server.log))

    # 82
    def test_the_timeout_covers_connection_handshake_and_answer(self):
        for name in ("Stall", "Half", "Drip", "Silent"):
            with self.subTest(name):
                latency = float(scene.line(name).latency)
                self.assertGreaterEqual(latency, 2)
                until(lambda: targets[name].conns[0].done
                      or targets[name].conns[0].peer_closed.is_set(),
                      "the connection to be closed")

    def test_a_target_that_wants_a_certificate_of_ours_is_unhealthy(self):
        line = scene.line("Asking")
        self.assertEqual((line.type, line.status, line.status_code),
                         ("https", "FAIL", "-"))
        scene.becomes("Asking", FAILED)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The three desync mitigation modes: what becomes of a request, of both its
connections, of its line in the access log and of the counters.

The cases are those of http-desync-guardian (desync/cases.json under
$SLUICE_SHARED or beside the source tree), and some of our own that are always
there. Each goes through each mode over real sockets; what reaches the target
is held against the readers of readers.py.
"""
import base64
import json
import os
import re
import shutil
import tempfile
import unittest
from collections import namedtuple

import readers
import rig
from access_lines import File, Line
from rig import GOOD, head, until
from stack import Served, Stack, command, fixed, forward

MODE = "routing.http.desync_mitigation_mode"
Case = namedtuple("Case", "id raw tier reason method target body nine status")

# Refused in every mode: where the body ends, or what the line says, is open.
NEVER = ("BadContentLength", "BadTransferEncoding", "BadMethod", "BadVersion",
         "MultipleContentLength", "MultipleTransferEncodingChunked")
NEVER_IDS = {"real-life-test-cases/12": "two lengths, one behind a CR",
             "real-life-test-cases/22": "NUL chunked is no coding",
             "uri-specific-test-cases/09": "NUL / is no path"}
NOT_DONE = ("more-compliant-tests/05", "more-compliant-tests/07",
            "rfc-compliant/08", "rfc-compliant/09", "rfc-compliant/10")
# As bytes these are other messages than the parsed fields that they stand for.
AS_BYTES = {"severe/10": ("Ambiguous", "MultilineHeader"),
            "severe/11": ("Ambiguous", "MultilineHeader"),
            "severe/15": ("Ambiguous", "MissingHeaderColon"),
            "uri-specific-test-cases/07": ("Ambiguous", "AmbiguousUri")}

OURS = (
    (b"GET /a HTTP/1.1\r\n\r\n", "Compliant", "-"),
    (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked;a=b\r\n\r\n",
     "Compliant", "-"),
    (b"GET /a b HTTP/1.1\r\n\r\n", "Acceptable", "SpaceInUri"),
    (b"GET /a HTTP/1.2\r\n\r\n", "Acceptable", "NonCompliantVersion"),
    (b"GET /a HTTP/1.1\nHost: h\nX: y\n\n", "Acceptable",
     "NonCrLfLineTermination"),
    (b"POST /a HTTP/1.1\r\nX: a\x01b\r\nContent-Length: 5\r\n\r\n",
     "Acceptable", "NonCompliantHeader"),
    (b"GET /a\r\n", "Acceptable", "NonCompliantVersion"),
    (b"POST /a HTTP/1.1\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n"
     b"\r\n", "Ambiguous", "BothTeClPresent"),
    (b"POST /a HTTP/1.1\r\nContent-Length: 7\r\nTransfer_Encoding: chunked\r\n"
     b"\r\n", "Ambiguous", "SuspiciousHeader"),
    (b"POST /a HTTP/1.1\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n",
     "Ambiguous", "DuplicateContentLength"),
    (b"GET /a\x01\x7f HTTP/1.1\r\n\r\n", "Ambiguous", "AmbiguousUri"),
    (b"POST /a HTTP/1.1\r\nX: y\r\n Z: chunked\r\n\r\n", "Ambiguous",
     "MultilineHeader"),
    (b"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "Ambiguous",
     "UndefinedTransferEncodingSemantics"),
    (b"GET /a\rX: HTTP/1.1\r\n\r\n", "Severe", "BadUri"),
    (b"GET /a\0 HTTP/1.1\r\n\r\n", "Severe", "BadUri"),
    (b"POST /a HTTP/1.1\r\nX: a\0b\r\nContent-Length: 5\r\n\r\n", "Severe",
     "BadHeader"),
    (b"POST /a HTTP/1.1\r\nX: a\rTransfer-Encoding: chunked\r\n"
     b"Content-Length: 5\r\n\r\n", "Severe", "BadHeader"),
    (b"POST /a HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
     "Severe", "MultipleContentLength"),
    (b"POST /a HTTP/1.1\r\nContent-Length: +5\r\n\r\n", "Severe",
     "BadContentLength"),
    (b"POST /a HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", "Severe",
     "BadTransferEncoding"),
    (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
     "Severe", "MultipleTransferEncodingChunked"),
    (b"G@T /a HTTP/1.1\r\n\r\n", "Severe", "BadMethod"),
    (b"GET /a HTTP/1.10\r\n\r\n", "Severe", "BadVersion"),
)


def written(target):
    """The target as it must leave."""
    return b"".join(b"%%%02X" % c if c <= 0x20 or c in (0x23, 0x7f)
                    else bytes([c]) for c in target)


def framed(fields):
    """(bytes on the wire, the body): by fields that have just these names."""
    named = [(n.lower(), v.strip()) for n, _, v in
             (line.partition(b":") for line in fields.split(b"\n"))]
    if any(n == b"transfer-encoding" for n, _ in named):
        return b"5\r\nhello\r\n0\r\n\r\n", b"hello"
    for name, value in named:
        if name == b"content-length" and value.isdigit():
            return b"", b"x" * min(int(value), 100000)
    return b"", b""


def case(name, raw, tier, reason):
    """The case with a Host, and with the body that its head announces."""
    eol = raw.find(b"\n") + 1
    more = b""
    if not re.search(rb"\nHost:", raw):
        more = b"Host: example.com\r\n"
    line = raw[:eol].rstrip(b"\n")
    line = line[:-1] if line.endswith(b"\r") else line
    method, _, rest = line.partition(b" ")
    target, version = rest.rstrip(b" "), b""
    if b" HTTP/" in rest:
        target, _, version = target.rpartition(b" ")
    if version == b"HTTP/1.0":
        more += b"Connection: keep-alive\r\n"
    if version:
        raw = raw[:eol] + more + raw[eol:]
        end = re.search(rb"\n\r?\n", raw).end()
    else:
        end = eol       # HTTP/0.9: no fields
    wire, body = framed(raw[eol:end]) if version else (b"", b"")
    if version and not wire and body:
        body = (raw[end:] + body)[:len(body)]
        raw, wire = raw[:end], body
    return Case(name, raw + wire, tier, "-" if tier == "Compliant" else reason,
                method.decode("latin-1"), written(target), body,
                version in (b"", b"HTTP/0.9"),
                501 if name in NOT_DONE else 400)


def guardian():
    """The guardian's cases, None where there are none."""
    shared = os.environ.get("SLUICE_SHARED") or os.path.join(
        rig.HERE, "..", "..", "..", "shared")
    path = os.path.join(shared, "data", "desync", "cases.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    return [case(c["id"], base64.b64decode(c["raw_b64"]), *AS_BYTES.get(
        c["id"], (c["expected"]["tier"], c["expected"]["reason"])))
            for c in found]


class Cases:
    """All of them in one mode."""
    mode = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sluice-test-")
        cls.log = File(os.path.join(cls.folder, "access.log"))
        cls.options = ("--access-log", cls.log.path)
        cls.attributes = {MODE: cls.mode}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            shutil.rmtree(cls.folder)

    def passes(self, one):
        if one.id in NOT_DONE:
            return False
        if self.mode == "strictest":
            return one.tier == "Compliant"
        if self.mode == "defensive":
            return one.tier != "Severe"
        return one.reason not in NEVER and one.id not in NEVER_IDS

    def goes(self, one):
        """It is forwarded; what becomes of both connections."""
        both_close = self.mode == "defensive" and one.tier == "Ambiguous"
        mark = self.origin.mark()
        with self.client() as client:
            client.push(one.raw)
            port = client.local
            if one.nine:
                self.assertEqual(client.rest(), b"" if one.method == "HEAD"
                                 else one.method.encode() + b" " + one.target)
            else:
                answer = client.response(one.method)
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(answer.get("Connection") == "close",
                                 both_close, answer)
            if both_close:
                client.eof()
            elif one.nine:
                with self.client() as other:
                    other.send(GOOD)
                    self.assertEqual(other.response().body, b"GET /after")
            else:
                client.send(GOOD)
                self.assertEqual(client.response().body, b"GET /after")
        seen = self.messages(mark)
        conn, message = seen[0]
        self.same(message, one.method, one.target.decode("latin-1"), one.body,
                  None)
        for name, _ in message.fields:
            if readers.squeeze(name) in ("contentlength", "transferencoding"):
                self.assertIn(name, (b"content-length", b"transfer-encoding"))
        if both_close:
            self.assertEqual(len(seen), 1)
            until(conn.peer_closed.is_set, "the target connection's end")
        else:
            self.assertEqual(len(seen), 2)
            self.assertIs(seen[1][0], conn, "the target connection is reused")
            self.assertFalse(conn.peer_closed.is_set())
        return port, "200", one.nine or both_close

    def stays(self, one):
        """It is refused, and nothing reaches the target."""
        mark = self.origin.mark()
        with self.client() as client:
            client.push(one.raw)
            answer = client.response(one.method)
            self.assertPage(answer, one.status, "close", one.method)
            client.eof()
            self.assertNothingSeen(mark)
            return client.local, str(one.status), True

    def run_all(self, cases):
        names = ("sluice_desync_non_compliant_total",
                 "sluice_desync_ambiguous_total")
        before = [self.sluice.metric(n) for n in names]
        sent = []
        for one in cases:
            with self.subTest(one.id, raw=one.raw[:300]):
                goes = self.passes(one)
                sent.append((one, *(self.goes if goes else self.stays)(one)))
        for one, local, status, alone in sent:
            with self.subTest(one.id, log=True):
                self.check_line(one, local, status, alone)
        after = [self.sluice.metric(n) for n in names]
        odd = [c for c in cases if c.tier != "Compliant"]
        closed = [c for c in odd if c.tier == "Ambiguous" and
                  self.mode == "defensive"]
        self.assertEqual([b - a for a, b in zip(before, after)],
                         [len(odd), len(closed)])

    def check_line(self, one, local, status, alone):
        mine = rig.address(*local)
        until(lambda: self.log.text().count(" %s " % mine) == (
            1 if alone else 2), "the lines of %s" % mine)
        line = [Line(text) for text in self.log.text().split("\n")
                if " %s " % mine in text][0]
        self.assertEqual(
            (line.elb_status_code, line.target_status_code,
             line.classification, line.classification_reason),
            (status, "200" if status == "200" else "-",
             "-" if one.tier == "Compliant" else one.tier, one.reason),
            line.text)

    # 93, 115
    def test_cases_of_our_own_in_this_mode(self):
        self.run_all([case("ours/%d" % n, *c) for n, c in enumerate(OURS)])

    # 93, 95, 115
    def test_the_cases_of_the_guardian_in_this_mode(self):
        cases = guardian()
        if cases is None:
            self.skipTest("no shared/data/desync/cases.json")
        self.assertEqual(len(cases), 96)
        self.run_all(cases)


class Monitor(Cases, rig.ProxyCase):
    mode = "monitor"


class Defensive(Cases, rig.ProxyCase):
    mode = "defensive"


class Strictest(Cases, rig.ProxyCase):
    mode = "strictest"


# ---- load balancers ---------------------------------------------------------
AMBIGUOUS = head("Content-Length: 5", "Content-Length: 5") + b"hello"


def describe(origin, first, second):
    made = Stack(lb=False)
    for number, mode in enumerate((first, second)):
        made.group("Blue%d" % number, [origin.address])
        made.balancer("Lb%d" % number, {MODE: mode})
        made.listener("Web%d" % number, 80 + number,
                      forward("Blue%d" % number), lb="Lb%d" % number)
    return made


class LoadBalancers(unittest.TestCase):
    def setUp(self):
        self.origin = rig.Origin()
        self.addCleanup(self.origin.close)

    def said(self, client):
        client.send(AMBIGUOUS)
        answer = client.response("POST")
        return answer.status, answer.get("Connection")

    # 93, 121
    def test_each_has_its_own_mode_and_a_reload_changes_it_at_once(self):
        with Served(describe(self.origin, "monitor", "strictest")) as server:
            with server.client("Web0") as kept, \
                    server.client("Web1") as refused:
                self.assertEqual(self.said(kept), (200, "keep-alive"))
                self.assertEqual(self.said(refused), (400, "close"))
                server.reload(describe(self.origin, "defensive", "monitor"))
                self.assertEqual(self.said(kept), (200, "close"))
            with server.client("Web1") as passes:
                self.assertEqual(self.said(passes), (200, "keep-alive"))

    def test_every_mode_is_acted_on(self):
        for mode in ("monitor", "defensive", "strictest"):
            code, out, err = command("check", "-", stdin=describe(
                self.origin, mode, mode))
            self.assertEqual((code, "desync" in out + err), (0, False), err)


class Explained(unittest.TestCase):
    TWICE = ("-H", "Content-Length: 5", "-H", "Content-Length: 5")

    def explain(self, mode, *options):
        made = Stack(lb=False)
        made.balancer("Lb", {MODE: mode})
        made.listener("Web", 80, fixed(200), lb="Lb")
        return command("explain", "-", *options, "POST", "/", stdin=made)

    def test_explain_reads_the_request_in_the_mode_of_the_load_balancer(self):
        for mode, what in (("monitor", "counts it"),
                           ("defensive", "closes both connections")):
            code, out, _ = self.explain(mode, *self.TWICE)
            self.assertEqual((code, out.split("\n")[0]), (
                0, "desync: Ambiguous (DuplicateContentLength); %s mode lets "
                "it pass and %s" % (mode, what)))
        code, out, err = self.explain("strictest", *self.TWICE)
        self.assertEqual((code, out), (65, ""))
        self.assertIn("is answered 400 before any rule is tried", err)
        self.assertIn("(Ambiguous, DuplicateContentLength)", err)

    def test_the_trail_of_a_live_request_names_class_and_reason(self):
        made = Stack(lb=False)
        made.balancer("Lb", {MODE: "monitor"})
        made.listener("Web", 80, fixed(200), lb="Lb")
        key = "X-Sluice-Explain: key"
        with Served(made, "--explain-key", "key") as server:
            with server.client() as client:
                for raw, wanted in (
                        (head(key, method="GET"), None),
                        (head(key, "X: \0"), "Severe:BadHeader"),
                        (head(key, "Content-Length: 0", "Content-Length:"),
                         "Ambiguous:DuplicateContentLength")):
                    client.send(raw)
                    trail = client.response().get("X-Sluice-Explain")
                    _, _, said = trail.partition(";desync=")
                    self.assertEqual(said, wanted or "", trail)

    def test_a_compliant_request_is_none_of_its_business(self):
        code, out, err = self.explain("strictest", "-H", "Content-Length: 5")
        self.assertEqual((code, "desync" in out, err), (0, False, ""))

    def test_the_json_says_class_reason_and_what_closes(self):
        for mode, closes in (("monitor", False), ("defensive", True)):
            code, out, _ = self.explain(mode, "--json", *self.TWICE)
            self.assertEqual(code, 0)
            self.assertEqual(json.loads(out)["desync"], {
                "mode": mode, "classification": "Ambiguous",
                "reason": "DuplicateContentLength",
                "closes_connections": closes})
        code, out, _ = self.explain("strictest", "--json")
        self.assertEqual(json.loads(out)["desync"], {
            "mode": "strictest", "classification": "Compliant",
            "reason": None, "closes_connections": False})


if __name__ == "__main__":
    rig.main()

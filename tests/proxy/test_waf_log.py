#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The log of a web ACL: its lines against what went over the wire, which
requests have one, and what becomes of lines when files move or fill up."""
import json
import os
import shutil
import signal
import tempfile
import unittest

import h2
import rig
import web_acl
from access_lines import File, Line
from rig import Origin, until
from stack import Served, Stack, forward
from test_actions import ask
from test_web_acls import post
from web_acl import (ALLOW, BLOCK, BODY, CAPTCHA, COUNT, QUERY, URI, answering,
                     contains, header, inserting, label, rate, rule, size)

DROPPED = "sluice_access_log_dropped_lines_total"
LOGGING = "AWS::WAFv2::LoggingConfiguration"

# The columns of AWS's table for Athena: what their JSON reader makes of a
# value.  A struct has some of its members, a text column takes anything.
TEXT, INT, NAMED = (str, int, float, bool, list, dict), (int,), [
    {"name": (str,), "value": (str,)}]
DETAILS = [{"conditiontype": (str,), "sensitivitylevel": (str,),
            "location": (str,), "matcheddata": [(str,)]}]
TOKEN = {"responsecode": TEXT, "solvetimestamp": TEXT, "failurereason": TEXT}
MATCHES = [{"ruleid": (str,), "action": (str,), "overriddenaction": (str,),
            "rulematchdetails": DETAILS, "challengeresponse": TOKEN,
            "captcharesponse": TOKEN}]
COLUMNS = {
    "timestamp": INT, "formatversion": INT, "webaclid": (str,),
    "terminatingruleid": (str,), "terminatingruletype": (str,),
    "action": (str,), "terminatingrulematchdetails": DETAILS,
    "httpsourcename": (str,), "httpsourceid": (str,),
    "rulegrouplist": [{
        "rulegroupid": (str,),
        "terminatingrule": {"ruleid": (str,), "action": (str,),
                            "rulematchdetails": DETAILS},
        "nonterminatingmatchingrules": MATCHES, "excludedrules": TEXT}],
    "ratebasedrulelist": [{
        "ratebasedruleid": (str,), "ratebasedrulename": (str,),
        "limitkey": (str,), "maxrateallowed": INT,
        "evaluationwindowsec": TEXT, "customvalues": [{
            "key": (str,), "name": (str,), "value": (str,)}]}],
    "nonterminatingmatchingrules": MATCHES,
    "requestheadersinserted": NAMED, "responsecodesent": TEXT,
    "httprequest": {
        "clientip": (str,), "country": (str,), "headers": NAMED,
        "uri": (str,), "args": (str,), "httpversion": (str,),
        "httpmethod": (str,), "requestid": (str,), "fragment": (str,),
        "scheme": (str,), "host": (str,)},
    "labels": [{"name": (str,)}],
    "captcharesponse": TOKEN, "challengeresponse": TOKEN,
    "ja3fingerprint": (str,), "ja4fingerprint": (str,),
    "oversizefields": TEXT, "requestbodysize": INT,
    "requestbodysizeinspectedbywaf": INT}
# Those that AWS has in some lines only.
SOMETIMES = {"captcharesponse", "challengeresponse", "ja3fingerprint",
             "ja4fingerprint", "oversizefields"}


def fits(value, column, where=""):
    """Why the value is none for the column; None: it is one."""
    if value is None:
        return None
    if isinstance(column, tuple):
        return None if isinstance(value, column) else "%s is %r" % (
            where, value)
    if isinstance(column, list):
        if not isinstance(value, list):
            return "%s is no list" % where
        faults = [fits(v, column[0], where) for v in value]
    elif not isinstance(value, dict):
        return "%s is no object" % where
    else:
        faults = [fits(v, column[k.lower()], where + "." + k)
                  for k, v in value.items() if k.lower() in column]
    return next((fault for fault in faults if fault), None)


class Log(File):
    def records(self):
        return [json.loads(line) for line in
                self.text().split("\n")[:-1]] if os.path.exists(
                    self.path) else []

    def wait(self, number=1):
        until(lambda: len(self.records()) >= number,
              lambda: "%d lines; %d are there" % (number,
                                                  len(self.records())))
        return self.records()


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.log = Log(os.path.join(self.folder, "waf.log"))
        self.origin = Origin()
        self.addCleanup(self.origin.close)

    def stack(self, *rules, local=None, logging=None, **more):
        stack = Stack(lb=False)
        stack.balancer("Lb")
        stack.group("Shop", [self.origin.address])
        stack.listener("Web", 80, forward("Shop"))
        kind, properties = web_acl.acl(*rules, **more)
        stack.add("Acl", kind, properties, local)
        if logging is not None:
            stack.add("Logging", LOGGING, {
                "ResourceArn": {"Fn::GetAtt": ["Acl", "Arn"]},
                "LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-x"],
                **logging})
        return web_acl.protect(stack)

    def serve(self, stack, *options, **more):
        server = Served(stack, *(options or ("--waf-log", self.log.path)),
                        **more)
        self.addCleanup(server.stop)
        return server


class Lines(Case):
    # aws-waf.md 11: 24, 27, 92, 111
    def test_a_line_has_every_column_of_aws_table(self):
        server = self.serve(self.stack(
            rule("Tag", 1, contains("/", URI), inserting(COUNT, ("a", "1")),
                 RuleLabels=[{"Name": "x:y"}]),
            rule("Rate", 2, rate(100), BLOCK),
            rule("Ask", 3, contains("ask", URI), CAPTCHA),
            rule("Evil", 4, {"XssMatchStatement": {
                "FieldToMatch": {"AllQueryArguments": {}},
                "TextTransformations": web_acl.chain("URL_DECODE")}},
                 answering(429))))
        with server.client() as client:
            local = client.local
            self.assertEqual(ask(client, "/ok?q=1", headers=[
                "X-Odd: \"quoted\"", "x-odd: again"]).status, 200)
            self.assertEqual(ask(client, "/ask").status, 405)
            self.assertEqual(ask(client, "/?a=%3Cscript%3E").status, 429)
        records = self.log.wait(3)
        for record in records:
            self.assertIsNone(fits(record, COLUMNS), record)
            self.assertLessEqual(
                set(COLUMNS) - SOMETIMES - {k.lower() for k in record}, set())
        passed, asked, blocked = records
        self.assertEqual(
            [r["terminatingRuleId"] for r in records],
            ["Default_Action", "Ask", "Evil"])
        self.assertEqual(passed["terminatingRuleType"], "REGULAR")
        self.assertEqual(passed["action"], "ALLOW")
        self.assertEqual(passed["labels"], [
            {"name": "awswaf:000000000000:webacl:shop:x:y"}])
        self.assertEqual(passed["requestHeadersInserted"], [
            {"name": "x-amzn-waf-a", "value": "1"}])
        self.assertIsNone(blocked["requestHeadersInserted"])
        self.assertRegex(passed["webaclId"],
                         r"^arn:aws:wafv2:us-east-1:000000000000:regional/"
                         r"webacl/shop/[0-9a-f-]{36}$")
        self.assertRegex(passed["httpSourceId"],
                         r"^000000000000-app/[^/]+/[0-9a-f]{16}$")
        request = passed["httpRequest"]
        self.assertEqual(
            [request[k] for k in ("clientIp", "country", "uri", "args",
                                  "httpVersion", "httpMethod", "fragment",
                                  "scheme", "host")],
            [local[0], "-", "/ok", "q=1", "HTTP/1.1", "GET", "", "http",
             "example.com"])
        self.assertEqual(
            [(h["name"], h["value"]) for h in request["headers"]],
            [("Host", "example.com"), ("X-Odd", "\"quoted\""),
             ("x-odd", "again")])
        self.assertEqual(asked["captchaResponse"], {
            "responseCode": 405, "solveTimestamp": 0,
            "failureReason": "TOKEN_MISSING"})
        self.assertEqual(blocked["responseCodeSent"], 429)
        # 112
        self.assertEqual(blocked["terminatingRuleMatchDetails"], [
            {"conditionType": "XSS", "location": "ALL_QUERY_ARGS",
             "matchedData": ["<", "script"], "matchedFieldName": "a"}])

    # alb.md 5.4
    def test_the_request_id_is_the_trace_id_of_the_target_and_the_access_log(
            self):
        access = File(os.path.join(self.folder, "access.log"))
        server = self.serve(self.stack(
            rule("Evil", 1, contains("evil", URI), BLOCK)),
            "--waf-log", self.log.path, "--access-log", access.path)
        client_root = "Root=1-5759e988-bd862e3fe1be46a994272793"
        with server.client() as client:
            ask(client, "/")
            ask(client, "/evil")
            ask(client, "/", headers=["X-Amzn-Trace-Id: " + client_root])
        ids = [r["httpRequest"]["requestId"] for r in self.log.wait(3)]
        self.assertEqual(len(set(ids)), 3)
        until(lambda: len(access.text().split("\n")) == 4, "three lines")
        for line, trace in zip(access.text().split("\n"), (
                "Root=" + ids[0], "Root=" + ids[1],
                "Self=%s;%s" % (ids[2], client_root))):
            self.assertIn(' "%s" ' % trace, line)
        self.assertEqual(
            [r.get("X-Amzn-Trace-Id") for r in self.origin.requests
             if r.get("X-Amzn-Trace-Id")],
            ["Root=" + ids[0], "Self=%s;%s" % (ids[2], client_root)])

    # 112
    def test_bodies_are_measured_and_what_is_too_long_is_named(self):
        server = self.serve(self.stack(
            rule("Big", 1, size(BODY, "GT", 10000), COUNT)))
        with server.client() as client:
            post(client, b"x" * 9000)
            post(client, b"y" * 100)
            post(client, b"", chunks=[b"z" * 10])
        self.assertEqual(
            [(r["requestBodySize"], r["requestBodySizeInspectedByWAF"],
              r.get("oversizeFields")) for r in self.log.wait(3)],
            [(9000, 8192, ["REQUEST_BODY"]), (100, 100, None),
             (10, 10, None)])

    def test_the_longest_head_of_bytes_that_are_no_text_is_one_line(self):
        server = self.serve(self.stack())
        filler = b"".join(b"X-%d: %s\r\n" % (i, b"\xff" * 15000)
                          for i in range(4))
        with server.client() as client:
            client.push(b"GET / HTTP/1.1\r\nHost: a\r\n" + filler + b"\r\n")
            self.assertEqual(client.response("GET").status, 200)
        record, = self.log.wait()
        self.assertEqual(record["httpRequest"]["headers"][4],
                         {"name": "X-3", "value": "\u00ff" * 15000})

    def test_over_tls_and_http2_a_line_has_fingerprints_and_the_host(self):
        stack = self.stack()
        stack.https("Tls", 443, forward("Shop")).certificate(
            "Certificate", "example.com")
        server = self.serve(stack)
        with h2.connect(*server.listeners["Tls"]) as client:
            self.assertEqual(client.ask("/a?b").status, 200)
        record, = self.log.wait()
        self.assertIsNone(fits(record, COLUMNS), record)
        self.assertRegex(record["ja3Fingerprint"], "^[0-9a-f]{32}$")
        self.assertRegex(record["ja4Fingerprint"], "^t13")
        self.assertEqual(record["httpRequest"]["scheme"], "https")
        self.assertEqual(record["httpRequest"]["httpVersion"], "HTTP/2.0")
        self.assertEqual(record["httpRequest"]["headers"][0]["name"], "host")


class Wanted(Case):
    # aws-waf.md 11: 114
    def test_filters_say_which_requests_have_a_line(self):
        name = "awswaf:000000000000:webacl:shop:"
        server = self.serve(self.stack(
            rule("Odd", 1, contains("odd", URI), COUNT,
                 RuleLabels=[{"Name": "odd"}]),
            rule("Bot", 2, contains("bot", URI), COUNT,
                 RuleLabels=[{"Name": "bot"}]),
            rule("Evil", 3, contains("evil", URI), BLOCK),
            logging={"LoggingFilter": {
                "DefaultBehavior": "DROP", "Filters": [
                    {"Behavior": "DROP", "Requirement": "MEETS_ALL",
                     "Conditions": [
                         {"LabelNameCondition": {"LabelName": name + "odd"}},
                         {"LabelNameCondition": {"LabelName": name + "bot"}}]},
                    {"Behavior": "KEEP", "Requirement": "MEETS_ANY",
                     "Conditions": [
                         {"ActionCondition": {"Action": "BLOCK"}},
                         {"LabelNameCondition": {
                             "LabelName": name + "odd"}}]}]}}))
        with server.client() as client:
            for target in ("/", "/bot", "/odd", "/odd/bot", "/evil",
                           "/odd/bot/evil", "/evil/last"):
                ask(client, target)
        until(lambda: "evil/last" in self.log.text(), "the last line")
        self.assertEqual([r["httpRequest"]["uri"]
                          for r in self.log.records()],
                         ["/odd", "/evil", "/evil/last"])

    # aws-waf.md 11: 113
    def test_what_is_redacted_or_protected_is_in_no_line(self):
        protect = {"DataProtections": [
            {"Field": {"FieldType": "SINGLE_COOKIE", "FieldKeys": ["sid"]},
             "Action": "HASH"}]}
        server = self.serve(self.stack(
            logging={"RedactedFields": [
                {"SingleHeader": {"Name": "authorization"}},
                {"QueryString": {}}]}, DataProtectionConfig=protect))
        with server.client() as client:
            for _ in range(2):
                ask(client, "/?secret", headers=[
                    "Authorization: secret", "Cookie: a=b; sid=secret"])
        first, second = self.log.wait(2)
        self.assertNotIn("secret", self.log.text())
        self.assertEqual(first["httpRequest"]["args"], "REDACTED")
        self.assertEqual(first["httpRequest"]["headers"],
                         second["httpRequest"]["headers"])
        self.assertEqual(first["httpRequest"]["headers"][1:], [
            {"name": "Authorization", "value": "REDACTED"},
            {"name": "Cookie", "value":
             "a=b; sid=DupHq1nC/i5y7xS4Sm3NPzM8nBexUdn5hyUt1ew++EQ="}])

    def test_a_web_acl_names_its_log_unless_an_option_does(self):
        stack = self.stack(local={"WafLog": self.log.path})
        server = self.serve(stack, "--access-log", "off")
        with server.client() as client:
            ask(client, "/")
        self.assertEqual(len(self.log.wait()), 1)
        server.stop()
        os.remove(self.log.path)
        for options in (("--waf-log", "off"), ("--waf-log", os.devnull)):
            server = self.serve(stack, *options)
            with server.client() as client:
                ask(client, "/")
            server.stop()
            self.assertFalse(os.path.exists(self.log.path))

    def test_without_a_web_acl_there_is_no_line(self):
        stack = self.stack()
        del stack.resources["AclOfLb"]
        server = self.serve(stack)
        with server.client() as client:
            ask(client, "/")
        server.stop()
        self.assertEqual(self.log.records(), [])


class Files(Case):
    def ask(self, server, *targets):
        with server.client() as client:
            for target in targets:
                self.assertEqual(ask(client, target).status, 200)

    def test_usr1_opens_the_file_anew(self):
        server = self.serve(self.stack(), workers=2)
        self.ask(server, "/1", "/2")
        self.log.wait(2)
        old = Log(self.log.path + ".1")
        os.rename(self.log.path, old.path)
        server.signal(signal.SIGUSR1)
        until(lambda: os.path.exists(self.log.path), "the new file")
        self.ask(server, "/3")
        self.assertEqual(len(self.log.wait()), 1)
        self.assertEqual(len(old.records()), 2)

    def test_hup_follows_the_web_acl_and_its_filter(self):
        server = self.serve(self.stack(local={"WafLog": self.log.path}),
                            "--access-log", "off")
        self.ask(server, "/1")
        self.log.wait()
        other = Log(os.path.join(self.folder, "other.log"))
        server.reload(self.stack(local={"WafLog": other.path}))
        self.ask(server, "/2")
        self.assertEqual(other.wait()[0]["httpRequest"]["uri"], "/2")
        server.reload(self.stack(local={"WafLog": other.path}, logging={
            "LoggingFilter": {"DefaultBehavior": "DROP", "Filters": [
                {"Behavior": "KEEP", "Requirement": "MEETS_ALL",
                 "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}]}]}}))
        self.ask(server, "/3")
        server.stop()
        self.assertEqual(len(other.records()), 1)
        self.assertEqual(len(self.log.records()), 1)

    def test_a_full_disk_costs_lines_and_no_request(self):
        server = self.serve(self.stack(), "--waf-log", "/dev/full")
        self.ask(server, *["/%d" % n for n in range(50)])
        until(lambda: server.metric(DROPPED) == 50, "lines to be dropped")
        server.stop()
        self.assertTrue([line for line in server.log
                         if "the WAF log /dev/full lost" in line], server.log)

    def test_it_shares_a_file_with_the_access_log(self):
        server = self.serve(self.stack(), "--waf-log", self.log.path,
                            "--access-log", self.log.path)
        self.ask(server, "/")
        server.stop()
        lines = self.log.text().split("\n")[:-1]
        self.assertEqual(len(lines), 2)
        Line(next(line for line in lines if line[0] != "{"))
        json.loads(next(line for line in lines if line[0] == "{"))


if __name__ == "__main__":
    rig.main()

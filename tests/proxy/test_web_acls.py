#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a web ACL of a template does with live requests: it lets them pass,
with fields inserted, or answers itself."""
import os
import unittest

import h2
import rig
import stack as stacks
import web_acl
from rig import Origin
from stack import Served, Stack, forward
from test_actions import ask
from web_acl import (ALLOW, BLOCK, BODY, CAPTCHA, CHALLENGE, COUNT, QUERY, URI,
                     answering, contains, exactly, header, inserting, match,
                     rate, rule, size)

LIMIT = 8192


def post(client, body, *headers, path="/", chunks=None):
    """A POST of a body, or of some chunks."""
    lines = ["POST %s HTTP/1.1" % path, "Host: example.com"] + list(headers)
    if chunks:
        lines.append("Transfer-Encoding: chunked")
        body = b"".join(b"%x\r\n%s\r\n" % (len(c), c)
                        for c in chunks) + b"0\r\n\r\n"
    else:
        lines.append("Content-Length: %d" % len(body))
    client.push(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
    return client.response("POST")


class WebAclCase(unittest.TestCase):
    def serve(self, *rules, options=(), origin=None, attributes=None,
              group=None, workers=1, **more):
        self.origin = origin or Origin()
        self.addCleanup(self.origin.close)
        self.sluice = Served(self.stack(*rules, attributes=attributes,
                                        group=group, **more), *options,
                             workers=workers)
        self.addCleanup(self.sluice.stop)
        return self.sluice

    def stack(self, *rules, attributes=None, group=None, **more):
        stack = Stack(lb=False)
        stack.balancer("Lb", attributes)
        stack.group("Shop", [self.origin.address], **(group or {}))
        stack.listener("Web", 80, forward("Shop"))
        stack.add("Acl", *web_acl.acl(*rules, **more))
        return web_acl.protect(stack)

    def asked(self):
        """Requests that were no probes."""
        return [r for r in list(self.origin.requests)
                if "ELB-HealthChecker" not in r.get("User-Agent", "")]


class Verdicts(WebAclCase):
    def test_a_blocked_request_is_403_and_never_leaves(self):
        sluice = self.serve(rule("Evil", 1, contains("evil", URI), BLOCK))
        with sluice.client() as client:
            answer = ask(client, "/evil")
            self.assertEqual(answer.status, 403)
            self.assertRegex(answer.raw, rig.page_pattern(403, b"keep-alive"))
            self.assertEqual(ask(client, "/good").status, 200)
        self.assertEqual([r.target for r in self.asked()], ["/good"])

    def test_a_load_balancer_without_an_acl_is_not_checked(self):
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        stack = self.stack(rule("Every", 1, contains("/", URI), BLOCK))
        del stack.resources["AclOfLb"]
        sluice = Served(stack)
        self.addCleanup(sluice.stop)
        with sluice.client() as client:
            self.assertEqual(ask(client, "/evil").status, 200)

    # aws-waf.md 11: 13, 26
    def test_rules_run_in_the_order_of_their_priorities(self):
        sluice = self.serve(rule("Last", 7, contains("/", URI), BLOCK),
                            rule("First", 0, contains("ok", URI), ALLOW))
        with sluice.client() as client:
            self.assertEqual(ask(client, "/ok").status, 200)
            self.assertEqual(ask(client, "/no").status, 403)

    # Nobody is believed who says another host in the field.
    def test_the_host_is_the_one_that_the_target_is_told(self):
        sluice = self.serve(rule("Inside", 1, match(
            "inside", header("host"), "STARTS_WITH"), BLOCK))
        for target, field, status in (
                ("/", "shop", 200), ("/", "inside", 403),
                ("http://inside/", "shop", 403),
                ("http://shop/", "inside", 403), ("http://shop/", "a", 200)):
            with sluice.client() as client, self.subTest((target, field)):
                client.push(("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (
                    target, field)).encode())
                self.assertEqual(client.response().status, status)

    # Some targets read on behind "#": where rules saw no arguments.
    def test_a_target_gets_no_fragment(self):
        sluice = self.serve(rule("Evil", 1, contains("evil", QUERY), BLOCK))
        with sluice.client() as client:
            for target in ("/a?b=1#c", "/a#?b=evil", "/a?b=1#&c=evil"):
                self.assertEqual(ask(client, target).status, 200)
            self.assertEqual(ask(client, "/a?b=evil#").status, 403)
        self.assertEqual([r.target for r in self.asked()],
                         ["/a?b=1", "/a", "/a?b=1"])

    # aws-waf.md 11: 23
    def test_the_default_action_may_answer_as_it_likes(self):
        sluice = self.serve(
            rule("Ok", 1, exactly("/ok", URI), ALLOW),
            default=answering(429, "slow", ("Retry-After", "7")),
            CustomResponseBodies={"slow": {
                "ContentType": "APPLICATION_JSON",
                "Content": "{\"error\":\"slow down\"}"}})
        with sluice.client() as client:
            self.assertEqual(ask(client, "/ok").status, 200)
            answer = ask(client, "/else")
            self.assertEqual((answer.status, answer.body, answer.get(
                "Content-Type"), answer.get("Retry-After")),
                (429, b"{\"error\":\"slow down\"}", "application/json", "7"))

    def test_a_custom_response_without_a_body_has_none(self):
        sluice = self.serve(rule("Old", 1, contains("old", URI), answering(
            302, None, ("Location", "https://example.com/new"))))
        with sluice.client() as client:
            answer = ask(client, "/old")
            self.assertEqual((answer.status, answer.body, answer.get(
                "Location")), (302, b"", "https://example.com/new"))

    # aws-waf.md 11: 95
    def test_a_challenge_is_202_and_says_what_it_is(self):
        sluice = self.serve(rule("Who", 1, contains("who", URI), CHALLENGE))
        with sluice.client() as client:
            answer = ask(client, "/who", headers=["Accept: application/json"])
            self.assertEqual((answer.status, answer.body, answer.get(
                "x-amzn-waf-action"), answer.get("Cache-Control")),
                (202, b"", "challenge", "no-store"))
        self.assertEqual(self.asked(), [])

    # aws-waf.md 11: 96
    def test_a_captcha_is_405_and_says_what_it_is(self):
        sluice = self.serve(rule("Who", 1, contains("who", URI), CAPTCHA))
        with sluice.client() as client:
            answer = ask(client, "/who")
            self.assertEqual((answer.status, answer.get("x-amzn-waf-action")),
                             (405, "captcha"))

    def test_a_head_request_that_is_blocked_has_no_body(self):
        sluice = self.serve(rule("Evil", 1, contains("evil", URI), BLOCK))
        with sluice.client() as client:
            self.assertEqual(ask(client, "/evil", "HEAD").status, 403)
            self.assertEqual(ask(client, "/good").status, 200)

    def test_over_http2_it_is_the_same(self):
        """:authority is what HTTP/1.1's Host is; the connection goes on."""
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        stack = self.stack(rule("Evil", 1, exactly("evil", header("host")),
                                answering(409, None, ("X-Why", "evil"))))
        stack.https("Secure", 443, forward("Shop"), certificate=stacks.LOCAL)
        sluice = Served(stack)
        self.addCleanup(sluice.stop)
        with h2.connect(*sluice.listeners["Secure"]) as client:
            answer = client.ask("/", authority="evil")
            self.assertEqual((answer.status, answer.get("x-why")),
                             (409, "evil"))
            self.assertEqual(client.ask("/", authority="good").status, 200)

    # aws-waf.md 11: 60
    def test_without_tls_there_is_no_fingerprint(self):
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        stack = self.stack(rule("Plain", 2, exactly("x", {"JA3Fingerprint": {
            "FallbackBehavior": "MATCH"}}), answering(409)))
        stack.https("Secure", 443, forward("Shop"), certificate=stacks.LOCAL)
        sluice = Served(stack)
        self.addCleanup(sluice.stop)
        with sluice.client("Web") as client:
            self.assertEqual(ask(client, "/").status, 409)
        with sluice.client("Secure") as client:
            self.assertEqual(ask(client, "/").status, 200)


class Headers(WebAclCase):
    # aws-waf.md 11: 92
    def test_inserted_fields_arrive_and_nobody_forges_them(self):
        sluice = self.serve(
            rule("A", 1, contains("/", URI), inserting(
                COUNT, ("seen", "first"), ("who", "a"))),
            rule("B", 2, contains("/", URI), inserting(
                COUNT, ("seen", "second"))))
        with sluice.client() as client:
            ask(client, "/x", headers=["X-Amzn-Waf-Seen: forged",
                                       "x-amzn-waf-other: forged"])
        request, = self.asked()
        self.assertEqual(request.all("x-amzn-waf-seen"), ["second"])
        self.assertEqual(request.all("x-amzn-waf-who"), ["a"])
        self.assertEqual(request.all("x-amzn-waf-other"), [])

    def test_rules_see_what_the_client_sent_and_not_what_is_inserted(self):
        sluice = self.serve(
            rule("A", 1, contains("/", URI), inserting(COUNT, ("a", "b"))),
            rule("B", 2, contains("b", header("x-amzn-waf-a")), BLOCK))
        with sluice.client() as client:
            self.assertEqual(ask(client, "/").status, 200)
            self.assertEqual(ask(client, "/", headers=[
                "x-amzn-waf-a: b"]).status, 403)

    def test_a_hundred_inserted_fields_of_full_length_arrive(self):
        rules = [rule("R%d" % i, i, contains("/", URI), inserting(
            COUNT, *[("%s-%d-%d" % ("n" * 50, i, k), "v" * 255)
                     for k in range(10)])) for i in range(10)]
        sluice = self.serve(*rules)
        with sluice.client() as client:
            self.assertEqual(ask(client, "/").status, 200)
        request, = self.asked()
        self.assertEqual(sum(n.lower().startswith("x-amzn-waf-nnn")
                             for n, _ in request.headers), 100)


class Bodies(WebAclCase):
    def test_nothing_leaves_before_the_body_was_looked_at(self):
        sluice = self.serve(rule("Attack", 1, contains("attack", BODY), BLOCK))
        with sluice.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                        b"Content-Length: 1000\r\n\r\n" + b"x" * 999)
            self.origin.settle()
            self.assertEqual(self.asked(), [])
            client.send(b"x")
            self.assertEqual(client.response("POST").status, 200)
        self.assertEqual([len(r.body) for r in self.asked()], [1000])

    # aws-waf.md 11: 55, 119
    def test_a_body_beyond_the_limit_goes_on_whole(self):
        sluice = self.serve(rule("Attack", 1, contains("attack", BODY), BLOCK))
        body = b"x" * (LIMIT - 6)
        with sluice.client() as client:
            self.assertEqual(post(client, body + b"attack").status, 403)
        with sluice.client() as client:
            whole = body + b"xattack" + b"y" * 200000
            self.assertEqual(post(client, whole).status, 200)
            self.assertEqual(self.asked()[-1].body, whole)

    # aws-waf.md 11: 42
    def test_oversize_is_known_at_8193_bytes(self):
        sluice = self.serve(rule("Big", 1, size(
            {"Body": {"OversizeHandling": "MATCH"}}, "GT", 10 << 20), BLOCK))
        with sluice.client() as client:
            self.assertEqual(post(client, b"x" * LIMIT).status, 200)
            self.assertEqual(post(client, b"", chunks=[
                b"x" * 4096, b"y" * 4096]).status, 200)
            self.assertEqual(post(client, b"x" * (LIMIT + 1)).status, 403)
        with sluice.client() as client:
            self.assertEqual(post(client, b"", chunks=[
                b"x" * 4096, b"y" * 4096, b"z"]).status, 403)

    def test_a_chunked_body_is_looked_at_and_passed_on(self):
        sluice = self.serve(rule("Attack", 1, contains("attack", BODY), BLOCK))
        with sluice.client() as client:
            self.assertEqual(post(client, b"", chunks=[
                b"abc", b"defg"]).status, 200)
            self.assertEqual(self.asked()[-1].body, b"abcdefg")
            self.assertEqual(post(client, b"", chunks=[
                b"att", b"ack"]).status, 403)

    def test_expect_100_continue_is_answered_so_that_there_is_a_body(self):
        sluice = self.serve(rule("Attack", 1, contains("attack", BODY), BLOCK))
        with sluice.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n"
                        b"Expect: 100-continue\r\n\r\n")
            rig.until(lambda: rig.unread(client.sock) or True, "100")
            client.send(b"attack")
            self.assertEqual(client.response("POST").status, 403)

    def test_a_client_that_leaves_meanwhile_leaves_nothing(self):
        sluice = self.serve(rule("Attack", 1, contains("attack", BODY), BLOCK))
        with sluice.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                        b"Content-Length: 1000\r\n\r\n" + b"x" * 999)
            rig.until(lambda: active(sluice) == 1, "the request")
        rig.until(lambda: active(sluice) == 0, "its end")
        self.assertEqual(self.asked(), [])

    def test_without_a_body_rule_no_body_is_waited_for(self):
        sluice = self.serve(rule("Evil", 1, contains("evil", URI), BLOCK))
        with sluice.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\n"
                        b"Content-Length: 10\r\n\r\n")
            rig.until(lambda: any(c.count == 0 and c.raw for c in
                                  self.origin.conns), "the head")
            client.send(b"0123456789")
            self.assertEqual(client.response("POST").status, 200)


def active(sluice):
    return rig.Sluice.metrics(sluice).sum("sluice_requests_active")


class Rates(WebAclCase):
    def statuses(self, client, n, target="/", **more):
        return [ask(client, target, **more).status for _ in range(n)]

    # aws-waf.md 11: 84, 86, 90
    def test_an_address_is_limited_beyond_its_rate(self):
        sluice = self.serve(rule("Login", 1, rate(
            10, scope=exactly("/login", URI)), BLOCK))
        with sluice.client() as client:
            self.assertEqual(self.statuses(client, 20), [200] * 20)
            self.assertEqual(self.statuses(client, 14, "/login"),
                             [200] * 10 + [403] * 4)
            self.assertEqual(self.statuses(client, 3), [200] * 3)

    def test_workers_count_together(self):
        """Connections of one address are everywhere; after a round each of
        them knows."""
        sluice = self.serve(rule("Every", 1, rate(10), BLOCK), workers=4)
        clients = [sluice.client() for _ in range(24)]
        for client in clients:
            self.addCleanup(client.sock.close)
            ask(client, "/")
        rig.until(lambda: all(ask(c, "/").status == 403 for c in clients),
                  "every worker to limit")

    # aws-waf.md 11: 87
    def test_who_lacks_a_key_is_not_counted(self):
        sluice = self.serve(rule("Key", 1, rate(
            10, AggregateKeyType="CUSTOM_KEYS", CustomKeys=[
                {"Header": {"Name": "x-api-key",
                            "TextTransformations": web_acl.chain()}},
                {"HTTPMethod": {}}]), BLOCK))
        with sluice.client() as client:
            self.assertEqual(self.statuses(client, 20), [200] * 20)
            one = {"headers": ["X-Api-Key: one"]}
            self.assertEqual(self.statuses(client, 12, **one),
                             [200] * 10 + [403] * 2)
            self.assertEqual(self.statuses(client, 3, headers=[
                "X-Api-Key: two"]), [200] * 3)
            self.assertEqual(self.statuses(client, 1, method="PUT", **one),
                             [200])

    # aws-waf.md 11: 78, 79, 88
    def test_forwarded_addresses_share_a_bucket_when_they_are_none(self):
        sluice = self.serve(rule("Xff", 1, rate(
            10, AggregateKeyType="FORWARDED_IP", ForwardedIPConfig={
                "HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}),
            BLOCK))
        with sluice.client() as client:
            self.assertEqual(self.statuses(client, 12), [200] * 12)
            self.assertEqual([ask(client, "/", headers=[
                "X-Forwarded-For: no%d" % i]).status for i in range(12)],
                [200] * 10 + [403] * 2)
            self.assertEqual(self.statuses(client, 1, headers=[
                "X-Forwarded-For: 198.51.100.1"]), [200])

    # aws-waf.md 11: 89
    def test_other_settings_begin_anew_and_the_same_go_on(self):
        sluice = self.serve(rule("R", 1, rate(10), BLOCK))
        with sluice.client() as client:
            self.statuses(client, 11)
            sluice.reload(self.stack(rule("R", 1, rate(10), BLOCK),
                                     rule("S", 2, contains("x", URI), BLOCK)))
            self.assertEqual(self.statuses(client, 1), [403])
            sluice.reload(self.stack(rule("R", 1, rate(11), BLOCK)))
            self.assertEqual(self.statuses(client, 12), [200] * 11 + [403])


class Changes(WebAclCase):
    def test_hup_changes_the_acl_and_no_connection(self):
        sluice = self.serve(rule("Evil", 1, contains("evil", URI), BLOCK))
        with sluice.client() as client:
            self.assertEqual(ask(client, "/evil").status, 403)
            sluice.reload(self.stack(rule("Good", 1, contains("good", URI),
                                          BLOCK)))
            self.assertEqual(ask(client, "/evil").status, 200)
            self.assertEqual(ask(client, "/good").status, 403)

    def test_an_ip_set_that_changes_changes_who_comes_in(self):
        block = rule("Set", 1, {"IPSetReferenceStatement": {
            "Arn": {"Fn::GetAtt": ["Set", "Arn"]}}}, BLOCK)

        def with_set(*addresses):
            return self.stack(block).add("Set", web_acl.WAF + "IPSet", {
                "Name": "bad", "Scope": "REGIONAL", "IPAddressVersion": "IPV4",
                "Addresses": list(addresses)})
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        sluice = Served(with_set())
        self.addCleanup(sluice.stop)
        with sluice.client() as client:
            self.assertEqual(ask(client, "/").status, 200)
            sluice.reload(with_set("127.0.0.0/8"))
            self.assertEqual(ask(client, "/").status, 403)

    def test_a_broken_acl_is_refused_whole_and_the_old_one_goes_on(self):
        sluice = self.serve(rule("Evil", 1, contains("evil", URI), BLOCK))
        sluice.reload(self.stack(rule("Bad", 1, {"RegexMatchStatement": {
            "RegexString": "(a)\\1", "FieldToMatch": URI,
            "TextTransformations": web_acl.chain()}}, BLOCK)))
        self.assertIn("refused", sluice.story())
        with sluice.client() as client:
            self.assertEqual(ask(client, "/evil").status, 403)


class Logs(WebAclCase):
    def test_the_access_log_says_what_the_acl_did(self):
        path = os.path.join(rig.state_folder(), "access.log")
        sluice = self.serve(rule("Evil", 1, contains("evil", URI), BLOCK),
                            options=("--access-log", path))
        with sluice.client() as client:
            ask(client, "/evil")
            ask(client, "/good")
        lines = []

        def written():
            with open(path, encoding="latin-1") as file:
                lines[:] = file.read().splitlines()
            return len(lines) == 2
        rig.until(lambda: os.path.exists(path) and written(), "two lines")
        blocked, passed = lines
        self.assertIn(' - ', blocked)
        self.assertIn(' 403 - ', blocked)
        self.assertIn(' "waf" ', blocked)
        self.assertIn(' "waf,forward" ', passed)

    def test_a_live_request_may_ask_what_the_acl_said(self):
        sluice = self.serve(rule("Good", 1, contains("good", QUERY), ALLOW),
                            options=("--explain-key", "k"))
        with sluice.client() as client:
            why = ask(client, "/?good", headers=["X-Sluice-Explain: k"]).get(
                "X-Sluice-Explain")
            self.assertIn("waf=ALLOW:Good", why)
            why = ask(client, "/", headers=["X-Sluice-Explain: k"]).get(
                "X-Sluice-Explain")
            self.assertIn("waf=ALLOW:Default_Action", why)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which rule takes a request: every condition of listener rules, as a client
sees it. Each rule answers with its own name."""
import random
import re
import socket
import unittest

import rig
from rig import Origin
from stack import (Served, Stack, command, fixed, forward, header, host, method,
                   path, query, regex, source_ip)


class ClientFrom(rig.Client):
    """A client whose own address is chosen."""

    def __init__(self, local, host_, port):
        self.timeout = rig.PATIENCE
        self.sock = socket.socket(rig.family_of(local))
        self.sock.bind((local, 0))
        self.sock.settimeout(self.timeout)
        self.sock.connect((host_, port))
        self.local = self.sock.getsockname()
        self.buf, self.end = bytearray(), None


def stack_of(rules):
    """Rules are lists of conditions, or (priority, name, conditions)."""
    stack = Stack().listener("Web", 80, fixed(200, "default"))
    for number, rule in enumerate(rules, 1):
        if isinstance(rule, list):
            rule = (number * 10, "r%d" % number, rule)
        stack.rule("Rule%d" % number, "Web", rule[0], rule[2],
                   fixed(200, rule[1]))
    return stack


class RulesCase(unittest.TestCase):

    def serve(self, *rules, options=(), attributes=None):
        stack = stack_of(rules)
        if attributes:
            stack.balancer("Lb", attributes)
        sluice = Served(stack, *options)
        self.addCleanup(sluice.stop)
        self.sluice = sluice
        return sluice

    def takes(self, target="/", method_="GET", host_="example.com", headers=(),
              client=None):
        """The name of the rule that takes this request."""
        lines = ["%s %s HTTP/1.1" % (method_, target)]
        if host_ is not None:
            lines.append("Host: " + host_)
        data = "\r\n".join(lines + list(headers)) + "\r\n\r\n"
        if client:
            client.send(data.encode("latin-1"))
            answer = client.response(method_)
        else:
            with self.sluice.client() as own:
                own.send(data.encode("latin-1"))
                answer = own.response(method_)
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode()

    def assertTakes(self, name, *arguments, **more):
        self.assertEqual(self.takes(*arguments, **more), name,
                         (arguments, more))

    def refuses(self, conditions, *words):
        """`check` says no, at the place, and each of the words."""
        code, _, err = command("check", "-", stdin=stack_of([conditions]))
        self.assertEqual(code, 65, (conditions, err))
        self.assertRegex(err.split("\n")[0], r"\A-:[0-9]+:[0-9]+: error: ")
        for word in words:
            self.assertIn(word, err, conditions)
        return err

    def allows(self, conditions):
        code, _, err = command("check", "-", stdin=stack_of([conditions]))
        self.assertEqual(code, 0, err)


class Order(RulesCase):

    # alb.md 10: 38
    def test_the_lowest_priority_wins_and_the_default_comes_last(self):
        self.serve((50000, "last", [path("/*")]),
                   (7, "middle", [path("/a*")]),
                   (1, "first", [path("/ab*")]),
                   (300, "exact", [path("/abc")]))
        self.assertTakes("first", "/abc")
        self.assertTakes("middle", "/axe")
        self.assertTakes("last", "/x")
        self.assertTakes("default", "*", "OPTIONS")

    # alb.md 10: 38
    def test_the_order_in_the_template_says_nothing(self):
        self.serve((30, "c", [path("/x")]), (10, "a", [path("/x")]),
                   (20, "b", [path("/x")]))
        self.assertTakes("a", "/x")

    # alb.md 10: 38
    def test_exact_hosts_and_paths_do_not_go_before_wildcards(self):
        self.serve((10, "wild", [host("*.example.com")]),
                   (20, "exact", [host("www.example.com")]),
                   (30, "path", [path("/deep/er/*")]),
                   (40, "deeper", [path("/deep/er/x")]))
        self.assertTakes("wild", host_="www.example.com")
        self.assertTakes("path", "/deep/er/x")

    # alb.md 10: 38
    def test_each_request_of_a_connection_has_its_own_rule(self):
        sluice = self.serve([path("/a")], [path("/b")])
        with sluice.client() as client:
            for target, name in (("/a", "r1"), ("/b", "r2"), ("/", "default"),
                                 ("/a", "r1")):
                self.assertTakes(name, target, client=client)

    # alb.md 10: 38
    def test_a_listener_without_rules_has_its_default(self):
        self.serve()
        self.assertTakes("default", "/anything?x=y", "PUT")

    # alb.md 10: 39
    def test_every_condition_of_a_rule_must_hold(self):
        self.serve([path("/api/*"), host("api.example.com"),
                    header("X-Beta", "1"), method("GET"),
                    query(("v", "2")), source_ip("127.0.0.0/8")])
        good = {"target": "/api/x?v=2", "host_": "api.example.com",
                "headers": ["X-Beta: 1"]}
        self.assertTakes("r1", **good)
        for change in ({"target": "/ap/x?v=2"}, {"target": "/api/x?v=3"},
                       {"host_": "www.example.com"}, {"headers": []},
                       {"headers": ["X-Beta: 2"]}, {"method_": "POST"}):
            self.assertTakes("default", **{**good, **change})

    # alb.md 10: 39
    def test_one_value_of_a_condition_is_enough(self):
        self.serve([path("/a", "/b/*", "/c")],
                   [header("X", "1", "2*")],
                   [query("yes", ("a", "1"), ("b", "?"))],
                   [method("PUT", "PATCH")],
                   [host("a.example.com", "b.example.com")],
                   [source_ip("10.0.0.0/8", "192.168.0.0/16")])
        for target in ("/a", "/b/x", "/c"):
            self.assertTakes("r1", target)
        for value in ("1", "2", "23"):
            self.assertTakes("r2", headers=["X: " + value])
        for text in ("x=yes", "a=1", "b=z"):
            self.assertTakes("r3", "/?" + text)
        for name in ("PUT", "PATCH"):
            self.assertTakes("r4", method_=name)
        for name in ("a", "b"):
            self.assertTakes("r5", host_=name + ".example.com")
        self.assertTakes("default")

    # alb.md 10: 39
    def test_two_values_of_a_header_or_query_are_asked_for_by_two_conditions(
            self):
        self.serve([header("X", "*a*"), header("X", "*b*")],
                   [query(("a", "1")), query(("b", "2"))])
        self.assertTakes("r1", headers=["X: ab"])
        self.assertTakes("r1", headers=["X: a", "X: b"])
        self.assertTakes("default", headers=["X: a"])
        self.assertTakes("r2", "/?b=2&a=1")
        self.assertTakes("default", "/?b=2")

    # alb.md 10: 39
    def test_a_second_condition_on_host_path_method_or_address_is_refused(
            self):
        for one, two in ((path("/a"), path("/b")),
                         (host("a.example.com"), host("b.example.com")),
                         (method("GET"), method("PUT")),
                         (source_ip("10.0.0.0/8"), source_ip("11.0.0.0/8"))):
            self.refuses([one, two], "at most one " + one["Field"],
                         "one condition")


class Hosts(RulesCase):

    # alb.md 10: 40
    def test_the_case_of_a_host_does_not_matter(self):
        self.serve([host("WWW.example.COM")], [host("*.Example.ORG")])
        for name in ("www.example.com", "WWW.EXAMPLE.COM", "wWw.ExAmPlE.cOm"):
            self.assertTakes("r1", host_=name)
        self.assertTakes("r2", host_="A.eXAMPLE.oRG")

    # alb.md 10: 40
    def test_wildcards_of_a_host_stand_for_any_text_and_for_one_character(
            self):
        self.serve([host("*.a.example.com")], [host("w?.example.com")],
                   [host("x*z.example.com")], [host("??.*.net")])
        self.assertTakes("r1", host_="b.a.example.com")
        self.assertTakes("r1", host_="c.b.a.example.com")
        self.assertTakes("r2", host_="w1.example.com")
        self.assertTakes("default", host_="w.example.com")
        self.assertTakes("default", host_="w12.example.com")
        self.assertTakes("r3", host_="xz.example.com")
        self.assertTakes("r3", host_="x.y.z.example.com")
        self.assertTakes("r4", host_="ab.c.net")
        self.assertTakes("default", host_="a.c.net")

    # alb.md 10: 40
    def test_a_host_pattern_is_anchored_at_both_ends(self):
        self.serve([host("www.example.com")], [host("*.example.org")])
        for name in ("www.example.com.evil.net", "evilwww.example.com",
                     "ww.example.com", "x.example.org.evil.net",
                     "x.example.orgs", "wwwxexample.com"):
            self.assertTakes("default", host_=name)

    # alb.md 10: 40
    def test_the_port_of_a_host_is_ignored(self):
        self.serve([host("www.example.com")], [host("*.example.org")])
        for port in ("", ":", ":80", ":8080", ":1"):
            self.assertTakes("r1", host_="www.example.com" + port)
            self.assertTakes("r2", host_="a.example.org" + port)

    # alb.md 10: 40
    def test_a_full_stop_at_the_end_of_a_host_is_ignored(self):
        self.serve([host("www.example.com")])
        self.assertTakes("r1", host_="www.example.com.")
        self.assertTakes("r1", host_="www.example.com.:80")

    # alb.md 10: 40
    def test_the_host_of_an_absolute_target_goes_before_the_field(self):
        self.serve([host("a.example.com")], [host("b.example.com")])
        self.assertTakes("r1", "http://a.example.com/x",
                         host_="b.example.com")
        self.assertTakes("r1", "http://A.example.com:8080",
                         host_="b.example.com")

    # alb.md 10: 40
    def test_a_second_host_is_never_what_is_matched(self):
        sluice = self.serve([host("b.example.com")])
        with sluice.client() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a.example.com\r\n"
                        b"Host: b.example.com\r\n\r\n")
            answer = client.response()
        self.assertNotEqual(answer.body, b"r1")
        self.assertEqual(answer.status, 400)

    # alb.md 10: 40
    def test_no_host_meets_no_pattern_of_hosts(self):
        sluice = self.serve([host("*.localhost", "*.com")], [regex(host(".*"))])
        with sluice.client() as client:
            client.send(b"GET / HTTP/1.0\r\n\r\n")
            self.assertEqual(client.response().body, b"default")

    # alb.md 10: 41
    def test_a_wildcard_for_subdomains_does_not_match_the_apex(self):
        self.serve([host("*.example.com")])
        self.assertTakes("r1", host_="test.example.com")
        self.assertTakes("r1", host_="a.b.example.com")
        self.assertTakes("default", host_="example.com")
        self.assertTakes("default", host_="testexample.com")
        self.assertTakes("default", host_="example.com:80")

    # alb.md 10: 40
    def test_host_patterns_that_AWS_refuses_are_refused(self):
        for value, word in (("localhost", "no dot"),
                            ("www.example.c0m", "last dot"),
                            ("www.example.*", "last dot"),
                            ("10.0.0.1", "last dot"),
                            ("a_b.example.com", '"_"'),
                            ("www.example.com:80", "port"),
                            ("a b.example.com", "space"),
                            ("b\xfccher.example.com", "ASCII"),
                            ("a" * 121 + ".example", "128")):
            self.refuses([host(value)], word)
        self.allows([host("a" * 120 + ".example")])


class Paths(RulesCase):

    # alb.md 10: 42
    def test_the_case_of_a_path_matters(self):
        self.serve([path("/Api/*")])
        self.assertTakes("r1", "/Api/x")
        self.assertTakes("default", "/api/x")
        self.assertTakes("default", "/API/x")

    # alb.md 10: 42
    def test_a_path_pattern_is_anchored_at_both_ends(self):
        self.serve([path("/img")], [path("*.png")])
        for target in ("/img/", "/img/x", "/image", "/x/img", "/im"):
            self.assertTakes("default", target)
        self.assertTakes("r1", "/img")
        self.assertTakes("r2", "/a/b.png")
        self.assertTakes("default", "/a/b.png/c")
        self.assertTakes("default", "/a/b.pngs")

    # alb.md 10: 42
    def test_the_wildcards_of_a_path_cross_slashes(self):
        self.serve([path("/a/*/z")], [path("/b?c")], [path("/c/*")])
        self.assertTakes("r1", "/a/b/z")
        self.assertTakes("r1", "/a/b/c/d/z")
        self.assertTakes("r1", "/a//z")
        self.assertTakes("default", "/a/z")
        self.assertTakes("r2", "/b/c")
        self.assertTakes("r2", "/bxc")
        self.assertTakes("default", "/bc")
        self.assertTakes("r3", "/c/")
        self.assertTakes("default", "/c")

    # alb.md 10: 42
    def test_the_query_is_no_part_of_the_path(self):
        self.serve([path("/a")], [path("*x*")])
        self.assertTakes("r1", "/a?x=1")
        self.assertTakes("r1", "/a?")
        self.assertTakes("default", "/b?/a")
        self.assertTakes("default", "/b?x=1")
        self.assertTakes("default", "/?/a")

    # alb.md 10: 42
    def test_every_character_that_AWS_allows_stands_for_itself(self):
        text = "/a_b-c.d$e/f~g\"h'i@j:k+l&m"
        self.serve([path(text)], [path("/x&amp;y")], [path("/.+")])
        self.assertTakes("r1", text)
        self.assertTakes("r2", "/x&y")
        self.assertTakes("default", "/x&amp;y")
        self.assertTakes("r3", "/.+")
        self.assertTakes("default", "/aa")

    # alb.md 10: 42
    def test_an_encoded_character_is_met_by_a_wildcard(self):
        self.serve([path("/a*b")], [path("/c???d")])
        self.assertTakes("r1", "/a%20b")
        self.assertTakes("r2", "/c%2Fd")
        self.assertTakes("default", "/c/d")

    # alb.md 10: 42
    def test_rules_see_the_path_after_normalization(self):
        self.serve([path("/admin*")], [path("/a/b")])
        for target in ("/x/../admin", "/./admin", "/%61dmin", "/x/%2e%2E/admin",
                       "/../../admin/x", "/a/.././admin"):
            self.assertTakes("r1", target)
        self.assertTakes("r2", "/a/x/../b")
        self.assertTakes("default", "/a//b")
        self.assertTakes("default", "/a%2Fb")
        self.assertTakes("default", "/x..admin")

    # alb.md 10: 42
    def test_normalization_does_not_change_what_the_target_sees(self):
        with Origin() as origin:
            stack = Stack().group("Tg", [origin.address]).listener("Web", 80)
            stack.rule("Rule", "Web", 1, [path("/admin/*")], forward("Tg"))
            with Served(stack) as sluice, sluice.client() as client:
                for target in ("/x/../admin/a%2e?b=%61", "/%61dmin/./y"):
                    self.assertEqual(client.ask(target).body.decode(),
                                     "GET " + target)

    # alb.md 10: 42
    def test_path_patterns_that_AWS_refuses_are_refused(self):
        for value, word in (("/a%20b", '"%"'), ("/a b", "space"),
                            ("/a;b", '";"'), ("/a#b", '"#"'), ("/a,b", '","'),
                            ("/\xe9", "ASCII"), ("/" + "a" * 128, "128"),
                            ("", "")):
            self.refuses([path(value)], word)
        self.allows([path("/" + "a" * 127)])


class Headers(RulesCase):

    # alb.md 10: 43
    def test_the_case_of_a_header_does_not_matter(self):
        self.serve([header("x-CANARY", "Yes*")])
        for line in ("X-Canary: yes", "x-canary: YES", "X-CANARY: yEs, please"):
            self.assertTakes("r1", headers=[line])
        self.assertTakes("default", headers=["X-Canary: no"])
        self.assertTakes("default", headers=["X-Canar: yes"])

    # alb.md 10: 43
    def test_any_line_of_a_repeated_header_is_enough(self):
        self.serve([header("X-A", "b")])
        self.assertTakes("r1", headers=["X-A: a", "X-A: b"])
        self.assertTakes("r1", headers=["X-A: b", "X-A: a"])
        self.assertTakes("r1", headers=["X-A: a", "X-A: c", "x-a: B"])
        self.assertTakes("default", headers=["X-A: a", "X-A: c"])
        self.assertTakes("default", headers=["X-A: a,b"])

    # alb.md 10: 43
    def test_a_missing_header_matches_nothing(self):
        self.serve([header("X-A", "*")])
        self.assertTakes("default")
        self.assertTakes("r1", headers=["X-A: x"])
        self.assertTakes("r1", headers=["X-A:"])

    # alb.md 10: 43
    def test_wildcards_are_for_values_and_not_for_names(self):
        self.serve([header("User-Agent", "*Chrome/??.*")])
        self.assertTakes("r1", headers=["User-Agent: A Chrome/12.3 B"])
        self.assertTakes("default", headers=["User-Agent: A Chrome/1.3 B"])
        self.assertTakes("default", headers=["User-Agent: chrome"])
        for name in ("X-*", "User?Agent", "*"):
            code, _, err = command("check", "-", stdin=stack_of(
                [[header(name, "a")]]))
            if code == 0:       # both are characters of a token
                self.serve([header(name, "a")])
                self.assertTakes("default", headers=["X-A: a", "User-Agent: a"])
            else:
                self.assertIn("HttpHeaderName", err)

    # alb.md 10: 43
    def test_spaces_around_a_value_do_not_count_and_those_inside_do(self):
        self.serve([header("X-A", "a  b")])
        self.assertTakes("r1", headers=["X-A: \t a  b \t "])
        self.assertTakes("default", headers=["X-A: a b"])

    # alb.md 10: 43
    def test_a_header_that_is_dropped_cannot_match(self):
        rule = [header("X_A", "1")]
        self.serve(rule)
        self.assertTakes("r1", headers=["X_A: 1"])
        self.serve(rule, attributes={
            "routing.http.drop_invalid_header_fields.enabled": "true"})
        self.assertTakes("default", headers=["X_A: 1"])

    # alb.md 10: 43
    def test_bad_names_and_values_of_headers_are_refused(self):
        for name in ("X A", "X-A:", "", "X\xe4"):
            self.refuses([header(name, "a")], "HttpHeaderName")
        self.refuses([header("X" * 41, "a")], "HttpHeaderName", "40")
        self.refuses([header("X", "a" * 129)], "128")
        self.refuses([header("X")], "empty")
        self.allows([header("X" * 40, "a" * 128)])

    # alb.md 10: 44
    def test_an_http_header_condition_on_host_is_refused(self):
        for name in ("Host", "host", "HOST"):
            self.refuses([header(name, "www.example.com")], "Host",
                         "Field: host-header")


class Methods(RulesCase):

    # alb.md 10: 45
    def test_a_method_is_compared_exactly(self):
        self.serve([method("GET")], [method("PURGE")])
        self.assertTakes("r1", method_="GET")
        for name in ("Get", "get", "GETS", "GE", "POST"):
            self.assertTakes("default", method_=name)
        self.assertTakes("r2", method_="PURGE")

    # alb.md 10: 45
    def test_custom_methods_may_have_hyphens_and_underscores(self):
        self.serve([method("M-SEARCH", "DO_IT")])
        self.assertTakes("r1", method_="M-SEARCH")
        self.assertTakes("r1", method_="DO_IT")
        self.assertTakes("default", method_="DO-IT")

    # alb.md 10: 45
    def test_GET_is_not_HEAD(self):
        sluice = self.serve((1, "a rule for GET", [method("GET")]))
        with sluice.client() as client:
            answer = client.ask("/", "HEAD")
            self.assertEqual(answer.get("Content-Length"),
                             str(len("default")))

    # alb.md 10: 45
    def test_methods_that_AWS_refuses_are_refused(self):
        for name, word in (("get", "capital"), ("G*", "wildcard"),
                           ("A B", "capital"), ("GET1", "capital"), ("", ""),
                           ("A" * 41, "40")):
            self.refuses([method(name)], word)
        self.allows([method("A" * 40)])


class Queries(RulesCase):

    # alb.md 10: 46
    def test_a_value_without_a_key_is_looked_for_in_every_parameter(self):
        self.serve([query("yes")])
        for text in ("a=yes", "b=yes", "x=1&y=yes&z=2", "=yes"):
            self.assertTakes("r1", "/?" + text)
        for text in ("yes", "yes=1", "a=yes1", "a=no", "", "a=yes%20"):
            self.assertTakes("default", "/?" + text)
        self.assertTakes("default", "/yes")

    # alb.md 10: 46
    def test_a_key_and_a_value_are_looked_for_in_one_parameter(self):
        self.serve([query(("a", "1"))])
        for text in ("a=1", "b=2&a=1", "a=2&a=1", "&&a=1&"):
            self.assertTakes("r1", "/?" + text)
        for text in ("a=2&b=1", "a", "a=", "aa=1", "a=11", "1=a", "a%3d1",
                     "b=a=1", "a=1;b=2"):
            self.assertTakes("default", "/?" + text)

    # alb.md 10: 46
    def test_the_case_of_keys_and_values_does_not_matter(self):
        self.serve([query(("Version", "V1"))], [query("YES")])
        self.assertTakes("r1", "/?VERSION=v1")
        self.assertTakes("r1", "/?version=V1")
        self.assertTakes("r2", "/?x=Yes")

    # alb.md 10: 46
    def test_keys_and_values_have_wildcards(self):
        self.serve([query(("utm_*", "?mail"))], [query("*beta*")])
        self.assertTakes("r1", "/?utm_source=email")
        self.assertTakes("r1", "/?utm_=Gmail")
        self.assertTakes("default", "/?utm_source=mail")
        self.assertTakes("r2", "/?x=a-beta-b")
        self.assertTakes("r2", "/?x=a/beta?")

    # alb.md 10: 46
    def test_a_backslash_makes_a_wildcard_a_character(self):
        self.serve([query(("a", r"\*x"))], [query(("b", r"what\?"))],
                   [query((r"k\*", "*"))], [query(("c", r"a\b"))])
        self.assertTakes("r1", "/?a=*x")
        self.assertTakes("default", "/?a=yx")
        self.assertTakes("default", "/?a=\\yx")
        self.assertTakes("r2", "/?b=what?")
        self.assertTakes("default", "/?b=whats")
        self.assertTakes("r3", "/?k*=anything")
        self.assertTakes("default", "/?kk=anything")
        self.assertTakes("r4", "/?c=a\\b")

    # alb.md 10: 46
    def test_nothing_is_decoded(self):
        self.serve([query(("a", "b c"))], [query(("a", "b%20c"))],
                   [query(("a", "b+c"))])
        self.assertTakes("r2", "/?a=b%20c")
        self.assertTakes("r3", "/?a=b+c")

    # alb.md 10: 46
    def test_a_value_may_have_an_equals_sign(self):
        self.serve([query(("a", "b=c"))])
        self.assertTakes("r1", "/?a=b=c")
        self.assertTakes("default", "/?a=b")

    # alb.md 10: 46
    def test_a_parameter_without_a_value_has_an_empty_one(self):
        self.serve([query(("debug", "*"))])
        for text in ("debug", "debug=", "debug=1"):
            self.assertTakes("r1", "/?" + text)
        self.assertTakes("default", "/?debugs")

    # alb.md 10: 46
    def test_queries_that_AWS_refuses_are_refused(self):
        self.refuses([query(("k" * 129, "v"))], "128")
        self.refuses([query("v" * 129)], "128")
        self.refuses([{"Field": "query-string", "QueryStringConfig": {
            "Values": [{"Key": "a"}]}}], "Value")
        self.refuses([{"Field": "query-string", "QueryStringConfig": {
            "Values": ["a=b"]}}], "Value")
        self.allows([query(("k" * 128, "v" * 128))])


class Addresses(RulesCase):

    def from_(self, local, headers=()):
        listener = next(iter(self.sluice.listeners.values()))
        with ClientFrom(local, *listener) as client:
            return self.takes(client=client, headers=headers)

    # alb.md 10: 47
    def test_the_address_of_the_client_is_looked_for_in_the_blocks(self):
        self.serve([source_ip("127.0.0.2/32", "10.0.0.0/8")],
                   [source_ip("127.0.1.0/24")], [source_ip("127.0.0.128/25")])
        self.assertEqual(self.from_("127.0.0.1"), "default")
        self.assertEqual(self.from_("127.0.0.2"), "r1")
        self.assertEqual(self.from_("127.0.0.3"), "default")
        self.assertEqual(self.from_("127.0.1.0"), "r2")
        self.assertEqual(self.from_("127.0.1.254"), "r2")
        self.assertEqual(self.from_("127.0.2.1"), "default")
        self.assertEqual(self.from_("127.0.0.127"), "default")
        self.assertEqual(self.from_("127.0.0.128"), "r3")

    # alb.md 10: 47
    def test_every_address_is_in_a_block_of_length_0(self):
        self.serve([source_ip("::/0")], [source_ip("0.0.0.0/0")])
        self.assertEqual(self.from_("127.0.0.1"), "r2")

    # alb.md 10: 47
    def test_bits_behind_the_length_do_not_count(self):
        self.serve([source_ip("127.0.5.7/24")])
        self.assertEqual(self.from_("127.0.5.200"), "r1")

    # alb.md 10: 47
    def test_X_Forwarded_For_is_not_the_address_of_the_client(self):
        self.serve([source_ip("10.0.0.0/8")], [source_ip("127.0.0.2/32")])
        fields = ["X-Forwarded-For: 10.1.2.3", "Forwarded: for=10.1.2.3",
                  "X-Real-IP: 10.1.2.3"]
        self.assertEqual(self.from_("127.0.0.1", fields), "default")
        self.assertEqual(self.from_("127.0.0.2", fields), "r2")

    # alb.md 10: 47
    @unittest.skipUnless(rig.has_ipv6(), "needs IPv6")
    def test_IPv6_addresses_are_compared_as_128_bits(self):
        self.serve([source_ip("2001:db8::/32", "::2/128", "0.0.0.0/0")],
                   [source_ip("::/127")], options=["--bind", "::1"])
        self.assertEqual(self.from_("::1"), "r2")
        self.serve([source_ip("0:0:0:0:0:0:0:1/128")],
                   options=["--bind", "::1"])
        self.assertEqual(self.from_("::1"), "r1")

    # alb.md 10: 47
    def test_blocks_that_AWS_refuses_are_refused(self):
        self.refuses([source_ip("255.255.255.255/32")], "255.255.255.255/32")
        for value, word in (("1.2.3.4", "1.2.3.4/32"),
                            ("2001:db8::1", "2001:db8::1/128"),
                            ("10.0.0.0/33", "10.0.0.0/33"),
                            ("::/129", "::/129"), ("10.0.0/8", "10.0.0/8"),
                            ("example.com", "such as"), ("10.*", "such as"),
                            ("10.0.0.0/", "such as"), ("10.0.0.0/-1", "such")):
            self.refuses([source_ip(value)], "source-ip", word)
        self.allows([source_ip("255.255.255.254/32", "::1/128")])


class Regexes(RulesCase):

    # alb.md 10: 48
    def test_regexes_of_hosts_paths_and_headers_are_searched_for(self):
        self.serve([regex(path("^/v[0-9]+/users(/.*)?$"))],
                   [regex(host(r"^(www|api)\.example\.com$"))],
                   [regex(header("User-Agent", "firefox/1[0-9]{2}"))],
                   [regex(path("img"))])
        self.assertTakes("r1", "/v12/users")
        self.assertTakes("r1", "/v1/users/7")
        self.assertTakes("default", "/v/users")
        self.assertTakes("default", "/v1/usersx")
        self.assertTakes("r2", host_="api.example.com:8080")
        self.assertTakes("default", host_="api.example.com.evil.net")
        self.assertTakes("r3", headers=["User-Agent: x Firefox/123 y"])
        self.assertTakes("r3", headers=["User-Agent: a", "User-Agent: "
                                        "firefox/199"])
        self.assertTakes("default", headers=["User-Agent: firefox/12"])
        self.assertTakes("r4", "/a/img/b")

    # alb.md 10: 48
    def test_case_matters_to_regexes_of_paths_only(self):
        self.serve([regex(path("^/Api"))], [regex(host(r"^API\."))],
                   [regex(header("X-A", "^YES$"))])
        self.assertTakes("r1", "/Api")
        self.assertTakes("default", "/api")
        self.assertTakes("r2", host_="api.example.com")
        self.assertTakes("r3", headers=["X-A: yes"])

    # alb.md 10: 48
    def test_a_regex_of_a_path_does_not_see_the_query(self):
        self.serve([regex(path("x=1"))], [regex(path("/a$"))])
        self.assertTakes("r2", "/a?x=1")
        self.assertTakes("default", "/b?x=1")

    # alb.md 10: 48
    def test_one_of_several_regexes_is_enough(self):
        self.serve([regex(path("^/a$", "^/b", "c/$"))])
        for target in ("/a", "/bx", "/x/c/"):
            self.assertTakes("r1", target)
        self.assertTakes("default", "/ab")

    # alb.md 10: 48
    def test_a_regex_has_at_most_128_characters(self):
        self.allows([regex(path("a" * 128))])
        self.refuses([regex(path("a" * 129))], "128")
        self.refuses([regex(host("a" * 129))], "128")
        self.refuses([regex(header("X", "a" * 129))], "128")

    # alb.md 10: 48
    def test_constructs_that_take_more_than_linear_time_are_refused(self):
        for text in ("a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", r"(a)\1",
                     r"(?P<n>a)(?P=n)", r"(?<n>a)\k<n>", "(?>a+)b", "a++b",
                     "a*+b", "a?+b", "a{1,2}+b", "(a(?R)?b)", "(a)(?1)",
                     r"\p{L}", r"\P{Lu}", r"\pL"):
            for made in (regex(path(text)), regex(host(text)),
                         regex(header("X", text))):
                err = self.refuses([made], "character ", "RE2")
                self.assertIn(text.replace("\\", "\\"), err)

    # alb.md 10: 48
    def test_broken_regexes_are_refused_with_the_place_in_them(self):
        for text in ("(a", "a)", "[a", "*a", "a{2,1}", "a{1001}", "[z-a]",
                     "a\\", r"\q", "(?P<a"):
            err = self.refuses([regex(path(text))], "RE2")
            self.assertRegex(err, r"character [0-9]+: \S")

    # alb.md 10: 48
    def test_hostile_paths_do_not_hang_a_regex(self):
        for text in ("^/(a+)+$", "^/(a|a)*b$", "^/(a*)*c$", "(.*)*x$",
                     "^/(a|aa)+$", "(x+x+)+y"):
            self.serve([regex(path(text))])
            for tail in ("a" * 16000 + "!", "x" * 16000):
                self.assertIn(self.takes("/" + tail), ("default", "r1"))
            self.assertTakes("default", "/" + "a" * 16000 + "!")

    # alb.md 10: 48
    def test_the_largest_counted_regex_answers_on_a_long_header(self):
        self.serve([regex(header("X", "(([ab]{1,20}){1,20}){1,5}z"))])
        self.assertTakes("default", headers=["X: " + "ab" * 1000])
        self.assertTakes("r1", headers=["X: " + "ab" * 1000 + "z"])

    # alb.md 10: 48
    def test_only_hosts_paths_and_headers_have_regexes(self):
        for made in (method("GET"), query("a"), source_ip("10.0.0.0/8")):
            code, _, err = command("check", "-", stdin=stack_of([[
                regex(made)]]))
            self.assertEqual(code, 65, err)
            self.assertIn('has no property "RegexValues"', err)
            self.assertRegex(err, "error: .*Values is missing")
            bare = {"Field": made["Field"], "RegexValues": ["a"]}
            self.refuses([bare], "takes no RegexValues")

    # alb.md 10: 49
    def test_values_and_regexes_together_are_refused(self):
        for made in (path("/a", RegexValues=["b"]),
                     host("a.example.com", RegexValues=["b"]),
                     header("X", "a", RegexValues=["b"]),
                     {"Field": "path-pattern", "Values": ["/a"],
                      "RegexValues": ["b"]},
                     {"Field": "path-pattern", "Values": ["/a"],
                      "PathPatternConfig": {"RegexValues": ["b"]}}):
            self.refuses([made], "Values", "RegexValues", "leave one out")


class Spellings(RulesCase):

    # alb.md 10: 40, 42
    def test_the_old_form_has_its_values_without_a_config(self):
        self.serve([{"Field": "path-pattern", "Values": ["/old/*"]}],
                   [{"Field": "host-header", "Values": ["*.example.com"]}])
        self.assertTakes("r1", "/old/x")
        self.assertTakes("r2", host_="old.example.com")
        self.assertTakes("default")

    # alb.md 10: 43, 45, 46, 47
    def test_the_old_form_is_only_for_hosts_and_paths(self):
        for field, value in (("http-request-method", "GET"),
                             ("source-ip", "10.0.0.0/8"),
                             ("query-string", "a"), ("http-header", "a")):
            self.refuses([{"Field": field, "Values": [value]}], "Config")

    # alb.md 10: 39
    def test_more_than_five_values_or_wildcards_are_doubted_and_served(self):
        many = [path(*["/%d" % n for n in range(6)])]
        wild = [path("/*/*/*/*/*/*")]
        for conditions in (many, wild):
            code, _, err = command("check", "-", stdin=stack_of([conditions]))
            self.assertEqual(code, 0, err)
            self.assertRegex(err, "warning: .*AWS takes 5 in a rule")
            code, _, err = command("check", "--strict", "-",
                                   stdin=stack_of([conditions]))
            self.assertEqual(code, 65, err)
        self.serve(many, wild)
        self.assertTakes("r1", "/5")
        self.assertTakes("r2", "/1/2/3/4/5/6")


# ---- a second opinion ---------------------------------------------------------
def glob(pattern, text, fold):
    made = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c)
                   for c in pattern)
    return re.fullmatch(made, text, re.S | (re.I if fold else 0)) is not None


def holds(condition, asked):
    """Whether the condition holds for (method, host, path, query, headers)."""
    config = next(v for k, v in condition.items() if k != "Field")
    field, values = condition["Field"], config.get("Values", [])
    if field == "host-header":
        return any(glob(v, asked["host"], True) for v in values)
    if field == "path-pattern" and "RegexValues" in config:
        return any(re.search(v, asked["path"]) for v in config["RegexValues"])
    if field == "path-pattern":
        return any(glob(v, asked["path"], False) for v in values)
    if field == "http-request-method":
        return asked["method"] in values
    if field == "http-header":
        return any(glob(v, text, True) for v in values
                   for name, text in asked["headers"]
                   if name.lower() == config["HttpHeaderName"].lower())
    pairs = [p.partition("=")[::2] for p in asked["query"].split("&") if p]
    return any(("Key" not in v or glob(v["Key"], key, True)) and
               glob(v["Value"], value, True)
               for v in values for key, value in pairs)


class Many(RulesCase):

    SEGMENTS = ("a", "b", "ab", "abc", "A", "x")
    HOSTS = ("a.example.com", "b.example.com", "www.a.example.com",
             "example.com", "a.example.org")

    def random_path(self, chance, wild):
        text = ""
        for _ in range(chance.randrange(1, 4)):
            text += "/" + chance.choice(self.SEGMENTS)
            if wild and chance.random() < 0.3:
                text += chance.choice("*?")
        if wild and chance.random() < 0.3:
            text = text[:-1] + "*"
        return text

    def random_condition(self, chance, field):
        if field == 0:
            return path(*[self.random_path(chance, True)
                          for _ in range(chance.randrange(1, 3))])
        if field == 1:
            return host(chance.choice(self.HOSTS + (
                "*.example.com", "?.example.org", "*a.example.com")))
        if field == 2:
            return method(*chance.sample(["GET", "PUT", "POST"], 2))
        if field == 3:
            return header(chance.choice(["X-A", "x-b"]),
                          chance.choice(["1", "*2*", "?"]))
        if field == 4:
            return query((chance.choice(["k", "K?", "*"]),
                          chance.choice(["1", "v*"])))
        return regex(path(chance.choice(["^/a/?b", "b$", "/(a|x)+/", "[bc]"])))

    def random_rule(self, chance):
        fields = chance.choice(((0,), (0,), (0, 1), (1,), (0, 2), (3,), (0, 3),
                                (4, 0), (5,), (5, 1), (0, 1, 2, 4), (1, 4)))
        return [self.random_condition(chance, field) for field in fields]

    def random_request(self, chance):
        return {
            "method": chance.choice(["GET", "PUT", "POST"]),
            "host": chance.choice(self.HOSTS), "path": self.random_path(
                chance, False) + chance.choice(["", "", "/", "x"]),
            "query": chance.choice(["", "k=1", "K2=v3", "z=1&k=v", "k"]),
            "headers": chance.choice([
                [], [("X-A", "1")], [("X-B", "321"), ("X-A", "9")],
                [("x-a", "12"), ("X-A", "1")]])}

    # alb.md 10: 38, 39, 40, 42, 43, 45, 46, 48
    def test_many_rules_choose_as_trying_them_one_by_one_does(self):
        chance = random.Random(3)
        rules = [self.random_rule(chance) for _ in range(200)]
        numbers = list(range(1, len(rules) + 1))
        chance.shuffle(numbers)
        # Those that take much come late, so that others are reached.
        numbers = [n + 1000 * (len(r) == 1) for n, r in zip(numbers, rules)]
        sluice = self.serve(*[(number, "p%d" % number, rule)
                              for number, rule in zip(numbers, rules)])
        ordered = sorted(zip(numbers, rules), key=lambda pair: pair[0])
        taken = set()
        with sluice.client() as client:
            for _ in range(1500):
                asked = self.random_request(chance)
                wanted = next(
                    ("p%d" % n for n, rule in ordered
                     if all(holds(c, asked) for c in rule)), "default")
                target = asked["path"] + ("?" + asked["query"]
                                          if asked["query"] else "")
                self.assertEqual(self.takes(
                    target, asked["method"], asked["host"],
                    ["%s: %s" % pair for pair in asked["headers"]],
                    client), wanted, asked)
                taken.add(wanted)
        self.assertGreater(len(taken), 30)


if __name__ == "__main__":
    rig.main()

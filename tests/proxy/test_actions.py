#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What rules do with requests: forward with weights, redirect, fixed response,
transforms; and where the listeners of a template listen here."""
import re
import unittest

import rig
import test_balancing as balancing
from rig import Origin, respond, until
from stack import (Served, Stack, command, fixed, forward, host, path, redirect,
                   ref, regex)

PROBE = "ELB-HealthChecker"


def fast(conn):
    """Answer bodyless requests as fast as Python can; count all but probes."""
    while True:
        asked = conn.read_head()
        conn.count += PROBE.encode() not in asked
        conn.raw.clear()
        conn.send(respond(conn.origin.name))


def asked(origin):
    """The requests that were no probes."""
    return [r for r in list(origin.requests)
            if PROBE not in r.get("User-Agent", "")]


def transform(kind, regex_, replace):
    name = {"url-rewrite": "UrlRewriteConfig",
            "host-header-rewrite": "HostHeaderRewriteConfig"}[kind]
    return {"Type": kind, name: {"Rewrites": [{"Regex": regex_,
                                               "Replace": replace}]}}


def url(regex_, replace):
    return transform("url-rewrite", regex_, replace)


def host_rewrite(regex_, replace):
    return transform("host-header-rewrite", regex_, replace)


class ActionCase(unittest.TestCase):

    def serve(self, stack, *options, **more):
        sluice = Served(stack, *options, **more)
        self.addCleanup(sluice.stop)
        return sluice

    def origin(self, *arguments, **more):
        origin = Origin(*arguments, **more)
        self.addCleanup(origin.close)
        return origin

    def named(self, *names):
        """Origins that answer with their name, and count."""
        made = []
        for name in names:
            made.append(self.origin(fast))
            made[-1].name = name.encode()
        return made

    def refuses(self, stack, *words):
        code, _, err = command("check", "-", stdin=stack)
        self.assertEqual(code, 65, err)
        self.assertRegex(err, r"(?m)^-:[0-9]+:[0-9]+: error: ")
        for word in words:
            self.assertIn(word, err)

    def allows(self, stack, *options):
        code, _, err = command("check", "-", *options, stdin=stack)
        self.assertEqual(code, 0, err)

    def assertPage(self, answer, status, connection="keep-alive"):
        self.assertEqual(answer.status, status, answer)
        self.assertRegex(answer.raw, rig.page_pattern(status,
                                                      connection.encode()))


def ask(client, target="/", method="GET", host_="example.com", headers=(),
        version="1.1"):
    lines = ["%s %s HTTP/%s" % (method, target, version)]
    if host_ is not None:
        lines.append("Host: " + host_)
    client.send(("\r\n".join(lines + list(headers)) + "\r\n\r\n")
                .encode("latin-1"))
    return client.response(method)


class Forward(ActionCase):

    def weighted(self, made, weights):
        stack = Stack()
        for origin in made:
            stack.group(origin.name.decode(), [origin.address])
        return stack.listener("Web", 80, forward(*[
            (o.name.decode(), w) for o, w in zip(made, weights)]))

    def assertSplit(self, sluice, made, weights, requests):
        """One try may fail by chance (p 0.001); two in a row do not."""
        for last in (False, True):
            before = balancing.counts(made)
            self.assertEqual(balancing.ask_many(sluice, requests), [])
            got = [a - b for a, b in zip(balancing.counts(made), before)]
            self.assertEqual(sum(got), requests)
            some = [(g, w) for g, w in zip(got, weights) if w]
            self.assertEqual([g for g, w in zip(got, weights) if not w],
                             [0] * (len(got) - len(some)))
            p = balancing.chi_square_p(*zip(*some))
            if p > 0.001 or last:
                self.assertGreater(p, 0.001, got)
                return

    # alb.md 10: 50
    def test_10000_requests_split_as_the_weights_say(self):
        made = self.named("Blue", "Green", "Red")
        sluice = self.serve(self.weighted(made, [90, 10, 0]), workers=2)
        self.assertSplit(sluice, made, [90, 10, 0], 10000)

    # alb.md 10: 50
    def test_up_to_five_groups_share_by_weight(self):
        made = self.named("A", "B", "C", "D", "E")
        weights = [1, 999, 500, 250, 0]
        sluice = self.serve(self.weighted(made, weights))
        self.assertSplit(sluice, made, weights, 10000)

    # alb.md 10: 50
    def test_five_groups_are_the_most(self):
        stack = Stack()
        names = ["T%d" % n for n in range(6)]
        for name in names:
            stack.group(name, ["127.0.0.1:9"])
        self.refuses(stack.listener("Web", 80, forward(*names)),
                     "TargetGroups has 6 target groups")

    # alb.md 10: 50
    def test_a_weight_of_0_gets_nothing(self):
        blue, green = self.named("Blue", "Green")
        sluice = self.serve(self.weighted([blue, green], [0, 1]))
        self.assertEqual(balancing.ask_many(sluice, 1000), [])
        self.assertEqual(balancing.counts([blue, green]), [0, 1000])

    # alb.md 10: 50
    def test_weights_that_are_all_0_answer_503(self):
        made = self.named("Blue", "Green")
        stack = self.weighted(made, [0, 0])
        sluice = self.serve(stack)
        with sluice.client() as client:
            for _ in range(3):
                self.assertPage(client.ask("/"), 503)
        self.assertEqual(balancing.counts(made), [0, 0])
        code, _, err = command("check", "-", stdin=stack)
        self.assertEqual(code, 0)
        self.assertRegex(err, "warning: .*[Ww]eight")

    # alb.md 10: 50
    def test_weights_are_from_0_to_999(self):
        for weight in (-1, 1000, "x", 1.5):
            stack = Stack().group("A", ["127.0.0.1:9"])
            self.refuses(stack.listener("Web", 80, forward(("A", weight))),
                         "Weight")

    # alb.md 10: 50
    def test_weights_do_not_look_at_health(self):
        (blue,) = self.named("Blue")
        stack = Stack().group("Blue", [blue.address]).group("Empty")
        stack.listener("Web", 80, forward(("Blue", 1), ("Empty", 1)))
        sluice = self.serve(stack)
        seen = set()
        with sluice.client() as client:
            for _ in range(100):
                seen.add(client.ask("/").status)
        self.assertEqual(seen, {200, 503})

    # alb.md 10: 50
    def test_each_rule_has_its_own_weights(self):
        blue, green = self.named("Blue", "Green")
        stack = self.weighted([blue, green], [1, 0])
        stack.rule("Rule", "Web", 1, [path("/g")], forward("Green"))
        with self.serve(stack).client() as client:
            for _ in range(20):
                self.assertEqual(client.ask("/").body, b"Blue")
                self.assertEqual(client.ask("/g").body, b"Green")

    # alb.md 10: 75
    def test_a_group_without_an_address_answers_503_and_names_the_flag(self):
        (blue,) = self.named("Blue")
        stack = Stack().group("ApiTargets").listener("Web", 80,
                                                     forward("ApiTargets"))
        sluice = self.serve(stack)
        with sluice.client() as client:
            for method in ("GET", "POST"):
                self.assertPage(ask(client, "/", method,
                                    headers=["Content-Length: 0"]), 503)
        flag = until(lambda: re.search(r"--service ApiTargets=HOST:PORT",
                                       "\n".join(sluice.log)),
                     "the flag on stderr")
        self.assertIn("ApiTargets has no address here and answers 503",
                      "\n".join(sluice.log))
        code, _, err = command("check", "-", stdin=stack)
        self.assertEqual(code, 0)
        self.assertIn(flag.group(0), err)
        # It does what it promises.
        given = flag.group(0).replace("HOST:PORT", blue.address).split(" ")
        with self.serve(stack, *given).client() as client:
            self.assertEqual(client.ask("/").body, b"Blue")


class Redirect(ActionCase):

    def location(self, action, target="/a/b?c=d", **more):
        stack = Stack().listener("Web", 80, action)
        sluice = self.serve(stack)
        self.port = sluice.listeners["Web"][1]
        with sluice.client() as client:
            answer = ask(client, target, **more)
        self.assertIn(answer.status, (301, 302), answer)
        return answer.get("Location")

    # alb.md 10: 52
    def test_the_answer_is_ALBs_byte_for_byte(self):
        for status, reason, length in ((301, b"Moved Permanently", 134),
                                       (302, b"Found", 110)):
            stack = Stack().listener("Web", 80, redirect(
                "HTTP_%d" % status, Host="new.example.com", Protocol="HTTPS",
                Port="443"))
            with self.serve(stack).client() as client:
                answer = client.ask("/x")
                self.assertEqual(client.ask("/y").status, status)
            title = b"%d %s" % (status, reason)
            self.assertEqual(answer.body, (
                b"<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n"
                b"<center><h1>%s</h1></center>\r\n</body>\r\n</html>\r\n" % (
                    title, title)))
            self.assertEqual(len(answer.body), length)
            self.assertEqual(answer.reason, reason.decode())
            self.assertRegex(answer.get("Date").encode(), rig.DATE)
            fields = dict(answer.headers)
            self.assertEqual(len(fields), len(answer.headers), answer)
            fields.pop("Date")
            self.assertEqual(fields, {
                "Server": "awselb/2.0", "Content-Type": "text/html",
                "Content-Length": str(length), "Connection": "keep-alive",
                "Location": "https://new.example.com:443/x"})

    # alb.md 10: 52
    def test_parts_that_are_left_out_stay_as_they_are(self):
        for action, wanted in (
                (redirect(Host="h.example.com"),
                 "http://h.example.com:%d/a/b?c=d"),
                (redirect(Path="/new"), "http://example.com:%d/new?c=d"),
                (redirect(Path="/new", Query=""), "http://example.com:%d/new"),
                (redirect(Protocol="HTTPS"), "https://example.com:%d/a/b?c=d"),
                (redirect(Port="8443"), "http://example.com:8443/a/b?c=d"),
                (redirect(Path="/n", Query="x=y"),
                 "http://example.com:%d/n?x=y")):
            got = self.location(action)
            self.assertEqual(got, wanted % self.port if "%d" in wanted
                             else wanted)

    # alb.md 10: 52
    def test_the_port_is_always_in_the_location(self):
        for protocol, port in (("HTTPS", "443"), ("HTTP", "81"),
                               ("HTTPS", "8443"), ("HTTP", "65535")):
            self.assertEqual(
                self.location(redirect(Protocol=protocol, Port=port,
                                       Host="www.example.com")),
                "%s://www.example.com:%s/a/b?c=d" % (protocol.lower(), port))

    # alb.md 10: 52
    def test_every_keyword_stands_for_its_part_of_the_request(self):
        got = self.location(redirect(
            Protocol="#{protocol}", Host="www.#{host}", Port="#{port}",
            Path="/p/#{host}/#{port}/#{path}",
            Query="q=#{query}&h=#{host}&p=#{path}&o=#{port}&s=#{protocol}"))
        self.assertEqual(
            got, "http://www.example.com:%d/p/example.com/%d/a/b?"
            "q=c=d&h=example.com&p=a/b&o=%d&s=http" % ((self.port,) * 3))

    # alb.md 10: 52
    def test_a_keyword_may_stand_twice_and_in_the_middle(self):
        self.assertEqual(
            self.location(redirect(Host="#{host}.#{host}.net", Port="80",
                                   Path="/x#{path}y#{path}")),
            "http://example.com.example.com.net:%d/xa/bya/b?c=d" % self.port)

    # alb.md 10: 52
    def test_the_port_of_the_host_is_no_part_of_host(self):
        for name in ("example.com:8080", "example.com:", "example.com"):
            self.assertEqual(self.location(redirect(Path="/x"), "/",
                                           host_=name),
                             "http://example.com:%d/x" % self.port)

    # alb.md 10: 52
    def test_an_empty_query_has_no_question_mark(self):
        action = redirect(Path="/x/#{path}", Query="#{query}")
        self.assertEqual(self.location(action, "/a"),
                         "http://example.com:%d/x/a" % self.port)
        self.assertEqual(self.location(action, "/a?"),
                         "http://example.com:%d/x/a" % self.port)
        self.assertEqual(self.location(redirect(Path="/x/#{path}"), "/"),
                         "http://example.com:%d/x/" % self.port)

    # alb.md 10: 52
    def test_nothing_that_is_encoded_is_encoded_again(self):
        self.assertEqual(
            self.location(redirect(Path="/x/#{path}"), "/a%20b/%2F?c=%26"),
            "http://example.com:%d/x/a%%20b/%%2F?c=%%26" % self.port)

    # alb.md 10: 52
    def test_a_request_cannot_end_the_location(self):
        for raw, wanted in (("/a\"b", "a%22b"), ("/\xe9", "%E9"),
                            ("/a<b>", "a%3Cb%3E"), ("/a b", "a%20b")):
            got = self.location(redirect(Path="/x/#{path}"), raw)
            self.assertEqual(got, "http://example.com:%d/x/%s" % (
                self.port, wanted))

    # alb.md 10: 52
    def test_the_template_s_ports_are_written_as_they_are_here(self):
        stack = Stack().listener("Web", 80, redirect(Port="8080"))
        stack.listener("Api", 8080, redirect(Port="8080", Path="/here"))
        for _ in range(10):
            web, api = rig.Closed(), rig.Closed()
            ports = [int(c.address.split(":")[1]) for c in (web, api)]
            web.close()
            api.close()
            try:
                sluice = self.serve(stack, "--port", "80=%d" % ports[0],
                                    "--port", "8080=%d" % ports[1])
                break
            except AssertionError as error:     # somebody took a port
                if "exit 69" not in str(error):
                    raise
        with sluice.client("Web") as client:
            self.assertEqual(client.ask("/x").get("Location"),
                             "http://example.com:%d/x" % ports[1])
        with sluice.client("Api") as client:
            self.assertEqual(client.ask("/x").get("Location"),
                             "http://example.com:%d/here" % ports[1])

    # alb.md 10: 52
    def test_a_location_of_more_than_8_K_is_507(self):
        stack = Stack().listener("Web", 80, redirect(Path="/x/#{path}",
                                                     Query=""))
        sluice = self.serve(stack)
        begin = "http://example.com:%d/x/" % sluice.listeners["Web"][1]
        with sluice.client() as client:
            answer = client.ask("/" + "a" * (8192 - len(begin)))
            self.assertEqual(answer.status, 301)
            self.assertEqual(len(answer.get("Location")), 8192)
            for more in (1, 2, 5000):
                answer = client.ask("/" + "a" * (8192 - len(begin) + more))
                self.assertEqual(answer.status, 507)
                self.assertIsNone(answer.get("Location"))
                self.assertEqual(answer.get("Server"), "awselb/2.0")
            self.assertEqual(client.ask("/short").status, 301)
        self.assertEqual(sluice.metric(
            "sluice_redirect_url_limit_exceeded_total"), 3)

    # alb.md 10: 52
    def test_HEAD_and_POST_are_redirected_too(self):
        stack = Stack().listener("Web", 80, redirect("HTTP_302", Path="/x"))
        with self.serve(stack).client() as client:
            answer = client.ask("/", "HEAD")
            self.assertEqual((answer.status, answer.body,
                              answer.get("Content-Length")), (302, b"", "110"))
            answer = client.ask("/", "POST", body=b"x" * 5000)
            self.assertEqual(answer.status, 302)
            self.assertEqual(client.ask("/").status, 302)

    # alb.md 10: 52
    def test_a_redirect_from_HTTPS_to_HTTP_is_refused(self):
        stack = Stack().listener(
            "Tls", 443, redirect(Protocol="HTTP", Port="80"), Protocol="HTTPS",
            Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1:"
                           "000000000000:certificate/1"}])
        self.refuses(stack, "from HTTPS to HTTP is refused by AWS")

    # alb.md 10: 52
    def test_a_redirect_to_where_it_comes_from_is_refused(self):
        for parts in ({}, {"Protocol": "HTTP", "Port": "80"},
                      {"Protocol": "#{protocol}", "Host": "#{host}",
                       "Port": "#{port}", "Path": "/#{path}",
                       "Query": "#{query}"}, {"Query": "a=b"}):
            self.refuses(Stack().listener("Web", 80, redirect(**parts)),
                         "leads to where it comes from",
                         "change Protocol, Host, Port or Path")
        self.allows(Stack().listener("Web", 80, redirect(Port="81")))

    # alb.md 10: 52
    def test_keywords_have_their_places(self):
        for parts, word in (({"Protocol": "#{host}"}, "#{host}"),
                            ({"Protocol": "#{port}"}, "#{port}"),
                            ({"Host": "#{path}.com"}, "#{path}"),
                            ({"Host": "#{port}.com"}, "#{port}"),
                            ({"Port": "#{host}"}, "#{host}"),
                            ({"Path": "/#{query}"}, "#{query}"),
                            ({"Path": "/#{protocol}"}, "#{protocol}"),
                            ({"Path": "/#{pth}"}, "did you mean #{path}?"),
                            ({"Path": "#{path}"}, "must begin with /"),
                            ({"Path": "new"}, "must begin with /"),
                            ({"Query": "?a=b", "Path": "/x"}, "leave it out"),
                            ({"Port": "0"}, "1 to 65535"),
                            ({"Port": "65536"}, "1 to 65535"),
                            ({"Protocol": "https"}, "HTTPS")):
            self.refuses(Stack().listener("Web", 80, redirect(**parts)), word)


class FixedResponse(ActionCase):

    def answer(self, action, method="GET"):
        stack = Stack().listener("Web", 80, action)
        with self.serve(stack).client() as client:
            answer = client.ask("/", method)
            again = client.ask("/")
            self.assertEqual(again.status, answer.status)
        return answer

    # alb.md 10: 53
    def test_the_answer_is_ALBs_byte_for_byte(self):
        answer = self.answer(fixed(200, "hello", "text/plain"))
        self.assertRegex(answer.raw, re.compile(
            rb"HTTP/1\.1 200 OK\r\nServer: awselb/2\.0\r\nDate: " + rig.DATE +
            rb"\r\nContent-Type: text/plain; charset=utf-8\r\n"
            rb"Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello\Z"))

    # alb.md 10: 53
    def test_every_status_that_is_allowed_is_sent(self):
        codes = [200, 201, 202, 203, 206, 299, 400, 401, 403, 404, 410, 418,
                 429, 451, 460, 499, 500, 501, 502, 503, 504, 507, 599]
        stack = Stack().listener("Web", 80)
        for code in codes:
            stack.rule("R%d" % code, "Web", code, [path("/%d" % code)],
                       fixed(code, "body of %d" % code))
        with self.serve(stack).client() as client:
            for code in codes:
                answer = client.ask("/%d" % code)
                self.assertEqual((answer.status, answer.body.decode()),
                                 (code, "body of %d" % code))

    # alb.md 10: 53
    def test_204_has_neither_body_nor_length(self):
        answer = self.answer(fixed(204, ""))
        self.assertEqual(answer.status, 204)
        self.assertEqual(answer.all("Content-Length"), [])

    # alb.md 10: 53
    def test_a_body_of_a_status_that_has_none_is_not_sent(self):
        answer = self.answer(fixed(204, "nobody"))
        self.assertEqual((answer.status, answer.body), (204, b""))

    # alb.md 10: 53
    def test_other_codes_are_refused(self):
        for code in (100, 101, 199, 300, 301, 304, 399, 600, 99, 2000, "2XX",
                     "", "abc", -200):
            self.refuses(Stack().listener("Web", 80, fixed(code)),
                         "StatusCode of a fixed response cannot be")

    # alb.md 10: 53
    def test_every_content_type_is_sent_with_its_charset(self):
        for kind in ("text/plain", "text/css", "text/html",
                     "application/javascript", "application/json"):
            answer = self.answer(fixed(200, "{}", kind))
            self.assertEqual(answer.get("Content-Type"),
                             kind + "; charset=utf-8")
        for kind in ("text/xml", "image/png", "text/plain; charset=utf-8",
                     "TEXT/PLAIN", "text/plan"):
            self.refuses(Stack().listener("Web", 80, fixed(200, "", kind)),
                         "ContentType")

    # alb.md 10: 53
    def test_a_body_has_at_most_1024_characters(self):
        answer = self.answer(fixed(200, "x" * 1024))
        self.assertEqual(answer.body, b"x" * 1024)
        self.refuses(Stack().listener("Web", 80, fixed(200, "x" * 1025)),
                     "MessageBody", "1024")

    # alb.md 10: 53
    def test_a_body_is_sent_as_it_is(self):
        for body in ("h\xe9llo \u2603\n", "<b>\"a\" & 'b'</b>\r\n\r\n", "#{host}",
                     "a\tb\\n"):
            answer = self.answer(fixed(200, body))
            self.assertEqual(answer.body.decode(), body)
            self.assertEqual(answer.get("Content-Length"),
                             str(len(body.encode())))

    # alb.md 10: 53
    def test_an_empty_body_has_a_length_of_0(self):
        for action in (fixed(404, ""), {
                "Type": "fixed-response",
                "FixedResponseConfig": {"StatusCode": "404"}}, {
                "Type": "fixed-response", "FixedResponseConfig": {
                    "StatusCode": 404}}):
            answer = self.answer(action)
            self.assertEqual((answer.status, answer.body,
                              answer.all("Content-Length")), (404, b"", ["0"]))

    # alb.md 10: 53
    def test_HEAD_gets_the_head_only(self):
        answer = self.answer(fixed(200, "hello"), "HEAD")
        self.assertEqual((answer.status, answer.body,
                          answer.get("Content-Length")), (200, b"", "5"))

    # alb.md 10: 53
    def test_a_request_s_body_is_read_and_the_connection_goes_on(self):
        stack = Stack().listener("Web", 80, fixed(200, "hello"))
        with self.serve(stack).client() as client:
            answer = client.ask("/", "POST", body=b"GET /x HTTP/1.1\r\n\r\n")
            self.assertEqual(answer.body, b"hello")
            client.send(rig.head("Transfer-Encoding: chunked") +
                        b"5\r\nGET /\r\n0\r\n\r\n")
            self.assertEqual(client.response().body, b"hello")
            client.send(rig.head("Content-Length: 40000"))
            client.send(b"x" * 20000)
            client.send(b"x" * 20000)
            self.assertEqual(client.response().body, b"hello")
            self.assertEqual(client.ask("/").body, b"hello")
            client.send(b"")
            client.half_close()
            client.eof()

    # alb.md 10: 53
    def test_pipelined_requests_get_an_answer_each(self):
        stack = Stack().listener("Web", 80, fixed(404, "no"))
        stack.rule("R", "Web", 1, [path("/yes")], fixed(200, "yes"))
        with self.serve(stack).client() as client:
            client.send((rig.head(method="GET", target="/yes") +
                         rig.head(method="GET", target="/no")) * 20)
            for _ in range(20):
                self.assertEqual(client.response().body, b"yes")
                self.assertEqual(client.response().body, b"no")


class Transforms(ActionCase):

    def sees(self, transforms, target="/", host_="example.com",
             attributes=None):
        """The request as the target saw it, if it did; and self.answer."""
        origin = self.origin()
        stack = Stack(lb=False).balancer("Lb", attributes)
        stack.group("Tg", [origin.address]).listener("Web", 80)
        stack.rule("Rule", "Web", 1, [path("/*")], forward("Tg"),
                   Transforms=transforms)
        sluice = self.serve(stack)
        with sluice.client() as client:
            self.answer = ask(client, target, host_=host_)
        self.port = sluice.listeners["Web"][1]
        seen = asked(origin)
        self.assertLessEqual(len(seen), 1)
        return seen[0] if seen else None

    # alb.md 10: 54
    def test_a_url_is_rewritten_with_the_groups_of_its_regex(self):
        seen = self.sees([url("^/dp/([A-Za-z0-9]+)/?$", "/product.php?id=$1")],
                         "/dp/B123/")
        self.assertEqual(seen.target, "/product.php?id=B123")
        seen = self.sees([url("^/(.)(.)(.)(.)(.)(.)(.)(.)(.)$",
                              "/$9$8$7$6$5$4$3$2$1-$1")], "/123456789")
        self.assertEqual(seen.target, "/987654321-1")

    # alb.md 10: 54
    def test_a_url_regex_sees_path_and_query(self):
        seen = self.sees([url(r"^/old\?id=([0-9]+)$", "/new/$1")],
                         "/old?id=42")
        self.assertEqual(seen.target, "/new/42")
        seen = self.sees([url(r"\?.*$", "")], "/old?id=42&x=y")
        self.assertEqual(seen.target, "/old")

    # alb.md 10: 54
    def test_the_first_match_is_replaced_and_the_rest_stays(self):
        self.assertEqual(self.sees([url("a+", "b")], "/xaay/aa?a=a").target,
                         "/xby/aa?a=a")

    # alb.md 10: 54
    def test_the_case_of_a_url_matters(self):
        self.assertEqual(self.sees([url("^/API/", "/x/")], "/api/y").target,
                         "/api/y")

    # alb.md 10: 54
    def test_a_host_is_rewritten(self):
        seen = self.sees(
            [host_rewrite("^mywebsite-(.+).com$", "internal.dev.$1.myweb.com")],
            host_="mywebsite-shop.com")
        self.assertEqual(seen.all("Host"), ["internal.dev.shop.myweb.com"])

    # alb.md 10: 54
    def test_a_host_regex_does_not_look_at_case_and_port(self):
        seen = self.sees([host_rewrite("^www[.](.*)$", "$1")],
                         host_="WWW.example.com:80")
        self.assertEqual(seen.all("Host"), ["example.com"])

    # alb.md 10: 54
    def test_a_rewritten_host_is_sent_as_it_was_written(self):
        for replace in ("$1", "$1:8081"):
            seen = self.sees([host_rewrite("^www[.](.*)$", replace)],
                             host_="www.example.com")
            self.assertEqual(seen.all("Host"),
                             [replace.replace("$1", "example.com")])

    # alb.md 10: 54
    def test_host_and_url_are_rewritten_together(self):
        seen = self.sees([url("^/v1/", "/"), host_rewrite("^v1[.]", "")],
                         "/v1/x?y=z", host_="v1.example.com")
        self.assertEqual((seen.target, seen.all("Host")),
                         ("/x?y=z", ["example.com"]))

    # alb.md 10: 54
    def test_a_regex_that_does_not_match_changes_nothing(self):
        seen = self.sees([url("^/nothing$", "/"),
                          host_rewrite("^nothing", "x")],
                         "/a%20b?c=%2F", host_="example.com")
        self.assertEqual((seen.target, seen.all("Host")), (
            "/a%20b?c=%2F", ["example.com:%d" % self.port]))

    # alb.md 10: 54
    def test_a_rewritten_host_goes_before_a_preserved_one(self):
        on = {"routing.http.preserve_host_header.enabled": "true"}
        seen = self.sees([host_rewrite("^www[.](.*)$", "$1")], attributes=on,
                         host_="www.Example.com:81")
        self.assertRegex(seen.get("Host"), r"(?i)\Aexample\.com(:81)?\Z")
        seen = self.sees([host_rewrite("^nothing", "x")], attributes=on,
                         host_="www.Example.com:81")
        self.assertEqual(seen.all("Host"), ["www.Example.com:81"])

    # alb.md 10: 54
    def test_a_rewrite_that_fails_answers_500(self):
        for transforms in ([url("^/(.*)$", "$1")], [url("^.*$", "")],
                           [url("^/", "")],
                           [host_rewrite("^.*$", "")],
                           [host_rewrite("^.*$", "a b")],
                           [host_rewrite("^.*$", "a/b")]):
            self.assertIsNone(self.sees(transforms, "/x"))
            self.assertPage(self.answer, 500)

    # alb.md 10: 54
    def test_a_rewritten_url_that_is_too_long_answers_500(self):
        seen = self.sees([url("^/(.*)$", "/$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1")],
                         "/" + "a" * 15000)
        self.assertIsNone(seen)
        self.assertPage(self.answer, 500)

    # alb.md 10: 54
    def test_a_request_cannot_add_a_line_by_way_of_a_transform(self):
        seen = self.sees([url("^/(.*)$", "/x/$1")], "/a%0d%0aX-Evil:%20y")
        self.assertEqual(seen.target, "/x/a%0d%0aX-Evil:%20y")
        self.assertEqual(seen.all("X-Evil"), [])

    # alb.md 10: 54
    def test_the_rule_is_chosen_before_the_transforms(self):
        blue, green = self.origin(), self.origin()
        stack = Stack().group("Blue", [blue.address])
        stack.group("Green", [green.address]).listener("Web", 80)
        stack.rule("A", "Web", 1, [path("/a/*")], forward("Blue"),
                   Transforms=[url("^/a/", "/b/"),
                               host_rewrite("^.*$", "b.example.com")])
        stack.rule("B", "Web", 2, [path("/b/*")], forward("Green"),
                   Transforms=[url("^/b/", "/a/")])
        stack.rule("C", "Web", 3, [host("b.example.com")], forward("Green"))
        with self.serve(stack).client() as client:
            self.assertEqual(client.ask("/a/x").body, b"GET /b/x")
            self.assertEqual(client.ask("/b/x").body, b"GET /a/x")
        self.assertEqual([r.target for r in asked(blue)], ["/b/x"])
        self.assertEqual([r.target for r in asked(green)], ["/a/x"])

    # alb.md 10: 54
    def test_a_body_goes_with_a_rewritten_url(self):
        origin = self.origin()
        stack = Stack().group("Tg", [origin.address]).listener("Web", 80)
        stack.rule("Rule", "Web", 1, [path("/*")], forward("Tg"),
                   Transforms=[url("^/old", "/new/and/longer/than/before")])
        with self.serve(stack).client() as client:
            for size in (1, 100000):
                answer = client.ask("/old/x", "POST", body=b"z" * size)
                self.assertEqual(answer.body,
                                 b"POST /new/and/longer/than/before/x")
                self.assertEqual(asked(origin)[-1].body, b"z" * size)

    # alb.md 10: 54
    def test_bad_transforms_are_refused(self):
        def stack(*transforms):
            made = Stack().group("Tg", ["127.0.0.1:9"]).listener("Web", 80)
            return made.rule("Rule", "Web", 1, [path("/*")], forward("Tg"),
                             Transforms=list(transforms))
        for transforms, word in (
                ([url("a", "b"), url("c", "d")], "at most one url-rewrite"),
                ([host_rewrite("a", "b"), host_rewrite("c", "d")],
                 "at most one host-header-rewrite"),
                ([url("(a", "b")], "character 1"),
                ([url("a(?=b)", "b")], "character 2"),
                ([url("a", "$1")], "has $1"),
                ([{"Type": "url-rewrite"}], "UrlRewriteConfig"),
                ([{"Type": "url-rewrit", "UrlRewriteConfig": {
                    "Rewrites": [{"Regex": "a", "Replace": "b"}]}}],
                 "url-rewrite")):
            self.refuses(stack(*transforms), word)
        made = Stack().listener("Web", 80, Transforms=[url("a", "b")])
        self.refuses(made, "Transforms")


class Listeners(ActionCase):

    # alb.md 10: 121
    def test_two_load_balancers_have_attributes_of_their_own(self):
        origin = self.origin()
        stack = Stack(lb=False)
        stack.balancer("Quick", {"idle_timeout.timeout_seconds": 1})
        stack.balancer("Slow", {
            "idle_timeout.timeout_seconds": 4000,
            "routing.http.preserve_host_header.enabled": "true",
            "routing.http.xff_header_processing.mode": "remove"})
        for lb in ("Quick", "Slow"):
            stack.group("Tg" + lb, [origin.address])
            stack.listener("Web" + lb, 80, forward("Tg" + lb), lb=lb)
        sluice = self.serve(stack)
        self.assertEqual(set(sluice.listeners), {"WebQuick", "WebSlow"})
        with sluice.client("WebQuick") as quick, \
                sluice.client("WebSlow") as slow:
            for client in (slow, quick):
                self.assertEqual(ask(client, host_="Example.com:81").status,
                                 200)
            seen = asked(origin)
            self.assertEqual([r.all("Host") for r in seen],
                             [["Example.com:81"], ["example.com:81"]])
            self.assertEqual([r.all("X-Forwarded-For") for r in seen],
                             [[], ["127.0.0.1"]])
            quick.eof()
            self.assertEqual(slow.ask("/").status, 200)

    # alb.md 10: 38
    def test_every_listener_has_rules_and_a_default_of_its_own(self):
        stack = Stack().listener("Web", 80, fixed(200, "web"))
        stack.listener("Admin", 8080, fixed(200, "admin"))
        stack.rule("WebRule", "Web", 1, [path("/x")], fixed(200, "web x"))
        stack.rule("AdminRule", "Admin", 1, [path("/x")],
                   fixed(200, "admin x"))
        sluice = self.serve(stack)
        for name in ("Web", "Admin"):
            with sluice.client(name) as client:
                self.assertEqual(client.ask("/").body.decode(), name.lower())
                self.assertEqual(client.ask("/x").body.decode(),
                                 name.lower() + " x")

    def on_free_ports(self, count, start):
        """start(ports) with ports that were free just now."""
        for last in [False] * 9 + [True]:
            held = [rig.Closed() for _ in range(count)]
            ports = [int(c.address.split(":")[1]) for c in held]
            for one in held:
                one.close()
            try:
                return start(ports)
            except AssertionError as error:
                if last or "exit 69" not in str(error):
                    raise
        return None

    # alb.md 10: 87
    def test_port_and_port_offset_say_where_listeners_listen(self):
        origin = self.origin()
        stack = Stack(lb=False).balancer("Lb")
        stack.group("Tg", [origin.address])
        for name, port in (("Web", 80), ("Admin", 81)):
            stack.add(name, "AWS::ElasticLoadBalancingV2::Listener", {
                "LoadBalancerArn": ref("Lb"), "Port": port, "Protocol": "HTTP",
                "DefaultActions": [forward("Tg")]})

        def start(ports):
            sluice = self.serve(stack, "--port", "80=%d" % ports[0],
                                "--port-offset", ports[1] - 81)
            self.assertEqual(sluice.listeners, {
                "Web": ("127.0.0.1", ports[0]),
                "Admin": ("127.0.0.1", ports[1])})
            return sluice
        sluice = self.on_free_ports(2, start)
        for name in ("Web", "Admin"):
            with sluice.client(name) as client:
                self.assertEqual(client.ask("/").status, 200)
            # What the client connected to, so that URLs made of it work here.
            self.assertEqual(asked(origin)[-1].get("X-Forwarded-Port"),
                             str(sluice.listeners[name][1]))

    # alb.md 10: 40
    def test_a_local_port_in_the_metadata_is_used(self):
        def start(ports):
            stack = Stack().listener("Web", 80, fixed(200, "x"),
                                     local=ports[0])
            sluice = self.serve(stack, "--port-offset", "1000")
            self.assertEqual(sluice.listeners,
                             {"Web": ("127.0.0.1", ports[0])})
        self.on_free_ports(1, start)

    def test_a_port_that_is_no_listener_s_is_refused_with_those_that_are(self):
        stack = Stack().listener("Web", 80).listener("Api", 8080)
        code, _, err = command("serve", "-", "--port", "8081=1",
                               "--api", "off", "--no-supervisor", stdin=stack)
        self.assertEqual(code, 65)
        self.assertIn("8081", err)
        self.assertIn("8080", err)
        code, _, err = command("check", "-", "--port-offset", "60000",
                               stdin=Stack().listener("Web", 8080, local=None)
                               .text().replace('"LocalPort": 0', ""))
        self.assertEqual(code, 65)
        self.assertIn("68080", err)

    def test_a_port_may_be_for_listeners_that_the_api_makes(self):
        stack = Stack().listener("Web", 80).listener("Api", 8080)
        code, _, err = command("check", "-", "--port", "8081=1", stdin=stack)
        self.assertEqual(code, 0)
        self.assertIn("note: --port 8081=1: no listener has port 8081 yet, the "
                      "listeners have 80, 8080", err)
        self.serve(stack, "--port", "8081=1").stop()

    @unittest.skipUnless(rig.has_ipv6(), "needs IPv6")
    def test_a_listener_listens_on_IPv6_and_forwards_to_IPv6(self):
        origin = self.origin(host="::1")
        stack = Stack().group("Tg", [origin.address])
        stack.listener("Web", 80, forward("Tg"))
        stack.rule("Moved", "Web", 1, [path("/old")], redirect(Path="/new"))
        sluice = self.serve(stack, "--bind", "::1")
        self.assertEqual(sluice.listeners["Web"][0], "::1")
        with sluice.client() as client:
            self.assertEqual(client.ask("/x").body, b"GET /x")
            seen = asked(origin)[-1]
            self.assertEqual(seen.get("X-Forwarded-For"), "::1")
            answer = ask(client, "/old", host_="[::1]:80")
            self.assertEqual(answer.get("Location"), "http://[::1]:%d/new" %
                             sluice.listeners["Web"][1])

    @unittest.skipUnless(rig.has_ipv6(), "needs IPv6")
    def test_a_load_balancer_s_metadata_says_its_address(self):
        stack = Stack(lb=False).balancer("Six", local={"Bind": "::1"})
        stack.balancer("Four", local={"Bind": "127.0.0.5"})
        stack.listener("WebSix", 80, fixed(200, "six"), lb="Six")
        stack.listener("WebFour", 80, fixed(200, "four"), lb="Four")
        sluice = self.serve(stack)
        self.assertEqual({n: h for n, (h, _) in sluice.listeners.items()},
                         {"WebSix": "::1", "WebFour": "127.0.0.5"})
        for name, body in (("WebSix", b"six"), ("WebFour", b"four")):
            with sluice.client(name) as client:
                self.assertEqual(client.ask("/").body, body)

    # alb.md 10: 77
    def test_service_gives_groups_and_ECS_services_their_addresses(self):
        made = {name: self.origin(answer=lambda r, n=name: respond(n.encode()))
                for name in ("plain", "prefix", "cdk", "blue", "green")}
        stack = Stack().group("PlainTg").group("LongLogicalIdTg").group("CdkTg")
        stack.resources["CdkTg"]["Metadata"] = {
            "aws:cdk:path": "Stack/Service/Cdk/Resource"}
        stack.group("BlueTg").group("GreenTg")
        stack.listener("Web", 80, fixed(404))
        for number, name in enumerate(("PlainTg", "LongLogicalIdTg", "CdkTg",
                                       "BlueTg", "GreenTg"), 1):
            stack.rule("R%d" % number, "Web", number, [path("/" + name)],
                       forward(name))
        stack.add("ShopService", "AWS::ECS::Service", {"LoadBalancers": [{
            "ContainerName": "app", "ContainerPort": 80,
            "TargetGroupArn": ref("BlueTg"), "AdvancedConfiguration": {
                "AlternateTargetGroupArn": ref("GreenTg"),
                "ProductionListenerRule": ref("R4"), "RoleArn": "arn:x"}}]})
        options = []
        for name, origin in (("PlainTg", "plain"), ("LongLog", "prefix"),
                             ("Stack/Service/Cdk", "cdk"),
                             ("ShopService", "blue"),
                             ("ShopService.green", "green")):
            options += ["--service", "%s=%s" % (name, made[origin].address)]
        with self.serve(stack, *options).client() as client:
            for name, body in (("PlainTg", "plain"),
                               ("LongLogicalIdTg", "prefix"), ("CdkTg", "cdk"),
                               ("BlueTg", "blue"), ("GreenTg", "green")):
                self.assertEqual(client.ask("/" + name).body.decode(), body)

    def test_a_service_that_nothing_is_called_is_refused(self):
        stack = Stack().group("BlueTg").group("BlueTg2")
        stack.listener("Web", 80, forward("BlueTg"))
        for name, words in (("Bleu", ("BlueTg",)),
                            ("Blue", ("BlueTg", "BlueTg2")),
                            ("zzz", ("BlueTg",))):
            code, _, err = command("check", "-", "--service",
                                   name + "=127.0.0.1:1", stdin=stack)
            self.assertEqual(code, 65, err)
            for word in (name,) + words:
                self.assertIn(word, err)
        for value in ("127.0.0.1", "127.0.0.1:0", "", "x", "127.0.0.1:1,"):
            code, _, err = command("check", "-", "--service",
                                   "BlueTg2=" + value, stdin=stack)
            self.assertEqual(code, 65, (value, err))
            self.assertIn("--service", err)

    # alb.md 10: 48, 54
    def test_regexes_of_conditions_and_transforms_work_together(self):
        origin = self.origin()
        stack = Stack().group("Tg", [origin.address]).listener("Web", 80)
        stack.rule("R", "Web", 1, [regex(path("^/v[0-9]+/"))], forward("Tg"),
                   Transforms=[url("^/v([0-9]+)/(.*)$", "/$2?version=$1")])
        with self.serve(stack).client() as client:
            self.assertEqual(client.ask("/v12/users").body,
                             b"GET /users?version=12")
            self.assertEqual(client.ask("/v/users").status, 404)


if __name__ == "__main__":
    rig.main()

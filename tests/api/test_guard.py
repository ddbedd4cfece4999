#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Web pages cannot use the API port, and nobody who does not sign."""
import aws
import rig


class Guard(aws.ApiCase):

    def get(self, path="/status", method="GET", **fields):
        return self.api.send(method, path, **{"Host": "localhost", **fields})

    def test_host_is_a_name_of_this_machine(self):
        port = self.api.api_port
        for host in ("localhost", "LOCALHOST:1", "web-1.us-east-1.elb.localhost",
                     "127.0.0.1:%d" % port, "127.9.8.7", "[::1]:99",
                     "localhost."):
            for path in ("/status", "/metrics", "/healthz"):
                with self.subTest((host, path)):
                    self.assertEqual(self.get(path, Host=host).status, 200)

    def test_any_other_host_is_refused(self):
        for host in ("evil.example", "localhost.evil.example", "evillocalhost",
                     "10.0.0.1", "[::2]", "127.0.0.1.evil.example",
                     "xn--localhost", ".localhost"):
            for path in ("/status", "/metrics", "/healthz", "/nothing"):
                with self.subTest((host, path)):
                    answer = self.get(path, Host=host)
                    self.assertEqual(answer.status, 403)
                    self.assertIn("rebinding", answer.text)

    def test_calls_with_another_host_are_refused(self):
        answer = self.api.call("GetCallerIdentity", "sts",
                               fields={"Host": "evil.example"})
        self.assertEqual(answer.status, 403)

    def test_pages_of_other_sites_are_refused(self):
        for fields in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                       {"Origin": "http://localhost:3000"},
                       {"Sec_Fetch_Site": "cross-site"},
                       {"Sec_Fetch_Site": "same-site"}, {"Origin": ""}):
            for path in ("/status", "/status.json", "/metrics", "/targets",
                         "/config"):
                with self.subTest((fields, path)):
                    answer = self.get(path, **fields)
                    self.assertEqual(answer.status, 403)
                    self.assertIn("web page", answer.text)
            with self.subTest(fields):
                self.assertEqual(self.api.call(
                    "GetCallerIdentity", "sts",
                    fields={k.replace("_", "-"): v
                            for k, v in fields.items()}).status, 403)

    def test_healthz_is_for_everybody(self):
        for fields in ({"Origin": "http://evil.example"},
                       {"Sec_Fetch_Site": "cross-site"}):
            self.assertEqual(self.get("/healthz", **fields).status, 200)
            self.assertEqual(self.get("/healthz", "POST", **fields).status, 403)

    def test_our_own_origin_may(self):
        host = "localhost:%d" % self.api.api_port
        self.assertEqual(self.get(Host=host, Origin="http://" + host,
                                  Sec_Fetch_Site="same-origin").status, 200)
        self.assertEqual(self.get(Sec_Fetch_Site="none").status, 200)

    def test_methods_are_get_head_and_post(self):
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"):
            for path in ("/", "/status", "/nothing"):
                with self.subTest((method, path)):
                    answer = self.get(path, method)
                    self.assertEqual(answer.status, 405)
                    self.assertEqual(answer.get("Allow"), "GET, HEAD, POST")

    def test_calls_are_get_or_post(self):
        answer = self.api.send("DELETE", "/?Action=DescribeRules",
                               **aws.signed_head())
        self.assertEqual((answer.status, answer.code),
                         (405, "MethodNotAllowed"))

    def test_who_does_not_sign_is_refused(self):
        for value, status, code in (
                (None, 403, "MissingAuthenticationToken"),
                ("", 403, "MissingAuthenticationToken"),
                ("Basic eDp5", 400, "IncompleteSignature"),
                ("Bearer x", 400, "IncompleteSignature")):
            with self.subTest(value):
                answer = self.api.call("GetCallerIdentity", "sts",
                                       fields={"Authorization": value})
                self.assertEqual((answer.status, answer.code), (status, code))

    def test_a_signature_that_is_none_is_refused(self):
        answer = self.api.call("GetCallerIdentity", "sts", fields={
            "Authorization": "AWS4-HMAC-SHA256 Credential=x"})
        self.assertIn(answer.status, (400, 403))
        self.assertEqual(answer.xml.tag, "ErrorResponse")


class Elsewhere(aws.ApiCase):
    options = ("--api", "0.0.0.0:0")

    def test_other_names_reach_a_port_that_is_open_to_others(self):
        self.assertEqual(self.api.send("GET", "/healthz",
                                       Host="lb.example").status, 200)


if __name__ == "__main__":
    rig.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alarms that are told to HTTPS subscriptions of the template's topics."""
import json
import os
import ssl
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from test_alarm_actions import Case, TOPIC, aws, calls, rig  # noqa: E402

import certificates  # noqa: E402  (rig.py stands beside it)

SECURE = """
Resources:
  Good:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: https, Endpoint: '%s/'}]}
  Strange:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: https, Endpoint: '%s/'}]}
"""


class BySecureSubscriptions(Case):
    """Over HTTPS, to one whose authority SSL_CERT_FILE names and to one that
    nobody knows. AWS_CA_BUNDLE is for AWS."""

    def service(self, ca):
        service = calls.Service(lambda r: (200, {}, b""))
        self.addCleanup(service.__exit__)
        pair = ca.issue("127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.chain, pair.key)
        service.server.socket = context.wrap_socket(service.server.socket,
                                                    server_side=True)
        return service, service.url.replace("http:", "https:")

    def test_the_endpoint_s_certificate_is_checked(self):
        folder = certificates.Folder()
        self.addCleanup(folder.close)
        ca, other = folder.authority("One"), folder.authority("Other")
        good, good_url = self.service(ca)
        strange, strange_url = self.service(other)
        with aws.Api("--publish", "sns-http",
                     template=SECURE % (good_url, strange_url), environment={
                         "SSL_CERT_FILE": ca.cert,
                         "AWS_CA_BUNDLE": other.cert}) as api:
            self.client = api.client("cloudwatch")
            for name in "Good", "Strange":
                self.alarm(name, TOPIC + name)
                self.set(name, "ALARM")
            rig.until(lambda: good.requests, "a message")
            data = json.loads(self.until_acted("Strange")[0]["HistoryData"])
        self.assertIn("unable to get local issuer certificate; if it should be "
                      "trusted, set SSL_CERT_FILE to a file", data["error"])
        self.assertEqual(strange.requests, [])


if __name__ == "__main__":
    rig.main()

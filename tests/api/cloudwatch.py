# SPDX-License-Identifier: Apache-2.0
"""CloudWatch's API in each of its protocols, by botocore's own serializers and
parsers: what tests of it stand on.

    wires(api)     a Wire for each protocol: wire.call("ListMetrics", ...)
    put(wire, ...) a datum of the namespace Own, so many minutes ago
"""
import datetime
import functools
import gzip
import unittest
import urllib.parse

import aws

TARGET = "GraniteServiceVersion20100801"
PROTOCOLS = ("query", "json", "smithy-rpc-v2-cbor")


class Refused(Exception):
    """An error of the service: .code, .message, .status, .fields."""

    def __init__(self, parsed, answer):
        super().__init__(parsed["Error"])
        self.code = parsed["Error"]["Code"]
        self.message = parsed["Error"]["Message"]
        self.status, self.answer = answer.status, answer


@functools.lru_cache(maxsize=None)
def service_model():
    """What botocore knows of CloudWatch, or a skip."""
    aws.boto3()
    import botocore.session
    return botocore.session.get_session().get_service_model("cloudwatch")


class Wire:
    def __init__(self, api, protocol):
        self.api, self.protocol = api, protocol
        self.model = service_model()
        self.compress = False
        if protocol not in self.model.metadata.get("protocols", ["query"]):
            raise unittest.SkipTest("botocore is too old for " + protocol)

    def request(self, action, arguments):
        """(path, body, fields) as botocore writes them."""
        from botocore import serialize
        operation = self.model.operation_model(action)
        made = serialize.create_serializer(self.protocol).serialize_to_request(
            arguments, operation)
        body = made["body"]
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
        if isinstance(body, str):
            body = body.encode()
        return made["url_path"] or "/", body, dict(made["headers"])

    def send(self, action, arguments, **more):
        path, body, fields = self.request(action, arguments)
        if self.compress:
            body = gzip.compress(body)
            fields["Content-Encoding"] = "gzip"
        return self.raw(path, body, **{**fields, **more})

    def raw(self, path, body, **fields):
        signed = {k: v for k, v in fields.items()
                  if k.lower().startswith("x-amz-")}
        return self.api.send("POST", path, body, **{
            **aws.signed_head("monitoring", **signed), **fields})

    def parse(self, action, answer):
        from botocore import parsers
        shape = self.model.operation_model(action).output_shape
        head = {name.lower(): v for name, v in answer.response.headers}
        return parsers.create_parser(self.protocol).parse(
            {"status_code": answer.status, "body": answer.body,
             "headers": head}, shape)

    def call(self, action, **arguments):
        """The result, without ResponseMetadata."""
        answer = self.send(action, arguments)
        parsed = self.parse(action, answer)
        if answer.status != 200:
            raise Refused(parsed, answer)
        parsed.pop("ResponseMetadata", None)
        return parsed


def wires(api):
    return [Wire(api, protocol) for protocol in PROTOCOLS]


def now():
    """The begin of this minute."""
    return datetime.datetime.now(datetime.timezone.utc).replace(
        second=0, microsecond=0)


def ago(minutes):
    return now() - datetime.timedelta(minutes=minutes)


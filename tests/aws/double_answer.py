# SPDX-License-Identifier: Apache-2.0
"""The protocols of AWS as the double speaks them: outputs and errors as bytes
(double_wire.py reads)."""
import base64
import json
from xml.sax.saxutils import escape

from double_wire import SERVICES, seconds


def to_json(value, shape):
    kind = shape.type_name
    if kind == "structure":
        return {k: to_json(v, shape.members[k]) for k, v in value.items()}
    if kind == "list":
        return [to_json(v, shape.member) for v in value]
    if kind == "map":
        return {k: to_json(v, shape.value) for k, v in value.items()}
    if kind == "timestamp":
        return seconds(value)
    if kind == "blob":
        return base64.b64encode(value).decode()
    return value


def to_cbor(value, shape):
    from botocore.serialize import CBORSerializer
    made = bytearray()
    if shape is None:
        return b"\xa0"
    CBORSerializer()._serialize_data_item(made, value, shape)
    return bytes(made)


def scalar(value, shape):
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp":
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return escape(str(value))


def to_xml(name, value, shape):
    """The element, or the elements, of a member."""
    kind, how = shape.type_name, shape.serialization
    if kind == "structure":
        inner = "".join(
            to_xml(s.serialization.get("name", m), value[m], s)
            for m, s in shape.members.items()
            if m in value and not s.serialization.get("location"))
        return "<%s>%s</%s>" % (name, inner, name)
    if kind == "list":
        flat = how.get("flattened")
        word = name if flat else shape.member.serialization.get(
            "name", "member")
        inner = "".join(to_xml(word, v, shape.member) for v in value)
        return inner if flat else "<%s>%s</%s>" % (name, inner, name)
    if kind == "map":
        key = shape.key.serialization.get("name", "key")
        of = shape.value.serialization.get("name", "value")
        return "<%s>%s</%s>" % (name, "".join(
            "<entry><%s>%s</%s>%s</entry>" % (
                key, escape(k), key, to_xml(of, v, shape.value))
            for k, v in value.items()), name)
    return "<%s>%s</%s>" % (name, scalar(value, shape), name)


def write_s3(operation, output):
    shape, fields = operation.output_shape, []
    if shape is None:
        return b"", fields
    for member, of in shape.members.items():
        if of.serialization.get("location") == "header" and member in output:
            value = output[member]
            if of.type_name == "timestamp":
                value = value.strftime("%a, %d %b %Y %H:%M:%S GMT")
            fields.append((of.serialization["name"], str(value)))
    payload = shape.serialization.get("payload")
    if payload:
        return output.get(payload, b""), fields
    if all(s.serialization.get("location") for s in shape.members.values()):
        return b"", fields
    name = {"CreateMultipartUpload": "InitiateMultipartUploadResult",
            "CompleteMultipartUpload": "CompleteMultipartUploadResult",
            "ListObjectsV2": "ListBucketResult",
            "ListMultipartUploads": "ListMultipartUploadsResult",
            "GetBucketLocation": "LocationConstraint",
            }.get(operation.name, operation.name + "Result")
    text = to_xml(name, output, shape)
    text = text.replace("<" + name, "<%s xmlns=\"http://s3.amazonaws.com/doc/"
                        "2006-03-01/\"" % name, 1)
    return b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text.encode(), \
        fields + [("Content-Type", "application/xml")]


def write(protocol, operation, output, request_id):
    """(body, fields) of an answer."""
    shape = operation.output_shape
    if protocol == "rest-xml":
        return write_s3(operation, output)
    if protocol == "cbor":
        return to_cbor(output, shape), [
            ("Content-Type", "application/cbor"),
            ("Smithy-Protocol", "rpc-v2-cbor")]
    if protocol == "json":
        text = json.dumps(to_json(output, shape)) if shape else ""
        return text.encode(), [("Content-Type", "application/x-amz-" + SERVICES[
            operation.service_model.signing_name][1])]
    name = operation.name
    space = " xmlns=\"http://%s.amazonaws.com/doc/%s/\"" % (
        operation.service_model.endpoint_prefix,
        operation.service_model.api_version)
    if protocol == "ec2":
        inner = to_xml("x", output, shape)[3:-4] if shape else ""
        text = "<%sResponse%s><requestId>%s</requestId>%s</%sResponse>" % (
            name, space, request_id, inner, name)
    else:
        inner = to_xml(name + "Result", output, shape) if shape else ""
        text = "<%sResponse%s>%s<ResponseMetadata><RequestId>%s</RequestId>" \
            "</ResponseMetadata></%sResponse>" % (name, space, inner,
                                                  request_id, name)
    return text.encode(), [("Content-Type", "text/xml")]


def write_error(protocol, service, error, request_id):
    """(body, fields) of a Refused."""
    code, message = error.code, error.message
    if protocol in ("json", "cbor"):
        space = "com.amazonaws.%s#" % SERVICES[service][0] \
            if service == "monitoring" else ""
        if protocol == "cbor":
            pairs = [("__type", space + code), ("message", message)]
            return b"\xa2" + b"".join(
                cbor_text(w) for pair in pairs for w in pair), [
                    ("Content-Type", "application/cbor"),
                    ("Smithy-Protocol", "rpc-v2-cbor")]
        return json.dumps({"__type": space + code,
                           "message": message}).encode(), [
            ("Content-Type", "application/x-amz-" + SERVICES[service][1])]
    code, message = escape(code), escape(message)
    if protocol == "rest-xml":
        region = "<Region>%s</Region>" % error.region if error.region else ""
        text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s" \
            "</Code><Message>%s</Message>%s<RequestId>%s</RequestId><HostId>x" \
            "</HostId></Error>" % (code, message, region, request_id)
        return text.encode(), [("Content-Type", "application/xml")]
    if protocol == "ec2":
        text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors>" \
            "<Error><Code>%s</Code><Message>%s</Message></Error></Errors>" \
            "<RequestID>%s</RequestID></Response>" % (code, message, request_id)
    else:
        text = "<ErrorResponse><Error><Type>%s</Type><Code>%s</Code>" \
            "<Message>%s</Message></Error><RequestId>%s</RequestId>" \
            "</ErrorResponse>" % (
                "Sender" if error.status < 500 else "Receiver", code, message,
                request_id)
    return text.encode(), [("Content-Type", "text/xml")]


def cbor_text(text):
    data = text.encode()
    return b"\x7a" + len(data).to_bytes(4, "big") + data

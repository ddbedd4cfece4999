# SPDX-License-Identifier: Apache-2.0
"""The protocols of AWS as the double reads them: which operation a request is
of, and its parameters as Python values (double_answer.py writes).

Shapes are botocore's. What a service would not take is Refused: unknown
members, members that are missing, of a wrong type, too long, outside an enum
or a pattern; in forms and JSON also what stands there twice.
"""
import base64
import datetime
import functools
import io
import json
import re
import urllib.parse
import xml.etree.ElementTree
import zlib

import botocore.session
from botocore.validate import ParamValidator

# Signing name: (botocore's name, protocol, X-Amz-Target prefix or version,
# prefix of its actions in IAM)
SERVICES = {
    "monitoring": ("cloudwatch", "json-1.0", "GraniteServiceVersion20100801",
                   "cloudwatch"),
    "logs": ("logs", "json-1.1", "Logs_20140328", "logs"),
    "ecs": ("ecs", "json-1.1", "AmazonEC2ContainerServiceV20141113", "ecs"),
    "servicediscovery": ("servicediscovery", "json-1.1",
                         "Route53AutoNaming_v20170314", "servicediscovery"),
    "ec2": ("ec2", "ec2", "2016-11-15", "ec2"),
    "s3": ("s3", "rest-xml", "", "s3"),
    "sns": ("sns", "query", "2010-03-31", "sns"),
    "sts": ("sts", "query", "2011-06-15", "sts"),
}
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
FORM = re.compile(r"application/x-www-form-urlencoded(; ?charset=utf-8)?\Z",
                  re.I)


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, code, message="", status=400, fields=(), region=None):
        super().__init__("%s: %s" % (code, message))
        self.code, self.message, self.status = code, message, status
        self.fields, self.region = list(fields), region


@functools.lru_cache(None)
def model(signing_name):
    return botocore.session.get_session().get_service_model(
        SERVICES[signing_name][0])


# ---- what a shape allows -------------------------------------------------------
def pattern_of(shape):
    """Compiled, or None when Python has no such expression."""
    try:
        return re.compile(shape.metadata["pattern"])
    except re.error:
        return None


def complaints(value, shape, name, found):
    """What botocore's validator lets pass and the model forbids."""
    kind, meta = shape.type_name, shape.metadata
    size = value if kind in ("integer", "long", "float", "double") else (
        len(value) if kind in ("string", "list", "map", "blob") else None)
    if isinstance(value, bool) != (kind == "boolean"):
        found.append("%s: %r is no %s" % (name, value, kind))
        return
    if size is not None and size > meta.get("max", size):
        found.append("%s: more than %s" % (name, meta["max"]))
    if kind == "string":
        if "enum" in meta and value not in meta["enum"]:
            found.append("%s: '%s' is none of %s" % (name, value, ", ".join(
                meta["enum"])))
        pattern = pattern_of(shape) if "pattern" in meta else None
        if pattern and not pattern.fullmatch(value):
            found.append("%s: '%s' does not match %s" % (
                name, value, meta["pattern"]))
    elif kind == "structure":
        for key, inner in value.items():
            complaints(inner, shape.members[key], name + "." + key, found)
    elif kind == "list":
        for at, inner in enumerate(value):
            complaints(inner, shape.member, "%s[%d]" % (name, at), found)
    elif kind == "map":
        for key, inner in value.items():
            complaints(key, shape.key, name + " (key)", found)
            complaints(inner, shape.value, "%s.%s" % (name, key), found)


def valid(parameters, shape, what="input"):
    """Nothing, or what is wrong with it."""
    if shape is None:
        return ["%s: takes none" % what] if parameters else []
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        return report.generate_report().split("\n")
    found = []
    complaints(parameters, shape, what, found)
    return found


# ---- values of JSON, forms and fields by their shape ------------------------------
def when(seconds):
    return EPOCH + datetime.timedelta(seconds=float(seconds))


def seconds(at):
    """Of a datetime."""
    return (at - EPOCH).total_seconds()


def from_json(value, shape, name):
    kind = shape.type_name if shape is not None else None
    if kind == "structure" and isinstance(value, dict):
        return {k: from_json(v, shape.members.get(k), name + "." + k)
                for k, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [from_json(v, shape.member, "%s[%d]" % (name, i))
                for i, v in enumerate(value)]
    if kind == "map" and isinstance(value, dict):
        return {k: from_json(v, shape.value, name + "." + k)
                for k, v in value.items()}
    if kind == "timestamp" and not isinstance(value, datetime.datetime):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Refused("SerializationException",
                          "%s: %r is no timestamp" % (name, value))
        return when(value)
    if kind == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except ValueError:
            raise Refused("SerializationException",
                          "%s: no base64" % name) from None
    return value


def from_text(text, shape, name):
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            if not re.match(r"-?[0-9]+\Z", text):
                raise ValueError
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "timestamp":
            return datetime.datetime.fromisoformat(
                text.replace("Z", "+00:00")).replace(tzinfo=UTC)
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (ValueError, KeyError):
        raise Refused("MalformedInput", "%s: '%s' is no %s" % (
            name, text, kind)) from None
    return text


def no_twice(pairs):
    made = {}
    for key, value in pairs:
        if key in made:
            raise Refused("SerializationException", "%s stands there twice" %
                          key)
        made[key] = value
    return made


def no_constant(word):
    raise Refused("SerializationException", "%s is no JSON" % word)


# ---- reading: JSON and CBOR -------------------------------------------------------
def body_of(request, operation):
    """As it was before it was compressed."""
    coding = request.get("Content-Encoding")
    if coding is None:
        return request.body
    allowed = (getattr(operation, "request_compression", None) or {}).get(
        "encodings", ["gzip"] if operation.name == "PutMetricData" else [])
    if coding not in allowed:
        raise Refused("UnsupportedContentEncoding", coding, 415)
    try:
        inflate = zlib.decompressobj(31)
        body = inflate.decompress(request.body, 16 << 20)
    except zlib.error as error:
        raise Refused("SerializationException", str(error)) from None
    if not inflate.eof or inflate.unused_data or inflate.unconsumed_tail:
        raise Refused("SerializationException", "not one whole gzip member")
    return body


def read_json(service, request):
    _, protocol, prefix, _ = SERVICES[service]
    wanted = "application/x-amz-" + protocol
    if request.get("Content-Type") != wanted:
        raise Refused("UnknownOperationException", "Content-Type is not " +
                      wanted, 404)
    if (request.method, request.target) != ("POST", "/"):
        raise Refused("UnknownOperationException", request.line, 404)
    before, _, name = request.get("X-Amz-Target").partition(".")
    operation = operation_of(service, name) if before == prefix else None
    if operation is None:
        raise Refused("UnknownOperationException",
                      request.get("X-Amz-Target"), 404)
    try:
        given = json.loads(body_of(request, operation).decode("utf-8"),
                           object_pairs_hook=no_twice,
                           parse_constant=no_constant)
    except ValueError as error:
        raise Refused("SerializationException", str(error)) from None
    if not isinstance(given, dict):
        raise Refused("SerializationException", "the body is no object")
    return operation, from_json(given, operation.input_shape, "input")


def read_cbor(service, request):
    match = re.match(r"/service/(\w+)/operation/(\w+)\Z", request.target)
    operation = operation_of(service, match.group(2)) if match else None
    if (operation is None or match.group(1) != SERVICES[service][2] or
            request.method != "POST" or
            request.get("Content-Type") != "application/cbor"):
        raise Refused("UnknownOperationException", request.line, 404)
    from botocore.parsers import BaseCBORParser, ResponseParserError
    parser = BaseCBORParser(timestamp_parser=when)
    stream = io.BufferedReader(io.BytesIO(body_of(request, operation)))
    try:
        given = parser.parse_data_item(stream) if request.body else {}
    except (ResponseParserError, ValueError) as error:
        raise Refused("SerializationException", str(error)) from None
    if not isinstance(given, dict) or stream.read(1):
        raise Refused("SerializationException", "the body is not one map")
    return operation, from_json(given, operation.input_shape, "input")


# ---- reading: forms -----------------------------------------------------------------
def form(text):
    """The pairs of application/x-www-form-urlencoded."""
    pairs = {}
    for part in text.split("&") if text else []:
        name, equals, value = part.partition("=")
        if not equals or re.search(r"%(?![0-9A-Fa-f]{2})", part):
            raise Refused("MalformedQueryString", part)
        try:
            name, value = (urllib.parse.unquote_plus(w, errors="strict")
                           for w in (name, value))
        except UnicodeDecodeError:
            raise Refused("MalformedQueryString", part) from None
        if name in pairs:
            raise Refused("MalformedQueryString", name + " twice")
        pairs[name] = value
    return pairs


def tree_of(pairs):
    """{"A.member.1": v} as {"A": {"member": {"1": v}}}."""
    tree = {}
    for name, value in pairs.items():
        at, words = tree, name.split(".")
        for word in words[:-1]:
            at = at.setdefault(word, {})
            if not isinstance(at, dict):
                raise Refused("MalformedQueryString", name)
        if words[-1] in at:
            raise Refused("MalformedQueryString", name)
        at[words[-1]] = value
    return tree


def numbered(tree, name):
    """The values of {"1": a, "2": b}."""
    if not isinstance(tree, dict) or set(tree) != {
            str(i + 1) for i in range(len(tree))}:
        raise Refused("MalformedInput", "%s is not counted from 1" % name)
    return [tree[str(i + 1)] for i in range(len(tree))]


def form_name(member, shape, ec2):
    said = shape.serialization.get("queryName" if ec2 else "name")
    if said:
        return said
    said = shape.serialization.get("name", member)
    return said[:1].upper() + said[1:] if ec2 else said


def from_tree(tree, shape, name, ec2):
    kind = shape.type_name
    if kind in ("structure", "map", "list") and not isinstance(tree, dict):
        raise Refused("MalformedInput", name)
    if kind == "structure":
        known = {form_name(m, s, ec2): (m, s)
                 for m, s in shape.members.items()}
        made = {}
        for key, value in tree.items():
            if key not in known:
                raise Refused("UnknownParameter", "%s.%s is not recognized" % (
                    name, key))
            made[known[key][0]] = from_tree(value, known[key][1],
                                            name + "." + key, ec2)
        return made
    if kind == "list":
        if not ec2 and not shape.serialization.get("flattened"):
            word = shape.member.serialization.get("name", "member")
            if set(tree) != {word}:
                raise Refused("MalformedInput", "%s has no .%s.N" % (
                    name, word))
            tree = tree[word]
        return [from_tree(v, shape.member, name, ec2)
                for v in numbered(tree, name)]
    if kind == "map":
        if not shape.serialization.get("flattened"):
            if set(tree) != {"entry"}:
                raise Refused("MalformedInput", name + " has no .entry.N")
            tree = tree["entry"]
        keys = (shape.key.serialization.get("name", "key"),
                shape.value.serialization.get("name", "value"))
        made = {}
        for entry in numbered(tree, name):
            if not isinstance(entry, dict) or set(entry) != set(keys):
                raise Refused("MalformedInput", name + " has no .%s and .%s" %
                              keys)
            made[entry[keys[0]]] = from_tree(entry[keys[1]], shape.value,
                                             name, ec2)
        return made
    if not isinstance(tree, str):
        raise Refused("MalformedInput", name)
    return from_text(tree, shape, name)


def read_query(service, request):
    if (request.method, request.target) != ("POST", "/"):
        raise Refused("InvalidAction", request.line)
    if not FORM.match(request.get("Content-Type") or ""):
        raise Refused("InvalidAction", "no form")
    pairs = form(request.body.decode("latin-1"))
    operation = operation_of(service, pairs.pop("Action", ""))
    version = "2010-08-01" if service == "monitoring" else SERVICES[service][2]
    if operation is None or pairs.pop("Version", None) != version:
        raise Refused("InvalidAction", "The action or operation requested is "
                      "invalid. Verify that the action is typed correctly.")
    shape = operation.input_shape
    if shape is None:
        if pairs:
            raise Refused("UnknownParameter", ", ".join(pairs))
        return operation, {}
    return operation, from_tree(tree_of(pairs), shape, "input",
                                SERVICES[service][1] == "ec2")


# ---- reading: S3 ------------------------------------------------------------------
# (method, has a key, a name that the query must have or None): operation
ROUTES = [
    ("POST", True, "uploads", "CreateMultipartUpload"),
    ("POST", True, "uploadId", "CompleteMultipartUpload"),
    ("PUT", True, "uploadId", "UploadPart"),
    ("DELETE", True, "uploadId", "AbortMultipartUpload"),
    ("GET", False, "list-type", "ListObjectsV2"),
    ("GET", False, "uploads", "ListMultipartUploads"),
    ("GET", False, "location", "GetBucketLocation"),
    ("PUT", True, None, "PutObject"),
    ("GET", True, None, "GetObject"),
    ("HEAD", True, None, "HeadObject"),
    ("DELETE", True, None, "DeleteObject"),
    ("PUT", False, None, "CreateBucket"),
    ("HEAD", False, None, "HeadBucket"),
]
# Fields of any request, and of signatures.
PLAIN = {"host", "authorization", "content-length", "content-type",
         "connection", "user-agent", "accept", "accept-encoding", "expect",
         "date", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token",
         "x-amz-user-agent", "amz-sdk-invocation-id", "amz-sdk-request",
         "x-amz-crt-version"}


def s3_place(request):
    """(bucket, key) of a request; the key is None without one."""
    host = (request.get("Host") or "").rsplit(":", 1)[0]
    path = urllib.parse.unquote(request.path[1:], errors="strict")
    match = re.match(r"(.+)\.(?:s3[.-][a-z0-9.-]+|localhost)\Z", host)
    if match:
        return match.group(1), path or None
    bucket, _, key = path.partition("/")
    return bucket, key or None


def s3_fields(request, shape, made):
    """Members that stand in fields."""
    known = {s.serialization["name"].lower(): (m, s)
             for m, s in shape.members.items()
             if s.serialization.get("location") == "header"}
    for name, value in request.fields:
        low = name.lower()
        if low.startswith("x-amz-meta-"):
            made.setdefault("Metadata", {})[low[11:]] = value
        elif low in known and low != "content-length":
            member, of = known[low]
            made[member] = from_text(value, of, name)
        elif low not in PLAIN:
            raise Refused("NotImplemented", "A header you provided implies "
                          "functionality that is not implemented: " + name,
                          501)


def s3_query(pairs, shape, made):
    known = {s.serialization["name"]: (m, s)
             for m, s in shape.members.items()
             if s.serialization.get("location") == "querystring"}
    for name, value in pairs.items():
        if name not in known:
            raise Refused("InvalidArgument", "no parameter " + name)
        member, of = known[name]
        made[member] = from_text(value, of, name)


def from_xml(element, shape, name):
    kind = shape.type_name
    if kind == "structure":
        known = {s.serialization.get("name", m): (m, s)
                 for m, s in shape.members.items()}
        made = {}
        for child in element:
            tag = child.tag.rpartition("}")[2]
            if tag not in known:
                raise Refused("MalformedXML", "%s.%s" % (name, tag))
            member, of = known[tag]
            if of.type_name == "list":
                made.setdefault(member, []).append(
                    from_xml(child, of.member, name + "." + tag))
            elif member in made:
                raise Refused("MalformedXML", tag + " twice")
            else:
                made[member] = from_xml(child, of, name + "." + tag)
        return made
    if len(element):
        raise Refused("MalformedXML", name)
    return from_text(element.text or "", shape, name)


def s3_body(request, shape, made):
    payload = shape.serialization.get("payload")
    if not payload:
        if request.body:
            raise Refused("MissingRequestBodyError", "takes no body")
        return
    of = shape.members[payload]
    if of.type_name == "blob":
        made[payload] = request.body
    elif request.body:
        try:
            root = xml.etree.ElementTree.fromstring(request.body)
        except xml.etree.ElementTree.ParseError as error:
            raise Refused("MalformedXML", str(error)) from None
        space = of.serialization.get("xmlNamespace", {}).get("uri", "")
        if root.tag != "{%s}%s" % (space, of.serialization["name"]):
            raise Refused("MalformedXML", "the root is " + root.tag)
        made[payload] = from_xml(root, of, payload)


def read_s3(service, request):
    try:
        bucket, key = s3_place(request)
    except UnicodeDecodeError:
        raise Refused("InvalidURI", "Couldn't parse the specified URI.") \
            from None
    pairs = form("&".join(p if "=" in p else p + "="
                          for p in request.query.split("&") if p))
    for method, has_key, wanted, name in ROUTES:
        if (method == request.method and has_key == (key is not None) and
                (wanted is None or wanted in pairs)):
            break
    else:
        raise Refused("MethodNotAllowed", "The specified method is not "
                      "allowed against this resource: " + request.line, 405)
    operation = operation_of(service, name)
    if pairs.pop("x-id", name) != name:
        raise Refused("InvalidArgument", "x-id")
    if wanted in ("uploads", "location") or wanted == "list-type":
        said = pairs.pop(wanted)
        if said != ("2" if wanted == "list-type" else ""):
            raise Refused("InvalidArgument", wanted)
    made = {"Bucket": bucket}
    if key is not None:
        made["Key"] = key
    s3_fields(request, operation.input_shape, made)
    s3_query(pairs, operation.input_shape, made)
    s3_body(request, operation.input_shape, made)
    return operation, made


def operation_of(service, name):
    if name not in model(service).operation_names:
        return None
    return model(service).operation_model(name)


def protocol_of(service, request):
    """What the request speaks: json, cbor, query, ec2 or rest-xml."""
    if service == "monitoring" and request.get("Smithy-Protocol"):
        return "cbor"
    protocol = SERVICES[service][1]
    if protocol.startswith("json"):
        return "json" if request.get("X-Amz-Target") or \
            service != "monitoring" else "query"
    return protocol


def read(service, request):
    """(operation, parameters): what was asked, as the model would take it."""
    protocol = protocol_of(service, request)
    if protocol == "json" and not request.get("X-Amz-Target"):
        raise Refused("UnknownOperationException", "no X-Amz-Target", 404)
    operation, parameters = {
        "json": read_json, "cbor": read_cbor, "query": read_query,
        "ec2": read_query, "rest-xml": read_s3}[protocol](service, request)
    wrong = valid(parameters, operation.input_shape)
    if wrong:
        raise Refused({"rest-xml": "InvalidArgument", "ec2":
                       "InvalidParameterValue"}.get(
                           protocol, "ValidationError" if protocol == "query"
                           else "ValidationException"), "; ".join(wrong))
    return operation, parameters

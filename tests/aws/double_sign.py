# SPDX-License-Identifier: Apache-2.0
"""What the double of AWS wants of a signature: Signature Version 4 made again
from the bytes that came, never from a parsed URL (aws-integrations.md 1.1).

It shares no line with crypto/sigv4.c; test_double.py holds it against botocore
and against the known-answer vectors.
"""
import calendar
import hashlib
import hmac
import re
import time

ALGORITHM = "AWS4-HMAC-SHA256"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([A-Za-z0-9]+)/([0-9]{8})/([a-z0-9-]+)/"
    r"([a-z0-9-]+)/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?"
    r"Signature=([0-9a-f]{64})\Z")
DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z\Z")
SKEW = {"s3": 15 * 60}      # others: 5 minutes
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                       b"0123456789-_.~")


class Unsigned(Exception):
    """A request whose signature is none: .kind is a row of KINDS."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind, self.message = kind, message


# What each kind is called: by JSON services, by query services, by EC2, by S3.
KINDS = {
    "missing": ((403, "MissingAuthenticationTokenException"),
                (403, "MissingAuthenticationToken"), (401, "AuthFailure"),
                (403, "AccessDenied")),
    "malformed": ((400, "IncompleteSignatureException"),
                  (400, "IncompleteSignature"), (401, "AuthFailure"),
                  (400, "AuthorizationHeaderMalformed")),
    "unknown": ((400, "UnrecognizedClientException"),
                (403, "InvalidClientTokenId"), (401, "AuthFailure"),
                (403, "InvalidAccessKeyId")),
    "expired": ((400, "ExpiredTokenException"), (403, "ExpiredToken"),
                (400, "RequestExpired"), (400, "ExpiredToken")),
    "token": ((400, "UnrecognizedClientException"),
              (403, "InvalidClientTokenId"), (401, "AuthFailure"),
              (400, "InvalidToken")),
    "clock": ((400, "InvalidSignatureException"),
              (403, "SignatureDoesNotMatch"), (400, "RequestExpired"),
              (403, "RequestTimeTooSkewed")),
    "scope": ((400, "InvalidSignatureException"),
              (403, "SignatureDoesNotMatch"), (401, "AuthFailure"),
              (400, "AuthorizationHeaderMalformed")),
    "wrong": ((400, "InvalidSignatureException"),
              (403, "SignatureDoesNotMatch"), (401, "AuthFailure"),
              (403, "SignatureDoesNotMatch")),
    "payload": ((400, "InvalidSignatureException"),
                (403, "SignatureDoesNotMatch"), (401, "AuthFailure"),
                (400, "XAmzContentSHA256Mismatch")),
}


def encoded(data, keep=b""):
    keep = UNRESERVED | set(keep)
    return "".join(chr(b) if b in keep else "%%%02X" % b for b in data)


def decoded(text):
    """Bytes of percent-encoded text; what is no encoding is refused."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise Unsigned("malformed", "a %% that encodes nothing in %r" % text)
    return re.sub(rb"%([0-9A-Fa-f]{2})",
                  lambda m: bytes([int(m.group(1), 16)]),
                  text.encode("latin-1"))


def canonical_path(path, service):
    if service == "s3":
        return encoded(decoded(path), b"/")
    out = []
    for segment in path.split("/"):
        if segment == "..":
            del out[-1:]
        elif segment not in ("", "."):
            out.append(segment)
    clean = "/" + "/".join(out)
    if out and re.search(r"/\.{0,2}\Z", path):
        clean += "/"
    return encoded(clean.encode("latin-1"), b"/")


def canonical_query(query):
    pairs = []
    for part in query.split("&") if query else []:
        name, _, value = part.partition("=")
        pairs.append((encoded(decoded(name)), encoded(decoded(value))))
    return "&".join("=".join(pair) for pair in sorted(pairs))


def canonical_request(request, service, signed, payload):
    lines = []
    for name in signed:
        values = [re.sub(" +", " ", v.strip(" \t"))
                  for n, v in request.fields if n.lower() == name]
        lines.append("%s:%s\n" % (name, ",".join(values)))
    return "\n".join([request.method, canonical_path(request.path, service),
                      canonical_query(request.query), "".join(lines),
                      ";".join(signed), payload])


def string_to_sign(date, scope, canonical):
    return "\n".join([ALGORITHM, date, scope,
                      hashlib.sha256(canonical.encode("latin-1")).hexdigest()])


def signature(secret, scope, text):
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode("latin-1"), hashlib.sha256).hexdigest()


def one(request, name):
    """The only value of a field; None: there is none."""
    found = request.all(name)
    if len(found) > 1:
        raise Unsigned("malformed", "%s stands there %d times" % (
            name, len(found)))
    return found[0] if found else None


def service_of(request):
    """The signing name in the credential scope; None: not signed."""
    match = AUTHORIZATION.match(request.get("Authorization") or "")
    return match and match.group(4)


def check_fields(request, signed):
    if signed != sorted(set(signed)):
        raise Unsigned("malformed", "SignedHeaders is not sorted, or says a "
                       "name twice: " + ";".join(signed))
    sent = {name.lower() for name, _ in request.fields}
    for name in sorted(sent):
        if name not in signed and (name.startswith("x-amz-") or
                                   name in ("host", "content-type")):
            raise Unsigned("malformed", "'%s' must be a 'SignedHeader' in the "
                           "AWS Authorization." % name)
    for name in signed:
        if name not in sent:
            raise Unsigned("wrong", "the signed header %s was not sent" % name)


def check_payload(request, service):
    real = hashlib.sha256(request.body).hexdigest()
    said = one(request, "X-Amz-Content-Sha256")
    if said is None:
        if service == "s3":
            raise Unsigned("malformed",
                           "Missing required header for this request: "
                           "x-amz-content-sha256")
        return real
    if said != real:    # UNSIGNED-PAYLOAD is for TLS
        raise Unsigned("payload", "The provided 'x-amz-content-sha256' header "
                       "does not match what was computed: %s" % real)
    return said


def check_date(request, service, day, now):
    date = one(request, "X-Amz-Date")
    if not date or not DATE.match(date):
        raise Unsigned("malformed", "X-Amz-Date is no date: %r" % date)
    if date[:8] != day:
        raise Unsigned("scope", "Date in Credential scope does not match "
                       "YYYYMMDD from ISO-8601 version of date from HTTP: "
                       "'%s' != '%s'" % (day, date[:8]))
    at = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    if abs(at - now) > SKEW.get(service, 5 * 60):
        raise Unsigned("clock", "Signature %s: %s is not near %s" % (
            "expired" if at < now else "not yet current", date,
            time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))))
    return date


def check_token(request, key, now):
    token = one(request, "X-Amz-Security-Token")
    if (token or None) != key.token:
        raise Unsigned("token" if key.token else "wrong", "The security token "
                       "included in the request is invalid.")
    if key.expires is not None and key.expires <= now:
        raise Unsigned("expired",
                       "The security token included in the request is expired")


def verify(request, keys, region, now):
    """The Key that signed it, or Unsigned."""
    said = one(request, "Authorization")
    if said is None:
        raise Unsigned("missing", "Request is missing Authentication Token")
    match = AUTHORIZATION.match(said)
    if not match:
        raise Unsigned("malformed", "Authorization header is no SigV4: " +
                       re.sub("Signature=.*", "Signature=...", said))
    name, day, scope_region, service, signed, given = match.groups()
    signed = signed.split(";")
    check_fields(request, signed)
    if name not in keys:
        raise Unsigned("unknown", "The security token included in the request "
                       "is invalid.")
    key = keys[name]
    if region is not None and scope_region != region:
        raise Unsigned("scope", "the region '%s' is wrong; expecting '%s'" % (
            scope_region, region))
    date = check_date(request, service, day, now)
    payload = check_payload(request, service)
    scope = "/".join([day, scope_region, service, "aws4_request"])
    canonical = canonical_request(request, service, signed, payload)
    made = signature(key.secret, scope, string_to_sign(date, scope, canonical))
    if not hmac.compare_digest(made, given):
        raise Unsigned("wrong", "The request signature we calculated does not "
                       "match the signature you provided. The canonical "
                       "request was:\n" + canonical)
    check_token(request, key, now)
    return key

/* SPDX-License-Identifier: Apache-2.0
 *
 * Made with botocore 1.43 (SigV4Auth, S3SigV4Auth, SigV4QueryAuth and
 * S3SigV4QueryAuth), its clock at SIGV4_VECTOR_DATE. */
#include "sigv4_vectors.h"

const struct sigv4_vector sigv4_vectors[] = {
    {.name = "a form of the query protocol",
     .service = "elasticloadbalancing",
     .region = "us-east-1",
     .token = "",
     .method = "POST",
     .path = "/",
     .query = "",
     .fields = {{"Host", "127.0.0.1:4566"},
                {"Content-Type",
                 "application/x-www-form-urlencoded; charset=utf-8"}},
     .nfields = 2,
     .payload_hash =
         "0b632ebf697ee8833273e0c68fb4bd341d4ffffe4e30b654f487c2cfa632cbbc",
     .expires = 0,
     .canonical = "POST\n/\n\ncontent-type:application/x-www-form-urlencoded; "
                  "charset=utf-8\nhost:127.0.0.1:4566\nx-amz-date:"
                  "20260314T150926Z\n\ncontent-type;host;x-amz-"
                  "date\n0b632ebf697ee8833273e0c68fb4bd341d4ffffe4e30b654f487c2"
                  "cfa632cbbc",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/us-east-1/"
         "elasticloadbalancing/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date, "
         "Signature="
         "8f33255ee331ce7312bf29d5701bf464e224a0e3fb7b08977b8a908b8d7e6e24"},
    {.name = "a JSON service with a session token",
     .service = "acm",
     .region = "eu-west-1",
     .token = "To/ken+with==",
     .method = "POST",
     .path = "/",
     .query = "",
     .fields = {{"Host", "acm.eu-west-1.amazonaws.com"},
                {"Content-Type", "application/x-amz-json-1.1"},
                {"X-Amz-Target", "CertificateManager.ListCertificates"}},
     .nfields = 3,
     .payload_hash =
         "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
     .expires = 0,
     .canonical = "POST\n/\n\ncontent-type:application/"
                  "x-amz-json-1.1\nhost:acm.eu-west-1.amazonaws.com\nx-amz-"
                  "date:20260314T150926Z\nx-amz-security-token:To/"
                  "ken+with==\nx-amz-target:CertificateManager."
                  "ListCertificates\n\ncontent-type;host;x-amz-date;x-amz-"
                  "security-token;x-amz-"
                  "target\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c0"
                  "60f61caaff8a",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/eu-west-1/acm/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-"
         "amz-target, "
         "Signature="
         "4fa0d7b9d392dc86988d5e5cec1d19411b69e186350276fcfff13c226ced5e31"},
    {.name = "a query that is not sorted",
     .service = "xray",
     .region = "us-west-2",
     .token = "",
     .method = "GET",
     .path = "/Traces",
     .query = "b=2&a-b=1&a=2&a=1&a=%2F&space=x%20y~&none=",
     .fields = {{"Host", "xray.us-west-2.amazonaws.com"}},
     .nfields = 1,
     .payload_hash =
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     .expires = 0,
     .canonical =
         "GET\n/"
         "Traces\na=%2F&a=1&a=2&a-b=1&b=2&none=&space=x%20y~\nhost:xray.us-"
         "west-2.amazonaws.com\nx-amz-date:20260314T150926Z\n\nhost;x-amz-"
         "date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
         "5",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/us-west-2/xray/"
         "aws4_request, SignedHeaders=host;x-amz-date, "
         "Signature="
         "bef31588298b49e2cc33b21a4e03099550b39ee426516eb01dc9a6ef73ee9df0"},
    {.name = "an ARN in the path is encoded twice",
     .service = "lambda",
     .region = "eu-west-1",
     .token = "",
     .method = "POST",
     .path = "/2015-03-31/functions/"
             "arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Af/"
             "invocations",
     .query = "Qualifier=live",
     .fields = {{"Host", "lambda.eu-west-1.amazonaws.com"},
                {"X-Amz-Invocation-Type", "RequestResponse"}},
     .nfields = 2,
     .payload_hash =
         "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
     .expires = 0,
     .canonical =
         "POST\n/2015-03-31/functions/"
         "arn%253Aaws%253Alambda%253Aeu-west-1%253A111122223333%253Afunction%"
         "253Af/"
         "invocations\nQualifier=live\nhost:lambda.eu-west-1.amazonaws.com\nx-"
         "amz-date:20260314T150926Z\nx-amz-invocation-type:"
         "RequestResponse\n\nhost;x-amz-date;x-amz-invocation-"
         "type\n015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f86"
         "2",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/eu-west-1/lambda/"
         "aws4_request, SignedHeaders=host;x-amz-date;x-amz-invocation-type, "
         "Signature="
         "d6a0558d707c890910cb666c4438de3cc65f76132b43190646be8a56414dc3d3"},
    {.name = "dot segments and double slashes go",
     .service = "lambda",
     .region = "eu-west-1",
     .token = "",
     .method = "GET",
     .path = "/a//b/../c/./d/",
     .query = "",
     .fields = {{"Host", "lambda.eu-west-1.amazonaws.com"}},
     .nfields = 1,
     .payload_hash =
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     .expires = 0,
     .canonical = "GET\n/a/c/d/"
                  "\n\nhost:lambda.eu-west-1.amazonaws.com\nx-amz-date:"
                  "20260314T150926Z\n\nhost;x-amz-"
                  "date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca49599"
                  "1b7852b855",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/eu-west-1/lambda/"
         "aws4_request, SignedHeaders=host;x-amz-date, "
         "Signature="
         "65e8b43973ed7b59c173145456188c8a279dad3875dd9975b715c70c547b381f"},
    {.name = "the path climbs over the root",
     .service = "lambda",
     .region = "eu-west-1",
     .token = "",
     .method = "GET",
     .path = "/../../a/..",
     .query = "",
     .fields = {{"Host", "lambda.eu-west-1.amazonaws.com"}},
     .nfields = 1,
     .payload_hash =
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     .expires = 0,
     .canonical = "GET\n/"
                  "\n\nhost:lambda.eu-west-1.amazonaws.com\nx-amz-date:"
                  "20260314T150926Z\n\nhost;x-amz-"
                  "date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca49599"
                  "1b7852b855",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/eu-west-1/lambda/"
         "aws4_request, SignedHeaders=host;x-amz-date, "
         "Signature="
         "14581409e65a6ed684130848db1d3f7841bc5aa158b8dc7d403964643abefb35"},
    {.name = "S3 keys stay as they are",
     .service = "s3",
     .region = "eu-west-1",
     .token = "",
     .method = "GET",
     .path = "/a//b/../c%20d/x%3D1%3A2%40%2C%2B~",
     .query = "",
     .fields =
         {{"Host", "bkt.s3.eu-west-1.amazonaws.com"},
          {"X-Amz-Content-SHA256",
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}},
     .nfields = 2,
     .payload_hash =
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     .expires = 0,
     .canonical =
         "GET\n/a//b/../c%20d/"
         "x%3D1%3A2%40%2C%2B~\n\nhost:bkt.s3.eu-west-1.amazonaws.com\nx-amz-"
         "content-sha256:"
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-"
         "amz-date:20260314T150926Z\n\nhost;x-amz-content-sha256;x-amz-"
         "date\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
         "5",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/eu-west-1/s3/aws4_request, "
         "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
         "Signature="
         "d4e825e4cc16f2272dc8e080745f51f2852301ab5ea6de0a36b15f20d6d0f2db"},
    {.name = "S3 signs the hash of its body",
     .service = "s3",
     .region = "eu-west-1",
     .token = "",
     .method = "PUT",
     .path = "/logs/k.gz",
     .query = "",
     .fields =
         {{"Host", "bkt.s3.eu-west-1.amazonaws.com"},
          {"Content-Encoding", "gzip"},
          {"Content-Type", "application/octet-stream"},
          {"X-Amz-Content-SHA256",
           "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}},
     .nfields = 4,
     .payload_hash =
         "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
     .expires = 0,
     .canonical =
         "PUT\n/logs/k.gz\n\ncontent-encoding:gzip\ncontent-type:application/"
         "octet-stream\nhost:bkt.s3.eu-west-1.amazonaws.com\nx-amz-content-"
         "sha256:"
         "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\nx-"
         "amz-date:20260314T150926Z\n\ncontent-encoding;content-type;host;x-"
         "amz-content-sha256;x-amz-"
         "date\n2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982"
         "4",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/eu-west-1/s3/aws4_request, "
         "SignedHeaders=content-encoding;content-type;host;x-amz-content-"
         "sha256;x-amz-date, "
         "Signature="
         "b70a50c4c528c9d8a63b31ebd197a0ad16c20c458003ae53d5b94b1d20539875"},
    {.name = "spaces in values are one",
     .service = "sqs",
     .region = "us-east-1",
     .token = "",
     .method = "POST",
     .path = "/",
     .query = "",
     .fields = {{"Host", "sqs.us-east-1.amazonaws.com"},
                {"X-Amz-Foo", "  a   b\t c  "}},
     .nfields = 2,
     .payload_hash =
         "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
     .expires = 0,
     .canonical = "POST\n/"
                  "\n\nhost:sqs.us-east-1.amazonaws.com\nx-amz-date:"
                  "20260314T150926Z\nx-amz-foo:a b "
                  "c\n\nhost;x-amz-date;x-amz-"
                  "foo\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f"
                  "61caaff8a",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/us-east-1/sqs/aws4_request, "
         "SignedHeaders=host;x-amz-date;x-amz-foo, "
         "Signature="
         "7cc9989b7c9d4de32aae4992940e0f0531ab044a32f9d32b499e89b8e0fc6c77"},
    {.name = "a body of many bytes",
     .service = "elasticloadbalancing",
     .region = "us-east-1",
     .token = "",
     .method = "POST",
     .path = "/",
     .query = "",
     .fields = {{"Host", "elasticloadbalancing.us-east-1.amazonaws.com"},
                {"Content-Type", "application/x-www-form-urlencoded"}},
     .nfields = 2,
     .payload_hash =
         "5c0e0ea421571c300b5df6aec0a118b5c3dc02e0683a546341d5efc689df2f58",
     .expires = 0,
     .canonical =
         "POST\n/\n\ncontent-type:application/"
         "x-www-form-urlencoded\nhost:elasticloadbalancing.us-east-1.amazonaws."
         "com\nx-amz-date:20260314T150926Z\n\ncontent-type;host;x-amz-"
         "date\n5c0e0ea421571c300b5df6aec0a118b5c3dc02e0683a546341d5efc689df2f5"
         "8",
     .signature =
         "AWS4-HMAC-SHA256 "
         "Credential=AKIASLUICEEXAMPLE000/20260314/us-east-1/"
         "elasticloadbalancing/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date, "
         "Signature="
         "9c6768fa1afd31bd5319e9848e6bf2eb6af296da8df54f757750bd01a588b573"},
    {.name = "a presigned call",
     .service = "sts",
     .region = "us-east-1",
     .token = "",
     .method = "GET",
     .path = "/",
     .query = "Action=GetCallerIdentity&Version=2011-06-15",
     .fields = {{"Host", "sts.amazonaws.com"}},
     .nfields = 1,
     .payload_hash =
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     .expires = 900,
     .canonical =
         "GET\n/"
         "\nAction=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-"
         "HMAC-SHA256&X-Amz-Credential=AKIASLUICEEXAMPLE000%2F20260314%2Fus-"
         "east-1%2Fsts%2Faws4_request&X-Amz-Date=20260314T150926Z&X-Amz-"
         "Expires=900&X-Amz-SignedHeaders=host\nhost:sts.amazonaws."
         "com\n\nhost\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
         "7852b855",
     .signature =
         "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-"
         "HMAC-SHA256&X-Amz-Credential=AKIASLUICEEXAMPLE000%2F20260314%2Fus-"
         "east-1%2Fsts%2Faws4_request&X-Amz-Date=20260314T150926Z&X-Amz-"
         "Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature="
         "e80cbed5355dac0d8fa0410b10ef597ce735f65f152c6d07cd75e5d968ed2c6d"},
    {.name = "a presigned call with a token",
     .service = "elasticloadbalancing",
     .region = "us-east-1",
     .token = "To/ken+with==",
     .method = "GET",
     .path = "/",
     .query = "Version=2015-12-01&Action=DescribeTags&ResourceArns.member.1="
              "arn%3Aaws%3Ax",
     .fields = {{"Host", "127.0.0.1:4566"}},
     .nfields = 1,
     .payload_hash =
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     .expires = 60,
     .canonical = "GET\n/"
                  "\nAction=DescribeTags&ResourceArns.member.1=arn%3Aaws%3Ax&"
                  "Version=2015-12-01&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-"
                  "Credential=AKIASLUICEEXAMPLE000%2F20260314%2Fus-east-1%"
                  "2Felasticloadbalancing%2Faws4_request&X-Amz-Date="
                  "20260314T150926Z&X-Amz-Expires=60&X-Amz-Security-Token=To%"
                  "2Fken%2Bwith%3D%3D&X-Amz-SignedHeaders=host\nhost:127.0.0.1:"
                  "4566\n\nhost\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b93"
                  "4ca495991b7852b855",
     .signature =
         "Version=2015-12-01&Action=DescribeTags&ResourceArns.member.1=arn%"
         "3Aaws%3Ax&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
         "AKIASLUICEEXAMPLE000%2F20260314%2Fus-east-1%2Felasticloadbalancing%"
         "2Faws4_request&X-Amz-Date=20260314T150926Z&X-Amz-Expires=60&X-Amz-"
         "SignedHeaders=host&X-Amz-Security-Token=To%2Fken%2Bwith%3D%3D&X-Amz-"
         "Signature="
         "2e9a70a57c2a1e13ee6d6676e3469d6908726774a482224676d71e106d6a13c5"},
    {.name = "a presigned object",
     .service = "s3",
     .region = "eu-west-1",
     .token = "",
     .method = "GET",
     .path = "/a%20b//c.txt",
     .query = "versionId=1",
     .fields = {{"Host", "bkt.s3.eu-west-1.amazonaws.com"}},
     .nfields = 1,
     .payload_hash = "UNSIGNED-PAYLOAD",
     .expires = 604800,
     .canonical = "GET\n/a%20b//"
                  "c.txt\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
                  "AKIASLUICEEXAMPLE000%2F20260314%2Feu-west-1%2Fs3%2Faws4_"
                  "request&X-Amz-Date=20260314T150926Z&X-Amz-Expires=604800&X-"
                  "Amz-SignedHeaders=host&versionId=1\nhost:bkt.s3.eu-west-1."
                  "amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD",
     .signature =
         "versionId=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
         "AKIASLUICEEXAMPLE000%2F20260314%2Feu-west-1%2Fs3%2Faws4_request&X-"
         "Amz-Date=20260314T150926Z&X-Amz-Expires=604800&X-Amz-SignedHeaders="
         "host&X-Amz-Signature="
         "fd2b3e8cf22136c67b00b70be61df38e18cc683ada10c13ddd461ba1cb65e12a"},
};

const unsigned nsigv4_vectors = sizeof(sigv4_vectors) / sizeof(*sigv4_vectors);

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where credentials, region and endpoints come from, as the SDKs find them."""
import glob
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from asking import Aws, CALL, Case, Home, ROLE, creds  # noqa: E402
from calls import Caller, KEYS, Service, at, in_turn, ok, signed  # noqa: E402

import rig  # noqa: E402  (calls.py has found it)


class Environment(Case):
    def test_keys(self):
        with Aws() as aws:
            signed(self.good(aws, **KEYS), "ecs", "eu-west-1", "sEcRet/Key+0")

    def test_an_empty_variable_is_none(self):
        with Aws() as aws, Home(credentials="[default]\n"
                                "aws_access_key_id=AKIAFILE\n"
                                "aws_secret_access_key=file\n") as home:
            signed(self.good(aws, home, AWS_ACCESS_KEY_ID="",
                             AWS_SECRET_ACCESS_KEY=""),
                   "ecs", "eu-west-1", "file")

    def test_half_a_pair_is_an_error(self):
        self.bad("AWS_SECRET_ACCESS_KEY is not", AWS_ACCESS_KEY_ID="AKIA")
        self.bad("AWS_ACCESS_KEY_ID is not", AWS_SECRET_ACCESS_KEY="sEcRet")

    def test_keys_that_have_expired(self):
        self.bad("expired", AWS_CREDENTIAL_EXPIRATION=at(-60), **KEYS)
        self.bad("is no time", AWS_CREDENTIAL_EXPIRATION="soon", **KEYS)
        with Aws() as aws:
            self.good(aws, AWS_CREDENTIAL_EXPIRATION=at(60), **KEYS)

    def test_a_key_with_an_end_of_a_line(self):
        self.bad("access key id has a space",
                 **dict(KEYS, AWS_ACCESS_KEY_ID="AKIA\nX: y"))

    def test_nothing_at_all(self):
        self.bad(("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
                  'profile "default"', "AWS_EC2_METADATA_DISABLED"))

    def test_no_secret_stands_in_what_is_printed(self):
        with Aws() as aws:
            said = self.ask(aws, **dict(KEYS, AWS_SESSION_TOKEN="ToKeN"))
            self.assertNotIn("ToKeN", json.dumps(said) + self.log)
            self.assertNotIn("sEcRet", json.dumps(said) + self.log)


class WebIdentity(Case):
    def test_a_role_for_a_token(self):
        with Aws() as aws, Home(token="header.payload.sig\n") as home:
            self.good(aws, home, AWS_ROLE_ARN=ROLE,
                      AWS_WEB_IDENTITY_TOKEN_FILE=home.path("token"))
        first, last = aws.requests
        form = first.form
        self.assertRegex(form.pop("RoleSessionName"), r"^sluice-\d+$")
        self.assertEqual(form, {
            "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15",
            "RoleArn": ROLE, "WebIdentityToken": "header.payload.sig"})
        self.assertIsNone(first.headers["Authorization"])
        signed(last, "ecs", "eu-west-1", "secret-of-ASIA1", "tok-en")

    def test_the_file_is_read_again_at_each_refresh(self):
        with Aws(seconds=3) as aws, Home(token="one") as home, Caller(
                AWS_ENDPOINT_URL=aws.url, AWS_ROLE_ARN=ROLE,
                HOME=home.folder.name, AWS_ROLE_SESSION_NAME="me@x",
                AWS_WEB_IDENTITY_TOKEN_FILE=home.path("token")) as c:
            c.call(**CALL)
            home.write("token", "two")
            rig.until(lambda: c.call(**CALL) and aws.given > 1, "a refresh")
        forms = [r.form for r in aws.requests
                 if "X-Amz-Target" not in r.headers]
        self.assertEqual([f["WebIdentityToken"] for f in forms[:2]],
                         ["one", "two"])
        self.assertEqual(forms[0]["RoleSessionName"], "me@x")

    def test_a_token_that_is_refused(self):
        answer = (400, {}, b"<ErrorResponse><Error><Code>InvalidIdentityToken"
                  b"</Code><Message>No OpenIDConnect provider</Message></Error>"
                  b"</ErrorResponse>")
        with Aws(lambda r: answer) as aws, Home(token="ge.he.im") as home:
            said = self.ask(aws, home, AWS_ROLE_ARN=ROLE,
                            AWS_WEB_IDENTITY_TOKEN_FILE=home.path("token"))
        self.assertEqual(said["outcome"], "NOT_READY")
        self.assertIn("InvalidIdentityToken", said["message"])
        self.assertNotIn("ge.he.im", said["message"] + self.log)
        self.assertEqual(len(aws.requests), 1)

    def test_what_is_configured_wrong_is_told(self):
        with Home(token="\x01") as home:
            path = home.path("token")
            self.bad("AWS_ROLE_ARN", home, AWS_WEB_IDENTITY_TOKEN_FILE=path)
            self.bad("holds no token", home, AWS_ROLE_ARN=ROLE,
                     AWS_WEB_IDENTITY_TOKEN_FILE=path)
            self.bad(("/none", "cannot be opened"), home, AWS_ROLE_ARN=ROLE,
                     AWS_WEB_IDENTITY_TOKEN_FILE="/none")
            self.bad("AWS_ROLE_SESSION_NAME", home, AWS_ROLE_ARN=ROLE,
                     AWS_ROLE_SESSION_NAME="a b",
                     AWS_WEB_IDENTITY_TOKEN_FILE=path)


class Profiles(Case):
    def test_the_one_that_is_asked_for(self):
        with Aws() as aws, Home(
                "[profile dev]\nregion = eu-central-1\n",
                "[dev]\naws_access_key_id = AKIADEV\n"
                "aws_secret_access_key = a=b#c\n") as home:
            signed(self.good(aws, home, AWS_PROFILE="dev", AWS_REGION=None),
                   "ecs", "eu-central-1", "a=b#c")
            self.bad(('"dav"', 'did you mean "dev"'), home, AWS_PROFILE="dav")

    def test_a_file_that_is_said_to_be_none(self):
        with Aws() as aws:
            self.good(aws, AWS_CONFIG_FILE="/dev/null",
                      AWS_SHARED_CREDENTIALS_FILE="/dev/null", **KEYS)
        self.assertNotIn("WARN", self.log)

    def test_files_that_are_elsewhere(self):
        with Aws() as aws, Home("[default]\naws_access_key_id=AKIAONE\n"
                                "aws_secret_access_key=one\n") as home:
            os.rename(home.path(".aws/config"), home.path("here"))
            self.good(aws, AWS_CONFIG_FILE="~/here", HOME=home.folder.name)
        self.assertEqual(aws.keys(), ["AKIAONE"])

    def test_roles_one_with_another(self):
        with Aws() as aws, Home(
                "[profile app]\nrole_arn = %s\nsource_profile = mid\n"
                "external_id = a/b c\nduration_seconds = 900\n"
                "role_session_name = app@x\n"
                "[profile mid]\nrole_arn = arn:mid\nsource_profile = base\n"
                "[profile base]\naws_access_key_id = AKIABASE\n"
                "aws_secret_access_key = base\n" % ROLE) as home:
            last = self.good(aws, home, AWS_PROFILE="app")
        mid, app, _ = aws.requests
        self.assertEqual(mid.form["RoleArn"], "arn:mid")
        signed(mid, "sts", "eu-west-1", "base")
        signed(app, "sts", "eu-west-1", "secret-of-ASIA1", "tok-en")
        self.assertEqual(app.form, {
            "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": ROLE,
            "RoleSessionName": "app@x", "ExternalId": "a/b c",
            "DurationSeconds": "900"})
        signed(last, "ecs", "eu-west-1", "secret-of-ASIA2", "tok-en")

    def test_a_profile_that_is_its_own_source(self):
        with Aws() as aws, Home(
                "[default]\nrole_arn = r\nsource_profile = default\n",
                "[default]\naws_access_key_id = AKIASELF\n"
                "aws_secret_access_key = s\n") as home:
            self.good(aws, home)
        self.assertEqual(aws.keys(), ["AKIASELF", "ASIA1"])

    def test_sources_that_go_round(self):
        with Home("[default]\nrole_arn=a\nsource_profile=b\n"
                  "[profile b]\nrole_arn=b\nsource_profile=default\n") as home:
            self.bad("circle", home)

    def test_a_source_that_is_no_profile(self):
        for source in ("Environment", "EcsContainer"):
            with Aws() as aws, Service(lambda r: creds("AKIACONT")) as host, \
                    Home("[profile x]\nrole_arn = r\ncredential_source = %s\n"
                         % source) as home:
                more = KEYS if source == "Environment" else {
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": host.url + "/c"}
                # The keys of the environment come first unless they are the
                # source of the profile's role: so it is with AWS's tools.
                said = self.ask(aws, home, AWS_PROFILE="x", **more)
                self.assertEqual(said["outcome"], "OK", said)
                if source == "EcsContainer":
                    self.assertEqual(aws.keys(), ["AKIACONT", "ASIA1"])

    def test_web_identity_of_a_profile(self):
        with Aws() as aws, Home(token="t.o.k") as home:
            home.write(".aws/config", "[default]\nrole_arn = %s\n"
                       "web_identity_token_file = %s\nrole_session_name = me\n"
                       % (ROLE, home.path("token")))
            self.good(aws, home)
        self.assertEqual(aws.requests[0].form["WebIdentityToken"], "t.o.k")
        self.assertEqual(aws.requests[0].form["RoleSessionName"], "me")

    def test_what_is_configured_wrong_is_told(self):
        for words, text in (
                ("source_profile and credential_source", "role_arn = r"),
                ("both", "role_arn=r\nsource_profile=a\ncredential_source=b"),
                ("Ec2InstanceMetadata", "role_arn=r\ncredential_source=b"),
                ("mfa_serial", "role_arn=r\nmfa_serial=m\nsource_profile=a"),
                ("duration_seconds", "role_arn=r\nsource_profile=a\n"
                 "duration_seconds=60"),
                ("role_session_name", "role_arn=r\nsource_profile=a\n"
                 "role_session_name=:"),
                ('"gone"', "role_arn=r\nsource_profile=gone"),
                ("no credentials to assume", "role_arn=r\n"
                 "source_profile=empty\n[profile empty]\nregion=x"),
                ("aws_secret_access_key", "aws_access_key_id=AKIA"),
                ("no role_arn", "web_identity_token_file=/x"),
                ("sso_session is not supported", "sso_session=x")):
            with Home("[default]\n" + text + "\n") as home:
                self.bad(words, home)

    def test_a_line_that_is_none_is_told_and_passed_over(self):
        with Aws() as aws, Home("[default]\nwhat is this\n"
                                "aws_access_key_id=AKIALINE\n"
                                "aws_secret_access_key=s\n") as home:
            self.good(aws, home)
        self.assertEqual(aws.keys(), ["AKIALINE"])
        self.assertIn("line 2: is no KEY = VALUE", self.log)


class Processes(Case):
    PRINTS = "#!/bin/sh\nprintf '%s' '%s'\n"

    def run_it(self, home, text, arguments="", **environment):
        home.write("run it", text)
        home.write(".aws/config", '[default]\ncredential_process = "%s" %s\n'
                   % (home.path("run it"), arguments))
        return environment

    def printing(self, **made):
        made = {"Version": 1, "AccessKeyId": "AKIAPROC",
                "SecretAccessKey": "proc", **made}
        return self.PRINTS % ("%s", json.dumps(made))

    def test_what_it_prints(self):
        with Aws() as aws, Home() as home:
            self.run_it(home, self.printing(SessionToken="tok",
                                            Expiration=at(3600)))
            signed(self.good(aws, home), "ecs", "eu-west-1", "proc", "tok")

    def test_it_is_run_without_a_shell(self):
        with Aws() as aws, Home() as home:
            self.run_it(home, '#!/bin/sh\n[ "$#" = 3 ] && [ "$1" = ";touch" ]'
                        ' && [ "$2" = "a  b" ] && [ "$3" = \'$HOME\' ] || exit'
                        " 9\n" + self.printing()[10:],
                        "';touch' \"a  b\" \\$HOME")
            self.good(aws, home)

    def test_it_is_run_again_when_they_expire(self):
        with Aws() as aws, Home() as home:
            self.run_it(home, "#!/bin/sh\necho x >>%s\n" % home.path("runs") +
                        self.printing(Expiration=at(3))[10:])
            with Caller(AWS_ENDPOINT_URL=aws.url, HOME=home.folder.name) as c:
                rig.until(lambda: c.call(**CALL) and os.stat(
                    home.path("runs")).st_size > 2, "another run")

    def test_what_is_wrong_with_it_is_told(self):
        hang = "#!/bin/sh\nexec sleep 1000\n"
        for words, text in (
                ("status 7", "#!/bin/sh\necho sEcRet; exit 7\n"),
                ("Version", self.printing(Version=2)),
                ("no object", self.PRINTS % ("%s", "sEcRet")),
                ("no secret access key", self.printing(SecretAccessKey="")),
                ("expired", self.printing(Expiration=at(-5))),
                ("65536 bytes", "#!/bin/sh\nexec yes sEcRet\n"),
                ("signal 15", "#!/bin/sh\nkill $$\n")):
            with Home() as home:
                self.run_it(home, text)
                self.bad(words, home)
        with Home('[default]\ncredential_process = /none/such\n') as home:
            self.bad(("/none/such", "No such file"), home)
        with Home("[default]\ncredential_process = 'a\n") as home:
            self.bad("quote", home)
        with Home() as home, Aws() as aws:
            self.run_it(home, "#!/bin/sh\necho $$ >%s\n" % home.path("pid") +
                        hang[10:])
            with Caller(AWS_ENDPOINT_URL=aws.url, HOME=home.folder.name) as c:
                name = c.begin(**CALL)
                rig.until(lambda: home.read("pid").strip(), "it runs")
                rig.until(lambda: waits(c.child.pid), "it is waited for")
                c.begin(id=name, cancel=True)
            pid = int(home.read("pid"))
            # Who asked is gone: so is the command.
            rig.until(lambda: not alive(pid), "it is killed")


def waits(pid):
    """A thread of this process polls, as one does that knows its command.
    Kernels that tell nothing of it say 0."""
    said = set()
    for name in glob.glob("/proc/%d/task/*/wchan" % pid):
        with open(name, encoding="ascii") as file:
            said.add(file.read().partition(".")[0])
    return "poll_schedule_timeout" in said or said <= {"0"}


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="latin-1") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Containers(Case):
    FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"

    def test_a_token_of_the_environment(self):
        with Aws() as aws, Service(lambda r: creds("ASIACONT")) as host:
            last = self.good(aws, **{self.FULL: host.url + "/v2/c?id=1",
                                     self.TOKEN: "Basic abc"})
        self.assertEqual(host.requests[0].target, "/v2/c?id=1")
        self.assertEqual(host.requests[0].headers["Authorization"],
                         "Basic abc")
        signed(last, "ecs", "eu-west-1", "secret-of-ASIACONT",
               "token-of-ASIACONT")

    def test_a_token_of_a_file_is_read_each_time(self):
        """EKS Pod Identity."""
        with Aws() as aws, Home(token="one\n") as home, \
                Service(lambda r: creds("ASIACONT", 3)) as host:
            with Caller(**{"AWS_ENDPOINT_URL": aws.url, self.TOKEN: "not this",
                           self.FULL: host.url + "/v1/credentials",
                           self.TOKEN + "_FILE": home.path("token")}) as c:
                c.call(**CALL)
                home.write("token", "two")
                rig.until(lambda: c.call(**CALL) and len(host.requests) > 1,
                          "a refresh")
        self.assertEqual([r.headers["Authorization"]
                          for r in host.requests[:2]], ["one", "two"])

    def test_no_token_leaves_the_machine_in_plain_text(self):
        with Service(lambda r: creds("ASIACONT")) as proxy:
            for host in ("http://192.0.2.1/c", "http://169.254.170.3/c",
                         "http://[2001:db8::1]/c"):
                self.bad("loopback", http_proxy=proxy.url,
                         **{self.FULL: host})
            self.assertEqual(proxy.requests, [])

    def test_what_is_configured_wrong_is_told(self):
        self.bad("no endpoint", **{self.FULL: "ftp://127.0.0.1/"})
        self.bad("end of a line", **{self.FULL: "http://127.0.0.1/",
                                     self.TOKEN: "a\r\nX: y"})
        self.bad('does not begin with "/"',
                 AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="x")

    def test_faults_are_tried_again_and_told(self):
        with Aws() as aws, Service(in_turn(
                (500, {}, b""), creds("ASIATWO"))) as host:
            self.good(aws, **{self.FULL: host.url})
        self.assertEqual(len(host.requests), 2)
        for answer, words in (
                ((403, {}, b"sEcRet"), "status 403"),
                ((200, {}, b"sEcRet"), "no object"),
                ((200, {}, b"{" + b" " * 100_000 + b"}"), "65536"),
                (creds("A", SecretAccessKey=""), "no secret access key"),
                (creds("A", Code="Failed", Message="so"), '"Failed": so')):
            with Service(lambda r, a=answer: a) as host:
                self.bad(words, **{self.FULL: host.url})


class Instances(Case):
    """IMDSv2."""
    ROLES = "/latest/meta-data/iam/security-credentials/"
    DOCUMENT = "/latest/dynamic/instance-identity/document"

    def imds(self, seconds=6 * 3600, token=200):
        self.tokens = []

        def answer(request):
            if request.method == "PUT":
                self.assertEqual(request.target, "/latest/api/token")
                self.assertEqual(request.headers[
                    "x-aws-ec2-metadata-token-ttl-seconds"], "21600")
                self.tokens.append("T%d==" % len(self.tokens))
                return token, {}, self.tokens[-1].encode()
            if request.headers["x-aws-ec2-metadata-token"] != self.tokens[-1]:
                return 401, {}, b""
            return {self.ROLES: (200, {}, b"my-role"),
                    self.ROLES + "my-role": creds("ASIAIMDS", seconds,
                                                  Code="Success"),
                    self.DOCUMENT: (200, {}, b'{"region": "ap-south-1"}'),
                    }.get(request.target, (404, {}, b""))
        return Service(answer)

    def there(self, host):
        return {"AWS_EC2_METADATA_DISABLED": "false",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": host.url + "/"}

    def test_credentials(self):
        with Aws() as aws, self.imds() as host:
            last = self.good(aws, http_proxy="http://127.0.0.1:1",
                             no_proxy="127.0.0.1", **self.there(host))
        signed(last, "ecs", "eu-west-1", "secret-of-ASIAIMDS",
               "token-of-ASIAIMDS")

    def test_the_region_too(self):
        with Aws() as aws, self.imds() as host:
            last = self.good(aws, AWS_REGION=None, **self.there(host))
        signed(last, "ecs", "ap-south-1", "secret-of-ASIAIMDS",
               "token-of-ASIAIMDS")

    def test_no_token_no_credentials(self):
        for status in (403, 404, 405):
            with self.imds(token=status) as host:
                self.bad(("status %d" % status, "AWS_ACCESS_KEY_ID"),
                         **self.there(host))
                self.assertEqual([r.method for r in host.requests], ["PUT"])

    def test_a_service_that_hangs(self):
        with Service(lambda r: None) as host:
            self.bad(("timed out", "AWS_ACCESS_KEY_ID"), **self.there(host))

    def test_an_instance_without_a_role(self):
        with Service(lambda r: (200, {}, b"T") if r.method == "PUT"
                     else (404, {}, b"")) as host:
            self.bad("no role", **self.there(host))

    def test_a_role_that_is_none(self):
        for name in (b"", b"a/../b", b"a\r\nb: c"[:1] + b" "):
            with Service(lambda r, n=name: (200, {}, b"T" if r.method == "PUT"
                                            else n)) as host:
                self.bad("no name of a role" if name != b"a " else "object",
                         **self.there(host))

    def test_old_ones_are_used_when_there_are_no_others(self):
        """Static stability."""
        with Aws() as aws, self.imds(seconds=-600) as host:
            self.good(aws, **self.there(host))
            self.assertEqual(aws.keys(), ["ASIAIMDS"])

    def test_a_mode_that_is_none(self):
        self.bad("IPv4 or IPv6", AWS_EC2_METADATA_DISABLED="false",
                 AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="IPv5")


class Region(Case):
    def region(self, home=None, **environment):
        with Aws() as aws:
            said = self.good(aws, home, **dict(KEYS, **environment))
        return said.headers["Authorization"].split("/")[2]

    def test_the_order(self):
        with Home("[default]\nregion = profile-1\n") as home:
            self.assertEqual(self.region(home, AWS_REGION=None), "profile-1")
            self.assertEqual(self.region(home, AWS_REGION=None,
                                         AWS_DEFAULT_REGION="default-1"),
                             "default-1")
            self.assertEqual(self.region(home, AWS_REGION="region-1",
                                         AWS_DEFAULT_REGION="default-1"),
                             "region-1")

    def test_of_a_task(self):
        task = {"TaskARN": "arn:aws:ecs:ca-central-1:1:task/c/0123"}
        with Service(lambda r: (200, {}, json.dumps(task).encode())) as ecs:
            self.assertEqual(self.region(
                AWS_REGION=None,
                ECS_CONTAINER_METADATA_URI_V4=ecs.url + "/v4/x"),
                "ca-central-1")
        self.assertEqual(ecs.requests[0].target, "/v4/x/task")

    def test_none(self):
        self.bad(("AWS_REGION", "profile", "ECS"), AWS_REGION=None, **KEYS)

    def test_one_that_is_none(self):
        self.bad("is no region", AWS_REGION="eu_west/1", **KEYS)


class Endpoints(Case):
    def test_the_order(self):
        with Aws() as one, Aws() as other, Home(
                "[default]\nservices = s\nendpoint_url = %s\n[services s]\n"
                "ecs =\n  endpoint_url = %s\n" % (one.url, other.url)) as home:
            environment = dict(KEYS, HOME=home.folder.name)
            for more, where in (
                    ({}, other),
                    ({"AWS_ENDPOINT_URL": one.url}, one),
                    ({"AWS_ENDPOINT_URL": one.url,
                      "AWS_ENDPOINT_URL_ECS": other.url}, other)):
                before = len(where.requests)
                with Caller(**environment, **more) as c:
                    self.assertEqual(c.call(**CALL)["outcome"], "OK")
                self.assertEqual(len(where.requests), before + 1)
            with Caller(**environment) as c:
                c.call(service="LOGS", action="DescribeLogGroups")
            self.assertIn("Logs_20140328", one.requests[-1].headers[
                "X-Amz-Target"])

    def test_none_that_is_configured_counts(self):
        with Service(lambda r: ok()) as proxy, Caller(
                AWS_ENDPOINT_URL="http://127.0.0.1:1",
                AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true",
                https_proxy=proxy.url, **KEYS) as c:
            said = c.call(attempts=1, **CALL)
        self.assertIn("https://ecs.eu-west-1.amazonaws.com", said["message"])

    def test_one_that_is_none(self):
        with Caller(AWS_ENDPOINT_URL="localhost:4566", **KEYS) as c:
            said = c.call(**CALL)
        self.assertEqual(said["outcome"], "NOT_READY")
        self.assertIn("localhost:4566", said["message"])
        self.assertIn("http://HOST:PORT", said["message"])


if __name__ == "__main__":
    unittest.main()

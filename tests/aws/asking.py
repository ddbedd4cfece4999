# SPDX-License-Identifier: Apache-2.0
"""One call with one set of files and variables, and what came of it."""
import json
import os
import tempfile
import unittest

from calls import Caller, Service, at, ok, sts

CALL = {"service": "ECS", "action": "ListTasks"}
ROLE = "arn:aws:iam::123456789012:role/app"


def creds(key, seconds=6 * 3600, **more):
    """As metadata services answer them."""
    made = {"AccessKeyId": key, "SecretAccessKey": "secret-of-" + key,
            "Token": "token-of-" + key, "Expiration": at(seconds), **more}
    return 200, {}, json.dumps(made).encode()


class Home:
    """A folder with the shared files."""

    def __init__(self, config="", credentials=None, **others):
        self.folder = tempfile.TemporaryDirectory()
        os.mkdir(os.path.join(self.folder.name, ".aws"))
        self.write(".aws/config", config)
        if credentials is not None:
            self.write(".aws/credentials", credentials)
        for name, text in others.items():
            self.write(name, text)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def read(self, name):
        """What stands in a file; "" when there is none."""
        try:
            with open(self.path(name), encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        if name.startswith("run"):
            os.chmod(self.path(name), 0o700)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()


class Aws(Service):
    """Services that take every request; STS gives credentials."""

    def __init__(self, answer=None, seconds=3600):
        self.given, self.seconds = 0, seconds
        super().__init__(answer or self.usual)

    def usual(self, request):
        if "X-Amz-Target" in request.headers:
            return ok()
        self.given += 1
        return sts(request.form["Action"], "ASIA%d" % self.given, self.seconds)

    def keys(self):
        return [r.key for r in self.requests]


class Case(unittest.TestCase):
    def ask(self, aws, home=None, call=None, **environment):
        """The outcome of one call, with what the log said."""
        if home:
            environment.setdefault("HOME", home.folder.name)
        with Caller(AWS_ENDPOINT_URL=aws.url, **environment) as c:
            said = c.call(**(call or CALL))
            self.log = c.log()
        return said

    def good(self, aws, home=None, **environment):
        said = self.ask(aws, home, **environment)
        self.assertEqual(said["outcome"], "OK", said)
        return aws.requests[-1]

    def bad(self, words, home=None, **environment):
        """None, because of something that `words` name; nothing is called."""
        with Aws() as aws:
            said = self.ask(aws, home, **environment)
            self.assertEqual((said["outcome"], said["tried"]),
                             ("NOT_READY", 0), said)
            self.assertEqual(aws.requests, [])
        for word in words if isinstance(words, tuple) else (words,):
            self.assertIn(word, said["message"])
        self.assertNotIn("sEcRet", said["message"] + self.log)

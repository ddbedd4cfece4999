#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Credentials are had anew: before they expire, and when they are refused."""
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from asking import Aws, CALL, Case, Home, creds  # noqa: E402
from calls import Caller, KEYS, Service, error, in_turn, ok  # noqa: E402

import rig  # noqa: E402  (calls.py has found it)


class Refreshed(Case):
    def container(self, host):
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": host.url}

    def test_in_the_background_before_they_expire(self):
        """Between half and two thirds of a short life nobody waits."""
        turn = threading.Event()
        left = [creds("ASIAONE", 12)]

        def answer(_):
            if left:
                return left.pop()
            turn.wait(rig.PATIENCE)
            return creds("ASIATWO")
        with Aws() as aws, Service(answer) as host, Caller(
                AWS_ENDPOINT_URL=aws.url, **self.container(host)) as c:
            end = time.monotonic() + 5.5
            while time.monotonic() < end:
                self.assertEqual(c.call(**CALL)["outcome"], "OK")
                time.sleep(0.02)
            rig.until(lambda: c.call(**CALL) and len(host.requests) > 1,
                      "a refresh")
            self.assertEqual(c.call(**CALL)["outcome"], "OK")
            self.assertEqual(set(aws.keys()), {"ASIAONE"})
            turn.set()
            rig.until(lambda: c.call(**CALL) and aws.keys()[-1] == "ASIATWO",
                      "new ones")
            self.assertEqual(c.counts()["refreshes"], 2)

    def test_once_when_a_service_refuses_them(self):
        for code in ("ExpiredTokenException", "UnrecognizedClientException"):
            with Aws(lambda r, c=code: error(400, c) if r.key == "ASIAONE"
                     else ok()) as aws, \
                    Service(in_turn(creds("ASIAONE"), creds("ASIATWO"))) \
                    as host:
                said = self.ask(aws, **self.container(host))
            self.assertEqual((said["outcome"], said["tried"]), ("OK", 2))
            self.assertEqual(aws.keys(), ["ASIAONE", "ASIATWO"])

    def test_not_again_and_again(self):
        with Aws(lambda r: error(400, "ExpiredTokenException")) as aws, \
                Service(lambda r: creds("ASIAOLD")) as host, Caller(
                    AWS_ENDPOINT_URL=aws.url, **self.container(host)) as c:
            said = [c.call(**CALL) for _ in range(5)]
        self.assertEqual([s["outcome"] for s in said], ["REFUSED"] * 5)
        self.assertEqual(len(host.requests), 2)
        self.assertEqual(len(aws.requests), 6)

    def test_those_of_the_environment_cannot_be(self):
        with Aws(lambda r: error(400, "ExpiredTokenException")) as aws:
            said = self.ask(aws, **KEYS)
        self.assertEqual((said["outcome"], said["tried"]), ("REFUSED", 1))

    def test_keys_of_a_file_that_has_changed(self):
        text = "[default]\naws_access_key_id=%s\naws_secret_access_key=s\n"
        with Home(credentials=text % "AKIAOLD") as home:
            def answer(request):
                if request.key == "AKIAOLD":
                    home.write(".aws/credentials", text % "AKIANEW")
                    return error(403, "InvalidClientTokenId")
                return ok()
            with Aws(answer) as aws:
                self.good(aws, home)
        self.assertEqual(aws.keys(), ["AKIAOLD", "AKIANEW"])

    def test_many_calls_wait_for_one_search(self):
        with Aws() as aws, Service(lambda r: creds("ASIAONE")) as host, \
                Caller(AWS_ENDPOINT_URL=aws.url, **self.container(host)) as c:
            names = [c.begin(**CALL) for _ in range(100)]
            self.assertEqual({c.wait(n)["outcome"] for n in names}, {"OK"})
        self.assertEqual(len(host.requests), 1)

    def test_a_failure_is_remembered_for_a_while(self):
        with Aws() as aws, Service(lambda r: (403, {}, b"")) as host, Caller(
                AWS_ENDPOINT_URL=aws.url, **self.container(host)) as c:
            names = [c.begin(**CALL) for _ in range(200)]
            self.assertEqual({c.wait(n)["outcome"] for n in names},
                             {"NOT_READY"})
            self.assertLessEqual(len(host.requests), 3)
            # And not for ever.
            host.answer = lambda r: creds("ASIALATE")
            rig.until(lambda: c.call(**CALL)["outcome"] == "OK", "new ones")


if __name__ == "__main__":
    unittest.main()

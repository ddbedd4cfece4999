#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs while S3 answers with errors, with nothing, or with half an answer: what
was written is in the bucket once in the end."""
from s3_logs import Outage  # finds the others
import double
import rig


class Faults(Outage):
    def test_it_is_broken(self):
        self.outlasts(double.broken(503, "ServiceUnavailable"))

    def test_it_ends_connections(self):
        self.outlasts(double.silent())

    # The object was put before the answer was cut: putting it again changes
    # nothing.
    def test_it_took_what_it_did_not_say(self):
        self.outlasts(double.cut(reset=True))

    def test_it_answers_what_is_no_answer(self):
        self.outlasts(double.answers("<html>busy</html>", 502, "text/html"))


if __name__ == "__main__":
    rig.main()

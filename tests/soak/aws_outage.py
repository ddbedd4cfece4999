#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AWS is dead, hangs, throttles, lies, for minutes: what do requests feel?

    tests/soak/aws_outage.py [--minutes 10] [--clients 8] [--slice 10]
                             [--workers 2]

Two `sluice serve` of one template before the same targets. One asks nothing of
AWS; the other publishes metrics and logs and finds half of its targets in
Cloud Map. AWS is the strict double of tests/aws, and works in no slice but the
first and the last: each fault in turn has two slices, in which load goes to one
and then to the other process. Both start and end each log the same way, so that
what is left between them is AWS. Ends with 1 when a request failed, when the
99th percentile is more than 1.5 times the other's and 1 ms, when memory grew by
more than 32 MiB, or when a line of the access log is not in S3 exactly once in
the end.
"""
import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("proxy", "api", "aws"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import double  # noqa: E402
import rig  # noqa: E402
import s3_logs  # noqa: E402
import stack as stacks  # noqa: E402
import weights  # noqa: E402

REQUESTS = [b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % path
            for path in (b"told", b"found")]


class Faults:
    """One after the other, on everything that is asked of AWS."""

    def __init__(self, aws):
        self.aws = aws
        self.kinds = [
            ("dead", None), ("hangs", double.hang()),
            ("throttles", double.throttle()), ("breaks", double.broken(503)),
            ("cuts", double.cut()), ("talks garbage",
                                                double.garbage()),
            ("lies", double.lying()), ("never ends", double.endless(1 << 24))]

    def begin(self, n):
        name, fault = self.kinds[n % len(self.kinds)]
        self.end()
        if fault:
            self.aws.fault(fault)
        else:
            self.aws.stop()
        return name

    def end(self):
        self.aws.mend()
        if self.aws.listener is None:
            self.aws.start()


def template(blue, green, found):
    stack = stacks.Stack(lb=False)
    stack.balancer("Lb", s3_logs.s3("access") if found else {}, Name="shop")
    stack.group("Told", [blue.address])
    stack.group("Found", [] if found else [green.address])
    if found:
        stack.resources["Found"]["Metadata"] = {"Sluice": {"Discovery": {
            "CloudMap": {"Namespace": "local", "Service": "shop"},
            "Interval": 1}}}
    stack.listener("Web", 80, stacks.forward("Told"))
    stack.rule("R", "Web", 1, [stacks.path("/found")], stacks.forward("Found"))
    return stack


def serve(folder, name, stack, workers, environment=None, *options):
    return s3_logs.Logged(
        *options, "--access-log", os.path.join(folder, name), "--state-folder",
        os.path.join(folder, name + ".state"), template=stack, workers=workers,
        drain=10, environment={"AWS_ACCOUNT_ID": "123456789012",
                               **(environment or {})})


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return sorted(file.read().splitlines())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--slice", type=float, default=10)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="sluice-soak-")
    pipe, theirs = multiprocessing.Pipe()
    multiprocessing.Process(target=weights.serve_targets, args=(theirs,),
                            daemon=True).start()
    blue, green = (weights.Origin(port) for port in pipe.recv())
    aws = double.Aws()
    aws.buckets["logs"] = {}
    aws.cloud_map.register("local", "shop", "i-1", green.host, green.port)
    faults = Faults(aws)
    alone = serve(folder, "alone", template(blue, green, False), given.workers)
    both = serve(folder, "aws", template(blue, green, True), given.workers,
                 aws.environment(), "--publish", "cloudwatch,s3,emf",
                 "--emf-log", os.path.join(folder, "emf"), "--log-spool",
                 os.path.join(folder, "spool"))
    where = [server.listeners["Web"] for server in (alone, both)]
    with rig.Client(*where[1]) as client:
        rig.until(lambda: client.ask("/found").status == 200, "a found target")
    sums = ([], []), ([], [])
    memory = [both.rss()]
    slices = max(1, round(given.minutes * 60 / (2 * given.slice)))
    for n in range(slices):
        name = faults.begin(n)
        print("AWS", name, flush=True)
        for side in (0, 1):
            for to, more in zip(sums[side], weights.Loading(
                    *where[side], given.clients, given.slice, REQUESTS).end()):
                to += more
            memory.append(both.rss())
    faults.end()
    weights.tell("alone", *sums[0])
    weights.tell("AWS", *sums[1])
    print("MiB: " + " ".join("%.0f" % (m / 2**20) for m in memory[::4]))
    # A bucket that failed all the time is tried again after 60 s at the latest.
    rig.until(lambda: both.s3("waiting_objects") == 0, both.story, seconds=90)
    for server in (alone, both):
        server.stop()
    bucket = s3_logs.Bucket(aws)
    told, there = lines_of(os.path.join(folder, "aws")), bucket.lines()
    print("%d lines in %d objects of S3, %d in the file; %d data to "
          "CloudWatch" % (len(there), len(bucket.logs()), len(told),
                          len(aws.metrics)))
    asked = len(aws.refusals())
    print("%d calls were asked, %d were wrong" % (len(aws.asked()), asked))
    aws.stop()
    p99 = [weights.quantile(side[0], 0.99) for side in sums]
    good = (not sums[0][1] and not sums[1][1] and told == there and
            not asked and p99[1] <= max(1.5 * p99[0], p99[0] + 1) and
            max(memory) - memory[1] < 32 << 20)
    print("good" if good else "NOT GOOD; see " + folder)
    if good:
        shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

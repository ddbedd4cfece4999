#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where services are: the hosts that botocore's rules say, for every service
that is called, every region of every partition, FIPS and dual stack."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from calls import Caller, rig  # noqa: E402

# Our names and botocore's.
SERVICES = {"CLOUDWATCH": "cloudwatch", "LOGS": "logs", "ECS": "ecs",
            "CLOUD_MAP": "servicediscovery", "EC2": "ec2", "S3": "s3",
            "SNS": "sns", "STS": "sts"}
VARIANTS = [{}, {"fips": True}, {"dualstack": True},
            {"fips": True, "dualstack": True}]
# Of partitions, and one that nobody has heard of yet.  (None of GovCloud: there
# botocore lists the regions whose plain names are the FIPS ones.)
NEW = {"eu-north-9", "cn-south-1", "us-iso-north-1",
       "us-isob-north-1", "eu-isoe-north-1", "us-isof-north-1",
       "eusc-de-west-1", "xx-west-1"}
BUCKETS = ["logs", "my.logs", "a-b-3"]


class Rules:
    """botocore's, evaluated by botocore."""

    def __init__(self):
        try:
            from botocore.endpoint_provider import EndpointProvider
            from botocore.exceptions import EndpointProviderError
            from botocore.loaders import Loader
        except ImportError:
            raise unittest.SkipTest("needs botocore") from None
        loader = Loader()
        self.refuses = EndpointProviderError
        self.partitions = loader.load_data("partitions")
        self.providers = {
            ours: EndpointProvider(loader.load_service_model(
                theirs, "endpoint-rule-set-1"), self.partitions)
            for ours, theirs in SERVICES.items()}

    def regions(self):
        """As AWS_REGION may have them."""
        return sorted(NEW | {
            region for partition in self.partitions["partitions"]
            for region in partition["regions"]
            if not region.endswith("-global")})

    def url(self, service, region, bucket="", fips=False, dualstack=False):
        """None: there is none."""
        given = {"Region": region, "UseFIPS": fips, "UseDualStack": dualstack}
        if service == "S3":
            given["Bucket"] = bucket
        try:
            return self.providers[service].resolve_endpoint(**given).url
        except self.refuses:
            return None


class Endpoints(unittest.TestCase):
    def compare(self, cases):
        """Each is asked at once; their number says that there were any."""
        rules = Rules()
        wrong, count = [], 0
        with Caller() as caller:
            asked = [(caller.begin(endpoint=True, **case), case)
                     for case in cases(rules)]
            for name, case in asked:
                found, wanted = caller.wait(name), rules.url(**case)
                count += 1
                if found.get("url") != wanted:
                    wrong.append("%s: %s, not %s" % (case, found, wanted))
        self.assertEqual(len(wrong), 0, "\n".join(wrong[:20]))
        return count

    def test_of_services_by_region_and_variant(self):
        self.assertGreater(self.compare(lambda rules: [
            dict(variant, service=service, region=region)
            for service in SERVICES if service != "S3"
            for region in rules.regions() for variant in VARIANTS]), 1000)

    def test_of_buckets_by_region_and_variant(self):
        self.assertGreater(self.compare(lambda rules: [
            dict(variant, service="S3", region=region, bucket=bucket)
            for bucket in BUCKETS
            for region in rules.regions() for variant in VARIANTS]), 500)

    def test_what_aws_does_not_have_is_told(self):
        with Caller() as caller:
            said = caller.call(endpoint=True, service="S3", bucket="logs",
                               region="cn-north-1", fips=True)
        self.assertIn("AWS_USE_FIPS_ENDPOINT", said["error"])

    def test_the_prefix_of_cloud_map_stands_before_all(self):
        with Caller() as caller:
            found = caller.call(endpoint=True, service="CLOUD_MAP",
                                region="eu-west-1", host_prefix=True)
        self.assertEqual(found["url"], "https://data-servicediscovery."
                         "eu-west-1.amazonaws.com")


if __name__ == "__main__":
    rig.main()

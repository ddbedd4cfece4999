#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""IP sets and regex pattern sets by `aws wafv2` and boto3."""
import waf
import rig


class Sets(waf.Case):

    # 102.
    def test_an_ip_set_goes_round_by_the_command(self):
        made = self.waf("create-ip-set", "--name", "office", "--scope",
                        "REGIONAL", "--ip-address-version", "IPV4",
                        "--addresses", "192.0.2.0/24", "--description",
                        "where we are", "--tags", "Key=team,Value=web")
        summary = made["Summary"]
        self.assertRegex(summary["Id"], waf.UUID)
        self.assertRegex(summary["LockToken"], waf.UUID)
        self.assertEqual(summary["ARN"], "arn:aws:wafv2:us-east-1:"
                         "000000000000:regional/ipset/office/"
                         + summary["Id"])
        named = ["--name", "office", "--scope", "REGIONAL", "--id",
                 summary["Id"]]
        got = self.waf("get-ip-set", *named)
        self.assertEqual(got["LockToken"], summary["LockToken"])
        self.assertEqual(got["IPSet"], {
            "Name": "office", "Id": summary["Id"], "ARN": summary["ARN"],
            "Description": "where we are", "IPAddressVersion": "IPV4",
            "Addresses": ["192.0.2.0/24"]})
        self.assertEqual([s for s in self.waf("list-ip-sets", "--scope",
                                              "REGIONAL")["IPSets"]
                          if s["Name"] == "office"], [summary])
        updated = self.waf("update-ip-set", *named, "--addresses",
                           "198.51.100.7/32", "--lock-token",
                           got["LockToken"])
        after = self.waf("get-ip-set", *named)
        self.assertEqual(after["LockToken"], updated["NextLockToken"])
        self.assertEqual(after["IPSet"]["Addresses"], ["198.51.100.7/32"])
        self.assertIsNone(self.waf("delete-ip-set", *named, "--lock-token",
                                   after["LockToken"]))
        self.refused("WAFNonexistentItemException", "get-ip-set", *named)

    # 103.
    def test_a_stale_token_changes_nothing(self):
        one = self.ip_set("stale")
        named = {k: one[k] for k in ("Name", "Id")}
        more = dict(named, Scope="REGIONAL", Addresses=["192.0.2.1/32"])
        first = self.client.update_ip_set(LockToken=one["LockToken"], **more)
        self.assertNotEqual(first["NextLockToken"], one["LockToken"])
        for call in (self.client.update_ip_set, self.client.delete_ip_set):
            given = dict(more, LockToken=one["LockToken"])
            if call == self.client.delete_ip_set:
                del given["Addresses"]
            error = self.error(call, **given)
            self.assertEqual(error["Error"]["Code"],
                             "WAFOptimisticLockException")
            self.assertIn("Reapply your changes", error["Error"]["Message"])
            self.assertEqual(
                error["ResponseMetadata"]["HTTPStatusCode"], 400)
        # the same content once more: another token all the same
        second = self.client.update_ip_set(
            LockToken=first["NextLockToken"], **more)
        self.assertNotEqual(second["NextLockToken"], first["NextLockToken"])
        self.client.update_ip_set(LockToken=second["NextLockToken"], **more)

    # 104.
    def test_what_an_update_leaves_out_goes(self):
        one = self.ip_set("cleared", Description="to be gone",
                          Tags=[{"Key": "a", "Value": "b"}])
        self.client.update_ip_set(
            Name="cleared", Scope="REGIONAL", Id=one["Id"], Addresses=[],
            LockToken=one["LockToken"])
        got = self.client.get_ip_set(Name="cleared", Scope="REGIONAL",
                                     Id=one["Id"])["IPSet"]
        self.assertNotIn("Description", got)
        self.assertEqual(got["Addresses"], [])
        self.assertEqual(got["IPAddressVersion"], "IPV4")

    # 106.
    def test_lists_come_in_pages(self):
        names = sorted("page-%02d" % i for i in range(7))
        for name in names:
            self.client.create_ip_set(
                Name=name, Scope="CLOUDFRONT", IPAddressVersion="IPV6",
                Addresses=["2001:db8::/32"])
        found, pages, marker = [], 0, {}
        while True:
            page = self.client.list_ip_sets(Scope="CLOUDFRONT", Limit=3,
                                            **marker)
            found += [s["Name"] for s in page["IPSets"]]
            pages += 1
            if "NextMarker" not in page:
                break
            if pages == 1:
                # what was shown goes: nothing of the rest is left out
                gone = page["IPSets"][0]
                self.client.delete_ip_set(
                    Name=gone["Name"], Scope="CLOUDFRONT", Id=gone["Id"],
                    LockToken=gone["LockToken"])
            marker = {"NextMarker": page["NextMarker"]}
        self.assertEqual((found, pages), (names, 3))
        error = self.error(self.client.list_ip_sets, Scope="CLOUDFRONT",
                           NextMarker="!")
        self.assertEqual(error["Error"]["Code"], "ValidationException")

    def test_pages_have_names_that_begin_alike(self):
        names = ["pair", "pair-of", "pair-of-sets", "pair2", "pair_of"]
        for name in names:
            self.client.create_regex_pattern_set(
                Name=name, Scope="REGIONAL", RegularExpressionList=[])
        found, marker = [], {}
        while True:
            page = self.client.list_regex_pattern_sets(
                Scope="REGIONAL", Limit=1, **marker)
            found += [s["Name"] for s in page["RegexPatternSets"]]
            if "NextMarker" not in page:
                break
            marker = {"NextMarker": page["NextMarker"]}
        self.assertEqual([n for n in found if n.startswith("pair")], names)

    def test_scopes_are_apart(self):
        both = [self.client.create_ip_set(
            Name="both", Scope=scope, IPAddressVersion="IPV4",
            Addresses=[])["Summary"] for scope in ("REGIONAL", "CLOUDFRONT")]
        self.assertIn("arn:aws:wafv2:us-east-1:000000000000:global/ipset/both",
                      both[1]["ARN"])
        error = self.error(self.client.get_ip_set, Name="both",
                           Scope="REGIONAL", Id=both[1]["Id"])
        self.assertEqual(error["Error"]["Code"],
                         "WAFNonexistentItemException")

    def test_a_name_is_given_once(self):
        self.ip_set("twice")
        error = self.error(self.client.create_ip_set, Name="twice",
                           Scope="REGIONAL", IPAddressVersion="IPV4",
                           Addresses=[])
        self.assertEqual(error["Error"]["Code"], "WAFDuplicateItemException")

    def test_members_are_checked(self):
        for wrong, says in (
                ({"name": "a b"}, r"'name' failed to satisfy constraint: "
                 r"Member must satisfy regular expression pattern: ^[\w\-]+$"),
                ({"scope": "GLOBAL"}, "enum value set: [CLOUDFRONT, REGIONAL]"),
                ({"description": "x "}, "'description'")):
            given = {"name": "wrong", "scope": "REGIONAL",
                     "ip-address-version": "IPV4", **wrong}
            words = [w for k, v in given.items() for w in ("--" + k, v)]
            with self.subTest(wrong):
                error = self.refused("ValidationException", "create-ip-set",
                                     *words, "--addresses", "192.0.2.0/24")
                self.assertIn(says, error.message)

    # 77.
    def test_addresses_are_blocks_of_their_version(self):
        for version, address in (
                ("IPV4", "0.0.0.0/0"), ("IPV4", "192.0.2.1"),
                ("IPV4", "192.0.2.0/33"), ("IPV4", "2001:db8::/32"),
                ("IPV6", "::/0"), ("IPV6", "192.0.2.0/24")):
            with self.subTest(address):
                error = self.error(
                    self.client.create_ip_set, Name="wrong", Scope="REGIONAL",
                    IPAddressVersion=version, Addresses=[address])
                self.assertEqual(
                    (error["Error"]["Code"], error["Field"],
                     error["Parameter"]),
                    ("WAFInvalidParameterException", "IP_ADDRESS", address))

    def test_ten_thousand_addresses_are_the_most(self):
        many = ["10.%d.%d.0/24" % (i // 250, i % 250) for i in range(10001)]
        one = self.ip_set("many", many[:10000])
        got = self.client.get_ip_set(Name="many", Scope="REGIONAL",
                                     Id=one["Id"])
        self.assertEqual(got["IPSet"]["Addresses"], many[:10000])
        error = self.error(
            self.client.update_ip_set, Name="many", Scope="REGIONAL",
            Id=one["Id"], LockToken=one["LockToken"], Addresses=many)
        self.assertEqual(error["Error"]["Code"], "WAFLimitsExceededException")


class Quotas(waf.Case):
    options = ("--quota", "ip-sets=1")

    def test_there_are_so_many_in_each_scope(self):
        one = self.ip_set("one")
        error = self.error(self.client.create_ip_set, Name="two",
                           Scope="REGIONAL", IPAddressVersion="IPV4",
                           Addresses=[])
        self.assertEqual(error["Error"]["Code"], "WAFLimitsExceededException")
        self.assertIn("--quota ip-sets=N", error["Error"]["Message"])
        self.client.create_ip_set(Name="two", Scope="CLOUDFRONT",
                                  IPAddressVersion="IPV4", Addresses=[])
        self.client.delete_ip_set(Name="one", Scope="REGIONAL", Id=one["Id"],
                                  LockToken=one["LockToken"])
        self.ip_set("two")


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: Apache-2.0
"""Targets by names of DNS, told by a real server (dnsmasq)."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
sys.path.insert(0, HERE)
import rig  # noqa: E402
from discovered import DnsCase, found_by  # noqa: E402
from rig import until  # noqa: E402


class Addresses(DnsCase):
    def test_a_name_that_gets_and_loses_addresses(self):
        names = self.names()
        port = self.origins("127.0.0.2", "127.0.0.3", "127.0.0.4")
        names.change({"web.test": ["127.0.0.2"]})
        served = self.serve(found_by({"Name": "web.test",
                                      "Server": names.address}, port))
        self.registered(served, "127.0.0.2")
        self.assertEqual(self.asked(served).status, 200)
        names.change({"web.test": ["127.0.0.2", "127.0.0.3", "127.0.0.4"]})
        self.registered(served, "127.0.0.2", "127.0.0.3", "127.0.0.4")
        names.change({"web.test": ["127.0.0.3"]})
        self.registered(served, "127.0.0.3")
        self.assertEqual(self.asked(served).body, b"127.0.0.3")

    def test_a_server_that_is_away_or_knows_the_name_no_more(self):
        names = self.names()
        port = self.origins("127.0.0.2")
        names.change({"web.test": ["127.0.0.2"]})
        served = self.serve(found_by({"Name": "web.test",
                                      "Server": names.address}, port))
        self.registered(served, "127.0.0.2")
        names.change({})
        until(lambda: served.log_count("what was found stays"),
              served.story)
        self.assertEqual(self.asked(served).status, 200)
        names.stop()
        until(lambda: served.log_count("what was found stays") > 1,
              served.story)
        self.assertEqual(self.asked(served).status, 200)
        names.write({"web.test": ["127.0.0.2"]})
        names.start()
        until(lambda: served.log_count("answers again"), served.story)
        self.registered(served, "127.0.0.2")

    def test_what_was_found_outlives_the_process(self):
        names = self.names()
        port = self.origins("127.0.0.2")
        names.change({"web.test": ["127.0.0.2"]})
        served = self.serve(found_by({"Name": "web.test",
                                      "Server": names.address}, port))
        self.registered(served, "127.0.0.2")
        names.stop()
        if rig.ALONE:
            self.skipTest("there is no supervisor")
        os.kill(served.serving_pid, 9)
        until(lambda: served.log_count("INFO supervisor: process") or
              self.answers(served), served.story)
        self.registered(served, "127.0.0.2")
        self.assertEqual(self.asked(served).status, 200)

    def test_a_HUP_that_asks_no_more_takes_them_out(self):
        names = self.names()
        port = self.origins("127.0.0.2")
        names.change({"web.test": ["127.0.0.2"]})
        stack = found_by({"Name": "web.test", "Server": names.address}, port)
        served = self.serve(stack)
        self.registered(served, "127.0.0.2")
        del stack.resources["Web"]["Metadata"]["Sluice"]["Discovery"]
        stack.resources["Web"]["Properties"]["Targets"] = [
            {"Id": "127.0.0.9", "Port": port}]
        served.reload(stack)
        self.registered(served, "127.0.0.9")

    def test_targets_of_people_are_left_alone(self):
        names = self.names()
        port = self.origins("127.0.0.2")
        names.change({"web.test": ["127.0.0.2"]})
        stack = found_by({"Name": "web.test", "Server": names.address}, port)
        stack.resources["Web"]["Properties"]["Targets"] = [
            {"Id": "127.0.0.7", "Port": port}]
        served = self.serve(stack)
        self.registered(served, "127.0.0.2", "127.0.0.7")
        names.change({"web.test": ["127.0.0.3"]})
        self.registered(served, "127.0.0.3", "127.0.0.7")


class Services(DnsCase):
    def test_SRV_records_say_the_port(self):
        port = self.origins("127.0.0.2", "127.0.0.3")
        other = self.origins("127.0.0.4")
        names = self.names(
            "--srv-host=_http._tcp.web.test,a.test,%d,1,10" % port,
            "--srv-host=_http._tcp.web.test,b.test,%d,1,20" % other,
            "--srv-host=_http._tcp.web.test,c.test,%d,2" % other)
        names.change({"a.test": ["127.0.0.2", "127.0.0.3"],
                      "b.test": ["127.0.0.4"], "c.test": ["127.0.0.5"]})
        served = self.serve(found_by({
            "Name": "_http._tcp.web.test", "Type": "SRV",
            "Server": names.address}))
        self.registered(served, "127.0.0.2", "127.0.0.3", "127.0.0.4")
        self.assertEqual({t["Target"] for t in served.targets()}, {
            "127.0.0.2:%d" % port, "127.0.0.3:%d" % port,
            "127.0.0.4:%d" % other})
        self.assertEqual(self.asked(served).status, 200)

    def test_the_next_priority_counts_when_the_first_has_no_address(self):
        port = self.origins("127.0.0.5")
        names = self.names(
            "--srv-host=_http._tcp.web.test,a.test,%d,1" % port,
            "--srv-host=_http._tcp.web.test,c.test,%d,2" % port)
        names.change({"c.test": ["127.0.0.5"]})
        served = self.serve(found_by({
            "Name": "_http._tcp.web.test", "Type": "SRV",
            "Server": names.address}))
        self.registered(served, "127.0.0.5")


class Six(DnsCase):
    def test_AAAA_records(self):
        if not rig.has_ipv6():
            self.skipTest("needs IPv6")
        names = self.names()
        names.change({"web.test": ["::1", "127.0.0.2"]})
        origin = rig.Origin(host="::1")
        self.addCleanup(origin.close)
        served = self.serve(found_by({"Name": "web.test",
                                      "Server": names.address}, origin.port,
                                     IpAddressType="ipv6"))
        self.registered(served, "[::1]")
        self.assertEqual(self.asked(served).status, 200)


class Hosts(DnsCase):
    def test_names_of_etc_hosts_need_no_server(self):
        with open("/etc/hosts", encoding="utf-8") as file:
            if not any(line.split()[:1] == ["127.0.0.1"] and
                       "localhost" in line.split() for line in file):
                self.skipTest("needs localhost in /etc/hosts")
        port = self.origins("127.0.0.1")
        served = self.serve(found_by({"Name": "localhost"}, port))
        self.registered(served, "127.0.0.1")
        self.assertEqual(self.asked(served).status, 200)


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: Apache-2.0
"""DNS servers that tell a part, or lies: no target goes."""
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
sys.path.insert(0, HERE)
import rig  # noqa: E402
from discovered import DnsCase, found_by  # noqa: E402
from liar import (  # noqa: E402
    Liar, NXDOMAIN, SERVFAIL, address, alias, message, wire)
from rig import until  # noqa: E402

A, B = "127.0.0.2", "127.0.0.3"


class Lies(DnsCase):
    def liar(self, *arguments, **more):
        liar = Liar(*arguments, **more)
        self.addCleanup(liar.close)
        return liar

    def follow(self, liar, port, name="web.test", **more):
        return self.serve(found_by({"Name": name, "Server": liar.address},
                                   port), **more)

    def test_a_restart_takes_out_nothing_that_one_answer_lacks(self):
        hosts = ["127.0.9.%d" % i for i in range(1, 13)]
        liar = self.liar(lambda *_: message(
            [address(h) for h in random.sample(hosts, 8)]))
        served = self.follow(liar, 80)
        self.registered(served, *hosts)
        if rig.ALONE:
            self.skipTest("there is no supervisor")
        os.kill(served.serving_pid, 9)
        asked = len(liar.asked)
        until(lambda: len(liar.asked) > asked + 2, served.story)
        self.registered(served, *hosts)
        self.assertEqual(served.log_count(", 0 gone"),
                         served.log_count(" gone"))

    def test_nothing_that_cannot_be_an_answer_is_believed(self):
        port = self.origins(A, B)
        true = message([address(A), address(B)])
        liar = self.liar(lambda *_: true)
        served = self.follow(liar, port)
        self.registered(served, A, B)
        other = wire("other.test")
        for name, said, why in (
                ("failure", message(code=SERVFAIL), "Could not contact"),
                ("other names", message([address("127.0.0.9", other)]),
                 "cannot be read"),
                ("aliases that never end", message(
                    [alias("web.test", "a.test"), alias("a.test", "web.test")]),
                 "cannot be read"),
                ("a part, and nobody at TCP", message([address(A)], cut=True),
                 "Could not contact"),
                ("bytes", (true[0], b"\xc0\xff\0"), "cannot be read")):
            with self.subTest(name):
                liar.answer = lambda *_, said=said: said
                before = served.log_count(why)
                until(lambda: served.log_count(why) > before, served.story)
                self.registered(served, A, B)
                liar.answer = lambda *_: true
                again = served.log_count("answers again")
                until(lambda: served.log_count("answers again") > again,
                      served.story)

    def test_a_name_that_nobody_knows_where_one_server_fails(self):
        """With a search list the last answer is not what all have said."""
        port = self.origins(A)
        liar = self.liar(lambda name, _: message([address(A)])
                         if name == "web.corp.test" else
                         message(code=NXDOMAIN))
        os.environ["LOCALDOMAIN"] = "corp.test"
        self.addCleanup(os.environ.pop, "LOCALDOMAIN")
        served = self.follow(liar, port, "web")
        self.registered(served, A)
        liar.answer = lambda name, _: message(
            code=SERVFAIL if name == "web.corp.test" else NXDOMAIN)
        until(lambda: served.log_count("Could not contact"), served.story)
        self.registered(served, A)

    def test_many_addresses_come_over_TCP(self):
        hosts = ["127.0.%d.%d" % (8 + i // 250, 1 + i % 250)
                 for i in range(600)]
        liar = self.liar(lambda *_: message([address(hosts[0])], cut=True),
                         over_tcp=lambda *_: message(
                             [address(h, ttl=2 ** 31 - 1) for h in hosts]))
        served = self.follow(liar, 80)
        self.registered(served, *hosts)

    def test_addresses_that_no_target_has_leave_others_alone(self):
        port = self.origins(A, B)
        liar = self.liar(lambda *_: message([address(A), address("0.0.0.0")]))
        served = self.follow(liar, port)
        self.registered(served, A)
        liar.answer = lambda *_: message(
            [address(h) for h in ("224.0.0.1", B, "255.255.255.255")])
        self.registered(served, B)


if __name__ == "__main__":
    rig.main()

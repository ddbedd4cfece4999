# SPDX-License-Identifier: Apache-2.0
"""The tests of other files, run with SLUICE_TEST_OVER (rig.py).

Every file can be run so by hand, and was, over TLS. What cannot pass there:

    test_basics (http09_gets, host_is_generated)
                      they expect the name of the load balancer of --to
    ipv6_listener in it, test_actions (redirects), test_access_log,
    test_forwarded_headers (proto), test_hop_by_hop (named_away), test_status,
    test_connection_log (without_tls, share), test_service (ready)
                      they expect `http`, 80 or `-` where https is right
    test_explain, test_cookie_keys (explain), test_forwarded_headers (a_rule)
                      they ask `sluice explain` for http:// URLs
    test_rules (source addresses, IPv6), test_slow_clients (SlowHeads),
    test_service (user, standard_input), test_supervisor
                      they have sockets of their own, without TLS
    test_drain (descriptors, queued), test_connection_log (not_taken)
                      a client cannot shake hands with a server that is frozen
    test_listener_attributes
                      both_names: it waits for a warning about a listener
                      without TLS; a 414 whose head never ends comes when the
                      head has doubled, and TLS cuts it at 16 KiB
    test_api, test_command_line, test_health*, test_template*, test_reload_storm
                      nothing of them depends on it, or they take too long
"""
import unittest

import h2


def every(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from every(one)
        else:
            yield one


def load_tests_of(*names, without=()):
    """A load_tests() of these files; `without`: words in the names of those
    that cannot run so."""
    def load_tests(loader, *_):
        if h2.hpack is None:
            return unittest.TestSuite([Skipped("test_skipped")])
        found = [test for name in names
                 for test in every(loader.loadTestsFromName(name))]
        return unittest.TestSuite(
            test for test in found
            if not any(word in test.id() for word in without))
    return load_tests


class Skipped(unittest.TestCase):
    @unittest.skip("needs python3-hpack")
    def test_skipped(self):
        pass

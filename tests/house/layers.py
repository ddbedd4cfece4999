#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""contrib/check-layers finds each kind of forbidden include, and only those."""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("TOP_SRCDIR") or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))
CHECKER = os.path.join(ROOT, "contrib", "check-layers")
LAYERS = """# folder | headers | purpose
base | - | lowest
net  | event2 openssl | sockets
app  | - | highest
"""


class Layers(unittest.TestCase):
    def check(self, files, layers=LAYERS):
        with tempfile.TemporaryDirectory() as src:
            for name, text in {"LAYERS": layers, **files}.items():
                path = os.path.join(src, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
            done = subprocess.run([sys.executable, CHECKER, src],
                                  stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.STDOUT, check=False)
            return done.returncode, done.stdout

    def refused(self, files, *words, layers=LAYERS):
        code, output = self.check(files, layers)
        self.assertEqual(code, 1, output)
        for word in words:
            self.assertIn(word, output)

    def test_good_tree_passes(self):
        code, output = self.check({
            "base/str.h": "#include <stddef.h>\n",
            "base/str.c": '#include "base/str.h"\n#include <event.h.in>\n',
            "net/loop.c": '#include "base/str.h"\n#include <event2/event.h>\n',
            "app/main.c": '#include "config.h"\n#include "base/str.h"\n'})
        self.assertEqual(code, 0, output)
        self.assertIn("4 files, 0 findings", output)

    def test_include_of_a_higher_folder_is_refused_with_its_line(self):
        self.refused({
            "net/loop.h": "",
            "base/str.c": '#include <stddef.h>\n  #  include "net/loop.h"\n'},
            "base/str.c:2:", "why:", "mend:")

    def test_third_party_header_is_refused_where_not_allowed(self):
        self.refused({"app/main.c": "#include <openssl/evp.h>\n"},
                     "app/main.c:1:", "allows openssl only in net")

    def test_every_third_party_word_is_recognised(self):
        headers = ("event2/event.h", "openssl/evp.h", "nghttp2/nghttp2.h",
                   "pcre2.h", "curl/curl.h", "jansson.h", "sqlite3.h",
                   "hiredis/hiredis.h", "libfyaml.h", "maxminddb.h",
                   "libxml/parser.h", "zlib.h", "ares.h", "cmocka.h")
        for header in headers:
            with self.subTest(header=header):
                self.refused({"base/a.c": "#include <%s>\n" % header},
                             "base/a.c:1:")

    def test_own_header_must_be_named_from_src(self):
        self.refused({"base/str.h": "", "base/str.c": '#include "str.h"\n'},
                     "base/str.c:1:")
        self.refused({"base/str.h": "",
                      "net/a.c": '#include "../base/str.h"\n'}, "net/a.c:1:")
        self.refused({"base/str.h": "", "net/a.c": "#include <base/str.h>\n"},
                     "net/a.c:1:")

    def test_missing_header_is_refused(self):
        self.refused({"net/a.c": '#include "base/gone.h"\n'},
                     "there is no such file")

    def test_folder_without_a_line_is_refused(self):
        self.refused({"misc/a.c": "\n"}, "misc/a.c:1:", "no folder `misc`")
        self.refused({"base/a.c": '#include "misc/a.h"\n'}, "base/a.c:1:")

    def test_broken_layers_file_is_refused(self):
        self.refused({}, "LAYERS:1:", layers="base\n")
        self.refused({}, "LAYERS:1:", layers="base | boost | x\n")
        self.refused({}, "LAYERS:2:", layers="a | - | x\na | - | x\n")


if __name__ == "__main__":
    unittest.main()

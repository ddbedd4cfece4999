#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents say is so: options, paths, the template of the README."""

import os
import re
import shutil
import subprocess
import unittest

ROOT = os.environ.get("TOP_SRCDIR") or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))
SLUICE = os.environ.get("SLUICE") or os.path.join(ROOT, "sluice")
COMMANDS = ("serve", "status", "check", "explain", "waf check", "waf test",
            "export", "ca", "origin")
TEMPLATES = "Templates"  # the section of options that commands share


def text(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def run(*arguments, given=None):
    return subprocess.run([SLUICE, *arguments], input=given, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, check=False)


def helped(command):
    """{option: argument without spaces} as --help prints them."""
    lines = re.findall(r"^  (?:-\w, )?--([a-z0-9-]+) ?(.*)$",
                       run(*command.split(), "--help").stdout, re.M)
    return {name: argument.replace(" ", "") for name, argument in lines}


def options_of(line):
    """(names, argument) of a line of mdoc with Fl."""
    names = [n.lstrip("-") for n in re.findall(r"\bFl (-?[A-Za-z0-9-]+)", line)]
    rest = re.sub(r"^.*\bFl -?[A-Za-z0-9-]+", "", line)
    words = [w for w in rest.split() if w not in ("Ar", "Cm", "Ns")]
    return [n for n in names if len(n) > 1], "".join(words)


class Manual(unittest.TestCase):
    def setUp(self):
        self.page = text("docs", "sluice.1")

    def synopsis(self):
        """{command: {option: argument}}"""
        part = re.search(r"^\.Sh SYNOPSIS\n(.*?)^\.Sh ", self.page,
                         re.M | re.S).group(1)
        found = {}
        for usage in part.split(".Nm\n"):
            command = re.match(r"\.Cm (\w+(?: \w+)?)$", usage, re.M)
            if command is None:
                continue
            options = found[command.group(1)] = {}
            for line in usage.splitlines():
                names, argument = options_of(line)
                options.update((name, argument) for name in names)
        return found

    def described(self):
        """{subsection: set of options that have an .It there}"""
        found, section = {}, ""
        for line in self.page.splitlines():
            if line.startswith((".Sh ", ".Ss ")):
                section = line[4:]
            if line.startswith(".It Fl"):
                found.setdefault(section, set()).update(options_of(line)[0])
        return found

    def test_the_synopsis_has_every_option_and_no_other(self):
        synopsis = self.synopsis()
        self.assertEqual(sorted(synopsis), sorted(COMMANDS))
        for command in COMMANDS:
            with self.subTest(command):
                self.assertEqual(synopsis[command], helped(command))

    def test_every_option_is_described_and_no_other(self):
        described = self.described()
        shared = described.pop(TEMPLATES)
        known = {command: set(helped(command)) for command in COMMANDS}
        for command in COMMANDS:
            with self.subTest(command):
                own = described["sluice " + command]
                self.assertEqual(own - known[command], set())
                self.assertEqual(
                    known[command] - own - shared
                    - described["sluice serve"], set())
        self.assertEqual(shared - set.union(*known.values()), set())

    def test_every_command_is_in_help_and_in_the_manual(self):
        listed = re.findall(r"^  ([a-z]+) ", run("--help").stdout, re.M)
        self.assertEqual(sorted(listed),
                         sorted({c.split()[0] for c in COMMANDS}))
        listed = re.findall(r"^  ([a-z]+) ", run("waf", "--help").stdout, re.M)
        self.assertEqual(["waf " + c for c in sorted(listed)],
                         sorted(c for c in COMMANDS if " " in c))

    def test_it_is_well_formed(self):
        page = os.path.join(ROOT, "docs", "sluice.1")
        if shutil.which("mandoc"):
            command = ["mandoc", "-T", "lint", "-W", "warning", page]
        elif shutil.which("man"):
            command = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8",
                       "-Z", page]
        else:
            self.skipTest("mandoc is missing")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120, check=False)
        complaints = done.stderr
        if "mandoc" in command:
            complaints += done.stdout
        self.assertEqual((done.returncode, complaints), (0, ""))


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for name in ("README.md", "docs/ARCHITECTURE.md"):
            folder = os.path.dirname(name)
            for link in re.findall(r"\]\(([^)#]+)\)", text(name)):
                if re.match(r"\w+:", link):
                    continue
                with self.subTest(document=name, link=link):
                    self.assertTrue(os.path.exists(
                        os.path.join(ROOT, folder, link)))

    def test_files_that_the_map_names_are_there(self):
        """`control/publish` may be a file without its ending."""
        names = re.findall(r"`((?:src|tests|docs|contrib|conf)/[\w./]+|"
                           r"[a-z]+/[a-z_0-9]+(?:\.[a-z]+)?)`",
                           text("docs", "ARCHITECTURE.md"))
        self.assertGreater(len(names), 20)
        for name in set(names):
            with self.subTest(name):
                self.assertTrue(any(
                    os.path.exists(os.path.join(ROOT, folder, name + ending))
                    for folder in ("", "src")
                    for ending in ("", ".h", ".c")))

    def test_the_map_has_every_folder_in_their_order(self):
        part = text("docs", "ARCHITECTURE.md").split("## Layers")[1]
        mapped = re.findall(r"^    ([a-z]+) {2,}", part.split("\n## ")[0],
                            re.M)
        layers = re.findall(r"^([a-z]+) +\|", text("src", "LAYERS"), re.M)
        there = [f for f in layers
                 if f in os.listdir(os.path.join(ROOT, "src"))]
        self.assertEqual(mapped, there)

    def test_the_template_of_the_readme_is_right(self):
        template = re.search(r"^```yaml\n(.*?)^```", text("README.md"),
                             re.M | re.S).group(1)
        done = run("check", "--strict", "-", given=template)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("0 warnings", done.stdout)
        self.assertIn("--service App=HOST:PORT", done.stdout)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""Calls that Terraform made, and what the answers had, in terraform/*.jsonl:

    {"step": "apply 1"}                     what Terraform was told to do
    {"service": "sts", "form": {...}, "status": 200, "answer": {...}}
    {"service": "acm", "target": "...", "json": {...}, ...}

`answer` has the leaves of the answer by their paths, or is the number of the
line that has the same one. What differs from run to run has a name: <id:3> an
id that Sluice made, <file:main.pem> the text of a file, <blue> a variable of
the stack, <any> whatever. contrib/record-terraform writes these files (Tape),
ReplayCase reads them."""
import base64
import json
import os
import re
import time
import unittest
import urllib.parse
import xml.etree.ElementTree

from aws import signed_head

import rig

HERE = os.path.dirname(os.path.abspath(__file__))
FORM = "application/x-www-form-urlencoded"
JSON = "application/x-amz-json-1.1"
ID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}"
                r"-[0-9a-f]{12})(?![0-9a-f])")
NAME = re.compile(r"<((?:id|file):[^<>]+|any|\w+)>")
# Times, and what depends on them or on the certificates of this run.
ANY = re.compile(r"(?:^|/)(?:CreatedTime|DNSName|CreatedAt|ImportedAt|NotBefore"
                 r"|NotAfter|Serial|EffectiveTime|LastModifiedTime)$")
WAITERS = ("DescribeCapacityReservation",)
# The health of targets is another after a second.
UNSTEADY = re.compile(r"/TargetHealth/|^ResponseMetadata/|^[rR]equestId$")


def path_of(name):
    return os.path.join(HERE, "terraform", name + ".jsonl")


def flatten(value, path=""):
    """(path, text) of each leaf of a JSON value."""
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            yield from flatten(inner, "%s/%s" % (path, name))
    else:
        yield path.lstrip("/"), (value if isinstance(value, str)
                                 else json.dumps(value))


def flatten_xml(element, path=""):
    """The same of XML; members of a list are numbered."""
    if not len(element):
        yield path.lstrip("/"), element.text or ""
    for number, inner in enumerate(element):
        name = inner.tag.rpartition("}")[2]
        if name in ("member", "item"):
            name = str(number)
        elif name.endswith("Result"):
            name = ""
        yield from flatten_xml(inner, "%s/%s" % (path, name) if name else path)


def by_key(found):
    """Attributes have no order, and there may be more of them one day."""
    keys = {p[:-len("Key")]: t for p, t in found
            if re.search(r"Attributes/\d+/Key$", p)}
    for path, text in found:
        entry = re.sub(r"(?:Key|Value)$", "", path)
        if entry not in keys:
            yield path, text
        elif path.endswith("Value"):
            yield re.sub(r"\d+/$", keys[entry], entry), text


def leaves(body):
    """Those of an answer that are worth a look."""
    if not body:
        return {}
    found = (flatten(json.loads(body)) if body.startswith(b"{")
             else flatten_xml(xml.etree.ElementTree.fromstring(body)))
    return {p: t for p, t in by_key(list(found)) if not UNSTEADY.search(p)}


def members(answer):
    """Paths of what stands in lists: nothing may be more or less."""
    return {p[:m.end()] for p in answer
            for m in re.finditer(r"(?:^|/)\d+(?=/|$)", p)}


def is_read(line):
    name = line.get("target") or line.get("form", {}).get("Action", "")
    return re.match(r"(?:.*\.)?(?:Describe|Get|List)", name) is not None


def without_repeats(lines):
    """Drops what was asked and answered the same in this step."""
    seen, kept = [], []
    for line in lines:
        if "step" in line:
            seen = []
        if line not in seen:
            kept.append(line)
            seen += [line] if is_read(line) else []
    return kept


def share_answers(lines):
    """A long answer stands there once."""
    first, shared = {}, []
    for number, line in enumerate(lines, 1):
        text = json.dumps(line.get("answer"))
        known = first.setdefault(text, number)
        shared.append(line if known == number or len(text) < 80
                      else {**line, "answer": known})
    return shared


def read_lines(name):
    with open(path_of(name), encoding="ascii") as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        if isinstance(line.get("answer"), int):
            line["answer"] = lines[line["answer"] - 1]["answer"]
    return lines


def change(value, how):
    """A JSON value with each text in it changed."""
    if isinstance(value, dict):
        return {k: change(v, how) for k, v in value.items()}
    if isinstance(value, list):
        return [change(v, how) for v in value]
    return how(value) if isinstance(value, str) else value


class Texts:
    """Texts that stand for names: the stack's variables, files, ids."""

    def __init__(self, files, variables):
        self.texts = {k: str(v) for k, v in variables.items()
                      if isinstance(v, int)}
        for name in sorted(os.listdir(files)):
            if os.path.isfile(os.path.join(files, name)):
                with open(os.path.join(files, name), encoding="ascii") as file:
                    self.texts["file:" + name] = file.read().strip()

    # ---- replay --------------------------------------------------------------
    def fill(self, text):
        return NAME.sub(lambda m: self.texts.get(m.group(1), m.group(0)), text)

    def fill_json(self, text):
        """Files are base64 in JSON."""
        if text.startswith("<file:"):
            return base64.b64encode(self.fill(text).encode()).decode()
        return self.fill(text)

    def agree(self, want, got):
        """Does a text look as recorded? Ids that are new get their names."""
        pattern, end, new = "", 0, []
        for match in NAME.finditer(want):
            pattern += re.escape(want[end:match.start()])
            end, name = match.end(), match.group(1)
            if name in self.texts:
                pattern += re.escape(self.texts[name])
            elif name.startswith("id:"):
                pattern += "(" + ID.pattern + ")"
                new.append(name)
            else:
                pattern += ".*" if name == "any" else re.escape(match.group(0))
        match = re.fullmatch(pattern + re.escape(want[end:]), got.strip(), re.S)
        if match:
            self.texts.update(zip(new, match.groups()))
        return bool(match)

    # ---- record --------------------------------------------------------------
    def name(self, text):
        for name, known in self.texts.items():
            if not name.startswith("id:") and text.strip() == known:
                return "<%s>" % name
        return ID.sub(lambda m: "<%s>" % self.id(m.group(0)), text)

    def name_json(self, text):
        try:
            plain = base64.b64decode(text, validate=True).decode("ascii")
        except ValueError:
            return self.name(text)
        name = self.name(plain)
        return name if name.startswith("<file:") else self.name(text)

    def id(self, text):
        for name, known in self.texts.items():
            if known == text:
                return name
        name = "id:%d" % (1 + sum(n.startswith("id:") for n in self.texts))
        self.texts[name] = text
        return name


class Tape:
    """A recording in the making."""

    def __init__(self, files, variables):
        self.texts, self.lines = Texts(files, variables), []

    def step(self, text):
        self.lines.append({"step": text})

    def call(self, service, target, body, status, answer):
        line = {"service": service}
        if target:
            line["target"] = target
            line["json"] = change(json.loads(body), self.texts.name_json)
        else:
            line["form"] = change(dict(urllib.parse.parse_qsl(
                body.decode(), keep_blank_values=True)), self.texts.name)
        line["status"] = status
        line["answer"] = {p: "<any>" if ANY.search(p) else self.texts.name(t)
                          for p, t in leaves(answer).items()}
        self.lines.append(line)

    def save(self, name):
        with open(path_of(name), "w", encoding="ascii") as file:
            for line in share_answers(without_repeats(self.lines)):
                file.write(json.dumps(line) + "\n")


class Replay:
    """Makes the calls of a recording: .apply(stage), .unchanged(),
    .anew(address, id), .destroy() as Terraform's."""

    def __init__(self, name, api, files, variables):
        self.api, self.texts = api, Texts(files, variables)
        self.name, self.lines, self.at = name, read_lines(name), 0

    def ask(self, line):
        if "form" in line:
            body = urllib.parse.urlencode(change(line["form"], self.texts.fill))
            head, kind = {}, FORM
        else:
            body = json.dumps(change(line["json"], self.texts.fill_json))
            head, kind = {"X-Amz-Target": line["target"]}, JSON
        return self.api.send("POST", "/", body.encode(), **{
            **signed_head(line["service"], **head), "Content-Type": kind})

    def check(self, line, answer):
        """What the answer lacks, or has different."""
        got, wrong = leaves(answer.body), []
        if answer.status != line["status"]:
            wrong.append("status %d" % answer.status)
        for path, want in line["answer"].items():
            if path not in got:
                wrong.append("no %s" % path)
            elif not self.texts.agree(want, got[path]):
                wrong.append("%s is %r, not %r (%r)" % (
                    path, got[path], self.texts.fill(want), want))
        wrong += ["%s is one too many" % p for p in
                  sorted(members(got) - members(line["answer"]))]
        return wrong

    def call(self, number, line):
        """Makes it; a waiter's until the answer is what ended its wait."""
        waits = line.get("form", {}).get("Action") in WAITERS
        end = time.monotonic() + (rig.PATIENCE if waits else 0)
        while True:
            answer = self.ask(line)
            wrong = self.check(line, answer)
            if not wrong:
                return
            if time.monotonic() >= end:
                raise AssertionError("%s.jsonl:%d: %s\n%s\n%s" % (
                    self.name, number, "; ".join(wrong), json.dumps(line),
                    answer.text))
            time.sleep(0.02)

    def step(self, text):
        """The calls of a step: it must be the next one."""
        if self.lines[self.at:self.at + 1] != [{"step": text}]:
            raise AssertionError("%s: no %r next, but %s" % (
                self.name, text, self.lines[self.at:self.at + 1]))
        self.at += 1
        while self.at < len(self.lines) and "step" not in self.lines[self.at]:
            self.at += 1
            self.call(self.at, self.lines[self.at - 1])

    def apply(self, stage):
        self.step("apply %d" % stage)

    def unchanged(self):
        self.step("plan")

    def anew(self, address, _):
        self.step("import " + address)

    def destroy(self):
        self.step("destroy")
        if self.at != len(self.lines):
            raise AssertionError("%s: calls after the end" % self.name)

    def close(self):
        pass


class ReplayCase(unittest.TestCase):
    def drive(self, name, sluice, files, variables):
        return Replay(name, sluice, files, variables)

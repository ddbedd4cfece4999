# SPDX-License-Identifier: Apache-2.0
"""Targets that speak HTTP/2: node's implementation, and frames by hand.

    Node(targets)   {name: target}, all in one process, which tells what it
                    saw:
                        targets = Node({"Good": {"plan": [{"status": 200}]}})
                        targets.address("Good")
                        targets.seen("Good", "request")
                    http2_targets.js says what a plan may be; with a `pair` of
                    certificates.py a target speaks TLS
    hello(conn)     what the script of a rig.Origin begins with
"""
import json
import os
import shutil
import subprocess
import tempfile
import threading

import rig
from h2_frames import (ACK, DATA, END_STREAM, HEADERS, PREFACE, SETTINGS,
                       Frame, frame, settings)

NODE = shutil.which("node")


def hello(conn, *given):
    """Reads what every client begins with and a whole request on stream 1;
    answers with SETTINGS of these pairs. The frames that came."""
    if conn.take(len(PREFACE)) != PREFACE:
        raise rig.Ended
    conn.send(settings(*given))
    frames = []
    while True:
        frames.append(read_frame(conn))
        last = frames[-1]
        if (last.stream == 1 and last.kind in (DATA, HEADERS)
                and last.flags & END_STREAM):
            conn.send(frame(SETTINGS, ACK))
            return frames


def read_frame(conn):
    head = conn.take(9)
    return Frame(head[3], head[4], int.from_bytes(head[5:9], "big"),
                 conn.take(int.from_bytes(head[:3], "big")))


class Node:
    def __init__(self, targets):
        self.folder = tempfile.mkdtemp(prefix="sluice-test-")
        path = os.path.join(self.folder, "targets.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump([self.described(name, target)
                       for name, target in targets.items()], file)
        self.ports, self.events = {}, []
        self.process = subprocess.Popen(
            [NODE, os.path.join(rig.HERE, "http2_targets.js"), path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        rig.until(lambda: len(self.ports) == len(targets), "node to listen")

    @staticmethod
    def described(name, target):
        pair = target.get("pair")
        more = {"cert": pair.chain, "key": pair.key} if pair else {}
        return {"name": name, "plan": target["plan"], **more}

    def read(self):
        for line in self.process.stdout:
            event = json.loads(line)
            if "port" in event:
                self.ports[event["name"]] = event["port"]
            else:
                self.events.append(event)

    def address(self, name):
        return "127.0.0.1:%d" % self.ports[name]

    def seen(self, name, what):
        """What happened so far, in its order."""
        return [e for e in list(self.events)
                if e["name"] == name and e["what"] == what]

    def close(self):
        self.process.stdin.close()
        self.process.wait(rig.PATIENCE)
        self.thread.join()
        self.process.stdout.close()
        shutil.rmtree(self.folder)

# SPDX-License-Identifier: Apache-2.0
"""A DNS server of 127.0.0.1 that answers what a test says, true or not.

    Liar(lambda name, type: message(addresses=["127.0.0.2"]))

`answer` gets the name that is asked for and its type, and returns what is sent
behind the id: bytes, or None for no answer. Over TCP `over_tcp` does; without it
nobody listens there."""
import ipaddress
import socket
import struct
import threading

from names import free_port

FOUND, SERVFAIL, NXDOMAIN = 0, 2, 3


def wire(name):
    return b"".join(bytes([len(part)]) + part.encode()
                    for part in name.split(".") if part) + b"\0"


def address(host, owner=b"\xc0\x0c", ttl=0):
    packed = ipaddress.ip_address(host).packed
    return owner + struct.pack("!HHIH", 1 if len(packed) == 4 else 28, 1, ttl,
                               len(packed)) + packed


def alias(owner, name):
    data = wire(name)
    return wire(owner) + struct.pack("!HHIH", 5, 1, 0, len(data)) + data


def message(records=(), code=FOUND, cut=False):
    """What follows the id, but the question; records stand as bytes."""
    return struct.pack("!HHHHH", 0x8180 | (0x200 if cut else 0) | code, 1,
                       len(records), 0, 0), b"".join(records)


class Liar:
    def __init__(self, answer, over_tcp=None):
        self.answer, self.over_tcp = answer, over_tcp
        self.asked, self.wrong_id = [], 0
        self.port = free_port()
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        threading.Thread(target=self.serve, daemon=True).start()
        self.tcp = None
        if over_tcp:
            self.tcp = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self.serve_tcp, daemon=True).start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    def reply(self, packet, answer):
        end = packet.index(b"\0", 12) + 5
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += packet[at] + 1
        kind, = struct.unpack("!H", packet[end - 4:end - 2])
        self.asked.append(".".join(labels))
        said = answer(self.asked[-1], kind)
        if said is None:
            return None
        ident = struct.unpack("!H", packet[:2])[0] ^ self.wrong_id
        return struct.pack("!H", ident) + said[0] + packet[12:end] + said[1]

    def serve(self):
        while True:
            try:
                packet, peer = self.udp.recvfrom(4096)
                said = self.reply(packet, self.answer)
                if said is not None:
                    self.udp.sendto(said, peer)
            except OSError:
                return

    def serve_tcp(self):
        while True:
            try:
                conn, _ = self.tcp.accept()
            except OSError:
                return
            with conn:
                size, = struct.unpack("!H", conn.recv(2, socket.MSG_WAITALL))
                said = self.reply(conn.recv(size, socket.MSG_WAITALL),
                                  self.over_tcp)
                if said is not None:
                    conn.sendall(struct.pack("!H", len(said)) + said)

    def close(self):
        for sock in (self.udp, self.tcp):
            if sock:
                sock.close()

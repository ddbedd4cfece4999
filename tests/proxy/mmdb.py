# SPDX-License-Identifier: Apache-2.0
"""Writes small databases in MaxMind's format, version 2.0.

    mmdb.write(path, {"192.0.2.0/24": mmdb.place("DE", "BE", 64496)})

No range lies in another one. IPv4 stands in ::/96, as in MaxMind's own.
"""
import ipaddress
import struct

MAGIC = b"\xab\xcd\xefMaxMind.com"


class Number(int):
    """An unsigned number with the size in bytes that the format wants."""
    size = 4


class Short(Number):
    size = 2


class Long(Number):
    size = 8


TYPES = {2: 5, 4: 6, 8: 9}


def place(country=None, region=None, asn=None):
    """An entry as those of GeoLite2-Country, -City and -ASN."""
    entry = {}
    if country:
        entry["country"] = {"iso_code": country}
    if region:
        entry["subdivisions"] = [{"iso_code": region}]
    if asn:
        entry["autonomous_system_number"] = Number(asn)
    return entry


def control(kind, size):
    """The begin of a value; sizes up to 284."""
    more = b""
    if size >= 29:
        size, more = 29, bytes([size - 29])
    if kind > 7:
        return bytes([size, kind - 7]) + more
    return bytes([kind << 5 | size]) + more


def encode(value):
    if isinstance(value, dict):
        return control(7, len(value)) + b"".join(
            encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(map(encode, value))
    if isinstance(value, Number):
        return (control(TYPES[value.size], value.size) +
                int(value).to_bytes(value.size, "big"))
    text = value.encode()
    return control(2, len(text)) + text


def bits_of(network):
    bits = "{:0{}b}".format(int(network.network_address),
                            network.max_prefixlen)[:network.prefixlen]
    return "0" * 96 + bits if network.version == 4 else bits


def tree_of(entries):
    """(nodes, data): a record is None, ("node", n) or ("data", offset)."""
    nodes, data = [[None, None]], b""
    for network, entry in entries.items():
        bits, at = bits_of(ipaddress.ip_network(network)), 0
        for bit in map(int, bits[:-1]):
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = ("node", len(nodes) - 1)
            at = nodes[at][bit][1]
        nodes[at][int(bits[-1])] = ("data", len(data))
        data += encode(entry)
    return nodes, data


def write(path, entries, kind="Sluice-Test"):
    nodes, data = tree_of(entries)

    def record(to):
        if to is None:
            number = len(nodes)
        elif to[0] == "node":
            number = to[1]
        else:
            number = len(nodes) + 16 + to[1]
        return struct.pack(">I", number)

    meta = {"binary_format_major_version": Short(2),
            "binary_format_minor_version": Short(0),
            "build_epoch": Long(1), "database_type": kind, "description": {},
            "ip_version": Short(6), "languages": [],
            "node_count": Number(len(nodes)), "record_size": Short(32)}
    with open(path, "wb") as f:
        for left, right in nodes:
            f.write(record(left) + record(right))
        f.write(bytes(16) + data + MAGIC + encode(meta))

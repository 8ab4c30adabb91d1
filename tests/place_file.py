"""A small file in MaxMind's form, written as its specification says: no library here writes one."""

from collections.abc import Mapping
from ipaddress import IPv6Network, ip_network
from pathlib import Path
from typing import Any

NO_DATA, SEPARATOR = 16, bytes(16)
MARK = b"\xab\xcd\xefMaxMind.com"
GERMAN = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"iso_code": "BY", "names": {"en": "Bavaria"}}],
    "city": {"names": {"en": "Würzburg"}},
}
"""As city files have it."""


def write_places(file: Path, networks: Mapping[str, Any]) -> Path:
    """Writes what is known of each network."""
    nodes: list[list[Any]] = [[None, None]]
    data = b""
    for written, record in networks.items():
        network = _mapped(written)
        bits = f"{int(network.network_address):0128b}"[: network.prefixlen]
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes.append([None, None])
                nodes[at][int(bit)] = len(nodes) - 1
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = b"%d" % len(data)  # as bytes: a place in the data
        data += _encoded(record)
    count = len(nodes)
    tree = b"".join(_pointer(each, count) for node in nodes for each in node)
    about = _encoded(
        {"node_count": (UINT32, count), "record_size": (UINT16, 24), "ip_version": (UINT16, 6),
         "database_type": "Test-City", "languages": ["en"],
         "binary_format_major_version": (UINT16, 2), "binary_format_minor_version": (UINT16, 0),
         "build_epoch": (UINT64, 1_700_000_000), "description": {"en": "Test"}}
    )  # fmt: skip
    file.write_bytes(tree + SEPARATOR + data + MARK + about)
    return file


def _mapped(written: str) -> IPv6Network:
    """IPv4 stands below the first 96 zeros."""
    network = ip_network(written)
    if isinstance(network, IPv6Network):
        return network
    return IPv6Network((int(network.network_address), network.prefixlen + 96))


def _pointer(where: int | bytes | None, count: int) -> bytes:
    if where is None:
        where = count
    elif isinstance(where, bytes):
        where = count + NO_DATA + int(where)
    return where.to_bytes(3, "big")


TEXT, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


def _encoded(value: Any) -> bytes:
    if isinstance(value, str):
        body = value.encode()
        return _head(TEXT, len(body)) + body
    if isinstance(value, tuple):
        kind, number = value
        body = number.to_bytes(8, "big").lstrip(b"\0")
        return _head(kind, len(body)) + body
    if isinstance(value, list):
        return _head(ARRAY, len(value)) + b"".join(map(_encoded, value))
    pairs = [_encoded(each) for pair in value.items() for each in pair]
    return _head(MAP, len(value)) + b"".join(pairs)


def _head(kind: int, size: int) -> bytes:
    assert size < 285
    first, rest = (size, b"") if size < 29 else (29, bytes([size - 29]))
    if kind < 8:
        return bytes([kind << 5 | first]) + rest
    return bytes([first, kind - 7]) + rest

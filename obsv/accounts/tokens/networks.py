"""Where an API token is taken from: networks as people write them, and whether an address is in one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from obsv.core.errors import BadRequest, FieldError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST: Final = 20
_MAPPED_BITS: Final = 96  # ::ffff:0:0/96, RFC 4291 section 2.5.5.2


def parse_networks(wanted: Iterable[str]) -> tuple[Network, ...]:
    """The networks by these texts (CIDR, or one address), each once, IPv4 also where it was written as mapped IPv6.

    Raises `BadRequest` that says which one is wrong and how to mend it.
    """
    texts = [text.strip() for text in wanted]
    if len(texts) > MOST:
        raise BadRequest(f"Give at most {MOST} networks: these are {len(texts)}.", code="many_networks")
    return tuple(dict.fromkeys(_network(text, place) for place, text in enumerate(texts)))


def join_networks(networks: Iterable[Network]) -> str:
    """Networks as one text, as the database keeps them."""
    return " ".join(map(str, networks))


def split_networks(kept: str) -> tuple[Network, ...]:
    """The networks of such a text."""
    return tuple(ipaddress.ip_network(text) for text in kept.split())


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of them; what is no address is in none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in network for network in networks)


def _network(text: str, place: int) -> Network:
    try:
        interface = ipaddress.ip_interface(text)
    except ValueError:
        raise _bad(place, f"{text!r} is no network: write it like 192.0.2.0/24, 2001:db8::/32 or 192.0.2.7.") from None
    network = interface.network
    if "%" in text:
        raise _bad(place, f"{text!r} names a network card: leave out what begins with %.")
    if interface.ip != network.network_address:
        raise _bad(place, f"{text!r} is an address inside of a network: write {network}, or {interface.ip} alone.")
    return _unmapped(network)


def _unmapped(network: Network) -> Network:
    """The IPv4 network that a mapped one stands for, since addresses are compared in that form."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))


def _bad(place: int, problem: str) -> BadRequest:
    return BadRequest(problem, code="bad_network", errors=[FieldError(f"/allowed_networks/{place}", problem)])

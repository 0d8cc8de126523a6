"""Where a request really came from: forwarded headers are believed from trusted proxies alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from litestar.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _header(scope: Scope, name: bytes) -> str:
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


class ClientAddress:
    """Reads the client's address and scheme; `trusted` are addresses or networks of proxies."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted: list[Network] = [ipaddress.ip_network(one, strict=False) for one in trusted]

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def address(self, scope: Scope) -> str:
        """The nearest address that is not a trusted proxy, read from the right; "" when there is none."""
        client = scope.get("client")
        peer = client[0] if client else ""
        hops = [hop.strip() for hop in _header(scope, b"x-forwarded-for").split(",") if hop.strip()]
        while hops and self._is_trusted(peer):
            peer = hops.pop()
        try:
            return str(ipaddress.ip_address(peer))
        except ValueError:
            return ""

    def is_https(self, scope: Scope) -> bool:
        """Whether the client speaks TLS to us or to a trusted proxy."""
        client = scope.get("client")
        if client and self._is_trusted(client[0]) and (proto := _header(scope, b"x-forwarded-proto")):
            return proto.rsplit(",", 1)[-1].strip() == "https"
        return scope["scheme"] == "https"

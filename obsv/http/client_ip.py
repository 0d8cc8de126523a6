"""Where a request really came from: forwarded headers are believed from trusted proxies alone."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from litestar.types import HTTPScope, Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _forwarded(scope: Scope, name: bytes) -> list[str]:
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return [part.strip() for part in ",".join(values).split(",") if part.strip()] if values else []


class ClientAddress:
    """Puts the client's own address and scheme into a request; `trusted` are addresses or networks of proxies."""

    def __init__(self, trusted: Iterable[str]) -> None:
        networks: list[Network] = [ipaddress.ip_network(one, strict=False) for one in trusted]

        @lru_cache(maxsize=256)  # the same peers come again and again
        def is_trusted(address: str) -> bool:
            try:
                parsed = ipaddress.ip_address(address)
            except ValueError:
                return False
            return any(parsed in network for network in networks)

        self._is_trusted = is_trusted

    def address(self, scope: Scope) -> str:
        """The nearest address that is no trusted proxy; "" when the transport has none."""
        return self._client(scope)[0]

    def correct(self, scope: HTTPScope) -> None:
        """Set `client` to that address, and `scheme` to what that client spoke."""
        client = scope.get("client")
        if client is None or not self._is_trusted(client[0]):
            return
        if schemes := _forwarded(scope, b"x-forwarded-proto"):
            scope["scheme"] = "https" if schemes[-1] == "https" else "http"
        scope["client"] = self._client(scope)

    def _client(self, scope: Scope) -> tuple[str, int]:
        peer, port = scope.get("client") or ("", 0)
        hops = _forwarded(scope, b"x-forwarded-for")
        while hops and self._is_trusted(peer):
            hop = _bare(hops.pop())
            if hop is None:
                break
            peer, port = hop, 0
        return peer, port


def _bare(hop: str) -> str | None:
    """The address of one entry, without the port that some proxies add; None when it is no address."""
    text = hop
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None

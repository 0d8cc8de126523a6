"""Which addresses may be connected to.  Source: OWASP SSRF prevention; the categories are those of RFC 6890."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass

from obsv.egress.errors import EgressFailed, EgressRefused
from obsv.egress.types import Origin

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

redirected: ContextVar[bool] = ContextVar("obsv_egress_redirected", default=False)
"""Set while a redirect is followed: its target must be public, whatever the policy says."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows.

    `declared`: hosts named in configuration, which calls of that origin alone may reach at whatever address; `public`:
    those among them that must have public addresses all the same (sign-in providers); `allow`: hosts and networks that
    may even be loopback or link-local; `allow_private`: whether a person may name a private address (not where
    strangers can have accounts).
    """

    declared: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()
    allow: tuple[str, ...] = ()
    allow_private: bool = True


class Guard:
    """Answers for each connection where it may go."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._listed = {normal(entry) for entry in policy.allow}
        self._declared = {normal(host) for host in policy.declared} | self._listed
        self._networks: list[Network] = []
        for entry in policy.allow:
            with suppress(ValueError):
                self._networks.append(ipaddress.ip_network(entry, strict=False))
        self._public = {normal(host) for host in policy.public} - self._listed

    def check_host(self, host: str, origin: Origin) -> None:
        """Refuse a host that configuration should have declared and did not."""
        if origin is Origin.CONFIG and normal(host) not in self._declared:
            raise EgressRefused(f"{host} is not declared in the configuration")

    async def resolve(self, host: str, port: int, origin: Origin = Origin.PERSON) -> list[str]:
        """The addresses of `host`, all of them checked; raises `EgressRefused`, `EgressFailed`.

        One bad address refuses the host: a name that points both ways is an attack or a mistake.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise EgressFailed(f"{host} is not found: {error.strerror or error}") from None
        except UnicodeError:  # an empty part, or one that is too long
            raise EgressFailed(f"{host} is not found: it is no name of a host") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        must_be_public = redirected.get() or normal(host) in self._public
        trusted = self._declared if origin is Origin.CONFIG else self._listed
        if must_be_public or normal(host) not in trusted:
            for address in addresses:
                self._check(host, ipaddress.ip_address(address.partition("%")[0]), must_be_public=must_be_public)
        return addresses

    def _check(self, host: str, address: Address, *, must_be_public: bool) -> None:
        inner = unwrap(address)
        is_listed = any(inner in network for network in self._networks if network.version == inner.version)
        if is_listed and not redirected.get():
            return
        reason = kind_of(inner)
        if reason == "private" and self._policy.allow_private and not must_be_public:
            return
        if reason:
            raise EgressRefused(f"{host} is a {reason} address: list it in [egress] hosts if that is meant")


def unwrap(address: Address) -> Address:
    """The IPv4 address inside a mapped, 6to4 or NAT64 one: what is really reached."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address.sixtofour:
            return address.ipv4_mapped or address.sixtofour or address
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def kind_of(address: Address) -> str:
    """Why an address is not a public one ("" when it is)."""
    for kind, applies in (
        ("loopback", address.is_loopback),
        ("loopback", address.is_unspecified),
        ("link-local", address.is_link_local),
        ("multicast", address.is_multicast),
        ("reserved", address.is_reserved),
        ("private", address.is_private or not address.is_global),
        ("private", isinstance(address, ipaddress.IPv6Address) and address.is_site_local),
    ):
        if applies:
            return kind
    return ""


def normal(host: str) -> str:
    """A host name as it is compared."""
    return host.strip("[]").rstrip(".").lower()

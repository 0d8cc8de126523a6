"""Where a request comes from, cut to what may be kept."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection

from obsv.accounts.installed import accounts
from obsv.accounts.origin import truncate_ip, ua_family
from obsv.accounts.types import Origin


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The client's whole address, for limits; it is not kept."""
    return accounts().client_address.address(connection.scope)


def origin_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Origin:
    """Cut address and browser family."""
    return Origin(truncate_ip(address_of(connection)), ua_family(connection.headers.get("user-agent", "")))

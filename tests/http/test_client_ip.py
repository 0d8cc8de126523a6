"""Forwarded headers count from trusted proxies alone."""

from __future__ import annotations

from typing import Any, cast

import pytest

from obsv.http.client_ip import ClientAddress


def corrected(peer: str, forwarded: str | None, proto: str = "") -> tuple[str, str]:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scope = cast("Any", {"client": (peer, 1234), "scheme": "http", "headers": headers})
    ClientAddress(["127.0.0.1", "10.0.0.0/8", "::1"]).correct(scope)
    return scope["client"][0], scope["scheme"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        ("198.51.100.7", "1.2.3.4", "198.51.100.7"),  # a stranger may not say who it is
        ("127.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("127.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # the left one came from the client
        ("127.0.0.1", "6.6.6.6, 1.2.3.4, 10.1.1.1", "1.2.3.4"),
        ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "6.6.6.6, nonsense", "127.0.0.1"),
        ("127.0.0.1", "1.2.3.4:5678", "1.2.3.4"),
        ("::1", "[2001:db8::1]:443", "2001:db8::1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_address(peer: str, forwarded: str | None, seen: str) -> None:
    assert corrected(peer, forwarded)[0] == seen


def test_scheme() -> None:
    assert corrected("127.0.0.1", "1.2.3.4", "https")[1] == "https"
    assert corrected("127.0.0.1", "1.2.3.4", "javascript")[1] == "http"
    assert corrected("198.51.100.7", None, "https")[1] == "http"

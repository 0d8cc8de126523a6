"""Where tokens are taken from: what people may write, and who is inside."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.accounts import Accounts, install
from obsv.accounts.tokens.networks import is_within, join_networks, parse_networks, split_networks
from obsv.audit import open_audit
from obsv.config import Settings, load_settings
from obsv.core.clock import ManualClock
from obsv.core.errors import BadRequest
from tests.accounts.app import browser

READ = frozenset({"metrics:read"})


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ([], ""),
        (["192.0.2.0/24"], "192.0.2.0/24"),
        ([" 192.0.2.7 ", "192.0.2.7/32"], "192.0.2.7/32"),
        (["2001:DB8::/32", "::1"], "2001:db8::/32 ::1/128"),
        (["::ffff:192.0.2.0/120", "::ffff:198.51.100.1"], "192.0.2.0/24 198.51.100.1/32"),
        (["0.0.0.0/0", "::/0"], "0.0.0.0/0 ::/0"),
        (["192.0.2.0/255.255.255.0"], "192.0.2.0/24"),
    ],
)
def test_what_is_kept(wanted: list[str], kept: str) -> None:
    assert join_networks(parse_networks(wanted)) == kept
    assert join_networks(split_networks(kept)) == kept


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ("", "write it like"),
        ("example.org", "'example.org' is no network"),
        ("192.0.2.0/33", "is no network"),
        ("192.0.2.0/-1", "is no network"),
        ("192.0.2", "is no network"),
        ("192.0.2.0/24 198.51.100.0/24", "is no network"),
        ("192.0.2.7/24", "write 192.0.2.0/24, or 192.0.2.7 alone"),
        ("2001:db8::1/32", "write 2001:db8::/32, or 2001:db8::1 alone"),
        ("fe80::1%eth0", "leave out what begins with %"),
    ],
)
def test_what_is_wrong_is_named(wrong: str, because: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_networks(["192.0.2.0/24", wrong])
    assert because in refused.value.detail
    assert (refused.value.code, refused.value.errors[0].pointer) == ("bad_network", "/allowed_networks/1")


def test_twenty_at_most() -> None:
    twenty = [f"192.0.2.{number}" for number in range(20)]
    assert len(parse_networks(twenty)) == 20
    with pytest.raises(BadRequest, match="20") as refused:
        parse_networks([*twenty, "192.0.2.20"])
    assert refused.value.code == "many_networks"


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("::ffff:192.0.2.1", True),
        ("::ffff:192.0.3.1", False),
        ("2001:db8:ffff::1", True),
        ("2001:db9::1", False),
        ("", False),
        ("unix:", False),
    ],
)
def test_who_is_inside(address: str, *, is_in: bool) -> None:
    assert is_within(address, parse_networks(["192.0.2.0/24", "2001:db8::/32"])) is is_in


@given(st.ip_addresses(), st.data())
def test_a_network_holds_just_its_own_addresses(address: ipaddress.IPv4Address, data: st.DataObject) -> None:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return
    prefix = data.draw(st.integers(1, address.max_prefixlen))
    networks = parse_networks([str(ipaddress.ip_network((address, prefix), strict=False))])
    assert is_within(str(address), networks)
    flipped = type(address)(int(address) ^ 1 << address.max_prefixlen - prefix)
    assert not is_within(str(flipped), networks)


async def status(
    service: Accounts, token: str, address: str, path: str = "/api/v1/probe", **headers: str
) -> tuple[int, dict[str, str]]:
    async with browser(service, address=address) as client:
        answer = await client.get(path, headers={"Authorization": f"Bearer {token}", **headers})
        return answer.status_code, answer.json()


async def make(service: Accounts, *networks: str) -> str:
    org = (await service.organisations.ensure_operator()).id
    scopes = READ | {"admin:org"}
    return (await service.administration.create_token(org, "t", scopes, networks=networks)).token


async def test_a_request_from_elsewhere_is_refused_on_each_surface_in_its_shape(service: Accounts) -> None:
    token = await make(service, "192.0.2.0/24")
    for path in ("/api/v1/probe", "/api/obsv/v1/tokens"):
        assert (await status(service, token, "192.0.2.9", path))[0] == 200
        # The second is refused though the token is remembered.
        code, body = await status(service, token, "203.0.113.5", path)
        assert code == 403
        assert "203.0.113.5" in str(body)
    assert body["code"] == "address_not_allowed"
    assert (await status(service, token, "::ffff:192.0.2.9"))[0] == 200


async def test_without_networks_from_anywhere(service: Accounts) -> None:
    token = await make(service)
    assert (await status(service, token, "203.0.113.5"))[0] == 200


async def test_a_header_says_nothing_unless_a_trusted_proxy_sends_it(
    service: Accounts, settings: Settings, clock: ManualClock
) -> None:
    token, forged = await make(service, "192.0.2.0/24"), {"X-Forwarded-For": "192.0.2.9"}
    assert (await status(service, token, "203.0.113.5", **forged))[0] == 403
    overrides = {"data_dir": settings.data_dir, "server.trusted_proxies": ("203.0.113.5",)}
    behind = install(
        Accounts(load_settings(env={}, overrides=overrides), clock, service.keys, open_audit(service.keys, clock))
    )
    assert (await status(behind, token, "203.0.113.5", **forged))[0] == 200
    assert (await status(behind, token, "192.0.2.9", **{"X-Forwarded-For": "203.0.113.9"}))[0] == 200
    hops = {"X-Forwarded-For": "192.0.2.9, 203.0.113.77"}
    assert (await status(behind, token, "203.0.113.5", **hops))[0] == 403


async def test_the_api_says_what_is_wrong(service: Accounts) -> None:
    token = await make(service)
    async with browser(service) as client:
        wish = {"name": "t", "scopes": ["metrics:read"], "allowed_networks": ["192.0.2.7/24"]}
        answer = await client.post("/api/obsv/v1/tokens", json=wish, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_network")
    assert "192.0.2.0/24" in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == "/allowed_networks/0"

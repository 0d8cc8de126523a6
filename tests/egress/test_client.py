"""Calls over a real socket: the ledger, the guard, redirects, limits."""

from __future__ import annotations

import ast
import asyncio
import gzip
import socket
from pathlib import Path
from typing import Any

import pytest

import obsv
from obsv.core.clock import ManualClock
from obsv.db import fetch, write_tx
from obsv.egress import (
    Call,
    Egress,
    EgressFailed,
    EgressRefused,
    HttpProbe,
    Origin,
    Phases,
    Policy,
    Purpose,
    egress,
    probe_http,
)
from tests.egress.conftest import Server

CALL = Call(Purpose.NOTIFICATION, "channel chn_1", data=("alert",), org=7)


async def ledger() -> list[dict[str, Any]]:
    return await fetch("SELECT * FROM egress_calls ORDER BY id")


async def test_a_call_and_its_line_in_the_ledger(client: Egress, server: Server) -> None:
    answer = await egress().request("POST", server.url("/hook"), CALL, content=b"hello", headers={"x-a": "b"})
    assert (answer.status, answer.body) == (200, b"ok")
    assert "x-a: b" in server.requests[0]
    assert server.requests[0].endswith("hello")
    assert f"user-agent: obsv/{obsv.__version__}" in server.requests[0]
    (line,) = await ledger()
    assert {key: line[key] for key in ("host", "purpose", "recipient", "data", "org", "status", "outcome")} == {
        "host": "127.0.0.1",
        "purpose": "notification",
        "recipient": "channel chn_1",
        "data": "alert",
        "org": 7,
        "status": 200,
        "outcome": "done",
    }
    assert (line["bytes_sent"], line["bytes_received"], line["error"]) == (5, 2, "")
    assert (line["erase_on"] - line["day"]).days == 91


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
    ],
)
async def test_loopback_and_link_local_are_refused_unless_listed(database: str, server: Server, host: str) -> None:
    client = Egress(Policy(), ManualClock())
    with pytest.raises(EgressRefused, match=r"loopback|link-local"):
        await client.request("GET", server.url(host=host), CALL)
    await client.close()
    assert server.requests == []
    (line,) = await ledger()
    assert (line["outcome"], line["status"]) == ("refused", None)


async def test_private_addresses_follow_the_policy(database: str) -> None:
    strict, open_ = Egress(Policy(allow_private=False), ManualClock()), Egress(Policy(), ManualClock())
    for host in ("10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "fd00::1", "fec0::1"):
        with pytest.raises(EgressRefused, match="private"):
            await strict.guard.resolve(host, 80)
        assert await open_.guard.resolve(host, 80) == [host]
    for client in (strict, open_):
        for host in ("224.0.0.1", "240.0.0.1", "ff02::1"):
            with pytest.raises(EgressRefused):
                await client.guard.resolve(host, 80)
        assert await client.guard.resolve("1.1.1.1", 80) == ["1.1.1.1"]
        await client.close()


async def test_listed_hosts_may_be_loopback(database: str, server: Server) -> None:
    client = Egress(Policy(declared=frozenset({"LOCALHOST."})), ManualClock())
    call = Call(Purpose.STORE, "metric store", origin=Origin.CONFIG)
    assert (await client.request("GET", server.url(host="localhost"), call)).status == 200
    with pytest.raises(EgressRefused, match="not declared"):
        await client.request("GET", server.url(), call)
    await client.close()
    assert [line["outcome"] for line in await ledger()] == ["done", "refused"]


async def test_what_the_operator_declared_opens_nothing_to_a_person(database: str, server: Server) -> None:
    client = Egress(Policy(declared=frozenset({"127.0.0.1"})), ManualClock())
    server.answer = lambda _path: b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n"
    call = Call(Purpose.SCRAPE, "scrape node", origin=Origin.CONFIG)
    assert (await client.request("GET", server.url(), call)).status == 200
    with pytest.raises(EgressRefused, match="loopback"):
        await client.request("GET", server.url(), CALL)
    await client.close()
    assert len(server.requests) == 1


async def test_declared_hosts_may_have_to_be_public(database: str) -> None:
    hosts = frozenset({"10.0.0.1", "10.0.0.2", "10.0.0.3", "1.1.1.1"})
    client = Egress(Policy(declared=hosts, public=hosts - {"10.0.0.2"}, allow=("10.0.0.3",)), ManualClock())
    with pytest.raises(EgressRefused, match="private"):
        await client.guard.resolve("10.0.0.1", 443)
    for host in ("10.0.0.2", "10.0.0.3", "1.1.1.1"):
        assert await client.guard.resolve(host, 443) == [host]
    await client.close()


@pytest.mark.parametrize("url", ["ftp://example.org/", "file:///etc/passwd", "http://", "nonsense", "http://[::1"])
async def test_other_urls_are_refused(client: Egress, url: str) -> None:
    with pytest.raises(EgressRefused):
        await client.request("GET", url, CALL)


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n".encode()


async def test_redirects_are_answers_unless_asked_for(client: Egress, server: Server) -> None:
    server.answer = lambda _path: redirect("/elsewhere")
    assert (await client.request("GET", server.url(), CALL)).status == 302


async def test_redirects_never_lead_to_a_private_address(client: Egress, server: Server) -> None:
    """Not even where a call that starts there is allowed."""
    for target in ("http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", server.url("/inner", "localhost")):
        server.answer = lambda path, target=target: redirect(target) if path == "/" else b""  # type: ignore[misc]
        with pytest.raises(EgressRefused, match=r"link-local|private|loopback"):
            await client.request("GET", server.url(), CALL, max_redirects=3)
    assert len(server.requests) == 3


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
async def test_proxies_of_the_environment_are_not_asked(
    database: str, server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """They would be connected to without the guard, and would resolve names themselves."""
    monkeypatch.setenv(name, server.url())
    monkeypatch.delenv("NO_PROXY", raising=False)
    client = Egress(Policy(allow=("127.0.0.0/8",)), ManualClock())
    for url in ("http://no-such-host.invalid/", "https://no-such-host.invalid/"):
        with pytest.raises(EgressFailed, match="not found"):
            await client.request("GET", url, CALL)
        with pytest.raises(EgressFailed, match="not found"):
            await probe_http(client, HttpProbe("GET", url), CALL, Phases())
    await client.close()
    assert server.requests == []


async def test_redirects_end(database: str, server: Server) -> None:
    client = Egress(Policy(declared=frozenset({"127.0.0.1"})), ManualClock())
    server.answer = lambda _path: redirect("/again")
    with pytest.raises(EgressRefused, match="loopback"):
        await client.request("GET", server.url(), CALL, max_redirects=2)
    await client.close()


async def test_slow_large_and_broken_answers_fail(client: Egress, server: Server) -> None:
    server.answer = lambda _path: b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n" + b"x" * 2000
    with pytest.raises(EgressFailed, match="over 1000 bytes"):
        await client.request("GET", server.url(), CALL, max_bytes=1000)
    bomb = gzip.compress(bytes(5_000_000))
    server.answer = lambda _path: (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb) + bomb
    )
    with pytest.raises(EgressFailed, match="over"):
        await client.request("GET", server.url(), CALL)
    server.answer = lambda _path: b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\nshort"
    with pytest.raises(EgressFailed, match="RemoteProtocolError"):
        await client.request("GET", server.url(), CALL)
    server.answer = lambda _path: b"SSH-2.0-x\r\n"
    with pytest.raises(EgressFailed):
        await client.request("GET", server.url(), CALL)
    assert [line["outcome"] for line in await ledger()] == ["failed"] * 4


async def test_no_answer_in_time(client: Egress) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    with pytest.raises(EgressFailed, match=r"within 0\.2 s"):
        await client.request("GET", f"http://127.0.0.1:{port}/", CALL, timeout_s=0.2)
    listening.close()
    with socket.socket() as taken:  # nobody listens there, and nobody else can
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(EgressFailed, match="Connect"):
            await client.request("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/", CALL)
    with pytest.raises(EgressFailed, match="not found"):
        await client.request("GET", "http://no-such-host.invalid/", CALL)
    assert len(await ledger()) == 3


async def test_the_caller_s_limit_is_the_only_one(client: Egress) -> None:
    # The HTTP library has one of 5 s for each read, which a slow target may take.
    for origin in Origin:
        http = client._http(origin)
        assert http.timeout.as_dict() == dict.fromkeys(("connect", "read", "write", "pool"))


async def test_never_inside_a_transaction(client: Egress, server: Server) -> None:
    async with write_tx():
        with pytest.raises(RuntimeError, match="outbox"):
            await client.request("GET", server.url(), CALL)
    assert server.requests == []


def test_nobody_else_imports_a_client() -> None:
    root = Path(obsv.__file__).parent
    clients = {"httpx", "httpcore", "aiosmtplib", "smtplib", "requests", "aiohttp", "urllib3", "dns"}
    offenders = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in root.rglob("*.py")
        if path.parts[len(root.parts)] not in {"egress", "web"}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        if name.split(".")[0] in clients
    ]
    assert offenders == []


async def test_routine_calls_are_summed_up(database: str, server: Server) -> None:
    clock = ManualClock()
    client = Egress(Policy(allow=("127.0.0.0/8",)), clock)
    call = Call(Purpose.SCRAPE, "scrape node", org=7, is_routine=True)

    async def counts() -> list[tuple[int, int | None, int]]:
        return [(line["calls"], line["status"], line["bytes_received"]) for line in await ledger()]

    # The first of each kind is there at once.
    for _ in range(3):
        await client.request("GET", server.url(), call)
    assert await counts() == [(1, 200, 2)]
    server.answer = lambda _path: b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n"
    await client.request("GET", server.url(), call)
    assert await counts() == [(1, 200, 2), (1, 500, 0)]
    # An hour later the others; what comes then begins anew.
    clock.advance(3600)
    await client.request("GET", server.url(), call)
    assert await counts() == [(1, 200, 2), (1, 500, 0), (2, 200, 4), (1, 500, 0)]
    await client.request("GET", server.url(), call)
    await client.close()
    assert (await counts())[4:] == [(1, 500, 0)]

"""Checks against real servers, through the guard and into the ledger."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from obsv.core.clock import ManualClock
from obsv.db import fetch
from obsv.egress import Egress, Policy
from obsv.egress.probe_net import NOT_PERMITTED
from obsv.monitors.model import Check, Condition, Dns, Http, Ping, Tcp
from obsv.monitors.probe import Asking, call_of, carry_out
from obsv.monitors.types import Result
from tests.monitors.servers import answer, certificate, names, web
from tests.ports import free_port


@pytest.fixture
async def client(database: str) -> Any:
    made = Egress(Policy(allow=("127.0.0.0/8", "localhost")), ManualClock())
    yield made
    await made.close()


async def check(client: Egress, wanted: Check, timeout_s: float = 5) -> Result:
    return await carry_out(Asking(client, call_of(7, "mon_1"), int(time.time() * 1000), timeout_s), wanted)


async def test_http_tells_status_and_phases(client: Egress) -> None:
    async with web() as server:
        found = await check(client, Http(url=f"http://127.0.0.1:{server.port}/x?token=s", headers={"X-A": "b"}))
        assert (found.outcome, found.status, found.version, found.reason) == ("ok", 200, "1.1", "")
        assert (found.url, found.address) == (f"http://127.0.0.1:{server.port}/x", "127.0.0.1")
        assert found.duration_s > found.phases.connect_s > 0
        assert found.phases.wait_s > 0
        assert found.phases.tls_s == 0
        assert "x-a: b" in server.requests[0].lower()
        server.answer = lambda _: answer("gone", "503 Busy")
        found = await check(client, Http(url=f"http://127.0.0.1:{server.port}/"))
        assert (found.outcome, found.status) == ("failed", 503)
        assert found.reason == "it answered 503, expected 200-299"
        assert (await check(client, Http(url=f"http://127.0.0.1:{server.port}/", statuses=("503",)))).outcome == "ok"
    rows = await fetch("SELECT purpose, recipient, host, org FROM egress_calls")
    assert {tuple(row.values()) for row in rows} == {("monitor", "monitor mon_1", "127.0.0.1", 7)}


async def test_texts_and_json(client: Egress) -> None:
    async with web() as server:
        url = f"http://127.0.0.1:{server.port}/"
        server.answer = lambda _: answer('{"state": "fine", "queue": 7}')
        assert (await check(client, Http(url=url, contains="fine", lacks="bad"))).outcome == "ok"
        assert "does not contain 'bad'" in (await check(client, Http(url=url, contains="bad"))).reason
        assert "contains 'fine'" in (await check(client, Http(url=url, lacks="fine"))).reason
        fine = (Condition("$.state", "==", "fine"), Condition("$.queue", "<", "10"))
        assert (await check(client, Http(url=url, json=fine))).outcome == "ok"
        found = await check(client, Http(url=url, json=(Condition("$.queue", "<", "5"),)))
        assert found.reason == "$.queue is 7, expected < 5"
        server.answer = lambda _: answer("x" * 5000)
        found = await check(client, Http(url=url, max_bytes=1024))
        assert (found.outcome, found.bytes) == ("ok", 1024)
        assert "too much" in (await check(client, Http(url=url, max_bytes=1024, json=fine))).reason
        assert "not JSON" in (await check(client, Http(url=url, json=fine))).reason


async def test_basic_authentication_and_secret_headers_stay_with_their_host(client: Egress) -> None:
    async with web() as other, web() as server:
        server.answer = lambda path: (
            answer("", "302 Found", "location: /inner")
            if path == "/"
            else answer("", "302 Found", f"location: http://localhost:{other.port}/")
        )
        http = Http(url=f"http://127.0.0.1:{server.port}/", user="ann", password="pw", secret_headers={"X-Key": "s3"})
        found = await check(client, http)
        # A redirect to another host of ours is refused: it must be public.
        assert (found.outcome, found.reason) == (
            "failed",
            (
                "its redirect leads where nothing is asked: localhost is a loopback address: "
                "list it in [egress] hosts if that is meant"
            ),
        )
        assert len(server.requests) == 2
        assert all("x-key: s3" in head.lower() and "authorization: basic" in head.lower() for head in server.requests)
        assert other.requests == []
        assert (await check(client, Http(url=f"http://127.0.0.1:{server.port}/", max_redirects=0))).status == 302


async def test_redirects_end(client: Egress) -> None:
    async with web() as server:
        server.answer = lambda _: answer("", "302 Found", "location: /again")
        found = await check(client, Http(url=f"http://127.0.0.1:{server.port}/", max_redirects=2))
        assert found.reason == "more than 2 redirects"
        assert len(server.requests) == 3


async def test_certificates(client: Egress, tmp_path: Path) -> None:
    tls, pem = certificate(tmp_path, days=20)
    async with web(tls) as server:
        url = f"https://localhost:{server.port}/"
        found = await check(client, Http(url=url))
        assert (found.outcome, found.reason) == ("failed", "its certificate is not valid: self-signed certificate")
        found = await check(client, Http(url=url, ca=pem))
        assert (found.outcome, found.reason) == ("ok", "")
        assert found.phases.tls_s > 0
        assert found.certificate is not None
        assert found.certificate.names == ["localhost"]
        assert 19 < (found.certificate.ends_at_ms / 1000 - time.time()) / 86_400 < 20.1
        assert "certificate ends in" in (await check(client, Http(url=url, ca=pem, certificate_days=30))).reason
        assert (await check(client, Http(url=url, ca=pem, certificate_days=10))).outcome == "ok"
        assert (await check(client, Http(url=url, verify_tls=False))).certificate is not None
        found = await check(client, Tcp(host="localhost", port=server.port, tls=True, ca=pem, certificate_days=30))
        assert "certificate ends in" in found.reason
        wrong_name = await check(client, Http(url=f"https://127.0.0.1:{server.port}/", ca=pem))
        assert "certificate is not valid" in wrong_name.reason
        assert "no certificates in PEM" in (await check(client, Http(url=url, ca="nonsense"))).reason
    expired, pem = certificate(tmp_path, days=-1)
    async with web(expired) as server:
        found = await check(client, Http(url=f"https://localhost:{server.port}/", ca=pem))
        assert found.reason == "its certificate is not valid: certificate has expired"


async def test_tcp(client: Egress) -> None:
    async with web() as server:
        found = await check(client, Tcp(host="127.0.0.1", port=server.port))
        assert (found.outcome, found.address) == ("ok", "127.0.0.1")
    found = await check(client, Tcp(host="127.0.0.1", port=free_port()))
    assert found.outcome == "failed"
    assert "refused" in found.reason.lower()
    assert "not found" in (await check(client, Tcp(host="no-such.invalid", port=1))).reason


async def test_slow_ones_end_in_time(client: Egress) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    found = await check(client, Http(url=f"http://127.0.0.1:{port}/"), timeout_s=0.3)
    assert (found.outcome, found.reason) == ("failed", "no answer within 0.3 s")
    assert found.phases.connect_s > 0
    listening.close()


def may_ping() -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except PermissionError:
            continue
        return True
    return False


async def test_ping(client: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    if may_ping():
        found = await check(client, Ping(host="127.0.0.1"))
        assert (found.outcome, found.address) == ("ok", "127.0.0.1")
        assert 0 < found.phases.wait_s < 1
        found = await check(client, Ping(host="127.0.0.1"), timeout_s=0.000001)
        assert found.outcome == "failed"

    real = socket.socket

    def refuse(family: int = -1, kind: int = -1, proto: int = -1, fileno: int | None = None) -> socket.socket:
        if proto == socket.IPPROTO_ICMP:
            raise PermissionError(1, os.strerror(1))
        return real(family, kind, proto, fileno)

    monkeypatch.setattr("obsv.egress.probe_net.socket.socket", refuse)
    found = await check(client, Ping(host="127.0.0.1"))
    # The system says no, not the target: nobody knows how it is.
    assert (found.outcome, found.reason) == ("refused", NOT_PERMITTED)


async def test_dns(client: Egress) -> None:
    async with names(
        {("a.example.", "A"): ["192.0.2.1", "192.0.2.2"], ("a.example.", "MX"): ["10 mx.example."]}
    ) as dns:
        at = {"server": "127.0.0.1", "port": dns.port}
        found = await check(client, Dns(hostname="a.example", **at))
        assert (found.outcome, found.code, found.records) == ("ok", "NOERROR", ["192.0.2.1", "192.0.2.2"])
        assert (await check(client, Dns(hostname="a.example", answers=("192.0.2.2",), **at))).outcome == "ok"
        found = await check(client, Dns(hostname="a.example", answers=("192.0.2.2",), exactly=True, **at))
        assert found.reason == "192.0.2.1 is among the answers, and should not be"
        found = await check(client, Dns(hostname="a.example", record="MX", answers=("10 MX.example",), **at))
        assert found.outcome == "ok"
        assert (await check(client, Dns(hostname="a.example", record="AAAA", **at))).reason == "it has no record AAAA"
        assert (await check(client, Dns(hostname="b.example", **at))).reason == "it answered NXDOMAIN"
    found = await check(client, Dns(hostname="a.example", **at), timeout_s=0.5)
    assert found.outcome == "failed"


@pytest.mark.parametrize(
    "wanted",
    [
        Http(url="http://127.0.0.1:9/"),
        Http(url="http://localhost:9/"),
        Http(url="http://[::ffff:127.0.0.1]:9/"),
        Http(url="http://169.254.169.254/latest/meta-data"),
        Tcp(host="127.0.0.1", port=22),
        Ping(host="127.0.0.1"),
        Dns(hostname="a.example", server="127.0.0.1"),
        Tcp(host="::1", port=22),
        Tcp(host="2130706433", port=22),
        Tcp(host="0177.0.0.1", port=22),
        Tcp(host="::ffff:127.0.0.1", port=22),
        Ping(host="0x7f.1"),
        Dns(hostname="a.example", server="0177.1"),
    ],
)
async def test_loopback_is_never_asked_unless_listed(database: str, wanted: Check) -> None:
    strict = Egress(Policy(), ManualClock())
    found = await check(strict, wanted)
    await strict.close()
    assert found.outcome == "refused"
    assert "loopback" in found.reason or "link-local" in found.reason
    assert [row["outcome"] for row in await fetch("SELECT outcome FROM egress_calls")] == ["refused"]


async def test_private_addresses_follow_the_policy(database: str) -> None:
    strict = Egress(Policy(allow_private=False), ManualClock())
    for wanted in (Http(url="http://10.0.0.1/"), Tcp(host="192.168.1.1", port=1), Ping(host="172.16.0.1")):
        assert (await check(strict, wanted)).outcome == "refused"
    await strict.close()


async def test_a_name_cannot_change_its_mind(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: what was checked is what is connected to, and it is looked up once a connection."""
    asked: list[str] = []

    async def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) > 1 else "203.0.113.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", rebinding, raising=False)
    async with web() as server:
        client = Egress(Policy(), ManualClock())
        for wanted in (
            Http(url=f"http://rebind.example:{server.port}/"),
            Tcp(host="rebind.example", port=server.port),
        ):
            asked.clear()
            found = await check(client, wanted, timeout_s=0.5)
            assert (found.outcome, asked) == ("failed", ["rebind.example"])
            assert (await check(client, wanted, timeout_s=0.5)).outcome == "refused"
        await client.close()
        assert server.requests == []


async def test_what_speaks_no_tls(client: Egress, tmp_path: Path) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n")
        writer.close()

    listening = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    for wanted in (Http(url=f"https://localhost:{port}/"), Tcp(host="localhost", port=port, tls=True)):
        found = await check(client, wanted)
        assert (found.outcome, found.reason.partition(":")[0]) == ("failed", "TLS failed")
    listening.close()

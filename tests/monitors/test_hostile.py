"""What a stranger's answer, or a strange wish, can do to a check: make it fail, and no more."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
import tracemalloc
import zlib
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

from obsv.core.clock import ManualClock
from obsv.db import write_tx
from obsv.egress import Egress, Policy
from obsv.monitors.certificate import read_certificate
from obsv.monitors.model import Check, Condition, Dns, Http, Monitor, Ping, Tcp, problems
from obsv.monitors.probe import Asking, call_of, carry_out
from obsv.monitors.types import Result
from tests.monitors.servers import answer, names, web


@pytest.fixture
async def client(database: str) -> Any:
    made = Egress(Policy(allow=("127.0.0.0/8", "localhost")), ManualClock())
    yield made
    await made.close()


async def check(client: Egress, wanted: Check, timeout_s: float = 5) -> Result:
    return await carry_out(Asking(client, call_of(7, "mon_1"), int(time.time() * 1000), timeout_s), wanted)


@pytest.mark.parametrize("host", ["a..example", "a" * 64 + ".example"])
async def test_a_name_that_is_none(client: Egress, host: str) -> None:
    for wanted in (
        Tcp(host=host, port=9),
        Ping(host=host),
        Http(url=f"http://{host}/"),
        Dns(hostname="a", server=host),
    ):
        found = await check(client, wanted)
        assert (found.outcome, found.reason.partition(":")[0]) == ("failed", f"{host} is not found")


@pytest.mark.parametrize("charset", ["idna", "undefined", "punycode", "no-such", "utf-7"])
async def test_charsets_that_cannot_be_read(client: Egress, charset: str) -> None:
    async with web() as server:
        server.answer = lambda _: answer('"+2AA-\xff"', "200 OK", f"content-type: text/plain; charset={charset}")
        url = f"http://127.0.0.1:{server.port}/"
        assert "does not contain" in (await check(client, Http(url=url, contains="zzz"))).reason
        found = await check(client, Http(url=url, json=(Condition("$", "==", "x"),)))
        assert found.outcome == "failed"


async def test_a_charset_takes_no_time(client: Egress) -> None:
    """Punycode is decoded in the square of its length."""
    async with web() as server:
        server.answer = lambda _: answer("a-" + "b9a" * 100_000, "200 OK", "content-type: text/plain; charset=punycode")
        begun = time.process_time()
        await check(client, Http(url=f"http://127.0.0.1:{server.port}/", contains="zzz"))
        assert time.process_time() - begun < 1


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1" + "0" * 5000, "1e999", "-1e999"])
async def test_numbers_that_are_too_large(client: Egress, number: str) -> None:
    async with web() as server:
        server.answer = lambda _: answer(f'{{"a": {number}}}')
        wanted = (Condition("$.a", "<", "5"), Condition("$", "==", "x"))
        found = await check(client, Http(url=f"http://127.0.0.1:{server.port}/", json=wanted))
        assert found.outcome == "failed"
        assert len(found.reason) <= 500


@pytest.mark.parametrize(
    "location", ["http://[bad", "http://a:99999999/", "//", "http://\x01/", "ftp://a/", "/" * 70_000]
)
async def test_redirects_that_lead_nowhere(client: Egress, location: str) -> None:
    async with web() as server:
        server.answer = lambda path: answer() if path != "/" else answer("", "302 Found", f"location: {location}")
        found = await check(client, Http(url=f"http://127.0.0.1:{server.port}/"))
        assert found.outcome == "failed"
        assert len(found.reason) <= 500


@pytest.mark.parametrize("status", ["307 Same", "308 Same"])
async def test_a_body_goes_to_no_other_host(client: Egress, status: str) -> None:
    async with web() as server:
        server.answer = lambda _: answer("", status, "location: http://example.invalid/")
        wanted = Http(url=f"http://127.0.0.1:{server.port}/", method="POST", body="secret=1")
        found = await check(client, wanted)
        assert (found.outcome, found.reason) == (
            "failed",
            "its redirect would take the body elsewhere: it is not followed",
        )


async def test_secrets_go_to_no_other_port(client: Egress) -> None:
    async with web() as other, web() as server:
        server.answer = lambda _: answer("", "302 Found", f"location: http://127.0.0.1:{other.port}/")
        wanted = Http(url=f"http://127.0.0.1:{server.port}/", user="a", password="b", secret_headers={"X-Key": "s3"})
        assert (await check(client, wanted)).outcome == "ok"
        (head,) = other.requests
        assert "s3" not in head
        assert "authorization" not in head.lower()


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]", "[::1]", "10.0.0.1", "[fec0::1]"]
)
async def test_redirects_lead_to_what_is_public(client: Egress, host: str) -> None:
    async with web() as other, web() as server:
        server.answer = lambda _: answer("", "302 Found", f"location: http://{host}:{other.port}/")
        found = await check(client, Http(url=f"http://127.0.0.1:{server.port}/"))
        assert found.outcome == "failed"
        assert "its redirect leads where nothing is asked" in found.reason
        assert other.requests == []


async def test_what_was_packed_small(client: Egress) -> None:
    """Only as much is unpacked as is read."""
    packed = zlib.compress(bytes(64 << 20))
    async with web() as server:
        head = f"HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
        server.answer = lambda _: head + packed
        tracemalloc.start()
        found = await check(client, Http(url=f"http://127.0.0.1:{server.port}/", max_bytes=1024))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (found.outcome, found.bytes) == ("ok", 1024)
        assert peak < 8 << 20


async def test_its_duration_is_that_of_the_other_side_alone(client: Egress) -> None:
    """The first call of a kind has a row in the ledger, which may have to wait for others who write."""

    async def writing() -> None:
        async with write_tx():
            await asyncio.sleep(0.5)

    async with web() as server:
        busy = asyncio.create_task(writing())
        await asyncio.sleep(0)
        found = await check(client, Http(url=f"http://127.0.0.1:{server.port}/"))
        await busy
        assert 0 < found.duration_s < 0.4


async def test_long_records_are_cut(client: Egress) -> None:
    long = " ".join(['"' + "x" * 250 + '"'] * 3)
    async with names({("a.example.", "TXT"): [long]}) as server:
        found = await check(client, Dns(hostname="a.example", record="TXT", server="127.0.0.1", port=server.port))
        assert (found.outcome, [len(record) for record in found.records]) == ("ok", [500])


@pytest.mark.parametrize("value", ["\u00fc", "a\nb", "a\n", "\x01"])
def test_header_values_are_of_ascii(value: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(Http(url="http://a/", headers={"X-A": value})), type=Http)


def test_an_address_that_is_none() -> None:
    found = problems(Monitor(key="a", name="A", check=Http(url="http://[::1")))
    assert [one.pointer for one in found] == ["/check/url"]


@pytest.mark.parametrize("names_", [b"\x30\x02\xa3\x00", b"\x30\x02\x82\x7f", b"\xff"])
def test_certificates_that_cannot_be_read(names_: bytes) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "obsv test")])
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, names_), critical=False)
        .sign(key, hashes.SHA256())
    )
    assert read_certificate(made.public_bytes(serialization.Encoding.DER)) is None

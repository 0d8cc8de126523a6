"""POST /api/v1/write: what senders see."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import pytest
import zstandard
from litestar import Litestar
from litestar.testing import AsyncTestClient

from obsv.core.clock import ManualClock
from obsv.core.errors import Forbidden, Unauthorized
from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.wire import encode
from obsv.metrics.ingest import IngestStats, Limits, OrgLimits, RemoteWrite, SampleRates, remote_write_handler
from obsv.metrics.ingest.began import Beginnings
from obsv.metrics.store.base import StoreUnavailable
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.types import Exemplar, Metadata, WriteBatch
from tests.metrics.ingest.wire import chunk, label, point, series, snappy, varint
from tests.metrics.store.made import ALL, HOUR, NOW, make, read

UP = {"__name__": "up", "job": "x"}


@dataclass
class Someone:
    org: int | None


class Bench:
    """The endpoint on a real store, with people at the door."""

    def __init__(self, folder) -> None:
        self.clock = ManualClock(NOW)
        self.limits = {1: Limits(), 2: Limits(series=1, samples_per_s=10)}
        self.org_limits = OrgLimits(self.ask)
        self.store = make(folder, self.clock, series_limit=self.org_limits.series, max_request_bytes=4000)
        self.stats = IngestStats()
        rates = SampleRates(self.clock)
        self.endpoint = RemoteWrite(
            lambda: self.store,
            self.keep_beside,
            Beginnings(self.clock, HOUR),
            self.authenticate,
            self.org_limits.of,
            rates,
            self.stats,
            max_body_bytes=3000,
        )
        self.beside: list[tuple[list[Exemplar], list[Metadata]]] = []
        self.app = Litestar([remote_write_handler(self.endpoint)], openapi_config=None)

    async def ask(self, org: int) -> Limits:
        return self.limits[org]

    async def keep_beside(self, org: int, batch: WriteBatch) -> int:
        self.beside.append((batch.exemplars, batch.metadata))
        return len(batch.exemplars)

    async def authenticate(self, scope) -> Someone:
        token = dict(scope["headers"]).get(b"authorization", b"").removeprefix(b"Bearer ")
        if token == b"reader":
            raise Forbidden("the token lacks the scope metrics:write")
        if not token:
            raise Unauthorized("no token")
        return Someone(None if token == b"nobody" else int(token))

    async def post(self, body: bytes, *, org: object = 1, method: str = "POST", **headers: str):
        given = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}
        given |= {"authorization": f"Bearer {org}"} if org else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with AsyncTestClient(self.app) as client:
            return await client.request(
                method, "/api/v1/write", content=body, headers={n: v for n, v in given.items() if v}
            )


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path)
    await bench.store.open()
    yield bench
    await bench.store.close()


GOOD = snappy(series(UP, [(NOW, 1.0), (NOW + 1, 2.0)]))


async def test_samples_are_taken(bench):
    answer = await bench.post(GOOD)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "2"
    assert len((await read(bench.store))["upjob=x"]) == 2
    assert (await bench.post(GOOD)).status_code == 204
    assert bench.stats.requests == {204: 2}
    assert bench.stats.accepted == 4
    assert bench.stats.body_bytes == 2 * len(GOOD)


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/x-protobuf;proto=prometheus.WriteRequest"},
        {"content_type": 'application/x-protobuf; proto="prometheus.WriteRequest"'},
        {"content_type": ""},
        {"content_encoding": ""},
        {"content_encoding": "Snappy"},
    ],
)
async def test_what_senders_call_version_one(bench, headers):
    assert (await bench.post(GOOD, **headers)).status_code == 204


async def test_zstd(bench):
    body = zstandard.ZstdCompressor().compress(series(UP, [(NOW, 1.0)]))
    assert (await bench.post(body, content_encoding="zstd")).status_code == 204
    assert await read(bench.store)
    assert (await bench.post(body[:-2], content_encoding="zstd")).status_code == 400


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"content_encoding": "gzip"}, "use snappy or zstd"),
        ({"content_type": "application/json"}, "use application/x-protobuf"),
        (
            {"content_type": "application/x-protobuf;proto=io.prometheus.write.v3.Request"},
            "use prometheus.WriteRequest",
        ),
    ],
)
async def test_what_is_not_supported(bench, headers, said):
    answer = await bench.post(GOOD, **headers)
    assert answer.status_code == 415
    assert said in answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert await read(bench.store) == {}


async def test_who_may_write(bench):
    answer = await bench.post(GOOD, org="")
    assert (answer.status_code, answer.text) == (401, "no token\n")
    assert answer.headers["www-authenticate"]
    assert (await bench.post(GOOD, org="reader")).status_code == 403
    assert (await bench.post(GOOD, method="GET")).status_code == 405
    assert await read(bench.store) == {}


async def test_broken_bodies(bench):
    for body in (b"", b"nonsense", snappy(b"\x0a\xff"), GOOD[:-3]):
        answer = await bench.post(body)
        assert answer.status_code == 400
        assert answer.text.startswith(("snappy", "protobuf"))
        assert "Traceback" not in answer.text
    assert await read(bench.store) == {}


async def test_bodies_that_are_too_large(bench):
    assert (await bench.post(bytes(3001))).status_code == 413

    bomb = snappy(b"\x3a\xa0\x1f" + bytes(4000))
    assert len(bomb) < 400
    assert (await bench.post(bomb)).status_code == 413


async def in_pieces(bench, messages: list[dict[str, object]]) -> list[dict[str, object]]:
    """What the bare handler sends when the body comes in pieces."""
    sent: list[dict[str, object]] = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    await bench.endpoint(
        {"type": "http", "method": "POST", "headers": [(b"authorization", b"Bearer 1")]}, receive, send
    )
    return sent


def piece(body: bytes, more: bool = True) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_bodies_in_pieces(bench):
    assert (await in_pieces(bench, [piece(bytes(100)) for _ in range(40)]))[0]["status"] == 413
    assert (await in_pieces(bench, [piece(GOOD[:9]), piece(b""), piece(GOOD[9:], more=False)]))[0]["status"] == 204
    assert len(await read(bench.store)) == 1


async def test_a_sender_that_hangs_up(bench):
    assert await in_pieces(bench, [piece(GOOD), {"type": "http.disconnect"}]) == []
    assert await read(bench.store) == {}


async def test_a_token_without_an_organisation(bench):
    assert (await bench.post(GOOD, org="nobody")).status_code == 403


async def test_bad_samples_are_named_and_good_ones_kept(bench):
    body = series(UP, [(NOW, 1.0), (NOW + 10**7, 1.0)]) + series([("a", "b")], [(NOW, 1.0)])
    answer = await bench.post(snappy(body))
    assert answer.status_code == 400
    assert answer.text == (
        "refused 2 samples (too_new 1, labels 1), stored 1; first: "
        f'sample at {NOW + 10**7} ms is too far in the future: up{{job="x"}}\n'
    )
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "1"
    assert len((await read(bench.store))["upjob=x"]) == 1
    assert bench.stats.refused == {"too_new": 1, "labels": 1}


async def test_over_the_series_limit_good_samples_are_kept(bench):
    body = series({"__name__": "a"}, [(NOW, 1.0)]) + series({"__name__": "b"}, [(NOW, 1.0)])
    answer = await bench.post(snappy(body), org=2)
    assert answer.status_code == 400
    assert "the limit of 1 active series is reached" in answer.text
    assert list(await read(bench.store, 2)) == ["a"]


async def test_too_many_samples_a_second(bench):
    body = snappy(chunk_of(150))
    assert (await bench.post(body, org=2)).status_code == 204
    answer = await bench.post(body, org=2)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert (await bench.post(body)).status_code == 204
    bench.clock.advance(6)
    assert (await bench.post(body, org=2)).status_code == 204
    assert bench.stats.requests == {204: 3, 429: 1}


def chunk_of(count: int) -> bytes:
    return series(UP, [(NOW + i, 1.0) for i in range(count)])


async def test_a_store_that_cannot_keep(bench, monkeypatch):
    async def full(*_):
        raise StoreUnavailable("the disk is full", retry_after_s=7)

    monkeypatch.setattr(bench.store, "write_remote", full)
    answer = await bench.post(GOOD)
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "the disk is full\n", "7")


MADE = Histogram(3, 6.0, 10.5, 1e-9, 1.0, {-2: 1.0, 5: 3.0}, {0: 1.0})


async def histograms(store: BlockStore) -> list[Histogram]:
    return (await store.select(1, ALL, 0, NOW * 2, limit=1000)).histograms


async def test_histograms_exemplars_and_metadata_are_kept(bench):
    exemplar = label("trace_id", "abc") + b"\x11" + struct.pack("<d", 0.5) + b"\x18" + varint(NOW)
    h = chunk(1, label("__name__", "h") + chunk(4, encode(NOW, MADE)) + chunk(3, exemplar))
    told = chunk(3, b"\x08\x03" + chunk(2, b"h") + chunk(4, b"How long.") + chunk(5, b"seconds"))
    answer = await bench.post(snappy(h + chunk(1, label("__name__", "g") + point(NOW, 1.0)) + told))
    assert (answer.status_code, answer.text) == (204, "")
    written = {name: value for name, value in answer.headers.items() if name.startswith("x-prometheus")}
    assert list(written.values()) == ["1", "1", "1"]
    assert await histograms(bench.store) == [MADE]
    assert bench.beside == [
        ([Exemplar(0, {"trace_id": "abc"}, 0.5, NOW)], [Metadata("h", "histogram", "How long.", "seconds")])
    ]
    assert bench.stats.accepted == 2


async def test_a_histogram_that_makes_no_sense_is_refused_and_the_rest_is_kept(bench):
    wrong = (
        encode(NOW, replace(MADE, schema=9)),
        encode(NOW, replace(MADE, count=1.0)),
        encode(NOW, MADE) + b"\x62\x01\x02",
    )
    sent = [chunk(1, label("__name__", f"h{i}") + chunk(4, one)) for i, one in enumerate((*wrong, encode(NOW, MADE)))]
    answer = await bench.post(snappy(b"".join(sent)))
    assert answer.status_code == 400
    assert (
        "refused 3 samples (histogram 3), stored 1; first: a native histogram makes no sense: schema 9" in answer.text
    )
    assert await histograms(bench.store) == [MADE]

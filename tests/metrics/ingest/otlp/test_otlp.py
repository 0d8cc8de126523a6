"""What senders see: answers, refusals, limits."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from google.rpc.status_pb2 import Status

from obsv.core.errors import Unavailable
from obsv.http.rpc_status import rpc_status
from obsv.metrics.ingest.began import Beginnings
from obsv.metrics.ingest.otlp import WRITE_PATHS, Deltas, Options, Otlp, Reader, otlp_handler
from obsv.metrics.ingest.otlp.answers import rejected_points
from obsv.metrics.store.types import Exemplar as Kept
from obsv.metrics.store.types import Metadata, WriteResult
from tests.metrics.ingest.otlp.messages import (
    JSON,
    NS,
    PROTOBUF,
    SERVICE,
    START,
    Exemplar,
    ExportMetricsServiceResponse,
    T,
    as_json,
    exponential,
    histogram,
    metric,
    number,
    request,
)
from tests.metrics.ingest.pushing import MOST_BYTES, Pushing
from tests.metrics.store.made import HOUR, NOW

GAUGE = request(metric("gauge", "g", number(1.5, a="x"), unit="s", description="About"), attributes={})


class Bench(Pushing):
    """The handler on a store that can be away."""

    def __init__(self, folder: Path) -> None:
        self.is_away = False
        super().__init__(folder, self.handlers)

    def handlers(self, door, clock):
        here = replace(door, store=self.there)
        return [otlp_handler(Otlp(here, Reader(Options()), Deltas(clock, 600_000), Beginnings(clock, HOUR)))]

    def there(self):
        if self.is_away:
            raise Unavailable("The metric store is still starting.", retry_after_s=2)
        return self.store


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path)
    await bench.store.open()
    yield bench
    await bench.store.close()


async def send(bench, message, *, path: str = "/v1/metrics", **given):
    given.setdefault("content_type", PROTOBUF)
    return await bench.send(path, message if isinstance(message, bytes) else message.SerializeToString(), **given)


def partial(answer) -> tuple[int, str]:
    """(rejected points, message) of an answer in protobuf."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROTOBUF)
    told = ExportMetricsServiceResponse.FromString(answer.content).partial_success
    return told.rejected_data_points, told.error_message


@pytest.mark.parametrize("path", WRITE_PATHS)
async def test_points_are_taken(bench, path):
    answer = await send(bench, GAUGE, path=path)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"", PROTOBUF)
    assert await bench.points() == {"g_secondsa=x": [(NOW, 1.5)]}
    assert bench.metadata == [Metadata("g_seconds", "gauge", "About", "seconds")]
    assert bench.stats.accepted == 1


async def test_json_is_answered_in_json(bench):
    answer = await send(bench, as_json(GAUGE), content_type=f"{JSON}; charset=utf-8")
    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (200, {}, JSON)
    assert await bench.points() == {"g_secondsa=x": [(NOW, 1.5)]}
    refused = await send(bench, as_json(request(metric("gauge", "日本", number(1)))), content_type=JSON)
    told = refused.json()["partialSuccess"]
    assert told["rejectedDataPoints"] == "1"
    assert "nothing is left" in told["errorMessage"]


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.compress), ("identity", bytes)],
)
async def test_bodies_may_be_packed(bench, encoding, pack):
    packed = pack(GAUGE.SerializeToString())
    assert (await send(bench, packed, content_encoding=encoding)).status_code == 200
    assert await bench.points() == {"g_secondsa=x": [(NOW, 1.5)]}


async def test_a_long_body(bench):
    points = [number(i, n=f"{i:05}") for i in range(2000)]
    message = request(metric("gauge", "g", *points), attributes={})
    assert len(message.SerializeToString()) > 65_536
    for _ in range(2):
        assert partial(await send(bench, message)) == (0, "")
    assert len(await bench.points()) == 2000


async def test_a_request_without_points(bench):
    assert partial(await send(bench, b"")) == (0, "")
    assert partial(await send(bench, request(metric("gauge", "g")))) == (0, "")
    assert await bench.points() == {}


async def test_counters_begin_at_zero_once(bench):
    for later in range(3):
        message = request(
            metric("sum", "c", number(5 + later, T + later * NS)),
            metric("histogram", "h", histogram([1], [], 2.0, T + later * NS)),
            attributes={},
        )
        assert partial(await send(bench, message)) == (0, "")
    found = await bench.points()
    assert found["c_total"] == [(NOW - 60_000, 0.0), (NOW, 5.0), (NOW + 1, 6.0), (NOW + 2, 7.0)]
    for key in ("h_bucketle=+Inf", "h_count", "h_sum"):
        assert found[key][0] == (NOW - 60_000, 0.0)
        assert len(found[key]) == 4
    again = request(metric("sum", "c", number(1, T + 5 * NS, T + 4 * NS)), attributes={})
    await send(bench, again)
    assert (await bench.points())["c_total"][-2:] == [(NOW + 4, 0.0), (NOW + 5, 1.0)]
    assert len(await bench.points(2)) == 0


async def test_what_began_in_the_same_millisecond_has_its_value(bench):
    begun = request(metric("sum", "c", number(5, T + 900, T + 100)), attributes={})
    for _ in range(2):
        assert partial(await send(bench, begun)) == (0, "")
    assert await bench.points() == {"c_total": [(NOW, 5.0)]}


async def test_organisations_are_apart(bench):
    counter = request(metric("sum", "c", number(5)), attributes={})
    for org in (1, 2):
        assert partial(await send(bench, counter, token=org)) == (0, "")
        assert await bench.points(org) == {"c_total": [(START // NS, 0.0), (NOW, 5.0)]}


async def test_native_histograms_and_exemplars(bench):
    exemplar = Exemplar(as_double=0.5, time_unix_nano=T, trace_id=bytes(range(16)))
    message = request(
        metric("exponential_histogram", "e", exponential(0, 0, [1, 2], exemplars=[exemplar])),
        metric("sum", "c", number(1, exemplars=[exemplar])),
        attributes={},
    )
    assert partial(await send(bench, message)) == (0, "")
    found = await bench.store.select(1, [], 0, NOW * 2, limit=1000)
    assert [one.positive for one in found.histograms] == [{}, {1: 1, 2: 2}]
    assert (
        sorted(bench.exemplars, key=lambda one: one.row)
        == [Kept(0, {"trace_id": bytes(range(16)).hex()}, 0.5, NOW)] * 2
    )
    assert {one.family for one in bench.metadata} == {"e", "c_total"}


async def test_what_the_store_refuses_is_told_by_points(bench):
    old, new = (NOW - 2 * HOUR) * NS, (NOW + HOUR) * NS
    await send(
        bench, request(metric("histogram", "h", histogram([1], [])), metric("gauge", "g", number(1)), attributes={})
    )
    message = request(
        metric("histogram", "h", histogram([1], [], 1.0, old, 0), histogram([2], [], 2.0, T + NS, 0), histogram([1], [], 1.0, new, 0)),
        metric("gauge", "g", number(1, old, 0), number(2, T + NS)),
        metric("exponential_histogram", "e", exponential(0, 0, [1], t=new), exponential(0, 0, [1])),
        attributes={},
    )  # fmt: skip
    rejected, why = partial(await send(bench, message))
    assert rejected == 4
    assert why.startswith("refused 7 samples (too_old 4, too_new 3), stored 4; first: sample at")
    assert "refused 1 samples (too_new 1), stored 1" in why
    assert (await bench.points())["g"] == [(NOW, 1.0), (NOW + 1, 2.0)]


async def test_over_the_series_limit_the_others_are_kept(bench):
    rejected, why = partial(await send(bench, request(metric("gauge", "g", number(1, n=1), number(2, n=2))), token=2))
    assert rejected == 1
    assert "the limit of 1 active series is reached" in why
    assert len(await bench.points(2)) == 1


async def test_what_makes_no_sense_is_told_with_what_the_store_refuses(bench):
    message = request(metric("gauge", "g", number(None), number(1, 0), number(2)), attributes={})
    rejected, why = partial(await send(bench, message))
    assert rejected == 2
    assert why.startswith("g: it has no value; refused 1 samples (too_old 1), stored 1")


async def test_target_info_that_is_refused_is_a_warning(bench):
    attributes = SERVICE | {f"k{i}": "v" for i in range(60)}
    rejected, why = partial(await send(bench, request(metric("gauge", "g", number(1)), attributes=attributes)))
    assert rejected == 0
    assert "more labels than allowed: target_info" in why
    assert len(await bench.points()) == 1


def test_a_store_that_does_not_tell_which():
    result = WriteResult(1, {"too_old": 7})
    assert rejected_points(result, [(2, 1), (3, 5)]) == 5
    result.skipped = [range(1, 3), range(6, 8), range(17, 20)]
    assert rejected_points(result, [(2, 1), (0, 1), (3, 5)]) == 3


def status(answer) -> Status:
    assert answer.headers["content-type"] == PROTOBUF
    return Status.FromString(answer.content)


async def test_a_broken_request(bench):
    answer = await send(bench, b"\xff")
    assert answer.status_code == 400
    assert (status(answer).code, status(answer).message[:8]) == (3, "protobuf")
    text = await send(bench, b"{", content_type=JSON)
    assert (text.status_code, text.json()["code"]) == (400, 3)
    assert "no JSON" in text.json()["message"]
    broken = await send(bench, b"x", content_encoding="gzip")
    assert (broken.status_code, status(broken).code) == (400, 3)


async def test_other_contents(bench):
    for kind in ("text/plain", "application/x-protobuf-not"):
        assert (await send(bench, GAUGE, content_type=kind)).status_code == 415
    answer = await send(bench, GAUGE, content_encoding="br")
    assert (answer.status_code, status(answer).code) == (415, 3)
    answer = await send(bench, b"", method="GET")
    assert (answer.status_code, status(answer).code) == (405, 12)


async def test_who_may_write(bench):
    for token, expected, code in (("", 401, 16), ("reader", 403, 7), ("nobody", 403, 7)):
        answer = await send(bench, GAUGE, token=token)
        assert (answer.status_code, status(answer).code) == (expected, code)
    assert await bench.points() == {}


async def test_too_much_at_once(bench):
    answer = await send(bench, gzip.compress(bytes(MOST_BYTES + 1)), content_encoding="gzip")
    assert (answer.status_code, status(answer).code) == (413, 8)
    many = request(metric("gauge", "g", *(number(i, T + i * NS) for i in range(150))), attributes={})
    assert partial(await send(bench, many, token=2)) == (0, "")
    answer = await send(bench, many, token=2, content_type=PROTOBUF)
    assert (answer.status_code, status(answer).code) == (429, 8)
    assert answer.headers["retry-after"] == "5"


async def test_a_store_that_is_away(bench):
    counter = request(metric("sum", "c", number(5)), attributes={})
    bench.is_away = True
    answer = await send(bench, counter)
    assert (answer.status_code, status(answer).code, answer.headers["retry-after"]) == (503, 14, "2")
    bench.is_away = False
    assert partial(await send(bench, counter)) == (0, "")
    assert await bench.points() == {"c_total": [(START // NS, 0.0), (NOW, 5.0)]}


def test_json_of_a_status_is_text():
    assert json.loads(rpc_status(500, "x", "")[1]) == {"code": 13, "message": "x"}
    message = "é" * 200
    assert Status.FromString(rpc_status(413, message, PROTOBUF)[1]).message == message

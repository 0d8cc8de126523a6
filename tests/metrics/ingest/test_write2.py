"""The message of remote_write 2.0, well-formed and otherwise."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.core.errors import BadRequest
from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.wire import encode
from obsv.metrics.ingest.write2 import MESSAGE, decode
from obsv.metrics.store.types import Exemplar, Metadata
from tests.metrics.ingest.test_remote_write import MADE, Bench, histograms
from tests.metrics.ingest.wire import chunk, snappy, varint
from tests.metrics.store.made import HOUR, NOW, read

SYMBOLS = ["", "__name__", "up", "job", "x", "instance", "a"]


def sample(t: int, value: float, start: int = 0) -> bytes:
    began = b"\x18" + varint(start) if start else b""
    return chunk(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(t) + began)


def series(refs: list[int], *parts: bytes) -> bytes:
    return chunk(5, chunk(1, b"".join(map(varint, refs))) + b"".join(parts))


def request(*parts: bytes, symbols: list[str] = SYMBOLS) -> bytes:
    return b"".join(chunk(4, text.encode()) for text in symbols) + b"".join(parts)


UP = series([1, 2, 3, 4], sample(NOW, 1.0), sample(NOW + 1, 2.0, start=NOW - 1000))
KIND = f"application/x-protobuf;proto={MESSAGE}"


@pytest.fixture
async def bench(tmp_path):
    bench = Bench(tmp_path)
    await bench.store.open()
    yield bench
    await bench.store.close()


async def test_samples_are_taken_and_counted(bench):
    answer = await bench.post(snappy(request(UP)), content_type=KIND)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "2"
    assert answer.headers["x-prometheus-remote-write-histograms-written"] == "0"
    assert answer.headers["x-prometheus-remote-write-exemplars-written"] == "0"
    assert len((await read(bench.store))["upjob=x"]) == 3


async def test_histograms_exemplars_and_metadata_are_kept(bench):
    exemplar = chunk(4, chunk(1, varint(3) + varint(4)) + b"\x11" + struct.pack("<d", 0.5) + b"\x18" + varint(NOW))
    about = chunk(5, b"\x08\x03\x18\x02\x20\x06")
    histogram = series([1, 2, 5, 6], chunk(3, encode(NOW, MADE)), exemplar, about)
    answer = await bench.post(snappy(request(UP, histogram)), content_type=KIND)
    assert (answer.status_code, answer.text) == (204, "")
    written = [value for name, value in answer.headers.items() if name.startswith("x-prometheus")]
    assert written == ["2", "1", "1"]
    assert await histograms(bench.store) == [MADE]
    assert bench.beside[-1] == ([Exemplar(1, {"job": "x"}, 0.5, NOW)], [Metadata("up", "histogram", "up", "a")])


async def test_a_counter_that_says_when_it_began_was_zero_then(bench):
    long_ago = series([1, 2, 5, 6], sample(NOW + 2, 9.0, start=NOW - 2 * HOUR))
    made = series([1, 2, 5, 4], chunk(3, encode(NOW, MADE) + b"\x88\x01" + varint(NOW - 5)))
    for _ in range(2):
        assert (await bench.post(snappy(request(UP, long_ago, made)), content_type=KIND)).status_code == 204
    kept = await read(bench.store)
    assert [t for t, _ in kept["upjob=x"]] == [NOW - 1000, NOW, NOW + 1]
    assert [t for t, _ in kept["upinstance=a"]] == [NOW + 2]
    assert await histograms(bench.store) == [Histogram(), MADE]


async def test_what_makes_no_sense_is_told_and_the_rest_is_kept(bench):
    histogram = series([1, 2, 5, 6], chunk(3, encode(NOW, replace(MADE, count=-1.0))))
    answer = await bench.post(snappy(request(UP, histogram)), content_type=KIND)
    assert answer.status_code == 400
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "2"
    assert "histogram 1" in answer.text
    assert "negative" in answer.text
    assert len((await read(bench.store))["upjob=x"]) == 3


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (request(UP, symbols=["x", *SYMBOLS]), "first symbol"),
        (request(series([1, 2, 3], sample(NOW, 1.0))), "pairs"),
        (request(series([1, 99], sample(NOW, 1.0))), "leads beyond"),
        (request(series([1, 2, 1, 4], sample(NOW, 1.0))), "twice"),
        (request(series([1, 2], sample(NOW, 1.0), chunk(3, b""))), "not both"),
        (request(b"\xff\xff"), "protobuf"),
        (chunk(4, b"\xff") + UP, "UTF-8"),
    ],
)
async def test_a_broken_request_says_what_is_wrong(bench, body, says):
    answer = await bench.post(snappy(body), content_type=KIND)
    assert answer.status_code == 400
    assert says in answer.text
    assert await read(bench.store) == {}


async def test_an_unknown_message_is_refused(bench):
    answer = await bench.post(snappy(request(UP)), content_type="application/x-protobuf;proto=some.Other")
    assert answer.status_code == 415


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    try:
        found = decode(body)
    except BadRequest:
        return
    assert len(found.batch.labels) == len(found.batch.offsets) - 1
    assert len(found.batch.t) == len(found.batch.v) == found.batch.offsets[-1]

"""The message of remote_write 2.0, well-formed and otherwise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.core.errors import BadRequest
from obsv.metrics.ingest.write2 import MESSAGE, decode
from tests.metrics.ingest.test_remote_write import Bench
from tests.metrics.ingest.wire import chunk, snappy, varint
from tests.metrics.store.made import NOW, read

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
    assert len((await read(bench.store))["upjob=x"]) == 2


async def test_what_cannot_be_kept_is_told_and_the_rest_is_kept(bench):
    histogram = series([1, 2, 5, 6], chunk(3, b"\x08\x01"))
    answer = await bench.post(snappy(request(UP, histogram)), content_type=KIND)
    assert answer.status_code == 400
    assert answer.headers["x-prometheus-remote-write-samples-written"] == "2"
    assert "histogram 1" in answer.text
    assert len((await read(bench.store))["upjob=x"]) == 2


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

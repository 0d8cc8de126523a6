"""The compiled reader of messages and its plain twin: the same from the same bytes, broken ones included."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from obsv.metrics.ingest.otlp.reading import Columns
from obsv.metrics.kernels import otlp_plain
from obsv.metrics.kernels.ragged_plain import encode_labels
from obsv.metrics.kernels.wire_plain import MOST_FIELDS, BrokenError, CrowdedError
from tests.metrics.ingest.otlp.messages import histogram, metric, number
from tests.metrics.ingest.wire import chunk, varint

try:
    from obsv.metrics.kernels import _ingest, _otlp
except ImportError:
    pytest.skip("no compiled kernel to compare with", allow_module_level=True)


@dataclass
class Series:
    key: bytes
    keys: list[bytes] = field(default_factory=list[bytes])
    layout: bytes = b""
    began: int = 0


def attributes(message, tag: int) -> bytes:
    return b"".join(chunk(tag, one.SerializeToString()) for one in message.attributes)


BOUNDS = [1.0, 2.0]
KNOWN = {
    attributes(number(1, a="x"), 7): Series(b"ax"),
    attributes(number(1), 7): Series(b"none", began=5),
    attributes(number(1, a="x", b=2), 7): Series(b"axb2"),
}
BUCKETS = {
    attributes(histogram([], [], attributes={"a": "x"}), 9): Series(b"1", [b"1", b"2", b"3", b"4", b"5"], struct.pack("<2d", *BOUNDS)),
    b"": Series(b"inf", [b"inf", b"count", b"sum"]),
}  # fmt: skip


def result(kernel, call):
    columns = Columns()
    try:
        stopped, rest, begun, *sizes = call(kernel, columns)
    except BrokenError:
        return None
    values = struct.pack(f"<{len(columns.values)}d", *columns.values)
    return stopped, rest, begun, sizes, columns.keys, columns.times, values


def agree(data: bytes, call):
    made = [result(kernel, call) for kernel in (_otlp, otlp_plain)]
    assert made[0] == made[1]
    return made[0]


times = st.sampled_from([0, 5, 6, 2**63 + 1])
numbers = st.builds(
    lambda value, t, start, more: number(value, t, start, **more),
    st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(), st.none()),
    times,
    times,
    st.sampled_from([{}, {"a": "x"}, {"a": "x", "b": 2}, {"c": 1}, {"flags": 1}]),
)
histograms = st.builds(
    lambda counts, bounds, total, t, start, more: histogram(counts, bounds, total, t, start, **more),
    st.lists(st.integers(0, 2**40), max_size=4),
    st.sampled_from([[], BOUNDS, [3.0]]),
    st.one_of(st.none(), st.floats()),
    times,
    times,
    st.sampled_from([{}, {"attributes": {"a": "x"}}, {"attributes": {"c": 1}}, {"flags": 1}, {"min": 1.0, "max": 2.0}]),
)


def data_of(message) -> bytes:
    return getattr(message, message.WhichOneof("data")).SerializeToString()


@settings(max_examples=300)
@given(st.lists(numbers, max_size=8), st.booleans(), st.integers(1, 9))
def test_numbers(points, is_counter, most):
    data = data_of(metric("sum", "s", *points))
    found = agree(data, lambda kernel, columns: kernel.numbers(data, 0, len(data), KNOWN, columns, is_counter, most))
    assert len(found[1]) + len(found[4]) == min(most, len(points))


@settings(max_examples=300)
@given(st.lists(histograms, max_size=5), st.integers(1, 6))
def test_histograms(points, most):
    data = data_of(metric("histogram", "h", *points))
    found = agree(data, lambda kernel, columns: kernel.histograms(data, 0, len(data), BUCKETS, columns, most))
    assert len(found[1]) + len(found[3][0]) == min(most, len(points))
    assert sum(found[3][0]) == len(found[4])


whole = data_of(metric("histogram", "h", histogram([1, 2, 3], BOUNDS, attributes={"a": "x"}), histogram([1], [])))
some = data_of(metric("sum", "s", number(1, a="x"), number(2.0), number(3, start=0)))


@settings(max_examples=500)
@given(st.sampled_from([whole, some, chunk(1, b"s") + chunk(7, some) + chunk(12, b"x")]), st.data())
def test_broken_bytes(data, draw):
    spoilt = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 3))):
        spoilt[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    data = bytes(spoilt[: draw.draw(st.integers(0, len(data)))])
    end = len(data)
    agree(data, lambda kernel, columns: kernel.numbers(data, 0, end, KNOWN, columns, True, 2))
    agree(data, lambda kernel, columns: kernel.histograms(data, 0, end, BUCKETS, columns, 2))
    assert_same(lambda kernel: kernel.fields(data, 0, end))
    assert_same(lambda kernel: kernel.metric(data, 0, end))


@given(st.binary(max_size=60), st.integers(-1, 61), st.integers(-1, 61))
@example(varint(8) + b"\xff" * 9 + b"\x01", 0, 11)
def test_any_bytes(data, at, end):
    assert_same(lambda kernel: kernel.fields(data, at, end))
    assert_same(lambda kernel: kernel.metric(data, at, end))


def assert_same(call) -> None:
    made = []
    for kernel in (_otlp, otlp_plain):
        try:
            made.append(call(kernel))
        except BrokenError:
            made.append(None)
    assert made[0] == made[1]


def test_messages_have_limits():
    for kernel in (_otlp, otlp_plain):
        assert len(kernel.fields(b"\x08\x00" * MOST_FIELDS, 0, 2 * MOST_FIELDS)) == MOST_FIELDS
        with pytest.raises(CrowdedError):
            kernel.fields(b"\x08\x00" * (MOST_FIELDS + 1), 0, 2 * MOST_FIELDS + 2)


@given(st.dictionaries(st.text(), st.text()))
@example({"a": "\ud800", "é": "x" * 200})
def test_labels(labels):
    assert _ingest.encode_labels(labels) == encode_labels(labels)

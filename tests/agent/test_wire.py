"""Bodies decode, by others' snappy and an own protobuf reader, to what was put in."""

from __future__ import annotations

import struct

import cramjam
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.agent.sample import Sample
from obsv.agent.series import MAX_BATCH, SeriesTable
from obsv.agent.wire import STALE_BITS, encode_batch, encode_labels, encode_value, varint
from tests.agent.conftest import decode

_TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
_LABELS = st.lists(st.tuples(_TEXT, st.one_of(_TEXT, st.text("ab", min_size=1, max_size=300))), max_size=4)
_SERIES = st.tuples(_LABELS, st.one_of(st.none(), st.sampled_from([0.0, 1.0]), st.floats()), st.integers(0, 2**45))


@settings(max_examples=200, deadline=None)
@given(st.lists(_SERIES, max_size=12))
def test_any_batch_comes_back_whole(series):
    triples = [(encode_labels(labels), encode_value(value), at) for labels, value, at in series]
    plain = b""
    for labels, value, at in triples:
        sample = b"\x09" + value + b"\x10" + varint(at)
        record = labels + b"\x12" + varint(len(sample)) + sample
        plain += b"\x0a" + varint(len(record)) + record
    assert bytes(cramjam.snappy.decompress_raw(encode_batch(triples))) == plain


def test_very_long_labels_are_within_snappys_reach():
    labels = encode_labels([("__name__", "m"), ("l", "x" * 70_000)])
    triples = [(labels, encode_value(float(n)), 5) for n in range(3)]
    body = encode_batch(triples)
    assert len(bytes(cramjam.snappy.decompress_raw(body))) > 210_000


def test_host_like_batch_shrinks():
    table = SeriesTable({"job": "node", "instance": "web-1.example.com"})
    samples = [
        Sample("node_cpu_seconds_total", (("cpu", str(cpu)), ("mode", mode)), cpu * 1.7)
        for cpu in range(32)
        for mode in ("user", "system", "idle", "iowait")
    ]
    (batch,) = table.encode(samples, 1_795_000_000_000)
    plain = len(bytes(cramjam.snappy.decompress_raw(batch.body)))
    assert batch.samples == 128
    assert len(batch.body) < plain / 3


def test_labels_are_joined_sorted_and_clashes_exported():
    table = SeriesTable({"job": "node", "instance": "web-1"})
    own = (("job", "inner"), ("a", ""), ("Z", "1"))
    (batch,) = table.encode([Sample("m", own, 1.5)], 1000)
    expected = (("Z", "1"), ("__name__", "m"), ("exported_job", "inner"), ("instance", "web-1"), ("job", "node"))
    assert decode(batch.body) == {expected: [(struct.pack("<d", 1.5), 1000)]}


def test_a_vanished_series_is_ended_once():
    table = SeriesTable({"job": "j"})
    table.encode([Sample("a", (), 1.0), Sample("b", (), 1.0)], 1000)
    (second,) = table.encode([Sample("a", (), 2.0)], 2000)
    key = (("__name__", "b"), ("job", "j"))
    assert decode(second.body)[key] == [(STALE_BITS, 2000)]
    (third,) = table.encode([Sample("a", (), 2.0)], 3000)
    assert key not in decode(third.body)


def test_a_series_with_its_own_time_keeps_it_and_is_not_ended():
    table = SeriesTable({"job": "j"})
    (first,) = table.encode([Sample("a", (), 1.0, 123)], 1000)
    assert decode(first.body)[(("__name__", "a"), ("job", "j"))] == [(struct.pack("<d", 1.0), 123)]
    assert table.encode([], 2000) == []


def test_repeats_in_one_round_count_once_and_large_rounds_are_split():
    table = SeriesTable({"job": "j"})
    batches = table.encode([Sample("m", (("n", str(n % (MAX_BATCH + 1))),), 1.0) for n in range(2 * MAX_BATCH)], 1)
    assert [batch.samples for batch in batches] == [MAX_BATCH, 1]

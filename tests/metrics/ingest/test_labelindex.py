"""The label index' kernel: both make the same answers, and those are the naive ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.metrics.kernels import labelindex_plain
from obsv.metrics.kernels.labelindex_plain import METADATA
from tests.metrics.ingest.wire import label

try:
    from obsv.metrics.kernels import _labelindex as compiled
except ImportError:
    pytest.skip("no compiled kernel to compare with", allow_module_level=True)

NAMES = ["__name__", "job", "é", "none"]
LABELS = st.dictionaries(st.sampled_from(NAMES[:3]), st.sampled_from(["a", "b", "ü" * 40, "a" * 70_000]), min_size=1)


def key(labels: dict[str, str]) -> bytes:
    return b"".join(label(name, value) for name, value in sorted(labels.items()))


def u32(values) -> np.ndarray:
    return np.array(values, np.uint32)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), LABELS), max_size=20), st.sets(st.integers(0, 19)))
def test_compiled_plain_and_naive_agree(series, gone):
    made = [compiled.LabelIndex(), labelindex_plain.LabelIndex()]
    living = [i for i in range(len(series)) if i not in gone]
    for index in made:
        half = len(series) // 2
        for part in (series[:half], series[half:]):
            index.extend(np.array([org for org, _ in part], np.int64), [key(labels) for _, labels in part])
        index.forget(u32([i for i in gone if i < len(series)]))
        assert index.size == len(series)
        assert index.labels(u32(range(len(series)))) == [labels for _, labels in series]
        assert set(index.names_of(u32(living))) == {name for i in living for name in series[i][1]}
        for org in (1, 2, 3, 9):
            own = [i for i in living if series[i][0] == org]
            assert index.all(org).tolist() == own
            for name in NAMES:
                values = index.values(org, name, 0)
                assert set(values) >= {series[i][1][name] for i in own if name in series[i][1]}
                assert index.values(org, name, 1) == values[1:]
                assert index.place(org, name, "absent") == -1
                assert set(index.values_of(u32(own), name)) == {series[i][1][name] for i in own if name in series[i][1]}
                for place, value in enumerate(values):
                    assert index.place(org, name, value) == place
                    assert index.having(org, name, u32([place])).tolist() == [
                        i for i in own if series[i][1].get(name) == value
                    ]
                every = u32(range(len(values)))
                assert index.having(org, name, every).tolist() == [i for i in own if name in series[i][1]]
    assert made[0].values(1, "job", 0) == made[1].values(1, "job", 0)


TEXTS = st.sampled_from(["a", "b", '"\\\n\t\x01é'])
METRICS = st.dictionaries(st.sampled_from(["__name__", "__type__", "A", "a", "b", '"q']), TEXTS, max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(METRICS, max_size=12), st.lists(st.sampled_from(["a", "b", "none", "__name__"]), max_size=3), st.data())
def test_columns_of_label_sets(series, names, data):
    made = [compiled.LabelIndex(), labelindex_plain.LabelIndex()]
    rows = data.draw(st.lists(st.integers(0, len(series) - 1), max_size=15)) if series else []
    for index in made:
        index.extend(np.ones(len(series), np.int64), [key(labels) for labels in series])
    for named in (True, False):
        sets = [dict(sorted(pair for pair in series[row].items() if named or pair[0] not in METADATA)) for row in rows]
        for index in made:
            assert index.labels(u32(rows), named) == sets
            assert [json.loads(one) for one in index.json(u32(rows), named)] == sets
            order = index.order(u32(rows), named).tolist()
            assert order == sorted(range(len(rows)), key=lambda at: list(sets[at].items()))
            for without in (True, False):
                groups, firsts = index.group(u32(rows), names, without, named)
                keys = [
                    tuple(pair for pair in one.items() if pair[0] not in names)
                    if without
                    else tuple(one.get(name) for name in names)
                    for one in sets
                ]
                assert [keys[first] for first in firsts.tolist()] == list(dict.fromkeys(keys))
                assert [keys[firsts[group]] for group in groups.tolist()] == keys
    typed = any(name in series[row] for row in rows for name in METADATA[1:])
    for index in made:
        alike = len({series[row].get("__name__") for row in rows}) <= 1
        assert index.one_name(u32(rows)) == (alike and not typed)


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_combine(a, b):
    for kernel in (compiled, labelindex_plain):
        assert kernel.combine(u32(sorted(a)), u32(sorted(b)), True).tolist() == sorted(a & b)
        assert kernel.combine(u32(sorted(a)), u32(sorted(b)), False).tolist() == sorted(a - b)


@pytest.mark.parametrize("kernel", [compiled, labelindex_plain], ids=["compiled", "plain"])
def test_odd_input(kernel):
    index = kernel.LabelIndex()
    with pytest.raises(ValueError, match="broken"):
        index.extend(np.array([1], np.int64), [b"\x0a\xff"])
    assert index.size == 0
    assert index.values(1, "\ud800", 0) == []
    assert index.place(1, "\ud800", "\udfff") == -1
    assert index.values_of(u32([]), "\ud800") == []

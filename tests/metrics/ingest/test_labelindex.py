"""The label index' kernel: both make the same answers, and those are the naive ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.metrics.kernels import labelindex_plain
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

"""Pages as families of samples."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.metrics.scrape.page import Exemplar, parse_page

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def samples(text: str, kind: str = "text/plain") -> list[tuple[dict[str, str], float, int | None]]:
    return [(s.labels, s.value, s.t_ms) for family in parse_page(text.encode(), kind) for s in family.samples]


def test_families_have_what_their_comments_say() -> None:
    text = (
        '# HELP a_seconds First\\nline \\\\ "quoted".\n# TYPE a_seconds summary\na_seconds{quantile="0.5"} 1\na_seconds_sum 2\n'
        'a_seconds_count 3\nb 4\n#comment\n# EOF?\n# TYPE c untyped\nc{x="#"} 5 1700000000123\n# TYPE "d é" gauge\n{"d é"} -Inf\n'
    )
    families = parse_page(text.encode(), "text/plain; version=0.0.4")
    assert [(f.name, f.type, f.help, len(f.samples)) for f in families] == [
        ("a_seconds", "summary", 'First\nline \\ "quoted".', 3),
        ("b", "unknown", "", 1),
        ("c", "unknown", "", 1),
        ("d é", "gauge", "", 1),
    ]
    assert samples(text)[4] == ({"__name__": "c", "x": "#"}, 5.0, 1_700_000_000_123)
    assert samples(text)[5] == ({"__name__": "d é"}, -math.inf, None)


def test_openmetrics_counts_in_seconds_and_has_exemplars() -> None:
    text = '# TYPE a counter\n# UNIT a things\na_total{b="} # {"} 1 12.5 # {t="x\\"y"} 0.5 13.25\nc 2 # {} 1\n# EOF\n'
    first, other = parse_page(text.encode(), OPENMETRICS)
    assert (first.name, first.type, first.unit) == ("a", "counter", "things")
    assert first.samples[0].t_ms == 12_500
    assert first.samples[0].exemplar == Exemplar({"t": 'x"y'}, 0.5, 13_250)
    assert other.samples[0].exemplar == Exemplar({}, 1.0, None)


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("a 1\nb\n", "text/plain", "line 2"),
        ("a one\n", "text/plain", "line 1"),
        ("a 1 1e999\n", "text/plain", "out of range"),
        ("a 1 99999999999999999\n", "text/plain", "out of range"),
        ("a 1\n", OPENMETRICS, "EOF"),
    ],
)
def test_what_is_no_page(text: str, kind: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_page(text.encode(), kind)


@given(st.text('abc_ {}="#\\\n,.0123456789eE+-éINF', max_size=80), st.sampled_from(["text/plain", OPENMETRICS]))
def test_any_text_is_a_page_or_refused(text: str, kind: str) -> None:
    with contextlib.suppress(ValueError):
        for family in parse_page(text.encode(), kind):
            assert all(sample.labels["__name__"] for sample in family.samples)


@given(
    st.dictionaries(st.from_regex(r"[a-z_]+", fullmatch=True), st.text(max_size=8), max_size=4),
    st.floats(allow_nan=False),
)
def test_a_line_comes_back(labels: dict[str, str], value: float) -> None:
    escaped = {
        name: text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for name, text in labels.items()
    }
    line = "m{" + ",".join(f'{name}="{text}"' for name, text in escaped.items()) + f"}} {value!r}\n"
    assert samples(line) == [({"__name__": "m", **labels}, value, None)]

"""Pages as families of samples."""

from __future__ import annotations

import contextlib
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.core.errors import TooLarge
from obsv.metrics.ingest.exposition import OPENMETRICS, BadPage, Exemplar, Family, parse

TEXT = "text/plain; version=0.0.4"
OPEN = f"{OPENMETRICS}; version=1.0.0; charset=utf-8"


def samples(text: str, kind: str = TEXT) -> list[tuple[dict[str, str], float, int | None]]:
    return [(s.labels, s.value, s.t_ms) for family in parse(text.encode(), kind) for s in family.samples]


def sizes(families: list[Family]) -> list[tuple[str, str, int]]:
    return [(family.name, family.type, len(family.samples)) for family in families]


def test_families_have_what_their_comments_say() -> None:
    text = (
        '# HELP a_seconds First\\nline \\\\ "quoted".\n#\tTYPE a_seconds summary\na_seconds{quantile="0.5"} 1\n'
        "a_seconds_sum 2\na_seconds_count\t3\r\n\nb 4\n#comment\n# HELPLESS\n# EOF\n# TYPE c untyped\n"
        'c{x="#} 1",} 5 1700000000123\n# HELP "d é" \n# TYPE "d é" gauge\n{"d é"} -Inf\n'
    )
    families = parse(text.encode(), TEXT)
    assert sizes(families) == [
        ("a_seconds", "summary", 3),
        ("b", "unknown", 1),
        ("c", "unknown", 1),
        ("d é", "gauge", 1),
    ]
    assert families[0].help == 'First\nline \\ "quoted".'
    assert samples(text)[4:] == [
        ({"__name__": "c", "x": "#} 1"}, 5.0, 1_700_000_000_123),
        ({"__name__": "d é"}, -math.inf, None),
    ]


def test_names_of_samples_belong_to_the_family_whose_type_has_them() -> None:
    text = (
        "# TYPE h histogram\n# TYPE g gauge\n# TYPE i info\n# TYPE gh gaugehistogram\n# TYPE c counter\n"
        'h_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\nh_created 1\ng_sum 1\ni_info{v="1"} 1\ngh_gsum 1\ngh_sum 1\n'
        "c_total 1\nh_created 4\n# TYPE h_created gauge\nh_created 5\n# EOF\n"
    )
    assert sizes(parse(text.encode(), OPEN)) == [
        ("h", "histogram", 5),
        ("g", "gauge", 0),
        ("i", "info", 1),
        ("gh", "gaugehistogram", 1),
        ("c", "counter", 1),
        ("g_sum", "unknown", 1),
        ("gh_sum", "unknown", 1),
        ("h_created", "gauge", 1),
    ]


def test_openmetrics_counts_in_seconds_and_has_exemplars() -> None:
    text = '# TYPE a counter\n# UNIT a things\na_total{b="} # {"} 1 12.5 # {t="x\\"y"} 0.5 1520879607.789\nc 2 # {} 1\n# EOF\n'
    first, other = parse(text.encode(), OPEN)
    assert (first.name, first.type, first.unit) == ("a", "counter", "things")
    assert first.samples[0].t_ms == 12_500
    assert first.samples[0].exemplar == Exemplar({"t": 'x"y'}, 0.5, 1_520_879_607_789)
    assert other.samples[0].exemplar == Exemplar({}, 1.0, None)
    # Other senders write the type in their own way.
    assert parse(text.encode(), "Application/OpenMetrics-Text ;version=1.0.0") == [first, other]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", math.nan),
        ("+inf", math.inf),
        ("-Infinity", -math.inf),
        ("0x1.8p1", 3.0),
        ("-0X.8p-1", -0.25),
        ("1.", 1.0),
        (".5e+1", 5.0),
        ("1e-400", 0.0),
    ],
)
def test_values_are_read_as_go_reads_them(text: str, value: float) -> None:
    ((_, read, _),) = samples(f"a {text}\n")
    assert read == value or (math.isnan(read) and math.isnan(value))


def test_quoted_names_and_escapes() -> None:
    text = '{"a.b", "c d"="x\\\\y\\n\\"z\\t",e = "ü" , } 1\n{ f="1" , "g\\"h" } 2\nname_{"i"="2"} 3\n'
    assert samples(text) == [
        ({"__name__": "a.b", "c d": 'x\\y\n"z\\t', "e": "ü"}, 1.0, None),
        ({"f": "1", "__name__": 'g"h'}, 2.0, None),
        ({"__name__": "name_", "i": "2"}, 3.0, None),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("a 1\nb\n", TEXT, "^line 2, 'b': expected name"),
        ("a one\n", TEXT, "^line 1, 'a one': expected a number, got 'one'"),
        ("a 1_0\n", TEXT, "expected a number"),
        ("a \u0661\n", TEXT, "expected a number"),
        ("a 0x1\n", TEXT, "expected a number"),
        ("a +nan\n", TEXT, "expected a number"),
        ("a 1e999\n", TEXT, "value 1e999 is out of range"),
        ("a 0x1p9999\n", TEXT, "value 0x1p9999 is out of range"),
        ("a 1 99999999999999999\n", TEXT, "time 99999999999999999 is out of range"),
        ("a 1 1.5\n", TEXT, "whole milliseconds"),
        ("a 1 2 3\n", TEXT, "expected name"),
        ("a 1 # {} 1\n", TEXT, "exemplars are OpenMetrics alone"),
        ("a-b 1\n", TEXT, "expected name"),
        ("a1\n", TEXT, "expected name"),
        ('a{b="1" 1\n', TEXT, "expected name"),
        ('a{b="1" c="2"} 1\n', TEXT, "expected a label as name="),
        ('a{b="1",,} 1\n', TEXT, "expected a label"),
        ("a{b=1} 1\n", TEXT, "expected a label"),
        ("a{b} 1\n", TEXT, "expected a value in quotes for the label b"),
        ('a{""="1"} 1\n', TEXT, "a label has no name"),
        ('a{b="1",b="2"} 1\n', TEXT, "the label b comes twice"),
        ('a{"b"} 1\n', TEXT, "the label __name__ comes twice"),
        ('{b="1"} 1\n', TEXT, "the sample has no name"),
        ('{""} 1\n', TEXT, "the sample has no name"),
        ("# TYPE a clock\n", TEXT, "expected a type of counter, .*, got 'clock'"),
        ("# TYPE a\n", TEXT, "got ''"),
        ('# HELP "a text\n', TEXT, "expected a metric's name behind HELP"),
        ("# HELP\n", TEXT, "expected a metric's name behind HELP"),
        ("a 1\n", OPEN, "^line 2: the page ends without # EOF"),
        ("a 1\n# EOF\nb 1\n", OPEN, "^line 3, 'b 1': expected nothing behind # EOF"),
        ("a 1 1e300\n# EOF\n", OPEN, "out of range"),
        ("a 1 1e999\n# EOF\n", OPEN, "out of range"),
        ("a 1 x\n# EOF\n", OPEN, "time in seconds"),
        ("a 1 # 5\n# EOF\n", OPEN, "expected an exemplar"),
    ],
)
def test_what_is_no_page(text: str, kind: str, why: str) -> None:
    with pytest.raises(BadPage, match=why):
        parse(text.encode(), kind)


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    with pytest.raises(BadPage, match=r"^line 2: it is not UTF-8$"):
        parse(b"a 1\nb\xff 1\n", TEXT)


@given(st.text('abc_ {}="#\\\n,.0123456789eE+-éINFTYPx', max_size=80), st.sampled_from([TEXT, OPEN]))
def test_any_text_is_a_page_or_refused(text: str, kind: str) -> None:
    with contextlib.suppress(BadPage):
        for family in parse(text.encode(), kind):
            assert all(sample.labels["__name__"] for sample in family.samples)


@given(
    st.text(min_size=1, max_size=8),
    st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda name: name != "__name__"), st.text(max_size=8)),
    st.floats(allow_nan=False),
    st.one_of(st.none(), st.integers(-(2**53), 2**53)),
)
def test_a_line_comes_back(name: str, labels: dict[str, str], value: float, t_ms: int | None) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") + '"'

    pairs = ",".join([quoted(name), *(f"{quoted(label)}={quoted(text)}" for label, text in labels.items())])
    line = f"{{{pairs}}} {value!r}{'' if t_ms is None else f' {t_ms}'}\n"
    assert samples(line) == [({"__name__": name, **labels}, value, t_ms)]


def test_a_page_of_too_many_samples_is_refused() -> None:
    with pytest.raises(TooLarge, match="more than 500000 samples"):
        parse(b"a 1\n" * 500_001, TEXT)


def test_a_long_page_is_read_in_good_time() -> None:
    lines = [
        f'http_requests_total{{method="GET",path="/api/v1/things/{i}",status="200",instance="10.0.0.7:9100"}} {i}.5\n'
        for i in range(11_000)
    ]
    page = ("# TYPE http_requests_total counter\n" + "".join(lines)).encode()
    assert len(page) > 1_000_000
    best = min(_seconds(page) for _ in range(3))
    assert best < 0.5


def test_no_text_takes_longer_than_its_length() -> None:
    for hostile in ('a{b="' + "\\" * 200_000, "a{" + '"' * 200_001, "a " * 100_000, "# HELP " + '"\\' * 100_000):
        begun = time.perf_counter()
        with contextlib.suppress(BadPage):
            parse(hostile.encode(), OPEN)
        assert time.perf_counter() - begun < 0.5


def _seconds(page: bytes) -> float:
    begun = time.perf_counter()
    parse(page, TEXT)
    return time.perf_counter() - begun

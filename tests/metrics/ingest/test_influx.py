"""Influx' line protocol: what clients see, and every corner of the lines."""

from __future__ import annotations

import gzip
import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from obsv.config.model import Influx
from obsv.core.errors import TooLarge
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.influx import BadLine, LineReader, Reading, influx_handlers, lines
from tests.metrics.ingest.pushing import MOST_BYTES, Pushing
from tests.metrics.store.made import NOW

NS = 1_000_000


@pytest.fixture
async def bench(tmp_path):
    bench = Pushing(tmp_path, lambda door, clock: influx_handlers(door, clock, Influx()))
    await bench.store.open()
    yield bench
    await bench.store.close()


def read(text: str, **reading) -> list[tuple[dict[str, str], list[tuple[int, float]]]]:
    """(labels, samples) of each series."""
    batch = BatchBuilder()
    LineReader(Reading(NOW, **reading), batch).read(text)
    made = batch.build()
    times, values = made.t.tolist(), made.v.tolist()
    return [
        (labels, list(zip(times[a:b], values[a:b], strict=True)))
        for labels, a, b in zip(made.labels, made.offsets[:-1], made.offsets[1:], strict=True)
    ]


def one(text: str, **reading) -> tuple[dict[str, str], float]:
    """Labels and value of the only sample."""
    [(labels, [(_, value)])] = read(text, **reading)
    return labels, value


@pytest.mark.parametrize("path", ["/write", "/api/v2/write", "/influx/write", "/influx/api/v2/write"])
async def test_lines_are_taken(bench, path):
    answer = await bench.send(f"{path}?db=home", f"cpu,host=a load=1.5,cores=4i {NOW * NS}\n")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await bench.points() == {"cpu_loaddb=home|host=a": [(NOW, 1.5)], "cpu_coresdb=home|host=a": [(NOW, 4.0)]}
    assert bench.stats.accepted == 2


async def test_version_two_names_a_bucket(bench):
    await bench.send("/api/v2/write?org=any&bucket=b1&precision=s", f"m v=1 {NOW // 1000}")
    assert await bench.points() == {"m_vdb=b1": [(NOW // 1000 * 1000, 1.0)]}


@pytest.mark.parametrize(
    ("precision", "time"),
    [
        *(("", NOW * NS), ("n", NOW * NS), ("ns", NOW * NS + 999_999), ("u", NOW * 1000), ("us", NOW * 1000)),
        *(("%C2%B5", NOW * 1000), ("ms", NOW), ("s", NOW // 1000), ("m", NOW // 60_000), ("h", NOW // 3_600_000)),
    ],
)
async def test_precision(bench, precision, time):
    assert (await bench.send(f"/write?precision={precision}", f"m v=1 {time}")).status_code == 204
    unit = {"m": 60_000, "h": 3_600_000}.get(precision, 1)
    assert await bench.points() == {"m_v": [(NOW // unit * unit, 1.0)]}


async def test_a_precision_that_is_none(bench):
    answer = await bench.send("/write?precision=d", "m v=1")
    assert answer.status_code == 400
    assert "got 'd'" in answer.json()["error"]


async def test_without_a_time_it_is_now(bench):
    await bench.send("/write", "m v=1")
    assert await bench.points() == {"m_v": [(NOW, 1.0)]}


async def test_extra_labels(bench):
    await bench.send("/write?extra_label=env=prod&extra_label=host=x%3Dy", "m,host=a v=1")
    assert await bench.points() == {"m_venv=prod|host=x=y": [(NOW, 1.0)]}
    for wrong in ("a", "=b"):
        assert (await bench.send(f"/write?extra_label={wrong}", "m v=1")).status_code == 400


async def test_gzip(bench):
    assert (await bench.send("/write", gzip.compress(b"m v=1"), content_encoding="gzip")).status_code == 204
    assert await bench.points() == {"m_v": [(NOW, 1.0)]}
    bomb = gzip.compress(bytes(MOST_BYTES + 1))
    answer = await bench.send("/write", bomb, content_encoding="gzip")
    assert (answer.status_code, answer.json()["code"]) == (413, "request too large")


async def test_a_long_body(bench):
    count = 3000
    body = "".join(f"m,n={i} v={i}\n" for i in range(count))
    assert len(body) > 40_000
    assert (await bench.send("/write", body * 2)).status_code == 204
    assert len(await bench.points()) == count


async def test_a_bad_line_refuses_the_request_and_is_named(bench):
    answer = await bench.send("/api/v2/write", "m v=1\n\n# a comment\nm v=\nm v=2")
    assert answer.status_code == 400
    said = answer.json()
    assert said["code"] == "invalid"
    assert said["message"] == said["error"]
    assert said["error"].startswith("unable to parse line 4, 'm v=': expected a number")
    assert await bench.points() == {}


async def test_bytes_that_are_no_text(bench):
    answer = await bench.send("/write", b"m v=1\nm,t=\xff v=1")
    assert (answer.status_code, answer.json()["error"]) == (400, "unable to parse line 2: it is not UTF-8")


async def test_what_the_store_refuses_leaves_the_rest(bench):
    answer = await bench.send("/write", "a v=1\nb v=1", token=2)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("partial write: refused 1 samples (series_limit 1), stored 1")
    assert list(await bench.points(2)) == ["a_v"]


async def test_who_may_write(bench):
    for token, status, code in (("", 401, "unauthorized"), ("reader", 403, "forbidden"), ("nobody", 403, "forbidden")):
        answer = await bench.send("/write", "m v=1", token=token)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await bench.send("/query?q=SHOW+DATABASES", method="GET", token=token)).status_code == status
    assert await bench.points() == {}


async def test_too_many_samples_a_second(bench):
    body = "".join(f"m v={i} {NOW * NS + i * NS}\n" for i in range(150))
    assert (await bench.send("/write", body, token=2)).status_code == 204
    answer = await bench.send("/write", body, token=2)
    assert (answer.status_code, answer.json()["code"]) == (429, "too many requests")
    assert answer.headers["retry-after"] == "5"


async def test_what_clients_ask_first(bench):
    for path in ("/ping", "/influx/ping"):
        for method in ("GET", "HEAD"):
            answer = await bench.send(path, method=method, token="")
            assert (answer.status_code, answer.headers["x-influxdb-version"]) == (204, "1.8.10")
    health = (await bench.send("/influx/health", method="GET", token="")).json()
    assert (health["name"], health["status"]) == ("influxdb", "pass")
    shown = await bench.send("/query?q=show%20databases", method="GET")
    assert shown.json()["results"][0]["series"] == [{"name": "databases", "columns": ["name"], "values": []}]
    form = {"content_type": "application/x-www-form-urlencoded"}
    made = await bench.send("/influx/query", "q=CREATE+DATABASE+%22telegraf%22", **form)
    assert (made.status_code, made.json()) == (200, {"results": [{"statement_id": 0}]})
    for query in ("/query?q=SELECT+1", "/query"):
        assert (await bench.send(query, method="GET")).status_code == 400


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        *(("1", 1), ("-1.5", -1.5), ("+2", 2), ("1.", 1), (".5", 0.5), ("1e3", 1000), ("1.5E-3", 0.0015), ("12i", 12)),
        *(("-12i", -12), ("12u", 12), ("t", 1), ("T", 1), ("true", 1), ("True", 1), ("TRUE", 1), ("f", 0), ("F", 0)),
        *(("false", 0), ("False", 0), ("FALSE", 0), ('"12.5"', 12.5), ('"text"', 0), ('"12i"', 0), ('""', 0)),
        *(('"a, b=c d"', 0), (r'"\"quoted\" \\"', 0), ('"two\nlines"', 0), ('"# no comment"', 0)),
    ],
)
def test_values(raw, value):
    assert one(f"m v={raw} 1")[1] == value
    assert [labels["__name__"] for labels, _ in read(f"m v={raw},w=1\nn x=2")] == ["m_v", "m_w", "n_x"]


@pytest.mark.parametrize(
    "raw",
    ["", "nan", "inf", "-Infinity", "1_000", "0x10", "1e", "--1", "-1u", "1.5i", "1e999", "٣", "tRUE", "yes", '"open', "9" * 400, "'a'"],
)  # fmt: skip
def test_values_that_are_none(raw):
    with pytest.raises(BadLine, match="unable to parse line 1"):
        read(f"m v={raw}")


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("m,t=x v=1", {"__name__": "m_v", "t": "x"}),
        (r"my\ m,ta\ g=va\ lue,a\,b=c\,d,e\=f=g\=h v=1", {"__name__": "my m_v", "ta g": "va lue", "a,b": "c,d", "e=f": "g=h"}),
        (r"m\,n k\ e\=y=1", {"__name__": "m,n_k e=y"}),
        (r"m,path=C:\dir\file v=1", {"__name__": "m_v", "path": r"C:\dir\file"}),
        (r"m,path=a\\b v=1", {"__name__": "m_v", "path": r"a\\b"}),
        ('m,t="quoted" v=1', {"__name__": "m_v", "t": '"quoted"'}),
        ("m,t=a=b v=1", {"__name__": "m_v", "t": "a=b"}),
        (",t=x v=1", {"__name__": "v", "t": "x"}),
        ("m,t=,u=y v=1", {"__name__": "m_v", "u": "y"}),
        ("m.a-b,t.u=x v/w=1", {"__name__": "m.a-b_v/w", "t.u": "x"}),
        ("  m  v=1   5  ", {"__name__": "m_v"}),
        ("温度,城市=北京 值=1", {"__name__": "温度_值", "城市": "北京"}),
    ],
)  # fmt: skip
def test_names(line, labels):
    assert one(line)[0] == labels
    assert one(line + "\r\n")[0] == labels


@pytest.mark.parametrize(
    "line",
    ["m", "m ", "m v", "m =1", "m,t v=1", "m,=x v=1", "m,t=a,t=b v=1", "m v=1 2 3", "m v=1 x", "m v=1 1.5", "m v=1,", "m v=1,,w=2", "m,t=x", r"m\ v=1", "m v=1 ٣", "m v=1 -", f"m v=1 {10**19}", 'm v="a"b'],
)  # fmt: skip
def test_bad_lines(line):
    with pytest.raises(BadLine, match=r"^unable to parse line 2, "):
        read("a b=1\n" + line)


def test_a_time_out_of_range():
    with pytest.raises(BadLine, match="precision"):
        read("m v=1 1700000000000000000", unit_ns=10**9)
    assert read("m v=1 -1") == [({"__name__": "m_v"}, [(-1, 1.0)])]


def test_line_numbers_count_the_lines_of_strings():
    with pytest.raises(BadLine, match="line 4"):
        read('m v="a\nb\nc"\nbad')


def test_an_open_quote_ends_at_once():
    with pytest.raises(BadLine, match="quote"):
        read('m v="open\n' + "m v=1\n" * 1000)
    with pytest.raises(BadLine):
        read('m v="' + "\\a" * 100_000)


def test_a_comment_may_hold_a_quote():
    assert one('# say "hello\nm v=1') == ({"__name__": "m_v"}, 1.0)


def test_options():
    labels = {"__name__": "a_b_c", "d_e": "f.g", "db": "x.y"}
    assert one("a.b,d.e=f.g c=1", prometheus_names=True, database="x.y")[0] == labels
    assert one("9a 1=1", prometheus_names=True)[0] == {"__name__": "_9a_1"}
    assert [labels["__name__"] for labels, _ in read("a b=1\na b=1,c=2\n,t=x b=1", skip_single_field=True)] == ["a", "a_b", "a_c", "b"]  # fmt: skip
    assert one("a,db=mine b=1", database="x")[0]["db"] == "mine"


def test_samples_of_a_series_come_together():
    assert read("m v=1 1000000\nm w=5 1\nm v=2 2000000") == [
        ({"__name__": "m_v"}, [(1, 1.0), (2, 2.0)]),
        ({"__name__": "m_w"}, [(0, 5.0)]),
    ]


def test_a_request_has_a_limit(monkeypatch):
    monkeypatch.setattr(lines, "MOST_SAMPLES", 10)
    assert len(read("".join(f"m a{i}=1\n" for i in range(10)))) == 10
    with pytest.raises(TooLarge, match="more than 10 values"):
        read("".join(f"m a{i}=1\n" for i in range(11)))


def escape(text: str) -> str:
    return re.sub(r"([,= ])", r"\\\1", text)


# A name that ends with a backslash cannot be written, nor one with a backslash before what is escaped.
names = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: not text.endswith("\\") and not re.search(r"\\[,= ]", text) and not text.startswith("#")
)
values = st.floats(allow_nan=False, allow_infinity=False)


@given(names, st.dictionaries(names, names), st.dictionaries(names, values, min_size=1), st.integers(0, 2**40))
def test_what_is_written_is_read(measurement, tags, fields, time):
    head = ",".join([escape(measurement), *(f"{escape(key)}={escape(value)}" for key, value in tags.items())])
    line = f"{head} {','.join(f'{escape(key)}={value!r}' for key, value in fields.items())} {time}"
    found = read(line, unit_ns=NS)
    expected = [({**tags, "__name__": f"{measurement}_{key}"}, [(time, value)]) for key, value in fields.items()]
    assert found == expected


pieces = st.sampled_from(
    ["m", ",", "=", " ", "\\", '"', "\n", "\r", "#", "1", "t", "-", ".", "i", "é", "\0", "\u2028", "x y"]
)


@given(st.lists(pieces).map("".join))
@example('a b="\\')
@example("\\\n")
@example('# "\n')
def test_nothing_but_a_bad_line_is_raised(text):
    with suppress(BadLine):
        read(text)


def parsed(parts, line):
    """What a way of taking lines apart comes to."""
    try:
        head, fields, time = parts(line)
        return head, [(key, lines._value(raw)) for key, raw in fields], time
    except BadLine:
        return None


@given(st.lists(pieces.filter(lambda piece: piece not in '\\"\n')).map("".join))
@example("m a=1,b=t 5")
@example("m a=1=2")
@example("m  a=1 ")
def test_both_ways_of_taking_a_line_apart_come_to_the_same(line):
    assert parsed(lines._plain_parts, line) == parsed(lines._escaped_parts, line)

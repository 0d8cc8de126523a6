"""Influx' line protocol: `measurement,tag=value field=1.5,other=2i 1700000000000000000`.

Source: the line protocol reference of InfluxDB 1.8 and 2.  A backslash before a comma, an equals sign or a blank takes
its meaning away in measurements, tags and keys; before anything else it stands for itself.  Strings are in quotes, with
`\\"` and `\\\\` inside, and may hold line breaks; they are the one place where a quote means anything.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from obsv.core.errors import TooLarge
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.names import label_name, metric_name

MOST_SAMPLES = 500_000
"""Of a request: what is read of it takes some hundred bytes of memory each."""
MOST_MS = 2**53
SHOWN = 100
_NS_PER_MS = 10**6

_TRUE = frozenset({"t", "T", "true", "True", "TRUE"})
_FALSE = frozenset({"f", "F", "false", "False", "FALSE"})
_number = re.compile(r"(?:[+-]?\d+i|\d+u|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII).fullmatch

# Possessive: what does not match is given up at once, however long it is.
_KEY = r"(?:\\[,= ]|[^,= \n])++"
_VALUE = r'(?:"(?:[^"\\]|\\.)*+"|[^," \n]++)'
_FIELD = re.compile(rf"({_KEY})=({_VALUE})(?:,|\Z)", re.DOTALL)
_LINE = re.compile(
    rf" *+((?:\\ |[^ \n])++) ++({_KEY}={_VALUE}(?:,{_KEY}={_VALUE})*+)(?: ++([^ \n]++))? *+(?=\n|\Z)", re.DOTALL
)
_COMMA, _EQUALS = re.compile(r"(?<!\\),"), re.compile(r"(?<!\\)=")
_ESCAPED = re.compile(r"\\([,= ])")

Fields = list[tuple[str, str]]


class BadLine(ValueError):
    """A line that is no line protocol; the text says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a request's lines are read.

    `unit_ns` is the unit of times, `now_ms` the time of lines without one.  `database` becomes the label `db` where a
    line has no such tag; `extra` are labels that all lines get.  With `skip_single_field` the only field of a line
    gives no part of the metric's name; with `prometheus_names` other characters in names become `_`.
    """

    now_ms: int
    unit_ns: int = 1
    database: str = ""
    extra: dict[str, str] = field(default_factory=dict[str, str])
    skip_single_field: bool = False
    prometheus_names: bool = False


Source = tuple[str, dict[str, str]]
"""What stands before a line's fields: the measurement, and its labels."""


class LineReader:
    """Reads lines into a batch."""

    def __init__(self, reading: Reading, batch: BatchBuilder) -> None:
        self._reading, self._batch = reading, batch
        self._rows: dict[tuple[str, str], int] = {}

    def read(self, text: str) -> None:
        """Every line.  Raises BadLine with number and reason of the first bad one, TooLarge for too many samples."""
        for number, line in _lines(text.replace("\r\n", "\n")):
            try:
                self._read_line(line)
            except BadLine as bad:
                shown = line[:SHOWN] + "…" if len(line) > SHOWN else line
                raise BadLine(f"unable to parse line {number}, {shown!r}: {bad}") from None
            if self._batch.samples > MOST_SAMPLES:
                raise TooLarge(f"the request has more than {MOST_SAMPLES} values; send it in parts")

    def _read_line(self, line: str) -> None:
        is_plain = "\\" not in line and '"' not in line
        head, fields, time = _plain_parts(line) if is_plain else _escaped_parts(line)
        t = self._ms(time) if time else self._reading.now_ms
        if self._reading.skip_single_field and len(fields) == 1 and not head.startswith(","):
            fields = [("", fields[0][1])]
        source: Source | None = None
        for key, raw in fields:
            value = _value(raw)
            row = self._rows.get((head, key))
            if row is None:
                source = source or self._source(head)
                row = self._rows[head, key] = self._row(source, key)
            self._batch.add(row, t, value)

    def _source(self, head: str) -> Source:
        measurement, labels = _escaped_head(head) if "\\" in head else _plain_head(head)
        reading = self._reading
        if reading.database:
            labels.setdefault("db", reading.database)
        if reading.prometheus_names:
            labels = {label_name(name): value for name, value in labels.items()}
        return measurement, labels | reading.extra

    def _row(self, source: Source, key: str) -> int:
        measurement, labels = source
        name = f"{measurement}_{key}" if measurement and key else measurement or key
        if self._reading.prometheus_names:
            name = metric_name(name)
        return self._batch.series(labels | {"__name__": name})

    def _ms(self, time: str) -> int:
        digits = time.removeprefix("-")
        if len(digits) > 19 or not digits.isdecimal() or not digits.isascii():
            raise BadLine(f"expected a whole number as the time, got {time[:SHOWN]!r}")
        ms = int(time) * self._reading.unit_ns // _NS_PER_MS
        if abs(ms) > MOST_MS:
            raise BadLine(f"the time {time} is out of range; look at the precision")
        return ms


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of each that says something; a string may go over several."""
    pieces: Iterable[tuple[int, str]] = enumerate(text.split("\n"), 1)
    if '"' in text:
        pieces = _long_lines(text)
    for number, line in pieces:
        if line and not line.isspace() and not line.startswith("#"):
            yield number, line


def _long_lines(text: str) -> Iterator[tuple[int, str]]:
    number, at = 1, 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        # A comment may hold any quotes.
        if text.find('"', at, end) >= 0 and text[at] != "#" and (found := _LINE.match(text, at)):
            end = found.end()
        line = text[at:end]
        yield number, line
        number += line.count("\n") + 1
        at = end + 1


def _plain_parts(line: str) -> tuple[str, Fields, str]:
    parts = [part for part in line.split(" ") if part]
    if not 2 <= len(parts) <= 3:
        raise BadLine("expected measurement and tags, fields, and perhaps a time, with a blank between them")
    fields: Fields = []
    for pair in parts[1].split(","):
        key, equals, raw = pair.partition("=")
        if not equals or not key:
            raise BadLine(f"expected a field as name=value, got {pair[:SHOWN]!r}")
        fields.append((key, raw))
    return parts[0], fields, parts[2] if len(parts) == 3 else ""


def _escaped_parts(line: str) -> tuple[str, Fields, str]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadLine("expected measurement and tags, fields as name=value, and perhaps a time; is a quote left open?")
    head, fields, time = found.groups()
    return head, [(_unescaped(key), raw) for key, raw in _FIELD.findall(fields)], time or ""


def _plain_head(head: str) -> Source:
    measurement, *tags = head.split(",")
    return measurement, _labels([tag.split("=", 1) for tag in tags])


def _escaped_head(head: str) -> Source:
    measurement, *tags = _COMMA.split(head)
    pairs = [[_unescaped(part) for part in _EQUALS.split(tag, 1)] for tag in tags]
    return _unescaped(measurement), _labels(pairs)


def _labels(pairs: list[list[str]]) -> dict[str, str]:
    for pair in pairs:
        if len(pair) < 2 or not pair[0]:
            raise BadLine(f"expected a tag as name=value, got {'='.join(pair)[:SHOWN]!r}")
    labels = dict(pairs)
    if len(labels) < len(pairs):
        raise BadLine("a tag comes twice")
    return labels


def _value(raw: str) -> float:
    """A field's value: true is 1, false is 0, and so is a string that is no number."""
    if _number(raw):
        value = float(raw.rstrip("iu"))
        if math.isinf(value):
            raise BadLine(f"the value {raw[:SHOWN]} is out of range")
        return value
    if raw in _TRUE:
        return 1.0
    if raw in _FALSE:
        return 0.0
    if raw[:1] == '"':
        inside = raw[1:-1]
        return _value(inside) if _number(inside) and inside[-1] not in "iu" else 0.0
    raise BadLine(f"expected a number, true, false or a string in quotes, got {raw[:SHOWN]!r}")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text

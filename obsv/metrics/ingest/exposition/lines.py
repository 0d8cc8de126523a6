"""One sample's line: `name{label="value"} 1.5 1700000000000`, and in OpenMetrics ` # {trace_id="…"} 0.5` behind it.

A name that is none of the old alphabet stands in quotes as the first of the labels: `{"naïve", label="value"}`.
"""

from __future__ import annotations

import math
import re

from obsv.metrics.ingest.exposition.model import Exemplar, Sample

FURTHEST_MS = 2**53
SHOWN = 100
_MS_PER_S = 1000

# Possessive: what does not match is given up at once, however long it is.  But not around groups that capture: Python
# forgot what they caught until 3.11.5.
_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_LABEL_SET = rf'\{{((?:[^"}}]++|{_QUOTED})*+)\}}'
_SAMPLE = re.compile(
    rf"""([a-zA-Z_:][a-zA-Z0-9_:]*+)? [ \t]*+ (?:{_LABEL_SET})?
    [ \t]*+ (?<=[ \t}}]) ([^ \t\#]++)
    (?:[ \t]++ ([^ \t\#]++))?
    (?:[ \t]++ \# [ \t]*+ (.*+))?""",
    re.VERBOSE,
)
_EXEMPLAR = re.compile(rf"{_LABEL_SET}[ \t]*+([^ \t]++)(?:[ \t]++([^ \t]++))?")
_LABEL = re.compile(r'[ \t]*+([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*+=[ \t]*+"([^"\\]*+)"[ \t]*+(?:,|\Z)')
"""The labels that most pages have."""
_ANY_LABEL = re.compile(rf"[ \t]*+([a-zA-Z_][a-zA-Z0-9_]*+|{_QUOTED})[ \t]*+(?:=[ \t]*+({_QUOTED})[ \t]*+)?(?:,|\Z)")
_ESCAPE = re.compile(r'\\([n\\"])')
_number = re.compile(r"[+-]?(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?", re.ASCII).fullmatch
_HEXADECIMAL = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]++\.?[0-9a-fA-F]*+|\.[0-9a-fA-F]++)[pP][+-]?\d++", re.ASCII)
_infinity = re.compile(r"([+-]?)inf(?:inity)?", re.IGNORECASE | re.ASCII).fullmatch
_milliseconds = re.compile(r"[+-]?\d{1,19}", re.ASCII).fullmatch


class BadLine(ValueError):
    """A line that says nothing a page may say; the text says why."""


def sample(line: str, *, is_open: bool) -> Sample:
    """What a line says; `is_open` where it is OpenMetrics, which counts time in seconds.  Raises BadLine."""
    found = _SAMPLE.fullmatch(line)
    if found is None:
        raise BadLine('expected name{label="value",…}, a value, and perhaps a time, with blanks between them')
    name, pairs, value, time, more = found.groups()
    labels = {"__name__": name} if name else {}
    if pairs:
        _add_labels(labels, pairs)
    if not labels.get("__name__"):
        raise BadLine("the sample has no name")
    exemplar = None
    if more is not None:
        if not is_open:
            raise BadLine("expected the end of the line, got '#'; exemplars are OpenMetrics alone")
        exemplar = _exemplar(more)
    t_ms = None if time is None else _seconds(time) if is_open else _whole_ms(time)
    return Sample(labels, number(value), t_ms, exemplar)


def unescaped(text: str) -> str:
    """Text with its escapes (`\\n`, `\\"`, a doubled backslash) taken for what they mean."""
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text) if "\\" in text else text


def number(text: str) -> float:
    """A value as Go reads it: decimal or hexadecimal, NaN, +Inf, -Inf.  Raises BadLine."""
    if _number(text):
        value = float(text)
    elif text.lower() == "nan":
        return math.nan
    elif found := _infinity(text):
        return -math.inf if found[1] == "-" else math.inf
    elif _HEXADECIMAL.fullmatch(text):
        value = _hexadecimal(text)
    else:
        raise BadLine(f"expected a number, got {text[:SHOWN]!r}")
    if math.isinf(value):
        raise BadLine(f"the value {text[:SHOWN]} is out of range")
    return value


def _hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf


def _add_labels(labels: dict[str, str], pairs: str) -> None:
    at, end = 0, len(pairs)
    while at < end:
        if found := _LABEL.match(pairs, at):
            name, value = found.groups()
        elif found := _ANY_LABEL.match(pairs, at):
            name, value = _any_label(*found.groups())
        elif not pairs[at:].strip(" \t"):
            return
        else:
            raise BadLine(f'expected a label as name="value", got {pairs[at : at + SHOWN]!r}')
        if name in labels:
            raise BadLine(f"the label {name[:SHOWN]} comes twice")
        labels[name] = value
        at = found.end()


def _any_label(name: str, value: str | None) -> tuple[str, str]:
    """A label whose parts may be quoted; a quoted name without a value is the metric's."""
    is_quoted = name[0] == '"'
    bare = unescaped(name[1:-1]) if is_quoted else name
    if value is None:
        if not is_quoted:
            raise BadLine(f'expected a value in quotes for the label {bare[:SHOWN]}, as {bare[:SHOWN]}="value"')
        return "__name__", bare
    if not bare:
        raise BadLine("a label has no name")
    return bare, unescaped(value[1:-1])


def _exemplar(text: str) -> Exemplar:
    found = _EXEMPLAR.fullmatch(text)
    if found is None:
        raise BadLine('expected an exemplar as {label="value"}, a value, and perhaps a time')
    pairs, value, time = found.groups()
    labels: dict[str, str] = {}
    _add_labels(labels, pairs)
    return Exemplar(labels, number(value), None if time is None else _seconds(time))


def _whole_ms(time: str) -> int:
    if not _milliseconds(time):
        raise BadLine(f"expected a time in whole milliseconds, got {time[:SHOWN]!r}")
    return _in_range(int(time), time)


def _seconds(time: str) -> int:
    if not _number(time):
        raise BadLine(f"expected a time in seconds, got {time[:SHOWN]!r}")
    return _in_range(float(time) * _MS_PER_S, time)


def _in_range(ms: float, time: str) -> int:
    if abs(ms) > FURTHEST_MS:
        raise BadLine(f"the time {time[:SHOWN]} is out of range")
    return round(ms)

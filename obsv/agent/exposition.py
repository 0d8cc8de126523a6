"""Reads Prometheus text 0.0.4 and the samples of OpenMetrics 1.0."""

from __future__ import annotations

import re
from typing import Iterator

from .sample import Sample

__all__ = ["ExpositionError", "Parser"]

_LINE = re.compile(
    r"""[ \t]*
    (?P<series>
        [a-zA-Z_:][a-zA-Z0-9_:]* [ \t]* (?:\{ (?:[^"}]|"(?:[^"\\]|\\.)*")* \})?
      | \{ (?:[^"}]|"(?:[^"\\]|\\.)*")* \}
    )
    [ \t]* (?<=[ \t}]) (?P<value>[^ \t#]+)
    (?:[ \t]+(?P<time>[-+0-9.eE]+))?
    [ \t]* (?:\#.*)? $""",
    re.VERBOSE,
)
_LABEL = re.compile(
    r"""[ \t]* (?: (?P<name>[a-zA-Z_][a-zA-Z0-9_:.]*) | "(?P<quoted>(?:[^"\\]|\\.)*)" ) [ \t]*
    (?: = [ \t]* "(?P<value>(?:[^"\\]|\\.)*)" )? [ \t]* (?:,|$)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "\\": "\\", '"': '"'}


class ExpositionError(ValueError):
    """A line that is no sample; the message names it."""


class Parser:
    """Parses one target's pages.  Series seen in the last page are known by their text and not parsed again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}

    def parse(self, text: str, *, openmetrics: bool) -> Iterator[Sample]:
        """Yield the samples of a page; raise `ExpositionError` at the first line that is none."""
        scale = 1000.0 if openmetrics else 1.0
        seen: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}
        ended = False
        for number, line in enumerate(text.split("\n"), 1):
            bare = line.strip(" \t\r")
            if not bare or bare[0] == "#":
                ended = ended or bare == "# EOF"
                continue
            match = _LINE.match(bare)
            if match is None:
                raise ExpositionError(f"line {number} is no sample: {bare[:120]!r}")
            written = match.group("series")
            series = seen.get(written) or self._known.get(written) or _series(written, number)
            seen[written] = series
            time = match.group("time")
            try:
                yield Sample(
                    series[0], series[1], _number(match.group("value")), int(float(time) * scale) if time else 0
                )
            except ValueError:
                raise ExpositionError(f"line {number} has no readable number: {bare[:120]!r}") from None
        if openmetrics and not ended:
            raise ExpositionError("the page ends without # EOF")
        self._known = seen


def _series(written: str, line: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Parse `name{label="value",…}` or `{"name", label="value",…}`."""
    name, brace, rest = written.partition("{")
    name, body = name.strip(), rest[:-1].strip(" \t") if brace else ""
    labels: dict[str, str] = {}
    at = 0
    while at < len(body):
        match = _LABEL.match(body, at)
        if match is None:
            raise ExpositionError(f"line {line} has unreadable labels: {written[:120]!r}")
        at = match.end()
        quoted, value = match.group("quoted"), match.group("value")
        label = match.group("name") if quoted is None else _unescape(quoted)
        if value is not None:
            labels[label] = _unescape(value)
        elif quoted is not None and not name:
            name = label
        else:
            raise ExpositionError(f"line {line} has a label without a value: {written[:120]!r}")
    if not name:
        raise ExpositionError(f"line {line} has no metric name: {written[:120]!r}")
    return name, tuple(sorted(labels.items()))


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group(0)), text)


def _number(text: str) -> float:
    """Parse a float as Go does: `+Inf`, `NaN`, hexadecimal too, but no underscores."""
    if "_" in text:
        raise ValueError(text)
    if "x" in text or "X" in text:
        return float.fromhex(text)
    return float(text)

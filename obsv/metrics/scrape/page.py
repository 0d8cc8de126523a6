"""A page as families of samples: the agent's parser, and what it leaves out (metadata, exemplars)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from obsv.agent.exposition import Parser

OPENMETRICS = "application/openmetrics-text"
FURTHEST_MS = 2**53
_COMMENT = re.compile(r'# (HELP|TYPE|UNIT)[ \t]+("(?:[^"\\]|\\.)*"|\S+)(?:[ \t]+(.*))?')
_EXEMPLAR = re.compile(
    r"""(?:[^"#]|"(?:[^"\\]|\\.)*")*+  # the sample, whose label values may have a # too
    \#[ \t]*(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})[ \t]+([^ \t]+)(?:[ \t]+([^ \t]+))?""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r'\\([n\\"])')
_SUFFIXES = ("", "_total", "_created", "_sum", "_count", "_bucket", "_gsum", "_gcount", "_info")


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One observation that a sample points to."""

    labels: dict[str, str]
    value: float
    t_ms: int | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One line; `labels` include `__name__`, `t_ms` is the time the line gives."""

    labels: dict[str, str]
    value: float
    t_ms: int | None
    exemplar: Exemplar | None


@dataclass(slots=True)
class Family:
    """Samples in the order of the page, and what its comments say of them."""

    name: str
    type: str = "unknown"
    help: str = ""
    unit: str = ""
    samples: list[Sample] = field(default_factory=list[Sample])


def parse_page(body: bytes, content_type: str) -> list[Family]:
    """The families of a page in text 0.0.4 or OpenMetrics 1.0.  Raises ValueError, with the line."""
    try:
        return _families(body.decode("utf-8", "replace"), is_open=content_type.startswith(OPENMETRICS))
    except OverflowError:
        raise ValueError("a time is out of range") from None


def _families(text: str, *, is_open: bool) -> list[Family]:
    parsed = Parser().parse(text, openmetrics=is_open)
    families: dict[str, Family] = {}
    current = ""
    for line in _lines(text):
        if line[0] == "#":
            current = _describe(line, families) or current
            continue
        found = next(parsed)
        exemplar = _exemplar(line) if is_open and "#" in line else None
        labels = {"__name__": found.name, **dict(found.labels)}
        value = 0.0 if found.value is None else found.value
        sample = Sample(labels, value, _time(found.at_ms), exemplar)
        if found.name.removeprefix(current) not in _SUFFIXES or not current:
            current = found.name
        families.setdefault(current, Family(current)).samples.append(sample)
    for _ in parsed:  # to its end, where it finds out whether the page is whole
        raise ValueError("a line is neither a sample nor a comment")
    return list(families.values())


def _lines(text: str) -> Iterator[str]:
    """The lines as the parser counts them, less the empty ones."""
    for line in text.split("\n"):
        if bare := line.strip(" \t\r"):
            yield bare


def _describe(line: str, families: dict[str, Family]) -> str:
    """Note what a comment says; the family's name, "" where it says nothing."""
    found = _COMMENT.fullmatch(line)
    if found is None:
        return ""
    kind, name, text = found[1], _unescaped(found[2].strip('"')), found[3] or ""
    family = families.setdefault(name, Family(name))
    if kind == "HELP":
        family.help = _unescaped(text)
    elif kind == "UNIT":
        family.unit = text
    else:
        family.type = "unknown" if text == "untyped" else text
    return name


def _exemplar(line: str) -> Exemplar | None:
    found = _EXEMPLAR.fullmatch(line)
    if found is None:
        return None
    # An exemplar is written as a sample without a name.
    (one,) = Parser().parse(f"exemplar{found[1]} {found[2]} {found[3] or ''}\n# EOF", openmetrics=True)
    return Exemplar(dict(one.labels), one.value or 0.0, _time(one.at_ms))


def _time(ms: int) -> int | None:
    """A time as the parser tells it, which says 0 where the line gives none."""
    if abs(ms) > FURTHEST_MS:
        raise OverflowError
    return ms or None


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text) if "\\" in text else text

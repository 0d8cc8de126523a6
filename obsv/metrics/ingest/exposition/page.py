"""Lines into families: comments tell what a family is, and its type which names belong to it."""

from __future__ import annotations

import re

from obsv.core.errors import TooLarge
from obsv.metrics.ingest.exposition.lines import SHOWN, BadLine, sample, unescaped
from obsv.metrics.ingest.exposition.model import Family

OPENMETRICS = "application/openmetrics-text"
"""The content type; everything else is read as text."""

MOST_SAMPLES = 500_000
"""Of a page: what is read of it takes some hundred bytes of memory each."""

_COMMENT = re.compile(r'#[ \t]+(HELP|TYPE|UNIT)(?:[ \t]+("(?:[^"\\]++|\\.)*+"|[^ \t"][^ \t]*+))?(?:[ \t]+(.*+))?')
_EOF = "# EOF"

SUFFIXES: dict[str, tuple[str, ...]] = {
    "counter": ("_total", "_created"),
    "gauge": (),
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "info": ("_info",),
    "stateset": (),
    "summary": ("_count", "_sum", "_created"),
    "unknown": (),
}
"""What a type's samples have behind the family's name, where they have not the name itself."""
_ALL_SUFFIXES = frozenset(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)


class BadPage(ValueError):
    """A page that cannot be read; the text says in which line and why."""


def parse(data: bytes, content_type: str) -> list[Family]:
    """The families of a page, in the order in which they first come.  Raises BadPage, TooLarge (too many samples).

    Samples of a histogram stay what they are: series of buckets, sum and count.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise BadPage(f"line {number}: it is not UTF-8") from None
    page = _Page(is_open=content_type.partition(";")[0].strip().lower() == OPENMETRICS)
    number = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\r")
        try:
            if line:
                page.line(line)
        except BadLine as bad:
            shown = line[:SHOWN] + "…" if len(line) > SHOWN else line
            raise BadPage(f"line {number}, {shown!r}: {bad}") from None
    if page.is_open and not page.has_ended:
        raise BadPage(f"line {number}: the page ends without {_EOF}")
    return list(page.families.values())


class _Page:
    """The families so far."""

    def __init__(self, *, is_open: bool) -> None:
        self.is_open, self.has_ended = is_open, False
        self.families: dict[str, Family] = {}
        self._samples = 0
        self._by_sample: dict[str, Family] = {}

    def line(self, line: str) -> None:
        """Take one line that is not empty.  Raises BadLine, TooLarge."""
        if self.has_ended:
            raise BadLine(f"expected nothing behind {_EOF}")
        if line[0] != "#":
            one = sample(line, is_open=self.is_open)
            name = one.labels["__name__"]
            family = self._by_sample.get(name)
            if family is None:
                family = self._by_sample[name] = self._family_of(name)
            family.samples.append(one)
            self._samples += 1
            if self._samples > MOST_SAMPLES:
                raise TooLarge(f"the page has more than {MOST_SAMPLES} samples; send it in parts")
        elif self.is_open and line == _EOF:
            self.has_ended = True
        else:
            self._comment(line)

    def _comment(self, line: str) -> None:
        found = _COMMENT.fullmatch(line)
        if found is None:
            return
        kind, written, text = found[1], found[2], found[3] or ""
        if written is None:
            raise BadLine(f"expected a metric's name behind {kind}")
        family = self._named(unescaped(written[1:-1]) if written[0] == '"' else written)
        if kind == "HELP":
            family.help = unescaped(text)
        elif kind == "UNIT":
            family.unit = text
        else:
            family.type = _type(text)
            self._by_sample.clear()

    def _family_of(self, sample_name: str) -> Family:
        if sample_name in self.families:
            return self.families[sample_name]
        base, underscore, last = sample_name.rpartition("_")
        suffix = underscore + last
        if suffix in _ALL_SUFFIXES and (family := self.families.get(base)) and suffix in SUFFIXES[family.type]:
            return family
        return self._named(sample_name)

    def _named(self, name: str) -> Family:
        return self.families.setdefault(name, Family(name))


def _type(word: str) -> str:
    kind = "unknown" if word == "untyped" else word
    if kind not in SUFFIXES:
        raise BadLine(f"expected a type of {', '.join(SUFFIXES)}, got {word[:SHOWN]!r}")
    return kind

"""Graphite's plaintext protocol: `name[;tag=value…] value [Unix seconds]`, a line each.

Source: Graphite's documentation ("feeding in your data", "tag support").  Without a time, or with -1, it is now.
"""

from __future__ import annotations

import re

from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.names import label_name, metric_name
from obsv.metrics.store.types import WriteBatch

LAST_S = 2**33
_number = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?").fullmatch


class BadLine(ValueError):
    """A line that is not Graphite's; the text says why."""


class Lines:
    """Lines gathered into a batch."""

    def __init__(self, *, prometheus_names: bool = False) -> None:
        self._prometheus_names = prometheus_names
        self._batch = BatchBuilder()
        self._rows: dict[bytes, int] = {}

    @property
    def samples(self) -> int:
        """How many there are."""
        return self._batch.samples

    def add(self, line: bytes, now_ms: int) -> None:
        """One line; a blank one says nothing.  Raises BadLine."""
        parts = line.split()
        if not parts:
            return
        if not 2 <= len(parts) <= 3:
            raise BadLine("expected a name, a value, and perhaps a time")
        value = _float(parts[1])
        t = _ms(parts[2], now_ms) if len(parts) == 3 else now_ms
        row = self._rows.get(parts[0])
        if row is None:
            row = self._rows[parts[0]] = self._batch.series(self._labels(parts[0]))
        self._batch.add(row, t, value)

    def build(self) -> WriteBatch:
        """All of them."""
        return self._batch.build()

    def _labels(self, path: bytes) -> dict[str, str]:
        try:
            name, *tags = path.decode().split(";")
        except UnicodeDecodeError:
            raise BadLine("the name is not UTF-8") from None
        labels: dict[str, str] = {}
        for tag in tags:
            key, equals, value = tag.partition("=")
            if not key or not equals:
                raise BadLine("expected a tag as name=value")
            labels[label_name(key) if self._prometheus_names else key] = value
        if not name:
            raise BadLine("the name is empty")
        return labels | {"__name__": metric_name(name) if self._prometheus_names else name}


def _float(text: bytes) -> float:
    if not _number(text):
        raise BadLine("the value is no number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise BadLine("the value is out of range")
    return value


def _ms(text: bytes, now_ms: int) -> int:
    seconds = _float(text)
    if seconds == -1:
        return now_ms
    if not 0 <= seconds <= LAST_S:
        raise BadLine("the time is out of range")
    return round(seconds * 1000)


class Splitter:
    """Makes lines of what comes over a connection, leaving out those of more than `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""
        self._is_leaving_out = False
        self.left_out = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that are complete now."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        if self._is_leaving_out and lines:
            del lines[0]
            self._is_leaving_out = False
        self._rest = b"" if self._is_leaving_out else rest
        if len(self._rest) > self._most:
            self._rest, self._is_leaving_out = b"", True
            self.left_out += 1
        kept = [line for line in lines if len(line) <= self._most]
        self.left_out += len(lines) - len(kept)
        return kept

    def end(self) -> list[bytes]:
        """The last line, which may have no line break."""
        return self.feed(b"\n")

"""Targets from files.  Source: Prometheus documentation, "file_sd_config"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import structlog

from obsv.metrics.scrape.relabel import Labels
from obsv.metrics.scrape.target import ADDRESS, META
from obsv.metrics.yaml_text import decode_yaml

_log = structlog.get_logger("obsv.scrape")

Stamp = tuple[int, int]


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Addresses with labels in common; a file is a list of these."""

    targets: list[str]
    labels: dict[str, str] = {}


class FileTargets:
    """Reads the files again when they change.  A file that is broken counts as it was when it last was not."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [Path(pattern) for pattern in patterns]
        self._known: dict[Path, tuple[Stamp, list[Labels]]] = {}

    def read(self) -> list[Labels]:
        """The labels of every target of every file."""
        self._known = {path: self._file(path) for path in self._paths()}
        return [labels for _, found in self._known.values() for labels in found]

    def _paths(self) -> Iterator[Path]:
        for pattern in self._patterns:
            yield from sorted(path for path in pattern.parent.glob(pattern.name) if path.is_file())

    def _file(self, path: Path) -> tuple[Stamp, list[Labels]]:
        known, found = self._known.get(path, ((0, 0), []))
        stamp = known
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            if stamp != known:
                found = _labels(path)
        except OSError as gone:
            _log.warning("scrape.file_unreadable", file=str(path), error=gone.strerror)
            stamp = known
        except ValueError as wrong:
            _log.warning("scrape.file_broken", file=str(path), error=str(wrong))
        return stamp, found


def _labels(path: Path) -> list[Labels]:
    """Raises OSError, ValueError."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        try:
            groups = msgspec.json.decode(text, type=list[Group])
        except msgspec.DecodeError as wrong:
            raise ValueError(str(wrong)) from None
    else:
        groups = decode_yaml(text, list[Group])
    where = {META + "filepath": str(path)}
    return [{**group.labels, **where, ADDRESS: address} for group in groups for address in group.targets]

"""Dashboards as files, TOML or JSON: read with every mistake named by line, written the same way each time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from obsv.config.documents import FileText, Form, files_in, place_of, read_files, text_of
from obsv.dashboards.documents import MAX_BYTES, encode, plain, problems
from obsv.dashboards.model import Dashboard

SPREAD: Final = ("panels", "queries", "variables", "annotations", "overrides")


@dataclass(frozen=True, slots=True)
class FileDashboard:
    """A dashboard that stands in a file; `name` is the file's within the folder."""

    name: str
    dashboard: Dashboard
    changed_at_ms: int


def written(dashboard: Dashboard, form: Form) -> str:
    """The text of a file.  What is read from it is this dashboard."""
    return text_of(plain(dashboard), form, SPREAD)


def read_folder(folder: Path) -> dict[str, FileDashboard]:
    """All dashboards of a folder by key.  Raises `ConfigError`; OSError where it cannot be read."""
    found = read_files(files_in(folder), lambda path: (read_file(path),), lambda one: {"key": one.key})
    return {
        dashboard.key: FileDashboard(str(path.relative_to(folder)), dashboard, path.stat().st_mtime_ns // 1_000_000)
        for path, dashboard in found
    }


def read_file(path: Path) -> Dashboard:
    """One file.  Raises `ConfigError` with its mistakes, OSError where it cannot be read."""
    file = FileText(path, 4 * MAX_BYTES)
    if mistakes := list(_mistakes(file.tables)):
        raise file.wrong(mistakes)
    return msgspec.convert(file.tables, Dashboard)


def _mistakes(raw: Any) -> Iterator[tuple[str, str]]:
    """(dotted path, what is wrong)."""
    try:
        dashboard = msgspec.convert(raw, Dashboard)
    except msgspec.ValidationError as wrong:
        yield place_of(wrong)
        return
    yield from _not_finite("", raw)
    for problem in problems(dashboard):
        yield problem.pointer.strip("/").replace("/", "."), problem.detail
    if (size := len(encode(dashboard))) > MAX_BYTES:
        yield "", f"has {size} bytes as a document; {MAX_BYTES} are allowed"


def _not_finite(path: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case float() if not math.isfinite(value):
            yield path, "expected a number, got nan or inf"
        case dict():
            for name, one in value.items():
                yield from _not_finite(f"{path}.{name}".strip("."), one)
        case list():
            for index, one in enumerate(value):
                yield from _not_finite(f"{path}.{index}", one)
        case _:
            pass

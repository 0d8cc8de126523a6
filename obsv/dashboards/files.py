"""Dashboards as files, TOML or JSON: read with every mistake named by line, written the same way each time."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from obsv.config import ConfigError, Problem
from obsv.config.lines import key_lines
from obsv.core.toml_text import toml_text
from obsv.core.value_lines import value_lines
from obsv.dashboards.documents import MAX_BYTES, encode, plain, problems
from obsv.dashboards.model import Dashboard

Form = Literal["toml", "json"]
SUFFIXES: Final = (".toml", ".json")
SPREAD: Final = ("panels", "queries", "variables", "annotations", "overrides")
_PLACE: Final = re.compile(r"(?P<said>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)
_UNKNOWN: Final = re.compile(r"unknown field `(.*?)`(?: - at|$)")


@dataclass(frozen=True, slots=True)
class FileDashboard:
    """A dashboard that stands in a file; `name` is the file's within the folder."""

    name: str
    dashboard: Dashboard
    changed_at_ms: int


def written(dashboard: Dashboard, form: Form) -> str:
    """The text of a file.  What is read from it is this dashboard."""
    if form == "json":
        return msgspec.json.format(encode(dashboard), indent=2).decode() + "\n"
    return toml_text(plain(dashboard), spread=SPREAD)


def files_in(folder: Path) -> list[Path]:
    """The files of a folder, and of those in it, that may be dashboards."""
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())


def read_folder(folder: Path) -> dict[str, FileDashboard]:
    """All dashboards of a folder by key.  Raises `ConfigError`; OSError where it cannot be read."""
    found: dict[str, FileDashboard] = {}
    mistakes: list[Problem] = []
    for path in files_in(folder):
        try:
            dashboard = read_file(path)
        except ConfigError as bad:
            mistakes += bad.problems
            continue
        if dashboard.key in found:
            other = found[dashboard.key].name
            mistakes.append(Problem(str(path), 0, "key", f'"{dashboard.key}" is in {other} already'))
            continue
        changed_at_ms = path.stat().st_mtime_ns // 1_000_000
        found[dashboard.key] = FileDashboard(str(path.relative_to(folder)), dashboard, changed_at_ms)
    if mistakes:
        raise ConfigError(mistakes)
    return found


def read_file(path: Path) -> Dashboard:
    """One file.  Raises `ConfigError` with its mistakes, OSError where it cannot be read."""
    body = path.read_bytes()
    if len(body) > 4 * MAX_BYTES:
        raise ConfigError([Problem(str(path), 0, "", f"has {len(body)} bytes, which is too much for a dashboard")])
    try:
        text = body.decode()
        raw = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise ConfigError([Problem(str(path), _line_said(wrong), "", f"cannot be read: {wrong}")]) from None
    mistakes = list(_mistakes(raw))
    if not mistakes:
        return msgspec.convert(raw, Dashboard)
    lines = key_lines(text) if path.suffix == ".toml" else value_lines(text)
    raise ConfigError([Problem(str(path), _line_of(where, lines), where, said) for where, said in mistakes])


def _mistakes(raw: Any) -> Iterator[tuple[str, str]]:
    """(dotted path, what is wrong)."""
    try:
        dashboard = msgspec.convert(raw, Dashboard)
    except msgspec.ValidationError as wrong:
        yield _place(str(wrong))
        return
    yield from _not_finite("", raw)
    for problem in problems(dashboard):
        yield problem.pointer.strip("/").replace("/", "."), problem.detail
    if (size := len(encode(dashboard))) > MAX_BYTES:
        yield "", f"has {size} bytes as a document; {MAX_BYTES} are allowed"


def _place(said: str) -> tuple[str, str]:
    """Where a refused value is, from the library's words."""
    found = _PLACE.fullmatch(said)
    assert found is not None
    path = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", found["path"] or "").strip(".")
    if unknown := _UNKNOWN.search(said):
        return f"{path}.{unknown[1]}".strip("."), "unknown key"
    text = found["said"].replace("Object", "table").replace("field", "key")
    return path, text[0].lower() + text[1:]


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


def _line_of(path: str, lines: dict[str, int]) -> int:
    """The line of a path, or of the nearest thing around it."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)


def _line_said(wrong: Exception) -> int:
    if isinstance(wrong, json.JSONDecodeError):
        return wrong.lineno
    found = re.search(r"\(at line (\d+)", str(wrong))
    return int(found[1]) if found else 0

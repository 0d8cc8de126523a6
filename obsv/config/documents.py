"""Files of a folder that say one thing each, in TOML or JSON: read with every mistake named by file and line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec

from obsv.config.lines import key_lines
from obsv.config.load import ConfigError, Problem
from obsv.core.toml_text import toml_text
from obsv.core.value_lines import value_lines

Form = Literal["toml", "json"]
SUFFIXES: Final = (".toml", ".json")
MAX_BYTES: Final = 1 << 20
_PLACE: Final = re.compile(r"(?P<said>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)
_UNKNOWN: Final = re.compile(r"unknown field `(.*?)`(?: - at|$)")

T = TypeVar("T")


def files_in(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """The files of a folder, and of those in it, by their path."""
    return sorted(path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file())


def read_files(
    files: Iterable[Path], read: Callable[[Path], Iterable[T]], names: Callable[[T], Mapping[str, str]]
) -> list[tuple[Path, T]]:
    """What the files say.  `names` are those that only one may have, such as its key.

    Raises `ConfigError` with the mistakes of every file; OSError where one cannot be read.
    """
    found: list[tuple[Path, T]] = []
    taken: dict[tuple[str, str], Path] = {}
    mistakes: list[Problem] = []
    for path in files:
        try:
            things = read(path)
        except ConfigError as bad:
            mistakes += bad.problems
            continue
        for thing in things:
            for what, name in names(thing).items():
                if (other := taken.setdefault((what, name), path)) is not path:
                    mistakes.append(Problem(str(path), 0, what, f'"{name}" is in {other.name} already'))
            found.append((path, thing))
    if mistakes:
        raise ConfigError(mistakes)
    return found


class FileText:
    """The text of a file, and what it says as tables."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        """Raises `ConfigError` where it is no TOML or JSON, OSError where it cannot be read."""
        self.path = path
        body = path.read_bytes()
        if len(body) > max_bytes:
            raise ConfigError([Problem(str(path), 0, "", f"has {len(body)} bytes; {max_bytes} are allowed")])
        try:
            self.text = body.decode()
            self.tables: Any = tomllib.loads(self.text) if path.suffix == ".toml" else json.loads(self.text)
        except (ValueError, RecursionError) as wrong:
            raise ConfigError([Problem(str(path), _line_said(wrong), "", f"cannot be read: {wrong}")]) from None

    def wrong(self, mistakes: Iterable[tuple[str, str]]) -> ConfigError:
        """The error that names mistakes, each at a dotted path, by their lines."""
        lines = key_lines(self.text) if self.path.suffix == ".toml" else value_lines(self.text)
        return ConfigError([Problem(str(self.path), _line_of(where, lines), where, said) for where, said in mistakes])


def place_of(wrong: msgspec.ValidationError) -> tuple[str, str]:
    """The dotted path of a refused value and what is wrong with it, from the library's words."""
    said = str(wrong)
    found = _PLACE.fullmatch(said)
    assert found is not None
    path = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", found["path"] or "").strip(".")
    if unknown := _UNKNOWN.search(said):
        return f"{path}.{unknown[1]}".strip("."), "unknown key"
    text = found["said"].replace("Object", "table").replace("field", "key")
    return path, text[0].lower() + text[1:]


def text_of(document: Any, form: Form, spread: tuple[str, ...] = ()) -> str:
    """The text of a file that says this.  `spread` are lists of tables that stand as `[[name]]` in TOML."""
    text = msgspec.json.encode(document)
    if form == "json":
        return msgspec.json.format(text, indent=2).decode() + "\n"
    return toml_text(msgspec.json.decode(text), spread=spread)


def _line_of(path: str, lines: Mapping[str, int]) -> int:
    """The line of a path, or of the nearest thing around it."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)


def _line_said(wrong: Exception) -> int:
    if isinstance(wrong, json.JSONDecodeError):
        return wrong.lineno
    found = re.search(r"\(at line (\d+)", str(wrong))
    return int(found[1]) if found else 0

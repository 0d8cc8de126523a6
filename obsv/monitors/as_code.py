"""Monitors as `obsv apply` and `obsv export` know them: files in a folder, against what an organisation has.

A secret stands in a file as the name of an environment variable (`password_env`, `secret_headers_env`) or of a file
(`password_file`, `secret_headers_file`); where it is left out or empty, what is there is kept.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast

import msgspec

from obsv.audit import SYSTEM
from obsv.config import ConfigError, Problem
from obsv.config.lines import key_lines
from obsv.core.toml_text import toml_text
from obsv.core.value_lines import value_lines
from obsv.monitors import store
from obsv.monitors.model import Http, Monitor, plain, problems
from obsv.monitors.secrets import without_secrets
from obsv.monitors.service import Monitors
from obsv.monitors.types import MonitorChange

MAX_BYTES: Final = 1 << 20
_PLACE: Final = re.compile(r"(?P<said>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)
_SPREAD: Final = ("json",)

Table = dict[str, Any]


class Change(msgspec.Struct, frozen=True):
    """One difference at `path`, such as `check.url`; None is what is not there."""

    path: str
    before: Any = None
    after: Any = None


class MonitorKind:
    """The kind of thing that stands in `monitors/`."""

    name, folder = "monitor", "monitors"

    def __init__(self, monitors: Monitors) -> None:
        self._monitors = monitors

    def load(self, folder: Path) -> Mapping[str, Monitor]:
        """What the files say, by key.  Raises `ConfigError` with every mistake."""
        found: dict[str, tuple[Path, Monitor]] = {}
        mistakes: list[Problem] = []
        for path in sorted(path for path in folder.rglob("*") if path.suffix in (".toml", ".json") and path.is_file()):
            try:
                monitor = read_file(path)
            except ConfigError as bad:
                mistakes += bad.problems
                continue
            for key, (other, one) in found.items():
                if monitor.key == key or monitor.name == one.name:
                    what = "key" if monitor.key == key else "name"
                    mistakes.append(Problem(str(path), 0, what, f"is that of {other.name} already"))
            found[monitor.key] = path, monitor
        if mistakes:
            raise ConfigError(mistakes)
        return {key: monitor for key, (_, monitor) in found.items()}

    async def listed(self, org: int) -> Mapping[str, tuple[Monitor, bool]]:
        """What is there with its secrets, by key, and whether it came from a file."""
        return {one.key: (self._monitors.with_secrets(one), one.is_applied) for one in await store.every(org)}

    def diff(self, before: Monitor, after: Monitor) -> Sequence[Change]:
        """What putting `after` would change; of a secret only that it does."""
        return [
            *_differences("", plain(without_secrets(before)), plain(without_secrets(after))),
            *_other_secrets(before, after),
        ]

    def written(self, thing: Monitor, form: Literal["toml", "json"]) -> str:
        """The text of its file, without secrets."""
        document = plain(without_secrets(thing))
        check: Table = document["check"]
        if check.get("secret_headers"):
            check["secret_headers"] = dict.fromkeys(check["secret_headers"], "")
        if form == "json":
            return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
        return toml_text(document, spread=_SPREAD)

    async def put(self, org: int, thing: Monitor) -> None:
        """Make it so, whatever is there.  Raises ObsvError."""
        await self._monitors.put(org, MonitorChange(thing), by=SYSTEM, is_applied=True)

    async def delete(self, org: int, key: str) -> None:
        """For good.  Raises ObsvError."""
        await self._monitors.delete(org, key, by=SYSTEM)


def read_file(path: Path) -> Monitor:
    """One file.  Raises `ConfigError` with its mistakes, OSError where it cannot be read."""
    body = path.read_bytes()
    try:
        if len(body) > MAX_BYTES:
            raise ValueError(f"it has {len(body)} bytes, which is too much for a monitor")
        text = body.decode()
        raw: Any = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise ConfigError([Problem(str(path), 0, "", f"cannot be read: {wrong}")]) from None
    try:
        monitor = msgspec.convert(_with_secrets(raw, path.parent), Monitor)
        wrongs = [(one.pointer.strip("/").replace("/", "."), one.detail) for one in problems(monitor)]
    except msgspec.ValidationError as wrong:
        wrongs = [_place(str(wrong))]
    except _NoSecret as wrong:
        wrongs = [(wrong.path, str(wrong))]
    else:
        if not wrongs:
            return monitor
    lines = key_lines(text) if path.suffix == ".toml" else value_lines(text)
    raise ConfigError([Problem(str(path), _line_of(where, lines), where, said) for where, said in wrongs])


class _NoSecret(Exception):
    def __init__(self, path: str, said: str) -> None:
        super().__init__(said)
        self.path = path


def _with_secrets(raw: Any, folder: Path) -> Any:
    """The document with what its references stand for; None for what is kept."""
    if not isinstance(raw, dict) or not isinstance(cast("Table", raw).get("check"), dict):
        return raw
    document = cast("Table", raw)
    check: Table = {**document["check"]}
    if check.get("kind") != "http":
        return document

    def from_file(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8").strip()

    readers = {"env": _from_environment, "file": from_file}
    headers: Any = check.get("secret_headers", {})
    if isinstance(headers, dict):
        headers = {name: value or None for name, value in cast("Table", headers).items()}
    for kind, read in readers.items():
        if f"password_{kind}" in check:
            check["password"] = _read(read, check.pop(f"password_{kind}"), f"check.password_{kind}")
        named: Any = check.pop(f"secret_headers_{kind}", {})
        if isinstance(named, dict) and isinstance(headers, dict):
            for name, reference in cast("Table", named).items():
                headers[name] = _read(read, reference, f"check.secret_headers_{kind}.{name}")
    if headers:
        check["secret_headers"] = headers
    check["password"] = check.get("password") or None
    return {**document, "check": check}


def _read(read: Callable[[str], str], reference: object, path: str) -> str:
    if not isinstance(reference, str):
        raise _NoSecret(path, "expected the name of what holds the secret")
    try:
        return read(reference)
    except (OSError, UnicodeDecodeError, KeyError) as wrong:
        said = f"the environment has no {reference}" if isinstance(wrong, KeyError) else f"cannot be read: {wrong}"
        raise _NoSecret(path, said) from None


def _from_environment(name: str) -> str:
    return os.environ[name]


def _differences(path: str, before: Table, after: Table) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        one, other = before.get(name), after.get(name)
        where = f"{path}.{name}" if path else name
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differences(where, cast("Table", one), cast("Table", other))
        elif one != other:
            yield Change(where, one, other)


def _other_secrets(before: Monitor, after: Monitor) -> Iterator[Change]:
    old, new = before.check, after.check
    if not isinstance(old, Http) or not isinstance(new, Http):
        return
    pairs = {
        f"check.secret_headers.{name}": (old.secret_headers.get(name), value)
        for name, value in new.secret_headers.items()
    }
    pairs["check.password"] = old.password, new.password
    for path, (one, other) in pairs.items():
        if other is not None and other != (one or ""):
            yield Change(path, "(a secret)" if one else None, "(another secret)")


def _place(said: str) -> tuple[str, str]:
    """Where a refused value is, from the library's words."""
    found = _PLACE.fullmatch(said)
    assert found is not None
    path = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", found["path"] or "").strip(".")
    text = found["said"].replace("Object", "table").replace("field", "key")
    return path, text[0].lower() + text[1:]


def _line_of(path: str, lines: Mapping[str, int]) -> int:
    """The line of a path, or of the nearest thing around it."""
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return lines.get(path, 1)

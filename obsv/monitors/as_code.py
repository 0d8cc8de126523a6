"""Monitors as `obsv apply` and `obsv export` know them: files in a folder, against what an organisation has.

A secret stands in a file as the name of an environment variable (`password_env`, `secret_headers_env`) or of a file
(`password_file`, `secret_headers_file`); where it is left out or empty, what is there is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from obsv.audit import SYSTEM
from obsv.config.documents import FileText, Form, files_in, place_of, read_files, text_of
from obsv.core.difference import Change, Shape
from obsv.monitors import store
from obsv.monitors.model import Http, Monitor, plain, problems
from obsv.monitors.secrets import without_secrets
from obsv.monitors.service import Monitors
from obsv.monitors.types import MonitorChange

SHAPE: Final = Shape(whole=("check",))
_SPREAD: Final = ("json",)

Table = dict[str, Any]


class MonitorKind:
    """The kind of thing that stands in `monitors/`."""

    name, folder = "monitor", "monitors"

    def __init__(self, monitors: Monitors) -> None:
        self._monitors = monitors

    def load(self, folder: Path) -> Mapping[str, Monitor]:
        """What the files say, by key.  Raises `ConfigError` with every mistake."""
        found = read_files(
            files_in(folder), lambda path: (read_file(path),), lambda one: {"key": one.key, "name": one.name}
        )
        return {monitor.key: monitor for _, monitor in found}

    async def listed(self, org: int) -> Mapping[str, tuple[Monitor, bool]]:
        """What is there with its secrets, by key, and whether it came from a file."""
        return {one.key: (self._monitors.with_secrets(one), one.is_applied) for one in await store.every(org)}

    def diff(self, before: Monitor, after: Monitor) -> Sequence[Change]:
        """What putting `after` would change; of a secret only that it does."""
        return [
            *SHAPE.changes(plain(without_secrets(before)), plain(without_secrets(after))),
            *_other_secrets(before, after),
        ]

    def written(self, thing: Monitor, form: Form) -> str:
        """The text of its file, without secrets."""
        document = plain(without_secrets(thing))
        check: Table = document["check"]
        if check.get("secret_headers"):
            check["secret_headers"] = dict.fromkeys(check["secret_headers"], "")
        return text_of(document, form, _SPREAD)

    async def put(self, org: int, thing: Monitor) -> None:
        """Make it so, whatever is there.  Raises ObsvError."""
        await self._monitors.put(org, MonitorChange(thing), by=SYSTEM, is_applied=True)

    async def delete(self, org: int, key: str) -> None:
        """For good.  Raises ObsvError."""
        await self._monitors.delete(org, key, by=SYSTEM)


def read_file(path: Path) -> Monitor:
    """One file.  Raises `ConfigError` with its mistakes, OSError where it cannot be read."""
    file = FileText(path)
    try:
        monitor = msgspec.convert(_with_secrets(file.tables, path.parent), Monitor)
        wrongs = [(one.pointer.strip("/").replace("/", "."), one.detail) for one in problems(monitor)]
    except msgspec.ValidationError as wrong:
        wrongs = [place_of(wrong)]
    except _NoSecret as wrong:
        wrongs = [(wrong.path, str(wrong))]
    else:
        if not wrongs:
            return monitor
    raise file.wrong(wrongs)


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

"""The routing as `obsv apply` and `obsv export` know it: one file in `routing/`, against what an organisation has."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from obsv.alertmanager.compile import compile_routing
from obsv.alertmanager.document import RoutingDocument, plain, read_yaml
from obsv.alertmanager.routing import Routings
from obsv.audit import SYSTEM
from obsv.config import ConfigError, Problem
from obsv.core.errors import Invalid
from obsv.core.toml_text import toml_text

KEY: Final = "routing"
SUFFIXES: Final = (".toml", ".json", ".yaml", ".yml")


class Change(msgspec.Struct, frozen=True):
    """One difference at `path`; None is what is not there."""

    path: str
    before: Any = None
    after: Any = None


class RoutingKind:
    """The kind of thing that stands in `routing/`; there is one."""

    name, folder = "routing", "routing"

    def __init__(self, routings: Routings) -> None:
        self._routings = routings

    def load(self, folder: Path) -> Mapping[str, RoutingDocument]:
        """What the file says.  Raises `ConfigError`."""
        files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
        if len(files) > 1:
            raise ConfigError([Problem(str(files[1]), 0, "", f"there is {files[0].name} already: keep one")])
        return {KEY: _read(files[0])} if files else {}

    async def listed(self, org: int) -> Mapping[str, tuple[RoutingDocument, bool]]:
        """What is there, and whether it came from a file; nothing while the default holds."""
        stored = await self._routings.stored(org)
        return {KEY: (stored.document, stored.is_applied)} if stored.version else {}

    def diff(self, before: RoutingDocument, after: RoutingDocument) -> Sequence[Change]:
        """What putting `after` would change."""
        return list(_differences("", plain(before), plain(after)))

    def written(self, thing: RoutingDocument, form: Literal["toml", "json"]) -> str:
        """The text of its file."""
        if form == "json":
            return msgspec.json.format(msgspec.json.encode(thing), indent=2).decode() + "\n"
        return toml_text(plain(thing), spread=("receivers", "routes", "inhibit_rules", "time_intervals"))

    async def put(self, org: int, thing: RoutingDocument) -> None:
        """Make it so, whatever is there.  Raises ObsvError."""
        await self._routings.put(org, thing, by=SYSTEM, is_applied=True)

    async def delete(self, org: int, key: str) -> None:
        """Back to the default."""
        await self._routings.reset(org, by=SYSTEM)


def _read(path: Path) -> RoutingDocument:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".toml":
            document = msgspec.convert(tomllib.loads(text), RoutingDocument)
        elif path.suffix == ".json":
            document = msgspec.convert(json.loads(text), RoutingDocument)
        else:
            document = read_yaml(text)
        compile_routing(document)
    except Invalid as bad:
        mistakes = [Problem(str(path), 0, one.pointer.strip("/").replace("/", "."), one.detail) for one in bad.errors]
        raise ConfigError(mistakes) from None
    except (ValueError, OSError) as wrong:
        raise ConfigError([Problem(str(path), 0, "", f"cannot be read: {wrong}")]) from None
    return document


def _differences(path: str, before: Any, after: Any) -> Iterator[Change]:
    match before, after:
        case dict(), dict():
            for name in [*before, *(name for name in after if name not in before)]:
                yield from _differences(f"{path}.{name}".strip("."), before.get(name), after.get(name))
        case list(), list() if all(isinstance(one, dict) for one in (*before, *after)):
            for index in range(max(len(before), len(after))):
                pair = [items[index] if index < len(items) else None for items in (before, after)]
                yield from _differences(f"{path}.{index}", *pair)
        case _:
            if before != after:
                yield Change(path, before, after)

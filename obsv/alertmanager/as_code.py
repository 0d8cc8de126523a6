"""The routing as `obsv apply` and `obsv export` know it: one file in `routing/`, against what an organisation has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from obsv.alertmanager.compile import compile_routing
from obsv.alertmanager.document import SPREAD, RoutingDocument, plain, read_yaml
from obsv.alertmanager.routing import Routings
from obsv.audit import SYSTEM
from obsv.config import ConfigError, Problem
from obsv.config.documents import SUFFIXES, FileText, Form, place_of, text_of
from obsv.core.difference import Change, Shape
from obsv.core.errors import Invalid

KEY: Final = "routing"
ALERTMANAGER: Final = (".yaml", ".yml")


class RoutingKind:
    """The kind of thing that stands in `routing/`; there is one."""

    name, folder = "routing", "routing"

    def __init__(self, routings: Routings) -> None:
        self._routings = routings

    def load(self, folder: Path) -> Mapping[str, RoutingDocument]:
        """What the file says.  Raises `ConfigError`."""
        files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES + ALERTMANAGER and path.is_file())
        if len(files) > 1:
            raise ConfigError([Problem(str(files[1]), 0, "", f"there is {files[0].name} already: keep one")])
        return {KEY: _read(files[0])} if files else {}

    async def listed(self, org: int) -> Mapping[str, tuple[RoutingDocument, bool]]:
        """What is there, and whether it came from a file; nothing while the default holds."""
        stored = await self._routings.stored(org)
        return {KEY: (stored.document, stored.is_applied)} if stored.version else {}

    def diff(self, before: RoutingDocument, after: RoutingDocument) -> Sequence[Change]:
        """What putting `after` would change."""
        return list(Shape().changes(plain(before), plain(after)))

    def written(self, thing: RoutingDocument, form: Form) -> str:
        """The text of its file."""
        return text_of(plain(thing), form, SPREAD)

    async def put(self, org: int, thing: RoutingDocument) -> None:
        """Make it so, whatever is there.  Raises ObsvError."""
        await self._routings.put(org, thing, by=SYSTEM, is_applied=True)

    async def delete(self, org: int, key: str) -> None:
        """Back to the default."""
        await self._routings.reset(org, by=SYSTEM)


def _read(path: Path) -> RoutingDocument:
    try:
        if path.suffix in ALERTMANAGER:
            document = read_yaml(path.read_text(encoding="utf-8"))
        else:
            file = FileText(path)
            try:
                document = msgspec.convert(file.tables, RoutingDocument)
            except msgspec.ValidationError as wrong:
                raise file.wrong([place_of(wrong)]) from None
        compile_routing(document)
    except Invalid as bad:
        mistakes = [Problem(str(path), 0, one.pointer.strip("/").replace("/", "."), one.detail) for one in bad.errors]
        raise ConfigError(mistakes) from None
    except ValueError as wrong:
        raise ConfigError([Problem(str(path), 0, "", f"cannot be read: {wrong}")]) from None
    return document

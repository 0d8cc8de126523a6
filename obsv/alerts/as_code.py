"""Rule groups as `obsv apply` and `obsv export` know them: a file a group, against what an organisation has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from obsv.alerts import store
from obsv.alerts.documents import GroupDocument, check
from obsv.alerts.prometheus_text import read_text
from obsv.alerts.service import RuleBook
from obsv.audit import SYSTEM
from obsv.config import ConfigError, Problem
from obsv.config.documents import SUFFIXES, FileText, Form, files_in, place_of, read_files, text_of
from obsv.core.difference import Change, Json, Shape
from obsv.core.errors import ObsvError

MESSAGE: Final = "From a file"
PROMETHEUS: Final = (".yml", ".yaml")


class RuleKind:
    """The kind of thing that stands in `rules/`: groups in TOML or JSON, and Prometheus' rule files (YAML)."""

    name, folder = "rules", "rules"

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def load(self, folder: Path) -> Mapping[str, GroupDocument]:
        """What the files say, by key.  Raises `ConfigError`."""
        found = read_files(files_in(folder, SUFFIXES + PROMETHEUS), _read, lambda group: {"name": group.name})
        return {key_of(group): group for _, group in found}

    async def listed(self, org: int) -> Mapping[str, tuple[GroupDocument, bool]]:
        """What is there, by key, and whether it came from a file."""
        return {key_of(one.document): (_bare(one.document), one.is_applied) for one in await store.groups(org)}

    def diff(self, before: GroupDocument, after: GroupDocument) -> Sequence[Change]:
        """What putting `after` would change; rules are known by their names."""
        return list(SHAPE.changes(*(msgspec.json.decode(msgspec.json.encode(one)) for one in (before, after))))

    def written(self, thing: GroupDocument, form: Form) -> str:
        """The text of its file."""
        return text_of(_bare(thing), form, ("rules",))

    async def put(self, org: int, thing: GroupDocument) -> None:
        """Make it so, whatever is there.  Raises ObsvError."""
        await self._book.put_named(org, thing, by=SYSTEM, message=MESSAGE, is_applied=True)

    async def delete(self, org: int, key: str) -> None:
        """Take it away.  Raises ObsvError."""
        for one in await store.groups(org):
            if key_of(one.document) == key:
                await self._book.delete(org, one.id, by=SYSTEM)


def key_of(group: GroupDocument) -> str:
    """What a group's file is called: its name, and a little more where that has other characters."""
    plain = re.sub(r"[^a-z0-9]+", "-", group.name.lower()).strip("-")[:60]
    if plain == group.name:
        return plain
    return f"{plain}-{hashlib.blake2b(group.name.encode(), digest_size=3).hexdigest()}".strip("-")


def _read(path: Path) -> list[GroupDocument]:
    try:
        if path.suffix in PROMETHEUS:
            groups = read_text(path.read_text(encoding="utf-8"))
        else:
            file = FileText(path)
            try:
                groups = [msgspec.convert(file.tables, GroupDocument)]
            except msgspec.ValidationError as wrong:
                raise file.wrong([place_of(wrong)]) from None
        for group in groups:
            check(group)
    except (UnicodeDecodeError, ObsvError) as wrong:
        raise ConfigError([Problem(str(path), 0, "", str(wrong))]) from None
    return [_bare(group) for group in groups]


def _bare(group: GroupDocument) -> GroupDocument:
    """Without the ids, which are the database's."""
    rules = tuple(msgspec.structs.replace(rule, id="") for rule in group.rules)
    return msgspec.structs.replace(group, rules=rules)


def _names(rules: Sequence[Json]) -> list[str]:
    """Rules that are called the same are counted."""
    found: list[str] = []
    for rule in rules:
        called = rule.get("alert") or rule.get("record") or ""
        name, number = called, 2
        while name in found:
            name, number = f"{called}#{number}", number + 1
        found.append(name)
    return found


SHAPE: Final = Shape({"rules": _names})

"""Rule groups as `obsv apply` and `obsv export` know them: a file a group, against what an organisation has."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from obsv.alerts import store
from obsv.alerts.documents import GroupDocument, RuleDocument, check
from obsv.alerts.prometheus_text import read_text
from obsv.alerts.service import RuleBook
from obsv.audit import SYSTEM
from obsv.config import ConfigError, Problem
from obsv.core.errors import ObsvError
from obsv.core.toml_text import toml_text

MESSAGE: Final = "From a file"
SUFFIXES: Final = (".toml", ".json", ".yml", ".yaml")


class RuleChange(msgspec.Struct, frozen=True):
    """One difference at `path`, such as `rules.Busy.for`; None is what is not there."""

    path: str
    before: Any = None
    after: Any = None


class RuleKind:
    """The kind of thing that stands in `rules/`: groups in TOML or JSON, and Prometheus' rule files (YAML)."""

    name, folder = "rules", "rules"

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def load(self, folder: Path) -> Mapping[str, GroupDocument]:
        """What the files say, by key.  Raises `ConfigError`."""
        found: dict[str, GroupDocument] = {}
        mistakes: list[Problem] = []
        for path in sorted(one for one in folder.rglob("*") if one.suffix in SUFFIXES and one.is_file()):
            try:
                groups = _read(path)
            except (ValueError, ObsvError) as wrong:
                mistakes.append(Problem(str(path), 0, "", str(wrong)))
                continue
            for group in groups:
                key = key_of(group)
                if key in found:
                    mistakes.append(Problem(str(path), 0, "name", f"the group {group.name!r} is there already"))
                found[key] = group
        if mistakes:
            raise ConfigError(mistakes)
        return found

    async def listed(self, org: int) -> Mapping[str, tuple[GroupDocument, bool]]:
        """What is there, by key, and whether it came from a file."""
        return {key_of(one.document): (_bare(one.document), one.is_applied) for one in await store.groups(org)}

    def diff(self, before: GroupDocument, after: GroupDocument) -> Sequence[RuleChange]:
        """What putting `after` would change."""
        return list(_changes(before, after))

    def written(self, thing: GroupDocument, form: Literal["toml", "json"]) -> str:
        """The text of its file."""
        document = msgspec.json.encode(_bare(thing))
        if form == "json":
            return msgspec.json.format(document, indent=2).decode() + "\n"
        return toml_text(msgspec.json.decode(document), spread=("rules",))

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
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".yml", ".yaml"):
        groups = read_text(text)
    else:
        tables = tomllib.loads(text) if path.suffix == ".toml" else msgspec.json.decode(text)
        groups = [msgspec.convert(tables, GroupDocument)]
    for group in groups:
        check(group)
    return [_bare(group) for group in groups]


def _bare(group: GroupDocument) -> GroupDocument:
    """Without the ids, which are the database's."""
    rules = tuple(msgspec.structs.replace(rule, id="") for rule in group.rules)
    return msgspec.structs.replace(group, rules=rules)


def _changes(before: GroupDocument, after: GroupDocument) -> Iterator[RuleChange]:
    old, new = (msgspec.to_builtins(msgspec.structs.replace(one, rules=())) for one in (before, after))
    yield from _differences("", old, new)
    rules, later = _named(before.rules), _named(after.rules)
    for name in [*rules, *(one for one in later if one not in rules)]:
        if name not in rules or name not in later:
            yield RuleChange(
                f"rules.{name}",
                msgspec.to_builtins(rules[name]) if name in rules else None,
                msgspec.to_builtins(later[name]) if name in later else None,
            )
        else:
            yield from _differences(
                f"rules.{name}.", msgspec.to_builtins(rules[name]), msgspec.to_builtins(later[name])
            )
    order = [name for name in later if name in rules]
    if order != [name for name in rules if name in later]:
        yield RuleChange("rules.(order)", list(rules), list(later))


def _named(rules: Sequence[RuleDocument]) -> dict[str, RuleDocument]:
    found: dict[str, RuleDocument] = {}
    for rule in rules:
        name, number = rule.name, 2
        while name in found:
            name, number = f"{rule.name}#{number}", number + 1
        found[name] = rule
    return found


def _differences(at: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[RuleChange]:
    for name in [*before, *(one for one in after if one not in before)]:
        if before.get(name) != after.get(name):
            yield RuleChange(f"{at}{name}", before.get(name), after.get(name))

# ruff: noqa: S608  # statements are put together from this module's constants alone
"""Rows of rule groups, rules and their versions; the service alone calls what writes here, inside its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from obsv.alerts import tables
from obsv.alerts.documents import GroupDocument, RuleDocument
from obsv.core.ids import new_id
from obsv.db import execute, execute_many, fetch, fetch_value

KEEP_VERSIONS: Final = 100
_GROUP: Final = "id, org, name, document, version, is_applied, preset, updated_at_ms, updated_by"
_RULE: Final = "id, org, group_id, document, version"


@dataclass(frozen=True, slots=True)
class KeptGroup:
    """A stored group; `versions` are those of its rules, in order."""

    id: str
    org: int
    document: GroupDocument
    version: int
    is_applied: bool
    preset: str
    updated_at_ms: int
    updated_by: str
    versions: list[int] = field(default_factory=list[int])


@dataclass(frozen=True, slots=True)
class Edit:
    """By whom, when, why; whether it comes from a file, or is a ready group."""

    by: str
    at_ms: int
    message: str = ""
    is_applied: bool = False
    preset: str = ""


async def groups(org: int | None = None) -> list[KeptGroup]:
    """All of an organisation (or of all) with their rules, by name."""
    where, args = ("", ()) if org is None else (" WHERE org = {}", (org,))
    rows = await fetch(f"SELECT {_GROUP} FROM rule_groups{where} ORDER BY name, id", *args)
    rules: dict[str, list[dict[str, Any]]] = {}
    for row in await fetch(f"SELECT {_RULE} FROM rules{where} ORDER BY group_id, position", *args):
        rules.setdefault(row["group_id"], []).append(row)
    return [_kept(row, rules.get(row["id"], [])) for row in rows]


async def find(org: int, group_id: str) -> KeptGroup | None:
    """The one of this id."""
    return await _one(org, "id", group_id)


async def find_by_name(org: int, name: str) -> KeptGroup | None:
    """The one of this name."""
    return await _one(org, "name", name)


async def find_by_preset(org: int, preset: str) -> KeptGroup | None:
    """The one that a ready group became."""
    return await _one(org, "preset", preset)


async def group_of(org: int, rule_id: str) -> KeptGroup | None:
    """The group that a rule is in."""
    found = await fetch_value("SELECT group_id FROM rules WHERE org = {} AND id = {}", org, rule_id)
    return await find(org, str(found)) if found else None


async def _one(org: int, column: str, value: str) -> KeptGroup | None:
    rows = await fetch(f"SELECT {_GROUP} FROM rule_groups WHERE org = {{}} AND {column} = {{}}", org, value)
    if not rows:
        return None
    rules = await fetch(
        f"SELECT {_RULE} FROM rules WHERE org = {{}} AND group_id = {{}} ORDER BY position", org, rows[0]["id"]
    )
    return _kept(rows[0], rules)


def _kept(row: dict[str, Any], rules: Sequence[dict[str, Any]]) -> KeptGroup:
    document = msgspec.json.decode(row["document"], type=GroupDocument)
    own = tuple(
        msgspec.structs.replace(msgspec.json.decode(one["document"], type=RuleDocument), id=one["id"]) for one in rules
    )
    return KeptGroup(
        id=row["id"],
        org=int(row["org"]),
        document=msgspec.structs.replace(document, rules=own),
        version=row["version"],
        is_applied=bool(row["is_applied"]),
        preset=row["preset"],
        updated_at_ms=row["updated_at_ms"],
        updated_by=row["updated_by"],
        versions=[one["version"] for one in rules],
    )


async def count(org: int) -> int:
    """How many rules there are."""
    return int(await fetch_value("SELECT count(*) FROM rules WHERE org = {}", org))


async def insert_group(org: int, document: GroupDocument, edit: Edit) -> str:
    """A new group, without its rules; its id."""
    row = tables.RuleGroupRow(
        id=new_id("rgr"),
        org=org,
        name=document.name,
        document=_bare(document),
        version=1,
        is_applied=edit.is_applied,
        preset=edit.preset,
        created_at_ms=edit.at_ms,
        created_by=edit.by,
        updated_at_ms=edit.at_ms,
        updated_by=edit.by,
    )
    await tables.RuleGroupRow.insert(row)
    return row.id


async def update_group(kept: KeptGroup, document: GroupDocument, edit: Edit) -> int:
    """Other attributes; the version."""
    version = kept.version + 1
    await execute(
        "UPDATE rule_groups SET name = {}, document = {}, version = {}, is_applied = {}, updated_at_ms = {}, "
        "updated_by = {} WHERE org = {} AND id = {}",
        *(document.name, _bare(document), version, kept.is_applied or edit.is_applied, edit.at_ms, edit.by),
        *(kept.org, kept.id),
    )
    return version


async def delete_group(kept: KeptGroup) -> None:
    """With its rules and their versions."""
    await delete_rules(kept.org, [rule.id for rule in kept.document.rules])
    await execute("DELETE FROM rule_groups WHERE org = {} AND id = {}", kept.org, kept.id)


async def put_rules(org: int, group_id: str, changed: Sequence[tuple[int, RuleDocument, int]], edit: Edit) -> None:
    """Rules that are new (version 1) or others now: (position, rule with its id, version)."""
    await execute_many(
        "INSERT INTO rules (id, org, group_id, position, name, document, version, updated_at_ms, updated_by) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (id) DO UPDATE SET position = excluded.position, "
        "name = excluded.name, document = excluded.document, version = excluded.version, "
        "updated_at_ms = excluded.updated_at_ms, updated_by = excluded.updated_by",
        [
            (rule.id, org, group_id, position, rule.name[:200], text_of(rule), version, edit.at_ms, edit.by)
            for position, rule, version in changed
        ],
    )
    await execute_many(
        "INSERT INTO rule_versions (org, rule_id, version, document, message, made_at_ms, made_by) "
        "VALUES ({}, {}, {}, {}, {}, {}, {})",
        [(org, rule.id, version, text_of(rule), edit.message, edit.at_ms, edit.by) for _, rule, version in changed],
    )
    await execute_many(
        "DELETE FROM rule_versions WHERE org = {} AND rule_id = {} AND version <= {}",
        [(org, rule.id, version - KEEP_VERSIONS) for _, rule, version in changed if version > KEEP_VERSIONS],
    )


async def place_rules(org: int, places: Sequence[tuple[int, str]]) -> None:
    """Rules that are only elsewhere in their group: (position, id)."""
    await execute_many(
        "UPDATE rules SET position = {} WHERE org = {} AND id = {}", [(place, org, rule) for place, rule in places]
    )


async def delete_rules(org: int, rules: Sequence[str]) -> None:
    """With their versions."""
    await execute_many("DELETE FROM rules WHERE org = {} AND id = {}", [(org, one) for one in rules])
    await execute_many("DELETE FROM rule_versions WHERE org = {} AND rule_id = {}", [(org, one) for one in rules])


async def versions(org: int, rule_id: str) -> list[dict[str, Any]]:
    """Those that are kept, newest first."""
    return await fetch(
        "SELECT version, document, message, made_at_ms, made_by FROM rule_versions "
        "WHERE org = {} AND rule_id = {} ORDER BY version DESC",
        *(org, rule_id),
    )


async def note_change(org: int) -> None:
    """Whoever evaluates sees that rules are others now."""
    await execute(
        "INSERT INTO rule_revisions (org, revision) VALUES ({}, 1) "
        "ON CONFLICT (org) DO UPDATE SET revision = rule_revisions.revision + 1",
        org,
    )


async def revisions() -> dict[int, int]:
    """How often each organisation's rules were changed."""
    return {int(row["org"]): int(row["revision"]) for row in await fetch("SELECT org, revision FROM rule_revisions")}


def text_of(rule: RuleDocument) -> str:
    """A rule as it is stored."""
    return msgspec.json.encode(msgspec.structs.replace(rule, id="")).decode()


def _bare(document: GroupDocument) -> str:
    return msgspec.json.encode(msgspec.structs.replace(document, rules=())).decode()

"""Rows of channels, read and sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from obsv.db import fetch
from obsv.keys import BadEnvelope, KeyProblem, keystore
from obsv.notify.context import subject_ref

_COLUMNS: Final = (
    "id, org, name, kind, content, sends_resolved, is_enabled, is_default, is_applied, created_at_ms, updated_at_ms"
)


class Content(msgspec.Struct, frozen=True):
    """What is sealed: settings with their secrets, and templates."""

    settings: dict[str, Any] = {}
    subject_template: str = ""
    text_template: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; `problem` says why its content cannot be read, which is empty then."""

    id: str
    org: int
    name: str
    kind: str
    content: Content
    sends_resolved: bool
    is_enabled: bool
    is_default: bool
    is_applied: bool
    created_at_ms: int
    updated_at_ms: int
    problem: str = ""


async def every(org: int) -> list[Channel]:
    """All of an organisation, by name."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM channels WHERE org = {{}} ORDER BY name", org)  # noqa: S608
    return [_read(row) for row in rows]


async def by_id(org: int, channel_id: str) -> Channel | None:
    """One by its id."""
    return await _one("id", org, channel_id)


async def by_name(org: int, name: str) -> Channel | None:
    """One by its name."""
    return await _one("name", org, name)


def sealed(org: int, channel_id: str, content: Content) -> str:
    """The content as it is stored."""
    return keystore().encrypt(subject_ref(org), "channels", "content", channel_id, msgspec.json.encode(content))


async def _one(column: str, org: int, value: str) -> Channel | None:
    rows = await fetch(f"SELECT {_COLUMNS} FROM channels WHERE org = {{}} AND {column} = {{}}", org, value)  # noqa: S608
    return _read(rows[0]) if rows else None


def _read(row: dict[str, Any]) -> Channel:
    sealed_content, problem, content = row.pop("content"), "", Content()
    for name in ("sends_resolved", "is_enabled", "is_default", "is_applied"):
        row[name] = bool(row[name])
    try:
        opened = keystore().decrypt(subject_ref(row["org"]), "channels", "content", row["id"], sealed_content)
        content = msgspec.json.decode(opened, type=Content)
    except (KeyProblem, BadEnvelope, msgspec.MsgspecError) as error:
        problem = f"its settings cannot be read: {error}"
    return Channel(**row, content=content, problem=problem)

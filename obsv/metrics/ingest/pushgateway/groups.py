"""Groups as they are kept in the database, so that they outlive a restart and every replica can change them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from obsv.db import execute, fetch, hold_lock, write_tx

Labels = dict[str, str]
Families = dict[str, list[tuple[Labels, str]]]
"""Labels with `__name__` and value of each sample, by family; a value is text since JSON has no NaN."""

PUSHED, FAILED = "push_time_seconds", "push_failure_time_seconds"

_families = msgspec.json.Decoder(Families)
_labels = msgspec.json.Decoder(Labels)
_SAVE = (
    "INSERT INTO push_groups (org, group_id, labels, families, pushed_at_ms, failed_at_ms) "
    "VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT (org, group_id) DO UPDATE SET "
    "families = excluded.families, pushed_at_ms = excluded.pushed_at_ms, failed_at_ms = excluded.failed_at_ms"
)
_FIND = "SELECT labels, families, pushed_at_ms, failed_at_ms FROM push_groups WHERE org = {} AND group_id = {}"


@dataclass(frozen=True, slots=True)
class Group:
    """What was pushed under the labels of one path.  Times are Unix ms, 0 where nothing happened yet."""

    labels: Labels
    families: Families = field(default_factory=dict[str, list[tuple[Labels, str]]])
    pushed_at_ms: int = 0
    failed_at_ms: int = 0

    def samples(self) -> Iterator[tuple[Labels, float]]:
        """All samples, and when the last push and the last failure were."""
        for samples in self.families.values():
            for labels, value in samples:
                yield labels, float(value)
        yield {**self.labels, "__name__": PUSHED}, self.pushed_at_ms / 1000
        yield {**self.labels, "__name__": FAILED}, self.failed_at_ms / 1000


@dataclass(frozen=True, slots=True)
class GroupKey:
    """Names a group."""

    org: int
    group_id: str

    @classmethod
    def of(cls, org: int, labels: Labels) -> GroupKey:
        """The key of a set of labels."""
        return cls(org, hashlib.blake2b(_packed(labels).encode(), digest_size=16).hexdigest())


async def change(org: int, changed: Group, *, is_replacing: bool) -> Group | None:
    """Keep what was pushed: all of a group, or those of its families that have a name that was pushed.

    Gives the group as it was, None where there was none.
    """
    key = GroupKey.of(org, changed.labels)
    async with write_tx():
        await hold_lock(f"push_groups:{org}:{key.group_id}")
        before = await find(key)
        families = changed.families
        if before is not None and not is_replacing:
            families = before.families | families
        failed_at_ms = before.failed_at_ms if before else 0
        packed = _packed(changed.labels), _packed(families)
        await execute(_SAVE, org, key.group_id, *packed, changed.pushed_at_ms, failed_at_ms)
    return before


async def find(key: GroupKey) -> Group | None:
    """A group, None where there is none."""
    rows = await fetch(_FIND, key.org, key.group_id)
    return _group(rows[0]) if rows else None


async def remove(key: GroupKey, *, pushed_before_ms: int | None = None) -> Group | None:
    """Forget a group, if it was not pushed to since then; gives what it was, None where there is none to forget."""
    async with write_tx():
        await hold_lock(f"push_groups:{key.org}:{key.group_id}")
        found = await find(key)
        if found is None or (pushed_before_ms is not None and found.pushed_at_ms >= pushed_before_ms):
            return None
        await execute("DELETE FROM push_groups WHERE org = {} AND group_id = {}", key.org, key.group_id)
    return found


async def note_failure(key: GroupKey, at_ms: int) -> None:
    """Note that a push to a group, if it is there, was refused."""
    async with write_tx():
        sql = "UPDATE push_groups SET failed_at_ms = {} WHERE org = {} AND group_id = {}"
        await execute(sql, at_ms, key.org, key.group_id)


async def keys() -> list[GroupKey]:
    """All groups, by organisation."""
    return [
        GroupKey(row["org"], row["group_id"])
        for row in await fetch("SELECT org, group_id FROM push_groups ORDER BY org, id")
    ]


def _packed(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _group(row: dict[str, Any]) -> Group:
    return Group(
        _labels.decode(row["labels"]), _families.decode(row["families"]), row["pushed_at_ms"], row["failed_at_ms"]
    )

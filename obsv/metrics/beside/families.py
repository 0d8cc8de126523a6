"""Type, help and unit of metric families."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from obsv.db import execute_many, fetch, write_tx
from obsv.metrics.store.types import Metadata

MOST = 20_000
"""Families an organisation can have described; what comes beyond them is not kept."""
MOST_NAME, MOST_HELP, MOST_UNIT = 255, 1000, 100

_KEEP = (
    "INSERT INTO families (org, family, type, help, unit) VALUES ({}, {}, {}, {}, {}) "
    "ON CONFLICT (org, family) DO UPDATE SET type = excluded.type, help = excluded.help, unit = excluded.unit"
)


class Families:
    """Writes only what has changed: senders repeat all of it every minute."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, Metadata]] = {}

    async def keep(self, org: int, told: Iterable[Metadata]) -> None:
        """Remember what was told last of each family."""
        known = self._known.get(org)
        if known is None:
            known = self._known[org] = {one.family: one for one in await self.of(org)}
        fresh: dict[str, Metadata] = {}
        for one in map(_cut, told):
            is_new = one.family not in known and one.family not in fresh
            if one.family and known.get(one.family) != one and not (is_new and len(known) + len(fresh) >= MOST):
                fresh[one.family] = one
        if fresh:
            async with write_tx():
                rows = [(org, one.family, one.type, one.help, one.unit) for one in fresh.values()]
                await execute_many(_KEEP, rows)
            known |= fresh

    async def of(self, org: int, family: str = "") -> list[Metadata]:
        """What is known, by name; of one family if it is given."""
        sql = "SELECT family, type, help, unit FROM families WHERE org = {}"
        rows = await (
            fetch(f"{sql} AND family = {{}}", org, family) if family else fetch(f"{sql} ORDER BY family", org)
        )
        return [Metadata(row["family"], row["type"], row["help"], row["unit"]) for row in rows]


def _cut(one: Metadata) -> Metadata:
    if len(one.family) > MOST_NAME:
        return Metadata("")
    # A NUL is no text to Postgres.
    clean = {name: getattr(one, name).replace("\0", "") for name in ("family", "help", "unit")}
    return replace(one, family=clean["family"], help=clean["help"][:MOST_HELP], unit=clean["unit"][:MOST_UNIT])
